"""How much a child and everything it started use together, as the kernel counts it.

A limit of the kernel bounds one process; this bounds their sum. Counted are pages that no file
stands behind, the swapped ones and those of shared memory included, and the kernel's own memory:
page tables, and what the job's sockets can hold. Pipes are not: the kernel gives all of a user's
together no more than ``pipe-user-pages-soft``, and few pages to each beyond it.

The cheap count takes a page once for each process that maps it, so it is never too small; only when
it passes the limit is the exact one asked for, in which a shared page is divided by those who share
it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

_MOST = 2000  # processes that are asked for their memory
# net.core.wmem_default, which seccomp lets nobody raise, and one message beyond it
_MOST_IN_SOCKET = 2 * 212_992
_own_size = 0


def remember_own_size() -> None:
    """Note what the warm process takes: every child shares that much with it."""
    global _own_size
    _own_size = _at_most(os.getpid())


def uncounted() -> str:
    """Which of the kernel's counts are not to be had here, in words; empty where all are."""
    own = {
        "/proc/self/status": ("RssAnon", "VmPTE"),
        "/proc/self/smaps_rollup": ("Pss_Anon",),
    }
    lacking = [path for path, names in own.items() if len(_sizes(path, names)) < len(names)]
    if not os.access("/proc/self/net/sockstat", os.R_OK):
        lacking.append("/proc/self/net/sockstat")
    return f"this kernel does not count it in {', '.join(lacking)}" if lacking else ""


def descendants(pid: int) -> Iterator[int]:
    """The processes that ``pid`` and its descendants have started and that still exist."""
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:
            for thread in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{thread}/children") as file:
                    children = [int(child) for child in file.read().split()]
                yield from children
                waiting += children
        except OSError:
            continue  # it has ended


def are_more_than(pid: int, limit: int) -> bool:
    """Whether a child and its descendants together have more than ``limit`` threads.

    Stops counting there, because a fork bomb grows as fast as it is counted.
    """
    count = _threads(pid)
    for descendant in descendants(pid):
        count += _threads(descendant)
        if count > limit:
            return True
    return count > limit


def may_use_more_than(pid: int, limit: int) -> bool | None:
    """Whether a child and its descendants use more than ``limit`` bytes; None if that is unsure.

    Takes a quarter of a millisecond a process. Where it is unsure, :func:`uses_more_than` knows.
    """
    everyone = _everyone(pid)
    limit -= _in_sockets(pid)
    if sum(map(_at_most, everyone)) <= limit + _own_size:
        return False
    # page tables beyond those that a fork copies belong to nobody else
    tables = sum(map(_page_tables, everyone)) - len(everyone) * _page_tables(os.getpid())
    return True if tables > limit else None


def uses_more_than(pid: int, limit: int) -> bool:
    """Whether a child and its descendants together use more than ``limit`` bytes of their own.

    Takes some ten milliseconds a process. What they have from the warm process is not their own,
    shared or copied since, once for all of them: a child is to meet the kernel's limit, which an
    exception can tell it of, before this one.
    """
    used = _in_sockets(pid) + sum(map(_proportional, _everyone(pid)))
    return used > limit + _own_size


def _everyone(pid: int) -> list[int]:
    return [pid, *itertools.islice(descendants(pid), _MOST)]


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def _at_most(pid: int) -> int:
    """Bytes of a process, shared pages in full, with its page tables."""
    return sum(_sizes(f"/proc/{pid}/status", ("RssAnon", "RssShmem", "VmSwap", "VmPTE")))


def _proportional(pid: int) -> int:
    """Bytes of a process, of a shared page its part, with its page tables."""
    shares = _sizes(f"/proc/{pid}/smaps_rollup", ("Pss_Anon", "Pss_Shmem", "SwapPss"))
    if not shares:
        return _at_most(pid)
    return sum(shares) + _page_tables(pid)


def _page_tables(pid: int) -> int:
    return sum(_sizes(f"/proc/{pid}/status", ("VmPTE",)))


def _sizes(path: str, names: tuple[str, ...]) -> list[int]:
    """The entries of such a file that are called so, in bytes; none where it cannot be read."""
    try:
        with open(path) as file:
            lines = [line.partition(":") for line in file]
    except OSError:
        return []
    return [int(size.split()[0]) * 1024 for name, _, size in lines if name in names]


def _in_sockets(pid: int) -> int:
    """Bytes that the sockets of a child's network can hold, those in no process any more included.

    None where it has no network of its own.
    """
    try:
        if os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino:
            return 0
        with open(f"/proc/{pid}/net/sockstat") as file:
            return int(file.readline().split()[2]) * _MOST_IN_SOCKET
    except (OSError, ValueError, IndexError):
        return 0
