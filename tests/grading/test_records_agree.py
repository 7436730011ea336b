"""Table, --jsonl, stored records, feedback pages, report and gradebook say one and the same."""

from __future__ import annotations

import csv
import datetime
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder.cli import app
from autograder.commands.report import write_reports
from autograder.course.folder import CourseFolder
from autograder.grading import class_report
from autograder.grading.store import Store
from tests.grading.course import nbgrader

from .conftest import CHAPTER, course_of_one_chapter, graded, solved, submit

WRONG = solved(to_nchw="def to_nchw(a):\n    return None\n")
DUE = "2026-01-01 18:00 UTC"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three students and a file that is none, graded; ada is a day later than bob."""
    course = course_of_one_chapter(tmp_path_factory.mktemp("once") / "course")
    config = course / "nbgrader_config.py"
    config.write_text(
        config.read_text() + "\nc.LatePolicy.per_day = 0.1\nc.NbGraderAPI.timezone = 'Asia/Tokyo'\n"
    )
    for student, data in {"ada": WRONG, "bob": WRONG, "eve": solved(), "tim": b"{"}.items():
        submit(course, student, data)
        day = 2 if student in ("ada", "tim") else 1
        stamp = course / "submitted" / student / CHAPTER / "timestamp.txt"
        stamp.write_text(f"2026-01-{day:02} 12:00:00 UTC")
    graded(course)
    return course


@pytest.fixture
def course(once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the graded class, and the folder in which commands are given."""
    copy = tmp_path / "course"
    shutil.copytree(once, copy)
    monkeypatch.chdir(copy)
    return copy


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints; it runs in this process, which saves seconds of imports."""
    capsys.readouterr()
    app(list(arguments), standalone_mode=False)
    return capsys.readouterr().out


def in_gradebook(course: Path) -> dict[str, float]:
    """Scores as nbgrader has them."""
    directory = CourseFolder(course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        return {
            one.student.id: max(0.0, one.score - one.late_submission_penalty)
            for one in gradebook.assignment_submissions(CHAPTER)
        }


def stored_records(course: Path) -> list[dict[str, Any]]:
    """The records that feedback and report are made of."""
    return list(Store(CourseFolder(course).evidence(CHAPTER)).records().values())


def by_hand(course: Path, student: str, cell: str, score: float) -> None:
    """What formgrader does when a person enters a score."""
    directory = CourseFolder(course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        gradebook.find_grade(cell, CHAPTER, CHAPTER, student).manual_score = score
        gradebook.db.commit()


def on_page(course: Path, student: str) -> float:
    page = (course / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text()
    found = re.search(r"([\d.]+)\s+of\s+30 points", re.sub(r"<[^>]*>", "", page))
    assert found is not None
    return float(found[1])


def agree(course: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """The scores, after everything has said the same: first as things are, then after rejudge."""
    run(capsys, "feedback", CHAPTER)
    run(capsys, "report", CHAPTER)
    scores = in_gradebook(course)
    assert list(scores) == ["ada", "bob", "eve", "tim"]
    for judge_again in (False, True):
        if judge_again:
            table = run(capsys, "rejudge", CHAPTER, "--jsonl", "out.jsonl")
            printed = re.findall(r"^ (\w+) +([\d.]+) / 30", table, re.MULTILINE)
            assert {n: float(s) for n, s in printed} == pytest.approx(scores, rel=1e-4)
            lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
            assert {line["student"]: line["score"] for line in lines} == pytest.approx(scores)
            assert lines == stored_records(course)
            assert [x["student"] for x in lines if x["status"] == "needs_review"] == ["tim"]
            run(capsys, "feedback", CHAPTER)
        assert in_gradebook(course) == pytest.approx(scores)
        stored = stored_records(course)
        assert {line["student"]: line["score"] for line in stored} == pytest.approx(scores)
        for student, score in scores.items():
            assert on_page(course, student) == pytest.approx(score, abs=0.01)
    return scores


def test_they_agree_after_whatever_a_person_does(course, capsys):
    wrong = agree(course, capsys)["ada"]
    right = 30.0
    by_hand(course, "bob", "to_nchw-hidden", 1.5)
    by_hand(course, "tim", "to_nchw-hidden", 2.0)
    now = agree(course, capsys)
    assert now == pytest.approx({"ada": wrong, "bob": wrong + 1.5, "eve": right, "tim": 2.0})
    said = run(capsys, "due", CHAPTER, DUE)
    assert "is due 2026-01-02 03:00 JST" in said
    assert "2 of 4 submissions are late" in said
    assert f"2 of {CHAPTER}" in said
    now = agree(course, capsys)
    assert now == pytest.approx({"ada": 0.9 * wrong, "bob": wrong + 1.5, "eve": right, "tim": 1.8})
    run(capsys, "due", CHAPTER, "+1d", "--for", "ada")
    shown = run(capsys, "due", CHAPTER)
    assert re.search(r"ada +2026-01-03 03:00 JST +2026-01-02 21:00 JST", shown)
    assert re.search(r"tim +2026-01-02 21:00 JST +18 h 0 min, -0.2", shown)
    now = agree(course, capsys)
    assert now == pytest.approx({"ada": wrong, "bob": wrong + 1.5, "eve": right, "tim": 1.8})
    run(capsys, "due", CHAPTER, "none")
    assert agree(course, capsys) == pytest.approx(now | {"tim": 2.0})


def test_a_score_of_a_late_submission_has_its_penalty_at_once(course, capsys):
    run(capsys, "due", CHAPTER, DUE)
    before = agree(course, capsys)["ada"]
    by_hand(course, "ada", "to_nchw-hidden", 1.5)
    after = before + 0.9 * 1.5
    run(capsys, "export", "csv", "--to", "grades.csv")
    with Path("grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores["ada"] == pytest.approx(after) == in_gradebook(course)["ada"]
    by_hand(course, "ada", "to_nchw-hidden", 2.5)
    assert agree(course, capsys)["ada"] == pytest.approx(before + 0.9 * 2.5)


def test_another_rule_for_late_submissions_counts_on_every_page(course, capsys):
    run(capsys, "due", CHAPTER, DUE)
    before = agree(course, capsys)["ada"] / 0.9
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LatePolicy.per_day = 0.5\n")
    lost = re.search(r"ada .*, -([\d.]+)", run(capsys, "due", CHAPTER))
    assert lost is not None and float(lost[1]) == pytest.approx(0.5 * before, rel=1e-3)
    assert agree(course, capsys)["ada"] == pytest.approx(0.5 * before)


def test_a_new_date_says_that_pages_are_old_where_lateness_costs_nothing_too(course, capsys):
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LatePolicy.per_day = 0.0\n")
    assert "Feedback pages" not in run(capsys, "due", CHAPTER, DUE)
    run(capsys, "feedback", CHAPTER)
    assert "Feedback pages still say" in run(capsys, "due", CHAPTER, "+1d", "--for", "ada")
    assert "Feedback pages" not in run(capsys, "due", CHAPTER, "+1d", "--for", "ada")


def test_nbgraders_own_feedback_has_a_score_that_was_entered_since(course):
    by_hand(course, "bob", "to_nchw-hidden", 1.5)
    done = nbgrader(course, "generate_feedback", CHAPTER)
    assert done.returncode == 0, done.stderr
    assert on_page(course, "bob") == pytest.approx(in_gradebook(course)["bob"], abs=0.01)


def test_what_is_unlike_other_chapters_is_told_by_the_scores_of_now(course, monkeypatch):
    seen: dict[str, float] = {}

    def summarized(pipeline, names, shares, links):
        seen.update(shares[CHAPTER])
        return summarize(pipeline, names, shares, links)

    summarize = class_report.summarize
    monkeypatch.setattr(class_report, "summarize", summarized)
    by_hand(course, "bob", "to_nchw-hidden", 1.5)
    write_reports(CourseFolder(course), [CHAPTER])
    assert seen["bob"] == pytest.approx(in_gradebook(course)["bob"] / 30)


def test_a_changed_chapter_says_what_changed_and_keeps_what_a_person_entered(course, capsys):
    before = {line["student"]: line for line in stored_records(course)}
    by_hand(course, "bob", "to_nchw-hidden", 1.5)
    by_hand(course, "bob", "sobel_x-hidden", 0.5)
    source = course / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = json.loads(source.read_text())
    kept = []
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade_id", "").split("-")[0] == "sobel_x":
            continue
        if about.get("grade") and about["grade_id"].startswith("to_nchw"):
            about["points"] *= 2
        kept.append(cell)
    lost = before["eve"]["max_score"] - sum(
        c["metadata"]["nbgrader"]["points"]
        for c in kept
        if c["metadata"].get("nbgrader", {}).get("grade")
    )
    source.write_text(json.dumps(notebook | {"cells": kept}))
    said = " ".join(run(capsys, "rejudge", CHAPTER, "--jsonl", "out.jsonl").split())
    assert "has changed since 4 submissions were entered: `sobel_x` is gone" in said
    assert "`to_nchw` has" in said
    assert "What people entered for it of 1 students is kept" in said
    assert "students changed." in said
    assert "3 of 4 were executed with another edition" in said
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    after = {line["student"]: line for line in lines}
    assert after["eve"]["score"] == after["eve"]["max_score"] == 30 - lost
    assert after["bob"]["manual"] == {"scores": {"to_nchw-hidden": 1.5}}
    assert not any(check["exercise"] == "sobel_x" for check in after["eve"]["checks"])
    (entered,) = (course / "evidence" / CHAPTER / "removed.jsonl").read_text().splitlines()
    assert json.loads(entered)["manual_score"] == 0.5
    assert in_gradebook(course) == pytest.approx({n: r["score"] for n, r in after.items()})


def test_what_was_graded_and_has_no_evidence_any_more_is_in_the_list_with_its_score(course, capsys):
    evidence = course / "evidence" / CHAPTER
    (evidence / "eve.evidence").unlink()
    run(capsys, "rejudge", CHAPTER)
    (eve,) = (x for x in stored_records(course) if x["student"] == "eve")
    assert (eve["status"], eve["score"]) == ("needs_review", 30.0)
    assert "grade it again" in eve["reason"]
    for path in evidence.glob("*.evidence"):
        path.unlink()
    assert "tim" in run(capsys, "rejudge", CHAPTER)


def test_a_submission_that_became_unreadable_stays_set_aside_when_judged_again(course, capsys):
    submit(course, "eve", b"{")
    run(capsys, "grade", CHAPTER)
    run(capsys, "rejudge", CHAPTER)
    (eve,) = (x for x in stored_records(course) if x["student"] == "eve")
    assert (eve["status"], eve["score"]) == ("needs_review", 0.0)


def test_a_submission_from_the_future_is_noted(course, capsys):
    ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=400)
    stamp = course / "submitted" / "bob" / CHAPTER / "timestamp.txt"
    stamp.write_text(f"{ahead:%Y-%m-%d %H:%M:%S} UTC")
    assert "† 1 with notes" in run(capsys, "grade", CHAPTER)
    (bob,) = (x for x in stored_records(course) if x["student"] == "bob")
    assert "JST" in bob["notes"][0]
