"""What a verdict rests on, as digests: equal digests, equal verdicts.

An answer's verdicts rest on two things. The one is the *answer*: what its checks recorded, how its
cells ended, and what the scan of its text found. The other is the *question*: the exercise, what
the solution and the known wrong answers recorded, with today's points, tolerances and messages.
Whatever :func:`autograder.grading.one_answer.judge_answer` reads is in one of the two digests.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from autograder.evidence import Evidence
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.forbidden import Scan, scan
from autograder.grading.one_answer import forbidden
from autograder.grading.scoring import Said
from autograder.judge.exercise import Exercise
from autograder.judge.references import References


@dataclasses.dataclass(frozen=True)
class Ground:
    """One answer's share of what its verdicts rest on.

    ``asks`` is a digest of what decides how the answer was read: the names of its checks, and what
    it may not use. ``answered`` is the digest of what was read.
    """

    asks: str
    answered: str
    scan: Scan


@dataclasses.dataclass(frozen=True)
class Grounds:
    """All of a submission that its record rests on: what is said of it, and answer by answer."""

    said: Said
    answers: Mapping[str, Ground]


class Questions:
    """What the exercises of one run ask, by today's references."""

    def __init__(
        self, references: References, points: Mapping[str, float], imports: Mapping[str, str]
    ) -> None:
        self.references, self.points, self.imports = references, points, imports
        self._asks: dict[str, str] = {}
        self._questions: dict[str, str] = {}
        self._keys: dict[tuple[str, ...], str] = {}
        self._evidence: dict[int, str] = {}  # by identity: mistakes share what they got right

    def grounds(self, executed: ExecutedAttempt, known: Grounds | None = None) -> Grounds:
        """What the record of an attempt rests on; ``known`` is what was found out earlier of it."""
        answers = {}
        for name, exercise in self.references.exercises.items():
            earlier = known.answers.get(name) if known is not None else None
            if earlier is not None and earlier.asks == self.asks(exercise):
                answers[name] = earlier
                continue
            may_not = forbidden(self.references, exercise)
            found = scan(executed.sources, name, may_not, self.imports)
            answers[name] = Ground(self.asks(exercise), _answered(executed, exercise), found)
        return Grounds(known.said if known is not None else Said.of(executed), answers)

    def asks(self, exercise: Exercise) -> str:
        """The digest of how an answer is read, see :class:`Ground`."""
        if exercise.name not in self._asks:
            may_not = sorted(forbidden(self.references, exercise))
            imports = sorted(self.imports.items()) if may_not else []
            self._asks[exercise.name] = _digest([*_checks(exercise), "", *may_not], imports)[:16]
        return self._asks[exercise.name]

    def key(self, exercise: Exercise, ground: Ground) -> str:
        """The digest of an answer and its question; of what the answer uses, the first counts."""
        facts = (exercise.name, ground.answered, *ground.scan.used[:1])
        if facts not in self._keys:
            self._keys[facts] = _digest([self._question(exercise), *facts])
        return self._keys[facts]

    def _question(self, exercise: Exercise) -> str:
        name = exercise.name
        if name not in self._questions:
            known = [
                [
                    mistake.name,
                    mistake.message,
                    [[check, self._of(item)] for check, item in mistake.evidence.items()],
                ]
                for mistake in self.references.known_mistakes(name)
            ]
            self._questions[name] = _digest(
                dataclasses.asdict(exercise),
                [[cell, self.points.get(cell)] for cell in exercise.cells],
                [self._of(reference) for reference in self.references.of(name)],
                known,
            )
        return self._questions[name]

    def _of(self, evidence: Evidence) -> str:
        if id(evidence) not in self._evidence:
            self._evidence[id(evidence)] = _digest(evidence.header(), tensors=[evidence])
        return self._evidence[id(evidence)]


def _answered(executed: ExecutedAttempt, exercise: Exercise) -> str:
    """The digest of what an attempt has for the checks of one exercise."""
    names = _checks(exercise)
    recorded = [executed.evidence[name] for name in names if name in executed.evidence]
    cells = (exercise.name, *exercise.cells)
    return _digest(
        [item.header() for item in recorded],
        [[name, executed.rejected[name]] for name in names if name in executed.rejected],
        [executed.ended, executed.reason, exercise.name in executed.missing],
        [
            [told.get(cell) for cell in cells]
            for told in (executed.statuses, executed.errors, executed.reasons)
        ],
        tensors=recorded,
    )


def _checks(exercise: Exercise) -> tuple[str, ...]:
    return (*exercise.visible, *exercise.hidden)


def _digest(*facts: Any, tensors: Iterable[Evidence] = ()) -> str:
    """SHA-256 of facts that JSON can hold, and of all tensors of some evidence."""
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for evidence in tensors:
        for key, array in sorted(evidence.tensors.items()):
            found.update(f"\0{key} {array.dtype.str} {array.shape} ".encode())
            found.update(array.tobytes())
    return found.hexdigest()
