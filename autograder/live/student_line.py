"""Where in the student's own code an exception came from."""

from __future__ import annotations

import dataclasses
import linecache
import sys
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

_PACKAGE = str(Path(__file__).parent.parent)


@dataclasses.dataclass(frozen=True)
class Place:
    """A line of the student's code: ``Cell In[5]`` or a file's name, a line number, the line."""

    file: str
    line: int
    source: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.source}".rstrip(": ")


def student_line(error: BaseException | None) -> Place | None:
    """The last line of the student's own code in an exception's traceback, or None.

    The cell of the check itself is named only where nothing else is the student's.
    """
    here = _asking_cell()
    found = fallback = None
    trace: TracebackType | None = error.__traceback__ if error is not None else None
    while trace is not None:
        frame = trace.tb_frame
        if _is_students(frame):
            if frame.f_code.co_filename != here:
                found = frame, trace.tb_lineno
            elif not _line(here, trace.tb_lineno).startswith("check("):
                fallback = frame, trace.tb_lineno
        trace = trace.tb_next
    found = found or fallback
    if found is None:
        return None
    filename = found[0].f_code.co_filename
    return Place(_cell(filename) or Path(filename).name, found[1], _line(filename, found[1]))


def raised_by_asking_cell(error: BaseException) -> bool:
    """Whether an exception arose in the cell that is running a check, not in what it called."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename == _asking_cell()


def _asking_cell() -> str:
    """The file name of the cell (or script) that is running a check."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _is_students(frame):
            return frame.f_code.co_filename
        frame = frame.f_back
    return ""


def _is_students(frame: FrameType) -> bool:
    """Whether a frame is a notebook's cell, or a file in the working directory."""
    filename = frame.f_code.co_filename
    if _cell(filename) is not None:
        return True
    if filename.startswith(("<", _PACKAGE)) or "site-packages" in filename:
        return False
    try:
        return Path(filename).is_relative_to(Path.cwd())
    except OSError:  # the working directory is gone
        return False


def _cell(filename: str) -> str | None:
    """``Cell In[5]`` for the file name that IPython gives a cell's code, None for another."""
    module: Any = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is not None:
        named = shell.compile.format_code_name(filename)
        if named is not None:
            return " ".join(named)
    return "Cell" if filename.startswith("<ipython-input") or "ipykernel_" in filename else None


def _line(filename: str, number: int) -> str:
    return linecache.getline(filename, number).strip()
