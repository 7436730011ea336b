"""The roster in nbgrader's own table of students: written from a file, read by ``collect``.

Grading enters whoever has a folder as a student, with the id for a name. Who is on the roster has
more than that there, if only an empty platform's id; that is how the two are told apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from nbgrader.api import Student as Row
from sqlalchemy import Connection, insert, or_, select, update

from autograder.gradebook.database import exists, explain, open_engine
from autograder.gradebook.names import nameless
from autograder.intake.names import look
from autograder.intake.roster import Student

_COLUMNS = ("first_name", "last_name", "email", "lms_user_id")


@dataclasses.dataclass(frozen=True)
class Change:
    """What a new file changed: ids of students, and ids that look like one on the roster.

    ``absent`` are on the roster and not in the file; they stay. ``strangers`` were entered by
    grading and are not on it.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    absent: tuple[str, ...]
    strangers: tuple[str, ...]
    alike: tuple[tuple[str, str], ...]


def read_students(db_url: str) -> list[Student]:
    """The roster, in order of ids; empty where there is none, or no gradebook yet.

    Raises :class:`AutograderError` for a gradebook that cannot be used.
    """
    if not exists(db_url):
        return []
    engine = open_engine(db_url)
    try:
        with engine.connect() as connection:
            return everybody(connection)[0]
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise explain(db_url, error) from error
    finally:
        engine.dispose()


def everybody(connection: Connection) -> tuple[list[Student], list[Student]]:
    """Who is on the roster, and who else is in the gradebook, both in order of ids."""
    rostered = {row.id for row in connection.execute(_on_roster())}
    roster: list[Student] = []
    others: list[Student] = []
    for row in connection.execute(_all().order_by(Row.__table__.c.id)):
        student = _student(row)
        (roster if student.id in rostered else others).append(student)
    return roster, others


def write_students(db_url: str, students: Sequence[Student]) -> Change:
    """Enter a roster: new students and changed columns, all or nothing; nobody is removed.

    Raises :class:`AutograderError` for a gradebook that cannot be written.
    """
    engine = open_engine(db_url)
    table = Row.__table__
    try:
        with engine.begin() as connection:
            known = {row.id: tuple(row)[1:] for row in connection.execute(_all())}
            rostered = {row.id for row in connection.execute(_on_roster())}
            new = [s for s in students if s.id not in known]
            moved = [
                s for s in students if s.id in known and known[s.id] != tuple(_columns(s).values())
            ]
            if new:
                connection.execute(insert(table), [{"id": s.id, **_columns(s)} for s in new])
            for student in moved:
                statement = update(table).where(table.c.id == student.id)
                connection.execute(statement.values(_columns(student)))
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise explain(db_url, error) from error
    finally:
        engine.dispose()
    ids = {student.id for student in students}
    looks = {look(student.id): student.id for student in students}
    strangers = sorted(set(known) - rostered - ids)
    return Change(
        tuple(s.id for s in new),
        tuple(s.id for s in moved),
        tuple(sorted(rostered - ids)),
        tuple(strangers),
        tuple((s, looks[look(s)]) for s in sorted(set(known) - ids) if look(s) in looks),
    )


def _student(row: Any) -> Student:
    student = Student(*("" if value is None else str(value) for value in row))
    if nameless(student.id).items() <= dataclasses.asdict(student).items():
        student = dataclasses.replace(student, last_name="")
    return student


def _columns(student: Student) -> dict[str, str | None]:
    """What the table holds."""
    names = {"first_name": student.first_name, "last_name": student.last_name}
    if not student.name:
        names = nameless(student.id)
    return {**names, "email": student.email or None, "lms_user_id": student.lms_user_id}


def _all() -> Any:
    table = Row.__table__
    return select(table.c.id, *(table.c[column] for column in _COLUMNS))


def _on_roster() -> Any:
    table = Row.__table__
    known = [table.c[column].is_not(None) for column in ("email", "lms_user_id")]
    return _all().where(or_(*known, table.c.first_name != "", table.c.last_name != table.c.id))
