"""The course's own answer: handed out or not, and shown to who has done what they could."""

import json

import pytest

from tests import chapter
from tests.checks.test_check import CHECKS, FLIPPED, RIGHT
from tests.shell import SETUP, at_a_notebook

ANSWER = "def conv(x, k, stride=1):\n    return 'the course<s>'"


@pytest.fixture
def student(tmp_path):
    chapter.write(tmp_path)
    (tmp_path / f"{chapter.NAME}.solutions").write_text(json.dumps({"conv": ANSWER}))
    with at_a_notebook(tmp_path, SETUP + "from autograder import solution\n") as student:
        yield student


def test_it_is_shown_once_the_exercise_passes(student):
    assert "Not yet" in student.run('solution("conv")').text
    student.run(RIGHT + CHECKS)
    ran = student.run("solution(conv)")
    assert "return 'the course<s>'" in ran.text and "the course&lt;s&gt;" in ran.html
    assert "Compare it with yours" in ran.text


def test_it_is_shown_after_all_hints_and_two_tries(student):
    for _ in range(3):
        student.run('hint("conv")')
    assert "3 of 3 so far" in student.run('solution("conv")').text
    student.run(FLIPPED + CHECKS)
    assert "(1 so far)" in student.run('solution("conv")').text
    student.run(CHECKS)
    assert "the course" in student.run('solution("conv")').text


def test_where_none_are_handed_out_it_says_where_they_would_come_from(student, tmp_path):
    student.run(RIGHT + CHECKS)
    for text in (None, "{", "[]", '{"conv": 1}'):
        path = tmp_path / f"{chapter.NAME}.solutions"
        path.unlink() if text is None else path.write_text(text)
        assert "autograder bundle --solutions" in student.run('solution("conv")').text


def test_a_name_that_does_not_exist_gets_a_proposal(student):
    assert 'solution("conv")' in student.run('solution("cnv")').text
