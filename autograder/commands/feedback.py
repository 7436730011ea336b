"""The command that gives students their pages back, in every form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from autograder.commands.terminal import (
    MOST_LINES,
    Course,
    course_folder,
    errors,
    progress_bar,
    say,
    say_waiting,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from autograder.course.folder import CourseFolder


def feedback(
    names: Annotated[
        list[str] | None, typer.Argument(help="Assignments; default: all that were graded.")
    ] = None,
    course: Course = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="One PDF a student too, of all these assignments.")
    ] = False,
    layout: Annotated[
        Literal["moodle", "canvas", "folders"] | None,
        typer.Option(
            "--zip",
            help="Pack the pages for the way back: as Moodle (feedback files) or Canvas "
            "(submission files) take them, one zip an assignment, or a folder for each student.",
        ),
    ] = None,
) -> None:
    """Make every student's feedback page, where nbgrader's release_feedback looks for it."""
    from autograder.errors import AutograderError

    folder = course_folder(course)
    chosen = names or folder.graded_assignments
    if not chosen:
        raise AutograderError("Nothing has been graded here; run `autograder grade` first.")
    if pdf:
        from autograder.pages.printing import find_browser

        find_browser()  # before the pages are made, which takes longer
    pages = {name: make_pages(folder, name) for name in chosen}
    if pdf:
        _print(folder, pages)
    if layout is not None:
        _pack(folder, pages, layout, pdf)


def make_pages(course: CourseFolder, name: str) -> list[Path]:
    """Make the pages of one assignment, and say where they are."""
    make = page_maker(course, name)
    with errors.status(f"Making the feedback pages of {name}"):
        pages = make(None)
    how_many = "1 feedback page" if len(pages) == 1 else f"{len(pages)} feedback pages"
    say(f"{how_many}: {course.feedback}/<student>/{name}/{name}.html")
    return pages


def page_maker(course: CourseFolder, name: str) -> Callable[[Collection[str] | None], list[Path]]:
    """What makes the pages of one assignment, of some students or all, as of today."""
    from autograder.gradebook.current import bring_up_to_date
    from autograder.gradebook.roster import read_students
    from autograder.grading.feedback import make_feedback
    from autograder.grading.pipeline import Pipeline

    bring_up_to_date(course, name, say_waiting)
    names = {student.id: student.name for student in read_students(course.directory.db_url)}
    pipeline = Pipeline(course, name)
    return lambda only: list(make_feedback(pipeline, names, only))


def _print(course: CourseFolder, pages: Mapping[str, Sequence[Path]]) -> None:
    from autograder.files import write_whole
    from autograder.pages.feedback import together
    from autograder.pages.printing import printer

    by_student: dict[str, list[Path]] = {}
    for path in (path for own in pages.values() for path in own):
        by_student.setdefault(path.parent.parent.name, []).append(path)
    with progress_bar("PDF") as progress, printer() as print_:
        for done, (student, own) in enumerate(by_student.items(), 1):
            texts = [path.read_text(encoding="utf-8") for path in own]
            write_whole(course.printed(student), print_(together(texts)))
            progress(done, len(by_student))
    say(f"{len(by_student)} PDFs: {course.feedback}/<student>/<student>.pdf")


def _pack(
    course: CourseFolder,
    pages: Mapping[str, Sequence[Path]],
    layout: Literal["moodle", "canvas", "folders"],
    pdf: bool,
) -> None:
    from autograder.errors import AutograderError
    from autograder.grading.packing import pack

    done = list(pack(course, pages, layout, pdf))
    if not any(packed.students for packed in done):
        raise AutograderError(
            f"None of these students is named by a download of {layout.capitalize()} that was "
            f"collected: run `autograder collect` on it (again, if it was before), or use "
            f"`--zip folders`."
        )
    for packed in done:
        if packed.students:
            say(f"{packed.path}: the pages of {len(packed.students)} students")
        if packed.unknown:
            shown = ", ".join(packed.unknown[:MOST_LINES])
            more = len(packed.unknown) - MOST_LINES
            say(
                f"  not packed, since no download of {layout.capitalize()} that was collected "
                f"names them: {shown}{f' and {more} more' if more > 0 else ''}"
            )
    if layout == "canvas":
        say(
            "Canvas shows each page under the name of the file that was handed in; it is opened in "
            "a browser."
        )
