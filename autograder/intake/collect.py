"""Handed-in files → ``submitted/<student>/<assignment>/``, on the instructor's side.

Takes a folder of archives that ``autograder submit`` wrote, of plain notebooks, and of downloads of
learning platforms as they are. Every file found ends as one line of the result, an archive of
several chapters as one for each; a bad file never stops the others. A submission's folder appears
whole or not at all, and one that is replaced is kept in ``submitted/.earlier/``.

Whose a file is says the platform's mark or the student's folder; only where there is neither, the
file's own name, which a student can write. With a roster all of these are looked up in it.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.errors import AutograderError, RefusedArchive
from autograder.files import read_regular
from autograder.handin import MAX_MODULE_BYTES
from autograder.intake.archive import read_file
from autograder.intake.chapters import Chapters
from autograder.intake.incoming import Incoming, ending, read_incoming
from autograder.intake.modules import choose, module_name
from autograder.intake.placing import EARLIER, Collected, Status, place
from autograder.intake.platforms import is_platforms_own
from autograder.intake.roster import Roster, Student
from autograder.intake.sender import NAMELESS, Names

MAX_FILES = 20_000
MAX_PEEK_BYTES = 200_000  #: of a platform's receipt or time
PEEK = 2_000  #: characters that are looked at

__all__ = ["EARLIER", "Collected", "Status", "collect", "not_handed_in"]


def collect(
    folder: Path,
    submitted: Path,
    assignments: Sequence[str],
    *,
    only: str | None = None,
    pattern: str | None = None,
    now: datetime.datetime | None = None,
    chapters: Chapters | None = None,
    roster: Roster | None = None,
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
        chapters: the chapters' cells, to recognise notebooks by; their names alone if left out.
        roster: who takes the course; nobody else is collected.

    Raises:
        AutograderError: ``folder`` or ``submitted`` cannot be used.
    """
    if not folder.is_dir():
        raise AutograderError(f"{folder} is not a folder. Unpack the platform's download first.")
    if only is not None and only not in assignments:
        raise AutograderError(
            f"There is no assignment {only!r}. The assignments are: {', '.join(assignments)}."
        )
    chapters = chapters or Chapters(assignments)
    is_student = roster.calls if roster is not None else lambda text: False
    peek = functools.partial(_peek, folder)
    names = Names(assignments, only, pattern, peek, chapters, is_student)
    now = now or datetime.datetime.now(datetime.UTC)
    lines: list[Collected] = []
    incoming: list[Incoming] = []
    try:
        submitted.mkdir(parents=True, exist_ok=True)
        paths = {p.relative_to(folder).as_posix(): p for p in _files(folder, submitted)}
        names.survey(file for file in paths if ending(file) in (".ipynb", ".zip"))
        with tempfile.TemporaryDirectory(prefix=".collect-", dir=submitted) as scratch:
            modules: dict[str, Path] = {}
            for file, path in paths.items():
                if _is_own(file, names):
                    lines.append(Collected(file, "passed over", note="The platform's own file."))
                    continue
                if ending(file) == ".py":
                    modules[file] = path
                    continue
                try:
                    incoming += _read(path, file, names, Path(scratch), now, roster, only)
                except RefusedArchive as refused:
                    lines.append(Collected(file, "refused", note=str(refused)))
                except OSError as error:
                    why = f"It cannot be read: {error.strerror}."
                    lines.append(Collected(file, "refused", note=why))
            incoming, beside = _with_modules(incoming, modules, names)
            lines += beside
            lines += place(incoming, submitted, Path(scratch), chapters, roster is not None)
    except OSError as error:
        raise AutograderError(f"{submitted} cannot be written: {error.strerror}.") from None
    return sorted(lines, key=lambda line: line.file)


def not_handed_in(
    submitted: Path, roster: Roster, assignments: Sequence[str]
) -> dict[str, list[Student]]:
    """Who of the roster has handed in nothing, for each of the assignments."""
    return {
        name: [
            student for student in roster.students if not (submitted / student.id / name).is_dir()
        ]
        for name in assignments
    }


def _files(folder: Path, submitted: Path) -> Iterator[Path]:
    """The files to look at; hidden ones and those that a system adds are passed over."""
    count = 0
    for root, folders, files in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in ("__MACOSX", "__pycache__")
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


def _peek(folder: Path, file: str) -> str | None:
    """The beginning of a text file of the download, for what a platform says in it."""
    try:
        return read_regular(folder / file, MAX_PEEK_BYTES).decode("utf-8", "replace")[:PEEK]
    except (OSError, ValueError):
        return None


def _is_own(file: str, names: Names) -> bool:
    mark = names.mark(file)
    if mark is not None and mark.own:
        return True
    return is_platforms_own(file.rpartition("/")[2])


def _read(
    path: Path,
    file: str,
    names: Names,
    scratch: Path,
    now: datetime.datetime,
    roster: Roster | None,
    only: str | None,
) -> list[Incoming]:
    submissions = read_incoming(path, file, names, scratch, now, roster)
    wanted = [s for s in submissions if only is None or s.assignment == only]
    if not wanted:
        raise RefusedArchive(f"It is for {submissions[0].assignment}.")
    return wanted


def _with_modules(
    incoming: list[Incoming], modules: dict[str, Path], names: Names
) -> tuple[list[Incoming], list[Collected]]:
    """Loose modules, each with the notebooks of the same folder or attempt of one student."""
    lines: list[Collected] = []
    found: dict[tuple[str, ...], dict[str, tuple[str, bytes]]] = {}
    for file, path in modules.items():
        try:
            name = module_name(_own_name(file, names))
            if name is None:
                raise RefusedArchive("It is neither a .zip nor an .ipynb file.")
            if path.is_symlink():
                raise RefusedArchive("It is a link, which is not followed.")
            beside = names.read(file)
            if not beside.sender and beside.raw != names.folder(file):
                raise RefusedArchive(NAMELESS)
            data = read_file(path, MAX_MODULE_BYTES)
            found.setdefault(beside.place, {}).setdefault(name, (file, data))
        except RefusedArchive as refused:
            lines.append(Collected(file, "refused", note=str(refused)))
    done: list[Incoming] = []
    given: dict[str, Incoming] = {}
    for submission in incoming:
        here = found.get(submission.name.place, {})
        own = {name: data for name, (_, data) in here.items()}
        kept, notes = choose({**own, **submission.modules})
        submission = dataclasses.replace(
            submission, modules=kept, notes=(*submission.notes, *notes)
        )
        done.append(submission)
        given |= {file: submission for name, (file, _) in here.items() if name in kept}
    for file in (file for here in found.values() for file, _ in here.values()):
        with_it = given.get(file)
        if with_it is None:
            lines.append(Collected(file, "refused", note="No notebook was sent with it."))
        else:
            lines.append(
                Collected(
                    file,
                    "module",
                    with_it.student,
                    with_it.assignment,
                    note=f"It goes with {with_it.file.rpartition('/')[2]!r}.",
                )
            )
    return done, lines


def _own_name(file: str, names: Names) -> str:
    mark = names.mark(file)
    return mark.rest[-1] if mark is not None else file.rpartition("/")[2]
