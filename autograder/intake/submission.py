"""Submissions on disk: which there are, and reading one: hostile bytes in, source text out.

Only the type, the source and the two names of a cell (nbgrader's ``grade_id`` and nbformat's
``id``) are taken; nothing is validated into acceptance, and everything else is dropped.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import UnreadableSubmission
from autograder.files import NotRegular, TooLarge, read_regular
from autograder.handin import (
    MAX_MODULES,
    MAX_NOTEBOOK_BYTES,
    Fault,
    NotANotebook,
    nbgrader_of,
    read_notebook,
)
from autograder.intake.modules import read_modules

MAX_CELLS = 2_000
MAX_SOURCE = 200_000  #: characters of one cell
MAX_TEXT = 100_000  #: characters of a text cell that are shown
MAX_TOTAL = 2_000_000  #: characters of all code cells, and of all text cells

_PICTURE = re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=\s]{1000,}")


@dataclasses.dataclass(frozen=True)
class SubmittedCell:
    """A cell's type and text, and what it calls itself."""

    cell_type: str
    source: str
    cell_id: str | None
    grade_id: str | None


@dataclasses.dataclass(frozen=True)
class Submission:
    """The cells of a submitted notebook, and remarks for the instructor.

    ``modules`` are the student's own, by file name.
    """

    cells: tuple[SubmittedCell, ...]
    notes: tuple[str, ...] = ()
    modules: Mapping[str, str] = dataclasses.field(default_factory=dict)


def read_bytes(path: Path) -> bytes:
    """The bytes of a submitted file; regular files only, links are not followed."""
    try:
        return read_regular(path, MAX_NOTEBOOK_BYTES)
    except NotRegular:
        raise UnreadableSubmission("The notebook is not a regular file.") from None
    except TooLarge as large:
        raise UnreadableSubmission(
            f"The notebook has {large.size / 1e6:.1f} MB; at most {MAX_NOTEBOOK_BYTES / 1e6:.0f} "
            f"MB are read. Clearing its outputs usually helps."
        ) from None
    except OSError as error:
        raise UnreadableSubmission(f"The notebook cannot be opened: {error.strerror}.") from None


_FAULTS: dict[Fault, str] = {
    "empty": "The notebook is an empty file.",
    "json": "The notebook is not valid JSON: it is damaged or was cut short.",
    "object": "The file is JSON, but not a notebook.",
    "format": "The notebook has format {found}; format 4 is expected. "
    "Opening and saving it in JupyterLab converts it.",
    "cells": "The notebook has no list of cells.",
    "parts": "The notebook consists of more parts than are read.",
}


def parse(data: bytes, modules: Mapping[str, str] | None = None) -> Submission:
    """The cells of a notebook in nbformat 4, and the modules that were handed in with it.

    Raises :class:`UnreadableSubmission`.
    """
    try:
        notebook = read_notebook(data)
    except NotANotebook as wrong:
        sentence = _FAULTS[wrong.fault].format(found=_brief(wrong.found))
        raise UnreadableSubmission(sentence) from None
    reader = _Reader()
    read = tuple(cell for cell in map(reader.cell, notebook["cells"]) if cell is not None)
    return Submission(read, (*_notes(notebook), *reader.notes()), modules or {})


class _Reader:
    """Reads cells. Only what would be executed is refused for its size; text is cut."""

    def __init__(self) -> None:
        self._number = 0
        self._code = self._texts = 0
        self._left = {"code": MAX_TOTAL, "markdown": MAX_TOTAL}
        self._odd: list[int] = []
        self._cut: list[int] = []

    def cell(self, cell: Any) -> SubmittedCell | None:
        """One cell; None for one that is empty or cannot be read."""
        self._number += 1
        source = cell.get("source", "") if isinstance(cell, dict) else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            self._odd.append(self._number)
            return None
        kind = "code" if cell.get("cell_type") == "code" else "markdown"
        if kind == "code":
            self._refuse_large(source)
        elif len(source) > MAX_TEXT or len(source) > self._left[kind]:
            source = _PICTURE.sub("(a pasted picture)", source)
            if len(source) > min(MAX_TEXT, self._left[kind]):
                source = source[: min(MAX_TEXT, self._left[kind])] + "…"
            self._cut.append(self._number)
        self._left[kind] -= len(source)
        if kind == "markdown":
            self._texts += 1
            if self._texts > MAX_CELLS:
                return None
        # Lone surrogates come from JSON escapes and cannot be written to any file.
        source = source.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\0", "")
        name = nbgrader_of(cell).get("grade_id")
        return SubmittedCell(kind, source, _name(cell.get("id")), _name(name))

    def _refuse_large(self, source: str) -> None:
        if len(source) > MAX_SOURCE:
            raise UnreadableSubmission(
                f"Code cell {self._number} of the notebook has {len(source):,} characters; at most "
                f"{MAX_SOURCE:,} are read."
            )
        if len(source) > self._left["code"]:
            raise UnreadableSubmission(
                f"The code cells hold more than {MAX_TOTAL:,} characters of text."
            )
        self._code += 1
        if self._code > MAX_CELLS:
            raise UnreadableSubmission(
                f"The notebook has more than {MAX_CELLS:,} code cells; no more are read."
            )

    def notes(self) -> Iterator[str]:
        """What was left out."""
        if self._odd:
            yield f"Cells that cannot be read were left out: {_listed(self._odd)}."
        if self._cut:
            yield f"Text cells that are very large were cut: {_listed(self._cut)}."
        if self._texts > MAX_CELLS:
            yield f"Of {self._texts:,} text cells the first {MAX_CELLS:,} are shown."


def _listed(numbers: list[int]) -> str:
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return ", ".join(f"cell {number}" for number in numbers[:5]) + more


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def _brief(value: Any) -> str:
    return str(value) if isinstance(value, int | float) and abs(value) < 1000 else "unknown"


def _notes(notebook: dict[str, Any]) -> Iterator[str]:
    metadata = notebook.get("metadata")
    kernelspec = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    kernel = kernelspec.get("name") if isinstance(kernelspec, dict) else None
    if isinstance(kernel, str) and not kernel.startswith("python"):
        yield f"The notebook asks for the kernel {kernel[:60]!r}; Python 3 was used."


def modules_beside(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The student's own modules beside a notebook, by file name, and what is to be said of them."""
    found, left_out = read_modules(folder, most=10 * MAX_MODULES)
    modules = {
        name: data.decode("utf-8-sig", "replace").replace("\0", "") for name, data in found.items()
    }
    if not left_out:
        return modules, []
    names = ", ".join(ascii(name[:60]) for name in left_out[:5])
    return modules, [f"Modules that are too large, too many or oddly named were left out: {names}."]


# ---------------------------------------------------------------------- finding them


@dataclasses.dataclass(frozen=True)
class Found:
    """One submission on disk: its notebook, or why there is none to read; the folder it is in."""

    student: str
    path: Path | None
    problem: str | None = None
    note: str | None = None
    folder: Path | None = None


def find_submissions(submitted: Path, assignment: str, known: set[str]) -> Iterator[Found]:
    """Every submission of an assignment below ``submitted/``, in order of the students' names.

    A student without a folder for this assignment has not submitted it; a folder whose name is no
    assignment's at all is somebody's submission under a wrong name, and is reported.
    """
    for folder in sorted(submitted.iterdir(), key=lambda path: path.name):
        if folder.name.startswith("."):
            continue
        try:
            found = _of_student(folder, assignment, known)
        except OSError as error:  # it may not be entered, or has just gone
            problem = f"The student's folder cannot be read: {error.strerror}."
            found = Found(folder.name, None, problem)
        if found is not None:
            yield found


def _of_student(folder: Path, assignment: str, known: set[str]) -> Found | None:
    """What a student's folder holds of an assignment. Raises OSError."""
    name = folder.name
    if not folder.is_dir():
        return None
    if folder.is_symlink():
        return Found(name, None, "The student's folder is a link, which is not followed.")
    inner = folder / assignment
    if inner.is_symlink():
        return Found(name, None, "The assignment's folder is a link; not followed.")
    if inner.is_dir():
        return _find_notebook(name, inner, assignment)
    entries = sorted(path.name for path in folder.iterdir())
    others = [entry for entry in entries if entry not in known and not entry.startswith(".")]
    if not others:
        return None
    names = ", ".join(repr(other[:60]) for other in others[:3])
    problem = f"There is no folder {assignment!r} here, but {names}: was it misnamed?"
    return Found(name, None, problem)


def notebooks_in(folder: Path) -> list[Path]:
    """The notebooks that lie in a submission's folder, links and hidden ones aside."""
    paths = sorted(p for p in folder.glob("*.ipynb") if not p.name.startswith("."))
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def _find_notebook(student: str, folder: Path, assignment: str) -> Found:
    path = folder / f"{assignment}.ipynb"
    if path.is_symlink():
        problem = "The notebook is a link, which is not followed."
        return Found(student, None, problem, folder=folder)
    if path.is_file():
        return Found(student, path, folder=folder)
    others = notebooks_in(folder)
    if len(others) == 1:
        note = f"The notebook is called {others[0].name[:80]!r} instead of {path.name!r}."
        return Found(student, others[0], note=note, folder=folder)
    problem = f"There is no notebook {path.name!r} in the folder."
    return Found(student, None, problem, folder=folder)
