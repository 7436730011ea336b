"""The warm process: imports everything once, then forks a child for each job.

Started by :mod:`autograder.sandbox.launch`, as a rule inside bubblewrap. It never runs a student's
code and never reads what a child says: the child talks to the trusted parent over a socket of its
own. Here a process is only forked, interrupted or killed on order, watched and reaped.

On the control socket the parent sends one request a job: four bytes of length, JSON with the
bounds, and with it four descriptors (channel, report, stdout, stderr). Where the course's own cells
are others than those of the job before, their texts come along and are compiled before the fork. On
the report socket of a child the parent sends ``I`` (interrupt) and ``K`` (kill); this process sends
``F`` (no fork was possible), ``M`` and ``P`` (killed, because of too much memory or too many
processes) and, when the child and all that it started have ended, ``X`` with its status and its
processor time. When the control socket closes, everything ends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import json
import math
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from autograder.sandbox import compact, isolate, seccomp, self_test, watch
from autograder.sandbox.isolate import Bounds
from autograder.sandbox.landlock import Ruleset

FAILED_TO_ISOLATE = 97  #: exit status of a child whose sandbox could not be built
OUT_OF_MEMORY = 98  #: exit status of a child that had no memory left to report a cell's end
END = struct.Struct("<id")  #: what follows ``X``: the status, and processor seconds
_LENGTH = struct.Struct("<I")
_WATCH_SECONDS = 0.1
_LONGEST_WAIT = 0.5  # seconds between two looks, however long one takes
_COUNT_SECONDS = 0.02  # a fork bomb doubles in a few milliseconds
_MOST_DESCRIPTORS = 4096
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


@dataclasses.dataclass
class _Child:
    """One running child, and the socket on which its parent is told about it."""

    pid: int
    report: socket.socket
    bounds: Bounds
    fork_seconds: float
    next_watch: float
    next_exact: float = 0.0


@dataclasses.dataclass(frozen=True)
class ChildTask:
    """What a child has been forked for."""

    bounds: Bounds
    scratch: str | None
    channel: int
    stdout: int
    stderr: int


class Server:
    """Forks, interrupts, kills, watches and reaps."""

    def __init__(
        self,
        control: socket.socket,
        layers: set[str],
        compile_ahead: Callable[[list[str]], None],
    ) -> None:
        self._control = control
        self._compile_ahead = compile_ahead
        self._children: dict[int, _Child] = {}
        self._poll = select.poll()
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        self._pids = -1
        if "processes" in layers:
            self._pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._counts = "process_limit" not in layers  # then the kernel does not
        self._watch_seconds = _COUNT_SECONDS if self._counts else _WATCH_SECONDS
        self._gathering: Iterator[int] | None = compact.gathering()

    def run(self) -> ChildTask | None:
        """Serve until the parent is gone (None), or return in a new child with its task."""
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(self._wake, select.POLLIN)
        while True:
            events = dict(self._poll.poll(self._patience()))
            if not events and self._gathering is not None and next(self._gathering, None) is None:
                self._gathering = None
            if events.get(self._wake):
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            self._reap()
            for child in list(self._children.values()):
                if events.get(child.report.fileno()):
                    self._obey(child)
            if events.get(self._control.fileno()):
                request = self._receive()
                if request is None:
                    return None
                task = self._fork(*request)
                if task is not None:
                    return task
            self._watch()

    def _patience(self) -> float | None:
        """Milliseconds to wait for something to do."""
        if self._gathering is not None:
            return 0
        return self._watch_seconds * 1000 if self._children else None

    def _receive(self) -> tuple[dict[str, Any], list[int]] | None:
        head, descriptors, _, _ = socket.recv_fds(self._control, _LENGTH.size, 4, _CLOSE_ON_EXEC)
        if len(head) < _LENGTH.size:
            return None
        (size,) = _LENGTH.unpack(head)
        data = b""
        while len(data) < size:
            piece = self._control.recv(size - len(data))
            if not piece:
                return None
            data += piece
        return json.loads(data), list(descriptors)

    def _fork(self, request: dict[str, Any], descriptors: list[int]) -> ChildTask | None:
        channel, report, stdout, stderr = descriptors
        bounds = Bounds(**request["bounds"])
        if "ahead" in request:
            self._compile_ahead(request["ahead"])
        started = time.process_time()
        try:
            if self._pids >= 0:
                isolate.unshare(isolate.CLONE_NEWPID)
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            self._abandon(report)
            return ChildTask(bounds, request.get("scratch"), channel, stdout, stderr)
        if self._pids >= 0:
            isolate.enter_pid_namespace(self._pids)
        for descriptor in (channel, stdout, stderr):
            os.close(descriptor)
        reporting = socket.socket(fileno=report)
        if pid < 0:
            reporting.send(b"F")
            reporting.close()
            return None
        os.set_blocking(report, False)
        self._children[pid] = _Child(
            pid,
            reporting,
            bounds,
            time.process_time() - started,
            time.monotonic() + self._watch_seconds,
        )
        self._poll.register(reporting, select.POLLIN)
        return None

    def _abandon(self, report: int) -> None:
        """In the child: let go of everything that is the warm process's own."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for child in self._children.values():
            os.close(child.report.detach())
        for descriptor in (self._control.detach(), report, self._wake, self._waker, self._pids):
            if descriptor >= 0:
                os.close(descriptor)

    def _obey(self, child: _Child) -> None:
        try:
            orders = child.report.recv(16)
        except BlockingIOError:
            return
        except OSError:
            orders = b""
        if not orders:  # nobody waits for this child any more
            self._poll.unregister(child.report)
        if not orders or b"K" in orders:
            self._kill(child)
        elif b"I" in orders:
            os.kill(child.pid, signal.SIGINT)

    def _kill(self, child: _Child) -> None:
        if self._pids < 0:  # without a PID namespace the others have to be found
            for pid in watch.descendants(child.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        os.kill(child.pid, signal.SIGKILL)

    def _watch(self) -> None:
        for child in self._children.values():
            now = time.monotonic()
            if now < child.next_watch:
                continue
            excess = b""
            if self._counts and watch.are_more_than(child.pid, child.bounds.processes + 1):
                excess = b"P"
            elif self._uses_too_much(child):
                excess = b"M"
            # where counting takes long, other children must not have to wait for it
            after = time.monotonic()
            child.next_watch = after + max(
                self._watch_seconds, min(_LONGEST_WAIT, 5 * (after - now))
            )
            if excess:
                child.next_watch = math.inf
                self._tell(child, excess)
                self._kill(child)

    def _uses_too_much(self, child: _Child) -> bool:
        limit = child.bounds.memory_bytes
        known = watch.may_use_more_than(child.pid, limit)
        now = time.monotonic()
        if known is not None or now < child.next_exact:
            return bool(known)
        found = watch.uses_more_than(child.pid, limit)
        child.next_exact = now + 20 * (time.monotonic() - now)
        return found

    def _reap(self) -> None:
        while self._children:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            if child is not None:
                cpu = used.ru_utime + used.ru_stime + child.fork_seconds
                self._tell(child, b"X" + END.pack(status, cpu))
                with contextlib.suppress(KeyError):
                    self._poll.unregister(child.report)
                child.report.close()

    def _tell(self, child: _Child, message: bytes) -> None:
        with contextlib.suppress(OSError):
            child.report.send(message)


def _settle(task: ChildTask, ruleset: Ruleset, program: bytes | None, layers: set[str]) -> None:
    """In the child: streams, scratch folder, sandbox."""
    os.setsid()  # a signal to one's own process group crosses the borders of namespaces
    null = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((null, 0), (task.stdout, 1), (task.stderr, 2)):
        os.dup2(descriptor, place)
    kept = sorted((task.channel, *ruleset.descriptors))
    for low, high in zip((2, *kept), (*kept, _MOST_DESCRIPTORS), strict=True):
        os.closerange(low + 1, high)
    if task.scratch is not None:
        os.chdir(task.scratch)
        for folder in ("tmp", "config"):
            os.mkdir(f".{folder}")
        os.environ.update(HOME=task.scratch, TMPDIR=f"{task.scratch}/.tmp")
        os.environ["MPLCONFIGDIR"] = f"{task.scratch}/.config"
    failed = isolate.isolate(task.bounds, ruleset, program, layers)
    if failed:
        os.write(2, f"The sandbox could not be built: {failed}\n".encode())
        os._exit(FAILED_TO_ISOLATE)


def main(control: socket.socket, options: dict[str, Any]) -> Callable[[], None] | None:
    """Be the warm process. ``options``: sandboxed, readable, devices, probe, kernel, preload, path.

    Returns in a child, with what serves its job: called where nothing of this is left on the stack.
    """
    sys.argv[:] = [""]
    sys.orig_argv[:] = ["python"]
    sandboxed = options["sandboxed"]
    ruleset = Ruleset(options["readable"] if sandboxed else [], options["devices"])
    program = seccomp.program()
    wanted = set(isolate.LAYERS) - {"bubblewrap"} if sandboxed else {"limits"}
    missing = self_test.missing_layers(wanted, ruleset, program) if sandboxed else {}
    control.sendall(json.dumps({"missing": missing}).encode() + b"\n")
    if options.get("probe"):
        return None
    kernel = importlib.import_module(options["kernel"])
    shell = kernel.prepare(options["preload"])
    layers = wanted - set(missing)
    watch.remember_own_size()
    server = Server(control, layers, functools.partial(kernel.compile_ahead, shell))
    control.sendall(json.dumps({"ready": os.getpid()}).encode() + b"\n")
    task = server.run()
    if task is None:
        os._exit(0)
    _settle(task, ruleset, program, layers)
    return functools.partial(kernel.serve, task.channel, shell)
