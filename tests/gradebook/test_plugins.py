"""Plain ``nbgrader autograde`` and formgrader with the project's nbgrader_config.py."""

import contextlib
import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from autograder.course.folder import CourseFolder, load_config
from autograder.errors import SandboxUnavailable
from autograder.gradebook.writer import open_gradebook
from autograder.grading import spare
from autograder.grading.pipeline import Pipeline, grade
from autograder.grading.store import Store
from autograder.sandbox import Limits
from tests.grading.course import (
    ASSIGNMENT,
    answered,
    make_course,
    nbgrader,
    source_notebook,
    submit,
)

OUTPUT_TRICKS = {
    "nan": "float('nan')",
    "minus": "-1",
    "false": "False",
    "many": "999",
    "quiet": "None",
}


def with_source(name: str, source: str) -> nbformat.NotebookNode:
    """Both answers untouched but for one cell."""
    notebook = answered()
    for cell in notebook.cells:
        if cell.id == name:
            cell.source = source
    return notebook


def without_checks() -> nbformat.NotebookNode:
    notebook = answered("double")
    notebook.cells = [cell for cell in notebook.cells if "-" not in cell.id]
    return notebook


def with_a_copied_check() -> nbformat.NotebookNode:
    notebook = answered("double")
    notebook.cells.append(nbformat.from_dict({**notebook.cells[4], "id": "copy"}))
    return notebook


def with_tags() -> nbformat.NotebookNode:
    notebook = answered()
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution"]
        cell.metadata["nbgrader"] = {**cell.metadata.get("nbgrader", {}), "points": 1000.0}
    return notebook


def with_foreign_kernel() -> nbformat.NotebookNode:
    notebook = answered("double")
    notebook.metadata["kernelspec"] = {"name": "r", "display_name": "R", "language": "R"}
    return notebook


def with_markdown() -> nbformat.NotebookNode:
    notebook = answered("double")
    text = "<script>alert(1)</script> [x](javascript:alert(1)) $\\href{javascript:1}{x}$"
    notebook.cells.append(nbformat.v4.new_markdown_cell(text))
    return notebook


def noisy() -> nbformat.NotebookNode:
    notebook = answered("triple")
    for cell in notebook.cells:
        if cell.id == "double":
            cell.source = (
                "import sys, warnings\n"
                "def double(x):\n"
                "    warnings.warn('careful')\n"
                "    print('<script>alert(1)</script>', file=sys.stderr)\n"
                "    return 2 * x"
            )
    return notebook


#: Student → (submission, score, needs a person).
CLASS: dict[str, tuple[object, float, bool]] = {
    "right": (answered("double", "triple"), 10.0, False),
    "half": (answered("double"), 4.0, False),
    "blank": (answered(), 0.0, False),
    "noisy": (noisy(), 10.0, False),
    "own-solution": (source_notebook(), 10.0, False),
    "copied-check": (with_a_copied_check(), 4.0, False),
    "deleted-checks": (without_checks(), 4.0, False),
    "tagged": (with_tags(), 0.0, False),
    "foreign-kernel": (with_foreign_kernel(), 4.0, False),
    "markdown": (with_markdown(), 4.0, False),
    "syntax-error": (with_source("double", "def double(x:"), 0.0, False),
    "killed": (with_source("double", "import os\nos.kill(os.getpid(), 9)"), 0.0, False),
    "not-json": (b'{"cells": [', 0.0, True),
    "empty": (b"", 0.0, True),
    "binary": (b"\x89PNG\xff\xfe\0", 0.0, True),
    "list": (b"[]", 0.0, True),
    "format-3": (b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": []}', 0.0, True),
    "no-cells": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', 0.0, True),
} | {
    f"trick-{name}": (with_source("double-visible", value), 0.0, False)
    for name, value in OUTPUT_TRICKS.items()
}

UNUSUAL = {
    "bad-time": (4.0, False),
    "pipe": (4.0, False),
    "linked-file": (4.0, False),
    "other-name": (4.0, False),
    "linked-notebook": (0.0, True),
    "no-notebook": (0.0, True),
    "misnamed": (0.0, True),
}
FORBIDDEN_ID = "<img src=x onerror=alert(1)>"


def write_class(root: Path) -> None:
    for student, (notebook, _, _) in CLASS.items():
        submit(root, student, notebook, "2026-11-01 12:00:00 UTC")  # type: ignore[arg-type]
    folder = submit(root, "half", answered("double"))
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder / "inner").mkdir()
    (folder / "inner" / "page.svg").write_text("<svg onload='alert(1)'/>")
    submit(root, "bad-time", answered("double"), "9999999-99-99 never")
    os.mkfifo(submit(root, "pipe", answered("double")) / "pipe")
    (submit(root, "linked-file", answered("double")) / "passwd").symlink_to("/etc/passwd")
    folder = submit(root, "other-name", answered("double"))
    (folder / f"{ASSIGNMENT}.ipynb").rename(folder / "homework.ipynb")
    folder = submit(root, "linked-notebook", answered("double"))
    (folder / f"{ASSIGNMENT}.ipynb").unlink()
    (folder / f"{ASSIGNMENT}.ipynb").symlink_to(
        root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    )
    (submit(root, "no-notebook", b"") / f"{ASSIGNMENT}.ipynb").unlink()
    folder = submit(root, "misnamed", answered("double"))
    folder.rename(folder.parent / "small")
    submit(root, FORBIDDEN_ID, answered("double"))


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Path:
    """A fresh course whose hostile class went through plain ``nbgrader autograde``."""
    root = make_course(tmp_path_factory.mktemp("course"))
    write_class(root)
    done = nbgrader(root, "autograde", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    return root


def records(root: Path) -> dict[str, tuple[float, bool]]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "torch_nn") as gradebook:
        submissions = gradebook.assignment_submissions(ASSIGNMENT)
        return {s.student_id: (s.score, s.needs_manual_grade) for s in submissions}


EXPECTED = {name: (score, review) for name, (_, score, review) in CLASS.items()} | UNUSUAL


def test_every_submission_ends_with_its_grade_or_set_aside(graded: Path):
    assert records(graded) == EXPECTED


def test_our_own_batch_gives_the_same_scores(graded: Path, tmp_path: Path):
    root = make_course(tmp_path / "batch")
    write_class(root)
    course = CourseFolder(root)
    with open_gradebook(course, ASSIGNMENT) as gradebook:
        done = grade(Pipeline(course, ASSIGNMENT), gradebook, workers=2)
    assert {r.student: (r.score, r.status == "needs_review") for r in done} == {
        **EXPECTED,
        FORBIDDEN_ID: (0.0, True),
    }
    assert records(root) == records(graded)


def test_every_submission_has_a_graded_notebook_and_no_file_of_the_student(graded: Path):
    names = {f"{ASSIGNMENT}.ipynb", "timestamp.txt"}
    folders = {path.name: path / ASSIGNMENT for path in (graded / "autograded").iterdir()}
    assert set(folders) == set(EXPECTED)
    for student, folder in folders.items():
        files = {str(path.relative_to(folder)) for path in folder.rglob("*")}
        assert files <= names, student
        nbformat.validate(nbformat.read(folder / f"{ASSIGNMENT}.ipynb", as_version=4))


def test_graded_notebooks_hold_no_hidden_check_and_nothing_active(graded: Path):
    for path in (graded / "autograded").rglob("*.ipynb"):
        text = path.read_text()
        assert "double, 5)" not in text
        if path.parts[-3] in ("markdown", "misnamed"):
            assert "<script" not in text
            assert "href{" not in text.replace("⧵href", "")


def test_feedback_is_made_for_everybody(graded: Path):
    done = nbgrader(graded, "generate_feedback", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    for student, (score, _) in EXPECTED.items():
        page = (graded / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
        assert f"{score:g} <small>of 10 points" in page, student
        assert "alert(1)</script>" not in page and "double, 5)" not in page, student
    page = (graded / "feedback" / "not-json" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
    assert "not valid JSON" in page


def test_a_second_run_skips_what_is_graded(graded: Path):
    before = records(graded)
    done = nbgrader(graded, "autograde", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Skipping existing assignment") >= len(CLASS)
    assert records(graded) == before


# ------------------------------------------------------------------------- formgrader's server


class Server:
    """A real Jupyter server with the formgrader extension."""

    def __init__(self, root: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.jar = jar

    def get(self, path: str) -> str:
        request = urllib.request.Request(self.address + path, headers={"Authorization": "token t"})
        with self.opener.open(request, timeout=600) as answer:
            return answer.read().decode()

    def post(self, path: str) -> str:
        token = next((c.value for c in self.jar if c.name == "_xsrf"), "")
        headers = {"Authorization": "token t", "X-XSRFToken": str(token)}
        request = urllib.request.Request(self.address + path, b"", headers, method="POST")
        with self.opener.open(request, timeout=600) as answer:
            return answer.read().decode()


@pytest.fixture(scope="module")
def server(graded: Path) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    extension = "nbgrader.server_extensions.formgrader"
    home = graded / ".jupyter"
    variables = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    with open(graded / "server.log", "wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"),
                f"--ServerApp.port={port}",
                "--ServerApp.port_retries=0",
                "--IdentityProvider.token=t",
                f"--ServerApp.jpserver_extensions={{'{extension}': True}}",
            ],
            cwd=graded,
            env={**os.environ, **{name: str(home / name) for name in variables}},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(graded, port)
    try:
        while True:
            try:
                server.get("/formgrader/api/status")
                break
            except urllib.error.HTTPError as error:
                raise AssertionError((graded / "server.log").read_text()) from error
            except OSError:  # it does not listen yet
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
                    raise AssertionError((graded / "server.log").read_text()) from None
        yield server
    finally:
        process.terminate()
        process.wait(300)


def test_formgraders_server_shows_the_same_scores(server: Server, graded: Path):
    shown = json.loads(server.get(f"/formgrader/api/submissions/{ASSIGNMENT}"))
    found = {s["student"]: (s["score"], s["needs_manual_grade"]) for s in shown}
    found.pop(FORBIDDEN_ID, None)  # it lists the folder, which was never entered
    assert found == EXPECTED
    assert (graded / "submitted" / "bad-time" / ASSIGNMENT / "timestamp.unreadable").exists()


def test_formgraders_pages_run_nothing_of_a_student(server: Server):
    path = f"/formgrader/api/submitted_notebooks/{ASSIGNMENT}/{ASSIGNMENT}"
    notebooks = {s["student"]: s["id"] for s in json.loads(server.get(path))}
    assert set(notebooks) == set(EXPECTED)
    for student in ("markdown", "noisy", "half", "not-json"):
        page = server.get(f"/formgrader/submissions/{notebooks[student]}/")
        assert "double-visible" in page
        assert "alert(1)</script>" not in page
        assert not re.search(r"""(href|src)\s*=\s*["']?\s*javascript""", page, re.IGNORECASE)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        server.get(f"/formgrader/submissions/{notebooks['half']}/page.html")


def test_formgraders_button_grades_again_through_the_same_judge(server: Server, graded: Path):
    server.get("/formgrader/manage_assignments")
    submit(graded, "blank", answered("triple"))
    for student in ("blank", "not-json"):
        answer = json.loads(
            server.post(f"/formgrader/api/submission/{ASSIGNMENT}/{student}/autograde")
        )
        assert answer["success"], answer
    submit(graded, "blank", answered())
    found = records(graded)
    assert found["blank"] == (6.0, False)
    assert found["not-json"] == (0.0, True)


# ------------------------------------------------------------------------- in this process


@pytest.fixture
def small(tmp_path: Path, monkeypatch) -> Path:
    root = make_course(tmp_path / "small")
    submit(root, "ada", answered("double"))
    submit(root, "ben", answered())
    monkeypatch.chdir(root)
    return root


def api(root: Path) -> NbGraderAPI:
    return NbGraderAPI(CourseFolder(root).directory, config=load_config(root))


def test_clicks_share_a_run_but_never_the_same_student_twice(small: Path, monkeypatch):
    def run_of(student: str) -> str:
        answer = api(small).autograde(ASSIGNMENT, student)
        assert answer["success"], answer
        executed = Store(CourseFolder(small).evidence(ASSIGNMENT)).executed(student)
        assert executed is not None
        return executed.run

    submit(small, "cleo", answered())
    first = run_of("ada")
    assert run_of("ben") == first
    second = run_of("ada")
    known = CourseFolder(small).known_answers(ASSIGNMENT)
    known.parent.mkdir()
    known.write_text("")
    third = run_of("ben")
    assert run_of("ada") == third
    (small / "evidence" / ASSIGNMENT / "runs" / f"{third}.references").unlink()
    fourth = run_of("cleo")
    monkeypatch.setattr(spare, "RUN_SECONDS", 0.0)
    assert len({first, second, third, fourth, run_of("ben")}) == 5


def test_without_a_sandbox_nothing_is_graded_and_the_reason_is_said(small: Path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise SandboxUnavailable("This machine has no user namespaces; see `autograder doctor`.")

    monkeypatch.setattr(Pipeline, "run", refuse)
    answer = api(small).autograde(ASSIGNMENT, "ada")
    assert not answer["success"]
    assert "no user namespaces" in answer["error"]
    assert not (small / "autograded" / "ada" / ASSIGNMENT).exists()


def test_a_fault_of_the_grader_sets_one_submission_aside(small: Path, monkeypatch):
    rebuild = Pipeline.rebuild

    def fail(stations, found, *more):
        if found.student == "ada":
            raise ZeroDivisionError
        return rebuild(stations, found, *more)

    monkeypatch.setattr(Pipeline, "rebuild", fail)
    monkeypatch.setattr(Pipeline, "execute", refuse_to_run)
    answer = api(small).autograde(ASSIGNMENT, "ada")
    assert answer["success"], answer
    assert records(small) == {"ada": (0.0, True)}
    text = (small / "autograded" / "ada" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text()
    assert "ZeroDivisionError" in text


def refuse_to_run(*_: object, **__: object) -> None:
    raise AssertionError("nothing is to be executed here")


def test_an_assignment_without_a_source_is_an_error_of_one_sentence(small: Path):
    with contextlib.suppress(FileNotFoundError):
        (small / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").unlink()
    answer = api(small).autograde(ASSIGNMENT, "ada")
    assert not answer["success"]
    assert "There is no assignment '99_small'" in answer["error"] + answer["log"]


def test_the_limits_are_those_of_the_configuration(tmp_path: Path):
    assert CourseFolder(make_course(tmp_path / "plain")).execution.limits == Limits()
    text = "c.Execution.cell_seconds = 7\nc.Execution.memory_bytes = 2**30\n"
    root = make_course(tmp_path / "changed", text)
    assert CourseFolder(root).execution.limits == Limits(cell_seconds=7.0, memory_bytes=2**30)


def test_the_gradebook_lies_in_the_course_wherever_it_is_asked_for(tmp_path: Path, monkeypatch):
    root = make_course(tmp_path / "course")
    monkeypatch.chdir(tmp_path)
    directory = CourseFolder(root).directory
    assert directory.db_url == f"sqlite:///{root / 'gradebook.db'}"
    assert directory.course_id == "torch_nn"


def test_reading_the_configuration_imports_nothing_of_the_package(course: Path):
    script = (
        "import sys\n"
        "from traitlets.config.loader import PyFileConfigLoader\n"
        f"PyFileConfigLoader('nbgrader_config.py', {str(course)!r}).load_config()\n"
        "assert not {'torch', 'autograder', 'nbgrader'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
