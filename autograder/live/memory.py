"""What lies beside the notebook: the chapter's public references, and what is remembered.

``.autograder/NN_name.json`` remembers how many hints were asked for and how each visible check
ended last, so that nothing is forgotten when the kernel restarts. It is a convenience: a file that
is missing, damaged or cannot be written changes nothing but what is remembered.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder.evidence import EvidenceError
from autograder.files import write_whole
from autograder.judge import references
from autograder.judge.exercise import Exercise
from autograder.judge.references import References
from autograder.judge.verdicts import STATUSES, exercise_of

FOLDER = ".autograder"
VERSION = 1
MAX_MEMORY_FILE_BYTES = 2**20  #: a larger file is not one of ours
_MOST_COUNTED = 100


def _here() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # the folder is gone
        return None


Chapter = tuple[Path, References]
"""A chapter's references, and the folder that they and the notebook lie in."""

#: where the kernel started: the notebook's folder, even when a cell has changed directory since
_start = _here()

_unsaved: dict[Path, dict[str, Any]] = {}  # what could not be written


def chapters() -> Iterator[Chapter]:
    """The chapters whose reference files lie beside the notebook, with their folder.

    Raises :class:`EvidenceError` behind the others when one of the files cannot be read.
    """
    for folder in filter(None, dict.fromkeys((_here(), _start))):
        found = False
        unreadable: EvidenceError | None = None
        for path in sorted(folder.glob(f"*{references.SUFFIX}")):
            found = True
            try:
                known = _load(path)
            except EvidenceError as error:
                unreadable = error
            else:
                yield folder, known
        if unreadable is not None:
            raise unreadable
        if found:
            return


def course() -> Iterator[Chapter]:
    """Every chapter of the student's own copy, this one included, in the order of their names.

    They lie beside this one's folder, ``NN_name/NN_name.references``. What cannot be read, and what
    is an instructor's, is left out.
    """
    for folder in filter(None, dict.fromkeys((_here(), _start))):
        found = False
        for path in sorted(folder.parent.glob(f"*/*{references.SUFFIX}")):
            if path.stem != path.parent.name:
                continue
            found = True
            with contextlib.suppress(EvidenceError):
                chapter = path.parent, _load(path)
                if Memory(chapter).lasting:
                    yield chapter
        if found:
            return


def _load(path: Path) -> References:
    try:
        return references.load(path)
    except (OSError, EvidenceError) as error:
        raise EvidenceError(f"{path.name} cannot be read: {error}") from None


def chapter_of(check: str) -> Chapter | None:
    """The chapter that knows the exercise of ``check``, with its folder, or None."""
    exercise = exercise_of(check)
    for folder, known in chapters():
        if exercise in known.exercises:
            return folder, known
    return None


class Memory:
    """What is remembered of one chapter. Every change is written at once, the file whole."""

    def __init__(self, chapter: Chapter) -> None:
        folder, known = chapter
        self.path = folder / FOLDER / f"{Path(known.assignment).name}.json"
        #: private references lie beside the instructor's notebook, whose output must not depend on
        #: what was asked before: there nothing outlives the kernel
        self.lasting = not any(exercise.hidden for exercise in known.exercises.values())

    def hints(self, exercise: str) -> int:
        """How many hints of an exercise were asked for."""
        count: int = self._read()["hints"].get(exercise, 0)
        return count

    def status(self, check: str) -> str | None:
        """How a check ended when it last ran, None when it never did."""
        status: str | None = self._read()["checks"].get(check)
        return status

    def passes(self, exercise: Exercise) -> bool:
        """Whether every visible check of an exercise passed when it last ran."""
        return all(self.status(check) == "passed" for check in exercise.visible)

    def remember_hints(self, exercise: str, count: int) -> None:
        """Note that ``count`` hints of an exercise were asked for."""
        self._set("hints", exercise, count)

    def remember_status(self, check: str, status: str) -> None:
        """Note how a check ended."""
        self._set("checks", check, status)

    def remember_requirements(self, exercise: str, points: float, broken: Sequence[str]) -> None:
        """Note the visible points of an exercise, and which of its requirements are broken."""
        self._set("points", exercise, points)
        self._set("broken", exercise, ", ".join(broken))

    def points(self, exercise: str) -> float | None:
        """The visible points of an exercise as of its last run, None where that is not known."""
        points: float | None = self._read()["points"].get(exercise)
        return points

    def broken(self, exercise: str) -> str:
        """Its requirements that did not hold when it ran last, as a list in words."""
        broken: str = self._read()["broken"].get(exercise, "")
        return broken

    def tries(self, exercise: str) -> int:
        """How often the checks of an exercise ran and one of them failed."""
        count: int = self._read()["tries"].get(exercise, 0)
        return count

    def remember_try(self, exercise: str) -> None:
        """Note that one of an exercise's checks failed."""
        self._set("tries", exercise, min(self.tries(exercise) + 1, _MOST_COUNTED))

    def _set(self, kind: str, key: str, value: float | str) -> None:
        data = self._read()
        if data[kind].get(key) == value:
            return
        data[kind][key] = value
        if not self.lasting:
            _unsaved[self.path] = data
            return
        try:
            write_whole(self.path, json.dumps(data, indent=1, sort_keys=True).encode())
        except OSError:
            _unsaved[self.path] = data
        else:
            _unsaved.pop(self.path, None)

    def _read(self) -> dict[str, Any]:
        if self.path in _unsaved or not self.lasting:
            return _unsaved.get(self.path) or _valid(None)
        try:
            with self.path.open("rb") as file:
                return _valid(json.loads(file.read(MAX_MEMORY_FILE_BYTES)))
        except (OSError, ValueError, RecursionError):
            return _valid(None)


def _counts(stored: dict[str, Any]) -> dict[str, int]:
    return {
        key: count
        for key, count in stored.items()
        if type(count) is int and 0 <= count <= _MOST_COUNTED
    }


def _valid(data: object) -> dict[str, Any]:
    """The entries of a file that make sense; whatever else it holds is left behind."""
    stored = data if isinstance(data, dict) and data.get("version") == VERSION else {}
    kinds = ("hints", "tries", "checks", "points", "broken")
    hints, tries, checks, points, broken = (
        found if isinstance(found := stored.get(kind), dict) else {} for kind in kinds
    )
    return {
        "version": VERSION,
        "hints": _counts(hints),
        "tries": _counts(tries),
        "checks": {key: status for key, status in checks.items() if status in STATUSES},
        "points": {
            key: float(value)
            for key, value in points.items()
            if type(value) in (int, float) and 0 <= value <= 1e6
        },
        "broken": {
            key: text for key, text in broken.items() if type(text) is str and len(text) <= 400
        },
    }
