"""A lesson's text, ``notebooks/NN_name.py``, as the instructor's notebook.

The text is jupytext's percent format with nbgrader's own cell metadata. Two things are taken out of
the notebook on the way: hint cells (``tags=["hints"] exercise="name"``), which become part of the
reference files, and the random cell ids that jupytext gives, which become stable ones.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.course.assignment import HEADING, HIDDEN, Assignment, grade_id, headings, role
from autograder.errors import BuildError
from autograder.judge.references import Exercise

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


@dataclasses.dataclass(frozen=True)
class Lesson:
    """One chapter's text: its assignment and what students can be told about each exercise."""

    path: Path
    assignment: Assignment
    exercises: Mapping[str, Exercise]  #: with hints

    @property
    def name(self) -> str:
        """The assignment's name, that of the file."""
        return self.assignment.name


def read(path: Path, heading: str = HEADING) -> Lesson:
    """Read a lesson. Raises :class:`BuildError` that names the file and the cell amiss.

    ``heading`` is how the course writes an exercise's heading. In a lesson either all exercises
    have one or none has.
    """
    raw = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    hints: dict[str, tuple[str, ...]] = {}
    cells = []
    for cell in raw.cells:
        if "hints" in cell.metadata.get("tags", []):
            name = str(cell.metadata.get("exercise", ""))
            hints[name] = _hints(path, name, cell.source)
        else:
            cells.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    notebook.nbformat_minor = 5
    _set_ids(notebook)
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)
    assignment = Assignment.from_notebook(path.stem, notebook, heading)
    exercises = {
        name: dataclasses.replace(exercise, hints=hints.get(name, ()))
        for name, exercise in assignment.exercises.items()
    }
    lesson = Lesson(path, assignment, exercises)
    _validate(lesson, hints, heading)
    return lesson


def _hints(path: Path, name: str, text: str) -> tuple[str, ...]:
    items = re.split(r"(?m)^\d+\.\s+", text.strip())
    found = tuple(" ".join(item.split()) for item in items[1:])
    if not all(found) or not found or items[0].strip():
        raise BuildError(f"{path.name}: the hints of {name!r} are not a numbered list (1. 2. …).")
    return found


def _set_ids(notebook: NotebookNode) -> None:
    """Ids from ``grade_id``, or from content and its count, so that a rebuild is identical."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        name = grade_id(cell)
        if name is None:
            digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:10]
            seen[digest] = seen.get(digest, 0) + 1
            name = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.id = re.sub(r"[^\w-]", "-", name, flags=re.ASCII)[:64]


def _validate(lesson: Lesson, hints: Mapping[str, tuple[str, ...]], heading: str) -> None:
    where = lesson.path.name

    def require(condition: bool, sentence: str) -> None:
        if not condition:
            raise BuildError(f"{where}: {sentence}")

    cells = lesson.assignment.notebook.cells
    ids = [cell.id for cell in cells]
    require(len(set(ids)) == len(ids), "two cells have the same grade_id.")
    by_id = {grade_id(cell): cell for cell in cells if grade_id(cell)}
    require(bool(lesson.exercises), "no solution cell; a lesson has exercises.")
    headed = headings((c.source for c in cells if c.cell_type == "markdown"), heading)
    for name, exercise in lesson.exercises.items():
        require(
            name in headed or not headed, f"exercise {name!r} has no heading of the agreed form."
        )
        require(bool(exercise.hints), f"exercise {name!r} has no hints cell.")
        require("### BEGIN SOLUTION" in by_id[name].source, f"cell {name!r} marks no solution.")
        for which in ("visible", "hidden"):
            cell = by_id.get(f"{name}-{which}")
            require(cell is not None, f"exercise {name!r} has no cell {name}-{which}.")
            assert cell is not None
            points = cell.metadata.nbgrader.get("points", 0)
            require(points > 0, f"cell {name}-{which} has no points.")
            hidden = HIDDEN.sub("", cell.source).strip() == ""
            require(hidden == (which == "hidden"), f"cell {name}-{which}: hidden region misplaced.")
    unknown = set(hints) - set(lesson.exercises)
    require(not unknown, f"hints for exercises that do not exist: {sorted(unknown)}.")
    for cell in cells:
        if role(cell) == "check":
            name = str(grade_id(cell)).rsplit("-", 1)[0]
            require(name in lesson.exercises, f"cell {grade_id(cell)!r} belongs to no exercise.")


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as nbformat writes it, with a final newline."""
    return (nbformat.writes(notebook, version=4) + "\n").encode()
