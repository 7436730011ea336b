"""Hints: one more each time, remembered, and never in the way."""

import os

import pytest

from tests import chapter
from tests.shell import at_a_notebook


@pytest.fixture
def folder(tmp_path):
    chapter.write(tmp_path)
    return tmp_path


def asked(folder, *calls):
    with at_a_notebook(folder) as student:
        return [student.run(call).text for call in calls]


def test_each_call_gives_one_more_hint(folder):
    texts = asked(folder, *['hint("conv")'] * 3)
    for i, (text, known) in enumerate(zip(texts, chapter.HINTS, strict=True), 1):
        assert f"Hint {i} of 3" in text and known in text
    assert "Two more" in texts[0] and "last hint" in texts[2]


def test_a_new_kernel_goes_on_where_the_last_one_was(folder):
    asked(folder, 'hint("conv")')
    assert "Hint 2 of 3" in asked(folder, 'hint("conv")')[0]


def test_after_the_last_hint_it_says_so_and_what_next(folder):
    text = asked(folder, *['hint("conv")'] * 4)[3]
    assert "You have seen all three hints" in text
    assert all(known in text for known in chapter.HINTS)
    assert "What next?" in text and "`out_size`" in text


def test_a_name_with_a_slip_is_answered_with_names_close_to_it(folder):
    assert 'Did you mean hint("conv")' in asked(folder, 'hint("covn")')[0]


def test_a_name_far_from_all_lists_them(folder):
    text = asked(folder, 'hint("zzz")')[0]
    assert all(name in text for name in chapter.EXERCISES)


@pytest.mark.parametrize("call", ["hint(print)", "hint(3)", 'hint("")', 'hint("<b>")', "hint([])"])
def test_anything_else_is_answered_too(folder, call):
    assert "exercise" in asked(folder, call)[0]


def test_a_function_or_a_checks_name_will_do(folder):
    texts = asked(folder, "def conv(): pass\nhint(conv)", 'hint("conv/stride 1")')
    assert "Hint 1 of 3" in texts[0] and "Hint 2 of 3" in texts[1]


def test_without_a_name_it_lists_what_was_asked_for(folder):
    assert 'hint("conv"): 1 of 3' in asked(folder, 'hint("conv")', "hint()")[1]


def test_the_failed_checks_card_names_the_next_hint(folder):
    wrong = 'check("out_size/small", 4)'
    texts = asked(folder, wrong, 'hint("out_size")', wrong)
    assert "gives the first of three hints" in texts[0]
    assert "gives the second of three hints" in texts[2]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"version": 1}',
        b'{"version": 1, "hints": {"conv": "x"}}',
        b'{"version": 1, "hints": {"conv": -3}, "checks": 7}',
    ],
)
def test_a_damaged_memory_is_no_harm(folder, content):
    (folder / ".autograder").mkdir()
    (folder / ".autograder" / f"{chapter.NAME}.json").write_bytes(content)
    texts = asked(folder, 'hint("conv")', 'hint("conv")', "progress()")
    assert "Hint 1 of 3" in texts[0] and "Hint 2 of 3" in texts[1]
    assert "of 4 exercises" in texts[2]


def test_where_nothing_can_be_written_the_kernel_remembers(folder):
    (folder / ".autograder").write_text("a file where the folder should be")
    texts = asked(folder, 'hint("conv")', 'hint("conv")', 'check("out_size/small", 3)\nprogress()')
    assert "Hint 2 of 3" in texts[1]
    assert "1 of 4 exercises" in texts[2]


def test_the_memory_is_written_whole_and_leaves_nothing_behind(folder):
    asked(folder, 'hint("conv")', 'check("out_size/small", 3)')
    assert os.listdir(folder / ".autograder") == [f"{chapter.NAME}.json"]


def test_without_a_reference_file_it_says_where_to_look(tmp_path):
    assert "folder that it came in" in asked(tmp_path, 'hint("conv")')[0]


def test_a_damaged_reference_file_is_named(folder):
    (folder / f"{chapter.NAME}.references").write_bytes(b"nothing")
    for text in asked(folder, 'hint("conv")', "progress()"):
        assert f"{chapter.NAME}.references cannot be read" in text
