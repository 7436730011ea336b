"""One assignment being graded: its run, its files, and each station for one submission.

Used by the batch (:mod:`autograder.grading.pipeline`) and by nbgrader's preprocessors alike, so that
there is one path from a submission to its record.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.course import answers as known_answers
from autograder.course.assignment import Assignment
from autograder.errors import UnreadableSubmission
from autograder.evidence import EvidenceError
from autograder.files import write_whole
from autograder.gradebook.writer import TIMESTAMP, GradebookWriter, read_timestamp
from autograder.grading.attempt import Rebuilt, demo_names, rebuild
from autograder.grading.executed import SUFFIX, Testimony, hear
from autograder.grading.pool import run_papers
from autograder.grading.run import Executor, Run, RunStore, make_references, new_seed
from autograder.grading.scoring import Record, mark, set_aside
from autograder.intake.submission import Found, parse, read_bytes
from autograder.judge.references import SUFFIX as REFERENCES
from autograder.judge.references import References, load
from autograder.pages import graded_notebook as graded
from autograder.sandbox import Execution, Limits


class Grading:
    """One assignment of one course: where things lie, and what is done to one submission."""

    def __init__(
        self,
        course: Path,
        name: str,
        limits: Limits | None = None,
        gradebook: str | None = None,
        course_id: str = "",
        config: Config | None = None,
    ) -> None:
        self.course = course
        self.assignment = Assignment.load(course, name)
        self.limits = limits or Limits()
        self.folder = course / "evidence" / name
        self.runs = RunStore(self.folder)
        self.gradebook_url = gradebook or f"sqlite:///{course / 'gradebook.db'}"
        self.course_id, self.config = course_id, config
        self.answers = known_answers.load(name)
        self._run: Run | None = None
        self._current: dict[str, References] = {}
        self._demo_names = demo_names(self.assignment)

    def open_gradebook(self) -> GradebookWriter:
        """The course's gradebook, with the assignment entered."""
        gradebook = GradebookWriter(self.gradebook_url, self.course_id, self.config)
        name = self.assignment.name
        gradebook.ensure_assignment(self.course / "source" / name / f"{name}.ipynb")
        return gradebook

    # ----------------------------------------------------------------------------- the run

    def run(self, execute: Executor = run_papers) -> Run:
        """The grading run: the unfinished one of an earlier attempt, or a new one."""
        if self._run is None:
            self._run = self.runs.unfinished(self.assignment.version)
        if self._run is None:
            self._run = self.runs.new(
                make_references(
                    self.assignment, new_seed(), execute, self.limits, answers=self.answers
                )
            )
            self.runs.begin(self._run)
        return self._run

    def references(self, run: str) -> References | None:
        """A run's references with today's tolerances and today's messages."""
        if run not in self._current:
            stored = self.runs.get(run)
            if stored is None:
                return None
            self._current[run] = self._refresh(stored)
        return self._current[run]

    def _refresh(self, stored: References) -> References:
        path = self.course / "notebooks" / f"{self.assignment.name}{REFERENCES}"
        today = load(path).checks if path.is_file() else {}
        checks = {
            name: dataclasses.replace(
                evidence, rtol=today[name].rtol, atol=today[name].atol, forbid=today[name].forbid
            )
            if name in today
            else evidence
            for name, evidence in stored.checks.items()
        }
        messages = {(a.exercise, a.name): a.message for a in self.answers}
        mistakes = tuple(
            dataclasses.replace(known, message=messages[known.exercise, known.name])
            for known in stored.misconceptions
            if (known.exercise, known.name) in messages
        )
        return dataclasses.replace(stored, checks=checks, misconceptions=mistakes)

    # ----------------------------------------------------------------------- one submission

    def evidence_path(self, student: str) -> Path:
        """Where a submission's testimony is kept; long names are shortened to a hash."""
        if len(student.encode("utf-8", "surrogateescape")) > 200:
            student = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()
        return self.folder / f"{student}{SUFFIX}"

    def graded_path(self, student: str) -> Path:
        """Where formgrader and feedback look for the graded notebook."""
        name = self.assignment.name
        return self.course / "autograded" / student / name / f"{name}.ipynb"

    def stored(self, student: str) -> Testimony | None:
        """The testimony of an earlier execution, or None."""
        return read_testimony(self.evidence_path(student))

    def all_stored(self, but: Iterable[str] = ()) -> Iterator[Testimony]:
        """The testimonies of all submissions that were executed, in order of their files.

        ``but`` names students whose testimony is not wanted.
        """
        left_out = {self.evidence_path(student) for student in but}
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            testimony = None if path in left_out else read_testimony(path)
            if testimony is not None:
                yield testimony

    def count_stored(self) -> int:
        """How many evidence files there are."""
        return sum(1 for _ in self.folder.glob(f"*{SUFFIX}"))

    def read(self, found: Found, names: frozenset[str] = frozenset()) -> Rebuilt:
        """The paper of a submission. Raises :class:`UnreadableSubmission`."""
        if found.path is None:
            raise UnreadableSubmission(found.problem or "There is no notebook.")
        rebuilt = rebuild(self.assignment, parse(read_bytes(found.path)), 0, names)
        if found.note:
            rebuilt = dataclasses.replace(rebuilt, notes=(found.note, *rebuilt.notes))
        return rebuilt

    def known(self, rebuilt: Rebuilt, student: str) -> Testimony | None:
        """The stored testimony, if it is of this very paper, chapter and a run still at hand."""
        old = self.stored(student)
        if old is None or old.version != self.assignment.version:
            return None
        if old.digest != rebuilt.paper.digest() or self.references(old.run) is None:
            return None
        return old if self.graded_path(student).is_file() else None

    def missed_names(self, rebuilt: Rebuilt, execution: Execution) -> frozenset[str]:
        """Names of demonstrations that the student's code asked for and the paper left out."""
        text = "\n".join(
            str(output.get("evalue", ""))
            for result in execution.cells
            for output in result.outputs
            if output.get("ename") == "NameError"
        )
        text += "\n".join(
            data[: 2**14].decode("utf-8", "replace")
            for _, data in execution.evidence
            if b"NameError" in data[: 2**14]
        )
        return frozenset(name for name in self._demo_names if f"'{name}' is not defined" in text)

    def keep(
        self, found: Found, rebuilt: Rebuilt, execution: Execution, run: Run
    ) -> tuple[Testimony, NotebookNode]:
        """Validate and store what an execution brought; the notebook is not written yet."""
        testimony = hear(found.student, run.name, run.references, rebuilt, execution)
        write_whole(self.evidence_path(found.student), testimony.to_bytes())
        return testimony, graded.graded_notebook(self.assignment, rebuilt, execution)

    def mark(self, testimony: Testimony) -> Record:
        """The record of a testimony against the references of its own run."""
        references = self.references(testimony.run)
        if references is None:
            reason = "The references of its run are gone; grade it again with --force."
            return self.set_aside(testimony.student, reason)
        return mark(testimony, references, self.assignment.points)

    def set_aside(self, student: str, reason: str) -> Record:
        """The record of a submission that a person has to look at."""
        assignment = self.assignment
        return set_aside(student, assignment.name, reason, assignment.max_score, assignment.points)

    def put_verdicts(self, record: Record, notebook: NotebookNode, run: str) -> None:
        """Write what a record says below the notebook's check cells."""
        references = self.references(run)
        if references is not None:
            graded.put_verdicts(notebook, record.verdicts, references.grade_cells)

    def write_notebook(
        self,
        record: Record,
        notebook: NotebookNode | None,
        run: str,
        folder: Path | None = None,
    ) -> None:
        """Write the graded notebook with its verdicts; None: take the one that is there.

        The time of submission is copied from ``folder``: nbgrader compares the two.
        """
        path = self.graded_path(record.student)
        if notebook is None:
            if not path.is_file():
                return
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        self.put_verdicts(record, notebook, run)
        write_whole(path, graded.notebook_bytes(notebook))
        if folder is not None and read_timestamp(folder) is not None:
            write_whole(path.with_name(TIMESTAMP), (folder / TIMESTAMP).read_bytes()[:100])

    def enter(self, gradebook: GradebookWriter, record: Record, folder: Path | None) -> Record:
        """Write a record into the gradebook; the record as it is to be reported."""
        points = self.assignment.points
        refused = gradebook.record(
            record.student,
            record.assignment,
            {cell: (record.cells.get(cell, 0.0), points[cell]) for cell in points},
            submitted=folder,
            comments=record.comments(),
            needs_review=record.status == "needs_review",
            reason=record.reason,
        )
        return self.set_aside(record.student, refused) if refused else record

    # ------------------------------------------------------------------------- all the records

    def last_records(self) -> dict[str, dict[str, Any]]:
        """What was said last time, by student; the lines of ``records.jsonl``."""
        path = self.folder / "records.jsonl"
        try:
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            return {line["student"]: line for line in lines}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def save_records(self, records: Iterable[Record]) -> None:
        """Put these records in place of what was said of the same students."""
        merged = self.last_records() | {r.student: r.as_json() for r in records}
        write_whole(self.folder / "records.jsonl", jsonl(merged.values()))


def jsonl(records: Iterable[dict[str, Any]]) -> bytes:
    """One JSON object a line, UTF-8."""
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    return "".join(lines).encode("utf-8", "replace")


def read_testimony(path: Path) -> Testimony | None:
    """An evidence file, or None when it is not there or cannot be read."""
    try:
        return Testimony.from_bytes(path.read_bytes())
    except (OSError, EvidenceError):
        return None
