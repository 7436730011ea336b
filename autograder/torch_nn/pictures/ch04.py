"""Chapter 4: the size of a tensor on its way through a network, and what an activation is for."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    style,
)


def staircase(model: nn.Sequential, image: Tensor) -> None:
    """Elements after each layer as bars, with shape and parameters, for one image (1, C, H, W)."""
    names, shapes, parameters = ["image"], [tuple(image.shape[1:])], [0]
    x = image
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            names.append(type(layer).__name__)
            shapes.append(tuple(x.shape[1:]))
            parameters.append(sum(p.numel() for p in layer.parameters()))
    sizes = [math.prod(shape) for shape in shapes]
    edge = 30 * max(sizes)
    with style():
        figure, ax = plt.subplots(figsize=(8.6, 0.36 * len(names) + 1.2), layout="constrained")
        for i, (size, shape, count) in enumerate(zip(sizes, shapes, parameters, strict=True)):
            learns = count > 0
            ax.barh(
                i,
                size,
                color=BLUE if learns else PALE_BLUE,
                hatch="" if learns else "//",
                edgecolor=INK,
                linewidth=0.5,
            )
            text = " × ".join(f"{n:,}" for n in shape)
            ax.text(size * 1.15, i, text, va="center", size=9.5)
            if learns:
                ax.text(edge, i, f"{count:,}", va="center", ha="right", size=9.5, color=BLUE)
        total = sum(parameters)
        ax.text(edge, -1, "parameters", va="center", ha="right", size=9.5, color=BLUE)
        ax.text(edge, len(sizes), f"{total:,}", va="center", ha="right", weight="bold", color=BLUE)
        ax.set_xscale("log")
        ax.set_xlim(1, edge * 1.1)
        ax.set_xticks([10**k for k in range(5)], ["1", "10", "100", "1,000", "10,000"])
        ax.minorticks_off()
        ax.set_yticks(range(len(names)), names)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(sizes) + 0.5, -1.5)
        ax.set_xlabel("numbers for one image (logarithmic); the dark layers learn", loc="left")
        figure.suptitle(
            f"{sizes[0]:,} numbers go in, {sizes[-1]} come out; {total:,} parameters decide"
        )
        plt.show()


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
    _draw_boundaries(
        models,
        points,
        classes,
        "Two linear layers draw one straight line; a ReLU between them bends it",
    )
    plt.show()


def explore_activations(models: Mapping[str, nn.Module], points: Tensor, classes: Tensor) -> None:
    """A switch between models that differ in their activation, above how each divides the plane.

    Where no widgets are installed, all are drawn side by side.
    """
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        _draw_boundaries(models, points, classes, "What the activation makes of the line")
        plt.show()
        return
    switch = ipywidgets.ToggleButtons(options=list(models), description="between:")
    screen = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        name = switch.value
        right = _right(models[name], points, classes)
        alt = f"Two half-moons of points and the line of the network with {name}: {right:.0%} right"
        screen.value = html_image(_draw_boundaries({name: models[name]}, points, classes), alt)

    switch.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([switch, screen]))


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


def graph_panel() -> None:
    """A screenshot of TensorBoard's Graphs panel, showing what this chapter's cell writes.

    It was taken with TensorBoard 2.21, with `QuickNet` and the Sequential in it double-clicked.
    """
    from IPython.display import Image, display

    with np.load(Path(__file__).with_name("graph_panel.npz")) as stored:
        picture = stored["png"].tobytes()
    alt = (
        "TensorBoard, Graphs: input at the bottom, output on top, and between them a box QuickNet "
        "with a box Sequential in it, which holds the nine layers from Conv2d[0] up to Linear[8]"
    )
    display(Image(data=picture, width=620, alt=alt))


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
        figure.suptitle("Steps that are too long throw the network out of the valley")
        plt.show()
