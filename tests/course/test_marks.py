"""Marks follow what a student got right: nearly right answers keep most of their points."""

import pytest

from .conftest import SEEDS, answers, assignment, graded, rounds

NO_MODE = """
def fit(model, loader, epochs, lr, momentum=0.0):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history
"""

#: chapter, exercise, known answer or source, the least and the most share of the points
KEPT = {
    "infinity": ("04_sequential", "smoke_test", "an infinity goes unnoticed", 0.7),
    "one image": ("04_sequential", "smoke_test", "one image is never tried for its shape", 0.7),
    "modes": ("04_sequential", "trace_shapes", "left in evaluation mode", 0.6),
    "trained as it came": ("06_optimizers", "fit", NO_MODE, 0.6),
    "border and step": ("02_functional_conv", "conv_out_size", "the step between two borders", 0.5),
}


def share(chapter, exercise, source):
    record = graded(chapter, rounds(chapter)[0] | {exercise: source}, SEEDS[0])
    kept = [e for e in record.requirements if e.exercise == exercise]
    assert record.missed == [exercise]
    assert {e.exercise for e in kept} <= set(assignment(chapter).exercises)
    return sum(e.earned for e in kept) / sum(e.points for e in kept), record


@pytest.mark.parametrize("case", KEPT)
def test_a_nearly_right_answer_keeps_most_of_its_points(case):
    chapter, exercise, name, least = KEPT[case]
    known = {a.name: a.source for a in answers(chapter) if a.exercise == exercise}
    kept, _ = share(chapter, exercise, known.get(name, name))
    assert least <= kept < 1


def test_a_green_visible_check_stays_green_where_some_fresh_input_agrees():
    known = {a.name: a.source for a in answers("02_functional_conv") if not a.right}
    _, record = share("02_functional_conv", "conv_out_size", known["the step between two borders"])
    shown = [v for v in record.verdicts if v.check.startswith("conv_out_size/stride 1")]
    assert shown and all(v.passed for v in shown)


def test_the_printed_examples_by_heart_earn_nothing():
    source = """
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    known = {(5, 3, 1, 0, 1): 3, (5, 3, 2, 0, 1): 2, (6, 3, 2, 0, 1): 2, (5, 3, 1, 1, 1): 5}
    known |= {(5, 3, 1, 0, 2): 1, (8, 3, 2, 1, 2): 3}
    return known.get((n, k, stride, padding, dilation), -1)
"""
    kept, record = share("02_functional_conv", "conv_out_size", source)
    assert kept == 0
    reasons = {v.reason for v in record.verdicts if v.check == "conv_out_size/stride 1"}
    assert len(reasons) == 1 and "printed example comes out right, but" in str(reasons)
