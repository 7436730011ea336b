"""What differs, and in which words; one entry of an outcome, or all but some."""

import pytest
import torch
from torch import tensor

from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.judge.compare import (
    agrees,
    agrees_but,
    agrees_entry,
    compare,
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


def said(actual, expected):
    return compare(evidence(actual), evidence(expected)).sentence


@pytest.mark.parametrize(
    ("actual", "expected", "sentence"),
    [
        (1024.0, 1024, "Your answer is a float (1024.0), but an int is expected. "),
        ({"hooks left": 41}, {"hooks left": 0}, "In “hooks left”: 41, expected 0."),
        ([1, 2, 4], [1, 2, 3], "The 3rd of 3: 4, expected 3."),
        ({"all": [[1, 2], [3]]}, {"all": [[1, 2], [4]]}, "In “all”, the 2nd of 2: 3, expected 4."),
        ({"all": [1]}, {"all": [1, 2]}, "In “all”: 1 element; 2 expected."),
        ({"p": {"a": 1}}, {"p": {"b": 1}}, "In “p”: it lacks 'b' and has the unexpected 'a'."),
        ({"a": 1}, {"a": 1, "b": 1}, "Your answer lacks 'b'."),
        ({"p": ["raised"]}, {"p": ["returned"]}, "In “p”: 'raised', expected 'returned'."),
        (
            {"the first": True, "the network whose layers share weights": False},
            {"the first": False, "the network whose layers share weights": True},
            "You answered True for “the first”; expected False.",
        ),
        ({"hook left": True}, {"hook left": False}, "In “hook left”: True, expected False."),
        (
            {"out": [torch.zeros(3)]},
            {"out": [torch.zeros(3, 1)]},
            "In “out”: shape (3,), but (3, 1) is expected.",
        ),
        (
            {"out": torch.tensor([1.0, 2.0])},
            {"out": torch.tensor([1.0, 3.0])},
            "In “out”: 2 at [1], expected 3. 1 of 2 values differs.",
        ),
        ({"a": ValueError("no")}, {"a": 1}, "In “a”, your code raised ValueError: no"),
        ({"a": 1}, {"a": ValueError("no")}, "In “a”, your code should raise ValueError; "),
        (1, ValueError("no"), "Here your code should raise ValueError; it returned an int (1)"),
        (None, 1, "Your answer is None, but an int is expected. Is a `return` missing?"),
    ],
)
def test_a_sentence_speaks_the_students_words(actual, expected, sentence):
    assert said(actual, expected).startswith(sentence)


X = torch.arange(6.0).reshape(2, 3)


class Opaque(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *_):
        raise RuntimeError("nobody reads this")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make",
    [
        lambda: X.to(torch.complex64),
        lambda: X.to(torch.complex64).conj(),
        lambda: X.to_sparse(),
        lambda: X.to_sparse_csr(),
        lambda: torch.quantize_per_tensor(X, 0.1, 0, torch.qint8),
        lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
        lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged),
        lambda: X.to(torch.float8_e4m3fn),
        lambda: X.to("meta"),
        lambda: X.as_subclass(Opaque),
        lambda: torch.nn.parameter.UninitializedParameter(),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.complex128])
def test_tensors_of_every_kind_are_compared_in_a_sentence(make, dtype):
    expected = evidence(X.to(dtype) + 1)
    for one, other in ((evidence(make()), expected), (expected, evidence(make()))):
        assert compare(one, other).sentence.endswith(".")
        assert not agrees(one, other)


def test_complex_numbers_are_compared_as_numbers():
    one, other = torch.tensor([1 + 2j, 3 - 1j]), torch.tensor([1 + 2j, 3 + 1j])
    assert said(one, other) == "Your answer is 3-1j at [1]; expected 3+1j. 1 of 2 values differs."
    assert compare(evidence(one), evidence(one + 1e-7)) is None


def test_right_numbers_in_a_complex_tensor_are_acknowledged():
    assert said(X.to(torch.complex64), X) == (
        "Your answer has dtype complex64, but float32 is expected. The values are right."
    )
