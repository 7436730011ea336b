"""Each chapter's pictures as one sheet among the test's artefacts, on light, dark and grey."""

import base64
import io
import os
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from tests.reading import COURSE, lessons

MARGIN = 24
WIDTH = 900  #: pixels of a picture on the sheet
GROUNDS = {"light": "#ffffff", "dark": "#111111"}


@pytest.fixture
def sheets(tmp_path):
    """Where the sheets go: below AUTOGRADER_SCREENSHOTS, if that is set."""
    folder = os.environ.get("AUTOGRADER_SCREENSHOTS")
    made = Path(folder) / "chapters" if folder else tmp_path
    made.mkdir(parents=True, exist_ok=True)
    return made


def pictures(name):
    """A chapter's pictures as its executed notebook has them."""
    notebook = nbformat.read(COURSE / "notebooks" / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                yield Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))


def sheet(images, ground):
    """All of them below each other on one ground."""
    height = sum(image.height + MARGIN for image in images) + MARGIN
    made = Image.new("RGB", (WIDTH + 2 * MARGIN, height), ground)
    top = MARGIN
    for image in images:
        made.paste(image, (MARGIN, top))
        top += image.height + MARGIN
    return made


@pytest.mark.parametrize("name", [path.stem for path in lessons()])
def test_a_chapters_pictures_lie_on_their_own_paper(name, sheets):
    """A picture without a ground of its own would vanish on one of the themes."""
    found = []
    for image in pictures(name):
        corners = [
            image.convert("RGBA").getpixel((x, y))
            for x in (0, image.width - 1)
            for y in (0, image.height - 1)
        ]
        assert all(corner[3] == 255 for corner in corners)
        small = image.convert("RGB")
        small.thumbnail((WIDTH, 10_000))
        found.append(small)
    assert len(found) >= 4
    for title, ground in GROUNDS.items():
        sheet(found, ground).save(sheets / f"{name}-{title}.png")
    sheet([image.convert("L").convert("RGB") for image in found], "#ffffff").save(
        sheets / f"{name}-grey.png"
    )
