"""What people and platforms call a student → a name that a folder can have, and its look-alikes."""

from __future__ import annotations

import os
import re
import unicodedata

from autograder.errors import RefusedArchive
from autograder.handin import DEVICES
from autograder.intake.archive import is_visible
from autograder.intake.copies import without_copies
from autograder.intake.timestamps import is_plain_id

MAX_NAME = 200  #: bytes of a student's name, which becomes a folder's

#: Joiners, soft hyphens and marks of direction that belong to how a name is written, not to which
#: it is. Those that turn the order of a line round (U+202A to U+202E) are refused instead.
_FORMAT = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u061c"))
_VARIANTS = str.maketrans(
    {"’": "'", "ʼ": "'", "‘": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "–": "-", "—": "-"}
)


def readable(name: str) -> str:
    """A name from a file system as text: bytes that are no UTF-8 are read as Latin letters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raw = os.fsencode(name)
        try:
            name = raw.decode("cp1252")
        except UnicodeDecodeError:
            name = raw.decode("latin-1")
    return name


def shown(name: str) -> str:
    """A name as it is told to a person: one line, composed letters, nothing else changed."""
    return " ".join(unicodedata.normalize("NFC", readable(name)).split())


def safe_name(name: str) -> str:
    """The name of a student's folder, which is the student's id.

    The same name always gives the same one. Left out is what folders or nbgrader's export cannot
    have: dots at the end ("Jr."), commas ("Doe, Jane"), marks that cannot be seen. Raises
    :class:`RefusedArchive` for a name that is none.
    """
    student = shown(name).translate(_FORMAT)
    student = " ".join(student.replace(",", " ").split())
    while student.endswith((".", " ")):
        student = student[:-1]
    odd = (
        not student
        or not is_plain_id(student)
        or len(student.encode("utf-8", "replace")) > MAX_NAME
        or not is_visible(student)
        or student.startswith((".", "-"))
        or any(character in ':*?|"<>' for character in student)
        or student.split(".")[0].strip().lower() in DEVICES
    )
    if odd:
        raise RefusedArchive(f"{shown(name)[:60]!r} cannot be a student's name.")
    return student


def look(name: str) -> str:
    """Equal for two names that a person, or a file system, could take for each other."""
    text = without_copies(unicodedata.normalize("NFKC", shown(name)))
    text = text.translate(_FORMAT).translate(_VARIANTS)
    text = unicodedata.normalize("NFC", text.casefold())
    return " ".join(re.sub(r"[.,]", " ", text).split())


def letters(name: str) -> str:
    """The letters and digits of a name, as Canvas writes names: "Doe, Jane" and "doejane"."""
    text = unicodedata.normalize("NFKC", shown(name)).casefold()
    return "".join(character for character in text if character.isalnum())


def bare_letters(name: str) -> str:
    """The same without accents, for platforms that leave them out."""
    text = unicodedata.normalize("NFKD", shown(name)).casefold().replace("ß", "ss")
    return "".join(character for character in text if character.isalnum())
