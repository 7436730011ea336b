"""Unknown wrong answers: in groups, named, marked once for all; a class is graded once for this."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook.writer import open_gradebook
from autograder.grading import pipeline
from autograder.grading.groups import MOST_CODE, Group, groups
from autograder.grading.pipeline import Pipeline
from autograder.sandbox import Job, pool

from .course import ASSIGNMENT, answered, make_course, source_notebook, submit, write_source

HIDDEN = '"double/five", double, 5'
FRESH = HIDDEN + ")\n" + 'check("double/fresh", double, float(1000 + np.random.rand())'
ADDED = "def double(x):\n    return x + 1"
CLASS = {
    "ada": "def double(x):\n    return x + x",
    "ben": ADDED,
    "cyd": "def double(y):\n    # as I see it\n    one = 1\n    return y + one",
    "dan": "def double(x):\n    return x + 2",
    "eve": ADDED,
    "fay": "def double(x):\n  return (",
    "gil": "# mine\n\ndef double(x):\n    return (",
    "hal": "def double(x):\n    return x['a']",
    "ida": "def double(key):\n    return key['b']",
    "jan": "def double(x):\n    raise NotImplementedError()",
}


def notebook(double: str) -> NotebookNode:
    made = answered("double", "triple")
    for cell in made.cells:
        if cell.id == "double":
            cell.source = double
    return made


def fresh_source() -> NotebookNode:
    """The small course's assignment with fresh numbers in it."""
    source = source_notebook()
    for cell in source.cells:
        cell.source = cell.source.replace(HIDDEN, FRESH)
        if cell.id == "setup":
            cell.source += "\nimport numpy as np"
    return source


def grade(course: Path, *, force: bool = False) -> Pipeline:
    folder = CourseFolder(course)
    stations = Pipeline(folder, ASSIGNMENT)
    with open_gradebook(folder, ASSIGNMENT) as gradebook:
        pipeline.grade(stations, gradebook, workers=2, force=force)
    return stations


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class in two runs: the second has other fresh numbers."""
    course = make_course(tmp_path_factory.mktemp("groups") / "course")
    write_source(course, fresh_source())
    for student, double in CLASS.items():
        submit(course, student, notebook(double))
    grade(course)
    submit(course, "kim", notebook(ADDED))
    submit(course, "leo", notebook("def double(x):\n    y = x + 1.0\n    return y"))
    grade(course)
    return course


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(graded, tmp_path / "course")


def found(course: Path) -> dict[str, Group]:
    """The groups by their first student."""
    return {g.students[0]: g for g in groups(Pipeline(CourseFolder(course), ASSIGNMENT))}


def run(course: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--course", str(course)], env={"COLUMNS": "200"})
    if done.exception is not None:
        raise done.exception
    return done.output


def records(course: Path) -> dict[str, dict]:
    lines = (course / "evidence" / ASSIGNMENT / "records.jsonl").read_text().splitlines()
    return {record["student"]: record for record in map(json.loads, lines)}


def test_equal_evidence_is_one_group_whatever_the_seed_and_the_names(course: Path) -> None:
    by_first = found(course)
    assert {first: g.students for first, g in by_first.items()} == {
        "ben": ("ben", "cyd", "eve", "kim"),
        "dan": ("dan",),
        "leo": ("leo",),
        "fay": ("fay", "gil"),
        "hal": ("hal", "ida"),
    }
    added = by_first["ben"]
    assert (added.exercise, added.code, added.kind) == ("double", ADDED, "evidence")
    assert added.points_lost == pytest.approx(4 * 4)
    assert "one" in added.sentence or "3" in added.sentence


def test_those_that_cost_most_come_first_and_ids_are_the_same_in_every_run(course: Path) -> None:
    stations = Pipeline(CourseFolder(course), ASSIGNMENT)
    listed = groups(stations)
    assert listed == groups(stations)
    assert [g.points_lost for g in listed] == sorted((g.points_lost for g in listed), reverse=True)
    assert len({g.id for g in listed}) == len(listed)
    again = {g.students[:2]: g.id for g in groups(grade(course, force=True))}
    for group in listed:
        assert again[group.students[:2]] == group.id


def test_errors_are_grouped_by_their_line_and_say_so(course: Path) -> None:
    by_first = found(course)
    assert by_first["fay"].kind == "stopped"
    assert "SyntaxError" in by_first["fay"].sentence
    assert by_first["hal"].kind == "exception"
    assert "TypeError" in by_first["hal"].sentence
    assert not any("jan" in group.students for group in by_first.values())


def test_an_answer_whose_cell_cannot_be_read_is_told_by_that(course: Path) -> None:
    """Where the check itself calls it, all that is recorded is that there is no such name."""
    source = fresh_source()
    for cell in source.cells:
        cell.source = cell.source.replace(", double, ", ", lambda x: double(x), ")
    write_source(course, source)
    grade(course)
    gone = found(course)["fay"]
    assert (gone.students, gone.kind) == (("fay", "gil"), "stopped")
    assert "SyntaxError" in gone.sentence


def test_long_code_is_cut_and_cannot_be_named(course: Path) -> None:
    long = ADDED + "\n" + "# long\n" * MOST_CODE
    for student in ("ben", "cyd", "eve", "kim"):
        submit(course, student, notebook(long))
    grade(course)
    added = found(course)["ben"]
    assert len(added.code) == MOST_CODE and added.is_cut
    with pytest.raises(AutograderError, match="too long"):
        run(course, "misconception", ASSIGNMENT, added.id, "--name", "n", "--message", "m")


def test_a_named_group_gets_its_message_and_only_the_new_answer_is_executed(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed: list[Job] = []
    really = pool.run_job

    def counted(job: Job, *arguments: object) -> object:
        executed.append(job)
        return really(job, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "run_job", counted)
    added = found(course)["ben"]
    said = run(
        course, "misconception", ASSIGNMENT, added.id, "--name", "plus", "--message", "Not `+ 1`."
    )
    assert "99_small.answers.py, line 1" in said and not executed
    said = run(course, "rejudge", ASSIGNMENT)
    assert "new: double, 'plus': told to 4 of 12" in said
    assert [sum(ADDED in cell.source for cell in job.cells) for job in executed] == [1, 1]
    assert len({job.seed for job in executed}) == 2  # one for each run
    told = {
        student
        for student, record in records(course).items()
        for check in record["checks"]
        if check["misconception"] == "plus" and check["reason"].startswith("Not `+ 1`.")
    }
    assert told == {"ben", "cyd", "eve", "kim"}
    assert "ben" not in found(course)
    assert "new:" not in run(course, "rejudge", ASSIGNMENT) and len(executed) == 2
    answers = course / "notebooks" / f"{ASSIGNMENT}.answers.py"
    answers.write_text(answers.read_text().replace("x + 1", "x + 2"))  # its author mends it
    assert "told to 1 of 12" in run(course, "rejudge", ASSIGNMENT)


def test_a_named_answer_that_attacks_the_grader_changes_no_other_record(course: Path) -> None:
    forged = (
        "import os, sys\n"
        "def double(x):\n"
        "    for stream in range(3, 20):\n"
        "        try:\n"
        "            os.write(stream, b'TNNB' + b'x' * 999)\n"
        "        except OSError:\n"
        "            pass\n"
        "    return x + 1\n"
    )
    path = course / "notebooks" / f"{ASSIGNMENT}.answers.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"# %% double wrong: forged\n# message: Why?\n{forged}")
    before = records(course)
    run(course, "rejudge", ASSIGNMENT)
    after = records(course)
    assert {s: r["score"] for s, r in after.items()} == {s: r["score"] for s, r in before.items()}


def test_points_and_a_comment_are_kept_like_a_persons(course: Path) -> None:
    directory = CourseFolder(course).directory

    def entered(student: str) -> tuple[list[float | None], str | None]:
        with Gradebook(directory.db_url, directory.course_id) as gradebook:
            cells = ("double-visible", "double-hidden")
            grades = [gradebook.find_grade(c, ASSIGNMENT, ASSIGNMENT, student) for c in cells]
            comment = gradebook.find_comment("double", ASSIGNMENT, ASSIGNMENT, student)
            assert not any(grade.needs_manual_grade for grade in grades)
            return [grade.manual_score for grade in grades], comment.manual_comment

    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        gradebook.find_grade("double-hidden", ASSIGNMENT, ASSIGNMENT, "cyd").manual_score = 1.25
        gradebook.db.commit()
    added = found(course)["ben"]
    said = run(
        course, "misconception", ASSIGNMENT, added.id, "--points", "2", "--comment", "<b>Half.</b>"
    )
    assert "2 points and the comment for double: entered for 3 students" in said
    assert "left alone: cyd, a person changed their score" in said
    for what in ("nothing", "rejudge", "grade"):
        if what == "rejudge":
            run(course, "rejudge", ASSIGNMENT)
        elif what == "grade":
            grade(course, force=True)
        assert entered("ben") == ([0.5, 1.5], "<b>Half.</b>")
        assert entered("kim") == ([0.5, 1.5], "<b>Half.</b>")
        assert entered("cyd") == ([None, 1.25], None)
        assert entered("dan") == ([None, None], None)
        assert records(course)["ben"]["score"] == 6 + 2
        assert records(course)["ben"]["manual"]["comments"] == {"double": "<b>Half.</b>"}
    assert found(course)["ben"].points_lost == 3 * 2 + 4


def test_what_a_group_lost_is_told_by_the_scores_of_now(course: Path) -> None:
    directory = CourseFolder(course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        for cell, points in (("double-visible", 1.0), ("double-hidden", 2.0)):
            gradebook.find_grade(cell, ASSIGNMENT, ASSIGNMENT, "cyd").manual_score = points
        gradebook.db.commit()
    run(course, "misconception", ASSIGNMENT)
    assert found(course)["ben"].points_lost == 3 * 4 + 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody", "--points", "1"], "The groups are: double-"),
        (["ADDED", "--points", "5"], "from 0 to 4"),
        (["ADDED", "--points", "nan"], "from 0 to 4"),
        (["ADDED", "--comment", " "], "empty"),
        (["ADDED", "--name", "plus"], "give both"),
        (["STOPPED", "--name", "plus", "--message", "m"], "recorded nothing"),
        (["--points", "1"], "Say which group"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    graded: Path, arguments: Sequence[str], said: str
) -> None:
    ids = {"ADDED": found(graded)["ben"].id, "STOPPED": found(graded)["fay"].id}
    with pytest.raises(AutograderError) as refused:
        run(graded, "misconception", ASSIGNMENT, *(ids.get(word, word) for word in arguments))
    assert said in str(refused.value)
    assert {record["manual"] for record in records(graded).values()} == {None}
    assert not (graded / "notebooks").exists()


def test_the_list_and_one_group_are_shown(graded: Path) -> None:
    added = found(graded)["ben"]
    listed = run(graded, "misconception", ASSIGNMENT)
    assert added.id in listed and "SyntaxError" in listed
    shown = run(graded, "misconception", ASSIGNMENT, added.id)
    assert "4 students: ben, cyd, eve, kim" in shown and "    return x + 1" in shown
