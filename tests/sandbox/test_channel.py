"""A notebook at the grader's own channel, and the ways in which Python can end under a cell."""

import pytest

from autograder.sandbox import Job, JobCell, Limits
from tests.sandbox.jobs import everything, execute, job, text

# The channel is the one socket among the open descriptors.
_CHANNEL = """
import os, socket, stat, struct
def is_socket(d):
    try:
        return stat.S_ISSOCK(os.fstat(d).st_mode)
    except OSError:
        return False
channel = next(d for d in range(512) if is_socket(d))
def frame(kind, *strings):
    data = b''.join(struct.pack('<I', len(s)) + s for s in strings)
    return struct.pack('<cI', kind, len(data)) + data
"""


def attack(source: str, cell_seconds: float = 100):
    """Run a cell that attacks the channel, between two that print."""
    cells = job("print('before')", _CHANNEL + source, "print('after')")
    return execute(cells, Limits(cell_seconds=cell_seconds))


@pytest.mark.parametrize(
    "source",
    [
        "for d in range(512):\n    try: os.write(d, os.urandom(100))\n    except OSError: pass",
        "os.write(channel, struct.pack('<cI', b'O', 2**32 - 1))",
        "os.write(channel, struct.pack('<cI', b'Z', 0))",
        "os.write(channel, frame(b'O', b'unknown'))",
        "os.write(channel, frame(b'O'))",
        "os.write(channel, frame(b'O', b'display', b'', b'text/x-evil', b'x', b''))",
        "os.write(channel, frame(b'O', b'display', b'', b'text/plain'))",
        "os.write(channel, frame(b'O', b'stream', b'stdlog', b'x'))",
        "os.write(channel, frame(b'O', b'error', b'only a name'))",
        "os.write(channel, struct.pack('<cI', b'O', 4) + struct.pack('<I', 2**31))",
        "os.write(channel, struct.pack('<cI', b'O', 8000) + bytes(8000))",
        "os.write(channel, frame(b'D', b'7', b'ok', b'', b''))",
        "os.write(channel, frame(b'D', b'1', b'superb', b'', b''))",
        "os.write(channel, frame(b'D'))",
        "os.write(channel, frame(b'C', b'1', b'print(1)'))",
    ],
)
def test_a_malformed_frame_ends_the_paper_and_keeps_what_came_before(source):
    run = attack(source + "\nimport time; time.sleep(1000)")
    assert text(run.cells[0]) == "before\n"
    assert [cell.status for cell in run.cells] == ["ok", "error", "not_run"]
    assert run.ended == "crashed"
    assert run.reason.startswith("In the cell `second` the notebook broke the grader's channel")


def test_announcing_the_end_of_a_cell_too_early_is_noticed():
    run = attack(
        "os.write(channel, frame(b'D', b'1', b'ok', b'', b''))\nimport time; time.sleep(.2)"
    )
    assert run.ended == "crashed"
    assert run.cells[2].status == "error"
    assert "channel" in run.cells[2].reason


def test_evidence_cannot_be_given_for_a_cell_that_has_not_come():
    run = attack("os.write(channel, struct.pack('<cI', b'E', 4) + b'fake')")
    assert run.evidence == [(1, b"fake")]
    assert run.ended == "finished"


@pytest.mark.parametrize(
    "source",
    [
        "os.close(channel)",
        "os.closerange(0, 512)",
        "socket.socket(fileno=os.dup(channel)).shutdown(socket.SHUT_RDWR)",
        "socket.socket(fileno=os.dup(channel)).shutdown(socket.SHUT_WR)",
        "null = os.open('/dev/null', os.O_RDWR); os.dup2(null, channel)",
        "socket.socket(fileno=os.dup(channel)).shutdown(socket.SHUT_RD)",
    ],
)
def test_a_closed_channel_ends_the_job(source):
    run = attack(source)
    assert text(run.cells[0]) == "before\n"
    assert run.cells[2].status != "ok"
    assert run.ended in ("crashed", "timeout")
    assert "`second`" in run.reason or "`third`" in run.reason


def test_filling_the_channel_without_end_ends_the_job():
    run = attack("while True: os.write(channel, frame(b'O', b'stream', b'stdout', b'x' * 10**6))")
    assert run.ended == "output"
    assert run.cells[2].status == "not_run"
    assert len(everything(run)) < 3 * 10**7


@pytest.mark.usefixtures("deaf")
def test_a_frame_that_never_ends_is_only_a_slow_cell():
    source = "print('here')\nos.write(channel, struct.pack('<cI', b'O', 10**6))"
    run = attack(source, cell_seconds=0.5)
    assert run.ended in ("timeout", "crashed")
    assert text(run.cells[0]) == "before\n"


def test_descriptors_sent_to_the_grader_are_not_kept():
    run = attack(
        "s = socket.socket(fileno=os.dup(channel))\n"
        "socket.send_fds(s, [frame(b'O', b'stream', b'stdout', b'sent\\n')], [0] * 50)"
    )
    assert text(run.cells[1]) == "sent\n"
    assert run.ended == "finished"  # and no descriptor is left open, as after every test


@pytest.mark.usefixtures("deaf")
def test_not_reading_the_channel_does_not_hang_the_grader():
    source = (
        f"{_CHANNEL}os.write(channel, frame(b'D', b'0', b'ok', b'', b''))\n"
        "os.write(channel, frame(b'O', b'stream', b'stdout', b'here\\n'))\nwhile True: pass"
    )
    run = execute(job(source, "'" + "x" * 10**7 + "'"), Limits(cell_seconds=0.5))
    assert [cell.status for cell in run.cells] == ["ok", "interrupted"]
    assert run.ended == "timeout"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("os._exit(0)", "The cell `second` ended Python (exit status 0)."),
        ("os._exit(3)", "The cell `second` ended Python (exit status 3)."),
        ("os._exit(97)", "The cell `second` ended Python (exit status 97)."),
        ("import ctypes; ctypes.string_at(0)", "The cell `second` crashed Python (SIGSEGV)."),
        ("os.abort()", "The cell `second` crashed Python (SIG"),
        (
            "import ctypes; ctypes.CDLL(None).execl(b'/usr/bin/true', b'true', None)",
            "The cell `second` ended Python (exit status 0).",
        ),
        ("import ctypes; ctypes.CDLL(None)._exit(1)", "The cell `second` ended Python (exit"),
    ],
)
def test_a_dead_python_ends_the_paper_and_keeps_what_came_before(source, reason):
    run = attack(f"print('last words')\nfrom autograder import check\ncheck('a/b', 1)\n{source}")
    assert text(run) == "before\nlast words\n"
    assert len(run.evidence) == 1
    assert [cell.status for cell in run.cells] == ["ok", "error", "not_run"]
    assert run.ended == "crashed"
    assert run.reason.startswith(reason)
    assert run.cells[1].reason == run.reason


@pytest.mark.parametrize(
    "source",
    [
        "\0",
        "(" * 10**5,
        "-" * 10**5 + "1",
        "x" + "[0]" * 10**5,
        "a" * 10**6,
        "x = \ud800 + 1",
        "%%nothing\n",
    ],
    ids=["null", "parentheses", "signs", "indices", "long", "surrogate", "magic"],
)
def test_source_that_is_no_program_is_an_error_or_a_crash_of_its_cell(source):
    run = execute(job("print('before')", source, "print('after')"))
    assert text(run.cells[0]) == "before\n"
    assert run.cells[1].status == "error"
    assert run.ended in ("finished", "memory") or "`second`" in run.reason


def test_the_name_of_a_cell_cannot_carry_anything_into_the_reason():
    cells = (JobCell("<b>`" + "x" * 1000, "import os; os._exit(1)"),)
    run = execute(Job(cells))
    assert run.reason == f"The cell `?b??{'x' * 60}` ended Python (exit status 1)."


def test_an_exception_that_cannot_be_shown_is_an_error_of_its_cell():
    run = execute(
        job(
            "class Evil(Exception):\n"
            "    def __str__(self): raise RuntimeError\n    __repr__ = __str__\n"
            "raise Evil",
            "class Worse:\n    def __repr__(self): raise SystemExit\nWorse()",
            "import sys\nsys.stdout = sys.stderr = None\nprint('lost')\n1/0",
            "sys.excepthook = get_ipython = None\nraise KeyboardInterrupt",
            "print('on')",
        )
    )
    assert run.cells[0].status == run.cells[3].status == "error"
    assert text(run.cells[4]) == "on\n"
    assert run.ended == "finished"


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize(
    "source",
    [
        "import sys; sys.modules.clear()",
        "import builtins\nfor name in list(vars(builtins)):\n    if name not in ('__import__',): "
        "delattr(builtins, name)",
        "get_ipython().run_cell = None",
        "import IPython\nIPython.core.interactiveshell.InteractiveShell.run_cell = None",
        "import socket\nsocket.socket.sendall = socket.socket.recv = None",
        "from autograder.sandbox import wire, child\nwire.frame = None\nchild._run_cell = exit",
        "import gc\nfor o in gc.get_objects():\n"
        "    if type(o).__name__ == '_Channel': o.send = print",
        "import threading\nthreading.get_ident = lambda: 0",
        "import sys\nsys.settrace(lambda *a: exit())",
        "import os, signal\nsignal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)",
    ],
)
def test_a_broken_child_ends_its_own_paper_only(source):
    source = f"print('here')\n{source}"
    run = execute(job("print('before')", source, "print('after')"), Limits(cell_seconds=2))
    assert text(run.cells[0]) == "before\n"
    assert run.ended in ("finished", "crashed", "timeout", "killed")
    assert execute(job("print('next job')")).cells[0].status == "ok"


@pytest.mark.parametrize("kind", ["R", "O", "E", "D"])
def test_a_flood_of_tiny_frames_ends_the_job(kind):
    run = attack(
        f"flood = struct.pack('<cI', {kind.encode()!r}, 0) * 10**4\n"
        "while True: os.write(channel, flood)"
    )
    assert run.ended in ("output", "crashed")
    assert run.cells[2].status == "not_run"
