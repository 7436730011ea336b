"""Chapter 7: where VGG16 keeps its parameters, edits and which modules run, and transfer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from torch import nn

from autograder.torch_nn.data import Doodles
from autograder.torch_nn.data.models import tiny_vgg
from autograder.torch_nn.plots import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    VERMILION,
    html_image,
    style,
)

Counts = Mapping[str, int]  #: how often each innermost module ran in one call, by its name


def parameter_bars(counts: Mapping[str, int]) -> None:
    """Parameters of each layer in millions, the linear ones hatched, and the sum of each part."""
    parts: dict[str, int] = {}
    for name, count in counts.items():
        part = name.split(".")[0]
        parts[part] = parts.get(part, 0) + count
    total = sum(parts.values())
    with style():
        figure, ax = plt.subplots(figsize=(8.2, 0.26 * len(counts) + 1.2), layout="constrained")
        for i, (name, count) in enumerate(counts.items()):
            linear = name.startswith("classifier")
            ax.barh(
                i,
                count / 1e6,
                color=ORANGE if linear else BLUE,
                hatch="//" if linear else "",
                edgecolor=INK,
                linewidth=0.5,
            )
            ax.text(count / 1e6 + 0.8, i, f"{count:,}", va="center", size=8.5)
        for part, count in parts.items():
            layers = [i for i, name in enumerate(counts) if name.split(".")[0] == part]
            ax.plot([129, 129], [layers[0] - 0.4, layers[-1] + 0.4], color=INK, linewidth=1.5)
            middle = (layers[0] + layers[-1]) / 2
            said = f"{part}\n{count / 1e6:.1f} million\n{count / total:.0%}"
            ax.text(131, middle, said, va="center", size=10)
        ax.set_yticks(range(len(counts)), list(counts), size=8.5)
        ax.invert_yaxis()
        ax.set_xlim(0, 155)
        ax.set_xticks(range(0, 121, 20))
        ax.set_xlabel("million parameters")
        figure.suptitle("Nine out of ten parameters sit in three linear layers")
    plt.show()


# ------------------------------------------------------------------------------- which modules ran


def coverage(fired: Mapping[str, Counts]) -> None:
    """Which modules ran in one call, a row for each model: those that never did are hatched."""
    _draw_coverage("A hook on every module tells which ones ran", fired)
    plt.show()


def _draw_coverage(title: str, fired: Mapping[str, Counts]) -> Figure:
    with style():
        figure, axes = plt.subplots(
            len(fired),
            1,
            figsize=(9.6, 1.35 * len(fired) + 0.6),
            layout="constrained",
            squeeze=False,
        )
        for ax, (name, counts) in zip(axes[:, 0], fired.items(), strict=True):
            ax.set_title(name, size=10, family="monospace", loc="left")
            _boxes(ax, counts)
            ax.set_xlim(-0.1, 29.6)
            ax.set_ylim(-0.75, 0.95)
            ax.axis("off")
        figure.suptitle(title)
    return figure


def _boxes(ax: Axes, counts: Counts) -> None:
    """A box for each module, numbers inside, its parent below; a module that never ran is red."""
    x, before = 0.0, next(iter(counts)).partition(".")[0]
    parents: dict[str, tuple[float, float]] = {}
    for name, count in counts.items():
        parent, _, label = name.partition(".")
        label = label or parent
        x += 0.2 if parent != before else 0
        width = 0.95 if label.isdigit() else 0.32 * len(label) + 0.3
        ran = {"facecolor": PALE_BLUE, "edgecolor": INK, "linewidth": 0.8}
        never = {"facecolor": PAPER, "edgecolor": VERMILION, "linewidth": 2, "hatch": "//"}
        ax.add_patch(Rectangle((x, 0), width, 0.8, **(ran if count else never)))  # type: ignore[arg-type]
        ax.text(
            x + width / 2,
            0.4,
            label,
            ha="center",
            va="center",
            size=9,
            color=INK if count else VERMILION,
            weight="normal" if count else "bold",
            bbox=None if count else {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
        )
        if not count:
            ax.text(x + width / 2, -0.5, "never ran", ha="center", size=9, color=VERMILION)
        if "." in name:
            parents[parent] = (parents.get(parent, (x, 0))[0], x + width)
        x += width + 0.08
        before = parent
    for parent, (left, right) in parents.items():
        ax.plot([left, right], [-0.12, -0.12], color=INK, linewidth=1.2)
        ax.text((left + right) / 2, -0.5, parent, ha="center", size=9)


def _add_to_model(model: nn.Module) -> None:
    model.add_module("add_linear", nn.Linear(1000, 10))


def _add_to_classifier(model: nn.Module) -> None:
    model.get_submodule("classifier").add_module("add_linear", nn.Linear(1000, 10))


def _replace(model: nn.Module) -> None:
    model.get_submodule("classifier").add_module("6", nn.Linear(32, 10))


def _relabel(model: nn.Module) -> None:
    setattr(model.get_submodule("classifier.6"), "out_features", 10)  # noqa: B010 - a Module for mypy


EDITS: dict[str, Callable[[nn.Module], None]] = {
    "nothing": lambda model: None,
    'model.add_module("add_linear", nn.Linear(1000, 10))': _add_to_model,
    'model.classifier.add_module("add_linear", nn.Linear(1000, 10))': _add_to_classifier,
    "model.classifier[6] = nn.Linear(…, 10)": _replace,
    "model.classifier[6].out_features = 10": _relabel,
}  #: what the dropdown offers, and what it does to a tiny VGG


def explore_edits(fired: Callable[[nn.Module], Counts]) -> None:
    """A dropdown of edits above the modules that run after it and the shape that comes out.

    ``fired`` counts how often each innermost module runs in one call. Where no widgets are
    installed, nothing is shown: :func:`three_edits` says the same.
    """
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        return
    choice = ipywidgets.Dropdown(
        options=list(EDITS),
        value='model.add_module("add_linear", nn.Linear(1000, 10))',
        description="edit:",
        layout={"width": "36em"},
    )
    screen = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        model = tiny_vgg().eval()
        EDITS[choice.value](model)
        counts = fired(model)
        with torch.no_grad():
            shape = tuple(model(torch.zeros(1, 3, 32, 32)).shape)
        size = sum(parameter.numel() for parameter in model.parameters())
        idle = [name for name, count in counts.items() if not count]
        news = f"model(x) has shape {shape}; {size:,} parameters"
        alt = f"{news}; {', '.join(idle) + ' never ran' if idle else 'every module ran'}."
        screen.value = html_image(_draw_coverage(news, {choice.value: counts}), alt)

    choice.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([choice, screen]))


# ---------------------------------------------------------------------------------- the three edits


def three_edits() -> None:
    """Three ways to ten outputs as block diagrams; new layers orange, the unused one red."""
    rows = [
        ("model.add_module(…)", ["6\n→ 1000"], True, "(N, 1000)"),
        ("model.classifier.add_module(…)", ["6\n→ 1000", "add_linear\n→ 10"], False, "(N, 10)"),
        ("model.classifier[6] = …", ["6\n→ 10"], False, "(N, 10)"),
    ]
    with style():
        figure, axes = plt.subplots(3, 1, figsize=(9.6, 5.4), layout="constrained")
        for ax, (title, last, outside, result) in zip(axes, rows, strict=True):
            ax.set_title(title, size=10, family="monospace", loc="left")
            _edit(ax, last, outside, result)
            ax.set_xlim(-0.1, 14.1)
            ax.set_ylim(-0.15, 1.35)
            ax.axis("off")
        figure.suptitle("Only what forward calls is part of the way from picture to scores")
    plt.show()


def _edit(ax: Axes, last: Sequence[str], outside: bool, result: str) -> None:
    """The modules in the order in which ``forward`` calls them, with arrows, and what comes out."""
    blocks = [(0.0, "features"), (2.0, "avgpool"), (4.2, "0 … 5")]
    blocks += [(6.1 + 1.9 * i, name) for i, name in enumerate(last)]
    right = blocks[-1][0] + 1.5
    ax.add_patch(
        FancyBboxPatch(
            (4.05, -0.02), right - 3.9, 1.02, fc="none", ec=FAINT, boxstyle="round,pad=0.06"
        )
    )
    ax.text((4.05 + right + 0.15) / 2, 1.12, "classifier", size=9, ha="center")
    for x, name in blocks:
        new = name.endswith("→ 10")
        ax.add_patch(
            Rectangle((x, 0.1), 1.5, 0.8, fc=PALE_ORANGE if new else PALE_BLUE, ec=INK, lw=0.9)
        )
        ax.text(x + 0.75, 0.5, name, ha="center", va="center", size=9)
    for (x, _), (following, _) in itertools.pairwise(blocks):
        _arrow(ax, x + 1.5, following)
    _arrow(ax, right, 10.0)
    ax.text(10.1, 0.5, result, va="center", size=11, color=VERMILION if outside else INK)
    if outside:
        ax.add_patch(Rectangle((12.1, 0.1), 1.8, 0.8, fc=PAPER, ec=VERMILION, lw=2, hatch="//"))
        ax.text(
            13, 0.5, "add_linear\n→ 10", ha="center", va="center", size=9, color=VERMILION,
            weight="bold", bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
        ax.text(13, 1.12, "never called", ha="center", size=9, color=VERMILION)


def _arrow(ax: Axes, start: float, end: float) -> None:
    ax.annotate(
        "", (end, 0.5), (start, 0.5), arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0}
    )


# --------------------------------------------------------------------------------------- transfer


def two_tasks(known: Doodles, new: Doodles) -> None:
    """One image of each class of two data sets, a row for each."""
    rows = (("trained on", known), ("to learn", new))
    with style():
        figure, axes = plt.subplots(2, len(known.classes), figsize=(9.6, 2.9), layout="constrained")
        for row, (title, images) in zip(axes, rows, strict=True):
            for ax in row:
                ax.axis("off")
            for ax, (i, name) in zip(row, enumerate(images.classes), strict=False):
                ax.imshow(images.data[images.targets.index(i)], interpolation="nearest")
                ax.set_title(name, size=9)
            row[0].text(-14, 16, title, rotation=90, ha="center", va="center", size=10)
        figure.suptitle("Ten classes that it knows, five that it has never seen")
    plt.show()


def transfer(curves: Mapping[str, Sequence[float]]) -> None:
    """Accuracy on fresh images after each epoch, a line for each way to start."""
    looks = [(BLUE, "-", "o"), (GREEN, "-.", "s"), (VERMILION, "--", "^")]
    with style():
        figure, ax = plt.subplots(figsize=(8.4, 4.2), layout="constrained")
        for (name, values), (color, line, marker) in zip(curves.items(), looks, strict=False):
            epochs = range(1, len(values) + 1)
            ax.plot(
                epochs, values, line, color=color, marker=marker, markersize=4.5, linewidth=2,
                label=name,
            )  # fmt: skip
        ax.set(xlabel="epoch", ylabel="accuracy on images it has not seen", ylim=(0, 1.02))
        ax.axhline(0.2, color=FAINT, linewidth=1)
        ax.text(len(values), 0.17, "guessing", ha="right", va="top", size=9)
        ax.legend(loc="lower right", bbox_to_anchor=(1, 0.2))
        figure.suptitle("Trained features learn faster; frozen, they do not end better")
    plt.show()
