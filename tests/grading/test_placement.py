"""Whose a cell is and where it stands, for what students and their programs do to notebooks."""

import copy
import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.assignment import Assignment
from autograder.errors import UnreadableSubmission
from autograder.grading import which
from autograder.grading.packages import is_installed, without_absent_imports
from autograder.grading.rebuild import rebuild
from autograder.intake.submission import Found, parse

from .test_rebuild import code, graded

STUB = "def {}(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
DOUBLE = "def double(x):\n    return x + x"
TRIPLE = "def triple(x):\n    return double(x) + x"


def lesson():
    cells = [
        code("import math\nfrom autograder import check", "imports"),
        code("table = [1, 2, 3]", "demo", tags=["demo"]),
    ]
    for factor, name in enumerate(("double", "triple"), 2):
        text = new_markdown_cell(f"### Exercise 9.{factor} · `{name}` · ★☆☆ · 5 minutes\nWrite it.")
        text.id = f"text-{name}"
        solution = (
            f"def {name}(x):\n    ### BEGIN SOLUTION\n    return {factor} * x\n    ### END SOLUTION"
        )
        hidden = f"### BEGIN HIDDEN TESTS\ncheck('{name}/b', {name}, 3)\n### END HIDDEN TESTS"
        shown = f"check('{name}/a', {name}, 1)"
        cells += [
            text,
            graded(name, solution, solution=True),
            graded(f"{name}-visible", shown, grade=True, points=1),
            graded(f"{name}-hidden", hidden, grade=True, points=2),
        ]
    return new_notebook(cells=cells)


ASSIGNMENT = Assignment.from_notebook("09_test", lesson())


def student(**answers):
    notebook = lesson()
    for cell in notebook.cells:
        if cell.id in ("double", "triple"):
            cell.source = answers.get(cell.id, STUB.format(cell.id))
        if cell.id.endswith("-hidden"):
            cell.source = ""
    return notebook


def at(notebook, identity):
    return next(i for i, cell in enumerate(notebook.cells) if cell.id == identity)


def cell_of(notebook, identity):
    return notebook.cells[at(notebook, identity)]


def insert(notebook, before, source, kind="code"):
    make = new_code_cell if kind == "code" else new_markdown_cell
    where = len(notebook.cells) if before is None else at(notebook, before)
    notebook.cells.insert(where, make(source))


def without_names(notebook):
    for i, cell in enumerate(notebook.cells):
        cell.metadata = {}
        cell.id = f"other-{i}"
    return notebook


def rebuilt(notebook):
    return rebuild(ASSIGNMENT, parse(json.dumps(notebook).encode()), 7)


def outcome(notebook):
    """What the exercises' checks would see: the attempt, executed in this process."""
    result = rebuilt(notebook)
    seen = {}
    names = {}
    for cell in result.attempt.cells:
        if cell.kind == "check":
            exercise = cell.name.rpartition("-")[0]
            try:
                seen[cell.name] = names[exercise](5)
            except Exception as error:
                seen[cell.name] = type(error).__name__
            continue
        if cell.source.startswith("%reset"):
            names.clear()
            continue
        try:
            exec(cell.source, names)
        except Exception:
            continue
    return seen, result


RIGHT = {"double-visible": 10, "double-hidden": 10, "triple-visible": 15, "triple-hidden": 15}


def is_right(notebook, *notes):
    seen, result = outcome(notebook)
    assert seen == RIGHT
    assert not result.missing
    for note in notes:
        assert any(note in said for said in result.notes), result.notes
    return result


def test_an_honest_notebook_needs_no_note():
    assert is_right(student(double=DOUBLE, triple=TRIPLE)).notes == ()


def test_set_up_that_is_pasted_again_after_a_reset_runs_where_it_was_pasted():
    notebook = student(double="def double(x):\n    return math.prod([2, x])", triple=TRIPLE)
    insert(notebook, "text-double", "%reset -f")
    insert(notebook, "text-double", cell_of(notebook, "imports").source)
    is_right(notebook)
    # the lesson's own one deleted, and all names lost
    del notebook.cells[at(notebook, "imports")]
    is_right(notebook)
    is_right(without_names(notebook))


@pytest.mark.parametrize("keeps_id", [True, False])
def test_a_demonstration_that_is_copied_or_moved_upwards_moves_nothing_else(keeps_id):
    notebook = student(double="def double(x):\n    return table[1] * x", triple=TRIPLE)
    demo = copy.deepcopy(cell_of(notebook, "demo"))
    if not keeps_id:
        demo.id, demo.metadata = "copy", {}
    # the demonstration itself stands at the end
    notebook.cells.append(notebook.cells.pop(at(notebook, "demo")))
    notebook.cells.insert(0, demo)
    is_right(notebook)


def test_moved_and_edited_set_up_breaks_no_order():
    notebook = student(double="def double(x):\n    return factor * x", triple=TRIPLE)
    cell = notebook.cells.pop(at(notebook, "imports"))
    cell.source += "\nfactor = 2"
    notebook.cells.insert(at(notebook, "double"), cell)
    is_right(notebook)


def test_text_of_the_release_counts_for_nothing_wherever_it_is_copied():
    notebook = student(double=DOUBLE, triple=TRIPLE)
    copied = copy.deepcopy(cell_of(student(), "double"))
    notebook.cells.insert(at(notebook, "double") + 1, copied)
    is_right(notebook)
    copied.id, copied.metadata = "own", {}
    is_right(notebook)
    copied.source = copied.source.replace("    # YOUR CODE HERE\n", "\n")
    is_right(notebook)


def test_an_answer_in_a_text_cell_is_turned_back():
    notebook = student(double=DOUBLE, triple=TRIPLE)
    for kind in ("markdown", "raw"):
        cell = cell_of(notebook, "double")
        cell.cell_type = kind
        cell.pop("outputs", None)
        is_right(notebook, "turned back into code: double")


def test_answers_in_other_cells_than_their_own_count():
    retyped = student()
    insert(retyped, "double-visible", DOUBLE)
    insert(retyped, "triple-visible", TRIPLE)
    is_right(retyped, "another cell than its own: double, triple")
    above = student()
    insert(above, "imports", DOUBLE)
    insert(above, "double", TRIPLE)
    is_right(above)
    at_the_end = student()
    insert(at_the_end, None, TRIPLE)
    insert(at_the_end, None, DOUBLE)
    is_right(at_the_end)
    in_one = student(double=f"{DOUBLE}\n\n\n{TRIPLE}")
    is_right(in_one, "another cell than its own: triple")
    emptied = student(double="", triple="# it is below")
    insert(emptied, None, f"{DOUBLE}\n{TRIPLE}")
    is_right(emptied)
    in_a_check = student(triple=TRIPLE)
    cell_of(in_a_check, "double-visible").source = f"{DOUBLE}\ncheck('double/a', double, 1)"
    is_right(in_a_check)


def test_an_answer_that_lost_its_cell_is_known_by_what_it_defines():
    notebook = student(double=DOUBLE, triple=TRIPLE)
    cell = cell_of(notebook, "double")
    cell.id, cell.metadata = "own", {}
    result = is_right(notebook)
    assert ("solution", "double") in [(c.kind, c.name) for c in result.attempt.cells]


def test_a_notebook_that_lost_all_names_is_graded_with_a_note():
    notebook = without_names(student(double=DOUBLE, triple=TRIPLE))
    result = is_right(notebook, "have lost their names")
    kinds = [cell.kind for cell in result.attempt.cells]
    assert kinds == ["setup", "solution", "check", "check", "solution", "check", "check"]
    is_right(new_notebook(cells=[new_code_cell(f"{DOUBLE}\n{TRIPLE}")]), "lost their names")
    half = without_names(student(double=DOUBLE))
    seen, result = outcome(half)
    assert seen == RIGHT | dict.fromkeys(["triple-visible", "triple-hidden"], "NotImplementedError")
    with pytest.raises(UnreadableSubmission, match="another notebook"):
        rebuilt(new_notebook(cells=[new_code_cell("print(1)")]))


def test_a_cell_split_in_two_is_answered_by_the_half_that_defines_it():
    notebook = student(triple=TRIPLE, double="def helper(x):\n    return x + x")
    half = copy.deepcopy(cell_of(notebook, "double"))
    half.source = "def double(x):\n    return helper(x)"
    notebook.cells.insert(at(notebook, "double") + 1, half)
    is_right(notebook)


def test_a_moved_solution_is_asked_where_it_stands():
    triple = "def triple(x):\n    return 3 * x"
    notebook = student(double="def double(x):\n    return two * x", triple=triple)
    moved = notebook.cells.pop(at(notebook, "double"))
    insert(notebook, None, "two = 2")
    notebook.cells.append(moved)
    is_right(notebook)


def test_names_that_are_no_answer_are_not_taken_for_one():
    notebook = student(triple="def triple(x):\n    return 3 * x")
    insert(notebook, "double-visible", "double = triple(2) if False else 4")
    seen, _ = outcome(notebook)
    assert seen["double-visible"] == "TypeError" or seen["double-visible"] == "NotImplementedError"


# ------------------------------------------------------------------------------- size and oddities


def test_size_and_oddities_of_what_nobody_runs_set_nothing_aside():
    notebook = student(double=DOUBLE, triple=TRIPLE)
    picture = f"![](data:image/png;base64,{'A' * 3_000_000})"
    insert(notebook, "triple", picture, "markdown")
    cell_of(notebook, "text-triple")["attachments"] = {"a.png": {"image/png": "A" * 2_000_000}}
    cell_of(notebook, "double")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["[1, 2, 3], {}\n"] * 1_700_000}
    ]
    notebook = json.loads(json.dumps(notebook))
    notebook["cells"] += [{"cell_type": "code", "source": None}, 7, {"source": [5]}]
    result = is_right(notebook, "cannot be read were left out: cell", "were cut: cell")
    assert all(len(cell.source) < 200_000 for cell in result.cells)
    assert any("(a pasted picture)" in cell.source for cell in result.cells)


# --------------------------------------------------------------------------------------- packages


def test_an_import_of_what_is_not_installed_is_skipped_and_named():
    notebook = student(double=f"import no_such_package as n\n{DOUBLE}", triple=TRIPLE)
    insert(notebook, "double", "%matplotlib inline\nfrom another_missing.one import a, b\ntwo = 2")
    result = is_right(
        notebook,
        "`no_such_package` is not installed here: its import was skipped",
        "`another_missing` is not installed",
    )
    assert any(cell.source.startswith("import no_such") for cell in result.cells)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("import missing_, math\nx = 1", "import math\nx = 1"),
        ("from missing_ import (\n    a,\n    b,\n)\nx = 1", "pass\n\n\n\nx = 1"),
        ("import missing_; import math", "pass; import math"),
        ("é = 1; import missing_", "é = 1; pass"),
        ("from missing_ import (a,\nb); x = 1", "pass \\\n; x = 1"),
        ("from missing_ import (a,\n\nb); x = 1", "pass \\\n\\\n; x = 1"),
        ("try:\n    import missing_\nexcept ImportError:\n    pass", None),
        ("def f():\n    import missing_", None),
        ("from . import a", None),
        ("import missing_ as", None),
        ("import os.path, xml.dom, torch.nn, numpy", None),
    ],
)
def test_only_the_import_is_taken_out_and_lines_keep_their_numbers(source, left):
    text, absent = without_absent_imports(source)
    assert text == (source if left is None else left)
    assert absent == (set() if left is None else {"missing_"})
    if left is not None:
        compile(text, "cell", "exec")


def test_own_modules_are_no_absent_packages():
    assert without_absent_imports("import helpers_", ["helpers_.py"]) == ("import helpers_", set())
    assert is_installed("torch.nn.functional") and not is_installed("no_such_package.part")


# -------------------------------------------------------------------------------- which notebook


def put(folder, name, notebook):
    (folder / name).write_text(json.dumps(notebook))


def chosen(folder):
    usual = folder / "09_test.ipynb"
    found = Found("ada", usual if usual.exists() else None, "none", folder=folder)
    return which.read(ASSIGNMENT, found)


@pytest.mark.parametrize("name", ["09_test (1).ipynb", "09_test-Copy1.ipynb", "Copy of x.ipynb"])
def test_beside_an_untouched_notebook_the_answered_one_counts(tmp_path, name):
    put(tmp_path, "09_test.ipynb", student())
    put(tmp_path, name, student(double=DOUBLE))
    put(tmp_path, "other.ipynb", new_notebook(cells=[new_code_cell("1")]))
    submission = chosen(tmp_path)
    assert any(cell.source == DOUBLE for cell in submission.cells)
    assert any(name in note and "only one with answers" in note for note in submission.notes)


def test_of_two_answered_notebooks_a_person_decides_unless_one_holds_all(tmp_path):
    put(tmp_path, "09_test.ipynb", student(double=DOUBLE))
    put(tmp_path, "09_test (1).ipynb", student(double=DOUBLE, triple=TRIPLE))
    assert any(cell.source == TRIPLE for cell in chosen(tmp_path).cells)
    put(tmp_path, "09_test (1).ipynb", student(double="def double(x):\n    return 2 * x"))
    with pytest.raises(UnreadableSubmission, match=r"'09_test.ipynb' and '09_test \(1\).ipynb'"):
        chosen(tmp_path)


def test_own_modules_come_with_the_notebook(tmp_path):
    put(tmp_path, "09_test.ipynb", student(double="from helpers import double", triple=TRIPLE))
    (tmp_path / "helpers.py").write_text(DOUBLE)
    (tmp_path / "torch.py").write_text("x = 1")
    (tmp_path / "bad name.py").write_text("x = 1")
    (tmp_path / "large.py").write_text("#" * 300_000)
    submission = chosen(tmp_path)
    assert dict(submission.modules) == {"helpers.py": DOUBLE}
    said = " ".join(submission.notes)
    assert "torch.py has the name of an installed package" in said
    assert "'bad name.py', 'large.py'" in said
    result = rebuild(ASSIGNMENT, submission, 0)
    assert result.attempt.cells[0].name == "own-modules"
    assert any("Own modules handed in: helpers.py" in note for note in result.notes)
