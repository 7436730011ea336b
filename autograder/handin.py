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
MAX_NOTEBOOK_BYTES = 64 * 2**20  #: the grader reads no more
MAX_PARTS = 1_000_000  #: brackets, braces, commas and colons of a large notebook's JSON
MAX_MODULES = 20  #: of the student's own that are handed in beside a notebook
MAX_MODULE_BYTES = 200_000  #: of one of them
MAX_MODULES_BYTES = 1_000_000  #: of all of them
TIME = "%Y-%m-%dT%H-%M-%SZ"  #: in the archive's name, UTC; no system forbids its characters
TIMESTAMP = "%Y-%m-%d %H:%M:%S.%f %Z"  #: nbgrader's, in timestamp.txt
#: a module of the student's own that can be imported by its name
MODULE_NAME = re.compile(r"(?!\d)\w{1,60}\.py", re.ASCII)
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))]
)


def spelled(student: str) -> str:
    """A student's name as it stands in a file's name, safe on every system: ``Jos_x00E9_``.

    What is no ASCII letter, digit or one of ``. _ @ + -`` becomes its code, as in Office's files.
    """
    return re.sub(r"[^A-Za-z0-9_.@+-]|_(?=x[0-9A-Fa-f]{4,6}_)", _code, student)


def read_name(spelling: str) -> str:
    """The inverse of :func:`spelled`."""
    return re.sub(r"_x([0-9A-Fa-f]{4,6})_", _character, spelling)


def _code(match: re.Match[str]) -> str:
    return f"_x{ord(match[0]):04X}_"


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else match[0]


Fault = Literal["empty", "json", "object", "format", "cells", "parts"]

_SMALL = 2**21  #: bytes that are parsed as they are
#: texts, also one that never ends, and brackets, which are all that is looked for
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_UNREAD = re.compile(rb'"(?:outputs|attachments)"')


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

    Of a large one the outputs and attachments of cells are left out, and what is left must not
    have more than :data:`MAX_PARTS`: a parsed ``[]`` takes twenty times its bytes. Raises
    :class:`NotANotebook`.
    """
    if not data.strip():
        raise NotANotebook("empty")
    try:
        notebook = json.loads(_slim(data) if len(data) > _SMALL else data)
    except NotANotebook:
        raise
    except (ValueError, RecursionError, MemoryError):
        raise NotANotebook("json") from None
    if not isinstance(notebook, dict):
        raise NotANotebook("object")
    if notebook.get("nbformat") != 4 or isinstance(notebook["nbformat"], bool):
        raise NotANotebook("format", notebook.get("nbformat"))
    if not isinstance(notebook.get("cells"), list):
        raise NotANotebook("cells")
    return notebook


def _slim(data: bytes) -> bytes:
    """A notebook's JSON without the outputs and attachments of its cells.

    Raises :class:`NotANotebook` where what is left consists of too many parts, and ValueError for
    bytes that are no text.
    """
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        data = data.decode(encoding).encode("utf-8", "surrogatepass")
    kept: list[bytes] = []
    start = end = depth = 0
    key = b""
    left_out = 0  # the depth that what is left out began at
    parts = 0
    for count, token in enumerate(_TOKEN.finditer(data)):
        if count > 2 * MAX_PARTS:
            raise NotANotebook("parts")
        text = token[0] if token.end() - token.start() < 20 else b""
        if not left_out:
            parts += data.count(b",", end, token.start()) + data.count(b":", end, token.start()) + 1
            if parts > MAX_PARTS:
                raise NotANotebook("parts")
        if text in (b"[", b"{"):
            depth += 1
            # {, the list of cells, one cell, its outputs
            if depth == 4 and not left_out and _UNREAD.fullmatch(key):
                kept.append(data[start : token.end()])
                left_out = depth
        elif text in (b"]", b"}"):
            if left_out == depth:
                start, left_out = token.start(), 0
            depth -= 1
        key = text
        end = token.end()
    if left_out:
        raise ValueError("it ends within a cell's outputs")
    parts += data.count(b",", end) + data.count(b":", end)
    if parts > MAX_PARTS:
        raise NotANotebook("parts")
    return b"".join([*kept, data[start:]])


def read_cells(data: bytes) -> list[dict[str, Any]] | None:
    """The cells of a notebook that are objects, None when the bytes are no notebook of format 4.

    Those of a large one come without outputs.
    """
    try:
        cells = read_notebook(data)["cells"]
    except NotANotebook:
        return None
    return [cell for cell in cells if isinstance(cell, dict)]


def nbgrader_of(cell: Mapping[str, Any]) -> dict[str, Any]:
    """What nbgrader's metadata says of a cell; empty where it has none."""
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return about if isinstance(about, dict) else {}


def source(cell: Mapping[str, Any]) -> str:
    """The text of a cell, whichever of the two ways it is stored."""
    text = cell.get("source", "")
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
