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
from autograder.live.difference import Row, differs_at, part, rows
from autograder.live.student_line import Place
from autograder.live.style import Message, Tone, clean, escape, frame, mark, rich

_WIDTH = 96  #: characters of a line of plain text before pictures are put below each other

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
    line where an exception came from, ``advice`` what to do next.
    """

    call: str | None = None
    message: str | None = None
    place: Place | None = None
    advice: str | None = None


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
    sentence = clean(finding.sentence if finding else verdict.reason or "")
    if finding and finding.stage == "structure" and reference and _is_module(reference):
        sentence = "Your module does not have the parameters that are expected."
    raised = _raised(recorded, reference) if verdict.status == "failed" else None
    facts: list[Row] = []
    pictures: list[_Picture] = []
    if recorded is not None and reference is not None and raised is None:
        facts = rows(recorded, reference)
        if finding is not None:
            pictures = _pictures(recorded, reference, finding.where, finding.stage)
    return Message(
        "\n".join(_text(verdict, sentence, raised, facts, pictures, said)),
        _html(verdict, sentence, raised, facts, pictures, said),
    )


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


# ------------------------------------------------------------------------------------ plain text


def _text(
    verdict: Verdict,
    sentence: str,
    raised: str | None,
    facts: Sequence[Row],
    pictures: Sequence[_Picture],
    said: Said,
) -> list[str]:
    lines = [line(verdict)]
    if said.call:
        lines.append(f"  {clean(said.call)}")
    if said.message:
        lines += _indented(clean(said.message))
    if raised is not None:
        sentence = f"Your code raised {raised}"
    lines += _indented(sentence)
    if said.place:
        lines.append(f"  {clean(str(said.place))}")
    if all(row.same for row in facts):
        lines += _indented(_right(facts))
    else:
        table = [["", "yours", "expected", ""]]
        table += [[r.label, r.mine, r.expected, "=" if r.same else "≠"] for r in facts]
        widths = [max(len(row[j]) for row in table) for j in range(4)]
        lines += ["", *_columns(table, widths)]
    if pictures:
        blocks = [picture.text() for picture in pictures]
        lines += ["", *_beside(blocks)]
        if any(p.starred for p in pictures):
            lines.append("  * differs")
    if said.advice:
        lines += [""] if len(lines) > 6 else []
        lines += _indented(said.advice)
    return lines


def _indented(text: str) -> list[str]:
    return [f"  {part}".rstrip() for part in text.splitlines()]


def _columns(table: list[list[str]], widths: list[int]) -> list[str]:
    joined = ("  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) for row in table)
    return [f"  {text}".rstrip() for text in joined]


def _beside(blocks: list[list[str]]) -> list[str]:
    """Blocks of lines beside each other, or below each other where they are too wide."""
    if sum(max(map(len, block)) + 4 for block in blocks) > _WIDTH or len(blocks[0]) == 1:
        return [f"  {text}".rstrip() for block in blocks for text in block]
    height = max(map(len, blocks))
    filled = [block + [" " * len(block[0])] * (height - len(block)) for block in blocks]
    return [f"  {'    '.join(texts)}".rstrip() for texts in zip(*filled, strict=True)]


# ------------------------------------------------------------------------------------------ HTML


def _html(
    verdict: Verdict,
    sentence: str,
    raised: str | None,
    facts: Sequence[Row],
    pictures: Sequence[_Picture],
    said: Said,
) -> str:
    sign, tone, state = _STATES[verdict.status]
    body = [
        f"<div>{mark(sign, tone)} <b>{escape(verdict.check)}</b> "
        f'<span class="ag-quiet">{state}</span></div>'
    ]
    if said.call:
        body.append(f'<div class="ag-quiet"><code>{escape(said.call)}</code></div>')
    if said.message:
        body.append(f'<p class="ag-main">{rich(said.message)}</p>')
    if raised is not None:
        kind, _, message = raised.partition(": ")
        body.append(f"<p>Your code raised <code>{escape(kind)}</code>")
        body.append(f":</p><pre>{escape(message)}</pre>" if message else ".</p>")
    elif sentence:
        weight = "" if said.message else ' class="ag-main"'
        body.append(f"<p{weight}>{rich(sentence)}</p>")
    if said.place:
        source = f"<pre>{escape(said.place.source)}</pre>"
        body.append(f"<p>{escape(said.place.file)}, line {said.place.line}:</p>{source}")
    if all(row.same for row in facts):
        body.append(f'<div class="ag-quiet">{rich(_right(facts))}</div>' if facts else "")
    else:
        body.append(_html_facts(facts))
    if pictures:
        body.append(f'<div class="ag-pictures">{"".join(p.html() for p in pictures)}</div>')
        legend = _legend(pictures)
        body.append(f'<div class="ag-quiet">{legend}</div>' if legend else "")
    if said.advice:
        body.append(f"<p>{rich(said.advice)}</p>")
    return frame(tone, f"{verdict.check}: {state}", "".join(body))


def _html_facts(facts: Sequence[Row]) -> str:
    lines = []
    for row in facts:
        sign = "=" if row.same else mark("≠", "wrong")
        marked = "" if row.same else ' class="ag-differs"'
        cells = "".join(f"<td>{escape(text)}</td>" for text in (row.label, row.mine, row.expected))
        lines.append(f"<tr{marked}>{cells}<td>{sign}</td></tr>")
    return (
        '<table class="ag-facts"><thead><tr><th></th><th>yours</th><th>expected</th><th></th></tr>'
        f"</thead><tbody>{''.join(lines)}</tbody></table>"
    )
