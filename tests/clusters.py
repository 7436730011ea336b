"""A real Dask scheduler and workers on loopback, and what can happen to them."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping

from tests.networks import Network

_WAIT = """
import sys
from distributed import Client

with Client(sys.argv[1], timeout="300s", set_as_default=False) as client:
    if sys.argv[2] != "0":
        client.wait_for_workers(int(sys.argv[2]), timeout=300)
"""


class DaskCluster:
    """A scheduler and workers of one thread each, as processes of their own.

    On a ``network`` the scheduler and each worker is on a machine of its own: ``scheduler``,
    ``worker0``, ``worker1``, …
    """

    def __init__(
        self,
        workers: int = 0,
        variables: Mapping[str, str] | None = None,
        network: Network | None = None,
    ) -> None:
        self.count = workers
        self.variables = {**os.environ, **(variables or {})}
        self.network = network
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes]

    def __enter__(self) -> DaskCluster:
        from distributed.utils import open_port

        self.port = open_port()
        self.host = self.network.addresses["scheduler"] if self.network else "127.0.0.1"
        self.address = f"tcp://{self.host}:{self.port}"
        self.start_scheduler()
        for _ in range(self.count):
            self.start_worker()
        self.wait_for_workers(self.count)
        return self

    def __exit__(self, *error: object) -> None:
        processes = [*self.workers, self.scheduler]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:  # a worker that still waits for its scheduler
                process.kill()
                process.wait()

    def start_scheduler(self) -> None:
        """Start it, again at the same port."""
        self.scheduler = self._start(
            "scheduler", "dask_scheduler", "--host", self.host, "--port", str(self.port)
        )

    def start_worker(self, variables: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one more."""
        worker = self._start_worker(f"worker{len(self.workers)}", variables)
        self.workers.append(worker)
        return worker

    def keep_up(self) -> None:
        """Start another in place of each that has ended, on the same machine."""
        for i, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.workers[i] = self._start_worker(f"worker{i}")

    def _start_worker(
        self, machine: str, variables: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--no-nanny")
        return self._start(machine, "dask_worker", self.address, *options, variables=variables)

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many have come to the scheduler."""
        command = [*self.on("scheduler"), sys.executable, "-c", _WAIT, self.address, str(count)]
        subprocess.run(command, env=self.variables, check=True)

    def on(self, machine: str) -> list[str]:
        """What a command begins with that runs on a machine of the network, if there is one."""
        return self.network.on(machine) if self.network else []

    def _start(
        self,
        machine: str,
        program: str,
        *arguments: str,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments, "--no-dashboard"]
        return subprocess.Popen(
            [*self.on(machine), *command],
            env={**self.variables, **(variables or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def cable(port: int) -> Iterator[Cable]:
    """A connection to a port of this machine that can be cut and mended."""
    between = Cable(port)
    try:
        yield between
    finally:
        between.cut()
        between.listening.close()


class Cable:
    """What comes to ``address`` is passed on to a port; :meth:`cut` ends every connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.listening.getsockname()[1]}"
        self.is_cut = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections, and let no new one through."""
        self.is_cut = True
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self.is_cut = False

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            self._pairs.append((near, far))
            threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()

    @staticmethod
    def _pass_on(near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with near, far:
            while True:
                try:
                    for end in select.select([near, far], [], [])[0]:
                        data = end.recv(1 << 16)
                        if not data:
                            return
                        other[end].sendall(data)
                except (OSError, ValueError):
                    return
