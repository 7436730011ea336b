"""Two sides of a chapter, its text and its edited notebook, put together cell by cell.

What was last built is where both began: what only one side changed is taken from that side, what
both changed in different ways is refused. A notebook's cell is known by its id, by its
``grade_id``, or by being the same.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence

from autograder.course.percent import Content, Segment, rewritten, written

Cells = Sequence[tuple[str, Content]]
"""A notebook's cells with their ids, in order."""

_FIRST_WORDS = 40  #: characters of a cell by which a person finds it


@dataclasses.dataclass(frozen=True)
class Part:
    """One cell of the text that is made: its lines and what a notebook has of it."""

    text: str
    content: Content | None  #: None for hints
    label: str  #: what a person calls it


def label(name: str, number: int, cell: Content) -> str:
    """What a person calls a cell of the edited notebook."""
    known = cell.metadata.get("nbgrader", {}).get("grade_id")
    words = known or next((line for line in cell.source.splitlines() if line.strip()), "empty")
    return f"source/{name}/{name}.ipynb, cell {number} ({str(words)[:_FIRST_WORDS]})"


class Merge:
    """The merge of one chapter; after :meth:`parts`, ``refused`` says what could not be."""

    def __init__(
        self, name: str, text: Sequence[Segment], read: Cells, built: Cells, edited: Cells
    ) -> None:
        self.name = name
        self.refused: list[str] = []
        cells = iter(read)
        self._text: dict[str, tuple[Segment, Content | None]] = {}
        for i, segment in enumerate(text):
            if segment.is_hints:
                self._text[f"hints {i}"] = segment, None
            else:
                key, cell = next(cells)
                self._text[key] = segment, cell
        self._built = dict(built or read)
        keys = _keys(self._built, edited)
        added = {k: c for k, (_, c) in self._text.items() if c is not None and k not in self._built}
        self._edited: dict[str, tuple[int, Content]] = {}
        for number, (key, (_, cell)) in enumerate(zip(keys, edited, strict=True), 1):
            if key not in self._text:  # perhaps the text has it already, from an earlier adopting
                same = next((k for k, c in added.items() if c == cell), None)
                if same is not None and cell != self._built.get(key):
                    added.pop(same)
                    key = same
            self._edited[key] = number, cell

    def parts(self) -> list[Part]:
        """The cells of the text that is made, in order."""
        made = {key: part for key in self._order() if (part := self._part(key)) is not None}
        return _apart(made, [key for key in self._text if key in made])

    # ---------------------------------------------------------------------------- each cell

    def _part(self, key: str) -> Part | None:
        """What becomes of a cell; None where it goes."""
        segment, text = self._text.get(key, (None, None))
        built = self._built.get(key)
        number, edited = self._edited.get(key, (0, None))
        if segment is not None:
            line = f"notebooks/{self.name}.py, the cell in line {segment.cell.line}"
            kept = Part(segment.text, text, label(self.name, number, edited) if edited else line)
            if text is None or built is None:  # hints, or a cell that the text alone has by now
                return kept
            if edited is None:
                if text != built:
                    self.refused.append(
                        f"{line} was changed there, and deleted in source/{self.name}."
                    )
                return None
            return self._both(segment, text, built, edited, kept)
        assert edited is not None
        if edited == built:
            return None  # the text has deleted it
        if built is not None:
            self.refused.append(
                f"{label(self.name, number, edited)}: notebooks/{self.name}.py has changed or "
                f"deleted the same cell since the last build."
            )
            return None
        return Part(written(edited), edited, label(self.name, number, edited))

    def _both(
        self, segment: Segment, text: Content, built: Content, edited: Content, kept: Part
    ) -> Part:
        if edited in (built, text):
            return kept
        wanted = edited
        if text != built:
            merged = _merged(text, built, edited)
            if merged is None:
                self.refused.append(
                    f"{kept.label}: the cell in line {segment.cell.line} of "
                    f"notebooks/{self.name}.py was changed otherwise since the last build."
                )
                return kept
            wanted = merged
        return Part(rewritten(segment, text, wanted), wanted, kept.label)

    # ------------------------------------------------------------------------------- their order

    def _order(self) -> list[str]:
        """All cells of both sides: in the order of the side that moved some, the text's if none."""
        common = [k for k in self._built if k in self._text and k in self._edited]
        text, edited = ([k for k in side if k in common] for side in (self._text, self._edited))
        if edited in (common, text):
            return _woven(list(self._text), list(self._edited), {})
        if text != common:
            self.refused.append(
                f"source/{self.name}/{self.name}.ipynb: cells were moved there and, since the last "
                f"build, in notebooks/{self.name}.py."
            )
        return _woven(list(self._edited), list(self._text), self._behind_hints())

    def _behind_hints(self) -> dict[str, str]:
        """The solution cells that stand right behind their hints, by the hints."""
        keys = list(self._text)
        return {
            key: after
            for key, after in itertools.pairwise(keys)
            if self._text[key][1] is None
            and self._text[after][0].cell.name == self._text[key][0].cell.metadata.get("exercise")
        }


def _keys(built: Mapping[str, Content], edited: Cells) -> list[str]:
    """For each edited cell the built one that it was, or a name of its own."""
    keys: list[str | None] = [None] * len(edited)
    left = dict(built)

    def take(i: int, key: str | None) -> None:
        if key is not None and keys[i] is None:
            keys[i] = key
            left.pop(key)

    for i, (name, _) in enumerate(edited):
        take(i, name if name in left else None)
    for i, (_, cell) in enumerate(edited):
        if keys[i] is None and (name := _grade_id(cell)):
            take(i, next((k for k, c in left.items() if _grade_id(c) == name), None))
    for i, (_, cell) in enumerate(edited):
        if keys[i] is None:
            take(i, next((k for k, c in left.items() if c == cell), None))
    return [key if key is not None else f"new {i}" for i, key in enumerate(keys)]


def _grade_id(cell: Content) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or "")


def _merged(text: Content, built: Content, edited: Content) -> Content | None:
    """A cell with what each side changed of it; None where both changed the same."""
    body, old, new = ((c.kind, c.source) for c in (text, built, edited))
    if old not in (body, new) and body != new:
        return None
    kind, source = new if body == old else body
    metadata = dict(text.metadata)
    for key in (*built.metadata, *edited.metadata):
        was, now = built.metadata.get(key), edited.metadata.get(key)
        if was == now or text.metadata.get(key) == now:
            continue
        if text.metadata.get(key) != was:
            return None
        metadata.pop(key, None)
        if now is not None:
            metadata[key] = now
    return Content(kind, source, metadata)


def _woven(order: list[str], others: list[str], ahead: Mapping[str, str]) -> list[str]:
    """``order`` with what only ``others`` has, each behind the one it stands behind there.

    What ``ahead`` names stands before another.
    """
    woven, before = list(order), None
    for key in others:
        if key not in order:
            at = woven.index(ahead[key]) if ahead.get(key) in woven else None
            if at is None:
                at = 0 if before is None else woven.index(before) + 1
            woven.insert(at, key)
        before = key
    return woven


def _apart(made: Mapping[str, Part], order: Sequence[str]) -> list[Part]:
    """The parts with an empty line between two that did not follow each other before."""
    follows = dict(zip(order, [*order[1:], None], strict=True))
    keys = list(made)
    return [
        part
        if key in follows and follows[key] == after
        else dataclasses.replace(part, text=part.text.rstrip("\n") + ("\n\n" if after else "\n"))
        for (key, part), after in zip(made.items(), _afters(keys), strict=True)
    ]


def _afters(keys: Sequence[str]) -> Iterator[str | None]:
    yield from keys[1:]
    yield None
