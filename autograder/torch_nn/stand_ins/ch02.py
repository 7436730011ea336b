"""Chapter 2, functional convolution: what stands in for its answers."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor


def sobel_x(img: Tensor) -> Tensor:
    """Sobel-x with a border of zeros: right minus left, then three rows weighted 1, 2, 1."""
    around = F.pad(img, [1] * 4)
    slopes = around[..., 2:] - around[..., :-2]
    above, middle, below = slopes[..., :-2, :], slopes[..., 1:-1, :], slopes[..., 2:, :]
    return above + below + 2 * middle


STAND_INS: dict[str, Any] = {"sobel_x": sobel_x, "conv2d_multi": F.conv2d}
