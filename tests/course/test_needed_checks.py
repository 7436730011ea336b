"""Which check cells stay where only some exercises are looked at."""

import pytest

from autograder.course.attempt import Attempt, AttemptCell
from autograder.course.needed_checks import with_checks_of


def attempt(**checks: str) -> Attempt:
    cells = [AttemptCell("setup", "imports", "import math")]
    for name, source in checks.items():
        exercise, _, kind = name.rpartition("_")
        cells += [AttemptCell("solution", exercise, "pass")] * (kind == "visible")
        cells.append(AttemptCell("check", f"{exercise}-{kind}", source))
    return Attempt("chapter", 1, tuple(cells))


@pytest.mark.parametrize(
    ("first", "kept", "lonely"),
    [
        ("x = 1", {"b-visible", "b-hidden"}, {"b-visible", "b-hidden"}),
        ("def helper(): pass", {"a-visible", "b-visible", "b-hidden"}, {"b-visible", "b-hidden"}),
        (
            "%timeit 1\nhelper = 2",
            {"a-visible", "b-visible", "b-hidden"},
            {"b-visible", "b-hidden"},
        ),
        ("this is no code", {"a-visible", "a-hidden", "b-visible", "b-hidden"}, {"b-visible"}),
    ],
)
def test_check_cells_that_bind_a_name_for_others_stay(first, kept, lonely):
    made = attempt(
        a_visible=first, a_hidden="y = 1", b_visible="x = 2\nhelper(x)", b_hidden="print(x, math)"
    )
    left, own = with_checks_of(made, ["b"])
    assert {cell.name for cell in left.cells if cell.kind == "check"} == kept
    assert [cell for cell in left.cells if cell.kind != "check"] == [
        cell for cell in made.cells if cell.kind != "check"
    ]
    assert lonely <= own <= {"b-visible", "b-hidden"}


def test_a_cell_that_another_exercise_needs_cannot_be_left_out():
    made = attempt(a_visible="def helper(): pass", a_hidden="y = 1", b_visible="helper()")
    _, lonely = with_checks_of(made, ["a", "b"])
    assert lonely == {"a-hidden", "b-visible"}
