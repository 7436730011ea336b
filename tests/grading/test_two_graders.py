"""Two commands that write the same grades: one waits, and nothing is lost whoever is killed."""

import os
import random
import signal
import subprocess
import time

import pytest

from autograder.course.folder import CourseFolder
from autograder.course.lock import InUse, course_lock

from .conftest import CHAPTER, COMMAND, command, exported, graded, solved, submit


@pytest.fixture
def class_of_eight(small_course):
    wrong = {"conv_out_size": "conv_out_size = None"}
    for i in range(8):
        submit(small_course, f"s{i}", solved(**(wrong if i % 3 else {})))
    return small_course


def start(course, *arguments):
    return subprocess.Popen(
        [COMMAND, *arguments],
        cwd=course,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_two_at_once_are_one_after_the_other(class_of_eight):
    both = [start(class_of_eight, "grade", CHAPTER, "--force", "--workers", "1") for _ in range(2)]
    ends = [process.communicate(timeout=900) for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    said = "".join(error for _, error in ends)
    assert "Waiting for" in said
    assert f"autograder grade {CHAPTER}" in said
    once = graded(class_of_eight)
    scores = {name: record["score"] for name, record in once.items()}
    assert exported(class_of_eight) == pytest.approx(scores)
    judged = command(class_of_eight, "rejudge", CHAPTER, "--jsonl", "again.jsonl")
    assert judged.returncode == 0, judged.stderr
    assert exported(class_of_eight) == pytest.approx(scores)


@pytest.mark.parametrize("turns", [2, pytest.param(20, marks=pytest.mark.seeds)])
def test_one_of_two_is_killed_and_the_other_is_whole(class_of_eight, turns):
    moments = random.Random(11)
    scores = None
    for turn in range(turns):
        both = [
            start(class_of_eight, "grade", CHAPTER, "--force", "--workers", "1"),
            start(class_of_eight, "rejudge" if turn % 2 and scores else "grade", CHAPTER),
        ]
        time.sleep(moments.random() * 6)
        victim, other = random.Random(turn).sample(both, 2)
        if victim.poll() is None:
            os.killpg(victim.pid, signal.SIGKILL)
        victim.communicate(timeout=900)
        _, error = other.communicate(timeout=900)
        assert other.returncode == 0, error
        records = graded(class_of_eight)
        found = {name: record["score"] for name, record in records.items()}
        scores = scores or found
        assert found == scores
        assert exported(class_of_eight) == pytest.approx(scores)


def test_whoever_waits_too_long_says_for_whom(class_of_eight):
    course = CourseFolder(class_of_eight)
    told = []
    with course_lock(course, "autograder grade 09_knots"):
        with (
            pytest.raises(InUse, match=r"autograder grade 09_knots.*still at work"),
            course_lock(course, "another", seconds=0.3, say=told.append),
        ):
            raise AssertionError("two at once")
        done = command(class_of_eight, "grade", CHAPTER, "--wait", "0.2")
        assert done.returncode == 2
        assert "09_knots" in done.stderr
    assert len(told) == 1
    with course_lock(course, "another", seconds=0):
        pass


def test_how_long_one_waits_can_be_set(class_of_eight):
    config = class_of_eight / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Grading.wait_seconds = 0.25\n")
    assert CourseFolder(class_of_eight).grading.wait_seconds == 0.25
