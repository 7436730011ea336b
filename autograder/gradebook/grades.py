"""The grades of a class as columns, read at once: assignments, their exercises and requirements.

A score is the gradebook's: a person's, with extra credit, and for a whole assignment less the
penalty for lateness. What single requirements earned is in the records of the last grading only.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbgrader.api import Assignment, Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Connection, select

from autograder.course.assignment import exercise_of_cell
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook.database import Layout
from autograder.gradebook.late import configured_plugin
from autograder.gradebook.roster import everybody
from autograder.gradebook.standing import read_standings
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
class HandedIn:
    """A submission in the gradebook: when (UTC), its cells' scores, and what lateness takes off."""

    timestamp: datetime.datetime | None
    cells: dict[str, float] = dataclasses.field(default_factory=dict)
    penalty: float = 0.0


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One assignment: who handed it in, and its columns, its own first.

    ``waiting`` are the students whose submission was set aside and has no score of a person yet.
    """

    assignment: str
    duedate: datetime.datetime | None
    submissions: Mapping[str, HandedIn]
    columns: tuple[Column, ...]
    waiting: tuple[str, ...]


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
    query = select(table.c.name, table.c.duedate).order_by(table.c.name)
    known = {row.name: row.duedate for row in connection.execute(query)}
    _refuse_unknown(assignments, list(known), "assignment")
    roster, others = everybody(connection)
    if not roster:
        roster, others = others, []
    _refuse_unknown(students, [student.id for student in (*roster, *others)], "student")
    if students:
        roster = [student for student in roster if student.id in students]
        others = [student for student in others if student.id in students]
    ids = [student.id for student in (*roster, *others)]
    late_plugin = configured_plugin(course.directory.config)
    sheets = []
    for name, duedate in known.items():
        if assignments and name not in assignments:
            continue
        layout = Layout.read(connection, name)
        assert layout is not None
        standings = read_standings(connection, layout, name, ids, late_plugin)
        points = round(sum(cell.points for cell in layout.graded.values()), 6)
        scores = {student: standing.score for student, standing in standings.items()}
        columns = [Column(name, "", points, scores)]
        submissions = _submissions(connection, layout, set(ids))
        records = Store(course.evidence(name)).records()
        if exercises or requirements:
            columns += _details(name, layout, submissions, records, exercises, requirements)
        waiting = [
            student
            for student, standing in standings.items()
            if not standing.is_scored_by_hand
            and records.get(student, {}).get("status") == "needs_review"
        ]
        sheets.append(Sheet(name, duedate, submissions, tuple(columns), tuple(sorted(waiting))))
    return Grades(tuple(roster), tuple(others), tuple(sheets))


def _submissions(connection: Connection, layout: Layout, students: set[str]) -> dict[str, HandedIn]:
    """What these students handed in of one assignment, in two statements for all of them."""
    submission, notebook = SubmittedAssignment.__table__, SubmittedNotebook.__table__
    grade = Grade.__table__
    own = submission.c.assignment_id == layout.id
    query = (
        select(submission.c.student_id, submission.c.timestamp, notebook.c.late_submission_penalty)
        .join(notebook, notebook.c.assignment_id == submission.c.id)
        .where(own)
    )
    found: dict[str, HandedIn] = {}
    for student, timestamp, penalty in connection.execute(query):
        if student in students:
            before = found.get(student, HandedIn(timestamp))
            found[student] = HandedIn(timestamp, penalty=before.penalty + (penalty or 0.0))
    columns = (grade.c.auto_score, grade.c.manual_score, grade.c.extra_credit)
    query = (
        select(submission.c.student_id, grade.c.cell_id, *columns)
        .join(notebook, notebook.c.assignment_id == submission.c.id)
        .join(grade, grade.c.notebook_id == notebook.c.id)
        .where(own)
    )
    names = {cell.id: cell.name for cell in layout.graded.values()}
    for student, cell, auto, manual, extra in connection.execute(query):
        if student in found and cell in names:
            score = auto if manual is None else manual
            found[student].cells[names[cell]] = (score or 0.0) + (extra or 0.0)
    return found


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
    submissions: Mapping[str, HandedIn],
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
            if student in submissions:
                earned.setdefault((exercise, requirement), {})[student] = one["earned"]
    for cell in layout.graded:
        is_check = cell.endswith(("-visible", "-hidden"))
        cells.setdefault(exercise_of_cell(cell) if is_check else cell, []).append(cell)
    columns = []
    for exercise, own in cells.items():
        if exercises and own:
            points = round(sum(layout.graded[cell].points for cell in own), 6)
            scores = {
                student: round(sum(handed_in.cells.get(cell, 0.0) for cell in own), 6)
                for student, handed_in in submissions.items()
            }
            columns.append(Column(name, exercise, points, scores))
        for requirement, points in asked.get(exercise, {}).items() if requirements else ():
            own_scores = earned.get((exercise, requirement), {})
            columns.append(Column(name, f"{exercise}: {requirement}", points, own_scores))
    return columns
