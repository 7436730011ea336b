"""Chapter 3 prints what its seeds print, every trap fails, and its pictures tell the truth."""

import re

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from autograder.checks import probes
from autograder.torch_nn.pictures import ch03

NAME = "03_layers"

#: numbers of the text that no cell prints, from numbers that cells have
COMPUTED = {
    "162": "6 * 3 * 3 * 3",
    "0.67": "(5 - 3) / 3",
    "3,072": "3 * 32 * 32",
    "19,200": "64 * 3 * 10 * 10",
    "49,152": "16 * 3 * 32 * 32",
    "196,608": "64 * 3 * 32 * 32",
}


def printed(cells: list[nbformat.NotebookNode], part: str) -> str:
    """What the one demonstration printed whose source contains ``part``."""
    (cell,) = [c for c in cells if "demo" in c.metadata.get("tags", []) and part in c.source]
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


def test_the_convolution_prints_the_seeds_line_and_learns_168_numbers(cells):
    assert printed(cells, "print(one_conv)") == (
        "OneConv(\n  (conv1): Conv2d(3, 6, kernel_size=(3, 3), stride=(1, 1))\n)\n"
    )
    assert printed(cells, "one_conv.named_parameters()").endswith("168 in all\n")


def test_the_last_batch_is_smaller(cells):
    lines = printed(cells, "one_conv(batch).shape)").splitlines()
    assert lines[0] == "torch.Size([64, 3, 32, 32]) → torch.Size([64, 6, 30, 30])"
    assert lines[-1] == "torch.Size([16, 3, 32, 32]) → torch.Size([16, 6, 30, 30])"


def test_cifar_without_its_files_says_so(cells):
    assert printed(cells, "CIFAR10(empty_folder") == (
        "RuntimeError: Dataset not found or corrupted. You can use download=True to download it\n"
    )


def test_the_reshape_doubles_the_batch_and_pairs_the_halves_of_one_image(cells):
    said = printed(cells, "fake_colours = torch.reshape")
    assert said.startswith("(64, 6, 30, 30) → (128, 3, 30, 30)\n")
    assert said.count("True") == 4
    mixed = printed(cells, "four, eight")
    assert "picture 1 mixes the images [0.0, 1.0]" in mixed
    assert "8 channels: RuntimeError" in mixed


def test_the_event_file_holds_values_cut_off_at_black_and_white(cells):
    assert "logged: [0, 0, 0, 127, 255, 255]" in printed(cells, 'found = read_back("runs/conv")')


def test_pooling_gives_the_seeds_numbers(cells, references):
    assert printed(cells, "nn.MaxPool2d(kernel_size=3, ceil_mode=True)(one_map)") == (
        "tensor([[[[2., 3.],\n          [5., 1.]]]])\ntensor([[[[2.]]]])\n"
    )
    pooled = {name: references.checks[f"maxpool_manual/{name}"] for name in ("ceil", "floor")}
    numbers = {name: next(iter(e.tensors.values())).tolist() for name, e in pooled.items()}
    assert numbers == {"ceil": [[2, 3], [5, 1]], "floor": [[2]]}


def test_whole_numbers_are_pooled_by_one_function_and_not_by_its_relatives(cells):
    lines = printed(cells, "for name, pool in poolings.items()").splitlines()
    assert lines[0].split() == ["max_pool2d", "torch.int64", "[2]"]
    assert [line.split()[0] for line in lines[1:] if "not implemented for" in line] == [
        "max_pool2d", "max_pool1d", "max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool2d",
    ]  # fmt: skip


def test_a_step_of_one_pixel_changes_pooled_maps_half_as_much(cells):
    lines = printed(cells, "spot.roll(steps, 2)").splitlines()
    assert [line.split(": ")[1] for line in lines[:3]] == [
        "[1.0, 0.0, 0.0, 0.0]",
        "[1.0, 0.0, 0.0, 0.0]",
        "[0.0, 1.0, 0.0, 0.0]",
    ]
    before, after = (float(line.split()[3]) for line in lines[3:])
    assert 0.4 < after / before < 0.6


def test_ten_sigmoids_fade_a_gradient_or_let_it_grow(cells):
    said = printed(cells, "torch.sigmoid(weight * y)")
    assert said == "weight 1: 9.54e-07\nweight 4: 1\nweight 8: 1.02e+03\n"


def test_data_goes_behind_autograds_back(cells):
    assert "gradient 0.250, right is 0.105" in printed(cells, "s.data.clamp_")


def test_trained_kernels_beat_random_ones_and_are_heard(cells):
    right = [
        int(share) for share in re.findall(r"(\d+)%", printed(cells, "nets[name] = SmallNet()"))
    ]
    random, trained = right
    assert random < 75 < 85 < trained
    shares = [
        [float(share) for share in re.findall(r"([\d.]+)%", line)]
        for line in printed(cells, "shown[name] = kernels").splitlines()
    ]
    random_ones, trained_ones = shares
    assert sum(share < 3 for share in random_ones) == 4
    assert [share < 3 for share in trained_ones] == [True] + 7 * [False]


def test_replacing_the_convolution_by_pooling_fails_twice(cells):
    lines = printed(cells, "sixty_four = torch.zeros").splitlines()
    assert lines == [
        "TypeError: _MaxPoolNd.__init__() got an unexpected keyword argument 'in_channels'",
        "RuntimeError: shape '[-1, 3, 30, 30]' is invalid for input of size 19200",
        "torch.Size([64, 3, 30, 30])",
    ]


def test_relu_prints_the_seeds_numbers_and_takes_any_shape(cells):
    assert printed(cells, "four_axes = torch.reshape(signed").splitlines() == [
        "torch.Size([1, 1, 2, 2])",
        "tensor([[1., 0.],",
        "        [0., 3.]])",
        "torch.Size([1, 1, 2, 2]) [1.0, 0.0, 0.0, 3.0]",
    ]


def test_the_inplace_snippet_of_the_seed_does_not_run(cells):
    assert printed(cells, "nn.ReLU(-1, inplace=True)") == (
        "TypeError: ReLU.__init__() got multiple values for argument 'inplace'\n"
        "ReLU(inplace=True)\n"
    )
    lines = printed(cells, "leaf = torch.tensor").splitlines()
    assert "a leaf Variable that requires grad is being used in an in-place" in lines[0]
    assert "modified by an inplace operation" in lines[1]
    assert lines[2] == "after times 3: fine, gradient [0.0, 3.0]"


def test_in_place_minus_one_becomes_zero_in_x_itself(cells):
    assert printed(cells, "y = nn.ReLU(inplace=inplace)(x)").splitlines()[1:] == [
        "False     [-1.0, 2.0]   [-1.0, 2.0]   [0.0, 2.0]   False",
        "True      [-1.0, 2.0]   [0.0, 2.0]    [0.0, 2.0]   True",
    ]


def test_sigmoid_makes_pictures_grey_and_relu_leaves_them_alone(cells):
    assert printed(cells, "ends = torch.tensor").splitlines() == [
        "sigmoid of black and white: tensor([0.5000, 0.7311])",
        "ReLU changes the images: False",
    ]


def test_taking_the_comment_sign_away_raises(cells):
    assert printed(cells, "class Uncommented") == (
        "AttributeError: 'Uncommented' object has no attribute 'Sigmoid'\n"
    )


def test_folding_the_batch_into_the_features_dies_on_the_last_batch(cells):
    lines = printed(cells, "torch.reshape(batch, (1, 1, 1, -1))").splitlines()
    whole = [f"torch.Size([{s}])" for s in ("64, 3, 32, 32", "1, 1, 1, 196608", "1, 1, 1, 10")]
    assert lines[:9] == whole * 3
    assert lines[9] == "torch.Size([16, 3, 32, 32])"
    again = printed(cells, "strip = torch.flatten(batch)").splitlines()
    assert again[0].endswith("→ torch.Size([196608]) → torch.Size([10])")
    assert (
        lines[-1]
        == again[-1]
        == ("RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x49152 and 196608x10)")
    )


def test_the_right_layer_is_64_times_smaller(cells):
    lines = printed(cells, "right_size = nn.Linear").splitlines()
    assert lines[0] == ("numbers in a row: torch.Size([64, 3072]) scores: torch.Size([64, 10])")
    assert [line.split(" learns ")[1] for line in lines[1:]] == [
        "1,966,090 numbers",
        "30,730 numbers",
    ]


def test_the_bug_hunt_does_not_print_its_bugs(cells):
    assert printed(cells, "def broken_log_maps") == ""


def test_what_a_writer_logs_can_be_read_back():
    picture = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    found = probes.logged_images(lambda writer: writer.add_images("a", picture, 7))
    ((step, read),) = found["a"]
    assert step == 7
    assert torch.allclose(read, picture[0], atol=1 / 255)
    sizes = probes.logged_sizes(lambda writer: writer.add_images("a", picture, 7))
    assert sizes == {"a": ["step 7: 5 × 4"]}


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_the_drawn_windows_are_those_of_pytorch(k, ceil_mode):
    values = torch.randn(5, 7, generator=torch.Generator().manual_seed(k))
    windows = ch03._windows((5, 7), k, ceil_mode)
    largest = [values[r : r + h, c : c + w].max().item() for r, c, h, w in windows]
    expected = F.max_pool2d(values[None], k, ceil_mode=ceil_mode).flatten()
    assert np.array_equal(largest, expected.tolist())
