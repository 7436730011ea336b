"""Which answers of a class are alike, once what everybody shares is taken out.

Every answer is read as tokens: names that a student may choose and numbers are one symbol each,
comments, docstrings and spaces are none; names of attributes and texts stay as they are. Its
fingerprints are all runs of ``RUN`` tokens, as copydetect makes them (winnowing, as in MOSS). Those
of the release and those that half of the class has are taken out; the rarer one is in the class,
the more it counts.

Two students are compared exercise by exercise: how few of the class are as much alike to each of
the two as the other is, times the logarithm of how much they share. A coincidence in one exercise
counts little by that, and likeness in many counts much. Nothing is executed; broken code is read as
well.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from copydetect import utils as winnowing
from numpy.typing import NDArray
from pygments import token as kinds
from pygments.lexers import PythonLexer

from autograder.course.assignment import Assignment, grade_id, role
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError, UnreadableSubmission
from autograder.files import write_whole
from autograder.grading import which
from autograder.grading.executed import answer_texts
from autograder.grading.rebuild import rebuild
from autograder.grading.store import Store
from autograder.intake.submission import find_submissions
from autograder.pages.similar import AlikeExercise, Page, Pair, Passage, Side, render

RUN = 6  #: tokens of one fingerprint
COMMON = 0.5  #: of those who answered; what so many wrote is nobody's
MOST_CHARACTERS = 10_000  #: of one answer that are read
MOST_PAIRS = 20
ALIKE = 0.5  #: of what two answers have of their own; below it an exercise is not shown
_LINE = re.compile(r"(\n\s*)")
_COLUMNS = 4096  #: fingerprints that are compared at once

Matrix = NDArray[np.float64]
Progress = Callable[[int, int], None]
Answers = Mapping[str, Mapping[str, str]]  #: by student and exercise


@dataclasses.dataclass(frozen=True)
class Fingerprints:
    """An answer's text, where its tokens stand in it, and which runs begin at which token."""

    text: str
    spans: tuple[tuple[int, int], ...]
    runs: Mapping[int, list[int]]


def read_answers(
    course: CourseFolder, name: str, submitted: Path, progress: Progress = lambda done, total: None
) -> dict[str, dict[str, str]]:
    """The answers of a class: those that were graded, and those that are only handed in.

    Raises :class:`AutograderError` when there are none.
    """
    assignment = course.assignment(name)
    store = Store(course.evidence(name))
    found = (
        list(find_submissions(submitted, name, set(course.assignments)))
        if submitted.is_dir()
        else []
    )
    graded = store.count_executed()
    done, answers = 0, {}
    for executed in store.all_executed():
        answers[executed.student] = _of(assignment, executed.sources)
        done += 1
        progress(done, max(graded, len(found)))
    for submission in found:
        if submission.student in answers:
            continue
        try:
            read = rebuild(assignment, which.read(assignment, submission), 0)
            answers[submission.student] = _of(assignment, answer_texts(read))
        except UnreadableSubmission:
            pass  # grading says of whom, and why
        done += 1
        progress(min(done, len(found)), len(found))
    if not answers:
        raise AutograderError(
            f"There are no submissions of {name} in {submitted}, and none was graded."
        )
    return answers


def _of(assignment: Assignment, sources: Mapping[str, str]) -> dict[str, str]:
    return {exercise: sources[exercise] for exercise in assignment.exercises if exercise in sources}


def write_similar(
    course: CourseFolder, name: str, answers: Answers, names: Mapping[str, str]
) -> tuple[Page, Path]:
    """Compare a class and write ``evidence/<assignment>/similar.html``."""
    page = similar(course.assignment(name), answers, names)
    path = course.evidence(name) / "similar.html"
    write_whole(path, render(page).encode("utf-8", "replace"))
    return page, path


def similar(assignment: Assignment, answers: Answers, names: Mapping[str, str]) -> Page:
    """The pairs of a class that are most alike, the most striking first."""
    students = sorted(answers)
    evidence = np.zeros((len(students), len(students)))
    rare: dict[str, dict[str, Fingerprints]] = {}
    for exercise in assignment.exercises:
        taken = {s: fingerprints(answers[s].get(exercise, "")) for s in students}
        rare[exercise] = _rare(taken, fingerprints(_skeleton(assignment, exercise)))
        evidence += _evidence([rare[exercise][s] for s in students])
    pairs = []
    for first, second in _strongest(evidence):
        pair = _pair(assignment, students[first], students[second], rare, names)
        if pair.exercises:
            pairs.append(pair)
    return Page(assignment.name, len(students), tuple(pairs[:MOST_PAIRS]))


# ------------------------------------------------------------------------------- fingerprints


@functools.lru_cache(maxsize=4096)
def fingerprints(text: str) -> Fingerprints:
    """What is compared of an answer. A text that is no Python is read all the same."""
    text = text[:MOST_CHARACTERS]
    symbols, spans = [], []
    for start, symbol, length in _tokens(text):
        symbols.append(_symbol(symbol))
        spans.append((start, start + length))
    runs: dict[int, list[int]] = {}
    if len(symbols) >= RUN:
        _, runs = winnowing.get_document_fingerprints("".join(symbols), RUN, 1)
    return Fingerprints(text, tuple(spans), runs)


def _tokens(text: str) -> Iterator[tuple[int, str, int]]:
    """Where a token begins, what it counts as, and its length."""
    before = last = ""
    for start, kind, token in PythonLexer().get_tokens_unprocessed(text):
        if kind in kinds.Text or kind in kinds.Comment or kind in kinds.String.Doc:
            continue
        symbol = token
        if kind in kinds.String:
            if not token.strip("\"'"):
                continue
        elif kind in kinds.Number:
            symbol = "0"
        elif kind in kinds.Name and (kind not in kinds.Name.Builtin or token == "self"):
            # only what a library calls its parts is not the student's to choose
            symbol = token if last == "." and before != "self" else "a"
        yield start, symbol, len(token)
        before, last = last, token


def _symbol(token: str) -> str:
    """One character for a token, the same in every answer."""
    return chr(0x100 + zlib.crc32(token.encode("utf-8", "replace")) % 0xD000)


def _skeleton(assignment: Assignment, exercise: str) -> str:
    """What students got of a solution cell."""
    for cell, text in zip(assignment.notebook.cells, assignment.released, strict=True):
        if role(cell) == "solution" and grade_id(cell) == exercise:
            return text
    return ""


def _rare(taken: Mapping[str, Fingerprints], skeleton: Fingerprints) -> dict[str, Fingerprints]:
    """The answers without what the release gave and what half of the class wrote."""
    counts = Counter(run for one in taken.values() for run in one.runs)
    answered = sum(bool(one.runs.keys() - skeleton.runs.keys()) for one in taken.values())
    common = {run for run, count in counts.items() if count > max(2, COMMON * answered)}
    common |= skeleton.runs.keys()
    return {
        student: dataclasses.replace(
            one, runs={run: at for run, at in one.runs.items() if run not in common}
        )
        for student, one in taken.items()
    }


# -------------------------------------------------------------------------------- comparing


def _evidence(class_: list[Fingerprints]) -> Matrix:
    """For each two students, how remarkable their likeness in one exercise is; 0 for none."""
    weight = _shared_weight(class_)
    own = np.sqrt(np.maximum(weight.diagonal(), 1e-9))
    likeness = np.round(weight / np.outer(own, own), 6)
    np.fill_diagonal(likeness, 0.0)
    answered = max(2, int((weight.diagonal() > 0).sum()))
    found = np.zeros_like(likeness)
    for i, row in enumerate(likeness):
        as_alike = len(row) - np.searchsorted(np.sort(row), row, side="left")
        found[i] = np.where(row > 0, -np.log(np.minimum(as_alike / answered, 1.0)), 0.0)
    np.fill_diagonal(weight, 0.0)
    both: Matrix = (found + found.T) * np.log1p(weight)
    return both


def _shared_weight(class_: list[Fingerprints]) -> Matrix:
    """The rarity of all runs that each two students share; of a student's own in the diagonal."""
    counts = Counter(run for one in class_ for run in one.runs)
    answered = sum(bool(one.runs) for one in class_)
    column = {run: i for i, run in enumerate(run for run, n in counts.items() if n > 1)}
    rarity = {run: np.log((answered + 1) / count) for run, count in counts.items()}
    shared = np.zeros((len(class_), len(class_)))
    for begin in range(0, len(column), _COLUMNS):
        has = np.zeros((len(class_), min(_COLUMNS, len(column) - begin)))
        for i, one in enumerate(class_):
            for run in one.runs:
                at = column.get(run, -1) - begin
                if 0 <= at < has.shape[1]:
                    has[i, at] = np.sqrt(rarity[run])
        shared += has @ has.T
    np.fill_diagonal(shared, [sum(rarity[run] for run in one.runs) for one in class_])
    return shared


def _strongest(evidence: Matrix) -> Iterator[tuple[int, int]]:
    """The pairs with most evidence, a few more than are shown."""
    first, second = np.triu_indices(len(evidence), 1)
    values = np.round(evidence[first, second], 6)
    for at in np.argsort(-values, kind="stable")[: 2 * MOST_PAIRS]:
        if values[at] > 0:
            yield int(first[at]), int(second[at])


# ------------------------------------------------------------------------ what a person sees


def _pair(
    assignment: Assignment,
    first: str,
    second: str,
    rare: Mapping[str, Mapping[str, Fingerprints]],
    names: Mapping[str, str],
) -> Pair:
    shown: list[AlikeExercise] = []
    alike, own = np.zeros(2), np.zeros(2)
    for exercise, about in assignment.exercises.items():
        sides = rare[exercise][first], rare[exercise][second]
        both = sides[0].runs.keys() & sides[1].runs.keys()
        marked = [_ranges(side, both) for side in sides]
        here = np.array([_length(ranges) for ranges in marked])
        theirs = np.array([_length(_ranges(side, side.runs)) for side in sides])
        alike, own = alike + here, own + theirs
        share = _share(here, theirs)
        if share >= ALIKE:
            left, right = (_side(side, r) for side, r in zip(sides, marked, strict=True))
            shown.append(AlikeExercise(exercise, about.title, share, left, right))
    lines = sum(min(e.left.lines, e.right.lines) for e in shown)
    people = (first, names.get(first, "")), (second, names.get(second, ""))
    return Pair(*people, _share(alike, own), lines, tuple(shown))


def _share(alike: NDArray[np.float64], own: NDArray[np.float64]) -> float:
    """Of what the two have of their own, how much is alike; of whoever has less that is not."""
    return float(max(alike / np.maximum(own, 1)))


def _ranges(one: Fingerprints, runs: Iterable[int]) -> list[tuple[int, int]]:
    """From which token to which some runs reach, those together that touch."""
    at = [place for run in runs for place in one.runs[run]]
    if not at:
        return []
    starts, ends = winnowing.get_copied_slices(np.array(at), RUN)
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def _length(ranges: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in ranges)


def _side(one: Fingerprints, ranges: list[tuple[int, int]]) -> Side:
    """A text in passages, those marked that are alike."""
    passages, at, lines = [], 0, set()
    for start, end in ranges:
        begins, ends = one.spans[start][0], one.spans[end - 1][1]
        passages.append(Passage(one.text[at:begins], False))
        pieces = _LINE.split(one.text[begins:ends])  # every second one is where a line begins
        passages += [Passage(piece, i % 2 == 0) for i, piece in enumerate(pieces)]
        above = one.text.count("\n", 0, begins)
        lines |= set(range(above, above + one.text.count("\n", begins, ends) + 1))
        at = ends
    passages.append(Passage(one.text[at:], False))
    return Side(tuple(p for p in passages if p.text), len(lines))
