"""Marks follow what a student got right, requirement by requirement."""

import dataclasses

import pytest
import torch

from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.judge.confirmed import AS_A_GUESS, NOTHING_AGREES, confirmed
from autograder.judge.exercise import Exercise, Requirement
from autograder.judge.requirements import earned
from autograder.judge.verdicts import Misconception, judge_exercise

ASKED = (
    Requirement("values", 2.0, "The result."),
    Requirement("any size", 1.5, "Any size."),
    Requirement("no trace", 0.5, "Nothing changes."),
)
EXERCISE = Exercise(
    "f",
    visible=("f/shown",),
    hidden=("f/fresh", "f/double", "f/one row"),
    points=(1.0, 3.0),
    requirements=ASKED,
    parameters=("model", "x"),
)


def record(name, value, requirement="", traces=(), **options):
    outcome, tensors = ev.reduce(value)
    return Evidence(
        f"f/{name}", outcome, (), tensors, requirement=requirement, traces=traces, **options
    )


def numbers(seed, n=4):
    return torch.arange(n, dtype=torch.float32) * seed + 0.5


RIGHT = {"shown": numbers(1), "fresh": numbers(2), "double": numbers(3), "one row": numbers(4, 1)}
ABOUT = {"one row": "any size", "shown": "any size"}
REFERENCES = {
    f"f/{name}": record(name, value, ABOUT.get(name, ""), allow=("x: grad",))
    for name, value in RIGHT.items()
}


def kept(traces=(), mistakes=(), **wrong):
    recorded = {
        f"f/{name}": record(name, value, traces=traces) for name, value in (RIGHT | wrong).items()
    }
    verdicts = judge_exercise(list(REFERENCES.values()), recorded, mistakes, EXERCISE)
    verdicts = confirmed(verdicts, EXERCISE, REFERENCES, recorded)
    return {e.name: e for e in earned(EXERCISE, list(REFERENCES.values()), verdicts)}, verdicts


def points(found):
    return {name: round(requirement.earned, 6) for name, requirement in found.items()}


def test_all_is_earned_by_a_right_answer():
    found, _ = kept()
    assert points(found) == {"values": 2.0, "any size": 1.5, "no trace": 0.5}
    assert all(requirement.passed for requirement in found.values())
    assert sum(requirement.in_cells[0] for requirement in found.values()) == 1.0
    assert sum(requirement.in_cells[1] for requirement in found.values()) == 3.0


def test_one_failing_kind_costs_its_share_and_no_more():
    found, verdicts = kept(double=numbers(9))
    assert points(found)["values"] == 1.0 and points(found)["any size"] == 1.5
    assert [v.check for v in verdicts if not v.passed] == ["f/double"]


def test_a_trace_for_one_kind_of_input_costs_half_of_that_cells_share():
    recorded = {f"f/{name}": record(name, value) for name, value in RIGHT.items()}
    recorded["f/double"] = record("double", RIGHT["double"], traces=("1: modes",))
    verdicts = judge_exercise(list(REFERENCES.values()), recorded, (), EXERCISE)
    found = {e.name: e for e in earned(EXERCISE, list(REFERENCES.values()), verdicts)}
    assert points(found) == {"values": 2.0, "any size": 1.5, "no trace": 0.25 + 0.125}


def test_a_trace_costs_its_own_requirement_only():
    found, verdicts = kept(traces=("1: modes",))
    assert points(found) == {"values": 2.0, "any size": 1.5, "no trace": 0.0}
    assert not any(verdict.passed for verdict in verdicts)
    assert "`model`" in found["no trace"].reason and "mode" in found["no trace"].reason


def test_a_trace_that_is_allowed_or_the_solutions_own_is_none():
    assert points(kept(traces=("2: grad",))[0])["no trace"] == 0.5
    theirs = {k: dataclasses.replace(r, traces=("seed",)) for k, r in REFERENCES.items()}
    recorded = {f"f/{name}": record(name, value, traces=("seed",)) for name, value in RIGHT.items()}
    assert all(v.passed for v in judge_exercise(list(theirs.values()), recorded, (), EXERCISE))


def test_facts_alone_earn_nothing():
    found, _ = kept(**{name: value + 1 for name, value in RIGHT.items()})
    assert points(found) == {"values": 0.0, "any size": 0.0, "no trace": 0.0}


def test_a_side_condition_counts_only_where_its_record_is_right():
    reference = record("hidden", {"out": numbers(2), "modes": [True]}, sides={"modes": "no trace"})
    alone = dataclasses.replace(EXERCISE, visible=(), hidden=("f/hidden",), points=(0.0, 4.0))
    asked = dataclasses.replace(
        alone, requirements=(ASKED[0], dataclasses.replace(ASKED[2], points=2.0))
    )
    for out, modes, expected in (
        (numbers(2), [True], {"values": 2.0, "no trace": 2.0}),
        (numbers(2), [False], {"values": 2.0, "no trace": 0.0}),
        (numbers(3), [True], {"values": 0.0, "no trace": 0.0}),
    ):
        mine = {"f/hidden": record("hidden", {"out": out, "modes": modes})}
        verdicts = judge_exercise([reference], mine, (), asked)
        assert points({e.name: e for e in earned(asked, [reference], verdicts)}) == expected


def test_a_printed_example_is_withdrawn_when_nothing_fresh_agrees():
    found, verdicts = kept(fresh=numbers(7), double=numbers(8), **{"one row": torch.tensor([9.0])})
    assert points(found) == {"values": 0.0, "any size": 0.0, "no trace": 0.0}
    assert verdicts[0].reason == NOTHING_AGREES


def test_a_printed_example_stays_when_one_part_of_one_fresh_check_agrees():
    shown, hidden = record("shown", 1.5), record("fresh", [numbers(2), numbers(3)])
    exercise = dataclasses.replace(EXERCISE, hidden=("f/fresh",))
    references = {"f/shown": shown, "f/fresh": hidden}
    for second, expected in ((numbers(3), True), (numbers(5), False)):
        mine = {"f/shown": record("shown", 1.5), "f/fresh": record("fresh", [numbers(9), second])}
        verdicts = judge_exercise([shown, hidden], mine, (), exercise)
        assert confirmed(verdicts, exercise, references, mine)[0].passed == expected


def test_answers_that_a_guess_would_get_right_bear_nothing_out():
    wanted = [True, False, True, True, False, False, True, True]
    shown, hidden = record("shown", True), record("fresh", wanted)
    exercise = dataclasses.replace(EXERCISE, hidden=("f/fresh",))
    references = {"f/shown": shown, "f/fresh": hidden}

    def stays(answers):
        mine = {"f/shown": record("shown", True), "f/fresh": record("fresh", answers)}
        verdicts = judge_exercise([shown, hidden], mine, (), exercise)
        return confirmed(verdicts, exercise, references, mine)[0]

    assert stays([True] * 8).reason == AS_A_GUESS
    assert stays([*wanted[:-1], False]).passed


def mistake(name, message, traces=(), **values):
    return Misconception(
        "f",
        name,
        message,
        {f"f/{k}": record(k, v, traces=traces) for k, v in (RIGHT | values).items()},
    )


def causes(mistakes, traces=(), **wrong):
    return {v.misconception for v in kept(traces, mistakes, **wrong)[1] if not v.passed}


def test_a_cause_is_named_only_for_equal_evidence_on_every_check():
    half = mistake("half", "Half.", fresh=numbers(7))
    assert causes([half], fresh=numbers(7)) == {"half"}
    assert causes([half], fresh=numbers(7), double=numbers(7)) == {None}


def test_two_known_answers_with_equal_evidence_name_no_cause():
    one, other = (mistake(n, f"{n}.", fresh=numbers(7)) for n in ("one", "other"))
    same = dataclasses.replace(other, message=one.message)
    assert causes([one, other], fresh=numbers(7)) == {None}
    assert causes([one, same], fresh=numbers(7)) == {"one"}


def test_values_are_explained_whatever_else_was_left_behind():
    half = mistake("half", "Half.", fresh=numbers(7))
    left = mistake("left", "Left.", traces=("1: modes",))
    found, verdicts = kept(("1: modes",), [half, left], fresh=numbers(7))
    assert verdicts[1].misconception == "half"
    assert {v.misconception for v in verdicts if v.check != "f/fresh"} == {None}
    assert points(found)["no trace"] == 0.0


TYPED = {"shown": (3, [1, 2]), "fresh": (5, [7, 8]), "double": (6, [0, 4]), "one row": (7, [9, 1])}


@pytest.mark.parametrize(
    ("turned", "share"),
    [
        (lambda number, rest: (number, rest), 1.0),
        (lambda number, rest: [number, tuple(rest)], 0.5),
        (lambda number, rest: (float(number), rest), 0.5),
        (lambda number, rest: (number + 0.5, rest), 0.0),
        (lambda number, rest: (number + 1, tuple(rest)), 0.0),
        (lambda number, rest: (str(number), rest), 0.0),
        (lambda number, rest: (number, rest[:1]), 0.0),
        (lambda number, rest: (bool(number), rest), 0.0),
        (lambda number, rest: (float("nan"), rest), 0.0),
        (lambda number, rest: (10**400, rest), 0.0),
    ],
)
def test_right_values_of_another_type_earn_half_and_are_told(turned, share):
    references = [record(name, value, ABOUT.get(name, "")) for name, value in TYPED.items()]
    recorded = {f"f/{name}": record(name, turned(*value)) for name, value in TYPED.items()}
    verdicts = judge_exercise(references, recorded, (), EXERCISE)
    verdicts = confirmed(verdicts, EXERCISE, {r.name: r for r in references}, recorded)
    found = {e.name: e for e in earned(EXERCISE, references, verdicts)}
    no_trace = 0.5 if share else 0.0
    wanted = {"values": 2 * share, "any size": 1.5 * share, "no trace": no_trace}
    assert points(found) == wanted
    assert all(v.passed for v in verdicts) == (share == 1) == found["values"].passed
    assert share == 1 or found["values"].reason
