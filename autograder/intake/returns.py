"""What a platform called a hand-in, kept when it is collected, so that a page finds its way back.

Moodle and Canvas know by numbers in a file's name whose a file is that is uploaded to them.
Moodle's are those of one assignment, so no roster has them: the download itself says them.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from autograder.files import read_regular, write_whole
from autograder.intake.platforms import Mark

PREFIXES = ".platforms.json"  #: in ``submitted/``: student → assignment → platform → prefix
MAX_BYTES = 50 * 2**20
MAX_NAME = 80  #: characters of a name in front of the numbers, which nobody reads

#: What no system forbids and no unpacking acts on; platforms split at "_".
_NOT_IN_NAMES = frozenset('\\/:*?"<>|_')


def prefix(mark: Mark) -> str:
    """What stands before a file's name for ``mark``'s platform to know whose it is, or nothing.

    Moodle unpacks a folder ``Jane Doe_1234_assignsubmission_file_/`` (the number is the
    participant's of this assignment; mod/assign/feedback/file/importziplib.php). Canvas reads the
    user's and the attachment's number in ``doejane_1234_5678_`` (Assignment's
    infer_comment_context_from_filename), of an anonymous hand-in ``anon_x7KqP_5678_``.
    """
    if mark.platform == "Moodle":
        return f"{_plain(mark.sender.rpartition('_')[0])}_{mark.number}_assignsubmission_file_/"
    if mark.platform == "Canvas" and mark.attempt:
        whose = mark.sender if mark.blind else f"{_plain(mark.name)}_{mark.number}"
        return f"{whose}_{mark.attempt}_"
    return ""


def _plain(name: str) -> str:
    shown = "".join(c if c.isprintable() and c not in _NOT_IN_NAMES else " " for c in name)
    return shown[:MAX_NAME].strip(" .~") or "student"


class Returns:
    """The prefixes of a course's hand-ins, in ``submitted/``, where no student writes."""

    def __init__(self, submitted: Path) -> None:
        self._path = submitted / PREFIXES
        self._known: dict[str, dict[str, dict[str, str]]] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError, AttributeError):
            read = json.loads(read_regular(self._path, MAX_BYTES))
            self._known = {
                student: {
                    assignment: {k: v for k, v in prefixes.items() if isinstance(v, str)}
                    for assignment, prefixes in assignments.items()
                }
                for student, assignments in read.items()
                if (submitted / student).is_dir()
            }
        self._before = json.dumps(self._known)

    def remember(self, student: str, assignment: str, mark: Mark | None) -> None:
        """Note what the platform called the hand-in that counts."""
        if mark is not None and prefix(mark):
            known = self._known.setdefault(student, {}).setdefault(assignment, {})
            known[mark.platform.casefold()] = prefix(mark)

    def find(self, student: str, assignment: str, platform: str) -> str | None:
        """What stands before a file's name on ``platform``, such as moodle; None if unknown."""
        return self._known.get(student, {}).get(assignment, {}).get(platform)

    def save(self) -> None:
        """Write it down, where anything is new."""
        if json.dumps(self._known) != self._before:
            data = json.dumps(self._known, ensure_ascii=False, indent=1, sort_keys=True)
            with contextlib.suppress(OSError):
                write_whole(self._path, data.encode("utf-8", "replace"))
