"""A right answer in another type: a list for a tuple, 3.0 for 3. Trusted code.

Whoever computes the right values and hands them over in the wrong container has understood most of
what was asked; such a result earns half of what the right one earns.
"""

from __future__ import annotations

import dataclasses

from autograder.evidence import Evidence, Node

SHARE = 0.5  #: of its points, for a result whose values are right and whose type is not

_CONTAINERS = {"list", "tuple"}
_NUMBERS = {"int", "float"}


def in_expected_types(actual: Evidence, reference: Evidence) -> Evidence:
    """Evidence with lists for tuples and floats for ints, or back, as the reference has it."""
    return dataclasses.replace(actual, outcome=_node(actual.outcome, reference.outcome))


def _node(have: Node, want: Node) -> Node:
    kinds = {have["kind"], want["kind"]}
    if kinds == _NUMBERS:
        return _number(have, want["kind"])
    if not (kinds <= _CONTAINERS or kinds == {"dict"}) or len(have["items"]) != len(want["items"]):
        return have
    if kinds == {"dict"} and have["keys"] != want["keys"]:
        return have
    items = [_node(a, b) for a, b in zip(have["items"], want["items"], strict=True)]
    return {**have, "kind": want["kind"], "items": items}


def _number(have: Node, kind: str) -> Node:
    if kind == "float":
        try:
            return {"kind": "float", "value": float(int(have["value"])).hex()}
        except OverflowError:
            return have
    number = float.fromhex(have["value"])
    return {"kind": "int", "value": str(int(number))} if number.is_integer() else have
