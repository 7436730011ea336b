"""How the judge says things: numbers, shapes, values, and the parts of an answer.

A sentence is read by a student who has never seen the check's code: a part is called by the words
of its key (“hooks left”) and by its place (“the 3rd of 19”), never by an index expression.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from autograder.evidence import Node, number

_MOST_KEY = 80  #: characters of a key in a sentence


@dataclasses.dataclass(frozen=True)
class Place:
    """A part of an answer: its path for programs, and what a person calls it.

    ``path`` is ``""`` for the answer itself and ``"['weight'][1]"`` for a part. ``question`` is the
    key of an answer to a question of its own, ``"the network without a bias"``.
    """

    path: str = ""
    words: str = ""
    question: str = ""

    def key(self, key: str, *, asks: bool = False) -> Place:
        """The entry of a dict or a column of a table."""
        words = f"{self.words}, {quoted(key)}" if self.words else f"in {quoted(key)}"
        return Place(f"{self.path}[{key!r}]", words, key if asks else "")

    def item(self, i: int, n: int) -> Place:
        """One of the n items of a list."""
        path = f"{self.path}[{i}]"
        if n == 1:
            return Place(path, self.words or "the only item")
        mine = f"the {ordinal(i + 1)} of {n}"
        return Place(path, f"{self.words}, {mine}" if self.words else mine)

    def element(self, index: Sequence[int]) -> Place:
        """One element of an array of what no tensor can hold."""
        if not index:
            return self
        inside = ", ".join(map(str, index))
        return Place(f"{self.path}[{inside}]", f"{self.words} at [{inside}]".strip())

    def labels(self) -> Place:
        """The row labels of a table."""
        words = f"{self.words}, the row labels" if self.words else "in the row labels"
        return Place(f"{self.path}.index", words)

    def says(self, verb: str, rest: str) -> str:
        """``Your answer is 41; expected 0.`` or, of a part, ``In “hooks left”: 41; expected 0.``"""
        if not self.words:
            return f"Your answer {verb} {rest}"
        it = "" if verb in ("is", "has") else f"it {verb} "
        return f"{capital(self.words)}: {it}{rest}"

    @property
    def between(self) -> str:
        """What stands between a value and the expected one."""
        return ", " if self.words else "; "


def quoted(key: str) -> str:
    """A key in the quotation marks of a text."""
    return f"“{short(key, _MOST_KEY)}”"


def capital(text: str) -> str:
    """A sentence's beginning."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """The same behind a colon; names of Python's and of numbers stay as they are."""
    first = text.split(" ", 1)[0].rstrip(".,;:")
    return text if first in _NAMES else text[:1].lower() + text[1:]


_NAMES = ("True", "False", "None", "NaN")


def ordinal(n: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``11th``."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def listed(words: Sequence[str], most: int = 4) -> str:
    """``a, b and c``; of many the first, and how many more there are."""
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def count(n: int, one: str, more: str | None = None) -> str:
    """``1 value``, ``2 values``."""
    return f"{n} {one if n == 1 else more or f'{one}s'}"


def short(value: object, limit: int = 160) -> str:
    """A text, cut where it is too long."""
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shape_text(shape: Iterable[int]) -> str:
    """``(1, 1, 3, 3)``, as PyTorch's documentation writes shapes."""
    return str(tuple(shape))


def apart(have: object, want: object) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    for digits in (6, 9, 17):
        texts = value_text(have, digits), value_text(want, digits)
        if texts[0] != texts[1]:
            break
    return texts


def value_text(value: object, digits: int = 6) -> str:
    """A number as a student would write it: six significant digits, no trailing zeros."""
    if isinstance(value, np.ndarray) and value.ndim:
        return short(value.tolist())
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, complex | np.complexfloating):
        value = complex(value)
        return f"{value.real:.{digits}g}{value.imag:+.{digits}g}j"
    return f"{float(value):.{digits}g}"  # type: ignore[arg-type]


def columns(keys: Sequence[str]) -> str:
    """``columns 'a', 'b'``, the first few of them."""
    return f"column{'' if len(keys) == 1 else 's'} {names(keys)}"


def names(keys: Sequence[str]) -> str:
    """``'a', 'b'``, the first few of them."""
    return short(", ".join(map(repr, keys[:6])) + (", …" if len(keys) > 6 else ""))


def describe(node: Node) -> str:
    """A node in a few words: ``a tensor of shape (2, 3)``, ``the int 5``, ``None``."""
    kind = node["kind"]
    if kind in ("bool", "int", "float"):
        return f"the {kind} {value_text(node['value'] if kind == 'bool' else number(node))}"
    if kind == "str":
        return f"the string {short(repr(node['value']), 80)}"
    return noun(node)


def noun(node: Node) -> str:
    """What a value is, without its value where it has one: ``an int``, ``None``."""
    kind = node["kind"]
    if kind == "none":
        return "None"
    if kind in ("bool", "int", "float"):
        return f"{'an' if kind == 'int' else 'a'} {kind}"
    if kind == "str":
        return "a string"
    if kind in ("list", "tuple"):
        return f"a {kind} of {count(len(node['items']), 'element')}"
    if kind == "dict":
        return f"a dict of {count(len(node['items']), 'entry', 'entries')}"
    if kind == "tensor":
        return f"a tensor of shape {shape_text(node['shape'])}"
    if kind == "array":
        return f"a numpy array of shape {shape_text(node['shape'])}"
    if kind == "frame":
        rows = count(node["rows"], "row")
        if not node["keys"]:
            return f"a DataFrame without columns and with {rows}"
        return f"a DataFrame with {columns(node['keys'])} and {rows}"
    if kind == "series":
        shape = node["item"].get("shape", [])
        return f"a Series of {count(shape[0], 'value')}" if shape else "a Series"
    if kind == "exception":
        return f"the exception {node['type']}"
    if kind == "module":
        return f"a module ({node['type']})"
    if kind == "too_large":
        return f"too large to be recorded ({node['type']})"
    return f"an object of type {node['type']}"


def plain(node: Node) -> str:
    """A plain value as Python writes it: ``41``, ``True``, ``'relu'``, ``None``."""
    kind = node["kind"]
    if kind == "none":
        return "None"
    if kind == "str":
        return short(repr(node["value"]), 80)
    if kind in ("bool", "int", "float"):
        return value_text(node["value"] if kind == "bool" else number(node))
    return noun(node)


def with_value(node: Node) -> str:
    """What a value is, and which: ``a float (1024.0)``, ``a string ('relu')``."""
    if node["kind"] not in ("bool", "int", "float", "str"):
        return noun(node)
    text = plain(node)
    if node["kind"] == "float" and text.lstrip("-").isdigit():
        text += ".0"
    return f"{noun(node)} ({text})"
