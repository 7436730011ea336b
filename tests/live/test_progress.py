"""How far the chapter is: states, points and minutes, by the last run of each check."""

import dataclasses

import pytest

from tests import chapter
from tests.checks.test_check import CHECKS, NO_STRIDE, RIGHT, UNANSWERED
from tests.shell import at_a_notebook


@pytest.fixture
def student(tmp_path):
    chapter.write(tmp_path)
    with at_a_notebook(tmp_path) as student:
        yield student


def row(text, name):
    return next(line for line in text.splitlines() if f" {name} " in line)


def test_at_the_start_everything_is_open(student):
    text = student.run("progress()").text
    assert text.count("○ open") == 4
    assert "0 of 6 visible points so far; 8 more are decided when graded" in text
    assert "about 50 minutes left" in text


def test_what_passes_counts_its_points_and_takes_its_minutes_off(student):
    student.run(RIGHT + CHECKS)
    text = student.run("progress()").text
    assert "✓ passes" in row(text, "conv") and "2 of 2" in row(text, "conv")
    assert "2 of 6 visible points" in text and "about 35 minutes left" in text


def test_half_of_the_checks_give_half_of_the_points(student):
    student.run(NO_STRIDE + CHECKS)
    line = row(student.run("progress()").text, "conv")
    assert "✗ 1 of 2 checks pass" in line and "1 of 2" in line


def test_an_unanswered_exercise_stays_open(student):
    student.run(UNANSWERED + "\n" + CHECKS)
    assert "○ open" in row(student.run("progress()").text, "conv")


def test_the_last_run_of_a_check_counts(student):
    student.run(RIGHT + CHECKS)
    student.run(NO_STRIDE + CHECKS)
    assert "1 of 2 checks pass" in row(student.run("progress()").text, "conv")


def test_a_new_kernel_knows_what_passed(student, tmp_path):
    student.run(RIGHT + CHECKS)
    with at_a_notebook(tmp_path) as later:
        assert "✓ passes" in row(later.run("progress()").text, "conv")


def test_hints_that_were_asked_for_are_counted(student):
    student.run('hint("conv")')
    assert "1 of 3" in row(student.run("progress()").text, "conv")


def test_when_all_is_done_nothing_is_left(student):
    student.run(RIGHT + CHECKS)
    student.run('check("out_size/small", 3)\ncheck("blur/image", blur, BIG)')
    student.run(
        'check("Net/parameters", parameters, lambda: nn.Linear(3, 2))\n'
        'check("Net/module", nn.Linear(3, 2))\n'
        'check("Net/sealed", both, blur, BIG)\n'
        'check("Net/raises", lambda: int("x"))'
    )
    text = student.run("progress()").text
    assert "4 of 4 exercises pass" in text and "nothing is open here" in text


def test_text_and_html_say_the_same(student):
    student.run(NO_STRIDE + CHECKS)
    ran = student.run("progress()")
    for phrase in ("1 of 2 checks pass", "02_small: 0 of 4 exercises", "visible points so far"):
        assert phrase in ran.text and phrase in ran.html


def test_without_a_reference_file_it_says_where_to_look(tmp_path):
    with at_a_notebook(tmp_path) as student:
        assert "folder that it came in" in student.run("progress()").text


def test_where_the_chapters_lie_side_by_side_the_whole_course_is_told(tmp_path):
    for name in ("02_small", "03_small"):
        (tmp_path / name).mkdir()
        public = dataclasses.replace(chapter.make().public(), assignment=name)
        (tmp_path / name / f"{name}.references").write_bytes(public.to_bytes())
    with at_a_notebook(tmp_path / "02_small") as student:
        student.run(RIGHT + CHECKS)
        text = student.run("progress()").text
    assert "The course: 1 of 8 exercises pass" in text
    rows = [line for line in text.splitlines() if "_small" in line and "of 4 pass" in line]
    assert [" ".join(row.split()) for row in rows] == [
        "02_small ✗ 1 of 4 pass 2 of 6 35 0",
        "03_small ○ 0 of 4 pass 0 of 6 50 0",
    ]


def test_what_is_further_is_marked_and_counted_apart(tmp_path):
    further = dataclasses.replace(chapter.EXERCISES["Net"], further=True)
    public = chapter.make().public()
    exercises = public.exercises | {
        "Net": dataclasses.replace(public.exercises["Net"], further=further.further)
    }
    public = dataclasses.replace(public, exercises=exercises)
    (tmp_path / "02_small.references").write_bytes(public.to_bytes())
    with at_a_notebook(tmp_path) as student:
        text = student.run("progress()").text
    assert "· further" in row(text, "Net") and "50 minutes left by the estimates, 20 of" in text
