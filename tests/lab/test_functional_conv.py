"""Chapter 2 in a browser, as somebody who has never seen the project meets it."""

import json
import re

import pytest
from playwright.sync_api import expect

from autograder.course.folder import CourseFolder
from tests.lab.browser import text_of

CHAPTER = "02_functional_conv"
EXERCISE = "conv2d_manual"


@pytest.fixture(scope="module")
def answers(course):
    return [
        answer for answer in CourseFolder(course).answers(CHAPTER) if answer.exercise == EXERCISE
    ]


def cell(notebook, grade_id):
    return notebook.cells()[notebook.index(grade_id)]


def answer_with(notebook, source):
    """Type an answer, run it and its checks; what the check cell says."""
    index = notebook.index(EXERCISE)
    notebook.write(index, source)
    notebook.run(index)
    return notebook.run(notebook.index(f"{EXERCISE}-visible"))


def test_run_all_reports_exactly_the_open_exercises(opened, known):
    assert opened.unanswered() == set(known.exercises) and not opened.errors()
    opened.select(opened.index(f"{EXERCISE}-visible"))
    opened.picture("run-all")


def test_run_all_reaches_the_last_cell_and_says_nothing_on_stderr(opened):
    cells = [cell for cell in opened.cells() if cell["type"] == "code" and cell["source"].strip()]
    assert cells[-1]["executed"]
    assert not opened.stderr()


def test_the_kernel_has_one_thread(opened):
    index = opened.append("import torch\ntorch.get_num_threads(), torch.get_num_interop_threads()")
    assert opened.run(index).startswith("(1,")


def test_opening_the_chapter_transfers_little(opened):
    assert 0 < opened.transferred < 2_000_000


def test_a_wrong_answer_is_told_its_misconception_and_drawn(opened, known, answers):
    shown = {m.name for m in known.misconceptions if m.exercise == EXERCISE}
    wrong = next(a for a in answers if a.name in shown)
    assert wrong.message in answer_with(opened, wrong.source)
    checks = opened.index(f"{EXERCISE}-visible")
    card = opened.cell(checks).locator(".ag-card").first
    card.scroll_into_view_if_needed()
    expect(card.locator(".ag-grid, .ag-pixels").nth(1)).to_be_attached()
    expect(card.locator(".ag-facts, .ag-quiet").first).to_be_visible()
    opened.picture("wrong-answer-light")
    opened.theme("JupyterLab Dark")
    card.scroll_into_view_if_needed()
    opened.picture("wrong-answer-dark")
    opened.theme("JupyterLab Light")


def test_an_exception_shows_the_students_line(opened):
    said = answer_with(
        opened, f"def {EXERCISE}(x, k, stride=1, padding=0):\n    return x @ k[0, 0]"
    )
    assert "line 2: return x @ k[0, 0]" in said
    assert "autograder" not in said
    opened.picture("exception")


def test_the_right_answer_passes_and_progress_knows(opened, answers, known):
    right = next(answer for answer in answers if answer.right)
    said = answer_with(opened, right.source)
    checks = known.exercises[EXERCISE].visible
    assert [line for line in said.splitlines() if line.startswith("✓")] == [
        f"✓ {c}" for c in checks
    ]
    opened.picture("right-answer")
    index = opened.append("progress()")
    text = opened.run(index)
    assert re.search(rf" {EXERCISE} .*✓ passes", text)
    assert f"1 of {len(known.exercises)} exercises pass" in text
    opened.picture("progress-light")
    opened.theme("JupyterLab Dark")
    opened.select(index)
    opened.picture("progress-dark")
    opened.theme("JupyterLab Light")


def test_hints_come_one_by_one_and_outlive_the_kernel(opened, known, place):
    hints = known.exercises["sobel_x"].hints
    index = opened.append('hint("sobel_x")')
    assert hints[0] in opened.run(index)
    opened.picture("hint")
    opened.restart()
    again = opened.append('from autograder import hint\nhint("sobel_x")')
    assert hints[1] in opened.run(again)
    memory = json.loads((place / "copy" / CHAPTER / ".autograder" / f"{CHAPTER}.json").read_text())
    assert memory["hints"]["sobel_x"] == 2
    opened.run_all()


def box_with_a_slider(notebook):
    """The cell that shows sliders, brought onto the screen."""
    (index,) = [i for i, c in enumerate(notebook.cells()) if "ch02.explore(" in c["source"]]
    notebook.select(index)
    box = notebook.cell(index)
    box.locator(".noUi-handle").first.wait_for()
    return box


def test_a_slider_moves_and_redraws(opened):
    box = box_with_a_slider(opened)
    handle = box.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    picture = box.locator("img").first
    before, value = picture.get_attribute("src"), float(handle.get_attribute("aria-valuenow"))
    opened.picture("slider-before")
    handle.focus()
    opened.page.keyboard.press("ArrowRight")
    expect(box.locator("img").first).not_to_have_attribute("src", before)
    assert float(handle.get_attribute("aria-valuenow")) == pytest.approx(value + 1)
    opened.picture("slider-after")


def test_tensorboard_opens_through_jupyters_own_port(opened, address):
    opened.run(
        opened.append(
            "from torch.utils.tensorboard import SummaryWriter\n"
            "with SummaryWriter('runs/test') as writer:\n"
            "    for step in range(9):\n"
            "        writer.add_scalar('loss', 1 / (1 + step), step)"
        )
    )
    index = opened.append("%load_ext tensorboard\n%tensorboard --logdir runs")
    opened.run(index)
    frame = opened.cell(index).locator("iframe")
    frame.wait_for()
    board = frame.content_frame
    board.get_by_text("loss", exact=True).first.wait_for()
    assert f"{address}/proxy/" in frame.evaluate("frame => frame.src")
    opened.picture("tensorboard")


def test_validate_gives_the_same_verdicts(opened, answers, known):
    right = next(answer for answer in answers if answer.right)
    answer_with(opened, right.source)
    opened.page.get_by_role("button", name="Validate").click()
    dialog = opened.page.locator(".jp-Dialog")
    dialog.get_by_text("failed", exact=False).first.wait_for()
    text = dialog.inner_text()
    opened.picture("validate")
    for name in known.exercises:
        assert (f"{name}: not answered yet" in text) == (name != EXERCISE)
    dialog.get_by_role("button").last.click()


def test_what_the_server_writes_holds_no_traceback(opened, place):
    assert "Traceback" not in (place / "log").read_text()


def test_cells_read_as_text(opened):
    said = text_of(cell(opened, f"{EXERCISE}-visible"))
    assert "<" not in said
