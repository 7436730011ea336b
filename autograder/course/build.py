"""One chapter's text → everything that is generated from it.

======================================  =====================================================
``source/NN/NN.ipynb``                  the instructor's notebook
``notebooks/NN.references``             private references, seed 0: every check
``source/NN/NN.references``             public references, seed 0: visible checks and hints
``release/NN/``                         the student's version, by nbgrader's generate_assignment
``notebooks/NN.ipynb``                  the instructor's notebook, executed
======================================  =====================================================
"""

from __future__ import annotations

import copy
import dataclasses
import io
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course import edited, established, unchanged
from autograder.course.examine import examiner, failed_cell
from autograder.course.folder import CourseFolder
from autograder.course.lesson import Lesson, notebook_bytes, read
from autograder.course.make_references import make_references
from autograder.course.new import unfinished
from autograder.course.proofread import proofread, split, statements
from autograder.course.remarks import Remark, name_of, refuse
from autograder.errors import BuildError, SolutionFailed
from autograder.files import write_whole
from autograder.judge.references import SUFFIX, References, agree
from autograder.sandbox import Limits
from autograder.sandbox.pool import run_jobs

LIMITS = Limits(cell_seconds=120, submission_seconds=600)
EXECUTION_SECONDS = 600


@dataclasses.dataclass(frozen=True)
class Built:
    """The generated files of one chapter: path relative to the course → bytes."""

    name: str
    files: dict[str, bytes]


def lessons(course: CourseFolder, names: list[str] | None = None) -> Iterator[Lesson]:
    """The lessons of a course, in order; all of them, or those named.

    Raises :class:`BuildError` with the mistakes of all of them before the first is given.
    """
    chosen, heading = course.chosen(names), course.about.heading
    for name in chosen:
        marked = unfinished(course, name)
        if marked:
            raise BuildError(f"{name} has places to be filled in:\n  " + "\n  ".join(marked))
    refuse(remark for name in chosen for remark in proofread(course.lesson(name), heading))
    for name in chosen:
        yield read(course.lesson(name), heading)


def build_static(course: CourseFolder, lesson: Lesson) -> Built:
    """Everything but the executed notebook. The same text gives the same bytes."""
    name = lesson.name
    try:
        references = make_references(
            lesson.assignment,
            0,
            lambda jobs: run_jobs(jobs, LIMITS, course.sandbox()),
            course.answers(name),
            exercises=lesson.exercises,
            examine=examiner(lesson.path),
        )
        refuse(unestablished(lesson, references, course.about.heading))
    except SolutionFailed as failed:
        refuse(failed_cell(lesson.path, failed))
        raise
    source = {
        f"{name}.ipynb": notebook_bytes(lesson.assignment.notebook),
        f"{name}{SUFFIX}": references.public().to_bytes(),
    }
    files = {f"source/{name}/{file}": data for file, data in source.items()}
    files |= {f"release/{name}/{file}": data for file, data in release(name, source).items()}
    files[f"notebooks/{name}{SUFFIX}"] = references.to_bytes()
    return Built(name, files)


def unestablished(lesson: Lesson, references: References, heading: str) -> list[Remark]:
    """The requirements that no check or no known answer establishes, by the exercise's line."""
    cells = split(lesson.path.read_text(encoding="utf-8"))
    told = statements(cells, heading)
    texts = {name: text for name, (_, text) in told.items()}
    return [
        Remark(name_of(lesson.path), told[exercise][0], f"{exercise}: {sentence}")
        for exercise, sentence in established.remarks(references, texts)
    ]


def release(name: str, source: dict[str, bytes]) -> dict[str, bytes]:
    """What nbgrader's generate_assignment makes of a source folder, in a temporary course.

    As with its option ``--no-db``: the gradebook that it keeps otherwise takes a process of
    alembic's to make, and nobody would read it.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        for file, data in source.items():
            write_whole(course / "source" / name / file, data)
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.assignment_id = name
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        said = io.StringIO()
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log = logging.Logger("generate_assignment", logging.WARNING)
        converter.log.addHandler(logging.StreamHandler(said))
        try:
            converter.start()
        except NbGraderException:
            raise BuildError(f"{name}: nbgrader refuses it.\n{said.getvalue()}") from None
        made = course / "release" / name
        files = sorted(path for path in made.rglob("*") if path.is_file())
        return {path.relative_to(made).as_posix(): path.read_bytes() for path in files}


def execute_lesson(lesson: Lesson, folder: Path) -> NotebookNode:
    """The lesson with its outputs, run in a real kernel in ``folder``, where its files lie.

    Raises :class:`BuildError` for a cell that fails without the tag ``raises-exception``.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = copy.deepcopy(lesson.assignment.notebook)
    client = NotebookClient(
        notebook,
        timeout=EXECUTION_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,  # where a stream is cut depends on the moment
    )
    # A lesson that is built inside another notebook's kernel must not inherit its backend.
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise BuildError(f"{lesson.path.name}: a cell fails.\n{error}") from None
    except BaseException:
        # nbclient takes Ctrl-C itself, stops the kernel, and then fails for want of it.
        if hasattr(client, "_async_cleanup_kernel_future"):
            raise KeyboardInterrupt from None
        raise
    return settle(notebook)


def settle(notebook: NotebookNode) -> NotebookNode:
    """An executed notebook without what changes from run to run: random widget ids, kernel data."""
    notebook.metadata = nbformat.from_dict(copy.deepcopy(dict(notebook.metadata)))
    notebook.metadata.pop("widgets", None)
    language = notebook.metadata.get("language_info", {})
    for key in list(language):
        if key not in ("file_extension", "mimetype", "name"):
            del language[key]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    return notebook


def same_text(old: NotebookNode, new: NotebookNode) -> bool:
    """Whether two executed notebooks agree in everything but the bytes of their pictures."""
    return _without_pictures(old) == _without_pictures(new)


def _without_pictures(notebook: NotebookNode) -> dict[str, Any]:
    plain: dict[str, Any] = copy.deepcopy(dict(notebook))
    for cell in plain["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in list(data):
                if kind.startswith("image/"):
                    data[kind] = "picture"
    return plain


def build(
    course: CourseFolder,
    lesson: Lesson,
    say: Callable[[str], None] = lambda _: None,
    *,
    force: bool = False,
) -> list[str]:
    """Build one chapter in place; the paths that changed.

    Raises :class:`BuildError` where the instructor's notebook was edited since the last build and
    the text has not taken the edit in, unless forced to write over it.
    """
    if not force:
        _refuse_edited(course, lesson)
    built_from = unchanged.inputs(course, lesson.name)
    built = build_static(course, lesson)
    changed = []
    for folder in (f"source/{lesson.name}", f"release/{lesson.name}"):
        for path in sorted((course.root / folder).rglob("*")):
            relative = path.relative_to(course.root).as_posix()
            if path.is_file() and relative not in built.files:
                path.unlink()
                changed.append(relative)
    for relative, data in built.files.items():
        if not is_built(course.root / relative, data):
            write_whole(course.root / relative, data)
            changed.append(relative)
    unchanged.remember_source(course, lesson.name)
    say(f"{lesson.name}: executing")
    executed = execute_lesson(lesson, course.root / "notebooks")
    path = course.executed(lesson.name)
    if not path.is_file() or not same_text(nbformat.read(path, as_version=4), executed):
        write_whole(path, notebook_bytes(executed))
        changed.append(path.relative_to(course.root).as_posix())
    unchanged.remember(course, lesson.name, built_from)
    return changed


def _refuse_edited(course: CourseFolder, lesson: Lesson) -> None:
    name = lesson.name
    if edited.is_edited(course, name) and edited.is_newer(course, name):
        raise BuildError(
            f"source/{name}/{name}.ipynb was edited since it was built: `autograder adopt {name}` "
            f"takes the edit into the text, `autograder build --force {name}` writes over it."
        )


def is_built(path: Path, data: bytes) -> bool:
    """Whether a generated file is there. A reference file is, when the judge sees no difference."""
    there = path.read_bytes() if path.is_file() else b""
    return there == data or (path.suffix == SUFFIX and agree(there, data))


def drift(course: CourseFolder, lesson: Lesson, built: Built | None = None) -> list[str]:
    """The committed files of a chapter that are not what its text builds, or has ``built``.

    The executed notebook is compared by its sources; its outputs are nbval's business.
    """
    built = built or build_static(course, lesson)
    wrong = []
    for relative, data in built.files.items():
        if not is_built(course.root / relative, data):
            wrong.append(relative)
    for folder in ("source", "release"):
        for path in (course.root / folder / lesson.name).rglob("*"):
            relative = path.relative_to(course.root).as_posix()
            if path.is_file() and relative not in built.files:
                wrong.append(relative)
    executed = course.executed(lesson.name)
    if not executed.is_file() or _sources(executed) != [
        (c.id, c.source) for c in lesson.assignment.notebook.cells
    ]:
        wrong.append(executed.relative_to(course.root).as_posix())
    return sorted(wrong)


def _sources(path: Path) -> list[tuple[str, str]]:
    return [(cell.id, cell.source) for cell in nbformat.read(path, as_version=4).cells]
