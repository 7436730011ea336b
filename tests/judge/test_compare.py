"""Comparing parts of an outcome: one entry of a dict, or all but some."""

import pytest
from torch import tensor

from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.judge.compare import (
    agrees_but,
    agrees_entry,
    compare_but,
    compare_entry,
)


def evidence(value, changed=(), **options):
    outcome, tensors = ev.reduce(value)
    return Evidence("conv/batch", outcome, changed, tensors, **options)


EXPECTED = {"output": tensor([1.0, 2.0]), "modes": [True, False], "hooks left": 0}


@pytest.mark.parametrize(
    ("actual", "wrong"),
    [
        (EXPECTED, set()),
        (EXPECTED | {"modes": [True, True]}, {"modes"}),
        (EXPECTED | {"hooks left": 3, "output": tensor([1.0, 3.0])}, {"output", "hooks left"}),
        ({"output": tensor([1.0, 2.0]), "modes": [True, False]}, {"hooks left"}),
        (None, {"output", "modes", "hooks left"}),
        (ValueError("no"), {"output", "modes", "hooks left"}),
    ],
)
def test_each_entry_is_judged_by_itself(actual, wrong):
    mine, want = evidence(actual), evidence(EXPECTED)
    for key in EXPECTED:
        finding = compare_entry(mine, want, key)
        assert (finding is not None) == (key in wrong)
        assert agrees_entry(mine, want, key) == (key not in wrong)
        rest = set(EXPECTED) - {key}
        others = compare_but(mine, want, rest)
        assert (others is None) == (key not in wrong)
        assert agrees_but(mine, want, rest) == (key not in wrong)


def test_an_entry_too_many_is_found_by_what_is_left():
    mine, want = evidence(EXPECTED | {"more": 1}), evidence(EXPECTED)
    assert compare_entry(mine, want, "output") is None
    assert compare_but(mine, want, ["modes"]).stage == "structure"


def test_a_finding_says_in_which_entry_it_is():
    mine = evidence(EXPECTED | {"modes": [True, True]})
    assert compare_entry(mine, evidence(EXPECTED), "modes").where == "['modes'][1]"


def test_entries_are_compared_with_the_references_tolerances():
    mine, want = evidence({"a": 1.0, "b": 0}), evidence({"a": 1.5, "b": 1}, rtol=1.0)
    assert agrees_entry(mine, want, "a") and compare_but(mine, want, ["b"]) is None


def test_what_is_asked_of_no_dict_is_the_whole():
    assert compare_but(evidence(3), evidence(4), ["modes"]).stage == "values"
    assert compare_entry(evidence(3), evidence(4), "modes") is None
