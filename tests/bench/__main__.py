"""Measure grading against stock nbgrader in one run, paired, and write BENCHMARKS.md.

``python -m tests.bench [--quick]``. Two things are compared in alternation, medians are given with
their range; the machine and the versions stand in the file.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from autograder.course.folder import CourseFolder
from tests.bench import chapters, classes, cluster, cold, growth, simulation, stages, stock
from tests.bench.course import REPOSITORY, make_course

CHAPTER = "02_functional_conv"


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer, in under five minutes; prints only"
    )
    quick = parser.parse_args().quick
    path = REPOSITORY / "BENCHMARKS.md"
    parts = [heading()]
    with tempfile.TemporaryDirectory() as folder:
        for part in measure(Path(folder), quick):
            parts.append(part)
            print(f"{part}\n", flush=True)
            if not quick:  # what was measured stays, whatever becomes of the rest
                path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


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
    stock_course = make_course(folder / "stock", CHAPTER, stock=True)
    ours = make_course(folder / "ours", CHAPTER)
    names = CourseFolder(REPOSITORY).lessons
    few, many = 2, 30 if quick else 100
    rows = stock.measure(stock_course, ours, CHAPTER, rounds=2 if quick else 3, few=few, many=many)
    yield stock.section(rows, few, many)
    count = 20 if quick else 60
    stations = stages.measure(ours, CHAPTER, count)
    yield stages.section(stations, count)
    yield simulation.section(stages.means(stations, count), 10_000 if quick else 100_000)
    if not quick:
        yield chapters.section(folder / "chapters", names)
    yield cold.one_submission(ours, CHAPTER, 1 if quick else 3)
    yield cold.lab(folder, CHAPTER, 1 if quick else 3)
    yield growth.section(ours, CHAPTER, (10, 50) if quick else (10, 100, 300, 1000))
    if not quick:
        yield cold.first_grading(folder)
        yield cluster.section(ours, CHAPTER, 120, rounds=1)
        whole = make_course(folder / "whole", *names)
        yield classes.section(whole, names, 300, stock.stock_seconds(rows))


if __name__ == "__main__":
    main()
