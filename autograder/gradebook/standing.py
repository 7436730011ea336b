"""What the gradebook says of a submission in the end: a person's scores, and less penalties."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import BasePlugin
from sqlalchemy import Connection, select

from autograder.course.dates import local
from autograder.gradebook.database import CHUNK, Layout
from autograder.gradebook.late import Lateness, points_of, read_lateness

_CLOCKS_DIFFER = datetime.timedelta(minutes=5)  #: a time that is no further ahead is no future


@dataclasses.dataclass(frozen=True)
class Standing:
    """The score that counts, as ``nbgrader export`` gives it, and why it is not the automatic one.

    ``manual`` holds what a person entered, by ``grade_id``: ``scores``, ``extra_credit`` and
    ``comments``; ``late`` what :meth:`Lateness.as_json` says. Either is None where there is no such
    thing.
    """

    score: float
    manual: dict[str, Any] | None
    late: dict[str, Any] | None
    times: Lateness

    @property
    def is_scored_by_hand(self) -> bool:
        """Whether a person entered points, and not only a comment."""
        return bool(self.manual and self.manual.keys() & {"scores", "extra_credit"})

    def notes(self, zone: datetime.tzinfo | None) -> list[str]:
        """What is odd about the time of handing in, which is a platform's or a student's word."""
        handed_in = self.times.handed_in
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        if handed_in is None or handed_in <= now + _CLOCKS_DIFFER:
            return []
        said = "The time of handing in had not come yet when this was graded"
        return [f"{said}: {local(handed_in, zone)}."]


def read_standings(
    connection: Connection,
    layout: Layout,
    assignment: str,
    students: Sequence[str],
    late_plugin: BasePlugin,
) -> dict[str, Standing]:
    """The standing of each of these students in one assignment; of those who have one."""
    found: dict[str, Standing] = {}
    for start in range(0, len(students), CHUNK):
        chunk = students[start : start + CHUNK]
        times = read_lateness(connection, late_plugin, chunk)
        own = {one.student: one for one in times.values() if one.assignment == assignment}
        found |= _read(connection, layout, chunk, own)
    return found


def _read(
    connection: Connection,
    layout: Layout,
    students: Sequence[str],
    times: dict[str, Lateness],
) -> dict[str, Standing]:
    submission, notebook = SubmittedAssignment.__table__, SubmittedNotebook.__table__
    query = (
        select(submission.c.student_id, notebook.c.id)
        .join(notebook, notebook.c.assignment_id == submission.c.id)
        .where(submission.c.assignment_id == layout.id, submission.c.student_id.in_(students))
    )
    owners = {row.id: row.student_id for row in connection.execute(query)}
    totals = dict.fromkeys(owners.values(), 0.0)
    manual: dict[str, dict[str, dict[str, Any]]] = {}
    names = {cell.id: cell.name for cell in layout.graded.values()}
    scores = ("auto_score", "manual_score", "extra_credit")
    for grade in connection.execute(_of(Grade, scores, owners)):
        student, name = owners[grade.notebook_id], names.get(grade.cell_id)
        if name is None:
            continue
        totals[student] += points_of(grade)
        if grade.manual_score is not None:
            _note(manual, student, "scores")[name] = grade.manual_score
        if grade.extra_credit:
            _note(manual, student, "extra_credit")[name] = grade.extra_credit
    names = {cell.id: cell.name for cell in layout.commented.values()}
    said = Comment.__table__.c.manual_comment
    said_by_hand = _of(Comment, ("manual_comment",), owners).where(said.is_not(None))
    for comment in connection.execute(said_by_hand):
        if comment.manual_comment and comment.cell_id in names:
            comments = _note(manual, owners[comment.notebook_id], "comments")
            comments[names[comment.cell_id]] = comment.manual_comment
    return {
        student: Standing(
            round(max(0.0, total - times[student].penalty), 6),
            manual.get(student),
            times[student].as_json(),
            times[student],
        )
        for student, total in totals.items()
    }


def _of(table: Any, names: Sequence[str], notebooks: dict[str, str]) -> Any:
    """Some columns of a table, of these notebooks' cells."""
    columns = table.__table__.c
    query = select(columns.notebook_id, columns.cell_id, *(columns[name] for name in names))
    return query.where(columns.notebook_id.in_(list(notebooks)))


def _note(manual: dict[str, dict[str, dict[str, Any]]], student: str, what: str) -> dict[str, Any]:
    return manual.setdefault(student, {}).setdefault(what, {})
