"""Chapter 1 prints what its seed prints, every trap fails, and its pictures tell the truth."""

import random

import nbformat
import numpy as np
import pytest
import torch
from torch import nn

from autograder.checks import probes
from autograder.evidence import number
from autograder.torch_nn.pictures import ch01
from autograder.torch_nn.questions.ch01 import QUESTIONS
from autograder.torch_nn.stand_ins import ch01 as ch01_stand_ins

NAME = "01_module"
COMPUTED = {"1,792": "1728 + 64", "168": "162 + 6"}  #: numbers of the text, from those of its cells


def printed(cells: list[nbformat.NotebookNode], start: str) -> str:
    """What the one code cell printed whose source begins with ``start``."""
    (cell,) = [c for c in cells if c.cell_type == "code" and c.source.startswith(start)]
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


def test_the_first_module_prints_the_seeds_tensor(cells):
    assert printed(cells, "class AddOne(nn.Module)") == "tensor(2.)\n"


def test_init_is_optional_and_forward_is_not(cells):
    assert printed(cells, "class NoInit(nn.Module)").splitlines() == [
        "no __init__: tensor(2.)",
        "no forward: NotImplementedError: "
        'Module [NoForward] is missing the required "forward" function',
    ]


def test_another_name_than_self_still_gives_two(cells):
    assert printed(cells, "class Unusual(nn.Module)") == "tensor(2.)\n"


def test_writing_in_place_is_seen_by_whoever_holds_the_tensor(cells):
    assert printed(cells, "given = torch.tensor").splitlines() == [
        "after mine + 1:      tensor([5., 6.]) tensor([4., 5.])",
        "after mine -= 1:     tensor([3., 4.]) tensor([3., 4.])",
        "after mine.fill_(0): tensor([0., 0.]) tensor([0., 0.])",
    ]


def test_a_step_against_the_gradient_needs_no_grad(cells):
    told = printed(cells, "try:\n    w -=")
    assert "RuntimeError: a leaf Variable that requires grad is being used in an in-place" in told
    assert "w is 2.4 now, its square 5.76" in told


def test_pruning_has_a_hook_and_spectral_norm_has_none(cells):
    told = printed(cells, "from torch.nn.utils import parametrizations, prune").splitlines()
    assert told[0] == "pre-hooks: 1 and 0"
    assert told[2] == "pruned(…)          20.00" and told[1] != "pruned.forward(…)  20.00"


def test_what_is_registered_goes_along_and_the_plain_tensor_stays(cells):
    told = printed(cells, "moved = Everything()").splitlines()
    assert [line.split()[1] for line in told[:4]] == [*["torch.float64"] * 3, "torch.float32"]
    assert told[4] == "training: True after eval(): False"


def test_train_with_false_is_eval(cells):
    told = printed(cells, "for mode in (True, False)")
    assert "after train(False): training is False" in told


def test_dropout_does_not_zero_just_a_half(cells):
    told = printed(cells, "torch.manual_seed(1)\ndropout").splitlines()
    first, second, evaluation = (int(line.split(": ")[1].split()[0]) for line in told)
    assert 6 not in (first, second) and first != second and evaluation == 0


def test_from_zeros_only_the_last_bias_gets_a_gradient(cells):
    told = printed(cells, "def all_start_at").splitlines()
    assert "gradient of 2.bias: [2.0]" in told[4]
    assert all(set(line.split(": ")[1].strip("[]").split(", ")) == {"0.0"} for line in told[1:4])
    for line in told[6:9]:
        assert len(set(line.split(": ")[1].strip("[]").split(", "))) == 1


def losses(cells, start):
    return [
        float(line.split()[-1]) for line in printed(cells, start).splitlines() if "loss" in line
    ]


def test_the_network_learns_the_curve_and_from_zeros_it_does_not(cells):
    learnt, flat = losses(cells, "def learn("), losses(cells, "from_zeros = ")
    assert learnt[0] > 0.4 and learnt[-1] < 0.01
    assert len(set(flat)) == 1 and flat[0] > 0.4


def test_a_hook_sees_one_of_two_calls(cells):
    assert "the hook saw 1 of 2 calls" in printed(cells, "seen = []")


def test_the_short_cut_gives_another_number(cells):
    assert printed(cells, "handle = add_one.register_forward_pre_hook").splitlines() == [
        "add_one(x)         tensor(1.1000)",
        "add_one.forward(x) tensor(2.)",
    ]


def test_a_list_of_layers_has_no_parameters_and_a_modulelist_has_them(cells):
    assert printed(cells, "class Listed(nn.Module)").splitlines() == [
        "output: (4, 1)",
        "parameter tensors: 0",
    ]
    told = printed(cells, "try:\n    torch.optim.SGD")
    assert told == "ValueError: optimizer got an empty parameter list\n"
    assert printed(cells, "class Registered(Listed)").endswith("parameter tensors: 4\n")


def test_a_forgotten_super_fails_in_both_of_its_ways(cells):
    built = printed(cells, "for build in")
    assert "LayerFirst AttributeError: cannot assign module before Module.__init__() call" in built
    assert "NumberFirst is built" in built
    called = printed(cells, "try:\n    NumberFirst()(x)")
    assert called == "AttributeError: 'NumberFirst' object has no attribute '_backward_hooks'\n"


def test_tensors_and_a_function_learn_without_a_module(cells):
    assert "slope 2.000, height 3.000" in printed(cells, "points = torch.linspace")


def test_all_five_are_modules_and_the_shadowed_name_fails(cells):
    told = printed(cells, "for module in").splitlines()
    assert len(told) == 5 and all(line.endswith("True") for line in told)
    assert printed(cells, "def careless()") == "TypeError: 'Tensor' object is not callable\n"
    assert printed(cells, "class Net(nn.Module)") == "tensor(2.) tensor(10.) False\n"


def test_the_bug_hunt_begins_with_the_reported_bug(cells):
    assert "cannot assign module before" in printed(cells, "class BrokenNet(nn.Module)")


def test_the_references_are_the_seeds_numbers(references):
    one = references.checks["AddN/one"]
    assert one.outcome["dtype"] == "float32" and one.outcome["shape"] == []
    assert float(one.tensors[one.outcome["data"]]) == 2.0
    assert number(references.checks["count_parameters/linear"].outcome) == 8
    assert number(references.checks["count_parameters/conv"].outcome) == 168


def test_the_printed_examples_are_the_visible_references(references):
    three = references.checks["AddN/three"]
    assert three.tensors[three.outcome["data"]].tolist() == [4, 8]
    assert number(references.checks["count_parameters/half_frozen"].outcome) == 12
    example = references.checks["predict/example"]
    facts = dict(zip(example.outcome["keys"], example.outcome["items"], strict=True))
    assert example.tensors[facts["output"]["data"]].tolist() == [[2.5, 2.5]] * 4
    assert facts["model.training"]["value"] is True


def test_the_quick_network_is_counted_among_others(references):
    counts = references.checks["count_parameters/deep"].outcome["items"]
    assert 145578 in [number(node) for node in counts]


def test_the_fixed_network_has_1792_numbers(references):
    outcome = references.checks["FixedNet/what is listed"].outcome
    facts = dict(zip(outcome["keys"], outcome["items"], strict=True))
    assert number(facts["numbers"]) == 1792
    assert [node["value"] for node in facts["keys"]["items"]] == ["conv1.bias", "conv1.weight"]


# ------------------------------------------------------------------ stand-ins and questions


def test_the_stand_in_is_the_same_network_for_the_same_seed():
    torch.manual_seed(5)
    network = ch01_stand_ins.TwoLayer(2, 7, 3)
    torch.manual_seed(5)
    first, second = nn.Linear(2, 7), nn.Linear(7, 3)
    x = torch.randn(4, 5, 2)
    assert torch.equal(network(x), second(first(x).relu()))


def test_the_stand_in_counts_shared_and_frozen_parameters():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    shared = nn.Sequential(layer, nn.BatchNorm1d(2), layer)
    count = ch01_stand_ins.count_parameters
    assert (count(shared), count(shared, True), count(nn.ReLU())) == (12, 10, 0)


@pytest.mark.parametrize("training", [True, False])
def test_the_stand_in_predicts_in_evaluation_mode_and_leaves_no_trace(training):
    network = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.9)).train(training)
    x = torch.ones(4, 3)
    told = ch01_stand_ins.predict(network, x)
    assert torch.equal(told, network[0](x)) and not told.requires_grad
    assert [part.training for part in network.modules()] == [training] * 3
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("ask", QUESTIONS, ids=lambda ask: ask.__name__)
def test_a_question_leaves_the_random_numbers_and_has_a_plain_answer(ask):
    before = torch.get_rng_state()
    asked = [ask(random.Random(turn)) for turn in range(20)]
    assert torch.equal(torch.get_rng_state(), before)
    assert all(type(question.answer) in (int, bool, tuple) for question in asked)
    assert len({question.text for question in asked}) > 1


# ------------------------------------------------------------------------------------- pictures


class Everything(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.register_buffer("mean", torch.zeros(4))
        self.cache = nn.Buffer(torch.zeros(2), persistent=False)
        self.layer = nn.Linear(3, 2)
        self.offset = torch.zeros(3)
        self.extras = [nn.Linear(2, 2), "no tensor"]
        self.empty = []
        self.n = 5


def test_the_tree_lists_what_is_registered_and_greys_out_the_rest():
    assert [(r.depth, r.name, r.kind, r.numbers) for r in ch01.rows(Everything())] == [
        (0, "Everything", "module", 0),
        (1, "scale", "parameter", 3),
        (1, "mean", "buffer", 4),
        (1, "cache", "unsaved", 2),
        (1, "layer", "module", 0),
        (2, "weight", "parameter", 6),
        (2, "bias", "parameter", 2),
        (1, "offset", "lost", 3),
        (1, "extras", "lost", 0),
        (2, "[0]", "lost", 6),
    ]


def test_the_tree_agrees_with_parameters_and_state_dict():
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Linear(2, 1, bias=False))
    found = ch01.rows(module)
    trained = sum(row.numbers for row in found if row.kind == "parameter")
    saved = sum(row.numbers for row in found if row.kind in ("parameter", "buffer"))
    assert trained == sum(p.numel() for p in module.parameters())
    assert saved == sum(t.numel() for t in module.state_dict().values())


@pytest.mark.parametrize(
    ("with_super", "with_list", "outcome"),
    [
        (True, False, "runs, and all 13 numbers are trained"),
        (True, True, "runs, but 13 numbers will never be trained"),
        (False, False, "Net(): cannot assign module before Module.__init__() call"),
        (False, True, "net(x): 'Net' object has no attribute '_backward_hooks'"),
    ],
)
def test_each_of_the_four_ways_ends_as_pytorch_says(with_super, with_list, outcome):
    tried = ch01.attempt(with_super, with_list)
    assert tried.outcome == outcome
    assert tried.works == (with_super and not with_list)


def test_the_switches_redraw_the_tree(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    ch01.break_it()
    (box,) = shown
    (_, listed), text, screen = box.children[0].children, box.children[1], box.children[2]
    before = screen.value
    assert "nn.ModuleList" in text.value and "all 13 numbers are trained" in before
    listed.value = True
    assert "nn.ModuleList" not in text.value
    assert screen.value != before and "will never be trained" in screen.value


# --------------------------------------------------------------------------------------- probes


class Halves(nn.Module):
    """Two layers of the same shape, and a call counter that PyTorch does not see."""

    def __init__(self, replace: bool = False, in_place: bool = False):
        super().__init__()
        self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)
        self.replace, self.in_place = replace, in_place

    def forward(self, x):
        if self.replace:
            self.b = nn.Linear(3, 3)
        if self.in_place:
            x += 1
        return self.b(self.a(x))


def test_examine_sees_the_same_whatever_the_random_start_was():
    x = torch.randn(2, 3, generator=torch.Generator().manual_seed(1))
    one, two = probes.examine(Halves, x), probes.examine(Halves, x)
    np.testing.assert_array_equal(one["output"].detach(), two["output"].detach())
    assert one["hooks that fired"] == [1, 1]
    assert one["arguments changed"] == [False]
    assert one["parameters replaced"] is False
    assert [tuple(g.shape) for g in one["gradients of the parameters"]] == [
        (3,),
        (3,),
        (3, 3),
        (3, 3),
    ]
    assert one["gradients of the arguments"][0].shape == (2, 3)


def test_examine_reports_replaced_parameters_and_changed_arguments():
    x = torch.ones(2, 3)
    assert probes.examine(lambda: Halves(replace=True), x)["parameters replaced"] is True
    assert probes.examine(lambda: Halves(in_place=True), x)["arguments changed"] == [True]
    assert torch.equal(x, torch.ones(2, 3))
