"""Which check cells an attempt needs where only the checks of some exercises are of interest."""

from __future__ import annotations

import ast
import collections
import dataclasses
import functools
from collections.abc import Collection

from autograder.checks.namespace import bound_names
from autograder.course.assignment import exercise_of_cell
from autograder.course.attempt import Attempt
from autograder.course.definitions import without_commands


def with_checks_of(attempt: Attempt, exercises: Collection[str]) -> tuple[Attempt, set[str]]:
    """The attempt with the check cells that some exercises need, and those that only one needs."""
    needed = [_needed(attempt, exercise) for exercise in exercises]
    count = collections.Counter(name for own in needed for name in own)
    kept = (cell for cell in attempt.cells if cell.kind != "check" or cell.name in count)
    lonely = {
        name for name, times in count.items() if times == 1 and exercise_of_cell(name) in exercises
    }
    return dataclasses.replace(attempt, cells=tuple(kept)), lonely


def _needed(attempt: Attempt, exercise: str) -> set[str]:
    """An exercise's check cells, and those that bind names for them."""
    kept: set[str] = set()
    wanted: set[str] = set()
    checks = [cell for cell in attempt.cells if cell.kind == "check"]
    for cell in reversed(checks):
        names = _names(cell.source)
        if names is None:  # nobody knows what it needs
            return {cell.name for cell in checks}
        reads, binds = names
        if cell.exercise == exercise or binds & wanted:
            kept.add(cell.name)
            wanted = (wanted - binds) | reads
    return kept


@functools.lru_cache(maxsize=256)
def _names(source: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """The names that a cell uses and has not bound before, and those that it binds."""
    try:
        tree = ast.parse(without_commands(source))
    except (SyntaxError, ValueError):
        return None
    reads: set[str] = set()
    binds: set[str] = set()
    for statement in tree.body:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        read = {node.id for node in names if not isinstance(node.ctx, ast.Store)}
        read |= {
            node.target.id
            for node in ast.walk(statement)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
        }
        reads |= read - binds
        binds |= bound_names(ast.unparse(statement))
    return frozenset(reads), frozenset(binds)
