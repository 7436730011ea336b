"""The student's own copy of the chapters: made from ``release/``, never overwritten.

A hidden file in the copy remembers what was handed out. When the course has a new version of a
chapter, a copy that the student has not begun is replaced; otherwise the new version is put into a
folder beside it, named with the day: ``02_functional_conv (2026-11-22)``.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.live.memory import FOLDER
from autograder.workspace.handout import (
    Chapter,
    changed_sections,
    chapter_names,
    digest,
    find_course,
    is_reference,
    read_chapter,
)

VERSION = 1
STATE = Path(FOLDER) / "copy.json"
DEFAULT = "student"  #: the copy's folder, in the course's or the bundle's
Kind = Literal["new", "updated", "beside", "restored", "checks"]


@dataclasses.dataclass(frozen=True)
class Edition:
    """One version of a chapter as it was handed out into ``folder``, a name inside the copy."""

    chapter: str
    folder: str
    files: dict[str, str]  #: path in the folder → hash of what was handed out
    sections: dict[str, str]  #: heading → hash of the text below it

    @property
    def notebook(self) -> str:
        """The notebook's file name."""
        return f"{self.chapter}.ipynb"


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that an update did. ``sections`` are the headings whose text is another one."""

    chapter: str
    kind: Kind
    folder: str
    sections: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = {
            "new": f"{self.chapter} is new.",
            "updated": f"{self.chapter} was brought up to date; you had not begun it.",
            "beside": f"{self.chapter} has a new version. It is in the folder {self.folder!r}; "
            f"your own work stays where it was.",
            "restored": f"{self.chapter} was missing in your copy and is there again.",
            "checks": f"{self.folder}: its checks and hints were brought up to date.",
        }[self.kind]
        if self.kind in ("updated", "beside") and self.sections:
            shown = "; ".join(self.sections[:6])
            more = f"; and {len(self.sections) - 6} more" if len(self.sections) > 6 else ""
            said += f" Changed: {shown}{more}."
        return said


def is_copy(folder: Path) -> bool:
    """Whether a folder is a student's copy."""
    return (folder / STATE).is_file()


def find_copy(start: Path) -> Path | None:
    """The student's copy that ``start`` lies in, or None."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if is_copy(folder)), None)


def locate(folder: Path | None, course: Path | None) -> tuple[Path, Path | None]:
    """Where the student's copy is or shall be, and the ``release/`` that it is made from.

    Args:
        folder: the copy, when it was named; else the one that the current folder lies in, else
            ``student/`` in the course's or the bundle's folder.
        course: the folder with ``release/``, when it was named; else this one or one above it.

    Raises:
        AutograderError: neither a copy nor chapters to make one from can be found.
    """
    here = Path.cwd()
    found = find_course(here) if course is None else course.resolve()
    release = found / "release" if found is not None else None
    if course is not None and not chapter_names(course / "release"):
        raise AutograderError(f"There are no chapters in {course / 'release'}.")
    if folder is None:
        folder = find_copy(here) or (found / DEFAULT if found is not None else None)
    if folder is None or (release is None and not is_copy(folder)):
        raise AutograderError(
            f"There are no chapters here: {here} is neither in the course's folder nor in your "
            f"copy of it. Go to the folder with release/, or name it with --course."
        )
    folder = folder.resolve()
    if release is not None and (folder == release or release in folder.parents):
        raise AutograderError(f"{folder} is the course's own; choose another folder.")
    return folder, release


class OwnCopy:
    """A student's copy of the course.

    Args:
        folder: where it is, or where it shall be.

    Raises:
        AutograderError: the folder cannot be written; in :meth:`update`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state = _read_state(folder / STATE)

    @property
    def student(self) -> str | None:
        """The name that the student handed in under last."""
        name = self._state.get("student")
        return name if isinstance(name, str) else None

    def remember_student(self, name: str) -> None:
        """Remember the name for the next time."""
        self._state["student"] = name
        self._save()

    def editions(self, chapter: str) -> list[Edition]:
        """The versions of a chapter that are still in the copy, oldest first."""
        known: list[Edition] = self._state["editions"]
        return [e for e in known if e.chapter == chapter and (self.folder / e.folder).is_dir()]

    def begun(self, edition: Edition) -> bool:
        """Whether the student has changed the notebook of an edition."""
        mine = self._digest(edition.folder, edition.notebook)
        return mine is not None and mine != edition.files.get(edition.notebook)

    def update(self, release: Path, today: datetime.date) -> list[Change]:
        """Bring in what is new in ``release/``; what was done, in the order of the chapters."""
        changes: list[Change] = []
        try:
            for name in chapter_names(release):
                changes += self._update_chapter(read_chapter(release, name), today)
        except OSError as error:
            raise AutograderError(
                f"Your copy in {self.folder} cannot be brought up to date: {error.strerror} "
                f"({error.filename}). Choose another folder with --folder."
            ) from None
        return changes

    def _update_chapter(self, chapter: Chapter, today: datetime.date) -> Iterable[Change]:
        editions = self.editions(chapter.name)
        if not editions:
            return self._first(chapter, today)
        notebook = chapter.digests[chapter.notebook]
        for edition in reversed(editions):
            if edition.files.get(chapter.notebook) == notebook:
                return self._refresh(chapter, edition)
        newest = editions[-1]
        if not self.begun(newest) or self._digest(newest.folder, newest.notebook) == notebook:
            return self._hand_out(chapter, newest.folder, "updated", newest)
        return self._beside(chapter, newest, today)

    def _first(self, chapter: Chapter, today: datetime.date) -> Iterable[Change]:
        """A chapter of which nothing is remembered, or whose folders are gone."""
        known = any(e.chapter == chapter.name for e in self._state["editions"])
        mine = self._digest(chapter.name, chapter.notebook)
        if mine is None or mine == chapter.digests[chapter.notebook]:
            return self._hand_out(chapter, chapter.name, "restored" if known else "new")
        # There is work of which it is not known what it began from.
        return self._beside(
            chapter, self._remember(Edition(chapter.name, chapter.name, {}, {})), today
        )

    def _beside(self, chapter: Chapter, old: Edition, today: datetime.date) -> Iterable[Change]:
        name = f"{chapter.name} ({today.isoformat()})"
        count = 1
        while (self.folder / name).exists():
            count += 1
            name = f"{chapter.name} ({today.isoformat()}, {count})"
        return self._hand_out(chapter, name, "beside", old)

    def _refresh(self, chapter: Chapter, edition: Edition) -> Iterable[Change]:
        """The notebook is today's: bring what lies beside it up to date."""
        if self._digest(edition.folder, edition.notebook) is None:
            return self._hand_out(chapter, edition.folder, "restored", edition)
        stale = any(self._is_stale(edition, *item) for item in chapter.digests.items())
        return self._hand_out(chapter, edition.folder, "checks", edition) if stale else ()

    def _is_stale(self, edition: Edition, file: str, known: str) -> bool:
        mine = self._digest(edition.folder, file)
        if is_reference(file):
            return mine != known
        return mine is None or edition.files.get(file) != known

    def _hand_out(
        self, chapter: Chapter, name: str, kind: Kind, old: Edition | None = None
    ) -> Iterable[Change]:
        """Write a chapter into a folder of the copy, and remember it.

        A new folder appears whole. In one that is there, files that the student changed stay; the
        notebook comes last, so that an interrupted update is taken up again.
        """
        folder = self.folder / name
        if folder.exists():
            given = old.files if old is not None and old.folder == name else {}
            for file in sorted(chapter.files, key=lambda file: file == chapter.notebook):
                mine = self._digest(name, file)
                theirs = mine is not None and mine not in (given.get(file), chapter.digests[file])
                if is_reference(file) or not theirs:
                    write_whole(folder.joinpath(*file.split("/")), chapter.files[file])
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder) as scratch:
                whole = Path(scratch) / "chapter"
                for file, data in chapter.files.items():
                    write_whole(whole.joinpath(*file.split("/")), data)
                os.replace(whole, folder)
        self._remember(Edition(chapter.name, name, chapter.digests, chapter.sections))
        sections = changed_sections(old.sections, chapter.sections) if old and old.sections else ()
        return (Change(chapter.name, kind, name, sections),)

    def _remember(self, edition: Edition) -> Edition:
        others = [e for e in self._state["editions"] if e.folder != edition.folder]
        self._state["editions"] = [*others, edition]
        self._save()
        return edition

    def _digest(self, folder: str, file: str) -> str | None:
        try:
            return digest(file, self.folder.joinpath(folder, *file.split("/")).read_bytes())
        except OSError:
            return None

    def _save(self) -> None:
        editions = [dataclasses.asdict(edition) for edition in self._state["editions"]]
        text = json.dumps({**self._state, "editions": editions}, indent=1, sort_keys=True)
        write_whole(self.folder / STATE, text.encode())


def _read_state(path: Path) -> dict[str, Any]:
    """What is remembered; a file that is missing or damaged remembers nothing."""
    state: dict[str, Any] = {"version": VERSION, "editions": []}
    try:
        stored = json.loads(path.read_bytes())
        if stored["version"] == VERSION:
            state["editions"] = [Edition(**e) for e in stored["editions"] if _is_sound(e)]
            state |= {"student": stored["student"]} if "student" in stored else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        state["editions"] = []
    return state


def _is_sound(stored: dict[str, Any]) -> bool:
    """Whether an entry means one folder inside the copy."""
    names = (stored["chapter"], stored["folder"])
    return all(n == Path(n).name and not n.startswith(".") for n in names) and all(
        isinstance(stored[key], dict) for key in ("files", "sections")
    )
