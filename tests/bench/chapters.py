"""What one submission of each chapter costs, in milliseconds of processor time.

``python -m tests.bench.chapters [CHAPTER …]``. The submission is the solution, so what is above its
own work is the grader's. No known wrong answers are judged here.
"""

from __future__ import annotations

import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat

from autograder.course.attempt import Attempt
from autograder.course.folder import CourseFolder
from autograder.course.make_references import make_references, new_seed
from autograder.gradebook.writer import open_gradebook
from autograder.grading.graded_notebook import graded_notebook
from autograder.grading.pipeline import Outcome, Pipeline
from autograder.intake.submission import find_submissions
from autograder.sandbox import Job, JobCell, RunLog, execute
from autograder.sandbox.pool import run_jobs
from tests.bench.course import REPOSITORY, make_course, submit

COUNT = 15
_CELLS = ("setup", "solution", "visible", "hidden")
_EMPTY = "empty job"


def measure(folder: Path, name: str, count: int = COUNT) -> dict[str, float]:
    """Medians by station for the solution of a chapter, handed in by one student."""
    course = make_course(folder / name, name)
    solved = nbformat.read(REPOSITORY / "source" / name / f"{name}.ipynb", as_version=4)
    submit(course, name, [nbformat.writes(solved).encode()])
    stations = Pipeline(CourseFolder(course), name)
    limits, options = stations.limits, CourseFolder(REPOSITORY).sandbox()
    references = make_references(
        stations.assignment, new_seed(), lambda jobs: run_jobs(jobs, limits, options), ()
    )
    run = stations.store.runs.new(references)
    empty = [execute(Job((JobCell("empty", ""),)), limits, options=options) for _ in range(count)]
    spent: dict[str, list[float]] = {_EMPTY: [log.cpu_seconds for log in empty]}

    def timed(station: str, call: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = call()
        spent.setdefault(station, []).append(time.process_time() - start)
        return result

    found = next(find_submissions(course / "submitted", name, {name}))
    with open_gradebook(stations.course, name) as gradebook:
        for _ in range(count):
            rebuilt = timed("read, rebuild", lambda: stations.rebuild(found))
            attempt = dataclasses.replace(rebuilt.attempt, seed=references.seed)
            job = attempt.job()
            log = timed("supervise", lambda job=job: execute(job, limits, options=options))
            if log.ended != "finished":
                raise RuntimeError(f"{name}: {log.reason}")
            spent.setdefault("child", []).append(log.cpu_seconds)
            for kind, seconds in _by_kind(attempt, log).items():
                spent.setdefault(kind, []).append(seconds)
            executed = timed(
                "validate, store",
                lambda r=rebuilt, log=log: stations.keep(found, r, log, run),
            )
            record = timed("judge", lambda e=executed: stations.judge(e))

            def show(r=rebuilt, log=log, record=record) -> None:
                notebook = graded_notebook(stations.assignment, r, log)
                stations.show(Outcome(found, record, notebook, run.name))

            timed("graded notebook", show)
            timed(
                "gradebook",
                lambda r=record: gradebook.enter(r, stations.assignment, found.folder),
            )
    return {station: 1000 * statistics.median(values) for station, values in spent.items()}


def _by_kind(attempt: Attempt, log: RunLog) -> dict[str, float]:
    """The child's processor time, divided as its cells divide the time on the wall."""
    seconds = dict.fromkeys(_CELLS, 0.0)
    for cell, result in zip(attempt.cells, log.cells, strict=True):
        kind = cell.name.rpartition("-")[2] if cell.kind == "check" else cell.kind
        seconds[kind if kind in seconds else "setup"] += result.seconds
    whole = sum(seconds.values())
    return {kind: log.cpu_seconds * part / whole for kind, part in seconds.items()}


def section(folder: Path, names: Sequence[str], count: int = COUNT) -> str:
    """BENCHMARKS.md's section."""
    rows = {name: measure(folder, name, count) for name in names}
    stations = list(next(iter(rows.values())))
    lines = [
        "## One submission of each chapter, station by station\n",
        "| chapter | " + " | ".join(stations) + " | all |",
        "|" + "---|" * (len(stations) + 2),
    ]
    whole = {
        name: sum(ms for station, ms in row.items() if station not in (_EMPTY, *_CELLS))
        for name, row in rows.items()
    }
    for name, row in rows.items():
        cells = " | ".join(f"{row[station]:.1f}" for station in stations)
        lines.append(f"| {name} | {cells} | {whole[name]:.0f} |")
    beside = [whole[name] - row["child"] + row[_EMPTY] for name, row in rows.items()]
    lines.append(
        f"\nMilliseconds of processor time, medians of {count}; the answers are the solution's. "
        f"All together {sum(whole.values()):.0f} ms. An empty job is what forking, shutting in and "
        "ending take; it is part of the child's time, which the cells' four columns divide. "
        f"What is not the cells' own work is {min(beside):.0f} to {max(beside):.0f} ms."
    )
    return "\n".join(lines)


def main() -> None:
    """Measure the chapters that were named, or all, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        print(section(Path(folder), sys.argv[1:] or CourseFolder(REPOSITORY).lessons))


if __name__ == "__main__":
    main()
