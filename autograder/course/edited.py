"""Whether ``source/`` is what a chapter's text builds: the text newer, or the notebook edited.

The executed notebook has the cells of the last build, so it says which of the two was changed.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import unchanged
from autograder.course.folder import CourseFolder
from autograder.course.percent import Content, content, segments
from autograder.course.proofread import markdown
from autograder.errors import BuildError


def contents(path: Path) -> list[tuple[str, Content]]:
    """The cells of a notebook with their ids; nothing where there is none."""
    if not path.is_file():
        return []
    return [(cell.get("id", ""), content(cell)) for cell in nbformat.read(path, as_version=4).cells]


def is_edited(course: CourseFolder, name: str) -> bool:
    """Whether somebody edited the instructor's notebook since it was built, as far as is known."""
    if not course.source(name).is_file() or unchanged.is_written(course, name):
        return False
    built = contents(course.executed(name))
    return bool(built) and built != contents(course.source(name))


def is_newer(course: CourseFolder, name: str) -> bool:
    """Whether a chapter's text has other cells than the instructor's notebook."""
    if not course.lesson(name).is_file() or not course.source(name).is_file():
        return False
    built = [cell for _, cell in contents(course.source(name))]
    if _reads_as(course.lesson(name).read_text(encoding="utf-8"), built):
        return False
    from autograder.course.lesson import read  # it takes a second more, and sees what jupytext does

    try:
        cells: list[NotebookNode] = read(
            course.lesson(name), course.about.heading
        ).assignment.notebook.cells
    except BuildError:
        return True
    return [content(cell) for cell in cells] != built


def _reads_as(text: str, built: list[Content]) -> bool:
    """Whether a text has these cells, seen without jupytext: False where that is not certain."""
    cells = [part.cell for part in segments(text)[1] if not part.is_hints]
    return len(cells) == len(built) and all(
        (markdown(cell) if cell.kind == "text" else cell.body).strip("\n") == other.source
        and cell.nbgrader == other.metadata.get("nbgrader", {})
        and cell.tags == other.metadata.get("tags", [])
        for cell, other in zip(cells, built, strict=True)
    )


def warning(course: CourseFolder, name: str) -> str | None:
    """A sentence for who grades a chapter whose text and notebook are not of one build."""
    if is_edited(course, name):
        return (
            f"{name}: source/{name}/{name}.ipynb was edited since it was built; "
            f"`autograder adopt {name}` takes the edit into notebooks/{name}.py."
        )
    if is_newer(course, name):
        return (
            f"{name}: notebooks/{name}.py is newer than what was built from it; until "
            f"`autograder build {name}`, the points, checks and tolerances of before count."
        )
    return None
