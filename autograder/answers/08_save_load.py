# Known answers of chapter 8. Format: see the docstring of this folder's __init__.py.

# %% size_gap right: two buffers
def size_gap(model):
    whole, weights = io.BytesIO(), io.BytesIO()
    torch.save(model, whole)
    torch.save(model.state_dict(), weights)
    return whole.getbuffer().nbytes - weights.getbuffer().nbytes

# %% size_gap right: the position after writing
def size_gap(model):
    def written(thing):
        file = io.BytesIO()
        torch.save(thing, file)
        return file.tell()

    return written(model) - written(model.state_dict())

# %% size_gap right: real files
def size_gap(model):
    with tempfile.TemporaryDirectory() as place:
        whole, weights = Path(place) / "whole.pth", Path(place) / "weights.pth"
        torch.save(model, whole)
        torch.save(model.state_dict(), weights)
        return whole.stat().st_size - weights.stat().st_size

# %% size_gap wrong: read from the end
# message: After writing, a buffer stands at its end, so `read()` gives nothing, twice, and nothing minus nothing
#   is 0. Ask for everything that the buffer holds.
def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.read()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: memory of the Python objects
# message: `sys.getsizeof` tells how large a Python object is in memory, without what it refers to. It knows
#   nothing of files: save both, and measure what was written.
import sys

def size_gap(model):
    return sys.getsizeof(model) - sys.getsizeof(model.state_dict())

# %% size_gap wrong: four bytes for each parameter
# message: You believe the claim and compute four bytes for each parameter. The parameters are in *both* files.
#   Measure instead of computing.
def size_gap(model):
    return 4 * sum(p.numel() for p in model.parameters())

# %% size_gap wrong: subtracted the other way round
# message: Your sign is turned: how many bytes *more* does the whole model take?
def size_gap(model):
    sizes = []
    for thing in (model.state_dict(), model):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: only the whole model is measured
# message: That is the size of the whole model's file. The gap is what is left when the size of the state_dict's
#   file is taken away.
def size_gap(model):
    buffer = io.BytesIO()
    torch.save(model, buffer)
    return len(buffer.getvalue())

# %% save_weights right: the state_dict
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state)
    return model

# %% save_weights right: a plain dictionary of clones
def save_weights(model, path):
    torch.save({name: tensor.detach().clone() for name, tensor in model.state_dict().items()}, path)


def load_weights(model, path):
    stored = torch.load(path)
    own = model.state_dict()
    if set(own) != set(stored):
        raise KeyError(f"the file has other names: {set(own) ^ set(stored)}")
    with torch.no_grad():
        for name, tensor in own.items():
            if tensor.shape != stored[name].shape:
                raise ValueError(f"{name} has another shape")
            tensor.copy_(stored[name])
    return model

# %% save_weights wrong: the whole model
# message: You save the whole model. `torch.load` refuses such a file by default, and rightly: it would have to run
#   what the file says. Save what was learned.
def save_weights(model, path):
    torch.save(model, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path, weights_only=False).state_dict())
    return model

# %% save_weights wrong: returns what load_state_dict says
# message: `load_weights` returns what `load_state_dict` said about the names, and not the model. Return the model in
#   a line of its own.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    return model.load_state_dict(torch.load(path))

# %% save_weights wrong: parameters only
# message: You save the parameters and leave the buffers behind. A batch normalisation would start counting from
#   zero again, and the model would compute something else. Which method names everything?
def save_weights(model, path):
    torch.save({name: p.data for name, p in model.named_parameters()}, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path), strict=False)
    return model

# %% save_weights wrong: strict=False hides a wrong file
# message: With `strict=False` a file that lacks a name is loaded without a word, and the model keeps random numbers
#   there. The statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path), strict=False)
    return model

# %% save_weights wrong: nothing is returned
# message: `load_weights` fills the model and then returns nothing. Return the model.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))

# %% save_weights wrong: the model is only renamed
# message: `model = torch.load(path)` gives the name `model` to the dictionary from the file; the model that came in
#   was not touched.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model = torch.load(path)
    return model

# %% snapshot right: clone each tensor
def snapshot(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}

# %% snapshot right: deepcopy
import copy

def snapshot(model):
    return copy.deepcopy(model.state_dict())

# %% snapshot right: through a file in memory
def snapshot(model):
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    buffer.seek(0)
    return torch.load(buffer)

# %% snapshot wrong: a live view, or a shallow copy of it
# message: The tensors in your dictionary are still the model's own memory: the next step of the optimizer changes
#   them as well. Copying a dictionary, with `dict(...)` or `.copy()`, does not copy what is in it.
def snapshot(model):
    return model.state_dict()

# %% snapshot wrong: parameters only
# message: Your snapshot has the parameters, but not the buffers of the batch normalisation; they change while
#   training, too.
def snapshot(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}

# %% snapshot wrong: the clones require a gradient
# message: Your clones still hang on the graph: they require a gradient. A snapshot is made of numbers only.
def snapshot(model):
    state = {name: b.clone() for name, b in model.named_buffers()}
    state.update({name: p.clone() for name, p in model.named_parameters()})
    return {name: state[name] for name in model.state_dict()}

# %% snapshot wrong: the model is put to double precision
# message: Your snapshot has float64 numbers. Keep each tensor as it is.
def snapshot(model):
    return {name: tensor.clone().double() for name, tensor in model.state_dict().items()}

# %% same_weights right: names, then tensors
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two):
        return False
    for name in one:
        if one[name].dtype != two[name].dtype or not torch.equal(one[name], two[name]):
            return False
    return True

# %% same_weights right: bytes of each tensor
def same_weights(a, b):
    def content(model):
        return {
            name: (tensor.dtype, tuple(tensor.shape), tensor.detach().numpy().tobytes())
            for name, tensor in model.state_dict().items()
        }

    return content(a) == content(b)

# %% same_weights wrong: a == b
# message: `==` between two modules asks whether they are one and the same object. A copy with the same numbers is
#   another object, and still the same model.
def same_weights(a, b):
    return a == b

# %% same_weights wrong: zip ends with the shorter
# message: `zip` ends with the shorter of the two, so a model with one layer more counts as the same; and it pairs
#   tensors by place instead of by name.
def same_weights(a, b):
    for one, two in zip(a.state_dict().values(), b.state_dict().values()):
        if one.shape != two.shape or one.dtype != two.dtype or not torch.equal(one, two):
            return False
    return True

# %% same_weights wrong: sums compared
# message: You compare sums. Two numbers that have changed places give the same sum, and so does many another model.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two) or any(one[n].shape != two[n].shape or one[n].dtype != two[n].dtype for n in one):
        return False
    return all(abs(one[n].double().sum().item() - two[n].double().sum().item()) < 1e-9 for n in one)

# %% same_weights wrong: almost equal counts as equal
# message: You compare with a tolerance. The statement asks for exactly the same values; a difference of a millionth is
#   a difference.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two) or any(one[n].shape != two[n].shape or one[n].dtype != two[n].dtype for n in one):
        return False
    return all(torch.allclose(one[n], two[n]) for n in one)

# %% same_weights wrong: parameters only
# message: You compare the parameters and forget the buffers: two models that have counted differently in their batch
#   normalisation compute different things.
def same_weights(a, b):
    one, two = dict(a.named_parameters()), dict(b.named_parameters())
    if set(one) != set(two):
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: another shape raises
# message: With tensors of different shapes your code stops with an error. Different shapes are simply not the same:
#   `False`.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two):
        return False
    return all(one[n].dtype == two[n].dtype and bool((one[n] == two[n]).all()) for n in one)

# %% same_weights wrong: the dtype does not count
# message: A model in float64 and the same in float32 are not the same: the statement asks for the same dtype.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two) or any(one[n].shape != two[n].shape for n in one):
        return False
    return all(torch.equal(one[n].double(), two[n].double()) for n in one)

# %% same_weights wrong: an extra layer in the second is overlooked
# message: You go through the names of the first model only: what the second has in addition, you never see.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    return all(
        n in two and one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one
    )

# %% load_matching right: through load_state_dict
def load_matching(model, sd):
    own = model.state_dict()
    skipped = [n for n, t in sd.items() if n not in own or t.shape != own[n].shape]
    model.load_state_dict({n: t for n, t in sd.items() if n not in skipped}, strict=False)
    return sorted(skipped)

# %% load_matching right: copied by hand
def load_matching(model, sd):
    skipped = []
    own = model.state_dict()
    for name in sorted(sd):
        if name in own and tuple(own[name].shape) == tuple(sd[name].shape):
            own[name].copy_(sd[name])
        else:
            skipped.append(name)
    return skipped

# %% load_matching wrong: strict=False only
# message: `strict=False` forgives names that are missing or unknown, but a shape that does not fit still raises. Those
#   entries have to be taken out before.
def load_matching(model, sd):
    result = model.load_state_dict(sd, strict=False)
    return sorted(result.unexpected_keys)

# %% load_matching wrong: the error is swallowed
# message: You catch the error and go on. `load_state_dict` copies what fits even so, but then you report nothing of
#   what was left out: return the names.
def load_matching(model, sd):
    try:
        return sorted(model.load_state_dict(sd, strict=False).unexpected_keys)
    except RuntimeError:
        return []

# %% load_matching wrong: by position
# message: You pair the entries by their place. When the file has one entry less, every tensor after it lands under a
#   wrong name. Look them up by name.
def load_matching(model, sd):
    own = model.state_dict()
    skipped = []
    for (name, tensor), (other, stored) in zip(own.items(), sd.items()):
        if tensor.shape == stored.shape:
            tensor.copy_(stored)
        else:
            skipped.append(other)
    return sorted(skipped)

# %% load_matching wrong: unknown names are not reported
# message: You report the shapes that do not fit, but not the names that the model does not know. They were left out,
#   too.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n in own and n not in fits)

# %% load_matching wrong: wrong shapes are not reported
# message: You report the names that the model does not know, but not those whose shape does not fit. They were left
#   out, too.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in own)

# %% load_matching wrong: the number of values instead of the shape
# message: You compare how many numbers there are. A (4, 27) tensor has as many as a (4, 3, 3, 3) one, and still does
#   not fit: compare the shapes.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t.reshape(own[n].shape) for n, t in sd.items() if n in own and own[n].numel() == t.numel()}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: what was loaded is returned
# message: You return the names that *were* loaded. Asked for are those that were left out.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(fits)

# %% load_matching wrong: nothing is copied
# message: The list is right, but the model still has its old values: nothing was copied into it.
def load_matching(model, sd):
    own = model.state_dict()
    return sorted(n for n, t in sd.items() if n not in own or own[n].shape != t.shape)

# %% save_checkpoint right: a dictionary of three
def save_checkpoint(path, model, opt, epoch):
    torch.save({"epoch": epoch, "model": model.state_dict(), "opt": opt.state_dict()}, path)


def resume(path, model, opt):
    saved = torch.load(path, weights_only=True)
    model.load_state_dict(saved["model"])
    opt.load_state_dict(saved["opt"])
    return saved["epoch"] + 1

# %% save_checkpoint right: a tuple, with the next epoch
def save_checkpoint(path, model, opt, epoch):
    torch.save((epoch + 1, model.state_dict(), opt.state_dict()), path)


def resume(path, model, opt):
    following, weights, memory = torch.load(path)
    opt.load_state_dict(memory)
    model.load_state_dict(weights)
    return following

# %% save_checkpoint wrong: the optimizer is not saved
# message: The weights come back, but the optimizer starts with an empty memory: its velocities are gone, and the next
#   steps differ from those of a training that was never interrupted.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: off by one
# message: You return the epoch that is already done, so it would be trained twice. The next one is asked for.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"]

# %% save_checkpoint wrong: local names get a new meaning
# message: In `resume` you give the names `model` and `opt` to other things. The objects that came in were not touched:
#   call their own methods.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model, opt = state["model"], state["opt"]
    return state["epoch"] + 1

# %% save_checkpoint wrong: whole objects in the file
# message: You put the objects themselves into the file, so `torch.load` refuses it by default. Save what they
#   *know*: both have a state_dict.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model, "opt": opt, "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path, weights_only=False)
    model.load_state_dict(state["model"].state_dict())
    opt.load_state_dict(state["opt"].state_dict())
    return state["epoch"] + 1

# %% save_checkpoint wrong: only the optimizer comes back
# message: The optimizer comes back, the weights do not: `model` still has the numbers that it was made with.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% fix_keys right: a comprehension
def fix_keys(sd):
    return {
        "conv1." + name[len("conc1."):] if name.startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys right: split at the first dot
def fix_keys(sd):
    new = {}
    for name, tensor in sd.items():
        first, dot, rest = name.partition(".")
        new[("conv1" if first == "conc1" and dot else first) + dot + rest] = tensor
    return new

# %% fix_keys right: a regular expression
import re

def fix_keys(sd):
    return type(sd)((re.sub(r"^conc1\.", "conv1.", name), tensor) for name, tensor in sd.items())

# %% fix_keys wrong: the argument is changed
# message: You rename the entries in the dictionary that came in. It is to stay as it was: build a new one.
def fix_keys(sd):
    for name in list(sd):
        tensor = sd.pop(name)
        if name.startswith("conc1."):
            name = "conv1." + name[len("conc1."):]
        sd[name] = tensor
    return sd

# %% fix_keys wrong: the others are dropped
# message: Only the renamed entries are left. All others belong into the new dictionary, too, unchanged.
def fix_keys(sd):
    return {
        "conv1." + name[len("conc1."):]: tensor
        for name, tensor in sd.items()
        if name.startswith("conc1.")
    }

# %% fix_keys wrong: the weight only
# message: You rename `conc1.weight` and forget that there are other entries of the same layer, its bias for one.
def fix_keys(sd):
    return {"conv1.weight" if name == "conc1.weight" else name: t for name, t in sd.items()}

# %% fix_keys wrong: anywhere in the name
# message: You replace `conc1` wherever it stands, in the middle of another word as well: `preconc1.bias` is not
#   that layer.
def fix_keys(sd):
    return {name.replace("conc1", "conv1"): tensor for name, tensor in sd.items()}

# %% fix_keys wrong: the start without the dot
# message: You look at the first five letters only, and so rename `conc10.weight` as well. The name of the layer ends
#   with a dot.
def fix_keys(sd):
    return {
        "conv1" + name[5:] if name.startswith("conc1") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: renamed entries at the end
# message: The names are right, but their order is not: the renamed ones stand at the end. Keep every entry in its
#   place.
def fix_keys(sd):
    new = {name: t for name, t in sd.items() if not name.startswith("conc1.")}
    new.update({"conv1." + n[len("conc1."):]: t for n, t in sd.items() if n.startswith("conc1.")})
    return new

# %% fix_keys wrong: every conc1 between dots
# message: You rename the layer `conc1` inside other layers, too. Only a name that *starts* with it is meant.
def fix_keys(sd):
    return {
        ".".join("conv1" if part == "conc1" and "." in name else part for part in name.split(".")): t
        for name, t in sd.items()
    }
