"""What all commands share: options, the two consoles, a bar for what takes long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.gradebook.assignments import Change

console = Console()


errors = Console(stderr=True)


MOST_LINES = 40  #: of notes that a terminal shows


Course = Annotated[
    Path | None, typer.Option("--course", help="The course's folder; found from here if left out.")
]


Names = Annotated[list[str] | None, typer.Argument(help="Assignments; all if left out.")]


Exercises = Annotated[
    list[str] | None, typer.Option("--exercise", help="Only this one; can be repeated.")
]


Submitted = Annotated[
    Path | None, typer.Option("--submitted", help="Folder with student/assignment/notebook.")
]


Copy = Annotated[
    Path | None, typer.Option("--folder", help="Your own copy of the chapters; default: student/.")
]


Jsonl = Annotated[Path | None, typer.Option("--jsonl", help="Write one record a line here.")]


Wait = Annotated[
    float | None,
    typer.Option(
        help="Seconds to wait for another command that writes grades; "
        "default: c.Grading.wait_seconds."
    ),
]


Unprotected = Annotated[
    bool,
    typer.Option("--no-sandbox", help="Accept the risk of running students' code unprotected."),
]


def course_folder(given: Path | None) -> CourseFolder:
    """The course given, or the one that this folder is in."""
    from autograder.course.folder import find

    return find(given or Path.cwd(), search_above=given is None)


@contextmanager
def progress_bar(title: str) -> Iterator:  # type: ignore[type-arg]
    """A bar with count and remaining time on standard error, silent where that is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say(line: str) -> None:
    """Print a line as it is, but for characters that a terminal would act on."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def say_error(error: AutograderError) -> None:
    """Print on standard error what has to be mended."""
    errors.print(f"autograder: {error}", style="red", highlight=False, markup=False, soft_wrap=True)


def say_waiting(line: str) -> None:
    """Print on standard error what a command waits for."""
    errors.print(line, markup=False, highlight=False, soft_wrap=True)


def say_change(change: Change | None) -> None:
    """Say what an assignment that has submissions became, and what was kept of it."""
    if change is None:
        return
    say(str(change))
    if change.kept:
        students = len({entered["student"] for entered in change.kept})
        say(
            f"What people entered for it of {students} students is kept in "
            f"evidence/{change.assignment}/removed.jsonl."
        )


def printable(name: str) -> str:
    """A folder's name without characters that a terminal would act on."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)[:80]
