"""A whole class through the command: known scores, bad input, interruption, judging again."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from autograder.course import demo
from autograder.course.folder import CourseFolder
from autograder.handin import MAX_NOTEBOOK_BYTES

from .conftest import (
    CHAPTER,
    COMMAND,
    REPOSITORY,
    blank,
    command,
    exported,
    graded,
    solved,
    submit,
)

#: A wrong answer may hang on how a machine rounds or what a seed draws: then no cause is named.
MAY_LOSE_THEIR_CAUSE = 0.02


def test_the_demo_class_gets_its_known_scores(small_course):
    class_ = list(demo.demo_class(CourseFolder(REPOSITORY), CHAPTER))
    assert len(class_) >= 14
    for student in class_:
        submit(small_course, student.student, student.data)
    records = graded(small_course)
    assert set(records) == {student.student for student in class_}
    amiss, lost, all_named = [], [], 0
    for student in class_:
        record = records[student.student]
        failed = [check for check in record["checks"] if not check["passed"]]
        missed = {check["exercise"] for check in failed}
        named = {(check["exercise"], check["misconception"]) for check in failed}
        if student.expected.missed is None:
            right = record["status"] == "needs_review" and record["score"] == 0
        else:
            right = record["status"] == "graded" and missed == student.expected.missed
            if student.expected.misconceptions:
                expected = set(student.expected.misconceptions.items())
                lost += expected - named
                all_named += len(expected)
                unnamed = {(exercise, None) for exercise, _ in expected}
                right = right and named <= expected | unnamed
            if not missed:
                right = right and record["score"] == record["max_score"]
        if not right:
            amiss.append((student.student, record["status"], record["reason"], missed, named))
    assert amiss == []
    assert len(lost) <= MAY_LOSE_THEIR_CAUSE * all_named, lost
    scores = exported(small_course)
    assert scores == pytest.approx({name: record["score"] for name, record in records.items()})


BAD = {
    "empty": b"",
    "blank-file": b"  \n",
    "not-json": b"this is not JSON",
    "truncated": solved()[:5000] if (REPOSITORY / "release" / CHAPTER).is_dir() else b"",
    "old-format": b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
    "another-notebook": json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    ).encode(),
    "list": b"[]",
    "deep": b'{"cells":' + b"[" * 100_000,
}


def test_bad_input_is_one_record_each_and_the_rest_is_graded(small_course):
    for name, data in BAD.items():
        submit(small_course, name, data)
    submit(small_course, "large", b" " * (MAX_NOTEBOOK_BYTES + 1))
    submit(small_course, "misnamed", solved(), chapter="02_functionl_conv")
    submit(small_course, "elsewhere", solved(), chapter="01_module_of_mine")
    (small_course / "submitted" / "no-notebook" / CHAPTER).mkdir(parents=True)
    (small_course / "submitted" / "linked").symlink_to(small_course / "submitted" / "good")
    submit(small_course, "linked-file", b"")
    target = small_course / "submitted" / "linked-file" / CHAPTER / f"{CHAPTER}.ipynb"
    target.unlink()
    target.symlink_to("/etc/passwd")
    os.mkfifo(small_course / "submitted" / "no-notebook" / CHAPTER / f"{CHAPTER}.ipynb")
    submit(small_course, "good", solved())
    records = graded(small_course)
    for name in (*BAD, "large", "misnamed", "elsewhere", "no-notebook", "linked", "linked-file"):
        assert records[name]["status"] == "needs_review", name
        assert records[name]["reason"].endswith((".", "?")), name
        assert records[name]["score"] == 0
    assert records["good"]["status"] == "graded"
    assert records["good"]["score"] == records["good"]["max_score"]


def test_readable_oddities_are_graded_and_remarked_upon(small_course):
    notebook = json.loads(solved())
    notebook["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    submit(small_course, "foreign-kernel", json.dumps(notebook).encode())
    notebook = json.loads(solved())
    notebook["cells"] += [dict(notebook["cells"][-1]), dict(notebook["cells"][3])]
    submit(small_course, "repeated-ids", json.dumps(notebook).encode())
    notebook = json.loads(solved())
    notebook["cells"] = [
        cell for cell in notebook["cells"] if not cell["metadata"].get("nbgrader", {}).get("grade")
    ]
    submit(small_course, "no-grade-cells", json.dumps(notebook).encode())
    submit(small_course, "utf-16", json.dumps(json.loads(solved())).encode("utf-16"))
    records = graded(small_course)
    for name, record in records.items():
        assert (record["status"], record["score"]) == ("graded", record["max_score"]), name
    assert any("'ir'" in note for note in records["foreign-kernel"]["notes"])
    assert any("put back" in note for note in records["no-grade-cells"]["notes"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("grade", "99_nothing"), "There is no assignment '99_nothing'"),
        (("grade", CHAPTER), "There is no folder"),
        (("grade", CHAPTER, "--submitted", "nowhere"), "There is no folder"),
        (("rejudge", CHAPTER), "There is no evidence"),
        (("report", CHAPTER), "has not been graded"),
        (("grade", CHAPTER, "--course", "/"), "is not in a course"),
    ],
)
def test_unusable_arguments_are_one_sentence_and_exit_status_2(small_course, arguments, sentence):
    done = command(small_course, *arguments)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_an_unwritable_gradebook_is_one_sentence_and_exit_status_2(small_course):
    submit(small_course, "ada", solved())
    (small_course / "gradebook.db").mkdir()
    done = command(small_course, "grade", CHAPTER)
    assert done.returncode == 2
    assert "gradebook" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unchanged_submission_is_not_executed_again_without_force(small_course):
    submit(small_course, "ada", solved())
    submit(small_course, "bob", solved())
    graded(small_course)
    evidence = small_course / "evidence" / CHAPTER / "ada.evidence"
    before = evidence.stat().st_mtime_ns
    submit(small_course, "bob", json.dumps(blank()).encode())
    records = graded(small_course)
    assert evidence.stat().st_mtime_ns == before
    assert records["ada"]["score"] == records["ada"]["max_score"]
    assert records["bob"]["score"] == 0
    unknown = command(small_course, "grade", CHAPTER, "--student", "bop")
    assert unknown.returncode == 2 and "meant is perhaps: bob" in unknown.stderr
    bobs = evidence.with_name("bob.evidence")
    bobs_before = bobs.stat().st_mtime_ns
    assert set(graded(small_course, "--force", "--student", "bob")) == {"bob"}
    assert bobs.stat().st_mtime_ns > bobs_before
    assert evidence.stat().st_mtime_ns == before  # whoever was not named keeps everything
    lines = (evidence.parent / "records.jsonl").read_text().splitlines()
    assert {record["student"]: record["score"] for record in map(json.loads, lines)} == {
        name: record["score"] for name, record in records.items()
    }


def test_a_submission_that_became_unreadable_loses_its_score(small_course):
    submit(small_course, "ada", solved())
    assert graded(small_course)["ada"]["score"] > 0
    submit(small_course, "ada", b"{")
    assert graded(small_course)["ada"]["status"] == "needs_review"
    assert exported(small_course) == {"ada": 0.0}


def test_judging_again_applies_new_points_and_messages_without_executing(small_course):
    submit(small_course, "ada", solved())
    submit(small_course, "bob", solved(to_nchw="def to_nchw(a):\n    return a"))
    first = graded(small_course)
    evidence = small_course / "evidence" / CHAPTER / "bob.evidence"
    before = evidence.stat().st_mtime_ns
    source = small_course / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = json.loads(source.read_text())
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade"):
            about["points"] *= 10
    source.write_text(json.dumps(notebook))
    done = command(
        small_course, "rejudge", CHAPTER, "--exercise", "to_nchw", "--jsonl", "again.jsonl"
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    told = f"{CHAPTER}: to_nchw: 2 of 2 results changed; what changed besides:"
    assert any(line.startswith(told) for line in said)
    rows = [line.split()[:2] for line in said if line.split()[:1] in (["ada"], ["bob"])]
    assert rows == [["ada", "3"], ["bob", "0"]]
    lines = (small_course / "again.jsonl").read_text().splitlines()
    again = {record["student"]: record for record in map(json.loads, lines)}
    for name in ("ada", "bob"):
        assert again[name]["score"] == pytest.approx(10 * first[name]["score"])
    assert evidence.stat().st_mtime_ns == before
    assert exported(small_course) == pytest.approx({n: r["score"] for n, r in again.items()})


def test_plain_nbgrader_autograde_gives_the_same_scores(small_course):
    half = solved(
        conv_out_size="def conv_out_size(n, k, stride=1, padding=0, dilation=1):\n    return 3"
    )
    submissions = {"ada": solved(), "bob": json.dumps(blank()).encode(), "cleo": half, "dan": b"{"}
    for name, data in submissions.items():
        submit(small_course, name, data)
    config = small_course / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LatePolicy.per_day = 0.25\n")
    stamp = small_course / "submitted" / "cleo" / CHAPTER / "timestamp.txt"
    stamp.write_text("2026-01-02 12:00:00 UTC")
    assert command(small_course, "due", CHAPTER, "2026-01-01 18:00 UTC").returncode == 0
    assert command(small_course, "due", CHAPTER, "+1d", "--for", "bob").returncode == 0
    twin = small_course.with_name("twin")
    shutil.copytree(small_course, twin)
    records = graded(small_course)
    ours = {name: record["score"] for name, record in records.items()}
    cleo = records["cleo"]
    assert cleo["late"]["penalty"] == pytest.approx(cleo["score"] / 3)
    folder = os.path.dirname(sys.executable)
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [os.path.join(folder, "nbgrader"), "autograde", CHAPTER],
        cwd=twin,
        env=environment,
        check=True,
        capture_output=True,
        timeout=900,
    )
    assert exported(twin) == pytest.approx(ours)
    assert exported(small_course) == pytest.approx(ours)


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.seeds)])
def test_killed_at_many_moments_and_started_again_nothing_differs(small_course, kills):
    answers = {
        f"s{i:02}": solved(**({"conv_out_size": "conv_out_size = None"} if i % 3 else {}))
        for i in range(20)
    }
    for name, data in answers.items():
        submit(small_course, name, data)
    twin = small_course.with_name("twin")
    shutil.copytree(small_course, twin)
    uninterrupted = {name: record["score"] for name, record in graded(twin).items()}
    moments = random.Random(7)
    finished = 0
    for _ in range(kills):
        process = subprocess.Popen(
            [COMMAND, "grade", CHAPTER, "--workers", "1"],
            cwd=small_course,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        marker = small_course / "evidence" / CHAPTER
        count = len(list(marker.glob("*.evidence"))) + moments.randint(0, 2)
        deadline = time.monotonic() + 600
        while process.poll() is None and time.monotonic() < deadline:
            if len(list(marker.glob("*.evidence"))) >= count:
                break
            time.sleep(0.005)
        time.sleep(moments.random() * 0.05)
        if process.poll() is not None:
            finished += 1
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if finished >= 2:
            break
    records = graded(small_course)
    assert {name: record["score"] for name, record in records.items()} == uninterrupted
    assert exported(small_course) == pytest.approx(uninterrupted)
    runs = list((small_course / "evidence" / CHAPTER / "runs").glob("*.references"))
    assert len(runs) == 1


@pytest.mark.parametrize("where", ["record", "collect_evidence"])
def test_what_the_grader_cannot_digest_ends_one_submission_only(small_course, monkeypatch, where):
    from autograder.gradebook.writer import open_gradebook
    from autograder.grading import pipeline, stations
    from autograder.grading.judging import Judging

    owner = stations if where == "collect_evidence" else Judging

    for student in ("ada", "bob"):
        submit(small_course, student, solved())
    real = getattr(owner, where)

    def fail(*arguments):
        if "ada" in [getattr(argument, "student", argument) for argument in arguments]:
            raise KeyError("data")
        return real(*arguments)

    monkeypatch.setattr(owner, where, fail)
    course = CourseFolder(small_course)
    for _ in range(2):  # and at the next run as well
        with open_gradebook(course, CHAPTER) as gradebook:
            ada, bob = pipeline.grade(pipeline.Pipeline(course, CHAPTER), gradebook)
        assert (ada.status, bob.status) == ("needs_review", "graded")
        assert "KeyError" in (ada.reason or "")
        assert bob.score == bob.max_score
