"""Inputs from an exercise's domain that tell apart what its checks do not.

The solution, every known answer and every mutant of the solution are run on the same drawn inputs
(:mod:`autograder.checks.corners`). A right answer that differs somewhere shows that the domain is
wider than the statement, or that the answer is wrong; a wrong answer or a mutant that passes every
check and differs somewhere shows a check that is missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

from autograder.course.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.attempt import Attempt, AttemptCell, answer_attempt
from autograder.course.make_references import Executor, recorded_by
from autograder.course.mutants import mutants
from autograder.errors import AutograderError
from autograder.evidence import Evidence
from autograder.judge.compare import entry
from autograder.judge.exercise import Exercise
from autograder.judge.verdicts import judge

Kind = Literal["right", "wrong", "mutant"]

DRAWS = 40  #: inputs for each answer

_CELL = """\
{domain}

from autograder.checks import corners as _corners
for _i in range(1, {count} + 1):
    _name = f"{exercise}/corner {{_i}}"
    check(_name, _corners.case(domain, {exercise}, _name))
"""


@dataclasses.dataclass(frozen=True)
class Difference:
    """An answer and the first drawn input on which it is not what it is known to be."""

    exercise: str
    kind: Kind
    name: str
    drawn: str
    count: int  #: of the drawn inputs, on which it differs
    reason: str

    def __str__(self) -> str:
        said = "differs from the solution" if self.kind == "right" else "passes every check"
        return (
            f"{self.exercise}: {self.kind} {self.name!r} {said}; {self.count} drawn inputs tell "
            f"them apart, the first: {self.drawn}. {self.reason}"
        )


def differences(
    assignment: Assignment,
    exercise: str,
    domain: str,
    answers: Sequence[Answer],
    execute: Executor,
    *,
    seed: int = 0,
    draws: int = DRAWS,
    with_mutants: bool = True,
) -> list[Difference]:
    """What the drawn inputs tell apart and the checks do not.

    Raises :class:`AutograderError` where the solution itself fails on a drawn input: then the
    domain admits what the exercise does not.
    """
    alone = assignment.only([exercise])
    (solution,) = alone.solutions.values()
    tried: list[tuple[Kind, str, str]] = [
        ("right" if answer.right else "wrong", answer.name, answer.source)
        for answer in answers
        if answer.exercise == exercise
    ]
    if with_mutants:
        tried += [("mutant", m.what, m.source) for m in mutants(exercise, solution)]
    attempts = [
        _with_domain(alone, exercise, domain, source, seed, draws)
        for source in (solution, *(source for _, _, source in tried))
    ]
    recorded = [
        {item.name: item for items in recorded_by(attempt, log).values() for item in items}
        for attempt, log in zip(
            attempts, execute([attempt.job() for attempt in attempts]), strict=True
        )
    ]
    truth, about = recorded[0], alone.exercises[exercise]
    _refuse_failures(exercise, truth, draws)
    found = []
    for (kind, name, _), mine in zip(tried, recorded[1:], strict=True):
        wrong = _wrong(mine, truth, about)
        corners = [check for check in wrong if _is_corner(check, exercise)]
        if corners and (kind == "right" or len(corners) == len(wrong)):
            first = corners[0]
            found.append(
                Difference(exercise, kind, name, _drawn(truth[first]), len(corners), wrong[first])
            )
    return found


def _with_domain(
    alone: Assignment, exercise: str, domain: str, source: str, seed: int, draws: int
) -> Attempt:
    attempt = answer_attempt(alone, seed, {exercise: source})
    text = _CELL.format(domain=domain, exercise=exercise, count=draws)
    cell = AttemptCell("check", f"{exercise}-domain", text)
    return dataclasses.replace(attempt, cells=(*attempt.cells, cell))


def _is_corner(check: str, exercise: str) -> bool:
    return check.startswith(f"{exercise}/corner ")


def _refuse_failures(exercise: str, truth: Mapping[str, Evidence], draws: int) -> None:
    corners = {name: item for name, item in truth.items() if _is_corner(name, exercise)}
    if len(corners) < draws:
        raise AutograderError(f"{exercise}: the cell of its domain does not run to its end.")
    for item in corners.values():
        result = entry(item.outcome, "result")
        if result is None or result["kind"] == "exception":
            said = f"{result['type']}: {result['message']}" if result else item.outcome["kind"]
            raise AutograderError(
                f"{exercise}: the solution fails on an input of its domain ({_drawn(item)}): {said}"
            )


def _wrong(
    mine: Mapping[str, Evidence], truth: Mapping[str, Evidence], exercise: Exercise
) -> dict[str, str]:
    """The checks that do not pass, with the reason."""
    verdicts = (judge(mine.get(name), reference, exercise) for name, reference in truth.items())
    return {v.check: v.reason or "" for v in verdicts if not v.passed}


def _drawn(evidence: Evidence) -> str:
    node = entry(evidence.outcome, "drawn")
    return str(node["value"]) if node and node["kind"] == "str" else ""
