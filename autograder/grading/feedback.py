"""A record and its evidence → the page that a student reads.

No notebook is converted: the page is made of the record, the evidence and the student's own code.
Nothing of a hidden test's source is in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError
from autograder.files import read_regular, write_whole
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.pipeline import Pipeline
from autograder.grading.scoring import Record
from autograder.handin import MAX_TIMESTAMP_BYTES, TIMESTAMP_FILE
from autograder.intake.timestamps import is_plain_id
from autograder.judge import references as reference_files
from autograder.judge.exercise import Exercise, is_flag
from autograder.judge.references import References
from autograder.judge.verdicts import Verdict
from autograder.live import card
from autograder.pages.feedback import Asked, Card, Page, Part, render

SECRET_FILE = "submission_secret.txt"  #: nbgrader's, beside a submission that an exchange brought
_MOST_CARDS = 4  #: of one exercise
_MOST_SECRET_BYTES = 1000


def make_feedback(pipeline: Pipeline, names: Mapping[str, str]) -> Iterator[Path]:
    """Write ``feedback/<student>/<assignment>/<assignment>.html`` for every record.

    ``names`` are the students' full names, as far as they are known. What nbgrader's exchange needs
    to return a page (the time and the secret of the submission) is copied along.

    Raises :class:`AutograderError` when nothing of the assignment was graded.
    """
    name = pipeline.assignment.name
    records = pipeline.store.records()
    if not records:
        raise AutograderError(f"{name} has not been graded: `autograder grade {name}` does that.")
    for student, record in sorted(records.items()):
        if not is_plain_id(student):
            continue
        folder = pipeline.course.root / "feedback" / student / name
        page = render(_page(pipeline, record, names.get(student, "")))
        write_whole(folder / f"{name}.html", page.encode("utf-8", "replace"))
        _copy_along(pipeline.course.submitted / student / name, folder)
        yield folder / f"{name}.html"


def _copy_along(submitted: Path, folder: Path) -> None:
    for file, most in ((TIMESTAMP_FILE, MAX_TIMESTAMP_BYTES), (SECRET_FILE, _MOST_SECRET_BYTES)):
        try:
            write_whole(folder / file, read_regular(submitted / file, most))
        except OSError:
            (folder / file).unlink(missing_ok=True)  # one of an earlier submission


def _page(pipeline: Pipeline, record: Mapping[str, Any], display: str) -> Page:
    executed = pipeline.store.executed(record["student"])
    judged = pipeline.judge(executed) if executed is not None else None
    references = pipeline.references(executed.run) if executed is not None else None
    manual, late = record.get("manual") or {}, record.get("late") or {}
    parts: list[Part] = []
    if executed is not None and judged is not None and references is not None:
        parts = [
            _part(exercise, judged, references, executed, manual)
            for exercise in _as_of_today(pipeline, references)
        ]
    notes = record.get("notes") or ()
    return Page(
        assignment=pipeline.assignment.name,
        student=str(record["student"]),
        display=display,
        score=float(record["score"]),
        max_score=float(record["max_score"]),
        reason=record.get("reason"),
        penalty=float(late.get("penalty") or 0.0),
        late_seconds=float(late.get("seconds") or 0.0),
        notes=tuple(str(note) for note in notes if not is_flag(str(note))),
        parts=tuple(parts),
    )


def _as_of_today(pipeline: Pipeline, references: References) -> Iterator[Exercise]:
    """A run's exercises, with the hints that the chapter gives today."""
    path = pipeline.course.references(pipeline.assignment.name)
    today = reference_files.load(path).exercises if path.is_file() else {}
    for name, exercise in references.exercises.items():
        hints = today[name].hints if name in today else exercise.hints
        yield dataclasses.replace(exercise, hints=hints)


def _part(
    exercise: Exercise,
    record: Record,
    references: References,
    executed: ExecutedAttempt,
    manual: Mapping[str, Any],
) -> Part:
    name = exercise.name
    by_hand = {cell: manual.get("scores", {}).get(cell) for cell in exercise.cells}
    extra = sum(manual.get("extra_credit", {}).get(cell, 0.0) for cell in exercise.cells)
    automatic = {cell: record.cells.get(cell, 0.0) for cell in exercise.cells}
    points = sum(automatic[cell] if by is None else by for cell, by in by_hand.items())
    comments = [manual.get("comments", {}).get(cell) for cell in (name, *exercise.cells)]
    verdicts = [v for v in record.verdicts if v.exercise == name]
    failed = [v for v in verdicts if not v.passed]
    return Part(
        name=name,
        title=exercise.title,
        points=points + extra,
        max_points=sum(exercise.points),
        automatic=sum(automatic.values()),
        by_hand=any(by is not None for by in by_hand.values()) or bool(extra),
        comments=tuple(str(text) for text in comments if text),
        asked=tuple(
            Asked(e.name, e.sentence, e.earned, e.points, e.passed)
            for e in record.requirements
            if e.exercise == name
        ),
        open=bool(failed) and all(v.status == "not_answered" for v in failed),
        code=executed.sources.get(name, "") if failed else "",
        cards=tuple(_cards(failed, exercise, references, executed)),
        hint=exercise.hints[min(1, len(exercise.hints) - 1)] if failed and exercise.hints else "",
    )


def _cards(
    failed: Sequence[Verdict],
    exercise: Exercise,
    references: References,
    executed: ExecutedAttempt,
) -> Iterator[Card]:
    """Each message once, with the first of the checks that it explains."""
    messages = {m.name: m.message for m in references.known_mistakes(exercise.name)}
    told: dict[str, list[Verdict]] = {}
    for verdict in failed:
        if verdict.status != "not_answered":
            key = messages.get(verdict.misconception or "") or _outline(verdict)
            told.setdefault(key, []).append(verdict)
    for verdicts in list(told.values())[:_MOST_CARDS]:
        verdict = verdicts[0]
        message = messages.get(verdict.misconception or "")
        recorded = executed.evidence.get(verdict.check)
        said = card.Said(None, message, None, None, None)
        drawn = card.draw(verdict, recorded, references.checks.get(verdict.check), said)
        yield Card(drawn.html, tuple(v.check.partition("/")[2] for v in verdicts[1:]))


def _outline(verdict: Verdict) -> str:
    """What two verdicts share that would say the same to a reader."""
    finding = verdict.finding
    if finding is None:
        return verdict.reason or ""
    return f"{finding.kind} {finding.where} {finding.actual if finding.kind != 'values' else ''}"
