"""Commands of the student's side: work, hand in, and the zip to begin with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.terminal import Copy, Course, console, course_folder, say


def lab(
    chapter: Annotated[
        list[str] | None,
        typer.Argument(help="The chapter to open; options of JupyterLab's own may follow."),
    ] = None,
    folder: Copy = None,
    course: Course = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    base_url: Annotated[str, typer.Option(help="The path to serve under, behind a proxy.")] = "/",
) -> None:
    """Open JupyterLab on your own copy of the chapters, made and brought up to date first."""
    import datetime

    from autograder.workspace import lab as jupyter
    from autograder.workspace import own_copy as copy

    target, release = copy.locate(folder, course)
    existed = copy.is_copy(target)
    own = copy.OwnCopy(target)
    changes = own.update(release, datetime.date.today()) if release is not None else []
    if not existed:
        console.print(
            f"Your own copy, {len(changes)} chapters: {target}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    for change in changes if existed else []:
        say(str(change))
    more = list(chapter or [])
    named = more.pop(0) if more and not more[0].startswith("-") else None
    notebook = jupyter.notebook_of(target, named) if named else None
    jupyter.open_lab(target, notebook, port=port, browser=browser, base_url=base_url, more=more)


def submit(
    chapter: str,
    student: Annotated[
        str | None, typer.Option(help="Your name or number as your instructor knows it.")
    ] = None,
    folder: Copy = None,
    course: Course = None,
) -> None:
    """Write one archive of a chapter to hand in, and say what is still open."""
    import datetime
    import getpass

    from autograder.workspace import own_copy as copy
    from autograder.workspace import submit as handing_in

    own = copy.OwnCopy(copy.locate(folder, course)[0])
    name = student or own.student
    if name is None and sys.stdin.isatty():
        name = typer.prompt("Your name or number, as your instructor knows it")
    elif name is None:
        name = getpass.getuser()
    done = handing_in.submit(own, chapter, name, datetime.datetime.now(datetime.UTC))
    console.print(
        f"Handed in as {name}; another name goes with --student.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    for line in str(done).splitlines():
        say(line)


def bundle(
    course: Course = None,
    output: Annotated[Path | None, typer.Option(help="Where to write it; default: dist/.")] = None,
    solutions: Annotated[
        bool, typer.Option("--solutions", help="With the course's own answers, for self-study.")
    ] = False,
) -> None:
    """Write the zip for students: chapters, environment, a page to read, and a wheel."""
    from autograder.workspace.bundle import bundle as write_bundle

    folder = course_folder(course)
    made = write_bundle(folder, output or folder.root / "dist", solutions)
    size = f"{made.size / 1e6:.1f} MB"
    console.print(
        f"{made.path} ({len(made.chapters)} chapters, {size})",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
