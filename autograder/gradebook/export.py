"""``nbgrader export`` and ``autograder export``: the grades of a class as a file.

:class:`Exporter` is nbgrader's plug-in, with more options; :class:`CsvExporter` writes nbgrader's
own columns, and :mod:`autograder.gradebook.platform_exports` what learning platforms import. All
read the gradebook in a few statements, whatever the size of the class.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from nbgrader.api import Gradebook
from nbgrader.plugins.export import ExportPlugin
from sqlalchemy import Connection
from traitlets import Bool, Dict, Unicode

from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.gradebook.current import bring_up_to_date
from autograder.gradebook.grades import Column, Grades, read_grades

#: nbgrader's own
COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)
#: What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@")


@dataclasses.dataclass(frozen=True)
class Form:
    """How a table is written: what separates fields, which are quoted, how lines end."""

    delimiter: str = ","
    quoted: bool = False  #: every field, not only those that need it
    encoding: str = "utf-8"
    newline: str = "\n"

    def to_bytes(self, rows: Iterable[Sequence[str]]) -> bytes:
        """A table as a file."""
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL,
            lineterminator=self.newline,
        )
        writer.writerows(rows)
        return text.getvalue().encode(self.encoding, "replace")


def harmless(text: str) -> str:
    """A text that nobody vouches for, so that no spreadsheet computes it: ``'=1+1``."""
    if not text.isprintable():
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def number(points: float) -> str:
    """Points as all platforms read them: a dot, no thousands, no zeros at the end."""
    return f"{round(points, 4):.10g}"


class Exporter(ExportPlugin):
    """The base of all exporters: which columns there are, and nbgrader's way to call it."""

    exercises = Bool(False, help="Whether each exercise has a column of its own.").tag(config=True)
    requirements = Bool(False, help="Whether each requirement has one as well.").tag(config=True)
    zero = Bool(False, help="Whether who handed in nothing has 0, instead of an empty field.").tag(
        config=True
    )
    source = Unicode(
        "", help="The platform's own gradebook, downloaded, to be filled; a new file if empty."
    ).tag(config=True)
    titles = Dict(help="What assignments are called on the platform, by their names here.").tag(
        config=True
    )

    file_name: ClassVar[str] = "grades.csv"  #: where nothing else is said

    def export(self, gradebook: Gradebook) -> None:
        """Write the file ``to``; what ``nbgrader export`` calls."""
        root = Path(self.parent.coursedir.root) if self.parent is not None else Path.cwd()
        course = CourseFolder(root, self.config)
        try:
            for name in course.graded_assignments:
                bring_up_to_date(course, name, self.log.warning)
            with gradebook.engine.connect() as connection:
                for line in self.write(connection, course):
                    self.log.info(line)
        except AutograderError as error:
            raise SystemExit(f"autograder: {error}") from error

    def write(self, connection: Connection, course: CourseFolder) -> list[str]:
        """Write the file, and say what there is to say of it, a sentence a line.

        Raises :class:`AutograderError` for what cannot be exported, or not be written.
        """
        grades = read_grades(
            connection,
            course,
            [str(name) for name in self.assignment],
            [str(name) for name in self.student],
            exercises=self.exercises,
            requirements=self.requirements,
        )
        if not grades.sheets or not (grades.students or grades.strangers):
            raise AutograderError("There are no grades yet; run `autograder grade` first.")
        target = Path(self.to or self.file_name)
        data, said = self.made(grades, target)
        try:
            write_whole(target, data)
        except OSError as error:
            raise AutograderError(f"{target} cannot be written: {error.strerror}.") from None
        for sheet in grades.sheets:
            if sheet.waiting:
                said.append(
                    f"{sheet.assignment}: {len(sheet.waiting)} set aside and not looked at yet, "
                    f"with 0 points: {_listed(sheet.waiting)}."
                )
        return [*said, f"Written: {target}"]

    def made(self, grades: Grades, target: Path) -> tuple[bytes, list[str]]:
        """The bytes of the file, and what there is to say of them."""
        raise NotImplementedError


class CsvExporter(Exporter):
    """nbgrader's columns, quoted where need be; a line for each student and assignment.

    nbgrader's own plug-in joins fields with commas: a name such as "King, Jr." shifts its line by
    one column. As with it, who handed in nothing has 0.
    """

    def made(self, grades: Grades, target: Path) -> tuple[bytes, list[str]]:
        """A table of all students, those who are not on the roster too."""
        if self.source:
            raise AutograderError(
                "A CSV file of nbgrader's columns is not filled; leave out --from."
            )
        everybody = sorted((*grades.students, *grades.strangers), key=lambda student: student.id)
        details = list(
            dict.fromkeys(c.detail for sheet in grades.sheets for c in sheet.columns if c.detail)
        )
        rows: list[list[str]] = [[*COLUMNS, *map(harmless, details)]]
        for sheet in grades.sheets:
            whole, *parts = sheet.columns
            own = {column.detail: column.scores for column in parts}
            for student in everybody:
                there = sheet.submissions.get(student.id)
                row: list[Any] = [
                    sheet.assignment,
                    sheet.duedate or "",
                    (there and there.timestamp) or "",
                    *map(harmless, (student.id, student.last_name, student.first_name)),
                    harmless(student.email),
                    round(sum(there.cells.values()), 6) if there else 0.0,
                    there.penalty if there else 0.0,
                    whole.scores.get(student.id, 0.0),
                    whole.points,
                ]
                for detail in details:
                    points = own.get(detail, {}).get(student.id)
                    row.append("" if points is None else points)
                rows.append([str(cell) for cell in row])
        return Form().to_bytes(rows), []


def unplaced(grades: Grades) -> list[str]:
    """A sentence on those whom no platform knows, where there are any."""
    graded = {student for sheet in grades.sheets for student in sheet.submissions}
    left_out = [student.id for student in grades.strangers if student.id in graded]
    if not left_out:
        return []
    return [f"Left out, being on no roster: {_listed(left_out)}."]


def not_handed_in(grades: Grades, columns: Sequence[Column], zero: bool) -> list[str]:
    """A sentence for each assignment that some on the roster have not handed in."""
    said = []
    for column in columns:
        absent = [s.id for s in grades.students if s.id not in column.scores]
        if absent and not column.detail:
            what = "0 points" if zero else "no grade; --zero gives them 0"
            said.append(
                f"{column.assignment}: nothing handed in by {len(absent)} of "
                f"{len(grades.students)}, who have {what}: {_listed(absent)}."
            )
    return said


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(names[:20]) + more
