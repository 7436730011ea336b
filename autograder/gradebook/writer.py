"""Verdicts into nbgrader's gradebook: one connection a batch, whole transactions, nothing twice.

The tables are nbgrader's own (:mod:`nbgrader.api`), so formgrader, ``nbgrader export`` and
``nbgrader generate_feedback`` show what is written here. Scores wait in memory and are written many
submissions at a time in one short transaction: whoever kills the grader finds the gradebook as it
was after some submission, and formgrader is never locked out for longer than a moment. The journal
mode is left as nbgrader has it, since a gradebook is copied as one file and may lie on a network
drive, where SQLite's WAL does not work.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import sqlalchemy
from sqlalchemy import Connection
from traitlets.config import Config

from autograder.course.assignment import Assignment
from autograder.course.dates import course_zone
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook.assignments import Change, ensure_notebook
from autograder.gradebook.by_hand import ByHand, enter_by_hand
from autograder.gradebook.database import Layout, explain, open_engine
from autograder.gradebook.late import configured_plugin, write_penalties
from autograder.gradebook.names import enter_students
from autograder.gradebook.standing import Standing, read_standings
from autograder.gradebook.transaction import Entry, Transaction
from autograder.grading.scoring import Record, set_aside
from autograder.intake.timestamps import is_plain_id, put_timestamp_aside, read_timestamp
from autograder.pages.sanitize import plain_markdown

MAX_PENDING = 400  #: submissions in one transaction
MAX_SECONDS = 2.0  #: how long a verdict waits for its transaction
REMOVED = "removed.jsonl"  #: in ``evidence/<assignment>/``: what people entered for lost cells
_shown = functools.lru_cache(maxsize=1024)(plain_markdown)  #: a class says the same many times
UNWRITABLE = "Its comment could not be written; look at the submission itself."


def open_gradebook(course: CourseFolder, name: str) -> GradebookWriter:
    """A course's gradebook, with an assignment entered."""
    directory = course.directory
    gradebook = GradebookWriter(directory.db_url, directory.course_id, directory.config)
    gradebook.ensure_assignment(course.source(name), course.evidence(name) / REMOVED)
    return gradebook


class GradebookWriter:
    """The gradebook, open for the length of a batch.

    Args:
        db_url: SQLAlchemy's URL, as in ``CourseDirectory.db_url``; a new SQLite file is made when
            there is none.
        course_id: nbgrader's ``CourseDirectory.course_id``.
        config: nbgrader's configuration, for ``AssignLatePenalties`` and its plug-in, and for the
            preprocessors of ``generate_assignment``.

    Raises:
        AutograderError: the gradebook cannot be opened or written; here and in every method.
    """

    def __init__(
        self, db_url: str, course_id: str = "default_course", config: Config | None = None
    ) -> None:
        self.db_url = db_url
        self.course_id = course_id or "default_course"
        self.config = config or Config()
        self.change: Change | None = None
        self.late_plugin = configured_plugin(self.config)
        self._zone = course_zone(self.config)
        self._engine = open_engine(db_url)
        self._pending: dict[tuple[str, str], Entry] = {}
        self._since = 0.0
        self._layouts: dict[str, Layout] = {}

    def __enter__(self) -> GradebookWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits, also after an error: every verdict in it is final."""
        try:
            with contextlib.suppress(AutograderError) if error else contextlib.nullcontext():
                self.flush()
        finally:
            self.close()

    def close(self) -> None:
        """Give up the connection; what waits is not written."""
        self._engine.dispose()

    # -------------------------------------------------------------------------- the assignment

    def ensure_assignment(self, source_notebook: Path, removed: Path | None = None) -> None:
        """Enter the assignment ``<folder>/<name>/<name>.ipynb`` as ``generate_assignment`` would.

        Does nothing when the gradebook already says the same. Where it has submissions, grades and
        comments of cells that are still there stay, :attr:`change` says what changed, and what a
        person entered for cells that are gone is added to the file ``removed``.
        """
        self.flush()
        with self._errors():
            arguments = (source_notebook, self.db_url, self.course_id, self.config, removed)
            self.change = ensure_notebook(self._engine, *arguments)
        self._layouts.pop(source_notebook.parent.name, None)

    def layout(self, assignment: str) -> Layout:
        """The cells of an assignment as the gradebook knows them."""
        if assignment not in self._layouts:
            with self._errors(), self._engine.connect() as connection:
                found = Layout.read(connection, assignment)
            if found is None:
                raise AutograderError(
                    f"The gradebook does not know the assignment {assignment!r}: "
                    f"run `nbgrader generate_assignment {assignment}` first."
                )
            self._layouts[assignment] = found
        return self._layouts[assignment]

    def ensure_students(self, students: Iterable[str]) -> None:
        """Enter whoever is not there yet, with the id for a name, and name who has no name."""
        with self._errors(), self._engine.begin() as connection:
            enter_students(connection, [s for s in students if is_plain_id(s)])

    # --------------------------------------------------------------------------- the verdicts

    def record(
        self,
        student: str,
        assignment: str,
        cells: Mapping[str, tuple[float, float]],
        *,
        submitted: Path | None = None,
        timestamp: datetime.datetime | None = None,
        comments: Mapping[str, str] | None = None,
        needs_review: bool = False,
        reason: str | None = None,
    ) -> str | None:
        """Enter the scores of one submission.

        Manual scores, extra credit, comments and flags of an instructor are kept; entering the same
        again changes nothing. When a score changes for which an instructor has entered another, the
        grade is marked for a person, as nbgrader does.

        Args:
            student: the student's id; created when unknown.
            assignment: the assignment's name.
            cells: score and points by ``grade_id``. Automatic cells that are missing score 0;
                cells for manual grading may be left out and stay as they are.
            submitted: the submission's folder, for its ``timestamp.txt``; one that holds no time
                is put aside.
            timestamp: the time of submission in UTC, instead of ``submitted``.
            comments: automatic comments by the ``grade_id`` of solution cells.
            needs_review: the submission was set aside: formgrader lists it for manual grading.
            reason: why it was set aside; stands in the comments of its cells.

        Returns:
            None, or why nothing was entered: an id that must not be shown in a page.

        Raises:
            AutograderError: the assignment or a cell is unknown, or has other points.
            ValueError: a score that is no number from 0 to the cell's points.
        """
        if not is_plain_id(student):
            return f"The name of the folder {student[:60]!r} cannot be a student's id."
        layout = self.layout(assignment)
        for name, (score, points) in cells.items():
            known = layout.graded.get(name)
            if known is None or not math.isclose(known.points, points, abs_tol=1e-9):
                raise AutograderError(
                    f"The gradebook has another version of {assignment!r} (cell {name!r}): "
                    f"run `nbgrader generate_assignment {assignment} --force`."
                )
            if not 0 <= score <= points + 1e-9:
                raise ValueError(f"{score} of {points} points for {name!r}")
        if timestamp is None and submitted is not None:
            put_timestamp_aside(submitted)
            timestamp = read_timestamp(submitted)
        said = {name: _shown(text) for name, text in (comments or {}).items()}
        if needs_review:
            why = f"Set aside for a person. {plain_markdown(reason or '')}".strip()
            said = dict.fromkeys(layout.commented, why)
        scores = {name: float(score) for name, (score, _) in cells.items()}
        if not self._pending:
            self._since = time.monotonic()
        self._pending[student, assignment] = Entry(
            student, assignment, scores, said, timestamp, needs_review
        )
        if len(self._pending) >= MAX_PENDING or time.monotonic() - self._since > MAX_SECONDS:
            self.flush()
        return None

    def enter(self, record: Record, assignment: Assignment, folder: Path | None) -> Record:
        """Write a record; the record as it is to be reported, as far as that is known yet.

        ``folder`` is the submission's, for the time of handing in.
        """
        points = assignment.points
        comments = record.comments()
        if record.remarks and assignment.exercises:
            first = next(iter(assignment.exercises))
            said = [f"Noted: {remark}" for remark in record.remarks]
            comments[first] = "\n".join(filter(None, [*said, comments.get(first)]))
        refused = self.record(
            record.student,
            record.assignment,
            {cell: (record.cells.get(cell, 0.0), points[cell]) for cell in points},
            submitted=folder,
            comments=comments,
            needs_review=record.status == "needs_review",
            reason=record.reason,
        )
        if refused is None:
            return record
        return set_aside(
            record.student, assignment.name, refused, assignment.max_score, assignment.points
        )

    def standings(self, assignment: str, students: Sequence[str]) -> dict[str, Standing]:
        """What the gradebook says of these students; of those whom it knows."""
        layout = self.layout(assignment)
        plain = [student for student in students if is_plain_id(student)]
        with self.transaction() as connection:
            return read_standings(connection, layout, assignment, plain, self.late_plugin)

    def as_entered(self, records: Sequence[Record]) -> list[Record]:
        """The records with what the gradebook says of them, after all that waits is written.

        A record keeps its own words; its score becomes the one that counts, with a person's scores
        and extra credit, less the penalty for lateness, and ``manual`` and ``late`` say why. What
        is odd about the time of handing in is noted.
        """
        found: dict[str, dict[str, Standing]] = {}
        for name in dict.fromkeys(record.assignment for record in records):
            students = [record.student for record in records if record.assignment == name]
            found[name] = self.standings(name, students)
        made = []
        for record in records:
            entered = found[record.assignment].get(record.student)
            if entered is not None:
                record = dataclasses.replace(
                    record,
                    score=entered.score,
                    manual=entered.manual,
                    late=entered.late,
                    notes=tuple(dict.fromkeys((*record.notes, *entered.notes(self._zone)))),
                )
            made.append(record)
        return made

    def enter_by_hand(
        self, assignment: str, students: Sequence[str], entered: ByHand
    ) -> dict[str, str]:
        """Enter points or a comment as a person does; those who were left alone, and why."""
        self.flush()
        layout = self.layout(assignment)
        with self._errors(), self._engine.begin() as connection:
            left_alone = enter_by_hand(connection, layout, students, entered)
            write_penalties(connection, self.late_plugin, students)
        return left_alone

    def flush(self) -> None:
        """Write what waits in one transaction: all of it or nothing.

        Where the database cannot take one of the entries, it is entered without its words and
        marked for a person, and the others are written as they are.
        """
        if not self._pending:
            return
        entries = list(self._pending.values())
        with self._errors():
            if not self._is_written(entries):
                for entry in entries:
                    if not self._is_written([entry]):
                        said = dict.fromkeys(entry.comments, UNWRITABLE)
                        self._write([dataclasses.replace(entry, comments=said, needs_review=True)])
        self._pending.clear()

    def _is_written(self, entries: Sequence[Entry]) -> bool:
        """Write entries; False where the database cannot take what stands in one of them."""
        try:
            self._write(entries)
        except (sqlalchemy.exc.OperationalError, AutograderError):
            raise  # the gradebook itself
        except Exception:
            return False
        return True

    def _write(self, entries: Sequence[Entry]) -> None:
        with self._engine.begin() as connection:
            enter_students(connection, [entry.student for entry in entries])
            for name in dict.fromkeys(entry.assignment for entry in entries):
                own = [entry for entry in entries if entry.assignment == name]
                Transaction(connection, self.layout(name)).write(own)
            write_penalties(connection, self.late_plugin, list({e.student for e in entries}))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction of somebody else's, after all that waits is written."""
        self.flush()
        with self._errors(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise explain(self.db_url, error) from error
