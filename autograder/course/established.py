"""Whether every requirement is established: by checks, and by a known answer that breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autograder.course.statement import GRADED_ONLY
from autograder.judge.exercise import NO_TRACE, Exercise
from autograder.judge.references import References
from autograder.judge.requirements import established
from autograder.judge.verdicts import Misconception, judge


def remarks(references: References, statements: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is missing, by exercise; exercises without a list of requirements are left as they are.

    ``statements`` are the texts of the exercises' statements.
    """
    for exercise in references.exercises.values():
        if exercise.requirements:
            yield from _checks(references, exercise, statements.get(exercise.name, ""))
            yield from _answers(references, exercise)


def _checks(
    references: References, exercise: Exercise, statement: str
) -> Iterator[tuple[str, str]]:
    asked = {requirement.name for requirement in exercise.requirements}
    for reference in references.of(exercise.name):
        for name in sorted({reference.requirement, *reference.sides.values()} - asked - {""}):
            yield (
                exercise.name,
                f"the check {reference.name!r} establishes {name!r}, which the statement does not "
                f"list.",
            )
    seen, decided = (
        set[str]().union(*(established(exercise, references.checks[n]) for n in names))
        for names in exercise.cells.values()
    )
    for requirement in exercise.requirements:
        if requirement.name not in decided:
            yield exercise.name, f"no hidden check establishes {requirement.name!r}."
        if requirement.name not in seen and not GRADED_ONLY.search(statement):
            yield (
                exercise.name,
                f"no visible check shows {requirement.name!r}, and the statement does not say that "
                f"it is decided when graded.",
            )


def _answers(references: References, exercise: Exercise) -> Iterator[tuple[str, str]]:
    broken = [
        breaks(references, exercise, known) for known in references.known_mistakes(exercise.name)
    ]
    for requirement in exercise.requirements:
        own = {requirement.name}
        if requirement.name == exercise.main:
            if not any(requirement.name in found for found in broken):
                yield exercise.name, f"no known wrong answer breaks {requirement.name!r}."
        elif own not in broken:
            yield (
                exercise.name,
                f"no known wrong answer breaks {requirement.name!r} and nothing else.",
            )


def breaks(references: References, exercise: Exercise, known: Misconception) -> set[str]:
    """The requirements that a known wrong answer breaks by its own doing."""
    found: set[str] = set()
    for reference in references.of(exercise.name):
        evidence = known.evidence.get(reference.name)
        verdict = judge(evidence, reference, exercise)
        if evidence is None or (verdict.status != "passed" and not verdict.parts):
            found |= established(exercise, reference) - {NO_TRACE}
        found |= {part.requirement for part in verdict.parts if not part.holds}
    return found
