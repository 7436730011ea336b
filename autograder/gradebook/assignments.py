"""An assignment entered into the gradebook, also where it has grades and its cells have changed.

nbgrader refuses to add or remove cells once anything was handed in. Here the tables are adapted in
one transaction: grades and comments of cells that are still there stay, a new cell has a grade of
nothing for everybody, and what a person entered for a cell that is gone is kept in a file.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    IncludeHeaderFooter,
    LockCells,
    SaveCells,
)
from sqlalchemy import Connection, Engine, delete, insert, select
from traitlets.config import Config

from autograder.course.assignment import exercise_of_cell
from autograder.errors import AutograderError
from autograder.gradebook.database import entering_alone

_KINDS = {kind.__name__: kind for kind in (GradeCell, SolutionCell, TaskCell)}
Cells = set[tuple[Any, ...]]


@dataclasses.dataclass(frozen=True)
class Change:
    """What became another in an assignment that has submissions; points by exercise.

    ``kept`` are the scores, credits and comments that people entered for cells that are gone.
    """

    assignment: str
    submissions: int
    added: Mapping[str, float]
    removed: Mapping[str, float]
    points: Mapping[str, tuple[float, float]]
    kept: Sequence[Mapping[str, Any]]

    def __str__(self) -> str:
        said = [f"`{name}` is new ({points:g} points)" for name, points in self.added.items()]
        said += [f"`{name}` is gone ({points:g} points)" for name, points in self.removed.items()]
        said += [
            f"`{name}` has {now:g} points instead of {before:g}"
            for name, (before, now) in self.points.items()
        ]
        return (
            f"{self.assignment} has changed since {self.submissions} submissions were entered: "
            f"{'; '.join(said) or 'cells of its exercises'}."
        )


# ------------------------------------------------------------------------------------ entering


def ensure_notebook(
    engine: Engine,
    source: Path,
    db_url: str,
    course_id: str,
    config: Config,
    keep: Path | None = None,
) -> Change | None:
    """Make the gradebook agree with an instructor's notebook, by nbgrader's own SaveCells.

    Args:
        keep: the file to which what people entered for cells that are gone is added.

    Returns:
        what changed for submissions that are there already; None for nothing of points or cells.

    Raises:
        AutograderError: cells are gone for which a person entered something, and no file is given.
    """
    assignment, name = source.parent.name, source.stem
    notebook = nbformat.read(source, as_version=nbformat.current_nbformat)
    resources = {"nbgrader": {"assignment": assignment, "notebook": name, "db_url": db_url}}
    for step in (IncludeHeaderFooter, LockCells, ClearSolutions, ClearOutput, CheckCellMetadata):
        notebook, _ = step(config=config)(notebook, resources)
    notebook, _ = ComputeChecksums(config=config)(notebook, resources)
    wanted = _wanted_cells(notebook)
    change = None
    with entering_alone(engine):
        with engine.begin() as connection:
            found = _notebook_id(connection, assignment, name)
            stored = _stored_cells(connection, found)
            if stored == wanted:
                return None
            if found is not None and (submitted := _submitted(connection, found)):
                change = _adapt(connection, assignment, found, submitted, stored, wanted)
                if change is not None and change.kept:
                    _keep(change, keep)
        with Gradebook(db_url, course_id) as gradebook:
            gradebook.update_or_create_assignment(assignment)
        save = SaveCells(config=config)
        save.log = logging.getLogger("autograder.gradebook")
        save(notebook, resources)
    return change


def _adapt(
    connection: Connection,
    assignment: str,
    notebook: str,
    submitted: Mapping[str, str],
    stored: Cells,
    wanted: Cells,
) -> Change | None:
    """Add and remove cells of a notebook with submissions, given by id with their students."""
    before, after = _names(stored), _names(wanted)
    kept = list(_removed(connection, assignment, notebook, submitted, before - after))
    for cell in sorted(wanted, key=repr):
        if cell[:2] in after - before:
            _add(connection, notebook, submitted, cell)
    old, new = _points(stored), _points(wanted)
    if before == after and old == new:
        return None
    return Change(
        assignment,
        len(submitted),
        {name: points for name, points in new.items() if name not in old},
        {name: points for name, points in old.items() if name not in new},
        {n: (old[n], points) for n, points in new.items() if n in old and old[n] != points},
        kept,
    )


def _removed(
    connection: Connection,
    assignment: str,
    notebook: str,
    submitted: Mapping[str, str],
    gone: Iterable[tuple[str, str]],
) -> Iterator[dict[str, Any]]:
    """Take cells out with their grades and comments; what a person had entered there."""
    base, source = BaseCell.__table__, SourceCell.__table__
    for kind, name in sorted(gone):
        if kind == "source":
            own = (source.c.notebook_id == notebook, source.c.name == name)
            connection.execute(delete(source).where(*own))
            continue
        where = (base.c.notebook_id == notebook, base.c.name == name, base.c.type == kind)
        id = connection.execute(select(base.c.id).where(*where)).scalar_one()
        for table, columns in (
            (Grade.__table__, ("manual_score", "extra_credit")),
            (Comment.__table__, ("manual_comment",)),
        ):
            for row in connection.execute(select(table).where(table.c.cell_id == id)):
                entered = {c: value for c in columns if (value := getattr(row, c)) is not None}
                if entered:
                    student = submitted.get(row.notebook_id)
                    yield {"assignment": assignment, "student": student, "cell": name} | entered
            connection.execute(delete(table).where(table.c.cell_id == id))
        special = _KINDS[kind].__table__
        connection.execute(delete(special).where(special.c.id == id))
        connection.execute(delete(base).where(base.c.id == id))


def _add(
    connection: Connection, notebook: str, submitted: Iterable[str], cell: tuple[Any, ...]
) -> None:
    """Enter a new cell, with a grade of nothing and no comment for every submission."""
    kind, name, *about = cell
    new = {"id": new_uuid(), "name": name}
    if kind == "source":
        columns = dict(zip(("cell_type", "locked", "source", "checksum"), about, strict=True))
        row = new | {"notebook_id": notebook} | columns
        connection.execute(insert(SourceCell.__table__), [row])
        return
    row = new | {"notebook_id": notebook, "type": kind}
    connection.execute(insert(BaseCell.__table__), [row])
    own: dict[str, Any] = {"id": new["id"]}
    if kind != "SolutionCell":
        own |= {"max_score": about[0], "cell_type": about[1]}
    connection.execute(insert(_KINDS[kind].__table__), [own])
    rows = [{"id": new_uuid(), "cell_id": new["id"], "notebook_id": of} for of in submitted]
    if kind != "GradeCell":
        connection.execute(insert(Comment.__table__), rows)
    if kind != "SolutionCell":
        by_hand = own["cell_type"] != "code"
        automatic = {"auto_score": None if by_hand else 0.0, "needs_manual_grade": by_hand}
        connection.execute(insert(Grade.__table__), [row | automatic for row in rows])


def _keep(change: Change, path: Path | None) -> None:
    """Add to a file what a person entered and the gradebook will not hold any more."""
    if path is None:
        raise AutograderError(
            f"{change} People entered {len(change.kept)} scores and comments for what is gone: "
            f"`autograder grade {change.assignment}` keeps them."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(entered)}\n" for entered in change.kept)


# --------------------------------------------------------------------------------------- cells


def _names(cells: Cells) -> set[tuple[str, str]]:
    return {(cell[0], cell[1]) for cell in cells}


def _points(cells: Cells) -> dict[str, float]:
    """The points of each exercise."""
    points: dict[str, float] = collections.defaultdict(float)
    for kind, name, *about in sorted(cells, key=repr):
        if kind in ("GradeCell", "TaskCell"):
            points[exercise_of_cell(name)] += about[0]
    return points


def _notebook_id(connection: Connection, assignment: str, name: str) -> str | None:
    a, n = Assignment.__table__, Notebook.__table__
    query = (
        select(n.c.id)
        .join(a, a.c.id == n.c.assignment_id)
        .where(a.c.name == assignment, n.c.name == name)
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def _submitted(connection: Connection, notebook: str) -> dict[str, str]:
    """The ids of a notebook's submissions, with their students."""
    one, whole = SubmittedNotebook.__table__, SubmittedAssignment.__table__
    query = (
        select(one.c.id, whole.c.student_id)
        .join(whole, whole.c.id == one.c.assignment_id)
        .where(one.c.notebook_id == notebook)
    )
    return {row.id: row.student_id for row in connection.execute(query)}


def _wanted_cells(notebook: NotebookNode) -> Cells:
    wanted: Cells = set()
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        grade, solution, task = (about.get(k, False) for k in ("grade", "solution", "task"))
        name = about.get("grade_id")
        if grade:
            wanted.add(("GradeCell", name, float(about["points"]), cell.cell_type))
        if solution:
            wanted.add(("SolutionCell", name))
        if task:
            wanted.add(("TaskCell", name, float(about["points"]), cell.cell_type))
        if grade or solution or task or about.get("locked", False):
            locked = not solution and (grade or bool(about.get("locked", False)))
            wanted.add(("source", name, cell.cell_type, locked, cell.source, about.get("checksum")))
    return wanted


def _stored_cells(connection: Connection, notebook: str | None) -> Cells:
    base = BaseCell.__table__
    stored: Cells = set()
    for kind in (GradeCell, TaskCell):
        table = kind.__table__
        query = select(base.c.name, table.c.max_score, table.c.cell_type).join(
            table, table.c.id == base.c.id
        )
        for row in connection.execute(query.where(base.c.notebook_id == notebook)):
            stored.add((kind.__name__, *row))
    table = SolutionCell.__table__
    query = select(base.c.name).join(table, table.c.id == base.c.id)
    for row in connection.execute(query.where(base.c.notebook_id == notebook)):
        stored.add(("SolutionCell", *row))
    s = SourceCell.__table__
    query = select(s.c.name, s.c.cell_type, s.c.locked, s.c.source, s.c.checksum)
    for row in connection.execute(query.where(s.c.notebook_id == notebook)):
        stored.add(("source", *row))
    return stored
