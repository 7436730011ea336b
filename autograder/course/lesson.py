"""A lesson's text, ``notebooks/NN_name.py``, as the instructor's notebook.

The text is jupytext's percent format with nbgrader's own cell metadata. Three things are taken out
of the notebook on the way: hint cells (``tags=["hints"] exercise="name"``), which become part of
the reference files, metadata that only authors need (:data:`AUTHORING`), and the random cell ids
that jupytext gives, which become stable ones.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course.assignment import HEADING, Assignment, grade_id
from autograder.course.proofread import proofread
from autograder.course.remarks import refuse
from autograder.judge.exercise import Exercise

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


#: metadata by which a text says something to its authors and tests alone: ``seed=["A1.c1"]`` names
#: the rows of the course's seed documents that a cell shows
AUTHORING = ("seed",)


@dataclasses.dataclass(frozen=True)
class Lesson:
    """One chapter's text: its assignment and what students can be told about each exercise."""

    path: Path
    assignment: Assignment
    exercises: Mapping[str, Exercise]  #: with hints
    authoring: Mapping[str, Mapping[str, Any]]  #: by cell id; no notebook holds it

    @property
    def name(self) -> str:
        """The assignment's name, that of the file."""
        return self.assignment.name


def read(path: Path, heading: str = HEADING) -> Lesson:
    """Read a lesson. Raises :class:`BuildError` that names all that is amiss, with its lines.

    ``heading`` is how the course writes an exercise's heading. In a lesson either all exercises
    have one or none has.
    """
    refuse(proofread(path, heading))
    import jupytext  # it takes a second, and what is refused needs it not

    raw = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    hints: dict[str, tuple[str, ...]] = {}
    cells = []
    for cell in raw.cells:
        if "hints" in cell.metadata.get("tags", []):
            name = str(cell.metadata.get("exercise", ""))
            hints[name] = _hints(cell.source)
        else:
            cells.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    notebook.nbformat_minor = 5
    _set_ids(notebook)
    authoring: dict[str, dict[str, Any]] = {}
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)
        said = {key: cell.metadata.pop(key) for key in AUTHORING if key in cell.metadata}
        if said:
            authoring[cell.id] = said
    assignment = Assignment.from_notebook(path.stem, notebook, heading)
    exercises = {
        name: dataclasses.replace(exercise, hints=hints.get(name, ()))
        for name, exercise in assignment.exercises.items()
    }
    return Lesson(path, assignment, exercises, authoring)


def _hints(text: str) -> tuple[str, ...]:
    items = re.split(r"(?m)^\d+\.\s+", text.strip())
    return tuple(" ".join(item.split()) for item in items[1:])


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


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as nbformat writes it, with a final newline."""
    return f"{nbformat.writes(notebook, version=4)}\n".encode()
