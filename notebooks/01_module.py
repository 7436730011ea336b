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

# %% [markdown] seed=["B1.c1"]
# # 1 · Modules: the brick that every network is built from
#
# Welcome! Every network in PyTorch, from two numbers to two hundred billion, is made of one kind of
# brick, the module: [`nn.Module`](https://docs.pytorch.org/docs/stable/nn.html). Understand one well, and
# the rest of the library reads like a box of them.
#
# When you have worked through this chapter you can
#
# - write a module of your own, and say why you call `model(x)` and never `model.forward(x)`;
# - tell what a module *knows* about itself, and what stays invisible to it;
# - count what a network learns, say which numbers it starts with, and run it without leaving a trace;
# - have a network of your own learn a curve;
# - find the kind of bug that raises no error.
#
# You need Python, and nothing of PyTorch. Run each cell with **Shift + Enter**. Where you read *predict*, stop
# and say your answer aloud before you run the cell: being wrong there is how most of it sticks.
#
# **Time.** Reading takes about 37 minutes, the exercises 76; the core is 90 of them, what is marked *further* 23.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share. **no trace** stands in every list: what an answer
# was given, and torch's own settings, are afterwards as they were before. The grey cell below the checks of an
# exercise, which looks empty, is where its hidden checks go: leave it as it is.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from autograder import check

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers

# %% tags=["demo"]
from autograder import hint, progress
from autograder.torch_nn.pictures import ch01 as pictures

# %% [markdown]
# ## 1. Tensors, and what PyTorch records of them
#
# Modules compute with *tensors*, PyTorch's arrays of numbers. A tensor has a *shape*, `(2, 3)` for 2 rows
# of 3 and `()` for a single number without axes, and a *dtype*, the kind of its numbers: Python's floats
# become `float32`, the *default dtype*, and its ints `int64`. Sums and products are taken number by
# number, and PyTorch chooses the dtype of the result.

# %% tags=["demo"]
rows = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
counts = torch.tensor([1, 5])
print("shapes:", tuple(rows.shape), tuple(counts.shape), tuple(torch.tensor(1.0).shape))
print("dtypes:", rows.dtype, counts.dtype)
print("sums:  ", counts + 3, counts + 0.5)

# %% [markdown]
# `given + 1` makes a new tensor. `+=`, `-=` and the methods whose names end in an underscore work *in
# place*: they write into the tensor that is there, and whoever else holds it sees the change. *Predict
# the three lines.*

# %% tags=["demo"]
given = torch.tensor([4.0, 5.0])
mine = given
print("after mine + 1:     ", mine + 1, given)
mine -= 1
print("after mine -= 1:    ", mine, given)
mine.fill_(0.0)
print("after mine.fill_(0):", mine, given)

# %% [markdown]
# How fast does a result grow when one of the numbers behind it grows? This rate is the *gradient* of that
# number. `requires_grad=True` has PyTorch *record* what is computed from a tensor, in a *graph* of all
# operations; `backward()` goes back through the graph and puts the gradient into `.grad`. The gradient of
# `w**2` is `2 * w`. *Predict the two numbers.*

# %% tags=["demo"]
w = torch.tensor(3.0, requires_grad=True)
square = w**2
square.backward()
print("square:", square.item(), "gradient of w:", w.grad.item())

# %% [markdown]
# So the square gets smaller when `w` takes a small step *against* its gradient. While PyTorch records, it
# refuses to write into such a tensor; `with torch.no_grad():` switches the recording off for the lines
# inside. When there is an error, read its **last line** first; these cells catch theirs and print that line.

# %% tags=["demo"]
try:
    w -= 0.1 * w.grad
except RuntimeError as error:
    print("RuntimeError:", error)

with torch.no_grad():
    w -= 0.1 * w.grad
print(f"w is {w.item():.1f} now, its square {(w**2).item():.2f}")

# %% [markdown]
# Random numbers come from one generator. `torch.manual_seed` sets it to a place of its sequence, so the same
# seed gives the same numbers again. The seed, the default dtype and whether gradients are recorded are
# settings of the *whole program*: who changes one changes it for everybody.

# %% tags=["demo"]
for seed in (0, 1, 0):
    torch.manual_seed(seed)
    print("seed", seed, "gives", torch.rand(2))

# %% [markdown]
# ## 2. Five minutes: a module, a call, an answer
#
# This is a whole module. It adds one.


# %% tags=["demo"] seed=["A1.1"]
class AddOne(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x + 1


add_one = AddOne()
x = torch.tensor(1.0)
print(add_one(x))

# %% [markdown] seed=["A1.c1", "A1.c3"]
# Read it from the top:
#
# - **`class AddOne(nn.Module)`**: your class *is a* Module. `nn.Module` is the parent class of every
#   layer and every network in PyTorch, those of others and yours.
# - **`__init__`** says what the module *has*. Its first line wakes up the parent. Here there is
#   nothing more to have.
# - **`forward`** says what the module *does* with its argument.
# - **`add_one(x)`**: you *call* the object, like a function. PyTorch takes it to your `forward`.
#
# ### A check answers at once
#
# Below each exercise stands a **check**. It calls your code and compares what comes out with what the
# course's own solution gave: first the type, then the shape, then the dtype, then every number. The
# first thing that differs is what it tells you. The first exercise has to give `tensor(2.)`; here
# somebody answers `tensor([3.])`. Read what the check says.

# %% tags=["demo", "raises-exception"]
check("AddN/one", lambda: torch.tensor([3.0]))  # wrong on purpose

# %% [markdown]
# The cell ends in an error so that you cannot overlook it; that is all the error means. Now you.

# %% [markdown]
# ### Exercise 1.1 · `AddN` · ★☆☆ · 8 minutes
#
# Write a module that adds a number of your choice.
#
# - `AddN(n=1.0)`: `n` is a Python number, an int or a float. Zero is one too.
# - `x`: what the object is called with, a tensor of any shape, of integers, of floats or of True and
#   False.
#
# What your answer has to do:
#
# - **the sum** (1 point): called with `x`, it returns what the expression `x + n` gives, a new tensor:
#   every number, in the same shape, also without axes and where an axis has size 1.
# - **the dtype** (0.5 points): the result has the dtype that PyTorch chooses for `x + n`, with all the
#   digits that this dtype can hold.
# - **a number of its own** (0.5 points): every object keeps its own `n`, for all calls.
# - **a real module** (0.5 points): it is an `nn.Module`, and hooks see its calls and can change them; a *hook*
#   is a function that PyTorch runs whenever the object is called, as section 4 shows. There is nothing in it to
#   train: it has no parameters (section 6), and a gradient flows through it as through any sum, in training
#   and in evaluation mode.
# - **no trace** (0.5 points): `x` itself stays as it was. So do PyTorch's settings: gradients are
#   recorded as before, and not inside `no_grad`; the default dtype is the same, and nobody seeds the
#   random numbers anew.
#
# ```python
# AddN()(torch.tensor(1.0))      # tensor(2.)
# AddN(3)(torch.tensor([1, 5]))  # tensor([4, 8])
# ```
#
# Decided when graded: other shapes and numbers, more dtypes, and the gradient.

# %% [markdown] tags=["hints"] exercise="AddN"
# 1. Two methods, two questions. What does the object have to remember when it is made? What does it
#    do when it is called?
# 2. The parent class has to be woken up before anything else happens in `__init__`; the example
#    above shows the line. After that, put `n` where `forward` can find it again.
# 3. `forward` sees `self` and `x`, not the `n` of `__init__`. An attribute of `self` is what the
#    two methods share. `forward` ends by returning a sum that uses it.


# %% nbgrader={"grade": false, "grade_id": "AddN", "locked": false, "schema_version": 3, "solution": true, "task": false}
class AddN(nn.Module):
    """Adds the number n to a tensor of any shape."""

    def __init__(self, n=1.0):
        ### BEGIN SOLUTION
        super().__init__()
        self.n = n
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return x + self.n
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "AddN-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def in_turn():
    two, five = AddN(2), AddN(5)
    return [add(torch.tensor([1.0, 2.0])) for add in (two, five, two)]


def with_a_hook():
    add, seen = AddN(2.0), []
    add.register_forward_hook(lambda module, args, result: seen.append(result))
    return {"sum": add(torch.tensor([1.0, 5.0])), "what the hook saw": seen}


check("AddN/one", lambda: AddN()(torch.tensor(1.0)))
check("AddN/one row", lambda: AddN(-2.5)(torch.tensor([[4.0, 5.0]])))
check("AddN/three", lambda: AddN(3)(torch.tensor([1, 5])), requirement="the dtype")
check("AddN/in turn", in_turn, requirement="a number of its own")
check("AddN/a hook", with_a_hook, requirement="a real module")

# %% nbgrader={"grade": true, "grade_id": "AddN-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("AddN")
up, down, whole = torch.randint(8, 40, (3,), generator=fresh).tolist()
block = probes.normal(2, 3, 2, generator=fresh)
integers = torch.randint(-99, 99, (4,), generator=fresh)
small = torch.randint(1, 60, (3,), generator=fresh)
large = torch.randint(0, 99, (2,), generator=fresh) * 2 + 2**53 + 1
mixed = torch.tensor([True, False, True])
endless = torch.tensor([float("inf"), -float("inf"), 1.0])


def summed(n, *tensors):
    """The sums, every second inside `no_grad`; and whether x and the recording are as before."""
    sums, kept = [], []
    for k, x in enumerate(tensors):
        given, recorded = x.clone(), k % 2 == 0
        with torch.set_grad_enabled(recorded):
            sums.append(AddN(n)(given))
            same = torch.equal(given, x) and not given.requires_grad
            kept.append(same and torch.is_grad_enabled() == recorded)
    return {"sums": sums, "as before": kept}


def transposed():
    """Other orders in memory, a later place in it, gaps, and one row that stands for two."""
    turned = [block[0].clone().T, block.clone().permute(2, 0, 1), block.clone()[1].T]
    return [AddN(up + 0.25)(x) for x in (*turned, block.clone()[:, ::2], block[:1].expand(2, 3, 2))]


def zero():
    given = [block.clone(), integers.clone(), block.clone(), block.clone()]
    sums = [AddN(n)(x) for n, x in zip([0, 0, 0.0, up], given, strict=True)]
    new = [total.data_ptr() != x.data_ptr() for total, x in zip(sums, given, strict=True)]
    return {"sums": sums, "a new tensor": new}


def one_and_integers():
    far = 2**53 + 2 * whole + 1
    sums = [AddN()(integers.clone()), *(AddN(n)(integers.clone()) for n in (0.0, far))]
    return [*sums, AddN(whole)(small.int()), AddN(1)(small.int())]


def truths():
    return [AddN(whole)(mixed.clone()), AddN(up + 0.5)(mixed.clone())]


def several_objects():
    plus, minus, default, integer = AddN(up + 0.25), AddN(n=-down - 0.75), AddN(), AddN(whole)
    one, real = AddN(1), AddN(1.0)
    sums = [add(block.clone()) for add in (plus, minus, plus, default, integer, default, minus)]
    return [*sums, *(add(integers.clone()) for add in (one, real, one))]


def called_again():
    add = AddN(whole)
    return [add(x.clone()) for x in (block, block[0], block, block + 1, block.flip(0))]


def flows(add, x):
    return probes.gradients(lambda given: add(given * 1), x)


def hooked():
    add, changed, fired = AddN(up + 0.25), AddN(up + 0.25), []
    add.register_forward_pre_hook(lambda module, args: fired.append("before"))
    add.register_forward_hook(lambda module, args, result: fired.append("after"))
    changed.register_forward_pre_hook(lambda module, args: (args[0] / 2,))
    changed.register_forward_hook(lambda module, args, result: result * 2)
    sums = [flows(add, block), add.eval()(block + 1)]
    return {"sums": sums, "changed by hooks": changed(block.clone()), "hooks": fired}


def nothing_to_train():
    add = AddN(whole)
    return {"sum": flows(add.eval(), block), "parameters": len(list(add.parameters()))}


def gradients():
    found = [flows(AddN(up + 0.25), x) for x in (block, block[0, 0, 0])]
    return [*found, flows(AddN(up + 0.25).eval(), block[:1].double())]


def settings():
    return [torch.is_grad_enabled(), torch.get_default_dtype(), torch.initial_seed()]


@torch.enable_grad()
def left(x):
    drawn, before, given = torch.rand(3), settings(), x.clone()
    output = AddN(down + 0.75)(given)
    kept = [old == new for old, new in zip(before, settings(), strict=True)]
    named = dict(zip(["recording", "default dtype", "seed"], kept, strict=True))
    named["seed"] = named["seed"] and not torch.equal(torch.rand(3), drawn)
    with torch.no_grad():
        inside = AddN(down + 0.75)(x.clone().requires_grad_())
        quiet = [inside.requires_grad, torch.is_grad_enabled()]
    asked = [given.requires_grad, output.requires_grad]
    facts = {"x and the sum require gradients": asked, "recorded inside no_grad": quiet}
    return {"sum": output, "x": given, **facts, "as before": named}


kept = {"sides": {"as before": "no trace"}}


check("AddN/no axes", summed, -down - 0.75, block[0, 0, 0], block[1, 1, 1], **kept)
sizes = [block[:1], block[:1, :, :1], block[:1, :1, :1]]
check("AddN/axes of size 1", summed, up + 0.25, *sizes, **kept)
check("AddN/more axes", summed, -down - 0.75, block, block[0], block[:0], endless, **kept)
check("AddN/transposed", transposed)
check("AddN/zero", zero)
close = {"rtol": 1e-12, "atol": 0, "requirement": "the dtype", **kept}
kinds = [integers, large, small.int(), small.short(), small.byte(), small.char()]
check("AddN/whole numbers", summed, whole, *kinds, (255 - small % 8).byte(), **close)
check("AddN/a fraction and integers", summed, up + 0.5, integers, small.byte(), **close)
check("AddN/one and integers", one_and_integers, rtol=1e-12, atol=0, requirement="the dtype")
check("AddN/True and False", truths, rtol=1e-12, atol=0, requirement="the dtype")
check("AddN/float64", summed, up + 0.1, block.double() / 3, **close)
half = {"rtol": 1e-2, "atol": 1e-2, "requirement": "the dtype", **kept}
check("AddN/half precision", summed, whole % 3 + 0.5, block.half(), block.bfloat16(), **half)
check("AddN/several objects", several_objects, requirement="a number of its own")
check("AddN/called again", called_again, requirement="a number of its own")
check("AddN/hooks", hooked, requirement="a real module")
check("AddN/gradient", gradients, requirement="a real module")
check("AddN/nothing to train", nothing_to_train, requirement="a real module")
check("AddN/what is left", left, block, requirement="no trace")
### END HIDDEN TESTS

# %% [markdown]
# That was your first check. Nobody counts how often you run one. When you hand in, other inputs than
# the printed ones are tried as well, so an answer that fits only the example is not there yet.
#
# Stuck? Ask for a **hint**. There are three for every exercise, and each call gives you one more.

# %% tags=["demo", "nbval-ignore-output"]
hint("AddN")

# %% [markdown]
# And **progress** shows where you are in this chapter.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown] seed=["A1.c3"]
# ## 3. What makes a module a module
#
# Many texts say that a module *has* the two methods `__init__` and `forward`. Which of them do you
# really have to write? *Predict both outcomes, then run.*


# %% tags=["demo"] seed=["A1.c3"]
class NoInit(nn.Module):
    def forward(self, x):
        return x + 1


class NoForward(nn.Module):
    pass


print("no __init__:", NoInit()(x))
try:
    NoForward()(x)
except NotImplementedError as error:
    print("no forward: NotImplementedError:", error)

# %% [markdown] seed=["A1.c3", "A1.c1"]
# `forward` you must write. `__init__` only if the module has something to set up; otherwise the
# parent's own is used.
#
# The parent of them all lives in `torch.nn`, in the group that the documentation calls *Containers*.
# Layers, containers and even losses descend from it.

# %% tags=["demo"] seed=["A1.c1"]
for module in (nn.Linear(3, 2), nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Sequential(), nn.L1Loss()):
    print(f"{type(module).__name__:10}", isinstance(module, nn.Module))

# %% [markdown] seed=["A1.c2"]
# ### Must everything be a Module?
#
# You will read that every network has to inherit from `nn.Module`. Does it? Here two bare tensors
# and a formula learn the line `2 * x + 3` from points, with what section 1 showed: the gap between the
# formula and the line is a number, and each tensor steps against the gap's gradient, again and again.
# (`backward` adds to what stands in `.grad`, so it is emptied after each step.) *Predict: does it work?*

# %% tags=["demo"] seed=["A1.c2"]
points = torch.linspace(-1, 1, 21)
slope = torch.tensor(0.0, requires_grad=True)
height = torch.tensor(0.0, requires_grad=True)

for _ in range(200):
    gap = ((slope * points + height - (2 * points + 3)) ** 2).mean()
    gap.backward()
    with torch.no_grad():
        for number in (slope, height):
            number -= 0.2 * number.grad
            number.grad = None

print(f"slope {slope.item():.3f}, height {height.item():.3f}, no module anywhere")

# %% [markdown] seed=["A1.c2"]
# It works: tensors and operations on them are enough to learn. But *you* had to know the list
# `(slope, height)`, and would have to know it again to save it or to move it to a GPU. For two
# numbers that is fine. A Module keeps that list for you, and that is what you inherit it for: it
# **registers** its parts, it lets others **hook** into its calls, and it can hand out its **state**.
# The rest of this chapter is about these three.

# %% [markdown] seed=["E3"]
# ## 4. Why `model(x)` and not `model.forward(x)`
#
# Both run your `forward`, and both return the same tensor. So what is the difference? A *hook* is a
# function that PyTorch runs around every call of a module. This one writes down what it sees.
# *Predict: how many of the two calls does it see?*

# %% tags=["demo"] seed=["E3"]
seen = []
handle = add_one.register_forward_hook(lambda module, args, result: seen.append(result))
print(add_one(x), add_one.forward(x))
print("the hook saw", len(seen), "of 2 calls")
handle.remove()

# %% tags=["demo"] seed=["E3"]
pictures.call_diagram()

# %% [markdown] seed=["E3"]
# *Picture: `model(x)` goes through `__call__`, the pre-hooks, `forward` and the hooks to the result. A
# dashed short cut leads from `model.forward(x)` straight into `forward` and from there to the
# result, past all hooks.*
#
# Missing a note may be harmless. But hooks can also *change* what goes in or comes out. Then the short
# cut gives **another number, and no error**. *Predict the two lines.*

# %% tags=["demo"] seed=["E3"]
handle = add_one.register_forward_pre_hook(lambda module, args: (args[0] / 10,))
print("add_one(x)        ", add_one(x))
print("add_one.forward(x)", add_one.forward(x))
handle.remove()

# %% [markdown]
# ## 5. A hook at work, and names that bite · further
#
# PyTorch's own pruning changes a module by a hook: it keeps all weights as the parameter `weight_orig`, and a pre-hook
# makes `weight` of it, with the smallest set to 0, before each call. So after a step of training the short
# cut still computes with the old weight. Not every such tool has a hook: spectral normalisation, which
# bounds how much a layer enlarges its input, is a *parametrization*, worked out whenever `weight` is read.

# %% tags=["demo"]
from torch.nn.utils import parametrizations, prune

torch.manual_seed(0)
pruned = prune.l1_unstructured(nn.Linear(3, 1, bias=False), "weight", amount=1)
normed = parametrizations.spectral_norm(nn.Linear(3, 1))
print("pre-hooks:", len(pruned._forward_pre_hooks), "and", len(normed._forward_pre_hooks))
with torch.no_grad():
    pruned.weight_orig.fill_(10.0)  # as if it had been trained
print(f"pruned.forward(…) {pruned.forward(torch.ones(3)).item():6.2f}")
print(f"pruned(…)         {pruned(torch.ones(3)).item():6.2f}")

# %% [markdown] seed=["E1", "E2"]
# ### Names: what may be anything, and what bites
#
# Python passes the object as the first argument of a method, whatever you call it: the name `self` is only
# a habit. Keep it all the same: it is what every reader looks for.


# %% tags=["demo"] seed=["E1"]
class Unusual(nn.Module):
    def forward(this, x):
        return x + 1


print(Unusual()(x))

# %% [markdown] seed=["E2"]
# Other names bite. Tutorials love to call the argument `input`; that hides Python's own `input`
# function, and the error comes later, somewhere else.


# %% tags=["demo"] seed=["E2"]
def careless():
    input = torch.tensor(1.0)
    return input("Your name? ")


try:
    careless()
except TypeError as error:
    print("TypeError:", error)

# %% [markdown] seed=["E2"]
# And when every class in a notebook has the same name, old objects keep their old class, although a
# new one stands in the cell that you are looking at. *Predict what this prints.*


# %% tags=["demo"] seed=["E2"]
class Net(nn.Module):
    def forward(self, x):
        return x + 1


net = Net()


class Net(nn.Module):  # the same name again
    def forward(self, x):
        return x * 10


print(net(x), Net()(x), isinstance(net, Net))

# %% [markdown] seed=["E2"]
# The third trap is the notebook itself: a cell that uses what another cell made runs today, and fails
# for the next reader, who starts from the top, or starts here. `exec` with an empty namespace shows
# what such a reader sees. Before you hand anything in, choose *Kernel → Restart Kernel and Run All
# Cells*.

# %% tags=["demo"] seed=["E2"]
try:
    exec("print(add_one(x))", {})
except NameError as error:
    print("NameError:", error)

# %% [markdown] seed=["E4"]
# ## 6. What a module knows
#
# When you write `self.something = value` in a module, `nn.Module` looks at the value and sorts it:
#
# | the value is | it is kept as | trained | saved |
# |---|---|---|---|
# | an `nn.Parameter` | a parameter | yes | yes |
# | another module | a submodule, with all that *it* has registered | its parameters | its state |
# | an `nn.Buffer(tensor)`, or a tensor given to `self.register_buffer("name", tensor)` | a buffer | no | yes, unless `persistent=False` |
# | anything else | a plain attribute, as in any Python class | no | no |
#
# *Trained* means that `parameters()` lists it, which is all that an *optimizer*, whoever changes the
# numbers while a network learns, ever sees of your model: `torch.optim.SGD` takes just the step that you saw,
# number `-=` rate × gradient, for each of them. *Saved* means that `state_dict()` lists it.
#
# The plainest layer is `nn.Linear(3, 2)`. It makes 2 numbers of each 3 on the last axis, with a
# `weight` of shape (2, 3) and a `bias` of shape (2,), both parameters. *Predict: which of the six
# names below are in both listings?*


# %% tags=["demo"]
class Everything(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.register_buffer("mean", torch.zeros(3))  # or: self.mean = nn.Buffer(torch.zeros(3))
        self.cache = nn.Buffer(torch.zeros(3), persistent=False)
        self.layer = nn.Linear(3, 2)
        self.offset = torch.zeros(3)
        self.extras = [nn.Linear(2, 2)]


everything = Everything()
print("trained:", [name for name, _ in everything.named_parameters()])
print("saved:  ", list(everything.state_dict()))

# %% tags=["demo"]
pictures.tree(everything)

# %% [markdown]
# *Picture: the tree of `Everything`. The parameter `scale` and the two parameters of `layer` are
# trained and saved; the buffer `mean` is saved only, `cache` neither; the plain tensor `offset` and the
# layer in the python list `extras` are greyed out, since no register holds them.*
#
# Names grow as modules nest: `layer.weight` is the `weight` of the submodule `layer`. And why register
# `cache`, if it is neither trained nor saved? What is registered *goes along* when a module is moved to a
# GPU, or its floats brought to another dtype. Besides, each module has a *mode*, training or evaluation, which `eval()`
# and `train()` switch for it and all below it; what it is good for is section 9's.

# %% tags=["demo"]
moved = Everything().double()
for name in ("scale", "mean", "cache", "offset"):
    print(f"{name:6} {getattr(moved, name).dtype}")
print("training:", moved.training, "after eval():", moved.eval().training)

# %% [markdown]
# ### Exercise 1.2 · `Affine` · ★☆☆ · 12 minutes
#
# Write the smallest module that can learn: `weight * x + bias`, with one number for each.
#
# - `Affine()` takes no arguments.
# - `x`: what the object is called with, a float32 or float64 tensor with at least one axis, none of size 0.
#
# What your answer has to do:
#
# - **its values** (1.5 points): called with `x`, it returns `weight * x + bias` with the numbers that
#   the two parameters hold at that moment: of the shape of `x`, also where an axis has size 1, and with
#   the dtype of `x` and all digits of it. Training and evaluation mode make no difference.
# - **two parameters** (1 point): every object has exactly two parameters of its own, called `weight` and
#   `bias`, each one float32 number (shape `()` or `(1,)`, as you like). `weight` starts at 1, `bias` at
#   0. They are all that `state_dict()` lists, and the same two, still float32, before and after a call.
# - **it learns** (1 point): an optimizer that is given `Affine().parameters()` trains both, as often as it
#   steps, and a gradient reaches `x` as well, in either mode.
# - **no trace** (0.5 points): a call leaves `x` as it was, the mode, what is frozen and the gradients that are
#   there, and PyTorch's settings too: gradients are recorded as before, and not inside `no_grad`; the
#   default dtype is the same, and nobody seeds the random numbers anew.
#
# ```python
# affine = Affine()
# affine(torch.tensor([4.0, 5.0]))  # the numbers 4. and 5.: nothing is learnt yet
# ```
#
# Decided when graded: more shapes, float64, several steps, and two objects side by side.

# %% [markdown] tags=["hints"] exercise="Affine"
# 1. The table above has four rows. In which of them do both *trained* and *saved* hold for a single
#    number?
# 2. Wrapping a tensor is what makes it a parameter; giving it a name is what registers it. Both
#    happen in one assignment, once, when the object is made.
# 3. In `forward`, use the two attributes as tensors, as you would use any tensor. Whatever turns
#    them into plain numbers on the way also hides them from the gradient.


# %% nbgrader={"grade": false, "grade_id": "Affine", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Affine(nn.Module):
    """weight * x + bias, with one number each."""

    def __init__(self):
        ### BEGIN SOLUTION
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.weight * x + self.bias
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "Affine-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def three_times_minus_one():
    affine = Affine()
    with torch.no_grad():
        affine.weight.fill_(3.0)
        affine.bias.fill_(-1.0)
    return [affine(torch.tensor([4.0, 5.0])), affine(torch.tensor([[2.0]]))]


def names():
    affine = Affine()
    before = sorted(name for name, _ in affine.named_parameters())
    affine(torch.tensor([4.0, 5.0]))
    return {"parameters": before, "state_dict after a call": sorted(affine.state_dict())}


def one_step():
    affine = Affine()
    optimizer = torch.optim.SGD(affine.parameters(), lr=0.1)
    affine(torch.tensor([4.0, 5.0])).sum().backward()
    optimizer.step()
    return affine(torch.tensor([4.0, 5.0]))


check("Affine/start", lambda: Affine()(torch.tensor([4.0, 5.0])))
check("Affine/3 x - 1", three_times_minus_one)
check("Affine/names", names, requirement="two parameters")
check("Affine/one step", one_step, requirement="it learns")

# %% nbgrader={"grade": true, "grade_id": "Affine-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("Affine")
block = probes.normal(2, 3, 4, generator=fresh)
chosen = {
    "weight": probes.normal(1, generator=fresh) + 7,
    "bias": probes.normal(1, generator=fresh) - 7,
}
close = {"rtol": 1e-5, "atol": 1e-6}


def set_by_name(affine, weight=1.0, bias=1.0):
    """The two numbers that were drawn, times these."""
    with torch.no_grad():
        names, factors = ["weight", "bias"], {"weight": weight, "bias": bias}
        found = dict(affine.named_parameters())
        for name, parameter in zip(names, found.values(), strict=False):
            parameter = found[name] if set(found) == set(names) else parameter
            parameter.copy_((chosen[name] * factors[name]).reshape(parameter.shape))
    return affine


def set_and_called(*tensors):
    """The results, every second inside `no_grad`; and whether x and the recording are as before."""
    affine, results, kept = set_by_name(Affine()), [], []
    for k, x in enumerate(tensors):
        given, recorded = x.clone(), k % 2 == 0
        with torch.set_grad_enabled(recorded):
            results.append(affine(given))
            same = torch.equal(given, x) and not given.requires_grad
            kept.append(same and torch.is_grad_enabled() == recorded)
    return {"results": results, "as before": kept}


def transposed():
    """Other orders in memory, a later place in it, gaps, and one row that stands for two."""
    affine, turned = set_by_name(Affine()), block.clone().permute(2, 0, 1)
    others = [block.clone()[1].T, block.clone()[:, ::2], block[:1].expand(2, 3, 4)]
    return [affine(x) for x in (block[0].clone().T, turned, *others)]


def in_both_modes():
    """With several numbers, negative ones, large ones and zeros among them."""
    affine, results = Affine(), []
    for weight, bias in [(-1, -1), (64, -64), (0, 1), (1, 0)]:
        set_by_name(affine, weight, bias)
        results.append(affine.eval()(block.clone()))
    return [*results, affine.train()(block.clone()), set_by_name(affine)(block.clone())]


def started():
    affine = Affine()
    learnt = {name: value.detach().clone().reshape(-1) for name, value in affine.named_parameters()}
    return {
        "names and starts": {name: learnt[name] for name in sorted(learnt)},
        "float32": [parameter.dtype == torch.float32 for parameter in affine.parameters()],
        "shapes": [tuple(p.shape) in [(), (1,)] for p in affine.parameters()],
        "output": affine(block[0].clone()),
    }


def listed():
    affine = Affine()
    before = list(affine.parameters())
    outputs = [affine(block.clone()), affine.eval()(block[0].clone()), affine(block.double())]
    kept = [new is old for new, old in zip(affine.parameters(), before, strict=False)]
    facts = {"the same": kept, "float32": [p.dtype == torch.float32 for p in affine.parameters()]}
    return {"state_dict": sorted(affine.state_dict()), "outputs": outputs, **facts}


def stepped(x, steps=1, **options):
    affine = Affine()
    optimizer = torch.optim.SGD(affine.parameters(), lr=0.1, **options)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        losses.append(((affine(x.clone()) - (2 * x + 3)) ** 2).mean())
        losses[-1].backward()
        optimizer.step()
    return {"losses": losses, "after": affine(x.clone())}


def side_by_side(x):
    one, other = Affine(), Affine()
    set_by_name(one)
    return [one(x.clone()), other(x.clone()), Affine()(x.clone())]


def gradients(training, *tensors):
    """Of each x, and of both parameters, in which those of all the calls add up."""
    affine, of_x, outputs = set_by_name(Affine()).train(training), [], []
    for x in tensors:
        leaf = x.clone().requires_grad_()
        outputs.append(affine(leaf * 1))
        probes.weighted_sum(outputs[-1]).backward()
        of_x.append(leaf.grad)
    named = sorted(affine.named_parameters())
    found = {name: p.grad if p.grad is None else p.grad.float().reshape(-1) for name, p in named}
    asked = [parameter.requires_grad for _, parameter in named]
    return {"outputs": outputs, "of x": of_x, "of both": found, "requires_grad": asked}


def used(affine):
    """In evaluation mode, with gradients, and one of the parameters frozen."""
    for parameter in affine.parameters():
        parameter.grad = torch.ones_like(parameter)
    parameter.requires_grad_(False)
    return affine.eval()


def settings():
    return [torch.is_grad_enabled(), torch.get_default_dtype(), torch.initial_seed()]


@torch.enable_grad()
def left(x):
    drawn, before, given, affine = torch.rand(3), settings(), x.clone(), used(Affine())
    output = set_by_name(affine)(given)
    kept = [old == new for old, new in zip(before, settings(), strict=True)]
    named = dict(zip(["recording", "default dtype", "seed"], kept, strict=True))
    named["seed"] = named["seed"] and not torch.equal(torch.rand(3), drawn)
    with torch.no_grad():
        fresh = Affine()
        inside = fresh(x.clone())
        quiet = [inside.requires_grad, torch.is_grad_enabled()]
    facts = {
        "x requires gradients": given.requires_grad,
        "recorded inside no_grad": quiet,
        "training": [affine.training, fresh.training],
        "trainable": sum(p.requires_grad for p in affine.parameters()),
        "with a gradient": sum(p.grad is not None for p in affine.parameters()),
    }
    return {"output": output, "x": given, **facts, "as before": named}


kept = {"sides": {"as before": "no trace"}, **close}
check("Affine/one axis", set_and_called, block[0, 0], block[1, 0], **kept)
check("Affine/more axes", set_and_called, block, block[0], **kept)
sizes = [block[:, :1], block[:1, :1, :1], block[0, 0, :1]]
check("Affine/axes of size 1", set_and_called, *sizes, **kept)
check("Affine/transposed", transposed, **close)
long = block.double() / 3  # more digits than float32 has
check("Affine/float64", set_and_called, long, long[0], **kept | {"rtol": 1e-12, "atol": 1e-12})
check("Affine/both modes", in_both_modes, rtol=1e-5, atol=1e-4)
check("Affine/how they start", started, **close, requirement="two parameters")
check("Affine/what is listed", listed, **close, requirement="two parameters")
learns = {"requirement": "it learns", **close}
check("Affine/gradients", gradients, True, block[1], block, block[0].double(), **learns)
pieces = [block[0], block[1, 0], block[:1, :1, :1]]
check("Affine/gradients in evaluation mode", gradients, False, *pieces, **learns)
check("Affine/a step of its own", stepped, block[0], **learns)
check("Affine/three steps", stepped, block[1], 3, momentum=0.5, **learns)
check("Affine/side by side", side_by_side, block[0], **close, requirement="two parameters")
check("Affine/what is left", left, block, **close, requirement="no trace")
### END HIDDEN TESTS

# %% [markdown] seed=["E4"]
# ### The trap: a python list of layers
#
# Two layers in a list, nothing simpler. *Predict: what are the shape of the output and the number of
# parameters?*


# %% tags=["demo"] seed=["E4"]
class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 3), nn.Linear(3, 1)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


listed = Listed()
print("output:", tuple(listed(torch.ones(4, 2)).shape))
print("parameter tensors:", len(list(listed.parameters())))

# %% [markdown] seed=["E4"]
# It computes, and there is nothing to learn. Who notices? The optimizer, and only because it gets
# nothing at all:

# %% tags=["demo"] seed=["E4"]
try:
    torch.optim.SGD(listed.parameters(), lr=0.1)
except ValueError as error:
    print("ValueError:", error)

# %% [markdown] seed=["E4"]
# A list is "anything else" in the table, and nobody looks inside. With one more layer outside the
# list even this error is gone: that one layer is trained, and the others stay random for ever.
#
# `nn.ModuleList` is a list that registers what you put in; `nn.ModuleDict` and `nn.ParameterList` do
# the same for their kinds.


# %% tags=["demo"] seed=["E4"]
class Registered(Listed):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 1)])


registered = Registered()
print("output:", tuple(registered(torch.ones(4, 2)).shape))
print("parameter tensors:", len(list(registered.parameters())))

# %% [markdown] seed=["E4"]
# ### The other trap: `super().__init__()` forgotten
#
# The parent's `__init__` makes the registers. Without it there is nothing to register *in*. The error
# depends on what you do first. *Predict which of the two classes can be built.*


# %% tags=["demo"] seed=["E4"]
class LayerFirst(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(2, 1)


class NumberFirst(nn.Module):
    def __init__(self):
        self.n = 1

    def forward(self, x):
        return x + self.n


# %% tags=["demo"] seed=["E4"]
for build in (LayerFirst, NumberFirst):
    try:
        print(type(build()).__name__, "is built")
    except AttributeError as error:
        print(build.__name__, "AttributeError:", error)

# %% [markdown] seed=["E4"]
# `LayerFirst` stops where it is built, and says what is missing. `NumberFirst` is built, since a plain
# attribute needs no register, and fails only when it is called, with a message that names neither
# your class's line nor the cure:

# %% tags=["demo"] seed=["E4"]
try:
    NumberFirst()(x)
except AttributeError as error:
    print("AttributeError:", error)

# %% [markdown] seed=["E4"]
# Break it yourself. Forget the call, use a list, do both, and watch the tree.

# %% tags=["demo"] seed=["E4"]
pictures.break_it()

# %% tags=["demo"] seed=["E4"]
pictures.four_ways()

# %% [markdown] seed=["E4"]
# *Picture: the same two layers written four ways. With `super().__init__()` and a ModuleList all 13
# numbers are trained and saved. With a python list the tree is greyed out: it runs, but the 13 numbers
# will never be trained. Without `super().__init__()` the ModuleList stops when the object is built,
# and the list when it is called.*

# %% [markdown]
# ### Layers, one after another
#
# With layers that *are* registered, a network is a few lines. Two of them you need next. *Predict both shapes.*

# %% tags=["demo"]
linear = nn.Linear(3, 2)
print(tuple(linear(torch.ones(3)).shape), tuple(linear(torch.ones(5, 4, 3)).shape))
print(F.relu(torch.tensor([-2.0, 0.5, 3.0])))

# %% [markdown]
# ### Exercise 1.3 · `TwoLayer` · ★★☆ · 13 minutes
#
# Build a network out of layers: linear, ReLU, linear. ReLU turns negative numbers into 0; it is there as
# a function, `F.relu(x)`, and as a layer, `nn.ReLU()`.
#
# - `TwoLayer(i, h, o)`: three ints from 1, the numbers of features that come in, that lie between, and
#   that go out.
# - `x`: what the object is called with, a float32 tensor of shape `(..., i)`, no axis of which has size 0.
#
# What your answer has to do:
#
# - **its values** (2 points): for a batch of shape `(N, i)` it returns one of shape `(N, o)`: a linear
#   layer to `h` features, a ReLU, a linear layer to `o` features, however large the finite numbers. The same
#   `x` gives the same output each time, in training and in evaluation mode.
# - **any shape** (1 point): any number of axes may stand in front of the last, also none, and each axis
#   may have size 1: `(..., i)` becomes `(..., o)`.
# - **four parameters** (1 point): every object has exactly four parameters of its own, of shapes `(h, i)`,
#   `(h,)`, `(o, h)` and `(o,)`, and nothing else that `state_dict()` lists. A call does not replace them.
# - **it learns** (0.5 points): all four are trainable, and the gradient reaches each of them, and `x`, in
#   either mode.
# - **no trace** (0.5 points): a call leaves `x` as it was, the mode, what is frozen and the gradients that are
#   there, and PyTorch's settings too: gradients are recorded as before, and not inside `no_grad`; the
#   default dtype is the same, and nobody seeds the random numbers anew.
#
# What you call the layers, and which numbers they start with, is up to you.
#
# ```python
# TwoLayer(4, 8, 3)(torch.ones(5, 4)).shape  # torch.Size([5, 3])
# ```
#
# Decided when graded: other sizes and values, the two modes, and two objects side by side.

# %% [markdown] tags=["hints"] exercise="TwoLayer"
# 1. What the network *has* is made once, in `__init__`; what it *does* is in `forward`. On which side
#    does each of the three steps belong?
# 2. `nn.Linear(in_features, out_features)` makes one linear layer with its weight and its bias. The
#    output of the first must fit the input of the second. Check `len(list(model.parameters()))`.
# 3. ReLU has nothing to learn, so it can be a layer or a function. `nn.Linear` works on the last
#    axis and leaves those in front alone, so `x` need not be reshaped.


# %% nbgrader={"grade": false, "grade_id": "TwoLayer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class TwoLayer(nn.Module):
    """Linear, ReLU, Linear: (..., i) to (..., o) by way of h features."""

    def __init__(self, i, h, o):
        ### BEGIN SOLUTION
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.second(F.relu(self.first(x)))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "TwoLayer-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def all_minus_one():
    network = TwoLayer(1, 3, 1)
    network(torch.ones(2, 1))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(-1.0)
    return network


def parameters():
    network = TwoLayer(4, 8, 3)
    output = network(torch.ones(5, 4))
    if output.requires_grad:
        output.sum().backward()
    shapes = sorted(tuple(parameter.shape) for parameter in network.parameters())
    with_gradient = sum(parameter.grad is not None for parameter in network.parameters())
    return {"output": output.shape, "shapes": shapes, "with a gradient": with_gradient}


check("TwoLayer/all are -1", lambda: all_minus_one()(torch.tensor([[2.0], [-3.0]])))
more = torch.tensor([[[2.0]], [[-3.0]]])
check("TwoLayer/one more axis", lambda: all_minus_one().eval()(more), requirement="any shape")
four = {"requirement": "four parameters", "sides": {"with a gradient": "it learns"}}
check("TwoLayer/parameters", parameters, **four)

# %% nbgrader={"grade": true, "grade_id": "TwoLayer-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("TwoLayer")
i, h, o = (int(torch.randint(low, low + 4, (), generator=fresh)) for low in (5, 10, 2))
batch = probes.normal(6, i, generator=fresh) / 4
block = probes.normal(2, 3, i, generator=fresh) / 4
far = probes.normal(6, i, generator=fresh).abs() + 4
close = {"rtol": 1e-5, "atol": 1e-5}


def filled(*sizes, network=None):
    network = network or TwoLayer(*sizes)
    network(
        torch.zeros(2, sizes[0])
    )  # layers that find their own size have it after the first call
    probes.fill(network).eval()
    with torch.no_grad():  # some features are negative in any case, inside and at the end
        for parameter in network.parameters():
            shape = tuple(parameter.shape)
            if len(shape) == 2 and 1 in shape:
                parameter.abs_().add_(0.5)
            elif shape == (sizes[2],) or (shape == (sizes[1],) and sizes[1] > 1):
                parameter[: 1 if shape == (sizes[2],) else 4] -= 64
    return network


def twice(x):
    network = filled(i, h, o).train()
    return [network(x.clone()), network(x.clone())]


def in_both_modes(x):
    network = filled(i, h, o)
    return [network(x.clone()), network(x.clone()), network.train()(x.clone())]


def large(x):
    """Up to powers of two that a product of two still holds, and back; and zeros."""
    network = filled(i, h, o)
    scaled = [network(x * 2.0**k) / 2.0**k for k in (14, 100)]
    return [*scaled, network.train()(x * 2.0**100) / 2.0**100, network(x * 0)]


def called(sizes, *tensors):
    """The results, every second inside `no_grad`; and whether x and the recording are as before."""
    network, results, kept = filled(*sizes), [], []
    for k, x in enumerate(tensors):
        given, recorded = x.clone(), k % 2 == 0
        with torch.set_grad_enabled(recorded):
            results.append(network(given))
            same = torch.equal(given, x) and not given.requires_grad
            kept.append(same and torch.is_grad_enabled() == recorded)
    return {"results": results, "as before": kept}


def transposed():
    """Other orders in memory, gaps, and one row that stands for three."""
    network, wide = filled(i, h, o), torch.cat([batch, batch], dim=1)
    turned = [batch.clone().T.contiguous().T, block.clone().transpose(0, 1)]
    return [network(x) for x in (*turned, wide[1:, ::2], batch[:1].expand(3, i))]


def listed(x):
    network = TwoLayer(i, h, o)
    before = list(network.parameters())
    made, network = len(before), filled(i, h, o, network=network)
    output = network(x.clone())
    after = list(network.parameters())
    kept = [old is new for old, new in zip(before, after, strict=False)]
    saved = sorted(tuple(value.shape) for value in network.state_dict().values())
    shapes = sorted(tuple(parameter.shape) for parameter in after)
    return {
        "output": output,
        "parameters before any call": made,
        "shapes": shapes,
        "saved": saved,
        "the same": kept,
    }


def alike(x):
    """Both layers have the same shape; the numbers are the same whichever comes first."""
    network, x = TwoLayer(4, 4, 4), x.repeat(1, 4)
    network(x.clone())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(0.25)
    return {
        "output": network(x.clone()),
        "shapes": sorted(tuple(parameter.shape) for parameter in network.parameters()),
        "as many come in as go out": filled(i, h, i)(batch.clone()),
    }


def side_by_side(x):
    one, other = filled(i, h, o), filled(i, h, o)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(0.25)
    return [one(x.clone()), other(x.clone()), one(x.clone())]


def gradients(training, x, *others):
    """Of each x, and of all parameters, in which those of all the calls add up."""
    network, of_x = filled(i, h, o).train(training), []
    probes.weighted_sum(network(x.clone())).backward()
    for given in (x, *others):
        leaf = given.clone().requires_grad_()
        probes.weighted_sum(network(leaf * 1)).backward()
        of_x.append(leaf.grad)
    with_gradient = sorted(network.parameters(), key=lambda p: tuple(p.shape))
    asked = all(parameter.requires_grad for parameter in with_gradient)
    return {"of x": of_x, "of all": [p.grad for p in with_gradient], "trainable": asked}


def used(network):
    """In evaluation mode, with gradients, and one of the parameters frozen."""
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    parameter.requires_grad_(False)
    return network.eval()


def settings():
    return [torch.is_grad_enabled(), torch.get_default_dtype(), torch.initial_seed()]


@torch.enable_grad()
def left(x):
    drawn, before, network, given = torch.rand(3), settings(), used(filled(i, h, o)), x.clone()
    output = network(given)
    kept = [old == new for old, new in zip(before, settings(), strict=True)]
    named = dict(zip(["recording", "default dtype", "seed"], kept, strict=True))
    named["seed"] = named["seed"] and not torch.equal(torch.rand(3), drawn)
    with torch.no_grad():
        fresh = TwoLayer(i, h, o)
        inside = fresh(x.clone())
        quiet = [inside.requires_grad, torch.is_grad_enabled()]
    facts = {
        "x requires gradients": given.requires_grad,
        "recorded inside no_grad": quiet,
        "training": [network.training, fresh.training],
        "trainable": sum(p.requires_grad for p in network.parameters()),
        "with a gradient": sum(p.grad is not None for p in network.parameters()),
    }
    return {"output": output, "x": given, **facts, "as before": named}


check("TwoLayer/a batch", twice, batch, **close)
check("TwoLayer/large numbers", large, batch, **close)
check("TwoLayer/evaluation mode", in_both_modes, batch, **close)
more = {"requirement": "any shape", "sides": {"as before": "no trace"}, **close}
check("TwoLayer/more axes", called, (i, h, o), block, block[None], **more)
check("TwoLayer/one axis", called, (i, h, o), batch[0], batch[1], **more)
check("TwoLayer/one sample", called, (i, h, o), batch[:1], block[:1, :, :], block[:1, :1], **more)
check("TwoLayer/one feature goes out", called, (i, h, 1), batch, block, batch[0], **more)
check("TwoLayer/one feature comes in", called, (1, h, o), batch[:, :1], block[:, :, :1], **more)
check("TwoLayer/one feature between", called, (i, 1, o), far, -far, far[None], **more)
check("TwoLayer/transposed", transposed, requirement="any shape", **close)
check("TwoLayer/what is listed", listed, batch, **close, requirement="four parameters")
check("TwoLayer/all sizes alike", alike, batch[:, :1], **close, requirement="four parameters")
check("TwoLayer/side by side", side_by_side, batch, **close, requirement="four parameters")
learns = {"requirement": "it learns", **close}
check("TwoLayer/gradients", gradients, True, batch, block, **learns)
check("TwoLayer/gradients in evaluation mode", gradients, False, batch[0], batch[:1], **learns)
check("TwoLayer/what is left", left, batch, **close, requirement="no trace")
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Counting what is learnt
#
# "How large is your model?" is answered with a count of its parameters: `numel()` says how many numbers
# a tensor holds. `nn.Conv2d(3, 6, 3)`, a layer for images, has 6 *kernels*, each of 3 channels × 3 rows ×
# 3 columns, and a bias for each kernel.

# %% tags=["demo"]
for sample in (nn.Linear(3, 2), nn.Conv2d(3, 6, 3), nn.Conv2d(3, 64, 3)):
    for name, parameter in sample.named_parameters():
        print(
            f"{type(sample).__name__:7} {name:7} {tuple(parameter.shape)!s:14} {parameter.numel()}"
        )

# %% [markdown]
# So `nn.Linear(3, 2)` learns 6 + 2 = 8 numbers, `nn.Conv2d(3, 6, 3)` 162 + 6 = 168, and with 64 kernels it
# is 1728 + 64 = 1,792. How large the image is plays no part.
#
# Not all that a layer keeps is learnt. A `BatchNorm2d` layer (you
# will meet it properly later) scales each channel by a number it learns, and keeps running
# statistics of what it has seen. *Predict: what is longer, its `parameters()` or its
# `state_dict()`?*

# %% tags=["demo"]
norm = nn.BatchNorm2d(6)
learnt = {name for name, _ in norm.named_parameters()}
for name, tensor in norm.state_dict().items():
    kind = "parameter" if name in learnt else "buffer"
    print(f"{name:20} {kind:10} shape {tuple(tensor.shape)!s:5} numbers {tensor.numel()}")

# %% [markdown]
# Two listings, two questions: `parameters()` answers *what is trained*, `state_dict()` answers *what
# must be saved*. There is a third question, *what is trained right now*: a parameter whose
# `requires_grad` is switched off is still a parameter, but stays as it is. One says that it is
# *frozen*; chapter 7 freezes most of a network on purpose.

# %% tags=["demo"]
half_frozen = nn.Linear(4, 3)
half_frozen.bias.requires_grad_(False)
for name, parameter in half_frozen.named_parameters():
    print(f"{name:7} {parameter.numel()} numbers, requires_grad={parameter.requires_grad}")

# %% [markdown]
# ### Exercise 1.4 · `count_parameters` · ★★☆ · 11 minutes
#
# Write `count_parameters(module, trainable_only=False)`, which says how many numbers a module learns.
#
# - `module`: any `nn.Module`; a single layer, a network, or one that has nothing to learn.
# - `trainable_only`: a bool, given by name or by position.
#
# What your answer has to do:
#
# - **all numbers** (1.5 points): it counts the single numbers in all parameters of `module` itself and of
#   everything registered below it, however deep, frozen ones too, in either mode, whatever their dtype.
#   Buffers are no parameters.
# - **counted once** (0.5 points): a parameter that is registered in two places is counted once: there is
#   only one tensor to learn. Two parameters that merely hold the same numbers are two.
# - **trainable only** (1 point): with `trainable_only=True`, frozen parameters do not count.
# - **an int** (0.5 points): the result is an int, 0 where there is nothing to count.
# - **no trace** (0.5 points): `module` stays as it was: its parameters, what is frozen, the modes, its
#   attributes; and so do PyTorch's settings.
#
# ```python
# count_parameters(nn.Linear(3, 2))                   # 8
# count_parameters(nn.Conv2d(3, 6, 3))                # 168
# count_parameters(half_frozen, trainable_only=True)  # 12, of the layer above
# ```
#
# Decided when graded: other modules, and all the ways to share a parameter.

# %% [markdown] tags=["hints"] exercise="count_parameters"
# 1. Which of the two listings of this section answers the question? Look again at what the other one
#    lists besides.
# 2. A parameter is a tensor, so one entry of the listing can stand for many numbers. Tensors can tell
#    you how many they hold.
# 3. Go through `module.parameters()`: it descends by itself, and names a shared tensor once. Decide
#    for each parameter whether it counts, and add up.


# %% nbgrader={"grade": false, "grade_id": "count_parameters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_parameters(module, trainable_only=False):
    """How many single numbers a module learns, as an int."""
    ### BEGIN SOLUTION
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "count_parameters-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
half = nn.Linear(4, 3)
half.bias.requires_grad_(False)
tied = nn.Sequential(nn.Linear(4, 3, bias=False), nn.ReLU(), nn.Linear(4, 3, bias=False))
tied[2].weight = tied[0].weight
deep = nn.Sequential(nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6)), nn.ReLU())

check("count_parameters/conv", lambda: int(count_parameters(nn.Conv2d(3, 6, 3))))
check("count_parameters/one in another", lambda: int(count_parameters(deep)))
check("count_parameters/tied", lambda: int(count_parameters(tied)), requirement="counted once")
frozen = {"requirement": "trainable only"}
check(
    "count_parameters/half_frozen",
    lambda: int(count_parameters(half, trainable_only=True)),
    **frozen,
)
check("count_parameters/linear", count_parameters, nn.Linear(3, 2), requirement="an int")

# %% nbgrader={"grade": true, "grade_id": "count_parameters-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from numbers import Integral

from autograder.checks import probes

fresh = probes.generator("count_parameters")
a, b, c, d, e = (torch.randperm(20, generator=fresh)[:5] + 3).tolist()


class Own(nn.Module):
    def __init__(self, inner, *shape):
        super().__init__()
        self.own = nn.Parameter(torch.zeros(shape))
        self.inner = inner
        self.register_buffer("kept", torch.zeros(b))
        self.loose = torch.zeros(e, requires_grad=True)  # not registered: no parameter


def frozen(module, *names):
    for name in names:
        module.get_parameter(name).requires_grad_(False)
    return module if names else module.requires_grad_(False)


def single():
    layers = [nn.Linear(a, b), nn.Linear(b, c, bias=False), nn.Embedding(a, e), nn.GRU(3, d)]
    return [*layers, nn.Conv2d(c, d, 3, bias=False), nn.PReLU(), nn.LayerNorm([a, b])]


def with_buffers():
    norm = nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.Linear(b, c))
    for parameter in norm.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return [nn.BatchNorm2d(e), norm, Own(nn.BatchNorm1d(d, affine=False), c)]


def deep():
    quick = nn.Sequential(*(nn.Conv2d(i, o, 5) for i, o in [(3, 32), (32, 32), (32, 64)]))
    quick.extend([nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10)])
    inner = nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(a, c)), nn.Linear(c, d)))
    return [quick, inner, nn.Sequential(nn.Linear(b, a), inner)]


def own():
    return [Own(nn.Identity(), a, b), Own(Own(nn.Linear(c, d), a), b, c), Own(nn.Linear(a, a), d)]


def in_lists():
    lists = nn.ModuleList([nn.Linear(a, b), nn.ModuleDict({"one": nn.Linear(c, d)})])
    numbers = nn.ParameterList([torch.zeros(a), torch.zeros(b, c)])
    return [lists, numbers, Own(nn.ParameterDict({"x": torch.zeros(d), "y": torch.zeros(2, e)}), a)]


def odd_shapes():
    more = Own(nn.Identity(), 2, 1, 3, 1, 2, a)
    return [Own(nn.Identity()), Own(nn.Linear(1, 1), 1, 1), Own(nn.Linear(a, b), 0, 4), more]


def kinds():
    """Other dtypes, and one more number than float32 tells apart."""
    strange = torch.zeros(c).double(), torch.zeros(d, e).half(), torch.empty(2**24 + 1, dtype=torch.half)
    return [nn.ParameterList([tensor]) for tensor in strange]


def nothing():
    return [nn.ReLU(), Own(nn.Linear(c, a), d), nn.Sequential(), nn.Sequential(nn.Dropout())]


def in_evaluation_mode():
    return [nn.Linear(b, a).eval(), Own(nn.BatchNorm1d(d), c).eval(), nn.Linear(c, b).train()]


def tied():
    between = nn.ParameterList([torch.ones(size) for size in range(1, 10)])
    pair = nn.Sequential(nn.Linear(a, b, bias=False), between, nn.Linear(a, b))
    pair[2].weight = pair[0].weight
    across = Own(nn.Sequential(nn.Linear(c, d)), e)
    across.own = across.inner[0].weight
    inside = nn.Sequential(Own(nn.Linear(b, e), 1), nn.Linear(a, c))
    inside[0].own = inside[0].inner.weight
    return [pair, across, inside]


def repeated():
    layer, part = nn.Linear(d, d), nn.Sequential(nn.Linear(a, e), nn.ReLU())
    in_a_row = nn.Sequential(layer, layer, nn.Linear(d, a))
    return [nn.Sequential(layer, nn.ReLU(), layer), in_a_row, nn.Sequential(part, Own(part, b))]


def two_names():
    module = Own(nn.Linear(a, d), b, c)
    module.other = module.own
    return [module, nn.Sequential(nn.Linear(c, e), module)]


def alike():
    twins = nn.Sequential(nn.Linear(a, b), nn.Linear(a, b), nn.LayerNorm(c), nn.LayerNorm(c))
    with torch.no_grad():
        for parameter in twins.parameters():
            parameter.fill_(1.0)
    return [twins, Own(Own(nn.Identity(), d), d)]


def partly_frozen():
    half = nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.Linear(b, e))
    for parameter in frozen(half[0]).parameters():
        parameter.grad = torch.zeros_like(parameter)
    weight = frozen(Own(nn.Linear(d, a), c, e), "inner.weight")
    return [half, weight, frozen(nn.Linear(c, d), "bias"), frozen(Own(nn.Linear(a, b), d), "own")]


def all_frozen():
    return [
        frozen(nn.Linear(e, c)),
        nn.Linear(c, e),
        frozen(Own(nn.Linear(a, b), d)),
        Own(nn.ReLU(), e),
    ]


def tied_and_frozen():
    parts = tied()
    frozen(parts[0], "0.weight")
    return [*parts, frozen(nn.Sequential(nn.Linear(b, b), parts[2]), "1.0.own")]


def modes_and_frozen():
    return [
        frozen(nn.Linear(a, c), "bias").eval(),
        frozen(nn.Linear(b, c), "weight"),
        own()[1].eval(),
    ]


def whole(count):
    """The count as an int, where it is a whole number of another type."""
    return int(count) if isinstance(count, float | torch.Tensor) and count == int(count) else count


def counted(make, *chosen, **named):
    return [whole(count_parameters(net, *chosen, **named)) for net in make()]


def types():
    nets = [nn.Linear(a, b), nn.ReLU(), nn.Linear(c, d)]
    counts = [count_parameters(net, only) for net in nets for only in (False, True)]
    return {"counts": [whole(n) for n in counts], "ints": [isinstance(n, Integral) for n in counts]}


@torch.enable_grad()
def as_it_was():
    net = nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.Linear(b, c), nn.Dropout())
    frozen(probes.fill(net[:2]), "0.bias")
    net[2].weight.grad = torch.ones(c, b)
    net[1].eval()
    before = [sorted(vars(part)) for part in net.modules()]
    count_parameters(net)
    count_parameters(net, True)
    return {
        "count": whole(count_parameters(nn.Linear(a, e))),
        "modes": [part.training for part in net.modules()],
        "trained": [parameter.requires_grad for parameter in net.parameters()],
        "gradients": [parameter.grad is not None for parameter in net.parameters()],
        "numbers": [net[0].weight, net[1].running_mean],
        "recording": torch.is_grad_enabled(),
        "the same attributes": [sorted(vars(part)) for part in net.modules()] == before,
    }


check("count_parameters/single layers", counted, single)
check("count_parameters/buffers", counted, with_buffers)
check("count_parameters/deep", counted, deep)
check("count_parameters/parameters of its own", counted, own)
check("count_parameters/lists and dicts", counted, in_lists)
check("count_parameters/odd shapes", counted, odd_shapes)
check("count_parameters/other dtypes and orders", counted, kinds)
check("count_parameters/nothing to learn", counted, nothing)
check("count_parameters/evaluation mode", counted, in_evaluation_mode)
check("count_parameters/frozen ones too", counted, partly_frozen)
check("count_parameters/frozen ones too, by position", counted, all_frozen, False)
once = {"requirement": "counted once"}
check("count_parameters/two layers, one tensor", counted, tied, **once)
check("count_parameters/a layer twice", counted, repeated, **once)
check("count_parameters/two names", counted, two_names, **once)
check("count_parameters/alike, but two", counted, alike, **once)
only = {"requirement": "trainable only"}
check("count_parameters/partly frozen", counted, partly_frozen, trainable_only=True, **only)
check("count_parameters/all frozen", counted, all_frozen, True, **only)
check("count_parameters/tied and frozen", counted, tied_and_frozen, trainable_only=True, **only)
check("count_parameters/frozen, by mode", counted, modes_and_frozen, trainable_only=True, **only)
check("count_parameters/the type", types, requirement="an int")
check("count_parameters/what is left", as_it_was, requirement="no trace")
### END HIDDEN TESTS

# %% [markdown]
# ## 8. The numbers that a layer starts with
#
# Nobody has said yet which numbers stand in a new layer. They are drawn at random: those of `nn.Linear(i, o)`,
# `weight` and `bias`, evenly from between -1/√i and 1/√i. Where more numbers are added up each counts for less, so
# that the sums do not grow with `i`. *Predict the four ends for 16 features.*

# %% tags=["demo"]
torch.manual_seed(0)
wide = nn.Linear(16, 1000)
for name, parameter in wide.named_parameters():
    print(f"{name:6} from {parameter.min().item():.3f} to {parameter.max().item():.3f}")

# %% [markdown]
# The functions of `nn.init` write other numbers into a parameter, in place and unrecorded: `zeros_`, `constant_`,
# `normal_`, `kaiming_uniform_` and more. Would zeros not be the fairer start? Here all parameters of a small
# network start at one value, and get their first gradients. *Predict: which of the four get a gradient other
# than 0 when all start at 0?*


# %% tags=["demo"]
def all_start_at(value):
    network = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1))
    for parameter in network.parameters():
        nn.init.constant_(parameter, value)
    return network


for value in (0.0, 0.5):
    network = all_start_at(value)
    network(torch.tensor([[1.0], [2.0]])).sum().backward()
    print("all start at", value)
    for name, parameter in network.named_parameters():
        print(f"  gradient of {name}: {parameter.grad.flatten().tolist()}")

# %% [markdown]
# From zeros only the last bias ever moves: all else is multiplied by a 0 on its way. From equal numbers the three
# features between the layers get equal gradients, take equal steps and stay copies of each other: three are no
# better than one. A random start is what makes them differ. Biases alone may well start at 0.

# %% [markdown]
# ## 9. Running a model without leaving a trace
#
# Some layers behave differently while a model learns. `nn.Dropout(0.5)` sets each number of its input to
# zero with probability one half, each for itself, and doubles the rest, so that the network cannot lean on
# single numbers; used for predictions, it should of course do nothing. That is what the *mode* is for: the flag
# `training`, which `train()` and `eval()` switch for a module and everything below it. A new module is in
# training mode. *Predict: are there six zeros in each run of twelve?*

# %% tags=["demo"]
torch.manual_seed(1)
dropout = nn.Dropout(p=0.5)
ones = torch.ones(12)
runs = {"training, first run": dropout(ones), "training, second run": dropout(ones)}
dropout.eval()
runs["evaluation"] = dropout(ones)
for name, numbers in runs.items():
    print(f"{name}: {(numbers == 0).sum().item()} zeros of 12")

# %% tags=["demo"]
pictures.dropout_runs(runs)

# %% [markdown]
# *Picture: twelve ones through Dropout. In two runs of training mode some become 0, others each time, and the
# rest 2; in evaluation mode all twelve stay 1.*
#
# `train` also takes a bool: `train(True)` does what `train()` does. And `train(False)`?

# %% tags=["demo"]
for mode in (True, False):
    dropout.train(mode)
    print(f"after train({mode}): training is {dropout.training}")

# %% [markdown]
# The second trace that a call leaves is the graph: PyTorch records every operation on parameters, so
# that gradients can be computed later. A prediction needs no gradients, and the graph costs memory; `no_grad`
# switches the recording off. *Predict the three answers.*

# %% tags=["demo"]
layer = nn.Linear(3, 2)
print("training mode:  ", layer(torch.ones(1, 3)).requires_grad)
layer.eval()
print("evaluation mode:", layer(torch.ones(1, 3)).requires_grad)
with torch.no_grad():
    print("no_grad:        ", layer(torch.ones(1, 3)).requires_grad)

# %% [markdown]
# Two switches, then, and neither does the other's work: `eval()` changes what layers *compute*,
# `no_grad()` changes what is *recorded*.

# %% [markdown]
# ### Exercise 1.5 · `predict` · ★★★ · 20 minutes · further
#
# Write `predict(module, x)`: the output of `module` for `x`, in evaluation mode and without a graph, and
# afterwards nobody can tell that you were there.
#
# - `module`: any `nn.Module` that takes one tensor and returns a new one. All its submodules, however
#   deep, are in the same mode as itself, which may be either.
# - `x`: a tensor; it may require gradients.
#
# What your answer has to do:
#
# - **its output** (2 points): it returns what `module` returns for `x` in evaluation mode, in which every
#   part of it runs, whatever the mode before.
# - **no graph** (1 point): the result does not require gradients, and no graph is recorded while the
#   module and its parts run (cutting it off afterwards is too late).
# - **one call** (1 point): the module is called once, the way section 4 says: hooks that others have put
#   on it and on its parts run once, and what they change counts.
# - **no trace** (2 points): afterwards all is as it was: the mode of `module` and of every submodule,
#   parameters, buffers, gradients, what is frozen, hooks, and `x`. Recording is as before, too: if it was
#   switched on before the call, it is on after it, and if it was off, it stays off. Nobody seeds the
#   random numbers anew.
#
# ```python
# model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
# predict(model, torch.ones(4, 3))  # (4, 2), the same numbers every time
# model.training                    # True, as before
# ```
#
# Decided when graded: other modules, and what else could have changed.

# %% [markdown] tags=["hints"] exercise="predict"
# 1. Three things change for a moment: the mode, the recording, and the module runs. Which of them
#    have to be put back by you, and which put themselves back?
# 2. Before you change the mode, write down what it is. The call that sets a mode takes a bool, so
#    what you wrote down can be handed straight back.
# 3. A `with` block ends the switch for recording by itself. Inside it, run the module the way
#    section 4 says; after it, restore the mode you wrote down, and only then return the result.


# %% nbgrader={"grade": false, "grade_id": "predict", "locked": false, "schema_version": 3, "solution": true, "task": false}
def predict(module, x):
    """What a module returns for x in evaluation mode, without a graph and without a trace."""
    ### BEGIN SOLUTION
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "predict-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def with_numbers(*more):
    model = nn.Sequential(nn.Linear(3, 2), *more)
    with torch.no_grad():
        model[0].weight.fill_(0.5)
        model[0].bias.fill_(1.0)
    return model


def example():
    model = with_numbers(nn.Dropout(0.5))
    return {"output": predict(model, torch.ones(4, 3)), "model.training": model.training}


def has_graph():
    output = predict(with_numbers(), torch.ones(4, 3))
    return {"output": output, "requires_grad": output.requires_grad}


def seen_by_a_hook():
    model, seen = with_numbers(), []
    model.register_forward_hook(lambda module, args, result: seen.append(result.clone()))
    return {"output": predict(model, torch.ones(4, 3)), "seen": seen}


def modes_afterwards():
    models = [with_numbers(nn.ReLU()).train(mode) for mode in (True, False)]
    outputs = [predict(model, torch.ones(4, 3)) for model in models]
    modes = [[part.training for part in model.modules()] for model in models]
    return {"outputs": outputs, "modes": modes}


check("predict/example", example, sides={"model.training": "no trace"})
check("predict/has_graph", has_graph, requirement="no graph")
check("predict/a hook", seen_by_a_hook, requirement="one call")
check("predict/modes", modes_afterwards, requirement="no trace")

# %% nbgrader={"grade": true, "grade_id": "predict-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("predict")
features = probes.normal(6, 5, generator=fresh)
running_mean = probes.normal(8, generator=fresh)
indices = torch.randint(0, 9, (2, 3), generator=fresh)


class Asks(nn.Module):
    """What it computes depends on its own mode."""

    def __init__(self, inner=None):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        x = x * 2 if self.training else x + 1
        return x if self.inner is None else self.inner(x)


class Shifts(nn.Module):
    """A tensor in it requires gradients and is no parameter."""

    def __init__(self):
        super().__init__()
        self.shift = torch.ones(5, requires_grad=True)

    def forward(self, x):
        return x * 1 + self.shift


class Total(nn.Module):
    """A single number."""

    def forward(self, x):
        return x.sum()


def used(model):
    """With gradients, and its first parameter frozen."""
    for parameter in probes.fill(model).parameters():
        parameter.grad = torch.ones_like(parameter)
    next(model.parameters()).requires_grad_(False)
    return model


def plain():
    """A model whose output is the same in both modes, three levels deep."""
    inner = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(8, 3), nn.Tanh()))
    return probes.fill(nn.Sequential(nn.Linear(5, 8), inner))


def with_dropout():
    return used(nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.5), nn.Linear(8, 3)))


def with_norm():
    model = used(nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)))
    model[1].running_mean.copy_(running_mean)
    return model


def deep():
    return nn.Sequential(nn.Sequential(nn.Identity(), Asks(nn.Sequential(nn.Tanh(), Asks()))))


def predicted(model, *xs):
    return [predict(model, x.clone()) for x in xs]


def other_outputs():
    """One column, one number without axes, and float64 with all its digits."""
    one = probes.fill(nn.Linear(5, 1)).double()
    return [predict(one, features.double() / 3), predict(Total(), features.clone())]


def with_hooks(model, x, requires_grad=False):
    """What hooks on the parts see of the graph."""
    seen = set()
    for part in list(model.modules())[1:]:
        part.register_forward_hook(lambda module, args, result: seen.add(result.requires_grad))
    result = predict(model, x.clone().requires_grad_(requires_grad))
    return {"output": result, "requires gradients": result.requires_grad, "inside": sorted(seen)}


def counted(x):
    model, seen = plain(), []
    for name, part in model.named_modules():
        part.register_forward_pre_hook(
            lambda module, args, name=name: seen.append(("before", name))
        )
        part.register_forward_hook(
            lambda module, args, result, name=name: seen.append(("after", name))
        )
    return {"output": predict(model, x.clone()), "hooks": seen}


def changed_by_hooks(x):
    before, after, inside = plain(), plain(), plain()
    before.register_forward_pre_hook(lambda module, args: (args[0] / 2,))
    after.register_forward_hook(lambda module, args, result: result * 3)
    inside[1][0].register_forward_hook(lambda module, args, result: result + 1)
    return [predict(model, x.clone()) for model in (before, after, inside)]


@torch.enable_grad()
def recording(x, before):
    model = Asks(probes.fill(nn.Linear(5, 3)))
    with torch.set_grad_enabled(before):
        output, after = predict(model, x.clone()), torch.is_grad_enabled()
    return {"output": output, "recording": after}


def left(x, training):
    drawn = torch.rand(3)
    model = nn.Sequential(plain(), nn.BatchNorm1d(3).train(training)).train(training)
    model[0][0].bias.requires_grad_(False)
    model[0][0].weight.grad = torch.ones(8, 5)
    hook = model.register_forward_hook(lambda module, args, result: None)
    inside = model[0].register_forward_hook(lambda module, args, result: result * 2)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    seed, given = torch.initial_seed(), x.clone().requires_grad_(training)
    given.grad = torch.ones_like(given) if training else None
    with torch.set_grad_enabled(training):
        output = predict(model, given)
    return {
        "output": output,
        "x": given,
        "x requires gradients": [given.requires_grad, given.grad is None],
        "changed": [n for n, t in model.state_dict().items() if not torch.equal(t, state[n])],
        "trained": [parameter.requires_grad for parameter in model.parameters()],
        "gradients": [parameter.grad for parameter in model.parameters()],
        "hooks": [hook.id in model._forward_hooks, inside.id in model[0]._forward_hooks],
        "modes": [module.training for module in model.modules()],
        "the same seed": torch.initial_seed() == seed and not torch.equal(torch.rand(3), drawn),
    }


close = {"rtol": 1e-5, "atol": 1e-6}
check("predict/Dropout", predicted, with_dropout(), features, features, **close)
check("predict/BatchNorm", predicted, with_norm(), features, features[:2], **close)
check("predict/one row", torch.no_grad()(predicted), with_norm(), features[:1], **close)
check("predict/a module that asks", predicted, Asks(), features, **close)
check("predict/deep inside", predicted, deep(), features, **close)
check("predict/in evaluation mode", torch.no_grad()(predicted), deep().eval(), features, **close)
check("predict/one layer", predicted, probes.fill(nn.Linear(5, 2)), features, features[0], **close)
check("predict/integers", predicted, probes.fill(nn.Embedding(9, 4)), indices, **close)
check("predict/other outputs", other_outputs, rtol=1e-5, atol=1e-9)
graph = {"requirement": "no graph", **close}
check("predict/inside", with_hooks, plain(), features, **graph)
check("predict/x requires gradients", with_hooks, plain().eval(), features, True, **graph)
check(
    "predict/a tensor that is no parameter",
    with_hooks,
    nn.Sequential(Shifts(), nn.Tanh()),
    features,
    **graph,
)
check("predict/how often", counted, features, **close, requirement="one call")
check("predict/hooks that change", changed_by_hooks, features, **close, requirement="one call")
trace = {"requirement": "no trace", **close}
check("predict/recording before", recording, features, True, **trace)
check("predict/not recording before", recording, features, False, **trace)
check("predict/what is left", left, features, True, **trace)
check("predict/what is left in evaluation mode", left, features, False, **trace)
### END HIDDEN TESTS

# %% [markdown]
# ## 10. Bug hunt
#
# The class below was meant to be one convolution, stored as `conv1`. A colleague met an
# `AttributeError`, changed a line, met another, changed another; by now nobody remembers why.
# This is how it ends today:


# %% tags=["demo"]
class BrokenNet(nn.Module):
    def __init__(self):
        self.conc1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        conv1 = nn.Conv2d(3, 64, 3)
        return conv1(x)


try:
    print(BrokenNet()(torch.ones(1, 3, 8, 8)).shape)
except AttributeError as error:
    print("AttributeError:", error)

# %% [markdown]
# ### Exercise 1.6 · `FixedNet` · ★★☆ · 12 minutes
#
# Write `FixedNet`, the class as it was meant. `BrokenNet` has **three** bugs. The error above reports
# one of them; once that is mended, the other two raise no error at all.
#
# - `FixedNet()` takes no arguments.
# - `x`: what the object is called with, a float32 tensor of shape `(N, 3, H, W)`, with `N` from 1, `H` and `W`
#   from 3.
#
# What your answer has to do:
#
# - **its output** (1.5 points): called with `x`, it returns what its own layer `conv1` gives for it, and
#   nothing else: a tensor of shape `(N, 64, H - 2, W - 2)`, also where an axis has size 1, the same
#   each time and in both modes.
# - **its layer** (2 points): every object has one layer of its own, a `Conv2d` from 3 to 64 channels with
#   kernel size 3 and otherwise its defaults, also for the numbers it starts with. It is made once,
#   under the name `conv1`: before and after a call, `state_dict()` has exactly the keys `conv1.weight`
#   and `conv1.bias`, with 1,792 numbers in all.
# - **it learns** (1 point): both parameters are trainable, and the gradient reaches them and `x`, in
#   either mode.
# - **no trace** (0.5 points): a call leaves `x` as it was, the mode, what is frozen and the gradients that are
#   there, and PyTorch's settings too: gradients are recorded as before, and not inside `no_grad`; the
#   default dtype is the same, and nobody seeds the random numbers anew.
#
# ```python
# print(FixedNet())
# # FixedNet(
# #   (conv1): Conv2d(3, 64, kernel_size=(3, 3), stride=(1, 1))
# # )
# ```
#
# Decided when graded: other images, what the layer starts with, and two objects side by side.

# %% [markdown] tags=["hints"] exercise="FixedNet"
# 1. Mend what the error reports, then run the class again. Now it works, it seems: call one object
#    twice with the same image, and compare the two results.
# 2. Print the object and read the name of its layer letter by letter. Then read `forward` and ask
#    where the layer comes from that does the work there.
# 3. The layer is to be made once, when the object is made, under the right name; `forward` only uses
#    it. Afterwards `list(FixedNet().state_dict())` must show the two keys of the statement.


# %% nbgrader={"grade": false, "grade_id": "FixedNet", "locked": false, "schema_version": 3, "solution": true, "task": false}
class FixedNet(nn.Module):
    """One convolution from 3 to 64 channels, stored as conv1."""

    def __init__(self):
        ### BEGIN SOLUTION
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.conv1(x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "FixedNet-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def minus_a_half_everywhere():
    net = FixedNet()
    with torch.no_grad():
        net.conv1.weight.fill_(0.0)
        net.conv1.bias.fill_(-0.5)
    return net(torch.ones(1, 3, 8, 8))


def after_a_call():
    net = FixedNet()
    before = list(net.children())
    shape = net(torch.ones(1, 3, 8, 8)).shape
    same = [old is new for old, new in zip(before, net.children(), strict=False)]
    return {"shape": shape, "printed": str(net), "the same layer as before": same}


def with_a_gradient():
    net = FixedNet()
    net(torch.ones(1, 3, 8, 8)).sum().backward()
    return [parameter.grad for parameter in net.parameters()]


check("FixedNet/printout", lambda: str(FixedNet()), requirement="its layer")
check("FixedNet/minus a half", minus_a_half_everywhere)
check("FixedNet/after_a_call", after_a_call, requirement="its layer")
check("FixedNet/with a gradient", with_a_gradient, requirement="it learns")

# %% nbgrader={"grade": true, "grade_id": "FixedNet-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

fresh = probes.generator("FixedNet")
image, pair = probes.normal(1, 3, 4, 6, generator=fresh), probes.normal(2, 3, 5, 4, generator=fresh)
five = probes.normal(5, 3, 3, 3, generator=fresh)
close = {"rtol": 1e-5, "atol": 1e-5}


def called(*images):
    """The results, every second inside `no_grad`; and whether x and the recording are as before."""
    net, results, kept = probes.fill(FixedNet()), [], []
    for k, x in enumerate(images):
        given, recorded = x.clone(), k % 2 == 0
        with torch.set_grad_enabled(recorded):
            results.append(net(given))
            same = torch.equal(given, x) and not given.requires_grad
            kept.append(same and torch.is_grad_enabled() == recorded)
    return {"results": results, "as before": kept}


def in_both_modes(x):
    """And numbers up to a power of two, and back."""
    net = probes.fill(FixedNet())
    large = [net.train(training)(five * 2.0**60) / 2.0**60 for training in (True, False)]
    return [net.eval()(x.clone()), net.train()(x.clone()), *large]


def transposed():
    net = probes.fill(FixedNet())
    turned = pair.clone().transpose(2, 3)
    return [net(turned), net(pair.clone().to(memory_format=torch.channels_last))]


def side_by_side(x):
    one, other = probes.fill(FixedNet()), probes.fill(FixedNet(), "other")
    before = [*one.parameters(), *other.parameters()]
    outputs = [one(x.clone()), other(x.clone()), one(x.clone())]
    after = [*one.parameters(), *other.parameters()]
    kept = [old is new for old, new in zip(before, after, strict=False)]
    return {"outputs": outputs, "the same parameters as before": kept}


def listed(x):
    net = probes.fill(FixedNet())
    before = dict(net.named_parameters())
    output = [net.eval()(x.clone()), net.train()(x.clone())]
    saved = net.state_dict()
    return {
        "made": [sorted(FixedNet().state_dict()), len(list(FixedNet().children()))],
        "keys": sorted(saved),
        "numbers": sum(tensor.numel() for tensor in saved.values()),
        "the same": [p is before.get(name) for name, p in net.named_parameters()],
        "output": output,
    }


def settings_of_the_layer(x):
    layer = probes.fill(FixedNet()).conv1
    names = ["stride", "padding", "dilation", "groups", "padding_mode", "kernel_size"]
    facts = {name: getattr(layer, name) for name in names}
    return {"a Conv2d": isinstance(layer, nn.Conv2d), **facts, "output": layer(x.clone())}


def starts():
    """Whether all numbers lie within the bound of a new Conv2d, and spread as widely."""
    weight, bias = (FixedNet().conv1.get_parameter(name) for name in ("weight", "bias"))
    bound = 27**-0.5
    spread = [weight.std() / bound, bias.std() / bound]
    return {
        "within": [bool(t.abs().max() <= bound * 1.001) for t in (weight, bias)],
        "spread": [bool(0.5 < spread[0] < 0.65), bool(0.35 < spread[1] < 0.8)],
        "another each time": not torch.equal(weight, FixedNet().conv1.weight),
        "output": probes.fill(FixedNet())(pair.clone()),
    }


def gradients(training, x, *others):
    """Of each x, and of both parameters, in which those of all the calls add up."""
    net, of_x = probes.fill(FixedNet()).train(training), []
    probes.weighted_sum(net(x.clone())).backward()
    for given in (x, *others):
        leaf = given.clone().requires_grad_()
        probes.weighted_sum(net(leaf * 1)).backward()
        of_x.append(leaf.grad)
    parameters = sorted(net.parameters(), key=lambda p: p.dim())
    asked = [parameter.requires_grad for parameter in parameters]
    return {"of both": [p.grad for p in parameters], "of x": of_x, "trainable": asked}


def used(net):
    """In evaluation mode, with gradients, and one of the parameters frozen."""
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    parameter.requires_grad_(False)
    return net.eval()


def settings():
    return [torch.is_grad_enabled(), torch.get_default_dtype(), torch.initial_seed()]


@torch.enable_grad()
def left(x):
    drawn = torch.rand(3)
    before, net, given = settings(), used(probes.fill(FixedNet())), x.clone()
    output = net(given)
    kept = [old == new for old, new in zip(before, settings(), strict=True)]
    named = dict(zip(["recording", "default dtype", "seed"], kept, strict=True))
    named["seed"] = named["seed"] and not torch.equal(torch.rand(3), drawn)
    with torch.no_grad():
        fresh = FixedNet()
        inside = fresh(x.clone())
        quiet = [inside.requires_grad, torch.is_grad_enabled()]
    facts = {
        "x requires gradients": given.requires_grad,
        "recorded inside no_grad": quiet,
        "training": [net.training, fresh.training],
        "trainable": sum(p.requires_grad for p in net.parameters()),
        "with a gradient": sum(p.grad is not None for p in net.parameters()),
    }
    return {"output": output, "x": given, **facts, "as before": named}


kept = {"sides": {"as before": "no trace"}, **close}
check("FixedNet/one_image", called, image, **kept)
check("FixedNet/two_images", called, pair, **kept)
check("FixedNet/the smallest image", called, image[:, :, :3, :3], five, **kept)
check("FixedNet/one row or column", called, pair[:, :, :3], pair[:, :, :, :3], **kept)
check("FixedNet/both modes", in_both_modes, pair, **close)
check("FixedNet/transposed", transposed, **close)
layer = {"requirement": "its layer", **close}
check("FixedNet/what is listed", listed, pair, **layer)
check("FixedNet/its settings", settings_of_the_layer, pair, **layer)
check("FixedNet/how it starts", starts, **layer)
check("FixedNet/side by side", side_by_side, pair, **layer)
learns = {"requirement": "it learns", **close}
check("FixedNet/gradients", gradients, True, pair, **learns)
check("FixedNet/gradients in evaluation mode", gradients, False, image, five[:3], **learns)
check("FixedNet/what is left", left, pair, **close, requirement="no trace")
### END HIDDEN TESTS

# %% [markdown]
# ## 11. Yours at work
#
# Your `TwoLayer` has not learnt anything yet. Here it does: from 41 points of a curve, with the line-learning
# loop of section 3, in which `SGD` takes the steps. Chapter 6 is about this loop; today it is a look ahead.
# `yours` fetches your answer, or, until its checks pass, one of the course's, and says which.

# %% tags=["demo"]
from autograder.torch_nn.stand_ins import yours

Net, count, run = yours("TwoLayer"), yours("count_parameters"), yours("predict")

torch.manual_seed(1)
learner = Net(1, 20, 1)
inputs = torch.linspace(-1, 1, 41).reshape(41, 1)  # 41 samples of one feature
curve = torch.sin(4 * inputs)
before = run(learner, inputs)
print("numbers to learn:", count(learner))

# %% [markdown]
# The gap of section 3, the mean squared difference of answer and curve, is called the *loss*.


# %% tags=["demo"]
def learn(network, steps):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for step in range(steps + 1):
        loss = ((network(inputs) - curve) ** 2).mean()
        if step % 250 == 0:
            print(f"step {step:4}: loss {loss.item():.4f}")
        optimizer.zero_grad()  # empties every .grad
        loss.backward()
        optimizer.step()


learn(learner, 1000)

# %% [markdown]
# And the same network, started from zeros? *Predict its loss.*

# %% tags=["demo"]
from_zeros = Net(1, 20, 1)
for parameter in from_zeros.parameters():
    nn.init.zeros_(parameter)
learn(from_zeros, 500)

# %% tags=["demo"]
answers = {"before": before, "after": run(learner, inputs), "zeros": run(from_zeros, inputs)}
pictures.learnt_curve(inputs, curve, **answers)

# %% [markdown]
# *Picture: the points of the curve, and what the network answers: before it learns, hardly bent and far from
# them; afterwards, along them, with a corner where a ReLU begins; started from zeros, a flat line.*
#
# That is a whole training: a module that registers what it learns, a loss, and steps against the gradient.
# Change the curve, or the 20, and run it again.

# %% [markdown]
# ## What to keep, in five lines
#
# 1. A module is a class that inherits from `nn.Module`: `__init__`, begun with `super().__init__()`,
#    says what it has; `forward` says what it does.
# 2. Call `model(x)`. The hooks run there, and only there.
# 3. An `nn.Parameter`, an `nn.Buffer` and a submodule are registered when you assign them, and a tensor given
#    to `register_buffer` is; a plain tensor and a layer in a python list are invisible, and nothing tells you.
# 4. `parameters()` is what is trained, `state_dict()` is what is saved; they are not the same list. Parameters
#    start at random, so that no two features learn the same.
# 5. For a prediction: `eval()` for what layers compute, `no_grad()` for what is recorded, and put back
#    the mode that you found.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown]
# ## Where to read on
#
# - [torch.nn](https://docs.pytorch.org/docs/stable/nn.html): all modules on one page.
# - [Modules](https://docs.pytorch.org/docs/stable/notes/modules.html): the same story, with training
#   and hooks, from PyTorch's authors.
# - [nn.Module](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html),
#   [Parameter](https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html),
#   [ModuleList](https://docs.pytorch.org/docs/stable/generated/torch.nn.ModuleList.html),
#   [no_grad](https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html),
#   [nn.init](https://docs.pytorch.org/docs/stable/nn.init.html).
# - Next: [chapter 2](../02_functional_conv/02_functional_conv.ipynb), which looks into the most famous
#   layer of all, the convolution.
