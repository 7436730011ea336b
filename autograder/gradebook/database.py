"""The gradebook's file: made whole, opened once, and what it knows of an assignment."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    GradeCell,
    Notebook,
    TaskCell,
)
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text

from autograder.errors import AutograderError

CHUNK = 400  #: values in one ``IN (...)``; SQLite's oldest limit is 999
LOCK_SECONDS = 30  #: how long to wait for another program's transaction

# ------------------------------------------------------------------------------------- opening


def open_engine(db_url: str) -> Engine:
    """One engine on a gradebook that exists and can be written. Raises AutograderError."""
    try:
        url = sqlalchemy.engine.make_url(db_url)
        if url.get_backend_name() == "sqlite":
            path = _sqlite_path(url)
            if path is not None and (not path.exists() or path.stat().st_size == 0):
                _make_file(path)
            engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS})
            event.listen(engine, "connect", _own_transactions)
            event.listen(engine, "begin", _begin_writing)
        elif url.get_backend_name() == "postgresql":
            engine = create_engine(url, connect_args={"connect_timeout": 10})
            event.listen(engine, "begin", _one_after_another)
        else:
            engine = create_engine(url)
        with engine.begin() as connection:
            if not sqlalchemy.inspect(connection).has_table("grade"):
                _make_tables(connection)
            # Changes nothing, and fails where nothing can be changed.
            connection.execute(text("UPDATE grade SET auto_score = auto_score WHERE 1 = 0"))
    except ModuleNotFoundError as error:
        raise _without_driver(db_url, error) from None
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        raise explain(db_url, error) from error
    return engine


def _without_driver(db_url: str, error: ModuleNotFoundError) -> AutograderError:
    name = without_password(db_url)
    if str(error.name).startswith("psycopg"):
        return AutograderError(
            f"The gradebook {name} needs a driver that is not installed ({error.name}): "
            'pip install "torch-nn-course[postgres]", and let c.CourseDirectory.db_url begin with '
            "postgresql+psycopg:// in nbgrader_config.py."
        )
    return AutograderError(
        f"The gradebook {name} needs a driver that is not installed: pip install {error.name}."
    )


def exists(db_url: str) -> bool:
    """Whether there is a gradebook; asking for what is in it does not make one."""
    path = _sqlite_path(sqlalchemy.engine.make_url(db_url))
    return path is None or path.exists()


def _sqlite_path(url: sqlalchemy.engine.URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    if url.database == ":memory:" or url.database.startswith("file:"):
        return None
    return Path(url.database)


def _own_transactions(connection: Any, record: Any) -> None:
    """Python's sqlite3 begins transactions late and by itself; here they begin where we say."""
    connection.isolation_level = None


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _one_after_another(connection: Connection) -> None:
    """As with SQLite: one of our transactions at a time, and nobody waits for ever."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


@contextlib.contextmanager
def entering_alone(engine: Engine) -> Iterator[None]:
    """While this lasts nobody else enters an assignment, on whichever machine.

    nbgrader enters one through connections of its own, so no transaction of ours can hold it. With
    a file the lock of the course's folder is enough.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK + 1})")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK + 1})")


_LOCK = int.from_bytes(b"nbgrader")  #: names the lock; whoever writes a gradebook takes it


def _make_file(path: Path) -> None:
    """A new gradebook appears whole: tables and schema version, or no file."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    try:
        engine = create_engine(f"sqlite:///{temporary}")
        with engine.begin() as connection:
            _make_tables(connection)
        engine.dispose()
        os.chmod(temporary, 0o644)
        if path.exists():
            os.replace(temporary, path)  # an empty file
        else:
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.link(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _make_tables(connection: Connection) -> None:
    """What ``nbgrader.api.Gradebook`` does for a new database, without calling a program."""
    Base.metadata.create_all(connection)
    alembic = AlembicConfig()
    alembic.set_main_option("script_location", str(ALEMBIC_DIR).replace("%", "%%"))
    head = ScriptDirectory.from_config(alembic).get_current_head()
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})


def explain(db_url: str, error: Exception) -> AutograderError:
    """One sentence on what is wrong with the gradebook and what to do."""
    name = without_password(db_url)
    cause = getattr(error, "orig", None) or error
    detail = " ".join(str(cause).split())
    # SQLite's name of the error, or the SQLSTATE of any other database
    code = str(getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "55P03")):
        remedy = "another program is writing it: close formgrader or wait, then run this again"
    elif code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        remedy = (
            "it is damaged or no gradebook: move it away or restore a copy, then run this again"
        )
    elif code in ("SQLITE_ERROR", "42P01", "42703"):  # a table or a column is not there
        remedy = "another version of nbgrader made it: copy it, then run `nbgrader db upgrade`"
    elif "://" in db_url and not db_url.startswith("sqlite"):
        remedy = (
            "see that its server runs, that the database exists and that its user may write it; "
            "c.CourseDirectory.db_url in nbgrader_config.py names them"
        )
    else:
        remedy = (
            "make the file and its folder writable, or name another with "
            "`c.CourseDirectory.db_url` in nbgrader_config.py"
        )
    return AutograderError(f"The gradebook {name} cannot be written ({detail}): {remedy}.")


def without_password(db_url: str) -> str:
    """A gradebook's URL as it may be shown; a file by its path."""
    with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError):
        db_url = sqlalchemy.engine.make_url(db_url).render_as_string(hide_password=True)
    return db_url.removeprefix("sqlite:///")


# -------------------------------------------------------------------------------------- layout


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell of an assignment in the gradebook; ``by_hand``: no automatic score is expected."""

    id: str
    name: str
    notebook: str
    points: float
    by_hand: bool


@dataclasses.dataclass(frozen=True)
class Layout:
    """An assignment in the gradebook: graded cells and cells with comments, by ``grade_id``."""

    id: str
    notebooks: tuple[str, ...]
    graded: dict[str, Cell]
    commented: dict[str, Cell]

    @classmethod
    def read(cls, connection: Connection, assignment: str) -> Layout | None:
        """Read an assignment's layout; None when the gradebook does not know it."""
        table = Assignment.__table__
        query = select(table.c.id).where(table.c.name == assignment)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        table = Notebook.__table__
        query = select(table.c.id).where(table.c.assignment_id == row.id).order_by(table.c.name)
        notebooks = tuple(connection.execute(query).scalars())
        base, grade, task = BaseCell.__table__, GradeCell.__table__, TaskCell.__table__
        points = func.coalesce(grade.c.max_score, task.c.max_score, 0.0)
        query = (
            select(base, points.label("points"), grade.c.cell_type)
            .outerjoin(grade, grade.c.id == base.c.id)
            .outerjoin(task, task.c.id == base.c.id)
            .where(base.c.notebook_id.in_(notebooks))
            .order_by(base.c.name)
        )
        rows = connection.execute(query).all()
        solutions = {(r.notebook_id, r.name) for r in rows if r.type == "SolutionCell"}
        graded: dict[str, Cell] = {}
        commented: dict[str, Cell] = {}
        for r in rows:
            by_hand = r.cell_type != "code" or (r.notebook_id, r.name) in solutions
            cell = Cell(r.id, r.name, r.notebook_id, r.points, by_hand)
            if r.type in ("GradeCell", "TaskCell"):
                graded[r.name] = cell
            if r.type in ("SolutionCell", "TaskCell"):
                commented[r.name] = cell
        return cls(row.id, notebooks, graded, commented)
