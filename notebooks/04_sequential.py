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
# # 4 · Sequential: layers in a row
#
# Most networks are a row of layers, each taking what the last one gave. `nn.Sequential` is that row. It
# is the shortest way to write a network down, and the easiest to take apart again, which is what this
# chapter is about: following an image from layer to layer, and testing that a network does what it
# should.
#
# When you have worked through this chapter you can
#
# - build a classifier for small colour images out of nine layers;
# - write a row of layers of your own, as `nn.Sequential` is one;
# - compute the one number that everybody guesses wrong, the width of the first linear layer;
# - say what an activation is for, and put some into a network that lacks them;
# - write a test that finds a broken network, which "the shape is right" does not.
#
# You need chapters 1 to 3. Where you read *predict*, say your answer before you run the cell.
#
# **Time.** Reading takes about 31 minutes, the exercises 120; the core is 87 of them, what is marked
# *further* 64.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share. The grey cells below an exercise that look empty
# are theirs. **no trace** stands in every list: what an answer was given, and torch's own settings, are afterwards as
# they were before.

# %%
import copy
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
from autograder import hint, progress
from autograder.torch_nn.pictures import ch04 as pictures
from autograder.torch_nn.questions import review
from autograder.torch_nn.stand_ins import yours

# %% [markdown]
# ## Before you start
#
# Three questions on earlier chapters, with fresh numbers each time. They give no points: skip them freely.

# %% tags=["demo", "nbval-ignore-output"]
review(4)

# %% tags=["demo", "nbval-ignore-output"]
review.answer(None, None, None)  # your answers in place of the three None

# %% [markdown] seed=["A4.1", "B4.1"]
# ## 1. Nine layers for ten classes
#
# This network sorts images of CIFAR-10's size, 32 by 32 pixels in three colours, into ten classes. Three
# times it looks for patterns with a convolution and halves the image with a pooling; then it makes one long
# row of numbers of what is left, and two linear layers decide: ten *logits* come out, a bare score for each
# class.

# %% seed=["A4.1", "B4.1"]
def quick_net():
    """The network of this section: images (N, 3, 32, 32) to logits (N, 10)."""
    return nn.Sequential(
        nn.Conv2d(3, 32, kernel_size=5, padding=2),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, kernel_size=5, padding=2),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, kernel_size=5, padding=2),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 64),
        nn.Linear(64, 10),
    )

# %% [markdown] seed=["A4.1", "B4.1"]
# `quick_net()` is a finished network: calling a `Sequential` calls its layers one after the other. It can
# also be a part of a module of your own; this one is given the row that it is to call.

# %% tags=["demo"] seed=["A4.1", "B4.1"]
class QuickNet(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)


torch.manual_seed(4)
net = QuickNet(quick_net())
print(net)
print(sum(parameter.numel() for parameter in net.parameters()), "parameters")

# %% [markdown]
# *Predict:* which of the nine layers gives the most numbers for an image, and which has the most parameters?

# %% tags=["demo"] seed=["A4.1"]
pictures.staircase(net.model, torch.zeros(1, 3, 32, 32))

# %% [markdown]
# *Picture: two bars for each layer: left, how many numbers come out of it for one image; right, how many parameters
# it has.*
#
# The first convolution gives the most, 32 × 32 × 32 numbers, with 2,432 parameters, because it uses the same few at
# every place. The first linear layer gives only 64 numbers, with a weight of its own for each pair of what comes in
# and goes out: 1,024 · 64 + 64 = 65,600 of the 145,578 parameters.
#
# ### Exercise 4.1 · `CifarNet` · ★★☆ · 10 minutes
#
# Write this network as a class of your own, `CifarNet`, made without arguments, from this description and
# without scrolling up: the image goes through a convolution to 32 channels, max-pooling, a convolution to 32,
# max-pooling, a convolution to 64, max-pooling, flatten, linear to 64, linear to 10. All kernels are 5 by 5 and
# keep height and width; every pooling takes the largest of 2 by 2 pixels and halves both. The layers have biases,
# as usual. What you call them, in which order you make them, and whether you use `nn.Sequential`, is up to you.
# (Section 9 lets your network learn, and so do later chapters.)
#
# - **its logits** (2.75 points): called with images (N, 3, 32, 32), float32 and contiguous, it returns what these
#   nine layers compute, logits (N, 10), in training and in evaluation mode alike, whatever the images' numbers are.
#   Nothing else happens: no activation, no dropout, no softmax.
# - **any number** (0.75 points): N can be any number from 1 on; one image gives (1, 10).
# - **its own layers** (1 point): the network has 145,578 parameters, those of the five layers that learn and
#   no others. They are its own, shared with no second `CifarNet()`. In both modes every one gets a gradient from the
#   logits, and so do images that ask for one.
# - **no trace** (0.5 points): a call leaves the images, the parameters and the modes as they were. Neither
#   making a network nor calling it sets a random seed (two networks begin with different numbers) or switches
#   gradients on or off.
#
# Decided when graded: other weights, other images, evaluation mode, gradients, and a large batch.
#
# ```python
# CifarNet()(torch.ones(64, 3, 32, 32)).shape  # torch.Size([64, 10])
# ```

# %% [markdown] tags=["hints"] exercise="CifarNet"
# 1. Go from layer to layer with a pencil: how many channels come in, how many go out, how large is the
#    image then?
# 2. A kernel of 5 takes two pixels off on each side. What keeps the size? And how many numbers are left when
#    three poolings have halved 32 by 32, with 64 channels?
# 3. `nn.Flatten()` leaves the batch axis alone by itself. End with the last linear layer; cross-entropy in
#    chapter 5 wants the bare logits.

# %% nbgrader={"grade": false, "grade_id": "CifarNet", "locked": false, "schema_version": 3, "solution": true, "task": false}
class CifarNet(nn.Module):
    """Images (N, 3, 32, 32) to logits (N, 10)."""

    def __init__(self):
        ### BEGIN SOLUTION
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 5, padding=2), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10),
        )
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "CifarNet-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def all_a_hundredth(n):
    model = CifarNet()
    model(torch.ones(n, 3, 32, 32))  # lazy layers, if there are any, find out their sizes
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.01)
    return model(torch.linspace(-1, 1, n * 3 * 32 * 32).reshape(n, 3, 32, 32))


def count():
    model = CifarNet()
    model(torch.ones(1, 3, 32, 32))
    return sum(parameter.numel() for parameter in model.parameters())


check("CifarNet/two images", all_a_hundredth, 2, rtol=1e-3)
check("CifarNet/one image", all_a_hundredth, 1, rtol=1e-3, requirement="any number")
check("CifarNet/parameters", count, requirement="its own layers")

# %% nbgrader={"grade": true, "grade_id": "CifarNet-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def prepared(name, training):
    model = CifarNet()
    model(torch.ones(1, 3, 32, 32))  # lazy layers find out their sizes
    begun = [p.detach().clone() for p in model.parameters()]
    for i, module in enumerate(model.modules()):
        module.training = i % 2 == 1 if training is None else training  # None: some train, and some do not
    parameters = sorted(model.parameters(), key=lambda p: tuple(p.shape))
    with torch.no_grad():
        for p in parameters:  # equal shapes get equal numbers: the order of making does not matter
            values = probes.normal(p.shape, generator=probes.generator(f"{name}/{tuple(p.shape)}"))
            p.copy_(values / max(4, p[0].numel()) ** 0.5)
    return model, parameters, begun


def computed(name, n, training=None, change=lambda x: x, scale=1):
    model, parameters, _ = prepared(name, training)
    few = change(probes.normal(5, 3, 32, 32, generator=probes.generator(name)))
    x = few[torch.arange(n) % 5]
    modes, images = [m.training for m in model.modules()], x.clone()
    before = [p.detach().clone() for p in parameters]
    with torch.set_grad_enabled(training is True):
        output = model(images)
    return {
        "output": output if scale == 1 else output / scale,
        "images kept": torch.equal(images, x) and not images.requires_grad,
        "modes kept": [m.training for m in model.modules()] == modes,
        "parameters kept": all(torch.equal(p, q) and p.requires_grad for p, q in zip(parameters, before)),
        "no gradients": all(p.grad is None for p in parameters),
        "gradients under no_grad": training is not True and getattr(output, "requires_grad", False),
    }


def own_layers(name):
    model, parameters, begun = prepared(name, True)
    second = CifarNet()
    second(torch.ones(1, 3, 32, 32))
    fresh = probes.generator(name)
    shape, gradients = [], []
    for many in (2, 1):
        images = probes.normal(many, 3, 32, 32, generator=fresh).requires_grad_()
        output = model.train(many > 1)(images * 1)
        shape.append(tuple(output.shape))
        wanted, found = [*parameters, images], [None]
        if isinstance(output, torch.Tensor) and output.requires_grad:
            wanted = [p for p in wanted if p.requires_grad]
            found = torch.autograd.grad(probes.weighted_sum(output), wanted, allow_unused=True)
        # Whether, not how far: where two numbers of a window nearly tie, rounding decides who gets the gradient.
        gradients.append([g is not None and bool(g.any()) for g in found])
    return {
        "shapes of the logits": shape,
        "shapes of the parameters": [tuple(p.shape) for p in parameters],
        "gradients while training, of each and of the images": gradients[0],
        "gradients while evaluating, of each and of the images": gradients[1],
        "shared with a second network": any(
            p is q or p.data_ptr() == q.data_ptr() for p in parameters for q in second.parameters()
        ),
        "a second network begins with other numbers": not all(map(torch.equal, begun, second.parameters())),
    }


facts = ("images kept", "modes kept", "parameters kept", "no gradients", "gradients under no_grad")
kept = dict.fromkeys(facts, "no trace")
five_layers = {"rtol": 1e-3, "atol": 1e-4, "sides": kept}  # each adds to what rounding has done before it
check("CifarNet/while training", computed, "CifarNet/a", 3, True, **five_layers)
check("CifarNet/while evaluating", computed, "CifarNet/b", 2, False, lambda x: x / 3, **five_layers)
one_image = {"change": lambda x: x.abs() / 8, "requirement": "any number", **five_layers}  # from 0 to 1
check("CifarNet/a single image", computed, "CifarNet/c", 1, **one_image)
large = {"change": lambda x: x * 512, "scale": 512, "requirement": "any number", **five_layers}
check("CifarNet/a large batch", computed, "CifarNet/d", 65, **large)
others = {"a second network begins with other numbers": "no trace"}
check("CifarNet/its layers", own_layers, "CifarNet/e", requirement="its own layers", sides=others)
### END HIDDEN TESTS

# %% [markdown] seed=["A4.1"]
# ## 2. A row can be taken apart
#
# A `Sequential` can be looped over, so you can watch the image on its way. (Two images: the 2 in front is the
# batch, and no layer touches it.)

# %% tags=["demo"] seed=["A4.1"]
x = torch.ones(2, 3, 32, 32)
for layer in net.model:
    x = layer(x)
    print(f"{type(layer).__name__:10}{tuple(x.shape)}")

# %% [markdown]
# It can be indexed and sliced, too. *Predict:* does a slice have copies of the layers, or the layers
# themselves?

# %% tags=["demo"]
tail = net.model[7:]
print(len(net.model), net.model[-1])
print(tail)
print("the same layer:", tail[0] is net.model[7])

# %% [markdown]
# The layers themselves. Who changes one, changes the network.
#
# The layers have names, too: their numbers as texts, "0", "1", … A slice keeps the names that they had. An
# `OrderedDict` gives them better ones. (It is a dictionary that keeps its order; today every dictionary does, and
# `nn.Sequential` still wants this one.)

# %% tags=["demo"]
named = nn.Sequential(OrderedDict(flat=nn.Flatten(), hidden=nn.Linear(12, 4), scores=nn.Linear(4, 2)))
print([name for name, parameter in named.named_parameters()])
print([name for name, parameter in tail.named_parameters()])
print(named.hidden is named[1])

# %% [markdown]
# One can change a network by merely looking at it. A *batch normalisation* shifts and scales each channel
# by the mean and spread of the batch; in training mode it also notes them, in *running statistics*, for the
# evaluation mode. And an in-place layer writes into what it is given. Here somebody sends a batch through, to
# see a shape. *Predict* what has changed afterwards.

# %% tags=["demo"]
batch = torch.tensor([[-1.0, 4.0], [3.0, 8.0]])
row = nn.Sequential(nn.ReLU(inplace=True), nn.BatchNorm1d(2))
print("before:", batch.tolist(), row[1].running_mean.tolist())
print(tuple(row(batch).shape))
print("after: ", batch.tolist(), [round(mean, 2) for mean in row[1].running_mean.tolist()])

# %% [markdown]
# The −1 of the batch has become 0, and the network remembers the batch. A tool that only looks must not do
# that. It may work on a twin: `x.clone()` makes one of a tensor, `copy.deepcopy` one of a module with everything in
# it. Or it may note what it changes and put it back: `row.modules()` loops over `row` itself and every module within
# it, and each has its own `training`.

# %% tags=["demo"]
twin = copy.deepcopy(row)
twin(batch.clone() + 5)
print("row: ", [round(mean, 2) for mean in row[1].running_mean.tolist()])
print("twin:", [round(mean, 2) for mean in twin[1].running_mean.tolist()])
row[1].eval()
print([(type(module).__name__, module.training) for module in row.modules()])

# %% [markdown]
# ### Exercise 4.2 · `trace_shapes` · ★★☆ · 15 minutes
#
# Write `trace_shapes(seq, x)`: what the loop of this section prints, as a list, and without a trace.
#
# - `seq` is an `nn.Sequential` in which every layer gives one tensor.
# - `x` is a batch that it can take, in the mode in which it is: of floats, or of whole numbers for a layer that
#   wants those.
# - **names and shapes** (1.75 points): it returns a list with one tuple for each layer of `seq`, in order: the
#   name of the layer's class, a string, and the shape of what comes out of it, a tuple.
# - **any row** (0.75 points): a layer that consists of layers is one layer. A layer that stands in the row twice
#   is listed at both places. A row can have a single layer, or none. A layer can be of somebody's own class, or
#   have hooks that change what comes out of it.
# - **no trace** (1.5 points): `seq` is as it was: its layers, their attributes, weights, gradients and hooks, the
#   running statistics, and the mode of every layer and of every layer within a layer (some may be training and others
#   not). `x` holds the numbers that it held. No random seed is set, and gradients are on or off as they were.
#
# Decided when graded: larger rows, whole numbers and float64, modes that differ from layer to layer.
#
# ```python
# trace_shapes(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), torch.ones(5, 3, 4))
# # [('Flatten', (5, 12)), ('Linear', (5, 2))]
# ```

# %% [markdown] tags=["hints"] exercise="trace_shapes"
# 1. The loop above is nearly it. What does each layer get: the first batch, or what the last layer gave?
# 2. Statistics move in training mode only. But if you switch the mode of the whole row, how does each layer get
#    its own back? And what protects `x` from a first layer that works in place?
# 3. `type(layer).__name__` is the name, `tuple(x.shape)` the shape. Nobody minds what you do to a twin:
#    `x.clone()` makes one of a tensor, `copy.deepcopy` one of a module.

# %% nbgrader={"grade": false, "grade_id": "trace_shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trace_shapes(seq, x):
    """[(class name, shape), ...] for each layer of seq, in order."""
    ### BEGIN SOLUTION
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "trace_shapes-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("trace_shapes/quick net", lambda: trace_shapes(quick_net(), torch.ones(1, 3, 32, 32)))


def looked_at():
    batch = torch.tensor([[-1.0, 4.0], [3.0, 8.0]])
    row = nn.Sequential(nn.ReLU(inplace=True), nn.BatchNorm1d(2))
    trace = trace_shapes(row, batch)
    return {"trace": trace, "batch": batch, "mean": row[1].running_mean, "training": row.training}


check("trace_shapes/the row above", looked_at, sides=dict.fromkeys(("batch", "mean", "training"), "no trace"))
rows = nn.Sequential(nn.Tanh(), nn.Sequential(nn.ReLU(), nn.Dropout()), nn.Flatten())
check("trace_shapes/a row in a row", lambda: trace_shapes(rows, torch.ones(2, 3)), requirement="any row")

# %% nbgrader={"grade": true, "grade_id": "trace_shapes-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


class Somebodys:
    class Block(nn.Module):
        """A layer that consists of layers, is no row, and prints in a way of its own."""

        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Sequential(nn.Tanh(), nn.Dropout(0.5)), nn.Hardtanh()

        def __repr__(self):
            return "two layers"

        def forward(self, x):
            return self.two(self.one(x))


def sizes_for(name, *lows):
    fresh = probes.generator(name)
    return [int(torch.randint(low, low + 9, (1,), generator=fresh)) for low in lows]


def attributes_of(modules):
    """The names of all attributes, and what those are that hold neither a mode nor parts."""
    kept = lambda key, value: None if key == "training" or isinstance(value, dict) else value
    return [{key: kept(key, value) for key, value in vars(module).items()} for module in modules]


def traced(name, seq, x, training=True, hook=None):
    seq.train(training is not False)
    if training is None:  # some layers train, and some do not
        for i, module in enumerate(seq.modules()):
            module.training = i % 2 == 0
    fresh = probes.generator(name)
    for buffer in seq.buffers():  # not what a fresh layer has
        buffer.copy_(probes.normal(buffer.shape, generator=fresh).abs() * 8 + 1)
    for i, layer in enumerate(seq):
        layer.requires_grad_(i % 3 > 0)
        if i == 1:
            layer.register_forward_hook(hook or print_nothing)
    for p in list(seq.parameters())[1:]:
        p.grad = torch.ones_like(p)
    modules, held = list(seq.modules()), list(seq)
    modes, before = [module.training for module in modules], x.clone()
    attributes = attributes_of(modules)
    frozen = [p.requires_grad for p in seq.parameters()]
    parameters = [p.detach().clone() for p in seq.parameters()]
    gradients = [p.grad for p in seq.parameters()]
    with torch.set_grad_enabled(training is not False):
        found = trace_shapes(seq, x)
    return {
        "trace": found,
        "modes kept": [module.training == mode for module, mode in zip(modules, modes)],
        "statistics": list(seq.buffers()),
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in seq.modules()],
        "layers kept": [a is b for a, b in zip(held, seq)] + [len(seq)],
        "parameters kept": all(torch.equal(p, q) for p, q in zip(seq.parameters(), parameters)),
        "frozen as before": [p.requires_grad for p in seq.parameters()] == frozen,
        "gradients kept": all(p.grad is g for p, g in zip(seq.parameters(), gradients)),
        "attributes kept": attributes_of(modules) == attributes,
        "x kept": torch.equal(x, before),
    }


def print_nothing(module, arguments, output):
    """A hook of somebody else."""


def only_one(module, arguments, output):
    """A hook of somebody else, after which less comes out of a layer."""
    return output[:1]


def convolutions(name, training, n=None):
    a, b, c, many, size = sizes_for(name, 2, 3, 4, 2, 9)
    seq = nn.Sequential(
        nn.ReLU(inplace=True), nn.Conv2d(3, a, 3), nn.BatchNorm2d(a), nn.Dropout(0.5),
        nn.Conv2d(a, b, 2, padding=1), nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(), nn.BatchNorm1d(b * 6), nn.Linear(b * 6, c),
    )
    x = probes.normal(n or many, 3, size, size + 1, generator=probes.generator(f"{name}/x"))
    return traced(name, seq, x, training)


def words(name):
    a, c, n, length, many = sizes_for(name, 2, 1, 2, 2, 3)
    seq = nn.Sequential(nn.Embedding(many, a), nn.Flatten(), nn.Linear(length * a, c))
    return traced(name, seq, torch.arange(n * length).reshape(n, length) % many)


def doubles(name):
    a, c, n = sizes_for(name, 1, 2, 2)
    x = probes.normal(a, n, generator=probes.generator(f"{name}/x"), dtype=torch.float64).t()
    return traced(name, nn.Sequential(nn.ReLU(inplace=True), nn.Linear(a, c)).double(), x)


def of_one_shape(name, *layers, training=True):
    """Rows whose layers keep the shape; a hook on the second of them does not."""
    n, a = sizes_for(name, 2, 3)
    x = probes.normal(n, a, generator=probes.generator(f"{name}/x"))
    return traced(name, nn.Sequential(*layers), x, training, only_one)


def a_layer_twice(name):
    many, c, n = sizes_for(name, 2, 1, 2)
    x = probes.normal(n, c, 8, 8 * many, generator=probes.generator(f"{name}/x"))
    pool = nn.AvgPool2d(2)
    record = traced(name, nn.Sequential(pool, nn.Tanh(), pool, nn.Hardtanh(), pool), x)
    if isinstance(record["trace"], list):  # a hook for each place fires twice for each: that is forgiven
        record["trace"] = [entry for i, entry in enumerate(record["trace"]) if entry not in record["trace"][:i]]
    return record


def one_or_none(name):
    one, none = of_one_shape(f"{name}/1", nn.Hardtanh(inplace=True)), of_one_shape(f"{name}/0")
    return {key: [one[key], none[key]] for key in one}


kept = ("modes kept", "statistics", "hooks", "layers kept", "parameters kept", "frozen as before", "gradients kept",
        "attributes kept", "x kept")
by = {"sides": dict.fromkeys(kept, "no trace")}
row = {"requirement": "any row", **by}
check("trace_shapes/while training", convolutions, "trace_shapes/a", True, **by)
check("trace_shapes/while evaluating", convolutions, "trace_shapes/b", False, **by)
check("trace_shapes/some train", convolutions, "trace_shapes/c", None, **by)
check("trace_shapes/one image", convolutions, "trace_shapes/d", False, n=1, **by)
check("trace_shapes/whole numbers", words, "trace_shapes/e", **by)
check("trace_shapes/float64, transposed", doubles, "trace_shapes/f", **by)
two = (nn.ReLU(), Somebodys.Block())
check("trace_shapes/layers of layers", of_one_shape, "trace_shapes/g", *two, training=None, **row)
check("trace_shapes/a layer twice", a_layer_twice, "trace_shapes/h", **row)
check("trace_shapes/one layer and none", one_or_none, "trace_shapes/i", **row)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. A row of your own
#
# What does `nn.Sequential` do that a Python list does not? This one calls its layers in turn and gives what they
# give. *Predict:* how many parameters will an optimizer find in it?

# %% tags=["demo"]
class Loose(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


loose = Loose(nn.Flatten(), nn.Linear(12, 2))
print(tuple(loose(torch.ones(5, 3, 4)).shape), "parameters:", len(list(loose.parameters())))

# %% [markdown]
# None: a module sees what is an attribute of its own, and it does not look into lists. That is why `nn.ModuleList`
# exists, a list that registers its layers, and leaves the calling to you. A module that becomes an attribute is
# registered under the attribute's name; where the name is a number, no attribute can be written with a dot, and
# `add_module` does it:

# %% tags=["demo"]
numbered = nn.Module()
numbered.add_module("0", nn.Linear(2, 3))
print([name for name, parameter in numbered.named_parameters()])
print(getattr(numbered, "0"))

# %% [markdown]
# ### Exercise 4.7 · `Row` · ★★☆ · 10 minutes
#
# Write `Row`, a small `nn.Sequential` of your own, as a class that inherits from `nn.Module`. It neither uses nor
# inherits from torch's containers (`nn.Sequential`, `nn.ModuleList`, `nn.ModuleDict`): with one, none of the points
# are given.
#
# Python calls `row.__len__()` for `len(row)` and `row.__getitem__(i)` for `row[i]`. A `for` asks for `row[0]`,
# `row[1]`, … and ends at the first `IndexError`.
#
# - `layers`: `Row(*layers)` is given any number of modules, also none. Each takes a tensor and gives one. The same
#   layer may stand in the row more than once.
# - **its output** (1.25 points): a row calls its layers in their order, each with what the last one gave. A row
#   without layers gives what it was given. Gradients go back through all of it, in both modes.
# - **its names** (1.25 points): the layers themselves are registered, under `"0"`, `"1"`, and so on, and nothing
#   else is: `state_dict()` has `0.weight`, …, and `eval()` reaches all of them.
# - **like a list** (1 point): `len(row)` is the number of layers, `row[i]` the layer at that place, counted from the
#   end where `i` is negative. An `i` outside raises an `IndexError`. Slices are not asked for.
# - **no trace** (0.5 points): making and calling a row leave `x`, the layers' parameters (frozen or not) and their
#   modes as they were (unless a layer itself changes them). Neither sets a random seed or switches gradients on or off.
#
# Decided when graded: long rows, rows in rows, a layer that stands in it twice, other dtypes, evaluation mode,
# gradients, layers with hooks, and what `for` finds.
#
# ```python
# row = Row(nn.Flatten(), nn.Linear(12, 2))
# row(torch.ones(5, 3, 4)).shape  # torch.Size([5, 2])
# len(row), row[-1]  # (2, Linear(in_features=12, out_features=2, bias=True))
# ```

# %% [markdown] tags=["hints"] exercise="Row"
# 1. What has to happen once, when the row is made, and what at every call? `enumerate(layers)` counts along.
# 2. `self.add_module(str(i), layer)` registers a layer. `children()` names a layer that stands in the row twice only
#    once; `getattr(self, "0")` finds it by its name. What tells you how many names there are?
# 3. Once `len(row)` and `row[i]` work, `forward` can be `for layer in self`. For the places, `range(len(self))[i]`
#    does what a list does: it counts from the end, and raises an `IndexError` outside.

# %% nbgrader={"grade": false, "grade_id": "Row", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Row(nn.Module):
    """Layers in a row, like nn.Sequential."""

    def __init__(self, *layers):
        ### BEGIN SOLUTION
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)
        ### END SOLUTION

    def __len__(self):
        ### BEGIN SOLUTION
        return self.length
        ### END SOLUTION

    def __getitem__(self, i):
        ### BEGIN SOLUTION
        return getattr(self, str(range(len(self))[i]))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        for layer in self:
            x = layer(x)
        return x
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "Row-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def containers(row):
    """How many of torch's containers a row is, or has."""
    return sum(isinstance(m, (nn.Sequential, nn.ModuleList, nn.ModuleDict)) for m in row.modules())


def halved_and_added():
    pool, flat = nn.AvgPool2d(2), nn.Flatten()
    row = Row(pool, flat)
    x = torch.arange(8.0).reshape(1, 2, 2, 2)
    return {"torch's containers": containers(row), "output": row(x), "without layers": Row()(x)}


def names_in_it():
    row = Row(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1, bias=False))
    return {"torch's containers": containers(row), "names": list(row.state_dict())}


def places_in_it():
    layers = [nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)]
    row = Row(*layers)
    same = [row[0] is layers[0], row[1] is layers[1], row[-1] is layers[2]]
    return {"torch's containers": containers(row), "length": len(row), "first, second, last": same}


own = {"forbid": ("sequential", "modulelist", "moduledict")}
check("Row/output", halved_and_added, **own)
check("Row/names", names_in_it, requirement="its names", **own)
check("Row/places", places_in_it, requirement="like a list", **own)

# %% nbgrader={"grade": true, "grade_id": "Row-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def containers_of(row):
    return sum(isinstance(m, (nn.Sequential, nn.ModuleList, nn.ModuleDict)) for m in row.modules())


def sizes(name, *lows):
    fresh = probes.generator(name)
    return [int(torch.randint(low, low + 4, (1,), generator=fresh)) for low in lows]


def computed_by(name, layers, x, training=True):
    """What a row of filled layers computes: the first is in another mode than the rest, the last bias is frozen."""
    for i, layer in enumerate(layers):
        probes.fill(layer, f"{name}/{i}").train(training)
    layers[0].train(not training)
    layers[-1].bias.requires_grad_(False)
    modes = [layer.training for layer in layers]
    parameters = [p for layer in layers for p in layer.parameters()]
    numbers, flags = [p.detach().clone() for p in parameters], [p.requires_grad for p in parameters]
    row = Row(*layers)
    row.training = training
    given, leaf = x.clone(), (x + 1).requires_grad_()
    with torch.no_grad():
        quiet = row(given)
    output = row(leaf * 1)
    found, wanted = [], [leaf, *(p for p in parameters if p.requires_grad)]
    if output.requires_grad:
        found = list(torch.autograd.grad(probes.weighted_sum(output), wanted, allow_unused=True))
    return {
        "torch's containers": containers_of(row), "output": quiet, "output of the next call": output,
        "gradients": found, "gradients under no_grad": quiet.requires_grad,
        "x kept": torch.equal(given, x) and not given.requires_grad,
        "modes kept": [layer.training for layer in layers] == modes,
        "parameters kept": all(map(torch.equal, parameters, numbers)),
        "frozen as before": [p.requires_grad for p in parameters] == flags,
    }


def doubled(module, arguments, output):
    """A hook of somebody else."""
    return output * 2


def features(name, n=3):
    a, b, c = sizes(name, 2, 3, 2)
    x = probes.normal(n, a, generator=probes.generator(f"{name}/x"))
    layers = [nn.Tanh(), nn.Linear(a, b), nn.Hardtanh(), nn.Linear(b, c)]
    layers[1].register_forward_hook(doubled)
    return computed_by(name, layers, x)


def images(name):
    a, b, size = sizes(name, 2, 2, 6)
    x = probes.normal(2, 3, size, size + 1, generator=probes.generator(f"{name}/x"))
    layers = [nn.Conv2d(3, a, 3), nn.BatchNorm2d(a), nn.AdaptiveAvgPool2d((2, 1)), nn.Flatten(), nn.Linear(2 * a, b)]
    return computed_by(name, layers, x, training=False)


def long_row(name):
    (a,) = sizes(name, 2)
    x = probes.normal(2, a, generator=probes.generator(f"{name}/x"))
    return computed_by(name, [nn.Linear(a, a) for _ in range(12)], x)


def few(name):
    (a,) = sizes(name, 2)
    x = probes.normal(2, a, generator=probes.generator(f"{name}/x"))
    layer, words = probes.fill(nn.Linear(a, a), name), probes.fill(nn.Embedding(4, a), name)
    ints = torch.randint(0, 4, (2, 3), generator=probes.generator(f"{name}/ints"))
    rows = {
        "none": (Row(), x.requires_grad_()), "none, whole numbers": (Row(), ints + 2**40),
        "one": (Row(layer), x), "the same twice": (Row(layer, nn.Tanh(), layer), x),
        "whole numbers": (Row(words, nn.Flatten()), ints), "float64": (Row(copy.deepcopy(layer).double()), x.double()),
    }
    record = {"torch's containers": sum(containers_of(row) for row, _ in rows.values())}
    for key, (row, given) in rows.items():
        output = row(given)
        record[key] = {"output": output, "wants gradients": output.requires_grad}
    return record


def registered(name):
    a, b = sizes(name, 2, 3)
    tanh = nn.Tanh()
    layers = [nn.Linear(a, b), nn.BatchNorm1d(b), tanh, nn.Linear(b, a), tanh]
    row = Row(*layers)
    listed = list(row.modules())[1:]
    row.eval()
    return {
        "torch's containers": containers_of(row), "names": list(row.state_dict()),
        "names of the layers": [key for key, _ in row.named_modules(remove_duplicate=False)][1:],
        "names of the buffers": [key for key, _ in row.named_buffers()],
        "the layers themselves": [any(layer is m for m in listed) for layer in layers] + [len(listed)],
        "reached by eval()": [not layer.training for layer in layers],
    }


def registered_in_rows(name):
    a, b = sizes(name, 2, 3)
    shared = nn.Linear(a, a)
    rows = [Row(nn.Tanh(), Row(shared, nn.Linear(a, b))), Row(shared, nn.Tanh(), shared), Row()]
    return {
        "torch's containers": sum(map(containers_of, rows)),
        "names": [list(row.state_dict()) for row in rows],
        "parameters": [len(list(row.parameters())) for row in rows],
    }


def many_names(name):
    a, n = sizes(name, 2, 11)
    row = Row(*[nn.Linear(a, a, bias=False) for _ in range(n)])
    return {"torch's containers": containers_of(row), "names": list(row.state_dict())}


def places(name, again=False):
    (n,) = sizes(name, 11)
    layers = [nn.Linear(2, 2) for _ in range(n)]
    if again:
        layers[3] = layers[-1] = layers[1]
    row = Row(*layers)
    outside = [type(probes.outcome(row.__getitem__, i)).__name__ for i in (n, n + 3, -n - 1, -n - 4)]
    return {
        "torch's containers": containers_of(row), "length": len(row),
        "from the front": [row[i] is layer for i, layer in enumerate(layers)],
        "from the end": [row[i - n] is layer for i, layer in enumerate(layers)],
        "outside": outside,
    }


def in_a_loop(name):
    (n,) = sizes(name, 3)
    layers = [nn.Tanh(), *[nn.Linear(2, 2) for _ in range(n)]]
    found = probes.outcome(lambda: list(zip(Row(*layers), range(n + 9))))
    found = found if isinstance(found, list) else []
    row, none = Row(*layers), Row()
    pairs = probes.outcome(lambda: [(a, b) for a, _ in zip(row, range(n + 9)) for b, _ in zip(row, range(n + 9))])
    return {
        "torch's containers": containers_of(row),
        "in a loop": [len(found), *[layer is one for (layer, _), one in zip(found, layers)]],
        "pairs in a loop within a loop": len(pairs) if isinstance(pairs, list) else "an exception",
        "none": [len(none), *[type(probes.outcome(none.__getitem__, i)).__name__ for i in (0, -1)]],
    }


own = {"forbid": ("sequential", "modulelist", "moduledict")}
facts = ("x kept", "modes kept", "parameters kept", "frozen as before", "gradients under no_grad")
left_alone = {"sides": dict.fromkeys(facts, "no trace"), **own}
check("Row/features", features, "Row/a", **left_alone)
check("Row/one sample", features, "Row/b", 1, **left_alone)
check("Row/images", images, "Row/c", **left_alone)
check("Row/a long row", long_row, "Row/d", **left_alone, atol=1e-4)
check("Row/few layers", few, "Row/e", **own)
check("Row/registered", registered, "Row/f", requirement="its names", **own)
check("Row/rows in rows", registered_in_rows, "Row/g", requirement="its names", **own)
check("Row/many names", many_names, "Row/h", requirement="its names", **own)
check("Row/every place", places, "Row/i", requirement="like a list", **own)
check("Row/one layer at several places", places, "Row/j", True, requirement="like a list", **own)
check("Row/in a loop", in_a_loop, "Row/k", requirement="like a list", **own)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. The number that everybody guesses wrong
#
# `nn.Linear(64 * 4 * 4, 64)`: where do the fours come from? *Predict:* which number has to stand there for
# images of 64 by 64?

# %% tags=["demo"]
try:
    quick_net()(torch.ones(1, 3, 64, 64))
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown]
# 4,096 came (1 × 4096), 1,024 were expected. Each 4 is 32 halved three times; 64 halved three times is 8, and
# 64 · 8 · 8 = 4,096. Convolutions without padding, other strides, or an image that is not square make that a
# calculation in which everybody errs sometimes. So do not calculate, ask: send one image of zeros through the
# layers before the flatten, and count what comes out. `numel()` counts the numbers of a tensor, and a star unpacks a
# tuple where several numbers are wanted:

# %% tags=["demo"]
shape = (3, 32, 32)
print(tuple(torch.zeros(1, *shape).shape), torch.zeros(1, *shape).numel())

# %% [markdown]
# ### Exercise 4.3 · `flat_features` · ★★☆ · 10 minutes
#
# Write `flat_features(conv_part, in_shape=(3, 32, 32))`: how many numbers one image becomes on its way through
# `conv_part`.
#
# - `conv_part` is any module that takes a batch of images, float32, and gives one tensor, with the batch as its
#   first axis.
# - `in_shape` is the shape (C, H, W) of one image, a tuple; every axis can be 1.
# - **its number** (2 points): it returns the count as an `int`.
# - **any module** (1 point): `conv_part` may be a `Sequential`, a single layer, a class of somebody's own that
#   cannot be looped over, or a module without any parameters. It may flatten at its end, or not: what
#   comes out can have any number of axes.
# - **no trace** (1 point): `conv_part` is as it was: its weights, gradients and attributes, the running statistics,
#   and the mode of every layer (some may be training and others not). No random seed is set, and gradients are on or
#   off as they were.
#
# Decided when graded: many more modules, and images of other sizes.
#
# ```python
# flat_features(quick_net()[:6])  # 1024
# ```

# %% [markdown] tags=["hints"] exercise="flat_features"
# 1. A module wants a batch. Which shape has a batch of one image of shape `in_shape`?
# 2. Of what comes out, every axis but the batch counts: channels, height, width. With one image in the batch,
#    `numel()` is already the answer.
# 3. In training mode a batch normalisation would take your zeros into its statistics. Leave no trace, as in
#    exercise 4.2: with a twin, or by writing down the mode of each of `conv_part.modules()`.

# %% nbgrader={"grade": false, "grade_id": "flat_features", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flat_features(conv_part, in_shape=(3, 32, 32)):
    """How many numbers conv_part makes of one image, an int."""
    ### BEGIN SOLUTION
    modes = [(module, module.training) for module in conv_part.modules()]
    conv_part.eval()
    features = conv_part(torch.zeros(1, *in_shape)).numel()
    for module, mode in modes:
        module.training = mode
    return features
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "flat_features-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("flat_features/quick net", lambda: flat_features(quick_net()[:6]))


def another_image():
    features = flat_features(nn.Conv2d(1, 2, 3), (1, 5, 9))
    return {"features": features, "type": type(features).__name__}


check("flat_features/another image", another_image)


class Halves(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        return self.norm(F.max_pool2d(x, 2) + 1).flatten(1)


def of_a_class():
    part = Halves()
    return {"features": flat_features(part), "mean": part.norm.running_mean, "training": part.norm.training}


sides = {"mean": "no trace", "training": "no trace"}
check("flat_features/a class", of_a_class, requirement="any module", sides=sides)

# %% nbgrader={"grade": true, "grade_id": "flat_features-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


class Part(nn.Module):
    """Layers that nobody can loop over."""

    def __init__(self, c, out, k, flat):
        super().__init__()
        self.conv, self.norm, self.flat = nn.Conv2d(c, out, k, stride=1 + k % 2), nn.BatchNorm2d(out), flat

    def forward(self, x):
        x = F.max_pool2d(self.norm(self.conv(x)).relu(), 2)
        return x.flatten(1) if self.flat else x


def drawn(name, *lows):
    fresh = probes.generator(name)
    return [int(torch.randint(low, low + 6, (1,), generator=fresh)) for low in lows]


def counted(name, part, shape=None, training=True):
    part.train(training is not False)
    if training is None:  # some layers train, and some do not
        for i, module in enumerate(part.modules()):
            module.training = i % 2 == 0
    fresh = probes.generator(name)
    for buffer in part.buffers():  # not what a fresh layer has
        buffer.copy_(probes.normal(buffer.shape, generator=fresh).abs() * 8 + 1)
    for i, p in enumerate(part.parameters()):
        p.requires_grad_(i > 0)
        p.grad = torch.ones_like(p) if i > 0 else None
    parameters, gradients = [p.detach().clone() for p in part.parameters()], [p.grad for p in part.parameters()]
    modes = [module.training for module in part.modules()]
    attributes = [list(vars(module)) for module in part.modules()]
    with torch.set_grad_enabled(training is not False):
        features = flat_features(part) if shape is None else flat_features(part, shape)
    return {
        "features": features,
        "modes kept": [m.training == mode for m, mode in zip(part.modules(), modes)],
        "statistics": list(part.buffers()),
        "parameters kept": all(torch.equal(p, q) for p, q in zip(part.parameters(), parameters)),
        "gradients kept": all(p.grad is g for p, g in zip(part.parameters(), gradients)),
        "nothing noted on the layers": [list(vars(module)) for module in part.modules()] == attributes,
    }


def in_a_row(name, training):
    c, k, out, size = drawn(name, 2, 1, 2, 14)
    inner = nn.Sequential(nn.BatchNorm2d(out), nn.Sequential(nn.Dropout(), nn.ReLU()))
    seq = nn.Sequential(nn.Conv2d(c, out, k), inner, nn.MaxPool2d(2))
    return counted(name, seq, (c, size, size + 3), training)


def small_axes(name, c=2, height=1, out=2):
    """An axis of the image, or the channels that come out, have size 1."""
    many, width = drawn(name, c, 5)
    seq = nn.Sequential(nn.Conv2d(min(many, c ** 9), out ** 2, (1, 3)), nn.BatchNorm2d(out ** 2))
    return counted(name, seq, (min(many, c ** 9), height, width))


def one_number(name):
    """Batch normalisation in training mode, which refuses a single number for each channel."""
    c, k, out = drawn(name, 1, 1, 2)
    record = counted(name, nn.Sequential(nn.Conv2d(c, out, k), nn.BatchNorm2d(out)), (c, k, k))
    return {**record, "type": type(record["features"]).__name__}


def of_somebody(name, flat, training=True):
    k, out = drawn(name, 1, 2)
    return counted(name, Part(3, out, k, flat), None, training)


def single(name, make):
    (out,) = drawn(name, 4)
    return counted(name, make(out))


def but_the_last(module, arguments, output):
    """A hook of somebody else, after which less comes out of a layer."""
    return output[:, :-1]


def hooked(out):
    layer = nn.Conv2d(3, out, 3, stride=2)
    layer.register_forward_hook(but_the_last)
    return layer


def other_axes(name):
    h, w = drawn(name, 2, 3)
    parts = [nn.Flatten(2), nn.Unflatten(2, (h, 2)), nn.Flatten(1, 2)]
    records = [counted(name, part, (3, 2 * h, w)) for part in parts]
    return {key: [record[key] for record in records] for key in records[0]}


facts = ("modes kept", "statistics", "parameters kept", "gradients kept", "nothing noted on the layers")
kept = {"sides": dict.fromkeys(facts, "no trace")}
any_module = {"requirement": "any module", **kept}
check("flat_features/while training", in_a_row, "flat_features/a", True, **kept)
check("flat_features/while evaluating", in_a_row, "flat_features/b", False, **kept)
check("flat_features/some train", in_a_row, "flat_features/c", None, **kept)
check("flat_features/one row of pixels", small_axes, "flat_features/d", **kept)
check("flat_features/one channel", small_axes, "flat_features/e", c=1, height=5, **kept)
check("flat_features/one channel comes out", small_axes, "flat_features/f", height=4, out=1, **kept)
check("flat_features/one number a channel", one_number, "flat_features/k", **kept)
check("flat_features/somebody's class", of_somebody, "flat_features/g", False, **any_module)
check("flat_features/a class that flattens", of_somebody, "flat_features/h", True, None, **any_module)
check("flat_features/one layer", single, "flat_features/i", hooked, **any_module)
check("flat_features/other numbers of axes", other_axes, "flat_features/l", **any_module)
check("flat_features/no parameters", single, "flat_features/j", lambda out: nn.AdaptiveMaxPool2d((out, 2)), **any_module)
### END HIDDEN TESTS

# %% [markdown] seed=["E19"]
# ## 5. Two layers that are one
#
# Look at the end of the network: two linear layers with nothing between them. *Predict:* what can they do
# that one cannot?
#
# Nothing. $W_2(W_1 x + b_1) + b_2$ is again a matrix times $x$ plus a vector.

# %% tags=["demo"] seed=["E19"]
first, second = net.model[7], net.model[8]
one_matrix = second.weight @ first.weight
one_bias = second.weight @ first.bias + second.bias
features = torch.randn(5, 1024)
print(torch.allclose(second(first(features)), features @ one_matrix.T + one_bias, atol=1e-5))
print(sum(p.numel() for p in net.model[7:].parameters()), "parameters do the work of", end=" ")
print(one_matrix.numel() + one_bias.numel())

# %% [markdown] seed=["E19"]
# Does that make the *whole* network one matrix? *Predict.* For a function that is a matrix times $x$ plus a
# vector, $f(a + b) + f(0) = f(a) + f(b)$.

# %% tags=["demo"] seed=["E19"]
a, b = torch.randn(2, 1, 3, 32, 32)
for name, f, u, v in (("last two", net.model[7:], *torch.randn(2, 1, 1024)), ("network", net, a, b)):
    print(f"{name:9}", torch.allclose(f(u + v) + f(torch.zeros_like(u)), f(u) + f(v), atol=1e-5))

# %% [markdown] seed=["E19"]
# It does not: the largest of four pixels is no sum of them. Max-pooling puts a bend into the network, and it can
# learn; it only wastes its last two layers. An **activation**, a function with a bend in it such as ReLU, put
# between the two makes them worth their parameters. Here are both on a task with two interlocked classes. (The
# training loop is chapter 6's; here only the result matters.)

# %% tags=["demo"] seed=["E19"]
def fitted(*between, factor=1, steps=300):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), *between, nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        (factor * F.cross_entropy(model(points), classes)).backward()
        optimizer.step()
    return model


points, classes = pictures.two_moons()
straight, bent = fitted(), fitted(nn.ReLU())
pictures.boundaries({"Linear, Linear": straight, "Linear, ReLU, Linear": bent}, points, classes)

# %% [markdown]
# *Picture: two interlocked half-moons of points. On the left, without an activation, a straight line divides the
# plane and cuts off a tip of each moon, 89 percent are right. On the right, with a ReLU, the line bends around
# them, 99 percent are right.*
#
# Switch it off and on. *Predict* first: which of the four lines will have corners, and which will be round?

# %% tags=["demo"]
others = {"nothing": straight, "ReLU": bent, "Tanh": fitted(nn.Tanh()), "Sigmoid": fitted(nn.Sigmoid())}
pictures.explore_activations(others, points, classes)

# %% [markdown]
# *Picture: the same points, and buttons for what stands between the two layers. With nothing the line is
# straight, with ReLU it has corners, with Tanh it is round. With Sigmoid it is nearly straight after the same 300
# steps.*
#
# Why Sigmoid? Its slope is at most a quarter, so only small gradients come through; is it that? *Predict:* what
# happens if all gradients are a hundred times larger? Or does Sigmoid get numbers for which it is nearly a straight
# line? Then a Sigmoid that is four times as steep would bend, and so would more steps.

# %% tags=["demo"]
class Steep(nn.Module):
    def forward(self, x):
        return torch.sigmoid(4 * x)


for name, model in (
    ("Sigmoid", others["Sigmoid"]),
    ("gradients × 100", fitted(nn.Sigmoid(), factor=100)),
    ("steeper", fitted(Steep())),
    ("600 steps", fitted(nn.Sigmoid(), steps=600)),
    ("Tanh", others["Tanh"]),
):
    print(f"{name:16}{(model(points).argmax(dim=1) == classes).float().mean():.1%} right")

# %% [markdown]
# Larger gradients change nothing: Adam, which makes the steps here, divides by their size. Steeper or longer does:
# the numbers that come to the Sigmoid have to grow until they reach its bends. In this table stands how much of what
# an activation gives a straight line would give as well, for the numbers that it gets:

# %% tags=["demo"]
for name in ("Sigmoid", "Tanh", "ReLU"):
    before = others[name][0](points).detach()  # what comes to the activation: a column for each of its 16
    after = others[name][1](before)
    before, after = before - before.mean(dim=0), after - after.mean(dim=0)
    line = (before * after).sum(dim=0) / (before**2).sum(dim=0) * before  # the straight line that is nearest
    print(f"{name:8}{1 - ((after - line) ** 2).sum() / (after**2).sum():.0%} straight")

# %% [markdown]
# Exercise 4.4 makes a layer with weights of your choice. `copy_`, `add_` and `zero_` write into a tensor that is
# there; to parameters one does that under `torch.no_grad()`, so that it is not noted down as a part of a
# computation. A parameter with `requires_grad` off is *frozen*: no gradient comes to it, and no training moves it.

# %% tags=["demo"]
layer = nn.Linear(2, 1)
with torch.no_grad():
    layer.weight.copy_(torch.tensor([[2.0, 3.0]]))
    layer.bias.zero_()
    layer.bias.add_(0.5)
layer.bias.requires_grad_(False)  # frozen
print(layer(torch.ones(1, 2)).tolist(), [p.requires_grad for p in layer.parameters()])

# %% [markdown]
# ### Exercise 4.4 · `collapse` · ★★☆ · 15 minutes · further
#
# Write `collapse(l1, l2)`: the one layer that does the work of two.
#
# - `l1` is an `nn.Linear` of float32 numbers.
# - `l2` is another, or the same one again; what `l1` gives, it takes.
# - **its output** (2 points): it returns one `nn.Linear` with the inputs of `l1` and the outputs of `l2`, whose
#   `weight` and `bias` alone compute `l2(l1(x))`, for every `x`.
# - **without a bias** (0.75 points): either, or both, may come without a bias (then `bias` is `None`). If neither
#   has one, yours may have one or not.
# - **its own numbers** (0.75 points): the layer is new and can be trained, even where `l1` and `l2` are frozen.
#   Training it later does not change them.
# - **no trace** (0.5 points): `l1` and `l2` stay as they were: numbers, gradients, modes, and whether they are
#   frozen. No random seed is set, and gradients are on or off as they were.
#
# Decided when graded: other numbers, sizes of 1, frozen layers, and what a training changes.
#
# ```python
# collapse(nn.Linear(4, 3), nn.Linear(3, 2))  # Linear(in_features=4, out_features=2, bias=True)
# ```

# %% [markdown] tags=["hints"] exercise="collapse"
# 1. Write $W_2(W_1 x + b_1) + b_2$ on paper and multiply it out. What stands before $x$? What is left? What
#    becomes of it without $b_1$, and without $b_2$?
# 2. `weight` has the shape (out, in). In which order do the two matrices have to be multiplied, so that a
#    (2, 3) and a (3, 4) give a (2, 4)?
# 3. Make a new layer of the right size and copy your results into its `weight` and `bias` with `copy_`, under
#    `torch.no_grad()`. A bias that is `None` counts as zeros.

# %% nbgrader={"grade": false, "grade_id": "collapse", "locked": false, "schema_version": 3, "solution": true, "task": false}
def collapse(l1, l2):
    """One nn.Linear that computes l2(l1(x))."""
    ### BEGIN SOLUTION
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.add_(l2.weight @ l1.bias)
        if l2.bias is not None:
            one.bias.add_(l2.bias)
    return one
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "collapse-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def small_example(with_bias):
    l1, l2 = nn.Linear(2, 3), nn.Linear(3, 1)
    with torch.no_grad():
        l1.weight.copy_(torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
        l1.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
        l2.weight.copy_(torch.tensor([[1.0, 10.0, 100.0]]))
        l2.bias.copy_(torch.tensor([0.5]))
    if not with_bias:
        l1.bias = None
    one = collapse(l1, l2)
    output = one(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    return {"is a Linear": isinstance(one, nn.Linear), "output": output, "bias of l2 afterwards": l2.bias}


after = {"bias of l2 afterwards": "no trace"}
check("collapse/small example", small_example, True, sides=after)
check("collapse/l1 without a bias", small_example, False, requirement="without a bias", sides=after)

# %% nbgrader={"grade": true, "grade_id": "collapse-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def collapsed(name, i, h, o, bias1=True, bias2=True, frozen=False, same=False, turned=False, quiet=False):
    l1, l2 = nn.Linear(i, h, bias=bias1), nn.Linear(h, o, bias=bias2)
    if same:
        l2 = l1
    probes.fill(l1, f"{name}/1")
    probes.fill(l2, f"{name}/2")
    if turned:  # the same numbers, otherwise in memory
        l1.weight, l2.weight = (nn.Parameter(layer.weight.detach().T.contiguous().T) for layer in (l1, l2))
    l1.requires_grad_(not frozen)
    l2.requires_grad_(not frozen).eval()
    given = [*l1.parameters(), *l2.parameters()]
    with torch.no_grad():
        for p in {id(p): p for p in given}.values():
            p.div_(3)  # numbers that no shorter dtype holds
            p.grad = torch.ones_like(p)
    numbers, gradients = [p.detach().clone() for p in given], [p.grad for p in given]
    with torch.set_grad_enabled(not quiet):
        one = collapse(l1, l2)
    if not isinstance(one, nn.Linear):
        return {"type": type(one).__name__}
    x = probes.normal(10, i, generator=probes.generator(name))
    record = {
        "features": (one.in_features, one.out_features),
        "shape of the weight": tuple(one.weight.shape),
        "output": one(x).detach().clone(),
        "of its numbers": F.linear(x, one.weight, one.bias).detach().clone(),
        "learns": [p.requires_grad and p.is_leaf for p in (one.weight, one.bias) if p is not None],
        "kept": [torch.equal(p, q) and p.grad is g for p, q, g in zip(given, numbers, gradients)],
        "the two layers": [p.detach().clone() for p in (*l1.parameters(), *l2.parameters())],
        "the rest": [l1.in_features, l1.out_features, l2.in_features, l2.out_features, l1.training, l2.training],
    }
    numbers = [p.detach().clone() for p in given]
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.fill_(7.0)  # as a training would
        answer = one(x)
    return {
        **record,
        "learns": record["learns"] in ([True], [True, True]),
        "changed by its training": not all(torch.equal(p, q) for p, q in zip(given, numbers)),
        "trained": bool((answer != record["output"]).any()),
    }


own = dict.fromkeys(("learns", "changed by its training", "trained"), "its own numbers")
by = {"sides": own | dict.fromkeys(("kept", "the two layers", "the rest"), "no trace")}
without = {"requirement": "without a bias", **by}
check("collapse/seven eleven three", collapsed, "collapse/a", 7, 11, 3, **by)
check("collapse/one input", collapsed, "collapse/b", 1, 4, 3, **by)
check("collapse/one between", collapsed, "collapse/c", 3, 1, 4, **by)
check("collapse/one output", collapsed, "collapse/d", 4, 3, 1, quiet=True, **by)
check("collapse/a square", collapsed, "collapse/e", 3, 3, 3, turned=True, **by)
check("collapse/one layer twice", collapsed, "collapse/f", 4, 4, 4, same=True, **by)
check("collapse/frozen", collapsed, "collapse/g", 5, 4, 6, frozen=True, **by)
check("collapse/first without bias", collapsed, "collapse/h", 5, 4, 6, False, True, frozen=True, **without)
check("collapse/second without bias", collapsed, "collapse/i", 4, 6, 5, True, False, **without)
check("collapse/no bias", collapsed, "collapse/j", 3, 4, 2, False, False, **without)
check("collapse/one layer twice, no bias", collapsed, "collapse/k", 3, 3, 3, False, False, same=True, **without)
### END HIDDEN TESTS

# %% [markdown] seed=["E19"]
# After a convolution an activation usually comes *before* the pooling, but for ReLU and max-pooling that makes no
# difference: the largest of four numbers, cut off at 0, is the largest of four cut-off numbers.

# %% tags=["demo"] seed=["E19"]
maps = torch.randn(1, 32, 16, 16)
print(torch.equal(F.max_pool2d(maps.relu(), 2), F.max_pool2d(maps, 2).relu()))

# %% [markdown]
# ### Exercise 4.5 · `with_relu` · ★★★ · 15 minutes
#
# Write `with_relu(seq)`: the same row, with activations.
#
# - `seq` is an `nn.Sequential` of PyTorch's own layers, at least one. None of them consists of layers, and none
#   is an `nn.ReLU` yet. A layer other than the last may stand in it more than once, and the layers may have names
#   instead of numbers.
# - **its ReLUs** (2.5 points): it returns an `nn.Sequential` with the layers of `seq` and an `nn.ReLU` after every
#   `nn.Conv2d` and every `nn.Linear`, except after the very last layer of `seq`. No other kind of layer gets one.
# - **any end** (1 point): `seq` may end with any kind of layer, and may be a single layer. Only what stands last
#   is left alone, not the last layer that learns.
# - **shared layers** (0.75 points): the row that comes back is a new one, and its layers are those of `seq`
#   themselves, not copies: training the one network trains the other.
# - **no trace** (0.75 points): `seq` itself stays as it was, with as many layers as before, each in its mode, with its
#   attributes, and frozen or not as it was. No random seed is set, and gradients are on or off as they were.
#
# Decided when graded: what the new row computes, and rows of other layers.
#
# ```python
# len(with_relu(quick_net()))  # 13: of the five layers that learn, all but the last get a ReLU
# ```

# %% [markdown] tags=["hints"] exercise="with_relu"
# 1. Collect the layers of the new network in a list, one by one, and decide after each whether a ReLU follows.
# 2. `isinstance(layer, (nn.Conv2d, nn.Linear))` asks for both kinds. How do you know that a layer is the very
#    last of `seq`, whatever kind it is?
# 3. `nn.Sequential(*layers)` makes a network of a list. `enumerate(seq)` counts along. Leave `seq.insert` alone:
#    it would change what you were given.

# %% nbgrader={"grade": false, "grade_id": "with_relu", "locked": false, "schema_version": 3, "solution": true, "task": false}
def with_relu(seq):
    """A new Sequential that shares the layers of seq, with ReLUs between them."""
    ### BEGIN SOLUTION
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "with_relu-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def seen(seq):
    new = with_relu(seq)
    return {
        "type": type(new).__name__,
        "new row": [type(layer).__name__ for layer in new],
        "first layer shared": new[0] is seq[0],
        "layers in seq afterwards": len(seq),
    }


by = {"sides": {"first layer shared": "shared layers", "layers in seq afterwards": "no trace"}}
check("with_relu/quick net", seen, quick_net(), **by)
check("with_relu/up to the flatten", seen, quick_net()[4:7], requirement="any end", **by)

# %% nbgrader={"grade": true, "grade_id": "with_relu-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def activated(name, layers, training=True, x=None):
    if isinstance(layers, dict):
        seq = nn.Sequential()
        for key, layer in layers.items():
            seq.add_module(key, layer)
    else:
        seq = nn.Sequential(*layers)
    probes.fill(seq, name).train(training)
    next(seq.children()).requires_grad_(False).train(not training)
    held, modes = list(seq), [module.training for module in seq.modules()]
    attributes = [list(vars(layer)) for layer in held]
    x = probes.normal(3, 2, 8, 8, generator=probes.generator(name)) if x is None else x
    with torch.set_grad_enabled(training):
        new = with_relu(seq)
    facts = {"type": "Sequential" if isinstance(new, nn.Sequential) else type(new).__name__}
    if not isinstance(new, nn.Module):
        return facts
    old = [module.training for module in nn.Sequential(*held).modules()][1:]
    row = list(new) if isinstance(new, nn.Sequential) else []
    rest = [layer for layer in row if not isinstance(layer, nn.ReLU)]
    return {
        **facts,
        "row": ["ReLU" if isinstance(layer, nn.ReLU) else type(layer).__name__ for layer in row],
        "output": new(x),
        "shared": [a is b for a, b in zip(rest, held)],
        "a new row": new is not seq,
        "layers kept": [a is b for a, b in zip(held, seq)] + [len(seq)],
        "modes kept": [seq.training] + old == modes,
        "frozen as before": [p.requires_grad for p in held[0].parameters()],
        "nothing noted on the layers": [list(vars(layer)) for layer in held] == attributes,
        "output of the original": seq(x),
    }


mixing, padded = nn.Conv2d(2, 2, 3, padding=1), nn.ZeroPad2d(1)
ends_linear = [
    nn.Conv2d(2, 5, 3), nn.MaxPool2d(2), nn.Conv2d(5, 4, 2), nn.Flatten(), nn.Linear(16, 7), nn.Linear(7, 3)
]
names = {"pool": nn.AvgPool2d(2), "one": nn.Conv2d(2, 6, 1), "two": nn.Conv2d(6, 2, 2), "flat": nn.Flatten(),
         "last": nn.Linear(18, 4)}
others = [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ConvTranspose2d(4, 2, 2), nn.GroupNorm(1, 2), nn.Flatten(2),
          nn.Conv1d(2, 3, 2), nn.Flatten(), nn.LayerNorm(144), nn.Linear(144, 3)]
words = [nn.Embedding(5, 4), nn.Flatten(), nn.Linear(12, 4, bias=False), nn.Linear(4, 2)]
silent = [nn.Dropout(0.5), nn.Conv2d(2, 2, 3, bias=False), nn.Dropout2d(0.5), nn.Flatten(), nn.Linear(72, 4),
          nn.Linear(4, 2)]
twice = [mixing, padded, mixing, mixing, padded, nn.Conv2d(2, 3, 3)]
by = dict.fromkeys(("shared", "a new row"), "shared layers")
traces = ("layers kept", "modes kept", "frozen as before", "nothing noted on the layers", "output of the original")
sides = {"sides": by | dict.fromkeys(traces, "no trace")}
any_end = {"requirement": "any end", **sides}
check("with_relu/ends with a linear layer", activated, "with_relu/a", ends_linear, **sides)
check("with_relu/layers with names", activated, "with_relu/b", names, **sides)
check("with_relu/others that learn", activated, "with_relu/c", others, **sides)
ints = torch.randint(0, 5, (2, 3), generator=probes.generator("with_relu/ints"))
check("with_relu/words", activated, "with_relu/f", words, x=ints, **sides)
check("with_relu/while evaluating", activated, "with_relu/d", silent, False, **sides)
check("with_relu/a layer twice", activated, "with_relu/e", twice, **sides)
ends = {
    "flatten": [nn.Conv2d(2, 4, 3), nn.Conv2d(4, 3, 3), nn.Flatten()],
    "convolution": [nn.AvgPool2d(2), nn.Conv2d(2, 6, 1), nn.Conv2d(6, 2, 2)],
    "sigmoid": [nn.Flatten(), nn.Linear(128, 5), nn.Linear(5, 6), nn.Linear(6, 4), nn.Sigmoid()],
    "pooling": [nn.Conv2d(2, 4, 3), nn.AvgPool2d(2)],
}
for end, layers in ends.items():
    check(f"with_relu/ends with a {end}", activated, f"with_relu/{end}", layers, **any_end)
check("with_relu/a single convolution", activated, "with_relu/g", [nn.Conv2d(2, 4, 3)], **any_end)
check("with_relu/a single flatten", activated, "with_relu/h", [nn.Flatten()], **any_end)
### END HIDDEN TESTS

# %% [markdown] seed=["A4.5", "A4.c3", "E22"]
# ## 6. The network as a picture · further
#
# TensorBoard can draw a network. `add_graph` sends a batch through (one image is enough; many only take longer)
# and writes down what happened, into an event file as in chapter 3. The recorder behind it, `torch.jit.trace`,
# is on its way out and says so; the warnings are caught and printed here. It still works.

# %% tags=["demo"] seed=["A4.5", "A4.c3", "E22"]
import shutil
import warnings

from torch.utils.tensorboard import SummaryWriter

shutil.rmtree("runs/quick_net", ignore_errors=True)  # begin afresh at every run of this notebook
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with SummaryWriter("runs/quick_net") as writer:
        writer.add_graph(net, torch.ones(1, 3, 32, 32))
for warning in caught:
    print(warning.category.__name__, "-", str(warning.message).split(". ")[0])

# %% [markdown] seed=["A4.5"]
# `EventAccumulator` reads the file back. Most nodes of the graph are constants; those that compute are called
# `aten::…`, after PyTorch's library of tensor functions.

# %% tags=["demo"] seed=["A4.5", "A4.c3"]
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator("runs/quick_net").Reload()
print("a graph was written:", events.Tags()["graph"])
shapes = [[1, 3, 32, 32]]  # what goes in
for node in events.Graph().node:
    if node.op.startswith("aten::"):
        shapes.append([axis.size for axis in node.attr["_output_shapes"].list.shape[0].dim])
        print(f"{node.name.split('/')[2]:13}{node.op:19}{shapes[-1]}")

# %% [markdown] seed=["A4.c3"]
# To see it, type `tensorboard --logdir runs` in a terminal, in the folder of this notebook, and open the address
# that it prints; or run these two lines in a cell:
#
# ```python
# %load_ext tensorboard
# %tensorboard --logdir runs
# ```
#
# Under *Graphs* there is one box, `QuickNet`. A double click opens a box and shows what is in it. TensorBoard writes
# the shapes onto the arrows, in letters that are too small until one zooms in; here they stand beside them.

# %% tags=["demo"] seed=["A4.c3"]
pictures.graph_panel(shapes)

# %% [markdown] seed=["A4.5"]
# *Picture: TensorBoard's graph, from the bottom to the top: an open box QuickNet with an open box Sequential in it,
# which holds nine small boxes from `Conv2d[0]` up to `Linear[8]`.*

# %% [markdown] seed=["A4.c1", "A4.2", "A4.3", "A4.c2", "E21"]
# ## 7. "The shape is right"
#
# How do you know that a network is right? A widespread answer: send ones through and look at the shape. If it is
# right, the network is basically right.

# %% tags=["demo"] seed=["A4.2", "A4.3", "A4.4", "B4.1", "E21"]
output = net(torch.ones(64, 3, 32, 32))
print(output.shape)
print(output[:3].detach())
print("made by:", output.grad_fn.name())
print("all 64 rows the same, bit by bit:", bool((output == output[0]).all()))

# %% [markdown] seed=["A4.c2", "E21"]
# Of course: 64 times the same image. So this test can never see a network that mixes the images of a batch up, or
# one that always says the same. *Predict:* which of these three pass it?

# %% seed=["A4.c2", "E21"]
class Mixing(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x).softmax(dim=0)  # across the batch instead of across the classes


class Constant(Mixing):
    def forward(self, x):
        return torch.zeros(len(x), 10) + self.model(x).mean()  # one number for all


class CutOff(Mixing):
    def forward(self, x):
        return self.model(x).detach()  # right numbers, and nothing to learn from

# %% tags=["demo"] seed=["A4.c2", "E21"]
for broken in (Mixing(), Constant(), CutOff()):
    print(f"{type(broken).__name__:9}", tuple(broken(torch.ones(64, 3, 32, 32)).shape))

# %% [markdown] seed=["E21"]
# All three. A better test begins with images that differ:

# %% tags=["demo"] seed=["E21"]
different = torch.randn(4, 3, 32, 32)
for model in (net, Constant()):
    rows = model(different)
    print(f"{type(model).__name__:9} all rows the same:", bool((rows == rows[0]).all()))

# %% [markdown] seed=["E20"]
# That finds one of the three, and the others are yours. First a fourth way to break a network, with a right one in
# hand: training steps that are too long. Here our net learns from the course's own drawings, one epoch, with
# `momentum=0.9` and two learning rates. *Predict* what five times longer steps do: learn five times faster?

# %% tags=["demo"] seed=["E20"]
from autograder.torch_nn.data import tensors

images, targets = tensors()
images = (images - images.mean()) / images.std()  # around 0 instead of between 0 and 1


def one_epoch(lr):
    torch.manual_seed(1)
    model = quick_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = []
    for x, y in zip(images.split(16), targets.split(16)):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses

# %% tags=["demo"] seed=["E20"]
(healthy, falling), (ruined, exploding) = one_epoch(lr=0.01), one_epoch(lr=0.05)
pictures.losses({"lr = 0.01": falling, "lr = 0.05": exploding})
for model in (healthy, ruined):
    logits = model(torch.ones(64, 3, 32, 32))
    print(tuple(logits.shape), "numbers:", bool(torch.isfinite(logits).all()))
print(logits[0].detach())

# %% [markdown] seed=["E20"]
# *Picture: the loss over 65 steps. With lr = 0.01 it goes down from 2.3, in a zigzag; with lr = 0.05 it goes
# down first and then shoots out of the picture, where a cross marks the step from which on it is nan.*
#
# `nan`, *not a number*: once a weight has it, everything is nan, and stays so. The shape is right. The mend is a
# smaller learning rate; for this net 0.01 will do.
#
# Three things more before you write a better test. First, the gradients. `backward()` on one number goes back through
# everything that it was computed from, and leaves a `grad` at each parameter that had a part in it. One that was
# frozen, or not used, keeps `None`. So after one `backward` a network tells which of its parameters can learn.

# %% tags=["demo"]
pair = nn.ModuleDict({"used": nn.Linear(2, 1), "spare": nn.Linear(2, 1)})
pair["used"].bias.requires_grad_(False)  # frozen
pair["used"](torch.ones(1, 2)).sum().backward()
for name, parameter in pair.named_parameters():
    print(f"{name:13}{parameter.grad}")

# %% [markdown]
# Second, *the same but for rounding*. A network that does not mix its batch gives an image the same logits whether it
# comes alone or with others, up to the last digits; `torch.cat` puts rows that were computed one by one on top of each
# other. *Predict:* does `allclose` with an `atol` of 1e-4 tell these logits apart?

# %% tags=["demo"]
together = torch.tensor([[3e-6, -2e-6], [1e-6, 4e-6]])
alone = torch.cat([torch.tensor([[1e-6, 5e-6]]), torch.tensor([[2e-6, -3e-6]])])
print(torch.allclose(together, alone, atol=1e-4))
print(torch.allclose(together, alone, atol=1e-4 * together.abs().max().item()))

# %% [markdown]
# It does not, though no two of them agree: a fixed tolerance passes everything that is smaller than itself. A
# tolerance is measured by what is compared.
#
# Third, putting things back. What stands under `finally` runs in any case: after the `return`, and also when there was
# an exception.

# %% tags=["demo"]
def shape_in_evaluation_mode(model, x):
    modes = [(module, module.training) for module in model.modules()]
    try:
        return tuple(model.eval()(x).shape)
    finally:
        for module, mode in modes:
            module.training = mode


for width in (1024, 7):
    try:
        print(shape_in_evaluation_mode(tail, torch.ones(2, width)), end=" ")
    except RuntimeError:
        print("an exception", end=" ")
    print("training:", tail.training)

# %% [markdown]
# ### Exercise 4.6 · `smoke_test` · ★★★ · 45 minutes · further
#
# **Bug hunt**, in other people's networks. Write `smoke_test(model, n_classes=10)`: `True` when `model` may be a
# classifier for images (N, 3, 32, 32), `False` when something is broken. It always returns a `bool` and never
# raises, whatever the model does.
#
# - `model` is any `nn.Module` that has parameters. They come without gradients (`grad` is `None`), and it can be
#   copied by `copy.deepcopy`.
# - `n_classes` is how many logits it ought to give for an image, at least 1.
# - **right networks** (1 point): `True` where, in evaluation mode, none of the faults below is found, in whatever
#   modes the layers come. What dropout or a batch normalisation does in training mode is no fault, nor is a
#   difference of rounding.
# - **its output** (1.5 points): `False` where N images do not give a tensor of shape (N, `n_classes`), or where there
#   is a nan or an infinity in it, for N = 1 or for several; and where the model raises an exception, also on the way
#   back from the output to the parameters.
# - **image by image** (1.5 points): `False` where different images all get the same output, and where the output
#   for some image depends on which other images, or how many, are in the batch. Rounding is what stays below a
#   ten-thousandth of the largest logit; the logits can all be tiny, or huge.
# - **gradients** (1.25 points): `False` where some parameter gets no gradient from the output (its `grad` stays
#   `None`): it is frozen, unused, or cut off.
# - **no trace** (0.75 points): the model is as it was: the mode of every layer, attributes, weights, statistics, which
#   parameters are frozen, and no `grad` where there was none. No random seed is set, and gradients are not left
#   switched off.
#
# Decided when graded: two dozen more ways to be right or broken, with other numbers of classes, and with tiny logits.
#
# ```python
# smoke_test(quick_net())                # True
# smoke_test(quick_net(), n_classes=12)  # False
# ```

# %% [markdown] tags=["hints"] exercise="smoke_test"
# 1. Begin with images that differ: `torch.randn` instead of `torch.ones`. Then one property after the other, each
#    with a `return False`. A model that raises is broken as well; `try … except Exception` catches it.
# 2. For "depends on the other images" compare each row of a batch with what that image gets alone. Small
#    differences are rounding: `torch.allclose` with an `atol` of 1e-4 times the largest logit.
# 3. For the gradients, call `backward` on the sum of the output and look for a `grad` that is still `None`. Who
#    does all this to a twin has nothing to put back; else `try … finally` is made for that.

# %% nbgrader={"grade": false, "grade_id": "smoke_test", "locked": false, "schema_version": 3, "solution": true, "task": false}
def smoke_test(model, n_classes=10):
    """Whether model may be a classifier for images (N, 3, 32, 32)."""
    ### BEGIN SOLUTION
    try:
        twin = copy.deepcopy(model).eval()
        images = torch.randn(4, 3, 32, 32)
        output = twin(images)
        alone = torch.cat([twin(image[None]) for image in images])
        if output.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        largest = output.abs().max()
        if not torch.isfinite(torch.cat([output, alone])).all() or (output - output[0]).abs().max() <= 1e-6 * largest:
            return False
        if (output - alone).abs().max() > 1e-4 * largest:
            return False
        output.sum().backward()
        return all(parameter.grad is not None for parameter in twin.parameters())
    except Exception:
        return False
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "smoke_test-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def small(*more):
    return nn.Sequential(*more, nn.Flatten(), nn.Linear(3 * 32 * 32, 10))


no_number, constant, frozen = small(), small(), small()
nn.init.constant_(no_number[1].bias, torch.nan)
nn.init.zeros_(constant[1].weight)  # only the bias is left
frozen[1].bias.requires_grad_(False)
check("smoke_test/quick net", lambda: [smoke_test(quick_net()), smoke_test(small(), n_classes=12)])
check("smoke_test/with a dropout", lambda: [smoke_test(small(nn.Dropout()), c) for c in (10, 9)])
check("smoke_test/no number", lambda: [smoke_test(small()), smoke_test(no_number)], requirement="its output")
mixed = [small(), Mixing(), constant]
check("smoke_test/mixed or constant", lambda: [smoke_test(m) for m in mixed], requirement="image by image")
cut = [small(), CutOff(), frozen]
check("smoke_test/cut off or frozen", lambda: [smoke_test(m) for m in cut], requirement="gradients")

# %% nbgrader={"grade": true, "grade_id": "smoke_test-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


class Wrapped(nn.Module):
    """A small right classifier, and a function that may break it."""

    def __init__(self, classes, change=lambda out, x: out, spare=None, between=None):
        super().__init__()
        self.conv, self.last, self.change = nn.Conv2d(3, 4, 2, stride=8), nn.Linear(64, classes), change
        self.between = between
        if spare is not None:
            self.spare = spare

    def maps(self, x):
        x = self.conv(x)
        return (F.leaky_relu(x, 0.2) if self.between is None else self.between(x)).flatten(1)

    def body(self, x):
        return self.last(self.maps(x))

    def forward(self, x):
        return self.change(self.body(x), x)


class HalfCut(Wrapped):
    def forward(self, x):
        return self.last(self.maps(x).detach())


class Silent(Wrapped):
    def forward(self, x):
        with torch.no_grad():
            return self.body(x)


class OnlyTraining(Wrapped):
    """A layer that is used in training mode only."""

    def forward(self, x):
        return self.spare(self.body(x)) if self.training else self.body(x)


class OnlyEvaluating(Wrapped):
    def forward(self, x):
        return self.body(x) if self.training else self.spare(self.body(x))


class MixesWhileTraining(Wrapped):
    def forward(self, x):
        out = self.body(x)
        return out.softmax(0) if self.training else out


class MixesWhileEvaluating(Wrapped):
    def forward(self, x):
        out = self.body(x)
        return out if self.training else out.softmax(0)


class Twice(Wrapped):
    """Its last layer runs twice."""

    def forward(self, x):
        return self.spare(self.spare(self.body(x)))


class Fixed(Wrapped):
    """Works for batches of one size only."""

    size = 64

    def forward(self, x):
        return self.body(x.reshape(self.size, 3, 32, 32))


class One(Fixed):
    size = 1


class AddsNothing(Wrapped):
    """A layer whose part is still 0: its gradients are zeros, but they are there."""

    def forward(self, x):
        out = self.body(x)
        return out + 0.0 * self.spare(out)


class RaisesOnTheWayBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx, out):
        return out.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise ArithmeticError("broken")


class Raises(Wrapped):
    error = KeyError

    def forward(self, x):
        raise self.error("broken")


class RaisesForOne(Wrapped):
    def forward(self, x):
        assert len(x) > 1, "one image is no batch"
        return self.body(x)


def changed(change):
    return lambda classes: Wrapped(classes, change)


def spare(kind):
    return lambda classes: kind(classes, spare=nn.Linear(classes, classes))


def frozen_part(which):
    def make(classes):
        model = Wrapped(classes)
        list(model.parameters())[which].requires_grad_(False)
        return model

    return make


def norm(running):
    return lambda classes: Wrapped(classes, between=nn.Sequential(
        nn.BatchNorm2d(4, track_running_stats=running), nn.LeakyReLU(0.2), nn.Dropout(0.5)
    ))


def with_number_in(out, number):
    return out.index_fill(1, torch.tensor([out.shape[1] - 1]), number)


def with_number(number):
    return changed(lambda out, x: with_number_in(out, number))


def last_is_nan(out, x):
    """A nan for the last of several images."""
    return out.index_fill(0, torch.tensor([len(x) - 1]), torch.nan) if len(x) > 1 else out


def judged(name, classes, networks):
    """What smoke_test says to each of some networks, right ones and broken ones, in an order of its own."""
    names, order = list(networks), torch.randperm(len(networks), generator=probes.generator(name))
    answers, modes, numbers, frozen, grads, noted = {}, [], [], [], [], []
    for i in order.tolist():
        model = probes.fill(networks[names[i]](classes), f"{name}/{i}")
        with torch.no_grad():  # no ReLU of a network that is right may be silent for all images
            for p in model.parameters():
                if p.dim() == 1:
                    p.div_(16)
                elif p.dim() == 4:
                    p[0].abs_()
        for module in model.modules():
            module.training = i % 2 == 0
        if i % 3 < 2:  # a part may be in another mode than the rest
            list(model.modules())[-1].training = i % 2 == 1
        was = [module.training for module in model.modules()]
        flags = [p.requires_grad for p in model.parameters()]
        before = [t.clone() for t in model.state_dict().values()]
        attributes = [list(vars(module)) for module in model.modules()]
        answer = probes.outcome(smoke_test, model, classes)
        answers[names[i]] = "an exception" if isinstance(answer, Exception) else answer
        modes.append([module.training for module in model.modules()] == was)
        frozen.append([p.requires_grad for p in model.parameters()] == flags)
        grads.append(all(p.grad is None for p in model.parameters()))
        numbers.append(all(torch.equal(a, b) for a, b in zip(before, model.state_dict().values())))
        noted.append([list(vars(module)) for module in model.modules()] == attributes)
    return {
        "answers": answers, "modes kept": modes, "frozen as before": frozen, "no gradients": grads,
        "numbers kept": numbers, "nothing noted on the layers": noted,
    }


facts = ("modes kept", "frozen as before", "no gradients", "numbers kept", "nothing noted on the layers")
kept = dict.fromkeys(facts, "no trace")
right, another = {"a right network": Wrapped}, {"another right network": changed(lambda out, x: out * 2)}
too_many = {"one class too many": lambda classes: Wrapped(classes + 1)}
too_few = {"one class too few": lambda classes: Wrapped(classes - 1)}
always = {"always the same": changed(lambda out, x: out * 0 + 1.0)}


def check_networks(what, requirement, classes, networks):
    name = f"smoke_test/{what}"
    check(name, judged, name, classes, networks, requirement=requirement, sides=kept)


check_networks("dropout and batch normalisation", "right networks", 10, too_many | too_few | {
    "with batch normalisation": norm(True), "another with batch normalisation": norm(True),
    "with much dropout": lambda c: Wrapped(c, between=nn.Dropout(0.9)),
})
check_networks("what training does", "right networks", 7, too_many | {
    "mixes in training mode only": MixesWhileTraining, "mixes in training mode only, too": MixesWhileTraining,
    "a layer that evaluates only": spare(OnlyEvaluating),
})
check_networks("unlike layers", "right networks", 6, too_many | too_few | {
    "with a ReLU": lambda c: Wrapped(c, between=nn.ReLU()), "a layer that runs twice": spare(Twice),
    "with a softmax": changed(lambda out, x: out.softmax(dim=1)), "a layer that adds nothing yet": spare(AddsNothing),
    "rows of length 1": changed(lambda out, x: F.normalize(out)),
})
check_networks("rounding", "right networks", 5, too_many | {
    "rounds otherwise in a batch": changed(lambda out, x: out * (1 + 3e-7 * len(x))),
    "rounds otherwise for one": changed(lambda out, x: out * (1 + 3e-5) if len(x) == 1 else out),
    "a class that is always 0": changed(lambda out, x: out.index_fill(1, torch.tensor([0]), 0.0)),
    "rounds by the largest logit": changed(
        lambda out, x: with_number_in(out, 0.0) + (3e-5 * out.detach().abs().max() if len(x) == 1 else 0)
    ),
})
check_networks("one class", "its output", 1, right | too_many | {
    "without the axis of size 1": changed(lambda out, x: out[:, 0]),
    "a class too many for several images": changed(lambda out, x: out.repeat(1, 2) if len(x) > 1 else out),
    "a class too many for one image": changed(lambda out, x: out.repeat(1, 2) if len(x) == 1 else out),
})
check_networks("number of classes", "its output", 8, right | too_many | too_few)
check_networks("axes", "its output", 4, right | {
    "an axis of size 1 in the middle": changed(lambda out, x: out[:, None]),
    "an axis of size 1 at the end": changed(lambda out, x: out[:, :, None]),
    "an axis in front": changed(lambda out, x: out[None]),
    "classes before images": changed(lambda out, x: out.t()),
    "all in a row": changed(lambda out, x: out.flatten()),
})
check_networks("one image", "its output", 3, right | another | {
    "no batch axis for one image": changed(lambda out, x: out.squeeze(0) if len(x) == 1 else out),
    "an exception for one image": RaisesForOne,
})
check_networks("several images", "its output", 5, right | {
    "one image only": One, "no batch at all": changed(lambda out, x: out.reshape(out.shape[1])),
    "64 images only": Fixed,
})
check_networks("no tensor", "its output", 10, right | {
    "a tuple": changed(lambda out, x: (out, x)), "a list": changed(lambda out, x: out.tolist()),
    "None": changed(lambda out, x: None), "a dictionary": changed(lambda out, x: {"logits": out}),
})
check_networks("exceptions", "its output", 10, right | {
    "a KeyError": Raises, "a TypeError": changed(lambda out, x: out[0] // "nothing"),
    "a RuntimeError": changed(lambda out, x: out @ out), "an IndexError": changed(lambda out, x: out[:, 99]),
    "an exception on the way back": changed(lambda out, x: RaisesOnTheWayBack.apply(out)),
})
check_networks("nan", "its output", 10, right | another | {
    "nan for one class": with_number(torch.nan), "all nan": changed(lambda out, x: out * torch.nan),
    "nan for the last of several images": changed(last_is_nan),
})
check_networks("infinity", "its output", 10, right | another | {
    "inf for one class": with_number(torch.inf), "-inf for one class": with_number(-torch.inf),
})
check_networks("always the same", "image by image", 9, right | another | always | {
    "the same, but not for all classes": changed(lambda out, x: out * 0 + torch.arange(float(out.shape[1]))),
})
check_networks("means of the batch", "image by image", 10, right | {
    "without the mean of the batch": changed(lambda out, x: out - out.mean(dim=0)),
    "the mean of the batch added": changed(lambda out, x: out + out.mean(dim=0)),
    "the mean of the batch for all": changed(lambda out, x: out.mean(dim=0, keepdim=True).expand(len(x), -1)),
    "a little of the batch's sum": changed(lambda out, x: out + 0.05 * torch.sin(100 * out.sum())),
    "a thousandth of another image": changed(lambda out, x: out + 1e-3 * out.flip(0)),
    "twice as much for a single image": changed(lambda out, x: out * 2 if len(x) == 1 else out),
})
check_networks("across the batch", "image by image", 10, right | {
    "a softmax across the batch": changed(lambda out, x: out.softmax(dim=0)),
    "a softmax across it in evaluation mode": MixesWhileEvaluating,
    "a batch normalisation without statistics": norm(False),
})
check_networks("tiny logits", "image by image", 6, {
    "tiny": changed(lambda out, x: out * 1e-6), "tiny, too": changed(lambda out, x: out * 3e-6),
    "tiny, with the mean of the batch": changed(lambda out, x: 1e-6 * (out + out.mean(dim=0))),
    "much smaller": changed(lambda out, x: out * 1e-25), "huge": changed(lambda out, x: out * 1e25),
    "much smaller, with the mean of the batch": changed(lambda out, x: 1e-25 * (out + out.mean(dim=0))),
    "huge, with the mean of the batch": changed(lambda out, x: 1e25 * (out + out.mean(dim=0))),
    "tiny, the batch backwards": changed(lambda out, x: 1e-6 * out.flip(0)),
    "tiny and constant": changed(lambda out, x: out * 0 + 1e-6),
})
check_networks("order", "image by image", 10, right | {
    "the batch backwards": changed(lambda out, x: out.flip(0)),
    "each image with those before": changed(lambda out, x: out.cumsum(0)),
    "each image with those after": changed(lambda out, x: out.flip(0).cumsum(0).flip(0)),
    "the last image with the first": changed(lambda out, x: torch.cat([out[:-1], out[-1:] + out[:-1][:1].sum(0)])),
    "the first image with the last": changed(lambda out, x: torch.cat([out[:1] + out[1:][-1:].sum(0), out[1:]])),
})
check_networks("frozen", "gradients", 10, right | {
    "first weight frozen": frozen_part(0), "first bias frozen": frozen_part(1), "last bias frozen": frozen_part(-1),
})
check_networks("unused", "gradients", 10, right | another | {
    "a spare layer": spare(Wrapped), "a layer for training only": spare(OnlyTraining),
    "a spare layer within a row": lambda c: Wrapped(c, spare=nn.Sequential(nn.Linear(c, c))),
    "a spare parameter of its own": lambda c: Wrapped(c, spare=nn.Parameter(torch.zeros(c))),
})
check_networks("cut off", "gradients", 10, right | {
    "cut off": changed(lambda out, x: out.detach()), "without gradients": Silent,
    "cut off, and wants gradients": changed(lambda out, x: out.detach().requires_grad_()),
})
check_networks("half cut off", "gradients", 10, right | another | {"half cut off": HalfCut})
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Where a row ends · further
#
# A row has one way through it: everything passes every layer, forwards, and the gradients pass them all backwards.
# *Predict:* twenty times a linear layer with its ReLU, on the half-moons of section 5: better than one, or worse?

# %% tags=["demo"]
class Skip(nn.Module):
    """x + f(x): a way around f."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return x + self.f(x)


def deep(skips, depth=20):
    torch.manual_seed(0)
    parts = [nn.Sequential(nn.Linear(16, 16), nn.ReLU()) for _ in range(depth)]
    return nn.Sequential(nn.Linear(2, 16), *(map(Skip, parts) if skips else parts), nn.Linear(16, 2))

# %% tags=["demo"]
for name, model in (("a plain row", deep(False)), ("with skips", deep(True))):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    for step in range(100):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(points), classes)
        loss.backward()
        if step == 0:
            print(f"{name:12} first gradient {model[0].weight.grad.abs().mean():.0e}", end=", ")
        optimizer.step()
    right = (model(points).argmax(dim=1) == classes).float().mean()
    print(f"loss at the end {loss:.3f}, {right:.0%} right")

# %% [markdown]
# The plain row has learnt nothing: its loss is ln 2 = 0.693, that of guessing between two classes. Each layer makes
# numbers and gradients smaller, and after twenty of them nothing of the points arrives at the end, and no gradient at
# the beginning. With `x + f(x)` there is a second way, on which neither shrinks, and each block only has to learn what
# to add. A network with such a *skip connection* is no row any more, since `x` is used twice, so `forward` is needed
# to write it down. But the block is a layer again, and blocks stand in a row: the *residual networks* are built so.

# %% [markdown]
# ## 9. Yours at work
#
# Your own network, on the course's drawings. (Where it does not pass its checks yet, the course's stands in.) Before
# one trains a network for hours, one asks three things of it. Does it begin by guessing? A network that knows nothing
# gives ten classes about a tenth each, and then the cross-entropy is $\ln 10$.

# %% tags=["demo"]
Net = yours("CifarNet")
torch.manual_seed(4)
model = Net()
few, their_classes = images[:16], targets[:16]
with torch.no_grad():
    start = F.cross_entropy(model(images[:200]), targets[:200])
print(f"loss at the start: {start:.2f}, ln 10: {torch.tensor(10.0).log():.2f}")

# %% [markdown]
# Can it learn sixteen images by heart? *Predict* after how many steps it has. A network that cannot do that will not
# learn the rest either: something is frozen, cut off or mixed up, or the steps have the wrong size.

# %% tags=["demo"]
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for step in range(21):
    optimizer.zero_grad()
    logits = model(few)
    loss = F.cross_entropy(logits, their_classes)
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        right = int((logits.argmax(dim=1) == their_classes).sum())
        print(f"after {step:2} steps: loss {loss:.3f}, {right:2} of 16 right")

# %% [markdown]
# And do its rows keep apart? Your own test looks at that, and at the gradients, before and after the training.

# %% tags=["demo"]
test = yours("smoke_test")
print("new:", test(Net()), "- trained:", test(model))
with torch.no_grad():
    apart = (model(few)[:1] - model(few[:1])).abs().max() < 1e-4 * model(few).abs().max()
print("the first image gets the same alone:", bool(apart))

# %% [markdown]
# Chapter 5 measures this network with your losses, chapter 6 trains it for good.

# %% [markdown]
# ## What to keep
#
# 1. `nn.Sequential` is a row of layers; loop over it, index it, slice it. A slice shares the layers.
# 2. Ask the network how many features are left before the flatten, instead of guessing.
# 3. Two linear layers without an activation between them are one.
# 4. A shape check on ones sees hardly anything. Use images that differ, batches of one and of several, and look at
#    the gradients.
# 5. Whoever inspects a network gives it back as it was: modes, statistics, gradients.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown]
# ## Where to read on
#
# - [`nn.Sequential`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html)
# - [`nn.BatchNorm2d`](https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html): what it does in
#   which mode
# - [*Deep Residual Learning for Image Recognition*](https://arxiv.org/abs/1512.03385), the paper with `x + f(x)`
# - [`torch.utils.tensorboard`](https://docs.pytorch.org/docs/stable/tensorboard.html): `add_graph` and the rest
# - Next: [chapter 5](../05_losses/05_losses.ipynb), which measures how wrong a network is
