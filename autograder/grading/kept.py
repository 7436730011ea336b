"""What is kept of a judged class: on what each record rests, and each kind of verdict once.

``evidence/<assignment>/unchanged.jsonl``: a line that says by which grader, a line for each kind of
answer with the judge's word on it, a line for each student.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autograder.files import write_whole
from autograder.grading.forbidden import Scan
from autograder.grading.grounds import Ground, Grounds
from autograder.grading.one_answer import Judged
from autograder.grading.scoring import Record, Said, assembled
from autograder.grading.store import jsonl
from autograder.judge.requirements import Earned
from autograder.judge.verdicts import Verdict

FILE = "unchanged.jsonl"


@dataclasses.dataclass(frozen=True)
class Line:
    """What is kept of one submission.

    ``submission``, ``evidence`` and ``basis`` are stamps: of what was handed in (None where that is
    not known), of its evidence file, and of all else on which the record depends. ``version`` is
    the chapter's with which it was executed. ``keys`` name the verdicts by exercise.
    """

    submission: str | None
    evidence: str
    basis: str
    run: str
    version: str
    assignment: str
    max_score: float
    grounds: Grounds
    keys: Mapping[str, str]

    @property
    def student(self) -> str:
        """Whose it is."""
        return self.grounds.said.student


@dataclasses.dataclass(frozen=True)
class Kept:
    """The lines of one assignment by student, and what was judged by its key.

    ``complete`` is the stamp of the course and its runs whose references know all known answers.
    """

    lines: dict[str, Line]
    judged: dict[str, Judged]
    complete: str | None = None

    def record(self, line: Line) -> Record | None:
        """The record of a line; None where a verdict is not at hand."""
        judged = [self.judged[key] for key in line.keys.values() if key in self.judged]
        if len(judged) != len(line.keys):
            return None
        scans = [(name, line.grounds.answers[name].scan) for name in line.keys]
        return assembled(line.grounds.said, line.assignment, line.max_score, scans, judged)


def read(folder: Path, grader: str) -> Kept:
    """What is kept in a folder, if this grader wrote it; otherwise nothing."""
    lines: dict[str, Line] = {}
    judged: dict[str, Judged] = {}
    try:
        text, *rest = (folder / FILE).read_text(encoding="ascii").split("\n")
        first = json.loads(text)
        if first["grader"] != grader:
            return Kept({}, {})
        for fields in map(json.loads, filter(None, rest)):
            if "key" in fields:
                judged[fields["key"]] = _judged(fields)
            else:
                line = _line(fields)
                lines[line.student] = line
        return Kept(lines, judged, first["complete"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Kept({}, {})


def write(folder: Path, grader: str, kept: Kept) -> None:
    """Keep lines, and of what was judged what they name."""
    used = {key: None for line in kept.lines.values() for key in line.keys.values()}
    lines: list[dict[str, Any]] = [{"grader": grader, "complete": kept.complete}]
    lines += [_judged_fields(key, kept.judged[key]) for key in used if key in kept.judged]
    lines += map(_line_fields, kept.lines.values())
    write_whole(folder / FILE, jsonl(lines))


# ----------------------------------------------------------------------------------- one line each


def _line_fields(line: Line) -> dict[str, Any]:
    fields = {field.name: getattr(line, field.name) for field in dataclasses.fields(line)}
    fields["grounds"] = [
        list(vars(line.grounds.said).values()),
        {
            name: [ground.asks, ground.answered, ground.scan.used, ground.scan.flags]
            for name, ground in line.grounds.answers.items()
        },
    ]
    return fields


def _line(fields: Mapping[str, Any]) -> Line:
    (student, seconds, is_refused, reason, notes, reaching), answers = fields["grounds"]
    return Line(
        **{
            **fields,
            "grounds": Grounds(
                Said(student, seconds, is_refused, reason, tuple(notes), reaching),
                {
                    name: Ground(asks, answered, Scan(used, flags))
                    for name, (asks, answered, used, flags) in answers.items()
                },
            ),
        }
    )


_VERDICT = ("check", "status", "reason", "misconception")  #: what of a verdict a record shows
_EARNED = tuple(field.name for field in dataclasses.fields(Earned))


def _judged_fields(key: str, judged: Judged) -> dict[str, Any]:
    return {
        "key": key,
        "verdicts": [[getattr(v, name) for name in _VERDICT] for v in judged.verdicts],
        "requirements": [[getattr(e, name) for name in _EARNED] for e in judged.requirements],
        "cells": dict(judged.cells),
    }


def _judged(fields: Mapping[str, Any]) -> Judged:
    return Judged(
        tuple(Verdict(*values) for values in fields["verdicts"]),
        tuple(_earned(values) for values in fields["requirements"]),
        fields["cells"],
    )


def _earned(values: Iterable[Any]) -> Earned:
    fields = dict(zip(_EARNED, values, strict=True))
    return Earned(**{**fields, "in_cells": tuple(fields["in_cells"])})
