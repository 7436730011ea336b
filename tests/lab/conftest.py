"""One JupyterLab and one Chromium for all browser tests."""

import os
import re
from pathlib import Path

import pytest

from autograder.judge import references
from tests.lab import browser


@pytest.fixture(scope="session")
def chromium():
    """A browser; the tests are skipped where none can be had."""
    path = browser.chromium()
    if path is None:
        pytest.skip("no Chromium: install Debian's `chromium`, or name one in AUTOGRADER_CHROMIUM")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, timeout=browser.PATIENCE)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def place(tmp_path_factory, course) -> Path:
    """A folder with the student's copy and everything that Jupyter writes."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def address(course, place, chromium):
    """The address of JupyterLab on a new student's copy."""
    if not list(course.glob("release/*/*.ipynb")):
        pytest.skip("release/ holds no chapter: run `make build` first")
    (place / "home").mkdir()
    with browser.server(course, place / "copy", place / "home", place / "log") as address:
        yield address


@pytest.fixture(scope="module")
def pictures(request, tmp_path_factory) -> Path:
    """Where a module's screenshots go: below AUTOGRADER_SCREENSHOTS, if that is set."""
    name = request.module.__name__.rsplit(".", 1)[-1]
    kept = os.environ.get("AUTOGRADER_SCREENSHOTS")
    folder = Path(kept, name) if kept else tmp_path_factory.mktemp(re.sub(r"\W", "_", name))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def known(request, course):
    """The public references of the module's CHAPTER, as the student has them."""
    chapter = request.module.CHAPTER
    path = course / "release" / chapter / f"{chapter}{references.SUFFIX}"
    if not path.is_file():
        pytest.skip(f"release/ holds no {chapter}: run `make build` first")
    return references.load(path)


@pytest.fixture(scope="module")
def opened(chromium, known, address, pictures):
    """The chapter, opened and run from top to bottom."""
    name = known.assignment
    page = chromium.new_page(viewport={"width": 1200, "height": 1000})
    notebook = browser.Notebook(page, address, f"{name}/{name}.ipynb", pictures)
    notebook.picture("opened")
    notebook.run_all()
    yield notebook
    page.close()
