"""The simulated cluster does what can be reckoned by hand."""

import pytest

from tests.bench.simulation import Costs, section, simulate

EVEN = Costs(worker=0.1, grader=0.01, message=0.0, spread=0.0, endless=0.0, lost_every=1e12)


def test_one_worker_takes_as_long_as_its_work():
    assert simulate(EVEN, 1000, 1).seconds == pytest.approx(1000 * 0.1 + 0.01, rel=0.01)


def test_few_workers_are_linear_and_many_wait_for_the_grader():
    assert simulate(EVEN, 1000, 5).seconds == pytest.approx(1000 * 0.1 / 5, rel=0.02)
    assert simulate(EVEN, 1000, 100).seconds == pytest.approx(1000 * 0.01 + 0.1, rel=0.02)


def test_what_is_lost_is_executed_again_and_given_up_after_three_machines():
    often = Costs(0.1, 0.001, spread=0.0, endless=0.0, lost_every=1.0, back_after=0.5)
    found = simulate(often, 2000, 10)
    assert 150 < found.again < 300 and found.given_up < 10
    never = Costs(0.1, 0.001, spread=0.0, endless=0.0, lost_every=1e-6)
    assert simulate(never, 100, 10).given_up == 100


def test_the_page_says_where_it_ends_to_be_linear():
    text = section({"cells": 0.09, "judge": 0.015}, 200)
    assert "90 ms on a worker, 15 ms on the machine that grades" in text
    assert "| 200 |" in text and "at about 26 workers" in text
