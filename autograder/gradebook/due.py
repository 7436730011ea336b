"""Due dates and extensions, in nbgrader's own columns, and what they do to penalties.

The class's date is an assignment's ``duedate``, in UTC; an extension is what a submission's student
has beyond it. nbgrader and formgrader honour both. Penalties of what has been graded are worked out
again in the transaction that moves a date; nothing is executed.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from nbgrader.api import Assignment, Student, SubmittedAssignment, SubmittedNotebook, new_uuid
from sqlalchemy import Connection, delete, insert, select, update

from autograder.errors import AutograderError
from autograder.gradebook.late import Lateness, due_date, read_lateness, write_penalties
from autograder.gradebook.names import enter_students
from autograder.gradebook.writer import GradebookWriter


@dataclasses.dataclass(frozen=True)
class Moved:
    """What a new date did: whose penalties changed, by assignment.

    ``dropped`` lost an extension that the class's new date made needless, or that had no date left
    to extend.
    """

    penalties: Mapping[str, set[str]]
    dropped: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Dates:
    """The dates of one assignment, in UTC, and every submission or extension by student."""

    assignment: str
    duedate: datetime.datetime | None
    submissions: Mapping[str, Lateness]

    def due_of(self, student: str) -> datetime.datetime | None:
        """A student's own date: the class's, or that of an extension."""
        own = self.submissions.get(student)
        return own.due if own is not None else self.duedate

    @property
    def handed_in(self) -> list[Lateness]:
        """Without those who have an extension only."""
        return [one for one in self.submissions.values() if one.notebooks]

    @property
    def late(self) -> list[Lateness]:
        """What was handed in after its student's date."""
        return [one for one in self.handed_in if one.seconds > 0]

    @property
    def timeless(self) -> list[Lateness]:
        """What was handed in at no known time, which counts as on time."""
        return [one for one in self.handed_in if one.handed_in is None]


def read_dates(gradebook: GradebookWriter, name: str) -> Dates:
    """The dates of an assignment; none of one that the gradebook does not know."""
    with gradebook.transaction() as connection:
        known = read_lateness(connection, gradebook.late_plugin)
        row = _find(connection, name)
        duedate = row.duedate if row is not None else None
    own = {one.student: one for one in known.values() if one.assignment == name}
    return Dates(name, duedate, dict(sorted(own.items())))


def students_of(gradebook: GradebookWriter) -> set[str]:
    """The ids of all students that the gradebook knows."""
    with gradebook.transaction() as connection:
        return set(connection.execute(select(Student.__table__.c.id)).scalars())


def set_due(gradebook: GradebookWriter, name: str, when: datetime.datetime | None) -> Moved:
    """Set the class's date, or take it away.

    An extension stays what it was for its student, a date: it goes where the class's date is later.
    """
    table, submission = Assignment.__table__, SubmittedAssignment.__table__
    dropped = []
    with gradebook.transaction() as connection:
        row = _assignment(connection, name)
        statement = update(table).where(table.c.id == row.id)
        connection.execute(statement.values(duedate=when))
        where = (submission.c.assignment_id == row.id, submission.c.extension.is_not(None))
        for one in connection.execute(select(submission).where(*where)).all():
            until = due_date(row.duedate, one.extension)
            left = until - when if until is not None and when is not None else None
            if left is None or left <= datetime.timedelta():
                left = None
                dropped.append(one.student_id)
            _put(connection, one, left)
        penalties = write_penalties(connection, gradebook.late_plugin)
    return Moved(penalties, tuple(sorted(dropped)))


def set_extension(
    gradebook: GradebookWriter, name: str, student: str, until: datetime.datetime | None
) -> Moved:
    """Give one student another date, or the class's again.

    Raises :class:`AutograderError` when the class has no date, or a later one.
    """
    submission = SubmittedAssignment.__table__
    with gradebook.transaction() as connection:
        row = _assignment(connection, name)
        extension = None
        if until is not None:
            if row.duedate is None:
                raise AutograderError(
                    f"{name} has no due date that could be extended: "
                    f"`autograder due {name} WHEN` sets one."
                )
            extension = until - row.duedate
            if extension <= datetime.timedelta():
                raise AutograderError(
                    f"That is no extension: {name} is due for everybody at that time or later."
                )
        where = (submission.c.assignment_id == row.id, submission.c.student_id == student)
        found = connection.execute(select(submission).where(*where)).one_or_none()
        if found is not None:
            _put(connection, found, extension)
        elif extension is not None:
            _grant_before_handing_in(connection, row.id, student, extension)
        return Moved(write_penalties(connection, gradebook.late_plugin, [student]))


def _assignment(connection: Connection, name: str) -> Any:
    row = _find(connection, name)
    if row is None:
        raise AutograderError(f"The gradebook does not know the assignment {name!r}.")
    return row


def _find(connection: Connection, name: str) -> Any:
    table = Assignment.__table__
    query = select(table.c.id, table.c.duedate).where(table.c.name == name)
    return connection.execute(query).one_or_none()


def _put(connection: Connection, submission: Any, extension: datetime.timedelta | None) -> None:
    table = SubmittedAssignment.__table__
    if extension is None and _is_bare(connection, submission):
        connection.execute(delete(table).where(table.c.id == submission.id))
        return
    statement = update(table).where(table.c.id == submission.id)
    connection.execute(statement.values(extension=extension))


def _is_bare(connection: Connection, submission: Any) -> bool:
    """Whether a row holds an extension and nothing that was handed in."""
    table = SubmittedNotebook.__table__
    query = select(table.c.id).where(table.c.assignment_id == submission.id)
    return submission.timestamp is None and connection.execute(query).first() is None


def _grant_before_handing_in(
    connection: Connection, assignment: str, student: str, extension: datetime.timedelta
) -> None:
    """A row for the extension alone, without notebooks: nbgrader counts no score in it."""
    enter_students(connection, [student])
    row = {"id": new_uuid(), "assignment_id": assignment, "student_id": student}
    row |= {"timestamp": None, "extension": extension}
    connection.execute(insert(SubmittedAssignment.__table__), [row])
