"""Grading a whole class: every submission found ends as one record.

The loop is the data flow: submission → paper → execute (elsewhere) → testimony → judge → gradebook.
What has been executed is on disk before it is judged, so a grading that was killed goes on where it
was, and judging again executes nothing.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import AutograderError, SandboxUnavailable, UnreadableSubmission
from autograder.grading import pool as pools
from autograder.grading.attempt import Rebuilt
from autograder.grading.grading import Grading
from autograder.grading.scoring import Record
from autograder.intake.submission import Found, find_submissions
from autograder.pages import graded_notebook as graded
from autograder.sandbox import CellRun, Execution

Progress = Callable[[int, int], None]


def grade(
    grading: Grading,
    submitted: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Progress = lambda done, total: None,
) -> list[Record]:
    """Grade every submission below ``submitted``; records in the order of the students' names.

    Raises:
        AutograderError: the folder is missing, the gradebook cannot be written, the sandbox or the
            cluster cannot be had, or the course itself is broken.
    """
    if not submitted.is_dir():
        raise AutograderError(f"There is no folder {submitted}; name another with --submitted.")
    known = {path.name for path in (grading.course / "source").iterdir()}
    found = list(find_submissions(submitted, grading.assignment.name, known))
    records: dict[str, Record] = {}
    used: set[str] = set()
    with grading.open_gradebook() as gradebook:
        last = grading.last_records()

        def finish(item: Found, record: Record, notebook: NotebookNode | None, run: str) -> None:
            if notebook is not None or last.get(item.student) != record.as_json():
                grading.write_notebook(record, notebook, run, item.folder)
            records[item.student] = grading.enter(gradebook, record, item.folder)
            used.add(run)
            progress(len(records), len(found))

        progress(0, len(found))
        todo = _settle_without_running(grading, found, force, finish)
        if todo:
            with pools.open_pool(workers, scheduler) as pool:
                execute_all(grading, todo, pool, pools.width(pool, workers), finish)
    ordered = [records[item.student] for item in found]
    grading.save_records(ordered)
    grading.runs.finish(used | {testimony.run for testimony in grading.all_stored(but=records)})
    return ordered


Finish = Callable[[Found, Record, NotebookNode | None, str], None]
Todo = tuple[Found, Rebuilt]


def _settle_without_running(
    grading: Grading, found: Sequence[Found], force: bool, finish: Finish
) -> list[Todo]:
    """Set aside what cannot be read, judge what has run already; the rest is to be executed."""
    todo: list[Todo] = []
    for item in found:
        try:
            rebuilt = grading.read(item)
        except UnreadableSubmission as error:
            notebook = graded.set_aside_notebook(grading.assignment, str(error))
            finish(item, grading.set_aside(item.student, str(error)), notebook, "")
            continue
        old = None if force else grading.known(rebuilt, item.student)
        if old is None:
            todo.append((item, rebuilt))
        else:
            finish(item, grading.mark(old), None, old.run)
    return todo


def execute_all(
    grading: Grading,
    todo: Sequence[Todo],
    pool: concurrent.futures.Executor,
    width: int,
    finish: Finish,
) -> None:
    """Execute, keep and judge papers, at most ``width`` at once; ``finish`` takes what came out."""

    def submit(rebuilt: Rebuilt) -> concurrent.futures.Future[Execution]:
        paper = dataclasses.replace(rebuilt.paper, seed=run.seed)
        return pool.submit(pools.run_paper, paper.to_bytes(), grading.limits)

    run = grading.run(functools.partial(pools.run_papers, pool=pool))
    waiting = iter(todo)
    flying: dict[concurrent.futures.Future[Execution], Todo] = {}
    again: set[str] = set()
    while True:
        while len(flying) < width and (item := next(waiting, None)) is not None:
            flying[submit(item[1])] = item
        if not flying:
            return
        done, _ = concurrent.futures.wait(flying, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            found, rebuilt = flying.pop(future)
            execution = _outcome(future, rebuilt)
            names = grading.missed_names(rebuilt, execution)
            if names and found.student not in again:
                again.add(found.student)
                rebuilt = grading.read(found, names)
                flying[submit(rebuilt)] = (found, rebuilt)
                continue
            testimony, notebook = grading.keep(found, rebuilt, execution, run)
            finish(found, grading.mark(testimony), notebook, run.name)


def _outcome(future: concurrent.futures.Future[Execution], rebuilt: Rebuilt) -> Execution:
    """What a future brought; a worker that was lost is a crash of its paper, not of the class."""
    try:
        return future.result()
    except SandboxUnavailable:
        raise
    except Exception as error:
        reason = f"The machine that executed it was lost ({type(error).__name__}); grade it again."
        cells = [CellRun() for _ in rebuilt.paper.cells]
        return Execution(cells, ended="refused", reason=reason)


def rejudge(grading: Grading, progress: Progress = lambda done, total: None) -> list[Record]:
    """Judge all stored evidence again, with today's points, tolerances and messages."""
    count = grading.count_stored()
    if not count:
        raise AutograderError(
            f"There is no evidence for {grading.assignment.name} in {grading.folder.parent}; "
            f"run `autograder grade {grading.assignment.name}` first."
        )
    last = grading.last_records()
    records = []
    with grading.open_gradebook() as gradebook:
        for testimony in grading.all_stored():
            record = grading.mark(testimony)
            if last.get(record.student) != record.as_json():
                grading.write_notebook(record, None, testimony.run)
                grading.enter(gradebook, record, None)
            records.append(record)
            progress(len(records), count)
    grading.save_records(records)
    return records
