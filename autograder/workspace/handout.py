"""A chapter as it is handed out, and what can be said about two versions of it.

A notebook counts as changed when its text, its outputs or its attachments are: what Jupyter writes
into the metadata when a notebook is merely opened and saved does not count.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from autograder.errors import AutograderError
from autograder.handin import read_cells, source
from autograder.judge.references import SUFFIX

_HEADING = re.compile(r"^#{1,3}\s+(.+?)\s*$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Chapter:
    """The files of ``release/<name>/``: path relative to that folder, with ``/`` → bytes."""

    name: str
    files: Mapping[str, bytes]

    @property
    def notebook(self) -> str:
        """The notebook's file name."""
        return f"{self.name}.ipynb"

    @cached_property
    def digests(self) -> dict[str, str]:
        """A hash of every file; that of the notebook is :func:`digest`."""
        return {file: digest(file, data) for file, data in self.files.items()}

    @cached_property
    def sections(self) -> dict[str, str]:
        """The notebook's headings, each with a hash of the text below it."""
        return sections(self.files[self.notebook])


def find_course(start: Path) -> Path | None:
    """The folder with chapters in ``release/`` (a course or a bundle): ``start`` or one above."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if chapter_names(folder / "release"):
            return folder
    return None


def chapter_names(release: Path) -> list[str]:
    """The chapters in ``release/``, in order."""
    return sorted(path.stem for path in release.glob("*/*.ipynb") if path.stem == path.parent.name)


def read_chapter(release: Path, name: str) -> Chapter:
    """A chapter with all its files; hidden ones are not handed out."""
    folder = release / name
    files = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            files[relative.as_posix()] = path.read_bytes()
    if f"{name}.ipynb" not in files:
        raise AutograderError(f"There is no chapter {name!r} in {release}.")
    return Chapter(name, files)


def is_reference(file: str) -> bool:
    """Whether a file is one that students do not edit."""
    return file.endswith(SUFFIX)


def digest(file: str, data: bytes) -> str:
    """A hash of a file's content; of a notebook, of what a reader sees of its cells."""
    if file.endswith(".ipynb"):
        cells = read_cells(data)
        if cells is not None:
            shown = [
                [cell.get("cell_type"), source(cell), cell.get("outputs"), cell.get("attachments")]
                for cell in cells
            ]
            data = json.dumps(shown, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()


def sections(notebook: bytes) -> dict[str, str]:
    """The headings of a notebook, each with a hash of the cells from there to the next one."""
    texts: dict[str, list[str]] = {}
    title = "the beginning"
    for cell in read_cells(notebook) or []:
        text = source(cell)
        if cell.get("cell_type") == "markdown" and (match := _HEADING.search(text)):
            # "Exercise 2.3 · `strided_conv` · ★☆☆ · 10 minutes" → "Exercise 2.3 · strided_conv"
            title = " · ".join(match[1].replace("`", "").split(" · ")[:2])[:80]
        texts.setdefault(title, []).append(text)
    return {
        title: hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
        for title, parts in texts.items()
    }


def changed_sections(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """What to tell a reader of the old version: changed and new sections, then those gone."""
    changed = [t if t in old else f"{t} (new)" for t in new if old.get(t) != new[t]]
    return tuple(changed + [f"{title} (gone)" for title in old if title not in new])
