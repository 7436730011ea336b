"""Judges the answers of a class; answers that are equal in all that counts are judged once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from autograder.grading.executed import ExecutedAttempt
from autograder.grading.grounds import Grounds, Questions
from autograder.grading.one_answer import Judged, judge_answer
from autograder.grading.scoring import Record, assembled
from autograder.judge.references import References

MOST_KEPT = 10_000  #: verdicts on answers that are at hand while a class is judged


class Judging:
    """The judge of one run, by today's references.

    Args:
        references: of the run, with today's settings, messages and points.
        points: of the grade cells.
        imports: what the instructor's cells import.
        kept: what was judged earlier, by :meth:`Questions.key`; of a verdict it may lack what no
            record shows.
    """

    def __init__(
        self,
        references: References,
        points: Mapping[str, float],
        imports: Mapping[str, str],
        kept: Mapping[str, Judged],
    ) -> None:
        self.references, self.points = references, points
        self._questions = Questions(references, points, imports)
        self._kept = kept
        self._judged: dict[str, Judged] = {}
        self._open: set[str] = set()
        self._last: tuple[ExecutedAttempt, Grounds] | None = None

    def grounds(self, executed: ExecutedAttempt, known: Grounds | None = None) -> Grounds:
        """What the record of an attempt rests on; asked twice of one attempt, found out once.

        ``known`` is what was found out earlier, of the same evidence by the same grader.
        """
        if self._last is None or self._last[0] is not executed:
            self._last = (executed, self._questions.grounds(executed, known))
        return self._last[1]

    def keys(self, grounds: Grounds) -> dict[str, str]:
        """By which digest the verdicts on each answer are known."""
        return {
            name: self._questions.key(exercise, grounds.answers[name])
            for name, exercise in self.references.exercises.items()
        }

    def record(self, executed: ExecutedAttempt, only: Collection[str] | None = None) -> Record:
        """The record of an attempt.

        With ``only`` as if there were no other exercises, and with all that is found of each.
        """
        grounds = self.grounds(executed)
        judged = {}
        for name, exercise in self.references.exercises.items():
            if only is None or name in only:
                ground = grounds.answers[name]
                key = self._questions.key(exercise, ground)
                known = self._judged.get(key) or (self._kept.get(key) if only is None else None)
                judged[name] = known or self._remembered(
                    key,
                    judge_answer(
                        executed, self.references, exercise, ground.scan.used, self.points
                    ),
                )
        return self._assembled(grounds, judged)

    def leave_open(self, executed: ExecutedAttempt) -> None:
        """Of this attempt's answers, and of equal ones, causes are still looked for."""
        self._open |= set(self.keys(self.grounds(executed)).values()) - self._kept.keys()

    def judged(self, keys: Mapping[str, str]) -> dict[str, Judged]:
        """What was said of answers by their keys, of those of which it is at hand."""
        found = {key: self._judged.get(key) or self._kept.get(key) for key in keys.values()}
        return {key: judged for key, judged in found.items() if judged is not None}

    def record_by(self, grounds: Grounds) -> Record | None:
        """The record of what was read earlier; None where that is not enough.

        It is not where an answer would be read otherwise today, or none like it was judged yet.
        """
        for name, exercise in self.references.exercises.items():
            ground = grounds.answers.get(name)
            if ground is None or ground.asks != self._questions.asks(exercise):
                return None
        keys = self.keys(grounds)
        judged = self.judged(keys)
        if not all(key in judged and key not in self._open for key in keys.values()):
            return None
        return self._assembled(grounds, {name: judged[key] for name, key in keys.items()})

    def _remembered(self, key: str, judged: Judged) -> Judged:
        self._judged[key] = judged
        if len(self._judged) > MOST_KEPT:
            del self._judged[next(iter(self._judged))]
        return judged

    def _assembled(self, grounds: Grounds, judged: Mapping[str, Judged]) -> Record:
        scans = [(name, grounds.answers[name].scan) for name in judged]
        most = sum(self.points.values())
        assignment = self.references.assignment
        return assembled(grounds.said, assignment, most, scans, judged.values())
