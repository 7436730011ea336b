"""Check cells have names of their own: neither side's reach the other."""

import pickle

import pytest

from autograder.checks.namespace import CheckNamespace, bound_names


def names(**student):
    return CheckNamespace(student, {"answer": "answer", "helper": "answer"})


def run(space, code):
    exec(compile(code, "cell", "exec"), space, space)


def test_what_a_check_cell_binds_stays_there():
    space = names(answer=lambda x: x)
    run(space, "block = 1\ndef clone(): return block\nfound = clone()")
    assert space["found"] == 1 and "block" not in space.student


def test_a_students_helper_hides_nothing():
    space = names(answer=lambda x: 2 * x, range=None, block=None, check=None, sum=None)
    space["check"] = "ours"
    run(
        space,
        "def block(n):\n    return sum(i for i in range(n))\nfound = block(4), answer(3), check",
    )
    assert space["found"] == (6, 6, "ours")


def test_the_answers_are_those_of_the_moment():
    space = names(answer=lambda: 1)
    run(space, "def ask():\n    return answer()")
    assert space["ask"]() == 1
    space.student["answer"] = lambda: 2
    assert space["ask"]() == 2


def test_an_answer_that_is_not_there_is_a_name_error():
    with pytest.raises(NameError, match="answer"):
        run(names(), "answer(1)")


def test_set_up_names_are_kept_whatever_becomes_of_them():
    space = names(torch="the real one")
    space.take({"torch", "missing"})
    space.student["torch"] = "a helper"
    run(space, "found = torch")
    assert space["found"] == "the real one"


def test_a_set_up_cell_needs_nothing_of_the_students_and_binds_for_both():
    space = names(base="a helper")
    with space.shared("base = 2"):
        run(space, "base = 2")
    space.student["base"] = "a helper again"
    source = "class Net:\n    twice = 2 * base"
    with space.shared(source):
        run(space, source)
    assert space.student["Net"].twice == space["Net"].twice == 4
    assert space["Net"].__module__ == "__main__"


def test_a_class_of_a_check_cell_can_be_pickled():
    space = names()
    run(space, "class Net:\n    pass\nfound = Net()")
    assert type(pickle.loads(pickle.dumps(space["found"]))) is space["Net"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch.nn as nn, os.path\nfrom a import b as c", {"nn", "os", "c"}),
        ("def f(x):\n    y = 1\nclass A:\n    z = 1", {"f", "A"}),
        ("a = b = 1; (c, [d, *e]) = 1, [2]", set("abcde")),
        ("for i in x:\n    with y as z:\n        j = [k for k in i]", {"i", "z", "j"}),
        ("%matplotlib inline\nx = 1", {"x"}),
        ("not python", set()),
    ],
)
def test_bound_names_are_those_of_the_top_level(source, expected):
    assert bound_names(source) == expected
