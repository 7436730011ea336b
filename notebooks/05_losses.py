# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 · Losses: one number that says how wrong
#
# A network answers, you know the right answer, and a *loss function* turns the gap between the two
# into one number. Everything a network ever learns, it learns by making that number smaller.
#
# When you have worked through this chapter you can
#
# - compute L1, mean squared error and cross-entropy by hand and with `torch.nn`, and choose among
#   them;
# - read a loss: what it is for a perfect answer, for a guess, and for a confident mistake;
# - say exactly what `loss.backward()` writes, and what it does *not* do;
# - tell the loss from the accuracy;
# - recognise the mistakes with losses that give a number and no error.
#
# You need Python and chapters 1 and 4. Run each cell with **Shift + Enter**. Where you read *predict*,
# say your answer aloud before you run the cell.
#
# **Time.** Reading takes about 43 minutes, the exercises 110; the core is 87 of them, what is marked *further* 65.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share. The grey cells below an exercise that look
# empty are theirs: leave them as they are. **no trace** stands in every list: what an answer
# was given, and torch's own settings, are afterwards as they were before.

# %%
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autograder import check, hint, progress

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
import warnings

from autograder.torch_nn.pictures import ch05
from autograder.torch_nn.questions import review

# %% [markdown]
# ## Before you start
#
# Three questions on earlier chapters, with no points. Skip them freely.

# %% tags=["demo"]
review(5)

# %% tags=["demo"]
review.answer(None, None, None)

# %% [markdown] seed=["A5.c1", "B5.c1"]
# ## 1. What a loss is for
#
# A loss has two jobs.
#
# 1. It **measures**: the larger the gap between what the network put out and what was wanted, the
#    larger the number. It is lowest when there is no gap. For most losses of this chapter that lowest
#    value is 0; section 5 has a case where it is not.
# 2. It **points the way**: its gradient says in which direction each *parameter* of the network has
#    to move for the number to fall. One sometimes reads that the loss is there to "update the
#    output". The output is never updated: it is computed afresh from the weights each time, and it
#    is the weights that change.
#
# Three losses do most of the world's work, and this chapter takes them one after the other: L1,
# mean squared error (also called L2 or MSE), and cross-entropy.

# %% [markdown] seed=["A5.1"]
# ## 2. L1: the mean of the absolute errors
#
# The smallest example: three predictions, three targets, and only the last prediction is wrong, by
# two. *Predict: what is the mean of |1 − 1|, |2 − 2| and |3 − 5|?*

# %% seed=["A5.1"] tags=["demo"]
pred = torch.tensor([1, 2, 3], dtype=torch.float32)
target = torch.tensor([1, 2, 5], dtype=torch.float32)
l1 = nn.L1Loss()
print(l1(pred.reshape(1, 1, 1, 3), target.reshape(1, 1, 1, 3)))
print(l1(pred, target))

# %% [markdown] seed=["A5.1"]
# 2 / 3 = 0.6667, and twice the same. Many tutorials reshape to four axes first, as an image would
# have them. An elementwise loss does not care: any shape will do, as long as both have the *same*
# one.
#
# Note the two pairs of parentheses. `nn.L1Loss()` makes a loss **object**, with its settings;
# calling the object computes the loss. By hand it is a difference, `abs()` and a mean:

# %% tags=["demo"]
errors = (pred - target).abs()
print(errors, errors.mean())

# %% [markdown] seed=["A5.c2", "A5.2"]
# ### `reduction`: mean, sum, or every error by itself
#
# What becomes of the many errors is a setting of the object, the argument `reduction`. Its default
# is `"mean"`. Another value does not change the default; it is said for this one object.

# %% seed=["A5.2", "A5.c2"] tags=["demo"]
print(nn.L1Loss(reduction="sum")(pred, target))
print(nn.L1Loss(reduction="none")(pred, target))

# %% [markdown] seed=["A5.3"]
# ## 3. MSE: the mean of the squared errors
#
# `nn.MSELoss` squares each error before the mean: (0 + 0 + 4) / 3.

# %% seed=["A5.3"] tags=["demo"]
mse = nn.MSELoss()
print(mse(pred, target))

# %% [markdown]
# The square changes what the loss cares about. An error of 2 costs 4, an error of 10 costs 100: a
# single outlier can outweigh all the rest. L1 charges 2 and 10. The Huber loss (`nn.HuberLoss`) is
# *half* a square for errors up to its `delta`, which is 1 unless you say otherwise, and a straight
# line beyond. *Predict its price for an error of 0.5, and for one of 3, before the line of the others.*

# %% tags=["demo"]
off_by, nothing = torch.tensor([0.5, 3.0]), torch.zeros(2)
print("L1:   ", nn.L1Loss(reduction="none")(off_by, nothing))
print("MSE:  ", nn.MSELoss(reduction="none")(off_by, nothing))
print("Huber:", nn.HuberLoss(reduction="none")(off_by, nothing))

# %% tags=["demo"]
ch05.loss_curves()

# %% [markdown]
# *Left, what one prediction costs; right, how hard it is pulled, by the size of its error.*
#
# The slopes on the right are those of one prediction by itself. What does a mean of three make of them?
# `requires_grad_()` asks torch to follow what is computed from a tensor, and `backward()` from the loss
# then writes the slope into its `.grad`. *Predict: the last error is −2, so the picture has the slopes −1
# for L1 and −4 for MSE. What will `.grad` say?*

# %% tags=["demo"]
for loss_fn in (nn.L1Loss(), nn.MSELoss()):
    followed = pred.clone().requires_grad_()
    loss_fn(followed, target).backward()
    print(followed.grad)

# %% [markdown]
# A third of each. A mean of N things is a sum divided by N, and so is its gradient: each of the N is
# pulled with 1/N of its own slope. Remember the 1/N; it comes back with every mean in this chapter.

# %% [markdown] seed=["E23"]
# ## 4. Three traps of the simple losses
#
# **Trap 1: whole numbers.** Leave out `dtype=torch.float32`, and Python's `1, 2, 3` become int64.
# A mean of whole numbers need not be a whole number, so PyTorch refuses; for MSE there is not even
# an implementation.

# %% seed=["E23"] tags=["demo"]
whole_pred, whole_target = torch.tensor([1, 2, 3]), torch.tensor([1, 2, 5])
for loss_fn in (nn.L1Loss(), nn.MSELoss()):
    try:
        loss_fn(whole_pred, whole_target)
    except (RuntimeError, NotImplementedError) as error:
        print(f"{type(error).__name__}: {error}")
print("mended:", nn.MSELoss()(whole_pred.float(), whole_target.float()))

# %% [markdown] seed=["E23"]
# **Trap 2: one pair of parentheses.** `nn.MSELoss(pred, target)` does not compute a loss. It makes
# a loss object, and takes your tensors for its settings. The message does not sound like that:

# %% seed=["E23"] tags=["demo"]
try:
    nn.MSELoss(pred, target)
except RuntimeError as error:
    print("RuntimeError:", error)
print("mended:", nn.MSELoss()(pred, target), "or", F.mse_loss(pred, target))

# %% [markdown] seed=["E23"]
# **Trap 3: shapes that broadcast.** This one gives a number. A network with one output returns
# (N, 1); the targets are often (N,). *Predict: is the loss of `pred[:, None]` against `target` still
# 1.3333?*

# %% seed=["E23"] tags=["demo"]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(nn.MSELoss()(pred[:, None], target))
print(caught[0].category.__name__, "-", caught[0].message)
print("mended:", nn.MSELoss()(pred[:, None].squeeze(1), target))
print("alike in shape:", pred[:, None].shape == target.shape)

# %% [markdown] seed=["E23"]
# 4.0, and a warning that is easily lost in a long log. (3, 1) against (3,) is stretched to
# (3, 3), so every prediction is compared with every target:

# %% seed=["E23"] tags=["demo"]
ch05.broadcast_trap(pred, target)

# %% [markdown]
# *Left the three squares that were meant, right the nine that were computed. Only those on the diagonal
# belong there.*

# %% [markdown]
# ### Exercise 5.1 · `l1_loss` · ★☆☆ · 10 minutes
#
# Write `l1_loss(pred, target, reduction="mean")`.
#
# - `pred` and `target`: float tensors (float16, bfloat16, float32 or float64, both alike) of the same
#   shape, with at least one element, any number of axes, none included, and in any memory layout.
# - `reduction`: `"mean"`, `"sum"` or `"none"`.
#
# What is required:
#
# - **values** (1.5 points): `"mean"` gives the mean of the absolute errors over all elements,
#   `"sum"` their sum, both as a tensor of shape `()`; `"none"` gives the errors themselves, in the
#   shape of `pred`. The dtype is that of `pred`.
# - **gradients** (1 point): `backward()` from the result reaches `pred` with the right gradient.
#   Where a prediction hits its target exactly, |x| has a corner, and any slope from that of one side
#   to that of the other is right; NaN is not. Where no gradient is asked for, as under
#   `torch.no_grad()`, the result requires none.
# - **refusals** (1 point): tensors of different shapes raise `ValueError`, also where torch would
#   stretch one to fit the other, and so does any other `reduction`, an empty string or `None` too.
# - **no trace** (0.5 points): `pred` and `target` stay as they are (numbers, `requires_grad`,
#   `.grad`), and so do torch's settings, such as random seeds and the default dtype.
#
# You may use every function of torch.
#
# ```python
# pred, target = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 5.0])
# l1_loss(pred, target)          # tensor(0.6667)
# l1_loss(pred, target, "sum")   # tensor(2.)
# l1_loss(pred, target, "none")  # tensor([0., 0., 2.])
# ```
#
# Decided when graded: other shapes, dtypes and memory layouts, with fresh numbers; more pairs of
# shapes and more names to refuse.

# %% [markdown] tags=["hints"] exercise="l1_loss"
# 1. Two things can be wrong with the arguments; look at them before you compute anything. Then
#    there is one tensor, the errors, from which all three results follow.
# 2. A shape is compared with `==`. `raise ValueError("...")` stops with your own words. Tensors
#    have methods for the absolute value, the mean and the sum.
# 3. Make the errors of every element first, without sign, and only then ask which reduction is
#    wanted. What is left over when it is none of the three names?

# %% nbgrader={"grade": false, "grade_id": "l1_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def l1_loss(pred, target, reduction="mean"):
    """The absolute errors of ``pred`` against ``target``: their mean, their sum, or all of them."""
    ### BEGIN SOLUTION
    if pred.shape != target.shape:
        raise ValueError(f"the shapes {pred.shape} and {target.shape} differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError(f"reduction is {reduction!r}, not 'mean', 'sum' or 'none'")
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "l1_loss-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from autograder.checks import probes

def example():
    return torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 5.0])

def refused(answer, pred, target):
    column = probes.outcome(answer, pred[:, None], target)
    name = probes.outcome(answer, pred, target, "average")
    return {"errors": answer(*example(), "none"), "(3, 1) and (3,)": column, "average": name}

check("l1_loss/mean", l1_loss, *example())
check("l1_loss/sum", l1_loss, *example(), reduction="sum")
check("l1_loss/none", l1_loss, *example(), reduction="none")
too_high, at = torch.tensor([[4.0, 1.0], [0.0, 2.0]]), torch.tensor([[1.0, 2.0], [0.5, -2.0]])
check("l1_loss/two axes", l1_loss, too_high.clone(), at.clone())
check("l1_loss/slope", probes.gradients, l1_loss, too_high, at, requirement="gradients")
check("l1_loss/refuses", refused, l1_loss, *example(), requirement="refusals")

# %% nbgrader={"grade": true, "grade_id": "l1_loss-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("l1_loss")
WAYS = ("mean", "sum", "none")

def pair(*shape, dtype=torch.float32, sign=1):
    """Multiples of 1/4; errors of both signs in turn, each larger than 1."""
    pred = (4 * probes.normal(*shape, generator=g, dtype=dtype)).round() / 4
    gaps = 1.25 + (4 * probes.normal(*shape, generator=g, dtype=dtype)).round().abs() / 4
    signs = sign * (1 - 2 * (torch.arange(pred.numel()) % 2)).reshape(shape)
    return pred, pred + gaps * signs.to(dtype)

def own(t):
    """A copy; what lies in memory in another way is given as it is."""
    return t.clone() if t.is_contiguous() else t

def means(answer, *pairs):
    return [answer(own(pred), own(target)) for pred, target in pairs]

def reductions(answer, *pairs, of_others=()):
    found = []
    for pred, target in pairs:
        found.append(answer(pred.clone(), target.clone()))
        found += [answer(pred.clone(), target.clone(), reduction=way) for way in WAYS[1:]]
    return found + means(answer, *of_others)

def slopes(answer, pred, target, ways=WAYS):
    """The corner at an exact hit: any slope between the two sides counts as 0."""
    found, corner = {}, pred == target
    for way in ways:
        one = found[way] = probes.gradients(lambda p: answer(p, own(target), way), pred)
        one["gradients"] = [
            s if s is None else s.masked_fill(corner & (s.abs() <= 1), 0) for s in one["gradients"]
        ]
    return found

def all_slopes(answer, *pairs):
    return [slopes(answer, pred, target, ("mean",)) for pred, target in pairs]

def beside_old(answer, pred, target):
    """Both require a gradient and have an old one; then nothing is recorded, or requires any."""
    leaves = [t.clone().requires_grad_() for t in (pred, target)]
    for leaf in leaves:
        leaf.grad = torch.ones_like(leaf)
    found = [answer(*leaves, way) for way in WAYS]
    with torch.no_grad():
        found.append(answer(*leaves))
    found.append(answer(pred.clone(), target.clone()))
    required = [getattr(loss, "requires_grad", None) for loss in found]
    return {"losses": found, "requires a gradient": required}

def refusals(answer, pred, target, *shapes):
    found = {"errors": answer(pred.clone(), target.clone(), "none")}
    for i, (ours, theirs) in enumerate(shapes):
        first, second = (
            t.flatten()[: math.prod(shape)].reshape(shape)
            for t, shape in ((pred, ours), (target, theirs))
        )
        way = WAYS[i % 3]
        found[f"{ours} and {theirs}, {way}"] = probes.outcome(answer, first, second, way)
    return found

def other_names(answer, pred, target):
    found = {"errors": answer(pred.clone(), target.clone(), "none")}
    one = pred[0, 0, 0], target[0, 0, 0]
    for i, way in enumerate(("median", "max", "Mean", "m", "means", "", None, 0, " sum ", False)):
        given = ((pred, target), (pred, pred), one)[i % 3]
        found[f"reduction={way!r}"] = probes.outcome(answer, *(t.clone() for t in given), way)
    return found

three, turned, (third, seventh) = pair(2, 3, 4), pair(4, 3), pair(3, dtype=torch.float64)
wide, (small, apart) = pair(3, 8), pair(3, dtype=torch.float64)
hits = three[0][0], torch.where(torch.arange(4) % 2 == 0, three[0][0], three[1][0])
lines, numbers = (
    (pair(1, 3), pair(3, 1), pair(1, 1, 2)),
    (pair(1), pair(1, 1), pair(), pair(sign=-1, dtype=torch.float64)),
)
close = {"rtol": 1e-5, "atol": 1e-6}
huge = tuple(2.0**40 * t for t in pair(2, 3))
infinite, no_number = (
    (torch.tensor([value, 1.0, -2.0]), torch.tensor([0.0, 3.0, 1.5])) for value in (-math.inf, math.nan)
)
check("l1_loss/three axes", reductions, l1_loss, three, of_others=[pair(2, 1, 2, 1, 3)], **close)
check("l1_loss/huge, infinite, NaN", means, l1_loss, huge, infinite, no_number, **close)
check("l1_loss/one row, one column", reductions, l1_loss, *lines[:1], of_others=lines[1:], **close)
check("l1_loss/one number", reductions, l1_loss, *numbers[2:], of_others=numbers[:2], **close)
check(
    "l1_loss/float64",
    reductions,
    l1_loss,
    (third / 7 + 1e8, seventh / 7 + 1e8),
    of_others=[(small * 2.0**-20, apart * 2.0**-20)],
    rtol=1e-12,
    atol=1e-12,
)
half, brain = {"dtype": torch.float16}, {"dtype": torch.bfloat16}
far = tuple(2.0**20 * t for t in pair(4, **brain))
check("l1_loss/float16", reductions, l1_loss, pair(3, 2, **half), rtol=5e-3, atol=1e-3)
check("l1_loss/bfloat16", reductions, l1_loss, pair(3, 2, **brain), rtol=3e-2, atol=1e-3)
narrow = far, pair(700, **brain)
check("l1_loss/many or large, in half precision", means, l1_loss, *narrow, rtol=3e-2, atol=1e-3)
layouts = [
    (turned[0].T, turned[1].T),
    (turned[0].T, turned[1].T.contiguous()),
    (wide[0][:, 1::2], wide[1][:, ::2]),
    (wide[0][:1].expand(3, 8), wide[1]),
]
check("l1_loss/transposed", reductions, l1_loss, layouts[0], of_others=layouts[1:], **close)
check("l1_loss/gradients", slopes, l1_loss, *three, requirement="gradients", **close)
exactly = {"requirement": "gradients", "rtol": 1e-5, "atol": 1e-9}
check("l1_loss/some exact hits", slopes, l1_loss, *hits, **exactly)
check(
    "l1_loss/all exact",
    slopes,
    l1_loss,
    torch.stack([hits[0], hits[0]]),
    torch.stack(hits),
    ("mean", "none"),
    **exactly,
)
kinds = pair(), pair(4, **half), pair(4, **brain), (small, apart), layouts[2]
rough = {"requirement": "gradients", "rtol": 3e-2, "atol": 1e-3}
check("l1_loss/gradients of all kinds", all_slopes, l1_loss, *kinds, **rough)
check(
    "l1_loss/beside old gradients", beside_old, l1_loss, *three, requirement="gradients", **close
)
stretched = [((4,), (1,)), ((2, 4), (2, 1)), ((2, 4), (1, 4)), ((2, 4), (4,)), ((3,), ())]
as_many = [((3, 1), (3,)), ((1, 3), (3,)), ((1, 4), (4, 1)), ((1,), ())]
apart = [((3, 4), (4, 3)), ((2, 4), (2, 3)), ((2, 6), (3, 4))]
for name, shapes in {
    "stretched": stretched,
    "as many elements": as_many,
    "that do not fit": apart,
}.items():
    check(
        f"l1_loss/shapes {name}",
        refusals,
        l1_loss,
        *three,
        *shapes,
        requirement="refusals",
        **close,
    )
check("l1_loss/other reductions", other_names, l1_loss, *three, requirement="refusals", **close)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 5.2 · `mse_loss` · ★☆☆ · 8 minutes · further
#
# Write `mse_loss(pred, target)`, the mean of the squared differences.
#
# - `pred` and `target`: tensors of the same shape, with at least one element, any number of axes, none
#   included, and in any memory layout; both float32, or both int64 and at most a million away from 0.
#
# What is required:
#
# - **float32** (1 point): the mean over all elements, a float32 tensor of shape `()`.
# - **whole numbers** (1 point): the same for int64: the result is float32 and not rounded to a whole
#   number, also where the differences go into the hundred thousands.
# - **gradient** (0.5 points): where `pred` is float32, `backward()` from the result reaches it with
#   the right gradient: 0 where a prediction hits its target exactly. Where no gradient is asked for,
#   as under `torch.no_grad()`, the result requires none.
# - **refusals** (1 point): tensors of different shapes raise `ValueError`, whatever PyTorch would
#   make of them.
# - **no trace** (0.5 points): `pred` and `target` stay as they are (numbers, `requires_grad`,
#   `.grad`), and so do torch's settings, such as random seeds and the default dtype.
#
# You may use every function of torch.
#
# ```python
# mse_loss(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 5.0]))  # tensor(1.3333)
# mse_loss(torch.tensor([0, 4]), torch.tensor([1, 2]))                    # tensor(2.5000)
# ```
#
# Decided when graded: other shapes and memory layouts, with fresh numbers, and more pairs of shapes to
# refuse.

# %% [markdown] tags=["hints"] exercise="mse_loss"
# 1. Two of the three traps above are in this exercise. Which tensors make `nn.MSELoss` stop, and
#    which ones make it return a number that it should not?
# 2. Compare the shapes, not the numbers of elements. For whole numbers, remember what the cell of
#    trap 1 did in its last line.
# 3. Three steps: refuse shapes that differ; turn both tensors into floats; then difference, square
#    and mean, or the ready-made function.

# %% nbgrader={"grade": false, "grade_id": "mse_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mse_loss(pred, target):
    """The mean of the squared differences of two tensors of the same shape."""
    ### BEGIN SOLUTION
    if pred.shape != target.shape:
        raise ValueError(f"the shapes {pred.shape} and {target.shape} differ")
    difference = (pred - target).float()
    return (difference**2).mean()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "mse_loss-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from autograder.checks import probes

def column_and_row(answer, pred, target):
    column = probes.outcome(answer, pred[:, None], target)
    return {"(3, 1) and (3,)": column, "loss": answer(pred, target)}

def three():
    return torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 5.0])

check("mse_loss/three", mse_loss, *three())
table, wanted = torch.tensor([[4.0, 0.0], [1.5, 2.0]]), torch.tensor([[1.0, 1.0], [2.0, 2.0]])
check("mse_loss/two axes", mse_loss, table, wanted)
counts = torch.tensor([0, 4]), torch.tensor([1, 2])
check("mse_loss/whole numbers", mse_loss, *counts, requirement="whole numbers")
check("mse_loss/slope", probes.gradients, mse_loss, *three(), requirement="gradient")
check("mse_loss/column and row", column_and_row, mse_loss, *three(), requirement="refusals")

# %% nbgrader={"grade": true, "grade_id": "mse_loss-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("mse_loss")

def pair(*shape, sign=1):
    """No prediction is 0; differences of both signs in turn, each larger than 1 and never 2."""
    pred = (16 * probes.normal(*shape, generator=g)).round() / 16 + 1 / 32
    gaps = (
        1 + torch.randint(1, 16, shape, generator=g) / 16 + torch.randint(0, 3, shape, generator=g)
    )
    return pred, pred + gaps * sign * (1 - 2 * (torch.arange(pred.numel()) % 2)).reshape(shape)

def whole(*shape, scale=1):
    pred = scale * torch.randint(-9, 10, shape, generator=g)
    gaps = scale * torch.randint(1, 4, shape, generator=g) * 2 + 1
    return pred, pred + gaps * (1 - 2 * (torch.arange(pred.numel()) % 2)).reshape(shape)

def own(t):
    """A copy; what lies in memory in another way is given as it is."""
    return t.clone() if t.is_contiguous() else t

def losses(answer, *pairs):
    return [answer(own(pred), own(target)) for pred, target in pairs]

def slopes(answer, *pairs):
    return [probes.gradients(lambda p, t=t: answer(p, own(t)), pred) for pred, t in pairs]

def beside_old(answer, pred, target):
    """Both require a gradient and have an old one; then nothing is recorded, or requires any."""
    leaves = [t.clone().requires_grad_() for t in (pred, target)]
    for leaf in leaves:
        leaf.grad = torch.ones_like(leaf)
    found = [answer(*leaves)]
    with torch.no_grad():
        found.append(answer(*leaves))
    found += [answer(pred.clone(), target.clone()), answer(pred.long(), target.long())]
    required = [getattr(loss, "requires_grad", None) for loss in found]
    return {"losses": found, "requires a gradient": required}

def refusals(answer, pred, target, *shapes):
    found = {"loss": answer(pred[0, 0, :1].clone(), target[0, 0, :1].clone())}
    for i, (ours, theirs) in enumerate(shapes):
        kind = (torch.float32, torch.int64)[i % 2]
        first, second = (
            t.flatten()[: math.prod(shape)].reshape(shape).to(kind)
            for t, shape in ((pred, ours), (target, theirs))
        )
        found[f"{ours} and {theirs}, {kind}"] = probes.outcome(answer, first, second)
    return found

fresh, turned, wide = pair(2, 3, 4), pair(4, 3), pair(3, 8)
counts, thousands = whole(2, 3), (whole(2, 3, scale=1000), whole(2, 2, scale=50_000))
counts[1][0, 0] += 1  # five odd differences and an even one: their mean is no whole number
lines, numbers = (
    (pair(1, 3), pair(3, 1), pair(1, 1, 2)),
    (pair(1), pair(1, sign=-1), pair(1, 1), pair()),
)
hit = fresh[0][0], torch.where(torch.arange(4) % 2 == 0, fresh[0][0], fresh[1][0])
close = {"rtol": 1e-5, "atol": 1e-6}
huge = tuple(2.0**20 * t for t in pair(2, 3))
layouts = [
    (turned[0].T, turned[1].T),
    (turned[0].T, turned[1].T.contiguous()),
    (wide[0][:, 1::2], wide[1][:, ::2]),
    (wide[0][:1].expand(3, 8), wide[1]),
]
no_number = torch.tensor([math.nan, 1.0, -2.0]), torch.tensor([0.0, 3.0, 1.5])
all_axes = fresh, pair(2, 1, 2, 1, 3), huge, no_number
check("mse_loss/three axes", losses, mse_loss, *all_axes, **close)
check("mse_loss/one row, one column", losses, mse_loss, *lines, **close)
check("mse_loss/one number", losses, mse_loss, *numbers, **close)
check("mse_loss/transposed", losses, mse_loss, *layouts, **close)
check("mse_loss/some exact hits", losses, mse_loss, hit, (fresh[0], fresh[0]), **close)
whole_numbers = {"requirement": "whole numbers", **close}
check("mse_loss/whole numbers, two axes", losses, mse_loss, counts, **whole_numbers)
check(
    "mse_loss/one whole number", losses, mse_loss, whole(1), whole(1, 1), whole(), **whole_numbers
)
check("mse_loss/thousands", losses, mse_loss, *thousands, **whole_numbers)
of_pred = {"requirement": "gradient", **close}
single = numbers[0], numbers[-1]
check("mse_loss/gradient", slopes, mse_loss, fresh, layouts[2], *single, **of_pred)
check("mse_loss/gradient at hits", slopes, mse_loss, hit, **of_pred)
check("mse_loss/beside old gradients", beside_old, mse_loss, *fresh, **of_pred)
stretched = [((4,), (1,)), ((2, 4), (2, 1)), ((2, 4), (1, 4)), ((2, 4), (4,)), ((3,), ())]
as_many = [((3, 1), (3,)), ((1, 3), (3,)), ((1, 4), (4, 1)), ((1,), ())]
apart = [((3, 4), (4, 3)), ((2, 4), (2, 3)), ((2, 6), (3, 4))]
for name, shapes in {
    "stretched": stretched,
    "as many elements": as_many,
    "that do not fit": apart,
}.items():
    check(
        f"mse_loss/shapes {name}",
        refusals,
        mse_loss,
        *fresh,
        *shapes,
        requirement="refusals",
        **close,
    )
### END HIDDEN TESTS

# %% [markdown] seed=["A5.c3", "E10"]
# ## 5. Cross-entropy: the price of the right answer
#
# L1 and MSE measure distances between numbers. Classes have no distances: a cat is not "one more"
# than a dog. For classes the loss asks another question: *how much did the network believe in the
# right one?*
#
# A picture of a dog goes through a network that knows three classes, person (0), dog (1) and
# cat (2). Out come three **scores**, also called *logits*: 0.1, 0.2 and 0.3. The right class is
# `target = 1`. Three steps lead to the loss:
#
# 1. the scores are any numbers, one for each class,
# 2. *softmax* makes probabilities of them: exponentials, divided by their sum,
# 3. the loss is minus the logarithm of the right one's probability.
#
# In one line, where the fraction has been taken apart:
#
# $$\text{loss}(x, \text{class}) = -\log\frac{e^{x[\text{class}]}}{\sum_j e^{x[j]}}
#   = -x[\text{class}] + \log\sum_j e^{x[j]}$$
#
# Here log is the natural logarithm, the one that undoes e^x. For one number Python has `math.exp` and
# `math.log`; tensors have the methods `exp()` and `log()`.

# %% seed=["A5.c3"] tags=["demo"]
scores = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
probabilities = scores.exp() / scores.exp().sum()
print(probabilities)
print(f"{-math.log(probabilities[1]):.11f}")
print((-scores[1] + scores.exp().sum().log()).item())
print(math.exp(0.2), scores.exp()[1].item())

# %% [markdown] seed=["A5.4"]
# The calculation by hand gives 1.10194284823. `nn.CrossEntropyLoss` takes the scores, with one row
# for each sample, (N, C), and the class numbers, (N,), and does all three steps at once. *Predict: the
# scores prefer the cat. If each of the three classes in turn were the right one, for which would the
# loss be smallest?*

# %% seed=["A5.4"] tags=["demo"]
x = torch.tensor([0.1, 0.2, 0.3]).reshape(1, 3)
cross_entropy_loss = nn.CrossEntropyLoss()
print(cross_entropy_loss(x, torch.tensor([1])))
for i, name in enumerate(ch05.NAMES):
    print(name, cross_entropy_loss(x, torch.tensor([i])))

# %% tags=["demo"]
ch05.minus_log(float(probabilities[1]))

# %% [markdown]
# *The loss of one sample, by the probability of its right class.*
#
# Read the curve from right to left. Being right and certain costs nothing. A guess among ten
# classes costs ln 10 = 2.3026, a number to remember. And being certain and *wrong* has no upper
# limit: there is no worse answer than a confident mistake.

# %% [markdown]
# Now move the scores yourself. How far must the dog's score rise for the loss to fall below 0.1?
# What happens when you raise all three scores by the same amount?

# %% tags=["demo"]
ch05.explore_scores(torch.tensor([0.1, 0.2, 0.3]), target=1)

# %% [markdown]
# Where no sliders run, here is their first picture:

# %% tags=["demo"]
ch05.scores_to_loss(torch.tensor([0.1, 0.2, 0.3]), target=1)

# %% [markdown]
# *From scores to probabilities to the loss; the dog is the right one.*

# %% [markdown] seed=["E26"]
# ### What it takes, and what it refuses
#
# Scores of one sample may come without the batch axis; then the target is a single number, with or
# without an axis. A target is a class *number*, and its dtype matters:

# %% seed=["E26"] tags=["demo"]
one = torch.tensor([0.1, 0.2, 0.3])
print(cross_entropy_loss(one, torch.tensor(1)), cross_entropy_loss(one, torch.tensor([1])))
print("uint8:        ", cross_entropy_loss(x, torch.tensor([1], dtype=torch.uint8)))
print("float one-hot:", cross_entropy_loss(x, torch.tensor([[0.0, 1.0, 0.0]])))
refused = {
    "int32": torch.tensor([1], dtype=torch.int32),
    "int one-hot": torch.tensor([[0, 1, 0]]),
    "class 3 of 3": torch.tensor([3]),
}
for name, bad_target in refused.items():
    try:
        cross_entropy_loss(x, bad_target)
    except (RuntimeError, IndexError) as error:
        print(f"{name}: {type(error).__name__}: {error}")

# %% [markdown]
# A float target is a *soft* one: a probability for every class. The loss is then the mean of the
# classes' −log p, weighted by the target. *Predict: the target is 0.9, 0.05, 0.05, and the network
# believes exactly that. There is no gap. Is the loss 0?*

# %% tags=["demo"]
soft = torch.tensor([[0.9, 0.05, 0.05]])
print("no gap:     ", cross_entropy_loss(soft.log(), soft))
print("surer:      ", cross_entropy_loss(2 * soft.log(), soft))
print("less sure:  ", cross_entropy_loss(0.5 * soft.log(), soft))

# %% [markdown]
# 0.3944, and that is the lowest there is: surer or less sure costs more. A soft target is itself unsure,
# and what it is unsure of has to be paid. Only a target that puts all on one class can be had for 0.

# %% [markdown] seed=["E26"]
# ### The formula is right, and still not what torch computes
#
# Written down as printed, the formula breaks for large scores: float32 ends near 3.4 · 10³⁸, and
# e¹⁰⁰⁰ is far beyond. *Predict the two lines; on paper, class 1 costs 1000 − 0 = 1000.*

# %% seed=["E26"] tags=["demo"]
large = torch.tensor([1000.0, 0.0])
print("as printed:", -large[1] + large.exp().sum().log())
print("torch:     ", cross_entropy_loss(large, torch.tensor(1)))

# %% [markdown]
# Adding the same number to every score changes no probability (you saw it with the sliders). So
# before the exponential there is a number that one may take out of all scores for free. Finding it
# is the heart of the next exercise.

# %% [markdown]
# ### Exercise 5.3 · `ce_by_hand` · ★★☆ · 12 minutes
#
# Write `ce_by_hand(scores, cls)`: the cross-entropy of one sample in pure Python.
#
# - `scores`: a list of at least two numbers, floats or ints, in any order: equal ones may be among them,
#   and each is at most a million away from 0.
# - `cls`: the index of the right class, an int from 0 to `len(scores) - 1`.
#
# What is required:
#
# - **ordinary scores** (1.75 points): the loss as a `float`, right to six decimals.
# - **scores of any size** (1.75 points): the same where scores are very large or far below 0, alike or
#   thousands apart: no overflow, no logarithm of 0, and no loss cut off.
# - **no trace** (0.5 points): the list stays as it is; so do the states of Python's random numbers and
#   of torch.
#
# **Not allowed** is torch; Python and its module `math` are enough.
#
# ```python
# ce_by_hand([0.1, 0.2, 0.3], 1)   # 1.1019428482292442
# ce_by_hand([1000.0, 0.0], 1)     # 1000.0
# ```
#
# Decided when graded: other lists, with fresh numbers.

# %% [markdown] tags=["hints"] exercise="ce_by_hand"
# 1. Begin with the formula as it is printed and let the visible check pass. Then try
#    `[1000.0, 0.0]` and `[-1000.0, -1001.0]` and read what Python says.
# 2. log(Σ e^x) = m + log(Σ e^(x − m)) for every number m. With which m is no exponent above 0, and
#    at least one exactly 0?
# 3. `max(scores)` has both properties. Use it inside the exponentials, add it back outside, and
#    only then subtract the right score.

# %% nbgrader={"grade": false, "grade_id": "ce_by_hand", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ce_by_hand(scores, cls):
    """−scores[cls] + log Σ exp(scores), for scores of any size."""
    ### BEGIN SOLUTION
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return largest + math.log(total) - scores[cls]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ce_by_hand-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
not_here = ("tensor", "as_tensor", "softmax", "log_softmax", "logsumexp", "cross_entropy")
check("ce_by_hand/dog", ce_by_hand, [0.1, 0.2, 0.3], 1, rtol=1e-9, forbid=not_here)
any_size = {"requirement": "scores of any size", "rtol": 1e-9, "forbid": not_here}
check("ce_by_hand/large", ce_by_hand, [1000.0, 0.0], 1, **any_size)
check("ce_by_hand/far below 0", ce_by_hand, [-1000.0, -1001.0], 1, **any_size)

# %% nbgrader={"grade": true, "grade_id": "ce_by_hand-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("ce_by_hand")
MAKERS = "tensor as_tensor asarray Tensor FloatTensor DoubleTensor HalfTensor BFloat16Tensor LongTensor from_numpy"
MAKERS += " scalar_tensor zeros ones empty full eye arange linspace stack exp log log1p logaddexp sum max amax"
MAKERS += " softmax log_softmax logsumexp cross_entropy nll_loss Softmax LogSoftmax CrossEntropyLoss NLLLoss functional"
NO_TORCH = (*not_here, *(f"torch.{name}" for name in MAKERS.split()))

def all_classes(answer, *lists):
    losses, afterwards = [], []
    for scores in lists:
        for cls in range(0, len(scores), 1 + len(scores) // 7):  # of many classes some
            given = list(scores)
            losses.append(probes.outcome(answer, given, cls))
            afterwards.append(given)
    return {"losses": losses, "lists afterwards": afterwards}

def scores(n):
    """All different, and not in order."""
    noise = torch.randint(-8, 9, (n,), generator=g) / 64
    shift = 1 + int(torch.randint(n - 1, (1,), generator=g))
    return (0.4 * torch.arange(n) - n / 8 + noise).roll(shift).tolist()

def hundreds(n):
    return torch.randint(1, 200, (n,), generator=g).tolist()

def losses(name, *lists, requirement="ordinary scores"):
    sides = {"lists afterwards": "no trace"}
    more = {
        "rtol": 1e-12,
        "atol": 1e-6,
        "forbid": NO_TORCH,
        "requirement": requirement,
        "sides": sides,
    }
    check(f"ce_by_hand/{name}", all_classes, ce_by_hand, *lists, **more)

s, (a, b, c) = scores(3), hundreds(3)
losses("two to six classes", *(scores(n) for n in (2, 3, 4, 5, 6)))
losses("twenty classes", scores(20))
losses("equal scores", [s[0]] * 4, [s[1], s[1] - 1, s[1]], [s[2] - 1, s[2] - 1, s[2]])
losses("whole numbers", [a, a + 2, a + 1], [b, b], [-c, 1 - c])
losses("zeros", [0.0, 0.0, 0.0], [0.0, s[0], 0.0], [0.0, 8.0, -1.5])
of_any_size = {"requirement": "scores of any size"}
losses(
    "thousands", [1000.0 + a, 1000.0 + a - s[0], 1000.0 + a - s[1]], [1000.0 + b] * 3, **of_any_size
)
losses("thousands below 0", [-1000.0 - a, -1001.0 - a], [-1000.0 - b] * 3, **of_any_size)
edge = [-742.25, -743.5], [0.0, -742.25], [s[0], s[0] - 743.5, s[0]]  # exp is not 0, and inexact
losses("where exponentials fade", *edge, **of_any_size)
losses(
    "thousands apart",
    [1000.0 + a, float(b)],
    [float(b), -1200.0, 1000.0 - c],
    [-1e4 - a, 1e4 + b],
    [1000.0 + a, float(b), 1000.0 + a],
    **of_any_size,
)
losses("a million", [1e6 - a, 1e6 - a - 1.5], [b - 1e6, b - 1e6 + 0.5, 0.0], **of_any_size)
whole = [1000 + a, b, 1000 + a], [-2000 - c, -2001 - c], [2000 + a, b, -3000]
losses("large whole numbers", *whole, [2000 + a, s[0]], **of_any_size)
### END HIDDEN TESTS

# %% [markdown]
# ### A batch: one score of each row
#
# In a batch every row has a right class of its own, so of every row another score is needed. *Predict:
# which of these three picks 2.0 from the first row and −1.0 from the second?*

# %% tags=["demo"]
rows = torch.tensor([[2.0, 0.0, 0.5], [0.0, 1.0, -1.0]])
right = torch.tensor([0, 2])
print(rows[:, right])
print(rows[torch.arange(2), right])
print(rows.gather(1, right[:, None]))

# %% [markdown]
# The first takes the columns 0 and 2 of *every* row. The second is given a row number and a column number
# for each: (0, 0) and (1, 2). `gather` does the same along axis 1; it wants an index with as many axes
# as the table, hence the `None`, and returns a column.
#
# The log of the sum of the exponentials has a function of its own, which takes the safe way round:

# %% tags=["demo"]
print(rows.exp().sum(dim=1).log())
print(rows.logsumexp(dim=1))
print(large.exp().sum().log(), large.logsumexp(dim=0))

# %% [markdown]
# ### Exercise 5.4 · `cross_entropy` · ★★☆ · 15 minutes
#
# Write `cross_entropy(logits, target)` for a whole batch, with tensors.
#
# - `logits`: scores (N, C), float32 or float64, of any size and in any memory layout; N and C are at
#   least 1.
# - `target`: class numbers (N,), int64. Not every class need occur, and one may occur several times.
#
# What is required:
#
# - **loss** (2 points): the mean over the N samples, a tensor of shape `()` with the dtype of
#   `logits`, for every N and C.
# - **scores of any size** (1.25 points): the loss is right, too, where scores are thousands apart, or
#   all of a row lie near 1000 or near −1000: no inf, no NaN, and no loss cut off.
# - **gradient** (1.25 points): `backward()` from the result reaches `logits` with the right gradient,
#   for scores of any size. Where no gradient is asked for, as under `torch.no_grad()`, the result
#   requires none.
# - **no trace** (0.5 points): `logits` and `target` stay as they are (numbers, `requires_grad`,
#   `.grad`), and so do torch's settings, such as random seeds and the default dtype.
#
# **Not allowed** are the ready-made losses: `F.cross_entropy`, `F.nll_loss`, `F.kl_div` and all others
# of `F` and `nn`. Softmax, log-softmax, log-sum-exp and all else may be used.
#
# ```python
# cross_entropy(torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([1]))  # tensor(1.1019)
# ```
#
# Decided when graded: other N and C, with fresh numbers, float64 and other memory layouts.

# %% [markdown] tags=["hints"] exercise="cross_entropy"
# 1. Each row is Exercise 5.3 again. You need two things for each row: the log of the sum of the
#    exponentials, and the one score that the target points to.
# 2. `torch.logsumexp` and `F.log_softmax` have the safe form built in; mind their `dim`. To pick one
#    number from each row, index with two tensors, the row numbers and the columns, or use `gather`.
# 3. `logits[torch.arange(N), target]` has shape (N,). With one number a row in hand, what is left is
#    a difference and a mean.

# %% nbgrader={"grade": false, "grade_id": "cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_entropy(logits, target):
    """The mean cross-entropy of scores (N, C) and class numbers (N,)."""
    ### BEGIN SOLUTION
    rows = torch.arange(len(target))
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "cross_entropy-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from autograder.checks import probes

ready_made = ("cross_entropy", "nll_loss", "kl_div")

def two_samples():
    return torch.tensor([[2.0, 0.0, 0.5], [0.0, 1.0, -1.0]]), torch.tensor([0, 2])

by_hand, any_size = {"forbid": ready_made}, {"requirement": "scores of any size"}
dog, large = torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([[1000.0, 0.0]])
check("cross_entropy/dog", cross_entropy, dog, torch.tensor([1]), **by_hand)
check("cross_entropy/two samples", cross_entropy, *two_samples(), **by_hand)
check("cross_entropy/large", cross_entropy, large, torch.tensor([1]), **any_size, **by_hand)
slope = {"requirement": "gradient", **by_hand}
check("cross_entropy/slope", probes.gradients, cross_entropy, *two_samples(), **slope)

# %% nbgrader={"grade": true, "grade_id": "cross_entropy-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("cross_entropy")
READY = (
    "cross_entropy_loss",
    "nll_loss_nd",
    "nll_loss2d",
    "nll_loss_forward",
    "nll_loss2d_forward",
)
READY += ("kl_div", *(name for name in dir(F) if name.endswith("_loss") or "cross_entropy" in name))
READY += tuple(f"torch.nn.{name}" for name in dir(nn) if name.endswith("Loss"))

def losses(answer, *cases):
    """What lies in memory in another way than in rows is given as it is."""
    return [
        answer(logits.clone() if logits.is_contiguous() else logits, target.clone())
        for logits, target in cases
    ]

def beside_old(answer, logits, target):
    """They require a gradient and have an old one; then nothing is recorded, or requires any."""
    leaf = logits.clone().requires_grad_()
    leaf.grad = torch.ones_like(leaf)
    found = [answer(leaf, target.clone())]
    with torch.no_grad():
        found.append(answer(leaf, target.clone()))
    found.append(answer(logits.clone(), target.clone()))
    required = [getattr(loss, "requires_grad", None) for loss in found]
    return {"losses": found, "requires a gradient": required}

def slopes(answer, *cases):
    found = [
        probes.gradients(lambda x: answer(x, target.clone()), logits) for logits, target in cases
    ]
    for one in found:  # where a gradient is not finite, devices differ in how much of it is not
        one["gradients"] = [
            s if s is not None and s.isfinite().all() else None for s in one["gradients"]
        ]
    return found

def case(n, c, last=False, target=None, dtype=torch.float32):
    """Scores of a row at least 1/4 apart, the right one never the largest."""
    noise = torch.randint(-4, 5, (n, c), generator=g) / 32
    steps = torch.rand(n, c, generator=g).argsort(1) * 0.5
    if target is None:
        target = torch.randint(max(c - 1, 1), (n,), generator=g)  # the last class does not occur
        if n > 2 < c:
            target[:2] = torch.tensor([0, 1])  # two of them differ
        target[-1] = c - 1 if last else target[-1]
    steps = torch.where((steps.argmax(1) == target)[:, None], steps.roll(1, 1), steps)
    return (steps + noise - round(6.4 * c) / 32).to(dtype), target

def decide(name, how, *cases, **more):
    close = {"rtol": 1e-5, "atol": 1e-6, "forbid": READY, **more}
    check(f"cross_entropy/{name}", how, cross_entropy, *cases, **close)

near, labels = case(4, 4, target=torch.tensor([1, 2, 0, 3]))
near += torch.tensor([0.0, 1.0, 2.0, 4.0])  # columns are unlike rows
apart, rows = near.clone(), torch.arange(4)
apart[rows, labels] -= 2000.0 + 100.0 * rows  # the right class is hopeless
apart[rows, (labels + 1) % 4] += 1000.0
winning = near.clone()
winning[rows, labels] += 2000.0
level = torch.tensor([[1000.0], [-1000.0], [0.0], [-2000.0]])
abreast = torch.full((4, 4), 1000.0)  # the others are equal
abreast[rows, labels] = -1000.0
enormous = torch.tensor([[1e30, -1e30, 0.0]]), torch.tensor([1])
turned, wide = case(4, 3), case(4, 8)
inner, lines = wide[0][:, 2:6], wide[0][:1].expand(4, 8)
decide("one sample", losses, case(1, 10))
decide("many samples", losses, case(9, 10), case(3, 12, last=True))
decide("as many samples as classes", losses, case(5, 5, last=True))
decide("one class", losses, case(4, 1), case(1, 1), case(3, 2))
decide("one class occurs", losses, (near, torch.full((4,), 2)))
decide(
    "float64",
    losses,
    case(4, 3, dtype=torch.float64),
    case(1, 5, dtype=torch.float64),
    rtol=1e-12,
    atol=1e-12,
)
layouts = [(turned[0].T.contiguous().T, turned[1]), (inner, labels), (lines, wide[1])]
decide("transposed", losses, *layouts)
one_sample = case(1, 6, last=True), case(4, 1)
level_double = torch.zeros(4, 3, dtype=torch.float64), torch.tensor([2, 0, 2, 2])
decide("gradient of one sample", slopes, *one_sample, requirement="gradient")
decide(
    "gradient of many",
    slopes,
    case(7, 10, last=True),
    *layouts[:2],
    level_double,
    requirement="gradient",
)
decide("beside an old gradient", beside_old, near, labels, requirement="gradient")
of_any_size = {"requirement": "scores of any size", "rtol": 1e-5, "atol": 1e-3}
rough = {"requirement": "gradient", "rtol": 1e-3, "atol": 1e-3}
beyond = [(1000.0 * apart, labels), enormous]
decide("gradient of the hopeless", slopes, (apart, labels), **rough)
leveled = (near[:2] - 1000.0, labels[:2]), (near + level, labels)
decide("gradient near -1000", slopes, *leveled, **rough)
of_any_size = {"requirement": "scores of any size", "rtol": 1e-5, "atol": 1e-3}
decide("hopeless", losses, (apart, labels), (abreast, labels), *beyond, **of_any_size)
sure = (winning, labels), (near[:1], labels[:1])
decide("thousands apart and right", losses, *sure, **of_any_size)
decide(
    "all near 1000",
    losses,
    (near[:1] + 1000.0, labels[:1]),
    (near[1:] + 1500.0, labels[1:]),
    **of_any_size,
)
decide(
    "all near -1000",
    losses,
    (near[:1] - 1000.0, labels[:1]),
    (near[1:] - 1500.0, labels[1:]),
    **of_any_size,
)
decide("each row at its own level", losses, (near + level, labels), **of_any_size)
decide(
    "of any size in float64",
    losses,
    (near[:1].double() + 1000, labels[:1]),
    (apart.double(), labels),
    **of_any_size,
)
### END HIDDEN TESTS

# %% [markdown] seed=["A5.5"]
# ## 6. A whole network
#
# Now a real network and images: CIFAR-10 where you have it in a folder `dataset`, else the course's own
# drawings, which look the same to a network. (These are the images for *testing*, and here they are
# only looked at. Chapter 6 says why nobody should train on them.)

# %% seed=["A5.5"] tags=["demo"]
from torchvision.transforms import ToTensor

from autograder.torch_nn.data import cifar10, tensors

test_images = cifar10(train=False, transform=ToTensor())
one_by_one = DataLoader(test_images, batch_size=1)

# %% [markdown] seed=["A5.5"]
# The network is the quick one of chapter 4, untrained: an image goes in, ten scores come out. The
# loader hands over one image at a time, with its class number.

# %% seed=["A5.5"] tags=["demo"]
def quick_net():
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 5, padding=2), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 4 * 4, 64), nn.Linear(64, 10),
    )


torch.manual_seed(5)
net = quick_net()
for i, (image, label) in zip(range(3), one_by_one):
    print(*(f"{score:+.2f}" for score in net(image)[0]), " right:", label.item())

# %% [markdown] seed=["A5.6"]
# Ten scores near 0, so ten probabilities near 1/10. *Predict: what will be the loss of an image? The
# number was marked on a curve above.*

# %% seed=["A5.6"] tags=["demo"]
losses = []
with torch.no_grad():
    for i, (image, label) in zip(range(100), one_by_one):
        losses.append(cross_entropy_loss(net(image), label).item())
print(cross_entropy_loss(net(image), label))
print([round(value, 2) for value in losses[:6]], "mean:", round(sum(losses) / 100, 2))
print("ln 10:", math.log(10))

# %% tags=["demo"]
ch05.losses_of_images(losses)

# %% [markdown]
# *A dot for each image; the axis begins at 0, where a sure and right answer would be.*
#
# Around 2.3, whatever the picture shows. That is the first thing to look at in any training: a
# fresh classifier with C classes starts near ln C. If yours starts at 8, something is wrong before
# the first step.

# %% [markdown] seed=["A5.c4", "A5.7"]
# ## 7. What `backward()` writes
#
# Follow the loss back to the scores and ask of each: if this score rose a little, by how much would
# the loss rise? Four lines answer it; $k$ is the right class, and $i$ any class.
#
# $$\begin{aligned}
# \text{loss} &= -x_k + \log\textstyle\sum_j e^{x_j} && \text{the loss of section 5} \\
# \frac{\partial}{\partial x_i}(-x_k) &= -1 \text{ if } i = k, \text{ else } 0
#   && \text{that is } -\text{one-hot} \\
# \frac{\partial}{\partial x_i}\log\textstyle\sum_j e^{x_j} &= \frac{1}{\sum_j e^{x_j}}\, e^{x_i}
#   && \text{that is softmax} \\
# \frac{\partial\,\text{loss}}{\partial x_i} &= \text{softmax}_i - \text{one-hot}_i && \text{their sum}
# \end{aligned}$$
#
# In the third line the slope of log is 1 over what stands inside, times the slope of what stands inside;
# of that sum only the term with $x_i$ moves. So the answer is as short as a formula can be:
#
# **softmax − one-hot**: every class's probability, and 1 less for the right class.
#
# Descent goes against it. So the right score is pushed up by 1 − p, and each wrong one down by its
# own p. A network that is right and sure is left alone; one that is sure and wrong is pulled with
# full force.

# %% tags=["demo"]
logits = torch.tensor([[0.1, 0.2, 0.3]], requires_grad=True)
cross_entropy_loss(logits, torch.tensor([1])).backward()
print(logits.grad)
print(logits.detach().softmax(dim=1) - F.one_hot(torch.tensor([1]), 3))

# %% tags=["demo"]
ch05.gradient_pulls(
    {
        "knows nothing": torch.tensor([0.1, 0.2, 0.3]),
        "sure and wrong": torch.tensor([0.5, 0.2, 4.0]),
        "sure and right": torch.tensor([0.5, 4.5, 0.3]),
    },
    target=1,
)

# %% [markdown]
# *Above, what the network believes; below, on an axis of their own, how hard descent pulls each score up
# or down. The dog is right.*
#
# That was one sample. *Predict: the same sample stands in the batch twice. What lies in `.grad` now?*

# %% tags=["demo"]
twice = torch.tensor([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]], requires_grad=True)
cross_entropy_loss(twice, torch.tensor([1, 1])).backward()
print(twice.grad)

# %% [markdown]
# Half of it in each row: the loss of a batch is a *mean*, and there is the 1/N again. For N samples each
# row of `.grad` is its softmax − one-hot, divided by N.

# %% [markdown]
# ### Exercise 5.5 · `ce_grad` · ★★☆ · 15 minutes · further
#
# Write `ce_grad(logits, target)`: what `backward()` of the mean cross-entropy would write into
# `logits.grad`, by formula.
#
# - `logits`: scores (N, C), float32 or float64, of any size and in any memory layout; N and C are at
#   least 1. They may or may not require a gradient.
# - `target`: class numbers (N,), int64. Not every class need occur, and one may occur several times.
#
# What is required:
#
# - **gradient** (2 points): the gradient of the **mean** loss of the batch, a tensor (N, C) with the
#   dtype of `logits`, for every N and C.
# - **scores of any size** (0.75 points): the same where scores are thousands apart, or all of a row lie
#   near 1000 or near −1000: no NaN.
# - **plain result** (0.5 points): the result does not itself require a gradient, whether `logits` do
#   or not.
# - **no trace** (0.75 points): `logits`, their `requires_grad` and their `.grad` stay as they are; so
#   do `target` and torch's settings, such as grad mode and random seeds.
#
# **Not allowed** is autograd: `backward`, `torch.autograd.grad` and their relatives, `torch.func`
# included.
#
# ```python
# ce_grad(torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([1]))  # tensor([[ 0.3006, -0.6678,  0.3672]])
# ```
#
# Decided when graded: other N and C, with fresh numbers, float64 and other memory layouts.

# %% [markdown] tags=["hints"] exercise="ce_grad"
# 1. For one sample the formula stands above. What does the mean over N samples do to the gradient
#    of each of them?
# 2. `softmax` needs the right `dim`; the one-hot rows can be made by `F.one_hot` (read its second
#    argument), or you subtract 1 at the places `[torch.arange(N), target]`.
# 3. Begin with `logits.detach()`, or work under `torch.no_grad()`. Check your result: each row adds
#    up to 0, and with N = 2 the numbers are half as large as with one sample.

# %% nbgrader={"grade": false, "grade_id": "ce_grad", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ce_grad(logits, target):
    """The gradient of the mean cross-entropy by the scores (N, C)."""
    ### BEGIN SOLUTION
    gradient = logits.detach().softmax(dim=1)
    gradient[torch.arange(len(target)), target] -= 1
    return gradient / len(target)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ce_grad-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
autograd = ("backward", "grad")

def two_samples(answer):
    two = torch.tensor([[2.0, 0.0, 1.0], [0.0, 1.0, -1.0]], requires_grad=True)
    result = answer(two, torch.tensor([0, 2]))
    required = getattr(result, "requires_grad", None)
    return {"gradient": result, "requires a gradient": required}

def large(answer):
    return answer(torch.tensor([[1000.0, 0.0, -1000.0]]), torch.tensor([2]))

plain = {"requires a gradient": "plain result"}
check("ce_grad/dog", ce_grad, torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([1]), forbid=autograd)
check("ce_grad/two samples", two_samples, ce_grad, sides=plain, forbid=autograd)
check("ce_grad/large", large, ce_grad, requirement="scores of any size", forbid=autograd)

# %% nbgrader={"grade": true, "grade_id": "ce_grad-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("ce_grad")
AUTOGRAD = (
    "backward",
    "grad",
    "vjp",
    "jvp",
    "jacobian",
    "jacrev",
    "jacfwd",
    "hessian",
    "grad_and_value",
)
AUTOGRAD += (
    "linearize",
    "vhp",
    "hvp",
    "nll_loss_backward",
    "softmax_backward_data",
    "log_softmax_backward_data",
)

def gradients(answer, *cases):
    """What lies in memory in another way than in rows is given as it is."""
    return [
        answer(scores.clone() if scores.is_contiguous() else scores, target.clone())
        for scores, target in cases
    ]

def under_no_grad(answer, *cases):
    with torch.no_grad():
        return gradients(answer, *cases)

def plain_or_not(answer, first, second, required):
    found = []
    for scores, target in (first, second):
        leaf = scores.clone().requires_grad_(required)
        for given in (leaf, 1 * leaf) if required else (leaf,):  # or computed from what does
            result = answer(given, target.clone())
            found.append((result, getattr(result, "requires_grad", None)))
    return found

def beside_old(answer, *cases):
    found = {
        "gradients": [],
        "requires a gradient": [],
        ".grad afterwards": [],
        "logits afterwards": [],
    }
    for scores, target in cases:
        leaf = scores.clone().requires_grad_()
        leaf.grad = 2 * scores + 1
        result = answer(leaf, target.clone())
        found["gradients"].append(result)
        found["requires a gradient"].append(getattr(result, "requires_grad", None))
        found[".grad afterwards"].append(leaf.grad)
        found["logits afterwards"].append((leaf.detach(), leaf.requires_grad))
    return found

def case(n, c, last=True, target=None, dtype=torch.float32):
    """Scores of a row at least 1/4 apart, the right one never the largest."""
    noise = torch.randint(-4, 5, (n, c), generator=g) / 32
    steps = torch.rand(n, c, generator=g).argsort(1) * 0.5
    if target is None:
        target = torch.randint(max(c - 1, 1), (n,), generator=g)
        if n > 2 < c:
            target[:2] = torch.tensor([0, 1])  # two of them differ
        target[-1] = c - 1 if last else target[-1]
    steps = torch.where((steps.argmax(1) == target)[:, None], steps.roll(1, 1), steps)
    return (steps + noise - round(6.4 * c) / 32).to(dtype), target

def decide(name, how, *cases, **more):
    close = {"rtol": 1e-5, "atol": 1e-6, "forbid": AUTOGRAD, **more}
    check(f"ce_grad/{name}", how, ce_grad, *cases, **close)

near, labels = case(4, 4, target=torch.tensor([1, 2, 0, 3]))
apart, rows = near.clone(), torch.arange(4)
apart[rows, labels] -= 2000.0  # the right class is hopeless
apart[rows, (labels + 1) % 4] += 1000.0
turned = case(4, 3)
decide("one sample", gradients, case(1, 4), case(1, 7, last=False))
decide("many samples", gradients, case(5, 6), case(7, 3))
decide(
    "as many samples as classes",
    gradients,
    case(5, 5, target=torch.tensor([1, 2, 0, 4, 4])),
    case(2, 2),
)
decide("the last class is missing", gradients, case(5, 6, last=False), case(3, 3, last=False))
decide("one class occurs", gradients, (near, torch.full((4,), 3)))
decide("one class", gradients, case(4, 1), case(1, 1), case(3, 2))
decide("float64", gradients, case(4, 3, dtype=torch.float64), rtol=1e-12, atol=1e-12)
wide = case(4, 8)
inner, lines = wide[0][:, 2:6], wide[0][:1].expand(4, 8)
layouts = (inner, torch.tensor([3, 0, 1, 3])), (lines, wide[1])
decide("transposed", gradients, (turned[0].T.contiguous().T, turned[1]), *layouts)
left = {".grad afterwards": "no trace", "logits afterwards": "no trace"}
old = {"sides": {"requires a gradient": "plain result", **left}}
decide("beside an old gradient", beside_old, case(1, 7), case(5, 4), **old)
decide(
    "logits that require a gradient",
    plain_or_not,
    case(1, 5),
    case(2, 3),
    True,
    requirement="plain result",
)
decide(
    "logits that require none",
    plain_or_not,
    case(1, 5),
    case(2, 3),
    False,
    requirement="plain result",
)
of_any_size = {"requirement": "scores of any size", "rtol": 1e-5, "atol": 1e-4}
own, right = near[3:], labels[3:]
enormous = torch.tensor([[1e30, -1e30, 0.0]]), torch.tensor([1])
hopeless = (apart[3:], right), (1.5 * apart[3:], right), enormous
decide("hopeless", gradients, *hopeless, **of_any_size)
decide("all near 1000", gradients, (own + 1000.0, right), (own + 1500.0, right), **of_any_size)
decide("all near -1000", gradients, (own - 1000.0, right), (own - 1500.0, right), **of_any_size)
level = torch.tensor([[1000.0], [-1000.0], [0.0], [-2000.0]])
leveled = (near + level, labels), ((near + level).double(), labels)
decide("each row at its own level", gradients, *leveled, **of_any_size)
decide("under no_grad", under_no_grad, case(3, 5))
### END HIDDEN TESTS

# %% [markdown] seed=["A5.7", "A5.c4", "E24"]
# ## 8. Backward is not learning
#
# One often sees a loop like the next one, with the remark that loss and gradient descent now optimise
# the network: forward, loss, backward, next image. *Predict: how many weights has it changed after
# three images? And what lies in the gradient of the last layer's bias after each?*

# %% seed=["A5.7", "A5.c4", "E24"] tags=["demo"]
before = [p.detach().clone() for p in net.parameters()]
for i, (image, label) in zip(range(3), one_by_one):
    loss = cross_entropy_loss(net(image), label)
    loss.backward()
    gradient = [round(value, 1) for value in net[-1].bias.grad.tolist()]
    print(f"right: {label.item()}  gradient: {gradient}")
print("weights changed:", any(not torch.equal(p, old) for p, old in zip(net.parameters(), before)))

# %% [markdown] seed=["E24"]
# None. `backward()` computes gradients and puts them into `.grad`; moving the weights is the
# optimizer's `step()`, and there is none here. And look at the gradients: the second row still
# contains the first, the third contains both. `backward()` **adds** to what it finds. The same image
# twice gives exactly twice the gradient:

# %% seed=["E24"] tags=["demo"]
image, label = next(iter(one_by_one))
net.zero_grad()
print("after zero_grad():", net[-1].bias.grad)
cross_entropy_loss(net(image), label).backward()
first = net[-1].bias.grad.clone()
cross_entropy_loss(net(image), label).backward()
print("exactly twice:", torch.equal(net[-1].bias.grad, 2 * first))

# %% [markdown] seed=["E24"]
# `zero_grad()` takes the gradients away: they become `None` (in old versions zeros, which
# `set_to_none=False` still gives). That backward adds is meant well: a batch too large for the
# memory can be fed in parts, and their gradients add up. *Predict: eight samples in two parts of four,
# each with its own mean loss. By what factor does the sum of the two gradients differ from the gradient
# of all eight?*

# %% tags=["demo"]
torch.manual_seed(5)
slim = nn.Linear(3, 2)
batch_x, batch_y = torch.randn(8, 3), torch.arange(8) % 2
cross_entropy_loss(slim(batch_x), batch_y).backward()
whole = slim.bias.grad.clone()
for share in (1, 1 / 2):
    slim.zero_grad()
    for part in (slice(0, 4), slice(4, 8)):
        loss = share * cross_entropy_loss(slim(batch_x[part]), batch_y[part])
        loss.backward()
    print(f"each loss times {share}: factor", [round(f, 3) for f in (slim.bias.grad / whole).tolist()])

# %% [markdown] seed=["E24"]
# Twice the gradient: each mean divided by 4 where the whole divides by 8. With parts of one size, divide
# each part's loss by the number of parts. With parts of different sizes, add up *sums* and divide by the
# number of all samples.
#
# And in either case somebody has to clear up between two steps. The whole recipe has three lines, and
# chapter 6 is about the last one.

# %% seed=["E24"] tags=["demo"]
optimizer = torch.optim.SGD(net.parameters(), lr=0.02)
for i in range(4):
    loss = cross_entropy_loss(net(image), label)
    optimizer.zero_grad()  # 1. forget the old gradients
    loss.backward()        # 2. compute the new ones
    optimizer.step()       # 3. move the weights
    print(round(loss.item(), 1))

# %% [markdown] seed=["E24"]
# Before `backward()` or after `step()`, the place of `zero_grad()` makes no difference. Between the
# two, it throws away what was just computed, and nothing is learnt:

# %% seed=["E24"] tags=["demo"]
line = nn.Linear(2, 1)
optimizer = torch.optim.SGD(line.parameters(), lr=0.1)
old = line.weight.detach().clone()
line(torch.ones(1, 2)).sum().backward()
optimizer.zero_grad()
optimizer.step()
print("weights changed:", not torch.equal(line.weight, old))

# %% [markdown] seed=["E25"]
# ## 9. One softmax too many
#
# A classifier should return probabilities, one thinks, and puts `nn.Softmax` at its end. But
# `CrossEntropyLoss` contains a softmax already. Nothing complains: probabilities are numbers, and
# any numbers will do as scores. *Predict: which of these five are 1.1019?*

# %% seed=["E25"] tags=["demo"]
label_1 = torch.tensor([1])
print("CrossEntropyLoss of scores:     ", F.cross_entropy(x, label_1))
print("CrossEntropyLoss of softmax:    ", F.cross_entropy(x.softmax(dim=1), label_1))
print("CrossEntropyLoss of log_softmax:", F.cross_entropy(x.log_softmax(dim=1), label_1))
print("NLLLoss of softmax:             ", F.nll_loss(x.softmax(dim=1), label_1))
print("NLLLoss of log_softmax:         ", F.nll_loss(x.log_softmax(dim=1), label_1))

# %% [markdown] seed=["E25"]
# 1.1001 instead of 1.1019: too close to notice. (A second *log*-softmax changes nothing, because
# the exponentials of log-probabilities add up to 1 already.)
#
# The fourth line is below 0, which −log p never is: `NLLLoss` expects logarithms and was given
# probabilities. A negative loss is a reason to look for a missing logarithm, and no proof of one:

# %% tags=["demo"]
measured, expected, variance = torch.tensor([1.01]), torch.tensor([1.0]), torch.tensor([0.01])
print("NLLLoss of bare scores:", F.nll_loss(x, label_1))
print("GaussianNLLLoss:       ", nn.GaussianNLLLoss()(expected, measured, variance))

# %% [markdown] seed=["E25"]
# In the first, the log-softmax is missing. In the second nothing is wrong: it is minus the logarithm of a
# *density*, and a density may be far above 1.
#
# The damage shows in the best case. A network that is perfectly sure and right has the probabilities
# 1, 0, 0, …; taken as *scores*, they are a lukewarm answer. Below this floor no training gets:

# %% seed=["E25"] tags=["demo"]
for classes in (3, 10):
    perfect = torch.eye(classes)[:1]
    print(classes, "classes:", F.cross_entropy(perfect, torch.tensor([0])))

# %% [markdown] seed=["E25"]
# Two trainings, alike to the last weight, on the same 256 drawings; only the one has a softmax too
# many. All they have to do is to learn these images by heart. Noted after each epoch are the loss, and
# the *accuracy*: for how many images the highest score is that of the right class.

# %% seed=["E25"] tags=["demo"]
drawings, drawn = (part[:256] for part in tensors(train=True))
many_images = F.avg_pool2d(drawings, 2) - 0.5  # 16 × 16 pixels will do, and take less time

# %% seed=["E25"] tags=["demo"]
def train(last_layer, epochs=30):
    torch.manual_seed(5)
    layers = [nn.Flatten(), nn.Linear(768, 64), nn.ReLU(), nn.Linear(64, 10)]
    model = nn.Sequential(*layers, last_layer)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    losses, accuracies = [], []
    for epoch in range(epochs):
        for images, labels in zip(many_images.split(64), drawn.split(64)):
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
        scores = model(many_images).detach()
        losses.append(F.cross_entropy(scores, drawn).item())
        accuracies.append((scores.argmax(dim=1) == drawn).float().mean().item())
    return losses, accuracies

# %% seed=["E25"] tags=["demo"]
plain, doubled = train(nn.Identity()), train(nn.Softmax(dim=1))
for name, (losses_of, right_of) in {"scores": plain, "softmax": doubled}.items():
    print(f"{name:8} loss {losses_of[-1]:.1f}, right {right_of[-1]:.0%}")
ch05.softmax_floor(plain, doubled)

# %% [markdown]
# *Left the loss, right the accuracy, after each epoch. The hatched region is out of reach.*
#
# The loss is stuck far above 0, and yet nearly all images are right. Both are true at once; section 10
# says why.

# %% [markdown]
# ### Exercise 5.6 · `make_net_and_loss` · ★★☆ · 10 minutes
#
# **Bug hunt.** The pair in the next cell trains without a complaint on one single sample of three
# classes. It soon gives the right answer, and still its loss never falls below 0.55.
#
# Write `make_net_and_loss(i, c)`, which returns a pair `(net, loss_fn)` that is right:
#
# - `i` and `c`: how many numbers go into the network, at least one, and how many classes there are,
#   at least two.
#
# What is required:
#
# - **loss** (2.5 points): `loss_fn(net(x), y)`, with `x` (N, i) and class numbers `y` (N,), is the mean
#   cross-entropy of the batch, with what the linear layer puts out as the scores: a tensor of shape
#   `()`, for every N, in training mode and in eval mode.
# - **one linear layer** (1 point): `net` takes (N, i) to (N, c). Its only parameters are those of one
#   `nn.Linear(i, c)`, weight and bias.
# - **gradients** (1 point): `backward()` from the loss reaches weight and bias with the right
#   gradients, so that the pair learns, in either mode.
# - **no trace** (0.5 points): each call makes a new network with random weights of its own, and what
#   happens to one pair changes no other; computing a loss changes neither the network nor its mode nor
#   its `.grad`; random seeds and torch's settings stay as they are.
#
# There is more than one good repair; any of them will do. Decided when graded: other sizes and fresh
# numbers, scores far from 0 among them.

# %% tags=["demo"]
def hasty_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=1))
    return net, nn.CrossEntropyLoss()


torch.manual_seed(5)
hasty_net, hasty_loss = hasty_net_and_loss(4, 3)
optimizer = torch.optim.SGD(hasty_net.parameters(), lr=0.5)
for step in range(60):
    loss = hasty_loss(hasty_net(torch.ones(1, 4)), torch.tensor([2]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
is_right = hasty_net(torch.ones(1, 4)).argmax(dim=1).item() == 2
print(f"after {step + 1} steps: loss {loss.item():.2f}, right: {is_right}")

# %% [markdown] tags=["hints"] exercise="make_net_and_loss"
# 1. Count how often a softmax is applied between the linear layer and the number that comes out.
#    How often should it be?
# 2. Look at the five lines above that compare losses. Two of them use a pair of network end and
#    loss that gives 1.1019 and belongs together.
# 3. Either the network ends with its linear layer, or it ends with the *logarithm* of the softmax
#    and has the loss that expects that. In the second case the classes lie along axis 1.

# %% nbgrader={"grade": false, "grade_id": "make_net_and_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_net_and_loss(i, c):
    """A linear classifier from i numbers to c classes, and the loss that fits it."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(i, c)), nn.CrossEntropyLoss()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "make_net_and_loss-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def by_hand(make):
    net, loss_fn = make(2, 3)
    x, y = torch.tensor([[1.0, 2.0], [0.5, -1.0]]), torch.tensor([2, 0])
    shapes = [tuple(net(x).shape), *sorted(tuple(p.shape) for p in net.parameters())]
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.arange(p.numel()).reshape(p.shape) - 1)
    loss = loss_fn(net(x), y)
    if loss.requires_grad:
        loss.backward()
    slopes = [p.grad for p in net.parameters() if p.shape == (3,)]
    return {"loss": loss, "slopes of the bias": slopes, "shapes": shapes}

sides = {"shapes": "one linear layer", "slopes of the bias": "gradients"}
check("make_net_and_loss/two samples", by_hand, make_net_and_loss, sides=sides)

# %% nbgrader={"grade": true, "grade_id": "make_net_and_loss-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("make_net_and_loss")

def pair_of(make, weight, bias, x):
    net, loss_fn = make(weight.shape[1], weight.shape[0])
    net(x)  # lazy layers become real ones
    with torch.no_grad():
        for p in net.parameters():
            for wanted in (weight, bias):
                if p.shape == wanted.shape:
                    p.copy_(wanted)
    return net.train(), loss_fn

def state(net):
    return [[p.detach().tolist(), p.requires_grad, p.grad.tolist()] for p in net.parameters()]

def losses(make, *cases, training=True):
    """In eval mode without a graph."""
    found, alike = [], []
    for weight, bias, x, y in cases:
        net, loss_fn = pair_of(make, weight, bias, x)
        for p in net.train(training).parameters():
            p.grad = torch.ones_like(p)
        before = state(net)
        with torch.set_grad_enabled(training):
            found.append(loss_fn(net(x), y))
        alike.append((net.training == training, state(net) == before))
    return {"losses": found, "the mode kept, the network kept": alike}

def layer(make, i, c, n):
    (net, loss_fn), (other, _) = make(i, c), make(i, c)
    output, same = net(torch.ones(n, i)), other(torch.ones(n, i))
    found = {"output": tuple(output.shape), "parameters": probes.parameter_shapes(net)}
    return found | {"two calls give the same weights": torch.equal(output, same)}

def slopes(net, weight, bias):
    return [
        next((p.grad for p in net.parameters() if p.shape == w.shape), None) for w in (weight, bias)
    ]

def backward(make, *cases, training=True):
    found = []
    for weight, bias, x, y in cases:
        net, loss_fn = pair_of(make, weight, bias, x)
        loss = loss_fn(net.train(training)(x), y)
        if loss.requires_grad:
            loss.sum().backward()
        found.append({"loss": loss, "gradients": slopes(net, weight, bias)})
    return found

def steps(make, weight, bias, x, y):
    net, loss_fn = pair_of(make, weight, bias, x)
    history = []
    for _ in range(3):
        net.zero_grad()
        loss = loss_fn(net(x), y)
        history.append(loss.detach())
        loss.sum().backward()
        with torch.no_grad():
            for p in net.parameters():
                if p.grad is not None:
                    p -= 0.5 * p.grad
    return history

def two_pairs(make, weight, bias, x, y):
    (one, its_loss), (other, others_loss) = (
        pair_of(make, weight, bias, x),
        pair_of(make, -weight, bias.flip(0), x),
    )
    found = [its_loss(one(x), y), others_loss(other(x), y), its_loss(one(x), y)]
    return found, [m.training for m in (one, other)]

def case(n, i, c, far=3):
    """Scores of both signs, nearly ``far`` and -``far``. Each class occurs where n allows it."""
    bias = far * (1 - 2 * (torch.arange(c) % 2)) + probes.normal(c, generator=g) / 4
    x, y = probes.normal(n, i, generator=g).clamp(-1.5, 1.5), (torch.arange(n) * 2 + n) % c
    return probes.normal(c, i, generator=g).clamp(-1, 1) / i, bias + torch.arange(c) / 8, x, y

def decide(name, how, *given, requirement="loss", **more):
    more = {"rtol": 1e-5, "atol": 1e-6, **more}
    check(
        f"make_net_and_loss/{name}", how, make_net_and_loss, *given, requirement=requirement, **more
    )

three, ten = case(6, 7, 3), case(9, 4, 10)
kept = {"sides": {"the mode kept, the network kept": "no trace"}}
decide("three classes", losses, three, **kept)
decide("ten classes", losses, ten, **kept)
decide("eval mode", losses, three, case(1, 4, 4), training=False, **kept)
decide("two classes", losses, case(4, 3, 2), **kept)
decide("one sample", losses, case(1, 5, 4), **kept)
decide("one number in", losses, case(4, 1, 3), **kept)
low, bias, *batch = case(6, 4, 5, far=8)
decide("scores far from 0", losses, case(6, 4, 5, far=25), (low, bias + 99, *batch), **kept)
i, c = (int(n) for n in torch.randint(3, 9, (2,), generator=g))
own = {"requirement": "one linear layer", "sides": {"two calls give the same weights": "no trace"}}
decide("sizes", layer, i, c + 8, 5, **own)
decide("sizes of one", layer, 1, c, 1, **own)
decide("weight and bias", backward, three, requirement="gradients")
decide(
    "from one sample in eval mode",
    backward,
    case(1, 5, 4),
    training=False,
    requirement="gradients",
)
decide("three steps", steps, *ten, requirement="gradients")
decide("two pairs", two_pairs, *three, requirement="no trace")
### END HIDDEN TESTS

# %% [markdown]
# ## 10. Loss and accuracy are two things
#
# *Accuracy* is what one wants to know in the end: the share of right answers. It asks only *which* score
# is the highest. A softmax keeps their order, so it changes no answer: the network of section 9 with one too
# many is 95 % right. What it spoils is the number that training follows, which cannot get below its
# floor, and with it the pull: that network learns more slowly.
#
# *Predict: of four samples "timid" has all four right, by a hair; "bold" has three right by far, and
# misses the last. Which has the higher accuracy? Which has the lower loss?*

# %% tags=["demo"]
timid = torch.tensor([[0.2, 0.0], [0.2, 0.0], [0.2, 0.0], [0.2, 0.0]])
bold = torch.tensor([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [0.0, 1.0]])
class_0 = torch.tensor([0, 0, 0, 0])
for name, answers in {"timid": timid, "bold": bold}.items():
    accuracy = (answers.argmax(dim=1) == class_0).float().mean()
    print(f"{name:5} accuracy {accuracy:.0%}, loss {F.cross_entropy(answers, class_0):.3f}")

# %% [markdown]
# The two disagree: fewer right answers, and the lower loss. Then why not train on accuracy? Because it does
# not point the way. Move a weight a little, and almost always no answer changes: the slope is 0. Torch does
# not even follow it:

# %% tags=["demo"]
moved = timid.clone().requires_grad_()
print("loss:    ", F.cross_entropy(moved, class_0).requires_grad)
print("accuracy:", (moved.argmax(dim=1) == class_0).float().mean().requires_grad)

# %% [markdown]
# So: train on the loss, report both, and be surprised by neither when they part.

# %% [markdown]
# ## 11. Yes or no: BCE with logits · further
#
# A question with two answers needs one score s and not two. The probability of *yes* is
# sigmoid(s) = 1 / (1 + e^(−s)), and the loss is −log of it where the answer is yes, −log(1 − it) where it is
# no: *binary cross-entropy*. `nn.BCEWithLogitsLoss` takes the scores, and as targets **floats** of the
# same shape, 1 for yes and 0 for no. It is nothing new: two-class cross-entropy in which *no* always has
# the score 0.

# %% tags=["demo"]
yes_scores = torch.tensor([2.0, -1.0, 0.5])
is_cat = torch.tensor([1.0, 0.0, 0.0])
print(nn.BCEWithLogitsLoss()(yes_scores, is_cat))
no_and_yes = torch.stack([torch.zeros(3), yes_scores], dim=1)
print(F.cross_entropy(no_and_yes, is_cat.long()))

# %% [markdown]
# It also serves where several classes may be right at once, a dog *and* a person: a yes or no for each
# class, scores and targets (N, C).
#
# There is `nn.BCELoss` too, which takes probabilities, so one could put a sigmoid before it. *Predict: the
# score is 20, sure of yes, and the answer is no. On paper the loss is 20 and its slope 1. And here?*

# %% tags=["demo"]
no = torch.tensor([0.0])
for value in (10.0, 20.0, 200.0):
    for name in ("with logits ", "sigmoid, BCE"):
        score = torch.tensor([value], requires_grad=True)
        is_one_step = name == "with logits "
        loss = nn.BCEWithLogitsLoss()(score, no) if is_one_step else nn.BCELoss()(score.sigmoid(), no)
        loss.backward()
        print(f"{name} score {value:.0f}: loss {loss.item():.4f}, slope {score.grad.item():.4f}")

# %% [markdown]
# In float32 sigmoid(20) is exactly 1, and log(1 − 1) is minus infinity; `BCELoss` cuts the loss off at 100.
# Worse is the slope, 0: sure, wrong, and never corrected. In one step the number is never 1 − 1. It is the
# same lesson as with softmax: **give the loss the scores**. And mind the targets. Labels 1 and 2 instead of
# 0 and 1 make another loss below 0:

# %% tags=["demo"]
print(nn.BCEWithLogitsLoss()(torch.tensor([3.0]), torch.tensor([2.0])))

# %% [markdown]
# ## 12. How good is it on all of them?
#
# A loss tells of one batch. To compare two networks, or today with yesterday, you want one number
# for a whole data set: the mean over all its samples. *Predict: five samples come as a batch of four and
# a batch of one. Is the mean of the two batches' means the mean of the five?*

# %% tags=["demo"]
five, fives = torch.arange(15.0).reshape(5, 3).sin(), torch.tensor([0, 1, 2, 0, 2])
one_by_one_losses = F.cross_entropy(five, fives, reduction="none")
print(one_by_one_losses.mean(), (one_by_one_losses[:4].mean() + one_by_one_losses[4]) / 2)
print(F.cross_entropy(five[:4], fives[:4], reduction="sum"), one_by_one_losses[:4].sum())

# %% [markdown]
# No: in the second number the last sample weighs as much as the other four together.
#
# Nothing is learnt while measuring, and nothing should be left behind by it. `no_grad()` you saw above. The
# mode is `model.training`: `eval()` ends training mode for the model and all its parts, `train()` brings it
# back, and `train(flag)` sets whichever mode `flag` says.

# %% tags=["demo"]
forgetful = nn.Sequential(nn.Dropout(0.5))
print(forgetful.training, forgetful.eval().training, forgetful.train(True).training)
print(forgetful.train(False).training, forgetful[0].training)

# %%
torch.manual_seed(5)
untrained = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 4, 10))
twelve = DataLoader(TensorDataset(torch.rand(12, 3, 4, 4), torch.arange(12) % 10), batch_size=5)

# %% [markdown]
# ### Exercise 5.7 · `mean_loss` · ★★★ · 20 minutes · further
#
# Write `mean_loss(model, loader)`: the mean cross-entropy over all samples that a loader yields.
#
# - `model`: any `nn.Module` that returns scores (N, C), with all of its parts in one mode, training or
#   eval.
# - `loader`: a `DataLoader` that yields `(x, y)` with class numbers `y` (N,). Its batches need not all
#   have the same size, and it may shuffle, leave out samples of its data set or repeat some.
#
# What is required:
#
# - **mean** (2 points): the mean over the samples that were yielded, each of them counting once, as if
#   all had been one batch.
# - **a float** (0.5 points): the result is a Python `float`, not a tensor, and not rounded.
# - **measuring** (1 point): the model runs in eval mode, every part of it, and no graph is built.
# - **no trace** (1.5 points): afterwards the model is in the mode in which it came, every part of it,
#   and its parameters, their `.grad` and `requires_grad`, its buffers, hooks and attributes are as they
#   were; so are torch's settings, such as grad mode and random seeds.
#
# You may use every function of torch.
#
# ```python
# mean_loss(untrained, twelve)  # a float near ln 10 = 2.3026: ten classes, nothing learnt
# ```
#
# Decided when graded: other models and loaders, with fresh numbers.

# %% [markdown] tags=["hints"] exercise="mean_loss"
# 1. Before the loop: remember the mode, switch it, say that no graph is needed. After the loop: put
#    the mode back. In between you need two running totals.
# 2. `F.cross_entropy` has a `reduction` too. Ten samples in batches of 4 come as 4, 4 and 2: how
#    much may the last batch count?
# 3. Add up the *sums* of the batches (as numbers, `.item()`) and the numbers of samples, and divide
#    once at the very end. `model.train(flag)` sets either mode.

# %% nbgrader={"grade": false, "grade_id": "mean_loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mean_loss(model, loader):
    """The mean cross-entropy of a model over all samples of a loader, as a float."""
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "mean_loss-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
class Watched(nn.Linear):
    def forward(self, x):
        scores = 6 * super().forward(x.flatten(1))
        seen.add((self.training, scores.requires_grad))
        return scores

def watched(answer, training):
    model = Watched(48, 10).train(training)
    seen.clear()
    loss = float(answer(model, twelve))
    return {"loss": loss, "(training mode, graph)": sorted(seen), "afterwards": model.training}

seen, sides = set(), {"(training mode, graph)": "measuring", "afterwards": "no trace"}
nearly = {"rtol": 1e-5, "atol": 1e-4, "sides": sides}
exactly = {"rtol": 1e-6, "atol": 1e-5, "requirement": "a float"}
check("mean_loss/untrained", mean_loss, untrained, twelve, **exactly)
check("mean_loss/in training mode", watched, mean_loss, True, **nearly)
check("mean_loss/in eval mode", watched, mean_loss, False, **nearly)

# %% nbgrader={"grade": true, "grade_id": "mean_loss-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("mean_loss")
noted = set()

class Deep(nn.Module):
    """Each forward notes the modes of all parts and whether there is a graph."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(6, 8), nn.Sequential(nn.Tanh(), nn.Sequential(nn.Identity()))
        )
        self.head, self.scale = nn.Linear(8, 5), 1.0

    def forward(self, x):
        scores = self.scale * self.head(self.body(x))
        noted.update((m.training, scores.requires_grad) for m in self.modules())
        return scores

def measured(answer, inner, training, scale, loader, recording=True):
    noted.clear()
    model, model.body[1][1][0], model.scale = deep, inner, scale
    for i, (p, value) in enumerate(zip(model.train(training).parameters(), values)):
        p.requires_grad_(i != 1).data, p.grad = value.clone(), torch.full_like(value, i + 1.0)
    with torch.set_grad_enabled(recording):
        loss = answer(model, loader)
    return {
        "loss": loss.item() if math.prod(getattr(loss, "shape", (0,))) == 1 else loss,
        "a float": isinstance(loss, float),
        "(training mode, graph)": sorted(noted),
        "modes afterwards": [m.training for m in model.modules()],
        "attributes added": len(vars(model)) - attributes,
    }

def several(answer, *pairs):
    losses = [answer(probes.fill(model), loader) for model, loader in pairs]
    return [loss.item() if isinstance(loss, torch.Tensor) else loss for loss in losses]

def small(answer, gaps, loader):
    """Sure and right: losses near 0."""
    model = nn.Embedding.from_pretrained(torch.stack([gaps, 0 * gaps], dim=1))
    loss = answer(model, loader)
    return [loss, isinstance(loss, float)]

deep = probes.fill(Deep())
attributes = len(vars(deep))
values = [p.detach().clone() for p in deep.parameters()]

def data(n):
    return TensorDataset(probes.normal(n, 6, generator=g), torch.randint(5, (n,), generator=g))

def decide(
    name, loader, inner=nn.ReLU(), training=True, scale=1.0, requirement="mean", recording=True
):
    sides = {
        "modes afterwards": "no trace",
        "attributes added": "no trace",
        "(training mode, graph)": "measuring",
        "a float": "a float",
    }
    sides = {key: other for key, other in sides.items() if other != requirement}
    given = (inner, training, scale, loader, recording)
    check(
        f"mean_loss/{name}",
        measured,
        mean_loss,
        *given,
        requirement=requirement,
        sides=sides,
        rtol=1e-5,
        atol=1e-4,
    )

ten = data(10)
batches = [[0, 1, 2], [3], [9, 8, 7, 6], [4, 5]]
decide("a short last batch", DataLoader(ten, batch_size=4))
decide("a batch of one at the end", DataLoader(data(7), batch_size=3), training=False)
decide("batches of one", DataLoader(data(3), batch_size=1))
decide("one batch", DataLoader(data(6), batch_size=6), training=False)
decide("the rest dropped", DataLoader(ten, batch_size=4, drop_last=True))
decide("a sampler", DataLoader(ten, batch_size=2, sampler=[7, 0, 3, 3, 1]))
decide("batches of all sizes", DataLoader(ten, batch_sampler=batches))
decide("shuffled", DataLoader(ten, batch_size=4, shuffle=True))
x = 2 * probes.normal(8, 6, generator=g)
wrong = DataLoader(TensorDataset(x, deep(x).argmin(dim=1)), batch_size=3)
decide("confident mistakes", wrong, inner=nn.Identity(), scale=2.0**11)
gaps = torch.tensor([12.3, 12.2, 12.4], dtype=torch.float64)
numbered = DataLoader(TensorDataset(torch.arange(3), torch.zeros(3, dtype=torch.int64)), 2)
exactly = {"requirement": "a float", "rtol": 1e-6, "atol": 1.5e-7}
check("mean_loss/losses near 0", small, mean_loss, gaps, numbered, **exactly)
normalising = nn.BatchNorm1d(8, affine=False)
normalising.running_mean += 0.25  # as after some training
normalising.num_batches_tracked += 7
decide("dropout", DataLoader(data(5), batch_size=3), nn.Dropout(0.5), requirement="measuring")
decide("batch norm", DataLoader(data(5), batch_size=2), normalising, requirement="measuring")
decide("under no_grad", DataLoader(data(5), batch_size=2), recording=False)
(x, y), numbers = data(6).tensors, torch.randint(9, (6,), generator=g)
plain, one = DataLoader(TensorDataset(x, y), 4), DataLoader(TensorDataset(x, 0 * y), 4)
double = DataLoader(TensorDataset(x.double(), y), 4), DataLoader(TensorDataset(numbers, y), 4)
hooked = nn.Linear(6, 5)
hooked.register_forward_hook(lambda module, given, scores: scores.flip(1))  # part of the model
several_models = (nn.Linear(6, 1), one), (nn.Linear(6, 5), plain), (hooked, plain)
check("mean_loss/one class", several, mean_loss, *several_models)
others = (nn.Linear(6, 5).double(), double[0]), (nn.Embedding(9, 5), double[1])
check("mean_loss/float64, whole numbers", several, mean_loss, *others)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 5.8 · `batch_gradients` · ★★★ · 20 minutes · further
#
# **Bug hunt.** Somebody wants to know how differently two batches pull at a model, and collects the
# gradient of each batch. The result is wrong in two ways. The next cell shows the gradients of a bias,
# first for one batch, then for a list in which the same batch stands twice: one line, and two lines
# that ought to be like it.
#
# Write `batch_gradients(model, batches)`, which is right:
#
# - `model`: any `nn.Module` that returns scores (N, C). Each of its parameters requires a gradient and
#   takes part in the scores.
# - `batches`: a list of pairs `(x, y)`, where `y` holds class numbers (N,). It may be empty.
#
# What is required:
#
# - **each batch alone** (2.5 points): a list with one entry for each batch. An entry is a list of
#   tensors: the gradient of the mean cross-entropy of **this batch alone** by each of
#   `model.parameters()`, in their order, with the model in the mode in which it came.
# - **old gradients** (1.5 points): what lay in `.grad` before the call, in all parameters or in some,
#   has no influence on the result.
# - **no trace** (1 point): the parameters and their `requires_grad`, the modes of the model, its hooks,
#   the batches and torch's settings stay as they are. Only `.grad` may hold something else afterwards,
#   and running statistics move in training mode, as in every call.
#
# You may use every function of torch. Decided when graded: other models and batches, with fresh numbers.

# %% tags=["demo"]
def hasty_gradients(model, batches):
    collected = []
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad for p in model.parameters()])
    return collected


same = (torch.ones(1, 2), torch.tensor([1]))
for batches in ([same], [same, same]):
    torch.manual_seed(5)
    for entry in hasty_gradients(nn.Linear(2, 2), batches):
        print(entry[1])
    print()

# %% [markdown] tags=["hints"] exercise="batch_gradients"
# 1. Print `collected[0]` after the first and after the second round of the loop. Should it have
#    changed?
# 2. `backward()` adds to what it finds in `.grad`, also to what lay there before your function was
#    called. And a list keeps references to tensors, not copies of them.
# 3. In each round, in this order: clear the gradients, forward, loss, backward, and keep something
#    that a later round can no longer write into.

# %% nbgrader={"grade": false, "grade_id": "batch_gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
def batch_gradients(model, batches):
    """The gradient of each batch's own mean cross-entropy by every parameter of the model."""
    ### BEGIN SOLUTION
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "batch_gradients-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def two_batches(answer, old):
    torch.manual_seed(8)
    model = nn.Linear(2, 3)
    for p in model.parameters():
        p.grad = torch.full_like(p, old) if old else None
    first = (torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 2]))
    second = (torch.tensor([[2.0, -1.0]]), torch.tensor([1]))
    return answer(model, [first] if old else [first, second])

check("batch_gradients/two", two_batches, batch_gradients, 0.0)
beside = {"requirement": "old gradients"}
check("batch_gradients/beside an old one", two_batches, batch_gradients, 7.0, **beside)

# %% nbgrader={"grade": true, "grade_id": "batch_gradients-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("batch_gradients")

class Deep(nn.Module):
    """A layer that runs twice, one with the same weight, one within a list, a bare parameter."""

    def __init__(self):
        super().__init__()
        self.scale, self.again = nn.Parameter(torch.ones(4)), nn.Linear(4, 4)
        self.like, self.heads = nn.Linear(4, 4), nn.ModuleList([nn.Linear(4, 3)])
        self.like.weight = self.again.weight

    def forward(self, x):
        for layer in (self.again, self.again, self.like):
            x = torch.tanh(layer(x * self.scale))
        return self.heads[0](x)

class Louder(nn.Module):
    def forward(self, x):
        return 2 * x if self.training else x

def hooked():
    model = nn.Linear(4, 3)
    model.register_forward_hook(lambda module, given, scores: 2 * scores)  # part of the model
    return model

def chain(*inner):
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), *inner, nn.Linear(6, 3))

def collected(answer, model, batches, *old, none=False, training=True, still=()):
    probes.fill(model).train(training).requires_grad_()
    for part in still:
        part.eval()
    for i, p in enumerate(model.parameters()):
        p.grad = (
            torch.full_like(p, old[i % len(old)]) if old and old[i % len(old)] is not None else None
        )
    return [answer(model, []), answer(model, batches)] if none else answer(model, batches)

def fresh(*sizes):
    return [(probes.normal(n, 4, generator=g), (torch.arange(n) * 2 + n) % 3) for n in sizes]

def decide(name, model, batches, *old, requirement="each batch alone", **more):
    check(
        f"batch_gradients/{name}",
        collected,
        batch_gradients,
        model,
        batches,
        *old,
        requirement=requirement,
        **more,
    )

again, plain = fresh(3), chain()
decide("of several sizes", plain, fresh(5, 1, 3))
decide("the same twice", plain, again * 2, 0.0)
decide("one batch and none", plain, fresh(4), none=True)
(x, _), single = fresh(6)[0], probes.fill(nn.Linear(4, 3))
mistaken = [(x * 2.0**14, single(x).argmin(dim=1))]  # sure and wrong
decide("a single layer", hooked(), mistaken + fresh(2))
decide("layers that share weights", Deep(), fresh(2, 4))
decide("in eval mode", chain(nn.Dropout(0.5)), fresh(3, 2), training=False)
decide("in training mode", chain(Louder(), nn.Dropout(0.0)), fresh(3, 4))
dropout, double = nn.Dropout(0.5), [(x.double(), y) for x, y in fresh(3, 2)]
decide("in both modes", chain(Louder(), dropout), fresh(3, 2), still=(dropout,))
decide("float64", chain().double(), double)
decide("old ones everywhere", plain, fresh(4), 1.0, 2.0, 3.0, requirement="old gradients")
unlike = None, 1e8, math.nan, None
decide("old ones in some", plain, fresh(3), *unlike, requirement="old gradients")
### END HIDDEN TESTS

# %% [markdown]
# ## 13. Yours at work
#
# Now your own code learns something: your `CifarNet` of chapter 4, trained with your `cross_entropy` of
# Exercise 5.4, on the first 128 drawings in full size. Where one of the two is missing, the course's stands in,
# and a line says so.

# %% tags=["demo"]
from autograder.torch_nn.stand_ins import yours

Net, my_loss = yours("CifarNet"), yours("cross_entropy")

# %% [markdown]
# *Predict the first number, before anything is learnt.*

# %% tags=["demo"]
torch.manual_seed(5)
my_net = Net()
my_x, my_y = drawings[:128] - 0.5, drawn[:128]  # colours from −0.5 to 0.5
with torch.no_grad():
    print(f"at the start: {my_loss(my_net(my_x), my_y):.2f}, and ln 10 is {math.log(10):.2f}")

# %% [markdown]
# Close to ln 10, as it has to be. Now the loop: the three lines of section 8, six times over these drawings.

# %% tags=["demo"]
optimizer = torch.optim.Adam(my_net.parameters(), lr=0.002)
step_losses, shares = [], []
for epoch in range(6):
    for images, labels in zip(my_x.split(32), my_y.split(32)):
        loss = my_loss(my_net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step_losses.append(loss.item())
    with torch.no_grad():
        shares.append((my_net(my_x).argmax(dim=1) == my_y).float().mean().item())
print(f"loss of the last batch {step_losses[-1]:.1f}, right {shares[-1]:.0%}")

# %% tags=["demo"]
ch05.learning(step_losses, shares)

# %% [markdown]
# *Left the loss of each batch, right the accuracy after each epoch.*
#
# From ln 10 down, and from a guess up. These are the images that it learnt from; how good it is on others,
# and how to train well, is chapter 6.

# %% [markdown]
# ## What to keep
#
# 1. A loss object is made first and called afterwards; `reduction` says what becomes of the many
#    errors. Compare shapes before you trust a number: (N, 1) and (N,) broadcast.
# 2. Cross-entropy is −log p of the right class. It takes *scores*, and class numbers as int64; a
#    softmax before it puts a floor under the loss, while the accuracy may still be high.
# 3. A fresh classifier with C classes costs about ln C per sample, a confident mistake any amount.
# 4. `backward()` adds (softmax − one-hot) / N, carried back through the network, to `.grad`. It changes
#    no weight. Clear, backward, step.
# 5. A mean over a data set weighs samples and not batches, in eval mode and without a graph.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown] seed=["E10"]
# ## Where to read on
#
# - [Loss functions in torch.nn](https://docs.pytorch.org/docs/stable/nn.html#loss-functions):
#   [L1Loss](https://docs.pytorch.org/docs/stable/generated/torch.nn.L1Loss.html),
#   [MSELoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html),
#   [HuberLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html),
#   [CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html),
#   [BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html).
# - [Autograd mechanics](https://docs.pytorch.org/docs/stable/notes/autograd.html): what backward
#   does, and the modes without it.
# - [Broadcasting](https://docs.pytorch.org/docs/stable/notes/broadcasting.html): when two shapes are
#   stretched to fit.
# - Next is chapter 6: the optimizer, and training that deserves the name.
