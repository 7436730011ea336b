"""More than one machine: a real Dask scheduler and workers on loopback, one of them killed."""

import os
import signal
import subprocess
import threading
import time

import pytest

from tests.bench.__main__ import dask_cluster

from .conftest import CHAPTER, COMMAND, graded, solved, submit

pytest.importorskip("distributed")


def test_a_class_is_graded_on_two_workers_although_one_is_killed(small_course):
    for i in range(24):
        submit(small_course, f"s{i:02}", solved())
    cluster = dask_cluster(2)
    with cluster as address:
        evidence = small_course / "evidence" / CHAPTER

        def kill_one_in_the_middle():
            deadline = time.monotonic() + 600
            while time.monotonic() < deadline:
                if len(list(evidence.glob("*.evidence"))) >= 4:
                    os.kill(cluster.processes[-1].pid, signal.SIGKILL)
                    return
                time.sleep(0.01)

        killer = threading.Thread(target=kill_one_in_the_middle)
        killer.start()
        records = graded(small_course, "--scheduler", address)
        killer.join()
        assert cluster.processes[-1].wait(60) == -signal.SIGKILL
    assert len(records) == 24
    assert all(record["score"] == record["max_score"] for record in records.values())


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
