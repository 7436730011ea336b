"""What an array of a wrong shape has to do with the one that is expected.

First what the shapes say, then, where the numbers can be set beside each other in some way, whether
they agree in it.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from autograder.judge.relate_order import axis_words, transposed
from autograder.judge.relate_places import values
from autograder.judge.relate_values import MOST_VALUES, Numbers, Sizes, numbers
from autograder.judge.words import count, listed, shape_text, uncapital


@dataclasses.dataclass(frozen=True)
class Shapes:
    """Two arrays of different shapes, and how their numbers are compared."""

    have: np.ndarray
    want: np.ndarray
    rtol: float
    atol: float
    sizes: Sizes = ()

    @property
    def texts(self) -> tuple[str, str]:
        """Both shapes as a student writes them."""
        return shape_text(self.have.shape), shape_text(self.want.shape)

    def pair(self, have: np.ndarray, want: np.ndarray | None = None) -> Numbers | None:
        """Yours, brought into the expected shape, beside the expected numbers."""
        expected = self.want if want is None else want
        return numbers(have, expected, self.rtol, self.atol, self.sizes)

    def agree(self, have: np.ndarray, want: np.ndarray | None = None) -> bool:
        """Whether they are equal, and not only for being all alike."""
        pair = self.pair(have, want)
        if pair is None or not pair.right.all():
            return False
        return pair.size == 1 or len(np.unique(pair.want.ravel()[:64])) > 1

    def then(self, have: np.ndarray) -> str:
        """What is to be said of the numbers when the shape is mended."""
        pair = self.pair(have)
        if pair is None:
            return ""
        if pair.right.all():
            return " The numbers are right."
        said = values(pair)
        return f" Besides: {uncapital(said)}" if said else " The numbers differ as well."


def shapes(pair: Shapes) -> str | None:
    """What a wrong shape has to do with the expected one; None where nothing is to be seen."""
    if max(pair.have.size, pair.want.size) > MOST_VALUES or max(pair.have.ndim, pair.want.ndim) > 8:
        return None
    empty = not (pair.have.size and pair.want.size)
    for look in (_ones, _more_or_less) if empty else _LOOKS:
        said = look(pair)
        if said:
            return said
    return None


def _without_ones(shape: Sequence[int]) -> list[int]:
    return [n for n in shape if n != 1]


def _ones(pair: Shapes) -> str | None:
    have, want = pair.have.shape, pair.want.shape
    if _without_ones(have) != _without_ones(want):
        return None
    mine, right = pair.texts
    more = len(want) - len(have)
    what = "An axis of size 1" if abs(more) == 1 else f"{abs(more)} axes of size 1"
    verb = "is" if abs(more) == 1 else "are"
    if more > 0:
        said = f"{what} {verb} missing: {mine} for {right}."
    elif more < 0:
        said = f"{what} {verb} too many: {mine} for {right}."
    else:
        said = f"The axes of size 1 stand at other places: {mine} for {right}."
    return said + pair.then(pair.have.reshape(want))


def _exchanged(pair: Shapes) -> str | None:
    have, want = pair.have.shape, pair.want.shape
    if sorted(have) != sorted(want) or len(want) > 5:
        return None
    mine, right = pair.texts
    possible = [
        order
        for order in itertools.permutations(range(len(want)))
        if [want[i] for i in order] == list(have)
    ]
    fitting = [o for o in possible if pair.agree(pair.have.transpose(np.argsort(o)))]
    if fitting:
        return f"Your numbers are right with {transposed(fitting[0])}: {mine} for {right}."
    if pair.agree(pair.have.reshape(want)):
        return (
            f"The sizes of the axes have changed places, {mine} for {right}, while the numbers "
            "kept their order: they were reshaped, not transposed."
        )
    said = f"The sizes are those expected, in another order: {mine} for {right}."
    if len(possible) == 1:
        return said + pair.then(pair.have.transpose(np.argsort(possible[0])))
    return said


def _rearranged(pair: Shapes) -> str | None:
    have, want = pair.have, pair.want
    if have.size != want.size or want.size < 2:
        return None
    mine, right = pair.texts
    what = "flat" if have.ndim == 1 else "in another shape"
    if pair.agree(have.reshape(want.shape)):
        return f"Your numbers are right and in the right order, but {what}: {mine} for {right}."
    same = _sorted_alike(pair)
    if same:
        return (
            f"Your numbers are the expected ones, {what} and in another order: {mine} for {right}."
        )
    return None


def _sorted_alike(pair: Shapes) -> bool:
    one, other = (np.sort(a.astype(np.float64), axis=None) for a in (pair.have, pair.want))
    return pair.agree(one, other)


#: ways of taking one axis away
_REDUCTIONS: tuple[tuple[str, Callable[[np.ndarray, int], np.ndarray]], ...] = (
    ("sum", lambda a, axis: np.sum(a, axis)),
    ("mean", lambda a, axis: np.mean(a, axis)),
    ("largest", lambda a, axis: np.max(a, axis)),
    ("smallest", lambda a, axis: np.min(a, axis)),
    ("first", lambda a, axis: np.take(a, 0, axis)),
    ("last", lambda a, axis: np.take(a, -1, axis)),
)


def _lost(large: Sequence[int], small: Sequence[int]) -> list[int]:
    """The axes of a shape without which it is the other one, whether dropped or kept as 1."""
    found = []
    for axis in range(len(large)):
        dropped = [*large[:axis], *large[axis + 1 :]]
        kept = [*large[:axis], 1, *large[axis + 1 :]]
        if large[axis] > 1 and list(small) in (dropped, kept):
            found.append(axis)
    return found


def _reduced(pair: Shapes) -> str | None:
    """An axis that is gone, or one that should be."""
    mine, right = pair.texts
    for mine_is_large in (True, False):
        large, small = (pair.have, pair.want) if mine_is_large else (pair.want, pair.have)
        axes = _lost(large.shape, small.shape)
        wide = large.astype(np.float64)
        ways = [
            (axis, name, function(wide, axis)) for axis in axes for name, function in _REDUCTIONS
        ]
        if small.size == 1 and large.ndim > 1:
            ways += [(-1, name, np.asarray(f(wide.ravel(), 0))) for name, f in _REDUCTIONS]
        found = []
        for axis, name, made in ways:
            one = made.reshape(small.shape)
            if pair.agree(one, small) if mine_is_large else pair.agree(small, one):
                whose = "yours" if mine_is_large else "the expected ones"
                found.append(
                    f"the {name} of {whose}"
                    + (f" along axis {axis}" if axis >= 0 and large.ndim > 1 else "")
                )
        if found and (small.size > 1 or len(found) == 1):
            subject = "The expected" if mine_is_large else "Your"
            noun = "numbers are" if small.size > 1 else "number is"
            return f"{subject} {noun} {found[0]}: your shape is {mine}, {right} is expected."
        if axes:
            named = "the first axis" if axes[0] == 0 else f"axis {axes[0]}"
            named = "one axis" if len(axes) > 1 else named
            verb = "is too many" if mine_is_large else "is missing"
            return f"{named[0].upper()}{named[1:]} {verb}: {mine} for {right}."
    return None


def _grown(pair: Shapes) -> str | None:
    """What is expected, again and again, or on the diagonal of every number against every other."""
    have, want = pair.have, pair.want
    if not _is_broadcast(have.shape, want.shape):
        return None
    mine, right = pair.texts
    if pair.agree(have, np.broadcast_to(want, have.shape)):
        return f"Your numbers are the expected ones repeated: {mine} for {right}."
    flat = want.reshape(-1)
    if have.ndim >= 2 and have.shape[-2:] == (flat.size, flat.size) and flat.size > 1:
        diagonal = np.diagonal(have.reshape(-1, flat.size, flat.size)[0])
        if pair.agree(diagonal, flat):
            return (
                f"Only the diagonal of yours is what is expected: {mine} for {right}. Every number "
                "was set against every other (broadcasting)."
            )
    return None


def _is_broadcast(large: Sequence[int], small: Sequence[int]) -> bool:
    try:
        return np.broadcast_shapes(tuple(large), tuple(small)) == tuple(large)
    except ValueError:
        return False


def _broadcast(pair: Shapes) -> str | None:
    """A shape that has grown, whatever its numbers are."""
    mine, right = pair.texts
    alike = pair.have.ndim == pair.want.ndim or pair.want.ndim == 1
    if alike and _is_broadcast(pair.have.shape, pair.want.shape):
        return f"Your result has grown, as by broadcasting: {mine} for {right}."
    return None


def _cut(pair: Shapes) -> str | None:
    """The right numbers, with rows too many or too few, or at every second place."""
    have, want = pair.have, pair.want
    if have.ndim != want.ndim or not have.size or not want.size or have.ndim > 5:
        return None
    mine, right = pair.texts
    for step, which in ((2, "second"), (3, "third"), (4, "fourth")):
        for one, other, mine_is_large in ((have, want, True), (want, have, False)):
            pairs = zip(one.shape, other.shape, strict=True)
            picked = one[tuple(slice(None, None, 1 if n == m else step) for n, m in pairs)]
            if picked.shape != other.shape or picked.shape == one.shape:
                continue
            if pair.agree(picked, want) if mine_is_large else pair.agree(have, picked):
                axes = [str(i) for i in range(have.ndim) if have.shape[i] != want.shape[i]]
                along = f"along {'axis' if len(axes) == 1 else 'the axes'} {listed(axes)}"
                said = f"The expected numbers are every {which} of yours {along}"
                if not mine_is_large:
                    said = f"Your numbers are every {which} of the expected ones {along}"
                return f"{said}: {mine} for {right}."
    for at_end in (False, True):
        inside = [min(n, m) for n, m in zip(have.shape, want.shape, strict=True)]
        one, other = (_corner(a, inside, at_end) for a in (have, want))
        if pair.agree(one, other) and one.size > 1:
            where = "the last ones" if at_end else "the first ones"
            return f"{_sizes_differ(pair)} Where both have numbers ({where}), they agree."
    middle = _middle(have, want)
    if middle is not None and pair.agree(*middle):
        return f"{_sizes_differ(pair)} Without the border, the numbers agree."
    return None


def _corner(array: np.ndarray, sizes: Sequence[int], at_end: bool) -> np.ndarray:
    pairs = zip(array.shape, sizes, strict=True)
    cut = [slice(n - m, n) if at_end else slice(0, m) for n, m in pairs]
    return array[tuple(cut)]


def _middle(have: np.ndarray, want: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    gaps = [n - m for n, m in zip(have.shape, want.shape, strict=True)]
    if any(gap % 2 for gap in gaps) or not (min(gaps) >= 0 or max(gaps) <= 0):
        return None
    one, other = (have, want) if min(gaps) >= 0 else (want, have)
    cut = tuple(slice(abs(g) // 2, n - abs(g) // 2) for g, n in zip(gaps, one.shape, strict=True))
    return (one[cut], other) if min(gaps) >= 0 else (other, one[cut])


def _sizes_differ(pair: Shapes) -> str:
    """Which axes are too long or too short, and by how much."""
    parts = []
    axes = pair.want.ndim
    for axis, (n, m) in enumerate(zip(pair.have.shape, pair.want.shape, strict=True)):
        if n != m:
            size = "one" if abs(n - m) == 1 else str(abs(n - m))
            words = axis_words(axis, axes)
            one = words.replace("entries", "entry") if axes > 2 else words.removesuffix("s")
            parts.append(
                f"{size} {one if abs(n - m) == 1 else words} too {'many' if n > m else 'few'}"
            )
    mine, right = pair.texts
    said = " and ".join(parts[:3])
    return f"There {'is' if said.startswith('one') else 'are'} {said}: {mine} for {right}."


def _more_or_less(pair: Shapes) -> str | None:
    have, want = pair.have.shape, pair.want.shape
    mine, right = pair.texts
    if len(have) == len(want):
        return _sizes_differ(pair)
    if len(want) > 1 and len(have) == len(want) - 1 and have == want[1:]:
        return f"The first axis is missing: {mine} for {right}."
    axes = count(len(have), "axis", "axes")
    return f"Your result has {axes}, and {len(want)} expected: {mine} for {right}."


_LOOKS = (_ones, _exchanged, _rearranged, _grown, _reduced, _broadcast, _cut, _more_or_less)
