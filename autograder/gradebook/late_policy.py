"""The course's rule for late submissions, as nbgrader's plug-in for it.

nbgrader_config.py names it, ``c.AssignLatePenalties.plugin_class``, and says how strict it is,
``c.LatePolicy.per_day = 0.1``. As it stands, nothing is taken off.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from nbgrader.plugins import BasePlugin
from traitlets import Float, Integer

_DAY = 86400.0  #: seconds


class LatePolicy(BasePlugin):
    """A share of the points for each day begun, after a grace period and days in hand."""

    grace_minutes = Float(
        0.0, min=0.0, help="So many minutes after the due date nothing is late, on any day."
    ).tag(config=True)
    per_day = Float(
        0.0, min=0.0, max=1.0, help="The share of a submission's points that a day begun costs."
    ).tag(config=True)
    floor = Float(
        0.0, min=0.0, max=1.0, help="The share of its points that a late submission keeps at least."
    ).tag(config=True)
    days_in_hand = Integer(
        0,
        min=0,
        help="Late days over the whole term that cost a student nothing; whole days, spent in the "
        "order of the due dates.",
    ).tag(config=True)

    def days(self, seconds: float) -> int:
        """Days begun after the due date and the grace period."""
        late = seconds - 60.0 * self.grace_minutes
        return max(0, math.ceil(late / _DAY))

    def spent(self, seconds: Iterable[float]) -> list[int]:
        """Days in hand that each of a student's submissions takes, in the order of due dates."""
        left, taken = self.days_in_hand, []
        for late in seconds:
            taken.append(min(left, self.days(late)))
            left -= taken[-1]
        return taken

    def penalty(self, score: float, days: int) -> float:
        """Points to take off ``score`` for so many late days that are to be paid."""
        return round(score * min(self.per_day * days, 1.0 - self.floor), 6)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float:
        """The penalty as nbgrader asks for it, which names no assignment: no days in hand.

        The grader asks :meth:`spent` and :meth:`penalty`, which know all of a student's
        submissions.
        """
        return self.penalty(score, self.days(total_seconds_late))
