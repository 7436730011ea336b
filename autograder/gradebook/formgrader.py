"""nbgrader's formgrader on a course: a Jupyter server in the course's folder, opened at its page.

The button *Autograde* grades in the server's own process, so the warm process that executes
submissions is started with it, and every click finds it ready.
"""

from __future__ import annotations

import contextlib
import os
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError, SandboxUnavailable
from autograder.gradebook.writer import GradebookWriter
from autograder.sandbox import warm_up

PAGE = "/formgrader/manage_assignments"


def arguments(
    course: Path, *, port: int | None, browser: bool, base_url: str, more: Sequence[str]
) -> list[str]:
    """JupyterLab's command line; formgrader is one of its extensions, and needs its root here."""
    line = [
        f"--ServerApp.root_dir={course}",
        f"--ServerApp.base_url={base_url}",
        f"--LabApp.default_url={PAGE}",
        # In a container everybody is root; the server listens to this machine only, with a token.
        "--ServerApp.allow_root=True",
        # Instructors need the address, not the log of the server; formgrader shows what it graded.
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
    ]
    if port is not None:
        line.append(f"--ServerApp.port={port}")
    if not browser:
        line.append("--ServerApp.open_browser=False")
    return [*line, *more]


def open_formgrader(
    course: CourseFolder,
    *,
    port: int | None = None,
    browser: bool = True,
    base_url: str = "/",
    more: Sequence[str] = (),
) -> NoReturn:
    """Run JupyterLab on a course, opened at formgrader, until it is stopped; ends the process.

    Everybody who handed in is entered first, so that formgrader shows a name of everybody.

    Raises :class:`AutograderError`: JupyterLab is not installed, or the gradebook cannot be used.
    """
    with contextlib.suppress(SandboxUnavailable):  # said when something is to be graded
        warm_up(course.sandbox())
    directory = course.directory
    with GradebookWriter(directory.db_url, directory.course_id, directory.config) as gradebook:
        gradebook.ensure_students(_students(course.submitted))
    programs = sysconfig.get_path("scripts")  # nbgrader starts alembic by its name
    os.environ["PATH"] = os.pathsep.join(filter(None, [programs, os.environ.get("PATH")]))
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        from jupyterlab.labapp import main
    except ImportError as error:
        raise AutograderError(
            f"JupyterLab cannot be started ({error}). Is the course's environment active?"
        ) from None
    os.chdir(course.root)  # nbgrader reads the configuration of the current folder
    main(arguments(course.root, port=port, browser=browser, base_url=base_url, more=more))
    raise SystemExit(0)


def _students(submitted: Path) -> list[str]:
    """Who has a folder with something in it; hidden folders are the collecting's own."""
    folders = submitted.iterdir() if submitted.is_dir() else ()
    return sorted(f.name for f in folders if f.name[0] != "." and f.is_dir())
