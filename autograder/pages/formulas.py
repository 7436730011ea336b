"""Formulas of an author's sentences as MathML, which browsers draw without a script or a network.

Only what the course says goes through here; a student's ``$`` stays one.
"""

from __future__ import annotations

import functools
import html
import re

#: In the HTML of a sentence: code, which is passed over, or a formula. As in Pandoc's Markdown a
#: formula touches its dollars, and no digit follows: "$5 and $6" is none.
_FORMULA = re.compile(
    r"<code>.*?</code>|\$\$(?P<block>[^$<]+)\$\$"
    r"|(?<![\w$\\])\$(?!\s)(?P<line>[^$<\n]+)(?<![\s\\])\$(?![\w$])",
    re.DOTALL,
)
_MAIN = re.compile(r'(?<=<p class="ag-main">).*?(?=</p>)', re.DOTALL)
_TAG = re.compile(r"<[^>]*>?")
#: What the library writes of a formula that holds nothing but mathematics.
_HARMLESS = re.compile(
    r"</?(?:math|mrow|m[ions]|mtext|mspace|mstyle|m(?:sub|sup|subsup|under|over|underover)"
    r"|mfrac|msqrt|mroot|mtable|mtr|mtd|mpadded|mphantom|menclose)"
    r'(?:\s(?!href|on|style|src)[a-z]+="[^"<>]*")*\s*/?>'
)


def typeset(sentence: str) -> str:
    """HTML of a sentence, its ``$formulas$`` drawn; one that cannot be read stays as it is."""
    return _FORMULA.sub(_drawn, sentence) if "$" in sentence else sentence


def typeset_message(card: str) -> str:
    """HTML of a card, with the formulas of its main sentence drawn."""
    return _MAIN.sub(lambda found: typeset(found[0]), card) if "$" in card else card


def _drawn(found: re.Match[str]) -> str:
    formula = found["block"] or found["line"]
    if formula is None:
        return found[0]
    return _mathml(html.unescape(formula), found["block"] is not None) or found[0]


@functools.lru_cache(maxsize=1000)
def _mathml(formula: str, block: bool) -> str:
    from latex2mathml.converter import convert

    try:
        drawn = str(convert(formula, display="block" if block else "inline"))
    except Exception:  # it raises a dozen kinds, and none says more than that it cannot read it
        return ""
    # The library does not escape what stands in \text{…}.
    return drawn if all(_HARMLESS.fullmatch(tag) for tag in _TAG.findall(drawn)) else ""
