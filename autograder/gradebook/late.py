"""How late each submission is and what that costs, over all assignments of a student.

Days in hand are spent over the term, so a penalty depends on a student's other submissions: what is
spent is worked out from all of them each time, and grading in another order gives the same.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nbgrader.api import Assignment, Grade, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import BasePlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import Connection, bindparam, select, update
from traitlets import TraitError
from traitlets.config import Config

from autograder.course.dates import span
from autograder.errors import AutograderError
from autograder.gradebook.database import CHUNK
from autograder.gradebook.late_policy import LatePolicy


def configured_plugin(config: Config) -> BasePlugin:
    """nbgrader's plug-in for late penalties, as configured.

    Raises :class:`AutograderError` when it cannot be had.
    """
    try:
        preprocessor = AssignLatePenalties(config=config)
        preprocessor.init_plugin()
        return preprocessor.plugin_inst
    except (ImportError, TraitError) as error:
        raise AutograderError(
            f"nbgrader_config.py: the rule for late submissions cannot be used: {error}"
        ) from None


@dataclasses.dataclass(frozen=True)
class Lateness:
    """One submission's times, in UTC, and its penalty as the gradebook has it.

    ``due`` is with the student's extension; None where the assignment has no date. ``days`` are
    those begun after it, ``spent`` of them taken from the days in hand; both are 0 with a plug-in
    of another kind.
    """

    student: str
    assignment: str
    due: datetime.datetime | None
    extension: datetime.timedelta | None
    handed_in: datetime.datetime | None
    penalty: float
    days: int = 0
    spent: int = 0
    notebooks: tuple[tuple[str, float | None], ...] = ()  #: id and penalty of each

    @property
    def seconds(self) -> float:
        """Seconds after the due date; 0 for what is not late."""
        if self.due is None or self.handed_in is None:
            return 0.0
        return max(0.0, (self.handed_in - self.due).total_seconds())

    @property
    def words(self) -> str:
        """How late it is and what that costs, in a few words; empty for what is not late."""
        if not self.seconds:
            return ""
        in_hand = f" ({self.spent} in hand)" if self.spent else ""
        cost = f", -{self.penalty:g}" if self.penalty else ""
        return f"{span(self.seconds)}{in_hand}{cost}"

    def as_json(self) -> dict[str, Any] | None:
        """What a record says of it; None for what is not late."""
        if not self.seconds:
            return None
        assert self.due is not None and self.handed_in is not None
        return {
            "penalty": self.penalty,
            "seconds": self.seconds,
            "days": self.days,
            "days_in_hand": self.spent,
            "due": f"{self.due.isoformat()}+00:00",
            "handed_in": f"{self.handed_in.isoformat()}+00:00",
            "extension_seconds": self.extension.total_seconds() if self.extension else None,
        }


def due_date(
    duedate: datetime.datetime | None, extension: datetime.timedelta | None
) -> datetime.datetime | None:
    """A student's own due date, within the calendar."""
    if duedate is None or not extension:
        return duedate
    try:
        return duedate + extension
    except OverflowError:
        return datetime.datetime.max if extension.days > 0 else datetime.datetime.min


def read_lateness(
    connection: Connection, plugin: BasePlugin, students: Sequence[str] | None = None
) -> dict[tuple[str, str], Lateness]:
    """Every submission of these students, or of all, by student and assignment.

    They come in the order of the assignments' due dates, in which days in hand are spent.
    """
    table, submission = Assignment.__table__, SubmittedAssignment.__table__
    notebook = SubmittedNotebook.__table__
    query = (
        select(
            submission.c.id,
            submission.c.student_id,
            submission.c.timestamp,
            submission.c.extension,
            table.c.name,
            table.c.duedate,
            notebook.c.id.label("notebook"),
            notebook.c.late_submission_penalty.label("penalty"),
        )
        .join(table, table.c.id == submission.c.assignment_id)
        .outerjoin(notebook, notebook.c.assignment_id == submission.c.id)
    )
    rows: dict[tuple[str, str], list[Any]] = collections.defaultdict(list)
    for row in _of(connection, query, submission.c.student_id, students):
        rows[row.student_id, row.name].append(row)
    found: dict[str, list[Lateness]] = collections.defaultdict(list)
    by_date = lambda own: (own[0].duedate or datetime.datetime.max, own[0].name)  # noqa: E731
    for own in sorted(rows.values(), key=by_date):
        first = own[0]
        notebooks = tuple((row.notebook, row.penalty) for row in own if row.notebook)
        one = Lateness(
            first.student_id,
            first.name,
            due_date(first.duedate, first.extension),
            first.extension or None,
            first.timestamp,
            sum(penalty or 0.0 for _, penalty in notebooks),
            notebooks=notebooks,
        )
        found[one.student].append(one)
    return {
        (one.student, one.assignment): one
        for own in found.values()
        for one in _with_days(own, plugin)
    }


def _with_days(own: Sequence[Lateness], plugin: BasePlugin) -> Iterator[Lateness]:
    if not isinstance(plugin, LatePolicy):
        yield from own
        return
    for one, spent in zip(own, plugin.spent(one.seconds for one in own), strict=True):
        yield dataclasses.replace(one, days=plugin.days(one.seconds), spent=spent)


def write_penalties(
    connection: Connection, plugin: BasePlugin, students: Sequence[str] | None = None
) -> dict[str, set[str]]:
    """Work out the penalties of these students, or of all, again; executes nothing.

    Returns:
        whose penalty changed, by assignment.
    """
    rows, changed = _new_penalties(connection, plugin, students)
    if rows:
        table = SubmittedNotebook.__table__
        statement = update(table).where(table.c.id == bindparam("_id"))
        connection.execute(
            statement.values({"late_submission_penalty": bindparam("_penalty")}), rows
        )
    return changed


def penalties_are_old(connection: Connection, plugin: BasePlugin) -> bool:
    """Whether a date, a score or the rule has changed since the penalties were worked out."""
    return bool(_new_penalties(connection, plugin, None)[0])


def _new_penalties(
    connection: Connection, plugin: BasePlugin, students: Sequence[str] | None
) -> tuple[list[dict[str, Any]], dict[str, set[str]]]:
    """What has to be written of the penalties, and whose changed by assignment."""
    known = read_lateness(connection, plugin, students)
    late = [one for one in known.values() if one.seconds]
    scores = _scores(connection, [id for one in late for id, _ in one.notebooks])
    changed: dict[str, set[str]] = {}
    rows: list[dict[str, Any]] = []
    for one in known.values():
        for id, before in one.notebooks:
            now = _penalty(plugin, one, scores.get(id, 0.0)) if one.seconds else None
            if now != before:
                rows.append({"_id": id, "_penalty": now})
                if (now or 0.0) != (before or 0.0):
                    changed.setdefault(one.assignment, set()).add(one.student)
    return rows, changed


def _penalty(plugin: BasePlugin, one: Lateness, score: float) -> float | None:
    """What nbgrader's AssignLatePenalties would take off; None for nothing."""
    try:
        if isinstance(plugin, LatePolicy):
            penalty: Any = plugin.penalty(score, one.days - one.spent)
        else:
            penalty = plugin.late_submission_penalty(one.student, score, one.seconds)
        if penalty is None:
            return None
        points = float(penalty)
        if not math.isfinite(points):
            raise ValueError(f"it said {points}")
    except Exception as error:
        raise AutograderError(
            f"The late-penalty plug-in {type(plugin).__name__} failed on {one.assignment} of "
            f"{one.student} ({type(error).__name__}: {error}): mend it, or take "
            f"c.AssignLatePenalties.plugin_class out of nbgrader_config.py."
        ) from error
    return min(max(points, 0.0), max(score, 0.0))  # as AssignLatePenalties bounds it


def _scores(connection: Connection, notebooks: Sequence[str]) -> dict[str, float]:
    """The scores of submitted notebooks before any penalty, as nbgrader adds them up."""
    table = Grade.__table__
    query = select(
        table.c.notebook_id, table.c.auto_score, table.c.manual_score, table.c.extra_credit
    )
    totals: dict[str, float] = collections.defaultdict(float)
    for row in _of(connection, query, table.c.notebook_id, notebooks):
        totals[row.notebook_id] += points_of(row)
    return totals


def points_of(grade: Any) -> float:
    """The points of a row of the table of grades, as ``nbgrader.api.Grade.score`` has them."""
    score = grade.auto_score if grade.manual_score is None else grade.manual_score
    return 0.0 if score is None else score + (grade.extra_credit or 0.0)


def _of(
    connection: Connection, query: Any, column: Any, values: Sequence[str] | None
) -> Iterable[Any]:
    if values is None:
        yield from connection.execute(query)
        return
    for start in range(0, len(values), CHUNK):
        yield from connection.execute(query.where(column.in_(values[start : start + CHUNK])))
