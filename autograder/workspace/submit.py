"""Handing in as a file: one chapter's notebook → one archive with a timestamp.

The archive is called ``<chapter>-<student>-<time>.zip`` and holds the notebook, the student's own
modules beside it, and nbgrader's ``timestamp.txt``. On a hub nbgrader's own exchange does this
instead.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import io
import json
import re
import shlex
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from autograder.course.assignment import headings
from autograder.course.dates import local
from autograder.course.definitions import leftover
from autograder.errors import AutograderError, NotAnswered
from autograder.files import write_whole
from autograder.handin import (
    DEVICES,
    MAX_MODULE_BYTES,
    MAX_MODULES,
    MAX_NOTEBOOK_BYTES,
    TIME,
    TIMESTAMP,
    TIMESTAMP_FILE,
    nbgrader_of,
    read_cells,
    source,
    spelled,
)
from autograder.intake.modules import read_modules
from autograder.workspace.own_copy import Edition, OwnCopy

FOLDER = "handed_in"  #: in the student's copy
State = Literal["answered", "left_over", "not_answered", "not_run", "failed"]
_STILL: dict[State, str] = {
    "not_answered": "not answered yet",
    "not_run": "its check was not run after the last restart, or its output is gone",
    "failed": "its check does not pass yet",
    "left_over": "its check passes, but a `raise NotImplementedError()` is left in its cell: "
    "take it out",
}
_CASES = "LMN"  #: letters, marks and digits of any script
_BETWEEN = frozenset("_.@+-' ’·\u200c\u200d")


@dataclasses.dataclass(frozen=True)
class HandedIn:
    """What was handed in.

    ``exercises`` is each exercise's state as the saved notebook shows it; ``saved`` is when the
    notebook was saved, local time; ``others`` are other versions of the chapter that the student
    has worked on; ``outputs`` says whether the notebook's outputs went along. ``fuller`` are
    notebooks beside it with more answers, ``modules`` the student's own modules that went along and
    ``left_out`` those that did not, ``lost`` the exercises whose cell has lost its name.
    """

    path: Path
    notebook: Path
    saved: datetime.datetime
    exercises: dict[str, State]
    others: tuple[str, ...]
    outputs: bool
    fuller: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def __str__(self) -> str:
        size = self.path.stat().st_size / 1e3
        lines = [
            f"{self.path}",
            f"  holds {self.notebook.parent.name}/{self.notebook.name}, saved "
            f"{local(self.saved)}, and the time of handing in ({size:.0f} kB).",
        ]
        if not self.outputs:
            lines.append("  Its outputs made it too large and were left out; they are not graded.")
        if self.modules:
            lines.append(f"  Your own modules went along: {', '.join(self.modules)}.")
        for file in self.left_out:
            lines.append(
                f"  {file} did NOT go along: at most {MAX_MODULES} modules with plain names, of "
                f"{MAX_MODULE_BYTES // 1000} kB each, can be graded."
            )
        for file in self.fuller:
            lines.append(
                f"  {file!r} beside it has more answers and was NOT handed in. Is that the one you "
                f"mean? Then: autograder submit {shlex.quote(file)}"
            )
        if self.lost:
            lines.append(
                f"  These cells have lost their names, in another program or by copying: "
                f"{', '.join(self.lost)}. They are graded if they can be recognised; better copy "
                f"your answers into a fresh notebook of the chapter."
            )
        for folder in self.others:
            lines.append(
                f"  There is work of yours in {folder!r} too: saved earlier, not handed in."
            )
        if self.open:
            count = len(self.exercises) - len(self.open)
            lines.append(f"{count} of {len(self.exercises)} exercises look finished. Still open:")
            lines += [f"  {name}: {_STILL[state]}" for name, state in self.open.items()]
        elif self.exercises:
            lines.append(f"All {len(self.exercises)} exercises look finished.")
        lines.append("Send this file, as it is, where your instructor collects the work. You may")
        lines.append("hand in again; the latest counts. Something unsaved? Save it, submit again.")
        return "\n".join(lines)

    @property
    def open(self) -> dict[str, State]:
        """The exercises that are not known to be right."""
        return {name: state for name, state in self.exercises.items() if state != "answered"}


def is_plain(name: str) -> bool:
    """Whether a student's name can be that of a file and a folder, once it is spelled for it."""
    stem = name.split(".")[0].strip().lower()
    letters = all(c in _BETWEEN or unicodedata.category(c)[0] in _CASES for c in name)
    return (
        letters
        and 0 < len(name) <= 64
        and unicodedata.category(name[0])[0] in "LN"
        and not name.endswith((".", " "))
        and stem not in DEVICES
    )


def archive_name(chapter: str, student: str, when: datetime.datetime) -> str:
    """The name of an archive; ``when`` in any zone."""
    return f"{chapter}-{spelled(student)}-{when.astimezone(datetime.UTC).strftime(TIME)}.zip"


def submit(own: OwnCopy, chapter: str, student: str, when: datetime.datetime) -> HandedIn:
    """Write the archive of one chapter into ``handed_in/`` of the student's copy.

    ``chapter`` may also be the path of its folder or of a notebook. Where the copy holds several
    versions of the chapter, the one that the student saved last is handed in. Raises
    :class:`AutograderError` when there is nothing to hand in.
    """
    student = unicodedata.normalize("NFC", student)
    if not is_plain(student):
        raise AutograderError(
            f"{student!r} cannot be part of a file's name. Use your name or number as your "
            f"instructor knows it, in letters, digits and . _ @ + - ' only."
        )
    chapter, named = _named(own, chapter)
    path, others = _choose(own, chapter)
    path = named or path
    data, outputs = _read(path)
    cells = _cells(data)
    if cells is None:
        raise AutograderError(
            f"{path} is not a notebook that can be read: was it saved? Open it in JupyterLab, save "
            f"it (Ctrl+S, on a Mac ⌘S), and submit again."
        )
    modules, left_out = _modules(own, chapter, path.parent)
    target = own.folder / FOLDER / archive_name(chapter, student, when)
    try:
        write_whole(target, _archive(chapter, data, modules, when))
        saved = datetime.datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    except OSError as error:
        raise AutograderError(f"{target} cannot be written: {error.strerror}.") from None
    with contextlib.suppress(OSError):  # a convenience; the archive is what counts
        own.remember_student(student)
    states = exercise_states(cells)
    known = headings(source(cell) for cell in cells if cell.get("cell_type") == "markdown")
    return HandedIn(
        target,
        path,
        saved,
        states,
        others,
        outputs,
        tuple(_fuller(path, states)),
        tuple(modules),
        tuple(left_out),
        tuple(name for name in known if name not in states),
    )


def _named(own: OwnCopy, chapter: str) -> tuple[str, Path | None]:
    """The chapter that an argument means, ``02_x``, ``02_x/`` or ``02_x.ipynb``, and a notebook.

    The notebook is one that was named and is not the chapter's usual one.
    """
    parts = [part for part in re.split(r"[/\\]", chapter.strip()) if part not in ("", ".")]
    last = parts[-1] if parts else ""
    if not last.lower().endswith(".ipynb"):
        return last, None
    stem = last[: -len(".ipynb")]
    if (own.folder / stem).is_dir() or own.editions(stem):
        return stem, None
    here = Path(chapter)
    folders = [here.parent, *(own.folder / part for part in parts[-2:-1]), *own.folder.glob("*/")]
    for folder in folders:
        path = folder / last
        held = re.sub(r" \(\d{4}-\d\d-\d\d.*\)$", "", path.resolve().parent.name)
        if path.is_file() and path.resolve().parent.parent == own.folder.resolve():
            return held, path.resolve()
    return stem, None


def _cells(data: bytes) -> list[dict[str, Any]] | None:
    """The cells of the student's own notebook, with their outputs however large it is."""
    if read_cells(data) is None:
        return None
    try:
        return [cell for cell in json.loads(data)["cells"] if isinstance(cell, dict)]
    except (ValueError, RecursionError, MemoryError):
        return None


def _fuller(path: Path, states: dict[str, State]) -> Iterator[str]:
    """Notebooks beside a notebook in which more exercises are answered."""
    count = sum(state != "not_answered" for state in states.values())
    for other in sorted(path.parent.glob("*.ipynb")):
        if other != path:
            try:
                cells = _cells(other.read_bytes())
            except OSError:
                continue
            theirs = exercise_states(cells or [])
            same = [state for name, state in theirs.items() if name in states]
            if sum(state != "not_answered" for state in same) > count:
                yield other.name


def _modules(own: OwnCopy, chapter: str, folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """The student's own modules in a folder, and those that are too large or too many."""
    given = {
        file
        for edition in own.editions(chapter)
        if (own.folder / edition.folder) == folder
        for file in edition.files
    }
    return read_modules(folder, given)


def exercise_states(cells: list[dict[str, Any]]) -> dict[str, State]:
    """The exercises of a saved notebook, by what the cells and their saved outputs show."""
    named: dict[str, dict[str, Any]] = {}
    for cell in cells:
        about = nbgrader_of(cell)
        if isinstance(about.get("grade_id"), str):
            named.setdefault(about["grade_id"], cell)
    states: dict[str, State] = {}
    for name, cell in named.items():
        if nbgrader_of(cell).get("solution") is not True:
            continue
        check = named.get(f"{name}-visible", {})
        outputs = check.get("outputs")
        errors = [
            output.get("ename")
            for output in (outputs if isinstance(outputs, list) else [])
            if isinstance(output, dict) and output.get("output_type") == "error"
        ]
        left = re.search(r"^\s*raise NotImplementedError", source(cell), re.MULTILINE)
        passed = bool(check.get("execution_count")) and not errors
        if passed and leftover(source(cell)):
            states[name] = "left_over"
        elif left or NotAnswered.__name__ in errors:
            states[name] = "not_answered"
        elif errors:
            states[name] = "failed"
        else:
            states[name] = "answered" if check.get("execution_count") else "not_run"
    return states


def _choose(own: OwnCopy, chapter: str) -> tuple[Path, tuple[str, ...]]:
    """The notebook to hand in, and the folders of other versions that hold work."""
    editions = own.editions(chapter) or [Edition(chapter, chapter, {}, {})]
    known = {e.folder: own.folder / e.folder / e.notebook for e in editions}
    there = {folder: path for folder, path in known.items() if path.is_file()}
    if not there:
        chapters = sorted(p.stem for p in own.folder.glob("*/*.ipynb") if p.stem == p.parent.name)
        raise AutograderError(
            f"There is no notebook {known[editions[-1].folder]}. "
            f"Chapters in {own.folder}: {', '.join(chapters) or 'none'}."
        )
    begun = {e.folder: there[e.folder] for e in editions if e.folder in there and own.begun(e)}
    candidates = begun or there
    chosen = max(candidates, key=lambda folder: candidates[folder].stat().st_mtime_ns)
    return candidates[chosen], tuple(folder for folder in begun if folder != chosen)


def _read(path: Path) -> tuple[bytes, bool]:
    """A notebook's bytes, without its outputs when it is too large with them."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AutograderError(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) <= MAX_NOTEBOOK_BYTES:
        return data, True
    cells = read_cells(data)
    if cells is not None:
        for cell in cells:
            if "outputs" in cell:
                cell["outputs"] = []
        data = json.dumps({**json.loads(data), "cells": cells}, indent=1).encode()
    if len(data) > MAX_NOTEBOOK_BYTES:
        raise AutograderError(
            f"{path} has {len(data) / 1e6:.0f} MB; at most {MAX_NOTEBOOK_BYTES / 1e6:.0f} MB can "
            f"be graded. Is a picture or a data set pasted into one of its cells?"
        )
    return data, False


def _archive(
    chapter: str, notebook: bytes, modules: dict[str, bytes], when: datetime.datetime
) -> bytes:
    utc = when.astimezone(datetime.UTC)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            (f"{chapter}.ipynb", notebook),
            (TIMESTAMP_FILE, utc.strftime(TIMESTAMP).encode()),
            *modules.items(),
        ):
            info = zipfile.ZipInfo(name, utc.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()
