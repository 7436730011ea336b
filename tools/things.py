"""The fifteen things that the course's images show, each drawn from a few simple shapes.

A thing fills about the circle of radius 1, ``x`` running to the right and ``y`` downwards. It is a
list of layers from back to front, each with the part of the palette that paints it. What its author
left open (how many petals, one sail or two) ``random`` decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.random import RandomState

from tools.signed_distances import (
    Grid,
    arc,
    around,
    box,
    circle,
    ellipse,
    line,
    polygon,
    union,
)

Ink = Literal["main", "second", "third", "dark", "light"]  #: a part of a thing's palette
Layer = tuple[Grid, Ink]  #: a signed distance, and what paints its inside
Thing = Callable[[Grid, Grid, RandomState], list[Layer]]


# ------------------------------------------------------------------------- the ten of the data set


def boat(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A hull with a mast and one sail or two."""
    hull = polygon(x, y, [(-0.95, 0.38), (0.95, 0.38), (0.62, 0.88), (-0.62, 0.88)])
    layers: list[Layer] = [
        (line(x, y, (0, 0.4), (0, -0.9), 0.06), "dark"),
        (polygon(x, y, [(0.12, -0.85), (0.85, 0.22), (0.12, 0.22)]), "second"),
    ]
    if random.rand() < 0.6:
        layers.append((polygon(x, y, [(-0.12, -0.6), (-0.12, 0.22), (-0.7, 0.22)]), "third"))
    band = np.maximum(hull, box(x, y, 0, 0.48, 2, 0.1))
    return [*layers, (hull, "main"), (band, "light")]


def butterfly(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """Two pairs of wings, seen from above."""
    side = np.abs(x)
    upper = ellipse(side, y, 0.5, -0.34, 0.56, 0.4, -0.7)
    lower = ellipse(side, y, 0.4, 0.42, 0.42, 0.33, 0.8)
    spots = union(
        circle(side, y, 0.56, -0.4, 0.17), circle(side, y, 0.44, 0.45, 0.11 + 0.06 * random.rand())
    )
    feelers = line(side, y, (0.04, -0.5), (0.26, -0.95), 0.045)
    body = line(x, y, (0, -0.5), (0, 0.55), 0.1)
    return [
        (feelers, "dark"),
        (lower, "second"),
        (upper, "main"),
        (spots, "light"),
        (body, "dark"),
    ]


def fish(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A fish from the side, with or without stripes."""
    body = ellipse(x, y, -0.18, 0, 0.76, 0.5)
    tail = polygon(x, y, [(0.4, 0), (0.95, -0.5), (0.8, 0), (0.95, 0.5)])
    fin = polygon(x, y, [(-0.35, -0.4), (0.1, -0.78), (0.3, -0.25)])
    layers: list[Layer] = [(union(tail, fin), "second"), (body, "main")]
    if random.rand() < 0.6:
        stripes = union(box(x, y, 0.0, 0, 0.08, 1), box(x, y, 0.3, 0, 0.07, 1))
        layers.append((np.maximum(body + 0.02, stripes), "third"))
    eye = circle(x, y, -0.55, -0.12, 0.15)
    return [*layers, (eye, "light"), (eye + 0.08, "dark")]


def flower(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """Five to eight petals on a stem with a leaf."""
    petals = random.randint(5, 9)
    radius = 0.47 * np.sin(np.pi / petals) + 0.02
    y_head = y + 0.28
    head = union(*(circle(x, y_head, cx, cy, radius) for cx, cy in around(petals, 0.47)))
    head = union(head, circle(x, y_head, 0, 0, 0.4))
    stem = line(x, y, (0, 0.1), (0.05, 0.95), 0.075)
    leaf = ellipse(x, y, 0.3, 0.62, 0.3, 0.13, -0.6)
    return [
        (union(stem, leaf), "second"),
        (head, "main"),
        (circle(x, y_head, 0, 0, 0.24), "third"),
    ]


def house(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A gable, a door, a window, and a chimney if it has one."""
    wall = box(x, y, 0, 0.42, 0.68, 0.5)
    roof = polygon(x, y, [(-0.92, 0.02), (0, -0.9), (0.92, 0.02)])
    door = box(x, y, -0.26, 0.6, 0.17, 0.33)
    window = box(x, y, 0.32, 0.4, 0.19, 0.19)
    bars = np.maximum(window, union(box(x, y, 0.32, 0.4, 0.025, 1), box(x, y, 0.32, 0.4, 1, 0.025)))
    layers: list[Layer] = [(wall, "main"), (roof, "second")]
    if random.rand() < 0.5:
        layers.insert(0, (box(x, y, 0.5, -0.55, 0.12, 0.3), "third"))
    return [*layers, (door, "dark"), (window, "light"), (bars, "dark")]


def kite(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """Four triangles in two colours, and a tail with bows."""
    frame = polygon(x, y, [(0, -0.95), (0.6, -0.25), (0, 0.5), (-0.6, -0.25)])
    quarters = np.maximum(frame, -x * (y + 0.25))
    bend = 0.12 + 0.12 * random.rand()
    tail = union(
        line(x, y, (0, 0.5), (bend, 0.72), 0.045), line(x, y, (bend, 0.72), (-0.05, 0.98), 0.045)
    )
    bow = union(
        polygon(x, y, [(bend, 0.72), (bend + 0.2, 0.6), (bend + 0.2, 0.84)]),
        polygon(x, y, [(bend, 0.72), (bend - 0.2, 0.6), (bend - 0.2, 0.84)]),
    )
    return [(tail, "dark"), (bow, "third"), (frame, "main"), (quarters, "second")]


def moon(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A crescent, thick or thin, some with a face's eye or a crater."""
    disc = circle(x, y, 0.1, 0, 0.88)
    crescent = np.maximum(disc, -circle(x, y, 0.42 + 0.16 * random.rand(), -0.05, 0.7))
    layers: list[Layer] = [(crescent, "main")]
    if random.rand() < 0.5:
        craters = union(circle(x, y, -0.45, 0.25, 0.11), circle(x, y, -0.5, -0.25, 0.07))
        layers.append((np.maximum(craters, crescent + 0.05), "second"))
    return layers


def mushroom(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A dotted cap on a stem."""
    cap = np.maximum(ellipse(x, y, 0, 0.06, 0.92, 0.92), y - 0.08)
    stem = box(x, y, 0, 0.42, 0.27 + 0.08 * random.rand(), 0.5, 0.18)
    dots = union(
        circle(x, y, -0.42, -0.2, 0.17),
        circle(x, y, 0.08, -0.5, 0.18),
        circle(x, y, 0.5, -0.14, 0.15),
    )
    return [(stem, "third"), (cap, "main"), (np.maximum(dots, cap + 0.03), "light")]


def star(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """Five points, slim or stout, some with a smaller star inside."""
    inner = 0.38 + 0.14 * random.rand()
    outer, notches = around(5, 0.98), around(5, inner, -np.pi / 2 + np.pi / 5)
    corners = [corner for pair in zip(outer, notches, strict=True) for corner in pair]
    body = polygon(x, y, corners)
    layers: list[Layer] = [(body, "main")]
    if random.rand() < 0.5:
        layers.append((body + 0.2, "second"))
    return layers


def tree(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A fir of three storeys, with or without baubles."""
    trunk = box(x, y, 0, 0.8, 0.13, 0.18)
    storeys = [
        polygon(x, y, [(0, top), (width, bottom), (-width, bottom)])
        for top, bottom, width in ((-0.98, -0.3, 0.48), (-0.6, 0.2, 0.64), (-0.2, 0.72, 0.8))
    ]
    layers: list[Layer] = [(trunk, "dark"), *((s, "main") for s in reversed(storeys))]
    if random.rand() < 0.5:
        places = [(-0.12, -0.42), (0.2, -0.02), (-0.3, 0.14), (0.4, 0.52), (-0.1, 0.5)]
        layers.append((union(*(circle(x, y, *place, 0.095) for place in places)), "light"))
    else:
        lit = np.maximum(union(*storeys), x + 0.25)
        layers.append((lit, "second"))
    return layers


# ---------------------------------------------------------------------- the five of the new task


def car(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A car from the side."""
    cabin = polygon(x, y, [(-0.6, 0.05), (-0.36, -0.48), (0.34, -0.48), (0.62, 0.05)])
    body = box(x, y, 0, 0.22, 0.95, 0.3, 0.14)
    glass = union(
        polygon(x, y, [(-0.44, 0), (-0.28, -0.36), (-0.05, -0.36), (-0.05, 0)]),
        polygon(x, y, [(0.06, 0), (0.06, -0.36), (0.27, -0.36), (0.46, 0)]),
    )
    wheels = union(circle(x, y, -0.5, 0.52, 0.25), circle(x, y, 0.5, 0.52, 0.25))
    hub = 0.12 + 0.05 * random.rand()
    return [
        (cabin, "second"),
        (body, "main"),
        (glass, "light"),
        (wheels, "dark"),
        (wheels + hub, "light"),
    ]


def cat(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A cat's face."""
    side = np.abs(x)
    head = ellipse(x, y, 0, 0.15, 0.82, 0.7)
    ears = polygon(side, y, [(0.25, -0.4), (0.72, -0.95), (0.8, 0.05)])
    inner = polygon(side, y, [(0.42, -0.4), (0.66, -0.7), (0.68, -0.2)])
    eyes = ellipse(side, y, 0.34, 0.05, 0.13, 0.17)
    nose = polygon(x, y, [(-0.14, 0.3), (0.14, 0.3), (0, 0.46)])
    layers: list[Layer] = [(ears, "main"), (inner, "third"), (head, "main")]
    if random.rand() < 0.5:
        layers.append((np.maximum(head, box(x, y, 0, -0.5, 0.12, 0.32)), "second"))
    return [*layers, (eyes, "dark"), (nose, "third")]


def cup(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A cup with its handle, some steaming."""
    body = box(x, y, -0.15, 0.28, 0.58, 0.56, 0.16)
    handle = arc(x, y, 0.48, 0.24, 0.31, 0.09)
    band = np.maximum(body, box(x, y, 0, 0.3, 2, 0.12 + 0.08 * random.rand()))
    layers: list[Layer] = [(handle, "main"), (body, "main"), (band, "second")]
    if random.rand() < 0.6:
        steam = union(
            *(line(x, y, (cx, -0.5), (cx + 0.1, -0.9), 0.065) for cx in (-0.42, -0.15, 0.12))
        )
        layers.append((steam, "light"))
    return layers


def heart(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """A heart, some with a smaller one inside."""

    def outline(size: float) -> Grid:
        u, v = np.abs(x) / size, y / size
        tip = polygon(u, v, [(0, 0.88), (-0.2, 0.0), (0.0, -0.32), (0.8, 0.03)])
        return union(circle(u, v, 0.44, -0.28, 0.47), tip) * size

    layers: list[Layer] = [(outline(1), "main")]
    if random.rand() < 0.4:
        layers.append((outline(0.55), "second"))
    elif random.rand() < 0.6:
        layers.append((ellipse(x, y, -0.46, -0.4, 0.2, 0.12, -0.7), "light"))
    return layers


def umbrella(x: Grid, y: Grid, random: RandomState) -> list[Layer]:
    """An open umbrella with a crook."""
    dome = np.maximum(circle(x, y, 0, 0.0, 0.95), y - 0.05)
    bays = union(*(ellipse(x, y, cx, 0.07, 0.31, 0.16) for cx in (-0.63, 0, 0.63)))
    canopy = np.maximum(dome, -bays)
    width = 0.28 + 0.06 * random.rand()
    panel = np.maximum(canopy, ellipse(x, y, 0, 0.05, width, 0.95))
    hook = np.maximum(arc(x, y, 0.18, 0.76, 0.18, 0.06), 0.76 - y)
    return [
        (union(line(x, y, (0, -0.9), (0, 0.76), 0.06), hook), "dark"),
        (canopy, "main"),
        (panel, "second"),
    ]


THINGS: dict[str, Thing] = {
    "boat": boat,
    "butterfly": butterfly,
    "fish": fish,
    "flower": flower,
    "house": house,
    "kite": kite,
    "moon": moon,
    "mushroom": mushroom,
    "star": star,
    "tree": tree,
}  #: the ten classes of the data set, in the order of their numbers

NEW_THINGS: dict[str, Thing] = {
    "car": car,
    "cat": cat,
    "cup": cup,
    "heart": heart,
    "umbrella": umbrella,
}  #: the five classes of the new task
