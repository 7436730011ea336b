"""Submissions on disk: which there are, and reading one: hostile bytes in, source text out.

Only the type, the source and the two names of a cell (nbgrader's ``grade_id`` and nbformat's
``id``) are taken; nothing is validated into acceptance, and everything else is dropped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.errors import UnreadableSubmission
from autograder.files import NotRegular, TooLarge, read_regular
from autograder.handin import MAX_NOTEBOOK_BYTES, Fault, NotANotebook, read_notebook

MAX_CELLS = 2_000
MAX_SOURCE = 200_000  #: characters of one cell
MAX_TOTAL = 2_000_000  #: characters of all cells


@dataclasses.dataclass(frozen=True)
class SubmittedCell:
    """A cell's type and text, and what it calls itself."""

    cell_type: str
    source: str
    cell_id: str | None
    grade_id: str | None


@dataclasses.dataclass(frozen=True)
class Submission:
    """The cells of a submitted notebook, and remarks for the instructor."""

    cells: tuple[SubmittedCell, ...]
    notes: tuple[str, ...] = ()


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
}


def parse(data: bytes) -> Submission:
    """The cells of a notebook in nbformat 4. Raises :class:`UnreadableSubmission`."""
    try:
        notebook = read_notebook(data)
    except NotANotebook as wrong:
        sentence = _FAULTS[wrong.fault].format(found=_brief(wrong.found))
        raise UnreadableSubmission(sentence) from None
    cells = notebook["cells"]
    if len(cells) > MAX_CELLS:
        raise UnreadableSubmission(
            f"The notebook has {len(cells)} cells; at most {MAX_CELLS} are read."
        )
    read = [_cell(cell) for cell in cells]
    if sum(len(cell.source) for cell in read) > MAX_TOTAL:
        raise UnreadableSubmission(f"The cells hold more than {MAX_TOTAL:,} characters of text.")
    return Submission(tuple(read), tuple(_notes(notebook, read)))


def _cell(cell: Any) -> SubmittedCell:
    if not isinstance(cell, dict):
        raise UnreadableSubmission("One of the notebook's cells is not an object.")
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise UnreadableSubmission("One of the notebook's cells has no text.")
    if len(source) > MAX_SOURCE:
        raise UnreadableSubmission(
            f"One of the notebook's cells has {len(source):,} characters; "
            f"at most {MAX_SOURCE:,} are read."
        )
    # Lone surrogates come from JSON escapes and cannot be written to any file.
    source = source.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\0", "")
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return SubmittedCell(
        "code" if cell.get("cell_type") == "code" else "markdown",
        source,
        _name(cell.get("id")),
        _name(name),
    )


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def _brief(value: Any) -> str:
    return str(value) if isinstance(value, int | float) and abs(value) < 1000 else "unknown"


def _notes(notebook: dict[str, Any], cells: list[SubmittedCell]) -> list[str]:
    metadata = notebook.get("metadata")
    kernelspec = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    kernel = kernelspec.get("name") if isinstance(kernelspec, dict) else None
    notes = []
    if isinstance(kernel, str) and not kernel.startswith("python"):
        notes.append(f"The notebook asks for the kernel {kernel[:60]!r}; Python 3 was used.")
    seen: set[str] = set()
    repeated = []
    for cell in cells:
        if cell.grade_id is not None:
            if cell.grade_id in seen:
                repeated.append(cell.grade_id)
            seen.add(cell.grade_id)
    if repeated:
        names = ", ".join(sorted({name[:60] for name in repeated})[:5])
        notes.append(f"Copied cells ({names}): the first of each counts, the others run as code.")
    return notes


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


def _find_notebook(student: str, folder: Path, assignment: str) -> Found:
    path = folder / f"{assignment}.ipynb"
    if path.is_symlink():
        problem = "The notebook is a link, which is not followed."
        return Found(student, None, problem, folder=folder)
    if path.is_file():
        return Found(student, path, folder=folder)
    others = sorted(p for p in folder.glob("*.ipynb") if p.is_file() and not p.is_symlink())
    if len(others) == 1:
        note = f"The notebook is called {others[0].name[:80]!r} instead of {path.name!r}."
        return Found(student, others[0], note=note, folder=folder)
    problem = f"There is no notebook {path.name!r} in the folder."
    return Found(student, None, problem, folder=folder)
