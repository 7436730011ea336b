"""For whom `autograder due` gives extensions."""

import pytest
from nbgrader.api import Gradebook

from autograder.commands.due import due
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from tests.grading.course import ASSIGNMENT, answered, make_course, submit


def test_a_folder_that_cannot_be_a_students_gets_no_extension_and_others_get_a_name(tmp_path):
    root = make_course(tmp_path / "course")
    for student in ("ada", "<b>bob"):
        submit(root, student, answered())
    due(ASSIGNMENT, ["2026-12-01 18:00"], course=root)
    due(ASSIGNMENT, ["+3d"], student="ada", course=root)
    with pytest.raises(AutograderError, match="There is no student '<b>bob'"):
        due(ASSIGNMENT, ["+3d"], student="<b>bob", course=root)
    directory = CourseFolder(root).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        assert [(one.id, one.last_name) for one in gradebook.students] == [("ada", "ada")]
