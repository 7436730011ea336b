"""Chapter 1, Module: what stands in for its answers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector


class TwoLayer(nn.Sequential):
    """Linear, ReLU, Linear, as exercise 1.3 describes them."""

    def __init__(self, i: int, h: int, o: int) -> None:
        super().__init__(nn.Linear(i, h), nn.ReLU(), nn.Linear(h, o))


def count_parameters(module: nn.Module, trainable_only: bool = False) -> int:
    """How many numbers a module learns; a shared parameter counts once."""
    chosen = [p for p in module.parameters() if not trainable_only or p.requires_grad]
    return len(parameters_to_vector(chosen)) if chosen else 0


@torch.no_grad()
def predict(module: nn.Module, x: Tensor) -> Tensor:
    """The output in evaluation mode, without a graph; the mode is put back."""
    mode = module.training
    try:
        output: Tensor = module.train(mode=False)(x)
    finally:
        module.train(mode)
    return output


STAND_INS: dict[str, Any] = {
    "TwoLayer": TwoLayer,
    "count_parameters": count_parameters,
    "predict": predict,
}
