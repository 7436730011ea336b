"""What a forked child does to itself before a student's code runs in it.

The warm process lives in bubblewrap's namespaces, where it has every capability and nothing to use
it on. For each job it makes a new PID namespace and forks into it, and the child takes the rest
away in :func:`isolate`: its own mounts, network and IPC, a scratch folder of bounded size, limits,
then its capabilities, and last the right to ask the kernel for any of it again.

Each step is a *layer*. :data:`LAYERS` says what it is good for and whether grading refuses without
it. A layer that this machine lacks is found once, when the warm process starts, by a trial child.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import re
import struct
import sys
from collections.abc import Callable
from typing import Any

from autograder.sandbox import seccomp
from autograder.sandbox.landlock import Ruleset

SCRATCH = "/scratch"  #: the only folder that a child may write

if sys.platform == "win32":  # nothing runs there, but `doctor` says why
    _libc: Any = None
else:
    import resource

    _libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_MNT_DETACH = 2
_PR_SET_DUMPABLE, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 4, 28, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECURE_EVERYTHING = 0xEF  # root and setuid mean nothing, ambient none, and all of it locked
_CAPABILITY_VERSION_3 = 0x20080522
_ROOM = 2**30  # bytes of addresses for files and libraries that a job maps
_ROOM_OF_A_THREAD = 80 * 2**20  # its stack, and what malloc sets aside for it
_FIRST_USUAL_PID = 300  # the kernel reserves lower numbers for the first round

#: name: (whether grading refuses without it, what it is good for)
LAYERS: dict[str, tuple[bool, str]] = {
    "bubblewrap": (True, "shows the warm process nothing but the Python installation"),
    "processes": (True, "a PID namespace of its own: sees and signals nobody, ends as a whole"),
    "files": (True, "mounts of its own: one scratch folder of bounded size, no /proc"),
    "network": (True, "a network of its own without any device, loopback included"),
    "messages": (True, "System V and POSIX messages of its own"),
    "privileges": (True, "a user namespace in which it is nobody, without capabilities for good"),
    "limits": (True, "bounds on memory and addresses, processor time, open files and file size"),
    "kernel_memory": (False, "page tables and sockets count as a job's memory, ten times a second"),
    "process_limit": (True, "a bound on the number of processes and threads"),
    "seccomp": (True, "denies the parts of the kernel that a notebook has no business with"),
    "landlock": (False, "says what may be opened a second time, beyond undoing"),
}


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What the child may use: the limits of a job that the kernel itself enforces."""

    memory_bytes: int
    processes: int
    disk_bytes: int
    cpu_seconds: int


def call(name: str, *args: object) -> None:
    """A function of the C library that reports failure by -1. Raises OSError."""
    if getattr(_libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` name for new ones. Raises OSError."""
    call("unshare", ctypes.c_int(flags))


def enter_pid_namespace(descriptor: int) -> None:
    """Let the next fork start in the PID namespace behind ``descriptor``. Raises OSError."""
    call("setns", ctypes.c_int(descriptor), ctypes.c_int(CLONE_NEWPID))


def isolate(
    bounds: Bounds, ruleset: Ruleset, filter_program: bytes | None, layers: set[str]
) -> dict[str, str]:
    """Take everything away from this process that ``layers`` name; what failed, and why.

    Called in a process that is the first of its PID namespace. The current folder is the scratch
    folder afterwards.
    """
    failed: dict[str, str] = {}

    def layer(name: str, step: Callable[[], None]) -> None:
        if name in layers:
            try:
                step()
            except OSError as error:
                failed[name] = str(error)

    os.umask(0o077)
    layer("network", lambda: unshare(CLONE_NEWNET))
    layer("messages", lambda: unshare(CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP))
    layer("files", lambda: _own_mounts(bounds))
    layer("process_limit", lambda: _bound_crowd(bounds))
    layer("limits", lambda: _bound_resources(bounds))
    layer("files", _hide_proc)
    layer("privileges", lambda: unshare(CLONE_NEWUSER))
    layer("privileges", _drop_capabilities)
    # counted in the new user namespace, so that other jobs do not count
    layer("process_limit", lambda: limit(resource.RLIMIT_NPROC, bounds.processes + 1))
    layer("files", lambda: os.chdir(SCRATCH))
    layer("landlock", lambda: ruleset.apply(SCRATCH))
    for descriptor in ruleset.descriptors:
        os.close(descriptor)
    if filter_program is not None:
        layer("seccomp", lambda: seccomp.install(filter_program))
    elif "seccomp" in layers:
        failed["seccomp"] = "the numbers of this machine's system calls are not known"
    return failed


def _own_mounts(bounds: Bounds) -> None:
    unshare(CLONE_NEWNS)
    options = f"size={bounds.disk_bytes},nr_inodes=16384,mode=0700".encode()
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    call("mount", b"scratch", SCRATCH.encode(), b"tmpfs", flags, options)
    for folder in ("tmp", "shm", "config"):
        os.mkdir(f"{SCRATCH}/.{folder}")


def _hide_proc() -> None:
    call("umount2", b"/proc", ctypes.c_int(_MNT_DETACH))


def _bound_crowd(bounds: Bounds) -> None:
    """Let the PID namespace have ``processes`` numbers beyond the one that is taken.

    Since Linux 6.14 each namespace has a ``pid_max`` of its own, of at least 301. Numbers below 300
    are given out once only, so after a jump to 300 exactly the numbers up to ``pid_max`` are left.
    Before 6.14 the file is the whole machine's and must not be touched: there ``RLIMIT_NPROC`` has
    to do, and the trial child finds out whether it does.
    """
    if _linux_version() < (6, 14):
        return
    _write("/proc/sys/kernel/pid_max", str(_FIRST_USUAL_PID + max(1, bounds.processes)))
    # without this file (it is a build option of the kernel) 300 numbers are left
    with contextlib.suppress(OSError):
        _write("/proc/sys/kernel/ns_last_pid", str(_FIRST_USUAL_PID - 1))


def _linux_version() -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _bound_resources(bounds: Bounds) -> None:
    with contextlib.suppress(OSError):  # a system without /proc has no such limit either
        _write("/proc/self/oom_score_adj", "1000")
        with open("/proc/self/statm") as file:
            pages = [int(number) for number in file.read().split()]
        addresses, data = (pages[i] * resource.getpagesize() for i in (0, 5))
        limit(resource.RLIMIT_DATA, data + bounds.memory_bytes)
        # beyond what is in use, since a CUDA-linked torch maps gigabytes that it never touches
        room = _ROOM + bounds.processes * _ROOM_OF_A_THREAD
        limit(resource.RLIMIT_AS, addresses + bounds.memory_bytes + room)
    limit(resource.RLIMIT_CPU, bounds.cpu_seconds)
    limit(resource.RLIMIT_FSIZE, bounds.disk_bytes)
    limit(resource.RLIMIT_NOFILE, 256)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_MEMLOCK, 65536)
    limit(resource.RLIMIT_SIGPENDING, 1024)
    limit(resource.RLIMIT_MSGQUEUE, 0)


def limit(which: int, value: int) -> None:
    """Lower a limit of this process to ``value``, or to what it already was if that is less."""
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _drop_capabilities() -> None:
    call("prctl", _PR_SET_SECUREBITS, ctypes.c_ulong(_SECURE_EVERYTHING), 0, 0, 0)
    call("prctl", _PR_CAP_AMBIENT, ctypes.c_ulong(_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    header = struct.pack("<Ii", _CAPABILITY_VERSION_3, 0)
    call("capset", header, bytes(24))
    call("prctl", _PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
