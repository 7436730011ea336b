"""Commands for who takes the course and what they handed in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.terminal import (
    Course,
    Submitted,
    console,
    course_folder,
    errors,
    printable,
    say,
    say_waiting,
)

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.intake.collect import Collected
    from autograder.intake.roster import Roster


def collect(
    folder: Annotated[Path, typer.Argument(help="Folder of handed-in archives and notebooks.")],
    assignment: Annotated[
        str | None, typer.Option(help="Only this one; also what files that name none are for.")
    ] = None,
    course: Course = None,
    submitted: Submitted = None,
    names: Annotated[
        str | None, typer.Option(help="nbgrader's named_regexp for file names of another kind.")
    ] = None,
) -> None:
    """Put what a platform's download holds into submitted/: one line for each file.

    With a roster (`autograder roster FILE`) only its students are collected, and who did not hand
    in is said.
    """
    from collections import Counter

    from autograder.intake import collect as collecting

    root = course_folder(course)
    target = submitted or root.submitted
    lines, roster = take_in(root, folder, target, assignment, names)
    for line in lines:
        say(line.told(root.zone))
    counts = Counter(line.status for line in lines)
    said = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    console.print(
        f"{said or 'Nothing found'}. Times are the platform's, or else the students' own word.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if roster is not None:
        found = sorted({line.assignment for line in lines if line.assignment})
        for name, absent in collecting.not_handed_in(target, roster, found).items():
            who = ", ".join(student.id for student in absent) or "nobody"
            say(f"{name}: not handed in by {len(absent)} of {len(roster)} on the roster: {who}")


def take_in(
    root: CourseFolder,
    folder: Path,
    target: Path,
    assignment: str | None = None,
    names: str | None = None,
) -> tuple[list[Collected], Roster | None]:
    """Collect what ``folder`` holds: a line for each file, and the roster if there is one."""
    from autograder.course.lock import course_lock
    from autograder.gradebook.roster import read_students
    from autograder.intake import collect as collecting
    from autograder.intake.chapters import Chapters
    from autograder.intake.roster import Roster

    chapters = Chapters.read({n: (root.release(n), root.source(n)) for n in root.assignments})
    students = read_students(root.directory.db_url)
    roster = Roster(students) if students else None
    with (
        course_lock(root, "autograder collect", of="hand-ins", say=say_waiting),
        errors.status(f"Collecting what is in {escape(printable(folder.name))}"),
    ):
        lines = collecting.collect(
            folder,
            target,
            root.assignments,
            only=assignment,
            pattern=names,
            chapters=chapters,
            roster=roster,
        )
    return lines, roster


def roster(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A CSV file: id, name, e-mail, the platform's id; exports of platforms do."
        ),
    ] = None,
    course: Course = None,
) -> None:
    """Say who takes the course, from a file; without one, show who does.

    The roster is nbgrader's own table of students. Nobody is removed from it, since grades hang
    on them: `nbgrader db student remove ID` does that.
    """
    from autograder.course.lock import course_lock
    from autograder.gradebook.roster import read_students, write_students
    from autograder.intake.roster import read_roster

    root = course_folder(course)
    url = root.directory.db_url
    if file is not None:
        students = read_roster(file)
        with course_lock(root, f"autograder roster {file.name}", say=say_waiting):
            change = write_students(url, students)
        say(
            f"{len(students)} students: {len(change.added)} new, {len(change.changed)} changed, "
            f"{len(students) - len(change.added) - len(change.changed)} as before."
        )
        for title, ids in (
            ("On the roster before, not in this file; they stay", change.absent),
            ("In the gradebook, not on the roster", change.strangers),
        ):
            if ids:
                say(f"{title}: {', '.join(ids)}")
        for stranger, student in change.alike:
            say(f"{stranger} and {student} look alike: are they one student?")
        return
    known = read_students(url)
    if not known:
        say("There is no roster. `autograder roster FILE.csv` enters one.")
        return
    table = Table(box=None)
    for title in ("id", "name", "e-mail", "platform's id"):
        table.add_column(title, overflow="fold")
    for one in known:
        fields = (one.id, one.name, one.email, one.lms_user_id)
        table.add_row(*(escape(printable(field)) for field in fields))
    console.print(table)
    say(f"{len(known)} students")
