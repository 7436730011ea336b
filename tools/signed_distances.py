"""The simple shapes that the drawings are made of, as signed distances.

A signed distance says at every point how far it is to the outline, negative inside. Points are
given by ``x`` to the right and ``y`` downwards. Union is the minimum of two distances, and what
lies in the one but not in the other is ``max(a, -b)``. The formulas are those of Inigo Quilez, "2D
distance functions".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float64]


def circle(x: Grid, y: Grid, cx: float, cy: float, radius: float) -> Grid:
    """A disc."""
    return np.hypot(x - cx, y - cy) - radius


def ellipse(x: Grid, y: Grid, cx: float, cy: float, rx: float, ry: float, turn: float = 0) -> Grid:
    """An ellipse turned by ``turn`` radians; the distance is right near its outline only."""
    u, v = _turned(x - cx, y - cy, turn)
    k = np.hypot(u / rx, v / ry)
    slope = np.hypot(u / rx**2, v / ry**2)
    return k * (k - 1) / np.maximum(slope, 1e-9)


def box(x: Grid, y: Grid, cx: float, cy: float, w: float, h: float, corner: float = 0) -> Grid:
    """A rectangle of half width ``w`` and half height ``h`` with round corners."""
    u, v = np.abs(x - cx) - w + corner, np.abs(y - cy) - h + corner
    outside = np.hypot(np.maximum(u, 0), np.maximum(v, 0))
    return outside + np.minimum(np.maximum(u, v), 0) - corner


def line(x: Grid, y: Grid, start: Sequence[float], end: Sequence[float], radius: float) -> Grid:
    """A stroke with round ends, ``radius`` being half its width."""
    (ax, ay), (bx, by) = start, end
    u, v, du, dv = x - ax, y - ay, bx - ax, by - ay
    along = np.clip((u * du + v * dv) / (du**2 + dv**2), 0, 1)
    return np.hypot(u - along * du, v - along * dv) - radius


def polygon(x: Grid, y: Grid, corners: Sequence[tuple[float, float]]) -> Grid:
    """A polygon, convex or not."""
    nearest = np.full_like(x, np.inf)
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        nearest = np.minimum(nearest, line(x, y, (ax, ay), (bx, by), 0))
        if ay != by:
            crosses = (ay > y) != (by > y)
            inside ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return np.where(inside, -nearest, nearest)


def arc(x: Grid, y: Grid, cx: float, cy: float, radius: float, width: float) -> Grid:
    """A ring, ``width`` being half the thickness of its band."""
    return np.abs(np.hypot(x - cx, y - cy) - radius) - width


def union(*distances: Grid) -> Grid:
    """What lies in any of the shapes."""
    return reduce(np.minimum, distances)


def _turned(x: Grid, y: Grid, turn: float) -> tuple[Grid, Grid]:
    c, s = np.cos(turn), np.sin(turn)
    return c * x + s * y, c * y - s * x


def around(count: int, radius: float, start: float = -np.pi / 2) -> list[tuple[float, float]]:
    """``count`` points spread evenly on a circle, the first one on top."""
    turns = start + 2 * np.pi * np.arange(count) / count
    return [(radius * float(np.cos(t)), radius * float(np.sin(t))) for t in turns]
