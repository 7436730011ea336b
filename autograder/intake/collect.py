"""Handed-in files → ``submitted/<student>/<assignment>/``, on the instructor's side.

Takes a folder of archives that ``autograder submit`` wrote, however a learning platform renamed
them, and of plain notebooks. Every file found ends as one line of the result; a bad one never stops
the others. A submission's folder appears whole or not at all, and one that is replaced is kept in
``submitted/.earlier/``.

Whose a file is and when it was made is what its *name and content say*: a student can write both.
Where the platform's own mark (Moodle's folder, Canvas' prefix) shows two senders under one
student's name, none of theirs is taken. The date of the file itself is noted beside the time that
it claims.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from nbgrader.utils import parse_utc

from autograder.errors import AutograderError, RefusedArchive
from autograder.files import write_whole
from autograder.handin import MAX_NOTEBOOK_BYTES, TIME, TIMESTAMP, TIMESTAMP_FILE, read_cells
from autograder.intake.archive import VettedExtractor, read_file
from autograder.intake.sender import Name, Names
from autograder.intake.timestamps import read_timestamp

EARLIER = ".earlier"
SLACK = datetime.timedelta(minutes=10)  #: by which clocks may differ before it is worth a note
MAX_FILES = 20_000
_OTHER_ARCHIVES = frozenset([".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"])

Status = Literal["collected", "unchanged", "superseded", "refused"]


@dataclasses.dataclass(frozen=True)
class Collected:
    """What became of one file: the line that the instructor reads.

    ``time`` is the submission's own word (UTC), ``note`` whatever there is to say.
    """

    file: str
    status: Status
    student: str = ""
    assignment: str = ""
    time: datetime.datetime | None = None
    note: str = ""

    def __str__(self) -> str:
        whose = f" → {self.student}/{self.assignment}" if self.student else ""
        time = f", {self.time:%Y-%m-%d %H:%M:%S} UTC" if self.time is not None else ""
        return f"{self.status}: {self.file}{whose}{time}. {self.note}".rstrip()


@dataclasses.dataclass(frozen=True)
class _Incoming:
    """One submission, unpacked and read; ``sender`` is the platform's own mark or empty."""

    file: str
    student: str
    assignment: str
    sender: str
    notebook: bytes
    time: datetime.datetime
    file_time: datetime.datetime
    notes: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.student.casefold(), self.assignment

    @property
    def order(self) -> tuple[datetime.datetime, datetime.datetime, str]:
        return self.time, self.file_time, self.file

    def line(self, status: Status, *notes: str) -> Collected:
        said = " ".join(filter(None, [*self.notes, *notes]))
        return Collected(self.file, status, self.student, self.assignment, self.time, said)


def collect(
    folder: Path,
    submitted: Path,
    assignments: Sequence[str],
    *,
    only: str | None = None,
    pattern: str | None = None,
    now: datetime.datetime | None = None,
) -> list[Collected]:
    """Collect everything in ``folder``; one line for each file, in the order of their names.

    Args:
        folder: the handed-in files, in folders or not.
        submitted: nbgrader's ``submitted/``.
        assignments: the names of the course's assignments.
        only: collect this assignment alone; files that name none are taken for it.
        pattern: nbgrader's ``named_regexp`` for names of another kind, matched with a file's path
            below ``folder``: groups ``student_id``, ``file_id`` (the assignment), ``timestamp``.
        now: the present time; no submission is later.

    Raises:
        AutograderError: ``folder`` or ``submitted`` cannot be used.
    """
    if not folder.is_dir():
        raise AutograderError(f"{folder} is not a folder. Unpack the platform's download first.")
    if only is not None and only not in assignments:
        raise AutograderError(
            f"There is no assignment {only!r}. The assignments are: {', '.join(assignments)}."
        )
    names = Names(assignments, only, pattern)
    now = now or datetime.datetime.now(datetime.UTC)
    lines: list[Collected] = []
    incoming: list[_Incoming] = []
    try:
        submitted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".collect-", dir=submitted) as scratch:
            for path in _files(folder, submitted):
                file = path.relative_to(folder).as_posix()
                try:
                    submission = _read(path, file, names, Path(scratch), now)
                    if only is not None and submission.assignment != only:
                        raise RefusedArchive(f"It is for {submission.assignment}.")
                    incoming.append(submission)
                except RefusedArchive as refused:
                    lines.append(Collected(file, "refused", note=str(refused)))
                except OSError as error:
                    why = f"It cannot be read: {error.strerror}."
                    lines.append(Collected(file, "refused", note=why))
            lines += _place(incoming, submitted, Path(scratch))
    except OSError as error:
        raise AutograderError(f"{submitted} cannot be written: {error.strerror}.") from None
    return sorted(lines, key=lambda line: line.file)


def _files(folder: Path, submitted: Path) -> Iterator[Path]:
    """The files to look at; hidden ones and those that a platform adds are passed over."""
    count = 0
    for root, folders, files in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name != "__MACOSX"
            and not (here / name).is_symlink()
            and (here / name).resolve() != submitted.resolve()
        )
        for name in sorted(files):
            if name.startswith(".") or name.lower() in ("thumbs.db", "desktop.ini"):
                continue
            count += 1
            if count > MAX_FILES:
                raise AutograderError(f"{folder} holds more than {MAX_FILES:,} files.")
            yield here / name


# ------------------------------------------------------------------------------ reading one file


def _read(path: Path, file: str, names: Names, scratch: Path, now: datetime.datetime) -> _Incoming:
    """One file as a submission. Raises :class:`RefusedArchive`."""
    suffix = path.suffix.lower()
    if path.is_symlink():
        raise RefusedArchive("It is a link, which is not followed.")
    if suffix in _OTHER_ARCHIVES:
        raise RefusedArchive(f"{suffix} archives are not opened; .zip and .ipynb are.")
    if suffix not in (".zip", ".ipynb"):
        raise RefusedArchive("It is neither a .zip nor an .ipynb file.")
    name = names.read(file)
    notes: list[str] = []
    inside = None
    if suffix == ".zip":
        assignment, notebook, inside = _unpack(path, name, names, scratch, notes)
    elif name.assignment is None:
        raise RefusedArchive("Its name does not say which chapter it is.")
    else:
        assignment, notebook = name.assignment, read_file(path, MAX_NOTEBOOK_BYTES)
    if read_cells(notebook) is None:
        notes.append("Not a readable notebook: grading will set it aside.")
    modified = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    time = _time(inside, name.time, modified, now, notes)
    return _Incoming(
        file, name.student, assignment, name.sender, notebook, time, modified, tuple(notes)
    )


def _unpack(
    path: Path, name: Name, names: Names, scratch: Path, notes: list[str]
) -> tuple[str, bytes, datetime.datetime | None]:
    """The assignment, the notebook and the claimed time in an archive."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        target = Path(folder)
        staged = target / "archive.zip"
        write_whole(staged, read_file(path))
        VettedExtractor().extract_one(staged, target)
        unpacked = target / "archive"
        files = [p for p in sorted(unpacked.rglob("*")) if p.is_file()]
        plain = [
            p
            for p in files
            if not any(
                part.startswith(".") or part == "__MACOSX" for part in p.relative_to(unpacked).parts
            )
        ]
        notebooks = [p for p in plain if p.suffix == ".ipynb"]
        wanted = [
            p
            for p in notebooks
            if p.stem == name.assignment or (name.assignment is None and p.stem in names.known)
        ]
        chosen = wanted or notebooks
        if not chosen:
            raise RefusedArchive("There is no notebook in it.")
        if len(chosen) > 1:
            raise RefusedArchive(
                f"There are {len(chosen)} notebooks in it and no telling which one counts."
            )
        (notebook,) = chosen
        assignment = name.assignment or (notebook.stem if notebook.stem in names.known else None)
        if assignment is None:
            raise RefusedArchive("Neither its name nor its notebook's says which chapter it is.")
        if notebook.stem != assignment:
            notes.append(f"Its notebook was called {notebook.name[:60]!r}.")
        others = [p for p in plain if p != notebook and p.name != TIMESTAMP_FILE]
        if others:
            notes.append(f"{len(others)} other files in it were left out.")
        if any(p.suffix.lower() in _OTHER_ARCHIVES | {".zip"} for p in others):
            notes.append("An archive inside it was not opened.")
        return assignment, read_file(notebook, MAX_NOTEBOOK_BYTES), read_timestamp(notebook.parent)


def _time(
    inside: datetime.datetime | None,
    named: str | None,
    modified: datetime.datetime,
    now: datetime.datetime,
    notes: list[str],
) -> datetime.datetime:
    """When a submission was made, by its own word as far as that can be."""
    claims = [_utc(inside) if inside is not None else None, _parse(named)]
    claimed = next((claim for claim in claims if claim is not None), None)
    if claimed is None:
        notes.append("It claims no time: the file's own date is taken.")
        return modified
    both = [claim for claim in claims if claim is not None]
    if len(both) == 2 and abs(both[0] - both[1]) > SLACK:
        notes.append("Its name and its content claim different times.")
        claimed = max(both)
    if claimed > now + SLACK:
        notes.append(f"It claims to be of {claimed:%Y-%m-%d %H:%M}, which is not yet.")
        return min(modified, now)
    if modified < claimed - SLACK:
        notes.append("The file is older than the time that it claims.")
    return claimed


def _parse(text: str | None) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text or "", TIME).replace(tzinfo=datetime.UTC)
    except ValueError:
        pass
    try:
        return _utc(parse_utc(text)) if text else None
    except Exception:  # a date of an instructor's own pattern that is none
        return None


def _utc(time: datetime.datetime) -> datetime.datetime | None:
    """nbgrader's naive times are in UTC."""
    try:
        return (
            time.replace(tzinfo=datetime.UTC)
            if time.tzinfo is None
            else time.astimezone(datetime.UTC)
        )
    except (OverflowError, ValueError):
        return None


# ----------------------------------------------------------------------------- into submitted/


def _place(incoming: list[_Incoming], submitted: Path, scratch: Path) -> Iterator[Collected]:
    """Write the latest of each student and assignment; a line for every submission."""
    groups: dict[tuple[str, str], list[_Incoming]] = {}
    for submission in incoming:
        groups.setdefault(submission.key, []).append(submission)
    there = {
        unicodedata.normalize("NFC", path.name).casefold(): path.name
        for path in submitted.iterdir()
        if path.is_dir()
    }
    for (student, _), group in sorted(groups.items()):
        spelled = {submission.student for submission in group}
        senders = {submission.sender for submission in group if submission.sender}
        if there.get(student) is not None:
            spelled.add(there[student])
        if len(spelled) > 1 or len(senders) > 1:
            reason = (
                f"{' and '.join(sorted(map(repr, spelled)))} differ only in capitals."
                if len(spelled) > 1
                else f"Sent by {' and '.join(sorted(map(repr, senders)))}: whose is it?"
            )
            yield from (submission.line("refused", reason) for submission in group)
            continue
        *earlier, latest = sorted(group, key=lambda submission: submission.order)
        for submission in earlier:
            yield submission.line("superseded", f"{latest.file} is later.")
        try:
            yield _write(latest, submitted, scratch)
        except OSError as error:
            yield latest.line("refused", f"It cannot be written: {error.strerror}.")
        there.setdefault(student, latest.student)


def _write(submission: _Incoming, submitted: Path, scratch: Path) -> Collected:
    target = submitted / submission.student / submission.assignment
    dated = f"The file's own date is {submission.file_time:%Y-%m-%d %H:%M}."
    if target.is_symlink() or target.parent.is_symlink():
        return submission.line("refused", f"{target} is a link, which is not followed.")
    if target.is_dir():
        if _same(target, submission):
            return submission.line("unchanged")
        known = read_timestamp(target)
        if known is not None and (_utc(known) or submission.time) > submission.time:
            return submission.line(
                "superseded", f"A later one, of {known:%Y-%m-%d %H:%M}, is there."
            )
    new = Path(tempfile.mkdtemp(dir=scratch))
    new.chmod(0o755)
    write_whole(new / f"{submission.assignment}.ipynb", submission.notebook)
    write_whole(new / TIMESTAMP_FILE, submission.time.strftime(TIMESTAMP).encode())
    target.parent.mkdir(exist_ok=True)
    kept = ""
    if target.exists():
        aside = _aside(submitted, submission)
        os.replace(target, aside)
        kept = f"The one before is in {aside.relative_to(submitted).as_posix()}."
    os.replace(new, target)
    return submission.line("collected", dated, kept)


def _same(target: Path, submission: _Incoming) -> bool:
    try:
        there = read_file(target / f"{submission.assignment}.ipynb", MAX_NOTEBOOK_BYTES)
    except RefusedArchive:
        return False
    known = read_timestamp(target)
    time = submission.time.replace(microsecond=0)
    return there == submission.notebook and (
        known is None or _utc(known.replace(microsecond=0)) == time
    )


def _aside(submitted: Path, submission: _Incoming) -> Path:
    folder = submitted / EARLIER / submission.student
    folder.mkdir(parents=True, exist_ok=True)
    count = 1
    while (folder / f"{submission.assignment}-{count}").exists():
        count += 1
    return folder / f"{submission.assignment}-{count}"
