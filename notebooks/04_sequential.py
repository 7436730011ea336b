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
# - compute the one number that everybody guesses wrong, the width of the first linear layer;
# - say what an activation is for, and put some into a network that lacks them;
# - write a test that finds a broken network, which "the shape is right" does not.
#
# You need chapters 1 to 3, and about an hour and a half. Where you read *predict*, say your answer before
# you run the cell.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from autograder import check

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
from autograder import hint, progress
from autograder.torch_nn.pictures import ch04 as pictures

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
# also be a part of a module of your own. *Predict:* which of the nine layers has the most parameters?

# %% tags=["demo"] seed=["A4.1", "B4.1"]
class QuickNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x)


torch.manual_seed(4)
net = QuickNet()
print(net)
print(sum(parameter.numel() for parameter in net.parameters()), "parameters")

# %% tags=["demo"] seed=["A4.1"]
pictures.staircase(net.model, torch.zeros(1, 3, 32, 32))

# %% [markdown]
# *Picture: a bar for each layer, its length the count of numbers that come out for one image: 3 × 32 × 32
# go in, 32 × 32 × 32 come out of the first convolution, then 32 × 16 × 16 twice, 32 × 8 × 8, 64 × 8 × 8,
# 64 × 4 × 4, 1,024, 64, and 10. The five layers that learn have 2,432, 25,632, 51,264, 65,600 and 650
# parameters, 145,578 together; the first linear layer has the most.*
#
# ### Exercise 4.1 · `CifarNet` · ★★☆ · 8 minutes
#
# Write this network as a class of your own, `CifarNet`, made without arguments, from this description and
# without scrolling up: the image goes through a convolution to 32 channels, max-pooling, a convolution to 32,
# max-pooling, a convolution to 64, max-pooling, flatten, linear to 64, linear to 10. All kernels are 5 by 5 and
# keep height and width; every pooling takes the largest of 2 by 2 pixels and halves both. The layers have biases,
# as usual. What you call them, in which order you make them, and whether you use `nn.Sequential`, is up to you.
#
# - **its logits** (3 points): called with images (N, 3, 32, 32) it returns what these nine layers compute,
#   logits (N, 10), in training and in evaluation mode alike. Nothing else happens: no activation, no dropout, no
#   softmax.
# - **any number** (0.75 points): N can be any number, also 1: one image gives (1, 10).
# - **its own layers** (0.75 points): the network has 145,578 parameters, those of the five layers that learn and
#   no others. They are its own, shared with no second `CifarNet()`, and every one gets a gradient from the logits.
# - **no trace** (0.5 points): a call leaves the images, the parameters and the modes as they were. Neither
#   making a network nor calling it sets a random seed or switches gradients on or off.
#
# Decided when graded: other weights, evaluation mode, gradients, and a large batch.
#
# ```python
# CifarNet()(torch.ones(64, 3, 32, 32)).shape  # torch.Size([64, 10])
# ```

# %% [markdown] tags=["hints"] exercise="CifarNet"
# 1. Go from layer to layer with a pencil: how many channels come in, how many go out, how large is the
#    image then?
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
def all_a_hundredth(n):
    model = CifarNet()
    model(torch.ones(n, 3, 32, 32))  # lazy layers, if there are any, find out their sizes
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.01)
    images = torch.linspace(-1, 1, n * 3 * 32 * 32).reshape(n, 3, 32, 32)
    return {"logits": model(images), "parameters": sum(p.numel() for p in model.parameters())}


count = {"parameters": "its own layers"}
check("CifarNet/two images", all_a_hundredth, 2, sides=count, rtol=1e-3)
check("CifarNet/one image", all_a_hundredth, 1, sides=count, rtol=1e-3, requirement="any number")

# %% nbgrader={"grade": true, "grade_id": "CifarNet-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def computed(n, name, training=True):
    seed = torch.initial_seed()
    model, second = CifarNet().train(training), CifarNet()
    x = probes.normal(n, 3, 32, 32, generator=probes.generator(name))
    model(x[:2].clone())  # lazy layers find out their sizes
    parameters = sorted(model.parameters(), key=lambda p: tuple(p.shape))
    with torch.no_grad():
        for p in parameters:  # equal shapes get equal numbers: the order of making does not matter
            values = probes.normal(p.shape, generator=probes.generator(f"{name}/{tuple(p.shape)}"))
            p.copy_(values / max(4, p[0].numel()) ** 0.5)
    modes, images = [m.training for m in model.modules()], x.clone()
    before = [p.detach().clone() for p in parameters]
    output = model(images)
    record = {
        "output": output,
        "images kept": torch.equal(images, x),
        "modes kept": [m.training for m in model.modules()] == modes,
        "parameters kept": all(torch.equal(p, q) for p, q in zip(parameters, before)),
        "seed kept": torch.initial_seed() == seed,
        "gradients switched on": torch.is_grad_enabled(),
    }
    torch.set_grad_enabled(True)
    if isinstance(output, torch.Tensor) and output.requires_grad:
        probes.weighted_sum(output).backward()
    return {
        **record,
        "shapes": [tuple(p.shape) for p in parameters],
        # Whether, not how far: where two numbers of a window nearly tie, rounding decides who gets the gradient.
        "learns": [p.grad is not None and bool(p.grad.any()) for p in parameters],
        "shared": any(p is q for p in parameters for q in second.parameters()),
    }


own = dict.fromkeys(("shapes", "learns", "shared"), "its own layers")
traces = ("images kept", "modes kept", "parameters kept", "seed kept", "gradients switched on")
five_layers = {"rtol": 1e-3, "atol": 1e-4, "sides": own | dict.fromkeys(traces, "no trace")}  # rounding adds up
check("CifarNet/while training", computed, 3, "CifarNet/a", **five_layers)
check("CifarNet/while evaluating", computed, 4, "CifarNet/b", False, **five_layers)
check("CifarNet/a single image", computed, 1, "CifarNet/c", False, requirement="any number", **five_layers)
check("CifarNet/a large batch", computed, 65, "CifarNet/d", False, requirement="any number", **five_layers)
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
# And one can change a network by merely looking at it. A *batch normalisation* shifts and scales each channel
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
# that.
#
# ### Exercise 4.2 · `trace_shapes` · ★★☆ · 12 minutes
#
# Write `trace_shapes(seq, x)`: what the loop of this section prints, as a list, and without a trace.
#
# - `seq` is an `nn.Sequential` in which every layer gives one tensor.
# - `x` is a batch that it can take, in the mode in which it is: of floats, or of whole numbers for a layer that
#   wants those.
# - **names and shapes** (1.75 points): it returns a list with one tuple for each layer of `seq`, in order: the
#   name of the layer's class, a string, and the shape of what comes out of it, a tuple.
# - **any row** (0.75 points): a layer that consists of layers is one layer. A layer that stands in the row twice
#   counts twice. A row can have a single layer, or none.
# - **no trace** (1.5 points): `seq` is as it was: its layers, weights and hooks, the running statistics, and the
#   mode of every layer and of every layer within a layer (some may be training and others not). `x` holds the
#   numbers that it held.
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
#    `x.clone()` makes one of a tensor, `copy.deepcopy` (after `import copy`) one of a module.

# %% nbgrader={"grade": false, "grade_id": "trace_shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trace_shapes(seq, x):
    """[(class name, shape), ...] for each layer of seq, in order."""
    ### BEGIN SOLUTION
    import copy

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
act = nn.Tanh()
rows = nn.Sequential(act, nn.Sequential(nn.ReLU(), nn.Dropout()), act)
check("trace_shapes/a row in a row", lambda: trace_shapes(rows, torch.ones(2, 3)), requirement="any row")

# %% nbgrader={"grade": true, "grade_id": "trace_shapes-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


class Block(nn.Module):
    """A layer that consists of layers, and is no row."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Sequential(nn.Tanh(), nn.Dropout(0.5)), nn.Hardtanh()

    def forward(self, x):
        return self.two(self.one(x))


def sizes_for(name, *lows):
    fresh = probes.generator(name)
    return [int(torch.randint(low, low + 9, (1,), generator=fresh)) for low in lows]


def traced(name, seq, x, training=True):
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
            layer.register_forward_hook(print_nothing)
    modules, held = list(seq.modules()), list(seq)
    modes, before = [module.training for module in modules], x.clone()
    frozen = [p.requires_grad for p in seq.parameters()]
    parameters = [p.detach().clone() for p in seq.parameters()]
    found = trace_shapes(seq, x)
    return {
        "trace": found,
        "modes kept": [module.training == mode for module, mode in zip(modules, modes)],
        "statistics": list(seq.buffers()),
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in seq.modules()],
        "layers kept": [a is b for a, b in zip(held, seq)] + [len(seq)],
        "parameters kept": all(torch.equal(p, q) for p, q in zip(seq.parameters(), parameters)),
        "frozen as before": [p.requires_grad for p in seq.parameters()] == frozen,
        "no gradients": all(p.grad is None for p in seq.parameters()),
        "x kept": torch.equal(x, before),
    }


def print_nothing(module, arguments, output):
    """A hook of somebody else."""


def convolutions(name, training, n=None):
    a, b, c, many, size = sizes_for(name, 2, 3, 4, 2, 9)
    seq = nn.Sequential(
        nn.ReLU(inplace=True), nn.Conv2d(3, a, 3), nn.BatchNorm2d(a), nn.Dropout(0.5), nn.Conv2d(a, b, 2, padding=1),
        nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(), nn.BatchNorm1d(b * 6), nn.Linear(b * 6, c),
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
    """Rows that keep the shape of x."""
    n, a = sizes_for(name, 2, 3)
    x = probes.normal(n, a, generator=probes.generator(f"{name}/x"))
    return traced(name, nn.Sequential(*layers), x, training)


def one_or_none(name):
    one, none = of_one_shape(f"{name}/1", nn.Hardtanh(inplace=True)), of_one_shape(f"{name}/0")
    return {key: [one[key], none[key]] for key in one}


act, twice = nn.Tanh(), Block()
kept = ("modes kept", "statistics", "hooks", "layers kept", "parameters kept", "frozen as before", "no gradients")
by = {"sides": dict.fromkeys((*kept, "x kept"), "no trace")}
row = {"requirement": "any row", **by}
check("trace_shapes/while training", convolutions, "trace_shapes/a", True, **by)
check("trace_shapes/while evaluating", convolutions, "trace_shapes/b", False, **by)
check("trace_shapes/some train", convolutions, "trace_shapes/c", None, **by)
check("trace_shapes/one image", convolutions, "trace_shapes/d", False, n=1, **by)
check("trace_shapes/whole numbers", words, "trace_shapes/e", **by)
check("trace_shapes/float64, transposed", doubles, "trace_shapes/f", **by)
check("trace_shapes/layers of layers", of_one_shape, "trace_shapes/g", nn.ReLU(), Block(), training=None, **row)
check("trace_shapes/a layer twice", of_one_shape, "trace_shapes/h", twice, act, twice, act, act, **row)
check("trace_shapes/one layer and none", one_or_none, "trace_shapes/i", **row)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. The number that everybody guesses wrong
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
# layers before the flatten, and count what comes out.
#
# ### Exercise 4.3 · `flat_features` · ★★☆ · 8 minutes
#
# Write `flat_features(conv_part, in_shape=(3, 32, 32))`: how many numbers one image becomes on its way through
# `conv_part`.
#
# - `conv_part` is any module that takes a batch of images: a `Sequential`, or a class of somebody's own that
#   cannot be looped over. `in_shape` is the shape (C, H, W) of one image.
# - It returns an `int`.
# - Afterwards `conv_part` is as it was: the running statistics, and the mode of every layer.
#
# ```python
# flat_features(quick_net()[:6])  # 1024
# ```

# %% [markdown] tags=["hints"] exercise="flat_features"
# 1. A module wants a batch. Which shape has a batch of one image of shape `in_shape`?
# 2. Of what comes out, every axis but the batch counts: channels, height, width. With one image in the batch,
#    `numel()` is already the answer.
# 3. In training mode a batch normalisation would take your zeros into its statistics. Leave no trace, as in
#    the last exercise: with a twin, or by writing down the mode of each of `conv_part.modules()`.

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


def counted(name):
    fresh = probes.generator(name)
    answers = []
    outs = torch.randint(1, 9, (2,), generator=fresh).tolist()
    sizes = [probes.outcome(flat_features, nn.Conv2d(3, out, 3)) for out in outs]
    for i in torch.randperm(9, generator=fresh).tolist():
        c, k, out, size = (int(torch.randint(low, low + 6, (1,), generator=fresh)) for low in (1, 1, 2, 14))
        part = Part(c, out, k, flat=i % 2 == 0)
        if i < 3:
            part = nn.Sequential(nn.Conv2d(c, out, k), nn.BatchNorm2d(out), nn.ReLU(), nn.MaxPool2d(2))
        part.train(i % 3 != 0)
        next(m for m in part.modules() if isinstance(m, nn.BatchNorm2d)).training = i % 3 == 1
        modes = [m.training for m in part.modules()]
        answer = probes.outcome(flat_features, part, (c, size, size + 3))
        answers.append({
            "features": answer,
            "modes kept": [m.training == mode for m, mode in zip(part.modules(), modes)],
            "statistics": list(part.buffers()),
        })
    return {"32 by 32": sizes, "others": answers}


check("flat_features/nine modules", counted, "flat_features/a")
check("flat_features/nine more", counted, "flat_features/b")
### END HIDDEN TESTS

# %% [markdown] seed=["E19"]
# ## 4. Two layers that are one
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
def fitted(*between):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), *between, nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(300):
        optimizer.zero_grad()
        F.cross_entropy(model(points), classes).backward()
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
# straight, with ReLU it has corners, with Tanh it is round. With Sigmoid, too, but one hardly sees it: Sigmoid is
# flat, only small gradients come through, and after the same 300 steps the line has barely begun to bend.*
#
# ### Exercise 4.4 · `collapse` · ★★☆ · 10 minutes
#
# Write `collapse(l1, l2)`: the one layer that does the work of two.
#
# - `l1` and `l2` are `nn.Linear`, and what `l1` gives, `l2` takes. Either, or both, may come without a bias
#   (then `bias` is `None`).
# - It returns a new `nn.Linear` that computes `l2(l1(x))` for every `x`, and could be trained. If neither layer
#   has a bias, yours may have one or not.
# - `l1` and `l2` stay as they were, also when the new layer is trained later.
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
def small_example():
    l1, l2 = nn.Linear(2, 3), nn.Linear(3, 1)
    with torch.no_grad():
        l1.weight.copy_(torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
        l1.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
        l2.weight.copy_(torch.tensor([[1.0, 10.0, 100.0]]))
        l2.bias.copy_(torch.tensor([0.5]))
    one = collapse(l1, l2)
    return {"type": type(one).__name__, "output": one(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))}


check("collapse/small example", small_example)

# %% nbgrader={"grade": true, "grade_id": "collapse-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def collapsed(i, h, o, bias1, bias2, name):
    l1, l2 = nn.Linear(i, h, bias=bias1), nn.Linear(h, o, bias=bias2)
    probes.fill(l1, f"{name}/1")
    probes.fill(l2, f"{name}/2")
    one = collapse(l1, l2)
    x = probes.normal(10, i, generator=probes.generator(name))
    output = one(x).detach().clone()
    learns = [p.requires_grad and p.is_leaf for p in one.parameters()]
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.fill_(7.0)  # as a training would
    return {
        "type": type(one).__name__,
        "features": (one.in_features, one.out_features),
        "output": output,
        "learns": bool(learns) and all(learns),
        "the two layers": [*l1.parameters(), *l2.parameters()],
        "their features": (l1.in_features, l1.out_features, l2.in_features, l2.out_features),
    }


check("collapse/seven eleven three", collapsed, 7, 11, 3, True, True, "collapse/a")
check("collapse/first without bias", collapsed, 5, 4, 6, False, True, "collapse/b")
check("collapse/second without bias", collapsed, 4, 6, 5, True, False, "collapse/c")
check("collapse/no bias", collapsed, 3, 3, 3, False, False, "collapse/d")
### END HIDDEN TESTS

# %% [markdown] seed=["E19"]
# After a convolution an activation usually comes *before* the pooling, but for ReLU and max-pooling that makes no
# difference: the largest of four numbers, cut off at 0, is the largest of four cut-off numbers.

# %% tags=["demo"] seed=["E19"]
maps = torch.randn(1, 32, 16, 16)
print(torch.equal(F.max_pool2d(maps.relu(), 2), F.max_pool2d(maps, 2).relu()))

# %% [markdown]
# ### Exercise 4.5 · `with_relu` · ★★★ · 10 minutes
#
# Write `with_relu(seq)`: the same row, with activations.
#
# - `seq` is an `nn.Sequential` of single layers; none of them consists of layers. Its length and its last layer
#   can be any.
# - It returns a new `nn.Sequential` with the layers of `seq` and an `nn.ReLU` after every `nn.Conv2d` and every
#   `nn.Linear`, except after the very last layer of `seq`.
# - The layers are shared, not copied: training the one network trains the other.
# - `seq` itself stays as it was, with as many layers as before.
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
def of_quick_net():
    new = with_relu(quick_net())
    kinds = [type(layer).__name__ for layer in new]
    return {
        "type": type(new).__name__,
        "layers": len(new),
        "of them ReLU": kinds.count("ReLU"),
        "the first": kinds[0],
        "the last": kinds[-1],
    }


check("with_relu/quick net", of_quick_net)

# %% nbgrader={"grade": true, "grade_id": "with_relu-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def activated(layers, name):
    if isinstance(layers, dict):
        seq = nn.Sequential()
        for key, layer in layers.items():
            seq.add_module(key, layer)
    else:
        seq = nn.Sequential(*layers)
    probes.fill(seq, name)
    held = list(seq)
    x = probes.normal(3, 2, 8, 8, generator=probes.generator(name))
    new = with_relu(seq)
    facts = {"type": type(new).__name__, "original": [a is b for a, b in zip(held, seq)] + [len(seq)]}
    if not isinstance(new, nn.Module):
        return facts
    mine = list(new.parameters())
    return {
        **facts,
        "output": new(x),
        "layers": len(new) if isinstance(new, nn.Sequential) else None,
        "shared": [any(p is q for q in mine) for p in seq.parameters()] + [len(mine)],
        "output of the original": seq(x),
    }


linear_ends = [
    nn.Conv2d(2, 5, 3), nn.MaxPool2d(2), nn.Conv2d(5, 4, 2), nn.Flatten(), nn.Linear(16, 7), nn.Linear(7, 3)
]
flatten_ends = [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 3), nn.Flatten()]
conv_ends = {"pool": nn.AvgPool2d(2), "one": nn.Conv2d(2, 6, 1), "two": nn.Conv2d(6, 2, 2)}
sigmoid_ends = [nn.Flatten(), nn.Linear(128, 5), nn.Linear(5, 6), nn.Linear(6, 4), nn.Sigmoid()]
check("with_relu/ends with a linear layer", activated, linear_ends, "with_relu/a")
check("with_relu/ends with a flatten", activated, flatten_ends, "with_relu/b")
check("with_relu/ends with a convolution", activated, conv_ends, "with_relu/c")
check("with_relu/ends with a sigmoid", activated, sigmoid_ends, "with_relu/d")
### END HIDDEN TESTS

# %% [markdown] seed=["A4.5", "A4.c3", "E22"]
# ## 5. The network as a picture
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

# %% [markdown] seed=["A4.c3"]
# To see it, type `tensorboard --logdir runs` in a terminal, in the folder of this notebook, and open the address
# that it prints; or run these two lines in a cell:
#
# ```python
# %load_ext tensorboard
# %tensorboard --logdir runs
# ```
#
# Under *Graphs* there is one box, `QuickNet`. A double click opens a box and shows what is in it. This is what
# you get:

# %% tags=["demo"] seed=["A4.c3"]
pictures.graph_panel()

# %% [markdown] seed=["A4.5"]
# *Picture: TensorBoard's panel. The input is at the bottom, the output on top, and between them an open box
# QuickNet with an open box Sequential in it, which holds nine small boxes from `Conv2d[0]` up to `Linear[8]`.
# The tiny numbers on the arrows are the shapes.*
#
# `EventAccumulator` reads the file back, so a program can see the graph as well. Most of its nodes are constants;
# those that compute are called `aten::…`, after PyTorch's library of tensor functions.

# %% tags=["demo"] seed=["A4.5", "A4.c3"]
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator("runs/quick_net").Reload()
print("a graph was written:", events.Tags()["graph"])
for node in events.Graph().node:
    if node.op.startswith("aten::"):
        shape = [axis.size for axis in node.attr["_output_shapes"].list.shape[0].dim]
        print(f"{node.name.split('/')[2]:13}{node.op:19}{shape}")

# %% [markdown] seed=["A4.c1", "A4.2", "A4.3", "A4.c2", "E21"]
# ## 6. "The shape is right"
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
# ### Exercise 4.6 · `smoke_test` · ★★★ · 25 minutes
#
# **Bug hunt**, in other people's networks. Write `smoke_test(model, n_classes=10)`: `True` when `model` may be a
# classifier for images (N, 3, 32, 32), `False` when something is broken. It always returns a `bool` and never
# raises, whatever the model does. Broken is a model for which, in evaluation mode, one of these is true:
#
# - what comes out is not a tensor of shape (N, `n_classes`); N = 1 counts as well as several;
# - there is a nan or an infinity in it;
# - different images all get the same output;
# - the output for some image depends on which other images are in the batch (beyond rounding);
# - some parameter gets no gradient from the output (its `grad` stays `None`): it is frozen, unused, or cut off.
#
# Afterwards the model is as it was: the mode of every layer, weights, statistics, which parameters are frozen,
# and no `grad` where there was none.
#
# ```python
# smoke_test(quick_net())                # True
# smoke_test(quick_net(), n_classes=12)  # False
# ```

# %% [markdown] tags=["hints"] exercise="smoke_test"
# 1. Begin with images that differ: `torch.randn` instead of `torch.ones`. Then one property after the other, each
#    with a `return False`. A model that raises is broken as well; `try … except Exception` catches it.
# 2. For "depends on the other images" compare each row of a batch with what that image gets alone. Small
#    differences are rounding: `torch.allclose` with an `atol` of about 1e-4.
# 3. For the gradients, call `backward` on the sum of the output and look for a `grad` that is still `None`. Who
#    does all this to a twin has nothing to put back; else `try … finally` is made for that.

# %% nbgrader={"grade": false, "grade_id": "smoke_test", "locked": false, "schema_version": 3, "solution": true, "task": false}
def smoke_test(model, n_classes=10):
    """Whether model may be a classifier for images (N, 3, 32, 32)."""
    ### BEGIN SOLUTION
    import copy

    try:
        twin = copy.deepcopy(model).eval()
        images = torch.randn(4, 3, 32, 32)
        output = twin(images)
        alone = torch.cat([twin(image[None]) for image in images])
        if output.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(output).all() or torch.allclose(output, output[:1], atol=1e-6):
            return False
        if not torch.allclose(output, alone, atol=1e-4):
            return False
        output.sum().backward()
        return all(parameter.grad is not None for parameter in twin.parameters())
    except Exception:
        return False
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "smoke_test-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("smoke_test/quick net", lambda: smoke_test(quick_net()))
check("smoke_test/three broken ones", lambda: [smoke_test(m) for m in (Mixing(), Constant(), CutOff())])

# %% nbgrader={"grade": true, "grade_id": "smoke_test-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


class Wrapped(nn.Module):
    """A small right classifier, and a function that may break it."""

    def __init__(self, classes, change=lambda out, x: out, spare=None, between=None):
        super().__init__()
        self.body = nn.Sequential(
            nn.AvgPool2d(8), nn.Conv2d(3, 4, 2), between or nn.Tanh(), nn.Flatten(), nn.Linear(36, classes)
        )
        self.change = change
        if spare is not None:
            self.spare = spare

    def forward(self, x):
        return self.change(self.body(x), x)


class HalfCut(Wrapped):
    def forward(self, x):
        return self.body[-1](self.body[:-1](x).detach())


class Fixed(Wrapped):
    """Works for batches of one size only."""

    size = 64

    def forward(self, x):
        return self.body(x.reshape(self.size, 3, 32, 32))


class One(Fixed):
    size = 1


def frozen(classes, which):
    model = Wrapped(classes)
    list(model.parameters())[which].requires_grad_(False)
    return model


def norm(classes, running=True):
    return Wrapped(classes, between=nn.Sequential(
        nn.BatchNorm2d(4, track_running_stats=running), nn.Tanh(), nn.Dropout(0.5)
    ))


def ruined(classes, number):
    return Wrapped(classes, lambda out, x: out.index_fill(1, torch.tensor([1]), number))


RIGHT = [Wrapped] * 4 + [norm] * 6 + [
    lambda c: Wrapped(c, between=nn.ReLU()),
    lambda c: Wrapped(c, lambda out, x: out.softmax(dim=1)),
    lambda c: nn.Sequential(nn.Flatten(), nn.Linear(3072, c)),
    lambda c: nn.Sequential(nn.AvgPool2d(8), nn.Dropout(0.9), nn.Flatten(), nn.Linear(48, c)),
]
BROKEN = [
    lambda c: Wrapped(c, lambda out, x: out.softmax(dim=0)),
    lambda c: Wrapped(c, lambda out, x: out - out.mean(dim=0)),
    lambda c: Wrapped(c, lambda out, x: out.flip(0)),
    lambda c: Wrapped(c, lambda out, x: out.cumsum(0)),
    lambda c: Wrapped(c, lambda out, x: out.mean(dim=0, keepdim=True).expand(len(x), -1)),
    lambda c: norm(c, running=False),
    lambda c: Wrapped(c, lambda out, x: out * 0 + 1.0),
    lambda c: Wrapped(c, lambda out, x: out * 0 + torch.arange(float(out.shape[1]))),
    lambda c: Wrapped(c, lambda out, x: out.detach()),
    lambda c: Wrapped(c, lambda out, x: out.detach().requires_grad_()),
    HalfCut,
    lambda c: Wrapped(c + 1),
    lambda c: Wrapped(c - 1),
    lambda c: Wrapped(c, lambda out, x: out.squeeze(0) if len(x) == 1 else out),
    lambda c: Wrapped(c, lambda out, x: out[:, None]),
    lambda c: Wrapped(c, lambda out, x: out[:, :, None]),
    lambda c: Wrapped(c, lambda out, x: out.t()),
    lambda c: Wrapped(c, lambda out, x: (out, x)),
    lambda c: Wrapped(c, lambda out, x: out.tolist()),
    lambda c: ruined(c, torch.inf),
    lambda c: ruined(c, torch.nan),
    lambda c: Wrapped(c, spare=nn.Linear(2, 2)),
    lambda c: Wrapped(c, lambda out, x: out[0] // "nothing"),
    lambda c: nn.Sequential(nn.Flatten(0), nn.Linear(3072, c)),
    Fixed,
    One,
    lambda c: frozen(c, 0),
    lambda c: frozen(c, 1),
    lambda c: frozen(c, -1),
]


def tested(name, classes):
    fresh = probes.generator(name)
    networks = RIGHT + BROKEN
    answers = []
    for i in torch.randperm(len(networks), generator=fresh).tolist():
        model = probes.fill(networks[i](classes), f"{name}/{i}")
        with torch.no_grad():  # no ReLU of a network that is right may be silent for all images
            for p in model.parameters():
                if p.dim() == 1:
                    p.div_(16)
                elif p.dim() == 4:
                    p[0].abs_()
        for module in model.modules():
            module.training = i % 2 == 0
        if i % 3 == 0:  # a part may be in another mode than the rest
            list(model.modules())[-1].training = i % 2 == 1
        modes = [module.training for module in model.modules()]
        frozen_before = [p.requires_grad for p in model.parameters()]
        numbers = [t.clone() for t in model.state_dict().values()]
        answer = probes.outcome(smoke_test, model, classes)
        answers.append({
            "answer": "raised" if isinstance(answer, Exception) else answer,
            "modes kept": [module.training for module in model.modules()] == modes,
            "no gradients": all(p.grad is None for p in model.parameters()),
            "frozen as before": [p.requires_grad for p in model.parameters()] == frozen_before,
            "numbers kept": all(torch.equal(a, b) for a, b in zip(numbers, model.state_dict().values())),
        })
    return answers


check("smoke_test/many networks", tested, "smoke_test/a", 10)
check("smoke_test/seven classes", tested, "smoke_test/b", 7)
### END HIDDEN TESTS

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
# - [`torch.utils.tensorboard`](https://docs.pytorch.org/docs/stable/tensorboard.html): `add_graph` and the rest
# - Next: [chapter 5](../05_losses/05_losses.ipynb), which measures how wrong a network is
