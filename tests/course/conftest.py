"""What the tests of the course itself share: the chapters, and answers run as submissions."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import nbformat
import pytest

from autograder import answers as known_answers
from autograder.answers.demo import fill, right_rounds
from autograder.execute import Limits, execute
from autograder.grade.assignment import Assignment
from autograder.grade.marking import Record, mark
from autograder.grade.paper import rebuild
from autograder.grade.pool import run_papers
from autograder.grade.run import make_references
from autograder.grade.submission import parse
from autograder.grade.testimony import hear
from autograder.references import References

COURSE = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in COURSE.glob("notebooks/[0-9][0-9]_*.py"))
LIMITS = Limits(cell_seconds=600, submission_seconds=3600)


@functools.cache
def assignment(name: str) -> Assignment:
    return Assignment.load(COURSE, name)


@functools.cache
def references(name: str, seed: int) -> References:
    return make_references(assignment(name), seed, run_papers, LIMITS)


@functools.cache
def released(name: str) -> nbformat.NotebookNode:
    return nbformat.read(COURSE / "release" / name / f"{name}.ipynb", as_version=4)


def graded(name: str, answers: dict[str, str], seed: int) -> Record:
    """The released notebook with some answers filled in, graded with a seed."""
    data = json.dumps(fill(released(name), answers)).encode()
    rebuilt = rebuild(assignment(name), parse(data), seed)
    execution = execute(rebuilt.paper, LIMITS)
    truth = references(name, seed)
    heard = hear("student", "run", truth, rebuilt, execution)
    return mark(heard, truth, assignment(name).points)


def rounds(name: str) -> list[dict[str, str]]:
    """Sets of right answers, one an exercise, in which each right answer has its turn."""
    return right_rounds(known_answers.load(name))


@pytest.fixture(params=CHAPTERS)
def chapter(request: pytest.FixtureRequest) -> str:
    return request.param
