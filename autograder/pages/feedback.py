"""What a student reads of a graded chapter: one page that needs nothing else.

First how the whole stands, then each exercise that lost points: each message once with yours,
expected and their difference, a hint, the student's own code. Light, dark, on paper, on a phone.
"""

from __future__ import annotations

import dataclasses
import functools

import jinja2

from autograder.course.dates import span
from autograder.live.style import CSS, clean, rich


@dataclasses.dataclass(frozen=True)
class Asked:
    """A requirement of an exercise, and what of its points was earned."""

    name: str
    sentence: str
    earned: float
    points: float
    passed: bool


@dataclasses.dataclass(frozen=True)
class Card:
    """A message with its comparison, as HTML; ``others`` are checks that it explains as well."""

    html: str
    others: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Part:
    """One exercise. ``automatic`` are the judge's points, ``points`` those that count."""

    name: str
    title: str
    points: float
    max_points: float
    automatic: float
    by_hand: bool
    comments: tuple[str, ...]
    asked: tuple[Asked, ...]
    open: bool
    code: str
    cards: tuple[Card, ...]
    hint: str

    @property
    def is_told(self) -> bool:
        """Whether it has a section of its own."""
        return bool(self.cards or self.comments or self.open) or self.points < self.max_points

    @property
    def state(self) -> tuple[str, str]:
        """A sign and a word."""
        if self.open:
            return "○", "not answered"
        if self.points >= self.max_points:
            return "✓", "all points"
        return "✗", f"{self.max_points - self.points:.3g} lost"


@dataclasses.dataclass(frozen=True)
class Page:
    """A student's page. Points as the gradebook has them, the penalty taken off."""

    assignment: str
    student: str
    display: str
    score: float
    max_score: float
    reason: str | None
    penalty: float
    late_seconds: float
    notes: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def late(self) -> str:
        """How late it was, in the largest units that say something; empty when it was not."""
        return span(self.late_seconds) if self.late_seconds > 0 else ""


def render(page: Page) -> str:
    """The page as HTML, harmless whatever a student wrote."""
    return _template().render(page=page)


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.pages", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = lambda text: clean(str(text), 20_000)
    environment.filters["points"] = lambda number: f"{round(number, 2):g}"
    environment.filters["bare"] = lambda html: html.removeprefix(f"<style>{CSS}</style>")
    environment.filters["rich"] = rich
    environment.globals["css"] = CSS
    return environment.get_template("feedback.html")
