"""What each station of the data flow costs, measured inside one process."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.course.folder import CourseFolder
from autograder.gradebook.writer import open_gradebook
from autograder.grading.graded_notebook import graded_notebook
from autograder.grading.pipeline import Outcome, Pipeline
from autograder.grading.rejudge import rejudge
from autograder.intake.submission import find_submissions
from autograder.sandbox import execute
from autograder.sandbox.pool import open_pool
from tests.bench.course import clear_results, honest_submissions, submit


def measure(course: Path, assignment: str, count: int) -> dict[str, list[float]]:
    """Seconds of each station for each submission, one at a time, so that nothing overlaps."""
    clear_results(course)
    submit(course, assignment, honest_submissions(assignment, count))
    stations = Pipeline(CourseFolder(course), assignment)
    with open_pool() as pool:
        run = stations.run(pool)
    seconds: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = call()
        seconds.setdefault(name, []).append(time.perf_counter() - start)
        return result

    with open_gradebook(stations.course, assignment) as gradebook:
        for found in find_submissions(course / "submitted", assignment, {assignment}):
            rebuilt = timed("attempt", lambda f=found: stations.rebuild(f))
            attempt = dataclasses.replace(rebuilt.attempt, seed=run.seed)
            start = time.perf_counter()
            execution = execute(attempt.job(), stations.limits, options=stations.sandbox)
            whole = time.perf_counter() - start
            cells = sum(cell.seconds for cell in execution.cells)
            seconds.setdefault("cells", []).append(cells)
            seconds.setdefault("fork, sandbox, teardown", []).append(whole - cells)
            executed = timed(
                "evidence: validate, store",
                lambda f=found, r=rebuilt, log=execution: stations.keep(f, r, log, run),
            )
            record = timed("judge", lambda e=executed: stations.judge(e))

            def show(f=found, r=rebuilt, log=execution, record=record) -> None:
                notebook = graded_notebook(stations.assignment, r, log)
                stations.show(Outcome(f, record, notebook, run.name))

            timed("graded notebook", show)
            timed(
                "gradebook",
                lambda r=record, f=found: gradebook.enter(r, stations.assignment, f.folder),
            )
        start = time.perf_counter()
    seconds["gradebook"].append(time.perf_counter() - start)
    return seconds


def means(seconds: dict[str, list[float]], count: int) -> dict[str, float]:
    """Seconds a submission, by station."""
    return {name: sum(values) / count for name, values in seconds.items()}


def section(seconds: dict[str, list[float]], count: int) -> str:
    """A table of the stations."""
    stations = means(seconds, count)
    total = sum(stations.values())
    lines = [
        "## What each station costs\n",
        "| station | ms a submission | share |",
        "|---|---|---|",
    ]
    for name, mean in stations.items():
        lines.append(f"| {name} | {1000 * mean:.1f} | {mean / total:.0%} |")
    lines.append(f"| **all** | {1000 * total:.1f} | |")
    middle = statistics.median(seconds["cells"])
    lines.append(
        f"\nMeans over {count} submissions, one at a time, the warm process already up (median "
        f"of the cells: {1000 * middle:.1f} ms). With two workers the executor's share runs beside "
        "the rest."
    )
    return "\n".join(lines)


def rejudged_per_second(course: Path, assignment: str) -> float:
    """How many submissions a second are judged again, gradebook included."""
    stations = Pipeline(CourseFolder(course), assignment)
    start = time.perf_counter()
    with open_gradebook(stations.course, assignment) as gradebook:
        records = rejudge(stations, gradebook)
    return len(records) / (time.perf_counter() - start)
