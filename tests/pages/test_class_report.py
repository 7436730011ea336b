"""The class report: who solved what, which mistakes were made how often, in one order always."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.course.answers import Answer
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.pages.class_report import (
    ClassReport,
    ExerciseRow,
    Mistake,
    read_records,
    summarise,
    write_report,
)
from tests.grading.course import ROOT

ANSWERS = [
    Answer("conv", False, "flipped", "You turned the kernel.", ""),
    Answer("conv", False, "no stride", "Is stride passed on?", ""),
    Answer("other", False, "flipped", "Another exercise's mistake.", ""),
]


def check(exercise: str, what: str, status: str, mistake: str | None = None) -> dict[str, Any]:
    return {
        "name": f"{exercise}/{what}",
        "exercise": exercise,
        "passed": status == "passed",
        "status": status,
        "reason": None if status == "passed" else "a sentence in any language",
        "misconception": mistake,
    }


def record(student: str, *checks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    score = float(sum(c["passed"] for c in checks))
    about = {"student": student, "assignment": "01_small", "status": "graded", "reason": None}
    about |= {"score": score, "max_score": 2.0, "seconds": 0.1, "checks": list(checks)}
    return about | changes


def conv(*statuses: str, mistakes: tuple[str | None, ...] = (None, None)) -> list[dict[str, Any]]:
    made = zip("ab", statuses, mistakes, strict=True)
    return [check("conv", what, status, mistake) for what, status, mistake in made]


def summary(*records: dict[str, Any]) -> ClassReport:
    return summarise("01_small", records, ANSWERS)


def row(*records: dict[str, Any]) -> ExerciseRow:
    (only,) = summary(*records).exercises
    return only


def test_each_student_is_counted_once_as_solved_wrong_or_open() -> None:
    found = row(
        record("ada", *conv("passed", "passed")),
        record("ben", *conv("passed", "failed")),
        record("cy", *conv("failed", "failed")),
        record("di", *conv("not_answered", "not_answered")),
        record("ed", *conv("passed", "not_answered")),
        record("flo", *conv("interrupted", "not_reached")),
    )
    assert (found.solved, found.partly, found.open) == (1, 1, 2)
    assert found.unexplained == ("ben", "cy", "flo")


def test_what_is_open_is_told_by_the_status_and_not_by_the_sentence() -> None:
    wrong = conv("failed", "failed")
    for item in wrong:
        item["reason"] = "Not answered yet."
    assert row(record("ada", *wrong)).open == 0


def test_mistakes_carry_their_message_and_their_students() -> None:
    found = row(
        record("ada", *conv("failed", "failed", mistakes=("flipped", "flipped"))),
        record("ben", *conv("failed", "failed", mistakes=("no stride", None))),
        record("cy", *conv("failed", "passed", mistakes=("flipped", None))),
        record("di", *conv("failed", "failed", mistakes=("unknown to the author", None))),
    )
    assert found.mistakes == (
        Mistake("flipped", "You turned the kernel.", ("ada", "cy")),
        Mistake("no stride", "Is stride passed on?", ("ben",)),
        Mistake("unknown to the author", "", ("di",)),
    )
    assert not found.unexplained


def test_submissions_set_aside_are_named_and_not_counted() -> None:
    found = summary(
        record("ada", *conv("passed", "passed")),
        record("ben", status="needs_review", reason="The notebook is an empty file."),
        record("cy", status="needs_review"),
    )
    assert found.graded == 1
    assert found.set_aside == (("ben", "The notebook is an empty file."), ("cy", ""))
    assert found.scores == (2.0,)


def test_what_each_requirement_cost_is_told_the_dearest_first() -> None:
    def asked(name: str, points: float, earned: float) -> dict[str, Any]:
        return {"exercise": "conv", "name": name, "points": points, "earned": earned}

    found = summary(
        record(
            "ada",
            *conv("passed", "failed"),
            requirements=[asked("values", 2, 2), asked("size", 1, 0.5)],
        ),
        record(
            "ben",
            *conv("failed", "failed"),
            requirements=[asked("values", 2, 0), asked("size", 1, 0)],
        ),
    )
    assert found.exercises[0].lost == (("values", 2.0, 1), ("size", 1.5, 2))


def test_an_answer_that_goes_around_a_rule_is_named_for_a_person() -> None:
    notes = ["flagged: `conv` has `getattr` with a name put together.", "Another note."]
    found = summary(record("ada", *conv("passed", "passed"), notes=notes))
    assert found.flagged == (("ada", notes[0]),)


def test_an_empty_class_is_reported_too() -> None:
    found = summary()
    assert (found.graded, found.exercises, found.histogram) == (0, (), [0] * 10)


def test_the_histogram_has_full_marks_in_its_last_bin() -> None:
    scores = (0.0, 0.1, 0.2, 1.0, 1.9, 2.0)
    found = summary(*(record(str(i), score=score) for i, score in enumerate(scores)))
    assert found.histogram == [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert sum(summary(record("ada", score=0.0, max_score=0.0)).histogram) == 1


MANY = """
import json, sys
from autograder.pages.class_report import summarise
from tests.pages.test_class_report import ANSWERS, check, record
names = ["flipped", "no stride", "zeros", "ones", "twos"]
students = [record(s, *(check("conv", n, "failed", n) for n in names)) for s in ("ada", "ben")]
print([m.name for m in summarise("01_small", students, ANSWERS).exercises[0].mistakes])
"""


def test_ties_are_in_one_order_whatever_the_hash_seed() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", MANY],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {"['flipped', 'no stride', 'ones', 'twos', 'zeros']\n"}


# ------------------------------------------------------------------------------------- the page


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    return CourseFolder(tmp_path)


def test_a_class_that_was_not_graded_has_no_report(course: CourseFolder) -> None:
    with pytest.raises(AutograderError, match="has not been graded here"):
        read_records(course, "01_small")


def test_the_page_escapes_what_students_chose(course: CourseFolder) -> None:
    evil = "<script>alert(1)</script>\u2028"
    records = [
        record("ada", *conv("failed", "failed", mistakes=(evil, None))),
        record(evil, status="needs_review", reason=evil),
    ]
    folder = course.evidence("01_small")
    folder.mkdir(parents=True)
    (folder / "records.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in records))
    report, path = write_report(course, "01_small")
    page = path.read_text(encoding="utf-8")
    assert report.graded == 1
    assert "0 of 1 solved it" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
