"""What an instructor reads of a graded class: one page that needs nothing else.

First who needs a look, and why; then scores, exercises, mistakes by what they cost, and wrong
answers that nothing explains, in groups. Reading needs no script; with scripts the tables sort and
a student is found by typing. The page loads nothing and sends nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from importlib import resources

import jinja2
from markupsafe import Markup

from autograder.live.style import rich
from autograder.pages.charts import histogram, stacked
from autograder.pages.class_summary import (
    FEWEST,
    KINDS,
    OUTCOMES,
    ClassReport,
    Person,
    by_name,
    tenth,
)
from autograder.pages.templates import environment as templates

_LIBRARY, _LICENSE = "vendor/datatables-3.1.5.min.js", "vendor/datatables.LICENSE.txt"
_SCRIPT, _STYLE = "class_report.js", "class_report.css"
_MOST_CODE = 4_000  #: characters of an answer that are shown
_MOST_OPEN = 12  #: mistakes that are shown; the others are behind a click
_MOST_MISTAKES = 25  #: of all chapters, on the course's page


def render(report: ClassReport) -> str:
    """A chapter's page as HTML, harmless whatever a student wrote."""
    return _page("class_report.html", report=report, people={p.id: p for p in report.people})


def render_course(title: str, reports: Sequence[tuple[ClassReport, str]]) -> str:
    """The page of a whole course: each report, and where its page lies from there."""
    people: dict[str, Person] = {}
    for report, _ in reports:
        people |= {person.id: person for person in report.people}
    standing = {
        (report.assignment, person.id): person for report, _ in reports for person in report.people
    }
    ordered = sorted(people.values(), key=by_name)
    found = [(r, mistake) for r, _ in reports for mistake in (*r.mistakes, *r.unknown)]
    dearest = sorted(found, key=lambda pair: -pair[1].points)[:_MOST_MISTAKES]
    return _page(
        "course_report.html",
        title=title,
        reports=reports,
        people=ordered,
        standing=standing,
        dearest=dearest,
    )


# ------------------------------------------------------------------------------------ templates


def _page(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = templates(_MOST_CODE)
    environment.filters["rich"] = lambda text: Markup(rich(str(text)))
    environment.filters["duration"] = duration
    scripts = [f"/*\n{_text(_LICENSE)}*/\n{_text(_LIBRARY)}", _text(_SCRIPT)]
    style = _text(_STYLE)
    environment.globals |= {
        "KINDS": KINDS,
        "OUTCOMES": OUTCOMES,
        "FEWEST": FEWEST,
        "MOST_OPEN": _MOST_OPEN,
        "histogram": lambda *given: Markup(histogram(*given)),
        "stacked": lambda *given: Markup(stacked(*given)),
        "tenth": tenth,
        "tenths_of": lambda most: [f"{i * most / 10:g}–{(i + 1) * most / 10:g}" for i in range(10)],
        "policy": _policy(scripts, style),
        "scripts": [Markup(script) for script in scripts],
        "style": Markup(style),
    }
    return environment


def _text(name: str) -> str:
    return resources.files("autograder.pages").joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: Sequence[str], style: str) -> Markup:
    """What a browser may run and load: these very scripts and this style, nothing else."""
    runs = " ".join(_digest(script) for script in scripts)
    return Markup(
        f"default-src 'none'; script-src {runs}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def duration(seconds: float) -> str:
    """Seconds, in units that a person reads."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
