"""A class on more machines than one: real Dask schedulers and workers, lost in the middle."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.clusters import DaskCluster

from .conftest import CHAPTER, COMMAND, graded, solved, submit

pytest.importorskip("distributed")


def in_the_middle(course, do, after=4):
    """Call ``do`` in a thread as soon as there is evidence of so many."""

    def wait():
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if len(list((course / "evidence" / CHAPTER).glob("*.evidence"))) >= after:
                do()
                return
            time.sleep(0.01)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_class_is_graded_on_two_workers_although_one_is_killed(small_course):
    for i in range(24):
        submit(small_course, f"s{i:02}", solved())
    with DaskCluster(2) as cluster:
        last = cluster.workers[-1]
        killer = in_the_middle(small_course, last.kill)
        records = graded(small_course, "--scheduler", cluster.address)
        killer.join()
        assert last.wait(60) == -signal.SIGKILL
    assert len(records) == 24
    assert all(record["score"] == record["max_score"] for record in records.values())


def test_a_lost_scheduler_is_one_sentence_and_what_was_graded_is_kept(small_course):
    for i in range(16):
        submit(small_course, f"s{i:02}", solved())
    at_once = (
        "from autograder.sandbox import cluster; cluster.RETURN_SECONDS = 5; "
        "from autograder.cli import main; main()"
    )
    with DaskCluster(1) as cluster:
        killer = in_the_middle(small_course, cluster.scheduler.kill)
        done = subprocess.run(
            [sys.executable, "-c", at_once, "grade", CHAPTER, "--scheduler", cluster.address],
            cwd=small_course,
            capture_output=True,
            text=True,
            timeout=600,
        )
        killer.join()
    assert done.returncode == 2
    assert "no longer answers. What was graded is kept" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    evidence = small_course / "evidence" / CHAPTER
    kept = {path: path.stat().st_mtime_ns for path in evidence.glob("*.evidence")}
    assert 4 <= len(kept) < 16
    records = graded(small_course)  # on this machine, as the sentence says
    assert all(record["score"] == record["max_score"] for record in records.values())
    assert len(records) == 16
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # not executed again


def test_a_scheduler_that_does_not_answer_is_one_sentence(small_course):
    submit(small_course, "ada", solved())
    done = subprocess.run(
        [COMMAND, "grade", CHAPTER, "--scheduler", "tcp://127.0.0.1:9"],
        cwd=small_course,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 2
    assert "No Dask scheduler answers" in done.stderr
    assert "Traceback" not in done.stderr
