"""Due dates, extensions and what being late costs, as nbgrader's own tools then see it."""

import datetime
import itertools
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from traitlets.config import Config

from autograder.errors import AutograderError
from autograder.gradebook.due import read_dates, set_due, set_extension
from autograder.gradebook.late_policy import LatePolicy
from autograder.gradebook.writer import GradebookWriter
from tests.grading.course import ASSIGNMENT, full_marks, make_course

DUE = datetime.datetime(2026, 11, 1, 12)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
OTHERS = ("97_first", "98_second")


def url(root: Path) -> str:
    return f"sqlite:///{root / 'gradebook.db'}"


def opened(root: Path, *others: str, **policy: float) -> GradebookWriter:
    """The gradebook with a rule, and with the assignment entered and perhaps others."""
    config = Config()
    config.AssignLatePenalties.plugin_class = LatePolicy
    config.LatePolicy = Config(policy)
    writer = GradebookWriter(url(root), "torch_nn", config)
    for name in (ASSIGNMENT, *others):
        writer.ensure_assignment(root / "source" / name / f"{name}.ipynb")
    return writer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    course = make_course(tmp_path / "course")
    for name in OTHERS:
        (course / "source" / name).mkdir()
        source = course / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        shutil.copy(source, course / "source" / name / f"{name}.ipynb")
    return course


def of(root: Path, student: str, name: str = ASSIGNMENT) -> tuple[float, float, float]:
    """Score, penalty and seconds late, as nbgrader says."""
    with Gradebook(url(root), "torch_nn") as gradebook:
        one = gradebook.find_submission(name, student)
        return one.score, one.late_submission_penalty, one.total_seconds_late


@pytest.mark.parametrize(
    ("late", "kept"),
    [
        (0, 1.0),
        (9 * 60, 1.0),
        (11 * 60, 0.9),
        (86400 + 9 * 60, 0.9),
        (86400 * 2.5, 0.7),
        (86400 * 30, 0.5),
        (1e12, 0.5),
    ],
)
def test_a_day_begun_costs_its_share_down_to_the_floor(late, kept):
    policy = LatePolicy(grace_minutes=10, per_day=0.1, floor=0.5)
    assert 20 - policy.late_submission_penalty("ada", 20.0, late) == pytest.approx(20 * kept)


def test_without_a_rule_nothing_is_taken_off():
    assert LatePolicy().late_submission_penalty("ada", 20.0, 1e9) == 0


def test_days_in_hand_are_spent_by_due_dates_in_whatever_order_is_graded(root: Path):
    names = (*OTHERS, ASSIGNMENT)
    with opened(root, *OTHERS, per_day=0.25, days_in_hand=3) as writer:
        for i, name in enumerate(names):
            set_due(writer, name, DUE + 7 * i * DAY)
        orders = {f"ada{i}": order for i, order in enumerate(itertools.permutations(names))}
        for student, order in orders.items():
            for name in order:
                due = DUE + 7 * names.index(name) * DAY
                late = 2 * DAY - HOUR
                writer.record(student, name, full_marks("double"), timestamp=due + late)
                writer.flush()
        spent = [{one.spent for one in read_dates(writer, n).submissions.values()} for n in names]
    assert spent == [{2}, {1}, {0}]
    for student in orders:
        assert [of(root, student, name)[:2] for name in names] == [(4, 0), (4, 1), (4, 2)]


def test_a_new_date_changes_penalties_at_once_and_says_whose(root: Path):
    with opened(root, per_day=0.5) as writer:
        for student, hours in (("ada", -1), ("bob", 3), ("eve", 30)):
            handed_in = DUE + hours * HOUR
            writer.record(student, ASSIGNMENT, full_marks("double"), timestamp=handed_in)
        writer.flush()
        assert of(root, "eve") == (4, 0, 0)
        assert set_due(writer, ASSIGNMENT, DUE).penalties == {ASSIGNMENT: {"bob", "eve"}}
        assert (of(root, "ada"), of(root, "bob")) == ((4, 0, 0), (4, 2, 3 * 3600))
        assert set_due(writer, ASSIGNMENT, DUE + DAY).penalties == {ASSIGNMENT: {"bob", "eve"}}
        assert of(root, "eve") == (4, 2, 6 * 3600)
        assert set_due(writer, ASSIGNMENT, None).penalties == {ASSIGNMENT: {"eve"}}
        assert of(root, "eve") == (4, 0, 0)


def test_an_extension_is_nbgraders_and_stays_the_date_that_was_promised(root: Path):
    with opened(root, OTHERS[0], per_day=0.5) as writer:
        writer.record("ada", ASSIGNMENT, full_marks("double"), timestamp=DUE + HOUR)
        set_due(writer, ASSIGNMENT, DUE)
        assert set_extension(writer, ASSIGNMENT, "ada", DUE + DAY).penalties == {
            ASSIGNMENT: {"ada"}
        }
        assert of(root, "ada") == (4, 0, 0)
        set_due(writer, ASSIGNMENT, DUE - DAY)
        with Gradebook(url(root), "torch_nn") as gradebook:
            assert gradebook.find_submission(ASSIGNMENT, "ada").duedate == DUE + DAY
        assert set_due(writer, ASSIGNMENT, DUE + 2 * DAY).dropped == ("ada",)
        set_due(writer, ASSIGNMENT, DUE)
        set_extension(writer, ASSIGNMENT, "ada", DUE + DAY)
        assert set_extension(writer, ASSIGNMENT, "ada", None).penalties == {ASSIGNMENT: {"ada"}}
        assert of(root, "ada")[1] == 2
        with pytest.raises(AutograderError, match="no extension"):
            set_extension(writer, ASSIGNMENT, "ada", DUE)
        with pytest.raises(AutograderError, match="no due date"):
            set_extension(writer, OTHERS[0], "ada", DUE)


def test_an_extension_can_be_given_before_anything_is_handed_in(root: Path):
    with opened(root, per_day=0.5) as writer:
        set_due(writer, ASSIGNMENT, DUE)
        set_extension(writer, ASSIGNMENT, "ada", DUE + DAY)
        set_extension(writer, ASSIGNMENT, "bob", DUE + DAY)
        set_extension(writer, ASSIGNMENT, "bob", None)
        assert list(read_dates(writer, ASSIGNMENT).submissions) == ["ada"]
        with Gradebook(url(root), "torch_nn") as gradebook:
            assert gradebook.submission_dicts(ASSIGNMENT) == []
        writer.record("ada", ASSIGNMENT, full_marks("double"), timestamp=DUE + HOUR)
        writer.record("eve", ASSIGNMENT, full_marks("double"), timestamp=DUE + HOUR)
        writer.flush()
        assert of(root, "ada") == (4, 0, 0)
        assert of(root, "eve") == (4, 2, 3600)


def test_no_time_of_a_students_is_too_absurd(root: Path, tmp_path: Path):
    with opened(root, per_day=0.1, floor=0.5) as writer:
        set_due(writer, ASSIGNMENT, DUE)
        years = (1, 1970, 9000, 9999)
        for year in years:
            folder = tmp_path / f"ada{year}"
            folder.mkdir()
            (folder / "timestamp.txt").write_text(f"{year:04}-12-31 23:59:59 UTC")
            writer.record(folder.name, ASSIGNMENT, full_marks("double"), submitted=folder)
        said = writer.standings(ASSIGNMENT, [f"ada{year}" for year in years])
        assert [one.score for one in said.values()] == [4, 4, 2, 4]
        assert [student for student, one in said.items() if one.late] == ["ada9000"]
        assert [student for student, one in said.items() if one.notes(None)] == ["ada9000"]
        set_due(writer, ASSIGNMENT, datetime.datetime(1970, 1, 3))
        for student in said:
            set_extension(writer, ASSIGNMENT, student, datetime.datetime(9998, 12, 1))
        assert not any(one.penalty for one in read_dates(writer, ASSIGNMENT).submissions.values())


def test_a_plug_in_that_fails_is_one_sentence(root: Path, monkeypatch):
    monkeypatch.setattr(LatePolicy, "penalty", lambda self, score, days: float("nan"))
    with opened(root) as writer:
        set_due(writer, ASSIGNMENT, DUE)
        writer.record("ada", ASSIGNMENT, full_marks("double"), timestamp=DUE + HOUR)
        with pytest.raises(AutograderError, match="LatePolicy failed on 99_small of ada"):
            writer.flush()
        monkeypatch.undo()
        writer.flush()
        assert of(root, "ada")[0] == 4
