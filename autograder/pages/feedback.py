"""What a student reads of a graded chapter: one page that needs nothing else.

First how the whole stands, then each exercise that lost points: each message once with yours,
expected and their difference, a hint, the student's own code. Light, dark, on paper, on a phone.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import jinja2

from autograder.course.dates import span
from autograder.live.style import CSS, clean, rich
from autograder.pages.formulas import typeset
from autograder.pages.templates import environment as templates
from autograder.pages.templates import points

MOST_CODE = 6_000  #: characters of an exercise's code, and of its hidden checks


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
    """One exercise. ``automatic`` are the judge's points, ``points`` those that count.

    ``hidden`` is the source of its hidden checks, where the course shows it.
    """

    name: str
    title: str
    points: float
    max_points: float
    automatic: float
    by_hand: bool
    comments: tuple[str, ...]
    asked: tuple[Asked, ...] = ()
    open: bool = False
    code: str = ""
    cards: tuple[Card, ...] = ()
    hint: str = ""
    hidden: str = ""

    @property
    def lost(self) -> float:
        """Points; what adding up shares leaves is none."""
        return round(self.max_points - self.points, 4)

    @property
    def is_told(self) -> bool:
        """Whether it has a section of its own."""
        return bool(self.cards or self.comments or self.open) or self.lost > 0

    @property
    def heading(self) -> str:
        """Its number and its name; the name alone where it has no number."""
        return self.name if self.title == self.name else f"{self.title} · {self.name}"

    @property
    def state(self) -> tuple[str, str]:
        """A sign and a word."""
        if self.open:
            return "○", "not answered"
        if self.lost <= 0:
            return "✓", "all points"
        return "✗", f"{points(self.lost)} lost"


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
    comments: tuple[str, ...] = ()  #: a person's, of what is no exercise
    title: str = ""  #: the chapter's, as its text has it

    @property
    def late(self) -> str:
        """How late it was, in the largest units that say something; empty when it was not."""
        return span(self.late_seconds) if self.late_seconds > 0 else ""


def render(page: Page) -> str:
    """The page as HTML, harmless whatever a student wrote."""
    return _template().render(page=page)


def together(pages: Sequence[str]) -> str:
    """Several pages of one student as one document, each beginning on a sheet of its own."""
    head = pages[0].partition("<body>")[0]
    bodies = [page.partition("<body>")[2].rpartition("</body>")[0] for page in pages]
    inner = "\n".join(f'<div class="chapter">{body}</div>' for body in bodies)
    return f"{head}<body>\n{inner}\n</body>\n</html>\n"


def _cut(code: str) -> str:
    """Code of at most :data:`MOST_CODE` characters, with a line that says what is left out."""
    shown = clean(code, len(code))
    if len(shown) <= MOST_CODE:
        return shown
    kept = shown[:MOST_CODE]
    return f"{kept}…\n# {len(shown) - len(kept):,} more characters are not shown here."


@functools.cache
def _template() -> jinja2.Template:
    environment = templates(20_000)
    environment.filters["bare"] = lambda html: html.removeprefix(f"<style>{CSS}</style>")
    environment.filters["code"] = _cut
    environment.filters["rich"] = rich
    environment.filters["typeset"] = lambda text: typeset(rich(text))
    environment.globals["css"] = CSS
    return environment.get_template("feedback.html")
