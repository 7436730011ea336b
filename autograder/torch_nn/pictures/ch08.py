"""Chapter 8: what is in a saved file, what comes back, and what a training needs to go on."""

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
    SKY,
    VERMILION,
    show,
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
        alt = (
            f"Two bars of the same length. The whole model takes {whole:,} bytes, its state_dict "
            f"{weights:,}; the difference of {gap:,} bytes is {pixels:.2f} pixels wide."
        )
        show(figure, alt)


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
        listed = "; ".join(f"{name} holds {holds}, {size:,} bytes" for name, holds, size in entries)
        show(figure, f"The entries of the file, each with a bar as long as it is large. {listed}.")


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
    said = []
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 0.32 * len(before) + 1.1), layout="constrained")
        for i, name in enumerate(before):
            for j, other in enumerate((before, after)):
                off = (other[name].double() - after[name].double()).abs().max().item()
                _box(ax, j, i, f"differs by up to {off:.2g}" if off else "equal", not off)
                said += [f"{name} by up to {off:.2g}"] if off else []
            ax.text(-0.05, i + 0.45, name, ha="right", va="center", family="monospace", size=9)
        _as_table(ax, -0.85, ["fresh model", "after loading"], len(before))
        figure.suptitle("Loading copies every tensor, buffers included")
        alt = (
            f"A table of {len(before)} tensors, compared with the file's. In the fresh model "
            f"these differ: {', '.join(said)}. After loading all are equal."
        )
        show(figure, alt)


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
        jump = max(poor[1][at:]) / whole[1][at]
        ax.set_yscale("log")
        ax.set_xlabel("step")
        ax.set_ylabel("loss")
        ax.legend(frameon=False)
        figure.suptitle("Without the optimizer's memory, the loss jumps up")
        alt = (
            f"Three loss curves over {len(whole[1])} steps on a logarithmic scale. "
            f"'{resumed_well[0]}' lies on '{whole[0]}' and ends at {resumed_well[1][-1]:.3f}. "
            f"'{poor[0]}' leaves them after step {at}, rises to {max(poor[1][at:]):.2f}, "
            f"{jump:.0f} times as high, and ends at {poor[1][-1]:.3f}."
        )
        show(figure, alt)


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
        figure.suptitle("A state_dict loads everywhere; a whole model where its class is known")
        heads = [column.replace(",\n", " with ") for column in columns]
        said = [
            f"{name.replace(chr(10), ' ')}: "
            + ", ".join(f"{head} {out.split(':')[0]}" for head, out in zip(heads, row, strict=True))
            for i, name in enumerate(rows)
            for row in [(*here[2 * i : 2 * i + 2], *there[2 * i : 2 * i + 2])]
        ]
        show(figure, f"A table of what loading gives. {'; '.join(said)}.")


def best_so_far(validation: Sequence[float], kept: Mapping[str, float]) -> None:
    """A validation loss, and on which height of it lie the weights that each way has kept."""
    losses = list(validation)
    lowest = losses.index(min(losses))
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
        ax.plot(losses, color=INK, lw=1.8)
        said = []
        for (name, loss), color, mark in zip(kept.items(), (VERMILION, BLUE), "sD", strict=True):
            epoch = min(range(len(losses)), key=lambda i: abs(losses[i] - loss))
            ax.plot(epoch, loss, mark, color=color, ms=9, mec=INK, clip_on=False, zorder=3)
            ax.annotate(
                f"{name} holds these weights", (epoch, loss), (0, 14), color=INK, size=10,
                textcoords="offset points", ha="right" if epoch > len(losses) / 2 else "left",
            )  # fmt: skip
            said.append(f"{name} holds weights with the loss {loss:.3f}, those of epoch {epoch}")
        ax.set_ylim(0, max(losses) * 1.05)
        ax.set_xlabel("epoch")
        ax.set_ylabel("validation loss")
        figure.suptitle("A file keeps the best weights, a state_dict the last")
        alt = (
            f"The validation loss falls from {losses[0]:.2f} to {losses[lowest]:.3f} in epoch "
            f"{lowest} and rises to {losses[-1]:.3f} in the last. {'; '.join(said)}."
        )
        show(figure, alt)


def no_seam(whole: Sequence[float], before: Sequence[float], after: Sequence[float]) -> None:
    """A training that was never stopped, and on it the two parts of one that was."""
    stop = len(before)
    apart = max(abs(a - b) for a, b in zip(whole, [*before, *after], strict=True))
    with style():
        figure, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
        ax.plot(whole, color=SKY, lw=7, alpha=0.6, label="never stopped")
        ax.plot(before, "-", color=INK, lw=1.6, label="before the stop")
        places = range(stop, len(whole))
        ax.plot(places, after, ".--", color=VERMILION, lw=1.6, ms=7, label="fresh network, loaded")
        ax.axvline(stop - 0.5, color=INK, lw=0.8, ls=":")
        ax.text(stop - 0.2, max(whole), "stopped, loaded", size=9, color=INK, va="top")
        ax.set_ylim(0, max(whole) * 1.05)
        ax.set_xlabel("step")
        ax.set_ylabel("loss")
        ax.legend(loc="lower left")
        seam = "no seam" if apart == 0 else f"a seam of {apart:.2g}"
        figure.suptitle(f"Stopped, loaded, gone on with: the curve has {seam}")
        alt = (
            f"The loss of two trainings over {len(whole)} steps, from {whole[0]:.2f} to "
            f"{whole[-1]:.2f}. The second was stopped after step {stop} and went on in a fresh "
            f"network; the curves lie {apart:.2g} apart at most."
        )
        show(figure, alt)


def as_from_a_gpu(source: Path, target: Path) -> None:
    """Copy a file of torch.save so that it says that its tensors lay on the first GPU."""
    word, other = (b"X" + len(w).to_bytes(4, "little") + w for w in (b"cpu", b"cuda:0"))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            is_pickle = entry.filename.endswith("/data.pkl")
            new.writestr(entry.filename, content.replace(word, other) if is_pickle else content)
