"""Chapter 4: the size of a tensor on its way through a network, and what an activation is for."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from autograder.torch_nn.plots import (
    BLUE,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    VERMILION,
    html_image,
    show,
    style,
)


def staircase(model: nn.Sequential, image: Tensor) -> None:
    """Beside each other, for each layer: the numbers that it gives for an image, its parameters."""
    names, shapes, parameters = ["image"], [tuple(image.shape[1:])], [0]
    x = image
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            names.append(type(layer).__name__)
            shapes.append(tuple(x.shape[1:]))
            parameters.append(sum(p.numel() for p in layer.parameters()))
    sizes = [math.prod(shape) for shape in shapes]
    outputs = [" × ".join(f"{n:,}" for n in shape) for shape in shapes]
    with style():
        figure, axes = plt.subplots(
            1, 2, figsize=(9, 0.36 * len(names) + 1.4), layout="constrained", sharey=True
        )
        _bars(axes[0], sizes, outputs, BLUE, "", f"numbers for one image: {sizes[-1]} at the end")
        counts = [f"{count:,}" if count else "" for count in parameters]
        title = f"parameters: {sum(parameters):,} together"
        _bars(axes[1], parameters, counts, ORANGE, "//", title)
        axes[0].set_yticks(range(len(names)), names)
        axes[0].invert_yaxis()
        most, heaviest = names[sizes.index(max(sizes))], names[parameters.index(max(parameters))]
        figure.suptitle(
            f"The first {most} gives most numbers, the first {heaviest} has most parameters"
        )
    rows = [
        f"{name}: {output}" + (f", {count} parameters" if count else "")
        for name, output, count in zip(names, outputs, counts, strict=True)
    ]
    alt = "Bars for each layer: the numbers that come out for one image, and its parameters. "
    show(figure, alt + "; ".join(rows) + f"; {sum(parameters):,} parameters together")


def _bars(
    ax: Axes, values: Sequence[int], words: Sequence[str], color: str, hatch: str, title: str
) -> None:
    """Horizontal bars, one a layer, with what they stand for written behind them."""
    ax.barh(range(len(values)), values, color=color, hatch=hatch, edgecolor=INK, linewidth=0.5)
    for i, (value, text) in enumerate(zip(values, words, strict=True)):
        ax.text(value + 0.015 * max(values), i, text, va="center", size=9.5)
        if value == max(values):
            ax.patches[i].set_linewidth(2)
    ax.set_xlim(0, 1.35 * max(values))
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_title(title)


# ------------------------------------------------------------------------------ with and without


def two_moons(n: int = 200) -> tuple[Tensor, Tensor]:
    """Points (2n, 2) on two interlocked half circles with noise, and their class (2n,)."""
    fresh = torch.Generator().manual_seed(4)
    angle = math.pi * torch.rand(n, generator=fresh)
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], dim=1)
    points = torch.cat([upper, lower]) + 0.12 * torch.randn(2 * n, 2, generator=fresh)
    return points, torch.arange(2).repeat_interleave(n)


def boundaries(models: Mapping[str, nn.Module], points: Tensor, classes: Tensor) -> None:
    """How each model divides the plane, and how many of the points it gets right."""
    figure = _draw_boundaries(
        models,
        points,
        classes,
        "Two linear layers draw one straight line; a ReLU between them bends it",
    )
    show(figure, _in_words(models, points, classes))


def explore_activations(models: Mapping[str, nn.Module], points: Tensor, classes: Tensor) -> None:
    """A switch between models that differ in their activation, above how each divides the plane.

    Where no widgets are installed, all are drawn side by side.
    """
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        figure = _draw_boundaries(
            models, points, classes, "ReLU and Tanh bend the line, Sigmoid hardly does so far"
        )
        show(figure, _in_words(models, points, classes))
        return
    switch = ipywidgets.ToggleButtons(options=list(models), description="between:")
    screen = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        shown = {switch.value: models[switch.value]}
        alt = _in_words(shown, points, classes)
        screen.value = html_image(_draw_boundaries(shown, points, classes), alt)

    switch.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([switch, screen]))


def _in_words(models: Mapping[str, nn.Module], points: Tensor, classes: Tensor) -> str:
    found = [f"{name}: {_right(model, points, classes):.0%}" for name, model in models.items()]
    return (
        "Two interlocked half-moons of points, and the line by which a network divides them. "
        f"On the right side of it are, for each network: {', '.join(found)}"
    )


def _draw_boundaries(
    models: Mapping[str, nn.Module], points: Tensor, classes: Tensor, title: str = ""
) -> Figure:
    with style():
        figure, axes = plt.subplots(
            1, len(models), figsize=(4.3 * len(models), 3.4), layout="constrained", squeeze=False
        )
        for ax, (name, model) in zip(axes[0], models.items(), strict=True):
            _boundary(ax, name, model, points, classes)
        figure.suptitle(title)
    return figure


def _right(model: nn.Module, points: Tensor, classes: Tensor) -> float:
    with torch.no_grad():
        return float((model(points).argmax(dim=1) == classes).float().mean())


def _boundary(ax: Axes, name: str, model: nn.Module, points: Tensor, classes: Tensor) -> None:
    across, up = torch.linspace(-1.6, 2.6, 120), torch.linspace(-1.2, 1.7, 90)
    grid = torch.cartesian_prod(across, up)
    with torch.no_grad():
        logits = model(grid)
        lead = (logits[:, 1] - logits[:, 0]).reshape(120, 90).T
    ends = [-math.inf, 0, math.inf]
    ax.contourf(across, up, lead, levels=ends, colors=[PALE_BLUE, PALE_ORANGE])
    ax.contour(across, up, lead, levels=[0], colors=[INK], linewidths=1.5)
    for k, (color, marker) in enumerate(((BLUE, "o"), (ORANGE, "^"))):
        chosen = points[classes == k]
        ax.scatter(chosen[:, 0], chosen[:, 1], s=14, color=color, marker=marker, ec=INK, lw=0.3)
    ax.set_title(f"{name}: {_right(model, points, classes):.0%} right")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel("first coordinate", size=9)
    ax.set_ylabel("second coordinate", size=9)


# ------------------------------------------------------------------------------------- the panel


def graph_panel(shapes: Sequence[Sequence[int]]) -> None:
    """TensorBoard's graph of this chapter's network, and beside its arrows the shapes, legible.

    ``shapes`` is what is written at the arrows, the input's first and then each layer's. The
    screenshot was taken with TensorBoard 2.21, with `QuickNet` and the Sequential double-clicked.
    """
    with np.load(Path(__file__).with_name("graph_panel.npz")) as stored:
        picture = plt.imread(io.BytesIO(stored["png"].tobytes()))
    left, right, top, bottom = 425, 1030, 170, 1195
    words = [" × ".join(map(str, shape)) for shape in shapes]
    below, step = 1041, 61.9  # the middle of the arrow into the lowest box, and from box to box
    with style():
        figure, ax = plt.subplots(figsize=(5.6, 9), layout="constrained")
        ax.imshow(picture[top:bottom, left:right], extent=(left, right, bottom, top))
        for i, text in enumerate(words):
            y = below - 28 - i * step if i else below - 34
            ax.text(600, y, text, va="center", size=10, color=INK, backgroundcolor="#EEEEEE")
        ax.axis("off")
        figure.suptitle("Nine layers in a row, and the shape that each gives", size=12)
    alt = (
        "TensorBoard, Graphs: input at the bottom, output on top, and between them a box QuickNet "
        "with a box Sequential in it, which holds the nine layers from Conv2d[0] up to Linear[8]. "
        f"The shapes between them, from the bottom: {', '.join(words)}"
    )
    show(figure, alt)


# ------------------------------------------------------------------------------- a step too long


def losses(curves: Mapping[str, list[float]], top: float = 6.0) -> None:
    """Loss curves of two learning rates, up to ``top``; one that ends in NaN ends in a cross."""
    lines = ((BLUE, "-"), (VERMILION, "--"))
    with style():
        figure, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
        for (name, values), (color, line) in zip(curves.items(), lines, strict=True):
            known = [min(v, 10 * top) for v in values if math.isfinite(v)]
            ax.plot(known, line, color=color, lw=1.8, label=name)
            if len(known) < len(values):
                ax.plot(len(known), top, "x", color=color, ms=11, mew=3, clip_on=False)
                ax.text(
                    len(known) + 1.2,
                    0.96 * top,
                    f"from step {len(known)} on: nan",
                    color=color,
                    va="center",
                )
        ax.set_ylim(0, top)
        ax.set_xlabel("step (16 images each)")
        ax.set_ylabel("loss")
        ax.legend(loc="lower left")
        figure.suptitle("Steps that are too long: the loss falls, then rises until it is no number")
    found = []
    for name, values in curves.items():
        known = [v for v in values if math.isfinite(v)]
        end = (
            f"nan from step {len(known)} on"
            if len(known) < len(values)
            else f"{values[-1]:.2f} at the end"
        )
        found.append(f"{name}: {values[0]:.2f} at first, {min(known):.2f} at best, {end}")
    show(figure, f"The loss over {len(values)} steps. " + "; ".join(found))
