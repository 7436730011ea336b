"""Chapter 4 prints what its seeds print, every trap fails, and its pictures tell the truth."""

import io
import itertools
import math
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
    (output,) = cell_with(cells, "pictures.graph_panel()").outputs
    assert "nine layers" in output.metadata["image/png"]["alt"]
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
    monkeypatch.setattr(plt, "show", lambda: drawn.append(plt.gcf()))
    yield drawn
    plt.close("all")


def test_the_staircase_says_sizes_and_parameters(figures):
    ch04.staircase(quick_net(), torch.zeros(1, 3, 32, 32))
    (figure,) = figures
    (ax,) = figure.axes
    sizes = [bar.get_width() for bar in ax.patches]
    assert sizes == [3072, *(math.prod(shape) for _, shape in LAYERS)]
    words = [text.get_text() for text in ax.texts]
    for parameters in ("2,432", "25,632", "51,264", "65,600", "650", "145,578"):
        assert parameters in words
    for shape in ("3 × 32 × 32", "32 × 32 × 32", "64 × 4 × 4", "1,024", "10"):
        assert shape in words
    assert figure._suptitle.get_text() == (
        "3,072 numbers go in, 10 come out; 145,578 parameters decide"
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
    assert "the network with nothing" in screen.value
    before = screen.value
    switch.value = "Tanh"
    assert "the network with Tanh" in screen.value and screen.value != before


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
