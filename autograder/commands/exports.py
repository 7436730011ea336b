"""Commands that give grades to other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.terminal import Course, course_folder, say, say_waiting
from autograder.errors import AutograderError


class Format(StrEnum):
    """Who is to read the file."""

    csv = "csv"
    canvas = "canvas"
    moodle = "moodle"
    blackboard = "blackboard"
    brightspace = "brightspace"


def export(
    format_: Annotated[Format, typer.Argument(metavar="FORMAT", help="Who reads the file.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="Assignments; default: all in the gradebook.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The file; default: grades-FORMAT.csv, in this folder.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="The platform's own gradebook, downloaded, to be filled."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="What an assignment is called there: ASSIGNMENT=TITLE. Repeatable."),
    ] = None,
    exercises: Annotated[bool, typer.Option(help="A column for each exercise too.")] = False,
    requirements: Annotated[bool, typer.Option(help="A column for each requirement too.")] = False,
    zero: Annotated[bool, typer.Option(help="0 for what was not handed in.")] = False,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student. Repeatable.")
    ] = None,
    course: Course = None,
) -> None:
    """Write the grades as a platform imports them: after manual scores and late penalties.

    csv has nbgrader's columns. The others have a line for each student on the roster, under the
    platform's ids, and a column for each assignment. `nbgrader export --exporter=CLASS` writes the
    same, with the classes of autograder.gradebook.platform_exports.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from autograder.gradebook.current import bring_up_to_date
    from autograder.gradebook.database import exists, explain, open_engine
    from autograder.gradebook.export import CsvExporter, Exporter
    from autograder.gradebook.platform_exports import (
        BlackboardExporter,
        BrightspaceExporter,
        CanvasExporter,
        MoodleExporter,
    )

    folder = course_folder(course)
    exporters: dict[Format, type[Exporter]] = {
        Format.csv: CsvExporter,
        Format.canvas: CanvasExporter,
        Format.moodle: MoodleExporter,
        Format.blackboard: BlackboardExporter,
        Format.brightspace: BrightspaceExporter,
    }
    exporter = exporters[format_](
        config=folder.directory.config,
        to=str(to or ""),
        source=str(source or ""),
        assignment=list(names or ()),
        student=list(student or ()),
        exercises=exercises,
        requirements=requirements,
        zero=zero,
    )
    exporter.titles = exporter.titles | _titles(column or [])
    url = folder.directory.db_url
    if not exists(url):
        raise AutograderError("There is no gradebook yet; run `autograder grade` first.")
    for name in folder.graded_assignments:
        bring_up_to_date(folder, name, say_waiting)
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            for line in exporter.write(connection, folder):
                say(line)
    except SQLAlchemyError as error:
        raise explain(url, error) from error
    finally:
        engine.dispose()


def _titles(given: list[str]) -> dict[str, str]:
    titles = {}
    for text in given:
        name, equals, title = text.partition("=")
        if not (name and equals and title):
            raise AutograderError(f"--column {text!r} is not of the form ASSIGNMENT=TITLE.")
        titles[name] = title
    return titles
