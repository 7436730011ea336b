"""Which check cells an attempt needs where only some of its checks are of interest."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Collection

from autograder.checks.namespace import bound_names
from autograder.course.attempt import Attempt
from autograder.course.definitions import without_commands


def with_checks(attempt: Attempt, cells: Collection[str]) -> Attempt:
    """The attempt with these check cells and those that bind names for them, without the others."""
    kept = []
    wanted: set[str] = set()
    for cell in reversed(attempt.cells):
        if cell.kind == "check":
            binds = bound_names(cell.source)
            if cell.name not in cells and not binds & wanted:
                continue
            read = _read(cell.source)
            if read is None:  # nobody knows what it needs
                return attempt
            wanted = (wanted - binds) | read
        kept.append(cell)
    return dataclasses.replace(attempt, cells=tuple(reversed(kept)))


def _read(source: str) -> set[str] | None:
    """The names that a cell uses and has not bound before; None where it cannot be read."""
    try:
        tree = ast.parse(without_commands(source))
    except (SyntaxError, ValueError):
        return None
    bound: set[str] = set()
    read: set[str] = set()
    for statement in tree.body:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        read |= {node.id for node in names if isinstance(node.ctx, ast.Load)} - bound
        bound |= bound_names(ast.unparse(statement))
    return read
