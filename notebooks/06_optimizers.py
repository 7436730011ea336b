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
# # 6 · Optimizers: from a gradient to a network that has learnt
#
# `backward()` tells every weight which way is uphill. Nothing has moved yet. The part that moves the
# weights is the *optimizer*, and the loop around it is called training.
#
# When you have worked through this chapter you can
#
# - write the step of gradient descent, with and without momentum, and say what torch does beyond it;
# - write the training loop that every PyTorch program contains, and find what is missing in one;
# - read a learning rate off a loss curve: too small, right, too large;
# - tell a network that has *learnt* from one that has *memorised*;
# - train a network of your own, with a look at held-out images after each epoch.
#
# You need Python, and chapters 1 and 5. Run each cell with **Shift + Enter**. Where you read *predict*,
# say your answer aloud before you run the cell.
#
# **Time.** Reading takes about 38 minutes, the exercises 97; the core is 89 of them, what is marked *further* 46.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share; the grey cells below an exercise that look empty
# are theirs. **no trace** stands in every list: what an answer
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
import inspect
import shutil
import warnings

from autograder.torch_nn.pictures import ch06

# %% [markdown]
# ## Before you start
#
# Three questions on earlier chapters, with fresh numbers each time. They earn no points; skip them freely.

# %% tags=["demo"]
from autograder.torch_nn.questions import review

review(6)

# %% tags=["demo"]
review.answer(None, None, None)

# %% [markdown]
# ## 1. One step downhill, by hand
#
# One parameter, one loss: `(p − 3)²`, which is 0 at `p = 3`. At `p = 5` its slope is 2 · (5 − 3) = 4:
# uphill is to the right. So a step goes to the left, by the slope times a small number, the
# **learning rate**. *Predict p after one step with learning rate 0.1.*

# %% tags=["demo"]
p = nn.Parameter(torch.tensor(5.0))
loss = (p - 3) ** 2
loss.backward()
print("gradient:", p.grad)
with torch.no_grad():
    p -= 0.1 * p.grad
print("p:", p)

# %% [markdown]
# 5 − 0.1 · 4 = 4.6. Two things about the line that moved `p`:
#
# - It stands under `no_grad`. The step is no part of the model, and autograd refuses to let you
#   overwrite a parameter while it keeps records.
# - It changes `p` **in place**. `p = p - ...` would make a new tensor and tie the name `p` to it; the
#   model would go on holding the old one.

# %% tags=["demo"]
line = nn.Linear(1, 1, bias=False)
with torch.no_grad():
    line.weight.fill_(5.0)
((line.weight - 3) ** 2).sum().backward()

try:
    line.weight -= 0.1 * line.weight.grad
except RuntimeError as error:
    print("RuntimeError:", error)

for weight in line.parameters():
    weight = weight - 0.1 * weight.grad  # a new tensor with the old name
print("the name:", weight.item(), "  the model:", line.weight.item())

# %% [markdown]
# ### Exercise 6.1 · `sgd_step` · ★★☆ · 10 minutes
#
# Write `sgd_step(params, lr)`, one step of plain gradient descent.
#
# - `params`: parameters of any shape, in a list or in anything else that a `for` loop can run over
#   once, such as `model.parameters()`. Each has its gradient in `.grad`, or `None` there.
# - `lr`: the learning rate, a float; it may be 0.
#
# What counts:
#
# - **the step** (2 points): every parameter becomes *its value − lr · its gradient*, computed in its
#   own dtype: a float64 parameter with all of its digits, half precision too.
# - **missing gradients** (0.5 points): a parameter whose `.grad` is `None` stays as it is, and the
#   others move all the same.
# - **in place** (0.75 points): the new numbers are written into the memory where the old ones lie, so
#   that whatever shares this memory sees them. The function returns `None`.
# - **no trace** (0.75 points): the gradients stay as they are, `requires_grad` of every parameter too,
#   and autograd goes on recording as before.
#
# `torch.optim` is not allowed here, nor torch's ready-made step, `torch._fused_sgd_`. Decided when
# graded: several steps in a row, other shapes, dtypes and layouts in memory.
#
# ```python
# p = nn.Parameter(torch.tensor(5.0))
# p.grad = torch.tensor(4.0)
# sgd_step([p], lr=0.1)
# p  # 4.6
# ```

# %% [markdown] tags=["hints"] exercise="sgd_step"
# 1. Look at the two lines that moved `p` in the first cell of this section. What has to be wrapped around them so
#    that they serve for several parameters?
# 2. Not every parameter has a gradient: what does `None` times a number give? And which of `-=` and
#    `= ... - ...` writes into the tensor that the model holds?
# 3. A loop under `torch.no_grad()`, in it an `if` about `.grad`, and in that one line that writes in
#    place.

# %% nbgrader={"grade": false, "grade_id": "sgd_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sgd_step(params, lr):
    """One step of gradient descent on every parameter that has a gradient, in place."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "sgd_step-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def one_number(answer):
    p = nn.Parameter(torch.tensor(5.0))
    p.grad = torch.tensor(4.0)
    answer([p], 0.1)
    return {"p": p.detach(), "its gradient": p.grad}


def three_numbers(answer):
    params = [nn.Parameter(torch.tensor(value)) for value in (5.0, 1.0, 2.0)]
    params[0].grad, params[2].grad = torch.tensor(4.0), torch.tensor(-3.0)  # params[1] has none
    memory = [p.data_ptr() for p in params]  # where their numbers lie
    returned = answer(iter(params), 0.1)
    kept = [p.data_ptr() == place for p, place in zip(params, memory)]
    return {"parameters": [p.detach() for p in params], "same memory": kept, "returned": returned}


check("sgd_step/one", one_number, sgd_step, sides={"its gradient": "no trace"})
in_place = {"same memory": "in place", "returned": "in place"}
check("sgd_step/three", three_numbers, sgd_step, requirement="missing gradients", sides=in_place)

# %% nbgrader={"grade": true, "grade_id": "sgd_step-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from torch.optim.optimizer import register_optimizer_step_pre_hook

from autograder.checks import probes

g = probes.generator("sgd_step")

def stepped(answer, values, steps, once=False, frozen=()):
    params = [nn.Parameter(v.clone(), requires_grad=i not in frozen) for i, v in enumerate(values)]
    memory, history, gradients, returned, optim = [p.detach() for p in params], [], [], [], []
    hook = register_optimizer_step_pre_hook(lambda *_: optim.append("step"))
    try:
        for lr, given in steps:
            for p, gradient in zip(params, given):
                p.grad = None if gradient is None else gradient.clone()
            returned.append(answer(iter(params) if once else list(params), lr))
            history.append([p.detach().clone() for p in params])
            gradients.append([p.grad if p.grad is None else p.grad.clone() for p in params])
    finally:
        hook.remove()
    return {
        "parameters after each step": history,
        "steps of torch.optim": optim,
        "same memory": [p.data_ptr() == m.data_ptr() for p, m in zip(params, memory)],
        "returned": returned,
        "gradients after each step": gradients,
        "requires_grad": [p.requires_grad for p in params],
    }

def under_no_grad(answer, *given):
    with torch.no_grad():
        return stepped(answer, *given)

def shared(answer, numbers, gradients, lr):
    flat = numbers.clone()
    params = [nn.Parameter(flat[:6].view(3, 2)), nn.Parameter(flat[6:].view(2, 3).t())]
    for p, gradient in zip(params, gradients):
        p.grad = gradient.clone()
    returned = answer(iter(params), lr)
    return {"the tensor that both are views of": flat, "returned": returned}

def some(*shapes, dtype=torch.float32):
    sizes = [math.prod(shape) for shape in shapes]
    numbers = probes.normal(sum(sizes), generator=g, dtype=dtype).split(sizes)
    return [part.clone().reshape(shape) for part, shape in zip(numbers, shapes)]

def rate():
    return torch.randint(3, 15, (1,), generator=g).item() / 31  # no float32 holds it exactly

forbid = (
    "optim", "SGD", "sgd", "ASGD", "asgd", "Optimizer", "_single_tensor_sgd", "_multi_tensor_sgd",
    "_fused_sgd", "_fused_sgd_", "_FunctionalSGD",
)
rules = {
    "forbid": forbid,
    "sides": {
        "same memory": "in place",
        "returned": "in place",
        "gradients after each step": "no trace",
        "requires_grad": "no trace",
    },
}
net = (5, 4), (5,), (3, 5), (3,)
check("sgd_step/list", stepped, sgd_step, some(*net), [(rate(), some(*net))], **rules)
small = (), (1,), (1, 1, 3), (2, 1)
check("sgd_step/iterated", stepped, sgd_step, some(*small), [(rate(), some(*small))], True, **rules)
steep = [10**5 * gradient for gradient in some((2, 2), (3,))]
level = [torch.tensor([[1.0, -1.0], [0.0, 0.0]]), torch.zeros(3)]
broken = [torch.tensor([[math.inf, 1.0], [0.5, math.nan]]), torch.tensor([-1.0, -math.inf, 0.5])]
steps = [(2 + rate(), some((2, 2), (3,))), (0.0, steep), (rate(), level), (rate() / 100, steep),
         (rate(), broken)]
check("sgd_step/several steps", stepped, sgd_step, some((2, 2), (3,)), steps, **rules)
check(
    "sgd_step/float64", stepped, sgd_step, some((2, 3), (3,), dtype=torch.float64),
    [(rate(), some((2, 3), (3,), dtype=torch.float64))], rtol=1e-10, atol=1e-12, **rules,
)
halves = [some((2, 3), (3,), dtype=dtype) for dtype in (torch.float16, torch.bfloat16) for _ in "vg"]
check(
    "sgd_step/half precision", stepped, sgd_step, halves[0] + halves[2],
    [(rate(), halves[1] + halves[3])], rtol=0.04, atol=0.04, **rules,
)
alike = some(*[(2,)] * 12)
given = [None if i in (1, 3, 4, 9) else gradient for i, gradient in enumerate(alike)]
check(
    "sgd_step/some without", stepped, sgd_step, some(*[(2,)] * 12), [(rate(), given)], True, (3,),
    requirement="missing gradients", **rules,
)
given = [None, some((1,))[0], torch.zeros(1), None]
check(
    "sgd_step/the first without", stepped, sgd_step, some(*[(1,)] * 4), [(rate(), given)],
    requirement="missing gradients", **rules,
)
steps = [(rate(), [None, None]), (rate(), [some((2,))[0], None])]
check(
    "sgd_step/all without", stepped, sgd_step, some((2,), (2,)), steps,
    requirement="missing gradients", **rules,
)
def across():
    return [t.t() for t in some((3, 2), (2, 2))]
check(
    "sgd_step/transposed gradients", stepped, sgd_step, some((2, 3), (2, 2)), [(rate(), across())], **rules
)
few = (2,), (3,), (1, 2)
check("sgd_step/frozen", stepped, sgd_step, some(*few), [(rate(), some(*few))], False, (0, 2), **rules)
check(
    "sgd_step/under no_grad", under_no_grad, sgd_step, some(*few), [(rate(), some(*few))], False,
    (0, 1, 2), **rules,
)
check(
    "sgd_step/views", shared, sgd_step, *some((12,)), some((3, 2), (3, 2)), rate(),
    requirement="in place", forbid=forbid,
)
### END HIDDEN TESTS

# %% [markdown] seed=["A6.c1", "B6.c1"]
# ## 2. The optimizer is an object
#
# [`torch.optim`](https://docs.pytorch.org/docs/stable/optim.html) has this step, and many cleverer
# ones, ready-made. An optimizer is made once, from the parameters it shall move, and knows nothing
# else: neither the model nor the loss. It has two methods: `step()` is your `sgd_step`, and
# `zero_grad()` clears the gradients. The first step of this chapter again:

# %% seed=["B6.c1"] tags=["demo"]
p = nn.Parameter(torch.tensor(5.0))
optimizer = torch.optim.SGD([p], lr=0.1)
((p - 3) ** 2).backward()
optimizer.step()
print("p:", p)
optimizer.zero_grad()
print("gradient:", p.grad)

# %% [markdown] seed=["A6.c1", "E27"]
# Must you give a learning rate? One reads that every optimizer requires `lr`. *Predict what this cell
# does.*

# %% seed=["A6.c1", "E27"] tags=["demo"]
line = nn.Linear(2, 1)
print(torch.optim.SGD(line.parameters()))

# %% [markdown] seed=["E27"]
# No error: `lr` has a default. (`SGD` was the one that insisted on it in older versions of PyTorch,
# which is where the belief comes from.) Every optimizer *has* a learning rate, and none of them
# requires you to say it. The defaults differ a thousandfold:

# %% seed=["E27"] tags=["demo"]
defaults = {}
for name, optimizer_class in vars(torch.optim).items():
    if inspect.isclass(optimizer_class) and optimizer_class is not torch.optim.Optimizer:
        lr = inspect.signature(optimizer_class).parameters["lr"].default
        defaults.setdefault(float(lr), []).append(name)
for lr in sorted(defaults):
    print(f"{lr:<6g}", ", ".join(sorted(defaults[lr])))
print(sum(len(names) for names in defaults.values()), "optimizers")

# %% [markdown] seed=["E27"]
# So a forgotten `lr` is no error but a *choice*, and with `SGD` a slow one. Say it always.
#
# ### What the learning rate decides
#
# A valley twenty times as steep across as along. Three runs of plain gradient descent from the same
# place, 40 steps each, with nothing changed but `lr`. *Predict which of 0.004, 0.08 and 0.102 gets
# nearest to the bottom, and whether the one above it is only a little worse.*

# %% tags=["demo"]
ch06.lr_sweep((0.004, 0.08, 0.102))

# %% [markdown]
# *Picture: three maps of the same long valley. With 0.004 the path slides down the wall and ends
# far from the bottom; with 0.08 it zigzags a few times and then runs to the bottom; with 0.102 each
# step lands higher on the opposite wall than the one before. Below, the three losses on a logarithmic
# axis: nearly flat, falling, rising.*

# %% [markdown]
# A loss that *rises* or turns to `nan` says that `lr` is too large. The other way round a curve says little: the
# loss of 0.08 falls just as steadily as that of 0.004, only faster. So compare rates, at first some three times apart,
# then closer. *Predict where the best of these eight lies.*

# %% tags=["demo"]
for rate in (0.001, 0.003, 0.0102, 0.03, 0.09, 0.098, 0.102, 0.24):
    path = ch06.descend("SGD", lr=rate)
    print(f"lr {rate:<6g} loss after 40 steps: {ch06.height(*path[-1]):.3g}")

# %% [markdown]
# Just below the rate at which it flies apart: in this valley 0.1, which is 2 divided by the steepness 20. Three
# times 0.08 is far beyond. A tenth of 0.102 is safe, and leaves 17.8, where 0.09 leaves 0.0214: dividing by ten is a
# way back, not the end of the search.

# %% [markdown] seed=["E28b"]
# ### A name that hides another
#
# The module is called `optim`. Who also calls the *object* `optim` has lost the module. The error
# comes later, in the cell that wants a second optimizer.

# %% seed=["E28b"] tags=["demo"]
from torch import optim

optim = optim.SGD(line.parameters(), lr=0.01)
try:
    optim.Adam(line.parameters())
except AttributeError as error:
    print("AttributeError:", error)
del optim  # mended: call the object `optimizer`

# %% [markdown]
# ## 3. Three lines, and the one that is forgotten
#
# Chapter 5 ended with it: `backward()` *adds* to `.grad`. If nobody clears, each step follows the sum
# of all gradients there have ever been. The same batch six times, no step in between, so that the
# true gradient never changes. *Predict the second row of numbers.*

# %% tags=["demo"]
def six_rounds(clear):
    torch.manual_seed(6)
    model, batch = nn.Linear(4, 1), torch.randn(8, 4)
    sizes = []
    for _ in range(6):
        if clear:
            model.zero_grad()
        (model(batch) ** 2).mean().backward()
        sizes.append(model.weight.grad.norm().item())
    return sizes

# %% tags=["demo"]
cleared, piled = six_rounds(clear=True), six_rounds(clear=False)
print("with zero_grad:   ", [round(size / cleared[0], 3) for size in cleared])
print("without zero_grad:", [round(size / cleared[0], 3) for size in piled])
ch06.growing_gradients(cleared, piled)

# %% [markdown]
# *Picture: two rows of bars, the length of `.grad` in six rounds. With `zero_grad` all bars are equally
# high; without it they grow like a staircase to six times the first.*

# %% [markdown] seed=["A6.c2", "A6.1"]
# ## 4. One epoch
#
# An **epoch** is one pass over all images of a set. A `DataLoader` hands them out in batches, pairs
# `(x, y)` of images and class numbers; do *clear, forward, loss, backward, step* for each batch, and
# one epoch of training is done.
#
# The images are the course's own drawings, or CIFAR-10 where you have it in a folder `dataset`. We take a thousand
# of the *training* images, and put 208 of them aside at once: nothing trains on these. Section 8 says what for. A
# `torch.Generator` is a source of random numbers of its own; `torch.randperm(n)` gives 0, …, n − 1 in random order.

# %% seed=["A6.1"] tags=["demo"]
from torch.utils.data import Subset
from torchvision.transforms import ToTensor

from autograder.torch_nn.data import cifar10

train_images = cifar10(train=True, transform=ToTensor())
print(torch.randperm(5, generator=torch.Generator().manual_seed(6)))
order = torch.randperm(1040, generator=torch.Generator().manual_seed(6)).tolist()
held_out, to_train = Subset(train_images, order[:208]), Subset(train_images, order[208:])
one_by_one = DataLoader(Subset(train_images, order[208:308]), batch_size=1)
x, y = next(iter(one_by_one))
print(x.shape, y)
ch06.gallery(train_images)

# %% [markdown]
# *Picture: one image of each of the ten classes, 32 by 32 pixels, with the name of its class.*
#
# The network is the quick one of chapter 4.

# %% seed=["A6.1"] tags=["demo"]
def quick_net():
    torch.manual_seed(6)
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 5, padding=2), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 4 * 4, 64), nn.Linear(64, 10),
    )

# %% [markdown] seed=["A6.1", "A6.c2"]
# The plainest loop takes the images one by one and prints the loss of each; here are the first three
# and the last three of a hundred.

# %% seed=["A6.1", "A6.c2"] tags=["demo", "nbval-ignore-output"]
loss_fn = nn.CrossEntropyLoss()
model = quick_net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for i, (x, y) in enumerate(one_by_one):
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if i < 3 or i >= 97:
        print(loss)

# %% [markdown] seed=["A6.c2", "A6.1"]
# One hundred numbers, each the loss of *another image under another network*. Is an image of a small loss an easy
# one? Ask the network as it was before the first step. `reduction="none"` leaves each image its own loss. *Predict
# whether the losses of two butterflies differ more than those of a butterfly and a moon.*

# %% seed=["A6.c2", "A6.1"] tags=["demo"]
images, labels = next(iter(DataLoader(to_train, batch_size=100)))
with torch.no_grad():
    each = F.cross_entropy(quick_net()(images), labels, reduction="none")
for number in (1, 9, 6):
    found = each[labels == number]
    print(f"{train_images.classes[number]:10} {found.min():.2f} to {found.max():.2f}")

# %% [markdown] seed=["A6.c2", "A6.1"]
# A fresh network gives every image nearly the same scores, so a loss says which *label* it happens to favour, and
# nothing about the image. What you want at the end of an epoch is **one** number: the mean over all samples.
#
# ### Two modes
#
# Some layers do one thing while a network learns, and another while it is used: `Dropout` sets numbers to 0 at random
# only in training, and `BatchNorm` uses the mean of the batch in training, and otherwise a running mean of all batches that
# it has seen. In which mode a network is, says `model.training`, an attribute of the model and of each of its parts.
# `train()` and `eval()` set it everywhere; `train(False)` is `eval()`. *Predict the last line, and whether the two above
# it are the same.*

# %% tags=["demo"]
moody = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
print("new:         ", moody.training, moody[1].training)
before = moody.training
moody.eval()
print("after eval():", moody.training, moody[1].training)
moody.train(before)  # as it was
print("put back:    ", moody.training, moody[1].training)
torch.manual_seed(6)
ones = torch.ones(1, 6)
print(moody.train()[1](ones), moody[1](ones), moody.eval()[1](ones), sep="\n")

# %% [markdown]
# A new module is in training mode. What a network shall learn in, it must be put into: `model.train()` before an epoch,
# `model.eval()` before a measurement.

# %%
torch.manual_seed(6)
toy_x = torch.randn(10, 2)
toy_y = (toy_x[:, 0] > toy_x[:, 1]).long()

# %% [markdown]
# ### Exercise 6.2 · `train_one_epoch` · ★★☆ · 15 minutes
#
# Write `train_one_epoch(model, loader, loss_fn, opt)`.
#
# - `model`: any `nn.Module`, in any mode, or with some parts in one mode and some in the other. Some
#   parameters may be frozen, or have nothing to do with the loss.
# - `loader`: a `DataLoader` that yields batches `(x, y)`, not all of one size. It may shuffle, drop a
#   short last batch, or pick only some of the samples of its data set.
# - `loss_fn`: `loss_fn(model(x), y)` is the **mean** loss of a batch, a tensor of shape `()`.
# - `opt`: an optimizer that holds the parameters of `model`, perhaps in several groups.
#
# What counts:
#
# - **the training** (2 points): the function runs through `loader` once and makes, for each batch, one
#   step of `opt` along the gradient of that batch's loss.
# - **mean loss** (1.25 points): the result is a Python `float`, the mean loss per sample: each sample
#   that the loader yields counts once, with the loss that its batch had when its turn came. The model
#   is called once for each batch.
# - **old gradients** (0.5 points): something may lie in `.grad` when your function is called; it has no
#   influence. Clear it to `None` or to zeros, as you like.
# - **training mode** (0.75 points): in every forward pass the model is in training mode, with all of its
#   parts.
# - **no trace** (0.5 points): nothing changes but the weights, their gradients and running statistics.
#   A model that came in training mode leaves in it; any other may leave in training mode, or in its
#   own. What was frozen stays frozen. No random seed is set, and no random state is put back.
#
# Decided when graded: other losses, optimizers, loaders and networks.
#
# ```python
# loader = DataLoader(TensorDataset(toy_x, toy_y), batch_size=4)  # batches of 4, 4 and 2
# model = nn.Linear(2, 2)
# opt = torch.optim.SGD(model.parameters(), lr=0.5)
# train_one_epoch(model, loader, F.cross_entropy, opt)  # a float; smaller when called again
# ```

# %% [markdown] tags=["hints"] exercise="train_one_epoch"
# 1. Five things happen for each batch; the sentence at the head of this section has them in their
#    order. What happens once before the loop, and what once after it?
# 2. `loss_fn` gives the mean of a batch. How do you get from it to the sum over that batch? And how
#    many samples does the last batch have?
# 3. Two running totals, both plain numbers: `loss.item()` times the size of the batch, and the size
#    of the batch. Clear the gradients *before* each `backward()`, not after the step.

# %% nbgrader={"grade": false, "grade_id": "train_one_epoch", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_one_epoch(model, loader, loss_fn, opt):
    """Train for one pass over the loader; the mean loss per sample, as a float."""
    ### BEGIN SOLUTION
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "train_one_epoch-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def trained(answer, model, old=None, epochs=1, batch_size=4):
    for p in model.parameters():
        nn.init.constant_(p, 0.5)
        p.grad = None if old is None else torch.full_like(p, old)
    opt = torch.optim.SGD(model.parameters(), lr=0.5)
    loader = DataLoader(TensorDataset(toy_x, toy_y), batch_size=batch_size)
    losses = [answer(model, loader, F.cross_entropy, opt) for _ in range(epochs)]
    weights = list(model.state_dict().values())
    return {"weights": weights, "mean losses": losses} if epochs > 1 else weights


sides = {"mean losses": "mean loss"}
check("train_one_epoch/toy", trained, train_one_epoch, nn.Linear(2, 2), epochs=3, sides=sides)
old = {"old": 10.0, "requirement": "old gradients"}  # before the first epoch
check("train_one_epoch/toy with old gradients", trained, train_one_epoch, nn.Linear(2, 2), **old)
net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2)).eval()
mode = {"batch_size": 5, "requirement": "training mode"}
check("train_one_epoch/toy from eval mode", trained, train_one_epoch, net, **mode)

# %% nbgrader={"grade": true, "grade_id": "train_one_epoch-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("train_one_epoch")

class Noted(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        self.unused = nn.Parameter(torch.ones(2))
        self.samples, self.modes = [], []

    def forward(self, x):
        self.samples.append(len(x))
        self.modes.append((self.training, all(part.training for part in self.modules())))
        return self.layers(x)

def tanh_net():
    return nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 4))

def line():
    return nn.Linear(3, 4)

def norm_net():
    norm = nn.BatchNorm1d(4)
    norm.running_mean.fill_(2.0)
    return nn.Sequential(nn.Linear(3, 4), norm)

def trained(
    answer, layers, x, y, loss_fn, optimizer, came="training", frozen=(), old=False, epochs=1,
    weights_only=False, hook=None, **how,
):
    model = probes.fill(Noted(layers).to(x.dtype)).train(came != "evaluating")
    if hook:
        model.register_forward_hook(hook)
    if came == "partly evaluating":
        layers[1].eval()
    for i, p in enumerate(model.parameters()):
        p.requires_grad_(i not in frozen)
        if old:
            p.grad = torch.full_like(p, i + 1.0)
    opt = optimizer(model)
    loader = DataLoader(TensorDataset(x, y), **how)
    attributes = {*vars(model), *vars(opt)}
    losses = [answer(model, loader, loss_fn, opt) for _ in range(epochs)]
    weights = [*(p.detach() for p in model.parameters()), *model.buffers()]
    if weights_only:
        return weights
    return {
        "weights": weights,
        "samples in each forward pass": model.samples,
        "mean losses": losses,
        "training mode of the model, of all its parts": sorted(set(model.modes)),
        "learning rates": [group["lr"] for group in opt.param_groups],
        "new attributes of the model and of opt": sorted({*vars(model), *vars(opt)} - attributes),
        "reduction of the loss": getattr(loss_fn, "reduction", None),
    }

def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.5)

def small(model):
    return torch.optim.SGD(model.parameters(), lr=2e-6)

def adam(model):
    return torch.optim.Adam(model.parameters(), lr=0.02)

def groups(model):
    first, *others = model.parameters()
    return torch.optim.SGD([{"params": others, "lr": 0.3}, {"params": [first]}], lr=0.1, momentum=0.5)

def still(model):
    return torch.optim.SGD(model.parameters(), lr=0.0)

sides = {
    "mean losses": "mean loss",
    "samples in each forward pass": "mean loss",
    "training mode of the model, of all its parts": "training mode",
    "learning rates": "no trace",
    "new attributes of the model and of opt": "no trace",
    "reduction of the loss": "no trace",
}
x, y = probes.normal(11, 3, generator=g), torch.randint(4, (11,), generator=g)
goal = probes.normal(11, 4, generator=g)
ce = F.cross_entropy
twice = lambda model, given, scores: 2 * scores
# the last column of y is the loss of each sample, the others say where the gradient points
told = lambda scores, y: ((scores - scores.detach()) * y[:, :-1]).mean() + y[:, -1].mean()

def telling(scale, losses):
    return torch.cat([scale * goal[: len(losses)], torch.tensor(losses)[:, None]], dim=1)
close = {"rtol": 1e-5, "atol": 1e-6}

def tried(what, *given, sides=sides, requirement="the training", **how):
    check(f"train_one_epoch/{what}", trained, train_one_epoch, *given, sides=sides,
          requirement=requirement, **how)

tried("two groups", line(), x[:7], y[:7], ce, groups, epochs=2, batch_size=4, **close)
tried("regression", tanh_net(), x[:7, None], goal[:7, None], F.mse_loss, adam, batch_size=3, epochs=2,
      **close)
steep = telling(1e5, [0.0, 0.0, math.inf, 1.0, -30.0, -1.0, math.nan, 1.0, 0.5, 2.0])
tried("steep", line(), x[:10], steep, told, small, batch_size=2)
tried("shuffled", line(), x, y, ce, sgd, "evaluating", epochs=2, shuffle=True, drop_last=True,
      batch_size=5)
tried("frozen", tanh_net(), x[:5], y[:5], ce, sgd, frozen=(0, 3), hook=twice, batch_size=3)
tried("one by one", line(), x.double() / 4, goal.double(), nn.MSELoss(), sgd, batch_size=1)
still_sides = {key: name for key, name in sides.items() if name != "mean loss"}

def measured(what, *given, **how):
    tried(what, *given, sides=still_sides, requirement="mean loss", **how)

measured("uneven", line(), x[:7], y[:7], ce, still, epochs=2, batch_size=4, **close)
measured("some dropped", line(), x, y, ce, still, batch_size=6, drop_last=True, **close)
some = telling(1, [-700.0, 3.0, 5.0, 900.0, 7.0, -100.0, 2.0, 1.0, 0.0, 4.0, 6.0])
some[:, -1] += goal[:, 0]
measured("some picked", line(), x, some, told, still, batch_size=3, sampler=[3, 8, 8, 0, 5], **close)
negative = lambda scores, wanted: (scores * wanted).mean(dim=0).sum() - 9
measured("one sample", line(), x[:1], goal[:1], negative, still, batch_size=4, **close)

def learnt(what, requirement, *given, **how):
    tried(what, *given, requirement=requirement, sides={}, weights_only=True, **how)

old = "old gradients"
learnt(old, old, line(), x[:7], y[:7], ce, sgd, old=True, batch_size=4)
learnt("old gradients, frozen", old, tanh_net(), x[:5], y[:5], ce, sgd, "evaluating", (1, 2), old=True,
       batch_size=3)
learnt("evaluating", "training mode", norm_net(), x, y, ce, sgd, "evaluating", (3, 4), epochs=2,
       batch_size=6)
learnt("partly evaluating", "training mode", norm_net(), x, y, ce, sgd, "partly evaluating",
       batch_size=6)
### END HIDDEN TESTS

# %% [markdown] seed=["A6.c3", "A6.2"]
# ## 5. Many epochs, and a number to watch
#
# One pass is rarely enough. A second loop around the first, and the network gets better with each
# epoch. Better *on the images that it trains on*; remember these words, we come back to them.
#
# Many programs add up the losses of an epoch like this. *Predict what is printed: which kind of
# object, and about which size?*

# %% seed=["A6.2", "A6.c3", "E28"] tags=["demo", "nbval-ignore-output"]
model = quick_net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(3):
    running_loss = 0.0
    for x, y in one_by_one:
        result_loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        result_loss.backward()
        optimizer.step()
        running_loss = running_loss + result_loss
    print(running_loss)

# %% [markdown] seed=["A6.2", "E28"]
# It falls; whether the network is any good, you can say when you know what guessing would cost (the next cell).
# But this is not a number, it is a **tensor with a history**,
# `AddBackward0`; the graph of every batch hangs on it. And it is a *sum* and no mean, so its size says
# how many images there are. An untrained network of ten classes pays ln 10 for each; for a hundred
# images, and for the 10,000 of CIFAR-10's test set, that is

# %% seed=["A6.2", "E28"] tags=["demo"]
print(f"{100 * math.log(10):.2f}")
print(f"{10_000 * math.log(10):.2f}")

# %% [markdown] seed=["E28"]
# so the first pass was worse than guessing, and the third is hardly better. The second number looks terrible, and is
# also the price of pure guessing.
#
# Does the history hurt? The folklore says that memory blows up. Count the bytes that autograd keeps
# for later, after 20 batches. *Predict: which of the three lines is large?*

# %% seed=["E28"] tags=["demo"]
def bytes_kept(train, as_number):
    torch.manual_seed(6)
    model = nn.Sequential(nn.Linear(100, 200), nn.ReLU(), nn.Linear(200, 10))
    total = 0.0
    with ch06.kept_for_backward() as count_bytes:
        for _ in range(20):
            loss = loss_fn(model(torch.randn(64, 100)), torch.zeros(64, dtype=torch.long))
            if train:
                loss.backward()
            total = total + (loss.item() if as_number else loss)
        del loss  # the last one would hold its own graph
        return count_bytes()

# %% seed=["E28"] tags=["demo"]
print("training, tensors added:  ", bytes_kept(train=True, as_number=False))
print("measuring, tensors added: ", bytes_kept(train=False, as_number=False))
print("measuring, numbers added: ", bytes_kept(train=False, as_number=True))

# %% [markdown] seed=["E28"]
# In training, `backward()` throws the activations away, and what hangs on the sum is a thin chain of
# nodes. Where nobody calls `backward()`, in a measurement without `no_grad`, everything stays, and more with every batch.
# And the sum is of no use as a loss:

# %% seed=["E28"] tags=["demo"]
try:
    running_loss.backward()
except RuntimeError as error:
    print("RuntimeError:", str(error).split(" (")[0])

# %% [markdown] seed=["E28"]
# The cure is one word: `.item()` takes the number out and leaves the graph behind. (`float(loss)`
# does so too, but newer versions of torch warn about it when the tensor still requires a gradient.)

# %% seed=["E28"] tags=["demo"]
with warnings.catch_warnings():
    warnings.simplefilter("error")
    print(type(result_loss.item()).__name__)

# %% [markdown]
# ### Exercise 6.3 · `fit` · ★★☆ · 12 minutes
#
# Write `fit(model, loader, epochs, lr, momentum=0.0)`, a whole training with `torch.optim.SGD`.
#
# - `model`: any `nn.Module` that returns the scores of the classes, in any mode. Some parameters may be
#   frozen, or have nothing to do with the scores.
# - `loader`: as in 6.2, with class numbers for `y`. Where it shuffles, it does so anew each epoch.
# - `epochs`: how often to run through `loader`; may be 0.
# - `lr` and `momentum`: settings of the optimizer; both may be 0.
#
# What counts:
#
# - **the training** (2.25 points): in each epoch one pass over `loader`; for each batch one step of
#   `torch.optim.SGD` with `lr` and `momentum`, along the gradient of the mean cross-entropy of that
#   batch. What the optimizer remembers is remembered over the whole training. With `epochs=0` the
#   weights stay as they are.
# - **history** (1.25 points): the result is a list of `epochs` Python floats: for each epoch the mean
#   loss per sample, as in 6.2. The model is called once for each batch.
# - **old gradients** (0.5 points): what lies in `.grad` when your function is called has no influence.
# - **training mode** (0.5 points): in every forward pass the model is in training mode, with all of its
#   parts.
# - **no trace** (0.5 points): nothing changes but the weights, their gradients and running statistics.
#   After an epoch or more, a model that came in training mode leaves in it; any other may leave in
#   training mode, or in its own. What was frozen stays frozen. No random seed is set, and no random
#   state is put back.
#
# Decided when graded: other loaders and networks. You may call your `train_one_epoch`; a mistake there
# is then a mistake here.
#
# ```python
# loader = DataLoader(TensorDataset(toy_x, toy_y), batch_size=4)
# fit(nn.Linear(2, 2), loader, epochs=5, lr=0.5)  # five floats; the last is smaller than the first
# ```

# %% [markdown] tags=["hints"] exercise="fit"
# 1. Two loops, one in the other. For each line ask: once in all, once an epoch, or once a batch?
# 2. The optimizer keeps a memory of its steps (section 6 is about it). What happens to that memory
#    when a new object is made? And when does the running total have to be 0?
# 3. Once: make the optimizer and the empty list. Each epoch: two totals at 0, then the loop of 6.2,
#    then append one float.

# %% nbgrader={"grade": false, "grade_id": "fit", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fit(model, loader, epochs, lr, momentum=0.0):
    """Train with SGD and cross-entropy; the mean loss of each epoch, as floats."""
    ### BEGIN SOLUTION
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "fit-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def fitted(answer, model, old=None, batch_size=4, **settings):
    for p in model.parameters():
        nn.init.constant_(p, 0.5)
        p.grad = None if old is None else torch.full_like(p, old)
    loader = DataLoader(TensorDataset(toy_x, toy_y), batch_size=batch_size)
    history = answer(model, loader, lr=0.5, **settings)
    weights = list(model.state_dict().values())
    return {"weights": weights, "history": history} if settings["epochs"] > 1 else weights


sides = {"history": "history"}
check("fit/toy", fitted, fit, nn.Linear(2, 2), epochs=5, sides=sides)
check("fit/toy with momentum", fitted, fit, nn.Linear(2, 2), epochs=3, momentum=0.9, sides=sides)
old = {"old": 10.0, "requirement": "old gradients"}  # before the first epoch
check("fit/toy with old gradients", fitted, fit, nn.Linear(2, 2), epochs=1, **old)
net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2)).eval()
mode = {"batch_size": 5, "requirement": "training mode"}
check("fit/toy from eval mode", fitted, fit, net, epochs=1, **mode)

# %% nbgrader={"grade": true, "grade_id": "fit-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("fit")

class Noted(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        self.unused = nn.Parameter(torch.ones(2))
        self.samples, self.modes = [], []

    def forward(self, x):
        self.samples.append(len(x))
        self.modes.append((self.training, all(part.training for part in self.modules())))
        return self.layers(x)

def tanh_net():
    return nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 4))

def norm_net():
    norm = nn.BatchNorm1d(4)
    norm.running_mean.fill_(2.0)
    return nn.Sequential(nn.Linear(3, 4), norm)

def pictures_net():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Flatten(), nn.Linear(8, 4))

def ready(layers, dtype, came, frozen=(), old=False):
    model = probes.fill(Noted(layers).to(dtype)).train(came != "evaluating")
    if came == "partly evaluating":
        layers[1].eval()
    for i, p in enumerate(model.parameters()):
        p.requires_grad_(i not in frozen)
        if old:
            p.grad = torch.full_like(p, i + 1.0)
    return model

def trained(
    answer, layers, x, y, epochs, *settings, came="training", frozen=(), old=False, how=None,
    weights_only=False, hook=None, **named,
):
    model = ready(layers, x.dtype, came, frozen, old)
    if hook:
        model.register_forward_hook(hook)
    attributes = set(vars(model))
    history = answer(model, DataLoader(TensorDataset(x, y), **how), epochs, *settings, **named)
    weights = [*(p.detach() for p in model.parameters()), *model.buffers()]
    if weights_only:
        return weights
    return {
        "weights": weights,
        "history": history,
        "samples in each forward pass": model.samples,
        "training mode of the model, of all its parts": sorted(set(model.modes)),
        "new attributes of the model": sorted(set(vars(model)) - attributes),
    }

def weights_of_two(answer, x, y, lr, momentum):
    models = [ready(nn.Linear(3, 4), x.dtype, "training") for _ in range(3)]
    for model, epochs, size in zip(models, (1, 0, 2), (5, 4, 5)):
        loader = DataLoader(TensorDataset(x, y), batch_size=size, shuffle=True)
        answer(model, loader, epochs, lr, momentum)
    return [[p.detach() for p in model.parameters()] for model in models]

class Turns(torch.utils.data.Sampler):
    """Samples of its own for the first epoch, and others for all that follow."""

    def __init__(self, first, then):
        self.first, self.then, self.begun = first, then, 0

    def __iter__(self):
        self.begun += 1
        return iter(self.first if self.begun == 1 else self.then)

    def __len__(self):
        return len(self.first)

def easy_and_hard(answer, x, epochs, lr):
    """In the first epoch samples of little loss, then of a large one, which falls only slowly."""
    model = ready(nn.Linear(3, 4), x.dtype, "training")
    with torch.no_grad():
        scores = model.layers(x)
    y = torch.cat([scores[:5].argmax(dim=1), scores[5:].argmin(dim=1)])
    turns = Turns([0, 1, 2, 3, 4], [5, 6, 7, 8])
    history = answer(model, DataLoader(TensorDataset(x, y), batch_size=3, sampler=turns, drop_last=True), epochs, lr)
    return {
        "weights": [p.detach() for p in model.parameters()],
        "history": history,
        "samples in each forward pass": model.samples,
    }

def no_epochs(answer, x, y, lr):
    found = []
    for epochs in (0, 1):
        model = ready(nn.Linear(3, 4), x.dtype, "evaluating")
        history = answer(model, DataLoader(TensorDataset(x, y), batch_size=3), epochs, lr, 0.5)
        found.append(([p.detach() for p in model.parameters()], history))
    (start, empty), (end, full) = found
    return {"weights after 0 epochs and 1": [start, end], "history": [empty, full]}

mode = {"training mode of the model, of all its parts": "training mode"}
passes = {"history": "history", "samples in each forward pass": "history"}
sides = {**passes, **mode, "new attributes of the model": "no trace"}
x, y = probes.normal(11, 3, generator=g), torch.randint(4, (11,), generator=g)
lr = torch.randint(3, 10, (1,), generator=g).item() / 31

def tried(what, *given, requirement="the training", sides=sides, **how):
    check(f"fit/{what}", trained, fit, *given, requirement=requirement, sides=sides, **how)

pictures = torch.stack([x, x.flip(0)], dim=1)
tried("momentum", pictures_net(), pictures[:7], y[:7], 3, lr, momentum=0.95, how={"batch_size": 4})
tried("shuffled", nn.Linear(3, 4), x, y, 2, lr, how={"batch_size": 5, "shuffle": True, "drop_last": True})
tried("frozen", tanh_net(), x[:4], y[:4], 1, lr, 0.5, frozen=(0, 3), how={"batch_size": 3},
      hook=lambda model, given, scores: 2 * scores)
check("fit/many epochs", easy_and_hard, fit, 1e4 * x.double(), 13, lr * 1e-6, requirement="the training",
      sides=passes)
check("fit/several models", weights_of_two, fit, x[:9], y[:9], lr, 0.7, requirement="the training")
check("fit/no epochs", no_epochs, fit, x[:4], y[:4], lr, requirement="the training",
      sides={"history": "history"}, allow=("modes", "grad"))
still = {"requirement": "history", "sides": {**mode, "new attributes of the model": "no trace"},
         "rtol": 1e-5, "atol": 1e-6}
tried("uneven", nn.Linear(3, 4), x[:7], y[:7], 3, 0.0, how={"batch_size": 4}, **still)
picked = {"batch_size": 2, "sampler": [3, 8, 8, 0, 5], "drop_last": True}
tried("some picked", nn.Linear(3, 4), x, y, 1, 0.0, how=picked, **still)
broken = torch.cat([x[:1], x[1:2] * math.nan])
tried("one by one, and a NaN", nn.Linear(3, 4), broken, y[:2], 1, 0.0, 0.9, how={"batch_size": 1}, **still)
tried("old gradients", nn.Linear(3, 4), x[:5], y[:5], 1, lr, frozen=(0,), old=True,
      how={"batch_size": 3}, requirement="old gradients", sides={}, weights_only=True)
for came, epochs in (("evaluating", 2), ("partly evaluating", 1)):
    tried(came, norm_net(), x, y, epochs, lr, came=came, how={"batch_size": 6},
          requirement="training mode", sides={}, weights_only=True)
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Optimizers with a memory
#
# In the long valley above, plain descent wastes its steps on zigzag. Two ideas help.
#
# **Momentum** keeps a *velocity* for each parameter. Each step, the velocity is multiplied by the
# momentum and the gradient is added; then the parameter moves against the velocity:
#
# $$v \leftarrow \text{momentum} \cdot v + \text{grad} \qquad\qquad p \leftarrow p - \text{lr} \cdot v$$
#
# Where gradients point to and fro, they cancel in the velocity; where they agree, they add up, to
# as much as 1 / (1 − momentum) times the gradient. The very first velocity is the gradient itself.
#
# **Adam** gives each parameter a step size of its own: the mean of its latest gradients, divided by
# their typical size. A steep direction and a flat one then move at the same pace.

# %% tags=["demo"]
ch06.three_paths()

# %% [markdown]
# *Picture: the same valley three times, from the same start, 40 steps. SGD zigzags and creeps along the floor;
# momentum swings and ends lowest; Adam heads diagonally for the middle, runs past it and turns. The marks show the
# steps.*
#
# None of the three is the best for everything. In this valley Adam ends worst, with a step of 0.5 that never shrinks.
# What it is good at is in its first steps: they are as long across as along, although the walls are twenty times as steep
# as the floor. So one learning rate serves layers whose gradients differ a hundredfold.
#
# Now set the two numbers yourself. Which momentum makes a learning rate of 0.02 arrive? What happens
# at 0.99? And does momentum save a learning rate of 0.102?

# %% tags=["demo"]
ch06.explore_path()

# %% [markdown]
# Where no sliders run, here are six of their pictures:

# %% tags=["demo"]
ch06.six_settings()

# %% [markdown]
# *Picture: six paths of 40 steps. Without momentum lr 0.02 gets half-way and lr 0.102 diverges; with
# momentum 0.8 both arrive; with 0.99 both swing about and are far from the bottom.*
#
# `SGD` has an option `dampening`: with it only a part of the gradient enters the velocity. Its
# default is 0, and then the formula above is exactly what torch computes. *Predict the fourth number
# for lr 1, momentum 0.5 and a gradient that is always 1.*

# %% tags=["demo"]
p = nn.Parameter(torch.tensor(0.0))
optimizer = torch.optim.SGD([p], lr=1.0, momentum=0.5)
for _ in range(4):
    before = p.item()
    p.grad = torch.tensor(1.0)
    optimizer.step()
    print(p.item() - before)

# %% [markdown]
# A memory is a tensor that outlives a step, so it is changed in place. Methods whose name ends in `_` do that, and give
# the tensor back, so that a second one can follow.

# %% tags=["demo"]
remembered = torch.zeros_like(torch.tensor([4.0, 9.0]))  # zeros of the same shape and dtype
remembered.add_(torch.tensor([4.0, 9.0]))
print(remembered)
print(remembered.mul_(0.5).add_(1.0), remembered)

# %% [markdown]
# ### Exercise 6.4 · `MySGD` · ★★★ · 20 minutes · further
#
# Write an optimizer class, `MySGD(params, lr, momentum=0.0)`, with the methods `step()` and
# `zero_grad()`.
#
# - `params`: as in 6.1; `model.parameters()` is a *generator*, which can be run through only once.
# - `lr` and `momentum`: floats, the same for all steps; either may be 0.
#
# What counts:
#
# - **the steps** (2.25 points): `step()` moves every parameter by the two formulas above, computed in
#   its own dtype. Each parameter has a velocity of its own, beginning with its first gradient.
# - **missing gradients** (1 point): a parameter whose `.grad` is `None` is skipped by `step()`: it stays
#   where it is, its velocity stays as it is, and the others move all the same.
# - **memory** (1.25 points): only its own `step()` changes what an optimizer remembers. `zero_grad()` does
#   not; a training loop that refills the gradients in place, as in `p.grad.copy_(...)`, does not;
#   another optimizer does not, even one with the same parameters.
# - **zero_grad** (0.75 points): after `zero_grad()` the `.grad` of every parameter is `None` or all zeros,
#   as you like.
# - **no trace** (0.75 points): making an optimizer changes nothing. `step()` writes the new numbers into the
#   memory where the old ones lie. It leaves the gradients as they are, `requires_grad` too, and autograd
#   goes on recording as before.
#
# `torch.optim` is not allowed here, nor torch's ready-made step, `torch._fused_sgd_`. Decided when
# graded: several parameters and optimizers at once, other shapes, dtypes and layouts in memory.
#
# ```python
# p = nn.Parameter(torch.tensor(0.0))
# opt = MySGD([p], lr=1.0, momentum=0.5)
# p.grad = torch.tensor(1.0)
# opt.step()  # p is -1.0
# opt.step()  # p is -2.5
# ```

# %% [markdown] tags=["hints"] exercise="MySGD"
# 1. Three methods share two things: the parameters and their velocities. What would be left of a
#    generator when `step()` is called for the second time?
# 2. Keep the parameters as a list, and beside it one velocity for each. What could stand for "no
#    velocity yet"? With which start value does the first formula give the gradient itself?
# 3. In `step`, under `no_grad`: skip where there is no gradient; make the new velocity as a tensor of
#    your own and never the gradient's tensor itself; keep it; subtract `lr` times it in place.

# %% nbgrader={"grade": false, "grade_id": "MySGD", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MySGD:
    """Gradient descent with momentum."""

    def __init__(self, params, lr, momentum=0.0):
        ### BEGIN SOLUTION
        self.params = list(params)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [torch.zeros_like(p) for p in self.params]
        ### END SOLUTION

    def step(self):
        ### BEGIN SOLUTION
        with torch.no_grad():
            for p, v in zip(self.params, self.velocities):
                if p.grad is not None:
                    v.mul_(self.momentum).add_(p.grad)
                    p -= self.lr * v
        ### END SOLUTION

    def zero_grad(self):
        ### BEGIN SOLUTION
        for p in self.params:
            p.grad = None
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "MySGD-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def without_momentum(make):
    p = nn.Parameter(torch.tensor([5.0, 1.0]))
    optimizer = make([p], lr=0.1)
    for _ in range(3):
        p.grad = 2 * (p.detach() - 3)
        optimizer.step()
    return p.detach()


def moved(make, slopes, refill=False):
    p = nn.Parameter(torch.tensor(0.0))
    optimizer, places = make(iter([p]), lr=1.0, momentum=0.5), []
    for slope in slopes:
        if refill and p.grad is not None:
            p.grad.fill_(slope)
        else:
            p.grad = None if slope is None else torch.tensor(slope)
        optimizer.step()
        places.append(p.item())
    return places


def cleared(make):
    params = [nn.Parameter(torch.zeros(2)) for _ in range(2)]
    params[0].grad = torch.tensor([4.0, 0.0])  # params[1] has none
    make(params, lr=1.0).zero_grad()
    return [p.grad is None or p.grad.tolist() == [0.0, 0.0] for p in params]


check("MySGD/plain", without_momentum, MySGD)
check("MySGD/momentum", moved, MySGD, (1.0, 1.0, -2.0))
check("MySGD/one missing", moved, MySGD, (1.0, None, 1.0), requirement="missing gradients")
check("MySGD/refilled", moved, MySGD, (1.0, -2.0, 3.0), refill=True, requirement="memory")
check("MySGD/cleared", cleared, MySGD, requirement="zero_grad")

# %% nbgrader={"grade": true, "grade_id": "MySGD-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from torch.optim.optimizer import register_optimizer_step_pre_hook

from autograder.checks import probes

g = probes.generator("MySGD")

def give(p, gradient, refill):
    if gradient is None or p.grad is None or not refill:
        p.grad = None if gradient is None else gradient.clone()
    else:
        p.grad.copy_(gradient)

def stepped(
    make, values, rounds, *settings, refill=False, clear=False, once=True, frozen=(), recording=True,
    early=False, **named,
):
    params = [nn.Parameter(v.clone(), requires_grad=i not in frozen) for i, v in enumerate(values)]
    memory, places, gradients, optim = [p.detach() for p in params], [], [], []
    modes = []
    hook = register_optimizer_step_pre_hook(lambda *_: optim.append("step"))
    try:
        optimizer = None if early else make(iter(params) if once else params, *settings, **named)
        for given in rounds:
            for p, gradient in zip(params, given):
                give(p, gradient, refill)
            if optimizer is None:
                optimizer = make(iter(params) if once else params, *settings, **named)
            with torch.set_grad_enabled(recording):
                optimizer.step()
                modes.append(torch.is_grad_enabled() == recording)
            places.append([p.detach().clone() for p in params])
            gradients.append([p.grad if p.grad is None else p.grad.clone() for p in params])
            if clear:
                optimizer.zero_grad()
    finally:
        hook.remove()
    return {
        "parameters after each step": places,
        "steps of torch.optim": optim,
        "same memory": [p.data_ptr() == m.data_ptr() for p, m in zip(params, memory)],
        "gradients after each step": gradients,
        "requires_grad": [p.requires_grad for p in params],
        "autograd records as before": modes,
    }

def places_of(make, values, rounds, settings, shared):
    """Several optimizers in turn, all on the same parameters or each on its own."""
    pairs = []
    for lr, momentum in settings:
        params = pairs[0][1] if shared and pairs else [nn.Parameter(v.clone()) for v in values]
        pairs.append((make(iter(params), lr, momentum), params))
    places = []
    for i, given in enumerate(rounds):
        optimizer, params = pairs[i % len(pairs)]
        for p, gradient in zip(params, given):
            p.grad = gradient.clone()
        optimizer.step()
        places.append([p.detach().clone() for p in params])
    return places

def cleared_and_moved(make, values, rounds, lr):
    params = [nn.Parameter(v.clone(), requires_grad=i != 1) for i, v in enumerate(values)]
    optimizer, empty, places = make(iter(params), lr), [], []
    for i, given in enumerate(rounds):
        params[i].grad = None
        optimizer.zero_grad()
        empty.append([p.grad is None or not bool(p.grad.any()) for p in params])
        for p, gradient in zip(params, given):
            p.grad = gradient.clone() if p.grad is None else p.grad.add(gradient)
        optimizer.step()
        places.append([p.detach().clone() for p in params])
    for p, value in zip(params, (math.nan, math.inf, 1.0)):
        p.grad = torch.full_like(p, value)
    optimizer.zero_grad()
    empty.append([p.grad is None or not bool(p.grad.any()) for p in params])
    return {"parameters after each step": places, "None or zeros after zero_grad": empty}

def some(*shapes, dtype=torch.float32):
    sizes = [math.prod(shape) for shape in shapes]
    numbers = probes.normal(sum(sizes), generator=g, dtype=dtype).split(sizes)
    return [part.clone().reshape(shape) for part, shape in zip(numbers, shapes)]

def rate():
    return torch.randint(3, 10, (1,), generator=g).item() / 31  # no float32 holds it exactly

forbid = (
    "optim", "SGD", "sgd", "ASGD", "asgd", "Optimizer", "_single_tensor_sgd", "_multi_tensor_sgd",
    "_fused_sgd", "_fused_sgd_", "_FunctionalSGD",
)
kept = "same memory", "gradients after each step", "requires_grad", "autograd records as before"
sides = {key: "no trace" for key in kept}

def tried(what, *given, requirement="the steps", sides=sides, **how):
    check(f"MySGD/{what}", stepped, MySGD, *given, requirement=requirement, sides=sides,
          forbid=forbid, **how)

small = (), (1,), (1, 1, 3), (2, 1)
rounds = [some(*small) for _ in range(4)]
rounds[2] = [0 * gradient for gradient in rounds[2][:3]] + rounds[2][3:]  # what is remembered moves on
rounds[3][2] = torch.tensor([[[math.inf, 1.0, math.nan]]])
tried("momentum 0.9", some(*small), rounds, rate(), 0.9)
tried("without momentum", some((2, 3), (3,)), [some((2, 3), (3,)) for _ in range(3)], rate(), once=False,
      early=True)
wide = {"dtype": torch.float64}
tried("float64", some((2, 3), **wide), [some((2, 3), **wide) for _ in range(3)], rate(), 0.73,
      rtol=1e-10, atol=1e-12)
def halves():
    return some((2, 3), dtype=torch.float16) + some((2, 3), dtype=torch.bfloat16)
tried("half precision", halves(), [halves() for _ in range(3)], rate(), 0.5, rtol=0.04, atol=0.04)
def across():
    return [*(t.t() for t in some((3, 2))), *(t[:, ::2].clone() for t in some((2, 4)))]
steep = [[1000 * gradient for gradient in across()], *(across() for _ in range(2))]
tried("transposed", across(), steep, rate(), momentum=0.6)
few = (2,), (3,), (1, 2)
rounds = [some(*few) for _ in range(2)]
tried("frozen", some(*few), rounds, rate(), 0.5, frozen=(0, 2))
tried("under no_grad", some(*few), rounds[::-1], rate(), 0.7, recording=False)
rounds = [some((2,), (3,)) for _ in range(6)]
zeros = (rate(), 0.0), (0.0, 0.5), (1 + rate(), 1.0)
check("MySGD/zeros", places_of, MySGD, some((2,), (3,)), rounds, zeros, False, forbid=forbid)
a, b, c, d, e, f, h, i = some(*[(2, 2)] * 8)
rounds = [[a, None, b, None], [None, c, d, None], [e, f, None, None], [h, i, a, b], [c, None, d, e]]
missing = {"requirement": "missing gradients", "sides": {**sides}}
tried("some missing", some(*[(2, 2)] * 4), rounds, rate(), 0.8, **missing)
tried("none at first", some((2, 2), (2, 2)), [[None, None], [a, b], [None, c]], rate(), 0.5, **missing)
rounds = [some((2, 3), (3,)) for _ in range(4)]
memory = {"requirement": "memory", "sides": {**sides}}
tried("refilled in place", some((2, 3), (3,)), rounds, rate(), 0.7, refill=True, **memory)
tried("cleared in between", some((2, 3), (3,)), rounds, rate(), 0.7, clear=True, **memory)
both = (rate(), 0.9), (rate(), 0.5)
for what, shared in (("two optimizers", False), ("the same parameters", True)):
    check(f"MySGD/{what}", places_of, MySGD, some((2, 3), (3,)), rounds, both, shared, forbid=forbid,
          requirement="memory")
rounds = [[a, b, c], [d, e, f], [h, i, a]]
rounds = [[*given[:2], given[2].double()] for given in rounds]
values = [*some((2, 2), (2, 2)), *some((2, 2), **wide)]
check("MySGD/zero_grad", cleared_and_moved, MySGD, values, rounds, rate(), forbid=forbid,
      requirement="zero_grad")
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Adam, written out · further
#
# Adam keeps two memories for each parameter, the mean *m* of its latest gradients and the mean *v* of their squares. Both
# begin at 0, both are changed in each step by a gradient *g*, and *t* counts the steps of this parameter, 1 in the first:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad\qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$
#
# $$p \leftarrow p - \text{lr} \cdot \frac{m \,/\, (1 - \beta_1^t)}{\sqrt{v \,/\, (1 - \beta_2^t)} + \text{eps}}$$
#
# `betas`, the pair of the two β, is (0.9, 0.999) unless you say otherwise. `eps` is a small number that keeps the quotient
# from being 0 / 0; it stands *outside* of the root. *Predict the first step for a gradient of 1000, of 1 and of 0.001.*

# %% tags=["demo"]
for gradient in (1000.0, 1.0, 0.001):
    p = nn.Parameter(torch.tensor(0.0))
    p.grad = torch.tensor(gradient)
    torch.optim.Adam([p], lr=0.1).step()
    print(f"gradient {gradient:g}: {p.item():.4f}")

# %% [markdown]
# The learning rate itself, whatever the gradient's size. What are the two divisions by 1 − βᵗ for? In the first step *m*
# is only a tenth of the gradient, and *v* a thousandth of its square: both are too small, since they begin at 0, and not
# by the same factor. The divisions take that out; they are called **bias correction**.

# %% tags=["demo"]
gradient, beta1, beta2 = 4.0, 0.9, 0.999
m, v = (1 - beta1) * gradient, (1 - beta2) * gradient**2
print(f"m {m:.1f}, v {v:.3f}, as it is {m / math.sqrt(v):.3f}")
for t in (1, 2, 10):
    print(f"t {t:2}: divide m by {1 - beta1**t:.3f}, v by {1 - beta2**t:.3f}")
print(torch.tensor([4.0, 9.0]).sqrt(), torch.tensor([4.0, 9.0]) ** 2)

# %% [markdown]
# Without it the first step would be more than three times too long.
#
# ### Exercise 6.7 · `MyAdam` · ★★★ · 20 minutes · further
#
# Write an optimizer class, `MyAdam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-8)`, with the method `step()`.
#
# - `params`: as in 6.1; `model.parameters()` is a *generator*. Their dtypes are float32 and float64.
# - `lr`: a float, the same for all steps; it may be 0.
# - `betas`: two floats from 0 up to, but not including, 1.
# - `eps`: a float above 0; it need not be small.
#
# What counts:
#
# - **the steps** (2.5 points): `step()` moves every parameter by the three formulas above, computed in its own
#   dtype. Each parameter has an *m* and a *v* of its own.
# - **missing gradients** (1 point): a parameter whose `.grad` is `None` is skipped by `step()`: it stays where it is, its
#   *m*, *v* and *t* stay as they are, and the others move all the same.
# - **memory** (0.75 points): only its own `step()` changes what an optimizer remembers. A training loop that refills the
#   gradients in place, as in `p.grad.copy_(...)`, does not; another optimizer does not, even one with the same
#   parameters.
# - **no trace** (0.75 points): making an optimizer changes nothing. `step()` writes the new numbers into the memory
#   where the old ones lie. It leaves the gradients as they are, `requires_grad` too, and autograd goes on recording as
#   before.
#
# `torch.optim` is not allowed here, nor torch's ready-made step, `torch._fused_adam_`. Decided when graded: several
# parameters and optimizers at once, other settings, shapes, dtypes and layouts in memory.
#
# ```python
# p = nn.Parameter(torch.tensor(0.0))
# opt = MyAdam([p], lr=0.1)
# p.grad = torch.tensor(4.0)
# opt.step()  # p is -0.1
# p.grad = torch.tensor(-4.0)
# opt.step()  # p is about -0.0947
# ```

# %% [markdown] tags=["hints"] exercise="MyAdam"
# 1. What does one parameter need from one step to the next? Count: there are three things, and one of them is no tensor.
# 2. Begin with `__init__` of 6.4, and give each parameter its three. What would happen to *t* of a parameter whose
#    gradient is missing now and then, if all parameters shared one?
# 3. In `step`, under `no_grad`, skip where there is no gradient. Count first, then change *m* and *v* in place, then make
#    two corrected tensors of your own: *m* and *v* themselves stay uncorrected. The root is taken before `eps` is added.

# %% nbgrader={"grade": false, "grade_id": "MyAdam", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MyAdam:
    """Steps along the mean gradient, divided by its typical size."""

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        ### BEGIN SOLUTION
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.means = [torch.zeros_like(p) for p in self.params]
        self.squares = [torch.zeros_like(p) for p in self.params]
        self.counts = [0] * len(self.params)
        ### END SOLUTION

    def step(self):
        ### BEGIN SOLUTION
        beta1, beta2 = self.betas
        with torch.no_grad():
            for i, (p, m, v) in enumerate(zip(self.params, self.means, self.squares)):
                if p.grad is not None:
                    self.counts[i] += 1
                    m.mul_(beta1).add_((1 - beta1) * p.grad)
                    v.mul_(beta2).add_((1 - beta2) * p.grad**2)
                    mean = m / (1 - beta1 ** self.counts[i])
                    size = (v / (1 - beta2 ** self.counts[i])).sqrt()
                    p -= self.lr * mean / (size + self.eps)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "MyAdam-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def places(make, slopes, refill=False, **settings):
    p = nn.Parameter(torch.tensor(0.0))
    optimizer, found = make(iter([p]), **settings), []
    for slope in slopes:
        if refill and p.grad is not None:
            p.grad.fill_(slope)
        else:
            p.grad = None if slope is None else torch.tensor(slope)
        optimizer.step()
        found.append(p.item())
    return found


def beside_torch(make, slopes):  # yours and torch's, from the same start
    return {"yours": places(make, slopes), "torch's": places(torch.optim.Adam, slopes)}


check("MyAdam/one step", places, MyAdam, (4.0,), lr=0.1)
check("MyAdam/three steps", places, MyAdam, (4.0, -4.0, 1.0), lr=0.1)
check("MyAdam/other settings", places, MyAdam, (4.0, -4.0, 1.0), lr=0.1, betas=(0.5, 0.75), eps=2.0)
check("MyAdam/beside torch", beside_torch, MyAdam, (2.0, 30.0, -0.1, 5.0))
missing = {"lr": 0.1, "requirement": "missing gradients"}
check("MyAdam/one missing", places, MyAdam, (4.0, None, 1.0), **missing)
check("MyAdam/refilled", places, MyAdam, (4.0, -2.0, 3.0), refill=True, lr=0.1, requirement="memory")

# %% nbgrader={"grade": true, "grade_id": "MyAdam-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from torch.optim.optimizer import register_optimizer_step_pre_hook

from autograder.checks import probes

g = probes.generator("MyAdam")

def stepped(
    make, values, rounds, *settings, refill=False, once=True, frozen=(), recording=True, early=False, **named
):
    params = [nn.Parameter(v.clone(), requires_grad=i not in frozen) for i, v in enumerate(values)]
    memory, places, gradients, optim = [p.detach() for p in params], [], [], []
    modes = []
    hook = register_optimizer_step_pre_hook(lambda *_: optim.append("step"))
    try:
        optimizer = None if early else make(iter(params) if once else params, *settings, **named)
        for given in rounds:
            for p, gradient in zip(params, given):
                if gradient is None or p.grad is None or not refill:
                    p.grad = None if gradient is None else gradient.clone()
                else:
                    p.grad.copy_(gradient)
            if optimizer is None:
                optimizer = make(iter(params) if once else params, *settings, **named)
            with torch.set_grad_enabled(recording):
                optimizer.step()
                modes.append(torch.is_grad_enabled() == recording)
            places.append([p.detach().clone() for p in params])
            gradients.append([p.grad if p.grad is None else p.grad.clone() for p in params])
    finally:
        hook.remove()
    return {
        "parameters after each step": places,
        "steps of torch.optim": optim,
        "same memory": [p.data_ptr() == m.data_ptr() for p, m in zip(params, memory)],
        "gradients after each step": gradients,
        "requires_grad": [p.requires_grad for p in params],
        "autograd records as before": modes,
    }

def places_of(make, values, rounds, settings, shared):
    """Several optimizers in turn, all on the same parameters or each on its own."""
    pairs = []
    for given in settings:
        params = pairs[0][1] if shared and pairs else [nn.Parameter(v.clone()) for v in values]
        pairs.append((make(iter(params), *given), params))
    places = []
    for i, given in enumerate(rounds):
        optimizer, params = pairs[i % len(pairs)]
        for p, gradient in zip(params, given):
            p.grad = gradient.clone()
        optimizer.step()
        places.append([p.detach().clone() for p in params])
    return places

def some(*shapes, dtype=torch.float32):
    sizes = [math.prod(shape) for shape in shapes]
    numbers = probes.normal(sum(sizes), generator=g, dtype=dtype).split(sizes)
    return [part.clone().reshape(shape) for part, shape in zip(numbers, shapes)]

def rate():
    return torch.randint(3, 10, (1,), generator=g).item() / 31  # no float32 holds it exactly

forbid = (
    "optim", "Adam", "adam", "AdamW", "adamw", "NAdam", "RAdam", "Adamax", "Optimizer", "_single_tensor_adam",
    "_multi_tensor_adam", "_fused_adam", "_fused_adam_", "_fused_adamw", "_fused_adamw_", "_FunctionalAdam",
)
kept = "same memory", "gradients after each step", "requires_grad", "autograd records as before"
sides = {key: "no trace" for key in kept}

def tried(what, *given, requirement="the steps", sides=sides, **how):
    check(f"MyAdam/{what}", stepped, MyAdam, *given, requirement=requirement, sides=sides,
          **{"forbid": forbid, "rtol": 1e-4, "atol": 1e-5, **how})

small = (), (1,), (1, 1, 3), (2, 1)
tried("usual betas", some(*small), [some(*small) for _ in range(4)], rate())
rounds = [some((2, 3), (3,)) for _ in range(4)]
rounds[3][1] = torch.tensor([math.nan, 1.0, math.inf])
tried("other betas", some((2, 3), (3,)), rounds, rate(), (0.6, 0.8), once=False, early=True)
tried("large eps", some((2, 3), (3,)), [some((2, 3), (3,)) for _ in range(3)], 1 + rate(), (0.7, 0.9), 1 + rate())
wide = {"dtype": torch.float64}
tried("float64", some((2, 3), **wide), [some((2, 3), **wide) for _ in range(3)], rate(), eps=rate(),
      rtol=1e-10, atol=1e-12)
tried("defaults", some((3,), **wide), [[1e-6 * s for s in some((3,), **wide)] for _ in range(12)],
      rtol=1e-10, atol=1e-12)
def across():
    return [*(t.t() for t in some((3, 2))), *(t[:, ::2].clone() for t in some((2, 4)))]
steep = [[1000 * gradient for gradient in across()], *(across() for _ in range(2))]
tried("transposed", across(), steep, rate(), eps=rate())
few = (2,), (3,), (1, 2)
rounds = [some(*few) for _ in range(2)]
tried("frozen", some(*few), rounds, rate(), eps=0.25, frozen=(0, 2))
tried("under no_grad", some(*few), rounds[::-1], rate(), eps=0.25, recording=False)
level = [[torch.zeros(2), one * torch.tensor([0.0, 1.0, 1.0])] for one in some((3,), (3,))]
tried("zero gradients", some((2,), (3,)), [*level, some((2,), (3,))], rate(), (0.5, 0.75), 0.25)
rounds = [some((2,), (3,)) for _ in range(8)]
zeros = (0.0, (0.9, 0.9), 0.5), (rate(), (0.0, 0.75), 0.5), (rate(), (0.5, 0.0), 0.5), (rate(), (0.0, 0.0), 0.5)
near = {"forbid": forbid, "rtol": 1e-4, "atol": 1e-5}
check("MyAdam/zeros", places_of, MyAdam, some((2,), (3,)), rounds, zeros, False, **near)
a, b, c, d, e, f, h, i = some(*[(2, 2)] * 8)
rounds = [[a, None, b, None], [None, c, d, None], [e, f, None, None], [h, i, a, b], [c, None, d, e]]
missing = {"requirement": "missing gradients", "sides": {**sides}, "eps": 0.25}
tried("some missing", some(*[(2, 2)] * 4), rounds, rate(), (0.8, 0.9), **missing)
tried("none at first", some((2, 2), (2, 2)), [[None, None], [a, b], [None, c]], rate(), (0.5, 0.9), **missing)
rounds = [some((2, 3), (3,)) for _ in range(4)]
memory = {"requirement": "memory", "sides": {**sides}, "eps": 0.25}
tried("refilled in place", some((2, 3), (3,)), rounds, rate(), (0.7, 0.8), refill=True, **memory)
both = (rate(), (0.9, 0.95), 0.25), (rate(), (0.5, 0.7), 0.5)
for what, shared in (("two optimizers", False), ("the same parameters", True)):
    check(f"MyAdam/{what}", places_of, MyAdam, some((2, 3), (3,)), rounds, both, shared,
          requirement="memory", **near)
### END HIDDEN TESTS

# %% [markdown] seed=["E28b", "A6.c3"]
# ## 8. Learnt, or memorised?
#
# "The loss falls, so the network gets better": at what? Sixty images, and labels drawn **at random**. There is nothing
# to be learnt here. *Predict the accuracy on these sixty after the training, and on images that were held out.*

# %% seed=["E28b", "A6.c3"] tags=["demo"]
chance = torch.Generator().manual_seed(6)
sixty, _ = next(iter(DataLoader(to_train, batch_size=60)))
held_x, held_y = next(iter(DataLoader(held_out, batch_size=208)))
sixty_labels = torch.randint(10, (60,), generator=chance)
held_labels = torch.randint(10, (208,), generator=chance)


def right(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(dim=1) == y).float().mean().item()

# %% seed=["E28b", "A6.c3"] tags=["demo"]
torch.manual_seed(6)
model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
seen, unseen = [], []
for epoch in range(40):
    model.train()
    for x, y in zip(sixty.split(20), sixty_labels.split(20)):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    seen.append(right(model, sixty, sixty_labels))
    unseen.append(right(model, held_x, held_labels))
print(f"on the sixty: {seen[-1]:.0%}, held out about a tenth: {abs(unseen[-1] - 0.1) < 0.05}")
ch06.memorised(seen, unseen)

# %% [markdown]
# *Picture: accuracy over the epochs. On the sixty training images it climbs to 100 %; on those held
# out it stays near 10 %, the dashed line of pure guessing.*

# %% [markdown] seed=["E28b"]
# A perfect score, and it knows nothing. So one must never measure on what was trained on. Three
# habits keep you honest:
#
# - Train on the **training** set: `CIFAR10(train=True)`. With `train=False` you get the test set, and
#   a network that trains on it, as in many a tutorial, has no exam left to pass.
# - Shuffle it anew each epoch: `DataLoader(..., shuffle=True)`.
# - Hold out a part of the training set, the **validation** set (our 208 images), and look at *its* accuracy after
#   every epoch, while you choose learning rates and epochs. The test set is for the very end, once.

# %%
one_answer = nn.Linear(2, 3)
with torch.no_grad():
    one_answer.weight.zero_()
    one_answer.bias.copy_(torch.tensor([0.0, 2.0, 1.0]))  # always says class 1
six = DataLoader(TensorDataset(torch.ones(6, 2), torch.tensor([1, 1, 0, 1, 0, 2])), batch_size=4)

# %% [markdown]
# ### Exercise 6.5 · `accuracy` · ★★☆ · 12 minutes
#
# Write `accuracy(model, loader)`: the share of all samples for which the class with the highest score
# is the right one.
#
# - `model`: any `nn.Module`, with or without parameters, in training or in eval mode with all of its
#   parts. `model(x)` returns scores (N, C) of any float dtype; no two in a row are equal.
# - `loader`: a `DataLoader` that yields `(x, y)` with class numbers `y` (N,). Batches may differ in size; a
#   short last one may be dropped, or only some of the samples picked.
#
# What counts:
#
# - **the share** (2 points): the result is a Python `float` from 0 to 1, hits divided by samples. Each
#   sample that the loader yields counts once.
# - **eval mode** (0.75 points): in every forward pass the model is in eval mode, with all of its parts.
# - **no graph** (0.5 points): no forward pass records a graph.
# - **no trace** (0.75 points): a measurement changes nothing. Afterwards the model and all of its parts are
#   in the mode of before, parameters, gradients, running statistics and `requires_grad` are what they
#   were, and autograd records as it did before.
#
# Decided when graded: loaders that drop or pick, other dtypes, one sample, one class.
#
# ```python
# accuracy(one_answer, six)  # 0.5: it always says class 1, and three of the six are
# ```

# %% [markdown] tags=["hints"] exercise="accuracy"
# 1. Remember the mode, switch it, forbid the graph, count, put the mode back. What are the two
#    things to count?
# 2. Scores have the shape (N, C). Along which of the two axes lie the classes? Look at the shapes
#    on both sides of your `==` before you trust it.
# 3. `(guess == y).sum().item()` is the number of hits of a batch when `guess` has the shape (N,). One
#    division at the very end.

# %% nbgrader={"grade": false, "grade_id": "accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def accuracy(model, loader):
    """The share of a loader's samples that a model classifies rightly, from 0 to 1."""
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "accuracy-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
class Noted(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(2, 3)
        self.last.load_state_dict(one_answer.state_dict())
        self.parts_in_training, self.graphs = 0, 0

    def forward(self, x):
        scores = self.last(x)
        self.parts_in_training += self.training + self.last.training
        self.graphs += scores.requires_grad
        return scores


def noted(answer):
    model = Noted()
    share = answer(model, six)
    calls = {"parts in training mode": model.parts_in_training, "graphs": model.graphs}
    return {"accuracy": share, **calls, "in training mode afterwards": model.last.training}


check("accuracy/one_answer", accuracy, one_answer, six)
sides = {"graphs": "no graph", "in training mode afterwards": "no trace"}
check("accuracy/noted", noted, accuracy, requirement="eval mode", sides=sides)

# %% nbgrader={"grade": true, "grade_id": "accuracy-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

g = probes.generator("accuracy")

class Watched(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        self.training_seen, self.graph_seen = False, False

    def forward(self, x):
        scores = self.layers(x)
        self.training_seen |= any(part.training for part in self.modules())
        self.graph_seen |= scores.requires_grad
        return scores

def shares(answer, layers, sets, training=True, recording=True, hook=None, **how):
    model = Watched(layers).train(training)
    if hook:
        model.register_forward_hook(hook)
    attributes = set(vars(model))
    for i, p in enumerate(model.parameters()):
        p.grad = torch.full_like(p, i + 1.0)
        p.requires_grad_(i > 0)
    with torch.set_grad_enabled(recording):
        found = [answer(model, DataLoader(TensorDataset(x, y), **how)) for x, y in sets]
    return {
        "accuracies": found,
        "a part in training mode during a call": model.training_seen,
        "a graph during a call": model.graph_seen,
        "new attributes of the model": sorted(set(vars(model)) - attributes),
    }

def rows(n, classes):
    return torch.stack([torch.randperm(classes, generator=g) for _ in range(n)]).float()

def labelled(x, guess, classes, ends=False):
    """The same samples with labels of which others are right; at the ends none, and all."""
    n = len(guess)
    amiss = torch.rand(3, n, generator=g) < 0.5
    amiss[:, 0], amiss[:, 1:2], amiss[1, 2:], amiss[2, 2:] = True, False, False, True
    amiss[1, 2:][-2:], amiss[2, 2:][-2:] = True, False
    if ends:
        amiss = torch.cat([amiss, torch.tensor([[True], [False]]).expand(2, n)])
    wrong = torch.randint(1, classes, amiss.shape, generator=g) * amiss
    return [(x, (guess + w) % classes) for w in wrong[torch.randperm(len(wrong), generator=g)]]

def given(n, classes, ends=False):
    x = rows(n, classes)
    return labelled(x, x.argmax(dim=1), classes, ends)

def classified(net, n):
    x = 2 * probes.normal(n, 3, generator=g)
    with torch.no_grad():
        [*net.modules()][-1].bias.zero_()
        net.train()(x)  # so that running statistics are not those of the beginning
        net.eval()
        return labelled(x, net(x).argmax(dim=1), 4)

sides = {
    "a part in training mode during a call": "eval mode",
    "a graph during a call": "no graph",
    "new attributes of the model": "no trace",
}
exact = {"rtol": 1e-6, "atol": 1e-12}

def tried(what, layers, sets, requirement="the share", **how):
    check(f"accuracy/{what}", shares, accuracy, layers, sets, requirement=requirement, sides=sides,
          **how, **exact)

same = nn.Identity()
pictures = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Flatten())  # (N, C, 2), to (N, C, 1), to (N, C)
nn.init.ones_(pictures[0].weight)
tried("uneven", pictures, [(torch.stack([x, 0 * x], dim=2), y) for x, y in given(11, 3, ends=True)], batch_size=4)
x = rows(12, 4)
across = lambda model, given, scores: -scores.t().contiguous().t()  # a hook: the least score wins
tried("square", same, labelled(x, x.argmin(dim=1), 4), training=False, hook=across, batch_size=4)
tried("some dropped", same, given(10, 3), batch_size=4, drop_last=True)
tried("some picked", same, given(9, 5), batch_size=2, sampler=[7, 2, 2, 8, 5, 0, 7])
one = given(1, 4, ends=True)
column = 0 - torch.arange(3.0)[:, None].roll(torch.randint(1, 3, (1,), generator=g).item(), 0)
tried("one sample, one class", same, [*one[:3], (column, torch.zeros(3).long()), *one[3:]], batch_size=3)
below = [(x - 9, y) for x, y in given(13, 2)]
close = [(1 + x.double() * 1e-12, y) for x, y in given(7, 3)]
short = [(x.to(torch.bfloat16), y) for x, y in given(7, 3)]
tiny = [(x * 2.0**-40, y) for x, y in given(7, 200)]
tried("negative scores", same, below, batch_size=1)
tried("float64", same, close, batch_size=4)
tried("bfloat16", same, short, batch_size=4)
tried("tiny scores", same, tiny, batch_size=4)
line = probes.fill(nn.Linear(3, 4))
tried("linear", line, classified(line, 9), batch_size=4, shuffle=True)
deep = nn.Sequential(nn.Linear(3, 6), nn.Sequential(nn.BatchNorm1d(6), nn.Sequential(nn.Dropout(0.5))),
                     nn.Tanh(), nn.Linear(6, 4))
deep = probes.fill(deep)
tried("from training mode", deep, classified(deep, 8), "eval mode", batch_size=4, shuffle=True)
tried("from eval mode", deep, classified(deep, 8), "eval mode", training=False, batch_size=4)
tried("under no_grad", line, classified(line, 6), recording=False, batch_size=3)
### END HIDDEN TESTS

# %% [markdown] seed=["E28b"]
# Holding out can go wrong, too. Somebody holds out samples for validation, and is delighted:
# validation accuracy is as good as training accuracy, always. Here are ten samples, three of them held
# out:

# %% tags=["demo"] seed=["E28b"]
def hasty_split(n, n_val, seed):
    torch.manual_seed(seed)
    val = torch.randint(n, (n_val,))
    return list(range(n)), val.tolist()


hasty_train, hasty_val = hasty_split(10, 3, seed=12)
print("train:", hasty_train)
print("val:  ", hasty_val)
print("in both:", sorted(set(hasty_train) & set(hasty_val)))

# %% [markdown]
# ### Exercise 6.6 · `split_indices` · ★★☆ · 8 minutes
#
# **Bug hunt.** At least three things are wrong with `hasty_split`. Write `split_indices(n, n_val, seed)`,
# which is right. It returns a pair `(train, val)`.
#
# - `n`: the number of samples, at least 1.
# - `n_val`: how many of them are held out, from 0 to `n`.
# - `seed`: an int from 0 to 2³² − 1.
#
# What counts:
#
# - **a partition** (1.5 points): `train` and `val` are lists of Python ints. Together they hold each of
#   0, …, n − 1 exactly once, and `val` has `n_val` of them. The order inside a list is up to you.
# - **at random** (1 point): chance decides which indices get into `val`: each one can, in any
#   combination, neighbours or not.
# - **from the seed** (0.75 points): the same arguments give the same split, always; another seed gives
#   another one, but for rare coincidences.
# - **no trace** (0.75 points): the state of the global random generators (of `torch`, of Python's `random`, of `numpy`) is
#   afterwards what it was.
#
# You may use every function of torch, Python and numpy. Decided when graded: other numbers of samples,
# the smallest and the largest `n_val`, hundreds of seeds, and whether global generators were touched.

# %% [markdown] tags=["hints"] exercise="split_indices"
# 1. Look at the three printed lines. Which samples may a fair training list not hold? Can the same
#    sample be held out twice?
# 2. Shuffle all the indices once, and cut. As for the seed: there are random generators that are
#    *objects* of their own, which you make, seed and throw away.
# 3. `torch.randperm` takes a `generator`, and a `torch.Generator` has `manual_seed`. `.tolist()`
#    makes Python ints.

# %% nbgrader={"grade": false, "grade_id": "split_indices", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_indices(n, n_val, seed):
    """Split 0, …, n − 1 at random into training and validation indices."""
    ### BEGIN SOLUTION
    own = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=own).tolist()
    return order[n_val:], order[:n_val]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "split_indices-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def ten(answer):
    train, val = answer(10, 3, 2)
    types = [type(train).__name__, type(val).__name__]
    return {"lengths": (len(train), len(val)), "all": sorted([*train, *val]), "types": types}


def hundred_seeds(answer):
    held_out = [sorted(answer(10, 3, seed)[1]) for seed in range(100)]
    different = len({tuple(val) for val in held_out})
    neighbours = sum(val[-1] - val[0] == 2 for val in held_out)
    return {
        "held out by some seed": sorted({int(i) for val in held_out for i in val}),
        "more than 30 different splits": different > 30,
        "most are three neighbours": neighbours > 50,
    }


def twice(answer):
    pairs = [[sorted(answer(10, 3, seed)[1]) for _ in range(2)] for seed in range(20)]
    seeds_alike = all(one == pairs[0][0] for one, _ in pairs)
    return {"the same again": [one == two for one, two in pairs], "all seeds alike": seeds_alike}


check("split_indices/ten", ten, split_indices)
check("split_indices/a hundred seeds", hundred_seeds, split_indices, requirement="at random")
check("split_indices/twice", twice, split_indices, requirement="from the seed")

# %% nbgrader={"grade": true, "grade_id": "split_indices-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import random

import numpy

from autograder.checks import probes

g = probes.generator("split_indices")

def draw_from_all():
    return torch.rand(3), random.random(), numpy.random.rand(3)

def states():
    name, keys, *rest = numpy.random.get_state()
    torchs, seed = torch.get_rng_state().tolist(), torch.initial_seed()
    return {"torch": (torchs, seed), "random": random.getstate(), "numpy": (keys.tolist(), *rest)}

def partitions(answer, cases):
    """The values of all samples, by each split: those of train and val together, sorted by index."""
    draw_from_all()
    before, splits, types = states(), [], []
    for values, n_val, seed in cases:
        train, val = answer(len(values), n_val, seed)
        types.append((type(train).__name__, type(val).__name__))
        types.append(sorted({type(i).__name__ for i in [*train, *val]}))
        splits.append([values[sorted(int(i) for i in [*train, *val])], len(train), len(val)])
    after = states()
    untouched = {name: after[name] == before[name] for name in before}
    return {"values and lengths": splits, "types": types, "global generators untouched": untouched}

def combinations(answer, values, n_val, seeds):
    """The values of all combinations that are held out by one seed or another, in order."""
    found = {tuple(sorted(int(i) for i in answer(len(values), n_val, seed)[1])) for seed in seeds}
    return [values[list(val)] for val in sorted(found)]

def spread(answer, values, n_val, seeds):
    held_out = [sorted(int(i) for i in answer(len(values), n_val, seed)[1]) for seed in seeds]
    gaps = [b - a for val in held_out for a, b in zip(val, val[1:])]
    return {
        "values of the samples that some seed holds out": values[sorted({i for v in held_out for i in v})],
        "seeds that hold out neighbours only": sum(v[-1] - v[0] == len(v) - 1 for v in held_out),
        "gaps between held-out indices: 1 is common, so are 2 and 3": [
            gaps.count(gap) * 20 > len(gaps) for gap in (1, 2, 3)
        ],
        "neighbours are most of them": gaps.count(1) * 10 > 5 * len(gaps),
        "different splits of as many seeds": (len({tuple(val) for val in held_out}), len(seeds)),
    }

def decided(answer, values, n_val, pairs):
    """Whether two seeds give one split, with other numbers drawn in between."""
    same, sizes = [], []
    for one, two in pairs:
        draw_from_all()
        a = [sorted(int(i) for i in part) for part in answer(len(values), n_val, one)]
        draw_from_all()
        b = [sorted(int(i) for i in part) for part in answer(len(values), n_val, two)]
        same.append(a == b)
        sizes.append(values[sorted({*a[0], *a[1]})])
    return {"the same split": same, "values of all samples": sizes[0]}

def some(*sizes):
    return [probes.normal(n, generator=g) for n in sizes]

def seeds(n):
    return (torch.randperm(2**15, generator=g)[:n] * 2**17 + torch.randint(2**17, (n,), generator=g)).tolist()

def partitioned(what, values, sizes):
    cases = [(v, n_val, seed) for v, n_val, seed in zip(values, sizes, seeds(len(sizes)))]
    check(f"split_indices/{what}", partitions, split_indices, cases, sides={"global generators untouched": "no trace"})

partitioned("some", some(30, 31, 7, 40), (10, 21, 1, 39))
partitioned("none held out", some(12, 1, 25), (0, 0, 0))
partitioned("all held out", some(12, 1, 25), (12, 1, 25))
partitioned("two samples", some(2, 2, 2, 3), (1, 2, 0, 1))
few = seeds(100)
check("split_indices/every combination", combinations, split_indices, *some(4), 2, few,
      requirement="at random")
n = 30 + torch.randint(20, (1,), generator=g).item()
check("split_indices/many", spread, split_indices, *some(n), n // 3, few[:60], requirement="at random",
      sides={"different splits of as many seeds": "from the seed"})
first = [*seeds(19), 0]
second = [seed if i % 2 else (seed + 1 + i) % 2**32 for i, seed in enumerate(first)]
order = torch.randperm(20, generator=g).tolist()
pairs = [(first[i], second[i]) for i in order]
check("split_indices/the same seed or another", decided, split_indices, *some(n), n // 3, pairs,
      requirement="from the seed")
ends = [(0, 1), (0, 0), (1, 1), (1, 2), (2**32 - 1, 2**32 - 1), (2**32 - 1, 0), (2**31, 2**31 + 1)]
ends += [(seed, seed + 2**16 * 5**4 * 63) for seed in torch.randint(10**9, (2,), generator=g).tolist()]
ends += [(seed, seed + 10**9) for seed in torch.randint(10**9, (2,), generator=g).tolist()]
ends += [(seed, 2**31 + seed) for seed in torch.randint(10**9, (2,), generator=g).tolist()]
ends += [(seed, 2**32 - seed) for seed in torch.randint(1, 10**9, (2,), generator=g).tolist()]
ends = [ends[i] for i in torch.randperm(len(ends), generator=g).tolist()]
check("split_indices/small and large seeds", decided, split_indices, *some(n), n // 2, ends,
      requirement="from the seed")
### END HIDDEN TESTS

# %% [markdown]
# ## 9. Watching a training · further
#
# Two tools. **tqdm** draws a progress bar around any loop; `tqdm.auto` chooses the right one for a
# notebook or a terminal. **TensorBoard** draws curves: a `SummaryWriter` writes *scalars*, numbers
# with a name and a step, into a folder, and the panel shows them while the training runs.
#
# This time it is done properly: in batches of 26, shuffled anew in each epoch, in training mode; and after each epoch
# one look in eval mode at the images that were held out.

# %% tags=["demo"]
def epoch_of(loader, model, optimizer, note):
    model.train()
    for x, y in loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        note(loss.item())


def held_out_loss(model):
    model.eval()
    with torch.no_grad():
        return loss_fn(model(held_x), held_y).item()

# %% tags=["demo"]
from torch.utils.tensorboard import SummaryWriter
from tqdm.auto import tqdm

shutil.rmtree("runs/training", ignore_errors=True)  # begin afresh at every run of this notebook
model = quick_net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
loader, losses = DataLoader(to_train, batch_size=26, shuffle=True), []
with SummaryWriter("runs/training") as writer:
    for epoch in tqdm(range(3), desc="epoch"):
        epoch_of(loader, model, optimizer, losses.append)
        writer.add_scalar("loss/held out", held_out_loss(model), len(losses))
    for step, value in enumerate(losses):
        writer.add_scalar("loss/train", value, step)
print("more than half of the held-out images right:", right(model, held_x, held_y) > 0.5)

# %% [markdown]
# The bar runs to the end while the cell runs; a saved notebook keeps only its beginning.
#
# To open the panel, type `tensorboard --logdir runs` in a terminal, in the folder of this notebook,
# and open the address that it prints. Inside a notebook two lines do the same:
#
# ```python
# %load_ext tensorboard
# %tensorboard --logdir runs
# ```
#
# The curves are under *Scalars*. The files can also be read back by a program: `EventAccumulator` is
# the reader that TensorBoard itself uses.

# %% tags=["demo"]
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator("runs/training").Reload()
print(sorted(events.Tags()["scalars"]))
train_curve = [(event.step, event.value) for event in events.Scalars("loss/train")]
held_curve = [(event.step, event.value) for event in events.Scalars("loss/held out")]
print(len(train_curve), "steps,", len(held_curve), "epochs")
print(f"first loss: {train_curve[0][1]:.1f}")
ch06.logged(train_curve, held_curve)

# %% [markdown]
# *Picture: the loss of each training batch as a ragged line that begins near 2.3 and falls below 1, and
# three diamonds for the loss on held-out images after each epoch, which fall with it.*

# %% [markdown]
# ## 10. Weight decay, and a rate that shrinks · further
#
# **Weight decay** pulls every weight a little towards 0 in each step. `AdamW` does it *beside* the step: it multiplies the
# weight by 1 − lr · weight_decay. `Adam` has the option, too, and adds weight_decay · p to the gradient, which is then
# divided by its own size like any other. *Predict where p is after one step from 1, when the loss has no slope at all.*

# %% tags=["demo"]
for optimizer_class in (torch.optim.Adam, torch.optim.AdamW):
    p = nn.Parameter(torch.tensor(1.0))
    p.grad = torch.tensor(0.0)
    optimizer_class([p], lr=0.1, weight_decay=0.01).step()
    print(f"{optimizer_class.__name__:6} {p.item():.4f}")

# %% [markdown]
# AdamW shrinks by a thousandth, as was asked. In Adam the pull has become a whole step of 0.1, whatever `weight_decay`
# says. So with weight decay take AdamW; its default is 0.01.
#
# A **schedule** changes the learning rate during the training: large steps at first, small ones at the end.
# `CosineAnnealingLR` lets it fall along a cosine to 0. It is made from the optimizer, and has a `step()` of its own, called
# once an epoch, *after* the epoch's steps. *Predict the rate in the middle of four epochs.*

# %% tags=["demo"]
p = nn.Parameter(torch.tensor(0.0))
optimizer = torch.optim.AdamW([p], lr=0.1)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
for epoch in range(4):
    print(f"epoch {epoch}: lr {schedule.get_last_lr()[0]:.4f}")
    p.grad = torch.tensor(1.0)
    optimizer.step()  # in a real training: all steps of the epoch
    schedule.step()

# %% [markdown]
# ## 11. Yours at work
#
# Now everything together: your network of chapter 4, your `train_one_epoch`, your `fit`, your `accuracy`. Where one of them
# is missing, the course's stands in, and a line says so.

# %% tags=["demo"]
from autograder.torch_nn.stand_ins import yours

Net = yours("CifarNet")
one_epoch, whole_training, measure = yours("train_one_epoch"), yours("fit"), yours("accuracy")

# %% [markdown]
# On which **device**? If there is a GPU, the model and every batch must lie on it: `model.to(device)`, before the optimizer
# is made, and `x.to(device), y.to(device)` within the loop. Our sets are small, so they move there whole, once, and the
# loops stay as you wrote them. On a computer without a GPU the same lines change nothing.

# %% tags=["demo"]
device = torch.device("cpu")
if torch.accelerator.is_available():  # a GPU of any make
    device = torch.accelerator.current_accelerator()


def on_device(subset):
    images, labels = next(iter(DataLoader(subset, batch_size=len(subset))))
    return TensorDataset(images.to(device), labels.to(device))


loader = DataLoader(on_device(to_train), batch_size=26, shuffle=True)
val_loader = DataLoader(on_device(held_out), batch_size=208)
print(f"{device}: {len(loader.dataset)} images to train with, {len(val_loader.dataset)} held out")

# %% [markdown]
# First a trial that costs little and finds most mistakes: can it learn *one batch* by heart? The loss should begin near
# ln 10, and end near 0.

# %% tags=["demo", "nbval-ignore-output"]
torch.manual_seed(6)
net = Net().to(device)
few = DataLoader(Subset(loader.dataset, range(16)), batch_size=16)
losses = whole_training(net, few, epochs=80, lr=0.01, momentum=0.9)
print(f"ln 10 is {math.log(10):.2f}, loss at first {losses[0]:.2f}, at last {losses[-1]:.2f}")
print(f"accuracy on these sixteen: {measure(net, few):.0%}, held out: {measure(net, val_loader):.0%}")

# %% [markdown]
# By heart, and of little use elsewhere, as in section 8. Now all 832 images, with your `fit`.

# %% tags=["demo", "nbval-ignore-output"]
torch.manual_seed(6)
net = Net().to(device)
print(f"held out, before: {measure(net, val_loader):.0%}")
losses = whole_training(net, loader, epochs=4, lr=0.02, momentum=0.9)
print("losses:", [round(loss, 2) for loss in losses])
print(f"held out, after:  {measure(net, val_loader):.0%}")

# %% [markdown]
# `fit` is blind while it runs, and called once an epoch it would lose the optimizer's memory each time. With
# `train_one_epoch` the loop is yours: after each epoch a look at the held-out images,
# **validation**; an optimizer that lives through all epochs, AdamW; and a learning rate that a schedule lets shrink from
# 0.003 to 0 along a cosine (section 10). A `BatchNorm2d` in front of the network, which brings the pixels to mean 0 and
# spread 1, gives the two modes something to do.

# %% tags=["demo", "nbval-ignore-output"]
torch.manual_seed(6)
model = nn.Sequential(nn.BatchNorm2d(3), Net()).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
for epoch in range(3):
    rate = schedule.get_last_lr()[0]
    loss = one_epoch(model, loader, loss_fn, optimizer)
    schedule.step()
    print(f"epoch {epoch}: lr {rate:.4f}, loss {loss:.2f}, held out {measure(model, val_loader):.0%}")

# %% [markdown]
# Better, and sooner; three things were changed at once, so you cannot say which of them helped. Your `accuracy` measured
# in eval mode. *Predict in which mode the scores of an image depend on the other images of its batch.* The cell takes a
# copy: in training mode even a measurement changes the running statistics.

# %% tags=["demo", "nbval-ignore-output"]
from copy import deepcopy

x, y = val_loader.dataset.tensors
twin = deepcopy(model)
with torch.no_grad():
    for training in (True, False):
        twin.train(training)
        alone, among = twin(x[:1])[0], twin(x[:20])[0]
        print(f"training {training!s:5}: largest difference {(alone - among).abs().max():.3f}")

# %% [markdown]
# And what does it still get wrong?

# %% tags=["demo", "nbval-ignore-output"]
model.eval()
with torch.no_grad():
    guesses = model(x).argmax(dim=1)
ch06.mistakes(x.cpu(), guesses.cpu(), y.cpu(), train_images.classes)

# %% [markdown]
# *Picture: held-out images that the network gets wrong, each with its guess and its label.*
#
# Look at them before you change anything. And when nothing more is to be chosen, the test set, once:

# %% tags=["demo", "nbval-ignore-output"]
test_loader = DataLoader(on_device(cifar10(train=False, transform=ToTensor())), batch_size=208)
print(f"test: {measure(model, test_loader):.0%}")

# %% [markdown]
# ## What to keep
#
# 1. A step is `p -= lr * grad`, in place and without a graph. Every optimizer has a learning rate,
#    and a default for it; say yours.
# 2. For each batch: clear, forward, loss, backward, step. In training mode; measure in eval mode.
# 3. An epoch's loss is a mean over samples, kept as a number: `.item()`.
# 4. Momentum and Adam remember; so make the optimizer once, before the first epoch.
# 5. A falling training loss proves nothing about fresh images. Hold some out, and measure there, after every epoch.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown] seed=["B6.c1"]
# ## Where to read on
#
# - [torch.optim](https://docs.pytorch.org/docs/stable/optim.html): all optimizers, and how to change
#   a learning rate during the training;
#   [SGD](https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html) and
#   [Adam](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html) with their formulas.
# - [torch.utils.data](https://docs.pytorch.org/docs/stable/data.html): loaders, shuffling, subsets.
# - [torch.utils.tensorboard](https://docs.pytorch.org/docs/stable/tensorboard.html): what else can be
#   logged.
# - Next is chapter 7: a large network that somebody else has trained, and how to make it yours.
