"""Feedback pages → one zip, laid out as the platform takes it that the hand-ins came from."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from autograder.course.folder import CourseFolder
from autograder.files import write_whole
from autograder.intake.returns import Returns

Layout = Literal["moodle", "canvas", "folders"]


@dataclasses.dataclass(frozen=True)
class Packed:
    """A zip, whose pages are in it, and of whom the platform's mark is unknown.

    It is not written where it would be empty.
    """

    path: Path
    students: tuple[str, ...]
    unknown: tuple[str, ...]


def pack(
    course: CourseFolder, pages: Mapping[str, Sequence[Path]], layout: Layout, pdf: bool = False
) -> Iterator[Packed]:
    """Pack pages, given by assignment.

    ``folders`` is one zip with ``<student>/<assignment>.html``, and each student's PDF with
    ``pdf``. ``moodle`` and ``canvas`` are one for each assignment, since it is there that they are
    uploaded; a page goes to nobody but whom the platform's own download named.
    """
    if layout == "folders":
        found = [(_student(page), page) for own in pages.values() for page in own]
        files = [(f"{student}/{page.name}", page) for student, page in found]
        students = tuple(dict.fromkeys(student for student, _ in found))
        if pdf:
            printed = [
                (f"{student}/{student}.pdf", course.printed(student)) for student in students
            ]
            files += [(inner, path) for inner, path in printed if path.is_file()]
        yield Packed(_zip(course.feedback / "feedback.zip", files), students, ())
        return
    returns = Returns(course.submitted)
    for name, own_pages in pages.items():
        prefixes = {_student(p): returns.find(_student(p), name, layout) for p in own_pages}
        # Canvas takes a last word that begins with "link" for no file of a student's.
        own = "feedback.html" if layout == "canvas" else f"{name}.html"
        files = [
            (f"{prefix}{own}", page)
            for page in own_pages
            if (prefix := prefixes[_student(page)]) is not None
        ]
        known = tuple(student for student, prefix in prefixes.items() if prefix is not None)
        unknown = tuple(student for student, prefix in prefixes.items() if prefix is None)
        path = course.feedback / f"{name}-{layout}.zip"
        if files:
            _zip(path, files)
        else:
            path.unlink(missing_ok=True)  # one of an earlier class
        yield Packed(path, known, unknown)


def _student(page: Path) -> str:
    return page.parent.parent.name


def _zip(path: Path, files: Iterable[tuple[str, Path]]) -> Path:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, file in files:
            entry = zipfile.ZipInfo(inner)  # of 1980: the same pages make the same zip
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    write_whole(path, data.getvalue())
    return path
