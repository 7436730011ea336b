"""Reference files: what the solution's checks recorded, and what is known about wrong answers.

A chapter has two files of the same format. ``notebooks/NN_name.references`` is private: every
check, hidden ones too. ``release/NN_name/NN_name.references`` is public: visible checks only, with
the hints. A grading run makes a third with its own seed and keeps it beside the run's evidence.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.evidence import SETTINGS, VERSION, Evidence, EvidenceError, pack, unpack
from autograder.judge.compare import agrees, identical
from autograder.judge.exercise import Exercise, Requirement
from autograder.judge.verdicts import Misconception

SUFFIX = ".references"
MAX_REFERENCE_BYTES = 64 * 2**20  #: of a reference file, inflated


@dataclasses.dataclass(frozen=True)
class References:
    """The reference record of one chapter for one seed."""

    assignment: str
    seed: int
    version: str  #: hash of the instructor's notebook and the known answers
    exercises: Mapping[str, Exercise]
    checks: Mapping[str, Evidence]
    misconceptions: tuple[Misconception, ...] = ()
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The names that solution cells define, with their exercises."""
    cells: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Check cells (their ``grade_id``) and set-up cells (``""``) by the digest of their text."""
    seconds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """What the solution's cells took, by name; in the references of a grading run only."""
    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The digests of wrong answers' code, by ``exercise/name``; in those of a run only."""
    sighted: tuple[Misconception, ...] = ()
    """Known wrong answers of which a run looked at some checks only, and found no cause in them."""
    asked: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """By exercise, the answers (digests) of which a run has looked for the cause."""
    executes: str = ""
    """Hash of what is executed of the chapter, without settings; in those of a run only."""

    def of(self, exercise: str) -> list[Evidence]:
        """The references of an exercise, visible checks first."""
        known = self.exercises[exercise]
        return [self.checks[name] for name in (*known.visible, *known.hidden)]

    @property
    def grade_cells(self) -> dict[str, tuple[str, ...]]:
        """The checks of each grade cell, by its ``grade_id``."""
        return {cell: names for e in self.exercises.values() for cell, names in e.cells.items()}

    def known_mistakes(self, exercise: str) -> list[Misconception]:
        """The misconceptions recorded for an exercise."""
        return [m for m in self.misconceptions if m.exercise == exercise]

    def with_settings_of(self, today: Mapping[str, Evidence]) -> References:
        """The same with the tolerances, requirements and the like that checks have ``today``."""
        checks = {
            name: dataclasses.replace(
                evidence, **{key: getattr(today[name], key) for key in SETTINGS}
            )
            if name in today
            else evidence
            for name, evidence in self.checks.items()
        }
        return dataclasses.replace(self, checks=checks)

    def with_messages(self, messages: Mapping[tuple[str, str], str]) -> References:
        """The same with other messages, by exercise and name; mistakes without one are left out."""
        mistakes = tuple(
            dataclasses.replace(known, message=messages[known.exercise, known.name])
            for known in self.misconceptions
            if (known.exercise, known.name) in messages
        )
        return dataclasses.replace(self, misconceptions=mistakes)

    def with_points(self, points: Mapping[str, float]) -> References:
        """The same with other points of grade cells; exercises that have none left are left out."""
        exercises = {}
        for name, exercise in self.exercises.items():
            if any(cell in points for cell in exercise.cells):
                visible, hidden = (points.get(cell, 0.0) for cell in exercise.cells)
                exercises[name] = dataclasses.replace(exercise, points=(visible, hidden))
        return dataclasses.replace(self, exercises=exercises)

    def public(self) -> References:
        """What students may have: visible checks, hints, messages of known mistakes."""
        exercises = {
            name: dataclasses.replace(exercise, hidden=())
            for name, exercise in self.exercises.items()
        }
        shown = {check for exercise in exercises.values() for check in exercise.visible}
        mistakes = []
        for known in self.misconceptions:
            evidence = {name: e for name, e in known.evidence.items() if name in shown}
            wrong = {name: e for name, e in evidence.items() if _differs(e, self.checks.get(name))}
            if wrong:
                mistakes.append(dataclasses.replace(known, evidence=evidence))
        checks = {name: e for name, e in self.checks.items() if name in shown}
        cells = {key: cell for key, cell in self.cells.items() if not cell.endswith("-hidden")}
        return dataclasses.replace(
            self,
            exercises=exercises,
            checks=checks,
            misconceptions=tuple(mistakes),
            cells=cells,
            seconds={},
            sources={},
            sighted=(),
            asked={},
        )

    def to_bytes(self) -> bytes:
        """One bundle; the same references give the same bytes."""
        tensors: dict[str, np.ndarray] = {}

        def store(evidence: Evidence, prefix: str, right: Evidence | None) -> dict[str, Any]:
            if right is not None and _same_record(evidence, right):
                return {"same": right.name}  # most checks of most wrong answers pass
            tensors.update({f"{prefix}/{key}": a for key, a in evidence.tensors.items()})
            return evidence.header()

        def all_of(mistakes: Sequence[Misconception], letter: str) -> list[dict[str, Any]]:
            return [
                {
                    "exercise": known.exercise,
                    "name": known.name,
                    "message": known.message,
                    "evidence": [
                        store(e, f"{letter}{i}.{j}", self.checks.get(e.name))
                        for j, e in enumerate(known.evidence.values())
                    ],
                }
                for i, known in enumerate(mistakes)
            ]

        header = {
            "version": VERSION,
            "assignment": self.assignment,
            "seed": self.seed,
            "chapter": self.version,
            "answers": dict(self.answers),
            "cells": dict(self.cells),
            "exercises": [dataclasses.asdict(e) for e in self.exercises.values()],
            "checks": [store(e, f"c{i}", None) for i, e in enumerate(self.checks.values())],
            "misconceptions": all_of(self.misconceptions, "m"),
        }
        if self.seconds:
            header["seconds"] = dict(self.seconds)
        if self.sources:
            header["sources"] = dict(self.sources)
        if self.executes:
            header["executes"] = self.executes
        if self.asked:
            header["sighted"] = all_of(self.sighted, "s")
            header["asked"] = {name: list(answers) for name, answers in self.asked.items()}
        return zlib.compress(pack(header, tensors), 9)

    @classmethod
    def from_bytes(cls, data: bytes, *, ours: bool = False) -> References:
        """Read a bundle. Raises :class:`EvidenceError` when it is not a reference file.

        ``ours``: its evidence was validated before this machine wrote it.
        """
        header, groups = _grouped(data)

        def read(stored: Mapping[str, Any], prefix: str) -> Evidence:
            return make(stored, groups.get(prefix, {}))

        if ours and header.get("version") != VERSION:
            raise EvidenceError("references of another version")
        make = Evidence.from_own_header if ours else Evidence.from_header
        try:
            known = [read(stored, f"c{i}") for i, stored in enumerate(header["checks"])]
            checks = {evidence.name: evidence for evidence in known}
            exercises = [_exercise(stored) for stored in header["exercises"]]

            def all_of(mistakes: Sequence[Any], letter: str) -> Iterator[Misconception]:
                for i, stored in enumerate(mistakes):
                    evidence = [
                        checks[e["same"]] if "same" in e else read(e, f"{letter}{i}.{j}")
                        for j, e in enumerate(stored["evidence"])
                    ]
                    yield Misconception(
                        stored["exercise"],
                        stored["name"],
                        stored["message"],
                        {e.name: e for e in evidence},
                    )

            return cls(
                header["assignment"],
                header["seed"],
                header["chapter"],
                {e.name: e for e in exercises},
                checks,
                tuple(all_of(header["misconceptions"], "m")),
                header["answers"],
                header["cells"],
                header.get("seconds", {}),
                header.get("sources", {}),
                tuple(all_of(header.get("sighted", ()), "s")),
                {name: tuple(answers) for name, answers in header.get("asked", {}).items()},
                header.get("executes", ""),
            )
        except (KeyError, TypeError) as error:
            raise EvidenceError(f"the reference file lacks {error}") from None


def _grouped(data: bytes) -> tuple[dict[str, Any], dict[str, dict[str, np.ndarray]]]:
    """The header of a reference file, and its tensors by the piece of evidence that they are of."""
    header, tensors = unpack(plain_bytes(data))
    groups: dict[str, dict[str, np.ndarray]] = {}
    for key, array in tensors.items():
        prefix, _, own = key.partition("/")
        groups.setdefault(prefix, {})[own] = array
    return header, groups


def plain_bytes(data: bytes) -> bytes:
    """The bundle inside a reference file. Raises :class:`EvidenceError`."""
    inflating = zlib.decompressobj()
    try:
        plain = inflating.decompress(data, MAX_REFERENCE_BYTES)
    except zlib.error:
        raise EvidenceError("this is not a reference file") from None
    if inflating.unconsumed_tail:
        raise EvidenceError("the reference file is too large")
    if not inflating.eof:
        raise EvidenceError("the reference file is cut short")
    if inflating.unused_data:
        raise EvidenceError("something follows the reference file")
    return plain


def agree(one: bytes, other: bytes) -> bool:
    """Whether two reference files say the same, as the judge compares.

    Floats may differ within each check's own tolerance, since another processor rounds otherwise;
    everything else is equal. What wrong answers record may differ by more, and in a few of the
    chapter's records altogether: nobody has seen to it that they round well, and the most likely of
    ten equal classes is another one on another machine. The tolerances are those of ``other``.
    """
    if one == other:
        return True
    try:
        old, new = References.from_bytes(one), References.from_bytes(other)
    except EvidenceError:
        return False
    return (
        (old.assignment, old.seed, old.version) == (new.assignment, new.seed, new.version)
        and list(old.exercises.items()) == list(new.exercises.items())
        and (old.answers, old.cells) == (new.answers, new.cells)
        and list(old.checks) == list(new.checks)
        and all(
            _settings(old.checks[name]) == _settings(check) and _agree(old.checks[name], check)
            for name, check in new.checks.items()
        )
        and [_facts(known) for known in old.misconceptions]
        == [_facts(known) for known in new.misconceptions]
        and _mistakes_agree(old, new)
    )


_OF_MISTAKES = 1e-3  #: by which what wrong answers record may differ from machine to machine
_DECIDED_BY_ROUNDING = 0.02  #: of these records, at the most, may be something else altogether


def _mistakes_agree(old: References, new: References) -> bool:
    records = [
        (before.evidence[name], _with_room(evidence, new.checks.get(name, evidence)))
        for before, after in zip(old.misconceptions, new.misconceptions, strict=True)
        for name, evidence in after.evidence.items()
    ]
    different = sum(not _agree(before, after) for before, after in records)
    return different <= _DECIDED_BY_ROUNDING * len(records)


def _with_room(evidence: Evidence, check: Evidence) -> Evidence:
    return dataclasses.replace(
        evidence, rtol=max(check.rtol, _OF_MISTAKES), atol=max(check.atol, _OF_MISTAKES)
    )


def _facts(known: Misconception) -> tuple[object, ...]:
    return known.exercise, known.name, known.message, list(known.evidence)


def _settings(evidence: Evidence) -> tuple[object, ...]:
    return tuple(getattr(evidence, key) for key in SETTINGS)


def _exercise(stored: Mapping[str, Any]) -> Exercise:
    lists = {
        key: tuple(stored[key]) for key in ("hints", "visible", "hidden", "points", "parameters")
    }
    requirements = tuple(Requirement(**requirement) for requirement in stored["requirements"])
    return Exercise(**{**stored, **lists, "requirements": requirements})


def _differs(evidence: Evidence, reference: Evidence | None) -> bool:
    return reference is None or not _agree(evidence, reference)


def _agree(one: Evidence, other: Evidence) -> bool:
    return set(one.traces) == set(other.traces) and agrees(one, other)


def _same_record(one: Evidence, other: Evidence) -> bool:
    return one.traces == other.traces and identical(one, other)


_loaded: dict[Path, tuple[tuple[int, int], References]] = {}


def load(path: Path) -> References:
    """Read a reference file, or take it from memory when the file has not changed."""
    stat = path.stat()
    stamp = (stat.st_mtime_ns, stat.st_size)
    if path not in _loaded or _loaded[path][0] != stamp:
        _loaded[path] = (stamp, References.from_bytes(path.read_bytes()))
    return _loaded[path][1]


def load_checks(path: Path) -> dict[str, Evidence]:
    """The checks of a reference file alone. Raises :class:`EvidenceError`."""
    header, groups = _grouped(path.read_bytes())
    try:
        stored = [
            Evidence.from_header(s, groups.get(f"c{i}", {})) for i, s in enumerate(header["checks"])
        ]
    except (KeyError, TypeError) as error:
        raise EvidenceError(f"the reference file lacks {error}") from None
    return {evidence.name: evidence for evidence in stored}


def collect(
    assignment: str,
    seed: int,
    version: str,
    exercises: Mapping[str, Exercise],
    recorded: Mapping[str, list[Evidence]],
    misconceptions: tuple[Misconception, ...] = (),
) -> References:
    """References from what a solution's run recorded, by ``grade_id`` of the grade cell."""
    checks: dict[str, Evidence] = {}
    named: dict[str, Exercise] = {}
    for name, exercise in exercises.items():
        visible = recorded.get(f"{name}-visible", [])
        hidden = recorded.get(f"{name}-hidden", [])
        checks.update({evidence.name: evidence for evidence in (*visible, *hidden)})
        named[name] = dataclasses.replace(
            exercise,
            visible=tuple(evidence.name for evidence in visible),
            hidden=tuple(evidence.name for evidence in hidden),
        )
    return References(assignment, seed, version, named, checks, misconceptions)
