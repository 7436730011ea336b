"""Three questions: fresh numbers, those not asked for longest first, never in the way."""

import json

import pytest

from autograder.live.review import Question, Review
from tests import chapter
from tests.checks.test_check import CHECKS, RIGHT
from tests.shell import at_a_notebook


def question(name):
    def ask(draw):
        a, b = draw.randint(100, 999), draw.randint(100, 999)
        return Question(f"{name}: {a} + {b}?", a + b, f"The sum is {a + b}.")

    ask.__name__ = name
    return ask


BANK = {1: [question("a"), question("b")], 2: [question("c"), question("d")], 3: [question("e")]}


@pytest.fixture
def course(tmp_path):
    for name in ("02_small", "03_next"):
        (tmp_path / name).mkdir()
    chapter.write(tmp_path / "02_small")
    return tmp_path


@pytest.fixture
def student(course):
    with at_a_notebook(course / "02_small") as student:
        student.shell.user_ns["review"] = Review(BANK)
        yield student


def asked(ran):
    return [line.strip()[3:] for line in ran.text.splitlines() if "?" in line]


def test_three_are_asked_of_the_chapters_before(student):
    names = {line[0] for line in asked(student.run("review(3)"))}
    assert len(names) == 3 and names < set("abcd")


def test_those_not_asked_for_longest_come_first(student):
    first = {line[0] for line in asked(student.run("review(3)"))}
    second = {line[0] for line in asked(student.run("review(3)"))}
    assert set("abcd") - first <= second


def test_numbers_are_fresh_each_time_also_in_a_new_session(student, course):
    lines = set()
    for _ in range(4):
        lines |= set(asked(student.run("review(2)")))
    assert len(lines) == 8
    stored = json.loads((course / ".autograder" / "review.json").read_text())
    assert {key: times for key, (times, _) in stored.items()} == {"1/a": 4, "1/b": 4}
    student.shell.user_ns["review"] = Review(BANK)
    assert not set(asked(student.run("review(2)"))) & lines


def test_answers_are_told_right_from_wrong_with_the_reason(student):
    lines = asked(student.run("review(3)"))
    sums = [eval(line.partition(": ")[2].rstrip("?")) for line in lines]
    ran = student.run(f"review.answer({sums[0]}, {sums[1] + 1}, None)")
    assert "1 of 2 right" in ran.text and "3. skipped" in ran.text
    assert f"1. ✓ The sum is {sums[0]}." in ran.text and f"2. ✗ It is `{sums[1]}`" in ran.text


@pytest.mark.parametrize("answers", ["", "None", "None, None, None"])
def test_skipping_is_no_trouble(student, answers):
    student.run("review(3)")
    ran = student.run(f"review.answer({answers})")
    assert "Skipped" in ran.text and not ran.error


@pytest.mark.parametrize(
    "answer", ["'x'", "[1, 2]", "object()", "float('nan')", "1e999", "__import__('torch').ones(3)"]
)
def test_any_answer_at_all_is_only_wrong(student, answer):
    student.run("review(3)")
    ran = student.run(f"review.answer({answer})")
    assert "0 of 1 right" in ran.text and not ran.error


def test_without_a_chapter_it_asks_of_what_was_begun(student):
    assert "no chapter has been begun" in student.run("review()").text
    student.run(RIGHT + CHECKS)
    assert {line[0] for line in asked(student.run("review()"))} == set("cd")


def test_answering_before_asking_is_said_kindly(student):
    assert "Nothing was asked yet" in student.run("review.answer(1)").text


def test_a_damaged_memory_is_left_behind(student, course):
    (course / ".autograder").mkdir(exist_ok=True)
    for text in ("{", "[]", '{"1/a": "x", "1/b": [1]}'):
        (course / ".autograder" / "review.json").write_text(text)
        assert len(asked(student.run("review(3)"))) == 3


def test_beside_private_references_it_asks_the_same_each_time_and_writes_nothing(tmp_path):
    (tmp_path / "02_small").mkdir()
    (tmp_path / "02_small" / "02_small.references").write_bytes(chapter.make().to_bytes())
    texts = []
    for _ in range(2):
        with at_a_notebook(tmp_path / "02_small") as author:
            author.shell.user_ns["review"] = Review(BANK)
            texts.append(author.run("review(3)").text)
    assert texts[0] == texts[1] and not (tmp_path / ".autograder").exists()


def test_kinds_of_answers():
    from autograder.live.review import _agree

    assert _agree(0.3334, 1 / 3) and not _agree(0.34, 1 / 3) and not _agree(7.0001, 7)
    assert _agree("`Nn.ReLU()`", "nn.ReLU") and not _agree("nn.GELU", "nn.ReLU")
    assert _agree([1, 2], (1, 2)) and not _agree((1,), (1, 2)) and not _agree(3, (1, 2))
    assert _agree(True, True) and not _agree(1, True)
