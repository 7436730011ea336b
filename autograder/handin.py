"""The file that a student hands in: its name, its time, its notebook.

What the student's side writes and the instructor's side reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

TIMESTAMP_FILE = "timestamp.txt"  #: nbgrader's, beside a submission: the time of handing in
MAX_BYTES = 20 * 2**20  #: of a notebook; the grader reads no more
TIME = "%Y-%m-%dT%H-%M-%SZ"  #: in the archive's name, UTC; no system forbids its characters
TIMESTAMP = "%Y-%m-%d %H:%M:%S.%f %Z"  #: nbgrader's, in timestamp.txt
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}(?<!\.)")
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))]
)


def read_cells(notebook: bytes) -> list[dict[str, Any]] | None:
    """The cells of a notebook, None when the bytes are no notebook of format 4."""
    try:
        content = json.loads(notebook)
    except (ValueError, RecursionError):
        return None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        return None
    return cells


def source(cell: Mapping[str, Any]) -> str:
    """The text of a cell, whichever of the two ways it is stored."""
    text = cell.get("source", "")
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
