"""A machine of its own, for tests that make users and start servers on fixed ports.

It is this machine in new namespaces: the same programs, but a copy of /etc, empty folders for
everything that people write, and a network with nothing but its loopback. Nothing of it is left.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from tests.conftest import COURSE

CLONE = "/mnt/root/course"  #: the repository, in a folder that root alone may enter
_PACKAGE = "/mnt/package"  #: what would be installed: the package, without the course
_SHARED = ("/usr", "/opt", "/bin", "/sbin", "/lib", "/lib64")  # where programs lie
_EMPTY = ("/home", "/srv", "/root", "/run", "/tmp", "/var/mail", "/var/log")
_CLONE_NEWNET = 0x40000000
_T = TypeVar("_T")

_MAKE = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 machine /mnt
cp -a /etc /mnt/etc
mkdir -m 700 /mnt/root
mkdir -p {clone} {package}/autograder /mnt/keep
mount --bind {course} {clone}
mount --bind {course}/autograder {package}/autograder
{keep}
for folder in {empty}; do [ ! -d $folder ] || mount -t tmpfs -o mode=755 machine $folder; done
chmod 1777 /tmp
{put}
mount --bind /mnt/etc /etc
ip link set lo up
echo ready
read end
"""


def missing() -> str | None:
    """Why there can be none here, or None."""
    if os.geteuid() != 0:
        return "making users and namespaces needs root"
    for program in ("unshare", "nsenter", "runuser", "useradd", "ip", "bridge"):
        if shutil.which(program) is None:
            return f"there is no program {program}"
    done = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], check=False)
    return "this container may make no namespaces" if done.returncode else None


class Machine:
    """A running one; ``pid`` is its first process as seen from here."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.root = Path(f"/proc/{pid}/root")  #: its files, as seen from here
        self._inside = concurrent.futures.ThreadPoolExecutor(1, initializer=self._enter_network)

    def command(self, line: list[str], user: str = "root", folder: str = "/") -> list[str]:
        """The command line that runs ``line`` there as a user."""
        home = "/root" if user == "root" else f"/home/{user}"
        programs = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        kept = {
            "HOME": home,
            "USER": user,
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "PATH": f"{sys.prefix}/bin:{programs}",
            "PYTHONPATH": _PACKAGE,
        }
        become = [] if user == "root" else ["runuser", "-u", user, "--"]
        environment = ["env", "-i", f"--chdir={folder}", *(f"{k}={v}" for k, v in kept.items())]
        return [*self.enter, *become, *environment, *line]

    @property
    def enter(self) -> list[str]:
        """What stands before a command line that is to run there."""
        return ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--net", "--"]

    def run(self, line: list[str], user: str = "root", folder: str = "/", ok: bool = True) -> str:
        """Run a program there; what it printed."""
        done = subprocess.run(
            self.command(line, user, folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (done.returncode == 0) == ok, f"{shlex.join(line)} as {user}:\n{done.stdout}"
        return done.stdout

    def ask(self, function: Callable[..., _T], *arguments: Any, **named: Any) -> _T:
        """Call something that opens connections in the machine's network."""
        return self._inside.submit(function, *arguments, **named).result()

    def _enter_network(self) -> None:
        with open(f"/proc/{self.pid}/ns/net") as file:
            assert ctypes.CDLL(None).setns(file.fileno(), _CLONE_NEWNET) == 0


@contextlib.contextmanager
def machine() -> Iterator[Machine]:
    """Start one, and end it with everything that runs in it."""
    places = {sys.base_prefix, sys.prefix, os.path.realpath(sys.prefix)}
    kept = sorted(place for place in places if not place.startswith(_SHARED))
    tops = {f"/{Path(place).parts[1]}" for place in (str(COURSE), *kept)}
    keep = [f"mkdir /mnt/keep/{i}; mount --bind {p} /mnt/keep/{i}" for i, p in enumerate(kept)]
    put = [
        f"mkdir -p {p}; mount --bind /mnt/keep/{i} {p}; mount -o remount,bind,ro {p}"
        for i, p in enumerate(kept)
    ]
    script = _MAKE.format(
        clone=CLONE,
        package=_PACKAGE,
        course=shlex.quote(str(COURSE)),
        empty=" ".join(sorted({*_EMPTY, *tops})),
        keep="\n".join(keep),
        put="\n".join(put),
    )
    line = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"]
    process = subprocess.Popen(
        [*line, "bash", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        yield Machine(int(children.split()[0]))
    finally:
        process.stdin.close()
        process.kill()
        process.wait()
