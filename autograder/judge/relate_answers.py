"""What single numbers, texts and lists of answers have to do with those that are expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from autograder.evidence import Node, number
from autograder.judge.relate_values import Numbers, elementwise, numbers
from autograder.judge.words import (
    capital,
    count,
    listed,
    ordinal,
    plain,
    quoted,
    short,
    uncapital,
    value_text,
)

PLAIN = ("none", "bool", "int", "float", "str")
_MOST_NUMBER = 2**53


def single(have: Node, want: Node, rtol: float, atol: float) -> str | None:
    """What one number has to do with the expected one."""
    mine, right = number(have), number(want)
    if want["kind"] == "int" and have["kind"] == "int":
        if abs(int(mine) - int(right)) != 1:
            return None
        return f"Your number is one too {'large' if mine > right else 'small'}."
    pair = _vector([mine], [right], rtol, atol)
    return elementwise(pair) if pair is not None and not pair.right.all() else None


def _vector(
    have: Sequence[float], want: Sequence[float], rtol: float, atol: float
) -> Numbers | None:
    if any(abs(n) > _MOST_NUMBER for n in (*have, *want) if n == n and abs(n) != float("inf")):
        return None
    whole = all(isinstance(n, int) for n in want)
    arrays = [np.array(side, np.float64) for side in (have, want)]
    expected = arrays[1].astype(np.int64) if whole else arrays[1]
    return numbers(arrays[0], expected, rtol, atol)


def text(have: str, want: str) -> str | None:
    """What one text has to do with the expected one."""
    if have.lower() == want.lower():
        return "Only capital and small letters differ."
    if "".join(have.split()) == "".join(want.split()):
        return "Only spaces and line ends differ."
    if sorted(have.split()) == sorted(want.split()) and len(want.split()) > 1:
        return "The words are those expected, in another order."
    mine, right = have.splitlines(), want.splitlines()
    if len(right) > 1:
        for i, line in enumerate(right):
            if i >= len(mine):
                return f"The {ordinal(i + 1)} line is missing: {short(repr(line.strip()), 80)}."
            if mine[i] != line:
                both = (short(repr(part.strip()), 80) for part in (mine[i], line))
                return "The {} line differs: {}, expected {}.".format(ordinal(i + 1), *both)
        return f"There {_are(len(mine) - len(right), 'line')} too many at the end."
    if have and want.startswith(have):
        return f"The end is missing: {short(repr(want[len(have) :]), 60)}."
    if want and have.startswith(want):
        return f"The end is too much: {short(repr(have[len(want) :]), 60)}."
    return None


def _are(n: int, one: str) -> str:
    return f"{'is' if n == 1 else 'are'} {count(n, one)}"


def answers(
    have: Sequence[Node], want: Sequence[Node], names: Sequence[str], rtol: float, atol: float
) -> str | None:
    """What a list of plain values has to do with the expected one.

    ``names`` are the keys of a dict; empty for a list.
    """
    pairs = list(zip(have, want, strict=True))
    if len(pairs) < 2:
        return None
    kinds = {node["kind"] for node in (*have, *want)}
    if kinds == {"bool"}:
        return _booleans([n["value"] for n in have], [n["value"] for n in want], names)
    if kinds <= {"int", "float"}:
        mine, right = ([number(n) for n in side] for side in (have, want))
        return _numbers(mine, right, names, rtol, atol)
    if kinds == {"str"}:
        texts = [n["value"] for n in have], [n["value"] for n in want]
        if sorted(texts[0]) == sorted(texts[1]) and not names:
            return _another_order(texts[0] == texts[1][::-1], len(want))
    return None


def _another_order(is_reversed: bool, n: int) -> str:
    if n == 2:
        return "The two are exchanged."
    return f"All of them are there, in {'reverse' if is_reversed else 'another'} order."


def _booleans(have: list[bool], want: list[bool], names: Sequence[str]) -> str | None:
    wrong = [i for i, pair in enumerate(zip(have, want, strict=True)) if pair[0] != pair[1]]
    n = len(want)
    if not wrong:
        return None
    if len(set(want)) == 1 and len(wrong) == n:
        return f"{'Both' if n == 2 else f'All {n}'} are {have[0]}; {want[0]} is expected."
    if len(set(have)) == 1 and len(set(want)) == 2:
        return (
            f"You have {have[0]} for all {n}; for {len(wrong)} of them {not have[0]} is expected."
        )
    if len(wrong) == n and len(set(want)) == 2 and n > 2:
        return "Each of your answers is the opposite of the expected one."
    if n < 3:
        return None
    right = _share(n - len(wrong), n)
    kinds = {want[i] for i in wrong}
    if len(kinds) == 1 and len(wrong) > 1:
        (kind,) = kinds
        every = sum(value == kind for value in want) == len(wrong)
        for_ = "all" if every else f"{len(wrong)}"
        said = f"{right}; you have {not kind} for {for_} of those where {kind} is expected"
    else:
        said = right
    return f"{said}{_which(wrong, names)}."


def _which(wrong: Sequence[int], names: Sequence[str]) -> str:
    if not names:
        return ""
    told = listed([quoted(names[i]) for i in wrong], 3)
    return f": wrong for {told}"


def _numbers(
    have: list[int | float],
    want: list[int | float],
    names: Sequence[str],
    rtol: float,
    atol: float,
) -> str | None:
    pair = _vector(have, want, rtol, atol)
    if pair is None or pair.right.all():
        return None
    n = len(want)
    if len(set(have)) == 1:
        if len(set(want)) > 1:
            return f"You have {value_text(have[0])} everywhere; other numbers are expected."
        return f"All {n} are {value_text(have[0])}; {value_text(want[0])} is expected."
    if not names and n < 1000 and pair.near(np.sort(pair.have), np.sort(pair.want)):
        return _another_order(pair.near(pair.have, pair.want[::-1]), n)
    said = elementwise(pair)
    if said:
        return said
    wrong = np.flatnonzero(~pair.right)
    k = len(wrong)
    gaps = (pair.have - pair.want)[wrong]
    which = _which(list(map(int, wrong)), names) if names else ""
    if k < n:
        right = _share(n - k, n)
        if (np.abs(gaps) == 1).all() and len(set(gaps)) == 1:
            more = "large" if gaps[0] > 0 else "small"
            others = "the other is" if k == 1 else f"the other {k} are"
            return f"{right}; {others} one too {more}{which}."
        part = elementwise(pair.at(wrong)) if k > 2 else None
        if part:
            return f"{right}; of the other {k}: {uncapital(part[:-1])}{which}."
        signs = {bool(gap > 0) for gap in gaps}
        if k > 2 and len(signs) == 1 and np.isfinite(gaps).all():
            more = "large" if signs.pop() else "small"
            return f"{right}; the other {k} are too {more}{which}."
        return f"{right}{which}." if n > 2 and 3 * (n - k) >= n else None
    if np.isfinite(gaps).all() and n > 3 and len({bool(gap > 0) for gap in gaps}) == 1:
        return f"All your numbers are too {'large' if gaps[0] > 0 else 'small'}."
    return None


def _share(k: int, n: int) -> str:
    return f"{k or 'none'} of {n} {'is' if k < 2 else 'are'} right".capitalize()


def more_or_fewer(have: Sequence[Node], want: Sequence[Node]) -> str | None:
    """Of lists of plain values that are not equally long: what is missing, what is too many."""
    if not all(node["kind"] in ("int", "float", "str") for node in (*have, *want)):
        return None
    mine, right = Counter(map(plain, have)), Counter(map(plain, want))
    missing, extra = list((right - mine).elements()), list((mine - right).elements())
    if not (missing or extra) or len(missing) + len(extra) > max(4, len(want) // 2):
        return None
    told = [f"{listed(missing)} {_verb(missing)} missing"] if missing else []
    told += [f"{listed(extra)} {_verb(extra)} too many"] if extra else []
    return capital(f"{', and '.join(told)}.")


def _verb(things: Sequence[str]) -> str:
    return "is" if len(things) == 1 else "are"


def another_type(have: Node, want: Node) -> str | None:
    """A value that would be right if it were of the expected type."""
    pair = (have["kind"], want["kind"])
    if set(pair) == {"list", "tuple"} and have["items"] == want["items"]:
        return f"What is in it is right; only a {pair[1]} is expected and no {pair[0]}."
    if set(pair) == {"int", "float"} and number(have) == number(want):
        return f"The number is right; only the type is not: {_article(pair[1])} is expected."
    if pair[1] in ("int", "float", "bool") and pair[0] == "str":
        if have["value"].strip() == plain(want):
            return f"It is right as a text; {_article(pair[1])} is expected."
    elif pair[1] == "str" and pair[0] in ("int", "float", "bool", "none"):
        if plain(have) == want["value"].strip():
            return "It would be right as a text: a string is expected."
    elif pair == ("bool", "int") and int(have["value"]) == number(want):
        return "True and False count as 1 and 0, but an int is expected."
    if pair[0] in ("list", "tuple") and len(have["items"]) == 1 and have["items"][0] == want:
        return f"What is inside is right, but it is packed in a {pair[0]} of its own."
    if pair[1] in ("list", "tuple") and len(want["items"]) == 1 and want["items"][0] == have:
        return f"It is right, but a {pair[1]} that holds it is expected."
    return None


def _article(kind: str) -> str:
    return f"{'an' if kind == 'int' else 'a'} {kind}"


def keys(have: Sequence[str], want: Sequence[str]) -> str | None:
    """What keys that differ have to do with each other."""
    missing = [key for key in want if key not in have]
    extra = [key for key in have if key not in want]
    if not missing or len(missing) != len(extra) or len(missing) > 100:
        return None
    for same, said in (
        (str.lower, "only in capital and small letters"),
        (lambda key: "".join(key.split()), "only in spaces"),
        (lambda key: key.replace(".", "").replace("_", ""), "only in points and underscores"),
    ):
        if sorted(map(same, missing)) == sorted(map(same, extra)):
            return f"The names differ {said}: {extra[0]!r}, expected {missing[0]!r}."
    for way, one, other in (("too much", extra, missing), ("missing", missing, extra)):
        for prefix in (True, False):
            cut = _affix(one, other, prefix)
            if cut:
                where = "in front of" if prefix else "behind"
                return capital(f"{cut!r} is {way} {where} the names.")
    return None


def _affix(long: Sequence[str], short_: Sequence[str], prefix: bool) -> str:
    """What all the longer names have in front of, or behind, the shorter ones."""
    for other in short_:
        fits = long[0].endswith(other) if prefix else long[0].startswith(other)
        if fits and len(long[0]) > len(other):
            cut = long[0][: -len(other)] if prefix else long[0][len(other) :]
            made = {cut + key if prefix else key + cut for key in short_}
            if made == set(long):
                return cut
    return ""
