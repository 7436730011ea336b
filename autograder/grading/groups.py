"""Wrong answers that nothing explains → groups of students who made the same mistake.

Within one grading run the evidence decides, on every check of the exercise. Of several runs, which
have other fresh numbers, groups are put together where their findings stand in the same places and
the code is the same, or where all of their findings bear the same relation to the right answer.
Where nothing was recorded to be compared, the error or the limit decides.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from autograder.checks.namespace import normal_text
from autograder.course.definitions import read
from autograder.grading.alike import alike
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.pipeline import Pipeline
from autograder.judge.compare import agrees
from autograder.judge.references import References
from autograder.judge.relations import relation
from autograder.judge.verdicts import judge_exercise

MOST_CODE = 8_000  #: characters of a group's code
Kind = Literal[
    "evidence",  #: the same was recorded
    "exception",  #: every check that failed raised the same kind of exception
    "stopped",  #: nothing was recorded: an error in the answer's own cell, a limit
]


@dataclasses.dataclass(frozen=True)
class Group:
    """Unexplained wrong answers of one exercise whose evidence is equal.

    ``sentence`` is what the judge says of them: the relation to the right answer, an error, a
    limit. ``code`` is the most frequent answer, cut where it is long: the text of a student, to be
    escaped. ``points_lost`` is what all of them lost together.
    """

    id: str
    exercise: str
    students: tuple[str, ...]
    sentence: str
    code: str
    points_lost: float
    kind: Kind = "evidence"
    is_cut: bool = False  #: whether ``code`` is


@dataclasses.dataclass(frozen=True)
class _Wrong:
    """One student's answer to one exercise."""

    exercise: str
    checks: Sequence[Mapping[str, Any]]  #: of the record
    lost: float
    executed: ExecutedAttempt

    @property
    def student(self) -> str:
        return self.executed.student

    @property
    def source(self) -> str:
        return self.executed.sources.get(self.exercise, "")

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        return [check for check in self.checks if not check["passed"]]

    @property
    def statuses(self) -> tuple[str, ...]:
        return tuple(check["status"] for check in self.checks)

    @property
    def sentence(self) -> str:
        told = (c["reason"] for c in self.failed if c["reason"] and c["status"] != "not_answered")
        return next(told, "")


def groups(pipeline: Pipeline) -> list[Group]:
    """The groups of an assignment's last grading; those that cost most points first."""
    found: list[tuple[Kind, list[_Wrong]]] = []
    compared: dict[str, dict[str, list[_Wrong]]] = {}  #: by exercise and run
    stopped: dict[tuple[Kind, str, str], list[_Wrong]] = {}
    for wrong in _unexplained(pipeline):
        kind, line = _kind(wrong)
        if kind == "evidence":
            runs = compared.setdefault(wrong.exercise, {})
            runs.setdefault(wrong.executed.run, []).append(wrong)
        else:
            stopped.setdefault((kind, wrong.exercise, line), []).append(wrong)
    found += [(kind, members) for (kind, _, _), members in stopped.items()]
    for exercise, runs in compared.items():
        classes = {run: _classes(pipeline, exercise, run, runs[run]) for run in runs}
        found += [("evidence", members) for members in _across_runs(pipeline, exercise, classes)]
    return _named(found, list(pipeline.assignment.exercises))


# ------------------------------------------------------------------------- who is wrong, and how


def _unexplained(pipeline: Pipeline) -> Iterable[_Wrong]:
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
                yield _Wrong(name, own, lost.get(name, 0.0), executed)


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


def _kind(wrong: _Wrong) -> tuple[Kind, str]:
    """What puts an answer into a group, and where that is no evidence, by which line."""
    recorded = wrong.executed.evidence
    failed = [check for check in wrong.failed if check["status"] != "not_answered"]
    outcomes = [recorded[c["name"]].outcome for c in failed if c["name"] in recorded]
    if not outcomes:
        error = wrong.executed.errors.get(wrong.exercise)
        return "stopped", _line(error or failed[0]["reason"] or failed[0]["status"])
    raised = [f"{o['type']}: {o['message']}" for o in outcomes if o["kind"] == "exception"]
    if len(raised) == len(outcomes):
        return "exception", _line(raised[0])
    return "evidence", ""


_OF_THIS_TIME = re.compile(r"0x[0-9a-fA-F]+|<?[\w.-]*\.py>?|<ipython-input[^>]*>|\d+(?:\.\d+)?")


def _line(error: str) -> str:
    """The first line of an error's text without numbers, addresses and names of files."""
    return _OF_THIS_TIME.sub("#", error.strip().partition("\n")[0])


# --------------------------------------------------------------------------------- within a run


def _classes(
    pipeline: Pipeline, exercise: str, run: str, answers: list[_Wrong]
) -> list[list[_Wrong]]:
    """The answers of one run with equal evidence, and where that is right, by the reason."""
    references = pipeline.references(run)
    if references is None or exercise not in references.exercises:
        return []
    truth = references.of(exercise)
    found: dict[tuple[object, ...], list[_Wrong]] = {}
    for i, members in enumerate(alike([answer.executed.evidence for answer in answers], truth)):
        first = answers[members[0]].executed.evidence
        is_right = all(ref.name in first and agrees(first[ref.name], ref) for ref in truth)
        for answer in (answers[member] for member in members):
            reason = answer.sentence if is_right else ""  # a rule decided, not the evidence
            found.setdefault((i, answer.statuses, reason), []).append(answer)
    return list(found.values())


# ---------------------------------------------------------------------------------- across runs


@dataclasses.dataclass(frozen=True)
class _Outline:
    """What of a group's findings other fresh numbers do not change."""

    places: tuple[tuple[str, str, str], ...]  #: check, kind and place of each finding
    relations: tuple[str, ...] | None  #: None where one is unknown


def _across_runs(
    pipeline: Pipeline, exercise: str, runs: Mapping[str, list[list[_Wrong]]]
) -> list[list[_Wrong]]:
    """The groups of several runs put together."""
    order = sorted(runs, key=lambda run: (-sum(map(len, runs[run])), run))
    made = [list(members) for members in runs[order[0]]]
    if len(order) == 1:
        return made
    outlines = [_outline(pipeline, exercise, members[0]) for members in made]
    for run in order[1:]:
        taken: set[int] = set()
        own = [_outline(pipeline, exercise, members[0]) for members in runs[run]]
        for members, outline in zip(runs[run], own, strict=True):
            free = [i for i in range(len(outlines)) if i not in taken]
            at = _same_code(members, outline, [(i, made[i], outlines[i]) for i in free])
            if at is None and outline.relations and own.count(outline) == 1:
                same = [i for i in free if outlines[i] == outline]
                at = same[0] if len(same) == 1 else None
            if at is None:
                made.append(list(members))
                outlines.append(outline)
                taken.add(len(made) - 1)
            else:
                made[at] += members
                taken.add(at)
    return made


def _same_code(
    members: list[_Wrong],
    outline: _Outline,
    others: Iterable[tuple[int, list[_Wrong], _Outline]],
) -> int | None:
    """Which group has findings in the same places and an answer with the same code."""
    codes = {_nameless(member.source) for member in members}
    for i, group, its in others:
        if its.places == outline.places and codes & {_nameless(w.source) for w in group}:
            return i
    return None


def _outline(pipeline: Pipeline, exercise: str, wrong: _Wrong) -> _Outline:
    references: References | None = pipeline.references(wrong.executed.run)
    if references is None:
        return _Outline((), None)
    recorded = wrong.executed.evidence
    verdicts = judge_exercise(references.of(exercise), recorded, (), references.exercises[exercise])
    places, relations = [], []
    for verdict in verdicts:
        finding = verdict.finding
        if verdict.passed:
            continue
        kind, where = (finding.kind, finding.where) if finding else (verdict.status, "")
        places.append((verdict.check, kind, where))
        if finding is not None:
            truth = references.checks[verdict.check]
            relations.append(relation(recorded[verdict.check], truth))
    known = tuple(said for said in relations if said is not None)
    return _Outline(tuple(places), known if known and len(known) == len(relations) else None)


# ------------------------------------------------------------------------------ what to call them


def _nameless(source: str) -> str:
    code = read(source)
    return code.nameless if code is not None else normal_text(source)


def _typical(answers: Sequence[_Wrong]) -> tuple[str, str]:
    """The most frequent answer, whatever its author calls things: in one form, and as written."""
    texts: dict[str, list[str]] = {}
    for answer in answers:
        texts.setdefault(_nameless(answer.source), []).append(answer.source)
    form = min(texts, key=lambda form: (-len(texts[form]), form))
    count = collections.Counter(texts[form])
    return form, min(count, key=lambda text: (-count[text], len(text), text))


def _named(found: Iterable[tuple[Kind, list[_Wrong]]], exercises: list[str]) -> list[Group]:
    order = {name: i for i, name in enumerate(exercises)}
    made = []
    for kind, members in found:
        members = sorted(members, key=lambda wrong: wrong.student)
        first = members[0]
        form, code = _typical(members)
        told = [_kind(first)[1]] if kind != "evidence" else [form, *first.statuses]
        made.append(
            (
                "\0".join([kind, *told]),
                Group(
                    "",
                    first.exercise,
                    tuple(wrong.student for wrong in members),
                    first.sentence,
                    code[:MOST_CODE],
                    round(sum(wrong.lost for wrong in members), 6),
                    kind,
                    len(code) > MOST_CODE,
                ),
            )
        )
    made.sort(
        key=lambda item: (
            -item[1].points_lost,
            order.get(item[1].exercise, len(order)),
            item[1].students,
            item[0],
        )
    )
    taken: set[str] = set()
    return [_with_id(group, told, taken) for told, group in made]


def _with_id(group: Group, told: str, taken: set[str]) -> Group:
    """A name that is the same in the next run, as long as the most frequent answer is."""
    digest = hashlib.sha256(told.encode("utf-8", "surrogatepass"))
    while (name := f"{group.exercise}-{digest.hexdigest()[:5]}") in taken:
        digest.update(b"another")
    taken.add(name)
    return dataclasses.replace(group, id=name)
