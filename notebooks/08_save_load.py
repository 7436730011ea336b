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
# # 8 · Saving and loading: what a file remembers
#
# Training takes hours, a power cut takes a second. This chapter is about the file in between: what is in
# it, what comes back, and what everybody forgets once.
#
# When you have worked through this chapter you can
#
# - save a model so that it can be loaded anywhere, safely, years from now;
# - say what `torch.load` refuses today, and why that protects you;
# - interrupt a training and go on as if nothing had happened, random numbers and learning rate included;
# - keep the best weights of a training, and not the last;
# - load the half of a file that fits, and repair a file with wrong names.
#
# You need Python and chapters 1 and 6. Run each cell with **Shift + Enter**. Where you read *predict*, say
# your answer aloud before you run the cell.
#
# **Time.** Reading takes about 31 minutes, the exercises 92; the core is 89 of them, what is marked *further* 34.
#
# **How points come about.** Each exercise lists what it asks for, with points. The checks below it show what is
# listed on inputs that you can read. When your notebook is graded, hidden checks ask the same of fresh numbers, of
# other sizes and kinds, and everything listed earns its own share. **no trace** stands in every list: what an answer
# was given, and torch's own settings, are afterwards as they were before. Grey cells below an exercise that look
# empty are where the hidden checks go; leave them as they are.

# %%
import io
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from autograder import check

torch.set_num_threads(1)  # one core is plenty here, and it gives everybody the same numbers


def small_net(classes=5):
    """A network for pictures (N, 3, 8, 8) that has parameters and buffers."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
        nn.Linear(4 * 8 * 8, classes),
    )

# %% tags=["demo"]
import inspect
import multiprocessing
import pickle
import sys
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torchvision

from autograder import hint, progress
from autograder.torch_nn.pictures import ch08 as pictures
from autograder.torch_nn.questions import review

folder = Path(tempfile.mkdtemp())  # everything of this chapter is written here

# %% [markdown]
# ## Before you start
#
# Three questions on earlier chapters. They give no points; skip them freely.

# %% tags=["demo"]
review(8)

# %% tags=["demo"]
review.answer(None, None, None)

# %% [markdown] seed=["A8.1", "A8.c1", "B8.1"]
# ## 1. Two ways to save
#
# First something to save: the small network above, after three steps of training.
#
# The first way hands the whole object to `torch.save`. What is written is a *pickle*, Python's own format:
# all parameters and buffers, and the *names* of the classes that the object is made of. Mind the word
# *names*. The code of the classes is not in the file.

# %% tags=["demo"] seed=["A8.1", "B8.1"]
torch.manual_seed(8)
net = small_net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    F.cross_entropy(net(torch.rand(16, 3, 8, 8)), torch.randint(5, (16,))).backward()
    optimizer.step()

torch.save(net, folder / "whole.pth")
print(sorted(path.name for path in folder.iterdir()))

# %% [markdown] seed=["A8.3", "A8.c3", "B8.1"]
# The second way saves only what was learned: the `state_dict`, an ordered dictionary from names to tensors.
# The architecture stays where it belongs, in your program. This is the way to take.

# %% tags=["demo"] seed=["A8.3", "B8.1"]
torch.save(net.state_dict(), folder / "weights.pth")
for name, tensor in net.state_dict().items():
    print(f"{name:22}{tuple(tensor.shape)}")

# %% [markdown]
# Besides six parameters you see three *buffers* of the batch normalisation, layer 1. A buffer is a tensor that
# belongs to the model's state and that no gradient changes. Two of these are running averages, with which the
# layer computes in evaluation mode; one is a counter. Elsewhere a buffer may be a mask or a table, and one
# registered with `persistent=False` is in no file.

# %% tags=["demo"]
for name, buffer in net.named_buffers():
    print(name, [round(number, 4) for number in buffer.flatten().tolist()])

with_a_mask = nn.Linear(2, 2)
with_a_mask.register_buffer("mask", torch.tensor([True, False]))
with_a_mask.register_buffer("notes", torch.zeros(2), persistent=False)
print("buffers:", [name for name, _ in with_a_mask.named_buffers()])
print("state_dict:", list(with_a_mask.state_dict()))

# %% tags=["demo"]
pictures.inside(folder / "weights.pth")

# %% [markdown]
# *Picture: the entries of the saved file, which is an ordinary zip archive. A small pickle, `data.pkl`, says
# what there is; the numbers of the nine tensors lie in `data/0` to `data/8`, the weights of the linear layer,
# 5,120 bytes, being the largest.*
#
# ### Smaller, they say
#
# The second way needs less space, one reads. *Predict: how much less, for VGG16 and its 138,357,544
# parameters?*

# %% tags=["demo"] seed=["A8.1", "A8.3", "A8.c2", "E34"]
whole, weights = 553_451_687, 553_441_959  # bytes, measured once: each file takes two seconds to write
print(f"{whole - weights:,} bytes, {(whole - weights) / whole:.4%}")
pictures.file_sizes(whole, weights)

# %% [markdown] seed=["A8.c2", "E34"]
# *Picture: two bars of the same length. The whole VGG16 takes 553,451,687 bytes, its state_dict 553,441,959.
# On this scale the difference is a hundredth of a pixel wide.*
#
# Size is no reason. The real ones: a state_dict can be loaded without trusting the file, with a changed
# program, in part, and on another machine.
#
# You need not write to the disk to measure such things. `io.BytesIO()` is a file in memory. Like any file it
# has a place where it goes on, and after writing that is its end:

# %% tags=["demo"]
memory = io.BytesIO()
torch.save(torch.arange(3), memory)
print("left to read:", memory.read())
memory.seek(0)  # back to the beginning
print(torch.load(memory))

# %% [markdown]
# ### Exercise 8.1 · `size_gap` · ★☆☆ · 8 minutes
#
# Test the claim yourself. Write `size_gap(model)`: how many bytes more `torch.save(model, …)` writes
# than `torch.save(model.state_dict(), …)`.
#
# - `model`: any `nn.Module` that `torch.save` can save.
#
# In place of a path `torch.save` takes an `io.BytesIO()`, a file in memory; use that, since the name of
# a real file is written into it and changes its size a little.
#
# - **the difference** (1.75 points): the bytes of the one file less the bytes of the other, for models
#   of few layers and of many, small and large.
# - **any model** (1 point): the same for a single layer, for a model without any parameters, with
#   buffers that no state_dict has, with tied weights (two layers that share one parameter) or frozen
#   ones, or in float64.
# - **an int** (0.5 points): the number is an `int`.
# - **no trace** (0.75 points): the model stays as it was: numbers, dtypes, modes, gradients, what is
#   frozen. No file is left behind; PyTorch's own settings stay.
#
# ```python
# size_gap(nn.Linear(3, 2))  # 640 with torch 2.14
# ```
#
# A few bytes more or less are let pass, since versions of torch differ. Decided when graded: other
# models.

# %% [markdown] tags=["hints"] exercise="size_gap"
# 1. You need the sizes of two files, so save twice. Where does the number of bytes of a buffer come from?
# 2. After `torch.save(thing, buffer)` the buffer stands at its end: reading from there gives nothing.
#    `getvalue()` gives everything, from the beginning.
# 3. Use one buffer for each of the two, take the length of what each holds, and subtract. What a Python
#    object weighs in memory is another question.

# %% nbgrader={"grade": false, "grade_id": "size_gap", "locked": false, "schema_version": 3, "solution": true, "task": false}
def size_gap(model):
    """Bytes of torch.save(model) minus bytes of torch.save(model.state_dict()), an int."""
    ### BEGIN SOLUTION
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "size_gap-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def gap_of_the_small_net():
    gap = size_gap(small_net())
    return {"bytes": float(gap), "type": type(gap).__name__}


# another version of torch may write a few bytes more or less
few, kind = {"rtol": 0.25, "atol": 64}, {"type": "an int"}
check("size_gap/small net", gap_of_the_small_net, **few, sides=kind)
check("size_gap/no parameters", lambda: float(size_gap(nn.ReLU())), **few, requirement="any model")

# %% nbgrader={"grade": true, "grade_id": "size_gap-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import contextlib

from autograder.checks import probes


def used(model):
    # a gradient, a part in evaluation mode
    for parameter in list(model.parameters())[:1]:
        parameter.grad = torch.ones_like(parameter)
    list(model.modules())[-1].eval()
    return model


def gaps(make, numbers):
    found = [size_gap(used(make(number))) for number in numbers]
    return {"bytes": [float(gap) for gap in found], "types": [type(gap).__name__ for gap in found]}


def in_an_empty_folder(make, numbers):
    # temporary files are made there, too
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        usual, tempfile.tempdir = tempfile.tempdir, place
        try:
            found = gaps(make, numbers)
        finally:
            tempfile.tempdir = usual
        return found | {"files left": sum(path.is_file() for path in Path(place).rglob("*"))}


def layers(count):
    pairs = [(nn.Linear(2, 200), nn.BatchNorm1d(200)) for _ in range(count)]
    return nn.Sequential(*(layer for pair in pairs for layer in pair))


def large(count):
    # hundreds of kilobytes, and the gap is as small as ever
    return nn.Sequential(*(nn.Linear(200, 100 + count) for _ in range(count)))


def without_parameters(count):
    return nn.Sequential(*(nn.ReLU() for _ in range(count)))


def one_layer(size):
    layer = nn.Conv2d(1, 1, 3)
    layer.register_buffer("note", torch.ones(100 * size), persistent=False)  # in no state_dict
    return layer


def double_frozen_tied(count):
    model = nn.Sequential(*(nn.Linear(5, 5) for _ in range(count))).double()
    for layer in model[1:]:
        layer.weight = model[0].weight
    return model.requires_grad_(False)


def few_and_many(seed, few=1, many=9):
    # far apart, so that no one number is near both; the tolerance is for names of real files
    draw = probes.generator(f"size_gap/{seed}")
    numbers = torch.tensor([few, many]) + torch.randint(0, 2, (2,), generator=draw)
    return numbers[torch.randperm(2, generator=draw)].tolist()


near, parts = {"rtol": 0.35, "atol": 128}, {"types": "an int"}
check("size_gap/many layers", gaps, layers, few_and_many("a"), **near, sides=parts)
check(
    "size_gap/large layers",
    in_an_empty_folder,
    large,
    few_and_many("b"),
    **near,
    sides=parts | {"files left": "no trace"},
)
rest = near | {"requirement": "any model", "sides": parts}
check(
    "size_gap/without parameters",
    gaps,
    without_parameters,
    few_and_many("c", 3, 31),
    **rest | {"rtol": 0.02, "atol": 300},
)
check("size_gap/one layer, buffers apart", gaps, one_layer, few_and_many("d"), **rest)
check("size_gap/float64, frozen, tied", gaps, double_frozen_tied, few_and_many("e"), **rest)
### END HIDDEN TESTS

# %% [markdown] seed=["A8.2", "E33"]
# ## 2. Loading, and what is refused
#
# *Predict:* we saved a whole model a minute ago. What does `torch.load` make of it?

# %% tags=["demo"] seed=["A8.2", "E33"]
try:
    torch.load(folder / "whole.pth")
except Exception as error:
    print(type(error).__name__)
    for line in str(error).splitlines():
        if "load failed" in line or "Unsupported" in line:  # the others say what to do, at length
            print(line.split(". ")[0].strip())

# %% [markdown] seed=["E33", "A8.c5"]
# It refuses. A pickle may name *any* function to be called while it is read, and a file from the internet
# could call one that deletes your work. Since version `2.6`, `weights_only=True` is therefore the default: only
# what stands on a short list is made. Here is what it protects you from, a file that *runs a function* when it
# is loaded the old way:

# %% tags=["demo"] seed=["E33"]
class Surprise:
    def __reduce__(self):  # tells pickle which function to call when this object is loaded
        return print, ("This line was printed by the file.",)


torch.save({"weights": torch.zeros(2), "gift": Surprise()}, folder / "gift.pth")
torch.load(folder / "gift.pth", weights_only=False)
try:
    torch.load(folder / "gift.pth")
except Exception as error:
    print(type(error).__name__)

# %% [markdown] seed=["E33", "A8.c5"]
# For a whole model of your own there are two ways out. One is `weights_only=False`: for files that you wrote
# yourself, and for no others.

# %% tags=["demo"] seed=["A8.2", "E33"]
again = torch.load(folder / "whole.pth", weights_only=False)  # we wrote it, so we may
print(again)

# %% [markdown] seed=["A8.c5", "E33"]
# The other is a list of classes that you trust (section 5). Or you save the state_dict, and the question never
# comes up.
#
# ### What stands on the list
#
# Tensors and parameters stand on it, and the plain things that go with them. Let us ask.

# %% tags=["demo"] seed=["E33"]
def read_back(thing):
    """What torch.load makes of a thing by default."""
    file = io.BytesIO()
    torch.save(thing, file)
    file.seek(0)
    try:
        return type(torch.load(file)).__name__
    except pickle.UnpicklingError:
        return "refused"


plain = [None, True, 2**70, 0.5, 1j, "text", b"bytes", [1], (1, 2), {1, 2}, {"a": 1}, Counter("aab")]
of_torch = [torch.ones(2), nn.Parameter(torch.ones(2)), torch.float16, torch.device("cpu"), torch.Size([3])]
print(*map(read_back, plain))
print(*map(read_back, of_torch))

# %% [markdown] seed=["E33"]
# Now the trap that one meets. A training notes its best loss, the name of its data and its curves, and saves
# them with the weights. *Predict* which of these four entries comes back.

# %% tags=["demo"] seed=["E33"]
curves = defaultdict(list)
curves["train"] += [0.5, 0.25]
notes = {"weights": torch.ones(2), "loss": np.mean(curves["train"]), "data": Path("a.csv"), "curves": curves}
for name, value in notes.items():
    print(f"{name:8} {type(value).__name__:12} {read_back(value)}")
print("all of it:", read_back(notes))

# %% [markdown] seed=["E33"]
# `np.mean` gives a `np.float64`, which prints like a float and is none; a `Path` and a `defaultdict` are not on
# the list either. `torch.save` wrote them all without complaint, and one entry is enough for the whole file to
# be refused, weights included. The same holds for NumPy's arrays. Mended: turn each into what it looks like
# *before* you save.

# %% tags=["demo"] seed=["E33"]
mended = notes | {"loss": float(notes["loss"]), "data": str(notes["data"]), "curves": dict(curves)}
print({name: read_back(value) for name, value in mended.items()}, "all of it:", read_back(mended))

# %% [markdown] seed=["A8.c5", "E33"]
# ## 3. A dictionary is not a model
#
# The second file loads without ado. What comes back is what was put in: an ordered dictionary. Calling the
# variable `model` would not make it one.

# %% tags=["demo"] seed=["A8.4", "E35"]
loaded = torch.load(folder / "weights.pth")
print(type(loaded).__name__, list(loaded)[:2])
for attempt in (lambda: loaded(torch.zeros(1, 3, 8, 8)), lambda: loaded.eval()):
    try:
        attempt()
    except (TypeError, AttributeError) as error:
        print(type(error).__name__ + ":", error)

# %% [markdown] seed=["A8.4"]
# The dictionary of VGG16 has 32 entries, a weight and a bias for each of its 13 convolutions and 3 linear
# layers. Whoever prints it for an untrained VGG16 sees thousands of zeros. Nothing is broken: torchvision
# draws the weights at random and starts every bias at zero, as the first two convolutions show. (On the `meta`
# device, where tensors have a shape but no numbers, we make and save a VGG16 in milliseconds.)

# %% tags=["demo"] seed=["A8.3", "A8.4"]
with torch.device("meta"):
    vgg16 = torchvision.models.vgg16(weights=None)
torch.save(vgg16.state_dict(), folder / "vgg16_method2.pth")
entries = list(torch.load(folder / "vgg16_method2.pth"))
print(len(entries), entries[0], "…", entries[-1])

first_two = torchvision.models.vgg.make_layers([64, 64])
with torch.device("meta"):  # VGG starts the features that it is given; the rest of it needs no numbers
    torchvision.models.VGG(first_two)
for name, tensor in first_two.state_dict().items():
    zero = bool((tensor == 0).all())
    print(f"features.{name}:", "all zero" if zero else f"standard deviation {tensor.std():.3f}")

# %% [markdown] seed=["A8.5", "A8.c4"]
# ## 4. Back into a model
#
# A model that exists takes the numbers in: `load_state_dict` *copies* them into its parameters and buffers.
# Nothing is turned into an architecture; the architecture has to be there, with the same names and shapes.

# %% tags=["demo"] seed=["A8.5", "A8.c4", "E38"]
other = small_net()
torch.save(other.state_dict(), folder / "fresh.pth")  # to compare with, later
print(other.load_state_dict(torch.load(folder / "weights.pth")))
x = torch.rand(2, 3, 8, 8)
print("computes the same:", torch.equal(other.eval()(x), net.eval()(x)))

with torch.device("meta"):  # the same for the large one
    large = torchvision.models.vgg16(weights=None)
print(large.load_state_dict(torch.load(folder / "vgg16_method2.pth")))

# %% tags=["demo"]
pictures.differences(torch.load(folder / "fresh.pth"), other.state_dict())

# %% [markdown] seed=["E38"]
# *Picture: a table of the nine tensors. In the fresh model all of them differ from those of the file, the
# count of batches by 3; after loading, all nine are equal.*
#
# ### A file from another machine
#
# A file also remembers on which *device* each tensor lay, and puts it there again. Here is ours as a machine
# with a GPU writes it (a helper puts the word `cuda:0` in the place of `cpu`). Where there is none, it is refused:

# %% tags=["demo"]
pictures.as_from_a_gpu(folder / "weights.pth", folder / "gpu.pth")
try:
    print(torch.load(folder / "gpu.pth")["0.weight"].device)  # where there is a GPU
except RuntimeError as error:
    print("RuntimeError:", str(error).split(". ")[0])

from_gpu = torch.load(folder / "gpu.pth", map_location="cpu")
print(from_gpu["0.weight"].device, torch.equal(from_gpu["0.weight"], loaded["0.weight"]))

# %% [markdown]
# `map_location` says where the tensors are to go in place of where they lay. `"cpu"` is right everywhere: the
# model that they are copied into may lie on any device.
#
# ### Three surprises
#
# First, `load_state_dict` returns a word on the names, and not the model:

# %% tags=["demo"] seed=["E38"]
no_model = small_net().load_state_dict(loaded)
try:
    no_model(x)
except TypeError as error:
    print("TypeError:", error)

# %% [markdown] seed=["E38"]
# Second, `strict=False` forgives names that are missing or unknown, but never a shape:

# %% tags=["demo"] seed=["E38"]
some = {"0.weight": loaded["0.weight"], "0.bias": loaded["0.bias"], "stranger": torch.zeros(1)}
names = other.load_state_dict(some, strict=False)
print(len(names.missing_keys), "missing, unknown:", names.unexpected_keys)
try:
    other.load_state_dict({"0.weight": torch.zeros(4, 3, 5, 5)}, strict=False)
except RuntimeError as error:
    print("RuntimeError:", str(error).splitlines()[1].strip())

# %% [markdown] seed=["E38"]
# Third, a tensor on the meta device has no memory to copy into. Loading does nothing there, and says so in
# warnings only; `assign=True` puts the loaded tensors in the place of the empty ones.

# %% tags=["demo"] seed=["E38"]
with torch.device("meta"):
    hollow = small_net()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(hollow.load_state_dict(loaded))
print(len(caught), "warnings, the first:", str(caught[0].message).split(". ")[0])
print("without numbers:", hollow[0].weight.is_meta)
hollow.load_state_dict(loaded, assign=True)
print("without numbers, after assign=True:", hollow[0].weight.is_meta)

# %% [markdown]
# ### Exercise 8.2 · `save_weights` · ★☆☆ · 15 minutes
#
# Write two functions, both in the cell below: `save_weights(model, path)` writes the weights of a model
# to a file, and `load_weights(model, path)` puts those of such a file into a model of the same
# architecture.
#
# - `model`: any `nn.Module`.
# - `path`: where the file is, or is to be; a `str` or a `Path`, with any ending or none. A file that is
#   there already is overwritten.
#
# What is wanted:
#
# - **the file** (1.5 points): `torch.load(path)` with its default arguments gives a dictionary with
#   exactly the names of the model's state_dict and its tensors, each with its own shape and dtype.
# - **loading** (1.5 points): `load_weights` fills `model` itself and returns it. Then it computes what
#   the saved model computes.
# - **wrong files** (1.5 points): `load_weights` raises an error, any error, when a name is missing in
#   the file or does not belong there, when a shape is not that of the model, and when the file would
#   have to run a function (section 2), which it then does not run.
# - **no trace** (0.5 points): saving changes nothing in the model, and loading nothing but its numbers:
#   modes and what is frozen stay. No other file is left behind; PyTorch's own settings stay.
#
# ```python
# save_weights(net, folder / "a.pth")
# twin = load_weights(small_net(), folder / "a.pth")  # computes what net computes
# ```
#
# Decided when graded: other models and dtypes, paths as text, files with a name too many, with another
# shape, or with a function to run.

# %% [markdown] tags=["hints"] exercise="save_weights"
# 1. Both functions are short. What did the second way of section 1 write? Who takes it in again in
#    section 4?
# 2. Parameters are not everything: look at the list of names of a network with batch normalisation, and
#    ask which method gave that list.
# 3. The method that takes the numbers in does not return the model, so return the model yourself, in a
#    line of its own. The defaults of both loading functions are strict, and strict is what you want.

# %% nbgrader={"grade": false, "grade_id": "save_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def save_weights(model, path):
    """Write the weights of model to path."""
    ### BEGIN SOLUTION
    torch.save(model.state_dict(), path)
    ### END SOLUTION


def load_weights(model, path):
    """Put the weights of a file into model and return it."""
    ### BEGIN SOLUTION
    model.load_state_dict(torch.load(path))
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "save_weights-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import contextlib


def at_a_path(what):
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        return what(Path("line.pth"))


def filled(number):
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1)).eval()
    for tensor in model.state_dict().values():
        tensor.fill_(number)
    return model


def the_file(path):
    save_weights(filled(4), path)
    return dict(torch.load(path))


def there_and_back(path):
    save_weights(filled(4), path)
    return load_weights(filled(7), path).eval()(torch.ones(1, 2))


def without_a_bias(path):
    save_weights(nn.Linear(2, 1), path)
    load_weights(nn.Linear(2, 1), path)
    torch.save({"weight": torch.ones(1, 2)}, path)
    try:
        load_weights(nn.Linear(2, 1), path)
    except Exception:
        return "an error"
    return "no error"


check("save_weights/the file", at_a_path, the_file)
new = {"allow": ("structure",)}  # new parameter objects are allowed here
check("save_weights/there and back", at_a_path, there_and_back, requirement="loading", **new)
check("save_weights/without a bias", at_a_path, without_a_bias, requirement="wrong files", **new)

# %% nbgrader={"grade": true, "grade_id": "save_weights-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import contextlib

from autograder.checks import probes


class Trap:
    # loading this calls a function, which makes a folder and gives a tensor that fits
    def __reduce__(self):
        return eval, ("__import__('os').makedirs('ran') or __import__('torch').ones(2)",)


def used(model, seed):
    # fresh numbers everywhere, a gradient, a frozen parameter, a part in evaluation mode
    draw = probes.generator(f"save_weights/{seed}")
    for tensor in model.state_dict().values():
        tensor.copy_(probes.normal(*tensor.shape, generator=draw) * 8 + 40)
    first, *_, last = model.parameters()
    first.grad = torch.ones_like(first)
    last.requires_grad_(False)
    list(model.modules())[-1].eval()
    return model


def line(seed):
    return used(nn.Linear(3, 2), seed)


def norm(seed):
    return used(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), seed)


def nested(seed):
    # layers in layers, two of which share their weight, and a buffer that no state_dict has
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU(), nn.Linear(2, 2)))
    model[0].weight = model[1][1].weight = nn.Parameter(torch.ones(2, 2).T)
    model.register_buffer("note", torch.ones(2), persistent=False)
    return used(model, seed)


def dtypes(seed):
    # with numbers that no other dtype can hold
    model = nn.Sequential(nn.Linear(2, 1).double(), nn.Linear(2, 1).bfloat16())
    model.register_buffer("large", torch.tensor(1))
    model.register_buffer("mask", torch.tensor([True, False]))
    used(model, seed).large += 2**60
    model[0].weight.data += 2**-30
    model.mask[0] = "twin" in seed
    return model


def in_a_folder(what, *args, path="weights.pth"):
    trusted = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        Path(path).parent.mkdir(exist_ok=True)
        result = what(Path(path), *args)
        files = sorted(path.name for path in Path().rglob("*") if path.is_file())
    anew = len(torch.serialization.get_safe_globals())
    torch.serialization.clear_safe_globals()
    torch.serialization.add_safe_globals(trusted)
    return result | {"files": files, "classes that torch.load trusts from now on": anew}


def what_kind(path):
    found = probes.outcome(torch.load, path, weights_only=False)
    kinds = {"another dictionary": dict, "a whole model": nn.Module, "no file of torch.save": Exception}
    return next((name for name, kind in kinds.items() if isinstance(found, kind)), "something else")


def what_the_file_holds(path, make, seed):
    save_weights(make(seed), path)
    held = probes.outcome(lambda: dict(torch.load(path).items()))
    return {"holds": what_kind(path) if isinstance(held, Exception) else held}


def in_place_of_an_old_file(path):
    # the old file is larger than the new one
    torch.save(line("old").state_dict() | {"more": torch.ones(999)}, path)
    save_weights(line("new"), str(path))
    return {"holds": probes.outcome(lambda: dict(torch.load(path).items()))}


def without_weights(path):
    torch.save(line("old").state_dict(), path)
    save_weights(nn.ReLU(), path)
    load_weights(nn.Tanh(), path)
    return {"holds": dict(torch.load(path))}


def what_comes_back(path, make, seed, x):
    twin = make(f"{seed}/twin")
    save_weights(make(seed), path)
    returned = load_weights(twin, path)
    facts = {"the model that came in": returned is twin, "state": dict(twin.state_dict())}
    return facts | {"output": twin.eval()(x) if x is not None else None}


def a_file_of_torch(path):
    # its names in another order than the model's
    torch.save(dict(reversed(line("torch").state_dict().items())), path)
    twin = line("twin")
    return {
        "the model that came in": load_weights(twin, str(path)) is twin,
        "state": dict(twin.state_dict()),
    }


def refused(path, make, changes):
    # a complete file and others, in an order that the seed decides
    files, complete = {"the complete file": {}} | changes, dict(make("file").state_dict())
    words, answers = list(files), dict.fromkeys(files)
    for i in torch.randperm(len(words), generator=probes.generator("/".join(words))).tolist():
        contents, written = files[words[i]], io.BytesIO()
        if isinstance(contents, dict):
            contents = {name: t for name, t in (complete | contents).items() if t is not None}
        torch.save(contents, written)
        path.write_bytes(written.getvalue())
        twin = make("twin")
        answers[words[i]] = isinstance(probes.outcome(load_weights, twin, path), Exception)
        if not files[words[i]]:
            state = dict(twin.state_dict())
    return {"refused": answers, "from the complete file": state}


def functions(path):
    found = refused(path, line, {"a function": {"bias": Trap()}, "a whole model": line("whole")})
    return found | {"a function ran": Path("ran").exists()}


x = probes.normal(2, 3, generator=probes.generator("save_weights/x"))
sides = {"files": "no trace", "classes that torch.load trusts from now on": "no trace"}
clean, back = {"sides": sides, "allow": ("structure",)}, {"requirement": "loading"}
exact = clean | {"rtol": 0, "atol": 0}  # copies are not rounded
check("save_weights/buffers in the file", in_a_folder, what_the_file_holds, norm, "a", **clean)
check("save_weights/layers in layers", in_a_folder, what_the_file_holds, nested, "b", **clean)
check("save_weights/dtypes", in_a_folder, what_the_file_holds, dtypes, "c", **exact)
check("save_weights/text for a path, an old file", in_a_folder, in_place_of_an_old_file, **clean)
check("save_weights/no weights, no .pth", in_a_folder, without_weights, path="runs/a.b", **clean)
check("save_weights/buffers back", in_a_folder, what_comes_back, norm, "d", x, **back, **clean)
check(
    "save_weights/layers in layers back",
    in_a_folder,
    what_comes_back,
    nested,
    "e",
    x[:, :2],
    **back,
    **clean,
)
check("save_weights/dtypes back", in_a_folder, what_comes_back, dtypes, "f", None, **back, **exact)
check("save_weights/a file of torch.save", in_a_folder, a_file_of_torch, **back, **clean)

ones, refuse = torch.ones, clean | {"requirement": "wrong files"}
missing = {"a weight missing": {"0.weight": None}, "a buffer missing": {"1.running_var": None}}
missing |= {"all of them missing": dict.fromkeys(norm("names").state_dict())}
unknown = {"a name too many": {"more": ones(2)}, "another name": {"bias": None, "b": ones(2)}}
gone = {"weight": None, "bias": None}
for prefix in ("module.", "_orig_mod."):
    unknown |= {f"with {prefix}": gone | {f"{prefix}weight": ones(2, 3), f"{prefix}bias": ones(2)}}
shapes = {"longer": {"bias": ones(3)}, "one number": {"bias": ones(1)}}
shapes |= {"one column": {"weight": ones(2, 1)}, "turned round": {"weight": ones(3, 2)}}
check("save_weights/names missing", in_a_folder, refused, norm, missing, **refuse)
check("save_weights/a name too many", in_a_folder, refused, line, unknown, **refuse)
check("save_weights/other shapes", in_a_folder, refused, line, shapes, **refuse)
check("save_weights/functions to run", in_a_folder, functions, **refuse)
### END HIDDEN TESTS

# %% [markdown] seed=["A8.2", "E33"]
# ## 5. Trust by name · further
#
# The other way out of section 2 is `torch.serialization.safe_globals`, a list of the classes that you trust. It
# has to name *every* class in the file. Let us ask VGG16, saved whole.

# %% tags=["demo"] seed=["A8.2", "E33"]
torch.save(vgg16, folder / "vgg16_method1.pth")
needed = torch.serialization.get_unsafe_globals_in_checkpoint(folder / "vgg16_method1.pth")
print(len(needed), "classes:", *sorted(name.split(".")[-1] for name in needed))

seven = [nn.Sequential, nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Linear, nn.Dropout]
for trusted in (seven, [*seven, torchvision.models.VGG]):
    try:
        with torch.serialization.safe_globals(trusted):
            whole_vgg = torch.load(folder / "vgg16_method1.pth")
        print(len(trusted), "of them:", type(whole_vgg).__name__)
    except pickle.UnpicklingError as error:
        print(len(trusted), "of them:", type(error).__name__)
print("prints as it did before:", str(whole_vgg) == str(vgg16))

# %% [markdown] seed=["A8.c5", "E33"]
# Seven are not enough, and the next change of the network makes a new list.

# %% [markdown] seed=["A8.6", "E36"]
# ## 6. What saving does not tell you
#
# Look closely at this class. Then save it, load it and print it: no complaint.

# %% tags=["demo"] seed=["A8.6", "A8.7", "E36"]
class Eyes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conc1 = nn.Conv2d(3, 64, kernel_size=3)

    def forward(self, x):
        return self.conv1(x)


torch.save(Eyes(), folder / "eyes.pth")
eyes = torch.load(folder / "eyes.pth", weights_only=False)  # the default would not even load it
print(eyes)

# %% [markdown] seed=["A8.7", "E36"]
# It prints `conc1`, and one easily reads `conv1`. Only a forward tells. So run one before you save.

# %% tags=["demo"] seed=["A8.6", "A8.7", "E33", "E36"]
try:
    eyes(x)
except AttributeError as error:
    print("AttributeError:", error)

# %% [markdown] seed=["E36"]
# Mend the class, and the old file is as broken as before: loading a whole model never runs `__init__`. It
# brings back the *old* attributes without a word and joins them with the new `forward`. A state_dict with the
# old names is at least refused, and the message says what is wrong.

# %% tags=["demo"] seed=["E36"]
class Eyes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=3)

    def forward(self, x):
        return self.conv1(x)


old = torch.load(folder / "eyes.pth", weights_only=False)
for attempt in (lambda: old(x), lambda: Eyes().load_state_dict(old.state_dict())):
    try:
        attempt()
    except (AttributeError, RuntimeError) as error:
        print(type(error).__name__ + ":", error)

# %% [markdown] seed=["A8.c6", "E37"]
# Now another program wants the file: you copied it to a friend, or open it in another notebook. A program is
# a file, so we write the function `try_load` into one, `loading.py`, and let a new Python import it that has
# never heard of our class. *Predict* what happens there.

# %% tags=["demo"] seed=["A8.c5", "A8.c6", "E33", "E37"]
def try_load(path, weights_only):
    try:
        return type(torch.load(path, weights_only=weights_only)).__name__
    except Exception as error:
        return type(error).__name__ + ": " + str(error).splitlines()[0].split(". ")[0]


(folder / "loading.py").write_text("import torch\n\n\n" + inspect.getsource(try_load))
sys.path.insert(0, str(folder))
import loading  # the same function, now in a module

# %% tags=["demo"] seed=["A8.c6", "E37", "E33"]
files = ["weights.pth", "eyes.pth", "whole.pth"]
paths = [folder / name for name in files for _ in range(2)]
options = [True, False] * len(files)
here = list(map(try_load, paths, options))
with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as new_python:
    there = list(new_python.map(loading.try_load, paths, options))
print("here: ", here[3])
print("there:", there[3])

# %% [markdown] seed=["A8.c6", "E37"]
# The file asks for a class called `Eyes` in the program that is running, `__main__`. In this notebook that
# worked by luck: `__main__` *is* the notebook, where `Eyes` was defined. The network of section 1 is made of
# classes that live in a module, torch's own, and its file loads in both. So will yours when the class stands
# in a `.py` file that both programs import.

# %% tags=["demo"] seed=["A8.c5", "A8.c6", "E33", "E37"]
print("classes of a module, there:", there[5])
pictures.load_matrix(["a state_dict", "a whole model", "a whole model,\nclasses of a module"], here, there)

# %% [markdown]
# *Picture: a table. A state_dict loads in every way, here and in another program. A whole model is an
# UnpicklingError by default; with `weights_only=False` it loads here, while the other program raises
# AttributeError, unless the classes live in a module that it can import.*

# %% [markdown] seed=["E36"]
# One more trap of names. These two files differ in a dot; whoever saves under the one and loads the other gets
# an error if lucky, and last week's weights if not. Keep a path in a variable and type it once.

# %% tags=["demo"] seed=["E36"]
torch.save(net.state_dict(), folder / "vgg16.method3.pth")
try:
    torch.load(folder / "vgg16_method3.pth")
except FileNotFoundError as error:
    print("FileNotFoundError:", Path(error.filename).name)

# %% [markdown] seed=["E38"]
# ## 7. A live view
#
# `state_dict()` does not copy. Its tensors *are* the model's memory. *Predict* what this prints:

# %% tags=["demo"] seed=["E38"]
kept = net.state_dict()
first = kept["4.bias"][0].item()
with torch.no_grad():
    net[4].bias.add_(1)
print(round(kept["4.bias"][0].item() - first, 4))

# %% [markdown]
# `clone()` gives a tensor memory of its own. And what `state_dict()` gives needs no gradients.

# %% tags=["demo"]
own = kept["4.bias"].clone()
with torch.no_grad():
    net[4].bias.sub_(1)
print("changed with the model:", torch.equal(kept["4.bias"], net[4].bias), torch.equal(own, net[4].bias))
print("needs gradients:", net[4].bias.requires_grad, kept["4.bias"].requires_grad)

# %% [markdown]
# ### Best so far
#
# A training should end with its best weights, and they are rarely the last: on samples that it does not train
# with, the *validation* data, the loss often falls and rises again. So one saves whenever the validation loss is
# lower than ever before. Here are two ways to keep the best. *Predict* which one works.

# %% tags=["demo"]
torch.manual_seed(5)
inputs = torch.randn(60, 30)
targets = inputs[:, :3].sum(1, keepdim=True) + torch.randn(60, 1)
learner = nn.Linear(30, 1)
optimizer = torch.optim.SGD(learner.parameters(), lr=0.1)
best, validation = float("inf"), []
for epoch in range(60):
    optimizer.zero_grad()
    F.mse_loss(learner(inputs[:35]), targets[:35]).backward()
    optimizer.step()
    validation.append(F.mse_loss(learner(inputs[35:]), targets[35:]).item())
    if validation[-1] < best:
        best, in_memory = validation[-1], learner.state_dict()
        torch.save(learner.state_dict(), folder / "best.pth")

# %% tags=["demo"]
kept_losses = {}
for name, state in {"the state_dict": in_memory, "the file": torch.load(folder / "best.pth")}.items():
    learner.load_state_dict(state)
    kept_losses[name] = F.mse_loss(learner(inputs[35:]), targets[35:]).item()
    print(f"{name}: {kept_losses[name]:.3f}")
print(f"the last: {validation[-1]:.3f}, the best: {best:.3f} in epoch {validation.index(best)}")
pictures.best_so_far(validation, kept_losses)

# %% [markdown]
# *Picture: the validation loss falls, then rises. The file holds the weights of the lowest point, the
# state_dict that was kept in memory those of the end.*
#
# The variable `in_memory` was set in the best epoch, and trained on with the model ever since. Saving to a file
# mends it. The other way, without a file, is yours to write:
#
# ### Exercise 8.3 · `snapshot` · ★★☆ · 8 minutes
#
# Write `snapshot(model)`, which keeps the state of a model as it is now.
#
# - `model`: any `nn.Module`.
#
# What is wanted:
#
# - **its tensors** (1 point): a dictionary with exactly the names of the model's state_dict, and
#   under each name a tensor with the numbers, the shape and the dtype that it has now.
# - **memory of its own** (2 points): no later training can change the snapshot, buffers included,
#   and whoever changes the snapshot does not change the model. `model.load_state_dict(…)` with a
#   snapshot brings its state back.
# - **no gradients** (0.5 points): the tensors do not require gradients, whether or not those of the
#   model do.
# - **no trace** (0.5 points): the model stays as it was: numbers, modes, gradients, what is frozen; so
#   do PyTorch's own settings.
#
# ```python
# snapshot(nn.Linear(3, 2))  # {'weight': tensor(…), 'bias': tensor(…)}
# ```
#
# Decided when graded: other dtypes, nested models and tied weights, several snapshots of one model.

# %% [markdown] tags=["hints"] exercise="snapshot"
# 1. A dictionary can be new while the tensors in it are still the old ones. Which of the two has to be
#    copied?
# 2. `clone()` gives a tensor memory of its own. Go through the names and tensors of the state_dict.
# 3. Parameters alone are not enough, since a batch normalisation goes on averaging and counting. What
#    `state_dict()` gives is already without gradient.

# %% nbgrader={"grade": false, "grade_id": "snapshot", "locked": false, "schema_version": 3, "solution": true, "task": false}
def snapshot(model):
    """The model's state as a dictionary that later training cannot change."""
    ### BEGIN SOLUTION
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "snapshot-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def trained_on():
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    saved = snapshot(model)
    names = sorted(saved)
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.fill_(7)
    unchanged = {name: bool((saved[name] != 7).all()) for name in names}
    return unchanged, [saved[name].requires_grad for name in names]


check("snapshot/names", lambda: sorted(snapshot(small_net())))
check("snapshot/still not 7", lambda: trained_on()[0], requirement="memory of its own")
check("snapshot/requires gradients", lambda: trained_on()[1], requirement="no gradients")

# %% nbgrader={"grade": true, "grade_id": "snapshot-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes


def used(model, seed):
    # fresh numbers everywhere, a gradient, a frozen parameter, a part in evaluation mode
    draw = probes.generator(f"snapshot/{seed}")
    for tensor in model.state_dict().values():
        tensor.copy_(probes.normal(*tensor.shape, generator=draw) * 8 + 40)
    parameters = list(model.parameters())
    if parameters:
        parameters[0].grad = torch.ones_like(parameters[0])
    for parameter in parameters[1:2]:
        parameter.requires_grad_(False)
    list(model.modules())[-1].eval()
    return model


def norm():
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def line():
    return nn.Linear(3, 2)


def nested():
    # layers in layers, two of which share their weight, and a buffer that no state_dict has
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU(), nn.Linear(2, 2)))
    model[1][1].weight = model[0].weight
    model.register_buffer("note", torch.ones(2), persistent=False)
    return model


def dtypes():
    model = nn.Sequential(nn.Linear(2, 1).double(), nn.Linear(2, 1).half())
    for name, tensor in {
        "few": torch.ones(2, dtype=torch.uint8),
        "large": torch.tensor(2**60 + 1),
        "no numbers": torch.ones(0, 3),
        "short": torch.ones(3, dtype=torch.bfloat16),
        "mask": torch.tensor([True, True]),
        "turned": torch.ones(3, 2).T,
    }.items():
        model.register_buffer(name, tensor)
    return model


def exact(model):
    # what no other dtype can hold
    with torch.no_grad():
        model[0].weight[0, 0] = 1 + 2**-50
        model.large.fill_(2**60 + 1)
        model.mask[0] = False
    return model


def copied(saved):
    # the tensors as they are at this moment; what is none stays what it is
    return {name: t.detach().clone() if isinstance(t, torch.Tensor) else t for name, t in saved.items()}


def numbers(saved):
    # whatever their dtype
    return {name: tensor.detach().double() for name, tensor in saved.items()}


def changed(tensors):
    with torch.no_grad():
        for tensor in tensors:
            tensor.logical_not_() if tensor.dtype == torch.bool else tensor.add_(3)


def taken(make, seed):
    model = used(make(), seed)
    saved = snapshot(exact(model) if make is dtypes else model)
    requires = [getattr(tensor, "requires_grad", False) for tensor in saved.values()]
    return {"snapshot": copied(saved), "requires gradients": requires}


def after_training(make, seed):
    model = used(make(), seed)
    saved = snapshot(model)
    changed(model.state_dict().values())
    return numbers(saved)


def twice(seed):
    model, other = used(norm(), f"{seed}/one"), used(norm(), f"{seed}/other")
    first, beside = snapshot(model), snapshot(other)
    changed(model.state_dict().values())
    second = snapshot(model)
    changed(model.state_dict().values())
    kept = {"the first": first, "the second": second, "of another model": beside}
    return {word: numbers(saved) for word, saved in kept.items()}


def brought_back(seed):
    model = used(norm(), seed)
    saved = snapshot(model)
    changed(model.state_dict().values())
    model.load_state_dict(saved)
    return dict(model.state_dict())


def the_model_when_the_snapshot_changes(seed):
    model = used(norm(), seed)
    changed(snapshot(model).values())
    return dict(model.state_dict())


sides = {"sides": {"requires gradients": "no gradients"}, "rtol": 0, "atol": 0}
check("snapshot/one layer", taken, line, "a", **sides)
check("snapshot/buffers and a counter", taken, norm, "b", **sides)
check("snapshot/layers in layers", taken, nested, "c", **sides)
check("snapshot/dtypes", taken, dtypes, "d", **sides)

own = {"requirement": "memory of its own"}
check("snapshot/one layer, trained on", after_training, line, "e", **own)
check("snapshot/buffers, trained on", after_training, norm, "f", **own)
check("snapshot/dtypes, trained on", after_training, dtypes, "j", **own)
check("snapshot/several snapshots", twice, "g", **own)
check("snapshot/brought back", brought_back, "h", **own)
check("snapshot/the snapshot is changed", the_model_when_the_snapshot_changes, "i", **own)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 8.4 · `same_weights` · ★★☆ · 15 minutes · further
#
# Are two models the same? Write `same_weights(a, b)`, which answers `True` or `False`. What counts is
# what the two state_dicts hold. The kinds of the layers, the modes, and which parameters are frozen do
# not count.
#
# - `a`, `b`: any two models, `nn.Module`s, alike or not. Their tensors hold finite numbers, whole or
#   not.
#
# What is wanted:
#
# - **values** (2 points): `True` when both state_dicts have the same names and under each name exactly
#   the same numbers; `False` when a single number differs, by however little, be it in a parameter, in
#   a buffer or in a counter.
# - **names** (1 point): the names may come in any order; when a name is missing on either side, the
#   answer is `False`, and not an error.
# - **shapes and dtypes** (1.5 points): `False`, and not an error, when two tensors of the same name
#   differ in shape or dtype, even where one would broadcast to the other, or where all their numbers
#   are equal.
# - **no trace** (0.5 points): both models stay as they were: numbers, dtypes, modes, gradients, what is
#   frozen; so do PyTorch's own settings.
#
# ```python
# same_weights(net, net)          # True
# same_weights(net, small_net())  # False: other random numbers
# ```
#
# Decided when graded: other orders and other names, shapes that differ or broadcast, tied and frozen
# weights, nested models, tiny differences, counters.

# %% [markdown] tags=["hints"] exercise="same_weights"
# 1. `a == b` asks whether they are the same object. What is to be compared instead, and in which order?
#    Begin with what is cheap: the names.
# 2. `zip` ends with the shorter one. Look each tensor up by its name.
# 3. `torch.equal` wants the same shape and exactly the same values; about the dtype you ask yourself,
#    before. Buffers count as well.

# %% nbgrader={"grade": false, "grade_id": "same_weights", "locked": false, "schema_version": 3, "solution": true, "task": false}
def same_weights(a, b):
    """Whether two models have the same state: names, shapes, dtypes, values."""
    ### BEGIN SOLUTION
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys():
        return False
    return all(
        one[name].dtype == two[name].dtype and torch.equal(one[name], two[name]) for name in one
    )
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "same_weights-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def beside_a_twin(change):
    one, twin, other = (nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1)) for _ in range(3))
    for model in (twin, other):
        model.load_state_dict(one.state_dict())
    change(other)
    return {"a twin": bool(same_weights(one, twin)), "the changed": bool(same_weights(one, other))}


check("same_weights/another weight", beside_a_twin, lambda model: model[0].weight.data.add_(1))
check("same_weights/another mean", beside_a_twin, lambda model: model[1].running_mean.add_(1))
more, wide = {"requirement": "names"}, {"requirement": "shapes and dtypes"}
check("same_weights/one layer more", beside_a_twin, lambda m: m.append(nn.Linear(1, 1)), **more)
check("same_weights/float64", beside_a_twin, lambda model: model.double(), **wide)

# %% nbgrader={"grade": true, "grade_id": "same_weights-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import copy

from autograder.checks import probes


def model_of(state):
    # of a dictionary w, v and b are parameters, all else is a buffer
    if isinstance(state, nn.Module):
        return state
    model = nn.Module()
    for name, tensor in state.items():
        if name in ("w", "v", "b"):
            model.register_parameter(name, nn.Parameter(tensor.clone()))
        else:
            model.register_buffer(name, tensor.clone())
    return model


def fresh_state(seed):
    # all numbers of w are different; the rows of v are equal, and the numbers of b
    draw = probes.generator(f"same_weights/{seed}")
    w = probes.normal(2, 3, generator=draw) + torch.arange(0, 60, 10).reshape(2, 3)
    v, b = probes.normal(1, 3, generator=draw).repeat(2, 1), probes.normal(1, generator=draw).repeat(3)
    return {"w": w, "v": v, "b": b, "mean": b + 1, "count": torch.randint(9, 99, (), generator=draw)}


def judged(name, pairs, strict=False):
    # the answers by what the pairs are called, asked for in an order that the seed decides
    pairs = {"a twin": lambda s: (s, s)} | pairs
    words, answers = list(pairs), dict.fromkeys(pairs)
    for i in torch.randperm(len(words), generator=probes.generator(name)).tolist():
        models = [model_of(state) for state in pairs[words[i]](fresh_state(f"{name}/{i}"))]
        for parameter in [p for p in models[0].parameters() if p.requires_grad][:1]:
            parameter.grad = torch.ones_like(parameter)
        models[1].eval()
        answer = probes.outcome(same_weights, *models)
        answers[words[i]] = answer if isinstance(answer, Exception) or strict else bool(answer)
    return answers


def more(s, name):
    tensor = s[name].clone()
    tensor.view(-1)[-1] += 1
    return s | {name: tensor}


def by_chance(name, count=16):
    # half of the pairs are alike, in the others one tensor is not; chance decides which
    draw, answers = probes.generator(name), []
    for i in torch.randperm(count, generator=draw).tolist():
        state = fresh_state(f"{name}/{i}")
        other = more(state, list(state)[i % len(state)]) if i % 2 else state
        answers.append(bool(same_weights(model_of(state), model_of(other))))
    return answers


def linear(w, b):
    layer = nn.Linear(3, 2)
    layer.load_state_dict({"weight": w, "bias": b[:2]})
    return layer


def in_a_list(s, second):
    return nn.ModuleList([linear(s["w"], s["b"]), second])


def deep(s):
    return nn.Sequential(nn.Sequential(nn.ReLU(), nn.Sequential(linear(s["w"], s["b"]))))


def tied(s, again):
    # two layers, whose weights are one and the same parameter, or two
    model = nn.Sequential(linear(s["w"], s["b"]), linear(again, s["b"]))
    if again is s["w"]:
        model[1].weight = model[0].weight
    return model


def frozen(model):
    return model.requires_grad_(False)


def noted(s, name):
    model = model_of(s)
    model.register_buffer("note", s[name].clone(), persistent=False)
    return model


def converted(s, dtype):
    return {name: t.to(dtype) if t.is_floating_point() else t for name, t in s.items()}


def as_buffers(s):
    model = nn.Module()
    for name, tensor in s.items():
        model.register_buffer(name, tensor.clone())
    return model


def long(s, more=0.0):
    # too long to be printed in full
    numbers = torch.arange(1800.0).view(60, 30)
    numbers[45, 10] += more
    return s | {"long": numbers}


def next_to(s, dtype=torch.float32):
    number = torch.tensor([1.3, -2.7], dtype=dtype)
    return s | {"w": number}, s | {"w": torch.nextafter(number, number * 2)}


f64, f16, bf16, one = torch.float64, torch.float16, torch.bfloat16, torch.ones(2)
large = {"count": torch.tensor(2**60)}
swap = lambda w: w.view(-1)[[1, 0, 2, 3, 4, 5]].view(2, 3)
names, shapes = {"requirement": "names"}, {"requirement": "shapes and dtypes"}


def itself(s):
    model = model_of(s)
    return model, model


check(
    "same_weights/True or False",
    lambda: judged(
        "m",
        {
            "another number": lambda s: (s, more(s, "w")),
            "the same model": itself,
        },
        strict=True,
    ),
)
check("same_weights/by chance", by_chance, "n")
check(
    "same_weights/a parameter",
    judged,
    "a",
    {
        "the last number": lambda s: (s, more(s, "w")),
        "the last parameter": lambda s: (s, more(s, "b")),
        "two numbers exchanged": lambda s: (s, s | {"w": swap(s["w"])}),
        "two tensors exchanged": lambda s: (s, s | {"w": s["v"], "v": s["w"]}),
        "one of many numbers": lambda s: (long(s), long(s, 1)),
    },
)
check(
    "same_weights/buffers and counters",
    judged,
    "b",
    {
        "a buffer": lambda s: (s, more(s, "mean")),
        "a counter": lambda s: (s, more(s, "count")),
        "a mask": lambda s: (s | {"mask": s["w"] > 25}, s | {"mask": s["w"] > 35}),
        "the same mask": lambda s: (s | {"mask": s["w"] > 25}, s | {"mask": s["w"] > 25}),
    },
)
check(
    "same_weights/by however little",
    judged,
    "c",
    {
        "1.3 and the next float32": next_to,
        "1.3 and the next float64": lambda s: next_to(s, f64),
        "a float64 twin": lambda s: (converted(s, f64), converted(s, f64)),
        "a float16 twin": lambda s: (converted(s, f16), converted(s, f16)),
        "a bfloat16 twin": lambda s: (converted(s, bf16), converted(s, bf16)),
        "1 and the next bfloat16": lambda s: (s | {"w": one.to(bf16)}, s | {"w": (one + 2**-7).to(bf16)}),
        "a large counter": lambda s: (s | large, more(s | large, "count")),
        "0 and nearly 0": lambda s: (s | {"mean": one * 0}, s | {"mean": one * 1e-30}),
    },
)
check(
    "same_weights/layers",
    judged,
    "e",
    {
        "one layer, alike": lambda s: (linear(s["w"], s["b"]), linear(s["w"], s["b"])),
        "one layer, another bias": lambda s: (linear(s["w"], s["b"]), linear(s["w"], s["b"] + 1)),
        "deep inside, alike": lambda s: (deep(s), deep(s)),
        "deep inside, another": lambda s: (deep(s), deep(more(s, "w"))),
        "no weights at all": lambda s: (nn.Sequential(nn.ReLU()), nn.Tanh()),
    },
)
check(
    "same_weights/what does not count",
    judged,
    "f",
    {
        "the kinds of the layers": lambda s: (
            nn.Sequential(*in_a_list(s, nn.ReLU())),
            in_a_list(s, nn.Tanh()),
        ),
        "a buffer in the place of a parameter": lambda s: (s, as_buffers(s)),
        "transposed in memory": lambda s: (s, s | {"w": s["w"].T.contiguous().T}),
        "no numbers in a tensor": lambda s: (s | {"x": one[:0]}, s | {"x": one[:0]}),
        "frozen": lambda s: (model_of(s), frozen(model_of(s))),
        "frozen, another number": lambda s: (frozen(model_of(s)), frozen(model_of(more(s, "w")))),
        "a buffer that is not in the state_dict": lambda s: (noted(s, "b"), noted(s, "mean")),
    },
)
check(
    "same_weights/tied weights",
    judged,
    "g",
    {
        "both tied": lambda s: (tied(s, s["w"]), tied(s, s["w"])),
        "one of them tied, the same numbers": lambda s: (tied(s, s["w"]), tied(s, s["w"].clone())),
        "one of them tied, other numbers": lambda s: (tied(s, s["w"]), tied(s, s["w"] + 1)),
    },
)
check(
    "same_weights/another order",
    judged,
    "h",
    {
        "in another order": lambda s: (s, dict(reversed(s.items()))),
        "in another order, another number": lambda s: (s, dict(reversed(more(s, "w").items()))),
    },
    **names,
)
check(
    "same_weights/other names",
    judged,
    "i",
    {
        "one more in the second": lambda s: (s, s | {"x": one}),
        "one more in the first": lambda s: (s | {"x": one}, s),
        "both have it": lambda s: (s | {"x": one}, s | {"x": one}),
        "another name": lambda s: (s | {"x": one}, s | {"y": one}),
        "nothing in the second": lambda s: (s, nn.ReLU()),
        "nothing in the first": lambda s: (nn.ReLU(), s),
    },
    **names,
)
check(
    "same_weights/shapes",
    judged,
    "j",
    {
        "more rows": lambda s: (s, s | {"w": s["w"].repeat(2, 1)}),
        "as many numbers": lambda s: (s, s | {"w": s["w"].reshape(3, 2)}),
        "one axis more": lambda s: (s, s | {"b": s["b"][None]}),
    },
    **shapes,
)
check(
    "same_weights/shapes that broadcast",
    judged,
    "k",
    {
        "(3,) and (1,)": lambda s: (s, s | {"b": s["b"][:1]}),
        "(1, 3) and (2, 3)": lambda s: (s | {"v": s["v"][:1]}, s),
        "(2, 3) and (2, 1)": lambda s: (s | {"mean": one.repeat(3, 1).T}, s | {"mean": one[:, None]}),
        "() and (1,)": lambda s: (s, s | {"count": s["count"][None]}),
    },
    **shapes,
)
check(
    "same_weights/dtypes",
    judged,
    "l",
    {
        "all in float64": lambda s: (s, converted(s, f64)),
        "a buffer in float64": lambda s: (s, s | {"mean": s["mean"].double()}),
        "a counter in int32": lambda s: (s, s | {"count": s["count"].int()}),
    },
    **shapes,
)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 8.5 · `load_matching` · ★★★ · 18 minutes · further
#
# You have a file for ten classes and need a model for five. Write `load_matching(model, sd)`, which
# copies what it can from a state_dict into a model, and returns the names of what it left out.
#
# - `model`: any `nn.Module`. It is changed in place.
# - `sd`: a dictionary from names to tensors, as a state_dict is, perhaps that of quite another model.
#
# What is wanted:
#
# - **what fits** (2 points): every entry of `sd` whose name is in the model's state_dict *and* whose
#   tensor has the same shape there is copied into the model, buffers and counters included, and takes
#   on the model's dtype. All the rest of the model keeps its old numbers.
# - **the list** (1.5 points): returned is the sorted list of the names in `sd` that were left out,
#   because the model does not know them or because the shape is another.
# - **own memory** (0.75 points): afterwards the model and `sd` share no memory: neither can change the
#   other.
# - **no trace** (0.75 points): `sd` keeps its entries, their order and their numbers. In the model
#   nothing but numbers changes: its parameters and modules stay the same objects, in their modes, with
#   their gradients, frozen or not. PyTorch's own settings stay, too.
#
# ```python
# ten = small_net(classes=10).state_dict()
# load_matching(small_net(classes=5), ten)  # ['4.bias', '4.weight']
# ```
#
# Decided when graded: buffers and counters, other dtypes, shapes that would broadcast or have as many
# numbers, names in any order, nested models and tied weights.

# %% [markdown] tags=["hints"] exercise="load_matching"
# 1. Ask two questions about each entry of `sd`: does the model know the name, and does the shape fit?
#    Sort the entries into those that fit and those that do not.
# 2. The model's own state_dict answers both questions. Compare `shape` with `shape`, under the same name.
# 3. Give the entries that fit to `load_state_dict`, which has to forgive that some are missing. Return the
#    other names, sorted: unknown ones as well as those with another shape.

# %% nbgrader={"grade": false, "grade_id": "load_matching", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_matching(model, sd):
    """Copy what fits by name and shape; the sorted names of what does not."""
    ### BEGIN SOLUTION
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(name for name in sd if name not in fits)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "load_matching-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def into_five_classes(classes):
    model, other = small_net(classes=5), small_net(classes=classes).state_dict()
    sd = {name: torch.full_like(tensor, 3) for name, tensor in other.items()}
    left_out = load_matching(model, sd | {"extra": torch.ones(2)})
    return model, sd, left_out


def where_all_is_3():
    state = into_five_classes(10)[0].state_dict()
    return {name: bool((tensor == 3).all()) for name, tensor in state.items()}


def the_file_after_the_model_changed():
    model, sd, _ = into_five_classes(5)
    loaded = model[0].bias.detach().clone()
    model[0].bias.data.zero_()
    return {"loaded": loaded, "in the file": sd["0.bias"]}


check("load_matching/what came in", where_all_is_3)
check("load_matching/what was left out", lambda: into_five_classes(10)[2], requirement="the list")
check("load_matching/the file later", the_file_after_the_model_changed, requirement="own memory")

# %% nbgrader={"grade": true, "grade_id": "load_matching-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder.checks import probes

SHAPES = {"w": (2, 3), "v": (3, 2), "b": (3,)}


def fresh(seed, shift=0, **shapes):
    # numbers around the shift, so that a model's and a file's are never equal
    draw = probes.generator(f"load_matching/{seed}/{shift}")
    return {
        name: probes.normal(*shape, generator=draw) + shift for name, shape in (SHAPES | shapes).items()
    }


def file(seed, **shapes):
    # a file: None takes a name out, a shape changes it or adds one
    gone = [name for name, shape in shapes.items() if shape is None]
    sd = fresh(seed, 10, **{name: shape or () for name, shape in shapes.items()})
    return {name: tensor for name, tensor in sd.items() if name not in gone}


def counted(sd, seed):
    # so large that no float holds it
    draw = probes.generator(f"load_matching/{seed}/count")
    return sd | {"count": 2**60 + torch.randint(9, 99, (), generator=draw)}


def model_of(sd):
    model = nn.Module()
    for name, tensor in sd.items():
        if name in ("w", "v", "b"):
            model.register_parameter(name, nn.Parameter(tensor.clone()))
        else:
            model.register_buffer(name, tensor.clone())
    return model


def used(model):
    # with a gradient, a frozen parameter, and of several parts one in evaluation mode
    first, *_, last = model.parameters()
    first.grad = torch.ones_like(first)
    last.requires_grad_(False)
    list(model.modules())[-1].train(not list(model.children()))
    return model


def state_after(model, sd):
    load_matching(used(model), sd)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def loaded(seed, sd, dtype=torch.float32):
    return state_after(new_model(seed).to(dtype), sd)


def new_model(seed):
    model = model_of(fresh(seed, mean=(2,)) | {"count": torch.tensor(3)})
    model.register_buffer("note", torch.ones(2), persistent=False)  # in no state_dict
    return model


def lists(*files, make=lambda: new_model("lists")):
    return [load_matching(used(make()), sd) for sd in files]


def nothing_in_common(seed):
    model, sd = used(new_model(seed)), counted(file(seed, mean=(2,)), seed)
    load_matching(model, sd)
    for tensor in sd.values():
        tensor.view(-1)[0] += 1
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for tensor in model.state_dict().values():
        tensor.zero_()
    return {"the model, after the file changed": state, "the file, after the model changed": sd}


def layers(seed, shift=0):
    # layers in layers, two of which share their weight; and a file of other such layers
    model = nn.Sequential(
        nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2), nn.Sequential(nn.Linear(2, 2)))
    )
    probes.fill(model, seed)
    model[1][1][0].weight = model[0].weight
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.add_(shift)
    return model


def transposed(sd):
    # in float64, with more digits than a float32 holds
    return {n: t.T.contiguous().T.double() + 2**-30 if t.dim() == 2 else t for n, t in sd.items()}


def in_other_dtypes(sd):
    dtypes = {"w": torch.float64, "v": torch.bfloat16, "b": torch.float16}
    return {name: t.to(dtypes[name]) for name, t in sd.items()} | {"count": torch.tensor(7.0)}


def one_layer(seed):
    draw = probes.generator(f"load_matching/{seed}")
    sd = {
        "weight": probes.normal(2, 3, generator=draw) + 9,
        "bias": probes.normal(2, generator=draw) + 9,
    }
    return state_after(probes.fill(nn.Linear(3, 2)), sd)


no_parameters = {"w": None, "v": None, "b": None}
check("load_matching/another head", loaded, "a", file("a", w=(5, 3), b=(5,)))
check("load_matching/names are missing", loaded, "b", file("b", w=None, b=None))
check("load_matching/buffers", loaded, "c", file("c", mean=(2,), **no_parameters))
check("load_matching/a counter", loaded, "d", counted(file("d", v=None), "d"))
check("load_matching/unknown names", loaded, "e", dict(reversed(file("e", a=(3,), z=(2, 3)).items())))
check("load_matching/as many numbers", loaded, "f", file("f", w=(3, 2), v=(6,)))
check("load_matching/shapes that broadcast", loaded, "g", file("g", w=(1, 3), v=(3, 1), mean=()))
check("load_matching/one axis more", loaded, "u", file("u", w=(1, 2, 3), count=(1,)))
check("load_matching/a file in other dtypes", loaded, "h", in_other_dtypes(file("h")))
check("load_matching/a model in bfloat16", loaded, "i", file("i"), torch.bfloat16)
copies = {"rtol": 0, "atol": 0}  # are not rounded
check("load_matching/transposed memory", loaded, "j", transposed(file("j")), torch.float64, **copies)
check("load_matching/one layer", one_layer, "k")
check("load_matching/layers in layers", lambda: state_after(layers("l"), layers("m", 9).state_dict()))

draw = probes.generator("load_matching/names")
numbers = torch.randint(2, 99, (6,), generator=draw).tolist()
unknown = {f"{letter}{number}": (2,) for letter, number in zip("zkMaqc", numbers)}
unknown |= {"q9": (2,), "q10": (2,), "note": (2,), "head.w": (2, 3), "module.b": (3,)}
unfit, less = {"b": (1,), "w": (3, 2), "v": (3, 1)}, {"w": None, "v": None}
asked = {"requirement": "the list"}
check("load_matching/list of unknown names", lambda: lists(file("n", **unknown), file("n")), **asked)
check(
    "load_matching/list of other shapes",
    lambda: lists(file("o", **unfit), file("o", **unknown, **unfit)),
    **asked,
)
check(
    "load_matching/list of a short file",
    lambda: lists(file("p", **less, **unknown), {}, file("p", **less)),
    **asked,
)
check(
    "load_matching/list with buffers",
    lambda: lists(counted(file("q", mean=(2,), **unknown), "q"), file("q", mean=(3,))),
    **asked,
)
shared = layers("s").state_dict()
check(
    "load_matching/list of layers in layers",
    lambda: lists(shared | file("s", **unknown), shared, make=lambda: layers("t")),
    **asked,
)
check("load_matching/nothing in common", nothing_in_common, "r", requirement="own memory")
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Going on where you were
#
# A training is more than its weights. SGD with momentum remembers a velocity for every parameter, Adam two
# numbers for each. Load the weights alone, and the optimizer starts with an empty memory. *Predict what that
# does to a loss that was nearly down.*

# %% tags=["demo"]
torch.manual_seed(3)
features = torch.randn(32, 6)
answers = features @ torch.randn(6, 1) + 0.1 * torch.randn(32, 1)


def start():
    torch.manual_seed(4)
    model = nn.Linear(6, 1)
    return model, torch.optim.Adam(model.parameters(), lr=0.3)


def train(model, optimizer, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(model(features), answers)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses

# %% tags=["demo"]
straight = train(*start(), 100)  # never interrupted

model, optimizer = start()
half = train(model, optimizer, 60)
torch.save([model.state_dict(), optimizer.state_dict()], folder / "half.pth")
model_state, optimizer_state = torch.load(folder / "half.pth")

model, optimizer = start()
model.load_state_dict(model_state)
optimizer.load_state_dict(optimizer_state)
both = half + train(model, optimizer, 40)

model, optimizer = start()
model.load_state_dict(model_state)
weights_only = half + train(model, optimizer, 40)
print("the same to the last digit:", both == straight, weights_only == straight)

# %% tags=["demo"]
three_runs = {"never interrupted": straight, "weights and optimizer": both, "weights only": weights_only}
pictures.resumed(three_runs, 60)

# %% [markdown]
# *Picture: three loss curves over 100 steps, on a logarithmic scale. The run that resumed with the optimizer's
# state lies exactly on the one that was never interrupted. The one with weights only jumps up to nearly
# seventy times as much after step 60 and needs the rest of the run to come down again.*
#
# An Adam without memory cannot know that the gradients are small by now: its first step moves every parameter
# by the whole learning rate.
#
# ### Exercise 8.6 · `save_checkpoint` · ★★★ · 18 minutes
#
# Write two functions, both in the cell below: `save_checkpoint(path, model, opt, epoch)` writes a file
# from which a training can go on after epoch number `epoch` is done, and `resume(path, model, opt)`
# goes back to that point.
#
# - `path`: where the file is, or is to be; a `str` or a `Path`, with any ending or none. A file that is
#   there already is overwritten.
# - `model`: any `nn.Module`; for `resume` one of the same architecture.
# - `opt`: an optimizer of `torch.optim` for the parameters of `model`, with one group of them or
#   several.
# - `epoch`: the number of the epoch that is done, an `int`; the first has the number 0.
#
# What is wanted:
#
# - **going on** (2.5 points): `resume` brings `model` and `opt`, the objects themselves, to the state
#   that was saved: weights, buffers, all that the optimizer remembers, and its settings, such as the
#   learning rate of each group. The epochs that follow give exactly what they give in a training
#   without interruption, where nothing is drawn at random (section 9 is about that).
# - **next epoch** (0.75 points): `resume` returns the number of the next epoch, an `int`.
# - **one file** (1.25 points): everything is in the file `path`, as it was when it was written.
#   `torch.load(path)` reads it with its default arguments, and it can be moved, kept beside others, and
#   resumed from in another program.
# - **no trace** (0.5 points): saving changes nothing, so that the training can simply go on; resuming
#   changes nothing but `model` and `opt`, and not the modes of the model, nor what is frozen. No other
#   file is left behind. PyTorch's own settings stay; its random state is left to you.
#
# ```python
# save_checkpoint(folder / "run.pth", model, optimizer, 3)
# resume(folder / "run.pth", *start())  # 4
# ```
#
# Decided when graded: Adam, several groups, settings that have changed, buffers, parameters without a
# gradient, epoch 0, several files.

# %% [markdown] tags=["hints"] exercise="save_checkpoint"
# 1. Three things have to be in the file. Which object remembers the velocities?
# 2. Optimizers have a `state_dict()` and a `load_state_dict()` of their own. A dictionary of dictionaries and
#    numbers is something that `torch.load` reads by default.
# 3. In `resume`, `model = ...` would only give a new meaning to a local name. Call methods of the objects that
#    came in. And epoch 3 done means that 4 is next.

# %% nbgrader={"grade": false, "grade_id": "save_checkpoint", "locked": false, "schema_version": 3, "solution": true, "task": false}
def save_checkpoint(path, model, opt, epoch):
    """Write everything that a training needs to go on after this epoch."""
    ### BEGIN SOLUTION
    state = {"model": model.state_dict(), "optimizer": opt.state_dict(), "epoch": epoch}
    torch.save(state, path)
    ### END SOLUTION


def resume(path, model, opt):
    """Bring model and opt to the saved state; the number of the next epoch."""
    ### BEGIN SOLUTION
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["optimizer"])
    return state["epoch"] + 1
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "save_checkpoint-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
import contextlib


def start_line():
    line = nn.Linear(1, 1)
    for parameter in line.parameters():
        nn.init.ones_(parameter)
    return line, torch.optim.SGD(line.parameters(), lr=0.1, momentum=0.9)


def step(line, opt):
    opt.zero_grad()
    line(torch.ones(1, 1)).square().sum().backward()
    opt.step()


def interrupted(steps_after, read_by_default=False):
    line, opt = start_line()
    step(line, opt)
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        save_checkpoint(Path("run.pth"), line, opt, 3)
        if read_by_default:
            torch.load("run.pth")
            for file in set(Path().iterdir()) - {Path("run.pth")}:
                file.unlink()  # the one file has to be enough
        line, opt = start_line()
        following = resume(Path("run.pth"), line, opt)
    for _ in range(steps_after):
        step(line, opt)
    return line.weight if steps_after else following


drawn = {"allow": ("seed",)}
check("save_checkpoint/one step, and one more", interrupted, 1, **drawn)
check("save_checkpoint/what resume returns", interrupted, 0, requirement="next epoch", **drawn)
check("save_checkpoint/two steps more", interrupted, 2, True, requirement="one file", **drawn)

# %% nbgrader={"grade": true, "grade_id": "save_checkpoint-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import contextlib

from autograder.checks import probes


def line():
    return nn.Linear(2, 1)


def with_an_unused_parameter():
    model = line()
    model.register_parameter("unused", nn.Parameter(torch.ones(1), requires_grad=False))
    model.register_parameter("unused too", nn.Parameter(torch.ones(1)))
    return model


def norm():
    # No bias before the BatchNorm: its gradient is rounding alone, which Adam would enlarge.
    return nn.Sequential(nn.Linear(2, 2, bias=False), nn.BatchNorm1d(2), nn.Linear(2, 1))


def new_run(seed, make, layers=line):
    model = probes.fill(layers().double(), f"save_checkpoint/{seed}")
    list(model.modules())[-1].eval()
    if seed.endswith("old"):  # modes and what is frozen are not those of the new model
        for part in list(model.children())[:1]:
            part.eval()
        for parameter in list(model.parameters())[3:]:
            parameter.requires_grad_(False)
    return model, make(list(model.parameters()))


def train(model, opt, epochs, seed):
    draw = probes.generator(f"save_checkpoint/{seed}/data")
    x, y = (probes.normal(4, n, generator=draw, dtype=torch.float64) for n in (2, 1))
    for _ in range(epochs):
        opt.zero_grad()
        F.mse_loss(model(x), y).backward()
        opt.step()


def state(model, opt):
    names = ("lr", "weight_decay", "momentum", "betas")
    settings = [[group[name] for name in names if name in group] for group in opt.param_groups]
    return {"weights and buffers": dict(model.state_dict()), "settings": settings}


def going_on(seed, make, layers=line, before=1, used=0, change=lambda group, i: {}):
    old, new = new_run(f"{seed}/old", make, layers), new_run(f"{seed}/new", make, layers)
    train(*old, before, seed)
    for i, group in enumerate(old[1].param_groups, 1):
        group.update(change(group, i))
    train(*new, used, f"{seed}/new")
    new[0].zero_grad()
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        save_checkpoint(Path("run.pth"), *old, before)
        train(*old, 1, seed)
        resume(Path("run.pth"), *new)
        files = sorted(file.name for file in Path().iterdir())
    train(*new, 1, seed)
    return state(*new) | {"files": files, "the old run, one epoch later": state(*old)}


def resumed(seed, names, which, move=False, as_path=Path):
    # a run is saved after each epoch under these names; what comes back from one of them
    run, new = new_run(f"{seed}/old", momentum), new_run(f"{seed}/new", momentum)
    for i, name in enumerate(names):
        train(*run, 1, f"{seed}/{i}")
        save_checkpoint(as_path(name), *run, i)
    path = Path(names[which])
    for file in set(map(str, Path().iterdir())) - {*names}:
        Path(file).unlink()
    if move:
        Path("elsewhere").mkdir()
        path = path.rename("elsewhere/moved.pth")
    resume(as_path(path), *new)
    train(*new, 1, seed)
    return state(*new)


def read_by_default(seed):
    run, new = new_run(f"{seed}/old", momentum), new_run(f"{seed}/new", momentum)
    train(*run, 1, seed)
    save_checkpoint(Path("run.pth"), *run, 7)
    read = probes.outcome(torch.load, "run.pth")
    resume(Path("run.pth"), *new)
    return state(*new) | {"read by default": read if isinstance(read, Exception) else True}


def next_epochs(*numbers):
    run = new_run("numbers", plain)
    following = []
    for number in numbers:
        save_checkpoint(Path(f"{number}.pth"), *run, number)
        following.append(resume(Path(f"{number}.pth"), *run))
    return following


def in_a_folder(what, *args, **kwargs):
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        return what(*args, **kwargs)


def plain(parameters):
    return torch.optim.SGD(parameters, lr=0.1)


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.05)


def groups(parameters):
    return torch.optim.SGD(
        [{"params": parameters[:1], "lr": 0.3}, {"params": parameters[1:]}],
        lr=0.1,
        momentum=0.8,
        weight_decay=0.5,
    )


def halved(group, i):
    return {name: group[name] / 2**i for name in ("lr", "momentum", "weight_decay")}


def other_betas(group, i):
    return {"betas": (0.5, 0.75), "lr": group["lr"] / 2}


close, exact = {"rtol": 1e-6, "atol": 1e-7}, {"rtol": 1e-10, "atol": 1e-11}  # all in float64
drawn = {"allow": ("seed",)}
sides = {"sides": {"files": "no trace", "the old run, one epoch later": "no trace"}} | drawn
check("save_checkpoint/momentum", going_on, "a", momentum, before=2, **exact, **sides)
check(
    "save_checkpoint/Adam",
    going_on,
    "b",
    adam,
    with_an_unused_parameter,
    change=other_betas,
    **close,
    **sides,
)
check("save_checkpoint/buffers", going_on, "c", plain, norm, **close, **sides)
check("save_checkpoint/several groups", going_on, "e", groups, change=halved, **close, **sides)
check(
    "save_checkpoint/before the first step", going_on, "f", momentum, before=0, used=1, **close, **sides
)

numbers = torch.randint(300, 500, (2,), generator=probes.generator("save_checkpoint/numbers")).tolist()
following = drawn | {"requirement": "next epoch"}
check("save_checkpoint/an epoch", in_a_folder, next_epochs, numbers[0], **following)
check("save_checkpoint/epoch 0", in_a_folder, next_epochs, 0, numbers[1], **following)

one = close | drawn | {"requirement": "one file"}
check("save_checkpoint/read by default", in_a_folder, read_by_default, "g", **one)
check("save_checkpoint/one of several", in_a_folder, resumed, "h", ["run.1", "run.2"], 0, **one)
check("save_checkpoint/a moved file", in_a_folder, resumed, "i", ["a"], 0, move=True, **one)
check(
    "save_checkpoint/an old file", in_a_folder, resumed, "j", ["a.pth", "a.pth"], 1, as_path=str, **one
)
### END HIDDEN TESTS

# %% [markdown]
# ## 9. What else a training remembers
#
# With model and optimizer the run of section 8 went on to the last digit. *Predict* whether that is enough for
# this one, which has a Dropout, and a scheduler that multiplies the learning rate by 0.3 every 25 steps.

# %% tags=["demo"]
def begin():
    torch.manual_seed(4)
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=25, gamma=0.3)
    return {"model": model, "optimizer": optimizer, "scheduler": scheduler}


def go(run, steps):
    losses = []
    for _ in range(steps):
        losses += train(run["model"], run["optimizer"], 1)
        run["scheduler"].step()
    return losses

# %% tags=["demo"]
run = begin()
first_part = go(run, 40)
states = {name: part.state_dict() for name, part in run.items()}
torch.save(states | {"random": torch.get_rng_state()}, folder / "all.pth")
unbroken = first_part + go(run, 20)

everything = ["model", "optimizer", "random", "scheduler"]
for restored in (everything[:2], everything[:3], everything):
    run, state = begin(), torch.load(folder / "all.pth")  # read anew: an optimizer keeps what it is given
    for name in set(restored) & set(run):
        run[name].load_state_dict(state[name])
    if "random" in restored:
        torch.set_rng_state(state["random"])
    losses = first_part + go(run, 20)
    print(f"{max(abs(a - b) for a, b in zip(losses, unbroken)):.2g} off with", ", ".join(restored))

# %% [markdown]
# It is not enough: the losses are up to 0.23 off. Dropout draws from torch's random numbers, and so does a loader
# that shuffles; the scheduler counts steps, and a fresh one begins at 0. Each is mended by saving its state: a
# scheduler has a `state_dict()` like an optimizer, and the state of the random numbers is a tensor,
# `torch.get_rng_state()`. With all four, the run is *exactly* the one that was never interrupted.
#
# Other sources of chance have states of their own: Python's `random`, NumPy, and every GPU
# (`torch.cuda.get_rng_state_all`).
#
# ## 10. Names from elsewhere
#
# Networks are wrapped to compute faster: `nn.DataParallel` and `DistributedDataParallel` on several GPUs,
# `torch.compile` into other code. The wrapper holds the network under a name, and that name comes in front of
# all others. *Predict* what an unwrapped network says to such a file.

# %% tags=["demo"]
wrapped = {"alone": net, "DataParallel": nn.DataParallel(net), "compile": torch.compile(net)}
for how, network in wrapped.items():
    print(f"{how:13}", list(network.state_dict())[0])

torch.save(wrapped["compile"].state_dict(), folder / "compiled.pth")
stranger = torch.load(folder / "compiled.pth")
try:
    small_net().load_state_dict(stranger)
except RuntimeError as error:
    print("RuntimeError:", *(line.strip()[:52] + " …" for line in str(error).splitlines()[1:]), sep="\n  ")

# %% [markdown]
# The better cure is to save the network that is inside, `.module`, or `._orig_mod` after `torch.compile`, or
# simply the network that you wrapped. It has the plain names and the same tensors. For a
# file that has the prefix already, torch has a function, which changes the dictionary itself:

# %% tags=["demo"]
inside = [wrapped["DataParallel"].module, wrapped["compile"]._orig_mod]
print("the same network:", [network is net for network in inside])
nn.modules.utils.consume_prefix_in_state_dict_if_present(stranger, "_orig_mod.")
print(small_net().load_state_dict(stranger))

# %% [markdown]
# ## 11. The last one
#
# ### Exercise 8.7 · `fix_keys` · ★★☆ · 10 minutes
#
# **Bug hunt.** This time the bug sits in a file. The typo of section 6 was mended in the class, and
# every old state_dict is refused. Write `fix_keys(sd)`, which takes a state_dict with old names and
# returns one with new names.
#
# - `sd`: a dictionary from names to tensors.
#
# What is wanted:
#
# - **the names** (1.75 points): in a new dictionary, every name that starts with `conc1.` starts with
#   `conv1.` instead. All else of a name stays, and so do all other names, wherever `conc1` may stand in
#   them.
# - **the order** (0.5 points): the entries keep the order that they have in `sd`.
# - **the same tensors** (0.75 points): the tensors are not copied; the dictionary holds the same
#   objects.
# - **no trace** (1 point): `sd` stays as it was, its names, their order and its tensors. What is
#   returned is another dictionary even if no name has to be changed. PyTorch's own settings stay.
#
# ```python
# fix_keys({"conc1.weight": w, "conc1.bias": b, "fc.weight": v})
# # {"conv1.weight": w, "conv1.bias": b, "fc.weight": v}
# ```
#
# Decided when graded: names that look alike, names with more parts, dictionaries without an old name.

# %% [markdown] tags=["hints"] exercise="fix_keys"
# 1. Go through the names and tensors, and build a second dictionary from them.
# 2. Only the beginning of a name counts. What would `replace("conc1", "conv1")` do to
#    `block.conc1x.weight`, or to `preconc1.bias`?
# 3. Strings have `startswith` and `removeprefix`. Give them the dot as well.

# %% nbgrader={"grade": false, "grade_id": "fix_keys", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fix_keys(sd):
    """A new dictionary: conc1.* renamed to conv1.*, everything else as it was."""
    ### BEGIN SOLUTION
    fixed = {}
    for name, tensor in sd.items():
        if name.startswith("conc1."):
            name = "conv1." + name.removeprefix("conc1.")
        fixed[name] = tensor
    return fixed
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "fix_keys-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
def an_old_file():
    names = ["fc.weight", "conc1.weight", "block.conc1.weight", "conc1.bias"]
    return {name: torch.full((2,), float(i)) for i, name in enumerate(names)}


def whether_the_objects_are_the_same():
    old = an_old_file()
    return [any(tensor is other for other in old.values()) for tensor in fix_keys(dict(old)).values()]


def in_which_order():
    return [int(tensor[0]) for tensor in fix_keys(an_old_file()).values()]


check("fix_keys/an old file", lambda: dict(fix_keys(an_old_file())))
check("fix_keys/its order", in_which_order, requirement="the order")
check("fix_keys/its tensors", whether_the_objects_are_the_same, requirement="the same tensors")

# %% nbgrader={"grade": true, "grade_id": "fix_keys-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from collections import OrderedDict

from autograder.checks import probes


def renamed(sd):
    originals = list(sd.values())
    fixed = fix_keys(sd)
    return {
        "renamed": dict(fixed),
        "in this order": list(fixed.values()),
        "the same objects": [any(tensor is other for other in originals) for tensor in fixed.values()],
        "another dictionary": isinstance(fixed, dict) and fixed is not sd,
    }


def one_after_the_other(*files):
    # all of them are kept, and looked at in the end
    fixed = [fix_keys(sd) for sd in files]
    return {
        "renamed": [dict(new) for new in fixed],
        "another dictionary": [all(new is not other for other in (*files, *fixed[:i])) for i, new in enumerate(fixed)],
    }


def file_with(names, kind=dict):
    draw = probes.generator(f"fix_keys/{names}")
    return kind((name, probes.normal(2, 3, generator=draw)) for name in names.split())


def counted():
    layers = nn.Sequential(
        OrderedDict(conc1=nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)), fc=nn.Linear(1, 1))
    )
    return probes.fill(layers, "fix_keys/layers").state_dict()


sides = {
    "in this order": "the order",
    "the same objects": "the same tensors",
    "another dictionary": "no trace",
}
files = {
    "the layer alone": file_with("conc1.weight conc1.bias"),
    "one of several layers": file_with(
        "fc.bias conc1.weight conc1.scale conc2.weight conc1.bias a.weight"
    ),
    "words that go on": file_with(
        "conc1.weight conc10.weight conc1x.bias conc1_.bias conc1 conc1.", OrderedDict
    ),
    "words that begin before": file_with("preconc1.bias conc1.bias my_conc1.weight Conc1.weight"),
    "inside other layers": file_with(
        "head.conc1.weight conc1.bias a.b.conc1.bias module.conc1.bias _orig_mod.conc1.bias", OrderedDict
    ),
    "names with more parts": file_with(
        "conc1.norm.running_mean conc1.0.weight fc.0.weight conc1.1.1.bias a.bias"
    ),
    "twice in a name": file_with("conc1.conc1.weight conc1.0.conc1.bias conv1x.conc1.bias"),
    "no old name": file_with("fc.weight fc.bias conv2.weight"),
    "a state_dict of torch": counted(),
}
files["one of several layers"]["tied"] = files["one of several layers"]["conc1.scale"]  # one object
for kind, sd in files.items():
    check(f"fix_keys/{kind}", renamed, sd, sides=sides)
check(
    "fix_keys/nothing, and one entry",
    one_after_the_other,
    {},
    file_with("conc1.weight"),
    file_with("fc.weight"),
    OrderedDict(),
    sides={"another dictionary": "no trace"},
)
### END HIDDEN TESTS

# %% [markdown]
# ## 12. Yours at work
#
# Your network of chapter 4 is trained, stopped in the middle, and gone on with by what you wrote above.

# %% tags=["demo"]
from autograder.torch_nn.data import tensors
from autograder.torch_nn.stand_ins import yours
from autograder.torch_nn.stand_ins.ch08 import beside

Net = yours("CifarNet")
save = yours("save_checkpoint")
go_on = beside(save, "resume")  # the `resume` of the same author
alike = yours("same_weights")

every_image, every_label = tensors(train=True)
chosen = torch.randperm(len(every_image), generator=torch.Generator().manual_seed(0))[:128]
some_images, some_labels = every_image[chosen], every_label[chosen]

# %% [markdown]
# Chapter 6's `fit` makes its optimizer itself, so nobody outside could save it; this loop takes one. The images
# come in another order in each epoch. It is drawn from the epoch's number, so nothing of it has to be saved: a
# simple way to have chance and repeat it.

# %% tags=["demo"]
def train_epochs(model, optimizer, epochs):
    losses = []
    for epoch in epochs:
        order = torch.randperm(128, generator=torch.Generator().manual_seed(epoch))
        for batch in order.split(32):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(some_images[batch]), some_labels[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def new_run(seed):
    torch.manual_seed(seed)
    model = Net().train()
    return model, torch.optim.Adam(model.parameters(), lr=0.002)

# %% tags=["demo"]
never_stopped = new_run(0)
whole_curve = train_epochs(*never_stopped, range(8))

stopped = new_run(0)
before_the_stop = train_epochs(*stopped, range(4))
save(folder / "cifar.pth", *stopped, 3)
del stopped  # the power cut

fresh = new_run(1)  # other random numbers
epoch = go_on(folder / "cifar.pth", *fresh)
after_it = train_epochs(*fresh, range(epoch, 8))

# %% tags=["demo"]
joined = before_the_stop + after_it
print("goes on with epoch", epoch)
print("largest difference:", max(abs(a - b) for a, b in zip(whole_curve, joined, strict=True)))
print("the same weights in the end:", alike(never_stopped[0], fresh[0]))
pictures.no_seam(whole_curve, before_the_stop, after_it)

# %% [markdown]
# *Picture: the loss of both trainings, step by step. The one that was stopped after half of its steps and
# loaded into a fresh network lies on the one that was not.*

# %% [markdown]
# ## What to keep
#
# 1. Save `model.state_dict()`, load it into a model that exists. Buffers travel with it, code does not.
# 2. `torch.load` makes tensors and plain things only, by default: save a `float`, not a `np.float64`.
#    `weights_only=False` runs what the file says, so it is for files of your own.
# 3. `load_state_dict` copies and returns a word on the names, not the model; strict is a friend.
# 4. `state_dict()` is a live view: clone what you want to keep, or write the best so far to a file.
# 5. A checkpoint holds model, optimizer and epoch, and the scheduler and random states where there are any. Run
#    a forward before you save, and a load after.

# %% tags=["demo", "nbval-ignore-output"]
progress()

# %% [markdown]
# ## Where to read on
#
# - [Saving and loading models](https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html)
# - [Serialization semantics](https://docs.pytorch.org/docs/stable/notes/serialization.html), `weights_only`
#   included
# - [`torch.load`](https://docs.pytorch.org/docs/stable/generated/torch.load.html) and
#   [`Module.load_state_dict`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict)
# - [safetensors](https://huggingface.co/docs/safetensors), a format that cannot run code at all
