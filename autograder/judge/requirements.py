"""An exercise's verdicts → what each of its requirements earns, and each of its grade cells.

A requirement's points lie partly in the visible checks and partly in the hidden ones, in the same
proportion for all that a visible check shows; each part is divided evenly over the checks that
establish the requirement there. A side condition counts only where the values of its own record
are right; right values of another type (a list for a tuple) earn half. Of "no trace" at most half
is left in a cell where one check found a trace: whether something was left behind is no matter of
how many kinds of input there are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from autograder.evidence import Evidence
from autograder.judge.exercise import NO_TRACE, Exercise, Requirement
from autograder.judge.verdicts import Verdict


@dataclasses.dataclass(frozen=True)
class Earned:
    """One requirement of one submission: the points it earned, and why not all of them."""

    exercise: str
    name: str
    points: float
    earned: float
    passed: bool
    reason: str | None = None
    misconception: str | None = None
    sentence: str = ""
    in_cells: tuple[float, float] = (0.0, 0.0)  #: what it earned in the visible and the hidden cell

    @property
    def line(self) -> str:
        """``✗ any size (0.5 of 1 point): why``, for people."""
        sign = "✓" if self.passed else "✗"
        unit = "point" if self.points == 1 else "points"
        said = f": {self.reason}" if self.reason and not self.passed else ""
        return f"{sign} {self.name} ({round(self.earned, 2):g} of {self.points:g} {unit}){said}"


def established(exercise: Exercise, reference: Evidence) -> set[str]:
    """The requirements that a check is about."""
    if not exercise.requirements:
        return {""}
    asked = {requirement.name for requirement in exercise.requirements}
    about = {reference.requirement or exercise.main, NO_TRACE, *reference.sides.values()}
    return about & asked


def earned(
    exercise: Exercise, references: Sequence[Evidence], verdicts: Sequence[Verdict]
) -> list[Earned]:
    """What each requirement of an exercise earns, in the order of its statement."""
    by_name = {verdict.check: verdict for verdict in verdicts}
    about = {reference.name: established(exercise, reference) for reference in references}
    asked = _weighed(exercise)
    shares = _shares(exercise, asked, about)
    found = []
    for requirement in asked:
        got, broken, any_check = [], [], False
        for share, names in zip(shares[requirement.name], exercise.cells.values(), strict=True):
            own = [by_name[n] for n in names if n in by_name and requirement.name in about[n]]
            kept = [_kept(v, requirement.name, exercise) for v in own]
            broken += [v for v, part in zip(own, kept, strict=True) if part < 1]
            any_check = any_check or bool(own)
            part = sum(kept) / len(own) if own else 0.0
            if requirement.name == NO_TRACE and any(_left_a_trace(v) for v in own):
                part = min(part, _AFTER_A_TRACE)
            got.append(share * part)
        reason, misconception = _why(broken, requirement.name)
        found.append(
            Earned(
                exercise.name,
                requirement.name or exercise.name,
                requirement.points,
                round(sum(got), 6),
                any_check and not broken,
                reason,
                misconception,
                requirement.sentence,
                (got[0], got[1]),
            )
        )
    return found


def _weighed(exercise: Exercise) -> Sequence[Requirement]:
    """The requirements with points that add up to those of the grade cells today."""
    total = sum(exercise.points)
    if not exercise.requirements:
        return (Requirement("", total, ""),)
    written = sum(requirement.points for requirement in exercise.requirements)
    if not written or abs(written - total) < 1e-9:
        return exercise.requirements
    return [
        dataclasses.replace(requirement, points=requirement.points * total / written)
        for requirement in exercise.requirements
    ]


def _shares(
    exercise: Exercise, asked: Sequence[Requirement], about: Mapping[str, set[str]]
) -> dict[str, tuple[float, float]]:
    """The points of each requirement in the visible and in the hidden cell."""
    visible, hidden = exercise.points
    if not exercise.requirements:
        return {"": (visible, hidden)}
    seen, decided = (
        set().union(*(about[n] for n in names if n in about)) for names in exercise.cells.values()
    )
    shown = sum(r.points for r in asked if r.name in seen)
    shares = {}
    for requirement in asked:
        first = visible * requirement.points / shown if requirement.name in seen else 0.0
        if requirement.name not in decided:
            first = requirement.points
        shares[requirement.name] = (first, requirement.points - first)
    return shares


def _kept(verdict: Verdict, requirement: str, exercise: Exercise) -> float:
    """What of a requirement's share in a check is earned: all, half for another type, nothing."""
    if not exercise.requirements:
        return verdict.share if verdict.passed or not verdict.right else 0.0
    parts = [part for part in verdict.parts if part.requirement == requirement]
    is_kept = bool(parts) and all(part.holds or part.type_only for part in parts)
    is_main = any(part.kind == "main" for part in parts)
    return (verdict.share if is_main else float(verdict.share > 0)) if is_kept else 0.0


_AFTER_A_TRACE = 0.5  #: of a cell's share of "no trace"


def _left_a_trace(verdict: Verdict) -> bool:
    if not verdict.share:
        return False
    return any(
        p.requirement == NO_TRACE and p.kind != "main" and not p.holds for p in verdict.parts
    )


def _why(broken: Sequence[Verdict], requirement: str) -> tuple[str | None, str | None]:
    """Why a requirement is broken: by its own checks first, else by what made them not count."""
    for verdict in broken:
        own = [p for p in verdict.parts if p.requirement == requirement and not p.holds]
        if own and verdict.share:
            said = verdict.reason if verdict.misconception else own[0].reason
            return said, verdict.misconception
    if broken:
        return broken[0].reason, broken[0].misconception
    return None, None
