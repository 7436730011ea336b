"""The wrong answers of a graded class that no known wrong answer explains."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from autograder.evidence import Node
from autograder.grading import typical
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.one_answer import stops_with
from autograder.grading.pipeline import Pipeline
from autograder.pages.sanitize import plain_text

Kind = Literal[
    "evidence",  #: the same was recorded
    "exception",  #: the same checks failed, each with an exception, the first with the same
    "stopped",  #: nothing was recorded: an error in the answer's own cell, a limit
]


@dataclasses.dataclass(frozen=True)
class Wrong:
    """One student's answer to one exercise."""

    exercise: str
    checks: Sequence[Mapping[str, Any]]  #: of the record
    lost: float
    executed: ExecutedAttempt

    @property
    def student(self) -> str:
        """Whose it is."""
        return self.executed.student

    @property
    def source(self) -> str:
        """The text of the answer; a student's."""
        return self.executed.sources.get(self.exercise, "")

    @functools.cached_property
    def form(self) -> str:
        """What the source does, whatever its author calls things."""
        return typical.form(self.source)

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check["passed"]]

    @property
    def statuses(self) -> tuple[str, ...]:
        """How each check ended."""
        return tuple(check["status"] for check in self.checks)

    @functools.cached_property
    def outcomes(self) -> list[Node]:
        """What the checks that did not pass recorded."""
        recorded = self.executed.evidence
        answered = (c["name"] for c in self.failed if c["status"] != "not_answered")
        return [recorded[name].outcome for name in answered if name in recorded]

    @property
    def error(self) -> str | None:
        """What its own cell ended with, where that is why nothing of it could be called."""
        raised = {outcome.get("type") for outcome in self.outcomes}
        is_undefined = raised <= {"NameError"} and all(
            outcome["kind"] == "exception" for outcome in self.outcomes
        )
        return self.executed.errors.get(self.exercise) if is_undefined else None

    @property
    def sentence(self) -> str:
        """What the judge says first."""
        if self.error is not None:
            return plain_text(stops_with(self.error))
        told = (c["reason"] for c in self.failed if c["reason"] and c["status"] != "not_answered")
        return next(told, "")


def unexplained(pipeline: Pipeline) -> Iterator[Wrong]:
    """The wrong answers of the last grading that no known wrong answer explains, by student."""
    for student, record in sorted(pipeline.store.records().items()):
        if record["status"] != "graded":
            continue
        checks: dict[str, list[Mapping[str, Any]]] = {}
        for check in record["checks"]:
            checks.setdefault(check["exercise"], []).append(check)
        wrong = {name: own for name, own in checks.items() if _is_unexplained(own)}
        executed = pipeline.store.executed(student) if wrong else None
        if executed is not None:
            names = {check["name"] for own in wrong.values() for check in own}
            kept = {name: e for name, e in executed.evidence.items() if name in names}
            executed = dataclasses.replace(executed, evidence=kept)
            lost = _lost(record, pipeline.assignment.points)
            for name, own in wrong.items():
                yield Wrong(name, own, lost.get(name, 0.0), executed)


def _is_unexplained(checks: Sequence[Mapping[str, Any]]) -> bool:
    failed = {check["status"] for check in checks if not check["passed"]}
    return bool(failed - {"not_answered", "undecided"}) and not any(
        check["misconception"] for check in checks
    )


def _lost(record: Mapping[str, Any], points: Mapping[str, float]) -> dict[str, float]:
    """Points lost by exercise, where a person entered scores by these."""
    lost: dict[str, float] = {}
    for asked in record.get("requirements", ()):
        name = asked["exercise"]
        lost[name] = lost.get(name, 0.0) + asked["points"] - asked["earned"]
    by_hand = (record.get("manual") or {}).get("scores", {})
    for name in lost:
        cells = [cell for cell in (f"{name}-visible", f"{name}-hidden") if cell in points]
        if cells and all(cell in by_hand for cell in cells):
            lost[name] = max(0.0, sum(points[cell] - by_hand[cell] for cell in cells))
    return lost


def kind_of(wrong: Wrong) -> tuple[Kind, str]:
    """What puts an answer into a group, and where that is no evidence, by which line."""
    if wrong.error is not None or not wrong.outcomes:
        failed = next(check for check in wrong.failed if check["status"] != "not_answered")
        return "stopped", _line(wrong.error or failed["reason"] or failed["status"])
    if all(outcome["kind"] == "exception" for outcome in wrong.outcomes):
        raised = "{type}: {message}".format_map(wrong.outcomes[0])
        return "exception", " ".join([_line(raised), *wrong.statuses])
    return "evidence", ""


_MOST_LINE = 300  #: characters of a line that are looked at
_OF_THIS_TIME = re.compile(r"0x[0-9a-fA-F]+|<?[\w.-]*\.py>?|<ipython-input[^>]*>|\d+(?:\.\d+)?")


def _line(error: str) -> str:
    """The first line of an error's text without numbers, addresses and names of files."""
    return _OF_THIS_TIME.sub("#", error.strip().partition("\n")[0][:_MOST_LINE])
