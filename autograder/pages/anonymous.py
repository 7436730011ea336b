"""A report without names: students become numbers, and what they wrote loses its comments."""

from __future__ import annotations

import ast
import dataclasses
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from autograder.pages.class_summary import ClassReport, Mistake, Person, Reason, by_name

_SHORTEST = 3  #: letters of a name or id that are looked for in texts
_GONE = "(name)"


def pseudonyms(students: Iterable[str]) -> dict[str, str]:
    """A number for each student, in an order that nobody can work out again."""
    shuffled = sorted(set(students))
    random.SystemRandom().shuffle(shuffled)
    width = len(str(len(shuffled)))
    return {student: f"Student {i:0{width}}" for i, student in enumerate(shuffled, 1)}


def anonymous(report: ClassReport, numbers: Mapping[str, str]) -> ClassReport:
    """The report with ``numbers`` in place of names and ids, and nothing that leads to them.

    Links go; names and ids in notes, reasons and code are replaced where they stand as words of
    their own; comments and docstrings of answers are left out.
    """
    without = _remover(report.people)

    def person(known: Person) -> Person:
        return dataclasses.replace(
            known,
            id=numbers[known.id],
            name="",
            reasons=tuple(Reason(r.kind, without(r.sentence)) for r in known.reasons),
            notes=tuple(without(note) for note in known.notes),
            links=(),
        )

    def mistake(found: Mistake) -> Mistake:
        return dataclasses.replace(
            found,
            message=without(found.message) if found.id else found.message,
            students=_numbers(found.students, numbers),
            code=without(uncommented(found.code)),
        )

    exercises = [
        dataclasses.replace(
            row, outcomes={end: _numbers(who, numbers) for end, who in row.outcomes.items()}
        )
        for row in report.exercises
    ]
    return dataclasses.replace(
        report,
        people=tuple(sorted((person(known) for known in report.people), key=by_name)),
        exercises=tuple(exercises),
        mistakes=tuple(mistake(found) for found in report.mistakes),
        unknown=tuple(mistake(found) for found in report.unknown),
        anonymous=True,
    )


def _numbers(students: Sequence[str], numbers: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(numbers.get(student, _GONE) for student in students))


def _remover(people: Iterable[Person]) -> Callable[[str], str]:
    """A function that replaces the names and ids of these people in a text."""
    words = {word for p in people for word in (p.id, p.name, *re.split(r"[\s,]+", p.name))}
    found = sorted((w for w in words if len(w) >= _SHORTEST), key=lambda word: (-len(word), word))
    if not found:
        return lambda text: text
    any_of_them = "|".join(re.escape(word) for word in found)
    pattern = re.compile(rf"(?<![^\W_])(?:{any_of_them})(?![^\W_])", re.IGNORECASE)
    return lambda text: pattern.sub(_GONE, text)


def uncommented(code: str) -> str:
    """Python without comments and docstrings; nothing of what cannot be read as Python."""
    try:
        tree = ast.parse(code)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.Module):
                node.body = [s for s in node.body if not _is_text(s)] or [ast.Pass()]
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
