"""Chapter 6 in a browser: it trains, and shows that it does."""

import re

from playwright.sync_api import expect

CHAPTER = "06_optimizers"


def test_run_all_trains_and_reports_exactly_the_open_exercises(opened, known):
    assert opened.unanswered() == set(known.exercises) and not opened.errors()
    opened.picture("run-all")


def cell_with(notebook, text):
    """The position of the code cell with a text in its source."""
    (index,) = [
        i for i, c in enumerate(notebook.cells()) if c["type"] == "code" and text in c["source"]
    ]
    return index


def test_training_has_a_progress_bar_that_reaches_its_end(opened):
    index = cell_with(opened, "in tqdm(")
    opened.select(index)
    bar = opened.cell(index).locator(".widget-hprogress, .jupyter-widget-hprogress").first
    expect(bar).to_be_visible()
    full = opened.cell(index).locator(".progress-bar.progress-bar-success").first
    expect(full).to_be_visible()
    expect(opened.cell(index).get_by_text("3/3")).to_be_visible()
    opened.picture("progress-bar")


def test_the_sliders_move_and_redraw_the_path(opened):
    index = cell_with(opened, "ch06.explore_path()")
    opened.select(index)
    cell = opened.cell(index)
    picture = cell.locator("img").first
    expect(picture).to_be_visible()
    opened.picture("sliders-before")
    for place, readout, said in (
        (0, "0.022", "lr 0.022, momentum 0:"),
        (1, "0.01", "lr 0.022, momentum 0.01:"),
    ):
        before = picture.get_attribute("src")
        cell.locator(".noUi-handle").nth(place).focus()
        opened.page.keyboard.press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)
        expect(cell.locator(".widget-readout").nth(place)).to_have_text(readout)
        expect(picture).to_have_attribute("alt", re.compile(re.escape(said)))
        opened.picture(f"slider-{place}")


def test_training_says_nothing_on_stderr(opened):
    assert not opened.stderr()
