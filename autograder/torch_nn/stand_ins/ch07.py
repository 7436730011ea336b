"""Chapter 7, edits of a VGG: what stands in for its answers."""

from __future__ import annotations

from typing import Any

STAND_INS: dict[str, Any] = {}
