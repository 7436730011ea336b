"""The command ``autograder``: what ``make`` calls, as plain commands, listed by who uses them."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import typer

from autograder.commands import (
    authors,
    building,
    classes,
    due,
    exports,
    feedback,
    formgrader,
    grades,
    mistakes,
    moving,
    rejudge,
    report,
    similar,
    students,
    watch,
)
from autograder.commands.terminal import errors, say_error
from autograder.errors import AutograderError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Build a course of notebooks, work in it, and grade what students hand in.",
)
new = typer.Typer(no_args_is_help=True, help="Begin a course, or an exercise in one.")

for heading, commands in {
    "For instructors": (
        classes.roster,
        classes.collect,
        grades.grade,
        rejudge.rejudge,
        due.due,
        feedback.feedback,
        report.report,
        mistakes.misconception,
        similar.similar,
        exports.export,
        watch.watch,
        moving.move_gradebook,
        grades.doctor,
    ),
    "For authors": (
        building.build,
        authors.adopt,
        authors.corners,
        authors.demo,
        students.bundle,
    ),
    "For students": (students.submit,),
}.items():
    for command in commands:
        app.command(rich_help_panel=heading)(command)
app.command("test", rich_help_panel="For authors")(building.try_answers)
app.command(rich_help_panel="For students", context_settings={"ignore_unknown_options": True})(
    students.lab
)
app.command(rich_help_panel="For instructors", context_settings={"ignore_unknown_options": True})(
    formgrader.formgrader
)
app.add_typer(new, name="new", rich_help_panel="For authors")
new.command("course")(authors.new_course)
new.command("exercise")(authors.new_exercise)


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
        say_error(error)
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
