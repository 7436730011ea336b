"""What each station of the data flow costs, measured inside one process."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.grading import pipeline as batch
from autograder.grading.grading import Grading
from autograder.intake.submission import find_submissions
from autograder.sandbox import execute
from tests.bench.course import clear_results, honest_submissions, submit


def section(course: Path, assignment: str, count: int) -> str:
    """A table of the stations; one submission at a time, so that nothing overlaps."""
    clear_results(course)
    submit(course, assignment, honest_submissions(assignment, count))
    grading = Grading(course, assignment)
    run = grading.run()
    seconds: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = call()
        seconds.setdefault(name, []).append(time.perf_counter() - start)
        return result

    with grading.open_gradebook() as gradebook:
        for found in find_submissions(course / "submitted", assignment, {assignment}):
            rebuilt = timed("paper", lambda f=found: grading.read(f))
            paper = dataclasses.replace(rebuilt.paper, seed=run.seed)
            start = time.perf_counter()
            execution = execute(paper, grading.limits)
            whole = time.perf_counter() - start
            cells = sum(cell.seconds for cell in execution.cells)
            seconds.setdefault("cells", []).append(cells)
            seconds.setdefault("fork, sandbox, teardown", []).append(whole - cells)
            testimony, notebook = timed(
                "evidence: validate, store",
                lambda f=found, r=rebuilt, e=execution: grading.keep(f, r, e, run),
            )
            record = timed("judge", lambda t=testimony: grading.mark(t))
            timed(
                "graded notebook",
                lambda r=record, n=notebook: grading.write_notebook(r, n, run.name),
            )
            timed("gradebook", lambda r=record, f=found: grading.enter(gradebook, r, f.path.parent))
        start = time.perf_counter()
    seconds["gradebook"].append(time.perf_counter() - start)
    means = {name: sum(values) / count for name, values in seconds.items()}
    total = sum(means.values())
    lines = [
        "## What each station costs\n",
        "| station | ms a submission | share |",
        "|---|---|---|",
    ]
    for name, mean in means.items():
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
    grading = Grading(course, assignment)
    start = time.perf_counter()
    records = batch.rejudge(grading)
    return len(records) / (time.perf_counter() - start)
