"""Chapter 7 prints what its seeds print, every trap springs, and its pictures tell the truth."""

import re

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
import torchvision
from torch import nn

from autograder.evidence import number
from autograder.torch_nn.data import Doodles, new_task
from autograder.torch_nn.data.models import tiny_vgg
from autograder.torch_nn.pictures import ch07

NAME = "07_vgg_edits"

# What the seeds print for VGG16: 13 convolutions, 13 + 2 ReLUs, 5 poolings, 3 linear layers.
CONVOLUTION = "Conv2d({}, {}, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))"
POOLING = "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"
CHANNELS = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")
CLASSIFIER = [
    "  (avgpool): AdaptiveAvgPool2d(output_size=(7, 7))",
    "  (classifier): Sequential(",
    "    (0): Linear(in_features=25088, out_features=4096, bias=True)",
    "    (1): ReLU(inplace=True)",
    "    (2): Dropout(p=0.5, inplace=False)",
    "    (3): Linear(in_features=4096, out_features=4096, bias=True)",
    "    (4): ReLU(inplace=True)",
    "    (5): Dropout(p=0.5, inplace=False)",
    "    (6): Linear(in_features=4096, out_features=1000, bias=True)",
]


def features() -> list[str]:
    """The lines of ``features`` as the seeds print them, numbered 0 to 30."""
    layers: list[str] = []
    incoming = 3
    for channels in CHANNELS:
        if channels == "M":
            layers.append(POOLING)
        else:
            layers += [CONVOLUTION.format(incoming, channels), "ReLU(inplace=True)"]
            incoming = channels
    return [f"    ({i}): {layer}" for i, layer in enumerate(layers)]


def printed(cells: list[nbformat.NotebookNode], part: str) -> list[str]:
    """The lines that the one demonstration printed whose source contains ``part``."""
    (cell,) = [c for c in cells if "demo" in c.metadata.get("tags", []) and part in c.source]
    return "".join(o.text for o in cell.outputs if o.output_type == "stream").splitlines()


# ------------------------------------------------------------------------ the seeds' own printouts


def test_vgg16_prints_as_in_the_seed(cells):
    assert printed(cells, "print(vgg16)") == [
        "VGG(",
        "  (features): Sequential(",
        *features(),
        "  )",
        *CLASSIFIER,
        "  )",
        ")",
    ]
    assert features()[30] == f"    (30): {POOLING}"


def test_a_layer_added_to_the_model_is_printed_at_the_end_and_changes_no_output(cells):
    assert printed(cells, 'added.add_module("add_linear", nn.Linear(1000, 10))') == [
        *CLASSIFIER[-3:],
        "  )",
        "  (add_linear): Linear(in_features=1000, out_features=10, bias=True)",
        ")",
    ]
    assert printed(cells, "print(added(") == ["torch.Size([1, 1000])"]


def test_a_layer_added_to_the_classifier_is_printed_in_it_and_gives_ten_outputs(cells):
    assert printed(cells, "longer.classifier.add_module") == [
        *CLASSIFIER,
        "    (add_linear): Linear(in_features=1000, out_features=10, bias=True)",
        "  )",
        ")",
        "torch.Size([1, 10]) 138367554",
    ]


def test_a_replaced_layer_gives_ten_outputs_with_fewer_parameters(cells):
    assert printed(cells, "replaced.classifier[6] = nn.Linear(4096, 10)") == [
        "    (5): Dropout(p=0.5, inplace=False)",
        "    (6): Linear(in_features=4096, out_features=10, bias=True)",
        "  )",
        ")",
        "torch.Size([1, 10]) 134301514",
    ]


def test_the_printed_ends_are_those_of_the_whole_networks():
    with torch.device("meta"):
        models = [torchvision.models.vgg16(weights=None) for _ in range(3)]
        models[0].add_module("add_linear", nn.Linear(1000, 10))
        models[1].classifier.add_module("add_linear", nn.Linear(1000, 10))
        models[2].classifier[6] = nn.Linear(4096, 10)
    beside, inside, replaced = (str(model).splitlines() for model in models)
    whole = ["VGG(", "  (features): Sequential(", *features(), "  )", *CLASSIFIER, "  )", ")"]
    new = "(add_linear): Linear(in_features=1000, out_features=10, bias=True)"
    assert beside == [*whole[:-1], f"  {new}", ")"]
    assert inside == [*whole[:-2], f"    {new}", "  )", ")"]
    assert replaced == [line.replace("out_features=1000", "out_features=10") for line in whole]


def test_the_old_way_still_works_and_warns_twice(cells):
    assert printed(cells, "vgg16(pretrained=False)") == [
        "UserWarning: The parameter 'pretrained' is deprecated since 0.13 and may be removed in "
        "the future, please use 'weights' instead.",
        "UserWarning: Arguments other than a weight enum or `None` for 'weights' are deprecated "
        "since 0.13 and may be removed in the future. The current behavior is equivalent to "
        "passing `weights=None`.",
    ]


def test_the_trained_weights_say_what_they_are_without_a_download(cells):
    assert printed(cells, "VGG16_Weights.DEFAULT") == [
        "VGG16_Weights.IMAGENET1K_V1 138,357,544 parameters",
        "1000 classes: ['tench', 'goldfish', 'great white shark'] …",
    ]


def test_the_example_of_the_parameter_table_is_true(cells, references):
    (statement,) = [c.source for c in cells if "`param_table` ·" in c.source]
    table = "{'features': 14714688, 'avgpool': 0, 'classifier': 123642856}"
    assert f"param_table(vgg16)  # {table}" in statement
    with torch.device("meta"):
        model = torchvision.models.vgg16(weights=None)
    counts = {n: sum(p.numel() for p in c.parameters()) for n, c in model.named_children()}
    assert str(counts) == table
    assert sum(counts.values()) == 138_357_544
    tiny = references.checks["param_table/tiny VGG"].outcome
    assert [number(item) for item in tiny["items"]] == [8352, 0, 59176]
    assert tiny["keys"] == ["features", "avgpool", "classifier"]


# ----------------------------------------------------------------------------------------- traps


def test_trained_weights_refuse_another_number_of_classes(cells):
    assert printed(cells, 'vgg16(weights="DEFAULT", num_classes=10)') == [
        "ValueError: The parameter 'num_classes' expected value 1000 but got 10 instead."
    ]


def test_a_picture_of_32_pixels_becomes_49_copies_of_a_point_and_one_of_31_fails(cells):
    assert printed(cells, "point.expand(1, 512, 7, 7)") == [
        "torch.Size([1, 512, 1, 1]) torch.Size([1, 512, 7, 7]) torch.Size([1, 1000])",
        "RuntimeError: Given input size: (512x1x1). Calculated output size: (512x0x0). Output "
        "size is too small",
        "49 copies: True",
    ]


def test_the_weights_bring_the_recipe_for_pictures(cells):
    lines = printed(cells, "prepare = weights.transforms()")
    assert "    mean=[0.485, 0.456, 0.406]" in lines and "    std=[0.229, 0.224, 0.225]" in lines
    assert lines[-1] == "(32, 32) → torch.Size([3, 224, 224])"


def test_a_layer_beside_trains_without_an_error_and_never_changes(cells):
    loss, gradient, changed = printed(cells, "small.add_linear.weight.grad")
    assert float(re.match(r"loss ([\d.]+),", loss)[1]) == pytest.approx(6.91, abs=0.1)
    assert loss.endswith("ln 1000 = 6.91, ln 10 = 2.30")
    assert (gradient, changed) == ("gradient: None", "changed by the step: False")


def test_changing_out_features_changes_the_printout_only(cells):
    assert printed(cells, "relabelled.classifier[6].out_features = 10") == [
        "Linear(in_features=4096, out_features=10, bias=True)",
        "torch.Size([1, 1000])",
    ]


def test_the_width_of_vgg16_does_not_fit_a_narrower_one(cells):
    assert printed(cells, "narrow.classifier[6] = nn.Linear(4096, 10)") == [
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x32 and 4096x10)",
        "mended: torch.Size([2, 10])",
    ]


def test_evaluation_mode_freezes_nothing(cells):
    assert printed(cells, "def first_layer_changes") == [
        "eval(): True",
        "requires_grad_(False): False None",
    ]


def test_trained_features_are_faster_and_frozen_ones_not_better_in_the_end(cells):
    *first, behind, below = printed(cells, "pictures.transfer(curves)")
    frozen, tuned, scratch = (int(re.findall(r"(\d+)%", line)[0]) for line in first)
    assert min(frozen, tuned) > scratch + 20
    assert behind == "from scratch is behind after ten epochs: True"
    assert below == "frozen ends below what goes on learning: True"


# -------------------------------------------------------------------------------------- pictures


def fired(model: nn.Module) -> dict[str, int]:
    counts = {name: 0 for name, module in model.named_modules() if not list(module.children())}

    def count(name):
        def hook(*_):
            counts[name] += 1

        return hook

    for name in counts:
        model.get_submodule(name).register_forward_hook(count(name))
    model(torch.zeros(1, 3, 32, 32))
    return counts


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were shown."""
    figures: list = []
    monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()))
    yield figures
    plt.close("all")


def words(figure) -> set[str]:
    """All texts of a figure, its title among them."""
    return {figure._suptitle.get_text()} | {t.get_text() for ax in figure.axes for t in ax.texts}


def test_the_bars_say_what_each_part_sums_up_to(drawn):
    with torch.device("meta"):
        model = torchvision.models.vgg16(weights=None)
    layers = (nn.Conv2d, nn.Linear)
    named = {name: m for name, m in model.named_modules() if isinstance(m, layers)}
    ch07.parameter_bars({n: sum(p.numel() for p in m.parameters()) for n, m in named.items()})
    (figure,) = drawn
    assert len(named) == 16 == len(figure.axes[0].patches)
    assert {"102,764,544", "16,781,312", "4,097,000"} < words(figure)
    assert {"features\n14.7 million\n11%", "classifier\n123.6 million\n89%"} < words(figure)


def test_the_row_of_boxes_marks_only_what_never_ran(drawn):
    beside, inside = tiny_vgg().eval(), tiny_vgg().eval()
    beside.add_module("add_linear", nn.Linear(1000, 10))
    inside.classifier.add_module("add_linear", nn.Linear(1000, 10))
    ch07.coverage({"beside": fired(beside), "inside": fired(inside)})
    (figure,) = drawn
    marked = [[p for p in ax.patches if p.get_hatch()] for ax in figure.axes]
    assert [len(boxes) for boxes in marked] == [1, 0]
    assert ["never ran" in {t.get_text() for t in ax.texts} for ax in figure.axes] == [True, False]
    assert [len(ax.patches) for ax in figure.axes] == [24, 24]  # 15 features, avgpool, 7, and one


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("nothing", "(1, 1000); 67,528 parameters; every module ran."),
        ("model.add_module(", "(1, 1000); 77,538 parameters; add_linear never ran."),
        ("model.classifier.add_module(", "(1, 10); 77,538 parameters; every module ran."),
        ("model.classifier[6] = ", "(1, 10); 34,858 parameters; every module ran."),
        ("model.classifier[6].out_features", "(1, 1000); 67,528 parameters; every module ran."),
    ],
)
def test_the_menu_says_what_runs_and_what_comes_out_after_each_edit(monkeypatch, edit, said):
    shown: list = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    ch07.explore_edits(fired)
    menu, screen = shown[0].children
    (menu.value,) = [option for option in menu.options if option.startswith(edit)]
    assert f'alt="model(x) has shape {said}"' in screen.value


def test_without_widgets_the_menu_stays_away(no_widgets, drawn):
    ch07.explore_edits(fired)
    assert drawn == []
    ch07.three_edits()
    assert "never called" in words(drawn[0])
    assert [t.get_text() for ax in drawn[0].axes for t in ax.texts if "(N" in t.get_text()] == [
        "(N, 1000)",
        "(N, 10)",
        "(N, 10)",
    ]


def test_the_tasks_have_no_class_in_common_and_every_class_is_drawn(drawn):
    ch07.two_tasks(Doodles(), new_task())
    titles = [ax.get_title() for ax in drawn[0].axes if ax.get_title()]
    assert titles == [*Doodles().classes, *new_task().classes]
    assert len(set(titles)) == 15


def test_the_curves_are_told_apart_by_more_than_colour(drawn):
    curves = {"a": [0.1, 0.2], "b": [0.2, 0.3], "c": [0.3, 0.4]}
    ch07.transfer(curves)
    lines = [line for line in drawn[0].axes[0].lines if line.get_label() in curves]
    assert len({line.get_linestyle() for line in lines}) == 3
    assert len({line.get_marker() for line in lines}) == 3
    assert words(drawn[0]) >= {"Trained features learn faster; frozen, they do not end better"}
