"""A real PostgreSQL server on loopback, of an ordinary user, for as long as tests need it."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 120  #: seconds that a busy machine may take to start it
_USER = "nobody"  #: who runs it where the tests are run by root, whom PostgreSQL refuses


def programs() -> Path | None:
    """The folder of the server's programs, the newest that there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: p.parts[-3])
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


class Server:
    """A running server; :meth:`database` makes a new empty database."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._count = itertools.count()

    def url(self, database: str) -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://tests@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The URL of a new empty database."""
        import psycopg

        name = f"course{next(self._count)}"
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def is_up(self) -> bool:
        """Whether it answers."""
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self._conninfo("postgres")).close()
            return True
        return False

    def _conninfo(self, database: str) -> str:
        return f"postgresql://tests@127.0.0.1:{self.port}/{database}?connect_timeout=5"


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start one in a folder of its own."""
    folder = programs()
    assert folder is not None
    user = {"user": _USER, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="postgres") as place:
        if user:
            shutil.chown(place, _USER)
        data = f"{place}/data"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **user}
        subprocess.run(
            [folder / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "-N"],
            check=True,
            **quiet,
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [folder / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1"]
        process = subprocess.Popen([*command, "-k", place, "-c", "fsync=off"], **quiet)
        try:
            running, deadline = Server(port), time.monotonic() + PATIENCE
            while not running.is_up():
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.1)
            yield running
        finally:
            process.send_signal(signal.SIGINT)  # it waits for no connection that is open still
            process.wait(PATIENCE)
