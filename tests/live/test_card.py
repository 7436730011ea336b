"""The card of a verdict: what it compares, what it draws, and that it shows no more than it may."""

import base64
import html.parser
import io
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn, tensor

from autograder.checks.check import observe
from autograder.evidence import ATOL, RTOL
from autograder.judge.verdicts import judge
from autograder.live import card
from autograder.live import tensor_picture as grid
from autograder.live.card import Said, draw
from autograder.live.style import rich


def record(answer, name="conv/a"):
    given = answer if callable(answer) and not isinstance(answer, nn.Module) else lambda: answer
    return observe(name, given, (), {}, rtol=RTOL, atol=ATOL, forbid=())


def drawn(actual, expected, said=None):
    mine, want = record(actual)[0], record(expected)[0]
    return draw(judge(mine, want), mine, want, said or Said())


class Page(html.parser.HTMLParser):
    """The tags of some HTML, its text, and the attributes of its pictures."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.images = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data):
        if self.tags[-1:] != ["style"] or "{" not in data:
            self.text.append(data)


def pixels(image):
    data = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)))


def test_shape_and_dtype_stand_beside_each_other():
    text = drawn(torch.zeros(3, 3, dtype=torch.int64), torch.zeros(2, 2)).text
    assert re.search(r"shape +\(3, 3\) +\(2, 2\) +≠", text)
    assert re.search(r"dtype +int64 +float32 +≠", text)


def test_what_is_right_already_is_acknowledged():
    text = drawn(tensor([1.0, 2.0]), tensor([1.0, 3.0])).text
    assert "Right already: shape (2,), dtype float32." in text


def test_yours_expected_and_difference_are_drawn_in_numbers():
    card_ = drawn(tensor([[1.0, 2.0], [3.0, 4.5]]), tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert "1     2    1  2        =     =" in card_.text
    assert "3  4.5*    3  4        =  +0.5" in card_.text
    assert card_.html.count("<caption>") == 3
    assert card_.html.count('class="ag-first"') == 3


def test_integers_are_subtracted_exactly():
    big = 2**60
    assert "+1" in drawn(tensor([big + 1, 5]), tensor([big, 5])).text


def test_values_that_are_no_numbers_are_drawn():
    text = drawn(tensor([float("nan"), 1.0]), tensor([0.0, float("inf")])).text
    assert "nan*" in text and "inf" in text and "≠" in text


def test_booleans_are_drawn():
    assert "True*" in drawn(tensor([True, False]), tensor([False, False])).text


def test_shapes_that_differ_are_drawn_without_a_difference():
    page = drawn(torch.ones(2, 3), torch.ones(3, 2))
    assert page.html.count("<caption>") == 2
    assert "difference" not in page.text


def test_a_picture_is_drawn_in_pixels_with_words_for_it():
    expected = torch.arange(400.0).reshape(20, 20)
    page = Page(drawn(expected + (expected == 45), expected).html)
    assert [image["alt"].split(":")[0] for image in page.images] == [
        "yours",
        "expected",
        "difference",
    ]
    assert "1 of 400 values differ, by at most 1" in page.images[2]["alt"]
    difference = pixels(page.images[2])
    assert difference.shape == (20, 20, 3)
    coloured = np.argwhere((difference != 255).any(axis=2))
    assert coloured.tolist() == [[2, 5]]


def test_too_high_is_blue_and_too_low_orange():
    expected = torch.zeros(20, 20)
    actual = expected.clone()
    actual[0, 0], actual[0, 1] = 1, -1
    difference = pixels(Page(drawn(actual, expected).html).images[2])
    assert tuple(difference[0, 0]) == grid.BLUE
    assert tuple(difference[0, 1]) == grid.ORANGE


def test_of_many_axes_the_slice_with_the_first_difference_is_drawn():
    expected = torch.zeros(2, 3, 4, 4)
    actual = expected.clone()
    actual[1, 2, 3, 0] = 7
    text = drawn(actual, expected).text
    assert "yours [1, 2]" in text and "7*" in text


def test_of_a_long_row_the_surroundings_of_the_difference_are_drawn():
    actual, expected = torch.zeros(1000), torch.zeros(1000)
    actual[700] = 1
    text = drawn(actual, expected).text
    assert "elements 695–704" in text and "1*" in text


def test_a_huge_picture_is_cut_around_the_difference():
    actual, expected = torch.zeros(500, 500), torch.zeros(500, 500)
    actual[400, 30] = 1
    page = drawn(actual, expected)
    assert "rows 368–431, columns 0–63" in page.text
    assert len(page.html) < 20_000


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (torch.zeros(0, 3), torch.ones(2, 3)),
        (torch.zeros(0), torch.zeros(0, 1)),
        (tensor(1.0), tensor(2.0)),
        (torch.zeros(2, dtype=torch.complex64), torch.ones(2, dtype=torch.complex64)),
        (None, torch.zeros(2)),
        ("text", 3),
        ([1, [2, 3]], [1, [2, 4]]),
        ({"a": 1}, {"b": 1}),
        ({}, {"b": torch.zeros(2)}),
        (list(range(3000)), list(range(1, 3001))),
        (torch.full((3, 3), float("nan")), torch.zeros(3, 3)),
        (torch.full((30, 30), float("nan")), torch.full((30, 30), float("inf"))),
        (torch.zeros(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.bfloat16)),
        (torch.zeros(1, 1, 1, 1, 1, 2), torch.ones(1, 1, 1, 1, 1, 2)),
        (np.zeros((2, 2)), torch.zeros(2, 2)),
        (object(), 1),
    ],
)
def test_whatever_differs_has_a_card(actual, expected):
    message = drawn(actual, expected)
    assert message.text.startswith("✗ conv/a: not passed yet\n")
    assert len(message.text.splitlines()) > 1
    assert "conv/a" in "".join(Page(message.html).text)


def arrays():
    shapes = st.lists(st.integers(0, 12), max_size=4)
    numbers = st.one_of(st.floats(width=32), st.integers(-(2**31), 2**31 - 1), st.booleans())
    return st.builds(lambda shape, number: torch.full(shape, number), shapes, numbers)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), arrays()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(values, values)
def test_any_two_values_can_be_set_side_by_side(actual, expected):
    mine, want = record(actual)[0], record(expected)[0]
    verdict = judge(mine, want)
    if not verdict.passed:
        message = draw(verdict, mine, want, Said())
        assert verdict.finding is not None
        Page(message.html)
        assert "\x1b" not in message.text


def test_parts_of_an_answer_get_a_row_each():
    expected = {"output": torch.zeros(2), "gradients": [torch.zeros(3), torch.zeros(1)]}
    actual = {"output": torch.zeros(2), "gradients": [torch.zeros(3), None]}
    text = drawn(actual, expected).text
    assert re.search(r"output +float32 \(2,\) +float32 \(2,\) +=", text)
    assert re.search(r"gradients, the 2nd of 2 +None +float32 \(1,\) +≠", text)


def test_of_many_parts_only_those_that_differ_are_listed():
    actual, expected = list(range(50)), list(range(50))
    actual[30] = 7
    text = drawn(actual, expected).text
    assert re.search(r"the 31st of 50 +7 +30 +≠", text)
    assert "… and 49 more" in text


def test_parameter_names_and_shapes_are_compared():
    text = drawn(nn.Linear(3, 4, bias=False), nn.Linear(3, 2)).text
    assert re.search(r"weight +float32 \(4, 3\) +float32 \(2, 3\) +≠", text)
    assert re.search(r"bias +— +float32 \(2,\) +≠", text)


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>`</code><b>"


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (HOSTILE, "fine"),
        ({HOSTILE: 1, "'": 2}, {"a": 1}),
        ({"a": HOSTILE}, {"a": "b"}),
        ([HOSTILE, "x"], ["y", "x"]),
        (type(HOSTILE, (), {})(), 3),
        (lambda: (_ for _ in ()).throw(ValueError(HOSTILE)), 3),
        (lambda: (_ for _ in ()).throw(type(HOSTILE, (Exception,), {})()), 3),
    ],
)
def test_nothing_of_the_students_becomes_html(actual, expected):
    said = Said(call=HOSTILE, message="known", advice='`hint("conv")`')
    page = Page(drawn(actual, expected, said).html)
    assert not {"script", "img", "iframe", "svg"} & set(page.tags)
    assert page.tags.count("b") <= 1


def test_control_characters_do_not_reach_the_terminal():
    message = drawn("\x1b[31mred\x07\u202e", "fine")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", message.text + message.html)


def test_an_exceptions_message_is_kept_short():
    def answer():
        raise RuntimeError(
            "mat1 and mat2\nException raised from addmm at /build/x.cpp:1\n" + "#" * 9999
        )

    text = drawn(answer, 3).text
    assert "mat1 and mat2" in text and "Exception raised" not in text


def test_a_card_is_the_same_on_every_run():
    cards = [drawn(torch.zeros(30, 30), torch.ones(30, 30)) for _ in range(2)]
    assert cards[0] == cards[1]


def test_a_card_is_readable_on_any_theme():
    page = drawn(torch.zeros(2), torch.ones(2)).html
    assert "var(--jp-content-font-color1" in page
    for box in re.findall(r"<td[^>]*background-color[^>]*>", page):
        assert f"color:{grid.INK}" in box  # a box with its own ground has its own ink


def test_the_line_of_a_verdict_names_its_state():
    mine, want = record(1)[0], record(1)[0]
    assert card.line(judge(mine, want)) == "✓ conv/a"
    assert card.line(judge(None, want)) == "○ conv/a: not answered yet"


def test_ink_stays_readable_on_every_box():
    values = np.linspace(-1, 1, 101)[None]
    ground = 255 - (255 - grid.shades(values, 1.0).astype(float)) * grid._THIN
    ink = np.array([int(grid.INK[i : i + 2], 16) for i in (1, 3, 5)], float)

    def luminance(colours):
        share = colours / 255
        linear = np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return linear @ np.array([0.2126, 0.7152, 0.0722])

    contrast = (luminance(ground) + 0.05) / (luminance(ink) + 0.05)
    assert contrast.min() >= 4.5  # WCAG 2.2, 1.4.3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what it *has*", "what it <em>has</em>"),
        ("**no** `a * b * c`", "<b>no</b> <code>a * b * c</code>"),
        ("2 * 3 * 4 and a*b*c", "2 * 3 * 4 and a*b*c"),
        ("one ` only", "one ` only"),
        ("`<b>` *<i>*", "<code>&lt;b&gt;</code> <em>&lt;i&gt;</em>"),
    ],
)
def test_code_and_stress_are_marked_as_in_markdown(text, expected):
    assert rich(text) == expected
