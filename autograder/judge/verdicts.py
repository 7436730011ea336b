"""Evidence + reference → verdict. Trusted code: no torch, no student code.

A check is passed or failed by comparison alone (:mod:`autograder.judge.compare`), part by part: its
values, its side conditions, what was left behind. What is known about wrong answers only says why.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from autograder.evidence import Evidence, Node
from autograder.judge.another_type import SHARE, in_expected_types
from autograder.judge.compare import Finding, agrees, agrees_but, but, compare_but, compare_entry
from autograder.judge.exercise import NO_TRACE, Exercise
from autograder.judge.left_behind import left_behind, said
from autograder.judge.relations import explain, pattern_of

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
class Part:
    """What a check says about one requirement.

    ``kind``: its values (``main``), a side condition of its record (``side``), or what was left
    behind (``trace``). ``holds`` is the comparison's own; whether it counts is the check's matter:
    the others count only where the values are right, be they of another ``type_only``.
    """

    requirement: str
    kind: Literal["main", "side", "trace"]
    holds: bool
    reason: str | None = None
    type_only: bool = False  #: it does not hold because of the result's type alone


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the judge says of one check: ``status`` to programs, ``reason`` to people."""

    check: str
    status: Status
    reason: str | None = None
    misconception: str | None = None
    finding: Finding | None = None
    parts: tuple[Part, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the check is established."""
        return self.status == "passed"

    @property
    def right(self) -> bool:
        """Whether its values are right, whatever else is not."""
        return self.passed or any(part.kind == "main" and part.holds for part in self.parts)

    @property
    def share(self) -> float:
        """What of its points its values earn."""
        if self.right:
            return 1.0
        is_half = any(part.kind == "main" and part.type_only for part in self.parts)
        return SHARE if is_half else 0.0

    @functools.cached_property
    def exercise(self) -> str:
        """The exercise that the check belongs to."""
        return exercise_of(self.check)

    def withdrawn(self, reason: str | None = None, **changes: object) -> Verdict:
        """The same check, not established, whatever its parts say."""
        return dataclasses.replace(self, status="failed", reason=reason, parts=(), **changes)  # type: ignore[arg-type]


def exercise_of(check: str) -> str:
    """The exercise that a check named ``exercise/what`` belongs to."""
    return check.split("/", 1)[0]


_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def same_evidence(actual: Evidence, known: Evidence, but: Sequence[str] | None = None) -> bool:
    """Whether an answer recorded what a known wrong answer records.

    With ``but`` only the values count, these entries of them left aside.
    """
    mine, theirs = actual.outcome, known.outcome
    if mine["kind"] == "exception" and theirs["kind"] == "exception":
        same = (mine["type"], _ADDRESS.sub("", mine["message"])) == (
            theirs["type"],
            _ADDRESS.sub("", theirs["message"]),
        )
    elif mine["kind"] != theirs["kind"]:
        same = False
    elif but is not None:
        same = agrees_but(_still(actual), _still(known), but)
    else:
        same = agrees(actual, known)
    return same and (but is not None or set(actual.traces) == set(known.traces))


def _still(evidence: Evidence) -> Evidence:
    return dataclasses.replace(evidence, changed=()) if evidence.changed else evidence


def judge(
    evidence: Evidence | None, reference: Evidence, exercise: Exercise | None = None
) -> Verdict:
    """The verdict on one check, misconceptions aside."""
    name = reference.name
    if evidence is None:
        return Verdict(name, "not_answered", NOT_ANSWERED)
    if reference.outcome["kind"] != "exception" and _is_untouched(evidence.outcome):
        return Verdict(name, "not_answered", NOT_ANSWERED)
    asked = {requirement.name for requirement in exercise.requirements} if exercise else set()
    own = reference.requirement or (exercise.main if exercise else "")
    only = tuple(key for key in evidence.changed if key in reference.changed)
    finding = compare_but(
        dataclasses.replace(evidence, changed=only), reference, list(reference.sides)
    )
    main = Part(own, "main", finding is None, finding.sentence if finding else None)
    if finding is not None and finding.stage in ("type", "structure"):
        still = dataclasses.replace(in_expected_types(evidence, reference), changed=only)
        if agrees_but(still, reference, list(reference.sides)):
            main = dataclasses.replace(main, type_only=True)
    sides = []
    for key, requirement in reference.sides.items():
        found = compare_entry(evidence, reference, key)
        sides.append(Part(requirement, "side", found is None, found.sentence if found else None))
        finding = finding or found
    traces = left_behind(evidence, reference, exercise.parameters if exercise else ())
    about = NO_TRACE if NO_TRACE in asked else own
    trace = Part(about, "trace", not traces, said(traces) if traces else None)
    parts = (main, *sides, trace)
    wrong = [part for part in parts if not part.holds]
    if not wrong:
        return Verdict(name, "passed", parts=parts)
    told = wrong[:1] if not main.holds else wrong
    reasons = dict.fromkeys(part.reason for part in told if part.reason)
    return Verdict(name, "failed", " ".join(reasons), finding=finding, parts=parts)


def _is_untouched(outcome: Node) -> bool:
    """Whether an answer is what nbgrader leaves of a solution: ``raise NotImplementedError()``."""
    raised = outcome["kind"] == "exception" and outcome["type"] == "NotImplementedError"
    return raised and not outcome["message"]


def judge_exercise(
    references: Sequence[Evidence],
    recorded: Mapping[str, Evidence],
    misconceptions: Sequence[Misconception] = (),
    exercise: Exercise | None = None,
) -> list[Verdict]:
    """Verdicts on an exercise's checks, in the order of ``references``.

    A misconception is named only when it is the one explanation: it records the same as the student
    in every one of these checks, the passing ones included, and no other known wrong answer with
    another message does so. Where the side conditions differ, the same holds for the values alone,
    and then it is named where values are wrong.
    """
    verdicts = [judge(recorded.get(ref.name), ref, exercise) for ref in references]
    verdicts = _named(verdicts, references, recorded, misconceptions)
    return _related(verdicts, references, recorded)


def _named(
    verdicts: list[Verdict],
    references: Sequence[Evidence],
    recorded: Mapping[str, Evidence],
    misconceptions: Sequence[Misconception],
) -> list[Verdict]:
    failed = {v.check for v in verdicts if v.status == "failed" and v.check in recorded}
    if not failed or not misconceptions:
        return verdicts
    known = _the_one(misconceptions, recorded, references, values_only=False)
    if known is None:
        failed = {v.check for v in verdicts if v.check in failed and not v.right}
        wrong = [m for m in misconceptions if _is_about_values(m, references)]
        known = _the_one(wrong, recorded, references, values_only=True) if failed else None
    if known is None:
        return verdicts
    message = known.message

    def explain(verdict: Verdict) -> Verdict:
        if verdict.check not in failed:
            return verdict
        reason = f"{message} ({verdict.reason})" if verdict.reason else message
        return dataclasses.replace(verdict, misconception=known.name, reason=reason)

    return [explain(verdict) for verdict in verdicts]


def _related(
    verdicts: list[Verdict], references: Sequence[Evidence], recorded: Mapping[str, Evidence]
) -> list[Verdict]:
    """Where no cause is known, what the evidence shows; behind the first, for which kinds."""
    pattern = pattern_of({v.check: v.right for v in verdicts if v.check in recorded})
    found = []
    for verdict, ref in zip(verdicts, references, strict=True):
        finding = verdict.finding
        if verdict.status == "failed" and finding and not (verdict.right or verdict.misconception):
            sides = list(ref.sides)
            said = explain(but(recorded[ref.name], sides), but(ref, sides), finding)
            reason = f"{said} {pattern}" if pattern else said
            verdict, pattern = dataclasses.replace(verdict, reason=reason), None
        found.append(verdict)
    return found


def _the_one(
    misconceptions: Iterable[Misconception],
    recorded: Mapping[str, Evidence],
    references: Sequence[Evidence],
    values_only: bool,
) -> Misconception | None:
    """The mistake that records the same in all of these checks, if there is no other."""

    def is_alike(known: Misconception) -> bool:
        for ref in references:
            mine, theirs = recorded.get(ref.name), known.evidence.get(ref.name)
            if mine is None or theirs is None:
                if mine is not theirs:
                    return False
            elif not same_evidence(mine, theirs, list(ref.sides) if values_only else None):
                return False
        return True

    found: Misconception | None = None
    for known in filter(is_alike, misconceptions):
        if found is not None and found.message != known.message:
            return None
        found = found or known
    return found


def _is_about_values(known: Misconception, references: Sequence[Evidence]) -> bool:
    """Whether its values are wrong somewhere, not only its side conditions."""
    return any(
        ref.name not in known.evidence
        or not agrees_but(_still(known.evidence[ref.name]), _still(ref), list(ref.sides))
        for ref in references
    )
