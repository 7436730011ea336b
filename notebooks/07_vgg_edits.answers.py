# Known answers of chapter 7. Format: see the docstring of this folder's __init__.py.

# %% param_table right: named_children
def param_table(model):
    return {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}

# %% param_table right: by the first part of each name
def param_table(model):
    table = dict.fromkeys(dict(model.named_children()), 0)
    for name, parameter in model.named_parameters():
        table[name.split(".")[0]] += parameter.numel()
    return table

# %% param_table right: each module's own parameters, and down by recursion
import math

def param_table(model):
    def count(module):
        own = sum(math.prod(p.shape) for p in module.parameters(recurse=False))
        return own + sum(count(child) for child in module.children())

    return {name: count(child) for name, child in model.named_children()}

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
# message: In your hook, `used = True` makes a new name that ends with the hook; the one outside stays False. Append to a list,
#   or say `nonlocal`.
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
# message: The answers are right, but your hook is still on the module and fires at every later call. Remove it.
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
# message: The answers are right, but `model.train(...)` gives every module the mode of the outermost. Where some were training and
#   others not, they no longer are as they were.
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

# %% freeze_features wrong: an attribute of the module
# message: You set `requires_grad` on the module, where it is a new attribute that nobody reads. It belongs on each parameter.
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
