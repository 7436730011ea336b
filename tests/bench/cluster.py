"""One Dask worker against two, beyond the start, and whose processors the work takes."""

from __future__ import annotations

import dataclasses
import os
import statistics
import subprocess
import time
from pathlib import Path

import nbformat

from tests.bench.course import (
    AUTOGRADER,
    REPOSITORY,
    clear_results,
    honest_submissions,
    of_tree,
    submit,
)
from tests.clusters import DaskCluster

BEGUN = 4  #: submissions after which everything has started
WAITS = 2.0  #: seconds that a submission waits without computing, as if another machine computed


@dataclasses.dataclass(frozen=True)
class Run:
    """Seconds for each submission beyond the start: of the clock, then of processors."""

    clock: float
    worker: float
    grader: float
    scheduler: float


def measure(course: Path, assignment: str, notebooks: list[bytes], workers: int) -> Run:
    """Grade a class on so many workers of one thread each."""
    clear_results(course)
    submit(course, assignment, notebooks)
    evidence = course / "evidence" / assignment
    with DaskCluster(workers) as running:
        with subprocess.Popen(
            [*AUTOGRADER, "grade", assignment, "--scheduler", running.address],
            cwd=course,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as grading:

            def used() -> list[float]:
                roots = [*running.workers, grading, running.scheduler]
                return [of_tree(process.pid)[1] for process in roots]

            before: list[float] = []
            while grading.poll() is None:
                ended = len(list(evidence.glob("*.evidence")))
                if ended >= BEGUN and not before:
                    before, first = used(), ended
                if ended == len(notebooks):
                    break
                time.sleep(0.02)
            after = used()
        if grading.returncode != 0:
            raise RuntimeError(f"grading ended with {grading.returncode}")
    *per_worker, grader, scheduler = [
        (a - b) / (len(notebooks) - first) for a, b in zip(after, before, strict=True)
    ]
    written = sorted(path.stat().st_mtime for path in evidence.glob("*.evidence"))
    clock = (written[-1] - written[BEGUN - 1]) / (len(written) - BEGUN)
    return Run(clock, sum(per_worker), grader, scheduler)


def waiting(notebook: bytes) -> bytes:
    """The same submission with a cell that only waits."""
    read = nbformat.reads(notebook.decode(), as_version=4)
    read.cells.append(nbformat.v4.new_code_cell(f"import time\ntime.sleep({WAITS})"))
    return nbformat.writes(read).encode()


def section(course: Path, assignment: str, count: int, rounds: int = 3) -> str:
    """BENCHMARKS.md's section."""
    notebooks = honest_submissions(assignment, count)
    classes = {
        f"{count} submissions": notebooks,
        f"{count // 3} that wait {WAITS:.0f} s more": [
            waiting(notebook) for notebook in notebooks[: count // 3]
        ],
    }
    lines = [
        "## Dask\n",
        "| | workers | s / submission | efficiency | CPU ms: workers | grader | scheduler |",
        "|---|---|---|---|---|---|---|",
    ]
    shares = None
    for name, chosen in classes.items():
        pairs = [[measure(course, assignment, chosen, w) for w in (1, 2)] for _ in range(rounds)]
        efficiency = statistics.median(one.clock / (2 * two.clock) for one, two in pairs)
        for workers, runs in zip((1, 2), zip(*pairs, strict=True), strict=True):
            middle = Run(
                *(
                    statistics.median(getattr(run, field.name) for run in runs)
                    for field in dataclasses.fields(Run)
                )
            )
            lines.append(
                f"| {name} | {workers} | {middle.clock:.3f} | "
                f"{efficiency if workers == 2 else 1:.2f} | {1000 * middle.worker:.0f} | "
                f"{1000 * middle.grader:.0f} | {1000 * middle.scheduler:.0f} |"
            )
        shares = shares or middle
    assert shares is not None
    beside = shares.grader + shares.scheduler
    here = min(1.0, shares.worker / (shares.worker + beside))
    lines.append(
        f"\nBeyond the start, {rounds} pairs in alternation, medians. All processes share this "
        f"machine's {os.cpu_count()} cores: for {1000 * shares.worker:.0f} ms that a worker "
        f"computes, grader and scheduler compute {1000 * beside:.0f} ms, so that on two cores two "
        f"workers can be {here:.2f} efficient at the most. Submissions that wait leave the cores "
        "free, as where each worker has a machine of its own. Dask's own processes take some CPU "
        "each second whether there is work or not: the slower the machine, the more of it falls "
        "to a submission."
    )
    return "\n".join(lines)
