"""One course on disk: where things lie, and what its nbgrader_config.py says.

nbgrader and nbformat are imported where they are used: most questions need neither.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime
import functools
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets import Bool, Bunch, Enum, Float, Integer, List, TraitError, Unicode, validate
from traitlets.config import Application, Config, Configurable

from autograder.course.answers import Answer
from autograder.course.answers import load as load_answers
from autograder.course.assignment import HEADING, Assignment
from autograder.course.dates import course_zone
from autograder.errors import AutograderError, BuildError
from autograder.judge.references import SUFFIX
from autograder.sandbox import Layers, Limits, SandboxOptions

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory

CONFIGURATION = "nbgrader_config.py"


class Course(Configurable):
    """What a course calls things; ``c.Course.title = "Knots"`` in nbgrader_config.py."""

    title = Unicode("", help="The title that students read; the name if empty.").tag(config=True)
    name = Unicode(
        "", help="The name in files; nbgrader's course_id, or else the folder's name, if empty."
    ).tag(config=True)
    version = Unicode("", help="The version in files; the package's if empty.").tag(config=True)
    heading = Unicode(
        HEADING,
        help="Regular expression for an exercise's heading, with the named group `name` and, where "
        "a course has them, `number`, `stars` (★☆☆), `minutes` and `further` (beyond the core).",
    ).tag(config=True)

    @validate("heading")
    def _is_heading(self, proposal: Bunch) -> str:
        try:
            groups = re.compile(proposal.value, re.MULTILINE).groupindex
        except re.error as error:
            raise TraitError(f"c.Course.heading is no regular expression: {error}") from None
        if "name" not in groups:
            raise TraitError("c.Course.heading has no group named `name`: (?P<name>\\w+).")
        return str(proposal.value)


class Execution(Configurable):
    """How attempts are executed; ``c.Execution.cell_seconds = 60.0`` in nbgrader_config.py."""

    cell_seconds = Float(
        Limits.cell_seconds, min=0.1, help="Wall-clock seconds that one cell may run at most."
    ).tag(config=True)
    cell_seconds_factor = Float(
        Limits.cell_seconds_factor,
        min=1.0,
        help="How many times as long as the solution a cell may run, within the other two limits.",
    ).tag(config=True)
    cell_seconds_least = Float(
        Limits.cell_seconds_least,
        min=0.1,
        help="Seconds that a cell may run at least, however fast the solution is; and no longer, "
        "as a rule, once two exercises of a submission ran out of time.",
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
    preload = List(
        Unicode(), help="Modules imported once for all, besides those that the lessons import."
    ).tag(config=True)

    @property
    def limits(self) -> Limits:
        """The limits as the sandbox takes them."""
        names = [field.name for field in dataclasses.fields(Limits)]
        return Limits(**{name: getattr(self, name) for name in names})


class Grading(Configurable):
    """How a class is graded; ``c.Grading.wait_seconds = 60.0`` in nbgrader_config.py."""

    wait_seconds = Float(
        600.0, min=0.0, help="How long a command waits for another that writes the same grades."
    ).tag(config=True)


class Watch(Configurable):
    """How ``autograder watch`` grades what comes; ``c.Watch.feedback = "graded"``."""

    again_after_minutes = Float(
        10.0,
        min=0.0,
        help="Minutes from one grading of a student's assignment to the next; the latest counts.",
    ).tag(config=True)
    feedback = Enum(
        ["never", "graded", "due"],
        "never",
        help="When a student's page is made, and released where an exchange is watched: when it is "
        "graded, or when the student's due date has passed.",
    ).tag(config=True)


class FeedbackPage(Configurable):
    """What students' pages show; ``c.FeedbackPage.show_hidden_tests = True``.

    nbgrader takes ``c.Feedback`` for an old name of one of its own.
    """

    show_hidden_tests = Bool(
        False, help="Show the source of an exercise's hidden checks where it lost points."
    ).tag(config=True)


@dataclasses.dataclass(frozen=True)
class CourseFolder:
    """A course: the folder with nbgrader_config.py, ``notebooks/`` and what is made of them.

    ``config`` takes the place of the configuration on disk, where a running command has its own.
    """

    root: Path
    config: Config | None = dataclasses.field(default=None, compare=False)

    # ------------------------------------------------------------------------ where things lie

    def lesson(self, name: str) -> Path:
        """The text of a chapter."""
        return self.root / "notebooks" / f"{name}.py"

    def known_answers(self, name: str) -> Path:
        """The known right and wrong answers of a chapter."""
        return self.root / "notebooks" / f"{name}.answers.py"

    def references(self, name: str) -> Path:
        """What the solution's checks recorded when the chapter was built, hidden ones too."""
        return self.root / "notebooks" / f"{name}{SUFFIX}"

    def executed(self, name: str) -> Path:
        """The instructor's notebook with its outputs."""
        return self.root / "notebooks" / f"{name}.ipynb"

    def source(self, name: str) -> Path:
        """The instructor's notebook."""
        return self.root / "source" / name / f"{name}.ipynb"

    def release(self, name: str) -> Path:
        """The student's version."""
        return self.root / "release" / name / f"{name}.ipynb"

    @property
    def submitted(self) -> Path:
        """What students have handed in: ``<student>/<assignment>/<notebook>``."""
        return self.root / "submitted"

    def graded(self, student: str, name: str) -> Path:
        """Where formgrader and feedback look for the graded notebook."""
        return self.root / "autograded" / student / name / f"{name}.ipynb"

    @property
    def feedback(self) -> Path:
        """Students' pages: ``<student>/<assignment>/<assignment>.html``."""
        return self.root / "feedback"

    def page(self, student: str, name: str) -> Path:
        """The page of one submission."""
        return self.feedback / student / name / f"{name}.html"

    def printed(self, student: str) -> Path:
        """A student's pages as one PDF."""
        return self.feedback / student / f"{student}.pdf"

    def evidence(self, name: str) -> Path:
        """The folder with what executions of an assignment left behind."""
        return self.root / "evidence" / name

    @property
    def lessons(self) -> list[str]:
        """The names of the chapters that have a text, in order."""
        texts = self.root.glob("notebooks/*.py")
        return sorted(path.stem for path in texts if "." not in path.stem and path.stem[0] != "_")

    def chosen(self, names: Sequence[str] | None) -> list[str]:
        """The chapters named, or all. Raises :class:`BuildError` for one that has no text."""
        known = self.lessons
        for name in names or ():
            if name not in known:
                raise BuildError(
                    f"There is no lesson notebooks/{name}.py; known: {', '.join(known)}."
                )
        return list(names or known)

    @property
    def assignments(self) -> list[str]:
        """The names of the assignments that have been built, in order."""
        return sorted(path.parent.name for path in self.root.glob("source/*/*.ipynb"))

    @property
    def graded_assignments(self) -> list[str]:
        """The names of the assignments that have been graded, in order."""
        return sorted(path.parent.name for path in self.root.glob("evidence/*/records.jsonl"))

    # ----------------------------------------------------------------------- what is read there

    def assignment(self, name: str) -> Assignment:
        """A chapter as the grader knows it. Raises :class:`AutograderError`."""
        import nbformat

        path = self.source(name)
        if not path.is_file():
            raise AutograderError(
                f"There is no assignment {name!r} in {self.root / 'source'}. The assignments are: "
                f"{', '.join(self.assignments) or 'none; run `autograder build`'}."
            )
        notebook = nbformat.read(path, as_version=4)
        return Assignment.from_notebook(name, notebook, self.about.heading)

    def answers(self, name: str) -> list[Answer]:
        """The known answers of a chapter; none where there is no file of them."""
        return load_answers(self.known_answers(name))

    # ------------------------------------------------------------------------- how it is set up

    @functools.cached_property
    def directory(self) -> CourseDirectory:
        """nbgrader's folders, course id and ``db_url``."""
        from nbgrader.coursedir import CourseDirectory

        config = self.config if self.config is not None else load_config(self.root)
        config.CourseDirectory.root = str(self.root.resolve())
        return CourseDirectory(config=config)

    @functools.cached_property
    def about(self) -> Course:
        """What the course calls things. Raises :class:`AutograderError` for what makes no sense."""
        try:
            return Course(config=self.directory.config)
        except TraitError as error:
            raise AutograderError(f"{CONFIGURATION}: {error}") from None

    @property
    def name(self) -> str:
        """The course's name as part of a file's name."""
        given = self.about.name or self.directory.course_id or self.root.resolve().name
        return re.sub(r"[^\w.-]+", "-", given).strip("-.") or "course"

    @functools.cached_property
    def execution(self) -> Execution:
        """How attempts are executed. Raises :class:`AutograderError` for limits by an old name."""
        config = self.directory.config
        if "ExecutePaper" in config:
            raise AutograderError(
                f"{CONFIGURATION} sets c.ExecutePaper; it is called c.Execution now."
            )
        return Execution(config=config)

    @functools.cached_property
    def grading(self) -> Grading:
        """How a class is graded."""
        return Grading(config=self.directory.config)

    @functools.cached_property
    def zone(self) -> datetime.tzinfo | None:
        """The time zone of dates: formgrader's, or None for the machine's own.

        Raises :class:`AutograderError` for a zone that does not exist.
        """
        return course_zone(self.directory.config)

    @functools.cached_property
    def watch(self) -> Watch:
        """How what is handed in is graded as it comes. Raises :class:`AutograderError`."""
        try:
            return Watch(config=self.directory.config)
        except TraitError as error:
            raise AutograderError(f"{CONFIGURATION}: {error}") from None

    @functools.cached_property
    def feedback_page(self) -> FeedbackPage:
        """What students' pages show."""
        return FeedbackPage(config=self.directory.config)

    def sandbox(self, layers: Layers | None = None) -> SandboxOptions:
        """How jobs are shut in, and what is imported for them before they start."""
        modules = dict.fromkeys((*self._imports, *self.execution.preload))
        return SandboxOptions.chosen(layers, tuple(modules))

    @functools.cached_property
    def _imports(self) -> tuple[str, ...]:
        """What the instructor's own cells import, in all chapters: one warm process serves all."""
        found = dict.fromkeys(name for text in self._texts() for name in _imports(text))
        return tuple(found)

    def imports_of(self, name: str) -> tuple[str, ...]:
        """What one chapter's text imports; nothing where there is no text."""
        path = self.lesson(name)
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        return tuple(dict.fromkeys(_imports(text)))

    def _texts(self) -> Iterator[str]:
        lessons = [self.lesson(name) for name in self.lessons]
        if lessons:
            yield from (path.read_text(encoding="utf-8") for path in lessons)
            return
        import nbformat

        for name in self.assignments:
            cells = nbformat.read(self.source(name), as_version=4).cells
            yield "\n".join(cell.source for cell in cells if cell.cell_type == "code")


_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+\w.*$", re.MULTILINE)


def _imports(text: str) -> Iterator[str]:
    for line in _IMPORT.findall(text):
        yield from _imported(line.strip())


def _imported(line: str) -> Iterator[str]:
    try:
        tree = ast.parse(line)
    except SyntaxError:
        return  # a sentence that begins with "from"
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find(start: Path, search_above: bool = True) -> CourseFolder:
    """The course that a folder is in: nbgrader_config.py lies there, or in one above it.

    Raises :class:`AutograderError` when there is none.
    """
    start = start.resolve()
    for folder in (start, *(start.parents if search_above else ())):
        if (folder / CONFIGURATION).is_file():
            return CourseFolder(folder)
    raise AutograderError(
        f"{start} is not in a course: no {CONFIGURATION} there or above. Name it with --course."
    )


def load_config(course: Path) -> Config:
    """nbgrader's configuration as its own commands find it for a course, the user's included."""
    from nbgrader.apps.baseapp import NbGrader

    app = NbGrader()
    app.log = logging.getLogger("autograder.config")
    app.log.setLevel(logging.ERROR)  # that a user has no configuration of their own is no news
    app.load_cwd_config = False
    NbGrader.load_config_file(app)
    Application.load_config_file(app, CONFIGURATION, path=str(course))
    config: Config = app.config
    return config
