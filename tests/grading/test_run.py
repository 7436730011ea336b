"""What a grading run takes as references, and what it refuses."""

from pathlib import Path

import pytest

from autograder import evidence as ev
from autograder.course.assignment import Assignment
from autograder.errors import AutograderError
from autograder.evidence import Evidence
from autograder.grading.run import make_references
from autograder.sandbox import CellRun, Execution, Limits


def test_a_solution_that_raises_in_a_check_is_a_broken_course(course: Path):
    assignment = Assignment.load(course, "02_functional_conv")

    def execute(papers, _):
        return [recorded(paper) for paper in papers]

    def recorded(paper):
        sent = []
        for position, cell in enumerate(paper.cells):
            if cell.kind == "check":
                outcome = ev.exception_node(NotImplementedError())
                name = cell.name.replace("-", "/")
                sent.append((position, Evidence(name, outcome).to_bytes()))
        return Execution([CellRun("ok") for _ in paper.cells], sent)

    with pytest.raises(AutograderError, match="to_nchw/visible the solution raises NotImpl"):
        make_references(assignment, 1, execute, Limits(), answers=[])
