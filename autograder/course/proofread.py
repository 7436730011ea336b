"""What is wrong with a chapter's text, found by reading alone: nothing is executed or imported.

Every remark names the file and the line. What only an execution shows (a result that cannot be
recorded, one that differs from run to run) is in :mod:`autograder.course.examine`.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course import answers, assignment, statement
from autograder.course.assignment import HEADING, HIDDEN, exercise_of_cell, headings
from autograder.course.remarks import Remark, name_of

_HEADER = re.compile(r"^#\s*%%(?:\s+(?P<text>.*?))?\s*$")
_OPTION = re.compile(r"(?:^|(?<=\s))(?P<key>[A-Za-z_][\w.@/-]*)=")
_MAGIC = re.compile(r"(?m)^([ \t]*)[%!].*$")
_KINDS = {"": "code", "[markdown]": "text", "[md]": "text", "[raw]": "text"}

RECORDED = "numbers, strings, lists, tuples, dicts, arrays, tensors and modules"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One percent cell as it stands in the text."""

    line: int  #: of its header
    kind: str  #: ``code`` or ``text``
    metadata: dict[str, Any]
    body: str
    wrong: str = ""  #: what is wrong with its header, for a person

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        tags = self.metadata.get("tags", [])
        return tags if isinstance(tags, list) else []

    @property
    def nbgrader(self) -> dict[str, Any]:
        """Its nbgrader metadata, empty when there is none."""
        found = self.metadata.get("nbgrader")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """Its ``grade_id``, empty when it has none."""
        return str(self.nbgrader.get("grade_id") or "")

    @property
    def is_solution(self) -> bool:
        """Whether it holds a solution."""
        return self.kind == "code" and bool(self.nbgrader.get("solution"))

    @property
    def is_check(self) -> bool:
        """Whether it is a grade cell."""
        return self.kind == "code" and not self.is_solution and bool(self.nbgrader.get("grade"))

    @property
    def exercise(self) -> str:
        """The exercise that a grade cell belongs to."""
        return exercise_of_cell(self.name)

    @functools.cached_property
    def tree(self) -> ast.Module | SyntaxError:
        """The code, with the line numbers of the file, or why there is none."""
        try:
            tree = _parse(self.body)
        except SyntaxError as error:
            return error
        return ast.increment_lineno(tree, self.line)


@dataclasses.dataclass(frozen=True)
class CheckCall:
    """One ``check(…)`` of a grade cell."""

    cell: Cell
    line: int
    name: str | None  #: None where it is put together while running
    pattern: str | None  #: what names put together there look like
    looped: bool
    node: ast.Call


def proofread(path: Path, heading: str = HEADING) -> list[Remark]:
    """Everything that is wrong with a lesson and its file of answers, sorted by line.

    ``heading`` is how the course writes an exercise's heading.
    """
    text = path.read_text(encoding="utf-8")
    cells = split(text)
    file = name_of(path)
    found = [Remark(file, line, sentence) for line, sentence in _remarks(cells, heading)]
    broken = any(cell.wrong for cell in cells)
    exercises = None if broken else [cell.name for cell in cells if cell.is_solution]
    known = path.with_name(f"{path.stem}.answers.py")
    return sorted({*found, *answers.remarks(known, exercises)})


def split(text: str) -> list[Cell]:
    """The cells of a text in the percent format."""
    cells: list[Cell] = []
    header: tuple[int, str] | None = None
    body: list[str] = []

    def close() -> None:
        if header is not None:
            kind, metadata, wrong = _header(header[1])
            cells.append(Cell(header[0], kind, metadata, "\n".join(body), wrong))

    for number, line in enumerate(text.splitlines(), 1):
        match = _HEADER.match(line)
        if match:
            close()
            header, body = (number, match["text"] or ""), []
        else:
            body.append(line)
    close()
    return cells


def _header(text: str) -> tuple[str, dict[str, Any], str]:
    """Kind, metadata and what is wrong with them."""
    first = _OPTION.search(text)
    title = text[: first.start() if first else len(text)].strip()
    bracket = re.search(r"\[\w*\]$", title)
    name = bracket[0] if bracket else ""
    kind = _KINDS.get(name, "code")
    wrong = ""
    if name not in _KINDS:
        wrong = f"there is no kind of cell {name}; it is [markdown], [raw] or nothing."
    elif re.search(r"[{}=\"]", title):
        wrong = "the cell's metadata cannot be read: it is written key=value, without spaces."
    metadata: dict[str, Any] = {}
    at = first.start() if first else len(text)
    while at < len(text) and not wrong:
        option = _OPTION.match(text, at)
        if option is None:
            rest = text[at : at + 20]
            wrong = f"the cell's metadata cannot be read: key=value is expected at {rest!r}."
            break
        try:
            value, at = json.JSONDecoder().raw_decode(text, option.end())
        except json.JSONDecodeError as error:
            near = text[max(option.end(), error.pos - 15) : error.pos + 10]
            reason = error.msg[:1].lower() + error.msg[1:]
            wrong = (
                f"the cell's metadata cannot be read: in {option['key']}, {reason} near {near!r}."
            )
            break
        if option["key"] in metadata:
            wrong = f"the cell's metadata has {option['key']} twice."
        metadata[option["key"]] = value
        after = re.compile(r"\s+|$").match(text, at)
        if after is None:
            wrong = (
                f"the cell's metadata cannot be read: a space is missing after {option['key']}, "
                f"before {text[at : at + 20]!r}."
            )
            break
        at = after.end()
    return kind, metadata, wrong


def _remarks(cells: list[Cell], heading: str) -> Iterator[tuple[int, str]]:
    broken = False
    for cell in cells:
        if cell.wrong:
            broken = True
            yield cell.line, cell.wrong
        elif "nbgrader" in cell.metadata and not cell.name:
            yield cell.line, "the cell's nbgrader metadata has no grade_id."
        is_to_run = cell.kind == "code" and "raises-exception" not in cell.tags
        if is_to_run and isinstance(cell.tree, SyntaxError):
            yield cell.line + (cell.tree.lineno or 1), f"{cell.tree.msg}."
    yield from _same_names(cells)
    yield from _points(cells)
    yield from _hints(cells)
    if not broken:  # else what is missing may only be unreadable
        yield from _structure(cells, heading)
    yield from _checks(cells, broken)
    yield from _statements(cells, heading)
    yield from _returns(cells)


def _same_names(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    for cell in cells:
        if cell.name:
            before = first.setdefault(cell.name, cell.line)
            if before != cell.line:
                yield cell.line, f"the cell in line {before} has the grade_id {cell.name!r} too."


def _points(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    for cell in cells:
        points: Any = cell.nbgrader.get("points")
        number = isinstance(points, int | float) and not isinstance(points, bool)
        if cell.is_check and not (number and points > 0):
            yield cell.line, f"the cell {cell.name!r} has no points."


def _hints(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    for cell in cells:
        if "hints" not in cell.tags:
            continue
        name = str(cell.metadata.get("exercise", ""))
        items = re.split(r"(?m)^\d+\.\s+", markdown(cell).strip())
        if not all(item.strip() for item in items[1:]) or len(items) < 2 or items[0].strip():
            yield cell.line, f"the hints of {name!r} are not a numbered list (1. 2. …)."


def _structure(cells: list[Cell], heading: str) -> Iterator[tuple[int, str]]:
    by_name = {cell.name: cell for cell in cells if cell.name}
    exercises = {cell.name: cell for cell in cells if cell.is_solution}
    hints = {str(c.metadata.get("exercise", "")): c for c in cells if "hints" in c.tags}
    text = "\n".join(markdown(cell) for cell in cells if cell.kind == "text")
    headed = headings([text], heading)
    if not exercises:
        yield 1, "no solution cell; a lesson has exercises."
    for name, cell in exercises.items():
        titled = re.search(rf"(?m)^#{{1,6}}\s.*`{re.escape(name)}`", text)
        if name not in headed and (headed or titled):  # a lesson may do without headings
            yield (
                cell.line,
                f"exercise {name!r} has no heading of the agreed form: "
                f"`### Exercise 3.1 · `{name}` · ★☆☆ · 5 minutes`, or what c.Course.heading says.",
            )
        if name not in hints:
            yield cell.line, f"exercise {name!r} has no cell of hints."
        if "### BEGIN SOLUTION" not in cell.body:
            yield cell.line, f"the cell {name!r} marks no solution (### BEGIN SOLUTION)."
        for which in ("visible", "hidden"):
            check = by_name.get(f"{name}-{which}")
            if check is None or not check.is_check:
                yield cell.line, f"exercise {name!r} has no grade cell {name}-{which}."
                continue
            hidden = not HIDDEN.sub("", f"{check.body}\n").strip()
            if which == "hidden" and not hidden:
                yield (
                    check.line,
                    f"not all of the cell {check.name} is between ### BEGIN HIDDEN TESTS and "
                    f"### END HIDDEN TESTS.",
                )
            elif which == "visible" and hidden:
                yield check.line, f"the cell {check.name} has nothing that is visible."
    for name, cell in hints.items():
        if name not in exercises:
            yield cell.line, f"hints for an exercise that does not exist: {name!r}."
    for cell in cells:
        if cell.is_check and cell.exercise not in exercises:
            yield cell.line, f"the cell {cell.name!r} belongs to no exercise."


def statements(cells: list[Cell], heading: str) -> dict[str, tuple[int, str]]:
    """The text between each exercise's heading and its solution, and the line of the heading."""
    texts = [
        markdown(cell) if cell.kind == "text" and "hints" not in cell.tags else "" for cell in cells
    ]
    pieces = ((text, cell.is_solution) for text, cell in zip(texts, cells, strict=True))
    lines: dict[str, int] = {}
    for cell, text in zip(cells, texts, strict=True):
        for name, match in headings([text], heading).items():
            lines[name] = cell.line + 1 + text.count("\n", 0, match.end())
    between = assignment.statements(pieces, heading)
    return {name: (lines[name], text) for name, text in between.items()}


def _statements(cells: list[Cell], heading: str) -> Iterator[tuple[int, str]]:
    points: dict[str, float] = {}
    for cell in cells:
        given: Any = cell.nbgrader.get("points")
        if cell.is_check and isinstance(given, int | float):
            points[cell.exercise] = points.get(cell.exercise, 0.0) + given
    yield from statement.remarks(statements(cells, heading), points)


def markdown(cell: Cell) -> str:
    """The text of a text cell without the comment marks."""
    body = cell.body.strip()
    for quotes in ('"""', "'''"):
        if body.startswith(quotes) and body.endswith(quotes):
            return body[3:-3]
    return re.sub(r"(?m)^# ?", "", cell.body)


# -------------------------------------------------------------------------------------- checks


def check_calls(cells: list[Cell]) -> list[CheckCall]:
    """Every ``check(…)`` of the grade cells, in order."""
    found = []
    for cell in cells:
        if cell.is_check and isinstance(cell.tree, ast.Module):
            found += list(_calls(cell, cell.tree, False))
    return found


def line_of(cells: list[Cell], cell_name: str, check: str) -> int:
    """Where a grade cell calls a check: the call's line, or the cell's where that is not known."""
    own = [call for call in check_calls(cells) if call.cell.name == cell_name]
    for call in own:
        if call.name == check:
            return call.line
    for call in own:
        if call.pattern is not None and re.fullmatch(call.pattern, check, re.DOTALL):
            return call.line
    return next((cell.line for cell in cells if cell.name == cell_name), 1)


def _calls(cell: Cell, node: ast.AST, looped: bool) -> Iterator[CheckCall]:
    if isinstance(node, ast.Call) and _called(node) == "check" and node.args:
        name, pattern = _name(node.args[0])
        yield CheckCall(cell, node.lineno, name, pattern, looped, node)
    inner = looped or isinstance(node, ast.For | ast.While)
    for child in ast.iter_child_nodes(node):
        yield from _calls(cell, child, inner)


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr if isinstance(function.value, ast.Name) else ""
    return function.id if isinstance(function, ast.Name) else ""


def _name(node: ast.expr) -> tuple[str | None, str | None]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, None
    if isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*"
            for part in node.values
        ]
        return None, "".join(parts)
    return None, None


def _checks(cells: list[Cell], broken: bool) -> Iterator[tuple[int, str]]:
    first: dict[str, int] = {}
    exercises = {cell.name for cell in cells if cell.is_solution}
    for call in check_calls(cells):
        shown = call.name
        start = call.node.args[0]
        if isinstance(start, ast.JoinedStr):
            lead = start.values[0] if start.values else None
            text = lead.value if isinstance(lead, ast.Constant) else ""
            shown = text if isinstance(text, str) and "/" in text else None
        if shown is not None:
            exercise, slash, what = shown.partition("/")
            own = call.cell.exercise
            if not slash or not exercise or (call.name is not None and not what):
                yield call.line, f"a check is named exercise/what; {shown!r} is not."
            elif exercise != own and (broken or own in exercises):
                yield (
                    call.line,
                    f"the check {shown!r} is in the cell {call.cell.name}; its name has to begin "
                    f"with {own}/.",
                )
        if call.name is None:
            continue
        before = first.setdefault(call.name, call.line)
        if before != call.line:
            yield call.line, f"the check in line {before} is called {call.name!r} too."
        elif call.looped:
            yield (
                call.line,
                f"the check {call.name!r} is in a loop, where each round needs a name of its own.",
            )


# ------------------------------------------------------------------------------------- results


def _returns(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    solutions = {cell.name: cell for cell in cells if cell.is_solution}
    told = set()
    for call in check_calls(cells):
        if len(call.node.args) < 2:
            continue
        answer = call.node.args[1]
        name = f"check({call.name!r})" if call.name else "a check"
        what = unrecordable(answer.body if isinstance(answer, ast.Lambda) else answer)
        if what:
            yield call.line, f"{name} gets {what}, which it cannot record; it can: {RECORDED}."
        solution = solutions.get(call.cell.exercise)
        if not isinstance(answer, ast.Name) or solution is None:
            continue
        if not isinstance(solution.tree, ast.Module):
            continue
        for function in solution.tree.body:
            if not isinstance(function, ast.FunctionDef) or function.name != answer.id:
                continue
            for line, result in _results(function):
                if line not in told:
                    told.add(line)
                    yield (
                        line,
                        f"{function.name} returns {result}, which {name} cannot record; it can: "
                        f"{RECORDED}.",
                    )


def _results(function: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Yield | ast.YieldFrom):
            yield node.lineno, "a generator"
        if isinstance(node, ast.Return) and node.value is not None:
            what = unrecordable(node.value)
            if what:
                yield node.lineno, what
        stack.extend(ast.iter_child_nodes(node))


_CALLS = {
    "set": "a set",
    "frozenset": "a frozenset",
    "object": "an object()",
    "map": "a map",
    "filter": "a filter",
    "zip": "a zip",
    "range": "a range",
    "iter": "an iterator",
    "reversed": "an iterator",
    "enumerate": "an enumerate",
    "bytes": "bytes",
    "complex": "a complex number",
}


def unrecordable(node: ast.expr) -> str:
    """What in an expression evidence cannot hold, as far as it can be seen; empty if nothing."""
    if isinstance(node, ast.Set | ast.SetComp):
        return "a set"
    if isinstance(node, ast.GeneratorExp):
        return "a generator"
    if isinstance(node, ast.Lambda):
        return "a function"
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes | complex):
        return "bytes" if isinstance(node.value, bytes) else "a complex number"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _CALLS.get(node.func.id, "")
    parts: list[ast.expr] = []
    if isinstance(node, ast.Tuple | ast.List):
        parts = node.elts
    elif isinstance(node, ast.Dict):
        parts = node.values
    elif isinstance(node, ast.ListComp):
        parts = [node.elt]
    elif isinstance(node, ast.DictComp):
        parts = [node.value]
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    return next((found for part in parts if (found := unrecordable(part))), "")


def _parse(code: str) -> ast.Module:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    if code.lstrip().startswith("%%"):
        return ast.Module([], [])  # a magic's cell is not Python
    try:
        tree = compile(code, "cell", "exec", flags, dont_inherit=True)
    except SyntaxError:
        plain = _MAGIC.sub(r"\1pass", code)
        if plain == code:
            raise
        tree = compile(plain, "cell", "exec", flags, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree
