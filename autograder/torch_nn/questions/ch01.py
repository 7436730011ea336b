"""Chapter 1, Module: questions on it, asked in later chapters."""

from __future__ import annotations

import random

import torch
from torch import nn

from autograder.live.review import Ask, Question

#: the lesson's own random numbers do not depend on which questions were asked
_leaves_the_seed = torch.random.fork_rng(devices=[])


@_leaves_the_seed
def numbers_of_a_linear_layer(draw: random.Random) -> Question:
    """Weight and bias, counted."""
    i, o = draw.randint(3, 12), draw.randint(2, 9)
    return Question(
        f"How many numbers does `nn.Linear({i}, {o})` learn?",
        sum(p.numel() for p in nn.Linear(i, o).parameters()),
        f"Its `weight` has the shape `({o}, {i})`, its `bias` `({o},)`: {o} * {i} + {o}.",
    )


@_leaves_the_seed
def layers_in_a_list(draw: random.Random) -> Question:
    """A python list registers nothing."""
    i, h, o = draw.randint(2, 6), draw.randint(3, 9), draw.randint(1, 4)
    registers = draw.choice([False, True])
    kind = "an `nn.ModuleList`" if registers else "a python list"
    layers = [nn.Linear(i, h), nn.Linear(h, o)]
    holder = nn.Module()
    holder.layers = nn.ModuleList(layers) if registers else layers  # type: ignore[assignment]
    count = len(list(holder.parameters()))
    whys = {
        0: "Nobody looks into a python list: no layer in it is registered.",
        4: "A ModuleList registers its layers, each with a `weight` and a `bias`.",
    }
    return Question(
        f"A module's only attribute is {kind} with `nn.Linear({i}, {h})` and "
        f"`nn.Linear({h}, {o})`. How many tensors does its `parameters()` list?",
        count,
        whys[count],
    )


def trained_or_saved(draw: random.Random) -> Question:
    """Which listing names what was assigned."""
    value = draw.choice(
        ["nn.Parameter(torch.ones(3))", "nn.Buffer(torch.ones(3))", "torch.ones(3)"]
    )
    holder = nn.Module()
    holder.scale = eval(value, {"nn": nn, "torch": torch})
    trained = "scale" in dict(holder.named_parameters())
    saved = "scale" in holder.state_dict()
    return Question(
        f"In a module's `__init__` stands `self.scale = {value}`. Is it listed by "
        "`named_parameters()`, and by `state_dict()`? Answer with two bools, `(…, …)`.",
        (trained, saved),
        "A Parameter is trained and saved, a Buffer saved only; a plain tensor is an attribute "
        "like any other.",
    )


def hooks_that_run(draw: random.Random) -> Question:
    """Only calls of the object itself pass the hooks."""
    called, short = draw.randint(2, 6), draw.randint(2, 6)
    return Question(
        f"A forward hook is put on `model`. Then `model(x)` runs {called} times and "
        f"`model.forward(x)` {short} times. How often does the hook run?",
        _counted(called, short),
        "Hooks run in `__call__`, so when `model` itself is called; `model.forward` is past them.",
    )


def _counted(called: int, short: int) -> int:
    model, seen = nn.Identity(), []
    model.register_forward_hook(lambda module, args, result: seen.append(result))
    for run, times in ((model, called), (model.forward, short)):
        for _ in range(times):
            run(torch.ones(1))
    return len(seen)


def what_evaluation_mode_leaves(draw: random.Random) -> Question:
    """eval() for what is computed, no_grad() for what is recorded."""
    switch = draw.choice(["model.eval()", "with torch.no_grad():"])
    return Question(
        f"`model` is `nn.Linear({draw.randint(2, 9)}, 2)`. Of all switches you use only "
        f"`{switch}`. Does the output of `model(x)` require gradients then?",
        switch == "model.eval()",
        "`eval()` changes what layers compute and leaves the recording alone; `no_grad()` switches "
        "the recording off.",
    )


def sum_of_ones_through_dropout(draw: random.Random) -> Question:
    """Dropout does nothing in evaluation mode."""
    n = draw.randint(6, 40)
    dropout = nn.Dropout(0.5).eval()
    return Question(
        f"`dropout = nn.Dropout(0.5).eval()`. What is `dropout(torch.ones({n})).sum()`?",
        int(dropout(torch.ones(n)).sum()),
        "In evaluation mode Dropout hands on what it gets; it sets numbers to 0 only in training.",
    )


@_leaves_the_seed
def gradients_at_a_start(draw: random.Random) -> Question:
    """Of a network that starts from zeros only the last bias moves."""
    h = draw.randint(3, 40)
    network = nn.Sequential(nn.Linear(1, h), nn.ReLU(), nn.Linear(h, 1))
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    network(torch.ones(1, 1)).sum().backward()
    moved = sum(int(p.grad is not None and bool(p.grad.any())) for p in network.parameters())
    return Question(
        f"`nn.Linear(1, {h})`, ReLU, `nn.Linear({h}, 1)`: all numbers start at 0. How many of the "
        "four parameters get a gradient that is not 0 throughout?",
        moved,
        "Only the last bias: everything else is multiplied by a 0 on its way to the output.",
    )


QUESTIONS: list[Ask] = [
    numbers_of_a_linear_layer,
    layers_in_a_list,
    trained_or_saved,
    hooks_that_run,
    what_evaluation_mode_leaves,
    gradients_at_a_start,
    sum_of_ones_through_dropout,
]
