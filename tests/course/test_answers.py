"""Every known right answer passes, every wrong one fails alone and is told its own mistake."""

from collections.abc import Sequence

import pytest

from autograder.course.make_references import make_references
from autograder.judge.references import References
from autograder.judge.verdicts import Verdict, judge_exercise

from .conftest import COURSE, answers, assignment, graded, references, rounds, run

SEEDS = tuple(7919 * i + 1 for i in range(20))
AT_ONCE = 3  #: seeds of every test run; `make test-seeds` takes all


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, id=f"seed-{i}", marks=[pytest.mark.seeds] if i > AT_ONCE else [])
        for i, seed in enumerate(SEEDS, 1)
    ],
)
def test_the_verdict_on_every_known_answer_is_the_same_with_any_seed(chapter, seed):
    """Right ones pass; wrong ones break the same requirements, and are told their own mistake."""
    truth, amiss = references(chapter, seed), []
    for given in rounds(chapter):
        record = graded(chapter, given, seed)
        amiss += [(v.check, v.reason) for v in record.verdicts if not v.passed]
    failing, first = wrong_verdicts(truth), wrong_verdicts(references(chapter, SEEDS[0]))
    messages = {(m.exercise, m.name): m.message for m in truth.misconceptions}
    for (exercise, name), verdicts in failing.items():
        told = {messages.get((exercise, str(v.misconception))) for v in verdicts}
        if told != {messages[exercise, name]}:
            amiss.append(f"{exercise}: {name!r} is told {told or 'that it is right'}")
        if broken(verdicts) != broken(first[exercise, name]):
            amiss.append(f"{exercise}: {name!r} breaks other requirements than with another seed")
    assert amiss == []


def broken(verdicts: Sequence[Verdict]) -> set[str]:
    """The requirements that failed checks speak of."""
    return {part.requirement for v in verdicts for part in v.parts if not part.holds}


def wrong_verdicts(truth: References) -> dict[tuple[str, str], list[Verdict]]:
    """The checks that each known wrong answer fails, by exercise and name."""
    found = {}
    for known in truth.misconceptions:
        exercise = truth.exercises[known.exercise]
        mistakes = truth.known_mistakes(known.exercise)
        verdicts = judge_exercise(truth.of(known.exercise), known.evidence, mistakes, exercise)
        found[known.exercise, known.name] = [v for v in verdicts if v.status == "failed"]
    return found


def test_wrong_answers_fail_alone_and_are_told_their_own_mistake(chapter):
    right = rounds(chapter)[0]
    amiss = []
    for answer in answers(chapter):
        if answer.right:
            continue
        record = graded(chapter, right | {answer.exercise: answer.source}, 1)
        if record.missed != [answer.exercise]:
            amiss.append(f"{answer.exercise}: {answer.name!r} misses {record.missed}")
        messages = {a.name: a.message for a in answers(chapter) if a.exercise == answer.exercise}
        named = {messages.get(v.misconception) for v in record.verdicts if not v.passed}
        if named != {answer.message}:
            amiss.append(f"{answer.exercise}: {answer.name!r} is told {named}")
    assert amiss == []


def test_the_notebook_names_no_other_cause_than_grading(chapter):
    """By the same rules, on the visible checks alone: the answer's own cause, or none."""
    truth, other = references(chapter, 1), []
    public = truth.public()
    for known in truth.misconceptions:
        exercise = public.exercises[known.exercise]
        mistakes = public.known_mistakes(known.exercise)
        shown = {name: e for name, e in known.evidence.items() if name in exercise.visible}
        verdicts = judge_exercise(public.of(known.exercise), shown, mistakes, exercise)
        messages = {m.name: m.message for m in mistakes}
        told = {messages[v.misconception] for v in verdicts if v.misconception}
        if not told <= {known.message}:
            other.append((known.exercise, known.name, told))
    assert other == []


GUESSES = ("True", "False", "None", "0", "1", "1.0", "[]", "(1, 1)", "args[0] if args else None")


@pytest.mark.parametrize("guess", GUESSES)
def test_a_guess_earns_nothing(chapter, guess):
    """Whatever is returned without looking; giving an argument back is right in places."""
    functions = [e for e in assignment(chapter).exercises.values() if e.parameters]
    given = {e.name: f"def {e.name}(*args, **kwargs):\n    return {guess}\n" for e in functions}
    record = graded(chapter, rounds(chapter)[0] | given, 3)
    earned = {
        f"{e.exercise}: {e.name}": e.earned
        for e in record.requirements
        if e.exercise in given and e.earned
    }
    if guess.startswith("args"):
        allowed = {e.name: sum(e.points) / 3 for e in functions}
        earned = {
            key: points for key, points in earned.items() if points > allowed[key.partition(":")[0]]
        }
    assert earned == {}


def test_every_exercise_has_two_right_and_three_wrong_answers(chapter):
    known = answers(chapter)
    few = []
    for name in assignment(chapter).exercises:
        right = [a for a in known if a.exercise == name and a.right]
        wrong = [a for a in known if a.exercise == name and not a.right]
        if len({a.source for a in right}) < 2 or len({a.source for a in wrong}) < 3:
            few.append(name)
    assert few == []
    assert {a.exercise for a in known} == set(assignment(chapter).exercises)


def test_a_blank_submission_scores_nothing_and_is_not_called_wrong(chapter):
    record = graded(chapter, {}, 1)
    assert record.score == 0.0
    assert {v.status for v in record.verdicts} == {"not_answered"}


def test_every_hidden_check_depends_on_the_fresh_inputs(chapter):
    one, two = references(chapter, 1), references(chapter, 2)
    same = []
    for exercise in one.exercises.values():
        for name in exercise.hidden:
            a, b = one.checks[name], two.checks[name]
            tensors = [a.tensors[key].tobytes() for key in a.tensors]
            if (a.outcome, tensors) == (b.outcome, [b.tensors[k].tobytes() for k in b.tensors]):
                same.append(name)
    assert same == []


def test_the_seed_decides_everything_about_the_references(chapter):
    again = make_references(assignment(chapter), 1, run, COURSE.answers(chapter))
    assert again.to_bytes() == references(chapter, 1).to_bytes()
