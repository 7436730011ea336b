"""A verdict, drawn: what was checked, what came, what was expected, where they part, what next.

:func:`draw` makes a :class:`~autograder.live.style.Message` of a verdict and the evidence on
both sides. It shows what the public reference holds (the outcome of a visible check, whose inputs
are printed in the notebook) and never how the solution came to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from autograder.evidence import Evidence, Node
from autograder.judge.compare import close
from autograder.judge.verdicts import Status, Verdict
from autograder.live import tensor_picture as grid
from autograder.live.blocks import (
    Block,
    Cell,
    Code,
    Heading,
    Raised,
    Sentence,
    Source,
    Table,
    message,
)
from autograder.live.difference import Row, differs_at, part, rows
from autograder.live.student_line import Place
from autograder.live.style import Message, Tone, clean

_WIDTH = 96  #: characters of a line of plain text before pictures are put below each other
_SHORT = 6  #: lines of plain text after which advice stands apart

_STATES: dict[Status, tuple[str, Tone, str]] = {
    "passed": ("✓", "right", ""),
    "not_answered": ("○", "open", "not answered yet"),
    "not_reached": ("○", "open", "not reached"),
    "failed": ("✗", "wrong", "not passed yet"),
    "interrupted": ("✗", "wrong", "not passed yet"),
    "undecided": ("?", "open", "could not be checked"),
}


@dataclasses.dataclass(frozen=True)
class Said:
    """What a card says besides the comparison itself.

    ``call`` is the call that was checked, ``message`` the known mistake's, ``place`` the student's
    line where an exception came from, ``advice`` what to do next, ``requirement`` what the
    statement asks for that is broken here.
    """

    call: str | None = None
    message: str | None = None
    place: Place | None = None
    advice: str | None = None
    requirement: str | None = None


def line(verdict: Verdict, why: str | None = None) -> str:
    """A verdict in one quiet line: ``✓ conv/stride 2``; ``why`` may say more than its state."""
    sign, _, state = _STATES[verdict.status]
    state = why or state
    return f"{sign} {clean(verdict.check)}" + (f": {state}" if state else "")


def draw(
    verdict: Verdict, recorded: Evidence | None, reference: Evidence | None, said: Said
) -> Message:
    """The card of a verdict that is not passed."""
    finding = verdict.finding
    sentence = clean(finding.sentence if finding and said.message else verdict.reason or "")
    if finding and finding.stage == "structure" and reference and _is_module(reference):
        sentence = "Your module does not have the parameters that are expected."
    sign, tone, state = _STATES[verdict.status]
    blocks: list[Block] = [Heading(line(verdict), verdict.check, state, sign, tone)]
    if said.requirement:
        blocks.append(Sentence(clean(said.requirement), "quiet", is_paragraph=False))
    if said.call:
        blocks.append(Code(said.call))
    if said.message:
        blocks.append(Sentence(clean(said.message), "main"))
    raised = _raised(recorded, reference) if verdict.status == "failed" else None
    blocks.append(Raised(raised) if raised else Sentence(sentence, "" if said.message else "main"))
    if said.place:
        blocks.append(Source(str(said.place), said.place.file, said.place.line, said.place.source))
    if recorded is not None and reference is not None and raised is None:
        blocks.append(_comparison(rows(recorded, reference)))
        if finding is not None:
            pictures = _pictures(recorded, reference, finding.where, finding.stage)
            blocks += [_Pictures(pictures)] if pictures else []
    if said.advice:
        gap = sum(len(block.text()) for block in blocks) > _SHORT
        blocks.append(Sentence(said.advice, gap=gap))
    return message(tone, f"{verdict.check}: {state}", blocks)


def _comparison(facts: Sequence[Row]) -> Block:
    """Yours beside what is expected; where all of it agrees, in one line."""
    if all(row.same for row in facts):
        return Sentence(_right(facts), "quiet", is_paragraph=False)
    cells = [
        [
            Cell(row.label),
            Cell(row.mine),
            Cell(row.expected),
            Cell("=") if row.same else Cell("", "≠", "wrong"),
        ]
        for row in facts
    ]
    differing = frozenset(i for i, row in enumerate(facts) if not row.same)
    return Table(("", "yours", "expected", ""), cells, stressed=differing, gap=True)


def _is_module(reference: Evidence) -> bool:
    return bool(reference.outcome["kind"] == "module")


def _raised(recorded: Evidence | None, reference: Evidence | None) -> str | None:
    """``TypeError: its message`` where the student's code raised and the solution did not."""
    if recorded is None or recorded.outcome["kind"] != "exception":
        return None
    if reference is not None and reference.outcome["kind"] == "exception":
        return None
    # torch appends its own C++ stack to some messages
    message = recorded.outcome["message"].split("\nException raised from")[0].strip()
    return clean(f"{recorded.outcome['type']}: {message}".rstrip(": "), 600)


# ------------------------------------------------------------------------------------- the parts


@dataclasses.dataclass(frozen=True)
class _Picture:
    """One of three: ``texts`` where the numbers are written out, else pixels."""

    caption: str
    values: np.ndarray
    most: float
    range: str
    summary: str
    texts: list[list[str]] | None
    first: tuple[int, int] | None
    starred: list[list[str]] | None = None

    def html(self) -> str:
        if self.texts is not None:
            return grid.html_table(self.caption, self.texts, self.values, self.most, self.first)
        alt = f"{self.caption}: {self.summary}"
        return grid.html_pixels(f"{self.caption}: {self.range}", self.values, self.most, alt)

    def text(self) -> list[str]:
        if self.texts is not None:
            return grid.text_block(self.caption, self.starred or self.texts)
        return [f"{self.caption}: {self.summary}"]


def _pictures(recorded: Evidence, reference: Evidence, where: str, stage: str) -> list[_Picture]:
    """Yours, expected and their difference, as far as they can be drawn."""
    mine = _array(recorded, part(recorded.outcome, where))
    want = _array(reference, part(reference.outcome, where))
    if mine is None or want is None or stage not in ("shape", "dtype", "values"):
        return []
    wrong = ~close(mine, want, reference) if mine.shape == want.shape else None
    if stage == "dtype" and (wrong is None or not wrong.any()):
        return []  # the values are right, and the table says what is not
    around = differs_at(wrong) if wrong is not None else ()
    pieces = [grid.cut(array, around) for array in (mine, want)]
    if pieces[0] is None or pieces[1] is None:
        return []
    return _three(pieces[0], pieces[1], wrong, around)


def _array(evidence: Evidence, node: Node | None) -> np.ndarray | None:
    if node is None or node["kind"] not in ("tensor", "array") or node["data"] is None:
        return None
    array = evidence.tensors[node["data"]]
    return array if list(array.shape) == node["shape"] else None  # complex numbers are pairs


def _three(
    mine: grid.Piece, want: grid.Piece, wrong: np.ndarray | None, around: tuple[int, ...]
) -> list[_Picture]:
    most = grid.reach(mine.values, want.values)
    bad = first = None
    if wrong is not None:
        (top, left), (height, width) = mine.corner, mine.values.shape
        plane = wrong[mine.lead] if wrong.ndim > 1 else wrong[None]
        bad = plane[top : top + height, left : left + width]
        first = ((around[-2] if len(around) > 1 else 0) - top, around[-1] - left)

    def picture(name: str, piece: grid.Piece, starred: bool) -> _Picture:
        texts = grid.numbers(piece) if piece.as_numbers else None
        stars = grid.numbers(piece, bad) if piece.as_numbers and starred else None
        caption = f"{name} {piece.place}".strip()
        between = _least_and_most(piece.values)
        summary = f"{_size(piece.values)} from {between}"
        return _Picture(caption, piece.values, most, between, summary, texts, first, stars)

    three = [picture("yours", mine, bad is not None), picture("expected", want, False)]
    if bad is not None:
        gap = grid.difference(mine, want) * bad
        texts = grid.differences(mine, want, bad) if mine.as_numbers else None
        largest = f"at most {grid.number_text(grid.reach(gap))}"
        summary = f"{int(bad.sum())} of {bad.size} values differ, by {largest}"
        three.append(_Picture("difference", gap, grid.reach(gap), largest, summary, texts, first))
    return three


def _size(values: np.ndarray) -> str:
    return " × ".join(map(str, values.shape)) + " values"


def _least_and_most(values: np.ndarray) -> str:
    if np.isnan(values.astype(np.float64)).all():
        return "nan to nan"
    return f"{grid.number_text(np.nanmin(values))} to {grid.number_text(np.nanmax(values))}"


def _legend(pictures: Sequence[_Picture]) -> str | None:
    if len(pictures) < 3:
        return None
    if pictures[0].texts is None:
        return (
            "White is 0, blue is above and orange below; where the difference is white, both agree."
        )
    return "= means equal. The outlined box is the first that differs."


def _right(facts: Sequence[Row]) -> str:
    """What is right already, in a line; nothing where there is nothing to say."""
    told = ", ".join(f"{row.label} {row.mine}".strip() for row in facts)
    return f"Right already: {told}." if told else ""


@dataclasses.dataclass(frozen=True)
class _Pictures:
    """Pictures side by side, with a legend."""

    pictures: Sequence[_Picture]

    def text(self) -> list[str]:
        """The pictures' own lines beside each other."""
        lines = ["", *_beside([picture.text() for picture in self.pictures])]
        if any(picture.starred for picture in self.pictures):
            lines.append("  * differs")
        return lines

    def html(self) -> str:
        """The pictures, and the legend below them."""
        legend = _legend(self.pictures)
        drawn = "".join(picture.html() for picture in self.pictures)
        below = f'<div class="ag-quiet">{legend}</div>' if legend else ""
        return f'<div class="ag-pictures">{drawn}</div>{below}'


def _beside(blocks: list[list[str]]) -> list[str]:
    """Blocks of lines beside each other, or below each other where they are too wide."""
    if sum(max(map(len, block)) + 4 for block in blocks) > _WIDTH or len(blocks[0]) == 1:
        return [f"  {text}".rstrip() for block in blocks for text in block]
    height = max(map(len, blocks))
    filled = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return [f"  {'    '.join(texts)}".rstrip() for texts in zip(*filled, strict=True)]
