"""Chapter 8, saving and loading: questions on it, asked in later chapters."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.live.review import Ask, Question


def entries_of_a_state_dict(draw: Random) -> Question:
    """Parameters and buffers are counted."""
    linear, norms = draw.randint(2, 5), draw.randint(1, 4)
    layers = [nn.Linear(3, 3) for _ in range(linear)] + [nn.BatchNorm1d(3) for _ in range(norms)]
    return Question(
        f"A network has {linear} layers `nn.Linear` and {norms} of `nn.BatchNorm1d`. How many "
        "entries does its `state_dict()` have?",
        len(nn.Sequential(*layers).state_dict()),
        "`nn.Linear` has a weight and a bias; `nn.BatchNorm1d` has these and three buffers: a "
        f"running mean, a running variance, a counter. That is 2 × {linear} + 5 × {norms}.",
    )


def a_live_view(draw: Random) -> Question:
    """A state_dict changes with its model, a clone does not."""
    before, more, is_a_clone = draw.randint(2, 9), draw.randint(2, 9), draw.random() < 0.5
    layer = nn.Linear(1, 1)
    with torch.no_grad():
        layer.bias.fill_(before)
        kept = layer.state_dict()["bias"]
        kept = kept.clone() if is_a_clone else kept
        layer.bias.add_(more)
    line = 'kept = layer.state_dict()["bias"]' + (".clone()" if is_a_clone else "")
    return Question(
        f"The bias of `layer` is {before}. After `{line}` a training adds {more} to it. What "
        "number is in `kept`?",
        int(kept.item()),
        "`clone()` has memory of its own."
        if is_a_clone
        else "The tensors of a `state_dict()` are the model's own memory: they change with it.",
    )


def what_strict_forgives(draw: Random) -> Question:
    """Names are forgiven, shapes are not."""
    wide, narrow = draw.randint(6, 12), draw.randint(2, 5)
    kind, state = draw.choice(
        [
            (f"has no bias, and a weight of shape ({wide}, 4)", {"weight": torch.zeros(wide, 4)}),
            (f"has a weight of shape ({narrow}, 4)", {"weight": torch.zeros(narrow, 4)}),
            ("has an unknown name, `scale`, and nothing else", {"scale": torch.zeros(narrow)}),
        ]
    )
    try:
        nn.Linear(4, wide).load_state_dict(state, strict=False)
        is_loaded = True
    except RuntimeError:
        is_loaded = False
    return Question(
        f"A file {kind}. Does `nn.Linear(4, {wide}).load_state_dict(file, strict=False)` go "
        "through without an error? `True` or `False`?",
        is_loaded,
        "`strict=False` forgives names that are missing or unknown, and never another shape.",
    )


def the_name_behind_a_wrapper(draw: Random) -> Question:
    """A prefix comes in front of every name."""
    name = f"conv{draw.randint(1, 9)}.{draw.choice(['weight', 'bias'])}"
    wrapper, prefix = draw.choice([("nn.DataParallel", "module."), ("torch.compile", "_orig_mod.")])
    return Question(
        f"A network has a parameter `{name}`. Under which name is it in the `state_dict()` of "
        f"`{wrapper}(network)`?",
        prefix + name,
        f"The wrapper holds the network under the name `{prefix[:-1]}`, which comes in front.",
    )


def what_loads_by_default(draw: Random) -> Question:
    """NumPy's numbers and paths are refused; plain things and tensors are read."""
    number = draw.randint(2, 9)
    things: list[tuple[str, Any]] = [
        (f"np.float64({number})", np.float64(number)),
        (f'Path("run{number}.pth")', Path(f"run{number}.pth")),
        (f"torch.Size([{number}])", torch.Size([number])),
        (f"{{{number}, 0.5}}", {number, 0.5}),
    ]
    text, thing = draw.choice(things)
    file = io.BytesIO()
    torch.save({"weights": torch.zeros(2), "note": thing}, file)
    file.seek(0)
    try:
        torch.load(file)
        is_read = True
    except pickle.UnpicklingError:
        is_read = False
    return Question(
        f'A file holds `{{"weights": torch.zeros(2), "note": {text}}}`. Does `torch.load` read it '
        "with its defaults? `True` or `False`?",
        is_read,
        "Tensors, torch's sizes and dtypes, plain numbers, strings, lists, sets and dictionaries "
        "are read. NumPy's numbers, a `Path` and a `defaultdict` are refused, with the whole file.",
    )


def epochs_that_are_left(draw: Random) -> Question:
    """The first epoch has the number 0."""
    done, epochs = draw.randint(3, 20), draw.randint(25, 60)
    return Question(
        f"A training of {epochs} epochs, numbered from 0, is saved when epoch {done} is done. How "
        "many epochs are left for the run that resumes?",
        len(range(done + 1, epochs)),
        f"The next one is {done + 1}, the last one {epochs - 1}.",
    )


QUESTIONS: list[Ask] = [
    entries_of_a_state_dict,
    what_loads_by_default,
    what_strict_forgives,
    a_live_view,
    epochs_that_are_left,
    the_name_behind_a_wrapper,
]
