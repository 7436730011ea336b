"""The command ``autograder``: what ``make`` calls, as plain commands."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course.folder import CourseFolder
    from autograder.grading.scoring import Record
    from autograder.sandbox import Layers

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Build a course of notebooks, work in it, and grade what students hand in.",
)
new = typer.Typer(no_args_is_help=True, help="Begin a course, or an exercise in one.")
app.add_typer(new, name="new")
console = Console()
errors = Console(stderr=True)
MOST_LINES = 40  #: of notes that a terminal shows
STUDENTS = "For students"  #: the heading that help shows above their commands

Course = Annotated[
    Path | None, typer.Option("--course", help="The course's folder; found from here if left out.")
]
Names = Annotated[list[str] | None, typer.Argument(help="Assignments; all if left out.")]
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


@app.command()
def build(
    names: Names = None,
    course: Course = None,
    check: Annotated[bool, typer.Option(help="Write nothing; compare what is there.")] = False,
    force: Annotated[bool, typer.Option(help="Build unchanged chapters again.")] = False,
) -> None:
    """Build source/, release/, executed notebooks and references from notebooks/*.py.

    A chapter is left alone when neither its text nor anything else that decides has changed.
    """
    from autograder.course import unchanged

    folder = course_folder(course)
    todo = []
    for name in folder.chosen(names):
        if check or force or not unchanged.is_unchanged(folder, name):
            todo.append(name)
        else:
            console.print(f"{name}: unchanged")
    if not todo:
        return
    from autograder.course import build as author

    stale = []
    for lesson in author.lessons(folder, todo):
        if check:
            stale += author.drift(folder, lesson)
            continue
        changed = author.build(folder, lesson, lambda text: errors.print(f"[dim]{escape(text)}"))
        console.print(f"{lesson.name}: {len(changed)} files changed")
        for path in changed:
            console.print(f"  {path}")
    if stale:
        raise AutograderError(
            "Not what the text builds; run `make build` and commit:\n  " + "\n  ".join(stale)
        )


@app.command()
def corners(
    names: Names = None,
    course: Course = None,
    exercise: Annotated[
        list[str] | None, typer.Option("--exercise", help="Only this one; can be repeated.")
    ] = None,
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


@app.command()
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


@app.command()
def grade(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Assignments; every one that has submissions if left out."),
    ] = None,
    course: Course = None,
    submitted: Submitted = None,
    jsonl: Jsonl = None,
    workers: Annotated[int | None, typer.Option(help="Attempts at once; default: cores.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler, tcp://host:8786, to execute on.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Execute unchanged submissions again.")] = False,
    feedback: Annotated[bool, typer.Option(help="Make the feedback pages as well.")] = False,
    no_sandbox: Annotated[
        bool, typer.Option(help="Accept the risk of running students' code unprotected.")
    ] = False,
    wait: Wait = None,
) -> None:
    """Grade a class: one record for every submission found, whatever it is."""
    from autograder.files import write_whole
    from autograder.sandbox import warm_up

    folder = course_folder(course)
    layers: Layers | None = "none" if no_sandbox else None
    if scheduler is None:
        warm_up(folder.sandbox(layers))  # it starts while this process imports the rest
    from autograder.course.lock import course_lock
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading import pipeline
    from autograder.grading.store import jsonl as jsonl_lines

    target = submitted or folder.submitted
    if not names:
        names = [a for a in folder.assignments if any(target.glob(f"*/{a}"))]
        if not names:
            raise AutograderError(
                f"There are no submissions in {target}. `autograder demo` writes a demo class."
            )
    records = []
    for name in names:
        stations = pipeline.Pipeline(folder, name, layers)
        with (
            course_lock(folder, f"autograder grade {name}", seconds=wait, say=_say_waiting),
            progress_bar(name) as progress,
            open_gradebook(folder, name) as gradebook,
        ):
            done = pipeline.grade(
                stations,
                gradebook,
                target,
                workers=workers,
                scheduler=scheduler,
                force=force,
                progress=progress,
            )
        _print_table(name, done)
        records += done
    if jsonl is not None:
        write_whole(jsonl, jsonl_lines([record.as_json() for record in records]))
    if feedback:
        for name in names:
            _make_feedback(folder, name)


@app.command()
def feedback(
    names: Annotated[
        list[str] | None, typer.Argument(help="Assignments; default: all that were graded.")
    ] = None,
    course: Course = None,
) -> None:
    """Make every student's feedback page, where nbgrader's release_feedback looks for it."""
    folder = course_folder(course)
    for name in names or [a for a in folder.assignments if folder.evidence(a).is_dir()]:
        _make_feedback(folder, name)


@app.command()
def rejudge(name: str, course: Course = None, jsonl: Jsonl = None, wait: Wait = None) -> None:
    """Judge stored evidence again with today's points, tolerances and messages."""
    from autograder.course.lock import course_lock
    from autograder.files import write_whole
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading import pipeline
    from autograder.grading.store import jsonl as jsonl_lines

    folder = course_folder(course)
    stations = pipeline.Pipeline(folder, name)
    with (
        course_lock(folder, f"autograder rejudge {name}", seconds=wait, say=_say_waiting),
        progress_bar(name) as progress,
        open_gradebook(folder, name) as gradebook,
    ):
        records = pipeline.rejudge(stations, gradebook, progress)
    _print_table(name, records)
    if jsonl is not None:
        write_whole(jsonl, jsonl_lines([record.as_json() for record in records]))


@app.command()
def doctor() -> None:
    """Say which layers the sandbox has on this machine, and what to do about missing ones."""
    from autograder.sandbox.doctor import layers

    table = Table(box=None)
    for title in ("", "layer", "what it is for"):
        table.add_column(title, overflow="fold")
    found = layers()
    for layer in found:
        state = "[green]✓" if layer.present else "[red]✗" if layer.matters else "[yellow]–"
        text = escape(layer.purpose)
        if not layer.present:
            text += f"\n[bold]missing:[/] {escape(layer.reason or '')}"
            text += f"\n{escape(layer.remedy)}" if layer.remedy else ""
        table.add_row(state, layer.name, text)
    console.print(table)
    lacking = [layer.name for layer in found if layer.matters and not layer.present]
    if lacking:
        raise AutograderError(
            f"Grading refuses to run students' code here, for want of: {', '.join(lacking)}. "
            f"`autograder grade --no-sandbox` accepts the risk."
        )
    console.print("Students' code can be run safely here.")


@app.command()
def report(names: Names = None, course: Course = None) -> None:
    """Show what a graded class misunderstood, and write it as a page."""
    from autograder.pages.class_report import write_report

    folder = course_folder(course)
    graded = folder.graded_assignments
    if not names and not graded:
        raise AutograderError("Nothing has been graded here; run `autograder grade` first.")
    for name in names or graded:
        summary, path = write_report(folder, name)
        table = Table(title=name, title_justify="left", title_style="bold", box=None)
        table.add_column("exercise")
        table.add_column("solved", justify="right")
        table.add_column("most frequent mistake", overflow="fold")
        for row in summary.exercises:
            first = row.mistakes[0] if row.mistakes else None
            mistake = f"{len(first.students)} × {first.name}" if first else ""
            table.add_row(row.name, f"{row.solved}/{summary.graded}", escape(mistake))
        console.print(table)
        for title, lines in (
            ("Set aside for a person", summary.set_aside),
            ("To be read by a person", summary.flagged),
            ("Noted", [(student, " ".join(notes)) for student, notes in summary.noted]),
        ):
            if lines:
                console.print(f"{title}:")
                for student, said in lines[:MOST_LINES]:
                    _say(f"  {printable(student)}: {said}")
                if len(lines) > MOST_LINES:
                    console.print(f"  and {len(lines) - MOST_LINES} more, in the whole report")
        console.print(f"The whole report: {path}")


@app.command(rich_help_panel=STUDENTS, context_settings={"ignore_unknown_options": True})
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
        _say(str(change))
    more = list(chapter or [])
    named = more.pop(0) if more and not more[0].startswith("-") else None
    notebook = jupyter.notebook_of(target, named) if named else None
    jupyter.open_lab(target, notebook, port=port, browser=browser, base_url=base_url, more=more)


@app.command(rich_help_panel=STUDENTS)
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
        _say(line)


@app.command()
def collect(
    folder: Annotated[Path, typer.Argument(help="Folder of handed-in archives and notebooks.")],
    assignment: Annotated[
        str | None, typer.Option(help="Only this one; also what files that name none are for.")
    ] = None,
    course: Course = None,
    submitted: Submitted = None,
    names: Annotated[
        str | None, typer.Option(help="nbgrader's named_regexp for file names of another kind.")
    ] = None,
) -> None:
    """Put what a platform's download holds into submitted/: one line for each file.

    With a roster (`autograder roster FILE`) only its students are collected, and who did not hand
    in is said.
    """
    from collections import Counter

    from autograder.course.lock import course_lock
    from autograder.gradebook.roster import read_students
    from autograder.intake import collect as collecting
    from autograder.intake.chapters import Chapters
    from autograder.intake.roster import Roster

    root = course_folder(course)
    target = submitted or root.submitted
    chapters = Chapters.read({n: (root.release(n), root.source(n)) for n in root.assignments})
    students = read_students(root.directory.db_url)
    roster = Roster(students) if students else None
    with course_lock(root, "autograder collect", of="hand-ins", say=_say_waiting):
        lines = collecting.collect(
            folder,
            target,
            root.assignments,
            only=assignment,
            pattern=names,
            chapters=chapters,
            roster=roster,
        )
    for line in lines:
        _say(str(line))
    counts = Counter(line.status for line in lines)
    said = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    console.print(
        f"{said or 'Nothing found'}. Times are the platform's, or else the students' own word.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if roster is not None:
        found = sorted({line.assignment for line in lines if line.assignment})
        for name, absent in collecting.not_handed_in(target, roster, found).items():
            who = ", ".join(student.id for student in absent) or "nobody"
            _say(f"{name}: not handed in by {len(absent)} of {len(roster)} on the roster: {who}")


@app.command()
def roster(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A CSV file: id, name, e-mail, the platform's id; exports of platforms do."
        ),
    ] = None,
    course: Course = None,
) -> None:
    """Say who takes the course, from a file; without one, show who does.

    The roster is nbgrader's own table of students. Nobody is removed from it, since grades hang
    on them: `nbgrader db student remove ID` does that.
    """
    from autograder.course.lock import course_lock
    from autograder.gradebook.roster import read_students, write_students
    from autograder.intake.roster import read_roster

    root = course_folder(course)
    url = root.directory.db_url
    if file is not None:
        students = read_roster(file)
        with course_lock(root, f"autograder roster {file.name}", say=_say_waiting):
            change = write_students(url, students)
        _say(
            f"{len(students)} students: {len(change.added)} new, {len(change.changed)} changed, "
            f"{len(students) - len(change.added) - len(change.changed)} as before."
        )
        for title, ids in (
            ("On the roster before, not in this file; they stay", change.absent),
            ("In the gradebook, not on the roster", change.strangers),
        ):
            if ids:
                _say(f"{title}: {', '.join(ids)}")
        for stranger, student in change.alike:
            _say(f"{stranger} and {student} look alike: are they one student?")
        return
    known = read_students(url)
    if not known:
        _say("There is no roster. `autograder roster FILE.csv` enters one.")
        return
    table = Table(box=None)
    for title in ("id", "name", "e-mail", "platform's id"):
        table.add_column(title, overflow="fold")
    for one in known:
        fields = (one.id, one.name, one.email, one.lms_user_id)
        table.add_row(*(escape(printable(field)) for field in fields))
    console.print(table)
    _say(f"{len(known)} students")


@app.command()
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


@new.command("course")
def new_course(
    folder: Annotated[Path, typer.Argument(help="A new folder; its name becomes the course's.")],
) -> None:
    """Make a course of one small chapter that can be built, graded and changed."""
    from autograder.course.new import new_course as make

    for path in make(folder):
        _say(str(path))
    _say(f"Next: cd {folder}; autograder build; autograder demo; autograder grade")


@new.command("exercise")
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
        _say(f"{path}:{line}")
    _say(f"Write what is marked {making.FILL_IN}, then run: autograder build {chapter}")


def _say(line: str) -> None:
    """Print a line as it is, but for characters that a terminal would act on."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _say_waiting(line: str) -> None:
    errors.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_table(name: str, records: list[Record]) -> None:
    table = Table(title=name, title_justify="left", title_style="bold", box=None)
    table.add_column("student")
    table.add_column("score", justify="right")
    table.add_column("missed", overflow="fold")
    noted = 0
    for record in records:
        if record.status == "needs_review":
            missed = f"[yellow]set aside:[/] {escape(record.reason or '')}"
        else:
            missed = escape(", ".join(record.missed))
        marks = [mark for mark, holds in MARKS.items() if holds(record)]
        noted += bool(record.notes)
        table.add_row(
            escape(printable(record.student)),
            f"{record.score:g} / {record.max_score:g}",
            " ".join(filter(None, [*marks, missed])),
        )
    console.print(table)
    if noted:
        console.print(f"† {noted} with notes; `autograder report {name}` shows them.")


#: what stands in the table beside a score that is more, or less, than the judge's
MARKS: dict[str, Callable[[Record], bool]] = {
    "[cyan]†[/]": lambda record: bool(record.notes),
    "[cyan]late[/]": lambda record: record.late is not None,
    "[cyan]by hand[/]": lambda record: record.manual is not None,
}


def printable(name: str) -> str:
    """A folder's name without characters that a terminal would act on."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)[:80]


def _make_feedback(course: CourseFolder, name: str) -> None:
    from autograder.gradebook.roster import read_students
    from autograder.grading.feedback import make_feedback
    from autograder.grading.pipeline import Pipeline

    names = {student.id: student.name for student in read_students(course.directory.db_url)}
    pages = 0
    with errors.status(f"Making the feedback pages of {name}"):
        for _ in make_feedback(Pipeline(course, name), names):
            pages += 1
    where = course.root / "feedback"
    console.print(f"{pages} feedback pages: {where}/<student>/{name}/{name}.html")


def _extra_with(module: str) -> str | None:
    """The extra of the package that a module which is not installed comes with."""
    from autograder.workspace.wheel import DISTRIBUTION

    with suppress(importlib.metadata.PackageNotFoundError):
        for requirement in importlib.metadata.requires(DISTRIBUTION) or ():
            found = re.match(rf'{re.escape(module)}\b.*extra == "(\w+)"', requirement)
            if found is not None:
                return f"{DISTRIBUTION}[{found[1]}]"
    return None


#: packages whose warnings say nothing to whoever runs a command: about cells' ids and languages in
#: hand-ins, and about interfaces that these packages use of each other
NOISY = ("jupyter_client", "nbconvert", "nbformat", "nbgrader", "sqlalchemy", "traitlets", "zmq")


def silence_others() -> None:
    """Show warnings of this package and of everything else, but not those of ``NOISY``."""
    for name in NOISY:
        warnings.filterwarnings("ignore", module=rf"{name}(\.|$)")


def main() -> NoReturn:
    """Run the command; a mistake of the user is one sentence and exit status 2."""
    silence_others()
    # jsonschema compiles grammars for two formats that nobody here checks: 1.6 s of every start.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    # nbgrader calls alembic from PATH; it lies beside this interpreter.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    try:
        app(standalone_mode=False)
    except AutograderError as error:
        errors.print(
            f"autograder: {error}", style="red", highlight=False, markup=False, soft_wrap=True
        )
        sys.exit(2)
    except ModuleNotFoundError as error:
        extra = _extra_with(error.name or "autograder")
        if extra is None:
            raise
        text = f'{error.name} is not installed here: `python -m pip install "{extra}"` adds it.'
        errors.print(f"autograder: {text}", style="red", highlight=False, markup=False)
        sys.exit(2)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        # Typer brings its own copy of click or uses the installed one, depending on its version.
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            sys.exit(error.exit_code)
        raise
    sys.exit(0)
