"""Starting the warm process, with bubblewrap around it, and talking to it.

One process of the grader has one :class:`Warm`, shared by its threads; :func:`warm` returns it and
starts it, or starts it again when it has died.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from typing import Any

from autograder.errors import SandboxUnavailable
from autograder.sandbox import file_system, isolate
from autograder.sandbox.job import SandboxOptions

_KERNEL = "autograder.kernel.child"  # what serves in a child; named, since it is not known here
_START_SECONDS = 180.0
# Python is started with -I, which keeps the caller's folder and variables out of its modules. What
# it is told comes through the socket: a command line can be read by what runs in the process.
_PROGRAM = (
    "import json, socket, struct, sys\n"
    "def listen():\n"
    "    control = socket.socket(fileno=int(sys.argv[1]))\n"
    "    size, = struct.unpack('<I', control.recv(4, socket.MSG_WAITALL))\n"
    "    options = json.loads(control.recv(size, socket.MSG_WAITALL))\n"
    "    known = set(sys.path)\n"
    "    sys.path += [folder for folder in options['path'] if folder not in known]\n"
    "    return control, options\n"
    "def start():\n"
    "    given = listen()\n"
    "    from autograder.sandbox.warm import main\n"
    "    return main(*given)\n"
    "serve = start()\n"
    "if serve is not None: serve()\n"
)


class Warm:
    """One warm process. All methods may be called from several threads."""

    def __init__(self, options: SandboxOptions, probe: bool = False) -> None:
        self.options = options
        self.sandboxed = options.layers != "none"
        self.missing: dict[str, str] = {}
        self.error: Exception | None = None
        self._given_up = False
        self._probe = probe
        self._told = b""
        self._sending = threading.Lock()
        self._ahead: tuple[str, ...] = ()  # what it has been told to compile
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._control, self._theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the process
        # bubblewrap dies with the thread that started it, so that thread lives as long as it
        self._keeper = threading.Thread(target=self._keep, name="autograder-warm", daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        try:
            self._process = self._start()
            self._theirs.close()
            self._greet()
        except Exception as error:
            self.error = error
            self._theirs.close()
            self._control.close()
        finally:
            self._started.set()
        if self._process is not None:
            self._process.wait()
        if self.error is not None:
            self._errors.close()

    def _start(self) -> subprocess.Popen[bytes]:
        descriptor = self._theirs.fileno()
        readable = file_system.readable_paths(self.options.preload)
        options = {
            "sandboxed": self.sandboxed,
            "probe": self._probe,
            "readable": [*readable, "/bin", "/lib", "/lib64", "/etc/passwd"],
            "devices": list(file_system.DEVICES),
            "path": file_system.module_folders(self.options.preload),
            "preload": self.options.preload,
            "kernel": _KERNEL,
        }
        self._told = json.dumps(options).encode()
        command = [sys.executable, "-IB", "-c", _PROGRAM, str(descriptor)]
        passed = [descriptor]
        with tempfile.TemporaryFile() as passwd:
            if self.sandboxed:
                program = file_system.bubblewrap()
                if program is None:
                    raise _refusal({"bubblewrap": "the program bwrap is not installed"})
                passwd.write(file_system.PASSWD)
                passwd.seek(0)
                passed.append(passwd.fileno())
                command = file_system.arguments(program, readable, passwd.fileno()) + command
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=passed,
                env={**os.environ, **file_system.ENVIRONMENT},
                start_new_session=True,
            )

    def _greet(self) -> None:
        self._control.settimeout(_START_SECONDS)
        with contextlib.suppress(OSError):  # it has ended already; what it said is read below
            self._control.sendall(struct.pack("<I", len(self._told)) + self._told)
        hello = self._read_line()
        if hello is None:
            self.missing = {"bubblewrap": self.complaint() or "it ended without a word"}
        else:
            self.missing = dict(hello["missing"])
        if self._probe:
            return
        if self.options.layers == "full" and any(isolate.LAYERS[name][0] for name in self.missing):
            raise _refusal(self.missing)
        if hello is None or self._read_line() is None:
            raise RuntimeError(f"the warm process did not start: {self.complaint()}")
        self._control.settimeout(None)

    def _read_line(self) -> dict[str, Any] | None:
        line = b""
        while not line.endswith(b"\n"):
            piece = self._control.recv(1)
            if not piece:
                return None
            line += piece
        return dict(json.loads(line))

    def complaint(self) -> str:
        """The last lines that the process wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode("utf-8", "replace").strip()

    def wait_until_ready(self) -> None:
        """Wait for the start. Raises what went wrong with it."""
        self._started.wait()
        if self.error is not None:
            raise self.error

    @property
    def alive(self) -> bool:
        """Whether it is starting or running."""
        if not self._started.is_set():
            return True
        return self.error is None and not self._given_up and self._keeper.is_alive()

    def give_up(self) -> None:
        """It has died or hangs: end what is left of it, so that the next job starts a new one."""
        self._given_up = True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        if self._process is not None:
            self._process.kill()

    def forget(self) -> None:
        """In a fork of this process: let go of the connection, which is the parent's."""
        self._control.close()

    def submit(
        self, request: dict[str, Any], descriptors: list[int], ahead: tuple[str, ...] = ()
    ) -> None:
        """Ask for a child that gets ``descriptors``. Raises OSError when the process is gone.

        ``ahead``: the cells of the course's own among those that the child will run.
        """
        with self._sending:
            if ahead != self._ahead:
                request, self._ahead = request | {"ahead": ahead}, ahead
            data = json.dumps(request).encode()
            head = struct.pack("<I", len(data))
            socket.send_fds(self._control, [head], descriptors)
            self._control.sendall(data)

    def stop(self) -> None:
        """End the process and everything in it, and wait until it has ended."""
        self._started.wait()
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._keeper.join(5)
        self._control.close()
        self._errors.close()


def _refusal(missing: dict[str, str]) -> SandboxUnavailable:
    lacking = {name: why for name, why in missing.items() if isolate.LAYERS[name][0]}
    reasons = "; ".join(f"{name} ({why})" for name, why in lacking.items())
    return SandboxUnavailable(
        f"Students' code cannot be run safely here, because the sandbox lacks: {reasons}. "
        "`autograder doctor` says what helps. AUTOGRADER_SANDBOX=available accepts the risk of "
        "doing without these layers; `autograder grade --no-sandbox` or AUTOGRADER_SANDBOX=none "
        "that of no protection at all."
    )


_lock = threading.Lock()
_current: Warm | None = None


def warm(options: SandboxOptions) -> Warm:
    """The warm process of this process, started if need be; it may not be ready yet.

    Raises :class:`SandboxUnavailable` on a system without fork.
    """
    global _current
    if not hasattr(os, "fork"):
        raise SandboxUnavailable(
            "Students' code cannot be run here, because this system cannot fork a process: "
            "grade on Linux, or in a Linux container or virtual machine."
        )
    with _lock:
        if _current is not None and _current.options != options:
            _current.stop()
            _current = None
        if _current is None or not _current.alive:
            _current = Warm(options)
        return _current


def stop() -> None:
    """End the warm process of this process, if there is one."""
    global _current
    with _lock:
        current, _current = _current, None
    if current is not None:
        current.stop()


def _forget_in_fork() -> None:
    """A fork of the grader has no threads of its own yet and needs a warm process of its own."""
    global _current, _lock
    _lock = threading.Lock()
    if _current is not None:
        _current.forget()
        _current = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_fork)
