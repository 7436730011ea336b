"""The command for due dates and extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.terminal import (
    Course,
    Wait,
    console,
    course_folder,
    printable,
    say,
    say_change,
    say_waiting,
)
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.gradebook.due import Dates, Moved
    from autograder.gradebook.writer import GradebookWriter


def due(
    name: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="The assignment.")],
    when: Annotated[
        list[str] | None,
        typer.Argument(
            help='"2026-12-01 18:00", with a zone or in the course\'s own; "+3d" later than the '
            'class\'s date; "none" takes a date away. Shows the dates if left out.'
        ),
    ] = None,
    student: Annotated[
        str | None, typer.Option("--for", help="An extension for this student alone.")
    ] = None,
    course: Course = None,
    wait: Wait = None,
) -> None:
    """Set the due date of a class, or one student's extension; without a date, show them.

    Penalties of what has been graded follow at once, and nothing is executed.
    """
    from autograder.course.lock import course_lock
    from autograder.gradebook import due as dates
    from autograder.gradebook.current import bring_up_to_date
    from autograder.gradebook.database import exists
    from autograder.gradebook.writer import GradebookWriter, open_gradebook

    root = course_folder(course)
    if not root.source(name).is_file():
        root.assignment(name)  # says which assignments there are
    directory = root.directory
    if not when:
        if not exists(directory.db_url):
            raise AutograderError(f"There is no gradebook yet: `autograder due {name} WHEN`.")
        bring_up_to_date(root, name, say_waiting)
        with GradebookWriter(directory.db_url, directory.course_id, directory.config) as book:
            _print_dates(root, dates.read_dates(book, name), student)
        return
    command = f"autograder due {name}"
    with (
        course_lock(root, command, seconds=wait, say=say_waiting),
        open_gradebook(root, name) as book,
    ):
        if student is not None:
            _check_student(root, book, student)
        moved = _move(root, book, name, " ".join(when), student)
        now = dates.read_dates(book, name)
    say_change(book.change)
    _say_moved(root, now, moved, student)
    others = sorted({name, *moved.penalties})
    changed = [other for other in others if bring_up_to_date(root, other, say_waiting)]
    if any(any(root.feedback.glob(f"*/{other}")) for other in changed):
        say("Feedback pages still say the old: `autograder feedback` makes them again.")


def _move(
    root: CourseFolder, book: GradebookWriter, name: str, text: str, student: str | None
) -> Moved:
    from autograder.course.dates import read_date
    from autograder.gradebook.due import read_dates, set_due, set_extension

    now = read_dates(book, name)
    moment = None if text.lower() == "none" else read_date(text, root.zone, now.duedate)
    if student is not None:
        return set_extension(book, name, student, moment)
    return set_due(book, name, moment)


def _check_student(root: CourseFolder, book: GradebookWriter, student: str) -> None:
    """Refuse who is on no roster, was never graded and has handed in nothing."""
    import difflib

    from autograder.gradebook.due import students_of
    from autograder.intake.timestamps import is_plain_id

    known = students_of(book)
    if root.submitted.is_dir():
        folders = (path.name for path in root.submitted.iterdir())
        known |= {name for name in folders if name[0] != "." and is_plain_id(name)}
    if student not in known:
        near = difflib.get_close_matches(student, known, 3)
        hint = f" Is it {' or '.join(near)}?" if near else ""
        raise AutograderError(
            f"There is no student {printable(student)!r} in the gradebook or in submitted/.{hint} "
            f"`autograder roster FILE.csv` enters students."
        )


def _say_moved(root: CourseFolder, dates: Dates, moved: Moved, student: str | None) -> None:
    from autograder.course.dates import local

    until = dates.due_of(student) if student is not None else dates.duedate
    whom = "" if student is None else f" for {printable(student)}"
    if until is None:
        say(f"{dates.assignment} has no due date.")
    else:
        say(f"{dates.assignment} is due {local(until, root.zone)}{whom}.")
    if moved.dropped:
        say(f"Without an extension now: {', '.join(map(printable, moved.dropped))}.")
    changed = [f"{len(students)} of {name}" for name, students in sorted(moved.penalties.items())]
    say(f"{_counted(dates)} Penalties that changed: {', '.join(changed) or 'none'}.")


def _counted(dates: Dates) -> str:
    said = f"{len(dates.late)} of {len(dates.handed_in)} submissions are late."
    if dates.timeless:
        said += f" {len(dates.timeless)} came without a time and count as on time."
    return said


def _print_dates(root: CourseFolder, dates: Dates, student: str | None) -> None:
    """The class's date, and a row for everybody with an extension or who was late.

    Who handed in at no known time has one too, where that is the exception.
    """
    from autograder.course.dates import local

    if dates.duedate is None:
        say(f"{dates.assignment} has no due date: `autograder due {dates.assignment} WHEN`.")
        return
    say(f"{dates.assignment} is due {local(dates.duedate, root.zone)}. {_counted(dates)}")
    shown = [one for one in dates.submissions.values() if one.extension or one.seconds]
    if len(dates.timeless) <= len(dates.handed_in) / 2:
        shown += [one for one in dates.timeless if one not in shown]
    if student is not None:
        shown = [one for one in dates.submissions.values() if one.student == student]
    if not shown:
        return
    table = Table(box=None)
    table.add_column("student", overflow="fold")
    for title in ("due", "handed in", "late"):
        table.add_column(title, no_wrap=True)
    for one in sorted(shown, key=lambda one: one.student):
        handed_in = local(one.handed_in, root.zone) if one.handed_in is not None else "?"
        table.add_row(
            escape(printable(one.student)),
            local(one.due, root.zone) if one.due is not None and one.extension else "",
            handed_in if one.notebooks else "",
            one.words,
        )
    console.print(table)
