"""The stations of one submission: attempt, job, run log, evidence, verdicts, record.

:mod:`autograder.grading.pipeline` puts them in a row for a class.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator

from autograder.course.answers import Answer
from autograder.course.folder import CourseFolder
from autograder.course.make_references import Executor, digests, make_references, new_seed
from autograder.errors import (
    AutograderError,
    MachineLost,
    UnreadableSubmission,
)
from autograder.grading import which
from autograder.grading.completed import complete
from autograder.grading.executed import ExecutedAttempt, collect_evidence
from autograder.grading.judging import Judging
from autograder.grading.rebuild import Rebuilt, demo_names, missed_names, rebuild
from autograder.grading.scoring import Record, set_aside
from autograder.grading.store import Run, Store
from autograder.grading.unchanged import Unchanged
from autograder.intake.submission import Found
from autograder.judge import references as reference_files
from autograder.judge.references import References
from autograder.sandbox import CellLog, Layers, RunLog
from autograder.sandbox import pool as pools

Todo = tuple[Found, Rebuilt]  #: a submission that has to be executed


class Stations:
    """The stations of one assignment, each a method."""

    def __init__(self, course: CourseFolder, name: str, layers: Layers | None = None) -> None:
        self.course = course
        self.store = Store(course.evidence(name))
        self.unchanged = Unchanged(course, name, self.store)  # before anything else is read
        self.assignment = course.assignment(name)
        self.limits = course.execution.limits
        self.sandbox = course.sandbox(layers)
        self._answers = course.answers(name)
        self._only_in_demos = demo_names(self.assignment)
        self._run: Run | None = None
        self._current: dict[str, References] = {}
        self._judging: dict[str, Judging] = {}
        self.learned: list[Answer] = []  #: known wrong answers that runs were completed by
        self.outdated: set[str] = set()  #: students judged by evidence of another edition

    # ------------------------------------------------------------------- submission → attempt

    def rebuild(self, found: Found, names: frozenset[str] = frozenset()) -> Rebuilt:
        """The attempt of a submission. Raises :class:`UnreadableSubmission`."""
        return rebuild(self.assignment, which.read(self.assignment, found), 0, names)

    def known(self, rebuilt: Rebuilt, student: str) -> ExecutedAttempt | None:
        """What was executed before, if it is this very attempt, chapter and a run still at hand.

        Where the machine failed under an attempt, nothing is known of it.
        """
        old = self.store.executed(student)
        if old is None or old.version != self.assignment.version or old.ended == "refused":
            return None
        if old.digest != rebuilt.attempt.digest() or self.references(old.run) is None:
            return None
        return old if self.course.graded(student, self.assignment.name).is_file() else None

    # ------------------------------------------------------------------- attempt → evidence

    def go_on_with(self, run: str) -> None:
        """Grade in an earlier run, if its references are still at hand and of this chapter."""
        references = self.store.runs.get(run)
        if references is not None and references.version == self.assignment.version:
            self._run = Run(run, references)

    def run(self, pool: concurrent.futures.Executor) -> Run:
        """The grading run: the unfinished one of an earlier grading, or a new one."""
        if self._run is None:
            self._run = self.store.runs.unfinished(self.assignment.version)
        if self._run is None:
            self._run = self.store.runs.new(self.fresh_references(pool, known=False))
            self.store.runs.begin(self._run)
        return self._run

    def fresh_references(
        self, pool: concurrent.futures.Executor | None = None, *, known: bool = True
    ) -> References:
        """The solution and the ``known`` wrong answers with a new seed; nothing is stored."""
        made = make_references(
            self.assignment,
            new_seed(),
            self.executor(pool),
            self._answers if known else (),
            timed=True,
        )
        return dataclasses.replace(made, sources=digests(self._answers))

    def executor(self, pool: concurrent.futures.Executor | None = None) -> Executor:
        """What executes jobs with this course's limits."""
        return lambda jobs: pools.run_jobs(jobs, self.limits, self.sandbox, pool)

    @property
    def run_in_use(self) -> str:
        """The name of the run that :meth:`outcomes` executed something in; empty if nothing."""
        return self._run.name if self._run is not None else ""

    def execute(
        self,
        todo: Iterable[Todo],
        pool: concurrent.futures.Executor,
        width: Callable[[], int],
    ) -> Iterator[tuple[Found, Rebuilt, RunLog]]:
        """Execute attempts, at most ``width()`` at once; each with what came of it, as it ends."""

        def submit(rebuilt: Rebuilt) -> concurrent.futures.Future[RunLog]:
            attempt = dataclasses.replace(rebuilt.attempt, seed=seed)
            job = attempt.job(references.seconds)
            return pool.submit(pools.run_job, job, self.limits, self.sandbox)

        references = self.run(pool).references
        seed = references.seed
        waiting = iter(todo)
        flying: dict[concurrent.futures.Future[RunLog], tuple[Found, Rebuilt]] = {}
        again: set[str] = set()
        while True:
            while len(flying) < width() and (item := next(waiting, None)) is not None:
                flying[submit(item[1])] = item
            if not flying:
                return
            done, _ = concurrent.futures.wait(
                flying, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in done:
                found, rebuilt = flying.pop(future)
                log = _log(future, rebuilt)
                names = missed_names(self._only_in_demos, log)
                more = None
                if names and found.student not in again:
                    again.add(found.student)
                    with contextlib.suppress(UnreadableSubmission):  # it was moved meanwhile
                        more = self.rebuild(found, names)
                if more is not None:
                    flying[submit(more)] = (found, more)
                else:
                    yield found, rebuilt, log

    def keep(self, found: Found, rebuilt: Rebuilt, log: RunLog, run: Run) -> ExecutedAttempt:
        """Validate what an execution brought, and store it."""
        executed = collect_evidence(found.student, run.name, run.references, rebuilt, log)
        self.store.keep(executed)
        return executed

    # ------------------------------------------------------------------- evidence → record

    def references(self, run: str) -> References | None:
        """A run's references with today's points, tolerances and messages, of today's exercises."""
        if run not in self._current:
            stored = self.store.runs.get(run)
            if stored is None:
                return None
            path = self.course.references(self.assignment.name)
            today = reference_files.load_checks(path) if path.is_file() else {}
            messages = {(a.exercise, a.name): a.message for a in self._answers}
            current = stored.with_settings_of(today).with_messages(messages)
            self._current[run] = current.with_points(self.assignment.points)
        return self._current[run]

    def complete(self) -> None:
        """Execute the known wrong answers that were written since a run: :attr:`learned`."""
        if self.unchanged.is_complete:
            return
        found: dict[tuple[str, str], Answer] = {}
        runs, execute = self.store.runs, self.executor()
        for run, new in complete(runs, self.assignment, self._answers, execute):
            self._current.pop(run, None)
            self._judging.pop(run, None)
            found |= {(answer.exercise, answer.name): answer for answer in new}
        self.learned = list(found.values())
        self.unchanged.remember_complete()

    def judge(self, executed: ExecutedAttempt, exercises: Collection[str] | None = None) -> Record:
        """The record of an executed attempt, against the references of its own run.

        With ``exercises`` of these alone, as if there were no others, and with all that is found
        of each; without, a verdict may lack what no record shows (findings and parts).
        """
        judging = self.judging(executed.run)
        if executed.version != self.assignment.version:
            self.outdated.add(executed.student)
        if judging is None:
            reason = "The references of its run are gone; grade it again with --force."
            return self.set_aside(executed.student, reason)
        try:
            return judging.record(executed, exercises)
        except Exception as error:  # whatever a submission holds, it ends its own grading only
            return self.set_aside(executed.student, fault(error))

    def judging(self, run: str) -> Judging | None:
        """The judge of a run, by today's references; None where those of the run are gone."""
        references = self.references(run)
        if references is None:
            return None
        if run not in self._judging:
            about = self.assignment
            kept = self.unchanged.verdicts
            self._judging[run] = Judging(references, about.points, about.imports, kept)
        return self._judging[run]

    def set_aside(self, student: str, reason: str) -> Record:
        """The record of a submission that a person has to look at."""
        assignment = self.assignment
        return set_aside(student, assignment.name, reason, assignment.max_score, assignment.points)


def fault(error: Exception) -> str:
    """What is said of a submission over which the grader itself failed."""
    return f"The grader failed on what it recorded ({type(error).__name__}): look at it by hand."


def _log(future: concurrent.futures.Future[RunLog], rebuilt: Rebuilt) -> RunLog:
    """What a future brought; a worker that was lost is a crash of its attempt, not of the class."""
    try:
        return future.result()
    except MachineLost as error:
        reason = str(error)
    except AutograderError:
        raise
    except Exception as error:
        reason = f"The machine that executed it was lost ({type(error).__name__}); grade it again."
    cells = [CellLog() for _ in rebuilt.attempt.cells]
    return RunLog(cells, ended="refused", reason=reason)
