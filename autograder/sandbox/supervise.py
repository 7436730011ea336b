"""One job from the trusted side: hand out cells, collect what comes back, keep the time.

The parent drives. It sends one cell, reads frames until the child says that it is done, and sends
the next, so it always knows which cell is running and what arrives is that cell's. Whatever the
child says is checked; whatever the child does, the job ends as a :class:`RunLog`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import shutil
import signal
import socket
import tempfile
import time

from autograder.sandbox import launch, wire
from autograder.sandbox.job import Job, JobCell, Limits, SandboxOptions
from autograder.sandbox.run_log import (
    MAX_JOB_EVIDENCE_BYTES,
    Ended,
    Progress,
    RunLog,
    RunLogBuilder,
    size,
)
from autograder.sandbox.warm import END, FAILED_TO_ISOLATE, OUT_OF_MEMORY

GRACE_SECONDS = 2.0  #: between Ctrl-C and the kill
_END_SECONDS = 20.0  # a killed child that has not ended by then means that the warm process hangs
_HUNG_UP_SECONDS = 1.0  # a child that has closed its channel may still be about to end
_READ = 2**18
_FRAME_CHARGE = 1000  # bytes that a frame counts besides its own, because it takes time


class WarmProcessDied(Exception):
    """The warm process ended while a job was running."""


def run(job: Job, limits: Limits, options: SandboxOptions, progress: Progress | None) -> RunLog:
    """Execute a job; once more when the warm process died under it."""
    for _ in range(2):
        warm = launch.warm(options)
        warm.wait_until_ready()
        log = RunLogBuilder(job, limits, progress)
        try:
            with _RunningJob(job, limits, log, warm) as running:
                running.supervise()
            return log.execution
        except WarmProcessDied:
            warm.give_up()
            if log.ended:
                return log.execution
    log.end("refused", "The process that runs the notebooks died twice while {cell} ran.")
    return log.execution


class _RunningJob:
    """A running job: the child's channel, its two pipes, and the report of the warm process."""

    def __init__(self, job: Job, limits: Limits, log: RunLogBuilder, warm: launch.Warm) -> None:
        self._job = job
        self._limits = limits
        self._log = log
        self._outgoing = b""
        self._is_waiting = False  # for room in the channel
        self._received = 0
        self._cell_deadline = math.inf
        self._cell_seconds, self._cell_limit = limits.cell_seconds, ""
        self._part = ""  # of the notebook, to which the running cell belongs
        self._ask = job.enough() if job.enough is not None else None
        self._enough: set[str] = set()  # parts of which no more evidence is wanted
        self._ran_out: set[str] = set()  # parts in which a cell ran out of time
        self._killed_at = 0.0  # when the kill was ordered
        self._kill_at = 0.0  # when a cell that was interrupted is to be killed
        self._status: int | None = None
        self._is_ready = False
        self._frames = wire.Frames(wire.READY + wire.OUTPUT + wire.EVIDENCE + wire.DONE)
        self._scratch = None if warm.sandboxed else tempfile.mkdtemp(prefix="autograder-")
        self._channel, channel = socket.socketpair()
        self._report, report = socket.socketpair()
        self._stdout, stdout = os.pipe()
        self._stderr, stderr = os.pipe()
        self._poll = select.poll()
        self._channel.setblocking(False)
        for mine in (self._stdout, self._stderr):
            os.set_blocking(mine, False)
        for waited in (self._channel, self._report, self._stdout, self._stderr):
            self._poll.register(waited, select.POLLIN)
        bounds = {
            "memory_bytes": limits.memory_bytes,
            "processes": limits.processes,
            "disk_bytes": limits.disk_bytes,
            "cpu_seconds": int(limits.submission_seconds * 4) + 10,
        }
        request = {"bounds": bounds, "scratch": self._scratch}
        try:
            descriptors = [channel.fileno(), report.fileno(), stdout, stderr]
            warm.submit(request, descriptors, job.ahead)
        except OSError:
            self.__exit__()
            raise WarmProcessDied from None
        finally:
            channel.close()
            report.close()
            os.close(stdout)
            os.close(stderr)

    def __enter__(self) -> _RunningJob:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._report.close()  # upon which the warm process kills a child that still runs
        os.close(self._stdout)
        os.close(self._stderr)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def supervise(self) -> None:
        """From the first cell to the end of the child."""
        started = time.monotonic()
        self._deadline = started + self._limits.submission_seconds
        exports = json.dumps(dict(self._job.exports))
        wanted = json.dumps(self._job.wanted)
        asks = "asks" if self._ask is not None else ""
        hello = (str(self._job.seed), str(self._limits.output_bytes), exports, wanted, asks)
        self._send(wire.frame(wire.HELLO, wire.pack(hello)))
        self._next_cell()
        while self._status is None:
            wait = max(0.0, self._alarm() - time.monotonic())
            self._handle(dict(self._poll.poll(wait * 1000 + 1)))
            if time.monotonic() >= self._alarm():
                self._time_is_up()
        self._read_what_is_left()
        self._log.end(*self._explain())
        self._log.execution.seconds = time.monotonic() - started

    def _handle(self, events: dict[int, int]) -> None:
        for pipe, name in ((self._stdout, "stdout"), (self._stderr, "stderr")):
            if events.get(pipe):
                self._read_pipe(pipe, name)
        ready = events.get(self._channel.fileno(), 0)
        if ready & select.POLLOUT:
            self._send(b"")
        if ready & ~select.POLLOUT:
            self._read_channel()
        if events.get(self._report.fileno()):
            self._read_report()

    # ------------------------------------------------------------------------------ the clock

    def _alarm(self) -> float:
        """When something has to have happened."""
        if self._killed_at:
            return self._killed_at + _END_SECONDS
        return self._kill_at or min(self._deadline, self._cell_deadline)

    def _time_is_up(self) -> None:
        if self._killed_at:
            raise WarmProcessDied
        if self._kill_at:
            self._kill()
            return
        limits = self._limits
        if time.monotonic() >= self._deadline:
            seconds = f"{limits.submission_seconds:g} seconds"
            reason = f"The notebook was stopped after {seconds}, in {{cell}} "
            reason += "(limit submission_seconds)."
        else:
            self._ran_out.add(self._part)
            seconds = f"{round(self._cell_seconds, 2):g} seconds"
            reason = f"{{Cell}} was stopped after {seconds} ({self._cell_limit})."
        self._log.interrupt(reason)
        self._kill_at = time.monotonic() + GRACE_SECONDS
        self._order(b"I")

    # ------------------------------------------------------------------------------ the cells

    def _next_cell(self) -> None:
        self._kill_at = 0.0
        if time.monotonic() >= self._deadline:
            seconds = f"{self._limits.submission_seconds:g} seconds"
            self._log.stop(f"The notebook was stopped after {seconds} (limit submission_seconds).")
        index = self._log.begin_cell()
        while index is not None and self._is_left_out(self._job.cells[index]):
            index = self._log.begin_cell()
        if index is None:
            self._kill()
            return
        cell = self._job.cells[index]
        self._part = cell.part or cell.name
        self._cell_seconds, self._cell_limit = self._limits.time_of(cell, len(self._ran_out))
        self._start_cell_clock()
        self._send(wire.frame(wire.CELL, wire.pack((str(index), cell.source, cell.scope))))

    def _is_left_out(self, cell: JobCell) -> bool:
        return cell.can_be_left_out and cell.part in self._enough

    def _start_cell_clock(self) -> None:
        """The running cell's time begins; that of the first one once its process is ready."""
        seconds = self._cell_seconds if self._is_ready else self._limits.cell_seconds
        self._cell_deadline = time.monotonic() + seconds

    def _cell_done(self, payload: bytes) -> None:
        self._log.finish_cell(payload)
        self._read_pipe(self._stdout, "stdout")
        self._read_pipe(self._stderr, "stderr")
        self._log.close_cell()
        self._next_cell()

    # ------------------------------------------------------------------------------ reading

    def _read_channel(self) -> None:
        try:
            data = self._channel.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._channel)
            # it has ended, and the report will say how; or it has closed the channel
            self._kill_at = self._kill_at or time.monotonic() + _HUNG_UP_SECONDS
            return
        self._count(len(data))
        try:
            for kind, payload in self._frames.feed(data):
                self._count(_FRAME_CHARGE)
                if self._log.ended:
                    return
                if kind == wire.OUTPUT:
                    self._log.add_output(payload)
                elif kind == wire.EVIDENCE:
                    self._log.add_evidence(payload)
                    if self._ask is not None:
                        self._answer(self._ask(self._part, payload))
                elif kind == wire.DONE:
                    self._cell_done(payload)
                if not self._is_ready:
                    self._is_ready = True
                    self._start_cell_clock()
        except wire.WireError as error:
            self._end("crashed", f"In {{cell}} the notebook broke the grader's channel: {error}.")

    def _read_pipe(self, pipe: int, name: str) -> None:
        data = b"more"
        while data:
            try:
                data = os.read(pipe, _READ)
            except BlockingIOError:
                return
            self._count(len(data))
            self._log.add_text(name, data)
        with contextlib.suppress(KeyError):
            self._poll.unregister(pipe)

    def _count(self, received: int) -> None:
        """Stop a child that goes on shouting long after anyone listens."""
        self._received += received
        most = self._limits.output_bytes
        if self._received > 3 * (MAX_JOB_EVIDENCE_BYTES + most):
            self._end(
                "output", f"{{Cell}} did not stop writing (limit output_bytes, {size(most)})."
            )

    def _read_report(self) -> None:
        try:
            report = self._report.recv(64)
        except OSError:
            report = b""
        if not report:
            raise WarmProcessDied
        if report.startswith(b"F"):
            self._status = 0
            self._log.end("refused", "No process could be started for {cell}.")
            return
        if report.startswith(b"M"):
            most = size(self._limits.memory_bytes)
            self._end("memory", f"{{Cell}} used too much memory (limit memory_bytes, {most}).")
            report = report[1:]
        if report.startswith(b"P"):
            most = str(self._limits.processes)
            self._end(
                "processes", f"{{Cell}} started too many processes (limit processes, {most})."
            )
            report = report[1:]
        if report.startswith(b"X"):
            self._status, self._log.execution.cpu_seconds = END.unpack(report[1 : 1 + END.size])

    def _read_what_is_left(self) -> None:
        """The child has ended; what it had sent before is still here."""
        received = -1
        while received < self._received and not self._log.ended:
            received = self._received
            self._read_channel()
        for pipe, name in ((self._stdout, "stdout"), (self._stderr, "stderr")):
            if not self._log.ended:
                self._read_pipe(pipe, name)

    # ------------------------------------------------------------------------------ sending

    def _answer(self, enough: bool) -> None:
        """Tell the child, which waits for it, whether more of this part's evidence is wanted."""
        if enough:
            self._enough.add(self._part)
        self._send(wire.frame(wire.ANSWER, wire.pack(["enough"] * enough)))

    def _send(self, data: bytes) -> None:
        self._outgoing += data
        try:
            sent = self._channel.send(self._outgoing)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it has ended; the report will say how
        self._outgoing = self._outgoing[sent:]
        if self._is_waiting != bool(self._outgoing):
            self._is_waiting = bool(self._outgoing)
            with contextlib.suppress(OSError):
                wanted = select.POLLIN | (select.POLLOUT if self._is_waiting else 0)
                self._poll.modify(self._channel, wanted)

    def _order(self, order: bytes) -> None:
        with contextlib.suppress(OSError):  # then it has ended, and the report says so
            self._report.send(order)

    def _kill(self) -> None:
        if not self._killed_at and self._status is None:
            self._killed_at = time.monotonic()
            self._order(b"K")

    def _end(self, ended: Ended, reason: str) -> None:
        self._log.end(ended, reason)
        self._kill()

    def _explain(self) -> tuple[Ended, str]:
        """Why a child ended that had not been through all its cells."""
        code = os.waitstatus_to_exitcode(self._status or 0)
        if code == FAILED_TO_ISOLATE and not self._is_ready:
            return "refused", "The sandbox could not be built, so {cell} was not run."
        if code == OUT_OF_MEMORY:
            most = size(self._limits.memory_bytes)
            return "memory", f"{{Cell}} ran out of memory (limit memory_bytes, {most})."
        if code >= 0:
            return "crashed", f"{{Cell}} ended Python (exit status {code})."
        name = signal.Signals(-code).name
        if name == "SIGXCPU":
            return "killed", "{Cell} used up the notebook's processor time."
        if name != "SIGKILL":
            return "crashed", f"{{Cell}} crashed Python ({name})."
        if self._killed_at:
            return "crashed", "{Cell} closed the grader's channel."
        return "killed", "{Cell} was killed by the system, most likely for want of memory."
