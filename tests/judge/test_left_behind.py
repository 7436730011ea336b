"""What an answer left behind, in sentences that name no argument which it does not have."""

import dataclasses

import pytest
from torch import tensor

from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.judge.left_behind import left_behind, said

OUTCOME, TENSORS = ev.reduce(tensor([1.0]))
RIGHT = Evidence("one/check", OUTCOME, tensors=TENSORS)


@pytest.mark.parametrize(
    ("trace", "parameters", "sentence"),
    [
        ("1: values", ("image",), "`image` is no longer what it was"),
        ("2: values", ("image",), "An argument is no longer what it was"),
        ("2: values", (), "Argument 2 is no longer what it was"),
        ("model: modes", ("model",), "`model` or a part of it is left in another mode"),
        ("2: hooks", ("model",), "The hooks on an argument are not those of before"),
        ("seed", ("image",), "You set a random seed"),
    ],
)
def test_an_argument_is_named_as_the_function_names_it(trace, parameters, sentence):
    left = dataclasses.replace(RIGHT, traces=(trace,))
    assert said(left_behind(left, RIGHT, parameters)).startswith(sentence)
    assert left_behind(left, dataclasses.replace(RIGHT, traces=(trace,)), parameters) == ()
