"""What an exercise asks for: its requirements, and what a student may be told about it."""

from __future__ import annotations

import dataclasses

FLAGGED = "flagged: "  #: how a note begins that asks a person to read an answer
NO_TRACE = "no trace"  #: the requirement that every check establishes without being asked


def is_flag(note: str) -> bool:
    """Whether a note asks a person to read an answer; the student is not told."""
    return note.startswith(FLAGGED)


@dataclasses.dataclass(frozen=True)
class Requirement:
    """One thing that the statement asks for, with the points that it is worth."""

    name: str
    points: float
    sentence: str


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise as the chapter's text describes it.

    ``visible`` and ``hidden`` name its checks in the order in which they run; ``points`` are those
    of the two grade cells. ``parameters`` are what the exercise's function takes, by which traces
    in its arguments are told. Without ``requirements`` every check counts alike. ``further``: it is
    beyond the chapter's core.
    """

    name: str
    title: str = ""
    difficulty: int = 1
    minutes: int = 5
    hints: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    points: tuple[float, float] = (0.0, 0.0)
    requirements: tuple[Requirement, ...] = ()
    parameters: tuple[str, ...] = ()
    further: bool = False

    @property
    def cells(self) -> dict[str, tuple[str, ...]]:
        """The names of the checks of each grade cell, by ``grade_id``."""
        return {f"{self.name}-visible": self.visible, f"{self.name}-hidden": self.hidden}

    @property
    def main(self) -> str:
        """The requirement that a check establishes which names none: the first."""
        return self.requirements[0].name if self.requirements else ""
