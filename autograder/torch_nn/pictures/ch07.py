"""Chapter 7: where VGG16 keeps its parameters, edits and which modules run, and transfer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from PIL.Image import Image
from torch import Tensor, nn

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
    bare,
    colour,
    html_image,
    show,
    style,
)

_MEAN, _STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  #: ImageNet's, of red, green, blue

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
    bars = "; ".join(f"{name} {count:,}" for name, count in counts.items())
    sums = "; ".join(
        f"{part} {count / 1e6:.1f} million, {count / total:.0%}" for part, count in parts.items()
    )
    show(figure, f"A bar for each layer with its number of parameters: {bars}. Together: {sums}.")


# ------------------------------------------------------------------------------- which modules ran


def coverage(fired: Mapping[str, Counts]) -> None:
    """Which modules ran in one call, a row for each model: those that never did are hatched."""
    title = "Added to the model, the new layer never runs; added to the classifier, it does"
    rows = []
    for name, counts in fired.items():
        idle = [module for module, count in counts.items() if not count]
        never = f"{', '.join(idle)} is red and hatched and never ran" if idle else "every one ran"
        rows.append(f"{name}: {len(counts)} boxes, one a module, {never}")
    show(_draw_coverage(title, fired), "Rows of boxes. " + "; ".join(rows) + ".")


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
        figure.suptitle("Only what forward calls is part of the way from image to logits")
    show(
        figure,
        "Three rows of blocks joined by arrows: features, avgpool, and the layers of the "
        "classifier. Added to the model, add_linear stands apart, red and hatched, is never "
        "called, and (N, 1000) comes out; added to the classifier it follows layer 6 as the last "
        "block, and (N, 10) comes out; in the third row layer 6 itself is replaced, and (N, 10) "
        "comes out.",
    )


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
    show(
        figure,
        "Two rows of small drawings, one a class. Above what it was trained on: "
        f"{', '.join(known.classes)}. Below what it is to learn: {', '.join(new.classes)}.",
    )


def transfer(panels: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Accuracy on fresh images after each epoch: a panel for a data set, a line for a start."""
    looks = [(BLUE, "-", "o"), (GREEN, "-.", "s"), (VERMILION, "--", "^")]
    with style():
        figure, axes = plt.subplots(
            1, len(panels), figsize=(8.4, 4.2), layout="constrained", sharey=True, squeeze=False
        )
        for ax, (title, curves) in zip(axes[0], panels.items(), strict=True):
            for (name, values), (color, line, marker) in zip(curves.items(), looks, strict=False):
                ax.plot(
                    range(1, len(values) + 1), values, line, color=color, marker=marker,
                    markersize=4.5, linewidth=2, label=name,
                )  # fmt: skip
            ax.set_title(title, size=11)
            ax.set(xlabel="epoch", ylim=(0, 1.02))
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.axhline(0.2, color=FAINT, linewidth=1)
            ax.text(len(values), 0.17, "guessing", ha="right", va="top", size=9)
        axes[0, 0].set_ylabel("accuracy on images it has not seen")
        names = next(iter(panels.values()))
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        figure.suptitle("Trained features put a network ahead of one from scratch")
    show(
        figure,
        f"Accuracy on fresh images after each epoch, for {' and for '.join(panels)}: a line each "
        f"for {', '.join(names)}. The lines of trained networks rise in the first epochs; the one "
        "from scratch begins near 0.2, a guess among five, and follows later.",
    )


def mistakes(images: Doodles, wrong: Sequence[int], said: Sequence[int], most: int = 10) -> None:
    """The first images that a network gets wrong: above each what it says, and what it is."""
    names = images.classes
    missed = [images.targets[i] for i in wrong]
    worst = max(range(len(names)), key=missed.count)
    title = f"{missed.count(worst)} of {len(missed)} errors: “{names[worst]}” is not seen as one"
    with style():
        figure, axes = plt.subplots(2, most // 2, figsize=(8.4, 4), layout="constrained")
        for ax in axes.flat:
            ax.axis("off")
        for ax, i in zip(axes.flat, wrong, strict=False):
            ax.imshow(images.data[i], interpolation="nearest")
            ax.set_title(f"says {names[said[i]]}\nis {names[images.targets[i]]}", size=9)
        figure.suptitle(title)
    show(
        figure,
        f"{title}. Up to {most} drawings that the network gets wrong; above each stands the class "
        f"that it says, and the one that it is, of {', '.join(names)}.",
    )


def preparation(picture: Image, prepared: Tensor) -> None:
    """An image as it lies in a data set, cut to size, and as VGG16 gets it."""
    mean, std = (torch.tensor(numbers).reshape(3, 1, 1) for numbers in (_MEAN, _STD))
    large = prepared * std + mean
    low, high = float(prepared.min()), float(prepared.max())
    before = torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255
    with style():
        figure, axes = plt.subplots(1, 3, figsize=(8.4, 3.4), layout="constrained")
        colour(axes[0], before, f"{picture.width} × {picture.height} pixels")
        colour(axes[1], large, "resized to 256 × 256,\nthe middle 224 × 224 of it")
        grey = axes[2].imshow(prepared[0].numpy(), cmap="cividis", interpolation="nearest")
        bare(
            axes[2],
            f"its red numbers, normalised:\n{prepared[0].min():.2f} to {prepared[0].max():.2f}",
        )
        figure.colorbar(grey, ax=axes[2], shrink=0.7)
        figure.suptitle("Larger, its border cut off, and no longer between 0 and 1")
    show(
        figure,
        f"One drawing three times: {picture.width} by {picture.height} pixels with coarse steps; "
        "the middle 224 by 224 of its enlargement to 256 by 256, smooth and without the outermost "
        "pixels; and the red numbers after normalisation as a map with a scale. The numbers of all "
        f"colours lie between {low:.2f} and {high:.2f}.",
    )
