"""Which answers to an exercise recorded the same in all of its checks, without comparing all pairs.

Two records that agree have the same structure, and sums that differ by no more than all tolerances
together. Only what has both in common is compared as the judge compares.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from autograder.evidence import SETTINGS, Evidence, Node, number
from autograder.judge.verdicts import same_evidence

Recorded = Mapping[str, Evidence]
"""What one answer recorded, by check."""


def alike(answers: Sequence[Recorded], references: Sequence[Evidence]) -> list[list[int]]:
    """The positions of answers that recorded the same; the first of each list is compared.

    Tolerances are those of ``references``, whatever a student's own record says.
    """
    buckets: dict[str, _Bucket] = {}
    for position, answer in enumerate(answers):
        own = {ref.name: _by(ref, answer[ref.name]) for ref in references if ref.name in answer}
        sketch = _Sketch(own, references)
        buckets.setdefault(sketch.structure, _Bucket()).add(position, own, sketch)
    return sorted(members for bucket in buckets.values() for members in bucket.members)


def _by(reference: Evidence, evidence: Evidence) -> Evidence:
    return dataclasses.replace(evidence, **{key: getattr(reference, key) for key in SETTINGS})


class _Bucket:
    """Answers of one structure, in classes; the first of each class stands for it."""

    def __init__(self) -> None:
        self.members: list[list[int]] = []
        self._first: list[Recorded] = []
        self._sums: list[np.ndarray] = []
        self._room: list[np.ndarray] = []

    def add(self, position: int, answer: Recorded, sketch: _Sketch) -> None:
        if self._sums:
            apart = np.abs(np.array(self._sums) - sketch.sums)
            near = (apart <= np.array(self._room)).all(axis=1)
            for i in np.flatnonzero(near):
                if _is_same(answer, self._first[i]):
                    self.members[i].append(position)
                    return
        self.members.append([position])
        self._first.append(answer)
        self._sums.append(sketch.sums)
        self._room.append(sketch.room)


def _is_same(mine: Recorded, theirs: Recorded) -> bool:
    """Whether the judge would say so; both recorded in the same checks."""
    return all(same_evidence(evidence, theirs[name]) for name, evidence in mine.items())


class _Sketch:
    """What two answers that agree have in common, computed of each alone.

    ``structure`` is all that is compared exactly; ``sums`` are those of the inexact numbers, and
    ``room`` is by how much the sums of an answer that agrees may differ.
    """

    def __init__(self, answer: Recorded, references: Sequence[Evidence]) -> None:
        sums: list[float] = []
        room: list[float] = []
        exact = hashlib.sha256()
        for reference in references:
            evidence = answer.get(reference.name)
            exact.update(f"\0{reference.name}\0{evidence is not None}".encode())
            if evidence is None:
                continue
            outcome = evidence.outcome
            marks = outcome["type"] if outcome["kind"] == "exception" else ""
            facts = [marks, sorted(set(evidence.changed)), sorted(set(evidence.traces))]
            exact.update(repr(facts).encode("utf-8", "surrogatepass"))
            for said, values in _parts(outcome, evidence):
                exact.update(said)
                if values is not None:
                    size, total, magnitude = _summed(values)
                    sums.append(total)
                    slack = 1e-9 * magnitude  # of adding up
                    room.append(size * evidence.atol + evidence.rtol * magnitude + slack)
        self.structure = exact.hexdigest()
        self.sums, self.room = np.array(sums), np.array(room)


_EXACT = ("value", "dtype", "shape", "type", "rows", "keys")


def _summed(values: np.ndarray) -> tuple[int, float, float]:
    """How many numbers are finite, their sum, and the sum of their magnitudes."""
    plain = values.astype(np.float64).ravel()
    plain = plain[np.isfinite(plain)]
    with np.errstate(over="ignore"):
        total, magnitude = float(plain.sum()), float(np.abs(plain).sum())
    if not np.isfinite(magnitude):  # numbers this large are compared one by one
        return plain.size, 0.0, 0.0
    return plain.size, total, magnitude


def _parts(node: Node, evidence: Evidence) -> Iterator[tuple[bytes, np.ndarray | None]]:
    """The parts of an outcome: what is compared exactly of each, and its inexact numbers."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        kind = node["kind"]
        facts: list[object] = [kind]
        values = None
        if kind == "float":
            values = np.array([number(node)])
        elif kind == "dict":
            pairs = sorted(zip(node["keys"], node["items"], strict=True), key=lambda pair: pair[0])
            facts += [key for key, _ in pairs]
            waiting += [item for _, item in pairs]
        elif kind in ("tensor", "array") and node["data"] is not None:
            array = evidence.tensors[node["data"]]
            facts += [node["dtype"], node["shape"]]
            if array.dtype.kind == "f":  # complex numbers are pairs of them
                values = array
            else:
                facts.append(hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest())
        elif kind in ("exception", "module"):
            facts += [node["type"]] if kind == "exception" else [node["parameters"]]
        else:
            facts += [node[key] for key in _EXACT if key in node]
            children = [*node.get("items", ()), node.get("item"), node.get("index")]
            facts.append([child is None for child in children])
            waiting += [child for child in children if child is not None]
        yield repr(facts).encode("utf-8", "surrogatepass"), values
