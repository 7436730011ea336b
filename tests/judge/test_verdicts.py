"""The judge: what counts as the same, what is said about what is not, and which mistake it was."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import tensor

from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.judge.compare import compare
from autograder.judge.verdicts import Misconception, judge, judge_exercise


def evidence(value, name="conv/batch", changed=(), **options):
    if isinstance(value, BaseException):
        outcome, tensors = ev.exception_node(value), {}
    else:
        outcome, tensors = ev.reduce(value)
    return Evidence(name, outcome, changed, tensors, **options)


def stage(actual, expected):
    finding = compare(evidence(actual), evidence(expected))
    return finding.stage if finding else None


@pytest.mark.parametrize(
    ("actual", "expected", "what"),
    [
        (tensor([1.0]), tensor([1.0]), None),
        (tensor([1.0]), tensor([1.0 + 1e-6]), None),
        (tensor([1.0]), tensor([1.1]), "values"),
        (tensor([1]), tensor([1.0]), "dtype"),
        (tensor([[1.0]]), tensor([1.0]), "shape"),
        (1.0, tensor([1.0]), "type"),
        (None, tensor([1.0]), "type"),
        (True, 1, "type"),
        (1, 1.0, "type"),
        (1, 1, None),
        (1, 2, "values"),
        ([1, 2], (1, 2), "type"),
        ([1, 2], [1, 2, 3], "structure"),
        ({"a": 1}, {"b": 1}, "structure"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, None),
        ("relu", "relu", None),
        ("relu", "tanh", "values"),
        (float("nan"), float("nan"), None),
        (float("nan"), 0.0, "values"),
        (0.0, float("nan"), "values"),
        (tensor([float("nan")]), tensor([0.0]), "values"),
        (tensor([float("nan")]), tensor([float("nan")]), None),
        (tensor([float("inf")]), tensor([float("inf")]), None),
        (tensor([float("inf")]), tensor([float("-inf")]), "values"),
        (tensor([1]), tensor([2]), "values"),
        (tensor([], dtype=torch.float32), tensor([], dtype=torch.float32), None),
        (tensor(3.0), tensor(3.0), None),
        (np.zeros(2), torch.zeros(2), "type"),
        (ValueError("a"), ValueError("b"), None),
        (UnicodeError("subclass"), ValueError("b"), None),
        (TypeError("a"), ValueError("b"), "type"),
        (tensor(1.0), ValueError("b"), "type"),
        (ValueError("a"), tensor(1.0), "type"),
        (10**16 + 1, 10**16, "values"),
    ],
)
def test_the_first_stage_that_differs_is_named(actual, expected, what):
    assert stage(actual, expected) == what


def test_a_tensor_without_numbers_is_not_one_with_numbers():
    meta = torch.empty(2, device="meta")
    assert stage(meta, torch.zeros(2)) == "values"
    assert stage(torch.zeros(2), meta) == "values"
    assert stage(meta, torch.empty(2, device="meta")) is None


def test_structure_is_told_before_shape_and_shape_before_values():
    expected = [torch.zeros(2), torch.zeros(2)]
    assert stage([torch.ones(2), torch.zeros(3)], expected) == "shape"
    assert stage([torch.ones(2), 5], expected) == "type"


def test_tolerances_are_the_references_own():
    generous = evidence(tensor([1.0]), rtol=1.0)
    strict = evidence(tensor([1.5]), rtol=0.0, atol=0.0)
    assert compare(strict, generous) is None
    assert compare(generous, strict).stage == "values"


def test_a_finding_names_the_first_place_that_differs():
    finding = compare(evidence(tensor([[1, 2], [3, 5]])), evidence(tensor([[1, 2], [3, 4]])))
    assert finding.sentence == "Your answer is 5 at [1, 1]; expected 4. 1 of 4 values differs."


def test_right_values_in_a_wrong_dtype_are_acknowledged():
    finding = compare(evidence(tensor([1, 2])), evidence(tensor([1.0, 2.0])))
    assert "dtype int64, but float32 is expected" in finding.sentence
    assert "The values are right" in finding.sentence


def test_a_changed_argument_fails_a_right_result():
    verdict = judge(evidence(tensor(1.0), changed=("argument 1",)), evidence(tensor(1.0)))
    assert verdict.status == "failed"
    assert "Argument 1" in verdict.reason


def test_an_argument_is_named_by_its_place_or_its_keyword():
    changed = evidence(tensor(1.0), changed=("argument 1", "x"))
    sentence = compare(changed, evidence(tensor(1.0))).sentence
    assert "changed argument 1 and the argument `x` in place" in sentence


def test_two_numbers_that_differ_do_not_read_the_same():
    strict = {"rtol": 0.0, "atol": 0.0}
    one, other = 1.05776, 1.05776 + 1e-8
    alone = compare(evidence(one), evidence(other, **strict))
    assert alone.sentence == "Your answer is 1.05776; expected 1.05776001."
    double = (torch.tensor([value], dtype=torch.float64) for value in (one, other))
    inside = compare(*(evidence(value, **strict) for value in double))
    assert inside.actual != inside.expected


def test_an_untouched_exercise_is_not_wrong():
    assert judge(None, evidence(1)).status == "not_answered"
    assert judge(evidence(NotImplementedError()), evidence(1)).status == "not_answered"
    assert judge(evidence(NotImplementedError("on Long")), evidence(1)).status == "failed"


@given(st.lists(st.floats(allow_nan=True), max_size=5))
def test_every_value_equals_itself_and_not_its_neighbour(numbers):
    assert compare(evidence(numbers), evidence(list(numbers))) is None
    assert compare(evidence([*numbers, 1.0]), evidence(numbers)).stage == "structure"


def mistake(name, **checks):
    recorded = {f"conv/{what}": evidence(value, f"conv/{what}") for what, value in checks.items()}
    return Misconception("conv", name, f"This is {name}.", recorded)


REFERENCES = [evidence(tensor([1.0]), "conv/a"), evidence(tensor([2.0]), "conv/b")]


def names(recorded, mistakes):
    recorded = {f"conv/{k}": evidence(v, f"conv/{k}") for k, v in recorded.items()}
    return [v.misconception for v in judge_exercise(REFERENCES, recorded, mistakes)]


def test_a_known_mistake_is_recognised_by_its_evidence():
    mistakes = [mistake("flipped", a=tensor([5.0]), b=tensor([6.0]))]
    assert names({"a": tensor([5.0]), "b": tensor([6.0])}, mistakes) == ["flipped", "flipped"]
    assert names({"a": tensor([5.0]), "b": tensor([7.0])}, mistakes) == [None, None]
    assert names({"a": tensor([1.0]), "b": tensor([2.0])}, mistakes) == [None, None]


def test_the_mistake_that_explains_everything_is_preferred():
    half = mistake("half", a=tensor([5.0]), b=tensor([9.0]))
    whole = mistake("whole", a=tensor([5.0]), b=tensor([6.0]))
    assert names({"a": tensor([5.0]), "b": tensor([6.0])}, [half, whole]) == ["whole", "whole"]


def test_two_mistakes_that_fail_alike_are_told_apart_by_what_passes():
    one = mistake("one", a=tensor([1.0]), b=tensor([6.0]))
    other = mistake("other", a=tensor([3.0]), b=tensor([6.0]))
    assert names({"a": tensor([1.0]), "b": tensor([6.0])}, [other, one]) == [None, "one"]


def test_the_same_exception_is_the_same_mistake_whatever_the_address():
    known = mistake("error", a=TypeError("no at 0x7f00"), b=tensor([2.0]))
    assert names({"a": TypeError("no at 0x5500"), "b": tensor([2.0])}, [known])[0] == "error"
    assert names({"a": TypeError("other"), "b": tensor([2.0])}, [known])[0] is None


def test_a_message_comes_first_and_the_finding_follows():
    known = [mistake("flipped", a=tensor([5.0]), b=tensor([2.0]))]
    recorded = {
        "conv/a": evidence(tensor([5.0]), "conv/a"),
        "conv/b": evidence(tensor([2.0]), "conv/b"),
    }
    verdict = judge_exercise(REFERENCES, recorded, known)[0]
    assert verdict.reason.startswith("This is flipped.")
    assert "expected 1" in verdict.reason
