"""Whom ``autograder watch`` owes a feedback page, and giving it.

What is owed is read off the files, so that a page is given also where the command was killed
between grading and giving: a page is older than the graded notebook that it is about, and what was
released of it stands in a file beside it.
"""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.commands.terminal import printable, say, say_error
from autograder.errors import AutograderError
from autograder.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbgrader.apps.api import NbGraderAPI

    from autograder.course.folder import CourseFolder

OWED_SECONDS = 30.0  #: between two looks at whose page is owed, where nothing was graded
MOST_AT_ONCE = 10  #: pages of an assignment that are made before something else has its turn
RETRY_SECONDS = 60.0  #: until a page that could not be given is tried again
RELEASED = ".released"  #: a file beside a page, as new as what the exchange has of it


class Owed:
    """The pages of a course's assignments.

    Args:
        course: their course.
        policy: ``c.Watch.feedback``: whether pages wait for the students' due dates.
        exchange: whether they are released to nbgrader's exchange.
        api: makes nbgrader's API, or gives the one that is there.
    """

    def __init__(
        self, course: CourseFolder, policy: str, exchange: bool, api: Callable[[], NbGraderAPI]
    ) -> None:
        self._course, self._policy, self._exchange, self._api = course, policy, exchange, api
        self._paid: dict[str, float] = {}
        self._failed: dict[tuple[str, str], tuple[float, str]] = {}

    def look_again(self, name: str) -> None:
        """Something of an assignment has been graded."""
        self._paid.pop(name, None)

    def has_more(self, name: str) -> bool:
        """Whether :meth:`give` has left something for the next time."""
        return name not in self._paid

    def give(self, name: str) -> None:
        """Make and release the pages that are owed, some at a time, the newest first.

        What could not be given is said once, and keeps no other page back.
        """
        from autograder.commands.feedback import page_maker

        if time.monotonic() < self._paid.get(name, float("-inf")) + OWED_SECONDS:
            return
        self._paid.pop(name, None)
        owed = self._of(name)
        if len(owed) <= MOST_AT_ONCE:
            self._paid[name] = time.monotonic()
        if not owed:
            return
        make, done = page_maker(self._course, name), 0
        for student in owed[:MOST_AT_ONCE]:
            try:
                make([student])
                if self._exchange:
                    check(self._api().release_feedback(name, student), "it cannot be released")
                    write_whole(self._course.page(student, name).with_name(RELEASED), b"")
            except Exception as error:
                said = f"{name}: no feedback for {printable(student)} yet: {brief(error)}"
                if self._failed.get((name, student), (0.0, ""))[1] != said:
                    say_error(AutograderError(said))
                self._failed[name, student] = (time.monotonic() + RETRY_SECONDS, said)
            else:
                done += 1
        if done:
            how = "made and released" if self._exchange else "made"
            say(f"{now()}  {name}  {done} feedback {'page' if done == 1 else 'pages'} {how}")

    def _of(self, name: str) -> list[str]:
        """Who is to get a page, because something was graded since theirs was made or released."""
        from autograder.gradebook.due import read_dates
        from autograder.gradebook.writer import open_gradebook
        from autograder.grading.store import Store
        from autograder.intake.timestamps import is_plain_id

        owed = {}
        for student in filter(is_plain_id, Store(self._course.evidence(name)).records()):
            if time.monotonic() < self._failed.get((name, student), (0.0, ""))[0]:
                continue
            path = self._course.page(student, name)
            page, graded = written(path), written(self._course.graded(student, name))
            is_kept = self._exchange and written(path.with_name(RELEASED)) < page
            if not page or graded > page or is_kept:
                owed[student] = graded
        if owed and self._policy == "due":
            with open_gradebook(self._course, name) as gradebook:
                dates = read_dates(gradebook, name)
            today = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            owed = {
                student: graded
                for student, graded in owed.items()
                if (due := dates.due_of(student)) is not None and due <= today
            }
        return sorted(owed, key=lambda student: -owed[student])


def check(result: Mapping[str, Any], what: str) -> None:
    """Raise where nbgrader's API says that something did not succeed."""
    if not result["success"]:
        lines = str(result.get("error") or result.get("log") or "").strip().splitlines()
        raise AutograderError(f"{what}: {' '.join(lines[-1:])}")


def brief(error: Exception) -> str:
    """What an error says, in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def written(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def now() -> str:
    """The time of day."""
    return datetime.datetime.now().strftime("%H:%M:%S")
