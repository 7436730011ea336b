"""What a chapter says of itself: minutes, numbers, hidden checks, alternative texts, showings."""

import importlib
import re
from pathlib import Path

import nbformat
import pytest

from autograder.course.lesson import read
from tests.reading import COURSE, MOST_CORE_MINUTES, TIME, lessons, takes
from tests.showings import first_showings

MOST_LINES = 16  #: of a cell that students read
NAMES = [path.stem for path in lessons()]

_PROSE_NOISE = re.compile(
    r"```.*?```|`[^`]*`|\[[^]]*\]\([^)]*\)|^#.*$|\(\d+(?:\.\d+)? points?\)|"
    r"\b[Ee]xercises? \d\.\d+(?:(?:,| and| to) \d\.\d+)*",
    re.DOTALL | re.MULTILINE,
)
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?![\w])")
_YEAR = re.compile(r"(?:19|20)\d\d")


@pytest.fixture(scope="module")
def lesson(request):
    return read(COURSE / "notebooks" / f"{request.param}.py")


@pytest.fixture(scope="module")
def executed(request):
    return nbformat.read(COURSE / "notebooks" / f"{request.param}.ipynb", as_version=4)


each_lesson = pytest.mark.parametrize("lesson", NAMES, indirect=True)
each_executed = pytest.mark.parametrize("executed", NAMES, indirect=True)


@each_lesson
def test_the_first_page_says_what_the_chapter_takes(lesson):
    found, first = takes(lesson), lesson.assignment.notebook.cells[0].source
    said = TIME.search(first)
    assert said, f"{lesson.name}: **Time.** Reading takes about … ({found})"
    claimed = {key: int(value) for key, value in said.groupdict().items()}
    assert abs(claimed["reading"] - sum(found.reading)) <= 2, found
    assert claimed["exercises"] == sum(found.exercises), found
    assert abs(claimed["core"] - found.core) <= 2, found
    assert abs(claimed["further"] - found.further) <= 2, found
    assert found.core <= MOST_CORE_MINUTES


@each_lesson
def test_the_first_page_says_what_hidden_checks_are(lesson):
    first = lesson.assignment.notebook.cells[0].source
    assert "hidden checks" in first and "points" in first


@each_lesson
def test_no_cell_is_long(lesson):
    for cell in lesson.assignment.notebook.cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
            lines = [line for line in cell.source.splitlines() if line.strip()]
            text = "\n".join(lines)
            length = len(lines) - text.count("### ")
            is_solution = cell.metadata.get("nbgrader", {}).get("solution")
            assert is_solution or length <= MOST_LINES, cell.source


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_uses_nothing_that_was_not_shown_before_it(name):
    _, missing = first_showings()
    assert [found for found in missing if found.chapter == name] == []


@each_executed
def test_every_picture_has_its_words_in_the_file(executed):
    for cell in executed.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert len(alt) > 30, cell.source


@each_executed
def test_every_number_in_the_text_is_one_of_its_cells(executed, request):
    name = request.node.callspec.params["executed"]
    pins = importlib.import_module(f"tests.lessons.test_{name}")
    computed = getattr(pins, "COMPUTED", {})
    known = _numbers_of_cells(executed)
    for token, expression in computed.items():
        parts = [float(n.replace(",", "")) for n in _NUMBER.findall(expression)]
        assert all(_is_small(p) or _is_known(p, 4, known) for p in parts), (token, expression)
        value = eval(expression.replace(",", ""), {"__builtins__": {"round": round}})
        assert _rounds_to(value, token), (token, value)
    strange = [
        (token, line)
        for cell in executed.cells
        if cell.cell_type == "markdown"
        for line in _PROSE_NOISE.sub(" ", cell.source).splitlines()
        for token in _NUMBER.findall(line)
        if _counts(token) and token not in computed
        and not any(_rounds_to(number, token) for number in known)
    ]  # fmt: skip
    assert strange == []


def _counts(token: str) -> bool:
    """Whether it is a finding: three digits and more, or decimals. Years are not."""
    digits = re.sub(r"\D", "", token).strip("0")
    is_long = len(re.sub(r"\D", "", token)) >= 3 and len(digits) >= 2
    return ("." in token or is_long) and not _YEAR.fullmatch(token)


def _numbers_of_cells(notebook) -> set[float]:
    """Every number that stands in code or was printed, in pictures' words too; and in per cent."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            texts += re.findall(r"```.*?```", cell.source, re.DOTALL)
            continue
        texts.append(cell.source)
        for output in cell.get("outputs", ()):
            texts.append(output.get("text", ""))
            texts.append(output.get("data", {}).get("text/plain", ""))
            texts.append(output.get("metadata", {}).get("image/png", {}).get("alt", ""))
    found = {
        float(token.replace(",", "").replace("_", ""))
        for text in texts
        for token in re.findall(r"\d[\d,_]*(?:\.\d+)?(?:e-?\d+)?", text)
    }
    return found | {100 * number for number in found if number <= 1}


def _is_small(number: float) -> bool:
    return number == int(number) and number < 100


def _is_known(number: float, digits: int, known: set[float]) -> bool:
    return any(round(other, digits) == round(number, digits) for other in known)


def _rounds_to(number: float, token: str) -> bool:
    """Whether a number is what a text says, to the digits that it gives."""
    said = float(token.replace(",", ""))
    decimals = len(token.partition(".")[2]) if "e" not in token else 10
    return abs(round(float(number), decimals) - said) < 1e-9 * max(1, abs(said))


def test_the_parts_of_this_test_tell_numbers_apart(tmp_path: Path):
    assert _counts("145,578") and _counts("0.36") and not _counts("32") and not _counts("100")
    assert _rounds_to(2.30259, "2.30") and not _rounds_to(2.309, "2.30")
