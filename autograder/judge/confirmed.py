"""Whether a printed example that comes out right is borne out by any fresh input.

The printed example and its result are public: evidence for it can be copied from the course itself.
It establishes something only where the same answer agrees with the solution on fresh inputs too,
more than a guess would.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator, Mapping, Sequence

from autograder.evidence import Evidence, Node
from autograder.judge.compare import agrees, but
from autograder.judge.exercise import Exercise
from autograder.judge.verdicts import Verdict

NOTHING_AGREES = (
    "The printed example comes out right, but your answer is wrong for every other input."
)
AS_A_GUESS = (
    "The printed example comes out right, but on other inputs your answer is right no more often "
    "than a guess would be."
)


def confirmed(
    verdicts: Sequence[Verdict],
    exercise: Exercise,
    references: Mapping[str, Evidence],
    recorded: Mapping[str, Evidence],
) -> list[Verdict]:
    """The verdicts of an exercise, the visible ones withdrawn where no fresh input agrees."""
    hidden = [v for v in verdicts if v.check in exercise.hidden]
    shown = [v for v in verdicts if v.check in exercise.visible and v.share]
    if not hidden or not shown or any(v.share for v in hidden):
        return list(verdicts)
    judged = [v for v in hidden if v.check in recorded]
    found = [_agreement(recorded[v.check], references[v.check]) for v in judged]
    if any(is_borne_out for is_borne_out, _ in found):
        return list(verdicts)
    known = next((v.misconception for v in hidden if v.misconception), None)
    reason = AS_A_GUESS if any(some for _, some in found) else NOTHING_AGREES
    if not judged:
        reason = "The printed example comes out right, but nothing else could be checked."
    return [v.withdrawn(reason, misconception=known) if v in shown else v for v in verdicts]


def _agreement(actual: Evidence, reference: Evidence) -> tuple[bool, bool]:
    """Whether more agrees than a guess would reach, and whether anything does."""
    sides = list(reference.sides)
    have, want = (list(_items(but(e, sides).outcome)) for e in (actual, reference))
    if len(have) != len(want) or len(want) < 2:
        return False, False
    right = [_same(a, b, actual, reference) for a, b in zip(have, want, strict=True)]
    if any(is_right and _is_telling(b, reference) for is_right, b in zip(right, want, strict=True)):
        return True, True
    counts = collections.Counter(_as_a_guess(b, reference) for b in want)
    return sum(right) > max(counts.values()), any(right)


def _as_a_guess(node: Node, reference: Evidence) -> str:
    """Equal for values that the same guess would hit: zeros of any shape are one of them."""
    if node["kind"] not in ("tensor", "array") or node.get("data") is None:
        return json.dumps(node, sort_keys=True)
    array = reference.tensors[node["data"]]
    if array.size == 0 or bool((array == array.flat[0]).all()):
        return f"all {array.flat[0] if array.size else None}"
    return f"{array.dtype} {array.shape} {array.tobytes().hex()}"


def _items(node: Node) -> Iterator[Node]:
    if node["kind"] in ("list", "tuple", "dict"):
        for item in node["items"]:
            yield from _items(item)
    else:
        yield node


def _same(a: Node, b: Node, actual: Evidence, reference: Evidence) -> bool:
    if a["kind"] != b["kind"]:
        return False
    one = Evidence(reference.name, a, (), actual.tensors)
    other = Evidence(reference.name, b, (), reference.tensors, reference.rtol, reference.atol)
    return agrees(one, other)


def _is_telling(node: Node, reference: Evidence) -> bool:
    """Whether nobody comes upon such a value without the fresh input."""
    if node["kind"] == "float":
        return not node["value"].endswith(("0p+0", "inf", "nan"))
    if node["kind"] not in ("tensor", "array") or node.get("data") is None:
        return False
    array = reference.tensors[node["data"]]
    return bool(array.size > 1 and array.dtype.kind == "f" and (array != array.flat[0]).any())
