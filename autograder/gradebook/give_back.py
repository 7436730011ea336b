"""``nbgrader generate_feedback`` and ``release_feedback``, and formgrader's buttons for both.

nbgrader_config.py names two classes. :class:`FeedbackExporter` stands where nbgrader would convert
the graded notebook, and gives the page that ``autograder feedback`` makes. :class:`ReleaseFeedback`
gives back through the exchange what came through it, and passes over the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbgrader.exchange.default import ExchangeReleaseFeedback

from autograder.course.folder import CourseFolder
from autograder.course.lock import InUse
from autograder.errors import AutograderError
from autograder.gradebook.current import bring_up_to_date
from autograder.gradebook.roster import read_students
from autograder.grading.feedback import SECRET_FILE, copy_along, make_page
from autograder.grading.pipeline import Pipeline
from autograder.handin import TIMESTAMP_FILE


class FeedbackExporter(HTMLExporter):
    """The page of a submission that this package graded; nbgrader's own of any other."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._graded: dict[str, _Graded] = {}

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page in place of the notebook ``filename``, and beside it what the exchange needs."""
        about = (resources or {}).get("nbgrader") or {}
        coursedir = getattr(self.parent, "coursedir", None)
        if resources is not None and coursedir is not None and "student" in about:
            assignment, student = about["assignment"], about["student"]
            graded = self._of(coursedir, assignment)
            folder = coursedir.format_path(coursedir.feedback_directory, student, assignment)
            sent = coursedir.format_path(coursedir.submitted_directory, student, assignment)
            copy_along(Path(sent), Path(folder))
            page = graded.page(student) if about.get("notebook") == assignment else None
            if page is not None:
                return page, resources | {"output_extension": self.file_extension}
        made: tuple[Any, dict[str, Any]] = super().from_filename(filename, resources, **options)
        return made

    def _of(self, coursedir: Any, assignment: str) -> _Graded:
        if assignment not in self._graded:
            course = CourseFolder(Path(coursedir.root), self.config)
            self._graded[assignment] = _Graded(course, assignment, self.log.warning)
        return self._graded[assignment]


class _Graded:
    """What is known of one assignment; nothing where it is none of this package's."""

    def __init__(self, course: CourseFolder, assignment: str, say: Callable[[str], None]) -> None:
        self._pipeline: Pipeline | None = None
        try:
            self._pipeline = Pipeline(course, assignment)
            try:
                bring_up_to_date(course, assignment, say)
            except InUse as busy:  # the pages are as of the last grading
                say(str(busy))
            self._records = self._pipeline.store.records()
            students = read_students(course.directory.db_url)
            self._names = {student.id: student.name for student in students}
        except AutograderError:
            self._records, self._names = {}, {}

    def page(self, student: str) -> str | None:
        """A student's page, or None."""
        if self._pipeline is None or student not in self._records:
            return None
        return make_page(self._pipeline, self._records[student], self._names.get(student, ""))


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases what came through the exchange.

    nbgrader's own ends with an error at the first page whose submission came another way.
    """

    def copy_files(self) -> None:
        """Copy the pages that have the secret of their submission beside them."""
        excluded = self.coursedir.student_id_exclude
        others = sorted(self._others())
        if others:
            self.log.warning(
                "Not handed in through the exchange, so not returned by it: %s", ", ".join(others)
            )
        self.coursedir.student_id_exclude = ",".join(filter(None, [excluded, *others]))
        try:
            super().copy_files()
        finally:
            self.coursedir.student_id_exclude = excluded

    def _others(self) -> Iterator[str]:
        course, name = self.coursedir, self.coursedir.assignment_id
        pattern = course.format_path(course.feedback_directory, course.student_id or "*", name)
        where = Path(pattern)
        for folder in where.parent.parent.glob(f"{where.parent.name}/{where.name}"):
            if not all((folder / file).is_file() for file in (TIMESTAMP_FILE, SECRET_FILE)):
                yield folder.parent.name
