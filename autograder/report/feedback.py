"""Feedback pages, made by nbgrader's own converter from the graded notebooks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder.grade.preprocessors import load_course_directory


def make_feedback(
    course: Path,
    assignment: str,
    students: list[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Write ``feedback/<student>/<assignment>/``; the pages that were made, in order.

    A student without a graded notebook gets no page.
    """
    pages = []
    config = load_course_directory(course).config
    config.CourseDirectory.assignment_id = assignment
    for i, student in enumerate(students):
        if (course / "autograded" / student / assignment).is_dir():
            config.CourseDirectory.student_id = student
            converter = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config)
            converter.log.setLevel(logging.ERROR)
            converter.force = True
            converter.start()
            pages.append(course / "feedback" / student / assignment / f"{assignment}.html")
        progress(i + 1, len(students))
    return pages
