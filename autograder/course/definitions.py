"""What a student's cell defines, read from its text alone; nothing is executed."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from collections.abc import Iterator

#: IPython's own lines; each becomes one of Python's, so that line numbers stay
_COMMAND = re.compile(r"(?m)^([ \t]*)(?:[%!?]|[\w.]+\?+[ \t]*$).*$")
_ASSIGNED_COMMAND = re.compile(r"(?m)^([ \t]*\w+[ \t]*=)[ \t]*[%!].*$")
_WORD = re.compile(r"[^\W\d]\w*")
_BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclasses.dataclass(frozen=True)
class Code:
    """A cell that can be read.

    ``defined`` are the names that it gives a value at its top level, ``functions`` those of them
    that may be a function or a class, ``open`` those of functions and classes in which nothing was
    written yet. ``text`` is the code as Python reads it; ``shape`` is the same for two texts that
    differ in comments, spaces and docstrings only.
    """

    tree: ast.Module
    defined: frozenset[str]
    functions: frozenset[str]
    open: frozenset[str]
    text: str

    @functools.cached_property
    def shape(self) -> str:
        """What the text does, in one form."""
        try:
            return ast.dump(_Plain().visit(ast.parse(self.text)))
        except (RecursionError, MemoryError):
            return self.text

    @functools.cached_property
    def nameless(self) -> str:
        """What the text does, in one form that its own names do not change.

        A name that the text binds is replaced by its number; those that an exercise asks for are
        bound in the same places of two texts that do the same.
        """
        try:
            tree = _Plain().visit(ast.parse(self.text))
            return ast.dump(_Nameless(_own_names(tree)).visit(tree))
        except (RecursionError, MemoryError):
            return self.text

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to execute in it: comments, a string, ``pass``."""
        return all(map(_is_nothing, self.tree.body))


def words(source: str) -> set[str]:
    """All that looks like a name in a text."""
    return set(_WORD.findall(source))


def without_commands(source: str) -> str:
    """The text with IPython's commands replaced, line by line, by what Python can read."""
    return _COMMAND.sub(r"\1pass", _ASSIGNED_COMMAND.sub(r"\1 None", source))


@functools.lru_cache(maxsize=1024)
def read(source: str) -> Code | None:
    """What a cell defines; None where its text is no code."""
    for text in (source, without_commands(source)):
        try:
            tree = ast.parse(text)
            return Code(
                tree,
                frozenset(_defined(tree)),
                frozenset(_defined(tree, functions=True)),
                frozenset(_open(tree)),
                text,
            )
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements at the top level, those in blocks included."""
    waiting: list[ast.stmt] = list(reversed(tree.body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, _BLOCKS):
            inner = [*statement.body, *getattr(statement, "orelse", ())]
            for handler in getattr(statement, "handlers", ()):
                inner += handler.body
            inner += getattr(statement, "finalbody", ())
            waiting += reversed(inner)


def _defined(tree: ast.Module, functions: bool = False) -> Iterator[str]:
    """The names that are bound; with ``functions`` those that may be a function or a class."""
    for statement in _statements(tree):
        if isinstance(statement, DEFINITIONS):
            if not _is_open(statement):
                yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            if functions and not isinstance(statement.value, ast.Lambda | ast.Name | ast.Attribute):
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
                yield from (part.id for part in parts if isinstance(part, ast.Name))


def _open(tree: ast.Module) -> Iterator[str]:
    for statement in _statements(tree):
        if isinstance(statement, DEFINITIONS) and _is_open(statement):
            yield statement.name


def _is_open(definition: ast.stmt) -> bool:
    """Whether nothing was written into a function or a class: ``raise NotImplementedError()``."""
    if isinstance(definition, ast.ClassDef):
        inner = [s for s in definition.body if not _is_nothing(s)]
        return bool(inner) and all(isinstance(s, DEFINITIONS) and _is_open(s) for s in inner)
    if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        inner = [s for s in definition.body if not _is_nothing(s)]
        return bool(inner) and _is_refusal(inner[0]) and len(inner) == 1
    return False


def _is_refusal(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Raise):
        return False
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def without_definitions(source: str, names: frozenset[str]) -> str:
    """A cell without its top-level functions, classes and assignments called one of ``names``."""
    code = read(source)
    if code is None or "\r" in source:
        return source
    lines = source.split("\n")
    for statement in code.tree.body:
        bound = set(_defined(ast.Module([statement], [])))
        if bound and bound <= names and not isinstance(statement, ast.Import | ast.ImportFrom):
            decorators = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(d.lineno for d in decorators)])
            last = statement.end_lineno or statement.lineno
            if not any(
                other is not statement and other.lineno <= last and (other.end_lineno or 0) >= first
                for other in code.tree.body
            ):
                lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(lines)


def leftover(source: str) -> bool:
    """Whether ``raise NotImplementedError()`` stands in a function beside other code."""
    code = read(source)
    if code is None:
        return False
    return any(
        isinstance(node, ast.FunctionDef)
        and not _is_open(node)
        and any(map(_is_refusal, node.body))
        for node in ast.walk(code.tree)
    )


def _is_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


class _Plain(ast.NodeTransformer):
    """Takes docstrings out."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                del body[0]
        return node


def _own_names(tree: ast.AST) -> set[str]:
    """The names that a text binds: functions, parameters, variables; not what it imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


class _Nameless(ast.NodeTransformer):
    """Numbers names in the order in which they come up."""

    def __init__(self, own: set[str]) -> None:
        self.own = own
        self.numbers: dict[str, str] = {}

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in () if isinstance(node, ast.alias | ast.keyword) else ("id", "name", "arg"):
            name = getattr(node, field, None)
            if isinstance(name, str) and name in self.own:
                setattr(node, field, self.numbers.setdefault(name, f"#{len(self.numbers)}"))
        return super().generic_visit(node)
