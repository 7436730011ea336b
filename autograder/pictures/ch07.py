"""Chapter 7: where VGG16 keeps its parameters, three edits, which modules run, and transfer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from autograder.plots import BLUE, FAINT, INK, ORANGE, PALE_BLUE, PALE_ORANGE, VERMILION, style


def parameter_bars(counts: Mapping[str, int]) -> None:
    """Parameters of each layer in millions, the three linear layers marked."""
    with style():
        figure, ax = plt.subplots(figsize=(7.8, 0.26 * len(counts) + 1.0), layout="constrained")
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
        ax.set_yticks(range(len(counts)), list(counts), size=8.5)
        ax.invert_yaxis()
        ax.set_xlim(0, 125)
        ax.set_xlabel("million parameters")
        figure.suptitle("Nine out of ten parameters sit in the head")
        plt.show()


def three_edits() -> None:
    """Three ways to get ten outputs out of VGG, as rows of blocks; the unused one is red."""
    head = ["0 … 5", "6: → 1000"]
    rows = [
        ("model.add_module(…)", [*head], "add_linear: → 10", True, "(N, 1000): never called"),
        ("model.classifier.add_module(…)", [*head, "add_linear: → 10"], None, False, "(N, 10)"),
        ("model.classifier[6] = …", ["0 … 5", "6: → 10"], None, False, "(N, 10)"),
    ]
    with style():
        figure, axes = plt.subplots(3, 1, figsize=(8.2, 4.6), layout="constrained")
        for ax, (title, classifier, outside, bad, result) in zip(axes, rows, strict=True):
            _edit(ax, title, classifier, outside, bad, result)
        figure.suptitle("Only what forward calls is part of the network")
        plt.show()


def _edit(
    ax: Axes, title: str, classifier: Sequence[str], outside: str | None, bad: bool, result: str
) -> None:
    ax.set_title(title, size=10, family="monospace", loc="left")
    ax.add_patch(
        FancyBboxPatch((3.1, 0.05), 4.9, 0.9, fc="none", ec=FAINT, boxstyle="round,pad=0.03")
    )
    ax.text(5.5, 1.07, "classifier", size=8, ha="center")
    blocks = [(0.1, "features"), (1.6, "avgpool")]
    blocks += [(3.2 + 1.65 * i, name) for i, name in enumerate(classifier)]
    for x, name in blocks:
        ax.add_patch(Rectangle((x, 0.2), 1.35, 0.6, fc=PALE_BLUE, ec=INK, lw=0.8))
        ax.text(x + 0.67, 0.5, name, ha="center", va="center", size=8)
    if outside is not None:
        ax.add_patch(
            Rectangle((8.3, 0.2), 1.5, 0.6, fc=PALE_ORANGE, ec=VERMILION, lw=2, hatch="//")
        )
        ax.text(9.05, 0.5, outside, ha="center", va="center", size=8, backgroundcolor="white")
    ax.text(10.05, 0.5, result, va="center", size=9, color=VERMILION if bad else INK)
    ax.set_xlim(0, 12.4)
    ax.set_ylim(0, 1.3)
    ax.axis("off")


def coverage(fired: Mapping[str, Mapping[str, int]]) -> None:
    """How often each module ran in one call, for several models."""
    with style():
        figure, axes = plt.subplots(
            len(fired),
            1,
            figsize=(8.2, 1.15 * len(fired) + 0.6),
            layout="constrained",
            squeeze=False,
        )
        for ax, (title, counts) in zip(axes[:, 0], fired.items(), strict=True):
            for i, (name, count) in enumerate(counts.items()):
                color, hatch = (PALE_BLUE, "") if count else (VERMILION, "//")
                ax.add_patch(Rectangle((i, 0), 0.92, 0.8, fc=color, ec=INK, lw=0.4, hatch=hatch))
                ax.text(
                    i + 0.46, -0.1, name, rotation=60, ha="right", va="top", size=7,
                    color=INK if count else VERMILION,
                )  # fmt: skip
            ax.set_title(title, size=10, loc="left")
            ax.set_xlim(0, max(len(c) for c in fired.values()))
            ax.set_ylim(-1.3, 0.9)
            ax.axis("off")
        figure.suptitle("A hook on every module tells which ones ran")
        plt.show()


def transfer(curves: Mapping[str, Sequence[float]]) -> None:
    """Accuracy on fresh images after each epoch, for a trained and for an untrained start."""
    lines = [(BLUE, "-", "o"), (VERMILION, "--", "^")]
    with style():
        figure, ax = plt.subplots(figsize=(7.2, 3.3), layout="constrained")
        for (name, values), (color, line, marker) in zip(curves.items(), lines, strict=False):
            ax.plot(range(1, len(values) + 1), values, line, color=color, marker=marker, label=name)
        ax.set_xlabel("epoch")
        ax.set_ylabel("accuracy on images it has not seen")
        ax.set_ylim(0, 1.02)
        ax.set_xticks(range(1, max(map(len, curves.values())) + 1))
        ax.legend(frameon=False, loc="lower right")
        figure.suptitle("What was learned elsewhere helps here")
        plt.show()
