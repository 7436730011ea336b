"""A small chapter for the tests of what a student sees: references made of recorded answers."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from autograder.checks.check import observe
from autograder.evidence import ATOL, RTOL
from autograder.judge.exercise import Exercise
from autograder.judge.references import References, collect
from autograder.judge.verdicts import Misconception

NAME = "02_small"
IMAGE = torch.tensor(
    [[1, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]]
)
KERNEL = torch.tensor([[1, 2, 1], [0, 1, 0], [2, 1, 0]])
BIG = torch.randn(1, 2, 24, 24, generator=torch.Generator().manual_seed(5))


def conv(x, k, stride=1):
    return F.conv2d(x.float()[None, None], k.float()[None, None], stride=stride)[0, 0]


def flipped(x, k, stride=1):
    return conv(x, k.flip(0, 1), stride)


def no_stride(x, k, stride=1):
    return conv(x, k)


def blur(x):
    return F.avg_pool2d(x, 3, 1, 1)


def parameters(module):
    return {name: tuple(p.shape) for name, p in module().named_parameters()}


def both(function, x):
    return {"output": function(x), "gradients": [x + 1, x.sum()]}


HINTS = ("Two loops.", "Cut a window with `x[i:i+h]`.", "Multiply, then `.sum()`.")

EXERCISES = {
    e.name: e
    for e in (
        Exercise("conv", "2.1", 2, 15, HINTS, points=(2, 3)),
        Exercise("out_size", "2.2", 1, 5, HINTS, points=(1, 2)),
        Exercise("blur", "2.3", 1, 10, HINTS, points=(1, 1)),
        Exercise("Net", "2.4", 3, 20, (), points=(2, 2)),
    )
}


def record(name, answer, *args, **kwargs):
    return observe(name, answer, args, kwargs, rtol=RTOL, atol=ATOL, forbid=())[0]


def conv_checks(answer):
    return [
        record("conv/stride 1", answer, IMAGE, KERNEL),
        record("conv/stride 2", answer, IMAGE, KERNEL, stride=2),
    ]


def make() -> References:
    """The chapter with its hidden checks."""
    recorded = {
        "conv-visible": conv_checks(conv),
        "conv-hidden": [record("conv/hidden", conv, IMAGE * 2, KERNEL)],
        "out_size-visible": [record("out_size/small", lambda: 3)],
        "blur-visible": [record("blur/image", blur, BIG)],
        "Net-visible": [
            record("Net/parameters", parameters, lambda: nn.Linear(3, 2)),
            record("Net/module", lambda: nn.Linear(3, 2)),
            record("Net/sealed", both, blur, BIG),
            record("Net/raises", lambda: int("x")),
        ],
    }
    mistakes = tuple(
        Misconception("conv", name, message, {e.name: e for e in conv_checks(answer)})
        for name, message, answer in (
            ("flipped", "You turned the kernel: that is the mathematicians' convolution.", flipped),
            ("no stride", "Your values are those of stride 1: is `stride` passed on?", no_stride),
        )
    )
    return collect(NAME, 0, "v1", EXERCISES, recorded, mistakes)


def write(folder: Path) -> References:
    """Put the public references into ``folder``, as a student gets them."""
    public = make().public()
    (folder / f"{NAME}.references").write_bytes(public.to_bytes())
    return public
