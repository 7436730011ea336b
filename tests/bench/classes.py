"""A whole course: so many students, each with every chapter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.bench.course import AUTOGRADER, clear_results, honest_submissions, run, submit


def section(course: Path, chapters: Sequence[str], students: int, unit: float) -> str:
    """Each chapter's start and its further submissions, in seconds and in ``unit``.

    ``unit``: seconds that stock nbgrader takes for one submission, measured in the same run.
    """
    lines = [
        f"## {students} students, {len(chapters)} chapters\n",
        "| chapter | first submission, s | all, s | CPU, s | each further one, s |",
        "|---|---|---|---|---|",
    ]
    total = starts = used = 0.0
    largest = 0
    for chapter in chapters:
        notebooks = honest_submissions(chapter, students)
        clear_results(course)
        submit(course, chapter, notebooks[:1])
        start, _, _ = run(course, *AUTOGRADER, "grade", chapter)
        clear_results(course)
        submit(course, chapter, notebooks)
        wall, cpu, peak = run(course, *AUTOGRADER, "grade", chapter)
        further = (wall - start) / (students - 1)
        lines.append(f"| {chapter} | {start:.1f} | {wall:.1f} | {cpu:.0f} | {further:.3f} |")
        total, starts, used = total + wall, starts + start, used + cpu
        largest = max(largest, peak)
    lines.append(f"| **all** | {starts:.1f} | {total:.1f} | {used:.0f} | |")
    lines.append(
        f"\n{total / unit:.1f} times what stock nbgrader takes for one submission of the chapter "
        f"above ({unit:.1f} s); {starts / unit:.1f} of them are the eight starts: Python, the warm "
        f"process, the run's solution and known answers. Peak {largest / 2**30:.2f} GiB."
    )
    return "\n".join(lines)
