"""A gradebook that a platform gave out, filled with our scores and nothing else changed.

Lines and columns are the platform's: a line is a student of the roster by any of its ids, a column
an assignment by its title. What we have no score for stays as it is.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import AutograderError
from autograder.gradebook.export import Form
from autograder.gradebook.grades import Column, Grades
from autograder.intake.chapters import Chapters
from autograder.intake.roster import (
    Student,
    columns_of,
    decoded,
    delimiter_of,
    platform_number,
    read_table,
)

if TYPE_CHECKING:
    from autograder.gradebook.platform_exports import PlatformExporter

MAX_BYTES = 20 * 2**20  #: of a platform's gradebook


@dataclasses.dataclass(frozen=True)
class _File:
    path: Path
    rows: list[list[str]]
    form: Form

    @property
    def header(self) -> list[str]:
        return self.rows[0]


def fill(
    path: Path, exporter: PlatformExporter, grades: Grades, columns: Sequence[Column]
) -> tuple[bytes, list[str]]:
    """The file at ``path`` with the scores of ``columns``, and what there is to say of it.

    Raises :class:`AutograderError` where a column or a student cannot be told.
    """
    file = _read(path)
    places = {_place(file, exporter, column): column for column in columns}
    if len(places) < len(columns):
        raise AutograderError(f"{path}: one column is that of several assignments; use --column.")
    said = _other_points(file, exporter, places)
    known = _Lines(file, grades.students)
    found: set[str] = set()
    unknown: list[int] = []
    for line, row in enumerate(file.rows[1:], 2):
        student = known.student(line, row)
        if student is None:
            unknown += [line] if known.names_somebody(row) else []
            continue
        found.add(student.id)
        row += [""] * (len(file.header) - len(row))
        for place, column in places.items():
            row[place] = exporter.score(column, student.id) or row[place]
    if unknown:
        lines = ", ".join(map(str, unknown[:20])) + (", …" if len(unknown) > 20 else "")
        said.append(f"{path.name}: not on the roster, and left as they are: lines {lines}.")
    absent = [
        student.id
        for student in grades.students
        if student.id not in found and any(student.id in column.scores for column in columns)
    ]
    if absent:
        who = ", ".join(absent[:20]) + (", …" if len(absent) > 20 else "")
        said.append(f"{path.name} has no line for {len(absent)} with grades: {who}.")
    kept = [
        place
        for place, header in enumerate(file.header)
        if place in places or exporter.keeps(header)
    ]
    rows = [[row[place] if place < len(row) else "" for place in kept] for row in file.rows]
    return file.form.to_bytes(rows), said


def _read(path: Path) -> _File:
    text, encoding = decoded(read_table(path, MAX_BYTES, "download it as CSV instead"))
    delimiter = delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise AutograderError(f"{path}, line {reader.line_num}: {error}.") from None
    if not rows:
        raise AutograderError(f"{path} is empty.")
    first = text.lstrip().split("\n", 1)[0].rstrip("\r")
    quoted = first == delimiter.join('"' + cell.replace('"', '""') + '"' for cell in rows[0])
    form = Form(delimiter, quoted, encoding, "\r\n" if "\r\n" in text else "\n")
    return _File(path, rows, form)


# -------------------------------------------------------------------------------------- columns


def _place(file: _File, exporter: PlatformExporter, column: Column) -> int:
    """Where a column is in the file: its own title, else one that names the same chapter."""
    title = exporter.title(column)
    headings = {
        place: heading
        for place, header in enumerate(file.header)
        if (heading := exporter.heading(header.strip())) is not None
    }
    found = [p for p, heading in headings.items() if title in (heading.title, file.header[p])]
    if not found and not column.detail and column.assignment not in exporter.titles:
        chapters = Chapters([column.assignment])
        found = [p for p, h in headings.items() if chapters.in_text(h.title) is not None]
    if len(found) > 1:  # Moodle's other ways to show the same grade
        found = [p for p in found if file.header[p].endswith("(Real)")] or found
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(repr(file.header[p]) for p in found[:3])
        raise AutograderError(
            f"{file.path}: {names} can both be {title!r}; "
            f"say which with --column '{column.assignment}=TITLE'."
        )
    there = ", ".join(repr(h.title) for h in list(headings.values())[:20]) or "none"
    raise AutograderError(
        f"{file.path} has no column {title!r}. Make it in {exporter.product} and download the file "
        f"again, or say what it is called there with --column '{column.assignment}=TITLE'; "
        f"its columns are: {there}."
    )


def _other_points(file: _File, exporter: PlatformExporter, places: dict[int, Column]) -> list[str]:
    """Where the platform gives other points than the gradebook, which nobody scales."""
    said = []
    for place, column in places.items():
        heading = exporter.heading(file.header[place].strip())
        there = heading.points if heading is not None else None
        for row in file.rows[1:3]:
            if row[0].strip().startswith("Points Possible") and place < len(row):
                there = _float(row[place])
        if there is not None and there != column.points:
            said.append(
                f"{exporter.product} gives {there:g} points for {file.header[place]!r}, the "
                f"gradebook {column.points:g}; nothing was scaled."
            )
    return said


def _float(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


# ---------------------------------------------------------------------------------------- lines


class _Lines:
    """Whose a line is, by the columns that a roster would be read from."""

    def __init__(self, file: _File, students: Sequence[Student]) -> None:
        self._file = file
        header = [cell.lstrip("\ufeff") for cell in file.header]
        columns = columns_of(file.path, header)
        self._places = [(what, columns[what]) for what in ("lms", "id", "email") if what in columns]
        self._index: dict[str, dict[str, Student]] = {"id": {}, "lms": {}, "email": {}}
        for student in students:
            self._index["id"][student.id.casefold()] = student
            self._index["lms"][student.lms_user_id.casefold()] = student
            self._index["email"][student.email.casefold()] = student
        for own in self._index.values():
            own.pop("", None)

    def student(self, line: int, row: Sequence[str]) -> Student | None:
        """The student of a line; None for nobody. Raises AutograderError for two of them."""
        found = {student.id: student for student in self._by_own(row)}
        if not found:
            found = {student.id: student for student in self._by_others(row)}
        if len(found) > 1:
            raise AutograderError(
                f"{self._file.path}, line {line}: its ids are those of two students, "
                f"{' and '.join(map(repr, sorted(found)))}. Mend the roster or the line."
            )
        return next(iter(found.values()), None)

    def names_somebody(self, row: Sequence[str]) -> bool:
        """Whether a line is a person's, and not the platform's own."""
        return any(True for _ in self._values(row)) and not row[0].startswith("Student, Test")

    def _values(self, row: Sequence[str]) -> Iterator[tuple[str, str]]:
        for what, place in self._places:
            text = row[place].strip() if place < len(row) else ""
            text = platform_number(text) if what == "lms" else text.removeprefix("#")
            if text:
                yield what, text.casefold()

    def _by_own(self, row: Sequence[str]) -> Iterator[Student]:
        for what, value in self._values(row):
            if value in self._index[what]:
                yield self._index[what][value]

    def _by_others(self, row: Sequence[str]) -> Iterator[Student]:
        """A number that the roster has as an id, or the other way round."""
        for what, value in self._values(row):
            other = self._index[{"id": "lms", "lms": "id"}.get(what, what)]
            if value in other:
                yield other[value]
