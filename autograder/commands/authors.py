"""Commands of who writes a chapter or a course."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from autograder.commands.terminal import (
    Course,
    Names,
    Submitted,
    console,
    course_folder,
    errors,
    say,
    say_error,
)
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.course.lesson import Lesson

Exercises = Annotated[
    list[str] | None, typer.Option("--exercise", help="Only this one; can be repeated.")
]


def build(
    names: Names = None,
    course: Course = None,
    exercise: Exercises = None,
    check: Annotated[bool, typer.Option(help="Write nothing; compare what is there.")] = False,
    force: Annotated[
        bool, typer.Option(help="Build unchanged chapters again, and over edited notebooks.")
    ] = False,
    watch: Annotated[bool, typer.Option(help="Build again whenever something changes.")] = False,
) -> None:
    """Build source/, release/, executed notebooks and references from notebooks/*.py.

    A chapter is left alone when neither its text nor anything else that decides has changed. With
    --exercise its known answers are tried first, and nothing is written unless they are as known.
    """
    folder = course_folder(course)
    chosen = chapters_with(folder, names, exercise)
    if watch:
        if check:
            raise AutograderError("--watch builds, and --check writes nothing: choose one.")
        _watch(folder, chosen if names or exercise else None, exercise or ())
        return
    from autograder.course import unchanged

    todo = []
    for name in chosen:
        if check or force or not unchanged.is_unchanged(folder, name):
            todo.append(name)
        else:
            console.print(f"{name}: unchanged")
    if not todo:
        return
    if exercise:
        for name in todo:
            _refuse_amiss(folder, name, exercise)
    from autograder.course import build as author

    stale = []
    for lesson in author.lessons(folder, todo):
        if check:
            stale += author.drift(folder, lesson)
        else:
            _build(folder, lesson, force=force)
    if stale:
        raise AutograderError(
            "Not what the text builds; run `make build` and commit:\n  " + "\n  ".join(stale)
        )


def _build(folder: CourseFolder, lesson: Lesson, *, force: bool = False) -> None:
    from autograder.course import build as author

    changed = author.build(
        folder, lesson, lambda text: errors.print(f"[dim]{escape(text)}"), force=force
    )
    console.print(f"{lesson.name}: {len(changed)} files changed")
    for path in changed:
        console.print(f"  {path}")


def _refuse_amiss(folder: CourseFolder, name: str, exercises: Sequence[str]) -> None:
    amiss = _try(folder, name, exercises)
    if amiss:
        raise AutograderError(f"{name}: nothing was built; what is said above comes first.")


def _watch(folder: CourseFolder, names: Sequence[str] | None, exercises: Sequence[str]) -> None:
    """Build what changes until somebody ends it; a mistake is said, and watching goes on."""
    from autograder.course import watching
    from autograder.course.build import lessons
    from autograder.course.folder import find
    from autograder.sandbox import shutdown

    due = watching.Due()
    try:
        for changed in watching.rounds(folder):
            if watching.is_code(changed):
                say("The package has changed; starting again.")
                shutdown()
                os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
            if watching.is_data(changed):
                shutdown()  # what it has imported may have read the file
            folder = find(folder.root, search_above=False)  # its configuration may be another
            for name in due.among(folder, names or folder.lessons):
                try:
                    if exercises:
                        _refuse_amiss(folder, name, exercises)
                    for lesson in lessons(folder, [name]):
                        _build(folder, lesson)
                except AutograderError as error:
                    say_error(error)
            errors.print("[dim]Watching; Ctrl-C ends it.")
    except KeyboardInterrupt:
        say("Watching has ended.")


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


def try_answers(
    names: Names = None,
    course: Course = None,
    exercise: Exercises = None,
    seeds: Annotated[int, typer.Option(min=1, help="How often, with fresh numbers.")] = 1,
    more: Annotated[Path | None, typer.Option(help="A file with further answers.")] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show what each answer is told.")
    ] = False,
) -> None:
    """Try a chapter's known answers on its text as it stands; nothing is built or written.

    Right ones have to pass every check, wrong ones to fail and to be told their message. The exit
    status is 1 where that is not so.
    """
    folder = course_folder(course)
    amiss = 0
    for name in chapters_with(folder, names, exercise):
        amiss += _try(folder, name, exercise or (), seeds=seeds, more=more, verbose=verbose)
    if amiss:
        raise typer.Exit(1)


def chapters_with(
    folder: CourseFolder, names: Sequence[str] | None, exercises: Sequence[str] | None
) -> list[str]:
    """The chapters named, or all; without names those that have one of the exercises."""
    chosen = folder.chosen(names)
    if names or not exercises:
        return chosen
    from autograder.course.proofread import split

    owners: dict[str, str] = {}
    for name in chosen:
        cells = split(folder.lesson(name).read_text(encoding="utf-8"))
        owners |= {cell.name: name for cell in cells if cell.is_solution}
    for wanted in exercises:
        if wanted not in owners:
            raise AutograderError(f"No chapter has an exercise {wanted}.")
    return [name for name in chosen if name in {owners[wanted] for wanted in exercises}]


def _try(
    folder: CourseFolder,
    name: str,
    exercises: Collection[str],
    *,
    seeds: int = 1,
    more: Path | None = None,
    verbose: bool = False,
) -> int:
    """Try the known answers of a chapter and say how they fare; how many things are amiss."""
    from autograder.course import answers
    from autograder.course.build import lessons
    from autograder.course.remarks import Remark
    from autograder.grading import try_answers as trying

    (lesson,) = lessons(folder, [name])
    chosen = trying.exercises_of(lesson, exercises)
    tried: dict[str, int] = dict.fromkeys(chosen, 0)
    amiss = dict.fromkeys(chosen, 0)
    refused = 0
    further = answers.load(more) if more is not None else []
    with errors.status(f"Trying the known answers of {name}"):
        for found in trying.try_answers(folder, lesson, chosen, seeds=seeds, more=further):
            if isinstance(found, Remark):
                refused += 1
                say(f"{found} (The build refuses it.)")
                continue
            tried[found.answer.exercise] += 1
            amiss[found.answer.exercise] += bool(found.amiss)
            if verbose or found.amiss:
                seed = f", seed {found.seed}" if seeds > 1 else ""
                say(f"{found.line}{seed}{f' ← {found.amiss}' if found.amiss else ''}")
                for line in found.told:
                    say(f"    {line}")
    for exercise in chosen:
        state = f"{amiss[exercise]} not as they should be" if amiss[exercise] else "all as known"
        say(f"{name}: {exercise}: {tried[exercise]} answers tried, {state}")
    return refused + sum(amiss.values())


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
) -> None:
    """Write the demo class, made from the known answers, into submitted/."""
    from autograder.course import demo as demo_class

    folder = course_folder(course)
    target = submitted or folder.submitted
    if if_empty and target.is_dir() and any(p.is_dir() for p in target.iterdir()):
        return
    count = demo_class.write(folder, names or folder.assignments, target)
    console.print(f"{count} demo submissions written to {target}")


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
    say(f"Write what is marked {making.FILL_IN}, then run: autograder build {chapter}")
