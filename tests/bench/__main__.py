"""Measure grading against stock nbgrader in one run, paired, and write BENCHMARKS.md.

``python -m tests.bench [--quick]``. Two things are compared in alternation, medians are given with
their range; the machine and the versions stand in the file.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.bench import cluster, simulation, stages
from tests.bench.course import (
    REPOSITORY,
    clear_results,
    honest_submissions,
    make_course,
    run,
    submit,
)

CHAPTER = "02_functional_conv"
#: what formgrader's handler does, in a process that has imported what formgrader imports
BUTTON = """
import sys, time
from pathlib import Path
import nbgrader.server_extensions.formgrader.apihandlers
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory

app = NbGrader()
app.load_config_file()
api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
start = time.perf_counter()
answer = api.autograde(sys.argv[1], "s0000")
assert answer["success"], answer
Path("seconds").write_text(str(time.perf_counter() - start))
"""
AUTOGRADER = str(Path(sys.executable).with_name("autograder"))


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the submissions")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        parts = [heading(), *measure(Path(folder), quick)]
    path = REPOSITORY / "BENCHMARKS.md"
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))


def heading() -> str:
    """What was measured, where and with what."""
    names = ("torch", "torchvision", "nbgrader", "nbclient", "ipython", "numpy", "distributed")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        "# Benchmarks\n\n"
        f"Written by `make bench` on {time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores "
        f"({platform.machine()}), {memory:.0f} GiB, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {versions}. Chapter `{CHAPTER}`, honest "
        "submissions, some answers wrong. Medians, with the range in brackets; the two sides of a "
        "comparison alternate in one run."
    )


def measure(folder: Path, quick: bool) -> Iterable[str]:
    """The sections of the page."""
    stock = make_course(folder / "stock", CHAPTER, stock=True)
    ours = make_course(folder / "ours", CHAPTER, stock=False)
    yield paired(stock, ours, rounds=3, few=2, many=20 if quick else 100)
    count = 20 if quick else 60
    stations = stages.measure(ours, CHAPTER, count)
    yield stages.section(stations, count)
    yield growth(ours, (10, 30, 100) if quick else (10, 30, 100, 300, 1000))
    yield cold(ours)
    yield cluster.section(ours, CHAPTER, 30 if quick else 120)
    yield simulation.section(stages.means(stations, count), 10_000 if quick else 100_000)


def paired(stock: Path, ours: Path, rounds: int, few: int, many: int) -> str:
    """Seconds a submission of both, in alternation."""
    notebooks = honest_submissions(CHAPTER, max(few, many))
    rows: dict[str, list[tuple[float, float, int]]] = {"stock": [], "ours": []}
    for i in range(rounds):
        clear_results(stock)
        run(stock, "nbgrader", "generate_assignment", CHAPTER, "--force")
        submit(stock, CHAPTER, notebooks[i : i + few])
        wall, cpu, peak = run(stock, "nbgrader", "autograde", CHAPTER)
        rows["stock"].append((wall / few, cpu / few, peak))
        clear_results(ours)
        submit(ours, CHAPTER, notebooks[:many])
        wall, cpu, peak = run(ours, AUTOGRADER, "grade", CHAPTER)
        rows["ours"].append((wall / many, cpu / many, peak))
    columns = [
        (f"stock nbgrader, {few} submissions a run", rows["stock"]),
        (f"autograder, {many} submissions a run, two workers", rows["ours"]),
    ]
    lines = ["## Against stock nbgrader\n", "| | wall s / submission | CPU s / submission | peak |"]
    lines.append("|---|---|---|---|")
    for name, values in columns:
        wall, cpu = (spread([v[i] for v in values]) for i in (0, 1))
        peak = max(v[2] for v in values) / 2**30
        lines.append(f"| {name} | {wall} | {cpu} | {peak:.2f} GiB |")
    ratios = [
        [s[i] / o[i] for s, o in zip(rows["stock"], rows["ours"], strict=True)] for i in (0, 1)
    ]
    lines.append(
        f"| ratio, pair by pair | {spread(ratios[0], '.0f')} × | {spread(ratios[1], '.0f')} × | |"
    )
    lines.append(
        "\nWall time covers the whole command: start of Python, the warm process, the run's own "
        "references, grading, gradebook. The peak is the sum of proportional set sizes (PSS) of "
        "the command and everything it started."
    )
    return "\n".join(lines)


def growth(course: Path, sizes: tuple[int, ...]) -> str:
    """Cost from a few submissions to a thousand, and judging them again."""
    notebooks = honest_submissions(CHAPTER, max(sizes))
    lines = [
        "## From ten to a thousand submissions\n",
        "| submissions | wall s | s / submission | beyond the first 10 | rejudged / s |",
        "|---|---|---|---|---|",
    ]
    first = None
    for size in sizes:
        clear_results(course)
        submit(course, CHAPTER, notebooks[:size])
        wall, _, _ = run(course, AUTOGRADER, "grade", CHAPTER)
        judged = stages.rejudged_per_second(course, CHAPTER)
        marginal = "" if first is None else f"{(wall - first[1]) / (size - first[0]):.3f}"
        first = first or (size, wall)
        lines.append(f"| {size} | {wall:.1f} | {wall / size:.3f} | {marginal} | {judged:.0f} |")
    return "\n".join(lines)


def cold(course: Path) -> str:
    """One submission from a cold start, through plain ``nbgrader autograde``."""
    command, button = [], []
    for _ in range(3):
        clear_results(course)
        submit(course, CHAPTER, honest_submissions(CHAPTER, 1))
        command.append(run(course, "nbgrader", "autograde", CHAPTER)[0])
        clear_results(course)
        submit(course, CHAPTER, honest_submissions(CHAPTER, 1))
        run(course, sys.executable, "-c", BUTTON, CHAPTER)
        button.append(float((course / "seconds").read_text()))
    return (
        "## One submission, cold\n\n"
        "Nothing graded before, no warm process yet. Formgrader's button, whose server runs: "
        f"{spread(button, '.1f')} s. The command `nbgrader autograde {CHAPTER}`, start of Python "
        f"and import of nbgrader included: {spread(command, '.1f')} s."
    )


def spread(values: list[float], form: str = ".3f") -> str:
    """Median and range."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}}–{high:{form}})"


if __name__ == "__main__":
    main()
