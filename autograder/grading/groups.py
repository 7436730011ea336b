"""Wrong answers that nothing explains → groups of students who made the same mistake.

Within one grading run the evidence decides, on every check of the exercise. Groups of several
runs, which have other fresh numbers, are put together where the code is the same and a finding
stands in the same place, or where all findings do and bear the same relations to the right answer.
Where nothing was recorded to be compared, the error or the limit decides.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Mapping

from autograder.grading.alike import alike
from autograder.grading.pipeline import Pipeline
from autograder.grading.typical import typical_of
from autograder.grading.unexplained import Kind, Wrong, kind_of, unexplained
from autograder.judge.compare import agrees
from autograder.judge.relations import relation
from autograder.judge.verdicts import judge

MOST_CODE = 8_000  #: characters of a group's code


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


def groups(pipeline: Pipeline) -> list[Group]:
    """The groups of an assignment's last grading; those that cost most points first."""
    found: list[tuple[Kind, list[Wrong]]] = []
    compared: dict[str, dict[str, list[Wrong]]] = {}  #: by exercise and run
    stopped: dict[tuple[Kind, str, str], list[Wrong]] = {}
    for wrong in unexplained(pipeline):
        kind, line = kind_of(wrong)
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


# --------------------------------------------------------------------------------- within a run


def _classes(
    pipeline: Pipeline, exercise: str, run: str, answers: list[Wrong]
) -> list[list[Wrong]]:
    """The answers of one run with equal evidence, and where that is right, by the reason."""
    references = pipeline.references(run)
    if references is None or exercise not in references.exercises:
        return []
    truth = references.of(exercise)
    found: dict[tuple[object, ...], list[Wrong]] = {}
    for i, members in enumerate(alike([answer.executed.evidence for answer in answers], truth)):
        first = answers[members[0]].executed.evidence
        is_right = all(ref.name in first and agrees(first[ref.name], ref) for ref in truth)
        for answer in (answers[member] for member in members):
            reason = answer.sentence if is_right else ""  # a rule decided, not the evidence
            found.setdefault((i, answer.statuses, reason), []).append(answer)
    return list(found.values())


# ---------------------------------------------------------------------------------- across runs

_MOST_RELATIONS = 4  #: findings of an answer whose relation to the right one is looked at


class _Class:
    """Answers of one run, or of several, and what of them other fresh numbers do not change."""

    def __init__(self, pipeline: Pipeline, exercise: str, members: list[Wrong]) -> None:
        self.members = list(members)
        self.codes = {member.form for member in members}
        self._recorded = members[0].executed.evidence
        references = pipeline.references(members[0].executed.run)
        self._truth = references.of(exercise) if references is not None else []
        about = references.exercises[exercise] if references is not None else None
        self._findings = [
            (ref, verdict.finding)
            for ref in self._truth
            if (verdict := judge(self._recorded.get(ref.name), ref, about)).finding is not None
        ]

    @functools.cached_property
    def places(self) -> frozenset[tuple[str, str, str]]:
        """Check, kind and place of each finding."""
        return frozenset((ref.name, f.kind, f.where) for ref, f in self._findings if f is not None)

    @functools.cached_property
    def relations(self) -> tuple[str, ...] | None:
        """What the first findings have to do with the right answer; None where one is unknown."""
        found = []
        for ref, _ in self._findings[:_MOST_RELATIONS]:
            said = relation(self._recorded[ref.name], ref)
            if said is None:
                return None
            found.append(said)
        return tuple(found) or None

    def has_code_of(self, other: _Class) -> bool:
        """Whether the code is the same, and a finding stands in the same place.

        Not all places need be: by chance a wrong answer is right for some fresh numbers.
        """
        return bool(self.codes & other.codes and self.places & other.places)

    def is_related_as(self, other: _Class) -> bool:
        """Whether all findings stand in the same places and bear the same relations."""
        if self.places != other.places or self.relations is None:
            return False
        return self.relations == other.relations

    def take(self, other: _Class) -> None:
        """Put the answers of another class to these."""
        self.members += other.members
        self.codes |= other.codes


def _across_runs(
    pipeline: Pipeline, exercise: str, runs: Mapping[str, list[list[Wrong]]]
) -> list[list[Wrong]]:
    """The classes of several runs put together, those of one run never."""
    if len(runs) == 1:
        return next(iter(runs.values()))
    made: list[_Class] = []
    for run in sorted(runs, key=lambda run: (-sum(map(len, runs[run])), run)):
        free = list(made)
        left = []
        for own in (_Class(pipeline, exercise, members) for members in runs[run]):
            same = next((other for other in free if own.has_code_of(other)), None)
            if same is None:
                left.append(own)
            else:
                free.remove(same)
                same.take(own)
        for own in left:
            related = [other for other in free if own.is_related_as(other)]
            rivals = [other for other in left if other is not own and own.is_related_as(other)]
            if len(related) == 1 and not rivals:
                free.remove(related[0])
                related[0].take(own)
            else:
                made.append(own)
    return [found.members for found in made]


# ------------------------------------------------------------------------------ what to call them


def _named(found: Iterable[tuple[Kind, list[Wrong]]], exercises: list[str]) -> list[Group]:
    order = {name: i for i, name in enumerate(exercises)}
    made = []
    for kind, members in found:
        members = sorted(members, key=lambda wrong: wrong.student)
        first = members[0]
        form, code = typical_of((wrong.form, wrong.source) for wrong in members)
        told = [kind_of(first)[1]] if kind != "evidence" else [form, *first.statuses]
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
