"""Chapter 6 in a browser: it trains, and shows that it does."""

import pytest
from playwright.sync_api import expect

CHAPTER = "06_optimizers"


def test_run_all_trains_and_reports_exactly_the_open_exercises(opened, known):
    assert opened.errors() == {f"{name}: not answered yet" for name in known.exercises}
    opened.picture("run-all")


def test_training_has_a_progress_bar_that_reaches_its_end(opened):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    index = next(i for i, cell in enumerate(opened.cells()) if "in tqdm(" in cell["source"])
    opened.select(index)
    full = opened.cell(index).locator(".progress-bar.progress-bar-success").first
    expect(full).to_be_visible(timeout=30_000)
    opened.picture("progress-bar")


def test_training_says_nothing_on_stderr(opened):
    assert not opened.stderr()
