"""Commands that build a chapter, or try it before."""

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
    Exercises,
    Names,
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
            chosen = names or folder.lessons
            said = watching.mistakes(folder, chosen, changed)
            for error in said.values():
                say_error(error)
            for name in due.among(folder, chosen):
                if name in said:
                    continue
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
