"""Machines lost at ten moments of a class: nothing is lost, nothing is graded twice.

``python -m tests.losses [LOSS …] [--moments 10] [--students 20] [--seconds 60]`` grades one class
again and again on two Dask workers. Each time something happens to them after another share of it,
the first time while the run's references are made. ``silent`` and ``silent_worker`` drop every
packet between network namespaces, which only root can make.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.clusters import Cable, DaskCluster, cable
from tests.grading.conftest import CHAPTER, COMMAND, course_of_one_chapter, solved, submit
from tests.networks import Network


@dataclasses.dataclass
class Scene:
    """What a loss is about, and for how many seconds it lasts, where it ends."""

    running: DaskCluster
    between: Cable
    seconds: float


def kill(scene: Scene) -> None:
    """A worker is killed, and another one comes."""
    scene.running.workers[-1].kill()
    scene.running.workers[-1].wait()
    scene.running.keep_up()


def stop(scene: Scene) -> None:
    """The scheduler stands still for a while."""
    scene.running.scheduler.send_signal(signal.SIGSTOP)
    time.sleep(scene.seconds)
    scene.running.scheduler.send_signal(signal.SIGCONT)


def cut(scene: Scene) -> None:
    """Every connection between the grader and the scheduler is ended, and refused for a while."""
    scene.between.cut()
    time.sleep(scene.seconds)
    scene.between.mend()


def silent(scene: Scene, machine: str = "grader") -> None:
    """No packet passes between the grader and the scheduler for a while, and nobody is told."""
    assert scene.running.network is not None
    scene.running.network.silence(machine)
    time.sleep(scene.seconds)
    scene.running.network.mend(machine)


def silent_worker(scene: Scene) -> None:
    """The same between a worker's machine and the scheduler."""
    silent(scene, "worker1")


def anew(scene: Scene) -> None:
    """The scheduler is killed and started again, and with it its workers."""
    scene.running.scheduler.kill()
    scene.running.scheduler.wait()
    scene.running.start_scheduler()
    for worker in scene.running.workers:  # they end with it, sooner or later
        worker.kill()
        worker.wait()
    scene.running.keep_up()


Loss = Callable[[Scene], None]
LOSSES: dict[str, Loss] = {
    loss.__name__: loss for loss in (kill, stop, cut, silent, silent_worker, anew)
}
ON_A_NETWORK = (silent, silent_worker)
#: for a connection to stand: one that is lost before is refused in a sentence, as a wrong address
BEGIN_SECONDS = 3.0
#: how long a loss lasts, one moment after the other: shorter than anybody notices, longer than the
#: grader waits for an answer, longer than the scheduler waits for a grader
SECONDS = (5.0, 20.0, 45.0)


@contextlib.contextmanager
def scene_of(loss: Loss) -> Iterator[Scene]:
    """Two workers, for all moments of one loss."""
    machines = ("grader", "scheduler", "worker0", "worker1") if loss in ON_A_NETWORK else ()
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(Network(*machines)) if machines else None
        running = stack.enter_context(DaskCluster(2, network=network))
        between = stack.enter_context(cable(running.port))
        yield Scene(running, between, 0.0)


def lose(scene: Scene, course: Path, students: int, loss: Loss, at: int) -> str:
    """Grade the class anew, with a loss after so many; what is amiss, or nothing."""
    running = scene.running
    for folder in ("evidence", "autograded"):
        shutil.rmtree(course / folder, ignore_errors=True)
    (course / "gradebook.db").unlink(missing_ok=True)
    evidence = course / "evidence" / CHAPTER
    written: dict[str, set[int]] = {}

    def look() -> int:
        for path in evidence.glob("*.evidence"):
            with contextlib.suppress(FileNotFoundError):
                written.setdefault(path.name, set()).add(path.stat().st_ino)
        return len(written)

    address = running.address if running.network else scene.between.address
    command = [COMMAND, "grade", CHAPTER, "--scheduler", address, "--jsonl", "r.jsonl"]
    with subprocess.Popen(
        [*running.on("grader"), *command],
        cwd=course,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as grading:
        while grading.poll() is None and not connected(grading.pid, address):
            time.sleep(0.005)
        time.sleep(BEGIN_SECONDS)
        while grading.poll() is None and look() < at:
            time.sleep(0.005)
        thread = threading.Thread(target=loss, args=(scene,))
        thread.start()
        while grading.poll() is None:
            look()
            time.sleep(0.005)
        look()
        thread.join()
        said = grading.communicate()[1]
    if grading.returncode or "Traceback" in said:
        return f"exit status {grading.returncode}: {said}"
    records = [json.loads(line) for line in (course / "r.jsonl").read_text().splitlines()]
    wrong = [
        f"{r['student']} {r['reason']}".strip() for r in records if r["score"] != r["max_score"]
    ]
    twice = [name for name, inodes in written.items() if len(inodes) > 1]
    if len(records) != students or len(written) != students or wrong or twice:
        return f"{len(records)} records, not right: {wrong}, written twice: {twice}"
    return ""


def connected(pid: int, address: str) -> bool:
    """Whether a process has both its connections to this port: for messages, and for questions."""
    port = f":{int(address.rsplit(':', 1)[1]):04X}"
    with contextlib.suppress(OSError):
        lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()]
        return sum(line[2].endswith(port) and line[3] == "01" for line in lines) >= 2
    return False


def main() -> int:
    """Report; exit status 1 when something was lost or graded twice."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.losses")
    parser.add_argument("losses", nargs="*", choices=[*LOSSES, []], help="all when none is named")
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--seconds", type=float, help=f"{SECONDS} in turn when not given")
    chosen = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        course = course_of_one_chapter(Path(folder) / "course")
        for i in range(chosen.students):
            submit(course, f"s{i:03}", solved())
        for name in chosen.losses or LOSSES:
            with scene_of(LOSSES[name]) as scene:
                for moment in range(chosen.moments):
                    at = moment * chosen.students // chosen.moments
                    scene.seconds = chosen.seconds or SECONDS[moment % len(SECONDS)]
                    scene.running.keep_up()
                    start = time.monotonic()
                    amiss = lose(scene, course, chosen.students, LOSSES[name], at)
                    bad += bool(amiss)
                    print(
                        f"{name:13} after {at:3}, for {scene.seconds:2.0f} s: "
                        f"{time.monotonic() - start:6.1f} s  {amiss or 'nothing lost'}",
                        flush=True,
                    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
