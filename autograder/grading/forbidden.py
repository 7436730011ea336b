"""Where an answer's source mentions what its exercise forbids; nothing is executed.

A forbidden function is named by its last part, ``"conv2d"``, or with the package that it is reached
through, ``"torch.nn.functional.conv2d"``. It counts where it is reached through that package, or
with a plain name through any package that the instructor's own cells import (``F.conv2d``, an
alias, an import of it), so that a student's own function may be called ``conv2d``. A plain name of
Python's own, ``"sorted"``, counts where the answer does not define it.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Mapping

from autograder.course.assignment import defined_names, imported_names


def forbidden_calls(source: str, names: Iterable[str], imports: Mapping[str, str]) -> list[str]:
    """What of ``names`` a source mentions, as written there.

    ``imports`` are the names that the instructor's cells give to packages, modules and what is in
    them, with their full names (:attr:`autograder.course.assignment.Assignment.imports`). Calls
    that no scan can see are stopped while they run, where that is possible
    (:func:`autograder.checks.probes.without`).
    """
    names = set(names)
    packages = {path.partition(".")[0] for path in imports.values()}
    wanted: dict[str, set[str]] = {}
    for name in names:
        through = {name.partition(".")[0]} if "." in name else packages
        wanted.setdefault(name.rpartition(".")[2], set()).update(through)
    if source.isascii() and not re.search(rf"\b({'|'.join(wanted)})\b", source, re.IGNORECASE):
        return []  # not a word of them; beyond ASCII, letters have several spellings
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    known = dict(imports) | imported_names(tree)
    own = defined_names(source)

    def forbids(path: str) -> bool:
        package, last = path.partition(".")[0], path.rpartition(".")[2]
        return any(package in wanted.get(name, ()) for name in (last, last.lower()))

    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            parts = _dotted(node)
            if parts and parts[0] in known and forbids(".".join([known[parts[0]], *parts[1:]])):
                found.append(".".join(parts))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            path = known.get(node.id, "")
            is_pythons = node.id in names and node.id not in own and hasattr(builtins, node.id)
            if ("." in path and forbids(path)) or is_pythons:
                found.append(node.id)
    return found


def _dotted(node: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return []
    return [node.id, *reversed(parts)]
