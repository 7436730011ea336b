"""From a few submissions to a thousand; the same class judged again, and graded again unchanged."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.course.folder import CourseFolder
from autograder.gradebook.writer import open_gradebook
from autograder.grading.pipeline import Pipeline, grade
from autograder.grading.rejudge import rejudge
from autograder.judge import references
from tests.bench.course import AUTOGRADER, clear_results, honest_submissions, run, submit


def section(course: Path, chapter: str, sizes: Sequence[int]) -> str:
    """The table."""
    notebooks = honest_submissions(chapter, max(sizes))
    lines = [
        "## From ten to a thousand submissions\n",
        "| submissions | wall s | s / submission | beyond the first | unchanged / s | "
        "rejudged, as it was / s | rejudged, new tolerances / s |",
        "|---|---|---|---|---|---|---|",
    ]
    first = None
    for size in sizes:
        clear_results(course)
        submit(course, chapter, notebooks[:size])
        wall, _, _ = run(course, *AUTOGRADER, "grade", chapter)
        rates = [
            _per_second(course, chapter, grade),
            _per_second(course, chapter, rejudge),
            _widened(course, chapter),
        ]
        marginal = "" if first is None else f"{(wall - first[1]) / (size - first[0]):.3f}"
        first = first or (size, wall)
        rated = " | ".join(f"{rate:.0f}" for rate in rates)
        lines.append(f"| {size} | {wall:.1f} | {wall / size:.3f} | {marginal} | {rated} |")
    lines.append(
        "\nGrading is the whole command; grading an unchanged class and judging again are measured "
        "in one process, gradebook included, start of Python not. Where tolerances are new, all "
        "checks of all submissions are compared again."
    )
    return "\n".join(lines)


def _per_second(course: Path, chapter: str, command: Callable[..., list[Any]]) -> float:
    """Submissions a second, gradebook included."""
    start = time.perf_counter()
    stations = Pipeline(CourseFolder(course), chapter)
    with open_gradebook(stations.course, chapter) as gradebook:
        records = command(stations, gradebook)
    return len(records) / (time.perf_counter() - start)


def _widened(course: Path, chapter: str) -> float:
    """Judged again when every tolerance has become wider by a hair; as it was afterwards."""
    path = CourseFolder(course).references(chapter)
    before = path.read_bytes()
    today = references.load(path)
    wider = {
        name: dataclasses.replace(check, rtol=check.rtol * 1.001)
        for name, check in today.checks.items()
    }
    path.write_bytes(dataclasses.replace(today, checks=wider).to_bytes())
    try:
        return _per_second(course, chapter, rejudge)
    finally:
        path.write_bytes(before)
