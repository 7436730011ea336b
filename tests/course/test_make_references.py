"""What a grading run takes as references, and what it refuses."""

from pathlib import Path

import pytest

from autograder import evidence as ev
from autograder.course.folder import CourseFolder
from autograder.course.make_references import make_references
from autograder.errors import AutograderError
from autograder.evidence import Evidence
from autograder.sandbox import CellLog, RunLog


def test_a_solution_that_raises_in_a_check_is_a_broken_course(course: Path):
    assignment = CourseFolder(course).assignment("02_functional_conv")

    def execute(jobs):
        return [recorded(job) for job in jobs]

    def recorded(job):
        sent = []
        for position, cell in enumerate(job.cells):
            if cell.name.endswith(("-visible", "-hidden")):
                outcome = ev.exception_node(NotImplementedError())
                name = cell.name.replace("-", "/")
                sent.append((position, Evidence(name, outcome).to_bytes()))
        return RunLog([CellLog("ok") for _ in job.cells], sent)

    with pytest.raises(AutograderError, match="to_nchw/visible the solution raises NotImpl"):
        make_references(assignment, 1, execute, [])
