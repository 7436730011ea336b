"""Chapter 3: feature maps, pooling windows, activations, and what flattening does to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

from autograder.torch_nn.plots import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    bare,
    colour,
    live,
    number_grid,
    style,
    table,
)

# ------------------------------------------------------------------------------------------ maps


def _grey(
    ax: Axes, values: Tensor, title: str = "", ends: tuple[float, float] | None = None
) -> None:
    """A map (H, W) in grey; without ``ends`` from its least (black) to its largest value."""
    low, high = ends or _ends(values)
    ax.imshow(values.detach().numpy(), cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    bare(ax, title)


def _ends(values: Tensor) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _reach(ends: tuple[float, float], digits: int = 2) -> str:
    return " … ".join(f"{end:.{digits}f}" for end in ends).replace("-", "−")


def strip(images: Tensor, title: str) -> None:
    """Some images (N, 3, H, W) in a row."""
    with style():
        figure, axes = plt.subplots(1, len(images), figsize=(10.5, 1.9), layout="constrained")
        figure.suptitle(title)
        for ax, image in zip(axes, images, strict=True):
            colour(ax, image)
    plt.show()


def maps_and_false_colours(image: Tensor, maps: Tensor) -> None:
    """Six maps (6, H, W) of an image (3, H, W): as two false-colour pictures, and one by one."""
    with style():
        figure = plt.figure(figsize=(10.5, 5.6), layout="constrained")
        figure.suptitle(
            "Three maps in one picture tell nothing; each by itself tells what it found"
        )
        grid = figure.add_gridspec(2, 6)
        colour(figure.add_subplot(grid[0, 0:2]), image, "the image")
        for first in (0, 3):
            ax = figure.add_subplot(grid[0, 2 + first // 3 * 2 : 4 + first // 3 * 2])
            three = maps[first : first + 3]
            colour(ax, three, f"maps {first}, {first + 1}, {first + 2} as red, green, blue")
            black = float((three < 0).float().mean())
            ax.set_xlabel(f"{black:.0%} of the numbers are below 0: black", size=9)
        for i, values in enumerate(maps):
            ax = figure.add_subplot(grid[1, i])
            _grey(ax, values, f"map {i}\n{_reach(_ends(values))}")
    plt.show()


# --------------------------------------------------------------------------------------- pooling

_WINDOWS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, "#555555", "#A08060")


def _windows(size: Sequence[int], k: int, ceil_mode: bool) -> list[tuple[int, int, int, int]]:
    """(row, column, height, width) of each pooling window on a map, cut off at its edge."""
    height, width = size
    return [
        (row, column, min(k, height - row), min(k, width - column))
        for row in range(0, height, k)
        for column in range(0, width, k)
        if ceil_mode or (row + k <= height and column + k <= width)
    ]


def _draw_windows(
    ax: Axes, below: Axes, values: Tensor, k: int, ceil_mode: bool, size: float = 11
) -> None:
    """The map with its windows, and the result in ``below``, window by window in one colour."""
    number_grid(ax, values, size=size)
    for i, (row, column, high, wide) in enumerate(_windows(values.shape, k, ceil_mode)):
        color = _WINDOWS[i % len(_WINDOWS)]
        partial = high < k or wide < k
        ax.add_patch(Rectangle((column, row), wide, high, facecolor=color, alpha=0.22))
        # a partial window is drawn whole, hatched, and behind the map's boxes
        look: dict[str, Any] = {"linestyle": "--", "hatch": "//"} if partial else {}
        place, side = (column + 0.06, row + 0.06), k - 0.12
        outline = Rectangle(place, side, side, fill=False, edgecolor=color, linewidth=2.5, **look)
        outline.set_zorder(0.9 if partial else 1.5)
        ax.add_patch(outline)
        window = values[row : row + high, column : column + wide]
        v, u = divmod(int(window.argmax()), wide)
        middle = column + u + 0.5, row + v + 0.5
        ax.add_patch(Circle(middle, 0.36, fill=False, edgecolor=INK, linewidth=1.6))
        result = column // k, row // k
        number_grid(below, window.max()[None, None], at=result, size=size + 2)
        below.add_patch(Rectangle(result, 1, 1, facecolor=color, alpha=0.22))


def pool_windows(values: Tensor, k: int, ceil_mode: bool) -> None:
    """The windows of max-pooling on a map (H, W) and what each hands on; partial ones hatched."""
    _draw_pool(values, k, ceil_mode)
    plt.show()


def _draw_pool(values: Tensor, k: int, ceil_mode: bool) -> Figure:
    sizes = [(high, wide) for _, _, high, wide in _windows(values.shape, k, ceil_mode)]
    dropped = values.numel() - sum(high * wide for high, wide in sizes)
    if dropped:
        news = f"{dropped} of {values.numel()} numbers are never looked at"
    elif min(map(min, sizes)) < k:
        news = "Every number counts, in whole and in partial windows"
    else:
        news = "The windows fit"
    rows, columns = F.max_pool2d(values[None], k, ceil_mode=ceil_mode)[0].shape
    with style():
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(8.4, 4.3), width_ratios=[7, 4], layout="constrained"
        )
        figure.suptitle(news)
        _draw_windows(left, right, values, k, ceil_mode)
        left.set_title(f"kernel_size {k}, ceil_mode {ceil_mode}")
        right.set_title(f"result: {rows} × {columns}")
        table(left, max(7, k * columns), max(6, k * rows))
        table(right, 3, 3)
    return figure


def pool_settings(values: Tensor, settings: Sequence[tuple[int, bool]]) -> None:
    """The windows of several (kernel_size, ceil_mode), side by side: a slider's stand-in."""
    size = 2.3 * len(settings), 4.4
    with style():
        figure, axes = plt.subplots(
            2, len(settings), figsize=size, height_ratios=[6, 3], layout="constrained"
        )
        figure.suptitle("ceil_mode matters only where the windows do not fit")
        for (k, ceil_mode), (above, below) in zip(settings, axes.T, strict=True):
            _draw_windows(above, below, values, k, ceil_mode, size=8)
            above.set_title(f"kernel {k}, {'ceil' if ceil_mode else 'floor'}", size=10)
            table(above, 6, 6)
            table(below, 3, 3)
    plt.show()


def explore_pool(values: Tensor) -> None:
    """A slider for ``kernel_size`` and a switch for ``ceil_mode`` above :func:`pool_windows`.

    Where no widgets are installed, the picture stands alone.
    """
    try:
        import ipywidgets
    except ImportError:
        pool_windows(values, 3, True)
        return
    slider = ipywidgets.IntSlider(3, 2, 5, description="kernel_size")
    switch = ipywidgets.Checkbox(True, description="ceil_mode", indent=False)

    def draw() -> tuple[Figure, str]:
        k, ceil_mode = slider.value, switch.value
        result = F.max_pool2d(values[None], k, ceil_mode=ceil_mode)[0]
        alt = f"kernel_size {k}, ceil_mode {ceil_mode}: the result is {result.tolist()}."
        return _draw_pool(values, k, ceil_mode), alt

    live([[slider, switch]], draw)


def pooled_and_averaged(
    image: Tensor, pooled: Tensor, blurred: Tensor, feature_map: Tensor
) -> None:
    """An image, max-pooled and averaged, and a feature map (H, W) before and after max-pooling."""
    after = F.max_pool2d(feature_map[None], 3, ceil_mode=True)[0]
    with style():
        figure, axes = plt.subplots(1, 5, figsize=(10.5, 2.8), layout="constrained")
        figure.suptitle("Max-pooling makes coarser and brighter; averaging is what blurs")
        colour(axes[0], image, "the image")
        colour(axes[1], pooled, "max-pooled")
        colour(axes[2], blurred, "averaged")
        _grey(axes[3], feature_map, "a feature map")
        _grey(axes[4], after, "max-pooled", _ends(feature_map))
        for ax, values in zip(axes, (image, pooled, blurred, feature_map, after), strict=True):
            height, width = values.shape[-2:]
            ax.set_xlabel(f"{height} × {width}, mean {values.mean():.2f}")
    plt.show()


# ----------------------------------------------------------------------------------- activations


def activation_curves() -> None:
    """ReLU and sigmoid over x, and the slope of each."""
    x = torch.linspace(-8, 8, 641)
    s = x.sigmoid()
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained")
        figure.suptitle("Sigmoid's slope is at most ¼ and fades; ReLU's is 0 or 1")
        left.plot(x, x.relu(), "-", color=BLUE, linewidth=2.5, label="ReLU")
        left.plot(x, s, "--", color=VERMILION, linewidth=2.5, label="sigmoid")
        left.set(xlabel="x", ylabel="y", ylim=(-0.3, 4), title="the function")
        for part in (x < 0, x > 0):
            right.plot(x[part], (x[part] > 0).float(), "-", color=BLUE, linewidth=2.5)
        right.plot(x, s * (1 - s), "--", color=VERMILION, linewidth=2.5)
        right.plot([0], [0.25], "o", color=VERMILION, markersize=7)
        right.annotate("0.25", (0, 0.25), (-0.4, 0.31), ha="right", size=10)
        for start, end in ((-8, -5), (5, 8)):
            right.axvspan(start, end, facecolor=PALE_ORANGE, hatch="//", edgecolor=FAINT, zorder=0)
            where, note = (start + end) / 2, "sigmoid:\nno slope left"
            right.text(where, 0.55, note, ha="center", size=9, backgroundcolor="w")
        right.set(xlabel="x", ylabel="slope", ylim=(-0.08, 1.15), title="its derivative")
        left.legend(loc="upper left")
    plt.show()


def histograms(tensors: Mapping[str, Tensor]) -> None:
    """How often each value occurs, before an activation and after ReLU and sigmoid."""
    size = 10, 2.5 * len(tensors)
    with style():
        figure, axes = plt.subplots(
            len(tensors), 3, figsize=size, layout="constrained", sharex="row"
        )
        figure.suptitle("ReLU leaves a picture alone, and cuts signed maps in half")
        for (name, values), row in zip(tensors.items(), axes, strict=True):
            stages = {name: values, "after ReLU": values.relu(), "after sigmoid": values.sigmoid()}
            high = max(1.0, float(values.abs().max()))
            low, bins = (-high, 32) if float(values.min()) < 0 else (0.0, 16)  # an edge at 0
            left = torch.linspace(low, high, bins + 1)[:-1]
            colors = (SKY, BLUE, VERMILION)
            for ax, (title, shown), color in zip(row, stages.items(), colors, strict=True):
                counts = torch.histc(shown.double(), bins, low, high)
                ax.bar(left, counts, (high - low) / bins, align="edge", color=color, edgecolor=INK)
                ax.set(title=f"{title}: {_reach(_ends(shown))}", yticks=[])
            row[0].set_ylabel("how often")
        for ax in axes[-1]:
            ax.set_xlabel("value")
    plt.show()


def activated_maps(image: Tensor, maps: Tensor) -> None:
    """An image (3, H, W) and three of its signed maps: raw, after ReLU, and after sigmoid."""
    low, high = _ends(maps)
    rows = [
        ("signed", maps, (low, high)),
        ("after ReLU", maps.relu(), (0.0, high)),
        ("after sigmoid", maps.sigmoid(), (0.0, 1.0)),
    ]
    with style():
        figure = plt.figure(figsize=(8.4, 6.2), layout="constrained")
        figure.suptitle("ReLU keeps what was found; sigmoid keeps everything, pressed together")
        grid = figure.add_gridspec(3, 4)
        colour(figure.add_subplot(grid[1, 0]), image, "the image")
        for i, (name, values, scale) in enumerate(rows):
            for j, one in enumerate(values):
                ax = figure.add_subplot(grid[i, j + 1])
                _grey(ax, one, f"map {j}" if i == 0 else "", scale)
                if j == 0:
                    ax.set_ylabel(f"{name}\n{_reach(scale, 1)}")
    plt.show()


# ------------------------------------------------------------------------------------ flattening


def rows_and_strip(n: int = 16) -> None:
    """(n, 3, 32, 32) as n rows of one image each, and as one strip of all images."""
    colors = [plt.get_cmap("cividis")(i / (n - 1)) for i in range(n)]
    line: dict[str, Any] = {"edgecolor": INK, "linewidth": 0.5}
    small: dict[str, Any] = {"size": 9, "ha": "right", "va": "center"}
    with style():
        figure, axes = plt.subplots(
            2, 1, figsize=(10, 5.4), height_ratios=[3, 1.3], layout="constrained"
        )
        above, below = axes
        figure.suptitle("A row for each image, or one strip in which the images are lost")
        for i, color in enumerate(colors):
            above.add_patch(Rectangle((0, i), 22, 0.86, facecolor=color, **line))
            above.add_patch(Rectangle((27, i), 4, 0.86, facecolor=PALE_BLUE, **line))
            below.add_patch(Rectangle((22 / n * i, 0), 22 / n, 1, facecolor=color))
        below.add_patch(Rectangle((0, 0), 22, 1, fill=False, edgecolor=VERMILION, linestyle="--"))
        below.add_patch(
            Rectangle((27, 0), 4, 1, facecolor=PALE_ORANGE, edgecolor=VERMILION, hatch="//")
        )
        parts = (
            (above, n / 2, 0.8, 3072, f"{n} rows\nof scores", BLUE, "-"),
            (below, 0.5, 0.4, n * 3072, "1 row for\nall images", VERMILION, "--"),
        )
        for ax, middle, higher, features, result, ink, stroke in parts:
            arrow = {"arrowstyle": "-|>", "color": ink, "linestyle": stroke}
            ax.annotate("", (26.6, middle), (22.4, middle), arrowprops=arrow)
            ax.text(24.5, middle - higher, f"Linear({features}, 10)", ha="center", size=9)
            ax.text(31.4, middle, result, va="center", size=10)
            ax.set_xlim(-3.2, 35)
            ax.axis("off")
        above.text(-0.4, 0.5, "image 0", **small)
        above.text(-0.4, n - 0.5, f"image {n - 1}", **small)
        below.text(-0.4, 0.5, "all images", **small)
        above.set_ylim(n + 0.3, -0.5)
        below.set_ylim(1.1, -0.6)
        good, bad = f"right: ({n}, 3072) → ({n}, 10)", f"wrong: ({n * 3072},) → (10,)"
        above.set_title(good, loc="left", color=BLUE)
        below.set_title(bad, loc="left", color=VERMILION)
    plt.show()
