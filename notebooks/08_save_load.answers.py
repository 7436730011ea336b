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

# %% size_gap right: read after rewinding
def size_gap(model):
    sizes = {}
    for name, thing in {"whole": model, "weights": model.state_dict()}.items():
        with io.BytesIO() as file:
            torch.save(obj=thing, f=file)
            file.seek(0)
            sizes[name] = len(file.read())
    return int(sizes["whole"] - sizes["weights"])

# %% size_gap right: to the end of the buffer
def bytes_of(thing):
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.seek(0, io.SEEK_END)


def size_gap(model):
    return bytes_of(model) - bytes_of(model.state_dict())

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

# %% size_gap wrong: one buffer for both
# message: You write both into one buffer, so the second size holds the first as well. Give each its own buffer.
def size_gap(model):
    buffer = io.BytesIO()
    torch.save(model, buffer)
    whole = buffer.tell()
    torch.save(model.state_dict(), buffer)
    return whole - buffer.tell()

# %% size_gap wrong: the length of a buffer object
# message: A buffer is a file, not a list: `len` does not know it. Ask for what the buffer holds, and take the length
#   of that.
def size_gap(model):
    whole, weights = io.BytesIO(), io.BytesIO()
    torch.save(model, whole)
    torch.save(model.state_dict(), weights)
    return len(whole) - len(weights)

# %% size_gap wrong: a ratio
# message: You divide the two sizes. The gap is a difference, in bytes.
def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] / sizes[1]

# %% size_gap wrong: the numbers alone taken away
# message: You take away the bytes of the numbers alone. The file of a state_dict has names, shapes and a directory,
#   too: measure that file as well.
def size_gap(model):
    buffer = io.BytesIO()
    torch.save(model, buffer)
    numbers = sum(t.numel() * t.element_size() for t in model.state_dict().values())
    return len(buffer.getvalue()) - numbers

# %% size_gap wrong: parameters in place of the state_dict
# message: You save the parameters alone as the second file. The claim is about `model.state_dict()`, which
#   has the buffers, too.
def size_gap(model):
    sizes = []
    for thing in (model, list(model.parameters())):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: pickled without torch.save
# message: `pickle.dumps` writes another format than `torch.save`, which makes a zip archive. Write with `torch.save`.
import pickle

def size_gap(model):
    return len(pickle.dumps(model)) - len(pickle.dumps(model.state_dict()))

# %% size_gap wrong: a float
# message: You return a float. A number of bytes is an `int`.
def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return float(sizes[0] - sizes[1])

# %% size_gap wrong: in bits
# message: Your number is eight times too large: it counts bits. Bytes are asked for.
def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return 8 * (sizes[0] - sizes[1])

# %% size_gap wrong: both sizes
# message: You return both sizes. Their difference is asked for.
def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return tuple(sizes)

# %% size_gap wrong: the sizes added
# message: You add the two sizes. Their difference is asked for.
def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sum(sizes)

# %% size_gap wrong: always 640
# message: You return 640, as in the example. Every model has a gap of its own: measure it.
def size_gap(model):
    return 640

# %% size_gap wrong: no parameters, no gap
# message: A model without parameters gives 0. Its file still says which class it is, and more than an empty
#   dictionary takes.
def size_gap(model):
    if not list(model.parameters()):
        return 0
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: layer by layer
# message: You add up the gaps of the model's direct children. A model that is a single layer has none, and
#   the model itself takes some bytes as well.
def size_gap(model):
    def written(thing):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        return buffer.tell()

    return sum(written(child) - written(child.state_dict()) for child in model.children())

# %% size_gap wrong: the size of the buffer object
# message: For a model of many layers your number is too large by some hundred bytes. `sys.getsizeof` of a buffer counts
#   the memory that it has in reserve as well: take the length of what it holds. And the second thing to save is
#   `model.state_dict()` itself, nothing that was made of it.
import sys

def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(sys.getsizeof(buffer))
    return sizes[0] - sizes[1]

# %% size_gap wrong: the clones of the state_dict
# message: You save copies of the tensors one by one. A weight that two layers share is in the file of the
#   state_dict only once, and in yours twice.
def size_gap(model):
    sizes = []
    for thing in (model, {name: tensor.clone() for name, tensor in model.state_dict().items()}):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: the model in single precision
# message: You convert the model before you save it. It is to be measured as it is, and to stay so.
def size_gap(model):
    model = model.half()
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: files are left behind
# message: You write real files and leave them where they are. An `io.BytesIO()` needs no file.
def size_gap(model):
    torch.save(model, "whole.pth")
    torch.save(model.state_dict(), "state.pth")
    return Path("whole.pth").stat().st_size - Path("state.pth").stat().st_size

# %% size_gap wrong: the model is left in eval mode
# message: You put the model into `eval` mode and leave it there. To be measured it need not change.
def size_gap(model):
    model.eval()
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: the model is frozen
# message: You freeze the model with `requires_grad_(False)`. To be measured it need not change.
def size_gap(model):
    model.requires_grad_(False)
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: gradients are cleared
# message: You clear the model's gradients. To be measured it need not change.
def size_gap(model):
    model.zero_grad()
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: gradients are left switched off
# message: You switch gradients off, `torch.set_grad_enabled(False)`, and never on again. `with
#   torch.no_grad():` ends by itself.
def size_gap(model):
    torch.set_grad_enabled(False)
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: nearly nothing
# message: Your number is 0, or nearly 0, for every model. Several ways lead there: `read()` behind what has
#   just been written gives nothing; a second file written over the first in one buffer leaves it as long as
#   it was; and kilobytes are no bytes. Print both sizes.
def size_gap(model):
    sizes = []
    for thing in (model, model.state_dict()):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.read()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: a state_dict without its buffers
# message: You leave the buffers out of the second file. The state_dict of a batch normalisation has them, and its file
#   is larger than yours.
def size_gap(model):
    state = model.state_dict()
    for name, _ in model.named_buffers():
        state.pop(name, None)
    sizes = []
    for thing in (model, state):
        buffer = io.BytesIO()
        torch.save(thing, buffer)
        sizes.append(len(buffer.getvalue()))
    return sizes[0] - sizes[1]

# %% size_gap wrong: temporary files are left behind
# message: You write real files and leave them where they are. An `io.BytesIO()` needs no file.
def size_gap(model):
    names = []
    for thing in (model, model.state_dict()):
        with tempfile.NamedTemporaryFile(suffix=".pth", delete=False) as file:
            torch.save(thing, file)
            names.append(file.name)
    return Path(names[0]).stat().st_size - Path(names[1]).stat().st_size

# %% size_gap domain
def domain(answer, draw):
    a, b = draw.size(6), draw.size(300)
    linear = nn.Linear(a, b, bias=draw.flag())
    norm = nn.BatchNorm1d(b, affine=draw.flag())
    kinds = [linear, norm, nn.ReLU(), nn.Sequential(nn.Linear(a, b), nn.Sequential(nn.Dropout(), norm)), nn.GRU(a, 2)]
    parts = [draw.choice(*kinds) for _ in range(draw.integer(0, 4))]
    table = nn.ModuleDict({f"part {i}": part for i, part in enumerate(parts)})
    model = draw.choice(linear, norm, nn.ReLU(), nn.Sequential(*parts), nn.ModuleList(parts), table)
    if draw.flag():
        model.register_buffer("note", torch.ones(draw.size(500)), persistent=draw.flag())
    if draw.flag(1 / 3):
        for part in model.modules():
            if isinstance(part, nn.Linear) and part.weight.shape == linear.weight.shape:
                part.weight = linear.weight
    draw.module(model.to(draw.choice(torch.float32, torch.float64, torch.bfloat16)))
    for parameter in model.parameters():
        if draw.flag(1 / 3):
            parameter.grad = torch.ones_like(parameter)
    gap = answer(model)
    return {"bytes": float(gap) / 1e8, "type": type(gap).__name__}  # a name of a real file is let pass

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

# %% save_weights right: every tensor on the CPU, loaded strictly by hand
def save_weights(model, path):
    with open(path, "wb") as file:
        torch.save({name: tensor.cpu() for name, tensor in model.state_dict().items()}, file)


def load_weights(model, path):
    with open(path, "rb") as file:
        names = model.load_state_dict(torch.load(file, map_location="cpu"), strict=False)
    if names.missing_keys or names.unexpected_keys:
        raise ValueError(str(names))
    return model

# %% save_weights right: in bytes of its own
def save_weights(model, path):
    buffer = io.BytesIO()
    torch.save(dict(model.state_dict()), buffer)
    Path(path).write_bytes(buffer.getvalue())


def load_weights(model, path):
    file = io.BytesIO(Path(path).read_bytes())
    result = model.load_state_dict(torch.load(file, map_location="cpu"), strict=True)
    assert not result.missing_keys and not result.unexpected_keys
    return model

# %% save_weights right: names and shapes compared first
def save_weights(model, path):
    torch.save({name: tensor.detach() for name, tensor in model.state_dict(keep_vars=True).items()}, str(path))


def load_weights(model, path):
    saved, own = torch.load(path, weights_only=True), model.state_dict()
    if not isinstance(saved, dict) or saved.keys() != own.keys():
        raise RuntimeError("the names differ")
    if any(saved[name].shape != own[name].shape for name in own):
        raise RuntimeError("the shapes differ")
    model.load_state_dict(saved)
    return model

# %% save_weights right: the tensors of the file are put in place
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path), assign=True)
    return model

# %% save_weights wrong: the whole model
# message: You save the whole model. `torch.load` refuses such a file by default, and rightly: it would have to run
#   what the file says. Save what was learned.
def save_weights(model, path):
    torch.save(model, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path, weights_only=False).state_dict())
    return model

# %% save_weights wrong: the whole model, there and back
# message: You save the whole model and hand out the one from the file. `torch.load` refuses such a file by default, and
#   the model that came in was not touched: save what was learned, and fill that model.
def save_weights(model, path):
    torch.save(model, path)


def load_weights(model, path):
    return torch.load(path, weights_only=False)

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

# %% save_weights wrong: one dictionary too many
# message: Your file holds a dictionary in a dictionary. `torch.load(path)` is to give the names and tensors
#   themselves.
def save_weights(model, path):
    torch.save({"model": model.state_dict()}, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path)["model"])
    return model

# %% save_weights wrong: another file name
# message: You add something to the path that you were given, so the file lies under another name. Whoever calls the
#   function chooses the whole path.
def save_weights(model, path):
    torch.save(model.state_dict(), f"{path}.pth")


def load_weights(model, path):
    model.load_state_dict(torch.load(f"{path}.pth"))
    return model

# %% save_weights wrong: pickle without torch
# message: You write with `pickle`, and `torch.load` cannot read that by default. Nor should anybody load a pickle
#   from elsewhere. `torch.save` writes what `torch.load` reads.
import pickle

def save_weights(model, path):
    with open(path, "wb") as file:
        pickle.dump(model.state_dict(), file)


def load_weights(model, path):
    with open(path, "rb") as file:
        model.load_state_dict(pickle.load(file))
    return model

# %% save_weights wrong: tensors without their names
# message: Your file is a list of tensors without names. By their places alone nobody can tell a wrong file from a
#   right one; a dictionary of names and tensors is asked for.
def save_weights(model, path):
    torch.save(list(model.state_dict().values()), path)


def load_weights(model, path):
    with torch.no_grad():
        for tensor, stored in zip(model.state_dict().values(), torch.load(path)):
            tensor.copy_(stored)
    return model

# %% save_weights wrong: a copy is filled
# message: You fill a copy and return it; the model that came in still has its old numbers. Fill that one.
import copy

def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    twin = copy.deepcopy(model)
    twin.load_state_dict(torch.load(path))
    return twin

# %% save_weights wrong: the error is swallowed
# message: You catch the error of a wrong file and go on, so the model keeps random numbers and nobody hears of it. Let
#   the error through.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    try:
        model.load_state_dict(torch.load(path))
    except Exception as error:
        print(error)
    return model

# %% save_weights wrong: the model is left in eval mode
# message: You put the model into `eval` mode and leave it there. Saving and loading concern the numbers; whoever
#   trains on would train without knowing that the mode has changed.
def save_weights(model, path):
    model.eval()
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    model.eval()
    return model

# %% save_weights wrong: eval mode after loading
# message: `load_weights` puts the model into `eval` mode. That is for its caller to decide, who may want to train on.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model.eval()

# %% save_weights wrong: the file may run functions
# message: A file that would have to run a function is loaded, and the function is run: that is what
#   `weights_only=False` allows. The default of `torch.load` raises the error that the statement asks for.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path, weights_only=False))
    return model

# %% save_weights wrong: everything as float32
# message: Your file holds every number as float32. Each tensor keeps its own dtype.
def save_weights(model, path):
    torch.save({name: tensor.float() for name, tensor in model.state_dict().items()}, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: half precision
# message: You save in half the precision, so that most of the digits are lost. Each tensor keeps its own
#   dtype.
def save_weights(model, path):
    torch.save({name: tensor.half() for name, tensor in model.state_dict().items()}, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: something more in the file
# message: Your file holds something more than the names of the model's state_dict. Exactly those are asked
#   for.
def save_weights(model, path):
    torch.save({**model.state_dict(), "version": torch.tensor(1)}, path)


def load_weights(model, path):
    state = torch.load(path)
    state.pop("version", None)
    model.load_state_dict(state)
    return model

# %% save_weights wrong: named parameters and buffers
# message: `named_parameters()` names a weight that two layers share only once, and `named_buffers()` has
#   buffers that are in no state_dict. So the file has other names than the model's state_dict.
def save_weights(model, path):
    torch.save({**dict(model.named_parameters()), **dict(model.named_buffers())}, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: the numbers as lists
# message: Your file holds lists of numbers. A dictionary of tensors is asked for.
def save_weights(model, path):
    torch.save({name: tensor.tolist() for name, tensor in model.state_dict().items()}, path)


def load_weights(model, path):
    saved, own = torch.load(path), model.state_dict()
    if saved.keys() != own.keys():
        raise KeyError("other names")
    for name, numbers in saved.items():
        numbers = torch.as_tensor(numbers)
        if numbers.shape != own[name].shape:
            raise ValueError("another shape")
        own[name].copy_(numbers)
    return model

# %% save_weights wrong: an old file is kept
# message: Where a file is already, you leave it as it is, and the new weights are lost. The statement says:
#   it is overwritten.
def save_weights(model, path):
    if not Path(path).exists():
        torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: a Path only
# message: Your functions use what only a `Path` has. The path may also be a text, a `str`.
def save_weights(model, path):
    with path.open("wb") as file:
        torch.save(model.state_dict(), file)


def load_weights(model, path):
    with path.open("rb") as file:
        model.load_state_dict(torch.load(file))
    return model

# %% save_weights wrong: a backup beside it
# message: You write a second file beside the first. One file is asked for, at the path that was given.
def save_weights(model, path):
    torch.save(model.state_dict(), path)
    torch.save(model.state_dict(), f"{path}.backup")


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: unknown names are let through
# message: A file with a name that the model does not know is loaded without a word. The statement asks for an
#   error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    names = model.load_state_dict(torch.load(path), strict=False)
    if names.missing_keys:
        raise KeyError(names.missing_keys)
    return model

# %% save_weights wrong: missing names are let through
# message: A file that lacks a name is loaded without a word, and the model keeps its old numbers there. The
#   statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    names = model.load_state_dict(torch.load(path), strict=False)
    if names.unexpected_keys:
        raise KeyError(names.unexpected_keys)
    return model

# %% save_weights wrong: missing parameters are noticed, buffers are not
# message: A file that lacks a buffer is loaded without a word. Buffers are part of what the model needs.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    names = model.load_state_dict(torch.load(path), strict=False)
    parameters = {name for name, _ in model.named_parameters()}
    if names.unexpected_keys or parameters & set(names.missing_keys):
        raise KeyError("other names")
    return model

# %% save_weights wrong: whatever copy_ takes
# message: You compare the names and leave the shapes to `copy_`, which broadcasts: one number of the file
#   fills a whole tensor of the model. The statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    saved, own = torch.load(path), model.state_dict()
    if saved.keys() != own.keys():
        raise KeyError("other names")
    for name, tensor in saved.items():
        own[name].copy_(tensor)
    return model

# %% save_weights wrong: other shapes are skipped
# message: A tensor whose shape does not fit is skipped without a word, and the model keeps its old numbers
#   there. The statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    saved, own = torch.load(path), model.state_dict()
    fits = {n: t for n, t in saved.items() if n not in own or own[n].shape == t.shape}
    names = model.load_state_dict(fits, strict=False)
    if names.unexpected_keys or saved.keys() != own.keys():
        raise KeyError("other names")
    return model

# %% save_weights wrong: as many numbers will do
# message: You reshape what has as many numbers as the model wants. Another shape is a wrong file: the
#   statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    saved, own = torch.load(path), model.state_dict()
    if saved.keys() != own.keys():
        raise KeyError("other names")
    model.load_state_dict({n: t.reshape(own[n].shape) for n, t in saved.items()})
    return model

# %% save_weights wrong: a whole model is taken as well
# message: You take a file with a whole model, too. To read one, `torch.load` has to run whatever the file
#   says: the statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    saved = torch.load(path, weights_only=False)
    model.load_state_dict(saved.state_dict() if isinstance(saved, nn.Module) else saved)
    return model

# %% save_weights wrong: refused when it has run
# message: A file that would have to run a function is refused, but only after you have loaded it once with
#   `weights_only=False`. By then the function has run.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    names = set(torch.load(path, weights_only=False))
    if names != set(model.state_dict()):
        raise KeyError("other names")
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: the dictionary is returned
# message: `load_weights` fills the model and then returns the dictionary from the file. The model is asked
#   for.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state = torch.load(path)
    model.load_state_dict(state)
    return state

# %% save_weights wrong: nothing is loaded
# message: `load_weights` reads the file and returns the model as it was. The numbers have to get into it.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state = torch.load(path)
    model.state_dict().update(state)
    return model

# %% save_weights wrong: buffers stay old
# message: `load_weights` fills the parameters, and the buffers keep their old numbers: a batch normalisation
#   then computes with other means than it should.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    saved, own = torch.load(path), model.state_dict()
    if saved.keys() != own.keys() or any(saved[n].shape != own[n].shape for n in own):
        raise ValueError("another model's file")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(saved[name])
    return model

# %% save_weights wrong: train mode after loading
# message: `load_weights` puts all of the model into `train` mode. Part of it was in the other mode, and it is
#   for the caller to decide.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model.train()

# %% save_weights wrong: frozen after loading
# message: `load_weights` freezes the model. That is for its caller to decide, who may want to train on.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model.requires_grad_(False)

# %% save_weights wrong: gradients are cleared
# message: `save_weights` clears the model's gradients. Saving changes nothing in the model.
def save_weights(model, path):
    model.zero_grad()
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: gradients are left switched off
# message: You switch gradients off, `torch.set_grad_enabled(False)`, and never on again. `with
#   torch.no_grad():` ends by itself.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    torch.set_grad_enabled(False)
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: a copy is returned
# message: `load_weights` fills the model that came in, but returns another object, a copy of it. Return the model itself:
#   whoever trains the one would wonder about the other.
import copy

def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return copy.deepcopy(model)

# %% save_weights wrong: as many names will do
# message: You compare how many names there are, and load with `strict=False`. A file with as many names, but other
#   ones, is then loaded without a word. The statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state = torch.load(path)
    if len(state) != len(model.state_dict()):
        raise ValueError("names")
    model.load_state_dict(state, strict=False)
    return model

# %% save_weights wrong: an empty file is let through
# message: A file that holds no tensor at all lacks every name, and you load it without a word. The statement asks for
#   an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state = torch.load(path)
    if state:
        model.load_state_dict(state)
    return model

# %% save_weights wrong: a prefix is taken off
# message: You take a prefix off the names in the file. As they stand there, they do not belong to the model: the
#   statement asks for an error.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state = {n.removeprefix("module."): t for n, t in torch.load(path).items()}
    model.load_state_dict(state)
    return model

# %% save_weights wrong: an ending is added
# message: Your file is not at the path that was given: you add an ending, take one for another, or leave out the
#   folder. Take the path as it is.
def _named(path):
    path = str(path)
    return path if path.endswith((".pth", ".pt")) else path + ".pth"


def save_weights(model, path):
    torch.save(model.state_dict(), _named(path))


def load_weights(model, path):
    model.load_state_dict(torch.load(_named(path)))
    return model

# %% save_weights wrong: another ending
# message: Your file is not at the path that was given: you add an ending, take one for another, or leave out the
#   folder. Take the path as it is.
def save_weights(model, path):
    torch.save(model.state_dict(), Path(path).with_suffix(".pth"))


def load_weights(model, path):
    model.load_state_dict(torch.load(Path(path).with_suffix(".pth")))
    return model

# %% save_weights wrong: the folder is left out
# message: Your file is not at the path that was given: you add an ending, take one for another, or leave out the
#   folder. Take the path as it is.
def save_weights(model, path):
    torch.save(model.state_dict(), Path(path).name)


def load_weights(model, path):
    model.load_state_dict(torch.load(Path(path).name))
    return model

# %% save_weights wrong: the end of the old file stays
# message: You write over an old file without emptying it first. Where it was longer, its end is still there, and
#   `torch.load` reads from the end. The mode `"wb"` empties it.
import os
def save_weights(model, path):
    mode = "r+b" if os.path.exists(path) else "wb"
    with open(path, mode) as f:
        torch.save(model.state_dict(), f)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: float32 on the way into the model
# message: Your numbers become float32 on their way into the model. A weight in float64 and a large counter have more
#   digits than that.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict({n: t.float() for n, t in torch.load(path).items()})
    return model

# %% save_weights wrong: float64 on the way into the model
# message: Your numbers become float64 on their way into the model. A large counter has more digits than that.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict({n: t.double() for n, t in torch.load(path).items()})
    return model

# %% save_weights wrong: the file is removed
# message: `load_weights` removes the file that it has read. Loading changes nothing but the numbers of the model.
import os

def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    os.remove(path)
    return model

# %% save_weights wrong: a model without weights is an error
# message: You raise an error where the model has no weights. Its state_dict is an empty dictionary, and can be saved
#   like any other.
def save_weights(model, path):
    state = model.state_dict()
    assert state, "nothing to save"
    torch.save(state, path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights wrong: the names compared, the tensors side by side
# message: You compare the names, and then take the tensors by their places. A file may have the same names in another
#   order: look each tensor up by its name.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state, own = torch.load(path), model.state_dict()
    if set(state) != set(own):
        raise KeyError
    for mine, theirs in zip(own.values(), state.values()):
        if mine.shape != theirs.shape:
            raise ValueError
        mine.copy_(theirs)
    return model

# %% save_weights wrong: flat tensors are copied
# message: Your way of copying wants the numbers of a tensor to lie in memory in their usual order. Those of a
#   transposed weight lie otherwise.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    state, own = torch.load(path), model.state_dict()
    if set(state) != set(own):
        raise KeyError
    for name, mine in own.items():
        if mine.shape != state[name].shape:
            raise ValueError
        mine.view(-1).copy_(state[name].view(-1))
    return model

# %% save_weights wrong: thawed after loading
# message: `load_weights` makes every parameter require gradients. What was frozen stays frozen.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    model.load_state_dict(torch.load(path))
    return model.requires_grad_(True)

# %% save_weights wrong: classes are trusted
# message: You add classes to those that `torch.load` trusts, and they stay there for every later call. A file of
#   tensors needs none of them.
def save_weights(model, path):
    torch.save(model.state_dict(), path)


def load_weights(model, path):
    torch.serialization.add_safe_globals([nn.Linear, nn.Sequential, nn.BatchNorm1d, nn.ReLU])
    model.load_state_dict(torch.load(path))
    return model

# %% save_weights domain
import contextlib
import inspect

class Gift:
    def __reduce__(self):
        return eval, ("__import__('os').makedirs('ran') or __import__('torch').ones(1)",)

def a_model(draw, a, b, dtype):
    def one():
        parts = {
            "line": nn.Linear(a, b, bias="bias" in shape),
            "norm": nn.BatchNorm1d(b, affine="affine" in shape, track_running_stats="stats" in shape),
            "deep": nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(a, b), nn.Dropout())),
            "Größe 1": nn.PReLU(),
        }
        model = nn.ModuleDict({name: parts[name] for name in chosen}) if "alone" not in shape else parts["line"]
        model.to(dtype)
        if "buffers" in shape:
            model.register_buffer("mask", torch.ones(b, a) > 0)
            model.register_buffer("count", torch.tensor(3))
            model.register_buffer("scale", torch.ones(1, 1, dtype=torch.float64))
            model.register_buffer("note", torch.ones(2), persistent=False)
            model.register_buffer("none", None)
        if "tied" in shape and "line" in chosen and "deep" in chosen and "alone" not in shape:
            model["deep"][1][0].weight = model["line"].weight
        draw.module(model)
        for buffer in model.buffers():
            buffer.copy_(draw.tensor(*buffer.shape, dtypes=(torch.float32,)).abs() + 0.5)
        return model

    words = "bias", "affine", "stats", "alone", "buffers", "tied"
    shape = [word for word in words if draw.flag(1 / 4 if word == "alone" else 2 / 3)]
    chosen = [name for name in ("Größe 1", "deep", "line", "norm") if draw.flag(2 / 3)]
    draw._say(f"{chosen} {shape}")
    return one(), one()

def domain(answer, draw):
    a, b = draw.size(4), draw.size(4)
    load = inspect.unwrap(load_weights)  # new parameter objects are allowed
    model, twin = a_model(draw, a, b, draw.choice(*draw.FLOATS, *draw.HALVES))
    for parameter in twin.parameters():
        if draw.flag():
            parameter.grad = torch.ones_like(parameter)
    kind = draw.choice(str, Path)
    found = {}
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        Path("some folder").mkdir()
        path = draw.choice("weights.pth", "some folder/a.b", "Größe", "w.pt")
        path = f"{place}/{path}" if path == "w.pt" else path
        if draw.flag():
            torch.save({"old": torch.ones(900)}, path)
        answer(model, kind(path))
        held = torch.load(path)
        found["held"] = dict(held)
        facts = [(part.training, len(part._forward_hooks)) for part in twin.modules()]
        wanting = [p.requires_grad for p in twin.state_dict(keep_vars=True).values()]
        found["the model itself"] = load(twin, kind(path)) is twin
        found["state"] = dict(twin.state_dict())
        found["as before"] = [(part.training, len(part._forward_hooks)) for part in twin.modules()] == facts
        found["frozen"] = [p.requires_grad for p in twin.state_dict(keep_vars=True).values()] == wanting
        files = sorted(str(file) for file in Path().rglob("*"))
        found["files"] = files
        names = list(held)
        wrong = {"more": dict(held) | {"more": torch.ones(1)}}
        if names:
            one = draw.choice(*names)
            tensor = held[one]
            wrong["missing"] = {name: t for name, t in held.items() if name != one}
            wrong["renamed"] = wrong["missing"] | {f"{one}_": tensor}
            wrong["a function"] = dict(held) | {one: Gift()}
            wrong["nothing"] = {}
            if tensor.dim():
                wrong["longer"] = dict(held) | {one: torch.cat([tensor, tensor])}
                wrong["one axis more"] = dict(held) | {one: tensor[None]}
                if tensor.numel() > 1:
                    wrong["one number"] = dict(held) | {one: tensor.flatten()[:1]}
                    wrong["flat"] = dict(held) | {one: torch.cat([tensor.flatten(), tensor.flatten()])}
        wrong["a whole model"] = model
        for word, content in wrong.items():
            torch.save(content, path)
            found[word] = isinstance(probes.outcome(load, twin, kind(path)), Exception)
        found["ran"] = Path("ran").exists()
    return found

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

# %% snapshot right: copied into new tensors
def snapshot(model):
    kept = {}
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            kept[name] = torch.empty_like(tensor)
            kept[name].copy_(tensor)
    return kept

# %% snapshot right: new tensors of the old
def snapshot(model):
    state = model.state_dict()
    return type(state)(
        (name, torch.tensor(tensor.tolist(), dtype=tensor.dtype).reshape(tensor.shape)) for name, tensor in state.items()
    )

# %% snapshot wrong: a live view, or a shallow copy of it
# message: The tensors in your dictionary are still the model's own memory: the next step of the optimizer changes
#   them as well. `dict(...)` and `.copy()` copy the dictionary and not what is in it; `.detach()`
#   and `.data` do not copy either.
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

# %% snapshot wrong: the buffers are still live
# message: You copy the parameters, and hand out the buffers as they are: the next batch in train mode changes them in
#   your snapshot as well.
def snapshot(model):
    return {n: p.detach().clone() for n, p in model.named_parameters()} | dict(model.named_buffers())

# %% snapshot wrong: a copy of the whole model
# message: You return a copy of the model. A dictionary of names and tensors is asked for.
import copy

def snapshot(model):
    return copy.deepcopy(model)

# %% snapshot wrong: lists of numbers
# message: You turn the tensors into Python lists: `load_state_dict` wants tensors, of the dtype that they had.
def snapshot(model):
    return {name: tensor.tolist() for name, tensor in model.state_dict().items()}

# %% snapshot wrong: arrays that share the memory
# message: Your snapshot is made of numpy arrays. Tensors with memory of their own are asked for.
def snapshot(model):
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}

# %% snapshot wrong: the model is frozen
# message: To be rid of the gradient you freeze the model itself, and it will never train again. Take the tensors off
#   the graph, not the model.
def snapshot(model):
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}

# %% snapshot wrong: the model is left in eval mode
# message: You put the model into `eval` mode and leave it there. A snapshot does not change what it photographs.
def snapshot(model):
    model.eval()
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}

# %% snapshot wrong: everything as floats
# message: Your snapshot makes a float of the count of batches, which is an int64. Keep each tensor as it is.
def snapshot(model):
    return {name: tensor.clone().float() for name, tensor in model.state_dict().items()}

# %% snapshot wrong: the clones hang on the graph
# message: Your tensors require gradients, because they are clones of the parameters themselves. A snapshot is made of
#   numbers only.
def snapshot(model):
    return {name: tensor.clone() for name, tensor in model.state_dict(keep_vars=True).items()}

# %% snapshot wrong: through Python numbers
# message: On the way through Python numbers the dtypes are lost: what was float64 or float16 comes back as float32. Keep
#   each tensor as it is.
def snapshot(model):
    return {name: torch.tensor(tensor.tolist()) for name, tensor in model.state_dict().items()}

# %% snapshot wrong: layer by layer
# message: You go through the direct children of the model. A model that is a single layer has none, and a snapshot of it
#   is empty.
def snapshot(model):
    kept = {}
    for name, child in model.named_children():
        for part, tensor in child.state_dict().items():
            kept[f"{name}.{part}"] = tensor.clone()
    return kept

# %% snapshot wrong: named parameters and buffers
# message: `named_parameters()` names a weight that two layers share only once, and `named_buffers()` has buffers that are
#   in no state_dict. So your names are not those of the model's state_dict.
def snapshot(model):
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name: tensor.detach().clone() for name, tensor in named}

# %% snapshot wrong: what is trained
# message: Frozen parameters and buffers are missing: you keep only what requires a gradient.
def snapshot(model):
    state = model.state_dict(keep_vars=True)
    return {n: t.detach().clone() for n, t in state.items() if t.requires_grad}

# %% snapshot wrong: whole numbers are left out
# message: You keep floating point numbers only. The count of batches belongs to the state as well.
def snapshot(model):
    return {n: t.clone() for n, t in model.state_dict().items() if t.is_floating_point()}

# %% snapshot wrong: one dictionary for all
# message: You fill one and the same dictionary each time: with the next snapshot the first one changes as well. Make a
#   new one in each call.
kept = {}

def snapshot(model):
    kept.clear()
    kept.update({name: tensor.clone() for name, tensor in model.state_dict().items()})
    return kept

# %% snapshot wrong: the first one again
# message: You keep the first snapshot and hand it out again, whatever has become of the model, and for every other model.
first = {}

def snapshot(model):
    if not first:
        first.update({name: tensor.clone() for name, tensor in model.state_dict().items()})
    return dict(first)

# %% snapshot wrong: a list of tensors
# message: You return the tensors without their names. A dictionary of names and tensors is asked for.
def snapshot(model):
    return [tensor.clone() for tensor in model.state_dict().values()]

# %% snapshot wrong: a list of pairs
# message: You return a list of names and tensors. A dictionary is asked for.
def snapshot(model):
    return [(name, tensor.clone()) for name, tensor in model.state_dict().items()]

# %% snapshot wrong: one dictionary too many
# message: Your snapshot lies in a second dictionary. The names of the state_dict themselves are asked for.
def snapshot(model):
    return {"model": {name: tensor.clone() for name, tensor in model.state_dict().items()}}

# %% snapshot wrong: tensors of the same shape
# message: The names and shapes are right, and the numbers are not those of the model.
def snapshot(model):
    return {name: torch.zeros_like(tensor) for name, tensor in model.state_dict().items()}

# %% snapshot wrong: the parameters are still live
# message: You copy the buffers, and hand out the parameters as they are: the next step of the optimizer changes them in
#   your snapshot as well.
def snapshot(model):
    own = dict(model.named_parameters(remove_duplicate=False))
    state = model.state_dict()
    return {name: tensor if name in own else tensor.clone() for name, tensor in state.items()}

# %% snapshot wrong: gradients are cleared
# message: You clear the model's gradients. A snapshot does not change what it photographs.
def snapshot(model):
    model.zero_grad()
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}

# %% snapshot wrong: the model is left in train mode
# message: You put all of the model into `train` mode, or back into one mode as a whole. Part of it was in the other mode.
def snapshot(model):
    model.eval()
    kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.train()
    return kept

# %% snapshot wrong: gradients are left switched off
# message: You switch gradients off, `torch.set_grad_enabled(False)`, and never on again. `with torch.no_grad():` ends by
#   itself.
def snapshot(model):
    torch.set_grad_enabled(False)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}

# %% snapshot wrong: a tensor without numbers
# message: A tensor that holds no numbers, such as one of shape (0, 3), loses its shape on the way through a list.
def snapshot(model):
    return {name: torch.tensor(t.tolist(), dtype=t.dtype) for name, t in model.state_dict().items()}

# %% snapshot wrong: copied by adding 0
# message: You compute with the tensors, and a mask of True and False then becomes whole numbers. `clone()` copies and
#   keeps the dtype.
def snapshot(model):
    return {name: tensor.detach() + 0 for name, tensor in model.state_dict().items()}

# %% snapshot wrong: copied by multiplying by 1
# message: You compute with the tensors, and a mask of True and False then becomes whole numbers. `clone()` copies and
#   keeps the dtype.
def snapshot(model):
    return {name: tensor.detach() * 1 for name, tensor in model.state_dict().items()}

# %% snapshot wrong: float64 and back
# message: You convert to float64 and back. A large counter loses digits, and a tensor that is float64 already is not
#   copied at all.
def snapshot(model):
    return {name: tensor.double().to(tensor.dtype) for name, tensor in model.state_dict().items()}

# %% snapshot wrong: half precision on the way
# message: You convert the numbers to half precision and back. Most of their digits are lost.
def snapshot(model):
    return {name: t.half().to(t.dtype) if t.is_floating_point() else t.clone() for name, t in model.state_dict().items()}

# %% snapshot wrong: flat tensors are copied
# message: Your way of copying wants the numbers of a tensor to lie in memory in their usual order. Those of a
#   transposed tensor lie otherwise.
def snapshot(model):
    kept = {}
    for name, t in model.state_dict().items():
        new = torch.empty(t.shape, dtype=t.dtype)
        new.view(-1).copy_(t.view(-1))
        kept[name] = new
    return kept

# %% snapshot domain
def domain(answer, draw):
    a, b = draw.size(4), draw.size(4)
    line, norm = nn.Linear(a, b, bias=draw.flag()), nn.BatchNorm1d(b, affine=draw.flag())
    nested = nn.Sequential(nn.ReLU(), nn.Sequential(line, norm), nn.Sequential(nn.Linear(a, b)))
    model = draw.choice(line, norm, nested, nn.ModuleDict({"x": nested, "y": line}), nn.ReLU(), nn.PReLU())
    model.to(draw.choice(*draw.FLOATS, *draw.HALVES))
    if draw.flag():
        buffers = {
            "mask": torch.ones(b, a) > 0,
            "large": torch.tensor(2**60 + 1),
            "few": torch.ones(0, a, dtype=torch.uint8),
            "spread": draw.tensor(b, a, dtypes=(*draw.FLOATS, torch.complex64)),
            "not kept": torch.ones(2),
            "none": None,
        }
        for name, buffer in buffers.items():
            model.register_buffer(name, buffer, persistent=name != "not kept")
    if draw.flag() and len(list(model.children())) > 1:
        for part in model.modules():
            if isinstance(part, nn.Linear):
                part.weight = line.weight
    draw.module(model)
    if draw.flag():
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
    first, counts = answer(model), []
    copies = {name: tensor.clone() for name, tensor in first.items()}
    pointers = {t.untyped_storage().data_ptr() for t in model.state_dict().values() if t.numel()}
    for tensor in model.state_dict().values():
        tensor.data.zero_()
    second = answer(model)
    for tensor in second.values():
        tensor.data.fill_(1)
    zeros = [bool((tensor == 0).all()) for tensor in model.state_dict().values()]
    wanting = [tensor.requires_grad for tensor in (*first.values(), *second.values())]
    model.load_state_dict(first)
    return {
        "first": dict(first),
        "still": [torch.equal(copies[name], first[name]) for name in first],
        "apart": [t.untyped_storage().data_ptr() not in pointers for t in first.values() if t.numel()],
        "zeros": zeros,
        "requires gradients": wanting,
        "brought back": dict(model.state_dict()),
    }

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
            name: (tensor.dtype, tensor.shape, bytes(tensor.detach().clone().contiguous().untyped_storage()))
            for name, tensor in model.state_dict().items()
        }

    return content(a) == content(b)

# %% same_weights right: torch.testing without tolerance
def same_weights(a, b):
    try:
        torch.testing.assert_close(dict(a.state_dict()), dict(b.state_dict()), rtol=0, atol=0)
    except AssertionError:
        return False
    return True

# %% same_weights right: one name at a time, without zip
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    for name in one.keys() | two.keys():
        if name not in one or name not in two:
            return False
        x, y = one[name], two[name]
        if x.dtype != y.dtype or x.shape != y.shape or not (x == y).all():
            return False
    return True

# %% same_weights right: sorted items side by side
def same_weights(a, b):
    one, two = (sorted(m.state_dict().items(), key=lambda item: item[0]) for m in (a, b))
    if len(one) != len(two):
        return False
    for (n, x), (m, y) in zip(one, two):
        if n != m or x.dtype is not y.dtype or x.size() != y.size() or (x != y).any():
            return False
    return True

# %% same_weights right: the differences added up
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys():
        return False
    if any(one[n].dtype != two[n].dtype or one[n].shape != two[n].shape for n in one):
        return False
    return sum((one[n] != two[n]).sum().item() for n in one) == 0

# %% same_weights right: a try around it all
def same_weights(a, b):
    try:
        one, two = dict(a.state_dict()), dict(b.state_dict())
        for name, tensor in one.items():
            other = two.pop(name)
            assert tensor.dtype == other.dtype and tensor.tolist() == other.tolist()
        return not two
    except (KeyError, AssertionError):
        return False

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

# %% same_weights wrong: tensors side by side
# message: You pair the tensors by their place and look at their values only. Names and dtypes count as well, and `zip`
#   ends with the shorter of the two.
def same_weights(a, b):
    pairs = zip(a.state_dict().values(), b.state_dict().values())
    return all(torch.equal(one, two) for one, two in pairs)

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

# %% same_weights wrong: allclose and nothing else
# message: `torch.allclose` allows a difference, and raises when the shapes or dtypes differ. Exactly the same values are
#   asked for, and `False` instead of an error.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    return one.keys() == two.keys() and all(torch.allclose(one[n], two[n]) for n in one)

# %% same_weights wrong: parameters only
# message: You compare the parameters and forget the buffers: two models that have counted differently in their batch
#   normalisation compute different things.
def same_weights(a, b):
    one, two = dict(a.named_parameters()), dict(b.named_parameters())
    if set(one) != set(two):
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: another shape raises
# message: You compare number with number and never ask for the shapes. `==` broadcasts, so that (1,) may equal (3,),
#   and where two shapes do not broadcast it stops with an error. Different shapes are simply not the same: `False`.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two):
        return False
    return all(one[n].dtype == two[n].dtype and bool((one[n] == two[n]).all()) for n in one)

# %% same_weights wrong: the dtype does not count
# message: A model in float64 and the same in float32 are not the same: the statement asks for the same dtype.
#   `torch.equal` does not look at it.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two):
        return False
    return all(torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: an extra layer in the second is overlooked
# message: You go through the names of the first model only: what the second has in addition, you never see.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    return all(
        n in two and one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one
    )

# %% same_weights wrong: two dictionaries with ==
# message: `==` between two dictionaries compares the tensors in them with `==`, and that gives many answers where
#   Python wants one: hence the error. Compare tensor by tensor.
def same_weights(a, b):
    return a.state_dict() == b.state_dict()

# %% same_weights wrong: the printouts compared
# message: You compare what the models print. That tells their layers and not a single weight.
def same_weights(a, b):
    return str(a) == str(b)

# %% same_weights wrong: loading is the test
# message: You try to load one into the other. That fits whenever names and shapes do, whatever the values, and
#   overwrites a model that should stay as it was.
def same_weights(a, b):
    try:
        b.load_state_dict(a.state_dict())
    except RuntimeError:
        return False
    return True

# %% same_weights wrong: the order counts
# message: You compare the names as lists, so that the same names in another order count as different. The statement
#   says: in any order.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if list(one) != list(two):
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: decided at the first tensor
# message: Your loop returns at its first tensor already, whatever comes after it. `True` can only be said when all have
#   been looked at.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if set(one) != set(two):
        return False
    for name in one:
        if one[name].dtype != two[name].dtype or not torch.equal(one[name], two[name]):
            return False
        else:
            return True

# %% same_weights wrong: the models are converted
# message: `.double()` on a model converts the model itself, and both should stay as they were. It also hides that one
#   was in float64.
def same_weights(a, b):
    one, two = a.double().state_dict(), b.double().state_dict()
    if set(one) != set(two):
        return False
    return all(torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: a missing name stumbles
# message: Where the second model lacks a name of the first, your code stops with an error, and what the second has in
#   addition it never sees. Compare the names before you look anything up.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    for name in one:
        if one[name].dtype != two[name].dtype or not torch.equal(one[name], two[name]):
            return False
    return True

# %% same_weights wrong: as many names, looked up
# message: You count the names and look those of the first up in the second. Two models may have equally many names and
#   still different ones; there your code stops with an error.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if len(one) != len(two):
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: as many tensors, side by side
# message: You pair the tensors by their place. The same names in another order are then compared with the wrong
#   partners, and two different names with equal numbers count as the same.
def same_weights(a, b):
    one, two = list(a.state_dict().values()), list(b.state_dict().values())
    if len(one) != len(two):
        return False
    return all(x.dtype == y.dtype and torch.equal(x, y) for x, y in zip(one, two))

# %% same_weights wrong: floating point only
# message: You leave out tensors of whole numbers, or compare only their dtypes and names. A counter belongs to the state
#   like any other tensor.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys() or any(one[n].dtype != two[n].dtype for n in one):
        return False
    return all(torch.equal(one[n], two[n]) for n in one if one[n].is_floating_point())

# %% same_weights wrong: compared in float32
# message: You convert the tensors to float32 before you compare their numbers. What differs beyond its seven digits,
#   in float64 or in a large counter, is then the same.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys() or any(one[n].dtype != two[n].dtype for n in one):
        return False
    return all(torch.equal(one[n].float(), two[n].float()) for n in one)

# %% same_weights wrong: compared in float64
# message: You convert the tensors to float64 before you compare their numbers. A large whole number has more digits
#   than a float64 can hold, so two counters that differ by 1 become the same.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys() or any(one[n].dtype != two[n].dtype for n in one):
        return False
    return all(torch.equal(one[n].double(), two[n].double()) for n in one)

# %% same_weights wrong: an error counts as different
# message: You catch the error of shapes that do not fit, but some of them raise none: (1,) broadcasts to (3,), and the
#   two count as the same. Ask for the shapes.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys() or any(one[n].dtype != two[n].dtype for n in one):
        return False
    try:
        return all(bool((one[n] == two[n]).all()) for n in one)
    except RuntimeError:
        return False

# %% same_weights wrong: flattened
# message: You compare the numbers in a row. Tensors of different shapes may have the same numbers in the same order, and
#   are still not the same.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys() or any(one[n].dtype != two[n].dtype for n in one):
        return False
    return all(torch.equal(one[n].flatten(), two[n].flatten()) for n in one)

# %% same_weights wrong: sorted numbers
# message: You sort the numbers, so that two that have changed places make no difference. Each number is compared with
#   the one in its own place.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys():
        return False
    if any(one[n].dtype != two[n].dtype or one[n].shape != two[n].shape for n in one):
        return False
    return all(torch.equal(one[n].flatten().sort()[0], two[n].flatten().sort()[0]) for n in one)

# %% same_weights wrong: the parameters and the buffers of the modules
# message: `named_parameters()` names a weight that two layers share only once, so a tied and an untied model seem to have
#   different names; and `named_buffers()` has buffers that are in no state_dict. The state_dict decides.
def same_weights(a, b):
    one, two = ({**dict(m.named_parameters()), **dict(m.named_buffers())} for m in (a, b))
    if one.keys() != two.keys():
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: what is frozen is skipped
# message: You leave out what requires no gradient. Frozen parameters and buffers belong to the state as well.
def same_weights(a, b):
    one, two = a.state_dict(keep_vars=True), b.state_dict(keep_vars=True)
    if one.keys() != two.keys():
        return False
    if any(one[n].dtype != two[n].dtype or one[n].shape != two[n].shape for n in one):
        return False
    return all(torch.equal(one[n], two[n]) for n in one if one[n].requires_grad)

# %% same_weights wrong: frozen or not counts
# message: You also compare which parameters require a gradient. The statement says that this does not count: a frozen
#   copy has the same weights.
def same_weights(a, b):
    one, two = a.state_dict(keep_vars=True), b.state_dict(keep_vars=True)
    if one.keys() != two.keys() or any(one[n].requires_grad != two[n].requires_grad for n in one):
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: the printout counts as well
# message: You also compare what the models print or which classes they have. A ReLU in the place of a Tanh changes no
#   weight: only the state_dicts count.
def same_weights(a, b):
    if str(a) != str(b):
        return False
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys():
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: a model without weights is like no other
# message: Two models without any weights have the same state, an empty one: nothing in it differs.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if not one or one.keys() != two.keys():
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: the same memory
# message: You ask whether the tensors are the same objects or lie in the same memory. A copy has memory of its own, and
#   still the same weights.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    return one.keys() == two.keys() and all(one[n].data_ptr() == two[n].data_ptr() for n in one)

# %% same_weights wrong: nothing in place of False
# message: Where the models differ your function ends without a `return`, and so gives `None`. `False` is asked for.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() == two.keys():
        if all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one):
            return True

# %% same_weights wrong: the answers are turned round
# message: You say `True` where the models differ and `False` where they do not. Which question does your function
#   answer?
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys():
        return True
    return not all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: always True
# message: Your function says `True` whatever the two models hold.
def same_weights(a, b):
    return True

# %% same_weights wrong: always False
# message: Your function says `False` whatever the two models hold.
def same_weights(a, b):
    return False

# %% same_weights wrong: the models are left in eval mode
# message: You put both models into `eval` mode and leave them there. The weights can be compared in any mode.
def same_weights(a, b):
    one, two = a.eval().state_dict(), b.eval().state_dict()
    if one.keys() != two.keys():
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: the models are frozen
# message: You freeze the models with `requires_grad_(False)`, and they will never train again. A state_dict is without
#   gradients anyway.
def same_weights(a, b):
    one, two = a.requires_grad_(False).state_dict(), b.requires_grad_(False).state_dict()
    if one.keys() != two.keys():
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: gradients are left switched off
# message: You switch gradients off, `torch.set_grad_enabled(False)`, and never on again: whatever is trained afterwards
#   learns nothing. `with torch.no_grad():` ends by itself.
def same_weights(a, b):
    torch.set_grad_enabled(False)
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys():
        return False
    return all(one[n].dtype == two[n].dtype and torch.equal(one[n], two[n]) for n in one)

# %% same_weights wrong: by way of numpy
# message: numpy knows no bfloat16: where a tensor has that dtype, your answer is an error. torch compares all of its own.
def same_weights(a, b):
    def content(model):
        return {
            name: (tensor.dtype, tuple(tensor.shape), tensor.detach().numpy().tobytes())
            for name, tensor in model.state_dict().items()
        }

    return content(a) == content(b)

# %% same_weights wrong: subtracted
# message: You subtract the tensors, and torch does not subtract what holds True and False. Ask whether they are equal.
def same_weights(a, b):
    one, two = a.state_dict(), b.state_dict()
    if one.keys() != two.keys():
        return False
    if any(one[n].dtype != two[n].dtype or one[n].shape != two[n].shape for n in one):
        return False
    return all((one[n] - two[n]).abs().sum().item() == 0 for n in one)

# %% same_weights wrong: the printed tensors compared
# message: You compare the tensors as they are printed: with four digits, and of a long one the ends only. Compare the
#   numbers.
def same_weights(a, b):
    first, second = a.state_dict(), b.state_dict()
    if set(first) != set(second):
        return False
    return all(str(first[n]) == str(second[n]) and first[n].dtype == second[n].dtype for n in first)

# %% same_weights wrong: parameters compared with parameters
# message: You also ask which tensors are parameters. Only what the two state_dicts hold counts: the same name with the
#   same numbers may be a buffer on the other side.
def same_weights(a, b):
    for one, two in ((dict(a.named_parameters(remove_duplicate=False)), dict(b.named_parameters(remove_duplicate=False))), (a.state_dict(), b.state_dict())):
        if set(one) != set(two):
            return False
        if any(one[n].dtype != two[n].dtype or not torch.equal(one[n], two[n]) for n in one):
            return False
    return True

# %% same_weights wrong: the layout in memory counts
# message: You compare how the numbers lie in memory. A transposed tensor has the same numbers in other places there,
#   and is equal all the same.
def same_weights(a, b):
    first, second = a.state_dict(), b.state_dict()
    return set(first) == set(second) and all(
        first[n].dtype == second[n].dtype and first[n].stride() == second[n].stride() and torch.equal(first[n], second[n]) for n in first)

# %% same_weights wrong: the bytes in memory compared
# message: You compare how the numbers lie in memory. A transposed tensor has the same numbers in other places there,
#   and is equal all the same.
def same_weights(a, b):
    first, second = a.state_dict(), b.state_dict()
    return set(first) == set(second) and all(
        first[n].dtype == second[n].dtype and first[n].shape == second[n].shape and bytes(first[n].untyped_storage()) == bytes(second[n].untyped_storage()) for n in first)

# %% same_weights wrong: flattened by view
# message: `view(-1)` wants the numbers to lie in memory in their usual order, and raises where a tensor is transposed.
#   `torch.equal` takes both as they are.
def same_weights(a, b):
    first, second = a.state_dict(), b.state_dict()
    return set(first) == set(second) and all(
        first[n].dtype == second[n].dtype and first[n].shape == second[n].shape and torch.equal(first[n].view(-1), second[n].view(-1)) for n in first)

# %% same_weights wrong: the largest difference
# message: `max()` finds no largest number where a tensor holds none, and raises. Two such tensors of the same shape
#   are equal.
def same_weights(a, b):
    first, second = a.state_dict(), b.state_dict()
    if set(first) != set(second):
        return False
    for n in first:
        s, t = first[n], second[n]
        if s.shape != t.shape or s.dtype != t.dtype:
            return False
        if (s != t).max():
            return False
    return True

# %% same_weights domain
def domain(answer, draw):
    def model_of(state, order):
        model = nn.Module()
        for name in order:
            tensor = state[name].detach().clone() if draw.flag() else state[name]
            if tensor.is_floating_point() and draw.flag():
                model.register_parameter(name, nn.Parameter(tensor, requires_grad=draw.flag()))
            else:
                model.register_buffer(name, tensor)
        if draw.flag(1 / 3):
            model.register_buffer("note", torch.ones(draw.size(3)), persistent=False)
            model.add_module("idle", nn.Sequential(nn.Dropout()))
        model.train(draw.flag())
        return nn.ModuleDict({"inside": model}) if inside else model

    inside = draw.flag()
    kinds = (*draw.FLOATS, *draw.HALVES, *draw.INTEGERS, torch.bool)
    values = ("normal", "equal", "few", "large", "tiny")
    state = {}
    for name in ["weight", "bias", "count", "b"][: draw.integer(0, 4)]:
        shape = [draw.size(3) for _ in range(draw.integer(0, 3))]
        state[name] = draw.tensor(*shape, dtypes=kinds, values=values)
    other, order = dict(state), list(state)
    what = draw.choice("alike", "alike", "a number", "dtype", "shape", "name", "missing", "more", "exchanged")
    if state and what not in ("alike", "more"):
        name = draw.choice(*state)
        tensor = state[name].clone()
        if what == "a number":
            one = tensor.view(-1)[draw.integer(0, tensor.numel() - 1)]
            if tensor.is_floating_point():
                one.copy_(torch.nextafter(one, one + 1))
            else:
                one.copy_(~one if tensor.dtype == torch.bool else one + 1)
            other[name] = tensor
        elif what == "dtype":
            other[name] = tensor.to(draw.choice(*(kind for kind in kinds if kind != tensor.dtype)))
        elif what == "shape":
            ways = [tensor[None], tensor.unsqueeze(-1)]
            if tensor.dim():
                ways += [tensor[:1], torch.cat([tensor, tensor]), tensor.flatten(), tensor.transpose(0, -1), tensor[:0]]
            other[name] = draw.choice(*ways)
        elif what == "exchanged" and len(state) > 1:
            other = dict(zip(order, [other[n] for n in order[1:] + order[:1]]))
        elif what in ("missing", "name"):
            del other[name]
            if what == "name":
                other["z"] = tensor
    elif what == "more":
        other["z"] = draw.tensor(draw.size(2), dtypes=kinds)
    shuffled = sorted(other) if draw.flag() else list(reversed(other))
    pair = [model_of(state, order), model_of(other, shuffled)]
    if draw.flag():
        pair.reverse()
    return [answer(*pair), answer(*reversed(pair)), answer(pair[0], pair[0])]

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

# %% load_matching right: parameters and buffers through the names
def load_matching(model, sd):
    own = model.state_dict(keep_vars=True)
    left_out = []
    with torch.no_grad():
        for name, tensor in sd.items():
            target = own.get(name)
            if target is None or target.size() != tensor.size():
                left_out.append(name)
                continue
            target.data.copy_(tensor)
    left_out.sort()
    return left_out

# %% load_matching right: the model's own numbers where nothing fits
def load_matching(model, sd):
    merged = model.state_dict()
    skipped = set()
    for name in sd:
        if name in merged and list(merged[name].shape) == list(sd[name].shape):
            merged[name] = sd[name].detach().clone()
        else:
            skipped.add(name)
    model.load_state_dict(merged)
    return sorted(skipped)

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
# message: You compare how many numbers there are. A (2, 9) tensor has as many as a (2, 1, 3, 3) one, and still does
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
# message: The list is right, but the model still has its old values. Putting a tensor into the dictionary that
#   `state_dict()` returned does not reach the model either.
def load_matching(model, sd):
    own = model.state_dict()
    return sorted(n for n, t in sd.items() if n not in own or own[n].shape != t.shape)

# %% load_matching wrong: strict about what is missing
# message: You take out what does not fit, and then load strictly: now names are missing, and that raises. Here they
#   may be missing.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: what the model missed
# message: You return the names that the *model* did not get. Asked for are the names of the *file* that were left out;
#   a name that the model does not know is among these only.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    return sorted(model.load_state_dict(fits, strict=False).missing_keys)

# %% load_matching wrong: shared memory
# message: With `assign=True`, or by setting `.data`, the model does not copy the tensors of `sd` but takes them over:
#   train the model, and `sd` changes with it.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False, assign=True)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: not sorted
# message: The names are right, but they stand in the order of the file. A sorted list is asked for.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return [n for n in sd if n not in fits]

# %% load_matching wrong: the file is emptied
# message: You take entries out of `sd` itself, so its owner has lost them. Build a new dictionary of what fits.
def load_matching(model, sd):
    own = model.state_dict()
    left_out = sorted(n for n in sd if n not in own or own[n].shape != sd[n].shape)
    for name in left_out:
        del sd[name]
    model.load_state_dict(sd, strict=False)
    return left_out

# %% load_matching wrong: parameters only
# message: You look for the names among the parameters only, so the buffers of the file count as unknown and are left
#   out.
def load_matching(model, sd):
    own = dict(model.named_parameters())
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: the model's parameters only
# message: You go through the parameters of the *model*. Its buffers keep their old values, and a name that only the
#   file has you never see.
def load_matching(model, sd):
    left_out = []
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in sd and sd[name].shape == parameter.shape:
                parameter.copy_(sd[name])
            else:
                left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: what overlaps is copied
# message: Where the shape does not fit you still copy the first rows. Left out means left out: the head keeps all
#   of its old values.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    for name in set(own) & set(sd) - set(fits):
        if own[name].shape[1:] == sd[name].shape[1:]:
            rows = min(len(own[name]), len(sd[name]))
            own[name][:rows] = sd[name][:rows]
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: a set of names
# message: You return a set. A sorted list is asked for.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return set(sd) - set(fits)

# %% load_matching wrong: whole numbers are skipped
# message: A counter in the file does not come in: only floating point numbers do. The count of batches belongs to the
#   state, too.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    for name, tensor in fits.items():
        if tensor.is_floating_point():
            own[name].copy_(tensor)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: whatever copy_ takes
# message: You copy whatever can be copied. `copy_` broadcasts: one number of the file then fills a whole tensor of the
#   model, although the shape is another. Compare the shapes.
def load_matching(model, sd):
    own = model.state_dict()
    left_out = []
    for name, tensor in sd.items():
        try:
            own[name].copy_(tensor)
        except (KeyError, RuntimeError):
            left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: the dtype must be the same
# message: You leave out entries of another dtype. Only the name and the shape decide; the numbers take on the dtype of
#   the model.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {
        n: t
        for n, t in sd.items()
        if n in own and own[n].shape == t.shape and own[n].dtype == t.dtype
    }
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: the file's memory
# message: The tensors of the model share the memory of `sd` afterwards: train the model, and the file's numbers change
#   with it. Copy the numbers.
def load_matching(model, sd):
    own = {**dict(model.named_parameters(remove_duplicate=False)), **dict(model.named_buffers())}
    left_out = []
    for name, tensor in sd.items():
        if name in own and own[name].shape == tensor.shape:
            own[name].data = tensor.to(own[name].dtype)
        else:
            left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: the file's dtype
# message: The model's tensors take on the dtype of the file. The model keeps its own; the numbers are converted.
def load_matching(model, sd):
    own = {**dict(model.named_parameters(remove_duplicate=False)), **dict(model.named_buffers())}
    left_out = []
    for name, tensor in sd.items():
        if name in own and own[name].shape == tensor.shape:
            own[name].data = tensor.clone()
        else:
            left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: the rest begins anew
# message: What the file does not have, you set to 0. All of the model that is not loaded keeps its old numbers.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    for name in own:
        if name not in fits:
            own[name].zero_()
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: a tuple
# message: You return a tuple. A sorted list is asked for.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return tuple(sorted(n for n in sd if n not in fits))

# %% load_matching wrong: nothing is returned
# message: The model is loaded, but your function returns nothing. Return the names that were left out.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)

# %% load_matching wrong: the number of names
# message: You return how many names were left out. The names themselves are asked for.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return len(sd) - len(fits)

# %% load_matching wrong: what the model missed as well
# message: Your list holds also the names of the model that are not in the file. Asked for are names of the file.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted((set(sd) | set(own)) - set(fits))

# %% load_matching wrong: sorted backwards
# message: Your list is sorted from the end. Sort it as `sorted` does.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted((n for n in sd if n not in fits), reverse=True)

# %% load_matching wrong: the names in two groups
# message: Your list is not sorted as a whole: the names that the model does not know stand in one group, those of
#   another shape in a second.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(set(sd) - set(own)) + sorted(n for n in sd if n in own and n not in fits)

# %% load_matching wrong: the head by its name
# message: You leave out what is called `4.…`, as in the example. Another file has other names and shapes that do not
#   fit: ask for the shape of each.
def load_matching(model, sd):
    fits = {n: t for n, t in sd.items() if not n.startswith("4.")}
    unknown = model.load_state_dict(fits, strict=False).unexpected_keys
    return sorted([n for n in sd if n not in fits] + unknown)

# %% load_matching wrong: as many axes
# message: You compare how many axes the tensors have. Two tensors with two axes may still have different shapes, and
#   then loading stops with an error.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].dim() == t.dim()}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: named parameters and buffers
# message: `named_parameters()` names a weight that two layers share only once, so its second name counts as unknown.
#   The state_dict has both.
def load_matching(model, sd):
    own = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: flat tensors are copied
# message: Your way of copying wants the numbers of the file to lie in memory in their usual order. A transposed tensor has the
#   right shape and lies otherwise.
def load_matching(model, sd):
    own = model.state_dict()
    left_out = []
    for name, tensor in sd.items():
        if name in own and own[name].shape == tensor.shape:
            own[name].view(-1).copy_(tensor.view(-1))
        else:
            left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: the model is left in eval mode
# message: You put the model into `eval` mode and leave it there. Loading concerns the numbers only.
def load_matching(model, sd):
    model.eval()
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: the model is left in train mode
# message: You put all of the model into `train` mode, or back into one mode as a whole. Part of it was in the other mode
#   when it came.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    model.train()
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: what came in is frozen
# message: You freeze the parameters that were loaded. Whoever wants that does it afterwards; here they stay as they were.
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    for name, parameter in model.named_parameters():
        if name in fits:
            parameter.requires_grad = False
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: gradients are cleared
# message: You clear the model's gradients. They are none of the numbers that a file holds, and stay as they were.
def load_matching(model, sd):
    model.zero_grad()
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    model.load_state_dict(fits, strict=False)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: gradients are left switched off
# message: You switch gradients off, `torch.set_grad_enabled(False)`, and never on again. `with torch.no_grad():` ends by
#   itself.
def load_matching(model, sd):
    torch.set_grad_enabled(False)
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and own[n].shape == t.shape}
    for name, tensor in fits.items():
        own[name].copy_(tensor)
    return sorted(n for n in sd if n not in fits)

# %% load_matching wrong: one entry at a time, in a try
# message: Where the model has a single number without an axis and the file one of shape (1,), you let `load_state_dict` decide,
#   and it takes that. The shapes differ: compare them yourself.
def load_matching(model, sd):
    left_out = []
    for name, tensor in sd.items():
        try:
            result = model.load_state_dict({name: tensor}, strict=False)
        except RuntimeError:
            left_out.append(name)
        else:
            left_out += result.unexpected_keys
    return sorted(left_out)

# %% load_matching wrong: buffers of no state_dict
# message: You also look among buffers that are in no state_dict (`persistent=False`): one of them is filled, and its
#   name is missing in the list. `model.state_dict()` says which names count.
def load_matching(model, sd):
    own = dict(model.named_parameters(remove_duplicate=False)) | dict(model.named_buffers(remove_duplicate=False))
    left_out = []
    with torch.no_grad():
        for name, tensor in sd.items():
            if name in own and own[name].shape == tensor.shape:
                own[name].copy_(tensor)
            else:
                left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: float32 on the way
# message: Your numbers become float32 on their way into the model. A model in float64 and a large counter hold more
#   digits than that.
def load_matching(model, sd):
    own, left_out = model.state_dict(), []
    for name, tensor in sd.items():
        if name in own and own[name].shape == tensor.shape:
            own[name].copy_(tensor.float())
        else:
            left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: float64 on the way
# message: Your numbers become float64 on their way into the model. A large counter has more digits than that.
def load_matching(model, sd):
    own, left_out = model.state_dict(), []
    for name, tensor in sd.items():
        if name in own and own[name].shape == tensor.shape:
            own[name].copy_(tensor.double())
        else:
            left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: the buffers are taken over
# message: You copy the parameters, and take the buffers over as they are: change one in the model, and `sd` changes
#   with it.
def load_matching(model, sd):
    own, left_out = model.state_dict(), []
    params = dict(model.named_parameters(remove_duplicate=False))
    for name, tensor in sd.items():
        if name in own and own[name].shape == tensor.shape:
            if name in params:
                own[name].copy_(tensor)
            else:
                place, _, last = name.rpartition(".")
                setattr(model.get_submodule(place), last, tensor.to(own[name].dtype))
        else:
            left_out.append(name)
    return sorted(left_out)

# %% load_matching wrong: numbers in names sorted as numbers
# message: You sort the numbers within the names by their size. `sorted` compares letter by letter: `q10` comes before
#   `q9`.
import re
def load_matching(model, sd):
    own = model.state_dict()
    fits = {n: t for n, t in sd.items() if n in own and t.shape == own[n].shape}
    model.load_state_dict(fits, strict=False)
    return sorted(set(sd) - set(fits), key=lambda n: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", n)])

# %% load_matching wrong: by way of numpy
# message: numpy knows no bfloat16: where the file has that dtype, your answer is an error. torch copies all of its
#   own.
def load_matching(model, sd):
    own, left_out = dict(model.named_parameters(remove_duplicate=False)) | dict(model.named_buffers(remove_duplicate=False)), []
    state = model.state_dict()
    for name, tensor in sd.items():
        if name in state and own[name].shape == tensor.shape:
            own[name].data[...] = tensor.numpy() if False else torch.from_numpy(tensor.numpy())
        else:
            left_out.append(name)
    return sorted(left_out)

# %% load_matching domain
def domain(answer, draw):
    def changed(tensor):
        ways = [tensor[None], tensor.unsqueeze(-1)]
        if tensor.dim():
            ways += [tensor[:1], torch.cat([tensor, tensor]), tensor.flatten(), tensor[:0], tensor.transpose(0, -1)]
            ways += [tensor.flatten()[0]]
        return draw.choice(*ways)

    a, b = draw.size(3), draw.size(3)
    line, norm = nn.Linear(a, b, bias=draw.flag()), nn.BatchNorm1d(b, affine=draw.flag())
    nested = nn.Sequential(nn.ReLU(), nn.Sequential(line, norm), nn.Sequential(nn.Linear(a, b)))
    model = draw.choice(line, norm, nested, nn.ModuleDict({"x": nested, "y": line}), nn.ReLU(), nn.PReLU())
    model.to(draw.choice(*draw.FLOATS, *draw.HALVES))
    if draw.flag():
        model.register_buffer("mask", torch.ones(b, a) > 0)
        model.register_buffer("few", torch.ones(a, dtype=torch.uint8))
        model.register_buffer("scale", torch.ones(()))
        model.register_buffer("note", torch.ones(2), persistent=False)
    if draw.flag() and len(list(model.children())) > 1:
        for part in model.modules():
            if isinstance(part, nn.Linear):
                part.weight = line.weight
    draw.module(model)
    for parameter in model.parameters():
        if draw.flag():
            parameter.grad = torch.ones_like(parameter)
    own, sd, known = model.state_dict(keep_vars=True), {}, {}
    for name, tensor in own.items():
        kind = draw.choice("same", "same", "another dtype", "another shape", "missing", "renamed")
        if kind == "missing":
            continue
        new = known.setdefault(id(tensor), (draw.tensor(*tensor.shape, dtypes=(torch.float32,)) * 0 + 7 + len(known)))
        new = new.to(torch.float64 if kind == "another dtype" and not tensor.is_complex() else tensor.dtype)
        if draw.flag(1 / 4) and new.is_floating_point():
            new = new.clone().requires_grad_()
        new = changed(new) if kind == "another shape" else new
        sd[name + "_" if kind == "renamed" else name] = new
    sd |= {name: draw.tensor(draw.size(2)) for name in ("A", "note", "z.weight", "0") if draw.flag(1 / 3)}
    names = sorted(sd) if draw.flag() else list(reversed(sd))
    sd = {name: sd[name] for name in names}
    entries = [(name, tensor, tensor.detach().clone()) for name, tensor in sd.items()]
    before = dict(model.named_parameters())
    wanting = [(p.requires_grad, p.grad is None) for p in model.parameters()]
    modes = [part.training for part in model.modules()]
    left_out = answer(model, sd)
    kept = [(n, m) for (n, m) in sd.items()]
    pointers = {t.untyped_storage().data_ptr() for t in model.state_dict().values() if t.numel()}
    return {
        "left out": left_out,
        "state": dict(model.state_dict()),
        "the file": [n == m and s is t and torch.equal(s, c) for (n, s), (m, t, c) in zip(kept, entries, strict=True)],
        "parameters": [model.get_parameter(name) is p for name, p in before.items()],
        "wanting": [(p.requires_grad, p.grad is None) for p in model.parameters()] == wanting,
        "modes": [part.training for part in model.modules()] == modes,
        "apart": [t.untyped_storage().data_ptr() not in pointers for t in sd.values() if t.numel()],
    }

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

# %% save_checkpoint right: the epoch as a tensor
def save_checkpoint(path, model, opt, epoch):
    torch.save([model.state_dict(), opt.state_dict(), torch.tensor(epoch)], path)


def resume(path, model, opt):
    weights, memory, epoch = torch.load(path)
    model.load_state_dict(weights)
    opt.load_state_dict(memory)
    return epoch.item() + 1

# %% save_checkpoint right: written beside, then moved
import os

def save_checkpoint(path, model, opt, epoch):
    parts = dict(zip(("epoch", "model", "opt"), (epoch, model.state_dict(), opt.state_dict())))
    torch.save(parts, f"{path}.part")
    os.replace(f"{path}.part", path)


def resume(path, model, opt):
    with open(path, "rb") as file:
        saved = torch.load(file, map_location="cpu")
    for thing, name in ((model, "model"), (opt, "opt")):
        thing.load_state_dict(saved[name])
    return int(saved["epoch"]) + 1

# %% save_checkpoint right: copies of all tensors
import copy

def save_checkpoint(path, model, opt, epoch):
    everything = copy.deepcopy([model.state_dict(), opt.state_dict(), {"next": epoch + 1}])
    torch.save(everything, str(path))


def resume(path, model, opt):
    weights, memory, rest = torch.load(str(path), weights_only=True)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(weights[name])
    opt.load_state_dict(memory)
    return rest["next"]

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

# %% save_checkpoint wrong: the next epoch is a tensor
# message: You return the next epoch as a tensor. An `int` is asked for.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": torch.tensor(epoch)}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: one is added twice
# message: You add one when you save and one more when you load, so an epoch is skipped.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch + 1}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: nothing is returned
# message: `resume` brings everything back and then returns nothing. The caller wants to know with which epoch to go on.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])

# %% save_checkpoint wrong: two files
# message: You write a second file beside the first. Sooner or later one of them is left behind: everything belongs into
#   the one file that you were given.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "epoch": epoch}, path)
    torch.save(opt.state_dict(), f"{path}.optimizer")


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(torch.load(f"{path}.optimizer"))
    return state["epoch"] + 1

# %% save_checkpoint wrong: the settings without the memory
# message: You save the optimizer's settings, its learning rate for one, but not what it remembers of each parameter.
#   Its state_dict holds both.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "lr": opt.param_groups[0]["lr"], "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.param_groups[0]["lr"] = state["lr"]
    return state["epoch"] + 1

# %% save_checkpoint wrong: the memory without the settings
# message: The velocities come back, the learning rate does not: it had been changed since the beginning, and starts
#   again from there. The optimizer's state_dict holds both.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "memory": opt.state_dict()["state"], "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict({"state": state["memory"], "param_groups": opt.state_dict()["param_groups"]})
    return state["epoch"] + 1

# %% save_checkpoint wrong: parameters only
# message: You save the parameters and leave the buffers behind: a batch normalisation starts to count from zero again.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": dict(model.named_parameters()), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"], strict=False)
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: kept in a variable
# message: You keep the training in a variable and write the epoch only. When the program ends, and that is what a
#   checkpoint is for, the variable is gone; and what it held were live views all the time.
last = {}

def save_checkpoint(path, model, opt, epoch):
    last["model"], last["opt"] = model.state_dict(), opt.state_dict()
    torch.save({"epoch": epoch}, path)


def resume(path, model, opt):
    model.load_state_dict(last["model"])
    opt.load_state_dict(last["opt"])
    return torch.load(path)["epoch"] + 1

# %% save_checkpoint wrong: one learning rate for all groups
# message: You save one learning rate and give it to all groups. Each group has settings of its own, and the
#   optimizer's state_dict holds them all.
def save_checkpoint(path, model, opt, epoch):
    rate, memory = opt.param_groups[0]["lr"], opt.state_dict()["state"]
    torch.save({"model": model.state_dict(), "memory": memory, "lr": rate, "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    for group in opt.param_groups:
        group["lr"] = state["lr"]
    opt.load_state_dict({"state": state["memory"], "param_groups": opt.state_dict()["param_groups"]})
    return state["epoch"] + 1

# %% save_checkpoint wrong: the learning rate of the new optimizer
# message: The learning rate is that of the new optimizer: it had been changed before the save, and the change
#   is lost. `resume` brings the settings back as well.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    rates = [group["lr"] for group in opt.param_groups]
    opt.load_state_dict(state["opt"])
    for group, rate in zip(opt.param_groups, rates):
        group["lr"] = rate
    return state["epoch"] + 1

# %% save_checkpoint wrong: learning rates, no other settings
# message: The learning rates come back, and other settings, such as the momentum of a group, do not. The
#   optimizer's state_dict holds them all.
def save_checkpoint(path, model, opt, epoch):
    rates, memory = [group["lr"] for group in opt.param_groups], opt.state_dict()["state"]
    torch.save({"model": model.state_dict(), "memory": memory, "rates": rates, "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict({"state": state["memory"], "param_groups": opt.state_dict()["param_groups"]})
    for group, rate in zip(opt.param_groups, state["rates"]):
        group["lr"] = rate
    return state["epoch"] + 1

# %% save_checkpoint wrong: the velocities by hand
# message: You save what SGD with momentum remembers of every parameter. A parameter without a gradient has no
#   velocity, and Adam remembers something else. The optimizer's state_dict holds whatever there is.
def save_checkpoint(path, model, opt, epoch):
    parameters = [p for group in opt.param_groups for p in group["params"]]
    velocities = [opt.state[p]["momentum_buffer"] for p in parameters]
    torch.save({"model": model.state_dict(), "v": velocities, "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    parameters = [p for group in opt.param_groups for p in group["params"]]
    for parameter, velocity in zip(parameters, state["v"]):
        opt.state[parameter]["momentum_buffer"] = velocity
    return state["epoch"] + 1

# %% save_checkpoint wrong: the memory is filled by numbers
# message: You put what the file says into `opt.state`, under numbers. The optimizer looks there for its
#   parameters, finds nothing, and begins anew. Its `load_state_dict` finds the parameters by itself.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.state.update(state["opt"]["state"])
    for group, saved in zip(opt.param_groups, state["opt"]["param_groups"]):
        group.update({name: value for name, value in saved.items() if name != "params"})
    return state["epoch"] + 1

# %% save_checkpoint wrong: what the new optimizer remembers stays
# message: What the file has no entry for keeps the memory of the new optimizer. A training that was saved
#   before its first step remembers nothing, and neither may the optimizer that resumes it.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    if state["opt"]["state"]:
        opt.load_state_dict(state["opt"])
    else:
        opt.load_state_dict({**state["opt"], "state": opt.state_dict()["state"]})
    return state["epoch"] + 1

# %% save_checkpoint wrong: new parameter objects
# message: You put new parameter objects into the model (`assign=True`), and the optimizer holds the old ones:
#   its steps no longer reach the model. Copy the numbers into the parameters.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"], assign=True)
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: a new optimizer in its place
# message: You make a new optimizer and give it the local name `opt`. The one that came in still remembers
#   nothing.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt = type(opt)(model.parameters(), lr=opt.param_groups[0]["lr"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: the optimizer as an object
# message: The optimizer itself is in the file, so that `torch.load` refuses it by default. Its state_dict
#   holds what it remembers.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt, "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path, weights_only=False)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"].state_dict())
    return state["epoch"] + 1

# %% save_checkpoint wrong: pickle
# message: You write with `pickle`, and `torch.load` cannot read that by default. `torch.save` writes what it
#   reads.
import pickle

def save_checkpoint(path, model, opt, epoch):
    with open(path, "wb") as file:
        pickle.dump([model.state_dict(), opt.state_dict(), epoch], file, protocol=4)


def resume(path, model, opt):
    with open(path, "rb") as file:
        weights, memory, epoch = pickle.load(file)
    model.load_state_dict(weights)
    opt.load_state_dict(memory)
    return epoch + 1

# %% save_checkpoint wrong: another file name
# message: You write under another name than `path`. Who moves the file at `path`, or looks for it, finds
#   none.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, f"{path}.tar")


def resume(path, model, opt):
    state = torch.load(f"{path}.tar")
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: the latest file
# message: `resume` reads the file that was written last, whatever its `path` says. Read the one that it is
#   given.
latest = None

def save_checkpoint(path, model, opt, epoch):
    global latest
    latest = path
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(latest)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: copies kept in a variable
# message: You keep the training in a variable and write next to nothing. When the program ends, and that is
#   what a checkpoint is for, the variable is gone; and it holds the last training only.
import copy

last = {}

def save_checkpoint(path, model, opt, epoch):
    last["model"] = copy.deepcopy(model.state_dict())
    last["opt"] = copy.deepcopy(opt.state_dict())
    torch.save({"epoch": epoch}, path)


def resume(path, model, opt):
    model.load_state_dict(last["model"])
    opt.load_state_dict(last["opt"])
    return torch.load(path)["epoch"] + 1

# %% save_checkpoint wrong: an old file is kept
# message: Where a file is already, you leave it as it is, and what came since is lost. The statement says: it
#   is overwritten.
def save_checkpoint(path, model, opt, epoch):
    if not Path(path).exists():
        torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: a Path only
# message: Your functions use what only a `Path` has. The path may also be a text, a `str`.
def save_checkpoint(path, model, opt, epoch):
    with path.open("wb") as file:
        torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, file)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: a backup beside it
# message: You write a second file beside the first. One file is asked for, at the path that was given.
def save_checkpoint(path, model, opt, epoch):
    state = {"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}
    torch.save(state, path)
    torch.save(state, f"{path}.backup")


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: epoch 0 counts as none
# message: After epoch 0 you return 0: the number 0 counts as false in Python. Epoch 1 is next.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1 if state["epoch"] else 0

# %% save_checkpoint wrong: a float
# message: You return the next epoch as a float. An `int` is asked for.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return float(state["epoch"] + 1)

# %% save_checkpoint wrong: always 4
# message: You return 4, as in the example. The next epoch follows the one in the file.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return 4

# %% save_checkpoint wrong: the model is returned as well
# message: `resume` returns more than the number of the next epoch. Only that is asked for.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return model, opt, state["epoch"] + 1

# %% save_checkpoint wrong: saved in eval mode
# message: `save_checkpoint` puts the model into `eval` mode and leaves it there, so that the training goes on
#   in the wrong mode. Saving changes nothing.
def save_checkpoint(path, model, opt, epoch):
    model.eval()
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: resumed in train mode
# message: `resume` puts all of the model into `train` mode. Part of it was in the other mode when it came.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    model.train()
    return state["epoch"] + 1

# %% save_checkpoint wrong: gradients are cleared
# message: `save_checkpoint` clears the gradients. Saving changes nothing, not even what the next `zero_grad`
#   would clear.
def save_checkpoint(path, model, opt, epoch):
    opt.zero_grad()
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: the old optimizer forgets
# message: `save_checkpoint` takes the memory of the optimizer away, and the training cannot go on as before.
#   Saving changes nothing.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)
    opt.state.clear()


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint right: a random seed is set
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    torch.manual_seed(0)
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: frozen when resumed
# message: `resume` freezes the model, and no epoch that follows trains it.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    state = torch.load(path)
    model.load_state_dict(state["model"])
    model.requires_grad_(False)
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: gradients are left switched off
# message: You switch gradients off, `torch.set_grad_enabled(False)`, and never on again. `with
#   torch.no_grad():` ends by itself.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    torch.set_grad_enabled(False)
    state = torch.load(path)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    return state["epoch"] + 1

# %% save_checkpoint wrong: thawed when resumed
# message: `resume` makes every parameter require gradients. What was frozen stays frozen.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    saved = torch.load(path)
    model.load_state_dict(saved["model"])
    opt.load_state_dict(saved["opt"])
    model.requires_grad_(True)
    return saved["epoch"] + 1

# %% save_checkpoint wrong: the weights as float32
# message: The weights are in the file as float32. Those of a model in float64 have more digits, so the epochs that
#   follow are not exactly those of the training without interruption.
def save_checkpoint(path, model, opt, epoch):
    state = {n: t.float() for n, t in model.state_dict().items()}
    torch.save({"model": state, "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    saved = torch.load(path)
    model.load_state_dict(saved["model"])
    opt.load_state_dict(saved["opt"])
    return saved["epoch"] + 1

# %% save_checkpoint wrong: learning rate and momentum only
# message: Of the settings you keep the learning rate and the momentum. There are more, such as `weight_decay` and
#   `betas`: the state_dict of the optimizer has them all.
def save_checkpoint(path, model, opt, epoch):
    settings = [{k: g[k] for k in ("lr", "momentum") if k in g} for g in opt.param_groups]
    torch.save({"model": model.state_dict(), "state": opt.state_dict()["state"], "settings": settings, "epoch": epoch}, path)


def resume(path, model, opt):
    saved = torch.load(path)
    model.load_state_dict(saved["model"])
    whole = opt.state_dict()
    whole["state"] = saved["state"]
    opt.load_state_dict(whole)
    for group, s in zip(opt.param_groups, saved["settings"]):
        group.update(s)
    return saved["epoch"] + 1

# %% save_checkpoint wrong: an ending is added
# message: The path has no ending `.pth`, and you add one. Whoever moves the file at `path`, or looks for it, finds
#   none.
def _named(path):
    path = str(path)
    return path if path.endswith((".pth", ".pt")) else path + ".pth"

def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, _named(path))


def resume(path, model, opt):
    saved = torch.load(_named(path))
    model.load_state_dict(saved["model"])
    opt.load_state_dict(saved["opt"])
    return saved["epoch"] + 1

# %% save_checkpoint wrong: another ending
# message: You give the path another ending. `run.1` and `run.2` are then one and the same file, and nothing lies at
#   `path`.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": epoch}, Path(path).with_suffix(".pth"))


def resume(path, model, opt):
    saved = torch.load(Path(path).with_suffix(".pth"))
    model.load_state_dict(saved["model"])
    opt.load_state_dict(saved["opt"])
    return saved["epoch"] + 1

# %% save_checkpoint wrong: what is frozen is not saved
# message: You save the parameters that are trained. A frozen one belongs to the model as well, and what computes from
#   its numbers differs.
def save_checkpoint(path, model, opt, epoch):
    weights = {n: p.detach() for n, p in model.named_parameters() if p.requires_grad} | dict(model.named_buffers())
    torch.save({"model": weights, "opt": opt.state_dict(), "epoch": epoch}, path)


def resume(path, model, opt):
    saved = torch.load(path)
    model.load_state_dict(saved["model"], strict=False)
    opt.load_state_dict(saved["opt"])
    return saved["epoch"] + 1

# %% save_checkpoint wrong: the epoch in eight bits
# message: You keep the number of the epoch in eight bits, which end at 255. Keep it as an `int`.
def save_checkpoint(path, model, opt, epoch):
    torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "epoch": torch.tensor(epoch).to(torch.uint8)}, path)


def resume(path, model, opt):
    saved = torch.load(path)
    model.load_state_dict(saved["model"])
    opt.load_state_dict(saved["opt"])
    return int(saved["epoch"]) + 1

# %% save_checkpoint domain
import contextlib

def domain(answer, draw):
    def new_run():
        line = nn.Linear(a, b, bias=False)
        parts = line, nn.BatchNorm1d(b, affine=affine), nn.Tanh(), nn.Sequential(nn.Linear(b, 1))
        model = nn.Sequential(*parts).double()
        model.register_parameter("unused", nn.Parameter(torch.ones(1, dtype=torch.float64)))
        draw.module(model, modes=False, frozen=False)
        parameters = list(model.parameters())
        if partly:
            parameters = parameters[1:]
        if frozen:
            model[3].requires_grad_(False)
        if several:
            parameters = [{"params": parameters[:1], "lr": 0.25}, {"params": parameters[1:], "weight_decay": 0.125}]
        return model, make(parameters)

    def train(model, opt, steps):
        for i in range(steps):
            opt.zero_grad()
            F.mse_loss(model(xs[i % 3]), xs[i % 3][:, :1]).backward()
            opt.step()

    optim, a, b = torch.optim, draw.size(3), draw.size(3)
    makers = {
        "SGD": lambda parameters: optim.SGD(parameters, lr=0.125),
        "momentum": lambda parameters: optim.SGD(parameters, lr=0.125, momentum=0.75, nesterov=True),
        "Adam": lambda parameters: optim.Adam(parameters, lr=0.0625, amsgrad=True),
        "AdamW": lambda parameters: optim.AdamW(parameters, lr=0.0625),
        "RMSprop": lambda parameters: optim.RMSprop(parameters, lr=0.0625, momentum=0.5, centered=True),
        "Adagrad": lambda parameters: optim.Adagrad(parameters, lr=0.125),
    }
    make = makers[draw.choice(*makers)]
    affine, several, frozen, partly = draw.flag(), draw.flag(), draw.flag(1 / 3), draw.flag(1 / 3)
    old, new = new_run(), new_run()
    before, used = draw.integer(0, 3), draw.integer(0, 2)
    xs = [draw.tensor(4, a, dtypes=(torch.float64,), values=("normal",)) for _ in range(3)]
    train(*old, before)
    train(*new, used)
    if draw.flag():
        for group in old[1].param_groups:
            group["lr"] *= draw.choice(0.5, 2, 0)
            group["weight_decay"] = draw.choice(0, 0.25)
    for model, _ in (old, new):
        for part in model.modules():
            part.training = draw.flag()
    for part in new[0].modules():
        part.training = True if part is not new[0][3] else part.training
    modes = [[part.training for part in model.modules()] for model, _ in (old, new)]
    epoch, kind = draw.choice(0, 1, 7, 10**6), draw.choice(str, Path)
    wanting = [(p.requires_grad, p.grad is None) for p in new[0].parameters()]
    memories = [id(t) for t in new[0].parameters()]
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        path = draw.choice("run.pth", "7", "a b.pt")
        path = f"{place}/{path}" if path == "a b.pt" else path
        if draw.flag():
            answer(kind(path), *new, 3)
        answer(kind(path), *old, epoch)
        files = sorted(str(file) for file in Path().rglob("*"))
        torch.load(path)
        if draw.flag():
            answer(kind("later.pth"), *new, epoch + 1)
        if draw.flag():
            Path("elsewhere").mkdir()
            path = str(Path(path).rename("elsewhere/moved"))
        found = {name: tensor.clone() for name, tensor in old[0].state_dict().items()}
        following = resume(kind(path), *new)
    facts = {
        "next": following,
        "files": files,
        "modes": [[part.training for part in model.modules()] for model, _ in (old, new)] == modes,
        "wanting": [(p.requires_grad, p.grad is None) for p in new[0].parameters()] == wanting,
        "parameters": [id(t) for t in new[0].parameters()] == memories,
        "weights": dict(new[0].state_dict()),
        "saved": all(torch.equal(found[name], t) for name, t in new[0].state_dict().items()),
        "settings": [[group["lr"], group["weight_decay"]] for group in new[1].param_groups],
    }
    for run in (old, new):
        run[0].train()
        train(*run, 2)
    return facts | {"old": [dict(old[0].state_dict())], "new": [dict(new[0].state_dict())]}

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

# %% fix_keys right: names first, then zip
def fix_keys(sd):
    old, new = "conc1.", "conv1."
    names = [new + n.removeprefix(old) if n.startswith(old) else n for n in sd.keys()]
    return dict(zip(names, sd.values()))

# %% fix_keys right: the first part compared
from collections import OrderedDict

def fix_keys(sd):
    result = OrderedDict()
    for key in sd:
        parts = key.split(".")
        if parts[0] == "conc1" and len(parts) > 1:
            parts[0] = "conv1"
        result[".".join(parts)] = sd[key]
    return result

# %% fix_keys wrong: the argument is changed
# message: You rename the entries in the dictionary that came in. It is to stay as it was: build a new one.
def fix_keys(sd):
    for name in list(sd):
        if name.startswith("conc1."):
            sd["conv1." + name[len("conc1."):]] = sd.pop(name)
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

# %% fix_keys wrong: letters stripped
# message: `lstrip("conc1.")` takes away *letters*, any of c, o, n, 1 and the dot, as long as it finds one: of
#   `conc1.norm` it leaves `rm`. A prefix is taken away by another method.
def fix_keys(sd):
    return {
        "conv1." + name.lstrip("conc1.") if name.startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: every conc1 of a name that starts with it
# message: You find the right names, and then replace `conc1` in all of the name, not only at its beginning.
def fix_keys(sd):
    return {
        name.replace("conc1.", "conv1.") if name.startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: the middle of the name is lost
# message: You keep the last part of the name only. Of `conc1.norm.running_mean` everything after the first dot has to
#   stay.
def fix_keys(sd):
    return {
        "conv1." + name.split(".")[-1] if name.startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: conc1 and a dot, anywhere
# message: You replace `conc1.` wherever it stands. Only a name that *starts* with it is meant: `preconc1.bias` and
#   `head.conc1.weight` are others.
def fix_keys(sd):
    return {name.replace("conc1.", "conv1."): tensor for name, tensor in sd.items()}

# %% fix_keys wrong: the tensors are copied
# message: The names are right, and the tensors are new objects: `clone`, `detach` and `deepcopy` make such. They are to
#   be the same objects as in `sd`: for a real model a copy is half a gigabyte.
def fix_keys(sd):
    return {
        "conv1." + name[len("conc1."):] if name.startswith("conc1.") else name: tensor.clone()
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: sorted by name
# message: You sort the entries. They are to stay in the order that they came in.
def fix_keys(sd):
    fixed = {}
    for name in sorted(sd):
        new = "conv1." + name[len("conc1."):] if name.startswith("conc1.") else name
        fixed[new] = sd[name]
    return fixed

# %% fix_keys wrong: the old names stay as well
# message: You add the new names and leave the old ones in: a strict load refuses those as unexpected.
def fix_keys(sd):
    fixed = dict(sd)
    for name, tensor in sd.items():
        if name.startswith("conc1."):
            fixed["conv1." + name[len("conc1."):]] = tensor
    return fixed

# %% fix_keys wrong: the dictionary itself where nothing is to be done
# message: Where no name has to be changed you return `sd` itself. A new dictionary is asked for each time: whoever adds
#   to the one must not change the other.
def fix_keys(sd):
    if not any(name.startswith("conc1.") for name in sd):
        return sd
    return {
        "conv1." + name[len("conc1."):] if name.startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: the dot matches anything
# message: In a regular expression a dot stands for any character, so that `conc10.weight` is renamed as well. A dot that
#   is meant as one is written `\.`.
import re

def fix_keys(sd):
    return {re.sub("^conc1.", "conv1.", name): tensor for name, tensor in sd.items()}

# %% fix_keys wrong: capital letters do not count
# message: You make no difference between capital and small letters. `Conc1.weight` is another name.
def fix_keys(sd):
    return {
        "conv1." + name[len("conc1."):] if name.lower().startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: the first conc1 and a dot
# message: You replace the first `conc1.` wherever it stands. Only a name that *starts* with it is meant.
def fix_keys(sd):
    return {name.replace("conc1.", "conv1.", 1): tensor for name, tensor in sd.items()}

# %% fix_keys wrong: the first conc1
# message: You replace the first `conc1` of a name wherever it stands, in the middle of another word as well.
def fix_keys(sd):
    return {name.replace("conc1", "conv1", 1): tensor for name, tensor in sd.items()}

# %% fix_keys wrong: two names only
# message: You rename `conc1.weight` and `conc1.bias`. The layer may have other entries, and parts of its own: whatever
#   starts with `conc1.` is meant.
def fix_keys(sd):
    new = {"conc1.weight": "conv1.weight", "conc1.bias": "conv1.bias"}
    return {new.get(name, name): tensor for name, tensor in sd.items()}

# %% fix_keys wrong: names of two parts
# message: You rename only names with exactly two parts. `conc1.0.weight` starts with `conc1.` as well.
def fix_keys(sd):
    fixed = {}
    for name, tensor in sd.items():
        parts = name.split(".")
        if len(parts) == 2 and parts[0] == "conc1":
            name = "conv1." + parts[1]
        fixed[name] = tensor
    return fixed

# %% fix_keys wrong: the layer without a dot as well
# message: You rename the entry `conc1` as well. Only a name that starts with `conc1.`, with the dot, is meant.
def fix_keys(sd):
    return {
        ".".join(["conv1" if part == "conc1" and i == 0 else part for i, part in enumerate(name.split("."))]): t
        for name, t in sd.items()
    }

# %% fix_keys wrong: nothing is returned
# message: Your function returns nothing. The new dictionary is asked for.
def fix_keys(sd):
    fixed = {}
    for name, tensor in sd.items():
        if name.startswith("conc1."):
            name = "conv1." + name[len("conc1."):]
        fixed[name] = tensor

# %% fix_keys wrong: a list of pairs
# message: You return a list of names and tensors. A dictionary is asked for.
def fix_keys(sd):
    return [
        ("conv1." + name[len("conc1."):] if name.startswith("conc1.") else name, tensor)
        for name, tensor in sd.items()
    ]

# %% fix_keys wrong: the other way round
# message: You rename `conv1.` to `conc1.`. It is the old name that has the typo.
def fix_keys(sd):
    return {
        "conc1." + name[len("conv1."):] if name.startswith("conv1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: a dot too few
# message: Your new names lack the dot: `conv1weight`. Keep it.
def fix_keys(sd):
    return {
        "conv1" + name[len("conc1."):] if name.startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }

# %% fix_keys wrong: the argument is emptied
# message: You take the entries out of `sd` while you build the new dictionary. Its owner still needs them.
def fix_keys(sd):
    fixed = {}
    for name in list(sd):
        new = "conv1." + name[len("conc1."):] if name.startswith("conc1.") else name
        fixed[new] = sd.pop(name)
    return fixed

# %% fix_keys wrong: the argument gets the new names as well
# message: You put the new names into `sd` as well. It is to stay as it was.
def fix_keys(sd):
    fixed = {
        "conv1." + name[len("conc1."):] if name.startswith("conc1.") else name: tensor
        for name, tensor in sd.items()
    }
    sd.update(fixed)
    return fixed

# %% fix_keys wrong: a prefix is taken off
# message: You take `module.` off the names. Only a name that starts with `conc1.` is changed; all others stay.
def fix_keys(sd):
    new = {}
    for name, tensor in sd.items():
        bare = name.removeprefix("module.")
        new["conv1." + bare[6:] if bare.startswith("conc1.") else name] = tensor
    return new

# %% fix_keys wrong: behind a prefix as well
# message: You rename behind a prefix such as `module.`, too. Only a name that starts with `conc1.` is changed; all
#   others stay.
def fix_keys(sd):
    new = {}
    for name, tensor in sd.items():
        for prefix in ("", "module.", "_orig_mod."):
            if name.startswith(prefix + "conc1."):
                name = prefix + "conv1." + name[len(prefix) + 6:]
        new[name] = tensor
    return new

# %% fix_keys wrong: an empty dictionary itself
# message: Where `sd` is empty you return `sd` itself. A new dictionary is asked for each time.
def fix_keys(sd):
    if not sd:
        return sd
    return {"conv1." + n[6:] if n.startswith("conc1.") else n: t for n, t in sd.items()}

# %% fix_keys wrong: one dictionary for all calls
# message: You fill one and the same dictionary in each call: with the next file, what you returned before changes as
#   well. Make a new one in each call.
def fix_keys(sd, fixed={}):
    fixed.clear()
    for n, t in sd.items():
        fixed["conv1." + n[6:] if n.startswith("conc1.") else n] = t
    return fixed

# %% fix_keys wrong: from tensors to names
# message: You keep one name for each tensor. Where two names stand for the same tensor, one of them is lost.
def fix_keys(sd):
    names = {id(t): n for n, t in sd.items()}
    tensors = {id(t): t for t in sd.values()}
    return {"conv1." + n[6:] if n.startswith("conc1.") else n: tensors[i] for i, n in names.items()}

# %% fix_keys domain
from collections import OrderedDict

def domain(answer, draw):
    firsts = "conc1", "conc1", "conc10", "Conc1", "preconc1", "conc", "fc", "conv2", "conc1_", " conc1", "cоnc1"
    words = "weight", "bias", "conc1", "0", "running_mean", "", "conc1.conc1", "conc1x"
    sd = draw.choice(dict, OrderedDict)()
    for _ in range(draw.integer(0, 6)):
        name = draw.choice(*firsts) + "." * draw.flag(0.8) + ".".join(draw.choice(*words) for _ in range(draw.size(3)))
        sd[name] = draw.choice(*sd.values()) if sd and draw.flag(1 / 4) else draw.tensor(draw.size(3), dtypes=(*draw.FLOATS, torch.int64))
    entries = list(sd.items())
    fixed = answer(sd)
    return {
        "fixed": [(name, next(i for i, (_, t) in enumerate(entries) if t is tensor)) for name, tensor in fixed.items()],
        "another": fixed is not sd,
        "a dictionary": isinstance(fixed, dict),
        "as before": [n == m and t is s for (n, t), (m, s) in zip(sd.items(), entries, strict=True)],
        "numbers": list(fixed.values()),
    }
