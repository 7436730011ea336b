"""The expected numbers in another order, repeated, added up, or changed row by row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from autograder.judge.relate_values import Numbers, constant, distinct, elementwise, plain_number
from autograder.judge.words import ordinal, value_text


def in_items(pair: Numbers) -> str | None:
    """What the items of a list, one a row, have to do with those that are expected."""
    if not (np.isfinite(pair.have).all() and np.isfinite(pair.want).all()):
        return None
    have, want, n = pair.have, pair.want, len(pair.want)
    said = constant(pair) or elementwise(pair)
    if said or pair.size // n < 2 or distinct(want) < 3:
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


def axis_words(axis: int, axes: int) -> str:
    """What the entries along an axis are called: rows, columns, or entries along an axis."""
    if axes == 1:
        return "numbers"
    if axes == 2:
        return ("rows", "columns")[axis]
    return f"entries along axis {axis}"


def another_order(pair: Numbers) -> str | None:
    """The expected numbers, all of them, in another order."""
    have, want, axes = pair.have, pair.want, pair.want.ndim
    if pair.size < 2 or axes == 0 or axes > 5:
        return None
    if not pair.near(np.sort(have, axis=None), np.sort(want, axis=None)):
        return None
    if distinct(want) < 3:  # of two numbers, every order is another one's mirror image
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


def repeated(pair: Numbers) -> str | None:
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
        if len(equal) == 1 and distinct(have[0]) > 1:
            return f"{said}: each is the {ordinal(equal[0] + 1)} that is expected."
        return f"{said}; those that are expected differ."
    return None


def along_axes(pair: Numbers) -> str | None:
    """Sums, normalisations and constants along an axis."""
    if not np.isfinite(pair.have).all() or not np.isfinite(pair.want).all():
        return None
    axes = pair.want.ndim
    if distinct(pair.want) < 3:
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


def in_some_way(pair: Numbers) -> str | None:
    """A line through the pairs of numbers, or a constant for each row."""
    have, want = pair.have, pair.want
    if not (np.isfinite(have).all() and np.isfinite(want).all()):
        return None
    first = want.ravel()[0]
    if pair.size > 1 and (want == first).all():
        return f"{value_text(plain_number(first))} is expected everywhere; yours are other numbers."
    if distinct(want) < 3:
        return None
    low, high = int(np.argmin(want)), int(np.argmax(want))
    slope = (have.ravel()[high] - have.ravel()[low]) / (want.ravel()[high] - want.ravel()[low])
    start = have.ravel()[low] - slope * want.ravel()[low]
    if pair.size > 4 and distinct(want) > 4 and (_is_simple(slope) or _is_simple(start)):
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
