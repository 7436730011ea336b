"""Chapter 2, functional convolution: questions on it, asked in later chapters."""

from __future__ import annotations

import random

from autograder.live.review import Ask, Question


def size_of_result(draw: random.Random) -> Question:
    """The formula of the size, with a step that may not fit."""
    n, k = draw.randint(8, 14), draw.choice((3, 5))
    stride, padding = draw.choice((1, 2, 3)), draw.choice((0, 1, 2))
    room = n + 2 * padding - k
    return Question(
        f"A kernel of {k} slides over {n} pixels, with `stride={stride}` and `padding={padding}`. "
        "At how many places does it stop?",
        room // stride + 1,
        f"Behind the first place {room} pixels are left, and {room // stride} steps of {stride} "
        "fit into them; plus the first place.",
    )


def padding_that_keeps_the_size(draw: random.Random) -> Question:
    """What "same" would choose for an odd kernel."""
    k, dilation = draw.choice((3, 5, 7)), draw.choice((1, 2))
    reach = dilation * (k - 1) + 1
    return Question(
        f"Which `padding` keeps the size, for a kernel of {k} with `stride=1` and "
        f"`dilation={dilation}`?",
        (reach - 1) // 2,
        f"The kernel reaches over {reach} pixels, so {reach - 1} places are lost; half of them are "
        "put back on either side.",
    )


def shape_of_weight(draw: random.Random) -> Question:
    """The axes of a kernel, with channels together or apart."""
    channels, out, k = draw.choice((3, 6, 8)), draw.choice((4, 16)), draw.choice((3, 5))
    groups = draw.choice((1, channels))
    out = out if groups == 1 else channels
    return Question(
        f"Pictures (2, {channels}, 9, 9) are to become results with {out} channels, by kernels of "
        f"{k} × {k} with `groups={groups}`. What is the shape of `weight`, as a tuple?",
        (out, channels // groups, k, k),
        "It is (channels out, channels in / groups, height, width); the batch has no part in it.",
    )


def a_byte_is_full(draw: random.Random) -> Question:
    """What bytes make of a sum above 255."""
    value = draw.choice((40, 60, 100, 150, 200, 250))
    return Question(
        f"Nine pixels of {value} lie under a kernel of nine ones, all of them `torch.uint8`. Which "
        "number does `F.conv2d` give?",
        9 * value % 256,
        f"The sum is {9 * value}, and a byte starts at 0 again after 255: {9 * value} = "
        f"{9 * value // 256} · 256 + {9 * value % 256}. Convert to `float32` first.",
    )


def the_order_of_pad(draw: random.Random) -> Question:
    """The numbers of ``F.pad`` begin with the last axis."""
    rows, columns = draw.randint(3, 6), draw.randint(3, 6)
    left, right, top, bottom = draw.sample((0, 1, 2, 3), 4)
    return Question(
        f"`x` has the shape ({rows}, {columns}). What is the shape of "
        f"`F.pad(x, ({left}, {right}, {top}, {bottom}))`, as a tuple?",
        (rows + top + bottom, columns + left + right),
        "The order is left, right, top, bottom: the first two numbers widen the last axis.",
    )


def the_kernel_is_not_turned(draw: random.Random) -> Question:
    """Cross-correlation: the first place meets a pixel with the kernel's last number."""
    a, b, c, d = draw.sample(range(2, 10), 4)
    return Question(
        f"A picture of 3 × 3 is 0 but for a 1 in its middle; the kernel is "
        f"[[{a}, {b}], [{c}, {d}]]. Which number stands top left in the result of `F.conv2d`?",
        d,
        f"At the first place the middle pixel lies under the kernel's last number, {d}: "
        "`conv2d` does not turn the kernel.",
    )


QUESTIONS: list[Ask] = [
    size_of_result,
    shape_of_weight,
    a_byte_is_full,
    the_order_of_pad,
    the_kernel_is_not_turned,
    padding_that_keeps_the_size,
]
