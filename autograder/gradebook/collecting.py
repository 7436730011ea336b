"""``nbgrader collect`` where students share a machine: what lies in the exchange is theirs.

nbgrader's own takes what bears a student's name, follows links with the instructor's rights, and
believes the time that a student wrote. Here a submission counts only where its folder is owned by
the user whose name it bears, plain files alone are read, and a file that was changed after the
time it claims is as late as its last change. ``c.ExchangeFactory.collect`` names the class.
"""

from __future__ import annotations

import datetime
import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect

from autograder.course.dates import FIRST, LAST
from autograder.files import read_regular, write_whole
from autograder.grading.unchanged import MOST_FILES
from autograder.handin import MAX_NOTEBOOK_BYTES, TIMESTAMP, TIMESTAMP_FILE
from autograder.intake.timestamps import is_plain_id

TAKEN = (".ipynb", ".py", ".txt")  #: notebooks, modules of the student's own, nbgrader's two files
MOST_BYTES = 2 * MAX_NOTEBOOK_BYTES  #: of one submission
TOLERATED = datetime.timedelta(minutes=5)  #: between the clocks of two machines, and for copying

Record = dict[str, Any]  # as nbgrader has it: username, filename, timestamp (UTC, without a zone)


class Collect(ExchangeCollect):
    """Collects what students handed in through the exchange, and nothing else."""

    src_records: list[Record]

    def init_src(self) -> None:
        """Find each student's submission that counts."""
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def _path_to_record(self, path: str) -> Record:
        """What a folder of the exchange is; one that is nobody's has no user's name."""
        nobody: Record = {
            "username": "",
            "filename": os.path.basename(path),
            "timestamp": datetime.datetime.min,
        }
        try:
            record: Record = super()._path_to_record(path)
            status = os.lstat(path)
            owner = pwd.getpwuid(status.st_uid).pw_name if stat.S_ISDIR(status.st_mode) else None
        except Exception:  # a hostile name: ExchangeError, ValueError, OverflowError, ...
            return self._refused(nobody)
        plain = is_plain_id(record["username"]) and record["username"].strip(".") != ""
        if owner is None or not plain or not FIRST <= record["timestamp"] <= LAST:
            return self._refused(nobody)
        if self.check_owner and owner != record["username"]:
            return self._refused(nobody, f"owned by {owner}")
        return record

    def _refused(self, record: Record, why: str = "not a submission") -> Record:
        self.log.warning("Not collected: %r, %s", record["filename"], why)
        return record

    def copy_files(self) -> None:
        """Copy each submission that is new, or newer than the one that was collected."""
        for record in self.src_records:
            student, name = record["username"], self.coursedir.assignment_id
            folder = Path(
                self.coursedir.format_path(self.coursedir.submitted_directory, student, name)
            )
            if folder.is_dir() and not self._is_wanted(record, folder):
                continue
            try:
                files, changed = self._read(record)
            except OSError as error:
                self.log.warning("%r cannot be read: %s", record["filename"], error.strerror)
                continue
            moment = record["timestamp"]
            if changed > moment + TOLERATED:
                self.log.warning("%s: %s was changed at %s UTC", student, name, changed)
                moment = changed
            stamp = moment.replace(tzinfo=datetime.UTC).strftime(TIMESTAMP)
            files[TIMESTAMP_FILE] = stamp.encode()
            _put(files, folder, moment)
            self.log.info("Collected submission: %s %s", student, name)

    def _is_wanted(self, record: Record, folder: Path) -> bool:
        known = self.coursedir.get_existing_timestamp(str(folder))
        sent = record["timestamp"]
        if self.before_duedate:
            return bool(known != sent)
        return bool(self.update and (known is None or sent > known))

    def _read(self, record: Record) -> tuple[dict[str, bytes], datetime.datetime]:
        """The files of a submission, and when the last of them was changed, UTC. Raises OSError."""
        path = os.path.join(self.inbound_path, record["filename"])
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            files: dict[str, bytes] = {}
            changed, left = 0.0, MOST_BYTES
            with os.scandir(folder) as entries:
                names = [entry.name for entry, _ in zip(entries, range(MOST_FILES), strict=False)]
            for name in sorted(names):
                if not name.endswith(TAKEN) or name.startswith("."):
                    continue
                try:
                    files[name] = read_regular(Path(name), min(left, MAX_NOTEBOOK_BYTES), folder)
                    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                except OSError:  # a link, a pipe, a folder, too large: it is not taken
                    self.log.warning("Not taken: %r in %r", name, record["filename"])
                    continue
                changed = max(changed, status.st_ctime)
                left -= len(files[name])
        finally:
            os.close(folder)
        return files, datetime.datetime.fromtimestamp(changed, datetime.UTC).replace(tzinfo=None)


def _put(files: dict[str, bytes], folder: Path, moment: datetime.datetime) -> None:
    """Replace a collected submission by another, of which no file looks as if still written."""
    seconds = moment.replace(tzinfo=datetime.UTC).timestamp()
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name, data in files.items():
        write_whole(new / name, data)
        os.utime(new / name, (seconds, seconds))
    if folder.is_dir():
        shutil.rmtree(folder)
    os.replace(new, folder)
