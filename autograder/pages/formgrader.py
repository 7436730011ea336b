"""What formgrader's page of a submission gets besides nbgrader's own: it opens at what was lost.

The graded notebook begins with a line that links to the answers that lost points. On formgrader's
page that line stays in sight, and the page opens at the first of them. nbgrader's own script waits
for MathJax, which comes from the network; without a network it is told not to wait.
"""

from __future__ import annotations

import dataclasses
import functools
import html
import importlib.resources
from collections.abc import Mapping, Sequence
from urllib.parse import quote

LOST = "autograder-lost"  #: id of the cell with the links, and the class of the line on the page


@dataclasses.dataclass(frozen=True)
class Lost:
    """An exercise that lost points; its name is the ``grade_id`` of the solution cell."""

    exercise: str
    earned: float
    points: float


def lost_line(lost: Sequence[Lost]) -> str:
    """The line as Markdown, with links to the field below each answer, where one may comment."""
    links = [
        f'<a href="#{quote(item.exercise)}-comment"><code>{html.escape(item.exercise)}</code> '
        f"{round(item.earned, 2):g} of {item.points:g}</a>"
        for item in lost
    ]
    return f"**Lost in autograding:** {' · '.join(links)}"


def is_formgrader(resources: object) -> bool:
    """Whether nbconvert renders formgrader's page of a submission."""
    return isinstance(resources, Mapping) and "submission_id" in resources


def in_sight(line: str) -> str:
    """The rendered line, marked for :func:`script`."""
    return f'<div class="{LOST}">{line}</div>'


@functools.cache
def script() -> str:
    """Style and script of the page. Nothing of a notebook is in them."""
    return importlib.resources.files("autograder.pages").joinpath("formgrader.html").read_text()
