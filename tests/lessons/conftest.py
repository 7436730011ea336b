"""What the pins of a chapter are read from; a module's NAME says which chapter it pins."""

import builtins
from pathlib import Path

import nbformat
import pytest

from autograder.judge.references import References, load


@pytest.fixture(scope="module")
def cells(request: pytest.FixtureRequest, course: Path) -> list[nbformat.NotebookNode]:
    """The cells of the chapter's executed notebook."""
    return nbformat.read(course / "notebooks" / f"{request.module.NAME}.ipynb", as_version=4).cells


@pytest.fixture(scope="module")
def references(request: pytest.FixtureRequest, course: Path) -> References:
    """What the chapter's solution recorded with seed 0."""
    return load(course / "notebooks" / f"{request.module.NAME}.references")


@pytest.fixture
def no_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where ipywidgets is not installed."""
    real = builtins.__import__

    def imported(name, *rest, **more):
        if name == "ipywidgets":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", imported)
