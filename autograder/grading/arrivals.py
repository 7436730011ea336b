"""What has been handed in since it was graded last, and whose turn it is.

Nothing is kept on disk for it: after a start everything counts as new, and what has not changed
since its grading is recognised by :mod:`autograder.grading.unchanged`, which executes nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.course.folder import CourseFolder
from autograder.grading.store import Store
from autograder.grading.unchanged import MOST_FILES

SETTLED_SECONDS = 1.0  #: a file that has changed less long ago may be written still

Stamp = tuple[tuple[str, int, int, int, int], ...]


class Arrivals:
    """The submissions below a folder.

    Args:
        course: their course.
        submitted: the folder, laid out as nbgrader's ``submitted/``.
        names: only these assignments.
        again_after: seconds from one grading of a student's submission to the next of the same
            assignment; what comes sooner waits, and the latest counts.
    """

    def __init__(
        self, course: CourseFolder, submitted: Path, names: Iterable[str], again_after: float
    ) -> None:
        self._submitted, self._names = submitted, tuple(names)
        self._again_after = again_after
        self._stores = {name: Store(course.evidence(name)) for name in self._names}
        self._taken: dict[tuple[str, str], Stamp] = {}
        self._seen: dict[tuple[str, str], Stamp] = {}

    def due(self) -> dict[str, list[str]]:
        """Whose submissions are to be graded now, by assignment; who came first stands first."""
        now, found = time.time(), dict[str, list[str]]()
        for student in _folders(self._submitted):
            for name in self._names:
                stamp = stamp_of(self._submitted / student / name)
                key = (name, student)
                if stamp is None or stamp == self._taken.get(key):
                    continue
                self._seen[key] = stamp
                if is_settled(stamp, now) and self._waits(key, now) <= 0:
                    found.setdefault(name, []).append(student)
        for name, students in found.items():
            came = {student: _changed(self._seen[name, student]) for student in students}
            students.sort(key=came.__getitem__)
        return found

    def waiting(self) -> dict[tuple[str, str], float]:
        """Who handed in again too soon, by assignment and student: seconds until the next turn."""
        now = time.time()
        found = {key: self._waits(key, now) for key in self._seen}
        return {key: seconds for key, seconds in found.items() if seconds > 0}

    def take(self, due: Mapping[str, Iterable[str]]) -> None:
        """These are being graded as they were when :meth:`due` looked."""
        for name, students in due.items():
            for student in students:
                self._taken[name, student] = self._seen.pop((name, student))

    def _waits(self, key: tuple[str, str], now: float) -> float:
        name, student = key
        if key not in self._taken:  # it is not known yet whether it has changed since
            return 0.0
        try:
            last = self._stores[name].path(student).stat().st_mtime
        except OSError:
            return 0.0
        return last + self._again_after - now


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def stamp_of(folder: Path) -> Stamp | None:
    """By what a submission's folder is recognised; None where nothing is in it."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in itertools.islice(entries, MOST_FILES):
                found.append(_row(entry.name, entry.stat(follow_symlinks=False)))
    except OSError:
        return None
    return tuple(sorted(found)) or None


def stamp_of_all(folder: Path) -> Stamp | None:
    """The same of a folder with all that is below it."""
    found = []
    for where, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):  # it has just gone
                path = os.path.join(where, name)
                found.append(_row(path, os.lstat(path)))
    return tuple(sorted(found)) or None


def _row(name: str, status: os.stat_result) -> tuple[str, int, int, int, int]:
    times = status.st_mtime_ns, status.st_ctime_ns
    return name, status.st_size, *times, status.st_ino


def is_settled(stamp: Stamp, now: float) -> bool:
    """Whether nothing of it was written a moment ago.

    By the time of change, which a copy that keeps the times of what it copies does not set back.
    """
    changed = _changed(stamp) / 1e9
    return changed < now - SETTLED_SECONDS or changed > now  # the clock was set back


def _changed(stamp: Stamp) -> int:
    return max(changed for *_, changed, _ in stamp)
