"""``nbgrader autograde`` and formgrader's button, on the same executor and judge as our own batch.

nbgrader_config.py names two classes. :class:`AttemptExporter` stands where nbgrader would read the
submitted notebook: it reads nothing, so no file can stop the class, and it settles the submissions
over which nbgrader itself would stumble. :class:`ExecuteAttempt` stands where nbgrader would
execute and score: it grades the submission from the submitted file.
"""

from __future__ import annotations

import contextlib
import fnmatch
import logging
import shutil
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course.folder import CourseFolder
from autograder.course.lock import course_lock
from autograder.errors import AutograderError, SandboxUnavailable
from autograder.files import write_whole
from autograder.gradebook.writer import REMOVED, GradebookWriter
from autograder.grading.graded_notebook import notebook_bytes
from autograder.grading.pipeline import Outcome, Pipeline
from autograder.grading.scoring import Record
from autograder.grading.spare import SpareRun
from autograder.handin import TIMESTAMP_FILE
from autograder.intake.submission import Found, find_submissions
from autograder.intake.timestamps import is_plain_id, read_timestamp
from autograder.sandbox import warm_up

#: the runs that such clicks share, by course and chapter
_runs: dict[tuple[Path, str], SpareRun] = {}


class ExecuteAttempt(NbGraderPreprocessor):
    """Grades one submission: attempt, sandbox, judge, gradebook, graded notebook."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """The graded notebook in place of ``nb``; its scores are in the gradebook."""
        about = resources["nbgrader"]
        _, notebook = self.parent.grade(about["assignment"], about["student"])
        return notebook, resources


class AttemptExporter(NotebookExporter):
    """Stands between nbgrader's loop over submissions and our grader; one for each command."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._pipelines: dict[str, Pipeline] = {}
        self._found: dict[str, Found] = {}
        if isinstance(self.parent, Autograde):
            with contextlib.suppress(SandboxUnavailable):  # said of each submission, later
                warm_up(self._course.sandbox())  # it starts while the gradebook is opened
            with _without_details(self.log):
                self._prepare(self.parent)

    # ---------------------------------------------------------------- in front of nbgrader's loop

    def _prepare(self, converter: Autograde) -> None:
        """Enter the assignment if need be, and settle what nbgrader's loop cannot take."""
        course, name = self.coursedir, self.coursedir.assignment_id
        try:
            self._pipeline(name)
            source = self._path(course.source_directory, ".", name) / f"{name}.ipynb"
            with self._lock(name), self._gradebook() as gradebook:
                removed = self._course.evidence(name) / REMOVED
                gradebook.ensure_assignment(source, removed)
                if gradebook.change is not None:
                    self.log.warning(str(gradebook.change))
            known = {path.name for path in source.parent.parent.iterdir()}
            submitted = Path(course.root) / course.submitted_directory
            self._found = {f.student: f for f in find_submissions(submitted, name, known)}
            with self._lock(name), self._gradebook() as gradebook:
                gradebook.ensure_students(self._found)
            for student in self._found:
                if not fnmatch.fnmatchcase(student, course.student_id):
                    continue
                if student in course.student_id_exclude.split(","):
                    continue
                folder = course.format_path(course.submitted_directory, student, name)
                if not is_plain_id(student):
                    converter.assignments.pop(folder, None)
                    self.log.error("%r cannot be a student's id; nothing was graded.", student)
                elif folder not in converter.assignments or not _digestible(Path(folder), name):
                    converter.assignments.pop(folder, None)
                    self._settle(name, student)
        except AutograderError as error:
            self.log.error(str(error))
            raise NbGraderException(str(error)) from error

    def _settle(self, name: str, student: str) -> None:
        """Grade outside nbgrader's loop, and write what the loop would have written."""
        self.log.warning("%s: an unusual submission, graded without copying its files.", student)
        _, notebook = self.grade(name, student)
        folder = self._path(self.coursedir.autograded_directory, student, name)
        if folder.exists():
            shutil.rmtree(folder)
        write_whole(folder / f"{name}.ipynb", notebook_bytes(notebook))
        timestamp = read_timestamp(self._path(self.coursedir.submitted_directory, student, name))
        if timestamp is not None:
            write_whole(folder / TIMESTAMP_FILE, f"{timestamp.isoformat(' ')} UTC".encode())

    # ------------------------------------------------------------------------- in nbgrader's loop

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        """First pass: an empty notebook, whatever the file holds. Second pass: the graded one."""
        made: tuple[Any, dict[str, Any]]
        if _is_first_pass(self.parent):
            made = self.from_notebook_node(nbformat.v4.new_notebook(), resources, **options)
        else:
            made = super().from_filename(filename, resources, **options)
        return made

    def grade(self, assignment: str, student: str) -> tuple[Record, NotebookNode]:
        """Grade one submission and enter it.

        Ends the command when no submission can be graded: no sandbox, no gradebook, a broken
        course. What goes wrong with one submission only sets that one aside.
        """
        folder = self._path(self.coursedir.submitted_directory, student, assignment)
        try:
            with self._lock(assignment):
                pipeline = self._pipeline(assignment)
                outcome = self._grade(pipeline, self._found[student])
                assert outcome.notebook is not None
                pipeline.put_verdicts(outcome, outcome.notebook)
                with self._gradebook() as gradebook:
                    record = gradebook.enter(outcome.record, pipeline.assignment, folder)
                    (record,) = gradebook.as_entered([record])
                pipeline.store.save_records([record])
        except AutograderError as error:
            self._remove_graded(assignment, student)
            raise SystemExit(f"autograder: {error}") from error
        self._remove_foreign_files(assignment, student)
        self.log.info("%s: %s", student, _summary(record))
        return record, outcome.notebook

    def _grade(self, pipeline: Pipeline, found: Found) -> Outcome:
        course, name = pipeline.course, pipeline.assignment.name
        runs = _runs.setdefault((course.root.resolve(), name), SpareRun(course, name))
        runs.put_into(pipeline, [found.student])
        try:
            with _no_batch(pipeline):
                outcome = next(pipeline.outcomes([found], force=True))
            runs.used(pipeline, [found.student])
            return outcome
        except AutograderError:
            raise
        except Exception as error:
            self.log.exception("The grader failed on the submission of %s", found.student)
            reason = f"The grader failed on it ({type(error).__name__}); see its log."
            return pipeline.unreadable(found, reason)

    def _remove_foreign_files(self, assignment: str, student: str) -> None:
        """Take away what nbgrader copied from the student's folder.

        Formgrader serves the files beside a graded notebook from its own origin, scripts included.
        """
        folder = self._path(self.coursedir.autograded_directory, student, assignment)
        source = self._path(self.coursedir.source_directory, ".", assignment)
        kept = {f"{assignment}.ipynb", TIMESTAMP_FILE}
        for path in sorted(folder.rglob("*"), reverse=True):
            inner = path.relative_to(folder)
            if str(inner) in kept or (source / inner).exists():
                continue
            if path.is_dir() and not path.is_symlink():
                with contextlib.suppress(OSError):  # it holds files of the instructor's
                    path.rmdir()
            else:
                path.unlink()

    def _remove_graded(self, assignment: str, student: str) -> None:
        folder = self._path(self.coursedir.autograded_directory, student, assignment)
        shutil.rmtree(folder, ignore_errors=True)

    # ---------------------------------------------------------------------- where things lie

    @property
    def coursedir(self) -> CourseDirectory:
        """The course that the running command works on."""
        assert isinstance(self.parent, Autograde)
        return self.parent.coursedir

    def _path(self, step: str, student: str, assignment: str) -> Path:
        return Path(self.coursedir.format_path(step, student, assignment)).resolve()

    @property
    def _course(self) -> CourseFolder:
        return CourseFolder(Path(self.coursedir.root), self.config)

    def _lock(self, assignment: str) -> AbstractContextManager[None]:
        command = f"nbgrader autograde {assignment}"
        return course_lock(self._course, command, say=self.log.warning)

    def _gradebook(self) -> GradebookWriter:
        return GradebookWriter(self.coursedir.db_url, self.coursedir.course_id, self.config)

    def _pipeline(self, assignment: str) -> Pipeline:
        if assignment not in self._pipelines:
            self._pipelines[assignment] = Pipeline(self._course, assignment)
        return self._pipelines[assignment]


@contextlib.contextmanager
def _without_details(log: logging.Logger) -> Iterator[None]:
    """What nbgrader says of every cell that it knows is nothing for the log of a button."""
    level = log.level
    log.setLevel(max(level, logging.INFO))
    try:
        yield
    finally:
        log.setLevel(level)


def _summary(record: Record) -> str:
    """A record as one line of the log that formgrader shows."""
    if record.status == "needs_review":
        return f"set aside for a person. {record.reason or ''}"
    missed = f"; points lost in {', '.join(record.missed)}" if record.missed else ""
    return f"{round(record.score, 2):g} of {record.max_score:g} points{missed}"


def _is_first_pass(converter: Any) -> bool:
    """Whether nbgrader's Autograde is at the first of its two passes over a submission.

    It says so in a private attribute only; the lists of preprocessors, which are public, are the
    same in both.
    """
    return bool(getattr(converter, "_sanitizing", False))


@contextlib.contextmanager
def _no_batch(pipeline: Pipeline) -> Iterator[None]:
    """A grading run that is begun here is not left as an unfinished batch."""
    runs = pipeline.store.runs
    begun_elsewhere = runs.unfinished(pipeline.assignment.version) is not None
    try:
        yield
    finally:
        if not begun_elsewhere:
            runs.forget_unfinished()


def _digestible(folder: Path, name: str) -> bool:
    """Whether nbgrader can copy a folder: regular files only, the notebook's name, a real time."""
    if folder.is_symlink() or folder.parent.is_symlink():
        return False
    if (folder / TIMESTAMP_FILE).exists() and read_timestamp(folder) is None:
        return False
    paths = list(folder.rglob("*"))
    modes = [path.lstat().st_mode for path in paths]
    if not all(stat.S_ISREG(mode) or stat.S_ISDIR(mode) for mode in modes):
        return False
    return [path.name for path in folder.glob("*.ipynb")] == [f"{name}.ipynb"]
