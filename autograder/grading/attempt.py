"""What is executed for one submission: the instructor's cells with the student's answers in them.

Nothing of a submission is trusted but the source text of its cells. Solution cells are found by
``grade_id`` (or by the cell's id, should the metadata be lost) and take their place in the
instructor's order; the student's own cells are kept as plain code where they stood; check cells are
always the instructor's.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from nbformat import NotebookNode

from autograder.course.assignment import (
    HIDDEN,
    Assignment,
    defined_names,
    grade_id,
    normal_text,
    role,
)
from autograder.errors import UnreadableSubmission
from autograder.intake.submission import Submission, SubmittedCell

Kind = Literal["setup", "solution", "check", "extra"]


@dataclasses.dataclass(frozen=True)
class PaperCell:
    """One code cell of a paper.

    ``setup`` and ``check`` cells are the instructor's, ``solution`` and ``extra`` cells the
    student's. ``name`` is the ``grade_id``, or for other cells the cell's id.
    """

    kind: Kind
    name: str
    source: str


@dataclasses.dataclass(frozen=True)
class Paper:
    """The cells to execute, in order, and the seed of their fresh inputs."""

    assignment: str
    seed: int
    cells: tuple[PaperCell, ...]

    def to_bytes(self) -> bytes:
        """JSON in UTF-8."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Paper:
        """The inverse of :meth:`to_bytes`."""
        stored: dict[str, Any] = json.loads(data)
        cells = tuple(PaperCell(**cell) for cell in stored["cells"])
        return cls(stored["assignment"], stored["seed"], cells)

    def digest(self) -> str:
        """A hash of the cells, whatever the seed: an unchanged digest need not run again."""
        cells = [[cell.kind, cell.name, cell.source] for cell in self.cells]
        return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One cell of a rebuilt notebook, in reading order.

    ``cell`` is the instructor's cell or None for a cell that the student added; ``source`` is the
    text to show; ``run`` is the position in the paper, or None for a cell that is not executed.
    """

    cell: NotebookNode | None
    cell_type: str
    source: str
    run: int | None


@dataclasses.dataclass(frozen=True)
class Rebuilt:
    """A paper, the notebook around it, and what was changed against the submission."""

    paper: Paper
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]  #: exercises whose solution cell is not in the submission


def solution_paper(assignment: Assignment, seed: int, demos: bool = False) -> Paper:
    """The instructor's own solutions as a paper; with ``demos`` every code cell of the lesson."""
    cells = []
    for cell in assignment.notebook.cells:
        kind = role(cell)
        if kind == "demo" and demos:
            cells.append(PaperCell("extra", cell.id, cell.source))
        elif kind in ("setup", "solution", "check"):
            cells.append(PaperCell(kind, grade_id(cell) or cell.id, cell.source))  # type: ignore[arg-type]
    return Paper(assignment.name, seed, tuple(cells))


def answer_paper(assignment: Assignment, seed: int, answers: dict[str, str]) -> Paper:
    """The solution paper with the solution cells of some exercises replaced by ``answers``."""
    paper = solution_paper(assignment, seed)
    cells = tuple(
        dataclasses.replace(cell, source=answers[cell.name])
        if cell.kind == "solution" and cell.name in answers
        else cell
        for cell in paper.cells
    )
    return dataclasses.replace(paper, cells=cells)


def rebuild(
    assignment: Assignment,
    submission: Submission,
    seed: int,
    names: frozenset[str] = frozenset(),
) -> Rebuilt:
    """The paper of a submission.

    ``names`` are names that an earlier run missed: demonstrations that define them are executed
    too, since in the student's own notebook they were there. Raises
    :class:`UnreadableSubmission` when no solution cell of the assignment is in it.
    """
    placement = _place(assignment, submission)
    cells: list[PaperCell] = []
    sheets: list[Sheet] = []
    needed = _needed_demos(assignment, names)

    def add(cell: NotebookNode | None, kind: Kind | None, name: str, source: str, typ: str) -> None:
        run = None
        if kind is not None:
            run = len(cells)
            cells.append(PaperCell(kind, name, source))
        sheets.append(Sheet(cell, typ, source, run))

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
            add(cell, "setup", name, cell.source, "code")
        else:
            add(cell, None, name, cell.source, cell.cell_type)
        add_extras(i)
    return Rebuilt(
        Paper(assignment.name, seed, tuple(cells)),
        tuple(sheets),
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


def check_cells(paper: Paper) -> Iterator[tuple[int, str]]:
    """The positions and names of a paper's grade cells."""
    for i, cell in enumerate(paper.cells):
        if cell.kind == "check":
            yield i, cell.name
