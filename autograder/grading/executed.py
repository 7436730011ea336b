"""What one submission's execution left behind, kept so that it can be judged at any time.

An executed attempt is the validated half of a :class:`~autograder.sandbox.RunLog`: evidence parsed
and attributed to the grade cell that was running, how each cell ended, and the text of the answers
for the scan of forbidden names. One file a submission, replaced whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from autograder.course.definitions import without_definitions
from autograder.evidence import VERSION, Evidence, EvidenceError, header_size, pack, unpack
from autograder.grading.rebuild import Rebuilt
from autograder.judge.references import References
from autograder.sandbox import RunLog

SUFFIX = ".evidence"
MOST_FACTS = 32 * 2**20  #: bytes of JSON of one submission; a long one holds up all the others
MOST_CELL_FACTS = 4 * 2**20  #: of one cell, so that a long answer costs its own exercise only
MOST_EXTRA = 2**17  #: characters of a student's cells of their own that are kept


@dataclasses.dataclass(frozen=True)
class ExecutedAttempt:
    """Everything that the judge needs about one submission.

    ``evidence`` is by check name; ``rejected`` says why the evidence of a check does not count.
    ``errors`` holds the last error of a solution or check cell as ``"NameError: …"``, ``reasons``
    which limit a cell hit or how it ended the run. ``sources`` are the solution cells by exercise,
    and the student's own cells under names that no exercise has.
    """

    student: str
    run: str
    version: str
    digest: str
    seconds: float
    ended: str
    reason: str | None
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    statuses: Mapping[str, str]
    errors: Mapping[str, str]
    reasons: Mapping[str, str]
    sources: Mapping[str, str]
    evidence: Mapping[str, Evidence]
    rejected: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """One bundle."""
        header: dict[str, Any] = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "evidence"
        }
        header["format"] = VERSION
        header["evidence"] = [evidence.header() for evidence in self.evidence.values()]
        tensors = {
            f"{i}/{key}": array
            for i, evidence in enumerate(self.evidence.values())
            for key, array in evidence.tensors.items()
        }
        return pack(header, tensors)

    @classmethod
    def from_bytes(cls, data: bytes) -> ExecutedAttempt:
        """The inverse. Raises :class:`EvidenceError` for a file of another version."""
        header, tensors = unpack(data)
        if header.pop("format", None) != VERSION:
            raise EvidenceError("the evidence file has another format")
        groups: dict[str, dict[str, Any]] = {}
        for key, array in tensors.items():
            prefix, _, own = key.partition("/")
            groups.setdefault(prefix, {})[own] = array
        try:
            evidence = [
                Evidence.from_own_header(item, groups.get(str(i), {}))
                for i, item in enumerate(header.pop("evidence"))
            ]
            for name in ("notes", "missing"):
                header[name] = tuple(header[name])
            return cls(**header, evidence={e.name: e for e in evidence})
        except (KeyError, TypeError) as error:
            raise EvidenceError(f"the evidence file cannot be read: {error}") from None


def collect_evidence(
    student: str, run: str, references: References, rebuilt: Rebuilt, execution: RunLog
) -> ExecutedAttempt:
    """Parse, attribute and validate what an execution brought.

    Evidence counts only when it arrived while the grade cell that asks for it was running, exactly
    once, under a name that the solution's run recorded in that cell.
    """
    attempt = rebuilt.attempt
    expected = references.grade_cells
    evidence: dict[str, Evidence] = {}
    rejected: dict[str, str] = {}
    notes = list(rebuilt.notes)
    strays, large = 0, 0
    facts: dict[int, int] = {}  #: bytes of JSON by cell
    for index, data in execution.evidence:
        cell = attempt.cells[index]
        if cell.kind != "check":
            continue  # a student trying out check() in a cell of their own
        facts[index] = facts.get(index, 0) + header_size(data)
        if facts[index] > MOST_CELL_FACTS or sum(facts.values()) > MOST_FACTS:
            large += 1
            continue
        try:
            item = Evidence.from_bytes(data)
        except EvidenceError:
            strays += 1
            continue
        if item.name not in expected.get(cell.name, ()):
            strays += 1
        elif item.name in evidence or item.name in rejected:
            evidence.pop(item.name, None)
            rejected[item.name] = "Evidence for this check arrived more than once; none counts."
        else:
            evidence[item.name] = item
    if strays:
        notes.append(f"Evidence that no check of its cell asked for was rejected ({strays}).")
    if large:
        notes.append(f"Answers too large to be read were not judged ({large}).")
    limits = [result.reason for result in execution.cells] + [execution.reason]
    notes += dict.fromkeys(reason for reason in limits if reason)
    statuses, errors, reasons, sources = {}, {}, {}, {}
    left = MOST_EXTRA
    for cell, result in zip(attempt.cells, execution.cells, strict=True):
        if cell.kind in ("solution", "check"):
            statuses[cell.name] = result.status
            if result.reason:
                reasons[cell.name] = result.reason
            error = _last_error(result.outputs)
            if error is not None:
                errors[cell.name] = error
        if cell.kind == "solution":
            sources[cell.name] = cell.source
        elif cell.kind == "extra" and left > len(cell.source):
            left -= len(cell.source)
            sources[f"own cell {len(sources) + 1}"] = cell.source
    for file, text in rebuilt.modules.items():
        if left > len(text):
            left -= len(text)
            sources[file] = text
        else:
            notes.append(f"{file} is too long to be looked through for what is not allowed.")
    texts = answer_texts(rebuilt)
    for exercise, position in rebuilt.answers.items():
        cell, result = attempt.cells[position], execution.cells[position]
        if (cell.kind, cell.name) != ("solution", exercise):  # the checks saw another cell
            if exercise not in statuses:
                error = _last_error(result.outputs)
                statuses[exercise] = result.status
                reasons |= {exercise: result.reason} if result.reason else {}
                errors |= {exercise: error} if error is not None else {}
            elif exercise in sources:
                sources[f"own cell {len(sources) + 1}"] = sources[exercise]
        if list(rebuilt.answers.values()).count(position) > 1:
            # what one answer may not use is not asked of the others in its cell
            sources[f"own cell {len(sources) + 1}"] = cell.source
        sources[exercise] = texts[exercise]
    return ExecutedAttempt(
        student,
        run,
        references.version,
        attempt.digest(),
        round(execution.seconds, 4),
        execution.ended,
        execution.reason,
        tuple(notes),
        rebuilt.missing,
        statuses,
        errors,
        reasons,
        sources,
        evidence,
        rejected,
    )


def answer_texts(rebuilt: Rebuilt) -> dict[str, str]:
    """The text of each answer by exercise, without what other answers in its cell define."""
    attempt, texts = rebuilt.attempt, {}
    for exercise, position in rebuilt.answers.items():
        others = {e for e, at in rebuilt.answers.items() if at == position} - {exercise}
        theirs = frozenset(name for name, e in attempt.answers.items() if e in others)
        texts[exercise] = without_definitions(attempt.cells[position].source, theirs)
    return texts


def _last_error(outputs: list[dict[str, Any]]) -> str | None:
    for output in reversed(outputs):
        if output.get("output_type") == "error":
            name, text = str(output.get("ename", "")), str(output.get("evalue", ""))
            return f"{name}: {text}"[:500].rstrip(": ")
    return None
