"""Plain folders of hand-ins: which part of a path is a student, and which only holds students.

Nobody says so. A folder with a general name (``week 2``, ``submissions``) or a chapter's holds
others; so does one in which the same chapter lies under several names. Any other is a student.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence

from autograder.handin import read_name
from autograder.intake.chapters import Chapters
from autograder.intake.copies import around, is_mark, split_ending, without_copies, without_marks
from autograder.intake.names import shown

_GENERAL = frozenset(
    """
    submissions submitted download downloads unzipped extracted unpacked zip zips inbox outbox mail
    mails email emails attachments attachment sent received collected collect incoming handed in
    handin handins turnedin uploads upload week weeks woche semaine semana day unit module topic
    section class course kurs cours semester term fall winter batch round
    group_work groups gruppen students student all everything everyone
    everybody late early intime ontime extra
    archive archives files data work works working docs documents desktop src code old new earlier
    later abgaben abgegeben rendus entregas inleveringen assignments homeworks chapters chapter
    kapitel chapitre lecture lesson quiz project projects task tasks tmp temp misc other others the
    of for my and to grade graded grading
    """.split()
)
_OURS = re.compile(
    r"(?P<chapter>.+?)-(?P<student>.+)-(?P<time>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)", re.DOTALL
)
_AFTER_TIME = re.compile(r"(?P<whole>.*\dZ)[ _.-]*(?:\(?\d{1,3}\)?)?", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Called:
    """What a file's own name says: the chapter, whatever else stands there, and our own time.

    ``ours`` is whether ``autograder submit`` made the name.
    """

    chapter: str | None
    left: str
    time: str | None = None
    ours: bool = False


def called(name: str, chapters: Chapters) -> Called:
    """What the name of a file says, its ending apart, and without marks of copies."""
    stem = split_ending(name)[0]
    bare = without_copies(stem)
    cut = _AFTER_TIME.fullmatch(bare)
    ours = _OURS.fullmatch(cut["whole"] if cut is not None else bare)
    if ours is not None:
        for chapter in chapters.names:  # a chapter's name and a student's may both hold "-"
            if ours[0].startswith(f"{chapter}-"):
                left = ours[0][len(chapter) + 1 : -len(ours["time"]) - 1]
                if left:
                    return Called(chapter, read_name(left), ours["time"], ours=True)
    found = chapters.in_text(stem)
    if found is None:
        return Called(None, without_marks(stem))
    chapter, before, after = found
    return Called(chapter, around(before, after))


def chapter_of(parts: Sequence[str], chapters: Chapters) -> str | None:
    """The chapter that a path says: the file's name first, then the nearest folder's."""
    found = called(parts[-1], chapters).chapter
    for part in reversed(parts[:-1]):
        if found is None:
            at = chapters.in_text(part)
            found = at[0] if at is not None else None
    return found


def holds_others(folder: str) -> bool:
    """Whether a folder's name is a general one, and so nobody's."""
    text = shown(folder).casefold()
    words = [word for word in re.split(r"[\W_]+", text) if word]
    if not words or text.isdigit():
        return not words
    return all(
        word in _GENERAL
        or word.rstrip("0123456789") in _GENERAL
        or is_mark(word)
        or word.isdigit()
        or len(word) == 1
        for word in words
    ) and any(
        word.rstrip("0123456789") in _GENERAL or (is_mark(word) and not word.isdigit())
        for word in words
    )


class Folders:
    """The folders of a download, and which of them hold students.

    Args:
        chapters: the course's.
        files: paths of all files that nobody's platform has marked.
        marked: paths of those that a platform has marked: the folders above hold students.
        is_student: whether a folder is called as a student of the course is, whatever else the
            word means (Winter, Good, Day).
    """

    def __init__(
        self,
        chapters: Chapters,
        files: Iterable[Sequence[str]] = (),
        marked: Iterable[Sequence[str]] = (),
        is_student: Callable[[str], bool] = lambda folder: False,
    ) -> None:
        self._chapters = chapters
        self._is_student = is_student
        self._general: dict[str, str] = {}
        self._holders = {tuple(path[:depth]) for path in marked for depth in range(1, len(path))}
        tree = _Tree()
        for path in files:
            chapter = chapter_of(path, chapters)
            chain = [
                tuple(path[: depth + 1]) for depth, part in enumerate(path[:-1]) if self._text(part)
            ]
            tree.add(chain, chapter, called(path[-1], chapters).left)
        self._holders |= tree.holders()

    def students(self, path: Sequence[str]) -> list[str]:
        """The folders of a path that can be students, the likeliest first."""
        found: list[str] = []
        for place, part in enumerate(path[:-1]):
            if tuple(path[: place + 1]) in self._holders:
                found = []
                continue
            text = self._text(part)
            if text:
                found.append(text)
        return found

    def _text(self, folder: str) -> str:
        """What of a folder's name can be a student's: nothing where it is a chapter's."""
        if folder not in self._general:
            at = self._chapters.in_text(folder)
            text = folder
            if at is not None:
                text = around(at[1], at[2])
            is_general = not text or (holds_others(text) and not self._is_student(text))
            self._general[folder] = "" if is_general else text
        return self._general[folder]


_Folder = tuple[str, ...]


class _Tree:
    """Folders that could be students, with what lies in them."""

    def __init__(self) -> None:
        self._above: dict[_Folder, _Folder] = {}
        self._inside: dict[_Folder, set[_Folder]] = {}
        self._under: dict[_Folder, dict[str | None, set[_Folder]]] = {}
        self._direct: dict[_Folder, dict[str | None, list[str]]] = {}

    def add(self, chain: Sequence[_Folder], chapter: str | None, left: str) -> None:
        """Note a file: the folders above it that could be students, outermost first."""
        above: _Folder = ()
        for folder in chain:
            self._above[folder] = above
            self._inside.setdefault(above, set()).add(folder)
            self._under.setdefault(above, {}).setdefault(chapter, set()).add(folder)
            above = folder
        self._direct.setdefault(above, {}).setdefault(chapter, []).append(left)

    def holders(self) -> set[_Folder]:
        """The folders that hold students."""
        found = {folder for folder in self._above if self._is_heap(folder)}
        for folder in self._above:
            beside = self._inside[self._above[folder]]
            if folder in self._direct or folder not in self._inside:
                continue
            if any(other in self._direct and other not in found for other in beside):
                continue  # a student beside it
            if self._is_class(folder, beside):
                # what lies beside a class and is built like it is another
                found |= {
                    other for other in beside if other not in self._direct and other in self._inside
                }
        return found

    def _is_heap(self, folder: _Folder) -> bool:
        """Whether files of several students for one chapter lie in it, by their names."""
        return any(
            chapter is not None and all(names) and len(set(names)) > 1
            for chapter, names in self._direct.get(folder, {}).items()
        )

    def _is_class(self, folder: _Folder, beside: set[_Folder]) -> bool:
        """Whether folders of several students lie in it."""
        if any(len(inner) > 1 for inner in self._under[folder].values()):
            return True
        if len(beside) == 1:
            return self._above[folder] not in self._direct
        names = {inner[-1] for inner in self._inside[folder]}
        return any(
            inner[-1] in names
            for other in beside - {folder}
            for inner in self._inside.get(other, ())
        )
