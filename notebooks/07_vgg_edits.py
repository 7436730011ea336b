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
# what it knows about edges, textures and shapes, and gives it a new last layer for a new task. This chapter is
# surgery on VGG16, a classic with 138 million parameters: where to cut, and how to prove that the new part is
# really connected.
#
# When you have worked through this chapter you can
#
# - read the printout of a large network, and find where its parameters sit;
# - replace its head, and know why two popular ways of doing so fail or waste;
# - freeze what is to stay as it is;
# - prove with a hook that a part of a network runs.
#
# You need chapters 1, 4 and 6, and about an hour. Where you read *predict*, say your answer before you run the
# cell.

# %%
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from autograder import check
from autograder.data.models import tiny_vgg

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
import warnings

from autograder import hint, progress
from autograder.data import new_task
from autograder.pictures import ch07 as pictures

torch.manual_seed(7)

# %% [markdown] seed=["A7.1", "A7.c1", "E30"]
# ## 1. A network that takes no memory
#
# VGG16 has 528 MiB of numbers. To look at it, to count and to edit it, we do not need the numbers. On the `meta`
# device tensors have a shape, a type, and nothing else.
#
# `weights=None` means untrained, random numbers; `weights=torchvision.models.VGG16_Weights.IMAGENET1K_V1`
# means trained, after a download. The older way of saying it still works, and complains:

# %% tags=["demo"] seed=["A7.1", "A7.c1", "E30"]
with warnings.catch_warnings(record=True) as caught, torch.device("meta"):
    warnings.simplefilter("always")
    torchvision.models.vgg16(pretrained=False)
for warning in caught:
    print(warning.category.__name__ + ":", str(warning.message)[:72], "…")

# %% tags=["demo"] seed=["A7.2"]
with torch.device("meta"):
    vgg16 = torchvision.models.vgg16(weights=None)
print(vgg16)

# %% [markdown] seed=["A7.c2", "E31"]
# Read it from the top: `features`, thirteen convolutions with ReLUs and poolings between them; `avgpool`, which makes
# 7 by 7 of whatever comes; `classifier`, three linear layers. The last one has 1,000 outputs because the data set it
# was made for, ImageNet, has a thousand classes. (It is the *network* that has outputs; a data set has classes.)
#
# VGG16 was trained on pictures of 224 by 224 pixels, normalised in a certain way; the weights bring that recipe
# along, as `weights.transforms()`. It accepts 32 by 32 as well, but nothing smaller:

# %% tags=["demo"] seed=["A7.c2", "E31"]
print(vgg16(torch.empty(1, 3, 32, 32, device="meta")).shape)
try:
    vgg16(torch.empty(1, 3, 31, 31, device="meta"))
except RuntimeError as error:
    print("RuntimeError:", str(error).splitlines()[0][:80])
print(torchvision.models.VGG16_Weights.IMAGENET1K_V1.transforms())

# %% tags=["demo"]
layers = {name: layer for name, layer in vgg16.named_modules() if isinstance(layer, (nn.Conv2d, nn.Linear))}
pictures.parameter_bars({name: sum(p.numel() for p in layer.parameters()) for name, layer in layers.items()})

# %% [markdown]
# *Picture: a bar for each of the sixteen layers. The first linear layer alone has 102.8 million parameters, the others
# 16.8 and 4.1; all thirteen convolutions together have 14.7.*
#
# ### Exercise 7.1 · `param_table` · ★☆☆ · 8 minutes
#
# Write `param_table(model)`: a dictionary from the name of each *direct* child of the module to the number of parameters
# in it, an `int`, everything below it included. Children without parameters are in it, with 0.
#
# ```python
# param_table(vgg16)  # {'features': 14714688, 'avgpool': 0, 'classifier': 123642856}
# ```

# %% [markdown] tags=["hints"] exercise="param_table"
# 1. A module knows its children by name. Which method gives the direct ones only, and which gives all below as well?
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
from autograder import probes


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

# %% [markdown]
# ### Exercise 7.2 · `build_vgg16` · ★☆☆ · 8 minutes
#
# Write `build_vgg16(n_classes)`: torchvision's VGG16, not trained, with `n_classes` outputs instead of 1,000. It downloads
# nothing and warns of nothing. Whoever wants it on another device says so from outside; you need not care.

# %% [markdown] tags=["hints"] exercise="build_vgg16"
# 1. Section 1 shows two ways to say "not trained". One of them warns.
# 2. The number of outputs can be given when the network is made; look at the arguments of torchvision's function, or
#    replace the last layer afterwards.
# 3. The constructor passes further arguments on to the class `VGG`, and that one knows `num_classes`.

# %% nbgrader={"grade": false, "grade_id": "build_vgg16", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_vgg16(n_classes):
    """An untrained VGG16 with n_classes outputs."""
    ### BEGIN SOLUTION
    return torchvision.models.vgg16(weights=None, num_classes=n_classes)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "build_vgg16-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def on_meta(n):
    with torch.device("meta"):
        return tuple(build_vgg16(n)(torch.empty(1, 3, 32, 32)).shape)


check("build_vgg16/ten classes", on_meta, 10)

# %% nbgrader={"grade": true, "grade_id": "build_vgg16-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import urllib.request
import warnings
from unittest import mock

from autograder import probes


def built(numbers):
    found = []
    for n in numbers:
        no_network = mock.patch.object(urllib.request, "urlopen", side_effect=OSError("no network here"))
        with warnings.catch_warnings(record=True) as caught, no_network, torch.device("meta"):
            warnings.simplefilter("always")
            model = build_vgg16(n)
            found.append({
                "type": type(model).__name__,
                "outputs": model.classifier[6].out_features,
                "shape": tuple(model(torch.empty(2, 3, 32, 32)).shape),
                "tensors": len(list(model.parameters())),
                "parameters": sum(p.numel() for p in model.parameters()),
                "warnings": len([w for w in caught if issubclass(w.category, UserWarning)]),
            })
    return found


fresh = probes.generator("build_vgg16")
check("build_vgg16/three sizes", built, torch.randint(2, 900, (3,), generator=fresh).tolist())
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
# `features`, `avgpool` and `classifier`, and nothing else. The new layer is in the state_dict, the optimizer gets its
# parameters, and it never sees a picture. Training even runs, with labels below 10 and a loss that starts at ln 1000:

# %% tags=["demo"] seed=["E29"]
small = tiny_vgg()
small.add_module("add_linear", nn.Linear(1000, 10))
loss = F.cross_entropy(small.eval()(torch.rand(64, 3, 32, 32)), torch.arange(64) % 10)
loss.backward()
print(round(loss.item(), 1), small.add_linear.weight.grad)

# %% [markdown]
# (`tiny_vgg()` is torchvision's own class with narrow layers: the same names, the same `forward`, 67,528 parameters. It
# runs in milliseconds, and what you write for it works on VGG16.)
#
# ## 3. Ask the modules themselves
#
# A hook (chapter 1) fires when its module is called. Put one on every module, send one picture through, and you know.

# %% tags=["demo"] seed=["E29"]
def fired(model):
    counts = {name: 0 for name, module in model.named_modules() if not list(module.children())}
    hooks = []
    for name in counts:
        def count(module, args, output, name=name):
            counts[name] += 1
        hooks.append(model.get_submodule(name).register_forward_hook(count))
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, 32, 32))
    for hook in hooks:
        hook.remove()
    return counts


inside = tiny_vgg()
inside.classifier.add_module("add_linear", nn.Linear(1000, 10))
pictures.coverage({"model.add_module": fired(small), "model.classifier.add_module": fired(inside)})

# %% [markdown]
# *Picture: a box for every layer. In the first row the last one, add_linear, is red: it never ran. In the second row,
# where it was added to the classifier, every box is blue.*
#
# ### Exercise 7.3 · `is_used` · ★★☆ · 12 minutes
#
# Write `is_used(model, name, x)`: does the submodule called `name` (`"classifier.6"`, say) run when `model(x)` is called?
# A `bool`. Afterwards everything is as it was: no hook is left, the mode is the same, running statistics and gradients are
# untouched.
#
# ```python
# is_used(small, "classifier.6", torch.zeros(1, 3, 32, 32))  # True
# is_used(small, "add_linear", torch.zeros(1, 3, 32, 32))    # False
# ```

# %% [markdown] tags=["hints"] exercise="is_used"
# 1. Being in `named_modules()` or in the state_dict is no proof. Only the call itself is.
# 2. `model.get_submodule(name)` finds the module behind a name with dots. A hook on it can write into a list.
# 3. `register_forward_hook` gives a handle: remove it when you are done. Call `model(x)` in evaluation mode without
#    gradients, and give the mode back.

# %% nbgrader={"grade": false, "grade_id": "is_used", "locked": false, "schema_version": 3, "solution": true, "task": false}
def is_used(model, name, x):
    """Whether the submodule called name runs in model(x)."""
    ### BEGIN SOLUTION
    calls = []
    handle = model.get_submodule(name).register_forward_hook(lambda *_: calls.append(1))
    was_training = model.training
    model.eval()
    with torch.no_grad():
        model(x)
    model.train(was_training)
    handle.remove()
    return len(calls) > 0
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "is_used-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("is_used/the last layer", lambda: is_used(tiny_vgg(), "classifier.6", torch.zeros(1, 3, 32, 32)))

# %% nbgrader={"grade": true, "grade_id": "is_used-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


class Branches(nn.Module):
    """Twelve branches, of which forward calls those that the seed chose."""

    def __init__(self, chosen):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.ReLU()) for _ in range(12)
        )
        self.chosen = chosen

    def forward(self, x):
        for i in self.chosen:
            x = self.branches[i](x)
        return x


def used(seed, training):
    fresh = probes.generator(seed)
    model = Branches(torch.randperm(12, generator=fresh)[:6].tolist()).train(training)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 5.0)
    names = [f"branches.{i}.{j}" for i in range(12) for j in range(4)] + [f"branches.{i}" for i in range(12)]
    x = torch.randn(3, 4, generator=fresh)
    order = torch.randperm(len(names), generator=fresh).tolist()
    return {
        "answers": [bool(is_used(model, names[i], x)) for i in order],
        "hooks left": sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()),
        "mode": [module.training for module in model.modules()],
        "statistics": [buffer for buffer in model.buffers()],
        "gradients": all(bool((p.grad == 5).all()) for p in model.parameters()),
    }


check("is_used/while training", used, "is_used/a", True)
check("is_used/while evaluating", used, "is_used/b", False)
### END HIDDEN TESTS

# %% [markdown] seed=["A7.c4", "A7.4", "B7.1"]
# ## 4. Two edits that work
#
# Added to the *classifier*, which is a `Sequential` and calls all it holds, the layer is used. The count grows to
# 138,367,554.

# %% tags=["demo"] seed=["A7.4", "A7.c4", "B7.1"]
with torch.device("meta"):
    longer = torchvision.models.vgg16(weights=None)
    longer.classifier.add_module("add_linear", nn.Linear(1000, 10))
print("\n".join(str(longer).splitlines()[-12:]))
print(longer(torch.empty(1, 3, 32, 32, device="meta")).shape, sum(p.numel() for p in longer.parameters()))

# %% [markdown] seed=["A7.c5", "A7.5", "E32"]
# It wastes a little: two linear layers in a row, without an activation, are one (chapter 4). Better is to *replace* the
# last layer. The new one is untrained, of course, and an optimizer has to be built afterwards, or it holds the old layer.

# %% tags=["demo"] seed=["A7.5", "A7.c5"]
with torch.device("meta"):
    replaced = torchvision.models.vgg16(weights=None)
    replaced.classifier[6] = nn.Linear(4096, 10)
print(replaced.classifier[6])
print(replaced(torch.empty(1, 3, 32, 32, device="meta")).shape, sum(p.numel() for p in replaced.parameters()))

# %% [markdown] seed=["E32"]
# A third way only looks like one. *Predict:* `vgg16.classifier[6].out_features = 10`?

# %% tags=["demo"] seed=["E32"]
vgg16.classifier[6].out_features = 10
print(vgg16.classifier[6])
print(vgg16(torch.empty(1, 3, 32, 32, device="meta")).shape)

# %% [markdown] seed=["E30"]
# The label on the drawer was changed, not what is in it. And asking torchvision for trained weights *and* another number of
# classes is refused, since the two do not fit:

# %% tags=["demo"] seed=["E30"]
try:
    torchvision.models.vgg16(weights="DEFAULT", num_classes=10)
except ValueError as error:
    print("ValueError:", error)

# %% tags=["demo"]
pictures.three_edits()

# %% [markdown]
# *Picture: three rows of blocks. A layer added to the model lies outside, hatched, and is never called; added to the
# classifier it stands at the end of the row; in the third row the last block itself has ten outputs.*
#
# ### Exercise 7.4 · `replace_head` · ★★☆ · 10 minutes
#
# Write `replace_head(model, n=10)`: give a VGG (torchvision's class, of any width) a new last layer with `n` outputs, in the
# place of `classifier[6]`, and return the model. All other layers stay the same objects, with the same names and numbers.

# %% [markdown] tags=["hints"] exercise="replace_head"
# 1. How wide is what the last layer gets? In VGG16 it is 4,096; in the tiny one it is not.
# 2. The old layer knows: a linear layer has `in_features`. Read it before you throw the layer away.
# 3. A `Sequential` takes assignments by index, as in section 4. Do not build a new classifier.

# %% nbgrader={"grade": false, "grade_id": "replace_head", "locked": false, "schema_version": 3, "solution": true, "task": false}
def replace_head(model, n=10):
    """The same VGG with a new classifier[6] of n outputs."""
    ### BEGIN SOLUTION
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "replace_head-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def shape_and_length():
    model = replace_head(tiny_vgg())
    return tuple(model.eval()(torch.zeros(2, 3, 32, 32)).shape), len(model.classifier)


check("replace_head/tiny VGG", shape_and_length)

# %% nbgrader={"grade": true, "grade_id": "replace_head-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def fill_new(model, old, seed):
    """Fixed numbers for the parameters that are not among ``old``; how many there are."""
    known = {id(parameter) for parameter in old}
    new = [parameter for parameter in model.parameters() if id(parameter) not in known]
    for i, parameter in enumerate(new):
        numbers = torch.randn(parameter.shape, generator=probes.generator(f"{seed}/new/{i}"))
        parameter.data.copy_(numbers / 8)
    return [tuple(parameter.shape) for parameter in new]


def head_replaced(hidden, n, seed):
    model = probes.fill(tiny_vgg(hidden=hidden), seed)
    old = list(model.parameters())
    edited = replace_head(model, n)
    shapes = fill_new(edited, old, seed)
    kept = {id(parameter) for parameter in edited.parameters()}
    return {
        "new": shapes,
        "kept": [id(parameter) in kept for parameter in old],
        "names": [name for name, _ in edited.classifier.named_children()],
        "output": edited.eval()(torch.rand(2, 3, 32, 32, generator=probes.generator(seed))),
        "old numbers": old[0],
    }


check("replace_head/seven classes", head_replaced, 32, 7, "replace_head/a")
check("replace_head/wider", head_replaced, 48, 10, "replace_head/b")
check("replace_head/narrower", head_replaced, 20, 3, "replace_head/c")
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Freeze what is to stay
#
# Now the point of it all. `tiny_vgg(weights="DEFAULT")` was trained on ten classes of little drawings. Here is a new task: five
# *other* things, 200 pictures. We keep its features, frozen, and train a new head; beside it the same network from scratch.

# %% tags=["demo"]
def learn(model, parameters, epochs=5):
    x, y = new_task(train=True).tensors()
    fresh_x, fresh_y = new_task(train=False).tensors()
    optimizer = torch.optim.Adam(parameters, lr=0.01)
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
torch.manual_seed(1)
trained = tiny_vgg(weights="DEFAULT", dropout=0.0)
for parameter in trained.features.parameters():
    parameter.requires_grad_(False)
trained.classifier[6] = nn.Linear(32, 5)
scratch = tiny_vgg(num_classes=5, dropout=0.0)
curves = {
    "trained features, new head": learn(trained, trained.classifier.parameters()),
    "from scratch": learn(scratch, scratch.parameters()),
}
pictures.transfer(curves)
print({name: round(values[-1], 2) > 0.5 for name, values in curves.items()})

# %% [markdown]
# *Picture: two curves over five epochs. The network with trained features is far ahead from the first epoch on.*
#
# ### Exercise 7.5 · `freeze_features` · ★★☆ · 10 minutes
#
# Write `freeze_features(model)`: freeze every parameter in `model.features` of a VGG, so that training leaves them as they
# are, and return the list of all parameters of the model that can still be trained, for an optimizer. The mode of the model
# (training or evaluation) is another matter and stays as it was.

# %% [markdown] tags=["hints"] exercise="freeze_features"
# 1. Freezing is a property of a *parameter*: it says whether a gradient is wanted. Modules do not have it.
# 2. Go through all parameters of `features`, weights and biases, however deep.
# 3. Collect from the whole model what still requires a gradient. `eval()` changes how dropout behaves, and freezes nothing.

# %% nbgrader={"grade": false, "grade_id": "freeze_features", "locked": false, "schema_version": 3, "solution": true, "task": false}
def freeze_features(model):
    """Freeze model.features; the list of parameters that can still be trained."""
    ### BEGIN SOLUTION
    for parameter in model.features.parameters():
        parameter.requires_grad_(False)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "freeze_features-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def what_is_left():
    return [tuple(parameter.shape) for parameter in freeze_features(tiny_vgg())]


check("freeze_features/what is left", what_is_left)

# %% nbgrader={"grade": true, "grade_id": "freeze_features-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def frozen(hidden, training, seed):
    model = probes.fill(tiny_vgg(hidden=hidden, num_classes=6, dropout=0.0), seed).train(training)
    before = [parameter.detach().clone() for parameter in model.features.parameters()]
    returned = list(freeze_features(model))
    wanted = {id(parameter) for parameter in model.classifier.parameters()}
    mode = [module.training for module in model.modules()]
    optimizer = torch.optim.SGD(returned, lr=0.1)
    x = torch.rand(3, 3, 32, 32, generator=probes.generator(seed))
    F.cross_entropy(model(x), torch.tensor([0, 3, 5])).backward()
    optimizer.step()
    return {
        "requires a gradient": [parameter.requires_grad for parameter in model.parameters()],
        "the classifier's own": [id(parameter) in wanted for parameter in returned],
        "mode": mode,
        "features": all(torch.equal(a, b) for a, b in zip(before, model.features.parameters())),
        "classifier": [probes.weighted_sum(parameter) for parameter in model.classifier.parameters()],
    }


check("freeze_features/while training", frozen, 24, True, "freeze_features/a")
check("freeze_features/while evaluating", frozen, 40, False, "freeze_features/b")
### END HIDDEN TESTS

# %% [markdown] seed=["A7.c5"]
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
# Repair it: return the VGG with a new `classifier[6]` of `n` outputs, and an SGD optimizer (without momentum) with learning rate
# `lr` that trains the new layer and nothing else. After a step everything else is bit for bit what it was.

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
def one_step_changes_the_head():
    model, opt = new_head_optimizer(tiny_vgg(), 4, 0.1)
    before = model.classifier[6].weight.detach().clone()
    F.cross_entropy(model.eval()(torch.ones(2, 3, 32, 32)), torch.tensor([0, 1])).backward()
    opt.step()
    return torch.equal(before, model.classifier[6].weight)


check("new_head_optimizer/is the head still the same after a step?", one_step_changes_the_head)

# %% nbgrader={"grade": true, "grade_id": "new_head_optimizer-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def one_step(hidden, n, seed):
    fresh = probes.generator(seed)
    lr = float(torch.rand((), generator=fresh)) + 0.05
    original = probes.fill(tiny_vgg(hidden=hidden, dropout=0.0), seed)
    model, opt = new_head_optimizer(original, n, lr)
    probes.fill(model.classifier[6], f"{seed}/head")
    held = [id(parameter) for group in opt.param_groups for parameter in group["params"]]
    head = [id(parameter) for parameter in model.classifier[6].parameters()]
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    output = model.eval()(torch.rand(3, 3, 32, 32, generator=fresh))
    F.cross_entropy(output, torch.arange(3) % n).backward()
    opt.step()
    return {
        "output": output,
        "held": sorted(held) == sorted(head),
        "head": list(model.classifier[6].parameters()),
        "others": [
            torch.equal(before[name], p) for name, p in model.named_parameters() if not name.startswith("classifier.6")
        ],
    }


check("new_head_optimizer/five classes", one_step, 32, 5, "new_head_optimizer/a")
check("new_head_optimizer/another width", one_step, 27, 3, "new_head_optimizer/b")
### END HIDDEN TESTS

# %% [markdown] seed=["A7.3"]
# ### Exercise 7.7 · `append_head` · ★★☆ · 10 minutes
#
# **Bug hunt.** The printout of this one shows the new layer, and the output still has a thousand columns:
#
# ```python
# def append_head(model, n=10):
#     model.add_module("add_linear", nn.Linear(1000, n))
#     return model
# ```
#
# Repair it. The result is a model whose output is a new linear layer, from 1,000 to `n`, applied to the old 1,000 logits. All
# layers that were there stay the same objects. Whether you change the model or wrap it is up to you.

# %% [markdown] tags=["hints"] exercise="append_head"
# 1. Who decides which modules run? Look at section 2 once more, and at what `forward` of VGG calls.
# 2. A `Sequential` calls everything that it holds. Either one that is there already gets one layer more, or a new one gets the
#    old model as its first layer.
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
from autograder import probes


def appended(hidden, n, seed):
    model = probes.fill(tiny_vgg(hidden=hidden), seed)
    old = list(model.parameters())
    edited = append_head(model, n)
    known = {id(parameter) for parameter in old}
    new = [parameter for parameter in edited.parameters() if id(parameter) not in known]
    for i, parameter in enumerate(new):
        numbers = torch.randn(parameter.shape, generator=probes.generator(f"{seed}/new/{i}"))
        parameter.data.copy_(numbers / 30)
    kept = {id(parameter) for parameter in edited.parameters()}
    output = edited.eval()(torch.rand(2, 3, 32, 32, generator=probes.generator(seed)))
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
# 3. Freeze parameters with `requires_grad_(False)`; `eval()` freezes nothing.
# 4. Build the optimizer after the surgery.
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
