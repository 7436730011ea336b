"""Chapter 6: paths down a valley, gradients that pile up, and what a training curve tells."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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
    colour,
    live,
    show,
    style,
)

START = (-9.0, 1.6)  #: where every path begins
STEEP = 20.0  #: how much steeper the valley is across than along
STEPS = 40
_KEY = "square: start      star: bottom      lines: equal loss"


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


def _last_loss(path: Tensor) -> str:
    last = _losses(path)[-1]
    return f"loss {last:.0f}" if last >= 10 else f"loss {last:.2g}"


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
    ax.set(xlim=(-10.5, 6), ylim=(-3, 3), xticks=range(-10, 7, 5), yticks=(-2, 0, 2))
    ax.set(xlabel="along the valley", ylabel="across")
    ax.label_outer()


def lr_sweep(rates: tuple[float, float, float]) -> None:
    """Paths of plain SGD for a learning rate too small, right and too large, and their losses."""
    names = ("too small", "right", "too large")
    looks, ends = [(BLUE, "-"), (GREEN, "--"), (VERMILION, ":")], []
    with style():
        figure = plt.figure(figsize=(10.5, 6.4), layout="constrained")
        figure.suptitle("One number decides: it creeps, it arrives, or it flies out")
        above, under = figure.subfigures(2, 1, squeeze=False).flat
        axes, below = above.subplots(1, 3, sharey=True), under.subplots()
        for ax, rate, name, (color, line) in zip(axes, rates, names, looks, strict=True):
            path = descend("SGD", lr=rate)
            _valley(ax, path, color)
            ax.set_title(f"lr {rate:g}: {name}")
            losses = _losses(path)
            below.plot(losses, line, color=color, linewidth=2.5)
            below.text(STEPS + 0.5, losses[-1], f"lr {rate:g}", color=color, va="center")
            ends.append(f"lr {rate:g} ({name}) ends at {_last_loss(path)}")
        below.set_yscale("log")
        below.set(xlabel="step", ylabel="loss", xlim=(-1, STEPS + 4))
        above.supxlabel(_KEY, size=9)
    show(
        figure,
        f"Three maps of one long valley with the path of {STEPS} steps in each, and below them the "
        f"three losses on a logarithmic axis. All begin at {_losses(path)[0]:.1f}; "
        f"{'; '.join(ends)}. The first path creeps, the second zigzags to the bottom, the third "
        "jumps from wall to wall, higher each time.",
    )


def three_paths() -> None:
    """SGD, momentum and Adam from the same start down the same valley."""
    runs = [
        ("SGD, lr 0.08", descend("SGD", lr=0.08), VERMILION, "o"),
        ("momentum 0.7, lr 0.04", descend("SGD", lr=0.04, momentum=0.7), BLUE, "D"),
        ("Adam, lr 0.5", descend("Adam", lr=0.5), GREEN, "^"),
    ]
    with style():
        figure, axes = plt.subplots(3, 1, figsize=(8.4, 9), layout="constrained", sharex=True)
        figure.suptitle("Momentum ends lowest here; Adam's even steps run past the bottom")
        for ax, (name, path, color, mark) in zip(axes, runs, strict=True):
            _valley(ax, path, color, mark)
            ax.set_title(f"{name}: {_last_loss(path)} after {STEPS} steps")
        figure.supxlabel(_KEY, size=9)
    ends = "; ".join(f"{name}, ends at {_last_loss(path)}" for name, path, _, _ in runs)
    show(
        figure,
        f"The same valley three times, with a path of {STEPS} steps from the same start. {ends}. "
        "SGD jumps from wall to wall and then creeps along the floor; momentum swings less and "
        "less; Adam's first steps are as long across as along, and it runs past the bottom and "
        f"turns: along the valley it reaches {runs[2][1][:, 0].max():.1f}, where the bottom is 0.",
    )


_LOOKS = {0.0: (VERMILION, "o"), 0.8: (BLUE, "D"), 0.99: (GREEN, "^")}


def _verdict(lr: float, momentum: float) -> tuple[Tensor, str]:
    path = descend("SGD", lr=lr, momentum=momentum)
    return path, f"lr {lr:g}, momentum {momentum:g}: {_last_loss(path)} after {STEPS} steps"


def _draw_path(lr: float, momentum: float) -> tuple[Figure, str]:
    path, said = _verdict(lr, momentum)
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4), layout="constrained")
        figure.suptitle(said, size=13)
        _valley(ax, path, BLUE)
        figure.supxlabel(_KEY, size=9)
    return figure, said


def six_settings() -> None:
    """Six places of the sliders of :func:`explore_path`: two rates, three momenta."""
    verdicts = []
    with style():
        figure, axes = plt.subplots(
            3, 2, figsize=(10.5, 8.4), layout="constrained", sharex=True, sharey=True
        )
        figure.suptitle("Momentum 0.8 mends a small step and a large one; 0.99 swings past")
        settings = [(lr, momentum) for momentum in (0.0, 0.8, 0.99) for lr in (0.02, 0.102)]
        for ax, (lr, momentum) in zip(axes.flat, settings, strict=True):
            path, said = _verdict(lr, momentum)
            color, mark = _LOOKS[momentum]
            _valley(ax, path, color, mark)
            verdicts.append(said.removesuffix(f" after {STEPS} steps"))
            ax.set_title(verdicts[-1])
        figure.supxlabel(_KEY, size=9)
    show(
        figure,
        f"Six paths of {STEPS} steps in the same valley: two learning rates side by side, three "
        f"momenta one below the other. {'; '.join(verdicts)}. With 0.8 both arrive at the bottom; "
        "with 0.99 both swing far past it and back.",
    )


def explore_path() -> None:
    """Sliders for the learning rate and the momentum of SGD above its path.

    Where no widgets are installed, :func:`six_settings` stands in.
    """
    try:
        import ipywidgets
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

    def draw() -> tuple[Figure, str]:
        figure, said = _draw_path(rate.value, momentum.value)
        return figure, f"The path of SGD in the valley. {said}."

    live([[rate, momentum]], draw)


# ---------------------------------------------------------------------------------- trainings


class _Kept:
    """A tensor that autograd has put aside; it lives as long as the graph that holds it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor.detach()


@contextmanager
def kept_for_backward() -> Iterator[Callable[[], int]]:
    """Count what autograd puts aside for ``backward`` inside of the block.

    Yields a function that gives the bytes which are alive at that moment.
    """
    alive: weakref.WeakSet[_Kept] = weakref.WeakSet()

    def put_aside(tensor: Tensor) -> _Kept:
        kept = _Kept(tensor)
        alive.add(kept)
        return kept

    with torch.autograd.graph.saved_tensors_hooks(put_aside, lambda kept: kept.tensor):
        yield lambda: sum(kept.tensor.nbytes for kept in alive)


def growing_gradients(cleared: Sequence[float], piled: Sequence[float]) -> None:
    """The lengths of the gradient in some rounds of backward, with and without zero_grad."""
    rounds = range(1, len(cleared) + 1)
    with style():
        figure, axes = plt.subplots(1, 2, figsize=(9, 3.9), layout="constrained", sharey=True)
        figure.suptitle("backward() adds: without zero_grad the gradients pile up")
        looks = [
            ("with zero_grad", cleared, BLUE, PALE_BLUE, ""),
            ("without zero_grad", piled, VERMILION, PALE_ORANGE, "//"),
        ]
        for ax, (name, sizes, color, fill, hatch) in zip(axes, looks, strict=True):
            times = [size / cleared[0] for size in sizes]
            bars = ax.bar(rounds, times, color=fill, edgecolor=color, hatch=hatch, linewidth=1.5)
            ax.bar_label(bars, fmt="%.3g×", padding=2)
            ax.axhline(1, color=INK, linestyle="--", linewidth=1)
            ax.set_title(name)
            ax.set_xlabel("backward() number")
        axes[0].set_ylabel("length of .grad")
        axes[0].text(0.4, 1.75, "dashed: the gradient of one batch", size=10)
    show(
        figure,
        f"Two rows of {len(piled)} bars, the length of .grad after each backward. With zero_grad "
        f"every bar is 1; without it they grow like a staircase to {piled[-1] / cleared[0]:.3g} "
        "times the first.",
    )


def gallery(dataset: Any) -> None:
    """The first image of each of ten classes; the data set has the interface of CIFAR10."""
    with style():
        figure, axes = plt.subplots(2, 5, figsize=(8, 4), layout="constrained")
        figure.suptitle("Ten classes: a guess is right one time in ten")
        for label, (name, ax) in enumerate(zip(dataset.classes, axes.flat, strict=True)):
            ax.imshow(dataset.data[dataset.targets.index(label)], interpolation="nearest")
            ax.set_title(f"{label}: {name}", size=10)
            ax.axis("off")
    names = ", ".join(dataset.classes)
    show(figure, f"One image of 32 by 32 pixels for each of the ten classes: {names}.")


def logged(train: Sequence[tuple[int, float]], held: Sequence[tuple[int, float]]) -> None:
    """Losses as they were logged, pairs of step and value: of each batch, and held out."""
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4), layout="constrained")
        figure.suptitle("The loss falls, on held-out images too: it learns")
        ax.plot(
            *zip(*train, strict=True), "-", color=BLUE, linewidth=2, label="loss/train, each batch"
        )
        ax.plot(
            *zip(*held, strict=True),
            "D",
            color=VERMILION,
            markersize=8,
            label="loss/held out, each epoch",
        )
        ax.set(xlabel="step", ylabel="loss")
        ax.set_ylim(bottom=-0.08)
        ax.legend(loc="upper right")
    diamonds = ", ".join(f"{loss:.1f}" for _, loss in held)
    show(
        figure,
        f"The loss of each of {len(train)} training batches as a ragged line from "
        f"{train[0][1]:.1f} down to {train[-1][1]:.1f}, and a diamond after each epoch for the "
        f"loss on held-out images: {diamonds}.",
    )


def memorised(seen: Sequence[float], unseen: Sequence[float], guess: float = 0.1) -> None:
    """Accuracies over the epochs on the images of the training and on held-out ones."""
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4), layout="constrained")
        figure.suptitle("Random labels: learnt by heart, and worth nothing on other images")
        epochs = range(1, len(seen) + 1)
        ax.plot(epochs, seen, "-", color=BLUE, linewidth=2.5, label="the images it trains on")
        ax.plot(epochs, unseen, "-D", color=VERMILION, markevery=4, label="held-out images")
        ax.axhline(guess, color=INK, linestyle="--", linewidth=1, label="pure guessing")
        ax.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.04))
        ax.yaxis.set_major_formatter(PercentFormatter(1))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="center right")
    show(
        figure,
        f"Accuracy over {len(seen)} epochs. On the images it trains on it climbs from "
        f"{seen[0]:.0%} to {seen[-1]:.0%}; on held-out images it stays between {min(unseen):.0%} "
        f"and {max(unseen):.0%}, about the dashed line of pure guessing, {guess:.0%}.",
    )


def mistakes(images: Tensor, guesses: Tensor, labels: Tensor, classes: Sequence[str]) -> None:
    """Up to ten images (N, 3, H, W) whose guess is not their label, with both names."""
    wrong = (guesses != labels).nonzero().flatten().tolist()
    shown = wrong[:10]
    said = [(classes[int(guesses[i])], classes[int(labels[i])]) for i in shown]
    with style():
        figure, axes = plt.subplots(2, 5, figsize=(8.4, 4.6), layout="constrained", squeeze=False)
        figure.suptitle(f"It gets {len(wrong)} of {len(labels)} held-out images wrong")
        for ax in axes.flat:
            ax.axis("off")
        for i, (guess, label), ax in zip(shown, said, axes.flat, strict=False):
            ax.axis("on")
            colour(ax, images[i], f"says {guess},\nis {label}")
    pairs = "; ".join(f"a {label} called {guess}" for guess, label in said)
    show(
        figure,
        f"{len(shown)} of the {len(wrong)} held-out images, of {len(labels)}, that the network "
        f"gets wrong: {pairs or 'none'}.",
    )
