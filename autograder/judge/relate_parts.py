"""What the parts of an answer have to do with those that are expected."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from autograder.evidence import Evidence, Node, number
from autograder.judge import compare as comparing
from autograder.judge.parts import LISTS, children
from autograder.judge.relate_answers import (
    PLAIN,
    another_type,
    answers,
    keys,
    more_or_fewer,
    single,
    text,
)
from autograder.judge.relate_order import in_items
from autograder.judge.relate_places import values
from autograder.judge.relate_shapes import Shapes, shapes
from autograder.judge.relate_values import Sizes, numbers
from autograder.judge.words import Place, capital, listed, uncapital

_MOST_ITEMS = 200  #: items of a list or a dict that are looked at
_MOST_RELATED = 4  #: items that differ, for which relations are looked for
_MOST_DEPTH = 6
_MOST_LOOKS = 8  #: parts of one answer that are looked at closely

_ARRAYS = ("tensor", "array")


@dataclasses.dataclass(frozen=True)
class Said:
    """A sentence about a part: ``In “output”: your numbers have the opposite sign.``"""

    at: Place
    text: str

    def __str__(self) -> str:
        if not self.at.words:
            return self.text
        return f"{capital(self.at.words)}: {uncapital(self.text)}"


class Relations:
    """Two pieces of evidence, looked at part by part."""

    def __init__(self, actual: Evidence, reference: Evidence) -> None:
        self.actual, self.reference = actual, reference
        self.left = _MOST_LOOKS

    def of(self, have: Node, want: Node, at: Place, depth: int) -> Said | None:
        """What two nodes have to do with each other."""
        if (have["kind"] in LISTS or have["kind"] == "dict") and have["kind"] == want["kind"]:
            return self.items(have, want, at, depth) if depth < _MOST_DEPTH else None
        said = self.leaf(have, want)
        return Said(at, said) if said else None

    def leaf(self, have: Node, want: Node) -> str | None:
        """The same of values without items."""
        kinds = (have["kind"], want["kind"])
        self.left -= 1
        if "exception" in kinds or self.left < 0:
            return None
        if kinds[0] != kinds[1] and not set(kinds) <= set(_ARRAYS):
            return self.type(have, want)
        if kinds[1] in _ARRAYS:
            return self.arrays(have, want)
        if kinds[1] in ("int", "float"):
            return single(have, want, self.reference.rtol, self.reference.atol)
        if kinds[1] == "str":
            return text(have["value"], want["value"]) if have != want else None
        return None

    def type(self, have: Node, want: Node) -> str | None:
        """A value of another type that holds the right numbers, or something like them."""
        said = another_type(have, want)
        if said is not None:
            return said
        pair = [self.array(self.actual, have), self.array(self.reference, want)]
        if pair[0] is None or pair[1] is None or pair[0].size != pair[1].size:
            return None
        if (have["kind"] in _ARRAYS) == (want["kind"] in _ARRAYS):
            return None
        found = numbers(pair[0].reshape(pair[1].shape), pair[1], *self.tolerances)
        if found is None:
            return None
        if found.right.all():
            many = "numbers are" if found.size > 1 else "number is"
            return f"The {many} right; only the type is not."
        said = values(found)
        return f"Besides the type: {uncapital(said)}" if said else None

    @property
    def tolerances(self) -> tuple[float, float]:
        """The reference's own."""
        return self.reference.rtol, self.reference.atol

    def array(self, evidence: Evidence, node: Node) -> np.ndarray | None:
        """The numbers of a node as an array: a tensor's, a number's, those of nested lists."""
        if node["kind"] in _ARRAYS:
            return comparing.numbers(evidence, node)
        if node["kind"] in ("int", "float"):
            return np.array(float(number(node)))
        if node["kind"] not in LISTS or not 0 < len(node["items"]) <= _MOST_ITEMS:
            return None
        items = [
            self.array(evidence, item)
            for item in node["items"]
            if item["kind"] in (*LISTS, "int", "float")
        ]
        if (
            len(items) != len(node["items"])
            or len({i.shape if i is not None else None for i in items}) != 1
        ):
            return None
        return None if items[0] is None else np.array(items)

    def arrays(self, have: Node, want: Node) -> str | None:
        """Two tensors: what their shapes, then their numbers have to do with each other."""
        mine, right = comparing.numbers(self.actual, have), comparing.numbers(self.reference, want)
        if mine is None or right is None:
            return None
        sizes = self.sizes(want)
        if mine.dtype.kind == "c" and right.dtype.kind != "c":
            if (mine.imag != 0).any():
                return "Your numbers are complex, and not real."
            mine = mine.real
        if mine.shape != right.shape:
            if mine.dtype.kind == "c" or right.dtype.kind == "c":
                return None
            said = shapes(Shapes(mine, right, *self.tolerances, sizes))
            if said and have["dtype"] != want["dtype"]:
                said += f" The dtype is {have['dtype'][:40]} as well, {want['dtype']} is expected."
            return said
        pair = numbers(mine, right, *self.tolerances, sizes)
        if pair is None or pair.right.all():
            return None  # where only the dtype differs, the finding says so
        said = values(pair)
        if said and have["dtype"] != want["dtype"]:
            return f"Besides the dtype: {uncapital(said)}"
        return said

    def sizes(self, want: Node) -> Sizes:
        """The sizes that occur in what is expected, with words for them."""
        found: list[tuple[int, str]] = []
        shape = want["shape"]
        axes = len(shape)
        for axis, n in enumerate(shape):
            words = {1: "the number of elements"}.get(axes)
            if axes == 2:
                words = ("the number of rows", "the number of columns")[axis]
            found.append((n, words or f"the size of axis {axis}"))
        if axes > 1:
            found.append((math.prod(shape), "the number of elements"))
            found.append((math.prod(shape[1:]), "the number of elements in each entry"))
        if axes > 3:
            found.append((math.prod(shape[-2:]), "the size of axis 2 times that of axis 3"))
        if shape:
            return found
        for place, node in children(self.reference.outcome, Place()):
            if node["kind"] in _ARRAYS and node["shape"] and place.words:
                n = node["shape"][0]
                found.append((n, f"the size of the first axis {place.words}"))
                found.append((math.prod(node["shape"]), f"the number of elements {place.words}"))
        return found

    # ---------------------------------------------------------------------------- lists and dicts

    def items(self, have: Node, want: Node, at: Place, depth: int) -> Said | None:
        """The same of lists and dicts."""
        names = want["keys"] if want["kind"] == "dict" else []
        if names and set(have["keys"]) != set(names):
            said = keys(have["keys"], names)
            return Said(at, said) if said else None
        if len(have["items"]) != len(want["items"]):
            said = self.lengths(have, want)
            return Said(at, said) if said else None
        by_key = dict(zip(have["keys"], have["items"], strict=True)) if names else {}
        mine = [by_key[key] for key in names] if names else have["items"]
        right, places = want["items"], [place for place, _ in children(want, at)]
        n = min(len(right), _MOST_ITEMS)
        wrong = [i for i in range(n) if not self.agree(mine[i], right[i])]
        if not wrong:
            return None
        said = self.together(mine, right, names, wrong, places)
        if said is not None:
            return Said(at, said)
        found: dict[int, Said] = {}
        alike = not names and n > 1 and all(node["kind"] in PLAIN for node in (*mine, *right))
        for i in wrong[:_MOST_RELATED] if not alike else ():
            about = self.of(mine[i], right[i], places[i], depth + 1)
            if about:
                found[i] = about
        if not names and len(wrong) > 2 and 2 * len(found) < min(len(wrong), _MOST_RELATED):
            return None  # of many that are wrong, few can be explained: by chance, perhaps
        return _one_of(found, wrong, places, at, len(right))

    def together(
        self,
        mine: Sequence[Node],
        right: Sequence[Node],
        names: Sequence[str],
        wrong: Sequence[int],
        places: Sequence[Place],
    ) -> str | None:
        """What can be said of all items together."""
        n = len(right)
        if n > 1 and all(node["kind"] in PLAIN for node in (*mine, *right)):
            return answers(mine, right, names, *self.tolerances)
        if len(wrong) > 1 and all(mine[i]["kind"] == "none" for i in wrong):
            if len(wrong) == n:
                return f"{'Both' if n == 2 else f'All {n}'} are None."
            return f"{len(wrong)} of {n} are None; the others are right."
        exchanged = self.exchanged(mine, right, wrong, places)
        if exchanged or names or n < 2 or n > _MOST_ITEMS:
            return exchanged
        self.left -= 1
        if self.left < 0:
            return None
        rows = [self.flat(mine, self.actual), self.flat(right, self.reference)]
        if rows[0] is None or rows[1] is None or rows[0].shape != rows[1].shape:
            return None
        pair = numbers(rows[0], rows[1], *self.tolerances)
        return in_items(pair) if pair is not None and not pair.right.all() else None

    def flat(self, items: Sequence[Node], evidence: Evidence) -> np.ndarray | None:
        """Each item's numbers in a row of their own, where all have as many."""
        rows = []
        for item in items:
            parts = [self.array(evidence, leaf) for leaf in _leaves(item)]
            if not parts or len(parts) > 64 or any(part is None for part in parts):
                return None
            rows.append(np.concatenate([np.ravel(part) for part in parts if part is not None]))
        if len({row.size for row in rows}) != 1 or any(row.dtype.kind == "c" for row in rows):
            return None
        return np.array(rows, np.float64)

    def agree(self, have: Node, want: Node) -> bool:
        """Whether one part agrees with another, as the judge compares."""
        return comparing.same(self.actual, self.reference, have, want)

    def lengths(self, have: Node, want: Node) -> str | None:
        """Of lists that are not equally long: whether one is the beginning or end of the other."""
        mine, right = have["items"], want["items"]
        k = min(len(mine), len(right))
        if max(len(mine), len(right)) > _MOST_ITEMS:
            return None
        said = more_or_fewer(mine, right)
        if said is not None or k == 0:
            return said
        more = max(len(mine), len(right)) - k
        if all(self.agree(a, b) for a, b in zip(mine[:k], right[:k], strict=True)):
            return _too(len(mine) > k, more, "at the end")
        if all(self.agree(a, b) for a, b in zip(mine[-k:], right[-k:], strict=True)):
            return _too(len(mine) > k, more, "at the beginning")
        return None

    def exchanged(
        self,
        mine: Sequence[Node],
        right: Sequence[Node],
        wrong: Sequence[int],
        places: Sequence[Place],
    ) -> str | None:
        """Parts that stand where another one is expected."""
        if not 2 <= len(wrong) <= 20 or any(mine[i]["kind"] not in _ARRAYS for i in wrong):
            return None
        for i in wrong:
            for j in wrong:
                if i < j and self.agree(mine[i], right[j]) and self.agree(mine[j], right[i]):
                    return f"Two parts are exchanged: {_name(places[i])} and {_name(places[j])}."
        return None


def _one_of(
    found: Mapping[int, Said], wrong: Sequence[int], places: Sequence[Place], at: Place, n: int
) -> Said | None:
    """What holds in all parts that differ, or in the first of which anything can be said."""
    if not found:
        return None
    alike = {said.text for said in found.values()}
    direct = all(said.at == places[i] for i, said in found.items())
    if not direct or len(alike) > 1 or not len(found) == len(wrong) > 1:
        return found[min(found)]
    if len(wrong) == n:
        which = "both" if n == 2 else f"all {n}"
    elif len(wrong) <= 3:
        which = listed([_name(places[i]) for i in wrong])
    else:
        which = f"{len(wrong)} of {n}"
    return Said(Place(at.path, f"{at.words}, in {which}" if at.words else f"in {which}"), *alike)


def _too(is_long: bool, n: int, where: str) -> str:
    verb = "is" if n == 1 else "are"
    what = "one item" if n == 1 else f"{n} items"
    return f"There {verb} {what} too {'many' if is_long else 'few'} {where}; the others are right."


def _leaves(node: Node) -> list[Node]:
    if node["kind"] not in LISTS:
        return [node]
    return [leaf for item in node["items"][:_MOST_ITEMS] for leaf in _leaves(item)]


def _name(place: Place) -> str:
    """``“a”`` of “in “a””, ``the 1st of 2``."""
    return re.split(r", (?![^“]*”)", place.words)[-1].removeprefix("in ")
