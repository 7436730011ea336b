"""The warm process itself: shared by threads, replaced when it dies, refused where unsafe."""

import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from autograder.errors import SandboxUnavailable
from autograder.sandbox import Job, JobCell, Limits, doctor, isolate, launch, shutdown, supervise
from autograder.sandbox import file_system as visible
from tests.sandbox.jobs import PATIENCE, execute, job, processes_of_warm, text, warm_pid

REPOSITORY = Path(__file__).resolve().parents[2]


def test_several_threads_share_one_warm_process():
    execute(job("pass"))  # a test elsewhere may have wanted another warm process
    pid = warm_pid()
    together = threading.Barrier(4, timeout=PATIENCE)

    def run(number: int) -> str:
        together.wait()
        result = execute(job(f"print({number})", "import os; print(os.getpid())"))
        return text(result)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == [f"{n}\n1\n" for n in range(4)]
    assert warm_pid() == pid


def test_jobs_inherit_no_writable_shared_memory():
    assert len(os.listdir(f"/proc/{warm_pid()}/task")) == 1  # and no thread to lose in a fork
    for line in Path(f"/proc/{warm_pid()}/maps").read_text().splitlines():
        assert line.split()[1][1:4:2] != "ws", line


def test_the_processor_time_of_a_job_is_measured():
    busy = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    assert execute(job("pass")).cpu_seconds > 0
    assert execute(job(busy)).cpu_seconds > 0.2


def test_the_courses_own_cells_are_compiled_before_the_fork_and_run_as_ever():
    where = "import sys\nprint(sys._getframe().f_code.co_filename)"
    wrong = "value = 1\n\nraise KeyError(value)"
    named = "def annotated(x: nothing): pass"
    cells = [JobCell(f"c{i}", source, "own") for i, source in enumerate((where, wrong, named))]
    result = execute(Job(tuple(cells)))
    assert text(result).startswith("<ipython-input-0-")  # a cell compiled here has its own number
    raised, unknown = (cell.outputs[-1] for cell in result.cells[1:])
    assert (raised["ename"], unknown["ename"]) == ("KeyError", "NameError")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(raised["traceback"]))
    assert "Cell In[2], line 3" in plain and "----> 3 raise KeyError(value)" in plain
    future = JobCell("future", "from __future__ import annotations")
    result = execute(Job((future, cells[2])))  # what it changes of compiling counts
    assert [cell.status for cell in result.cells] == ["ok", "ok"]
    changed = "get_ipython().input_transformers_post.append(lambda lines: ['print(7)\\n'])"
    assert text(execute(Job((JobCell("change", changed), cells[1])))) == "7\n"
    first, second = (JobCell("other", f"{where}\nprint({n})", "own") for n in (1, 2))
    assert text(execute(Job((first,)))).endswith(">\n1\n")
    ahead = JobCell("ahead", "print(len(get_ipython().compile._ahead))")
    assert text(execute(Job((ahead, second)))).startswith("1\n")  # no cell of a job before


def test_children_run_at_the_same_time():
    both = threading.Barrier(2, timeout=PATIENCE)

    def run(_: int) -> str:
        meet = lambda index, cell: both.wait() if index == 0 else None  # noqa: E731
        return execute(job("1", "2"), progress=meet).ended

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, range(2))) == ["finished", "finished"]


def test_a_job_survives_the_death_of_the_warm_process(monkeypatch):
    next_cell = supervise._RunningJob._next_cell
    cells = [*job("print('one')", "import time; time.sleep(1000)").cells]
    killed = []

    def kill(self: supervise._RunningJob) -> None:
        next_cell(self)
        if self._log.cell is self._log.execution.cells[1] and not killed:
            killed.append(warm_pid())
            os.kill(killed[0], signal.SIGKILL)
            cells[1] = JobCell("second", "print('two')")  # in its second life

    monkeypatch.setattr(supervise._RunningJob, "_next_cell", kill)
    run = execute(Job(cells))
    assert text(run) == "one\ntwo\n"
    assert run.ended == "finished"
    assert warm_pid() != killed[0]


def test_a_job_under_which_the_warm_process_dies_twice_is_reported(monkeypatch):
    run_cells = supervise._RunningJob._handle

    def die(self: supervise._RunningJob, events: dict[int, int]) -> None:
        run_cells(self, events)
        if self._log.execution.cells[0].status == "ok":
            raise supervise.WarmProcessDied

    monkeypatch.setattr(supervise._RunningJob, "_handle", die)
    monkeypatch.setattr(launch.Warm, "give_up", lambda self: None)
    run = execute(job("print('one')", "import time; time.sleep(1000)"))
    assert run.ended == "refused"
    assert "died twice while the cell `second` ran" in run.reason
    assert text(run) == "one\n"


def test_an_exception_in_the_callers_callback_ends_the_child():
    class StopError(Exception):
        pass

    def stop(*_: object) -> None:
        raise StopError

    with pytest.raises(StopError):
        execute(job("1", "import time; time.sleep(1000)"), progress=stop)
    assert execute(job("1")).ended == "finished"  # its fork waits behind the kill


def test_nothing_is_left_when_the_grader_is_killed():
    code = (
        "from autograder.sandbox import execute, launch\n"
        "from tests.sandbox.jobs import job, warm_pid\n"
        "import os, signal\n"
        "def stop(*_):\n"
        "    print(launch._current._process.pid, warm_pid(), flush=True)\n"
        "    os.killpg(0, signal.SIGKILL)\n"
        "execute(job('1', 'import time; time.sleep(1000)'), progress=stop)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    for pid in map(int, done.stdout.split()):
        _wait_for_end(pid)


def _wait_for_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    import select

    ended, _, _ = select.select([descriptor], [], [], PATIENCE)
    os.close(descriptor)
    assert ended


def test_a_fork_of_the_grader_gets_a_warm_process_of_its_own():
    control = launch._current._control
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if launch._current is None and control.fileno() == -1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    pid = warm_pid()
    assert execute(job("1")).ended == "finished"
    assert warm_pid() == pid


def test_every_layer_that_matters_is_here():
    layers = doctor.layers()
    assert [layer.name for layer in layers] == list(isolate.LAYERS)
    assert all(layer.present for layer in layers if layer.matters), layers
    assert all(layer.purpose for layer in layers)


def test_grading_refuses_without_bubblewrap(monkeypatch):
    monkeypatch.setattr(visible, "bubblewrap", lambda: None)
    monkeypatch.setattr(launch, "_current", None)
    with pytest.raises(
        SandboxUnavailable, match=r"bwrap is not installed.*AUTOGRADER_SANDBOX=none"
    ):
        execute(job("print('never')"))
    assert not any(layer.present for layer in doctor.layers())


def test_grading_refuses_when_a_layer_is_missing_that_matters(monkeypatch):
    arguments = visible.arguments

    def without_capabilities(*given):
        return ["--cap-drop" if a == "--cap-add" else a for a in arguments(*given)]

    monkeypatch.setattr(visible, "arguments", without_capabilities)
    monkeypatch.setattr(launch, "_current", None)
    with pytest.raises(SandboxUnavailable, match=r"the sandbox lacks: .*processes"):
        execute(job("print('never')"))
    missing = [layer for layer in doctor.layers() if not layer.present]
    assert {"processes", "files", "network"} <= {layer.name for layer in missing}
    assert all(layer.reason and layer.remedy for layer in missing)
    run = execute(job("import os; os.listdir('/home')", "print(1)"), layers="available")
    assert [cell.status for cell in run.cells] == ["error", "ok"]
    shutdown()


@pytest.mark.usefixtures("clock")
def test_the_risk_can_be_accepted(monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "_current", None)
    monkeypatch.setenv("AUTOGRADER_SANDBOX", "none")
    monkeypatch.setattr(visible, "bubblewrap", lambda: None)
    secret = tmp_path / "file"
    secret.write_text("readable")
    run = execute(
        job(
            f"print(open({str(secret)!r}).read())",
            "import os; open('a', 'w').close(); print(os.listdir('.'), os.getcwd())",
            "import subprocess\n"
            "p = subprocess.Popen(['sleep', '1000'], start_new_session=True)\np.pid",
            "print('here')\nwhile True: pass",
        ),
        Limits(cell_seconds=0.3),
    )
    try:
        assert [cell.status for cell in run.cells] == ["ok", "ok", "ok", "interrupted"]
        assert text(run.cells[0]) == "readable\n"
        assert not Path(text(run.cells[1]).split()[-1]).exists()
        _wait_for_end(int(run.cells[2].outputs[0]["data"]["text/plain"]))
    finally:
        shutdown()
        assert launch._current is None


def test_the_warm_process_is_small_enough_for_two_workers():
    status = Path(f"/proc/{warm_pid()}/smaps_rollup").read_text()
    (used,) = [int(line.split()[1]) for line in status.splitlines() if line.startswith("Pss:")]
    assert used * 1024 < 10**9
    assert len(processes_of_warm()) == 2


def test_jobs_compute_with_the_instructions_that_a_person_has_chosen(monkeypatch):
    capability = job("import torch; print(torch.backends.cpu.get_cpu_capability())")
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    shutdown()
    assert text(execute(capability)) == "DEFAULT\n"
    monkeypatch.delenv("ATEN_CPU_CAPABILITY")
    shutdown()
    assert text(execute(capability)) == f"{torch.backends.cpu.get_cpu_capability()}\n"
