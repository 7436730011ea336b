"""Chapter 5 prints what its seed prints, every trap springs, and its pictures tell the truth."""

import math
import random
import re

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
import torch.nn.functional as F

from autograder.checks import probes
from autograder.evidence import number
from autograder.judge.references import References
from autograder.torch_nn.pictures import ch05
from autograder.torch_nn.questions.ch05 import QUESTIONS

NAME = "05_losses"
COMPUTED: dict[str, str] = {}  #: a number of the text, and what of the cells it is computed from


def printed(cells: list[nbformat.NotebookNode], start: str) -> list[str]:
    """The lines that the one code cell printed whose source begins with ``start``."""
    (cell,) = [c for c in cells if c.cell_type == "code" and c.source.startswith(start)]
    return "".join(o.text for o in cell.outputs if o.output_type == "stream").splitlines()


def scalar(references: References, check: str) -> float:
    evidence = references.checks[check]
    assert evidence.outcome["shape"] == [] and evidence.outcome["dtype"] == "float32"
    return float(evidence.tensors[evidence.outcome["data"]])


# ------------------------------------------------------------------------- the seed's own numbers


def test_l1_is_two_thirds_with_and_without_a_reshape(cells):
    start = "pred = torch.tensor([1, 2, 3], dtype=torch.float32)"
    assert printed(cells, start) == ["tensor(0.6667)", "tensor(0.6667)"]


def test_the_reduction_is_an_argument(cells):
    start = 'print(nn.L1Loss(reduction="sum")'
    assert printed(cells, start) == ["tensor(2.)", "tensor([0., 0., 2.])"]


def test_mse_is_four_thirds(cells):
    assert printed(cells, "mse = nn.MSELoss()") == ["tensor(1.3333)"]


def test_the_dog_costs_what_the_seed_calculates_by_hand(cells):
    assert printed(cells, "scores = torch.tensor(") == [
        "tensor([0.3006, 0.3322, 0.3672], dtype=torch.float64)",
        "1.10194284823",
        "1.1019428482292442",
        "1.2214027581601699 1.2214027581601699",
    ]


def test_cross_entropy_gives_the_seeds_tensor_and_that_of_the_other_classes(cells):
    assert printed(cells, "x = torch.tensor([0.1, 0.2, 0.3]).reshape(1, 3)") == [
        "tensor(1.1019)",
        "person tensor(1.2019)",
        "dog tensor(1.1019)",
        "cat tensor(1.0019)",
    ]


def test_the_references_are_the_seeds_numbers(references):
    assert scalar(references, "l1_loss/mean") == pytest.approx(2 / 3)
    assert scalar(references, "l1_loss/sum") == 2
    assert scalar(references, "mse_loss/three") == pytest.approx(4 / 3)
    assert scalar(references, "cross_entropy/dog") == pytest.approx(1.10194284823)
    by_hand = number(references.checks["ce_by_hand/dog"].outcome)
    assert by_hand == pytest.approx(1.1019428482292442, rel=1e-15)


def test_an_untrained_network_costs_about_the_logarithm_of_ten(cells, references):
    lines = printed(cells, "losses = []")
    assert lines[0].endswith("grad_fn=<NllLossBackward0>)")
    assert float(lines[1].split()[-1]) == pytest.approx(math.log(10), abs=0.05)
    assert lines[2] == "ln 10: 2.302585092994046"
    untrained = number(references.checks["mean_loss/untrained"].outcome)
    assert untrained == pytest.approx(math.log(10), abs=0.3)


# ----------------------------------------------------------------------------------------- traps


def test_whole_numbers_are_refused_by_both_losses(cells):
    assert printed(cells, "whole_pred, whole_target") == [
        "RuntimeError: mean(): could not infer output dtype. Input dtype must be either a floating "
        "point or complex dtype. Got: Long",
        "NotImplementedError: \"mse_cpu\" not implemented for 'Long'",
        "mended: tensor(1.3333)",
    ]


def test_tensors_in_the_constructor_fail_with_a_strange_message(cells):
    assert printed(cells, "try:\n    nn.MSELoss(pred, target)") == [
        "RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
        "mended: tensor(1.3333) or tensor(1.3333)",
    ]


def test_a_column_against_a_row_gives_four_and_a_warning(cells):
    lines = printed(cells, "with warnings.catch_warnings(record=True) as caught")
    assert lines[0] == "tensor(4.)"
    assert lines[1].startswith("UserWarning - Using a target size (torch.Size([3])) that is diff")
    assert lines[2:] == ["mended: tensor(1.3333)", "alike in shape: False"]


def test_huber_is_half_a_square_and_then_a_line(cells):
    assert printed(cells, "off_by, nothing") == [
        "L1:    tensor([0.5000, 3.0000])",
        "MSE:   tensor([0.2500, 9.0000])",
        "Huber: tensor([0.1250, 2.5000])",
    ]


def test_a_mean_of_three_pulls_each_with_a_third(cells):
    assert printed(cells, "for loss_fn in (nn.L1Loss(), nn.MSELoss()):\n    followed") == [
        "tensor([ 0.0000,  0.0000, -0.3333])",
        "tensor([ 0.0000,  0.0000, -1.3333])",
    ]


def test_a_soft_target_costs_its_own_uncertainty_at_least(cells):
    lines = printed(cells, "soft = torch.tensor(")
    costs = [float(line.partition("(")[2].rstrip(")")) for line in lines]
    entropy = -sum(p * math.log(p) for p in (0.9, 0.05, 0.05))
    assert costs[0] == pytest.approx(entropy, abs=1e-4) and costs[0] == min(costs)


def test_one_score_is_picked_from_each_row(cells):
    assert printed(cells, "rows = torch.tensor(")[2:] == [
        "tensor([ 2., -1.])",
        "tensor([[ 2.],",
        "        [-1.]])",
    ]
    assert printed(cells, "print(rows.exp()")[2] == "tensor(inf) tensor(1000.)"


def test_targets_come_in_some_shapes_and_dtypes_and_not_in_others(cells):
    assert printed(cells, "one = torch.tensor([0.1, 0.2, 0.3])") == [
        "tensor(1.1019) tensor(1.1019)",
        "uint8:         tensor(1.1019)",
        "float one-hot: tensor(1.1019)",
        "int32: RuntimeError: expected target dtype to be Long or Byte, but got Int",
        "int one-hot: RuntimeError: Expected floating point type for target with class "
        "probabilities, got Long",
        "class 3 of 3: IndexError: Target 3 is out of bounds.",
    ]


def test_the_printed_formula_overflows_and_torch_does_not(cells):
    assert printed(cells, "large = torch.tensor([1000.0, 0.0])") == [
        "as printed: tensor(inf)",
        "torch:      tensor(1000.)",
    ]


def test_backward_alone_changes_no_weight_and_adds_up(cells):
    lines = printed(cells, "before = [p.detach().clone()")
    assert len(lines) == 4 and lines[3] == "weights changed: False"
    assert lines[0].count(" 0.1") + lines[0].count("[0.1") == 9 and lines[0].count("-0.9") == 1
    assert lines[2].count(" 0.3") + lines[2].count("[0.3") >= 7
    assert printed(cells, "image, label = next(iter(one_by_one))") == [
        "after zero_grad(): None",
        "exactly twice: True",
    ]


def test_a_batch_of_two_writes_half_of_it_into_each_row(cells):
    one, formula = printed(cells, "logits = torch.tensor([[0.1, 0.2, 0.3]], requires_grad=True)")
    assert one == formula == "tensor([[ 0.3006, -0.6678,  0.3672]])"
    assert printed(cells, "twice = torch.tensor(")[0] == "tensor([[ 0.1503, -0.3339,  0.1836],"


def test_a_batch_in_two_parts_pulls_twice_with_mean_losses(cells):
    assert printed(cells, "torch.manual_seed(5)\nslim") == [
        "each loss times 1: factor [2.0, 2.0]",
        "each loss times 0.5: factor [1.0, 1.0]",
    ]


def test_three_lines_learn_and_a_misplaced_one_does_not(cells):
    falling = [float(line) for line in printed(cells, "optimizer = torch.optim.SGD(net.param")]
    assert falling == sorted(falling, reverse=True) and falling[-1] < falling[0] - 0.3
    assert printed(cells, "line = nn.Linear(2, 1)") == ["weights changed: False"]


def test_a_second_softmax_is_hard_to_see_in_one_number(cells):
    assert [line.split()[-1] for line in printed(cells, "label_1 = torch.tensor([1])")] == [
        "tensor(1.1019)",
        "tensor(1.1001)",
        "tensor(1.1019)",
        "tensor(-0.3322)",
        "tensor(1.1019)",
    ]


def test_a_second_softmax_has_a_floor_and_is_not_trained_below_it(cells):
    assert printed(cells, "for classes in (3, 10)") == [
        "3 classes: tensor(0.5514)",
        "10 classes: tensor(1.4612)",
    ]
    plain, doubled = printed(cells, "plain, doubled = train(")
    assert plain == "scores   loss 0.0, right 100%"
    assert doubled == "softmax  loss 1.5, right 95%"
    assert printed(cells, "def hasty_net_and_loss")[0].endswith(", right: True")


def test_a_negative_loss_has_more_than_one_cause(cells):
    lines = printed(cells, "measured, expected, variance")
    assert [line.split()[-1] for line in lines] == ["tensor(-0.2000)", "tensor(-2.2976)"]
    assert printed(cells, "print(nn.BCEWithLogitsLoss()(torch")[0] == "tensor(-2.9514)"


def test_the_lower_loss_may_have_the_lower_accuracy(cells):
    assert printed(cells, "timid = torch.tensor(") == [
        "timid accuracy 100%, loss 0.598",
        "bold  accuracy 75%, loss 0.342",
    ]
    assert printed(cells, "moved = timid") == ["loss:     True", "accuracy: False"]


def test_bce_with_logits_is_the_two_class_case_and_safe(cells):
    first, second = printed(cells, "yes_scores = torch.tensor(")
    assert first == second
    lines = printed(cells, "no = torch.tensor(")
    assert lines[2] == "with logits  score 20: loss 20.0000, slope 1.0000"
    assert lines[3] == "sigmoid, BCE score 20: loss 100.0000, slope 0.0000"


def test_the_mean_of_means_is_not_the_mean(cells):
    each, batches = printed(cells, "five, fives")[0].split()
    assert each != batches
    assert printed(cells, "forgetful") == ["True False True", "False False"]


def test_ones_own_network_learns_with_ones_own_loss(cells):
    (start,) = printed(cells, "torch.manual_seed(5)\nmy_net")
    assert start == "at the start: 2.31, and ln 10 is 2.30"
    (end,) = printed(cells, "optimizer = torch.optim.Adam(my_net")
    assert float(end.split()[5].rstrip(",")) < 1 and int(end.split()[-1].rstrip("%")) > 70


# -------------------------------------------------------------------------------------- pictures


def test_the_sliders_and_the_choice_of_class_redraw_the_loss(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    ch05.explore_scores(torch.tensor([0.1, 0.2, 0.3]), target=1)
    (box,) = shown
    sliders, (right,), screen = *(row.children for row in box.children[:2]), box.children[2]
    assert "its loss is 1.1019." in screen.value
    right.value = 2
    assert "The right class is cat; its loss is 1.0019." in screen.value
    sliders[2].value = 4.0
    assert "cat 4" in screen.value and "its loss is 0.0417." in screen.value


def test_without_widgets_the_picture_stands_alone(monkeypatch, no_widgets):
    drawn = []
    monkeypatch.setattr(ch05, "show", lambda figure, alt: drawn.append(figure))
    ch05.explore_scores(torch.tensor([0.1, 0.2, 0.3]), target=1)
    (figure,) = drawn
    assert figure._suptitle.get_text() == "The dog has p = 0.3322, so the loss is 1.1019"
    plt.close("all")


def test_the_titles_say_the_numbers_of_the_lesson(monkeypatch):
    titles = []

    def show(figure, alt):
        titles.append([figure._suptitle.get_text(), *(ax.get_title() for ax in figure.axes)])
        plt.close("all")

    monkeypatch.setattr(ch05, "show", show)
    ch05.broadcast_trap(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 5.0]))
    ch05.softmax_floor(([2.3, 0.5], [0.1, 1.0]), ([2.3, 1.8], [0.1, 0.9]))
    assert "mean 1.3333" in titles[0][1] and "mean 4.0000" in titles[0][2]
    assert titles[1][0].endswith("the loss stays above 1.4612, yet 90% are right")


def test_the_loss_of_a_guess_is_drawn_on_an_axis_from_zero(monkeypatch):
    limits = []

    def show(figure, alt):
        limits.append(figure.axes[0].get_ylim())
        plt.close(figure)

    monkeypatch.setattr(ch05, "show", show)
    ch05.losses_of_images([2.2, 2.4])
    assert limits == [(0, 5)]


# ------------------------------------------------------------------------------------- questions


@pytest.mark.parametrize("ask", QUESTIONS, ids=lambda ask: ask.__name__)
def test_a_questions_answer_is_what_torch_says(ask):
    for seed in range(20):
        question = ask(random.Random(seed))
        numbers = [float(n) for n in re.findall(r"\d+(?:\.\d+)?", question.text)]
        assert question.answer == pytest.approx(
            TRUTHS[ask.__name__](question.text, numbers), abs=1e-4
        )


def cost_of_errors(text, numbers):
    loss = torch.nn.MSELoss() if "MSE" in text else torch.nn.L1Loss()
    return loss(torch.tensor([numbers[0], 0, -numbers[2]]), torch.zeros(3)).item()


def slope_of_the_right_score(_, numbers):
    n, right = int(numbers[0]), int(numbers[4])
    scores = torch.tensor(numbers[1:4]).log().repeat(n, 1).requires_grad_()
    F.cross_entropy(scores, torch.full((n,), right)).backward()
    return scores.grad[0, right].item()


TRUTHS = {
    "mean_of_squares": cost_of_errors,
    "column_against_row": lambda _, ns: (
        torch.zeros(int(ns[0]), 1) - torch.zeros(int(ns[0]))
    ).numel(),
    "cost_of_a_guess": lambda _, ns: F.cross_entropy(
        torch.zeros(1, int(ns[0])), torch.tensor([0])
    ).item(),
    "gradient_of_a_score": slope_of_the_right_score,
    "floor_of_two_softmaxes": lambda _, ns: (
        F.cross_entropy(torch.eye(int(ns[0]))[:1], torch.tensor([0])).item() < ns[-1]
    ),
    "mean_over_uneven_batches": lambda _, ns: (
        torch.tensor([ns[1]] * int(ns[0]) + [ns[3]]).mean().item()
    ),
}


# ---------------------------------------------------------------------------------------- probes


def test_an_outcome_is_a_value_or_the_exception_that_was_raised():
    error = probes.outcome(int, "seven")
    assert isinstance(error, ValueError)
    assert probes.outcome(int, "7") == 7


def test_an_exception_that_is_only_returned_is_told_apart():
    assert probes.outcome(lambda: ValueError("x")) == "ValueError, returned and not raised"


def test_an_untouched_cell_is_not_an_outcome():
    def untouched():
        raise NotImplementedError()

    with pytest.raises(NotImplementedError):
        probes.outcome(untouched)

    def refused():
        raise NotImplementedError("not for Long")

    assert isinstance(probes.outcome(refused), NotImplementedError)
