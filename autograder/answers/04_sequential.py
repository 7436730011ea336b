# Known answers of chapter 4. Format: see the docstring of this folder's __init__.py.

# %% CifarNet right: one Sequential
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x)

# %% CifarNet right: a layer each, called one after the other
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding="same")
        self.conv2 = nn.Conv2d(32, 32, 5, padding="same")
        self.conv3 = nn.Conv2d(32, 64, 5, padding="same")
        self.fc1 = nn.Linear(64 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(conv(x), 2)
        return self.fc2(self.fc1(x.flatten(1)))

# %% CifarNet right: lazy layers
class CifarNet(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.LazyConv2d(32, 5, padding=2), nn.MaxPool2d(2), nn.LazyConv2d(32, 5, padding=2),
            nn.MaxPool2d(2), nn.LazyConv2d(64, 5, padding=2), nn.MaxPool2d(2), nn.Flatten(),
            nn.LazyLinear(64), nn.LazyLinear(10),
        )
        self(torch.zeros(1, 3, 32, 32))

# %% CifarNet wrong: padding missing
# message: Without padding each window of 5 takes four pixels off the picture, so less than 64 × 4 × 4 numbers are left
#   for the first linear layer. What keeps the size?
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5), nn.MaxPool2d(2), nn.Conv2d(32, 32, 5), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: the batch is flattened, too
# message: `Flatten(0)` makes one single row of the whole batch. The pictures have to stay apart: leave the first axis
#   alone.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(32, 32, 5, padding=2),
            nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(2), nn.Flatten(0),
            nn.Linear(1024, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: a softmax at the end
# message: Your outputs are probabilities: there is a softmax at the end. Asked for are the bare logits; cross-entropy
#   does the rest, and would do it twice.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x).softmax(dim=1)

# %% CifarNet wrong: half the channels
# message: Your convolutions have 16, 16 and 32 channels; asked for are 32, 32 and 64.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 16, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(16, 16, 5, padding=2),
            nn.MaxPool2d(2), nn.Conv2d(16, 32, 5, padding=2), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(512, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: kernels of three
# message: Your kernels are 3 by 3. They are to be 5 by 5, which takes two pixels of padding.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(32, 32, 3, padding=1),
            nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(1024, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: activations that nobody asked for
# message: There are activations between your layers. Usually a good idea; here the network of section 1 was asked for,
#   which has none.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        for layer in self.model[:-1]:
            x = layer(x)
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                x = x.relu()
        return self.model[-1](x)

# %% CifarNet wrong: average pooling
# message: Your poolings take the average of each window; asked for is the maximum. The shapes cannot tell.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        for layer in self.model:
            x = F.avg_pool2d(x, 2) if isinstance(layer, nn.MaxPool2d) else layer(x)
        return x

# %% CifarNet wrong: a list of layers
# message: Your layers are in a Python list, where the network does not see them: it has no parameters. Chapter 1 knows
#   a list for modules.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = list(quick_net())

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

# %% trace_shapes right: eval, and back
def trace_shapes(seq, x):
    mode = seq.training
    seq.eval()
    trace = []
    with torch.no_grad():
        for layer in seq:
            x = layer(x)
            trace.append((layer.__class__.__name__, tuple(x.shape)))
    seq.train(mode)
    return trace

# %% trace_shapes right: on a copy
import copy

def trace_shapes(seq, x):
    trace = []
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.size())))
    return trace

# %% trace_shapes right: hooks that are taken off again
def trace_shapes(seq, x):
    trace, hooks = [], []
    for layer in seq:
        note = lambda module, args, out: trace.append((type(module).__name__, tuple(out.shape)))
        hooks.append(layer.register_forward_hook(note))
    mode = seq.training
    seq.eval()
    with torch.no_grad():
        seq(x)
    seq.train(mode)
    for hook in hooks:
        hook.remove()
    return trace

# %% trace_shapes wrong: every layer gets the first input
# message: Each of your layers gets the original `x`. In a row, each takes what the one before it gave.
def trace_shapes(seq, x):
    mode = seq.training
    seq.eval()
    trace = []
    for layer in seq:
        trace.append((type(layer).__name__, tuple(layer(x).shape)))
    seq.train(mode)
    return trace

# %% trace_shapes wrong: left in evaluation mode
# message: The trace is right, but the network is left in evaluation mode. Give the mode back that you found.
def trace_shapes(seq, x):
    seq.eval()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: always training afterwards
# message: Afterwards the network is in training mode, also when it was evaluating before. Remember the mode, instead of
#   guessing it.
def trace_shapes(seq, x):
    seq.eval()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    seq.train()
    return trace

# %% trace_shapes wrong: the statistics have moved
# message: The trace is right, but you ran the network as you found it, and its batch normalisation has counted your
#   input. Leave no trace.
def trace_shapes(seq, x):
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the class instead of its name
# message: You give the class itself; asked for is its name, a string.
def trace_shapes(seq, x):
    mode = seq.training
    seq.eval()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer), tuple(x.shape)))
    seq.train(mode)
    return trace

# %% trace_shapes wrong: hooks left behind
# message: Your hooks are still on the layers, and will fire at every later call. Each hook comes with a handle, and the
#   handle has a `remove`.
def trace_shapes(seq, x):
    trace = []
    for layer in seq:
        layer.register_forward_hook(
            lambda module, args, out: trace.append((type(module).__name__, tuple(out.shape)))
        )
    mode = seq.training
    seq.eval()
    seq(x)
    seq.train(mode)
    return trace

# %% trace_shapes wrong: what comes in
# message: You note the shape that a layer gets. Asked for is what comes *out* of it.
def trace_shapes(seq, x):
    mode = seq.training
    seq.eval()
    trace = []
    for layer in seq:
        trace.append((type(layer).__name__, tuple(x.shape)))
        x = layer(x)
    seq.train(mode)
    return trace

# %% flat_features right: zeros through the module
def flat_features(conv_part, in_shape=(3, 32, 32)):
    mode = conv_part.training
    conv_part.eval()
    out = conv_part(torch.zeros((1,) + tuple(in_shape)))
    conv_part.train(mode)
    return out.numel()

# %% flat_features right: a copy on the meta device
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).to("meta").eval()
    out = twin(torch.empty(2, *in_shape, device="meta"))
    return out.flatten(1).shape[1]

# %% flat_features wrong: hard-coded
# message: You return 1024 whatever comes in. That is the quick net on 32 by 32 pixels; ask the module that was given.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    return 64 * 4 * 4

# %% flat_features wrong: channels only
# message: You count the channels. Each of them has a height and a width.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    mode = conv_part.training
    conv_part.eval()
    out = conv_part(torch.zeros(1, *in_shape))
    conv_part.train(mode)
    return out.shape[1]

# %% flat_features wrong: the shape is returned
# message: You return the shape. Asked for is one number, the product of channels, height and width.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    mode = conv_part.training
    conv_part.eval()
    out = conv_part(torch.zeros(1, *in_shape))
    conv_part.train(mode)
    return tuple(out.shape[1:])

# %% flat_features wrong: a batch of two is counted
# message: Your number is twice as large: you counted a batch of two pictures. Asked for is one.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    mode = conv_part.training
    conv_part.eval()
    out = conv_part(torch.zeros(2, *in_shape))
    conv_part.train(mode)
    return out.numel()

# %% flat_features wrong: the statistics have moved
# message: The number is right, but the batch normalisation of a module in training mode has counted your zeros. Leave no
#   trace.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    return conv_part(torch.zeros(1, *in_shape)).numel()

# %% flat_features wrong: left in evaluation mode
# message: The number is right, but the module is left in evaluation mode.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    conv_part.eval()
    return conv_part(torch.zeros(1, *in_shape)).numel()

# %% flat_features wrong: in_shape is ignored
# message: You never use `in_shape`: pictures of another size, or with another number of channels, give another number.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    mode = conv_part.training
    conv_part.eval()
    out = conv_part(torch.zeros(1, 3, 32, 32))
    conv_part.train(mode)
    return out.numel()

# %% collapse right: product of the matrices
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    with torch.no_grad():
        one.weight[:] = l2.weight @ l1.weight
        one.bias[:] = l2.weight @ b1 + b2
    return one

# %% collapse right: measured with unit vectors
def collapse(l1, l2):
    with torch.no_grad():
        bias = l2(l1(torch.zeros(l1.in_features)))
        weight = (l2(l1(torch.eye(l1.in_features))) - bias).T
    one = nn.Linear(l1.in_features, l2.out_features)
    one.weight = nn.Parameter(weight.clone())
    one.bias = nn.Parameter(bias.clone())
    return one

# %% collapse wrong: the matrices in the wrong order
# message: You multiplied W1 by W2. First comes `l1`, so its matrix stands right beside x: on the right.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l1.weight @ l2.weight)
        one.bias.copy_((l2.weight @ l1.bias if l1.bias is not None else 0) + (l2.bias if l2.bias is not None else 0))
    return one

# %% collapse wrong: the biases are added
# message: You add the two biases. The first goes through the second layer as well: multiply out W2(W1 x + b1) + b2.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l1.bias + l2.bias)
    return one

# %% collapse wrong: the weights are never set
# message: Your layer has the right size, but the random numbers that it was made with. Its weight and bias have to be
#   set.
def collapse(l1, l2):
    return nn.Linear(l1.in_features, l2.out_features)

# %% collapse wrong: the first bias is lost
# message: The bias of the first layer is lost on the way. It goes through the second layer's matrix.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        if l2.bias is None:
            one.bias.zero_()
        else:
            one.bias.copy_(l2.bias)
    return one

# %% collapse wrong: a layer without bias raises
# message: This works while both layers have a bias. One that was made with `bias=False` has `None` there.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l2.weight @ l1.bias + l2.bias)
    return one

# %% collapse wrong: a row of the two layers
# message: You return the two layers in a row. Asked for is one `nn.Linear` that does the same.
def collapse(l1, l2):
    return nn.Sequential(l1, l2)

# %% collapse wrong: the second layer is overwritten
# message: You wrote the result into one of the layers that came in. They are to stay as they were: make a new one.
def collapse(l1, l2):
    with torch.no_grad():
        bias = l2(l1(torch.zeros(l1.in_features)))
        weight = l2.weight @ l1.weight
    l2.weight, l2.bias = nn.Parameter(weight), nn.Parameter(bias)
    l2.in_features = l1.in_features
    return l2

# %% with_relu right: a list
def with_relu(seq):
    layers = []
    last = len(seq) - 1
    for i, layer in enumerate(seq):
        layers.append(layer)
        if i != last and isinstance(layer, (nn.Conv2d, nn.Linear)):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu right: append to a new Sequential
def with_relu(seq):
    new = nn.Sequential()
    for layer in seq:
        if len(new) and isinstance(new[-1], (nn.Conv2d, nn.Linear)):
            new.append(nn.ReLU())
        new.append(layer)
    return new

# %% with_relu wrong: a ReLU at the very end
# message: There is a ReLU after the last layer as well, so the network can never give a negative logit. The last layer is
#   left alone.
def with_relu(seq):
    layers = []
    for layer in seq:
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: the original is changed
# message: You put the ReLUs into the network that came in. It is to stay as it was: build a new one of the same layers.
def with_relu(seq):
    i = 0
    while i < len(seq) - 1:
        if isinstance(seq[i], (nn.Conv2d, nn.Linear)):
            seq.insert(i + 1, nn.ReLU())
        i += 1
    return seq

# %% with_relu wrong: before the layer
# message: Your ReLUs stand before the layers, so the first one cuts the picture itself. They belong after.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
        layers.append(layer)
    return nn.Sequential(*layers)

# %% with_relu wrong: copies of the layers
# message: Your network has copies of the layers: training the one does not train the other. Use the very same layers.
import copy

def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(copy.deepcopy(layer))
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: convolutions only
# message: You put a ReLU after the convolutions only. Linear layers need one, too, all but the last layer.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, nn.Conv2d) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: after every layer
# message: You put a ReLU after every layer, poolings and flatten included. Asked for is one after each layer that learns.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: the last linear layer instead of the last layer
# message: You leave out the last Linear or Conv2d. Asked for is the last *layer*: when a flatten or another layer follows,
#   the ReLU belongs there.
def with_relu(seq):
    learning = [layer for layer in seq if isinstance(layer, (nn.Conv2d, nn.Linear))]
    layers = []
    for layer in seq:
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and layer is not learning[-1]:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% smoke_test right: autograd.grad
def smoke_test(model, n_classes=10):
    mode = model.training
    try:
        model.eval()
        x = torch.randn(3, 3, 32, 32)
        out = model(x)
        if tuple(out.shape) != (3, n_classes) or tuple(model(x[:1]).shape) != (1, n_classes):
            return False
        if (out - out[0]).abs().max() < 1e-6:
            return False
        single = torch.cat([model(x[i : i + 1]) for i in range(3)])
        if (out - single).abs().max() > 1e-4:
            return False
        grads = torch.autograd.grad((out ** 2).sum(), list(model.parameters()), allow_unused=True)
        return all(g is not None for g in grads)
    except Exception:
        return False
    finally:
        model.train(mode)

# %% smoke_test right: backward on a copy
import copy

def smoke_test(model, n_classes=10):
    def ok(net):
        images = torch.rand(5, 3, 32, 32)
        logits = net(images)
        if logits.shape != (5, n_classes):
            return False
        if any(torch.allclose(logits[0], row, atol=1e-6) for row in logits[1:]):
            return False
        for i in range(5):
            one = net(images[i][None])
            if one.shape != (1, n_classes) or not torch.allclose(one[0], logits[i], atol=1e-4):
                return False
        logits.pow(2).sum().backward()
        return all(p.requires_grad and p.grad is not None for p in net.parameters())

    try:
        return bool(ok(copy.deepcopy(model).eval()))
    except Exception:
        return False

# %% smoke_test wrong: ones and a shape
# message: You send ones through and look at the shape. A network that mixes its batch, always says the same, or is cut
#   off from its parameters, passes that.
def smoke_test(model, n_classes=10):
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            return tuple(model(torch.ones(64, 3, 32, 32)).shape) == (64, n_classes)
    except Exception:
        return False
    finally:
        model.train(mode)

# %% smoke_test wrong: no look at the gradients
# message: You compare the outputs well, but never look at the gradients: a frozen, unused or cut-off parameter goes
#   unnoticed.
def smoke_test(model, n_classes=10):
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            x = torch.randn(3, 3, 32, 32)
            out = model(x)
            alone = torch.cat([model(x[i : i + 1]) for i in range(3)])
        if out.shape != (3, n_classes) or alone.shape != (3, n_classes):
            return False
        return not torch.allclose(out, out[:1].expand_as(out), atol=1e-6) and torch.allclose(out, alone, atol=1e-4)
    except Exception:
        return False
    finally:
        model.train(mode)

# %% smoke_test wrong: always true
# message: Your test never finds anything: it says True to every network.
def smoke_test(model, n_classes=10):
    return True

# %% smoke_test wrong: an error is not caught
# message: When a network stops with an error, so does your test. A network that cannot take one picture is broken: say
#   `False`.
def smoke_test(model, n_classes=10):
    mode = model.training
    model.eval()
    x = torch.randn(3, 3, 32, 32)
    try:
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(3)])
        if out.shape != (3, n_classes) or alone.shape != (3, n_classes):
            return False
        if torch.allclose(out, out[:1].expand_as(out), atol=1e-6) or not torch.allclose(out, alone, atol=1e-4):
            return False
        grads = torch.autograd.grad(out.square().sum(), list(model.parameters()), allow_unused=True)
        return all(g is not None for g in grads)
    finally:
        model.train(mode)

# %% smoke_test wrong: gradients are left behind
# message: Your verdicts are right, but the gradients of your test still lie in the parameters; the next training step would
#   add to them.
def smoke_test(model, n_classes=10):
    mode = model.training
    model.eval()
    try:
        x = torch.randn(3, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(3)])
        if out.shape != (3, n_classes) or alone.shape != (3, n_classes):
            return False
        if torch.allclose(out, out[:1].expand_as(out), atol=1e-6) or not torch.allclose(out, alone, atol=1e-4):
            return False
        out.square().sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        model.train(mode)

# %% smoke_test wrong: tested while training
# message: You test the network in the mode in which it came. While training, a dropout draws anew each time and a batch
#   normalisation mixes the batch, as they should: right networks fail your test.
def smoke_test(model, n_classes=10):
    try:
        x = torch.randn(3, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(3)])
        if out.shape != (3, n_classes) or alone.shape != (3, n_classes):
            return False
        if torch.allclose(out, out[:1].expand_as(out), atol=1e-6) or not torch.allclose(out, alone, atol=1e-4):
            return False
        grads = torch.autograd.grad(out.square().sum(), list(model.parameters()), allow_unused=True)
        return all(g is not None for g in grads)
    except Exception:
        return False

# %% smoke_test wrong: no single picture
# message: You never try a batch of one. A network that looks at the whole batch, or only works for the batch size that you
#   happened to use, is not found that way.
def smoke_test(model, n_classes=10):
    mode = model.training
    model.eval()
    try:
        out = model(torch.randn(64, 3, 32, 32))
        if out.shape != (64, n_classes) or torch.allclose(out, out[:1].expand_as(out), atol=1e-6):
            return False
        grads = torch.autograd.grad(out.square().sum(), list(model.parameters()), allow_unused=True)
        return all(g is not None for g in grads)
    except Exception:
        return False
    finally:
        model.train(mode)

# %% smoke_test wrong: ten classes taken for granted
# message: You compare with 10, whatever `n_classes` says.
def smoke_test(model, n_classes=10):
    mode = model.training
    model.eval()
    try:
        x = torch.randn(3, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(3)])
        if out.shape != (3, 10) or alone.shape != (3, 10):
            return False
        if torch.allclose(out, out[:1].expand_as(out), atol=1e-6) or not torch.allclose(out, alone, atol=1e-4):
            return False
        grads = torch.autograd.grad(out.square().sum(), list(model.parameters()), allow_unused=True)
        return all(g is not None for g in grads)
    except Exception:
        return False
    finally:
        model.train(mode)
