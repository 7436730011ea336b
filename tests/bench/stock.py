"""The same class by stock nbgrader and by autograder, in alternation."""

from __future__ import annotations

import statistics
from pathlib import Path

from tests.bench.course import AUTOGRADER, clear_results, honest_submissions, run, spread, submit

Figures = dict[str, list[tuple[float, float, int]]]  # wall and CPU s a submission, peak bytes


def measure(stock: Path, ours: Path, chapter: str, rounds: int, few: int, many: int) -> Figures:
    """Both sides, ``few`` submissions a run by stock nbgrader and ``many`` by autograder."""
    notebooks = honest_submissions(chapter, max(few, many))
    rows: Figures = {"stock": [], "ours": []}
    for i in range(rounds):
        clear_results(stock)
        run(stock, "nbgrader", "generate_assignment", chapter, "--force")
        submit(stock, chapter, notebooks[i : i + few])
        wall, cpu, peak = run(stock, "nbgrader", "autograde", chapter)
        rows["stock"].append((wall / few, cpu / few, peak))
        clear_results(ours)
        submit(ours, chapter, notebooks[:many])
        wall, cpu, peak = run(ours, *AUTOGRADER, "grade", chapter)
        rows["ours"].append((wall / many, cpu / many, peak))
    return rows


def stock_seconds(rows: Figures) -> float:
    """What one submission takes stock nbgrader: the unit of other sections."""
    return statistics.median(wall for wall, _, _ in rows["stock"])


def section(rows: Figures, few: int, many: int) -> str:
    """The table, with the ratio of each pair."""
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
