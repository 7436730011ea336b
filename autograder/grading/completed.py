"""A run's references, completed by the known wrong answers that were written since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograder.course.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.make_references import Executor, missing_mistakes, with_new_mistakes
from autograder.grading.store import RunStore


def complete(
    runs: RunStore, assignment: Assignment, answers: Sequence[Answer], execute: Executor
) -> Iterator[tuple[str, list[Answer]]]:
    """Execute what is new, with the seed of each run that lacks it; the runs, and what was new.

    Only runs of the chapter as it is today: the checks of another would record something else.
    Raises :class:`AutograderError` where an answer records too much.
    """
    for run in runs.names():
        references = runs.get(run)
        if references is None or references.version != assignment.version:
            continue
        if references.waits_for_mistakes:  # all are executed at the first answer that failed
            continue
        new = missing_mistakes(references, answers)
        if new:
            runs.replace(run, with_new_mistakes(references, assignment, answers, new, execute))
            yield run, new
