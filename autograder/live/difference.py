"""Two pieces of evidence side by side: which parts they have, which agree, where they part."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import islice

import numpy as np

from autograder.evidence import Evidence, Node
from autograder.judge.compare import same
from autograder.judge.parts import LISTS, NAMED, children, find
from autograder.judge.words import Place, describe, noun, plain, shape_text, with_value
from autograder.live.style import clean

MOST_PARTS = 400  #: parts that are looked at
MOST_ROWS = 10  #: rows of the table
_TENSORS = ("tensor", "array")
_PLAIN = ("none", "bool", "int", "float", "str")
_SHORT = 6  #: a list of at most so many plain values is written out
_ABSENT = "—"


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the comparison: a label, both sides in a few words, whether they agree."""

    label: str
    mine: str
    expected: str
    same: bool


def rows(actual: Evidence, reference: Evidence) -> list[Row]:
    """The comparison as a table; empty where one sentence says it all."""
    mine, want = actual.outcome, reference.outcome
    kinds = (mine["kind"], want["kind"])
    if kinds[0] != kinds[1] or kinds[0] in ("exception", "none"):
        return [Row("type", *_both(describe(mine), describe(want)), _same_type(mine, want))]
    if kinds[0] in _TENSORS:
        if not mine["shape"] and not want["shape"] and mine["dtype"] == want["dtype"]:
            return []
        shapes = _both(shape_text(mine["shape"]), shape_text(want["shape"]))
        dtypes = _both(mine["dtype"], want["dtype"])
        return [
            Row("shape", *shapes, shapes[0] == shapes[1]),
            Row("dtype", *dtypes, dtypes[0] == dtypes[1]),
        ]
    if kinds[0] == "module":
        return _shortened(list(_parameters(mine, want)))
    if kinds[0] in (*LISTS, *NAMED):
        parts = islice(_parts(mine, want, Place()), MOST_PARTS)
        return _shortened([_row(actual, reference, *found) for found in parts])
    return []


def _same_type(mine: Node, want: Node) -> bool:
    if mine["kind"] == want["kind"] == "exception":
        return want["type"] in mine["mro"]
    return bool(mine["kind"] == want["kind"])


def _both(mine: str, expected: str) -> tuple[str, str]:
    return clean(mine, 80), clean(expected, 80)


def _row(
    actual: Evidence, reference: Evidence, at: Place, mine: Node | None, want: Node | None
) -> Row:
    typed = mine is not None and want is not None and mine["kind"] != want["kind"]
    texts = _both(_brief(mine, typed), _brief(want, typed))
    agree = mine is not None and want is not None and same(actual, reference, mine, want)
    return Row(_label(at), *texts, agree)


def _label(at: Place) -> str:
    """``gradients, the 2nd of 2``, of what a sentence calls “gradients”, the 2nd of 2."""
    words = at.words.removeprefix("in ").replace("“", "").replace("”", "")
    return clean(words or "values", 60)


def _brief(node: Node | None, typed: bool) -> str:
    if node is None:
        return _ABSENT
    if node["kind"] in _TENSORS:
        return f"{node['dtype']} {shape_text(node['shape'])}"
    if _is_plain_list(node):
        texts = [plain(item) for item in node["items"]]
        if node["kind"] == "list":
            return f"[{', '.join(texts)}]"
        return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
    if node["kind"] in _PLAIN:
        return with_value(node) if typed else plain(node)
    return noun(node).removeprefix("the ")


def _shortened(table: list[Row]) -> list[Row]:
    """All rows when they are few, else those that differ."""
    if len(table) <= MOST_ROWS:
        return table
    different = [row for row in table if not row.same][: MOST_ROWS - 1]
    left = len(table) - len(different)
    return [
        *different,
        Row(f"… and {left} more", "", "", all(r.same for r in table if r not in different)),
    ]


def _parts(
    mine: Node | None, want: Node | None, at: Place
) -> Iterator[tuple[Place, Node | None, Node | None]]:
    """The leaves of both sides, paired by their path, in the order of the expected side."""
    if at.path and not (_open(mine) and _open(want) and mine["kind"] == want["kind"]):  # type: ignore[index]
        yield at, mine, want
        return
    have, need = ({p.path: (p, node) for p, node in children(side, at)} for side in (mine, want))
    for path in dict.fromkeys((*need, *have)):
        place = (need.get(path) or have[path])[0]
        left, right = have.get(path), need.get(path)
        yield from _parts(left[1] if left else None, right[1] if right else None, place)


def _open(node: Node | None) -> bool:
    """Whether a node's items get rows of their own."""
    if node is None or not children(node, Place()):
        return False
    return not _is_plain_list(node)


def _is_plain_list(node: Node) -> bool:
    return (
        node["kind"] in LISTS
        and len(node["items"]) <= _SHORT
        and all(item["kind"] in _PLAIN for item in node["items"])
    )


def _parameters(mine: Node, want: Node) -> Iterator[Row]:
    have = {name: (shape, dtype) for name, shape, dtype in mine["parameters"]}
    need = {name: (shape, dtype) for name, shape, dtype in want["parameters"]}
    for name in dict.fromkeys((*need, *have)):
        texts = [
            f"{side[name][1]} {shape_text(side[name][0])}" if name in side else _ABSENT
            for side in (have, need)
        ]
        yield Row(clean(str(name), 60), *_both(*texts), texts[0] == texts[1])


def part(node: Node, where: str) -> Node | None:
    """The part of a value at a path of the judge's, such as ``"['output'][1]"``."""
    found = find(node, where)
    return found[1] if found else None


def differs_at(wrong: np.ndarray) -> tuple[int, ...]:
    """The index of the first place that is True; empty where there is none."""
    places = np.argwhere(wrong)
    return tuple(int(i) for i in places[0]) if len(places) else ()
