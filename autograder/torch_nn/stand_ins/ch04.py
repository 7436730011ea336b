"""Chapter 4, Sequential: what stands in for its answers."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

_WIDTHS = (3, 32, 32, 64)


class CifarNet(nn.Module):
    """Images (N, 3, 32, 32) to logits (N, 10), as exercise 4.1 describes it."""

    def __init__(self) -> None:
        super().__init__()
        row: dict[str, nn.Module] = {}
        for i, (narrow, wide) in enumerate(itertools.pairwise(_WIDTHS), 1):
            row[f"conv{i}"] = nn.Conv2d(narrow, wide, 5, padding=2)
            row[f"pool{i}"] = nn.MaxPool2d(2)
        row |= {"flat": nn.Flatten(), "hidden": nn.Linear(1024, 64), "scores": nn.Linear(64, 10)}
        self.row = nn.Sequential(OrderedDict(row))

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.row(images)
        return logits


def smoke_test(model: nn.Module, n_classes: int = 10) -> bool:
    """Whether model may be a classifier for images (N, 3, 32, 32), as exercise 4.6 asks."""
    was_training = [(part, part.training) for part in model.modules()]
    try:
        return not any(_faults(model.eval(), n_classes))
    except Exception:
        return False
    finally:
        for part, mode in was_training:
            part.training = mode


def _faults(model: nn.Module, n_classes: int) -> Iterator[bool]:
    """Whether there is a fault, of each kind in turn."""
    images = torch.randn(5, 3, 32, 32)
    logits = model(images)
    singles = [model(one) for one in images.split(1)]
    yield logits.shape != (len(images), n_classes)
    yield any(single.shape != (1, n_classes) for single in singles)
    yield not bool(logits.isfinite().all())
    rounding = 1e-4 * float(logits.detach().abs().max())
    fixed, alone = logits.detach(), torch.stack(singles).detach().squeeze(1)
    yield float((fixed - fixed.mean(dim=0)).abs().max()) <= 0.01 * rounding
    yield float((fixed - alone).abs().max()) > rounding
    learning = list(model.parameters())
    found = torch.autograd.grad(logits.pow(2).sum(), learning, allow_unused=True)
    yield any(gradient is None for gradient in found)


STAND_INS: dict[str, Any] = {"CifarNet": CifarNet, "smoke_test": smoke_test}
