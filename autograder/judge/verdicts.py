"""Evidence + reference → verdict. Trusted code: no torch, no student code.

A check is passed or failed by comparison alone (:mod:`autograder.judge.compare`); what is known
about wrong answers only says why.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from autograder.evidence import Evidence, Node
from autograder.judge.compare import Finding, agrees, compare

Status = Literal[
    "passed",
    "failed",
    "not_answered",  #: nothing was written yet, or what was asked for is not there
    "not_reached",  #: something before it ended the cell or the run
    "interrupted",  #: by a person, or by a limit
    "undecided",  #: not the student's doing: nothing to compare with, a lost machine
]
STATUSES: tuple[Status, ...] = get_args(Status)
NOT_ANSWERED = "Not answered yet."  #: for people; programs go by the status


@dataclasses.dataclass(frozen=True)
class Misconception:
    """A known wrong answer: what it is called, what its author should read, what it records."""

    exercise: str
    name: str
    message: str
    evidence: Mapping[str, Evidence]  #: by check name


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the judge says of one check: ``status`` to programs, ``reason`` to people."""

    check: str
    status: Status
    reason: str | None = None
    misconception: str | None = None
    finding: Finding | None = None

    @property
    def passed(self) -> bool:
        """Whether the check is established."""
        return self.status == "passed"

    @property
    def exercise(self) -> str:
        """The exercise that the check belongs to."""
        return exercise_of(self.check)


def exercise_of(check: str) -> str:
    """The exercise that a check named ``exercise/what`` belongs to."""
    return check.split("/", 1)[0]


_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def same_evidence(actual: Evidence, known: Evidence) -> bool:
    """Whether an answer recorded what a known wrong answer records."""
    mine, theirs = actual.outcome, known.outcome
    if mine["kind"] == "exception" and theirs["kind"] == "exception":
        return (mine["type"], _ADDRESS.sub("", mine["message"])) == (
            theirs["type"],
            _ADDRESS.sub("", theirs["message"]),
        )
    return mine["kind"] == theirs["kind"] and agrees(actual, known)


def judge(evidence: Evidence | None, reference: Evidence) -> Verdict:
    """The verdict on one check, misconceptions aside."""
    name = reference.name
    if evidence is None:
        return Verdict(name, "not_answered", NOT_ANSWERED)
    if reference.outcome["kind"] != "exception" and _is_untouched(evidence.outcome):
        return Verdict(name, "not_answered", NOT_ANSWERED)
    finding = compare(evidence, reference)
    if finding is None:
        return Verdict(name, "passed")
    return Verdict(name, "failed", finding.sentence, finding=finding)


def _is_untouched(outcome: Node) -> bool:
    """Whether an answer is what nbgrader leaves of a solution: ``raise NotImplementedError()``."""
    raised = outcome["kind"] == "exception" and outcome["type"] == "NotImplementedError"
    return raised and not outcome["message"]


class _Agreements:
    """Which checks an answer and a known wrong answer record alike; no two compared twice."""

    def __init__(self, recorded: Mapping[str, Evidence]) -> None:
        self._recorded = recorded
        self._known: dict[tuple[int, str], bool] = {}

    def in_all(self, known: Misconception, names: Iterable[str]) -> bool:
        return all(self._agrees(known, name) for name in names)

    def of(self, known: Misconception) -> set[str]:
        return {name for name in known.evidence if self._agrees(known, name)}

    def _agrees(self, known: Misconception, name: str) -> bool:
        key = id(known), name
        if key not in self._known:
            mine, theirs = self._recorded.get(name), known.evidence.get(name)
            both = mine is not None and theirs is not None
            self._known[key] = both and same_evidence(mine, theirs)  # type: ignore[arg-type]
        return self._known[key]


def judge_exercise(
    references: Sequence[Evidence],
    recorded: Mapping[str, Evidence],
    misconceptions: Sequence[Misconception] = (),
) -> list[Verdict]:
    """Verdicts on an exercise's checks, in the order of ``references``.

    A misconception is named when it explains the failure: it records the same as the student in
    every check that failed and was recorded; among several, the one that agrees on the most checks
    of the exercise. Where none explains all, each check is explained by itself, if possible by one
    that also agrees with the checks that passed.
    """
    verdicts = [judge(recorded.get(ref.name), ref) for ref in references]
    failed = [v for v in verdicts if v.status == "failed" and v.check in recorded]
    if not failed or not misconceptions:
        return verdicts
    agreement = _Agreements(recorded)
    names = [v.check for v in failed]
    whole = [known for known in misconceptions if agreement.in_all(known, names)]
    best = max(whole, key=lambda known: len(agreement.of(known)), default=None)
    passed = {v.check for v in verdicts if v.passed}

    def plausible(known: Misconception) -> tuple[bool, int]:
        agrees = agreement.of(known)
        return not (passed & known.evidence.keys() - agrees), len(agrees.intersection(names))

    def explain(verdict: Verdict) -> Verdict:
        if verdict.check not in names:
            return verdict
        known = best
        if known is None:
            matching = [m for m in misconceptions if agreement.in_all(m, [verdict.check])]
            known = max(matching, key=plausible, default=None)
        if known is None:
            return verdict
        reason = f"{known.message} ({verdict.reason})" if verdict.reason else known.message
        return dataclasses.replace(verdict, misconception=known.name, reason=reason)

    return [explain(verdict) for verdict in verdicts]
