"""Whose a handed-in file is, by its path: our own archives' names, and those that platforms make.

nbgrader's collector plug-in matches the patterns; an instructor's own one is its ``named_regexp``.
"""

from __future__ import annotations

import dataclasses
import logging
import re
import unicodedata
from collections.abc import Sequence

from nbgrader.plugins.zipcollect import FileNameCollectorPlugin

from autograder.errors import AutograderError, RefusedArchive
from autograder.handin import DEVICES, read_name
from autograder.intake.archive import is_visible
from autograder.intake.timestamps import is_plain_id

MAX_NAME = 200  #: bytes of a student's name, which becomes a folder's


@dataclasses.dataclass(frozen=True)
class Name:
    """What a file's path says: the student, the assignment or None, the time or None."""

    student: str
    assignment: str | None
    time: str | None
    sender: str


class Names:
    """Reads files' names with nbgrader's collector plug-in.

    Args:
        assignments: the names of the course's assignments.
        default: the assignment of files that name none.
        pattern: a regular expression to try first, matched with a file's path: groups
            ``student_id``, ``file_id`` (the assignment) and, if there is one, ``timestamp``.

    Raises:
        AutograderError: the pattern cannot be used.
    """

    def __init__(
        self, assignments: Sequence[str], default: str | None = None, pattern: str | None = None
    ) -> None:
        known = "|".join(re.escape(name) for name in sorted(assignments, key=len, reverse=True))
        # Moodle: "Jane Doe_1234_assignsubmission_file/…"; Canvas: "doejane_LATE_1234_5678_…".
        moodle = r"(?:.*/)?(?P<sender>(?P<name>[^/]+?)_\d+)_assignsubmission_[^/]*/(?:.*/)?"
        canvas = r"(?:.*/)?(?P<name>[^/_]+)_(?:LATE_)?(?P<sender>\d+)_\d+_"
        ours = (
            rf"(?P<file_id>{known})-(?P<student_id>[^/]+?)-"
            r"(?P<timestamp>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)(?:[ _-]?\(?\d{1,3}\)?)?\.(?i:zip)$"
        )
        own = rf"(?!(?:{known})/)(?P<student_id>[^/]+)"
        # The platform's mark, where there is one; then our own name; then whatever names a student.
        patterns = [
            *(f"{mark}{ours}" for mark in (moodle, canvas, "(?:.*/)?")),
            *(
                rf"{mark.replace('?P<name>', '?P<student_id>')}(?:.*?(?P<file_id>{known}))?"
                for mark in (moodle, canvas)
            ),
            rf"(?:.*/)?{own}[-_ ]+(?P<file_id>{known})[^/]*$",
            rf"(?:.*/)?(?P<file_id>{known})[-_ ]+{own}\.\w+$",
            rf"(?:.*/)?{own}/(?P<file_id>{known})(?:/[^/]*|[^/]*)$",
            rf"(?:.*/)?{own}/[^/]+$",
            rf"{own}\.\w+$",
        ]
        if pattern is not None:
            try:
                groups = re.compile(pattern).groupindex
            except re.error as error:
                raise AutograderError(f"The pattern {pattern!r} is not valid: {error}.") from None
            if not {"student_id", "file_id"} <= set(groups):
                raise AutograderError(
                    f"The pattern {pattern!r} needs the groups (?P<student_id>…), (?P<file_id>…)."
                )
            patterns.insert(0, pattern)
        self.known = frozenset(assignments)
        self._default = default
        self._collectors = [self._collector(pattern) for pattern in patterns]

    @staticmethod
    def _collector(pattern: str) -> FileNameCollectorPlugin:
        silent = logging.Logger("autograder.collect", logging.CRITICAL + 1)
        return FileNameCollectorPlugin(
            named_regexp=pattern, valid_ext=[".zip", ".ZIP", ".ipynb", ".IPYNB"], log=silent
        )

    def read(self, file: str) -> Name:
        """What the path ``file`` says. Raises :class:`RefusedArchive`."""
        for collector in self._collectors:
            found = collector.collect(file)
            if found is None:
                continue
            assignment = found.get("file_id")
            if assignment is not None and assignment not in self.known:
                # A pattern of the instructor's own may catch more than the name.
                assignment = next((n for n in sorted(self.known) if n in assignment), None)
            student = unicodedata.normalize("NFC", read_name(found["student_id"])).strip()
            _vet_student(student)
            return Name(
                student,
                assignment or self._default,
                found.get("timestamp"),
                found.get("sender") or "",
            )
        raise RefusedArchive(
            "Its name does not say whose it is and which chapter. Name it chapter-student.zip or "
            "student/chapter.ipynb."
        )


def _vet_student(student: str) -> None:
    odd = (
        not is_plain_id(student)
        or len(student.encode("utf-8", "replace")) > MAX_NAME
        or not is_visible(student)
        or student.startswith((".", "-"))
        or student.endswith(".")
        or any(character in ':*?|"<>' for character in student)
        or student.split(".")[0].strip().lower() in DEVICES
    )
    if odd:
        raise RefusedArchive(f"{student[:60]!r} cannot be a student's name.")
