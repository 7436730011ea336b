"""Which submissions need not even be read again: nothing has changed on which their record depends.

A record depends on what was handed in, on the evidence of its execution, on the references of its
run, on the course (chapter, answers, configuration) and on the grader itself with the packages that
are installed. Each of these has a stamp: size, inode and the times of change of its files, to the
nanosecond. ``st_ctime_ns`` is among them, which no program can set back. Only where all stamps are
the same, what the judge said is taken from ``evidence/<assignment>/unchanged.jsonl``; otherwise all
stations are gone through. What the gradebook adds (a person's scores, lateness) is never kept here.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import autograder
from autograder.course.folder import CONFIGURATION, CourseFolder
from autograder.files import write_whole
from autograder.grading.scoring import Record
from autograder.grading.store import Store, jsonl
from autograder.intake.submission import Found
from autograder.judge.references import SUFFIX
from autograder.judge.requirements import Earned
from autograder.judge.verdicts import Verdict

FILE = "unchanged.jsonl"
MOST_FILES = 200  #: in a submission's folder; one with more is read each time
#: A file that has changed less long ago may change again within the same tick of the clock.
SETTLED = 2_000_000_000  #: nanoseconds


@dataclasses.dataclass(frozen=True)
class Kept:
    """What the judge said of a submission, and the run by which it did."""

    record: Record
    run: str


class Unchanged:
    """The kept records of one assignment, with the stamps by which they are recognised.

    Make it before anything of the course is read: what changes later is then not taken for read.
    """

    def __init__(self, course: CourseFolder, name: str, store: Store) -> None:
        self._course, self._name, self._store = course, name, store
        self._path = store.folder / FILE
        self._basis = _basis(course, name)
        self._submissions: dict[str, str | None] = {}
        self._runs: dict[str, list[Any] | None] = {}
        self._new: dict[str, dict[str, Any]] = {}

    @functools.cached_property
    def _lines(self) -> dict[str, dict[str, Any]]:
        try:
            first, *lines = self._path.read_text(encoding="ascii").split("\n")
            if json.loads(first).get("basis") != self._basis:
                return {}
            return {line["student"]: line for line in map(json.loads, filter(None, lines))}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def find(self, found: Found) -> Kept | None:
        """The record of a submission, where all is as it was. To be asked before it is read."""
        stamp = self._submissions[found.student] = _submission(found)
        line = self._lines.get(found.student)
        if stamp is None or line is None or line.get("submission") != stamp:
            return None
        if not self._course.graded(found.student, self._name).is_file():
            return None
        return self._kept(line)

    def judged(self) -> dict[Path, Kept]:
        """The records of stored evidence, by file, where that and the judge are as they were."""
        found = {student: self._kept(line) for student, line in self._lines.items()}
        return {self._store.path(student): kept for student, kept in found.items() if kept}

    def remember(self, record: Record, run: str) -> None:
        """Keep what the judge said; what is set aside is looked at again each time."""
        evidence = self._evidence(record.student, run)
        if record.status != "graded" or evidence is None:
            return
        before = self._lines.get(record.student, {})
        submission = self._submissions.get(record.student)
        if submission is None and before.get("evidence") == evidence:
            submission = before.get("submission")
        self._new[record.student] = {
            "student": record.student,
            "submission": submission,
            "evidence": evidence,
            "run": run,
            "record": _as_json(record),
        }

    def renew_run(self, run: str) -> None:
        """A run's references have been replaced by some that say the same of what is kept."""
        self._runs.pop(run, None)
        for student, line in self._new.items():
            if line["run"] == run:
                line["evidence"] = self._evidence(student, run)

    def save(self) -> None:
        """Write what was remembered, beside what was kept before and still holds."""
        if self._new:
            lines = self._lines | self._new
            write_whole(self._path, jsonl([{"basis": self._basis}, *lines.values()]))

    def _kept(self, line: Mapping[str, Any]) -> Kept | None:
        try:
            run = str(line["run"])
            evidence = self._evidence(line["student"], run)
            if evidence is None or line["evidence"] != evidence:
                return None
            return Kept(_from_json(line["record"]), run)
        except (KeyError, TypeError, ValueError):
            return None

    def _evidence(self, student: str, run: str) -> str | None:
        """The stamp of what an execution left behind, and of what it is compared with."""
        if run not in self._runs:
            self._runs[run] = _stamp(self._store.runs.folder / f"{run}{SUFFIX}")
        own, references = _stamp(self._store.path(student)), self._runs[run]
        return None if own is None or references is None else _digest([own, references])


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
    """The stamp of everything that one assignment's records have in common."""
    own = Path(autograder.__file__).parent
    files = [
        course.root / CONFIGURATION,
        *course.source(name).parent.glob("*"),
        *course.references(name).parent.glob(f"{name}.*"),
        *(path for path in own.rglob("*") if "__pycache__" not in path.parts),
    ]
    stamps = [[str(path), _stamp(path)] for path in sorted(files) if not path.is_dir()]
    packages = [[entry, _modified(entry)] for entry in sys.path if entry.endswith("-packages")]
    return _digest([sys.version, stamps, packages])


def _modified(folder: str) -> int:
    """When something was installed or removed."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


# --------------------------------------------------------------------------------------- records

_VERDICT = ("check", "status", "reason", "misconception")  #: what of a verdict a record shows


def _as_json(record: Record) -> dict[str, Any]:
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    fields["verdicts"] = [[getattr(v, name) for name in _VERDICT] for v in record.verdicts]
    fields["requirements"] = [vars(earned) for earned in record.requirements]
    return fields


def _from_json(fields: Mapping[str, Any]) -> Record:
    known = {field.name for field in dataclasses.fields(Record)}
    if set(fields) != known:
        raise ValueError("a record of another version")
    made: dict[str, Any] = {**fields, "notes": tuple(fields["notes"])}
    made["verdicts"] = tuple(Verdict(*values) for values in fields["verdicts"])
    made["requirements"] = tuple(_requirement(one) for one in fields["requirements"])
    return Record(**made)


def _requirement(fields: Mapping[str, Any]) -> Earned:
    visible, hidden = fields["in_cells"]
    return Earned(**{**fields, "in_cells": (visible, hidden)})
