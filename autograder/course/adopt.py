"""An edit made in ``source/NN/NN.ipynb`` → the chapter's text, cell by cell.

Hints and what only authors are told (:data:`autograder.course.lesson.AUTHORING`) stay in the text,
and so does every byte of a cell that was not edited.
"""

from __future__ import annotations

import dataclasses
import difflib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat

from autograder.course import unchanged
from autograder.course.edited import contents
from autograder.course.folder import CourseFolder
from autograder.course.lesson import read
from autograder.course.merge import Merge, Part, label
from autograder.course.percent import content, segments
from autograder.course.proofread import proofread
from autograder.course.remarks import name_of
from autograder.errors import BuildError
from autograder.files import write_whole


@dataclasses.dataclass(frozen=True)
class Adopted:
    """A chapter's text before and after an edit of its notebook was taken into it."""

    path: Path
    before: str
    after: str

    @property
    def diff(self) -> str:
        """What changes, as a unified diff; empty where nothing does."""
        name = name_of(self.path)
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), name, name
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def write(self) -> None:
        """Put the new text in the place of the old one."""
        if self.after != self.before:
            write_whole(self.path, self.after.encode())


def adopt(course: CourseFolder, name: str) -> Adopted:
    """What a chapter's text becomes by what was edited in its notebook; nothing is written.

    Raises :class:`BuildError` that names every cell which cannot be carried back.
    """
    path, source = course.lesson(name), course.source(name)
    if not source.is_file():
        raise BuildError(f"There is no source/{name}/{name}.ipynb; `autograder build` makes it.")
    before = path.read_text(encoding="utf-8")
    if unchanged.is_written(course, name):
        return Adopted(path, before, before)
    preamble, parts = segments(before)
    cells = [(cell.id, content(cell)) for cell in _lesson(path, course)]
    if len(cells) != sum(not part.is_hints for part in parts):
        raise BuildError(
            f"notebooks/{name}.py has text before its first cell; move it into a cell first."
        )
    _refuse(name, _pasted(source, name))
    merge = Merge(name, parts, cells, contents(course.executed(name)), contents(source))
    made = merge.parts()
    _refuse(name, merge.refused)
    after = preamble + "".join(part.text for part in made)
    if after != before:
        _refuse(name, _amiss(course, name, after, preamble.count("\n") + 1, made))
    return Adopted(path, before, after)


def _lesson(path: Path, course: CourseFolder) -> list[nbformat.NotebookNode]:
    cells: list[nbformat.NotebookNode] = read(path, course.about.heading).assignment.notebook.cells
    return cells


def _refuse(name: str, lines: Sequence[str]) -> None:
    if lines:
        raise BuildError("\n".join([f"nothing of {name} was adopted:", *lines]))


def _pasted(source: Path, name: str) -> list[str]:
    return [
        f"{label(name, number, content(cell))}: a text cannot hold the picture that is pasted into "
        f"it; save it as a file and link it."
        for number, cell in enumerate(nbformat.read(source, as_version=4).cells, 1)
        if cell.get("attachments")
    ]


def _amiss(
    course: CourseFolder, name: str, text: str, line: int, made: Sequence[Part]
) -> list[str]:
    """What the build would refuse in a text, and where it reads otherwise than the notebook.

    ``line`` is where the first of its cells begins.
    """
    starts = []
    for part in made:
        starts.append((line, part.label))
        line += len(part.text.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / course.lesson(name).relative_to(course.root)
        write_whole(path, text.encode())
        answers = course.known_answers(name)
        if answers.is_file():
            write_whole(path.with_name(answers.name), answers.read_bytes())
        remarks = proofread(path, course.about.heading)
        if remarks:
            cells = {r: [said for start, said in starts if start <= r.line] for r in remarks}
            return [
                f"{cells[r][-1]}: {r.sentence}" if r.file == name_of(path) and cells[r] else str(r)
                for r in remarks
            ]
        back = [content(cell) for cell in _lesson(path, course)]
    wanted = [part for part in made if part.content is not None]
    for part, cell in zip(wanted, back, strict=False):
        if part.content != cell:
            return [f"{part.label}: as text it would be read as another cell."]
    if len(wanted) != len(back):
        return [f"source/{name}/{name}.ipynb: as text it would be read as other cells."]
    return []
