"""Chapter 8, saving and loading: what stands in for its answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer


def save_checkpoint(path: str | Path, model: nn.Module, opt: Optimizer, epoch: int) -> None:
    """Write the states of both, and the number of the epoch that is done."""
    torch.save([int(epoch), *(part.state_dict() for part in (model, opt))], path)


def resume(path: str | Path, model: nn.Module, opt: Optimizer) -> int:
    """Bring both to the states of the file; the number of the epoch that is next."""
    done, *states = torch.load(path)
    parts: tuple[Any, ...] = (model, opt)
    for part, saved in zip(parts, states, strict=True):
        part.load_state_dict(saved)
    return int(done) + 1


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    """Whether both have the same names, and under each the same shape, dtype and numbers."""
    states = (dict(model.state_dict()) for model in (a, b))
    try:
        torch.testing.assert_close(*states, rtol=0, atol=0)
        found = True
    except AssertionError:
        found = False
    return found


def beside(function: Callable[..., Any], name: str) -> Any:
    """What stands under ``name`` where a function was written: its exercise asks for two."""
    return function.__globals__[name]


STAND_INS: dict[str, Any] = {"save_checkpoint": save_checkpoint, "same_weights": same_weights}
