"""The command that says what a graded class understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.terminal import (
    MOST_LINES,
    Course,
    Names,
    console,
    course_folder,
    errors,
    printable,
    say,
    say_waiting,
)
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.pages.class_summary import ClassReport, Person

_MOST_WORDS = 200  #: characters of what a terminal says of one student


def report(
    names: Names = None,
    course: Course = None,
    whole: Annotated[
        bool, typer.Option("--all", help="A page of all graded chapters together as well.")
    ] = False,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Numbers in place of names and ids.")
    ] = False,
) -> None:
    """Show who needs a look and what a graded class misunderstood; write it as a page."""
    folder = course_folder(course)
    graded = folder.graded_assignments
    if not names and not graded:
        raise AutograderError("Nothing has been graded here; run `autograder grade` first.")
    for made, path in write_reports(folder, graded if whole else names or graded, whole, anonymous):
        _print(made, path)


def write_reports(
    course: CourseFolder, names: Sequence[str], whole: bool = False, anonymous: bool = False
) -> list[tuple[ClassReport, Path]]:
    """Write the pages of some assignments, and say where the one of all of them is."""
    from autograder.gradebook.current import bring_up_to_date
    from autograder.gradebook.roster import read_students
    from autograder.grading.class_report import Reports

    for name in course.graded_assignments:  # what is odd in one is told by the others
        bring_up_to_date(course, name, say_waiting)
    full_names = {s.id: s.name for s in read_students(course.directory.db_url)}
    reports = Reports(course, full_names, anonymous)
    written = []
    for name in names:
        with errors.status(f"Reading what {name} left behind"):
            written.append(reports.write(name))
    if whole:
        say(f"What the class misunderstood: {reports.write_all(written)}")
    return written


def _print(report: ClassReport, path: Path) -> None:
    """The report in brief: who needs a look first."""
    from autograder.pages.class_summary import KINDS

    console.print(f"[bold]{report.assignment}[/]: {report.graded} graded", highlight=False)
    look = report.look
    if look:
        counts = ", ".join(f"{n} {KINDS[kind]}" for kind, n in report.counts.items() if n)
        say(f"Who needs a look: {len(look)} ({counts})")
    why = ["; ".join(f"{KINDS[r.kind]}: {r.sentence}" for r in person.reasons) for person in look]
    _say_each(list(zip(look, why, strict=True)))
    table = Table(box=None)
    table.add_column("exercise")
    table.add_column("solved", justify="right")
    table.add_column("what cost most", overflow="fold")
    for row in report.exercises:
        found = [m for m in (*report.mistakes, *report.unknown) if m.exercise == row.name]
        dearest = max(found, key=lambda mistake: mistake.points, default=None)
        called = dearest and (dearest.name or f"the unknown answer {dearest.id}")
        cost = f"{len(dearest.students)} × {called}" if dearest else ""
        table.add_row(escape(row.name), f"{row.solved}/{report.graded}", escape(cost))
    console.print(table)
    noted = [(person, " ".join(person.notes)) for person in report.people if person.notes]
    if noted:
        console.print("Noted:")
        _say_each(noted)
    console.print(f"The whole report: {path}", soft_wrap=True)


def _say_each(lines: Sequence[tuple[Person, str]]) -> None:
    for person, said in lines[:MOST_LINES]:
        name = f"{person.name} ({person.id})" if person.name else person.id
        say(f"  {printable(name)}: {said[:_MOST_WORDS]}")
    if len(lines) > MOST_LINES:
        console.print(f"  and {len(lines) - MOST_LINES} more, in the whole report")
