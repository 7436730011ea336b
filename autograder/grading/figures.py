"""What the scores of a class say: which exercise tells its students apart, which score is odd."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from autograder.pages.class_summary import FEWEST

FAR = 0.25  #: of the points that a score must lie away, whatever the class does
DEVIATIONS = 3  #: and so many robust standard deviations of the class
OTHERS = 2  #: graded chapters besides, at least
_SIGMA = 1.4826  #: median absolute deviation → standard deviation of a normal distribution
RULE = (
    f"Unlike the other chapters: what a student's other chapters suggest is this chapter's median, "
    f"moved by the median of their distances from those chapters' medians. Listed is who lies more "
    f"than {FAR:.0%} of the points and more than {DEVIATIONS} robust standard deviations of the "
    f"class (median absolute deviation × {_SIGMA}) away from it, with {OTHERS} other graded "
    f"chapters or more."
)


def discriminations(points: Sequence[Sequence[float]]) -> list[float | None]:
    """For each exercise the correlation of its points with those of all the others.

    ``points`` has a row for each student. None for a class below :data:`FEWEST`, and where
    everybody has the same.
    """
    count = len(points[0]) if points else 0
    found: list[float | None] = []
    for i in range(count):
        own = [row[i] for row in points]
        rest = [sum(row) - row[i] for row in points]
        try:
            enough = len(points) >= FEWEST
            found.append(statistics.correlation(own, rest) if enough else None)
        except statistics.StatisticsError:
            found.append(None)
    return found


def far_from_others(
    shares: Mapping[str, Mapping[str, float]], assignment: str
) -> dict[str, tuple[float, float]]:
    """Whose share of the points is unlike what the other chapters suggest: both shares.

    ``shares`` are the graded ones by assignment and student.
    """
    middles = {name: statistics.median(own.values()) for name, own in shares.items() if own}
    here = shares.get(assignment, {})
    expected: dict[str, float] = {}
    for student in here:
        others = [
            own[student] - middles[name]
            for name, own in shares.items()
            if name != assignment and student in own
        ]
        if len(others) >= OTHERS:
            suggested = middles[assignment] + statistics.median(others)
            expected[student] = min(1.0, max(0.0, suggested))
    if not expected:
        return {}
    distances = {student: here[student] - share for student, share in expected.items()}
    middle = statistics.median(distances.values())
    spread = _SIGMA * statistics.median(abs(d - middle) for d in distances.values())
    most = max(FAR, DEVIATIONS * spread)
    return {
        student: (here[student], expected[student])
        for student, distance in distances.items()
        if abs(distance) > most
    }
