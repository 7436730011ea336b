"""One command at a time writes a course's grades, and one collects hand-ins; others wait.

The locks are the kernel's (``flock`` on a file in ``evidence/``), so whoever is killed gives them
up. Where a file system has no locks, or the system has none, commands go on without.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Literal

from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError

try:
    import fcntl
except ImportError:  # Windows, where nothing is graded
    fcntl = None  # type: ignore[assignment]

_LOOK_SECONDS = 0.1  #: between two looks at a lock that somebody holds
_MOST_TEXT = 500  #: bytes that are read of what the holder wrote
_TAKEN = (errno.EAGAIN, errno.EACCES)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class InUse(AutograderError):
    """Another command has been at work on the course for longer than one waits."""


def _nobody(text: str) -> None:
    """Tell nobody."""


@contextlib.contextmanager
def course_lock(
    course: CourseFolder,
    command: str,
    *,
    of: Literal["grades", "hand-ins"] = "grades",
    seconds: float | None = None,
    say: Callable[[str], None] = _nobody,
) -> Iterator[None]:
    """Hold one of the course's locks, after having waited for it.

    Args:
        course: the course that is to be written.
        command: what is done, for whoever waits: ``"autograder grade 01_module"``.
        of: what is written: the gradebook and what grading keeps, or ``submitted/``.
        seconds: how long to wait; ``c.Grading.wait_seconds`` of the course if left out.
        say: is told once, in a sentence, that somebody else is at work.

    Raises:
        InUse: somebody else still holds it after that time.
        AutograderError: the lock's file cannot be opened.
    """
    if fcntl is None:
        yield
        return
    wait = course.grading.wait_seconds if seconds is None else seconds
    path = course.evidence(f".{of}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise AutograderError(f"{path} cannot be written: {error.strerror}.") from None
    try:
        _acquire(descriptor, wait, say)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _about(command).encode("utf-8", "replace")[:_MOST_TEXT], 0)
        yield
    finally:
        os.close(descriptor)  # which gives it up


def _acquire(descriptor: int, wait: float, say: Callable[[str], None]) -> None:
    deadline = time.monotonic() + wait
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return
            if error.errno not in _TAKEN:
                raise AutograderError(f"The course cannot be locked: {error.strerror}.") from None
        holder = os.pread(descriptor, _MOST_TEXT, 0).decode("utf-8", "replace").strip()
        if time.monotonic() >= deadline:
            raise InUse(
                f"{holder or 'Another command'} is still at work on this course after "
                f"{wait:g} seconds (c.Grading.wait_seconds). Try again when it has ended."
            )
        if not told:
            told = True
            say(f"Waiting for {holder or 'another command'}, at most {wait:g} seconds.")
        time.sleep(_LOOK_SECONDS)


def _about(command: str) -> str:
    now = datetime.datetime.now().astimezone()
    return f"`{command}` (process {os.getpid()} on {socket.gethostname()}, since {now:%H:%M:%S %Z})"
