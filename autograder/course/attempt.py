"""An attempt: a chapter's code cells with one person's answers in them, in the order of execution.

Here those of the course itself: its solutions, and its known answers in their place. A student's is
rebuilt from what was handed in (:mod:`autograder.grading.rebuild`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from autograder.course.assignment import Assignment, exercise_of_cell, grade_id, role
from autograder.sandbox import Job, JobCell, Scope

Kind = Literal["setup", "solution", "check", "demo", "extra"]

#: check cells have names of their own, and keep what set-up cells bind
_SCOPES: dict[Kind, Scope] = {"check": "own", "setup": "kept"}


@dataclasses.dataclass(frozen=True)
class AttemptCell:
    """One code cell of an attempt.

    ``setup``, ``demo`` and ``check`` cells are the instructor's, ``solution`` and ``extra`` cells
    the student's. ``name`` is the ``grade_id``, or for other cells the cell's id.
    """

    kind: Kind
    name: str
    source: str

    @property
    def exercise(self) -> str:
        """The exercise that a solution or check cell belongs to; empty for others."""
        if self.kind == "check":
            return exercise_of_cell(self.name)
        return self.name if self.kind == "solution" else ""


@dataclasses.dataclass(frozen=True)
class Attempt:
    """The cells to execute, in order, and the seed of their fresh inputs.

    ``answers`` are the names that solution cells define, with their exercises: what check cells
    see of the student's names.
    """

    assignment: str
    seed: int
    cells: tuple[AttemptCell, ...]
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def job(self, seconds: Mapping[str, float] | None = None) -> Job:
        """What the sandbox executes of it. ``seconds``: what the solution's cells took, by name."""
        known = seconds or {}
        cells = (
            JobCell(
                cell.name,
                cell.source,
                _SCOPES.get(cell.kind, "shared"),
                None if cell.kind == "extra" else known.get(cell.name),
                cell.exercise,
            )
            for cell in self.cells
        )
        return Job(tuple(cells), self.seed, self.answers)

    def digest(self) -> str:
        """A hash of the cells, whatever the seed: an unchanged digest need not run again."""
        cells = [[cell.kind, cell.name, cell.source] for cell in self.cells]
        return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def solution_attempt(assignment: Assignment, seed: int, demos: bool = False) -> Attempt:
    """The instructor's own solutions; with ``demos`` every code cell of the lesson."""
    cells = []
    for cell in assignment.notebook.cells:
        kind = role(cell)
        if kind == "demo" and demos:
            cells.append(AttemptCell("demo", cell.id, cell.source))
        elif kind in ("setup", "solution", "check"):
            cells.append(AttemptCell(kind, grade_id(cell) or cell.id, cell.source))
    return Attempt(assignment.name, seed, tuple(cells), assignment.answers)


def answer_attempt(assignment: Assignment, seed: int, answers: dict[str, str]) -> Attempt:
    """The solution attempt with the solution cells of some exercises replaced by ``answers``."""
    attempt = solution_attempt(assignment, seed)
    cells = tuple(
        dataclasses.replace(cell, source=answers[cell.name])
        if cell.kind == "solution" and cell.name in answers
        else cell
        for cell in attempt.cells
    )
    return dataclasses.replace(attempt, cells=cells)
