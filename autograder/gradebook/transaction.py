"""One transaction on the gradebook's tables: many submissions, a dozen statements.

What an instructor entered (manual scores, extra credit, comments, flags, extensions) is read and
never written.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from nbgrader.api import (
    Comment,
    Grade,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from sqlalchemy import Connection, bindparam, insert, select, update

from autograder.gradebook.database import CHUNK, Cell, Layout

Rows = dict[str, dict[str, Any]]  #: by notebook and cell
_OF_GRADES = ("id", "auto_score", "manual_score", "needs_manual_grade")
_OF_COMMENTS = ("id", "auto_comment")


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

    def __init__(self, connection: Connection, layout: Layout) -> None:
        self.connection, self.layout = connection, layout
        self.grades: dict[str, list[dict[str, Any]]] = {"new": [], "old": []}
        self.comments: dict[str, list[dict[str, Any]]] = {"new": [], "old": []}

    def write(self, entries: list[Entry]) -> None:
        """Enter the entries, one a student; the table of students has them all."""
        submissions = self._submissions(entries)
        notebooks = self._notebooks([row["id"] for row in submissions.values()])
        ids = [row["id"] for row in notebooks.values()]
        grades = self._by_cell(Grade, _OF_GRADES, ids)
        comments = self._by_cell(Comment, _OF_COMMENTS, ids)
        for entry in entries:
            submission = submissions[entry.student]
            for notebook_id in self.layout.notebooks:
                notebook = notebooks[submission["id"], notebook_id]
                news = bool(submission.get("resubmitted"))
                own = grades[notebook["id"]], comments[notebook["id"]]
                self._write_notebook(entry, news, notebook, *own)
        for table, rows in ((Grade, self.grades), (Comment, self.comments)):
            self._insert(table, rows["new"])
            self._update(table, rows["old"])

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

    def _by_cell(self, table: Any, names: tuple[str, ...], notebooks: list[str]) -> Rows:
        """Some columns of a table's rows by notebook and cell."""
        columns = table.__table__.c
        query = select(columns.notebook_id, columns.cell_id, *(columns[name] for name in names))
        found: dict[str, dict[str, Any]] = {notebook: {} for notebook in notebooks}
        for row in self._rows(query, columns.notebook_id, notebooks):
            found[row[0]][row[1]] = row
        return found

    def _write_notebook(
        self,
        entry: Entry,
        news: bool,
        notebook: Mapping[str, Any],
        grades: Mapping[str, Any],
        comments: Mapping[str, Any],
    ) -> None:
        """Enter one notebook; ``news``: something happened since the last verdict."""
        layout = self.layout
        # what is set aside, or was and is no more, says so in its comments
        waits = entry.needs_review or any(grade.needs_manual_grade for grade in grades.values())
        for cell in layout.commented.values():
            if cell.notebook == notebook["notebook_id"]:
                old = comments.get(cell.id)
                text = entry.comments.get(cell.name)
                news |= old is None or (waits and old.auto_comment != text)
                self._put_comment(old, cell, notebook["id"], text)
        for cell in layout.graded.values():
            if cell.notebook == notebook["notebook_id"]:
                old = grades.get(cell.id)
                self._put_grade(entry, old, cell, notebook["id"], news)

    def _put_comment(self, old: Any, cell: Cell, notebook: str, text: str | None) -> None:
        if old is None:
            row = {"id": new_uuid(), "cell_id": cell.id, "notebook_id": notebook}
            self.comments["new"].append({**row, "auto_comment": text, "manual_comment": None})
        elif old.auto_comment != text:
            self.comments["old"].append({"id": old.id, "auto_comment": text})

    def _put_grade(self, entry: Entry, old: Any, cell: Cell, notebook: str, news: bool) -> None:
        manual = old.manual_score if old is not None else None
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

    # ----------------------------------------------------------------------------- statements

    def _rows(self, query: Any, column: Any, values: list[str]) -> Iterable[Any]:
        for start in range(0, len(values), CHUNK):
            chunk = values[start : start + CHUNK]
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
