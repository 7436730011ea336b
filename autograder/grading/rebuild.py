"""The attempt of a submission: the instructor's notebook with the student's answers in it.

Nothing of a submission is trusted but the source text of its cells. Solution cells are found by
``grade_id`` (or by the cell's id, should the metadata be lost) and take their place in the
instructor's order; the student's own cells are kept as plain code where they stood; check cells are
always the instructor's.
"""

from __future__ import annotations

import dataclasses
import re

from nbformat import NotebookNode

from autograder.checks.namespace import normal_text
from autograder.course.assignment import (
    HIDDEN,
    Assignment,
    defined_names,
    grade_id,
    role,
)
from autograder.course.attempt import Attempt, AttemptCell, Kind
from autograder.errors import UnreadableSubmission
from autograder.intake.submission import Submission, SubmittedCell
from autograder.sandbox import RunLog


@dataclasses.dataclass(frozen=True)
class RebuiltCell:
    """One cell of a rebuilt notebook, in reading order.

    ``cell`` is the instructor's cell or None for a cell that the student added; ``source`` is the
    text to show; ``position`` is the one in the attempt, or None for a cell that is not executed.
    """

    cell: NotebookNode | None
    cell_type: str
    source: str
    position: int | None


@dataclasses.dataclass(frozen=True)
class Rebuilt:
    """An attempt, the notebook around it, and what was changed against the submission."""

    attempt: Attempt
    cells: tuple[RebuiltCell, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]  #: exercises whose solution cell is not in the submission


def rebuild(
    assignment: Assignment,
    submission: Submission,
    seed: int,
    names: frozenset[str] = frozenset(),
) -> Rebuilt:
    """The attempt of a submission.

    ``names`` are names that an earlier run missed: demonstrations that define them are executed
    too, since in the student's own notebook they were there. Raises
    :class:`UnreadableSubmission` when no solution cell of the assignment is in it.
    """
    placement = _place(assignment, submission)
    executed: list[AttemptCell] = []
    shown: list[RebuiltCell] = []
    needed = _needed_demos(assignment, names)

    def add(cell: NotebookNode | None, kind: Kind | None, name: str, source: str, typ: str) -> None:
        position = None
        if kind is not None:
            position = len(executed)
            executed.append(AttemptCell(kind, name, source))
        shown.append(RebuiltCell(cell, typ, source, position))

    def add_extras(anchor: int) -> None:
        for i, extra in enumerate(placement.extras.get(anchor, [])):
            kind: Kind | None = "extra" if extra.cell_type == "code" else None
            add(None, kind, f"extra-{anchor + 1}-{i + 1}", extra.source, extra.cell_type)

    add_extras(-1)
    for i, cell in enumerate(assignment.notebook.cells):
        name = grade_id(cell) or cell.id
        kind = role(cell)
        if kind == "solution":
            found = placement.solutions.get(name)
            add(cell, "solution" if found is not None else None, name, found or "", "code")
        elif kind == "check":
            add(cell, "check", name, cell.source, "code")
        elif kind == "setup" or (kind == "demo" and i in needed):
            add(cell, kind, name, cell.source, "code")
        else:
            add(cell, None, name, cell.source, cell.cell_type)
        add_extras(i)
    return Rebuilt(
        Attempt(assignment.name, seed, tuple(executed), assignment.answers),
        tuple(shown),
        (*submission.notes, *placement.notes),
        placement.missing,
    )


@dataclasses.dataclass(frozen=True)
class _Placement:
    solutions: dict[str, str]
    extras: dict[int, list[SubmittedCell]]  #: by the index of the instructor's cell before them
    notes: list[str]
    missing: tuple[str, ...]


def _place(assignment: Assignment, submission: Submission) -> _Placement:
    """Sort a submission's cells into solutions, known cells and extras."""
    index_of, by_source = assignment.index
    solutions: dict[str, str] = {}
    extras: dict[int, list[SubmittedCell]] = {}
    checks_seen: set[str] = set()
    changed: list[str] = []
    anchor = -1
    for submitted in submission.cells:
        i = _known(submitted, index_of, by_source)
        cell = assignment.notebook.cells[i] if i is not None else None
        kind = role(cell) if cell is not None else None
        name = (grade_id(cell) or cell.id) if cell is not None else ""
        if kind == "solution" and name not in solutions and submitted.cell_type == "code":
            assert i is not None
            solutions[name] = submitted.source
            anchor = i
        elif kind == "check" and name not in checks_seen:
            assert i is not None and cell is not None
            checks_seen.add(name)
            anchor = i
            if normal_text(submitted.source) != normal_text(HIDDEN.sub("", cell.source)):
                changed.append(name)
        elif cell is not None and normal_text(submitted.source) == normal_text(cell.source):
            assert i is not None
            anchor = max(anchor, i) if kind in ("text", "demo", "setup") else anchor
        else:
            if i is not None and kind in ("text", "demo", "setup"):
                anchor = max(anchor, i)
            if submitted.source.strip():
                extras.setdefault(anchor, []).append(submitted)
    if not solutions:
        raise UnreadableSubmission(
            f"No solution cell of {assignment.name} was found in the notebook: it is another "
            f"notebook, or its cells have lost their metadata."
        )
    missing = tuple(name for name in assignment.exercises if name not in solutions)
    notes = []
    if changed:
        notes.append(f"Changed test cells were replaced by the original: {', '.join(changed)}.")
    gone = [name for name in assignment.points if name not in checks_seen]
    if gone:
        notes.append(f"Missing test cells were put back: {', '.join(gone)}.")
    if missing:
        notes.append(f"Solution cells not found: {', '.join(missing)}.")
    return _Placement(solutions, extras, notes, missing)


def _known(cell: SubmittedCell, by_name: dict[str, int], by_source: dict[str, int]) -> int | None:
    for name in (cell.grade_id, cell.cell_id):
        if name is not None and name in by_name:
            return by_name[name]
    return by_source.get(normal_text(cell.source))


_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def _needed_demos(assignment: Assignment, names: frozenset[str]) -> set[int]:
    """The demonstration cells that define ``names``, and those that they need in turn."""
    needed: set[int] = set()
    wanted = set(names)
    for i, cell in reversed(list(enumerate(assignment.notebook.cells))):
        if wanted and role(cell) == "demo" and defined_names(cell.source) & wanted:
            needed.add(i)
            wanted |= set(_IDENTIFIER.findall(cell.source))
    return needed


def demo_names(assignment: Assignment) -> frozenset[str]:
    """Names that only demonstrations define."""
    names: dict[str, set[str]] = {"demo": set(), "setup": set()}
    for cell in assignment.notebook.cells:
        if role(cell) in names:
            names[role(cell)] |= defined_names(cell.source)
    return frozenset(names["demo"] - names["setup"])


def missed_names(only_in_demos: frozenset[str], log: RunLog) -> frozenset[str]:
    """Names of demonstrations that the student's code asked for and the attempt left out."""
    text = "\n".join(
        str(output.get("evalue", ""))
        for result in log.cells
        for output in result.outputs
        if output.get("ename") == "NameError"
    )
    text += "\n".join(
        data[: 2**14].decode("utf-8", "replace")
        for _, data in log.evidence
        if b"NameError" in data[: 2**14]
    )
    return frozenset(name for name in only_in_demos if f"'{name}' is not defined" in text)
