"""Memory that is in no process: page tables, sockets, pipes, and pools of the whole machine."""

import os
from pathlib import Path

import pytest

from autograder.sandbox import Limits, doctor, watch
from tests.sandbox.jobs import execute, job, text, warm_pid

MIB = 2**20

_SPARSE = """
import mmap, os, signal
held = []
def touch(gibibytes):
    for _ in range(gibibytes):
        part = mmap.mmap(-1, 2**30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
        held.append(part)
        for place in range(0, 2**30, 2**21): part[place]
"""
_FILLED = """
import os, socket, signal
def filled(kind=socket.SOCK_STREAM):
    pair = socket.socketpair(socket.AF_UNIX, kind)
    for end in pair:
        end.setblocking(False)
        try:
            while True: end.send(bytes(100_000))
        except BlockingIOError: pass
    return pair
held = []
"""


def test_page_tables_of_one_process_are_bounded_by_the_kernel():
    run = execute(
        job(f"{_SPARSE}\ntouch(1500)", "held.clear()\n'on'"), Limits(memory_bytes=256 * MIB)
    )
    assert [cell.status for cell in run.cells] == ["error", "ok"]
    assert run.reason == "The cell `first` ran out of memory (limit memory_bytes, 256 MiB)."


@pytest.mark.parametrize(
    "source",
    [
        # 12 MiB of page tables in each of sixty processes that touch nothing but zeros
        f"{_SPARSE}\nfor _ in range(60):\n    if os.fork() == 0: touch(6); signal.pause()\n"
        "signal.pause()",
        f"{_FILLED}\nfor _ in range(20):\n    if os.fork() == 0:\n"
        "        held += [filled() for _ in range(100)]; signal.pause()\nsignal.pause()",
        f"{_FILLED}\nfor _ in range(20):\n    if os.fork() == 0:\n"
        "        held += [filled(socket.SOCK_DGRAM) for _ in range(100)]; signal.pause()\n"
        "signal.pause()",
        # sockets that are open in no process: connections that nobody has accepted
        f"{_FILLED}\nlistener = socket.socket(socket.AF_UNIX); listener.bind('listener')\n"
        "listener.listen(4096)\nfor _ in range(3000):\n"
        "    visitor = socket.socket(socket.AF_UNIX); visitor.connect('listener')\n"
        "    visitor.setblocking(False)\n    try:\n        while True: visitor.send(bytes(90000))\n"
        "    except BlockingIOError: visitor.close()\nsignal.pause()",
    ],
    ids=["page tables", "streams", "datagrams", "backlog"],
)
def test_memory_of_the_kernel_counts_as_the_jobs(source):
    run = execute(job(source, "1"), Limits(memory_bytes=256 * MIB, cell_seconds=100))
    assert [cell.status for cell in run.cells] == ["error", "not_run"]
    assert run.reason == "The cell `first` used too much memory (limit memory_bytes, 256 MiB)."


def test_sockets_count_that_are_under_way_to_another_process():
    run = execute(
        job(
            f"{_FILLED}\nimport array\nover, there = socket.socketpair()\n"
            "for _ in range(120):\n    pair = filled()\n"
            "    numbers = array.array('i', [end.fileno() for end in pair])\n"
            "    over.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])\n"
            "    [end.close() for end in pair]\nsignal.pause()"
        ),
        Limits(memory_bytes=64 * MIB, cell_seconds=100),
    )
    assert run.reason == "The cell `first` used too much memory (limit memory_bytes, 64 MiB)."


def test_an_honest_pool_of_processes_is_far_from_the_limit():
    run = execute(
        job(
            "import multiprocessing as m, torch\n"
            "from torch.utils.data import DataLoader, TensorDataset\n"
            "data = TensorDataset(torch.arange(64.0))\n"
            "print(sum(len(part) for part, in DataLoader(data, 4, num_workers=2)))\n"
            "with m.get_context('fork').Pool(16) as pool: print(sum(pool.map(abs, range(-9, 0))))"
        ),
        Limits(memory_bytes=512 * MIB, cell_seconds=100),
    )
    assert (run.ended, text(run)) == ("finished", "64\n45\n")


def test_many_threads_find_the_addresses_that_they_need():
    run = execute(
        job(
            "import threading, torch\nmeet = threading.Barrier(61)\n"
            "def work():\n    torch.ones(10_000).sum(); bytearray(10**6); meet.wait()\n"
            "threads = [threading.Thread(target=work) for _ in range(60)]\n"
            "[t.start() for t in threads]; meet.wait(); [t.join() for t in threads]\nprint('met')"
        ),
        Limits(memory_bytes=1024 * MIB, cell_seconds=100),
    )
    assert (run.ended, text(run)) == ("finished", "met\n")


@pytest.mark.parametrize(
    ("what", "source"),
    [
        ("pipes", "reading, writing = os.pipe()\nfcntl.fcntl(writing, 1031, 2**20)"),
        ("buffers", "one, two = socket.socketpair()\none.setsockopt(1, 7, 2**22)"),
        ("forced buffers", "one, two = socket.socketpair()\none.setsockopt(1, 32, 2**22)"),
        ("reading buffers", "one, two = socket.socketpair()\none.setsockopt(1, 8, 2**22)"),
        ("filters", "one, two = socket.socketpair()\none.setsockopt(1, 26, bytes(16))"),
        ("memory files", "os.memfd_create('m')"),
        ("huge pages", "mmap.mmap(-1, 2**21, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)"),
    ],
)
def test_the_kernel_lends_no_more_than_its_defaults(what, source):
    run = execute(job(f"import fcntl, mmap, os, socket\n{source}"))
    assert run.cells[0].outputs[-1]["ename"] == "PermissionError", what


@pytest.mark.parametrize("flags", ["mmap.MAP_SHARED | mmap.MAP_ANONYMOUS", "mmap.MAP_PRIVATE"])
def test_a_mapping_beyond_the_limit_is_refused_before_it_is_touched(flags):
    run = execute(
        job(f"import mmap\nmmap.mmap(-1, 2**36, {flags} | 0x4000, mmap.PROT_READ)"),
        Limits(memory_bytes=256 * MIB),
    )
    assert run.reason == "The cell `first` ran out of memory (limit memory_bytes, 256 MiB)."


def test_all_pipes_of_a_process_together_hold_little():
    run = execute(
        job(
            "import fcntl, os\nheld = []\nwritten = 0\nfor _ in range(120):\n"
            "    reading, writing = os.pipe()\n    os.set_blocking(writing, False)\n    try:\n"
            "        while True: written += os.write(writing, bytes(4096))\n"
            "    except BlockingIOError: pass\n    held += [reading, writing]\n"
            "print(written <= 120 * 2**16, max(fcntl.fcntl(f, 1032) for f in held) <= 2**16)"
        )
    )
    assert (run.ended, text(run)) == ("finished", "True True\n")


def test_asynchronous_input_and_output_is_not_to_be_had():
    before = Path("/proc/sys/fs/aio-nr").read_text()
    numbers = {"x86_64": (206, 209), "aarch64": (0, 2)}[os.uname().machine]
    run = execute(
        job(
            "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            "context = ctypes.c_ulong(0)\n"
            f"print(libc.syscall({numbers[0]}, 60_000, ctypes.byref(context)), context.value)\n"
            f"print(libc.syscall({numbers[1]}, 0, 0, None), ctypes.get_errno())"
        )
    )
    assert text(run) == "-1 0\n-1 1\n"
    assert Path("/proc/sys/fs/aio-nr").read_text() == before


def test_the_warm_process_counts_itself_with_its_page_tables():
    pid = warm_pid()
    status = Path(f"/proc/{pid}/status").read_text()
    sizes = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if "kB" in line}
    parts = sum(int(sizes[name]) for name in ("RssAnon", "RssShmem", "VmSwap", "VmPTE"))
    assert watch._at_most(pid) == parts * 1024
    assert int(sizes["VmPTE"]) > 0
    assert watch._at_most(2**22 + 1) == watch._proportional(2**22 + 1) == 0  # nobody
    assert watch._in_sockets(os.getpid()) == 0  # no network of its own


def test_where_the_kernel_does_not_count_its_own_memory_doctor_says_so(monkeypatch):
    assert watch.uncounted() == ""
    monkeypatch.setattr(watch, "_sizes", lambda path, names: [])
    assert watch.uncounted() == (
        "this kernel does not count it in /proc/self/status, /proc/self/smaps_rollup"
    )
    monkeypatch.setattr(doctor, "_missing", lambda: {"kernel_memory": watch.uncounted()})
    (layer,) = [layer for layer in doctor.layers() if layer.name == "kernel_memory"]
    assert (layer.present, layer.matters, layer.remedy) == (False, False, "Linux 5.4 or later.")
