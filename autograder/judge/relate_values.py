"""What two arrays of one shape have to do with each other: sign, factor, order, where they part.

A sentence is returned only for what was verified on every element. Where the data cannot tell two
relations apart, the weaker one is said, or nothing.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from autograder.judge.words import count, listed, ordinal, value_text

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
    return Numbers(one, other, np.asarray(right), *fair, whole, sizes)


def _largest(array: np.ndarray) -> float:
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def values(pair: Numbers) -> str | None:
    """What the values that were returned have to do with those that are expected."""
    for look in (_not_finite, _constant, elementwise, _order, _repeated, _rows, _nearly, _where):
        said = look(pair)
        if said:
            return said
    return _weak(pair)


def in_items(pair: Numbers) -> str | None:
    """What the items of a list, one a row, have to do with those that are expected."""
    if not (np.isfinite(pair.have).all() and np.isfinite(pair.want).all()):
        return None
    have, want, n = pair.have, pair.want, len(pair.want)
    said = _constant(pair) or elementwise(pair)
    if said or pair.size // n < 2 or _distinct(want) < 3:
        return said
    if (have == have[:1]).all() and not (want == want[:1]).all():
        equal = [i for i in range(n) if pair.near(have[0], want[i])]
        if len(equal) == 1:
            return f"All {n} are the same: each is the {ordinal(equal[0] + 1)} that is expected."
        return f"All {n} are the same; those that are expected differ."
    if pair.near(have, np.cumsum(want, 0)):
        return "Each is the sum of the expected ones up to its place: they add up."
    if n > 2 and pair.near(have, want[::-1]):
        return "They stand in reverse order."
    if _rows_permuted(pair, 0):
        return "The two are exchanged." if n == 2 else "They are right, but in another order."
    if n > 2 and pair.near(have[1:], want[:-1]):
        return "They come one too late: each is the expected one before it."
    if n > 2 and pair.near(have[:-1], want[1:]):
        return "They come one too early: each is the expected one behind it."
    return None


# ----------------------------------------------------------------------------- number by number


def _not_finite(pair: Numbers) -> str | None:
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


def _constant(pair: Numbers) -> str | None:
    if pair.size < 2 or not np.isfinite(pair.have).all():
        return None
    if np.abs(pair.have).max() <= 1e-5 * np.abs(pair.want).max() and (pair.have != 0).any():
        return "All your numbers are nearly 0."
    first = pair.have.ravel()[0]
    if (pair.have != first).any():
        return None
    if _distinct(pair.want) < 2:
        both = value_text(_plain(first)), value_text(_plain(pair.want.ravel()[0]))
        return "All your numbers are {}; expected are all {}.".format(*both)
    said = f"All your numbers are the same: {value_text(_plain(first))}."
    if first == 0:
        said = "All your numbers are 0."
    if _distinct(pair.want) > 2 and first != 0:
        for name, value in (
            ("mean", pair.want.mean()),
            ("sum", pair.want.sum()),
            ("largest", pair.want.max()),
            ("smallest", pair.want.min()),
        ):
            if pair.near(np.array([first]), np.array([value])):
                return f"{said} It is the {name} of the expected ones."
    return said


def _plain(number: float) -> float | int:
    return int(number) if float(number).is_integer() and abs(number) < 2**52 else float(number)


def _distinct(array: np.ndarray) -> int:
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
    ("minus log", lambda x: -np.log(x), "are minus the logarithms of the expected ones"),
    ("complement", lambda x: 1 - x, "are 1 minus the expected ones"),
    ("sigmoid", _sigmoid, "are the sigmoid of the expected ones"),
    ("logit", lambda x: np.log(x / (1 - x)), "give the expected ones through a sigmoid"),
    ("tanh", np.tanh, "are the tanh of the expected ones"),
    ("clamped", lambda x: np.maximum(x, 0), "are 0 where a negative number is expected"),
    ("clamped above", lambda x: np.minimum(x, 0), "are 0 where a positive number is expected"),
    ("clamped to 1", lambda x: np.clip(x, 0, 1), "are the expected ones, cut off at 0 and at 1"),
    ("at most 1", lambda x: np.minimum(x, 1), "are the expected ones, cut off at 1"),
    ("signs only", np.sign, "are only the signs (-1, 0 or 1) of the expected ones"),
    ("rounded", np.floor, "are the expected ones rounded down to whole numbers"),
    ("rounded", np.ceil, "are the expected ones rounded up to whole numbers"),
    ("rounded", np.trunc, "are the expected ones without what stands behind the point"),
    ("rounded", np.round, "are the expected ones rounded to whole numbers"),
    ("modulo", lambda x: np.mod(x, 256), "are the expected ones modulo 256, as uint8 keeps them"),
    ("yes or no", lambda x: (x != 0) * 1.0, "are 1 where anything but 0 is expected, and else 0"),
)


def elementwise(pair: Numbers) -> str | None:
    """One function or constant that turns each expected number into yours."""
    few = pair.few
    one, other = few.have[~few.right][:1], few.want[~few.right][:1]
    held: dict[str, list[str]] = {}
    for name, function, phrase in _EACH:
        if pair.whole and name in ("exp", "log", "minus log", "sigmoid", "logit", "tanh"):
            continue
        if not few.near(one, function(other)) or not few.near(few.have, function(few.want)):
            continue
        if pair.near(pair.have, function(pair.want)):
            held.setdefault(name, []).append(phrase)
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
    ending = "; the others are right" if "clamped" in held or "clamped above" in held else ""
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
    if name in ("rounded", "signs only", "yes or no", "clamped to 1", "at most 1"):
        return _distinct(pair.have) > 2 or (name != "rounded" and _distinct(pair.have) > 1)
    wrong = np.flatnonzero(~pair.right.ravel())
    different = _distinct(pair.want.ravel()[wrong[:64]])
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
    if not np.isfinite(factor) or not 1e-5 < abs(factor) < 1e7 or abs(factor + 1) < 1e-6:
        return None
    few = pair.few
    if not few.near(few.have, factor * few.want) or not pair.near(pair.have, factor * pair.want):
        return None
    text, simple = _factor_text(factor)
    different = _distinct(pair.want.ravel()[places])
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
    few = pair.few
    if not few.near(few.have, few.want + offset) or not pair.near(pair.have, pair.want + offset):
        return None
    if _distinct(pair.want) < (2 if abs(offset) == 1 else 3):
        return None
    if abs(offset) < 10 * pair.atol:
        return None
    more = "too large" if offset > 0 else "too small"
    size = "one" if abs(offset) == 1 else f"{value_text(_plain(abs(offset)))}"
    return f"Each of your numbers is {size} {more}."


# ------------------------------------------------------------------------------------- the order


def axis_words(axis: int, axes: int) -> str:
    """What the entries along an axis are called: rows, columns, or entries along an axis."""
    if axes == 1:
        return "numbers"
    if axes == 2:
        return ("rows", "columns")[axis]
    return f"entries along axis {axis}"


def _order(pair: Numbers) -> str | None:
    """The expected numbers, all of them, in another order."""
    have, want, axes = pair.have, pair.want, pair.want.ndim
    if pair.size < 2 or axes == 0 or axes > 5:
        return None
    if not pair.near(np.sort(have, axis=None), np.sort(want, axis=None)):
        return None
    if _distinct(want) < 3:  # of two numbers, every order is another one's mirror image
        return "Your numbers are the expected ones in another order." if pair.size == 2 else None
    found = []
    long = [axis for axis in range(axes) if want.shape[axis] > 1]
    for axis in long:
        words = axis_words(axis, axes)
        if pair.near(have, np.flip(want, axis)):
            found.append(f"Your {words} are the expected ones in reverse order.")
        if want.shape[axis] > 2:
            for step in (1, -1):
                if pair.near(have, np.roll(want, step, axis)):
                    way = "next" if step == 1 else "one before"
                    found.append(f"Your {words} have moved by one: each is in the {way}'s place.")
    if len(long) > 1 and pair.near(have, np.flip(want, (long[-2], long[-1]))):
        found.append("Your numbers are the expected ones turned by 180 degrees.")
    thin = want.squeeze()
    for order in itertools.permutations(range(thin.ndim)) if thin.ndim < 5 else ():
        turned = thin.transpose(order)
        if order == tuple(range(thin.ndim)):
            continue
        if turned.shape == thin.shape and pair.near(have.squeeze(), turned):
            full = list(range(axes))
            for i, source in zip(long, order, strict=True):
                full[i] = long[source]
            found.append(f"Your numbers are right with {transposed(full)}.")
        elif pair.near(have.ravel(), turned.ravel()):
            found.append("Your numbers are the expected ones, read in another order of axes.")
    if len(found) == 1:
        return found[0]
    for axis in long if axes > 1 and not found else ():
        if _rows_permuted(pair, axis):
            return f"Your {axis_words(axis, axes)} are the expected ones in another order."
    if axes == 1 and not found and pair.near(have, np.sort(want)):
        return "Your numbers are the expected ones, sorted."
    return "Your numbers are the expected ones in another order."


def transposed(order: Sequence[int]) -> str:
    """``rows and columns exchanged``, ``axes 1 and 2 exchanged``, or all axes in order."""
    moved = [axis for axis, source in enumerate(order) if axis != source]
    if len(order) == 2:
        return "rows and columns exchanged"
    if len(moved) == 2:
        return f"axes {moved[0]} and {moved[1]} exchanged"
    return f"their axes in the order {tuple(order)}"


def _rows_permuted(pair: Numbers, axis: int) -> bool:
    n = pair.want.shape[axis]
    one, other = (np.moveaxis(a, axis, 0).reshape(n, -1) for a in (pair.have, pair.want))
    if n > 1000 or one.shape[1] < 2:
        return False
    weights = np.sin(np.arange(1, one.shape[1] + 1) * 1.7) + 1.3
    order = [np.argsort(side @ weights, kind="stable") for side in (one, other)]
    return pair.near(one[order[0]], other[order[1]])


def _repeated(pair: Numbers) -> str | None:
    """One row, one column or one channel, again and again."""
    axes = pair.want.ndim
    for axis in range(axes):
        n = pair.want.shape[axis]
        if n < 2 or axes == 1:
            continue
        have, want = np.moveaxis(pair.have, axis, 0), np.moveaxis(pair.want, axis, 0)
        if not (have == have[:1]).all() or pair.near(want, np.broadcast_to(want[:1], want.shape)):
            continue
        said = f"All your {axis_words(axis, axes)} are the same"
        equal = [i for i in range(min(n, 64)) if pair.near(have[0], want[i])]
        if len(equal) == 1 and _distinct(have[0]) > 1:
            return f"{said}: each is the {ordinal(equal[0] + 1)} that is expected."
        return f"{said}; those that are expected differ."
    return None


# ------------------------------------------------------------------------- along one of the axes


def _rows(pair: Numbers) -> str | None:
    """Sums, normalisations and constants along an axis."""
    if not np.isfinite(pair.have).all() or not np.isfinite(pair.want).all():
        return None
    axes = pair.want.ndim
    if _distinct(pair.want) < 3:
        return None
    for axis in reversed(range(axes)):
        n = pair.want.shape[axis]
        if n < 2:
            continue
        along = "" if axes == 1 else f" along axis {axis}"
        have, want = pair.have, pair.want
        for one, other, mine in ((have, want, True), (want, have, False)):
            if n > 2 and pair.near(one, np.cumsum(other, axis)):
                if mine:
                    return f"Your numbers are the running sums{along} of the expected ones."
                return f"The expected numbers are the running sums{along} of yours."
            soft = _softmax(other, axis)
            for name, made in (("softmax", soft), ("log-softmax", np.log(soft))):
                if pair.near(one, made):
                    if mine:
                        return f"Your numbers are the {name}{along} of the expected ones."
                    return f"The expected numbers are the {name}{along} of yours."
        if not pair.whole and (have >= 0).all() and n < pair.size:
            ones = np.ones(np.delete(np.array(have.shape), axis))
            if np.allclose(have.sum(axis), ones, 1e-4, 1e-4) and not np.allclose(
                want.sum(axis), ones, 1e-2, 1e-2
            ):
                return f"Your numbers sum to 1{along}; the expected ones do not."
    return None


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(e / e.sum(axis, keepdims=True))


def _weak(pair: Numbers) -> str | None:
    """A line through the pairs of numbers, or a constant for each row."""
    have, want = pair.have, pair.want
    if not (np.isfinite(have).all() and np.isfinite(want).all()):
        return None
    first = want.ravel()[0]
    if pair.size > 1 and (want == first).all():
        return f"{value_text(_plain(first))} is expected everywhere; yours are other numbers."
    if _distinct(want) < 3:
        return None
    low, high = int(np.argmin(want)), int(np.argmax(want))
    slope = (have.ravel()[high] - have.ravel()[low]) / (want.ravel()[high] - want.ravel()[low])
    start = have.ravel()[low] - slope * want.ravel()[low]
    if pair.size > 4 and _distinct(want) > 4 and (_is_simple(slope) or _is_simple(start)):
        few = pair.few
        if few.near(few.have, slope * few.want + start) and pair.near(have, slope * want + start):
            return (
                f"Your numbers are {value_text(slope, 4)} times the expected ones, and "
                f"{value_text(abs(start), 4)} {'more' if start > 0 else 'less'}."
            )
    for axis in range(want.ndim if want.ndim > 1 else 0):
        others = tuple(i for i in range(want.ndim) if i != axis)
        if want.shape[axis] < 2 or pair.size // want.shape[axis] < 3:
            continue
        each = axis_words(axis, want.ndim).removesuffix("s").replace("entries", "entry")
        gap = (have - want).mean(others, keepdims=True)
        if pair.near(have, want + gap):
            return f"Within each {each}, your numbers differ from the expected ones by a constant."
        ratio = np.sum(have * want, others, keepdims=True) / np.sum(want**2, others, keepdims=True)
        if np.isfinite(ratio).all() and (ratio != 0).all() and pair.near(have, want * ratio):
            return f"Within each {each}, your numbers are a constant times the expected ones."
    gap = have - want
    if pair.size > 3 and ((gap > 0).all() or (gap < 0).all()):
        return f"All your numbers are too {'large' if gap.ravel()[0] > 0 else 'small'}."
    return None


def _is_simple(number: float) -> bool:
    """Whether it is a whole number other than 0, or 1 divided by one: no coincidence."""
    size = abs(number)
    return bool(
        1e-3 < size < 1e3
        and (abs(size - round(size)) < 1e-4 or abs(1 / size - round(1 / size)) < 1e-4)
    )


# ----------------------------------------------------------------------------- nearly, and where


def _nearly(pair: Numbers) -> str | None:
    """Right to a few digits only."""
    if pair.whole or not np.isfinite(pair.have).all() or not np.isfinite(pair.want).all():
        return None
    scale = np.abs(pair.want)
    large = scale > 1e-3 * scale.max()
    if not large.any():
        return None
    gap = np.abs(pair.have - pair.want)
    most = float((gap[large] / scale[large]).max())
    if gap.max() > 2e-3 * scale.max() or most > 2e-3 or _distinct(pair.want) < 3:
        return None
    if not pair.right.all() and np.array_equal(pair.have, pair.want.astype(np.float32)):
        return "Your numbers are the expected ones rounded to float32."
    digits = int(-np.log10(max(most, 1e-17)))
    return f"Your numbers are nearly right: they agree to about {digits} digits, and not beyond."


def _where(pair: Numbers) -> str | None:
    """Where the wrong ones are, when the others are right."""
    wrong = ~pair.right
    n, axes = int(wrong.sum()), pair.want.ndim
    if n < 2 or n == pair.size or pair.size < 4:
        return None
    there = _there(pair, wrong)
    for words, mask in (
        ("where 0 is expected", pair.want == 0),
        ("where a negative number is expected", pair.want < 0),
        ("where a positive number is expected", pair.want > 0),
    ):
        if np.array_equal(wrong, mask):
            return f"Your numbers are wrong exactly {words}, and right elsewhere{there}."
    if axes > 1 and min(pair.want.shape[-2:]) > 2:
        inside = wrong[..., 1:-1, 1:-1]
        edges = (wrong[..., 0, :], wrong[..., -1, :], wrong[..., :, 0], wrong[..., :, -1])
        if not inside.any() and all(edge.any() for edge in edges):
            return f"Your numbers are wrong only along the border, and right inside{there}."
    best: tuple[float, str] | None = None
    for axis in range(axes):
        size = pair.want.shape[axis]
        bad = np.flatnonzero(wrong.any(axis=tuple(i for i in range(axes) if i != axis)))
        if size < 2 or len(bad) == size or (axes == 1 and len(bad) > 3 and len(bad) < size - 1):
            continue
        said = _part(list(map(int, bad)), size, axis_words(axis, axes), axis)
        if said and (best is None or len(bad) / size < best[0]):
            best = (len(bad) / size, said)
    return f"{best[1]}{there}." if best else None


def _part(bad: list[int], size: int, words: str, axis: int) -> str | None:
    one = words.replace("entries", "entry") if "entries" in words else words.removesuffix("s")
    if len(bad) == size - 1 and size > 2:
        (good,) = set(range(size)) - set(bad)
        return f"Only the {ordinal(good + 1)} {one} is right"
    if len(bad) == 1:
        last = ", the last one," if bad[0] == size - 1 else ""
        return f"Only the {ordinal(bad[0] + 1)} {one}{last} is wrong"
    if len(bad) == 2 or (len(bad) == 3 and bad[2] - bad[0] > 2):
        which = listed([ordinal(i + 1) for i in bad])
        return f"Only the {which} of your {size} {words} are wrong"
    if bad == list(range(bad[0], size)):
        return f"Your first {bad[0]} {words} are right, and those after them wrong"
    if bad == list(range(bad[-1] + 1)):
        return f"Your last {count(size - len(bad), one, words)} are right, and those before wrong"
    return None


def _there(pair: Numbers, wrong: np.ndarray) -> str:
    """What the wrong ones are, where there is one thing to be said of them."""
    part = pair.at(np.flatnonzero(wrong.ravel()))
    first = part.have[0]
    if (part.have == first).all():
        return f"; the wrong ones are all {value_text(_plain(first))}"
    said = elementwise(part)
    if not said:
        return ""
    said = said.replace("our numbers", "the wrong ones").replace("Ythe", "the")
    said = said.replace("Each of your numbers", "each of the wrong ones")
    said = said.replace("each of ythe", "each of the").replace("Each of ythe", "each of the")
    return f"; {said.removesuffix('.').removesuffix('; the others are right')}"
