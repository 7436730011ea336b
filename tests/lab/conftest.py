"""One JupyterLab for all tests of notebooks in a browser."""

from pathlib import Path

import pytest

from autograder.judge import references
from tests.lab import browser


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
