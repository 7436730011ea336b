"""Which submissions need not even be read again: nothing has changed on which their record depends.

A record depends on what was handed in, on the evidence of its execution, on the references of its
run, on the course (chapter, answers, configuration) and on the grader itself with the packages that
are installed. Each of these has a stamp: size, inode and the times of change of its files, to the
nanosecond. ``st_ctime_ns`` is among them, which no program can set back. Only where all stamps are
the same, a record is taken as it was; otherwise all stations are gone through. Where the course is
another and grader and evidence are the same, an answer is judged again whose question has changed
(:mod:`.grounds`). What the gradebook adds (a person's scores, lateness) is never kept.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import autograder
from autograder.course.folder import CONFIGURATION, CourseFolder
from autograder.grading import kept as kept_file
from autograder.grading.grounds import Grounds
from autograder.grading.judging import Judging
from autograder.grading.kept import Kept, Line
from autograder.grading.one_answer import Judged
from autograder.grading.scoring import Record
from autograder.grading.store import Store
from autograder.intake.submission import Found
from autograder.judge.references import SUFFIX

MOST_FILES = 200  #: in a submission's folder; one with more is read each time
#: A file that has changed less long ago may change again within the same tick of the clock.
SETTLED = 2_000_000_000  #: nanoseconds


@dataclasses.dataclass(frozen=True)
class Unread:
    """The record of a submission that was not read: judged by a run, executed with a version."""

    record: Record
    run: str
    version: str


class Unchanged:
    """The kept records of one assignment, with the stamps by which they are recognised.

    Make it before anything of the course is read: what changes later is then not taken for read.
    """

    def __init__(self, course: CourseFolder, name: str, store: Store) -> None:
        self._course, self._name, self._store = course, name, store
        self._grader = _digest(_grader())
        self._basis = _basis(course, name)
        self._submissions: dict[str, str | None] = {}
        self._runs: dict[str, str | None] = {}
        self._new: dict[str, Line] = {}
        self._judged: dict[str, Judged] = {}
        self._complete: str | None = None

    @functools.cached_property
    def _kept(self) -> Kept:
        return kept_file.read(self._store.folder, self._grader)

    @property
    def verdicts(self) -> Mapping[str, Judged]:
        """What this grader said of answers, by what that rests on."""
        return self._kept.judged

    def find(self, found: Found) -> Unread | None:
        """The record of a submission, where all is as it was. To be asked before it is read."""
        stamp = self._submissions[found.student] = _submission(found)
        line = self._kept.lines.get(found.student)
        if stamp is None or line is None or line.submission != stamp:
            return None
        if not self._course.graded(found.student, self._name).is_file():
            return None
        return self._as_it_was(line)

    def judged(self) -> dict[Path, Unread]:
        """The records of stored evidence, by file, where that and the judge are as they were."""
        found = {line.student: self._as_it_was(line) for line in self._kept.lines.values()}
        return {self._store.path(student): one for student, one in found.items() if one}

    def lines(self) -> dict[Path, Line]:
        """What is kept by files of evidence, where those and the grader are as they were."""
        return {
            self._store.path(line.student): line
            for line in self._kept.lines.values()
            if line.evidence == self._evidence(line.student)
        }

    def _as_it_was(self, line: Line) -> Unread | None:
        if line.evidence != self._evidence(line.student) or line.basis != self._all_else(line.run):
            return None
        record = self._kept.record(line)
        return None if record is None else Unread(record, line.run, line.version)

    def remember(
        self, record: Record, run: str, version: str, judging: Judging, grounds: Grounds
    ) -> None:
        """Keep what the judge said; what is set aside is looked at again each time."""
        evidence, basis = self._evidence(record.student), self._all_else(run)
        if record.status != "graded" or evidence is None or basis is None:
            return
        before = self._kept.lines.get(record.student)
        submission = self._submissions.get(record.student)
        if before is not None and (before.evidence, before.basis) == (evidence, basis):
            submission = submission or before.submission  # else it is read once more
        keys = judging.keys(grounds)
        self._judged |= judging.judged(keys)
        line = Line(
            submission,
            evidence,
            basis,
            run,
            version,
            record.assignment,
            record.max_score,
            grounds,
            keys,
        )
        if line != before:
            self._new[record.student] = line

    def save(self) -> None:
        """Write what was remembered, beside what was kept before and still holds."""
        if self._new or self._complete is not None:
            lines, judged = self._kept.lines | self._new, self._kept.judged | self._judged
            complete = self._complete or self._kept.complete
            kept_file.write(self._store.folder, self._grader, Kept(lines, judged, complete))

    @property
    def is_complete(self) -> bool:
        """Whether the references of all runs have every known answer of today."""
        return self._kept.complete == self._stamp_of_runs()

    def remember_complete(self) -> None:
        """Keep that they have."""
        self._complete = self._stamp_of_runs()

    def _stamp_of_runs(self) -> str:
        return _digest([self._basis, _stamps(self._store.runs.folder.glob(f"*{SUFFIX}"))])

    def _evidence(self, student: str) -> str | None:
        """The stamp of what an execution left behind."""
        stamp = _stamp(self._store.path(student))
        return None if stamp is None else _digest(stamp)

    def _all_else(self, run: str) -> str | None:
        """The stamp of the course, and of what a run's evidence is compared with."""
        if run not in self._runs:
            stamp = _stamp(self._store.runs.folder / f"{run}{SUFFIX}")
            self._runs[run] = None if stamp is None else _digest([self._basis, stamp])
        return self._runs[run]


# ---------------------------------------------------------------------------------------- stamps


def _stamp(path: Path | os.DirEntry[str], now: int | None = None) -> list[Any] | None:
    """A file's stamp; None for one that is not there, or may still be changing unnoticed."""
    try:
        status = path.stat(follow_symlinks=False)
    except OSError:
        return None
    if now is not None and now - status.st_ctime_ns < SETTLED:
        return None
    return [
        *(path.name, status.st_mode, status.st_size, status.st_ino),
        *(status.st_mtime_ns, status.st_ctime_ns),
    ]


def _submission(found: Found) -> str | None:
    """The stamp of all that is read of a submission; None where there is none to go by."""
    if found.folder is None or found.path is None:
        return None
    now = time.time_ns()
    stamps: list[Any] = []
    try:
        with os.scandir(found.folder) as entries:
            for entry in entries:
                stamp = _stamp(entry, now)
                if stamp is None or len(stamps) > MOST_FILES:
                    return None
                stamps.append(stamp)
    except OSError:
        return None
    return _digest([str(found.path), found.problem, found.note, sorted(stamps)])


def _basis(course: CourseFolder, name: str) -> str:
    """The stamp of all of the course that one assignment's records have in common."""
    files = [
        course.root / CONFIGURATION,
        *course.source(name).parent.glob("*"),
        *course.references(name).parent.glob(f"{name}.*"),
    ]
    return _digest(_stamps(files))


def _grader() -> list[Any]:
    """The stamps of the grader itself, and of what is installed."""
    own = Path(autograder.__file__).parent
    files = [path for path in own.rglob("*") if "__pycache__" not in path.parts]
    packages = [[entry, _modified(entry)] for entry in sys.path if entry.endswith("-packages")]
    return [sys.version, _stamps(files), packages]


def _stamps(files: Iterable[Path]) -> list[Any]:
    return [[str(path), _stamp(path)] for path in sorted(files) if not path.is_dir()]


def _modified(folder: str) -> int:
    """When something was installed or removed."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
