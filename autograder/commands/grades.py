"""Commands that make grades and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.terminal import (
    Course,
    Jsonl,
    Submitted,
    Unprotected,
    Wait,
    console,
    course_folder,
    errors,
    printable,
    progress_bar,
    say,
    say_change,
    say_waiting,
)
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from pathlib import Path

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
        str | None,
        typer.Option(
            help="A Dask scheduler, tcp://host:8786, to execute on; or a cluster of Dask Gateway, "
            "gateway:NAME, and gateway:new for one with --workers workers."
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Execute unchanged submissions again.")] = False,
    student: Annotated[
        list[str] | None,
        typer.Option("--student", help="Grade only this one; can be repeated."),
    ] = None,
    feedback: Annotated[bool, typer.Option(help="Make the feedback pages as well.")] = False,
    report: Annotated[bool, typer.Option(help="Write the class reports as well.")] = False,
    no_sandbox: Unprotected = False,
    wait: Wait = None,
) -> None:
    """Grade a class: one record for every submission found, whatever it is.

    With --student, for each of these: what is known of the others stays as it is.
    """
    from autograder.files import write_whole
    from autograder.sandbox import warm_up

    folder = course_folder(course)
    layers: Layers | None = "none" if no_sandbox else None
    target = submitted or folder.submitted
    asked = dict.fromkeys(names or (), student)
    if not names:
        asked = _there(folder, target, student)
        names = list(asked)
        if not names:
            raise AutograderError(
                f"There are no submissions in {target}. `autograder demo` writes a demo class."
            )
    if scheduler is None and not all(folder.evidence(name).is_dir() for name in names):
        warm_up(folder.sandbox(layers))  # it starts while this process imports the rest
    from autograder.course.lock import course_lock
    from autograder.gradebook.writer import GradebookWriter, open_gradebook
    from autograder.grading import pipeline
    from autograder.grading.store import jsonl as jsonl_lines

    records = []
    for name in names:
        say_if_edited(folder, name)
        stations = pipeline.Pipeline(folder, name, layers)
        with (
            course_lock(folder, f"autograder grade {name}", seconds=wait, say=say_waiting),
            progress_bar(name) as progress,
            open_gradebook(folder, name) as gradebook,
        ):
            before = stations.store.lines()
            done = pipeline.grade(
                stations,
                gradebook,
                target,
                workers=workers,
                scheduler=scheduler,
                force=force,
                only=asked[name],
                progress=progress,
            )
        say_change(gradebook.change)
        print_table(name, done)
        if gradebook.change is not None:
            say_moved(before, done)
        records += done
    if jsonl is not None and len(names) > 1:  # one may have spent days in hand of another
        directory = folder.directory
        with GradebookWriter(directory.db_url, directory.course_id, directory.config) as gradebook:
            records = gradebook.as_entered(records)
    if jsonl is not None:
        write_whole(jsonl, jsonl_lines([record.as_json() for record in records]))
    if feedback:
        from autograder.commands.feedback import make_pages

        for name in names:
            make_pages(folder, name)
    if report:
        from autograder.commands.report import write_reports

        graded = set(folder.graded_assignments)
        write_reports(folder, [a for a in folder.assignments if a in graded], whole=True)
    if feedback:
        _name_a_page(folder, names)


def _there(
    course: CourseFolder, target: Path, students: list[str] | None
) -> dict[str, list[str] | None]:
    """Which assignments are to be graded where none is named: of whom, or of all.

    Each of some students is looked for where they have handed in; one who has nowhere, everywhere,
    so that it is said.
    """
    found = {a: {path.parent.name for path in target.glob(f"*/{a}")} for a in course.assignments}
    found = {name: there for name, there in found.items() if there}
    if not students:
        return dict.fromkeys(found)
    nowhere = [s for s in students if not any(s in there for there in found.values())]
    asked = {
        name: [*nowhere, *(s for s in students if s in there)] for name, there in found.items()
    }
    return {name: own for name, own in asked.items() if own}


def _name_a_page(course: CourseFolder, names: list[str]) -> None:
    """Say where one student's feedback is, of one who lost something if there is one."""
    from autograder.grading.store import Store

    for name in names:
        records = Store(course.evidence(name)).records().values()
        graded = [record for record in records if record["status"] == "graded"]
        graded.sort(key=lambda record: record["score"] >= record["max_score"])
        for record in graded:
            page = course.root / "feedback" / record["student"] / name / f"{name}.html"
            if page.is_file():
                say(f"What a student reads: {page}")
                return


def print_table(name: str, records: list[Record]) -> None:
    """Print a line for each record: the score, and what was missed."""
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
        marks = _marks(record)
        noted += bool(record.notes)
        table.add_row(
            escape(printable(record.student)),
            f"{record.score:g} / {record.max_score:g}",
            " ".join(filter(None, [*marks, missed])),
        )
    console.print(table)
    if noted:
        console.print(f"† {noted} with notes; `autograder report {name}` shows them.")


def _marks(record: Record) -> list[str]:
    """What stands in the table beside a score that is more, or less, than the judge's."""
    marks = ["[cyan]†[/]"] if record.notes else []
    if record.late is not None:
        from autograder.course.dates import span

        penalty = record.late["penalty"]
        cost = f", -{penalty:g}" if penalty else ""
        marks.append(f"[cyan]late {span(record.late['seconds'])}{cost}[/]")
    return [*marks, "[cyan]by hand[/]"] if record.manual is not None else marks


def say_moved(before: Mapping[str, Mapping[str, Any]], records: list[Record]) -> None:
    """Say how many scores are not what they were."""
    moved = [
        record.student
        for record in records
        if record.student in before and before[record.student].get("score") != record.score
    ]
    say(f"The scores of {len(moved)} of {len(records)} students changed.")


def say_if_edited(course: CourseFolder, name: str) -> None:
    """Say on standard error when a chapter's text is newer than what was built of it."""
    from autograder.course.edited import warning

    if said := warning(course, name):
        errors.print(f"autograder: {said}", style="yellow", markup=False, soft_wrap=True)


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
