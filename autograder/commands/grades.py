"""Commands that make grades and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.terminal import (
    MOST_LINES,
    Course,
    Jsonl,
    Names,
    Submitted,
    Wait,
    console,
    course_folder,
    errors,
    printable,
    progress_bar,
    say,
    say_waiting,
)
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.grading.scoring import Record
    from autograder.sandbox import Layers


def grade(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Assignments; every one that has submissions if left out."),
    ] = None,
    course: Course = None,
    submitted: Submitted = None,
    jsonl: Jsonl = None,
    workers: Annotated[int | None, typer.Option(help="Attempts at once; default: cores.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler, tcp://host:8786, to execute on.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Execute unchanged submissions again.")] = False,
    feedback: Annotated[bool, typer.Option(help="Make the feedback pages as well.")] = False,
    no_sandbox: Annotated[
        bool, typer.Option(help="Accept the risk of running students' code unprotected.")
    ] = False,
    wait: Wait = None,
) -> None:
    """Grade a class: one record for every submission found, whatever it is."""
    from autograder.files import write_whole
    from autograder.sandbox import warm_up

    folder = course_folder(course)
    layers: Layers | None = "none" if no_sandbox else None
    target = submitted or folder.submitted
    if not names:
        names = [a for a in folder.assignments if any(target.glob(f"*/{a}"))]
        if not names:
            raise AutograderError(
                f"There are no submissions in {target}. `autograder demo` writes a demo class."
            )
    if scheduler is None and not all(folder.evidence(name).is_dir() for name in names):
        warm_up(folder.sandbox(layers))  # it starts while this process imports the rest
    from autograder.course.lock import course_lock
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading import pipeline
    from autograder.grading.store import jsonl as jsonl_lines

    records = []
    for name in names:
        stations = pipeline.Pipeline(folder, name, layers)
        with (
            course_lock(folder, f"autograder grade {name}", seconds=wait, say=say_waiting),
            progress_bar(name) as progress,
            open_gradebook(folder, name) as gradebook,
        ):
            done = pipeline.grade(
                stations,
                gradebook,
                target,
                workers=workers,
                scheduler=scheduler,
                force=force,
                progress=progress,
            )
        _print_table(name, done)
        records += done
    if jsonl is not None:
        write_whole(jsonl, jsonl_lines([record.as_json() for record in records]))
    if feedback:
        for name in names:
            _make_feedback(folder, name)


def _print_table(name: str, records: list[Record]) -> None:
    table = Table(title=name, title_justify="left", title_style="bold", box=None)
    table.add_column("student")
    table.add_column("score", justify="right")
    table.add_column("missed", overflow="fold")
    noted = 0
    for record in records:
        if record.status == "needs_review":
            missed = f"[yellow]set aside:[/] {escape(record.reason or '')}"
        else:
            missed = escape(", ".join(record.missed))
        marks = [mark for mark, holds in MARKS.items() if holds(record)]
        noted += bool(record.notes)
        table.add_row(
            escape(printable(record.student)),
            f"{record.score:g} / {record.max_score:g}",
            " ".join(filter(None, [*marks, missed])),
        )
    console.print(table)
    if noted:
        console.print(f"† {noted} with notes; `autograder report {name}` shows them.")


#: what stands in the table beside a score that is more, or less, than the judge's
MARKS: dict[str, Callable[[Record], bool]] = {
    "[cyan]†[/]": lambda record: bool(record.notes),
    "[cyan]late[/]": lambda record: record.late is not None,
    "[cyan]by hand[/]": lambda record: record.manual is not None,
}


def rejudge(name: str, course: Course = None, jsonl: Jsonl = None, wait: Wait = None) -> None:
    """Judge stored evidence again with today's points, tolerances and messages."""
    from autograder.course.lock import course_lock
    from autograder.files import write_whole
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading import pipeline
    from autograder.grading.store import jsonl as jsonl_lines

    folder = course_folder(course)
    stations = pipeline.Pipeline(folder, name)
    with (
        course_lock(folder, f"autograder rejudge {name}", seconds=wait, say=say_waiting),
        progress_bar(name) as progress,
        open_gradebook(folder, name) as gradebook,
    ):
        records = pipeline.rejudge(stations, gradebook, progress)
    _print_table(name, records)
    if jsonl is not None:
        write_whole(jsonl, jsonl_lines([record.as_json() for record in records]))


def feedback(
    names: Annotated[
        list[str] | None, typer.Argument(help="Assignments; default: all that were graded.")
    ] = None,
    course: Course = None,
) -> None:
    """Make every student's feedback page, where nbgrader's release_feedback looks for it."""
    folder = course_folder(course)
    for name in names or [a for a in folder.assignments if folder.evidence(a).is_dir()]:
        _make_feedback(folder, name)


def _make_feedback(course: CourseFolder, name: str) -> None:
    from autograder.gradebook.roster import read_students
    from autograder.grading.feedback import make_feedback
    from autograder.grading.pipeline import Pipeline

    names = {student.id: student.name for student in read_students(course.directory.db_url)}
    pages = 0
    with errors.status(f"Making the feedback pages of {name}"):
        for _ in make_feedback(Pipeline(course, name), names):
            pages += 1
    where = course.root / "feedback"
    console.print(f"{pages} feedback pages: {where}/<student>/{name}/{name}.html")


def report(names: Names = None, course: Course = None) -> None:
    """Show what a graded class misunderstood, and write it as a page."""
    from autograder.pages.class_report import write_report

    folder = course_folder(course)
    graded = folder.graded_assignments
    if not names and not graded:
        raise AutograderError("Nothing has been graded here; run `autograder grade` first.")
    for name in names or graded:
        summary, path = write_report(folder, name)
        table = Table(title=name, title_justify="left", title_style="bold", box=None)
        table.add_column("exercise")
        table.add_column("solved", justify="right")
        table.add_column("most frequent mistake", overflow="fold")
        for row in summary.exercises:
            first = row.mistakes[0] if row.mistakes else None
            mistake = f"{len(first.students)} × {first.name}" if first else ""
            table.add_row(row.name, f"{row.solved}/{summary.graded}", escape(mistake))
        console.print(table)
        for title, lines in (
            ("Set aside for a person", summary.set_aside),
            ("To be read by a person", summary.flagged),
            ("Noted", [(student, " ".join(notes)) for student, notes in summary.noted]),
        ):
            if lines:
                console.print(f"{title}:")
                for student, said in lines[:MOST_LINES]:
                    say(f"  {printable(student)}: {said}")
                if len(lines) > MOST_LINES:
                    console.print(f"  and {len(lines) - MOST_LINES} more, in the whole report")
        console.print(f"The whole report: {path}")


def doctor() -> None:
    """Say which layers the sandbox has on this machine, and what to do about missing ones."""
    from autograder.sandbox.doctor import layers

    table = Table(box=None)
    for title in ("", "layer", "what it is for"):
        table.add_column(title, overflow="fold")
    found = layers()
    for layer in found:
        state = "[green]✓" if layer.present else "[red]✗" if layer.matters else "[yellow]–"
        text = escape(layer.purpose)
        if not layer.present:
            text += f"\n[bold]missing:[/] {escape(layer.reason or '')}"
            text += f"\n{escape(layer.remedy)}" if layer.remedy else ""
        table.add_row(state, layer.name, text)
    console.print(table)
    lacking = [layer.name for layer in found if layer.matters and not layer.present]
    if lacking:
        raise AutograderError(
            f"Grading refuses to run students' code here, for want of: {', '.join(lacking)}. "
            f"`autograder grade --no-sandbox` accepts the risk."
        )
    console.print("Students' code can be run safely here.")
