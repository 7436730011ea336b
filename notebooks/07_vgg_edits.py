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
# # 7 · Editing a finished network
#
# Few people train a large network from nothing. One takes a network that others have trained for weeks, keeps
# what it knows about edges, textures and shapes, and gives it a new last layer, a new *head*, for a new task.
# This chapter is surgery on VGG16, a classic with 138 million parameters: where to cut, and how to prove that
# the new part is really connected.
#
# When you have worked through this chapter you can
#
# - read the printout of a large network, and find where its parameters sit;
# - replace its head, and know why three popular ways of doing so fail or waste;
# - prove with a hook that a part of a network runs;
# - freeze what is to stay as it is, and say what that gains and what it costs.
#
# You need chapters 1 and 4 to 6, and about 80 minutes: a third of it to read and try, the rest for the seven
# exercises. Where you read *predict*, say your answer before you run the cell.

# %%
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from autograder import check
from autograder.torch_nn.data.models import tiny_vgg

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
import math
import warnings

from autograder import hint, progress
from autograder.torch_nn.data import Doodles, new_task
from autograder.torch_nn.pictures import ch07 as pictures

# %% [markdown] seed=["A7.2", "A7.c2"]
# ## 1. A network that takes no memory
#
# VGG16 has 528 MiB of numbers. To look at it, to count and to edit it, we do not need the numbers. On the
# `meta` device tensors have a shape, a dtype, and nothing else; building the whole network there takes
# milliseconds.

# %% tags=["demo"] seed=["A7.2"]
with torch.device("meta"):
    vgg16 = torchvision.models.vgg16(weights=None)
print(vgg16)

# %% [markdown] seed=["A7.c2"]
# Read it from the top: `features`, thirteen convolutions with ReLUs and poolings between them; `avgpool`, which
# makes 7 by 7 of whatever comes; `classifier`, three linear layers. The last one has 1,000 outputs because
# ImageNet, the data set it was made for, has a thousand classes. (One reads that "ImageNet has 1,000 output
# channels". A data set has classes; it is the *network* that has outputs.)

# %% tags=["demo"]
layers = {n: layer for n, layer in vgg16.named_modules() if isinstance(layer, (nn.Conv2d, nn.Linear))}
pictures.parameter_bars({n: sum(p.numel() for p in layer.parameters()) for n, layer in layers.items()})

# %% [markdown]
# *Picture: a bar for each of the sixteen layers. The first linear layer alone has 102.8 million parameters, the
# others 16.8 and 4.1; all thirteen convolutions together have 14.7, eleven in a hundred.*
#
# ### Exercise 7.1 · `param_table` · ★☆☆ · 6 minutes
#
# Write `param_table(model)`: where does a model keep its parameters?
#
# - `model`: any `nn.Module`.
# - The result is a dictionary: from the name of each *direct* child of the module to the number of parameters in
#   it, an `int`, everything below it included. Children without parameters are in it, with 0.
#
# ```python
# param_table(vgg16)  # {'features': 14714688, 'avgpool': 0, 'classifier': 123642856}
# ```

# %% [markdown] tags=["hints"] exercise="param_table"
# 1. A module knows its children by name. Which method gives the direct ones only, and which gives all below as
#    well?
# 2. For each child count all of its parameters, however deep. `parameters()` goes down by itself.
# 3. `sum(... for ... in ...)` of nothing is 0, so `avgpool` needs no special case. Count elements, not tensors.

# %% nbgrader={"grade": false, "grade_id": "param_table", "locked": false, "schema_version": 3, "solution": true, "task": false}
def param_table(model):
    """{name of a direct child: number of parameters in it}."""
    ### BEGIN SOLUTION
    return {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "param_table-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("param_table/tiny VGG", lambda: param_table(tiny_vgg()))

# %% nbgrader={"grade": true, "grade_id": "param_table-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def tables(seed):
    fresh = probes.generator(seed)
    found = []
    for _ in range(4):
        a, b, c, h = (int(torch.randint(2, 40, (1,), generator=fresh)) for _ in range(4))
        model = nn.Module()
        model.stem = nn.Sequential(nn.Conv2d(3, a, 3), nn.BatchNorm2d(a), nn.Sequential(nn.Linear(a, b)))
        model.pool = nn.AdaptiveAvgPool2d(1)
        model.head = nn.Linear(b, c, bias=False)
        model.head.weight.requires_grad_(False)
        found += [param_table(model), param_table(tiny_vgg(hidden=h, num_classes=c))]
    return found


def the_real_one(n):
    with torch.device("meta"):
        large = torchvision.models.vgg16(weights=None, num_classes=n)
    return param_table(large)


check("param_table/eight models", tables, "param_table/a")
check("param_table/VGG16", the_real_one, int(torch.randint(2, 900, (1,), generator=probes.generator("param_table"))))
### END HIDDEN TESTS

# %% [markdown] seed=["A7.1", "A7.c1", "E30"]
# ### Trained or not
#
# `weights=None` is an untrained network, with random numbers. `weights=torchvision.models.VGG16_Weights.DEFAULT`
# is the trained one; the first time it downloads 528 MiB, and without a network it stops with `URLError`. What
# those weights are can be read for nothing:

# %% tags=["demo"] seed=["A7.c1", "A7.c2"]
weights = torchvision.models.VGG16_Weights.DEFAULT
print(weights, f"{weights.meta['num_params']:,} parameters")
print(len(weights.meta["categories"]), "classes:", weights.meta["categories"][:3], "…")

# %% [markdown] seed=["A7.1", "E30"]
# You will still meet the older way, `pretrained=False` and `pretrained=True`. It was to disappear with version
# 0.15. It did not, and complains twice (with `True` the second message names the weights instead):

# %% tags=["demo"] seed=["A7.1", "A7.c1", "E30"]
with warnings.catch_warnings(record=True) as caught, torch.device("meta"):
    warnings.simplefilter("always")
    torchvision.models.vgg16(pretrained=False)
for warning in caught:
    print(f"{warning.category.__name__}: {warning.message}")

# %% [markdown] seed=["E30"]
# Trained weights *and* another number of classes is refused, since the two do not fit:

# %% tags=["demo"] seed=["E30"]
try:
    torchvision.models.vgg16(weights="DEFAULT", num_classes=10)
except ValueError as error:
    print("ValueError:", error)

# %% [markdown] seed=["E31"]
# ### What it wants to see
#
# VGG16 was trained on pictures of 224 by 224 pixels. *Predict: does it accept 32 by 32? And 31 by 31?* Five
# poolings halve the side each time.

# %% tags=["demo"] seed=["E31"]
x = torch.empty(1, 3, 32, 32, device="meta")
print(vgg16.features(x).shape, vgg16.avgpool(vgg16.features(x)).shape, vgg16(x).shape)
try:
    vgg16(torch.empty(1, 3, 31, 31, device="meta"))
except RuntimeError as error:
    print("RuntimeError:", error)
point = torch.rand(1, 512, 1, 1)
print("49 copies:", torch.equal(vgg16.avgpool(point), point.expand(1, 512, 7, 7)))

# %% [markdown] seed=["E31"]
# It accepts 32 by 32, but a single point is left of the picture, and `avgpool` copies it 49 times: the classifier
# gets shapes that fit and nothing of what it learned to expect. The colours have to be normalised as in its
# training, too. The weights bring the whole recipe along:

# %% tags=["demo"] seed=["E31"]
prepare = weights.transforms()
print(prepare)
picture, _ = Doodles()[0]
print(picture.size, "→", prepare(picture).shape)

# %% [markdown]
# ### Exercise 7.2 · `build_vgg16` · ★☆☆ · 5 minutes
#
# Write `build_vgg16(n_classes)`: torchvision's VGG16, not trained, with `n_classes` outputs instead of 1,000. It
# downloads nothing and warns of nothing. Choose no device: whoever wants it on another one says so from outside,
# as the check below does.

# %% [markdown] tags=["hints"] exercise="build_vgg16"
# 1. This section shows two ways to say "not trained". One of them warns.
# 2. The number of outputs can be given when the network is made; look at what the last example passes, or at the
#    arguments in the documentation.
# 3. The function passes further arguments on to the class `VGG`, and that one knows `num_classes`.

# %% nbgrader={"grade": false, "grade_id": "build_vgg16", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_vgg16(n_classes):
    """An untrained VGG16 with n_classes outputs."""
    ### BEGIN SOLUTION
    return torchvision.models.vgg16(weights=None, num_classes=n_classes)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "build_vgg16-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def on_meta(n):
    with torch.device("meta"):
        model = build_vgg16(n)
        return {
            "output": tuple(model(torch.empty(1, 3, 32, 32)).shape),
            "children": [name for name, _ in model.named_children()],
            "last layer": str(model.classifier[-1]),
        }


check("build_vgg16/ten classes", on_meta, 10)

# %% nbgrader={"grade": true, "grade_id": "build_vgg16-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import warnings
from unittest import mock

from torch.overrides import TorchFunctionMode

from autograder.checks import probes


class Devices(TorchFunctionMode):
    """Counts the calls that name a device before the device of the outside reaches them."""

    named = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.named += (kwargs or {}).get("device") is not None
        return func(*args, **(kwargs or {}))


def built(numbers):
    found = []
    for n in numbers:
        no_network = mock.patch("torch.hub.urlopen", side_effect=OSError("no network here"))
        with warnings.catch_warnings(record=True) as caught, no_network, torch.device("meta"):
            warnings.simplefilter("always")
            with Devices() as devices:
                model = build_vgg16(n)
            found.append({
                "type": type(model).__name__,
                "shape": tuple(model(torch.empty(2, 3, 32, 32)).shape),
                "outputs": model.classifier[6].out_features,
                "tensors": len(list(model.parameters())),
                "parameters": sum(p.numel() for p in model.parameters()),
                "warnings": len([w for w in caught if issubclass(w.category, UserWarning)]),
                "chooses a device": devices.named > 0,
            })
    return found


fresh = probes.generator("build_vgg16")
check("build_vgg16/two sizes", built, torch.randint(2, 900, (2,), generator=fresh).tolist())
### END HIDDEN TESTS

# %% [markdown] seed=["A7.3", "E29"]
# ## 2. A layer that nobody calls
#
# Ten classes instead of a thousand: let us add a layer from 1,000 to 10. `add_module` registers a module under a
# name, and the printout looks fine, down there at the end:

# %% tags=["demo"] seed=["A7.3", "E29"]
with torch.device("meta"):
    added = torchvision.models.vgg16(weights=None)
    added.add_module("add_linear", nn.Linear(1000, 10))
print("\n".join(str(added).splitlines()[-6:]))

# %% [markdown]
# *Predict:* what is the shape of its output?

# %% tags=["demo"] seed=["A7.3", "E29"]
print(added(torch.empty(1, 3, 32, 32, device="meta")).shape)

# %% [markdown] seed=["E29"]
# A thousand. A printout shows what is *registered*; what runs is decided by `forward`, and VGG's `forward` calls
# `features`, `avgpool` and `classifier`, and nothing else.
#
# Worse: one can train it, and nothing complains. From here on we use `tiny_vgg()`, torchvision's own class with
# narrow layers: the same names, the same `forward`, 67,528 parameters. It runs in milliseconds, and what you write
# for it works on VGG16. The labels below are all smaller than 10:

# %% tags=["demo"] seed=["E29"]
torch.manual_seed(7)
small = tiny_vgg()
small.add_module("add_linear", nn.Linear(1000, 10))
before = small.add_linear.weight.detach().clone()
optimizer = torch.optim.SGD(small.parameters(), lr=0.01)  # add_linear's among them
loss = F.cross_entropy(small(torch.rand(64, 3, 32, 32)), torch.arange(64) % 10)
loss.backward()
optimizer.step()
print(f"loss {loss.item():.2f}, ln 1000 = {math.log(1000):.2f}, ln 10 = {math.log(10):.2f}")
print("gradient:", small.add_linear.weight.grad)
print("changed by the step:", not torch.equal(before, small.add_linear.weight))

# %% [markdown]
# The loss of a guess among a thousand classes, not ten (chapter 5), and no gradient: two signs, for those who
# look.
#
# ## 3. Ask the modules themselves
#
# There is a proof that needs no guessing. A hook (chapter 1) fires when its module is called. Put one on every
# module, send one picture through, and count.

# %% tags=["demo"] seed=["E29"]
def fired(model):
    """How often each innermost module runs in one call."""
    counts = {name: 0 for name, module in model.named_modules() if not list(module.children())}
    handles = []
    for name in counts:
        def count(module, args, output, name=name):  # name=name: each hook keeps its own
            counts[name] += 1
        handles.append(model.get_submodule(name).register_forward_hook(count))
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, 32, 32))
    for handle in handles:
        handle.remove()
    return counts

# %% tags=["demo"] seed=["E29"]
inside = tiny_vgg()
inside.classifier.add_module("add_linear", nn.Linear(1000, 10))
pictures.coverage({"model.add_module(…)": fired(small), "model.classifier.add_module(…)": fired(inside)})

# %% [markdown]
# *Picture: a box for every module, two rows. In the first the last box, add_linear, is red and hatched: it never
# ran. In the second, where it was added to the classifier, every box is blue.*
#
# ### Exercise 7.3 · `is_used` · ★★☆ · 15 minutes
#
# Write `is_used(model, name, x)`: does the submodule called `name` run when `model(x)` is called?
#
# - `model`: any `nn.Module`; `name`: the name of a submodule, with dots, as `named_modules()` gives it;
#   `x`: the one argument that `model` takes.
# - The result is a `bool`.
# - Afterwards the model is as it was. No hook is left; every module is in the mode in which it was, and some may be
#   training while others are not; parameters, their gradients and running statistics are untouched.
#
# ```python
# is_used(small, "classifier.6", torch.zeros(1, 3, 32, 32))  # True
# is_used(small, "add_linear", torch.zeros(1, 3, 32, 32))    # False
# ```

# %% [markdown] tags=["hints"] exercise="is_used"
# 1. Being in `named_modules()` or in the state_dict is no proof. Only the call itself is.
# 2. `model.get_submodule(name)` finds the module behind a name with dots. A hook on it can write into a list.
# 3. `register_forward_hook` gives a handle: remove it when you are done. Call `model(x)` in evaluation mode without
#    gradients. `model.train(...)` sets *all* modules alike, so note the mode of each before.

# %% nbgrader={"grade": false, "grade_id": "is_used", "locked": false, "schema_version": 3, "solution": true, "task": false}
def is_used(model, name, x):
    """Whether the submodule called name runs in model(x)."""
    ### BEGIN SOLUTION
    calls = []
    handle = model.get_submodule(name).register_forward_hook(lambda *_: calls.append(name))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    handle.remove()
    for module, mode in modes:
        module.training = mode
    return len(calls) > 0
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "is_used-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def with_a_layer_beside(name):
    model = tiny_vgg()
    model.add_module("add_linear", nn.Linear(1000, 10))
    return is_used(model, name, torch.zeros(1, 3, 32, 32))


check("is_used/the last layer", with_a_layer_beside, "classifier.6")
check("is_used/a layer beside", with_a_layer_beside, "add_linear")

# %% nbgrader={"grade": true, "grade_id": "is_used-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


class Branches(nn.Module):
    """Eight branches, of which forward calls those that the seed chose."""

    def __init__(self, chosen):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.ReLU()) for _ in range(8)
        )
        self.chosen = chosen

    def forward(self, x):
        for i in self.chosen:
            x = self.branches[i](x)
        return x


def used(seed, training, others=0, asked=41):
    fresh = probes.generator(seed)
    model = Branches(torch.randperm(8, generator=fresh)[:4].tolist()).train(training)
    for i in torch.randperm(8, generator=fresh)[:others].tolist():
        model.branches[i].train(not training)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 5.0)
    names = [f"branches.{i}.{j}" for i in range(8) for j in range(4)] + [f"branches.{i}" for i in range(8)]
    names += ["branches"]  # a list is not called, its members are
    x = probes.normal(3, 4, generator=fresh)
    order = torch.randperm(len(names), generator=fresh).tolist()[:asked]
    return {
        "answers": [bool(is_used(model, names[i], x)) for i in order],
        "hooks left": sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()),
        "mode": [module.training for module in model.modules()],
        "statistics": [buffer for buffer in model.buffers()],
        "gradients": all(p.grad is not None and bool((p.grad == 5).all()) for p in model.parameters()),
    }


check("is_used/while training", used, "is_used/a", True)
check("is_used/while evaluating", used, "is_used/b", False)
check("is_used/some training, some not", used, "is_used/c", True, 4, 20)
### END HIDDEN TESTS

# %% [markdown] seed=["A7.c4", "A7.4", "B7.1"]
# ## 4. Edits that work, and two that do not
#
# Added to the *classifier*, which is a `Sequential` and calls all it holds, the layer is used. The count grows
# from 138,357,544 to 138,367,554.

# %% tags=["demo"] seed=["A7.4", "A7.c4", "B7.1"]
with torch.device("meta"):
    longer = torchvision.models.vgg16(weights=None)
    longer.classifier.add_module("add_linear", nn.Linear(1000, 10))
print("\n".join(str(longer).splitlines()[-12:]))
print(longer(torch.empty(1, 3, 32, 32, device="meta")).shape, sum(p.numel() for p in longer.parameters()))

# %% [markdown] seed=["A7.c5", "A7.5", "E32"]
# It wastes a little: two linear layers in a row, without an activation, are one (chapter 4). Better is to *replace*
# the last layer. The new one is untrained, of course, and an optimizer has to be built afterwards.

# %% tags=["demo"] seed=["A7.5", "A7.c5"]
with torch.device("meta"):
    replaced = torchvision.models.vgg16(weights=None)
    replaced.classifier[6] = nn.Linear(4096, 10)
print("\n".join(str(replaced).splitlines()[-4:]))
print(replaced(torch.empty(1, 3, 32, 32, device="meta")).shape, sum(p.numel() for p in replaced.parameters()))

# %% [markdown] seed=["E32"]
# A third way only looks like one. *Predict:* what comes out after `classifier[6].out_features = 10`?

# %% tags=["demo"] seed=["E32"]
with torch.device("meta"):
    relabelled = torchvision.models.vgg16(weights=None)
relabelled.classifier[6].out_features = 10
print(relabelled.classifier[6])
print(relabelled(torch.empty(1, 3, 32, 32, device="meta")).shape)

# %% [markdown] seed=["E32"]
# The label on the drawer was changed, not what is in it. And the 4096 above is a number of VGG16 only. A VGG of
# another width takes the new layer without a word, and stops at the first call:

# %% tags=["demo"] seed=["E32"]
narrow = tiny_vgg()
narrow.classifier[6] = nn.Linear(4096, 10)
try:
    narrow(torch.zeros(2, 3, 32, 32))
except RuntimeError as error:
    print("RuntimeError:", error)
narrow.classifier[6] = nn.Linear(32, 10)
print("mended:", narrow(torch.zeros(2, 3, 32, 32)).shape)

# %% [markdown]
# 32 mends this one, and no other. Exercise 7.4 asks for a way that mends them all. Try the edits yourself on the
# tiny VGG: what runs, what comes out, how many parameters?

# %% tags=["demo"] seed=["E29", "E32"]
pictures.explore_edits(fired)

# %% [markdown]
# Where no menu runs, here are the three that one sees most:

# %% tags=["demo"]
pictures.three_edits()

# %% [markdown]
# *Picture: three rows of blocks, joined by arrows in the order in which forward calls them. A layer added to the
# model stands apart, red and hatched, and is never called; added to the classifier it is the last block; in the
# third row the last block itself has ten outputs. The menu shows the boxes of section 3 for the edit you choose.*
#
# ### Exercise 7.4 · `replace_head` · ★★☆ · 6 minutes
#
# Write `replace_head(model, n=10)`: give a VGG a new last layer.
#
# - `model`: an object of torchvision's class `VGG`, of any width.
# - `n`: the number of outputs. In the place of `classifier[6]` comes a new `nn.Linear` with a bias and `n` outputs.
# - All other layers stay the same objects, with the same names and numbers. Return the model.

# %% [markdown] tags=["hints"] exercise="replace_head"
# 1. How wide is what the last layer gets? In VGG16 it is 4,096; in the tiny one it is not.
# 2. The old layer knows. Print it: one of the names in the printout is what you need, and an attribute of it.
# 3. Read `in_features` before you throw the layer away. A `Sequential` takes assignments by index, as in section 4.

# %% nbgrader={"grade": false, "grade_id": "replace_head", "locked": false, "schema_version": 3, "solution": true, "task": false}
def replace_head(model, n=10):
    """The same VGG with a new classifier[6] of n outputs."""
    ### BEGIN SOLUTION
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "replace_head-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def with_new_head():
    model = replace_head(tiny_vgg())
    return {
        "output": tuple(model.eval()(torch.zeros(2, 3, 32, 32)).shape),
        "layers of the classifier": len(model.classifier),
        "last layer": str(model.classifier[-1]),
    }


check("replace_head/tiny VGG", with_new_head)

# %% nbgrader={"grade": true, "grade_id": "replace_head-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def head_replaced(hidden, n, seed):
    model = probes.fill(tiny_vgg(hidden=hidden), seed)
    old = list(model.parameters())
    numbers = [parameter.detach().clone() for parameter in old]
    edited = replace_head(model, n) if n != 10 else replace_head(model)
    x = torch.rand(2, 3, 32, 32, generator=probes.generator(seed))
    edited.eval()(x)  # a lazy layer gets its parameters
    kept = {id(parameter) for parameter in edited.parameters()}
    untouched = [id(p) in kept and torch.equal(p, before) for p, before in zip(old, numbers)]
    known = {id(parameter) for parameter in old}
    new = [tuple(p.shape) for p in edited.parameters() if id(p) not in known]
    return {
        "new": new,
        "kept": untouched,
        "names": [name for name, _ in edited.classifier.named_children()],
        "head": [type(edited.classifier[-1]).__name__, str(edited.classifier[-1])],
        "output": probes.fill(edited, f"{seed}/edited")(x),
    }


check("replace_head/seven classes", head_replaced, 32, 7, "replace_head/a")
check("replace_head/wider", head_replaced, 48, 10, "replace_head/b")
check("replace_head/narrower", head_replaced, 20, 3, "replace_head/c")
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Freeze what is to stay
#
# Now the point of it all. `tiny_vgg(weights="DEFAULT")` was trained on ten classes of little drawings. Here is a
# new task: five *other* things, and only 200 pictures to learn them from.

# %% tags=["demo"]
pictures.two_tasks(Doodles(), new_task())

# %% [markdown]
# *Picture: above a drawing of each of the ten known classes, boat to tree; below car, cat, cup, heart and umbrella.*
#
# What its features find, edges, corners, round things, should serve the new drawings as well. So we keep them:
# *frozen* parameters get no gradient, and an optimizer passes over what has none. Whether a parameter wants a
# gradient is its attribute `requires_grad`. *Predict: does `eval()` keep a training step from changing the
# features?*

# %% tags=["demo"]
def first_layer_changes(model):
    before = model.features[0].weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    F.cross_entropy(model(torch.rand(10, 3, 32, 32)), torch.arange(10)).backward()
    optimizer.step()
    return not torch.equal(before, model.features[0].weight)


print("eval():", first_layer_changes(tiny_vgg(weights="DEFAULT").eval()))
first_frozen = tiny_vgg(weights="DEFAULT")
first_frozen.features[0].weight.requires_grad_(False)
print("requires_grad_(False):", first_layer_changes(first_frozen), first_frozen.features[0].weight.grad)

# %% [markdown]
# `eval()` is about what dropout and batch normalisation do, not about who learns. (And the other way round: a frozen
# batch normalisation goes on counting its running statistics until it is put into evaluation mode. VGG16 has none.)
#
# ### Exercise 7.5 · `freeze_features` · ★★☆ · 8 minutes
#
# Write `freeze_features(model)`: freeze every parameter in `model.features` of a VGG, so that training leaves them
# as they are.
#
# - Return a list of all parameters of the model that can still be trained, to be given to an optimizer.
# - Nothing else changes: what somebody froze before stays frozen, and every module stays in its mode.

# %% [markdown] tags=["hints"] exercise="freeze_features"
# 1. Freezing is a property of a *parameter*: it says whether a gradient is wanted. Modules do not have it.
# 2. Go through all parameters of `features`, weights and biases, however deep.
# 3. Then ask every parameter of the whole model whether it still wants a gradient, and collect those that do.

# %% nbgrader={"grade": false, "grade_id": "freeze_features", "locked": false, "schema_version": 3, "solution": true, "task": false}
def freeze_features(model):
    """Freeze model.features; the list of parameters that can still be trained."""
    ### BEGIN SOLUTION
    for parameter in model.features.parameters():
        parameter.requires_grad_(False)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "freeze_features-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def frozen_and_returned():
    model = tiny_vgg()
    returned = freeze_features(model)
    return {
        "frozen": [name for name, parameter in model.named_parameters() if not parameter.requires_grad],
        "shapes of what is returned": [tuple(parameter.shape) for parameter in returned],
        "features in training mode": model.features.training,
    }


check("freeze_features/tiny VGG", frozen_and_returned)

# %% nbgrader={"grade": true, "grade_id": "freeze_features-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def after_a_step(hidden, training, seed, already=()):
    model = probes.fill(tiny_vgg(hidden=hidden, num_classes=6, dropout=0.0), seed).train(training)
    for name in already:
        model.get_submodule(name).requires_grad_(False)
    before = [parameter.detach().clone() for parameter in model.features.parameters()]
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    returned = freeze_features(model)
    is_list, returned = isinstance(returned, list), list(returned)
    mode = [module.training for module in model.modules()]
    optimizer = torch.optim.SGD(returned, lr=0.1)
    x = torch.rand(3, 3, 32, 32, generator=probes.generator(seed))
    F.cross_entropy(model(x), torch.tensor([0, 3, 5])).backward()
    optimizer.step()
    return {
        "frozen": [name for name, parameter in model.named_parameters() if not parameter.requires_grad],
        "returned": sorted(names.get(id(parameter), "unknown") for parameter in returned),
        "a list": is_list,
        "mode": mode,
        "features": all(torch.equal(a, b) for a, b in zip(before, model.features.parameters())),
        "classifier": [probes.weighted_sum(parameter) for parameter in model.classifier.parameters()],
    }


check("freeze_features/while training", after_a_step, 24, True, "freeze_features/a")
check("freeze_features/while evaluating", after_a_step, 40, False, "freeze_features/b")
check("freeze_features/a layer frozen before", after_a_step, 32, True, "freeze_features/c", ["classifier.0"])
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Faster, not better
#
# Three networks learn the new task: one with trained features that are frozen, one with trained features that go on
# learning, and one from scratch. *Predict: which is ahead after one epoch? Which after thirty?*

# %% tags=["demo"]
def learn(model, epochs=30):
    """The accuracy on pictures it has not seen, after each epoch of training what is not frozen."""
    x, y = new_task(train=True).tensors()
    fresh_x, fresh_y = new_task(train=False).tensors()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.005)
    torch.manual_seed(0)
    accuracies = []
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(x)).split(20):
            optimizer.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            right = model.eval()(fresh_x).argmax(dim=1) == fresh_y
        accuracies.append(right.float().mean().item())
    return accuracies

# %% tags=["demo"]
def pretrained():
    model = tiny_vgg(weights="DEFAULT", dropout=0.0)
    model.classifier[6] = nn.Linear(32, 5)
    return model


torch.manual_seed(8)
frozen, tuned, scratch = pretrained(), pretrained(), tiny_vgg(num_classes=5, dropout=0.0)
frozen.features.requires_grad_(False)
curves = {
    "trained, features frozen": learn(frozen),
    "trained, nothing frozen": learn(tuned),
    "from scratch": learn(scratch),
}
for name, values in curves.items():
    print(f"{name:24}   after one epoch: {values[0]:.0%}")
after_ten, last = ([values[e] for values in curves.values()] for e in (9, -1))
print("from scratch is behind after ten epochs:", after_ten[2] < min(after_ten[:2]))
print("frozen ends below what goes on learning:", last[0] < last[1])
pictures.transfer(curves)

# %% [markdown]
# *Picture: three curves over thirty epochs. With trained features, frozen or not, the accuracy is near 70 % after one
# epoch and above 80 % after five. Frozen, it stays there; not frozen, it rises above 90. From scratch it begins at
# 20 %, a guess, and needs twenty epochs and more to come near.*
#
# Where a curve ends differs by a few points from computer to computer: processors round the last digit differently,
# and thirty epochs of training make that large. What the printed lines say holds on all of them.
#
# What was learned elsewhere makes it *faster*: a few epochs suffice. Freezing makes each epoch cheaper, too, by about
# a third, since no gradient goes back through the features. But frozen is *not better*: what the features cannot see,
# the head cannot learn. To start from trained features and freeze nothing is called *fine-tuning*. Ten such runs with
# ten seeds, forty epochs each, ended at
#
# - 82 to 86 % with frozen features,
# - 92 to 97 % with fine-tuning,
# - 70 to 95 % from scratch.
#
# The fewer pictures, the more the start matters. With 20 of the 200, four runs ended at 54 to 79 % with frozen
# features, at 56 to 66 % with fine-tuning, and at 28 to 42 % from scratch.

# %% [markdown] seed=["A7.c5"]
# ## 7. Two patients
#
# ### Exercise 7.6 · `new_head_optimizer` · ★★☆ · 8 minutes
#
# **Bug hunt.** Somebody wrote this. It runs, the loss goes nowhere, and no error is raised:
#
# ```python
# def new_head_optimizer(model, n, lr):
#     opt = torch.optim.SGD(model.classifier[6].parameters(), lr=lr)
#     model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
#     return model, opt
# ```
#
# Repair it. `model` is a VGG of any width, `n` the number of outputs of its new `classifier[6]`. Return the model and a
# plain `torch.optim.SGD`, without momentum, with learning rate `lr`. It holds the parameters of the new layer and no
# others, so that a step leaves everything else bit for bit as it was.

# %% [markdown] tags=["hints"] exercise="new_head_optimizer"
# 1. Which object does the optimizer hold on to, and is that object still in the model afterwards?
# 2. An optimizer keeps the parameters that it was given, not the place where they were.
# 3. First the new layer, then the optimizer. Give it the parameters of that layer alone, and the learning rate.

# %% nbgrader={"grade": false, "grade_id": "new_head_optimizer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def new_head_optimizer(model, n, lr):
    """(the model with a new head of n outputs, an SGD optimizer for that head only)."""
    ### BEGIN SOLUTION
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "new_head_optimizer-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def changed_by_one_step(n):
    model, opt = new_head_optimizer(tiny_vgg(), n, 0.1)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    F.cross_entropy(model.eval()(torch.ones(2, 3, 32, 32)), torch.tensor([0, 1])).backward()
    opt.step()
    return [name for name, parameter in model.named_parameters() if not torch.equal(before[name], parameter)]


check("new_head_optimizer/changed by one step", changed_by_one_step, 4)

# %% nbgrader={"grade": true, "grade_id": "new_head_optimizer-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def two_steps(hidden, n, seed):
    fresh = probes.generator(seed)
    lr = float(torch.rand((), generator=fresh)) + 0.05
    original = probes.fill(tiny_vgg(hidden=hidden, dropout=0.0), seed)
    model, opt = new_head_optimizer(original, n, lr)
    x = torch.rand(3, 3, 32, 32, generator=fresh)
    model.eval()(x)  # a lazy layer gets its parameters
    probes.fill(model.classifier[6], f"{seed}/head")
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for _ in range(2):
        opt.zero_grad()
        output = model(x)
        F.cross_entropy(output, torch.arange(3) % n).backward()
        opt.step()
    held = [parameter for group in opt.param_groups for parameter in group["params"]]
    others = [p for p in model.named_parameters() if not p[0].startswith("classifier.6")]
    return {
        "output": output,
        "held": sorted(names.get(id(parameter), "not in the model") for parameter in held),
        "optimizer": type(opt).__name__,
        "head": list(model.classifier[6].parameters()),
        "others as before": [torch.equal(before[name], parameter) for name, parameter in others],
    }


check("new_head_optimizer/five classes", two_steps, 32, 5, "new_head_optimizer/a")
check("new_head_optimizer/another width", two_steps, 27, 3, "new_head_optimizer/b")
### END HIDDEN TESTS

# %% [markdown] seed=["A7.3"]
# ### Exercise 7.7 · `append_head` · ★★☆ · 8 minutes
#
# **Bug hunt.** The printout of this one shows the new layer, and the output still has a thousand columns:
#
# ```python
# def append_head(model, n=10):
#     model.add_module("add_linear", nn.Linear(1000, n))
#     return model
# ```
#
# Repair it. `model` is a VGG of any width with its 1,000 logits. Return a model that maps pictures (N, 3, 32, 32) to
# (N, n): a new linear layer with bias, from 1,000 to `n`, applied to the old logits. All layers that were there stay the
# same objects, and gradients reach them. Whether you change the model or wrap it is up to you.

# %% [markdown] tags=["hints"] exercise="append_head"
# 1. Who decides which modules run? Look at section 2 once more, and at what `forward` of VGG calls.
# 2. A `Sequential` calls everything that it holds. Either one that is there already gets one layer more, or a new one
#    gets the old model as its first layer.
# 3. `n` is an argument: use it. And the old last layer has to stay, since the new one works on its logits.

# %% nbgrader={"grade": false, "grade_id": "append_head", "locked": false, "schema_version": 3, "solution": true, "task": false}
def append_head(model, n=10):
    """A model that computes a new Linear(1000, n) of the old logits."""
    ### BEGIN SOLUTION
    model.classifier.add_module("add_linear", nn.Linear(1000, n))
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "append_head-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("append_head/shape", lambda: tuple(append_head(tiny_vgg()).eval()(torch.zeros(2, 3, 32, 32)).shape))

# %% nbgrader={"grade": true, "grade_id": "append_head-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def appended(hidden, n, seed):
    model = probes.fill(tiny_vgg(hidden=hidden), seed)
    old = list(model.parameters())
    edited = append_head(model, n)
    x = torch.rand(2, 3, 32, 32, generator=probes.generator(seed))
    edited.eval()(x)  # a lazy layer gets its parameters
    known = {id(parameter) for parameter in old}
    new = [parameter for parameter in edited.parameters() if id(parameter) not in known]
    for i, parameter in enumerate(new):
        numbers = probes.normal(parameter.shape, generator=probes.generator(f"{seed}/new/{i}"))
        parameter.data.copy_(numbers / 30)
    kept = {id(parameter) for parameter in edited.parameters()}
    output = edited(x)
    output.square().sum().backward()
    return {
        "new": [tuple(parameter.shape) for parameter in new],
        "kept": [id(parameter) in kept for parameter in old],
        "output": output,
        "gradients": [None if p.grad is None else probes.weighted_sum(p.grad) for p in (*new, old[0])],
    }


check("append_head/seven classes", appended, 32, 7, "append_head/a")
check("append_head/another width", appended, 21, 4, "append_head/b")
### END HIDDEN TESTS

# %% [markdown]
# ## What to keep
#
# 1. The printout shows what is registered; `forward` decides what runs. A hook is proof.
# 2. Replace the head: `model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)`.
# 3. Build the optimizer after the surgery.
# 4. Freeze parameters with `requires_grad_(False)`; `eval()` freezes nothing. Frozen is faster, not better.
# 5. The meta device lets you count, print and edit a network of any size for nothing.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown]
# ## Where to read on
#
# - [torchvision's models and weights](https://docs.pytorch.org/vision/stable/models.html)
# - [Transfer learning tutorial](https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html)
# - [The meta device](https://docs.pytorch.org/docs/stable/meta.html)
# - Next: [chapter 8](../08_save_load/08_save_load.ipynb), which puts all of this into a file
