"""What the judge sees in a wrong answer: it is recognised where it holds, and said only there."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from torch import tensor

from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.judge.compare import agrees, compare
from autograder.judge.relate_parts import Relations
from autograder.judge.relations import explain, pattern, relation
from autograder.judge.words import Place


def evidence(value, name="conv/batch", **options):
    outcome, tensors = ev.reduce(value)
    return Evidence(name, outcome, (), tensors, **options)


def said(actual, expected, **options):
    """What is said of two values, without the net that catches errors."""
    mine, want = evidence(actual), evidence(expected, **options)
    with np.errstate(all="ignore"):
        found = Relations(mine, want).of(mine.outcome, want.outcome, Place(), 0)
    assert relation(mine, want) == (str(found) if found else None)
    return str(found) if found else None


seeds = st.integers(0, 2**32 - 1)


def normal(seed, *shape):
    """Numbers of which no two, and no two sizes, are alike."""
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape) * 1.7 + 0.013)


@st.composite
def arrays(draw, least=2, most=5, axes=(1, 4)):
    shape = draw(st.lists(st.integers(least, most), min_size=axes[0], max_size=axes[1]))
    return normal(draw(seeds), *shape)


EACH = {
    "opposite sign": lambda x: -x,
    "1 divided by": lambda x: 1 / x,
    "squares": lambda x: x**2,
    "without their sign": torch.abs,
    "e to the power": torch.exp,
    "1 minus": lambda x: 1 - x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "0 where a negative": torch.relu,
    "0 where a positive": lambda x: -torch.relu(-x),
    "4 times": lambda x: 4 * x,
    "half": lambda x: x / 2,
    "1/9 of": lambda x: x / 9,
    "one too large": lambda x: x + 1,
    "0.375 too small": lambda x: x - 0.375,
    "2.5 times": lambda x: 2.5 * x,
}


@pytest.mark.parametrize("words", EACH)
@given(expected=arrays(least=3, axes=(2, 4)))
@settings(max_examples=15, deadline=None)
def test_one_function_of_every_number_is_recognised(words, expected):
    assume(min((expected < 0).sum(), (expected > 0).sum()) >= 3)  # else the data show less
    assume(expected.abs().min() > 0.05)
    told = said(EACH[words](expected), expected)
    assert words in told or (words.startswith("0 where") and "the wrong ones are all 0" in told)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("square roots", torch.sqrt),
        ("logarithms", torch.log),
        ("minus the log", lambda x: -x.log()),
    ],
)
@given(expected=arrays(least=3, axes=(2, 3)))
@settings(max_examples=10, deadline=None)
def test_functions_of_positive_numbers_are_recognised(words, answer, expected):
    expected = expected.abs() + 0.05
    assert words in said(answer(expected), expected)


@pytest.mark.parametrize(
    ("words", "answer"),
    [("rounded down", torch.floor), ("behind the point", torch.trunc), ("rounded up", torch.ceil)],
)
@given(seed=seeds)
@settings(max_examples=10, deadline=None)
def test_rounding_is_recognised(words, answer, seed):
    expected = 9 * normal(seed, 5, 6)
    assert words in said(answer(expected), expected)
    assert words in said(answer(expected).long(), expected.float())


ORDER = {
    "rows are the expected ones in reverse": lambda x: x.flip(0),
    "columns are the expected ones in reverse": lambda x: x.flip(1),
    "turned by 180": lambda x: x.flip(0, 1),
    "moved by one": lambda x: x.roll(1, 0),
    "rows are the expected ones in another order": lambda x: x[[1, 0, 3, 2, *range(4, len(x))]],
    "running sums": lambda x: x.cumsum(1),
    "softmax along axis 1": lambda x: x.softmax(1),
    "log-softmax along axis 0": lambda x: x.log_softmax(0),
    "each is the 2nd": lambda x: x[1:2].expand_as(x),
    "columns are the same": lambda x: x.mean(1, keepdim=True).expand_as(x),
    "Within each row": lambda x: x + torch.arange(1.0, len(x) + 1)[:, None] ** 2,
    "sum to 1": lambda x: (x.abs() / x.abs().sum(1, keepdim=True)).flip(0),
    "All your numbers are 0": torch.zeros_like,
    "are the same: 7": lambda x: torch.full_like(x, 7),
    "the mean of the expected": lambda x: torch.full_like(x, x.mean().item()),
    "agree to about": lambda x: x * (1 + 2e-4 * torch.sin(torch.arange(x.numel())).view_as(x)),
    "too large": lambda x: x + 1 + normal(5, *x.shape) ** 2,
}


@pytest.mark.parametrize("words", ORDER)
@given(seed=seeds, rows=st.integers(5, 7), columns=st.integers(4, 6))
@settings(max_examples=15, deadline=None)
def test_another_order_and_what_holds_along_an_axis_is_recognised(words, seed, rows, columns):
    assume(rows != columns)
    expected = normal(seed, rows, columns)
    assert words in said(ORDER[words](expected), expected)


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_axes_are_told_apart(seed):
    square = normal(seed, 4, 4)
    assert said(square.T, square) == "Your numbers are right with rows and columns exchanged."
    pictures = normal(seed, 2, 3, 4, 5)
    for a, b in ((0, 1), (1, 2), (2, 3), (0, 3)):
        assert f"axes {a} and {b} exchanged" in said(pictures.transpose(a, b), pictures)
    last = pictures.permute(0, 2, 3, 1)
    assert "in the order (0, 2, 3, 1): (2, 4, 5, 3) for (2, 3, 4, 5)" in said(last, pictures)
    assert "reshaped, not transposed" in said(pictures.reshape(2, 4, 5, 3), pictures)


SHAPES = {
    "An axis of size 1 is missing: (4, 5) for (1, 4, 5). The numbers are right.": (
        lambda x: x,
        lambda x: x[None],
    ),
    "An axis of size 1 is too many: (4, 5, 1) for (4, 5). Besides: your numbers have the oppos": (
        lambda x: -x[..., None],
        lambda x: x,
    ),
    "2 axes of size 1 are missing": (lambda x: x, lambda x: x[None, :, None]),
    "stand at other places: (4, 5, 1) for (1, 4, 5)": (lambda x: x[..., None], lambda x: x[None]),
    "in the right order, but flat: (20,) for (4, 5)": (torch.flatten, lambda x: x),
    "in the right order, but in another shape": (lambda x: x.reshape(2, 10), lambda x: x),
    "right with rows and columns exchanged: (5, 4) for (4, 5)": (lambda x: x.T, lambda x: x),
    "There is one row too few: (3, 5) for (4, 5). Where both": (lambda x: x[:-1], lambda x: x),
    "There are 2 columns too many": (lambda x: x, lambda x: x[:, :3]),
    "(the last ones), they agree": (lambda x: x[1:], lambda x: x),
    "Without the border": (lambda x: x[1:-1, 1:-1], lambda x: x),
    "every second of yours along the axes 0 and 1": (lambda x: x, lambda x: x[::2, ::2]),
    "every third of the expected ones along axis 1": (lambda x: x[:, ::3], lambda x: x),
    "Your numbers are the sum of the expected ones along axis 1": (lambda x: x.sum(1), lambda x: x),
    "The expected numbers are the mean of yours along axis 0": (lambda x: x, lambda x: x.mean(0)),
    "The expected number is the mean of yours": (lambda x: x, torch.mean),
    "Your numbers are the expected ones repeated: (4, 5) for (1, 5)": (
        lambda x: x[:1].expand(4, 5),
        lambda x: x[:1],
    ),
    "Only the diagonal of yours": (lambda x: x[0] - 2 * x[0][:, None], lambda x: -x[0]),
}


@pytest.mark.parametrize("words", SHAPES)
@given(seed=seeds)
@settings(max_examples=10, deadline=None)
def test_shapes_are_set_beside_each_other(words, seed):
    actual, expected = (side(normal(seed, 4, 5)) for side in SHAPES[words])
    assert words in said(actual, expected)


WHERE = {
    "wrong exactly where 0 is expected": lambda x: torch.where(x == 0, 5 + x, x),
    "where a negative number is expected": lambda x: torch.where(x < 0, x * x + 8, x),
    "wrong only along the border": lambda x: torch.nn.functional.pad(x[1:-1, 1:-1], [1] * 4) - 0,
    "Only the 6th row, the last one, is wrong; the wrong ones are all 0": lambda x: (
        x * (torch.arange(6) < 5)[:, None]
    ),
    "Only the 1st column is right": lambda x: torch.cat([x[:, :1], normal(3, 6, 6)], 1),
    "Only the 2nd and 4th of your 7 columns": lambda x: x + 3.5 * tensor([0, 1, 0, 1, 0, 0, 0]),
    "first 3 rows are right": lambda x: torch.cat([x[:3], normal(4, 3, 7)]),
    "There is NaN at 7 of 42 places where numbers are expected; the others are right": lambda x: (
        torch.where((torch.arange(6) == 2)[:, None], torch.nan, x)
    ),
}


@pytest.mark.parametrize("words", WHERE)
@given(seed=seeds)
@settings(max_examples=10, deadline=None)
def test_where_the_wrong_ones_are_is_said(words, seed):
    expected = normal(seed, 6, 7)
    expected[2, 3] = expected[3, 4] = expected[1, 1] = 0
    assert words in said(WHERE[words](expected), expected)


def test_a_factor_is_called_by_the_size_that_it_equals():
    loss = {"loss": tensor(0.7312), "gradient": normal(1, 6, 3)}
    assert said({**loss, "loss": loss["loss"] * 6}, loss) == (
        "In “loss”: your number is 6 times the expected one, and 6 is the size of the first axis "
        "in “gradient”."
    )
    assert said(6 * loss["gradient"], loss["gradient"]).endswith("and 6 is the number of rows.")
    assert said(loss["gradient"] / 18, loss["gradient"]).endswith(
        "are 1/18 of the expected ones, and 18 is the number of elements."
    )


def test_a_wrong_dtype_does_not_hide_wrong_numbers():
    expected = normal(1, 3, 4)
    assert said(-expected.float(), expected) == (
        "Besides the dtype: your numbers have the opposite sign."
    )
    assert said(expected.float(), expected) is None  # the finding says so
    assert said((300 * expected.abs()).long().to(torch.uint8), (300 * expected.abs()).long())
    assert said(expected.float().T, expected).endswith(
        "The dtype is float32 as well, float64 is expected."
    )


@pytest.mark.parametrize(
    ("actual", "expected", "sentence"),
    [
        (4, 5, "Your number is one too small."),
        (9, 5, None),
        (2.0, 1.0, None),
        (-0.8137, 0.8137, "Your number has the opposite sign."),
        (5.6959, 0.8137, "Your number is 7 times the expected one."),
        (1.76296, 1.762978, None),
        (3.0, 3, "The number is right; only the type is not: an int is expected."),
        (tensor(3.5), 3.5, "The number is right; only the type is not."),
        ([1.5, 2.5], tensor([1.5, 2.5]), "The numbers are right; only the type is not."),
        ([-1.5, -2.5], tensor([1.5, 2.5]), "Besides the type: your numbers have the opposite sign"),
        ("5", 5, "It is right as a text; an int is expected."),
        ([1, 2], (1, 2), "What is in it is right; only a tuple is expected and no list."),
        ([(1, 2)], (1, 2), "What is inside is right, but it is packed in a list of its own."),
        ((3, 7), (7, 3), "The two are exchanged."),
        ([3, 1, 2], [2, 1, 3], "All of them are there, in reverse order."),
        ([2, 3, 4], [3, 4, 5], "Each of your numbers is one too small."),
        ([3, 3, 5], [3, 4, 5], "2 of 3 are right; the other is one too small."),
        ([7, 7, 7], [3, 4, 5], "You have 7 everywhere; other numbers are expected."),
        ([0, 0], [1, 1], "All 2 are 0; 1 is expected."),
        ("relu", "ReLU", "Only capital and small letters differ."),
        ("a  b", "a b", "Only spaces and line ends differ."),
        ("bi", "bias", "The end is missing: 'as'."),
        ("a\nb\nc", "a\nB\nd", "The 2nd line differs: 'b', expected 'B'."),
        (["a", "b"], ["a", "b", "c"], "'c' is missing."),
        (["a", "x"], ["b", "a"], None),
        (["b", "a"], ["a", "b"], "The two are exchanged."),
        ({"Conv": 1}, {"conv": 1}, "The names differ only in capital and small letters"),
        ({"m.a": 1, "m.b": 2}, {"a": 1, "b": 2}, "'m.' is too much in front of the names."),
        ({"a": 1}, {"a.w": 1}, "'.w' is missing behind the names."),
        ([True] * 4, [True, False, True, False], "You have True for all 4; for 2 of them False"),
        ([False, True, False], [True, False, True], "Each of your answers is the opposite"),
        ([False, False], [True, True], "Both are False; True is expected."),
        (
            [True, True, False, True],
            [True, True, True, False],
            "2 of 4 are right.",
        ),
        (
            {"the tied one": False, "the frozen one": False, "another": False},
            {"the tied one": True, "the frozen one": True, "another": False},
            "You have False for all 3; for 2 of them True is expected.",
        ),
        (
            {"a tied one": False, "a frozen one": True, "another": False},
            {"a tied one": True, "a frozen one": True, "another": False},
            "2 of 3 are right: wrong for “a tied one”.",
        ),
        ([None, None], [tensor([1.0]), tensor([2.0])], "Both are None."),
        (ValueError("x"), 3, None),
        (object(), tensor([1.0]), None),
    ],
)
def test_single_values_and_lists_of_answers(actual, expected, sentence):
    found = said(actual, expected)
    assert found is None if sentence is None else found.startswith(sentence)


def steps(n, seed=0):
    return [[normal(seed + i, 3, 2), normal(seed + 100 + i, 3)] for i in range(n)]


def test_items_of_a_list_are_seen_together():
    expected = steps(4)
    sums = [[sum(s[k] for s in expected[: i + 1]) for k in (0, 1)] for i in range(4)]
    assert said({"g": sums}, {"g": expected}).startswith("In “g”: each is the sum of the expected")
    assert "all 4 are the same: each is the 4th" in said({"g": [expected[-1]] * 4}, {"g": expected})
    assert said([[-w, -b] for w, b in expected], expected) == (
        "Your numbers have the opposite sign."
    )
    assert "one too late" in said([steps(1, 50)[0], *expected[:-1]], expected)
    assert "in reverse order" in said(expected[::-1], expected)


def test_two_parts_that_are_exchanged_are_named():
    x, y, z = (normal(seed, 3, 4) for seed in (1, 2, 3))
    expected = {"first": x, "second": y, "third": z}
    assert said({"first": y, "second": x, "third": z}, expected) == (
        "Two parts are exchanged: “first” and “second”."
    )


def test_what_holds_in_several_parts_is_said_once():
    x, y = normal(1, 3, 4), normal(2, 5)
    expected = {"output": x, "gradient": y, "hooks": 0}
    assert said({"output": -x, "gradient": -y, "hooks": 0}, expected) == (
        "In “output” and “gradient”: your numbers have the opposite sign."
    )
    assert said([[-x], [-x]], [[x], [x]]) is not None


def test_a_part_can_be_asked_for_by_its_path():
    x = normal(1, 3, 4)
    mine, want = evidence({"a": 1, "b": [x.T, 2]}), evidence({"a": 2, "b": [x, 2]})
    finding = compare(mine, want)
    assert finding.where == "['b'][0]"
    assert relation(mine, want, finding.where).startswith("In “b”, the 1st of 2: your numbers are")
    assert relation(mine, want, "['a']") == "In “a”: your number is one too small."
    assert relation(mine, want, "['c']") is None


@given(st.data(), seeds, seeds)
@settings(max_examples=150, deadline=None)
def test_of_unrelated_numbers_nothing_is_said(data, one, other):
    assume(one != other)
    shape = data.draw(st.lists(st.integers(2, 5), min_size=2, max_size=4))
    actual, expected = normal(one, *shape), normal(other, *shape)
    assert said(actual, expected) in (
        None,
        "All your numbers are too large.",
        "All your numbers are too small.",
    )


@given(seeds, seeds, st.integers(4, 12))
@settings(max_examples=60, deadline=None)
def test_of_unrelated_whole_numbers_little_is_said(one, other, n):
    rng = np.random.default_rng(one)
    actual, expected = (torch.from_numpy(rng.integers(-50, 50, (n, 5))) for _ in range(2))
    found = said(actual, expected)
    assert found is None or "wrong" in found or "right" in found


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (tensor([4.0]), tensor([2.0])),  # twice, the square, or 2 more
        (tensor([2.0, 2.0]), tensor([1.0, 1.0])),
        (torch.ones(3, 3), torch.zeros(3, 3)),
        (torch.zeros(0, 3), torch.ones(0, 3)),
        (tensor([1.0, 0.0]), tensor([0.0, 1.0])),
        (tensor([0.25]), tensor([0.75])),
    ],
)
def test_what_cannot_be_told_apart_is_not_said(actual, expected):
    found = said(actual, expected) or ""
    for word in ("times", "square", "minus", "too large", "reverse", "moved", "sign"):
        assert word not in found


def everything():
    numbers = st.floats(width=32) | st.integers(-(2**62), 2**62) | st.booleans()
    shapes = st.lists(st.integers(0, 4), max_size=4)
    dtypes = st.sampled_from([torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool])
    filled = st.builds(
        lambda shape, x, dtype: torch.full(shape, x).to(dtype), shapes, numbers, dtypes
    )
    leaves = st.none() | numbers | st.text(max_size=8) | filled | arrays(least=0)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    )


@given(everything(), everything())
@settings(max_examples=300, deadline=None)
@example(tensor([1 + 2j]), tensor([1.0]))
@example(tensor([1 + 2j, 3j]), tensor([1j, 2j]))
@example([float("inf")] * 3, [1, 2, 3])
@example(2**62, 2**62 - 1)
@example({"a": float("nan")}, {"a": 10**400})
@example(torch.full((3, 3), float("nan")), torch.zeros(3, 3))
def test_whatever_was_recorded_something_can_be_said(actual, expected):
    found = said(actual, expected)
    mine, want = evidence(actual), evidence(expected)
    finding = compare(mine, want)
    if finding is None:
        assert found is None
    else:
        whole = explain(mine, want, finding)
        assert whole[0] == whole[0].upper() and whole.endswith((".", finding.sentence[-1]))


@given(everything())
@settings(max_examples=100, deadline=None)
def test_of_a_right_answer_nothing_is_said(value):
    assert said(value, value) is None


def test_large_arrays_are_left_alone():
    assert said(torch.zeros(400, 400), torch.ones(400, 400)) is None
    many = {str(i): normal(i, 20, 20) for i in range(300)}
    assert said({k: v.cos() for k, v in many.items()}, many) is None


def test_an_explanation_puts_the_relation_first_and_the_place_after_it():
    x = tensor([[1.5, 2.25], [3.125, -4.0]])
    mine, want = evidence({"output": -x, "n": 2}), evidence({"output": x, "n": 2})
    assert explain(mine, want, compare(mine, want)) == (
        "In “output”: your numbers have the opposite sign (-1.5 at [0, 0], expected 1.5; "
        "4 of 4 values differ)."
    )
    mine, want = evidence(x[:, 0]), evidence(x[:, :1])
    assert explain(mine, want, compare(mine, want)) == (
        "An axis of size 1 is missing: (2,) for (2, 1). The numbers are right."
    )


def test_where_nothing_is_seen_the_first_step_is_said():
    mine, want = evidence(normal(1, 3, 4)), evidence(normal(2, 3, 4))
    whole = explain(mine, want, compare(mine, want))
    assert whole.startswith("Your answer is ") and "Work out one number by hand" in whole


@pytest.mark.parametrize("value", ["a", True, None, {"same": True, "name": "b"}])
def test_the_first_step_speaks_of_numbers_only_where_there_are_some(value):
    other = {"same": True, "name": "c"} if isinstance(value, dict) else {"a": "b"}.get(value, False)
    mine, want = evidence(value), evidence(other)
    whole = explain(mine, want, compare(mine, want))
    assert "number" not in whole


def check(what, value, expected):
    name = f"conv/{what}"
    return (None if value is None else evidence(value, name)), evidence(expected, name)


def test_for_which_inputs_it_is_right_is_said_in_the_checks_own_words():
    right = [check(what, 1, 1) for what in ("stride 1", "stride_2", "padding", "float64")]
    wrong = [check("one column", 1, 2), check("one row", None, 2)]
    assert pattern([*right, *wrong]) == (
        "Right for 4 of 6 kinds of input; wrong for “one column” and “one row”."
    )
    assert pattern([*right[:2], *wrong[:1]]) == (
        "Right for “stride 1” and “stride 2”; wrong for “one column”."
    )
    assert pattern(right) is None and pattern(wrong) is None


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_pattern_names_only_what_it_is_about(passed):
    found = pattern([check(f"k{i}", int(good), 1) for i, good in enumerate(passed)])
    assert (found is None) == (len(set(passed)) == 1)


def test_agreement_is_that_of_the_comparison():
    mine, want = evidence([1.0, 2.0]), evidence([1.0, 2.0 + 1e-6])
    assert agrees(mine, want) and relation(mine, want) is None


@pytest.mark.parametrize(
    ("mine", "want"),
    [
        ([140.958298, 3.0, 7.5], [140.958328, 3.0, 7.5]),
        ([2**30 + 26, 2**30, 7], [2**30, 2**30 + 26, 7]),
        ([12345678.0, 3.25], [12345678.4, 3.25]),
    ],
)
def test_a_tiny_difference_is_no_other_order_and_no_rounding(mine, want):
    """What goes by a tolerance coarser than the check's own would fit any of them."""
    have, right = (evidence(torch.tensor(v, dtype=torch.float64)) for v in (mine, want))
    right = dataclasses.replace(right, rtol=0.0, atol=1e-9)
    whole = explain(have, right, compare(have, right))
    assert "order" not in whole and "rounded" not in whole and "exchanged" not in whole


def test_names_of_python_keep_their_capital_behind_a_colon():
    mine = evidence({"same": [1, 0, 1], "n": 2})
    want = evidence({"same": [True, False, True], "n": 2})
    assert ": true" not in explain(mine, want, compare(mine, want))


def test_a_key_with_a_comma_is_named_whole():
    first, second = "stride=2, dilation=1", "stride=1, dilation=2"
    mine, want = (
        evidence({first: 3.25, second: 7.5, "n": 1}),
        evidence({first: 7.5, second: 3.25, "n": 1}),
    )
    said = explain(mine, want, compare(mine, want))
    assert "“dilation=1”" not in said and "In dilation" not in said, said
