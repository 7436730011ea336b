"""What the tests of the course itself share: the chapters, and answers run as submissions."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest

from autograder.course import build, lesson
from autograder.course.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.demo import fill, right_rounds
from autograder.course.folder import CourseFolder
from autograder.course.make_references import make_references
from autograder.grading.executed import collect_evidence
from autograder.grading.rebuild import rebuild
from autograder.grading.scoring import Record, score
from autograder.intake.submission import parse
from autograder.judge.references import SUFFIX, References
from autograder.sandbox import Job, Limits, RunLog
from autograder.sandbox.pool import run_jobs

COURSE = CourseFolder(Path(__file__).resolve().parents[2])
CHAPTERS = COURSE.lessons
#: with all known answers: the first, which is the build's, in every run of the tests; the second in
#: `make test-plainest`; all in `make test-seeds`
SEEDS = tuple(7919 * i for i in range(20))
LIMITS = Limits(cell_seconds=600, submission_seconds=3600)


@functools.cache
def assignment(name: str) -> Assignment:
    return COURSE.assignment(name)


@functools.cache
def built(name: str) -> build.Built:
    """What the text of a chapter builds today."""
    return build.build_static(COURSE, lesson.read(COURSE.lesson(name)))


@functools.cache
def built_references(name: str) -> References:
    """The references that a build makes, with its seed."""
    return References.from_bytes(built(name).files[f"notebooks/{name}{SUFFIX}"])


@functools.cache
def references(name: str, seed: int) -> References:
    if seed == SEEDS[0]:
        return built_references(name)
    return make_references(assignment(name), seed, run, COURSE.answers(name))


@functools.cache
def solution_alone(name: str, seed: int) -> References:
    """The same without known answers."""
    return make_references(assignment(name), seed, run, [])


def run(jobs: Sequence[Job]) -> list[RunLog]:
    """Execute jobs on this machine, as the course is set up."""
    return run_jobs(jobs, LIMITS, COURSE.sandbox())


def answers(name: str) -> list[Answer]:
    """The known answers of a chapter."""
    return COURSE.answers(name)


@functools.cache
def released(name: str) -> nbformat.NotebookNode:
    return nbformat.read(COURSE.release(name), as_version=4)


def graded(name: str, given: dict[str, str], seed: int) -> Record:
    """The released notebook with some answers filled in, graded with a seed."""
    data = json.dumps(fill(released(name), given)).encode()
    rebuilt = rebuild(assignment(name), parse(data), seed)
    (log,) = run([rebuilt.attempt.job()])
    truth = references(name, seed)
    executed = collect_evidence("student", "run", truth, rebuilt, log)
    return score(executed, truth, assignment(name).points, assignment(name).imports)


def rounds(name: str) -> list[dict[str, str]]:
    """Sets of right answers, one an exercise, in which each right answer has its turn."""
    return right_rounds(answers(name))


@pytest.fixture(params=CHAPTERS)
def chapter(request: pytest.FixtureRequest) -> str:
    return request.param
