"""The grades of a class as columns, read at once: assignments, their exercises and requirements.

A score is the gradebook's: a person's, with extra credit, and for a whole assignment less the
penalty for lateness. What single requirements earned is in the records of the last grading only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbgrader.api import Assignment
from sqlalchemy import Connection, select

from autograder.course.assignment import exercise_of_cell
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook.database import Layout
from autograder.gradebook.roster import everybody
from autograder.gradebook.standing import Standing, read_standings
from autograder.grading.store import Store
from autograder.intake.roster import Student

Records = Mapping[str, Mapping[str, Any]]  #: the lines of ``records.jsonl`` by student


@dataclasses.dataclass(frozen=True)
class Column:
    """Points for one thing, by student; whoever handed in nothing is not in it.

    ``detail`` is empty for a whole assignment, else the exercise, or the exercise and requirement.
    """

    assignment: str
    detail: str
    points: float
    scores: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One assignment: its standings by student, and their columns.

    ``waiting`` are the students whose submission was set aside and has no score of a person yet.
    """

    assignment: str
    layout: Layout
    standings: Mapping[str, Standing]
    columns: tuple[Column, ...]
    waiting: tuple[str, ...]

    @property
    def points(self) -> float:
        """The points of the whole assignment."""
        return self.columns[0].points


@dataclasses.dataclass(frozen=True)
class Grades:
    """A class: who is on the roster, who else is in the gradebook, and the sheets in order."""

    students: tuple[Student, ...]
    strangers: tuple[Student, ...]
    sheets: tuple[Sheet, ...]


def read_grades(
    connection: Connection,
    course: CourseFolder,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    *,
    exercises: bool = False,
    requirements: bool = False,
) -> Grades:
    """The grades of these assignments and students, of all where none are named.

    Where nobody is on a roster, everybody in the gradebook is a student.

    Raises :class:`AutograderError` for an assignment or a student that the gradebook does not know.
    """
    table = Assignment.__table__
    known = list(connection.execute(select(table.c.name).order_by(table.c.name)).scalars())
    _refuse_unknown(assignments, known, "assignment")
    roster, others = everybody(connection)
    if not roster:
        roster, others = others, []
    _refuse_unknown(students, [student.id for student in (*roster, *others)], "student")
    if students:
        roster = [student for student in roster if student.id in students]
        others = [student for student in others if student.id in students]
    ids = [student.id for student in (*roster, *others)]
    sheets = []
    for name in [name for name in known if not assignments or name in assignments]:
        layout = Layout.read(connection, name)
        assert layout is not None
        standings = read_standings(connection, layout, ids)
        records = Store(course.evidence(name)).records()
        columns = [
            Column(
                name,
                "",
                round(sum(cell.points for cell in layout.graded.values()), 6),
                {student: standing.score for student, standing in standings.items()},
            )
        ]
        if exercises or requirements:
            columns += _details(name, layout, standings, records, exercises, requirements)
        waiting = [
            student
            for student, standing in standings.items()
            if standing.manual is None and records.get(student, {}).get("status") == "needs_review"
        ]
        sheets.append(Sheet(name, layout, standings, tuple(columns), tuple(sorted(waiting))))
    return Grades(tuple(roster), tuple(others), tuple(sheets))


def _refuse_unknown(wanted: Iterable[str], known: Sequence[str], what: str) -> None:
    for name in wanted:
        if name not in known:
            some = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
            raise AutograderError(
                f"The gradebook has no {what} {name!r}; it has: {some or 'none yet'}."
            )


def _details(
    name: str,
    layout: Layout,
    standings: Mapping[str, Standing],
    records: Records,
    exercises: bool,
    requirements: bool,
) -> list[Column]:
    """The columns below an assignment's own, exercise by exercise, in the lesson's order."""
    cells: dict[str, list[str]] = {}
    asked: dict[str, dict[str, float]] = {}
    earned: dict[tuple[str, str], dict[str, float]] = {}
    for student, record in records.items():
        for one in record.get("requirements", ()):
            exercise, requirement = one["exercise"], one["name"]
            cells.setdefault(exercise, [])
            asked.setdefault(exercise, {}).setdefault(requirement, one["points"])
            if student in standings:
                earned.setdefault((exercise, requirement), {})[student] = one["earned"]
    for cell in layout.graded:
        is_check = cell.endswith(("-visible", "-hidden"))
        cells.setdefault(exercise_of_cell(cell) if is_check else cell, []).append(cell)
    columns = []
    for exercise, own in cells.items():
        if exercises and own:
            points = round(sum(layout.graded[cell].points for cell in own), 6)
            scores = {
                student: round(sum(standing.cells.get(cell, 0.0) for cell in own), 6)
                for student, standing in standings.items()
            }
            columns.append(Column(name, exercise, points, scores))
        for requirement, points in asked.get(exercise, {}).items() if requirements else ():
            own_scores = earned.get((exercise, requirement), {})
            columns.append(Column(name, f"{exercise}: {requirement}", points, own_scores))
    return columns
