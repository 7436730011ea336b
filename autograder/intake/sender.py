"""Whose a handed-in file is and which chapter's, by its path.

A platform's mark says it first (:mod:`autograder.intake.platforms`), then a student's folder
(:mod:`autograder.intake.folders`), then the file's own name. An instructor's own pattern goes
before all of these; nbgrader's collector plug-in matches it.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable, Iterable, Sequence

from nbgrader.plugins.zipcollect import FileNameCollectorPlugin

from autograder.errors import AutograderError, RefusedArchive
from autograder.intake.chapters import Chapters
from autograder.intake.folders import Folders, called, chapter_of, holds_others
from autograder.intake.names import safe_name, shown
from autograder.intake.platforms import Mark, Peek, read_mark
from autograder.intake.roster import Sender

NAMELESS = (
    "Its name does not say whose it is. Name it chapter-student.zip or student/chapter.ipynb."
)


@dataclasses.dataclass(frozen=True)
class Name:
    """What a file's path says.

    Args:
        student: the student's id, a folder's name.
        assignment: the chapter that the name says, or None.
        time: the time that the name says, or None.
        sender: the platform's own mark, or empty.
        display: what the student is called there, letter by letter.
        raw: the mark or the folder as it is spelled on disk: two of them are two students.
        place: the folder, or the attempt, in which it was handed in.
        own: the name that the student's own archive has, where the platform says another.
        others: further folders of the path that could be the student's.
        mark: all that the platform says.
    """

    student: str
    assignment: str | None
    time: str | None
    sender: str
    display: str = ""
    raw: str = ""
    place: tuple[str, ...] = ()
    own: str = ""
    others: tuple[str, ...] = ()
    mark: Mark | None = None

    @property
    def known(self) -> Sender:
        """What a roster is asked."""
        if self.mark is None:
            return Sender((self.display, *self.others), own=self.own, blind=True)
        mark = self.mark
        said = () if mark.blind else tuple(filter(None, (mark.login, mark.name, mark.student)))
        return Sender(tuple(dict.fromkeys(said)), mark.number, self.own, mark.blind)


def _no_peek(path: str) -> str | None:
    return None


class Names:
    """Reads files' paths.

    Args:
        assignments: the names of the course's assignments.
        default: the assignment of files that name none.
        pattern: a regular expression to try first, matched with a file's path: groups
            ``student_id``, ``file_id`` (the assignment) and, if there is one, ``timestamp``.
        peek: reads the beginning of a text file of the download, by its path.
        chapters: how the chapters are recognised; by their names if left out.
        is_student: whether a student of the course is called so; of nobody it is known if left out.

    Raises:
        AutograderError: the pattern cannot be used.
    """

    def __init__(
        self,
        assignments: Sequence[str],
        default: str | None = None,
        pattern: str | None = None,
        peek: Peek = _no_peek,
        chapters: Chapters | None = None,
        is_student: Callable[[str], bool] = lambda text: False,
    ) -> None:
        self.chapters = chapters or Chapters(assignments)
        self.default = default
        self._peek = peek
        self._collector = self._own(pattern) if pattern is not None else None
        self._is_student = is_student
        self._folders = Folders(self.chapters, is_student=is_student)
        self._marks: dict[str, Mark | None] = {}

    @staticmethod
    def _own(pattern: str) -> FileNameCollectorPlugin:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise AutograderError(f"The pattern {pattern!r} is not valid: {error}.") from None
        if not {"student_id", "file_id"} <= set(groups):
            raise AutograderError(
                f"The pattern {pattern!r} needs the groups (?P<student_id>…), (?P<file_id>…)."
            )
        silent = logging.Logger("autograder.collect", logging.CRITICAL + 1)
        return FileNameCollectorPlugin(
            named_regexp=pattern, valid_ext=[".zip", ".ZIP", ".ipynb", ".IPYNB"], log=silent
        )

    def survey(self, files: Iterable[str]) -> None:
        """Look at all paths of a download, to tell students' folders from those that hold them."""
        plain: list[tuple[str, ...]] = []
        marked: list[tuple[str, ...]] = []
        for file in files:
            path = tuple(file.split("/"))
            (marked if self.mark(file) is not None else plain).append(path)
        self._folders = Folders(self.chapters, plain, marked, self._is_student)

    def mark(self, file: str) -> Mark | None:
        """What a platform says of the file, if one does."""
        if file not in self._marks:
            self._marks[file] = read_mark(file.split("/"), self._peek, self.chapters.names)
        return self._marks[file]

    def read(self, file: str) -> Name:
        """What the path ``file`` says. Raises :class:`RefusedArchive`."""
        found = self._collector.collect(file) if self._collector is not None else None
        if found is not None:
            return self._by_pattern(file, found)
        mark = self.mark(file)
        if mark is not None:
            return self._by_platform(file, mark)
        return self._by_folder(file)

    def folder(self, file: str) -> str:
        """The folder of a path that is the student, or nothing."""
        return next(iter(self._folders.students(file.split("/"))), "")

    def _by_pattern(self, file: str, found: dict[str, str]) -> Name:
        assignment = found.get("file_id")
        if assignment is not None and assignment not in self.chapters:
            at = self.chapters.in_text(assignment)  # it may catch more than the name
            assignment = at[0] if at is not None else None
        return Name(
            safe_name(found["student_id"]),
            assignment or self.default,
            found.get("timestamp"),
            found.get("sender") or "",
            display=shown(found["student_id"]),
            raw=found["student_id"],
            place=(file.rpartition("/")[0],),
        )

    def _by_platform(self, file: str, mark: Mark) -> Name:
        name = called(mark.rest[-1], self.chapters)
        above = tuple(file.split("/")[:-1])
        if mark.platform == "Canvas":  # all of an attempt's files, whatever their own numbers are
            place: tuple[str, ...] = (mark.platform, *above, mark.sender)
        else:
            place = (mark.platform, *above, mark.sender, str(mark.time))
        return Name(
            safe_name(mark.student),
            name.chapter or chapter_of((*above, mark.rest[-1]), self.chapters) or self.default,
            name.time,
            mark.sender,
            display=shown(mark.student),
            raw=mark.sender,
            place=place,
            own=name.left if name.ours else "",
            mark=mark,
        )

    def _by_folder(self, file: str) -> Name:
        path = file.split("/")
        name = called(path[-1], self.chapters)
        candidates = self._folders.students(path)
        student = candidates[0] if candidates else name.left
        if not student or (not candidates and not name.ours and holds_others(student)):
            raise RefusedArchive(NAMELESS)
        return Name(
            safe_name(student),
            chapter_of(path, self.chapters) or self.default,
            name.time,
            "",
            display=shown(student),
            raw=student if candidates else shown(student),
            place=("", *path[:-1]),
            own=name.left if candidates and name.ours else "",
            others=tuple(candidates[1:]),
        )
