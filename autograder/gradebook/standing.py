"""What the gradebook says of a submission in the end: a person's scores, and less penalties."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Connection, select

from autograder.gradebook.database import Layout

_CHUNK = 400  #: values in one ``IN (...)``; SQLite's oldest limit is 999


@dataclasses.dataclass(frozen=True)
class Standing:
    """The score that counts, as ``nbgrader export`` gives it, and why it is not the automatic one.

    ``manual`` holds what a person entered, by ``grade_id``: ``scores``, ``extra_credit`` and
    ``comments``; ``late`` the ``penalty`` in points and the ``seconds`` after the due date. Either
    is None where there is no such thing.
    """

    score: float
    manual: dict[str, Any] | None
    late: dict[str, Any] | None


def read_standings(
    connection: Connection, layout: Layout, students: Sequence[str]
) -> dict[str, Standing]:
    """The standing of each of these students in one assignment; of those who have one."""
    found: dict[str, Standing] = {}
    for start in range(0, len(students), _CHUNK):
        found |= _read(connection, layout, students[start : start + _CHUNK])
    return found


def _read(connection: Connection, layout: Layout, students: Sequence[str]) -> dict[str, Standing]:
    submission, notebook = SubmittedAssignment.__table__, SubmittedNotebook.__table__
    query = (
        select(
            submission.c.student_id,
            submission.c.timestamp,
            submission.c.extension,
            notebook.c.id,
            notebook.c.late_submission_penalty.label("penalty"),
        )
        .join(notebook, notebook.c.assignment_id == submission.c.id)
        .where(submission.c.assignment_id == layout.id, submission.c.student_id.in_(students))
    )
    rows = connection.execute(query).all()
    owners = {row.id: row.student_id for row in rows}
    totals = dict.fromkeys(owners.values(), 0.0)
    manual: dict[str, dict[str, dict[str, Any]]] = {}
    names = {cell.id: cell.name for cell in layout.graded.values()}
    for grade in connection.execute(_of(Grade, owners)):
        student, name = owners[grade.notebook_id], names.get(grade.cell_id)
        if name is None:
            continue
        score = grade.auto_score if grade.manual_score is None else grade.manual_score
        totals[student] += (score or 0.0) + (grade.extra_credit or 0.0)
        if grade.manual_score is not None:
            _note(manual, student, "scores")[name] = grade.manual_score
        if grade.extra_credit:
            _note(manual, student, "extra_credit")[name] = grade.extra_credit
    names = {cell.id: cell.name for cell in layout.commented.values()}
    for comment in connection.execute(_of(Comment, owners)):
        if comment.manual_comment and comment.cell_id in names:
            said = _note(manual, owners[comment.notebook_id], "comments")
            said[names[comment.cell_id]] = comment.manual_comment
    made = {}
    for row in rows:
        student, late = row.student_id, None
        penalty = sum(r.penalty or 0.0 for r in rows if r.student_id == student)
        if layout.duedate is not None and row.timestamp is not None:
            due = layout.duedate + row.extension if row.extension else layout.duedate
            seconds = (row.timestamp - due).total_seconds()
            late = {"penalty": penalty, "seconds": seconds} if seconds > 0 else None
        score = round(max(0.0, totals[student] - penalty), 6)
        made[student] = Standing(score, manual.get(student), late)
    return made


def _of(table: Any, notebooks: dict[str, str]) -> Any:
    return select(table.__table__).where(table.__table__.c.notebook_id.in_(list(notebooks)))


def _note(manual: dict[str, dict[str, dict[str, Any]]], student: str, what: str) -> dict[str, Any]:
    return manual.setdefault(student, {}).setdefault(what, {})
