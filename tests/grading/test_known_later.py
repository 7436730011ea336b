"""Known wrong answers are executed when the first answer of a run has failed."""

import pytest

from autograder.course.folder import CourseFolder
from autograder.gradebook.writer import open_gradebook
from autograder.grading.pipeline import Pipeline, grade, rejudge
from autograder.grading.store import Run
from autograder.sandbox import pool
from tests.grading.course import ASSIGNMENT, answered, make_course, submit

KNOWN = """# %% triple wrong: doubled
# message: You double.
def triple(x):
    return 2 * x

# %% double wrong: as it came
# message: You return `x`.
def double(x):
    return x
"""


@pytest.fixture
def course(tmp_path):
    root = make_course(tmp_path / "course", "c.Execution.preload = []\n")
    course = CourseFolder(root)
    course.known_answers(ASSIGNMENT).parent.mkdir()
    course.known_answers(ASSIGNMENT).write_text(KNOWN)
    return course


def test_a_run_waits_for_them_and_says_the_same(course, monkeypatch):
    executed = []
    run_job = pool.run_job

    def counting(job, *more):
        executed.append(job)
        return run_job(job, *more)

    monkeypatch.setattr(pool, "run_job", counting)

    def graded(work):
        executed.clear()
        stations = Pipeline(course, ASSIGNMENT)
        with open_gradebook(course, ASSIGNMENT) as gradebook:
            records = {r.student: r for r in work(stations, gradebook)}
        (run,) = stations.store.runs.names()
        return records, stations.store.runs.get(run), stations, len(executed)

    submit(course.root, "ada", answered("double", "triple"))
    records, references, stations, jobs = graded(grade)
    assert records["ada"].score == 10.0 and jobs == 2  # the solution, and hers
    assert references.waits_for_mistakes
    records, references, stations, jobs = graded(rejudge)
    assert (jobs, stations.learned) == (0, []) and references.waits_for_mistakes
    notebook = answered("double", "triple")
    for cell in notebook.cells:
        cell.source = cell.source.replace("3 * x", "2 * x")
    (name,) = stations.store.runs.names()
    stations.store.runs.begin(Run(name, references))  # as if it went on
    submit(course.root, "ben", notebook)
    records, references, stations, jobs = graded(grade)
    assert {v.misconception for v in records["ben"].verdicts} == {None, "doubled"}
    assert jobs == 1 + 2  # his; the solution again, and both known answers at once
    assert [m.name for m in references.misconceptions] == ["doubled", "as it came"]
    records, references, stations, jobs = graded(rejudge)
    assert (jobs, stations.learned) == (0, [])
