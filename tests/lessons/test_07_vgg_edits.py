"""Chapter 7 prints what its seeds print, every trap springs, and its pictures tell the truth."""

import random
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
from autograder.torch_nn.questions.ch07 import (
    QUESTIONS,
    parameters_of_a_new_head,
    width_before_a_new_head,
)
from autograder.torch_nn.stand_ins.ch07 import STAND_INS

NAME = "07_vgg_edits"

#: what the text says and no cell prints as it stands
COMPUTED = {"102.8": "102,764,544 / 10 ** 6"}

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
    lines = printed(cells, "IMAGENET1K_V1.transforms()")
    assert "    mean=[0.485, 0.456, 0.406]" in lines and "    std=[0.229, 0.224, 0.225]" in lines
    assert lines[-2] == "(32, 32) → torch.Size([3, 224, 224])"
    assert lines[-1].endswith("tensor([2.2489, 2.2710, 1.6291])")


def test_weights_with_other_transforms_than_theirs_guess_more(cells):
    assert printed(cells, "def share_right") == [
        "as in its training:      96% right",
        "normalised as for VGG16: 58% right",
    ]


def test_a_mode_is_each_modules_own_and_training_moves_statistics(cells):
    modes, still, moved = printed(cells, "mixed[1].eval()")
    assert "('Sequential', False), ('BatchNorm1d', False)" in modes
    assert still.endswith("tensor([0., 0.])") and moved.endswith("True")


def test_a_layer_beside_trains_without_an_error_and_never_changes(cells):
    size, loss, gradient, changed = printed(cells, "small.add_linear.weight.grad")
    assert size == "67,528 parameters"
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
    lines = printed(cells, "def end(accuracies)")
    assert [line.rpartition(": ")[2].strip() for line in lines] == ["True"] * 3


def test_freezing_saves_most_of_the_way_back(cells):
    *starts, share = printed(cells, "FlopCounterMode(display=False)")
    counts = [[int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\d", s)] for s in starts]
    (_, there, frozen), (_, same, tuned), scratch = counts
    assert there == same and scratch == counts[1] and frozen < tuned / 40
    assert share == (
        f"a frozen step is {(there + frozen) / (same + tuned):.0%} of one in which everything "
        "learns"
    )


def test_a_students_networks_take_a_new_head_and_learn(cells):
    assert all(": True" in line for line in printed(cells, "net = Net()"))
    heads = printed(cells, "copy.deepcopy(known)")
    assert [re.findall(r"[\d,]*\d (?=parameters)", line)[0].strip() for line in heads] == [
        "325",
        "145,253",
        "145,253",
    ]
    assert all("head used: True" in line for line in heads)
    assert printed(cells, "progressed[name].append")[-1].endswith("True")
    assert printed(cells, "head_and_optimizer(tiny_vgg")[-1].endswith("True")


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
    """The figures that were shown, each with its words."""
    figures: list = []

    def show(figure, alt):
        assert len(alt) > 60
        figures.append(figure)

    monkeypatch.setattr(ch07, "show", show)
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
    ch07.transfer({"many": curves, "few": curves})
    for ax in drawn[0].axes:
        lines = [line for line in ax.lines if line.get_label() in curves]
        assert len({line.get_linestyle() for line in lines}) == 3
        assert len({line.get_marker() for line in lines}) == 3
    assert words(drawn[0]) >= {"Trained features put a network ahead of one from scratch"}


def test_errors_are_shown_with_what_was_said_and_what_is(drawn):
    images = new_task(train=False)
    said = list(images.targets)
    cats = [i for i, target in enumerate(images.targets) if target == 1][:3]
    cup = images.targets.index(2)
    for i in (*cats, cup):
        said[i] = 0
    ch07.mistakes(images, [*cats, cup], said)
    titles = [ax.get_title() for ax in drawn[0].axes if ax.get_title()]
    assert titles == ["says car\nis cat"] * 3 + ["says car\nis cup"]
    assert drawn[0]._suptitle.get_text().startswith("3 of 4 errors: “cat”")
    ch07.mistakes(images, [], said)  # none is wrong


def test_the_prepared_image_is_the_transforms_own(drawn):
    picture, _ = Doodles()[0]
    ch07.preparation(picture, torchvision.models.VGG16_Weights.IMAGENET1K_V1.transforms()(picture))
    titles = [ax.get_title() for ax in drawn[0].axes]
    assert titles[0] == "32 × 32 pixels" and titles[2].endswith("-1.21 to 2.25")


# ---------------------------------------------------------------------- stand-ins and questions


def test_the_stand_ins_do_what_the_exercises_ask_for():
    model = STAND_INS["replace_head"](tiny_vgg(), 4)
    assert model.classifier[6].weight.shape == (4, 32)
    assert [p.shape[0] for p in STAND_INS["freeze_features"](model)] == [32, 32, 32, 32, 4, 4]
    model, optimizer = STAND_INS["new_head_optimizer"](model, 3, 0.1)
    assert optimizer.param_groups[0]["params"] == list(model.classifier[6].parameters())
    model.add_module("beside", nn.Linear(1, 1))
    model.classifier.eval()
    modes = [module.training for module in model.modules()]
    x = torch.zeros(1, 3, 32, 32)
    assert STAND_INS["is_used"](model, "classifier.6", x) is True
    assert STAND_INS["is_used"](model, "beside", x) is False
    assert modes == [module.training for module in model.modules()]


def test_the_stand_ins_draw_the_same_random_numbers_as_the_solution():
    torch.manual_seed(0)
    first = STAND_INS["replace_head"](tiny_vgg(weights="DEFAULT"), 5).classifier[6].weight
    torch.manual_seed(0)
    model = tiny_vgg(weights="DEFAULT")
    model.classifier[6] = nn.Linear(32, 5)
    assert torch.equal(first, model.classifier[6].weight)


@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize("seed", range(6))
def test_every_question_has_fresh_numbers_and_a_reason(ask, seed):
    question = ask(random.Random(seed))
    assert question.text.count("`") % 2 == 0 and question.why.endswith(".")
    assert isinstance(question.answer, int | bool | tuple)


def test_answers_to_the_questions_are_those_of_real_networks():
    assert width_before_a_new_head(Fixed([40, 500, 7])).answer == tuple(
        nn.Linear(40, 7).weight.shape
    )
    head = nn.Linear(50, 7)
    answer = parameters_of_a_new_head(Fixed([50, 7])).answer
    assert answer == sum(p.numel() for p in head.parameters())


class Fixed(random.Random):
    """Draws what it was given, one after the other."""

    def __init__(self, values):
        super().__init__(0)
        self.values = list(values)

    def randrange(self, *_):
        return self.values.pop(0)

    choice = randrange
