"""Which known wrong answers a run has to execute: those that can be the cause of what failed.

A run begins with the solution alone. Where an answer fails, the known wrong answers of its exercise
are executed, each until its evidence differs from that of every answer that failed. Then it is no
answer's cause, since a cause records the same in all checks (:mod:`autograder.judge.verdicts`), so
names are given as if all had been executed in all checks.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence

from autograder.checks.namespace import digest
from autograder.course.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.make_references import Executor, in_order, key_of, look_at
from autograder.evidence import Evidence, EvidenceError
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.scoring import Record
from autograder.grading.store import RunStore
from autograder.judge.exercise import Exercise
from autograder.judge.references import References
from autograder.judge.verdicts import Misconception, judge, same_evidence


@dataclasses.dataclass(frozen=True)
class _Wrong:
    """An answer whose cause is looked for: what it recorded, and by which marks that is known.

    ``sides`` are those of each check of the exercise, as they are today, where some of its values
    are wrong: then these alone may have a cause. Otherwise there are none, and all has to be alike.
    """

    recorded: Mapping[str, Evidence]
    marks: Mapping[str, str]
    sides: Mapping[str, list[str] | None]

    @classmethod
    def of(
        cls, recorded: Mapping[str, Evidence], truth: Sequence[Evidence], exercise: Exercise
    ) -> _Wrong:
        """One that recorded this in the checks of an exercise, where ``truth`` is right."""
        verdicts = [judge(recorded.get(ref.name), ref, exercise) for ref in truth]
        by_values = any(v.check in recorded and not v.right for v in verdicts)
        if all(verdict.passed for verdict in verdicts):
            # a rule was broken; its cause is what records the same as the solution
            recorded, by_values = {ref.name: ref for ref in truth}, True
        marks = {name: _mark(evidence) for name, evidence in recorded.items()}
        sides = {ref.name: list(ref.sides) if by_values else None for ref in truth}
        return cls(recorded, marks, sides)

    @functools.cached_property
    def digest(self) -> str:
        """By which an answer is known again that recorded the same, and is compared alike."""
        facts = json.dumps([self.marks, self.sides], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    def recorded_as(self, known: Evidence) -> bool:
        """Whether it recorded the same as a known wrong answer in a check."""
        if known.name not in self.sides:
            return True
        mine = self.recorded.get(known.name)
        try:
            return mine is not None and same_evidence(mine, known, self.sides[known.name])
        except Exception:  # what cannot be compared has no known cause, and ends nobody's grading
            return False

    def could_be(self, known: Misconception) -> bool:
        """Whether it recorded the same in all checks that are known of a wrong answer."""
        return all(map(self.recorded_as, reversed(list(known.evidence.values()))))


class _Search:
    """Asked in one attempt with known wrong answers: whose cause each of them can still be."""

    def __init__(self, wrong: Mapping[str, Sequence[_Wrong]]) -> None:
        self._left = {exercise: list(own) for exercise, own in wrong.items()}

    def __call__(self, exercise: str, data: bytes) -> bool:
        """Whether the exercise's other checks are not needed, after this evidence."""
        try:
            known = Evidence.from_bytes(data)
        except EvidenceError:
            return False
        same: dict[tuple[str | None, bool], bool] = {}  # most record the same, compared alike
        left = []
        for one in self._left.get(exercise, ()):
            key = (one.marks.get(known.name), one.sides.get(known.name) is None)
            if key not in same:
                same[key] = one.recorded_as(known)
            if same[key]:
                left.append(one)
        self._left[exercise] = left
        return not left


class Causes:
    """The wrong answers of one assignment whose cause has not been looked for yet, by run."""

    def __init__(self, assignment: Assignment, answers: Sequence[Answer], runs: RunStore) -> None:
        self._assignment, self._answers, self._runs = assignment, answers, runs
        self._open: dict[str, dict[str, dict[str, _Wrong]]] = {}  #: by run, exercise and digest

    def are_open(self, executed: ExecutedAttempt, record: Record, references: References) -> bool:
        """Whether something failed of which a known wrong answer may yet turn out as the cause.

        It is remembered for :meth:`find`. ``references``: those by which it was judged.
        """
        if references.executes != self._assignment.executes:
            return False
        is_open = False
        failed: dict[str, None] = dict.fromkeys(
            verdict.exercise
            for verdict in record.verdicts
            if verdict.status == "failed" and verdict.check in executed.evidence
        )
        for exercise in failed:
            if exercise not in references.exercises or not self._left(references, exercise):
                continue
            truth = references.of(exercise)
            own = {r.name: executed.evidence[r.name] for r in truth if r.name in executed.evidence}
            asked = _Wrong.of(own, truth, references.exercises[exercise])
            if asked.digest not in references.asked.get(exercise, ()):
                of_run = self._open.setdefault(executed.run, {})
                of_run.setdefault(exercise, {})[asked.digest] = asked
                is_open = True
        return is_open

    def find(self, execute: Executor) -> None:
        """Execute what can be a cause; the references of its runs know more then."""
        found, self._open = self._open, {}
        for run, exercises in found.items():
            references = self._runs.get(run)
            if references is not None:
                self._runs.learn(run, self._complete(references, exercises, execute))

    def _left(self, references: References, exercise: str) -> list[Answer]:
        """The known wrong answers of an exercise that have not been executed in all checks."""
        done = {known.name for known in references.known_mistakes(exercise)}
        return [
            answer
            for answer, code in self._of_exercise.get(exercise, ())
            if answer.name not in done and references.sources.get(key_of(answer)) == code
        ]

    @functools.cached_property
    def _of_exercise(self) -> dict[str, list[tuple[Answer, str]]]:
        """The wrong answers of each exercise, with the digests of their code."""
        found: dict[str, list[tuple[Answer, str]]] = {}
        for answer in self._answers:
            if not answer.right:
                known = (answer, digest(answer.source))
                found.setdefault(answer.exercise, []).append(known)
        return found

    def _complete(
        self, references: References, asked: Mapping[str, Mapping[str, _Wrong]], execute: Executor
    ) -> References:
        wrong = {exercise: list(own.values()) for exercise, own in asked.items()}
        seen = {(m.exercise, m.name): m for m in references.sighted}
        candidates = []
        for exercise, own in wrong.items():
            for answer in self._left(references, exercise):
                known = seen.get((exercise, answer.name))
                if known is None or any(one.could_be(known) for one in own):
                    candidates.append(answer)

        def search(exercises: Collection[str]) -> Callable[[], _Search]:
            return functools.partial(_Search, {e: wrong[e] for e in exercises})

        looked = look_at(references, self._assignment, candidates, execute, search)
        found = []
        for known in looked:
            if any(one.could_be(known) for one in wrong[known.exercise]):
                found.append(known)
                seen.pop((known.exercise, known.name), None)
            else:
                before = seen.get((known.exercise, known.name))
                both = {**before.evidence, **known.evidence} if before else known.evidence
                seen[known.exercise, known.name] = dataclasses.replace(known, evidence=both)
        answered = {e: (*references.asked.get(e, ()), *wrong) for e, wrong in asked.items()}
        return dataclasses.replace(
            references,
            misconceptions=in_order([*references.misconceptions, *found], self._answers),
            sighted=in_order(seen.values(), self._answers),
            asked={**references.asked, **answered},
            sources={key: value for key, value in references.sources.items() if key in self._keys},
        )

    @functools.cached_property
    def _keys(self) -> set[str]:
        return {key_of(answer) for answer in self._answers}


def _mark(evidence: Evidence) -> str:
    """By which evidence is known again that is the same bit for bit."""
    facts = [evidence.outcome, sorted(evidence.changed), sorted(evidence.traces)]
    made = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for key, array in sorted(evidence.tensors.items()):
        made.update(f"{key} {array.dtype} {array.shape}".encode() + array.tobytes())
    return made.hexdigest()[:16]
