"""The solution and the known wrong answers, executed with one seed: the references of a run."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping, Sequence

from autograder.course.answers import Answer, layers
from autograder.course.assignment import Assignment
from autograder.course.attempt import Attempt, answer_attempt, solution_attempt
from autograder.course.examine import Examiner
from autograder.errors import AutograderError, SolutionFailed
from autograder.evidence import Evidence
from autograder.judge.exercise import Exercise
from autograder.judge.references import References, collect
from autograder.judge.verdicts import Misconception
from autograder.sandbox import Job, RunLog

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
    groups = layers(answers)
    attempts = [solution_attempt(assignment, seed)]
    for group in groups:
        attempts.append(answer_attempt(assignment, seed, {a.exercise: a.source for a in group}))
    if examine is not None:
        attempts.append(attempts[0])
    logs = execute([attempt.job() for attempt in attempts])
    recorded = recorded_by(attempts[0], logs[0], must_finish=True)
    if examine is not None:
        examine(recorded, recorded_by(attempts[-1], logs[-1], must_finish=True))
    references = dataclasses.replace(
        collect(
            assignment.name, seed, assignment.version, exercises or assignment.exercises, recorded
        ),
        answers=assignment.answers,
        cells=assignment.known_cells,
        seconds=_seconds(attempts[0], logs[0]) if timed else {},
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
    mistakes: list[Misconception] = []
    for group, attempt, log in zip(groups, attempts[1:], logs[1:], strict=False):
        recorded = recorded_by(attempt, log)
        for answer in group:
            evidence = [
                item
                for cell in (f"{answer.exercise}-visible", f"{answer.exercise}-hidden")
                for item in recorded.get(cell, [])
            ]
            known = {item.name: item for item in evidence}
            mistakes.append(Misconception(answer.exercise, answer.name, answer.message, known))
    order = {(a.exercise, a.name): i for i, a in enumerate(answers)}
    mistakes.sort(key=lambda known: order[known.exercise, known.name])
    return dataclasses.replace(references, misconceptions=tuple(mistakes))


def recorded_by(
    attempt: Attempt, log: RunLog, must_finish: bool = False
) -> dict[str, list[Evidence]]:
    """What a trusted attempt's checks recorded, by grade cell."""
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
        if cell.kind == "check":
            recorded.setdefault(cell.name, []).append(Evidence.from_bytes(data))
    return recorded


def _seconds(attempt: Attempt, log: RunLog) -> dict[str, float]:
    cells = zip(attempt.cells, log.cells, strict=True)
    return {cell.name: round(result.seconds, 4) for cell, result in cells}


def new_seed() -> int:
    """A seed that nobody can know beforehand, 48 bits."""
    return secrets.randbits(48)
