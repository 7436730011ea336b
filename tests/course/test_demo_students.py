"""The demo class: the same bytes each time, and a class as classes are."""

import json
from collections import Counter

import nbformat
import pytest

from autograder.course.demo_students import COPIER, FRIEND, NAMES, due, hand_ins, write_class
from autograder.course.folder import CourseFolder
from autograder.course.mutants import mutants
from autograder.grading.executed import answer_texts
from autograder.grading.rebuild import rebuild
from autograder.intake.submission import find_submissions, parse, read_bytes
from autograder.intake.timestamps import is_plain_id, read_timestamp
from tests.grading.course import ROOT

CHAPTER = "02_functional_conv"  # the one in which somebody hands in a broken file


@pytest.fixture(scope="module")
def course():
    return CourseFolder(ROOT)


@pytest.fixture(scope="module")
def submitted(course, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    assert write_class(course, [CHAPTER], folder) == len(NAMES)
    return folder


def test_it_is_the_same_class_each_time(course, submitted):
    for one in hand_ins(course, CHAPTER):
        folder = submitted / one.student / CHAPTER
        assert (folder / f"{CHAPTER}.ipynb").read_bytes() == one.data
        assert (folder / "timestamp.txt").read_bytes() == one.timestamp


def test_thirty_students_with_readable_ids_hand_in(submitted):
    students = [path.name for path in submitted.iterdir()]
    assert len(students) == 30 and all(map(is_plain_id, students))
    assert {"amara.okafor", COPIER, FRIEND} <= set(students)


def test_some_are_late_and_most_are_not(course, submitted):
    times = [read_timestamp(folder / CHAPTER) for folder in submitted.iterdir()]
    late = sum(time > due(course, CHAPTER) for time in times)
    assert 1 <= late <= 8


def test_answers_are_right_known_mistakes_unknown_ones_in_groups_and_missing(course, submitted):
    assignment = course.assignment(CHAPTER)
    known = course.answers(CHAPTER)
    right = {(a.exercise, a.source.strip()) for a in known if a.right}
    right |= {(name, text.strip()) for name, text in assignment.solutions.items()}
    wrong = {(a.exercise, a.source.strip()) for a in known if not a.right}
    changed = {
        (name, mutant.source.strip())
        for name, text in assignment.solutions.items()
        for mutant in mutants(name, text)
    }
    kinds: Counter[str] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    files = broken = endless = 0
    for found in find_submissions(submitted, CHAPTER, {CHAPTER}):
        files += 1
        data = read_bytes(found.path)
        try:
            json.loads(data)
        except ValueError:
            broken += 1
            continue
        nbformat.validate(nbformat.reads(data.decode(), as_version=4))
        texts = answer_texts(rebuild(assignment, parse(data), 0))
        for exercise in assignment.exercises:
            text = texts.get(exercise, "").strip()
            endless += "while True:\n    pass" in text
            text = text.split("\n", 1)[1] if text.startswith("#") else text
            answer = (exercise, text)
            if answer in right:
                kinds["right"] += 1
            elif answer in wrong:
                kinds["known"] += 1
            elif answer in changed:
                kinds["unknown"] += 1
                unknown[answer] += 1
            else:
                kinds["other"] += 1
    assert (files, broken, endless) == (30, 1, 1)
    assert kinds["right"] > kinds["known"] > kinds["unknown"] > 0 and kinds["other"] > 3
    assert max(unknown.values()) > 1


def test_every_assignment_has_its_own_mixture(course):
    last = course.assignments[-1]
    sizes = Counter(len(one.data) for one in hand_ins(course, last))
    assert len(sizes) > 20
