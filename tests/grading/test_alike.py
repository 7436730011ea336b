"""Equal evidence is found without comparing all pairs, by the reference's tolerances."""

import dataclasses
import itertools

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.check import observe
from autograder.evidence import ATOL, RTOL, Evidence
from autograder.grading.alike import alike
from autograder.judge.verdicts import same_evidence


def record(value: object, name: str = "conv/a", **changes: object) -> Evidence:
    def answer() -> object:
        if isinstance(value, Exception):
            raise value
        return value

    evidence = observe(name, answer, (), {}, rtol=RTOL, atol=ATOL, forbid=())[0]
    return dataclasses.replace(evidence, **changes)  # type: ignore[arg-type]


def classes(*values: object, truth: object = 0) -> list[list[int]]:
    return alike([{"conv/a": record(value)} for value in values], [record(truth)])


def test_answers_that_differ_by_rounding_are_one_class() -> None:
    numbers = torch.linspace(-3, 3, 24).reshape(2, 3, 4)
    nearly = numbers * (1 + 1e-6)
    assert classes(numbers, nearly, numbers + 1, nearly) == [[0, 1, 3], [2]]


def test_what_is_exact_is_compared_exactly() -> None:
    ones = torch.ones(2, 2)
    assert classes(
        ones, ones.double(), ones.int(), ones[None], 1, 1.0, True, "1", None, [1], (1,), ones.int()
    ) == [[0], [1], [2, 11], [3], [4], [5], [6], [7], [8], [9], [10]]


def test_exceptions_are_equal_by_type_and_message() -> None:
    raised = [ValueError("at 0x7f00"), ValueError("at 0x7fff"), ValueError("no"), TypeError("no")]
    assert classes(*raised) == [[0, 1], [2], [3]]


def test_numbers_that_are_none_stand_in_the_same_places() -> None:
    nan, inf = float("nan"), float("inf")
    rows = [[1.0, nan], [1.0, nan], [nan, 1.0], [1.0, inf], [1.0, -inf], [1.0, inf]]
    assert classes(*map(torch.tensor, rows)) == [[0, 1], [2], [3, 5], [4]]


def test_numbers_too_large_to_be_added_are_compared_all_the_same() -> None:
    large = torch.full((3,), 3e38).double() * 1e270
    assert classes(large, large.clone(), -large) == [[0, 1], [2]]


def test_a_students_own_tolerance_counts_for_nothing() -> None:
    answers = [{"conv/a": record(value, rtol=1e9, atol=1e9)} for value in (1.0, 2.0)]
    assert alike(answers, [record(0.0)]) == [[0], [1]]


def test_every_check_counts_and_so_does_what_is_missing() -> None:
    truth = [record(0, "conv/a"), record(0, "conv/b")]
    one, other = ({"conv/a": record(1, "conv/a"), "conv/b": record(n, "conv/b")} for n in (2, 3))
    short = {"conv/a": record(1, "conv/a")}
    stray = one | {"other/c": record(5, "other/c")}
    assert alike([one, other, short, stray, short], truth) == [[0, 3], [1], [2, 4]]


def test_traces_and_changed_arguments_tell_answers_apart() -> None:
    plain = record(1.0)
    changed = dataclasses.replace(plain, changed=("x",))
    left = dataclasses.replace(plain, traces=("random states: torch",))
    answers = [{"conv/a": evidence} for evidence in (plain, changed, left, plain)]
    assert alike(answers, [record(0)]) == [[0, 3], [1], [2]]


VALUES = st.recursive(
    st.one_of(
        st.integers(-2, 2),
        st.floats(-1, 1, width=16),
        st.sampled_from([None, True, "a", float("nan"), float("inf")]),
        st.lists(st.sampled_from([0.0, 1.0, 1 + 5e-6, -1.0]), max_size=3).map(np.array),
        st.lists(st.sampled_from([0.0, 1.0, 1 + 5e-6]), max_size=3).map(torch.tensor),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=60)
@given(st.lists(VALUES, min_size=2, max_size=6))
def test_it_finds_what_comparing_all_pairs_finds(values: list[object]) -> None:
    records = [record(value) for value in values]
    slow: list[list[int]] = []
    for i, evidence in enumerate(records):
        same = next((c for c in slow if same_evidence(evidence, records[c[0]])), None)
        if same is None:
            slow.append([i])
        else:
            same.append(i)
    assert alike([{"conv/a": evidence} for evidence in records], [record(0)]) == slow
    assert sorted(itertools.chain(*slow)) == list(range(len(values)))
