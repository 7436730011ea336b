"""What became of an exercise of one student: solved, a known mistake, a syntax error, a limit, …"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.grading.executed import ExecutedAttempt
from autograder.judge.compare import but, compare_but
from autograder.judge.exercise import FLAGGED, is_flag
from autograder.judge.references import References
from autograder.judge.relations import relation
from autograder.pages.class_summary import Reason

Check = Mapping[str, Any]  #: one of a record's ``checks``

_SYNTAX = frozenset({"SyntaxError", "IndentationError", "TabError"})
_CELL = re.compile(r"<ipython-input[^>]{0,80}>, ")  #: the kernel's name for it
_MOST_LOOKED_AT = 3  #: checks of an exercise in which a relation is looked for


def outcome(exercise: str, checks: Sequence[Check], executed: ExecutedAttempt | None) -> str:
    """One of :data:`autograder.pages.class_summary.OUTCOMES`."""
    failed = [check for check in checks if not check["passed"]]
    statuses = {check["status"] for check in failed}
    if not failed:
        return "solved"
    if any(check["misconception"] for check in failed):
        return "mistake"
    if statuses == {"not_answered"}:
        return "open"
    if is_syntax_error(exercise, executed):
        return "syntax"
    if "interrupted" in statuses:
        return "limit"
    if "undecided" in statuses:
        return "undecided"
    if executed is not None and not any(check["name"] in executed.evidence for check in failed):
        return "unreached" if "not_reached" in statuses else "error"
    return "unknown"


def is_syntax_error(exercise: str, executed: ExecutedAttempt | None) -> bool:
    """Whether the answer is no Python, so that nothing of it could run."""
    error = executed.errors.get(exercise, "") if executed is not None else ""
    return error.partition(":")[0] in _SYNTAX


def nameless(sentence: str) -> str:
    """An error's words without the kernel's name for the cell."""
    return _CELL.sub("", sentence)


def reasons(
    record: Mapping[str, Any],
    outcomes: Mapping[str, str],
    executed: ExecutedAttempt | None,
    references: References | None,
    alone: Sequence[str],
) -> list[Reason]:
    """Why a person should look at a submission; ``alone`` are exercises with an answer of its own.

    What was set aside needs none once a person has entered points. An answer is one of its own
    where no known mistake and no other student's answer is like it.
    """
    if record["status"] != "graded":
        entered = record.get("manual") or {}
        is_looked_at = bool(entered.get("scores") or entered.get("extra_credit"))
        return [] if is_looked_at else [Reason("aside", record["reason"] or "")]
    found = [
        Reason("flag", note.removeprefix(FLAGGED)) for note in record["notes"] if is_flag(note)
    ]
    found += [Reason("limit", said) for said in _limits(record, executed)]
    if executed is not None:
        found += [
            Reason("syntax", f"`{exercise}`: {nameless(executed.errors[exercise])}")
            for exercise, became in outcomes.items()
            if became == "syntax"
        ]
    for exercise in alone:
        failed = [
            c for c in record["checks"] if c["exercise"] == exercise and c["status"] == "failed"
        ]
        said = _unexplained(failed, executed, references)
        if said is not None:
            found.append(Reason("unexplained", f"`{exercise}`: {said}"))
    return found


def _limits(record: Mapping[str, Any], executed: ExecutedAttempt | None) -> list[str]:
    """Which limits were hit, each once."""
    if executed is not None:
        said = [*executed.reasons.values(), executed.reason]
        said.sort(key=lambda s: executed.notes.index(s) if s in executed.notes else len(said))
    else:
        said = [c["reason"] for c in record["checks"] if c["status"] == "interrupted"]
    return list(dict.fromkeys(sentence for sentence in said if sentence))


def _unexplained(
    failed: Sequence[Check], executed: ExecutedAttempt | None, references: References | None
) -> str | None:
    """What is wrong first, where nothing says why; None where something does.

    An error says itself what is wrong, what was left behind says it where values are right, and
    else the relation of an answer to the right one, if the judge sees any.
    """
    if executed is None or references is None:
        return None
    told = None
    for check in failed[:_MOST_LOOKED_AT]:
        mine, right = executed.evidence.get(check["name"]), references.checks.get(check["name"])
        if mine is None or right is None:
            continue
        sides = list(right.sides)
        mine = dataclasses.replace(mine, changed=right.changed)
        finding = compare_but(mine, right, sides)
        if mine.outcome["kind"] == "exception" or finding is None:
            return None
        if relation(but(mine, sides), but(right, sides)) is not None:
            return None
        told = told or finding.sentence
    return told
