"""What `make bench` measures with: real hand-ins, and a course that grades them."""

import nbformat

from autograder.course.folder import CourseFolder
from tests.bench.course import honest_submissions, make_course


def test_hand_ins_are_answered_each_in_its_own_way(course):
    chapter = "02_functional_conv"
    made = [nbformat.reads(data.decode(), as_version=4) for data in honest_submissions(chapter, 9)]
    exercises = CourseFolder(course).assignment(chapter).exercises
    answered = [
        {
            cell.metadata.nbgrader.grade_id: cell.source
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade_id") in exercises
        }
        for notebook in made
    ]
    assert all(set(answers) == set(exercises) for answers in answered)
    assert len({tuple(answers.values()) for answers in answered}) >= 3
    assert len({notebook.cells[-1].source for notebook in made}) == 9


def test_the_course_knows_the_answers_that_a_run_executes(tmp_path):
    course = CourseFolder(make_course(tmp_path, "02_functional_conv"))
    assert course.assignments == ["02_functional_conv"]
    assert len(course.answers("02_functional_conv")) > 100
    assert course.references("02_functional_conv").is_file()
