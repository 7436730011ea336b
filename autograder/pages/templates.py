"""Where all pages come from: templates that escape whatever is put into them."""

from __future__ import annotations

import jinja2

from autograder.live.style import clean


def environment(most: int) -> jinja2.Environment:
    """The templates of this folder; ``clean`` shows at most ``most`` characters of a text."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.pages", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clean"] = lambda text: clean(str(text), most)
    made.filters["points"] = points
    return made


def points(number: float) -> str:
    """Points with two decimals at the most."""
    return f"{round(number, 2):g}"
