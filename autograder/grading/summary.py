"""The records and the evidence of a graded class → what its report says."""

from __future__ import annotations

import collections
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograder.errors import AutograderError
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.figures import RULE, discriminations, far_from_others
from autograder.grading.groups import Group, groups
from autograder.grading.outcomes import nameless, outcome, reasons
from autograder.grading.pipeline import Pipeline
from autograder.grading.typical import typical
from autograder.judge import references as reference_files
from autograder.judge.exercise import Exercise, is_flag
from autograder.pages.class_summary import (
    ClassReport,
    ExerciseRow,
    Lost,
    Mistake,
    Person,
    Reason,
    Times,
    by_name,
)

Shares = Mapping[str, Mapping[str, float]]
Record = Mapping[str, Any]
Links = Callable[[str], Iterable[tuple[str, str]]]


def summarize(
    pipeline: Pipeline, names: Mapping[str, str], shares: Shares, links: Links
) -> ClassReport:
    """The report of one assignment.

    Args:
        pipeline: of the assignment.
        names: full names by id, as far as they are known.
        shares: what share of the points each graded submission has, by assignment and student.
        links: what of a student's submission can be opened: words and addresses.

    Raises:
        AutograderError: nothing was graded, or by an earlier version.
    """
    records = _records(pipeline)
    rows = _Rows(pipeline, records)
    far = far_from_others(shares, pipeline.assignment.name)
    people, written = [], []
    for record in records:
        student = record["student"]
        executed = pipeline.store.executed(student)
        points, own = rows.add(record, executed)
        if student in far and record["status"] == "graded":
            here, expected = far[student]
            said = f"{here:.0%} of the points here, {expected:.0%} by the other chapters."
            own.append(Reason("far", said))
        if executed is not None:
            written.append(pipeline.store.path(student).stat().st_mtime)
        people.append(
            Person(
                student,
                names.get(student, ""),
                record["score"],
                record["status"] == "graded",
                points,
                tuple(own),
                _notes(record, own),
                tuple(
                    mark for mark, key in (("late", "late"), ("by hand", "manual")) if record[key]
                ),
                tuple(links(student)),
            )
        )
    people.sort(key=by_name)
    order = {person.id: i for i, person in enumerate(people)}
    return ClassReport(
        pipeline.assignment.name,
        max((record["max_score"] for record in records), default=0.0),
        tuple(people),
        tuple(rows.exercises(order)),
        tuple(rows.mistakes(order)),
        tuple(_unknown(group, order) for group in rows.groups),
        Times(tuple(r["seconds"] for r in records if r["seconds"] > 0), _span(written)),
        RULE if len(shares) > 1 else "",
    )


def _records(pipeline: Pipeline) -> list[Record]:
    name = pipeline.assignment.name
    records: list[Record] = list(pipeline.store.records().values())
    if not records:
        raise AutograderError(
            f"{name} has not been graded here; run `autograder grade {name}` first."
        )
    known = {"requirements", "notes", "late", "manual"}
    if any(not known <= set(r) or any("status" not in c for c in r["checks"]) for r in records):
        raise AutograderError(
            f"The records of {name} are those of an earlier version; "
            f"run `autograder rejudge {name}` first."
        )
    return records


def _notes(record: Record, reasons: Iterable[Reason]) -> tuple[str, ...]:
    """What was noted besides what needs a look."""
    told = {reason.sentence for reason in reasons}
    return tuple(note for note in record["notes"] if not is_flag(note) and note not in told)


class _Rows:
    """What became of each exercise, gathered student by student."""

    def __init__(self, pipeline: Pipeline, records: Sequence[Record]) -> None:
        self._pipeline = pipeline
        self._exercises = _exercises(pipeline, records)
        self.groups = groups(pipeline)
        shared = {(g.exercise, s) for g in self.groups if len(g.students) > 1 for s in g.students}
        self._shared = shared
        self._outcomes: dict[str, dict[str, list[str]]] = {
            name: collections.defaultdict(list) for name in self._exercises
        }
        self._points: list[tuple[float, ...]] = []
        self._most: dict[str, float] = dict.fromkeys(self._exercises, 0.0)
        self._lost: dict[str, dict[str, list[float]]] = {
            name: collections.defaultdict(list) for name in self._exercises
        }
        self._mistakes: dict[tuple[str, str], dict[str, tuple[float, str]]] = (
            collections.defaultdict(dict)
        )

    def add(
        self, record: Record, executed: ExecutedAttempt | None
    ) -> tuple[tuple[float | None, ...], list[Reason]]:
        """One submission: its points by exercise, and why a person should look at it."""
        if record["status"] != "graded":
            return (), reasons(record, {}, executed, None, ())
        by_exercise: dict[str, list[Mapping[str, Any]]] = collections.defaultdict(list)
        for check in record["checks"]:
            by_exercise[check["exercise"]].append(check)
        student, became = record["student"], {}
        points, most = _points(self._pipeline, record, executed)
        for name, checks in by_exercise.items():
            if name not in self._exercises:
                continue
            became[name] = outcome(name, checks, executed)
            self._outcomes[name][became[name]].append(student)
            self._most[name] = max(self._most[name], most.get(name, 0.0))
            source = executed.sources.get(name, "") if executed is not None else ""
            lost = max(0.0, most.get(name, 0.0) - points.get(name, 0.0))
            for known in {c["misconception"] for c in checks if c["misconception"]}:
                self._mistakes[name, known][student] = (lost, source)
        for asked in record["requirements"]:
            cost = asked["points"] - asked["earned"]
            if cost > 1e-9 and asked["exercise"] in self._lost:
                self._lost[asked["exercise"]][asked["name"]].append(cost)
        self._points.append(tuple(points.get(name, 0.0) for name in self._exercises))
        alone = [
            name
            for name, end in became.items()
            if end == "unknown" and (name, student) not in self._shared
        ]
        run = self._pipeline.references(executed.run) if executed is not None else None
        own = reasons(record, became, executed, run, alone)
        return tuple(points.get(name) for name in self._exercises), own

    def exercises(self, order: Mapping[str, int]) -> Iterator[ExerciseRow]:
        """The exercises in the chapter's order; students in ``order``."""
        tells = discriminations(self._points) or [None] * len(self._exercises)
        for i, (name, exercise) in enumerate(self._exercises.items()):
            own = [row[i] for row in self._points]
            sentences = {r.name: r.sentence for r in exercise.requirements}
            lost = [
                Lost(asked, sentences.get(asked, ""), sum(costs), len(costs))
                for asked, costs in self._lost[name].items()
            ]
            yield ExerciseRow(
                name,
                exercise.title,
                exercise.minutes,
                self._most[name],
                sum(own) / len(own) if own else 0.0,
                {end: _ordered(who, order) for end, who in self._outcomes[name].items()},
                tuple(sorted(lost, key=lambda lost: (-lost.points, lost.name))),
                tells[i],
            )

    def mistakes(self, order: Mapping[str, int]) -> list[Mistake]:
        """The known mistakes, those that cost most first."""
        answers = self._pipeline.course.answers(self._pipeline.assignment.name)
        messages = {(a.exercise, a.name): a.message for a in answers}
        found = [
            Mistake(
                exercise,
                name,
                messages.get((exercise, name), ""),
                _ordered(own, order),
                sum(lost for lost, _ in own.values()),
                typical(code for _, code in own.values()),
            )
            for (exercise, name), own in self._mistakes.items()
        ]
        return sorted(found, key=lambda m: (-m.points, -len(m.students), m.exercise, m.name))


def _exercises(pipeline: Pipeline, records: Sequence[Record]) -> dict[str, Exercise]:
    """The exercises as the chapter describes them today; by name alone where it does not."""
    path = pipeline.course.references(pipeline.assignment.name)
    today = reference_files.load(path).exercises if path.is_file() else {}
    graded = dict.fromkeys(c["exercise"] for record in records for c in record["checks"])
    ordered = [name for name in today if name in graded]
    ordered += [name for name in graded if name not in today]
    return {name: today.get(name) or Exercise(name, minutes=0) for name in ordered}


def _points(
    pipeline: Pipeline, record: Record, executed: ExecutedAttempt | None
) -> tuple[dict[str, float], dict[str, float]]:
    """What each exercise earned, a person's changes included, and what it is worth."""
    points: dict[str, float] = collections.defaultdict(float)
    most: dict[str, float] = collections.defaultdict(float)
    for asked in record["requirements"]:
        points[asked["exercise"]] += asked["earned"]
        most[asked["exercise"]] += asked["points"]
    manual = record["manual"] or {}
    changed = {**manual.get("scores", {}), **manual.get("extra_credit", {})}
    if changed and executed is not None:
        cells = pipeline.judge(executed).cells
        for name in most:
            for cell in Exercise(name).cells:
                if cell in manual.get("scores", {}):
                    points[name] += manual["scores"][cell] - cells.get(cell, 0.0)
                points[name] += manual.get("extra_credit", {}).get(cell, 0.0)
    return points, most


def _unknown(group: Group, order: Mapping[str, int]) -> Mistake:
    return Mistake(
        group.exercise,
        "",
        nameless(group.sentence),
        _ordered(group.students, order),
        group.points_lost,
        group.code,
        group.id,
        group.kind,
    )


def _ordered(students: Iterable[str], order: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(students, key=lambda student: (order.get(student, 0), student)))


def _span(written: Sequence[float]) -> str:
    """From when to when the evidence was written, in local time with its zone."""
    if not written:
        return ""
    first, last = (
        datetime.datetime.fromtimestamp(t).astimezone() for t in (min(written), max(written))
    )
    end = f"{last:%H:%M %Z}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M %Z}"
    return f"{first:%Y-%m-%d %H:%M} to {end}"
