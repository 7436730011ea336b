"""Which chapter a notebook is of: by the ids of its cells first, by its file's name else.

A file's name is a student's, a desktop's and a platform's; the cells' ids are the course's own.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import RefusedArchive
from autograder.handin import MAX_NOTEBOOK_BYTES, nbgrader_of, read_cells, source
from autograder.intake.archive import read_file

Cells = list[dict[str, Any]]


class Chapters:
    """The course's chapters, to recognise a notebook by.

    Args:
        names: the names of the assignments.
        notebooks: instructors' or students' versions of them; those that are no notebooks, and
            assignments that are not named, are recognised by their names alone.
    """

    def __init__(self, names: Iterable[str], notebooks: Mapping[str, Cells] | None = None) -> None:
        self.names = tuple(sorted(names))
        self._known = frozenset(self.names)
        self._texts: dict[str, dict[str, str]] = {}  #: of the solution cells as they are released
        self._graded: dict[str, frozenset[str]] = {}
        self._cells: dict[str, frozenset[str]] = {}
        for name, cells in (notebooks or {}).items():
            self._graded[name] = frozenset(filter(None, map(_grade_id, cells)))
            self._cells[name] = frozenset(filter(None, map(_cell_id, cells)))
            self._texts[name] = {
                key: _plain(source(cell))
                for cell in cells
                if nbgrader_of(cell).get("solution") is True
                and (key := _grade_id(cell)) is not None
            }
        self._exact = _pattern(re.escape(name) for name in self.names)
        self._spelled = [
            (name, pattern) for name in self.names if (pattern := _spellings(name)) is not None
        ]

    @classmethod
    def read(cls, notebooks: Mapping[str, Iterable[Path]]) -> Chapters:
        """The chapters of a course: for each the first of its files that is a notebook."""
        found: dict[str, Cells] = {}
        for name, paths in notebooks.items():
            for path in paths:
                with contextlib.suppress(RefusedArchive):
                    cells = read_cells(read_file(path, MAX_NOTEBOOK_BYTES))
                    if cells is not None:
                        found[name] = cells
                        break
        return cls(notebooks, found)

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def in_cells(self, cells: Cells | None, named: str | None = None) -> str | None:
        """The chapter whose cells a notebook has most of; None when there is no telling.

        Where two have as many, the one that the file's name says, if it is one of them.
        """
        for ids, own in ((self._graded, _grade_id), (self._cells, _cell_id)):
            mine = frozenset(filter(None, map(own, cells or ())))
            counts = {name: len(mine & known) for name, known in ids.items()}
            most = max(counts.values(), default=0)
            if most == 0:
                continue
            best = [name for name, count in counts.items() if count == most]
            if named in best:
                return named
            return best[0] if len(best) == 1 else None
        return None

    def in_text(self, text: str) -> tuple[str, str, str] | None:
        """The chapter that a name says, and what stands before and after it; or None.

        The chapter's own name counts first; then another spelling: ``2-Functional Conv``.
        """
        found = self._exact.search(text) if self.names else None
        if found is not None:
            return found[0], text[: found.start()], text[found.end() :]
        for name, pattern in self._spelled:
            match = pattern.search(text)
            if match is not None:
                return name, text[: match.start()], text[match.end() :]
        return None

    def answered(self, name: str, cells: Cells | None) -> int | None:
        """How many exercises differ from what was given out; None when that is not known."""
        given = self._texts.get(name)
        if not given or cells is None:
            return None
        mine: dict[str, str] = {}
        for cell in cells:
            key = _grade_id(cell) or _cell_id(cell)
            if key in given:
                mine.setdefault(key, _plain(source(cell)))
        return sum(1 for key, text in mine.items() if text and text != given[key])


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(names, key=len, reverse=True)))


def _spellings(name: str) -> re.Pattern[str] | None:
    """Other ways to write a chapter's name: capitals, separators, zeros of its number."""
    words = [word for word in re.split(r"[\W_]+", unicodedata.normalize("NFC", name)) if word]
    if not words or sum(map(len, words)) < 4:
        return None
    parts = [rf"0*{word.lstrip('0')}" if word.strip("0").isdigit() else word for word in words]
    if not any(word.isalpha() for word in words):
        return None
    return re.compile(r"(?<![^\W_])" + r"[\W_]*".join(parts) + r"(?![^\W_])", re.IGNORECASE)


def _grade_id(cell: Mapping[str, Any]) -> str | None:
    name = nbgrader_of(cell).get("grade_id")
    return name if isinstance(name, str) and 0 < len(name) <= 200 else None


def _cell_id(cell: Mapping[str, Any]) -> str | None:
    metadata = cell.get("metadata")
    colab = metadata.get("id") if isinstance(metadata, dict) else None
    name = cell.get("id") or colab
    return name if isinstance(name, str) and 0 < len(name) <= 200 else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
