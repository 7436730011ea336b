"""Judging again asks what has changed, and says what judging everything anew says."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.course.folder import CourseFolder
from autograder.evidence import Evidence
from autograder.grading import graded_notebook, judging, unchanged
from autograder.grading.kept import FILE
from autograder.grading.pipeline import Pipeline
from autograder.grading.rejudge import rejudge
from autograder.grading.scoring import Record
from autograder.grading.store import Lines
from autograder.grading.unchanged import Unchanged
from autograder.intake.submission import Found
from autograder.judge.exercise import Requirement
from autograder.judge.references import References
from autograder.judge.verdicts import Misconception, Verdict

from .course import ASSIGNMENT, source_notebook, write_source
from .test_class_report import ANSWERS, CLASS, RIGHT, course, executed, recorded  # noqa: F401

SUMS = {name: f"def {name}(x):\n    return sum([x] * {i})" for i, name in enumerate(RIGHT, 2)}


class NoGradebook:
    """Records stay as the judge has them."""

    def enter(self, record, assignment, folder):
        return record

    def as_entered(self, records):
        return list(records)


@pytest.fixture
def root(course, tmp_path: Path) -> Path:  # noqa: F811
    """The class of the report's tests and one who calls ``sum``, judged once."""
    root = tmp_path / "course"
    shutil.copytree(course.root, root)
    Pipeline(CourseFolder(root), ASSIGNMENT).store.keep(executed("sums", sources=SUMS))
    judged(root)
    return root


def judged(root: Path) -> tuple[list[str], set[str]]:
    """Judge the class again: the lines of its records, and whose evidence was read for it."""
    stations, read = Pipeline(CourseFolder(root), ASSIGNMENT), set()
    reads = stations.store.read
    stations.store.read = lambda path: read.add(path.stem) or reads(path)
    return [record.line for record in rejudge(stations, NoGradebook())], read


def written(root: Path) -> bytes:
    return (root / "evidence" / ASSIGNMENT / "records.jsonl").read_bytes()


def of_run(root: Path, change: Callable[[References], References]) -> None:
    path = root / "evidence" / ASSIGNMENT / "runs" / "run.references"
    path.write_bytes(change(References.from_bytes(path.read_bytes())).to_bytes())


def of_today(root: Path, **settings) -> None:
    """Other settings of the checks of ``triple`` in the references of the chapter."""
    path = root / "notebooks" / f"{ASSIGNMENT}.references"
    references = References.from_bytes(path.read_bytes())

    def changed(check: Evidence) -> Evidence:
        return dataclasses.replace(check, **settings) if "triple" in check.name else check

    checks = {name: changed(check) for name, check in references.checks.items()}
    path.write_bytes(dataclasses.replace(references, checks=checks).to_bytes())


def points(root: Path) -> None:
    notebook = source_notebook()
    (cell,) = (c for c in notebook.cells if c.id == "triple-hidden")
    cell.metadata.nbgrader.points = 7.0
    write_source(root, notebook)


def message(root: Path) -> None:
    path = root / "notebooks" / f"{ASSIGNMENT}.answers.py"
    path.write_text(ANSWERS.replace("You add", "What you add is"))


def requirement(root: Path) -> None:
    def change(references: References) -> References:
        asked = (Requirement("any number", 5.0, "`triple` takes any number."),)
        triple = dataclasses.replace(references.exercises["triple"], requirements=asked)
        exercises = {**references.exercises, "triple": triple}
        return dataclasses.replace(references, exercises=exercises)

    of_run(root, change)


def known_answer(root: Path) -> None:
    new = Misconception("triple", "cubed", "", recorded(triple=lambda x: x * x * 7.7))
    of_run(
        root,
        lambda references: dataclasses.replace(
            references, misconceptions=(*references.misconceptions, new)
        ),
    )
    path = root / "notebooks" / f"{ASSIGNMENT}.answers.py"
    cell = "# %% triple wrong: cubed\n# message: A cube.\ndef triple(x):\n    return x * x * 7.7\n"
    path.write_text(f"{ANSWERS}\n{cell}")


CHANGES = {
    "points": points,
    "message": message,
    "requirement": requirement,
    "known answer": known_answer,
    "tolerance": lambda root: of_today(root, atol=1e6),
    "forbidden name": lambda root: of_today(root, forbid=("sum",)),
    "exercise removed": lambda root: write_source(root, source_notebook(("double",))),
}
EVERYBODY = {attempt.student for attempt in CLASS} | {"sums"}
READ = {"message": 3, "exercise removed": 0, "forbidden name": len(EVERYBODY)}  #: at most; else 9


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_judged_again_as_all_would_be(root, change):
    before = written(root)
    CHANGES[change](root)
    lines, read = judged(root)
    partly = written(root)
    assert partly != before
    assert len(read) <= READ.get(change, 9)
    (root / "evidence" / ASSIGNMENT / FILE).unlink()
    assert judged(root) == (lines, EVERYBODY)
    assert written(root) == partly
    assert judged(root) == (lines, set())


def test_what_is_changed_back_is_as_it_was_before(root):
    path = root / "notebooks" / f"{ASSIGNMENT}.answers.py"
    before = written(root)
    message(root)
    judged(root)
    path.write_text(ANSWERS)
    judged(root)
    assert written(root) == before


def test_another_judge_and_other_evidence_are_seen(root, monkeypatch):
    wrong = executed("right-0", {"double": lambda x: x + 1})
    stations = Pipeline(CourseFolder(root), ASSIGNMENT)
    stations.store.keep(wrong)
    lines, read = judged(root)
    assert read == {"right-0"}
    assert json.loads(next(line for line in lines if '"right-0"' in line))["score"] == 6.0
    monkeypatch.setattr(unchanged, "_modified", lambda folder: 1)
    assert judged(root) == (lines, EVERYBODY)


@pytest.mark.parametrize("damage", ["{", '{"grader": 1}', '{"grader": "x", "complete": 1}\n[]'])
def test_what_is_kept_and_cannot_be_read_is_made_again(root, damage):
    lines, _ = judged(root)
    path = root / "evidence" / ASSIGNMENT / FILE
    first = path.read_text().split("\n")[0]
    path.write_text(damage.replace('{"grader": "x", "complete": 1}', first))
    assert judged(root) == (lines, EVERYBODY)
    assert judged(root) == (lines, set())


def test_equal_answers_are_judged_once(root, monkeypatch):
    asked = []
    judge_answer = judging.judge_answer

    def counted(attempt, references, exercise, *more):
        asked.append(exercise.name)
        return judge_answer(attempt, references, exercise, *more)

    monkeypatch.setattr(judging, "judge_answer", counted)
    (root / "evidence" / ASSIGNMENT / FILE).unlink()
    judged(root)
    # double: right, one added, and right where the run ended early; triple: seven kinds and right
    assert asked.count("double") == 3
    assert len(asked) < len(EVERYBODY)


def test_a_record_with_all_that_was_found_is_not_made_of_what_is_kept(root):
    stations = Pipeline(CourseFolder(root), ASSIGNMENT)
    attempt = stations.store.executed("one-0")
    assert attempt is not None
    stations.judge(attempt)
    (verdict, _) = stations.judge(attempt, ["double"]).verdicts
    assert verdict.finding is not None


def test_a_line_is_the_record_as_json(root):
    stations = Pipeline(CourseFolder(root), ASSIGNMENT)
    records = [stations.judge(attempt) for attempt in stations.store.all_executed()]
    for record in records:
        late = dataclasses.replace(record, score=1.5, manual={"comments": {"x": '", "é'}}, late={})
        bare = Record("é\u2028", ASSIGNMENT, "graded", 'a "b"', 0.0, 1.0, 0.5, notes=("n",))
        for one in (record, late, dataclasses.replace(record, texts=()), bare):
            assert one.line == json.dumps(one.as_json())
        assert record.judged_as(late.line) and late.judged_as(record.line)
        others = [dataclasses.replace(record, **{key: value}) for key, value in OTHERS.items()]
        assert not any(record.judged_as(other.line) for other in others)
        assert not record.judged_as(None)


OTHERS = {"student": "x", "reason": "x", "max_score": 11.0, "notes": ("x",), "status": "x"}


def test_a_graded_notebook_of_ours_is_read_as_nbformat_reads_it(course, tmp_path):  # noqa: F811
    assignment = course.assignment(ASSIGNMENT)
    notebook = graded_notebook.set_aside_notebook(assignment, "Why.")
    path = tmp_path / "graded.ipynb"
    verdicts = [Verdict("double/visible", "failed", "Not so.")]
    for _ in range(2):
        graded_notebook.write(path, notebook)
        notebook = graded_notebook.read(path)
        assert notebook == nbformat.read(path, as_version=4)
        graded_notebook.put_remarks(notebook, ["Noted."])
        graded_notebook.put_lost(notebook, assignment, {})
        cells = {"double-visible": ["double/visible"]}
        graded_notebook.put_verdicts(notebook, verdicts, cells)
    assert "Not so." in path.read_text()
    nbformat.write(notebook, path)
    assert graded_notebook.read(path) == notebook


def test_what_was_handed_in_is_read_once_more_after_the_course_has_changed(root, monkeypatch):
    monkeypatch.setattr(unchanged, "SETTLED", 0)
    folder = root / "submitted" / "own" / ASSIGNMENT
    found = Found("own", folder / f"{ASSIGNMENT}.ipynb", folder=folder)
    path = CourseFolder(root).graded("own", ASSIGNMENT)
    path.parent.mkdir(parents=True)
    path.write_text("{}")

    def asked() -> Unchanged:
        return Pipeline(CourseFolder(root), ASSIGNMENT).unchanged

    assert asked().find(found) is None  # it was never read
    stations = Pipeline(CourseFolder(root), ASSIGNMENT)
    stations.unchanged.find(found)
    attempt = stations.store.executed("own")
    assert attempt is not None and list(stations._ended(found, attempt, None))
    stations.unchanged.save()
    assert asked().find(found) is not None
    message(root)
    judged(root)
    assert asked().find(found) is None


def test_lines_are_found_by_their_student_without_being_read():
    text = '{"student": "a\\"b", "score": 1}\n{"score": 2, "student": "c"}\n'
    lines = Lines(text)
    assert {student: line["score"] for student, line in lines.items()} == {'a"b': 1, "c": 2}
    assert lines.other_than(Lines(text.replace("2", "3"))) == {"c": {"score": 2, "student": "c"}}
    with pytest.raises(ValueError, match="without a student"):
        Lines('{"score": 2}')
