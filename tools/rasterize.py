"""How an image is painted: a palette, a background, a thing in some place and size, light, grain.

Everything is drawn at twice the size with soft edges and then averaged, which is what makes
32 × 32 pixels readable. Randomness comes from :class:`numpy.random.RandomState` only, whose streams
NumPy has promised never to change.
"""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from autograder.torch_nn.data.store import STEPS, brightness
from tools.signed_distances import Grid
from tools.things import Layer, Thing

SIDE = 32  #: pixels
_FINER = 2  #: drawn this many times as large
_PIXELS = SIDE * _FINER
_GRAIN = 0.018  #: standard deviation of the noise, black to white being 1

Colour = NDArray[np.float64]  #: red, green and blue between 0 and 1
Palette = dict[str, Colour]

_INKS = [
    "e4572e", "f3a712", "f7d84b", "a8c256", "3fa34d", "169873", "4fb3d9", "2f6fb7", "4b4a9c",
    "8f5bc2", "e86fa4", "b23a48", "8a5a3c", "f6efe0", "35404f",
]  # fmt: skip


def paint(thing: Thing, random: RandomState) -> NDArray[np.uint8]:
    """One image (32, 32, 3) of ``thing``."""
    axis = (np.arange(_PIXELS) + 0.5) * 2 / _PIXELS - 1
    x, y = np.meshgrid(axis, axis)
    palette, ground = _colours(random)
    canvas = _background(x, y, ground, random)
    size = random.uniform(0.72, 0.95)
    layers = _placed(thing, x, y, size, random)
    distance = size * _PIXELS / 2  # of one unit of the thing, in pixels of the canvas
    outline = np.minimum.reduce([layer for layer, _ in layers]) * distance
    canvas = _shadow(canvas, outline, random)
    border = random.choice(["none", "dark", "light"], p=[0.4, 0.3, 0.3])
    if border != "none":
        canvas = _cover(canvas, outline - 0.9 * _FINER, palette[border])
    light = 1 + 0.16 * np.clip(-(x + 1.5 * y) / 1.5, -1, 1)
    for layer, ink in layers:
        canvas = _cover(canvas, layer * distance, palette[ink] * light[..., None])
    return _developed(canvas, random)


def _placed(thing: Thing, x: Grid, y: Grid, size: float, random: RandomState) -> list[Layer]:
    """The layers of a thing that was moved, turned, squeezed and perhaps mirrored."""
    room = 0.5 * (1 - size) + 0.05
    cx, cy = random.uniform(-room, room, 2)
    turn = np.clip(random.normal(0, 0.2), -0.5, 0.5)
    stretch = random.uniform(0.9, 1.1)
    c, s = np.cos(turn), np.sin(turn)
    u, v = (x - cx) / size, (y - cy) / size
    u, v = (c * u + s * v) * stretch, (c * v - s * u) / stretch
    if random.rand() < 0.5:
        u = -u
    return thing(u, v, random)


def _cover(canvas: Grid, distance: Grid, colour: Colour | Grid) -> Grid:
    """Paint the inside of a shape, its edge one pixel soft; ``distance`` is in pixels."""
    share = np.clip(0.5 - distance, 0, 1)[..., None]
    return canvas * (1 - share) + colour * share


def _shadow(canvas: Grid, outline: Grid, random: RandomState) -> Grid:
    """A soft shadow to the lower right."""
    depth = random.uniform(0, 0.4)
    moved = np.pad(outline, ((3, 0), (2, 0)), mode="edge")[:-3, :-2]
    dark = depth * np.clip(0.6 - moved / 5, 0, 1)
    return canvas * (1 - dark[..., None])


def _developed(canvas: Grid, random: RandomState) -> NDArray[np.uint8]:
    """Average down to 32 × 32, round, and add grain: whole steps, the same in all channels."""
    small = canvas.reshape(SIDE, _FINER, SIDE, _FINER, 3).mean(axis=(1, 3))
    grain = np.rint(random.normal(0, _GRAIN, (SIDE, SIDE, 1)) * STEPS)
    return brightness(np.clip(np.rint(small * STEPS) + grain, 0, STEPS))


# ------------------------------------------------------------------------------------- colours


def _colours(random: RandomState) -> tuple[Palette, list[Colour]]:
    """The palette of a thing, and two colours of the ground that it stands out from."""
    bright = random.rand() < 0.55
    near = random.uniform(0.45, 0.75)
    first, second = (_jittered(_ink(i), random) for i in random.randint(len(_INKS), size=2))
    white, night = np.array([1.0, 0.99, 0.96]), np.array([0.09, 0.10, 0.16])
    base = white if bright else night
    ground = [near * base + (1 - near) * first]
    ground.append(0.75 * ground[0] + 0.25 * (near * base + (1 - near) * second))
    chosen: list[Colour] = []
    while len(chosen) < 3:
        colour = _jittered(_ink(random.randint(len(_INKS))), random)
        far_from_ground = min(_difference(colour, g) for g in ground)
        if far_from_ground > 0.38 and all(_difference(colour, c) > 0.3 for c in chosen):
            chosen.append(colour)
    palette = dict(zip(("main", "second", "third"), chosen, strict=True))
    return palette | {"dark": np.array([0.13, 0.13, 0.19]), "light": white}, ground


def _ink(number: int) -> Colour:
    return np.array(list(bytes.fromhex(_INKS[number]))) / 255


def _jittered(colour: Colour, random: RandomState) -> Colour:
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour) + random.normal(0, [0.02, 0.05, 0.05])
    lightness, saturation = np.clip(lightness, 0.1, 0.95), np.clip(saturation, 0, 1)
    return np.array(colorsys.hls_to_rgb(hue % 1, lightness, saturation))


def _difference(a: Colour, b: Colour) -> float:
    """How different two colours look, 0 to about 1.7: brightness counts twice."""
    weights = np.array([0.3, 0.59, 0.11])
    return float(np.hypot(np.linalg.norm(a - b) * 0.7, 1.2 * (a - b) @ weights))


# --------------------------------------------------------------------------------- backgrounds


def _background(x: Grid, y: Grid, ground: list[Colour], random: RandomState) -> Grid:
    """A gradient between two colours, and on it a pattern, hills, clouds or nothing."""
    first, second = ground
    angle = random.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    across = np.cos(angle) * y - np.sin(angle) * x
    ramp = 0.5 + 0.4 * along
    if random.rand() < 0.3:
        ramp = np.hypot(x - random.uniform(-0.6, 0.6), y - random.uniform(-0.6, 0.6)) / 1.8
    ramp = np.clip(ramp, 0, 1)[..., None]
    canvas = first * (1 - ramp) + second * ramp
    pattern = random.choice(
        ["none", "stripes", "checks", "dots", "waves", "hills", "clouds"],
        p=[0.16, 0.15, 0.12, 0.14, 0.13, 0.16, 0.14],
    )
    strength = random.uniform(0.05, 0.14) * random.choice([-1, 1])
    if pattern == "none":
        return canvas
    if pattern == "hills":
        return _hills(canvas, x, y, strength, random)
    if pattern == "clouds":
        return canvas + strength * _clouds(x, y, random)[..., None]
    period = random.uniform(0.32, 0.7)
    phase = random.uniform(0, 2 * np.pi)
    u, v = along * 2 * np.pi / period + phase, across * 2 * np.pi / period
    wave = {
        "stripes": np.sin(u),
        "checks": np.sin(u) * np.sin(v),
        "dots": np.cos(u) + np.cos(v) - 1.1,
        "waves": np.sin(u + 1.6 * np.sin(0.5 * v)),
    }[pattern]
    share = np.clip(0.5 + wave * period * 4, 0, 1)
    return canvas * (1 + strength * (2 * share - 1)[..., None])


def _hills(canvas: Grid, x: Grid, y: Grid, strength: float, random: RandomState) -> Grid:
    """A ridge or two, each darker or lighter than what is behind it."""
    for height in sorted(random.uniform(-0.1, 0.7, random.randint(1, 3))):
        phase, waves = random.uniform(0, 2 * np.pi), random.uniform(1.5, 4)
        ridge = y - height - random.uniform(0.05, 0.2) * np.sin(waves * x + phase)
        canvas = _cover(canvas, -ridge * _PIXELS / 2, canvas * (1 + 1.5 * strength))
    return canvas


def _clouds(x: Grid, y: Grid, random: RandomState) -> Grid:
    """Soft blots: a few waves of random direction and length, about -1 to 1."""
    total = np.zeros_like(x)
    for _ in range(6):
        kx, ky = random.normal(0, 3.5, 2)
        total += np.sin(kx * x + ky * y + random.uniform(0, 2 * np.pi))
    return total / 2.5
