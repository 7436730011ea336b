"""``nbgrader autograde`` and formgrader's button, on the same executor and judge as our own batch.

nbgrader_config.py names two classes. :class:`PaperExporter` stands where nbgrader would read the
submitted notebook: it reads nothing, so no file can stop the class, and it settles the submissions
over which nbgrader itself would stumble. :class:`ExecutePaper` stands where nbgrader would execute
and score: it grades the submission from the submitted file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import logging
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer
from traitlets.config import Application, Config

from autograder.errors import AutograderError, SandboxUnavailable, UnreadableSubmission
from autograder.files import write_whole
from autograder.gradebook.writer import TIMESTAMP, GradebookWriter, is_plain_id, read_timestamp
from autograder.grading.grading import Grading
from autograder.grading.pipeline import execute_all
from autograder.grading.pool import open_pool
from autograder.grading.scoring import Record
from autograder.intake.submission import Found, find_submissions
from autograder.pages import graded_notebook as graded
from autograder.sandbox import Limits, warm_up


class ExecutePaper(NbGraderPreprocessor):
    """Grades one submission: paper, sandbox, judge, gradebook, graded notebook."""

    cell_seconds = Float(
        Limits.cell_seconds, min=0.1, help="Wall-clock seconds that one cell may run."
    ).tag(config=True)
    submission_seconds = Float(
        Limits.submission_seconds, min=0.1, help="Wall-clock seconds for a whole submission."
    ).tag(config=True)
    memory_bytes = Integer(
        Limits.memory_bytes, min=2**20, help="Memory that a submission may use, in bytes."
    ).tag(config=True)
    processes = Integer(
        Limits.processes, min=1, help="Processes and threads beyond Python's own."
    ).tag(config=True)
    disk_bytes = Integer(
        Limits.disk_bytes, min=0, help="What a submission may write to its scratch folder."
    ).tag(config=True)
    output_bytes = Integer(
        Limits.output_bytes, min=1_000, help="Output that is kept; the rest is cut, with a note."
    ).tag(config=True)

    @property
    def limits(self) -> Limits:
        """The traits as the executor takes them."""
        names = [field.name for field in dataclasses.fields(Limits)]
        return Limits(**{name: getattr(self, name) for name in names})

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """The graded notebook in place of ``nb``; its scores are in the gradebook."""
        about = resources["nbgrader"]
        _, notebook = self.parent.grade(about["assignment"], about["student"])
        return notebook, resources


class PaperExporter(NotebookExporter):
    """Stands between nbgrader's loop over submissions and our grader; one for each command."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._gradings: dict[str, Grading] = {}
        self._found: dict[str, Found] = {}
        if isinstance(self.parent, Autograde):
            with contextlib.suppress(SandboxUnavailable):  # said of each submission, later
                warm_up()  # it starts while the gradebook is opened
            self._prepare(self.parent)

    # ---------------------------------------------------------------- in front of nbgrader's loop

    def _prepare(self, converter: Autograde) -> None:
        """Enter the assignment if need be, and settle what nbgrader's loop cannot take."""
        course, name = self.coursedir, self.coursedir.assignment_id
        try:
            self._grading(name)
            source = self._path(course.source_directory, ".", name) / f"{name}.ipynb"
            with self._gradebook() as gradebook:
                gradebook.ensure_assignment(source)
            known = {path.name for path in source.parent.parent.iterdir()}
            submitted = Path(course.root) / course.submitted_directory
            self._found = {f.student: f for f in find_submissions(submitted, name, known)}
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
        write_whole(folder / f"{name}.ipynb", graded.notebook_bytes(notebook))
        timestamp = read_timestamp(self._path(self.coursedir.submitted_directory, student, name))
        if timestamp is not None:
            write_whole(folder / TIMESTAMP, f"{timestamp.isoformat(' ')} UTC".encode())

    # ------------------------------------------------------------------------- in nbgrader's loop

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        """First pass: an empty notebook, whatever the file holds. Second pass: the graded one."""
        if not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources, **options)
        empty = nbformat.v4.new_notebook()
        return self.from_notebook_node(empty, resources, **options)

    def grade(self, assignment: str, student: str) -> tuple[Record, NotebookNode]:
        """Grade one submission and enter it.

        Ends the command when no submission can be graded: no sandbox, no gradebook, a broken
        course. What goes wrong with one submission only sets that one aside.
        """
        folder = self._path(self.coursedir.submitted_directory, student, assignment)
        try:
            grading = self._grading(assignment)
            record, notebook = self._grade(grading, self._found[student])
            with self._gradebook() as gradebook:
                record = grading.enter(gradebook, record, folder)
            grading.save_records([record])
        except AutograderError as error:
            self._remove_graded(assignment, student)
            raise SystemExit(f"autograder: {error}") from error
        self._remove_foreign_files(assignment, student)
        self.log.info("%s: %g of %g points", student, record.score, record.max_score)
        return record, notebook

    def _grade(self, grading: Grading, found: Found) -> tuple[Record, NotebookNode]:
        try:
            return grade_one(grading, found)
        except AutograderError:
            raise
        except Exception as error:
            self.log.exception("The grader failed on the submission of %s", found.student)
            reason = f"The grader failed on it ({type(error).__name__}); see its log."
            return _set_aside(grading, found, reason)

    def _remove_foreign_files(self, assignment: str, student: str) -> None:
        """Take away what nbgrader copied from the student's folder.

        Formgrader serves the files beside a graded notebook from its own origin, scripts included.
        """
        folder = self._path(self.coursedir.autograded_directory, student, assignment)
        source = self._path(self.coursedir.source_directory, ".", assignment)
        kept = {f"{assignment}.ipynb", TIMESTAMP}
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

    def _gradebook(self) -> GradebookWriter:
        return GradebookWriter(self.coursedir.db_url, self.coursedir.course_id, self.config)

    def _grading(self, assignment: str) -> Grading:
        if assignment not in self._gradings:
            limits = ExecutePaper(config=self.config).limits
            root = Path(self.coursedir.root)
            self._gradings[assignment] = Grading(root, assignment, limits, self.coursedir.db_url)
        return self._gradings[assignment]


def grade_one(grading: Grading, found: Found) -> tuple[Record, NotebookNode]:
    """One submission through paper, executor and judge; nothing is entered into the gradebook."""
    ended: list[tuple[Record, NotebookNode]] = []

    def finish(_: Found, record: Record, notebook: NotebookNode | None, run: str) -> None:
        assert notebook is not None
        grading.put_verdicts(record, notebook, run)
        ended.append((record, notebook))

    try:
        rebuilt = grading.read(found)
    except UnreadableSubmission as error:
        return _set_aside(grading, found, str(error))
    with open_pool() as pool, _no_batch(grading):
        execute_all(grading, [(found, rebuilt)], pool, 1, finish)
    return ended[0]


@contextlib.contextmanager
def _no_batch(grading: Grading) -> Iterator[None]:
    """A grading run that is begun here is not left as an unfinished batch."""
    begun_elsewhere = grading.runs.unfinished(grading.assignment.version) is not None
    try:
        yield
    finally:
        if not begun_elsewhere:
            (grading.runs.folder / "unfinished").unlink(missing_ok=True)


def _set_aside(grading: Grading, found: Found, reason: str) -> tuple[Record, NotebookNode]:
    notebook = graded.set_aside_notebook(grading.assignment, reason)
    return grading.set_aside(found.student, reason), notebook


def _digestible(folder: Path, name: str) -> bool:
    """Whether nbgrader can copy a folder: regular files only, the notebook's name, a real time."""
    if folder.is_symlink() or folder.parent.is_symlink():
        return False
    if (folder / TIMESTAMP).exists() and read_timestamp(folder) is None:
        return False
    paths = list(folder.rglob("*"))
    modes = [path.lstat().st_mode for path in paths]
    if not all(stat.S_ISREG(mode) or stat.S_ISDIR(mode) for mode in modes):
        return False
    return [path.name for path in folder.glob("*.ipynb")] == [f"{name}.ipynb"]


# ------------------------------------------------------------------------------ the configuration


def load_config(course: Path) -> Config:
    """nbgrader's configuration as its own commands find it for a course, the user's included."""
    app = NbGrader()
    app.log = logging.getLogger("autograder.config")
    app.log.setLevel(logging.ERROR)  # that a user has no configuration of their own is no news
    app.load_cwd_config = False
    NbGrader.load_config_file(app)
    Application.load_config_file(app, "nbgrader_config.py", path=str(course))
    return app.config


def load_limits(course: Path) -> Limits:
    """The executor's limits by ``c.ExecutePaper`` in a course's nbgrader_config.py."""
    return ExecutePaper(config=load_config(course)).limits


def load_course_directory(course: Path) -> CourseDirectory:
    """nbgrader's folders and ``db_url`` for a course."""
    config = load_config(course)
    config.CourseDirectory.root = str(course.resolve())
    return CourseDirectory(config=config)
