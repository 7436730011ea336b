"""An executed attempt and its run's references → the record of one submission."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograder.grading.executed import ExecutedAttempt
from autograder.grading.forbidden import forbidden_calls
from autograder.judge.references import Exercise, References
from autograder.judge.verdicts import NOT_ANSWERED, Status, Verdict, judge_exercise
from autograder.pages.sanitize import plain_text


@dataclasses.dataclass(frozen=True)
class Record:
    """One line of ``--jsonl``, and the scores of the grade cells by ``grade_id``."""

    student: str
    assignment: str
    status: str
    reason: str | None
    score: float
    max_score: float
    seconds: float
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    cells: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The record by the contract of ``autograder grade --jsonl``."""
        return {
            "student": self.student,
            "assignment": self.assignment,
            "status": self.status,
            "reason": self.reason,
            "score": self.score,
            "max_score": self.max_score,
            "seconds": self.seconds,
            "checks": [
                {
                    "name": verdict.check,
                    "exercise": verdict.exercise,
                    "passed": verdict.passed,
                    "status": verdict.status,
                    "reason": verdict.reason,
                    "misconception": verdict.misconception,
                }
                for verdict in self.verdicts
            ],
            "notes": list(self.notes),
        }

    def comments(self) -> dict[str, str]:
        """What each exercise's author should read, by the ``grade_id`` of the solution cell."""
        said: dict[str, list[str]] = {}
        for verdict in self.verdicts:
            if not verdict.passed and verdict.reason:
                said.setdefault(verdict.exercise, []).append(verdict.reason)
        return {name: "\n".join(dict.fromkeys(reasons)) for name, reasons in said.items()}

    @property
    def missed(self) -> list[str]:
        """The exercises with a check that did not pass."""
        return list(dict.fromkeys(v.exercise for v in self.verdicts if not v.passed))


def set_aside(
    student: str, assignment: str, reason: str, max_score: float, cells: Iterable[str] = ()
) -> Record:
    """The record of a submission that a person has to look at. It scores nothing until then."""
    return Record(
        student,
        assignment,
        "needs_review",
        reason,
        0.0,
        max_score,
        0.0,
        (),
        (),
        dict.fromkeys(cells, 0.0),
    )


def score(
    executed: ExecutedAttempt,
    references: References,
    points: Mapping[str, float],
    imports: Mapping[str, str],
) -> Record:
    """Judge every exercise and add up the points.

    ``points`` are those of the grade cells; a cell's score is points × passed / checks. ``imports``
    are what the instructor's cells import, for the scan of forbidden names.
    """
    verdicts: list[Verdict] = []
    scores: dict[str, float] = {}
    for exercise in references.exercises.values():
        marked = {v.check: v for v in _exercise(executed, references, exercise, imports)}
        verdicts += marked.values()
        for cell, names in exercise.cells.items():
            if cell in points:
                passed = sum(marked[name].passed for name in names)
                scores[cell] = round(points[cell] * passed / len(names), 6) if names else 0.0
    undecided = executed.ended == "refused"  # the machine failed, not the student
    return Record(
        executed.student,
        references.assignment,
        "needs_review" if undecided else "graded",
        executed.reason if undecided else None,
        round(sum(scores.values()), 6),
        sum(points.values()),
        executed.seconds,
        tuple(verdicts),
        executed.notes,
        scores,
    )


def _exercise(
    executed: ExecutedAttempt,
    references: References,
    exercise: Exercise,
    imports: Mapping[str, str],
) -> Sequence[Verdict]:
    verdicts = judge_exercise(
        references.of(exercise.name),
        executed.evidence,
        references.known_mistakes(exercise.name),
    )
    verdicts = [_explain_missing(executed, exercise, verdict) for verdict in verdicts]
    source = executed.sources.get(exercise.name, "")
    forbidden = {n for reference in references.of(exercise.name) for n in reference.forbid}
    used = forbidden_calls(source, forbidden, imports) if forbidden else []
    if used:
        reason = f"`{used[0]}` is not allowed in this exercise."
        known = next((v.misconception for v in verdicts if v.misconception), None)
        verdicts = [
            dataclasses.replace(v, status="failed", reason=reason, misconception=known)
            if v.passed
            else v
            for v in verdicts
        ]
    return [
        dataclasses.replace(verdict, reason=plain_text(verdict.reason))
        if verdict.reason
        else verdict
        for verdict in _confirmed(verdicts, exercise)
    ]


def _confirmed(verdicts: list[Verdict], exercise: Exercise) -> list[Verdict]:
    """A printed example that comes out right while nothing else does establishes nothing.

    Its inputs and its result are public: evidence for it can be copied from the course itself.
    """
    hidden = [v for v in verdicts if v.check in exercise.hidden]
    if not hidden or any(v.passed for v in hidden):
        return verdicts
    known = next((v.misconception for v in hidden if v.misconception), None)
    reason = "The printed example comes out right, but none of the other inputs does."
    return [
        dataclasses.replace(v, status="failed", reason=reason, misconception=known)
        if v.passed
        else v
        for v in verdicts
    ]


def _explain_missing(executed: ExecutedAttempt, exercise: Exercise, verdict: Verdict) -> Verdict:
    if verdict.check in executed.rejected:
        return dataclasses.replace(
            verdict, status="failed", reason=executed.rejected[verdict.check]
        )
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
        return "failed", f"The solution cell stops with {error}"
    error = executed.errors.get(cell)
    if error is not None and _type_of(error) == "NameError":
        said = f"The solution cell does not define it: {error.removeprefix('NameError: ')}."
        return "failed", said
    return "failed", f"The check stopped with {error}" if error else "The check recorded nothing."


def _type_of(error: str) -> str:
    """``NameError`` of ``NameError: name 'x' is not defined``."""
    return error.partition(":")[0]
