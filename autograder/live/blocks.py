"""What a message is made of: blocks, each of which can be read as plain text and as HTML.

A message is a list of blocks, said once; :func:`message` renders it in both ways. Terminals, screen
readers and nbval get the text, JupyterLab the HTML.
"""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence
from typing import Literal, Protocol

from autograder.live.style import Message, Tone, clean, escape, frame, mark, rich

_MOST_CODE = 20_000  #: characters of a listing

Weight = Literal["", "main", "quiet", "strong"]


class Block(Protocol):
    """A part of a message."""

    def text(self) -> list[str]:
        """Its lines as plain text."""

    def html(self) -> str:
        """Itself as HTML, harmless whatever it holds."""


def message(tone: Tone, label: str, blocks: Sequence[Block]) -> Message:
    """A message of these blocks, in a frame of ``tone``; a screen reader calls it ``label``."""
    return Message(
        "\n".join(line for block in blocks for line in block.text()),
        frame(tone, label, "".join(block.html() for block in blocks)),
    )


def indented(text: str) -> list[str]:
    """Lines that stand below a heading."""
    return [f"  {line}".rstrip() for line in text.splitlines()]


@dataclasses.dataclass(frozen=True)
class Heading:
    """The first line: a sign in its colour, a title, and in faint what belongs to it.

    ``plain`` is the line as text.
    """

    plain: str
    title: str
    quiet: str = ""
    sign: str = ""
    tone: Tone = "note"

    def text(self) -> list[str]:
        """One line."""
        return [self.plain]

    def html(self) -> str:
        """One line, the title bold."""
        sign = f"{mark(self.sign, self.tone)} " if self.sign else ""
        quiet = f' <span class="ag-quiet">{escape(self.quiet)}</span>' if self.quiet else ""
        return f"<div>{sign}<b>{escape(self.title)}</b>{quiet}</div>"


@dataclasses.dataclass(frozen=True)
class Sentence:
    """A sentence or two, with `code` and *stress*. ``is_indented`` is of the text only.

    ``gap`` asks for an empty line of text before it, ``bare`` leaves the backticks out of it.
    """

    said: str
    weight: Weight = ""
    is_paragraph: bool = True
    is_indented: bool = True
    gap: bool = False
    bare: bool = False

    def text(self) -> list[str]:
        """Its lines, indented."""
        said = self.said.replace("`", "") if self.bare else self.said
        lines = indented(said) if self.is_indented else said.splitlines()
        return ["", *lines] if self.gap and lines else lines

    def html(self) -> str:
        """A paragraph, or a line close to what stands before it."""
        if not self.said:
            return ""
        tag = "p" if self.is_paragraph else "div"
        if self.weight == "strong":
            return f"<{tag}><b>{rich(self.said)}</b></{tag}>"
        weight = f' class="ag-{self.weight}"' if self.weight else ""
        return f"<{tag}{weight}>{rich(self.said)}</{tag}>"


@dataclasses.dataclass(frozen=True)
class Code:
    """A line of code, in faint."""

    code: str

    def text(self) -> list[str]:
        """The line."""
        return [f"  {clean(self.code)}"]

    def html(self) -> str:
        """The line as code."""
        return f'<div class="ag-quiet"><code>{escape(self.code)}</code></div>'


@dataclasses.dataclass(frozen=True)
class Listing:
    """Some lines of code."""

    code: str

    def text(self) -> list[str]:
        """The lines, indented."""
        return indented(clean(self.code, _MOST_CODE))

    def html(self) -> str:
        """The lines as they are."""
        shown = html.escape(clean(self.code, _MOST_CODE), quote=True)
        return f"<pre>{shown}</pre>"


@dataclasses.dataclass(frozen=True)
class Raised:
    """The exception that the student's code raised, ``"TypeError: its message"``."""

    error: str

    def text(self) -> list[str]:
        """A sentence."""
        return indented(f"Your code raised {self.error}")

    def html(self) -> str:
        """The type in the sentence, the message below it as it is."""
        kind, _, said = self.error.partition(": ")
        rest = f":</p><pre>{escape(said)}</pre>" if said else ".</p>"
        return f"<p>Your code raised <code>{escape(kind)}</code>{rest}"


@dataclasses.dataclass(frozen=True)
class Source:
    """A line of the student's own code, and where it stands."""

    plain: str
    file: str
    line: int
    source: str

    def text(self) -> list[str]:
        """One line."""
        return [f"  {clean(self.plain)}"]

    def html(self) -> str:
        """The place, and the line as code."""
        return f"<p>{escape(self.file)}, line {self.line}:</p><pre>{escape(self.source)}</pre>"


@dataclasses.dataclass(frozen=True)
class Items:
    """A list; the text numbers it, or puts a dash before each item."""

    items: Sequence[str]
    is_ordered: bool

    def text(self) -> list[str]:
        """A line an item."""
        marks = (f"{i}." if self.is_ordered else "-" for i in range(1, len(self.items) + 1))
        return [f"  {sign} {item}" for sign, item in zip(marks, self.items, strict=True)]

    def html(self) -> str:
        """A list."""
        tag = "ol" if self.is_ordered else "ul"
        return f"<{tag}>{''.join(f'<li>{rich(item)}</li>' for item in self.items)}</{tag}>"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell of a table: a text, perhaps behind a sign in its colour, and what it is in text."""

    shown: str
    sign: str = ""
    tone: Tone = "note"

    @property
    def plain(self) -> str:
        """Sign and text."""
        return f"{self.sign} {self.shown}".strip()

    def html(self) -> str:
        """The content of a ``td``."""
        sign = mark(self.sign, self.tone) if self.sign else ""
        return f"{sign} {escape(self.shown)}".strip() if self.shown else sign


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells below a head. ``numbers`` are the columns that stand to the right.

    ``stressed`` are the rows in bold; ``gap`` asks for an empty line of text before it.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: frozenset[int] = frozenset()
    stressed: frozenset[int] = frozenset()
    gap: bool = False

    def text(self) -> list[str]:
        """A line a row, the columns below each other."""
        table = [list(self.head), *([cell.plain for cell in row] for row in self.rows)]
        widths = [max(len(row[j]) for row in table) for j in range(len(self.head))]
        lines = []
        for row in table:
            texts = [
                t.rjust(w) if j in self.numbers else t.ljust(w)
                for j, (t, w) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append(f"  {'  '.join(texts)}".rstrip())
        return ["", *lines] if self.gap else lines

    def html(self) -> str:
        """A table."""
        right = [' class="ag-number"' if j in self.numbers else "" for j in range(len(self.head))]
        head = "".join(f"<th{w}>{escape(t)}</th>" for t, w in zip(self.head, right, strict=True))
        lines = []
        for i, row in enumerate(self.rows):
            cells = "".join(f"<td{w}>{c.html()}</td>" for c, w in zip(row, right, strict=True))
            stress = ' class="ag-differs"' if i in self.stressed else ""
            lines.append(f"<tr{stress}>{cells}</tr>")
        return (
            f'<table class="ag-facts"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(lines)}</tbody></table>"
        )


@dataclasses.dataclass(frozen=True)
class Bar:
    """How much is done, in percent; a picture beside numbers that say it in words."""

    percent: int

    def text(self) -> list[str]:
        """Nothing: the numbers are said elsewhere."""
        return []

    def html(self) -> str:
        """A bar."""
        return (
            '<div aria-hidden="true" style="height:6px;border-radius:3px;margin:6px 0;'
            'background:var(--jp-border-color2,#8886)"><div style="height:6px;border-radius:3px;'
            f'width:{self.percent}%;background:#009E73"></div></div>'
        )
