"""Chapter 1: the way of a call, what a module registers, and how to break it."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterator
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from torch import Tensor, nn

from autograder.torch_nn.plots import (
    BLANK,
    BLUE,
    FAINT,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    SKY,
    VERMILION,
    html_image,
    number_grid,
    show,
    style,
    table,
)

Place = tuple[float, float]
GREY = "#6B685F"  #: text of what PyTorch does not see; contrast over 4.5 on the card

# ------------------------------------------------------------------------------ the way of a call


def call_diagram() -> None:
    """``model(x)`` on its way through ``__call__`` and the hooks, and the short cut around them."""
    stations = [
        ("model(x)", "you write this", BLANK),
        ("__call__", "nn.Module's own", BLANK),
        ("pre-hooks", "see, or change,\nthe arguments", PALE_ORANGE),
        ("forward(x)", "your code", PALE_BLUE),
        ("hooks", "see, or change,\nthe result", PALE_ORANGE),
        ("result", "you get this", BLANK),
    ]
    with style():
        figure, ax = plt.subplots(figsize=(10.5, 3.5), layout="constrained")
        figure.suptitle("model(x) passes every hook; model.forward(x) passes none")
        for i, (name, meaning, fill) in enumerate(stations):
            _box(ax, 2 * i, 0, 1.5, name, Look(fill))
            ax.text(2 * i + 0.75, 0.72, meaning, ha="center", va="center", size=9)
            if i:
                _arrow(ax, (2 * i - 0.5, 0), (2 * i, 0), BLUE)
        _box(ax, 0, -1.7, 2.3, "model.forward(x)", Look(line="--"))
        _arrow(ax, (2.3, -1.7), (6.45, -0.4), VERMILION, curve=0.25, line="--")
        _arrow(ax, (7.05, -0.4), (10.75, -0.4), VERMILION, curve=0.42, line="--")
        words = "the short cut: no hook runs,\nand nothing tells you so"
        ax.text(8.9, -1.75, words, ha="center", va="center", size=10)
        ax.set_xlim(-0.1, 11.6)
        ax.set_ylim(-2.3, 1.15)
        ax.axis("off")
    show(
        figure,
        """Boxes in a row, joined by arrows: model(x), which you write; __call__, nn.Module's own;
        pre-hooks, which see or change the arguments; forward(x), your code; hooks, which see or
        change the result; the result. A dashed short cut leads from model.forward(x) straight to
        forward(x), and from there to the result, past both boxes of hooks.""",
    )


class Look(NamedTuple):
    """How a box is drawn: its fill, its edge, the colour of its text, the style of its line."""

    fill: str = BLANK
    edge: str = INK
    color: str = INK
    line: str = "-"


def _box(
    ax: Axes, left: float, middle: float, width: float, text: str, look: Look, size: float = 11
) -> None:
    """A rounded box with code in it."""
    fill, edge, color, line = look
    place, corners = (left, middle - 0.38), "round,pad=0,rounding_size=0.12"
    drawn: dict[str, Any] = {"fc": fill, "ec": edge, "lw": 1.4, "ls": line, "boxstyle": corners}
    ax.add_patch(FancyBboxPatch(place, width, 0.76, **drawn))
    written: dict[str, Any] = {"family": "DejaVu Sans Mono", "size": size, "color": color}
    ax.text(left + width / 2, middle, text, ha="center", va="center", **written)


def _arrow(
    ax: Axes, start: Place, end: Place, color: str, curve: float = 0, line: str = "-"
) -> None:
    drawn: dict[str, Any] = {"color": color, "lw": 2, "ls": line, "shrinkA": 0, "shrinkB": 0}
    drawn |= {"arrowstyle": "-|>", "mutation_scale": 14, "connectionstyle": f"arc3,rad={curve}"}
    ax.add_patch(FancyArrowPatch(start, end, **drawn))


# --------------------------------------------------------------------------- what is registered


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a module's tree. ``kind`` is module, parameter, buffer, unsaved or lost.

    An unsaved buffer is one with ``persistent=False``.
    """

    depth: int
    name: str
    kind: str
    meaning: str
    numbers: int = 0  #: how many numbers it holds itself


_OWN = frozenset(vars(nn.Module()))  # what every module has: the registers themselves, the mode


def rows(module: nn.Module) -> list[Row]:
    """The tree of a module, as its registers have it, and the tensors that are in none of them.

    A module whose ``__init__`` never called nn.Module's has no registers, only lost attributes.
    """
    return [Row(0, type(module).__name__, "module", "your module"), *_rows_below(module, 1)]


def _rows_below(module: nn.Module, depth: int) -> Iterator[Row]:
    own = vars(module)
    for kind, register in (("parameter", "_parameters"), ("buffer", "_buffers")):
        for name, tensor in own.get(register, {}).items():
            if tensor is not None:
                words = f"{kind} {tuple(tensor.shape)}"
                if name in own.get("_non_persistent_buffers_set", ()):
                    yield Row(depth, name, "unsaved", f"{words}, not persistent", tensor.numel())
                else:
                    yield Row(depth, name, kind, words, tensor.numel())
    for name, child in own.get("_modules", {}).items():
        yield Row(depth, name, "module", type(child).__name__)
        yield from _rows_below(child, depth + 1)
    for name, value in own.items():
        if name not in _OWN:
            yield from _lost(name, value, depth)


def _lost(name: str, value: object, depth: int) -> Iterator[Row]:
    """Tensors and modules that lie in plain attributes and in python lists."""
    if isinstance(value, Tensor):
        words = f"plain tensor {tuple(value.shape)}, {value.numel()} numbers"
        yield Row(depth, name, "lost", words, value.numel())
    elif isinstance(value, nn.Module):
        count = sum(parameter.numel() for parameter in value.parameters())
        yield Row(depth, name, "lost", f"{type(value).__name__}, {count} numbers", count)
    elif isinstance(value, list) and any(isinstance(v, Tensor | nn.Module) for v in value):
        yield Row(depth, name, "lost", "python list")
        for i, item in enumerate(value):
            yield from _lost(f"[{i}]", item, depth + 1)


_LOOK = {
    "module": Look(),
    "parameter": Look(PALE_BLUE, BLUE),
    "buffer": Look(PALE_ORANGE, ORANGE, line="-."),
    "unsaved": Look(BLANK, ORANGE, line="-."),
    "lost": Look("#EFEDE6", FAINT, GREY, ":"),
}
_NO, _YES = "–", "✓"
_MARKS = {
    "parameter": (_YES, _YES),
    "buffer": (_NO, _YES),
    "unsaved": (_NO, _NO),
    "lost": (_NO, _NO),
    "module": ("", ""),
}


def tree(module: nn.Module) -> None:
    """Everything a module holds: what is trained, what is saved, and what PyTorch cannot see."""
    found = rows(module)
    trained, lost = _counts(found)
    with style():
        figure, ax = plt.subplots(figsize=(8.6, 0.42 * len(found) + 1.3), layout="constrained")
        figure.suptitle(f"The optimizer gets {trained} numbers; {lost} are invisible to PyTorch")
        _draw_tree(ax, found)
    show(figure, f"The tree of {found[0].name}, each part with what becomes of it: {_told(found)}.")


_FATES = {
    "parameter": "trained and saved",
    "buffer": "saved, not trained",
    "unsaved": "neither trained nor saved, but registered",
    "lost": "greyed out: neither trained nor saved",
}


def _told(found: list[Row]) -> str:
    """A tree in words."""
    parts = []
    for row in found[1:]:
        fate = f"; {_FATES[row.kind]}" if row.kind in _FATES else ""
        parts.append(f"{'in it ' * (row.depth > 1)}{row.name} ({row.meaning}{fate})")
    return ", ".join(parts) or "nothing in it"


def _counts(found: list[Row]) -> tuple[int, int]:
    """How many numbers are trained, and how many are in no register at all."""
    trained = sum(row.numbers for row in found if row.kind == "parameter")
    return trained, sum(row.numbers for row in found if row.kind == "lost")


def _draw_tree(ax: Axes, found: list[Row], least: int = 0, size: float = 10) -> None:
    """Draw rows from top to bottom; ``least`` is the number of rows to leave room for."""
    for column, words in ((8.15, "trained"), (9.35, "saved")):
        ax.text(column, -0.75, words, ha="center", va="center", size=size - 1, weight="bold")
    last: dict[int, int] = {}
    for i, row in enumerate(found):
        left = 0.55 * row.depth
        look = _LOOK[row.kind]
        if row.depth:
            parent = last[row.depth - 1]
            ax.plot([left - 0.3, left - 0.3, left], [parent + 0.38, i, i], color=FAINT, zorder=0)
        last[row.depth] = i
        width = 0.4 + 0.175 * len(row.name) * size / 10
        _box(ax, left, i, width, row.name, look, size)
        ax.text(left + width + 0.2, i, row.meaning, va="center", size=size, color=look.color)
        for column, mark in zip((8.15, 9.35), _MARKS[row.kind], strict=True):
            ax.text(column, i, mark, ha="center", va="center", size=size + 2, color=look.color)
    ax.set_xlim(-0.1, 9.9)
    ax.set_ylim(max(len(found), least) - 0.4, -1.2)
    ax.axis("off")


# -------------------------------------------------------------------------------------- break it


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A class with two layers, written one of four ways, and what came of building and calling."""

    source: str
    found: list[Row]
    outcome: str
    works: bool


def attempt(with_super: bool = True, with_list: bool = False) -> Attempt:
    """Really define, build and call the class; the errors are PyTorch's own."""
    source = f"""class Net(nn.Module):
    def __init__(self):
        {"super().__init__()" if with_super else "# super().__init__() forgotten"}
        layers = [nn.Linear(2, 3), nn.Linear(3, 1)]
        self.layers = {"layers" if with_list else "nn.ModuleList(layers)"}

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x"""
    space: dict[str, object] = {"nn": nn, "__name__": "attempt"}
    exec(source, space)
    net_class: type[nn.Module] = space["Net"]  # type: ignore[assignment]
    try:
        net = net_class()
    except AttributeError as error:
        return Attempt(source, [Row(0, "Net", "lost", "was never built")], f"Net(): {error}", False)
    found = rows(net)
    try:
        net(torch.ones(1, 2))
    except AttributeError as error:
        return Attempt(source, found, f"net(x): {error}", False)
    trained, lost = _counts(found)
    if lost:
        return Attempt(source, found, f"runs, but {lost} numbers will never be trained", False)
    return Attempt(source, found, f"runs, and all {trained} numbers are trained", True)


_FOUR = (
    (True, False, "as it should be"),
    (True, True, "a python list"),
    (False, False, "no super().__init__()"),
    (False, True, "no super().__init__(), a python list"),
)


def four_ways() -> None:
    """The tree of each of the four classes that :func:`break_it` can show."""
    with style():
        figure, axes = plt.subplots(
            2, 2, figsize=(11.5, 6), height_ratios=[10.2, 6.2], layout="constrained"
        )
        figure.suptitle(
            "Without super().__init__() there is an error; a list alone fails in silence"
        )
        for (with_super, with_list, title), ax in zip(_FOUR, axes.flat, strict=True):
            room = 9 if with_super else 5
            _draw_attempt(ax, attempt(with_super, with_list), title, room)
    ways = [f"{title}: {attempt(*ways).outcome}" for *ways, title in _FOUR]
    show(figure, f"Four trees of the same two layers, and what came of each. {'; '.join(ways)}.")


def _draw_attempt(ax: Axes, tried: Attempt, title: str, room: int = 9) -> None:
    """A tree in ``room`` rows, the last of which says what came of it."""
    _draw_tree(ax, tried.found, least=room, size=9)
    ax.set_title(title, weight="bold", loc="left")
    mark, color = ("✓", BLUE) if tried.works else ("✗", VERMILION)
    last = room - 1
    ax.add_patch(Rectangle((0, last - 0.5), 9.8, 1, facecolor=BLANK, edgecolor=color, lw=1.5))
    ax.text(0.15, last, mark, va="center", size=11, color=color, weight="bold")
    ax.text(0.5, last, tried.outcome, va="center", size=9.5)


def break_it() -> None:
    """Two switches that break a module, above its text and its tree.

    Where no widgets are installed, :func:`four_ways` stands in.
    """
    try:
        import ipywidgets
        from IPython.display import display
    except ImportError:
        four_ways()
        return
    calls = ipywidgets.Checkbox(True, description="super().__init__() is called", indent=False)
    listed = ipywidgets.Checkbox(False, description="layers in a python list", indent=False)
    text, screen = ipywidgets.HTML(), ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        tried = attempt(calls.value, listed.value)
        text.value = f"<pre>{html.escape(tried.source)}</pre>"
        held = ", ".join(f"{row.name} ({row.meaning})" for row in tried.found)
        alt = html.escape(f"The tree of Net: {held}. {tried.outcome}", quote=True)
        with style():
            figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
            _draw_attempt(ax, tried, "what PyTorch sees")
        screen.value = html_image(figure, alt)

    for switch in (calls, listed):
        switch.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([ipywidgets.HBox([calls, listed]), text, screen]))


# ------------------------------------------------------------------------------------- two modes


def dropout_runs(runs: dict[str, Tensor]) -> None:
    """What Dropout made of a row of ones, run by run; zeros are hatched."""
    with style():
        figure, axes = plt.subplots(
            len(runs), 1, figsize=(9, 0.95 * len(runs) + 0.8), layout="constrained"
        )
        figure.suptitle("In training, Dropout zeroes other numbers each run; in evaluation, none")
        for (name, values), ax in zip(runs.items(), axes, strict=True):
            dropped = {(0, i) for i, v in enumerate(values.tolist()) if v == 0}
            doubled = {(0, i) for i, v in enumerate(values.tolist()) if v > 1}
            number_grid(ax, values[None], hatched=dropped, marked=doubled)
            table(ax, len(values), 1)
            ax.set_title(f"{name}: {len(dropped)} zeros", loc="left", size=10)
    rows = [f"{name}: {' '.join(f'{v:g}' for v in run.tolist())}" for name, run in runs.items()]
    show(figure, f"What Dropout made of a row of ones. {'; '.join(rows)}.")


# ------------------------------------------------------------------------------ a first training


def learnt_curve(
    inputs: Tensor, curve: Tensor, *, before: Tensor, after: Tensor, zeros: Tensor
) -> None:
    """What a network answers for ``inputs`` before and after it learnt ``curve``, all (N, 1).

    ``zeros`` are the answers of one that was trained likewise, but started from zeros.
    """
    lines = [
        (before, "before learning", ORANGE, "--"),
        (after, "after learning", BLUE, "-"),
        (zeros, "after learning, started from zeros", VERMILION, ":"),
    ]
    with style():
        figure, ax = plt.subplots(figsize=(9, 4.4), layout="constrained")
        figure.suptitle("The network learns the curve; started from zeros it stays flat")
        ax.plot(inputs.flatten(), curve.flatten(), "o", color=SKY, mec=INK, ms=5, label="points")
        for answers, name, color, line in lines:
            ax.plot(inputs.flatten(), answers.flatten(), line, color=color, lw=2.5, label=name)
        ax.set_xlabel("x")
        ax.set_ylabel("answer")
        figure.legend(loc="outside lower center", ncols=4)
    told = [
        f"{name}, from {a.min():.2f} to {a.max():.2f}, mean squared gap "
        f"{((a - curve) ** 2).mean():.3f}"
        for a, name, *_ in lines
    ]
    show(
        figure,
        f"{len(inputs)} points of a wave between {curve.min():.2f} and {curve.max():.2f}, and "
        f"three lines of what a network answers: {'; '.join(told)}.",
    )
