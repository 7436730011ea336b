"""A grading run that is ready before it is needed.

A run's references (the solution and the known answers, with a fresh seed) take longer to make than
an attempt takes to grade. Where submissions come one by one, the next run is made while the last
one is used, and a submission need not wait for it.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import time
from collections.abc import Collection

from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.grading.pipeline import Pipeline
from autograder.judge.references import References
from autograder.sandbox import Layers

RUN_SECONDS = 600.0  #: how long submissions that come one by one share a run, with one seed


class SpareRun:
    """The runs of one assignment: the one in use, and the next one.

    A run is used for ten minutes at the most, and never twice for the same student, who could have
    learnt its fresh inputs from what their first attempt was told.
    """

    def __init__(self, course: CourseFolder, name: str, layers: Layers | None = None) -> None:
        self._course, self._name, self._layers = course, name, layers
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "spare")
        self._next: tuple[str, concurrent.futures.Future[References]] | None = None
        self._current, self._begun = "", 0.0
        self._graded: set[str] = set()

    def prepare(self) -> None:
        """Begin to make the next run, if it is not being made already."""
        version = self._course.assignment(self._name).version
        if self._next is None or self._next[0] != version:
            self._next = (version, self._thread.submit(self._make))

    def _make(self) -> References:
        return Pipeline(self._course, self._name, self._layers).fresh_references()

    def put_into(self, pipeline: Pipeline, students: Collection[str]) -> None:
        """Let a pipeline grade these students in the run that is in use, or in the next one."""
        young = time.monotonic() < self._begun + RUN_SECONDS
        if self._current and young and not self._graded & set(students):
            pipeline.go_on_with(self._current)
        elif self._next is not None and self._next[0] == pipeline.assignment.version:
            with contextlib.suppress(AutograderError):  # said of the grading itself
                run = pipeline.store.runs.new(self._next[1].result())
                pipeline.store.runs.begin(run)
            self._next = None

    def used(self, run: str, students: Collection[str]) -> None:
        """These students were graded in a run."""
        if not run or not students:
            return
        if run != self._current:
            self._current, self._begun, self._graded = run, time.monotonic(), set()
        self._graded |= set(students)

    def close(self) -> None:
        """Make no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
