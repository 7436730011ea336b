"""The names that check cells see: their own, those of set-up cells, the answers, Python's.

Check cells run beside the student's cells, not among them. What they bind stays here, so no helper
of theirs hides a student's, and of the student's names they see the answers alone: a helper called
``block``, ``check`` or ``range`` changes nothing.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hashlib
import re
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

from autograder.checks.traces import is_function, watched

MODULE = "__check__"  #: in which classes of check cells live, so that pickle finds them


class CheckNamespace(dict[str, Any]):
    """The global names of check cells.

    Args:
        student: the namespace that all other cells run in.
        answers: the names that solution cells define, with their exercises.
    """

    def __init__(self, student: dict[str, Any], answers: Mapping[str, str]) -> None:
        super().__init__(__name__=MODULE, __builtins__=builtins, __doc__=None)
        self.student = student
        self.answers = answers
        self._watched: dict[str, tuple[Any, Any]] = {}
        sys.modules[MODULE] = _Module(self)

    def __missing__(self, name: str) -> Any:
        if name in self.answers and name in self.student:
            return self._answer(name, self.student[name])
        known = vars(builtins).get(name, self)
        return self.student[name] if known is self else known  # a demonstration's

    @contextlib.contextmanager
    def shared(self, source: str) -> Iterator[None]:
        """While a set-up cell runs here: what it binds is the student's too.

        So it needs nothing of theirs, whatever they have made of its names.
        """
        before = dict(self)
        self["__name__"] = "__main__"
        try:
            yield
        finally:
            self["__name__"] = MODULE
            new = {name for name, value in self.items() if before.get(name, self) is not value}
            for name in bound_names(source) | new:
                if name in self and not name.startswith("_"):
                    self.student[name] = self[name]

    def take(self, names: set[str]) -> None:
        """Keep what a set-up cell has just bound, whatever becomes of it among the student's."""
        for name in names & self.student.keys():
            self[name] = self.student[name]

    def _answer(self, name: str, value: Any) -> Any:
        if not is_function(value):
            return value
        known = self._watched.get(name)
        if known is None or known[0] is not value:
            known = self._watched[name] = (value, watched(value, self.answers[name]))
        return known[1]


class _Module(types.ModuleType):
    def __init__(self, names: CheckNamespace) -> None:
        super().__init__(MODULE)
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name in self._names:
            return self._names[name]
        raise AttributeError(name)


class Room:
    """What IPython takes for the user's module while a check cell runs: it has a ``__dict__``."""

    def __init__(self, names: CheckNamespace) -> None:
        self._names = names

    def __getattribute__(self, name: str) -> Any:
        names = object.__getattribute__(self, "_names")
        return names if name == "__dict__" else object.__getattribute__(self, name)


def normal_text(source: str) -> str:
    """A cell's text without the differences that no reader sees."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def digest(source: str) -> str:
    """By which a cell's text is known again."""
    return hashlib.sha256(normal_text(source).encode("utf-8", "replace")).hexdigest()[:16]


_MAGIC = re.compile(r"(?m)^[ \t]*[%!].*$")


def bound_names(source: str) -> set[str]:
    """The names that a trusted cell binds at its top level."""
    try:
        tree = ast.parse(_MAGIC.sub("pass", source))
    except (SyntaxError, ValueError):
        return set()
    return set(_bound(tree))


_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif not isinstance(node, _SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)
