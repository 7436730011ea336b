# Known answers of chapter 4. Format: see the docstring of this folder's __init__.py.

# %% CifarNet domain
def domain(answer, draw):
    from autograder.checks import probes

    values = ("normal", "zeros", "equal", "few", "tiny", "negative")
    x = draw.tensor(draw.size(4), 3, 32, 32, dtypes=(torch.float32,), values=values, memory=False)
    model, name = answer(), f"CifarNet/{draw.integer(0, 10**6)}"
    model(torch.zeros(1, 3, 32, 32))
    mode = draw.choice("training", "evaluating", "mixed")
    parameters = sorted(model.parameters(), key=lambda p: tuple(p.shape))
    with torch.no_grad():
        for p in parameters:  # equal shapes get equal numbers: the order of making does not matter
            numbers = probes.normal(p.shape, generator=probes.generator(f"{name}/{tuple(p.shape)}"))
            p.copy_(numbers / max(4, p[0].numel()) ** 0.5)
    model.train(mode == "training")
    if mode == "mixed":
        for part in model.modules():
            part.training = draw.flag()
    shapes, before = [tuple(p.shape) for p in parameters], x.clone()
    logits = [model(x), model(x)]
    if logits[0].requires_grad:
        logits[0].sum().backward()
    reached = [p.grad is not None for p in parameters]
    return [logits, shapes, reached, torch.equal(x, before)]

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

# %% CifarNet right: made from the end to the beginning, one pooling for all
class CifarNet(nn.Module):
    def __init__(self):
        super(CifarNet, self).__init__()
        self.scores = nn.Linear(64, 10)
        self.hidden = nn.Linear(1024, 64)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.third = nn.Conv2d(32, 64, 5, 1, 2)
        self.second = nn.Conv2d(32, 32, 5, 1, 2)
        self.first = nn.Conv2d(3, 32, 5, 1, 2)

    def forward(self, x):
        x = self.pool(self.third(self.pool(self.second(self.pool(self.first(x))))))
        return self.scores(self.hidden(x.reshape(x.shape[0], -1)))

# %% CifarNet right: rows within a row, a view for the flatten
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()

        def block(c, out):
            return nn.Sequential(nn.Conv2d(c, out, (5, 5), padding=(2, 2)), nn.MaxPool2d((2, 2)))

        self.features = nn.Sequential(block(3, 32), block(32, 32), block(32, 64))
        self.classifier = nn.Sequential(nn.Linear(1024, 64), nn.Linear(64, 10))

    def forward(self, x):
        return self.classifier(self.features(x).view(-1, 1024))

# %% CifarNet right: layers in a ModuleList
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        channels = [3, 32, 32, 64]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 5, padding=2) for a, b in zip(channels, channels[1:]))
        self.linears = nn.ModuleDict({"hidden": nn.Linear(1024, 64), "last": nn.Linear(64, 10)})

    def forward(self, x):
        for conv in self.convs:
            x = torch.max_pool2d(conv(x), 2)
        x = torch.flatten(x, start_dim=1)
        return self.linears["last"](self.linears["hidden"](x))

# %% CifarNet wrong: padding missing
# message: Without padding each kernel of 5 takes four pixels off the image, so less than 64 × 4 × 4 numbers are
#   left for the first linear layer. What keeps the size?
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
# message: `Flatten(0)` makes one single row of the whole batch. The images have to stay apart: leave the first axis
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

# %% CifarNet wrong: the batch size is written down
# message: You write the size of the batch down. A network takes any number of images: one, sixteen, whatever is
#   left at the end of an epoch. Read it from `x`, or let `flatten` leave the first axis alone.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        x = self.model[:6](x).view(64, -1)
        return self.model[7:](x)

# %% CifarNet wrong: a softmax at the end
# message: Your outputs are probabilities: there is a softmax at the end. Asked for are the bare logits;
#   cross-entropy does the rest, and would do it twice.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x).softmax(dim=1)

# %% CifarNet wrong: a log-softmax at the end
# message: Your outputs are logarithms of probabilities: there is a log-softmax at the end. Asked for are the bare
#   logits.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return F.log_softmax(self.model(x), dim=1)

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

# %% CifarNet wrong: a pooling is missing
# message: Only two of your convolutions are followed by a pooling, so 64 × 8 × 8 numbers reach the first linear
#   layer, and it has four times as many weights. There are three poolings.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(32, 32, 5, padding=2),
            nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2), nn.Flatten(), nn.Linear(64 * 8 * 8, 64),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: one linear layer only
# message: One linear layer goes straight to the ten classes. That computes no less, as section 5 shows, but here
#   two are asked for: to 64, and then to 10.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(32, 32, 5, padding=2),
            nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(1024, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: no biases
# message: Your convolutions have no bias. Layers have one unless you say otherwise, and nobody asked you to.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2, bias=False), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 5, padding=2, bias=False), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2, bias=False), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(1024, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: activations that nobody asked for
# message: There are activations between your layers. Usually a good idea; here the network of section 1 was asked
#   for, which has none.
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

# %% CifarNet wrong: an activation between the linear layers
# message: There is an activation between your two linear layers. Section 5 says why that is a good idea; the
#   network asked for here has none.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        x = F.relu(self.model[:8](x))
        return self.model[8](x)

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

# %% CifarNet wrong: strides instead of poolings
# message: Your convolutions halve the image by a stride of 2, and there is no pooling. Shapes and parameters are
#   the same; what is computed is not.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, stride=2, padding=2), nn.Conv2d(32, 32, 5, stride=2, padding=2),
            nn.Conv2d(32, 64, 5, stride=2, padding=2), nn.Flatten(), nn.Linear(1024, 64),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: overlapping windows
# message: Your pooling windows are 3 by 3 and overlap. They halve the image as well, but asked for is the largest
#   of 2 by 2 pixels.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(3, stride=2, padding=1),
            nn.Conv2d(32, 32, 5, padding=2), nn.MaxPool2d(3, stride=2, padding=1),
            nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(3, stride=2, padding=1),
            nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: pooling before the convolutions
# message: Each of your poolings comes before its convolution. The sizes agree; but the first thing you do is to
#   throw three of four pixels of the image away.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        for pool, conv in ((1, 0), (3, 2), (5, 4)):
            x = self.model[conv](self.model[pool](x))
        return self.model[6:](x)

# %% CifarNet wrong: a dropout
# message: There is a dropout in your network: while it trains, half of the numbers are zero at random. Nothing but
#   the nine layers is asked for.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        x = F.dropout(self.model[:8](x), training=self.training)
        return self.model[8](x)

# %% CifarNet wrong: a list of layers
# message: Your layers are in a plain Python list or dictionary, where the network does not see them: it has no
#   parameters. Chapter 1 knows lists for modules.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = list(quick_net())

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

# %% CifarNet wrong: the layers are made in forward
# message: You make the layers in `forward`: new ones, with new random numbers, at every call. The network itself
#   has nothing that could learn. Make them once, in `__init__`.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        x = F.max_pool2d(nn.Conv2d(3, 32, 5, padding=2)(x), 2)
        x = F.max_pool2d(nn.Conv2d(32, 32, 5, padding=2)(x), 2)
        x = F.max_pool2d(nn.Conv2d(32, 64, 5, padding=2)(x), 2)
        return nn.Linear(64, 10)(nn.Linear(1024, 64)(x.flatten(1)))

# %% CifarNet wrong: section 1's class under another name
# message: Section 1's `QuickNet` has to be given the row that it calls; `CifarNet()` is made without arguments, and out
#   of layers of its own. Write its nine layers down.
class CifarNet(QuickNet):
    pass

# %% CifarNet wrong: super().__init__() is missing
# message: Before a module can take layers in, its own `__init__` has to run: `super().__init__()` comes first.
class CifarNet(nn.Module):
    def __init__(self):
        self.model = quick_net()

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: forward returns nothing
# message: Your `forward` computes the scores and keeps them to itself: it returns None. Is a `return` missing?
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        x = self.model(x)

# %% CifarNet wrong: a softmax in evaluation mode
# message: In training mode your outputs are right; in evaluation mode they are probabilities. A mode changes nothing
#   here: the bare logits are asked for in both.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        out = self.model(x)
        return out if self.training else out.softmax(dim=1)

# %% CifarNet wrong: one image loses its axis
# message: For a batch of one image your output has the shape (10,). It is to be (1, 10): N stays in front, also
#   when N is 1.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x).squeeze()

# %% CifarNet wrong: at most 64 images
# message: A batch of 65 images does not give 65 rows of logits. N can be any number; do not write 64 down.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x[:64])

# %% CifarNet wrong: the edges are not zeros
# message: What you compute differs from what nine layers with the usual padding compute. What do your convolutions
#   see beyond the edge of the image? Usually it is zeros.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2, padding_mode="replicate"), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 5, padding=2, padding_mode="replicate"), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2, padding_mode="replicate"), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: flattened in another order
# message: With all weights equal your network is right, with different ones it is not: the 1,024 numbers reach the
#   first linear layer in another order. Flatten what the last pooling gives as it is: channels, rows, columns.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        x = self.model[:6](x).permute(0, 2, 3, 1)
        return self.model[7:](x.flatten(1))

# %% CifarNet wrong: all networks share their layers
# message: What a network computes is right, but every `CifarNet()` has the same layers: training the one trains the
#   others. Make them anew in `__init__`.
class CifarNet(nn.Module):
    shared = quick_net()

    def __init__(self):
        super().__init__()
        self.model = self.shared

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: a layer that nobody uses
# message: What your network computes is right, but it has parameters that nobody asked for: a layer that is made in
#   `__init__` and not used in `forward`. They get no gradient.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()
        self.hidden = nn.Linear(64, 64)

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: no gradients reach the layers
# message: The logits are right, but no gradient comes from them to the parameters, so the network cannot learn.
#   Compute them without `detach` and outside `torch.no_grad()`, with parameters that are not frozen.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    @torch.no_grad()
    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: the convolutions are frozen
# message: The logits are right, but only the two linear layers get gradients from them: the convolutions cannot
#   learn.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        with torch.no_grad():
            x = self.model[:6](x)
        return self.model[6:](x)

# %% CifarNet wrong: it switches itself to evaluation mode
# message: The logits are right, but a call leaves the network in evaluation mode. Nobody asked it to change its mode.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        self.eval()
        return self.model(x)

# %% CifarNet wrong: a random seed is set
# message: The network is right, but making it sets PyTorch's random seed: whoever draws random numbers after that
#   gets the same ones each time. Leave the seed to whoever uses the network.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.model = quick_net()

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: a hidden layer of another size
# message: Between your two linear layers there are not 64 numbers. The first goes to 64, the second from 64 to 10.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(32, 32, 5, padding=2),
            nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(1024, 128), nn.Linear(128, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: batch normalisations
# message: Your network has batch normalisations. Nothing but the nine layers is asked for.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.BatchNorm2d(32), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 5, padding=2), nn.BatchNorm2d(32), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.BatchNorm2d(64), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: the most likely class
# message: You return the number of the largest logit. Asked for are the ten logits themselves.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x).argmax(dim=1)

# %% CifarNet wrong: the last layer is missing
# message: Your network ends with 64 numbers for each image. The last linear layer makes ten logits of them.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()[:8]

    def forward(self, x):
        return self.model(x)

# %% CifarNet wrong: gradients are left switched off
# message: The logits are right, but after a call PyTorch records no gradients any more: what
#   `torch.set_grad_enabled(False)` switches off stays so until somebody switches it back.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        out = self.model(x)
        torch.set_grad_enabled(False)
        return out

# %% CifarNet wrong: the images are overwritten
# message: The logits are right, but a call changes the images that it was given. Write into a copy.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        out = self.model(x)
        x.clamp_(0, 1)
        return out

# %% CifarNet wrong: a list is returned
# message: You return the logits in a list. Asked for is the tensor itself.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return [self.model(x)]

# %% CifarNet wrong: no gradients in evaluation mode
# message: The logits are right, but in evaluation mode no gradient comes from them to the parameters. A mode changes
#   nothing here; whoever wants no gradients says `torch.no_grad()`.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        with torch.set_grad_enabled(self.training):
            return self.model(x)

# %% CifarNet wrong: large numbers are scaled
# message: Where the images hold large numbers you scale them first. The nine layers take what they are given, whatever
#   the numbers are.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        if x.max() > 100:
            x = x / 255
        return self.model(x)

# %% CifarNet wrong: the images are detached
# message: The logits are right, but no gradient comes back to the images: you detach them. A network passes gradients on
#   to what it was given.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x.detach())

# %% CifarNet wrong: gradients are always recorded
# message: The logits are right, but they want gradients even where whoever calls your network has switched gradients
#   off. Leave that to the caller.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        with torch.enable_grad():
            return self.model(x)

# %% CifarNet wrong: the images ask for gradients
# message: The logits are right, but you switch the `requires_grad` of the images on, and they belong to whoever calls
#   your network. The parameters get their gradients without it.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        return self.model(x.requires_grad_())

# %% CifarNet wrong: one mode for all
# message: The logits are right, but a call gives all layers the mode of the whole network. Some of them may be in
#   another. A call changes no mode.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = quick_net()

    def forward(self, x):
        self.model.train(self.training)
        return self.model(x)

# %% CifarNet wrong: every network begins alike
# message: The network is right, but each `CifarNet()` begins with the same numbers. Random numbers are to be new each
#   time: make the layers without setting or restoring a random state.
class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.model = quick_net()

    def forward(self, x):
        return self.model(x)

# %% trace_shapes domain
def domain(answer, draw):
    class Block(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.one, self.two = nn.Sequential(nn.Linear(size, size), nn.Dropout()), nn.ReLU(inplace=True)

        def forward(self, x):
            return self.two(self.one(x))

    kind = draw.choice("rows", "rows", "pictures", "pictures", "words")
    n = draw.size(4)
    shape = [n, draw.size(5)] if kind != "pictures" else [n, draw.size(3), draw.size(8), draw.size(8)]
    now, layers = list(shape), []
    if kind == "words":
        now = [n, shape[1], draw.size(4)]
        layers += [nn.Embedding(7, now[2]), nn.Flatten()]
        now = [n, now[1] * now[2]]
    for _ in range(draw.integer(0, 5)):
        size, more = now[1], draw.size(5)
        simple = [nn.ReLU(inplace=True), nn.Tanh(), nn.Dropout(), nn.Identity(), nn.Flatten()]
        if len(now) == 2:
            some = [nn.Linear(size, more), Block(size)]
            some += [nn.Sequential(nn.Linear(size, size), nn.Sequential(nn.Tanh()))]
            some += [nn.Unflatten(1, (size, 1, 1)), *([nn.BatchNorm1d(size)] if n > 1 else [])]
        else:
            some = [nn.Conv2d(size, more, 1), nn.Conv2d(size, more, 3, padding=1), nn.AdaptiveAvgPool2d((1, 2))]
            some += [nn.Upsample(scale_factor=2), nn.Sequential(nn.Conv2d(size, 2, 1), nn.ReLU())]
            some += [nn.BatchNorm2d(size)] if n > 1 else []
        layer = draw.choice(*simple, *some, *some)
        with torch.no_grad():
            now = list(layer.eval()(torch.zeros(now)).shape)
        layers.append(layer)
        if isinstance(layer, nn.Upsample) or (isinstance(layer, nn.Flatten | nn.Tanh | Block) and draw.flag()):
            layers.append(layer)
            now = list(layer(torch.zeros(now)).shape)
    named = {f"layer {i}": layer for i, layer in enumerate(layers)}
    seq = draw.module(nn.Sequential(*layers))
    if draw.flag():
        seq = nn.Sequential()
        for name, layer in named.items():
            seq.add_module(name, layer)
        seq.training = draw.flag()
    if kind == "words":
        x = draw.labels(shape[0] * shape[1], 7).reshape(shape).to(draw.choice(torch.int64, torch.int32))
    else:
        x = draw.tensor(*shape, values=("normal", "zeros", "equal", "few", "negative"))
        seq.to(x.dtype)
        x.requires_grad_(draw.flag(1 / 4))
    for buffer in seq.buffers():  # not what a fresh layer has
        buffer.fill_(3)
    if layers and draw.flag():
        layers[-1].register_forward_hook(lambda module, given, output: None)
    parts, before = list(seq.modules()), x.detach().clone()
    state = {key: value.clone() for key, value in seq.state_dict().items()}
    facts = [[part.training for part in parts], [p.requires_grad for p in seq.parameters()]]
    trace = answer(seq, x)
    after = [[part.training for part in parts], [p.requires_grad for p in seq.parameters()]]
    return {
        "trace": trace,
        "modes and frozen": after == facts,
        "same layers": [a is b for a, b in zip(parts, seq.modules())],
        "numbers": all(torch.equal(state[key], value) for key, value in seq.state_dict().items()),
        "gradients": [p.grad is None for p in seq.parameters()],
        "hooks": [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in parts],
        "x": torch.equal(x, before),
    }

# %% trace_shapes right: on a twin
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes right: each mode written down and given back
def trace_shapes(seq, x):
    modes = {module: module.training for module in seq.modules()}
    seq.eval()
    x = x.clone()
    trace = []
    with torch.no_grad():
        for layer in seq:
            x = layer(x)
            trace.append((layer.__class__.__name__, tuple(x.size())))
    for module, mode in modes.items():
        module.training = mode
    return trace

# %% trace_shapes right: hooks that are taken off again
import copy

def trace_shapes(seq, x):
    trace, hooks = [], []
    twin = copy.deepcopy(seq).eval()
    for layer in twin:
        note = lambda module, args, out: trace.append((type(module).__name__, out.shape))
        hooks.append(layer.register_forward_hook(note))
    with torch.no_grad():
        twin(torch.zeros_like(x))
    for hook in hooks:
        hook.remove()
    return trace

# %% trace_shapes right: on the meta device
import copy

def trace_shapes(seq, x):
    twin, x = copy.deepcopy(seq).to("meta"), x.to("meta")
    return [(type(layer).__name__, tuple((x := layer(x)).shape)) for layer in twin]

# %% trace_shapes right: the state put back
def trace_shapes(seq, x):
    state = {key: value.clone() for key, value in seq.state_dict().items()}
    x = x * 1
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((layer._get_name(), tuple(x.shape)))
    seq.load_state_dict(state)
    return trace

# %% trace_shapes right: longer and longer slices of a twin
import copy

def trace_shapes(seq, x):
    twin = copy.deepcopy(seq).eval()
    return [
        (layer.__class__.__name__, tuple(copy.deepcopy(twin)[: i + 1](x.clone()).shape)) for i, layer in enumerate(twin)
    ]

# %% trace_shapes wrong: every layer gets the first input
# message: Each of your layers gets the original `x`. In a row, each takes what the one before it gave.
import copy

def trace_shapes(seq, x):
    trace = []
    for layer in copy.deepcopy(seq):
        trace.append((type(layer).__name__, tuple(layer(x.clone()).shape)))
    return trace

# %% trace_shapes wrong: run as it came
# message: The trace is right, but you ran the network as you found it: its batch normalisations have counted your
#   batch, and a layer that works in place may have written into `x`. Leave no trace.
def trace_shapes(seq, x):
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the statistics have moved
# message: The trace is right and `x` is safe, but you ran the network in the mode in which it came, and while
#   training a batch normalisation counts what it sees.
def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: x is overwritten
# message: The network is as it was, but `x` is not: its first layer works in place and has written into your
#   argument. Send something else through that has the same shape.
import copy

def trace_shapes(seq, x):
    trace = []
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: left in evaluation mode
# message: The trace is right, but the network is left in evaluation mode. Give back the modes that you found.
def trace_shapes(seq, x):
    seq.eval()
    x = x.clone()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: left in evaluation mode, and x overwritten
# message: The trace is right, but the network is left in evaluation mode, and a layer that works in place has
#   written into `x`.
def trace_shapes(seq, x):
    seq.eval()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: always training afterwards
# message: Afterwards the network is in training mode, whatever it was before. Write the modes down, instead of
#   guessing them.
def trace_shapes(seq, x):
    seq.eval()
    x = x.clone()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    seq.train()
    return trace

# %% trace_shapes wrong: one mode for all
# message: You give all layers the mode of the whole row. Some of them may have been in another: each layer has a
#   `training` of its own.
def trace_shapes(seq, x):
    mode = seq.training
    seq.eval()
    x = x.clone()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    seq.train(mode)
    return trace

# %% trace_shapes wrong: one mode for all, and x overwritten
# message: Two traces are left: all layers now have the mode of the whole row, though each has a `training` of its
#   own; and a layer that works in place has written into `x`.
def trace_shapes(seq, x):
    mode = seq.training
    seq.eval()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    seq.train(mode)
    return trace

# %% trace_shapes wrong: the class instead of its name
# message: You give the class itself; asked for is its name, a string.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer), tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the layer's description instead of its name
# message: You give the layer's whole description. Asked for is the name of its class only, without arguments.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((str(layer), tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the layers' numbers
# message: The strings are the layers' names in the row, "0", "1" and so on. Asked for is the name of each layer's
#   class.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for name, layer in copy.deepcopy(seq).named_children():
        x = layer(x)
        trace.append((name, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: lists instead of tuples
# message: Each entry of your list is a list. It is to be a tuple of a name and a shape.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append([type(layer).__name__, tuple(x.shape)])
    return trace

# %% trace_shapes wrong: shapes only
# message: You return the shapes alone. Each entry is to be a tuple of the class's name and the shape.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append(tuple(x.shape))
    return trace

# %% trace_shapes wrong: without the batch axis
# message: Your shapes lack the first axis. The shape of what comes out begins with the size of the batch.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape[1:])))
    return trace

# %% trace_shapes wrong: a dictionary
# message: You collect in a dictionary by class name. A second layer of the same class overwrites the first; and
#   asked for is a list.
import copy

def trace_shapes(seq, x):
    trace = {}
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace[type(layer).__name__] = tuple(x.shape)
    return trace

# %% trace_shapes wrong: printed, not returned
# message: You print the trace and return nothing. Collect it in a list, and return that.
import copy

def trace_shapes(seq, x):
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        print(type(layer).__name__, tuple(x.shape))

# %% trace_shapes wrong: the layers within layers
# message: `modules()` goes down into layers that consist of layers, and gives the outer and the inner ones. A layer
#   of the row is one layer, whatever is in it: loop over the row itself.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in list(copy.deepcopy(seq).modules())[1:]:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: hooks left behind
# message: Your hooks are still on the layers, and will fire at every later call. Each hook comes with a handle, and
#   the handle has a `remove`.
def trace_shapes(seq, x):
    modes = [(module, module.training) for module in seq.modules()]
    seq.eval()
    trace = []
    for layer in seq:
        layer.register_forward_hook(
            lambda module, args, out: trace.append((type(module).__name__, tuple(out.shape)))
        )
    seq(x.clone())
    for module, mode in modes:
        module.training = mode
    return trace

# %% trace_shapes wrong: what comes in
# message: You note the shape that a layer gets. Asked for is what comes *out* of it.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        trace.append((type(layer).__name__, tuple(x.shape)))
        x = layer(x)
    return trace

# %% trace_shapes wrong: random numbers instead of x
# message: What you send through has the shape of `x` and not its dtype. A layer that looks words up wants whole
#   numbers, and one in float64 wants float64.
import copy

def trace_shapes(seq, x):
    trace = []
    x = torch.randn(x.shape)
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: a repeated layer is listed once
# message: A layer that stands in the row twice is missing at its second place. `children()` and `modules()` give
#   each layer once; loop over the row itself.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq).children():
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: only the innermost layers
# message: You list the layers within a layer instead of the layer itself. A layer of the row is one layer, whatever
#   is in it.
import copy

def trace_shapes(seq, x):
    trace = []

    def walk(row, x):
        for layer in row:
            if isinstance(layer, nn.Sequential):
                x = walk(layer, x)
            else:
                x = layer(x)
                trace.append((type(layer).__name__, tuple(x.shape)))
        return x

    walk(copy.deepcopy(seq), x.clone())
    return trace

# %% trace_shapes wrong: other people's hooks are taken off
# message: The trace is right, but a hook that was on a layer before is gone. Remove your own hooks by their handles,
#   and leave those of others alone.
def trace_shapes(seq, x):
    modes = [(module, module.training) for module in seq.modules()]
    seq.eval()
    trace = []
    for layer in dict.fromkeys(seq):
        layer.register_forward_hook(
            lambda module, args, out: trace.append((type(module).__name__, tuple(out.shape)))
        )
    seq(x.clone())
    for module, mode in modes:
        module.training = mode
        module._forward_hooks.clear()
    return trace

# %% trace_shapes wrong: the statistics begin anew
# message: The trace is right, but the running statistics are not those that were there: they have been reset. Put
#   back what you found, or work on a twin.
def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    for module in seq.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()
    return trace

# %% trace_shapes wrong: modes of the row's own layers only
# message: The trace is right, and the layers of the row have their modes back. The layers within a layer have not:
#   they now have the mode of the layer they are in.
def trace_shapes(seq, x):
    whole, modes = seq.training, [layer.training for layer in seq]
    seq.eval()
    x = x.clone()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    seq.train(whole)
    for layer, mode in zip(seq, modes):
        layer.train(mode)
    return trace

# %% trace_shapes wrong: the row's own mode is forgotten
# message: The trace is right, and every layer has its mode back, but the row itself is left in evaluation mode. It
#   has a `training` of its own: `modules()` begins with it.
def trace_shapes(seq, x):
    modes = [(module, module.training) for module in list(seq.modules())[1:]]
    seq.eval()
    x = x.clone()
    trace = []
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    for module, mode in modes:
        module.training = mode
    return trace

# %% trace_shapes wrong: gradients are left switched off
# message: The trace is right, but PyTorch records no gradients any more: `torch.set_grad_enabled(False)` stays until
#   somebody switches it back. `with torch.no_grad():` ends by itself.
import copy

def trace_shapes(seq, x):
    torch.set_grad_enabled(False)
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the network is frozen
# message: The trace is right, but the parameters of the network are frozen afterwards: `requires_grad` is no longer
#   what it was.
def trace_shapes(seq, x):
    modes = [(module, module.training) for module in seq.modules()]
    seq.eval().requires_grad_(False)
    trace = []
    x = x.clone()
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    for module, mode in modes:
        module.training = mode
    return trace

# %% trace_shapes wrong: the shape as a list
# message: Your shapes are lists. Each is to be a tuple.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, list(x.shape)))
    return trace

# %% trace_shapes wrong: a tuple of tuples
# message: You return a tuple. Asked for is a list of tuples.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return tuple(trace)

# %% trace_shapes wrong: the shape first
# message: Each entry has the shape first and the name second. It is to be the other way round.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((tuple(x.shape), type(layer).__name__))
    return trace

# %% trace_shapes wrong: the input as an entry
# message: Your list has an entry more than there are layers, for what goes in. Asked for is what comes out of each
#   layer.
import copy

def trace_shapes(seq, x):
    x = x.clone()
    trace = [("Input", tuple(x.shape))]
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the last layer only
# message: Only the last layer is in your list. Add an entry for each layer, inside the loop.
import copy

def trace_shapes(seq, x):
    x, trace = x.clone(), []
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace = [(type(layer).__name__, tuple(x.shape))]
    return trace

# %% trace_shapes wrong: every layer is given one image
# message: The first axis of your shapes is 1: you send a single image through. The shape of what comes out begins
#   with the number of images that came in.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x[:1].clone()
    for layer in copy.deepcopy(seq).eval():
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: an empty row raises
# message: A row without layers makes your function raise an exception. Its trace is the empty list.
import copy

def trace_shapes(seq, x):
    twin, x = copy.deepcopy(seq), x.clone()
    x = twin[0](x)
    trace = [(type(twin[0]).__name__, tuple(x.shape))]
    for layer in twin[1:]:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: a random seed is set
# message: The trace is right, but you set PyTorch's random seed: whoever draws random numbers after that gets the
#   same ones each time.
import copy

def trace_shapes(seq, x):
    torch.manual_seed(0)
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the count of batches has moved
# message: The trace is right and most of the statistics are put back, but `num_batches_tracked`, the count of the
#   batches that a batch normalisation has seen, is not.
def trace_shapes(seq, x):
    old = [(buffer, buffer.clone()) for name, buffer in seq.named_buffers() if "running" in name]
    trace = []
    x = x.clone()
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    for buffer, numbers in old:
        buffer.copy_(numbers)
    return trace

# %% trace_shapes wrong: the name as it is printed
# message: You take the name from what a layer prints. A class may print something else of itself: `type(layer).__name__`
#   is its name.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((repr(layer).split("(")[0], tuple(x.shape)))
    return trace

# %% trace_shapes wrong: hooks on a layer do not run
# message: You call `forward` of each layer, and its hooks do not run. They may change what comes out of it: call the
#   layer, `layer(x)`.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer.forward(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    return trace

# %% trace_shapes wrong: the shape is noted on the layer
# message: The trace is right, but the layers of `seq` have a new attribute afterwards. Note things in variables of your
#   own.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer, twin in zip(seq, copy.deepcopy(seq)):
        x = twin(x)
        layer.out_shape = tuple(x.shape)
        trace.append((type(layer).__name__, layer.out_shape))
    return trace

# %% trace_shapes wrong: no layer works in place any more
# message: The trace is right, but afterwards no layer of `seq` works in place any more: you switch `inplace` off. Put
#   back what you change, or work on a twin of `x`.
def trace_shapes(seq, x):
    modes = [(module, module.training) for module in seq.modules()]
    trace = []
    for module, _ in modes:
        module.training = False
        if getattr(module, "inplace", False):
            module.inplace = False
    for layer in seq:
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    for module, mode in modes:
        module.training = mode
    return trace

# %% trace_shapes wrong: gradients are left switched on
# message: The trace is right, but gradients are on afterwards even where they were off: `torch.set_grad_enabled(True)`
#   stays. `with torch.no_grad():` ends by itself and leaves what was there.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    torch.set_grad_enabled(False)
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    torch.set_grad_enabled(True)
    return trace

# %% trace_shapes wrong: the gradients are cleared
# message: The trace is right, but the gradients of `seq` are gone. They belong to whoever trains it: clear none that you
#   did not make.
import copy

def trace_shapes(seq, x):
    trace = []
    x = x.clone()
    for layer in copy.deepcopy(seq):
        x = layer(x)
        trace.append((type(layer).__name__, tuple(x.shape)))
    seq.zero_grad()
    return trace

# %% Row domain
def domain(answer, draw):
    size, layers = draw.size(4), []
    for _ in range(draw.integer(0, 13)):
        layer = draw.choice(nn.Linear(size, size), nn.Linear(size, size, bias=False), nn.Tanh(), nn.LayerNorm(size))
        layers.append(draw.choice(*layers) if layers and draw.flag(1 / 4) else layer)
    for layer in layers:
        draw.module(layer)
    x = draw.tensor(draw.size(), size, dtypes=(torch.float32,))
    row, modes, before = answer(*layers), [layer.training for layer in layers], x.clone()
    n = len(layers)

    def at(i):
        try:
            return [row[i] is layer for layer in layers]
        except IndexError:
            return "an IndexError"

    return {
        "output": row(x),
        "length": len(row),
        "places": [at(i) for i in (0, -1, n - 1, -n, n, -n - 1, draw.integer(0, 20) - 10)],
        "names": list(row.state_dict()),
        "layers": [name for name, _ in row.named_children()],
        "in a loop": [a is b for a, b in zip(row, layers)],
        "modes": [layer.training for layer in layers] == modes,
        "x": torch.equal(x, before),
    }

# %% Row right: the names of the registered layers
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        for i in range(len(layers)):
            self.add_module(f"{i}", layers[i])

    def __len__(self):
        return len(self._modules)

    def __getitem__(self, i):
        return list(self._modules.values())[i]

    def forward(self, x):
        for layer in self._modules.values():
            x = layer(x)
        return x

# %% Row right: a tuple beside the names
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.register_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return self.order[i]

    def __iter__(self):
        return iter(self.order)

    def forward(self, x):
        for layer in self.order:
            x = layer(x)
        return x

# %% Row right: setattr, and the end counted by hand
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.count = 0
        for layer in layers:
            setattr(self, str(self.count), layer)
            self.count += 1

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        if i < 0:
            i += self.count
        if i < 0 or i >= self.count:
            raise IndexError("no such layer")
        return self.get_submodule(str(i))

    def forward(self, x):
        for i in range(len(self)):
            x = self[i](x)
        return x

# %% Row wrong: a plain list
# message: Your layers are in a plain Python list, which a module does not look into: they are called, and they have no
#   names, no parameters, and no mode that `eval()` could reach. What registers them?
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, i):
        return self.layers[i]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

# %% Row wrong: a container of torch's inside
# message: A container of torch's does the work for you. Asked for is a row without one: `add_module` registers the
#   layers in your own class.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, i):
        return self.layers[i]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

# %% Row wrong: it inherits from nn.Sequential
# message: Your `Row` inherits from one of torch's containers, which can all of that already. Asked for is a class of
#   your own that inherits from `nn.Module`.
class Row(nn.Sequential):
    pass

# %% Row wrong: other names
# message: Everything is registered, but under other names than asked for: `"0"`, `"1"`, and so on.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(f"layer{i}", layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, f"layer{range(self.length)[i]}")

    def forward(self, x):
        for i in range(self.length):
            x = self[i](x)
        return x

# %% Row wrong: counted from one
# message: Your names begin with `"1"`. Python counts from 0, and so does `nn.Sequential`.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers, 1):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i] + 1))

    def forward(self, x):
        for i in range(self.length):
            x = self[i](x)
        return x

# %% Row wrong: children drops what stands in it twice
# message: A layer that stands in your row twice is called, counted and found only once. `children()` leaves out what
#   it has already named.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(list(self.children()))

    def __getitem__(self, i):
        return list(self.children())[i]

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x

# %% Row wrong: from the last to the first
# message: Your row calls its layers from the last to the first. `Row(a, b)(x)` is `b(a(x))`.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return self.order[i]

    def forward(self, x):
        for layer in self.order[::-1]:
            x = layer(x)
        return x

# %% Row wrong: names in the order of texts
# message: In a row of more than ten layers yours come in the wrong order: as texts, `"10"` stands before `"2"`.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return self.order[i]

    def forward(self, x):
        for name in sorted(self._modules):
            x = self._modules[name](x)
        return x

# %% Row wrong: every layer gets x
# message: Every layer gets the `x` that the row was given. Each takes what the last one gave.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return self.order[i]

    def forward(self, x):
        out = x
        for layer in self.order:
            out = layer(x)
        return out

# %% Row wrong: the last layer is not called
# message: The last layer of your row is never called.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return self.order[i]

    def forward(self, x):
        for layer in self.order[:-1]:
            x = layer(x)
        return x

# %% Row wrong: without layers nothing comes out
# message: A row without layers gives what it was given. Yours gives something else, or nothing.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return self.order[i]

    def forward(self, x):
        out = None
        for layer in self.order:
            out = layer(x if out is None else out)
        return out

# %% Row wrong: forward returns nothing
# message: Your `forward` calls the layers and keeps what comes out to itself: it returns None.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return self.order[i]

    def forward(self, x):
        for layer in self.order:
            x = layer(x)

# %% Row wrong: an AttributeError outside
# message: Outside, yours raises something else than an `IndexError`: a `for` does not find its end, and −1 no layer.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(i))

    def forward(self, x):
        for i in range(self.length):
            x = self[i](x)
        return x

# %% Row wrong: an AttributeError beyond the ends
# message: Every layer is found, also from the end. Outside, yours raises something else than an `IndexError`, so that a
#   `for` does not find its end.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(i if i >= 0 else i + self.length))

    def forward(self, x):
        for i in range(self.length):
            x = self[i](x)
        return x

# %% Row wrong: places turn around
# message: An `i` that lies outside finds a layer in yours: the places begin anew. It should raise an `IndexError`.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        if not self.length:
            raise IndexError(i)
        return getattr(self, str(i % self.length))

    def __iter__(self):
        return (self[i] for i in range(self.length))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: not counted from the end
# message: A negative `i` finds no layer in yours. `row[-1]` is the last one.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        if not 0 <= i < self.length:
            raise IndexError(i)
        return getattr(self, str(i))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: everything within is counted
# message: `len` counts `modules()`, and these are the row itself and every module within a module as well.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(list(self.modules()))

    def __getitem__(self, i):
        return self.order[i]

    def forward(self, x):
        for layer in self.order:
            x = layer(x)
        return x

# %% Row wrong: the name instead of the layer
# message: `row[i]` gives the name of a layer, or a layer and its name. Asked for is the layer itself.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.order = layers
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self.order)

    def __getitem__(self, i):
        return list(self.named_children())[i]

    def forward(self, x):
        for layer in self.order:
            x = layer(x)
        return x

# %% Row wrong: copies of the layers
# message: Your row has copies of the layers that it was given. Training it would not train those.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), copy.deepcopy(layer))

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: registered twice
# message: Your layers are registered under their numbers, and once more under another name. Nothing else than the
#   numbers was asked for.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)
        if layers:
            self.last = layers[-1]

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: super().__init__() is missing
# message: Before a module can take layers in, its own `__init__` has to run: `super().__init__()` comes first.
class Row(nn.Module):
    def __init__(self, *layers):
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return len(self._modules)

    def __getitem__(self, i):
        return list(self._modules.values())[i]

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: a list as its only argument
# message: Your `Row` wants one list of layers. Asked for is `Row(a, b, c)`: with a star, `*layers`, Python makes a tuple
#   of however many there are.
class Row(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: it switches its layers to evaluation mode
# message: What your row computes is the right thing for the wrong mode: calling it switches its layers to evaluation
#   mode, and leaves them there.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        self.eval()
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: no gradients
# message: Your row computes the right numbers, and no gradient can come back from them: nothing may be detached, and
#   nothing runs under `torch.no_grad()`.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    @torch.no_grad()
    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: a random seed is set
# message: Making a row, or calling it, sets a random seed: everybody else's random numbers begin anew with it.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        torch.manual_seed(0)
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: hooks on a layer do not run
# message: You call `forward` of each layer, and its hooks do not run. A row calls its layers: `layer(x)`.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer.forward(x)
        return x

# %% Row wrong: detached before each layer
# message: Your row computes the right numbers, but gradients reach its last layer only: what goes into each layer is
#   detached.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x.detach())
        return x

# %% Row wrong: x is detached
# message: Your row computes the right numbers, but no gradient comes back to `x`: you detach it. A row without layers
#   gives what it was given.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        x = x.detach()
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: no gradients in evaluation mode
# message: Your row computes the right numbers, but in evaluation mode no gradient can come back from them. A mode is a
#   matter of the layers; whoever wants no gradients says `torch.no_grad()`.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        with torch.set_grad_enabled(self.training):
            for layer in self:
                x = layer(x)
            return x

# %% Row wrong: gradients are always recorded
# message: Your row computes the right numbers, and records gradients even where whoever calls it has switched them off.
#   Leave that to the caller.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    @torch.enable_grad()
    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: everything as float32
# message: You turn `x` into float32. A row gives its layers what it was given: some want whole numbers, some float64.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        x = x.float()
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: the layers are thawed
# message: Your row is right, but making one switches `requires_grad` of all parameters on. A layer that came frozen
#   stays frozen.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer.requires_grad_())

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: everything is set to training mode
# message: Making a row sets its layers to training mode. Each keeps the mode in which it came.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer.train())

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: it is its own iterator
# message: One `for` over your row works, and two at a time disturb each other: they share one counter. Without an
#   `__iter__`, or with a new iterator for each, they do not.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def __iter__(self):
        self.at = 0
        return self

    def __next__(self):
        self.at += 1
        if self.at > self.length:
            raise StopIteration
        return self[self.at - 1]

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: the layers are used up
# message: The first call of your row is right, and the next one finds no layers any more: an iterator can be run through
#   once. Keep the layers, and loop over them anew at each call.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        self.waiting = iter(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self.waiting:
            x = layer(x)
        return x

# %% Row wrong: a container out of sight
# message: A container of torch's does the work for you, if only in a list. Asked for is a row without one: `add_module`
#   registers the layers in your own class.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        self.inner = [nn.Sequential(*layers)]
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        return self.inner[0](x)

# %% Row wrong: the length is a buffer
# message: Beside the layers you register a buffer. It is no layer, and a row registers nothing but its layers: a plain
#   attribute holds a number.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        self.register_buffer("count", torch.tensor(len(layers)), persistent=False)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: x asks for gradients
# message: Your row computes the right numbers, but it switches the `requires_grad` of `x` on, and `x` belongs to whoever
#   calls it.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i]))

    def forward(self, x):
        if x.is_floating_point() and x.is_leaf:
            x.requires_grad_()
        for layer in self:
            x = layer(x)
        return x

# %% Row wrong: a place outside of an empty row
# message: Where a row is empty, your `row[-1]` raises another exception than `IndexError`: there, every place is
#   outside.
class Row(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.length = len(layers)
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return getattr(self, str(range(self.length)[i] if self.length else i % self.length))

    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x

# %% flat_features wrong: in whatever mode the part is
# message: You run the part in the mode in which it is. In training mode batch normalisation refuses a single number for each
#   channel, and an image can be that small.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    return copy.deepcopy(conv_part)(torch.zeros(1, *in_shape)).numel()

# %% flat_features domain
def domain(answer, draw):
    class Part(nn.Module):
        """Layers that nobody can loop over; one of them may be used twice."""

        def __init__(self, *layers, again, flat):
            super().__init__()
            self.layers, self.again, self.flat = nn.ModuleList(layers), again, flat

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            x = self.layers[-1](x) if self.again else x
            return x.flatten(1) if self.flat else x

    default = draw.flag(1 / 4)
    shape = (3, 32, 32) if default else (draw.size(4), draw.size(7), draw.size(7))
    now, layers = [2, *shape], []
    for _ in range(draw.integer(1, 4)):
        c, h, w = now[1:]
        some = [nn.Conv2d(c, draw.size(5), (draw.size(min(3, h)), draw.size(min(3, w)))), nn.BatchNorm2d(c)]
        inner = draw.size(3)
        some += [nn.Sequential(nn.Conv2d(c, inner, 1), nn.Sequential(nn.BatchNorm2d(inner), nn.Dropout()))]
        some += [nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((draw.size(3), 2)), nn.ZeroPad2d((1, 0, 2, 1))]
        some += [nn.MaxPool2d((2, 1))] if h > 1 else [nn.Identity()]
        layers.append(draw.choice(*some))
        with torch.no_grad():
            now = list(layers[-1](torch.zeros(now)).shape)
    kind, flat = draw.choice("row", "layer", "class"), draw.flag()
    if kind == "layer":
        part = layers[0]
    elif kind == "row":
        part = nn.Sequential(*layers, *([nn.Flatten()] if flat else []))
    else:
        again = isinstance(layers[-1], nn.ZeroPad2d | nn.BatchNorm2d)
        part = Part(*layers, again=again, flat=flat)
    part = draw.module(part)
    for buffer in part.buffers():  # not what a fresh layer has
        buffer.fill_(3)
    modes = [module.training for module in part.modules()]
    frozen = [p.requires_grad for p in part.parameters()]
    state = {key: value.clone() for key, value in part.state_dict().items()}
    features = answer(part) if default else answer(part, in_shape=shape) if draw.flag() else answer(part, shape)
    return {
        "features": features,
        "modes": [module.training for module in part.modules()] == modes,
        "frozen": [p.requires_grad for p in part.parameters()] == frozen,
        "numbers": all(torch.equal(state[key], value) for key, value in part.state_dict().items()),
        "gradients": [p.grad is None for p in part.parameters()],
        "hooks": [len(module._forward_hooks) for module in part.modules()],
        "gradients recorded": torch.is_grad_enabled(),
    }

# %% flat_features right: modes written down
def flat_features(conv_part, in_shape=(3, 32, 32)):
    modes = [module.training for module in conv_part.modules()]
    conv_part.eval()
    with torch.no_grad():
        out = conv_part(torch.zeros((1,) + tuple(in_shape)))
    for module, mode in zip(conv_part.modules(), modes):
        module.training = mode
    return out.numel()

# %% flat_features right: a twin on the meta device
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).to("meta").eval()
    out = twin(torch.empty(2, *in_shape, device="meta"))
    return out.flatten(1).shape[1]

# %% flat_features right: a product over a twin's output
import copy
import math

def flat_features(conv_part, in_shape=(3, 32, 32)):
    c, h, w = in_shape
    out = copy.deepcopy(conv_part)(torch.randn(3, c, h, w))
    return math.prod(out.shape[1:])

# %% flat_features right: a hook's notes, taken off again
def flat_features(conv_part, in_shape=(3, 32, 32)):
    modes = {module: module.training for module in conv_part.modules()}
    seen = []
    handle = conv_part.register_forward_hook(lambda module, args, out: seen.append(out[0].numel()))
    try:
        conv_part.eval()
        with torch.no_grad():
            conv_part(torch.ones(1, *in_shape))
    finally:
        handle.remove()
        for module, mode in modes.items():
            module.train(mode) if not list(module.children()) else setattr(module, "training", mode)
    return seen[0]

# %% flat_features right: numpy's product over a twin's output
import copy

import numpy as np

def flat_features(conv_part, in_shape=(3, 32, 32)):
    with torch.inference_mode():
        shape = copy.deepcopy(conv_part).eval()(torch.rand(in_shape).unsqueeze(0)).shape
    return int(np.prod(shape[1:]))

# %% flat_features wrong: hard-coded
# message: You return 1024 whatever comes in. That is the quick net on 32 by 32 pixels; ask the module that was
#   given.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    return 64 * 4 * 4

# %% flat_features wrong: channels only
# message: You count the channels. Each of them has a height and a width.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape))
    return out.shape[1]

# %% flat_features wrong: four by four for granted
# message: You take the channels that come out and multiply by 4 · 4. How large the maps are depends on the module
#   and on `in_shape`.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape))
    return out.shape[1] * 4 * 4

# %% flat_features wrong: as if it were square
# message: You multiply by the same side twice. Images need not be square: height and width are two numbers.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape))
    return out.shape[1] * out.shape[2] ** 2 if out.dim() > 2 else out.shape[1]

# %% flat_features wrong: three axes for granted
# message: You unpack four axes of what comes out. A module may flatten at its end, or do without an axis: count all
#   that there is, except for the batch.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    n, c, h, w = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape)).shape
    return c * h * w

# %% flat_features wrong: the shape is returned
# message: You return the shape. Asked for is one number, the product of all its axes but the batch.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape))
    return tuple(out.shape[1:])

# %% flat_features wrong: a tensor is returned
# message: You return a tensor with the number in it. Asked for is an `int`, as `nn.Linear` wants it.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape))
    return torch.tensor(out.shape[1:]).prod()

# %% flat_features wrong: a batch of two is counted
# message: Your number is twice as large: you counted a batch of two images. Asked for is one.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(2, *in_shape))
    return out.numel()

# %% flat_features wrong: no batch axis
# message: You send the image in without a batch axis, so `flatten(1)` takes the channels for the batch, and a batch
#   normalisation refuses. Give it a batch of one image.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(in_shape))
    return out.flatten(1).shape[1]

# %% flat_features wrong: the statistics have moved
# message: The number is right, but the batch normalisation of a module in training mode has counted your zeros.
#   Leave no trace.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    return conv_part(torch.zeros(1, *in_shape)).numel()

# %% flat_features wrong: left in evaluation mode
# message: The number is right, but the module is left in evaluation mode.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    conv_part.eval()
    return conv_part(torch.zeros(1, *in_shape)).numel()

# %% flat_features wrong: always training afterwards
# message: The number is right, but afterwards the module is in training mode, whatever it was before.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    conv_part.eval()
    out = conv_part(torch.zeros(1, *in_shape))
    conv_part.train()
    return out.numel()

# %% flat_features wrong: one mode for all
# message: The number is right, but you give all layers the mode of the whole module. Some of them may have been in
#   another: each has a `training` of its own.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    mode = conv_part.training
    conv_part.eval()
    out = conv_part(torch.zeros(1, *in_shape))
    conv_part.train(mode)
    return out.numel()

# %% flat_features wrong: in_shape is ignored
# message: You never use `in_shape`: images of another size, or with another number of channels, give another
#   number.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, 3, 32, 32))
    return out.numel()

# %% flat_features wrong: a loop over the layers
# message: You loop over the layers. Only a `Sequential` can be looped over, and `conv_part` may be any module: just
#   call it.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    x = torch.zeros(1, *in_shape)
    for layer in copy.deepcopy(conv_part).eval():
        x = layer(x)
    return x.numel()

# %% flat_features wrong: a loop over the layers as they came
# message: You loop over the layers. Only a `Sequential` can be looped over, and `conv_part` may be any module: just
#   call it. And leave no trace: while training, a batch normalisation counts your zeros.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    x = torch.zeros(1, *in_shape)
    for layer in conv_part:
        x = layer(x)
    return x.numel()

# %% flat_features wrong: halved by hand
# message: You calculate with the image halved three times. That is true of the quick net; other modules have other
#   kernels, strides and poolings. Do not calculate, ask: send something through.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    c, h, w = in_shape
    channels = [p.shape[0] for p in conv_part.parameters() if p.dim() == 4][-1]
    return channels * (h // 8) * (w // 8)

# %% flat_features wrong: height and width exchanged
# message: Your number is right as long as rows and columns are treated alike. Images come as (C, H, W); height and
#   width change places in yours.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    c, h, w = in_shape
    return copy.deepcopy(conv_part).eval()(torch.zeros(1, c, w, h)).numel()

# %% flat_features wrong: a whole number as a float
# message: Your number is a float. Asked for is an `int`, as `nn.Linear` wants it.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(2, *in_shape))
    return out.numel() / 2

# %% flat_features wrong: height and width without the channels
# message: You count the pixels of one map only. Every channel has a map: channels, height and width count.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape))
    return out.shape[-1] * out.shape[-2]

# %% flat_features wrong: the axes are added
# message: You add up the axes of the shape. A block of numbers holds the product of its axes.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape))
    return sum(out.shape[1:])

# %% flat_features wrong: a module without parameters raises
# message: A module without any parameters makes your function raise an exception. Do not rely on there being one.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    device = next(conv_part.parameters()).device
    return copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape, device=device)).numel()

# %% flat_features wrong: the statistics begin anew
# message: The number is right, but the running statistics are not those that were there: they have been reset. Put
#   back what you found, or work on a twin.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    features = conv_part(torch.zeros(1, *in_shape)).numel()
    for module in conv_part.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()
    return features

# %% flat_features wrong: modes of the outer layers only
# message: The number is right, and the module and its own layers have their modes back. The layers within a layer
#   have not.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    whole, modes = conv_part.training, [layer.training for layer in conv_part.children()]
    conv_part.eval()
    features = conv_part(torch.zeros(1, *in_shape)).numel()
    conv_part.train(whole)
    for layer, mode in zip(conv_part.children(), modes):
        layer.train(mode)
    return features

# %% flat_features wrong: gradients are left switched off
# message: The number is right, but PyTorch records no gradients any more: `torch.set_grad_enabled(False)` stays until
#   somebody switches it back. `with torch.no_grad():` ends by itself.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    torch.set_grad_enabled(False)
    return copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape)).numel()

# %% flat_features wrong: the module is frozen
# message: The number is right, but the parameters of the module are frozen afterwards: `requires_grad` is no longer
#   what it was.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    modes = [(module, module.training) for module in conv_part.modules()]
    features = conv_part.eval().requires_grad_(False)(torch.zeros(1, *in_shape)).numel()
    for module, mode in modes:
        module.training = mode
    return features

# %% flat_features wrong: a hook is left behind
# message: The number is right, but your hook is still on the module and will fire at every later call. It comes with
#   a handle, and the handle has a `remove`.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    modes = [(module, module.training) for module in conv_part.modules()]
    seen = []
    conv_part.register_forward_hook(lambda module, args, out: seen.append(out.numel()))
    conv_part.eval()(torch.zeros(1, *in_shape))
    for module, mode in modes:
        module.training = mode
    return seen[0]

# %% flat_features wrong: printed, not returned
# message: You print the number and return nothing. Return it.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    print(copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape)).numel())

# %% flat_features wrong: what goes in is counted
# message: You count the numbers of the image that goes in. Asked for is what comes out of `conv_part`.
def flat_features(conv_part, in_shape=(3, 32, 32)):
    c, h, w = in_shape
    return c * h * w

# %% flat_features wrong: axes of size 1 are dropped
# message: An axis of size 1 is missing in what you count, and your function raises an exception. Maps can have a
#   height or a width of 1, or a single channel.
import copy
import math

def flat_features(conv_part, in_shape=(3, 32, 32)):
    out = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape)).squeeze()
    if out.dim() == 1:
        return out.shape[0]
    c, h, w = out.shape
    return c * h * w

# %% flat_features wrong: a random seed is set
# message: The number is right, but you set PyTorch's random seed: whoever draws random numbers after that gets the
#   same ones each time.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    torch.manual_seed(0)
    return copy.deepcopy(conv_part).eval()(torch.randn(1, *in_shape)).numel()

# %% flat_features wrong: an axis is counted twice
# message: Where a module flattens at its end, your number is not right: you multiply three axes by their places from
#   the front and from the end, and there is only one besides the batch.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    shape = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape)).shape
    return shape[1] * shape[-2] * shape[-1]

# %% flat_features wrong: two axes or four
# message: You expect two or four axes of what comes out. A module can give any number of them: count all that there is,
#   except for the batch.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).eval()
    out = twin(torch.zeros(1, *in_shape))
    if out.dim() == 2:
        return out.shape[1]
    n, c, h, w = out.shape
    return c * h * w

# %% flat_features wrong: hooks do not run
# message: You call the module's `forward`, and its hooks do not run. They may change what comes out: call the module
#   itself.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).eval()
    return twin.forward(torch.zeros(1, *in_shape)).numel()

# %% flat_features wrong: everything is thawed
# message: The number is right, but no parameter of `conv_part` is frozen afterwards, also one that was. Each keeps the
#   `requires_grad` in which it came.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    features = copy.deepcopy(conv_part).eval()(torch.zeros(1, *in_shape)).numel()
    conv_part.requires_grad_(True)
    return features

# %% flat_features wrong: gradients are left switched on
# message: The number is right, but gradients are on afterwards even where they were off: `torch.set_grad_enabled(True)`
#   stays. `with torch.no_grad():` ends by itself and leaves what was there.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).eval()
    torch.set_grad_enabled(False)
    features = twin(torch.zeros(1, *in_shape)).numel()
    torch.set_grad_enabled(True)
    return features

# %% flat_features wrong: the gradients are cleared
# message: The number is right, but the gradients of `conv_part` are gone. They belong to whoever trains it: clear none
#   that you did not make.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).eval()
    features = twin(torch.zeros(1, *in_shape)).numel()
    conv_part.zero_grad()
    return features

# %% flat_features wrong: the number is noted on the module
# message: The number is right, but `conv_part` has a new attribute afterwards. Return the number; note nothing on what
#   you were given.
import copy

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).eval()
    conv_part.features = twin(torch.zeros(1, *in_shape)).numel()
    return conv_part.features

# %% flat_features wrong: a number of numpy's
# message: The number is right, but its type is one of numpy's. Asked for is an `int`: `int(…)` makes one of it.
import copy

import numpy as np

def flat_features(conv_part, in_shape=(3, 32, 32)):
    twin = copy.deepcopy(conv_part).eval()
    return np.prod(twin(torch.zeros(1, *in_shape)).shape)

# %% collapse domain
def domain(answer, draw):
    i, h, o = draw.size(5), draw.size(5), draw.size(5)
    l1, l2 = nn.Linear(i, h, bias=draw.flag(2 / 3)), nn.Linear(h, o, bias=draw.flag(2 / 3))
    if i == h and draw.flag():
        l2 = l1
    elif l1.bias is not None and l2.bias is not None and h == o and draw.flag():
        l2.bias = l1.bias
    elif i == o and draw.flag(1 / 3):
        l2.weight = nn.Parameter(l1.weight.detach().t())
    l1, l2 = draw.module(l1), draw.module(l2)
    if draw.flag(1 / 4):
        nn.init.zeros_(draw.choice(l1, l2).weight)
    given = [*l1.parameters(), *l2.parameters()]
    numbers = [p.detach().clone() for p in given]
    facts = [l1.training, l2.training, *(p.requires_grad for p in given)]
    one = answer(l1, l2)
    x = draw.tensor(*(draw.size(3) for _ in range(draw.integer(0, 2))), l1.in_features, dtypes=(torch.float32,))
    outputs = [one(x), F.linear(x, one.weight, one.bias)]
    own = [p for p in (one.weight, one.bias) if p is not None]
    learns = all(p.requires_grad and p.is_leaf for p in own)
    kept = [torch.equal(p, q) for p, q in zip(given, numbers)]
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.fill_(7)
    return {
        "outputs": outputs,
        "sizes": [type(one).__name__, one.in_features, one.out_features, tuple(one.weight.shape)],
        "learns": learns,
        "kept": kept,
        "kept by its training": [torch.equal(p, q) for p, q in zip(given, numbers)],
        "facts": [l1.training, l2.training, *(p.requires_grad for p in given)] == facts,
        "biases": [l1.bias is None, l2.bias is None],
    }

# %% collapse right: product of the matrices
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l2.weight @ b1 + b2)
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

# %% collapse right: a bias only where there is one
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features, bias=l1.bias is not None or l2.bias is not None)
    one.weight.data = l2.weight.data @ l1.weight.data
    if one.bias is not None:
        one.bias.data = torch.zeros(l2.out_features)
        if l1.bias is not None:
            one.bias.data += l2.weight.data @ l1.bias.data
        if l2.bias is not None:
            one.bias.data += l2.bias.data
    return one

# %% collapse right: F.linear over the transposed matrix
def collapse(l1, l2):
    with torch.no_grad():
        weight = F.linear(l1.weight.t(), l2.weight).t()
        bias = 0 if l1.bias is None else F.linear(l1.bias, l2.weight)
        bias = bias + (0 if l2.bias is None else l2.bias)
    one = nn.Linear(l1.in_features, l2.out_features)
    one.load_state_dict({"weight": weight, "bias": bias * torch.ones(l2.out_features)})
    return one

# %% collapse right: einsum and nn.init
def collapse(l1, l2):
    has_bias = not (l1.bias is None and l2.bias is None)
    one = nn.Linear(l1.weight.shape[1], l2.weight.shape[0], bias=has_bias)
    one.weight = nn.Parameter(torch.einsum("oh,hi->oi", l2.weight.detach(), l1.weight.detach()))
    if has_bias:
        nn.init.zeros_(one.bias)
        with torch.no_grad():
            if l1.bias is not None:
                one.bias += torch.mv(l2.weight, l1.bias)
            if l2.bias is not None:
                one.bias += l2.bias
    return one

# %% collapse wrong: the matrices in the wrong order
# message: You multiplied W1 by W2. First comes `l1`, so its matrix stands right beside x: on the right.
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l1.weight @ l2.weight)
        one.bias.copy_(l2.weight @ b1 + b2)
    return one

# %% collapse wrong: the product transposed
# message: Your matrix is transposed: `weight` has the shape (out, in), and what you put there is (in, out).
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_((l2.weight @ l1.weight).T)
        one.bias.copy_(l2.weight @ b1 + b2)
    return one

# %% collapse wrong: the biases are added
# message: You add the two biases. The first goes through the second layer as well: multiply out W2(W1 x + b1) + b2.
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(b1 + b2)
    return one

# %% collapse wrong: the sum of the biases as a parameter
# message: You add the two biases. The first goes through the second layer as well, which also makes it as long as
#   the second: multiply out W2(W1 x + b1) + b2.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    one.weight = nn.Parameter(l2.weight @ l1.weight)
    one.bias = nn.Parameter(l1.bias + l2.bias)
    return one

# %% collapse wrong: the weights are never set
# message: Your layer has the right size, but the random numbers that it was made with. Its weight and bias have to
#   be set.
def collapse(l1, l2):
    return nn.Linear(l1.in_features, l2.out_features)

# %% collapse wrong: the bias is never set
# message: The matrix is right. The bias is still the random one that the new layer was made with.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
    return one

# %% collapse wrong: the first bias is lost
# message: The bias of the first layer is lost on the way. It goes through the second layer's matrix.
def collapse(l1, l2):
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(b2)
    return one

# %% collapse wrong: the second bias is lost
# message: The bias of the second layer is lost on the way.
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l2.weight @ b1)
    return one

# %% collapse wrong: a bias only if the second layer has one
# message: You make a bias only where the second layer has one. The first layer's bias does not vanish when the
#   second has none: it still goes through the matrix.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features, bias=l2.bias is not None)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        if l2.bias is not None:
            one.bias.copy_(l2.bias if l1.bias is None else l2.weight @ l1.bias + l2.bias)
    return one

# %% collapse wrong: a bias only if both layers have one
# message: You make a bias only where both layers have one. If one of them has, something is left over that does not
#   depend on x.
def collapse(l1, l2):
    both = l1.bias is not None and l2.bias is not None
    one = nn.Linear(l1.in_features, l2.out_features, bias=both)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        if both:
            one.bias.copy_(l2.weight @ l1.bias + l2.bias)
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
# message: You return a row of layers. Asked for is an `nn.Linear` that does the work of both.
def collapse(l1, l2):
    return nn.Sequential(l1, l2)

# %% collapse wrong: a function
# message: You return a function. Asked for is a layer, an `nn.Linear`, with the numbers in its `weight` and `bias`.
def collapse(l1, l2):
    def one(x):
        return l2(l1(x))

    return one

# %% collapse wrong: a tensor where a parameter belongs
# message: A `weight` is a parameter, and a plain tensor cannot take its place. Copy the numbers into the one that
#   is there, or wrap them in `nn.Parameter`.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    one.weight = l2.weight @ l1.weight
    return one

# %% collapse wrong: copied while gradients are recorded
# message: Writing into a parameter while PyTorch records gradients is refused. Copy under `torch.no_grad()`.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    one.weight.copy_(l2.weight @ l1.weight)
    return one

# %% collapse wrong: the second layer is overwritten
# message: You wrote the result into one of the layers that came in. They are to stay as they were: make a new one.
def collapse(l1, l2):
    with torch.no_grad():
        bias = l2(l1(torch.zeros(l1.in_features)))
        weight = l2.weight @ l1.weight
    l2.weight, l2.bias = nn.Parameter(weight), nn.Parameter(bias)
    l2.in_features = l1.in_features
    return l2

# %% collapse wrong: the second bias is changed
# message: Your layer is right, but you added to the bias of `l2` in place, and `l2` now computes something else.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        bias = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
        if l1.bias is not None:
            bias += l2.weight @ l1.bias
        one.bias.copy_(bias)
    return one

# %% collapse wrong: the bias is shared
# message: Where the first layer has no bias, your new layer holds the very numbers of `l2`'s bias: training the
#   one changes the other. Copy them; `nn.Parameter(tensor)` makes no copy.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    one.weight = nn.Parameter(l2.weight @ l1.weight)
    if l1.bias is None and l2.bias is None:
        one.bias = None
    elif l1.bias is None:
        one.bias = nn.Parameter(l2.bias)
    else:
        one.bias = nn.Parameter(l2.weight @ l1.bias + (0 if l2.bias is None else l2.bias))
    return one

# %% collapse wrong: it cannot be trained
# message: What your layer computes is right, but its parameters are frozen: they need no gradients, so it cannot be
#   trained.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features).requires_grad_(False)
    one.weight.copy_((l2.weight @ l1.weight).detach())
    one.bias.zero_()
    for bias in (None if l1.bias is None else l2.weight @ l1.bias, l2.bias):
        if bias is not None:
            one.bias.add_(bias.detach())
    return one

# %% collapse wrong: the second bias overwrites the first
# message: Where both layers have a bias, one of the two is lost: yours holds what belongs to the other layer alone.
#   It is the sum of what `l2` makes of the first bias, and of the second.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.copy_(l2.weight @ l1.bias)
        if l2.bias is not None:
            one.bias.copy_(l2.bias)
    return one

# %% collapse wrong: a Linear that calls the two
# message: Your layer calls the two old ones; its own `weight` and `bias` have nothing to do with what it computes.
#   Put the product into them.
def collapse(l1, l2):
    class Both(nn.Linear):
        def forward(self, x):
            return l2(l1(x))

    return Both(l1.in_features, l2.out_features)

# %% collapse wrong: a forward put over it
# message: What your layer computes is right, but not by its own `weight` and `bias`: they hold other numbers. Its
#   `forward` calls the two old layers. Put the product into them.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.zero_()
        one.bias.zero_()
    one.forward = lambda x: l2(l1(x))
    return one

# %% collapse wrong: frozen where the two are frozen
# message: Where `l1` and `l2` are frozen, your layer is frozen, too. It is a new layer, and can be trained.
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l2.weight @ b1 + b2)
    return one.requires_grad_(l1.weight.requires_grad)

# %% collapse wrong: a bias is given to the layers that came in
# message: Your layer is right, but where `l1` or `l2` came without a bias, they have one now. They are to stay as they
#   were: `None` can count as zeros without being changed.
def collapse(l1, l2):
    for layer in (l1, l2):
        if layer.bias is None:
            layer.bias = nn.Parameter(torch.zeros(layer.out_features))
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l2.weight @ l1.bias + l2.bias)
    return one

# %% collapse wrong: gradients are left switched off
# message: Your layer is right, but PyTorch records no gradients any more: `torch.set_grad_enabled(False)` stays until
#   somebody switches it back. `with torch.no_grad():` ends by itself.
def collapse(l1, l2):
    torch.set_grad_enabled(False)
    one = nn.Linear(l1.in_features, l2.out_features)
    one.weight.copy_(l2.weight @ l1.weight)
    one.bias.zero_()
    for bias in (None if l1.bias is None else l2.weight @ l1.bias, l2.bias):
        if bias is not None:
            one.bias.add_(bias)
    return one

# %% collapse wrong: the two layers are frozen
# message: Your layer is right, but `l1` and `l2` are frozen afterwards: their `requires_grad` is no longer what it was.
def collapse(l1, l2):
    l1.requires_grad_(False)
    l2.requires_grad_(False)
    one = nn.Linear(l1.in_features, l2.out_features)
    one.weight = nn.Parameter(l2.weight @ l1.weight)
    bias = torch.zeros(l2.out_features)
    if l1.bias is not None:
        bias = bias + l2.weight @ l1.bias
    if l2.bias is not None:
        bias = bias + l2.bias
    one.bias = nn.Parameter(bias)
    return one

# %% collapse wrong: never a bias
# message: Your layer has no bias. One is left over whenever one of the two layers has a bias: what `l2` makes of the
#   first, and the second.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features, bias=False)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
    return one

# %% collapse wrong: the matrices are added
# message: One layer after the other is the product of their matrices, not the sum; the sum exists only where both
#   have the same shape.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l1.weight + l2.weight)
        one.bias.copy_(l1.bias + l2.bias)
    return one

# %% collapse wrong: the matrix and the bias in a tuple
# message: You return a tuple of tensors. Asked for is an `nn.Linear` with these numbers in its `weight` and `bias`.
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    return l2.weight @ l1.weight, l2.weight @ b1 + b2

# %% collapse wrong: the first bias is multiplied by the first matrix
# message: You send the bias of `l1` through the matrix of `l1`. It is added after that one: only the matrix of `l2`
#   is still to come.
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l1.weight @ b1 + b2)
    return one

# %% collapse wrong: the first bias comes in twice
# message: Your bias holds the bias of `l1` twice: once as `l2` makes it, and once as it is.
def collapse(l1, l2):
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l2.weight @ b1 + b2 + b1.sum())
    return one

# %% collapse wrong: the first layer is overwritten
# message: You wrote the result into `l1`. Both layers are to stay as they were: make a new one.
def collapse(l1, l2):
    with torch.no_grad():
        bias = l2(l1(torch.zeros(l1.in_features)))
        weight = l2.weight @ l1.weight
    l1.weight, l1.bias = nn.Parameter(weight), nn.Parameter(bias)
    l1.out_features = l2.out_features
    return l1

# %% collapse wrong: both layers are in evaluation mode
# message: Your layer is right, but `l1` and `l2` are in evaluation mode afterwards. Nobody asked you to change their
#   modes.
def collapse(l1, l2):
    l1.eval()
    l2.eval()
    b1 = torch.zeros(l1.out_features) if l1.bias is None else l1.bias
    b2 = torch.zeros(l2.out_features) if l2.bias is None else l2.bias
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.copy_(l2.weight @ b1 + b2)
    return one

# %% collapse wrong: a frozen bias stays frozen
# message: Where the first layer has no bias, your new layer takes over the second one's as it is, and that may be
#   frozen. The new layer can be trained: its parameters require gradients.
import copy

def collapse(l1, l2):
    one = copy.deepcopy(l2)
    one.in_features = l1.in_features
    one.weight = nn.Parameter((l2.weight @ l1.weight).detach())
    if l1.bias is not None:
        bias = (l2.weight @ l1.bias).detach()
        one.bias = nn.Parameter(bias if l2.bias is None else bias + l2.bias.detach())
    return one

# %% collapse wrong: weights through float16
# message: Your weights are right to three digits only: you multiply them as float16, which holds no more. Multiply
#   float32 numbers as they are.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight.half().float() @ l1.weight.half().float())
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.add_(l2.weight @ l1.bias)
        if l2.bias is not None:
            one.bias.add_(l2.bias)
    return one

# %% collapse wrong: biases through float16
# message: Your biases are right to three digits only: they go through float16, which holds no more. Use float32 numbers
#   as they are.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.add_(l2.weight @ l1.bias.half().float())
        if l2.bias is not None:
            one.bias.add_(l2.bias.half().float())
    return one

# %% collapse wrong: gradients are left switched on
# message: Your layer is right, but gradients are on afterwards even where they were off: `torch.set_grad_enabled(True)`
#   stays. `with torch.no_grad():` ends by itself and leaves what was there.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.add_(l2.weight @ l1.bias)
        if l2.bias is not None:
            one.bias.add_(l2.bias)
    torch.set_grad_enabled(True)
    return one

# %% collapse wrong: the gradients are cleared
# message: Your layer is right, but the gradients of `l1` and `l2` are gone. They belong to whoever trains these layers:
#   clear none that you did not make.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.add_(l2.weight @ l1.bias)
        if l2.bias is not None:
            one.bias.add_(l2.bias)
    l1.zero_grad()
    l2.zero_grad()
    return one

# %% collapse wrong: trained only where gradients are on
# message: Where gradients are switched off your layer is frozen. Whether it can be trained does not depend on that: a
#   new parameter requires gradients.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.add_(l2.weight @ l1.bias)
        if l2.bias is not None:
            one.bias.add_(l2.bias)
    return one.requires_grad_(torch.is_grad_enabled())

# %% collapse wrong: one layer twice has a bias for granted
# message: Where `l1` and `l2` are the same layer you rely on its bias, and it may come without one.
def collapse(l1, l2):
    one = nn.Linear(l1.in_features, l2.out_features)
    with torch.no_grad():
        if l1 is l2:
            one.weight.copy_(l1.weight @ l1.weight)
            one.bias.copy_(l1.weight @ l1.bias + l1.bias)
            return one
        one.weight.copy_(l2.weight @ l1.weight)
        one.bias.zero_()
        if l1.bias is not None:
            one.bias.add_(l2.weight @ l1.bias)
        if l2.bias is not None:
            one.bias.add_(l2.bias)
    return one

# %% with_relu domain
def domain(answer, draw):
    now, layers = [3, 2, 6, 6] if draw.flag(2 / 3) else [3, draw.size(5)], []
    x = draw.tensor(*now, dtypes=(torch.float32,), values=("normal", "zeros", "equal", "negative"))
    for _ in range(draw.integer(1, 6)):
        size, more = now[1], draw.size(4)
        some = [nn.Flatten(), nn.Dropout(), nn.Tanh(), nn.ReLU6(), nn.LeakyReLU(), nn.PReLU(), nn.Identity()]
        if len(now) == 2:
            learn = [nn.Linear(size, more), nn.Linear(size, more, bias=False)]
            some += [nn.BatchNorm1d(size), nn.LayerNorm(size), nn.Unflatten(1, (size, 1, 1))]
        elif len(now) == 3:
            learn = [nn.Conv1d(size, more, 1), nn.Linear(now[-1], more)]
        else:
            learn = [nn.Conv2d(size, more, 1), nn.Conv2d(size, more, 3, padding=1), nn.Linear(now[-1], more)]
            some += [nn.BatchNorm2d(size), nn.ConvTranspose2d(size, more, 2), nn.AdaptiveMaxPool2d((2, 3))]
            some += [nn.Flatten(2)]
        layer = draw.choice(*some, *learn, *learn, *learn)
        if layers and draw.flag(1 / 3):
            old = draw.choice(*layers)
            fits = isinstance(old, nn.Dropout | nn.Tanh | nn.ReLU6 | nn.PReLU)
            fits |= isinstance(old, nn.Linear) and old.in_features == now[-1]
            fits |= isinstance(old, nn.Conv2d) and len(now) == 4 and old.in_channels == now[1]
            layer = old if fits else layer
        layers.append(layer)
        with torch.no_grad():
            now = list(layer.eval()(torch.zeros(now)).shape)
    while any(layer is layers[-1] for layer in layers[:-1]):  # the last stands in it once
        layers.pop()
    seq = nn.Sequential(*layers)
    if draw.flag():
        seq = nn.Sequential()
        for i, layer in enumerate(layers):
            seq.add_module(f"part {i}", layer)
    seq = draw.module(seq)
    for layer in layers:
        if isinstance(layer, nn.Dropout):
            layer.eval()
    modes = [part.training for part in seq.modules()]
    frozen = [p.requires_grad for p in seq.parameters()]
    names = list(seq._modules)
    new = answer(seq)
    row = list(new)
    rest = [layer for layer in row if not isinstance(layer, nn.ReLU)]
    return {
        "row": ["ReLU" if isinstance(layer, nn.ReLU) else type(layer).__name__ for layer in row],
        "new": new is not seq,
        "shared": [a is b for a, b in zip(rest, layers)],
        "kept": [a is b for a, b in zip(seq, layers)] + [len(seq)],
        "names": list(seq._modules) == names,
        "modes": [part.training for part in seq.modules()] == modes,
        "frozen": [p.requires_grad for p in seq.parameters()] == frozen,
        "outputs": [new(x.clone()), seq(x.clone())],
    }

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

# %% with_relu right: insert into a new row, in-place ReLUs
def with_relu(seq):
    new = nn.Sequential(*seq)
    for i in reversed(range(len(seq) - 1)):
        if type(seq[i]) in (nn.Conv2d, nn.Linear):
            new.insert(i + 1, nn.ReLU(inplace=True))
    return new

# %% with_relu right: one ReLU for all
def with_relu(seq):
    relu = nn.ReLU()
    layers = []
    for layer in seq[:-1]:
        layers += [layer, relu] if isinstance(layer, (nn.Conv2d, nn.Linear)) else [layer]
    return nn.Sequential(*layers, seq[-1])

# %% with_relu right: pairs of neighbours
from itertools import pairwise

def with_relu(seq):
    layers = [seq[0]]
    for before, layer in pairwise(seq):
        if isinstance(before, nn.Conv2d) or isinstance(before, nn.Linear):
            layers.append(nn.ReLU())
        layers.append(layer)
    return nn.Sequential(*layers)

# %% with_relu right: a dictionary of names
from collections import OrderedDict

def with_relu(seq):
    layers = OrderedDict()
    for i, layer in enumerate(seq):
        layers[f"layer{i}"] = layer
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layers[f"relu{i}"] = nn.ReLU()
    if list(layers)[-1].startswith("relu"):
        layers.popitem()
    return nn.Sequential(layers)

# %% with_relu right: compared with the last layer
def with_relu(seq):
    new = nn.Sequential()
    for layer in seq:
        new.append(layer)
        if type(layer).__name__ in ("Conv2d", "Linear") and layer is not seq[-1]:
            new.append(nn.ReLU())
    return new

# %% with_relu wrong: a ReLU at the very end
# message: There is a ReLU after the last layer as well, so the network can never give a negative logit. The last
#   layer is left alone.
def with_relu(seq):
    layers = []
    for layer in seq:
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: the last one is always taken off
# message: You take the last layer of the new row off. That is the surplus ReLU only where the row ends with a layer
#   that learns; elsewhere it is a layer that is needed.
def with_relu(seq):
    layers = []
    for layer in seq:
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers[:-1])

# %% with_relu wrong: a list is returned
# message: You return a Python list. Asked for is an `nn.Sequential`, which can be called.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return layers

# %% with_relu wrong: the original is changed
# message: You put the ReLUs into the network that came in. It is to stay as it was: build a new one of the same
#   layers.
def with_relu(seq):
    i = 0
    while i < len(seq) - 1:
        if isinstance(seq[i], (nn.Conv2d, nn.Linear)):
            seq.insert(i + 1, nn.ReLU())
        i += 1
    return seq

# %% with_relu wrong: insert while looping
# message: You insert into the row over which you loop. Python refuses that; and `seq` is to stay as it was. Build a
#   new row.
def with_relu(seq):
    for i, layer in enumerate(seq):
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            seq.insert(i + 1, nn.ReLU())
    return seq

# %% with_relu wrong: before the layer
# message: Your ReLUs stand before the layers, so the first one cuts the image itself. They belong after.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
        layers.append(layer)
    return nn.Sequential(*layers)

# %% with_relu wrong: copies of the layers
# message: Your row holds copies of the layers. It is to hold the very same ones, so that whatever happens to the
#   one network happens to the other.
import copy

def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(copy.deepcopy(layer))
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: new layers instead of the old
# message: You make new layers of the same sizes, with new random numbers. The layers of `seq` themselves are to be
#   used.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        if isinstance(layer, nn.Linear):
            layer = nn.Linear(layer.in_features, layer.out_features)
        elif isinstance(layer, nn.Conv2d):
            layer = nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, padding=layer.padding)
        layers.append(layer)
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

# %% with_relu wrong: linear layers only
# message: You put a ReLU after the linear layers only. Convolutions need one, too.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, nn.Linear) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: after every layer
# message: You put a ReLU after every layer, poolings and flatten included. Asked for is one after each layer that
#   learns.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: after every layer that has parameters
# message: You put a ReLU after every layer that has parameters. A batch normalisation has some, too; asked for are
#   `nn.Conv2d` and `nn.Linear`.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if list(layer.parameters()) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: the last linear layer instead of the last layer
# message: You leave out the last Linear or Conv2d. Asked for is the last *layer*: when a flatten or another layer
#   follows, the ReLU belongs there.
def with_relu(seq):
    learning = [layer for layer in seq if isinstance(layer, (nn.Conv2d, nn.Linear))]
    layers = []
    for layer in seq:
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and layer is not learning[-1]:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: one layer too early
# message: The layer before the last gets no ReLU, though it learns. Count again: which index has the last layer?
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 2:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: rows in a row
# message: You put each layer and its ReLU into a row of their own. What is computed is right; asked for is one row,
#   in which every layer and every ReLU counts.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layer = nn.Sequential(layer, nn.ReLU())
        layers.append(layer)
    return nn.Sequential(*layers)

# %% with_relu wrong: the class instead of a layer
# message: `nn.ReLU` is the class. A row is made of layers: call it, to make one.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU)
    return nn.Sequential(*layers)

# %% with_relu wrong: the function instead of the layer
# message: `F.relu` is a function. A row is made of modules, and there is a module that does the same.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(F.relu)
    return nn.Sequential(*layers)

# %% with_relu wrong: inserted into a shallow copy
# message: The new row is right, but `seq` has as many layers as it: `copy.copy` makes a second row that shares its
#   list of layers with the first, so what you insert into the one stands in the other as well.
import copy

def with_relu(seq):
    new = copy.copy(seq)
    i = 0
    while i < len(new) - 1:
        if isinstance(new[i], (nn.Conv2d, nn.Linear)):
            new.insert(i + 1, nn.ReLU())
        i += 1
    return new

# %% with_relu wrong: ReLU6
# message: Your activations are no `nn.ReLU`: `nn.ReLU6` cuts off at 6 as well.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU6())
    return nn.Sequential(*layers)

# %% with_relu wrong: LeakyReLU
# message: Your activations are no `nn.ReLU`: an `nn.LeakyReLU` lets a little of what is negative through.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.LeakyReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: a repeated layer stands there once
# message: A layer that stands in the row more than once is missing at its other places. `children()` gives each
#   layer once; loop over the row itself.
def with_relu(seq):
    layers = []
    children = list(seq.children())
    for i, layer in enumerate(children):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(children) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: after every kind of convolution
# message: A ReLU stands after layers that are neither an `nn.Conv2d` nor an `nn.Linear`, but another kind of
#   convolution. Asked for are these two kinds.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if type(layer).__name__.startswith(("Conv", "Linear")) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: seq itself, when there is nothing to add
# message: Where no ReLU is needed, you return `seq` itself. The row that comes back is always a new one.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return seq if len(layers) == len(seq) else nn.Sequential(*layers)

# %% with_relu wrong: a row of one layer raises
# message: A row of a single layer makes your function raise an exception. It comes back as a new row of that layer.
def with_relu(seq):
    layers = []
    for i in range(max(1, len(seq) - 1)):
        layers.append(seq[i])
        if isinstance(seq[i], (nn.Conv2d, nn.Linear)) and isinstance(seq[i + 1], nn.Module):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers, seq[len(layers) and len(seq) - 1])

# %% with_relu wrong: the layers' numbers for granted
# message: You ask for the layers by number, as attributes. A row can give its layers names; loop over it instead.
def with_relu(seq):
    layers = []
    for i in range(len(seq)):
        layer = getattr(seq, str(i))
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: after the pooling
# message: Where a pooling follows a convolution, your ReLU comes after the pooling. Asked for is an `nn.ReLU` right
#   after every `nn.Conv2d`.
def with_relu(seq):
    layers, waits = [], False
    for i, layer in enumerate(seq):
        if waits and "Pool" not in type(layer).__name__:
            layers.append(nn.ReLU())
            waits = False
        layers.append(layer)
        waits = waits or isinstance(layer, (nn.Conv2d, nn.Linear))
    return nn.Sequential(*layers)

# %% with_relu wrong: everything in training mode
# message: The new row is right, but all layers are in training mode afterwards, also those that were not.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers).train()

# %% with_relu wrong: everything in evaluation mode
# message: The new row is right, but all layers are in evaluation mode afterwards, also those that were training.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers).eval()

# %% with_relu wrong: only the learning layers
# message: Your row holds the layers that learn and the ReLUs. The poolings, the flatten and all other layers of `seq`
#   belong in it as well.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layers.append(layer)
            if i < len(seq) - 1:
                layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: the last layer is left out
# message: The last layer of `seq` is missing in your row. It gets no ReLU, but it belongs there.
def with_relu(seq):
    layers = []
    for layer in seq[:-1]:
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: unchanged
# message: The row that comes back has no ReLU. After each `nn.Conv2d` and `nn.Linear` one is missing.
def with_relu(seq):
    return nn.Sequential(*seq)

# %% with_relu wrong: seq is emptied
# message: The new row is right, but `seq` has no layers any more: you took them out of it one by one. Read them and
#   leave them where they are.
def with_relu(seq):
    layers = []
    while len(seq):
        layer = seq.pop(0)
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and len(seq):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: the layers are frozen
# message: The new row is right, but the parameters of its layers are frozen afterwards, and so are those of `seq`.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer.requires_grad_(False))
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: two ReLUs
# message: After a layer there are two ReLUs. The second one changes nothing, and one is asked for.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers += [nn.ReLU(), nn.ReLU()]
    return nn.Sequential(*layers)

# %% with_relu wrong: after every layer with a matrix
# message: An embedding gets a ReLU as well: you go by the number of axes of a layer's `weight`, and other layers have
#   two or four, too. `isinstance` asks for a class.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        weight = getattr(layer, "weight", torch.zeros(1))
        if weight.dim() in (2, 4) and not isinstance(layer, nn.ConvTranspose2d) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: only after layers with a bias
# message: A layer without a bias gets no ReLU from you. Every `nn.Conv2d` and every `nn.Linear` but the very last layer
#   gets one.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and layer.bias is not None and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: the place is noted on the layer
# message: The new row is right, but the layers have a new attribute afterwards. Note things in variables of your own.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layer.place = i
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)

# %% with_relu wrong: gradients are left switched on
# message: The new row is right, but gradients are on afterwards even where they were off: `torch.set_grad_enabled(True)`
#   stays. Nothing is computed here, so there is no need to switch them.
def with_relu(seq):
    layers = []
    for i, layer in enumerate(seq):
        layers.append(layer)
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and i < len(seq) - 1:
            layers.append(nn.ReLU())
    torch.set_grad_enabled(True)
    return nn.Sequential(*layers)

# %% smoke_test wrong: gradients of zero are refused
# message: Your test says `False` to a network in which a gradient is there and all its numbers are 0. Only one that stays
#   `None` is a fault.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        for parameter in twin.parameters():
            parameter.grad = None
        x = torch.randn(4, 3, 32, 32)
        with torch.enable_grad():
            out = twin(x)
            alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all() or bool((out == out[0]).all()):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None and bool(p.grad.any()) for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test domain
def domain(answer, draw):
    from autograder.checks import probes

    def raising(error):
        def fault(out, x):
            raise error("broken")

        return fault

    class Network(nn.Module):
        """A right classifier, and a fault that shows always or sometimes."""

        def __init__(self, classes, between, fault, when, spare):
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(3, 4, 2, stride=8), between, nn.Flatten(), nn.Linear(64, classes)
            )
            self.fault, self.when = fault, when
            if spare:
                self.spare = nn.Linear(classes, classes)

        def forward(self, x):
            if hasattr(self, "spare") and self.when == "half cut":
                return self.spare(self.body(x).detach())
            out = self.body(x)
            if hasattr(self, "spare") and self.when in ("always", "training" if self.training else "evaluating"):
                out = self.spare(out)
            shows = {
                "always": True, "training": self.training, "evaluating": not self.training,
                "for one image": len(x) == 1, "for several": len(x) > 1,
            }
            return self.fault(out, x) if shows.get(self.when, False) else out

    right = {
        "nothing": lambda out, x: out,
        "doubled": lambda out, x: out * 2,
        "softmax": lambda out, x: out.softmax(dim=1),
        "rounding": lambda out, x: out * (1 + 3e-7 * len(x)),
        "tiny": lambda out, x: out * 1e-6,
    }
    broken = {
        "axis": lambda out, x: out[:, None],
        "axis behind": lambda out, x: out[..., None],
        "axis in front": lambda out, x: out[None],
        "no classes": lambda out, x: out[:, 0],
        "turned": lambda out, x: out.t()[:, None],
        "flat": lambda out, x: out.flatten(),
        "no axis": lambda out, x: out.sum(),
        "tuple": lambda out, x: (out, x),
        "list": lambda out, x: [out],
        "None": lambda out, x: None,
        "one class more": lambda out, x: torch.cat([out, out[:, :1]], dim=1),
        "one class less": lambda out, x: out[:, 1:],
        "one image more": lambda out, x: torch.cat([out, out[:1]]),
        "one image less": lambda out, x: out[1:],
        "nan": lambda out, x: out.index_fill(1, torch.tensor([0]), torch.nan),
        "inf": lambda out, x: out.index_fill(1, torch.tensor([out.shape[1] - 1]), torch.inf),
        "-inf": lambda out, x: out.index_fill(1, torch.tensor([0]), -torch.inf),
        "nan for one image": lambda out, x: out.index_fill(0, torch.tensor([len(out) - 1]), torch.nan),
        "KeyError": raising(KeyError),
        "AssertionError": raising(AssertionError),
        "ZeroDivisionError": raising(ZeroDivisionError),
        "RuntimeError": raising(RuntimeError),
        "NotImplementedError": raising(NotImplementedError),
    }
    mixing = {
        "constant": lambda out, x: out * 0 + torch.arange(float(out.shape[1])),
        "mean": lambda out, x: out - out.mean(dim=0) * 0.5,
        "softmax of the batch": lambda out, x: out.softmax(dim=0),
        "backwards": lambda out, x: out.flip(0),
        "rolled": lambda out, x: out.roll(1, 0),
        "sums": lambda out, x: out.cumsum(0),
        "the largest": lambda out, x: out + out.amax(),
        "tiny": lambda out, x: 1e-6 * (out + out.amax(dim=0)),
    }
    cut = {
        "cut": lambda out, x: out.detach(),
        "cut, wants gradients": lambda out, x: out.detach().requires_grad_(),
        "nothing": lambda out, x: out,
    }
    classes, family = draw.size(10), draw.choice("right", "right", "broken", "mixing", "cut")
    faults = {"right": right, "broken": broken, "mixing": mixing, "cut": cut}[family]
    fault = faults[draw.choice(*faults)]
    when = draw.choice("always", "training", "evaluating", "for one image", "for several")
    if family in ("mixing", "cut") and when.startswith("for"):
        when = "always"
    if family == "right" and when.startswith("for"):
        fault, when = right["rounding"], "always"
    running = draw.flag(3 / 4)
    norm = nn.Sequential(nn.BatchNorm2d(4, track_running_stats=running), nn.LeakyReLU(0.2))
    between = draw.choice(nn.LeakyReLU(0.2), nn.ReLU(), nn.Dropout(0.9), norm)
    spare = draw.flag(1 / 4)
    if family == "cut" and spare and draw.flag():
        when = "half cut"
    model = Network(classes, between, fault, when, spare)
    probes.fill(model, f"smoke_test/{draw.integer(0, 10**6)}")
    with torch.no_grad():  # no ReLU of a network that is right may be silent for all images
        for p in model.parameters():
            if p.dim() == 1:
                p.div_(16)
            elif p.dim() == 4:
                p[0].abs_()
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                nn.init.ones_(part.weight)
    training = draw.choice(True, False, None)
    for part in model.modules():
        part.training = draw.flag() if training is None else training
    if family == "cut" and draw.flag(1 / 3):
        draw.choice(*model.parameters()).requires_grad_(False)
    facts = [[part.training for part in model.modules()], [p.requires_grad for p in model.parameters()]]
    state = {key: value.clone() for key, value in model.state_dict().items()}
    said = answer(model) if classes == 10 and draw.flag() else answer(model, n_classes=classes)
    after = [[part.training for part in model.modules()], [p.requires_grad for p in model.parameters()]]
    return {
        "answer": said,
        "modes and frozen": after == facts,
        "numbers": all(torch.equal(state[key], value) for key, value in model.state_dict().items()),
        "gradients": [p.grad is None for p in model.parameters()],
        "gradients recorded": torch.is_grad_enabled(),
    }

# %% smoke_test right: backward on a twin
import copy

def smoke_test(model, n_classes=10):
    def ok(net):
        images = torch.rand(5, 3, 32, 32)
        logits = net(images)
        if logits.shape != (5, n_classes) or not bool(logits.isfinite().all()):
            return False
        scale = float(logits.abs().max())
        if any(torch.equal(logits[0], row) for row in logits[1:]):
            return False
        for i in range(5):
            one = net(images[i][None])
            if one.shape != (1, n_classes) or not torch.allclose(one[0], logits[i], atol=1e-4 * scale):
                return False
        logits.pow(2).sum().backward()
        return all(p.requires_grad and p.grad is not None for p in net.parameters())

    try:
        return bool(ok(copy.deepcopy(model).eval()))
    except Exception:
        return False

# %% smoke_test right: autograd.grad on the model itself
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(3, 3, 32, 32)
        out = model(x)
        if tuple(out.shape) != (3, n_classes) or tuple(model(x[:1]).shape) != (1, n_classes):
            return False
        if out.isnan().any() or out.isinf().any() or (out - out[0]).abs().max() < 1e-6 * out.abs().max():
            return False
        single = torch.cat([model(x[i : i + 1]) for i in range(3)])
        if (out - single).abs().max() > 1e-4 * out.abs().max():
            return False
        grads = torch.autograd.grad((out ** 2).sum(), list(model.parameters()), allow_unused=True)
        return all(g is not None for g in grads)
    except Exception:
        return False
    finally:
        for module, mode in modes:
            module.training = mode

# %% smoke_test right: everything put back at the end
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        for m, mode in modes:
            m.training = mode
        for p in model.parameters():
            p.grad = None

# %% smoke_test right: helper functions, one for each property
import copy

def no_gradient(net, logits):
    net.zero_grad()
    logits.mean().backward()
    return [name for name, p in net.named_parameters() if p.grad is None]

def same(a, b):
    return bool((a - b).abs().max() <= 1e-4 * max(1e-30, b.abs().max()))

def smoke_test(model, n_classes=10):
    twin = copy.deepcopy(model)
    twin.eval()
    images = torch.rand(6, 3, 32, 32) * 2 - 1
    try:
        together = twin(images)
        for n in (1, 2, 6):
            logits = twin(images[:n])
            assert isinstance(logits, torch.Tensor) and logits.shape == (n, n_classes)
            assert torch.isfinite(logits).all() and same(logits, together[:n])
        for i, image in enumerate(images):
            assert same(twin(image.unsqueeze(0))[0], together[i])
        assert not all(torch.equal(row, together[0]) for row in together)
        assert not no_gradient(twin, together)
    except Exception:
        return False
    return True

# %% smoke_test right: the batch backwards and one by one
import copy

def smoke_test(model, n_classes=10):
    net = copy.deepcopy(model).eval()
    for p in net.parameters():
        p.grad = None
    x = torch.linspace(-2, 2, 3 * 3 * 32 * 32)[torch.randperm(3 * 3 * 32 * 32)].view(3, 3, 32, 32)
    try:
        with torch.no_grad():
            forth, back = net(x), net(x.flip(0)).flip(0)
            singles = [net(image[None]) for image in x]
        ok = torch.is_tensor(forth) and list(forth.shape) == [3, n_classes]
        ok = ok and all(list(s.shape) == [1, n_classes] for s in singles)
        ok = ok and forth.isfinite().all().item()
        ok = ok and not torch.allclose(forth, forth.mean(0, keepdim=True), rtol=1e-6, atol=0)
        ok = ok and torch.allclose(forth, back, atol=1e-4 * float(forth.abs().max()))
        ok = ok and torch.allclose(forth, torch.cat(singles), atol=1e-4 * float(forth.abs().max()))
        if not ok:
            return False
        net(x).sum().backward()
        return None not in [p.grad for p in net.parameters()]
    except Exception:
        return False

# %% smoke_test wrong: ones and a shape
# message: You send ones through and look at the shape. A network that mixes its batch, always says the same, or is
#   cut off from its parameters, passes that.
import copy

def smoke_test(model, n_classes=10):
    try:
        return tuple(copy.deepcopy(model).eval()(torch.ones(64, 3, 32, 32)).shape) == (64, n_classes)
    except Exception:
        return False

# %% smoke_test wrong: no look at the gradients
# message: You compare the outputs well, but never look at the gradients: a frozen, unused or cut-off parameter goes
#   unnoticed.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        return True
    except Exception:
        return False

# %% smoke_test wrong: only frozen parameters are found
# message: You ask which parameters *want* a gradient, not which *get* one. An unused layer, or one that is cut off,
#   wants one and gets none.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        return all(p.requires_grad for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: one gradient is enough
# message: A network passes your test when only some of its parameters get a gradient. Every one has to get one.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return any(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: frozen parameters are left out
# message: You look only at the parameters that want a gradient. A frozen one gets none, and counts as broken here.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters() if p.requires_grad)
    except Exception:
        return False

# %% smoke_test wrong: always true
# message: Your test never finds anything: it says True to every network.
def smoke_test(model, n_classes=10):
    return True

# %% smoke_test wrong: always false
# message: Your test says `False` to right networks as well. Do your images differ from each other? And do you
#   allow for rounding? What an image gets alone and in a batch may differ in the last digits.
def smoke_test(model, n_classes=10):
    return False

# %% smoke_test wrong: an error is not caught
# message: When a network stops with an error, so does your test. A network that cannot take one image is broken:
#   say `False`.
import copy

def smoke_test(model, n_classes=10):
    twin = copy.deepcopy(model).eval()
    x = torch.randn(4, 3, 32, 32)
    out = twin(x)
    alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
    if out.shape != (4, n_classes) or alone.shape != (4, n_classes) or not torch.isfinite(torch.cat([out, alone])).all():
        return False
    if torch.equal(out[0], out[1]) or not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
        return False
    (out ** 2).sum().backward()
    return all(p.grad is not None for p in twin.parameters())

# %% smoke_test wrong: only one kind of error is caught
# message: You catch `RuntimeError` only. Other people's networks stop with other errors, too, and a network may
#   return something that has no shape.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except RuntimeError:
        return False

# %% smoke_test wrong: gradients are left behind
# message: Your verdicts are right, but afterwards the parameters have a `grad` where there was none.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        for m, mode in modes:
            m.training = mode

# %% smoke_test wrong: left in evaluation mode
# message: Your verdicts are right, but the network is left in evaluation mode.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        for p in model.parameters():
            p.grad = None

# %% smoke_test wrong: always training afterwards
# message: Your verdicts are right, but afterwards the network is in training mode, whatever it was before.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        model.train()
        for p in model.parameters():
            p.grad = None

# %% smoke_test wrong: one mode for all
# message: Your verdicts are right, but you give all layers the mode of the whole network. Each has a `training` of
#   its own.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        model.train(modes[0][1])
        for p in model.parameters():
            p.grad = None

# %% smoke_test wrong: tested while training
# message: You test the network in the mode in which it came. While training, a dropout draws anew each time and a
#   batch normalisation mixes the batch, as they should: right networks fail your test.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model)
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: the gradients in training mode
# message: You compute the gradients in training mode. What counts is evaluation mode, where other layers may be
#   used; and while training a batch normalisation counts your images.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        model.train()
        (model(x) ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        for m, mode in modes:
            m.training = mode
        for p in model.parameters():
            p.grad = None

# %% smoke_test wrong: trained instead of tested
# message: You look whether a training step changes every parameter, which is clever, but you take that step with
#   the model itself: its weights are not what they were.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        before = [p.detach().clone() for p in model.parameters()]
        torch.optim.SGD(model.parameters(), lr=0.1).step()
        return not any(torch.equal(p, b) for p, b in zip(model.parameters(), before))
    except Exception:
        return False
    finally:
        for m, mode in modes:
            m.training = mode
        for p in model.parameters():
            p.grad = None

# %% smoke_test wrong: everything is thawed
# message: You switch `requires_grad` on for all parameters before you look. So you never find a frozen one, and you
#   leave the model changed.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval().requires_grad_(True)
        x = torch.randn(4, 3, 32, 32)
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        for m, mode in modes:
            m.training = mode
        for p in model.parameters():
            p.grad = None

# %% smoke_test wrong: no single image
# message: You never try a batch of one. A network that looks at the whole batch, or only works for the batch size
#   that you happened to use, is not found that way.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(64, 3, 32, 32)
        out = twin(x)
        if out.shape != (64, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: single images, but only their shape
# message: You try one image alone, and look only at its shape. Compare its numbers with the row that the same image
#   gets in a batch.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only the first image
# message: You compare only the first image with what it gets alone. In some networks the first is right, and the
#   others depend on those before them.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out[0], alone[0], atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only a single image
# message: You send one image at a time. Then nothing can be mixed up, and a network that takes no batch at all
#   passes.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: a constant output passes
# message: You never ask whether different images get different outputs. A network that always says the same passes.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only two numbers are compared
# message: You call the output the same for all images when all its numbers are the same. It may differ from class
#   to class, and still not from image to image: compare rows.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if (out == out[0, 0]).all():
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: nan goes unnoticed
# message: A nan or an infinity in the output goes unnoticed. Comparisons with nan are never true, so ask for it in
#   so many words.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        scale = 1 if out.isnan().any() else out.abs().max()
        if torch.equal(out[0], out[1]) or (out - alone).abs().max() > 1e-4 * scale:
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: an infinity goes unnoticed
# message: An infinity in the output goes unnoticed: it equals itself, so comparing outputs does not find it. Ask
#   for it in so many words.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: ten classes taken for granted
# message: You compare with 10, whatever `n_classes` says.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, 10) or alone.shape != (4, 10):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only the number of classes is compared
# message: You look at the last axis of the shape only. The output for N images has the shape (N, n_classes), and no
#   other axis.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape[-1] != n_classes:
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: a tensor is returned
# message: You return a tensor. Asked for is a `bool`, True or False.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return torch.tensor([p.grad is not None for p in twin.parameters()]).all()
    except Exception:
        return False

# %% smoke_test wrong: it raises instead of returning
# message: You raise where something is broken. Asked for is the answer `False`; a test that raises stops whoever
#   uses it.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            raise ValueError("broken")
        if not torch.isfinite(torch.cat([out, alone])).all():
            raise ValueError("broken")
        if torch.equal(out[0], out[1]):
            raise ValueError("broken")
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            raise ValueError("broken")
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except RuntimeError:
        return False

# %% smoke_test wrong: bit for bit
# message: Your test says `False` to right networks as well. Do your images differ from each other? And do you
#   allow for rounding? What an image gets alone and in a batch may differ in the last digits.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.equal(out, alone):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: gradients of a twin in training mode
# message: You compute the gradients in training mode. What counts is evaluation mode: a layer that is used in one
#   mode only may be unused in the other.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (twin.train()(x) ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: a gradient of zeros is none
# message: To you a gradient of zeros is no gradient. Broken is what the statement says: a `grad` that stays
#   `None`. (The sum of what a softmax gives is always 1, and its gradient zero.)
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        out.sum().backward()
        return all(p.grad is not None and p.grad.abs().max() > 1e-5 for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only the output is asked for a gradient
# message: A network passes your test when only some of its parameters get a gradient. Every one has to get one.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        return out.grad_fn is not None
    except Exception:
        return False

# %% smoke_test wrong: the first parameter only
# message: You look at the gradient of the first parameter only. Each of them has to get one.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return next(twin.parameters()).grad is not None
    except Exception:
        return False

# %% smoke_test wrong: the last parameter only
# message: You look at the gradient of the last parameter only. Each of them has to get one.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return list(twin.parameters())[-1].grad is not None
    except Exception:
        return False

# %% smoke_test wrong: weights only
# message: You look at the gradients of the weights only. A bias is a parameter, too.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters() if p.dim() > 1)
    except Exception:
        return False

# %% smoke_test wrong: only a positive infinity is looked for
# message: An output of minus infinity goes unnoticed. `torch.isfinite` finds all that is no number.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if torch.isnan(out).any() or (out == torch.inf).any():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if ((out - alone).abs() > 1e-4 * out.abs().max()).any():
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: broken only when nothing is finite
# message: A nan in one column goes unnoticed: you call the output broken when all its numbers are. One is enough.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).any():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.nan_to_num(0, 0, 0).abs().max()), equal_nan=True):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: one image is never tried for its shape
# message: You never look at the shape that a single image gets. A network that loses the batch axis then passes.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.stack([twin(x[i : i + 1]).reshape(-1) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: pairs instead of single images
# message: You never send one image alone. A network that takes no batch of one, or gives it another shape,
#   passes: N = 1 counts as well.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[:2]), twin(x[2:])])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only the last image
# message: You compare only the last image with what it gets alone. In some networks the last is right, and the
#   others depend on those after them.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out[-1], alone[-1], atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: a fixed tolerance
# message: Where all logits are tiny, your comparison calls everything equal: an `atol` is fixed, and 1e-4 is more than
#   such logits are. Measure it by the largest logit.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all() or torch.equal(out, out[:1].expand(4, -1)):
            return False
        if not torch.allclose(out, alone, atol=1e-4):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: fixed tolerances, for constants too
# message: Where all logits are tiny, your comparisons call everything equal, and a right network constant. A fixed
#   `atol` is more than such logits are. Measure it by the largest logit.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all() or torch.allclose(out, out[:1], atol=1e-4):
            return False
        if not torch.allclose(out, alone, atol=1e-4):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: compared with a large tolerance
# message: You call logits equal that differ by 0.05. Rounding is far smaller: a ten-thousandth of
#   the largest logit is room enough.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=0.1):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: images that are all the same
# message: Your test says `False` to right networks as well. Do your images differ from each other? And do you
#   allow for rounding? What an image gets alone and in a batch may differ in the last digits.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.ones(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.allclose(out[0], out[1], atol=1e-4 * float(out.abs().max())):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: the same images, and no look at it
# message: Your images are all the same. Then nobody sees whether a network gives the same output for different
#   ones, or brings their order into disorder.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.ones(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: one right shape is enough
# message: A model passes whose shape is wrong for several images, or for one image, but not for both. That is
#   broken, too. Comparing the numbers need not notice: rows of 2 and of 1 are compared by broadcasting.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        images = torch.randn(4, 3, 32, 32)
        output = twin(images)
        alone = torch.cat([twin(image[None]) for image in images])
        if output.shape != (4, n_classes) and alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(output).all() or torch.equal(output, output[:1].expand_as(output)):
            return False
        if not torch.allclose(output, alone, atol=1e-4 * float(output.abs().max())):
            return False
        output.sum().backward()
        return all(parameter.grad is not None for parameter in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only the number of elements is compared
# message: You count the numbers that come out. Their shape matters as well: (N, `n_classes`), with N in front and
#   no other axis.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x).reshape(4, -1)
        alone = torch.cat([twin(x[i : i + 1]).reshape(1, -1) for i in range(4)])
        if out.numel() != 4 * n_classes:
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: anything that gives a tensor back from a tuple
# message: You take the first entry where a network returns a tuple or a list. Broken is a network whose output is
#   not a tensor.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        first = lambda y: y[0] if isinstance(y, tuple) else y
        out = first(twin(x))
        alone = torch.cat([first(twin(x[i : i + 1])) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: a random seed is set
# message: Your verdicts are right, but `torch.manual_seed` is set: whoever draws random numbers after your test
#   gets the same ones each time. A `torch.Generator` of your own leaves the seed alone.
import copy

def smoke_test(model, n_classes=10):
    torch.manual_seed(0)
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: gradients are left switched off
# message: Your verdicts are right, but PyTorch records no gradients any more: what
#   `torch.set_grad_enabled(False)` switches off stays so until somebody switches it back.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        torch.set_grad_enabled(False)
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: a number instead of a bool
# message: You return a number, 1 or 0. Asked for is a `bool`, True or False.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return int(all(p.grad is not None for p in twin.parameters()))
    except Exception:
        return False

# %% smoke_test wrong: None where something is broken
# message: Where something is broken you return nothing, which is None. Asked for is the answer `False`.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return
        if not torch.isfinite(torch.cat([out, alone])).all():
            return
        if torch.equal(out[0], out[1]):
            return
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters()) or None
    except Exception:
        return

# %% smoke_test wrong: answers are exchanged
# message: Your answers are the wrong way round: `True` stands for a network that may be right, `False` for a
#   broken one.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return True
        if not torch.isfinite(torch.cat([out, alone])).all():
            return True
        if torch.equal(out[0], out[1]):
            return True
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return True
        (out ** 2).sum().backward()
        return not all(p.grad is not None for p in twin.parameters())
    except Exception:
        return True

# %% smoke_test wrong: an exception is no fault
# message: When a network raises an exception, your answer is `True`. A network that cannot take the images is
#   broken.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return True

# %% smoke_test wrong: unfrozen at the end
# message: Your verdicts are right, but afterwards no parameter is frozen, also where one was.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        model.requires_grad_(True)
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: the model is frozen at the end
# message: Your verdicts are right, but afterwards all parameters are frozen, also where none was.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        model.requires_grad_(False)
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only some kinds of error are caught
# message: You catch the kinds of error that came to your mind. Other people's networks can stop with any other, a
#   KeyError or an IndexError: `except Exception` catches them all.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except (RuntimeError, TypeError, AttributeError, ValueError, AssertionError):
        return False

# %% smoke_test wrong: the statistics have moved
# message: Your verdicts are right, but the running statistics of a batch normalisation are not what they were: you
#   sent images through the model itself while it was in training mode.
def smoke_test(model, n_classes=10):
    modes = [(m, m.training) for m in model.modules()]
    try:
        x = torch.randn(4, 3, 32, 32)
        if model(x) is None:
            return False
        model.eval()
        out = model(x)
        alone = torch.cat([model(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        if not torch.allclose(out, alone, atol=1e-4 * float(out.abs().max())):
            return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in model.parameters())
    except Exception:
        return False
    finally:
        for m, mode in modes:
            m.training = mode
        for p in model.parameters():
            p.grad = None

# %% smoke_test wrong: other images instead of none
# message: You never send one image alone. A network that takes no batch of one, or gives it another shape,
#   passes: N = 1 counts as well.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x, others = torch.randn(2, 4, 3, 32, 32)
        out = twin(x)
        if out.shape != (4, n_classes) or not torch.isfinite(out).all():
            return False
        if torch.equal(out[0], out[1]):
            return False
        for i in range(4):
            mixed = others.clone()
            mixed[i] = x[i]
            if not torch.allclose(twin(mixed)[i], out[i], atol=1e-4 * float(out.abs().max())):
                return False
        (out ** 2).sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only the first image is looked at for a nan
# message: You look for a nan in the output for the first image only. It can come for any image.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not (torch.isfinite(out[0]) & torch.isfinite(alone[0])).all():
            return False
        largest = out.abs().max()
        if (out - out[0]).abs().max() <= 1e-4 * largest:
            return False
        if (out - alone).nan_to_num(0).abs().max() > 1e-4 * out.nan_to_num(0).abs().max():
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: every logit by itself
# message: You measure rounding by each logit, and a logit near 0 leaves no room for any. Measure it by the largest
#   logit.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if (out - out[0]).abs().max() <= 1e-4 * largest:
            return False
        if not torch.allclose(out, alone, rtol=1e-4, atol=0):
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: too strict
# message: Your test takes rounding for a fault. What stays below a ten-thousandth of the largest logit is rounding.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if (out - out[0]).abs().max() <= 1e-4 * largest:
            return False
        if (out - alone).abs().max() > 1e-6 * largest:
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: a hundredth passes as rounding
# message: What you take for rounding is too much: a thousandth of another image is in the output, and you do not see it.
#   A ten-thousandth of the largest logit is the bound.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if (out - out[0]).abs().max() <= 1e-4 * largest:
            return False
        if (out - alone).abs().max() > 1e-2 * largest:
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: allclose has an atol of its own
# message: Where all logits are extremely small your comparison calls everything equal. `torch.allclose` has an `atol` of
#   1e-8 where you give none, and that is more than such logits are.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if torch.equal(out, out[:1].expand(4, -1)):
            return False
        if not torch.allclose(out, alone, rtol=1e-3):
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: squares
# message: You compare squares. Those of huge logits are infinite and those of tiny ones are 0. The largest `abs()` has
#   no such trouble.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if out.var(dim=0).sum() <= 1e-8 * (out ** 2).sum():
            return False
        if (out - alone).abs().max() > 1e-4 * largest:
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: backward is outside of the try
# message: Your test raises an exception where `backward` does. It never raises, whatever the model does: put that under
#   the `try` as well.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if (out - out[0]).abs().max() <= 1e-4 * largest:
            return False
        if (out - alone).abs().max() > 1e-4 * largest:
            return False
    except Exception:
        return False
    if not out.requires_grad:
        return False
    out.sum().backward()
    return all(p.grad is not None for p in twin.parameters())

# %% smoke_test wrong: a single image only for its shape
# message: You exchange the other images of a batch, and compare no image with what it gets alone. Some networks notice
#   how many images there are.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if (out - out[0]).abs().max() <= 1e-4 * largest:
            return False
        if max((twin(torch.cat([x[: i + 1], x[i + 1 :] + 1]))[i] - out[i]).abs().max() for i in range(3)) > 1e-4 * largest or (twin(torch.cat([x[:3] + 1, x[3:]]))[3] - out[3]).abs().max() > 1e-4 * largest:
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: only the first class is compared
# message: You call a network constant by its first logit alone. One class can always get the same, while others tell the
#   images apart.
import copy

def smoke_test(model, n_classes=10):
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if (out[:, 0] - out[0, 0]).abs().max() <= 1e-6 * largest:
            return False
        if (out - alone).abs().max() > 1e-4 * largest:
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False

# %% smoke_test wrong: the verdict is noted on the model
# message: Your verdicts are right, but the model has a new attribute afterwards. Return the verdict; note nothing on
#   what you were given.
import copy

def smoke_test(model, n_classes=10):
    model.tested = True
    try:
        twin = copy.deepcopy(model).eval()
        x = torch.randn(4, 3, 32, 32)
        out = twin(x)
        alone = torch.cat([twin(x[i : i + 1]) for i in range(4)])
        if out.shape != (4, n_classes) or alone.shape != (4, n_classes):
            return False
        if not torch.isfinite(torch.cat([out, alone])).all():
            return False
        largest = out.abs().max()
        if (out - out[0]).abs().max() <= 1e-4 * largest:
            return False
        if (out - alone).abs().max() > 1e-4 * largest:
            return False
        out.sum().backward()
        return all(p.grad is not None for p in twin.parameters())
    except Exception:
        return False
