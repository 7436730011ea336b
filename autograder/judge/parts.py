"""The parts of a value by their paths, written as a finding's ``where`` writes them."""

from __future__ import annotations

from autograder.evidence import Node
from autograder.judge.words import Place

LISTS = ("list", "tuple")
NAMED = ("dict", "frame", "series")


def children(node: Node | None, at: Place) -> list[tuple[Place, Node]]:
    """The items of a value, each with its place; none of what has no items."""
    if node is None or node["kind"] not in (*LISTS, *NAMED):
        return []
    if node["kind"] == "series":
        return [(Place(f"{at.path}.values", at.words), node["item"]), *_labels(node, at)]
    items, n = node["items"], len(node["items"])
    if node["kind"] in LISTS:
        found = [(at.item(i, n), item) for i, item in enumerate(items)]
    else:
        found = [(at.key(key), item) for key, item in zip(node["keys"], items, strict=True)]
    return found + _labels(node, at)


def _labels(node: Node, at: Place) -> list[tuple[Place, Node]]:
    """The row labels of a frame or a series, where they are not just counted."""
    index = node.get("index")
    if index is None:
        return []
    items = index.get("items", ())
    return [(at.labels(), items[0] if len(items) == 1 else index)]


def find(node: Node, where: str) -> tuple[Place, Node] | None:
    """The part of a value at a path such as ``"['output'][1]"``."""
    at = Place()
    while at.path != where:
        for place, item in children(node, at):
            path = place.path
            if where == path or where.startswith((f"{path}[", f"{path}.")):
                node, at = item, place
                break
        else:
            return None
    return at, node["item"] if node["kind"] == "series" else node
