"""A record and its evidence → the page that a student reads.

No notebook is converted: the page is made of the record, the evidence and the student's own code.
Nothing of a hidden check's source is in it, unless ``c.FeedbackPage.show_hidden_tests`` says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from autograder.pages.formulas import typeset_message

SECRET_FILE = "submission_secret.txt"  #: nbgrader's, beside a submission that an exchange brought
_MOST_CARDS = 4  #: of one exercise
_MOST_SECRET_BYTES = 1000


def make_feedback(
    pipeline: Pipeline, names: Mapping[str, str], only: Collection[str] | None = None
) -> Iterator[Path]:
    """Write ``feedback/<student>/<assignment>/<assignment>.html`` for every record.

    With ``only`` for those of these students.
    ``names`` are the students' full names, as far as they are known. What nbgrader's exchange needs
    to return a page (the time and the secret of the submission) is copied along.

    Raises :class:`AutograderError` when nothing of the assignment was graded.
    """
    name = pipeline.assignment.name
    records = pipeline.store.records()
    if not records:
        raise AutograderError(f"{name} has not been graded: `autograder grade {name}` does that.")
    for student, record in sorted(records.items()):
        if not is_plain_id(student) or (only is not None and student not in only):
            continue
        path = pipeline.course.page(student, name)
        page = make_page(pipeline, record, names.get(student, ""))
        write_whole(path, page.encode())
        copy_along(pipeline.course.submitted / student / name, path.parent)
        yield path


def make_page(pipeline: Pipeline, record: Mapping[str, Any], display: str) -> str:
    """The page of one record; ``display`` is the student's full name, or nothing."""
    page = render(_page(pipeline, record, display))
    return page.encode("utf-8", "replace").decode()  # half characters of a hostile hand-in


def copy_along(submitted: Path, folder: Path) -> None:
    """Put the time and the secret of a submission beside its page, as the exchange wants them."""
    for file, most in ((TIMESTAMP_FILE, MAX_TIMESTAMP_BYTES), (SECRET_FILE, _MOST_SECRET_BYTES)):
        try:
            write_whole(folder / file, read_regular(submitted / file, most))
        except OSError:
            (folder / file).unlink(missing_ok=True)  # one of an earlier submission


def _page(pipeline: Pipeline, record: Mapping[str, Any], display: str) -> Page:
    # What was set aside has no evidence of its own; that of an earlier hand-in may lie there.
    graded = record.get("status") == "graded"
    executed = pipeline.store.executed(record["student"]) if graded else None
    solved = _solved(record)
    judged = None
    if executed is not None:
        names = [name for name in pipeline.assignment.exercises if name not in solved]
        judged = pipeline.judge(executed, names)
    references = pipeline.references(executed.run) if executed is not None else None
    manual, late = record.get("manual") or {}, record.get("late") or {}
    if executed is not None and judged is not None and references is not None:
        parts = [
            _kept(exercise, record, manual)
            if exercise.name in solved
            else _part(
                exercise, judged, references, executed, manual, _hidden(pipeline, exercise.name)
            )
            for exercise in _as_of_today(pipeline, references)
        ]
    else:
        parts = list(_by_hand(pipeline, manual))
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
        comments=tuple(_elsewhere(pipeline, manual)),
        title=pipeline.assignment.title,
        parts=tuple(parts),
    )


def _solved(record: Mapping[str, Any]) -> set[str]:
    """The exercises of which nothing was lost, as the record says: they are not judged again."""
    lines = [*(record.get("checks") or ()), *(record.get("requirements") or ())]
    lost = {line["exercise"] for line in lines if not line["passed"]}
    return {line["exercise"] for line in lines} - lost


def _as_of_today(pipeline: Pipeline, references: References) -> Iterator[Exercise]:
    """A run's exercises, with the hints and points that the chapter gives today."""
    path = pipeline.course.references(pipeline.assignment.name)
    today = reference_files.load(path).exercises if path.is_file() else {}
    for name, exercise in references.exercises.items():
        hints = today[name].hints if name in today else exercise.hints
        visible, hidden = (pipeline.assignment.points.get(cell, 0.0) for cell in exercise.cells)
        yield dataclasses.replace(exercise, hints=hints, points=(visible, hidden))


def _hidden(pipeline: Pipeline, exercise: str) -> str:
    """The source of an exercise's hidden checks, where the course shows it."""
    if not pipeline.course.feedback_page.show_hidden_tests:
        return ""
    return pipeline.assignment.hidden.get(exercise, "")


def _by_hand(pipeline: Pipeline, manual: Mapping[str, Any]) -> Iterator[Part]:
    """The exercises of a submission that was set aside, where a person graded or said something."""
    for exercise in pipeline.assignment.exercises.values():
        part = _counted(exercise, {}, manual)
        if part.by_hand or part.comments:
            yield part


def _elsewhere(pipeline: Pipeline, manual: Mapping[str, Any]) -> Iterator[str]:
    """What a person wrote of cells that are no exercise's."""
    exercises = pipeline.assignment.exercises.values()
    own = {cell for exercise in exercises for cell in (exercise.name, *exercise.cells)}
    for cell, text in manual.get("comments", {}).items():
        if cell not in own and text:
            yield str(text)


def _counted(exercise: Exercise, cells: Mapping[str, float], manual: Mapping[str, Any]) -> Part:
    """The points of an exercise, the judge's and a person's, and what the person wrote."""
    by_hand = {cell: manual.get("scores", {}).get(cell) for cell in exercise.cells}
    extra = sum(manual.get("extra_credit", {}).get(cell, 0.0) for cell in exercise.cells)
    automatic = {cell: cells.get(cell, 0.0) for cell in exercise.cells}
    points = sum(automatic[cell] if by is None else by for cell, by in by_hand.items())
    comments = [manual.get("comments", {}).get(cell) for cell in (exercise.name, *exercise.cells)]
    return Part(
        name=exercise.name,
        title=exercise.title,
        points=points + extra,
        max_points=sum(exercise.points),
        automatic=sum(automatic.values()),
        by_hand=any(by is not None for by in by_hand.values()) or bool(extra),
        comments=tuple(str(text) for text in comments if text),
    )


def _kept(exercise: Exercise, record: Mapping[str, Any], manual: Mapping[str, Any]) -> Part:
    """An exercise of which nothing was lost."""
    cells = dict(zip(exercise.cells, exercise.points, strict=True))
    asked = tuple(
        Asked(line["name"], "", line["earned"], line["points"], True)
        for line in record.get("requirements") or ()
        if line["exercise"] == exercise.name
    )
    return dataclasses.replace(_counted(exercise, cells, manual), asked=asked)


def _part(
    exercise: Exercise,
    record: Record,
    references: References,
    executed: ExecutedAttempt,
    manual: Mapping[str, Any],
    hidden: str,
) -> Part:
    name = exercise.name
    verdicts = [v for v in record.verdicts if v.exercise == name]
    failed = [v for v in verdicts if not v.passed]
    return dataclasses.replace(
        _counted(exercise, record.cells, manual),
        asked=tuple(
            Asked(e.name, e.sentence, e.earned, e.points, e.passed)
            for e in record.requirements
            if e.exercise == name
        ),
        open=bool(failed) and all(v.status == "not_answered" for v in failed),
        code=executed.sources.get(name, "") if failed else "",
        cards=tuple(_cards(failed, exercise, references, executed)),
        hint=exercise.hints[min(1, len(exercise.hints) - 1)] if failed and exercise.hints else "",
        hidden=hidden if failed else "",
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
        html = typeset_message(drawn.html) if message else drawn.html
        yield Card(html, tuple(v.check.partition("/")[2] for v in verdicts[1:]))


def _outline(verdict: Verdict) -> str:
    """What two verdicts share that would say the same to a reader."""
    finding = verdict.finding
    if finding is None:
        return verdict.reason or ""
    return f"{finding.kind} {finding.where} {finding.actual if finding.stage != 'values' else ''}"
