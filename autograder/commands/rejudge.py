"""The command that judges stored evidence again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.grades import print_table, say_if_edited, say_moved
from autograder.commands.terminal import (
    Course,
    Jsonl,
    Unprotected,
    Wait,
    console,
    course_folder,
    printable,
    progress_bar,
    say,
    say_change,
    say_waiting,
)
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course.answers import Answer
    from autograder.grading.scoring import Record
    from autograder.sandbox import Layers


def rejudge(
    name: str,
    course: Course = None,
    jsonl: Jsonl = None,
    exercise: Annotated[
        str | None, typer.Option(help="Show only whose result in this exercise changes.")
    ] = None,
    no_sandbox: Unprotected = False,
    wait: Wait = None,
) -> None:
    """Judge stored evidence again with today's points, tolerances and messages.

    Nothing is executed but known wrong answers: those that were written since, and those that may
    be the cause of what fails only now.
    """
    from autograder.course.lock import course_lock
    from autograder.files import write_whole
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading.pipeline import Pipeline
    from autograder.grading.rejudge import rejudge as judge_again
    from autograder.grading.store import jsonl as jsonl_lines

    folder = course_folder(course)
    say_if_edited(folder, name)
    layers: Layers | None = "none" if no_sandbox else None
    stations = Pipeline(folder, name, layers)
    known = stations.assignment.exercises
    if exercise is not None and exercise not in known:
        raise AutograderError(
            f"There is no exercise {exercise} in {name}; it has: {', '.join(known)}."
        )
    with (
        course_lock(folder, f"autograder rejudge {name}", seconds=wait, say=say_waiting),
        progress_bar(name) as progress,
        open_gradebook(folder, name) as gradebook,
    ):
        before = stations.store.lines()
        records = judge_again(stations, gradebook, progress)
    say_change(gradebook.change)
    if exercise is None:
        print_table(name, records)
    else:
        _print_changes(name, exercise, before, records)
    for answer in stations.learned:
        _say_who_has(answer, records)
    say_moved(before.other_than(stations.store.lines()), records)
    if stations.outdated:
        say(
            f"{len(stations.outdated)} of {len(records)} were executed with another edition of "
            f"{name}: `autograder grade {name}` executes them with today's."
        )
    if jsonl is not None:
        write_whole(jsonl, jsonl_lines([record.as_json() for record in records]))


def _say_who_has(answer: Answer, records: list[Record]) -> None:
    """Of a known wrong answer that is new: how many students are told its message."""
    told = sum(
        any((v.exercise, v.misconception) == (answer.exercise, answer.name) for v in r.verdicts)
        for r in records
    )
    why = "" if told else "; no answer records the same, or another known one records it too"
    say(f"new: {answer.exercise}, {answer.name!r}: told to {told} of {len(records)}{why}")


def _print_changes(
    name: str, exercise: str, before: Mapping[str, Mapping[str, Any]], records: list[Record]
) -> None:
    """Show whose result in an exercise is another one, and count those of other exercises."""
    from autograder.grading.changes import changes

    found = [
        (record.student, change)
        for record in records
        for change in changes(before.get(record.student, {}), record)
    ]
    table = Table(title=f"{name}: {exercise}", title_justify="left", title_style="bold", box=None)
    for column in ("student", "before", "now", "told"):
        table.add_column(column, overflow="fold")
    shown = [(student, change) for student, change in found if change.exercise == exercise]
    for student, change in shown:
        told = escape(change.told)
        row = (f"{change.before:g}", f"{change.now:g} / {change.points:g}", told)
        table.add_row(escape(printable(student)), *row)
    if shown:
        console.print(table)
    others = sorted({change.exercise for _, change in found} - {exercise})
    beside = f"; what changed besides: {', '.join(others)}" if others else ""
    say(f"{name}: {exercise}: {len(shown)} of {len(records)} results changed{beside}")
