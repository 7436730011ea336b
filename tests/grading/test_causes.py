"""A run executes those known wrong answers that can be the cause of what failed, and no others."""

from pathlib import Path

import pytest

from autograder.course.folder import CourseFolder
from autograder.grading import pipeline as stations
from autograder.grading.pipeline import Pipeline
from autograder.intake.submission import find_submissions
from autograder.sandbox import pool

from .course import ASSIGNMENT, answered, make_course, source_notebook, submit, write_source

KNOWN = """
# %% double wrong: one more
# message: You add 1.
def double(x):
    return x + 1

# %% double wrong: right for small ones
# message: You look at the size.
def double(x):
    return 2 * x if x < 5 else 0

# %% double wrong: nothing
# message: You return None.
def double(x):
    return None

# %% double wrong: added up
# message: You call what adds up.
def double(x):
    return sum([x, x])

# %% triple wrong: twice
# message: That is twice.
def triple(x):
    return 2 * x
"""
ANSWERS = {
    "ada": "return x * 2",
    "ben": "return 2 * x if x < 4 else 0",
    "cleo": "return 17",
    "dora": "return sum((x, x))",
}


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    root = make_course(tmp_path / "course")
    source = source_notebook()
    for cell in source.cells:
        cell.source = cell.source.replace("double, 5", 'double, 5, forbid=("sum",)')
    write_source(root, source)
    (root / "notebooks").mkdir()
    (root / "notebooks" / f"{ASSIGNMENT}.answers.py").write_text(KNOWN)
    for student, body in ANSWERS.items():
        notebook = answered("double", "triple")
        for cell in notebook.cells:
            if cell.get("id") == "double":
                cell.source = f"def double(x):\n    {body}"
        submit(root, student, notebook)
    return CourseFolder(root)


def graded(course: CourseFolder, *students: str) -> tuple[Pipeline, dict[str, set[str | None]]]:
    """What these are told of what they missed."""
    pipeline = Pipeline(course, ASSIGNMENT)
    found = find_submissions(course.submitted, ASSIGNMENT, {ASSIGNMENT})
    chosen = [one for one in found if one.student in students]
    return pipeline, told(pipeline.outcomes(chosen))


def told(outcomes) -> dict[str, set[str | None]]:
    return {
        outcome.found.student: {v.misconception for v in outcome.record.verdicts if not v.passed}
        for outcome in outcomes
    }


TOLD = {"ada": set(), "ben": {"right for small ones"}, "cleo": {None}, "dora": {"added up"}}


def test_the_causes_are_found_as_they_are_asked_for_and_only_once(course, monkeypatch):
    pipeline, first = graded(course, "ada", "ben")
    assert first == {s: TOLD[s] for s in first} and len(first) == 2
    runs, run = pipeline.store.runs, pipeline.run_in_use
    assert [m.name for m in runs.get(run).misconceptions] == ["right for small ones"]
    assert {(m.exercise, m.name) for m in runs.get(run).sighted} == {
        ("double", name) for name in ("one more", "nothing", "added up")
    }
    pipeline, second = graded(course, *ANSWERS)
    assert second == TOLD and pipeline.run_in_use == run
    known = {mistake.name for mistake in pipeline.store.runs.get(run).misconceptions}
    assert known == {"right for small ones", "added up"}

    monkeypatch.setattr(pool, "run_jobs", lambda *_: pytest.fail("something was executed again"))
    assert told(Pipeline(course, ASSIGNMENT).judged()) == TOLD


def test_those_that_wait_do_not_wait_for_the_whole_class(course, monkeypatch):
    monkeypatch.setattr(stations, "MOST_WAITING", 1)
    assert graded(course, *ANSWERS)[1] == TOLD


def test_a_run_in_which_all_were_executed_needs_no_more(course, monkeypatch):
    """As earlier versions stored it, and as it is made ahead."""
    pipeline = Pipeline(course, ASSIGNMENT)
    pipeline.store.runs.begin(pipeline.store.runs.new(pipeline.fresh_references()))
    monkeypatch.setattr(pool, "run_jobs", lambda *_: pytest.fail("something was executed again"))
    assert graded(course, *ANSWERS)[1] == TOLD


def test_what_fails_only_by_a_new_tolerance_is_told_its_cause_whoever_wrote_it(tmp_path):
    """Two equal answers that were right by a wide tolerance; the narrow one executes the same."""
    root = make_course(tmp_path / "course")
    course = CourseFolder(root)
    course.known_answers(ASSIGNMENT).parent.mkdir()
    course.known_answers(ASSIGNMENT).write_text(
        "# %% double wrong: one more\n# message: You add 1.\ndef double(x):\n    return 2 * x + 1\n"
    )

    def tolerance(setting: str) -> None:
        source = source_notebook(("double",))
        for cell in source.cells:
            cell.source = cell.source.replace(", 2)", f", 2.0{setting})").replace(
                ", 5)", f", 5.0{setting})"
            )
        write_source(root, source)
        built = Pipeline(course, ASSIGNMENT).fresh_references(known=False)
        course.references(ASSIGNMENT).write_bytes(built.to_bytes())

    tolerance(", atol=3.0")
    for student in ("ann", "ben", "cleo"):
        notebook = answered("double")
        for cell in notebook.cells:
            if cell.get("id") == "double":
                cell.source = "def double(x):\n    return 2 * x + 1"
        submit(root, student, notebook)
    assert graded(course, "ann", "ben", "cleo")[1] == {"ann": set(), "ben": set(), "cleo": set()}
    tolerance("")
    for _ in range(2):
        pipeline = Pipeline(course, ASSIGNMENT)
        assert told(pipeline.judged()) == {s: {"one more"} for s in ("ann", "ben", "cleo")}
        pipeline.unchanged.save()
