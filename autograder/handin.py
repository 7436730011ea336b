"""The file that a student hands in: its name, its time, its notebook.

What the student's side writes and the instructor's side reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

TIMESTAMP_FILE = "timestamp.txt"  #: nbgrader's, beside a submission: the time of handing in
MAX_TIMESTAMP_BYTES = 100  #: of that file
MAX_NOTEBOOK_BYTES = 20 * 2**20  #: the grader reads no more: two hundred figures in outputs fit
TIME = "%Y-%m-%dT%H-%M-%SZ"  #: in the archive's name, UTC; no system forbids its characters
TIMESTAMP = "%Y-%m-%d %H:%M:%S.%f %Z"  #: nbgrader's, in timestamp.txt
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}(?<!\.)")
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))]
)


Fault = Literal["empty", "json", "object", "format", "cells"]


class NotANotebook(ValueError):
    """Bytes that are no notebook of format 4: ``fault`` says what is amiss, for programs.

    ``found`` is the format that was found, where that is the fault.
    """

    def __init__(self, fault: Fault, found: object = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.found = found


def read_notebook(data: bytes) -> dict[str, Any]:
    """A notebook of format 4 with a list of cells, which may be anything at all.

    Raises :class:`NotANotebook`.
    """
    if not data.strip():
        raise NotANotebook("empty")
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError, MemoryError):
        raise NotANotebook("json") from None
    if not isinstance(notebook, dict):
        raise NotANotebook("object")
    if notebook.get("nbformat") != 4 or isinstance(notebook["nbformat"], bool):
        raise NotANotebook("format", notebook.get("nbformat"))
    if not isinstance(notebook.get("cells"), list):
        raise NotANotebook("cells")
    return notebook


def read_cells(data: bytes) -> list[dict[str, Any]] | None:
    """The cells of a notebook, None when the bytes are no notebook of format 4."""
    try:
        cells = read_notebook(data)["cells"]
    except NotANotebook:
        return None
    return cells if all(isinstance(cell, dict) for cell in cells) else None


def source(cell: Mapping[str, Any]) -> str:
    """The text of a cell, whichever of the two ways it is stored."""
    text = cell.get("source", "")
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
