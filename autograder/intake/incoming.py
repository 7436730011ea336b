"""One file that was handed in → the submissions in it, read under limits, chapters recognised."""

from __future__ import annotations

import dataclasses
import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.course.dates import local
from autograder.errors import RefusedArchive
from autograder.files import write_whole
from autograder.handin import MAX_MODULE_BYTES, MAX_NOTEBOOK_BYTES, TIME, TIMESTAMP_FILE, read_cells
from autograder.intake.archive import VettedExtractor, read_file
from autograder.intake.chapters import Cells, Chapters
from autograder.intake.copies import split_ending
from autograder.intake.modules import choose, module_name
from autograder.intake.platforms import Mark
from autograder.intake.roster import Roster
from autograder.intake.sender import Name, Names
from autograder.intake.timestamps import read_timestamp

SLACK = datetime.timedelta(minutes=10)  #: by which clocks may differ before it is worth a note
OTHER_ARCHIVES = frozenset([".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"])


@dataclasses.dataclass(frozen=True)
class Incoming:
    """One submission, unpacked and read.

    Args:
        file: its path in the download.
        student: the student's id.
        assignment: the chapter.
        name: what the path says of the sender.
        notebook: its bytes.
        answered: how many exercises are answered in it; None when that is not known.
        time: when it was handed in, by the platform's or its own word.
        file_time: the date of the file itself.
        claimed: whether anything but the file's date says the time.
        notes: what there is to say of it.
        modules: the files that its cells may import, by name.
    """

    file: str
    student: str
    assignment: str
    name: Name
    notebook: bytes
    answered: int | None
    time: datetime.datetime
    file_time: datetime.datetime
    claimed: bool
    notes: tuple[str, ...]
    modules: dict[str, bytes] = dataclasses.field(default_factory=dict)

    @property
    def attempt(self) -> int:
        """The platform's number of the attempt, 0 where it has none."""
        return self.name.mark.attempt if self.name.mark is not None else 0

    @property
    def order(self) -> tuple[int, datetime.datetime, datetime.datetime, str]:
        """The latest has the largest."""
        return self.attempt, self.time, self.file_time, self.file


@dataclasses.dataclass(frozen=True)
class _Notebook:
    """A notebook out of a file, its chapter known."""

    assignment: str
    data: bytes
    cells: Cells | None
    time: datetime.datetime | None = None
    notes: tuple[str, ...] = ()
    modules: dict[str, bytes] = dataclasses.field(default_factory=dict)


def ending(file: str) -> str:
    """What a file's name says it is: ``.ipynb`` also of ``X.ipynb.txt``."""
    return split_ending(file.rpartition("/")[2])[1]


def read_incoming(
    path: Path,
    file: str,
    names: Names,
    scratch: Path,
    now: datetime.datetime,
    roster: Roster | None = None,
) -> list[Incoming]:
    """The submissions in one file, one for each chapter. Raises :class:`RefusedArchive`."""
    suffix = ending(file)
    if path.is_symlink():
        raise RefusedArchive("It is a link, which is not followed.")
    if suffix in OTHER_ARCHIVES:
        raise RefusedArchive(f"{suffix} archives are not opened; .zip and .ipynb are.")
    if suffix not in (".zip", ".ipynb"):
        raise RefusedArchive("It is neither a .zip nor an .ipynb file.")
    name = names.read(file)
    student, said = name.student, []
    if roster is not None:
        found, remark = roster.find(name.known)
        student = found.id
        said += [remark] if remark else []
    if student != name.display:
        said.append(f"It is from {name.display[:80]!r}.")
    if name.own and name.own not in (student, name.display):
        said.append(f"Its own name says {name.own[:60]!r}.")
    if name.mark is not None and name.mark.note:
        said.append(name.mark.note)
    if suffix == ".zip":
        notebooks = _unpack(path, name, names, scratch)
    else:
        data = read_file(path, MAX_NOTEBOOK_BYTES)
        notebooks = [_plain(data, name, names.chapters)]
    modified = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    submissions = []
    for notebook in notebooks:
        notes = [*said, *notebook.notes]
        if notebook.cells is None:
            notes.append("Not a readable notebook: grading will set it aside.")
        time, claimed = _time(notebook.time, name, modified, now, notes)
        submissions.append(
            Incoming(
                file,
                student,
                notebook.assignment,
                name,
                notebook.data,
                names.chapters.answered(notebook.assignment, notebook.cells),
                time,
                modified,
                claimed,
                tuple(notes),
                notebook.modules,
            )
        )
    return submissions


def _plain(data: bytes, name: Name, chapters: Chapters) -> _Notebook:
    cells = read_cells(data)
    found = chapters.in_cells(cells, name.assignment)
    assignment = found or name.assignment
    if assignment is None:
        raise RefusedArchive("Neither its name nor its cells say which chapter it is.")
    notes = []
    if name.assignment is not None and assignment != name.assignment:
        notes.append(f"Its name says {name.assignment}; its cells are {assignment}'s, which count.")
    return _Notebook(assignment, data, cells, notes=tuple(notes))


# --------------------------------------------------------------------------------- out of a zip


def _unpack(path: Path, name: Name, names: Names, scratch: Path) -> list[_Notebook]:
    """The notebooks of an archive that count, at most one for each chapter."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        target = Path(folder)
        staged = target / "archive.zip"
        write_whole(staged, read_file(path))
        VettedExtractor().extract_one(staged, target)
        unpacked = target / "archive"
        plain = [
            p
            for p in sorted(unpacked.rglob("*"))
            if p.is_file()
            and not any(
                part.startswith(".") or part == "__MACOSX" for part in p.relative_to(unpacked).parts
            )
        ]
        inner = [p.relative_to(unpacked).as_posix() for p in plain]
        marks = {mark.sender for file in inner if (mark := names.mark(file)) is not None}
        if len(marks) > 1:
            raise RefusedArchive(
                "It is a platform's download of several students: unpack it first."
            )
        notebooks = [p for p in plain if ending(p.name) == ".ipynb"]
        if not notebooks:
            raise RefusedArchive("There is no notebook in it.")
        chosen = _choose(unpacked, notebooks, name, names.chapters)
        return [_take(p, found, chosen, plain, unpacked) for p, found in chosen.items()]


def _choose(
    unpacked: Path, notebooks: Sequence[Path], name: Name, chapters: Chapters
) -> dict[Path, _Notebook]:
    """Which notebooks of an archive count. Raises :class:`RefusedArchive` when that is open."""
    groups: dict[str, list[tuple[Path, _Notebook]]] = {}
    for path in notebooks:
        data = read_file(path, MAX_NOTEBOOK_BYTES)
        cells = read_cells(data)
        named = None
        for part in reversed(path.relative_to(unpacked).parts):
            at = chapters.in_text(part) if named is None else None
            named = at[0] if at is not None else named
        assignment = chapters.in_cells(cells, named) or named
        if assignment is None:
            if len(notebooks) > 1:
                continue
            assignment = name.assignment
        if assignment is None:
            raise RefusedArchive(
                "Neither its name nor its notebook's, nor the cells say which chapter it is."
            )
        notes = []
        if split_ending(path.name)[0] != assignment:
            notes.append(f"Its notebook was called {path.name[:60]!r}.")
        if named is not None and named != assignment:
            notes.append(f"Its name says {named}; its cells are {assignment}'s, which count.")
        found = _Notebook(assignment, data, cells, notes=tuple(notes))
        groups.setdefault(assignment, []).append((path, found))
    if not groups:
        raise RefusedArchive(
            f"There are {len(notebooks)} notebooks in it and no telling which one counts."
        )
    wanted = [name.assignment] if name.assignment in groups else sorted(groups)
    chosen: dict[Path, _Notebook] = {}
    for assignment in wanted:
        path, found = _one(assignment, groups[assignment], chapters)
        if name.assignment not in (None, assignment) and len(groups) == 1:
            note = f"Its name says {name.assignment}; its cells are {assignment}'s, which count."
            found = dataclasses.replace(found, notes=(*found.notes, note))
        chosen[path] = found
    return chosen


def _one(
    assignment: str, group: Sequence[tuple[Path, _Notebook]], chapters: Chapters
) -> tuple[Path, _Notebook]:
    """The one that counts of an archive's notebooks of one chapter."""
    if len({found.data for _, found in group}) == 1:
        return group[0]
    counts = [chapters.answered(assignment, found.cells) for _, found in group]
    begun = [one for one, count in zip(group, counts, strict=True) if count]
    if None in counts:
        exact = [one for one in group if split_ending(one[0].name)[0] == assignment]
        begun = exact if len(exact) == 1 else []
    elif not begun:
        return group[0]
    if len(begun) != 1:
        called = " and ".join(repr(path.name[:60]) for path, _ in (begun or group)[:4])
        raise RefusedArchive(
            f"There are {len(group)} notebooks of {assignment} in it and no telling which one "
            f"counts: {called}."
        )
    path, found = begun[0]
    if None not in counts:
        others = ", ".join(repr(other.name[:60]) for other, _ in group if other != path)
        note = f"{path.name[:60]!r} counts; nothing is answered in {others}."
        found = dataclasses.replace(found, notes=(*found.notes, note))
    return path, found


def _take(
    path: Path,
    found: _Notebook,
    chosen: dict[Path, _Notebook],
    plain: Sequence[Path],
    unpacked: Path,
) -> _Notebook:
    """A chosen notebook with its time, its modules, and what is said of the other files."""
    notes = list(found.notes)
    own = {
        p: name
        for p in plain
        if p.parent == path.parent and (name := module_name(p.name)) is not None
    }
    read: dict[str, bytes] = {}
    for p, name in own.items():
        if p.stat().st_size <= MAX_MODULE_BYTES:
            read.setdefault(name, read_file(p, MAX_MODULE_BYTES))
        else:
            notes.append(f"{name} has more than {MAX_MODULE_BYTES // 1000} kB and was left out.")
    modules, left_out = choose(read)
    notes += left_out
    if modules:
        notes.append(f"With {', '.join(modules)}."[:200])
    others = [p for p in plain if p not in chosen and p not in own and p.name != TIMESTAMP_FILE]
    if others and path == next(iter(chosen)):
        notes.append(f"{len(others)} other files in it were left out.")
        if any(ending(p.name) in OTHER_ARCHIVES | {".zip"} for p in others):
            notes.append("An archive inside it was not opened.")
    time = read_timestamp(path.parent) or read_timestamp(unpacked)
    return dataclasses.replace(found, time=time, notes=tuple(notes), modules=modules)


# ----------------------------------------------------------------------------------------- times


def _time(
    inside: datetime.datetime | None,
    name: Name,
    modified: datetime.datetime,
    now: datetime.datetime,
    notes: list[str],
) -> tuple[datetime.datetime, bool]:
    """When a submission was made: the platform's word, or else its own as far as that can be."""
    claims = [as_utc(inside) if inside is not None else None, _parse(name.time)]
    both = [claim for claim in claims if claim is not None]
    said = _platform_time(name.mark)
    if said is not None:
        if both and max(both) > said + SLACK:
            notes.append("It claims a later time than the platform's, which counts.")
        claimed = said
    elif both:
        claimed = both[0]
        if len(both) == 2 and abs(both[0] - both[1]) > SLACK:
            notes.append("Its name and its content claim different times.")
            claimed = max(both)
    else:
        notes.append("It claims no time: the file's own date is taken.")
        return modified, False
    if claimed > now + SLACK:
        notes.append(f"It claims to be of {local(claimed)}, which is not yet.")
        return min(modified, now), True
    if said is None and modified < claimed - SLACK:
        notes.append("The file is older than the time that it claims.")
    return claimed, True


def _platform_time(mark: Mark | None) -> datetime.datetime | None:
    return mark.time if mark is not None else None


def _parse(text: str | None) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text or "", TIME).replace(tzinfo=datetime.UTC)
    except ValueError:
        pass
    try:
        return as_utc(parse_utc(text)) if text else None
    except Exception:  # a date of an instructor's own pattern that is none
        return None


def as_utc(time: datetime.datetime) -> datetime.datetime | None:
    """A time with its zone; nbgrader's naive times are in UTC."""
    try:
        return (
            time.replace(tzinfo=datetime.UTC)
            if time.tzinfo is None
            else time.astimezone(datetime.UTC)
        )
    except (OverflowError, ValueError):
        return None
