"""Machines lost at ten moments of a class: nothing is lost, nothing is graded twice.

``python -m tests.losses [--moments 10] [--students 20]`` grades one class again and again on two
Dask workers. Each time something else happens after a random share of it: a worker is killed, the
scheduler stands still for a while, the connection is cut and mended, the scheduler begins anew.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.clusters import Cable, DaskCluster, cable
from tests.grading.conftest import CHAPTER, COMMAND, course_of_one_chapter, solved, submit


def kill_a_worker(running: DaskCluster, between: Cable) -> None:
    """And start another."""
    running.workers[-1].kill()
    running.start_worker()


def stand_still(running: DaskCluster, between: Cable) -> None:
    """The scheduler, for a minute."""
    running.scheduler.send_signal(signal.SIGSTOP)
    time.sleep(60)
    running.scheduler.send_signal(signal.SIGCONT)


def cut(running: DaskCluster, between: Cable) -> None:
    """Between the grader and the scheduler, for ten seconds."""
    between.cut()
    time.sleep(10)
    between.mend()


def begin_anew(running: DaskCluster, between: Cable) -> None:
    """The scheduler is killed and started again, and with it its workers."""
    running.scheduler.kill()
    running.scheduler.wait()
    running.start_scheduler()
    for _ in range(2):
        running.start_worker()


LOSSES: tuple[Callable[[DaskCluster, Cable], None], ...] = (
    kill_a_worker,
    stand_still,
    cut,
    begin_anew,
)


def lose(course: Path, students: int, loss: Callable[[DaskCluster, Cable], None], at: int) -> str:
    """Grade the class anew, with a loss after so many; what is amiss, or nothing."""
    for folder in ("evidence", "autograded"):
        shutil.rmtree(course / folder, ignore_errors=True)
    (course / "gradebook.db").unlink(missing_ok=True)
    evidence = course / "evidence" / CHAPTER
    written: dict[str, set[int]] = {}

    def look() -> int:
        for path in evidence.glob("*.evidence"):
            written.setdefault(path.name, set()).add(path.stat().st_ino)
        return len(written)

    with DaskCluster(2) as running, cable(running.port) as between:
        grading = subprocess.Popen(
            [COMMAND, "grade", CHAPTER, "--scheduler", between.address, "--jsonl", "r.jsonl"],
            cwd=course,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while grading.poll() is None and look() < at:
            time.sleep(0.005)
        thread = threading.Thread(target=loss, args=(running, between))
        thread.start()
        while grading.poll() is None:
            look()
            time.sleep(0.005)
        thread.join()
        said = grading.communicate()[1]
    if grading.returncode:
        return f"exit status {grading.returncode}: {said}"
    records = [json.loads(line) for line in (course / "r.jsonl").read_text().splitlines()]
    wrong = [r["student"] for r in records if r["score"] != r["max_score"]]
    twice = [name for name, inodes in written.items() if len(inodes) > 1]
    if len(records) != students or wrong or twice:
        return f"{len(records)} records, not right: {wrong}, written twice: {twice}"
    return ""


def main() -> int:
    """Report; exit status 1 when something was lost or graded twice."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.losses")
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--students", type=int, default=20)
    chosen = parser.parse_args()
    draw, bad = random.Random(0), 0
    with tempfile.TemporaryDirectory() as folder:
        course = course_of_one_chapter(Path(folder) / "course")
        for i in range(chosen.students):
            submit(course, f"s{i:03}", solved())
        for moment in range(chosen.moments):
            loss, at = LOSSES[moment % len(LOSSES)], draw.randrange(chosen.students)
            start = time.monotonic()
            amiss = lose(course, chosen.students, loss, at)
            bad += bool(amiss)
            seconds = time.monotonic() - start
            print(f"{loss.__name__:15} after {at:3}: {seconds:6.1f} s  {amiss or 'nothing lost'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
