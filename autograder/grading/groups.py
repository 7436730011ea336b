"""Wrong answers that nothing explains → groups of students who made the same mistake."""

from __future__ import annotations

import dataclasses

from autograder.grading.pipeline import Pipeline


@dataclasses.dataclass(frozen=True)
class Group:
    """Unexplained wrong answers of one exercise whose evidence is equal.

    ``sentence`` is what the judge says of them: the relation to the right answer, an error, a
    limit. ``code`` is the most frequent answer, cut where it is long: the text of a student, to be
    escaped. ``points_lost`` is what all of them lost together.
    """

    id: str
    exercise: str
    students: tuple[str, ...]
    sentence: str
    code: str
    points_lost: float


def groups(pipeline: Pipeline) -> list[Group]:
    """The groups of an assignment's last grading; those that cost most points first."""
    return []
