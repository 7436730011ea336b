"""Who copied is among the first rows, whatever the disguise; what everybody wrote is nothing."""

import html
import json
import re

import pytest

from autograder.commands.similar import similar as similar_command
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.grading.executed import ExecutedAttempt
from autograder.grading.similar import MOST_CHARACTERS, read_answers, similar
from autograder.grading.store import Store
from autograder.pages.similar import render
from tests.grading.course import ASSIGNMENT, ROOT, make_course, source_notebook, submit
from tests.planted import found, planted_class

CHAPTER = "02_functional_conv"
LONG = """
def double(x):
    rows = [row.tolist() for row in x]
    total = 0
    for row in rows:
        total += sum(value ** 2 for value in row if value > 0)
    return total / max(len(rows), 1)
"""
RENAMED = """
def double(x):
    '''Something else.'''
    # my own idea
    lines=[l.tolist() for l in x]
    s = 0
    print("so far", s)
    for l in lines:
        s += sum(v**2 for v in l if v>0)
    return s/max(len(lines), 1)
"""
OTHERS = [
    "def double(x):\n    return x + x",
    "def double(x):\n    return 2 * x",
    "def double(x):\n    y = x.clone()\n    y *= 2\n    return y",
    "def double(x):\n    return torch.stack([x, x]).sum(dim=0)",
    "def double(x):\n    return x.mul(2)",
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return CourseFolder(make_course(tmp_path_factory.mktemp("similar")))


def compared(course, *texts, names=None):
    answers = {f"s{i}": {"double": text} for i, text in enumerate(texts)}
    return similar(course.assignment(ASSIGNMENT), answers, names or {})


def test_nine_of_ten_disguised_copies_are_in_the_first_twenty_rows():
    course = CourseFolder(ROOT)
    given, copies = planted_class(course, CHAPTER, students=100, copies=5)
    page = similar(course.assignment(CHAPTER), given, {})
    assert len(page.pairs) <= 20
    assert found(page, copies) >= 0.9 * len(copies)


def test_a_copy_with_other_names_comments_and_prints_stands_first_and_is_marked(small):
    page = compared(small, *OTHERS, LONG, RENAMED, names={"s5": "Ada Lovelace"})
    pair = page.pairs[0]
    assert (pair.first, pair.second) == (("s5", "Ada Lovelace"), ("s6", ""))
    (exercise,) = pair.exercises
    assert exercise.share == pair.share > 0.8 and pair.lines >= 4
    for side, text in ((exercise.left, LONG), (exercise.right, RENAMED)):
        assert "".join(passage.text for passage in side.passages) == text
        alike = " ".join(passage.text for passage in side.passages if passage.alike)
        assert "tolist" in alike and "sum" in alike and "so far" not in alike


def test_the_order_of_statements_hides_little(small):
    first, second = LONG.strip().split("\n"), LONG.strip().split("\n")
    second[1], second[2] = second[2], second[1]
    pair = compared(small, *OTHERS, "\n".join(first), "\n".join(second)).pairs[0]
    assert {pair.first[0], pair.second[0]} == {"s5", "s6"} and pair.share > 0.6


def test_what_the_release_gave_and_what_half_of_the_class_wrote_is_nobodys(small):
    stub = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert compared(small, stub, stub, stub).pairs == ()
    assert compared(small, *[LONG] * 5, OTHERS[2]).pairs == ()


def test_the_order_in_which_students_come_changes_nothing(small):
    answers = {f"s{i}": {"double": text} for i, text in enumerate([*OTHERS, LONG, RENAMED])}
    assignment = small.assignment(ASSIGNMENT)
    turned = dict(reversed(answers.items()))
    assert similar(assignment, answers, {}) == similar(assignment, turned, {})


def test_nothing_that_a_student_writes_is_more_than_text_on_the_page(small):
    bad = "<script>alert(1)</script></pre>\u202e'''\x1b[31m &amp; (((\n" + "def ((: % " * 20
    giant = bad + "x = [" + "1, " * 200_000
    page = render(compared(small, *OTHERS, bad, giant, names={"s5": "<img src=x onerror=y>"}))
    assert "<script" not in page and "<img" not in page and "\x1b" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page and "never a verdict" in page
    assert len(page) < 20 * MOST_CHARACTERS
    assert "alert(1)" in html.unescape(re.sub(r"<[^>]*>", "", page))


def test_the_command_reads_what_was_handed_in_and_names_the_page(small, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for i, text in enumerate([*OTHERS, LONG, RENAMED]):
        notebook = source_notebook()
        for cell in notebook.cells:
            if cell.id == "double":
                cell.source = text
        submit(small.root, f"student{i}", json.dumps(notebook).encode())
    submit(small.root, "broken", b"not a notebook")
    similar_command(ASSIGNMENT, course=small.root)
    said = capsys.readouterr().out
    assert "student5 · student6" in said and "never a verdict" in said
    page = small.evidence(ASSIGNMENT) / "similar.html"
    assert str(page) in said.replace("\n", "")
    assert page.read_text(encoding="utf-8").count("student5") >= 2
    answers = read_answers(small, ASSIGNMENT, small.submitted)
    assert answers["student5"]["double"].strip() == LONG.strip() and "broken" not in answers


def test_what_was_graded_is_compared_as_it_was_graded(tmp_path):
    course = CourseFolder(make_course(tmp_path))
    sources = {"double": LONG, "own cell 1": "print(1)"}
    nothing: dict = {"statuses": {}, "errors": {}, "reasons": {}, "evidence": {}, "rejected": {}}
    executed = ExecutedAttempt(
        *("ada", "run", "v", "digest", 0.1, "completed", None, (), ()), sources=sources, **nothing
    )
    Store(course.evidence(ASSIGNMENT)).keep(executed)
    for student in ("ada", "bob"):
        submit(course.root, student, source_notebook())
    answers = read_answers(course, ASSIGNMENT, course.submitted)
    assert answers["ada"] == {"double": LONG}
    assert "2 * x" in answers["bob"]["double"]


def test_a_class_of_nobody_is_said(small, tmp_path):
    with pytest.raises(AutograderError, match="no submissions of 99_small"):
        read_answers(small, ASSIGNMENT, tmp_path)
