"""Two pieces of evidence side by side: which parts they have, which agree, where they part."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from itertools import islice

import numpy as np

from autograder.evidence import Evidence, Node, number
from autograder.judge.compare import compare
from autograder.judge.words import describe, shape_text, value_text
from autograder.live.style import clean

MOST_PARTS = 400  #: parts that are looked at
MOST_ROWS = 10  #: rows of the table
_LISTS = ("list", "tuple")
_TENSORS = ("tensor", "array")
_NAMED = ("dict", "frame", "series")
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
    if kinds[0] in (*_LISTS, *_NAMED):
        parts = islice(_parts(mine, want, ""), MOST_PARTS)
        return _shortened([_row(actual, reference, *found) for found in parts])
    return []


def _same_type(mine: Node, want: Node) -> bool:
    if mine["kind"] == want["kind"] == "exception":
        return want["type"] in mine["mro"]
    return bool(mine["kind"] == want["kind"])


def _both(mine: str, expected: str) -> tuple[str, str]:
    return clean(mine, 80), clean(expected, 80)


def _row(
    actual: Evidence, reference: Evidence, where: str, mine: Node | None, want: Node | None
) -> Row:
    texts = _both(_brief(mine), _brief(want))
    same = (
        mine is not None
        and want is not None
        and compare(
            dataclasses.replace(actual, outcome=mine, changed=()),
            dataclasses.replace(reference, outcome=want, changed=()),
        )
        is None
    )
    return Row(_label(where), *texts, same)


def _label(where: str) -> str:
    """``['gradients'][0]`` as ``gradients[0]``."""
    return clean(re.sub(r"\['([^']*)'\]", r".\1", where).removeprefix("."), 60)


def _brief(node: Node | None) -> str:
    if node is None:
        return _ABSENT
    if node["kind"] in _TENSORS:
        return f"{node['dtype']} {shape_text(node['shape'])}"
    if _is_plain_list(node):
        texts = [_plain(item) for item in node["items"]]
        if node["kind"] == "list":
            return f"[{', '.join(texts)}]"
        return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
    return describe(node).removeprefix("the ")


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
    mine: Node | None, want: Node | None, where: str
) -> Iterator[tuple[str, Node | None, Node | None]]:
    """The leaves of both sides, paired by their path, in the order of the expected side."""
    if where and not (_open(mine) and _open(want) and mine["kind"] == want["kind"]):  # type: ignore[index]
        yield where, mine, want
        return
    have, need = children(mine, where), children(want, where)
    for path in dict.fromkeys((*need, *have)):
        yield from _parts(have.get(path), need.get(path), path)


def _open(node: Node | None) -> bool:
    """Whether a node's items get rows of their own."""
    if node is None or node["kind"] not in (*_LISTS, *_NAMED) or not children(node, ""):
        return False
    return not _is_plain_list(node)


def _is_plain_list(node: Node) -> bool:
    return (
        node["kind"] in _LISTS
        and len(node["items"]) <= _SHORT
        and all(item["kind"] in _PLAIN for item in node["items"])
    )


def _plain(node: Node) -> str:
    """A plain value as Python writes it."""
    if node["kind"] == "none":
        return "None"
    if node["kind"] == "str":
        return repr(node["value"])
    return value_text(node["value"] if node["kind"] == "bool" else number(node))


def children(node: Node | None, where: str) -> dict[str, Node]:
    """The items of a value by their path, written as the judge writes it."""
    if node is None or node["kind"] not in (*_LISTS, *_NAMED):
        return {}
    if node["kind"] == "series":
        return {f"{where}.values": node["item"]} | _index(node, where)
    keys = range(len(node["items"])) if node["kind"] in _LISTS else node["keys"]
    found = {f"{where}[{key!r}]": item for key, item in zip(keys, node["items"], strict=True)}
    return found | _index(node, where)


def _index(node: Node, where: str) -> dict[str, Node]:
    """The row labels of a frame or a series, where they are not just counted."""
    index = node.get("index")
    if index is None:
        return {}
    items = index.get("items", ())
    return {f"{where}.index": items[0] if len(items) == 1 else index}


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
    at = ""
    while at != where:
        for path, item in children(node, at).items():
            if where == path or where.startswith(f"{path}["):
                node, at = item, path
                break
        else:
            return None
    return node["item"] if node["kind"] == "series" else node


def differs_at(wrong: np.ndarray) -> tuple[int, ...]:
    """The index of the first place that is True; empty where there is none."""
    places = np.argwhere(wrong)
    return tuple(int(i) for i in places[0]) if len(places) else ()
