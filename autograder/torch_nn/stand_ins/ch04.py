"""Chapter 4, Sequential: what stands in for its answers."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from typing import Any

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


STAND_INS: dict[str, Any] = {"CifarNet": CifarNet}
