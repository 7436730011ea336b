"""How much a child and everything it started use together, as the kernel counts it.

A limit of the kernel bounds one process; this bounds their sum. The cheap count (resident pages)
counts a page once for each process that maps it, so it is never too small; only when it passes the
limit is the exact one asked for, in which a shared page is divided by those who share it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

_PAGE = 4096 if not hasattr(os, "sysconf") else os.sysconf("SC_PAGE_SIZE")
_MOST = 2000  # processes that are asked for their memory
_own_size = 0


def remember_own_size() -> None:
    """Note what the warm process takes: every child shares that much with it."""
    global _own_size
    try:
        _own_size = _resident(os.getpid())
    except OSError:
        _own_size = 0


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


def uses_more_than(pid: int, limit: int) -> bool:
    """Whether a child and its descendants together use more than ``limit`` bytes of their own."""
    everyone = [pid, *itertools.islice(descendants(pid), _MOST)]
    allowed = limit + _own_size
    if sum(map(_resident, everyone)) <= allowed:
        return False
    return sum(map(_proportional, everyone)) > allowed


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return _resident(pid)
