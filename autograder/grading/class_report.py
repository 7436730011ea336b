"""A graded class → the pages that an instructor reads: a chapter's, and the course's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from autograder.course.folder import CourseFolder
from autograder.files import write_whole
from autograder.grading.pipeline import Pipeline
from autograder.grading.store import Store
from autograder.grading.summary import summarize
from autograder.intake.submission import find_submissions
from autograder.intake.timestamps import is_plain_id
from autograder.pages.anonymous import anonymous, pseudonyms
from autograder.pages.class_report import render, render_course
from autograder.pages.class_summary import ClassReport


class Reports:
    """The reports of a course. ``names`` are full names by id, as far as they are known.

    Without names (``nameless``) students are numbers, the same on all pages that are written.
    """

    def __init__(
        self, course: CourseFolder, names: Mapping[str, str], nameless: bool = False
    ) -> None:
        self.course, self.names, self.nameless = course, names, nameless
        self._records = {
            name: Store(course.evidence(name)).records() for name in course.graded_assignments
        }
        students = (student for records in self._records.values() for student in records)
        self._numbers = pseudonyms(students) if nameless else {}
        self._shares = {
            name: {
                student: record["score"] / record["max_score"]
                for student, record in records.items()
                if record["status"] == "graded" and record["max_score"]
            }
            for name, records in self._records.items()
        }

    def write(self, name: str) -> tuple[ClassReport, Path]:
        """Write ``evidence/<assignment>/report.html``; the report and the page's path.

        Raises :class:`AutograderError` when there is nothing to report.
        """
        report = self.summary(Pipeline(self.course, name))
        path = self.course.evidence(name) / self._file
        write_whole(path, render(report).encode("utf-8", "replace"))
        return report, path

    def summary(self, pipeline: Pipeline) -> ClassReport:
        """What the report of one assignment says. Raises :class:`AutograderError`, too."""
        links = _Links(self.course, pipeline.assignment.name)
        report = summarize(pipeline, self.names, self._shares, links)
        return anonymous(report, self._numbers) if self.nameless else report

    def write_all(self, reports: Sequence[tuple[ClassReport, Path]]) -> Path:
        """Write the page of the whole course, ``evidence/report.html``, over those of chapters."""
        path = self.course.root / "evidence" / self._file
        title = self.course.about.title or self.course.name
        pages = [(r, quote(page.relative_to(path.parent).as_posix())) for r, page in reports]
        write_whole(path, render_course(title, pages).encode("utf-8", "replace"))
        return path

    @property
    def _file(self) -> str:
        return "report-anonymous.html" if self.nameless else "report.html"


class _Links:
    """What of a submission can be opened, seen from ``evidence/<assignment>/``."""

    def __init__(self, course: CourseFolder, assignment: str) -> None:
        self._course, self._name = course, assignment
        there = course.submitted
        known = set(course.assignments)
        self._notebooks = {
            found.student: found.path or found.folder
            for found in (find_submissions(there, assignment, known) if there.is_dir() else ())
        }

    def __call__(self, student: str) -> Iterator[tuple[str, str]]:
        """Words and addresses of a student's feedback page and of what was handed in."""
        if not is_plain_id(student):
            return
        page = self._course.root / "feedback" / student / self._name / f"{self._name}.html"
        notebook = self._notebooks.get(student)
        for words, path in (
            ("feedback", page if page.is_file() else None),
            ("submission", notebook),
        ):
            if path is not None:
                relative = path.relative_to(self._course.root)
                yield words, quote(os.fsencode(Path("..", "..", relative)))
