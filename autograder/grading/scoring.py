"""An executed attempt and its run's references → the record of one submission."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograder.grading.detours import into_the_grader
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.forbidden import Scan, scan
from autograder.judge.confirmed import confirmed
from autograder.judge.exercise import FLAGGED, Exercise, is_flag
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
class Record:
    """One line of ``--jsonl``, and the automatic scores of the grade cells by ``grade_id``.

    ``manual`` and ``late`` are what the gradebook adds to them: scores, extra credit and comments
    that a person entered, and the penalty for handing in late. ``score`` is with both.
    """

    student: str
    assignment: str
    status: str
    reason: str | None
    score: float
    max_score: float
    seconds: float
    verdicts: tuple[Verdict, ...] = ()
    requirements: tuple[Earned, ...] = ()
    notes: tuple[str, ...] = ()
    cells: Mapping[str, float] = dataclasses.field(default_factory=dict)
    manual: Mapping[str, Any] | None = None
    late: Mapping[str, Any] | None = None

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
            "requirements": [
                {
                    "exercise": earned.exercise,
                    "name": earned.name,
                    "points": earned.points,
                    "earned": earned.earned,
                    "passed": earned.passed,
                    "reason": earned.reason,
                }
                for earned in self.requirements
            ],
            "notes": list(self.notes),
            "manual": self.manual and dict(self.manual),
            "late": self.late and dict(self.late),
        }

    def judged_as(self, before: Mapping[str, Any] | None) -> bool:
        """Whether the judge said the same in an earlier record, whatever a person made of it."""
        return before is not None and _judged(before) == _judged(self.as_json())

    def comments(self) -> dict[str, str]:
        """What each exercise's author should read, by the ``grade_id`` of the solution cell."""
        said: dict[str, list[str]] = {}
        not_passed: dict[str, list[Verdict]] = {}
        for verdict in self.verdicts:
            if not verdict.passed:
                not_passed.setdefault(verdict.exercise, []).append(verdict)
        for exercise, own in not_passed.items():
            asked = [e for e in self.requirements if e.exercise == exercise]
            if len(asked) > 1 and any(v.status == "failed" for v in own):
                said[exercise] = [requirement.line for requirement in asked]
            else:
                said[exercise] = [verdict.reason for verdict in own if verdict.reason]
        return {name: "\n".join(dict.fromkeys(lines)) for name, lines in said.items() if lines}

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes that the student should know: all but what is flagged for a person."""
        return tuple(note for note in self.notes if not is_flag(note))

    @property
    def missed(self) -> list[str]:
        """The exercises with a check that did not pass."""
        return list(dict.fromkeys(v.exercise for v in self.verdicts if not v.passed))


def _judged(record: Mapping[str, Any]) -> dict[str, Any]:
    """What of a record is the judge's own."""
    entered = ("score", "seconds", "manual", "late")
    return {key: value for key, value in record.items() if key not in entered}


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
        cells=dict.fromkeys(cells, 0.0),
    )


def score(
    executed: ExecutedAttempt,
    references: References,
    points: Mapping[str, float],
    imports: Mapping[str, str],
) -> Record:
    """Judge every exercise, requirement by requirement, and add up the points.

    ``points`` are those of the grade cells. ``imports`` are what the instructor's cells import, for
    the scan of forbidden names.
    """
    verdicts: list[Verdict] = []
    requirements: list[Earned] = []
    scores: dict[str, float] = {}
    flags: list[str] = []
    for exercise in references.exercises.values():
        current = dataclasses.replace(exercise, points=_points(exercise, points))
        found = _scan(executed, references, current, imports)
        flags += [plain_text(f"{FLAGGED}`{exercise.name}` has {said}.") for said in found.flags]
        judged = _exercise(executed, references, current, found.used)
        verdicts += judged
        kept = earned(current, references.of(exercise.name), judged)
        requirements += kept
        for i, cell in enumerate(exercise.cells):
            if cell in points:
                scores[cell] = round(sum(requirement.in_cells[i] for requirement in kept), 6)
    reaching = [what for text in executed.sources.values() for what in into_the_grader(text)]
    if reaching:
        said = ", ".join(f"`{what}`" for what in dict.fromkeys(reaching))
        flags.append(plain_text(f"{FLAGGED}a cell has {said}."))
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
        tuple(requirements),
        (*executed.notes, *flags),
        scores,
    )


def _scan(
    executed: ExecutedAttempt,
    references: References,
    exercise: Exercise,
    imports: Mapping[str, str],
) -> Scan:
    """What the answer's source uses of what the exercise forbids."""
    forbidden = {n for reference in references.of(exercise.name) for n in reference.forbid}
    return scan(executed.sources, exercise.name, forbidden, imports)


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
