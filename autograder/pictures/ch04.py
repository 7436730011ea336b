"""Chapter 4: the size of a tensor on its way through a network, and what an activation is for."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor, nn

from autograder.plots import BLUE, INK, ORANGE, PALE_BLUE, PALE_ORANGE, VERMILION, style


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
    with style():
        figure, ax = plt.subplots(figsize=(8.2, 0.36 * len(names) + 1.2), layout="constrained")
        for i, (name, shape, count) in enumerate(zip(names, shapes, parameters, strict=True)):
            learns = count > 0
            ax.barh(
                i,
                math.prod(shape),
                color=BLUE if learns else PALE_BLUE,
                hatch="" if learns else "//",
                edgecolor=INK,
                linewidth=0.5,
            )
            text = " × ".join(map(str, shape))
            ax.text(math.prod(shape) * 1.08, i, text, va="center", size=9)
            if learns:
                ax.text(2.2, i, f"{count:,} parameters", va="center", color="white", size=8.5)
            ax.text(0.85, i, name, va="center", ha="right", size=9)
        ax.set_xscale("log")
        ax.set_xlim(1, 4e5)
        ax.set_yticks([])
        ax.invert_yaxis()
        ax.set_xlabel("numbers for one image (logarithmic)")
        total = sum(parameters)
        figure.suptitle(f"Fewer and fewer numbers, {total:,} parameters on the way")
        plt.show()


def two_moons(n: int = 200) -> tuple[Tensor, Tensor]:
    """Points (2n, 2) on two interlocked half circles with noise, and their class (2n,)."""
    fresh = torch.Generator().manual_seed(4)
    angle = math.pi * torch.rand(n, generator=fresh)
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], dim=1)
    points = torch.cat([upper, lower]) + 0.12 * torch.randn(2 * n, 2, generator=fresh)
    return points, torch.arange(2).repeat_interleave(n)


def boundaries(models: dict[str, nn.Module], points: Tensor, classes: Tensor) -> None:
    """How each model divides the plane, and how many of the points it gets right."""
    with style():
        figure, axes = plt.subplots(
            1, len(models), figsize=(4.1 * len(models), 3.5), layout="constrained", squeeze=False
        )
        for ax, (name, model) in zip(axes[0], models.items(), strict=True):
            _boundary(ax, name, model, points, classes)
        figure.suptitle("Two Linear layers draw one straight line; a ReLU between them bends it")
        plt.show()


def _boundary(ax: Axes, name: str, model: nn.Module, points: Tensor, classes: Tensor) -> None:
    across, down = torch.linspace(-1.6, 2.6, 120), torch.linspace(-1.2, 1.7, 90)
    grid = torch.cartesian_prod(across, down)
    with torch.no_grad():
        side = model(grid).argmax(dim=1).reshape(120, 90).T.float()
        right = (model(points).argmax(dim=1) == classes).float().mean()
    ax.contourf(across, down, side, levels=[-0.5, 0.5, 1.5], colors=[PALE_BLUE, PALE_ORANGE])
    ax.contour(across, down, side, levels=[0.5], colors=[INK], linewidths=1.5)
    for k, (color, marker) in enumerate(((BLUE, "o"), (ORANGE, "^"))):
        chosen = points[classes == k]
        ax.scatter(chosen[:, 0], chosen[:, 1], s=12, color=color, marker=marker, ec=INK, lw=0.3)
    ax.set_title(f"{name}: {right:.0%} right")
    ax.set_xticks([])
    ax.set_yticks([])


def losses(curves: dict[str, list[float]]) -> None:
    """Loss curves of a few learning rates; a curve that is no number any more ends in a cross."""
    lines = [(BLUE, "-"), (VERMILION, "--"), (ORANGE, ":")]
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
        for (name, values), (color, line) in zip(curves.items(), lines, strict=False):
            finite = [v for v in values if math.isfinite(v) and v < 1e4]
            ax.plot(finite, line, color=color, label=name)
            if len(finite) < len(values):
                ax.plot(len(finite) - 1, min(finite[-1], 1e4), "x", color=color, ms=10, mew=3)
        ax.set_yscale("log")
        ax.set_xlabel("step")
        ax.set_ylabel("loss (logarithmic)")
        ax.legend(frameon=False)
        figure.suptitle("A step that is too long throws the network out of the valley")
        plt.show()
