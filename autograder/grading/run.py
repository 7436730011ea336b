"""A grading run: a fresh seed, the references that the solution records with it, its wrong answers.

The run's references lie beside the evidence that was judged against them, so a grade can be judged
again without executing anything.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from autograder.course import answers as known_answers
from autograder.course.answers import Answer
from autograder.course.assignment import Assignment
from autograder.errors import AutograderError
from autograder.evidence import Evidence, EvidenceError
from autograder.files import write_whole
from autograder.grading.attempt import Paper, answer_paper, solution_paper
from autograder.judge.references import SUFFIX, Exercise, References, collect
from autograder.judge.verdicts import Misconception
from autograder.sandbox import Execution, Limits

Executor = Callable[[Sequence[Paper], Limits], Sequence[Execution]]


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of one assignment."""

    name: str
    references: References

    @property
    def seed(self) -> int:
        """The seed of its fresh inputs."""
        return self.references.seed


def make_references(
    assignment: Assignment,
    seed: int,
    execute: Executor,
    limits: Limits,
    answers: list[Answer] | None = None,
    exercises: Mapping[str, Exercise] | None = None,
) -> References:
    """Execute the solution and the known wrong answers with one seed.

    Raises :class:`AutograderError` when the solution itself does not run: the course is broken, and
    grading against it would call everybody wrong.
    """
    answers = known_answers.load(assignment.name) if answers is None else answers
    groups = known_answers.layers(answers)
    papers = [solution_paper(assignment, seed)]
    for group in groups:
        papers.append(answer_paper(assignment, seed, {a.exercise: a.source for a in group}))
    executions = execute(papers, limits)
    recorded = recorded_by(papers[0], executions[0], must_finish=True)
    references = collect(
        assignment.name, seed, assignment.version, exercises or assignment.exercises, recorded
    )
    empty = [e.name for e in references.exercises.values() if not e.hidden]
    if empty:
        raise AutograderError(f"{assignment.name}: no hidden check recorded anything for {empty}.")
    for name, truth in references.checks.items():
        if truth.outcome["kind"] == "exception":  # an untouched answer might raise the same
            raise AutograderError(
                f"{assignment.name}: in the check {name} the solution raises "
                f"{truth.outcome['type']}: {truth.outcome['message']} "
                f"(an exception that is expected is recorded with probes.outcome)"
            )
    mistakes: list[Misconception] = []
    for group, paper, execution in zip(groups, papers[1:], executions[1:], strict=True):
        recorded = recorded_by(paper, execution)
        for answer in group:
            evidence = [
                item
                for cell in (f"{answer.exercise}-visible", f"{answer.exercise}-hidden")
                for item in recorded.get(cell, [])
            ]
            known = {item.name: item for item in evidence}
            mistakes.append(Misconception(answer.exercise, answer.name, answer.message, known))
    order = {(a.exercise, a.name): i for i, a in enumerate(answers)}
    mistakes.sort(key=lambda known: order[known.exercise, known.name])
    return dataclasses.replace(references, misconceptions=tuple(mistakes))


def recorded_by(
    paper: Paper, execution: Execution, must_finish: bool = False
) -> dict[str, list[Evidence]]:
    """What a trusted paper's checks recorded, by grade cell."""
    if must_finish:
        for cell, result in zip(paper.cells, execution.cells, strict=True):
            if result.status != "ok":
                errors = [o for o in result.outputs if o.get("output_type") == "error"]
                detail = f"{errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""
                raise AutograderError(
                    f"{paper.assignment}: the solution's cell {cell.name!r} ended as "
                    f"{result.status}. {detail or execution.reason or ''}"
                )
    recorded: dict[str, list[Evidence]] = {}
    for index, data in execution.evidence:
        cell = paper.cells[index]
        if cell.kind == "check":
            recorded.setdefault(cell.name, []).append(Evidence.from_bytes(data))
    return recorded


class RunStore:
    """The runs of one assignment on disk: ``evidence/<assignment>/runs/<name>.references``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "runs"
        self._loaded: dict[str, References] = {}

    def new(self, references: References) -> Run:
        """Keep the references of a new run."""
        run = Run(f"{references.version}-{references.seed:016x}", references)
        write_whole(self.folder / f"{run.name}{SUFFIX}", references.to_bytes())
        self._loaded[run.name] = references
        return run

    def get(self, name: str) -> References | None:
        """A run's references, or None when they are gone or cannot be read."""
        if name not in self._loaded:
            try:
                data = (self.folder / f"{name}{SUFFIX}").read_bytes()
                self._loaded[name] = References.from_bytes(data)
            except (OSError, EvidenceError):
                return None
        return self._loaded[name]

    def unfinished(self, version: str) -> Run | None:
        """The run that was interrupted before its class was done, if it is of this version."""
        marker = self.folder / "unfinished"
        name = marker.read_text().strip() if marker.is_file() else ""
        references = self.get(name) if name else None
        return Run(name, references) if references and references.version == version else None

    def begin(self, run: Run) -> None:
        """Remember that a run has begun; it goes on after an interruption."""
        write_whole(self.folder / "unfinished", run.name.encode())

    def finish(self, used: set[str]) -> None:
        """The class is done: forget the marker, and the runs that no evidence refers to."""
        (self.folder / "unfinished").unlink(missing_ok=True)
        for path in self.folder.glob(f"*{SUFFIX}"):
            if path.name.removesuffix(SUFFIX) not in used:
                path.unlink(missing_ok=True)


def new_seed() -> int:
    """A seed that nobody can know beforehand, 48 bits."""
    return secrets.randbits(48)
