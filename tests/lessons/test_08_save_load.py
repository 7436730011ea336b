"""Chapter 8 prints what its seeds print, every trap springs, and its pictures tell the truth."""

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from autograder.evidence import number
from autograder.torch_nn.pictures import ch08
from autograder.torch_nn.stand_ins.ch08 import STAND_INS, beside

NAME = "08_save_load"


@pytest.fixture
def drawn(monkeypatch):
    figures: list[tuple[Figure, str]] = []
    monkeypatch.setattr(ch08, "show", lambda *shown: figures.append(shown))
    yield figures
    plt.close("all")


def printed(cells: list[nbformat.NotebookNode], part: str) -> str:
    """What the one demonstration printed whose source contains ``part``."""
    (cell,) = [c for c in cells if "demo" in c.metadata.get("tags", []) and part in c.source]
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


# ------------------------------------------------------------------------- the seeds' own numbers


def test_the_two_files_of_vgg16_differ_by_9728_bytes(cells):
    part = "whole, weights = 553_451_687, 553_441_959"
    assert printed(cells, part) == "9,728 bytes, 0.0018%\n"


def test_both_ways_of_saving_write_a_file(cells):
    assert printed(cells, 'torch.save(net, folder / "whole.pth")') == "['whole.pth']\n"
    listed = printed(cells, 'torch.save(net.state_dict(), folder / "weights.pth")').splitlines()
    assert [line.split()[0] for line in listed] == [
        *("0.weight", "0.bias", "1.weight", "1.bias"),
        *("1.running_mean", "1.running_var", "1.num_batches_tracked"),
        *("4.weight", "4.bias"),
    ]


def test_vgg16_loads_whole_when_all_eight_classes_are_trusted(cells):
    assert printed(cells, "get_unsafe_globals_in_checkpoint").splitlines() == [
        "8 classes: AdaptiveAvgPool2d Conv2d Dropout Linear MaxPool2d ReLU Sequential VGG",
        "7 of them: UnpicklingError",
        "8 of them: VGG",
        "prints as it did before: True",
    ]


def test_the_dictionary_of_vgg16_has_32_entries_and_every_bias_is_zero(cells):
    lines = printed(cells, "torchvision.models.VGG(first_two)").splitlines()
    assert lines[0] == "32 features.0.weight … classifier.6.bias"
    names, words = zip(*(line.split(": ") for line in lines[1:]), strict=True)
    assert names == tuple(f"features.{i}.{what}" for i in (0, 2) for what in ("weight", "bias"))
    assert words[1] == words[3] == "all zero"
    for word in (words[0], words[2]):
        assert float(word.removeprefix("standard deviation ")) == pytest.approx(0.059, abs=0.003)


def test_loading_into_a_model_matches_all_keys(cells):
    assert printed(cells, 'folder / "fresh.pth")  # to compare').splitlines() == [
        "<All keys matched successfully>",
        "computes the same: True",
        "<All keys matched successfully>",
    ]


def test_the_class_with_the_typo_prints_as_in_the_seed(cells):
    assert printed(cells, "self.conc1 = nn.Conv2d") == (
        "Eyes(\n  (conc1): Conv2d(3, 64, kernel_size=(3, 3), stride=(1, 1))\n)\n"
    )


# ----------------------------------------------------------------------------------------- traps


def test_a_whole_model_is_refused_and_the_message_names_a_class(cells):
    lines = printed(cells, '    torch.load(folder / "whole.pth")\n').splitlines()
    assert lines == [
        "UnpicklingError",
        "Weights only load failed",
        "WeightsUnpickler error: Unsupported global: GLOBAL torch.nn.modules.container.Sequential "
        "was not an allowed global by default",
    ]
    mended = printed(cells, 'again = torch.load(folder / "whole.pth", weights_only=False)')
    assert mended.startswith("Sequential(\n  (0): Conv2d(3, 4,")


def test_a_file_runs_a_function_in_the_old_way_only(cells):
    assert printed(cells, "class Surprise") == (
        "This line was printed by the file.\nUnpicklingError\n"
    )


def test_a_dictionary_is_not_a_model(cells):
    assert printed(cells, 'loaded = torch.load(folder / "weights.pth")').splitlines() == [
        "OrderedDict ['0.weight', '0.bias']",
        "TypeError: 'collections.OrderedDict' object is not callable",
        "AttributeError: 'collections.OrderedDict' object has no attribute 'eval'",
    ]


def test_load_state_dict_does_not_return_the_model(cells):
    assert printed(cells, "no_model = small_net()") == (
        "TypeError: '_IncompatibleKeys' object is not callable\n"
    )


def test_names_are_forgiven_and_shapes_are_not(cells):
    assert printed(cells, "strict=False)").splitlines() == [
        "6 missing, unknown: ['stranger']",
        "RuntimeError: size mismatch for 0.weight: copying a param with shape torch.Size([4, 3, 5, "
        "5]) from checkpoint, the shape in current model is torch.Size([4, 3, 3, 3]).",
    ]


def test_loading_onto_the_meta_device_does_nothing_without_assign(cells):
    lines = printed(cells, "hollow = small_net()").splitlines()
    assert lines[0] == "<All keys matched successfully>"
    assert lines[1].startswith("9 warnings, the first: for 0.weight: copying from a non-meta")
    assert lines[1].endswith("which is a no-op")
    assert lines[2:] == ["without numbers: True", "without numbers, after assign=True: False"]


def test_only_a_forward_finds_the_typo_and_the_mended_class_does_not_mend_the_file(cells):
    no_attribute = "AttributeError: 'Eyes' object has no attribute 'conv1'"
    assert printed(cells, "try:\n    eyes(x)") == f"{no_attribute}\n"
    assert [line.strip() for line in printed(cells, "old = torch.load(").splitlines()] == [
        no_attribute,
        "RuntimeError: Error(s) in loading state_dict for Eyes:",
        'Missing key(s) in state_dict: "conv1.weight", "conv1.bias".',
        'Unexpected key(s) in state_dict: "conc1.weight", "conc1.bias".',
    ]


def test_another_program_does_not_find_the_class_unless_it_lives_in_a_module(cells):
    assert printed(cells, "as new_python").splitlines() == [
        "here:  Eyes",
        "there: AttributeError: Can't get attribute 'Eyes' on <module '__main__' (built-in)>",
    ]
    assert printed(cells, "pictures.load_matrix(") == "classes of a module, there: Sequential\n"


def test_of_a_buffer_that_is_not_persistent_the_file_knows_nothing(cells):
    assert printed(cells, "with_a_mask = nn.Linear").splitlines()[2:] == [
        "1.num_batches_tracked [3]",
        "buffers: ['mask', 'notes']",
        "state_dict: ['weight', 'bias', 'mask']",
    ]


def test_the_list_admits_plain_things_and_refuses_what_one_meets(cells):
    assert "refused" not in printed(cells, "def read_back(thing)")
    lines = printed(cells, "curves = defaultdict(list)").splitlines()
    assert [line.split()[-1] for line in lines] == ["Tensor", *["refused"] * 4]
    assert printed(cells, "mended = notes |").endswith("all of it: dict\n")


def test_a_file_from_a_gpu_is_refused_without_one_and_mended_by_map_location(cells):
    assert printed(cells, "pictures.as_from_a_gpu(").splitlines() == [
        "RuntimeError: Attempting to deserialize object on a CUDA device but "
        "torch.cuda.is_available() is False",
        "cpu True",
    ]


def test_a_wrapper_puts_a_prefix_in_front_of_every_name(cells):
    assert printed(cells, 'nn.DataParallel(net), "compile"').splitlines() == [
        "alone         0.weight",
        "DataParallel  module.0.weight",
        "compile       _orig_mod.0.weight",
        "RuntimeError:",
        '  Missing key(s) in state_dict: "0.weight", "0.bias",  …',
        '  Unexpected key(s) in state_dict: "_orig_mod.0.weight …',
    ]
    assert printed(cells, "consume_prefix_in_state_dict_if_present").splitlines() == [
        "the same network: [True, True]",
        "<All keys matched successfully>",
    ]


def test_only_the_file_has_the_best_weights(cells):
    memory, file, last = printed(cells, "pictures.best_so_far(").splitlines()
    (_, worst), (_, best) = memory.split(": "), file.split(": ")
    assert last.startswith(f"the last: {worst}, the best: {best} in epoch ")
    assert float(best) < float(worst) - 0.3


def test_only_with_scheduler_and_random_state_is_the_run_the_same(cells):
    lines = printed(cells, "torch.set_rng_state(").splitlines()
    off = [float(line.split()[0]) for line in lines]
    assert off[0] > off[1] > off[2] == 0
    assert lines[-1] == "0 off with model, optimizer, random, scheduler"


def test_the_training_that_was_stopped_has_no_seam(cells):
    assert printed(cells, "pictures.no_seam(").splitlines() == [
        "goes on with epoch 4",
        "largest difference: 0.0",
        "the same weights in the end: True",
    ]


def test_the_stand_ins_do_what_the_exercises_ask(tmp_path):
    runs = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = nn.Linear(2, 1)
        runs.append((model, torch.optim.Adam(model.parameters())))
    path = tmp_path / "run.pth"
    save, alike = STAND_INS["save_checkpoint"], STAND_INS["same_weights"]
    runs[0][0](torch.ones(1, 2)).sum().backward()
    runs[0][1].step()
    assert not alike(runs[0][0], runs[1][0])
    save(path, *runs[0], 4)
    assert beside(save, "resume")(path, *runs[1]) == 5
    assert alike(runs[0][0], runs[1][0])
    assert str(runs[0][1].state_dict()) == str(runs[1][1].state_dict())
    assert not alike(nn.Linear(2, 1), nn.Linear(2, 1, bias=False))
    assert not alike(nn.Linear(2, 1), nn.Linear(1, 1))


def test_a_dot_in_place_of_an_underscore_is_another_file(cells):
    part = 'folder / "vgg16.method3.pth"'
    assert printed(cells, part) == "FileNotFoundError: vgg16_method3.pth\n"


def test_a_state_dict_changes_with_its_model(cells):
    assert printed(cells, "kept = net.state_dict()") == "1.0\n"
    assert printed(cells, 'own = kept["4.bias"].clone()').splitlines() == [
        "changed with the model: True False",
        "needs gradients: True False",
    ]


def test_only_with_the_optimizers_state_does_a_training_go_on(cells):
    assert printed(cells, "weights_only = half + train") == (
        "the same to the last digit: True False\n"
    )


# ------------------------------------------------------------------------------------ references


def words_of(outcome):
    """The plain values of a list, a tuple or a dict by its keys."""
    values = [item["value"] for item in outcome["items"]]
    return dict(zip(outcome["keys"], values, strict=True)) if "keys" in outcome else values


def test_the_references_are_those_of_the_statements(references):
    there = references.checks["save_weights/there and back"]
    assert there.tensors[there.outcome["data"]].tolist() == [[pytest.approx(20, abs=1e-3)]]
    assert number(references.checks["save_checkpoint/what resume returns"].outcome) == 4
    left_out = references.checks["load_matching/what was left out"].outcome
    assert words_of(left_out) == ["4.bias", "4.weight", "extra"]
    came_in = words_of(references.checks["load_matching/what came in"].outcome)
    assert [name for name, came in came_in.items() if not came] == ["4.weight", "4.bias"]
    renamed = references.checks["fix_keys/an old file"].outcome
    assert renamed["keys"] == ["fc.weight", "conv1.weight", "block.conc1.weight", "conv1.bias"]
    twin = references.checks["same_weights/float64"].outcome
    assert words_of(twin) == {"a twin": True, "the changed": False}


# -------------------------------------------------------------------------------------- pictures


def words(figure: Figure) -> list[str]:
    """Every text in the one pair of axes of a figure."""
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_sizes_are_drawn_to_scale(drawn):
    ch08.file_sizes(553_451_687, 553_441_959)
    ((figure, _),) = drawn
    whole, weights = (bar.get_width() for bar in figure.axes[0].patches)
    assert (whole - weights) * 2**20 == pytest.approx(9728)
    assert figure.axes[0].get_xlabel() == "MiB (here 9,728 bytes are 0.01 pixels)"
    assert words(figure)[0] == "the whole model: 553,451,687 bytes"


def test_the_entries_of_a_file_are_listed_with_their_tensors_and_bytes(drawn, tmp_path):
    torch.save(nn.Linear(3, 2).state_dict(), tmp_path / "line.pth")
    ch08.inside(tmp_path / "line.pth")
    ((figure, _),) = drawn
    assert words(figure)[3:] == [
        *("data/0", "weight  (2, 3)", "24 bytes"),
        *("data/1", "bias  (2,)", "8 bytes"),
    ]


def test_what_differs_is_told_from_what_is_equal(drawn):
    before = {"weight": torch.tensor([1.0, 2.0]), "count": torch.tensor(3)}
    ch08.differences(before, {"weight": torch.tensor([1.0, 2.5]), "count": torch.tensor(3)})
    ((figure, _),) = drawn
    assert words(figure) == ["differs by up to 0.5", "equal", "weight", "equal", "equal", "count"]


def test_a_run_with_weights_only_is_drawn_from_where_it_leaves(drawn):
    ch08.resumed({"a": [4, 3, 2, 1], "b": [4, 3, 2, 1], "c": [4, 3, 2.5, 2]}, at=2)
    ((figure, _),) = drawn
    whole, both, poor = figure.axes[0].lines[:3]
    assert list(whole.get_ydata()) == list(both.get_ydata()) == [4, 3, 2, 1]
    assert list(poor.get_xdata()) == [1, 2, 3]
    assert list(poor.get_ydata()) == [3, 2.5, 2]


def test_an_error_is_hatched_in_the_matrix(drawn):
    ch08.load_matrix(["a file"], ["UnpicklingError", "Eyes"], ["UnpicklingError: no", "Eyes"])
    ((figure, _),) = drawn
    assert words(figure) == ["a file", "UnpicklingError", "Eyes", "UnpicklingError", "Eyes"]
    boxes = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_fill()]
    assert [bool(box.get_hatch()) for box in boxes] == [True, False, True, False]


def test_the_training_that_was_stopped_is_drawn_on_the_one_that_was_not(drawn):
    ch08.no_seam([4, 3, 2, 1], [4, 3], [2, 1])
    ch08.no_seam([4, 3, 2, 1], [4, 3], [2.5, 1])
    (figure, alt), (other, _) = drawn
    assert list(figure.axes[0].lines[2].get_xdata()) == [2, 3]
    assert "0 apart" in alt and "no seam" in figure.get_suptitle()
    assert "a seam of 0.5" in other.get_suptitle()


def test_where_the_kept_weights_lie_is_marked(drawn):
    ch08.best_so_far([4, 2, 3], {"the state_dict": 3, "the file": 2})
    ((figure, alt),) = drawn
    assert [mark.get_xdata()[0] for mark in figure.axes[0].lines[1:]] == [2, 1]
    assert "the file holds weights with the loss 2.000, those of epoch 1" in alt
