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
# - freeze what is to stay as it is, and say what that gains and what it costs;
# - prepare images as the weights want them, transfer a network to a new task, and look at its errors.
#
# You need chapters 1 and 4 to 6. Where you read *predict*, say your answer before you run the cell.
#
# **Time.** Reading takes about 25 minutes, the exercises 72; the core is 87 of them, what is marked *further* 10.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share; the cells below an exercise that look empty and
# grey are theirs. **no trace** stands in every list: what an answer
# was given, and torch's own settings, are afterwards as they were before.

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
from autograder.torch_nn.questions import review

# %% [markdown]
# ## Before you start
#
# Three questions on what you have learnt in the chapters before this one. There are no points for them: answer in
# the second cell, or skip them freely.

# %% tags=["demo"]
review(7)

# %% tags=["demo"]
review.answer(None, None, None)

# %% [markdown] seed=["A7.2", "A7.c2"]
# ## 1. A network that takes no memory
#
# VGG16 has 528 MiB of numbers. To look at it, to count and to edit it, we do not need the numbers. On the
# `meta` device tensors have a shape, a dtype, and nothing else, so that the whole network takes no memory there.

# %% tags=["demo"] seed=["A7.2"]
with torch.device("meta"):
    vgg16 = torchvision.models.vgg16(weights=None)
print(vgg16)

# %% tags=["demo"] seed=["A7.c2"]
print([name for name, child in vgg16.named_children()])
size = sum(p.numel() * p.element_size() for p in vgg16.parameters())
print(f"{size / 2**20:.0f} MiB would be needed")

# %% [markdown] seed=["A7.c2"]
# `named_children()` gives the direct parts of a module with their names, here three: `features`, thirteen
# convolutions with ReLUs and poolings between them; `avgpool`, which makes 7 by 7 of whatever comes; `classifier`,
# three linear layers. The last one has 1,000 outputs because ImageNet, the data set it was made for, has a thousand
# classes. (One reads that "ImageNet has 1,000 output
# channels". A data set has classes; it is the *network* that has outputs.)

# %% tags=["demo"]
layers = {n: layer for n, layer in vgg16.named_modules() if isinstance(layer, (nn.Conv2d, nn.Linear))}
pictures.parameter_bars({n: sum(p.numel() for p in layer.parameters()) for n, layer in layers.items()})

# %% [markdown]
# *Picture: a bar for each of the sixteen layers. The first linear layer alone has 102.8 million parameters; all
# thirteen convolutions together have 14.7.*
#
# ### Exercise 7.1 · `param_table` · ★☆☆ · 8 minutes
#
# Write `param_table(model)`: where does a model keep its parameters?
#
# - `model`: any `nn.Module`, each of whose children has one name.
#
# ```python
# param_table(vgg16)  # {'features': 14714688, 'avgpool': 0, 'classifier': 123642856}
# ```
#
# What is asked for:
#
# - **the table** (2 points): a dictionary, from the name of each *direct* child of `model`, a `str`, to the number of
#   parameters in it, an `int` of Python's own: all numbers in all parameters of the child and of everything below it,
#   frozen or not. Buffers are no parameters. A child without parameters is in the table, with 0.
# - **any model** (1 point): children may have any name, and parameters any shape. What belongs to `model` itself and
#   to none of its children is in no entry, so that a single layer has an empty table.
# - **shared tensors** (0.5 points): a parameter that a child holds in several places counts once in it; one that two
#   children hold counts in each.
# - **no trace** (0.5 points): `model` stays as it was: children, attributes, numbers, gradients, modes and what is
#   frozen. So do gradient mode, random seeds and other settings.
#
# Decided when graded: other models, deeper ones, with frozen parts and with buffers.

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
import numpy as np


def a_model_with_its_own():
    model = nn.Module()
    model.scale = nn.Parameter(torch.ones(3))  # in no child
    model.body = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4))
    return model


def a_pair():
    model = nn.ModuleDict({"encoder": nn.Linear(2, 4), "decoder": nn.Linear(2, 4)})
    model.decoder.weight = model.encoder.weight  # one tensor in two children
    return model


def as_it_is(table):
    """The table, in which names and numbers that are not of Python's own types are told apart."""
    if not isinstance(table, dict):
        return table
    names = (name if isinstance(name, str) else f"{name}, of the type {type(name).__name__}" for name in table)
    counts = (np.asarray(count) if isinstance(count, np.generic) else count for count in table.values())
    return dict(zip(names, counts))


check("param_table/tiny VGG", lambda: as_it_is(param_table(tiny_vgg())))
check("param_table/a parameter of its own", lambda: param_table(a_model_with_its_own()), requirement="any model")
check("param_table/one weight for two", lambda: param_table(a_pair()), requirement="shared tensors")

# %% nbgrader={"grade": true, "grade_id": "param_table-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def sizes(seed, count, low=2):
    return torch.randint(low, 30, (count,), generator=probes.generator(seed)).tolist()


def parts(**children):
    model = nn.Module()
    for name, child in children.items():
        model.add_module(name, child)
    return model


def frozen_and_buffers(seed):
    a, b, c = sizes(seed, 3)
    stem = nn.Sequential(nn.Conv2d(3, a, 3), nn.BatchNorm2d(a), nn.Sequential(nn.Sequential(nn.Linear(a, b))))
    model = parts(stem=stem, pool=nn.AdaptiveAvgPool2d(1), drop=nn.Dropout(), head=nn.Linear(b, c, bias=False))
    model.head.weight.requires_grad_(False)
    model.stem[0].requires_grad_(False).eval()
    model.stem[1].weight.grad = torch.ones(a)
    written = probes.attributes(model)
    table = param_table(model)
    left = [name for name, now in probes.attributes(model).items() if now != written.get(name)]
    return {"table": table, "modules with other attributes": left}


def of_the_model_itself(seed):
    a, b, c = sizes(seed, 3)
    model = parts(body=nn.Linear(a, b))
    model.weight = nn.Parameter(torch.zeros(b, c))
    model.register_buffer("seen", torch.zeros(a))
    return param_table(model), param_table(model.body)


def other_shapes(seed):
    a, b, c = sizes(seed, 3)
    odd = parts(inner=nn.Module())
    odd.inner.temperature = nn.Parameter(torch.tensor(1.0))
    odd.inner.block = nn.Parameter(torch.zeros(a, 1, b, 1, 2))
    odd.inner.empty = nn.Parameter(torch.zeros(0, c))
    odd.inner.every_second = nn.Parameter(torch.zeros(b, 2 * c)[:, ::2])
    odd.inner.counts = nn.Parameter(torch.zeros(c, dtype=torch.int64), requires_grad=False)
    last = nn.ParameterList([torch.zeros(b, c), torch.zeros(b, 1)])
    return as_it_is(param_table(nn.Sequential(odd, nn.Embedding(a, b), nn.ReLU(), last, nn.Linear(1, 1).double())))


def other_names(seed):
    a, b, c = sizes(seed, 3)
    rest = {"classifier": nn.ReLU(), "_hidden": nn.Linear(a, b), "total": nn.Tanh(), "Größe 2": nn.Conv1d(b, c, 1), "7": nn.Linear(c, 1)}
    return as_it_is(param_table(parts(Conv=nn.Linear(a, a), conv=nn.Linear(c, a), **rest)))


def within_a_child(seed):
    a, b = sizes(seed, 2)
    there, back = nn.Linear(a, b), nn.Linear(a, b)
    back.weight = there.weight
    twice = nn.Linear(b, b)
    used = nn.Sequential(twice, nn.ReLU(), nn.Sequential(twice))
    return param_table(parts(tied=nn.Sequential(there, back), used=used))


def across_children(seed):
    a, b, c = sizes(seed, 3)
    model = parts(words=nn.Embedding(a, b), middle=nn.Sequential(nn.Linear(b, c)), scores=nn.Linear(b, a))
    model.scores.weight = model.words.weight
    model.middle.append(nn.Sequential(nn.Tanh(), model.scores))
    return param_table(model)


def the_real_one(seed):
    (n,) = sizes(seed, 1)
    with torch.device("meta"):
        large = torchvision.models.vgg16(weights=None, num_classes=n)
    return param_table(large)


def a_tiny_one(seed):
    hidden, n = sizes(seed, 2)
    return param_table(tiny_vgg(hidden=hidden, num_classes=n))


check("param_table/another width", a_tiny_one, "param_table/a")
beside = {"modules with other attributes": "no trace"}
check("param_table/frozen parts and buffers", frozen_and_buffers, "param_table/b", sides=beside)
check("param_table/VGG16", the_real_one, "param_table/c")
check("param_table/parameters of the model itself", of_the_model_itself, "param_table/d", requirement="any model")
check("param_table/other shapes", other_shapes, "param_table/e", requirement="any model")
check("param_table/other names", other_names, "param_table/h", requirement="any model")
check("param_table/shared within a child", within_a_child, "param_table/f", requirement="shared tensors")
check("param_table/shared by two children", across_children, "param_table/g", requirement="shared tensors")
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
# You will still meet the older way, `pretrained=False` and `pretrained=True`. It still works, and complains
# twice (with `True` the second message names the weights instead):

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
# VGG16 was trained on images of 224 by 224 pixels. *Predict: does it accept 32 by 32? And 31 by 31?* Five
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
# It accepts 32 by 32, but a single point is left of the image, and `avgpool` copies it 49 times: the classifier
# gets shapes that fit and nothing of what it learned to expect. Trained weights want images of the size and with the
# colours of their training. What has to be done to an image they bring along, and for that nothing is downloaded:

# %% tags=["demo"] seed=["E31"]
prepare = torchvision.models.VGG16_Weights.IMAGENET1K_V1.transforms()
print(prepare)
picture, _ = Doodles()[0]
prepared = prepare(picture)
print(picture.size, "→", prepared.shape)
print("smallest and largest of each colour:", prepared.amin(dim=(1, 2)), prepared.amax(dim=(1, 2)))
pictures.preparation(picture, prepared)

# %% [markdown]
# *Picture: the drawing as it lies in the data set; made larger and cut to size; and as the network gets it.*
#
# The shorter side becomes 256 pixels long, the 224 by 224 pixels in the middle are kept, the numbers become floats
# from 0 to 1, and of each colour its mean is subtracted, before a division by its standard deviation. Both are
# ImageNet's. White, which is 1 in every colour, becomes (1 − 0.485) / 0.229 = 2.2489 in red.

# %% [markdown]
# ### Exercise 7.2 · `build_vgg16` · ★☆☆ · 6 minutes
#
# Write `build_vgg16(n_classes)`: torchvision's VGG16, not trained, with another number of outputs.
#
# - `n_classes`: the number of outputs, 1 or more.
#
# What is asked for:
#
# - **the network** (2 points): an object of torchvision's class `VGG` with the layers of VGG16, of which the last one
#   has `n_classes` outputs in place of 1,000, and no layer more. Each call builds a new one. As torchvision makes it,
#   it is in float32 and in training mode, nothing is frozen, and `forward` is that of `VGG`, with no hook on it.
# - **nothing said, nothing loaded** (1 point): no warning comes, and no trained weights are asked for.
# - **the device of the caller** (0.5 points): your function names no device: no `device=`, no `.to(…)`, no
#   `with torch.device(…)` of its own. The network is built where the caller wants it, who says so around the call:
#   `with torch.device("meta"): build_vgg16(10)`, as the check below does.
# - **no trace** (0.5 points): default device, default dtype, random seeds, filters of warnings and other settings
#   stay as they were.
#
# Decided when graded: other numbers of outputs, and whether your function names a device.

# %% [markdown] tags=["hints"] exercise="build_vgg16"
# 1. This section shows two ways to say "not trained". One of them warns.
# 2. The number of outputs can be given when the network is made; look at what the refused example passes, or at
#    the arguments in the documentation.
# 3. The function passes further arguments on to the class `VGG`, and that one knows `num_classes`.

# %% nbgrader={"grade": false, "grade_id": "build_vgg16", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_vgg16(n_classes):
    """An untrained VGG16 with n_classes outputs."""
    ### BEGIN SOLUTION
    return torchvision.models.vgg16(weights=None, num_classes=n_classes)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "build_vgg16-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import warnings
from unittest import mock


def on_meta(n):
    error = OSError("trained weights are not asked for")
    unwanted = mock.patch.object(torchvision.models.WeightsEnum, "get_state_dict", side_effect=error)
    with torch.device("meta"), unwanted, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = build_vgg16(n)
        devices = sorted({parameter.device.type for parameter in model.parameters()})
        return {
            "output": tuple(model.to("meta")(torch.empty(1, 3, 32, 32)).shape),
            "parts": [name for name, _ in model.named_children()],
            "last layer": str(model.classifier[-1]),
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "warnings": [str(warning.message)[:60] for warning in caught if warning.category is UserWarning],
            "devices": devices,
        }


beside = {"warnings": "nothing said, nothing loaded", "devices": "the device of the caller"}
check("build_vgg16/ten classes", on_meta, 10, sides=beside)

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
        moved = getattr(func, "__name__", "") == "to" and any(isinstance(a, str | torch.device) for a in args[1:])
        self.named += moved or (kwargs or {}).get("device") is not None
        return func(*args, **(kwargs or {}))


def computes_otherwise(model):
    """The parts whose forward is not their class's, that of VGG included, or that have hooks."""
    parts = dict(model.named_modules())
    odd = [name for name, m in parts.items() if "forward" in vars(m) or m._forward_hooks or m._forward_pre_hooks]
    return [*odd, *[""] * (type(model).forward is not torchvision.models.VGG.forward)]


def built(n):
    """The network of n outputs, what was loaded and said while it was built, and where it lies."""
    loaded = []

    def trained(*args, **kwargs):
        loaded.append("trained weights")
        return torchvision.models.vgg16(weights=None).state_dict()

    no_network = mock.patch("torch.hub.urlopen", side_effect=OSError("no network here"))
    weights = mock.patch.object(torchvision.models.WeightsEnum, "get_state_dict", trained)
    with warnings.catch_warnings(record=True) as caught, no_network as opened, weights, torch.device("meta"):
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        with Devices() as devices:
            model = build_vgg16(n)
        kept = filters == warnings.filters
        loaded += ["from the net"] * opened.call_count
        places = sorted({parameter.device.type for parameter in model.parameters()})
        x = torch.empty(2, 3, 32, 32, dtype=model.classifier[0].weight.dtype)
        output = model.to("meta")(x)
    default = torch.get_default_device().type
    torch.set_default_device(None)
    return model, {
        "default device": default,
        "a VGG": isinstance(model, torchvision.models.VGG),
        "output": tuple(output.shape),
        "layers": [str(layer) for layer in model.modules() if not list(layer.children())],
        "names": [name for name, _ in model.named_modules()],
        "shapes": [tuple(parameter.shape) for parameter in model.parameters()],
        "dtypes": sorted({str(parameter.dtype) for parameter in model.parameters()}),
        "frozen": [name for name, parameter in model.named_parameters() if not parameter.requires_grad],
        "in evaluation mode": [name for name, module in model.named_modules() if not module.training],
        "computes otherwise": computes_otherwise(model),
        "warnings": len([w for w in caught if issubclass(w.category, UserWarning | FutureWarning)]),
        "loaded": loaded,
        "filters of warnings kept": kept,
        "chooses a device": devices.named > 0,
        "devices": places,
    }


def one(n):
    return built(n)[1]


def two(n):
    (first, found), (second, _) = built(n), built(n)
    known = {id(thing) for thing in (*first.modules(), *first.parameters())}
    shared = sum(id(thing) in known for thing in (*second.modules(), *second.parameters()))
    return found | {"shared by two networks": shared}


some = int(torch.randint(2, 900, (1,), generator=probes.generator("build_vgg16")))
silent = dict.fromkeys(("warnings", "loaded"), "nothing said, nothing loaded")
beside = silent | dict.fromkeys(("filters of warnings kept", "default device"), "no trace")
beside |= dict.fromkeys(("frozen", "dtypes", "in evaluation mode", "computes otherwise"), "the network")
beside |= dict.fromkeys(("chooses a device", "devices"), "the device of the caller")
check("build_vgg16/one class", one, 1, sides=beside)
check("build_vgg16/two networks", two, some, sides=beside)
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
# narrow layers: the same names, the same `forward`, 67,528 parameters, one for two thousand of VGG16's. What you
# write for it works on VGG16. The labels below are all smaller than 10:

# %% tags=["demo"] seed=["E29"]
torch.manual_seed(7)
small = tiny_vgg()
print(f"{sum(p.numel() for p in small.parameters()):,} parameters")
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
# module, send one image through, and count. Who only wants to look should leave no trace: hooks are removed by their
# handles, `no_grad()` keeps gradients out, and the mode is put back. Each module has a mode of its own,
# `module.training`; `modules()` goes through all of them, the model itself first. `train()` and `eval()` set it for a
# module and everything in it:

# %% tags=["demo"]
mixed = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2), nn.Dropout()))
mixed[1].eval()
print([(type(module).__name__, module.training) for module in mixed.modules()])
mixed(torch.rand(4, 2))
print("a call in evaluation mode moves nothing:", mixed[1][0].running_mean)
mixed.train()(torch.rand(4, 2))
print("one in training mode does:", bool(mixed[1][0].running_mean.abs().sum() > 0))

# %% tags=["demo"] seed=["E29"]
def fired(model):
    """How often each innermost module runs in one call."""
    counts = {name: 0 for name, module in model.named_modules() if not list(module.children())}
    handles = []
    for name in counts:
        def count(module, args, output, name=name):  # name=name: each hook keeps its own
            counts[name] += 1
        handles.append(model.get_submodule(name).register_forward_hook(count))
    was_training = model.training
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, 32, 32))
    model.train(was_training)  # all modules alike: enough for a model that is in one mode
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
# ### Exercise 7.3 · `is_used` · ★★★ · 20 minutes
#
# Write `is_used(model, name, x)`: does the submodule called `name` run when `model(x)` is called?
#
# - `model`: any `nn.Module`, in any mode. In which mode you call it is up to you: its `forward` calls the same
#   submodules in both. In training mode, though, dropout draws random numbers and batch normalisation moves its
#   statistics; see **no trace**.
# - `name`: the name of a submodule, with dots, as `named_modules()` gives it.
# - `x`: the one argument that `model` takes, a tensor.
#
# ```python
# is_used(small, "classifier.6", torch.zeros(1, 3, 32, 32))  # True
# is_used(small, "add_linear", torch.zeros(1, 3, 32, 32))    # False
# ```
#
# What is asked for:
#
# - **called or not** (2 points): true where this very module is called in `model(x)`, and false where it is not,
#   however deep it sits, whether it has parameters or not. A `ModuleList` whose members are called, or a `Sequential`
#   that `forward` goes through layer by layer, is itself not called.
# - **any model** (1 point): the answers are right as well where a module runs several times, shares its tensors with
#   one that never runs, is called by keyword or returns a tuple; where the numbers in `x`, or a hook of somebody else's,
#   decide what is called; and where the model is in float64, takes whole numbers or returns several tensors.
# - **a `bool`** (0.5 points): the result is `True` or `False`, of Python's own type.
# - **no trace** (1.5 points): afterwards the model is as it was. No hook and no attribute of yours is left (to put a
#   module's own `forward` back is enough), hooks of others still are; every module is in the mode in which it was, and
#   some may be training while others are not; parameters, their gradients and running statistics are untouched. So
#   are gradient mode, random seeds and other settings.
#
# Decided when graded: names deep down, containers, whole numbers, shared tensors, hooks of others.

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
class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.idle = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(self.layer(x))


def yes_or_no(answer):
    return answer if isinstance(answer, str) else bool(answer)


def asked(model, x, *names):
    answers = {name: is_used(model, name, x) for name in names}
    types = {name: f"{type(a).__module__}.{type(a).__name__}".replace("builtins.", "") for name, a in answers.items()}
    return {"answers": {name: yes_or_no(answer) for name, answer in answers.items()}, "types": types}


vgg = tiny_vgg()
vgg.add_module("add_linear", nn.Linear(1000, 10))
vgg.classifier.eval()  # some parts evaluate, others train
names = "classifier.6", "add_linear", "features.1", "classifier"
how = {"sides": {"types": "a `bool`"}, "allow": ("structure",)}
check("is_used/a layer beside", asked, vgg, torch.zeros(1, 3, 32, 32), *names, **how)
how["requirement"] = "any model"
check("is_used/a layer that runs twice", asked, Twice(), torch.zeros(2, 4), "layer", "idle", **how)

# %% nbgrader={"grade": true, "grade_id": "is_used-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


class Blocks(nn.Module):
    """Blocks of four layers; forward runs each as often as ``times`` says."""

    def __init__(self, times):
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.ReLU()) for _ in times
        )
        self.times = times

    def forward(self, x):
        for block, times in zip(self.blocks, self.times):
            for _ in range(times):
                x = block(x)
        return x


class One(nn.Sequential):
    """It holds several layers and calls one of them."""

    which = 0

    def forward(self, x):
        return self[self.which](x)


class Ways(nn.Module):
    """Of four ``Sequential`` two are called and two are gone through; a ``ModuleDict`` holds two layers.

    Two layers beside have the names of those two, and never run; one more ``Sequential`` calls one of its layers. Which
    of the two in ``last`` runs depends on the last number of the input.
    """

    def __init__(self, called):
        super().__init__()
        self.rows = nn.ModuleList(nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in called)
        self.table = nn.ModuleDict({"a": nn.Linear(4, 4), "b": nn.Linear(4, 4)})
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
        self.one = One(nn.Linear(4, 4), nn.Tanh())
        self.one.which = int(called[0])
        self.last = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))
        self.called = called

    def forward(self, x):
        last = self.last[(int(x[-1, -1] < -1) + self.called[1]) % 2]
        for row, called in zip(self.rows, self.called):
            for layer in [row] if called else row:
                x = layer(x)
        return last(self.one(self.table["a" if self.called[0] else "b"](x)))


class Tied(nn.Module):
    """Four layers with one weight and one bias; two of them run. Of two more somebody's hook calls one."""

    def __init__(self, runs):
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(4, 4) for _ in runs)
        for part in self.parts:
            part.weight, part.bias = self.parts[0].weight, self.parts[0].bias
        self.behind = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))
        self.register_forward_hook(lambda model, args, output: model.behind[int(runs[0])](output))
        self.runs = runs

    def forward(self, x):
        for part, runs in zip(self.parts, self.runs):
            x = part(x) if runs else x
        return x


class Pair(nn.Module):
    """It is called by keyword and returns a tuple."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, *, vectors):
        return None, self.layer(vectors)


class Words(nn.Module):
    """Whole numbers come in, of which the last says which of four layers runs; a tuple comes out."""

    def __init__(self, runs):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(6, 4) for _ in runs)
        self.pairs = nn.ModuleList(Pair() for _ in range(2))
        self.chosen = nn.ModuleList(nn.Linear(4, 4) for _ in range(4))
        self.ends = nn.ModuleList(nn.Linear(4, 2) for _ in runs)
        self.runs = runs

    def forward(self, words):
        vectors = [table(words) for table, runs in zip(self.tables, self.runs) if runs]
        _, vectors[0] = self.pairs[int(self.runs[0])](vectors=vectors[0])
        vectors[0] = self.chosen[int(words[-1, -1])](vectors[0])
        return tuple(end(vectors[0]) for end, runs in zip(self.ends, self.runs) if not runs), vectors


def shuffled(seed, values):
    return [values[i] for i in torch.randperm(len(values), generator=probes.generator(seed)).tolist()]


def parts_of(model):
    """Every part, what its class computes and whether it computes that, and what is written on it."""
    found = {}
    for name, m in model.named_modules():
        own = type(m).forward
        found[name] = id(m), own, getattr(m.forward, "__func__", None) is own
    return found, probes.attributes(model)


def answers_about(seed, model, x, training, grad=True):
    """The answers for all submodules, in an order of the seed; everything else is fresh as well."""
    fresh = probes.generator(seed)
    for i, module in enumerate(model.modules()):
        module.training = training[i % len(training)]
    for buffer in model.buffers():
        buffer.copy_(7 if not buffer.is_floating_point() else probes.normal(buffer.shape, generator=fresh).abs() + 0.5)
    for i, parameter in enumerate(model.parameters()):
        numbers = probes.normal(parameter.shape, generator=fresh, dtype=parameter.dtype)
        parameter.grad = None if i % 3 == 2 else numbers
    first = next(name for name, _ in model.named_modules() if name)
    model.get_submodule(first).register_forward_hook(lambda *_: None)  # somebody else's
    names = shuffled(f"{seed}/order", [name for name, _ in model.named_modules() if name])
    before = parts_of(model)
    with torch.set_grad_enabled(grad):
        answers = [is_used(model, name, x) for name in names]
    return {
        "answers": {name: yes_or_no(answer) for name, answer in zip(names, answers)},
        "of type bool": all(isinstance(answer, bool) for answer in answers),
        "parts as before": parts_of(model) == before,
    }


beside = {"of type bool": "a `bool`", "parts as before": "no trace"}
how = {"sides": beside, "allow": ("structure",)}  # "parts as before" decides on these
yes, no = [True], [False]
fours = probes.normal(3, 4, generator=probes.generator("is_used"))
fours[-1, -1] = -1 - 2.0**-12  # below -1, but not when it is rounded
words = torch.randint(2, (2, 3), generator=probes.generator("is_used/words"))
words[-1, -1], words[0, -1] = 2 + words[0, 0], 3 - words[0, 0]  # each says 2 or 3, the two rows not the same
some = Blocks(shuffled("is_used/a", [0, 1, 1]))
check("is_used/while training", answers_about, "is_used/a", some, fours, yes, **how)
some = Blocks(shuffled("is_used/b", [0, 1]))
check("is_used/while evaluating", answers_about, "is_used/b", some, fours, no, **how)
some = Ways(shuffled("is_used/c", [0, 0, 1, 1]))
check("is_used/called or gone through", answers_about, "is_used/c", some, fours, yes, **how)
some = nn.Sequential(nn.Sequential(Blocks(shuffled("is_used/d", [0, 1]))))
check("is_used/deep, some training", answers_about, "is_used/d", some, fours, no + yes + yes + no + no, **how)
there = how | {"requirement": "any model"}
some = Blocks(shuffled("is_used/e", [0, 2, 3]))
check("is_used/several times", answers_about, "is_used/e", some, fours, (yes + no) * 2 + yes, **there)
some = Tied(shuffled("is_used/f", [0, 0, 1, 1])).double()
check("is_used/shared tensors, float64", answers_about, "is_used/f", some, fours.double(), yes, grad=False, **there)
some = Words(shuffled("is_used/g", [0, 0, 1, 1]))
check("is_used/whole numbers", answers_about, "is_used/g", some, words, no, **there)
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
# ### Exercise 7.4 · `replace_head` · ★★☆ · 8 minutes
#
# Write `replace_head(model, n=10)`: give a VGG a new last layer.
#
# - `model`: an object of torchvision's class `VGG`, in float32 on the CPU.
# - `n`: the number of outputs, 1 or more.
#
# What is asked for:
#
# - **the new layer** (2 points): in the place of `classifier[6]` stands a new `nn.Linear` with a bias and `n`
#   outputs, 10 where nothing is said. It can be trained, even where the old one was frozen, and holds none of the old
#   layer's numbers, even where `n` is what it was.
# - **any width** (1 point): it fits a VGG whose hidden layers are of any width.
# - **the rest** (1.5 points): `model` itself is returned, and all its other layers are the same objects as before,
#   with the same names, and no more of them. A new `Sequential` of these layers may take the place of `classifier`.
# - **no trace** (0.5 points): beside the last layer nothing changes: numbers, attributes, modes, gradients, hooks,
#   what is frozen and what is not. Nor do gradient mode, random seeds and other settings.
#
# Decided when graded: other widths and other `n`, and several models one after the other.

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
def with_new_head(*n):
    model = tiny_vgg()
    others = [layer for part in (model.features, model.classifier[:6]) for layer in part]
    edited = replace_head(model, *n)
    return {
        "output": tuple(edited.eval()(torch.zeros(2, 3, 32, 32)).shape),
        "last layer": str(edited.classifier[-1]),
        "layers of the classifier": len(edited.classifier),
        "the model itself": edited is model,
        "the other layers": [*edited.features, *edited.classifier[:6]] == others,
    }


def width_of_head(hidden):
    model = replace_head(tiny_vgg(hidden=hidden), 10)
    return tuple(model(torch.zeros(2, 3, 32, 32)).shape), tuple(model.classifier[-1].weight.shape)


beside = {"the model itself": "the rest", "the other layers": "the rest"}
check("replace_head/ten outputs", with_new_head, sides=beside)
check("replace_head/three outputs", with_new_head, 3, sides=beside)
check("replace_head/narrower", width_of_head, 20, requirement="any width")

# %% nbgrader={"grade": true, "grade_id": "replace_head-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from torchvision.models.vgg import make_layers

from autograder.checks import probes


def narrow_vgg(hidden=32, n=1000, dropout=0.0, second=None):
    """A VGG with fewer channels than the tiny one, which costs less; its hidden layers may differ in width."""
    model = torchvision.models.VGG.__new__(torchvision.models.VGG)
    nn.Module.__init__(model)  # without the large layers that VGG makes
    model.features = make_layers([2, "M", 2, "M", 4, "M", 2, "M"])
    model.avgpool = nn.AdaptiveAvgPool2d((7, 7))
    last = second or hidden
    front, back = (nn.Linear(98, hidden), nn.ReLU(True), nn.Dropout(dropout)), (nn.ReLU(True), nn.Dropout(dropout))
    model.classifier = nn.Sequential(*front, nn.Linear(hidden, last), *back, nn.Linear(last, n))
    return model


def share_rows(new, old):
    """Whether the first rows or the last ones are the same, and not just 0."""
    if new is None:
        return False
    n = min(len(new), len(old))
    return bool(new.any()) and (torch.equal(new[:n], old[:n]) or torch.equal(new[-n:], old[-n:]))


def layers(model):
    innermost = {name: layer for name, layer in model.named_modules() if not list(layer.children())}
    return {"features": model.features, **innermost}


def looked_at(model, edited, old, seed):
    """The new layer and what the model computes with it; which others are not as they were."""
    x = torch.rand(2, 3, 32, 32, generator=probes.generator(seed))
    changed = probes.attributes(edited)
    edited.eval()(x)  # a lazy layer gets its parameters
    head, now = edited.classifier[-1], layers(edited)
    last = old["classifier.6"]
    others = {name: layer for name, layer in old.items() if name not in ("classifier.6", "written")}
    moved = [name for name, layer in others.items() if now.get(name) is not layer]
    kept = {name: written for name, written in old["written"].items() if name not in ("classifier", "classifier.6")}
    return {
        "names": [name for name, _ in edited.named_modules()],
        "new layer": [type(head) is nn.Linear, str(head)],
        "shapes": [tuple(parameter.shape) for parameter in head.parameters()],
        "can be trained": [parameter.requires_grad for parameter in head.parameters()],
        "old numbers in it": share_rows(head.weight, last.weight) or share_rows(head.bias, last.bias),
        "other layers that are not the same": moved,
        "other layers with other attributes": [name for name, written in kept.items() if changed.get(name) != written],
        "the model itself": edited is model,
        "output": probes.fill(edited, f"{seed}/edited")(x),
    }


def prepared(seed, hidden=32, second=None, last_frozen=False):
    model = probes.fill(narrow_vgg(hidden, dropout=0.25, second=second), seed)
    model.classifier.eval()[3].requires_grad_(False)
    model.classifier[6].requires_grad_(not last_frozen)
    model.features[0].register_forward_hook(lambda *_: None)  # somebody else's
    for name, parameter in model.named_parameters():
        if "classifier.6" not in name:
            parameter.grad = torch.ones_like(parameter)
    return model, {"written": probes.attributes(model), **layers(model)}


def head_replaced(seed, hidden, *n):
    model, old = prepared(seed, hidden, last_frozen=n == (1,))
    return looked_at(model, replace_head(model, *n), old, seed)


def that_fits(seed, hidden, second=None):
    """What comes out with a new layer of ten outputs."""
    edited = replace_head(prepared(seed, hidden, second)[0], 10).eval()
    x = torch.rand(2, 3, 32, 32, generator=probes.generator(seed))
    edited(x)  # a lazy layer gets its parameters
    probes.fill(edited, f"{seed}/edited")
    return {"new layer": str(edited.classifier[-1]), "output": edited(x)}


def two_in_turn(seed, n):
    """Of two models, edited one after the other, the first, whose head the second edit must not touch."""
    (model, old), (other, _) = prepared(seed), prepared(f"{seed}/other")
    with torch.no_grad():  # a new layer can be trained all the same
        edited, later = replace_head(model, n), replace_head(other, n)
    shared = {id(p) for p in edited.parameters()} & {id(p) for p in later.parameters()}
    return looked_at(model, edited, old, seed) | {"shared by two models": len(shared)}


beside = dict.fromkeys(("names", "other layers that are not the same", "the model itself"), "the rest")
beside |= dict.fromkeys(("can be trained", "old numbers in it"), "the new layer")
beside |= {"other layers with other attributes": "no trace"}
how = {"sides": beside}
check("replace_head/seven outputs", head_replaced, "replace_head/a", 32, 7, **how)
check("replace_head/one output", head_replaced, "replace_head/b", 32, 1, **how)
check("replace_head/a thousand again", head_replaced, "replace_head/c", 32, 1000, **how, atol=5e-5)
check("replace_head/two in turn", two_in_turn, "replace_head/d", 12, **how)
check("replace_head/ten where nothing is said", head_replaced, "replace_head/e", 32, **how)
check("replace_head/wider", that_fits, "replace_head/f", 48, requirement="any width")
check("replace_head/one hidden unit", that_fits, "replace_head/g", 1, requirement="any width")
check("replace_head/two widths", that_fits, "replace_head/h", 24, 40, requirement="any width")
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Freeze what is to stay
#
# Now the point of it all. `tiny_vgg(weights="DEFAULT")` was trained on ten classes of little drawings. Here is a
# new task: five *other* things, and only 200 images to learn them from.

# %% tags=["demo"]
pictures.two_tasks(Doodles(), new_task())

# %% [markdown]
# *Picture: above a drawing of each of the ten known classes, boat to tree; below car, cat, cup, heart and umbrella.*
#
# First, what does it expect? It was trained on images with numbers from 0 to 1, as `ToTensor` makes them. *Predict:*
# does it matter to the trained network if they are normalised as VGG16 wants it?

# %% tags=["demo"]
def share_right(model, x, y):
    with torch.no_grad():
        return (model.eval()(x).argmax(dim=1) == y).float().mean().item()


known_x, known_y = Doodles(train=False).tensors()
trained = tiny_vgg(weights="DEFAULT")
mean, std = (torch.tensor(numbers).reshape(3, 1, 1) for numbers in (prepare.mean, prepare.std))
print(f"as in its training:      {share_right(trained, known_x, known_y):.0%} right")
print(f"normalised as for VGG16: {share_right(trained, (known_x - mean) / std, known_y):.0%} right")

# %% [markdown]
# Weights and transforms belong together; no error says so. The same holds for the new images.
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
# ### Exercise 7.5 · `freeze_features` · ★★☆ · 10 minutes
#
# Write `freeze_features(model)`: freeze every parameter in `model.features` of a VGG, so that training leaves them as
# they are.
#
# - `model`: an object of torchvision's class `VGG`, of any width. Its `features` may be a module of any class and hold
#   any layers, nested too, and there may be further parts beside `features` and `classifier`.
#
# What is asked for:
#
# - **frozen** (1.5 points): no parameter in `features` wants a gradient any more: weights, biases and whatever else a
#   layer learns, in every layer, however deep.
# - **the list** (1.5 points): a list of all parameters of the model that can still be trained, the parameters
#   themselves and each once, to be given to an optimizer. Those in further parts are in it; what somebody froze
#   before is not, nor is a tensor that a further part shares with `features`.
# - **no trace** (1 point): nothing else changes: what somebody froze before stays frozen, what was not stays
#   trainable, and every module stays in its mode; numbers, attributes of modules, gradients, gradient mode and other
#   settings stay, too.
#
# Decided when graded: other widths, deeper features with batch normalisation, further parts, layers used twice.

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
def frozen_and_returned(already):
    model = tiny_vgg()
    model.get_submodule(already).requires_grad_(False)
    returned = freeze_features(model)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    return {
        "frozen": [name for name in frozen if name.startswith("features.")],
        "frozen elsewhere": [name for name in frozen if not name.startswith("features.")],
        "type": type(returned).__name__,
        "returned": sorted(names.get(id(p), "no parameter of the model") for p in returned),
    }


beside = {"frozen elsewhere": "no trace", "type": "the list", "returned": "the list"}
check("freeze_features/tiny VGG, one layer frozen before", frozen_and_returned, "classifier.3", sides=beside)

# %% nbgrader={"grade": true, "grade_id": "freeze_features-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from torchvision.models.vgg import make_layers

from autograder.checks import probes


def narrow_vgg(hidden=32, n=1000, dropout=0.0):
    """A VGG with fewer channels than the tiny one, which costs less."""
    model = torchvision.models.VGG.__new__(torchvision.models.VGG)
    nn.Module.__init__(model)  # without the large layers that VGG makes
    model.features = make_layers([2, "M", 2, "M", 4, "M", 2, "M"])
    model.avgpool = nn.AdaptiveAvgPool2d((7, 7))
    first, second = (nn.Linear(98, hidden), nn.ReLU(True), nn.Dropout(dropout)), (nn.ReLU(True), nn.Dropout(dropout))
    model.classifier = nn.Sequential(*first, nn.Linear(hidden, hidden), *second, nn.Linear(hidden, n))
    return model


class Scale(nn.Module):
    """A layer whose parameter is called neither weight nor bias."""

    def __init__(self, channels):
        super().__init__()
        self.factors = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        return x * self.factors


def deep():
    model = narrow_vgg(8, 4)
    model.features = make_layers([2, 2, "M", 2, 2, "M", 4, 4, 4, "M", 4, 4, 4, "M", 4, 4, 2, "M"], batch_norm=True)
    return model


def nested():
    model = narrow_vgg(8, 4)
    block = nn.Sequential(nn.Conv2d(4, 2, 3, stride=4, bias=False), nn.GroupNorm(1, 2), nn.PReLU(2))
    model.features = nn.Sequential(nn.Conv2d(3, 4, 3, stride=4), nn.Sequential(Scale(4), nn.Sequential(block)))
    return model


class Scaled(nn.Module):
    """Features that are no ``Sequential``, with a parameter of their own."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(4, 1, 1))
        self.first, self.last = nn.Conv2d(3, 4, 3, stride=4), nn.Conv2d(4, 2, 3, stride=4)

    def forward(self, x):
        return self.last(self.first(x) * self.gain)


def of_their_own():
    model = narrow_vgg(8, 4)
    model.features = Scaled()
    return model


def a_part_more():
    model = narrow_vgg(20, 4)
    model.features_too = nn.Linear(4, 2)
    model.temperature = nn.Parameter(torch.tensor(1.0))
    model.more = nn.ModuleDict({"features": nn.Linear(2, 2), "mirror": nn.Conv2d(2, 2, 3)})
    model.more.mirror.weight = model.features[3].weight
    return model


def a_tied_tensor():
    model = narrow_vgg(18, 4)
    model.head_too = nn.Linear(18, 18)
    model.head_too.weight = model.classifier[3].weight
    return model


def a_layer_twice():
    model = narrow_vgg(24, 4)
    model.classifier[3] = nn.Sequential(model.classifier[3], nn.ReLU(), model.classifier[3])
    return model


def plain():
    return narrow_vgg(12, 4)


def prepared(make, seed, already, modes):
    """A model with fresh numbers and gradients, parts of it frozen before."""
    model = probes.fill(make(), seed)
    first = model.classifier[0].bias.data
    for parameter in model.classifier.parameters():  # equal numbers in several parameters
        if parameter.shape == first.shape:
            parameter.data.copy_(first)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 0.25)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(tuple(already)))
    for i, module in enumerate(model.modules()):
        module.training = modes[i % len(modes)]
    return model


def beside_it(model, written):
    """What is frozen outside the features, and which modules have other attributes than before."""
    outside = [(n, p) for n, p in model.named_parameters() if not n.startswith("features.")]
    now = probes.attributes(model)
    return {
        "frozen elsewhere": [name for name, parameter in outside if not parameter.requires_grad],
        "modules with other attributes": [name for name in now if now[name] != written.get(name, now[name])],
    }


def trained(make, seed, already=(), modes=(True,)):
    """The features after a step along all gradients that there are."""
    model = prepared(make, seed, already, modes)
    written = probes.attributes(model)
    freeze_features(model)
    found = beside_it(model, written)
    x = torch.rand(3, 3, 32, 32, generator=probes.generator(seed))
    for parameter in model.parameters():
        parameter.grad = None
    output = model.eval()(x)
    if output.requires_grad:
        probes.weighted_sum(output).backward()
    with torch.no_grad():
        for parameter in model.features.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 + parameter.grad
    return {
        "frozen": [name for name, parameter in model.features.named_parameters() if not parameter.requires_grad],
        "features after a step": [probes.weighted_sum(parameter) for parameter in model.features.parameters()],
        **found,
    }


def returned(make, seed, already=(), modes=(True,), a_list=False, grad=True):
    """What is returned, by name, with its numbers."""
    model = prepared(make, seed, already, modes)
    written = probes.attributes(model)
    with torch.set_grad_enabled(grad):
        answer = freeze_features(model)
    found = beside_it(model, written)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    rows = [(names.get(id(p), "no parameter of the model"), probes.weighted_sum(p)) for p in answer]
    if a_list:
        found |= {"type": type(answer).__name__, "gone through again": len(list(answer))}
    return {"returned": sorted(rows, key=lambda row: row[0]), **found}


def with_and_without(seed):
    """A model of which something can be trained, and one of which nothing can."""
    return [returned(plain, f"{seed}/{i}", already)["returned"] for i, already in enumerate(([], ["classifier"]))]


beside = dict.fromkeys(("frozen elsewhere", "modules with other attributes"), "no trace")
mixed = (True, False, False)
check("freeze_features/another width", trained, plain, "freeze_features/a", sides=beside)
check("freeze_features/deep, with batch normalisation", trained, deep, "freeze_features/b", (), mixed, sides=beside)
check("freeze_features/nested", trained, nested, "freeze_features/c", ["classifier.0"], (False,), sides=beside)
check("freeze_features/no Sequential", trained, of_their_own, "freeze_features/j", sides=beside)
there = {"requirement": "the list", "sides": beside}
first, bias = ["classifier.0"], ["classifier.3.bias"]
check("freeze_features/list: a list", returned, plain, "freeze_features/d", a_list=True, **there)
check("freeze_features/list: a layer frozen before", returned, deep, "freeze_features/e", first, mixed, **there)
check("freeze_features/list: a bias frozen before", returned, nested, "freeze_features/f", bias, grad=False, **there)
check("freeze_features/list: further parts", returned, a_part_more, "freeze_features/g", ["features.0"], **there)
check("freeze_features/list: a layer used twice", returned, a_layer_twice, "freeze_features/h", **there)
check("freeze_features/list: a tensor in two layers", returned, a_tied_tensor, "freeze_features/k", **there)
check("freeze_features/list: something and nothing", with_and_without, "freeze_features/i", requirement="the list")
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Faster, not better
#
# Three networks learn the new task: one with trained features that are frozen, one with trained features that go on
# learning, which is called *fine-tuning*, and one from scratch. *Predict: which is ahead after one epoch? Which at
# the end?* And with 20 images instead of 200?

# %% tags=["demo"]
fresh_x, fresh_y = new_task(train=False).tensors()


def learn(model, x, y, epochs):
    """The accuracy on images it has not seen, after each epoch of training what is not frozen."""
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.005)
    torch.manual_seed(0)
    accuracies = []
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(x)).split(20):
            optimizer.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
        accuracies.append(share_right(model, fresh_x, fresh_y))
    return accuracies

# %% tags=["demo"]
def three_starts():
    torch.manual_seed(8)
    frozen, tuned = (tiny_vgg(weights="DEFAULT", dropout=0.0) for _ in range(2))
    for model in (frozen, tuned):
        model.classifier[6] = nn.Linear(32, 5)
    frozen.features.requires_grad_(False)
    scratch = tiny_vgg(num_classes=5, dropout=0.0)
    return {"trained, features frozen": frozen, "trained, nothing frozen": tuned, "from scratch": scratch}


new_x, new_y = new_task(train=True).tensors()
curves = {name: learn(model, new_x, new_y, epochs=15) for name, model in three_starts().items()}
few = {name: learn(model, new_x[:20], new_y[:20], epochs=20) for name, model in three_starts().items()}
pictures.transfer({"200 images": curves, "20 images": few})

# %% [markdown]
# *Picture: two panels, three curves each. Where trained features help, the curve is above that of the start from
# scratch.*
#
# Where a curve ends differs by a few points from computer to computer: processors round the last digit differently,
# and many steps of training make that large. What the next cell prints holds on all of them.

# %% tags=["demo"]
def end(accuracies):
    return sum(accuracies[-5:]) / 5  # the last five epochs


frozen, tuned, scratch = curves.values()
print("after one epoch, from scratch is behind both:", scratch[0] < min(frozen[0], tuned[0]))
print("at the end, frozen is behind fine-tuned:     ", end(frozen) < end(tuned))
*helped, alone = few.values()
print("20 images, from scratch is behind both:      ", end(alone) < min(map(end, helped)))

# %% [markdown]
# What was learned elsewhere makes it *faster*: a few epochs suffice. With 20 images, too, the start from scratch is behind.
# But frozen is *not better* than fine-tuned where there are images enough: what the features cannot see, the head
# cannot learn.
#
# Freezing has a price, then. What does it gain? No gradient goes back through the features, and that can be counted,
# in multiplications and additions, whatever the computer:

# %% tags=["demo"]
from torch.utils.flop_counter import FlopCounterMode

steps = []
for name, starting in three_starts().items():
    with FlopCounterMode(display=False) as forward:
        total = starting(new_x[:20]).sum()
    with FlopCounterMode(display=False) as backward:
        total.backward()
    there, back = forward.get_total_flops(), backward.get_total_flops()
    learning = sum(p.numel() for p in starting.parameters() if p.requires_grad)
    print(f"{name:24}  {learning:,} parameters learn; forward {there:,}, backward {back:,}")
    steps.append(there + back)
print(f"a frozen step is {steps[0] / steps[1]:.0%} of one in which everything learns")

# %% [markdown]
# Of the way back hardly anything is left; the way there costs as before. How much of that is seen on a clock depends
# on the computer.

# %% [markdown] seed=["A7.c5"]
# ## 7. Two patients
#
# ### Exercise 7.6 · `new_head_optimizer` · ★★☆ · 10 minutes
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
# Repair it.
#
# - `model`: a VGG with hidden layers of any width.
# - `n`: the number of outputs of its new last layer, 1 or more.
# - `lr`: the learning rate.
#
# What is asked for:
#
# - **the new head** (1 point): two things are returned, first `model` itself, with a new `nn.Linear` with a bias and
#   `n` outputs as its `classifier[6]`, which holds none of the old layer's numbers.
# - **its optimizer** (2.5 points): the second is an optimizer that holds the parameters of this new layer, weight and
#   bias, and no others. A step changes these, and leaves everything else bit for bit as it was.
# - **plain SGD** (1 point): it is a `torch.optim.SGD` with learning rate `lr`, without momentum, weight decay or
#   anything else beyond PyTorch's defaults.
# - **no trace** (0.5 points): beside the last layer nothing in the model changes: layers, attributes, numbers,
#   gradients, modes, hooks. To freeze the other layers is allowed, and not asked for; so is a new `Sequential` of the
#   same layers as `classifier`. Gradient mode, random seeds and other settings stay as they were.
#
# Decided when graded: other widths, other `n`, several steps, several models one after the other.

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
def after_one_step(n, lr):
    model = tiny_vgg(dropout=0.0)
    names = {id(parameter): f"{name} of the old layer" for name, parameter in model.classifier[6].named_parameters()}
    model, opt = new_head_optimizer(model, n, lr)
    names |= {id(parameter): name for name, parameter in model.named_parameters()}
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    output = model(torch.ones(2, 3, 32, 32))
    output.sum().backward()  # the gradient of each bias of the last layer is 2
    opt.step()
    after = dict(model.named_parameters())
    return {
        "output": tuple(output.shape),
        "held": sorted(names.get(id(p), "not in the model") for group in opt.param_groups for p in group["params"]),
        "changed": [name for name in after if not torch.equal(before[name], after[name])],
        "an SGD": isinstance(opt, torch.optim.SGD),
        "step of the biases": after["classifier.6.bias"] - before["classifier.6.bias"],
    }


beside = dict.fromkeys(("held", "changed"), "its optimizer")
beside |= dict.fromkeys(("an SGD", "step of the biases"), "plain SGD")
check("new_head_optimizer/one step", after_one_step, 4, 0.1, sides=beside, allow=("requires_grad",))

# %% nbgrader={"grade": true, "grade_id": "new_head_optimizer-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from torchvision.models.vgg import make_layers

from autograder.checks import probes


def narrow_vgg(hidden=32, n=1000, dropout=0.0, second=None):
    """A VGG with fewer channels than the tiny one, which costs less; its hidden layers may differ in width."""
    model = torchvision.models.VGG.__new__(torchvision.models.VGG)
    nn.Module.__init__(model)  # without the large layers that VGG makes
    model.features = make_layers([2, "M", 2, "M", 4, "M", 2, "M"])
    model.avgpool = nn.AdaptiveAvgPool2d((7, 7))
    last = second or hidden
    front, back = (nn.Linear(98, hidden), nn.ReLU(True), nn.Dropout(dropout)), (nn.ReLU(True), nn.Dropout(dropout))
    model.classifier = nn.Sequential(*front, nn.Linear(hidden, last), *back, nn.Linear(last, n))
    return model


def prepared(seed, hidden=32, frozen=(), training=True, second=None):
    model = probes.fill(narrow_vgg(hidden, second=second), seed).train(training)
    model.features.train(not training)
    model.features[0].register_forward_hook(lambda *_: None)  # somebody else's
    for name in frozen:
        model.get_submodule(name).requires_grad_(False)
    for name, parameter in model.named_parameters():
        if "classifier.6" not in name:
            parameter.grad = torch.ones_like(parameter)
    lr = float(torch.rand((), generator=probes.generator(f"{seed}/lr"))) + 0.05
    return model, lr


def edited(seed, hidden=32, frozen=(), training=True):
    """What is returned for a model with fresh numbers; the new layer has fresh ones, too."""
    model, lr = prepared(seed, hidden, frozen, training)
    old = model.classifier[6]
    model, opt = new_head_optimizer(model, 10, lr)
    return filled(model, seed), opt, old


def filled(model, seed):
    with torch.no_grad():
        model(pictures(seed))  # a lazy layer gets its parameters
    probes.fill(model.classifier[6], f"{seed}/head")
    return model


def pictures(seed):
    return torch.rand(2, 3, 32, 32, generator=probes.generator(f"{seed}/x"))


def step(model, opt, seed):
    opt.zero_grad()
    output = model(pictures(seed))
    if output.requires_grad:
        probes.weighted_sum(output).backward()
    opt.step()
    return output


def share_rows(new, old):
    """Whether the first rows or the last ones are the same, and not just 0."""
    n = min(len(new), len(old))
    return bool(new.any()) and (torch.equal(new[:n], old[:n]) or torch.equal(new[-n:], old[-n:]))


def head(seed, hidden, n, second=None):
    given, lr = prepared(seed, hidden, second=second)
    layers, last = [given.features, *given.features, *given.classifier[:6]], given.classifier[6]
    written = probes.attributes(given)
    del written["classifier"], written["classifier.6"]  # they may be new
    with torch.set_grad_enabled(second is None):
        model, _ = new_head_optimizer(given, n, lr)
    now = probes.attributes(model)
    with torch.no_grad():
        model(pictures(seed))  # a lazy layer gets its parameters
    new = model.classifier[6]
    old_numbers = isinstance(new, nn.Linear) and any(map(share_rows, new.parameters(), last.parameters()))
    return {
        "the model itself": model is given,
        "modules": [name for name, _ in model.named_modules()],
        "other layers as before": [model.features, *model.features, *model.classifier[:6]] == layers,
        "layers with other attributes": [name for name, old in written.items() if now.get(name) != old],
        "new layer": [str(new), type(new) is nn.Linear],
        "the old layer, or numbers of it": new is last or old_numbers,
        "output": filled(model, seed)(pictures(seed)),
    }


def held(model, opt, seed, old, all_frozen=False):
    """What the optimizer holds, and what one step changes; ``old`` is the layer that was there before."""
    names = {id(parameter): f"{name} of the old layer" for name, parameter in old.named_parameters()}
    names |= {id(parameter): name for name, parameter in model.named_parameters()}
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    output = step(model, opt, seed)
    params = [parameter for group in opt.param_groups for parameter in group["params"]]
    return {
        "held": sorted(names.get(id(parameter), "not in the model") for parameter in params),
        "changed": [name for name, p in model.named_parameters() if not torch.equal(before[name], p)],
        "output before": output,
        "wanting a gradient": [n for n, p in model.named_parameters() if p.requires_grad] if all_frozen else [],
    }


def the_held(seed, hidden=32, frozen=(), training=True):
    model, opt, old = edited(seed, hidden, frozen, training)
    return held(model, opt, seed, old, frozen == [""])


def two_in_turn(seed):
    made = [prepared(f"{seed}/{i}") for i in range(2)]
    old = [model.classifier[6] for model, _ in made]
    pairs = [new_head_optimizer(model, 10, lr) for model, lr in made]
    for i, (model, _) in enumerate(pairs):
        filled(model, f"{seed}/{i}")
    return [held(model, opt, seed, last) for (model, opt), last in zip(pairs, old)]


def two_steps(seed, hidden):
    model, opt, _ = edited(seed, hidden)
    for i in range(2):
        step(model, opt, f"{seed}/{i}")
    return {
        "head": list(model.classifier[6].parameters()),
        "an SGD": isinstance(opt, torch.optim.SGD),
        "settings": settings(opt),
    }


def settings(opt):
    """The learning rates, and what else is not 0 or False."""
    names = ("momentum", "dampening", "weight_decay", "nesterov", "maximize")
    return {
        "lr": sorted({float(group["lr"]) for group in opt.param_groups}),
        "beyond plain SGD": sorted({name for group in opt.param_groups for name in names if group.get(name)}),
    }


def two_rates(seed):
    """By how much a step of each of two optimizers moves the bias: one has a small rate, one a large one."""
    moved = []
    for i, factor in enumerate((2.0**-6, 4.0)):
        model, lr = prepared(f"{seed}/{i}")
        lr = factor * (1 + lr)
        model, opt = new_head_optimizer(model, 10, lr)
        bias = filled(model, seed).classifier[6].bias
        before = bias.detach().clone()
        step(model, opt, seed)
        moved.append({"step for a rate of 1": (bias - before) / lr, "settings": settings(opt)})
    return moved


may = {"allow": ("requires_grad",)}  # the others frozen
beside = dict.fromkeys(("the model itself", "the old layer, or numbers of it"), "the new head")
beside |= dict.fromkeys(("other layers as before", "layers with other attributes"), "no trace")
how = may | {"sides": beside}
check("new_head_optimizer/five outputs", head, "new_head_optimizer/a", 32, 5, **how)
check("new_head_optimizer/another width, one output", head, "new_head_optimizer/b", 27, 1, **how)
check("new_head_optimizer/as many outputs as before", head, "new_head_optimizer/i", 24, 1000, **how)
check("new_head_optimizer/two widths", head, "new_head_optimizer/c", 24, 6, 40, **how)
there = may | {"requirement": "its optimizer"}
check("new_head_optimizer/held: another width", the_held, "new_head_optimizer/d", 19, **there)
check("new_head_optimizer/held: all frozen before", the_held, "new_head_optimizer/e", frozen=[""], training=False,
      sides={"wanting a gradient": "no trace"}, **there)  # fmt: skip
check("new_head_optimizer/held: two models in turn", two_in_turn, "new_head_optimizer/f", **there)
there = may | {"requirement": "plain SGD"}
check("new_head_optimizer/two steps", two_steps, "new_head_optimizer/g", 32, **there)
check("new_head_optimizer/another rate", two_rates, "new_head_optimizer/h", **there)
### END HIDDEN TESTS

# %% [markdown] seed=["A7.3"]
# ### Exercise 7.7 · `append_head` · ★★☆ · 10 minutes · further
#
# **Bug hunt.** The printout of this one shows the new layer, and the output still has a thousand columns:
#
# ```python
# def append_head(model, n=10):
#     model.add_module("add_linear", nn.Linear(1000, n))
#     return model
# ```
#
# Repair it. You may change the model or wrap it, in a `Sequential` or a class of your own, and return that.
#
# - `model`: a VGG with hidden layers of any width, and its 1,000 logits.
# - `n`: how many outputs the model that is returned has; 10 where nothing is said.
#
# What is asked for:
#
# - **the output** (2.5 points): images (N, 3, 32, 32) become (N, n), for any N and n, 1 among them: a new linear
#   layer with a bias, from 1,000 to `n`, of the old logits. Nothing else is added before, between or behind, in
#   training mode as little as in evaluation mode.
# - **the old layers** (1 point): all layers that were there, the last one too, are still in the model that is
#   returned, as the same objects, and follow its mode.
# - **gradients** (1 point): reach every parameter of the model that is returned, old and new. Only what was frozen
#   before gets none.
# - **no trace** (0.5 points): apart from the new layer nothing changes: numbers, gradients, modes, settings of layers,
#   hooks of others on them and what is frozen stay as they were; so do gradient mode, random seeds and other settings.
#
# Decided when graded: other widths, other `n`, training mode, two models at once.

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
def appended(pictures, n, *said):
    x, model = torch.ones(pictures, 3, 32, 32), tiny_vgg().eval()
    old = list(model.parameters())
    edited = append_head(model, *said).eval()
    edited(x)
    for parameter in edited.parameters():
        if parameter.shape[0] == n:  # the weight and the bias of the new layer
            nn.init.constant_(parameter, 0.01)
            parameter.data[0] = -0.01
    output = edited(x)
    output.sum().backward()
    return {
        "output": output,  # what the layer makes of the old logits; the first column has the other sign
        "old parameters that are gone": sum(all(p is not q for q in edited.parameters()) for p in old),
        "parameters without a gradient": sum(p.grad is None for p in edited.parameters()),
    }


beside = {"old parameters that are gone": "the old layers", "parameters without a gradient": "gradients"}
check("append_head/two pictures, ten outputs", appended, 2, 10, sides=beside, allow=("hooks",))
check("append_head/one picture, three outputs", appended, 1, 3, 3, sides=beside, allow=("hooks",))

# %% nbgrader={"grade": true, "grade_id": "append_head-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from torchvision.models.vgg import make_layers

from autograder.checks import probes


def narrow_vgg(hidden=32, n=1000, dropout=0.0):
    """A VGG with fewer channels than the tiny one, which costs less."""
    model = torchvision.models.VGG.__new__(torchvision.models.VGG)
    nn.Module.__init__(model)  # without the large layers that VGG makes
    model.features = make_layers([2, "M", 2, "M", 4, "M", 2, "M"])
    model.avgpool = nn.AdaptiveAvgPool2d((7, 7))
    first, second = (nn.Linear(98, hidden), nn.ReLU(True), nn.Dropout(dropout)), (nn.ReLU(True), nn.Dropout(dropout))
    model.classifier = nn.Sequential(*first, nn.Linear(hidden, hidden), *second, nn.Linear(hidden, n))
    return model


def prepared(seed, hidden, training):
    model = probes.fill(narrow_vgg(hidden, dropout=0.0 if training else 0.25), seed).train(training)
    model.features.train(not training)
    model.features[0].register_forward_hook(somebodys)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    return model


def somebodys(module, args, output):
    """A hook that does nothing."""


def layers(model):
    """The innermost parts, each with what is written on it."""
    parts = {name: layer for name, layer in model.named_modules() if not list(layer.children())}
    return {name: (layer, probes.attributes(layer)[""]) for name, layer in parts.items()}


def is_changed(layer, written):
    """Whether something is written on the layer otherwise than before; it may have got a hook."""
    now = probes.attributes(layer)[""]
    return any(now.get(key) != value for key, value in written.items())


def numbers_for(parameter, seed):
    drawn = probes.normal(1021, generator=probes.generator(seed)) / 32
    return drawn.repeat(parameter.numel() // 1021 + 1)[: parameter.numel()].reshape(parameter.shape)


def looked_at(edited, leaves, count, x, n, training, seed):
    """What the edited model computes, and what has become of the layers in ``leaves``."""
    hooked = [layer for layer, _ in leaves.values() if somebodys in layer._forward_hooks.values()]
    changed = [name for name, (layer, written) in leaves.items() if is_changed(layer, written)]
    edited.train(training)(x)  # a lazy layer gets its parameters
    new = {
        "weight": [p for p in edited.parameters() if tuple(p.shape) == (n, 1000)],
        "bias": [p for p in edited.parameters() if tuple(p.shape) == (n,)],
    }
    for name, found in new.items():
        for parameter in found:
            parameter.data.copy_(numbers_for(parameter, f"{seed}/new {name}"))
    for parameter in edited.parameters():
        parameter.grad = None
    modes = {name: set() for name in leaves}
    watching = [
        layer.register_forward_pre_hook(lambda layer, args, name=name: modes[name].add(layer.training))
        for name, (layer, _) in leaves.items()
    ]
    output = edited(x)
    for handle in watching:
        handle.remove()
    if output.requires_grad:
        probes.weighted_sum(output).backward()
    kept = {id(module) for module in edited.modules()}
    others = [name for name, (layer, _) in leaves.items() if modes[name] | {layer.training} != {training}]
    for parameter in (*new["weight"], *new["bias"]):
        parameter.data.neg_()
    return {
        "output": output,
        "output with the signs of the new layer changed": edited(x),
        "weights of the new layer": len(new["weight"]),
        "biases of the new layer": len(new["bias"]),
        "parameters too many": max(0, len(list(edited.parameters())) - count - 2),
        "buffers": len(list(edited.buffers())),
        "dtypes": sorted({str(parameter.dtype) for parameter in edited.parameters()}),
        "old layers that are gone": [name for name, (layer, _) in leaves.items() if id(layer) not in kept],
        "old layers in another mode": others,
        "old layers with other settings": changed,
        "hooks of others": len(hooked),
        "shapes of what gets no gradient": [tuple(p.shape) for p in edited.parameters() if p.grad is None],
    }


def with_a_head(seed, pictures=2, hidden=32, n=7, training=False, frozen=()):
    model = prepared(seed, hidden, training)
    for name in frozen:
        model.get_submodule(name).requires_grad_(False)
    leaves, count = layers(model), len(list(model.parameters()))
    edited = append_head(model, n)
    x = torch.rand(pictures, 3, 32, 32, generator=probes.generator(seed))
    return looked_at(edited, leaves, count, x, n, training, seed)


def below_zero(seed, training):
    """What comes out where old layers return numbers below 0, which an activation in between cuts off.

    The pictures have numbers below 0 as well, and there are as many outputs as logits.
    """
    model = prepared(seed, 32, training)
    for parameter in model.features.parameters():
        parameter.data.abs_()  # so that something comes through
    with torch.no_grad():  # the new layer can be trained all the same
        edited = append_head(model, 1000)
    for layer in list(edited.modules()):
        if isinstance(layer, nn.ReLU | nn.MaxPool2d):
            layer.register_forward_hook(lambda module, args, output: output - 0.25)
    x = probes.normal(1, 3, 32, 32, generator=probes.generator(seed)) / 2
    with torch.no_grad():
        edited.train(training)(x)  # a lazy layer gets its parameters
        for parameter in edited.parameters():
            if tuple(parameter.shape) in ((1000, 1000), (1000,)):
                parameter.copy_(numbers_for(parameter, f"{seed}/new"))
        output = edited(x)
    return {"output": output, "frozen": [tuple(p.shape) for p in edited.parameters() if not p.requires_grad]}


def two_at_once(seed):
    models = [prepared(f"{seed}/{i}", 32, False) for i in range(2)]
    edited = [append_head(model, 5) for model in models]
    x = torch.rand(2, 3, 32, 32, generator=probes.generator(seed))
    first, second = (looked_at(e, {}, 16, x, 5, False, f"{seed}/{i}")["output"] for i, e in enumerate(edited))
    return {"first": first, "second": second, "first again": edited[0](x)}


beside = dict.fromkeys(("old layers that are gone", "old layers in another mode"), "the old layers")
beside |= dict.fromkeys(("old layers with other settings", "hooks of others"), "no trace")
beside |= dict.fromkeys(("buffers", "dtypes"), "the output")
beside |= {"shapes of what gets no gradient": "gradients"}
how = {"sides": beside, "allow": ("hooks",)}
check("append_head/seven outputs", with_a_head, "append_head/a", **how)
check("append_head/one picture", with_a_head, "append_head/c", pictures=1, **how)
check("append_head/one output", with_a_head, "append_head/d", pictures=3, n=1, **how)
check("append_head/in training mode", with_a_head, "append_head/f", n=6, training=True, **how)
check("append_head/another width, features frozen", with_a_head, "append_head/g", hidden=21, frozen=["features"], **how)
how["sides"] = {"frozen": "gradients"}
check("append_head/a thousand outputs, numbers below zero", below_zero, "append_head/i", False, **how, atol=1e-3)
check("append_head/two models at once", two_at_once, "append_head/h", allow=("hooks",))
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Yours at work
#
# Now you do the transfer, with your own functions: your `CifarNet` (chapter 4), trained by your `fit` (chapter 6),
# learns ten classes of drawings, and then, with a new head, the five others. Where an answer of yours is missing, the
# course's stands in.

# %% tags=["demo"]
from autograder.torch_nn.stand_ins import yours

Net, fit, accuracy = yours("CifarNet"), yours("fit"), yours("accuracy")
replace, freeze = yours("replace_head"), yours("freeze_features")
head_and_optimizer, runs = yours("new_head_optimizer"), yours("is_used")

# %% [markdown]
# These weights will be yours, and so are their transforms: whatever images the network sees now and later go through
# the same `scaled`.

# %% tags=["demo"]
from torch.utils.data import DataLoader
from torchvision import transforms

scaled = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.25] * 3)])
torch.manual_seed(0)
net = Net()
losses = fit(net, DataLoader(Doodles(transform=scaled), 20, shuffle=True), epochs=3, lr=0.01, momentum=0.9)
share = accuracy(net, DataLoader(Doodles(train=False, transform=scaled), 104))
print(f"the last loss is less than half of ln 10: {losses[-1] < math.log(10) / 2}")
print(f"more than two thirds of the fresh images right: {share > 2 / 3}")

# %% [markdown]
# Your functions expect a VGG. Nothing easier: VGG's `forward` calls `features`, `avgpool`, `flatten` and
# `classifier`, whatever they are. An `nn.Identity`, which returns what it gets, in the place of your last layer makes
# the rest of your network the features, and the layer becomes `classifier[6]`. (Six more identities fill the places
# before it.)

# %% tags=["demo"]
def as_vgg(net):
    """The network in the form of a VGG; its layers are the same objects."""
    named = net.named_modules()
    name = next(n for n, m in named if isinstance(m, nn.Linear) and m.out_features == 10)
    head = net.get_submodule(name)
    net.set_submodule(name, nn.Identity())
    with torch.device("meta"):  # VGG's own classifier is thrown away
        vgg = torchvision.models.VGG(net, init_weights=False)
    vgg.avgpool = nn.Identity()
    vgg.classifier = nn.Sequential(*[nn.Identity() for _ in range(6)], head)
    return vgg

# %% [markdown]
# Two copies, one frozen and one that goes on learning, and a new network of the same form. `copy.deepcopy` copies a
# module with everything in it, so that the copies share no parameter. Your `is_used` proves that the new head runs.

# %% tags=["demo"]
import copy

known = as_vgg(net)
starts = {"frozen": copy.deepcopy(known), "fine-tuned": copy.deepcopy(known), "from scratch": as_vgg(Net())}
for name, model in starts.items():
    replace(model, 5)
    learning = freeze(model) if name == "frozen" else list(model.parameters())
    count = sum(parameter.numel() for parameter in learning)
    print(f"{name:12}  head used: {runs(model, 'classifier.6', torch.zeros(1, 3, 32, 32))}, {count:,} parameters learn")

# %% tags=["demo"]
images = DataLoader(new_task(train=True, transform=scaled), 20, shuffle=True)
fresh = DataLoader(new_task(train=False, transform=scaled), 100)
progressed = {name: [] for name in starts}
for name, model in starts.items():
    for _ in range(4):
        fit(model, images, epochs=1, lr=0.01, momentum=0.9)
        progressed[name].append(accuracy(model, fresh))
pictures.transfer({"your CifarNet, 200 images": progressed})
third = {name: shares[2] for name, shares in progressed.items()}
is_behind = third["from scratch"] < min(third["frozen"], third["fine-tuned"])
print("after three epochs from scratch is behind both:", is_behind)

# %% [markdown]
# *Picture: your network on images that it has not seen, after each of four epochs.*
#
# A share says how many are wrong, not which. Look at those that the frozen one gets wrong; what do they have in
# common?

# %% tags=["demo"]
fresh_images, labels = next(iter(fresh))
with torch.no_grad():
    said = starts["frozen"].eval()(fresh_images).argmax(dim=1)
wrong = (said != labels).nonzero()[:, 0]
pictures.mistakes(new_task(train=False), wrong.tolist(), said.tolist())

# %% [markdown]
# *Picture: up to ten drawings, above each what the network says, and what it is.*
#
# The tiny VGG, last: its head alone learns, in your optimizer. Its images are the unchanged ones of section 5.

# %% tags=["demo"]
torch.manual_seed(0)
model, optimizer = head_and_optimizer(tiny_vgg(weights="DEFAULT", dropout=0.0), 5, 0.05)
print("the optimizer holds", [tuple(p.shape) for group in optimizer.param_groups for p in group["params"]])
for _ in range(5):
    for batch in torch.randperm(200).split(20):
        optimizer.zero_grad()
        F.cross_entropy(model(new_x[batch]), new_y[batch]).backward()
        optimizer.step()
print("twice as good as guessing:", share_right(model, fresh_x, fresh_y) > 2 / 5)
said = model(fresh_x).argmax(dim=1)
pictures.mistakes(new_task(train=False), (said != fresh_y).nonzero()[:, 0].tolist(), said.tolist())

# %% [markdown]
# *Picture: up to ten drawings that the tiny VGG gets wrong.*
#
# Its two hidden layers are as they were, made for ten other classes. Try `replace` and `freeze` on a trained tiny VGG, and
# let `learn` of section 6 train what is left: how far do you get?

# %% [markdown]
# ## What to keep
#
# 1. The printout shows what is registered; `forward` decides what runs. A hook is proof.
# 2. Replace the head: `model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)`.
# 3. Build the optimizer after the surgery.
# 4. Freeze parameters with `requires_grad_(False)`; `eval()` freezes nothing. Frozen is cheaper, not better.
# 5. Weights and their transforms belong together; the meta device lets you count, print and edit a network of any size for nothing.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown]
# ## Where to read on
#
# - [torchvision's models and weights](https://docs.pytorch.org/vision/stable/models.html)
# - [Transfer learning tutorial](https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html)
# - [The meta device](https://docs.pytorch.org/docs/stable/meta.html)
# - Next: [chapter 8](../08_save_load/08_save_load.ipynb), which puts all of this into a file
