"""What reading a chapter takes, from counts, and what its text says of that.

``python -m tests.reading [CHAPTER]`` prints a table: words, code cells, core and further minutes,
exercises, pictures.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.course.assignment import HEADING, grade_id, role
from autograder.course.lesson import Lesson, read

COURSE = Path(__file__).resolve().parent.parent
WORDS_A_MINUTE = 200
SECONDS_A_CELL = 20  #: a code cell, and a prediction
MOST_CORE_MINUTES = 90

_EXERCISE = re.compile(HEADING, re.MULTILINE)
_SECTION = re.compile(r"^## .*?(?P<further>· further)?\s*$", re.MULTILINE)
_PREDICTION = re.compile(r"\*Predict")
TIME = re.compile(
    r"\*\*Time\.\*\*\s+Reading\s+takes\s+about\s+(?P<reading>\d+)\s+minutes,\s+the\s+exercises\s+"
    r"(?P<exercises>\d+);\s+the\s+core\s+is\s+(?P<core>\d+)\s+of\s+them,\s+what\s+is\s+marked\s+"
    r"\*further\*\s+(?P<further>\d+)\."
)


@dataclasses.dataclass(frozen=True)
class Piece:
    """A stretch of a lesson that is read: its words, code cells and predictions."""

    words: int
    cells: int
    predictions: int
    further: bool

    @property
    def minutes(self) -> float:
        """By counts; what an exercise's own statement takes is in its minutes."""
        return self.words / WORDS_A_MINUTE + (self.cells + self.predictions) * SECONDS_A_CELL / 60


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a chapter takes, in minutes, core and further apart."""

    words: int
    cells: int
    reading: tuple[float, float]
    exercises: tuple[int, int]

    @property
    def core(self) -> float:
        """Reading and exercises of the core."""
        return self.reading[0] + self.exercises[0]

    @property
    def further(self) -> float:
        """Reading and exercises beyond it."""
        return self.reading[1] + self.exercises[1]


def lessons() -> list[Path]:
    """The chapters' texts."""
    return [p for p in sorted((COURSE / "notebooks").glob("*.py")) if ".answers" not in p.name]


def takes(lesson: Lesson) -> Reading:
    """Count a lesson."""
    pieces = list(_pieces(lesson))
    sums = [sum(p.minutes for p in pieces if p.further == further) for further in (False, True)]
    found = lesson.exercises.values()
    asked = [sum(e.minutes for e in found if e.further == further) for further in (False, True)]
    return Reading(
        sum(p.words for p in pieces),
        sum(p.cells for p in pieces),
        (sums[0], sums[1]),
        (asked[0], asked[1]),
    )


def _pieces(lesson: Lesson) -> Iterator[Piece]:
    further = in_exercise = False
    for cell in lesson.assignment.notebook.cells:
        if cell.cell_type == "code":
            if role(cell) in ("demo", "setup"):
                yield Piece(0, 1, 0, further)
            elif role(cell) == "check" and str(grade_id(cell)).endswith("-hidden"):
                in_exercise = False  # what comes behind the exercise is read again
            continue
        heading = _EXERCISE.search(cell.source)
        text = cell.source[: heading.start()] if heading else cell.source
        if not in_exercise:
            for part in re.split(r"(?m)^(?=## )", text):
                if section := _SECTION.match(part):
                    further = bool(section["further"])
                words = len(re.findall(r"\w[\w'’-]*", part))
                yield Piece(words, 0, len(_PREDICTION.findall(part)), further)
        in_exercise = in_exercise or heading is not None


def main(only: str = "") -> None:
    """Print the table."""
    head = ("chapter", "words", "code cells", "reading", "exercises", "core", "further")
    print("| " + " | ".join(head) + " | exercises, their number |")
    print("|---" * (len(head) + 1) + "|")
    for path in lessons():
        if only and only not in path.name:
            continue
        lesson = read(path)
        found = takes(lesson)
        row = [found.words, found.cells, f"{sum(found.reading):.0f}", sum(found.exercises)]
        row += [f"{found.core:.0f}", f"{found.further:.0f}", len(lesson.exercises)]
        print("| " + " | ".join([path.stem, *map(str, row)]) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:2])
