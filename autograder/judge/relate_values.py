"""What two arrays of one shape have to do with each other: sign, factor, order, where they part.

A sentence is returned only for what was verified on every element. Where the data cannot tell two
relations apart, the weaker one is said, or nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from autograder.judge.words import value_text

MOST_VALUES = 2**17  #: elements of an array that is looked at
_FEW = 16  #: elements on which a relation is tried before it is verified on all

Sizes = Sequence[tuple[int, str]]
"""Sizes that occur in the evidence, with words for them."""


@dataclasses.dataclass(frozen=True)
class Numbers:
    """Two arrays of one shape, in float64, that differ; the tolerances of the comparison."""

    have: np.ndarray
    want: np.ndarray
    right: np.ndarray  #: where they agree
    rtol: float  #: the comparison's own, but no less than what rounding does, and never coarse
    atol: float
    whole: bool = False  #: whether whole numbers are expected
    sizes: Sizes = ()

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(self.want.size)

    def near(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether two arrays agree, up to the comparison's tolerance or what rounding does."""
        if one.shape != other.shape:
            return False
        if one.size > 4 * _FEW and not self._near(one.flat[:_FEW], other.flat[:_FEW]).all():
            return False
        return bool(self._near(one, other).all())

    def _near(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        gap = np.abs(one - other)
        bound = self.atol + self.rtol * np.abs(other)
        close = (gap <= bound) & np.isfinite(other)
        return np.asarray(close | (one == other) | (np.isnan(one) & np.isnan(other)))

    @property
    def few(self) -> Numbers:
        """Some of the numbers, those that differ first, to try a relation on."""
        wrong = np.flatnonzero(~self.right.ravel())
        some = np.concatenate([wrong[:_FEW], np.arange(min(self.size, _FEW))])
        return self.at(np.unique(some))

    def at(self, places: np.ndarray) -> Numbers:
        """The numbers at some places of the flat arrays."""
        parts = (self.have, self.want, self.right)
        return dataclasses.replace(
            self,
            **dict(zip(("have", "want", "right"), (p.ravel()[places] for p in parts), strict=True)),
        )


def numbers(
    have: np.ndarray, want: np.ndarray, rtol: float, atol: float, sizes: Sizes = ()
) -> Numbers | None:
    """The pair as it is looked at; None where there are none, too many, or no plain numbers."""
    if have.shape != want.shape or not 0 < want.size <= MOST_VALUES:
        return None
    if have.dtype.kind not in "biuf" or want.dtype.kind not in "biuf":
        return None
    whole = want.dtype.kind in "iub"
    one, other = have.astype(np.float64), want.astype(np.float64)
    if max(_largest(one), _largest(other)) > 2**52 and (whole or have.dtype.kind in "iu"):
        return None  # float64 does not tell these apart
    bound = 0.0 if whole else atol + rtol * np.abs(other)
    right = (np.abs(one - other) <= bound) | (one == other) | (np.isnan(one) & np.isnan(other))
    scale = _largest(other)
    fair = min(max(rtol, 1e-6), 1e-2), min(max(atol, 1e-7 * scale), 1e-3 * scale)
    pair = Numbers(one, other, np.asarray(right), *fair, whole, sizes)
    if not right.all() and pair.near(one, other):
        return None  # so little apart that any order or rounding of them would seem to fit
    return pair


def _largest(array: np.ndarray) -> float:
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


# ----------------------------------------------------------------------------- number by number


def not_finite(pair: Numbers) -> str | None:
    """NaN and infinity where numbers are expected."""
    odd = ~np.isfinite(pair.have) & np.isfinite(pair.want)
    n = int(odd.sum())
    if not n:
        return None
    kinds = {"NaN": np.isnan(pair.have), "infinity": np.isinf(pair.have)}
    name = " or ".join(kind for kind, where in kinds.items() if (where & odd).any())
    if pair.size == 1:
        return f"Your number is {name}, where a number is expected."
    if n == pair.size:
        return f"All your numbers are {name}."
    said = f"There is {name} at {n} of {pair.size} places where numbers are expected"
    zero = pair.want == 0
    if n > 1 and np.array_equal(zero, odd):
        said += ": exactly where 0 is expected"
    rest = pair.right | odd
    return f"{said}; the others are {'right' if rest.all() else 'not all right'}."


def constant(pair: Numbers) -> str | None:
    """One number everywhere."""
    if pair.size < 2 or not np.isfinite(pair.have).all():
        return None
    if np.abs(pair.have).max() <= 1e-5 * np.abs(pair.want).max() and (pair.have != 0).any():
        return "All your numbers are nearly 0."
    first = pair.have.ravel()[0]
    if (pair.have != first).any():
        return None
    if distinct(pair.want) < 2:
        both = value_text(plain_number(first)), value_text(plain_number(pair.want.ravel()[0]))
        return "All your numbers are {}; expected are all {}.".format(*both)
    said = f"All your numbers are the same: {value_text(plain_number(first))}."
    if first == 0:
        said = "All your numbers are 0."
    if distinct(pair.want) > 2 and first != 0:
        for name, value in (
            ("mean", pair.want.mean()),
            ("sum", pair.want.sum()),
            ("largest", pair.want.max()),
            ("smallest", pair.want.min()),
        ):
            if pair.near(np.array([first]), np.array([value])):
                return f"{said} It is the {name} of the expected ones."
    return said


def plain_number(number: float) -> float | int:
    """A whole number as an int."""
    return int(number) if float(number).is_integer() and abs(number) < 2**52 else float(number)


def distinct(array: np.ndarray) -> int:
    """How many different numbers there are among the first ones."""
    return len(np.unique(array.ravel()[:64]))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


#: what each of your numbers is, computed from the expected one; relations of one family may hold
#: together, and the last word of the family is true of all of them
_EACH: tuple[tuple[str, Callable[[np.ndarray], np.ndarray], str], ...] = (
    ("sign", np.negative, "have the opposite sign"),
    ("reciprocal", lambda x: 1 / x, "are 1 divided by the expected ones"),
    ("square", np.square, "are the squares of the expected ones"),
    ("square root", np.sqrt, "are the square roots of the expected ones"),
    ("absolute", np.abs, "are the expected ones without their sign (absolute values)"),
    ("exp", np.exp, "are e to the power of the expected ones"),
    ("log", np.log, "are the logarithms of the expected ones"),
    ("minus_log", lambda x: -np.log(x), "are minus the logarithms of the expected ones"),
    ("complement", lambda x: 1 - x, "are 1 minus the expected ones"),
    ("sigmoid", _sigmoid, "are the sigmoid of the expected ones"),
    ("logit", lambda x: np.log(x / (1 - x)), "give the expected ones through a sigmoid"),
    ("tanh", np.tanh, "are the tanh of the expected ones"),
    ("clamped", lambda x: np.maximum(x, 0), "are 0 where a negative number is expected"),
    ("clamped_above", lambda x: np.minimum(x, 0), "are 0 where a positive number is expected"),
    ("clamped_to_1", lambda x: np.clip(x, 0, 1), "are the expected ones, cut off at 0 and at 1"),
    ("at_most_1", lambda x: np.minimum(x, 1), "are the expected ones, cut off at 1"),
    ("signs_only", np.sign, "are only the signs (-1, 0 or 1) of the expected ones"),
    ("rounded", np.floor, "are the expected ones rounded down to whole numbers"),
    ("rounded", np.ceil, "are the expected ones rounded up to whole numbers"),
    ("rounded", np.trunc, "are the expected ones without what stands behind the point"),
    ("rounded", np.round, "are the expected ones rounded to whole numbers"),
    ("modulo", lambda x: np.mod(x, 256), "are the expected ones modulo 256, as uint8 keeps them"),
    ("yes_or_no", lambda x: (x != 0) * 1.0, "are 1 where anything but 0 is expected, and else 0"),
)


def elementwise(pair: Numbers) -> str | None:
    """One function or constant that turns each expected number into yours."""
    few = pair.few
    one, other = few.have[~few.right][:1], few.want[~few.right][:1]
    held: dict[str, list[str]] = {}
    for name, function, phrase in _EACH:
        if pair.whole and name in ("exp", "log", "minus_log", "sigmoid", "logit", "tanh"):
            continue
        if not few.near(one, function(other)) or not few.near(few.have, function(few.want)):
            continue
        if pair.near(pair.have, function(pair.want)):
            held.setdefault(name, []).append(phrase)
    if "clamped" in held:  # of numbers below 1, both hold
        held.pop("clamped_to_1", None)
    constants = [said for said in (_factor(pair), _offset(pair)) if said]
    if constants and (not held or pair.size > 1):
        held = {} if "sign" not in held else held
        if not held:
            return constants[0] if len(constants) == 1 else None
    if len(held) != 1 or not _is_telling(pair, next(iter(held))):
        return None
    phrases = next(iter(held.values()))
    if len(phrases) > 1:
        phrases = ["are the expected ones rounded to whole numbers"]
    ending = "; the others are right" if "clamped" in held or "clamped_above" in held else ""
    return _number_words(pair, f"Your numbers {phrases[0]}{ending}.")


def _number_words(pair: Numbers, said: str) -> str:
    if pair.size > 1:
        return said
    for many, one in (
        ("Your numbers have", "Your number has"),
        ("Your numbers are", "Your number is"),
        ("Your numbers give", "Your number gives"),
        ("the expected ones", "the expected one"),
        ("squares", "square"),
        ("square roots", "square root"),
        ("logarithms", "logarithm"),
        (" (absolute values)", " (its absolute value)"),
        ("; the others are right", ""),
    ):
        said = said.replace(many, one)
    return said


def _is_telling(pair: Numbers, name: str) -> bool:
    """Whether so few numbers could fulfil a relation only because it holds."""
    if name in ("rounded", "signs_only", "yes_or_no", "clamped_to_1", "at_most_1"):
        return distinct(pair.have) > 2 or (name != "rounded" and distinct(pair.have) > 1)
    wrong = np.flatnonzero(~pair.right.ravel())
    different = distinct(pair.want.ravel()[wrong[:64]])
    if name == "sign":
        return different > 1 or pair.size == 1 or not pair.whole
    if different > 1:
        return pair.size > 2 or not _is_whole(pair.want)
    both = (float(side.ravel()[wrong[0]]) for side in (pair.have, pair.want))
    return all(abs(1000 * number - round(1000 * number)) > 1e-3 for number in both)


def _factor(pair: Numbers) -> str | None:
    places = np.flatnonzero(pair.want.ravel())
    if not len(places):
        return None
    i = places[np.argmax(np.abs(pair.want.ravel()[places[:64]]))]
    factor = float(pair.have.ravel()[i] / pair.want.ravel()[i])
    if not np.isfinite(factor) or not 1e-5 < abs(factor) < 1e7 or abs(abs(factor) - 1) < 1e-6:
        return None
    few = pair.few
    if not few.near(few.have, factor * few.want) or not pair.near(pair.have, factor * pair.want):
        return None
    text, simple = _factor_text(factor)
    different = distinct(pair.want.ravel()[places])
    if different < 2 and (not simple or pair.whole or _is_whole(pair.want)):
        return None
    if different == 2 and not simple:
        return None
    said = f"Your numbers are {text} the expected ones"
    known = _named(round(factor) if factor > 1 else round(1 / factor), pair.sizes) if simple else ""
    return _number_words(pair, said) + (f", and {known}." if known else ".")


def _is_whole(array: np.ndarray) -> bool:
    return bool(np.all(array == np.round(array)))


def _factor_text(factor: float) -> tuple[str, bool]:
    """The factor in words, and whether it is a whole number or 1 divided by one."""
    size = abs(factor)
    minus = "minus " if factor < 0 else ""
    if abs(size - 1) < 1e-3:  # four digits would say 1, and so would a whole number
        return f"{value_text(factor, 8)} times", False
    if size > 1 and abs(size - round(size)) < 1e-5 * size and size < 1e6:
        return f"{minus}{round(size)} times", True
    if size < 1 and abs(1 / size - round(1 / size)) < 1e-5 / size and 1 / size < 1e6:
        whole = round(1 / size)
        return (f"{minus}half" if whole == 2 else f"{minus}1/{whole} of"), True
    return f"{value_text(factor, 4)} times", False


def _named(n: int, sizes: Sizes) -> str:
    """``4 is the number of rows``; nothing where no size is n, less where several are."""
    words = list(dict.fromkeys(words for size, words in sizes if size == n and n > 1))
    if not words:
        return ""
    return f"{n} is {words[0]}" if len(words) == 1 else f"{n} is {words[0]}, as well as {words[1]}"


def _offset(pair: Numbers) -> str | None:
    offset = float(pair.have.ravel()[0] - pair.want.ravel()[0])
    if not np.isfinite(offset) or offset == 0:
        return None
    if abs(offset - round(offset)) < 1e-6 * abs(offset):
        offset = float(round(offset))
    few = pair.few
    if not few.near(few.have, few.want + offset) or not pair.near(pair.have, pair.want + offset):
        return None
    if distinct(pair.want) < (2 if abs(offset) == 1 else 3):
        return None
    if abs(offset) < 10 * pair.atol:
        return None
    more = "too large" if offset > 0 else "too small"
    size = "one" if abs(offset) == 1 else f"{value_text(plain_number(abs(offset)))}"
    return f"Each of your numbers is {size} {more}."
