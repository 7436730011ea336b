"""A graded class as a report shows it: people, exercises, mistakes, in plain data."""

from __future__ import annotations

import dataclasses
import functools
import statistics
from collections.abc import Mapping

#: why somebody needs a look, the most urgent first
KINDS = {
    "aside": "set aside",
    "flag": "flagged",
    "limit": "limit hit",
    "syntax": "syntax error",
    "unexplained": "nothing explains it",
    "far": "unlike the other chapters",
}
#: what became of an exercise of a student, in the order of the bars
OUTCOMES = {
    "solved": "solved",
    "mistake": "a known mistake",
    "unknown": "another wrong answer",
    "error": "the cell stops with an error",
    "syntax": "syntax error",
    "limit": "limit hit",
    "unreached": "not reached",
    "open": "not answered",
    "undecided": "undecided",
}
FEWEST = 10  #: students that a discrimination needs
LOW = 0.2  #: below it an exercise tells little about who can do the rest


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why somebody needs a look: one of :data:`KINDS`, and a sentence."""

    kind: str
    sentence: str


@dataclasses.dataclass(frozen=True)
class Person:
    """A student of the class. ``points`` are those of the exercises, in the report's order.

    ``links`` are what can be opened: words and an address relative to the page. ``marks`` say why
    the score is not the judge's (late, by hand).
    """

    id: str
    name: str
    score: float
    graded: bool
    points: tuple[float | None, ...] = ()
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def is_scored(self) -> bool:
        """Whether its score is one: the judge's, or a person's of what was set aside."""
        return self.graded or not any(reason.kind == "aside" for reason in self.reasons)

    @property
    def kinds(self) -> list[str]:
        """The kinds of its reasons, the most urgent first."""
        own = {reason.kind for reason in self.reasons}
        return [kind for kind in KINDS if kind in own]


@dataclasses.dataclass(frozen=True)
class Lost:
    """A requirement that cost points: of the whole class, and of how many students."""

    name: str
    sentence: str
    points: float
    students: int


@dataclasses.dataclass(frozen=True)
class ExerciseRow:
    """One exercise over the whole class; ``outcomes`` has the students of each outcome."""

    name: str
    title: str
    minutes: int
    points: float
    mean: float
    outcomes: Mapping[str, tuple[str, ...]]
    lost: tuple[Lost, ...]
    discrimination: float | None

    @property
    def solved(self) -> int:
        """How many have all of it right."""
        return len(self.outcomes.get("solved", ()))

    @property
    def cost(self) -> float:
        """What the class lost in it."""
        return sum(lost.points for lost in self.lost)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many students there are of each outcome that there is."""
        return [(name, len(self.outcomes[name])) for name in OUTCOMES if self.outcomes.get(name)]

    @property
    def words(self) -> str:
        """The same as a sentence."""
        return ", ".join(f"{count} {OUTCOMES[name]}" for name, count in self.counts)

    @property
    def tip(self) -> str:
        """What a low discrimination asks for; empty where it is not low."""
        if self.discrimination is None or self.discrimination >= LOW:
            return ""
        if self.discrimination < 0:
            return "Those who are good at the rest lose points here: read its statement and checks."
        return "It tells little about who can do the rest: too easy, too hard, or unclear?"


@dataclasses.dataclass(frozen=True)
class Mistake:
    """Students with the same mistake: a known one, or (with ``id``) a group that nobody named.

    ``points`` is what they lost in the exercise together, ``code`` the most typical answer,
    ``same`` what they have in common: the ``evidence``, an ``exception``, or that they ``stopped``.
    """

    exercise: str
    name: str
    message: str
    students: tuple[str, ...]
    points: float
    code: str
    id: str = ""
    same: str = "evidence"

    @property
    def is_single(self) -> bool:
        """Whether nobody else made it."""
        return len(self.students) == 1


@dataclasses.dataclass(frozen=True)
class Times:
    """Seconds of the attempts as they were executed, and when the first and the last one was."""

    seconds: tuple[float, ...]
    span: str = ""

    @property
    def total(self) -> float:
        """Seconds of all attempts, as if one followed the other."""
        return sum(self.seconds)

    @property
    def median(self) -> float:
        """Seconds of the attempt in the middle."""
        return statistics.median(self.seconds) if self.seconds else 0.0


@dataclasses.dataclass(frozen=True)
class ClassReport:
    """A graded class. ``people`` are in order of their names; ``far`` states the rule for them."""

    assignment: str
    max_score: float
    people: tuple[Person, ...]
    exercises: tuple[ExerciseRow, ...]
    mistakes: tuple[Mistake, ...]
    unknown: tuple[Mistake, ...]
    times: Times
    far: str = ""
    anonymous: bool = False

    @property
    def graded(self) -> int:
        """How many submissions count."""
        return sum(person.graded for person in self.people)

    @property
    def scores(self) -> list[float]:
        """The scores of those that count."""
        return [person.score for person in self.people if person.graded]

    @property
    def look(self) -> list[Person]:
        """Who needs a look: the most urgent first, and who has more reasons before others."""
        rank = list(KINDS)
        found = [person for person in self.people if person.reasons]
        return sorted(found, key=lambda p: (rank.index(p.kinds[0]), -len(p.kinds)))

    @property
    def counts(self) -> dict[str, int]:
        """How many students there are of each kind of reason."""
        return {kind: sum(kind in person.kinds for person in self.people) for kind in KINDS}

    @property
    def quartiles(self) -> list[float]:
        """A quarter, half and three quarters of the scores lie below; empty for fewer than two."""
        few = len(self.scores) < 2
        return [] if few else statistics.quantiles(self.scores, n=4, method="inclusive")

    @property
    def full(self) -> int:
        """How many have all points."""
        return sum(score >= self.max_score - 1e-6 for score in self.scores)

    @property
    def hardest(self) -> ExerciseRow | None:
        """The exercise that the fewest solved."""
        return min(self.exercises, key=lambda row: row.solved, default=None)

    @functools.cached_property
    def places(self) -> dict[str, int]:
        """Where each student stands in the order of names, from 1."""
        return {person.id: i for i, person in enumerate(self.people, 1)}

    def has(self, outcome: str) -> bool:
        """Whether any exercise ended like this for anybody."""
        return any(row.outcomes.get(outcome) for row in self.exercises)

    @property
    def tenths(self) -> list[int]:
        """Students by tenths of the points."""
        bins = [0] * 10
        for score in self.scores:
            bins[tenth(score, self.max_score)] += 1
        return bins


def tenth(score: float, of: float) -> int:
    """In which tenth of the points a score lies; all points lie in the last."""
    return max(0, min(9, int(score / of * 10 + 1e-9))) if of else 0


def by_name(person: Person) -> tuple[str, str]:
    """The order of people: by name as far as it is known, then by id."""
    return (person.name or person.id).casefold(), person.id
