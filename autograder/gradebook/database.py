"""The gradebook's file: made whole, opened once, and what it knows of an assignment."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import sqlalchemy
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from nbformat import NotebookNode
from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    IncludeHeaderFooter,
    LockCells,
    SaveCells,
)
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from traitlets.config import Config

from autograder.errors import AutograderError

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
        else:
            engine = create_engine(url)
        with engine.begin() as connection:
            if not sqlalchemy.inspect(connection).has_table("grade"):
                _make_tables(connection)
            # Changes nothing, and fails where nothing can be changed.
            connection.execute(text("UPDATE grade SET auto_score = auto_score WHERE 1 = 0"))
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        raise explain(db_url, error) from error
    return engine


def exists(db_url: str) -> bool:
    """Whether there is a gradebook; reading one does not make it."""
    url = sqlalchemy.engine.make_url(db_url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return True
    return url.database.startswith("file:") or Path(url.database).exists()


def _sqlite_path(url: sqlalchemy.engine.URL) -> Path | None:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return None
    return Path(url.database)


def _own_transactions(connection: Any, record: Any) -> None:
    """Python's sqlite3 begins transactions late and by itself; here they begin where we say."""
    connection.isolation_level = None


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


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
    with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError):
        db_url = sqlalchemy.engine.make_url(db_url).render_as_string(hide_password=True)
    name = db_url.removeprefix("sqlite:///")
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
    else:
        remedy = (
            "make the file and its folder writable, or name another with "
            "`c.CourseDirectory.db_url` in nbgrader_config.py"
        )
    return AutograderError(f"The gradebook {name} cannot be written ({detail}): {remedy}.")


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
    duedate: datetime.datetime | None
    notebooks: tuple[str, ...]
    graded: dict[str, Cell]
    commented: dict[str, Cell]

    @classmethod
    def read(cls, connection: Connection, assignment: str) -> Layout | None:
        """Read an assignment's layout; None when the gradebook does not know it."""
        table = Assignment.__table__
        query = select(table.c.id, table.c.duedate).where(table.c.name == assignment)
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
        return cls(row.id, row.duedate, notebooks, graded, commented)


# ---------------------------------------------------------------------- entering an assignment


def ensure_notebook(
    engine: Engine, source: Path, db_url: str, course_id: str, config: Config
) -> None:
    """Make the gradebook agree with an instructor's notebook, by nbgrader's own SaveCells."""
    assignment, name = source.parent.name, source.stem
    notebook = nbformat.read(source, as_version=nbformat.current_nbformat)
    resources = {"nbgrader": {"assignment": assignment, "notebook": name, "db_url": db_url}}
    for step in (IncludeHeaderFooter, LockCells, ClearSolutions, ClearOutput, CheckCellMetadata):
        notebook, _ = step(config=config)(notebook, resources)
    notebook, _ = ComputeChecksums(config=config)(notebook, resources)
    with engine.connect() as connection:
        if _stored_cells(connection, assignment, name) == _wanted_cells(notebook):
            return
    with Gradebook(db_url, course_id) as gradebook:
        gradebook.update_or_create_assignment(assignment)
    save = SaveCells(config=config)
    save.log = logging.getLogger("autograder.gradebook")
    try:
        save(notebook, resources)
    except RuntimeError as error:
        raise AutograderError(
            f"The grade or solution cells of {assignment!r} have changed since submissions were "
            f"recorded: move the gradebook away, or forget the old grades with "
            f"`nbgrader db assignment remove {assignment} --force`, then run this again."
        ) from error


def _wanted_cells(notebook: NotebookNode) -> set[tuple[Any, ...]]:
    wanted: set[tuple[Any, ...]] = set()
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


def _stored_cells(connection: Connection, assignment: str, name: str) -> set[tuple[Any, ...]]:
    a, n = Assignment.__table__, Notebook.__table__
    query = (
        select(n.c.id)
        .join(a, a.c.id == n.c.assignment_id)
        .where(a.c.name == assignment, n.c.name == name)
    )
    notebook = connection.execute(query).scalar_one_or_none()
    base, stored = BaseCell.__table__, set()
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
