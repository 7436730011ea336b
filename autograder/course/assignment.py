"""The instructor's notebook of one chapter, read once: its cells by role and its exercises.

The file is ``source/NN_name/NN_name.ipynb``, which ``autograder build`` makes from the lesson's
text. It is trusted.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import re
from typing import TYPE_CHECKING, Literal

from autograder.judge.references import Exercise

if TYPE_CHECKING:
    from nbformat import NotebookNode

Role = Literal["text", "demo", "setup", "solution", "check"]

HEADING = re.compile(
    r"^###\s+Exercise\s+(?P<number>\d+\.\d+)\s+·\s+`(?P<name>\w+)`\s+·\s+"
    r"(?P<stars>[★☆]{3})\s+·\s+(?P<minutes>\d+)\s+minutes\s*$",
    re.MULTILINE,
)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n?", re.DOTALL)
SOLUTION = re.compile(
    r"^[ \t]*### BEGIN SOLUTION\n.*?### END SOLUTION\n?", re.DOTALL | re.MULTILINE
)


def grade_id(cell: NotebookNode) -> str | None:
    """nbgrader's name of a cell, or None."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else None


def role(cell: NotebookNode) -> Role:
    """What an instructor's cell is for. Cells tagged ``demo`` are not executed for grading."""
    nbgrader = cell.metadata.get("nbgrader", {})
    if cell.cell_type != "code":
        return "text"
    if nbgrader.get("solution"):
        return "solution"
    if nbgrader.get("grade"):
        return "check"
    return "demo" if "demo" in cell.metadata.get("tags", []) else "setup"


@dataclasses.dataclass(frozen=True)
class Assignment:
    """A chapter as the grader knows it."""

    name: str
    notebook: NotebookNode
    exercises: dict[str, Exercise]
    version: str  #: hash of what decides verdicts: setup, solution and check cells

    @classmethod
    def from_notebook(cls, name: str, notebook: NotebookNode) -> Assignment:
        """Derive everything from the cells."""
        exercises = {e.name: e for e in _exercises(notebook)}
        decisive = [
            f"{role(c)}\n{grade_id(c)}\n{c.source}"
            for c in notebook.cells
            if role(c) in ("setup", "solution", "check")
        ]
        version = hashlib.sha256("\0".join(decisive).encode()).hexdigest()[:16]
        return cls(name, notebook, exercises, version)

    @functools.cached_property
    def points(self) -> dict[str, float]:
        """The points of every grade cell, by ``grade_id``."""
        return {
            str(grade_id(cell)): float(cell.metadata.nbgrader.points)
            for cell in self.notebook.cells
            if role(cell) == "check"
        }

    @functools.cached_property
    def index(self) -> tuple[dict[str, int], dict[str, int]]:
        """Positions of the cells by name (``grade_id`` and id) and by text."""
        by_name: dict[str, int] = {}
        by_text: dict[str, int] = {}
        for i, cell in enumerate(self.notebook.cells):
            by_name[cell.id] = i
            by_name[grade_id(cell) or cell.id] = i
            by_text.setdefault(normal_text(cell.source), i)
        return by_name, by_text

    @property
    def max_score(self) -> float:
        """The points of the whole chapter."""
        return sum(self.points.values())


def _exercises(notebook: NotebookNode) -> list[Exercise]:
    headings = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings.update({m["name"]: m for m in HEADING.finditer(cell.source)})
    points = {
        grade_id(cell): float(cell.metadata.nbgrader.get("points", 0))
        for cell in notebook.cells
        if role(cell) == "check"
    }
    exercises = []
    for cell in notebook.cells:
        name = grade_id(cell)
        if role(cell) != "solution" or name is None:
            continue
        match = headings.get(name)
        exercises.append(
            Exercise(
                name=name,
                title=match["number"] if match else "",
                difficulty=match["stars"].count("★") if match else 1,
                minutes=int(match["minutes"]) if match else 5,
                points=(points.get(f"{name}-visible", 0.0), points.get(f"{name}-hidden", 0.0)),
            )
        )
    return exercises


def normal_text(source: str) -> str:
    """A cell's text without the differences that no reader sees."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def defined_names(source: str) -> set[str]:
    """Names that a trusted cell binds at its top level."""
    names: set[str] = set()
    try:
        tree = ast.parse(re.sub(r"(?m)^[ \t]*[%!].*$", "pass", source))
    except SyntaxError:
        return names
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
    return names
