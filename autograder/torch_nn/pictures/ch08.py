"""Chapter 8: what is in a saved file, what comes back, and what is lost without the optimizer."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from autograder.torch_nn.plots import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    style,
)


def file_sizes(whole: int, weights: int) -> None:
    """The two files of VGG16 as bars, in MiB, from their sizes in bytes: they look the same."""
    sizes = {"the whole model": whole, "its state_dict": weights}
    gap = whole - weights
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 2.4), layout="constrained")
        for i, (name, size) in enumerate(sizes.items()):
            ax.barh(i, size / 2**20, color=(ORANGE, BLUE)[i], hatch=("//", "")[i], edgecolor=INK)
            ax.text(
                8, i, f"{name}: {size:,} bytes", va="center", color=INK, backgroundcolor="white"
            )
        ax.set_yticks([])
        ax.set_xlabel("MiB")
        ax.set_ylim(1.5, -0.5)
        figure.canvas.draw()  # the layout decides how wide a MiB is
        pixels = ax.transData.transform((gap / 2**20, 0))[0] - ax.transData.transform((0, 0))[0]
        ax.set_xlabel(f"MiB (here {gap:,} bytes are {pixels:.2f} pixels)")
        figure.suptitle(f"{gap:,} bytes of {whole // 10**6} million: size is not the reason")
        plt.show()


def inside(path: Path) -> None:
    """What the file of a state_dict holds: an ordinary zip archive with one entry a tensor."""
    tensors = [f"{name}  {tuple(t.shape)}" for name, t in torch.load(path).items()]
    with zipfile.ZipFile(path) as archive:
        sizes = {i.filename.split("/", 1)[1]: i.file_size for i in archive.infolist()}
    entries = [("data.pkl", "names, shapes, order: a pickle", sizes["data.pkl"])]
    entries += [(f"data/{i}", text, sizes[f"data/{i}"]) for i, text in enumerate(tensors)]
    largest = max(sizes.values())
    with style():
        figure, ax = plt.subplots(figsize=(7.8, 0.32 * len(entries) + 0.9), layout="constrained")
        for i, (name, holds, size) in enumerate(entries):
            pickle = name == "data.pkl"
            color, hatch = (PALE_ORANGE, "//") if pickle else (PALE_BLUE, "")
            ax.text(-1.32, i, name, va="center", family="monospace", size=9)
            ax.text(-1.02, i, holds, va="center", family="monospace", size=9)
            ax.barh(i, size / largest, color=color, hatch=hatch, edgecolor=INK, lw=0.6)
            ax.text(size / largest + 0.02, i, f"{size:,} bytes", va="center", size=9)
        ax.set_xlim(-1.35, 1.25)
        ax.set_ylim(len(entries) - 0.4, -0.6)
        ax.axis("off")
        figure.suptitle("A saved file is a zip: a pickle that says what, and the numbers")
        plt.show()


def _box(ax: Axes, column: int, row: int, text: str, good: bool) -> None:
    """One field of a table: pale blue, or orange and hatched; the word lies on plain paper."""
    fill, hatch = (PALE_BLUE, None) if good else (PALE_ORANGE, "///")
    ax.add_patch(
        Rectangle((column, row), 0.96, 0.9, facecolor=fill, hatch=hatch, edgecolor=FAINT, lw=0.8)
    )
    ax.add_patch(Rectangle((column, row), 0.96, 0.9, fill=False, edgecolor=INK, lw=0.5))
    card = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
    ax.text(column + 0.48, row + 0.45, text, ha="center", va="center", size=9, bbox=card)


def _as_table(ax: Axes, left: float, columns: Sequence[str], rows: int) -> None:
    ax.set_xlim(left, len(columns))
    ax.set_ylim(rows, 0)
    ax.set_xticks([j + 0.48 for j in range(len(columns))], columns, size=9)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_yticks([])
    ax.spines[:].set_visible(False)


def differences(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> None:
    """How far two state dicts lie from the second one, tensor by tensor."""
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 0.32 * len(before) + 1.1), layout="constrained")
        for i, name in enumerate(before):
            for j, other in enumerate((before, after)):
                off = (other[name].double() - after[name].double()).abs().max().item()
                _box(ax, j, i, f"differs by up to {off:.2g}" if off else "equal", not off)
            ax.text(-0.05, i + 0.45, name, ha="right", va="center", family="monospace", size=9)
        _as_table(ax, -0.85, ["fresh model", "after loading"], len(before))
        figure.suptitle("Loading copies every tensor, buffers included")
        plt.show()


def resumed(curves: Mapping[str, Sequence[float]], at: int) -> None:
    """Loss curves of a straight run, one that resumed with all and one with the weights only."""
    whole, resumed_well, poor = curves.items()
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
        ax.plot(whole[1], color=BLUE, lw=5, alpha=0.35, label=whole[0])
        ax.plot(resumed_well[1], "--", color=GREEN, lw=2, label=resumed_well[0])
        steps = range(at - 1, len(poor[1]))  # before, it is the same run
        ax.plot(steps, poor[1][at - 1 :], ".-", color=ORANGE, lw=1.8, ms=5, label=poor[0])
        ax.axvline(at - 0.5, color=INK, lw=0.8, ls=":")
        ax.text(at - 1.5, 2.2, "saved and\nloaded here", size=9, color=INK, ha="right", va="top")
        ax.set_yscale("log")
        ax.set_xlabel("step")
        ax.set_ylabel("loss")
        ax.legend(frameon=False)
        figure.suptitle("Without the optimizer's memory, a run does not go on")
        plt.show()


def load_matrix(rows: Sequence[str], here: Sequence[str], there: Sequence[str]) -> None:
    """What comes of loading each kind of file in each way, as a table of words.

    ``here`` and ``there`` hold two outcomes a row, by default and with ``weights_only=False``: the
    name of a type, or an exception with or without its message.
    """
    columns = [
        f"{where}\n{option}"
        for where in ("this notebook,", "another program,")
        for option in ("default", "weights_only=False")
    ]
    with style():
        figure, ax = plt.subplots(figsize=(8.6, 0.55 * len(rows) + 1.3), layout="constrained")
        for i, name in enumerate(rows):
            ax.text(-0.05, i + 0.45, name, ha="right", va="center", size=9)
            for j, outcome in enumerate((*here[2 * i : 2 * i + 2], *there[2 * i : 2 * i + 2])):
                word = outcome.split(":")[0]
                _box(ax, j, i, word, not word.endswith("Error"))
        _as_table(ax, -1.15, columns, len(rows))
        figure.suptitle("A state_dict loads everywhere; a whole model only among friends")
        plt.show()
