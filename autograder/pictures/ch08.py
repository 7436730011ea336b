"""Chapter 8: what is in a saved file, what comes back, and what is lost without the optimizer."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle
from torch import Tensor

from autograder.plots import BLUE, FAINT, GREEN, INK, ORANGE, PALE_BLUE, PALE_ORANGE, style

_SIZES = {"the whole model": 553_451_687, "its state_dict": 553_441_959}  # bytes, VGG16, torch 2.14


def file_sizes() -> None:
    """The two files of VGG16 as bars, in MiB: they cannot be told apart."""
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 2.2), layout="constrained")
        for i, (name, size) in enumerate(_SIZES.items()):
            ax.barh(i, size / 2**20, color=(ORANGE, BLUE)[i], hatch=("//", "")[i], edgecolor=INK)
            ax.text(
                8, i, f"{name}: {size:,} bytes", va="center", color=INK, backgroundcolor="white"
            )
        ax.set_yticks([])
        ax.set_xlabel("MiB")
        ax.invert_yaxis()
        figure.suptitle("9,728 bytes of 553 million: size is not the reason")
        plt.show()


def inside(path: Path) -> None:
    """What a file of ``torch.save`` holds: an ordinary zip archive with one entry a tensor."""
    with zipfile.ZipFile(path) as archive:
        entries = [(i.filename.split("/", 1)[1], i.file_size) for i in archive.infolist()]
    shown = [e for e in entries if not e[0].startswith(".")][:12]
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 0.34 * len(shown) + 0.8), layout="constrained")
        largest = max(size for _, size in shown)
        for i, (name, size) in enumerate(shown):
            tensor = name.startswith("data/")
            color, hatch = (PALE_BLUE, "") if tensor else (PALE_ORANGE, "..")
            ax.barh(i, size / largest, color=color, hatch=hatch, edgecolor=FAINT)
            ax.text(0.01, i, f"{name}   {size:,} bytes", va="center", family="monospace", size=9)
        ax.set_xlim(0, 1)
        ax.set_yticks([])
        ax.set_xticks([])
        ax.invert_yaxis()
        figure.suptitle("A saved file is a zip: one pickle, and the numbers of each tensor")
        plt.show()


def differences(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> None:
    """Which tensors of two state dicts are equal, tensor by tensor."""
    names = list(before)
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 0.32 * len(names) + 1.2), layout="constrained")
        for i, name in enumerate(names):
            for j, other in enumerate((before, after)):
                equal = other[name].equal(after[name])
                color, hatch = (PALE_BLUE, "") if equal else (PALE_ORANGE, "//")
                ax.add_patch(Rectangle((j, i), 0.96, 0.9, color=color, hatch=hatch, ec=INK, lw=0.5))
                word = "equal" if equal else "different"
                ax.text(j + 0.48, i + 0.45, word, ha="center", va="center", size=9)
            ax.text(-0.05, i + 0.45, name, ha="right", va="center", family="monospace", size=9)
        ax.set_xlim(-1.2, 2)
        ax.set_ylim(len(names), 0)
        ax.set_xticks([0.48, 1.48], ["fresh model", "after loading"])
        ax.xaxis.tick_top()
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        figure.suptitle("Loading copies every tensor, buffers included")
        plt.show()


def resumed(curves: Mapping[str, Sequence[float]], at: int) -> None:
    """Loss curves of a straight run and of resumed ones, the interruption marked."""
    styles = [(BLUE, "-", 5.0), (GREEN, "--", 2.0), (ORANGE, ":", 2.5)]
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
        for (name, losses), (color, line, width) in zip(curves.items(), styles, strict=False):
            alpha = 0.35 if width > 4 else 1.0
            ax.plot(losses, line, color=color, lw=width, alpha=alpha, label=name)
        ax.axvline(at - 0.5, color=FAINT)
        ax.text(at - 0.4, ax.get_ylim()[1] * 0.92, "saved and loaded here", size=9, color=INK)
        ax.set_xlabel("step")
        ax.set_ylabel("loss")
        ax.legend(frameon=False)
        figure.suptitle("Without the optimizer's state, a run does not go on: it starts over")
        plt.show()


def load_matrix(rows: Mapping[str, Sequence[str]], columns: Sequence[str]) -> None:
    """What comes of loading each kind of file in each way, as a table of words."""
    with style():
        figure, ax = plt.subplots(figsize=(7.8, 0.62 * len(rows) + 1.3), layout="constrained")
        for i, (name, cells) in enumerate(rows.items()):
            ax.text(-0.05, i + 0.45, name, ha="right", va="center", size=9)
            for j, text in enumerate(cells):
                good = not text.endswith("Error")
                color, hatch = (PALE_BLUE, "") if good else (PALE_ORANGE, "//")
                ax.add_patch(Rectangle((j, i), 0.96, 0.9, color=color, hatch=hatch, ec=FAINT))
                ax.text(
                    j + 0.48, i + 0.45, text, ha="center", va="center", size=9,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
                )  # fmt: skip
        ax.set_xlim(-1.1, len(columns))
        ax.set_ylim(len(rows), 0)
        ax.set_xticks([j + 0.48 for j in range(len(columns))], columns, size=9)
        ax.xaxis.tick_top()
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        figure.suptitle("A state_dict loads everywhere; a whole model only among friends")
        plt.show()
