"""Chapter 3, layers: questions on it, asked in later chapters."""

from __future__ import annotations

import random

from autograder.live.review import Ask, Question


def parameters_of_a_convolution(draw: random.Random) -> Question:
    """in · k · k numbers for each kernel, and a bias."""
    come_in, go_out, k = draw.choice([1, 2, 3]), draw.choice([2, 4, 5, 10]), draw.choice([2, 3, 5])
    return Question(
        f"How many numbers does `nn.Conv2d({come_in}, {go_out}, {k})` learn?",
        go_out * (come_in * k * k + 1),
        f"{go_out} kernels of {come_in} · {k} · {k} numbers, each with one bias. The size of the "
        "picture plays no part.",
    )


def size_of_the_last_batch(draw: random.Random) -> Question:
    """What is left over behind the whole batches."""
    size, whole, rest = draw.choice([32, 50, 64, 100]), draw.randint(2, 9), draw.randint(1, 20)
    total = size * whole + rest
    return Question(
        f"A `DataLoader` with `batch_size={size}` goes through {total} images. How many are in its "
        "last batch?",
        rest,
        f"{whole} whole batches take {size * whole}; the rest makes a smaller one, unless "
        "`drop_last=True`.",
    )


def side_after_pooling(draw: random.Random) -> Question:
    """Floor or ceiling of side / k."""
    k, ceil_mode = draw.choice([2, 3, 4]), draw.random() < 0.5
    side = k * draw.randint(2, 6) + draw.randint(1, k - 1)
    return Question(
        f"`nn.MaxPool2d({k}, ceil_mode={ceil_mode})` gets a map of {side} × {side}. How long is a "
        "side of its result?",
        -(-side // k) if ceil_mode else side // k,
        f"The window moves by its own width, and {side} / {k} is no whole number: rounded "
        f"{'up' if ceil_mode else 'down'}.",
    )


def in_place(draw: random.Random) -> Question:
    """ReLU written over its argument."""
    low, high = -draw.randint(2, 9), draw.randint(2, 9)
    inplace = draw.random() < 0.5
    before = (low, high)
    return Question(
        f"`x = torch.tensor([{low}.0, {high}.0])`, then `F.relu(x, inplace={inplace})`. What does "
        "`x` hold now? (A tuple of two numbers.)",
        tuple(max(0, number) for number in before) if inplace else before,
        "The result is written into `x`, and ReLU makes 0 of what is negative."
        if inplace
        else "Without `inplace` the result is a new tensor, and `x` stays as it was.",
    )


def flattened_shape(draw: random.Random) -> Question:
    """The first axis survives."""
    n, channels, side = draw.choice([8, 16, 64]), draw.choice([2, 3, 5]), draw.choice([2, 4, 10])
    return Question(
        f"`x` is ({n}, {channels}, {side}, {side}). What shape has `x.flatten(start_dim=1)`? (A "
        "tuple.)",
        (n, channels * side * side),
        "The first axis counts the samples and survives; all others become one.",
    )


def kept_axes(draw: random.Random) -> Question:
    """keepdim leaves reduced axes with size 1."""
    n, channels, side = draw.randint(2, 9), draw.randint(2, 9), draw.choice([8, 16, 30])
    kept = draw.random() < 0.5
    return Question(
        f"`x` is ({n}, {channels}, {side}, {side}). What shape has "
        f"`x.amax((2, 3), keepdim={kept})`? (A tuple.)",
        (n, channels, 1, 1) if kept else (n, channels),
        "`keepdim=True` leaves the axes that were reduced, with size 1; else they are gone.",
    )


QUESTIONS: list[Ask] = [
    parameters_of_a_convolution,
    size_of_the_last_batch,
    side_after_pooling,
    in_place,
    flattened_shape,
    kept_axes,
]
