"""Every limit ends a cell or a job with a sentence that names both and keeps what was there."""

import time
from types import SimpleNamespace

import pytest

from autograder.sandbox import Limits, supervise
from autograder.sandbox.run_log import size
from tests.sandbox.jobs import everything, execute, job, text

MIB = 2**20


# ------------------------------------------------------------------------------------- time
# Where a cell is to hit its limit, it prints `here` once it is where it may be stopped.


@pytest.mark.usefixtures("clock")
def test_a_cell_that_never_ends_is_interrupted_and_the_paper_goes_on():
    run = execute(
        job("print('here')\nwhile True: pass", "print('after')"), Limits(cell_seconds=0.3)
    )
    assert [cell.status for cell in run.cells] == ["interrupted", "ok"]
    assert text(run) == "here\nafter\n"
    assert run.cells[0].outputs[-1]["ename"] == "KeyboardInterrupt"
    assert run.ended == "timeout"
    assert run.reason == "The cell `first` was stopped after 0.3 seconds (limit cell_seconds)."
    assert run.cells[0].reason == run.reason


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "source",
    [
        "9 ** 9 ** 9",
        "import time\ntime.sleep(1000)",
        "import ctypes\nctypes.CDLL(None).sleep(1000)",
        "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
        "import asyncio\nawait asyncio.sleep(1000)",
        "import threading\nthreading.Event().wait()",
        "import torch\nwhile True: torch.ones(10).sum()",
        "import subprocess\nsubprocess.run(['sleep', '1000'])",
        "!sleep 1000",
    ],
)
def test_slow_cells_of_many_kinds_listen_to_the_interrupt(source):
    run = execute(job(f"print('here')\n{source}", "'on'"), Limits(cell_seconds=0.2))
    assert [cell.status for cell in run.cells] == ["interrupted", "ok"]


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize(
    "source",
    [
        "def stay():\n    while True:\n        try:\n            print('here')\n"
        "            while True: len('')\n        except BaseException: pass\n"
        "try:\n    stay()\nexcept BaseException:\n    stay()",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('here')\n"
        "while True: pass",
        "import ctypes\nwhile True:\n    try:\n        print('here')\n"
        "        ctypes.CDLL(None).sleep(1000)\n    except KeyboardInterrupt: pass",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 60))\n"
        "print('here')\nsignal.pause()",
        "import numpy\nwide = numpy.broadcast_to(1.0, (10**6, 10**7))\nwhile True:\n"
        "    try:\n        print('here')\n        wide.sum()\n"
        "    except KeyboardInterrupt: pass",
    ],
)
def test_a_cell_that_does_not_listen_is_killed(source):
    run = execute(job("print('before')", source, "1"), Limits(cell_seconds=0.2))
    assert [cell.status for cell in run.cells] == ["ok", "interrupted", "not_run"]
    assert text(run.cells[0]) == "before\n"
    assert run.ended == "timeout"
    assert run.reason == "The cell `second` was stopped after 0.2 seconds (limit cell_seconds)."


@pytest.mark.parametrize("limit", ["cell_seconds", "submission_seconds"])
def test_the_clocks_run_whatever_a_cell_says(limit):
    run = execute(job("while True: pass"), Limits(**{limit: 0.3}))
    assert run.cells[0].status == "interrupted"
    assert run.ended == "timeout"
    assert "stopped after 0.3 seconds" in run.reason
    assert f"(limit {limit})" in run.reason


def test_each_cell_has_its_own_time_and_all_together_have_the_papers(monkeypatch):
    passed = 0.0

    def go_on(*_: object) -> None:
        nonlocal passed
        passed += 1000.0

    monkeypatch.setattr(
        supervise, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed)
    )
    limits = Limits(cell_seconds=1500, submission_seconds=3500)
    run = execute(job(*["1"] * 8), limits, progress=go_on)
    assert [cell.status for cell in run.cells] == ["ok"] * 4 + ["not_run"] * 4
    assert run.ended == "timeout"
    assert run.reason == "The notebook was stopped after 3500 seconds (limit submission_seconds)."


@pytest.mark.usefixtures("deaf")
def test_the_time_of_a_whole_paper_is_limited():
    busy = "import time\nprint('here')\nend = time.monotonic() + 0.3\n"
    busy += "while time.monotonic() < end: pass"
    run = execute(job("1", *[busy] * 7), Limits(cell_seconds=100, submission_seconds=0.75))
    statuses = [cell.status for cell in run.cells]
    assert statuses[0] == "ok"
    assert statuses[-1] == "not_run"
    assert run.ended == "timeout"
    assert "(limit submission_seconds)" in run.reason
    assert "The notebook was stopped after 0.75 seconds" in run.reason


@pytest.mark.usefixtures("clock")
def test_a_later_cell_can_be_interrupted_although_an_earlier_one_took_the_signal():
    run = execute(
        job(
            "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)",
            "print('here')\nwhile True: pass",
            "1",
        ),
        Limits(cell_seconds=0.3),
    )
    assert [cell.status for cell in run.cells] == ["ok", "interrupted", "ok"]


@pytest.mark.usefixtures("clock")
def test_an_interrupt_in_the_middle_of_much_output_does_not_break_the_channel():
    run = execute(
        job("print('here')\nwhile True: print('x' * 1000)", "'still here'"),
        Limits(cell_seconds=0.2, output_bytes=200 * 10**6),
    )
    assert [cell.status for cell in run.cells] == ["interrupted", "ok"]
    assert run.cells[1].outputs[0]["data"] == {"text/plain": "'still here'"}


# ------------------------------------------------------------------------------------- memory


@pytest.mark.parametrize(
    "source",
    [
        "hoard = bytearray(10**9)",
        "hoard = []\nwhile True: hoard.append(bytearray(10**7))",
        "import numpy\nnumpy.ones(10**9)",
        "import torch\ntorch.ones(10**9)",
        "'x' * 10**10",
    ],
)
def test_too_much_memory_is_an_error_of_its_cell(source):
    run = execute(job("x = 1", source, "x"), Limits(memory_bytes=256 * MIB))
    assert [cell.status for cell in run.cells] == ["ok", "error", "ok"]
    assert run.ended == "memory"
    assert run.reason == "The cell `second` ran out of memory (limit memory_bytes, 256 MiB)."


@pytest.mark.parametrize("piece", [10**7, 4 * 10**6])
def test_what_a_cell_has_hoarded_may_stay(piece):
    """Also while everything that came with the fork is written to, which copies it."""
    after = "import gc, time\nfor _ in range(10): gc.collect(); time.sleep(0.1)"
    hoard = f"hoard = []\nwhile True: hoard.append(bytearray({piece}))"
    run = execute(job(hoard, "del hoard[-200:]", after, "x = 1"), Limits(memory_bytes=256 * MIB))
    assert [cell.status for cell in run.cells] == ["error", "ok", "ok", "ok"]
    assert run.reason == "The cell `first` ran out of memory (limit memory_bytes, 256 MiB)."


def test_a_cell_that_leaves_no_memory_at_all_is_told_so():
    hoard = "hoard = None\nfor size in (10**6, 10**3, 10, 1):\n    try:\n" + (
        "        while True: hoard = (hoard, bytearray(size))\n    except MemoryError: pass"
    )
    run = execute(job(hoard, "x = 1"), Limits(memory_bytes=256 * MIB))
    assert run.ended == "memory"
    assert "limit memory_bytes, 256 MiB" in run.reason


@pytest.mark.parametrize(
    "source",
    [
        "import os\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        keep = bytearray(os.urandom(1)) * (200 * 2**20)\n        signal.pause()\n"
        "signal.pause()",
        "import mmap\nwhile True:\n    keep = mmap.mmap(-1, 100 * 2**20)\n    all.append(keep)\n"
        "    keep.write(b'x' * len(keep))",
        "import subprocess, sys\n"
        "program = 'x = b\"x\" * (200 * 2**20); import time; time.sleep(1000)'\n"
        "for _ in range(16): subprocess.Popen([sys.executable, '-Ic', program])\nsignal.pause()",
    ],
    ids=["forks", "shared memory", "programs"],
)
def test_memory_of_all_processes_together_is_limited(source):
    source = f"import signal\nall = []\nprint('before')\n{source}"
    run = execute(job(source, "1"), Limits(memory_bytes=256 * MIB, cell_seconds=100))
    assert [cell.status for cell in run.cells] == ["error", "not_run"]
    assert run.ended == "memory"
    assert run.reason == "The cell `first` used too much memory (limit memory_bytes, 256 MiB)."
    assert text(run) == "before\n"


# ------------------------------------------------------------------------------ processes, files

_FORK_BOMB = """
import os, signal
def bomb():
    while True:
        try:
            if os.fork() == 0: bomb()
        except OSError:
            signal.pause()
"""


def test_the_number_of_processes_is_limited():
    run = execute(
        job(
            "import os, signal\nstarted = 0\ntry:\n    while True:\n"
            "        if os.fork() == 0: signal.pause()\n        started += 1\n"
            "except OSError as error: print(started, error.strerror)"
        ),
        Limits(processes=16),
    )
    started, why = text(run).split(maxsplit=1)
    assert 1 <= int(started) <= 16
    assert why.strip() in ("Resource temporarily unavailable", "Cannot allocate memory")


@pytest.mark.usefixtures("deaf")
def test_a_fork_bomb_is_bounded_and_ends_with_its_cell():
    bomb = f"{_FORK_BOMB}\nprint('here')\nbomb()"
    run = execute(job(bomb, "1"), Limits(processes=16, cell_seconds=0.5))
    assert run.cells[0].status == "interrupted"
    assert run.ended == "timeout"


def test_the_number_of_threads_is_limited():
    run = execute(
        job(
            "import threading\nstop = threading.Event()\nthreads = []\nwhile True:\n"
            "    thread = threading.Thread(target=stop.wait, daemon=True)\n"
            "    threads.append(thread); thread.start()",
            "print(len(threads) <= 17); stop.set()",
        ),
        Limits(processes=16),
    )
    assert run.cells[0].status == "error"
    assert text(run.cells[1]) == "True\n"
    assert run.ended == "processes"
    assert run.reason == (
        "The cell `first` started too many processes or threads (limit processes, 16)."
    )


def test_daemons_end_with_the_job():
    run = execute(
        job(
            "import os, subprocess, sys, time\n"
            "if os.fork() == 0:\n    os.setpgid(0, 0)\n    if os.fork() == 0:\n"
            "        os.chdir('/'); os.closerange(0, 512); time.sleep(1000)\n"
            "    os._exit(0)\n"
            "subprocess.Popen(['nohup', 'sleep', '1000'], process_group=0)\n"
            "os.system('sleep 1000 & disown')\nprint('started')"
        )
    )
    assert text(run).endswith("started\n")
    assert run.ended == "finished"  # and nothing is left, as after every test


@pytest.mark.parametrize(
    "source",
    [
        "with open('big', 'wb') as f:\n    while True: f.write(bytes(10**6))",
        "for i in range(10**6):\n    with open(f'part{i}', 'wb') as f: f.write(bytes(10**6))",
        "for i in range(10**6): open(f'empty{i}', 'w').close()",
        "import os\nfor i in range(10**6): os.mkdir(f'folder{i}')",
    ],
    ids=["one file", "many files", "empty files", "folders"],
)
def test_the_scratch_folder_is_bounded(source):
    run = execute(job(source, "import os; os.chdir('/scratch'); 'on'"), Limits(disk_bytes=8 * MIB))
    assert [cell.status for cell in run.cells] == ["error", "ok"]
    assert run.ended == "disk"
    assert run.reason == "The cell `first` filled its scratch folder (limit disk_bytes, 8 MiB)."


# ------------------------------------------------------------------------------------- output


def test_much_output_is_cut_with_a_note_and_the_paper_goes_on():
    run = execute(
        job(
            "for i in range(10**5): print(i, 'x' * 100)",
            "from autograder import check",
            "check('a/b', 1)\n'more'",
        ),
        Limits(output_bytes=10**5),
    )
    assert [cell.status for cell in run.cells] == ["ok", "ok", "ok"]
    assert len(everything(run)) < 1.2 * 10**5
    assert "[The output was cut here: more than 100,000 bytes.]" in text(run.cells[0])
    assert run.cells[2].outputs == []
    assert len(run.evidence) == 1
    assert run.ended == "output"
    assert run.reason == "The output of the cell `first` was cut (limit output_bytes, 0.1 MB)."


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize(
    "source",
    [
        "print('x' * 10**8)",
        "while True: print('x' * 10**6, end='')",
        "import os\nwhile True: os.write(1, b'x' * 10**5)",
        "import os\nos.system('yes')",
        "from IPython.display import display\nwhile True: display('x')",
        "from IPython.display import display, HTML\nwhile True: display(HTML('x' * 10**6))",
        "from IPython.display import display\nh = display(0, display_id=True)\n"
        "while True: h.update('x' * 10**5)",
        "from IPython.display import clear_output\n"
        "while True:\n    clear_output(); print('x' * 10**5)",
        "raise ValueError('x' * 10**8)",
        "'x' * 10**8",
        "import sys\nsys.setrecursionlimit(10**5)\ndef f(): f()\nf()",
    ],
)
def test_an_output_bomb_is_cut(source):
    source = f"print('here')\n{source}"
    run = execute(job("print('before')", source), Limits(output_bytes=10**5, cell_seconds=1))
    assert len(everything(run)) < 2 * 10**5
    assert text(run.cells[0]) == "before\n"
    assert run.ended in ("output", "timeout", "crashed", "finished")


def test_much_evidence_is_not_kept():
    run = execute(
        job(
            "from autograder import check\nimport torch\nfor i in range(12):\n"
            "    check(f'a/{i}', torch.ones(7 * 2**18))\n    print(i)"
        )
    )
    assert sum(len(data) for _, data in run.evidence) <= 24 * MIB
    assert 0 < len(run.evidence) < 12
    assert run.ended == "output"
    assert run.reason == "The cell `first` recorded more than 24 MiB of evidence."


def test_sizes_are_written_as_a_person_writes_them():
    assert [size(n) for n in (4 * 2**30, 256 * MIB, 10**7)] == ["4 GiB", "256 MiB", "10 MB"]
