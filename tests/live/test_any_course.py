"""What students are told in courses with other numbers of hints, and without estimates."""

import pytest

from autograder.judge.exercise import Exercise
from autograder.judge.references import collect
from autograder.live.hint import advice
from autograder.live.memory import Memory
from autograder.live.progress import draw, standings
from tests.chapter import record
from tests.shell import at_a_notebook

SETUP = "from autograder import check, hint, progress"


def write(folder, exercise):
    recorded = {"mean-visible": [record("mean/two", lambda: 2)], "mean-hidden": []}
    references = collect("averages", 0, "v", {"mean": exercise}, recorded)
    (folder / "averages.references").write_bytes(references.to_bytes())
    return folder, references


@pytest.mark.parametrize(
    ("hints", "first", "last", "after"),
    [
        (1, "gives the hint that there is", "There is no other hint.", "the only hint"),
        (2, "gives the first of two hints", "That was the last hint.", "both hints"),
        (3, "gives the first of three hints", "That was the last hint.", "all three hints"),
        (8, "gives the first of 8 hints", "That was the last hint.", "all 8 hints"),
    ],
)
def test_any_number_of_hints_is_counted_in_good_english(tmp_path, hints, first, last, after):
    exercise = Exercise("mean", "mean", 0, 0, tuple(f"Hint number {i}." for i in range(hints)))
    chapter = write(tmp_path, exercise)
    assert first in advice(Memory(chapter), exercise)
    with at_a_notebook(tmp_path, SETUP) as student:
        texts = [student.run('hint("mean")').text for _ in range(hints + 1)]
    assert f"Hint 1 of {hints}" in texts[0] and last in texts[-2]
    assert f"You have seen {after}" in texts[-1]
    assert f"You have seen {after}" in advice(Memory(chapter), exercise)


def test_an_exercise_without_heading_is_called_by_its_name_once(tmp_path):
    chapter = write(tmp_path, Exercise("mean", "mean", 0, 0, ("Add.",), points=(1, 2)))
    text = draw(chapter[1], standings(chapter)).text
    assert text.count("mean") == 1 and "★" not in text and "☆" not in text
    assert "1 exercise left" in text
