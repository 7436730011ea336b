# Known answers of chapter 7. Format: see the docstring of this folder's __init__.py.

# %% param_table right: named_children
def param_table(model):
    return {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}

# %% param_table right: the modules' own tables of parameters
def param_table(model):
    table = {}
    for name, child in model._modules.items():
        found = {id(p): p for module in child.modules() for p in module._parameters.values() if p is not None}
        table[name] = sum(p.numel() for p in found.values())
    return table

# %% param_table right: down by recursion, each tensor once
import math

def param_table(model):
    def count(module, seen):
        own = 0
        for p in module.parameters(recurse=False):
            if p not in seen:
                seen.add(p)
                own += math.prod(p.shape)
        return own + sum(count(child, seen) for child in module.children())

    return {name: count(child, set()) for name, child in model.named_children()}

# %% param_table right: by the first part of each name
def param_table(model):
    table = {name: 0 for name, _ in model.named_children()}
    seen = set()
    for name, parameter in model.named_parameters(remove_duplicate=False):
        child, dot, _ = name.partition(".")
        if dot and (child, id(parameter)) not in seen:
            seen.add((child, id(parameter)))
            table[child] += parameter.nelement()
    return table

# %% param_table right: a loop with a counter
import numpy as np

def param_table(model):
    counts = {}
    for name, child in model.named_children():
        total = 0
        for parameter in child.parameters():
            total += int(np.prod(tuple(parameter.size())))
        counts[name] = total
    return counts

# %% param_table wrong: nothing below the child
# message: With `recurse=False` you see only what belongs to the child itself. Its own children hold the parameters.
def param_table(model):
    return {n: sum(p.numel() for p in c.parameters(recurse=False)) for n, c in model.named_children()}

# %% param_table wrong: every level
# message: You list every module at every level, the model itself included. Asked for are its direct children.
def param_table(model):
    return {n: sum(p.numel() for p in m.parameters()) for n, m in model.named_modules()}

# %% param_table wrong: tensors counted
# message: You count tensors: a weight of four million numbers counts as one. Ask each for its number of elements.
def param_table(model):
    return {n: len(list(c.parameters())) for n, c in model.named_children()}

# %% param_table wrong: children without parameters are missing
# message: `avgpool` has no parameters, and is missing in your table. It belongs there, with 0.
def param_table(model):
    table = {n: sum(p.numel() for p in c.parameters()) for n, c in model.named_children()}
    return {n: count for n, count in table.items() if count}

# %% param_table wrong: buffers counted
# message: You count buffers as well, what a batch normalisation remembers. Asked for are parameters.
def param_table(model):
    return {n: sum(t.numel() for t in c.state_dict().values()) for n, c in model.named_children()}

# %% param_table wrong: frozen parameters left out
# message: You leave out what is frozen. A parameter that does not want a gradient is a parameter all the same.
def param_table(model):
    return {n: sum(p.numel() for p in c.parameters() if p.requires_grad) for n, c in model.named_children()}

# %% param_table wrong: the names of VGG written down
# message: You ask for the three children of a VGG by name. The model may be any: ask it for its own children.
def param_table(model):
    table = {}
    for name in ("features", "avgpool", "classifier"):
        table[name] = sum(p.numel() for p in getattr(model, name).parameters())
    return table

# %% param_table wrong: class names as keys
# message: You take the class of a child for its name. Two children of one class share an entry then: ask the model under
#   which name it holds each.
def param_table(model):
    return {type(c).__name__: sum(p.numel() for p in c.parameters()) for c in model.children()}

# %% param_table wrong: the biases are forgotten
# message: You count the weights and forget the biases. They are parameters, too.
def param_table(model):
    return {
        n: sum(p.numel() for name, p in c.named_parameters() if name.endswith("weight"))
        for n, c in model.named_children()
    }

# %% param_table wrong: tensors instead of ints
# message: Your counts are tensors. Asked for are Python's own whole numbers.
def param_table(model):
    return {
        n: torch.tensor([p.numel() for p in c.parameters()], dtype=torch.int64).sum()
        for n, c in model.named_children()
    }

# %% param_table wrong: pairs and no dictionary
# message: The numbers are right, but you return a list of pairs. Asked for is a dictionary.
def param_table(model):
    return [(n, sum(p.numel() for p in c.parameters())) for n, c in model.named_children()]

# %% param_table wrong: by the first part of each name, without a look at the model's own
# message: What belongs to the model itself is in no child and has no entry. The name of such a parameter has no dot.
def param_table(model):
    table = dict.fromkeys(dict(model.named_children()), 0)
    for name, parameter in model.named_parameters(remove_duplicate=False):
        table[name.split(".")[0]] += parameter.numel()
    return table

# %% param_table wrong: a shared tensor in one child only
# message: Of two children that hold one tensor only the first has it in your table: `named_parameters()` of the whole model
#   names each tensor once. Ask each child for itself.
def param_table(model):
    table = dict.fromkeys(dict(model.named_children()), 0)
    for name, parameter in model.named_parameters():
        if "." in name:
            table[name.split(".")[0]] += parameter.numel()
    return table

# %% param_table wrong: a shared tensor several times
# message: A tensor or a layer that a child holds in two places is counted twice in your table. It is one parameter: count it
#   once.
def param_table(model):
    def count(module):
        own = sum(p.numel() for p in module.parameters(recurse=False))
        return own + sum(count(child) for child in module.children())

    return {name: count(child) for name, child in model.named_children()}

# %% param_table wrong: the model's own parameters as entries
# message: Your table has entries for parameters of the model itself. Asked for are its children only.
def param_table(model):
    table = {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
    for name, parameter in model.named_parameters(recurse=False):
        table[name] = parameter.numel()
    return table

# %% param_table wrong: a model without children has an entry
# message: A single layer has no children, and so an empty table. Yours has an entry for the layer itself.
def param_table(model):
    table = {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
    return table or {"": sum(p.numel() for p in model.parameters())}

# %% param_table wrong: rows times columns
# message: You multiply the first two sizes of each parameter. A kernel has four, and a bias one: `numel()` counts any shape.
def param_table(model):
    def count(p):
        return p.shape[0] * p.shape[1] if p.dim() > 1 else p.shape[0]

    return {name: sum(count(p) for p in child.parameters()) for name, child in model.named_children()}

# %% param_table wrong: a parameter without an axis
# message: Your count fails for a parameter that is a single number, without an axis. It counts as 1.
def param_table(model):
    def count(p):
        total = len(p)
        for size in p.shape[1:]:
            total *= size
        return total

    return {name: sum(count(p) for p in child.parameters()) for name, child in model.named_children()}

# %% param_table wrong: only what is called weight or bias
# message: You count what is called `weight` or `bias`. A parameter can have any name: ask for `parameters()`.
def param_table(model):
    return {
        n: sum(p.numel() for name, p in c.named_parameters() if name.endswith(("weight", "bias")))
        for n, c in model.named_children()
    }

# %% param_table wrong: two levels and no more
# message: You look at a child and at its own children. What lies deeper is not counted.
def param_table(model):
    table = {}
    for name, child in model.named_children():
        parts = [child, *child.children()]
        own = {id(p): p for part in parts for p in part.parameters(recurse=False)}
        table[name] = sum(p.numel() for p in own.values())
    return table

# %% param_table wrong: the total as well
# message: Your table has one entry more than the model has children. Asked for are the children, and no total.
def param_table(model):
    table = {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
    return {**table, "total": sum(table.values())}

# %% param_table wrong: everything is thawed
# message: The table is right, but you change which parameters are frozen. The model is to stay as it was.
def param_table(model):
    model.requires_grad_(True)
    return {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}

# %% param_table wrong: put into evaluation mode
# message: The table is right, but the model is left in evaluation mode. Counting needs no mode.
def param_table(model):
    model.eval()
    return {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}

# %% param_table wrong: innermost modules
# message: You list the innermost modules, at whatever level. Asked for are the direct children, with all that is below them.
def param_table(model):
    return {n: sum(p.numel() for p in m.parameters()) for n, m in model.named_modules() if not list(m.children())}

# %% param_table wrong: bytes
# message: You count bytes. Each number of the parameters takes several.
def param_table(model):
    return {n: sum(p.nbytes for p in c.parameters()) for n, c in model.named_children()}

# %% param_table wrong: not a whole number
# message: Your counts are decimals, such as 8352.0. Asked for are whole numbers, of the type `int`.
def param_table(model):
    return {n: float(sum(p.numel() for p in c.parameters())) for n, c in model.named_children()}

# %% param_table right: numpy's numbers made Python's
import numpy as np

def param_table(model):
    return {n: int(np.sum([np.prod(p.shape) for p in c.parameters()])) for n, c in model.named_children()}

# %% param_table wrong: numbers of numpy's type
# message: The numbers are right, but they are numpy's. Asked for is Python's own `int`: `int(...)` makes one, and `numel()`
#   returns one.
import numpy as np

def param_table(model):
    return {n: np.sum([p.numel() for p in c.parameters()], dtype=np.int64) for n, c in model.named_children()}

# %% param_table wrong: numbers as names
# message: Where a name is a number, such as "0" in a `Sequential`, you make an `int` of it. Every name is a `str`.
def param_table(model):
    counts = {n: sum(p.numel() for p in c.parameters()) for n, c in model.named_children()}
    return {int(n) if n.isdigit() else n: count for n, count in counts.items()}

# %% param_table wrong: names in small letters
# message: You write all names in small letters. A name is to stay as it is; two can differ in this alone.
def param_table(model):
    return {n.lower(): sum(p.numel() for p in c.parameters()) for n, c in model.named_children()}

# %% param_table wrong: names with an underscore left out
# message: You leave out children whose name begins with an underscore. Children may have any name.
def param_table(model):
    return {n: sum(p.numel() for p in c.parameters()) for n, c in model.named_children() if n[0] != "_"}

# %% param_table wrong: what lies in memory
# message: You count what lies in memory. A parameter can use a part of that, every second number for instance: count its elements.
def param_table(model):
    def count(p):
        return p.untyped_storage().nbytes() // p.element_size()

    return {name: sum(count(p) for p in child.parameters()) for name, child in model.named_children()}

# %% param_table wrong: whole numbers left out
# message: You leave out parameters whose dtype is a whole number. They are parameters, too.
def param_table(model):
    return {n: sum(p.numel() for p in c.parameters() if p.is_floating_point()) for n, c in model.named_children()}

# %% param_table wrong: an attribute on the children
# message: The table is right, but you write an attribute on modules of the model and leave it there.
def param_table(model):
    for child in model.children():
        child.count = sum(p.numel() for p in child.parameters())
    return {name: child.count for name, child in model.named_children()}

# %% param_table wrong: gradients cleared
# message: The table is right, but the gradients that the parameters had are gone. The model was to stay as it was.
def param_table(model):
    model.zero_grad()
    return {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}

# %% param_table domain
def domain(answer, draw):
    a, b = draw.size(6), draw.integer(2, 6)
    layer = nn.Linear(b, b, bias=draw.flag())

    def part():
        norm = nn.BatchNorm2d(b, affine=draw.flag())
        deep = nn.Sequential(nn.Sequential(nn.ReLU(), nn.Sequential(draw.choice(layer, nn.Linear(a, b)))), norm)
        words = nn.ModuleDict({"a": nn.Embedding(a, b), "b": nn.Linear(b, a, bias=draw.flag())})
        odd = nn.ParameterList([torch.zeros(()), torch.zeros(a, 1, b, 1, 2, dtype=torch.float64)])
        row = nn.ModuleList([layer, nn.Linear(b, b), layer])
        convolution = nn.Conv2d(a, b, draw.size(3), bias=draw.flag())
        return draw.choice(deep, words, odd, row, convolution, nn.GRU(a, b), nn.PReLU(), nn.Dropout())

    parts = {f"{word}{i}": part() for i, word in enumerate(["conv.", "weight", "total", "Größe "][: draw.integer(0, 4)])}
    parts = {name.replace(".", "_"): child for name, child in parts.items()}
    whole = nn.Module()
    for name, child in parts.items():
        whole.add_module(name, child)
    if draw.flag():
        whole.register_parameter("scale", nn.Parameter(torch.ones(a, b)))
        whole.register_buffer("seen", torch.ones(a))
    model = draw.choice(whole, nn.Sequential(*dict.fromkeys(parts.values())), nn.ModuleDict(parts), layer, nn.ReLU())
    if draw.flag():
        for inner in model.modules():
            if isinstance(inner, nn.Linear) and inner.weight.shape == layer.weight.shape:
                inner.weight = layer.weight
    draw.module(model)
    if draw.flag():
        for inner in list(model.modules())[1:]:
            inner.register_parameter("empty", nn.Parameter(torch.zeros(0, a)))
            inner.register_parameter("none", None)
            counts = torch.ones(a, dtype=torch.int64)
            inner.register_parameter("counts", nn.Parameter(counts, requires_grad=False))
    return answer(model)

# %% build_vgg16 right: num_classes
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=n_classes)

# %% build_vgg16 right: the last layer replaced
def build_vgg16(n_classes):
    model = torchvision.models.vgg16()
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n_classes)
    return model

# %% build_vgg16 right: by its name
def build_vgg16(n_classes):
    return torchvision.models.get_model("vgg16", weights=None, num_classes=n_classes)

# %% build_vgg16 right: the class itself
from torchvision.models.vgg import VGG, cfgs, make_layers

def build_vgg16(n_classes):
    return VGG(make_layers(cfgs["D"]), num_classes=n_classes)

# %% build_vgg16 right: a lazy last layer
def build_vgg16(n_classes):
    model = torchvision.models.vgg16()
    *others, _ = model.classifier
    model.classifier = nn.Sequential(*others, nn.LazyLinear(n_classes))
    return model

# %% build_vgg16 right: the old way, with its warnings caught
import warnings

def build_vgg16(n_classes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torchvision.models.vgg16(pretrained=False, num_classes=n_classes)

# %% build_vgg16 wrong: pretrained=False
# message: `pretrained=` is the old way and warns, twice. Today one says `weights=None`.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(pretrained=False, num_classes=n_classes)

# %% build_vgg16 wrong: trained weights
# message: `weights="DEFAULT"` downloads 528 MiB of trained weights. Asked for is an untrained network.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights="DEFAULT", progress=False)
    model.classifier[6] = nn.Linear(4096, n_classes)
    return model

# %% build_vgg16 wrong: trained weights and another number of classes
# message: Trained weights come with a thousand outputs and with no other number, so torchvision refuses. Asked for is an
#   untrained network.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights="DEFAULT", num_classes=n_classes)

# %% build_vgg16 wrong: a thousand outputs left
# message: Your network still has its 1,000 outputs: `n_classes` is not used.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None)

# %% build_vgg16 wrong: only the label is changed
# message: You changed `out_features`, which is what the printout shows. The weight still has 1,000 rows.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None)
    model.classifier[6].out_features = n_classes
    return model

# %% build_vgg16 wrong: a layer appended
# message: You appended a layer behind the thousand outputs. Asked for is VGG16 with another number of outputs, 32 tensors in
#   all.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None)
    model.classifier.append(nn.Linear(1000, n_classes))
    return model

# %% build_vgg16 wrong: a layer beside
# message: You added a layer to the model, next to the classifier. It is registered there; what comes out are still a thousand
#   numbers.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None)
    model.add_module("add_linear", nn.Linear(1000, n_classes))
    return model

# %% build_vgg16 wrong: VGG11
# message: This is a VGG, but not the one with sixteen layers that learn.
def build_vgg16(n_classes):
    return torchvision.models.vgg11(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: with batch normalisation
# message: `vgg16_bn` has a batch normalisation after each convolution, which VGG16 has not.
def build_vgg16(n_classes):
    return torchvision.models.vgg16_bn(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: the tiny one
# message: `tiny_vgg` is this course's small stand-in. Asked for is torchvision's VGG16, in its full size.
def build_vgg16(n_classes):
    return tiny_vgg(num_classes=n_classes)

# %% build_vgg16 wrong: always on the meta device
# message: You put the network on the meta device yourself. Whoever wants to train it would get one without numbers: leave the
#   device to the caller.
def build_vgg16(n_classes):
    with torch.device("meta"):
        return torchvision.models.vgg16(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: nothing is returned
# message: You build the network and return nothing.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: VGG19
# message: This is a VGG with other layers than VGG16 has.
def build_vgg16(n_classes):
    return torchvision.models.vgg19(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: ten classes always
# message: Your network always has ten outputs: `n_classes` is not used.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=10)

# %% build_vgg16 wrong: one output too many
# message: Your network has one output more than was asked for.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=n_classes + 1)

# %% build_vgg16 wrong: another dropout
# message: The layers are those of VGG16 but for `Dropout`, which has another probability than torchvision gives it, or is missing.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=n_classes, dropout=0.2)

# %% build_vgg16 wrong: no bias in the last layer
# message: The last layer of your network has no bias; VGG16's has one.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None)
    model.classifier[6] = nn.Linear(4096, n_classes, bias=False)
    return model

# %% build_vgg16 wrong: a softmax at the end
# message: Your network ends in a softmax. VGG16 returns scores; nothing is to be added.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None, num_classes=n_classes)
    model.classifier.append(nn.Softmax(dim=1))
    return model

# %% build_vgg16 wrong: the features are frozen
# message: You froze a part of the network. As torchvision makes it, every parameter can be trained.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None, num_classes=n_classes)
    model.features.requires_grad_(False)
    return model

# %% build_vgg16 wrong: half precision
# message: Your network is not in float32.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=n_classes).half()

# %% build_vgg16 wrong: one network for all
# message: Two calls return one and the same network, or networks that share layers. Each call is to build a new one.
import functools

@functools.cache
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: always on the CPU
# message: You choose the device yourself. The caller does, from outside.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=n_classes).to_empty(device="cpu")

# %% build_vgg16 wrong: moved to the CPU
# message: You move the network to a device, and choose one by that. On the meta device there is nothing to move: leave the device
#   to the caller.
def build_vgg16(n_classes):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torchvision.models.vgg16(weights=None, num_classes=n_classes).to(device)

# %% build_vgg16 wrong: all warnings silenced
# message: No warning comes, but you silence all warnings from then on, everybody's. With `weights=None` there is none to silence.
import warnings

def build_vgg16(n_classes):
    warnings.simplefilter("ignore")
    return torchvision.models.vgg16(pretrained=False, num_classes=n_classes)

# %% build_vgg16 wrong: a random seed
# message: The network is right, but you set a random seed, and with it everybody's random numbers from then on.
def build_vgg16(n_classes):
    torch.manual_seed(0)
    return torchvision.models.vgg16(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: a default dtype
# message: The network is right, but you leave another default dtype behind.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None, num_classes=n_classes)
    torch.set_default_dtype(torch.float64)
    return model

# %% build_vgg16 wrong: a default device
# message: The network is right, but you set a default device, and everybody's tensors lie there from then on.
def build_vgg16(n_classes):
    torch.set_default_device("meta")
    return torchvision.models.vgg16(weights=None, num_classes=n_classes)

# %% build_vgg16 wrong: trained weights are tried first
# message: You ask for trained weights, and make an untrained network only where there are none. Asked for is an untrained one.
def build_vgg16(n_classes):
    try:
        model = torchvision.models.vgg16(weights="DEFAULT")
    except Exception:
        model = torchvision.models.vgg16(weights=None)
    model.classifier[6] = nn.Linear(4096, n_classes)
    return model

# %% build_vgg16 wrong: in evaluation mode
# message: Your network is in evaluation mode. As torchvision makes it, it is in training mode.
def build_vgg16(n_classes):
    return torchvision.models.vgg16(weights=None, num_classes=n_classes).eval()

# %% build_vgg16 wrong: the features in evaluation mode
# message: A part of your network is in evaluation mode. As torchvision makes it, all of it is in training mode.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None, num_classes=n_classes)
    model.features.eval()
    return model

# %% build_vgg16 wrong: a softmax in a hook
# message: Its layers are right, but your network has a hook, or a `forward` that is not VGG's: it computes something else
#   than VGG16.
def build_vgg16(n_classes):
    model = torchvision.models.vgg16(weights=None, num_classes=n_classes)
    model.register_forward_hook(lambda module, args, scores: scores.softmax(dim=1))
    return model

# %% build_vgg16 domain
def domain(answer, draw):
    n, pictures = draw.size(1500), draw.size(3)
    other_n = draw.choice(n, draw.size(9))
    with torch.device("meta"):
        model, other = answer(n), answer(other_n)
        outputs = [model(torch.empty(pictures, 3, 32, 32)), other(torch.empty(1, 3, 224, 224))]
    shared = {id(part) for part in model.modules()} & {id(part) for part in other.modules()}
    return {
        "outputs": [tuple(output.shape) for output in outputs],
        "layers": [[(name, str(part)) for name, part in net.features.named_children()] for net in (model, other)],
        "classifier": [str(net.classifier) for net in (model, other)],
        "parameters": [(tuple(p.shape), str(p.dtype), p.requires_grad, p.is_meta) for p in model.parameters()],
        "a VGG": isinstance(model, torchvision.models.VGG),
        "shared": len(shared),
    }

# %% is_used right: a forward hook
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        hook.remove()
        for module, mode in modes.items():
            module.training = mode
    return bool(seen)

# %% is_used right: a pre-hook on a copy
import copy

def is_used(model, name, x):
    twin = copy.deepcopy(model).eval()
    used = False

    def mark(module, args):
        nonlocal used
        used = True

    dict(twin.named_modules())[name].register_forward_pre_hook(mark)
    twin(x)
    return used

# %% is_used right: one hook for all modules there are
from torch.nn.modules.module import register_module_forward_hook

def is_used(model, name, x):
    wanted = dict(model.named_modules())[name]
    modes = [(module, module.training) for module in model.modules()]
    ran = set()
    handle = register_module_forward_hook(lambda module, args, output: ran.add(module))
    model.eval()(x)
    handle.remove()
    for module, mode in modes:
        module.train(mode) if not list(module.children()) else setattr(module, "training", mode)
    return wanted in ran

# %% is_used right: a forward of its own for a while
import copy

def is_used(model, name, x):
    twin = copy.deepcopy(model).eval()
    part = twin.get_submodule(name)
    old, calls = part.forward, []

    def forward(*args, **kwargs):
        calls.append(name)
        return old(*args, **kwargs)

    part.forward = forward
    with torch.no_grad():
        twin(x)
    return len(calls) != 0

# %% is_used right: a forward of its own for a while, on the model itself
def is_used(model, name, x):
    part = model.get_submodule(name)
    calls, old = [], part.forward

    def forward(*args, **kwargs):
        calls.append(1)
        return old(*args, **kwargs)

    modes = {module: module.training for module in model.modules()}
    part.forward = forward
    try:
        model.eval()
        with torch.no_grad():
            model(x)
    finally:
        part.forward = old
        for module, mode in modes.items():
            module.training = mode
    return len(calls) >= 1

# %% is_used right: in the mode in which it is, on a copy
import copy

def is_used(model, name, x):
    twin = copy.deepcopy(model)
    seen = set()
    for inner, module in twin.named_modules():
        module.register_forward_pre_hook(lambda m, args, inner=inner: seen.add(inner))
    with torch.no_grad():
        twin(x)
    return name in seen

# %% is_used right: it stops as soon as it knows
class Ran(Exception):
    pass

def is_used(model, name, x):
    def stop(module, args):
        raise Ran

    modes = [(module, module.training) for module in model.modules()]
    handle = model.get_submodule(name).register_forward_pre_hook(stop)
    model.eval()
    try:
        with torch.no_grad():
            model(x)
    except Ran:
        return True
    finally:
        handle.remove()
        for module, mode in modes:
            module.training = mode
    return False

# %% is_used right: the statistics are put back
def is_used(model, name, x):
    counter = {"calls": 0}

    def count(module, args, output):
        counter["calls"] += 1

    saved = {key: value.clone() for key, value in model.state_dict().items()}
    handle = model.get_submodule(name).register_forward_hook(count)
    with torch.inference_mode():
        model(x)
    handle.remove()
    model.load_state_dict(saved)
    return counter["calls"] > 0

# %% is_used wrong: looked up in named_modules
# message: Your answer is True for every module that is registered, as in the printout. Whether it runs, only a call can tell,
#   and only a hook on that very module.
def is_used(model, name, x):
    return name in dict(model.named_modules())

# %% is_used wrong: looked up in the state_dict
# message: You look for the name in the state_dict. There are the parameters of modules that never run, and modules without
#   parameters are missing.
def is_used(model, name, x):
    return any(key.startswith(name + ".") for key in model.state_dict())

# %% is_used wrong: forward instead of a call
# message: You call `forward` of the module yourself, or ask whether it works. Whether *model(x)* calls it is the question.
def is_used(model, name, x):
    try:
        with torch.no_grad():
            model.get_submodule(name).forward(x)
        return True
    except Exception:
        return False

# %% is_used wrong: a name of the hook's own
# message: Your answer is False for every module. Where a hook says `used = True` it makes a new name that ends with the hook, and
#   the one outside stays False: append to a list, or say `nonlocal`.
def is_used(model, name, x):
    used = False

    def mark(module, args, output):
        used = True

    hook = model.get_submodule(name).register_forward_hook(mark)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return used

# %% is_used wrong: a name with dots given to getattr
# message: `getattr` knows no dots: "classifier.6" is two steps. A module has a method that walks them.
def is_used(model, name, x):
    seen = []
    hook = getattr(model, name).register_forward_hook(lambda m, a, o: seen.append(m))
    with torch.no_grad():
        model(x)
    hook.remove()
    return bool(seen)

# %% is_used wrong: a part counts for the whole
# message: You count a module as used when something inside it runs. A `ModuleList` whose members are called is itself never
#   called.
import copy

def is_used(model, name, x):
    twin = copy.deepcopy(model).eval()
    ran = []
    for inner, module in twin.named_modules():
        module.register_forward_hook(lambda m, a, o, inner=inner: ran.append(inner))
    twin(x)
    return any(inner == name or inner.startswith(name + ".") for inner in ran)

# %% is_used wrong: a number of calls
# message: You return how often it ran. Asked for is a `bool`: whether it ran at all.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return len(seen)

# %% is_used wrong: the hook stays
# message: The answers are right, but a hook of yours is still there and fires at every later call. Remove it.
def is_used(model, name, x):
    seen = []
    model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: left in evaluation mode
# message: The answers are right, but the model is left in evaluation mode.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    return bool(seen)

# %% is_used wrong: always back to training
# message: The answers are right, but you end with `model.train()`, whatever the mode was before.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    model.eval()
    with torch.no_grad():
        model(x)
    model.train()
    hook.remove()
    return bool(seen)

# %% is_used wrong: one mode for all
# message: The answers are right, but `train(mode)` gives a module and all below it one mode. Where some were training and others
#   not, they are no longer as they were; `module.training = mode` sets one alone.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    mode = model.training
    model.eval()
    with torch.no_grad():
        model(x)
    model.train(mode)
    hook.remove()
    return bool(seen)

# %% is_used wrong: the statistics have moved
# message: The answers are right, but you ran the model in training mode, and its batch normalisations have counted your
#   input.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    with torch.no_grad():
        model(x)
    hook.remove()
    return bool(seen)

# %% is_used wrong: gradients as proof
# message: You look whether a gradient arrives. Layers without parameters never get one, and your `backward` changes the
#   gradients that were there.
def is_used(model, name, x):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    model.zero_grad()
    model(x).sum().backward()
    for module, mode in modes:
        module.training = mode
    return any(p.grad is not None for p in model.get_submodule(name).parameters())

# %% is_used wrong: once and no more
# message: A module that runs several times is unused by your answer. Once or more is the question.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return len(seen) == 1

# %% is_used wrong: every second call takes it back
# message: A module that runs twice is unused by your answer, and one that runs three times is used: each call turns the answer
#   over.
def is_used(model, name, x):
    used = False

    def turn(module, args, output):
        nonlocal used
        used = not used

    hook = model.get_submodule(name).register_forward_hook(turn)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return used

# %% is_used wrong: None in place of False
# message: Where the module does not run you return nothing, that is None. Asked for is a `bool`: say `return False`.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    if seen:
        return True

# %% is_used wrong: the list itself
# message: You return the list of what was called. Asked for is a `bool`: is there anything in it?
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(name))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return seen

# %% is_used wrong: innermost modules only
# message: You look at innermost modules only. A `Sequential` that is called runs, too.
import copy

def is_used(model, name, x):
    twin = copy.deepcopy(model).eval()
    ran = set()
    for inner, module in twin.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda m, a, o, inner=inner: ran.add(inner))
    with torch.no_grad():
        twin(x)
    return name in ran

# %% is_used wrong: another module of its class
# message: Your answer is True for a module that does not run while another of its class does. Only a call of this very module
#   counts.
import copy

def is_used(model, name, x):
    twin = copy.deepcopy(model).eval()
    wanted, ran = type(twin.get_submodule(name)), []
    for module in twin.modules():
        module.register_forward_hook(lambda m, a, o: ran.append(type(m)))
    with torch.no_grad():
        twin(x)
    return wanted in ran

# %% is_used wrong: the output without its numbers
# message: You change the parameters of the module and look whether the output changes. Modules without parameters run, too, and
#   tensors can be shared with a module that does not.
import copy

def is_used(model, name, x):
    def numbers(output):
        return torch.cat([part.flatten() for part in output]) if isinstance(output, tuple) else output

    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        before = twin(x)
        for parameter in twin.get_submodule(name).parameters():
            parameter.add_(1)
        after = twin(x)
    if isinstance(before, tuple):
        before, after = before[0][0], after[0][0]
    return not torch.equal(before, after)

# %% is_used wrong: the tensors of the module are asked
# message: You ask whether the tensors of the module are used. A module that never runs can share them with one that does, and
#   some modules have none.
import copy

def is_used(model, name, x):
    twin = copy.deepcopy(model).eval()
    wanted = {id(p) for p in twin.get_submodule(name).parameters()}
    ran = set()

    def note(module, args, output):
        ran.update(id(p) for p in module.parameters(recurse=False))

    for module in twin.modules():
        module.register_forward_hook(note)
    with torch.no_grad():
        twin(x)
    return bool(wanted & ran)

# %% is_used wrong: decimals in place of whole numbers
# message: You make decimals of the input. A model that takes whole numbers, for an embedding, stops there.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x.float())
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: the output has to be a tensor
# message: You calculate with what the model returns. It may return a tuple; that it was called is enough.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x).sum()
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: a gradient for the input
# message: You ask a gradient of the input. Whole numbers have none, and an input that wants one is not as it was.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    model(x.requires_grad_())
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: the modes of direct children only
# message: The answers are right, but modules further down are left in another mode: you note the modes of the direct children and
#   no others. `modules()` goes all the way down.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(child, child.training) for child in model.children()]
    own = model.training
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for child, mode in modes:
        child.train(mode)
    model.training = own
    return bool(seen)

# %% is_used wrong: all hooks are cleared
# message: The answers are right, but you remove all hooks of the module, those of others as well. Remove your own by its handle.
def is_used(model, name, x):
    seen = []
    part = model.get_submodule(name)
    part.register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    part._forward_hooks.clear()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: gradients cleared
# message: The answers are right, but the gradients that the parameters had are gone.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    model(x)
    model.zero_grad()
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: statistics set to the start
# message: The answers are right, but you set the running statistics back to their start. They were other numbers before.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    with torch.no_grad():
        model(x)
    hook.remove()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._NormBase):
            module.reset_running_stats()
    return bool(seen)

# %% is_used wrong: parameters frozen
# message: The answers are right, but the parameters of the model no longer want gradients. `torch.no_grad()` would do.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval().requires_grad_(False)
    model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: gradients left switched off
# message: The answers are right, but you leave gradients switched off for everybody. `with torch.no_grad():` ends by itself.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: gradients left switched on
# message: The answers are right, but where gradients were switched off you leave them switched on. `with torch.no_grad():` puts
#   back what was.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    model(x)
    torch.set_grad_enabled(True)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: a forward of its own stays
# message: The answers are right, but the module keeps the `forward` that you gave it. Put the old one back.
def is_used(model, name, x):
    part = model.get_submodule(name)
    calls, old = [], part.forward

    def forward(*args, **kwargs):
        calls.append(1)
        return old(*args, **kwargs)

    modes = {module: module.training for module in model.modules()}
    part.forward = forward
    model.eval()
    with torch.no_grad():
        model(x)
    for module, mode in modes.items():
        module.training = mode
    return bool(calls)

# %% is_used wrong: all hooks write one name
# message: All your hooks write down one name, the last: a function made in a loop reads the variable when it runs, not when it was
#   made. `name=name` among its parameters keeps each its own, as in section 3.
def is_used(model, name, x):
    ran, handles = set(), []
    for inner, module in model.named_modules():
        handles.append(module.register_forward_hook(lambda *_: ran.add(inner)))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    for module, mode in modes:
        module.training = mode
    return name in ran

# %% is_used wrong: a random seed
# message: The answers are right, but you set a random seed, and with it everybody's random numbers from then on.
def is_used(model, name, x):
    torch.manual_seed(0)
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: a hook on all modules stays
# message: The answers are right, but your hook on all modules there are is still there. Remove it by its handle.
from torch.nn.modules.module import register_module_forward_hook

def is_used(model, name, x):
    wanted = model.get_submodule(name)
    modes = [(module, module.training) for module in model.modules()]
    ran = set()
    register_module_forward_hook(lambda module, args, output: ran.add(module))
    model.eval()
    with torch.no_grad():
        model(x)
    for module, mode in modes:
        module.training = mode
    return wanted in ran

# %% is_used right: its own forward is taken away again
def is_used(model, name, x):
    part = model.get_submodule(name)
    calls, old = [], part.forward

    def forward(*args, **kwargs):
        calls.append(1)
        return old(*args, **kwargs)

    modes = {module: module.training for module in model.modules()}
    part.forward = forward
    model.eval()
    with torch.no_grad():
        model(x)
    del part.forward
    for module, mode in modes.items():
        module.training = mode
    return bool(calls)

# %% is_used right: a hook that knows of keywords
def is_used(model, name, x):
    wanted, ran = model.get_submodule(name), set()
    modes = [(module, module.training) for module in model.modules()]
    for module, _ in modes:
        module.training = False
    with torch.inference_mode():
        handle = wanted.register_forward_hook(lambda m, a, k, o: ran.add(m), with_kwargs=True, always_call=True)
        model(x)
        handle.remove()
    for module, mode in modes:
        module.train(mode) if module is wanted and not list(module.children()) else setattr(module, "training", mode)
    return wanted in ran

# %% is_used wrong: the shape of what comes out
# message: Your hook asks for the shape of what the module returns. A module may return a tuple, which has none; that it was called
#   is enough.
def is_used(model, name, x):
    shapes = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: shapes.append(o.shape))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(shapes)

# %% is_used wrong: the first argument
# message: Your hook looks at the first of the module's arguments. A module that is called by keyword has none there; that it was
#   called is enough.
def is_used(model, name, x):
    shapes = []
    hook = model.get_submodule(name).register_forward_pre_hook(lambda m, a: shapes.append(a[0].shape))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(shapes)

# %% is_used wrong: zeros in place of x
# message: You call the model with zeros of the shape of `x`. What runs may depend on the numbers: the question is about `x` itself.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(torch.zeros_like(x))
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: half precision for what has decimals
# message: You round the numbers of `x`, or change them otherwise, before the model sees them. What runs may depend on the numbers: the
#   question is about `x` itself.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x.half().to(x.dtype))
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: the first row of x
# message: You call the model with the first row of `x` alone. What runs may depend on the numbers: the question is about all of `x`.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x[:1])
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: forward of the model in place of the call
# message: You call `model.forward(x)`, which leaves out the hooks on the model. A hook can call modules, too, and `model(x)` runs it.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model.forward(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: the end of the name
# message: You compare the ends of names: a module counts as used where another runs whose name ends as its own does. Compare whole
#   names, or put the hook on this very module.
def is_used(model, name, x):
    ran, handles = set(), []
    for inner, module in model.named_modules():
        handles.append(module.register_forward_hook(lambda m, a, o, inner=inner: ran.add(inner)))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    for module, mode in modes:
        module.training = mode
    return any(inner.endswith(name) for inner in ran)

# %% is_used wrong: a Sequential calls all it holds
# message: You take it that a `Sequential` that runs calls all it holds. A class that is made from it can have a `forward` of its own
#   that calls some of them.
def is_used(model, name, x):
    ran, handles = set(), []
    for inner, module in model.named_modules():
        handles.append(module.register_forward_hook(lambda m, a, o, inner=inner: ran.add(inner)))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    for module, mode in modes:
        module.training = mode
    around = name.rpartition(".")[0]
    return name in ran or (around in ran and isinstance(model.get_submodule(around), nn.Sequential))

# %% is_used wrong: float32 for all
# message: You make float32 of `x` where it has decimals. A model in float64 stops there.
def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x.float() if x.is_floating_point() else x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return bool(seen)

# %% is_used wrong: a bool of numpy
# message: You return numpy's kind of True and False. Asked for is Python's own type: `bool(...)`.
import numpy as np

def is_used(model, name, x):
    seen = []
    hook = model.get_submodule(name).register_forward_hook(lambda m, a, o: seen.append(m))
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return np.bool_(len(seen) > 0)

# %% is_used wrong: an attribute on the modules
# message: The answers are right, but something that you wrote on modules or changed there, an attribute or the `forward` of a class,
#   is left.
def is_used(model, name, x):
    for module in model.modules():
        module.was_called = False

    def mark(module, args, output):
        module.was_called = True

    part = model.get_submodule(name)
    hook = part.register_forward_hook(mark)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        model(x)
    hook.remove()
    for module, mode in modes:
        module.training = mode
    return part.was_called

# %% is_used domain
import inspect

def domain(answer, draw):
    answer = inspect.unwrap(answer)  # a forward that is put back is no trace
    class Net(nn.Module):
        """Parts of many kinds; ``plan`` says which forward calls, goes through, or leaves alone."""

        def __init__(self, size, whole_numbers):
            super().__init__()
            self.table = nn.Embedding(9, size) if whole_numbers else nn.Linear(size, size)
            inner = nn.Sequential(nn.Linear(size, size), nn.Sequential(nn.ReLU(), nn.BatchNorm1d(size)), nn.Dropout())
            self.rows = nn.ModuleList([inner, nn.Sequential(nn.Tanh()), nn.Linear(size, size), nn.Identity()])
            self.named = nn.ModuleDict({"features": nn.Linear(size, size), "b": nn.Sequential(), "c": nn.LayerNorm(size)})
            self.plan = [draw.choice(0, 1, 1, 2, "through", "if") for _ in range(7)]
            self.kind = draw.choice("tensor", "tuple", "dict", "none")

        def forward(self, x):
            first = x.flatten()[0] > 0
            x = self.table(x)
            parts = [*self.rows, *self.named.values()]
            for part, times in zip(parts, self.plan):
                if times == "if":  # what is called depends on the numbers
                    x = part(x) if first else x
                elif times == "through":
                    for layer in part.children():
                        x = layer(x)
                else:
                    for _ in range(times):
                        x = part(input=x) if isinstance(part, nn.Linear) else part(x)
            return {"tensor": x, "tuple": (x, [x]), "dict": {"x": x}, "none": None}[self.kind]

    size, count = draw.size(4), draw.integer(2, 4)
    whole_numbers = draw.flag(1 / 3)
    dtype = draw.choice(*draw.FLOATS)
    net = Net(size, whole_numbers).to(dtype)
    if draw.flag():  # tensors of one that runs in one that does not
        net.rows[2].weight = net.named["features"].weight
    if draw.flag(1 / 3):  # a module in two places
        net.named["c"] = net.rows[1]
    inside = draw.flag(1 / 3)
    model = draw.module(nn.Sequential(net) if inside else net)
    x = draw.labels(count, 9) if whole_numbers else draw.tensor(count, size, dtypes=(dtype,))
    if not whole_numbers and draw.flag(1 / 4):
        x = x.clone().requires_grad_()
    for parameter in model.parameters():
        if draw.flag():
            parameter.grad = torch.ones_like(parameter)
    calls = []
    hooks = {"register_forward_hook": lambda *_: calls.append(1), "register_forward_pre_hook": lambda *_: None}
    for name, hook in hooks.items():
        getattr(draw.choice(*model.modules()), name)(hook)
    names = [name for name, _ in model.named_modules() if name]
    old = [(part, part.training, len(part._forward_hooks), len(part._forward_pre_hooks)) for part in model.modules()]
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    answers = [answer(model, name, x) for name in names]
    new = [(part, part.training, len(part._forward_hooks), len(part._forward_pre_hooks)) for part in model.modules()]
    return {
        "answers": dict(zip(names, answers)),
        "parts as before": old == new,
        "state as before": all(torch.equal(state[name], t) for name, t in model.state_dict().items()),
        "gradients": [p.grad is None or bool((p.grad == 1).all()) for p in model.parameters()],
        "frozen": [p.requires_grad for p in model.parameters()],
        "of the input": x.grad is None,
    }

# %% replace_head right: in_features of the old layer
def replace_head(model, n=10):
    width = model.classifier[6].in_features
    model.classifier[6] = nn.Linear(width, n)
    return model

# %% replace_head right: the width of the weight, set by name
def replace_head(model, n=10):
    old = model.classifier.get_submodule("6")
    setattr(model.classifier, "6", nn.Linear(old.weight.shape[1], n))
    return model

# %% replace_head right: the other layers in a new Sequential
def replace_head(model, n=10):
    *others, old = model.classifier
    model.classifier = nn.Sequential(*others, nn.Linear(old.in_features, n))
    return model

# %% replace_head right: a lazy layer
def replace_head(model, n=10):
    model.classifier[-1] = nn.LazyLinear(n)
    return model

# %% replace_head right: popped and appended
def replace_head(model, n=10):
    old = model.classifier.pop(6)
    model.classifier.append(nn.Linear(old.in_features, out_features=n, bias=True))
    return model

# %% replace_head right: the width of the layer before
def replace_head(model, n=10):
    width = [layer for layer in model.classifier if isinstance(layer, nn.Linear)][-2].out_features
    head = nn.Linear(width, n)
    nn.init.normal_(head.weight, 0, 0.01)
    nn.init.zeros_(head.bias)
    model.classifier._modules["6"] = head
    return model

# %% replace_head wrong: 4096 hard-coded
# message: You wrote 4096, the width of VGG16. Other VGGs are narrower; the old layer knows how wide it was.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(4096, n)
    return model

# %% replace_head wrong: 32 hard-coded
# message: You wrote 32, the width of this one tiny VGG. Others are wider or narrower; the old layer knows how wide it was.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(32, n)
    return model

# %% replace_head wrong: appended behind the old head
# message: You appended a layer behind the old one. The old head, with its thousand outputs, is to go.
def replace_head(model, n=10):
    model.classifier.append(nn.Linear(model.classifier[6].out_features, n))
    return model

# %% replace_head wrong: the whole classifier is replaced
# message: You replaced the whole classifier, and threw its other layers away with all they had learned. Only the last one is to
#   be new.
def replace_head(model, n=10):
    width, hidden = model.classifier[0].in_features, model.classifier[6].in_features
    model.classifier = nn.Sequential(
        nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, n),
    )
    return model

# %% replace_head wrong: a classifier of one layer
# message: You put one layer in the place of the whole classifier. The six layers before the last are to stay.
def replace_head(model, n=10):
    model.classifier = nn.Linear(model.classifier[0].in_features, n)
    return model

# %% replace_head wrong: only out_features is changed
# message: You changed `out_features`. That is a label: the weight has as many rows as before. Make a new layer.
def replace_head(model, n=10):
    model.classifier[6].out_features = n
    return model

# %% replace_head wrong: only a name is changed
# message: You made a new layer and gave it a name of your own; the model still holds the old one. Put it where the old one
#   stands.
def replace_head(model, n=10):
    head = model.classifier[6]
    head = nn.Linear(head.in_features, n)
    return model

# %% replace_head wrong: the old weight cut to size
# message: You cut the old weight down to `n` rows. The layer still says that it has a thousand, and it begins with what was
#   learned for the first classes of the old task. Make a new layer.
def replace_head(model, n=10):
    head = model.classifier[6]
    head.weight = nn.Parameter(head.weight[:n].detach().clone())
    head.bias = nn.Parameter(head.bias[:n].detach().clone())
    return model

# %% replace_head wrong: inputs and outputs swapped
# message: Your new layer takes `n` numbers and returns as many as the old one took. The inputs come first.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(n, model.classifier[6].in_features)
    return model

# %% replace_head wrong: a softmax at the end
# message: Your new head ends in a softmax. Asked for is the linear layer alone: the loss of chapter 5 wants scores, and takes the
#   softmax itself.
def replace_head(model, n=10):
    model.classifier[6] = nn.Sequential(nn.Linear(model.classifier[6].in_features, n), nn.Softmax(dim=1))
    return model

# %% replace_head wrong: n is ignored
# message: Your new head always has ten outputs: `n` is not used.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, 10)
    return model

# %% replace_head wrong: nothing is returned
# message: The model is edited, but your function returns nothing.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)

# %% replace_head wrong: a head without bias
# message: Your new layer has no bias; the old one had one, and so should this.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n, bias=False)
    return model

# %% replace_head wrong: a copy of the model
# message: You edit a copy. The other layers are to stay the same objects, and the model that was given is to be the one that
#   comes back.
import copy

def replace_head(model, n=10):
    model = copy.deepcopy(model)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model

# %% replace_head wrong: the old layer where n is what it was
# message: Where the old layer has `n` outputs already, you leave it. Asked for is a new one all the same.
def replace_head(model, n=10):
    old = model.classifier[6]
    if old.out_features != n:
        model.classifier[6] = nn.Linear(old.in_features, n)
    return model

# %% replace_head wrong: the old numbers in a new layer
# message: The new layer is the old one, or holds rows of the old one, what was learned for classes of the old task. Make a
#   new one.
def replace_head(model, n=10):
    old = model.classifier[6]
    model.classifier[6] = nn.Linear(old.in_features, n)
    with torch.no_grad():
        k = min(n, old.out_features)
        model.classifier[6].weight[:k] = old.weight[:k]
        model.classifier[6].bias[:k] = old.bias[:k]
    return model

# %% replace_head wrong: n has to be said
# message: Your function wants `n` to be given. Where nothing is said there are ten outputs.
def replace_head(model, n):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model

# %% replace_head wrong: the width of what enters the classifier
# message: Your new layer is as wide as what enters the classifier. It stands at the end: how wide is what the last layer gets?
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[0].in_features, n)
    return model

# %% replace_head wrong: the classifier is returned
# message: You return the classifier. Asked for is the whole model.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model.classifier

# %% replace_head wrong: the dropout goes with it
# message: The new layer is in its place, but the `Dropout` layers are gone. All other layers are to stay.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    model.classifier[2] = nn.Identity()
    model.classifier[5] = nn.Identity()
    return model

# %% replace_head wrong: other names
# message: The layers of your classifier have other names than before: they were called "0" to "6".
from collections import OrderedDict

def replace_head(model, n=10):
    names = ("first", "relu1", "drop1", "second", "relu2", "drop2", "head")
    layers = [*list(model.classifier)[:6], nn.Linear(model.classifier[6].in_features, n)]
    model.classifier = nn.Sequential(OrderedDict(zip(names, layers)))
    return model

# %% replace_head wrong: the new layer is frozen
# message: Your new layer is frozen: it could never be trained.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n).requires_grad_(False)
    return model

# %% replace_head wrong: the other layers are frozen
# message: The new layer is right, but you froze the others. Nothing else was to change.
def replace_head(model, n=10):
    model.requires_grad_(False)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model

# %% replace_head wrong: everything is thawed
# message: The new layer is right, but you thawed what somebody had frozen before. Nothing else was to change.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model.requires_grad_(True)

# %% replace_head wrong: left in evaluation mode
# message: The new layer is right, but the model is left in evaluation mode. Nothing else was to change.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model.eval()

# %% replace_head wrong: gradients cleared
# message: The new layer is right, but the gradients that the others had are gone. Nothing else was to change.
def replace_head(model, n=10):
    model.zero_grad()
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model

# %% replace_head wrong: one head for all models
# message: Two models that you edit get one and the same new layer. Make a new one in each call.
HEADS = {}

def replace_head(model, n=10):
    width = model.classifier[6].in_features
    model.classifier[6] = HEADS.setdefault((width, n), nn.Linear(width, n))
    return model

# %% replace_head wrong: the others start anew
# message: The new layer is right, but the other layers have lost their numbers. They were to keep what they had learned.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return model

# %% replace_head wrong: one dropout too few
# message: Your classifier has a layer less than before. Only the last one is to be replaced; the others stay.
def replace_head(model, n=10):
    width = model.classifier[6].in_features
    model.classifier = nn.Sequential(*list(model.classifier)[:-2], nn.Linear(width, n))
    return model

# %% replace_head wrong: all into training mode
# message: The new layer is right, but you put modules into training mode that were in evaluation mode. Nothing else was to change.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model.train()

# %% replace_head wrong: the width of the first hidden layer
# message: You take the width of the first hidden layer. The last layer gets what the second one returns, which may be of another
#   width.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[0].out_features, n)
    return model

# %% replace_head wrong: frozen where the old one was
# message: Where the old last layer was frozen, so is your new one. The new layer is to be trained.
def replace_head(model, n=10):
    old = model.classifier[6]
    model.classifier[6] = nn.Linear(old.in_features, n).requires_grad_(old.weight.requires_grad)
    return model

# %% replace_head wrong: the bias is frozen
# message: The bias of your new layer is frozen. All of the layer is to be trained.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    model.classifier[6].bias.requires_grad_(False)
    return model

# %% replace_head wrong: an attribute on the model
# message: The new layer is right, but you write an attribute on the model, or change one of another layer's. Nothing else was to
#   change.
def replace_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    model.num_classes = n
    return model

# %% replace_head wrong: the old layer is kept beside
# message: The new layer is right, but the old one is still a part of the model, under another name. It was to be replaced.
def replace_head(model, n=10):
    model.old_head = model.classifier[6]
    model.classifier[6] = nn.Linear(model.old_head.in_features, n)
    return model

# %% replace_head wrong: features in a new Sequential
# message: The last layer is right, but `features` is another object than before. Only the last layer was to be replaced.
def replace_head(model, n=10):
    model.features = nn.Sequential(*model.features)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model

# %% replace_head wrong: a class of its own
# message: Your new layer is of a class of your own. Asked for is an `nn.Linear`.
class Linear(nn.Linear):
    def forward(self, x):
        return super().forward(x)

def replace_head(model, n=10):
    model.classifier[6] = Linear(model.classifier[6].in_features, n)
    return model

# %% replace_head domain
from torchvision.models.vgg import make_layers

def a_vgg(draw):
    with torch.device("meta"):
        model = torchvision.models.VGG(nn.Identity(), init_weights=False)
    model.features = make_layers([2, "M", 2, "M", 4, "M", 2, "M"], batch_norm=draw.flag(1 / 4))
    first, second, n = draw.size(20), draw.size(20), draw.choice(10, 7, 1, 1000)
    drop = draw.choice(0.0, 0.5)
    front = nn.Linear(98, first), nn.ReLU(True), nn.Dropout(drop), nn.Linear(first, second), nn.ReLU(True)
    model.classifier = nn.Sequential(*front, nn.Dropout(drop), nn.Linear(second, n, bias=draw.flag(0.8)))
    draw.module(model)
    for parameter in model.parameters():
        if draw.flag():
            parameter.grad = torch.ones_like(parameter)
    return model, n

def domain(answer, draw):
    found = []
    for i in range(draw.integer(1, 2)):
        model, before = a_vgg(draw)
        old = dict(model.named_modules())
        facts = {name: part.training for name, part in old.items() if not list(part.children())}
        wanted = {id(p): p.requires_grad for p in model.parameters()}
        numbers = {id(p): (p, p.detach().clone(), p.grad is None) for p in model.parameters()}
        head = model.classifier[6]
        n = draw.choice(1, before, draw.size(12))
        with torch.set_grad_enabled(draw.flag(0.8)):
            edited = answer(model, *([n] if draw.flag(0.8) else []))
        x = draw.tensor(draw.size(3), 3, 32, 32, dtypes=(torch.float32,), values=("normal",), memory=False)
        modes = {name: edited.get_submodule(name).training for name in facts if name != "classifier.6"}
        edited.eval()(x)
        new = edited.classifier[6]
        fresh = all(p is not q for p in new.parameters() for q in head.parameters())
        rows = min(len(new.weight), len(head.weight))
        kept = {id(p) for p in edited.parameters()} & set(wanted)
        probes.fill(new, f"corners/head{i}")
        found.append({
            "the model itself": edited is model,
            "new layer": [type(new).__name__, str(new), [p.requires_grad for p in new.parameters()], fresh],
            "old numbers": torch.equal(new.weight[:rows], head.weight[:rows]),
            "names": [name for name, _ in edited.named_modules()],
            "the same": [old[name] is edited.get_submodule(name) for name in modes],
            "modes": modes,
            "frozen": [p.requires_grad for p in edited.parameters()],
            "untouched": [torch.equal(p, n) and (p.grad is None) == g for k, (p, n, g) in numbers.items() if k in kept],
            "output": edited(x),
        })
    return found

# %% freeze_features right: a loop
def freeze_features(model):
    for parameter in model.features.parameters():
        parameter.requires_grad = False
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features right: the module's own method
def freeze_features(model):
    model.features.requires_grad_(False)
    return list(filter(lambda p: p.requires_grad, model.parameters()))

# %% freeze_features right: by the names
def freeze_features(model):
    trainable = []
    for name, parameter in model.named_parameters():
        if name.startswith("features."):
            parameter.requires_grad_(False)
        elif parameter.requires_grad:
            trainable.append(parameter)
    return trainable

# %% freeze_features right: layer by layer, down to each layer's own
def freeze_features(model):
    for layer in model.features.modules():
        for parameter in layer.parameters(recurse=False):
            parameter.requires_grad_(False)
    frozen = {id(parameter) for parameter in model.features.parameters()}
    still = [parameter for parameter in model.parameters() if id(parameter) not in frozen]
    return [parameter for parameter in still if parameter.requires_grad]

# %% freeze_features right: detached in place
def freeze_features(model):
    trainable = []
    for parameter in model.features.parameters():
        parameter.detach_()
    for _, parameter in model.named_parameters():
        if parameter.requires_grad:
            trainable += [parameter]
    return trainable

# %% freeze_features right: by getattr
def freeze_features(model):
    for parameter in getattr(model, "features").parameters():
        setattr(parameter, "requires_grad", False)
    return sorted((p for p in model.parameters() if p.requires_grad), key=lambda p: p.numel())

# %% freeze_features wrong: an attribute of the module
# message: Nothing is frozen: the parameters of the features still want gradients, and are in your list. `requires_grad` has to be
#   set on each parameter; on a module it is a new attribute that nobody reads.
def freeze_features(model):
    model.features.requires_grad = False
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: everything is frozen
# message: You froze the classifier as well, so there is nothing left to train.
def freeze_features(model):
    for parameter in model.parameters():
        parameter.requires_grad = False
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: the biases are forgotten
# message: You froze the weights of the features and forgot the biases. Freeze every parameter.
def freeze_features(model):
    for name, parameter in model.features.named_parameters():
        if name.endswith("weight"):
            parameter.requires_grad = False
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: the first layer only
# message: You froze the first convolution of the features. Freeze all of them.
def freeze_features(model):
    for parameter in model.features[0].parameters():
        parameter.requires_grad = False
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: eval freezes nothing
# message: `eval()` changes how dropout and batch normalisation behave. The parameters still get gradients.
def freeze_features(model):
    model.features.eval()
    return list(model.classifier.parameters())

# %% freeze_features wrong: frozen, and put into evaluation mode
# message: The features are frozen, and you also put them into evaluation mode. The mode is another matter: it was to stay as it
#   was.
def freeze_features(model):
    model.features.eval().requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: all parameters are returned
# message: The features are frozen, but you return them as well. Asked for are the parameters that can still be trained.
def freeze_features(model):
    model.features.requires_grad_(False)
    return list(model.parameters())

# %% freeze_features wrong: only the optimizer is spared
# message: You return the right list, but nothing is frozen: the gradients of the features are still computed, and whoever makes
#   another optimizer trains them.
def freeze_features(model):
    return list(model.classifier.parameters())

# %% freeze_features wrong: the head only
# message: You return the last layer only. The other layers of the classifier can be trained as well.
def freeze_features(model):
    model.features.requires_grad_(False)
    return list(model.classifier[6].parameters())

# %% freeze_features wrong: the whole classifier, frozen or not
# message: You return every parameter of the classifier. One that somebody froze before cannot be trained, and does not belong
#   in the list.
def freeze_features(model):
    model.features.requires_grad_(False)
    return list(model.classifier.parameters())

# %% freeze_features wrong: the classifier is thawed
# message: You freeze all and then switch the classifier on again, and with it what somebody had frozen there before. Freeze the
#   features and touch nothing else.
def freeze_features(model):
    model.requires_grad_(False)
    model.classifier.requires_grad_(True)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: no list
# message: What you return can be gone through once: the second time it is empty. Asked for is a list.
def freeze_features(model):
    model.features.requires_grad_(False)
    return (p for p in model.parameters() if p.requires_grad)

# %% freeze_features wrong: names instead of parameters
# message: You return the names. An optimizer wants the parameters themselves.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [name for name, p in model.named_parameters() if p.requires_grad]

# %% freeze_features wrong: convolutions only
# message: You freeze the convolutions. Other layers of the features learn as well, batch normalisation for instance.
def freeze_features(model):
    for layer in model.features.modules():
        if isinstance(layer, nn.Conv2d):
            layer.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: fifteen layers
# message: You freeze a certain number of layers. Features may have more of them, or fewer: go through those that there are.
def freeze_features(model):
    for i in range(15):
        model.features[i].requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: the first eight parameters
# message: You freeze as many parameters as the tiny VGG has in its features. Others have more, or fewer.
def freeze_features(model):
    for parameter in list(model.parameters())[:8]:
        parameter.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: not below the layers
# message: You freeze what belongs to the layers of the features themselves. Features can be nested: what lies deeper still learns.
def freeze_features(model):
    for layer in model.features:
        for parameter in layer.parameters(recurse=False):
            parameter.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: only what is called weight or bias
# message: You freeze what is called `weight` or `bias`. A layer can have parameters of other names.
def freeze_features(model):
    for layer in model.features.modules():
        for name in ("weight", "bias"):
            if getattr(layer, name, None) is not None:
                getattr(layer, name).requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: whatever begins with that name
# message: You freeze a further part whose name begins with "features", too. Asked for is what is in `model.features`.
def freeze_features(model):
    for name, parameter in model.named_parameters():
        if name.startswith("features"):
            parameter.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: further parts are missing
# message: You return what can be trained in the classifier. A model may have further parts: ask all of its parameters.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [p for p in model.classifier.parameters() if p.requires_grad]

# %% freeze_features wrong: the right list, nothing frozen
# message: You return the right list, but nothing is frozen: the features still want gradients, and whoever makes another optimizer
#   trains them.
def freeze_features(model):
    return [p for n, p in model.named_parameters() if p.requires_grad and not n.startswith("features.")]

# %% freeze_features wrong: a layer used twice
# message: Where a layer is used in two places its parameters are in your list twice. An optimizer wants each once.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [p for _, p in model.named_parameters(remove_duplicate=False) if p.requires_grad]

# %% freeze_features wrong: a tuple
# message: You return a tuple. Asked for is a list.
def freeze_features(model):
    model.features.requires_grad_(False)
    return tuple(p for p in model.parameters() if p.requires_grad)

# %% freeze_features wrong: copies
# message: What you return are no parameters of the model: copies, or other tensors with their numbers. An optimizer that gets
#   them does not train the model.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [nn.Parameter(p.detach().clone()) for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: what is frozen is returned
# message: You return the frozen parameters. Asked for are those that can still be trained.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [p for p in model.parameters() if not p.requires_grad]

# %% freeze_features wrong: nothing is returned
# message: You return nothing. Asked for is the list of what can still be trained.
def freeze_features(model):
    model.features.requires_grad_(False)

# %% freeze_features wrong: thawed behind the list
# message: The list is right, but what somebody had frozen outside the features is thawed.
def freeze_features(model):
    model.features.requires_grad_(False)
    trainable = [p for p in model.parameters() if p.requires_grad]
    for name, parameter in model.named_parameters():
        if not name.startswith("features."):
            parameter.requires_grad_(True)
    return trainable

# %% freeze_features wrong: all into training mode
# message: The features are frozen, but you put modules into training mode that were in evaluation mode.
def freeze_features(model):
    model.train()
    model.features.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: gradients cleared
# message: The features are frozen, but the gradients that there were are gone. Nothing else was to change.
def freeze_features(model):
    model.zero_grad()
    model.features.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: gradients left switched off
# message: You leave gradients switched off for everybody (`torch.set_grad_enabled(False)`), so that nothing can be trained.
def freeze_features(model):
    torch.set_grad_enabled(False)
    model.features.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: a set
# message: You return a set. Asked for is a list.
def freeze_features(model):
    model.features.requires_grad_(False)
    return {p for p in model.parameters() if p.requires_grad}

# %% freeze_features wrong: a filter
# message: What you return can be gone through once: the second time it is empty. `list(filter(...))` makes a list of it.
def freeze_features(model):
    model.features.requires_grad_(False)
    return filter(lambda p: p.requires_grad, model.parameters())

# %% freeze_features wrong: groups of parameters
# message: You return groups, as an optimizer keeps them. Asked for is a list of the parameters.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [{"params": [p for p in model.parameters() if p.requires_grad]}]

# %% freeze_features wrong: turned over
# message: What was frozen in the features before wants gradients now: you turn each `requires_grad` over. Set it to False.
def freeze_features(model):
    for parameter in model.features.parameters():
        parameter.requires_grad = not parameter.requires_grad
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: gone through like a Sequential
# message: You go through `model.features` as one goes through a `Sequential`. It may be a module of another class, which cannot be
#   gone through: ask it for its parameters.
def freeze_features(model):
    for layer in model.features:
        layer.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: the layers in the features, and not the features
# message: You freeze the layers in `model.features`. It may have parameters of its own beside them, which you leave out.
def freeze_features(model):
    for layer in model.features.children():
        layer.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: a tensor of two layers listed twice
# message: A tensor that two layers share stands twice in your list. Each parameter is to be there once.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [p for m in model.modules() for p in m.parameters(recurse=False) if p.requires_grad]

# %% freeze_features right: whatever the gradient mode
def freeze_features(model):
    def freeze(module):
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad = False

    with torch.no_grad():
        model.features.apply(freeze)
        found = {id(p): p for m in model.modules() for p in m.parameters(recurse=False) if p.requires_grad}
    return list(found.values())

# %% freeze_features wrong: an attribute on the modules
# message: The features are frozen, but you write an attribute on modules of the model, or change one there, and leave it.
def freeze_features(model):
    model.features.requires_grad_(False)
    model.features.frozen = True
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: statistics stopped as well
# message: The features are frozen, but you change settings of the batch normalisation as well. How it counts was to stay as it was.
def freeze_features(model):
    model.features.requires_grad_(False)
    for module in model.features.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.0
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: equal numbers taken for one parameter
# message: Of two parameters with equal numbers you list one. They are two: whether a parameter is in the list already is a question
#   of the object, not of its numbers.
def freeze_features(model):
    model.features.requires_grad_(False)
    found = []
    for p in model.parameters():
        if p.requires_grad and not any(torch.equal(p, q) for q in found):
            found.append(p)
    return found

# %% freeze_features wrong: a single number left out
# message: You leave out a parameter that is a single number, without an axis. It can be trained, too.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad and p.dim() > 0]

# %% freeze_features wrong: frozen behind the list
# message: Your list holds parameters that you freeze afterwards: a further part shares a tensor with the features. Freeze first, then ask
#   every parameter whether it still wants a gradient.
def freeze_features(model):
    names = {p: n for n, p in model.named_parameters(remove_duplicate=False)}
    trainable = [p for p, n in names.items() if p.requires_grad and not n.startswith("features.")]
    model.features.requires_grad_(False)
    return trainable

# %% freeze_features wrong: every part of that name
# message: You freeze whatever lies in a module called "features", also one deep down in another part. Asked for is `model.features`.
def freeze_features(model):
    for name, parameter in model.named_parameters():
        if "features" in name.split("."):
            parameter.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: what belongs to the model itself is missing
# message: You ask the children of the model for their parameters. The model can have some of its own beside them, and children can share
#   one: ask `model.parameters()`.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [p for child in model.children() for p in child.parameters() if p.requires_grad]

# %% freeze_features wrong: gradients left switched on
# message: Where gradients were switched off for everybody you leave them switched on. What wants a gradient is asked without it.
def freeze_features(model):
    torch.set_grad_enabled(True)
    model.features.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad]

# %% freeze_features wrong: buffers in the list
# message: You list buffers as well, what a batch normalisation remembers. An optimizer wants parameters only.
def freeze_features(model):
    model.features.requires_grad_(False)
    return [p for p in model.parameters() if p.requires_grad] + list(model.buffers())

# %% freeze_features domain
from torchvision.models.vgg import make_layers

def domain(answer, draw):
    with torch.device("meta"):
        model = torchvision.models.VGG(nn.Identity(), init_weights=False)
    width = draw.integer(1, 4)
    convolution = nn.Conv2d(width, width, 1, bias=draw.flag())
    odd = nn.Sequential(nn.Sequential(nn.PReLU(width), nn.GroupNorm(1, width)), convolution, nn.Sequential(convolution))
    odd.register_parameter("scale", nn.Parameter(torch.ones(())))
    deep = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width, affine=draw.flag()), odd)
    rows = make_layers([2, "M", width], batch_norm=draw.flag())
    model.features = draw.choice(deep, rows, nn.Identity(), nn.Conv2d(3, width, 3), nn.ModuleList([deep, rows]))
    front = nn.Linear(8, width), nn.ReLU(), nn.Dropout(), nn.Linear(width, width), nn.ReLU(), nn.Dropout()
    model.classifier = nn.Sequential(*front, nn.Linear(width, draw.size(4)))
    if draw.flag(1 / 3):
        model.classifier[3] = nn.Sequential(model.classifier[3], nn.ReLU(), model.classifier[3])
    if draw.flag(1 / 3):
        model.features_too = nn.Sequential(nn.Linear(width, 2), nn.BatchNorm1d(2))
    if draw.flag(1 / 3):
        model.register_parameter(draw.choice("temperature", "features_scale"), nn.Parameter(torch.ones(3)))
        model.avgpool = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.PReLU())
    if draw.flag(1 / 4):  # a tensor of the features elsewhere, too
        model.classifier[6].weight = next(model.features.parameters(), model.classifier[6].weight)
    draw.module(model)
    for parameter in model.parameters():
        if draw.flag():
            parameter.grad = torch.ones_like(parameter)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    modes = {name: part.training for name, part in model.named_modules()}
    numbers = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    graded = [parameter.grad is None for parameter in model.parameters()]
    returned = answer(model)
    return {
        "type": type(returned).__name__,
        "returned": sorted(names.get(id(p), "not in the model") for p in returned),
        "wanting a gradient": [(name, p.requires_grad) for name, p in model.named_parameters()],
        "the same": {id(p) for p in model.parameters()} == set(names),
        "modes": {name: part.training for name, part in model.named_modules()} == modes,
        "numbers": all(torch.equal(numbers[name], tensor) for name, tensor in model.state_dict().items()),
        "gradients": [p.grad is None for p in model.parameters()] == graded,
    }

# %% new_head_optimizer right: swap, then build
def new_head_optimizer(model, n, lr):
    head = nn.Linear(model.classifier[6].in_features, n)
    model.classifier[6] = head
    opt = torch.optim.SGD(head.parameters(), lr=lr)
    return model, opt

# %% new_head_optimizer right: a list of two parameters
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].weight.size(1), n)
    new = model.classifier[6]
    return model, torch.optim.SGD([{"params": [new.weight, new.bias]}], lr=lr)

# %% new_head_optimizer right: the others frozen, too
def new_head_optimizer(model, n, lr):
    model.requires_grad_(False)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return model, torch.optim.SGD(trainable, lr)

# %% new_head_optimizer right: a group for the weight and one for the bias
def new_head_optimizer(model, n, lr):
    *others, old = model.classifier
    model.classifier = nn.Sequential(*others, nn.Linear(old.in_features, n, bias=True))
    groups = [{"params": [parameter]} for parameter in model.classifier[-1].parameters()]
    return model, torch.optim.SGD(groups, lr=lr, momentum=0, weight_decay=0)

# %% new_head_optimizer right: the optimizer told of the new layer
def new_head_optimizer(model, n, lr):
    opt = torch.optim.SGD(model.classifier[6].parameters(), lr=lr)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    opt.param_groups.clear()
    opt.add_param_group({"params": list(model.classifier[6].parameters())})
    return model, opt

# %% new_head_optimizer right: the last two parameters
def new_head_optimizer(model, n, lr):
    setattr(model.classifier, "6", nn.Linear(model.classifier[3].out_features, n))
    return [model, torch.optim.SGD(list(model.parameters())[-2:], lr=lr)]

# %% new_head_optimizer wrong: the optimizer comes first
# message: Your optimizer was built before the swap and still holds the old layer, which is no longer in the model. Nothing that
#   runs is trained.
def new_head_optimizer(model, n, lr):
    opt = torch.optim.SGD(model.classifier[6].parameters(), lr=lr)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, opt

# %% new_head_optimizer wrong: the old layer is still held
# message: The new layer is trained, but your optimizer still holds the old one as well, which is no longer in the model.
def new_head_optimizer(model, n, lr):
    opt = torch.optim.SGD(model.classifier[6].parameters(), lr=lr)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    opt.add_param_group({"params": model.classifier[6].parameters()})
    return model, opt

# %% new_head_optimizer wrong: another learning rate
# message: The learning rate is not the one that was asked for: `lr` does not reach the optimizer.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters())

# %% new_head_optimizer wrong: with momentum
# message: Your first step is right and the second is not: the optimizer has momentum. Asked for is plain SGD.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr, momentum=0.9)

# %% new_head_optimizer wrong: Adam
# message: You took Adam. Asked for is SGD.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.Adam(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: the whole classifier is trained
# message: Your optimizer trains the whole classifier. Only the new layer is to change.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier.parameters(), lr=lr)

# %% new_head_optimizer wrong: everything is trained
# message: Your optimizer trains the whole network, features included. Only the new layer is to change.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.parameters(), lr=lr)

# %% new_head_optimizer wrong: everything is held, and the rest frozen
# message: You froze the rest, so a step changes the new layer only; but your optimizer holds the whole network, and trains what
#   somebody thaws later. Give it the new layer's parameters alone.
def new_head_optimizer(model, n, lr):
    model.requires_grad_(False)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.parameters(), lr=lr)

# %% new_head_optimizer wrong: the new layer is frozen, too
# message: You froze the model after the swap, and the new layer with it. Nothing is left that wants a gradient.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    model.requires_grad_(False)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: the weight without the bias
# message: Your optimizer trains the weight of the new layer and forgets its bias.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD([model.classifier[6].weight], lr=lr)

# %% new_head_optimizer wrong: 4096 hard-coded
# message: You wrote 4096, the width of VGG16. This VGG is narrower; the old layer knows how wide it was.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(4096, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: no new layer
# message: The optimizer trains the last layer, but that is still the old one, with its thousand outputs: `n` is not used.
def new_head_optimizer(model, n, lr):
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: the wrong way round
# message: You return the optimizer first and the model second. The other way round, please.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return torch.optim.SGD(model.classifier[6].parameters(), lr=lr), model

# %% new_head_optimizer wrong: only the optimizer is returned
# message: You return the optimizer alone. Asked for are two things: the model and the optimizer.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: ten outputs always
# message: Your new layer always has ten outputs: `n` is not used.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, 10)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: 32 hard-coded
# message: You wrote 32, the width of the tiny VGG of this chapter. Others are wider or narrower; the old layer knows how wide it
#   was.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(32, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: no bias
# message: Your new layer has no bias. Asked for is one with a bias.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n, bias=False)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: a copy of the model
# message: The model that you return is not the one that was given: that one keeps its old head, and your optimizer trains another.
import copy

def new_head_optimizer(model, n, lr):
    model = copy.deepcopy(model)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: a layer appended
# message: You put the new layer behind the old head. It was to take its place.
def new_head_optimizer(model, n, lr):
    model.classifier.append(nn.Linear(model.classifier[6].out_features, n))
    return model, torch.optim.SGD(model.classifier[7].parameters(), lr=lr)

# %% new_head_optimizer wrong: the new layer is not in the model
# message: Your optimizer holds a new layer that the model does not know: it was never put in the place of the old one.
def new_head_optimizer(model, n, lr):
    head = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(head.parameters(), lr=lr)

# %% new_head_optimizer wrong: what wants a gradient
# message: Your optimizer holds every parameter that wants a gradient. Where nothing was frozen before that is the whole network.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr)

# %% new_head_optimizer wrong: one learning rate for all
# message: The learning rate is a number of your own: `lr` is not used.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=0.1)

# %% new_head_optimizer wrong: weight decay
# message: Your optimizer has weight decay, which draws the numbers towards zero. Asked for is plain SGD.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr, weight_decay=1e-4)

# %% new_head_optimizer wrong: uphill
# message: Your optimizer makes the loss larger: it has `maximize=True`.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr, maximize=True)

# %% new_head_optimizer wrong: the bias learns faster
# message: Weight and bias have different learning rates. Asked for is `lr` for both.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    head = model.classifier[6]
    return model, torch.optim.SGD([{"params": [head.weight]}, {"params": [head.bias], "lr": 2 * lr}], lr=lr)

# %% new_head_optimizer wrong: AdamW
# message: You took AdamW. Asked for is SGD.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.AdamW(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: one head for all models
# message: Two models that you edit get one and the same new layer, and training one of them trains the other. Make a new layer in
#   each call.
HEADS = {}

def new_head_optimizer(model, n, lr):
    width = model.classifier[6].in_features
    model.classifier[6] = HEADS.setdefault((width, n), nn.Linear(width, n))
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: left in evaluation mode
# message: Model and optimizer are right, but modules of the model are left in another mode. Nothing else was to change.
def new_head_optimizer(model, n, lr):
    model.eval()
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: a random seed
# message: Model and optimizer are right, but you set a random seed, and with it everybody's random numbers from then on.
def new_head_optimizer(model, n, lr):
    torch.manual_seed(0)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: everything is thawed
# message: Model and optimizer are right, but you thawed what somebody had frozen before. Nothing else was to change.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    model.requires_grad_(True)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: gradients cleared
# message: Model and optimizer are right, but the gradients that there were are gone. Nothing else was to change.
def new_head_optimizer(model, n, lr):
    model.zero_grad()
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: the dropout goes with it
# message: Model and optimizer are right, but other layers of the model are not the same as before. Nothing else was to change.
def new_head_optimizer(model, n, lr):
    model.classifier[5] = nn.Identity()
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: the width of the first hidden layer
# message: You take the width of the first hidden layer. The last layer gets what the second one returns, which may be of another
#   width.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[0].out_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: kept where the number agrees
# message: Where the old layer happens to have `n` outputs already, you keep it, with what it has learned. The head is to be a
#   new layer.
def new_head_optimizer(model, n, lr):
    if model.classifier[6].out_features != n:
        model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer right: the rates in the groups
def new_head_optimizer(model, n, lr):
    model.classifier[-1] = nn.Linear(model.classifier[-1].in_features, n)
    groups = [{"params": [p], "lr": lr, "momentum": 0.0} for p in model.classifier[-1].parameters()]
    return model, torch.optim.SGD(groups, lr=1)

# %% new_head_optimizer right: named parameters
def new_head_optimizer(model, n, lr):
    width = model.classifier.pop(6).in_features
    model.classifier.append(nn.Linear(width, n))
    return model, torch.optim.SGD(model.classifier[6].named_parameters(), lr=lr)

# %% new_head_optimizer wrong: copies are held
# message: Your optimizer holds copies of the new parameters, or other tensors with their numbers. What is in the model is never
#   trained.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    copies = [nn.Parameter(p.detach().clone()) for p in model.classifier[6].parameters()]
    return model, torch.optim.SGD(copies, lr=lr)

# %% new_head_optimizer wrong: a large rate is cut
# message: Where `lr` is large you take a smaller one. The optimizer is to have `lr` itself.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=min(lr, 2.0))

# %% new_head_optimizer wrong: a small rate is raised
# message: Where `lr` is small you take a larger one. The optimizer is to have `lr` itself.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=max(lr, 0.05))

# %% new_head_optimizer wrong: the old numbers in a new layer
# message: The new layer is the old one, or holds rows of the old one. Make a new one.
def new_head_optimizer(model, n, lr):
    old = model.classifier[6]
    model.classifier[6] = nn.Linear(old.in_features, n)
    k = min(n, old.out_features)
    with torch.no_grad():
        model.classifier[6].weight[:k] = old.weight[:k]
        model.classifier[6].bias[:k] = old.bias[:k]
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: frozen where the old one was
# message: Where the old last layer was frozen, so is your new one, and a step changes nothing. The new layer is to be trained.
def new_head_optimizer(model, n, lr):
    wanted = model.classifier[6].weight.requires_grad
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n).requires_grad_(wanted)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: an attribute on the model
# message: Model and optimizer are right, but you write an attribute on the model, or change one of another layer's. Nothing else was
#   to change.
def new_head_optimizer(model, n, lr):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    model.optimizer = torch.optim.SGD(model.classifier[6].parameters(), lr=lr)
    return model, model.optimizer

# %% new_head_optimizer wrong: the old layer is kept beside
# message: The new layer is right, but the old one is still a part of the model, under another name. It was to be replaced.
def new_head_optimizer(model, n, lr):
    model.old_head = model.classifier[6]
    model.classifier[6] = nn.Linear(model.old_head.in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer wrong: all hooks are cleared
# message: Model and optimizer are right, but the hooks of others are gone. Nothing else was to change.
def new_head_optimizer(model, n, lr):
    for module in model.modules():
        module._forward_hooks.clear()
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model, torch.optim.SGD(model.classifier[6].parameters(), lr=lr)

# %% new_head_optimizer domain
import inspect

from torchvision.models.vgg import make_layers

def a_vgg(draw):
    with torch.device("meta"):
        model = torchvision.models.VGG(nn.Identity(), init_weights=False)
    model.features = make_layers([2, "M", 2, "M", 4, "M", 2, "M"])
    first, second, n = draw.size(20), draw.size(20), draw.choice(10, 7, 1, 1000)
    front = nn.Linear(98, first), nn.ReLU(True), nn.Dropout(0.0), nn.Linear(first, second), nn.ReLU(True)
    model.classifier = nn.Sequential(*front, nn.Dropout(0.0), nn.Linear(second, n))
    draw.module(model)
    for parameter in model.parameters():
        if draw.flag():
            parameter.grad = torch.ones_like(parameter)
    return model

def domain(answer, draw):
    answer = inspect.unwrap(answer)  # to freeze the others is allowed
    made = []
    for i in range(draw.integer(1, 2)):
        model = a_vgg(draw)
        old = dict(model.named_modules())
        modes = {name: part.training for name, part in old.items() if name != "classifier.6"}
        graded = {name: p.grad is not None for name, p in model.named_parameters() if "classifier.6" not in name}
        n, lr = draw.size(12), draw.choice(draw.real(0, 1), 1, 2.0**-10)
        result = answer(model, n, lr)
        edited, opt = result
        facts = {
            "the model itself": edited is model,
            "the same": [old[name] is edited.get_submodule(name) for name in modes if name != "classifier"],
            "modes": {name: edited.get_submodule(name).training for name in modes if name != "classifier"},
            "gradients": {name: edited.get_parameter(name).grad is not None for name in graded} == graded,
            "head": [str(edited.classifier[6]), [p.requires_grad for p in edited.classifier[6].parameters()]],
        }
        made.append((edited, opt, facts))
    found = []
    for i, (edited, opt, facts) in enumerate(made):
        probes.fill(edited.classifier[6], f"corners/head{i}")
        names = {id(parameter): name for name, parameter in edited.named_parameters()}
        before = {name: parameter.detach().clone() for name, parameter in edited.named_parameters()}
        for _ in range(draw.integer(1, 3)):
            x = draw.tensor(draw.size(3), 3, 32, 32, dtypes=(torch.float32,), values=("normal",), memory=False)
            opt.zero_grad()
            probes.weighted_sum(edited(x / 4)).div(64).backward()
            opt.step()
        held = [(names.get(id(p), "not in the model"), group) for group in opt.param_groups for p in group["params"]]
        settings = ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
        found.append(facts | {
            "held": sorted((name, *(float(group[key] or 0) for key in settings)) for name, group in held),
            "an SGD": isinstance(opt, torch.optim.SGD),
            "changed": [name for name, p in edited.named_parameters() if not torch.equal(p, before[name])],
            "head now": list(edited.classifier[6].parameters()),
        })
    return found

# %% append_head right: into the classifier
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head right: a wrapper
def append_head(model, n=10):
    return nn.Sequential(model, nn.Linear(1000, n))

# %% append_head right: a class of its own
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old(x))

    return WithHead()

# %% append_head right: the parts in a row, with the flatten that forward has
def append_head(model, n=10):
    return nn.Sequential(model.features, model.avgpool, nn.Flatten(), model.classifier, nn.Linear(1000, n))

# %% append_head right: a lazy layer
def append_head(model, n=10):
    model.classifier = nn.Sequential(model.classifier, nn.LazyLinear(n))
    return model

# %% append_head right: forward of the model itself
def append_head(model, n=10):
    model.head = nn.Linear(1000, n)
    old = model.forward
    model.forward = lambda x: model.head(old(x))
    return model

# %% append_head right: a hook that applies the registered layer
def append_head(model, n=10):
    model.add_linear = nn.Linear(model.classifier[6].out_features, n)
    model.register_forward_hook(lambda module, args, logits: module.add_linear(logits))
    return model

# %% append_head right: all layers in one row
def append_head(model, n=10):
    return nn.Sequential(*model.features, model.avgpool, nn.Flatten(), *model.classifier, nn.Linear(1000, n))

# %% append_head wrong: registered and never called
# message: The new layer is registered at the top, where VGG's `forward` does not call it: the output still has a thousand columns.
def append_head(model, n=10):
    model.add_module("add_linear", nn.Linear(1000, n))
    return model

# %% append_head wrong: a place that is not there
# message: A `Sequential` takes assignments only at places that it has. Behind the last one you have to append.
def append_head(model, n=10):
    model.classifier[7] = nn.Linear(1000, n)
    return model

# %% append_head wrong: the last layer is replaced
# message: You replaced the old last layer. Here it has to stay: the new layer works on its thousand logits.
def append_head(model, n=10):
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, n)
    return model

# %% append_head wrong: the classifier is replaced
# message: You threw the whole classifier away. All layers that were there are to stay.
def append_head(model, n=10):
    model.classifier = nn.Sequential(nn.Linear(784, 1000), nn.Linear(1000, n))
    return model

# %% append_head wrong: the children in a row
# message: You put the children of the model in a row. What VGG's `forward` does between them, flattening, is lost. Keep the model
#   whole.
def append_head(model, n=10):
    return nn.Sequential(*model.children(), nn.Linear(1000, n))

# %% append_head wrong: the width of the old layer's input
# message: Your new layer takes as many numbers as the old last layer took. It comes after it, and gets the thousand that it returns.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(model.classifier[6].in_features, n))
    return model

# %% append_head wrong: n is ignored
# message: Your new layer always has ten outputs: `n` is not used.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, 10))
    return model

# %% append_head wrong: an activation in between
# message: There is a ReLU between the old logits and the new layer, which cuts off what is negative. Asked for is the new layer of
#   the old logits, nothing between.
def append_head(model, n=10):
    model.classifier.append(nn.ReLU())
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: a softmax in between
# message: You make probabilities of the old logits before the new layer sees them. Asked for is the new layer of the logits
#   themselves.
def append_head(model, n=10):
    return nn.Sequential(model, nn.Softmax(dim=1), nn.Linear(1000, n))

# %% append_head wrong: no bias
# message: Your new layer has no bias. Asked for is a linear layer with one.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n, bias=False))
    return model

# %% append_head wrong: a copy of the model
# message: You made a copy. The layers are to stay the same objects, or training the one does not train the other.
import copy

def append_head(model, n=10):
    return nn.Sequential(copy.deepcopy(model), nn.Linear(1000, n))

# %% append_head wrong: the old network is cut off
# message: No gradient reaches the old network any more: `detach`, `no_grad` or freezing cut it off, and nothing below could be
#   trained. The numbers are right.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old(x).detach())

    return WithHead()

# %% append_head wrong: nothing is returned
# message: The layer is in its place, but your function returns nothing.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n))

# %% append_head wrong: dropout in between
# message: In training mode something works between the old logits and the new layer, a `Dropout` for instance. Asked for is the
#   new layer of the logits themselves, in either mode.
def append_head(model, n=10):
    return nn.Sequential(model, nn.Dropout(0.5), nn.Linear(1000, n))

# %% append_head wrong: batch normalisation in between
# message: What you return has more parameters than the old ones and those of one linear layer. Nothing else is to be added.
def append_head(model, n=10):
    return nn.Sequential(model, nn.BatchNorm1d(1000), nn.Linear(1000, n))

# %% append_head wrong: the axis of one picture is lost
# message: Of a single picture your model makes `n` numbers without the axis of pictures. The shape is (1, n) then.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old(x)).squeeze(0)

    return WithHead()

# %% append_head wrong: the axis of one output is lost
# message: With one output your model returns (N,). The shape is (N, 1) then.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old(x)).squeeze(-1)

    return WithHead()

# %% append_head wrong: every axis of size 1 is lost
# message: With one picture, or with one output, an axis of your result is missing: its shape is (N, n) for any N and n.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old(x)).squeeze()

    return WithHead()

# %% append_head wrong: always two pictures
# message: Your model works for two pictures at a time. It is to work for any number.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old(x).reshape(2, 1000))

    return WithHead()

# %% append_head wrong: n has to be said
# message: Your function wants `n` to be given. Where nothing is said there are ten outputs.
def append_head(model, n):
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: in evaluation mode only
# message: In training mode the logits come out as they are. The new layer is to be applied in either mode.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            logits = self.old(x)
            return logits if self.training else self.head(logits)

    return WithHead()

# %% append_head wrong: two new layers
# message: What you return has more parameters than the old ones and those of one linear layer. Nothing else is to be added.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, 1000))
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: a softmax behind
# message: Each row of your output adds up to 1: there is a softmax behind the new layer. Asked for is what the layer returns.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n))
    model.classifier.append(nn.Softmax(dim=1))
    return model

# %% append_head wrong: an activation behind
# message: Your output has no negative numbers: something behind the new layer cuts them off. Asked for is what the layer returns.
def append_head(model, n=10):
    return nn.Sequential(model, nn.Linear(1000, n), nn.ReLU())

# %% append_head wrong: dropout of the old classifier is gone
# message: The numbers are right, but the `Dropout` layers of the old classifier are gone. All layers that were there are to stay.
def append_head(model, n=10):
    model.classifier = nn.Sequential(
        *(nn.Identity() if isinstance(layer, nn.Dropout) else layer for layer in model.classifier), nn.Linear(1000, n)
    )
    return model

# %% append_head wrong: a new last layer with the old numbers
# message: The numbers are right, but the old last layer is another object now. All layers that were there are to stay.
def append_head(model, n=10):
    old = model.classifier[6]
    model.classifier[6] = nn.Linear(old.in_features, old.out_features)
    model.classifier[6].load_state_dict(old.state_dict())
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: the old model in a list
# message: The output is right, but what you return does not know the old layers: a module in a list or a tuple is not registered,
#   and its parameters reach no optimizer. Make it an attribute of its own.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = [model], nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old[0](x))

    return WithHead()

# %% append_head wrong: the old network is frozen
# message: The output is right, but you froze the old network. Nothing else was to change, and gradients are to reach it.
def append_head(model, n=10):
    model.requires_grad_(False)
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: the new layer is frozen
# message: No gradient reaches the new layer: it is frozen, and could never be trained.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n).requires_grad_(False))
    return model

# %% append_head wrong: everything is thawed
# message: The output is right, but you thawed what somebody had frozen before. Nothing else was to change.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n))
    return model.requires_grad_(True)

# %% append_head wrong: left in evaluation mode
# message: The output is right, but parts of the model are left in another mode than before. Nothing else was to change.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n))
    return model.eval()

# %% append_head wrong: put into training mode
# message: The output is right, but the model is left in training mode, whatever its mode was before.
def append_head(model, n=10):
    model.classifier.append(nn.Linear(1000, n))
    return model.train()

# %% append_head wrong: a random seed
# message: The output is right, but you set a random seed, and with it everybody's random numbers from then on.
def append_head(model, n=10):
    torch.manual_seed(0)
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: one head for all models
# message: Two models that you edit get one and the same new layer. Make a new one in each call.
HEADS = {}

def append_head(model, n=10):
    model.classifier.append(HEADS.setdefault(n, nn.Linear(1000, n)))
    return model

# %% append_head wrong: the old model always in evaluation mode
# message: Your `forward` puts the old layers into evaluation mode each time, so that their `Dropout` never works again. They are to
#   follow the mode of the model that you return.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old.eval()(x))

    return WithHead()

# %% append_head wrong: an activation behind an activation
# message: You added an activation between the old layers. Behind a ReLU a second one changes nothing, but what an old layer returns
#   below 0 it cuts off. Nothing is to be added in between.
def append_head(model, n=10):
    parts = model.features, nn.ReLU(), model.avgpool, nn.Flatten(), model.classifier
    return nn.Sequential(*parts, nn.Linear(1000, n))

# %% append_head right: nested in the place of the last layer
def append_head(model, n=10):
    model.classifier[6] = nn.Sequential(model.classifier[6], nn.Linear(1000, n))
    return model

# %% append_head right: another class for the model
class WithHead(torchvision.models.VGG):
    def forward(self, x):
        return self.add_linear(super().forward(x))

def append_head(model, n=10):
    model.add_linear = nn.Linear(1000, n)
    model.__class__ = WithHead
    return model

# %% append_head wrong: the logits are added
# message: Where `n` is a thousand you add the old logits to what the new layer returns. Asked for is the new layer alone.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            logits = self.old(x)
            scores = self.head(logits)
            return scores + logits if scores.shape == logits.shape else scores

    return WithHead()

# %% append_head wrong: nothing is added for a thousand outputs
# message: Where `n` is a thousand you add no layer. Asked for is a new one for any `n`.
def append_head(model, n=10):
    if n != model.classifier[6].out_features:
        model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: pictures cut off below zero
# message: You cut the numbers of the pictures off, below 0 for instance, before the old layers see them. Nothing is to be added before.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            return self.head(self.old(x.clamp(0, 1)))

    return WithHead()

# %% append_head wrong: cut off in evaluation mode
# message: In evaluation mode no gradient reaches the old layers: you detach their logits there. Gradients are to reach every parameter in
#   either mode.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            logits = self.old(x)
            return self.head(logits if self.training else logits.detach())

    return WithHead()

# %% append_head wrong: cut off for one picture
# message: With a single picture no gradient reaches the old layers. It is to reach every parameter, for any number of pictures.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n)

        def forward(self, x):
            logits = self.old(x)
            return self.head(logits if len(x) > 1 else logits.detach())

    return WithHead()

# %% append_head wrong: a setting of the old layers
# message: The output is right in evaluation mode, but you change settings of old layers, such as the share that `Dropout` drops. They are
#   to stay as they were.
def append_head(model, n=10):
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: all hooks are cleared
# message: The output is right, but the hooks that others had put on old layers are gone. Nothing else was to change.
def append_head(model, n=10):
    for layer in model.modules():
        layer._forward_hooks.clear()
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: gradients cleared
# message: The output is right, but the gradients that the parameters had are gone. Nothing else was to change.
def append_head(model, n=10):
    model.zero_grad()
    model.classifier.append(nn.Linear(1000, n))
    return model

# %% append_head wrong: batch normalisation without parameters
# message: What you return has buffers, which the old layers had not: there is something beside them and the new linear layer, such as a
#   batch normalisation. Nothing else is to be added.
def append_head(model, n=10):
    return nn.Sequential(model, nn.BatchNorm1d(1000, affine=False), nn.Linear(1000, n))

# %% append_head wrong: a new layer in float64
# message: The numbers are right, but your new layer is in float64. The old layers are in float32, and so should it be.
def append_head(model, n=10):
    class WithHead(nn.Module):
        def __init__(self):
            super().__init__()
            self.old, self.head = model, nn.Linear(1000, n, dtype=torch.float64)

        def forward(self, x):
            return self.head(self.old(x).double()).float()

    return WithHead()

# %% append_head domain
import inspect

from torchvision.models.vgg import make_layers

def a_vgg(draw):
    with torch.device("meta"):
        model = torchvision.models.VGG(nn.Identity(), init_weights=False)
    model.features = make_layers([2, "M", 2, "M", 4, "M", 2, "M"])
    first, second = draw.size(20), draw.size(20)
    front = nn.Linear(98, first), nn.ReLU(True), nn.Dropout(0.0), nn.Linear(first, second), nn.ReLU(True)
    model.classifier = nn.Sequential(*front, nn.Dropout(0.0), nn.Linear(second, 1000))
    return draw.module(model)

def domain(answer, draw):
    answer = inspect.unwrap(answer)  # a hook may stay
    made = []
    for i in range(draw.integer(1, 2)):
        model = a_vgg(draw)
        leaves = {name: part for name, part in model.named_modules() if not list(part.children())}
        frozen = {id(p) for p in model.parameters() if not p.requires_grad}
        old, n = list(model.parameters()), draw.size(12)
        edited = answer(model, n) if draw.flag(0.8) else answer(model)
        modes = [part.training for part in leaves.values()]
        made.append((edited, leaves, frozen, old, modes))
    found = []
    for i, (edited, leaves, frozen, old, modes) in enumerate(made):
        training = draw.flag()
        edited.train(training)
        x = draw.tensor(draw.size(3), 3, 32, 32, dtypes=(torch.float32,), values=("normal",), memory=False) / 4
        edited(x)
        new = sorted((p for p in edited.parameters() if all(p is not q for q in old)), key=lambda p: -p.dim())
        for j, parameter in enumerate(new):
            parameter.data.copy_(draw.tensor(*parameter.shape, dtypes=(torch.float32,), values=("normal",)) / 32)
        for part in leaves.values():  # what is below 0 passes, too
            part.register_forward_hook(lambda module, args, output: output - 0.25)
        output = edited(x)
        probes.weighted_sum(output).backward()
        kept = {id(part) for part in edited.modules()}
        found.append({
            "output": output,
            "new": [tuple(p.shape) for p in new],
            "gone": [name for name, part in leaves.items() if id(part) not in kept],
            "modes": modes,
            "following": [part.training == training for part in leaves.values()],
            "frozen": [id(p) in frozen or p.requires_grad for p in old],
            "without a gradient": sum(p.grad is None for p in edited.parameters()) == len(frozen),
        })
    return found
