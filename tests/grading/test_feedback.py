"""A page for each student, made from the record: what was lost, why, no hidden test."""

import datetime
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.course.assignment import HIDDEN
from autograder.course.folder import CourseFolder

from .conftest import CHAPTER, blank, command, graded, solved, submit

FLIPPED = (
    "def conv2d_manual(x, k, stride=1, padding=0):\n"
    "    # </pre><script>alert(1)</script>\n"
    "    return F.conv2d(x[None, None], k.flip(0, 1)[None, None], None, stride, padding)[0, 0]\n"
)
HALF = "def to_nchw(a):\n    return a.half()[None, None].float()\n"


@pytest.fixture
def course(small_course: Path) -> Path:
    submit(small_course, "ada", solved())
    submit(small_course, "bob", solved(to_nchw=HALF, conv2d_manual=FLIPPED))
    submit(small_course, "eve", b"{")
    submit(small_course, "tim", str.encode(__import__("nbformat").writes(blank())))
    folder = small_course / "submitted" / "bob" / CHAPTER
    (folder / "timestamp.txt").write_text("2030-01-02 00:00:00.000000 UTC")
    (folder / "submission_secret.txt").write_text("a secret")
    graded(small_course)
    return small_course


def page(course: Path, student: str) -> str:
    return (course / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text()


def made(course: Path) -> None:
    done = command(course, "feedback", CHAPTER)
    assert done.returncode == 0, done.stderr
    assert "4 feedback pages" in done.stdout


def test_everybody_gets_a_page_that_says_what_was_lost_and_why(course: Path) -> None:
    made(course)
    right, wrong = page(course, "ada"), page(course, "bob")
    assert "30 <small>of 30 points" in right and "<section" not in right
    assert re.findall(r'<section id="(\w+)"', wrong) == ["to_nchw", "conv2d_manual"]
    assert "yours" in wrong and "expected" in wrong and "difference" in wrong
    assert "Look at this:" in wrong and "The same holds for" in wrong
    assert "a.half()[None, None]" in wrong
    assert page(course, "tim").count("Not answered yet.") == 6
    assert "with a person" in page(course, "eve")


def test_a_message_stands_there_once(course: Path) -> None:
    made(course)
    messages = re.findall(r'<p class="ag-main">(.*?)</p>', page(course, "bob"))
    assert messages and len(messages) == len(set(messages))


def test_nothing_of_hidden_tests_and_nothing_that_runs_is_in_it(course: Path) -> None:
    made(course)
    text = page(course, "bob")
    assert "<script" not in text.lower() and "&lt;script&gt;alert(1)" in text
    hidden = [
        line.strip()
        for cell in CourseFolder(course).assignment(CHAPTER).notebook.cells
        for region in HIDDEN.findall(cell.source)
        for line in region.splitlines()[1:-1]
        if len(line.strip()) > 20
    ]
    assert len(hidden) > 20 and not [line for line in hidden if line in text]
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)


class _Words(HTMLParser):
    """The page's own text, and whether its tags close."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "img":
            assert dict(attrs).get("alt")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_small_and_its_pictures_have_words(course: Path) -> None:
    made(course)
    for student in ("ada", "bob", "eve", "tim"):
        words = _Words()
        words.feed(page(course, student))
        assert words.open == []
        assert len(page(course, student).encode()) < 60_000


def test_what_a_person_wrote_and_changed_and_the_penalty_are_told(course: Path) -> None:
    directory = CourseFolder(course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        gradebook.find_assignment(CHAPTER).duedate = datetime.datetime(2030, 1, 1)
        gradebook.find_grade("to_nchw-hidden", CHAPTER, CHAPTER, "bob").manual_score = 1.5
        said = gradebook.find_comment("to_nchw", CHAPTER, CHAPTER, "bob")
        said.manual_comment = "Nearly <b>there</b>."
        gradebook.db.commit()
    graded(course)
    made(course)
    text = page(course, "bob")
    assert "Nearly &lt;b&gt;there&lt;/b&gt;." in text and "(by hand)" in text
    assert "Handed in 1 d 0 h late" in text


def test_the_exchange_returns_it(course: Path, tmp_path: Path) -> None:
    made(course)
    folder = course / "feedback" / "bob" / CHAPTER
    assert (folder / "submission_secret.txt").read_text() == "a secret"
    for student in ("ada", "eve", "tim"):  # theirs came by other ways
        (course / "feedback" / student).rename(tmp_path / student)
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    nbgrader = [str(Path(sys.executable).with_name("nbgrader")), "release_feedback", CHAPTER]
    options = [f"--Exchange.root={exchange}", "--CourseDirectory.course_id=c"]
    options += [f"--CourseDirectory.root={course}"]
    done = subprocess.run(
        [*nbgrader, *options], cwd=course, env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (returned,) = (exchange / "c" / "feedback").glob("*.html")
    assert returned.read_text() == page(course, "bob")


def test_without_grades_it_says_so(small_course: Path) -> None:
    done = command(small_course, "feedback", CHAPTER)
    assert done.returncode == 2 and "has not been graded" in done.stderr
