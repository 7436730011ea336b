"""Pages on paper: by a real browser, in which nothing of a page runs or reaches out."""

import socket
import subprocess
import sys

import pytest

from autograder.errors import AutograderError
from autograder.pages.feedback import Page, render, together
from autograder.pages.printing import BROWSERS, NAMED, find_browser
from tests.lab.browser import chromium

PRINT = """
import sys
from autograder.pages.printing import printer
with printer() as print_:
    for document in sys.stdin.read().split("\\0"):
        sys.stdout.buffer.write(print_(document) + b"\\0next\\0")
"""


def small_page(assignment: str) -> str:
    return render(Page(assignment, "ada", "Ada Roe", 3, 4, None, 0, 0, ("A note.",), ()))


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
def test_a_student_gets_one_document_and_nothing_in_it_runs_or_is_loaded() -> None:
    pytest.importorskip("playwright")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        hostile = (
            f"<body><img src={address}><link rel=stylesheet href={address}><iframe src={address}>"
            "</iframe><iframe src=file:///etc/passwd></iframe>"
            f"<script>fetch('{address}'); document.title = 'it ran'</script></body>"
        )
        two = together([small_page("01_one"), small_page("02_two")])
        done = subprocess.run(
            [sys.executable, "-c", PRINT], input=f"{two}\0{hostile}".encode(), capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        with pytest.raises(BlockingIOError):
            listener.accept()
    pages, other, _ = done.stdout.split(b"\0next\0")
    assert pages.startswith(b"%PDF") and pages.count(b"/Type /Page\n") == 2
    assert other.startswith(b"%PDF") and b"it ran" not in other


def test_pages_put_together_are_one_document() -> None:
    text = together([small_page("01_one"), small_page("02_two")])
    assert text.count("<body>") == text.count("</html>") == text.count("<style>") == 1
    assert text.count('<div class="chapter">') == 2
    assert "<h1>01_one</h1>" in text and "<h1>02_two</h1>" in text


def test_without_a_browser_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(NAMED, raising=False)
    with pytest.raises(AutograderError, match=f"none on PATH: install one .*{NAMED}"):
        find_browser()
    monkeypatch.setenv(NAMED, "/opt/browser")
    assert find_browser() == "/opt/browser" and "chromium" in BROWSERS
