"""Every known right answer passes, every wrong one fails alone and is told its own mistake."""

import itertools

from autograder.course.make_references import make_references
from autograder.judge.compare import identical
from autograder.judge.verdicts import judge_exercise

from .conftest import (
    SEEDS,
    answers,
    assignment,
    graded,
    references,
    rounds,
    run,
    solution_alone,
)


def handed_in(chapter):
    """Wrong answers by attempt, one an exercise, with the exercise that is right there."""
    left = {}
    for answer in answers(chapter):
        if not answer.right:
            left.setdefault(answer.exercise, []).append(answer)
    exercises = list(left)
    for turn in itertools.count():
        spared = exercises[turn % len(exercises)]
        taken = {e: left[e].pop() for e in exercises if left[e] and e != spared}
        if taken:
            yield spared, taken
        elif not any(left.values()):
            return


def test_wrong_answers_fail_alone_and_are_told_their_own_mistake(chapter):
    """Four of each exercise as they would be handed in; test_seeds judges the records of all."""
    right = rounds(chapter)[0]
    amiss = []
    for spared, wrong in itertools.islice(handed_in(chapter), 4):
        given = {spared: right[spared]} | {e: answer.source for e, answer in wrong.items()}
        record = graded(chapter, given, SEEDS[0])
        blank = set(right) - set(given)  # nothing is executed twice for nothing
        if set(record.missed) != set(wrong) | blank:
            amiss.append(f"{[(e, a.name) for e, a in wrong.items()]} miss {record.missed}")
        for exercise, answer in wrong.items():
            messages = {a.name: a.message for a in answers(chapter) if a.exercise == exercise}
            failed = [v for v in record.verdicts if v.exercise == exercise and not v.passed]
            named = {messages.get(v.misconception) for v in failed}
            if named != {answer.message}:
                amiss.append(f"{exercise}: {answer.name!r} is told {named}")
    assert amiss == []


def test_the_notebook_names_no_other_cause_than_grading(chapter):
    """By the same rules, on the visible checks alone: the answer's own cause, or none."""
    truth, other = references(chapter, SEEDS[0]), []
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
    record = graded(chapter, {}, SEEDS[0])
    assert record.score == 0.0
    assert {v.status for v in record.verdicts} == {"not_answered"}


def test_every_exercise_is_decided_by_fresh_inputs(chapter):
    """Hidden checks record something else with another seed.

    Not all of them with any two: some ask few questions, whose order the seed decides.
    """
    one, *others = (solution_alone(chapter, seed) for seed in SEEDS[:3])
    known_by_heart = []
    for exercise in one.exercises.values():
        same = [
            name
            for name in exercise.hidden
            if all(identical(other.checks[name], one.checks[name]) for other in others)
        ]
        if len(same) == len(exercise.hidden):
            known_by_heart.append((exercise.name, same))
    assert known_by_heart == []


def test_the_seed_decides_everything_about_the_references(chapter):
    again = make_references(assignment(chapter), SEEDS[1], run, [])
    assert again.to_bytes() == solution_alone(chapter, SEEDS[1]).to_bytes()
