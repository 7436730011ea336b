"""A piece of a tensor, drawn: numbers in coloured boxes, or pixels; and the same in plain text.

No matplotlib: a card must be there in a few milliseconds. Small pieces become HTML tables that a
screen reader can walk through, larger ones a PNG written by hand. A box or pixel has its own
background and its own ink, so it looks the same on a light and on a dark page; the colours are
those of Okabe and Ito, and whatever a colour says is also said by a number, a sign or an outline.
"""

from __future__ import annotations

import base64
import dataclasses
import html
import struct
import zlib
from collections.abc import Sequence

import numpy as np

MOST_ROWS, MOST_COLUMNS = 8, 10  #: of numbers; more become pixels
MOST_PIXELS = 64  #: a side of a pixel picture; more is cut to the surroundings of the difference
PICTURE_SIDE = 144  #: of a pixel picture on the page, in CSS pixels

BLUE = (0x00, 0x72, 0xB2)  #: above zero, too high
ORANGE = (0xE6, 0x9F, 0x00)  #: below zero, too low
PURPLE = (0xCC, 0x79, 0xA7)  #: not a number
INK = "#1F2430"

_THIN = 0.55  # how far a box goes towards its colour; ink stays readable on it (contrast over 4.5)


@dataclasses.dataclass(frozen=True)
class Piece:
    """The part of a tensor that is drawn: 2-D values and where in the tensor they lie.

    ``corner`` is the index of the upper left value in the last two axes, ``lead`` the index in all
    axes before; ``whole`` says whether nothing was cut off.
    """

    values: np.ndarray
    lead: tuple[int, ...]
    corner: tuple[int, int]
    rank: int
    whole: bool

    @property
    def place(self) -> str:
        """Where the piece lies, for its caption: ``[0, 2]``, ``rows 3–10``; may be empty."""
        parts = []
        if self.lead:
            parts.append(f"[{', '.join(map(str, self.lead))}]")
        if not self.whole:
            (rows, columns), (top, left) = self.values.shape, self.corner
            if self.rank > 1:
                parts.append(f"rows {top}–{top + rows - 1}")
            parts.append(
                f"{'columns' if self.rank > 1 else 'elements'} {left}–{left + columns - 1}"
            )
        return ", ".join(parts)

    @property
    def as_numbers(self) -> bool:
        """Whether the piece is small enough to be written out."""
        rows, columns = self.values.shape
        return bool(rows <= MOST_ROWS and columns <= MOST_COLUMNS)


def cut(array: np.ndarray, around: Sequence[int] = ()) -> Piece | None:
    """The piece of a numeric array that shows index ``around``; None where there is none to draw.

    Of an array with more than two axes the last two are drawn, at the index in the others. A piece
    that is large both ways is drawn as pixels; a long and narrow one is cut to a few numbers.
    """
    if array.ndim == 0 or array.size == 0 or array.dtype.kind not in "biuf":
        return None
    index = [*around, *[0] * (array.ndim - len(around))]
    lead = tuple(min(i, n - 1) for i, n in zip(index[:-2], array.shape[:-2], strict=True))
    plane = array[lead] if array.ndim > 1 else array[None]
    here = (0, index[-1]) if array.ndim == 1 else (index[-2], index[-1])
    rows, columns = plane.shape
    if rows <= MOST_ROWS // 2 or columns <= MOST_ROWS // 2:
        top, height = _window(here[0], rows, MOST_ROWS)
        left, width = _window(here[1], columns, MOST_COLUMNS)
    else:
        top, height = _window(here[0], rows, MOST_PIXELS)
        left, width = _window(here[1], columns, MOST_PIXELS)
    values = plane[top : top + height, left : left + width]
    whole = (height, width) == (rows, columns)
    return Piece(values, lead, (top, left), array.ndim, whole)


def _window(here: int, size: int, most: int) -> tuple[int, int]:
    """The start and length of a window of at most ``most`` around ``here``."""
    if size <= most:
        return 0, size
    return max(0, min(here - most // 2, size - most)), most


# --------------------------------------------------------------------------------------- numbers


def number_text(value: object) -> str:
    """A number in at most about seven characters."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        text = str(int(value))
        return text if len(text) <= 7 else f"{float(int(value)):.2e}"
    text = f"{float(value):.4g}"  # type: ignore[arg-type]
    return text.replace("-0", "0") if text == "-0" else text


def numbers(piece: Piece, wrong: np.ndarray | None = None) -> list[list[str]]:
    """The texts of the boxes. Places that are ``wrong`` carry a star."""
    texts = [[number_text(value) for value in row] for row in piece.values]
    if wrong is not None:
        for i, j in np.argwhere(wrong):
            texts[i][j] += "*"
    return texts


def differences(mine: Piece, expected: Piece, wrong: np.ndarray) -> list[list[str]]:
    """The texts of the boxes of a difference: ``=`` where both agree, else mine − expected."""
    texts = [["=" for _ in row] for row in mine.values]
    gap = difference(mine, expected)
    for i, j in np.argwhere(wrong):
        value = float(gap[i, j])
        texts[i][j] = "≠" if not np.isfinite(value) else _signed(value, gap.dtype.kind)
    return texts


def _signed(value: float, kind: str) -> str:
    text = number_text(abs(int(value)) if kind == "i" else abs(value))
    return f"{'−' if value < 0 else '+'}{text}"


def difference(mine: Piece, expected: Piece) -> np.ndarray:
    """mine − expected; integers and booleans stay exact where int64 holds them."""
    pair = (mine.values, expected.values)
    if all(values.dtype.kind in "biu" and values.dtype != np.uint64 for values in pair):
        return pair[0].astype(np.int64) - pair[1].astype(np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        return pair[0].astype(np.float64) - pair[1].astype(np.float64)


def text_block(title: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of plain text: a title above right-aligned columns."""
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    lines = ["  ".join(text.rjust(w) for text, w in zip(row, widths, strict=True)) for row in rows]
    width = max(len(title), len(lines[0]))
    return [line.ljust(width) for line in (title, *lines)]


# ---------------------------------------------------------------------------------------- colours


def shades(values: np.ndarray, most: float) -> np.ndarray:
    """Colours (rows, columns, 3) uint8: white at 0, blue up to ``most``, orange down to −most."""
    finite = np.where(np.isfinite(values), values, 0).astype(np.float64)
    share = np.clip(np.abs(finite) / most if most else finite, 0, 1)[..., None]
    towards = np.where((finite < 0)[..., None], ORANGE, BLUE)
    colours = 255 + (towards - 255) * share
    return np.where(np.isnan(values)[..., None], PURPLE, colours).round().astype(np.uint8)


def reach(*arrays: np.ndarray) -> float:
    """The largest finite magnitude; 0 where there is none."""
    found = 0.0
    for values in arrays:
        magnitudes = np.abs(values.astype(np.float64))
        magnitudes = magnitudes[np.isfinite(magnitudes)]
        found = max(found, float(magnitudes.max(initial=0)))
    return found


def html_table(
    caption: str,
    texts: Sequence[Sequence[str]],
    values: np.ndarray,
    most: float,
    first: tuple[int, int] | None,
) -> str:
    """A table of coloured boxes; the box ``first`` is outlined."""
    thin = 255 - (255 - shades(values.astype(np.float64), most).astype(float)) * _THIN
    rows = []
    for i, row in enumerate(texts):
        boxes = []
        for j, text in enumerate(row):
            red, green, blue = thin[i, j].astype(int)
            mark = ' class="ag-first"' if (i, j) == first else ""
            colour = f"background-color:#{red:02x}{green:02x}{blue:02x}"
            boxes.append(f'<td{mark} style="{colour};color:{INK}">{html.escape(text)}</td>')
        rows.append(f"<tr>{''.join(boxes)}</tr>")
    body = "".join(rows)
    return f'<table class="ag-grid"><caption>{html.escape(caption)}</caption>{body}</table>'


def html_pixels(caption: str, values: np.ndarray, most: float, alt: str) -> str:
    """An inline PNG, one pixel a value, enlarged without blurring."""
    rows, columns = values.shape
    scale = PICTURE_SIDE / max(rows, columns)
    size = f"width:{round(columns * scale)}px;height:{round(rows * scale)}px"
    data = base64.b64encode(png(shades(values.astype(np.float64), most))).decode()
    return (
        f'<figure class="ag-pixels"><figcaption>{html.escape(caption)}</figcaption>'
        f'<img alt="{html.escape(alt)}" style="{size};image-rendering:pixelated" '
        f'src="data:image/png;base64,{data}"></figure>'
    )


def png(colours: np.ndarray) -> bytes:
    """A PNG of colours (rows, columns, 3) uint8. Format: https://www.w3.org/TR/png/."""
    rows, columns, _ = colours.shape
    lines = np.zeros((rows, 1 + 3 * columns), np.uint8)  # each line begins with filter type 0
    lines[:, 1:] = colours.reshape(rows, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")
