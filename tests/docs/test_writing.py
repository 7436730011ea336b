"""docs/writing.md shows a whole course; here it is taken from the page, built and graded."""

import re

import pytest

from autograder.course.build import build_static, lessons
from autograder.course.demo import demo_class, write
from autograder.course.folder import find
from autograder.course.leaks import leaks
from autograder.files import write_whole
from autograder.grading.pipeline import Pipeline, grade

FILE = re.compile(r"^```python file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHAPTER = "01_center"


class NoGradebook:
    """Where records go when nobody keeps them."""

    def enter(self, record, assignment, folder):
        return record

    def as_entered(self, records):
        return list(records)


@pytest.fixture(scope="module")
def written(course, tmp_path_factory):
    """The course of the page, in a folder of its own, built."""
    folder = tmp_path_factory.mktemp("numbers")
    page = (course / "docs" / "writing.md").read_text(encoding="utf-8")
    for name, text in FILE.findall(page):
        write_whole(folder / name, text.encode())
    found = find(folder, search_above=False)
    for lesson in lessons(found):
        for path, data in build_static(found, lesson).files.items():
            write_whole(folder / path, data)
    return found


def test_the_page_holds_a_configuration_a_chapter_and_its_known_answers(written):
    assert written.lessons == written.assignments == [CHAPTER]
    kinds = [answer.right for answer in written.answers(CHAPTER)]
    assert kinds.count(True) == 2 and kinds.count(False) == 4
    assert written.directory.course_id == "numbers"


def test_its_release_shows_nothing_that_students_must_not_have(written):
    assert leaks(written, CHAPTER) == []


def test_its_right_answers_get_all_points_and_its_wrong_ones_their_message(written):
    write(written, [CHAPTER], written.submitted)
    records = {r.student: r for r in grade(Pipeline(written, CHAPTER), NoGradebook())}
    messages = {answer.name: answer.message for answer in written.answers(CHAPTER)}
    named = set()
    for student in demo_class(written, CHAPTER):
        record = records[student.student]
        if student.expected.missed is None:
            assert record.status == "needs_review"
            continue
        assert record.status == "graded"
        assert set(record.missed) == student.expected.missed, student.student
        assert (record.score == record.max_score) == (not student.expected.missed)
        for name in student.expected.misconceptions.values():
            named.add(name)
            said = [v.reason for v in record.verdicts if v.misconception == name]
            assert any(reason.startswith(messages[name]) for reason in said), said
    assert len(named) == 4
