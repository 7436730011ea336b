"""A wrong answer that is written into a file of answers is read back as it was, or refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.answers import Answer, add_wrong, domains, load
from autograder.errors import AutograderError

FILE = """# Known answers. What stands here is nobody's.

# %% double right: twice
def double(x):
    return x + x

# %% double wrong: once
# message: You return `x` as it came.
def double(x):
    return x


# %% triple right: three times
def triple(x):
    return x + x + x

# %% double domain
def domain(answer, draw):
    return answer(draw.integer(0, 3))
"""
SQUARE = "def double(x):\n    # as in class\n    return x * x\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "01_small.answers.py"
    path.write_text(FILE)
    return path


def test_it_stands_behind_the_other_answers_to_its_exercise(file: Path) -> None:
    line = add_wrong(file, "double", "squared", "Is *2* what you\n  multiply by?", SQUARE)
    lines = file.read_text().split("\n")
    assert lines[line - 1] == "# %% double wrong: squared"
    assert lines[line] == "# message: Is *2* what you multiply by?"
    assert [(a.exercise, a.name) for a in load(file)] == [
        ("double", "twice"),
        ("double", "once"),
        ("double", "squared"),
        ("triple", "three times"),
    ]
    new = Answer("double", False, "squared", "Is *2* what you multiply by?", SQUARE)
    assert load(file)[2] == new
    assert domains(file) and file.read_text().startswith(FILE[:40])


def test_a_chapter_without_a_file_of_answers_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "notebooks" / "01_small.answers.py"
    assert add_wrong(path, "double", "squared", "Why?", SQUARE) == 1
    (only,) = load(path)
    assert only.source == SQUARE


def test_a_comment_that_looks_like_more_of_the_message_stays_code(file: Path) -> None:
    code = "#    my answer\n" + SQUARE
    add_wrong(file, "double", "squared", "Why?", code)
    assert [a.source for a in load(file) if a.name == "squared"] == [code]


@pytest.mark.parametrize(
    ("name", "message", "code", "said"),
    [
        ("once", "Why?", SQUARE, "already, in line 7"),
        ("twice", "Why?", SQUARE, "already, in line 3"),
        ("", "Why?", SQUARE, "is empty"),
        ("squared", " ", SQUARE, "is empty"),
        ("squared", "Why?", "", "is empty"),
        ("two\nlines", "Why?", SQUARE, "U+000A"),
        ("squared", "Why?", "def double(x:\n    return x", "not Python"),
        ("squared", "Why?", SQUARE + "# %% triple right: mine\n", "without lines"),
        ("squared", "Why?", 'def double(x):\n    """\n#%%\n"""', "without lines"),
        ("squared", "%% " + 60 * "long " + "%% " * 60, SQUARE, "without lines"),
        ("squared", "Why?", SQUARE + "# \u202e return 2 * x", "U+202E"),
        ("squared", "Why?", SQUARE + "\x0c# 2", "U+000C"),
        ("squared", "Why?", SQUARE + "# \ud800", "U+D800"),
        ("squared", "Why?", SQUARE + "# \x1b[2J", "U+001B"),
        ("squared", "Why?", "(" * 3000 + ")" * 3000, "not Python"),
    ],
)
def test_what_would_be_read_otherwise_is_refused_in_a_sentence(
    file: Path, name: str, message: str, code: str, said: str
) -> None:
    with pytest.raises(AutograderError) as refused:
        add_wrong(file, "double", name, message, code)
    assert said in str(refused.value) and "\n" not in str(refused.value)
    assert file.read_text() == FILE


TEXT = st.text(st.sampled_from("ab #%:\n\t'\"\\(){}=\u2028\r\u202eé"), max_size=40)


@given(name=TEXT, message=TEXT, comment=TEXT)
def test_anything_is_refused_or_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, name: str, message: str, comment: str
) -> None:
    path = tmp_path_factory.mktemp("answers") / "01_small.answers.py"
    path.write_text(FILE)
    before = load(path)
    code = f"def double(x):\n    return x * x\n{comment}\n"
    try:
        add_wrong(path, "double", name, message, code)
    except AutograderError:
        assert path.read_text() == FILE
        return
    code = code.replace("\r\n", "\n").strip() + "\n"
    new = Answer("double", False, name.strip(), " ".join(message.split()), code)
    assert load(path) == [*before[:2], new, *before[2:]]
    assert domains(path) == {"double": FILE.split("domain\n")[1].strip("\n")}
