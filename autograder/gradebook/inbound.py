"""nbgrader's ``collect`` with care: whatever lies in the exchange was put there by a student.

nbgrader_config.py names :class:`Collect`. nbgrader's own follows links, so that a link to the
instructor's notebook would be handed in as an answer; takes what is being copied still; and one
entry that it cannot take keeps all others from being collected. It only warns of a submission that
somebody else owns, and believes the time that stands in it; with ``c.Collect.by_owner`` neither
counts.
"""

from __future__ import annotations

import datetime
import os
import stat
import tempfile
import time
from pathlib import Path
from typing import Any

from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect
from traitlets import Bool

from autograder.course.dates import FIRST, LAST
from autograder.files import NotRegular, TooLarge, read_regular
from autograder.grading.arrivals import is_settled, stamp_of
from autograder.grading.feedback import SECRET_FILE
from autograder.handin import TIMESTAMP, TIMESTAMP_FILE
from autograder.intake.timestamps import is_plain_id, put_timestamp_aside

MOST_FILES = 2_000  #: in one submission
TOLERATED = datetime.timedelta(minutes=5)  #: between the clocks of two machines, and for copying


def is_whole(entry: Path) -> bool:
    """Whether an entry of the exchange's inbound folder is a submission, copied to its end.

    nbgrader writes the time and the secret when it has copied all else, and gives everybody the
    right to write at the very end. Without these an entry has to have rested for a while.
    """
    stamp = None if entry.is_symlink() else stamp_of(entry)
    if stamp is None:
        return False
    names = {name for name, size, *_ in stamp if size}
    if {TIMESTAMP_FILE, SECRET_FILE} <= names and entry.stat().st_mode & stat.S_IWOTH:
        return True
    return TIMESTAMP_FILE in names and is_settled(stamp, time.time())


class Collect(ExchangeCollect):
    """Collects regular files only, each submission whole or not at all, and each for itself."""

    src_records: list[dict[str, Any]]
    by_owner = Bool(
        False,
        help="Where each student is a user of this machine: collect only what is owned by the user "
        "whose name it bears, and take it as handed in when the last of its files was changed, if "
        "that is later than the time that stands in it.",
    ).tag(config=True)

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """What an entry's name says; without a student where it is nothing to be collected."""
        name = os.path.basename(path)
        nobody = {"username": "", "filename": name, "timestamp": FIRST}
        try:
            record: dict[str, Any] = super()._path_to_record(path)
        except Exception:  # its name is no submission's
            self.log.warning("%r in the exchange is no submission; it was left there.", name)
            return nobody
        student = record["username"]
        named = is_plain_id(student) and not student.startswith(".")
        if not named or not FIRST <= record["timestamp"] <= LAST or Path(path).is_symlink():
            self.log.warning("%r in the exchange is no submission; it was left there.", name)
            return nobody
        if self.by_owner and _owner(path) != student:
            self.log.warning("%r in the exchange is owned by %r; it was left.", name, _owner(path))
            return nobody
        if not is_whole(Path(path)):
            self.log.warning("%r has not been handed in to its end; collect it later.", name)
            return nobody
        return record

    def copy_files(self) -> None:
        """Collect one submission after the other, whatever is wrong with one of them."""
        name, failed = self.coursedir.assignment_id, []
        for record in [record for record in self.src_records if record["username"]]:
            student = record["username"]
            there = self.coursedir.format_path(self.coursedir.submitted_directory, student, name)
            put_timestamp_aside(Path(there))  # nbgrader reads it
            self.src_records = [record]
            try:
                super().copy_files()
            except Exception as error:
                self.log.error("%s of %r could not be collected: %s", name, student, error)
                failed.append(f"{student} ({error})")
        if failed:
            raise ExchangeError(f"{name} could not be collected from {', '.join(failed)}")

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a submission; ``dest`` appears whole."""
        with tempfile.TemporaryDirectory(prefix=".collect-", dir=Path(dest).parent) as scratch:
            regular, whole = Path(scratch, "regular"), Path(scratch, "whole")
            self._copy_regular(src, regular)
            super().do_copy(str(regular), str(whole))
            whole.rename(dest)

    def _copy_regular(self, src: str, dest: Path) -> None:
        """Copy files, not what links lead to; folders are walked by descriptors.

        Raises RuntimeError for more than ``CourseDirectory.max_dir_size`` or too many files.
        """
        left, count, changed = 1000 * self.coursedir.max_dir_size, 0, 0.0
        for where, _, files, folder in os.fwalk(src):
            inner = dest / os.path.relpath(where, src)
            inner.mkdir(parents=True, exist_ok=True)
            for name in files:
                count += 1
                if count > MOST_FILES:
                    raise RuntimeError(f"it has more than {MOST_FILES:,} files")
                try:
                    data = read_regular(name, left, folder)
                except TooLarge:
                    raise RuntimeError("it is larger than CourseDirectory.max_dir_size") from None
                except (NotRegular, FileNotFoundError):
                    continue
                except OSError as error:
                    if os.path.islink(os.path.join(where, name)):
                        self.log.warning("%s in %s is a link and was left out.", name, src)
                        continue
                    raise error
                left -= len(data)
                (inner / name).write_bytes(data)
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                changed = max(changed, status.st_ctime)
        last = datetime.datetime.fromtimestamp(changed, datetime.UTC)
        sent = self.src_records[0]["timestamp"].replace(tzinfo=datetime.UTC)
        if self.by_owner and last > sent + TOLERATED:
            self.log.warning("%s was changed at %s UTC, after the time that it claims.", src, last)
            (dest / TIMESTAMP_FILE).write_text(last.strftime(TIMESTAMP))


def _owner(path: str) -> str:
    """The name of the user who owns a folder; empty where there is none."""
    import pwd  # Windows has none

    try:
        return pwd.getpwuid(os.lstat(path).st_uid).pw_name
    except (KeyError, OSError):
        return ""
