"""Chapter 2 prints what its seeds print, every trap fails, and its pictures tell the truth."""

import random
import re
from itertools import product

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
import pytest
import torch
import torch.nn.functional as F

from autograder.torch_nn.pictures import ch02
from autograder.torch_nn.questions.ch02 import QUESTIONS
from autograder.torch_nn.stand_ins.ch02 import STAND_INS

NAME = "02_functional_conv"
IMAGE = torch.tensor(
    [[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]]
)
KERNEL = torch.tensor([[1, 2, 1], [0, 1, 0], [2, 1, 0]])
SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])

STRIDE_1 = "tensor([[[[10, 12, 12],\n          [18, 16, 16],\n          [13,  9,  3]]]])\n"
STRIDE_2 = "tensor([[[[10, 12],\n          [13,  3]]]])\n"
PADDING_1 = (
    "tensor([[[[ 1,  3,  4, 10,  8],\n"
    "          [ 5, 10, 12, 12,  6],\n"
    "          [ 7, 18, 16, 16,  8],\n"
    "          [11, 13,  9,  3,  4],\n"
    "          [14, 13,  9,  7,  4]]]])\n"
)


def printed(cells: list[nbformat.NotebookNode], part: str) -> str:
    """What the one demonstration cell printed whose source contains ``part``."""
    (cell,) = [
        c
        for c in cells
        if c.cell_type == "code" and part in c.source and "demo" in c.metadata.get("tags", [])
    ]
    return "".join(o.text for o in cell.outputs if o.output_type == "stream")


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("print(image.shape)", "torch.Size([5, 5])\ntorch.Size([3, 3])\n"),
        ("print(image_4d.shape)", "torch.Size([1, 1, 5, 5])\ntorch.Size([1, 1, 3, 3])\n"),
        ("kernel_4d, stride=1)\n", STRIDE_1),
        ("kernel_4d, stride=2)\n", STRIDE_2 + "True\n"),
        ("kernel_4d, stride=1, padding=1)", PADDING_1),
        (
            "padding=1, stride=2",
            "tensor([[[[ 1,  4,  8],\n          [ 7, 16,  8],\n          [14,  9,  4]]]])\n",
        ),
        ("kernel_4d, dilation=2", "tensor([[[[7]]]])\ntensor(7)\n"),
        (
            "stride=(1, 2)",
            "tensor([[[[10, 12],\n          [18, 16],\n          [13,  3]]]])\n",
        ),
        (
            "kernel_4d.flip(2, 3)",
            "tensor([[[[ 9, 12,  9],\n          [19, 18, 11],\n          [10,  6,  4]]]])\n"
            "tensor([[[[ 5, 17, 11],\n          [14, 14,  9],\n          [20, 11,  9]]]])\n",
        ),
    ],
)
def test_the_notebook_prints_the_tensors_of_the_seeds_digit_for_digit(cells, part, text):
    assert printed(cells, part) == text


@pytest.mark.parametrize(
    ("part", "error"),
    [
        ("torch.nn.functional(", "TypeError: 'module' object is not callable"),
        ("F.conv2d(image, kernel)", "RuntimeError: Expected 3D (unbatched) or 4D (batched) input"),
        ("torch.reshape(wide", "RuntimeError: shape '[1, 1, 5, 5]' is invalid for input of size"),
        ("F.conv2d(same_name", "RuntimeError: Expected 3D (unbatched) or 4D (batched) input"),
        ("F.conv2d(two_pictures, ", "to have 1 channels, but got 2 channels instead"),
        ('padding="same", stride=2', "RuntimeError: padding='same' is not supported for strided"),
        ("image_4d[:, :, :2]", "Kernel size can't be greater than actual input size"),
        ("maps_3_wide + biases", "RuntimeError: The size of tensor a (3) must match"),
        ("F.conv2d(colours, three_kernels)\n", "to have 1 channels, but got 3 channels instead"),
        ("attempts", "RuntimeError: expected scalar type Long but found Float"),
        ("attempts", "NotImplementedError: "),
        (
            "attempts",
            "RuntimeError: Input type (long int) and bias type (float) should be the same",
        ),
    ],
)
def test_each_trap_fails_with_its_error(cells, part, error):
    assert error in printed(cells, part)


def test_the_silent_traps_give_wrong_numbers(cells):
    assert printed(cells, "bright = torch.full") == "tensor([[[[8]]]], dtype=torch.uint8)\n"
    assert printed(cells, "bright.float()").startswith("tensor([[[[1800.]]]])\n")
    assert "no error, but right: False\n" in printed(cells, "maps_4_wide + biases, right")
    assert printed(cells, "def hasty_conv").endswith("tensor([8., 8.])\n")


def test_the_references_are_the_tensors_of_the_seeds(references):
    for what, settings in (
        ("the picture", {}),
        ("floats", {}),
        ("stride 2", {"stride": 2}),
        ("padding 1", {"padding": 1}),
    ):
        evidence = references.checks[f"conv2d_manual/{what}"]
        expected = F.conv2d(IMAGE[None, None], KERNEL[None, None], **settings)[0, 0]
        assert evidence.outcome["dtype"] == ("int64" if what == "the picture" else "float32")
        (array,) = evidence.tensors.values()
        assert array.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("to_nchw/the example", [[[[1, 2, 3], [4, 5, 6]]]]),
        ("safe_conv/bytes", [[1800] * 3] * 2),
        (
            "sobel_x/the example",
            [[[[3, 0, 0, -3], [4, 0, 0, -4], [4, 0, 0, -4], [3, 0, 0, -3]]]],
        ),
    ],
)
def test_the_printed_examples_are_the_visible_references(references, name, numbers):
    (array,) = references.checks[name].tensors.values()
    assert array.dtype.name == "float32"
    assert array.tolist() == numbers


def test_the_references_of_the_sizes_are_those_of_torch(references):
    for what in (
        "none given",
        "stride alone",
        "padding alone",
        "dilation alone",
        "stride and padding",
        "stride and dilation",
        "padding and dilation",
        "stride, padding and dilation",
    ):
        outcome = references.checks[f"conv_out_size/{what}"].outcome
        entries = dict(zip(outcome["keys"], outcome["items"], strict=True))
        sizes = {key: item for key, item in entries.items() if key.startswith("n=")}
        assert len(sizes) >= 5
        for key, item in sizes.items():
            settings = {name: int(n) for name, n in (part.split("=") for part in key.split())}
            line = torch.zeros(1, 1, settings.pop("n"), device="meta")
            window = torch.zeros(1, 1, settings.pop("k"), device="meta")
            assert int(item["value"]) == F.conv1d(line, window, **settings).shape[-1], key


def test_the_title_of_the_sliders_holds_the_size_of_the_result():
    for stride, padding, dilation in product((1, 2, 3), (0, 1, 2), (1, 2)):
        formula, size = ch02.size_formula(5, 3, stride, padding, dilation)
        settings = {"stride": stride, "padding": padding, "dilation": dilation}
        result = F.conv2d(IMAGE[None, None], KERNEL[None, None], **settings)
        assert result.shape[2:] == (size, size)
        assert formula.endswith(f"= {size}")
        inner = formula.split("⌊")[1].split("⌋")[0].replace("·", "*").replace("−", "-")
        assert int(eval(inner) // 1) + 1 == size


def test_moving_a_slider_redraws_the_picture_and_its_alternative_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    ch02.explore(IMAGE, KERNEL)
    (box,) = shown
    row, screen = box.children
    before = screen.value
    assert 'alt="Stride 1, padding 0, dilation 1: the kernel stops at 3 by 3 places.' in before
    stride = next(s for s in row.children if s.description == "stride")
    assert isinstance(stride, ipywidgets.IntSlider)
    stride.value = 2
    assert (
        'alt="Stride 2, padding 0, dilation 1: the kernel stops at 2 by 2 places.' in screen.value
    )
    assert screen.value.split("base64,")[1] != before.split("base64,")[1]


def drawn(monkeypatch, draw, *arguments, **settings):
    """The figure and the words that a picture is shown with."""
    shown = []
    monkeypatch.setattr(ch02, "show", lambda figure, alt: shown.append((figure, alt)))
    draw(*arguments, **settings)
    ((figure, alt),) = shown
    plt.close(figure)
    return figure, alt


def test_the_sliding_kernel_shows_all_products_and_sums(monkeypatch):
    figure, alt = drawn(monkeypatch, ch02.sliding_kernel, IMAGE, KERNEL)
    sums = F.conv2d(IMAGE[None, None], KERNEL[None, None]).flatten().tolist()
    texts = [[text.get_text() for text in ax.texts] for ax in figure.axes]
    assert len(texts) == 9
    for written, total in zip(texts, sums, strict=True):
        assert f"sum {total}" in written
        products = written[25 + 9 : 25 + 9 + 9]
        assert sum(int(number) for number in products) == total
    assert "10, 12, 12; 18, 16, 16; 13, 9, 3" in alt


def test_a_picture_that_is_white_at_its_border_lies_on_a_mat(monkeypatch):
    kernels = {"Sobel-x": SOBEL}
    figure, alt = drawn(monkeypatch, ch02.what_kernels_see, ch02.landscape(), kernels)
    picture = figure.axes[1]
    mat = picture.patches[0].get_bbox()
    assert mat.x0 < -0.5 and mat.x1 > 191.5  # it is wider than the picture
    assert "rows -1, 0, 1; -2, 0, 2; -1, 0, 1" in alt


def test_what_the_functions_write_and_warn_of_is_shown(cells):
    assert printed(cells, "running_var, training=True").endswith(
        "tensor([0.3000]) tensor([1.1000])\n"
    )
    even = printed(cells, "even_kernel = ")
    assert "even kernel lengths" in even
    assert even.endswith("torch.Size([1, 1, 5, 5])\nTrue\n")


def test_gradients_are_those_of_the_pixels_and_end_at_a_detached_kernel(cells):
    first, *_, last = printed(cells, "print(learnable.grad)").splitlines()
    assert (first, last) == ("tensor([9.])", "tensor(10)")
    assert printed(cells, "print(cut_off.grad)") == "None\ntensor([18.])\n"


def test_gradient_descent_finds_the_kernel_of_the_edge_map(cells):
    told = printed(cells, "for step in (0, 3, 10, 60):")
    assert "after 60 steps: loss 0.000, middle row ['-2.00', '" in told.splitlines()[-1]
    start, end = printed(cells, "flat_kernels, flat_losses").splitlines()[0].split(", then ")
    assert float(start.removeprefix("loss ")) > float(end) == 0


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (1, 1, 1, 1)])
def test_what_stands_in_does_what_the_exercises_ask_for(shape):
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randn(shape, generator=generator)
    channels = shape[1]
    wanted = F.conv2d(pictures, SOBEL.repeat(channels, 1, 1, 1), padding=1, groups=channels)
    assert torch.allclose(STAND_INS["sobel_x"](pictures), wanted, atol=1e-6)


def test_the_questions_ask_what_torch_answers():
    for i in range(40):
        draws = {ask.__name__: ask(random.Random(i)) for ask in QUESTIONS}
        numbers = {k: [int(n) for n in re.findall(r"\d+", q.text)] for k, q in draws.items()}
        k, n, stride, padding = numbers["size_of_result"]
        line = F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), None, stride, padding)
        assert draws["size_of_result"].answer == line.shape[-1]
        rows, columns, *around = numbers["the_order_of_pad"]
        padded = F.pad(torch.zeros(rows, columns), around)
        assert draws["the_order_of_pad"].answer == tuple(padded.shape)
        value = numbers["a_byte_is_full"][0]
        full = torch.full((1, 1, 3, 3), value, dtype=torch.uint8)
        assert draws["a_byte_is_full"].answer == F.conv2d(full, torch.ones_like(full)).item()
        turned = numbers["the_kernel_is_not_turned"][-5:-1]  # the last is the 2 of conv2d
        dot = torch.zeros(1, 1, 3, 3)
        dot[0, 0, 1, 1] = 1
        result = F.conv2d(dot, torch.tensor(turned).float().reshape(1, 1, 2, 2))
        assert draws["the_kernel_is_not_turned"].answer == result[0, 0, 0, 0]
        _, channels, height, _, out, size, _, groups = numbers["shape_of_weight"]
        weight = torch.zeros(draws["shape_of_weight"].answer)
        found = F.conv2d(torch.zeros(2, channels, height, height), weight, groups=groups)
        assert (found.shape[1], weight.shape[2]) == (out, size)
        size, _, dilation = numbers["padding_that_keeps_the_size"]
        padding = draws["padding_that_keeps_the_size"].answer
        kept = F.conv1d(torch.zeros(1, 1, 20), torch.zeros(1, 1, size), None, 1, padding, dilation)
        assert kept.shape[-1] == 20


def test_the_landscape_is_the_same_picture_every_time():
    first, second = ch02.landscape(), ch02.landscape()
    assert torch.equal(first, second)
    assert first.shape == (144, 192)
    assert 0 <= float(first.min()) < 0.2
    assert 0.9 < float(first.max()) <= 1
