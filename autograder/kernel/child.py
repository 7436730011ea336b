"""The forked child: runs the cells that it is sent, one after another, and says what happens.

Everything here is in the student's hands once the first cell runs, so nothing here is trusted: the
parent decides which cell is running, counts what arrives and watches the clock.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

import numpy

from autograder.checks.check import record_with
from autograder.checks.namespace import CheckNamespace
from autograder.checks.seeds import set_seed
from autograder.kernel.preload import preload
from autograder.kernel.shell import Shell
from autograder.sandbox import wire
from autograder.sandbox.warm import OUT_OF_MEMORY
from autograder.sandbox.wire import OUTPUT_CHARGE

_OUT_OF_MEMORY = ("can't allocate memory", "Cannot allocate memory", "std::bad_alloc")


class _Interrupts:
    """Ctrl-C: raised while a cell runs, kept back while a frame is sent, ignored otherwise."""

    def __init__(self) -> None:
        self.armed = False
        self._held = False
        self._pending = False
        self._main = threading.get_ident()

    def __call__(self, number: int, frame: Any) -> None:
        if self._held:
            self._pending = True
        elif self.armed:
            self.armed = False
            raise KeyboardInterrupt

    def __enter__(self) -> None:
        if threading.get_ident() == self._main:
            self._held = True

    def __exit__(self, *_: object) -> None:
        if threading.get_ident() == self._main:
            self._held = False
            if self._pending:
                self._pending = False
                self(signal.SIGINT, None)


class _Channel:
    """The child's end of the job's socket."""

    def __init__(self, connection: socket.socket, interrupts: _Interrupts) -> None:
        self._connection = connection
        self._interrupts = interrupts
        self._sending = threading.Lock()
        self._frames = wire.Frames(wire.HELLO + wire.CELL + wire.ANSWER, 2**30)
        self._waiting: list[tuple[bytes, bytes]] = []
        self.output_left = 0
        self.asks = False
        os.register_at_fork(after_in_child=self._leave)

    def receive(self) -> tuple[bytes, list[str]] | None:
        """The next frame of the parent; None when there will be none."""
        while not self._waiting:
            data = self._connection.recv(65536)
            if not data:
                return None
            self._waiting.extend(self._frames.feed(data))
        kind, payload = self._waiting.pop(0)
        return kind, wire.unpack(payload)

    def send(self, kind: bytes, payload: bytes) -> None:
        """Send one frame whole, whatever signals and threads do meanwhile."""
        with self._interrupts, self._sending:
            self._connection.sendall(wire.frame(kind, payload))

    def emit(self, fields: Sequence[str]) -> None:
        """Send one output; nothing more once the parent would cut it anyway."""
        if self.output_left < 0:
            return
        payload = wire.pack(fields)
        self.output_left -= len(payload) + (0 if fields[0] == "stream" else OUTPUT_CHARGE)
        if len(payload) > wire.MAX_FRAME:
            payload = wire.pack(("stream", "stdout", "[This output was too large to be kept.]\n"))
        self.send(wire.OUTPUT, payload)

    def hand_on(self, evidence: bytes) -> bool:
        """Send the evidence of one check; whether more of its group is wanted."""
        self.send(wire.EVIDENCE, bytes(evidence))
        if not self.asks:
            return True
        with self._interrupts:
            answer = self.receive()
        return answer is not None and not answer[1]

    def _leave(self) -> None:
        """In a process that the notebook forks: text goes to the pipes, evidence nowhere."""
        self._connection.close()
        self._sending = threading.Lock()
        self.emit = _emit_raw  # type: ignore[method-assign]
        self.hand_on = lambda evidence: True  # type: ignore[method-assign]


def _emit_raw(fields: Sequence[str]) -> None:
    if fields[0] == "stream":
        os.write(2 if fields[1] == "stderr" else 1, fields[2].encode("utf-8", "replace"))


def run(connection: socket.socket, shell: Shell) -> None:
    """Serve one job until the parent has no more cells."""
    interrupts = _Interrupts()
    channel = _Channel(connection, interrupts)
    set_handler, streams = signal.signal, (sys.stdout, sys.stderr)
    set_handler(signal.SIGINT, interrupts)
    channel.send(wire.READY, b"")
    first = channel.receive()
    if first is None:
        return
    seed, output_bytes, exports, wanted, asks = first[1]
    channel.output_left = 2 * int(output_bytes) + 2**20  # the parent counts, and counts differently
    _seed_everything(int(seed))
    channel.asks = bool(asks)
    record_with(lambda evidence: channel.hand_on(evidence), json.loads(wanted))
    shell.outputs.emit = lambda fields: channel.emit(fields)
    names = CheckNamespace(shell.user_ns, json.loads(exports))
    while (received := channel.receive()) is not None:
        index, source, scope = received[1]
        set_handler(signal.SIGINT, interrupts)  # a cell may have set its own, or closed its streams
        sys.stdout, sys.stderr = streams
        shell.outputs.begin_cell()
        with contextlib.ExitStack() as stack:
            if scope != "shared":
                stack.enter_context(shell.within(names))
            if scope == "kept":
                stack.enter_context(names.shared(source))
            done = _run_cell(shell, source, interrupts)
        channel.send(wire.DONE, wire.pack((index, *done)))


def _seed_everything(seed: int) -> None:
    """Fresh inputs, and whatever randomness a cell uses, depend on the job's seed only."""
    set_seed(seed)
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.manual_seed(seed % 2**63)


def _run_cell(shell: Shell, source: str, interrupts: _Interrupts) -> tuple[str, str, str]:
    error: BaseException | None = None
    try:
        interrupts.armed = True
        result = shell.run_cell(source, store_history=True)
        interrupts.armed = False
        error = result.error_before_exec or result.error_in_exec
    except BaseException as escaped:  # an interrupt in IPython's own code, or a broken hook
        interrupts.armed = False
        error = escaped
        line = f"{type(escaped).__name__}: {escaped}"
        shell.outputs.send("error", type(escaped).__name__, str(escaped), line)
    shell.outputs.flush()
    if error is None:
        return "ok", "", ""
    return "error", type(error).__name__, _exhausted(error)


def _exhausted(error: BaseException) -> str:
    """Which of the sandbox's own limits an exception speaks of, if any."""
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN:
        return "processes"  # fork
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EFBIG):
            return "disk"
        return "memory" if error.errno == errno.ENOMEM else ""
    if isinstance(error, RuntimeError):
        message = str(error)
        if any(words in message for words in _OUT_OF_MEMORY):
            return "memory"
        if "can't start new thread" in message:
            return "processes"
    return ""


def prepare(modules: Sequence[str]) -> Shell:
    """In the warm process, before any job: the imports of all jobs, and a shell for them."""
    return preload(modules)


def compile_ahead(shell: Shell, sources: Sequence[str]) -> None:
    """In the warm process, between two jobs: what the next ones run of the course's own cells."""
    shell.compile_ahead(sources)


def serve(channel: int, shell: Shell) -> None:
    """Take over the channel of a job, run it and end the process."""
    status = 1
    try:
        run(socket.socket(fileno=channel), shell)
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY  # a cell has left nothing to go on with
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(status)
