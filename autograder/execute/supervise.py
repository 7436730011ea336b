"""One paper from the trusted side: hand out cells, collect what comes back, keep the time.

The parent drives. It sends one cell, reads frames until the child says that it is done, and sends
the next, so it always knows which cell is running and what arrives is that cell's. Whatever the
child says is checked; whatever the child does, the paper ends as an :class:`Execution`.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable

from autograder.execute import CellRun, Ended, Execution, Limits, launch, wire
from autograder.execute.outputs import Recording
from autograder.execute.warm import END, FAILED_TO_ISOLATE
from autograder.grade.paper import Paper

Progress = Callable[[int, CellRun], None]

GRACE_SECONDS = 2.0  #: between Ctrl-C and the kill
MAX_EVIDENCE = 64 * 2**20  #: bytes of evidence of one paper
MAX_PIECES = 10_000  #: pieces of evidence of one paper
_END_SECONDS = 20.0  # a killed child that has not ended by then means that the warm process hangs
_READ = 2**18


class WarmProcessDied(Exception):
    """The warm process ended while a paper was running."""


def run(paper: Paper, limits: Limits, sandboxed: bool, progress: Progress | None) -> Execution:
    """Execute a paper; once more when the warm process died under it."""
    for _ in range(2):
        warm = launch.warm(sandboxed)
        warm.wait_until_ready()
        supervisor = _Supervisor(paper, limits, progress)
        try:
            return supervisor.run(warm)
        except WarmProcessDied:
            last = supervisor
    last.end("crashed", "The process that runs the notebooks died twice while {cell} was running.")
    return last.execution


class _Supervisor:
    """The state of one paper on its way through the cells."""

    def __init__(self, paper: Paper, limits: Limits, progress: Progress | None) -> None:
        self.paper = paper
        self.limits = limits
        self.execution = Execution([CellRun() for _ in paper.cells])
        self._progress = progress
        self._recording = Recording(limits.output_bytes)
        self._frames = wire.Frames(wire.OUTPUT + wire.EVIDENCE + wire.DONE)
        self._index = -1
        self._evidence_left = MAX_EVIDENCE
        self._received = 0
        self._outgoing = b""
        self._ended = False
        self._killed = False
        self._status: int | None = None

    # ------------------------------------------------------------------------------ the run

    def run(self, warm: launch.Warm) -> Execution:
        """From the fork to the end of the child."""
        scratch = None if warm.sandboxed else tempfile.mkdtemp(prefix="autograder-")
        self._channel, channel = socket.socketpair()
        self._report, report = socket.socketpair()
        self._stdout, stdout = os.pipe()
        self._stderr, stderr = os.pipe()
        try:
            self._channel.setblocking(False)
            for descriptor in (self._stdout, self._stderr):
                os.set_blocking(descriptor, False)
            bounds = {
                "memory_bytes": self.limits.memory_bytes,
                "processes": self.limits.processes,
                "disk_bytes": self.limits.disk_bytes,
                "cpu_seconds": int(self.limits.submission_seconds * 4) + 10,
            }
            request = {"bounds": bounds, "scratch": scratch}
            theirs = [channel.fileno(), report.fileno(), stdout, stderr]
            try:
                warm.submit(request, theirs)
            except OSError:
                raise WarmProcessDied from None
            finally:
                channel.close()
                report.close()
                os.close(stdout)
                os.close(stderr)
            self._supervise()
        finally:
            self._channel.close()
            self._report.close()
            os.close(self._stdout)
            os.close(self._stderr)
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)
        return self.execution

    def _supervise(self) -> None:
        self._poll = select.poll()
        for descriptor in (self._channel, self._report, self._stdout, self._stderr):
            self._poll.register(descriptor, select.POLLIN)
        self._started = time.monotonic()
        self._deadline = self._started + self.limits.submission_seconds
        self._kill_at = 0.0
        hello = (str(self.paper.seed), str(self.limits.output_bytes))
        self._send(wire.frame(wire.HELLO, wire.pack(hello)))
        self._next_cell()
        while self._status is None:
            events = dict(self._poll.poll(self._milliseconds()))
            try:
                self._handle(events)
            except wire.WireError as error:
                self.end("crashed", f"While {{cell}} ran, the notebook broke the grader's channel: {error}.")
            if time.monotonic() >= self._kill_at > 0 or time.monotonic() >= self._alarm():
                self._time_is_up()
        self._finish()

    def _handle(self, events: dict[int, int]) -> None:
        if events.get(self._stdout):
            self._read_pipe(self._stdout, "stdout")
        if events.get(self._stderr):
            self._read_pipe(self._stderr, "stderr")
        mask = events.get(self._channel.fileno(), 0)
        if mask & select.POLLOUT:
            self._send(b"")
        if mask & ~select.POLLOUT:
            self._read_channel()
        if events.get(self._report.fileno()):
            self._read_report()

    # ------------------------------------------------------------------------------ the clock

    def _alarm(self) -> float:
        """When the running cell, or a killed child, has to have ended."""
        if self._killed:
            return self._killed_at + _END_SECONDS
        return min(self._deadline, self._cell_deadline)

    def _milliseconds(self) -> int:
        until = self._kill_at or self._alarm()
        return max(0, int((until - time.monotonic()) * 1000) + 1)

    def _time_is_up(self) -> None:
        if self._killed:
            raise WarmProcessDied
        cell = self.execution.cells[self._index]
        if self._kill_at:
            self._kill()
            return
        if time.monotonic() >= self._deadline:
            seconds, name = self.limits.submission_seconds, "submission_seconds"
            reason = f"The notebook was stopped after {seconds:g} seconds, in {{cell}} (limit {name})."
        else:
            seconds, name = self.limits.cell_seconds, "cell_seconds"
            reason = f"{{Cell}} was stopped after {seconds:g} seconds (limit {name})."
        cell.status = "interrupted"
        cell.reason = self._sentence(reason)
        self._note("timeout", reason)
        self._kill_at = time.monotonic() + GRACE_SECONDS
        self._order(b"I")

    # ------------------------------------------------------------------------------ the cells

    def _next_cell(self) -> None:
        self._index += 1
        now = time.monotonic()
        if self._index >= len(self.paper.cells) or now >= self._deadline:
            self._ended = True
            self._index = min(self._index, len(self.paper.cells) - 1)
            self._cell_deadline = self._deadline = now + _END_SECONDS
            self._kill()
            return
        self._cell_started = now
        self._cell_deadline = now + self.limits.cell_seconds
        self._kill_at = 0.0
        self._recording.begin(self._index + 1)
        source = self.paper.cells[self._index].source
        self._send(wire.frame(wire.CELL, wire.pack((str(self._index), source))))

    def _cell_done(self, fields: list[str]) -> None:
        if len(fields) != 4 or fields[0] != str(self._index) or fields[1] not in ("ok", "error"):
            raise wire.WireError("the end of a cell is announced that is not running")
        _, status, name, exhausted = fields
        cell = self.execution.cells[self._index]
        if cell.status != "interrupted":
            cell.status = "ok" if status == "ok" else "error"
        if exhausted == "memory":
            size = _size(self.limits.memory_bytes)
            self._note("memory", f"{{Cell}} ran out of memory (limit memory_bytes, {size}).")
        elif exhausted == "disk":
            size = _size(self.limits.disk_bytes)
            self._note("disk", f"{{Cell}} filled its scratch folder (limit disk_bytes, {size}).")
        elif exhausted == "processes":
            most = self.limits.processes
            self._note("memory", f"{{Cell}} started too many processes (limit processes, {most}).")
        self._close_cell()
        self._next_cell()

    def _close_cell(self) -> None:
        self._read_pipe(self._stdout, "stdout")
        self._read_pipe(self._stderr, "stderr")
        cell = self.execution.cells[self._index]
        cell.outputs = self._recording.end()
        cell.seconds = time.monotonic() - self._cell_started
        if self._progress is not None:
            self._progress(self._index, cell)

    # ------------------------------------------------------------------------------ the channel

    def _read_channel(self) -> None:
        try:
            data = self._channel.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._poll.unregister(self._channel)
            self._kill()  # either it has ended, or it has closed the channel and can say no more
            return
        self._count(len(data))
        for kind, payload in self._frames.feed(data):
            if self._ended:
                return
            if kind == wire.OUTPUT:
                self._recording.add(wire.unpack(payload))
                self._check_cut()
            elif kind == wire.EVIDENCE:
                self._keep_evidence(payload)
            else:
                self._cell_done(wire.unpack(payload))

    def _keep_evidence(self, payload: bytes) -> None:
        self._evidence_left -= len(payload)
        if self._evidence_left < 0 or len(self.execution.evidence) >= MAX_PIECES:
            self._note("output", f"{{Cell}} recorded more than {_size(MAX_EVIDENCE)} of evidence.")
            return
        self.execution.evidence.append((self._index, payload))

    def _read_pipe(self, descriptor: int, name: str) -> None:
        while True:
            try:
                data = os.read(descriptor, _READ)
            except BlockingIOError:
                return
            if not data:
                with contextlib.suppress(KeyError):
                    self._poll.unregister(descriptor)
                return
            self._count(len(data))
            if not self._ended:
                self._recording.add_bytes(name, data)
                self._check_cut()
            if len(data) < _READ:
                return

    def _count(self, size: int) -> None:
        """Stop a child that goes on shouting long after anyone listens."""
        self._received += size
        if self._received > 2 * (MAX_EVIDENCE + self.limits.output_bytes) and not self._ended:
            size = self.limits.output_bytes
            self.end("output", f"{{Cell}} did not stop writing (limit output_bytes, {_size(size)}).")

    def _check_cut(self) -> None:
        if self._recording.cut:
            size = _size(self.limits.output_bytes)
            self._note("output", f"The output of {{cell}} was cut (limit output_bytes, {size}).")

    def _send(self, data: bytes) -> None:
        self._outgoing += data
        try:
            sent = self._channel.send(self._outgoing)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it has ended; the report will say how
        self._outgoing = self._outgoing[sent:]
        wanted = select.POLLIN | (select.POLLOUT if self._outgoing else 0)
        with contextlib.suppress(OSError):
            self._poll.modify(self._channel, wanted)

    # ------------------------------------------------------------------------------ the end

    def _order(self, order: bytes) -> None:
        try:
            self._report.send(order)
        except OSError:
            raise WarmProcessDied from None

    def _kill(self) -> None:
        if not self._killed:
            self._killed = True
            self._killed_at = time.monotonic()
            self._kill_at = 0.0
            self._order(b"K")

    def _read_report(self) -> None:
        report = self._report.recv(64)
        if report.startswith(b"M"):
            size = _size(self.limits.memory_bytes)
            self.end("memory", f"{{Cell}} used too much memory (limit memory_bytes, {size}).")
            report = report[1:]
        if report.startswith(b"X"):
            self._status, self.execution.cpu_seconds = END.unpack(report[1 : 1 + END.size])
        elif not report:
            raise WarmProcessDied

    def _finish(self) -> None:
        """The child has ended: keep what it had still said, and say why it ended."""
        if not self._ended:
            with contextlib.suppress(wire.WireError):
                while not self._ended and self._drain():
                    pass
        if not self._ended:
            self.end(*self._explain())
        self.execution.seconds = time.monotonic() - self._started

    def _drain(self) -> bool:
        before = self._received
        with contextlib.suppress(KeyError):
            self._read_channel()
        return self._received > before

    def _explain(self) -> tuple[Ended, str]:
        if self.execution.cells[self._index].status == "interrupted":
            return self.execution.ended, self.execution.reason or ""
        code = os.waitstatus_to_exitcode(self._status or 0)
        if code == FAILED_TO_ISOLATE and self._index == 0:
            return "crashed", "The sandbox could not be built, so {cell} was not run."
        if code >= 0:
            return "crashed", f"{{Cell}} ended Python (exit status {code})."
        name = signal.Signals(-code).name
        if name == "SIGKILL" and not self._killed:
            return "killed", "{Cell} was killed by the system, most likely for want of memory."
        if name in ("SIGKILL", "SIGXCPU"):
            return "killed", f"{{Cell}} closed the grader's channel or used up its time ({name})."
        return "crashed", f"{{Cell}} crashed Python ({name})."

    def end(self, ended: Ended, reason: str) -> None:
        """No further cell: keep what there is of the running one, and end the child."""
        if self._ended:
            return
        self._ended = True
        cell = self.execution.cells[self._index]
        if cell.status != "interrupted":
            cell.status = "error"
        self.execution.ended = ended
        self.execution.reason = self._sentence(reason)
        cell.reason = cell.reason or self.execution.reason
        self._close_cell()
        if self._status is None:
            self._kill()

    def _note(self, ended: Ended, reason: str) -> None:
        """A limit was hit, and the paper goes on. The first one is what the record says."""
        cell = self.execution.cells[self._index]
        cell.reason = cell.reason or self._sentence(reason)
        if self.execution.ended == "finished":
            self.execution.ended = ended
            self.execution.reason = self._sentence(reason)

    def _sentence(self, reason: str) -> str:
        name = self.paper.cells[self._index].name
        return reason.replace("{Cell}", f"The cell `{name}`").replace("{cell}", f"the cell `{name}`")


def _size(size: int) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if size >= unit and size % (unit // 4) == 0:
            return f"{size / unit:g} {name}"
    return f"{size / 10**6:g} MB"
