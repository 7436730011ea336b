"""A class of known answers: submissions with scores that are known beforehand.

Each is the released notebook with solution cells filled in, as a student would hand it in: one for
each round of right answers, one for each round of misconceptions (one an exercise, so that every
misconception has its turn), and the notebooks that graders stumble over.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course.answers import Answer, layers
from autograder.course.assignment import grade_id
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.files import write_whole


@dataclasses.dataclass(frozen=True)
class Expected:
    """What the record of a demo submission must say.

    ``missed`` are the exercises with a check that does not pass, None for a submission that is set
    aside; ``misconceptions`` are the names that the failing checks of an exercise must bear.
    """

    missed: frozenset[str] | None
    misconceptions: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class DemoSubmission:
    """One such submission: the bytes handed in and what is known about them."""

    student: str
    data: bytes
    expected: Expected


HandIn = Callable[[str, NotebookNode, Expected], DemoSubmission]


def demo_class(course: CourseFolder, assignment: str) -> Iterator[DemoSubmission]:
    """The known answers of an assignment as submissions, made from ``release/``."""
    blank = released(course, assignment)
    known = course.answers(assignment)
    solutions = course.assignment(assignment).solutions
    # an exercise without known right answers is answered by its solution
    rounds = [solutions | answers for answers in right_rounds(known) or [{}]]
    names = frozenset(solutions)

    def hand_in(student: str, notebook: NotebookNode, expected: Expected) -> DemoSubmission:
        return DemoSubmission(student, nbformat.writes(notebook).encode(), expected)

    for i, answers in enumerate(rounds, 1):
        yield hand_in(f"right-{i}", fill(blank, answers), Expected(frozenset()))
    for i, group in enumerate(layers(known), 1):
        mistakes = {answer.exercise: answer.name for answer in group}
        answers = rounds[0] | {answer.exercise: answer.source for answer in group}
        expected = Expected(frozenset(mistakes), mistakes)
        yield hand_in(f"mistakes-{i:02}", fill(blank, answers), expected)
    yield hand_in("blank", blank, Expected(names))
    yield from _odd(blank, rounds[0], names, hand_in)
    whole = nbformat.writes(fill(blank, rounds[0])).encode()
    yield DemoSubmission("not-json", whole[: len(whole) // 2], Expected(None))


def _odd(
    blank: NotebookNode, right: dict[str, str], names: frozenset[str], hand_in: HandIn
) -> Iterator[DemoSubmission]:
    first, last = next(iter(right)), list(right)[-1]
    broken = right | {first: right[first] + "\n    return (\n"}
    yield hand_in("syntax-error", fill(blank, broken), Expected(frozenset({first})))
    half = right | {last: right[last] + '\nraise ValueError("stopped half-way")\n'}
    yield hand_in("raises-after-answer", fill(blank, half), Expected(frozenset()))
    half = right | {last: 'raise ValueError("stopped half-way")\n' + right[last]}
    yield hand_in("raises-before-answer", fill(blank, half), Expected(frozenset({last})))
    extra = fill(blank, right)
    extra.cells.insert(0, nbformat.v4.new_code_cell("notes = 'my own cell'\nprint(notes)"))
    extra.cells.append(nbformat.v4.new_markdown_cell("Thank you for the course!"))
    extra.cells.append(nbformat.v4.new_code_cell("raise RuntimeError('scratch')"))
    yield hand_in("extra-cells", extra, Expected(frozenset()))
    edited = fill(blank, {})
    for cell in edited.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "assert True"
    yield hand_in("edited-tests", edited, Expected(names))
    deleted = fill(blank, right)
    deleted.cells = [c for c in deleted.cells if not c.metadata.get("nbgrader", {}).get("grade")]
    yield hand_in("deleted-tests", deleted, Expected(frozenset()))
    copied = fill(blank, right)
    graded = [c for c in copied.cells if c.metadata.get("nbgrader", {}).get("grade")]
    copied.cells.append(copy.deepcopy(graded[0]))
    yield hand_in("copied-test", copied, Expected(frozenset()))


def released(course: CourseFolder, assignment: str) -> NotebookNode:
    """The notebook that students get. Raises :class:`AutograderError` when it is not built."""
    path = course.release(assignment)
    if not path.is_file():
        raise AutograderError(
            f"There is no {path.relative_to(course.root)}; run `autograder build`."
        )
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    return notebook


def right_rounds(known: list[Answer]) -> list[dict[str, str]]:
    """Complete sets of right answers such that each right answer is in one of them."""
    right: dict[str, list[str]] = {}
    for answer in known:
        if answer.right:
            right.setdefault(answer.exercise, []).append(answer.source)
    count = max((len(sources) for sources in right.values()), default=0)
    return [
        {name: sources[min(i, len(sources) - 1)] for name, sources in right.items()}
        for i in range(count)
    ]


def fill(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of a released notebook with solution cells replaced."""
    filled = copy.deepcopy(notebook)
    for cell in filled.cells:
        name = grade_id(cell)
        if name is not None and name in answers and cell.metadata.nbgrader.get("solution"):
            cell.source = answers[name].rstrip("\n")
    return filled


def write(course: CourseFolder, assignments: list[str], submitted: Path) -> int:
    """Write the known answers of some assignments below ``submitted``; how many submissions."""
    count = 0
    for assignment in assignments:
        for submission in demo_class(course, assignment):
            folder = submitted / submission.student / assignment
            write_whole(folder / f"{assignment}.ipynb", submission.data)
            count += 1
    return count
