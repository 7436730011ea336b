"""Chapter 4 prints what its seeds print, every trap fails, and its pictures tell the truth."""

import io
import itertools
import math
import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from autograder.evidence import Node
from autograder.judge.references import References
from autograder.torch_nn.pictures import ch04

NAME = "04_sequential"
COMPUTED = {"4,096": "64 * 8 * 8"}
LAYERS = [
    ("Conv2d", (32, 32, 32)),
    ("MaxPool2d", (32, 16, 16)),
    ("Conv2d", (32, 16, 16)),
    ("MaxPool2d", (32, 8, 8)),
    ("Conv2d", (64, 8, 8)),
    ("MaxPool2d", (64, 4, 4)),
    ("Flatten", (1024,)),
    ("Linear", (64,)),
    ("Linear", (10,)),
]


def cell_with(cells: list[nbformat.NotebookNode], part: str) -> nbformat.NotebookNode:
    """The one demonstration whose source contains ``part``."""
    (cell,) = [c for c in cells if "demo" in c.metadata.get("tags", []) and part in c.source]
    return cell


def printed(cells: list[nbformat.NotebookNode], part: str) -> str:
    """What the one demonstration printed whose source contains ``part``."""
    outputs = cell_with(cells, part).outputs
    return "".join(o.text for o in outputs if o.output_type == "stream")


def plain(node: Node) -> object:
    """The value that a node of lists, tuples, dicts, ints, bools and strings stands for."""
    if node["kind"] in ("list", "tuple"):
        items = [plain(item) for item in node["items"]]
        return tuple(items) if node["kind"] == "tuple" else items
    if node["kind"] == "dict":
        return dict(zip(node["keys"], map(plain, node["items"]), strict=True))
    return int(node["value"]) if node["kind"] == "int" else node["value"]


def visible(references: References, check: str) -> object:
    return plain(references.checks[check].outcome)


# ------------------------------------------------------------------------- the seed's own network


def test_the_network_prints_as_in_the_seed_and_has_its_parameters(cells):
    assert printed(cells, "print(net)") == (
        "QuickNet(\n"
        "  (model): Sequential(\n"
        "    (0): Conv2d(3, 32, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))\n"
        "    (1): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)\n"
        "    (2): Conv2d(32, 32, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))\n"
        "    (3): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)\n"
        "    (4): Conv2d(32, 64, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))\n"
        "    (5): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)\n"
        "    (6): Flatten(start_dim=1, end_dim=-1)\n"
        "    (7): Linear(in_features=1024, out_features=64, bias=True)\n"
        "    (8): Linear(in_features=64, out_features=10, bias=True)\n"
        "  )\n"
        ")\n"
        "145578 parameters\n"
    )


def test_the_shapes_on_the_way_are_those_of_the_seed(cells, references):
    lines = printed(cells, "for layer in net.model:").splitlines()
    assert lines == [f"{name:10}{(2, *shape)}" for name, shape in LAYERS]
    trace = visible(references, "trace_shapes/quick net")
    assert trace == [(name, (1, *shape)) for name, shape in LAYERS]


def test_ones_give_sixty_four_rows_of_ten_and_all_are_the_same(cells):
    lines = printed(cells, "output = net(torch.ones(64, 3, 32, 32))").splitlines()
    assert lines[0] == "torch.Size([64, 10])"
    rows = "".join(lines[1:-2]).removeprefix("tensor([[").removesuffix("]])").split("],")
    assert len(rows) == 3 and len({row.strip(" [") for row in rows}) == 1
    assert len(rows[0].split(",")) == 10
    assert lines[-2:] == ["made by: AddmmBackward0", "all 64 rows the same, bit by bit: True"]


def test_the_references_are_the_seeds_numbers(references):
    assert visible(references, "CifarNet/parameters") == 145_578
    assert visible(references, "flat_features/quick net") == 1024 == 64 * 4 * 4
    row = visible(references, "with_relu/quick net")
    assert len(row["new row"]) == 13 and row["new row"].count("ReLU") == 4
    assert (row["new row"][0], row["new row"][-1]) == ("Conv2d", "Linear")
    assert row["layers in seq afterwards"] == len(LAYERS)
    assert visible(references, "smoke_test/quick net") == [True, False]
    assert visible(references, "smoke_test/with a dropout") == [True, False]
    assert visible(references, "smoke_test/no number") == [True, False]
    assert visible(references, "smoke_test/mixed or constant") == [True, False, False]
    assert visible(references, "smoke_test/cut off or frozen") == [True, False, False]
    for example, numbers in (
        ("small example", (741.5, 852.5)),
        ("l1 without a bias", (420.5, 531.5)),
    ):
        shown = references.checks[f"collapse/{example}"]
        found = sorted((t.tolist() for t in shown.tensors.values()), key=str)
        assert found == sorted([[[n] for n in numbers], [0.5]], key=str)


# ------------------------------------------------------------------------------------------ traps


def test_a_slice_shares_its_layers_with_the_network(cells):
    assert printed(cells, "tail = net.model[7:]").splitlines()[-1] == "the same layer: True"


def test_looking_at_a_network_changes_it_and_the_batch(cells):
    assert printed(cells, "row = nn.Sequential(").splitlines() == [
        "before: [[-1.0, 4.0], [3.0, 8.0]] [0.0, 0.0]",
        "(2, 2)",
        "after:  [[0.0, 4.0], [3.0, 8.0]] [0.15, 0.6]",
    ]


def test_larger_images_do_not_fit_the_first_linear_layer(cells):
    assert printed(cells, "quick_net()(torch.ones(1, 3, 64, 64))") == (
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x4096 and 1024x64)\n"
    )


def test_the_two_linear_layers_are_one_and_the_network_is_not(cells):
    assert printed(cells, "one_matrix = second.weight @ first.weight").splitlines() == [
        "True",
        "66250 parameters do the work of 10250",
    ]
    assert printed(cells, "f(u + v) + f(torch.zeros_like(u))").splitlines() == [
        "last two  True",
        "network   False",
    ]


def test_relu_and_max_pooling_may_change_places(cells):
    assert printed(cells, "maps = torch.randn(1, 32, 16, 16)") == "True\n"


def test_three_broken_networks_pass_the_test_of_the_shape(cells):
    assert printed(cells, "for broken in (Mixing(), Constant(), CutOff())").splitlines() == [
        "Mixing    (64, 10)",
        "Constant  (64, 10)",
        "CutOff    (64, 10)",
    ]
    assert printed(cells, "different = torch.randn(4, 3, 32, 32)").splitlines() == [
        "QuickNet  all rows the same: False",
        "Constant  all rows the same: True",
    ]


def test_a_learning_rate_of_a_twentieth_ruins_the_network_and_a_hundredth_does_not(cells):
    assert "momentum=0.9" in cell_with(cells, "def one_epoch(lr)").source
    assert "one_epoch(lr=0.01), one_epoch(lr=0.05)" in cell_with(cells, "falling), (ruined").source
    assert printed(cells, "falling), (ruined").splitlines() == [
        "(64, 10) numbers: True",
        "(64, 10) numbers: False",
        "tensor([nan, nan, nan, nan, nan, nan, nan, nan, nan, nan])",
    ]


def test_names_of_an_ordered_dict_and_numbers_are_those_of_the_parameters(cells):
    assert printed(cells, "nn.Sequential(OrderedDict(").splitlines() == [
        "['hidden.weight', 'hidden.bias', 'scores.weight', 'scores.bias']",
        "['7.weight', '7.bias', '8.weight', '8.bias']",
        "True",
    ]


def test_a_twin_keeps_its_changes_to_itself(cells):
    rows = printed(cells, "twin = copy.deepcopy(row)").splitlines()
    assert rows[0] == "row:  [0.15, 0.6]" and rows[1] != rows[0].replace("row: ", "twin:")
    assert rows[2] == "[('Sequential', True), ('ReLU', True), ('BatchNorm1d', False)]"


def test_a_row_that_keeps_a_plain_list_has_no_parameters(cells):
    assert printed(cells, "class Loose(nn.Module)") == "(5, 2) parameters: 0\n"


def test_larger_gradients_do_not_bend_a_sigmoid_and_larger_numbers_do(cells):
    right = [
        float(line.split()[-2].rstrip("%"))
        for line in printed(cells, "class Steep(nn.Module)").splitlines()
    ]
    sigmoid, larger, steeper, longer, tanh = right
    assert larger == sigmoid < 92 and min(steeper, longer, tanh) > 98
    straight = printed(cells, "the straight line that is nearest").split()
    assert straight[0::3] == ["Sigmoid", "Tanh", "ReLU"]
    assert int(straight[1].rstrip("%")) >= 98 and int(straight[4].rstrip("%")) < 90


def test_only_what_was_used_and_not_frozen_has_a_gradient(cells):
    lines = printed(cells, 'pair["used"](torch.ones(1, 2))').splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == ["tensor([[1., 1.]])", *["None"] * 3]


def test_a_fixed_tolerance_hides_what_is_small(cells):
    assert printed(cells, "alone = torch.cat").split() == ["True", "False"]


def test_finally_puts_the_modes_back_after_an_exception_too(cells):
    assert printed(cells, "def shape_in_evaluation_mode").splitlines() == [
        "(2, 10) training: True",
        "an exception training: True",
    ]


def test_twenty_plain_layers_learn_nothing_and_twenty_with_skips_do(cells):
    plain_row, skips = printed(cells, '("a plain row", deep(False))').splitlines()
    assert "e-11" in plain_row and "0.693, 50% right" in plain_row
    assert "e-01" in skips and int(skips.split()[-2].rstrip("%")) >= 98


def test_the_students_network_begins_by_guessing_and_learns_a_batch_by_heart(cells):
    start = printed(cells, 'Net = yours("CifarNet")')
    assert "loss at the start: 2.31, ln 10: 2.30" in start
    lines = printed(cells, "logits = model(few)").splitlines()
    assert "16 of 16 right" in lines[-1] and "16 of 16 right" not in lines[0]
    assert "new: True - trained: True" in printed(cells, 'test = yours("smoke_test")')


def test_the_stand_ins_do_what_the_answers_do(cells):
    from autograder.torch_nn.stand_ins.ch04 import CifarNet, smoke_test

    torch.manual_seed(4)
    net = CifarNet()
    torch.manual_seed(4)
    same = quick_net()
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(net(x), same(x))
    constant, frozen, tiny = quick_net(), quick_net(), quick_net()
    nn.init.zeros_(constant[8].weight)
    frozen[0].bias.requires_grad_(False)
    for parameter in tiny[8].parameters():
        nn.init.normal_(parameter, std=1e-8)
    nn.init.zeros_(tiny[8].bias)
    assert smoke_test(net) and smoke_test(tiny) and net.training
    assert not smoke_test(net, n_classes=12)
    assert not smoke_test(constant) and not smoke_test(frozen)
    assert not smoke_test(nn.Sequential(quick_net(), nn.Softmax(dim=0)))


def test_the_questions_can_be_answered():
    import random

    from autograder.torch_nn.questions.ch04 import QUESTIONS

    for ask in QUESTIONS:
        for seed in range(20):
            question = ask(random.Random(seed))
            assert question.why and isinstance(question.answer, int | tuple)
    first = QUESTIONS[0](random.Random(1))
    channels, size = (int(n) for n in re.findall(r"\d+", first.text)[:2])
    assert first.answer in (channels * (size // 2) ** 2, channels * (size // 4) ** 2)


# ------------------------------------------------------------------------------------ TensorBoard


def test_the_recorder_of_the_graph_is_deprecated_and_works(cells):
    assert printed(cells, "writer.add_graph(net,").splitlines() == [
        "FutureWarning - `torch.jit.trace` is deprecated",
        "FutureWarning - `torch.jit.trace_method` is deprecated",
        "FutureWarning - `torch.jit.trace_method` is deprecated",
    ]


def test_the_graph_is_read_back_with_its_nine_layers_and_their_shapes(cells):
    first, *lines = printed(cells, "events.Graph().node").splitlines()
    assert first == "a graph was written: True"
    operations = {"Conv2d": "_convolution", "MaxPool2d": "max_pool2d"}
    assert [line.split(maxsplit=2) for line in lines] == [
        [f"{name}[{i}]", f"aten::{operations.get(name, name.lower())}", str([1, *shape])]
        for i, (name, shape) in enumerate(LAYERS)
    ]


def test_the_panel_is_shown_with_words_for_those_who_do_not_see_it(cells):
    (output,) = cell_with(cells, "pictures.graph_panel(shapes)").outputs
    alt = output.metadata["image/png"]["alt"]
    assert "nine layers" in alt and "1 × 64 × 4 × 4, 1 × 1024, 1 × 64, 1 × 10" in alt
    with np.load(Path(ch04.__file__).with_name("graph_panel.npz")) as stored:
        picture = Image.open(io.BytesIO(stored["png"].tobytes())).convert("RGB")
    assert picture.width >= 620
    assert picture.getpixel((5, 5)) == pytest.approx((245, 124, 0), abs=3)  # TensorBoard's orange


# --------------------------------------------------------------------------------------- pictures


def quick_net() -> nn.Sequential:
    channels = [3, 32, 32, 64]
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(channels):
        layers += [nn.Conv2d(before, after, 5, padding=2), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10))


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch):
    drawn: list[plt.Figure] = []
    monkeypatch.setattr(ch04, "show", lambda figure, alt: drawn.append(figure))
    yield drawn
    plt.close("all")


def test_the_staircase_says_sizes_and_parameters(figures):
    ch04.staircase(quick_net(), torch.zeros(1, 3, 32, 32))
    (figure,) = figures
    numbers, parameters = figure.axes
    sizes = [bar.get_width() for bar in numbers.patches]
    assert sizes == [3072, *(math.prod(shape) for _, shape in LAYERS)]
    counts = [bar.get_width() for bar in parameters.patches]
    assert counts == [0, 2_432, 0, 25_632, 0, 51_264, 0, 0, 65_600, 650] and sum(counts) == 145_578
    words = [text.get_text() for ax in figure.axes for text in ax.texts]
    for word in ("2,432", "65,600", "3 × 32 × 32", "32 × 32 × 32", "64 × 4 × 4", "1,024", "10"):
        assert word in words
    assert (
        max(range(10), key=sizes.__getitem__) == 1 and max(range(10), key=counts.__getitem__) == 8
    )
    assert figure._suptitle.get_text() == (
        "The first Conv2d gives most numbers, the first Linear has most parameters"
    )


def test_the_line_is_drawn_where_the_two_classes_are_even(figures):
    points, classes = ch04.two_moons()
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
        model.bias.copy_(torch.tensor([0.0, -0.5]))
    ch04.boundaries({"upright": model}, points, classes)
    (ax,) = figures[0].axes
    right = ((points[:, 0] > 0.5).long() == classes).float().mean()
    assert ax.get_title() == f"upright: {right:.0%} right"
    paths = [
        path.vertices
        for c in ax.collections
        if hasattr(c, "levels") and list(c.levels) == [0]
        for path in c.get_paths()
    ]
    assert np.allclose(np.concatenate(paths)[:, 0], 0.5, atol=1e-4)


def test_the_buttons_redraw_with_another_activation(monkeypatch):
    shown: list = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    points, classes = ch04.two_moons()
    torch.manual_seed(0)
    models = {"nothing": nn.Linear(2, 2), "Tanh": nn.Sequential(nn.Linear(2, 2), nn.Tanh())}
    ch04.explore_activations(models, points, classes)
    ((switch, screen),) = [box.children for box in shown]
    assert "nothing: " in screen.value
    before = screen.value
    switch.value = "Tanh"
    assert "Tanh: " in screen.value and screen.value != before


def test_without_widgets_all_activations_are_drawn(no_widgets, figures):
    points, classes = ch04.two_moons()
    ch04.explore_activations({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)}, points, classes)
    (figure,) = figures
    assert [ax.get_title().split(":")[0] for ax in figure.axes] == ["a", "b"]


def test_a_loss_that_is_no_number_any_more_ends_in_a_cross(figures):
    ch04.losses({"small": [2.3, 2.2, 2.1, 2.0], "large": [2.3, 9.0, math.inf, math.nan]})
    (ax,) = figures[0].axes
    assert [text.get_text() for text in ax.texts] == ["from step 2 on: nan"]
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in crosses] == [2]
