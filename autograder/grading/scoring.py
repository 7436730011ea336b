"""An executed attempt and its run's references → the record of one submission."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

from autograder.grading.detours import into_the_grader
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.forbidden import Scan, scan
from autograder.grading.one_answer import (
    Judged,
    check_fields,
    earned_fields,
    forbidden,
    judge_answer,
)
from autograder.judge.exercise import FLAGGED, is_flag
from autograder.judge.references import References
from autograder.judge.requirements import Earned
from autograder.judge.verdicts import Verdict
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
    #: checks and requirements as JSON, exercise by exercise, where they are at hand
    texts: tuple[tuple[str, str], ...] = dataclasses.field(default=(), compare=False, repr=False)

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
            "checks": [check_fields(verdict) for verdict in self.verdicts],
            "requirements": [earned_fields(earned) for earned in self.requirements],
            "notes": list(self.notes),
            "manual": self.manual and dict(self.manual),
            "late": self.late and dict(self.late),
        }

    @property
    def line(self) -> str:
        """:meth:`as_json` as text, as ``json.dumps`` writes it."""
        first, points, said = self._judged_texts
        score, seconds, manual, late = map(
            json.dumps, (self.score, self.seconds, self.manual, self.late)
        )
        return f'{first}{score}{points}{seconds}{said}{manual}, "late": {late}}}'

    def judged_as(self, line: str | None) -> bool:
        """Whether the judge said the same in an earlier line, whatever a person made of it.

        JSON escapes the quotation marks of a text: what begins with one is no part of a text.
        """
        if line is None:
            return False
        first, points, said = self._judged_texts
        return line.startswith(first) and points in line and said in line

    @property
    def _judged_texts(self) -> tuple[str, str, str]:
        """What of the line is the judge's own: before the score, before the seconds, and after."""
        texts = self.texts
        if not texts:
            texts = (Judged(self.verdicts, self.requirements, self.cells).texts,)
        checks, requirements = (", ".join(filter(None, own)) for own in zip(*texts, strict=True))
        names = ("student", "assignment", "status", "reason")
        first = ", ".join(f'"{name}": {json.dumps(getattr(self, name))}' for name in names)
        return (
            f'{{{first}, "score": ',
            f', "max_score": {json.dumps(self.max_score)}, "seconds": ',
            f', "checks": [{checks}], "requirements": [{requirements}], '
            f'"notes": {json.dumps(self.notes)}, "manual": ',
        )

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
    scans, judged = [], []
    for exercise in references.exercises.values():
        found = scan(executed.sources, exercise.name, forbidden(references, exercise), imports)
        scans.append((exercise.name, found))
        judged.append(judge_answer(executed, references, exercise, found.used, points))
    said = Said.of(executed)
    return assembled(said, references.assignment, sum(points.values()), scans, judged)


@dataclasses.dataclass(frozen=True)
class Said:
    """What of an executed attempt stands in its record, whatever the judge says of the answers."""

    student: str
    seconds: float
    is_refused: bool  #: the machine failed, not the student
    reason: str | None
    notes: tuple[str, ...]
    reaching: str | None  #: the note of what reaches into the grader

    @classmethod
    def of(cls, executed: ExecutedAttempt) -> Said:
        """What is said of an attempt."""
        reaching = [what for text in executed.sources.values() for what in into_the_grader(text)]
        said = ", ".join(f"`{what}`" for what in dict.fromkeys(reaching))
        return cls(
            executed.student,
            executed.seconds,
            executed.ended == "refused",
            executed.reason,
            executed.notes,
            plain_text(f"{FLAGGED}a cell has {said}.") if reaching else None,
        )


def assembled(
    said: Said,
    assignment: str,
    max_score: float,
    scans: Iterable[tuple[str, Scan]],
    judged: Iterable[Judged],
) -> Record:
    """The record of one submission, of what the scans and the judge say exercise by exercise."""
    verdicts: list[Verdict] = []
    requirements: list[Earned] = []
    cells: dict[str, float] = {}
    texts: list[tuple[str, str]] = []
    for one in judged:
        verdicts += one.verdicts
        requirements += one.requirements
        cells |= one.cells
        texts.append(one.texts)
    flags = [
        plain_text(f"{FLAGGED}`{exercise}` has {what}.")
        for exercise, found in scans
        for what in found.flags
    ]
    if said.reaching is not None:
        flags.append(said.reaching)
    return Record(
        said.student,
        assignment,
        "needs_review" if said.is_refused else "graded",
        said.reason if said.is_refused else None,
        round(sum(cells.values()), 6),
        max_score,
        said.seconds,
        tuple(verdicts),
        tuple(requirements),
        (*said.notes, *flags),
        cells,
        texts=tuple(texts),
    )
