"""A page for each student, made from the record: what was lost, why, no hidden test."""

import dataclasses
import datetime
import html
import json
import re
import shutil
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeFetchFeedback
from nbgrader.utils import get_username
from traitlets.config import Config

from autograder.course.assignment import HIDDEN
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook.roster import write_students
from autograder.gradebook.writer import open_gradebook
from autograder.grading.feedback import make_feedback
from autograder.grading.packing import pack
from autograder.grading.pipeline import Pipeline, grade
from autograder.intake.platforms import read_mark
from autograder.intake.returns import Returns
from autograder.intake.roster import Student
from autograder.pages.feedback import MOST_CODE
from tests.grading.course import nbgrader

from .conftest import CHAPTER, blank, command, course_of_one_chapter, graded, solved, submit

FLIPPED = (
    "def conv2d_manual(x, k, stride=1, padding=0):\n"
    "    # </pre><script>alert(1)</script>\n"
    "    return F.conv2d(x[None, None], k.flip(0, 1)[None, None], None, stride, padding)[0, 0]\n"
)
HALF = "def to_nchw(a):\n    return a.half()[None, None].float()\n"


@pytest.fixture(scope="module")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of four, graded once; nobody writes into it."""
    course = course_of_one_chapter(tmp_path_factory.mktemp("feedback") / "course")
    submit(course, "ada", solved())
    submit(course, "bob", solved(to_nchw=HALF, conv2d_manual=FLIPPED))
    submit(course, "eve", b"{")
    submit(course, "tim", json.dumps(blank()).encode())
    folder = course / "submitted" / "bob" / CHAPTER
    (folder / "timestamp.txt").write_text("2030-01-02 00:00:00.000000 UTC")
    (folder / "submission_secret.txt").write_text("a secret")
    graded(course)
    return course


@pytest.fixture
def course(graded_class: Path, tmp_path: Path) -> Path:
    """The same class, to be changed."""
    config = graded_class / "nbgrader_config.py"
    assert "parent" in config.read_text()  # its root is the folder that it lies in
    return Path(shutil.copytree(graded_class, tmp_path / "course"))


def graded_again(course: Path) -> None:
    """Nothing that has to be executed is new."""
    folder = CourseFolder(course)
    with open_gradebook(folder, CHAPTER) as gradebook:
        grade(Pipeline(folder, CHAPTER), gradebook)


def page(course: Path, student: str) -> str:
    return (course / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text()


def made(course: Path, **names: str) -> None:
    pages = list(make_feedback(Pipeline(CourseFolder(course), CHAPTER), names))
    assert [path.parts[-3] for path in pages] == ["ada", "bob", "eve", "tim"]


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
    graded_again(course)
    made(course)
    text = page(course, "bob")
    assert "Nearly &lt;b&gt;there&lt;/b&gt;." in text and "(by hand)" in text
    assert "Handed in 1 d 0 h late" in text


def test_a_name_is_the_rosters_and_never_none(course: Path) -> None:
    made(course, bob="Bob <Roe>")
    assert "Bob &lt;Roe&gt; (bob)" in page(course, "bob")
    assert "None" not in re.sub(r"<pre.*?</pre>", "", page(course, "ada"), flags=re.DOTALL)


def test_a_trait_shows_the_hidden_checks(course: Path) -> None:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.FeedbackPage.show_hidden_tests = True\n")
    made(course)
    hidden = CourseFolder(course).assignment(CHAPTER).hidden["to_nchw"]
    assert len(hidden) > 50 and "HIDDEN TESTS" not in hidden
    shown = html.unescape(page(course, "bob"))
    assert hidden in shown and hidden not in page(course, "ada")


def test_long_code_is_cut(course: Path) -> None:
    pipeline = Pipeline(CourseFolder(course), CHAPTER)
    executed = pipeline.store.executed("bob")
    assert executed is not None
    sources = {**executed.sources, "to_nchw": "<" * 50_000}
    pipeline.store.keep(dataclasses.replace(executed, sources=sources))
    made(course)
    text = page(course, "bob")
    assert text.count("&lt;" * MOST_CODE) == 1 and "44,000 more characters" in text


def test_an_earlier_hand_in_does_not_speak_for_one_that_was_set_aside(course: Path) -> None:
    submit(course, "bob", b"{")
    graded_again(course)
    directory = CourseFolder(course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        gradebook.find_grade("to_nchw-hidden", CHAPTER, CHAPTER, "bob").manual_score = 2
        gradebook.db.commit()
    graded_again(course)
    made(course)
    text = page(course, "bob")
    assert "with a person" in text and "a.half()" not in text
    assert re.findall(r'<section id="(\w+)"', text) == ["to_nchw"] and "(by hand)" in text


def test_nbgraders_own_commands_make_and_release_the_same_pages(
    course: Path, tmp_path: Path
) -> None:
    made(course)
    ours = {student: page(course, student) for student in ("ada", "bob", "eve", "tim")}
    shutil.rmtree(course / "feedback")
    done = nbgrader(course, "generate_feedback", CHAPTER)
    assert done.returncode == 0, done.stderr
    assert {student: page(course, student) for student in ours} == ours
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    where = (f"--Exchange.root={exchange}", "--CourseDirectory.course_id=c")
    done = nbgrader(course, "release_feedback", CHAPTER, *where)
    assert done.returncode == 0, done.stderr
    assert "ada, eve, tim" in done.stderr
    assert fetched(tmp_path, exchange, "a secret") == ours["bob"]


def fetched(tmp_path: Path, exchange: Path, secret: str) -> str:
    """What the student's side gets back: it knows its own copy of what it handed in."""
    time = "2030-01-02 00:00:00.000000 UTC"
    cached = tmp_path / "cache" / "c" / f"{get_username()}+{CHAPTER}+{time}"
    cached.mkdir(parents=True)
    (cached / f"{CHAPTER}.ipynb").write_bytes(solved())
    (cached / "submission_secret.txt").write_text(secret)
    config = Config()
    config.Exchange.root, config.Exchange.cache = str(exchange), str(tmp_path / "cache")
    config.Exchange.assignment_dir = str(tmp_path / "student")
    config.CourseDirectory.course_id, config.CourseDirectory.assignment_id = "c", CHAPTER
    directory = CourseDirectory(config=config)
    ExchangeFetchFeedback(
        coursedir=directory, authenticator=Authenticator(config=config), config=config
    ).start()
    return (tmp_path / "student" / CHAPTER / "feedback" / time / f"{CHAPTER}.html").read_text()


MOODLE = {
    "bob": f"Bob Roe_41_assignsubmission_file_/{CHAPTER}.ipynb",
    "ada": f"Ada..\\ Lo|ve_42_assignsubmission_file_{CHAPTER}.ipynb",
}
CANVAS = {
    "bob": f"roebob_LATE_14_78_{CHAPTER}.ipynb",
    "ada": f"anon_x7KqP_79_{CHAPTER}.ipynb",
}


@pytest.mark.parametrize(
    ("layout", "sent", "members"),
    [
        (
            "moodle",
            MOODLE,
            {
                f"Ada..  Lo ve_42_assignsubmission_file_/{CHAPTER}.html": "ada",
                f"Bob Roe_41_assignsubmission_file_/{CHAPTER}.html": "bob",
            },
        ),
        (
            "canvas",
            CANVAS,
            {"anon_x7KqP_79_feedback.html": "ada", "roebob_14_78_feedback.html": "bob"},
        ),
        ("folders", {}, {f"{student}/{CHAPTER}.html": student for student in ("ada", "bob")}),
    ],
)
def test_the_pages_are_packed_as_the_platform_takes_them_back(
    tmp_path: Path, layout: Literal["moodle", "canvas", "folders"], sent: dict, members: dict
) -> None:
    course = CourseFolder(tmp_path)
    pages = []
    for student in ("ada", "bob"):
        path = course.feedback / student / CHAPTER / f"{CHAPTER}.html"
        path.parent.mkdir(parents=True)
        path.write_text(f"page of {student}")
        (course.submitted / student).mkdir(parents=True)
        pages.append(path)
    returns = Returns(course.submitted)
    for student, file in sent.items():
        returns.remember(student, CHAPTER, read_mark(file.split("/"), lambda path: None))
    returns.save()
    (packed,) = pack(course, {CHAPTER: pages}, layout)
    assert packed.students == ("ada", "bob") and packed.unknown == ()
    with zipfile.ZipFile(packed.path) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    assert found == {member: f"page of {student}" for member, student in members.items()}


def test_nobody_gets_a_page_by_a_number_that_the_platform_did_not_say(tmp_path: Path) -> None:
    course = CourseFolder(tmp_path)
    path = course.feedback / "ada" / CHAPTER / f"{CHAPTER}.html"
    path.parent.mkdir(parents=True)
    path.write_text("hers")
    (packed,) = pack(course, {CHAPTER: [path]}, "moodle")
    assert packed.students == () and packed.unknown == ("ada",) and not packed.path.exists()


def test_the_command_makes_packs_and_says_where(course: Path) -> None:
    directory = CourseFolder(course).directory
    write_students(directory.db_url, [Student("bob", "Bob", "Roe")])
    done = command(course, "feedback", "--zip", "moodle")
    assert done.returncode == 2 and "autograder collect" in done.stderr
    done = command(course, "feedback", "--zip", "folders")
    assert done.returncode == 0, done.stderr
    assert "4 feedback pages" in done.stdout and "4 students" in done.stdout
    assert "Bob Roe (bob)" in page(course, "bob")
    with zipfile.ZipFile(course / "feedback" / "feedback.zip") as archive:
        assert len(archive.namelist()) == 4


def test_without_grades_it_says_so(tmp_path: Path) -> None:
    course = course_of_one_chapter(tmp_path / "course")
    with pytest.raises(AutograderError, match="has not been graded"):
        list(make_feedback(Pipeline(CourseFolder(course), CHAPTER), {}))
