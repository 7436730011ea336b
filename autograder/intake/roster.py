"""Who takes the course: a list that a registry or a platform exports, and whom a name on it means.

With a roster nobody becomes a student by a slip of the pen. What a platform says of a sender (a
number, a login, an address, a name) is looked up; what is not found is refused, with the one who
was probably meant.
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from autograder.errors import AutograderError, RefusedArchive
from autograder.files import NotRegular, TooLarge, read_regular
from autograder.intake.names import bare_letters, letters, look, safe_name, shown

MAX_BYTES = 5 * 2**20  #: of a roster's file
MAX_ROWS = 20_000
MAX_FIELD = 128  #: characters of a column in nbgrader's table of students

#: Headers, in letters and digits only, of the exports of platforms and of what people write. The
#: first of a line that a file has is taken.
_HEADERS: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "nbgrader id", "username", "user name", "login"),
        *("SIS Login ID", "loginid", "userid", "Display ID", "netid", "uni", "Anmeldename"),
        *("Benutzername", "Nutzername", "utilisateur", "identifiant", "usuario"),
        *("student id", "ID number", "idnumber", "ID-Nummer", "Matrikelnummer", "Matrikel"),
        "Numéro d'étudiant",
        *("número de identificación", "SIS User ID", "OrgDefinedId", "Student Number"),
        *("Student No", "registration number", "student"),
    ),
    "first": (
        *("first name", "firstname", "given name", "given names", "forename", "Vorname", "Prénom"),
        *("nombre", "nome", "voornaam"),
    ),
    "last": (
        *("last name", "lastname", "surname", "family name", "Nachname", "Familienname"),
        *("nom", "apellido", "apellidos", "apellido(s)", "cognome", "achternaam"),
        *("nom de famille",),
    ),
    "name": (
        *("name", "full name", "fullname", "student name", "display name", "sortable name"),
        *("Vollständiger Name", "nombre completo", "nom complet", "student"),
    ),
    "email": (
        *("email", "e-mail", "email address", "e-mail address", "mail", "E-Mail-Adresse"),
        *("Adresse de courriel", "adresse e-mail", "dirección de correo", "courriel", "correo"),
        *("Dirección de correo electrónico", "correo electrónico", "mailadres"),
    ),
    "lms": (
        *("lms_user_id", "lms id", "lmsid", "platform id", "platform's id", "platform"),
        *("canvas id", "canvas user id", "moodle id", "identifier", "Participant", "Teilnehmer/in"),
        *("bezeichner", "identificador", "identifiant unique", "OrgDefinedId", "user_id"),
        *("student id", "ID number", "ID-Nummer", "Matrikelnummer", "SIS User ID"),
    ),
}  # fmt: skip
_GENERATIONS = frozenset(["jr", "sr", "ii", "iii", "iv"])
#: A file of Canvas has its own number under "ID", and the login in another column.
_CANVAS = {"id": ("SIS Login ID", "SIS User ID"), "name": ("Student",), "lms": ("ID",)}


@dataclasses.dataclass(frozen=True)
class Student:
    """A line of the roster, as nbgrader's table of students holds it."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """The full name, as people say it; may be empty."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclasses.dataclass(frozen=True)
class Sender:
    """What is known of whoever sent a file, to be looked up.

    ``texts`` are names, logins or ids, whichever the platform or the folder shows; ``own`` is what
    the student's own archive says, which is asked only where the platform's word means nobody.
    """

    texts: tuple[str, ...]
    number: str = ""
    own: str = ""
    blind: bool = False


class Roster:
    """The students of a course, to look up senders in."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = tuple(sorted(students, key=lambda student: student.id))
        self._ids = {student.id: student for student in self.students}
        self._numbers = self._index(lambda student: [student.lms_user_id])
        self._mails = self._index(lambda student: [student.email.casefold()])
        self._boxes = self._index(lambda student: [student.email.casefold().partition("@")[0]])
        self._looks = self._index(lambda student: [look(student.id)])
        self._zeros = self._index(lambda student: [_without_zeros(student.id)])
        self._names = [
            self._index(lambda student, form=form: _both_ways(student, form))  # type: ignore[misc]
            for form in (letters, bare_letters)
        ]

    def __len__(self) -> int:
        return len(self.students)

    def __contains__(self, student: str) -> bool:
        return student in self._ids

    def calls(self, text: str) -> bool:
        """Whether a text is a student's id, or a full name."""
        forms = zip(self._names, (letters, bare_letters), strict=True)
        return look(text) in self._looks or any(form(text) in names for names, form in forms)

    def _index(self, keys: Callable[[Student], Iterable[str]]) -> Mapping[str, list[Student]]:
        index: dict[str, list[Student]] = {}
        for student in self.students:
            for key in {key for key in keys(student) if key}:
                index.setdefault(key, []).append(student)
        return index

    def find(self, sender: Sender) -> tuple[Student, str]:
        """The student who is meant, and a remark or nothing.

        Raises :class:`RefusedArchive` where nobody is, or several could be; it says who probably.
        """
        numbered = self._numbers.get(sender.number, []) if sender.number else []
        named: list[Student] = []
        for text in sender.texts:
            named = named or self._by_text(text)
        if len(numbered) == 1 and named and numbered[0] not in named:
            raise RefusedArchive(
                f"The platform's number {sender.number} is {_who(numbered[0])}, its name "
                f"{' or '.join(map(_who, named[:3]))}: whose is it?"
            )
        if len(numbered) == 1:
            return numbered[0], ""
        if len(named) == 1:
            return named[0], ""
        if len(named) > 1:
            raise RefusedArchive(
                f"{sender.texts[0][:60]!r} can be {' or '.join(map(_who, named[:5]))}: whose is "
                f"it? A roster with the platform's ids tells them apart."
            )
        if sender.own:
            own = self._by_text(sender.own)
            if len(own) == 1 and (sender.blind or not sender.texts):
                return own[0], f"The name is the file's own word: {sender.own[:60]!r}."
        raise RefusedArchive(self._unknown(sender))

    def _by_text(self, text: str) -> list[Student]:
        """Students whose id, address or name a text is; the surest kind of match that there is."""
        text = shown(text)
        if text in self._ids:
            return [self._ids[text]]
        for index, key in (
            (self._numbers, text),
            (self._mails, text.casefold()),
            (self._names[0], letters(text)),
            (self._names[1], bare_letters(text)),
        ):
            if index.get(key):
                return index[key]
        # "Jane Doe (jdoe)", "Doe_Jane_12345": one of its words is an id, and no name
        words = {word for word in re.split(r"[\s_,;()\[\]]+", text) if len(word) > 2}
        sure = {word for word in words if f"({word})" in text or any(map(str.isdigit, word))}
        ids = [self._ids[word] for word in sorted(sure) if word in self._ids]
        if len(ids) == 1 and len(words) > 1:
            return ids
        boxes = self._boxes.get(text.casefold(), [])
        # An address's name is no id where an id looks the same.
        return boxes if not self._looks.get(look(text)) else []

    def _unknown(self, sender: Sender) -> str:
        text = shown(sender.texts[0] if sender.texts else sender.own)
        said = f"{text[:60]!r} is not on the roster"
        alike = self._looks.get(look(text), [])
        if alike:
            return (
                f"{said}; {' and '.join(_who(s) for s in alike[:3])} is, which differs only in "
                f"capitals, dots or accents. If that is meant, rename the file or its folder."
            )
        alike = self._zeros.get(_without_zeros(text), [])
        if alike:
            return (
                f"{said}; {' and '.join(_who(s) for s in alike[:3])} is, which differs only in "
                f"zeros at its front: a spreadsheet may have lost them. Mend whichever is wrong."
            )
        close = self._close(text)
        if close:
            return f"{said}. Is it {' or '.join(_who(s) for s in close)}? Rename it, then."
        return f"{said}. Add a line to the roster's file and run `autograder roster` again."

    def _close(self, text: str) -> list[Student]:
        known: dict[str, Student] = {}
        for student in self.students:
            for key in (look(student.id), look(student.name)):
                if key:
                    known.setdefault(key, student)
        near = difflib.get_close_matches(look(text)[:100], list(known), n=3, cutoff=0.8)
        return list(dict.fromkeys(known[key] for key in near))[:2]


def _who(student: Student) -> str:
    return f"{student.id!r} ({student.name})" if student.name else repr(student.id)


def _without_zeros(text: str) -> str:
    plain = text.strip().casefold()
    return plain.lstrip("0") if plain.isdigit() else ""


def _both_ways(student: Student, form: Callable[[str], str]) -> list[str]:
    first, last = student.first_name, student.last_name
    if not (first or last):
        return []
    names = [form(f"{first} {last}"), form(f"{last} {first}")]
    if first and last and " " in first:  # middle names are left out as often as not
        names += [form(f"{first.split()[0]} {last}"), form(f"{last} {first.split()[0]}")]
    return names


# ------------------------------------------------------------------------------ reading the file


def read_roster(path: Path) -> list[Student]:
    """The students in a CSV file, of a platform's export or written by hand.

    Raises :class:`AutograderError`, with the line, for a file that cannot be meant so.
    """
    rows = _rows(path, decoded(read_table(path, MAX_BYTES, "save it as CSV first"))[0])
    if not rows:
        raise AutograderError(f"{path} is empty.")
    _, header = rows[0]
    columns = columns_of(path, header)
    students: list[Student] = []
    lines: dict[str, int] = {}
    for line, row in rows[1:]:
        student = _student(path, line, row, columns)
        if student is None:
            continue
        twin = lines.get(look(student.id))
        if twin is not None:
            raise AutograderError(
                f"{path}, line {line}: the id {student.id!r} is that of line {twin}, or differs "
                f"from it only in capitals or accents."
            )
        lines[look(student.id)] = line
        students.append(student)
    if not students:
        raise AutograderError(f"{path} has a header and no students.")
    for name, what in (("email", "e-mail address"), ("lms_user_id", "platform's id")):
        _refuse_twins(path, students, name, what)
    return students


def read_table(path: Path, most: int, otherwise: str) -> bytes:
    """The bytes of a table of at most ``most`` bytes; ``otherwise`` is what a spreadsheet needs.

    Raises :class:`AutograderError` for what cannot be read or is a spreadsheet.
    """
    try:
        data = read_regular(path, most)
    except TooLarge:
        raise AutograderError(f"{path} has more than {most // 2**20} MB.") from None
    except NotRegular:
        raise AutograderError(f"{path} is not a file.") from None
    except OSError as error:
        raise AutograderError(f"{path} cannot be read: {error.strerror}.") from None
    if data.startswith(b"PK"):
        raise AutograderError(f"{path} is a spreadsheet; {otherwise}.")
    return data


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a spreadsheet's file, and its encoding as Python calls it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), "utf-16"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), "cp1252"  # Excel's, in Western countries
    return text, "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"


def delimiter_of(text: str) -> str:
    """What separates the fields of a file, by its first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """The lines of a file that hold something, numbered from 1."""
    text = text.replace("\0", "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, [" ".join(cell.split()) for cell in row]))
            if len(rows) > MAX_ROWS:
                raise AutograderError(f"{path} has more than {MAX_ROWS:,} lines.")
    except csv.Error as error:
        raise AutograderError(f"{path}, line {reader.line_num}: {error}.") from None
    # Sakai's list of grades begins with the assignment, and has its header two lines below.
    for place, (_, row) in enumerate(rows[:4]):
        if any(_key(cell) in _known("id") | _known("email") for cell in row):
            return rows[place:]
    return rows


def _key(header: str) -> str:
    return "".join(character for character in header.casefold() if character.isalnum())


def _known(what: str) -> set[str]:
    return {_key(name) for name in _HEADERS[what]}


def columns_of(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Where a header has a student's ``id``, ``first``, ``last``, ``name``, ``email``, ``lms``.

    Raises :class:`AutograderError` where none of them says who a student is.
    """
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        places.setdefault(_key(cell), place)
    canvas = "sisloginid" in places or "sisuserid" in places
    moodle = "identifier" in places and "fullname" in places
    columns: dict[str, int] = {}
    for what, names in _HEADERS.items():
        for name in (*(_CANVAS.get(what, ()) if canvas else ()), *names):
            at = places.get(_key(name))
            if at is not None and at not in columns.values():
                columns[what] = at
                break
    if moodle:
        columns["lms"] = places["identifier"]
    if "id" not in columns and "email" not in columns:
        raise AutograderError(
            f"{path}: no column says who the students are. Its header needs `id` (or Username, "
            f"ID number, SIS Login ID, E-mail); it has: {', '.join(header)[:200]}."
        )
    return columns


def _student(
    path: Path, line: int, row: Sequence[str], columns: Mapping[str, int]
) -> Student | None:
    """A line of the file; None for one that is about nobody. Raises :class:`AutograderError`."""
    values = {
        what: row[place].strip() if place < len(row) else "" for what, place in columns.items()
    }
    name = values.get("name", "")
    if name.startswith("Points Possible") or (name == "Student, Test" and not values.get("email")):
        return None  # Canvas' own lines
    given = values.get("id", "").removeprefix("#") or values.get("email", "")
    if not given:
        if not any(values.values()):
            return None
        raise AutograderError(f"{path}, line {line}: {name or row[0]!r} has no id.")
    if re.fullmatch(r"\d[.,]\d+E\+?\d+", given, re.IGNORECASE):
        raise AutograderError(
            f"{path}, line {line}: a spreadsheet has rounded the id {given!r}. Format that column "
            f"as text and export it again."
        )
    try:
        safe = safe_name(given)
    except RefusedArchive:
        safe = ""
    if safe != given:
        raise AutograderError(
            f"{path}, line {line}: {given[:60]!r} cannot be a student's id, which is a folder's "
            f'name too: without commas, : * ? " < > | & / \\ and without a dot at its end.'
        )
    first, last = values.get("first", ""), values.get("last", "")
    if not (first or last) and name:
        first, last = split_name(name)
    number = platform_number(values.get("lms", ""))
    fields = (given, first, last, values.get("email", ""), number)
    if any(len(field) > MAX_FIELD for field in fields):
        raise AutograderError(f"{path}, line {line}: a field has more than {MAX_FIELD} characters.")
    return Student(*fields)


def platform_number(text: str) -> str:
    """A platform's number of a student, of Brightspace's "#1234", Moodle's "Participant 1234"."""
    return re.sub(r"^\D+ (?=\d+$)", "", text.removeprefix("#"))


def split_name(name: str) -> tuple[str, str]:
    """A full name as first and last name: "Doe, Jane" or "Jane Doe"."""
    last, comma, first = name.partition(",")
    if comma and first.strip().rstrip(".").casefold() in _GENERATIONS:  # "Martin King, Jr."
        head, _, family = last.rpartition(" ")
        return head.strip(), f"{family}, {first.strip()}"
    head, comma_too, given = first.partition(",")
    if comma_too and head.strip().rstrip(".").casefold() in _GENERATIONS:  # "King, Jr., Martin"
        return given.strip(), f"{last.strip()}, {head.strip()}"
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return first.strip(), last.strip()


def _refuse_twins(path: Path, students: Sequence[Student], field: str, what: str) -> None:
    seen: dict[str, str] = {}
    for student in students:
        value = str(getattr(student, field)).casefold()
        if value and value in seen:
            raise AutograderError(
                f"{path}: {seen[value]!r} and {student.id!r} have the same {what}, {value[:60]!r}."
            )
        seen[value] = student.id
