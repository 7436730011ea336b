"""Chapter 6: paths down a valley, gradients that pile up, and what a training curve tells."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from torch import Tensor

from autograder.plots import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    VERMILION,
    html_image,
    style,
)

START = (-9.0, 1.6)  #: where every path begins
STEEP = 20.0  #: how much steeper the valley is across than along
STEPS = 40


def height(x: Tensor, y: Tensor) -> Tensor:
    """The valley: an elongated quadratic with its bottom, 0, at the origin."""
    return (x**2 + STEEP * y**2) / 2


def descend(optimizer: str, steps: int = STEPS, **settings: float) -> Tensor:
    """The places (steps + 1, 2) that an optimizer of ``torch.optim`` visits from the start."""
    place = torch.nn.Parameter(torch.tensor(START))
    chosen = getattr(torch.optim, optimizer)([place], **settings)
    path = [place.detach().clone()]
    for _ in range(steps):
        chosen.zero_grad()
        height(place[0], place[1]).backward()
        chosen.step()
        path.append(place.detach().clone())
    return torch.stack(path)


def _losses(path: Tensor) -> list[float]:
    values: list[float] = height(path[:, 0], path[:, 1]).tolist()
    return values


# --------------------------------------------------------------------------------- the valley


def _valley(ax: Axes, path: Tensor, color: str, mark: str = "o") -> None:
    across, along = torch.linspace(-3, 3, 121), torch.linspace(-10.5, 6, 166)
    y, x = torch.meshgrid(across, along, indexing="ij")
    levels = [0.3, 1.5, 4, 9, 16, 27, 42, 65, 100]
    ax.contour(along, across, height(x, y), levels=levels, colors=FAINT, linewidths=1)
    shown = path.clamp(-60, 60)
    ax.plot(shown[:, 0], shown[:, 1], "-", color=color, linewidth=1.2)
    ax.plot(shown[:, 0], shown[:, 1], mark, color=color, markersize=4)
    ax.plot(*START, "s", color=INK, markersize=8)
    ax.plot(0, 0, "*", color=ORANGE, markeredgecolor=INK, markersize=14)
    ax.set(xlim=(-10.5, 6), ylim=(-3, 3))


def lr_sweep(rates: tuple[float, float, float]) -> None:
    """Paths of plain SGD for a learning rate too small, right and too large, and their losses."""
    names = ("too small", "right", "too large")
    looks = [(BLUE, "-"), (GREEN, "--"), (VERMILION, ":")]
    with style():
        figure = plt.figure(figsize=(10.5, 6.4), layout="constrained")
        figure.suptitle("One number decides: it creeps, it arrives, or it flies out")
        grid = figure.add_gridspec(2, 3)
        below = figure.add_subplot(grid[1, :])
        for i, (rate, name, (color, line)) in enumerate(zip(rates, names, looks, strict=True)):
            path = descend("SGD", lr=rate)
            ax = figure.add_subplot(grid[0, i])
            _valley(ax, path, color)
            ax.set_title(f"lr {rate:g}: {name}")
            below.plot(_losses(path), line, color=color, linewidth=2.5, label=f"lr {rate:g}")
        below.set_yscale("log")
        below.set(xlabel="step", ylabel="loss")
        below.legend(loc="lower left")
    plt.show()


def three_paths() -> None:
    """SGD, momentum and Adam from the same start down the same valley."""
    runs = [
        ("SGD, lr 0.08", descend("SGD", lr=0.08), VERMILION, "o"),
        ("momentum 0.7, lr 0.04", descend("SGD", lr=0.04, momentum=0.7), BLUE, "D"),
        ("Adam, lr 0.5", descend("Adam", lr=0.5), GREEN, "^"),
    ]
    with style():
        figure, axes = plt.subplots(3, 1, figsize=(8.4, 9), layout="constrained", sharex=True)
        figure.suptitle("A memory takes the zigzag out, or evens out the two directions")
        for ax, (name, path, color, mark) in zip(axes, runs, strict=True):
            _valley(ax, path, color, mark)
            ax.set_title(f"{name}: loss {_losses(path)[-1]:.2g} after {STEPS} steps")
        figure.supxlabel("square: start      star: bottom      lines: equal loss", size=9)
    plt.show()


def _verdict(lr: float, momentum: float) -> tuple[Tensor, str]:
    path = descend("SGD", lr=lr, momentum=momentum)
    last = _losses(path)[-1]
    return path, f"lr {lr:g}, momentum {momentum:g}: loss {last:.2g} after {STEPS} steps"


def _draw_path(lr: float, momentum: float) -> tuple[Figure, str]:
    path, said = _verdict(lr, momentum)
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4), layout="constrained")
        figure.suptitle(said, size=13)
        _valley(ax, path, BLUE)
    return figure, said


def six_settings() -> None:
    """Six places of the sliders of :func:`explore_path`."""
    with style():
        figure, axes = plt.subplots(3, 2, figsize=(10.5, 8.4), layout="constrained")
        figure.suptitle("Momentum carries a small step further, and tames a large one")
        settings = [(0.02, 0.0), (0.02, 0.8), (0.02, 0.99), (0.102, 0.0), (0.102, 0.8), (0.05, 0.5)]
        for ax, (lr, momentum) in zip(axes.flat, settings, strict=True):
            path, said = _verdict(lr, momentum)
            _valley(ax, path, BLUE if momentum else VERMILION, "D" if momentum else "o")
            ax.set_title(said.removesuffix(f" after {STEPS} steps"))
    plt.show()


def explore_path() -> None:
    """Sliders for the learning rate and the momentum of SGD above its path.

    Where no widgets are installed, :func:`six_settings` stands in.
    """
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        six_settings()
        return
    rate, momentum = (
        ipywidgets.FloatSlider(
            value,
            min=0,
            max=most,
            step=step,
            description=name,
            readout_format=form,
            continuous_update=False,
        )
        for name, value, most, step, form in (
            ("lr", 0.02, 0.12, 0.002, ".3f"),
            ("momentum", 0.0, 0.99, 0.01, ".2f"),
        )
    )
    screen = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        figure, said = _draw_path(rate.value, momentum.value)
        screen.value = html_image(figure, f"The path of SGD in the valley. {said}.")

    for slider in (rate, momentum):
        slider.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([ipywidgets.HBox([rate, momentum]), screen]))


# ---------------------------------------------------------------------------------- trainings


def growing_gradients(cleared: Sequence[float], piled: Sequence[float]) -> None:
    """The lengths of the gradient in some rounds of backward, with and without zero_grad."""
    rounds = range(1, len(cleared) + 1)
    with style():
        figure, axes = plt.subplots(1, 2, figsize=(9, 3.9), layout="constrained", sharey=True)
        figure.suptitle("backward() adds: without zero_grad the gradients pile up")
        looks = [("with zero_grad", cleared, BLUE, ""), ("without", piled, VERMILION, "//")]
        for ax, (name, sizes, color, hatch) in zip(axes, looks, strict=True):
            fill = PALE_BLUE if color == BLUE else PALE_ORANGE
            ax.bar(rounds, sizes, color=fill, edgecolor=color, hatch=hatch, linewidth=1.5)
            ax.axhline(cleared[0], color=INK, linestyle="--", linewidth=1)
            ax.set_title(name)
            ax.set_xlabel("backward() number")
        axes[0].set_ylabel("length of the gradient")
    plt.show()


def gallery(images: Tensor, labels: Tensor) -> None:
    """The first image of each of ten classes, from images (N, 3, H, W) with values in [0, 1]."""
    with style():
        figure, axes = plt.subplots(2, 5, figsize=(8, 3.9), layout="constrained")
        figure.suptitle("Ten classes: five directions, two colours")
        for label, ax in enumerate(axes.flat):
            image = images[labels == label][0]
            ax.imshow(image.permute(1, 2, 0).numpy(), interpolation="nearest")
            ax.set_title(f"class {label}", size=10)
            ax.axis("off")
    plt.show()


def logged(train: Sequence[tuple[int, float]], fresh: Sequence[tuple[int, float]]) -> None:
    """Losses as they were logged, pairs of step and value: of each batch, and on fresh images."""
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4), layout="constrained")
        figure.suptitle("What was logged: the loss of each batch, and of fresh images")
        ax.plot(*zip(*train, strict=True), "-", color=BLUE, linewidth=2, label="loss/train")
        ax.plot(*zip(*fresh, strict=True), "D", color=VERMILION, markersize=8, label="loss/fresh")
        ax.set(xlabel="step", ylabel="loss")
        ax.set_ylim(bottom=-0.08)
        ax.legend(loc="upper right")
    plt.show()


def memorised(seen: Sequence[float], unseen: Sequence[float], guess: float = 0.1) -> None:
    """Accuracies over the epochs on the images of the training and on fresh ones."""
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4), layout="constrained")
        figure.suptitle("Labels thrown with dice: learnt by heart, and good for nothing")
        epochs = range(1, len(seen) + 1)
        ax.plot(epochs, seen, "-", color=BLUE, linewidth=2.5, label="the images it trains on")
        ax.plot(epochs, unseen, "-.", color=VERMILION, linewidth=2.5, label="fresh images")
        ax.axhline(guess, color=INK, linestyle="--", linewidth=1, label="pure guessing")
        ax.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.04))
        ax.yaxis.set_major_formatter(PercentFormatter(1))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="center right")
    plt.show()
