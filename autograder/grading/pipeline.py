"""Grading a class, station by station; every submission found ends as one record.

submission → attempt → job → run log → evidence → verdicts → record → gradebook and graded notebook

What has been executed is on disk before it is judged, so a grading that was killed goes on where it
was, and judging again executes nothing but known wrong answers: those that were written since, and
those that may be the cause of something that fails only now.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import dataclasses
import difflib
import functools
import itertools
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from nbformat import NotebookNode

from autograder.course.assignment import Assignment
from autograder.course.folder import CourseFolder
from autograder.errors import (
    AutograderError,
    MachineLost,
    SandboxUnavailable,
    UnreadableSubmission,
)
from autograder.grading import graded_notebook
from autograder.grading.causes import Causes
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.kept import Line
from autograder.grading.scoring import Record
from autograder.grading.stations import Stations, Todo, fault
from autograder.grading.unchanged import Unread
from autograder.intake.submission import Found, find_submissions
from autograder.intake.timestamps import is_plain_id
from autograder.sandbox import Layers, warm_up
from autograder.sandbox import pool as pools

Progress = Callable[[int, int], None]

READ_AHEAD = 300  #: submissions that are read while what executes them starts
MOST_WAITING = 60  #: submissions that wait together for the known wrong answers they need
MOST_HELD = 64 * 2**20  #: bytes of theirs that are held meanwhile


class Gradebook(Protocol):
    """Where records are entered (:mod:`autograder.gradebook`)."""

    def enter(self, record: Record, assignment: Assignment, folder: Path | None) -> Record:
        """Write a record; the record as it is to be reported, as far as that is known yet."""

    def as_entered(self, records: Sequence[Record]) -> list[Record]:
        """The records with what the gradebook says: a person's scores, penalties, extra credit."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A submission at its end: its record, and the graded notebook where a new one was made.

    ``run`` names the grading run whose references it was judged by; empty where nothing ran.
    """

    found: Found
    record: Record
    notebook: NotebookNode | None
    run: str


class Pipeline(Stations):
    """The stations of one assignment in a row, for all submissions of a class."""

    def __init__(self, course: CourseFolder, name: str, layers: Layers | None = None) -> None:
        super().__init__(course, name, layers)
        self._causes = Causes(self.assignment, self._answers, self.store.runs)
        self._waiting: list[tuple[Found, ExecutedAttempt, NotebookNode | None]] = []
        self._held = 0

    def unreadable(self, found: Found, reason: str) -> Outcome:
        """The end of a submission that no attempt can be made of."""
        notebook = graded_notebook.set_aside_notebook(self.assignment, reason)
        return Outcome(found, self.set_aside(found.student, reason), notebook, "")

    def outcomes(
        self,
        found: Sequence[Found],
        *,
        force: bool = False,
        workers: int | None = None,
        scheduler: str | None = None,
    ) -> Generator[Outcome, None, None]:
        """Every submission's end: what need not run as it is read, the others as they end."""
        self._begin()
        reading = self._read(found, force)
        todo: list[Todo] = []
        for item in reading:
            if isinstance(item, Outcome):
                yield item
                continue
            if not todo and scheduler is None:
                with contextlib.suppress(SandboxUnavailable):  # said of the first, later
                    warm_up(self.sandbox)  # it starts while the others are read
            todo.append(item)
            if len(todo) == READ_AHEAD:
                break
        if not todo:
            if self._waiting:
                with pools.open_pool(workers, scheduler, self.sandbox) as pool:
                    yield from self._explained(pool)
            return
        settled: collections.deque[Outcome] = collections.deque()
        more = itertools.chain(todo, _unsettled(reading, settled))
        with pools.open_pool(workers, scheduler, self.sandbox) as pool:
            run = self.run(pool)
            width = functools.partial(pools.width, pool, workers)
            for found_one, rebuilt, log in self.execute(more, pool, width):
                try:
                    executed = self.keep(found_one, rebuilt, log, run)
                    notebook = graded_notebook.graded_notebook(self.assignment, rebuilt, log)
                except (AutograderError, OSError):  # the course or the disk, not the submission
                    raise
                except Exception as error:
                    yield self.unreadable(found_one, fault(error))
                else:
                    yield from self._ended(found_one, executed, notebook)
                while settled:
                    yield settled.popleft()
                if self._is_full:
                    yield from self._explained(pool)
            yield from self._explained(pool)
        yield from settled

    def _read(self, found: Sequence[Found], force: bool) -> Iterator[Outcome | Todo]:
        """Each submission's attempt, or its end where nothing has to run."""
        for item in found:
            kept = None if force else self.unchanged.find(item)
            if kept is not None and kept.version == self.assignment.version:
                yield Outcome(item, kept.record, None, kept.run)
                continue
            try:
                rebuilt = self.rebuild(item)
                old = None if force else self.known(rebuilt, item.student)
            except Exception as error:
                self.store.forget(item.student)
                known = isinstance(error, UnreadableSubmission)
                yield self.unreadable(item, str(error) if known else fault(error))
                continue
            if old is None:
                yield item, rebuilt
            else:
                yield from self._ended(item, old, None)  # with others, once there is a pool

    def _begin(self) -> None:
        """Nobody waits yet; what an earlier command left unfinished is not this one's."""
        self._waiting, self._held = [], 0

    def judged(self) -> Iterator[Outcome]:
        """Every submission of which there is evidence, judged by it; nothing is executed.

        What is known of an answer whose question is the same is not found out again.
        """
        self._begin()
        as_they_were, lines = self.unchanged.judged(), self.unchanged.lines()
        for path in self.store.files():
            kept = as_they_were.get(path) or self._judged_unread(lines.get(path))
            if kept is not None:
                if kept.version != self.assignment.version:
                    self.outdated.add(kept.record.student)
                yield Outcome(Found(kept.record.student, None), kept.record, None, kept.run)
                continue
            executed = self.store.read(path)
            if executed is not None:
                found = Found(executed.student, None)
                yield from self._ended(found, executed, None, line=lines.get(path))
                if self._is_full:
                    yield from self._explained()
        yield from self._explained()

    def _judged_unread(self, line: Line | None) -> Unread | None:
        """What the judge says by what was read of a submission earlier, if that is enough."""
        judging = self.judging(line.run) if line is not None else None
        if line is None or judging is None:
            return None
        record = judging.record_by(line.grounds)
        if record is None:
            return None
        self.unchanged.remember(record, line.run, line.version, judging, line.grounds)
        return Unread(record, line.run, line.version)

    def _ended(
        self,
        found: Found,
        executed: ExecutedAttempt,
        notebook: NotebookNode | None,
        line: Line | None = None,
    ) -> Iterator[Outcome]:
        """What the judge says, unless it has to wait until causes have been looked for.

        ``line`` is what was read of the same evidence earlier.
        """
        judging = self.judging(executed.run)
        if judging is not None and line is not None:
            judging.grounds(executed, line.grounds)
        record, references = self.judge(executed), self.references(executed.run)
        is_open = False
        with contextlib.suppress(Exception):  # what cannot be looked at has no known cause
            is_open = references is not None and self._causes.are_open(executed, record, references)
        if not is_open:
            yield self._outcome(found, executed, notebook, record)
            return
        if judging is not None:
            judging.leave_open(executed)
        self._waiting.append((found, executed, notebook))
        with contextlib.suppress(OSError):
            self._held += self.store.path(executed.student).stat().st_size
        self._held += len(str(notebook))

    @property
    def _is_full(self) -> bool:
        """Whether no more should wait."""
        return len(self._waiting) >= MOST_WAITING or self._held >= MOST_HELD

    def _explained(self, pool: concurrent.futures.Executor | None = None) -> Iterator[Outcome]:
        """Those that had to wait, after the known wrong answers that they need were executed.

        Where the machine fails under those, causes stay open until somebody asks again.
        """
        waiting = self._waiting
        self._begin()
        is_known = True
        try:
            self._causes.find(self.executor(pool))
        except MachineLost:
            is_known = False
        self._current.clear()
        self._judging.clear()
        for found, executed, notebook in waiting:
            record = self.judge(executed)
            if is_known:
                yield self._outcome(found, executed, notebook, record)
            else:
                yield Outcome(found, record, notebook, executed.run)

    def _outcome(
        self, found: Found, executed: ExecutedAttempt, notebook: NotebookNode | None, record: Record
    ) -> Outcome:
        """The end of one, kept for as long as nothing changes."""
        judging = self.judging(executed.run)
        if record.status == "graded" and judging is not None:
            grounds = judging.grounds(executed)
            self.unchanged.remember(record, executed.run, executed.version, judging, grounds)
        return Outcome(found, record, notebook, executed.run)

    def show(self, outcome: Outcome) -> None:
        """Write the graded notebook with its verdicts; the one that is there, where none is new.

        There is no page for a folder whose name cannot be a student's.
        """
        if not is_plain_id(outcome.record.student):
            return
        path = self.course.graded(outcome.record.student, self.assignment.name)
        notebook = outcome.notebook or graded_notebook.read(path)
        if notebook is not None:
            self.put_verdicts(outcome, notebook)
            graded_notebook.write(path, notebook, outcome.found.folder)

    def put_verdicts(self, outcome: Outcome, notebook: NotebookNode) -> None:
        """Write what a record says into the notebook: losses and remarks above, then verdicts."""
        graded_notebook.put_remarks(notebook, outcome.record.remarks)
        is_judged = outcome.record.status != "needs_review"
        graded_notebook.put_lost(notebook, self.assignment, outcome.record.cells, is_judged)
        references = self.references(outcome.run)
        if references is not None:
            verdicts = outcome.record.verdicts
            cells, requirements = references.grade_cells, outcome.record.requirements
            graded_notebook.put_verdicts(notebook, verdicts, cells, requirements)


def grade(
    pipeline: Pipeline,
    gradebook: Gradebook,
    submitted: Path | None = None,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    only: Collection[str] | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Record]:
    """Grade every submission below ``submitted``; records in the order of the students' names.

    With ``only`` those of these students: the records and grades of all others stay.

    Raises:
        AutograderError: the folder or one of ``only`` is missing, the gradebook cannot be written,
            the sandbox or the cluster cannot be had, or the course itself is broken.
    """
    submitted = submitted or pipeline.course.submitted
    if not submitted.is_dir():
        raise AutograderError(f"There is no folder {submitted}; name another with --submitted.")
    known = set(pipeline.course.assignments)
    found = list(find_submissions(submitted, pipeline.assignment.name, known))
    if only:
        found = _of(found, only, pipeline.assignment.name, submitted)
    last = pipeline.store.lines().texts
    records: dict[str, Record] = {}
    used: set[str] = set()
    progress(0, len(found))
    outcomes = pipeline.outcomes(found, force=force, workers=workers, scheduler=scheduler)
    with contextlib.closing(outcomes):
        for outcome in outcomes:
            student = outcome.found.student
            records[student] = entered(pipeline, gradebook, outcome, last.get(student))
            used.add(outcome.run)
            progress(len(records), len(found))
    ordered = gradebook.as_entered([records[item.student] for item in found])
    pipeline.store.save_records(ordered)
    pipeline.unchanged.save()
    kept = {executed.run for executed in pipeline.store.all_executed(but=records)}
    pipeline.store.runs.finish(used | kept)
    return ordered


def _of(found: Sequence[Found], only: Collection[str], name: str, folder: Path) -> list[Found]:
    """The submissions of some students, each of whom has one."""
    there = {item.student for item in found}
    for student in only:
        if student not in there:
            near = difflib.get_close_matches(student, sorted(there), 3)
            meant = f"; meant is perhaps: {', '.join(near)}" if near else ""
            raise AutograderError(f"There is no {name} of {student} in {folder}{meant}.")
    return [item for item in found if item.student in only]


def entered(pipeline: Pipeline, gradebook: Gradebook, outcome: Outcome, last: str | None) -> Record:
    """Show and enter one outcome; whatever goes wrong over it ends this one only."""
    record, folder = outcome.record, outcome.found.folder
    try:
        if outcome.notebook is not None or not record.judged_as(last):
            pipeline.show(outcome)
        return gradebook.enter(record, pipeline.assignment, folder)
    except AutograderError:  # the gradebook, not the submission
        raise
    except Exception as error:
        aside = pipeline.set_aside(record.student, fault(error))
        return gradebook.enter(aside, pipeline.assignment, None)


def _unsettled(
    reading: Iterator[Outcome | Todo], settled: collections.deque[Outcome]
) -> Iterator[Todo]:
    """What has to run; the others are put into ``settled`` on the way."""
    for item in reading:
        if isinstance(item, Outcome):
            settled.append(item)
        else:
            yield item
