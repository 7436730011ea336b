"""Statuses are data, sentences are for people: no code goes by an English sentence."""

import ast
import re
from pathlib import Path

import pytest

import autograder

PACKAGE = Path(autograder.__file__).parent
SEARCHES = {"startswith", "endswith", "find", "index", "count", "match", "search", "fullmatch"}
SENTENCE = re.compile(r"[A-Za-z']{2,} [a-z']{2,}")

#: what other programs say and give no code for: CPython where threads run out or a name is missing,
#: Sakai in its archives
FOREIGN = {
    ("kernel/child.py", "can't start new thread"),
    ("grading/one_answer.py", "' is not defined"),
    ("intake/platforms.py", "feedback attachment(s)"),
}


def constants(node: ast.AST) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def compared(tree: ast.AST) -> list[str]:
    """Every text that a comparison, a search in a string or a ``match`` goes by."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            found += [
                text
                for side in sides
                if not isinstance(side, ast.Call | ast.JoinedStr)
                for text in constants(side)
            ]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in SEARCHES:
                found += [text for argument in node.args for text in constants(argument)]
        elif isinstance(node, ast.MatchValue):
            found += constants(node)
    return found


def sentences(tree: ast.AST) -> list[str]:
    return [text for text in compared(tree) if SENTENCE.search(text)]


def test_no_code_compares_a_sentence() -> None:
    found = {
        (path.relative_to(PACKAGE).as_posix(), text)
        for path in sorted(PACKAGE.rglob("*.py"))
        for text in sentences(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == FOREIGN


@pytest.mark.parametrize(
    "code",
    [
        'reason == "Not answered yet."',
        'all(c["reason"] != "Not answered yet." for c in checks)',
        'reason in ("Not answered yet.", "Not reached.")',
        '"not answered yet" in error',
        'sentence.startswith("Your code raised")',
        're.match("Your code raised", sentence)',
        'match reason:\n    case "Not answered yet.":\n        pass',
    ],
)
def test_a_compared_sentence_would_be_found(code: str) -> None:
    assert sentences(ast.parse(code))


def test_a_status_is_no_sentence() -> None:
    assert not sentences(ast.parse('status == "not_answered" or "### BEGIN" in source'))
