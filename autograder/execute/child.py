"""The forked child: runs the cells that it is sent, one after another, and says what happens.

Everything here is in the student's hands once the first cell runs, so nothing here is trusted: the
parent decides which cell is running, counts what arrives and watches the clock.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import traceback
from collections.abc import Sequence
from typing import Any

from autograder.execute import wire
from autograder.execute.recorder import Shell

_OUT_OF_MEMORY = ("can't allocate memory", "Cannot allocate memory", "std::bad_alloc")


class _Channel:
    """The child's end of the paper's socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._frames = wire.Frames(wire.HELLO + wire.CELL, 2**30)
        self._waiting: list[tuple[bytes, bytes]] = []
        self.output_left = 0

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
        self._connection.sendall(wire.frame(kind, payload))

    def emit(self, fields: Sequence[str]) -> None:
        """Send one output; nothing more once the parent would cut it anyway."""
        if self.output_left < 0:
            return
        payload = wire.pack(fields)
        self.output_left -= len(payload)
        if len(payload) > wire.MAX_FRAME:
            payload = wire.pack(("stream", "stdout", "[This output was too large to be kept.]\n"))
        self.send(wire.OUTPUT, payload)

    def testify(self, evidence: bytes) -> None:
        """Send the evidence of one check."""
        self.send(wire.EVIDENCE, bytes(evidence))


class _Interrupts:
    """Ctrl-C while a cell runs, nothing between cells."""

    def __init__(self) -> None:
        self.armed = False

    def __call__(self, number: int, frame: Any) -> None:
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt


def run(connection: socket.socket, shell: Shell) -> None:
    """Serve one paper until the parent has no more cells."""
    channel = _Channel(connection)
    set_handler, interrupts = signal.signal, _Interrupts()
    set_handler(signal.SIGINT, interrupts)
    first = channel.receive()
    if first is None:
        return
    seed, output_bytes = int(first[1][0]), int(first[1][1])
    channel.output_left = output_bytes
    _prepare(seed, channel)
    shell.outputs.emit = channel.emit
    while (received := channel.receive()) is not None:
        index, source = received[1]
        set_handler(signal.SIGINT, interrupts)
        done = _run_cell(shell, source, interrupts)
        channel.send(wire.DONE, wire.pack((index, *done)))


def _prepare(seed: int, channel: _Channel) -> None:
    from autograder import probes
    from autograder.check import testify_to

    probes.set_seed(seed)
    testify_to(channel.testify)


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
        stack = [f"{type(escaped).__name__}: {escaped}"]
        shell.outputs.send("error", type(escaped).__name__, str(escaped), *stack)
    try:
        shell.outputs.flush()
    except Exception:  # a student's own stream in place of ours
        error = error or RuntimeError("the outputs cannot be flushed")
    if error is None:
        return "ok", "", ""
    return "error", type(error).__name__, _exhausted(error)


def _exhausted(error: BaseException) -> str:
    """Which of the sandbox's own limits an exception speaks of, if any."""
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            return "disk"
        if error.errno == errno.ENOMEM:
            return "memory"
    if isinstance(error, RuntimeError):
        message = str(error)
        if any(words in message for words in _OUT_OF_MEMORY):
            return "memory"
        if "can't start new thread" in message:
            return "processes"
    if isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN:
        return "processes"
    return ""


def serve(channel: int, shell: Shell) -> None:
    """Take over the channel of a paper, run it and end the process."""
    status = 1
    try:
        run(socket.socket(fileno=channel), shell)
        status = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(status)
