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
# # 2 · Convolution by hand: `torch.nn.functional`
#
# A convolution slides a small table of numbers over a picture and writes down one number for each place.
# That is all, and it is enough to find edges, to blur, to sharpen, and, a few million numbers later, to
# tell a dog from a cat.
#
# When you have worked through this chapter you can
#
# - say what `F.conv2d` computes, and compute it yourself with two loops;
# - predict the size of its result from `stride`, `padding` and `dilation`;
# - handle several channels, a bias, and one kernel for each channel;
# - recognise the bugs that give wrong numbers and no error;
# - let gradient descent find a kernel.
#
# You need Python and chapter 1. Run each cell with **Shift + Enter**. Where you read *predict*, say your
# answer aloud before you run the cell.
#
# **Time.** Reading takes about 42 minutes, the exercises 95; the core is 85 of them, what is marked *further* 52.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share. **no trace** stands in every list: what an answer
# was given, and torch's own settings, are afterwards as they were before. The grey cells below an exercise that look
# empty are the hidden checks' places: leave them as they are.

# %% seed=["A2.1"]
import torch
import torch.nn.functional as F
from torch import nn

from autograder import check

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
from autograder import hint, progress
from autograder.torch_nn.pictures import ch02
from autograder.torch_nn.questions import review

# %% [markdown]
# ## Before you start
#
# Three questions on chapter 1, with fresh numbers each time. They give no points; skip them freely.

# %% tags=["demo"]
review(2)

# %% tags=["demo"]
review.answer(None, None, None)

# %% [markdown] seed=["A2.c1", "E5"]
# ## 1. A file full of functions
#
# `torch.nn.functional`, by habit called `F`, is a module in *Python's* sense, and no `nn.Module`: a file
# with functions in it. You hand over a picture and a kernel, you get a new tensor back, and that was it.
# They keep nothing from one call to the next: what is to last, you keep yourself, and hand it over. (The
# layers of `torch.nn`, which you meet in the next chapter, keep their kernels, and call these functions
# with them.)
#
# You may read of "the function `torch.nn.functional()`". *Predict: what happens when you call the module
# and not a function in it?*

# %% tags=["demo"] seed=["A2.c1", "E5"]
try:
    torch.nn.functional(torch.tensor([-1.0, 2.0]))
except TypeError as error:
    print("TypeError:", error)

print(torch.nn.functional.relu(torch.tensor([-1.0, 2.0])))  # a function of the module

# %% [markdown]
# To keep nothing is not to change nothing. `F.batch_norm` moves and scales a batch to mean 0 and variance
# 1. It is handed two tensors for a *running* mean and variance, and in training it writes into them.

# %% tags=["demo"]
running_mean, running_var = torch.zeros(1), torch.ones(1)
two_numbers = torch.tensor([[2.0], [4.0]])  # mean 3, variance 2
print(F.batch_norm(two_numbers, running_mean, running_var, training=True))
print(running_mean, running_var)  # each has gone a tenth of the way from 0 to 3, from 1 to 2

# %% [markdown] seed=["A2.2", "E2"]
# ## 2. A picture, a kernel, one number
#
# Here is a picture of five by five numbers, and a smaller table of three by three, the *kernel*.

# %% seed=["A2.2"]
image = torch.tensor([[1, 2, 0, 3, 1],
                      [0, 1, 2, 3, 1],
                      [1, 2, 1, 0, 0],
                      [5, 2, 3, 1, 1],
                      [2, 1, 0, 1, 1]])

kernel = torch.tensor([[1, 2, 1],
                       [0, 1, 0],
                       [2, 1, 0]])

# %% tags=["demo"] seed=["A2.3"]
print(image.shape)
print(kernel.shape)

# %% [markdown]
# Lay the kernel on the top left corner of the picture. Multiply each pair of numbers that lie on top of
# each other; add up the nine products. The pixels under the kernel are called its *window*. *Predict the
# sum, then run.*

# %% tags=["demo"]
window = image[0:3, 0:3]  # rows 0, 1, 2 and columns 0, 1, 2
products = window * kernel
print(products)
print(products.sum())

# %% [markdown]
# Now move the kernel one step to the right, and do it again. A kernel of three finds three places across a
# picture of five, and three places down: nine sums.

# %% tags=["demo"]
ch02.sliding_kernel(image, kernel)

# %% [markdown]
# *Picture: nine frames of the three-by-three kernel on the five-by-five image; the factors stand small
# in the corners. Beside each frame are the nine products and their sum.*

# %% [markdown] seed=["A2.c3"]
# ## 3. Four axes: what `conv2d` wants to be given
#
# `F.conv2d(picture, kernel)` computes all nine sums at once. *Predict: what does it say to our two
# tensors?*

# %% tags=["demo"] seed=["A2.c3"]
try:
    F.conv2d(image, kernel)
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown] seed=["A2.c2", "A2.c3"]
# Networks look at many pictures at a time, and pictures may have colours. So `conv2d` wants tensors with
# **four** axes, and each axis has a name:
#
# | argument | axes | ours |
# |---|---|---|
# | the picture | (N, C, H, W): pictures in the batch, channels, height, width | (1, 1, 5, 5) |
# | `weight`, the kernel | (O, C / groups, kH, kW): channels out, channels in, height, width | (1, 1, 3, 3) |
#
# All other arguments have defaults: `bias=None`, `stride=1`, `padding=0`, `dilation=1`, `groups=1`. You
# will meet each of them in this chapter.
#
# One way to four axes is `torch.reshape`, with the new shape written out:

# %% tags=["demo"] seed=["A2.4"]
image_4d = torch.reshape(image, (1, 1, 5, 5))
kernel_4d = torch.reshape(kernel, (1, 1, 3, 3))
print(image_4d.shape)
print(kernel_4d.shape)

# %% [markdown] seed=["A2.5", "B2.1"]
# Now `conv2d` is content. Compare its nine numbers with the nine sums in the picture.

# %% tags=["demo"] seed=["A2.5", "B2.1"]
output = F.conv2d(image_4d, kernel_4d, stride=1)
print(output)

# %% [markdown] seed=["A2.c5"]
# ### The trap in a shape that somebody typed
#
# The sizes are the ones we want, for *this* picture. A 5 that stands in the code is wrong for the next
# picture. With luck it raises. Without luck, the numbers fit by chance and silently land in the wrong
# places. *Predict the second result: is it still the same picture?*

# %% tags=["demo"] seed=["A2.c5"]
wide = torch.arange(14).reshape(2, 7)
try:
    torch.reshape(wide, (1, 1, 5, 5))
except RuntimeError as error:
    print("RuntimeError:", error)

tall = torch.tensor([[1, 2], [3, 4], [5, 6]])
print(torch.reshape(tall, (1, 1, 2, 3)))  # height and width mixed up: the rows are torn apart

# %% [markdown] seed=["A2.c5"]
# Better: say *where* you want a new axis, and leave the others alone. In square brackets, `None` makes an
# axis of size 1.

# %% tags=["demo"] seed=["A2.c5"]
print(wide[None, None].shape)
print(tall[None, None])
print(torch.equal(image[None, None], image_4d))

# %% [markdown] seed=["E2"]
# And give the new tensor a **new name**. In a notebook cells are run twice, and the second time an old
# name holds something else. (Nor call it `input`, as many do: that hides a function of Python's own.)

# %% tags=["demo"] seed=["E2"]
same_name = image
for run in (1, 2):  # what happens when you run the cell `same_name = same_name[None, None]` twice
    same_name = same_name[None, None]
    print("after run", run, tuple(same_name.shape))

try:
    F.conv2d(same_name, kernel_4d)
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown] seed=["E8"]
# ### Three axes: allowed, and a trap
#
# Older texts insist on four axes. Today a *single* picture may come without its batch axis, as (C, H, W),
# and so does its result. But three axes are always read as channels, height, width. *Predict: what happens
# to two grey pictures, stacked to (2, 5, 5)?*

# %% tags=["demo"] seed=["E8"]
print(F.conv2d(image[None], kernel_4d).shape)

two_pictures = torch.stack([image, image.T])
try:
    F.conv2d(two_pictures, kernel_4d)
except RuntimeError as error:
    print("RuntimeError:", error)

print(F.conv2d(two_pictures[:, None], kernel_4d).shape)  # the channel axis stands second

# %% [markdown]
# ### Another kind of number: `to`
#
# Every tensor has a `dtype`, the kind of its numbers. Ours were typed without a decimal point, so they are
# `torch.int64`, whole numbers. Networks compute with `torch.float32`. The method `to` returns a new tensor
# of the kind you name; `.float()` is short for `.to(torch.float32)`. *Predict: what becomes of True and
# False?*

# %% tags=["demo"]
image_of_floats = image.to(torch.float32)
print(image_of_floats.dtype, "made of", image.dtype)
print(image_of_floats[0])
print(torch.tensor([True, False]).to(torch.float32), image.float().dtype)

# %% [markdown]
# ### Exercise 2.1 · `to_nchw` · ★☆☆ · 5 minutes
#
# Write `to_nchw(a)`. It returns a grey picture as a batch of one picture with one channel.
#
# - `a`: a picture, a tensor of shape (H, W), of any size and any dtype.
# - **its numbers** (1 point): the result has shape (1, 1, H, W), with the same numbers in the same places.
# - **any dtype** (1 point): the result is `torch.float32`, whatever `a` is: whole numbers, bytes, `bool`, `float64`,
#   `float16`, `bfloat16`.
# - **any size** (0.5 points): a picture of one row, one column or one pixel keeps its two axes as well.
# - **no trace** (0.5 points): `a` itself stays as it was, and so does everything else.
#
# ```python
# to_nchw(torch.tensor([[1, 2, 3], [4, 5, 6]]))
# # tensor([[[[1., 2., 3.],
# #           [4., 5., 6.]]]])
# ```

# %% [markdown] tags=["hints"] exercise="to_nchw"
# 1. Two things have to change: the number of axes, and the kind of number. Do one after the other and
#    print the shape and the dtype in between.
# 2. The size of the picture must not appear in your code. `None` in square brackets, or `unsqueeze`,
#    adds an axis wherever you want one.
# 3. A tensor has a method that returns it with another dtype, and that dtype is called
#    `torch.float32`. Both steps fit on the line of the `return`.

# %% nbgrader={"grade": false, "grade_id": "to_nchw", "locked": false, "schema_version": 3, "solution": true, "task": false}
def to_nchw(a):
    """A picture (H, W) of any dtype as a float32 batch (1, 1, H, W)."""
    ### BEGIN SOLUTION
    return a[None, None].to(torch.float32)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "to_nchw-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("to_nchw/the example", to_nchw, torch.tensor([[1, 2, 3], [4, 5, 6]]), requirement="any dtype")
check("to_nchw/halves", to_nchw, torch.tensor([[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]))
check("to_nchw/one column", to_nchw, torch.tensor([[1.0], [2.0], [3.0]]), requirement="any size")

# %% nbgrader={"grade": true, "grade_id": "to_nchw-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("to_nchw")
exactly = {"rtol": 0, "atol": 0}
number = 1000 * probes.normal(5, 8, generator=fresh) + 1 / 3  # of either sign, and with many digits
whole = torch.randint(0, 256, (6, 4), generator=fresh)

unusual = number[:, :5].clone()
unusual[1, :4] = torch.tensor([float("inf"), float("-inf"), float("nan"), 3e38])


def of_each(pictures):
    return {name: to_nchw(a) for name, a in pictures.items()}


def numbers(a):
    """Their dtype is a matter of "any dtype" alone."""
    result = to_nchw(a)
    return result.float() if isinstance(result, torch.Tensor) else result


check("to_nchw/wide", numbers, number[:3], **exactly)
check("to_nchw/square", numbers, unusual, **exactly)
check("to_nchw/lying otherwise in memory", numbers, number.T[1:7], **exactly)
kinds = {
    "int64": (whole - 128) * 2**33, "bool": whole % 2 == 1,
    "double": number.double() / 3, "half": number.half(), "bfloat16": (2**20 * number).bfloat16(),
}
for name, picture in kinds.items():
    check(f"to_nchw/{name}", to_nchw, picture, requirement="any dtype", **exactly)
narrow = {
    "bytes": whole.to(torch.uint8), "int8": (whole - 128).to(torch.int8),
    "int16": (whole * 99 - 9999).to(torch.int16), "int32": ((whole - 128) * 9999).to(torch.int32),
}
check("to_nchw/bytes and other narrow whole numbers", of_each, narrow, requirement="any dtype", **exactly)
check("to_nchw/one row", numbers, number[:1].abs(), requirement="any size", **exactly)
check("to_nchw/one column of many", numbers, number[:, 2:3].abs(), requirement="any size", **exactly)
check("to_nchw/one pixel", numbers, number[3:4, 4:5].abs(), requirement="any size", **exactly)
### END HIDDEN TESTS

# %% [markdown] seed=["A2.6"]
# ## 4. Stride, padding, dilation: where the kernel goes
#
# `stride` is the length of a step. *Predict: which of the nine numbers are left when the kernel moves two
# at a time?*

# %% tags=["demo"] seed=["A2.6"]
output_stride_2 = F.conv2d(image_4d, kernel_4d, stride=2)
print(output_stride_2)
print(torch.equal(output_stride_2, output[:, :, ::2, ::2]))

# %% [markdown] seed=["A2.7", "A2.c4"]
# The four corners: every second number of every second row, no new ones.
#
# `padding` first puts a border of zeros around the picture; by default there is none. *Predict: with a
# border of 1, how large is the result? And which number stands in its top left corner?*

# %% tags=["demo"] seed=["A2.7", "A2.c4"]
output_padded = F.conv2d(image_4d, kernel_4d, stride=1, padding=1)
print(output_padded)

# %% tags=["demo"]
ch02.three_grids(image, kernel)

# %% [markdown]
# *Picture: three copies of the image with a dot for every place at which the kernel stops, and the result
# below each. The zeros of the border are hatched.*
#
# With padding 1 every pixel of the picture is the centre of a window once, so the result is as large as the picture.
# The old three by three numbers stand in its middle.

# %% [markdown] seed=["E8"]
# ### Two words for `padding`, and a trap
#
# Since 2021, `padding` also takes a word. `"valid"` means none. `"same"` means: as much as keeps the size.
# *Predict: what does `"same"` do together with `stride=2`?*

# %% tags=["demo"] seed=["E8"]
print(F.conv2d(image_4d, kernel_4d, padding="valid").shape)
print(F.conv2d(image_4d, kernel_4d, padding="same").shape)
try:
    F.conv2d(image_4d, kernel_4d, padding="same", stride=2)
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown] seed=["E8"]
# A longer step and the same size cannot both be had, so torch refuses to guess. Give the border as a
# number:

# %% tags=["demo"] seed=["extra", "E8"]
print(F.conv2d(image_4d, kernel_4d, padding=1, stride=2))

# %% [markdown]
# ### A border by hand: `F.pad`
#
# `F.pad` puts the border on and does no more. Its numbers begin with the **last** axis: left, right, then
# top, bottom. *Predict the shape of the result.*

# %% tags=["demo"]
with_border = F.pad(image, (1, 2, 0, 1))  # 1 left, 2 right, 0 above, 1 below
print(with_border.shape)
print(with_border[0], with_border[5])  # the first row and the last

# %% [markdown] seed=["E8"]
# A border need not be even. A kernel of two has no middle, so to keep the size `"same"` needs one row and
# one column more: it puts them below and at the right. torch says once that this may cost a copy of the
# picture.

# %% tags=["demo"] seed=["E8"]
import warnings

even_kernel = torch.ones(1, 1, 2, 2, dtype=torch.int64)
with warnings.catch_warnings(record=True) as warned:  # collected, to be printed below
    warnings.simplefilter("always")
    same_size = F.conv2d(image_4d, even_kernel, padding="same")

print([str(w.message).partition(" (")[0] for w in warned])
print(same_size.shape)
print(torch.equal(same_size, F.conv2d(F.pad(image_4d, (0, 1, 0, 1)), even_kernel)))

# %% [markdown] seed=["E7"]
# `dilation` spreads the kernel: its numbers come to lie `dilation` pixels apart, with gaps between them.
# The kernel still has nine numbers, but with `dilation=2` it reaches over five pixels. *Predict: how many
# places does it find in our picture?*

# %% tags=["demo"] seed=["extra", "E7"]
print(F.conv2d(image_4d, kernel_4d, dilation=2))
print((image[::2, ::2] * kernel).sum())  # every second row and column lies under the nine numbers

# %% [markdown]
# Each of the three may also be a pair: one number for the rows, one for the columns.

# %% tags=["demo"] seed=["extra"]
print(F.conv2d(image_4d, kernel_4d, stride=(1, 2)))  # one step down, two to the right

# %% [markdown] seed=["E7"]
# ## 5. How large is the result?
#
# You can count it. Take one direction, with $n$ pixels and a kernel of $k$:
#
# - the border adds `padding` on both sides, so there are $n + 2\,\text{padding}$ pixels;
# - the kernel reaches over $\text{dilation}\,(k - 1) + 1$ of them;
# - the kernel starts at the first place. What is left over is room to move, and each move takes `stride`.
#
# Together:
#
# $$\text{size} = \left\lfloor \frac{n + 2\,\text{padding} - \text{dilation}\,(k - 1) - 1}{\text{stride}} \right\rfloor + 1$$
#
# The brackets say *round down*: a last step that does not fit is not taken, and the pixels behind it are
# never looked at. The $+\,1$ is the place where the kernel starts.
#
# *Predict each size before you move a slider, and watch which terms of the formula change.*

# %% tags=["demo"] seed=["E7"]
ch02.explore(image, kernel)

# %% tags=["demo"] seed=["E7"]
ch02.kernel_settings(image, kernel, stride=2, padding=1, dilation=2)

# %% [markdown]
# *Picture, above with sliders where widgets run: the padded image with the first nine pixels under the
# kernel, a dot for each place at which it stops, and the result. The title is the formula with the numbers
# put in.*
#
# When the kernel does not fit even once, there is no size at all, and torch says so:

# %% tags=["demo"] seed=["E7"]
try:
    F.conv2d(image_4d[:, :, :2], kernel_4d)  # only two rows of the picture
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown]
# ### Exercise 2.2 · `conv_out_size` · ★☆☆ · 8 minutes
#
# Write `conv_out_size(n, k, stride=1, padding=0, dilation=1)`: how many places a kernel finds along one side of
# a picture. All five arguments are whole numbers, and so is the result, a Python `int`.
#
# - `n`, `k`: the pixels of the side, and the numbers of the kernel. You may assume that it fits at least once.
# - `stride`, `padding`, `dilation`: as for `conv2d`.
# - **one at a time** (2 points): the right number where one of `stride`, `padding` and `dilation` is given.
# - **together** (1.5 points): the right number where two or three of them meet, also where the kernel fits just once.
# - **no trace** (0.5 points): nothing else changes, no seed and no setting of torch.
#
# ```python
# conv_out_size(5, 3)              # 3
# conv_out_size(5, 3, stride=2)    # 2
# conv_out_size(5, 3, padding=1)   # 5
# conv_out_size(5, 3, dilation=2)  # 1
# ```

# %% [markdown] tags=["hints"] exercise="conv_out_size"
# 1. Try it on paper first: a side of 6, a kernel of 3, a stride of 2. Where does the kernel start, and
#    which is the last place where it still fits?
# 2. The formula above needs nothing but Python's own arithmetic. How many pixels does a spread kernel
#    reach over? How much room is left after the first place?
# 3. Python has two kinds of division. One of them rounds down and gives an `int`. And do not forget the
#    place where the kernel starts.

# %% nbgrader={"grade": false, "grade_id": "conv_out_size", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    """The number of places of a kernel of k along n pixels, an int."""
    ### BEGIN SOLUTION
    reach = dilation * (k - 1) + 1
    return (n + 2 * padding - reach) // stride + 1
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "conv_out_size-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("conv_out_size/stride 1", conv_out_size, 5, 3)
check("conv_out_size/stride 2", conv_out_size, 5, 3, stride=2)
check("conv_out_size/stride 2, a pixel is left over", conv_out_size, 6, 3, stride=2)
check("conv_out_size/padding 1", conv_out_size, 5, 3, padding=1)
check("conv_out_size/dilation 2", conv_out_size, 5, 3, dilation=2)
check("conv_out_size/all three", conv_out_size, 8, 3, stride=2, padding=1, dilation=2, requirement="together")

# %% nbgrader={"grade": true, "grade_id": "conv_out_size-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import itertools

from autograder.checks import probes

fresh = probes.generator("conv_out_size")
kinds = {}  # by what is given: stride, padding, dilation
for n, k, s, p, d in itertools.product(range(1, 12), range(1, 5), (1, 2, 3, 4), (0, 1, 2), (1, 2, 3)):
    if n + 2 * p > d * (k - 1):
        kinds.setdefault((s > 1, p > 0, d > 1), []).append((n, k, s, p, d))


def sizes(chosen):
    """By setting; in every second one the arguments that have a default's value are not given."""
    found = {}
    for i, (n, k, s, p, d) in enumerate(chosen):
        given = {"stride": s, "padding": p, "dilation": d}
        if i % 2:
            given = {name: value for name, value in given.items() if value != (name != "padding")}
        found[f"n={n} k={k} stride={s} padding={p} dilation={d}"] = conv_out_size(n, k, **given)
    return found


def in_order(chosen):
    return {f"conv_out_size({','.join(map(str, c))})": conv_out_size(*c) for c in chosen}


def some(condition):
    """Settings of one kind: stride, padding and dilation given or not, as ``condition`` says."""
    all_ = kinds[condition]
    own = [all_[i] for i in torch.randperm(len(all_), generator=fresh).tolist()]
    single = [c for c in own if c[1] == 1]
    own = [c for c in own if c[1] > 1 or c[4] == 1]
    room = [n + 2 * p - d * (k - 1) - 1 for n, k, s, p, d in own]  # pixels behind the first place
    nearly = [c for c, r in zip(own, room) if c[2] > 2 and r % c[2] == c[2] - 1]  # one pixel is missing for a step more
    left_over = [c for c, r in zip(own, room) if r % c[2]]  # not all pixels are stepped over
    once = [c for c, r in zip(own, room) if r < c[2]]
    most = own[room.index(max(room))]
    larger = [c for c in own if c[1] > c[0]]  # a kernel larger than the side
    half = [c for c in own if c[3] and c[1] == 2 * c[3] and c[0] % c[2] == 0]  # half of an even kernel as the border
    return [*nearly[:3], *left_over[:3], *once[:3], *larger[:2], *single[:1], *half[:2], most, *own[:2]]


def with_type(chosen):
    return sizes(chosen) | {"the type": type(conv_out_size(7, 3)).__name__}


check("conv_out_size/none given", with_type, some((False, False, False)), sides={"the type": "one at a time"})
check("conv_out_size/stride alone", sizes, some((True, False, False)))
check("conv_out_size/padding alone", sizes, some((False, True, False)))
check("conv_out_size/dilation alone", sizes, some((False, False, True)))
check("conv_out_size/stride and padding", sizes, some((True, True, False)), requirement="together")
check("conv_out_size/stride and dilation", sizes, some((True, False, True)), requirement="together")
check("conv_out_size/padding and dilation", sizes, some((False, True, True)), requirement="together")
check("conv_out_size/stride, padding and dilation", sizes, some((True, True, True)), requirement="together")
check("conv_out_size/without names, in their order", in_order, some((True, True, True))[:6], requirement="together")
large = torch.randint(6, 12, (3, 5), generator=fresh) * torch.tensor([30, 1, 1, 1, 1])
check("conv_out_size/long sides", sizes, large.tolist(), requirement="together")
### END HIDDEN TESTS

# %% [markdown] seed=["E7"]
# ## 6. A word that means two things
#
# *Predict: this picture is dark but for one pixel in the middle, which is 1. What comes out?*

# %% tags=["demo"] seed=["E7"]
one_pixel = torch.zeros(1, 1, 5, 5, dtype=torch.int64)
one_pixel[0, 0, 2, 2] = 1
print(F.conv2d(one_pixel, kernel_4d))
print(kernel)

# %% [markdown] seed=["E7"]
# The kernel appears, but turned by half a turn: at its first place the kernel reaches the pixel with its
# *last* number. In a textbook's **convolution** the kernel is turned first, so that it comes out upright.
# `conv2d` does not turn it; strictly speaking it computes a **cross-correlation**, and the whole field
# calls that a convolution.
#
# A network does not care: it learns the numbers of its kernel, and would learn them the other way round.
# *You* care when you compare with a formula in a book or with another library. These are the numbers to
# recognise that mistake by:

# %% tags=["demo"] seed=["extra", "E7"]
print(F.conv2d(image_4d, kernel_4d.flip(2, 3)))  # turned by half a turn: the textbook's convolution
print(F.conv2d(image_4d, kernel_4d.mT))  # rows and columns exchanged: another mistake

# %% tags=["demo"] seed=["E7"]
ch02.which_way_round(image, kernel)

# %% [markdown]
# *Picture: above, the kernel as it is stored gives 10, 12, 12 in the first row. Below, the kernel turned
# by 180 degrees gives 9, 12, 9. What differs is marked with ≠.*

# %% [markdown]
# ### Exercise 2.3 · `conv2d_manual` · ★★☆ · 20 minutes
#
# Now compute it yourself. Write `conv2d_manual(x, k, stride=1, padding=0)`:
#
# - `x`: a picture (H, W), of `float32`, `float64` or whole numbers (bytes among them).
# - `k`: a kernel (h, w), of the same dtype. Neither has to be square.
# - `stride`, `padding`: whole numbers, the same for rows and columns.
# - **its numbers** (2 points): the result is two-dimensional and holds the numbers that `conv2d` would give.
# - **stride and padding** (1.5 points): also with a longer step, with a border of zeros, and with both.
# - **dtype of x** (1 point): the result has the dtype of `x`, every kind of whole number included.
# - **any size** (1 point): also where the picture, the kernel or the result is one pixel high or wide, and where the
#   kernel is larger than the picture and fits only with its border.
# - **no trace** (0.5 points): `x` and `k` stay as they were, and so does everything else.
#
# **Not allowed** are torch's own convolutions: `F.conv1d`, `F.conv2d`, `F.conv3d`, the transposed ones, the
# layers made of them. Everything else is: slices, loops, sums, `F.pad`.
#
# ```python
# conv2d_manual(image, kernel, stride=2)
# # tensor([[10, 12],
# #         [13,  3]])
# ```

# %% [markdown] tags=["hints"] exercise="conv2d_manual"
# 1. Take the parts in order: put the border around `x`, find out how large the result is, make a
#    tensor of that size and of the right dtype, fill it place by place. The second part is exercise 2.2.
# 2. The window for row `i` and column `j` of the result starts at row `i * stride` of the padded picture,
#    and is as high as the kernel. Which slice is that?
# 3. With the window cut out, one place is the sum of a product of two tensors of the same shape. Height
#    and width of the kernel are two numbers: use each where it belongs, and do not turn the kernel.

# %% nbgrader={"grade": false, "grade_id": "conv2d_manual", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d_manual(x, k, stride=1, padding=0):
    """Slide k (h, w) over x (H, W) and sum the products: two-dimensional, dtype of x."""
    ### BEGIN SOLUTION
    height, width = k.shape
    padded = F.pad(x, (padding, padding, padding, padding))
    rows = (padded.shape[0] - height) // stride + 1
    columns = (padded.shape[1] - width) // stride + 1
    result = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            result[i, j] = (padded[top : top + height, left : left + width] * k).sum()
    return result
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "conv2d_manual-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from autograder.checks.probes import CONVOLUTIONS  # the names of what is not allowed

own = image.clone(), kernel.clone()  # copies of your own: the next exercises need the originals
wide = torch.arange(18.0).reshape(3, 6), torch.tensor([[0.5, 0.0, -0.5], [1.0, 2.0, 0.5]])
by_hand = {"forbid": CONVOLUTIONS}
floats = image.float(), kernel.float()
check("conv2d_manual/floats", conv2d_manual, *floats, **by_hand)
check("conv2d_manual/a wide kernel of halves", conv2d_manual, *wide, **by_hand)
check("conv2d_manual/stride 2", conv2d_manual, *floats, stride=2, requirement="stride and padding", **by_hand)
check("conv2d_manual/padding 1", conv2d_manual, *floats, padding=1, requirement="stride and padding", **by_hand)
check("conv2d_manual/the picture", conv2d_manual, *own, requirement="dtype of x", **by_hand)
check("conv2d_manual/bytes", conv2d_manual, *(t.to(torch.uint8) for t in own), requirement="dtype of x", **by_hand)
check("conv2d_manual/fits once", conv2d_manual, floats[0][:3, :3], floats[1], requirement="any size", **by_hand)

# %% nbgrader={"grade": true, "grade_id": "conv2d_manual-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes
from autograder.checks.probes import CONVOLUTIONS

fresh = probes.generator("conv2d_manual")
by_hand = {"forbid": CONVOLUTIONS}


def randn(*shape, dtype=torch.float32):
    return probes.normal(*shape, generator=fresh, dtype=dtype)


def whole(low, high, kind, *shape):
    return torch.randint(low, high, shape, generator=fresh).to(kind)


def numbers(x, k, *given, **settings):
    """Their dtype is a matter of "dtype of x" alone."""
    result = conv2d_manual(x, k, *given, **settings)
    return result.float() if isinstance(result, torch.Tensor) else result


def step_and_border(x, k):
    found = {f"stride={s} padding={p}": numbers(x.clone(), k.clone(), stride=s, padding=p) for s, p in ((2, 1), (3, 1), (3, 2))}
    found["stride=3 padding=1 without names"] = numbers(x.clone(), k.clone(), 3, 1)
    found["stride=2 padding=1 and a kernel of one number"] = numbers(x[:1, :2].clone(), k[:1, :1].clone(), stride=2, padding=1)
    return found


def numbers_of_each(several, **settings):
    return {name: numbers(x, k, **settings) for name, (x, k) in several.items()}


def of_each(several, **settings):
    return {name: conv2d_manual(x, k, **settings) for name, (x, k) in several.items()}


check("conv2d_manual/wide", numbers, randn(3, 6), randn(2, 3), **by_hand)
check("conv2d_manual/tall", numbers, randn(6, 3), randn(3, 2), **by_hand)
check("conv2d_manual/square", numbers, 1024 * randn(5, 5), randn(3, 3), **by_hand)
check("conv2d_manual/lying otherwise in memory", numbers, randn(7, 4).T[1:, 2:], randn(3, 4)[:, ::2].T, **by_hand)
moving = {"requirement": "stride and padding", **by_hand}
check("conv2d_manual/a longer step", numbers, randn(6, 9), randn(2, 3), stride=3, **moving)
check("conv2d_manual/a border", numbers, randn(2, 3), randn(3, 2), padding=2, **moving)
check("conv2d_manual/step and border", step_and_border, randn(4, 5), randn(3, 2), **moving)
kinds = {"requirement": "dtype of x", **by_hand}
check("conv2d_manual/double", conv2d_manual, randn(4, 5, dtype=torch.float64), randn(2, 2, dtype=torch.float64) / 3, rtol=1e-9, atol=1e-9, **kinds)
check("conv2d_manual/int64", conv2d_manual, whole(-999, 1000, torch.int64, 5, 4) + 2**55, whole(1, 10, torch.int64, 2, 3), **kinds)
narrow = {
    "bytes": (whole(0, 9, torch.uint8, 2, 2), whole(0, 3, torch.uint8, 3, 3)),
    "int8": (whole(-3, 4, torch.int8, 2, 2), whole(-6, 7, torch.int8, 3, 3)),
    "int16": (whole(-99, 100, torch.int16, 2, 2), whole(-9, 10, torch.int16, 3, 3)),
    "int32": (whole(-999, 1000, torch.int32, 2, 2) + 2**25, whole(1, 9, torch.int32, 3, 3)),
}
check("conv2d_manual/narrow whole numbers with a border", of_each, narrow, padding=1, **kinds)
small = {"requirement": "any size", **by_hand}
pictures_ = {"one row": (randn(1, 6), randn(1, 3)), "one column": (randn(6, 1), randn(3, 1)), "one pixel": (randn(1, 1), randn(1, 1) + 5)}
kernels_ = {"one row": (randn(3, 3), randn(1, 2)), "one column": (randn(3, 3), randn(2, 1)), "one number": (randn(2, 3), randn(1, 1) + 5)}
results = {"one row": (randn(3, 6), randn(3, 3)), "one column": (randn(6, 2), randn(2, 2)), "one pixel": (randn(3, 4), randn(3, 4))}
check("conv2d_manual/pictures one pixel high or wide", numbers_of_each, pictures_, **small)
check("conv2d_manual/kernels one pixel high or wide", numbers_of_each, kernels_, **small)
check("conv2d_manual/results one pixel high or wide", numbers_of_each, results, **small)
larger = {"a picture of two by three": (randn(2, 3), randn(3, 4)), "a picture of one pixel": (randn(1, 1) + 5, randn(2, 3))}
check("conv2d_manual/a kernel larger than the picture", numbers_of_each, larger, padding=1, **small)
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Channels are added up, and a bias comes on top
#
# A colour picture has three channels, and a kernel that looks at it has three as well. Each channel of the
# kernel is laid on the same channel of the picture, and **everything** is added up: one kernel gives one
# number for each place, however many channels it looks at. *Predict: what shape has the result below, and
# is the last line `True`?*

# %% tags=["demo"]
two_channels = torch.stack([image, image.T])[None].float()  # (1, 2, 5, 5)
deep_kernel = torch.stack([kernel, 1 - kernel])[None].float()  # (1, 2, 3, 3)
together = F.conv2d(two_channels, deep_kernel)
print(together.shape)

first = F.conv2d(two_channels[:, :1], deep_kernel[:, :1])
second = F.conv2d(two_channels[:, 1:], deep_kernel[:, 1:])
print(torch.equal(together, first + second))

# %% [markdown]
# With O kernels the result has O channels, and each may add a number of its own, its **bias**. Here are two
# pictures of three channels, four kernels and four biases:

# %%
pictures = torch.arange(150.0).reshape(2, 3, 5, 5) % 7
kernels = torch.arange(108.0).reshape(4, 3, 3, 3) % 5 - 2
biases = torch.tensor([0.0, 10.0, 20.0, 30.0])

# %% tags=["demo"]
print(tuple(pictures.shape), "and", tuple(kernels.shape), "give", tuple(F.conv2d(pictures, kernels).shape))
print(F.conv2d(pictures, kernels)[0, :, 0, 0])  # the first place, in all four channels
print(F.conv2d(pictures, kernels, biases)[0, :, 0, 0])

# %% [markdown]
# ### The trap: which axis is the bias added to?
#
# Suppose you add the bias yourself. To add tensors of two shapes, torch repeats the smaller one along the
# axes that it lacks, which is called *broadcasting*. It lines up the **last** axes, and the channels are
# not last. *Predict: what does `maps + biases` do when the maps are three pixels wide? And when they are
# four?*

# %% tags=["demo"]
maps_3_wide = F.conv2d(pictures, kernels)  # (2, 4, 3, 3)
try:
    maps_3_wide + biases
except RuntimeError as error:
    print("RuntimeError:", error)

maps_4_wide = F.conv2d(pictures, kernels[:, :, :2, :2])  # (2, 4, 4, 4)
right = F.conv2d(pictures, kernels[:, :, :2, :2], biases)
print("no error, but right:", torch.equal(maps_4_wide + biases, right))

# %% [markdown]
# Three pixels wide was a lucky failure. Four wide, the bias silently went to the columns. Give it the shape
# that says which axis it belongs to:

# %% tags=["demo"]
print("right:", torch.equal(maps_4_wide + biases.reshape(1, 4, 1, 1), right))

# %% [markdown]
# ### Gradients reach the kernel
#
# A network finds its kernels itself. For that it asks of each number: how fast does the result grow when
# this number grows? The answer is the *gradient*. `requires_grad_()` tells torch to record every step that
# is computed with a tensor, in a *graph*; `backward()`, called on a single number, goes back through the
# graph and leaves the gradient in `.grad`. *Predict: a bias is added at nine places. What is the gradient of the sum?*

# %% tags=["demo"]
learnable = kernel_4d.float().requires_grad_()
offset = torch.zeros(1).requires_grad_()
F.conv2d(image_4d.float(), learnable, offset).sum().backward()
print(offset.grad)
print(learnable.grad)
print(image[0:3, 0:3].sum())  # the nine pixels that the first number of the kernel was laid on

# %% [markdown]
# Slices, sums and products of tensors are recorded, also when they are written into places of another
# tensor. `.item()`, `.detach()` and `.data` hand out the bare numbers: the graph ends there, and no error
# tells you. *Predict the two gradients.*

# %% tags=["demo"]
cut_off = kernel_4d.float().requires_grad_()
F.conv2d(image_4d.float(), cut_off.detach(), offset).sum().backward()
print(cut_off.grad)  # None: nothing came back
print(offset.grad)  # a second gradient is added to the first, until you set .grad to None

# %% [markdown]
# ## 8. All windows at once · further
#
# Loops over places are slow. `unfold(axis, size, step)` gives all windows along an axis as one tensor, with
# a new axis at the end; do it for rows and for columns. *Predict the shape, and which window is printed.*

# %% tags=["demo"]
windows = image.unfold(0, 3, 1).unfold(1, 3, 1)  # (row, column, row in the window, column in it)
print(windows.shape)
print(windows[0, 1])
print((windows * kernel).sum(dim=(2, 3)))

# %% [markdown]
# `torch.einsum` multiplies and adds in one go. Each tensor's axes get letters. Where a letter is the same,
# the axes run together; a letter that is missing behind the arrow is summed away. *Predict the second
# result: two rows, each with two lists of weights.*

# %% tags=["demo"]
print(torch.einsum("ijhw,hw->ij", windows, kernel))  # the line above, in letters

rows = torch.tensor([[1, 2, 3], [4, 5, 6]])  # (n, c)
weights = torch.tensor([[1, 0, 0], [1, 1, 1]])  # (o, c)
print(torch.einsum("nc,oc->no", rows, weights))

# %% [markdown]
# ### Exercise 2.4 · `conv2d_multi` · ★★★ · 35 minutes · further
#
# Write `conv2d_multi(x, w, b)`: the same for many pictures and many kernels, without stride or padding.
#
# - `x`: pictures (N, C, H, W).
# - `w`: kernels (O, C, h, w), of the same dtype, `float32` or `float64`.
# - `b`: a bias for each kernel, (O,), of the same dtype.
# - **its numbers** (2 points): the result has shape (N, O, H − h + 1, W − w + 1), the dtype of `x`, and the numbers that
#   `F.conv2d(x, w, b)` would give.
# - **any size** (1.5 points): also where N, C, O, or the height or width of kernel or result is 1.
# - **gradients** (2 points): they reach `x`, `w` and `b`, whichever of them require one, and are those of `F.conv2d`.
# - **no trace** (0.5 points): the arguments stay as they were, and so does everything else.
#
# **Not allowed** are torch's own convolutions, as in exercise 2.3. You may call your own `conv2d_manual`.
#
# ```python
# conv2d_multi(torch.ones(1, 2, 3, 3), torch.ones(1, 2, 2, 2), torch.tensor([0.5]))
# # tensor([[[[8.5000, 8.5000],
# #           [8.5000, 8.5000]]]])
# ```

# %% [markdown] tags=["hints"] exercise="conv2d_multi"
# 1. Start from one picture and one kernel, both with C channels. What changes in the sum of exercise 2.3?
#    Then think of the batch and of the O kernels as two more loops, or as two more axes.
# 2. A window of the whole batch has shape (N, C, h, w), one kernel (C, h, w). Which axes of the product
#    have to be summed away, so that N numbers are left? `torch.einsum` can also do all kernels at once.
# 3. The bias belongs to axis 1, and is added once, after the channels are summed. And stay with tensors:
#    `.item()`, `.data` and `.detach()` would cut off the gradient.

# %% nbgrader={"grade": false, "grade_id": "conv2d_multi", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d_multi(x, w, b):
    """(N, C, H, W), (O, C, h, w), (O,) -> (N, O, H - h + 1, W - w + 1)."""
    ### BEGIN SOLUTION
    height, width = w.shape[2:]
    windows = x.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, rows, columns, h, w)
    summed = torch.einsum("ncijhw,ochw->noij", windows, w)
    return summed + b[:, None, None]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "conv2d_multi-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from autograder.checks.probes import CONVOLUTIONS  # the names of what is not allowed

by_hand = {"forbid": CONVOLUTIONS}


def slopes(x, w, b):
    leaves = [t.detach().clone().requires_grad_() for t in (x, w, b)]
    conv2d_multi(*leaves).sum().backward()
    return [leaf.grad for leaf in leaves]


check("conv2d_multi/four kernels", conv2d_multi, pictures, kernels, biases, **by_hand)
check("conv2d_multi/one of each", conv2d_multi, pictures[:1, :1], kernels[:1, :1], biases[1:2], requirement="any size", **by_hand)
check("conv2d_multi/gradients of the sum", slopes, pictures, kernels, biases, requirement="gradients", **by_hand)

# %% nbgrader={"grade": true, "grade_id": "conv2d_multi-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes
from autograder.checks.probes import CONVOLUTIONS

fresh = probes.generator("conv2d_multi")


def randn(*shape, dtype=torch.float32):
    return probes.normal(*shape, generator=fresh, dtype=dtype)


def with_gradients(x, w, b):
    return probes.gradients(conv2d_multi, x, w, b, wrt=(0, 1, 2))


def recorded(*given):
    return "requires a gradient" if conv2d_multi(*given).requires_grad else "requires none"


def one_at_a_time(*given):
    found = {}
    for i, name in enumerate("xwb"):
        found[f"only {name} requires a gradient"] = probes.gradients(conv2d_multi, *given, wrt=(i,))["gradients"][0]
    found["the result where no argument requires one"] = recorded(*given)
    with torch.no_grad():
        found["the result under torch.no_grad()"] = recorded(given[0], given[1].clone().requires_grad_(), given[2])
    return found


def numbers(*given):
    """Their dtype is seen in other checks."""
    result = conv2d_multi(*given)
    return result.float() if isinstance(result, torch.Tensor) else result


def of_each(several):
    return {name: numbers(*given) for name, given in several.items()}


def drawn(picture, kernel):
    return randn(*picture), randn(*kernel), randn(kernel[0])


by_hand = {"forbid": CONVOLUTIONS}
check("conv2d_multi/three pictures", numbers, 1024 * randn(3, 4, 5, 6), randn(2, 4, 3, 2), 1024 * randn(2), **by_hand)
as_many = {"columns": drawn((2, 3, 5, 6), (4, 3, 3, 3)), "rows": drawn((2, 3, 6, 5), (4, 3, 3, 3))}
check("conv2d_multi/as many columns or rows as kernels", of_each, as_many, **by_hand)
check("conv2d_multi/as many pictures as kernels", numbers, randn(3, 3, 5, 4), randn(3, 3, 2, 2), randn(3), **by_hand)
double = [randn(*shape, dtype=torch.float64) / 3 for shape in ((2, 2, 4, 4), (3, 2, 2, 2), (3,))]
check("conv2d_multi/double", conv2d_multi, *double, rtol=1e-9, atol=1e-9, **by_hand)
check("conv2d_multi/lying otherwise in memory", numbers, randn(3, 5, 4, 3)[1:].permute(0, 3, 1, 2), randn(2, 2, 3, 3).transpose(1, 2), randn(4)[1::2], **by_hand)
sizes = {
    "one picture": ((1, 2, 4, 5), (3, 2, 2, 3)),
    "one channel": ((2, 1, 4, 5), (3, 1, 1, 1)),
    "one kernel": ((2, 3, 4, 4), (1, 3, 1, 1)),
}
for name, (picture, kernel_shape) in sizes.items():
    check(f"conv2d_multi/{name}", numbers, *drawn(picture, kernel_shape), requirement="any size", **by_hand)
kernels_ = {
    "one row": drawn((2, 2, 3, 5), (3, 2, 1, 3)),
    "one column": drawn((2, 2, 5, 3), (3, 2, 3, 1)),
    "one number": drawn((2, 3, 3, 4), (2, 3, 1, 1)),
}
results = {
    "one row": drawn((2, 2, 3, 5), (3, 2, 3, 2)),
    "one column": drawn((2, 2, 5, 3), (3, 2, 2, 3)),
    "one pixel": drawn((2, 2, 3, 4), (3, 2, 3, 4)),
    "one row of pictures of one row": drawn((2, 2, 1, 5), (3, 2, 1, 2)),
    "the same once more": drawn((2, 2, 1, 5), (3, 2, 1, 2)),
}
check("conv2d_multi/kernels one pixel high or wide", of_each, kernels_, requirement="any size", **by_hand)
check("conv2d_multi/results one pixel high or wide", of_each, results, requirement="any size", **by_hand)
reached = {"requirement": "gradients", **by_hand}
check("conv2d_multi/gradients", with_gradients, randn(2, 3, 4, 5), randn(4, 3, 2, 3), randn(4), **reached)
check("conv2d_multi/gradients of one picture and one kernel, one at a time", one_at_a_time, *drawn((1, 1, 3, 3), (1, 1, 2, 2)), **reached)
### END HIDDEN TESTS

# %% [markdown]
# ## 9. What a kernel sees, and how to keep channels apart
#
# The numbers of a kernel decide what it sees. Nine equal ones blur. A large middle with negative neighbours
# sharpens. And a kernel that subtracts the left from the right answers only where a picture changes from
# left to right: at its vertical edges. *Predict: where will the third result be dark, where bright?*

# %% tags=["demo"]
sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
ch02.what_kernels_see(ch02.landscape(96, 128), {
    "blur: the mean of nine": torch.full((3, 3), 1 / 9),
    "sharpen": torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Sobel-x: right minus left": sobel,
})

# %% [markdown]
# *Picture: a grey landscape with a house, a tree and a sun, and what three kernels make of it: blurred;
# sharpened; and mostly middle grey, with bright lines where the picture becomes brighter towards the right
# and dark lines where it becomes darker.*
#
# Look at the outermost columns: bright at the left, dark at the right. They are no edges of the picture.
# There the kernel looks at the zeros of the border, darker than any landscape. A border that repeats the
# outermost pixels has no such edge:

# %% tags=["demo"]
view = ch02.landscape(96, 128)[None, None]
zeros_around = F.conv2d(view, sobel[None, None], padding=1)
repeated = F.conv2d(F.pad(view, (1, 1, 1, 1), mode="replicate"), sobel[None, None])
for name, edges in {"zeros": zeros_around, "repeated": repeated}.items():
    left, right = edges[0, 0, :, 0].mean(), edges[0, 0, :, -1].mean()
    print(f"{name}: left column {left:z.1f}, right column {right:z.1f}")  # z: no minus before 0.0

# %% [markdown] seed=["E7"]
# ### One kernel for each channel: `groups`
#
# Give `conv2d` a colour picture and a kernel of one channel, and torch refuses, since channels are meant to
# be added up. The argument `groups` cuts the channels into groups that do not see each other. With
# `groups=C` every channel is alone, and each of the C kernels has a single channel: `weight` is
# (C, 1, kH, kW), just as the C / groups in the table of section 3 says. *Predict: which numbers stand in
# the last line?*

# %% tags=["demo"] seed=["E7"]
colours = torch.stack([torch.full((3, 3), value) for value in (1.0, 2.0, 3.0)])[None]  # (1, 3, 3, 3)
three_kernels = torch.ones(3, 1, 3, 3) * torch.tensor([1.0, 10.0, 100.0])[:, None, None, None]
try:
    F.conv2d(colours, three_kernels)
except RuntimeError as error:
    print("RuntimeError:", error)

print(F.conv2d(colours, three_kernels, groups=3).shape)
print(F.conv2d(colours, three_kernels, groups=3).flatten())

# %% [markdown]
# The same numbers several times: `repeat` says how often along each axis, new axes first. `expand` says the
# shape that is wanted, stretches axes of size 1, and copies nothing: all rows are the same memory.

# %% tags=["demo"]
row = torch.tensor([1, 2])
print(row.repeat(3, 1))  # three times downwards, once to the right
print(row.expand(3, 2).shape, sobel.repeat(4, 1, 1).shape)

# %% [markdown]
# ### Exercise 2.5 · `sobel_x` · ★★☆ · 12 minutes
#
# Write `sobel_x(img)`. It lays on each channel of a batch of pictures, *by itself*, the kernel Sobel-x,
#
# $$\begin{pmatrix} -1 & 0 & 1 \\ -2 & 0 & 2 \\ -1 & 0 & 1 \end{pmatrix}$$
#
# laid down as it stands here, with a border of zeros. You may use every function of torch.
#
# - `img`: pictures (N, C, H, W), `float32`, with any number of channels.
# - **the kernel** (1.5 points): the result for a grey picture (one channel), in the shape and the dtype of `img`.
# - **channels apart** (2 points): with more channels each has a result of its own, and none reaches another.
# - **any size** (1 point): also with one picture, and where a picture is one or two pixels high or wide.
# - **no trace** (0.5 points): `img` stays as it was, and so does everything else.
#
# ```python
# sobel_x(torch.ones(1, 1, 4, 4))[0, 0, 1]  # tensor([ 4.,  0.,  0., -4.]): edges only at the border
# ```

# %% [markdown] tags=["hints"] exercise="sobel_x"
# 1. For one channel this is one call of `F.conv2d` with a kernel of shape (1, 1, 3, 3). Which `padding`
#    keeps the size?
# 2. For C channels you need C kernels of one channel each, and an argument that keeps the channels apart.
#    A cell above the exercise shows both for C = 3.
# 3. Take C from the shape of `img`, never from the example. `repeat` or `expand` makes C copies of a
#    kernel; or reshape so that every channel is a picture of its own, and back again.

# %% nbgrader={"grade": false, "grade_id": "sobel_x", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sobel_x(img):
    """Sobel-x on every channel of (N, C, H, W) by itself; same shape."""
    ### BEGIN SOLUTION
    channels = img.shape[1]
    edge = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    return F.conv2d(img, edge.repeat(channels, 1, 1, 1), padding=1, groups=channels)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "sobel_x-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
grey = torch.tensor([[1.0, 2, 4, 4], [1, 2, 4, 0], [3, 2, 1, 0]])[None, None]
check("sobel_x/the example", sobel_x, torch.ones(1, 1, 4, 4))
check("sobel_x/grey", sobel_x, grey)
check("sobel_x/two channels", sobel_x, torch.cat([grey, 10 * grey.flip(3)], dim=1), requirement="channels apart")
check("sobel_x/one row", sobel_x, grey[:, :, :1], requirement="any size")

# %% nbgrader={"grade": true, "grade_id": "sobel_x-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("sobel_x")


def numbers(img):
    """Their dtype is seen in other checks."""
    result = sobel_x(img)
    return result.float() if isinstance(result, torch.Tensor) else result


def one_channel_changed(img, other):
    changed = img.clone()
    changed[:, 1] = other
    return {"before": numbers(img), "after": numbers(changed)}


def of_each(*several):
    return [numbers(img) for img in several]


def randn(*shape):
    return probes.normal(*shape, generator=fresh)


def whole(*shape):
    return torch.randint(-9, 10, shape, generator=fresh).float()


check("sobel_x/grey pictures", sobel_x, 200 * whole(2, 1, 6, 5))
check("sobel_x/a square", numbers, randn(1, 1, 5, 5) / 3)
check("sobel_x/lying otherwise in memory", numbers, whole(3, 1, 5, 6).transpose(2, 3)[1:])
apart = {"requirement": "channels apart"}
check("sobel_x/colour", numbers, whole(2, 3, 4, 6), **apart)
check("sobel_x/one picture of five channels, and of seventy", of_each, 200 * whole(1, 5, 4, 4), whole(1, 70, 3, 3), **apart)
check("sobel_x/as many channels as pictures", numbers, randn(2, 2, 3, 4), **apart)
check("sobel_x/channels that lie last in memory", numbers, whole(2, 3, 4, 3).permute(0, 3, 1, 2), **apart)
check("sobel_x/one channel changed", one_channel_changed, whole(2, 4, 4, 4), whole(2, 4, 4), **apart)
small = {"requirement": "any size"}
check("sobel_x/one picture", numbers, randn(1, 3, 4, 5) + 5, **small)
check("sobel_x/two by two", numbers, whole(1, 2, 2, 2) + 20, **small)
narrow = [whole(*shape) + 20 for shape in ((2, 1, 1, 5), (2, 1, 5, 1), (2, 1, 1, 1), (1, 1, 1, 3))]
check("sobel_x/one pixel high or wide", of_each, *narrow, **small)
### END HIDDEN TESTS

# %% [markdown] seed=["E6"]
# ## 10. The kind of number matters
#
# Our picture holds whole numbers, `int64`, and `conv2d` took it without complaint. On a CPU it takes bytes
# and whole numbers from `int8` to `int64`, and its result is of that kind too. That is a favour with traps
# in it.
#
# The first is silent. A picture from a file is `uint8`: bytes, whole numbers from 0 to 255. *Predict: nine
# bright pixels of 200 under a kernel of nine ones. What is 9 · 200?*

# %% tags=["demo"] seed=["E6"]
bright = torch.full((1, 1, 3, 3), 200, dtype=torch.uint8)
print(F.conv2d(bright, torch.ones_like(bright)))

# %% [markdown] seed=["E6"]
# Eight. A byte has no room for 1800, so it starts again at 0 whenever it is full: 1800 = 7 · 256 + 8. No
# error, no warning, only a picture that is wrong.
#
# The other traps complain. *Predict which of these three pairs goes through.*

# %% tags=["demo"] seed=["E6"]
layer = nn.Conv2d(1, 1, 3)  # the layer of the next chapter; its kernel is float32
attempts = {
    "whole picture, float kernel": lambda: F.conv2d(image_4d, kernel_4d.float()),
    "yes-or-no picture and kernel": lambda: F.conv2d(image_4d.bool(), kernel_4d.bool()),
    "whole picture, layer": lambda: layer(image_4d),
}
for name, attempt in attempts.items():
    try:
        print(f"{name}: {attempt().dtype}")
    except RuntimeError as error:  # NotImplementedError is a kind of RuntimeError
        print(f"{name}: {type(error).__name__}: {error}")

# %% [markdown] seed=["E6"]
# None of them. The cure is the same for all: networks compute in `float32`, so convert when a picture comes
# in, and the rest of the way is free of surprises.

# %% tags=["demo"] seed=["E6"]
print(F.conv2d(bright.float(), torch.ones(1, 1, 3, 3)))
print(F.conv2d(image_4d.bool().float(), kernel_4d.float()).dtype)
print(layer(image_4d.float()).dtype)

# %% [markdown]
# ### Exercise 2.6 · `safe_conv` · ★★☆ · 15 minutes · further
#
# **Bug hunt.** Somebody wrote `hasty_conv`. It gives the right numbers for the picture of this chapter, and
# was used for a year. It has three bugs that give wrong results without a word. One of them you have just
# met.

# %% tags=["demo"]
def hasty_conv(x, k, **kw):
    k = k.to(x.dtype)  # "conv2d wants both of the same dtype"
    result = F.conv2d(x[None, None], k[None, None], **kw)
    return result.squeeze().float()  # "back to two axes"


print(hasty_conv(image, kernel))
print(hasty_conv(torch.full((3, 4), 200, dtype=torch.uint8), torch.ones(3, 3)))

# %% [markdown]
# Write `safe_conv(x, k, **kw)`, which is right.
#
# - `x`, `k`: a picture (H, W) and a kernel (h, w), two-dimensional tensors of *any* dtype, also of two different ones.
# - `kw`: keyword arguments (`stride`, `padding`, `dilation`), which go on to `F.conv2d`.
# - **its numbers** (1.5 points): those of `F.conv2d`, for every `stride`, `padding` and `dilation`, be it a number, a
#   pair, or a word.
# - **any dtype** (2 points): bytes, `bool`, whole numbers and floating-point numbers of every precision on either side:
#   both are `float32` before anything is computed, and the result is `float32`.
# - **two axes** (2 points): the result has two axes, also where it is one pixel high or wide.
# - **no trace** (0.5 points): `x` and `k` stay as they were, and so does everything else.
#
# ```python
# safe_conv(torch.full((3, 4), 200, dtype=torch.uint8), torch.ones(3, 3))
# # tensor([[1800., 1800.]])
# ```

# %% [markdown] tags=["hints"] exercise="safe_conv"
# 1. Play with `hasty_conv`. What does it make of bytes? Of a kernel of halves on a picture of whole
#    numbers? And what shape has its result when the picture is as high as the kernel?
# 2. Two of the bugs are about *when* a tensor is converted, and to what. Both tensors have to become what
#    the result is meant to be before anything is computed.
# 3. The third: `squeeze()` throws away *every* axis of size 1. Take away exactly the two that you added
#    yourself, the first two, and no others.

# %% nbgrader={"grade": false, "grade_id": "safe_conv", "locked": false, "schema_version": 3, "solution": true, "task": false}
def safe_conv(x, k, **kw):
    """conv2d of x (H, W) with k (h, w), of any dtypes: two-dimensional float32."""
    ### BEGIN SOLUTION
    picture = x.to(torch.float32)[None, None]
    weight = k.to(torch.float32)[None, None]
    return F.conv2d(picture, weight, **kw)[0, 0]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "safe_conv-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
own = image.float(), kernel.float()
halves = torch.tensor([[0.5, -0.5], [0.25, 0.0]])
check("safe_conv/the picture, in floats", safe_conv, *own)
check("safe_conv/stride 2, padding 1", safe_conv, *own, stride=2, padding=1)
check("safe_conv/bytes", safe_conv, torch.full((4, 5), 200, dtype=torch.uint8), torch.ones(3, 3), requirement="any dtype")
check("safe_conv/a kernel of halves", safe_conv, image.clone(), halves, requirement="any dtype")
check("safe_conv/as high as the kernel", safe_conv, own[0][:3], own[1], requirement="two axes")

# %% nbgrader={"grade": true, "grade_id": "safe_conv-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("safe_conv")


def whole(low, high, *shape):
    return torch.randint(low, high, shape, generator=fresh)


def randn(*shape, dtype=torch.float32):
    return probes.normal(*shape, generator=fresh, dtype=dtype)


def numbers(x, k, **kw):
    """Their dtype is a matter of "any dtype" alone."""
    result = safe_conv(x, k, **kw)
    return result.float() if isinstance(result, torch.Tensor) else result


def of_each(several):
    return {name: safe_conv(x, k) for name, (x, k) in several.items()}


def numbers_of_each(several):
    return {name: numbers(x, k) for name, (x, k) in several.items()}


def one_by_one(x, k, settings):
    return {f"{name}={value}": numbers(x, k, **{name: value}) for name, value in settings.items()}


def by_words(x, k):
    return {
        "padding='same'": numbers(x, k, padding="same"),
        "padding='same' dilation=2": numbers(x, k, padding="same", dilation=2),
        "padding='valid'": numbers(x, k, padding="valid"),
    }


check("safe_conv/floats", numbers, 1024 * randn(5, 6), randn(2, 3))
check("safe_conv/lying otherwise in memory", numbers, randn(7, 7).T[1:, 2:], randn(3, 4)[:, ::2].T)
check("safe_conv/one setting", one_by_one, randn(7, 8), randn(3, 2), {"stride": 2, "padding": (0, 2), "dilation": 3})
check("safe_conv/pairs", numbers, randn(6, 7), randn(2, 3), stride=(1, 2), dilation=(2, 1))
check("safe_conv/the words same and valid", by_words, randn(3, 5), randn(3, 5))
check("safe_conv/all settings", numbers, randn(9, 8), randn(3, 3), stride=2, padding=1, dilation=2)
kinds = {"requirement": "any dtype"}
thirds = randn(3, 4) + 1 / 3
check("safe_conv/bytes and bytes", safe_conv, whole(150, 256, 5, 6).to(torch.uint8), whole(1, 4, 3, 3).to(torch.uint8), **kinds)
check("safe_conv/halves, a sum beyond them", safe_conv, whole(200, 300, 4, 4).half(), whole(200, 300, 3, 3).half(), **kinds)
float_kernel = {
    "bytes": (whole(150, 256, 4, 4).to(torch.uint8), randn(2, 2) + 1 / 3),
    "int64": (whole(-9, 10, 4, 5), randn(2, 3) + 1 / 3),
    "yes or no": (whole(0, 2, 4, 4).bool(), randn(2, 3) + 1 / 3),
    "half": (randn(4, 4).half(), randn(2, 2) + 1 / 3),
    "bfloat16": (randn(3, 4).bfloat16(), randn(2, 2) + 1 / 3),
    "double": (thirds.double(), randn(2, 2)),
}
check("safe_conv/a float kernel", of_each, float_kernel, **kinds)
check("safe_conv/yes and no", safe_conv, whole(0, 2, 5, 6).bool(), whole(0, 2, 3, 3).bool(), **kinds)
no_room = {
    "bytes; a kernel below zero": (whole(0, 256, 3, 4).to(torch.uint8), whole(-900, -300, 2, 2)),
    "yes or no; a kernel of whole numbers": (whole(0, 2, 3, 4).bool(), whole(-900, -300, 2, 2).to(torch.int16)),
    "int8; a kernel of bytes": (whole(-128, 0, 3, 4).to(torch.int8), whole(200, 256, 2, 2).to(torch.uint8)),
    "int32; a kernel of int16": (whole(40000, 70000, 3, 4).to(torch.int32), whole(100, 300, 2, 2).to(torch.int16)),
    "int64; a kernel of bytes": (whole(1, 10, 3, 4) * 2**33, whole(1, 9, 2, 2).to(torch.uint8)),
}
check("safe_conv/whole numbers, and others that they cannot hold", of_each, no_room, **kinds)
pairs = {
    "float and bfloat16": (thirds, randn(2, 2).bfloat16()),
    "float and bytes": (thirds, whole(1, 9, 2, 2).to(torch.uint8)),
    "double and whole numbers": (randn(3, 4, dtype=torch.float64), whole(-3, 4, 2, 2)),
    "float and half": (thirds, randn(2, 2).half()),
    "float and yes or no": (thirds, torch.tensor([[True, False], [True, True]])),
    "double and half": (thirds.double(), randn(2, 2).half()),
    "half and bfloat16": (randn(3, 4).half(), randn(2, 2).bfloat16()),
    "bfloat16 and bfloat16": (randn(3, 4).bfloat16(), randn(2, 2).bfloat16()),
}
check("safe_conv/other pairs", of_each, pairs, **kinds)
small = {"requirement": "two axes"}


def digits(*shape):
    return randn(*shape).round() + 5


check("safe_conv/fits once", numbers, digits(3, 3), digits(3, 3), **small)
results = {"one row": (digits(3, 7), digits(3, 3)), "one column": (digits(7, 3), digits(3, 3))}
check("safe_conv/one row or column", numbers_of_each, results, **small)
check("safe_conv/one row by a long step", numbers, digits(4, 9), digits(2, 3), stride=3, **small)
slim = {
    "one pixel with one pixel": (digits(1, 1), digits(1, 1)),
    "a kernel of one row": (digits(3, 4), digits(1, 3)),
    "a kernel of one column": (digits(4, 3), digits(3, 1)),
}
check("safe_conv/pictures and kernels one pixel high or wide", numbers_of_each, slim, **small)
### END HIDDEN TESTS

# %% [markdown]
# ## 11. Yours at work: a kernel that nobody typed
#
# Suppose somebody shows you a picture and its edge map, and not the kernel. Can it be found? Here your own
# `sobel_x` makes the edge map, and your `conv2d_multi` has to learn the kernel from it: nine numbers and a
# bias, at random at first. The picture is made of random pixels, so that no kernel gives what another does.

# %% tags=["demo"]
from autograder.torch_nn.stand_ins import yours

edge_map = yours("sobel_x")
convolve = yours("conv2d_multi")
# a generator with a seed: the same random numbers in every run
noise = torch.randn(1, 1, 12, 12, generator=torch.Generator().manual_seed(0))

# %% [markdown]
# How wrong the kernel is says one number, the *loss*: the mean of the squared differences. Its gradient says
# for each of the ten numbers which way the loss grows, so a short step goes the other way. That is
# *gradient descent*. `torch.no_grad()` keeps the step itself out of the graph. *Predict: what loss is
# there after sixty steps?*

# %% tags=["demo"]
def learn(picture, steps):
    wanted = edge_map(picture)[:, :, 1:-1, 1:-1]  # `convolve` has no border
    w = torch.randn(1, 1, 3, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    b = torch.ones(1).requires_grad_()
    kernels, losses = [], []
    for _ in range(steps + 1):
        loss = ((convolve(picture, w, b) - wanted) ** 2).mean()
        kernels.append(w.detach().clone())
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for learnt in (w, b):
                learnt -= 0.1 * learnt.grad
                learnt.grad = None
    return kernels, losses

# %% tags=["demo"]
learnt_kernels, losses = learn(noise, 60)
for step in (0, 3, 10, 60):
    print(f"after {step} steps: loss {losses[step]:.3f}, middle row",
          [f"{number:z.2f}" for number in learnt_kernels[step][0, 0, 1].tolist()])

# %% [markdown]
# Sobel's numbers, out of nothing but a picture and an answer. And a kernel that was learnt on noise sees in
# a landscape what Sobel's sees; `conv2d_multi` computes what each stage makes of it.

# %% tags=["demo"]
stages = {step: learnt_kernels[step] for step in (0, 3, 10, 60)}
small_view = ch02.landscape(72, 96)[None, None]
seen = {step: convolve(small_view, k, torch.zeros(1))[0, 0] for step, k in stages.items()}
ch02.learning(stages, seen, losses)

# %% [markdown]
# *Picture: the kernel's nine numbers at the start, on the way and at the end, what each makes of the
# landscape, and the loss for each step.*
#
# ### The trap: a picture that says too little
#
# *Predict: the same with a picture that is everywhere 0.5. Will the loss fall? Will it be Sobel's kernel?*

# %% tags=["demo"]
flat_kernels, flat_losses = learn(torch.full((1, 1, 12, 12), 0.5), 60)
print(f"loss {flat_losses[0]:.3f}, then {flat_losses[-1]:.3f}")
print([[f"{number:z.2f}" for number in line] for line in flat_kernels[-1][0, 0].tolist()])

# %% [markdown]
# The loss is as small as it can be, and the kernel is another. Of a flat picture every kernel makes one
# number everywhere, and the bias takes it away. A loss speaks of the pictures that it was shown, and of no others.

# %% [markdown]
# ## What to keep
#
# 1. `F.conv2d` lays a kernel on every place, multiplies, adds up. It does not turn the kernel, and gradients
#    reach it: a kernel can be learnt.
# 2. Pictures are (N, C, H, W), kernels (O, C / groups, kH, kW); channels are added up unless `groups` keeps
#    them apart.
# 3. Stride skips places, padding adds a border, dilation spreads the kernel; one formula, rounded down,
#    plus 1.
# 4. A bias belongs to the channel axis; broadcasting would put it on the last one.
# 5. Convert to `float32` first: bytes overflow silently, mixed dtypes raise.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown] seed=["B2.c1", "A2.c2", "E10"]
# ## Where to read on
#
# - [`torch.nn.functional.conv2d`](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html):
#   all arguments with their shapes
# - [`torch.nn.Conv2d`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html): the same as a
#   layer, with the size formula
# - [`torch.nn.Unfold`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html): all windows as
#   one tensor
# - [Broadcasting](https://docs.pytorch.org/docs/stable/notes/broadcasting.html): which axes line up
# - Next is chapter 3, where a kernel becomes a layer that learns.
