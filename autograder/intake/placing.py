"""Submissions → ``submitted/<student>/<assignment>/``: whole or not at all, the earlier ones kept.

What cannot be told apart is refused with both names; nothing of theirs is taken then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from autograder.course.dates import local
from autograder.errors import RefusedArchive
from autograder.files import read_regular, write_whole
from autograder.handin import (
    MAX_MODULE_BYTES,
    MAX_NOTEBOOK_BYTES,
    TIMESTAMP,
    TIMESTAMP_FILE,
    read_cells,
)
from autograder.intake.archive import read_file
from autograder.intake.chapters import Chapters
from autograder.intake.incoming import Incoming, as_utc
from autograder.intake.names import look
from autograder.intake.returns import Returns
from autograder.intake.timestamps import read_timestamp

EARLIER = ".earlier"
NAMES = (
    ".names.json"  #: in ``submitted/``: what students are called whose ids are spelled otherwise
)
MAX_NAMES_BYTES = 5 * 2**20

Status = Literal["collected", "unchanged", "superseded", "refused", "module", "passed over"]


@dataclasses.dataclass(frozen=True)
class Collected:
    """What became of one file: the line that the instructor reads.

    ``time`` is the submission's own word or the platform's (UTC), ``note`` whatever there is to
    say. A module lies beside the notebook that it was sent with; passed over is what a platform
    adds by itself.
    """

    file: str
    status: Status
    student: str = ""
    assignment: str = ""
    time: datetime.datetime | None = None
    note: str = ""

    def __str__(self) -> str:
        return self.told()

    def told(self, zone: datetime.tzinfo | None = None) -> str:
        """The line, with its time in a zone; in the machine's own where none is given."""
        whose = f" → {self.student}/{self.assignment}" if self.student else ""
        time = f", {local(self.time, zone)}" if self.time is not None else ""
        return f"{self.status}: {self.file}{whose}{time}. {self.note}".rstrip()


def line(submission: Incoming, status: Status, *notes: str) -> Collected:
    """The line of a submission."""
    said = " ".join(filter(None, [*submission.notes, *notes]))
    return Collected(
        submission.file,
        status,
        submission.student,
        submission.assignment,
        submission.time,
        said,
    )


def place(
    incoming: Sequence[Incoming],
    submitted: Path,
    scratch: Path,
    chapters: Chapters,
    with_roster: bool = False,
) -> Iterator[Collected]:
    """Write the latest of each student and assignment; a line for every submission."""
    called = _Called(submitted)
    returns = Returns(submitted)
    spelled: dict[str, set[str]] = {}
    for path in submitted.iterdir():
        if path.is_dir() and not path.name.startswith("."):
            spelled.setdefault(look(path.name), set()).add(path.name)
    groups: dict[tuple[str, str], list[Incoming]] = {}
    for submission in incoming:
        key = look(submission.student)
        spelled.setdefault(key, set()).add(submission.student)
        groups.setdefault((key, submission.assignment), []).append(submission)
    for (key, _), group in sorted(groups.items()):
        names = spelled[key]
        reason = _look_alike(names) if len(names) > 1 else _two_senders(group, called, with_roster)
        if reason:
            yield from (line(submission, "refused", reason) for submission in group)
            continue
        chosen, others, why = _latest(group)
        if chosen is None:
            yield from (line(submission, "refused", why) for submission in group)
            continue
        try:
            written = _write(chosen, submitted, scratch, chapters, why)
            yield written
            if written.status in ("collected", "unchanged"):
                returns.remember(chosen.student, chosen.assignment, chosen.name.mark)
            if not with_roster:
                called.remember(chosen)
        except OSError as error:
            yield line(chosen, "refused", f"It cannot be written: {error.strerror}.")
        for submission in others:
            kept = ""
            with contextlib.suppress(OSError):
                kept = _keep(submission, submitted, scratch)
            said = (
                "It is the same."
                if submission.notebook == chosen.notebook
                else f"{chosen.file} {'counts' if why else 'is later'}."
            )
            yield line(submission, "superseded", said, kept)
    called.save()
    returns.save()


# ---------------------------------------------------------------------- two who may be one


def _look_alike(names: set[str]) -> str:
    said = " and ".join(map(_exactly, sorted(names))) if _same_on_screen(names) else _and(names)
    if len({name.casefold() for name in names}) == 1:
        return f"{said} differ only in capitals."
    return f"{said} look alike: are they one student?"


def _two_senders(group: Sequence[Incoming], called: _Called, with_roster: bool) -> str:
    """Why a group is not one student's, or nothing."""
    senders: dict[str, set[str]] = {}
    for submission in group:
        platform = submission.name.mark.platform if submission.name.mark is not None else ""
        senders.setdefault(platform, set()).add(submission.name.raw)
    for raws in senders.values():
        if len(raws) > 1:
            several = " and ".join(map(_exactly, sorted(raws))) if _same_on_screen(raws) else ""
            return f"Sent by {several or _and(raws)}: whose is it?"
    if not with_roster:
        displays = {s.name.display for s in group if s.name.display}
        before = called.before(group[0].student)
        if before is not None:
            displays.add(before)
        if len(displays) > 1:
            return f"Sent by {_and(displays)}: are they one student?"
    return ""


def _and(names: set[str]) -> str:
    return " and ".join(map(repr, sorted(names)))


def _exactly(name: str) -> str:
    return ascii(name)


def _same_on_screen(names: set[str]) -> bool:
    return len({unicodedata.normalize("NFC", name) for name in names}) < len(names)


class _Called:
    """What students are called whose ids had to be spelled otherwise: "Doe, Jane" for "Doe Jane".

    Kept in ``submitted/``, so that a name is read as it was given and never becomes another's.
    """

    def __init__(self, submitted: Path) -> None:
        self._path = submitted / NAMES
        self._submitted = submitted
        self._names: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            read = json.loads(read_regular(self._path, MAX_NAMES_BYTES))
            if isinstance(read, dict):
                self._names = {
                    key: name
                    for key, name in read.items()
                    if isinstance(name, str) and (submitted / key).is_dir()
                }
        self._before = dict(self._names)

    def before(self, student: str) -> str | None:
        """What the student of this id was called, None when there is nobody yet."""
        if student in self._names:
            return self._names[student]
        return student if (self._submitted / student).is_dir() else None

    def remember(self, submission: Incoming) -> None:
        """Note what a student is called."""
        if submission.name.display not in ("", submission.student):
            self._names[submission.student] = submission.name.display

    def save(self) -> None:
        """Write it down, where anything is new."""
        if self._names != self._before:
            data = json.dumps(self._names, ensure_ascii=False, indent=1, sort_keys=True)
            with contextlib.suppress(OSError):
                write_whole(self._path, data.encode("utf-8", "replace"))


# ----------------------------------------------------------------------- several of one student


def _latest(group: Sequence[Incoming]) -> tuple[Incoming | None, list[Incoming], str]:
    """The submission that counts, the others, and a remark; None when a person has to say."""
    *earlier, latest = sorted(group, key=lambda submission: submission.order)
    sitting = [
        s
        for s in group
        if s.name.place == latest.name.place and (s.time == latest.time or not s.claimed)
    ]
    if len({s.notebook for s in sitting}) > 1 and all(s.answered is not None for s in sitting):
        begun = [s for s in sitting if s.answered]
        ordered = len({s.attempt for s in begun}) == len(begun)
        if len({s.notebook for s in begun}) > 1 and not ordered:
            files = " and ".join(repr(s.file[-80:]) for s in begun[:4])
            return None, [], f"Both are answered, {files}: keep the one that counts."
        if begun:
            chosen = max(begun, key=lambda submission: submission.order)
            others = [s for s in group if s is not chosen]
            untouched = [s.file.rpartition("/")[2][:60] for s in sitting if not s.answered]
            why = f"Nothing is answered in {', '.join(map(repr, untouched))}." if untouched else ""
            return chosen, others, why
    return latest, earlier, ""


def _write(
    submission: Incoming, submitted: Path, scratch: Path, chapters: Chapters, why: str
) -> Collected:
    target = submitted / submission.student / submission.assignment
    dated = f"The file's own date is {local(submission.file_time)}."
    if target.is_symlink() or target.parent.is_symlink():
        return line(submission, "refused", f"{target} is a link, which is not followed.")
    if target.is_dir():
        if _same(target, submission):
            return line(submission, "unchanged", why)
        known = read_timestamp(target)
        if known is not None and (as_utc(known) or submission.time) > submission.time:
            return line(submission, "superseded", f"A later one, of {local(known)}, is there.")
        if submission.answered == 0 and _answered(target, submission.assignment, chapters):
            return line(submission, "superseded", "Nothing is answered in it; in the one there is.")
    new = _folder(submission, scratch)
    target.parent.mkdir(exist_ok=True)
    kept = ""
    if target.exists():
        aside = _aside(submitted, submission)
        os.replace(target, aside)
        kept = f"The one before is in {aside.relative_to(submitted).as_posix()}."
    os.replace(new, target)
    return line(submission, "collected", why, dated, kept)


def _folder(submission: Incoming, scratch: Path) -> Path:
    """A submission's folder, complete, where nobody looks yet."""
    new = Path(tempfile.mkdtemp(dir=scratch))
    new.chmod(0o755)
    write_whole(new / f"{submission.assignment}.ipynb", submission.notebook)
    write_whole(new / TIMESTAMP_FILE, submission.time.strftime(TIMESTAMP).encode())
    for name, data in submission.modules.items():
        write_whole(new / name, data)
    return new


def _answered(target: Path, assignment: str, chapters: Chapters) -> int:
    try:
        there = read_file(target / f"{assignment}.ipynb", MAX_NOTEBOOK_BYTES)
    except RefusedArchive:
        return 0
    return chapters.answered(assignment, read_cells(there)) or 0


def _same(target: Path, submission: Incoming) -> bool:
    try:
        there = read_file(target / f"{submission.assignment}.ipynb", MAX_NOTEBOOK_BYTES)
        modules = {
            path.name: read_file(path, MAX_MODULE_BYTES) for path in sorted(target.glob("*.py"))
        }
    except RefusedArchive:
        return False
    known = read_timestamp(target)
    time = submission.time.replace(microsecond=0)
    return (
        there == submission.notebook
        and modules == submission.modules
        and (known is None or as_utc(known.replace(microsecond=0)) == time)
    )


def _keep(submission: Incoming, submitted: Path, scratch: Path) -> str:
    """Put an earlier submission with the others of the student's, unless it is there."""
    folder = submitted / EARLIER / submission.student
    if folder.is_symlink() or folder.parent.is_symlink():
        return ""
    for path in sorted(folder.glob("*")):
        name, _, number = path.name.rpartition("-")
        if name == submission.assignment and number.isdigit() and _same(path, submission):
            return f"It is in {path.relative_to(submitted).as_posix()}."
    current = submitted / submission.student / submission.assignment
    if _same(current, submission):
        return ""
    aside = _aside(submitted, submission)
    os.replace(_folder(submission, scratch), aside)
    return f"It is in {aside.relative_to(submitted).as_posix()}."


def _aside(submitted: Path, submission: Incoming) -> Path:
    folder = submitted / EARLIER / submission.student
    folder.mkdir(parents=True, exist_ok=True)
    count = 1
    while (folder / f"{submission.assignment}-{count}").exists():
        count += 1
    return folder / f"{submission.assignment}-{count}"
