"""The attempt of a submission: the instructor's notebook with the student's answers in it.

Nothing of a submission is trusted but the source text of its cells. Which of them are the lesson's
and in which order all stand, :mod:`autograder.grading.placement` says; check cells and set-up are
always the instructor's, and what the student wrote is kept as plain code where it stood.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from nbformat import NotebookNode

from autograder.course.assignment import Assignment, defined_names, grade_id, role
from autograder.course.attempt import Attempt, AttemptCell, Kind
from autograder.course.definitions import words
from autograder.grading.packages import without_absent_imports, writing_cell
from autograder.grading.placement import Placed, place
from autograder.intake.submission import Submission
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
    missing: tuple[str, ...]  #: exercises that nothing in the submission answers
    #: by exercise, the position of the cell whose answer its check cells see
    answers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    modules: Mapping[str, str] = dataclasses.field(default_factory=dict)  #: of the student's own


def rebuild(
    assignment: Assignment,
    submission: Submission,
    seed: int,
    names: frozenset[str] = frozenset(),
) -> Rebuilt:
    """The attempt of a submission.

    ``names`` are names that an earlier run missed: demonstrations that define them are executed
    too, since in the student's own notebook they were there. Raises
    :class:`UnreadableSubmission` when no answer to anything of the assignment is in it.
    """
    placement = place(assignment, submission)
    executed: list[AttemptCell] = []
    shown: list[RebuiltCell] = []
    position_of: dict[int, int] = {}
    needed = _needed_demos(assignment, names)
    absent: set[str] = set()
    if submission.modules:
        executed.append(AttemptCell("setup", "own-modules", writing_cell(submission.modules)))
    for number, placed in enumerate(placement.cells):
        kind, name, cell = _what(assignment, placed, number, needed)
        source = placed.source
        position = None
        if kind is not None:
            if kind in ("solution", "extra"):
                source, gone = without_absent_imports(source, submission.modules)
                absent |= gone
            position = position_of[number] = len(executed)
            executed.append(AttemptCell(kind, name, source))
        shown.append(RebuiltCell(cell, placed.cell_type, placed.source, position))
    notes = [*submission.notes, *placement.notes]
    if submission.modules:
        notes.append(f"Own modules handed in: {', '.join(sorted(submission.modules))}.")
    notes += [
        f"The package `{package}` is not installed here: its import was skipped."
        for package in sorted(absent)
    ]
    return Rebuilt(
        Attempt(assignment.name, seed, tuple(executed), assignment.answers),
        tuple(shown),
        tuple(notes),
        placement.missing,
        {name: position_of[at] for name, at in placement.answers.items() if at in position_of},
        submission.modules,
    )


def _what(
    assignment: Assignment, placed: Placed, number: int, needed: set[int]
) -> tuple[Kind | None, str, NotebookNode | None]:
    """As what a cell is executed, if at all; its name; the lesson's cell where it is that."""
    if placed.place == "own":
        return "extra" if placed.runs else None, f"extra-{placed.index + 1}-{number}", None
    cell = assignment.notebook.cells[placed.index]
    name = grade_id(cell) or cell.id
    kind = role(cell)
    if kind == "text" or not (placed.runs or (kind == "demo" and placed.index in needed)):
        return None, name, cell
    return kind, name, cell


def _needed_demos(assignment: Assignment, names: frozenset[str]) -> set[int]:
    """The demonstration cells that define ``names``, and those that they need in turn."""
    needed: set[int] = set()
    wanted = set(names)
    for i, cell in reversed(list(enumerate(assignment.notebook.cells))):
        if wanted and role(cell) == "demo" and defined_names(cell.source) & wanted:
            needed.add(i)
            wanted |= words(cell.source)
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
