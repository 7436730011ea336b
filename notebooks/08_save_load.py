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
# - interrupt a training and go on as if nothing had happened;
# - load the half of a file that fits, and repair a file with wrong names.
#
# You need chapters 1 and 6, and about an hour. Run each cell with **Shift + Enter**; where you read
# *predict*, say your answer before you run the cell.

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
import subprocess
import sys

import torchvision

from autograder import hint, progress
from autograder.pictures import ch08 as pictures

folder = Path(tempfile.mkdtemp())  # everything of this chapter is written here
torch.manual_seed(8)

# %% [markdown] seed=["A8.1", "A8.c1", "B8.1"]
# ## 1. Two ways to save
#
# The first way hands the whole object to `torch.save`. What is written is a *pickle*: the names of the
# classes it is made of, and all parameters and buffers. Mind the word *names*. The code of the classes is
# not in the file.

# %% tags=["demo"] seed=["A8.1", "B8.1"]
net = small_net()
torch.save(net, folder / "whole.pth")
print(sorted(path.name for path in folder.iterdir()))

# %% [markdown] seed=["A8.3", "A8.c3", "B8.1"]
# The second way saves only what was learned: the `state_dict`, an ordered dictionary from names to
# tensors. The architecture stays where it belongs, in your program. This is the way to take.

# %% tags=["demo"] seed=["A8.3", "B8.1"]
torch.save(net.state_dict(), folder / "weights.pth")
for name, tensor in net.state_dict().items():
    print(f"{name:22}{tuple(tensor.shape)}")

# %% [markdown]
# Besides the four parameters of the layers you see three *buffers* of the batch normalisation: what it
# counted while training. They are not learned by gradient, but without them the model is another one.

# %% tags=["demo"]
pictures.inside(folder / "weights.pth")

# %% [markdown]
# *Picture: the entries of the saved file, which is an ordinary zip archive: one small `data.pkl` that says
# what there is, and one entry `data/0`, `data/1`, … with the numbers of each tensor.*
#
# ### Smaller, they say
#
# *Predict:* how much smaller is the second file, for a network like VGG16 with its 138,357,544 parameters?

# %% tags=["demo"] seed=["A8.c2", "E34"]
pictures.file_sizes()
print(f"{(553_451_687 - 553_441_959) / 553_451_687:.4%}")

# %% [markdown] seed=["A8.c2", "E34"]
# *Picture: two bars of the same length. The whole VGG16 takes 553,451,687 bytes, its state_dict
# 553,441,959.*
#
# Nine kilobytes of 528 MiB (measured once; writing them took more than two seconds each, so we do not do it
# here). Size is no reason. The real ones: a state_dict can be loaded without trusting the file, with a
# changed program, in part, and on another machine.

# %% [markdown]
# ### Exercise 8.1 · `size_gap` · ★★☆ · 8 minutes
#
# Test the claim yourself. Write `size_gap(model)`: how many bytes more `torch.save(model)` writes than
# `torch.save(model.state_dict())`, an `int`. Nothing has to be written to disk: `torch.save` takes an
# `io.BytesIO()` in place of a path. The model stays as it was.
#
# ```python
# size_gap(nn.Linear(3, 2))  # a few hundred bytes
# ```

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
def is_positive():
    gap = size_gap(small_net())
    return type(gap).__name__, gap > 0


check("size_gap/positive", is_positive)

# %% nbgrader={"grade": true, "grade_id": "size_gap-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def gaps(sizes):
    found = []
    for layers in sizes:
        model = nn.Sequential(*(nn.Linear(2, 2) for _ in range(layers)))
        gap = size_gap(model)
        found.append({"type": type(gap).__name__, "bytes": float(gap)})
    return found


fresh = probes.generator("size_gap")
check("size_gap/many layers", gaps, torch.randint(2, 90, (6,), generator=fresh).tolist(), rtol=0.25, atol=512)
check("size_gap/large layers", lambda: gaps(torch.randint(1, 40, (4,), generator=fresh).tolist()), rtol=0.25, atol=512)
### END HIDDEN TESTS

# %% [markdown] seed=["A8.2", "E33"]
# ## 2. Loading, and what is refused
#
# *Predict:* we saved a whole model a minute ago. What does `torch.load` make of it?

# %% tags=["demo"] seed=["A8.2", "E33"]
try:
    torch.load(folder / "whole.pth")
except Exception as error:
    print(type(error).__name__ + ":", str(error).split(". ")[0])

# %% [markdown] seed=["E33", "A8.c5"]
# It refuses. A pickle may name *any* function to be called while it is read, and a file from the internet
# could call one that deletes your work. Since PyTorch 2.6 `torch.load` therefore reads tensors and plain
# containers only: `weights_only=True` is the default. Here is what it protects you from. The file below
# looks like any other and *runs a function* when it is loaded the old way:

# %% tags=["demo"] seed=["E33"]
class Surprise:
    def __reduce__(self):
        return print, ("This line was printed by the file.",)


torch.save({"weights": torch.zeros(2), "gift": Surprise()}, folder / "gift.pth")
torch.load(folder / "gift.pth", weights_only=False)
try:
    torch.load(folder / "gift.pth")
except Exception as error:
    print(type(error).__name__)

# %% [markdown] seed=["E33", "A8.c5"]
# For a whole model of your own there are two ways out: `weights_only=False`, for files that you wrote
# yourself; or `torch.serialization.safe_globals`, which wants *every* class named that occurs in the file
# (for VGG16 that makes eight). Or you save the state_dict, and the question never comes up.

# %% tags=["demo"] seed=["E33"]
again = torch.load(folder / "whole.pth", weights_only=False)  # we wrote it, so we may
print(type(again).__name__, len(again))

# %% [markdown] seed=["A8.4", "E35"]
# ## 3. A dictionary is not a model
#
# The second file loads without ado. What comes back is what was put in: an ordered dictionary. Calling the
# variable `model` does not make it one.

# %% tags=["demo"] seed=["A8.4", "E35"]
loaded = torch.load(folder / "weights.pth")
print(type(loaded).__name__, list(loaded)[:2])
for attempt in ("loaded(torch.zeros(1, 3, 8, 8))", "loaded.eval()"):
    try:
        eval(attempt)
    except (TypeError, AttributeError) as error:
        print(type(error).__name__ + ":", error)

# %% [markdown] seed=["A8.4"]
# The dictionary of VGG16 has 32 entries, a weight and a bias for each of its 13 convolutions and 3 linear
# layers. On the `meta` device, where tensors have a shape but no numbers, we can make it in milliseconds:

# %% tags=["demo"] seed=["A8.4", "A8.5"]
with torch.device("meta"):
    vgg16 = torchvision.models.vgg16(weights=None)
names = list(vgg16.state_dict())
print(len(names), names[0], names[-1])
print(vgg16)

# %% [markdown] seed=["A8.4"]
# In a VGG that has not been trained, torchvision draws the weights of the convolutions at random and starts
# every bias at zero. A narrow one shows it:

# %% tags=["demo"] seed=["A8.4"]
narrow = torchvision.models.vgg.make_layers([8, "M", 16, "M"])
for layer in narrow:
    if isinstance(layer, nn.Conv2d):  # what torchvision's VGG does in its __init__
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        nn.init.constant_(layer.bias, 0)
print(all(bool((v == 0).all()) for k, v in narrow.state_dict().items() if k.endswith("bias")))

# %% [markdown] seed=["A8.5", "A8.c4"]
# ## 4. Back into a model
#
# A model that exists takes the numbers in: `load_state_dict` *copies* them into its parameters and buffers.
# Nothing is turned into an architecture; the architecture has to be there, with the same names and shapes.

# %% tags=["demo"] seed=["A8.5", "A8.c4", "E38"]
torch.manual_seed(99)
other = small_net()
before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
print(other.load_state_dict(torch.load(folder / "weights.pth")))
x = torch.rand(2, 3, 8, 8)
print(torch.equal(other.eval()(x), net.eval()(x)))

# %% tags=["demo"]
pictures.differences(before, other.state_dict())

# %% [markdown] seed=["E38"]
# *Picture: a table of the seven tensors. Fresh, the weights of the convolution and of the linear layer differ
# from those of the file; after loading, all are equal.*
#
# Note what `load_state_dict` returned: not the model, but a word on the names. `model =
# model.load_state_dict(...)` is a classic. And three more things it does:

# %% tags=["demo", "raises-exception"] seed=["E38"]
other.load_state_dict({"0.weight": torch.zeros(4, 3, 5, 5)}, strict=False)  # strict=False forgives names,

# %% tags=["demo"] seed=["E38"]
print(other.load_state_dict({}, strict=False).missing_keys[:2])  # … all of them, but never shapes
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns, once for each tensor
    with torch.device("meta"):
        hollow = small_net()
    hollow.load_state_dict(net.state_dict())
print(hollow[0].weight.is_meta)  # numbers copied into a tensor without numbers: still none
hollow.load_state_dict(net.state_dict(), assign=True)
print(hollow[0].weight.is_meta)

# %% [markdown]
# ### Exercise 8.2 · `save_weights` · ★☆☆ · 10 minutes
#
# Write two functions, both in the cell below.
#
# - `save_weights(model, path)` writes the model's weights to `path`, in a way that `torch.load(path)` reads
#   with its default arguments: a dictionary of tensors under the model's own names, everything that the model
#   needs to compute the same again.
# - `load_weights(model, path)` puts them into `model`, a model of the same architecture, and returns that
#   model. When a name is missing in the file, or does not belong there, or a shape does not fit, it raises
#   an error; which one is up to you.
#
# ```python
# save_weights(net, folder / "a.pth")
# twin = load_weights(small_net(), folder / "a.pth")  # computes what net computes
# ```

# %% [markdown] tags=["hints"] exercise="save_weights"
# 1. Both functions are short. What did the second way of section 1 write? Who takes it in again in
#    section 4?
# 2. Parameters are not everything: look at the list of names of a network with batch normalisation, and
#    ask which method gave that list.
# 3. The method that takes the numbers in does not return the model, so return the model yourself, in a
#    line of its own. Its default is strict, and strict is what you want.

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
def there_and_back():
    ramp = nn.Linear(3, 2)
    with torch.no_grad():
        ramp.weight.copy_(torch.arange(6.0).reshape(2, 3))
        ramp.bias.copy_(torch.tensor([10.0, 20.0]))
    with tempfile.TemporaryDirectory() as place:
        save_weights(ramp, Path(place) / "ramp.pth")
        return load_weights(nn.Linear(3, 2), Path(place) / "ramp.pth")(torch.ones(3))


check("save_weights/there and back", there_and_back)

# %% nbgrader={"grade": true, "grade_id": "save_weights-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def trained_net(name):
    """A small net with fresh parameters and fresh buffers, as if it had been trained."""
    model, fresh = probes.fill(small_net(), name), probes.generator(f"{name}/buffers")
    model[1].running_mean.copy_(torch.randn(4, generator=fresh))
    model[1].running_var.copy_(torch.rand(4, generator=fresh) + 0.5)
    model[1].num_batches_tracked.fill_(int(torch.randint(3, 99, (1,), generator=fresh)))
    return model.eval()


def in_a_file(what):
    def run(*args):
        with tempfile.TemporaryDirectory() as place:
            return what(Path(place) / "weights.pth", *args)
    return run


def what_the_file_holds(path):
    model = trained_net("save/file")
    save_weights(model, path)
    return {name: tensor for name, tensor in torch.load(path).items()}


def what_comes_back(path, x):
    model, twin = trained_net("save/there"), trained_net("save/other")
    save_weights(model, path)
    returned = load_weights(twin, path)
    return {
        "is a module": isinstance(returned, nn.Module),
        "output": returned.eval()(x),
        "buffers": list(twin.buffers()),
    }


def what_a_wrong_file_does(path, x):
    model = trained_net("save/wrong")
    complete = model.state_dict()
    answers = []
    files = [
        {name: tensor for name, tensor in complete.items() if name != "4.bias"},
        complete | {"5.weight": torch.zeros(2)},
        complete | {"4.bias": torch.zeros(7)},
    ]
    for contents in files:
        torch.save(contents, path)
        answers.append(isinstance(probes.outcome(load_weights, trained_net("save/twin"), path), Exception))
    save_weights(model, path)
    return {"raises": answers, "right file": load_weights(trained_net("save/twin"), path)(x)}


fresh = probes.generator("save_weights")
check("save_weights/the file", in_a_file(what_the_file_holds))
check("save_weights/another model", in_a_file(what_comes_back), torch.randn(2, 3, 8, 8, generator=fresh))
check("save_weights/a wrong file", in_a_file(what_a_wrong_file_does), torch.randn(2, 3, 8, 8, generator=fresh))
### END HIDDEN TESTS

# %% [markdown] seed=["A8.6", "E36"]
# ## 5. What saving does not tell you
#
# Look closely at this class. Then save it and print it: no complaint.

# %% tags=["demo"] seed=["A8.6", "E36"]
class Eyes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conc1 = nn.Conv2d(3, 64, kernel_size=3)

    def forward(self, x):
        return self.conv1(x)


eyes = Eyes()
torch.save(eyes, folder / "eyes.pth")
print(torch.load(folder / "eyes.pth", weights_only=False))

# %% [markdown] seed=["A8.7", "E36"]
# It prints `conc1`, and one easily reads `conv1`. Only a forward tells:

# %% tags=["demo"] seed=["A8.6", "A8.7", "E33"]
try:
    eyes(torch.zeros(1, 3, 8, 8))
except AttributeError as error:
    print("AttributeError:", error)
try:
    torch.load(folder / "eyes.pth")  # and today, the file would not even load
except Exception as error:
    print(type(error).__name__)

# %% [markdown] seed=["A8.c6", "E37"]
# Now another program wants the same file: you copied it to a friend, or open it in another notebook. We start
# a new Python for that; it has never heard of our class.

# %% tags=["demo"] seed=["A8.c6", "E37"]
program = "import sys, torch; torch.load(sys.argv[1], weights_only=False)"
run = subprocess.run([sys.executable, "-c", program, str(folder / "eyes.pth")], capture_output=True, text=True)
print(run.stderr.strip().splitlines()[-1].split(" (")[0])

# %% [markdown] seed=["A8.c6", "E37", "E36"]
# In the notebook it worked, since `Eyes` was defined in `__main__`, and here `__main__` is another program. Put
# classes into a module of their own, a `.py` file that both import. And when you change the class later, a
# whole model loaded from an old file silently keeps its *old* attributes. Three reasons for the state_dict.
#
# One more trap of names: `vgg16.method2.pth` and `vgg16_method2.pth` are two files. Whoever saves under the
# one and loads the other either gets an error or, worse, last week's weights. Put a path into a variable, once.

# %% tags=["demo"] seed=["A8.c5", "E33", "E37"]
def try_load(path, **options):
    try:
        return type(torch.load(path, **options)).__name__
    except Exception as error:
        return type(error).__name__


elsewhere = run.stderr.strip().splitlines()[-1].split(":")[0]
pictures.load_matrix(
    {
        "state_dict": [try_load(folder / "weights.pth"), try_load(folder / "weights.pth", weights_only=False), "OrderedDict"],
        "whole model": [try_load(folder / "eyes.pth"), try_load(folder / "eyes.pth", weights_only=False), elsewhere],
    },
    ["default", "weights_only=False", "… in another program"],
)

# %% [markdown]
# *Picture: a table. The state_dict loads in all three ways as an OrderedDict. The whole model: an
# UnpicklingError by default, an Eyes with `weights_only=False`, an AttributeError in another program.*

# %% [markdown] seed=["E38"]
# ## 6. A live view
#
# `state_dict()` does not copy. Its tensors *are* the model's memory. *Predict* what this prints:

# %% tags=["demo"] seed=["E38"]
kept = net.state_dict()
first = kept["4.bias"][0].item()
with torch.no_grad():
    net[4].bias.add_(1)
print(round(kept["4.bias"][0].item() - first, 4))

# %% [markdown]
# Whoever wanted to keep the best weights of a training that way has kept the last ones.
#
# ### Exercise 8.3 · `snapshot` · ★★☆ · 8 minutes
#
# Write `snapshot(model)`: a dictionary with the names of the model's state_dict and its values as they are
# now, which no later training can change. The tensors do not require a gradient,
# `model.load_state_dict(snapshot)` brings everything back, and the model itself stays as it was.

# %% [markdown] tags=["hints"] exercise="snapshot"
# 1. A dictionary can be new while the tensors in it are still the old ones. Which of the two has to be
#    copied?
# 2. `clone()` gives a tensor memory of its own. Go through the names and tensors of the state_dict.
# 3. Parameters alone are not enough, since a batch normalisation counts on. What `state_dict()` gives is
#    already without gradient.

# %% nbgrader={"grade": false, "grade_id": "snapshot", "locked": false, "schema_version": 3, "solution": true, "task": false}
def snapshot(model):
    """The model's state as a dictionary that later training cannot change."""
    ### BEGIN SOLUTION
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "snapshot-visible", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("snapshot/names", lambda: sorted(snapshot(small_net())))

# %% nbgrader={"grade": true, "grade_id": "snapshot-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def train_a_little(model):
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.add_(3)


def kept(seed):
    model = probes.fill(small_net(), seed)
    model[1].running_mean.copy_(torch.randn(4, generator=probes.generator(seed)))
    saved = snapshot(model)
    train_a_little(model)
    values = {name: tensor for name, tensor in saved.items()}
    return {
        "values": values,
        "require a gradient": [tensor.requires_grad for tensor in values.values()],
        "model now": list(model.state_dict().values()),
    }


def brought_back(seed):
    model = probes.fill(small_net(), seed)
    saved = snapshot(model)
    train_a_little(model)
    model.load_state_dict(saved)
    frozen = [parameter.requires_grad for parameter in model.parameters()]
    return {"state": dict(model.state_dict()), "parameters require a gradient": frozen}


check("snapshot/kept", kept, "snapshot/a")
check("snapshot/brought back", brought_back, "snapshot/b")
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 8.4 · `same_weights` · ★★☆ · 10 minutes
#
# Are two models the same? Write `same_weights(a, b)`: `True` when both have the same names in their
# state_dicts (in any order), and under each name a tensor of the same shape, the same dtype and exactly the
# same values; `False` otherwise, without ever raising. Both models stay as they were.
#
# ```python
# same_weights(net, net)          # True
# same_weights(net, small_net())  # False: other random numbers
# ```

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
def two_pairs():
    one, other = nn.Linear(3, 2), nn.Linear(3, 2)
    return bool(same_weights(one, one)), bool(same_weights(one, other))


check("same_weights/itself and another", two_pairs)

# %% nbgrader={"grade": true, "grade_id": "same_weights-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
import copy

from autograder import probes


def clone(model):
    return model, copy.deepcopy(model)


def nudged(model, i, step):
    twin = copy.deepcopy(model)
    with torch.no_grad():
        list(twin.parameters())[i].view(-1)[-1].add_(step)
    return model, twin


def other_buffer(model):
    twin = copy.deepcopy(model)
    twin[1].running_var.mul_(1.5)
    return model, twin


def longer(model, first):
    twin = copy.deepcopy(model)
    twin.append(nn.Linear(5, 5))
    return (twin, model) if first else (model, twin)


def doubled(model):
    return model, copy.deepcopy(model).double()


def one_double_buffer(model):
    twin = copy.deepcopy(model)
    twin[1].running_mean = twin[1].running_mean.double()
    return model, twin


def other_shape(model):
    twin = copy.deepcopy(model)
    twin[4] = nn.Linear(256, 7)
    return model, twin


def exchanged(model):
    # two values change places: every sum stays the same
    twin = copy.deepcopy(model)
    with torch.no_grad():
        flat = twin[4].weight.view(-1)
        flat[:2] = flat[:2].flip(0)
    return model, twin


def other_name(model):
    twin = nn.Sequential()
    for i, layer in enumerate(copy.deepcopy(model)):
        twin.add_module(str(i + 1), layer)
    return model, twin


makers = [clone] * 14 + [
    lambda m: nudged(m, 0, 1e-2), lambda m: nudged(m, -1, 1.0), lambda m: nudged(m, 2, 1e-6),
    other_buffer, lambda m: longer(m, True), lambda m: longer(m, False), doubled,
    one_double_buffer, other_shape, exchanged, other_name, lambda m: nudged(m, 4, 1e-3),
]


def judged(seed):
    order = torch.randperm(len(makers), generator=probes.generator(seed)).tolist()
    answers = []
    for i in order:
        pair = makers[i](probes.fill(small_net(), f"{seed}/{i}"))
        answer = probes.outcome(same_weights, *pair)
        answers.append("raised" if isinstance(answer, Exception) else bool(answer))
    return answers


check("same_weights/many pairs", judged, "same_weights/a")
check("same_weights/many more pairs", judged, "same_weights/b")
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise 8.5 · `load_matching` · ★★★ · 12 minutes
#
# You have a file for ten classes and need a model for five. `strict=False` forgives names, never shapes.
# Write `load_matching(model, sd)`: every entry of `sd` whose name the model has *and* whose shape fits is
# copied into the model; all others are left out. Return the sorted list of the names in `sd` that were left
# out. What the file does not hold keeps its old values; `sd` stays as it was.
#
# ```python
# ten = small_net(classes=10).state_dict()
# load_matching(small_net(classes=5), ten)  # ['4.bias', '4.weight']
# ```

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
check("load_matching/another head", lambda: load_matching(small_net(5), small_net(10).state_dict()))

# %% nbgrader={"grade": true, "grade_id": "load_matching-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def matched(classes, changes, seed):
    model = probes.fill(small_net(5), f"{seed}/model")
    source = probes.fill(small_net(classes), f"{seed}/file")
    source[1].running_mean.copy_(torch.randn(4, generator=probes.generator(seed)))
    sd = dict(source.state_dict())
    for name, shape in changes.items():
        if shape is None:
            del sd[name]
        else:
            sd[name] = torch.randn(shape, generator=probes.generator(f"{seed}/{name}"))
    names = list(sd)
    skipped = load_matching(model, sd)
    return {"skipped": skipped, "state": dict(model.state_dict()), "names of the file": names == list(sd)}


check("load_matching/ten classes", matched, 10, {}, "load_matching/a")
check("load_matching/unknown names", matched, 5, {"zeta.weight": (2, 2), "alpha.bias": (3,)}, "load_matching/b")
check("load_matching/both", matched, 7, {"extra": (4, 3, 3, 3), "0.bias": (5,), "1.bias": None}, "load_matching/c")
check("load_matching/same size, other shape", matched, 5, {"0.weight": (4, 27), "4.weight": (256, 5)}, "load_matching/d")
### END HIDDEN TESTS

# %% [markdown]
# ## 7. Going on where you were
#
# A training is more than its weights. SGD with momentum remembers a velocity for every parameter, Adam two
# numbers. Load the weights alone, and these start again from zero.

# %% tags=["demo"]
def train(model, optimizer, steps):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(model(features), answers)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


torch.manual_seed(3)
features, answers = torch.randn(32, 6), torch.randn(32, 1)

# %% tags=["demo"]
def start(weights=None, memory=None):
    torch.manual_seed(4)
    model = nn.Linear(6, 1)
    if weights is not None:
        model.load_state_dict(weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.95)
    if memory is not None:
        optimizer.load_state_dict(memory)
    return model, optimizer


straight = train(*start(), 60)
model, optimizer = start()
half = train(model, optimizer, 25)
weights, memory = model.state_dict(), optimizer.state_dict()
with_memory = half + train(*start(weights, memory), 35)
model, optimizer = start()
train(model, optimizer, 25)
without = half + train(*start(model.state_dict()), 35)
print(with_memory == straight, without == straight)

# %% tags=["demo"]
pictures.resumed({"never interrupted": straight, "weights and optimizer": with_memory, "weights only": without}, 25)

# %% [markdown]
# *Picture: three loss curves. The run that resumed with the optimizer's state lies exactly on the one that was
# never interrupted; the one that resumed with weights only leaves them at step 25.*
#
# ### Exercise 8.6 · `save_checkpoint` · ★★★ · 12 minutes
#
# Write two functions, both in the cell below.
#
# - `save_checkpoint(path, model, opt, epoch)` writes one file from which the training can go on after epoch
#   number `epoch` is done. `torch.load(path)` has to read it with its default arguments.
# - `resume(path, model, opt)` brings `model` and `opt` to that state, in place, and returns the number of the
#   *next* epoch, an `int`.
#
# Two epochs, a save, a resume into a fresh model and optimizer, and two more epochs must give exactly what
# four epochs in a row give.

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
def next_epoch():
    line = nn.Linear(2, 1)
    opt = torch.optim.SGD(line.parameters(), lr=0.1)
    with tempfile.TemporaryDirectory() as place:
        save_checkpoint(Path(place) / "c.pth", line, opt, 3)
        return resume(Path(place) / "c.pth", line, opt)


check("save_checkpoint/epoch", next_epoch)

# %% nbgrader={"grade": true, "grade_id": "save_checkpoint-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from autograder import probes


def epochs(model, opt, count, seed):
    fresh = probes.generator(f"{seed}/data")
    x, y = torch.randn(16, 4, generator=fresh), torch.randn(16, 2, generator=fresh)
    for _ in range(count):
        opt.zero_grad()
        F.mse_loss(model(x), y).backward()
        opt.step()


def fresh_start(seed, make):
    model = probes.fill(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)), seed)
    return model, make(model.parameters())


def interrupted(seed, make, epoch):
    model, opt = fresh_start(f"{seed}/start", make)
    epochs(model, opt, 2, seed)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "checkpoint.pth"
        save_checkpoint(path, model, opt, epoch)
        readable = not isinstance(probes.outcome(torch.load, path), Exception)
        model, opt = fresh_start(f"{seed}/other", make)
        following = resume(path, model, opt)
    epochs(model, opt, 2, seed)
    return {"next epoch": following, "readable": readable, "weights": list(model.parameters())}


numbers = torch.randint(5, 500, (2,), generator=probes.generator("save_checkpoint")).tolist()
check("save_checkpoint/momentum", interrupted, "checkpoint/a", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), numbers[0], rtol=1e-6, atol=1e-7)
check("save_checkpoint/Adam", interrupted, "checkpoint/b", lambda p: torch.optim.Adam(p, lr=0.05), numbers[1], rtol=1e-6, atol=1e-7)
### END HIDDEN TESTS

# %% [markdown]
# ## 8. The last one
#
# ### Exercise 8.7 · `fix_keys` · ★★☆ · 10 minutes
#
# **Bug hunt.** The typo of section 5 was mended in the class, and now every old file has the wrong names. Write `fix_keys(sd)`: it
# takes a state_dict and returns a *new* dictionary in which every name that starts with `conc1.` starts with
# `conv1.` instead. All other entries are taken over unchanged, the order stays the same, the tensors are the
# same tensors, and `sd` itself stays as it was.
#
# ```python
# fix_keys({"conc1.weight": w, "conc1.bias": b, "fc.weight": v})
# # {"conv1.weight": w, "conv1.bias": b, "fc.weight": v}
# ```

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
check("fix_keys/two names", fix_keys, {"conc1.weight": torch.ones(2, 2), "conc1.bias": torch.zeros(2)})

# %% nbgrader={"grade": true, "grade_id": "fix_keys-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
### BEGIN HIDDEN TESTS
from collections import OrderedDict

from autograder import probes


def renamed(names, seed):
    fresh = probes.generator(seed)
    sd = OrderedDict((name, torch.randn(2, 3, generator=fresh)) for name in names)
    fixed = fix_keys(sd)
    return {
        "names in order": list(fixed),
        "tensors": list(fixed.values()),
        "names of the argument": list(sd),
        "another dictionary": fixed is not sd,
    }


def into_a_model():
    module = probes.fill(nn.Conv2d(3, 4, 3), "fix_keys/conv")
    fixed = fix_keys({f"conc1.{name}": tensor for name, tensor in module.state_dict().items()})
    holder = nn.Module()
    holder.conv1 = nn.Conv2d(3, 4, 3)
    holder.load_state_dict(fixed)
    return holder.conv1(torch.randn(1, 3, 5, 5, generator=probes.generator("fix_keys/x")))


check("fix_keys/others untouched", renamed, ["fc.bias", "conc1.weight", "block.conc1x.weight", "preconc1.bias", "conc1.bias", "conc10.weight"], "fix_keys/a")
check("fix_keys/deeper names", renamed, ["conc1.0.conc1.weight", "head.conc1.weight", "conc1.norm.running_mean", "conc1", "conv2.weight"], "fix_keys/b")
check("fix_keys/loads", into_a_model)
### END HIDDEN TESTS

# %% [markdown]
# ## What to keep
#
# 1. Save `model.state_dict()`, load it into a model that exists. Buffers travel with it, code does not.
# 2. `torch.load` reads tensors and plain containers only, by default; `weights_only=False` runs what the file
#    says, so it is for files of your own.
# 3. `load_state_dict` copies and returns a word on the names, not the model; strict is a friend.
# 4. `state_dict()` is a live view: clone what you want to keep.
# 5. A checkpoint holds model, optimizer and epoch. Test a forward before you save, and a load after.

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
