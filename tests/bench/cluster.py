"""The same class on Dask workers of this machine."""

from __future__ import annotations

from pathlib import Path

from tests.bench.course import AUTOGRADER, clear_results, honest_submissions, run, submit
from tests.clusters import DaskCluster


def section(course: Path, chapter: str, count: int) -> str:
    """One worker and two."""
    lines = ["## Dask\n", "| workers | wall s | s / submission |", "|---|---|---|"]
    for workers in (1, 2):
        clear_results(course)
        submit(course, chapter, honest_submissions(chapter, count))
        with DaskCluster(workers) as dask:
            wall, _, _ = run(course, *AUTOGRADER, "grade", chapter, "--scheduler", dask.address)
        lines.append(f"| {workers} | {wall:.1f} | {wall / count:.3f} |")
    lines.append(
        f"\n{count} submissions; workers with one thread on the same two cores, each with a warm "
        "process of its own that starts with the first attempt."
    )
    return "\n".join(lines)
