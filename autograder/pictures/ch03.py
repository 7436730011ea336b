"""Chapter 3: feature maps, pooling windows, activations, and what flattening does to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

from autograder.plots import (
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
    html_image,
    number_grid,
    style,
    table,
)

# ------------------------------------------------------------------------------- colour pictures


def _bare(ax: Axes, title: str = "", size: float = 9) -> None:
    ax.set_title(title, size=size)
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set(visible=True, color=FAINT)


def _colour(ax: Axes, image: Tensor, title: str = "") -> None:
    """An image (3, H, W); what lies outside 0 … 1 is cut off, as TensorBoard does."""
    ax.imshow(image.detach().clamp(0, 1).permute(1, 2, 0).numpy(), interpolation="nearest")
    _bare(ax, title)


def _grey(
    ax: Axes, values: Tensor, title: str = "", ends: tuple[float, float] | None = None
) -> None:
    """A map (H, W) in grey; without ``ends`` from its least (black) to its largest value."""
    low, high = ends or (float(values.min()), float(values.max()))
    ax.imshow(values.detach().numpy(), cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    _bare(ax, title)


def _signed(number: float, digits: int = 2) -> str:
    return f"{number:.{digits}f}".replace("-", "−")


def strip(images: Tensor, title: str) -> None:
    """Some images (N, 3, H, W) in a row."""
    with style():
        figure, axes = plt.subplots(1, len(images), figsize=(10.5, 1.9), layout="constrained")
        figure.suptitle(title)
        for ax, image in zip(axes, images, strict=True):
            _colour(ax, image)
    plt.show()


def maps_and_false_colours(image: Tensor, maps: Tensor) -> None:
    """Six maps (6, H, W) of an image (3, H, W): as two false-colour pictures, and one by one."""
    with style():
        figure = plt.figure(figsize=(10.5, 5.6), layout="constrained")
        figure.suptitle(
            "Three maps in one picture tell nothing; each by itself tells what it found"
        )
        grid = figure.add_gridspec(2, 6, height_ratios=[1, 1])
        _colour(figure.add_subplot(grid[0, 0:2]), image, "the image")
        for half in range(2):
            ax = figure.add_subplot(grid[0, 2 + 2 * half : 4 + 2 * half])
            three = maps[3 * half : 3 * half + 3]
            black = float((three < 0).float().mean())
            first = 3 * half
            _colour(ax, three, f"maps {first}, {first + 1}, {first + 2} as red, green, blue")
            ax.set_xlabel(f"{black:.0%} of the numbers are below 0: black", size=9)
        for i, values in enumerate(maps):
            low, high = float(values.min()), float(values.max())
            _grey(
                figure.add_subplot(grid[1, i]), values, f"map {i}\n{_signed(low)} … {_signed(high)}"
            )
    plt.show()


# --------------------------------------------------------------------------------------- pooling

_WINDOWS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, "#555555", "#A08060")


def _windows(height: int, width: int, k: int, ceil_mode: bool) -> list[tuple[int, int, int, int]]:
    """(row, column, height, width) of each pooling window, cut off at the edge."""
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    return [
        (row, column, min(k, height - row), min(k, width - column))
        for row in range(0, height, k)
        for column in range(0, width, k)
    ]


def _draw_windows(
    ax: Axes, below: Axes | None, values: Tensor, k: int, ceil_mode: bool, size: float = 11
) -> None:
    """The map with its windows, and the result in ``below``, window by window in one colour."""
    number_grid(ax, values, size=size)
    height, width = values.shape
    columns = -(-width // k) if ceil_mode else width // k
    for i, (row, column, high, wide) in enumerate(_windows(height, width, k, ceil_mode)):
        color = _WINDOWS[i % len(_WINDOWS)]
        partial = high < k or wide < k
        ax.add_patch(Rectangle((column, row), wide, high, facecolor=color, alpha=0.22))
        inset = 0.06
        ax.add_patch(
            Rectangle(
                (column + inset, row + inset),
                (wide if not partial else k) - 2 * inset,
                (high if not partial else k) - 2 * inset,
                fill=False,
                edgecolor=color,
                linewidth=2.5,
                linestyle="--" if partial else "-",
                hatch="//" if partial else None,
                zorder=0.9 if partial else 1.5,
            )
        )
        window = values[row : row + high, column : column + wide]
        u, v = divmod(int(window.argmax()), wide)
        ax.add_patch(
            Circle(
                (column + v + 0.5, row + u + 0.5), 0.36, fill=False, edgecolor=INK, linewidth=1.6
            )
        )
        if below is not None:
            place = divmod(i, columns)
            number_grid(below, window.max()[None, None], at=(place[1], place[0]), size=size + 2)
            below.add_patch(
                Rectangle(place[::-1], 1, 1, facecolor=color, alpha=0.22, edgecolor="none")
            )


def _reach(n: int, k: int, ceil_mode: bool) -> int:
    return -(-n // k) * k if ceil_mode else n


def pool_windows(values: Tensor, k: int, ceil_mode: bool) -> None:
    """The windows of max-pooling on a map (H, W) and what each hands on; partial ones hatched."""
    _draw_pool(values, k, ceil_mode)
    plt.show()


def _draw_pool(values: Tensor, k: int, ceil_mode: bool) -> Figure:
    height, width = values.shape
    found = F.max_pool2d(values[None], k, ceil_mode=ceil_mode)[0]
    dropped = values.numel() - sum(h * w for _, _, h, w in _windows(height, width, k, ceil_mode))
    news = f"{dropped} of {values.numel()} numbers are never looked at" if dropped else ""
    if not dropped:
        over = any(h < k or w < k for _, _, h, w in _windows(height, width, k, ceil_mode))
        news = "Every number counts, in whole and in partial windows" if over else "The windows fit"
    with style():
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(8.4, 4.3), width_ratios=[7, 4], layout="constrained"
        )
        figure.suptitle(news)
        _draw_windows(left, right, values, k, ceil_mode)
        left.set_title(f"kernel_size {k}, ceil_mode {ceil_mode}")
        right.set_title(f"result: {found.shape[0]} × {found.shape[1]}")
        table(left, max(7, _reach(width, k, True)), max(6, _reach(height, k, True)))
        table(right, 3, 3)
    return figure


def pool_settings(values: Tensor, settings: Sequence[tuple[int, bool]]) -> None:
    """The windows of several (kernel_size, ceil_mode), side by side: a slider's stand-in."""
    with style():
        figure, axes = plt.subplots(
            2,
            len(settings),
            figsize=(2.3 * len(settings), 4.4),
            height_ratios=[6, 3],
            layout="constrained",
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
        from IPython.display import display
    except ImportError:
        pool_windows(values, 3, True)
        return
    slider = ipywidgets.IntSlider(3, 2, 5, description="kernel_size")
    switch = ipywidgets.Checkbox(True, description="ceil_mode", indent=False)
    screen = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        k, ceil_mode = slider.value, switch.value
        result = F.max_pool2d(values[None], k, ceil_mode=ceil_mode)[0]
        alt = f"kernel_size {k}, ceil_mode {ceil_mode}: the result is {result.tolist()}."
        screen.value = html_image(_draw_pool(values, k, ceil_mode), alt)

    for control in (slider, switch):
        control.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([ipywidgets.HBox([slider, switch]), screen]))


def pooled_and_averaged(
    image: Tensor, pooled: Tensor, blurred: Tensor, feature_map: Tensor
) -> None:
    """An image, max-pooled and averaged, and a feature map (H, W) before and after max-pooling."""
    after = F.max_pool2d(feature_map[None], 3, ceil_mode=True)[0]
    ends = float(feature_map.min()), float(feature_map.max())
    with style():
        figure, axes = plt.subplots(1, 5, figsize=(10.5, 2.8), layout="constrained")
        figure.suptitle("Max-pooling makes coarser and brighter; averaging is what blurs")
        _colour(axes[0], image, "the image")
        _colour(axes[1], pooled, "max-pooled")
        _colour(axes[2], blurred, "averaged")
        _grey(axes[3], feature_map, "a feature map", ends)
        _grey(axes[4], after, "max-pooled", ends)
        for ax, values in zip(axes, (image, pooled, blurred, feature_map, after), strict=True):
            ax.set_xlabel(
                f"{values.shape[-2]} × {values.shape[-1]}, mean {_signed(float(values.mean()))}"
            )
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
            middle = (start + end) / 2
            right.text(
                middle, 0.55, "sigmoid:\nno slope left", ha="center", size=9, backgroundcolor="w"
            )
        right.set(xlabel="x", ylabel="slope", ylim=(-0.08, 1.15), title="its derivative")
        left.legend(loc="upper left")
    plt.show()


def inplace_table(rows: Sequence[tuple[str, list[float], list[float], list[float], bool]]) -> None:
    """A table of x before, x after, y, and whether y is x, one row a setting."""
    heads = ("", "x before", "x after", "y", "y is x")
    with style():
        figure, ax = plt.subplots(figsize=(8.6, 1.9), layout="constrained")
        figure.suptitle("In place, −1 becomes 0 in x itself, and y is x")
        cells = []
        for name, before, after, y, same in rows:
            texts = [str(values).replace("-", "−") for values in (before, after, y)]
            cells.append([name, *texts, str(same)])
        drawn = ax.table(cells, colLabels=heads, loc="center", cellLoc="center")
        drawn.scale(1, 2)
        drawn.set_fontsize(11)
        for (row, column), cell in drawn.get_celld().items():
            cell.set_edgecolor(FAINT)
            cell.set_facecolor("none")
            if row == 0 or column == 0:
                cell.get_text().set_fontweight("bold")
            elif column == 2 and rows[row - 1][1] != rows[row - 1][2]:
                cell.set_facecolor(PALE_ORANGE)
                cell.get_text().set_fontweight("bold")
        ax.axis("off")
    plt.show()


def histograms(tensors: Mapping[str, Tensor]) -> None:
    """How often each value occurs, before an activation and after ReLU and sigmoid."""
    with style():
        figure, axes = plt.subplots(
            len(tensors), 3, figsize=(10, 2.5 * len(tensors)), layout="constrained", sharex="row"
        )
        figure.suptitle("ReLU leaves a picture alone, and cuts signed maps in half")
        for (name, values), row in zip(tensors.items(), axes, strict=True):
            stages = {name: values, "after ReLU": values.relu(), "after sigmoid": values.sigmoid()}
            high = max(1.0, float(values.abs().max()))
            low, bins = (-high, 32) if float(values.min()) < 0 else (0.0, 16)  # an edge at 0
            for ax, (title, shown), color in zip(
                row, stages.items(), (SKY, BLUE, VERMILION), strict=True
            ):
                counts = torch.histc(shown.double(), bins, low, high) / shown.numel()
                left = torch.linspace(low, high, bins + 1)[:-1]
                ax.bar(left, counts, (high - low) / bins, align="edge", color=color, edgecolor=INK)
                ax.set_title(
                    f"{title}: {_signed(float(shown.min()))} … {_signed(float(shown.max()))}"
                )
                ax.set_yticks([])
        for ax in axes[-1]:
            ax.set_xlabel("value")
        for ax in axes[:, 0]:
            ax.set_ylabel("how often")
    plt.show()


def activated_maps(image: Tensor, maps: Tensor) -> None:
    """An image (3, H, W) and three of its signed maps: raw, after ReLU, and after sigmoid."""
    ends = float(maps.min()), float(maps.max())
    rows = [
        ("signed", maps, ends),
        ("after ReLU", maps.relu(), (0.0, ends[1])),
        ("after sigmoid", maps.sigmoid(), (0.0, 1.0)),
    ]
    with style():
        figure = plt.figure(figsize=(8.4, 6.2), layout="constrained")
        figure.suptitle("ReLU keeps what was found; sigmoid keeps everything, pressed together")
        grid = figure.add_gridspec(3, 4)
        _colour(figure.add_subplot(grid[1, 0]), image, "the image")
        for i, (name, values, scale) in enumerate(rows):
            for j, one in enumerate(values):
                ax = figure.add_subplot(grid[i, j + 1])
                _grey(ax, one, f"map {j}" if i == 0 else "", scale)
                if j == 0:
                    ax.set_ylabel(f"{name}\n{_signed(scale[0], 1)} … {_signed(scale[1], 1)}")
    plt.show()


# ------------------------------------------------------------------------------------ flattening


def rows_and_strip() -> None:
    """(16, 3, 32, 32) as 16 rows of one image each, and as one strip of all images."""
    n = 16
    colors = [plt.get_cmap("cividis")(i / (n - 1)) for i in range(n)]
    with style():
        figure, (above, below) = plt.subplots(
            2, 1, figsize=(10, 5.4), height_ratios=[3, 1.3], layout="constrained"
        )
        figure.suptitle("A row for each image, or one strip in which the images are lost")
        for i, color in enumerate(colors):
            above.add_patch(
                Rectangle((0, i), 22, 0.86, facecolor=color, edgecolor=INK, linewidth=0.5)
            )
            above.add_patch(
                Rectangle((27, i), 4, 0.86, facecolor=PALE_BLUE, edgecolor=INK, linewidth=0.5)
            )
        above.annotate("", (26.6, 8), (22.4, 8), arrowprops={"arrowstyle": "-|>", "color": BLUE})
        above.text(24.5, 7.2, "Linear(3072, 10)", ha="center", size=9)
        above.set_title(
            "right: flatten(start_dim=1), (16, 3072) → (16, 10)", loc="left", color=BLUE
        )
        above.set_ylim(n + 0.3, -0.5)
        above.text(-0.4, 0.5, "image 0", ha="right", va="center", size=9)
        above.text(-0.4, 15.5, "image 15", ha="right", va="center", size=9)
        above.text(31.4, 8, "16 rows\nof scores", va="center", size=10)
        for i, color in enumerate(colors):
            wide = 22 / n
            below.add_patch(Rectangle((i * wide, 0), wide, 1, facecolor=color, edgecolor="none"))
        below.add_patch(Rectangle((0, 0), 22, 1, fill=False, edgecolor=VERMILION, linestyle="--"))
        below.add_patch(
            Rectangle((27, 0), 4, 1, facecolor=PALE_ORANGE, edgecolor=VERMILION, hatch="//")
        )
        arrow = {"arrowstyle": "-|>", "color": VERMILION, "linestyle": "--"}
        below.annotate("", (26.6, 0.5), (22.4, 0.5), arrowprops=arrow)
        below.text(24.5, 0.1, "Linear(49152, 10)", ha="center", size=9)
        below.text(31.4, 0.5, "1 row for\nall images", va="center", size=10)
        below.text(-0.4, 0.5, "all images", ha="right", va="center", size=9)
        below.set_title("wrong: flatten(), (49152,) → (10,)", loc="left", color=VERMILION)
        below.set_ylim(1.1, -0.6)
        for ax in (above, below):
            ax.set_xlim(-3.2, 35)
            ax.axis("off")
    plt.show()
