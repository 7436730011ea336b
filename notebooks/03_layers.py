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
# # 3 · Layers: what each one does to a picture
#
# Four kinds of layers make up most networks for images: convolution, pooling, activation, and the
# linear layer at the end. In this chapter you send a batch of pictures through each of them and
# look at what comes out: the shape first, then the numbers, then the picture.
#
# After this chapter you will be able to
#
# - put a layer into a module, and say how many numbers it learns and what shape it returns,
# - look inside a network without being fooled by what you see,
# - say which windows max-pooling keeps, and write it yourself,
# - choose an activation, and know exactly what `inplace=True` touches,
# - flatten a batch without melting its images together,
# - see what kernels learn, in a network made of your own answers.
#
# **Time.** Reading takes about 42 minutes, the exercises 98; the core is 90 of them, what is marked *further* 50.
# What is *further* can wait; nothing in the core needs it. Run the cells from the top with
# Shift+Enter, and where you read **predict**, say your answer before you run the cell.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share. The grey cells below an exercise that look empty
# are theirs: leave them where they are. **no trace** stands in every list: what an answer was given, and torch's own
# settings, are afterwards as they were before.

# %%
import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check, hint, progress

torch.set_num_threads(1)

# %% [markdown]
# ## Before you start
#
# Three questions on the chapters before this one, with other numbers every time. They earn no
# points; skip them freely.

# %% tags=["demo"]
from autograder.torch_nn.questions import review

review(3)

# %% tags=["demo"]
review.answer(None, None, None)

# %% [markdown] seed=["A3.1", "E17"]
# ## A batch of pictures
#
# CIFAR-10 is the data set of a thousand tutorials: 60,000 pictures of 32 × 32 pixels in ten
# classes. Its usual first line fails on a computer that has never seen the files. **Predict** what
# it says.

# %% seed=["E17"] tags=["demo"]
import tempfile

from torchvision.datasets import CIFAR10

with tempfile.TemporaryDirectory() as empty_folder:
    try:
        CIFAR10(empty_folder, train=False)
    except RuntimeError as error:
        print("RuntimeError:", error)

# %% [markdown] seed=["A3.1", "E17"]
# `download=True` fetches them; without a network that fails, too, with a `URLError`.
#
# So this course brings its own pictures, `Doodles`: drawn by a program, of CIFAR-10's size, and behind
# the same interface, but for the folder. An item is an image and a class number; `ToTensor()` makes
# the image a tensor (3, 32, 32) with values from 0 to 1. A `DataLoader` puts 64 of them into one.
# (Where you have the real thing, `autograder.torch_nn.data.cifar10` reads it; every cell below works with
# either.)

# %% seed=["A3.1"] tags=["demo"]
from torch.utils.data import DataLoader
from torchvision.transforms import ToTensor

from autograder.torch_nn.data import Doodles
from autograder.torch_nn.pictures import ch03 as pictures

dataset = Doodles(train=False, transform=ToTensor())
loader = DataLoader(dataset, batch_size=64)
images, labels = next(iter(loader))
print(images.shape, images.dtype, f"from {images.min():.2f} to {images.max():.2f}")
pictures.strip(images[:8], [dataset.classes[label] for label in labels[:8]])

# %% [markdown]
# *Picture: the first eight of the 64, each under the name of its class.*

# %% [markdown] seed=["A3.1", "A3.c1"]
# ## Convolution, as a layer
#
# In chapter 2 you passed the kernel to `F.conv2d` yourself. A *layer* is a module that owns its
# kernel. `nn.Conv2d(3, 6, 3)` takes pictures with 3 channels, has 6 kernels of 3 × 3 (each reaches
# through all three channels), and returns 6 channels. This is a whole network with one of them:

# %% seed=["A3.1", "A3.c1"] tags=["demo"]
class OneConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels=3, out_channels=6, kernel_size=3, stride=1, padding=0)

    def forward(self, x):
        return self.conv1(x)


torch.manual_seed(2)
one_conv = OneConv()
print(one_conv)

# %% [markdown] seed=["A3.1"]
# The printed line shows what differs from the defaults, and kernel size and stride always; `padding`
# is 0 and not mentioned. The layer is *made* in `__init__`, once, and *used* in `forward`, for every
# batch. **Predict**: how many numbers does it learn?

# %% seed=["A3.1"] tags=["demo"]
for name, parameter in one_conv.named_parameters():
    print(f"{name:13} {tuple(parameter.shape)!s:14} {parameter.numel():4} numbers")
print(sum(parameter.numel() for parameter in one_conv.parameters()), "in all")

# %% [markdown]
# 6 kernels × 3 channels × 3 rows × 3 columns = 162, and one bias for each kernel: 168. The size of
# the picture plays no part. The same 168 numbers work on any picture of at least 3 × 3 pixels.

# %% [markdown] seed=["A3.2", "A3.c2"]
# Now the whole data set goes through, batch by batch. (`images` remains the first of them, here and
# in all of this chapter.) **Predict** the shapes; one line differs.

# %% seed=["A3.2", "A3.c2"] tags=["demo"]
for batch, _ in loader:
    print(batch.shape, "→", one_conv(batch).shape)

# %% [markdown] seed=["A3.2", "A3.c2"]
# 64 is the batch size, 6 the number of kernels, and 30 = 32 − 3 + 1 the places at which a window of
# 3 fits into 32 pixels. The *last* batch holds what was left over: 16. The test pictures of the real
# CIFAR-10 end the same way.
#
# Texts like to write "64" where they should write "N". Remember this last batch; it has a say in
# the section on the linear layer.

# %% [markdown]
# ### Exercise 3.1 · `ConvNet` · ★☆☆ · 8 minutes
#
# Write a network with one convolution, for any number of channels: `ConvNet(in_ch=3, out_ch=6, k=3)`.
#
# - `in_ch`, `out_ch`: ints, the numbers of channels that come in and that go out.
# - `k`: an int, the side of the square kernel.
#
# It is called with a float32 tensor `x` of shape (N, in_ch, H, W), where H and W are at least k, and N
# is different from call to call.
#
# - **its result** (1.5 points): the convolution of `x` with the network's weight, plus its bias:
#   (N, out_ch, H − k + 1, W − k + 1), with stride, padding and all else as in PyTorch's defaults.
#   Nothing happens before it or after it, in training and in evaluation mode.
# - **any sizes** (1 point): it is the same for all `in_ch`, `out_ch`, `k`, N, H and W, also where
#   some of them are 1.
# - **its parameters** (1 point): those of one `nn.Conv2d`: a weight (out_ch, in_ch, k, k), which begins
#   with random numbers, others for each network, and a bias (out_ch,). Gradients reach both, and `x`, in
#   both modes.
# - **no trace** (0.5 points): to make and to call a network changes neither `x`, nor its parameters,
#   nor its mode; it sets no random seed, and gradients are as they were, on or off.
#
# ```python
# ConvNet()(images).shape          # (64, 6, 30, 30), for images of (64, 3, 32, 32)
# ```
#
# Everything in torch is allowed. Decided when graded: fresh numbers, other sizes, the evaluation
# mode, gradients.

# %% [markdown] tags=["hints"] exercise="ConvNet"
# 1. Which of the two methods knows the numbers of channels, and which one knows the pictures? The
#    layer belongs to the first.
# 2. `OneConv` above has fixed numbers in three places. Where do yours come from?
# 3. Make the layer with the three arguments, in the order in which `nn.Conv2d` wants them, and keep
#    it as an attribute of `self`. `forward` is one line that calls it.

# %% nbgrader={"grade": false, "grade_id": "ConvNet", "locked": false, "schema_version": 3, "solution": true, "task": false}
class ConvNet(nn.Module):
    """One convolution with a square kernel of side k."""

    def __init__(self, in_ch=3, out_ch=6, k=3):
        ### BEGIN SOLUTION
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.conv1(x)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "ConvNet-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def look(x, *sizes):
    net = ConvNet(*sizes)
    net(x.clone())
    for parameter in net.parameters():  # the bias becomes 0
        nn.init.constant_(parameter, -0.5 * (parameter.dim() > 1))
    return {"result": net(x), "parameters": sum(p.numel() for p in net.parameters())}


side, sizes = {"parameters": "its parameters"}, {"requirement": "any sizes"}
check("ConvNet/two pictures", look, torch.ones(2, 3, 4, 5), sides=side)
check("ConvNet/one channel to two", look, torch.ones(1, 1, 5, 6), 1, 2, 4, sides=side, **sizes)

# %% nbgrader={"grade": true, "grade_id": "ConvNet-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("ConvNet")

def random(*shape):
    return probes.normal(shape, generator=g)

def process():
    return torch.is_grad_enabled(), str(torch.get_default_dtype()), torch.initial_seed()

def gradients(out, *tensors):
    wanted, slopes = [t for t in tensors if t.requires_grad], []
    if wanted and getattr(out, "requires_grad", False):
        slopes = torch.autograd.grad(probes.weighted_sum(out), wanted, allow_unused=True)
    found = {id(t): slope for t, slope in zip(wanted, slopes)}
    return [found.get(id(t)) for t in tensors]

def seen(x, *sizes, training=True, bias=False, **named):
    before, given = process(), x.clone()
    net = ConvNet(*sizes, **named)
    net(x[:1].clone())  # a lazy layer gets its parameters here
    begins = [p.detach().clone() for p in net.parameters() if bias and p.dim() > 1]
    probes.fill(net).train(training)
    if not bias:
        with torch.no_grad():
            [p.zero_() for p in net.parameters() if p.dim() == 1]
    filled, made = [(p, p.detach().clone()) for p in net.parameters()], process()
    with torch.set_grad_enabled(training):
        out, now = net(given), process()
    torch.set_grad_enabled(True)
    left = {"x changed": not torch.equal(given, x), "x requires gradients": given.requires_grad}
    left["mode changed"] = net.training != training
    same = zip(filled, net.parameters())
    left["parameters changed"] = not all(p is q and torch.equal(was, q) for (p, was), q in same)
    left["seed, dtype or gradients changed"] = made != before or now != (training, *before[1:])
    if not bias:
        return {"result": out, "left behind": left}
    leaf, owned = x.clone().requires_grad_(), sorted(net.parameters(), key=lambda p: p.dim())
    last, other = net(leaf), ConvNet(*sizes, **named)
    other(x[:1].clone())
    torch.set_grad_enabled(True)
    others, one = [w.detach() for w in other.parameters() if w.dim() > 1], net.eval()(leaf[:1])
    torch.set_grad_enabled(True)
    return {
        "result": last,
        "parameters": probes.parameter_shapes(net),
        "gradients": gradients(last, leaf, *owned),
        "gradients where x needs none": gradients(out, *owned),
        "no gradient in evaluation mode": [slope is None for slope in gradients(one, leaf, *owned)],
        "begins random": [len(w.flatten(1).unique(dim=0)) == len(w) for w in begins],
        "two networks begin alike": [torch.equal(*two) for two in zip(begins, others)],
    }

side = {"left behind": "no trace"}
check("ConvNet/last batch", seen, random(16, 3, 3, 4), sides=side)
check("ConvNet/other channels", seen, random(2, 4, 6, 7), 4, 7, 4, sides=side)
check("ConvNet/evaluation mode", seen, random(3, 3, 4, 5), out_ch=4, training=False, sides=side)
for kind, x, sizes in [
    ("one image", random(1, 3, 5, 4), (3, 5, 3)),
    ("one channel in", random(2, 1, 4, 5), (1, 4, 3)),
    ("one channel out", random(2, 4, 5, 3), (4, 1, 3)),
    ("all of them one", random(1, 1, 2, 1) + torch.tensor([[9], [-9]]), (1, 1, 1)),
]:
    check(f"ConvNet/{kind}", seen, x, *sizes, requirement="any sizes", sides=side)
named = {"in_ch": 2, "out_ch": 5, "k": 1, "requirement": "any sizes"}
x = random(3, 2, 2, 5) * torch.tensor([1, 1, 512]).reshape(3, 1, 1, 1)
check("ConvNet/kernel of one", seen, x, **named, sides=side)
check("ConvNet/parameters", seen, random(3, 5, 5, 4), 5, 7, 2, bias=True, requirement="its parameters")
### END HIDDEN TESTS

# %% [markdown] seed=["A3.3", "B3.1", "A3.c3", "E9"]
# ## Looking at feature maps
#
# What has a convolution seen? Its 6 output channels are called *feature maps*. Tools that show
# pictures want 3 channels, red, green and blue, or a single one for grey. A widespread way to please
# them is `reshape(-1, 3, 30, 30)`. It runs, and makes 128 pictures of 64. **Predict**: is picture
# number 2 made of the first image or of the second?

# %% seed=["A3.3", "B3.1", "E9"] tags=["demo"]
out = one_conv(images).detach()
fake_colours = torch.reshape(out, (-1, 3, 30, 30))
print(tuple(out.shape), "→", tuple(fake_colours.shape))
for n in range(2):
    for half in range(2):
        same = torch.equal(fake_colours[2 * n + half], out[n, 3 * half : 3 * half + 3])
        print(f"picture {2 * n + half} is image {n}, maps {3 * half} to {3 * half + 2}: {same}")

# %% [markdown] seed=["E9"]
# Each image became two pictures, and three maps that have nothing to do with each other were painted
# red, green and blue. With 6 channels one is even lucky. **Predict** what 4 and 8 channels do.

# %% seed=["E9"] tags=["demo"]
four, eight = torch.zeros(3, 4, 2, 2), torch.zeros(64, 8, 2, 2)
four += torch.arange(3)[:, None, None, None]  # each pixel holds the number of its image
print("4 channels: picture 1 mixes the images", four.reshape(-1, 3, 2, 2)[1].unique().tolist())
try:
    eight.reshape(-1, 3, 2, 2)
except RuntimeError as error:
    print("8 channels: RuntimeError:", error)

# %% [markdown] seed=["E9"]
# There is a second trap, in the *values*. A picture runs from 0 to 1; a feature map has no such
# limits, and what lies outside is cut off: everything below 0 is black. Both traps in one picture:

# %% seed=["E9", "A3.3"] tags=["demo"]
butterfly = images[7]
pictures.maps_and_false_colours(butterfly, out[7])

# %% [markdown]
# *Picture: a butterfly, three of its maps in false colours twice, and all six in grey.*
#
# A butterfly is still to be seen in false colours, but which kernel saw what is not. The way out has
# two steps: every map becomes a grey picture of its own, and every map gets its own scale, from its
# smallest value (black) to its largest (white). You write it. Two things that it takes:
#
# **The least along some axes.** `amin` and `amax` take one axis or several. Without `keepdim=True`
# these axes are gone; with it they stay, with size 1, and broadcasting works. `torch.where` chooses
# number by number: the first where the condition holds, else the second.

# %% tags=["demo"]
counts = torch.tensor([[[1.0, 3.0, 8.0], [2.0, 4.0, 6.0]]])  # (1, 2, 3)
print("amin(1):       ", counts.amin(1).shape, counts.amin(1).tolist())
print("amin((1, 2)):  ", counts.amin((1, 2)).shape, counts.amin((1, 2)).tolist())
print("kept:          ", counts.amax(2, keepdim=True).shape)
print("share of most: ", (counts / counts.amax(2, keepdim=True)).tolist())
print("where above 3: ", torch.where(counts > 3, counts, 0).tolist())

# %% [markdown]
# **Memory order.** In memory a tensor is one long row of numbers, and the *stride* of an axis says
# how many places further its next number lies. `permute` changes strides and moves nothing. `view`
# gives a new shape to the numbers where they lie, and refuses where that is impossible; `reshape`
# copies then. `channels_last` keeps the channels of a pixel side by side, which some processors
# like: the same tensor to all who compute with it, in another order.

# %% tags=["demo"]
turned = torch.arange(6.0).reshape(2, 3).permute(1, 0)
print("strides", turned.stride(), "reshape", turned.reshape(6).tolist())
try:
    turned.view(6)
except RuntimeError as error:
    print("view:", error)
last = images.to(memory_format=torch.channels_last)
print("equal:", torch.equal(last, images), "strides", images.stride(), last.stride())

# %%
ramp = torch.arange(2 * 6 * 4 * 4, dtype=torch.float32).reshape(2, 6, 4, 4)

# %% [markdown]
# ### Exercise 3.2 · `channel_grid` · ★★☆ · 15 minutes
#
# Write `channel_grid(out)`, which turns feature maps into grey pictures.
#
# - `out`: feature maps, a float tensor (N, C, H, W) of finite numbers, with all sizes from 1 up. The
#   smallest and the largest value of a map are equal, or their difference is one that the dtype holds
#   well: finite, and at least `torch.finfo(out.dtype).tiny`.
#
# What it returns and what it leaves alone:
#
# - **its pictures** (1.75 points): a tensor (N·C, 1, H, W). Picture number n·C + c shows map
#   `out[n, c]`, so that all maps of one image follow each other. Each map is scaled by itself,
#   linearly: its smallest value becomes 0, its largest 1.
# - **any values** (1.25 points): a map in which all values are equal becomes 0 everywhere. Every other
#   map runs from 0 to 1, however large its values are and however little they differ.
# - **any size and memory** (1 point): the same where N, C, H or W is 1, and however `out` lies in
#   memory, as after `permute` or slicing.
# - **any dtype** (0.5 points): the result has the dtype of `out`, which may also be float16, bfloat16 or
#   float64, and is as exact as that dtype allows.
# - **no trace** (0.5 points): `out` stays as it was, and so does everything else.
#
# Example: `ramp` (the cell above) holds 0, 1, 2, …, 191 in the shape (2, 6, 4, 4).
# `channel_grid(ramp)` has the shape (12, 1, 4, 4), and each of its pictures runs from 0 to 1 in
# steps of 1/15.
#
# Everything in torch is allowed. Decided when graded: fresh numbers, large and tiny values, memory
# orders, dtypes.

# %% [markdown] tags=["hints"] exercise="channel_grid"
# 1. Two questions that do not depend on each other: what is the smallest and largest value of *each*
#    map, and where does each map go?
# 2. `amin` and `amax` take several axes at once, and `keepdim=True` leaves the result in a shape
#    that can be subtracted from `out` directly. What is the difference of the two for a constant
#    map, and what may not be done with it?
# 3. Subtract the least value, divide by the span, having replaced a span of 0 by something harmless
#    (the difference above it is 0 anyway). `reshape` copies when it has to, `view` refuses.

# %% nbgrader={"grade": false, "grade_id": "channel_grid", "locked": false, "schema_version": 3, "solution": true, "task": false}
def channel_grid(out):
    """Feature maps (N, C, H, W) as grey pictures (N·C, 1, H, W), each with its own scale."""
    ### BEGIN SOLUTION
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "channel_grid-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("channel_grid/ramp", channel_grid, ramp.clone())
check("channel_grid/remainders", channel_grid, ramp % 23)
check("channel_grid/equal values", channel_grid, ramp // 16, requirement="any values")
check("channel_grid/one map, one row", channel_grid, ramp[:1, 2:3, :1], requirement="any size and memory")

# %% nbgrader={"grade": true, "grade_id": "channel_grid-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("channel_grid")

def random(*shape):
    """Maps none of which is constant, each with a scale of its own."""
    maps = probes.normal(shape, generator=g)
    maps = maps / 8 + (torch.arange(maps.numel()) % 7).reshape(shape) - 5
    n, c = torch.arange(shape[0])[:, None], torch.arange(shape[1])
    return maps * 2.0 ** ((3 * n + c) % 5 - 1)[..., None, None]

def listed(answer, *batches):
    return [answer(batch) for batch in batches]

level = torch.rand(1, generator=g).item() + 2
flat = random(2, 4, 3, 5)
flat[0, 1], flat[1, 2], flat[1, 3] = level, -level, 0
small, tiny, far = random(2, 3, 3, 4), random(2, 3, 3, 4), random(2, 3, 3, 4)
small[:, 1:] *= 2.0**-20
tiny[0, 1:] *= 2.0**-70
tiny[1] = (2 * tiny[1]).round() * 2.0**-126  # the span is a few times the least one
tiny[0, 0] *= 2.0**125
far[1] = 2.0**30 + (far[1] * 64).round() * 64  # neighbours at 1e9 are 64 apart
order = torch.randperm(12, generator=g).reshape(3, 4)
far[0, 0], far[0, 1] = 1.5 * 2**30 + order % 2 * 128, 1.5 * 2**30 + order % 5 * 128  # 128 at 1.6e9

def in_all_scales(dtype):
    """Maps of usual, large and tiny values, and a constant one."""
    maps, limits = random(2, 3, 4, 4).double(), torch.finfo(dtype)
    maps[0, 1], maps[1, 0] = level, (2 * maps[1, 0]).round() * limits.tiny
    maps[1, 1] *= limits.max / 128
    return maps.to(dtype)

wide = in_all_scales(torch.float64)
wide[:, 2] = 1 + wide[:, 2] * 2.0**-40

for kind, maps in [("five channels", random(3, 5, 4, 6)), ("two channels", random(4, 2, 3, 5))]:
    check(f"channel_grid/{kind}", channel_grid, maps)
for kind, maps in [
    ("constant maps", flat),
    ("small differences", small),
    ("tiny and enormous differences", tiny),
    ("a large offset", far),
    ("below and above zero", random(2, 3, 4, 3) + torch.tensor([-90, 90]).reshape(2, 1, 1, 1)),
]:
    check(f"channel_grid/{kind}", channel_grid, maps, requirement="any values")
for kind, *batches in [
    ("one image", random(1, 6, 3, 3)),
    ("one channel", random(4, 1, 3, 2)),
    ("one row", random(2, 3, 1, 5), random(2, 3, 3, 5)[:, :, 1:2]),
    ("one column", random(2, 3, 5, 1), random(2, 3, 4, 5)[..., 1:4:2]),
    ("one pixel", random(2, 3, 2, 2), random(2, 3, 1, 1)),
    ("channels last", random(2, 3, 4, 5).to(memory_format=torch.channels_last)),
    ("permuted", random(3, 4, 2, 5).permute(2, 3, 1, 0)),
]:
    run = torch.no_grad()(listed) if kind == "one image" else listed
    check(f"channel_grid/{kind}", run, channel_grid, *batches, requirement="any size and memory")
for dtype, maps, near in [
    ("float64", wide, 1e-11),
    ("float16", in_all_scales(torch.float16), 4e-3),
    ("bfloat16", in_all_scales(torch.bfloat16), 4e-2),
]:
    check(f"channel_grid/{dtype}", channel_grid, maps, rtol=near, atol=near, requirement="any dtype")
### END HIDDEN TESTS

# %% [markdown] seed=["A3.3", "B3.1", "A3.c3"]
# Now the maps can be read. `yours` takes your `channel_grid` when its checks above pass, else the
# course's, so the cell runs either way. `make_grid` puts pictures side by side, `nrow` in a row.

# %% seed=["A3.3", "B3.1", "A3.c3"] tags=["demo"]
from torchvision.utils import make_grid

from autograder.torch_nn.stand_ins import yours

as_pictures = yours("channel_grid")
grid = make_grid(as_pictures(out[4:8]), nrow=6)
print(tuple(grid.shape))
pictures.grid_of_maps(images[4:8], grid)

# %% [markdown]
# *Picture: four images, and in the row of each its six maps. A column belongs to one kernel.*

# %% [markdown] seed=["A3.4", "A3.c4", "A3.5", "A3.c5"]
# ## Max-pooling: the strongest of each window
#
# A max-pooling layer learns nothing. It lays a window on the map, keeps the largest value in it, and
# moves on *by the width of the window*: `stride` is `kernel_size` unless you say otherwise. A map of
# 5 × 5 and a window of 3 do not fit together. What happens to the two rows and columns that are left
# over is the argument `ceil_mode`. **Predict** both results.

# %% seed=["A3.4", "A3.5"] tags=["demo"]
numbers = torch.tensor([[1, 2, 0, 3, 1],
                        [0, 1, 2, 3, 1],
                        [1, 2, 1, 0, 0],
                        [5, 2, 3, 1, 1],
                        [2, 1, 0, 1, 1]], dtype=torch.float32)
one_map = torch.reshape(numbers, (-1, 1, 5, 5))  # one image with one channel
print(nn.MaxPool2d(kernel_size=3, ceil_mode=True)(one_map))
print(nn.MaxPool2d(kernel_size=3, ceil_mode=False)(one_map))

# %% seed=["A3.c4", "A3.c5"] tags=["demo"]
pictures.pool_windows(numbers, 3, ceil_mode=True)

# %% [markdown] seed=["A3.c4", "A3.c5"]
# *Picture: the map under four windows, three of them hatched, since they reach over the edge; the
# largest number of each is circled, and the result is 2 × 2.*
#
# With `ceil_mode=True` a window that reaches over the edge counts too, with as many numbers as it
# has. With `False`, the default, it is dropped with everything in it: here 16 of 25 numbers, and
# among them the 5, the strongest of all. The names say how the division is rounded: (5 − 3) / 3 is
# 0.67, which gives 0 or 1 steps and so 1 or 2 windows.
#
# Try other windows. **Predict** for each whether `ceil_mode` matters.

# %% tags=["demo"]
pictures.explore_pool(numbers)

# %% tags=["demo"]
pictures.pool_settings(numbers, [(2, False), (2, True), (3, False), (3, True), (5, False)])

# %% [markdown]
# *Picture, the same without a slider: five settings, each with its result.*

# %%
small_map = torch.tensor(
    [[1.0, 2, 0, 3, 1], [0, 1, 2, 3, 1], [1, 2, 1, 0, 0], [5, 2, 3, 1, 1], [2, 1, 0, 1, 1]]
)

# %% [markdown]
# ### Exercise 3.3 · `maxpool_manual` · ★★☆ · 15 minutes
#
# Write max-pooling for one map: `maxpool_manual(x, k, ceil_mode=False)`. The window is k × k and moves
# by k in both directions.
#
# - `x`: a tensor (H, W) of finite floats or of int64, of any size and however it lies in memory.
# - `k`: an int, at least 1, at most H and at most W.
# - `ceil_mode`: a bool; what becomes of the windows that reach over the lower or right edge.
#
# What it returns and what it leaves alone:
#
# - **whole windows** (1.5 points): with `ceil_mode=False` only whole windows count. The result has the
#   shape (⌊H/k⌋, ⌊W/k⌋) and holds the largest number of each.
# - **over the edge** (1.5 points): with `ceil_mode=True` the windows that reach over the edge count,
#   too, with the numbers that they have: (⌈H/k⌉, ⌈W/k⌉).
# - **any numbers** (1.5 points): the result has the dtype of `x`, and every number in it is one of `x`'s
#   own, also where all of them are negative, or enormous.
# - **any size** (1 point): the same where windows fit exactly, where there is one of them, or one row
#   or one column of them, where k is 1, and however `x` lies in memory.
# - **no trace** (0.5 points): `x` stays as it was, and so does everything else.
#
# | call | result |
# |---|---|
# | `maxpool_manual(small_map, 3, ceil_mode=True)` | `tensor([[2., 3.], [5., 1.]])` |
# | `maxpool_manual(small_map, 3)` | `tensor([[2.]])` |
#
# Not allowed: PyTorch's own pooling, in any spelling (`nn.MaxPool2d`, `F.max_pool2d`,
# `F.max_pool1d`, `F.adaptive_max_pool2d`, `F.lp_pool2d` and their relatives). Everything else is; loops
# are fine. Decided when graded: fresh numbers, int64 and other dtypes, other sizes.

# %% [markdown] tags=["hints"] exercise="maxpool_manual"
# 1. Where do the windows begin, in rows and in columns? `range` has three arguments. Write down the
#    beginnings for H = 5 and k = 3, once for each mode.
# 2. A slice that reaches over the edge is no error in Python: `x[3:6]` of five rows has two. That
#    takes care of one of the modes; for the other, decide where the range has to stop.
# 3. One `max()` for each window, collected in a list of lists, becomes a tensor with two
#    `torch.stack`. If you would rather pad: which number can never win against any other, and does it
#    exist for int64?

# %% nbgrader={"grade": false, "grade_id": "maxpool_manual", "locked": false, "schema_version": 3, "solution": true, "task": false}
def maxpool_manual(x, k, ceil_mode=False):
    """The largest number of each k × k window of a map (H, W)."""
    ### BEGIN SOLUTION
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "maxpool_manual-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from autograder.checks import probes

own = probes.POOLINGS
edge = {"ceil_mode": True, "forbid": own}
check("maxpool_manual/ceil", maxpool_manual, small_map.clone(), 3, **edge, requirement="over the edge")
check("maxpool_manual/floor", maxpool_manual, small_map.clone(), 3, forbid=own)
fits, size = small_map[:4, :4], {"requirement": "any size"}
check("maxpool_manual/4 by 4", maxpool_manual, fits.clone(), 2, forbid=own, **size)
check("maxpool_manual/4 by 4, ceil", maxpool_manual, fits.clone(), 2, **edge, **size)
check("maxpool_manual/below zero", maxpool_manual, small_map[:, :3] - 9, 3, **edge, requirement="any numbers")

# %% nbgrader={"grade": true, "grade_id": "maxpool_manual-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("maxpool_manual")
pooling = (*probes.POOLINGS, *(f"lp_pool{d}d" for d in (1, 2, 3)), *(f"lppool{d}d" for d in (1, 2, 3)))
exact = {"rtol": 0, "atol": 0, "forbid": pooling}

def windows(h, w, k):
    """Different numbers, the largest of a window not in its first place, and less to the lower right."""
    x = (torch.randperm(h * w, generator=g) + 1.0).reshape(h, w)
    if k > 1:
        x[::k, ::k] -= h * w
    rows, columns = torch.arange(h)[:, None] // k, torch.arange(w) // k
    return x + 2 * h * w * (h // k + w // k + 1 - rows - columns)

def both(answer, x, k):
    dense = x.is_contiguous() or x.T.is_contiguous()
    x, y = (x.clone(), x.clone()) if dense else torch.stack([x, x, -x], -1).unbind(-1)[:2]  # with gaps
    return [answer(x, k), answer(y, k, ceil_mode=True)]

for h, w, k in [(7, 11, 3), (9, 7, 2)]:
    check(f"maxpool_manual/{h} by {w}, k = {k}", maxpool_manual, windows(h, w, k), k, **exact)
for kind, h, w, k in [
    ("over both edges", 5, 8, 3),
    ("over the lower edge", 7, 6, 2),
    ("over the right edge", 6, 7, 3),
    ("by one row and two columns", 7, 8, 3),
]:
    x = windows(h, w, k)
    check(f"maxpool_manual/{kind}", maxpool_manual, x, k, True, requirement="over the edge", **exact)
whole, over = windows(6, 9, 3) - 999, windows(7, 9, 3) - 1299
for kind, x, ceil_mode in [
    ("negative numbers", whole, False),
    ("negative numbers, ceil", over, True),
    ("float16", whole.half(), False),
    ("bfloat16", (whole + 512).bfloat16() * 2.0**100, False),
    ("float64, ceil", over.double() * 2.0**900 * (1 + 2.0**-40), True),
    ("far below zero, ceil", over * 2.0**116, True),
    ("int64", whole.long() - 2**60, False),
    ("int64, ceil", over.long(), True),
    ("int64 far below zero, ceil", over.long() + 1899 - 2**63, True),
]:
    what = f"maxpool_manual/{kind}"
    check(what, maxpool_manual, x, 3, ceil_mode, requirement="any numbers", **exact)
for kind, x, k in [
    ("all windows fit", windows(6, 9, 3), 3),
    ("one window", windows(7, 7, 7), 7),
    ("a row of numbers", windows(1, 4, 1), 1),
    ("one column of windows", windows(8, 2, 2), 2),
    ("k = 1, every second column", windows(3, 8, 1)[:, ::2], 1),
    ("one row of windows, k = 5", windows(5, 10, 5), 5),
    ("transposed", windows(4, 6, 2).T.contiguous().T, 2),
]:
    run = torch.no_grad()(both) if kind == "one window" else both
    check(f"maxpool_manual/{kind}", run, maxpool_manual, x, k, requirement="any size", **exact)
### END HIDDEN TESTS

# %% [markdown] seed=["A3.6", "A3.c5", "A3.c6", "A3.c7", "E14"]
# ### What pooling does to a picture
#
# Now real pictures. Pooling treats each channel by itself, so 3 channels go in and 3 come out.
# **Predict** the shape of the output, with `ceil_mode=True`.

# %% seed=["A3.6", "A3.c6", "A3.c7", "E14"] tags=["demo"]
maxpool = nn.MaxPool2d(kernel_size=3, ceil_mode=True)
print(tuple(images.shape), "→", tuple(maxpool(images).shape))
averaged = F.avg_pool2d(butterfly, 3, ceil_mode=True)
for name, picture in {"image": butterfly, "max": maxpool(butterfly), "mean": averaged}.items():
    print(f"{name:6} {picture.numel():5} numbers, mean {picture.mean():.3f}")
pictures.pooled_and_averaged(butterfly, out[7, 5])

# %% [markdown] seed=["A3.c6", "A3.c7", "E14"]
# *Picture: the butterfly and one of its maps, as they are; the largest and the mean of each 3 × 3
# pixels; and pooled.*
#
# It is often said that pooling blurs. Blurring is averaging, and it leaves the mean nearly as it is.
# Max-pooling makes the picture *coarser and brighter*: of each window the brightest pixel stays, and
# dark details vanish. On feature maps, its proper place, it says: "somewhere in this window the
# feature was found, this strongly".
#
# What is it good for? There are 8 times fewer numbers to compute with, so the network gets faster.
# Each number now also stands for a larger piece of the picture (the next 3 × 3 window sees 9 × 9
# pixels of it). And what if the thing moves by a pixel? **Predict**: does the result stay the same?

# %% seed=["A3.c6"] tags=["demo"]
spot = torch.zeros(1, 6, 6)
spot[0, 1, 1] = 1
for steps in range(3):
    print(f"moved by {steps}:", F.max_pool2d(spot.roll(steps, 2), 3).flatten().tolist())
here, there = out[..., :27, :27], out[..., :27, 1:28]  # the same maps, a pixel apart
for name, layer in {"maps": nn.Identity(), "pooled": nn.MaxPool2d(3)}.items():
    a, b = layer(here), layer(there)
    print(f"{name:7} differ by {(a - b).abs().mean() / (a - a.mean()).abs().mean():.3f} of their spread")

# %% [markdown]
# Within its window the spot may move and nothing changes; beyond its edge all changes at once. On
# average, over real maps, a step of one pixel changes half as much as it did before pooling: 0.15 of
# the maps' spread instead of 0.27. That is less, not nothing. The price: the exact position is lost.

# %% [markdown] seed=["A3.c4", "E12"]
# ## Two errors that one meets with pooling · further

# %% [markdown] seed=["A3.c4", "E12"]
# ### "not implemented for 'Long'"
#
# Texts warn that whole numbers cannot be pooled. Is that so? **Predict** which of these fail.

# %% seed=["A3.c4", "E12"] tags=["demo"]
poolings = {
    "max_pool2d": lambda x: F.max_pool2d(x, 3),
    "max_pool1d": lambda x: F.max_pool1d(x[0], 3),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, 2),
}
for name, pool in poolings.items():
    for dtype in (torch.int64, torch.bool):
        try:
            print(f"{name:20}{dtype!s:12}", pool(one_map.to(dtype)).flatten().tolist())
        except NotImplementedError as error:
            print(f"{name:20}{dtype!s:12}", error)

# %% [markdown] seed=["A3.c4", "E12"]
# It depends: `F.max_pool2d` pools int64, its relatives do not, and none of them pools bool. Floats
# are good advice, then; `Conv2d` and `Linear` want them, too.

# %% [markdown] seed=["B3.c1", "E15"]
# ### "Just replace Conv2d by MaxPool2d"
#
# That is what a short text may say. The two layers look alike in a diagram, but their arguments do
# not. Each mended error leads to the next one:

# %% seed=["B3.c1", "E15"] tags=["demo"]
sixty_four = torch.zeros(64, 3, 32, 32)
try:
    nn.MaxPool2d(in_channels=3, out_channels=6, kernel_size=3, stride=1, padding=0)
except TypeError as error:
    print("TypeError:", error)
try:
    torch.reshape(nn.MaxPool2d(kernel_size=3)(sixty_four), (-1, 3, 30, 30))
except RuntimeError as error:
    print("RuntimeError:", error)
print(nn.MaxPool2d(kernel_size=3, stride=1)(sixty_four).shape)

# %% [markdown] seed=["B3.c1", "E15"]
# Pooling has no channels to choose, so the first spelling fails. With the default stride the maps have
# 10 × 10 numbers and not 30 × 30, so the reshape of the convolution fails: 64 · 3 · 10 · 10 = 19,200
# is no multiple of 3 · 30 · 30. With `stride=1` the shape is right, and no reshape is needed at all.

# %% [markdown] seed=["A3.c8", "A3.9", "E18"]
# ## Activations: the bend between two layers
#
# Two linear layers in a row are one linear layer (chapter 4 shows it with numbers). What makes depth
# worth anything is the bend between them: a function that is applied to each number by itself.
#
# - **ReLU**: max(0, x). The usual choice for hidden layers for many years now.
# - **Sigmoid**: 1 / (1 + e⁻ˣ), always between 0 and 1. Once the usual choice everywhere; today it is
#   at home where a probability or a gate is wanted. Look at the right half:

# %% seed=["A3.c8"] tags=["demo"]
pictures.activation_curves()

# %% [markdown] seed=["A3.c8"]
# *Picture: left ReLU and sigmoid, right their slopes; the hatched regions are where sigmoid's is
# nearly 0.*
#
# A gradient on its way back is multiplied at every layer by this slope *and* by the weights. ReLU's
# slope is 1 or 0: a number passes whole, or not at all. Sigmoid's is at most ¼. **Predict** what ten
# layers leave of a gradient, with weights of 1, 4 and 8.

# %% seed=["A3.c8"] tags=["demo"]
for weight in (1, 4, 8):
    x = torch.zeros(1, requires_grad=True)
    y = x
    for _ in range(10):
        y = torch.sigmoid(weight * y) - 0.5  # 0 again, where sigmoid is steepest
    print(f"weight {weight}: {torch.autograd.grad(y, x)[0].item():.3g}")

# %% [markdown]
# With small weights a millionth is left; with large ones it can grow as well. But large weights also
# lead to where sigmoid is flat, so in practice it is the fading that one meets.
#
# **GELU** and **SiLU**, which today's large networks use, are ReLU with a rounded corner: x times a
# number that goes from 0 to 1 as x grows (for SiLU it is sigmoid(x)). Just below 0 they dip and let a
# little gradient through.

# %% tags=["demo"]
some = torch.tensor([-4.0, -1.0, 0.0, 1.0, 4.0])
for bend in (F.relu, F.gelu, F.silu):
    print(f"{bend.__name__:5}", [f"{value:.2f}" for value in bend(some).tolist()])

# %% [markdown] seed=["A3.9", "E18"]
# An activation does not care for shapes. **Predict**: does the 2 × 2 tensor need a batch axis?

# %% seed=["A3.9", "E18"] tags=["demo"]
signed = torch.tensor([[1, -0.5],
                       [-1, 3]])
four_axes = torch.reshape(signed, (-1, 1, 2, 2))
print(four_axes.shape)
print(nn.ReLU()(signed))
print(nn.ReLU()(four_axes).shape, nn.ReLU()(four_axes).flatten().tolist())

# %% [markdown] seed=["A3.9", "E18"]
# No. Convolution and pooling need to know which axes are height and width. An elementwise layer
# takes any shape and returns the same.

# %% [markdown] seed=["A3.7", "A3.8", "E11"]
# ### `inplace=True`
#
# `nn.ReLU` has one argument, `inplace`. Some texts have `ReLU(x, inplace=True)` turn an x of −1 into
# 1. **Predict** what happens.

# %% seed=["A3.7", "E11"] tags=["demo"]
try:
    nn.ReLU(-1, inplace=True)
except TypeError as error:
    print("TypeError:", error)
print(nn.ReLU(torch.tensor(-1.0)))

# %% [markdown] seed=["A3.7", "A3.8", "E11"]
# Nothing was computed. `nn.ReLU(...)` *makes* a layer, and its first argument is `inplace` itself, so
# it came in twice; in the second line the tensor was silently taken for a "yes". Make the layer,
# *then* call it: `nn.ReLU(inplace=True)(x)`, or `F.relu(x, inplace=True)` in one step. **Predict**
# x and y in each case.

# %% seed=["A3.7", "A3.8", "E11"] tags=["demo"]
print("inplace   x before       x after       y            y is x")
for inplace in (False, True):
    x = torch.tensor([-1.0, 2.0])
    before = x.tolist()
    y = nn.ReLU(inplace=inplace)(x)
    print(f"{inplace!s:8}  {before}  ", f"{x.tolist()!s:12} ", f"{y.tolist()!s:11} ", y is x)

# %% [markdown] seed=["A3.7", "A3.8", "E11"]
# −1 becomes **0**, not 1: ReLU is not the absolute value. In place means that the result is written
# over the argument, and what you get back *is* the argument. That saves memory, one map per layer, and
# it is safe only when nobody needs the old numbers. Sometimes the one who needs them is autograd, the
# machinery behind `backward()`. (A *leaf* is a tensor that no operation made, such as a parameter.)

# %% seed=["E11"] tags=["demo"]
leaf = torch.tensor([-1.0, 2.0], requires_grad=True)
try:
    F.relu(leaf, inplace=True)
except RuntimeError as error:
    print("a leaf:       ", error)
try:
    F.relu(leaf.sigmoid(), inplace=True).sum().backward()
except RuntimeError as error:
    print("after sigmoid:", str(error).split(":")[0])
F.relu(leaf * 3, inplace=True).sum().backward()
print("after times 3: fine, gradient", leaf.grad.tolist())

# %% [markdown] seed=["E11"]
# The slope of sigmoid is computed from its *output*, which was overwritten; multiplying by 3 needs
# only the 3. You need not know such things by heart: autograd counts how often each tensor was
# written to, and raises when a number that it needs is no longer there. After a convolution or a
# batch norm, where `inplace=True` is usual, it is fine.
#
# Other methods that write into their tensor end in `_`. And `x.data` is the same memory *without*
# that count. **Predict** the last gradient: an error, s · (1 − s) of the true s, or something else?

# %% seed=["E11"] tags=["demo"]
x = torch.tensor([-1.0, 2.0])
print("clamp: ", x.clamp(max=1), "x is", x)
print("clamp_:", x.clamp_(max=1), "x is", x)

x = torch.tensor([2.0], requires_grad=True)
s = x.sigmoid()
right = (s * (1 - s)).item()
s.data.clamp_(max=0.5)
print(f"gradient {torch.autograd.grad(s.sum(), x)[0].item():.3f}, right is {right:.3f}")
with torch.no_grad():
    print("made in no_grad, a gradient can pass:", (x * 3).requires_grad)

# %% [markdown]
# No error, and a wrong gradient: 0.25 instead of 0.105. Leave `.data` alone. Its well-behaved
# relatives are `x.detach()`, whose memory is counted, and `no_grad`; but through what they give no
# gradient passes.

# %%
two_by_two = torch.tensor([[1.0, -0.5], [-1.0, 3.0]])

# %% [markdown]
# ### Exercise 3.4 · `my_relu` · ★★☆ · 10 minutes
#
# Write `my_relu(x, inplace=False)`: negative numbers become 0, all others stay.
#
# - `x`: a tensor of any shape and however it lies in memory, of finite floats or of int64.
# - `inplace`: a bool, whether the result is written into `x`.
#
# What it returns and what it leaves alone:
#
# - **a new tensor** (1.25 points): with `inplace=False` the result is a new tensor, which shares no
#   memory with `x`, also when nothing in `x` is negative.
# - **in place** (1.25 points): with `inplace=True` the numbers are written into `x`, and `x` itself (the
#   same object) is returned.
# - **its gradient** (1 point): in both modes a gradient passes where x > 0 and is 0 where x < 0. (In
#   place, `x` is never a leaf that requires gradients.)
# - **any tensor** (0.75 points): the result has the shape and the dtype of `x`: int64 stays int64,
#   float16 stays float16, and a tensor of one number or without axes keeps its shape.
# - **no trace** (0.75 points): with `inplace=False`, `x` stays as it was. In both modes, so does
#   everything else.
#
# Example: `my_relu(two_by_two)` gives `tensor([[1., 0.], [0., 3.]])`, and `two_by_two` is as before.
#
# Everything in torch is allowed. Decided when graded: fresh numbers, memory that is shared with `x`,
# other dtypes and shapes.

# %% [markdown] tags=["hints"] exercise="my_relu"
# 1. Two cases, two kinds of operations: those that return a new tensor, and those that write into an
#    old one. What does PyTorch append to the names of the second kind?
# 2. `x = something` inside a function only gives the *name* x a new meaning; the tensor of the caller
#    does not notice. `x[...] = something` and methods that end in `_` do change it.
# 3. There is a method that limits numbers from below; it exists with and without the underscore.
#    Leave `.data`, `.detach()` and `torch.tensor(...)` aside: each loses the way back for the
#    gradient.

# %% nbgrader={"grade": false, "grade_id": "my_relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def my_relu(x, inplace=False):
    """Negative numbers become 0, in a new tensor or in x itself."""
    ### BEGIN SOLUTION
    return x.clamp_(min=0) if inplace else x.clamp(min=0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "my_relu-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def in_place(x):
    y = my_relu(x, inplace=True)
    return {"result": y, "x afterwards": x, "the result is x": y is x}


def gradient(x):
    return torch.autograd.grad(my_relu(x).sum(), x)


check("my_relu/two by two", my_relu, two_by_two.clone())
check("my_relu/two by two in place", in_place, two_by_two.clone(), requirement="in place")
check("my_relu/slope", gradient, two_by_two.clone().requires_grad_(), requirement="its gradient")
check("my_relu/int64", my_relu, torch.tensor([[-2, 0, 3]]), requirement="any tensor")

# %% nbgrader={"grade": true, "grade_id": "my_relu-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("my_relu")

def signed(*shape):
    """Small and large, negative and positive numbers in turn, none of them 0."""
    x = torch.rand(shape, generator=g, dtype=torch.float64)
    i = torch.arange(x.numel()).reshape(shape)
    return ((0.4 * x + 0.5) * torch.tensor([1, 2, 12])[i // 2 % 3] * (1 - 2.0 * (i % 2))).float()

def sharing(y, x):
    return isinstance(y, torch.Tensor) and y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()

def seen_from_outside(answer, values, **mode):
    base = torch.stack([values, -values], -1)  # the numbers of x have others between them
    x = base[..., 0].transpose(0, -1)
    y = answer(x, **mode)
    found = {"result": y, "the result is x": y is x, "shares memory": sharing(y, x)}
    return found | ({"x afterwards": base[..., 0], "what lies beside x": base[..., 1]} if mode else {})

def passing_back(answer, *batches, **mode):
    def on_copies(*leaves):
        results = [answer(x * 1, **mode) for x in leaves]  # no leaf, so that it may be written into
        tensors = all(isinstance(y, torch.Tensor) for y in results)
        return torch.cat([y.flatten() for y in results]) if tensors else results

    return probes.gradients(on_copies, *batches, wrt=range(len(batches)))

exact = {"rtol": 0, "atol": 0}
for kind, values in [("3 by 4 by 2", signed(3, 4, 2)), ("nothing negative", signed(2, 3).abs())]:
    run = torch.no_grad()(seen_from_outside) if kind == "nothing negative" else seen_from_outside
    check(f"my_relu/{kind}", run, my_relu, values, **exact)
    what = f"my_relu/{kind}, in place"
    check(what, run, my_relu, values, inplace=True, requirement="in place", **exact)
double = [signed(5, 3).double(), *signed(2).double()]
for kind, *batches in [("gradient", signed(3, 4, 2)), ("gradient, float64", *double)]:
    check(f"my_relu/{kind}", passing_back, my_relu, *batches, requirement="its gradient")
    what = f"my_relu/{kind}, in place"
    check(what, passing_back, my_relu, *batches, inplace=True, requirement="its gradient")

def in_both(answer, *batches):
    found = {"results": [], "shares memory": [], "the result is x": []}
    for x in batches:
        given, written = copied(x), copied(x)
        y, z = answer(given), answer(written, inplace=True)
        for key, value in zip(found, ([y, z], sharing(y, given), z is written)):
            found[key].append(value)
    return found

def copied(x):
    """Where x has gaps between its numbers, so has the copy."""
    return x.clone() if x.is_contiguous() else torch.stack([x, -x], -1)[..., 0]

def edges(dtype):
    """Enormous and tiny numbers of both signs."""
    most, least = torch.finfo(dtype).max, torch.finfo(dtype).tiny * 2
    ends = torch.tensor([most, most, least, least], dtype=torch.float64)
    return (signed(4).double() * ends).to(dtype)

whole = (signed(4, 5) * 4).long()
whole[::2] *= 0
ends, short = torch.tensor([2**63 - 1, -(2**63), 1, -1]), (signed(2, 3).half(), signed(3, 3).bfloat16())
for kind, *batches in [
    ("whole numbers", whole, (signed(3, 2) * 2).long() + signed(3, 2).sign().long() * 2**53 + 1, ends),
    ("float64", signed(2, 3).double() + 2.0**-40, edges(torch.float64)),
    ("float16 and bfloat16", *short, edges(torch.float16), edges(torch.bfloat16)),
    ("zeros, enormous and tiny numbers", signed(2, 3) * torch.tensor([0, 1, 1]), edges(torch.float32)),
    ("one number, no axes", signed(1) + 2, -signed(1, 1, 1), signed(2)[0], signed(2)[1]),
    ("every second column", signed(3, 7)[:, ::2]),
]:
    sides = {"shares memory": "a new tensor", "the result is x": "in place"}
    check(f"my_relu/{kind}", in_both, my_relu, *batches, requirement="any tensor", sides=sides, **exact)
### END HIDDEN TESTS

# %% [markdown] seed=["A3.10", "A3.c10", "E10", "E14"]
# ## Sigmoid, and where to look at it · further
#
# A usual experiment sends pictures through sigmoid and ReLU and looks at input and output.
# **Predict** the smallest and the largest value that sigmoid makes of a picture.

# %% seed=["A3.10", "A3.c10", "E14"] tags=["demo"]
ends = torch.tensor([0.0, 1.0])
print("sigmoid of black and white:", nn.Sigmoid()(ends))
print("ReLU changes the images:", not torch.equal(F.relu(images), images))

# %% [markdown] seed=["A3.10", "E14"]
# A picture lives between 0 and 1. Sigmoid squeezes that into 0.5 to 0.7311, a grey fog, and ReLU does
# nothing at all: there is nothing negative. To see what an activation does, look at what it is made
# for, the signed maps behind a convolution.

# %% seed=["A3.10", "E14"] tags=["demo"]
centred = (out - out.mean()) / out.std()  # as a normalisation layer would hand them on
pictures.histograms({"the image": images, "signed maps": centred})

# %% [markdown] seed=["A3.10", "E14"]
# *Picture: histograms in two rows, before and after. The image, between 0 and 1, is the same after
# ReLU, and after sigmoid a narrow heap between 0.5 and 0.73. The maps spread from about −4 to 4;
# ReLU heaps all negative values up at 0, sigmoid folds them between 0 and 1.*

# %% seed=["A3.10", "E14"] tags=["demo"]
pictures.activated_maps(butterfly, centred[7, :3])

# %% [markdown] seed=["A3.10", "E14"]
# *Picture: three signed maps of the butterfly; below each, after ReLU, black wherever it was negative;
# below that, after sigmoid, readable as before.*
#
# The second map says plainly where the orange of the wings is, by *negative* numbers, and ReLU wipes
# nearly all of it out. A kernel that is to be heard behind a ReLU has to answer with positive ones;
# training sees to that, as the end of this chapter shows.

# %% [markdown] seed=["B3.2", "E16"]
# ### A comment is code that nobody ran
#
# A network may keep several activations and use one of them; which one is a matter of a comment sign.
# This class builds and runs. **Predict** what happens when somebody takes the sign away.

# %% seed=["B3.2", "E16"] tags=["demo"]
class TwoActivations(nn.Module):
    def __init__(self):
        super().__init__()
        self.ReLU1 = nn.ReLU()
        self.Sigmoid1 = nn.Sigmoid()

    def forward(self, x):
        x = self.ReLU1(x)
        # x = self.Sigmoid(x)
        return x


print(TwoActivations()(signed))


# %% seed=["B3.2", "E16"] tags=["demo"]
class Uncommented(TwoActivations):
    def forward(self, x):
        return self.Sigmoid(self.ReLU1(x))


try:
    Uncommented()(signed)
except AttributeError as error:
    print("AttributeError:", error)

# %% [markdown] seed=["B3.2", "E16"]
# The attribute is called `Sigmoid1`. Delete what you do not use; a comment is never checked.
#
# The next exercise asks you for sigmoid itself. `torch.exp` is e to the power of each number, and
# float32 ends at about 3.4 · 10³⁸:

# %% tags=["demo"]
powers = torch.exp(torch.tensor([-100.0, 0.0, 1.0, 88.0, 89.0]))
print(powers.tolist())
print("1 / inf:", (1 / powers[-1]).item(), " inf / inf:", (powers[-1] / powers[-1]).item())

# %% [markdown]
# ### Exercise 3.5 · `my_sigmoid` · ★★☆ · 12 minutes · further
#
# Write `my_sigmoid(x)`, that is 1 / (1 + e⁻ˣ) for each number of `x`.
#
# - `x`: a float tensor of any shape, with numbers from −1000 to 1000.
#
# What it returns and what it leaves alone:
#
# - **its values** (1.5 points): a tensor of the shape of `x`, right to six decimals.
# - **far out** (1 point): so it is for every number from −1000 to 1000; NaN and infinity never appear.
# - **its gradient** (1 point): a gradient passes: s·(1 − s), where s is the result, right to six decimals
#   for every x from −20 to 20, also where x is exactly 0.
# - **any tensor** (1 point): the result has the dtype of `x`: float16, bfloat16, float32 or float64. In
#   the two short ones two decimals are enough. The shape of `x` may be any, also without axes.
# - **no trace** (0.5 points): `x` stays as it was, and so does everything else.
#
# Example: `my_sigmoid(torch.tensor([0., 1.]))` gives `tensor([0.5000, 0.7311])`.
#
# Not allowed: PyTorch's own sigmoid, in any spelling (`torch.sigmoid`, `x.sigmoid()`, `nn.Sigmoid`,
# `F.sigmoid`, `F.logsigmoid`, `torch.special.expit`), nor functions with one inside (`F.silu`,
# `F.glu`, `nn.GRU`, `F.binary_cross_entropy_with_logits` and their relatives). Everything else is
# allowed, `softmax`, `tanh` and derivatives included. Decided when graded: fresh numbers, other
# dtypes and shapes.

# %% [markdown] tags=["hints"] exercise="my_sigmoid"
# 1. The formula can be written down as it stands, with the function of torch that computes e to the
#    power of every number of a tensor. Then try 200 and −200.
# 2. In float32, e⁸⁹ is already infinite. A number divided by infinity is 0, which is fine; infinity
#    divided by infinity is not. In which of the two ways of writing the formula can the second
#    happen?
# 3. Multiplying the fraction's numerator and denominator by eˣ gives another form of the same
#    formula. Only one of the forms is good for all x. And everything has to stay a tensor: Python's
#    `math.exp` knows neither tensors nor gradients.

# %% nbgrader={"grade": false, "grade_id": "my_sigmoid", "locked": false, "schema_version": 3, "solution": true, "task": false}
def my_sigmoid(x):
    """1 / (1 + exp(-x)) of each number, without torch's own sigmoid."""
    ### BEGIN SOLUTION
    return 1 / (1 + torch.exp(-x))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "my_sigmoid-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def gradient(x):
    return torch.autograd.grad(my_sigmoid(x).sum(), x)


close = {"rtol": 0, "atol": 2e-6, "forbid": ("sigmoid",)}
far, slopes = torch.tensor([-1000.0, -200, 200, 1000]), torch.tensor([-2.0, 0.5, 3])
check("my_sigmoid/zero and one", my_sigmoid, torch.tensor([0.0, 1.0]), **close)
check("my_sigmoid/minus two", my_sigmoid, torch.tensor([[-2.0, 3.0]]), **close)
check("my_sigmoid/far", my_sigmoid, far, requirement="far out", **close)
check("my_sigmoid/slopes", gradient, slopes.requires_grad_(), requirement="its gradient", **close)
check("my_sigmoid/no axes", my_sigmoid, torch.tensor(-1.0), requirement="any tensor", **close)

# %% nbgrader={"grade": true, "grade_id": "my_sigmoid-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("my_sigmoid")
own = (*probes.SIGMOIDS, "sigmoid_backward", "binary_cross_entropy_with_logits", "bcewithlogitsloss")
own += ("gru", "gru_cell", "grucell", "lstm", "lstm_cell", "lstmcell", "sigmoidtransform")

def random(*shape, far=4):
    """Numbers of both signs, small and large in turn up to ±far, none of them 0."""
    x = torch.rand(shape, generator=g, dtype=torch.float64) / 2 + 0.25
    i = torch.arange(x.numel()).reshape(shape)
    return (far / 4 * (x + i // 2 % 4) * (1 - 2.0 * (i % 2))).float()

def listed(answer, *batches):
    return [answer(batch) for batch in batches]

close = {"rtol": 0, "atol": 2e-6, "forbid": own}
for kind, x in [("3 by 5", random(3, 5)), ("a column", random(6, 1))]:
    check(f"my_sigmoid/{kind}", my_sigmoid, x, **close)
ends = torch.tensor([89.0, 100, 200, 700, 1000])
both = torch.cat([ends, -ends, torch.zeros(1)])
for kind, *batches in [
    ("large numbers", torch.cat([random(3), ends, 990 + random(3)])),
    ("large numbers below zero", torch.cat([random(3), -ends, random(3) - 990])),
    ("large numbers, other dtypes", torch.cat([both, random(2)]).double(), both.half(), both.bfloat16()),
    ("from 10 to 20", torch.cat([10 + random(4).abs(), random(4).abs() - 20])),
]:
    check(f"my_sigmoid/{kind}", listed, my_sigmoid, *batches, requirement="far out", **close)
zeros = random(2, 3) * torch.tensor([0, 1, 1])
def passing_back(answer, *batches):
    return [probes.gradients(answer, batch) for batch in batches]

for kind, *batches in [
    ("gradient", random(2, 4)),
    ("gradient at 0", zeros),
    ("gradient far out", torch.cat([9 + random(3).abs(), -9 - random(3).abs(), random(4, far=19)])),
    ("gradient, float64 and no axes", random(3, 2).double(), random(1)[0]),
]:
    what = f"my_sigmoid/{kind}"
    check(what, passing_back, my_sigmoid, *batches, requirement="its gradient", **close)
for kind, near, *batches in [
    ("float64", 2e-6, random(2, 3, 2).double(), random(1)[0].double()),
    ("float16", 1e-2, random(3, 3).half(), random(8, far=10).half(), random(1)[0].half()),
    ("bfloat16", 2e-2, random(3, 3).bfloat16(), random(8, far=10).bfloat16(), random(1)[0].bfloat16()),
    ("axes of size 1, no axes", 2e-6, random(1), random(1, 1), random(2, 1, 3), *random(3)),
    ("permuted", 2e-6, random(3, 2, 4).permute(2, 0, 1)),
]:
    kept = {"requirement": "any tensor", "forbid": own, "rtol": 0, "atol": near}
    run = torch.no_grad()(listed) if kind == "permuted" else listed
    check(f"my_sigmoid/{kind}", run, my_sigmoid, *batches, **kept)
### END HIDDEN TESTS

# %% [markdown] seed=["A3.11", "B3.c2", "E13"]
# ## The linear layer, and the axis that must survive
#
# At the end of a network for pictures stands a linear layer: from the numbers of one image to one
# score for each class. `nn.Linear(i, o)` takes (N, i), or any number of axes before the i, and
# multiplies by an (o, i) matrix (its page is linked at the end). Images have three axes, so they must
# be flattened first. What could go wrong? A batch of (64, 3, 32, 32) holds 196,608 numbers:

# %% seed=["A3.11", "E13"] tags=["demo"]
linear = nn.Linear(196608, 10)
try:
    for batch, _ in loader:
        print(batch.shape)
        strip = torch.reshape(batch, (1, 1, 1, -1))
        print(strip.shape)
        print(linear(strip).shape)
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown] seed=["A3.11", "E13"]
# Read the shapes, and read the last line. It is the *last batch*: 16 images have 49,152 numbers. But
# the error is not the bug. The bug is in every line before it: `(1, 1, 1, 10)` is **one** prediction
# for 64 images, as if they were one enormous picture. It needed 1,966,090 parameters to do so.

# %% seed=["A3.11", "E13"] tags=["demo"]
pictures.rows_and_strip()

# %% [markdown] seed=["A3.11", "E13"]
# *Picture: right, a row for each image; wrong, one long strip.*
#
# "Besides `reshape` there is `flatten`", such a text says next. **Predict**: does it help?

# %% seed=["A3.c11", "A3.12", "E13"] tags=["demo"]
try:
    for batch, _ in loader:
        strip = torch.flatten(batch)
        print(batch.shape, "→", strip.shape, "→", linear(strip).shape)
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown] seed=["A3.c11", "A3.12", "E13"]
# The same bug, with fewer axes. `DataLoader(..., drop_last=True)` would silence the error: it throws
# the last 16 images away and leaves the bug. What is wanted is to flatten each image *by itself*. One
# image after the other, that is easy; the next exercise does it for all of them at once.

# %% seed=["A3.12", "A3.c11", "E13"] tags=["demo"]
right_size = nn.Linear(3 * 32 * 32, 10)
flat_images = torch.stack([torch.flatten(image) for image in images])
print("numbers in a row:", flat_images.shape, "scores:", right_size(flat_images).shape)
for layer in (linear, right_size):
    print(layer, "learns", f"{sum(p.numel() for p in layer.parameters()):,} numbers")

# %%
two_samples = torch.arange(2 * 3 * 2 * 2, dtype=torch.float32).reshape(2, 3, 2, 2)

# %% [markdown]
# ### Exercise 3.6 · `flatten_batch` · ★☆☆ · 8 minutes
#
# Write `flatten_batch(x)`, which makes one row of each sample.
#
# - `x`: a tensor (N, …) of any dtype, with at least two axes; the first counts the samples.
#
# What it returns and what it leaves alone:
#
# - **its rows** (1.25 points): a tensor (N, F), where F is how many numbers a sample has. Row i holds
#   the numbers of `x[i]` in the order of `x[i].reshape(-1)`.
# - **any batch** (1 point): the same for samples with one axis or with many, for axes of size 1, and for
#   any N, also 1, and also 0 (when a selection leaves no image).
# - **any tensor** (0.75 points): the same however `x` lies in memory, as after `permute` or slicing. The
#   result has the dtype of `x`, whatever it is, and not a digit is lost.
# - **its gradient** (0.5 points): a gradient passes through it, for any batch.
# - **no trace** (0.5 points): `x` stays as it was, and so does everything else.
#
# | `x` | result |
# |---|---|
# | (64, 3, 32, 32) | (64, 3072) |
# | `two_samples`, (2, 3, 2, 2) | (2, 12): 0 to 11 in the first row, 12 to 23 in the second |
# | (5, 7) | (5, 7), the same numbers |
#
# Everything in torch is allowed. Decided when graded: fresh numbers, other shapes and dtypes.

# %% [markdown] tags=["hints"] exercise="flatten_batch"
# 1. One axis must survive, all others become one. Which function of torch does nothing else, and
#    which of its arguments has the wrong default for you?
# 2. Try your function on `torch.zeros(0, 3, 4)`. With no numbers at all, nobody can say what −1 in a
#    `reshape` stands for: you would have to multiply the other sizes yourself.
# 3. The axes are counted from 0, and axis 0 is the one to keep. `view` may refuse; `reshape` and
#    `flatten` copy when they must.

# %% nbgrader={"grade": false, "grade_id": "flatten_batch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flatten_batch(x):
    """One row for each sample: (N, …) to (N, F)."""
    ### BEGIN SOLUTION
    return x.flatten(start_dim=1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "flatten_batch-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def gradient(x):
    return torch.autograd.grad(flatten_batch(x)[:, ::5].sum(), x)


def shape(*size):
    return flatten_batch(torch.ones(size)).shape


turned, leaf = two_samples.permute(0, 2, 3, 1), two_samples[:, :1].clone().requires_grad_()
check("flatten_batch/64 images", shape, 64, 3, 32, 32)
check("flatten_batch/two samples", flatten_batch, two_samples.clone())
check("flatten_batch/two axes", flatten_batch, two_samples[0, 0].clone(), requirement="any batch")
check("flatten_batch/no samples", shape, 0, 3, 4, requirement="any batch")
check("flatten_batch/permuted", flatten_batch, turned, requirement="any tensor")
check("flatten_batch/gradient of some", gradient, leaf, requirement="its gradient")

# %% nbgrader={"grade": true, "grade_id": "flatten_batch-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("flatten_batch")

def random(*shape, dtype=torch.float32):
    """Different numbers in an order that the seed decides."""
    order = torch.randperm(math.prod(shape), generator=g).reshape(shape)
    return order.to(dtype) + 1

def listed(answer, *batches):
    return [answer(batch) for batch in batches]

for kind, x in [("last batch", random(16, 3, 2, 2)), ("pictures", random(3, 2, 4, 5))]:
    check(f"flatten_batch/{kind}", flatten_batch, x)
for kind, *batches in [
    ("one sample", random(1, 3, 4, 5)),
    ("samples of one number", random(6, 1), random(5, 1, 1, 1), random(1, 1), random(1, 1, 1)),
    ("an axis of size 1", random(4, 3, 1, 2), random(4, 1, 5)),
    ("vectors", random(5, 7)),
    ("seventy samples, 4000 numbers in a sample", random(70, 2, 3), random(2, 4, 1000)),
    ("three axes, five axes", random(3, 8, 2), random(2, 3, 4, 2, 3)),
    ("empty batch", random(3, 2, 2), random(0, 3, 4), random(0, 5), random(0, 1, 1)),
]:
    run = torch.no_grad()(listed) if kind == "vectors" else listed
    check(f"flatten_batch/{kind}", run, flatten_batch, *batches, requirement="any batch")
last = random(2, 4, 3, 5).to(memory_format=torch.channels_last)
double = random(3, 2, 2, dtype=torch.float64) * (1 + 2.0**-50)
double[0, 0], double[1, 1] = torch.nan, torch.inf
int8, int32 = random(3, 2, 2, dtype=torch.int8), random(2, 2, 3, dtype=torch.int32) + 2**30
for kind, *batches in [
    ("another memory order", random(4, 3, 2, 5).permute(3, 1, 0, 2)),
    ("channels last", last),
    ("slices", random(5, 2, 3)[::2], random(3, 4, 5)[1:, :, 1:4], random(4, 2, 3)[1:]),
    ("expanded", random(1, 3, 2).expand(4, 3, 2)),
    ("float64", double, random(0, 3, dtype=torch.float64)),
    ("float16 and bfloat16", random(2, 2, 2).half(), random(2, 2, 3).bfloat16()),
    ("int64", random(2, 3, 2, dtype=torch.int64) + 2**60, random(0, 3, 2, dtype=torch.int64)),
    ("uint8, int8 and int32", random(3, 2, 2, dtype=torch.uint8), int8, int32),
    ("bool and complex64", random(3, 2, 4) % 3 == 0, torch.complex(random(3, 2, 2), random(3, 2, 2))),
]:
    exact = {"rtol": 0, "atol": 0, "requirement": "any tensor"}
    check(f"flatten_batch/{kind}", listed, flatten_batch, *batches, **exact)
def passing_back(answer, *batches):
    def one_by_one(*leaves):
        rows = [answer(x) for x in leaves]
        return torch.cat([y.flatten() for y in rows]) if all(isinstance(y, torch.Tensor) for y in rows) else rows

    return probes.gradients(one_by_one, *batches, wrt=range(len(batches)))

others = random(2, 3, 4).permute(1, 2, 0), random(1, 3, 2), random(3, 4)
for kind, *batches in [("gradient", random(4, 3, 2, 2)), ("gradient, permuted, one sample, vectors", *others)]:
    check(f"flatten_batch/{kind}", passing_back, flatten_batch, *batches, requirement="its gradient")
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 3.7 · `FlatLinear` · ★★☆ · 10 minutes · further
#
# **Bug hunt.** This is the network of this section, as somebody handed it in after the error on the
# last batch:
#
# ```python
# class FlatLinear(nn.Module):
#     def __init__(self):
#         super().__init__()
#         self.linear1 = nn.Linear(196608, 10)
#
#     def forward(self, x):
#         strip = torch.zeros(196608)
#         strip[:x.numel()] = torch.flatten(x)
#         return self.linear1(strip)
# ```
#
# Now no batch raises an error, and it is as wrong as before. Repair it: `FlatLinear()`, which takes no
# arguments and is called with a batch of images, a contiguous float32 tensor (N, 3, 32, 32).
#
# - **its scores** (2 points): the result is (N, 10), ten scores for each image, in training and in
#   evaluation mode. They depend on this image alone, whoever else is in the batch: its 3,072
#   numbers enter one linear layer in the order of `image.reshape(-1)`, and nothing follows.
# - **any batch** (1.25 points): the same for any N from 1 up, for one image and for more than 64.
# - **its parameters** (1.25 points): those of one `nn.Linear`, weight and bias, with 30,730 numbers in
#   all, which begin at random, otherwise for each network. Gradients reach both, and the images, in
#   both modes.
# - **no trace** (0.5 points): to make and to call a network changes neither the images, nor its
#   parameters, nor its mode; it sets no random seed, and gradients are as they were, on or off.
#
# Everything in torch is allowed. Decided when graded: fresh numbers, other batches, the evaluation
# mode, gradients.

# %% [markdown] tags=["hints"] exercise="FlatLinear"
# 1. Print the shape of what this network returns for 64 images. How many predictions are that?
# 2. 30,730 is a sum of two numbers. One of them is 10; divide the other one by 10, and compare it with
#    the size of one image.
# 3. Two lines change: how many features the layer takes, and what `forward` hands to it, with one row
#    for each image. The padding with zeros has no place in it any more.

# %% nbgrader={"grade": false, "grade_id": "FlatLinear", "locked": false, "schema_version": 3, "solution": true, "task": false}
class FlatLinear(nn.Module):
    """Ten scores for each image of a batch (N, 3, 32, 32), from one linear layer."""

    def __init__(self):
        ### BEGIN SOLUTION
        super().__init__()
        self.linear1 = nn.Linear(3 * 32 * 32, 10)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.linear1(x.flatten(start_dim=1))
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "FlatLinear-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def look(n):
    x = (torch.arange(3072) % 11).reshape(3, 32, 32) + torch.arange(float(n))[:, None, None, None]
    model = FlatLinear()
    model(x[:1].clone())
    with torch.no_grad():
        for p in model.parameters():  # the weight holds -3 to 3, the bias 0
            p.copy_((torch.arange(p.numel()).reshape(p.shape) % 7 - 3) * (p.dim() > 1))
    return {"scores": model(x), "parameters": sum(p.numel() for p in model.parameters())}


side = {"parameters": "its parameters"}
check("FlatLinear/64 images", look, 64, sides=side)
check("FlatLinear/16 images", look, 16, sides=side)
check("FlatLinear/1 image", look, 1, requirement="any batch", sides=side)

# %% nbgrader={"grade": true, "grade_id": "FlatLinear-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("FlatLinear")

def process():
    return torch.is_grad_enabled(), str(torch.get_default_dtype()), torch.initial_seed()

some, weight = probes.normal(4, 3, 32, 32, generator=g), probes.normal(10, 3072, generator=g) / 32

def different(n):
    """n images no two of which are alike, from four."""
    i = torch.arange(n)
    return some[i % 4] * (1 + i // 4)[:, None, None, None]

def fill(model):
    if [p.shape for p in model.parameters() if p.dim() > 1] != [weight.shape]:
        return probes.fill(model)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(weight if p.dim() > 1 else weight.flatten()[: p.numel()])
    return model

def gradients(scores, *tensors):
    """A number for each gradient that depends on every element of it."""
    wanted, slopes = [t for t in tensors if t.requires_grad], []
    if wanted and getattr(scores, "requires_grad", False):
        slopes = torch.autograd.grad(probes.weighted_sum(scores), wanted, allow_unused=True)
    found = {id(t): slope for t, slope in zip(wanted, slopes) if slope is not None}
    return [probes.weighted_sum(found[id(t)].double()) if id(t) in found else None for t in tensors]

def seen(n, training=True, bias=False):
    before, x = process(), different(n)
    model = FlatLinear()
    given = x.clone()
    model(x[:1].clone())  # a lazy layer gets its parameters here
    begins = [p.detach()[:, :8].clone() for p in model.parameters() if bias and p.dim() > 1]
    fill(model).train(training)
    if not bias:
        with torch.no_grad():
            [p.zero_() for p in model.parameters() if p.dim() == 1]
    filled = [(p, p.detach().clone()) for p in model.parameters()]
    made = process()
    with torch.set_grad_enabled(training):
        scores, now = model(given), process()
    torch.set_grad_enabled(True)
    left = {"images changed": not torch.equal(given, x), "images require gradients": given.requires_grad}
    left["mode changed"] = model.training != training
    same = zip(filled, model.parameters())
    left["parameters changed"] = not all(p is q and torch.equal(was, q) for (p, was), q in same)
    left["seed, dtype or gradients changed"] = made != before or now != (training, *before[1:])
    if not bias:
        return {"scores": scores, "left behind": left}
    leaf, owned = x.clone().requires_grad_(), sorted(model.parameters(), key=lambda p: p.dim())
    last, other = model(leaf), FlatLinear()
    other(x[:1].clone())
    torch.set_grad_enabled(True)
    others, one = [p.detach()[:, :8] for p in other.parameters() if p.dim() > 1], model.eval()(leaf[:1])
    torch.set_grad_enabled(True)
    return {
        "scores": last,
        "parameters": probes.parameter_shapes(model),
        "gradients": gradients(last, leaf, *owned),
        "gradients where the images need none": gradients(scores, *owned),
        "no gradient in evaluation mode": [slope is None for slope in gradients(one, leaf, *owned)],
        "begins random": [len(w.unique(dim=0)) == len(w) for w in begins],
        "two networks begin alike": [torch.equal(*two) for two in zip(begins, others)],
    }

side = {"left behind": "no trace"}
check("FlatLinear/last batch", seen, 16, sides=side)
check("FlatLinear/evaluation mode", seen, 5, training=False, sides=side)
for kind, n in [("one image", 1), ("two images", 2), ("65 images", 65)]:
    check(f"FlatLinear/{kind}", seen, n, requirement="any batch", sides=side)
check("FlatLinear/parameters", seen, 3, bias=True, requirement="its parameters")
### END HIDDEN TESTS

# %% [markdown] seed=["A3.3", "A3.c3", "E9"]
# ## What did you log? · further
#
# Whoever trains watches the training, often in TensorBoard. A `SummaryWriter` writes *event files*
# into a folder; `tensorboard --logdir runs` in a terminal shows them in the browser, pictures under
# *Images*, with a slider for the *step*. `add_images` wants (N, 3, H, W) for colour or (N, 1, H, W) for
# grey, with values from 0 to 1. `unsqueeze(1)` puts an axis of size 1 at place 1.

# %% seed=["A3.3", "E9"] tags=["demo"]
import shutil

from torch.utils.tensorboard import SummaryWriter

shutil.rmtree("runs/conv", ignore_errors=True)  # begin afresh at every run of this notebook
values = torch.tensor([[[-1.2, -0.1, 0.0, 0.5, 1.0, 1.5]]])  # one picture of 1 × 6
with SummaryWriter("runs/conv") as writer:  # closed at the end of the block
    for step, (batch, _) in enumerate(loader):
        writer.add_images("maps", as_pictures(one_conv(batch[:4]).detach()), step)
    writer.add_images("values", values.unsqueeze(1), 0)
    try:
        writer.add_images("six channels", out, 0)
    except AssertionError as error:
        print("AssertionError:", error)

# %% [markdown]
# An event file cannot be read by eye, so mistakes in logging stay unnoticed for long: panels that are
# empty, mixed up, or overwritten. But you can read one back:

# %% seed=["E9"] tags=["demo"]
import io

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torchvision.transforms.functional import pil_to_tensor


def read_back(folder):
    """What was logged: for each tag the pairs of step and picture, uint8 (channels, H, W)."""
    events = EventAccumulator(folder, {"images": 0}).Reload()  # 0: all of them
    as_tensor = lambda png: pil_to_tensor(Image.open(io.BytesIO(png)))
    tags = {tag: events.Images(tag) for tag in events.Tags()["images"]}
    return {t: [(e.step, as_tensor(e.encoded_image_string)) for e in es] for t, es in tags.items()}


# %% seed=["E9"] tags=["demo"]
found = read_back("runs/conv")
for tag, entries in found.items():
    print(tag, [(step, tuple(picture.shape)) for step, picture in entries])
print("given: ", values.flatten().tolist())
print("logged:", found["values"][0][1][0, 0].tolist())

# %% [markdown]
# (The 24 pictures of each step lie in one.) Here is such a loop, a few careless edits later.

# %%
torch.manual_seed(2)
six_maps = nn.Sequential(nn.Conv2d(3, 6, 3), nn.Sigmoid())
two_batches = [torch.rand(2, 3, 8, 8), torch.rand(1, 3, 8, 8)]

# %% seed=["A3.3", "E9"] tags=["demo"]
def broken_log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        writer.add_images("input", images, step)
        out = layer(images)
        out = torch.reshape(out, (-1, 3, out.shape[2], out.shape[3]))
        writer.add_images("input", out, step)

# %% [markdown]
# ### Exercise 3.8 · `log_maps` · ★★★ · 20 minutes · further
#
# **Bug hunt.** Repair the function above; it has **three** bugs. `log_maps(writer, layer, batches)`:
#
# - `writer`: an open `SummaryWriter`.
# - `layer`: a module that takes (N, 3, H, W) and returns contiguous maps (N, C, H', W') for some C, all
#   values between 0 and 1, so that nothing has to be scaled. To call it changes neither it nor the images.
# - `batches`: a list of any number of batches of images (N, 3, H, W), values between 0 and 1.
#
# For each batch, two entries are logged with `add_images`:
#
# - **the images** (1.25 points): under the tag `"input"`, the images of the batch as they are.
# - **the maps** (2 points): under `"output"`, the N·C maps that `layer` makes of it, as grey pictures of
#   H' × W'. Picture number n·C + c is map c of image n.
# - **their steps** (1.25 points): the step is 0 for the first batch, 1 for the second, and so on, and
#   the same for both entries.
# - **any batch** (1 point): all this for any N, C, H' and W', also where some of them are 1, for
#   batches of different sizes, and for any number of them, also for none.
# - **no trace** (0.5 points): nothing else is logged, and `writer` stays open: whoever calls you closes
#   it. `layer`, the mode of each of its parts and the batches stay as they were, and so does everything
#   else.
#
# For `six_maps` and `two_batches` there are then two entries in `"input"` and two in `"output"`, at the
# steps 0 and 1. The check writes an event file and reads it back, as `read_back` does.
#
# Everything in torch is allowed. Decided when graded: fresh images, other layers, and batches of other
# sizes.

# %% [markdown] tags=["hints"] exercise="log_maps"
# 1. Log `two_batches` with it, into a folder of `tempfile.TemporaryDirectory()`, and read the file back.
#    Which tags should there be, and which steps? That is two of the bugs.
# 2. The third is in the shape. Six channels are painted as two colour pictures; four would mix images.
#    What shape does `add_images` want for grey pictures, and how many of them are there?
# 3. `enumerate` counts for you. For the maps, the first two axes become one, and an axis of length 1
#    stands where the colours were.

# %% nbgrader={"grade": false, "grade_id": "log_maps", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_maps(writer, layer, batches):
    """Log each batch of images, and the maps that a layer makes of it as grey pictures."""
    ### BEGIN SOLUTION
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "log_maps-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
from autograder.checks import probes


found = {}


def entries_of(tag):
    if not found:
        found.update(probes.logged_images(lambda w: log_maps(w, six_maps, two_batches)))
    entries = found.get(tag, [])
    return {"steps": [step for step, _ in entries], "pictures": [picture for _, picture in entries]}


near = {"rtol": 0, "atol": 0.05, "sides": {"steps": "their steps"}}
check("log_maps/input", entries_of, "input", requirement="the images", **near)
check("log_maps/output", entries_of, "output", requirement="the maps", **near)

# %% nbgrader={"grade": true, "grade_id": "log_maps-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import io

from PIL import Image
from torch.utils.tensorboard import SummaryWriter
from torchvision.transforms.functional import pil_to_tensor

from autograder.checks import probes

g = probes.generator("log_maps")

def made(channels, *sizes, k=3):
    """A layer, its parts in different modes, and batches of images whose first pixel tells them apart."""
    layer = probes.fill(nn.Sequential(nn.Conv2d(3, channels, k), nn.Dropout(0.5), nn.Sigmoid()))
    layer[1].eval()
    layer.training = len(sizes) > 1
    layer[0].bias.requires_grad_(False)
    batches = [torch.rand(size[0], 3, *size[1:], generator=g) for size in sizes]
    for i, images in enumerate(batches):
        images[:, :, 0, 0] = torch.tensor([1, 0, 0.5]).roll(i)
    return layer, batches

class InMemory(SummaryWriter):
    """Keeps what a SummaryWriter writes to its file, and whether it was closed."""

    def __init__(self):
        self.kept, self.was_closed, self.log_dir = [], False, ""

    def _get_file_writer(self):
        return self

    def add_summary(self, summary, global_step=None, walltime=None):
        self.kept += [(v.tag, global_step, v.image.encoded_image_string) for v in summary.value]

    def add_event(self, event, step=None, walltime=None):
        self.kept.append(("event", step, b""))

    def flush(self):
        pass

    def close(self):
        self.was_closed = True

def decoded(png):
    return pil_to_tensor(Image.open(io.BytesIO(png)).convert("RGB")) / 255

def logged(answer, layer, batches, *tags):
    writer = InMemory()
    answer(writer, layer, batches)
    entries = {tag: [kept for kept in writer.kept if kept[0] == tag] for tag in tags}
    steps = {tag: [step for _, step, _ in entries[tag]] for tag in tags}
    return ({"steps": steps} if len(batches) > 1 else {}) | {
        "pictures": {tag: [decoded(png) for _, _, png in entries[tag]] for tag in tags},
        "logged besides": sorted({tag for tag, _, _ in writer.kept} - {"input", "output"}),
        "writer is closed": writer.was_closed,
    }

side = {"logged besides": "no trace", "writer is closed": "no trace", "steps": "their steps"}
near = {"rtol": 0, "atol": 0.05, "sides": dict(side)}
pairs = (2, 5, 4), (3, 5, 4)
for kind, tag, layer, batches in [
    ("the images", "input", *made(6, *pairs)),
    ("the maps", "output", *made(6, *pairs)),
    ("four maps", "output", *made(4, (4, 4, 5), (2, 4, 5), k=2)),
]:
    what = "the images" if tag == "input" else "the maps"
    check(f"log_maps/{kind}", logged, log_maps, layer, batches, tag, requirement=what, **near)
def none_and_then(writer, layer, batches):
    log_maps(writer, layer, [])
    log_maps(writer, layer, batches)

tags, any_batch = ("input", "output"), {"requirement": "any batch", "rtol": 0, "atol": 0.05}
layer, batches = made(1, (3, 4, 6), (1, 6, 4), (9, 4, 4))
batches.append(batches[0])
check("log_maps/batches of different sizes", logged, log_maps, layer, batches, *tags, **any_batch, sides=dict(side))
del side["steps"]
for kind, answer, layer, batches in [
    ("one image, three maps", log_maps, *made(3, (1, 5, 4), k=1)),
    ("maps of one pixel", log_maps, *made(5, (1, 3, 3))),
    ("no batch, then one", none_and_then, *made(2, (1, 4, 5))),
]:
    run = torch.no_grad()(logged) if kind == "maps of one pixel" else logged
    check(f"log_maps/{kind}", run, answer, layer, batches, *tags, **any_batch, sides=side)
### END HIDDEN TESTS

# %% [markdown]
# ## Yours at work
#
# All kernels of this chapter were random. Here is a network of your own parts, your `ConvNet` with 8
# kernels of 5 × 5, `my_relu` and `flatten_batch` (where one does not pass its checks yet, the
# course's stands in).

# %% tags=["demo"]
Conv, relu, rows_of = yours("ConvNet"), yours("my_relu"), yours("flatten_batch")


class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = Conv(3, 8, 5)
        self.scores = nn.Linear(8 * 7 * 7, 10)

    def forward(self, x):
        return self.scores(rows_of(F.max_pool2d(relu(self.conv(x)), 4)))

# %% [markdown]
# It is trained twice on 1,040 pictures, from the same start: once with its kernels frozen, so that
# only the linear layer learns, and once as a whole. How `learn` works is what chapters 5 and 6 are
# about; it is chapter 1's "a small step against the gradient", many times. **Predict** whether the
# kernels matter, and by how much.

# %% tags=["demo"]
from autograder.torch_nn.data import tensors


def learn(net, x, classes, epochs=10):
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=3e-3)
    for _ in range(epochs):
        for some in torch.randperm(len(x)).split(64):
            loss = F.cross_entropy(net(x[some]), classes[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


# %% tags=["demo", "nbval-ignore-output"]
train, (test_images, test_labels) = tensors(train=True), tensors(train=False)
print(len(train[0]), "pictures to train with")
nets = {}
for name in ("random", "trained"):
    torch.manual_seed(3)
    net = nets[name] = SmallNet()
    net.conv.requires_grad_(name == "trained")
    learn(net, *train)
    right = (net(test_images).argmax(1) == test_labels).float().mean()
    print(f"{name} kernels: {right:.0%} of {len(test_labels)} test pictures right")

# %% [markdown]
# The linear layer had the same chance both times. What is different about the trained kernels? Your
# `channel_grid` shows the maps that they make of the butterfly.

# %% tags=["demo", "nbval-ignore-output"]
shown = {}
for name, net in nets.items():
    kernels = next(p for p in net.conv.parameters() if p.dim() == 4).detach()
    maps = relu(net.conv(butterfly[None])).detach()
    shown[name] = kernels, as_pictures(maps)
    above = (relu(net.conv(test_images)) > 0).float().mean((0, 2, 3))
    print(f"{name}, above 0 in each map:", [f"{share:.1%}" for share in above.tolist()])
pictures.learnt_kernels(butterfly, shown)

# %% [markdown]
# *Picture: above, the 8 random kernels as patches of colour, and the maps behind them; below, the 8
# trained ones and theirs.*
#
# Most trained kernels have a light and a dark side: they find edges, some lower ones, some upright
# ones. Of the random ones four leave hardly a number above 0 behind ReLU. Training made them heard,
# but for kernel 0: where ReLU says 0 its slope is 0, no gradient comes through, and the kernel stays as
# it was. Such a kernel is called *dead*.
#
# Where is the butterfly's edge? Your `maxpool_manual` sums a map up in 4 × 4 numbers.

# %% tags=["demo", "nbval-ignore-output"]
strongest = yours("maxpool_manual")
maps = relu(nets["trained"].conv(butterfly[None])).detach()
for i in (1, 5):
    print(f"kernel {i}:")
    print(strongest(maps[0, i], 7))

# %% [markdown]
# Kernel 1 is strongest in the last row, where the lower wings end, kernel 5 in the second and the
# fourth column: at the body, and at the right rim of the wings.

# %% [markdown]
# ## In five lines
#
# 1. A layer is made in `__init__` and used in `forward`. `Conv2d` learns out · in · k · k + out
#    numbers, whatever the size of the picture and of the batch.
# 2. To look at feature maps, make each one a grey picture with its own scale. Trained kernels find
#    edges and colours.
# 3. Max-pooling keeps the largest of each window. `stride` defaults to `kernel_size`; `ceil_mode`
#    decides about the windows that reach over the edge.
# 4. An activation works on each number by itself. `inplace=True` writes into its argument and returns
#    it; sigmoid's slope fades, ReLU's is 0 or 1, and where it is 0 nothing is learnt.
# 5. The first axis counts the samples and must survive: `flatten(start_dim=1)`. The last batch is
#    smaller, and finds you out.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown]
# ## Where to read on
#
# - [Conv2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html),
#   [MaxPool2d](https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html),
#   [ReLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html),
#   [Sigmoid](https://docs.pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html),
#   [Linear](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html),
#   [Flatten](https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html).
# - [Non-linear activations](https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity):
#   all the bends there are.
# - [torch.utils.tensorboard](https://docs.pytorch.org/docs/stable/tensorboard.html): images,
#   histograms, curves and graphs.
# - [In-place operations with autograd](https://docs.pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd):
#   why the errors above are raised.
#
# Next, chapter 4 puts these layers in a row.
