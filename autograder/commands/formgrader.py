"""The command that opens nbgrader's pages."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.commands.terminal import Course, course_folder


def formgrader(
    more: Annotated[
        list[str] | None, typer.Argument(help="Options of JupyterLab's own.", show_default=False)
    ] = None,
    course: Course = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    base_url: Annotated[str, typer.Option(help="The path to serve under, behind a proxy.")] = "/",
) -> None:
    """Open nbgrader's formgrader: look at submissions, change scores, comment, autograde."""
    from autograder.gradebook.formgrader import open_formgrader

    open_formgrader(
        course_folder(course), port=port, browser=browser, base_url=base_url, more=more or ()
    )
