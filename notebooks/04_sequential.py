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
# Most networks are a row of layers, each taking what the last one gave. `nn.Sequential` is that row. It is
# the shortest way to write a network down, and the easiest to take apart again, which is what this chapter
# is about: following a picture from layer to layer, and testing that the network does what it should.
#
# When you have worked through this chapter you can
#
# - build a classifier for small colour pictures out of nine layers;
# - compute the one number that everybody guesses wrong, the width of the first linear layer;
# - say what an activation is for, and show a network that lacks one;
# - write a test that finds a broken network, which "the shape is right" does not.
#
# You need chapters 1 to 3, and about an hour. Where you read *predict*, say your answer before you run the
# cell.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from autograder import check

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
import tempfile
import warnings

from autograder import hint, progress
from autograder.pictures import ch04 as pictures

torch.manual_seed(4)

# %% [markdown] seed=["A4.1", "B4.1"]
# ## 1. Nine layers for ten classes
#
# This network classifies pictures of 32 by 32 pixels, in three colours, into ten classes. Three times it looks
# for patterns with a convolution and halves the picture with a pooling; then it makes one long row of numbers
# of it and lets two linear layers decide.

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

# %% tags=["demo"] seed=["A4.1", "B4.1"]
class QuickNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x)


net = QuickNet()
print(net)
print(sum(parameter.numel() for parameter in net.parameters()))

# %% tags=["demo"]
pictures.staircase(net.model, torch.zeros(1, 3, 32, 32))

# %% [markdown]
# *Picture: a staircase of bars, from 3 × 32 × 32 numbers over 32 × 32 × 32, 32 × 16 × 16, …, 64 × 4 × 4 and
# 1,024 to 64 and 10. Five of the layers learn: 2,432, 25,632, 51,264, 65,600 and 650 parameters, 145,578 in
# all.*
#
# ### Exercise 4.1 · `CifarNet` · ★★☆ · 10 minutes
#
# Write the same network as a class of your own, without looking up: `CifarNet()` takes images (N, 3, 32, 32),
# for any N, and returns logits (N, 10). The layers in order: convolution to 32 channels, max-pooling,
# convolution to 32, max-pooling, convolution to 64, max-pooling, flatten, linear to 64, linear to 10. All
# kernels are 5 by 5 and keep the size of the picture; all poolings halve it. Nothing else happens: no
# activation, no softmax. What you call the layers, and whether you use `nn.Sequential`, is up to you.

# %% [markdown] tags=["hints"] exercise="CifarNet"
# 1. Go from layer to layer with a pencil: how many channels come in, how many go out, how large is the
#    picture then?
# 2. A window of 5 takes two pixels off on each side. What keeps the size? And how many numbers are left when
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
def size_and_shape():
    model = CifarNet()
    shape = tuple(model(torch.ones(64, 3, 32, 32)).shape)
    return sum(parameter.numel() for parameter in model.parameters()), shape


check("CifarNet/size and shape", size_and_shape)

# %% nbgrader={"grade": true, "grade_id": "CifarNet-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def computed(n, seed):
    model = CifarNet()
    x = torch.randn(n, 3, 32, 32, generator=probes.generator(seed))
    model(x)  # lazy layers find out their sizes
    shapes = [tuple(parameter.shape) for parameter in model.parameters()]
    probes.fill(model, seed)
    return {"shapes": shapes, "output": model(x)}


check("CifarNet/sixteen", computed, 16, "CifarNet/a")
check("CifarNet/one", computed, 1, "CifarNet/b")
### END HIDDEN TESTS

# %% [markdown] seed=["A4.2", "A4.c1"]
# ## 2. A row can be taken apart
#
# How do you know that a network is right? A first idea: send something through and look what comes out.

# %% tags=["demo"] seed=["A4.2", "A4.4", "B4.1"]
output = net(torch.ones(64, 3, 32, 32))
print(output.shape)

# %% [markdown]
# A `Sequential` can be looped over, indexed and sliced. So you can watch the picture on its way:

# %% tags=["demo"]
x = torch.ones(2, 3, 32, 32)
for layer in net.model[:4]:
    x = layer(x)
    print(f"{type(layer).__name__:10}{tuple(x.shape)}")

# %% [markdown]
# ### Exercise 4.2 · `trace_shapes` · ★★☆ · 10 minutes
#
# Write `trace_shapes(seq, x)`: send `x` through the layers of the `nn.Sequential` `seq`, one after the other,
# and return a list with one entry for each layer: its class name, a string, and the shape of what came out,
# a tuple. Afterwards `seq` is as it was: its mode, the running statistics of its batch normalisations, its
# hooks. `x` stays as it was, too.
#
# ```python
# trace_shapes(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), torch.ones(5, 3, 4))
# # [('Flatten', (5, 12)), ('Linear', (5, 2))]
# ```

# %% [markdown] tags=["hints"] exercise="trace_shapes"
# 1. The loop above is nearly it. What does each layer get: the first input, or what the last layer gave?
# 2. A batch normalisation counts whenever it runs in training mode. Chapter 1 had an exercise that ran a
#    module without leaving a trace; what did you have to remember there?
# 3. `type(layer).__name__` is the name, `tuple(x.shape)` the shape. Remember `seq.training` before you
#    switch, and give it back at the end; `torch.no_grad()` saves the graph.

# %% nbgrader={"grade": false, "grade_id": "trace_shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trace_shapes(seq, x):
    """[(class name, shape), ...] for each layer of seq, in order."""
    ### BEGIN SOLUTION
    was_training = seq.training
    seq.eval()
    found = []
    with torch.no_grad():
        for layer in seq:
            x = layer(x)
            found.append((type(layer).__name__, tuple(x.shape)))
    seq.train(was_training)
    return found
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "trace_shapes-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("trace_shapes/quick net", lambda: trace_shapes(quick_net(), torch.ones(1, 3, 32, 32)))

# %% nbgrader={"grade": true, "grade_id": "trace_shapes-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def traced(seed, training):
    fresh = probes.generator(seed)
    a, b, c, n, size = (int(torch.randint(low, low + 9, (1,), generator=fresh)) for low in (2, 3, 4, 2, 9))
    seq = nn.Sequential(
        nn.Conv2d(3, a, 3), nn.BatchNorm2d(a), nn.Dropout(0.5), nn.Conv2d(a, b, 2, padding=1),
        nn.ReLU(), nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(), nn.BatchNorm1d(b * 6), nn.Linear(b * 6, c),
    )
    seq.train(training)
    x = torch.randn(n, 3, size, size + 1, generator=fresh)
    before = x.clone()
    found = trace_shapes(seq, x)
    return {
        "trace": found,
        "modes": [module.training for module in seq],
        "statistics": list(seq.buffers()),
        "hooks": sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in seq.modules()),
        "argument untouched": torch.equal(x, before),
    }


check("trace_shapes/while training", traced, "trace_shapes/a", True)
check("trace_shapes/while evaluating", traced, "trace_shapes/b", False)
check("trace_shapes/another", traced, "trace_shapes/c", True)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. The number that everybody guesses wrong
#
# `nn.Linear(64 * 4 * 4, 64)`: where does the 4 come from? *Predict:* what has to stand there for pictures of
# 64 by 64?

# %% tags=["demo"]
try:
    quick_net()(torch.ones(1, 3, 64, 64))
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown]
# Instead of computing it, ask the network: send a picture of zeros through the part before the flatten, and
# count what comes out.
#
# ### Exercise 4.3 · `flat_features` · ★★☆ · 8 minutes
#
# Write `flat_features(conv_part, in_shape=(3, 32, 32))`: how many numbers one picture of shape `in_shape`
# (C, H, W) becomes on its way through the module `conv_part`, an `int`. Afterwards `conv_part` is as it was:
# its mode and its running statistics.
#
# ```python
# flat_features(quick_net()[:6])  # 1024
# ```

# %% [markdown] tags=["hints"] exercise="flat_features"
# 1. A module wants a batch. Which shape has a batch of one picture of shape `in_shape`?
# 2. The result has a batch axis as well. What remains to be multiplied? `numel()` counts all elements.
# 3. In training mode a batch normalisation would take your zeros into its statistics. Leave no trace, as in
#    the last exercise.

# %% nbgrader={"grade": false, "grade_id": "flat_features", "locked": false, "schema_version": 3, "solution": true, "task": false}
def flat_features(conv_part, in_shape=(3, 32, 32)):
    """How many numbers conv_part makes of one picture, an int."""
    ### BEGIN SOLUTION
    was_training = conv_part.training
    conv_part.eval()
    with torch.no_grad():
        features = conv_part(torch.zeros(1, *in_shape)).numel()
    conv_part.train(was_training)
    return features
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "flat_features-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("flat_features/quick net", lambda: flat_features(quick_net()[:6]))

# %% nbgrader={"grade": true, "grade_id": "flat_features-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def counted(seed):
    fresh = probes.generator(seed)
    answers = []
    for i in range(8):
        c, k, out, size = (int(torch.randint(low, low + 6, (1,), generator=fresh)) for low in (1, 1, 2, 9))
        part = nn.Sequential(nn.Conv2d(c, out, k), nn.BatchNorm2d(out), nn.ReLU(), nn.MaxPool2d(2))
        part.train(i % 2 == 0)
        answers.append({
            "features": flat_features(part, (c, size, size + 3)),
            "training": part.training,
            "statistics": list(part.buffers()),
        })
    return answers


check("flat_features/eight nets", counted, "flat_features/a")
check("flat_features/eight more", counted, "flat_features/b")
### END HIDDEN TESTS

# %% [markdown] seed=["E19"]
# ## 4. Two layers that are one
#
# Look at the end of the network: two linear layers with nothing between them. *Predict:* what can they do
# that one cannot?
#
# Nothing. $W_2(W_1 x + b_1) + b_2$ is again a matrix times $x$ plus a vector. 66,250 parameters do the work of
# 10,250.

# %% tags=["demo"] seed=["E19"]
first, second = net.model[7], net.model[8]
one_matrix = second.weight @ first.weight
one_bias = second.weight @ first.bias + second.bias
x = torch.randn(5, 1024)
print(torch.allclose(second(first(x)), x @ one_matrix.T + one_bias, atol=1e-5))

# %% [markdown] seed=["E19"]
# (Be exact, though: the network *as a whole* is not affine, since max-pooling is not. It does learn. It only
# wastes its last two layers.) A function with a bend between the two, an activation, makes the difference.
# Here are both on a task with two interlocked classes:

# %% tags=["demo"]
def fitted(*layers):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), *layers, nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    points, classes = pictures.two_moons()
    for _ in range(300):
        optimizer.zero_grad()
        F.cross_entropy(model(points), classes).backward()
        optimizer.step()
    return model


pictures.boundaries({"Linear, Linear": fitted(), "Linear, ReLU, Linear": fitted(nn.ReLU())}, *pictures.two_moons())

# %% [markdown]
# *Picture: two interlocked half-moons of points. On the left, without an activation, a straight line divides the
# plane and cuts off the tips of both moons. On the right, with a ReLU, the line bends around them.*
#
# ### Exercise 4.4 · `collapse` · ★★☆ · 10 minutes
#
# Write `collapse(l1, l2)`: for two linear layers, return one new `nn.Linear` that computes `l2(l1(x))` for every
# `x`. Either layer, or both, may come without a bias. `l1` and `l2` stay as they were.
#
# ```python
# collapse(nn.Linear(4, 3), nn.Linear(3, 2))  # Linear(in_features=4, out_features=2, bias=True)
# ```

# %% [markdown] tags=["hints"] exercise="collapse"
# 1. Write $W_2(W_1 x + b_1) + b_2$ on paper and multiply it out. What stands before $x$? What is left?
# 2. `weight` has the shape (out, in). In which order do the two matrices have to be multiplied, so that a
#    (2, 3) and a (3, 4) give a (2, 4)?
# 3. Make a new layer of the right size and copy your results into its `weight` and `bias`, under
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
def small_example():
    l1, l2 = nn.Linear(2, 3), nn.Linear(3, 1)
    with torch.no_grad():
        l1.weight.copy_(torch.arange(6.0).reshape(3, 2))
        l1.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
        l2.weight.copy_(torch.tensor([[1.0, 10.0, 100.0]]))
        l2.bias.copy_(torch.tensor([0.5]))
    one = collapse(l1, l2)
    return type(one).__name__, one(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))


check("collapse/small example", small_example)

# %% nbgrader={"grade": true, "grade_id": "collapse-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def collapsed(i, h, o, bias1, bias2, seed):
    l1, l2 = nn.Linear(i, h, bias=bias1), nn.Linear(h, o, bias=bias2)
    probes.fill(l1, f"{seed}/1")
    probes.fill(l2, f"{seed}/2")
    one = collapse(l1, l2)
    x = torch.randn(10, i, generator=probes.generator(seed))
    return {
        "is a Linear": isinstance(one, nn.Linear),
        "features": (one.in_features, one.out_features),
        "output": one(x),
        "the two layers": [*l1.parameters(), *l2.parameters()],
    }


check("collapse/seven eleven three", collapsed, 7, 11, 3, True, True, "collapse/a")
check("collapse/first without bias", collapsed, 5, 4, 6, False, True, "collapse/b")
check("collapse/second without bias", collapsed, 4, 6, 5, True, False, "collapse/c")
check("collapse/no bias", collapsed, 3, 3, 3, False, False, "collapse/d")
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 4.5 · `with_relu` · ★★★ · 12 minutes
#
# Write `with_relu(seq)`: a new `nn.Sequential` with the layers of `seq` and an `nn.ReLU` after every `nn.Conv2d`
# and every `nn.Linear`, except after the last layer of all. The layers themselves are shared, not copied: training
# the one network trains the other. `seq` stays as it was.
#
# ```python
# len(with_relu(quick_net()))  # 13: four of the five layers that learn get a ReLU
# ```

# %% [markdown] tags=["hints"] exercise="with_relu"
# 1. Collect the layers of the new network in a list, one by one, and decide after each whether a ReLU follows.
# 2. `isinstance(layer, (nn.Conv2d, nn.Linear))` asks for both kinds. How do you know that a layer is the last?
# 3. `nn.Sequential(*layers)` makes a network of a list. Do not call `insert` on `seq`: it would change what you
#    were given.

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
check("with_relu/quick net", lambda: len(with_relu(quick_net())))

# %% nbgrader={"grade": true, "grade_id": "with_relu-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def activated(make, seed):
    seq = probes.fill(make(), seed)
    layers = list(seq)
    x = torch.randn(3, 2, 8, 8, generator=probes.generator(seed))
    plain = seq(x)
    new = with_relu(seq)
    parameters = list(new.parameters())
    return {
        "output": new(x),
        "last": type(new[len(new) - 1]).__name__,
        "shared": [any(p is q for q in parameters) for p in seq.parameters()],
        "how many": len(parameters),
        "original layers": [a is b for a, b in zip(layers, seq)] + [len(layers) == len(seq)],
        "original output": torch.equal(plain, seq(x)),
    }


def ends_with_linear():
    return nn.Sequential(
        nn.Conv2d(2, 5, 3), nn.MaxPool2d(2), nn.Conv2d(5, 4, 2), nn.Flatten(), nn.Linear(16, 7), nn.Linear(7, 3)
    )


def ends_with_flatten():
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 3), nn.Flatten())


def ends_with_conv():
    return nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(2, 6, 1), nn.Conv2d(6, 2, 2))


check("with_relu/ends with a linear layer", activated, ends_with_linear, "with_relu/a")
check("with_relu/ends with a flatten", activated, ends_with_flatten, "with_relu/b")
check("with_relu/ends with a convolution", activated, ends_with_conv, "with_relu/c")
### END HIDDEN TESTS

# %% [markdown] seed=["A4.5", "A4.c3", "E22"]
# ## 5. The network as a picture
#
# TensorBoard can draw a network. `add_graph` runs it once and writes down what happened; start the panel with
# `tensorboard --logdir runs`, or in a notebook with `%load_ext tensorboard` and `%tensorboard --logdir runs`, and
# open *Graphs*. The recorder behind it, `torch.jit.trace`, is on its way out and says so in warnings, which we
# count here instead of printing them.

# %% tags=["demo"] seed=["A4.5", "A4.c3", "E22"]
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

with tempfile.TemporaryDirectory() as logs, warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with SummaryWriter(logs) as writer:
        writer.add_graph(net, torch.ones(1, 3, 32, 32))
    events = EventAccumulator(logs).Reload()
    print("graph written:", events.Tags()["graph"])
print("deprecated:", any(issubclass(w.category, (FutureWarning, DeprecationWarning)) for w in caught))

# %% [markdown] seed=["A4.3", "A4.c2", "E21"]
# ## 6. "The shape is right"
#
# Back to the test of section 2: ones go in, (64, 10) comes out, so the network is right. Look at the numbers.

# %% tags=["demo"] seed=["A4.3", "A4.4", "E21"]
print(output.shape, output.grad_fn.name())
print(bool((output == output[0]).all()))  # all 64 rows are the same, bit by bit

# %% [markdown] seed=["A4.c2", "E21"]
# Of course: 64 times the same picture. So this test could never see a network that mixes the pictures of a batch
# up, or one that always says the same. *Predict:* which of these three pass it?

# %% tags=["demo"] seed=["A4.c2", "E21"]
class Mixing(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x).softmax(dim=0)  # across the batch instead of across the classes


class Constant(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return torch.zeros(len(x), 10) + self.model(x).mean()


class CutOff(Mixing):
    def forward(self, x):
        return self.model(x).detach()  # right numbers, and nothing to learn from


for broken in (Mixing(), Constant(), CutOff()):
    print(type(broken).__name__, tuple(broken(torch.ones(64, 3, 32, 32)).shape))

# %% [markdown] seed=["E20"]
# All three. And there is a fourth way to break a network, with a right one in hand: a learning rate that is too
# large. Here is our net on random pictures with two of them, momentum 0.9, thirty steps.

# %% tags=["demo"] seed=["E20"]
def thirty_steps(lr):
    torch.manual_seed(1)
    model = quick_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    x, y = torch.rand(64, 3, 32, 32) * 4 - 2, torch.arange(64) % 10
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


curves = {f"lr = {lr}": thirty_steps(lr) for lr in (0.01, 0.2)}
pictures.losses(curves)
print([bool(torch.isfinite(torch.tensor(losses)).all()) for losses in curves.values()])

# %% [markdown]
# *Picture: with lr = 0.01 the loss goes down; with lr = 0.2 it shoots up and ends in a cross, where it is no number
# any more.*
#
# ### Exercise 4.6 · `smoke_test` · ★★★ · 20 minutes
#
# **Bug hunt**, in other people's networks. Write `smoke_test(model, n_classes=10)`: `True` when `model` may be a
# classifier for images (N, 3, 32, 32), `False` when something is broken; always a `bool`, and never an error. These
# are broken:
#
# - the output for N images is not of shape (N, `n_classes`), for N = 1 as well as for several;
# - different images all get the same output;
# - the output for an image depends on which other images are in the batch (in evaluation mode: a batch
#   normalisation that is training may do that);
# - some parameter gets no gradient: it is frozen, unused, or cut off.
#
# The model is left as it was: its mode, its weights and running statistics, and no gradients lie about.

# %% [markdown] tags=["hints"] exercise="smoke_test"
# 1. Begin with images that differ: `torch.randn` instead of `torch.ones`. Then one property after the other, each
#    with a `return False`. Anything that raises is broken as well.
# 2. For the third property compare the rows of a batch with what each image gets alone. Small differences are
#    rounding: `torch.allclose` with a tolerance of about 1e-4.
# 3. For the fourth, call `backward` on the sum of the output's squares, or on a weighted sum, and look at
#    `grad` of every parameter. Afterwards set the gradients to None again, and give the mode back, whatever happened:
#    `try … finally` is made for that.

# %% nbgrader={"grade": false, "grade_id": "smoke_test", "locked": false, "schema_version": 3, "solution": true, "task": false}
def smoke_test(model, n_classes=10):
    """Whether model may be a classifier for images (N, 3, 32, 32)."""
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    images = torch.randn(4, 3, 32, 32)
    try:
        output = model(images)
        alone = torch.cat([model(images[i : i + 1]) for i in range(4)])
        if output.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if torch.allclose(output, output[:1].expand_as(output), atol=1e-6):
            return False
        if not torch.allclose(output, alone, atol=1e-4):
            return False
        parameters = list(model.parameters())
        if not all(parameter.requires_grad for parameter in parameters):
            return False
        gradients = torch.autograd.grad(output.square().sum(), parameters, allow_unused=True)
        return all(gradient is not None for gradient in gradients)
    except Exception:
        return False
    finally:
        model.train(was_training)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "smoke_test-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("smoke_test/quick net", lambda: smoke_test(quick_net()))

# %% nbgrader={"grade": true, "grade_id": "smoke_test-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


class Wrapped(nn.Module):
    """A small right classifier, and a function that may break it."""

    def __init__(self, classes, change=lambda out, x: out, spare=None):
        super().__init__()
        self.body = nn.Sequential(
            nn.AvgPool2d(8), nn.Conv2d(3, 4, 2), nn.Tanh(), nn.Flatten(), nn.Linear(36, classes)
        )
        self.change = change
        if spare is not None:
            self.spare = spare

    def forward(self, x):
        return self.change(self.body(x), x)


class Only64(Wrapped):
    def forward(self, x):
        return self.body(x.reshape(64, 3, 32, 32))


def frozen(classes):
    model = Wrapped(classes)
    model.body[1].bias.requires_grad_(False)
    return model


def with_norm(classes):
    return nn.Sequential(
        nn.AvgPool2d(8), nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4), nn.Tanh(), nn.Dropout(0.5), nn.Flatten(),
        nn.Linear(36, classes),
    )


makers = [Wrapped] * 8 + [with_norm] * 6 + [
    lambda c: nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(48, c)),
    lambda c: Wrapped(c, lambda out, x: out.softmax(dim=0)),
    lambda c: Wrapped(c, lambda out, x: out - out.mean(dim=0)),
    lambda c: Wrapped(c, lambda out, x: out.flip(0)),
    lambda c: Wrapped(c, lambda out, x: out.mean(dim=0, keepdim=True).expand(len(x), -1)),
    lambda c: Wrapped(c, lambda out, x: out * 0 + 1.0),
    lambda c: Wrapped(c, lambda out, x: out.detach()),
    lambda c: Wrapped(c, lambda out, x: out.detach().requires_grad_()),
    lambda c: Wrapped(c + 1),
    lambda c: Wrapped(c - 1),
    lambda c: Wrapped(c, lambda out, x: out.squeeze(0) if len(x) == 1 else out),
    lambda c: Wrapped(c, lambda out, x: out.t()),
    lambda c: Wrapped(c, spare=nn.Linear(2, 2)),
    lambda c: nn.Sequential(nn.Flatten(0), nn.LazyLinear(c)),
    Only64,
    frozen,
]


def tested(seed, classes):
    answers = []
    for i in torch.randperm(len(makers), generator=probes.generator(seed)).tolist():
        model = makers[i](classes)
        if not any(isinstance(p, nn.parameter.UninitializedParameter) for p in model.parameters()):
            probes.fill(model, f"{seed}/{i}")
        model.train(i % 2 == 0)
        before = [t.clone() for t in model.buffers()]
        answer = probes.outcome(smoke_test, model, classes)
        answers.append({
            "answer": "raised" if isinstance(answer, Exception) else answer,
            "mode": model.training == (i % 2 == 0),
            "no gradients": all(p.grad is None for p in model.parameters()),
            "statistics": all(torch.equal(a, b) for a, b in zip(before, model.buffers())),
        })
    return answers


check("smoke_test/many networks", tested, "smoke_test/a", 10)
check("smoke_test/seven classes", tested, "smoke_test/b", 7)
### END HIDDEN TESTS

# %% [markdown]
# ## What to keep
#
# 1. `nn.Sequential` is a row of layers; loop over it, index it, slice it.
# 2. Ask the network how many features are left before the flatten, instead of guessing.
# 3. Two linear layers without an activation between them are one.
# 4. A shape check on ones sees hardly anything. Use images that differ, batches of one and of several, and look at
#    the gradients.
# 5. Whoever inspects a network gives it back as it was: mode, statistics, gradients.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown]
# ## Where to read on
#
# - [`nn.Sequential`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html)
# - [`torch.utils.tensorboard`](https://docs.pytorch.org/docs/stable/tensorboard.html)
# - Next: [chapter 5](../05_losses/05_losses.ipynb), which measures how wrong a network is
