"""Commands of who writes a chapter or a course."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.terminal import (
    Course,
    Exercises,
    Names,
    Submitted,
    console,
    course_folder,
    progress_bar,
    say,
)


def adopt(
    names: Names = None,
    course: Course = None,
    dry_run: Annotated[bool, typer.Option(help="Show what would change; write nothing.")] = False,
) -> None:
    """Take what was edited in source/*.ipynb back into notebooks/*.py, and show it as a diff.

    Where a cell cannot be carried back it is named, and no text is written.
    """
    from autograder.course import adopt as adopting

    folder = course_folder(course)
    adopted = {name: adopting.adopt(folder, name) for name in folder.chosen(names)}
    changed = {name: text for name, text in adopted.items() if text.diff}
    for text in changed.values():
        for line in text.diff.splitlines():
            color = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
            console.print(line, style=color, markup=False, highlight=False, soft_wrap=True)
        if not dry_run:
            text.write()
    if not changed:
        console.print("The texts hold everything that is in source/.")
    elif not dry_run:
        console.print(f"Next: autograder build {' '.join(changed)}")


def corners(
    names: Names = None,
    course: Course = None,
    exercise: Exercises = None,
    seed: Annotated[int, typer.Option(help="Of the drawn inputs.")] = 0,
    draws: Annotated[int, typer.Option(help="Inputs for each answer.")] = 40,
    mutants: Annotated[bool, typer.Option(help="Try changed solutions as well.")] = True,
) -> None:
    """Draw inputs from each exercise's domain; say what only they tell apart.

    The solution, the known answers and mutants of the solution are run on the same inputs. The exit
    status is 1 where a right answer differs, or a wrong one passes every check and differs.
    """
    from autograder.course import answers, lesson
    from autograder.course.build import LIMITS
    from autograder.course.corners import differences
    from autograder.sandbox.pool import open_pool, run_jobs

    folder = course_folder(course)
    found = 0
    with open_pool() as pool:
        for name in folder.chosen(names):
            path = folder.lesson(name)
            known = answers.domains(path.with_name(f"{name}.answers.py"))
            assignment = lesson.read(path, folder.about.heading).assignment
            for wanted in exercise or assignment.exercises:
                if wanted not in known:
                    if wanted in assignment.exercises:
                        console.print(f"{name}: {wanted} has no domain", markup=False)
                    continue
                differing = differences(
                    assignment,
                    wanted,
                    known[wanted],
                    folder.answers(name),
                    lambda jobs: run_jobs(jobs, LIMITS, folder.sandbox(), pool),
                    seed=seed,
                    draws=draws,
                    with_mutants=mutants,
                )
                for difference in differing:
                    console.print(str(difference), markup=False, soft_wrap=True)
                found += len(differing)
                console.print(f"{name}: {wanted}: {len(differing)} differences", markup=False)
    if found:
        raise typer.Exit(1)


def demo(
    names: Names = None,
    course: Course = None,
    submitted: Submitted = None,
    if_empty: Annotated[bool, typer.Option(help="Do nothing when there are submissions.")] = False,
    known_answers: Annotated[
        bool, typer.Option(help="Every known answer instead, with scores known beforehand.")
    ] = False,
) -> None:
    """Write a demo class of thirty students, the same each time, into submitted/.

    They are right, half right, make the known mistakes and others; some are late, a few hand in
    what is broken.
    """
    from autograder.course import demo, demo_students

    folder = course_folder(course)
    target = submitted or folder.submitted
    if if_empty and target.is_dir() and any(p.is_dir() for p in target.iterdir()):
        return
    names = names or folder.assignments
    if known_answers:
        count = demo.write(folder, names, target)
    else:
        with progress_bar("demo class") as progress:
            count = demo_students.write_class(folder, names, target, progress)
    say(f"{count} demo submissions written to {target}")
    if not known_answers:
        say(f"The first chapter was due on {demo_students.FIRST_DUE} UTC, each other a week later.")


def new_course(
    folder: Annotated[Path, typer.Argument(help="A new folder; its name becomes the course's.")],
) -> None:
    """Make a course of one small chapter that can be built, graded and changed."""
    from autograder.course.new import new_course as make

    for path in make(folder):
        say(str(path))
    say(f"Next: cd {folder}; autograder build; autograder demo; autograder grade")


def new_exercise(
    chapter: Annotated[str, typer.Argument(help="The chapter, notebooks/CHAPTER.py.")],
    name: Annotated[str, typer.Argument(help="The name of the function that students write.")],
    title: Annotated[str, typer.Option(help="What the exercise is about, in a few words.")] = "",
    points: Annotated[float, typer.Option(help="A quarter is for what is visible.")] = 4.0,
    minutes: Annotated[int, typer.Option(help="How long students take for it.")] = 10,
    course: Course = None,
) -> None:
    """Add an exercise to a chapter's text and to its known answers, to be filled in."""
    from autograder.course import new as making

    folder = course_folder(course)
    made = making.new_exercise(folder, chapter, name, title=title, points=points, minutes=minutes)
    for path, line in made:
        say(f"{path}:{line}")
    then = f"autograder test {chapter} --exercise {name}"
    say(f"Write what is marked {making.FILL_IN}, then run: {then}")
