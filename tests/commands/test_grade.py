"""What `autograder grade` grades where nothing is named, what it writes, where it says to look."""

import datetime
import json
import shutil
from pathlib import Path

import pytest

from autograder.commands import report
from autograder.commands.grades import _name_a_page, _there, grade
from autograder.course.folder import CourseFolder
from autograder.files import write_whole
from autograder.gradebook.due import set_due
from autograder.gradebook.writer import open_gradebook
from autograder.grading import pipeline
from autograder.grading.scoring import Record
from tests.grading.course import ASSIGNMENT, full_marks, make_course, source_notebook, submit

OTHER = "98_other"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A course of two chapters; two late days in hand, and each other costs a quarter."""
    config = "c.LatePolicy.per_day = 0.25\nc.LatePolicy.days_in_hand = 2\n"
    root = make_course(tmp_path / "course", config)
    (root / "source" / OTHER).mkdir()
    notebook = root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    shutil.copy(notebook, root / "source" / OTHER / f"{OTHER}.ipynb")
    for name in (ASSIGNMENT, OTHER):
        write_whole(root / "evidence" / name / "records.jsonl", b"")
    return root


def test_each_of_some_students_is_graded_where_they_handed_in(two: Path):
    course = CourseFolder(two)
    submit(two, "ada", source_notebook())
    submit(two, "bob", source_notebook())
    (two / "submitted" / "bob" / ASSIGNMENT).rename(two / "submitted" / "bob" / OTHER)
    assert _there(course, course.submitted, None) == {OTHER: None, ASSIGNMENT: None}
    both = _there(course, course.submitted, ["ada", "bob"])
    assert both == {OTHER: ["bob"], ASSIGNMENT: ["ada"]}
    assert _there(course, course.submitted, ["ada"]) == {ASSIGNMENT: ["ada"]}
    nobody = _there(course, course.submitted, ["adda", "ada"])
    assert nobody == {OTHER: ["adda"], ASSIGNMENT: ["adda", "ada"]}


def test_the_page_of_the_course_has_chapters_that_were_graded_before(two: Path, monkeypatch):
    written = []
    monkeypatch.setattr(pipeline, "grade", lambda *stations, **options: [])
    monkeypatch.setattr(report, "write_reports", lambda *given, **options: written.append(given))
    grade([ASSIGNMENT], course=two, report=True)
    ((_, names),) = written
    assert names == [OTHER, ASSIGNMENT]


def test_each_record_says_what_the_penalty_is_after_all_chapters_were_graded(
    two: Path, tmp_path: Path, monkeypatch
):
    due = datetime.datetime(2026, 11, 1, 12)
    for name, weeks in ((OTHER, 0), (ASSIGNMENT, 1)):
        with open_gradebook(CourseFolder(two), name) as gradebook:
            set_due(gradebook, name, due + datetime.timedelta(weeks=weeks))

    def graded(stations, gradebook, *given, **options):
        name = stations.assignment.name
        late = due + datetime.timedelta(weeks=name == ASSIGNMENT, days=2)
        gradebook.record("ada", name, full_marks("double"), timestamp=late)
        return gradebook.as_entered([Record("ada", name, "graded", None, 4.0, 10.0, 1.0)])

    monkeypatch.setattr(pipeline, "grade", graded)
    grade([ASSIGNMENT, OTHER], course=two, jsonl=tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {line["assignment"]: line["score"] for line in lines} == {ASSIGNMENT: 2.0, OTHER: 4.0}


def test_the_page_named_is_one_that_is_there_of_somebody_who_lost_something(tmp_path, capsys):
    course = CourseFolder(make_course(tmp_path))
    scores = {"all": ("graded", 5.0), "aside": ("needs_review", 0.0), "unmade": ("graded", 1.0)}
    scores["some"] = ("graded", 3.0)
    lines = [
        json.dumps({"student": student, "status": status, "score": score, "max_score": 5.0})
        for student, (status, score) in scores.items()
    ]
    write_whole(course.evidence(ASSIGNMENT) / "records.jsonl", "\n".join(lines).encode())
    for student in ("all", "aside", "some"):
        write_whole(tmp_path / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html", b"")
    _name_a_page(course, [ASSIGNMENT])
    said = capsys.readouterr().out.replace("\n", "")
    page = tmp_path / "feedback" / "some" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert said == f"What a student reads: {page}"


def test_nothing_is_named_where_no_page_was_made(tmp_path, capsys):
    _name_a_page(CourseFolder(make_course(tmp_path)), [ASSIGNMENT])
    assert capsys.readouterr().out == ""
