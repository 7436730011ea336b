"""The command for wrong answers that nobody has explained yet: to name them, to mark them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.terminal import (
    MOST_LINES,
    Course,
    Wait,
    console,
    course_folder,
    errors,
    printable,
    say,
    say_change,
    say_waiting,
)
from autograder.errors import AutograderError

MOST_SENTENCE = 160  #: characters of what is seen of a group, in the table

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.gradebook.by_hand import ByHand
    from autograder.grading.groups import Group
    from autograder.grading.pipeline import Pipeline


def misconception(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    group: Annotated[
        str | None, typer.Argument(help="A group of equal wrong answers; all are listed without.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Make it a known wrong answer of this name.")
    ] = None,
    message: Annotated[str | None, typer.Option(help="What its authors are to read.")] = None,
    points: Annotated[
        float | None,
        typer.Option(
            help="Points for the exercise in place of the judge's, to each student of the group."
        ),
    ] = None,
    comment: Annotated[
        str | None, typer.Option(help="A comment on the exercise, to each student of the group.")
    ] = None,
    course: Course = None,
    wait: Wait = None,
) -> None:
    """List the wrong answers that nothing explains, in groups; name one, or mark it once for all.

    With a name and a message the group's most typical code becomes a known wrong answer: read it
    before it is committed. Points and comments are kept like those that a person enters.
    """
    from autograder.course.lock import course_lock
    from autograder.gradebook.by_hand import for_exercise
    from autograder.gradebook.current import bring_up_to_date
    from autograder.grading.groups import groups
    from autograder.grading.pipeline import Pipeline

    is_asked = any(given is not None for given in (name, message, points, comment))
    if (name is None) != (message is None):
        raise AutograderError("A known wrong answer has a name and a message: give both.")
    if group is None and is_asked:
        raise AutograderError("Say which group is meant; without options they are listed.")
    folder = course_folder(course)
    stations = Pipeline(folder, assignment)
    if not stations.store.records():
        raise AutograderError(
            f"{assignment} has not been graded here; run `autograder grade {assignment}` first."
        )
    bring_up_to_date(folder, assignment, say_waiting)
    with errors.status(f"Looking for equal answers to {assignment}"):
        found = groups(stations)
    if group is None:
        _list(assignment, found)
        return
    chosen = next((known for known in found if known.id == group), None)
    if chosen is None:
        names = ", ".join(known.id for known in found[:MOST_LINES])
        raise AutograderError(f"There is no group {group!r}. The groups are: {names or 'none'}.")
    if not is_asked:
        _show(chosen)
        return
    if chosen.exercise not in stations.assignment.exercises:
        raise AutograderError(
            f"{assignment} has no exercise {chosen.exercise} any more; "
            f"run `autograder grade {assignment} --force` first."
        )
    entered = for_exercise(stations.assignment, chosen.exercise, points, comment)
    with course_lock(
        folder, f"autograder misconception {assignment}", seconds=wait, say=say_waiting
    ):
        if name is not None and message is not None:
            _add(folder, stations, chosen, name, message)
        if entered.scores or entered.comments:
            _mark(folder, stations, chosen, entered)


def _list(assignment: str, found: list[Group]) -> None:
    if not found:
        console.print(f"{assignment}: a known wrong answer explains every wrong one.")
        return
    table = Table(title=assignment, title_justify="left", title_style="bold", box=None)
    table.add_column("group", no_wrap=True)
    table.add_column("students", justify="right")
    table.add_column("points lost", justify="right")
    table.add_column("what is seen", overflow="fold")
    for group in found[:MOST_LINES]:
        sentence = _cut(group.sentence, MOST_SENTENCE)
        count, lost = str(len(group.students)), f"{round(group.points_lost, 2):g}"
        table.add_row(escape(group.id), count, lost, escape(sentence))
    console.print(table)
    if len(found) > MOST_LINES:
        console.print(f"and {len(found) - MOST_LINES} more groups that cost less")


def _show(group: Group) -> None:
    console.print(f"{group.id}: {round(group.points_lost, 2):g} points lost", highlight=False)
    say(_cut(group.sentence, 10 * MOST_SENTENCE))
    say(_students(group.students))
    console.print("The most typical code:")
    for line in group.code.splitlines():
        say(f"    {line}")


def _add(course: CourseFolder, stations: Pipeline, group: Group, name: str, message: str) -> None:
    from autograder.course.answers import add_wrong

    if group.kind == "stopped":
        raise AutograderError(
            f"The answers of {group.id} recorded nothing to know them by: give them --comment or "
            f"--points instead."
        )
    if group.is_cut:
        raise AutograderError(f"The code of {group.id} is too long for a known answer.")
    assignment = stations.assignment.name
    path = course.known_answers(assignment)
    line = add_wrong(path, group.exercise, name, message, group.code)
    say(f"Written to {path}, line {line}: read its code, a student's, before it is committed.")
    console.print(
        f"`autograder rejudge {assignment}` gives students the message, "
        f"`autograder build {assignment}` puts it into the notebook."
    )
    versions = {e.version for e in map(stations.store.executed, group.students) if e is not None}
    if versions - {stations.assignment.version}:
        console.print(
            f"The chapter has changed since it was graded: instead of rejudging, run "
            f"`autograder grade {assignment} --force`."
        )


def _mark(course: CourseFolder, stations: Pipeline, group: Group, entered: ByHand) -> None:
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading.rejudge import renew

    name = stations.assignment.name
    with open_gradebook(course, name) as gradebook:
        say_change(gradebook.change)
        alone = gradebook.enter_by_hand(name, group.students, entered)
        marked = [student for student in group.students if student not in alone]
        with errors.status(f"Entering {len(marked)} records"):
            renew(stations, gradebook, marked)
    what = " and ".join(
        [f"{sum(entered.scores.values()):g} points"] * bool(entered.scores)
        + ["the comment"] * bool(entered.comments)
    )
    console.print(f"{what} for {group.exercise}: entered for {_counted(len(marked))}")
    for student, why in alone.items():
        say(f"  left alone: {printable(student)}, {why}")


def _students(students: tuple[str, ...]) -> str:
    more = len(students) - MOST_LINES
    names = ", ".join(map(printable, students[:MOST_LINES]))
    return f"{_counted(len(students))}: {names}" + (f" and {more} more" if more > 0 else "")


def _counted(count: int) -> str:
    return f"{count} student{'' if count == 1 else 's'}"


def _cut(text: str, most: int) -> str:
    """Text for a terminal: one line of at most so many characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
