"""What has not changed is not read, judged or executed again; every change is seen."""

import dataclasses
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import CourseFolder
from autograder.gradebook.writer import open_gradebook
from autograder.grading import unchanged
from autograder.grading.pipeline import Pipeline, grade
from autograder.grading.rejudge import rejudge
from autograder.grading.scoring import Record
from tests.grading.course import ASSIGNMENT, answered, make_course, submit

Stations = Callable[..., tuple[dict[str, Record], set[str], set[str], set[str]]]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada solved all, Ben half of it, Cyd's cannot be read; graded once."""
    root = make_course(tmp_path_factory.mktemp("unchanged") / "course")
    submit(root, "ada", answered("double", "triple"))
    submit(root, "ben", answered("double"))
    submit(root, "cyd", b"{")
    course = CourseFolder(root)
    with open_gradebook(course, ASSIGNMENT) as gradebook:
        grade(Pipeline(course, ASSIGNMENT), gradebook, workers=1)
    return root


@pytest.fixture
def root(graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same course, a copy of it that has been graded where it is, all of its files settled."""
    monkeypatch.setattr(unchanged, "SETTLED", 0)
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    course = CourseFolder(root)
    with open_gradebook(course, ASSIGNMENT) as gradebook:
        grade(Pipeline(course, ASSIGNMENT), gradebook, workers=1)
    return root


@pytest.fixture
def again(root: Path, monkeypatch: pytest.MonkeyPatch) -> Stations:
    """Grade (or rejudge) again: records, and who was read, judged, executed."""

    def run(step=grade) -> tuple[dict[str, Record], set[str], set[str], set[str]]:
        read: set[str] = set()
        judged: set[str] = set()
        executed: set[str] = set()

        class Watched(Pipeline):
            def rebuild(self, found, *names):
                read.add(found.student)
                return super().rebuild(found, *names)

            def judge(self, attempt):
                judged.add(attempt.student)
                return super().judge(attempt)

            def keep(self, found, *rest):
                executed.add(found.student)
                return super().keep(found, *rest)

        course = CourseFolder(root)
        with open_gradebook(course, ASSIGNMENT) as gradebook:
            records = step(Watched(course, ASSIGNMENT), gradebook)
        return {record.student: record for record in records}, read, judged, executed

    return run


def notebook(root: Path, student: str) -> Path:
    return root / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"


def test_an_unchanged_class_has_the_same_records_and_is_not_read_again(root, again):
    first = [path.read_bytes() for path in sorted((root / "evidence").rglob("*.jsonl"))]
    records, read, judged, executed = again()
    assert {s: r.score for s, r in records.items()} == {"ada": 10.0, "ben": 4.0, "cyd": 0.0}
    assert records["cyd"].status == "needs_review"
    assert (read, judged, executed) == ({"cyd"}, set(), set())  # what is set aside is read again
    assert [path.read_bytes() for path in sorted((root / "evidence").rglob("*.jsonl"))] == first
    rejudged, _, judged, _ = again(rejudge)
    assert judged == set()
    assert rejudged == records


def test_what_a_person_entered_and_lateness_are_read_again_all_the_same(root, again):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "torch_nn") as gradebook:
        gradebook.find_grade("triple-hidden", ASSIGNMENT, ASSIGNMENT, "ben").manual_score = 2.5
        gradebook.db.commit()
    records, read, *_ = again()
    assert "ben" not in read
    assert (records["ben"].score, records["ben"].manual) == (
        6.5,
        {"scores": {"triple-hidden": 2.5}},
    )
    (root / "gradebook.db").unlink()
    records, read, *_ = again()
    assert "ben" not in read
    assert (records["ben"].score, records["ben"].manual) == (4.0, None)


def test_a_file_that_changed_is_seen_although_its_time_was_set_back(root, again):
    path = notebook(root, "ben")
    before = path.stat()
    text = path.read_text()
    changed = text.replace("return 2 * x", "return 3 * x")
    assert len(changed) == len(text) != 0
    assert changed != text
    path.write_text(changed)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    records, read, judged, executed = again()
    assert read >= {"ben"}
    assert executed == judged == {"ben"}
    assert (records["ben"].score, records["ada"].score) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("change", "judges"),
    [
        (lambda root: (root / "submitted/ben" / ASSIGNMENT / "x.py").write_text("x = 1"), {"ben"}),
        (lambda root: (root / f"evidence/{ASSIGNMENT}/ben.evidence").touch(), {"ben"}),
        (lambda root: (root / "nbgrader_config.py").touch(), {"ada", "ben"}),
        (lambda root: (root / "source" / ASSIGNMENT / "data.csv").touch(), {"ada", "ben"}),
        (lambda root: next(root.glob("evidence/*/runs/*.references")).touch(), {"ada", "ben"}),
        (
            lambda root: next(root.glob("evidence/*/unchanged.jsonl")).write_text("{"),
            {"ada", "ben"},
        ),
        (lambda root: next(root.glob("evidence/*/unchanged.jsonl")).unlink(), {"ada", "ben"}),
    ],
    ids=["module", "evidence", "configuration", "source", "references", "damaged", "gone"],
)
def test_whatever_a_record_depends_on_is_looked_at(root, again, change, judges):
    change(root)
    records, _, judged, _ = again()
    assert judged == judges
    assert (records["ada"].score, records["ben"].score) == (10.0, 4.0)
    _, _, judged, _ = again()
    assert judged == set()


def test_a_graded_notebook_that_is_gone_is_made_again(root, again):
    path = CourseFolder(root).graded("ada", ASSIGNMENT)
    path.unlink()
    _, _, _, executed = again()
    assert executed == {"ada"}
    assert path.is_file()


def test_a_file_that_may_still_be_changing_is_read_each_time(root, again, monkeypatch):
    monkeypatch.setattr(unchanged, "SETTLED", 10**15)
    _, read, judged, executed = again()
    assert read == {"ada", "ben", "cyd"}
    assert judged == {"ada", "ben"}
    assert executed == set()


def test_after_other_installed_packages_everything_is_judged_again(root, again, monkeypatch):
    monkeypatch.setattr(unchanged, "_modified", lambda folder: 1)
    _, _, judged, _ = again()
    assert judged == {"ada", "ben"}


def test_a_record_comes_back_as_it_was_kept(root):
    course = CourseFolder(root)
    stations = Pipeline(course, ASSIGNMENT)
    made = {}
    for path in stations.store.files():
        executed = stations.store.read(path)
        assert executed is not None
        made[path] = stations.judge(executed)
    kept = {path: one.record for path, one in stations.unchanged.judged().items()}
    assert [r.as_json() for r in kept.values()] == [r.as_json() for r in made.values()]
    for path, record in made.items():
        same = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
        same.pop("verdicts")
        assert {name: getattr(kept[path], name) for name in same} == same
        assert kept[path].comments() == record.comments()
