"""Feedback pages, made by nbgrader's own converter from the graded notebooks."""

from __future__ import annotations

import logging
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder.course.folder import CourseFolder


def make_feedback(course: CourseFolder, assignment: str) -> list[Path]:
    """Write ``feedback/<student>/<assignment>/`` for every graded notebook; the pages, in order.

    One converter makes them all, since compiling its templates costs more than a page.
    """
    config = course.directory.config
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.student_id = "*"
    converter = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config)
    converter.log = logging.Logger("generate_feedback", logging.ERROR)
    converter.force = True
    converter.start()
    return sorted(course.root.glob(f"feedback/*/{assignment}/{assignment}.html"))
