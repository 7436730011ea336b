"""What is wrong with what a solution's checks recorded: what only an execution shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from autograder.course.assignment import exercise_of_cell
from autograder.course.proofread import RECORDED, line_of, split
from autograder.course.remarks import Remark, name_of, refuse
from autograder.errors import SolutionFailed
from autograder.evidence import Evidence, Node
from autograder.judge.compare import Finding, compare

Recorded = Mapping[str, list[Evidence]]
"""What a run's checks recorded, by grade cell."""

Examiner = Callable[[Recorded, Recorded], None]
"""Takes what two runs of the solution recorded with one seed, and raises for what is amiss."""


def examiner(path: Path) -> Examiner:
    """The examiner of a lesson: every remark names the line of the check's call."""

    def examine(recorded: Recorded, again: Recorded) -> None:
        cells = split(path.read_text(encoding="utf-8"))
        refuse(
            Remark(name_of(path), line_of(cells, cell, check), sentence)
            for cell, check, sentence in _remarks(recorded, again)
        )

    return examine


def failed_cell(path: Path, failed: SolutionFailed) -> list[Remark]:
    """The line of a named cell that does not run; nothing for a cell without a name."""
    cells = split(path.read_text(encoding="utf-8"))
    lines = [cell.line for cell in cells if cell.name == failed.cell]
    return [Remark(name_of(path), line, str(failed)) for line in lines]


def _remarks(recorded: Recorded, again: Recorded) -> Iterator[tuple[str, str, str]]:
    """The grade cell, the check, and what is wrong there."""
    cell_of: dict[str, str] = {}
    for cell, items in recorded.items():
        own = exercise_of_cell(cell)
        for evidence in items:
            name = evidence.name
            if name in cell_of:
                yield cell, name, f"the name {name!r} is recorded more than once."
                continue
            cell_of[name] = cell
            exercise, slash, what = name.partition("/")
            if not (slash and exercise and what):
                yield cell, name, f"a check is named exercise/what; {name!r} is not."
            elif exercise != own:
                yield (
                    cell,
                    name,
                    f"the check {name!r} is in the cell {cell}; its name has to begin with {own}/.",
                )
            if evidence.outcome["kind"] == "exception":
                raised = f"{evidence.outcome['type']}: {evidence.outcome['message']}"
                yield (
                    cell,
                    name,
                    f"in the check {name!r} the solution raises {raised.rstrip(': ')} (an "
                    f"exception that is expected is recorded with probes.outcome).",
                )
            for part, node in _unrecordable(evidence.outcome, ""):
                what = "is too large" if node["kind"] == "too_large" else "cannot be recorded"
                yield (
                    cell,
                    name,
                    f"the check {name!r}: {_part(part)} is of type {node['type']} and {what}; "
                    f"a check records {RECORDED}.",
                )
    yield from _differences(recorded, again)


def _differences(recorded: Recorded, again: Recorded) -> Iterator[tuple[str, str, str]]:
    for cell in dict.fromkeys([*recorded, *again]):
        first = {evidence.name: evidence for evidence in recorded.get(cell, [])}
        second = {evidence.name: evidence for evidence in again.get(cell, [])}
        for name in dict.fromkeys([*first, *second]):
            if name not in first or name not in second:
                yield (
                    cell,
                    name,
                    f"not deterministic: of two runs with the same seed, only one has the check "
                    f"{name!r}.",
                )
                continue
            finding = compare(second[name], first[name])
            if finding is not None:
                yield (
                    cell,
                    name,
                    f"not deterministic: in the check {name!r}, {_place(finding)} is "
                    f"{finding.expected}, and with the same seed again {finding.actual}.",
                )


def _place(finding: Finding) -> str:
    if finding.stage == "arguments":
        return "what is changed in place"
    about = {"structure": "the structure of ", "shape": "the shape of ", "dtype": "the dtype of "}
    return about.get(finding.stage, "") + _part(finding.where)


def _part(where: str) -> str:
    return f"the result's part {where}" if where else "the result"


def _unrecordable(node: Node, where: str) -> Iterator[tuple[str, Node]]:
    if node["kind"] in ("object", "too_large"):
        yield where, node
    keys = [repr(key) for key in node["keys"]] if node["kind"] == "dict" else None
    for i, item in enumerate(node.get("items", [])):
        yield from _unrecordable(item, f"{where}[{keys[i] if keys else i}]")
