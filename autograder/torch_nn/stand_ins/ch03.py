"""Chapter 3, layers: what stands in for its answers."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvNet(nn.Conv2d):
    """A convolution is a network of one layer as it stands."""

    def __init__(self, in_ch: int = 3, out_ch: int = 6, k: int = 3) -> None:
        super().__init__(in_channels=in_ch, out_channels=out_ch, kernel_size=k)


def channel_grid(out: Tensor) -> Tensor:
    """Every map by itself, from 0 to 1, as one grey picture."""
    maps = [one_map for image in out for one_map in image]
    return torch.stack([_from_0_to_1(one_map) for one_map in maps])[:, None]


def _from_0_to_1(one_map: Tensor) -> Tensor:
    low, high = one_map.aminmax()
    return (one_map - low) / (high - low) if high > low else torch.zeros_like(one_map)


def maxpool_manual(x: Tensor, k: int, ceil_mode: bool = False) -> Tensor:
    """The largest number of every window of a map."""
    return F.max_pool2d(x[None], k, ceil_mode=ceil_mode)[0]


STAND_INS: dict[str, Any] = {
    "ConvNet": ConvNet,
    "channel_grid": channel_grid,
    "maxpool_manual": maxpool_manual,
    "my_relu": F.relu,
    "flatten_batch": nn.Flatten(),
}
