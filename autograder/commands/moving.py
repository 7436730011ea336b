"""The command that moves a gradebook to another database."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.commands.terminal import (
    Course,
    Wait,
    course_folder,
    progress_bar,
    say,
    say_waiting,
)


def move_gradebook(
    to: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="postgresql+psycopg://user:password@host/name, or sqlite:///FILE.",
        ),
    ],
    course: Course = None,
    wait: Wait = None,
) -> None:
    """Copy the gradebook into an empty database, such as PostgreSQL's; the old one stays.

    Everything goes along: grades, what people entered, comments, due dates, extensions.
    """
    from autograder.course.lock import course_lock
    from autograder.gradebook.database import without_password
    from autograder.gradebook.moving import move_gradebook as move

    root = course_folder(course)
    old = root.directory.db_url
    with (
        course_lock(root, "autograder move-gradebook", seconds=wait, say=say_waiting),
        progress_bar("gradebook") as progress,
    ):
        counts = move(old, to, progress)
    named = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    say(f"Copied from {without_password(old)} to {without_password(to)}: {named or 'nothing'}.")
    say(f"From now on: c.CourseDirectory.db_url = {without_password(to)!r} in nbgrader_config.py.")
