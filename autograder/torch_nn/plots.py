"""What the pictures of all lessons share: one look, and the parts that they are made of.

A lesson calls one function and sees one idea; how it is drawn is not its business. Every figure
lies on its own opaque, paper-coloured card, so that it reads the same on a light and on a dark
theme, and uses the palette of Okabe and Ito, which colour-blind readers can tell apart; what a
colour says is also said by an outline, a hatch or a word.

What only one chapter draws lies in ``pictures/chNN.py`` and is made of these parts. To add a
picture: draw inside ``with style():``, give it a title that says the finding, and end with
:func:`show`, which takes the picture in words. Numbers in boxes come from :func:`number_grid`.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from torch import Tensor

PAPER = "#FBFAF6"  #: the card that a figure lies on
INK = "#1F2430"  #: text and outlines
FAINT = "#B9B6AC"  #: lines that only separate
BLANK = "#FFFFFF"  #: an empty cell

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW)  #: Okabe and Ito, 2008

PALE_BLUE = "#CFE5F3"  #: BLUE and ORANGE thinned, for filling a cell behind a number
PALE_ORANGE = "#FBE3B0"


@contextmanager
def style() -> Iterator[None]:
    """The look of every figure, as a context; matplotlib's own settings return afterwards."""
    settings: dict[Any, Any] = {
        "figure.facecolor": PAPER,
        "figure.dpi": 100,
        "savefig.facecolor": PAPER,
        "axes.facecolor": PAPER,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.titlesize": 11,
        "axes.prop_cycle": plt.cycler(color=PALETTE),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.titlesize": 14,
        "figure.titleweight": "bold",
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "hatch.color": FAINT,
        "legend.frameon": False,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    with plt.rc_context(settings):
        yield


# ------------------------------------------------------------------------------------- the parts


def number_grid(
    ax: Axes,
    values: Tensor,
    *,
    at: tuple[float, float] = (0, 0),
    fill: str = BLANK,
    size: float = 11,
    marked: Collection[tuple[int, int]] = (),
    hatched: Collection[tuple[int, int]] = (),
) -> None:
    """Write a 2-D tensor into boxes of side 1, the first one at ``at`` = (column, row).

    ``marked`` boxes are filled orange, ``hatched`` ones are hatched and their numbers faint.
    ``size`` is the size of the numbers in points.
    """
    left, top = at
    for row, numbers in enumerate(values.tolist()):
        for column, number in enumerate(numbers):
            place = (row, column)
            ax.add_patch(
                Rectangle(
                    (left + column, top + row),
                    1,
                    1,
                    facecolor=PALE_ORANGE if place in marked else fill,
                    edgecolor=FAINT,
                    hatch="////" if place in hatched else None,
                    linewidth=1,
                )
            )
            ax.text(
                left + column + 0.5,
                top + row + 0.5,
                f"{number:g}",
                ha="center",
                va="center",
                size=size,
                color="#77746B" if place in hatched else INK,
            )


def frame(
    ax: Axes, at: tuple[float, float], width: float, height: float, color: str, line: str = "-"
) -> None:
    """A thick rectangle around boxes of a :func:`number_grid`."""
    ax.add_patch(
        Rectangle(at, width, height, fill=False, edgecolor=color, linewidth=2.5, linestyle=line)
    )


def table(ax: Axes, width: float, height: float) -> None:
    """Make axes a table of ``width`` × ``height`` boxes: rows run downwards, no ticks."""
    ax.set_xlim(-0.1, width + 0.1)
    ax.set_ylim(height + 0.1, -0.1)
    ax.set_aspect("equal")
    ax.axis("off")


def gray(ax: Axes, values: Tensor, title: str, *, signed: bool = False) -> None:
    """A 2-D tensor as a grey picture, 0 black and 1 white.

    ``signed``: zero is middle grey, and the scale ends at the 99th percentile on either side.
    """
    shown = values.detach().float()
    high = float(shown.abs().quantile(0.99)) if signed else 1.0
    low = -high if signed else 0.0
    ax.imshow(shown.numpy(), cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    ax.set_title(title, size=10)
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)


def colour(ax: Axes, image: Tensor, title: str = "") -> None:
    """A colour picture (3, H, W); what lies outside 0 … 1 is cut off, as TensorBoard does."""
    shown = image.detach().clamp(0, 1).permute(1, 2, 0)
    ax.imshow(shown.numpy(), interpolation="nearest")
    bare(ax, title)


def bare(ax: Axes, title: str = "") -> None:
    """Axes for a picture: a small title, no ticks, and a thin line around it."""
    ax.set_title(title, size=9)
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set(visible=True, color=FAINT)


def live(rows: Sequence[Sequence[Any]], draw: Callable[[], tuple[Figure, str]]) -> None:
    """Show ipywidgets, one row above the other, and below them a picture that follows them.

    ``draw`` is called at first and after every change; it reads the widgets, and returns the figure
    and its alternative text.
    """
    import ipywidgets
    from IPython.display import display

    screen = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        screen.value = html_image(*draw())

    for row in rows:
        for control in row:
            control.observe(redraw, names="value")
    redraw()
    display(ipywidgets.VBox([*map(ipywidgets.HBox, rows), screen]))


def show(figure: Figure, alt: str) -> None:
    """Show a finished figure with its alternative text, and close it.

    JupyterLab and nbconvert leave out what the metadata of an ``image/png`` says, so the picture is
    there twice: as HTML with its text, which both of them prefer, and as an image with the text in
    its metadata, for other readers of the file. Outside a notebook nothing is shown.
    """
    from IPython import get_ipython
    from IPython.display import display

    alt = " ".join(alt.split())
    data = _png(figure)
    plt.close(figure)
    if get_ipython() is not None:
        shown = {"image/png": data, "text/html": _img(data, alt), "text/plain": repr(figure)}
        display(shown, metadata={"image/png": {"alt": alt}}, raw=True)


def _png(figure: Figure) -> str:
    """A figure as PNG of at most 256 colours, which halves it, in base64."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi="figure", bbox_inches="tight")
    image = Image.open(buffer).convert("RGB")
    palette = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    palette.save(packed, "png", optimize=True)
    return base64.b64encode(packed.getvalue()).decode()


def _img(data: str, alt: str) -> str:
    said = html.escape(alt, quote=True)
    return f'<img alt="{said}" src="data:image/png;base64,{data}" style="max-width: 100%">'


def html_image(figure: Figure, alt: str) -> str:
    """A figure as an ``<img>`` with its alternative text; the figure is closed.

    For widgets: unlike an Output widget, an HTML widget needs nothing of the front end but itself.
    """
    data = _png(figure)
    plt.close(figure)
    return _img(data, alt)
