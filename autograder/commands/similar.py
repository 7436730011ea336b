"""The command that shows whose answers are alike."""

from __future__ import annotations

from typing import Annotated

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
    progress_bar,
    say,
)


def similar(
    name: Annotated[str, typer.Argument(help="The assignment.", metavar="ASSIGNMENT")],
    course: Course = None,
    submitted: Submitted = None,
) -> None:
    """Show whose answers are alike, as evidence for a person; no score depends on it.

    What the release gave and what half of the class wrote is taken out. Graded submissions are
    compared as they were graded, others as they were handed in.
    """
    from autograder.gradebook.roster import read_students
    from autograder.grading.similar import read_answers, write_similar

    root = course_folder(course)
    names = {student.id: student.name for student in read_students(root.directory.db_url)}
    with progress_bar(name) as progress:
        answers = read_answers(root, name, submitted or root.submitted, progress)
    with errors.status(f"Comparing {len(answers)} submissions of {name}"):
        page, path = write_similar(root, name, answers, names)
    table = Table(title=name, title_justify="left", title_style="bold", box=None)
    for title in ("students", "alike in"):
        table.add_column(title, overflow="fold")
    for title in ("share", "lines"):
        table.add_column(title, justify="right")
    for pair in page.pairs:
        who = " · ".join(escape(printable(id_)) for id_, _ in (pair.first, pair.second))
        exercises = escape(", ".join(exercise.name for exercise in pair.exercises))
        table.add_row(who, exercises, f"{100 * pair.share:.0f} %", str(pair.lines))
    if page.pairs:
        console.print(table)
    say(
        f"{len(page.pairs)} pairs of {page.students} submissions, the most striking first: "
        f"evidence for a person who reads both, never a verdict."
    )
    say(f"Side by side: {path}")
