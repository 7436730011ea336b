"""Files that learning platforms import, each as its product documents or reads it.

Without ``source`` a new file is made; with it (``--from``) the platform's own download is filled,
which needs no guess about its ids and columns (:mod:`autograder.gradebook.filling`).

No name of a student is computed by a spreadsheet: one that begins like a formula gets an
apostrophe, which no platform minds, since all of them know students by ids. Ids, logins and
addresses are the roster's and stay as they are.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from autograder.gradebook.export import Exporter, Form, harmless, not_handed_in, number, unplaced
from autograder.gradebook.filling import fill
from autograder.gradebook.grades import Column, Grades
from autograder.intake.roster import Student


@dataclasses.dataclass(frozen=True)
class Heading:
    """What a platform's header says of a column of grades."""

    title: str
    points: float | None = None


class PlatformExporter(Exporter):
    """A line for each student of the roster, a column for each assignment."""

    product: ClassVar[str] = ""
    none: ClassVar[str] = ""  #: what stands for no grade
    #: columns of a student, by their headers, that are no grades
    about: ClassVar[tuple[str, ...]] = ()

    def made(self, grades: Grades, target: Path) -> tuple[bytes, list[str]]:
        """The platform's file, new or filled."""
        columns = [column for sheet in grades.sheets for column in sheet.columns]
        if self.source:
            data, said = fill(Path(self.source), self, grades, columns)
        else:
            data = self.form(target).to_bytes(self.rows(grades.students, columns))
            said = not_handed_in(grades, columns, self.zero)
        return data, [*unplaced(grades), *said]

    def rows(self, students: Sequence[Student], columns: Sequence[Column]) -> list[list[str]]:
        """The whole table of a new file."""
        headers = [self.header(column) for column in columns]
        table = [[*self.about, *headers]]
        for student in students:
            scores = [self.score(column, student.id) or self.none for column in columns]
            table.append([*self.fields(student), *scores])
        return table

    def score(self, column: Column, student: str) -> str:
        """What stands in a student's field; empty for no grade."""
        points = column.scores.get(student, 0.0 if self.zero else None)
        return "" if points is None else number(points)

    def title(self, column: Column) -> str:
        """What a column is called on the platform, by ``titles`` or its name here."""
        title = str(self.titles.get(column.assignment, column.assignment))
        return f"{title} {self.detail(column.detail)}" if column.detail else title

    def detail(self, text: str) -> str:
        """An exercise, or an exercise and a requirement, as a part of a title."""
        return text

    def form(self, target: Path) -> Form:
        """How a new file is written."""
        return Form()

    def fields(self, student: Student) -> list[str]:
        """The columns ``about`` of one student."""
        raise NotImplementedError

    def header(self, column: Column) -> str:
        """The header of a column in a new file."""
        return harmless(self.title(column))

    def heading(self, header: str) -> Heading | None:
        """What a header of a downloaded file says; None where it is none of a grade."""
        raise NotImplementedError

    def keeps(self, header: str) -> bool:
        """Whether a column that is not filled stays in the file: a student's, or none of grades."""
        return self.heading(header) is None


class CanvasExporter(PlatformExporter):
    """Canvas: *Gradebook → Import*.

    As ``lib/gradebook_importer.rb`` of instructure/canvas-lms reads it: the columns Student, ID,
    SIS User ID, SIS Login ID, Section in this order, then ``Title (id)`` for each assignment; a
    title without an id is looked up, and becomes a new assignment where there is none. A row
    "Points Possible" says what they are worth. Students are found by ID, else SIS User ID, else
    SIS Login ID, else name. An empty field takes away a grade that is there. Whatever stands in
    parentheses at a title's end is taken for an id.
    """

    product = "Canvas"
    file_name = "grades-canvas.csv"
    about = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")

    _TITLE = re.compile(r"(?P<title>.+?)\s\((?P<id>\d+)\)\s*", re.DOTALL)
    #: columns that Canvas computes, or ignores
    _COMPUTED = re.compile(r"(?:Current|Final|Override) (?:Score|Points|Grade|Status)")
    _STUDENTS = frozenset(
        [*about, "LastName", "FirstName", "Integration ID", "Root Account"]  #: in some files
    )

    def fields(self, student: Student) -> list[str]:
        """Canvas' number where the roster has one; the login is the student's id here."""
        last, first = student.last_name, student.first_name
        name = ", ".join(filter(None, (last, first))) or student.id
        return [harmless(name), student.lms_user_id, "", student.id, ""]

    def rows(self, students: Sequence[Student], columns: Sequence[Column]) -> list[list[str]]:
        """With the row of points below the header."""
        header, *lines = super().rows(students, columns)
        points = [number(column.points) for column in columns]
        return [header, ["    Points Possible", *[""] * (len(self.about) - 1), *points], *lines]

    def detail(self, text: str) -> str:
        """Without parentheses at its end."""
        return re.sub(r"\(([^()]*)\)\s*$", r"[\1]", text)

    def heading(self, header: str) -> Heading | None:
        """``HW 1 (1234)``."""
        found = self._TITLE.fullmatch(header)
        return Heading(found["title"]) if found and not self._COMPUTED.search(header) else None

    def keeps(self, header: str) -> bool:
        """The columns of a student alone: others may have changed on the platform meanwhile."""
        return header.strip().lstrip("\ufeff") in self._STUDENTS


class MoodleExporter(PlatformExporter):
    """Moodle: *Grades → Import → CSV file*.

    By docs.moodle.org, "Grade import", and ``grade/import/csv/classes/load_data.php``: any columns,
    mapped by hand while importing; students by "Email address" or "ID number" (capitals count), and
    one who is not found stops the import, so that only the roster's are in it. A dash is no grade.
    """

    product = "Moodle"
    file_name = "grades-moodle.csv"
    none = "-"
    about = ("First name", "Last name", "Username", "ID number", "Email address")

    _TITLE = re.compile(
        r"(?:[^:()]{1,40}: ?)?(?P<title>.+?)(?: \((?P<kind>[^()]{1,40})\))?", re.DOTALL
    )
    _OTHER = re.compile(
        r"percentage|letter|feedback|prozent|pourcentage|lettre|porcentaje|letra", re.I
    )

    def fields(self, student: Student) -> list[str]:
        """The id stands for the user's name, and for the ID number where there is no other."""
        names = (harmless(student.first_name), harmless(student.last_name))
        return [*names, student.id, student.lms_user_id or student.id, student.email]

    def heading(self, header: str) -> Heading | None:
        """``Assignment: HW 1 (Real)``; any title may be an assignment's."""
        found = self._TITLE.fullmatch(header)
        if found is None or self._OTHER.search(found["kind"] or ""):
            return None
        return Heading(found["title"])

    def keeps(self, header: str) -> bool:
        """Everything: Moodle imports the columns that are chosen while importing."""
        return True


class BlackboardExporter(PlatformExporter):
    """Blackboard: *Grade Center → Work Offline → Upload*; in Ultra *Gradebook → Upload*.

    By Blackboard's help, "Uploading or Downloading Grade Center Items for Working Offline":
    students are known by Username, columns by the number behind ``|``; one without a number
    becomes a new column. In comma-separated files (``.csv``) every field is quoted; files called
    ``.xls`` or ``.txt`` are separated by tabs, in UTF-16 as those that Blackboard gives out.
    """

    product = "Blackboard"
    file_name = "grades-blackboard.csv"
    about = ("Last Name", "First Name", "Username", "Student ID")

    _TITLE = re.compile(r"(?P<title>.+?) \[(?P<worth>[^\[\]]*)\](?: ?\|\d+)?", re.DOTALL)

    def form(self, target: Path) -> Form:
        """By the file's name."""
        if target.suffix.lower() in (".xls", ".txt", ".tsv"):
            return Form(delimiter="\t", quoted=True, encoding="utf-16")
        return Form(quoted=True)

    def fields(self, student: Student) -> list[str]:
        """The id here is the user's name there."""
        names = (harmless(student.last_name), harmless(student.first_name))
        return [*names, student.id, student.lms_user_id]

    def header(self, column: Column) -> str:
        """``HW 1 [Total Pts: 10 Score]``."""
        return harmless(f"{self.title(column)} [Total Pts: {number(column.points)} Score]")

    def detail(self, text: str) -> str:
        """Of letters, digits and what is harmless between them."""
        return plain_title(text)

    def heading(self, header: str) -> Heading | None:
        """``HW 1 [Total Pts: 10 Score] |664617``, and ``[Total Pts: up to 10 Score]``."""
        found = self._TITLE.fullmatch(header)
        if found is None:
            return None
        points = re.search(r"\d+(?:\.\d+)?", found["worth"].replace(",", "."))
        return Heading(found["title"], float(points[0]) if points else None)


class BrightspaceExporter(PlatformExporter):
    """Brightspace: *Grades → Enter Grades → Import*.

    By D2L's "Importing grades" (community.d2l.com): OrgDefinedId or Username or both, then a column
    ``Title Points Grade`` for each numeric item; no other columns. As in the files that it exports,
    which it also imports, ids begin with ``#``, headers say what an item is worth, and a last
    column "End-of-Line Indicator" holds ``#``.
    """

    product = "Brightspace"
    file_name = "grades-brightspace.csv"
    about = ("OrgDefinedId", "Username")

    _TITLE = re.compile(
        r"(?P<title>.+?) Points Grade(?: <[^<>]*?MaxPoints:(?P<points>\d+(?:\.\d+)?)[^<>]*>)?",
        re.DOTALL,
    )
    _STUDENTS = frozenset([*about, "Last Name", "First Name", "Email", "End-of-Line Indicator"])

    def fields(self, student: Student) -> list[str]:
        """The number that the platform gave, where the roster has it, and the user's name."""
        return [f"#{student.lms_user_id}" if student.lms_user_id else "", f"#{student.id}"]

    def rows(self, students: Sequence[Student], columns: Sequence[Column]) -> list[list[str]]:
        """With the column that ends every line."""
        header, *lines = super().rows(students, columns)
        return [[*header, "End-of-Line Indicator"], *([*line, "#"] for line in lines)]

    def header(self, column: Column) -> str:
        """``HW 1 Points Grade <Numeric MaxPoints:10>``."""
        points = number(column.points)
        return harmless(f"{self.title(column)} Points Grade <Numeric MaxPoints:{points}>")

    def detail(self, text: str) -> str:
        """Of letters, digits and what is harmless between them."""
        return plain_title(text)

    def heading(self, header: str) -> Heading | None:
        """``HW 1 Points Grade <Numeric MaxPoints:10 Weight:0 Category:None>``."""
        found = self._TITLE.fullmatch(header)
        if found is None:
            return None
        return Heading(found["title"], float(found["points"]) if found["points"] else None)

    def keeps(self, header: str) -> bool:
        """A student's columns and the one that ends the line."""
        return header.strip().lstrip("\ufeff") in self._STUDENTS


def plain_title(text: str) -> str:
    """A title without characters that Blackboard and Brightspace refuse in one."""
    return " ".join(re.sub(r"[^\w .()-]+", " ", text).split())
