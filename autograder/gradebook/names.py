"""A name for everybody in nbgrader's table of students: formgrader shows none as "None, None"."""

from __future__ import annotations

from collections.abc import Sequence

from nbgrader.api import Student
from sqlalchemy import Connection, insert, select, update

from autograder.gradebook.database import CHUNK


def nameless(student: str) -> dict[str, str]:
    """The names of a student of whom only the id is known; formgrader shows "id, "."""
    return {"first_name": "", "last_name": student}


def enter_students(connection: Connection, students: Sequence[str]) -> None:
    """See to it that every one of these has a line in the table, with a name in it."""
    table = Student.__table__
    columns = select(table.c.id, table.c.first_name, table.c.last_name)
    known: dict[str, tuple[str | None, str | None]] = {}
    for start in range(0, len(students), CHUNK):
        query = columns.where(table.c.id.in_(students[start : start + CHUNK]))
        known |= {row.id: (row.first_name, row.last_name) for row in connection.execute(query)}
    new = [{"id": s, **nameless(s)} for s in dict.fromkeys(students) if s not in known]
    if new:
        connection.execute(insert(table), new)
    for student, (first, last) in known.items():
        if first is None or last is None:
            name = {"first_name": first or "", "last_name": last or ""}
            name = name if first or last else nameless(student)
            connection.execute(update(table).where(table.c.id == student).values(name))
