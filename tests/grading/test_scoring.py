"""From what an execution brought to a record: attribution, forgery, partial credit, reasons."""

import pytest
import torch

from autograder import evidence as ev
from autograder.course.attempt import Attempt, AttemptCell
from autograder.evidence import Evidence
from autograder.grading.executed import ExecutedAttempt, collect_evidence
from autograder.grading.forbidden import forbidden_calls
from autograder.grading.rebuild import Rebuilt
from autograder.grading.scoring import score
from autograder.judge.exercise import Exercise
from autograder.judge.references import References, collect
from autograder.sandbox import CellLog, RunLog

POINTS = {"double-visible": 1.0, "double-hidden": 3.0}
IMPORTS = {"torch": "torch", "F": "torch.nn.functional", "nn": "torch.nn"}


def evidence(name, value, **options):
    outcome, tensors = ev.reduce(value)
    return Evidence(name, outcome, (), tensors, **options)


TRUTH = {
    "double/shown": torch.tensor([2.0]),
    "double/batch": torch.tensor([4.0, 6.0]),
    "double/int": torch.tensor([8]),
    "double/deep": torch.tensor([[1.5]]),
}
CELL = dict.fromkeys(TRUTH, "double-hidden") | {"double/shown": "double-visible"}


def references(**options) -> References:
    recorded: dict[str, list[Evidence]] = {}
    for name, value in TRUTH.items():
        recorded.setdefault(CELL[name], []).append(evidence(name, value, **options))
    return collect("09_test", 5, "v1", {"double": Exercise("double")}, recorded)


ATTEMPT = Attempt(
    "09_test",
    5,
    (
        AttemptCell("solution", "double", "def double(x): ..."),
        AttemptCell("check", "double-visible", ""),
        AttemptCell("extra", "own", ""),
        AttemptCell("check", "double-hidden", ""),
    ),
)


def execution(recorded, **changes):
    position = {"double-visible": 1, "own": 2, "double-hidden": 3}
    cells = [CellLog("ok") for _ in ATTEMPT.cells]
    sent = [
        (position[cell], item if isinstance(item, bytes) else item.to_bytes())
        for cell, item in recorded
    ]
    return RunLog(cells, sent, **changes)


def honest():
    return [(CELL[name], evidence(name, value)) for name, value in TRUTH.items()]


def executed_attempt(recorded, attempt=ATTEMPT, missing=(), **changes):
    rebuilt = Rebuilt(attempt, (), (), missing)
    return collect_evidence("ada", "run", references(), rebuilt, execution(recorded, **changes))


def points(recorded, **changes):
    return score(executed_attempt(recorded, **changes), references(), POINTS, IMPORTS).score


def test_the_solutions_own_evidence_scores_everything():
    assert points(honest()) == 4.0


def test_partial_credit_is_points_times_passed_by_total():
    recorded = honest()
    recorded[2] = ("double-hidden", evidence("double/int", torch.tensor([9])))
    assert points(recorded) == 3.0


def test_evidence_counts_only_while_its_own_cell_runs():
    misplaced = [("double-visible", item) for _, item in honest()]
    assert points(misplaced) == 0.0
    assert points([("own", item) for _, item in honest()]) == 0.0


def test_evidence_that_arrives_twice_counts_not_at_all():
    record = score(executed_attempt(honest() + honest()[1:2]), references(), POINTS, IMPORTS)
    assert record.score == 3.0
    assert "more than once" in next(v.reason for v in record.verdicts if v.check == "double/batch")


def test_unknown_names_and_garbage_are_rejected_and_reported():
    strays = [("double-hidden", evidence("double/invented", 1)), ("double-hidden", b"garbage")]
    executed = executed_attempt(honest() + strays)
    assert score(executed, references(), POINTS, IMPORTS).score == 4.0
    assert any("rejected (2)" in note for note in executed.notes)


@pytest.mark.parametrize(
    "forged", [True, 0, 1, 0.0, torch.zeros(2), torch.ones(2), None, "passed", torch.randn(2)]
)
def test_forged_constants_gain_nothing(forged):
    assert points([(CELL[name], evidence(name, forged)) for name in TRUTH]) == 0.0


def test_repeating_the_public_references_gains_nothing():
    assert points(honest()[:1]) == 0.0
    shown = TRUTH["double/shown"]
    assert points([(CELL[name], evidence(name, shown)) for name in TRUTH]) == 0.0


def test_tolerances_sent_by_the_student_are_ignored():
    generous = [
        (CELL[name], evidence(name, value + 1, rtol=1e9, atol=1e9)) for name, value in TRUTH.items()
    ]
    assert points(generous) == 0.0


def test_an_untouched_exercise_is_not_answered_rather_than_wrong():
    untouched = [
        (CELL[name], Evidence(name, ev.exception_node(NotImplementedError()))) for name in TRUTH
    ]
    record = score(executed_attempt(untouched), references(), POINTS, IMPORTS)
    assert record.score == 0.0
    assert {v.status for v in record.verdicts} == {"not_answered"}


def reasons(recorded=(), cells=None, **changes):
    run = execution(recorded, **changes)
    for i, (status, error) in (cells or {}).items():
        run.cells[i].status = status
        if error:
            name, text = error.split(": ", 1)
            run.cells[i].outputs = [{"output_type": "error", "ename": name, "evalue": text}]
    rebuilt = Rebuilt(ATTEMPT, (), (), ())
    executed = collect_evidence("ada", "run", references(), rebuilt, run)
    return {v.reason for v in score(executed, references(), POINTS, IMPORTS).verdicts}


def test_a_solution_that_cannot_run_is_told_its_own_error():
    broken = {0: ("error", "SyntaxError: '(' was never closed")}
    assert reasons(cells=broken) == {
        "The solution cell stops with SyntaxError: '(' was never closed"
    }


def test_a_limit_is_named_where_it_was_hit():
    said = "The cell `double` was stopped after 30 seconds."
    stopped = {0: ("interrupted", None), 1: ("not_run", None), 3: ("not_run", None)}
    assert reasons(cells=stopped, ended="timeout", reason=said) == {said}


def test_a_name_that_no_cell_defines_is_said_to_be_missing():
    gone = {
        1: ("error", "NameError: name 'double' is not defined"),
        3: ("error", "NameError: name 'double' is not defined"),
    }
    assert reasons(cells=gone) == {
        "The solution cell does not define it: name 'double' is not defined."
    }


def test_a_machine_that_was_lost_is_not_held_against_the_student():
    executed = executed_attempt([], ended="refused", reason="The machine was lost.")
    record = score(executed, references(), POINTS, IMPORTS)
    assert (record.status, record.reason) == ("needs_review", "The machine was lost.")


def test_an_executed_attempt_survives_its_file():
    executed = executed_attempt(honest())
    again = ExecutedAttempt.from_bytes(executed.to_bytes())
    assert score(again, references(), POINTS, IMPORTS) == score(
        executed, references(), POINTS, IMPORTS
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("F.conv2d(x, k)", ["F.conv2d"]),
        ("torch.nn.functional.conv2d(x, k)", ["torch.nn.functional.conv2d"]),
        ("from torch.nn.functional import conv2d as c\nc(x, k)", ["c"]),
        ("import torch.nn.functional as FF\nFF.conv2d(x)", ["FF.conv2d"]),
        ("nn.Conv2d(1, 1, 3)(x)", ["nn.Conv2d"]),
        ("# F.conv2d is not allowed\ndef conv2d(x): return x\nconv2d(1)", []),
        ("'''F.conv2d'''", []),
        ("self.conv2d(x)", []),
        ("def f(:", []),
        ("(" * 5000, []),
    ],
)
def test_forbidden_names_are_found_where_torch_is_meant(source, found):
    assert forbidden_calls(source, ["conv2d"], IMPORTS) == found
    assert forbidden_calls(source, ["torch.nn.functional.conv2d"], IMPORTS) == found


@pytest.mark.parametrize(
    ("source", "names", "found"),
    [
        ("np.sum(x)", ["sum"], ["np.sum"]),
        ("numpy.sum(x)", ["sum"], []),
        ("import numpy\nnumpy.sum(x)", ["numpy.sum"], ["numpy.sum"]),
        ("from numpy import sum as add\nadd(x)", ["sum"], ["add"]),
        ("np.linalg.norm(x)", ["numpy.linalg.norm"], ["np.linalg.norm"]),
        ("import scipy.linalg as la\nla.norm(x)", ["norm"], []),
        ("import scipy.linalg as la\nla.norm(x)", ["scipy.linalg.norm"], ["la.norm"]),
        ("mean(x)", ["mean"], ["mean"]),
        ("sorted(x)", ["sorted"], ["sorted"]),
        ("def sorted(x): return x\nsorted(1)", ["sorted"], []),
        ("x.sort()", ["sort"], []),
        ("import torch\ntorch.sum(x)", ["sum"], []),
        ("sum(x)", ["numpy.sum"], []),
    ],
)
def test_forbidden_names_are_those_of_what_the_lesson_imports(source, names, found):
    imports = {"np": "numpy", "mean": "statistics.mean"}
    assert forbidden_calls(source, names, imports) == found


def test_a_forbidden_name_in_the_source_fails_a_right_answer():
    attempt = Attempt(
        "09_test", 5, (AttemptCell("solution", "double", "F.conv2d(x)"), *ATTEMPT.cells[1:])
    )
    executed = executed_attempt(honest(), attempt)
    record = score(executed, references(forbid=("conv2d",)), POINTS, IMPORTS)
    assert record.score == 0.0
    assert "`F.conv2d` is not allowed" in record.verdicts[0].reason


def judged(solution, own=""):
    cells = list(ATTEMPT.cells)
    cells[0] = AttemptCell("solution", "double", solution)
    cells[2] = AttemptCell("extra", "double", own)  # an id that a student chose
    executed = executed_attempt(honest(), Attempt("09_test", 5, tuple(cells)))
    again = ExecutedAttempt.from_bytes(executed.to_bytes())
    return score(again, references(forbid=("conv2d",)), POINTS, IMPORTS)


def test_a_forbidden_name_in_a_helper_fails_the_answer_that_uses_it():
    helper = "def helper(x):\n    return F.conv2d(x)"
    assert judged("def double(x):\n    return helper(x)", helper).score == 0.0
    assert judged("def double(x):\n    return x", helper).score == 4.0


def test_what_goes_around_names_is_flagged_and_costs_nothing():
    record = judged("def double(x):\n    return getattr(F, name)(x)")
    assert record.score == 4.0
    assert "flagged: `double` has `getattr(F, name)`." in record.notes


def test_reasons_are_plain_text():
    def loud() -> None:
        raise ValueError("\x1b[1mThe file\x1b[0m\x07 is broken\u202e")

    try:
        loud()
    except ValueError as error:
        raised = error
    recorded = [("double-hidden", evidence("double/batch", raised))]
    verdicts = score(executed_attempt(recorded), references(), POINTS, IMPORTS).verdicts
    (reason,) = [v.reason for v in verdicts if v.check == "double/batch"]
    assert "The file is broken" in reason
    assert all(character.isprintable() for character in reason)
