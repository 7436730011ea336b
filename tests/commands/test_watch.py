"""Grading what is handed in as it comes: real processes on a small course."""

import datetime
import json
import os
import re
import signal
import subprocess
import time

import pytest
from nbgrader.api import Gradebook

from autograder.commands.watch import Watching
from autograder.course.folder import CourseFolder
from autograder.grading import arrivals as arriving
from autograder.grading import spare
from autograder.grading.arrivals import Arrivals
from autograder.grading.pipeline import Pipeline
from autograder.grading.spare import SpareRun
from tests.grading.course import ASSIGNMENT, make_course, nbgrader, source_notebook, submit
from tests.workspace.small import COMMAND, autograder

PATIENCE = 300  #: seconds that a busy machine may take for one step


@pytest.fixture
def root(tmp_path):
    return make_course(tmp_path / "course", "c.Watch.feedback = 'graded'\n")


def answered(factor, **cells):
    notebook = source_notebook()
    for cell in notebook.cells:
        if cell.id in ("double", "triple"):
            cell.source = cells.get(cell.id, f"def {cell.id}(x):\n    return {factor} * x")
    return notebook


def scores(root):
    path = root / "evidence" / ASSIGNMENT / "records.jsonl"
    lines = path.read_text().splitlines() if path.is_file() else []
    return {record["student"]: record["score"] for record in map(json.loads, lines)}


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Running:
    """``autograder watch`` as a process, and what it prints."""

    def __init__(self, root, *options):
        self.process = subprocess.Popen(
            [*COMMAND, "watch", *options],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def end(self):
        """As a service is stopped; Ctrl+C would not reach a process in the background."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=PATIENCE)
        return out


def test_what_comes_is_graded_given_back_and_never_graded_twice(root):
    submit(root, "ada", answered(2))
    watching = Running(root)
    try:
        wait_until(lambda: scores(root) == {"ada": 4.0})
        submit(root, "bob", answered(3))
        wait_until(lambda: scores(root) == {"ada": 4.0, "bob": 6.0})
        submit(root, "broken", b"this is no notebook")
        wait_until((root / "feedback" / "broken" / ASSIGNMENT / f"{ASSIGNMENT}.html").is_file)
    finally:
        watching.process.kill()
        first = watching.process.communicate()[0]
    lines = [re.sub(r"^[\d:]+ +", "", line) for line in first.splitlines()]
    assert f"{ASSIGNMENT}  ada  4 of 10" in lines and f"{ASSIGNMENT}  bob  6 of 10" in lines
    assert f"{ASSIGNMENT}  broken  0 of 10  needs a look" in lines
    page = root / "feedback" / "ada" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert "triple" in page.read_text()
    evidence = {
        p: p.stat().st_mtime_ns for p in (root / "evidence" / ASSIGNMENT).glob("*.evidence")
    }
    assert len(evidence) == 2
    again = Running(root)
    time.sleep(1)
    submit(root, "eve", answered(2, triple="def triple(x):\n    return 3 * x"))
    wait_until(lambda: scores(root).get("eve") == 10.0)
    assert "Ended; what was graded is kept." in again.end()
    assert {p: p.stat().st_mtime_ns for p in evidence} == evidence
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "torch_nn") as gradebook:
        entered = {s.student_id: s.score for s in gradebook.assignment_submissions(ASSIGNMENT)}
    assert entered == scores(root)


def test_what_is_there_now_and_no_more(root):
    submit(root, "ada", answered(2))
    time.sleep(1.1)
    done = autograder("watch", "--once", cwd=root)
    assert done.returncode == 0, done.stderr
    assert "ada  4 of 10" in done.stdout
    done = autograder("watch", "--once", cwd=root)
    assert done.returncode == 0 and "ada" not in done.stdout
    done = autograder("watch", "--once", "99_smal", cwd=root)
    assert done.returncode == 2 and "The assignments are: 99_small" in done.stderr


@pytest.fixture
def settled(monkeypatch):
    """Whatever is there was written a while ago, once this is called."""
    return lambda: monkeypatch.setattr(arriving, "SETTLED_SECONDS", 0.0)


def test_a_student_is_graded_again_only_after_a_while_and_by_the_latest(root, settled):
    course = CourseFolder(root)
    arrivals = Arrivals(course, course.submitted, [ASSIGNMENT], again_after=5.0)
    assert arrivals.due() == {}
    folder = submit(root, "ada", answered(2))
    os.utime(folder / f"{ASSIGNMENT}.ipynb", (1, 1))  # a copy keeps the times of what it copies
    assert arrivals.due() == {}  # it may be written still
    settled()
    assert arrivals.due() == {ASSIGNMENT: ["ada"]}
    arrivals.take(arrivals.due())
    assert arrivals.due() == {} and arrivals.waiting() == {}
    evidence = root / "evidence" / ASSIGNMENT / "ada.evidence"
    evidence.parent.mkdir(parents=True)
    evidence.write_bytes(b"")
    submit(root, "ada", answered(3))
    assert arrivals.due() == {}
    assert set(arrivals.waiting()) == {(ASSIGNMENT, "ada")}
    os.utime(evidence, (time.time() - 6, time.time() - 6))
    assert arrivals.due() == {ASSIGNMENT: ["ada"]}
    submit(root, "aaron", answered(3))
    assert arrivals.due() == {ASSIGNMENT: ["ada", "aaron"]}  # who came first


def test_what_is_no_submission_is_passed_over(root, settled):
    course = CourseFolder(root)
    arrivals = Arrivals(course, course.submitted, [ASSIGNMENT], 0.0)
    submitted = root / "submitted"
    (submitted / "empty" / ASSIGNMENT).mkdir(parents=True)
    (submitted / "linked").symlink_to(submitted / "empty")
    (submitted / ".hidden" / ASSIGNMENT).mkdir(parents=True)
    (submitted / "file").write_text("x")
    settled()
    assert arrivals.due() == {}


def test_no_student_meets_the_same_fresh_inputs_twice(root, monkeypatch):
    course = CourseFolder(root)
    runs = SpareRun(course, ASSIGNMENT)

    def run_for(*students):
        pipeline = Pipeline(course, ASSIGNMENT)
        runs.put_into(pipeline, students)
        name = pipeline.run(None).name
        pipeline.store.runs.forget_unfinished()
        runs.used(pipeline, students)
        runs.prepare()
        return name

    first = run_for("ada")
    assert run_for("bob") == first  # others share it for a while
    second = run_for("ada", "carl")
    assert second != first
    assert run_for("bob") == second
    monkeypatch.setattr(spare, "RUN_SECONDS", 0.0)
    assert run_for("dora") not in (first, second)
    runs.close()


@pytest.fixture
def exchange(tmp_path):
    """nbgrader's exchange, for everybody to write."""
    folder = tmp_path / "exchange"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def test_through_the_exchange_a_student_gets_the_page_back(tmp_path, exchange):
    """nbgrader's own commands on both sides: release, fetch, submit; collected, graded, fetched."""
    lines = f"c.Exchange.root = {str(exchange)!r}\nc.Exchange.cache = {str(tmp_path / 'cache')!r}\n"
    root = make_course(tmp_path / "course", f"{lines}c.Watch.feedback = 'graded'\n")
    for command in ("generate_assignment", "release_assignment"):
        done = nbgrader(root, command, ASSIGNMENT)
        assert done.returncode == 0, done.stderr
    student = tmp_path / "student"
    student.mkdir()
    about = "c = get_config()\nc.CourseDirectory.course_id = 'torch_nn'\n"
    (student / "nbgrader_config.py").write_text(about + lines)
    assert nbgrader(student, "fetch_assignment", ASSIGNMENT).returncode == 0
    (student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(answered(2)))
    assert nbgrader(student, "submit", ASSIGNMENT).returncode == 0
    watching = Running(root, "--exchange")
    try:
        wait_until(lambda: list((exchange / "torch_nn" / "feedback").glob("*.html")))
    finally:
        said = watching.end()
    assert list(scores(root).values()) == [4.0], said
    done = nbgrader(student, "fetch_feedback", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    (page,) = (student / ASSIGNMENT / "feedback").rglob("*.html")
    assert "triple" in page.read_text()


def test_what_fails_is_said_once_and_keeps_nothing_else_back(tmp_path, exchange, capsys):
    inbound = exchange / "torch_nn" / "inbound"
    config = f"c.Exchange.root = {str(exchange)!r}\nc.Watch.feedback = 'graded'\n"
    root = make_course(tmp_path / "course", config)
    folder = submit(root, "ada", answered(2), "2026-11-01 12:00:00 UTC")
    (folder / "submission_secret.txt").write_text("secret")
    exchange.rename(tmp_path / "gone")
    time.sleep(1.1)
    watching = Watching(CourseFolder(root), None, None, None, True, None)
    watching.look()
    assert scores(root) == {"ada": 4.0}
    assert (root / "feedback" / "ada" / ASSIGNMENT / f"{ASSIGNMENT}.html").is_file()
    said = capsys.readouterr().err
    assert said.count(f"There is no folder {inbound}") == 1
    assert said.count("no feedback for ada yet") == 1
    (tmp_path / "gone").rename(exchange)
    inbound.mkdir(parents=True)
    again = Watching(CourseFolder(root), None, None, None, True, None)  # it was killed meanwhile
    again.look()
    assert again.failed == {} and capsys.readouterr().err == ""
    assert len(list((exchange / "torch_nn" / "feedback").glob("*.html"))) == 1
    assert len(list((root / "evidence" / ASSIGNMENT / "runs").glob("*.references"))) == 1


def test_downloads_are_collected_as_they_come(root, tmp_path):
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    watching = Running(root, "--from", str(downloads))
    try:
        time.sleep(1)
        file = downloads / f"lovelaceada_41_77_{ASSIGNMENT}.ipynb"  # as Canvas calls it
        file.write_text(json.dumps(answered(2)))
        wait_until(lambda: list(scores(root).values()) == [4.0])
    finally:
        watching.end()


@pytest.mark.parametrize(("days", "given"), [(-1, True), (1, False)])
def test_pages_wait_for_the_due_date_where_the_course_says_so(tmp_path, days, given):
    root = make_course(tmp_path / "course", "c.Watch.feedback = 'due'\n")
    submit(root, "ada", answered(2))
    assert autograder("grade", ASSIGNMENT, cwd=root).returncode == 0
    due = datetime.datetime.now() + datetime.timedelta(days=days)
    done = autograder("due", ASSIGNMENT, due.strftime("%Y-%m-%d %H:%M"), cwd=root)
    assert done.returncode == 0, done.stderr
    done = autograder("watch", "--once", cwd=root)
    assert done.returncode == 0, done.stderr
    assert (root / "feedback" / "ada" / ASSIGNMENT / f"{ASSIGNMENT}.html").is_file() is given
