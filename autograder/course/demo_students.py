"""A demo class that looks like a class: thirty students with good and bad days, the same each time.

Each student has a skill; the later an exercise stands in its chapter, the more of it takes. Who
misses an exercise makes one of the known mistakes, the first ones far more often than the last, or
an unknown one that others who sit together make as well, or leaves it as it was. Some run out of
time half-way, some are late, some hand in nothing but the release; one hands in a broken file, one
a loop that never ends, and one works very closely with a friend.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course.answers import Answer
from autograder.course.demo import fill, released
from autograder.course.folder import CourseFolder
from autograder.course.mutants import mutants
from autograder.files import write_whole
from autograder.handin import TIMESTAMP_FILE

SEED = "a class of thirty"
FIRST_DUE = datetime.datetime(2026, 3, 6, 18, 0)  #: of the first chapter, UTC; then every week
_TABLE = 5  #: students who sit together
_MISTAKES, _UNKNOWN = 0.72, 0.16  #: of those who miss an exercise; the others leave it as it was
_LATE, _BLANK, _BROKEN_CODE, _OWN_CELLS = 0.07, 0.025, 0.03, 0.2  #: of all hand-ins
_MUTANTS = 80  #: of a solution that are looked at
_ENDLESS = "\n\nwhile True:\n    pass\n"
_REMARKS = (
    "# my answer",
    "# tried this first, it works",
    "# see the picture above",
    "# I think this is right",
    "# short version",
    "# took me a while",
)
NAMES = (
    "Amara Okafor", "Mateo Rossi", "Lina Haddad", "Wei Zhang", "Sofia Novak", "Kwame Mensah",
    "Aiko Tanaka", "Liam Murphy", "Priya Sharma", "Jonas Berg", "Fatima Zahra", "Diego Alvarez",
    "Ngozi Eze", "Elena Petrova", "Omar Farouk", "Hannah Cohen", "Tuan Nguyen", "Ines Costa",
    "Marek Kowalski", "Leila Rahimi", "Samuel Adeyemi", "Chloe Martin", "Arjun Patel",
    "Freja Nielsen", "Yusuf Demir", "Isabella Santos", "Minjun Kim", "Zanele Dlamini",
    "Noah Fischer", "Talia Aroha",
)  # fmt: skip
COPIER, FRIEND = "talia.aroha", "aiko.tanaka"


@dataclasses.dataclass(frozen=True)
class Student:
    """Who is in the class: the id that the folder has, and what decides how they do."""

    id: str
    skill: float
    table: int


@dataclasses.dataclass(frozen=True)
class HandIn:
    """What one student hands in of one assignment, and when (UTC)."""

    student: str
    data: bytes
    when: datetime.datetime

    @property
    def timestamp(self) -> bytes:
        """As nbgrader writes it."""
        return f"{self.when:%Y-%m-%d %H:%M:%S} UTC".encode()


def students() -> list[Student]:
    """The class, in the order of their names in :data:`NAMES`."""
    draw = random.Random(SEED)
    return [
        Student(name.lower().replace(" ", "."), draw.betavariate(5, 1.8), i // _TABLE)
        for i, name in enumerate(NAMES)
    ]


def due(course: CourseFolder, assignment: str) -> datetime.datetime:
    """Until when the class had time for an assignment, in UTC."""
    return FIRST_DUE + datetime.timedelta(weeks=course.assignments.index(assignment))


def hand_ins(course: CourseFolder, assignment: str) -> Iterator[HandIn]:
    """What the class hands in of an assignment, made from ``release/`` and the known answers."""
    blank = released(course, assignment)
    draw = random.Random(f"{SEED}: {assignment}")
    choices = _choices(course, assignment, draw)
    class_ = students()
    endless, broken = draw.sample([s.id for s in class_ if s.id not in (COPIER, FRIEND)], 2)
    is_odd = assignment == course.assignments[:2][-1]
    given: dict[str, dict[str, str]] = {}
    for student in class_:
        given[student.id] = answers = _answers(choices, student, draw)
        if student.id == COPIER:
            answers = given[FRIEND]
        answers = {
            exercise: f"{draw.choice(_REMARKS)}\n{source}" if draw.random() < 0.3 else source
            for exercise, source in answers.items()
        }
        if answers and draw.random() < _BROKEN_CODE:
            answers[draw.choice(sorted(answers))] += "\n    return (\n"
        if is_odd and student.id == endless and answers:
            answers[next(iter(answers))] += _ENDLESS
        notebook = fill(blank, answers)
        if answers and draw.random() < _OWN_CELLS:
            _add_own_cells(notebook, student.id)
        data = nbformat.writes(notebook).encode()
        if is_odd and student.id == broken:
            data = data[: len(data) // 2]
        before = datetime.timedelta(minutes=-draw.randint(20, 70 * 60))
        after = datetime.timedelta(minutes=draw.randint(10, 50 * 60))
        when = due(course, assignment) + (after if draw.random() < _LATE else before)
        yield HandIn(student.id, data, when)


def write_class(
    course: CourseFolder,
    assignments: Sequence[str],
    submitted: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write what the class hands in of some assignments; how many submissions."""
    count = 0
    for assignment in assignments:
        progress(count, len(assignments) * len(NAMES))
        for one in hand_ins(course, assignment):
            folder = submitted / one.student / assignment
            write_whole(folder / f"{assignment}.ipynb", one.data)
            write_whole(folder / TIMESTAMP_FILE, one.timestamp)
            count += 1
    return count


# ---------------------------------------------------------------------- what they answer


@dataclasses.dataclass(frozen=True)
class _Choice:
    """What is answered to an exercise: rightly, with a known mistake, with an unknown one."""

    right: tuple[str, ...]
    known: tuple[str, ...]
    unknown: tuple[str, ...]


def _choices(course: CourseFolder, assignment: str, draw: random.Random) -> dict[str, _Choice]:
    answers: dict[str, list[Answer]] = {}
    for answer in course.answers(assignment):
        answers.setdefault(answer.exercise, []).append(answer)
    found = {}
    for exercise, solution in course.assignment(assignment).solutions.items():
        known = answers.get(exercise, [])
        right = (solution, *(a.source for a in known if a.right))
        wrong = [a.source for a in known if not a.right]
        head, tail = wrong[:8], wrong[8:]  # what an author thinks of first is the most frequent
        draw.shuffle(tail)
        found[exercise] = _Choice(right, (*head, *tail), _unknown(exercise, solution, draw))
    return found


def _unknown(exercise: str, solution: str, draw: random.Random) -> tuple[str, ...]:
    """Two ways of getting the solution wrong, of which none makes a loop endless."""
    if "while" in solution:
        return ()
    sources = []
    with contextlib.suppress(SyntaxError):  # IPython's commands
        made = itertools.islice(mutants(exercise, solution), _MUTANTS)
        sources = [mutant.source for mutant in made]
    return tuple(draw.sample(sources, min(2, len(sources))))


def _answers(
    choices: Mapping[str, _Choice], student: Student, draw: random.Random
) -> dict[str, str]:
    """A student's answers; an exercise that is not among them is left as it was."""
    if draw.random() < _BLANK:
        return {}
    out_of_time = draw.random() < 0.3 * (1 - student.skill)
    reached = len(choices) // 2 if out_of_time else len(choices)
    answers = {}
    for i, (exercise, choice) in enumerate(list(choices.items())[:reached]):
        hard = 0.6 + 1.2 * i / max(1, len(choices) - 1)
        how = draw.random()
        if draw.random() < student.skill**hard:
            answers[exercise] = _by_frequency(choice.right, draw)
        elif choice.known and how < _MISTAKES:
            answers[exercise] = _by_frequency(choice.known, draw)
        elif choice.unknown and how < _MISTAKES + _UNKNOWN:
            answers[exercise] = choice.unknown[student.table % len(choice.unknown)]
    return answers


def _by_frequency(sources: Sequence[str], draw: random.Random) -> str:
    """The first is chosen twice as often as the second, three times as often as the third, …"""
    return draw.choices(sources, [1 / (i + 1) for i in range(len(sources))])[0]


def _add_own_cells(notebook: NotebookNode, student: str) -> None:
    """A text and some scratch work at the end."""
    new = nbformat.v4
    notebook.cells += [
        new.new_markdown_cell("My notes: ask about the last exercise.", id="my-notes"),
        new.new_code_cell(f"name = {student!r}\nprint('worked on by', name)", id="my-scratch"),
    ]
