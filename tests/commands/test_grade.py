"""What `autograder grade` says last: where to look."""

import json

from autograder.commands.grades import _name_a_page
from autograder.course.folder import CourseFolder
from autograder.files import write_whole
from tests.grading.course import ASSIGNMENT, make_course


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
