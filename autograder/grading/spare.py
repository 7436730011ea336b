"""Which grading run submissions that come one by one are graded in, and the next one made ready.

A run's references (the solution and the known answers, with a fresh seed) take longer to make than
an attempt takes to grade. So submissions share a run for a while, and where more are awaited the
next run is made while this one is used.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import time
from collections.abc import Collection

from autograder.course.assignment import Assignment
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.grading.pipeline import Pipeline
from autograder.judge.references import References
from autograder.sandbox import Layers

RUN_SECONDS = 600.0  #: how long submissions that come one by one share a run, with one seed

Edition = tuple[str, float]

_maker = concurrent.futures.ThreadPoolExecutor(1, "spare")  #: one run at a time is made ahead


class SpareRun:
    """The runs of one assignment: the one in use, and the next one.

    A run is used for ten minutes at the most, of a chapter and known answers that have not changed,
    and never twice for the same student, who could have learnt its fresh inputs from what their
    first attempt was told.
    """

    def __init__(self, course: CourseFolder, name: str, layers: Layers | None = None) -> None:
        self._course, self._name, self._layers = course, name, layers
        self._next: tuple[Edition, concurrent.futures.Future[References]] | None = None
        self._current, self._begun = "", 0.0
        self._edition: Edition = ("", 0.0)
        self._graded: set[str] = set()

    def prepare(self) -> None:
        """Begin to make the next run, if it is not being made already."""
        edition = self._edition_of(self._course.assignment(self._name))
        if self._next is None or self._next[0] != edition:
            self.close()
            self._next = (edition, _maker.submit(self._make))

    def _make(self) -> References:
        return Pipeline(self._course, self._name, self._layers).fresh_references()

    def put_into(self, pipeline: Pipeline, students: Collection[str]) -> None:
        """Let a pipeline grade these students in the run that is in use, or in the next one.

        Where neither is to be had, it makes one of its own.
        """
        edition = self._edition_of(pipeline.assignment)
        young = time.monotonic() < self._begun + RUN_SECONDS and self._edition == edition
        if self._current and young and not self._graded & set(students):
            pipeline.go_on_with(self._current)
        elif self._next is not None and self._next[0] == edition:
            made, self._next = self._next[1], None
            if made.cancel():  # it would wait for runs of other assignments
                return
            with contextlib.suppress(AutograderError):  # said of the grading itself
                run = pipeline.store.runs.new(made.result())
                pipeline.store.runs.begin(run)

    def used(self, pipeline: Pipeline, students: Collection[str]) -> None:
        """A pipeline has graded these students."""
        run = pipeline.run_in_use
        if not run or not students:
            return
        if run != self._current:
            self._current, self._begun, self._graded = run, time.monotonic(), set()
            self._edition = self._edition_of(pipeline.assignment)
        self._graded |= set(students)

    def close(self) -> None:
        """Do not make the next run, if it has not been begun."""
        if self._next is not None:
            self._next[1].cancel()

    def _edition_of(self, assignment: Assignment) -> Edition:
        """A chapter with its known answers as they are now."""
        known = self._course.known_answers(assignment.name)
        return assignment.version, known.stat().st_mtime if known.is_file() else 0.0
