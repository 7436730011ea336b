"""What somebody waits for: one submission from a cold start, JupyterLab, the first grading."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.course import (
    AUTOGRADER,
    REPOSITORY,
    clear_results,
    honest_submissions,
    run,
    spread,
    submit,
)

#: what formgrader's handler does, in a process that has imported what formgrader imports
BUTTON = """
import sys, time
from pathlib import Path
import nbgrader.server_extensions.formgrader.apihandlers
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory

app = NbGrader()
app.load_config_file()
api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)
start = time.perf_counter()
answer = api.autograde(sys.argv[1], "s0000")
assert answer["success"], answer
Path("seconds").write_text(str(time.perf_counter() - start))
"""


def one_submission(course: Path, chapter: str, rounds: int) -> str:
    """Through formgrader's button and through plain ``nbgrader autograde``."""
    command, button = [], []
    for _ in range(rounds):
        clear_results(course)
        submit(course, chapter, honest_submissions(chapter, 1))
        command.append(run(course, "nbgrader", "autograde", chapter)[0])
        clear_results(course)
        submit(course, chapter, honest_submissions(chapter, 1))
        run(course, sys.executable, "-c", BUTTON, chapter)
        button.append(float((course / "seconds").read_text()))
    return (
        "## One submission, cold\n\n"
        "Nothing graded before, no warm process yet. Formgrader's button, whose server runs: "
        f"{spread(button, '.1f')} s. The command `nbgrader autograde {chapter}`, start of Python "
        f"and import of nbgrader included: {spread(command, '.1f')} s."
    )


def lab(folder: Path, chapter: str, rounds: int) -> str:
    """From ``autograder lab`` on a new copy to the output of the chapter's first code cell."""
    from playwright import sync_api

    from tests.lab import browser

    path = browser.chromium()
    if path is None:
        return "## JupyterLab\n\nNot measured: there is no Chromium here."
    seconds = []
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path)
        for i in range(rounds):
            home = folder / f"lab{i}"
            (home / "home").mkdir(parents=True)
            start = time.perf_counter()
            opened = browser.server(REPOSITORY, home / "copy", home / "home", home / "log")
            with opened as address:
                page = chromium.new_page()
                notebook = browser.Notebook(page, address, f"{chapter}/{chapter}.ipynb", home)
                cells = notebook.cells()
                notebook.run(next(i for i, cell in enumerate(cells) if cell["type"] == "code"))
                seconds.append(time.perf_counter() - start)
                page.close()
        chromium.close()
    return (
        "## JupyterLab\n\n"
        "From `autograder lab`, a new copy included, to the output of the first cell in a browser "
        f"that is open already: {spread(seconds, '.1f')} s."
    )


def first_grading(folder: Path) -> str:
    """What ``make grade`` does on a new clone once everything is installed."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(clone)], check=True)
    demo, _, _ = run(clone, *AUTOGRADER, "demo", "--if-empty")
    grade, cpu, peak = run(clone, *AUTOGRADER, "grade", "--feedback", "--report")
    count = len(list((clone / "submitted").glob("*/*/*.ipynb")))
    return (
        "## `make grade` on a new clone, beyond installing\n\n"
        f"The demo class is made in {demo:.1f} s; {count} notebooks of it are graded, with all "
        f"pages and the report, in {grade:.1f} s ({cpu:.0f} s of CPU, peak {peak / 2**30:.2f} GiB)."
    )
