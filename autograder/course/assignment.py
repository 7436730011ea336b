"""The instructor's notebook of one chapter, read once: its cells by role and its exercises.

The file is ``source/NN_name/NN_name.ipynb``, which ``autograder build`` makes from the lesson's
text. It is trusted.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import hashlib
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal

from autograder.checks.namespace import bound_names, digest, normal_text
from autograder.course.statement import requirements
from autograder.judge.exercise import Exercise

if TYPE_CHECKING:
    from nbformat import NotebookNode

Role = Literal["text", "demo", "setup", "solution", "check"]

#: an exercise's heading; a course may have one of its own, with at least the group ``name``
HEADING = (
    r"^###\s+Exercise\s+(?P<number>\d+\.\d+)\s+·\s+`(?P<name>\w+)`\s+·\s+"
    r"(?P<stars>[★☆]{3})\s+·\s+(?P<minutes>\d+)\s+minutes(?:\s+·\s+(?P<further>further))?\s*$"
)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n?", re.DOTALL)
SOLUTION = re.compile(
    r"^[ \t]*### BEGIN SOLUTION\n.*?### END SOLUTION\n?", re.DOTALL | re.MULTILINE
)
_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
#: the lines around what students write themselves
SOLUTION_MARK = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)


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
    executes: str = ""  #: the same without the settings of checks that only the judge reads

    @classmethod
    def from_notebook(cls, name: str, notebook: NotebookNode, heading: str = HEADING) -> Assignment:
        """Derive everything from the cells; ``heading`` is how an exercise's heading is written."""
        exercises = {e.name: e for e in _exercises(notebook, heading)}
        cells = [c for c in notebook.cells if role(c) in ("setup", "solution", "check")]
        version = _hash(f"{role(c)}\n{grade_id(c)}\n{c.source}" for c in cells)
        executes = _hash(
            _without_settings(c.source) if role(c) == "check" else c.source for c in cells
        )
        return cls(name, notebook, exercises, version, executes)

    def only(self, exercises: Collection[str]) -> Assignment:
        """The chapter without the checks of other exercises, whose solutions become set-up."""
        notebook = copy.deepcopy(self.notebook)
        kept = []
        for cell in notebook.cells:
            name = str(grade_id(cell))
            if role(cell) == "check" and exercise_of_cell(name) not in exercises:
                continue
            if role(cell) == "solution" and name not in exercises:
                del cell.metadata["nbgrader"]
            kept.append(cell)
        notebook.cells = kept
        alone = Assignment.from_notebook(self.name, notebook)
        return dataclasses.replace(  # their headings need not be read again, whatever their form
            alone, exercises={name: self.exercises[name] for name in alone.exercises}
        )

    @functools.cached_property
    def title(self) -> str:
        """The first heading of its text, or nothing."""
        texts = (cell.source for cell in self.notebook.cells if cell.cell_type == "markdown")
        found = next(filter(None, (_TITLE.search(text) for text in texts)), None)
        return found[1].strip() if found is not None else ""

    @functools.cached_property
    def solutions(self) -> dict[str, str]:
        """The solution cells by exercise, without their marks."""
        return {
            str(grade_id(cell)): SOLUTION_MARK.sub("", cell.source)
            for cell in self.notebook.cells
            if role(cell) == "solution"
        }

    @functools.cached_property
    def hidden(self) -> dict[str, str]:
        """The source of the hidden checks by exercise, without their marks."""
        return {
            exercise_of_cell(str(grade_id(cell))): "\n".join(
                "\n".join(region.strip().splitlines()[1:-1])
                for region in HIDDEN.findall(cell.source)
            )
            for cell in self.notebook.cells
            if role(cell) == "check" and HIDDEN.search(cell.source)
        }

    @functools.cached_property
    def points(self) -> dict[str, float]:
        """The points of every grade cell, by ``grade_id``."""
        return {
            str(grade_id(cell)): float(cell.metadata.nbgrader.points)
            for cell in self.notebook.cells
            if role(cell) == "check"
        }

    @functools.cached_property
    def answers(self) -> dict[str, str]:
        """The names that solution cells define at their top level, with their exercises."""
        return {
            name: str(grade_id(cell))
            for cell in self.notebook.cells
            if role(cell) == "solution"
            for name in bound_names(cell.source)
        }

    @functools.cached_property
    def known_cells(self) -> dict[str, str]:
        """Set-up and check cells by the digest of their text, as students have it too."""
        found: dict[str, str] = {}
        for cell in self.notebook.cells:
            if role(cell) in ("setup", "check"):
                name = str(grade_id(cell)) if role(cell) == "check" else ""
                for text in (cell.source, HIDDEN.sub("", cell.source)):
                    if text.strip():
                        found[digest(text)] = name
        return found

    @functools.cached_property
    def imports(self) -> dict[str, str]:
        """The names that the instructor's cells import, with what they stand for."""
        found: dict[str, str] = {}
        for cell in self.notebook.cells:
            if role(cell) in ("demo", "setup"):
                found |= imported_names(_tree(cell.source))
        return {name: path for name, path in found.items() if path.split(".")[0] != "autograder"}

    @functools.cached_property
    def by_name(self) -> dict[str, int]:
        """Positions of the cells by ``grade_id`` and by id."""
        found: dict[str, int] = {}
        for i, cell in enumerate(self.notebook.cells):
            found[cell.id] = i
            found[grade_id(cell) or cell.id] = i
        return found

    @functools.cached_property
    def released(self) -> tuple[str, ...]:
        """The text of every cell as students get it, without what a reader does not see."""
        return tuple(normal_text(_released(cell)) for cell in self.notebook.cells)

    @functools.cached_property
    def by_text(self) -> dict[str, int]:
        """Positions of the cells by the text that students get, the first of each."""
        found: dict[str, int] = {}
        for i, text in enumerate(self.released):
            if text:
                found.setdefault(text, i)
        return found

    @functools.cached_property
    def asked(self) -> dict[str, frozenset[str]]:
        """The names that an answer to each exercise must define, by the exercise."""
        found: dict[str, frozenset[str]] = {}
        for name, text in self.solutions.items():
            bound = frozenset(bound_names(text))
            found[name] = frozenset([name]) if name in bound else bound
        return found

    @property
    def max_score(self) -> float:
        """The points of the whole chapter."""
        return sum(self.points.values())


def _released(cell: NotebookNode) -> str:
    """A cell's text as nbgrader hands it out: stubs for solutions, no hidden checks."""
    if role(cell) != "solution":
        return HIDDEN.sub("", cell.source)
    text, count = SOLUTION.subn(_stub, cell.source)
    return text if count else "# YOUR CODE HERE\nraise NotImplementedError()"


def _stub(region: re.Match[str]) -> str:
    """nbgrader's, in place of a solution."""
    text = region[0]
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    stub = f"{indent}# YOUR CODE HERE\n{indent}raise NotImplementedError()"
    return f"{stub}\n" if text.endswith("\n") else stub


def exercise_of_cell(name: str) -> str:
    """The exercise of a check cell by its ``grade_id``: ``NAME-visible`` or ``NAME-hidden``."""
    return name.rsplit("-", 1)[0]


def headings(texts: Iterable[str], heading: str = HEADING) -> dict[str, re.Match[str]]:
    """The headings of exercises in texts, by the exercise's name."""
    pattern = re.compile(heading, re.MULTILINE)
    return {match["name"]: match for text in texts for match in pattern.finditer(text)}


def statements(cells: Iterable[tuple[str, bool]], heading: str = HEADING) -> dict[str, str]:
    """What stands between the heading of each exercise and its solution cell.

    ``cells`` are the texts of all cells, empty where they are code, and whether they hold a
    solution.
    """
    pattern = re.compile(heading, re.MULTILINE)
    found: dict[str, str] = {}
    name = None
    for text, is_solution in cells:
        name = None if is_solution else name
        before = 0
        for match in pattern.finditer(text):
            if name is not None:
                found[name] += text[before : match.start()]
            name, before = match["name"], match.end()
            found[name] = ""
        if name is not None:
            found[name] += f"{text[before:]}\n\n"
    return found


def _exercises(notebook: NotebookNode, heading: str) -> list[Exercise]:
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    found = headings(texts, heading)
    pieces = (
        (cell.source if cell.cell_type == "markdown" else "", role(cell) == "solution")
        for cell in notebook.cells
    )
    asked = {name: requirements(text) for name, text in statements(pieces, heading).items()}
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
        about = found[name].groupdict() if name in found else {}
        exercises.append(
            Exercise(
                name=name,
                title=about.get("number") or name,
                difficulty=(about.get("stars") or "").count("★"),
                minutes=int(about.get("minutes") or 0),
                points=(points.get(f"{name}-visible", 0.0), points.get(f"{name}-hidden", 0.0)),
                requirements=tuple(asked.get(name, ())),
                parameters=_parameters(cell.source, name),
                further=bool(about.get("further")),
            )
        )
    return exercises


def _parameters(source: str, name: str) -> tuple[str, ...]:
    """What the function ``name`` of a solution cell takes by position."""
    for node in ast.iter_child_nodes(_tree(source)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))
    return ()


def _tree(source: str) -> ast.AST:
    """A trusted cell's syntax tree, IPython's own commands left aside."""
    try:
        return ast.parse(re.sub(r"(?m)^[ \t]*[%!].*$", "pass", source))
    except SyntaxError:
        return ast.Module([], [])


def imported_names(tree: ast.AST) -> dict[str, str]:
    """The names that imports bind, with what they stand for: ``F`` is ``torch.nn.functional``."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def defined_names(source: str) -> set[str]:
    """Names that a trusted cell binds at its top level."""
    names: set[str] = set()
    for node in ast.walk(_tree(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
    return names


def _hash(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


_SETTINGS = {"rtol", "atol", "requirement", "sides", "allow"}  # of check()


def _without_settings(source: str) -> str:
    """A check cell's text without what decides nothing that is executed."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # it has a command of IPython's, for example
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check":
            node.keywords = [k for k in node.keywords if k.arg not in _SETTINGS]
    return ast.unparse(tree)
