"""Records say what the gradebook says: a person's scores, extra credit, and penalties."""

import datetime

import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import CourseFolder

from .conftest import CHAPTER, command, exported, graded, solved, submit


def test_a_record_has_a_persons_score_and_the_penalty_for_being_late(small_course):
    config = small_course / "nbgrader_config.py"
    config.write_text(
        config.read_text()
        + "\nc.AssignLatePenalties.plugin_class = 'late.TwoPoints'\n"
        + f"import sys; sys.path.insert(0, {str(small_course)!r})\n"
    )
    (small_course / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class TwoPoints(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return 2.0\n"
    )
    wrong = solved(to_nchw="def to_nchw(a):\n    return None\n")
    for student in ("ada", "bob", "eve"):
        submit(small_course, student, wrong)
    stamp = small_course / "submitted" / "eve" / CHAPTER / "timestamp.txt"
    stamp.write_text("2030-01-02 00:00:00.000000 UTC")
    before = graded(small_course)
    assert {r["manual"] for r in before.values()} == {None}
    assert {r["late"] for r in before.values()} == {None}
    score = before["ada"]["score"]
    directory = CourseFolder(small_course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        assignment = gradebook.find_assignment(CHAPTER)
        assignment.duedate = datetime.datetime(2030, 1, 1)
        grade = gradebook.find_grade("to_nchw-hidden", CHAPTER, CHAPTER, "ada")
        grade.manual_score = 1.5
        grade.extra_credit = 0.25
        comment = gradebook.find_comment("to_nchw", CHAPTER, CHAPTER, "ada")
        comment.manual_comment = "Nearly."
        gradebook.db.commit()
    after = graded(small_course)
    assert after["bob"] | {"seconds": 0} == before["bob"] | {"seconds": 0}
    assert after["ada"]["score"] == pytest.approx(score + 1.75)
    assert after["ada"]["manual"] == {
        "scores": {"to_nchw-hidden": 1.5},
        "extra_credit": {"to_nchw-hidden": 0.25},
        "comments": {"to_nchw": "Nearly."},
    }
    assert after["eve"]["score"] == pytest.approx(score - 2)
    assert after["eve"]["late"] == {
        "penalty": 2.0,
        "seconds": 86400.0,
        "days": 0,
        "days_in_hand": 0,
        "due": "2030-01-01T00:00:00+00:00",
        "handed_in": "2030-01-02T00:00:00+00:00",
        "extension_seconds": None,
    }
    assert exported(small_course) == pytest.approx({n: r["score"] for n, r in after.items()})
    done = command(small_course, "rejudge", CHAPTER)
    assert done.returncode == 0, done.stderr
    assert "late" in done.stdout
    assert "by hand" in done.stdout
    assert exported(small_course) == pytest.approx({n: r["score"] for n, r in after.items()})
