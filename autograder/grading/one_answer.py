"""One answer and what its exercise asks → what the judge says of it.

It depends on what :mod:`autograder.grading.grounds` makes digests of, and on nothing else: equal
answers to the same question are judged once.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.grading.executed import ExecutedAttempt
from autograder.judge.confirmed import confirmed
from autograder.judge.exercise import Exercise
from autograder.judge.references import References
from autograder.judge.requirements import Earned, earned
from autograder.judge.verdicts import (
    NOT_ANSWERED,
    Misconception,
    Status,
    Verdict,
    judge_exercise,
)
from autograder.pages.sanitize import plain_text


@dataclasses.dataclass(frozen=True)
class Judged:
    """What the judge says of one answer: its checks, its requirements, points by grade cell."""

    verdicts: tuple[Verdict, ...]
    requirements: tuple[Earned, ...]
    cells: Mapping[str, float]

    @functools.cached_property
    def texts(self) -> tuple[str, str]:
        """What ``checks`` and ``requirements`` of a record hold of it, as JSON without brackets."""
        checks = [check_fields(verdict) for verdict in self.verdicts]
        requirements = [earned_fields(earned) for earned in self.requirements]
        return json.dumps(checks)[1:-1], json.dumps(requirements)[1:-1]


def check_fields(verdict: Verdict) -> dict[str, Any]:
    """What a record says of a check, by the contract of ``autograder grade --jsonl``."""
    return {
        "name": verdict.check,
        "exercise": verdict.exercise,
        "passed": verdict.passed,
        "status": verdict.status,
        "reason": verdict.reason,
        "misconception": verdict.misconception,
    }


def earned_fields(earned: Earned) -> dict[str, Any]:
    """What a record says of a requirement."""
    return {
        "exercise": earned.exercise,
        "name": earned.name,
        "points": earned.points,
        "earned": earned.earned,
        "passed": earned.passed,
        "reason": earned.reason,
    }


def forbidden(references: References, exercise: Exercise) -> set[str]:
    """What an answer to an exercise may not use."""
    return {name for reference in references.of(exercise.name) for name in reference.forbid}


def judge_answer(
    executed: ExecutedAttempt,
    references: References,
    exercise: Exercise,
    used: Sequence[str],
    points: Mapping[str, float],
) -> Judged:
    """Judge one answer; ``used`` is what it has of what is forbidden."""
    current = dataclasses.replace(exercise, points=_points(exercise, points))
    verdicts = tuple(_exercise(executed, references, current, used))
    kept = tuple(earned(current, references.of(exercise.name), verdicts))
    cells = {
        cell: round(sum(requirement.in_cells[i] for requirement in kept), 6)
        for i, cell in enumerate(exercise.cells)
        if cell in points
    }
    return Judged(verdicts, kept, cells)


def _points(exercise: Exercise, points: Mapping[str, float]) -> tuple[float, float]:
    """The points of its two grade cells today."""
    visible, hidden = (points.get(cell, 0.0) for cell in exercise.cells)
    return visible, hidden


def _exercise(
    executed: ExecutedAttempt,
    references: References,
    exercise: Exercise,
    used: Sequence[str],
) -> Sequence[Verdict]:
    verdicts = judge_exercise(
        references.of(exercise.name),
        executed.evidence,
        references.known_mistakes(exercise.name),
        exercise,
    )
    verdicts = [_explain_missing(executed, exercise, verdict) for verdict in verdicts]
    if used:
        reason = f"`{used[0]}` is not allowed in this exercise."
        known = next((v.misconception for v in verdicts if v.misconception), None)
        if all(v.passed for v in verdicts):
            cause = _wrong_by_rule(references, exercise)
            if cause is not None:
                known, reason = cause.name, f"{cause.message} ({reason})"
        verdicts = [
            v.withdrawn(reason, misconception=known) if v.passed else v.withdrawn(v.reason)
            for v in verdicts
        ]
    return [
        dataclasses.replace(verdict, reason=plain_text(verdict.reason))
        if verdict.reason
        else verdict
        for verdict in confirmed(verdicts, exercise, references.checks, executed.evidence)
    ]


def _wrong_by_rule(references: References, exercise: Exercise) -> Misconception | None:
    """The known wrong answer that records what the solution does: only the rule tells it apart."""
    known = references.known_mistakes(exercise.name)
    checks = references.of(exercise.name)
    right = [
        mistake
        for mistake in known
        if all(v.passed for v in judge_exercise(checks, mistake.evidence, (), exercise))
    ]
    return right[0] if len({mistake.message for mistake in right}) == 1 else None


def _explain_missing(executed: ExecutedAttempt, exercise: Exercise, verdict: Verdict) -> Verdict:
    if verdict.check in executed.rejected:
        return verdict.withdrawn(executed.rejected[verdict.check])
    if verdict.check in executed.evidence:
        return verdict
    status, reason = _why_missing(executed, exercise, verdict.check)
    return dataclasses.replace(verdict, status=status, reason=reason)


def _why_missing(
    executed: ExecutedAttempt, exercise: Exercise, check: str
) -> tuple[Status, str | None]:
    """Why a check recorded nothing: its status, and a sentence."""
    name = exercise.name
    if executed.ended == "refused":  # the machine failed, not the student
        return "undecided", executed.reason
    if name in executed.missing:
        said = "Not answered: the notebook does not contain this exercise's solution cell."
        return "not_answered", said
    cell = next((c for c, names in exercise.cells.items() if check in names), "")
    status = executed.statuses.get(cell)
    reason = executed.reasons.get(name) or executed.reasons.get(cell)
    if reason is not None:
        return "interrupted", reason
    if status == "interrupted":
        return "interrupted", executed.reason or "The run ended before this check."
    if "not_run" in (status, executed.statuses.get(name)):
        return "not_reached", executed.reason or "The run ended before this check."
    error = executed.errors.get(name)
    if error is not None:
        if _type_of(error) == "NotImplementedError":
            return "not_answered", NOT_ANSWERED
        return "failed", stops_with(error)
    error = executed.errors.get(cell)
    if error is not None and error.startswith(f"NameError: name '{name}' is not defined"):
        said = f"The solution cell does not define it: {error.removeprefix('NameError: ')}."
        return "failed", said
    if error is not None and cell == f"{name}-hidden":
        error = f"{_type_of(error)}."
    return "failed", f"The check stopped with {error}" if error else "The check recorded nothing."


def stops_with(error: str) -> str:
    """What is said of an answer whose own cell ended with an error."""
    return f"The solution cell stops with {error}"


def _type_of(error: str) -> str:
    """``NameError`` of ``NameError: name 'x' is not defined``."""
    return error.partition(":")[0]
