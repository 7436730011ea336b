"""Where the wrong ones among many right numbers are, and what they are."""

from __future__ import annotations

import numpy as np

from autograder.judge.relate_order import (
    along_axes,
    another_order,
    axis_words,
    in_some_way,
    repeated,
)
from autograder.judge.relate_values import (
    Numbers,
    constant,
    distinct,
    elementwise,
    not_finite,
    plain_number,
)
from autograder.judge.words import count, listed, ordinal, value_text


def values(pair: Numbers) -> str | None:
    """What the values that were returned have to do with those that are expected."""
    for look in _LOOKS:
        said = look(pair)
        if said:
            return said
    return in_some_way(pair)


def nearly(pair: Numbers) -> str | None:
    """Right to a few digits only."""
    if pair.whole or not np.isfinite(pair.have).all() or not np.isfinite(pair.want).all():
        return None
    scale = np.abs(pair.want)
    large = scale > 1e-3 * scale.max()
    if not large.any():
        return None
    gap = np.abs(pair.have - pair.want)
    most = float((gap[large] / scale[large]).max())
    if gap.max() > 2e-3 * scale.max() or most > 2e-3 or distinct(pair.want) < 3:
        return None
    if not pair.right.all() and np.array_equal(pair.have, pair.want.astype(np.float32)):
        return "Your numbers are the expected ones rounded to float32."
    digits = int(-np.log10(max(most, 1e-17)))
    return f"Your numbers are nearly right: they agree to about {digits} digits, and not beyond."


def where_wrong(pair: Numbers) -> str | None:
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
        return f"; the wrong ones are all {value_text(plain_number(first))}"
    said = elementwise(part)
    if not said:
        return ""
    said = said.replace("our numbers", "the wrong ones").replace("Ythe", "the")
    said = said.replace("Each of your numbers", "each of the wrong ones")
    said = said.replace("each of ythe", "each of the").replace("Each of ythe", "each of the")
    return f"; {said.removesuffix('.').removesuffix('; the others are right')}"


_LOOKS = (
    not_finite,
    constant,
    elementwise,
    another_order,
    repeated,
    along_axes,
    nearly,
    where_wrong,
)
