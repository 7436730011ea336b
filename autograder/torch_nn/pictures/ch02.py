"""Chapter 2: the sliding kernel, its settings, the turned one, what kernels see, one learnt."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullLocator
from torch import Tensor

from autograder.torch_nn.plots import (
    BLUE,
    FAINT,
    PALE_BLUE,
    PALE_ORANGE,
    SKY,
    VERMILION,
    frame,
    gray,
    html_image,
    number_grid,
    show,
    style,
    table,
)

_LEGEND = (
    "orange: the first window      dot: the kernel stops with its centre here      hatched: zeros"
)


def _convolved(
    image: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    pair = image.float()[None, None], kernel.float()[None, None]
    return F.conv2d(*pair, stride=stride, padding=padding, dilation=dilation)[0, 0]


def _rows(values: Tensor) -> str:
    """A small table in words: its rows, parted by semicolons."""
    return "; ".join(", ".join(f"{number:g}" for number in row) for row in values.tolist())


def sliding_kernel(image: Tensor, kernel: Tensor) -> None:
    """Nine frames of a kernel (3, 3) on an image (5, 5): the products and their sum beside each."""
    with style():
        figure, axes = plt.subplots(3, 3, figsize=(10.5, 7.6), layout="constrained")
        figure.suptitle("Each number of the result is one window: nine products, one sum")
        for step, ax in enumerate(axes.flat):
            row, column = divmod(step, 3)
            window = {(row + u, column + v) for u in range(3) for v in range(3)}
            products = image[row : row + 3, column : column + 3] * kernel
            number_grid(ax, image, marked=window)
            for u, v in window:
                factor = int(kernel[u - row, v - column])
                ax.text(v + 0.95, u + 0.9, f"×{factor}", ha="right", size=7, color=VERMILION)
            frame(ax, (column, row), 3, 3, VERMILION)
            number_grid(ax, products, at=(6, 0.6), fill=PALE_ORANGE)
            ax.text(5.5, 2.1, "→", ha="center", va="center", size=13)
            ax.text(7.5, 0.3, "products", ha="center", size=8)
            ax.text(7.5, 4.4, f"sum {int(products.sum())}", ha="center", size=12, weight="bold")
            ax.set_title(f"row {row}, column {column}", size=9, loc="left")
            table(ax, 9, 5)
    sums = _rows(_convolved(image, kernel))
    show(
        figure,
        "Nine frames: the three by three kernel at each place of the five by five image. Beside "
        f"each frame stand the nine products and their sum; the sums by rows: {sums}.",
    )


def three_grids(image: Tensor, kernel: Tensor) -> None:
    """The results of stride 1, of stride 2 and of padding 1, below the places of the window."""
    settings = [
        ("stride 1: 3 × 3", {}),
        ("stride 2: 2 × 2", {"stride": 2}),
        ("stride 1, padding 1: 5 × 5", {"padding": 1}),
    ]
    with style():
        figure, axes = plt.subplots(
            2, 3, figsize=(9.5, 7.4), height_ratios=[7, 5.2], layout="constrained"
        )
        figure.suptitle("Stride 2 visits every second place; padding 1 keeps the size")
        for (title, chosen), above, below in zip(settings, *axes, strict=True):
            _window_places(above, image, kernel, **chosen)
            above.set_title(title, weight="bold")
            result = _convolved(image, kernel, **chosen)
            number_grid(below, result, at=((7 - len(result)) / 2, 0.2), fill=PALE_BLUE)
            below.text(3.5, -0.3, "↓", ha="center", va="center", size=15)
            table(below, 7, 5.2)
        figure.supxlabel(_LEGEND, size=9)
    results = [f"{title}, with {_rows(_convolved(image, kernel, **c))}" for title, c in settings]
    show(
        figure,
        "Three copies of the image with a dot for each place at which the kernel stops, and below "
        f"each the result. {'. '.join(results)}. "
        "With padding 1 a ring of zeros lies around the image.",
    )


def _window_places(
    ax: Axes,
    image: Tensor,
    kernel: Tensor,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    room: int = 7,
) -> None:
    """The padded image, its first window, and a dot at the centre of every place of the kernel.

    It stands in the middle of ``room`` × ``room`` boxes.
    """
    padded = F.pad(image, (padding,) * 4)
    around = {
        (row, column)
        for row in range(padded.shape[0])
        for column in range(padded.shape[1])
        if min(row, column) < padding
        or row >= padding + image.shape[0]
        or column >= padding + image.shape[1]
    }
    taps = {
        (dilation * u, dilation * v) for u in range(kernel.shape[0]) for v in range(kernel.shape[1])
    }
    reach = dilation * (len(kernel) - 1) + 1
    corner = (room - len(padded)) / 2
    number_grid(ax, padded, at=(corner, corner), marked=taps, hatched=around, size=10)
    frame(ax, (corner, corner), reach, reach, VERMILION)
    count = size_formula(len(image), len(kernel), stride, padding, dilation)[1]
    centres = [corner + i * stride + reach / 2 for i in range(count)]
    for centre in centres:
        ax.plot([x + 0.32 for x in centres], [centre - 0.32] * count, "o", color=BLUE, markersize=5)
    table(ax, room, room)


def which_way_round(image: Tensor, kernel: Tensor) -> None:
    """``F.conv2d`` with the kernel as stored, and with the kernel turned by half a turn."""
    turned = kernel.flip(0, 1)
    lines = [
        ("as stored", "what F.conv2d computes", kernel),
        ("turned by 180°", "the textbook's convolution", turned),
    ]
    with style():
        figure, axes = plt.subplots(
            2, 3, figsize=(8.6, 6.2), width_ratios=[3, 5, 3], layout="constrained"
        )
        figure.suptitle("conv2d lays the kernel down as it is; turning it gives other numbers")
        straight = _convolved(image, kernel)
        for (name, meaning, used), (left, middle, right) in zip(lines, axes, strict=True):
            result = _convolved(image, used)
            other = {(i, j) for i in range(3) for j in range(3) if result[i, j] != straight[i, j]}
            number_grid(left, used, fill=PALE_ORANGE)
            number_grid(middle, image)
            number_grid(right, result, fill=PALE_BLUE)
            for i, j in other:
                right.text(j + 0.9, i + 0.95, "≠", ha="right", size=9, color=VERMILION)
            frame(middle, (0, 0), 3, 3, VERMILION, "-" if used is kernel else "--")
            for ax, size, title in (
                (left, 3, f"kernel {name}"),
                (middle, 5, "image"),
                (right, 3, meaning),
            ):
                ax.set_title(title, size=10)
                table(ax, size, size)
    show(
        figure,
        f"Above, the kernel as it is stored, with the rows {_rows(kernel)}, gives "
        f"{_rows(straight)}. Below, turned by 180 degrees to {_rows(turned)}, it gives "
        f"{_rows(_convolved(image, turned))}; the results that differ are marked.",
    )


def what_kernels_see(picture: Tensor, kernels: dict[str, Tensor]) -> None:
    """A grey picture (H, W) and what each kernel makes of it, with its numbers below."""
    with style():
        count = len(kernels) + 1
        figure, axes = plt.subplots(
            2, count, figsize=(3.2 * count, 4.1), height_ratios=[3, 1.25], layout="constrained"
        )
        figure.suptitle(
            "One picture, three kernels: nine numbers blur it, sharpen it, find its edges"
        )
        gray(axes[0, 0], picture, "the picture")
        _on_a_mat(axes[0, 0], picture)
        axes[1, 0].axis("off")
        for (name, kernel), above, below in zip(
            kernels.items(), axes[0, 1:], axes[1, 1:], strict=True
        ):
            result = _convolved(picture, kernel, padding=kernel.shape[0] // 2)
            gray(above, result, name, signed=bool(kernel.sum() == 0))
            _on_a_mat(above, result)
            _kernel_numbers(below, kernel)
    numbers = ". ".join(f"{name}, rows {_rows(k)}" for name, k in kernels.items())
    show(
        figure,
        "A grey landscape with a house, a tree and a sun, and what three kernels make of it. "
        f"{numbers}. The last result is middle grey, but for bright and dark lines at vertical "
        "edges; its leftmost column is bright and its rightmost dark.",
    )


def _on_a_mat(ax: Axes, picture: Tensor) -> None:
    """A coloured mat around a picture, so that a white or black border does not melt into paper."""
    height, width = picture.shape
    gap = width / 30
    corner = (-0.5 - gap, -0.5 - gap)
    mat = Rectangle(corner, width + 2 * gap, height + 2 * gap, color=SKY, zorder=-1)
    ax.add_patch(mat)
    ax.set(xlim=(corner[0], width - 0.5 + gap), ylim=(height - 0.5 + gap, corner[1]))


def learning(kernels: dict[int, Tensor], seen: dict[int, Tensor], losses: Sequence[float]) -> None:
    """The numbers of a kernel after some steps, what it makes of a picture then, and the loss."""
    with style():
        figure = plt.figure(figsize=(11.4, 5.6), layout="constrained")
        axes = figure.subplot_mosaic(
            [
                [f"kernel {step}" for step in kernels],
                [f"seen {step}" for step in kernels],
                ["loss"] * len(kernels),
            ],
            height_ratios=[1.5, 1.6, 1.3],
        )
        figure.suptitle("Random numbers become Sobel's; flat areas turn grey, the edges stay")
        for step, kernel in kernels.items():
            numbers, map_ = axes[f"kernel {step}"], axes[f"seen {step}"]
            number_grid(numbers, _tidy(kernel), fill=PALE_ORANGE, size=9)
            numbers.set_title(f"after {step} steps" if step else "at the start", weight="bold")
            table(numbers, 3, 3)
            inner = seen[step].detach()
            gray(map_, inner, f"loss {losses[step]:.3f}", signed=True)
            _on_a_mat(map_, inner)
        _loss_curve(axes["loss"], losses, list(kernels))
    stages = "; ".join(
        f"after {step} steps {_rows(_tidy(kernel))}, with the loss {losses[step]:.3f}"
        for step, kernel in kernels.items()
    )
    show(
        figure,
        f"The kernel's nine numbers by rows: {stages}. Below each stands what it makes of the "
        "landscape: light and dark areas at first; at the end these are grey, and edges stay. The "
        "curve of the loss falls in a nearly straight line on a logarithmic axis.",
    )


def _tidy(kernel: Tensor) -> Tensor:
    """Two decimals, and no minus in front of a zero."""
    return kernel.detach().reshape(kernel.shape[-2:]).double().round(decimals=2) + 0.0


def _loss_curve(ax: Axes, losses: Sequence[float], stages: Sequence[int]) -> None:
    ax.semilogy(losses, color=BLUE)
    ax.plot(stages, [losses[step] for step in stages], "o", color=VERMILION, clip_on=False)
    ax.set(xlabel="steps of gradient descent", ylabel="loss", xlim=(0, len(losses) - 1))
    ax.yaxis.set_major_locator(LogLocator(numticks=5))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.grid(axis="y", color=FAINT, linewidth=0.5)


def _kernel_numbers(ax: Axes, kernel: Tensor) -> None:
    """A kernel in boxes; a common fraction such as 1/9 is written once, in front."""
    ninths = bool(torch.allclose(kernel, torch.full_like(kernel, 1 / 9)))
    number_grid(ax, torch.ones_like(kernel) if ninths else kernel, fill=PALE_ORANGE, size=9)
    if ninths:
        ax.text(-0.3, 1.5, "1/9 ×", ha="right", va="center", size=10)
    table(ax, 3, 3)


def size_formula(n: int, k: int, stride: int, padding: int, dilation: int) -> tuple[str, int]:
    """The formula of the output size with the numbers put in, and its value."""
    line, kernel = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
    size = F.conv1d(line, kernel, None, stride, padding, dilation).shape[-1]
    return f"⌊({n} + 2·{padding} − {dilation}·({k} − 1) − 1) / {stride}⌋ + 1 = {size}", size


def kernel_settings(
    image: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> None:
    """Where the kernel stops and what comes out, with the size formula as the title."""
    figure = _draw_settings(image, kernel, stride, padding, dilation)
    result = _convolved(image, kernel, stride, padding, dilation)
    said = _settings_in_words(len(image), len(kernel), stride, padding, dilation)
    show(figure, f"{said} The result by rows: {_rows(result)}.")


def _settings_in_words(n: int, k: int, stride: int, padding: int, dilation: int) -> str:
    formula, size = size_formula(n, k, stride, padding, dilation)
    return (
        f"Stride {stride}, padding {padding}, dilation {dilation}: the kernel stops at "
        f"{size} by {size} places. Size: {formula}."
    )


def _draw_settings(
    image: Tensor, kernel: Tensor, stride: int, padding: int, dilation: int
) -> Figure:
    formula, size = size_formula(len(image), len(kernel), stride, padding, dilation)
    with style():
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(8.4, 4.9), width_ratios=[9, 7], layout="constrained"
        )
        figure.suptitle(f"size = {formula}", size=13)
        _window_places(left, image, kernel, stride, padding, dilation, room=9)
        left.set_title(f"stride {stride}, padding {padding}, dilation {dilation}")
        result = _convolved(image, kernel, stride=stride, padding=padding, dilation=dilation)
        number_grid(right, result, at=((7 - size) / 2, (9 - size) / 2), fill=PALE_BLUE)
        table(right, 7, 9)
        right.set_title(f"the result: {size} × {size}")
        figure.supxlabel(_LEGEND, size=9)
    return figure


def explore(image: Tensor, kernel: Tensor) -> None:
    """Sliders for stride, padding and dilation above the picture of :func:`kernel_settings`.

    Where no widgets are installed, the picture stands alone.
    """
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        kernel_settings(image, kernel)
        return
    sliders = [
        ipywidgets.IntSlider(value, least, most, description=name)
        for name, value, least, most in (
            ("stride", 1, 1, 3),
            ("padding", 0, 0, 2),
            ("dilation", 1, 1, 2),
        )
    ]
    screen = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        stride, padding, dilation = (slider.value for slider in sliders)
        alt = _settings_in_words(len(image), len(kernel), stride, padding, dilation)
        screen.value = html_image(_draw_settings(image, kernel, stride, padding, dilation), alt)

    for slider in sliders:
        slider.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([ipywidgets.HBox(sliders), screen]))


def _ridge(x: Tensor, height: float, waves: Sequence[tuple[float, float, float]]) -> Tensor:
    """A skyline: a height and a sum of (amplitude, frequency, phase) sines over ``x`` in [0, 1]."""
    return torch.stack([a * torch.sin(f * x + p) for a, f, p in waves]).sum(0) + height


def landscape(height: int = 144, width: int = 192) -> Tensor:
    """A grey picture (H, W) in [0, 1], the same every time: hills, a lake, a house and a sun."""
    noise = torch.rand(height, width, generator=torch.Generator().manual_seed(2))
    y = torch.linspace(0, 1, height)[:, None].expand(height, width)
    x = torch.linspace(0, 1, width)[None, :].expand(height, width)
    picture = 0.62 + 0.3 * y  # sky, brighter towards the horizon
    picture = torch.where((x - 0.76) ** 2 * 1.78 + (y - 0.2) ** 2 < 0.0085, 0.99, picture)
    far = _ridge(x, 0.40, [(0.10, 7, 0.4), (0.04, 19, 1.0), (0.012, 61, 0.0)])
    picture = torch.where(y > far, 0.50 - 0.25 * (y - far) + 0.04 * noise, picture)
    near = _ridge(x, 0.53, [(0.05, 5, 2.6), (0.015, 31, 0.3)])
    picture = torch.where(y > near, 0.30 + 0.04 * noise, picture)
    ripples = 0.66 + 0.10 * torch.sin(150 * y * y + 3 * torch.sin(9 * x)) + 0.03 * noise
    picture = torch.where(y > 0.66, ripples, picture)
    shore = _ridge(x, 0.76, [(0.06, 4, 0.2), (0.01, 40, 0.0)])
    picture = torch.where(y > shore, 0.42 + 0.09 * noise, picture)
    return _house(picture, x, y).clamp(0, 1)


def _house(picture: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Put a house with a roof, a door and two windows, and a tree, into a landscape."""

    def box(left: float, right: float, top: float, bottom: float) -> Tensor:
        return (x > left) & (x < right) & (y > top) & (y < bottom)

    picture = torch.where(box(0.16, 0.42, 0.60, 0.88), 0.88 - 0.2 * (x - 0.16), picture)
    picture = torch.where((y < 0.605) & (y > 0.40 + 1.25 * (x - 0.29).abs()), 0.14, picture)
    picture = torch.where(box(0.26, 0.32, 0.72, 0.88), 0.22, picture)
    for left in (0.19, 0.345):
        picture = torch.where(box(left, left + 0.05, 0.66, 0.75), 0.30, picture)
        picture = torch.where(box(left + 0.022, left + 0.028, 0.66, 0.75), 0.9, picture)
    picture = torch.where(box(0.645, 0.665, 0.72, 0.92), 0.16, picture)
    leaves = (x - 0.655) ** 2 * 1.78 + (y - 0.62) ** 2
    return torch.where(leaves < 0.018 + 0.004 * torch.sin(60 * x) * torch.sin(60 * y), 0.2, picture)
