"""docs/writing.md shows a whole course; here it is taken from the page, built and graded."""

import re
import shlex

import pytest

from autograder.course import edited
from autograder.course.answers import load
from autograder.course.build import build_static, lessons
from autograder.course.demo import demo_class, write
from autograder.course.folder import find
from autograder.course.leaks import leaks
from autograder.course.new import new_exercise
from autograder.course.proofread import proofread
from autograder.errors import AutograderError, BuildError
from autograder.files import write_whole
from autograder.grading.changes import changes as changes_of
from autograder.grading.pipeline import Pipeline, grade
from autograder.grading.rejudge import rejudge
from autograder.grading.try_answers import try_answers

FILE = re.compile(r"^```python file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGE = re.compile(r"^```diff file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHAPTER = "01_center"


class NoGradebook:
    """Where records go when nobody keeps them."""

    def enter(self, record, assignment, folder):
        return record

    def as_entered(self, records):
        return list(records)


@pytest.fixture(scope="module")
def page(course):
    return (course / "docs" / "writing.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(page, tmp_path_factory):
    """The course of the page, in a folder of its own, built."""
    folder = tmp_path_factory.mktemp("numbers")
    for name, text in FILE.findall(page):
        write_whole(folder / name, text.encode())
    found = find(folder, search_above=False)
    build(found)
    return found


def build(course):
    """Everything that a build makes but outputs: the executed notebook has none here."""
    for lesson in lessons(course):
        for path, data in build_static(course, lesson).files.items():
            write_whole(course.root / path, data)
        write_whole(course.executed(lesson.name), course.source(lesson.name).read_bytes())


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


# ------------------------------------------------------------------------------ what is changed


@pytest.fixture(scope="module")
def graded(written):
    """The same course with a graded class."""
    write(written, [CHAPTER], written.submitted)
    grade(Pipeline(written, CHAPTER), NoGradebook())
    return written


def test_the_five_changes_of_the_page_are_made_as_it_says(graded, page):
    before = {r["student"]: r for r in Pipeline(graded, CHAPTER).store.records().values()}
    assert edited.warning(graded, CHAPTER) is None
    changes = CHANGE.findall(page)
    assert len(changes) == 5  # points stand in two places
    for number, (name, diff) in enumerate(changes):
        old, new = (
            "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] == sign)
            for sign in "-+"
        )
        text = (graded.root / name).read_text()
        assert text.count(old) == 1
        write_whole(graded.root / name, text.replace(old, new).encode())
        remarks = [str(remark) for remark in proofread(graded.lesson(CHAPTER))]
        if number == 2:  # the statement's points without those of the cells
            (remark,) = remarks
            assert "the requirements of 'center' have 5 points, its check cells 4" in remark
        else:
            assert remarks == []
        assert "is newer than what was built" in edited.warning(graded, CHAPTER)
    (lesson,) = lessons(graded)
    tried = list(try_answers(graded, lesson))
    assert [t.amiss for t in tried] == [""] * 6 and len(tried[0].verdicts) == 6
    build(graded)
    assert edited.warning(graded, CHAPTER) is None
    stations = Pipeline(graded, CHAPTER)
    records = {record.student: record for record in rejudge(stations, NoGradebook())}
    right = records["right-1"]
    assert (right.score, right.max_score) == (5, 5)
    (run,) = {executed.run for executed in stations.store.all_executed()}
    square = stations.references(run).checks["center/square"]
    assert (square.rtol, square.atol) == (1e-3, 1e-4)
    changed = {
        student: change
        for student, record in records.items()
        for change in changes_of(before[student], record)
    }
    told = {change.told.split(".")[0] for change in changed.values() if change.told}
    assert told == {"Your columns have the mean 0, your rows have not"}
    assert (changed["right-1"].before, changed["right-1"].now) == (4, 5)


def test_an_exercise_is_added_as_the_page_says(graded, page):
    (words,) = re.findall(r"^autograder new exercise (.*)$", page, re.MULTILINE)
    chapter, name, *_ = shlex.split(words)
    new_exercise(graded, chapter, name, title="How far apart", points=4, minutes=5)
    with pytest.raises(BuildError, match="places to be filled in"):
        list(lessons(graded))
    for path in (graded.lesson(chapter), graded.known_answers(chapter)):
        text = re.sub(r"  # FILL IN.*", "", path.read_text())  # the template's own code can stand
        write_whole(path, re.sub(r"FILL IN: ", "", text).replace("# # its result\n", "").encode())
    (lesson,) = lessons(graded)
    tried = list(try_answers(graded, lesson, [name]))
    assert {t.answer.exercise for t in tried} == {name} and len(tried) == 6
    amiss = {t.answer.name: t.amiss for t in tried if t.amiss}
    assert amiss == {}


def test_what_is_not_as_known_is_said(graded, tmp_path):
    (lesson,) = lessons(graded)
    more = tmp_path / "more.py"
    more.write_text(
        "# %% center right: nothing is done\ndef center(x):\n    return x\n\n"
        "# %% center wrong: with another library\n# message: No.\n"
        "def center(x):\n    return x - x.mean(1, keepdim=True)\n"
    )
    tried = list(try_answers(graded, lesson, ["center"], seeds=2, more=load(more)))
    assert [t.seed for t in tried].count(2) == 8
    amiss = [(t.answer.name, t.amiss) for t in tried if t.amiss and t.seed == 1]
    assert amiss == [
        ("nothing is done", "it is known as right, and fails."),
        ("with another library", "it is known as wrong, and passes every check."),
    ]
    (failing, *_) = [t for t in tried if t.amiss]
    assert failing.line == "center: right 'nothing is done': 0 of 6 checks, 0 of 5 points"
    with pytest.raises(AutograderError, match="no exercise centre in 01_center; it has: center"):
        list(try_answers(graded, lesson, ["centre"]))
