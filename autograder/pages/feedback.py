"""Feedback pages, made by nbgrader's own converter from the graded notebooks."""

from __future__ import annotations

import logging
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder.gradebook.plugins import load_course_directory


def make_feedback(course: Path, assignment: str) -> list[Path]:
    """Write ``feedback/<student>/<assignment>/`` for every graded notebook; the pages, in order.

    One converter makes them all, since compiling its templates costs more than a page.
    """
    config = load_course_directory(course).config
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.student_id = "*"
    converter = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config)
    converter.log = logging.Logger("generate_feedback", logging.ERROR)
    converter.force = True
    converter.start()
    return sorted(course.glob(f"feedback/*/{assignment}/{assignment}.html"))
