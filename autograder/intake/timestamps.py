"""Who handed in, and when: a folder's name as a student's id, a file as a time."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.course.dates import FIRST, LAST
from autograder.files import read_regular
from autograder.handin import MAX_TIMESTAMP_BYTES, TIMESTAMP_FILE

#: no controls and separators of lines, no half characters (names that are not UTF-8), no markup
_PLAIN_ID = re.compile('[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff<>&"/\\\\]{1,128}')


def is_plain_id(student: str) -> bool:
    """Whether a student's id may be shown by formgrader, which writes it into pages unescaped."""
    return _PLAIN_ID.fullmatch(student) is not None and student.strip() == student


def read_timestamp(submitted: Path) -> datetime.datetime | None:
    """The time of submission in UTC from ``timestamp.txt``; None when there is none to be read.

    A time at an end of the calendar is none: nbgrader could not show it in another time zone.
    """
    try:
        text = read_regular(submitted / TIMESTAMP_FILE, MAX_TIMESTAMP_BYTES).decode().strip()
        moment = parse_utc(text) if text else None
        return moment if moment is None or FIRST <= moment <= LAST else None
    except Exception:  # a hostile date: ValueError, OverflowError, TypeError, ...
        return None


def put_timestamp_aside(submitted: Path) -> bool:
    """Rename a ``timestamp.txt`` that holds no time; whether there was one.

    Formgrader lists no submission of anybody while a single one of these files cannot be parsed.
    """
    path = submitted / TIMESTAMP_FILE
    if not os.path.lexists(path) or read_timestamp(submitted) is not None:
        return False
    with contextlib.suppress(OSError):
        path.rename(path.with_suffix(".unreadable"))
        return True
    return False
