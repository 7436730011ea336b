"""The pages of formgrader and feedback, hardened a second time where they are rendered.

nbgrader_config.py puts these into the exporters of both. What the grader itself wrote is clean
already; here notebooks that were graded by other means, or edited since, are made safe too.
"""

from __future__ import annotations

import html
import re
from typing import Any

from jinja2 import pass_context
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from autograder.pages.formgrader import LOST, in_sight, is_formgrader, script
from autograder.pages.sanitize import (
    clean_html,
    render_markdown,
    sanitize_outputs,
    student_attribute,
)

_CLASSES = re.compile(r"(?:highlight|anchor-link|[a-z][a-z0-9]{0,2})")  # pygments' short names
_BESIDE = re.compile(r"(?!/)(?:(?!\.\.)[\w./%-])+\.(?:png|jpe?g)", re.IGNORECASE)
_LOCAL = re.compile(r"(?i)#[^\x00-\x20\"'<>`\\]*|(?!//)[\w./%-]+")


def course_attribute(tag: str, name: str, value: str) -> bool:
    """Which attributes a whole page may have; it is mostly the instructor's text."""
    if name == "class":
        return all(_CLASSES.fullmatch(part) for part in value.split())
    if name == "id":
        return tag in ("h1", "h2", "h3", "h4", "h5", "h6")
    if name == "href" and tag == "a" and _LOCAL.fullmatch(value):
        return True
    if name == "src" and tag == "img" and _BESIDE.fullmatch(value):
        return True
    return student_attribute(tag, name, value)


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """The filter of the same name in nbconvert's templates, with the rendered page cleaned."""
    cell = context.get("cell") or {}
    try:
        page = clean_html(render_markdown(str(source), cell.get("attachments")), course_attribute)
    except Exception:  # one cell that cannot be rendered must not hide the page
        page = f"<pre>{html.escape(str(source))}</pre>"
    if is_formgrader(context.get("resources")):
        if cell.get("id") == LOST:
            page = in_sight(page)
        if cell is _first_markdown(context.get("nb")):
            page = script() + page
    return page


def _first_markdown(notebook: Any) -> NotebookNode | None:
    cells = notebook.cells if notebook is not None else ()
    return next((cell for cell in cells if cell.cell_type == "markdown"), None)


class SanitizeNotebook(Preprocessor):
    """Cleans a whole notebook before it becomes a page: outputs, metadata, raw cells."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Nothing that a template writes into a page unescaped is left to the notebook's author."""
        nb.metadata = NotebookNode(language_info={"name": "python", "pygments_lexer": "ipython3"})
        nb.cells = [cell for cell in nb.cells if cell.cell_type in ("code", "markdown")]
        if not is_formgrader(resources):  # its links lead nowhere else
            nb.cells = [cell for cell in nb.cells if cell.get("id") != LOST]
        for cell in nb.cells:
            about = cell.metadata.get("nbgrader")
            plain = isinstance(about, dict) and re.fullmatch(
                r"[\w.+ -]{1,200}", str(about.get("grade_id", ""))
            )
            cell.metadata = NotebookNode(nbgrader=about) if plain else NotebookNode()
            if cell.cell_type == "code":
                cell.outputs = [NotebookNode(o) for o in sanitize_outputs(cell.outputs)]
        return nb, resources
