"""A student's names can be anything: checks see the answers, and nothing else of theirs."""

import ast
import builtins
import json

from autograder.course.assignment import role
from autograder.course.demo import fill
from autograder.grading.executed import collect_evidence
from autograder.grading.rebuild import rebuild
from autograder.grading.scoring import score
from autograder.intake.submission import parse

from .conftest import SEEDS, assignment, references, released, rounds, run


def names_of(sources):
    """Every name that code binds, uses or imports."""
    found = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).partition(".")[0])
    return found


def test_every_name_of_every_check_can_be_a_students_helper(chapter):
    """Builtins too; but for names that the student's own answers need."""
    course = assignment(chapter)
    given = rounds(chapter)[0]
    checks = names_of(c.source for c in course.notebook.cells if role(c) == "check")
    theirs = names_of(given.values()) | set(course.answers)
    helpers = sorted((checks | set(vars(builtins))) - theirs)
    helpers = [name for name in helpers if name.isidentifier() and not name.startswith("__")]
    helpers = [name for name in helpers if name not in ("None", "True", "False")]
    assert len(helpers) > 100
    text = "\n".join(
        f"def {name}(*args, **kwargs):\n    raise RuntimeError('the helper {name}')\n"
        for name in helpers
    )
    notebook = fill(released(chapter), given)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            own = type(cell)(cell_type="code", metadata={}, source=text, outputs=[])
            own.update(id=f"helpers-{len(cells)}", execution_count=None)
            cells.append(own)
    notebook.cells = cells
    rebuilt = rebuild(course, parse(json.dumps(notebook).encode()), SEEDS[0])
    assert sum(cell.kind == "extra" for cell in rebuilt.attempt.cells) == len(course.exercises)
    (log,) = run([rebuilt.attempt.job()])
    truth = references(chapter, SEEDS[0])
    executed = collect_evidence("student", "run", truth, rebuilt, log)
    record = score(executed, truth, course.points, course.imports)
    failed = [(v.check, v.reason) for v in record.verdicts if not v.passed]
    assert failed == []
    assert record.score == course.max_score
