"""What a submission may use while it is graded, and what of it is shown to nobody."""

import dataclasses
import json

import nbformat
import pytest

from autograder.course.attempt import Attempt, AttemptCell
from autograder.course.folder import CourseFolder
from autograder.judge.references import SUFFIX, References, load
from autograder.sandbox import Limits

from .conftest import CHAPTER, REPOSITORY, graded, right_answers, solved, submit

SECRET = "seen while it ran"


def test_a_course_sets_how_long_cells_may_run(small_course):
    with open(small_course / "nbgrader_config.py", "a") as file:
        file.write("c.Execution.cell_seconds_factor = 5.0\nc.Execution.cell_seconds_least = 1.5\n")
    limits = CourseFolder(small_course).execution.limits
    assert (limits.cell_seconds_factor, limits.cell_seconds_least) == (5.0, 1.5)
    assert limits.cell_seconds == Limits().cell_seconds


def test_an_attempt_knows_which_cells_belong_together_and_what_they_take():
    cells = (
        AttemptCell("setup", "start", "1"),
        AttemptCell("solution", "norm", "2"),
        AttemptCell("extra", "norm-visible", "3"),  # a student's own cell by such a name
        AttemptCell("check", "norm-visible", "4"),
        AttemptCell("check", "norm-hidden", "5"),
    )
    seconds = {"start": 0.5, "norm": 0.1, "norm-visible": 0.2, "norm-hidden": 0.3}
    job = Attempt("a", 1, cells).job(seconds)
    assert [cell.usual_seconds for cell in job.cells] == [0.5, 0.1, None, 0.2, 0.3]
    assert [cell.part for cell in job.cells] == ["", "norm", "", "norm", "norm"]
    assert [cell.usual_seconds for cell in Attempt("a", 1, cells).job().cells] == [None] * 5


def test_times_are_kept_with_the_references_of_a_run_and_with_no_others():
    path = REPOSITORY / "notebooks" / f"{CHAPTER}{SUFFIX}"
    known = load(path)
    assert known.seconds == {}
    assert References.from_bytes(path.read_bytes()).to_bytes() == path.read_bytes()
    timed = dataclasses.replace(known, seconds={"norm": 0.25})
    assert References.from_bytes(timed.to_bytes()).seconds == {"norm": 0.25}
    assert timed.public().seconds == {}


def test_endless_loops_are_cut_after_the_solutions_time_and_the_record_says_so(small_course):
    with open(small_course / "nbgrader_config.py", "a") as file:
        file.write("c.Execution.cell_seconds_least = 2.0\n")
    answers = right_answers()
    endless = {
        name: source.replace("return", "while True: pass\n    return", 1)
        for name, source in answers.items()
        if "return" in source and "lambda" not in source
    }
    first, second, third = list(endless)[:3]
    chosen = {name: endless[name] for name in (first, second, third)}
    submit(small_course, "loops", solved(**chosen))
    submit(small_course, "right", solved())
    records = graded(small_course)
    assert records["right"]["score"] == records["right"]["max_score"]
    notes = " ".join(records["loops"]["notes"])
    assert "(limit cell_seconds_least)" in notes
    assert "2 parts of the notebook had run out of time before" in notes
    others = [check for check in records["loops"]["checks"] if check["exercise"] not in chosen]
    assert any(check["passed"] for check in others)  # the submission goes on
    (run,) = (small_course / "evidence" / CHAPTER / "runs").glob(f"*{SUFFIX}")
    seconds = load(run).seconds
    assert {f"{first}-hidden", first} <= set(seconds)
    assert all(0 < value < 30 for value in seconds.values())


@pytest.mark.parametrize("way", ["print", "raise", "display", "write"])
def test_what_is_printed_while_hidden_checks_run_is_shown_nowhere(small_course, way):
    answers = right_answers()
    name = next(iter(answers))
    tell = {
        "print": f"print('{SECRET}')",
        "raise": f"raise ValueError('{SECRET}')",
        "display": f"__import__('IPython').display.display('{SECRET}')",
        "write": f"__import__('os').write(1, b'{SECRET}')",
    }[way]
    hook = (
        "import autograder.checks.check as c, autograder\n"
        "told = autograder.check\n"
        "def tell(name, *rest, **more):\n"
        "    before = told(name, *rest, **more)\n"
        f"    {tell}\n    return before\n"
        "autograder.check = c.check = tell\n"
        "import builtins; builtins.check = tell\n"
    )
    source = answers[name].replace("return", f"{tell}\n    return", 1)
    submit(small_course, "teller", solved(**{name: f"{hook}\n{source}"}))
    graded(small_course)
    path = small_course / "autograded" / "teller" / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    hidden = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-hidden")
    ]
    assert len(hidden) == len(answers)
    for cell in hidden:
        (output,) = cell.outputs  # the verdicts, and nothing else
        assert output.metadata == {"autograder": "verdict"}
    if way != "raise":  # what an answer raises is told as its verdict
        assert all(SECRET not in json.dumps(cell.outputs) for cell in hidden)
    visible = [c for c in notebook.cells if c not in hidden]
    assert SECRET in json.dumps([cell.get("outputs") for cell in visible])
    assert "BEGIN HIDDEN" not in path.read_text()
