"""Scores entered by GradebookWriter, as nbgrader's own tools then show them."""

import contextlib
import csv
import datetime
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
import sqlalchemy
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config

from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook import writer as module
from autograder.gradebook.writer import GradebookWriter
from autograder.intake.timestamps import is_plain_id, read_timestamp
from tests.grading.course import (
    ASSIGNMENT,
    POINTS,
    full_marks,
    make_course,
    nbgrader,
    source_notebook,
)
from tests.grading.course import write_source as write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_course(tmp_path / "course")


@pytest.fixture
def source(root: Path) -> Path:
    return root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"


@pytest.fixture
def writer(root: Path, source: Path):
    with GradebookWriter(url(root), "torch_nn") as writer:
        writer.ensure_assignment(source)
        yield writer


def url(root: Path) -> str:
    return f"sqlite:///{root / 'gradebook.db'}"


@contextlib.contextmanager
def opened(root: Path):
    with Gradebook(url(root), "torch_nn") as gradebook:
        yield gradebook


def grades(root: Path, student: str) -> dict[str, tuple]:
    with opened(root) as gradebook:
        notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
        return {
            g.name: (g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
            for g in notebook.grades
        }


def dump(root: Path) -> dict[str, list]:
    """Every table, with ids replaced by what they stand for."""
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as db:
        tables = [row[0] for row in db.execute("select name from sqlite_master where type='table'")]
        return {name: sorted(db.execute(f"select * from {name}"), key=repr) for name in tables}


def contents(root: Path) -> set[tuple]:
    """What the gradebook says of the assignment, without the random ids."""
    with opened(root) as gradebook:
        notebook = gradebook.find_notebook(ASSIGNMENT, ASSIGNMENT)
        said = {("kernelspec", notebook.kernelspec)}
        for kind in ("grade_cells", "solution_cells", "task_cells", "source_cells"):
            for cell in getattr(notebook, kind):
                facts = {k: v for k, v in cell.to_dict().items() if k != "id"}
                said.add((kind, *sorted((k, repr(v)) for k, v in facts.items())))
        return said


# -------------------------------------------------------------------------- the assignment


def test_a_new_gradebook_has_the_tables_and_the_version_that_nbgrader_makes(tmp_path: Path):
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    GradebookWriter(f"sqlite:///{ours}").close()
    Gradebook(f"sqlite:///{theirs}").close()
    statement = "select sql from sqlite_master where sql is not null"
    tables, versions = [], []
    for path in (ours, theirs):
        with contextlib.closing(sqlite3.connect(path)) as db:
            tables.append({" ".join(row[0].split()).rstrip(";") for row in db.execute(statement)})
            versions.append(db.execute("select * from alembic_version").fetchall())
    assert tables[0] == tables[1]
    assert versions[0] == versions[1] != []


def test_the_assignment_is_entered_as_generate_assignment_enters_it(root: Path, tmp_path: Path):
    other = make_course(tmp_path / "other")
    done = nbgrader(other, "generate_assignment", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    with GradebookWriter(url(root), "torch_nn") as writer:
        writer.ensure_assignment(root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    assert contents(root) == contents(other)


def test_entering_the_assignment_again_changes_nothing(root: Path, source: Path, writer):
    before = dump(root)
    writer.ensure_assignment(source)
    assert dump(root) == before


def test_an_assignment_that_has_grades_can_change_and_what_still_exists_is_kept(
    root: Path, source: Path, writer, tmp_path: Path
):
    for student in ("ada", "bob"):
        writer.record(student, ASSIGNMENT, full_marks("double"), comments={"triple": "Not yet."})
    writer.flush()
    with opened(root) as gradebook:
        for name, score in (("double-hidden", 2.5), ("triple-hidden", 1.5)):
            gradebook.find_grade(name, ASSIGNMENT, ASSIGNMENT, "ada").manual_score = score
        for name in ("double", "triple"):
            comment = gradebook.find_comment(name, ASSIGNMENT, ASSIGNMENT, "bob")
            comment.manual_comment = f"Nice {name}."
        gradebook.db.commit()
    notebook = source_notebook()
    notebook.cells[4].metadata["nbgrader"]["points"] = 7.0
    for cell in notebook.cells[6:]:
        cell.id = cell.id.replace("triple", "treble")
        cell.source = cell.source.replace("triple", "treble")
        cell.metadata["nbgrader"]["grade_id"] = cell.id
    write(root, notebook)
    removed = tmp_path / "removed.jsonl"
    writer.ensure_assignment(source, removed)
    assert str(writer.change) == (
        "99_small has changed since 2 submissions were entered: `treble` is new (6 points); "
        "`triple` is gone (6 points); `double` has 10 points instead of 4."
    )
    assert [json.loads(line) for line in removed.read_text().splitlines()] == [
        {"assignment": ASSIGNMENT, "student": "ada", "cell": "triple-hidden"}
        | {"manual_score": 1.5},
        {"assignment": ASSIGNMENT, "student": "bob", "cell": "triple"}
        | {"manual_comment": "Nice triple."},
    ]
    for student, manual in (("ada", 2.5), ("bob", None)):
        assert grades(root, student) == {
            "double-visible": (1.0, None, None, False),
            "double-hidden": (3.0, manual, None, False),
            "treble-visible": (0.0, None, None, False),
            "treble-hidden": (0.0, None, None, False),
        }
    other = make_course(tmp_path / "other")
    write(other, notebook)
    with GradebookWriter(url(other), "torch_nn") as fresh:
        fresh.ensure_assignment(other / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    assert contents(root) == {item for item in contents(other) if item[0] != "kernelspec"} | {
        item for item in contents(root) if item[0] == "kernelspec"
    }
    with opened(root) as gradebook:
        (page,) = gradebook.find_submission(ASSIGNMENT, "bob").notebooks
        assert {c.name: c.manual_comment for c in page.comments} == {
            "double": "Nice double.",
            "treble": None,
        }
        assert gradebook.find_assignment(ASSIGNMENT).max_score == 16
    before = dump(root)
    writer.ensure_assignment(source)
    assert writer.change is None
    assert dump(root) == before


def test_what_a_person_entered_is_not_lost_where_there_is_no_file_for_it(
    root: Path, source: Path, writer
):
    writer.record("ada", ASSIGNMENT, full_marks("double"))
    writer.flush()
    with opened(root) as gradebook:
        gradebook.find_grade("triple-hidden", ASSIGNMENT, ASSIGNMENT, "ada").manual_score = 1.5
        gradebook.db.commit()
    notebook = source_notebook()
    del notebook.cells[6:]
    write(root, notebook)
    before = dump(root)
    with pytest.raises(AutograderError, match="autograder grade 99_small"):
        writer.ensure_assignment(source)
    assert dump(root) == before


# -------------------------------------------------------------------------- the same scores


def graded_notebook(root: Path, student: str) -> None:
    notebook = source_notebook()
    folder = root / "autograded" / student / ASSIGNMENT
    folder.mkdir(parents=True)
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["cell_type"] = cell.cell_type
    nbformat.write(notebook, folder / f"{ASSIGNMENT}.ipynb")


def test_export_feedback_and_formgraders_data_show_the_same_scores(root: Path, writer):
    expected = {"ada": 10.0, "ben": 4.0, "cyd": 1.5}
    writer.record("ada", ASSIGNMENT, full_marks("double", "triple"))
    writer.record("ben", ASSIGNMENT, full_marks("double"))
    writer.record("cyd", ASSIGNMENT, {**full_marks(), "double-hidden": (1.5, 3.0)})
    writer.flush()
    for student in expected:
        graded_notebook(root, student)

    done = nbgrader(root, "export")
    assert done.returncode == 0, done.stderr
    with open(root / "grades.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["student_id"]: float(r["score"]) for r in rows} == expected
    assert {float(r["max_score"]) for r in rows} == {10.0}

    done = nbgrader(root, "generate_feedback", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    for student, score in expected.items():
        page = (root / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
        assert f"(Score: {score} / 10.0)" in page

    api = NbGraderAPI(CourseFolder(root).directory)
    shown = {s["student"]: s for s in api.get_submissions(ASSIGNMENT)}
    notebooks = {s["student"]: s for s in api.get_notebook_submissions(ASSIGNMENT, ASSIGNMENT)}
    for student, score in expected.items():
        assert shown[student]["score"] == notebooks[student]["score"] == score
        assert not shown[student]["needs_manual_grade"]
        assert notebooks[student]["failed_tests"] == (score < 10)


def test_comments_on_solution_cells_appear_in_feedback_as_plain_text(root: Path, writer):
    text = "Is `stride` passed on?\n<script>alert(1)</script> [x](javascript:alert(1))"
    writer.record("ada", ASSIGNMENT, full_marks(), comments={"double": text})
    writer.flush()
    graded_notebook(root, "ada")
    done = nbgrader(root, "generate_feedback", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    page = (root / "feedback" / "ada" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
    assert "Is `stride` passed on?" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1))" in page


# -------------------------------------------------------------------------- nothing twice


def test_the_same_verdicts_again_change_nothing(root: Path, writer):
    def enter() -> None:
        writer.record("ada", ASSIGNMENT, full_marks("double"), comments={"triple": "Look again."})
        writer.record("ben", ASSIGNMENT, full_marks(), needs_review=True, reason="Not JSON.")
        writer.flush()

    enter()
    before = dump(root)
    enter()
    assert dump(root) == before


def test_what_an_instructor_entered_is_kept(root: Path, writer):
    writer.record("ada", ASSIGNMENT, full_marks("double"))
    writer.flush()
    with opened(root) as gradebook:
        grade = gradebook.find_grade("triple-hidden", ASSIGNMENT, ASSIGNMENT, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 3.0, 0.5, False
        gradebook.find_comment("triple", ASSIGNMENT, ASSIGNMENT, "ada").manual_comment = "Nearly."
        gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ada").flagged = True
        gradebook.db.commit()
    writer.record("ada", ASSIGNMENT, full_marks("double"))
    writer.flush()
    assert grades(root, "ada")["triple-hidden"] == (0.0, 3.0, 0.5, False)
    writer.record("ada", ASSIGNMENT, full_marks("double", "triple"))
    writer.flush()
    after = grades(root, "ada")
    assert after["triple-hidden"] == (4.0, 3.0, 0.5, True), "a person decides between the two"
    assert after["triple-visible"] == (2.0, None, None, False)
    with opened(root) as gradebook:
        comment = gradebook.find_comment("triple", ASSIGNMENT, ASSIGNMENT, "ada")
        assert comment.manual_comment == "Nearly."
        assert gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ada").flagged
        assert gradebook.find_submission(ASSIGNMENT, "ada").score == 4.0 + 2.0 + 3.5


def test_a_submission_set_aside_is_listed_until_a_person_resolves_it(root: Path, writer):
    def set_aside(reason: str) -> None:
        writer.record("ada", ASSIGNMENT, full_marks(), needs_review=True, reason=reason)
        writer.flush()

    graded_notebook(root, "ada")
    set_aside("Not JSON.")
    assert {g[0] for g in grades(root, "ada").values()} == {0.0}
    assert all(g[3] for g in grades(root, "ada").values())
    api = NbGraderAPI(CourseFolder(root).directory)
    assert api.get_submission(ASSIGNMENT, "ada")["needs_manual_grade"]
    with opened(root) as gradebook:
        notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ada")
        for grade in notebook.grades:
            grade.needs_manual_grade = False  # formgrader's button "Resolve"
        assert "Not JSON." in notebook.comments[0].comment
        gradebook.db.commit()
    set_aside("Not JSON.")
    assert not any(g[3] for g in grades(root, "ada").values())
    set_aside("Too large.")
    assert all(g[3] for g in grades(root, "ada").values())
    writer.record("ada", ASSIGNMENT, full_marks())
    writer.flush()
    assert not any(g[3] for g in grades(root, "ada").values())
    with opened(root) as gradebook:
        notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ada")
        assert {c.comment for c in notebook.comments} == {None}


def test_a_graded_zero_that_is_then_set_aside_is_listed(root: Path, writer):
    writer.record("ada", ASSIGNMENT, full_marks())
    writer.flush()
    writer.record("ada", ASSIGNMENT, full_marks(), needs_review=True)
    writer.flush()
    assert all(g[3] for g in grades(root, "ada").values())


# -------------------------------------------------------------------------- late submissions


@pytest.mark.parametrize(("hours", "penalty"), [(1, 4.0), (-1, 0.0)])
def test_late_penalties_are_those_of_the_configured_plugin(root, source, hours, penalty):
    config = Config()
    config.LateSubmissionPlugin.penalty_method = "zero"
    due = datetime.datetime(2026, 11, 1, 12)
    folder = root / "submitted" / "ada" / ASSIGNMENT
    folder.mkdir(parents=True)
    handed_in = due + datetime.timedelta(hours=hours)
    (folder / "timestamp.txt").write_text(f"{handed_in.isoformat(' ')} UTC\n")
    with GradebookWriter(url(root), "torch_nn", config) as writer:
        writer.ensure_assignment(source)
        with opened(root) as gradebook:
            gradebook.update_or_create_assignment(ASSIGNMENT, duedate=due)
        writer.ensure_assignment(source)
        writer.record("ada", ASSIGNMENT, full_marks("double"), submitted=folder)
    with opened(root) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "ada")
        assert submission.timestamp == handed_in
        assert submission.late_submission_penalty == penalty
        assert submission.score == 4.0


@pytest.mark.parametrize(
    "data",
    [b"", b"yesterday", b"\xff\xfe", b"9" * 90, b"2026-13-45 99:99:99 UTC", b"1 2 ../../x", b"\0"],
)
def test_a_time_of_submission_that_is_none_is_left_out(tmp_path: Path, data: bytes):
    (tmp_path / "timestamp.txt").write_bytes(data)
    assert read_timestamp(tmp_path) is None


def test_a_pipe_in_place_of_the_time_does_not_block(tmp_path: Path):
    os.mkfifo(tmp_path / "timestamp.txt")
    assert read_timestamp(tmp_path) is None


def test_a_time_that_formgrader_could_not_parse_is_put_aside(root: Path, writer, tmp_path: Path):
    folder = tmp_path / "submission"
    folder.mkdir()
    (folder / "timestamp.txt").write_text("2026-11-01 12:00:00 UTC " + "x" * 200)
    writer.record("ada", ASSIGNMENT, full_marks("double"), submitted=folder)
    assert [path.name for path in folder.iterdir()] == ["timestamp.unreadable"]


def test_times_are_kept_in_utc(tmp_path: Path):
    for text in ("2026-11-01 12:00:00 UTC", "2026-11-01T13:00:00+01:00"):
        (tmp_path / "timestamp.txt").write_text(text)
        assert read_timestamp(tmp_path) == datetime.datetime(2026, 11, 1, 12)


# -------------------------------------------------------------------------- killed, locked, broken


def test_a_killed_batch_leaves_whole_transactions(root: Path, writer):
    script = f"""
        import os, signal
        from autograder.gradebook import writer as gradebook
        gradebook.MAX_PENDING, gradebook.MAX_SECONDS = 10, 1e9
        writer = gradebook.GradebookWriter({url(root)!r}, "torch_nn")
        for i in range(25):
            writer.record(f"s{{i}}", {ASSIGNMENT!r}, {full_marks("double")!r})
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], timeout=600)
    assert done.returncode == -signal.SIGKILL
    with opened(root) as gradebook:
        submissions = gradebook.assignment_submissions(ASSIGNMENT)
        assert {s.student_id for s in submissions} == {f"s{i}" for i in range(20)}
        assert {s.score for s in submissions} == {4.0}


def test_an_error_in_the_batch_does_not_lose_the_verdicts_before_it(root: Path, source: Path):
    def interrupted() -> None:
        with GradebookWriter(url(root)) as writer:
            writer.ensure_assignment(source)
            writer.record("ada", ASSIGNMENT, full_marks("double"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert grades(root, "ada")["double-hidden"][0] == 3.0


def test_a_failed_transaction_writes_nothing_and_can_be_repeated(root, writer, monkeypatch):
    monkeypatch.setattr(module, "MAX_SECONDS", 1e9)
    writer.record("ada", ASSIGNMENT, full_marks("double"))
    with monkeypatch.context() as patch:
        fail = sqlalchemy.exc.OperationalError("insert", {}, Exception("disk I/O error"))
        patch.setattr(module.Transaction, "_update", lambda *_: (_ for _ in ()).throw(fail))
        with pytest.raises(AutograderError, match="disk I/O error"):
            writer.flush()
        assert not dump(root)["grade"]
        assert not dump(root)["student"]
    writer.flush()
    assert grades(root, "ada")["double-hidden"][0] == 3.0


def test_a_gradebook_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("autograder.gradebook.database.LOCK_SECONDS", 0.01)
    (tmp_path / "text.db").write_text("This is no database at all, it is only a text file.\n" * 50)
    GradebookWriter(f"sqlite:///{tmp_path / 'locked.db'}").close()
    lock = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    GradebookWriter(f"sqlite:///{tmp_path / 'readonly.db'}").close()
    cases = {
        f"sqlite:///{tmp_path / 'missing' / 'gradebook.db'}": "make the file and its folder",
        f"sqlite:///{tmp_path / 'text.db'}": "no gradebook: move it away",
        f"sqlite:///{tmp_path / 'locked.db'}": "another program is writing it",
        f"sqlite:///file:{tmp_path / 'readonly.db'}?mode=ro&uri=true": "writable, or name another",
        f"sqlite:///{tmp_path}": "writable, or name another",
        "nonsense": "writable, or name another",
    }
    for db_url, remedy in cases.items():
        with pytest.raises(AutograderError, match=remedy) as caught:
            GradebookWriter(db_url)
        assert str(caught.value).count("\n") == 0
    lock.close()
    assert {p.name for p in tmp_path.iterdir()} == {"text.db", "locked.db", "readonly.db"}


def test_scores_that_cannot_be_are_refused(writer):
    with pytest.raises(AutograderError, match="another version"):
        writer.record("ada", ASSIGNMENT, {"unknown": (0.0, 1.0)})
    with pytest.raises(AutograderError, match="another version"):
        writer.record("ada", ASSIGNMENT, {"double-visible": (0.0, 100.0)})
    with pytest.raises(AutograderError, match="does not know the assignment"):
        writer.record("ada", "01_other", {})
    for score in (-1.0, float("nan"), 2.0):
        with pytest.raises(ValueError, match="points"):
            writer.record("ada", ASSIGNMENT, {"double-visible": (score, POINTS["double-visible"])})


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", 'a" onclick="x', "a&lt;", " ", "x\n"]
)
def test_a_folder_name_that_a_page_would_execute_is_no_student(root: Path, writer, name: str):
    assert not is_plain_id(name)
    assert "cannot be a student's id" in writer.record(name, ASSIGNMENT, full_marks())
    writer.flush()
    assert not dump(root)["student"]


def test_ordinary_ids_are_students():
    assert all(map(is_plain_id, ["ada", "m.curie@example.org", "1234567", "O'Brien", "Ødegård 2"]))
