"""A lesson's text cut into its cells, and notebook cells written as text in the percent format.

:mod:`autograder.course.lesson` reads a text as a notebook; here is the way back, cell by cell, so
that what did not change keeps every byte.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course.proofread import Cell, split

#: what programs note in a cell's metadata about how it was last seen or run
VIEW = ("collapsed", "scrolled", "jupyter", "ExecuteTime", "execution", "trusted", "vscode")

#: what JupyterLab writes for a cell about which nothing is said
NOTHING = {"editable": True, "deletable": True, "tags": [], "slideshow": {"slide_type": ""}}

_KIND = {"code": "", "markdown": "[markdown]", "raw": "[raw]"}
_HEADER = re.compile(r"^#\s*%%.*$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Content:
    """What of a notebook's cell a text says: its kind, its source and its metadata."""

    kind: str
    source: str
    metadata: Mapping[str, Any]


def content(cell: NotebookNode) -> Content:
    """A cell without empty lines at its ends, and without metadata that mean nothing."""
    metadata = {
        key: value
        for key, value in json.loads(json.dumps(cell.metadata)).items()
        if key not in VIEW and (key not in NOTHING or NOTHING[key] != value)
    }
    return Content(cell.cell_type, cell.source.strip("\n"), metadata)


@dataclasses.dataclass(frozen=True)
class Segment:
    """One cell of a text: all its lines, from its header to the next cell's."""

    text: str
    cell: Cell

    @property
    def is_hints(self) -> bool:
        """Whether it stands in the text alone, for an exercise's hints."""
        return "hints" in self.cell.tags


def segments(text: str) -> tuple[str, list[Segment]]:
    """What stands before the first cell, and the cells; put together they are the text."""
    lines = text.splitlines(keepends=True)
    cells = split(text)
    starts = [cell.line - 1 for cell in cells]
    ends = [*starts[1:], len(lines)]
    parts = ("".join(lines[start:end]) for start, end in zip(starts, ends, strict=True))
    found = [Segment(part, cell) for part, cell in zip(parts, cells, strict=True)]
    return "".join(lines[: starts[0] if starts else len(lines)]), found


def written(wanted: Content) -> str:
    """A cell as text, with an empty line behind it."""
    return f"{_header('', wanted.kind, wanted.metadata)}\n{_body(wanted)}\n\n"


def rewritten(segment: Segment, now: Content, wanted: Content) -> str:
    """A cell's text changed so that it reads as ``wanted`` instead of ``now``; the rest stays."""
    header, _, body = segment.text.partition("\n")
    if (now.kind, now.metadata) != (wanted.kind, wanted.metadata):
        said = dict(segment.cell.metadata)
        metadata = {
            key: _in_order(value, wanted.metadata.get(key, value))
            for key, value in said.items()
            if key in wanted.metadata or key not in now.metadata  # what authors alone say stays
        }
        title = re.sub(r"\s*\[\w*\]$", "", _title(header))
        header = _header(title, wanted.kind, metadata | _beside(wanted.metadata, metadata))
    if (now.kind, now.source) != (wanted.kind, wanted.source):
        behind = body[len(body.rstrip("\n")) :] or "\n"
        body = f"{_body(wanted)}{behind}"
    return f"{header}\n{body}"


def _in_order(old: Any, new: Any) -> Any:
    """The new value with its keys in the order of the old one."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return new
    return {key: new[key] for key in old if key in new} | _beside(new, old)


def _beside(all_of: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in all_of.items() if key not in known}


def _title(header: str) -> str:
    options = re.search(r"(?:^|(?<=\s))[A-Za-z_][\w.@/-]*=", header)
    said = header[: options.start() if options else len(header)]
    return re.sub(r"^#\s*%%\s*", "", said).strip()


def _header(title: str, kind: str, metadata: Mapping[str, Any]) -> str:
    said = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in metadata.items()]
    return " ".join(filter(None, ["# %%", title, _KIND[kind], *said]))


def _body(wanted: Content) -> str:
    """The lines below a header, as jupytext writes them."""
    import jupytext

    cell = nbformat.from_dict(
        {"cell_type": wanted.kind, "id": "cell", "source": wanted.source, "metadata": {}}
    )
    if wanted.kind == "code":
        cell.outputs, cell.execution_count = [], None
    text = jupytext.writes(nbformat.v4.new_notebook(cells=[cell]), fmt="py:percent")
    header = _HEADER.search(text)
    body: str = text[header.end() if header else 0 :]
    return body.strip("\n")
