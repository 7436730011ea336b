"""What the pages name is there: files, links, commands, targets."""

import re

import pytest

from tests.conftest import COURSE
from tests.project.names import commands, project, targets

PAGES = sorted([*COURSE.glob("*.md"), *COURSE.glob("docs/*.md")])
WRITTEN = [page for page in PAGES if page.name != "BENCHMARKS.md"]  # that one a program writes
SOMETIMES = {"dist/", "student/", "submitted/", ".autograder/"}  # what working with it makes
PLACEHOLDER = re.compile(r"NN_name|<\w+>|\*|01_center")

pages = pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)


def text(page):
    return page.read_text(encoding="utf-8")


@pages
def test_every_link_within_the_repository_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", text(page)):
        assert (page.parent / target).exists(), target


@pages
def test_every_file_that_a_page_names_is_there(page):
    for name in re.findall(r"`([\w./*<>-]+(?:\.\w+|/))`", text(page)):
        is_path = "/" in name or re.search(r"\.(py|toml|yml|md|cfg|txt)$", name)
        if (
            not is_path
            or name in SOMETIMES
            or PLACEHOLDER.search(name)
            or page.name == "CHANGELOG.md"
        ):
            continue
        assert any((folder / name).exists() for folder in (COURSE, COURSE / "autograder")), name


@pages
def test_every_command_that_a_page_names_exists(page):
    for name in re.findall(r"(?:^|`)autograder ([a-z][\w-]*)", text(page), re.MULTILINE):
        assert name in commands(), name


@pages
def test_every_target_that_a_page_names_exists(page):
    for name in re.findall(r"(?:^|`)make ([a-z][\w-]*)", text(page), re.MULTILINE):
        assert name in targets(), name


def test_the_map_covers_every_room_of_the_engine():
    readme = text(COURSE / "README.md")
    start = readme.index("## What do you want to change?")
    named = set(re.findall(r"`autograder/(\w+)/", readme[start : readme.index("## Licence")]))
    rooms = {path.parent.name for path in (COURSE / "autograder").glob("*/__init__.py")}
    assert rooms - named == {"evidence", "kernel"}, "ordinary changes do not lead there"


def test_the_architecture_names_every_room_and_no_other():
    page = text(COURSE / "docs" / "architecture.md")
    table = page[page.index("## Rooms") : page.index("Beside the rooms")]
    rooms = {path.parent.name for path in (COURSE / "autograder").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == rooms


def test_the_threat_model_names_every_layer_that_the_doctor_does():
    from autograder.sandbox.isolate import LAYERS

    page = text(COURSE / "docs" / "security.md").lower()
    for layer in LAYERS:
        assert f"| {layer.replace('_', ' ')} |" in page, layer


def test_both_licences_are_there_and_said():
    assert text(COURSE / "LICENSE").startswith("BSD 3-Clause License")
    assert "Attribution 4.0 International" in text(COURSE / "LICENSE-CC-BY-4.0")
    assert {"(LICENSE)", "(LICENSE-CC-BY-4.0)"} <= set(
        re.findall(r"\([\w.-]+\)", text(COURSE / "README.md"))
    )


def test_the_changelog_knows_the_version():
    released = re.findall(
        r"^## \[(\d\S+)\] - \d{4}-\d\d-\d\d$", text(COURSE / "CHANGELOG.md"), re.M
    )
    assert released[0] == project()["version"]
    headings = re.findall(r"^### (\w+)$", text(COURSE / "CHANGELOG.md"), re.MULTILINE)
    assert set(headings) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
