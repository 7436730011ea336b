"""A lesson's known answers, executed from its text as it stands and graded: nothing is built.

A right answer passes every check of its exercise; a wrong one fails, is told its own message, and
disturbs no other exercise. With fewer exercises only their checks are executed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence

from autograder.course.answers import Answer, load
from autograder.course.attempt import answer_attempt
from autograder.course.build import LIMITS, unestablished
from autograder.course.examine import examiner, failed_cell
from autograder.course.folder import CourseFolder
from autograder.course.lesson import Lesson
from autograder.course.make_references import make_references
from autograder.course.remarks import Remark, refuse
from autograder.errors import AutograderError, SolutionFailed
from autograder.grading.executed import collect_evidence
from autograder.grading.rebuild import Rebuilt
from autograder.grading.scoring import Record, score
from autograder.judge.requirements import Earned
from autograder.judge.verdicts import Verdict
from autograder.sandbox import Job, RunLog
from autograder.sandbox.pool import run_jobs


@dataclasses.dataclass(frozen=True)
class Tried:
    """How one known answer fared with one seed."""

    answer: Answer
    seed: int
    verdicts: tuple[Verdict, ...]  #: of its own exercise
    requirements: tuple[Earned, ...]
    amiss: str  #: what is not as it should be, for a person; empty where all is well

    @property
    def failed(self) -> list[Verdict]:
        """The checks of its exercise that it does not pass."""
        return [verdict for verdict in self.verdicts if not verdict.passed]

    @property
    def line(self) -> str:
        """``right 'a loop': 6 of 6 checks, 4 of 4 points``, for people."""
        kind = "right" if self.answer.right else "wrong"
        earned = round(sum(part.earned for part in self.requirements), 2)
        points = sum(part.points for part in self.requirements)
        passed = len(self.verdicts) - len(self.failed)
        return (
            f"{self.answer.exercise}: {kind} {self.answer.name!r}: {passed} of "
            f"{len(self.verdicts)} checks, {earned:g} of {points:g} points"
        )

    @property
    def told(self) -> list[str]:
        """What its author would read: each message once, with the checks that it is told at."""
        checks: dict[str | None, list[Verdict]] = {}
        for verdict in self.failed:
            checks.setdefault(verdict.misconception or verdict.reason, []).append(verdict)
        return [
            f"{first.check}{f' and {len(others)} more' if others else ''}: "
            f"{f'[{first.misconception}] ' if first.misconception else ''}"
            f"{first.reason or first.status}"
            for first, *others in checks.values()
        ]


def exercises_of(lesson: Lesson, chosen: Collection[str]) -> list[str]:
    """The exercises of a lesson among those chosen, or all. Raises for one that it has not."""
    known = list(lesson.assignment.exercises)
    for name in chosen:
        if name not in known:
            raise AutograderError(
                f"There is no exercise {name} in {lesson.name}; it has: {', '.join(known)}."
            )
    return [name for name in known if not chosen or name in chosen]


def try_answers(
    course: CourseFolder,
    lesson: Lesson,
    chosen: Collection[str] = (),
    *,
    seeds: int = 1,
    more: Sequence[Answer] = (),
) -> Iterator[Remark | Tried]:
    """What the build would refuse, and how each known answer fares with each of ``seeds`` seeds.

    ``more`` are further answers, which are not known to the checks.

    Raises :class:`BuildError` where the solution does not run or its checks cannot be used.
    """
    exercises = exercises_of(lesson, chosen)
    assignment = lesson.assignment.only(exercises)
    known = [a for a in load(course.known_answers(lesson.name)) if a.exercise in exercises]
    tried = [*known, *(a for a in more if a.exercise in exercises)]

    def execute(jobs: Sequence[Job]) -> list[RunLog]:
        return run_jobs(jobs, LIMITS, course.sandbox())

    for seed in range(1, seeds + 1):
        try:
            truth = make_references(
                assignment,
                seed,
                execute,
                known,
                {name: lesson.exercises[name] for name in exercises},
                examiner(lesson.path) if seed == 1 else None,
            )
        except SolutionFailed as failed:
            refuse(failed_cell(lesson.path, failed))
            raise
        if seed == 1:
            yield from unestablished(lesson, truth, course.about.heading)
        attempts = [answer_attempt(assignment, seed, {a.exercise: a.source}) for a in tried]
        logs = execute([attempt.job() for attempt in attempts])
        for answer, attempt, log in zip(tried, attempts, logs, strict=True):
            rebuilt = Rebuilt(attempt, (), (), missing=())
            executed = collect_evidence("student", "run", truth, rebuilt, log)
            record = score(executed, truth, assignment.points, assignment.imports)
            yield _tried(answer, seed, record, known)


def _tried(answer: Answer, seed: int, record: Record, known: Sequence[Answer]) -> Tried:
    own = tuple(v for v in record.verdicts if v.exercise == answer.exercise)
    failed = [verdict for verdict in own if not verdict.passed]
    others = sorted(set(record.missed) - {answer.exercise})
    messages = {a.name: a.message for a in known if a.exercise == answer.exercise}
    told = {messages.get(v.misconception or "", "") for v in failed}
    amiss = ""
    if others:
        amiss = f"with it, these fail too: {', '.join(others)}."
    elif answer.right and failed:
        amiss = "it is known as right, and fails."
    elif not answer.right and not failed:
        amiss = "it is known as wrong, and passes every check."
    elif not answer.right and answer in known and told != {answer.message}:
        amiss = "it is not told its message; does another wrong answer record the same?"
    requirements = tuple(e for e in record.requirements if e.exercise == answer.exercise)
    return Tried(answer, seed, own, requirements, amiss)
