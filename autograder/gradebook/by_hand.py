"""Points and a comment for many students at once, entered as a person does in formgrader.

nbgrader keeps them: no grading writes what stands in ``manual_score`` and ``manual_comment``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Connection, select, update

from autograder.course.assignment import Assignment
from autograder.errors import AutograderError
from autograder.gradebook.database import CHUNK, Layout


@dataclasses.dataclass(frozen=True)
class ByHand:
    """What a person enters for one exercise: scores by grade cell, a comment by solution cell."""

    scores: Mapping[str, float] = dataclasses.field(default_factory=dict)
    comments: Mapping[str, str] = dataclasses.field(default_factory=dict)


def for_exercise(
    assignment: Assignment, exercise: str, points: float | None, comment: str | None
) -> ByHand:
    """Points for an exercise, shared by its cells as their own are, and a comment on it.

    Raises :class:`AutograderError` for points that the exercise does not have, and for a comment
    that cannot be stored.
    """
    scores: dict[str, float] = {}
    if points is not None:
        cells = {
            cell: assignment.points[cell]
            for cell in assignment.exercises[exercise].cells
            if cell in assignment.points
        }
        most = sum(cells.values())
        if not (math.isfinite(points) and 0 <= points <= most):
            raise AutograderError(f"{exercise} has {most:g} points: give from 0 to {most:g}.")
        left = points
        for cell, own in cells.items():
            scores[cell] = round(min(left, points * own / most), 6) if most else 0.0
            left -= scores[cell]
        scores[cell] = round(scores[cell] + left, 6)
    if comment is not None:
        try:
            comment.encode()
        except UnicodeEncodeError:
            raise AutograderError("The comment holds characters that cannot be stored.") from None
        if not comment.strip() or "\0" in comment:
            raise AutograderError("The comment is empty or holds characters that nobody can read.")
    return ByHand(scores, {exercise: comment.strip()} if comment is not None else {})


def enter_by_hand(
    connection: Connection, layout: Layout, students: Sequence[str], entered: ByHand
) -> dict[str, str]:
    """Enter it for each of these students; those who were left alone, and why.

    What a person entered before stays: neither their score nor their comment is replaced.
    """
    found: dict[str, dict[str, list[tuple[str, bool]]]] = {}
    for start in range(0, len(students), CHUNK):
        found |= _stored(connection, layout, students[start : start + CHUNK], entered)
    alone: dict[str, str] = {}
    for student in students:
        rows = found.get(student)
        if rows is None:
            alone[student] = "the gradebook has no submission of theirs"
        elif any(is_theirs for _, is_theirs in rows["scores"]):
            alone[student] = "a person changed their score of this exercise"
        elif any(is_theirs for _, is_theirs in rows["comments"]):
            alone[student] = "a person wrote them a comment on this exercise"
    grades, comments = Grade.__table__, Comment.__table__
    for student in students:
        if student in alone:
            continue
        for (row, _), score in zip(found[student]["scores"], entered.scores.values(), strict=True):
            values = {"manual_score": score, "needs_manual_grade": False}
            connection.execute(update(grades).where(grades.c.id == row).values(values))
        texts = entered.comments.values()
        for (row, _), text in zip(found[student]["comments"], texts, strict=True):
            said = {"manual_comment": text}
            connection.execute(update(comments).where(comments.c.id == row).values(said))
    return alone


def _stored(
    connection: Connection, layout: Layout, students: Sequence[str], entered: ByHand
) -> dict[str, dict[str, list[tuple[str, bool]]]]:
    """The rows of each student in the order of ``entered``, and whether a person changed them."""
    submission, notebook = SubmittedAssignment.__table__, SubmittedNotebook.__table__
    query = (
        select(submission.c.student_id, notebook.c.id)
        .join(notebook, notebook.c.assignment_id == submission.c.id)
        .where(submission.c.assignment_id == layout.id, submission.c.student_id.in_(students))
    )
    owners = {row.id: row.student_id for row in connection.execute(query)}
    rows: dict[tuple[str, str], tuple[str, bool]] = {}
    for table in (Grade.__table__, Comment.__table__):
        for row in connection.execute(select(table).where(table.c.notebook_id.in_(list(owners)))):
            if table is Grade.__table__:
                is_theirs = row.manual_score is not None or bool(row.extra_credit)
            else:
                is_theirs = bool(row.manual_comment)
            rows[owners[row.notebook_id], row.cell_id] = (row.id, is_theirs)
    graded = [layout.graded[cell].id for cell in entered.scores]
    commented = [layout.commented[cell].id for cell in entered.comments]
    return {
        student: {
            "scores": [rows[student, cell] for cell in graded],
            "comments": [rows[student, cell] for cell in commented],
        }
        for student in dict.fromkeys(owners.values())
        if all((student, cell) in rows for cell in (*graded, *commented))
    }
