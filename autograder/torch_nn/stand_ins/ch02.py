"""Chapter 2, functional convolution: what stands in for its answers."""

from __future__ import annotations

from typing import Any

STAND_INS: dict[str, Any] = {}
