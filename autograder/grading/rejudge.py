"""Judging a class again by what is stored: new points, tolerances, messages, known answers."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Collection, Iterator

from autograder.errors import AutograderError
from autograder.grading.pipeline import Gradebook, Outcome, Pipeline, Progress, entered
from autograder.grading.scoring import Record
from autograder.intake.submission import Found


def rejudge(
    pipeline: Pipeline,
    gradebook: Gradebook,
    progress: Progress = lambda done, total: None,
) -> list[Record]:
    """Judge all stored evidence again, with today's points, tolerances and messages.

    Of known wrong answers that were written since, the evidence is made first; nothing else runs.
    There is a record for every submission that was graded: what was set aside has no evidence and
    stays set aside, and where the evidence is gone the gradebook's score stays.

    Raises :class:`AutograderError` when nothing was graded.
    """
    store, name = pipeline.store, pipeline.assignment.name
    count, last = store.count_executed(), store.lines()
    if not count and not last:
        raise AutograderError(
            f"There is no evidence for {name} in {store.folder.parent}; "
            f"run `autograder grade {name}` first."
        )
    pipeline.complete()
    records = []
    with _collecting_what_is_new():
        for outcome in pipeline.judged():
            known = last.texts.get(outcome.record.student)
            records.append(entered(pipeline, gradebook, outcome, known))
            progress(len(records), max(count, len(last)))
    judged = {record.student for record in records}
    gone = [student for student in last if student not in judged]
    before = store.records() if gone else {}
    for student in gone:
        line = before.get(student, {})
        was_aside = line.get("status") == "needs_review"
        reason = str(line.get("reason") or "") if was_aside else _GONE
        records.append(pipeline.set_aside(student, reason))
    records.sort(key=lambda record: record.student)
    records = gradebook.as_entered(records)
    store.save_records(records)
    pipeline.unchanged.save()
    return records


@contextlib.contextmanager
def _collecting_what_is_new() -> Iterator[None]:
    """Spare the garbage collector what is there already: looking through it all takes 0.1 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def renew(pipeline: Pipeline, gradebook: Gradebook, students: Collection[str]) -> list[Record]:
    """The records of some students, after a person changed their scores; nothing is executed."""
    last = pipeline.store.lines().texts
    records = []
    for student in sorted(students):
        executed = pipeline.store.executed(student)
        if executed is not None:
            outcome = Outcome(Found(student, None), pipeline.judge(executed), None, executed.run)
            records.append(entered(pipeline, gradebook, outcome, last.get(student)))
    records = gradebook.as_entered(records)
    pipeline.store.save_records(records)
    return records


_GONE = "What its execution left behind is gone; grade it again."
