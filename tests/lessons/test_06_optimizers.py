"""Chapter 6 prints what its seed prints, every trap springs, and its pictures tell the truth."""

import math
import re

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch

from autograder.evidence import number
from autograder.torch_nn.pictures import ch06

NAME = "06_optimizers"


def printed(cells: list[nbformat.NotebookNode], start: str) -> list[str]:
    """The lines that the one code cell printed whose source begins with ``start``."""
    (cell,) = [c for c in cells if c.cell_type == "code" and c.source.startswith(start)]
    return "".join(o.text for o in cell.outputs if o.output_type == "stream").splitlines()


# ------------------------------------------------------------------------- the seed's own numbers


def test_the_sum_of_an_untrained_network_is_ten_thousand_times_the_logarithm_of_ten(cells):
    assert printed(cells, 'print(f"{100 * math.log(10):.2f}")') == ["230.26", "23025.85"]


def test_every_optimizer_has_a_learning_rate_and_a_default_for_it(cells):
    assert printed(cells, "defaults = {}") == [
        "0.001  Adam, AdamW, Muon, RAdam, SGD, SparseAdam",
        "0.002  Adamax, NAdam",
        "0.01   ASGD, Adafactor, Adagrad, RMSprop, Rprop",
        "1      Adadelta, LBFGS",
        "15 optimizers",
    ]
    assert "    lr: 0.001" in printed(cells, "line = nn.Linear(2, 1)\nprint(torch.optim.SGD")


def test_the_images_come_one_by_one_from_the_test_set_as_in_the_seed(cells):
    lines = printed(cells, "from torch.utils.data import Subset")
    assert lines[0] == "CIFAR-10 is not in dataset/: using the 208 embedded images"
    assert lines[1].startswith("torch.Size([1, 3, 32, 32]) tensor([")


def test_one_pass_prints_a_loss_for_each_image_near_the_logarithm_of_ten(cells):
    lines = printed(cells, "loss_fn = nn.CrossEntropyLoss()")
    found = [re.fullmatch(r"tensor\((.+), grad_fn=<NllLossBackward0>\)", line) for line in lines]
    assert len(found) == 6 and all(found)
    assert all(abs(float(match[1]) - math.log(10)) < 0.3 for match in found)


# ----------------------------------------------------------------------------------------- traps


def test_a_parameter_is_not_overwritten_while_autograd_looks(cells):
    lines = printed(cells, "line = nn.Linear(1, 1, bias=False)")
    assert lines[0].startswith("RuntimeError: a leaf Variable that requires grad is being used")
    assert lines[1].endswith("the model: 5.0")


def test_an_object_called_optim_hides_the_module(cells):
    lines = printed(cells, "from torch import optim")
    assert lines == ["AttributeError: 'SGD' object has no attribute 'Adam'"]


def test_without_zero_grad_the_gradient_grows_like_a_staircase(cells):
    lines = printed(cells, "def six_rounds(clear)")
    assert lines[0].endswith("[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]")
    assert lines[1].endswith("[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]")


def test_a_running_loss_of_tensors_is_a_tensor_with_a_history(cells):
    lines = printed(
        cells,
        "model = quick_net()\noptimizer = torch.optim.SGD(model.parameters(), lr=0.01)\nfor epoch",
    )
    found = [re.fullmatch(r"tensor\((.+), grad_fn=<AddBackward0>\)", line) for line in lines]
    sums = [float(match[1]) for match in found]
    assert len(sums) == 3 and sums == sorted(sums, reverse=True)
    assert all(abs(total - 100 * math.log(10)) < 5 for total in sums)
    (error,) = printed(cells, "try:\n    running_loss.backward()")
    assert error == "RuntimeError: Trying to backward through the graph a second time"
    assert printed(cells, "with warnings.catch_warnings()") == ["float"]


def test_an_optimizer_makes_the_step_and_clears(cells):
    lines = printed(cells, "p = nn.Parameter(torch.tensor(5.0))\noptimizer")
    assert lines[1:] == ["tensor(4.6000, requires_grad=True)", "gradient: None"]


def test_only_a_measurement_that_adds_tensors_keeps_its_activations(cells):
    training, tensors, numbers = (
        int(line.split()[-1]) for line in printed(cells, "def bytes_kept")
    )
    assert training == numbers == 0
    assert tensors > 1_000_000


def test_momentum_adds_up_to_twice_the_gradient_for_a_half(cells):
    lines = printed(cells, "p = nn.Parameter(torch.tensor(0.0))")
    assert lines == ["-1.0", "-1.5", "-1.75", "-1.875"]


def test_random_labels_are_learnt_by_heart_and_for_nothing(cells):
    lines = printed(cells, "dice = torch.Generator()")
    assert lines == ["on the sixty: 100%, on fresh ones about a tenth: True"]


def test_what_was_logged_is_read_back(cells):
    lines = printed(cells, "from tensorboard.backend")
    assert lines == [
        "['loss/fresh', 'loss/train']",
        "156 steps, 3 epochs",
        "first loss: 2.3",
    ]


def test_the_training_has_a_progress_bar_and_learns(cells):
    (cell,) = [c for c in cells if c.cell_type == "code" and "in tqdm(" in c.source]
    (bar,) = [o for o in cell.outputs if o.output_type == "display_data"]
    assert bar.data["text/plain"].startswith("epoch:   0%")
    lines = printed(cells, "from torch.utils.tensorboard import SummaryWriter")
    assert lines == ["more than half of the fresh images right: True"]


def test_the_hasty_split_holds_out_what_it_trains_on(cells):
    lines = printed(cells, "def hasty_split(n, n_val, seed)")
    assert lines == [
        "train: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]",
        "val:   [3, 3, 2]",
        "in both: [2, 3]",
    ]


# ------------------------------------------------------------------------------------ references


def test_the_references_are_those_of_the_statements(references):
    one = references.checks["sgd_step/one"]
    assert sorted(float(values) for values in one.tensors.values()) == pytest.approx([4.0, 4.6])
    assert number(references.checks["accuracy/one_answer"].outcome) == 0.5
    plain = references.checks["MySGD/plain"]
    values = plain.tensors[plain.outcome["data"]].tolist()
    assert values == pytest.approx([3 + 2 * 0.8**3, 3 - 2 * 0.8**3])


# -------------------------------------------------------------------------------------- pictures


def test_the_paths_begin_at_the_start_and_end_where_the_lesson_says():
    small, right, large = (ch06.descend("SGD", lr=lr) for lr in (0.004, 0.08, 0.102))
    for path in (small, right, large):
        assert path.shape == (ch06.STEPS + 1, 2)
        assert tuple(path[0].tolist()) == pytest.approx(ch06.START)
    start = float(ch06.height(*torch.tensor(ch06.START)))
    ends = [float(ch06.height(*path[-1])) for path in (small, right, large)]
    assert ends[1] < 0.1 < 20 < ends[0] < start < ends[2]
    tamed = ch06.descend("SGD", lr=0.102, momentum=0.8)
    assert float(ch06.height(*tamed[-1])) < 0.1


def test_the_sliders_redraw_the_path(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    ch06.explore_path()
    (box,) = shown
    (rate, momentum), screen = box.children[0].children, box.children[1]
    assert "lr 0.02, momentum 0: loss 8 after 40 steps." in screen.value
    momentum.value = 0.8
    assert "lr 0.02, momentum 0.8: loss 0.011 after 40 steps." in screen.value
    rate.value = 0.102
    assert "lr 0.102, momentum 0.8: loss 0.013" in screen.value


def test_without_widgets_six_settings_stand_in(monkeypatch, no_widgets):
    drawn = []
    monkeypatch.setattr(plt, "show", lambda: drawn.append(plt.gcf()))
    ch06.explore_path()
    (figure,) = drawn
    assert [ax.get_title().split(":")[0] for ax in figure.axes][:2] == [
        "lr 0.02, momentum 0",
        "lr 0.02, momentum 0.8",
    ]
    plt.close("all")
