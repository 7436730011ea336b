"""Which known wrong answers a run has to execute: those that can be the cause of what failed.

A run begins with the solution alone. Where an answer fails, the known wrong answers of its exercise
are looked at: in one check that failed, and in a second one where many still agree. Only those that
recorded what the answer did are executed in all checks, and only these can have the same evidence
as it (:mod:`autograder.judge.verdicts`), so names are given as if all had been executed.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from autograder.checks.namespace import digest
from autograder.course.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.make_references import Executor, in_order, key_of, look_at
from autograder.evidence import Evidence
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.scoring import Record
from autograder.grading.store import RunStore
from autograder.judge.references import References
from autograder.judge.verdicts import Misconception, judge, same_evidence

LOOKS = 2  #: times that known wrong answers are looked at in one check more
FEW = 3  #: wrong answers that are executed in all checks without another look


@dataclasses.dataclass(frozen=True)
class _Wrong:
    """An answer whose cause is looked for: what it recorded, and in which checks it failed."""

    recorded: Mapping[str, Evidence]
    failed: tuple[str, ...]
    truth: Sequence[Evidence]  #: the references of its exercise, as they are today

    def could_be(self, known: Misconception) -> bool:
        """Whether a known wrong answer recorded the same, as far as it has been looked at."""
        return all(
            ref.name not in known.evidence
            or (
                ref.name in self.recorded
                and _same(self.recorded[ref.name], known.evidence[ref.name], ref)
            )
            for ref in self.truth
        )


def _same(mine: Evidence, theirs: Evidence, reference: Evidence) -> bool:
    return same_evidence(mine, theirs) or same_evidence(mine, theirs, list(reference.sides))


class Causes:
    """The wrong answers of one assignment whose cause has not been looked for yet, by run."""

    def __init__(self, assignment: Assignment, answers: Sequence[Answer], runs: RunStore) -> None:
        self._assignment, self._answers, self._runs = assignment, answers, runs
        self._open: dict[str, dict[str, dict[str, _Wrong]]] = {}  #: by run, exercise and digest

    def are_open(self, executed: ExecutedAttempt, record: Record, references: References) -> bool:
        """Whether something failed of which a known wrong answer may yet turn out as the cause.

        It is remembered for :meth:`find`. ``references``: those by which it was judged.
        """
        if references.version != self._assignment.version:
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
            about = references.exercises[exercise]
            wrong = tuple(
                ref.name
                for ref in truth
                if ref.name in own and judge(own[ref.name], ref, about).status == "failed"
            )
            asked = _Wrong(own, wrong, truth)
            if not wrong:  # a rule was broken; the cause is what records the same as the solution
                asked = _Wrong({r.name: r for r in truth}, tuple(r.name for r in truth), truth)
            key = _digest(asked)
            if key not in references.asked.get(exercise, ()):
                self._open.setdefault(executed.run, {}).setdefault(exercise, {})[key] = asked
                is_open = True
        return is_open

    def find(self, execute: Executor) -> list[str]:
        """Execute what can be a cause; the runs whose references know more now."""
        found, self._open = self._open, {}
        for run, exercises in found.items():
            references = self._runs.get(run)
            if references is not None:
                self._runs.learn(run, self._complete(references, exercises, execute))
        return list(found)

    def _left(self, references: References, exercise: str) -> list[Answer]:
        """The known wrong answers of an exercise that have not been executed in all checks."""
        done = {known.name for known in references.known_mistakes(exercise)}
        return [
            answer
            for answer in self._of_exercise.get(exercise, ())
            if answer.name not in done
            and references.sources.get(key_of(answer)) == digest(answer.source)
        ]

    @functools.cached_property
    def _of_exercise(self) -> dict[str, list[Answer]]:
        found: dict[str, list[Answer]] = {}
        for answer in self._answers:
            if not answer.right:
                found.setdefault(answer.exercise, []).append(answer)
        return found

    def _complete(
        self, references: References, asked: Mapping[str, Mapping[str, _Wrong]], execute: Executor
    ) -> References:
        left = {e: self._left(references, e) for e in asked}
        seen = {(m.exercise, m.name): m for m in references.sighted}
        look = functools.partial(look_at, references, self._assignment, execute=execute)
        for turn in range(LOOKS):
            answers: dict[str, Answer] = {}
            checks: dict[str, set[str]] = {}
            for exercise, wrong in asked.items():
                for check, rivals in _looks(list(wrong.values()), left[exercise], seen, turn):
                    checks.setdefault(exercise, set()).add(check)
                    answers |= {key_of(answer): answer for answer in rivals}
            for mistake in look(answers=_ordered(answers, self._answers), checks=checks):
                before = seen.get((mistake.exercise, mistake.name))
                known = {**before.evidence, **mistake.evidence} if before else mistake.evidence
                seen[mistake.exercise, mistake.name] = dataclasses.replace(mistake, evidence=known)
        candidates = {
            key_of(answer): answer
            for exercise, wrong in asked.items()
            for answer in left[exercise]
            if any(one.could_be(_seen(answer, seen)) for one in wrong.values())
        }
        whole = {e: [ref.name for ref in references.of(e)] for e in asked}
        found = look(answers=_ordered(candidates, self._answers), checks=whole)
        for mistake in found:
            seen.pop((mistake.exercise, mistake.name), None)
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


def _looks(
    wrong: Sequence[_Wrong],
    left: Sequence[Answer],
    seen: Mapping[tuple[str, str], Misconception],
    turn: int,
) -> Iterator[tuple[str, list[Answer]]]:
    """The next checks of an exercise to look at, as few as do for all answers, and in whom."""
    waiting: list[tuple[_Wrong, list[Answer]]] = []
    for one in wrong:
        rivals = [answer for answer in left if one.could_be(_seen(answer, seen))]
        unseen = [a for a in rivals if not _seen(a, seen).evidence.keys() & set(one.failed)]
        if len(rivals) > FEW and (turn or unseen):
            waiting.append((one, rivals if turn else unseen))
    while waiting:
        counts: dict[str, int] = {}
        for one, rivals in waiting:
            for check in one.failed:
                if any(check not in _seen(answer, seen).evidence for answer in rivals):
                    counts[check] = counts.get(check, 0) + 1
        if not counts:
            return
        chosen = max(counts, key=lambda check: counts[check])
        for one, rivals in waiting:
            if chosen in one.failed:
                yield chosen, [a for a in rivals if chosen not in _seen(a, seen).evidence]
        waiting = [(one, rivals) for one, rivals in waiting if chosen not in one.failed]


def _seen(answer: Answer, seen: Mapping[tuple[str, str], Misconception]) -> Misconception:
    none = Misconception(answer.exercise, answer.name, answer.message, {})
    return seen.get((answer.exercise, answer.name), none)


def _ordered(chosen: Mapping[str, Answer], answers: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in answers if key_of(answer) in chosen and not answer.right]


def _digest(wrong: _Wrong) -> str:
    """By which an answer is known again that recorded the same, and is compared in the same way."""
    made = hashlib.sha256()
    for ref in wrong.truth:
        evidence = wrong.recorded.get(ref.name)
        facts = [ref.name, list(ref.sides), evidence is None]
        if evidence is not None:
            facts += [evidence.outcome, list(evidence.changed), list(evidence.traces)]
        made.update(json.dumps(facts, sort_keys=True).encode())
        for key, array in sorted(evidence.tensors.items()) if evidence is not None else ():
            made.update(f"{key} {array.dtype} {array.shape}".encode() + array.tobytes())
    return made.hexdigest()[:16]
