"""A student's own answers put to use: theirs when it passes, the course's with a line otherwise."""

import nbformat
import pytest

from tests import chapter
from tests.checks.test_check import CHECKS, NO_STRIDE, RIGHT
from tests.shell import SETUP, at_a_notebook

YOURS = """
from autograder.live.yours import Yours
yours = Yours({"conv": "stand-in", "out_size": "stand-in"})
"""


def lies_at(course, name="02_small"):
    folder = course / name
    folder.mkdir()
    chapter.write(folder)
    return folder


def save(folder, *sources):
    """The chapter's notebook as a student saved it."""
    cells = [nbformat.v4.new_code_cell(SETUP)]
    about = {"grade": False, "grade_id": "conv", "solution": True, "locked": False}
    cells += [nbformat.v4.new_code_cell(source) for source in sources[:-1]]
    cells.append(nbformat.v4.new_code_cell(sources[-1], metadata={"nbgrader": about}))
    cells.append(nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["demo"]}))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "02_small.ipynb")


@pytest.fixture
def here(tmp_path):
    with at_a_notebook(lies_at(tmp_path), SETUP + YOURS) as student:
        yield student


@pytest.fixture
def later(tmp_path):
    """A student in the chapter after it."""
    lies_at(tmp_path)
    (tmp_path / "03_next").mkdir()
    with at_a_notebook(tmp_path / "02_small") as before:
        before.run(RIGHT + CHECKS)
    with at_a_notebook(tmp_path / "03_next", YOURS) as student:
        yield student


def test_an_answer_that_passes_is_used(here):
    here.run(RIGHT + CHECKS)
    assert here.run('got = yours("conv")').printed == "conv: yours\n"
    assert here.shell.user_ns["got"] is here.shell.user_ns["conv"]


@pytest.mark.parametrize("answer", ["", NO_STRIDE, NO_STRIDE + CHECKS, RIGHT])
def test_what_is_missing_wrong_or_unchecked_is_the_courses_and_a_line_says_so(here, answer):
    here.run(answer)
    ran = here.run('got = yours("conv")')
    assert here.shell.user_ns["got"] == "stand-in" and ran.printed.startswith(
        "conv: the course's stands in; "
    )


def test_an_answer_of_an_earlier_chapter_comes_from_its_notebook(later, tmp_path):
    save(tmp_path / "02_small", "print('loud')\nfactor = 1", "print('loud')\n" + RIGHT)
    assert later.run('got = yours("conv")').printed == "conv: yours\n"
    assert later.shell.user_ns["got"].__name__ == "conv"


@pytest.mark.parametrize("text", ["1 / 0", "other = 1", "def conv(:"])
def test_an_earlier_notebook_that_fails_now_is_no_error(later, tmp_path, text):
    save(tmp_path / "02_small", text)
    ran = later.run('yours("conv")')
    assert ran.value == "stand-in" and "cannot be run" in ran.printed and not ran.error


def test_a_notebook_that_is_gone_or_damaged_is_no_error(later, tmp_path):
    assert later.run('yours("conv")').value == "stand-in"
    (tmp_path / "02_small" / "02_small.ipynb").write_bytes(b"\x00{")
    assert later.run('yours("conv")').value == "stand-in"


def test_a_name_that_the_course_does_not_have_is_a_mistake_of_the_lesson(here):
    assert isinstance(here.run('yours("cnov")').raised, KeyError)


def test_beside_private_references_earlier_chapters_are_the_courses(tmp_path):
    folder = tmp_path / "02_small"
    folder.mkdir()
    (folder / "02_small.references").write_bytes(chapter.make().to_bytes())
    with at_a_notebook(folder, SETUP + YOURS) as author:
        author.run(RIGHT)
        assert author.run('got = yours("conv")').printed == "conv: yours\n"
    (tmp_path / "03_next").mkdir()
    with at_a_notebook(tmp_path / "03_next", YOURS) as author:
        assert author.run('yours("conv")').value == "stand-in"
