"""Chapter 5, losses: what stands in for its answers."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F

STAND_INS: dict[str, Any] = {
    "l1_loss": F.l1_loss,
    "mse_loss": F.mse_loss,
    "cross_entropy": F.cross_entropy,
}
