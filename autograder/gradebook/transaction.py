"""One transaction on the gradebook's tables: many submissions, a dozen statements.

What an instructor entered (manual scores, extra credit, comments, flags, extensions) is read and
never written.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nbgrader.api import (
    Comment,
    Grade,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from sqlalchemy import Connection, bindparam, insert, select, update

from autograder.gradebook.database import Cell, Layout

_CHUNK = 400  #: values in one ``IN (...)``; SQLite's oldest limit is 999

Penalty = Callable[[str, float, float], float | None]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One submission that waits for its transaction."""

    student: str
    assignment: str
    scores: Mapping[str, float]
    comments: Mapping[str, str]
    timestamp: datetime.datetime | None
    needs_review: bool = False  #: it was set aside for a person


class Transaction:
    """Writes the entries of one assignment through one connection, all or nothing."""

    def __init__(self, connection: Connection, layout: Layout, penalty: Penalty) -> None:
        self.connection, self.layout, self.penalty = connection, layout, penalty
        self.late: list[dict[str, Any]] = []
        self.grades: dict[str, list[dict[str, Any]]] = {"new": [], "old": []}
        self.comments: dict[str, list[dict[str, Any]]] = {"new": [], "old": []}

    def write(self, entries: list[Entry]) -> None:
        """Enter the entries, one a student."""
        students = [entry.student for entry in entries]
        known = {row.id for row in self._rows(select(Student.id), Student.id, students)}
        self._insert(Student, [{"id": s} for s in students if s not in known])
        submissions = self._submissions(entries)
        notebooks = self._notebooks([row["id"] for row in submissions.values()])
        ids = [row["id"] for row in notebooks.values()]
        grades = self._by_cell(Grade, ids)
        comments = self._by_cell(Comment, ids)
        for entry in entries:
            submission = submissions[entry.student]
            for notebook_id in self.layout.notebooks:
                notebook = notebooks[submission["id"], notebook_id]
                self._write_notebook(entry, submission, notebook, grades, comments)
        for table, rows in ((Grade, self.grades), (Comment, self.comments)):
            self._insert(table, rows["new"])
            self._update(table, rows["old"])
        self._update(SubmittedNotebook, self.late)

    def _submissions(self, entries: list[Entry]) -> dict[str, dict[str, Any]]:
        table, assignment = SubmittedAssignment.__table__, self.layout.id
        query = select(table).where(table.c.assignment_id == assignment)
        students = [entry.student for entry in entries]
        found = {
            row.student_id: dict(row._mapping)
            for row in self._rows(query, table.c.student_id, students)
        }
        new, moved = [], []
        for entry in entries:
            row = found.get(entry.student)
            if row is None:
                row = {
                    "id": new_uuid(),
                    "assignment_id": assignment,
                    "student_id": entry.student,
                    "timestamp": entry.timestamp,
                    "extension": None,
                }
                new.append(row)
                found[entry.student] = {**row, "resubmitted": True}
            elif entry.timestamp is not None and entry.timestamp != row["timestamp"]:
                moved.append({"id": row["id"], "timestamp": entry.timestamp})
                found[entry.student] = {**row, "timestamp": entry.timestamp, "resubmitted": True}
        self._insert(SubmittedAssignment, new)
        self._update(SubmittedAssignment, moved)
        return found

    def _notebooks(self, submissions: list[str]) -> dict[tuple[str, str], dict[str, Any]]:
        table = SubmittedNotebook.__table__
        found = {
            (row.assignment_id, row.notebook_id): dict(row._mapping)
            for row in self._rows(select(table), table.c.assignment_id, submissions)
        }
        new = [
            {"id": new_uuid(), "assignment_id": submission, "notebook_id": notebook}
            for submission in submissions
            for notebook in self.layout.notebooks
            if (submission, notebook) not in found
        ]
        new = [{**row, "flagged": False, "late_submission_penalty": None} for row in new]
        self._insert(SubmittedNotebook, new)
        return found | {(row["assignment_id"], row["notebook_id"]): row for row in new}

    def _by_cell(self, table: Any, notebooks: list[str]) -> dict[tuple[str, str], Any]:
        query = select(table.__table__)
        rows = self._rows(query, table.__table__.c.notebook_id, notebooks)
        return {(row.notebook_id, row.cell_id): row for row in rows}

    def _write_notebook(
        self,
        entry: Entry,
        submission: Mapping[str, Any],
        notebook: Mapping[str, Any],
        grades: Mapping[tuple[str, str], Any],
        comments: Mapping[tuple[str, str], Any],
    ) -> None:
        layout = self.layout
        news = bool(submission.get("resubmitted"))  # something happened since the last verdict
        # what is set aside, or was and is no more, says so in its comments
        waits = entry.needs_review or any(
            grade.needs_manual_grade for (of, _), grade in grades.items() if of == notebook["id"]
        )
        for cell in layout.commented.values():
            if cell.notebook == notebook["notebook_id"]:
                old = comments.get((notebook["id"], cell.id))
                text = entry.comments.get(cell.name)
                news |= old is None or (waits and old.auto_comment != text)
                self._put_comment(old, cell, notebook["id"], text)
        total = 0.0
        for cell in layout.graded.values():
            if cell.notebook == notebook["notebook_id"]:
                old = grades.get((notebook["id"], cell.id))
                total += self._put_grade(entry, old, cell, notebook["id"], news)
        penalty = self._late_penalty(entry.student, submission, total)
        if penalty != notebook["late_submission_penalty"]:
            self.late.append({"id": notebook["id"], "late_submission_penalty": penalty})

    def _put_comment(self, old: Any, cell: Cell, notebook: str, text: str | None) -> None:
        if old is None:
            row = {"id": new_uuid(), "cell_id": cell.id, "notebook_id": notebook}
            self.comments["new"].append({**row, "auto_comment": text, "manual_comment": None})
        elif old.auto_comment != text:
            self.comments["old"].append({"id": old.id, "auto_comment": text})

    def _put_grade(self, entry: Entry, old: Any, cell: Cell, notebook: str, news: bool) -> float:
        """Enter one grade; the score that counts, with manual score and extra credit."""
        manual = old.manual_score if old is not None else None
        extra = (old.extra_credit or 0.0) if old is not None else 0.0
        score = entry.scores.get(cell.name)
        if score is None and not cell.by_hand:
            score = 0.0
        changed = old is None or old.auto_score != score or news
        if score is None:
            needs = manual is None or changed or old.needs_manual_grade
        elif not changed:
            needs = old.needs_manual_grade
        else:
            needs = manual is not None or entry.needs_review
        if old is None:
            row = {"id": new_uuid(), "cell_id": cell.id, "notebook_id": notebook}
            row |= {"auto_score": score, "manual_score": None, "extra_credit": None}
            self.grades["new"].append({**row, "needs_manual_grade": needs})
        elif (old.auto_score, old.needs_manual_grade) != (score, needs):
            self.grades["old"].append(
                {"id": old.id, "auto_score": score, "needs_manual_grade": needs}
            )
        if manual is None and score is None:
            return 0.0
        return (manual if manual is not None else score or 0.0) + extra

    def _late_penalty(
        self, student: str, submission: Mapping[str, Any], score: float
    ) -> float | None:
        due = self.layout.duedate
        if due is None or submission["timestamp"] is None:
            return None
        due += submission["extension"] or datetime.timedelta()
        late = (submission["timestamp"] - due).total_seconds()
        return self.penalty(student, score, late) if late > 0 else None

    # ----------------------------------------------------------------------------- statements

    def _rows(self, query: Any, column: Any, values: list[str]) -> Iterable[Any]:
        for start in range(0, len(values), _CHUNK):
            chunk = values[start : start + _CHUNK]
            yield from self.connection.execute(query.where(column.in_(chunk)))

    def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(insert(table.__table__), rows)

    def _update(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            columns: dict[str, Any] = {
                name: bindparam(f"_{name}") for name in rows[0] if name != "id"
            }
            statement = update(table.__table__).where(table.__table__.c.id == bindparam("_id"))
            renamed = [{f"_{name}": value for name, value in row.items()} for row in rows]
            self.connection.execute(statement.values(columns), renamed)
