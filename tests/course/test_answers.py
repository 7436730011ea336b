"""Every known right answer passes, every wrong one fails alone and is told its own mistake."""

import pytest

from autograder.course.make_references import make_references

from .conftest import COURSE, answers, assignment, graded, references, rounds, run

SEEDS = (1, 20_260_101, 2**47 + 5)


@pytest.mark.parametrize("seed", SEEDS, ids=["first-seed", "second-seed", "third-seed"])
def test_right_answers_get_full_marks(chapter, seed):
    for given in rounds(chapter):
        record = graded(chapter, given, seed)
        failed = [(v.check, v.reason) for v in record.verdicts if not v.passed]
        assert failed == []
        assert record.score == record.max_score == assignment(chapter).max_score


@pytest.mark.parametrize("seed", SEEDS, ids=["first-seed", "second-seed", "third-seed"])
def test_wrong_answers_fail_alone_and_are_told_their_own_mistake(chapter, seed):
    right = rounds(chapter)[0]
    amiss = []
    for answer in answers(chapter):
        if answer.right:
            continue
        record = graded(chapter, right | {answer.exercise: answer.source}, seed)
        if record.missed != [answer.exercise]:
            amiss.append(f"{answer.exercise}: {answer.name!r} misses {record.missed}")
        named = {v.misconception for v in record.verdicts if not v.passed}
        if named != {answer.name}:
            amiss.append(f"{answer.exercise}: {answer.name!r} is taken for {named}")
    assert amiss == []


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
