"""Chapter 6 prints what its seed prints, every trap springs, and its pictures tell the truth."""

import math
import random
import re

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch

from autograder.evidence import number
from autograder.torch_nn.pictures import ch06
from autograder.torch_nn.questions import ch06 as ch06_questions

NAME = "06_optimizers"

#: numbers of the text that are made of numbers of its cells
COMPUTED: dict[str, str] = {}


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


def test_the_images_come_one_by_one_from_the_training_set(cells):
    lines = printed(cells, "from torch.utils.data import Subset")
    assert lines[0] == "CIFAR-10 is not in dataset/: using the 1,040 embedded images"
    assert lines[2].startswith("torch.Size([1, 3, 32, 32]) tensor([")


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
    lines = printed(cells, "cleared, piled")
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
    assert sums[0] > 100 * math.log(10) > sums[-1] > 100 * math.log(10) - 5
    (error,) = printed(cells, "try:\n    running_loss.backward()")
    assert error == "RuntimeError: Trying to backward through the graph a second time"
    assert printed(cells, "with warnings.catch_warnings()") == ["float"]


def test_an_optimizer_makes_the_step_and_clears(cells):
    lines = printed(cells, "p = nn.Parameter(torch.tensor(5.0))\noptimizer")
    assert lines[1:] == ["tensor(4.6000, requires_grad=True)", "gradient: None"]


def test_only_a_measurement_that_adds_tensors_keeps_its_activations(cells):
    training, tensors, numbers = (
        int(line.split()[-1]) for line in printed(cells, 'print("training, tensors')
    )
    assert training == numbers == 0
    assert tensors > 1_000_000


def test_momentum_adds_up_to_twice_the_gradient_for_a_half(cells):
    lines = printed(cells, "p = nn.Parameter(torch.tensor(0.0))\noptimizer = torch.optim.SGD")
    assert lines == ["-1.0", "-1.5", "-1.75", "-1.875"]


def test_random_labels_are_learnt_by_heart_and_for_nothing(cells):
    lines = printed(cells, "torch.manual_seed(6)\nmodel = nn.Sequential(nn.Flatten()")
    assert lines == ["on the sixty: 100%, held out about a tenth: True"]


def test_what_was_logged_is_read_back(cells):
    lines = printed(cells, "from tensorboard.backend")
    assert lines == [
        "['loss/held out', 'loss/train']",
        "96 steps, 3 epochs",
        "first loss: 2.3",
    ]


def test_the_training_has_a_progress_bar_and_learns(cells):
    (cell,) = [c for c in cells if c.cell_type == "code" and "in tqdm(" in c.source]
    (bar,) = [o for o in cell.outputs if o.output_type == "display_data"]
    assert bar.data["text/plain"].startswith("epoch:   0%")
    lines = printed(cells, "from torch.utils.tensorboard import SummaryWriter")
    assert lines == ["more than half of the held-out images right: True"]


def test_the_hasty_split_holds_out_what_it_trains_on(cells):
    lines = printed(cells, "def hasty_split(n, n_val, seed)")
    assert lines == [
        "train: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]",
        "val:   [3, 3, 2]",
        "in both: [2, 3]",
    ]


# ------------------------------------------------------------------- what the second edition shows


def test_the_best_rate_lies_just_below_the_one_that_flies_apart(cells):
    lines = printed(cells, "for rate in (0.001")
    losses = {line.split()[1]: float(line.split()[-1]) for line in lines}
    assert min(losses, key=losses.get) == "0.09"
    assert losses["0.102"] > 100 and losses["0.24"] == math.inf and losses["0.0102"] > 10


def test_a_fresh_networks_losses_say_which_label(cells):
    lines = printed(cells, "images, labels = next")
    spans = [tuple(map(float, (line.split()[1], line.split()[3]))) for line in lines]
    assert all(high - low < 0.1 for low, high in spans)
    assert spans[0][0] - spans[2][1] > 0.2


def test_modes_reach_every_part_and_are_put_back(cells):
    lines = printed(cells, "moody = nn.Sequential")
    assert [line.split()[-2:] for line in lines[:3]] == [["True"] * 2, ["False"] * 2, ["True"] * 2]
    first, second, evaluating = lines[3:]
    assert first != second and evaluating == "tensor([[1., 1., 1., 1., 1., 1.]])"


def test_adams_first_step_is_the_learning_rate(cells):
    lines = printed(cells, "for gradient in (1000.0")
    assert [line.split()[-1] for line in lines] == ["-0.1000"] * 3
    assert printed(cells, "gradient, beta1")[0] == "m 0.4, v 0.016, as it is 3.162"


def test_weight_decay_is_a_step_in_adam_and_a_thousandth_in_adamw(cells):
    assert printed(cells, "for optimizer_class in") == ["Adam   0.9000", "AdamW  0.9990"]


def test_the_cosine_is_at_half_in_the_middle(cells):
    lines = printed(cells, "p = nn.Parameter(torch.tensor(0.0))\noptimizer = torch.optim.AdamW")
    rates = [float(line.split()[-1]) for line in lines]
    assert rates == pytest.approx([0.1, 0.0854, 0.05, 0.0146])


def test_the_students_network_learns(cells):
    (found,) = printed(cells, "torch.manual_seed(6)\nnet = Net().to(device)\nfew")[:1]
    first, last = (float(n) for n in re.findall(r"at \w+ ([\d.]+)", found))
    assert abs(first - math.log(10)) < 0.2 and last < 0.3
    lines = printed(cells, "torch.manual_seed(6)\nmodel = nn.Sequential(nn.BatchNorm2d")
    shares = [int(re.search(r"held out (\d+)%", line)[1]) for line in lines]
    assert len(shares) == 3 and shares[-1] > 80
    training, evaluating = (
        float(line.split()[-1]) for line in printed(cells, "from copy import deepcopy")
    )
    assert training > 0.05 > 0.01 > evaluating


@pytest.mark.parametrize("seed", range(5))
def test_the_questions_have_answers_that_can_be_told(seed):
    for ask in ch06_questions.QUESTIONS:
        question = ask(random.Random(seed))
        assert isinstance(question.answer, int | float) and question.text and question.why


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


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are shown and their alternative texts."""
    found = []
    monkeypatch.setattr(ch06, "show", lambda figure, alt: found.append((figure, alt)))
    yield found
    plt.close("all")


def test_without_widgets_six_settings_stand_in(drawn, no_widgets):
    ch06.explore_path()
    ((figure, alt),) = drawn
    titles = [ax.get_title() for ax in figure.axes]
    assert [title.split(":")[0] for title in titles][:2] == [
        "lr 0.02, momentum 0",
        "lr 0.102, momentum 0",
    ]
    losses = [float(title.split()[-1]) for title in titles]
    assert all(a < 0.1 < 5 < b for a in losses[2:4] for b in losses[:2] + losses[4:])
    assert all(title in alt for title in titles)


def test_momentum_ends_lowest_and_adam_runs_past(drawn):
    ch06.three_paths()
    ((figure, _),) = drawn
    sgd, momentum, adam = (float(ax.get_title().split()[-4]) for ax in figure.axes)
    assert momentum < sgd < adam
    assert float(ch06.descend("Adam", lr=0.5)[:, 0].max()) > 1
    first = ch06.descend("Adam", lr=0.5)[1] - torch.tensor(ch06.START)
    assert first.abs().tolist() == pytest.approx([0.5, 0.5])


def test_mistakes_are_shown_with_guess_and_label(drawn):
    guesses, labels = torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1])
    ch06.mistakes(torch.rand(3, 3, 4, 4), guesses, labels, ["moon", "star"])
    ((_, alt),) = drawn
    assert alt.startswith("1 of the 1 held-out images, of 3,")
    assert alt.endswith("gets wrong: a moon called star.")
    ch06.mistakes(torch.rand(3, 3, 4, 4), labels, labels, ["moon", "star"])
    assert drawn[1][1].endswith("wrong: none.")
