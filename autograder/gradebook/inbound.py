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

MOST_FILES = 2_000  #: in one submission, folders included
MOST_DEPTH = 20  #: of its folders
_PATTERN = set("*?[],")  # what nbgrader takes a name with these for
_FOLDER = (
    getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)
TOLERATED = datetime.timedelta(minutes=5)  #: between the clocks of two machines, and for copying


def is_whole(entry: Path) -> bool:
    """Whether an entry of the exchange's inbound folder is a submission, copied to its end.

    nbgrader writes the time and the secret when it has copied all else, and gives everybody the
    right to write at the very end. Without these an entry has to have rested for a while.
    """
    try:
        status = entry.lstat()
        if not stat.S_ISDIR(status.st_mode) or not (entry / TIMESTAMP_FILE).lstat().st_size:
            return False
        if status.st_mode & stat.S_IWOTH and os.path.lexists(entry / SECRET_FILE):
            return True
        stamp = stamp_of(entry)
    except OSError:  # it has gone, for example
        return False
    return stamp is not None and is_settled(stamp, time.time())


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
        named = is_plain_id(student) and not student.startswith(".") and not set(student) & _PATTERN
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        last = now + TOLERATED if self.by_owner else LAST
        if not named or not FIRST <= record["timestamp"] <= last or Path(path).is_symlink():
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
            there = Path(
                self.coursedir.format_path(self.coursedir.submitted_directory, student, name)
            )
            put_timestamp_aside(there)  # nbgrader reads it
            there.parent.mkdir(parents=True, exist_ok=True)
            self.src_records = [record]
            try:
                with tempfile.TemporaryDirectory(prefix=".collect-", dir=there.parent) as scratch:
                    self._regular = Path(scratch, "regular")
                    if self._is_wanted(record, there):  # nbgrader removes what is there
                        self._read(record)
                    super().copy_files()
            except Exception as error:
                self.log.error("%s of %r could not be collected: %s", name, student, error)
                failed.append(f"{student} ({error})")
        if failed:
            raise ExchangeError(f"{name} could not be collected from {', '.join(failed)}")

    def _is_wanted(self, record: dict[str, Any], there: Path) -> bool:
        """Whether nbgrader will copy it, instead of what may be there."""
        if not there.is_dir():
            return True
        known, sent = self.coursedir.get_existing_timestamp(str(there)), record["timestamp"]
        is_newer = self.update and (known is None or sent > known)
        return bool(is_newer or (self.before_duedate and known != sent))

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Put the submission that was read to its place; ``dest`` appears whole."""
        whole = self._regular.with_name("whole")
        super().do_copy(str(self._regular), str(whole))
        whole.rename(dest)

    def _read(self, record: dict[str, Any]) -> None:
        """Copy the regular files of an entry, not what links lead to.

        Folders are opened once and walked by their descriptors. Raises RuntimeError for more than
        ``CourseDirectory.max_dir_size``, too many files or folders too deep.
        """
        left, count, changed = 1000 * self.coursedir.max_dir_size, 0, 0.0

        def copy(folder: int, inner: Path, depth: int) -> None:
            nonlocal left, count, changed
            inner.mkdir()
            changed = max(changed, os.fstat(folder).st_ctime)
            with os.scandir(folder) as entries:
                for entry in entries:
                    count += 1
                    if count > MOST_FILES or depth > MOST_DEPTH:
                        raise RuntimeError(f"it has more than {MOST_FILES:,} files, or too deep")
                    if entry.is_dir(follow_symlinks=False):
                        descend(entry.name, folder, inner / entry.name, depth + 1)
                        continue
                    if entry.is_symlink():
                        self.log.warning("%r is a link and was left out.", entry.name)
                        continue
                    try:
                        data = read_regular(entry.name, left, folder)
                    except TooLarge:
                        raise RuntimeError(
                            "it is larger than CourseDirectory.max_dir_size"
                        ) from None
                    except (NotRegular, FileNotFoundError):
                        continue
                    left -= len(data)
                    (inner / entry.name).write_bytes(data)
                    status = os.stat(entry.name, dir_fd=folder, follow_symlinks=False)
                    changed = max(changed, status.st_ctime)

        def descend(path: str, folder: int | None, inner: Path, depth: int) -> None:
            opened = os.open(path, os.O_RDONLY | _FOLDER, dir_fd=folder)
            try:
                if self.by_owner and _name(os.fstat(opened).st_uid) != record["username"]:
                    raise RuntimeError("it is owned by somebody else")
                copy(opened, inner, depth)
            finally:
                os.close(opened)

        descend(os.path.join(self.inbound_path, record["filename"]), None, self._regular, 0)
        if self.by_owner:
            last = datetime.datetime.fromtimestamp(changed, datetime.UTC)
            sent = record["timestamp"].replace(tzinfo=datetime.UTC)
            if last > sent + TOLERATED:
                self.log.warning(
                    "%r was changed at %s, after the time it claims.", record["filename"], last
                )
                sent = last
            (self._regular / TIMESTAMP_FILE).write_text(sent.strftime(TIMESTAMP))


def _owner(path: str) -> str:
    try:
        return _name(os.lstat(path).st_uid)
    except OSError:
        return ""


def _name(user: int) -> str:
    """The name of a user of this machine; empty where there is none."""
    import pwd  # Windows has none

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return ""
