"""Chapter 5: the shape of a loss, the way from scores to a loss, and the pull of its gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
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
    show,
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
    alt = """Two panels over the error of one prediction, from −3 to 3. Left, the losses: MSE is a
        steep parabola, L1 a V, Huber half a parabola up to an error of 1 and a straight line
        beyond. Right, their slopes: MSE's grows without end and leaves the panel at 4 for an
        error of 2, L1's jumps from −1 to 1 at 0, Huber's runs from −1 to 1 and stays there."""
    show(figure, alt)


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
    alt = f"""Left, the three predictions {_said(pred)} stand above the three targets
        {_said(target)}; below them are three squares, {_said(wanted)}, with mean
        {wanted.mean():.4f}. Right, a column of the predictions beside a row of the targets
        gives nine squares, row by row {_said(stretched.flatten())}, with mean
        {stretched.mean():.4f}; only the three on the diagonal are the wanted ones."""
    show(figure, alt)


def _said(values: Tensor) -> str:
    return ", ".join(f"{value:g}" for value in values.tolist())


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
    alt = f"""The curve −log p falls from above 5, the top of the picture, at p near 0 to 0 at
        p = 1. The dog lies on it at p = {p:.4f} with loss {-math.log(p):.4f}, a guess among
        ten classes at p = 0.1 with loss {math.log(10):.4f}."""
    show(figure, alt)


def _minus_log(ax: Axes, top: float) -> None:
    p = torch.logspace(-math.log10(math.e) * top, 0, 400)
    ax.plot(p, -p.log(), color=INK, linewidth=2)
    ax.set(xlim=(-0.02, 1.02), ylim=(0, top))
    ax.set(xlabel="probability p of the right class", ylabel="−log p")


def scores_to_loss(logits: Tensor, target: int, names: Sequence[str] = NAMES) -> None:
    """The three steps of cross-entropy: scores, probabilities, −log of the right one."""
    alt = f"""Three panels. Bars of the scores of {", ".join(names)}: {_said(logits)}. Bars of their
        probabilities: {", ".join(f"{p:.4f}" for p in logits.softmax(dim=0).tolist())}. The curve
        −log p with a dot for the {names[target]}, the right class, at its probability and loss."""
    show(_draw_steps(logits, target, names), alt)


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


def gradient_pulls(cases: Mapping[str, Tensor], target: int, names: Sequence[str] = NAMES) -> None:
    """The probabilities of each case, and below how descent pulls at every score."""
    one_hot = torch.eye(len(names))[target]
    places, said = range(len(names)), []
    with style():
        figure, axes = plt.subplots(
            2, len(cases), figsize=(3.4 * len(cases), 5.6), layout="constrained", sharey="row"
        )
        figure.suptitle("Sure and wrong is pulled hardest, sure and right is left alone")
        for (above, below), (title, logits) in zip(axes.T, cases.items(), strict=True):
            p = logits.softmax(dim=0)
            pulls = (one_hot - p).tolist()
            _bars(above, p.tolist(), target, "{:.3f}")
            _bars(below, pulls, target, "{:+.3f}")
            for ax in (above, below):
                ax.set_xticks(places, names)
            above.set_title(f"{title}\nloss {-float(p[target].log()):.4f}")
            said.append(
                f"{title}: probabilities {', '.join(f'{value:.3f}' for value in p.tolist())}, "
                f"pulls {', '.join(f'{value:+.3f}' for value in pulls)}."
            )
        axes[0, 0].set(ylabel="probability", ylim=(0, 1.15))
        axes[1, 0].set(ylabel="pull on the score:\none-hot − softmax", ylim=(-1.2, 1.2))
    alt = f"""Two rows of bars for {", ".join(names)}; the {names[target]} is the right class. Above
        the probabilities, below how descent pulls at each score: up where the bar rises above 0,
        down where it hangs below. {" ".join(said)}"""
    show(figure, alt)


def _bars(ax: Axes, values: Sequence[float], target: int, written: str) -> None:
    """Bars with their numbers, the right class's plain and blue, the others' hatched."""
    for i, value in enumerate(values):
        right = i == target
        color, hatch = (BLUE, "") if right else (PALE_ORANGE, "//")
        bars = ax.bar(i, value, 0.7, color=color, hatch=hatch, edgecolor=INK)
        ax.bar_label(bars, [written.format(value)], padding=2)
    ax.axhline(0, color=INK, linewidth=1)


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
        ax.set(xlabel="image", ylabel="loss", ylim=(0, 5))
    alt = f"""The losses of {len(losses)} images on an axis from 0 to 5. All lie between
        {min(losses):.2f} and {max(losses):.2f}, a narrow band along the dashed line
        ln 10 = {guess:.4f}."""
    show(figure, alt)


Trained = tuple[Sequence[float], Sequence[float]]
"""The losses of a training after each epoch, and its accuracies."""


def softmax_floor(plain: Trained, doubled: Trained, classes: int = 10) -> None:
    """Two equal trainings, one of them with a softmax before cross-entropy: loss and accuracy."""
    floor = math.log(math.e + classes - 1) - 1
    looks = (("softmax, then cross-entropy", doubled, VERMILION, "--"),
             ("scores, then cross-entropy", plain, BLUE, "-"))  # fmt: skip
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4.4), layout="constrained")
        figure.suptitle(
            f"One softmax too many: the loss stays above {floor:.4f}, yet "
            f"{doubled[1][-1]:.0%} are right"
        )
        for name, (losses, accuracies), color, line in looks:
            epochs = range(1, len(losses) + 1)
            left.plot(epochs, losses, line, color=color, linewidth=2.5, label=name)
            right.plot(epochs, accuracies, line, color=color, linewidth=2.5, label=name)
        left.axhspan(0, floor, facecolor=PALE_ORANGE, alpha=0.6, hatch="//", edgecolor=ORANGE)
        left.text(
            len(plain[0]) * 0.99,
            floor - 0.06,
            f"out of reach with the extra softmax: below {floor:.4f}",
            ha="right",
            va="top",
            size=9,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )
        left.set(xlabel="epoch", ylabel="mean loss", ylim=(0, 2.5))
        left.legend(loc="upper right")
        _accuracy(right, classes)
        right.legend(loc="lower right", bbox_to_anchor=(1, 0.12))
        for ax in (left, right):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    alt = f"""Two panels over {len(plain[0])} epochs. Left the mean loss: trained on scores it falls
        to {plain[0][-1]:.2f}; with the extra softmax it falls slowly to {doubled[0][-1]:.2f} and
        stays above a hatched region that begins at {floor:.4f}. Right the accuracy: both rise, on
        scores to {plain[1][-1]:.0%}, with the extra softmax more slowly to {doubled[1][-1]:.0%}."""
    show(figure, alt)


def learning(losses: Sequence[float], accuracies: Sequence[float], classes: int = 10) -> None:
    """The loss of each batch of a training, and beside it the accuracy after each epoch."""
    guess, batches = math.log(classes), len(losses) // len(accuracies)
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4.2), layout="constrained")
        figure.suptitle(f"It starts at ln {classes}, a guess, and learns the drawings")
        left.plot(range(1, len(losses) + 1), losses, "o-", color=BLUE, markersize=4)
        line = left.axhline(guess, color=VERMILION, linestyle="--", linewidth=2)
        left.legend([line], [f"ln {classes} = {guess:.4f}"], loc="lower left")
        left.set(xlabel="batch", ylabel="loss of the batch", ylim=(0, max(2.6, *losses) + 0.1))
        right.plot(range(1, len(accuracies) + 1), accuracies, "s-", color=BLUE, linewidth=2)
        right.set_xlim(0.8, len(accuracies) + 0.2)
        _accuracy(right, classes)
        for ax in (left, right):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    alt = f"""Two panels. Left the loss of each of {len(losses)} batches: it begins at
        {losses[0]:.1f}, beside the dashed line ln {classes} = {guess:.4f}, and falls to
        {losses[-1]:.1f}. Right the accuracy after each {batches} batches: from {accuracies[0]:.0%}
        to {accuracies[-1]:.0%}, above the dashed line of a guess."""
    show(figure, alt)


def _accuracy(ax: Axes, classes: int) -> None:
    """An axis from 0 to 100 %, with a line for guessing."""
    ax.axhline(1 / classes, color=INK, linestyle=":", linewidth=1.5)
    ax.text(0.02, 1 / classes + 0.015, "a guess", transform=ax.get_yaxis_transform(), size=9)
    ax.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.04))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
