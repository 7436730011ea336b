"""What judging again changed of a record, exercise by exercise."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from autograder.grading.scoring import Record


@dataclasses.dataclass(frozen=True)
class Change:
    """An exercise of one submission whose points or words are others than before."""

    exercise: str
    before: float
    now: float
    points: float
    told: str  #: the first thing that is told now and was not told before; empty for nothing


def changes(before: Mapping[str, Any], record: Record) -> Iterator[Change]:
    """The exercises of a record that are not as the earlier line of ``records.jsonl`` has them."""
    now = record.as_json()
    for exercise in dict.fromkeys(check["exercise"] for check in now["checks"]):
        old, new = _of(before, exercise), _of(now, exercise)
        if old != new:
            known = {check["reason"] for check in old["checks"]}
            told = (c["reason"] for c in new["checks"] if c["reason"] and c["reason"] not in known)
            yield Change(
                exercise,
                _sum(old, "earned"),
                _sum(new, "earned"),
                _sum(new, "points"),
                next(told, ""),
            )


def _of(line: Mapping[str, Any], exercise: str) -> dict[str, list[dict[str, Any]]]:
    return {
        key: [part for part in line.get(key, ()) if part["exercise"] == exercise]
        for key in ("checks", "requirements")
    }


def _sum(line: Mapping[str, list[dict[str, Any]]], key: str) -> float:
    return round(sum(float(part[key]) for part in line["requirements"]), 2)
