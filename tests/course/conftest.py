"""What the tests of the course itself share: the chapters, and answers run as submissions."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import nbformat
import pytest

from autograder.course import answers as known_answers
from autograder.course.assignment import Assignment
from autograder.course.demo import fill, right_rounds
from autograder.grading.attempt import rebuild
from autograder.grading.executed import hear
from autograder.grading.pool import run_papers
from autograder.grading.run import make_references
from autograder.grading.scoring import Record, mark
from autograder.intake.submission import parse
from autograder.judge.references import References
from autograder.sandbox import Limits, execute

COURSE = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in COURSE.glob("notebooks/[0-9][0-9]_*.py"))
LIMITS = Limits(cell_seconds=60)


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
