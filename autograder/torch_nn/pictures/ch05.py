"""Chapter 5: the shape of a loss, the way from scores to a loss, and the pull of its gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from autograder.torch_nn.plots import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    VERMILION,
    frame,
    live,
    number_grid,
    style,
    table,
)

NAMES = ("person", "dog", "cat")  #: the classes of the small example

# ----------------------------------------------------------------------------- losses of numbers


def loss_curves() -> None:
    """L1, MSE and Huber over the error of one prediction, and the slope of each."""
    error = torch.linspace(-3, 3, 301)
    size = error.abs()
    huber = torch.where(size < 1, error**2 / 2, size - 0.5)
    curves: list[tuple[str, Tensor, Tensor, str, str]] = [
        ("MSE", error**2, 2 * error, BLUE, "-"),
        ("L1", size, error.sign(), VERMILION, "--"),
        ("Huber", huber, error.clamp(-1, 1), GREEN, "-."),
    ]
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained")
        figure.suptitle("MSE pulls hardest at a large error; L1 and Huber pull no harder than 1")
        for name, loss, slope, color, line in curves:
            left.plot(error, loss, line, color=color, label=name, linewidth=2)
            right.plot(error, slope, line, color=color, label=name, linewidth=2)
        left.set(xlabel="error: prediction − target", ylabel="loss", ylim=(-0.1, 5))
        left.set_title("the loss of one prediction")
        right.set(xlabel="error: prediction − target", ylabel="slope", ylim=(-4, 4))
        right.set_title("its slope: how hard the loss pulls")
        right.axhline(0, color=FAINT, linewidth=1, zorder=0)
        left.legend(loc="upper center")
        right.legend(loc="upper left")
    plt.show()


def broadcast_trap(pred: Tensor, target: Tensor) -> None:
    """Squared differences of (3,) with (3,), and those of (3, 1) with (3,)."""
    wanted = (pred - target) ** 2
    stretched = (pred[:, None] - target) ** 2
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
        figure.suptitle("One axis too many, and every prediction meets every target")
        lines = [(0, pred, PALE_ORANGE, "pred"), (1.2, target, PALE_BLUE, "target")]
        for top, values, fill, name in [*lines, (2.9, wanted, PALE_ORANGE, "squares")]:
            number_grid(left, values[None], at=(1.2, top), fill=fill)
            left.text(1.05, top + 0.5, name, ha="right", va="center")
        frame(left, (1.2, 2.9), 3, 1, BLUE)
        number_grid(right, target[None], at=(1.2, 0), fill=PALE_BLUE)
        number_grid(right, pred[:, None], at=(0, 1.2), fill=PALE_ORANGE)
        number_grid(right, stretched, at=(1.2, 1.2), marked=[(0, 0), (1, 1), (2, 2)])
        right.text(1.1, 0.4, "target →", ha="right", va="center", size=9)
        right.text(0.5, 0.9, "pred ↓", ha="center", va="center", size=9)
        frame(right, (1.2, 1.2), 3, 3, VERMILION, "--")
        left.set_title(f"(3,) with (3,): three squares, mean {wanted.mean():.4f}")
        right.set_title(f"(3, 1) with (3,): nine squares, mean {stretched.mean():.4f}")
        for ax in (left, right):
            table(ax, 4.3, 4.3)
    plt.show()


# ------------------------------------------------------------------------------ from scores to loss


def minus_log(p: float) -> None:
    """The curve −log p with the example's probability ``p`` on it, and that of a pure guess."""
    with style():
        figure, ax = plt.subplots(figsize=(7.6, 4.4), layout="constrained")
        figure.suptitle("The loss is 0 for certainty, and has no upper end")
        _minus_log(ax, 5)
        marks = [(p, "the dog", "o", BLUE), (0.1, "a guess among ten classes", "s", VERMILION)]
        for x, name, mark, color in marks:
            y = -math.log(x)
            ax.plot([x, x, 0], [0, y, y], ":", color=color, linewidth=1.5)
            ax.plot([x], [y], mark, color=color, markersize=9)
            ax.annotate(f"{name}: p = {x:.4f}\nloss {y:.4f}", (x, y), (x + 0.03, y + 0.12), size=11)
    plt.show()


def _minus_log(ax: Axes, top: float) -> None:
    p = torch.logspace(-math.log10(math.e) * top, 0, 400)
    ax.plot(p, -p.log(), color=INK, linewidth=2)
    ax.set(xlim=(-0.02, 1.02), ylim=(0, top))
    ax.set(xlabel="probability p of the right class", ylabel="−log p")


def scores_to_loss(logits: Tensor, target: int, names: Sequence[str] = NAMES) -> None:
    """The three steps of cross-entropy: scores, probabilities, −log of the right one."""
    _draw_steps(logits, target, names)
    plt.show()


def _draw_steps(logits: Tensor, target: int, names: Sequence[str]) -> Figure:
    p = logits.softmax(dim=0)
    loss = -float(logits.log_softmax(dim=0)[target])
    places = range(len(names))
    look: list[tuple[str, str]] = [(BLUE, "") if i == target else (PALE_BLUE, "//") for i in places]
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(10.5, 3.9), layout="constrained"
        )
        figure.suptitle(
            f"The {names[target]} has p = {float(p[target]):.4f}, so the loss is {loss:.4f}"
        )
        for ax, values in ((left, logits), (middle, p)):
            bars = ax.bar(
                places,
                values.tolist(),
                color=[color for color, _ in look],
                hatch=[hatch for _, hatch in look],
                edgecolor=INK,
            )
            ax.bar_label(bars, [f"{value:.4g}" for value in values.tolist()], padding=3)
            ax.set_xticks(places, names)
        left.axhline(0, color=INK, linewidth=1)
        left.set(ylim=(min(-1.0, float(logits.min())) - 1, max(1.0, float(logits.max())) + 1))
        left.set_title("1. scores (logits)")
        middle.set(ylim=(0, 1.1))
        middle.set_title("2. softmax: add up to 1")
        _minus_log(right, 9)
        right.plot([float(p[target])], [loss], "o", color=BLUE, markersize=9)
        right.set_title("3. −log of the right one")
    return figure


def explore_scores(logits: Tensor, target: int, names: Sequence[str] = NAMES) -> None:
    """Sliders for the scores and the right class above the picture of :func:`scores_to_loss`.

    Where no widgets are installed, the picture stands alone.
    """
    try:
        import ipywidgets
    except ImportError:
        scores_to_loss(logits, target, names)
        return
    sliders = [
        ipywidgets.FloatSlider(
            round(value, 2), min=-4, max=4, step=0.1, description=name, continuous_update=False
        )
        for name, value in zip(names, logits.tolist(), strict=True)
    ]
    right = ipywidgets.Dropdown(
        options=[(name, i) for i, name in enumerate(names)], value=target, description="right:"
    )

    def draw() -> tuple[Figure, str]:
        scores = torch.tensor([slider.value for slider in sliders])
        loss = -float(scores.log_softmax(dim=0)[right.value])
        said = ", ".join(f"{slider.description} {slider.value:g}" for slider in sliders)
        alt = f"Scores: {said}. The right class is {names[right.value]}; its loss is {loss:.4f}."
        return _draw_steps(scores, right.value, names), alt

    live([sliders, [right]], draw)


# ----------------------------------------------------------------------------------- the gradient


def gradient_arrows(cases: Mapping[str, Tensor], target: int, names: Sequence[str] = NAMES) -> None:
    """The probabilities of each case, and where descent moves every score: onehot − softmax."""
    one_hot = torch.eye(len(names))[target]
    with style():
        figure, axes = plt.subplots(
            1, len(cases), figsize=(3.5 * len(cases), 4.3), layout="constrained", sharey=True
        )
        figure.suptitle("Descent raises the right score by 1 − p and lowers every other by its p")
        for ax, (title, logits) in zip(axes, cases.items(), strict=True):
            p = logits.softmax(dim=0)
            for i, (value, slope) in enumerate(
                zip(p.tolist(), (p - one_hot).tolist(), strict=True)
            ):
                right = i == target
                ax.bar(
                    i,
                    value,
                    0.7,
                    color=PALE_BLUE if right else PALE_ORANGE,
                    edgecolor=INK,
                    hatch="" if right else "//",
                )
                _pull(ax, i, value, slope, BLUE if right else VERMILION)
            ax.set_xticks(range(len(names)), names)
            ax.set_ylim(-0.32, 1.12)
            ax.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
            ax.axhline(0, color=INK, linewidth=1)
            ax.set_title(f"{title}\nloss {-float(p[target].log()):.4f}")
        axes[0].set_ylabel("probability; arrow: where descent goes")
    plt.show()


def _pull(ax: Axes, place: int, top: float, slope: float, color: str) -> None:
    """An arrow of length ``|slope|`` against the slope, and the number below the bar."""
    ax.text(place, -0.12, f"{slope:+.3f}", ha="center", va="center", size=11, color=color)
    ax.text(place, -0.24, "gradient", ha="center", va="center", size=8)
    if abs(slope) > 0.02:
        ax.annotate(
            "",
            (place, top - slope),
            (place, top),
            arrowprops={
                "arrowstyle": "-|>",
                "color": color,
                "linewidth": 2.5,
                "mutation_scale": 16,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )


# --------------------------------------------------------------------------------- whole networks


def losses_of_images(losses: Sequence[float]) -> None:
    """The loss of each image under an untrained network of ten classes, around ln 10."""
    guess = math.log(10)
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 3.6), layout="constrained")
        figure.suptitle("Untrained, the network pays about ln 10 for every image")
        ax.plot(losses, "o", color=BLUE, markersize=4)
        line = ax.axhline(guess, color=VERMILION, linestyle="--", linewidth=2)
        ax.legend([line], [f"ln 10 = {guess:.4f}"], loc="upper right")
        ax.set(xlabel="image", ylabel="loss", ylim=(guess - 0.35, guess + 0.35))
    plt.show()


def softmax_floor(plain: Sequence[float], doubled: Sequence[float], classes: int = 10) -> None:
    """The losses of two equal trainings, one of them with a softmax before cross-entropy."""
    floor = math.log(math.e + classes - 1) - 1
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4.4), layout="constrained")
        figure.suptitle(f"With one softmax too many the loss cannot fall below {floor:.4f}")
        ax.plot(doubled, "--", color=VERMILION, linewidth=2.5, label="softmax, then cross-entropy")
        ax.plot(plain, "-", color=BLUE, linewidth=2.5, label="scores, then cross-entropy")
        ax.axhspan(0, floor, facecolor=PALE_ORANGE, alpha=0.6, hatch="//", edgecolor=ORANGE)
        ax.text(
            len(plain) * 0.99,
            floor - 0.06,
            f"out of reach with the extra softmax: below {floor:.4f}",
            ha="right",
            va="top",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )
        ax.set(xlabel="epoch", ylabel="mean loss", ylim=(0, 2.5))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="upper right")
    plt.show()
