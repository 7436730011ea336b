"""The attempt that is rebuilt from a submission, whatever was done to the notebook."""

import copy
import dataclasses
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.assignment import Assignment
from autograder.course.attempt import solution_attempt
from autograder.errors import UnreadableSubmission
from autograder.grading.rebuild import demo_names, rebuild
from autograder.handin import MAX_NOTEBOOK_BYTES
from autograder.intake.submission import MAX_CELLS, parse, read_bytes


def nbgrader(name, **role):
    meta = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": meta | {"grade_id": name} | role}


def code(source, identity, **metadata):
    cell = new_code_cell(source, metadata=metadata)
    cell.id = identity
    return cell


def graded(name, source, **role):
    return code(source, name, **nbgrader(name, **role))


def lesson():
    text = new_markdown_cell("### Exercise 9.1 · `double` · ★☆☆ · 5 minutes\nDouble it.")
    text.id = "text"
    hidden = "### BEGIN HIDDEN TESTS\ncheck('double/other', double, 3)\n### END HIDDEN TESTS"
    solution = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    return new_notebook(
        cells=[
            code("import math\nfrom autograder import check", "imports"),
            code("table = [1, 2, 3]\nprint(table)", "demo", tags=["demo"]),
            text,
            graded("double", solution, solution=True),
            graded("double-visible", "check('double/one', double, 1)", grade=True, points=1),
            graded("double-hidden", hidden, grade=True, points=2),
        ]
    )


ASSIGNMENT = Assignment.from_notebook("09_test", lesson())


def released():
    notebook = lesson()
    notebook.cells[
        3
    ].source = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    notebook.cells[5].source = ""
    return notebook


def answered(source="def double(x):\n    return x + x"):
    notebook = released()
    notebook.cells[3].source = source
    return notebook


def rebuilt(notebook, names=frozenset()):
    data = json.dumps(notebook).encode()
    return rebuild(ASSIGNMENT, parse(data), 7, names)


def names(attempt):
    return [(cell.kind, cell.name) for cell in attempt.cells]


HONEST = [
    ("setup", "imports"),
    ("solution", "double"),
    ("check", "double-visible"),
    ("check", "double-hidden"),
]


def test_an_honest_submission_becomes_the_instructors_notebook_with_its_answer():
    attempt = rebuilt(answered()).attempt
    assert names(attempt) == HONEST
    assert attempt.cells[1].source == "def double(x):\n    return x + x"
    assert "double, 3" in attempt.cells[3].source


def test_the_solution_paper_leaves_demonstrations_out_unless_asked():
    assert names(solution_attempt(ASSIGNMENT, 0)) == HONEST
    assert ("demo", "demo") in names(solution_attempt(ASSIGNMENT, 0, demos=True))


def test_changed_and_deleted_test_cells_are_put_back_and_reported():
    changed = answered()
    changed.cells[4].source = "assert True"
    changed.cells[5].source = "print('mine')"
    result = rebuilt(changed)
    assert names(result.attempt) == HONEST
    assert result.attempt.cells[2].source == "check('double/one', double, 1)"
    assert any("double-visible, double-hidden" in note for note in result.notes)
    del changed.cells[4:]
    result = rebuilt(changed)
    assert names(result.attempt) == HONEST
    assert any("put back" in note for note in result.notes)


def test_own_cells_are_kept_where_they_stood():
    notebook = answered()
    notebook.cells.insert(3, new_code_cell("helper = 2"))
    notebook.cells.append(new_code_cell("late = 3"))
    notebook.cells.append(new_markdown_cell("a remark"))
    result = rebuilt(notebook)
    sources = [cell.source for cell in result.attempt.cells]
    assert sources.index("helper = 2") < sources.index("def double(x):\n    return x + x")
    assert sources[-1] == "late = 3"
    assert result.cells[-1].source == "a remark"


def test_of_copied_solution_cells_the_first_that_was_changed_counts():
    notebook = released()
    twin = copy.deepcopy(notebook.cells[3])
    twin.source = "def double(x):\n    return x * 2"
    notebook.cells.insert(4, twin)
    result = rebuilt(notebook)
    assert names(result.attempt) == HONEST
    assert result.attempt.cells[1].source == twin.source
    third = copy.deepcopy(twin)
    third.source = "def double(x):\n    return 2 * x"
    notebook.cells.insert(5, third)
    result = rebuilt(notebook)
    kinds = [kind for kind, _ in names(result.attempt)]
    assert kinds == ["setup", "solution", "extra", "check", "check"]
    assert result.attempt.cells[1].source == twin.source
    assert any("Copied cells (double)" in note for note in result.notes)


def test_a_copied_check_cell_is_dropped_and_an_edited_copy_is_the_students_own_code():
    notebook = answered()
    notebook.cells.append(copy.deepcopy(notebook.cells[4]))
    assert names(rebuilt(notebook).attempt) == HONEST
    notebook.cells[-1].source += " # mine"
    assert names(rebuilt(notebook).attempt)[-1][0] == "extra"


def test_metadata_that_would_skip_or_regrade_a_cell_is_dropped():
    notebook = answered()
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "demo"]
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(points=1000, grade=False, solution=False)
    assert names(rebuilt(notebook).attempt) == HONEST


def test_cells_are_found_by_their_ids_when_nbgraders_metadata_is_lost():
    notebook = answered()
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
    assert names(rebuilt(notebook).attempt) == HONEST


def test_an_edited_setup_cell_runs_after_the_instructors():
    notebook = answered()
    notebook.cells[0].source += "\nimport itertools"
    attempt = rebuilt(notebook).attempt
    assert names(attempt)[0] == ("setup", "imports")
    assert attempt.cells[1].kind == "extra"
    assert "itertools" in attempt.cells[1].source


def test_a_demonstration_is_executed_when_a_name_of_it_was_missed():
    assert demo_names(ASSIGNMENT) == {"table"}
    assert names(rebuilt(answered(), frozenset({"table"})).attempt)[1] == ("demo", "demo")


def test_a_missing_solution_cell_is_reported_and_the_rest_is_kept():
    notebook = lesson()
    notebook.cells[3].metadata.nbgrader.grade_id = "other"
    notebook.cells[3].id = "other"
    assignment = Assignment.from_notebook("09_test", notebook)
    with pytest.raises(UnreadableSubmission, match="No solution cell"):
        rebuild(assignment, parse(nbformat.writes(answered("x")).encode()), 0)


CODE = b'{"cell_type": "code", "source": "%s"},'
END = CODE.rstrip(b",") % b"" + b"]}"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b'{"cells": [', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[]", "not a notebook"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": true, "cells": []}', "format"),
        (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [' + CODE % b"" * MAX_CELLS + b"1," * 9 + END, "code cells"),
        (b'{"nbformat": 4, "cells": [' + CODE % (b"x" * 300_000) + END, "characters"),
        (b'{"nbformat": 4, "cells": [' + b"[]," * 20_000_000 + b"1]}", "more parts"),
        (b'{"nbformat": 4, "n": ' + b"9" * 10_000 + b', "cells": []}', "not valid JSON"),
    ],
)
def test_unreadable_bytes_are_one_sentence(data, sentence):
    with pytest.raises(UnreadableSubmission, match=sentence):
        parse(data)


def test_odd_but_readable_notebooks_are_read():
    notebook = answered()
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    result = rebuilt(notebook)
    assert names(result.attempt) == HONEST
    assert any("kernel 'ir'" in note for note in result.notes)
    data = nbformat.writes(answered()).encode("utf-16")
    assert names(rebuild(ASSIGNMENT, parse(data), 0).attempt) == HONEST
    surrogate = (
        b'{"nbformat": 4, "cells": [{"id": "double", "source": "\\ud800", "cell_type": "code"}]}'
    )
    assert rebuild(ASSIGNMENT, parse(surrogate), 0).attempt.cells[1].source == "?"


def test_large_files_links_and_pipes_are_not_read(tmp_path):
    large = tmp_path / "large.ipynb"
    with large.open("wb") as file:
        file.truncate(MAX_NOTEBOOK_BYTES + 1)
    with pytest.raises(UnreadableSubmission, match="MB"):
        read_bytes(large)
    link = tmp_path / "link.ipynb"
    link.symlink_to(large)
    with pytest.raises(UnreadableSubmission, match="cannot be opened"):
        read_bytes(link)
    with pytest.raises(UnreadableSubmission, match="regular file"):
        read_bytes(tmp_path)


def test_a_digest_is_that_of_the_cells_whatever_the_seed():
    attempt = rebuilt(answered()).attempt
    assert attempt.digest() == dataclasses.replace(attempt, seed=7).digest()
    assert attempt.digest() != rebuilt(answered("double = 0")).attempt.digest()
