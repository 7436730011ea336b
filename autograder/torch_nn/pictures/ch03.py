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
    PALE_ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    bare,
    colour,
    live,
    number_grid,
    show,
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


def strip(images: Tensor, names: Sequence[str]) -> None:
    """Some images (N, 3, H, W) in a row, each under the name of its class."""
    with style():
        figure, axes = plt.subplots(1, len(images), figsize=(10.5, 2.0), layout="constrained")
        figure.suptitle("Every picture shows one thing, its class")
        for ax, image, name in zip(axes, images, names, strict=True):
            colour(ax, image, name)
    height, width = images.shape[2:]
    alt = f"Colour drawings of {height} × {width} pixels in a row: {', '.join(names)}."
    show(figure, alt)


def maps_and_false_colours(image: Tensor, maps: Tensor) -> None:
    """Six maps (6, H, W) of an image (3, H, W): three as colours, in two orders, and one by one."""
    orders = ((0, 1, 2), (1, 2, 0))
    with style():
        figure = plt.figure(figsize=(10.5, 5.7), layout="constrained")
        figure.suptitle(
            "False colours depend on the order of the maps; a grey map shows one kernel's answer"
        )
        grid = figure.add_gridspec(2, 6)
        colour(figure.add_subplot(grid[0, 0:2]), image, "the image")
        for k, order in enumerate(orders, 1):
            ax = figure.add_subplot(grid[0, 2 * k : 2 * k + 2])
            title = f"red, green, blue = maps {', '.join(map(str, order))}"
            colour(ax, maps[list(order)], title)
        for i, values in enumerate(maps):
            ax = figure.add_subplot(grid[1, i])
            _grey(ax, values, f"map {i}\n{_reach(_ends(values))}")
            ax.set_xlabel(f"{_below_zero(values):.0%} below 0", size=9)
    least = ", ".join(f"{_below_zero(values):.0%}" for values in maps)
    show(
        figure,
        f"""A butterfly. Beside it two dark false-colour pictures of it, both of maps 0, 1 and 2,
        with the colours in two orders: one picture is dark violet, the other dark green. Below,
        the six maps, each on a grey scale of its own, with the share of its numbers below 0:
        {least}. Maps 1 and 4 show the orange and the violet of the wings as dark areas, the
        others outlines.""",
    )


def _below_zero(values: Tensor) -> float:
    return float((values < 0).float().mean())


def grid_of_maps(images: Tensor, grid: Tensor) -> None:
    """Images (N, 3, H, W), and beside them the rows that ``make_grid`` made of their maps."""
    with style():
        figure = plt.figure(figsize=(8.6, 5.4), layout="constrained")
        figure.suptitle("Each column is one kernel: it looks for the same in every image")
        parts = figure.add_gridspec(len(images), 2, width_ratios=[1, 6.1])
        for i, image in enumerate(images):
            colour(figure.add_subplot(parts[i, 0]), image)
        ax = figure.add_subplot(parts[:, 1])
        colour(ax, grid)
    show(
        figure,
        f"""{len(images)} images, one below the other, and beside each a row of its feature maps in
        grey. In every row the map in the same column shows the same: the last one, for instance,
        is bright along one kind of edge and dark along the opposite kind.""",
    )


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
    show(_draw_pool(values, k, ceil_mode), _pool_alt(values, k, ceil_mode))


def _pool_alt(values: Tensor, k: int, ceil_mode: bool) -> str:
    result = F.max_pool2d(values[None], k, ceil_mode=ceil_mode)[0]
    windows = _windows(values.shape, k, ceil_mode)
    partial = sum(high < k or wide < k for _, _, high, wide in windows)
    height, width = values.shape
    return f"""A map of {height} × {width} numbers under windows of {k} × {k}, ceil_mode
        {ceil_mode}: {len(windows)} windows, {partial} of them hatched since they reach over the
        edge. The largest number of each is circled and stands in the result:
        {result.int().tolist()}."""


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
    told = [
        f"kernel {k}, {'ceil' if ceil_mode else 'floor'}: "
        f"{F.max_pool2d(values[None], k, ceil_mode=ceil_mode)[0].int().tolist()}"
        for k, ceil_mode in settings
    ]
    alt = f"""The same map under {len(settings)} settings of max-pooling, windows over the edge
        hatched, each with its result below. {"; ".join(told)}."""
    show(figure, alt)


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
        return _draw_pool(values, k, ceil_mode), " ".join(_pool_alt(values, k, ceil_mode).split())

    live([[slider, switch]], draw)


def pooled_and_averaged(image: Tensor, feature_map: Tensor) -> None:
    """An image (3, H, W) and a feature map (H, W), and both max-pooled and averaged over 3 × 3.

    With stride 1 all sizes stay comparable; the last row of pictures has the stride of pooling, 3.
    """
    columns = [("the image", image), ("a feature map", feature_map[None])]
    kinds = [
        ("as it is", lambda x: x),
        ("largest of 3 × 3, stride 1", lambda x: F.max_pool2d(x, 3, 1)),
        ("mean of 3 × 3, stride 1", lambda x: F.avg_pool2d(x, 3, 1)),
        ("largest of 3 × 3, stride 3", lambda x: F.max_pool2d(x, 3)),
    ]
    with style():
        figure, axes = plt.subplots(2, 4, figsize=(10.5, 6.0), layout="constrained")
        figure.suptitle("The mean blurs; the maximum makes what is bright thicker, and stays sharp")
        for row, (name, values) in zip(axes, columns, strict=True):
            for ax, (kind, change) in zip(row, kinds, strict=True):
                after = change(values)
                if len(values) == 3:
                    colour(ax, after, kind)
                else:
                    _grey(ax, after[0], "", _ends(values))
                height, width = after.shape[1:]
                ax.set_xlabel(f"{height} × {width}, mean {after.mean():.2f}".replace("-", "−"))
            row[0].set_ylabel(name)
    means = ", ".join(f"{kind} {change(image).mean():.2f}" for kind, change in kinds)
    show(
        figure,
        f"""A butterfly, and one of its feature maps in grey below it, four times, left to right:
        as it is, the largest of every 3 × 3 pixels, their mean, and the largest at stride 3, as
        pooling has it. Where the largest is taken white rims and dots have become thicker and the
        thin dark body narrower, with hard edges; where the mean is taken all edges are soft.
        Stride 3 leaves coarse blocks. Means of the colour pictures: {means}.""",
    )


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
    show(
        figure,
        """Left, two functions from −8 to 8: ReLU is 0 up to 0 and then rises with slope 1; sigmoid
        rises in an S from 0 to 1, through 0.5 at 0. Right, their slopes: ReLU's jumps from 0 to
        1; sigmoid's is a bell of height 0.25 that is nearly 0 beyond −5 and 5, two hatched
        regions.""",
    )


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
    told = [
        f"{name}: {_reach(_ends(v))}, after ReLU {_reach(_ends(v.relu()))}, after sigmoid "
        f"{_reach(_ends(v.sigmoid()))}"
        for name, v in tensors.items()
    ]
    alt = f"""Histograms, one row each, before an activation, after ReLU and after sigmoid, with the
        least and the largest value. {"; ".join(told)}. ReLU leaves the first row as it is and piles
        all negative values of the second up at 0; sigmoid presses the first row into a narrow heap
        and spreads the second between 0 and 1."""
    show(figure, alt)


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
        figure.suptitle("ReLU turns black what a map says below 0; sigmoid leaves it readable")
        grid = figure.add_gridspec(3, 4)
        colour(figure.add_subplot(grid[1, 0]), image, "the image")
        for i, (name, values, scale) in enumerate(rows):
            for j, one in enumerate(values):
                ax = figure.add_subplot(grid[i, j + 1])
                _grey(ax, one, f"map {j}" if i == 0 else "", scale)
                if i == 0:
                    ax.set_xlabel(f"{_below_zero(one):.0%} below 0")
                if j == 0:
                    ax.set_ylabel(f"{name}\n{_reach(scale, 1)}")
    shares = ", ".join(f"{_below_zero(one):.0%}" for one in maps)
    show(
        figure,
        f"""Three signed maps of an image, of whose numbers {shares} are below 0. In the row below,
        after ReLU, all that is black: of the map with the most numbers below 0 hardly a trace is
        left, though as a signed map it was clear. In the last row, after sigmoid, every map can
        still be read, with less contrast.""",
    )


# ------------------------------------------------------------------------------------ flattening


def rows_and_strip(n: int = 64, features: int = 3072) -> None:
    """n images as n rows of ``features`` numbers, and as one strip of all images."""
    colors = [plt.get_cmap("cividis")(i / (n - 1)) for i in range(n)]
    small: dict[str, Any] = {"size": 9, "ha": "right", "va": "center"}
    with style():
        figure, axes = plt.subplots(
            2, 1, figsize=(10, 5.6), height_ratios=[3, 1.3], layout="constrained"
        )
        above, below = axes
        figure.suptitle(
            "A row for each image gives each its scores; one strip gives one row to all"
        )
        for i, color in enumerate(colors):
            above.add_patch(Rectangle((0, i), 22, 0.8, facecolor=color))
            above.add_patch(Rectangle((27, i), 4, 0.8, facecolor=color))
            below.add_patch(Rectangle((22 / n * i, 0), 22 / n, 1, facecolor=color))
        below.add_patch(Rectangle((0, 0), 22, 1, fill=False, edgecolor=VERMILION, linestyle="--"))
        below.add_patch(
            Rectangle((27, 0), 4, 1, facecolor=PALE_ORANGE, edgecolor=VERMILION, hatch="//")
        )
        parts = (
            (above, n / 2, n / 20, features, f"{n} rows\nof scores", BLUE, "-"),
            (below, 0.5, 0.4, n * features, "1 row for\nall images", VERMILION, "--"),
        )
        for ax, middle, higher, taken, result, ink, stroke in parts:
            arrow = {"arrowstyle": "-|>", "color": ink, "linestyle": stroke}
            ax.annotate("", (26.6, middle), (22.4, middle), arrowprops=arrow)
            ax.text(24.5, middle - higher, f"Linear({taken}, 10)", ha="center", size=9)
            ax.text(31.4, middle, result, va="center", size=10)
            ax.set_xlim(-3.2, 35)
            ax.axis("off")
        above.text(-0.4, 0.5, "image 0", **small)
        above.text(-0.4, n - 0.5, f"image {n - 1}", **small)
        below.text(-0.4, 0.5, "all images", **small)
        above.set_ylim(n + 1, -2)
        below.set_ylim(1.1, -0.6)
        good = f"right: ({n}, {features}) → ({n}, 10)"
        bad = f"wrong: ({n * features},) → (10,)"
        above.set_title(good, loc="left", color=BLUE)
        below.set_title(bad, loc="left", color=VERMILION)
    show(
        figure,
        f"""Above, right: {n} rows of {features:,} numbers, one for each image, each in a shade of
        its own, go through Linear({features}, 10) and give {n} rows of scores in the same shades.
        Below, wrong: one strip of {n * features:,} numbers in all the shades goes through
        Linear({n * features}, 10) and gives a single row of scores.""",
    )


# ------------------------------------------------------------------------------------- the kernels


def learnt_kernels(image: Tensor, networks: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """Kernels (C, 3, k, k) and the grey maps (C, 1, H, W) that they make of an image, by name."""
    count = len(next(iter(networks.values()))[0])
    with style():
        figure = plt.figure(figsize=(10.5, 6.0), layout="constrained")
        figure.suptitle("Most trained kernels have a light and a dark side: their maps show edges")
        grid = figure.add_gridspec(2 * len(networks), count + 1)
        black = {}
        for i, (name, (kernels, maps)) in enumerate(networks.items()):
            colour(figure.add_subplot(grid[2 * i, 0]), image, "the image")
            for j, (kernel, one) in enumerate(zip(kernels, maps, strict=True)):
                ax = figure.add_subplot(grid[2 * i, j + 1])
                colour(ax, kernel / kernel.abs().max() / 2 + 0.5, f"kernel {j}")
                below = figure.add_subplot(grid[2 * i + 1, j + 1])
                _grey(below, one[0], ends=(0, 1))
                if j == 0:
                    ax.set_ylabel(name, size=10, weight="bold")
                    below.set_ylabel("map", size=9)
            black[name] = sum(float(one.mean()) < 0.01 for one in maps)
    told = ", ".join(f"{number} of {count} ({name})" for name, number in black.items())
    show(
        figure,
        f"""For each of two networks {count} kernels as colour patches of 5 × 5, and below them the
        grey maps that they and ReLU make of a butterfly. Random kernels are patchworks of
        unrelated colours. Most trained ones are smooth, with a light side and a dark side, and
        their maps show edges, lower ones in some, upright ones in others; kernel 0 is as it was.
        Maps that are black all but for a few pixels: {told}.""",
    )
