"""Who handed in, and when: a folder's name as a student's id, a file as a time."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import stat
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.files import READ_ONLY
from autograder.handin import TIMESTAMP_FILE

_PLAIN_ID = re.compile(r"[^\x00-\x1f\x7f<>&\"/\\]{1,128}")


def is_plain_id(student: str) -> bool:
    """Whether a student's id may be shown by formgrader, which writes it into pages unescaped."""
    return _PLAIN_ID.fullmatch(student) is not None and student.strip() == student


_MAX_TIMESTAMP = 100  #: bytes


def read_timestamp(submitted: Path) -> datetime.datetime | None:
    """The time of submission in UTC from ``timestamp.txt``; None when there is none to be read."""
    try:
        with os.fdopen(os.open(submitted / TIMESTAMP_FILE, READ_ONLY), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data = file.read(_MAX_TIMESTAMP + 1)
        text = data.decode("utf-8").strip()
        return parse_utc(text) if text and len(data) <= _MAX_TIMESTAMP else None
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
