"""Formulas are drawn without a network, and nothing else becomes one."""

import pytest

from autograder.live.style import rich
from autograder.pages.formulas import typeset, typeset_message


def test_a_formula_becomes_mathml_and_the_sentence_stays():
    shown = typeset(rich("What stands before $W_2(W_1 x + b_1)$? *Write* `$x$`, $a < b$."))
    assert shown.count("<math") == 2 and "<msub><mi>W</mi><mn>2</mn></msub>" in shown
    assert "<code>$x$</code>" in shown and "<em>Write</em>" in shown
    assert "$" not in shown.replace("<code>$x$</code>", "")


def test_a_formula_of_its_own_line_is_a_block():
    assert 'display="block"' in typeset(rich(r"$$\frac{n - k}{\text{stride}} + 1$$"))


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        "US$ and $ alone",
        r"an unfinished $\frac{$ formula",
        r"$\text{<script>alert(1)</script>}$",
        r"$\href{javascript:alert(1)}{x}$",
        "$PATH is a name, $HOME too",
    ],
)
def test_what_is_no_formula_stays_as_it_is(text: str):
    assert typeset(rich(text)) == rich(text)


def test_only_the_message_of_a_card_is_the_authors():
    card = '<p class="ag-main">Is $k$ turned?</p><pre>print("$k$")</pre>'
    shown = typeset_message(card)
    assert shown.count("<math") == 1 and shown.endswith('<pre>print("$k$")</pre>')
