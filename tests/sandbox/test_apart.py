"""Two jobs that run at once cannot signal each other, and a job learns nothing of the grader."""

import fcntl
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from autograder.sandbox import Limits, RunLog, shutdown
from tests.sandbox.jobs import PATIENCE, everything, execute, job, text

_FILE = os.__file__  # of the Python installation, which every job can read


def both(first: str, second: str) -> tuple[RunLog, RunLog]:
    """Execute ``second`` while a job is between ``first`` and its next cell."""
    ready, over = threading.Event(), threading.Event()
    runs: list[RunLog] = []

    def wait(index: int, _: object) -> None:
        if index == 0:
            ready.set()
            over.wait(PATIENCE)

    def hold() -> None:
        runs.append(execute(job(first, "pass"), Limits(submission_seconds=1000), progress=wait))

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        other = execute(job(second))
    finally:
        over.set()
        thread.join()
    return runs[0], other


@pytest.mark.parametrize(
    ("set_it", "see_it"),
    [
        ("fcntl.flock(held, fcntl.LOCK_EX)", "fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)"),
        (
            "fcntl.fcntl(held, 37, struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, 0, 0, 0))",
            "print(struct.unpack('hhqqi4x', fcntl.fcntl(held, 36, "
            "struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)))[0] == fcntl.F_UNLCK)",
        ),
        (
            "fcntl.lockf(held, fcntl.LOCK_SH)",
            "print(struct.unpack('hhqqi4x', fcntl.fcntl(held, fcntl.F_GETLK, "
            "struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)))[0] == fcntl.F_UNLCK)",
        ),
    ],
    ids=["flock", "open file", "record"],
)
def test_a_lock_on_a_file_of_python_is_seen_by_nobody(set_it, see_it):
    head = f"import fcntl, struct\nheld = open({_FILE!r}, 'rb')\n"
    first, second = both(head + set_it, f"{head}{see_it}\nprint('nothing seen')")
    assert [cell.status for cell in first.cells] == ["ok", "ok"], everything(first)
    assert text(second).endswith("nothing seen\n"), everything(second)
    assert "False" not in text(second)


def test_a_job_locks_nothing_that_the_grader_uses():
    tried = []

    def lock(index: int, _: object) -> None:  # while the job holds what it thinks are locks
        with open(_FILE, "rb") as mine:
            tried.append(fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB))

    run = execute(
        job(
            f"import fcntl\nheld = open({_FILE!r}, 'rb')\n"
            "fcntl.flock(held, fcntl.LOCK_EX); fcntl.lockf(held, fcntl.LOCK_SH)",
            "pass",
        ),
        progress=lock,
    )
    assert (run.ended, tried) == ("finished", [None, None])


@pytest.mark.parametrize(
    "command",
    ["F_SETLEASE, fcntl.F_RDLCK", "F_NOTIFY, 1", "F_SETOWN, os.getpid()", "F_SETSIG, 10"],
)
def test_leases_and_notices_are_refused(command):
    run = execute(
        job(
            "import fcntl, os\n"
            f"for held in (open({_FILE!r}, 'rb'), open('own', 'w')):\n"
            f"    try:\n        fcntl.fcntl(held, fcntl.{command}); print('ESCAPED')\n"
            "    except PermissionError: print('refused')"
        )
    )
    assert text(run) == "refused\nrefused\n"


def test_hints_that_stay_with_a_file_are_refused():
    run = execute(
        job(
            f"import fcntl, struct\nheld = open({_FILE!r}, 'rb')\n"
            "for command in (1035, 1036, 1037, 1038, 1033, 12345):\n"
            "    try:\n        fcntl.fcntl(held, command, struct.pack('q', 3)); print('ESCAPED')\n"
            "    except PermissionError: pass"
        )
    )
    assert (run.ended, text(run)) == ("finished", "")


def test_reading_a_file_leaves_no_trace_in_its_times():
    before = os.stat(_FILE)
    execute(job(f"open({_FILE!r}).read()"))
    after = os.stat(_FILE)
    assert (before.st_atime_ns, before.st_ctime_ns) == (after.st_atime_ns, after.st_ctime_ns)


def test_rules_of_landlock_cannot_be_hoarded():
    run = execute(
        job(
            "import ctypes, struct\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            "made = libc.syscall(444, struct.pack('QQQ', 1, 1, 0), ctypes.c_size_t(16), 0)\n"
            "print(made, ctypes.get_errno())"
        )
    )
    assert text(run) == "-1 1\n"


@pytest.mark.parametrize(
    "source",
    [
        "import sqlite3\nbook = sqlite3.connect('book.db')\n"
        "book.execute('create table t(x)'); book.execute('insert into t values (1)')\n"
        "book.commit(); book.close()\n"
        "print(sqlite3.connect('book.db').execute('select x from t').fetchall() == [(1,)])",
        "import fcntl\nfile = open('own', 'w')\nfcntl.flock(file, fcntl.LOCK_EX)\n"
        "fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB); fcntl.flock(file, fcntl.LOCK_UN)\n"
        "print(True)",
        "import os, fcntl\nreading, writing = os.pipe()\nos.set_blocking(reading, False)\n"
        "os.set_inheritable(reading, True)\nprint(fcntl.fcntl(reading, 1032) > 0)",
        "import asyncio\nasync def talk():\n"
        "    server = await asyncio.start_unix_server(lambda r, w: w.close(), 'talk')\n"
        "    reader, writer = await asyncio.open_unix_connection('talk')\n"
        "    print(await reader.read() == b''); server.close()\nawait talk()",
        "import mmap, torch\nshared = mmap.mmap(-1, 4096); shared[:2] = b'ab'\n"
        "print(shared[:2] == b'ab', torch.ones(3).share_memory_().is_shared())",
    ],
    ids=["sqlite3", "own locks", "pipes", "asyncio", "shared memory"],
)
def test_what_locks_and_talks_within_its_own_job_goes_on_working(source):
    run = execute(job(source))
    assert run.ended == "finished", everything(run)
    assert set(text(run).split()) == {"True"}, everything(run)


# ----------------------------------------------------------------- what a job knows of the grader

_WORDS = """
import ctypes, gc, json, os, sys
count, words = ctypes.c_int(), ctypes.POINTER(ctypes.c_wchar_p)()
ctypes.pythonapi.Py_GetArgcArgv(ctypes.byref(count), ctypes.byref(words))
frames, frame = [], sys._getframe()
while frame:
    frames += [repr(v) for v in frame.f_locals.values() if type(v) in (str, list, dict, tuple)]
    frame = frame.f_back
print(json.dumps({
    "argv": [sys.argv, sys.orig_argv[1:]],
    "words": [words[i] for i in range(1, count.value)],
    "variables": dict(os.environ),
    "frames": frames if __name__ == "__main__" else [],
    "flags": [sys._xoptions, sys.warnoptions],
    "main": [name for name in vars(sys.modules["__main__"]) if name in ("options", "control")],
}))
"""


def test_a_job_is_told_nothing_of_where_the_grader_works(monkeypatch):
    for name in ("PWD", "OLDPWD", "VIRTUAL_ENV", "PYTHONPATH", "HOME"):
        monkeypatch.setenv(name, "/home/teacher/course")
    shutdown()  # a warm process that is started with these
    run = execute(job(_WORDS))
    told = json.loads(text(run))
    assert told["argv"] == [[""], []]
    assert told["main"] == []
    # what the job can see anyhow: its scratch folder and the system's programs
    paths = [value for value in told["variables"].values() if value.startswith("/")]
    assert all(path.startswith("/scratch") or path == "/usr/bin:/bin" for path in paths)
    for place in (str(Path(__file__).parents[2]), str(Path.home()), sys.prefix, "teacher"):
        assert place not in json.dumps({k: told[k] for k in ("words", "variables", "flags")})
    assert "readable" not in json.dumps(told["frames"])
