"""The solution and the known wrong answers, executed with one seed: the references of a run."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from autograder.checks.namespace import digest
from autograder.course.answers import Answer, layers
from autograder.course.assignment import Assignment
from autograder.course.attempt import Attempt, answer_attempt, solution_attempt
from autograder.course.examine import Examiner
from autograder.course.needed_checks import with_checks_of
from autograder.errors import AutograderError, MachineLost, SolutionFailed
from autograder.evidence import Evidence, EvidenceError
from autograder.judge.exercise import Exercise
from autograder.judge.references import References, collect
from autograder.judge.verdicts import Misconception
from autograder.sandbox import Job, RunLog
from autograder.sandbox.job import Enough

Executor = Callable[[Sequence[Job]], Sequence[RunLog]]
"""Executes jobs and returns what came of each, in their order."""


def make_references(
    assignment: Assignment,
    seed: int,
    execute: Executor,
    answers: Sequence[Answer],
    exercises: Mapping[str, Exercise] | None = None,
    examine: Examiner | None = None,
    timed: bool = False,
) -> References:
    """Execute the solution and the known wrong answers with one seed.

    With ``examine`` the solution is executed twice, and what its checks recorded is examined. With
    ``timed`` it is kept how long each of its cells took.

    Raises :class:`AutograderError` when the solution itself does not run: the course is broken, and
    grading against it would call everybody wrong.
    """
    attempt = solution_attempt(assignment, seed)
    logs = execute([attempt.job()] * (1 if examine is None else 2))
    recorded = recorded_by(attempt, logs[0], must_finish=True)
    if examine is not None:
        examine(recorded, recorded_by(attempt, logs[1], must_finish=True))
    references = dataclasses.replace(
        collect(
            assignment.name, seed, assignment.version, exercises or assignment.exercises, recorded
        ),
        answers=assignment.answers,
        cells=assignment.known_cells,
        seconds=_seconds(attempt, logs[0]) if timed else {},
        sources=digests(answers) if timed else {},
        executes=assignment.executes if timed else "",
    )
    empty = [e.name for e in references.exercises.values() if not e.hidden]
    if empty:
        raise AutograderError(f"{assignment.name}: no hidden check recorded anything for {empty}.")
    for name, truth in references.checks.items():
        if truth.outcome["kind"] == "exception":  # an untouched answer might raise the same
            raise AutograderError(
                f"{assignment.name}: in the check {name} the solution raises "
                f"{truth.outcome['type']}: {truth.outcome['message']} "
                f"(an exception that is expected is recorded with probes.outcome)"
            )
    known = [a for a in answers if not a.right and a.exercise in references.exercises]
    mistakes = look_at(references, assignment, known, execute)
    return dataclasses.replace(references, misconceptions=in_order(mistakes, answers))


MOST_RECORDED = 16 * 2**20  #: bytes that an attempt with known wrong answers may record


def _refuse_too_much(group: Sequence[Answer], log: RunLog) -> None:
    """Raise where wrong answers record more than is kept: the run could not be read again."""
    size = sum(len(data) for _, data in log.evidence)
    if size > MOST_RECORDED:
        names = ", ".join(f"{answer.name!r} of {answer.exercise}" for answer in group)
        raise AutograderError(
            f"A known wrong answer records too much ({size / 2**20:.0f} MiB; at most "
            f"{MOST_RECORDED // 2**20} MiB are kept): take it out of the file of answers "
            f"({names})."
        )


def _mistakes(
    group: Sequence[Answer], attempt: Attempt, log: RunLog, references: References
) -> list[Misconception]:
    """What the wrong answers of one attempt recorded."""
    _refuse_too_much(group, log)
    recorded = recorded_by(attempt, log)
    return [_mistake(answer, recorded, references) for answer in group]


def _mistake(
    answer: Answer, recorded: Mapping[str, list[Evidence]], references: References
) -> Misconception:
    """What a wrong answer recorded in the checks of its exercise, and in no others."""
    exercise = references.exercises.get(answer.exercise)
    evidence = {
        item.name: item
        for cell, names in (exercise.cells if exercise else {}).items()
        for item in recorded.get(cell, [])
        if item.name in names
    }
    return Misconception(answer.exercise, answer.name, answer.message, evidence)


def in_order(
    mistakes: Iterable[Misconception], answers: Sequence[Answer]
) -> tuple[Misconception, ...]:
    """Known wrong answers in the order of the file of answers."""
    order = {(a.exercise, a.name): i for i, a in enumerate(answers)}
    last = len(order)
    return tuple(sorted(mistakes, key=lambda m: order.get((m.exercise, m.name), last)))


def missing_mistakes(references: References, answers: Sequence[Answer]) -> list[Answer]:
    """The known wrong answers that are not in a run's references, or with other code."""
    there = {f"{known.exercise}/{known.name}" for known in references.misconceptions}
    there |= references.sources.keys()
    return [
        answer
        for answer in answers
        if not answer.right
        and answer.exercise in references.exercises
        and (
            key_of(answer) not in there
            or references.sources.get(key_of(answer), digest(answer.source))
            != digest(answer.source)
        )
    ]


def with_new_mistakes(
    references: References,
    assignment: Assignment,
    answers: Sequence[Answer],
    new: Sequence[Answer],
    execute: Executor,
) -> References:
    """A run's references with what some more wrong answers record with its seed.

    Each is executed by itself and with a student's limits, since nobody may have read it yet: it
    reaches no other answer's record.
    """
    attempts = [
        answer_attempt(assignment, references.seed, {answer.exercise: answer.source})
        for answer in new
    ]
    logs = execute([attempt.job(references.seconds) for attempt in attempts])
    renewed = {(answer.exercise, answer.name) for answer in new}
    mistakes = [m for m in references.misconceptions if (m.exercise, m.name) not in renewed]
    sighted = tuple(m for m in references.sighted if (m.exercise, m.name) not in renewed)
    for answer, attempt, log in zip(new, attempts, logs, strict=True):
        mistakes += _mistakes([answer], attempt, log, references)
    return dataclasses.replace(
        references,
        misconceptions=in_order(mistakes, answers),
        sources={**references.sources, **digests(new)},
        sighted=sighted,
    )


def look_at(
    references: References,
    assignment: Assignment,
    answers: Sequence[Answer],
    execute: Executor,
    enough: Callable[[Collection[str]], Callable[[], Enough]] | None = None,
) -> list[Misconception]:
    """What known wrong answers record in the checks of their exercises, with a run's seed.

    ``enough`` says of the exercises of an attempt what is asked there, with an exercise and its
    last evidence: whether its other checks are not needed. Check cells of other exercises are left
    out. With ``enough`` an attempt under which the machine fails raises :class:`MachineLost`.
    """
    groups, attempts, jobs = layers(answers), [], []
    for group in groups:
        given = {answer.exercise: answer.source for answer in group}
        attempt = answer_attempt(assignment, references.seed, given)
        attempt, lonely = with_checks_of(attempt, given)
        job = attempt.job()
        cells = [dataclasses.replace(c, can_be_left_out=c.name in lonely) for c in job.cells]
        ask = enough(given.keys()) if enough is not None else None
        attempts.append(attempt)
        jobs.append(dataclasses.replace(job, cells=tuple(cells), wanted=tuple(given), enough=ask))
    logs = execute(jobs) if jobs else []
    for log in logs:
        if enough is not None and log.ended == "refused":
            raise MachineLost(log.reason or "The machine failed under a known wrong answer.")
    made = zip(groups, attempts, logs, strict=True)
    return [mistake for one in made for mistake in _mistakes(*one, references)]


def digests(answers: Sequence[Answer]) -> dict[str, str]:
    """The digests of wrong answers' code, by ``exercise/name``."""
    return {key_of(answer): digest(answer.source) for answer in answers if not answer.right}


def key_of(answer: Answer) -> str:
    """By which a wrong answer is known in a run's references."""
    return f"{answer.exercise}/{answer.name}"


def recorded_by(
    attempt: Attempt, log: RunLog, must_finish: bool = False
) -> dict[str, list[Evidence]]:
    """What the checks of a course's own attempt recorded, by grade cell.

    What cannot be read is left out of an attempt that need not finish.
    """
    if must_finish:
        for cell, result in zip(attempt.cells, log.cells, strict=True):
            if result.status != "ok":
                errors = [o for o in result.outputs if o.get("output_type") == "error"]
                detail = f"{errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""
                raise SolutionFailed(
                    f"{attempt.assignment}: the solution's cell {cell.name!r} ended as "
                    f"{result.status}. {detail or log.reason or ''}",
                    cell.name,
                )
    recorded: dict[str, list[Evidence]] = {}
    for index, data in log.evidence:
        cell = attempt.cells[index]
        if cell.kind != "check":
            continue
        try:
            recorded.setdefault(cell.name, []).append(Evidence.from_bytes(data))
        except EvidenceError:
            if must_finish:
                raise
    return recorded


def _seconds(attempt: Attempt, log: RunLog) -> dict[str, float]:
    cells = zip(attempt.cells, log.cells, strict=True)
    return {cell.name: round(result.seconds, 4) for cell, result in cells}


def new_seed() -> int:
    """A seed that nobody can know beforehand, 48 bits."""
    return secrets.randbits(48)
