"""What a class misunderstood, as one page: each exercise, who solved it, which mistakes."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jinja2

from autograder.course.answers import Answer
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.files import write_whole
from autograder.judge.exercise import is_flag


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One misconception of an exercise and the students who have it, in the records' order."""

    name: str
    message: str
    students: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ExerciseRow:
    """One exercise over the whole class; the mistakes of most students first, then by name."""

    name: str
    solved: int
    partly: int
    open: int
    mistakes: tuple[Mistake, ...]
    unexplained: tuple[str, ...]
    lost: tuple[tuple[str, float, int], ...] = ()
    """Requirements that cost points: name, points of the whole class, students."""


@dataclasses.dataclass(frozen=True)
class ClassReport:
    """A graded class. ``scores`` are in points, of the submissions that were graded."""

    assignment: str
    graded: int
    set_aside: tuple[tuple[str, str], ...]
    scores: tuple[float, ...]
    max_score: float
    exercises: tuple[ExerciseRow, ...]
    flagged: tuple[tuple[str, str], ...] = ()
    """Students whose answers a person should read, with what was noted."""
    noted: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What else was noted of a submission: what was recognised, left out or cut."""

    @property
    def histogram(self) -> list[int]:
        """Students by tenths of the points."""
        bins = [0] * 10
        for score in self.scores:
            share = score / self.max_score if self.max_score else 0.0
            bins[min(9, int(share * 10))] += 1
        return bins


def read_records(course: CourseFolder, assignment: str) -> list[dict[str, Any]]:
    """The records of the last grading. Raises :class:`AutograderError` when there is none."""
    path = course.evidence(assignment) / "records.jsonl"
    if not path.is_file():
        raise AutograderError(
            f"{assignment} has not been graded here; run `autograder grade {assignment}` first."
        )
    lines = path.read_text(encoding="utf-8").split("\n")
    records: list[dict[str, Any]] = [json.loads(line) for line in lines if line]
    if any("status" not in check for record in records for check in record["checks"]):
        raise AutograderError(
            f"The records of {assignment} are those of an earlier version; "
            f"run `autograder rejudge {assignment}` first."
        )
    return records


def summarise(
    assignment: str, records: Iterable[Mapping[str, Any]], answers: Iterable[Answer]
) -> ClassReport:
    """Count what the records of one assignment say."""
    records = list(records)
    graded = [r for r in records if r["status"] == "graded"]
    messages = {(a.exercise, a.name): a.message for a in answers}
    checks: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for record in graded:
        for check in record["checks"]:
            checks.setdefault(check["exercise"], {}).setdefault(record["student"], []).append(check)
    lost = _lost(graded)
    rows = [
        dataclasses.replace(_row(name, students, messages), lost=lost.get(name, ()))
        for name, students in checks.items()
    ]
    return ClassReport(
        assignment,
        len(graded),
        tuple((r["student"], r["reason"] or "") for r in records if r["status"] != "graded"),
        tuple(r["score"] for r in graded),
        max((r["max_score"] for r in records), default=0.0),
        tuple(rows),
        tuple(
            (record["student"], note)
            for record in graded
            for note in record.get("notes", ())
            if is_flag(note)
        ),
        tuple((record["student"], notes) for record in records if (notes := _noted(record))),
    )


def _noted(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(note for note in record.get("notes", ()) if not is_flag(note))


def _lost(
    records: Iterable[Mapping[str, Any]],
) -> dict[str, tuple[tuple[str, float, int], ...]]:
    """What each requirement of each exercise cost the class, the dearest first."""
    points: dict[str, dict[str, list[float]]] = {}
    for record in records:
        for asked in record.get("requirements", ()):
            cost = asked["points"] - asked["earned"]
            if cost > 0:
                own = points.setdefault(asked["exercise"], {})
                own.setdefault(asked["name"], []).append(cost)
    return {
        exercise: tuple(
            sorted(
                ((name, round(sum(costs), 2), len(costs)) for name, costs in own.items()),
                key=lambda row: (-row[1], row[0]),
            )
        )
        for exercise, own in points.items()
    }


def _row(
    name: str,
    students: Mapping[str, list[Mapping[str, Any]]],
    messages: Mapping[tuple[str, str], str],
) -> ExerciseRow:
    solved = partly = untouched = 0
    mistakes: dict[str, list[str]] = collections.defaultdict(list)
    unexplained = []
    for student, checks in students.items():
        passed = sum(check["passed"] for check in checks)
        if passed == len(checks):
            solved += 1
            continue
        if all(check["status"] == "not_answered" for check in checks if not check["passed"]):
            untouched += 1
            continue
        partly += passed > 0
        named = dict.fromkeys(check["misconception"] for check in checks if check["misconception"])
        for mistake in named:
            mistakes[mistake].append(student)
        if not named:
            unexplained.append(student)
    found = [
        Mistake(mistake, messages.get((name, mistake), ""), tuple(who))
        for mistake, who in sorted(mistakes.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return ExerciseRow(name, solved, partly, untouched, tuple(found), tuple(unexplained))


def write_report(course: CourseFolder, assignment: str) -> tuple[ClassReport, Path]:
    """Write ``evidence/<assignment>/report.html``; the report and the page's path."""
    report = summarise(assignment, read_records(course, assignment), course.answers(assignment))
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.pages", "."), autoescape=True
    )
    page = environment.get_template("class_report.html").render(report=report)
    path = course.evidence(assignment) / "report.html"
    write_whole(path, page.encode("utf-8", "replace"))
    return report, path
