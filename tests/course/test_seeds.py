"""The verdict on a known answer is the same whatever the seed."""

import pytest

from autograder.grading.forbidden import scan
from autograder.judge.references import References
from autograder.judge.verdicts import Verdict, judge_exercise

from .conftest import SEEDS, answers, assignment, graded, references, rounds

#: The first in every run, the second under the plainest instructions, the others now and then.
MARKS = [[], [pytest.mark.plainest], *[[pytest.mark.seeds]] * (len(SEEDS) - 2)]


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, id=f"seed-{seed}", marks=marks)
        for seed, marks in zip(SEEDS, MARKS, strict=True)
    ],
)
def test_the_verdict_on_every_known_answer_is_the_same_with_any_seed(chapter, seed):
    """Right ones pass; wrong ones fail, and are told their own mistake."""
    truth, amiss = references(chapter, seed), []
    for given in rounds(chapter):
        record = graded(chapter, given, seed)
        amiss += [(v.check, v.reason) for v in record.verdicts if not v.passed]
    failing = wrong_verdicts(truth)
    messages = {(m.exercise, m.name): m.message for m in truth.misconceptions}
    for (exercise, name), verdicts in failing.items():
        if not verdicts and (exercise, name) in by_rule(chapter, truth):
            continue
        told = {messages.get((exercise, str(v.misconception))) for v in verdicts}
        if told != {messages[exercise, name]}:
            amiss.append(f"{exercise}: {name!r} is told {told or 'that it is right'}")
    assert amiss == []


def wrong_verdicts(truth: References) -> dict[tuple[str, str], list[Verdict]]:
    """The checks that each known wrong answer fails, by exercise and name."""
    found = {}
    for known in truth.misconceptions:
        exercise = truth.exercises[known.exercise]
        mistakes = truth.known_mistakes(known.exercise)
        verdicts = judge_exercise(truth.of(known.exercise), known.evidence, mistakes, exercise)
        found[known.exercise, known.name] = [v for v in verdicts if v.status == "failed"]
    return found


def by_rule(chapter: str, truth: References) -> set[tuple[str, str]]:
    """Wrong answers that use what their exercise forbids: the scan of the source finds them."""
    found = set()
    for answer in answers(chapter):
        forbidden = {name for check in truth.of(answer.exercise) for name in check.forbid}
        sources = {answer.exercise: answer.source}
        if scan(sources, answer.exercise, forbidden, assignment(chapter).imports).used:
            found.add((answer.exercise, answer.name))
    return found
