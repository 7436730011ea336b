"""A cell's time follows what it takes as a rule, and patience with a submission ends."""

import pytest

from autograder.sandbox import Job, JobCell, Limits, supervise
from autograder.sandbox.job import PATIENCE_ENDS
from tests.sandbox.jobs import execute, text

ENDLESS = "print('here')\nwhile True: pass"


@pytest.mark.parametrize(
    ("usual", "ran_out", "seconds", "limit"),
    [
        (None, 0, 30.0, "limit cell_seconds"),
        (None, 1, 30.0, "limit cell_seconds"),
        (0.0, 0, 3.0, "limit cell_seconds_least"),
        (0.01, 1, 3.0, "limit cell_seconds_least"),
        (0.5, 0, 10.0, "limit cell_seconds_factor: 20 times what the solution takes"),
        (1.5, 0, 30.0, "limit cell_seconds"),
        (100.0, 0, 30.0, "limit cell_seconds"),
    ],
)
def test_the_time_of_a_cell_follows_the_solutions(usual, ran_out, seconds, limit):
    cell = JobCell("a", "", usual_seconds=usual)
    assert Limits().time_of(cell, ran_out) == (seconds, limit)


@pytest.mark.parametrize(
    ("usual", "seconds", "limit"),
    [
        (None, 3.0, "limit cell_seconds_least"),
        (0.5, 3.0, "limit cell_seconds_least"),
        (4.0, 8.0, "limit cell_seconds_factor: 2 times what the solution takes"),
    ],
)
def test_after_two_parts_that_ran_out_of_time_the_others_get_less(usual, seconds, limit):
    cell = JobCell("a", "", usual_seconds=usual)
    told = f"{limit}; 2 parts of the notebook had run out of time before"
    assert Limits().time_of(cell, PATIENCE_ENDS) == (seconds, told)
    assert Limits().time_of(JobCell("a", "", usual_seconds=20.0), 2) == (30.0, "limit cell_seconds")


def test_no_cell_gets_more_than_cell_seconds():
    limits = Limits(cell_seconds=1.0)
    for usual in (None, 0.0, 5.0):
        for ran_out in (0, 5):
            told = limits.time_of(JobCell("a", "", usual_seconds=usual), ran_out)
            assert told == (1.0, "limit cell_seconds")


@pytest.mark.usefixtures("clock")
def test_an_endless_cell_is_stopped_by_the_solutions_time_and_the_reason_says_so():
    cells = (
        JobCell("fast", ENDLESS, usual_seconds=0.001),
        JobCell("slow", ENDLESS, usual_seconds=0.02),
        JobCell("on", "print('on')"),
    )
    limits = Limits(cell_seconds=1000.0, cell_seconds_least=0.1, submission_seconds=1000.0)
    run = execute(Job(cells), limits)
    assert [cell.status for cell in run.cells] == ["interrupted", "interrupted", "ok"]
    assert run.cells[0].reason == (
        "The cell `fast` was stopped after 0.1 seconds (limit cell_seconds_least)."
    )
    assert run.cells[1].reason == (
        "The cell `slow` was stopped after 0.4 seconds "
        "(limit cell_seconds_factor: 20 times what the solution takes)."
    )
    assert run.reason == run.cells[0].reason


@pytest.mark.usefixtures("clock")
def test_cells_of_one_part_count_once():
    def parts(*names: str) -> Job:
        cells = [JobCell(f"{name}-{i}", ENDLESS, part=name) for i, name in enumerate(names)]
        return Job(tuple(cells))

    limits = Limits(cell_seconds=0.4, cell_seconds_least=0.1, submission_seconds=1000.0)
    run = execute(parts("one", "one", "two", "two"), limits)
    reasons = [cell.reason for cell in run.cells]
    assert all("after 0.4 seconds (limit cell_seconds)." in reason for reason in reasons[:3])
    assert "after 0.1 seconds" in reasons[3]
    assert "2 parts of the notebook had run out of time before" in reasons[3]


def test_the_time_of_the_first_cell_begins_when_its_process_is_ready(monkeypatch):
    started = []
    start = supervise._RunningJob._start_cell_clock

    def note(self: supervise._RunningJob) -> None:
        start(self)
        started.append((self._is_ready, self._cell_seconds))

    monkeypatch.setattr(supervise._RunningJob, "_start_cell_clock", note)
    cells = (JobCell("a", "print(1)", usual_seconds=0.0), JobCell("b", "print(2)"))
    assert text(execute(Job(cells))) == "1\n2\n"
    assert started == [(False, 3.0), (True, 3.0), (True, 30.0)]
