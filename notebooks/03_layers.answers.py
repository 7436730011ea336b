# Known answers of chapter 3. Format: see the docstring of this folder's __init__.py.

# %% ConvNet domain
def domain(answer, draw):
    in_ch, out_ch, k = draw.size(4), draw.size(4), draw.size(4)
    given = {"in_ch": in_ch, "out_ch": out_ch, "k": k}
    given = {name: size for name, size in given.items() if draw.flag(0.8)}
    least = given.get("k", 3)
    shape = draw.size(4), given.get("in_ch", 3), draw.size(6, least), draw.size(6, least)
    values = ("normal", "zeros", "equal", "few", "tiny", "negative")
    x = draw.tensor(*shape, dtypes=(torch.float32,), values=values)
    frozen = draw.choice((), (1,), (4,))
    net = answer(in_ch, out_ch, k) if len(given) == 3 else answer(**given)
    net(torch.zeros(shape))
    net = draw.module(net, frozen=False)
    parameters = sorted(net.parameters(), key=lambda p: p.dim())
    for parameter in parameters:
        parameter.requires_grad_(parameter.dim() not in frozen)
    before, leaf = x.clone(), x.clone().requires_grad_()
    results = [net(x), net(leaf)]
    (results[1] * torch.arange(1.0, 1 + results[1].numel()).reshape(results[1].shape) / 64).sum().backward()
    gradients = [leaf.grad, *(p.grad for p in parameters)]
    return [results, gradients, torch.equal(x, before), [tuple(p.shape) for p in parameters]]

# %% ConvNet right: one Conv2d
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet right: a Sequential that is called
class ConvNet(nn.Sequential):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__(nn.Conv2d(in_ch, out_ch, kernel_size=(k, k), stride=1, padding="valid"))

# %% ConvNet right: its own parameters and F.conv2d
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(out_ch, in_ch, k, k) * 0.1)
        self.shift = nn.Parameter(torch.zeros(out_ch))

    def forward(self, images):
        return F.conv2d(images, self.kernel) + self.shift[:, None, None]

# %% ConvNet right: lazy input channels
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.layers = nn.ModuleList([nn.LazyConv2d(out_ch, k)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

# %% ConvNet right: its own parameters, large ones
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_ch, in_ch, k, k))
        self.bias = nn.Parameter(torch.randn(out_ch))

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias)

# %% ConvNet right: a Conv2d by inheritance
class ConvNet(nn.Conv2d):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__(in_ch, out_ch, k)

# %% ConvNet wrong: padding of 1
# message: Your output keeps the size of a 3 × 3 kernel's input: there is a padding of 1. By default
#   there is none, so a window of k loses k − 1 rows and columns.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k, padding=1)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: padding that keeps the size
# message: Your output has the height and width of what came in, so you pad. The statement asks for
#   PyTorch's default, which is no padding: H − k + 1 rows are left.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k, padding="same")

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: numbers hard-coded
# message: Your layer is always the 3 → 6 convolution with a 3 × 3 kernel of the example; `in_ch`,
#   `out_ch` and `k` come in and are not used.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: the kernel size is hard-coded
# message: The channels follow the arguments, but your kernel is always 3 × 3. What became of `k`?
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, 3)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: three input channels for ever
# message: Your layer always expects 3 channels, whatever `in_ch` says. Not every input is a colour
#   picture: the second layer of a network gets what the first one put out.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(3, out_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: no bias
# message: Your layer has no bias: 162 parameters instead of 168. Each of the kernels has one number
#   that is added to its whole map.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k, bias=False)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: channels swapped
# message: The channels have changed places: your layer takes `out_ch` and returns `in_ch`. Look up
#   the order of the first two arguments of `nn.Conv2d`.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(out_ch, in_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: k is also the stride
# message: Your window jumps k pixels at a time. That is the default of pooling; a convolution's
#   window moves by 1 unless you say otherwise.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: the layer is made in forward
# message: Your layer is made in `forward`, so each call gets a new one with new random numbers, and
#   the module itself owns nothing that could be trained. When should a layer be made?
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.sizes = in_ch, out_ch, k

    def forward(self, x):
        return nn.Conv2d(*self.sizes)(x)

# %% ConvNet wrong: the layer lies in a python list
# message: A plain python list hides its layers: the output is right, but `parameters()` is empty, and
#   an optimizer would train nothing.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.layers = [nn.Conv2d(in_ch, out_ch, k)]

    def forward(self, x):
        return self.layers[0](x)

# %% ConvNet wrong: a ReLU behind it
# message: The negative values are gone: something like a ReLU follows your convolution. Here the
#   result of the convolution itself is wanted.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x).relu()

# %% ConvNet wrong: super().__init__() forgotten
# message: A layer is assigned before the parent class is awake: `super().__init__()` makes the
#   registers that a layer is put into, and has to come first.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: nothing is returned
# message: The convolution is computed and thrown away: `forward` has no `return`, so it returns None.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        self.conv1(x)

# %% ConvNet wrong: reshaped to three channels
# message: You reshape the result as the tutorials do for TensorBoard. That is no part of the network:
#   return the maps as the layer gives them.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return torch.reshape(self.conv1(x), (-1, 3, 30, 30))

# %% ConvNet wrong: expects a batch of 64
# message: Your `forward` is written for exactly 64 pictures. The batch size belongs to the data,
#   not to the network; the last batch has another one.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.out_ch = out_ch
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        out = self.conv1(x)
        return out.reshape(64, self.out_ch, out.shape[2], out.shape[3])

# %% ConvNet wrong: reshaped to the sizes of the example
# message: Your `forward` ends with a reshape to the sizes of the printed example. The convolution
#   returns the right shape by itself, whatever the pictures' size and number.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return torch.reshape(self.conv1(x), (-1, 6, 30, 30))

# %% ConvNet wrong: squeezed
# message: Axes of length 1 are missing in your result: one image, one channel or one row of pixels is
#   still an axis. `squeeze` without an argument removes them all.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x).squeeze()

# %% ConvNet wrong: squeezed in front
# message: A batch of one image comes back without its batch axis. The result has four axes, however
#   many images there are.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x).squeeze(0)

# %% ConvNet wrong: softmax in evaluation
# message: In training your result is right; after `net.eval()` it is another one. Something in your
#   `forward` asks for the mode; the convolution is wanted in both.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        y = self.conv1(x)
        return y if self.training else y.softmax(1)

# %% ConvNet wrong: seeded
# message: Your network sets torch's random seed. Then every network begins with the same numbers,
#   and so does whatever else is random in the program. Leave the seed to whoever calls you.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        torch.manual_seed(0)
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: sets its own mode
# message: The result is right, but calling your network changes its mode. The mode belongs to whoever
#   trains or evaluates it.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        self.eval()
        return self.conv1(x)

# %% ConvNet wrong: gradients are switched off
# message: After a call of your network, gradients are switched off for the whole program: nothing
#   after it can learn. Leave that to whoever calls you.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        y = self.conv1(x)
        torch.set_grad_enabled(False)
        return y

# %% ConvNet wrong: without a graph
# message: The numbers are right, but no gradient reaches the weight, the bias or `x`: the
#   convolution runs under `torch.no_grad()`, or its result is cut off (`detach`, `.data`). It could
#   never learn.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    @torch.no_grad()
    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: detached x
# message: The weight and the bias learn, but no gradient reaches `x`: it is cut off before the
#   convolution. Layers in front of yours could not learn.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x.detach())

# %% ConvNet wrong: frozen
# message: Your parameters are right, but frozen (`requires_grad` is False), so no gradient reaches
#   them. A new layer is there to be trained.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k).requires_grad_(False)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: bias frozen
# message: The weight learns, but no gradient reaches the bias.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)
        self.conv1.bias.requires_grad_(False)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: a second layer that nobody uses
# message: The result is right, but your network owns two layers and uses one. The parameters of the
#   other are counted, saved and never trained.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)
        self.conv2 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: zeros to begin with
# message: All kernels of your network begin with the same numbers. Then all of them compute the
#   same map and get the same gradient, and remain copies of one another. They have to begin at
#   random.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)
        nn.init.zeros_(self.conv1.weight)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: a constant to begin with
# message: All kernels of your network begin with the same numbers. Then all of them compute the
#   same map and get the same gradient, and remain copies of one another. They have to begin at
#   random.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.w = nn.Parameter(torch.full((out_ch, in_ch, k, k), 0.1))
        self.b = nn.Parameter(torch.zeros(out_ch))

    def forward(self, x):
        return F.conv2d(x, self.w, self.b)

# %% ConvNet wrong: a Dropout behind it
# message: In training, some numbers of your result are 0 at random and the others larger: a Dropout
#   follows the convolution. The convolution itself is wanted.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.drop(self.conv1(x))

# %% ConvNet wrong: a normalisation behind it
# message: Each channel of your result is centred and scaled by the batch: a normalisation follows the
#   convolution. The convolution itself is wanted.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)
        self.norm = nn.BatchNorm2d(out_ch, affine=False)

    def forward(self, x):
        return self.norm(self.conv1(x))

# %% ConvNet wrong: dilation
# message: Your result is smaller than it should be: with k = 3 four rows are lost, not two. The
#   pixels under your kernel do not lie side by side (`dilation`).
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k, dilation=2)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: stride 2
# message: Your window moves by 2 pixels, so that half of the rows and columns are missing. By
#   default it moves by 1.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k, stride=2)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: depthwise
# message: With 3 channels in and 6 out, each of your kernels sees one channel only (`groups`). By
#   default every kernel reaches through all channels.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k, groups=in_ch if out_ch % in_ch == 0 else 1)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: writes into x
# message: The result is right, but `x` is changed by the call. It belongs to whoever called you.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        y = self.conv1(x)
        if not x.requires_grad:
            x.zero_()
        return y

# %% ConvNet wrong: six out always
# message: Your layer always puts out 6 channels, whatever `out_ch` says.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, 6, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: no defaults
# message: `ConvNet()` without arguments is to work, too: the statement gives each of the three a
#   default.
class ConvNet(nn.Module):
    def __init__(self, in_ch, out_ch, k):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: default k of 5
# message: `ConvNet()` without arguments has a kernel of 3 × 3. Your default for `k` is another one.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=5):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: only the first image
# message: You return the maps of the first image only. All N images are wanted.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x[:1])

# %% ConvNet wrong: kernel flipped
# message: Your result is that of a kernel upside down. What deep learning calls a convolution does
#   not flip it (chapter 2).
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return F.conv2d(x, self.conv1.weight.flip(2, 3), self.conv1.bias)

# %% ConvNet wrong: numbers scaled first
# message: Your numbers are 255 times too small, but for the bias: `x` is divided before the
#   convolution. Nothing is to happen to it.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x / 255)

# %% ConvNet wrong: gradients are switched on
# message: After a call of your network, gradients are switched on, also where they were off, as in
#   `torch.no_grad()`. Leave that to whoever calls you.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        torch.set_grad_enabled(True)
        return self.conv1(x)

# %% ConvNet wrong: no gradient in evaluation mode
# message: In evaluation mode no gradient reaches the weight, the bias or `x`. The mode has no say
#   in that: whoever wants none uses `torch.no_grad()`.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        with torch.set_grad_enabled(self.training):
            return self.conv1(x)

# %% ConvNet wrong: cut off in evaluation mode
# message: In evaluation mode no gradient reaches `x`, though it does in training. The mode has no
#   say in that.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        x = x if self.training else x.detach()
        return self.conv1(x)

# %% ConvNet wrong: learns only where x needs a gradient
# message: Where `x` requires no gradient, none reaches the weight and the bias. Usually pictures
#   require none, and the network is to learn all the same.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        with torch.set_grad_enabled(x.requires_grad):
            return self.conv1(x)

# %% ConvNet wrong: the same random numbers each time
# message: The numbers look random, but each of your networks begins with the same ones: a seed is
#   built in. Leave the drawing to the layer.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)
        drawn = torch.Generator().manual_seed(0)
        nn.init.uniform_(self.conv1.weight, -0.1, 0.1, generator=drawn)

    def forward(self, x):
        return self.conv1(x)

# %% ConvNet wrong: x requires gradients afterwards
# message: The result is right, but afterwards `x` requires gradients, which it did not before.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        if x.is_leaf:
            x.requires_grad_()
        return self.conv1(x)

# %% ConvNet wrong: limited at 50
# message: Your result ends at −50 and 50. A convolution has no limits, and nothing is to follow it.
class ConvNet(nn.Module):
    def __init__(self, in_ch=3, out_ch=6, k=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_ch, out_ch, k)

    def forward(self, x):
        return self.conv1(x).clamp(-50, 50)

# %% channel_grid domain
def domain(answer, draw):
    values = ("normal", "equal", "few", "large", "negative", "zeros")
    out = draw.tensor(*(draw.size(4) for _ in range(4)), dtypes=(*draw.FLOATS, *draw.HALVES), values=values)
    if draw.flag(1 / 3):
        out = out * 2.0 ** draw.choice(*((-8, 4) if out.dtype == torch.float16 else (-70, 30)))
    if draw.flag(1 / 4):
        out[-1, 0] = out[-1, 0].amax()
    pictures = answer(out.requires_grad_(draw.flag(1 / 4)))
    near = {torch.float16: 4e-3, torch.bfloat16: 3e-2, torch.float32: 1e-5, torch.float64: 1e-12}[out.dtype]
    wide = out.detach().double()
    moved = wide - wide.amin((2, 3), keepdim=True)
    top = moved.amax((2, 3), keepdim=True)
    exact = (moved / torch.where(top > 0, top, 1)).reshape(-1, 1, *out.shape[2:])
    same = pictures.shape == exact.shape and bool(((pictures.double() - exact).abs() <= near).all())
    return [pictures.dtype, tuple(pictures.shape), same, pictures.float().round()]

# %% channel_grid right: amin and amax of each map
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid right: map by map
def channel_grid(out):
    pictures = []
    for image in out:
        for feature_map in image:
            moved = feature_map - feature_map.min()
            top = moved.max()
            pictures.append(moved / top if top > 0 else torch.zeros_like(moved))
    return torch.stack(pictures).unsqueeze(1)

# %% channel_grid right: rows of pixels
def channel_grid(out):
    rows = out.detach().flatten(0, 1).flatten(1)
    least = rows.min(dim=1, keepdim=True).values
    span = rows.max(dim=1, keepdim=True).values - least
    scaled = torch.nan_to_num((rows - least) / span, nan=0.0)
    return scaled.unflatten(1, out.shape[2:]).unsqueeze(1)

# %% channel_grid right: a map at a time, with a case for equal values
def channel_grid(out):
    grey = torch.zeros(out.shape[0] * out.shape[1], 1, out.shape[2], out.shape[3], dtype=out.dtype)
    for n in range(out.shape[0]):
        for c in range(out.shape[1]):
            m = out[n, c]
            lo, hi = m.min(), m.max()
            if hi != lo:
                grey[n * out.shape[1] + c, 0] = (m - lo) / (hi - lo)
    return grey

# %% channel_grid right: the smallest number of the dtype as the least span
def channel_grid(out):
    maps = out.reshape(-1, 1, *out.shape[2:])
    least, largest = torch.aminmax(maps.flatten(1), dim=1, keepdim=True)
    span = (largest - least).clamp_min(torch.finfo(out.dtype).tiny)
    return (maps - least[..., None, None]) / span[..., None, None]

# %% channel_grid right: masked
def channel_grid(out):
    n, c, h, w = out.shape
    moved = out - out.amin(dim=(-2, -1), keepdim=True)
    top = moved.amax(dim=(-2, -1), keepdim=True)
    top = top.masked_fill(top == 0, 1)
    return torch.stack([image[i : i + 1] for image in moved / top for i in range(c)])

# %% channel_grid wrong: false colours
# message: You pack three maps into one colour picture, as in the first attempt above. Each map is to
#   become a grey picture of its own: N·C pictures with 1 channel.
def channel_grid(out):
    three = out.reshape(-1, 3, out.shape[2], out.shape[3])
    least, largest = three.amin((2, 3), keepdim=True), three.amax((2, 3), keepdim=True)
    return (three - least) / torch.where(largest > least, largest - least, 1)

# %% channel_grid wrong: one scale for all maps
# message: You take the smallest and the largest value of the whole tensor. A map with small values
#   then shows next to nothing; each map needs its own scale.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.min(), out.max()
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: one scale for each image
# message: All maps of an image share one scale with you. Each *map* is to be scaled by itself: over
#   which axes should the smallest value be taken?
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((1, 2, 3), keepdim=True), out.amax((1, 2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: one scale for each row
# message: You scale each row of pixels by itself, which turns a smooth map into stripes. The smallest
#   and the largest value are to be taken over both axes of a map.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin(3, keepdim=True), out.amax(3, keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: channel first, image second
# message: The pictures are right, but in another order: yours shows map 0 of all images, then map 1 of
#   all images. Picture number n·C + c is to show `out[n, c]`.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).transpose(0, 1).reshape(n * c, 1, height, width)

# %% channel_grid wrong: nan for a constant map
# message: Almost: a map in which all values are equal has a span of 0, and 0 / 0 is NaN. Such a map is
#   to become 0 everywhere.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    return ((out - least) / (largest - least)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: a constant map stays as it is
# message: Your maps with a span are right, but a constant map keeps its value. It is to become 0
#   everywhere, like the darkest pixel of any other map.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    scaled = torch.where(largest > least, (out - least) / (largest - least), out)
    return scaled.reshape(n * c, 1, height, width)

# %% channel_grid wrong: a large number added to the span
# message: The 0.01 that you add to avoid a division by zero also changes every other map: its largest
#   value no longer becomes 1. Treat the span of 0 as a case of its own.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    return ((out - least) / (largest - least + 0.01)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: divided by the largest value
# message: You divide by the largest value only. Then the smallest value is not 0, and negative values
#   stay negative. Two things are to be moved: where the scale begins and where it ends.
def channel_grid(out):
    n, c, height, width = out.shape
    return (out / out.amax((2, 3), keepdim=True)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: cut off at 0 and 1
# message: You cut the values off at 0 and 1. That is what TensorBoard does by itself, and why negative
#   activations were black. The scale has to follow the values of the map.
def channel_grid(out):
    n, c, height, width = out.shape
    return out.clamp(0, 1).reshape(n * c, 1, height, width)

# %% channel_grid wrong: squeezed by a sigmoid
# message: A sigmoid brings every number between 0 and 1, but by one fixed curve for all maps, and no
#   map reaches 0 or 1. The scale has to follow the smallest and the largest value of each map.
def channel_grid(out):
    n, c, height, width = out.shape
    return torch.sigmoid(out).reshape(n * c, 1, height, width)

# %% channel_grid wrong: not scaled
# message: The maps stand in the right places, but with their own values. Each is to be moved and
#   stretched so that it runs from 0 to 1.
def channel_grid(out):
    n, c, height, width = out.shape
    return out.reshape(n * c, 1, height, width)

# %% channel_grid wrong: standardised
# message: You subtract the mean and divide by the standard deviation. That is a good habit for the
#   *input* of a network; a grey picture needs 0 for its darkest pixel and 1 for its brightest.
def channel_grid(out):
    n, c, height, width = out.shape
    middle = out.mean((2, 3), keepdim=True)
    spread = out.std((2, 3), keepdim=True)
    return ((out - middle) / (spread + 1e-12)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: changes out in place
# message: Your pictures are right, but `-=` and `/=` wrote into `out` itself: whoever goes on with the
#   feature maps now has other numbers. Compute new tensors.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    out -= least
    out /= torch.where(largest > least, largest - least, 1)
    return out.reshape(n * c, 1, height, width)

# %% channel_grid wrong: view of a tensor in another memory order
# message: `view` only works where the numbers lie in memory in the order in which you want to read
#   them. `channels_last` tensors do not. Which method does the same and copies when it must?
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).view(n * c, 1, height, width)

# %% channel_grid wrong: 0 to 255
# message: You scale to 0 … 255. That is the range of a picture in whole numbers; float pictures run
#   from 0 to 1.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return (255 * (out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: the mean of the channels
# message: You average the channels of an image into one grey picture. Each map is to be seen by
#   itself: N·C pictures, not N.
def channel_grid(out):
    grey = out.mean(dim=1, keepdim=True)
    least, largest = grey.amin((2, 3), keepdim=True), grey.amax((2, 3), keepdim=True)
    return (grey - least) / torch.where(largest > least, largest - least, 1)

# %% channel_grid wrong: written for six channels
# message: Your 6 is the number of channels of the example. Other layers have others: `out.shape`
#   knows how many.
def channel_grid(out):
    height, width = out.shape[2:]
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(len(out) * 6, 1, height, width)

# %% channel_grid wrong: turned into float32
# message: The values are right, but the result is float32 whatever comes in. The statement asks for
#   the dtype of `out`.
def channel_grid(out):
    n, c, height, width = out.shape
    out = out.float()
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: without the axis of channels
# message: Your pictures have the shape (N·C, H, W). A batch of pictures has four axes; the 1 for the
#   single grey channel is missing.
def channel_grid(out):
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).flatten(0, 1)

# %% channel_grid wrong: 1e-8 added to the span
# message: What you add to the span to avoid a division by zero is not small for every map: where
#   the values differ by a millionth, the largest no longer becomes 1. Treat the span of 0 as a case
#   of its own.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    return ((out - least) / (largest - least + 1e-8)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: 1e-12 added to the span
# message: What you add to the span, or make it at least, is small for most maps, not for all: where
#   the values differ by less still, the largest does not become 1. Treat the span of 0 as a case of
#   its own.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    return ((out - least) / (largest - least + 1e-12)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: the span is at least 1e-8
# message: What you add to the span, or make it at least, is small for most maps, not for all: where
#   the values differ by less still, the largest does not become 1. Treat the span of 0 as a case of
#   its own.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    return ((out - least) / (largest - least).clamp(min=1e-8)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: nearly equal taken for equal
# message: A map whose values differ by very little becomes 0 everywhere with you, or 0 … 1 no
#   longer. Only a map in which all values are *equal* is to become 0.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(torch.isclose(least, largest), 1, largest - least)
    scaled = torch.where(torch.isclose(least, largest), 0, (out - least) / span)
    return scaled.reshape(n * c, 1, height, width).to(out.dtype)

# %% channel_grid wrong: divided first, subtracted then
# message: Around a billion your result loses its digits: you divide by the span before you
#   subtract, and what is left is the difference of two enormous numbers. Subtract the smallest
#   value first.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return (out / span - least / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: 1 for a constant map
# message: A map in which all values are equal becomes 1 with you. It is to become 0 everywhere.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    scaled = torch.where(largest > least, (out - least) / (largest - least), 1)
    return scaled.reshape(n * c, 1, height, width).to(out.dtype)

# %% channel_grid wrong: 0.5 for a constant map
# message: A map in which all values are equal becomes 0.5 with you. It is to become 0 everywhere.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    scaled = torch.where(largest > least, (out - least) / (largest - least), 0.5)
    return scaled.reshape(n * c, 1, height, width).to(out.dtype)

# %% channel_grid wrong: squeezed and back
# message: Where N, C, H or W is 1, your result loses an axis, or the wrong two become one.
#   `squeeze` removes every axis of length 1, also one that counts.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).squeeze().flatten(0, 1).unsqueeze(1)

# %% channel_grid wrong: float32 inside
# message: Your result has the dtype of `out`, but for float64 the digits that float32 does not hold
#   are lost on the way.
def channel_grid(out):
    n, c, height, width = out.shape
    x = out.float()
    least, largest = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((x - least) / span).reshape(n * c, 1, height, width).to(out.dtype)

# %% channel_grid wrong: float64 whatever comes
# message: The values are right, but the result is float64 whatever comes in. The statement asks for
#   the dtype of `out`.
def channel_grid(out):
    n, c, height, width = out.shape
    x = out.double()
    least, largest = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((x - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: through numpy
# message: Your function fails for bfloat16: numpy does not know that dtype. torch has all that you
#   need.
def channel_grid(out):
    n, c, height, width = out.shape
    a = out.numpy()
    lo, hi = a.min((2, 3), keepdims=True), a.max((2, 3), keepdims=True)
    span = (hi - lo)
    span[span == 0] = 1
    return torch.from_numpy((a - lo) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: rows and columns exchanged
# message: Your pictures are mirrored at their diagonal: rows and columns have changed places.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).transpose(2, 3).reshape(n * c, 1, width, height)

# %% channel_grid wrong: upside down
# message: Light and dark have changed places: your smallest value becomes 1, and your largest 0.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return 1 - ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: minus one to one
# message: You scale to −1 … 1. A float picture runs from 0 to 1.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return (2 * (out - least) / span - 1).reshape(n * c, 1, height, width)

# %% channel_grid wrong: one picture of many channels
# message: Your result is one picture with N·C channels. N·C pictures with one channel are wanted:
#   the axis of length 1 comes second.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(1, n * c, height, width)

# %% channel_grid wrong: only the first image
# message: You return the maps of the first image only. There are N·C maps.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span)[0].unsqueeze(1)

# %% channel_grid wrong: one scale for a channel of all images
# message: Map c of all images shares one scale with you. Each map of each image is to be scaled by
#   itself: over which axes should the smallest value be taken?
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((0, 2, 3), keepdim=True), out.amax((0, 2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: zeros for every map
# message: Every number of your result is 0. That is right for a constant map only.
def channel_grid(out):
    n, c, height, width = out.shape
    return torch.zeros(n * c, 1, height, width, dtype=out.dtype)

# %% channel_grid wrong: the largest absolute value
# message: Where the values of a map are negative, your largest value does not become 1: you compare
#   sizes without their sign.
def channel_grid(out):
    n, c, height, width = out.shape
    least = out.amin((2, 3), keepdim=True)
    largest = out.abs().amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: the memory as it lies
# message: You read the numbers as they lie in memory. After `permute`, or in `channels_last`, that
#   is another order than that of the axes.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    s = ((out - least) / span)
    return torch.as_strided(s, (n * c, 1, height, width), (height * width, height * width, width, 1))

# %% channel_grid wrong: rounded to 8 bits
# message: Your numbers are rounded to 255 steps of grey. That happens when a picture is stored;
#   here the values themselves are wanted.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span * 255).round().div(255).reshape(n * c, 1, height, width)

# %% channel_grid wrong: gradients are switched off
# message: The pictures are right, but after a call of your function gradients are switched off for the
#   whole program. `torch.no_grad()` ends with its block; `torch.set_grad_enabled(False)` does not.
def channel_grid(out):
    torch.set_grad_enabled(False)
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: the least number of the dtype added
# message: You add the least number of the dtype to the span. A map may have a span as small as
#   that, and then its largest value does not become 1. Treat the span of 0 as a case of its own.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = largest - least + torch.finfo(out.dtype).tiny
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: the span is at least 1e-30
# message: What you make the span at least is small for most maps, not for all: float32 holds spans
#   down to 1.2e-38, float64 far smaller ones, and 1e-30 is 0 in float16.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    return ((out - least) / (largest - least).clamp(min=1e-30)).reshape(n * c, 1, height, width)

# %% channel_grid wrong: the least number of float32 for every dtype
# message: Your least span is that of float32, whatever the dtype. float64 holds smaller ones, and
#   in float16 that number is 0, so that constant maps become NaN.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = (largest - least).clamp(min=torch.finfo(torch.float32).tiny)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: neighbours taken for equal
# message: A map whose values are neighbours in the dtype (nothing lies between them) counts as
#   constant with you. Only a map in which all values are *equal* does.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    flat = largest - least <= torch.finfo(out.dtype).eps * largest.abs()
    span = torch.where(flat, 1, largest - least)
    return torch.where(flat, 0, (out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: divided by the largest first
# message: You divide by the largest absolute value before you subtract. Where values are large and
#   differ by little, that rounds their differences. Subtract the smallest value first.
def channel_grid(out):
    n, c, height, width = out.shape
    size = out.abs().amax((2, 3), keepdim=True)
    out = out / torch.where(size > 0, size, 1)
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: the mean taken away first
# message: You take the mean away first. Of very large values even the sum is infinite, and the
#   result NaN; and the mean is not needed.
def channel_grid(out):
    n, c, height, width = out.shape
    out = out - out.sum((2, 3), keepdim=True) / (height * width)
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: bfloat16 through float16
# message: Numbers of bfloat16 go through float16 with you. It ends at 65504, and very small numbers
#   become 0 in it.
def channel_grid(out):
    n, c, height, width = out.shape
    x = out.half().float() if out.dtype == torch.bfloat16 else out
    least, largest = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    return ((x - least) / span).reshape(n * c, 1, height, width).to(out.dtype)

# %% channel_grid wrong: a slice read without its gaps
# message: You read the numbers of a slice as if they lay side by side in memory. Between its rows
#   there are others.
def channel_grid(out):
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    if out.stride(3) == 1 and out.stride(2) >= width:
        size, steps = (n, c, height, width), (c * height * width, height * width, width, 1)
        out = torch.as_strided(out, size, steps, out.storage_offset())
    return ((out - least) / span).reshape(n * c, 1, height, width)

# %% channel_grid wrong: gradients are switched on
# message: The pictures are right, but after a call of your function gradients are switched on, also
#   where they were off before. `torch.no_grad()` puts back what was; `torch.set_grad_enabled(True)`
#   does not.
def channel_grid(out):
    torch.set_grad_enabled(False)
    n, c, height, width = out.shape
    least, largest = out.amin((2, 3), keepdim=True), out.amax((2, 3), keepdim=True)
    span = torch.where(largest > least, largest - least, 1)
    pictures = ((out - least) / span).reshape(n * c, 1, height, width)
    torch.set_grad_enabled(True)
    return pictures

# %% maxpool_manual domain
def domain(answer, draw):
    x = draw.tensor(draw.size(7), draw.size(7), dtypes=(*draw.FLOATS, *draw.HALVES, torch.int64))
    if x.dtype == torch.int64:
        x = x + draw.choice(0, 2**60 + 1, -(2**60) - 1, 200 - 2**63)
    elif draw.flag(1 / 4):
        x = x * draw.choice(-1, 32, torch.finfo(x.dtype).tiny)
    k = draw.size(min(x.shape))
    return [answer(x, k), answer(x, k, ceil_mode=True), answer(x, k, draw.flag())]

# %% maxpool_manual right: slices that end at the edge
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual right: padded and reshaped into windows
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        x = torch.cat([x, x[-1:].expand(-height % k, -1)])
        x = torch.cat([x, x[:, -1:].expand(-1, -width % k)], dim=1)
    else:
        x = x[: height - height % k, : width - width % k]
    windows = x.reshape(x.shape[0] // k, k, x.shape[1] // k, k)
    return windows.amax(dim=(1, 3))

# %% maxpool_manual right: first the columns, then the rows
def maxpool_manual(x, k, ceil_mode=False):
    def along_rows(t):
        stop = len(t) if ceil_mode else len(t) - k + 1
        return torch.stack([t[i : i + k].amax(dim=0) for i in range(0, stop, k)])

    return along_rows(along_rows(x).T).T

# %% maxpool_manual right: filled in number by number
def maxpool_manual(x, k, ceil_mode=False):
    counts = [-(-n // k) if ceil_mode else n // k for n in x.shape]
    out = torch.empty(counts, dtype=x.dtype)
    for i in range(counts[0]):
        for j in range(counts[1]):
            out[i, j] = torch.max(x[k * i : k * i + k, k * j : k * j + k])
    return out

# %% maxpool_manual right: unfold
def maxpool_manual(x, k, ceil_mode=False):
    h, w = x.shape
    if ceil_mode:
        low = torch.finfo(x.dtype).min if x.is_floating_point() else torch.iinfo(x.dtype).min
        full = torch.full((-(-h // k) * k, -(-w // k) * k), low, dtype=x.dtype)
        full[:h, :w] = x
        x = full
    return x.unfold(0, k, k).unfold(1, k, k).flatten(2).max(dim=2).values

# %% maxpool_manual right: chunks
def maxpool_manual(x, k, ceil_mode=False):
    import math

    count = math.ceil if ceil_mode else math.floor
    rows, columns = count(x.shape[0] / k), count(x.shape[1] / k)
    strips = x.split(k, dim=0)[:rows]
    return torch.stack([torch.stack([p.max() for p in s.split(k, dim=1)[:columns]]) for s in strips])

# %% maxpool_manual right: python numbers
def maxpool_manual(x, k, ceil_mode=False):
    table = x.tolist()
    h, w = len(table), len(table[0])
    if not ceil_mode:
        h, w = h - h % k, w - w % k
    out = []
    for i in range(0, h, k):
        line = []
        for j in range(0, w, k):
            line.append(max(max(row[j : j + k]) for row in table[i : i + k]))
        out.append(line)
    return torch.tensor(out, dtype=x.dtype)

# %% maxpool_manual wrong: ceil_mode is ignored
# message: Your result is that of `ceil_mode=False` in both modes: the windows that reach over the edge
#   are dropped. Where does your code ask for `ceil_mode`?
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape[0] // k * k, x.shape[1] // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: the edge always counts
# message: Your result is that of `ceil_mode=True` in both modes. Without it, a window that reaches
#   over the edge is dropped.
def maxpool_manual(x, k, ceil_mode=False):
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, x.shape[1], k)])
        for i in range(0, x.shape[0], k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: the modes are swapped
# message: The two modes have changed places: with `ceil_mode=True` yours drops the windows at the
#   edge, and without it yours keeps them.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: the window moves by 1
# message: Your window moves by 1, as a convolution's does. In pooling it moves by its own width: no
#   number is looked at twice.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(width - k + 1)])
        for i in range(height - k + 1)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: calls nn.MaxPool2d
# message: That is PyTorch's own pooling, which this exercise asks you to do without. Slices and
#   `max()` are all you need.
def maxpool_manual(x, k, ceil_mode=False):
    return nn.MaxPool2d(k, ceil_mode=ceil_mode)(x[None])[0]

# %% maxpool_manual wrong: padded with zeros
# message: You fill the windows at the edge up with zeros. As long as something positive is in them,
#   nobody notices; where all numbers are negative, your zero wins. A filler must never win.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        x = F.pad(x, (0, -width % k, 0, -height % k))
    else:
        x = x[: height - height % k, : width - width % k]
    return x.reshape(x.shape[0] // k, k, x.shape[1] // k, k).amax(dim=(1, 3))

# %% maxpool_manual wrong: minus infinity for integers
# message: Minus infinity is the right filler for floats: it never wins. But int64 has no infinity, and
#   your function stops there. Can you do without a filler, or find one among the numbers of `x`?
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        x = F.pad(x, (0, -width % k, 0, -height % k), value=float("-inf"))
    else:
        x = x[: height - height % k, : width - width % k]
    return x.reshape(x.shape[0] // k, k, x.shape[1] // k, k).amax(dim=(1, 3))

# %% maxpool_manual wrong: padded with a number that seems small enough
# message: You fill the windows at the edge up with a large negative number. That goes well until a map
#   holds numbers that are smaller still. Do without a filler, or find one among the numbers of `x`.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        x = F.pad(x, (0, -width % k, 0, -height % k), value=-1e9)
    else:
        x = x[: height - height % k, : width - width % k]
    return x.reshape(x.shape[0] // k, k, x.shape[1] // k, k).amax(dim=(1, 3))

# %% maxpool_manual wrong: padded with the smallest number, a float on its way
# message: You fill the windows at the edge up with the smallest number of `x`. `F.pad` makes a float of
#   it, which cannot hold all digits of an int64 far from 0: what it rounds to can be larger than `x`.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        x = F.pad(x, (0, -width % k, 0, -height % k), value=x.min().item())
    else:
        x = x[: height - height % k, : width - width % k]
    windows = x.reshape(x.shape[0] // k, k, x.shape[1] // k, k)
    return windows.amax(dim=(1, 3))

# %% maxpool_manual wrong: compared with zero to begin with
# message: Your search for the largest number begins at 0, so a window of negative numbers gives 0.
#   Begin with a number of the window itself.
def maxpool_manual(x, k, ceil_mode=False):
    counts = [-(-n // k) if ceil_mode else n // k for n in x.shape]
    out = torch.zeros(counts, dtype=x.dtype)
    for i in range(counts[0]):
        for j in range(counts[1]):
            for value in x[k * i : k * i + k, k * j : k * j + k].flatten():
                if value > out[i, j]:
                    out[i, j] = value
    return out

# %% maxpool_manual wrong: the mean of each window
# message: You take the mean of each window. That is average pooling; here the largest number counts.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].double().mean() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows).to(x.dtype)

# %% maxpool_manual wrong: the largest absolute value
# message: You compare sizes without their sign. −9 is smaller than 1, also for a pooling layer.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].abs().max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: square maps only
# message: You count the columns with the number of rows. The printed map is square, so it cannot tell;
#   `x.shape` has two numbers.
def maxpool_manual(x, k, ceil_mode=False):
    n = x.shape[0] if ceil_mode else x.shape[0] // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, n, k)])
        for i in range(0, n, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: rows and columns swapped
# message: Your result is mirrored at its diagonal: what belongs to a row stands in a column. Which of
#   your two loops runs inside the other?
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    columns = [
        torch.stack([x[i : i + k, j : j + k].max() for i in range(0, height, k)])
        for j in range(0, width, k)
    ]
    return torch.stack(columns)

# %% maxpool_manual wrong: a kernel of 3
# message: Your window is always 3 × 3. The example happens to have that; `k` may be another.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // 3 * 3, width // 3 * 3
    rows = [
        torch.stack([x[i : i + 3, j : j + 3].max() for j in range(0, width, 3)])
        for i in range(0, height, 3)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: always float32
# message: The numbers are right, but the result is float32, whatever `x` is. It is to have the dtype of
#   `x`: print the dtype after each line.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        [float(x[i : i + k, j : j + k].max()) for j in range(0, width, k)]
        for i in range(0, height, k)
    ]
    return torch.tensor(rows)

# %% maxpool_manual wrong: one window too few
# message: With `ceil_mode=False` you stop one window early where the windows fit exactly. For H = 6
#   and k = 3, at which rows do the windows begin?
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height - k, width - k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: one window too many
# message: With `ceil_mode=True` you always add a window, also where the windows fit exactly. For H = 6
#   and k = 3 nothing is left over.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    more = 1 if ceil_mode else 0
    padded = torch.full((height + k, width + k), x.min().item(), dtype=x.dtype)
    padded[:height, :width] = x
    rows = [
        torch.stack(
            [padded[i * k : i * k + k, j * k : j * k + k].max() for j in range(width // k + more)]
        )
        for i in range(height // k + more)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: a window with nothing in it
# message: With `ceil_mode=True` you count one window more than fit, always. Where H or W is a multiple
#   of k, the last window of yours is empty, and nothing has no maximum. How does one round up?
def maxpool_manual(x, k, ceil_mode=False):
    more = 1 if ceil_mode else 0
    out = torch.zeros(x.shape[0] // k + more, x.shape[1] // k + more, dtype=x.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = x[k * i : k * i + k, k * j : k * j + k].max()
    return out

# %% maxpool_manual wrong: squeezed
# message: Axes of length 1 are missing in your result. One window, one row or one column of windows
#   is still a table with two axes.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows).squeeze()

# %% maxpool_manual wrong: squeezed rows
# message: One row of windows comes back with one axis. The result has two, however many windows
#   there are.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    out = torch.stack(rows)
    return out.squeeze(0) if out.shape != (1, 1) else out

# %% maxpool_manual wrong: the smallest
# message: You take the smallest number of each window. Max-pooling keeps the largest.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].min() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: floor for the rows only
# message: With `ceil_mode=False` you drop the windows that reach over the lower edge and keep those
#   that reach over the right one. Both are to be dropped.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height = height // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: windows are wrapped
# message: The windows at the edge hold numbers that are not theirs: your index begins again at the
#   other side of the map. They count with the numbers that they have.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        x = x[torch.arange(-(-height // k) * k) % height][:, torch.arange(-(-width // k) * k) % width]
    else:
        x = x[: height - height % k, : width - width % k]
    return x.reshape(x.shape[0] // k, k, x.shape[1] // k, k).amax(dim=(1, 3))

# %% maxpool_manual wrong: the last windows moved inwards
# message: With `ceil_mode=True` you move the windows at the edge inwards until they are whole. They
#   stay where they are, and count with the numbers that they have.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    r = list(range(0, height - k + 1, k))
    c = list(range(0, width - k + 1, k))
    if ceil_mode:
        if height % k: r.append(height - k)
        if width % k: c.append(width - k)
    return torch.stack([torch.stack([x[i : i + k, j : j + k].max() for j in c]) for i in r])

# %% maxpool_manual wrong: float64 inside
# message: For int64 numbers beyond 2⁵³ some digits are lost: a float64 on the way cannot hold them.
#   The largest number of a window can be found without any conversion.
def maxpool_manual(x, k, ceil_mode=False):
    was = x.dtype
    x = x.double()
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows).to(was)

# %% maxpool_manual wrong: float32 inside
# message: The result has the right dtype, but float64 and large int64 numbers lose digits on the
#   way through float32. The largest number of a window can be found without any conversion.
def maxpool_manual(x, k, ceil_mode=False):
    was = x.dtype
    x = x.float()
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows).to(was)

# %% maxpool_manual wrong: writes into x
# message: Your result is right, but `x` is no longer what it was. It belongs to whoever called you.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    x.fill_(0)
    return torch.stack(rows)

# %% maxpool_manual wrong: a list of lists
# message: Your result is a list. A tensor (rows, columns) is wanted: what puts tensors together?
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    return [[x[i : i + k, j : j + k].max() for j in range(0, width, k)] for i in range(0, height, k)]

# %% maxpool_manual wrong: four axes
# message: Your result has four axes. One map comes in, (H, W), and one goes out.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)[None, None]

# %% maxpool_manual wrong: the least number of float32
# message: You fill up with the least number of float32. In a float64 map numbers may be smaller
#   still, and then your filler wins. Do without a filler, or find one among the numbers of `x`.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if ceil_mode:
        low = torch.finfo(torch.float32).min if x.is_floating_point() else torch.iinfo(torch.int64).min
        x = F.pad(x, (0, -width % k, 0, -height % k), value=low)
    else:
        x = x[: height - height % k, : width - width % k]
    return x.reshape(x.shape[0] // k, k, x.shape[1] // k, k).amax(dim=(1, 3))

# %% maxpool_manual wrong: rounded
# message: With `ceil_mode=True` you count windows by rounding to the nearest whole number. A window
#   that reaches over the edge counts however few numbers it has: round up.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    n, m = height // k, width // k
    if ceil_mode:
        n, m = round(height / k), round(width / k)
    rows = [
        torch.stack([x[i * k : i * k + k, j * k : j * k + k].max() for j in range(m)])
        for i in range(n)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: ceil for the rows only
# message: With `ceil_mode=True` you keep the windows that reach over the lower edge and drop those
#   that reach over the right one. Both count.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    else:
        width = width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: rows pooled, columns not
# message: You take the largest number of each column of a strip, so that the columns are not
#   pooled. The window is k wide, too.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [x[i : i + k].max(dim=0).values for i in range(0, height, k)]
    return torch.stack(rows)

# %% maxpool_manual wrong: the first of each window
# message: You take one number of each window, the first. The largest is wanted.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    return x[:height:k, :width:k].clone()

# %% maxpool_manual wrong: gradients are switched off
# message: Your result is right, but after a call of your function gradients are switched off for the
#   whole program. `torch.no_grad()` ends with its block; `torch.set_grad_enabled(False)` does not.
def maxpool_manual(x, k, ceil_mode=False):
    torch.set_grad_enabled(False)
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: bfloat16 through float16
# message: Numbers of bfloat16 go through float16 with you, which ends at 65504. The largest number
#   of a window can be found without any conversion.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    dtype = x.dtype
    x = x.half() if dtype == torch.bfloat16 else x
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows).to(dtype)

# %% maxpool_manual wrong: gaps in memory are not seen
# message: You read the numbers of `x` as if they lay side by side in memory. In a slice such as
#   `x[:, ::2]` there are others between them.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    if x.stride(0) >= x.stride(1):
        x = torch.as_strided(x, x.shape, (x.shape[1], 1), x.storage_offset())
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    return torch.stack(rows)

# %% maxpool_manual wrong: gradients are switched on
# message: Your result is right, but after a call of your function gradients are switched on, also
#   where they were off before. `torch.no_grad()` puts back what was.
def maxpool_manual(x, k, ceil_mode=False):
    height, width = x.shape
    if not ceil_mode:
        height, width = height // k * k, width // k * k
    torch.set_grad_enabled(False)
    rows = [
        torch.stack([x[i : i + k, j : j + k].max() for j in range(0, width, k)])
        for i in range(0, height, k)
    ]
    torch.set_grad_enabled(True)
    return torch.stack(rows)

# %% my_relu domain
def domain(answer, draw):
    shape = [draw.size(4, draw.integer(0, 1)) for _ in range(draw.integer(0, 4))]
    x = draw.tensor(*shape, dtypes=(*draw.FLOATS, *draw.HALVES, torch.int64))
    if x.dtype == torch.int64 and draw.flag(1 / 4):
        x = x.sign() * 2**53 + x
    if 0 in x.stride():  # what lies in one place several times cannot be written into
        x = x.clone()
    base, inplace, named = x, draw.flag(), draw.flag()
    passing = x.is_floating_point() and draw.flag()
    if passing:
        leaf = x.clone().requires_grad_()
        x = base = leaf * 1 if inplace or draw.flag() else leaf
    if inplace and x.dim() > 1 and draw.flag(1 / 3):
        x = base[:, -1] if draw.flag() else base.transpose(0, -1)
    before = x.detach().clone()
    y = answer(x, inplace=inplace) if named else answer(x, inplace) if inplace else answer(x)
    slopes = None
    if passing:
        (slopes,) = torch.autograd.grad(y.sum() + base.sum(), leaf)
        slopes = torch.where(leaf == 0, 0, slopes)
    shared = x.numel() > 0 and y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    kept = torch.equal(x, before) if not inplace else base
    return [y, y is x, shared, kept, slopes, y.requires_grad == passing]

# %% my_relu right: clamp, with and without underscore
def my_relu(x, inplace=False):
    return x.clamp_(min=0) if inplace else x.clamp(min=0)

# %% my_relu right: torch's own
def my_relu(x, inplace=False):
    return F.relu(x, inplace=inplace)

# %% my_relu right: a mask
def my_relu(x, inplace=False):
    if not inplace:
        return torch.where(x > 0, x, 0)
    x[x < 0] = 0
    return x

# %% my_relu right: multiplied by yes or no
def my_relu(x, inplace=False):
    kept = x > 0
    if inplace:
        x *= kept
        return x
    return x * kept

# %% my_relu right: the maximum with 0
def my_relu(x, inplace=False):
    if inplace:
        return torch.Tensor.relu_(x)
    return torch.maximum(x, torch.zeros_like(x))

# %% my_relu right: masked_fill
def my_relu(x, inplace=False):
    negative = x < 0
    if inplace:
        x.masked_fill_(negative, 0)
        return x
    return x.masked_fill(negative, 0)

# %% my_relu right: a copy and then in place
def my_relu(x, inplace=False):
    y = x if inplace else x.clone()
    y[y < 0] = 0
    return y

# %% my_relu wrong: the absolute value
# message: You remove the sign: −1 becomes 1. In ReLU every negative number becomes 0, in place or not.
def my_relu(x, inplace=False):
    return x.abs_() if inplace else x.abs()

# %% my_relu wrong: the absolute value in place only
# message: In place, your −1 becomes 1. A widely copied text claims that, but `inplace` only says where
#   the result is written, not what it is: −1 becomes 0.
def my_relu(x, inplace=False):
    return x.abs_() if inplace else x.clamp(min=0)

# %% my_relu wrong: always in place
# message: You always write into `x`, although `inplace` is False by default. Whoever called you still
#   wanted the negative numbers.
def my_relu(x, inplace=False):
    x[x < 0] = 0
    return x

# %% my_relu wrong: never in place
# message: You return a new tensor in both modes. With `inplace=True` the numbers are to be written
#   into `x`; `x = …` inside a function does not do that.
def my_relu(x, inplace=False):
    if inplace:
        x = x.clamp(min=0)
        return x
    return x.clamp(min=0)

# %% my_relu wrong: in place, but returns nothing
# message: In place you change `x` and then return nothing. PyTorch's in-place operations hand back the
#   changed tensor itself, so that calls can be chained.
def my_relu(x, inplace=False):
    if inplace:
        x.clamp_(min=0)
    else:
        return x.clamp(min=0)

# %% my_relu wrong: in place, but returns a copy
# message: With `inplace=True` you change `x` and then return a copy of it. It should be the very same
#   object: in-place is there to save that memory.
def my_relu(x, inplace=False):
    if inplace:
        x.clamp_(min=0)
        return x.clone()
    return x.clamp(min=0)

# %% my_relu wrong: in place, but returns another tensor on the same memory
# message: Nearly: what you return shares its memory with `x`, but it is another tensor object. Return
#   `x` itself.
def my_relu(x, inplace=False):
    if inplace:
        x.clamp_(min=0)
        return x[:]
    return x.clamp(min=0)

# %% my_relu wrong: .data behind autograd's back
# message: In place, the numbers are right but the gradient is not: what is written to `.data`, or
#   under `torch.no_grad()`, autograd does not see, so a gradient passes even where x was negative.
def my_relu(x, inplace=False):
    if inplace:
        x.data.clamp_(min=0)
        return x
    return x.clamp(min=0)

# %% my_relu wrong: the graph is cut
# message: The numbers are right, but no gradient comes back: `detach`, `.item()` or `torch.tensor(…)`
#   cuts the result off from `x`. A network with your ReLU in it could not learn.
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return x.detach().clamp(min=0)

# %% my_relu wrong: makes floats of integers
# message: Whole numbers come out as floats. The dtype is to stay, and comparing with 0 works for int64
#   just as well; which of your numbers or operations is a float (`0.0`, `/ 2`)?
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return torch.where(x > 0, x, 0.0)

# %% my_relu wrong: overwritten too early
# message: In place, you overwrite the numbers that autograd still needs for the slope (`clamp` and
#   `max` look at their *argument* again), so it refuses. Let one operation do both, or pick with a
#   mask.
def my_relu(x, inplace=False):
    if inplace:
        x[:] = x.clamp(min=0)
        return x
    return x.clamp(min=0)

# %% my_relu wrong: built from a python list
# message: You take the numbers out of the tensor and build a new one. The dtype may get lost on the
#   way, and the gradient certainly does.
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return torch.tensor([max(0.0, value) for value in x.flatten().tolist()]).reshape(x.shape)

# %% my_relu wrong: leaky
# message: Your negative numbers become small, not 0. That is the leaky ReLU, a relative of this one.
def my_relu(x, inplace=False):
    small = torch.where(x > 0, x, x / 100).to(x.dtype)
    return x.copy_(small) if inplace else small

# %% my_relu wrong: limited at 1
# message: Your numbers above 1 become 1. ReLU has no upper end: what is positive stays as it is.
def my_relu(x, inplace=False):
    return x.clamp_(0, 1) if inplace else x.clamp(0, 1)

# %% my_relu wrong: only the sign
# message: You return where `x` is positive, as 1 and 0. That is ReLU's slope; ReLU itself keeps the
#   positive numbers.
def my_relu(x, inplace=False):
    positive = (x > 0).to(x.dtype)
    return x.copy_(positive) if inplace else positive

# %% my_relu wrong: hands x back when nothing is negative
# message: When nothing in `x` is negative, you hand back `x` itself. With `inplace=False` the result
#   must be a new tensor then as well: somebody may write into it later.
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return x.clamp(min=0) if (x < 0).any() else x

# %% my_relu wrong: negative numbers removed
# message: You select the positive numbers, which makes the tensor shorter. Every number keeps its
#   place; the negative ones become 0.
def my_relu(x, inplace=False):
    return x[x > 0]

# %% my_relu wrong: the layer is made and not called
# message: `nn.ReLU(...)` makes a layer, and a layer is what you return. Call it with `x`.
def my_relu(x, inplace=False):
    return nn.ReLU(inplace)

# %% my_relu wrong: in place, in new memory
# message: In place, `x` holds the right numbers, but they lie in new memory: whoever shares the old
#   one (a view, a slice) does not see them. Write into the memory that is there.
def my_relu(x, inplace=False):
    if inplace:
        x.data = x.clamp(min=0).data
        return x
    return x.clamp(min=0)

# %% my_relu wrong: without a graph in both modes
# message: The numbers are right, but no gradient comes back in either mode. A network with your
#   ReLU in it could not learn.
def my_relu(x, inplace=False):
    with torch.no_grad():
        if inplace:
            return x.clamp_(min=0)
        return x.clamp(min=0)

# %% my_relu wrong: float32 for all
# message: Your result is float32, whatever comes in. The dtype is to stay; comparing with 0 works
#   for every one.
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return x.float().clamp(min=0)

# %% my_relu wrong: float32 inside
# message: The result has the right dtype, but large whole numbers and those of float64 lose digits on
#   the way through float32. Comparing with 0 needs no conversion.
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return x.float().clamp(min=0).to(x.dtype)

# %% my_relu wrong: through numpy
# message: With `inplace=False` your result comes from numpy: no gradient finds the way back, and
#   bfloat16 does not even get there.
def my_relu(x, inplace=False):
    import numpy as np

    if inplace:
        return x.clamp_(min=0)
    return torch.from_numpy(np.maximum(x.detach().numpy(), 0))

# %% my_relu wrong: squeezed
# message: Axes of length 1 are missing in your result. Its shape is to be that of `x`.
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return x.clamp(min=0).squeeze()

# %% my_relu wrong: straight through
# message: The numbers are right, but with `inplace=False` a gradient passes everywhere, also where
#   x is negative.
def my_relu(x, inplace=False):
    if inplace:
        return x.clamp_(min=0)
    return x + (x.clamp(min=0) - x).detach()

# %% my_relu wrong: gelu
# message: Near 0 your curve is round, and small negative numbers do not become 0. That is GELU, a
#   relative; ReLU has a sharp bend at 0.
def my_relu(x, inplace=False):
    y = F.gelu(x) if x.is_floating_point() else x.clamp(min=0)
    return x.copy_(y) if inplace else y

# %% my_relu wrong: relu6
# message: Your numbers above 6 become 6. ReLU has no upper end: what is positive stays as it is.
def my_relu(x, inplace=False):
    return x.clamp_(0, 6) if inplace else x.clamp(0, 6)

# %% my_relu wrong: softplus
# message: Your curve is round at 0 and above 0 everywhere. That is softplus, a relative; ReLU is
#   exactly 0 for negative numbers.
def my_relu(x, inplace=False):
    y = F.softplus(x.float()).to(x.dtype)
    return x.copy_(y) if inplace else y

# %% my_relu wrong: the negative numbers stay
# message: You keep the negative numbers and set the others to 0. It is the other way round.
def my_relu(x, inplace=False):
    return x.clamp_(max=0) if inplace else x.clamp(max=0)

# %% my_relu wrong: changes x and returns a new one
# message: With `inplace=False` your result is right, but `x` is changed. Whoever called you still
#   wanted its numbers.
def my_relu(x, inplace=False):
    y = x.clamp(min=0)
    if not inplace:
        x.zero_()
        return y
    return x.clamp_(min=0)

# %% my_relu wrong: x requires gradients afterwards
# message: The result is right, but afterwards `x` requires gradients, which it did not before.
def my_relu(x, inplace=False):
    if x.is_floating_point() and x.is_leaf and not inplace:
        x.requires_grad_()
    return x.clamp_(min=0) if inplace else x.clamp(min=0)

# %% my_relu wrong: zeros become one
# message: Where x is 0 your result is 1. 0 is not negative and stays 0.
def my_relu(x, inplace=False):
    y = torch.where(x > 0, x, torch.where(x == 0, 1, 0).to(x.dtype))
    return x.copy_(y) if inplace else y

# %% my_relu wrong: inplace is the other way round
# message: The two modes have changed places: with `inplace=True` yours returns a new tensor, and
#   without it yours writes into `x`.
def my_relu(x, inplace=False):
    return x.clamp(min=0) if inplace else x.clamp_(min=0)

# %% my_relu wrong: needs a first axis
# message: A tensor without axes (one number, as `torch.tensor(3.0)`) stops your function. Work on
#   the whole tensor at once.
def my_relu(x, inplace=False):
    y = x if inplace else x.clone()
    for i in range(len(y)):
        y[i][y[i] < 0] = 0
    return y

# %% my_relu wrong: flat view
# message: In place, your function stops where the numbers of `x` do not lie in memory in the order
#   of its axes (after `transpose`, say). Neither the shape nor the order matters for ReLU.
def my_relu(x, inplace=False):
    if inplace:
        flat = x.view(-1)
        flat[flat < 0] = 0
        return x
    return x.clamp(min=0)

# %% my_relu wrong: reshape flat
# message: In place, nothing happens to an `x` whose numbers do not lie in memory in the order of
#   its axes: you change a copy of it (`reshape` copies when it must).
def my_relu(x, inplace=False):
    if inplace:
        flat = x.reshape(-1)
        flat[flat < 0] = 0
        return x
    return x.clamp(min=0)

# %% my_relu wrong: gradients are switched off
# message: The result is right, but after a call of your function gradients are switched off for the
#   whole program. Leave that to whoever calls you.
def my_relu(x, inplace=False):
    y = x.clamp_(min=0) if inplace else x.clamp(min=0)
    torch.set_grad_enabled(False)
    return y

# %% my_relu wrong: minus one
# message: Your negative numbers become −1. In ReLU they become 0.
def my_relu(x, inplace=False):
    small = torch.where(x > 0, x, x * 0 - 1).to(x.dtype)
    return x.copy_(small) if inplace else small

# %% my_relu wrong: half of x and its absolute value
# message: With `inplace=False` you take half of x + |x|. For numbers above half of the dtype's
#   largest that sum is infinite, and halving makes floats of whole numbers, so that large ones lose
#   digits. Choose, or limit from below.
def my_relu(x, inplace=False):
    return x.clamp_(min=0) if inplace else ((x + x.abs()) / 2).to(x.dtype)

# %% my_relu wrong: floats in place, whole numbers not
# message: With `inplace=True` a tensor of int64 stays as it was and you return a new one. In place
#   is the same for every dtype.
def my_relu(x, inplace=False):
    if inplace and x.is_floating_point():
        return x.clamp_(min=0)
    return x.clamp(min=0)

# %% my_relu wrong: one number is handed back
# message: Where `x` holds one number and it is not negative, you hand back `x` itself, also with
#   `inplace=False`; and with `inplace=True` a negative one is not written into `x`.
def my_relu(x, inplace=False):
    if x.numel() == 1:
        return x if x.item() >= 0 else x * 0
    return x.clamp_(min=0) if inplace else x.clamp(min=0)

# %% my_relu wrong: very small numbers too
# message: Very small positive numbers become 0 with you. All that is positive stays as it is.
def my_relu(x, inplace=False):
    small = x < 1e-6
    return x.masked_fill_(small, 0) if inplace else x.masked_fill(small, 0)

# %% my_relu wrong: writes beside x
# message: In place, you write into the memory from the first number of `x` on, as if there were no
#   gaps. Where `x` is a slice, the numbers between its own are not yours.
def my_relu(x, inplace=False):
    if inplace:
        torch.as_strided(x, (x.numel(),), (1,), x.storage_offset()).clamp_(min=0)
        return x
    return x.clamp(min=0)

# %% my_relu wrong: gradients are switched on
# message: The result is right, but after a call of your function gradients are switched on, also
#   where they were off before. Leave that to whoever calls you.
def my_relu(x, inplace=False):
    y = x.clamp_(min=0) if inplace else x.clamp(min=0)
    torch.set_grad_enabled(True)
    return y

# %% my_sigmoid domain
def domain(answer, draw):
    shape = [draw.size(4) for _ in range(draw.integer(0, 4))]
    x = draw.tensor(*shape, dtypes=(*draw.FLOATS, *draw.HALVES))
    if draw.flag():
        x = (x * draw.choice(2, 5, 20, 100, 250)).clamp(-1000, 1000)
    x = x.clamp(-1000, 1000)
    y = answer(x)
    near = {torch.float16: 4e-3, torch.bfloat16: 3e-2}.get(y.dtype, 2e-6)
    same = y.shape == x.shape and bool(((y.double() - torch.sigmoid(x.double())).abs() <= near).all())
    slopes = None
    if x.dtype in draw.FLOATS:
        leaf = x.clamp(-20, 20).requires_grad_()
        (slopes,) = torch.autograd.grad(answer(leaf).sum(), leaf)
    return [y.dtype, tuple(y.shape), same, slopes]

# %% my_sigmoid right: the formula
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x))

# %% my_sigmoid right: by tanh
def my_sigmoid(x):
    return (torch.tanh(x / 2) + 1) / 2

# %% my_sigmoid right: a softmax of x and 0
def my_sigmoid(x):
    return torch.stack([x, torch.zeros_like(x)]).softmax(dim=0)[0]

# %% my_sigmoid right: a form for each sign
def my_sigmoid(x):
    result, positive = torch.empty_like(x), x >= 0
    result[positive] = 1 / (1 + torch.exp(-x[positive]))
    grows = torch.exp(x[~positive])
    result[~positive] = grows / (1 + grows)
    return result

# %% my_sigmoid right: NaN becomes 1
def my_sigmoid(x):
    y = torch.exp(x) / (1 + torch.exp(x))
    return torch.where(torch.isnan(y), torch.ones_like(y), y)

# %% my_sigmoid right: from the softplus
def my_sigmoid(x):
    return torch.exp(-F.softplus(-x))

# %% my_sigmoid right: a power
def my_sigmoid(x):
    import math

    return (1 + math.e**-x).reciprocal()

# %% my_sigmoid right: limited where it no longer matters
def my_sigmoid(x):
    return (1 + (-x.clamp(-60, 60)).exp()) ** -1

# %% my_sigmoid wrong: infinity divided by infinity
# message: eˣ / (1 + eˣ) is the right formula on paper. For x = 200 in float32 it is infinity
#   divided by infinity, which is NaN. Is there a form in which only the denominator can become
#   infinite?
def my_sigmoid(x):
    return torch.exp(x) / (1 + torch.exp(x))

# %% my_sigmoid wrong: the sign of the exponent
# message: Your curve falls where it should rise: what you return is sigmoid of −x. At 0 both are 0.5;
#   look for a minus too many, or too few.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(x))

# %% my_sigmoid wrong: math.exp
# message: `math.exp` is for one Python number. A tensor of several numbers needs the function of
#   torch, which also remembers the way back for the gradient.
def my_sigmoid(x):
    import math

    return 1 / (1 + math.exp(-x))

# %% my_sigmoid wrong: math.exp of each number
# message: The numbers are right (or an OverflowError stops you at −1000), but you compute them outside
#   of torch: the result knows nothing of `x`, and no gradient comes back.
def my_sigmoid(x):
    import math

    numbers = [1 / (1 + math.exp(-value)) for value in x.flatten().tolist()]
    return torch.tensor(numbers, dtype=x.dtype).reshape(x.shape)

# %% my_sigmoid wrong: calls nn.Sigmoid
# message: That is PyTorch's own sigmoid, which this exercise asks you to do without. One function for
#   eˣ and ordinary arithmetic are enough.
def my_sigmoid(x):
    return nn.Sigmoid()(x)

# %% my_sigmoid wrong: base 2
# message: Your curve has the right ends and 0.5 in the middle, but it is too flat: you raise 2 to the
#   power of −x. The base is e = 2.718…
def my_sigmoid(x):
    return 1 / (1 + 2**-x)

# %% my_sigmoid wrong: e rounded
# message: Your e is rounded to 2.718, which is not enough for six decimals. torch has a function
#   for e to a power.
def my_sigmoid(x):
    return 1 / (1 + 2.718**-x)

# %% my_sigmoid wrong: tanh
# message: That is tanh: it runs from −1 to 1 and is 0 at 0. Sigmoid runs from 0 to 1 (the two are
#   relatives).
def my_sigmoid(x):
    return torch.tanh(x)

# %% my_sigmoid wrong: x is limited first
# message: You limit `x` before you use it, so that nothing can overflow. But then everything beyond
#   the limit has the same value, and a slope of 0. The statement asks for six decimals and the true
#   slope.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x.clamp(-5, 5)))

# %% my_sigmoid wrong: NaN replaced
# message: You turn NaN into a number afterwards. That hides the accident at large `x`, and puts the
#   wrong number there: sigmoid goes to 1, not to 0.
def my_sigmoid(x):
    return torch.nan_to_num(torch.exp(x) / (1 + torch.exp(x)))

# %% my_sigmoid wrong: softmax over the numbers
# message: You divide by a sum over *all* numbers of the tensor, as softmax does. In sigmoid each
#   number stands for itself; its neighbours do not matter.
def my_sigmoid(x):
    return torch.exp(x) / (1 + torch.exp(x).sum())

# %% my_sigmoid wrong: writes into x
# message: The result is right, but `x` is changed: the underscore in `neg_` or `exp_` means in place.
def my_sigmoid(x):
    with torch.no_grad():
        x.neg_()
    return 1 / (1 + torch.exp(x))

# %% my_sigmoid wrong: the graph is cut
# message: The numbers are right, but no gradient comes back: on the way through numpy (or `detach`)
#   the result loses its history.
def my_sigmoid(x):
    return torch.from_numpy(1 / (1 + (-x).detach().exp().numpy()))

# %% my_sigmoid wrong: parentheses
# message: Division comes before addition: `1 / 1 + …` is 1 + …. The whole denominator needs
#   parentheses.
def my_sigmoid(x):
    return 1 / 1 + torch.exp(-x)

# %% my_sigmoid wrong: float32 inside
# message: Your result is always float32. A float64 tensor should come back as float64, with its
#   precision.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x.float()))

# %% my_sigmoid wrong: abs at 0
# message: Right everywhere but for the gradient at exactly 0: none passes there, and it should be
#   0.25. `abs` and `clamp` are bent at 0, and the slope that they hand back there is 0.
def my_sigmoid(x):
    small = torch.exp(-x.abs())
    return torch.where(x >= 0, 1 / (1 + small), small / (1 + small))

# %% my_sigmoid wrong: x limited at 10
# message: Between −10 and 10 your numbers are right; beyond, they stay where they are and the slope
#   is 0. Six decimals and the slope tell 10 from 20.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x.clamp(-10, 10)))

# %% my_sigmoid wrong: the result is limited
# message: Your result never goes below 0.0001 or above 0.9999: it is limited afterwards. Six
#   decimals tell that apart from 0 and 1.
def my_sigmoid(x):
    return (1 / (1 + torch.exp(-x))).clamp(1e-4, 1 - 1e-4)

# %% my_sigmoid wrong: a small number added
# message: Your result is a little too small (0.499975 at 0): a small number is added in the
#   denominator. It cannot become 0, and nothing need be added.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x) + 1e-4)

# %% my_sigmoid wrong: detached
# message: The numbers are right, but no gradient comes back: the result has no history.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x.detach()))

# %% my_sigmoid wrong: a gradient of 0
# message: The numbers are right, and a gradient comes back, but it is 0 everywhere. Some part is
#   cut off from `x`.
def my_sigmoid(x):
    small = torch.exp(-x)
    return 1 / (1 + small.detach()) + 0 * x

# %% my_sigmoid wrong: a straight line
# message: Your curve is a straight line with two bends. Sigmoid is smooth: e to a power is in it.
def my_sigmoid(x):
    return ((x + 3) / 6).clamp(0, 1)

# %% my_sigmoid wrong: softsign
# message: Your curve has sigmoid's shape and 0.5 in the middle, but it reaches its ends far too
#   slowly. e to a power is in the formula.
def my_sigmoid(x):
    return (x / (1 + x.abs()) + 1) / 2

# %% my_sigmoid wrong: sigmoid of 2x
# message: Your curve has the right ends and 0.5 in the middle, but it is too steep: it is sigmoid
#   of 2x.
def my_sigmoid(x):
    return (torch.tanh(x) + 1) / 2

# %% my_sigmoid wrong: rounded
# message: Your numbers are rounded to four decimals. Six are asked for, and rounding lets no
#   gradient pass.
def my_sigmoid(x):
    return ((1 / (1 + torch.exp(-x))) * 10000).round() / 10000

# %% my_sigmoid wrong: float64 whatever comes
# message: Your result is float64, whatever comes in. It is to have the dtype of `x`.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x.double()))

# %% my_sigmoid wrong: calls F.silu
# message: `F.silu` has PyTorch's own sigmoid inside, which this exercise asks you to do without.
#   One function for eˣ and ordinary arithmetic are enough.
def my_sigmoid(x):
    return F.silu(x) / x

# %% my_sigmoid wrong: calls F.glu
# message: `F.glu` has PyTorch's own sigmoid inside, which this exercise asks you to do without. One
#   function for eˣ and ordinary arithmetic are enough.
def my_sigmoid(x):
    return F.glu(torch.stack([torch.ones_like(x), x]), dim=0)[0]

# %% my_sigmoid wrong: gradients are switched off
# message: The result is right, but after a call of your function gradients are switched off for the
#   whole program. Leave that to whoever calls you.
def my_sigmoid(x):
    y = 1 / (1 + torch.exp(-x))
    torch.set_grad_enabled(False)
    return y

# %% my_sigmoid wrong: softmax over each row
# message: Your softmax runs over all the numbers of a row, so that each depends on its neighbours.
#   In sigmoid each number stands for itself.
def my_sigmoid(x):
    z = torch.zeros_like(x[..., :1])
    return torch.cat([x, z], -1).softmax(-1)[..., :-1]

# %% my_sigmoid wrong: needs an axis
# message: A tensor without axes (one number, as `torch.tensor(3.0)`) stops your function. Work on
#   the whole tensor at once.
def my_sigmoid(x):
    return torch.cat([1 / (1 + torch.exp(-row))[None] for row in x])

# %% my_sigmoid wrong: flat
# message: Your result has one axis, whatever comes in. It is to have the shape of `x`.
def my_sigmoid(x):
    return 1 / (1 + torch.exp(-x.flatten()))

# %% my_sigmoid wrong: view
# message: Where the numbers of `x` do not lie in memory in the order of its axes (after `permute`),
#   your function stops: `view` refuses. The shape of `x` does not matter for sigmoid.
def my_sigmoid(x):
    return (1 / (1 + torch.exp(-x.view(-1)))).view(x.shape)

# %% my_sigmoid wrong: squeezed
# message: Axes of length 1 are missing in your result. It is to have the shape of `x`.
def my_sigmoid(x):
    return (1 / (1 + torch.exp(-x))).squeeze()

# %% my_sigmoid wrong: through float64 in numpy
# message: The numbers are right, but no gradient comes back, and bfloat16 stops your function:
#   numpy knows neither.
def my_sigmoid(x):
    import numpy as np

    a = x.detach().numpy().astype(np.float64)
    y = torch.tensor(1 / (1 + np.exp(-a)), dtype=x.dtype)
    return y

# %% my_sigmoid wrong: the slope
# message: You return s·(1 − s). That is the slope of sigmoid, not sigmoid itself.
def my_sigmoid(x):
    s = 1 / (1 + torch.exp(-x))
    return s * (1 - s)

# %% my_sigmoid wrong: the largest subtracted
# message: You subtract the largest number first, as one does for softmax. There it cancels; here it
#   moves the curve.
def my_sigmoid(x):
    x = x - x.max()
    return torch.exp(x) / (1 + torch.exp(x))

# %% my_sigmoid wrong: clamp at 0
# message: Right everywhere but for the gradient at exactly 0: none passes there, and it should be
#   0.25. `abs` and `clamp` are bent at 0, and the slope that they hand back there is 0.
def my_sigmoid(x):
    grows = torch.exp(x.clamp(max=0))
    return torch.where(x >= 0, 1 / (1 + torch.exp(-x.clamp(min=0))), grows / (1 + grows))

# %% my_sigmoid wrong: infinity by infinity in the short dtypes
# message: In float16 and bfloat16 you divide infinity by infinity where `x` is large. float16 ends
#   at 65504, and e¹² is more.
def my_sigmoid(x):
    if x.dtype in (torch.float16, torch.bfloat16):
        return torch.exp(x) / (1 + torch.exp(x))
    return 1 / (1 + torch.exp(-x))

# %% my_sigmoid wrong: gradients are switched on
# message: The result is right, but after a call of your function gradients are switched on, also
#   where they were off before. Leave that to whoever calls you.
def my_sigmoid(x):
    torch.set_grad_enabled(True)
    return 1 / (1 + torch.exp(-x))

# %% flatten_batch domain
def domain(answer, draw):
    shape = [draw.size(4, draw.integer(0, 1)), *(draw.size(4) for _ in range(draw.integer(1, 5)))]
    dtypes = (*draw.FLOATS, *draw.HALVES, *draw.INTEGERS, torch.int8, torch.bool, torch.complex64)
    dtype = draw.choice(*dtypes)
    if dtype in (*draw.FLOATS, *draw.HALVES, *draw.INTEGERS):
        x = draw.tensor(*shape, dtypes=(dtype,))
    else:
        x = draw.tensor(*shape, dtypes=(torch.int16,)).to(dtype)
    if dtype == torch.int64:
        x = x + draw.choice(0, 2**60 + 1)
    if dtype not in draw.FLOATS or not len(x) or draw.flag():
        return answer(x)
    leaf = x.clone().requires_grad_()
    rows = answer(leaf.transpose(0, 1) if draw.flag() else leaf)
    weights = torch.arange(1.0, 1 + rows.numel(), dtype=dtype).reshape(rows.shape)
    return [rows, torch.autograd.grad((rows * weights).sum(), leaf)[0]]

# %% flatten_batch right: flatten from axis 1
def flatten_batch(x):
    return x.flatten(start_dim=1)

# %% flatten_batch right: the layer
def flatten_batch(x):
    return nn.Flatten()(x)

# %% flatten_batch right: reshape with the size worked out
def flatten_batch(x):
    features = 1
    for size in x.shape[1:]:
        features *= size
    return x.reshape(x.shape[0], features)

# %% flatten_batch right: view of a contiguous copy
def flatten_batch(x):
    return x.contiguous().view(len(x), x.shape[1:].numel())

# %% flatten_batch right: the size by math.prod
def flatten_batch(x):
    import math

    return x.reshape(len(x), math.prod(x.shape[1:]))

# %% flatten_batch right: axis by axis
def flatten_batch(x):
    while x.dim() > 2:
        x = x.flatten(1, 2)
    return x

# %% flatten_batch right: filled in row by row
def flatten_batch(x):
    f = x[0].numel() if len(x) else x.shape[1:].numel()
    if len(x) == 0:
        return x.new_zeros(0, f)
    return torch.stack([sample.reshape(-1) for sample in x])

# %% flatten_batch wrong: view
# message: `view` never copies, so it refuses tensors whose numbers lie in another order in memory
#   (after `permute`, or with `channels_last`). Which method copies when it must?
def flatten_batch(x):
    return x.view(x.shape[0], x.shape[1:].numel())

# %% flatten_batch wrong: view and minus one
# message: Two things at once. `view` refuses tensors whose numbers lie in another order in memory
#   (after `permute`, or with `channels_last`). And for 0 samples nobody can say what −1 stands for.
def flatten_batch(x):
    return x.view(x.shape[0], -1)

# %% flatten_batch wrong: one long strip with four axes
# message: You make one single row of the whole batch, as the first attempt above does. Each sample
#   is to become a row of its own.
def flatten_batch(x):
    return torch.reshape(x, (1, 1, 1, -1))

# %% flatten_batch wrong: flatten from axis 0
# message: Without an argument, `flatten` begins at axis 0 and melts the samples together. At which
#   axis should it begin?
def flatten_batch(x):
    return torch.flatten(x)

# %% flatten_batch wrong: a batch of 64
# message: 64 is the size of the printed batch only. The last batch has 16; yours then spreads one
#   sample over several rows, or fails. How many samples there are, `x` itself knows.
def flatten_batch(x):
    return x.reshape(64, -1)

# %% flatten_batch wrong: 3072 features
# message: 3,072 is the size of the printed images only. Samples may have any shape: work it out from
#   `x`.
def flatten_batch(x):
    return x.reshape(x.shape[0], 3072)

# %% flatten_batch wrong: as many rows as fit 3072
# message: You cut the numbers into rows of 3,072, however many samples there are. It is the number of
#   *rows* that is given, by `x`; the rest follows.
def flatten_batch(x):
    return x.reshape(-1, 3072)

# %% flatten_batch wrong: minus one for an empty batch
# message: Right for every batch but the empty one: with 0 samples, −1 in `reshape` could stand for any
#   number, and a list of rows stays empty. Work F out from the shape, or take a function that does.
def flatten_batch(x):
    return x.reshape(x.shape[0], -1)

# %% flatten_batch wrong: three axes to go
# message: You flatten exactly the axes 1 to 3, which fits pictures only. A sample may have fewer axes,
#   or more: all of them are to become one.
def flatten_batch(x):
    return x.flatten(1, 3)

# %% flatten_batch wrong: four axes taken apart
# message: You take `x.shape` apart into exactly four numbers. Samples may have fewer axes than
#   pictures, or more: all but the first axis are to become one.
def flatten_batch(x):
    n, c, height, width = x.shape
    return x.reshape(n, c * height * width)

# %% flatten_batch wrong: rows collected one by one
# message: Right, as long as there is a sample: from an empty batch you collect no row, and nothing
#   cannot be put together. Flatten the whole batch at once.
def flatten_batch(x):
    return torch.cat([sample.reshape(1, -1) for sample in x])

# %% flatten_batch wrong: begins one axis late
# message: You begin to flatten at axis 2, so the channels survive as well. Axes are counted from 0.
def flatten_batch(x):
    return x.flatten(2)

# %% flatten_batch wrong: samples in columns
# message: Your result has one *column* for each sample. The samples belong to the first axis, also
#   after flattening.
def flatten_batch(x):
    return x.flatten(1).T

# %% flatten_batch wrong: reshaped the wrong way round
# message: The shape of your result fits, but the numbers of different samples are mixed: a `reshape`
#   to (F, N) and a transpose is not the same as rows from the start.
def flatten_batch(x):
    return x.reshape(x.shape[1:].numel(), x.shape[0]).T

# %% flatten_batch wrong: channels moved to the end
# message: The rows are right but for their order: you moved the channels to the end first. Row i is to
#   hold the numbers as `x[i].reshape(-1)` does.
def flatten_batch(x):
    if x.dim() == 4:
        x = x.permute(0, 2, 3, 1)
    return x.flatten(start_dim=1)

# %% flatten_batch wrong: the order of the memory
# message: You read the numbers as they lie in memory. For a tensor in another memory order this is not
#   the order of its axes, and samples get mixed.
def flatten_batch(x):
    flat = torch.as_strided(x, (x.numel(),), (1,))
    return flat.reshape(x.shape[0], x.shape[1:].numel())

# %% flatten_batch wrong: x itself flattened
# message: You gave `x` itself another shape. It belongs to whoever called you; return another tensor.
def flatten_batch(x):
    rows = x.flatten(1)
    x.data = rows.detach()
    return rows

# %% flatten_batch wrong: detached
# message: The rows are right, but no gradient comes back through them: the result has lost its
#   history (`detach`, `.data`, `no_grad`, a Python list). Nothing before it could learn.
def flatten_batch(x):
    return x.detach().flatten(1)

# %% flatten_batch wrong: averaged
# message: You average each channel instead of keeping its numbers: that is a pooling over the whole
#   picture. Flattening loses nothing.
def flatten_batch(x):
    return x.mean(dim=tuple(range(2, x.dim()))) if x.dim() > 2 else x

# %% flatten_batch wrong: float
# message: The rows are right, but the result is float32, whatever comes in. Flattening changes no
#   number and no dtype.
def flatten_batch(x):
    return x.float().flatten(1)

# %% flatten_batch wrong: through float32
# message: The result has the dtype of `x`, but float64 and large int64 numbers lose digits on the
#   way through float32. Flattening needs no conversion.
def flatten_batch(x):
    return x.float().flatten(1).to(x.dtype)

# %% flatten_batch wrong: squeezed
# message: Axes of length 1 are missing in your result. One sample is still a row, and samples of
#   one number are still a column.
def flatten_batch(x):
    return x.flatten(1).squeeze()

# %% flatten_batch wrong: squeezed first
# message: Where `x` has one sample, or samples of one number, the axis that counts is lost:
#   `squeeze` removes every axis of length 1.
def flatten_batch(x):
    x = x.squeeze()
    return x.flatten(1) if x.dim() > 1 else x

# %% flatten_batch wrong: squeezed one sample
# message: A batch of one sample comes back with one axis. It is to be one row, (1, F).
def flatten_batch(x):
    return x.flatten(1).squeeze(0)

# %% flatten_batch wrong: through numpy
# message: The rows are right, but no gradient comes back, and bfloat16 stops your function: numpy
#   knows neither.
def flatten_batch(x):
    a = x.detach().numpy()
    return torch.from_numpy(a.reshape(a.shape[0], x.shape[1:].numel()))

# %% flatten_batch wrong: from a python list
# message: You build a new tensor from a Python list: the gradient is lost, often the dtype, and for
#   0 samples the number of columns.
def flatten_batch(x):
    return torch.tensor([s.flatten().tolist() for s in x])

# %% flatten_batch wrong: a list of rows
# message: You return a list of rows. One tensor (N, F) is wanted.
def flatten_batch(x):
    return [s.flatten() for s in x]

# %% flatten_batch wrong: sorted
# message: Your rows are sorted. They are to hold the numbers in the order in which
#   `x[i].reshape(-1)` has them.
def flatten_batch(x):
    return x.flatten(1).sort(dim=1).values

# %% flatten_batch wrong: pictures mirrored at their diagonal
# message: The rows hold the right numbers in another order: rows and columns of each picture have
#   changed places first.
def flatten_batch(x):
    return x.transpose(-1, -2).flatten(1) if x.dim() > 2 else x

# %% flatten_batch wrong: gradients are switched off
# message: The rows are right, but after a call of your function gradients are switched off for the
#   whole program. Leave that to whoever calls you.
def flatten_batch(x):
    y = x.flatten(1)
    torch.set_grad_enabled(False)
    return y

# %% flatten_batch wrong: 64 samples at most
# message: Only the first 64 samples come back. 64 is the size of the printed batch; N is any
#   number.
def flatten_batch(x):
    return x[:64].flatten(1)

# %% flatten_batch wrong: 3072 numbers at most
# message: Your rows end after 3,072 numbers. That is the size of the printed images; a sample may
#   have any number.
def flatten_batch(x):
    return x.flatten(1)[:, :3072]

# %% flatten_batch wrong: x requires gradients afterwards
# message: The rows are right, but afterwards `x` requires gradients, which it did not before.
def flatten_batch(x):
    if x.is_floating_point() and x.is_leaf:
        x.requires_grad_(False)
        x.requires_grad_(True)
    return x.flatten(1)

# %% flatten_batch wrong: writes into x
# message: The rows are right, but the numbers of `x` are gone. It belongs to whoever called you.
def flatten_batch(x):
    y = x.flatten(1).clone()
    with torch.no_grad():
        x.zero_()
    return y

# %% flatten_batch wrong: flattens up to the last axis
# message: You flatten all axes but the last. It is the *first* that is to survive.
def flatten_batch(x):
    return x.flatten(end_dim=-2)

# %% flatten_batch wrong: no samples make float32
# message: Without samples your result is float32, whatever `x` is. The dtype is to stay.
def flatten_batch(x):
    if len(x) == 0:
        return torch.zeros(0, math.prod(x.shape[1:]))
    return x.reshape(len(x), -1)

# %% flatten_batch wrong: the imaginary part is lost
# message: Of complex numbers you keep the real part only.
def flatten_batch(x):
    return (x.real if x.is_complex() else x).flatten(1)

# %% flatten_batch wrong: a slice read without its gaps
# message: You read the numbers of a slice as if those of a sample lay side by side in memory. There
#   may be others between them.
def flatten_batch(x):
    n, size = x.shape[0], math.prod(x.shape[1:])
    if x.stride(-1) == 1 and x.stride(0) >= size:
        return torch.as_strided(x, (n, size), (x.stride(0), 1), x.storage_offset())
    return x.reshape(n, size)

# %% flatten_batch wrong: whole numbers of 32 bits through float32
# message: Large numbers of int32 lose digits on the way through float32. Flattening needs no
#   conversion.
def flatten_batch(x):
    return x.float().flatten(1).to(x.dtype) if x.dtype == torch.int32 else x.flatten(1)

# %% flatten_batch wrong: one sample is cut off
# message: Where there is one sample, no gradient passes. It is to pass for any batch.
def flatten_batch(x):
    return x.detach().reshape(1, -1) if len(x) == 1 else x.flatten(1)

# %% flatten_batch wrong: a matrix is cut off
# message: Where `x` has two axes already, no gradient passes. It is to pass for any batch.
def flatten_batch(x):
    return x.data if x.dim() == 2 else x.flatten(1)

# %% flatten_batch wrong: NaN and infinity replaced
# message: NaN and infinity become other numbers with you. Flattening changes no number.
def flatten_batch(x):
    return torch.nan_to_num(x).flatten(1) if x.is_floating_point() else x.flatten(1)

# %% flatten_batch wrong: gradients are switched on
# message: The rows are right, but after a call of your function gradients are switched on, also
#   where they were off before. Leave that to whoever calls you.
def flatten_batch(x):
    torch.set_grad_enabled(True)
    return x.flatten(1)

# %% FlatLinear domain
def domain(answer, draw):
    values = ("normal", "zeros", "equal", "few", "tiny", "negative")
    n = draw.choice(1, 1, 2, 3, 5, 10, 16, 63, 64, 65, 100)
    x = draw.tensor(n, 3, 32, 32, dtypes=(torch.float32,), values=values, memory=False)
    model, frozen = answer(), draw.choice((), (1,), (2,))
    model(torch.zeros(1, 3, 32, 32))
    model = draw.module(model, frozen=False)
    parameters = sorted(model.parameters(), key=lambda p: p.dim())
    for parameter in parameters:
        parameter.requires_grad_(parameter.dim() not in frozen)
    before, leaf = x.clone(), x.clone().requires_grad_()
    scores = [model(x), model(leaf)]
    wanted = [p for p in (leaf, *parameters) if p.requires_grad]
    weights = torch.arange(scores[1].numel()).reshape(scores[1].shape) % 7 / 64 - 3 / 64
    gradients = [g[..., ::50] for g in torch.autograd.grad((scores[1] * weights).sum(), wanted)]
    return [scores, gradients, torch.equal(x, before), [tuple(p.shape) for p in parameters]]

# %% FlatLinear right: flatten from axis 1
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3 * 32 * 32, 10)

    def forward(self, x):
        return self.linear1(x.flatten(start_dim=1))

# %% FlatLinear right: a Sequential
class FlatLinear(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.LazyLinear(10))

# %% FlatLinear right: reshape by the batch
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = nn.Linear(3072, 10)

    def forward(self, images):
        return self.scores(images.reshape(images.shape[0], 3072))

# %% FlatLinear right: image by image
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return torch.stack([self.linear1(image.reshape(-1)) for image in x])

# %% FlatLinear right: view
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.view(x.size(0), -1))

# %% FlatLinear right: its own weight and bias
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 3072) * 0.02)
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, x):
        return x.reshape(len(x), -1) @ self.weight.T + self.bias

# %% FlatLinear right: a flatten layer
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)
        self.flat = nn.Flatten()

    def forward(self, x):
        return self.linear1(self.flat(x))

# %% FlatLinear wrong: the batch among the features
# message: Your layer still takes 196,608 = 64 · 3 · 32 · 32 features, so the batch is a part of
#   them. How many numbers has *one* image?
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(196608, 10)

    def forward(self, x):
        return self.linear1(torch.reshape(x, (1, 1, 1, -1)))

# %% FlatLinear wrong: as handed in
# message: That is the network as it was handed in. Padding with zeros silences the error on the last
#   batch; the ten scores still belong to all images together.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(196608, 10)

    def forward(self, x):
        strip = torch.zeros(196608)
        strip[: x.numel()] = torch.flatten(x)
        return self.linear1(strip)

# %% FlatLinear wrong: padded, then cut to size
# message: The shape is right, but you still make one prediction for all images (and pad the small
#   batch): the same ten scores stand in every row.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(196608, 10)

    def forward(self, x):
        strip = torch.zeros(196608)
        strip[: x.numel()] = torch.flatten(x)
        return self.linear1(strip).expand(x.shape[0], 10)

# %% FlatLinear wrong: flattened from axis 0
# message: Your layer has the right size, but `flatten` without an argument melts all images into one
#   strip, and that no longer fits. Which axis must survive?
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(torch.flatten(x))

# %% FlatLinear wrong: a layer for the last axis
# message: Your linear layer works on the last axis only, on the 32 pixels of a row: scores for rows of
#   pixels, not for images. All three axes of an image have to become one first.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(32, 10)

    def forward(self, x):
        return self.linear1(x)

# %% FlatLinear wrong: the mean over rows of pixels
# message: You score rows of pixels and average. That has the right shape, but only 330 parameters, and
#   where in the picture something is no longer matters.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(32, 10)

    def forward(self, x):
        return self.linear1(x).mean(dim=(1, 2))

# %% FlatLinear wrong: the mean of each channel
# message: You average each channel and keep 3 numbers of an image. The layer is to see all 3,072.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3, 10)

    def forward(self, x):
        return self.linear1(x.mean(dim=(2, 3)))

# %% FlatLinear wrong: images mixed
# message: Shape and parameters are right, but each row of yours holds pixels of several images: the
#   batch axis went to the end before the reshape. The scores of an image may depend on this image
#   only.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.permute(1, 2, 3, 0).reshape(x.shape[0], 3072))

# %% FlatLinear wrong: reshaped the wrong way round
# message: The shapes fit, but a reshape to (3072, N) and a transpose does not make a row of each
#   image: yours collects every N-th number of the whole batch. The axis of the images has to stay
#   in front.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.reshape(3072, -1).T)

# %% FlatLinear wrong: the batch is centred
# message: You subtract the mean of the batch, so the scores of an image depend on who else is in the
#   batch; alone, it becomes all zeros.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        rows = x.flatten(1)
        return self.linear1(rows - rows.mean(dim=0))

# %% FlatLinear wrong: a batch of 64
# message: Your reshape is written for 64 images. With 16 it spreads each image over four rows, or
#   fails.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.reshape(64, -1))

# %% FlatLinear wrong: no bias
# message: Your layer has 30,720 parameters; the statement says 30,730. The ten that are missing are
#   the bias.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10, bias=False)

    def forward(self, x):
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: channels last
# message: Each row holds one image, but in another order: the channels were moved to the end. The
#   weights belong to places, so a network trained by somebody else would not fit.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.permute(0, 2, 3, 1).flatten(1))

# %% FlatLinear wrong: a softmax at the end
# message: Your rows are probabilities: there is a softmax behind the layer. The scores themselves are
#   wanted; chapter 5 shows what a softmax too many does.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1)).softmax(dim=1)

# %% FlatLinear wrong: a ReLU at the end
# message: Your negative scores have become 0: there is a ReLU behind the layer. Scores may be
#   negative, and what is 0 has no gradient.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1)).relu()

# %% FlatLinear wrong: an extra axis of 1
# message: Your scores are right but have an axis too many, (N, 1, 10). A network for images returns
#   (N, 10).
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.reshape(x.shape[0], 1, 3072))

# %% FlatLinear wrong: squeezed
# message: A single image gives you ten scores without a batch axis: `squeeze` removes every axis of
#   length 1, also the one that counts the images.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1)).squeeze()

# %% FlatLinear wrong: the layer is made in forward
# message: Your layer is made in `forward`, so every call guesses anew, and the module has no
#   parameters of its own.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return nn.Linear(3072, 10)(x.flatten(1))

# %% FlatLinear wrong: without a graph
# message: The scores are right, but no gradient reaches the weights: the layer runs inside
#   `torch.no_grad()` (or its result is detached), so it could never learn.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        with torch.no_grad():
            return self.linear1(x.flatten(1))

# %% FlatLinear wrong: 64 images at most
# message: Of more than 64 images the first 64 get scores. 64 is the size of one batch; N is any
#   number.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x[:64].flatten(1))

# %% FlatLinear wrong: squeezed in front
# message: A single image gives you ten scores without a batch axis: `squeeze` removes every axis of
#   length 1, also the one that counts the images.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1)).squeeze(0)

# %% FlatLinear wrong: softmax in evaluation mode
# message: In training your scores are right; after `model.eval()` they are others. Something in
#   your `forward` asks for the mode; the scores themselves are wanted in both.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        scores = self.linear1(x.flatten(1))
        return scores if self.training else scores.softmax(1)

# %% FlatLinear wrong: Dropout in front
# message: In training some pixels are left out at random. The scores of all 3,072 numbers are
#   wanted.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        return self.linear1(self.drop(x.flatten(1)))

# %% FlatLinear wrong: normalised batch
# message: The images are normalised by their batch, so the scores of an image depend on who else is
#   in it, and a single one is an error.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)
        self.norm = nn.BatchNorm1d(3072, affine=False)

    def forward(self, x):
        return self.linear1(self.norm(x.flatten(1)))

# %% FlatLinear wrong: sets the seed
# message: Your network sets torch's random seed. Then every network begins with the same numbers,
#   and so does whatever else is random in the program. Leave the seed to whoever calls you.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: sets its own mode
# message: The scores are right, but calling your network changes its mode. The mode belongs to
#   whoever trains or evaluates it.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        self.eval()
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: gradients are switched off
# message: After a call of your network, gradients are switched off for the whole program. Leave
#   that to whoever calls you.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        scores = self.linear1(x.flatten(1))
        torch.set_grad_enabled(False)
        return scores

# %% FlatLinear wrong: writes into the images
# message: The scores are right, but the images are changed by the call. They belong to whoever
#   called you.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        scores = self.linear1(x.flatten(1).clone())
        if not x.requires_grad:
            x.zero_()
        return scores

# %% FlatLinear wrong: the images are cut off
# message: The weight and the bias learn, but no gradient reaches the images: they are cut off
#   before the layer. Layers in front of yours could not learn.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.detach().flatten(1))

# %% FlatLinear wrong: frozen
# message: Your parameters are right, but frozen (`requires_grad` is False), so no gradient reaches
#   them.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10).requires_grad_(False)

    def forward(self, x):
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: a second layer that nobody uses
# message: The scores are right, but your network owns two layers and uses one. The parameters of
#   the other are counted, saved and never trained.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)
        self.linear2 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: two layers
# message: Your network has two linear layers. One is asked for, with 30,730 numbers.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 64)
        self.linear2 = nn.Linear(64, 10)

    def forward(self, x):
        return self.linear2(self.linear1(x.flatten(1)))

# %% FlatLinear wrong: zeros to begin with
# message: The weights of all ten scores begin with the same numbers. They are to begin at random.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)
        nn.init.zeros_(self.linear1.weight)

    def forward(self, x):
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: in a python list
# message: A plain python list hides its layers: `parameters()` is empty, and an optimizer would
#   train nothing.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3072, 10)]

    def forward(self, x):
        return self.layers[0](x.flatten(1))

# %% FlatLinear wrong: the first image repeated
# message: The scores of the first image stand in every row. Each image has its own.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x[:1].flatten(1)).expand(len(x), 10)

# %% FlatLinear wrong: one hundred classes
# message: Your layer gives a hundred scores. Ten are asked for.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 100)

    def forward(self, x):
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: the last batch cut off
# message: Your batches come out shorter than they went in, unless N is a multiple of 16. Every
#   image gets its scores.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x[: len(x) // 16 * 16].flatten(1))

# %% FlatLinear wrong: the order of rows turned
# message: The scores are right, but in the opposite order: row 0 holds those of the last image.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flip(0).flatten(1))

# %% FlatLinear wrong: pictures on their side
# message: Rows and columns of each picture have changed places before it is flattened. The weights
#   belong to places.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.transpose(2, 3).flatten(1))

# %% FlatLinear wrong: divided by 255
# message: Your scores are 255 times too small: the images are divided first. Their numbers are to
#   enter the layer as they are.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1) / 255)

# %% FlatLinear wrong: the sum of the channels
# message: The sum over the channels enters your layer, three times. All 3,072 numbers are wanted.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(2).sum(1).repeat(1, 3))

# %% FlatLinear wrong: sigmoid behind
# message: Your scores lie between 0 and 1: a sigmoid follows the layer. The scores themselves are
#   wanted.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        return self.linear1(x.flatten(1)).sigmoid()

# %% FlatLinear wrong: the mean of the scores taken away
# message: The mean over the batch is taken away from your scores, so they depend on who else is in
#   it; alone, an image gets zeros.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        s = self.linear1(x.flatten(1))
        return s - s.mean(0, keepdim=True)

# %% FlatLinear wrong: weights shared over channels
# message: Your layer takes 1,024 numbers and is used for the three channels alike. All 3,072
#   numbers are to have weights of their own.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(1024, 10)

    def forward(self, x):
        return self.linear1(x.flatten(2)).sum(1)

# %% FlatLinear wrong: gradients are switched on
# message: After a call of your network, gradients are switched on, also where they were off, as in
#   `torch.no_grad()`. Leave that to whoever calls you.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        torch.set_grad_enabled(True)
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: no gradient in evaluation mode
# message: In evaluation mode no gradient reaches the weight, the bias or the images. The mode has
#   no say in that: whoever wants none uses `torch.no_grad()`.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        with torch.set_grad_enabled(self.training):
            return self.linear1(x.flatten(1))

# %% FlatLinear wrong: cut off in evaluation mode
# message: In evaluation mode no gradient reaches the images, though it does in training. The mode
#   has no say in that.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        x = x if self.training else x.detach()
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: learns only where images needs a gradient
# message: Where the images require no gradient, none reaches the weight and the bias. Usually
#   pictures require none, and the network is to learn all the same.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        with torch.set_grad_enabled(x.requires_grad):
            return self.linear1(x.flatten(1))

# %% FlatLinear wrong: the same random numbers each time
# message: The numbers look random, but each of your networks begins with the same ones: a seed is
#   built in. Leave the drawing to the layer.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)
        drawn = torch.Generator().manual_seed(0)
        nn.init.uniform_(self.linear1.weight, -0.1, 0.1, generator=drawn)

    def forward(self, x):
        return self.linear1(x.flatten(1))

# %% FlatLinear wrong: images require gradients afterwards
# message: The scores are right, but afterwards the images require gradients, which they did not
#   before.
class FlatLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(3072, 10)

    def forward(self, x):
        if x.is_leaf:
            x.requires_grad_()
        return self.linear1(x.flatten(1))

# %% log_maps domain
def domain(answer, draw):
    from autograder.checks import probes

    class Maps(nn.Module):
        """C maps of H' × W', exact, by the modes and numbers of its parts."""

        def __init__(self, channels, height, width, turned):
            super().__init__()
            self.sizes, self.turned, self.drop = (channels, height, width), turned, nn.Dropout(0)
            self.scale = nn.Parameter(torch.tensor(0.5))

        def forward(self, x):
            channels, height, width = self.sizes
            maps = [x[:, i % 3, :height, :width] * self.scale**(i // 3) for i in range(channels)]
            if self.turned:
                return self.drop(torch.stack(maps, dim=-1).permute(0, 3, 1, 2))
            return self.drop(torch.stack(maps, dim=1))

    height, width = draw.size(4), draw.size(4)
    layer = Maps(draw.integer(1, 7), height, width, draw.flag())
    layer.scale.requires_grad_(draw.flag())
    for part in (layer, layer.drop):
        part.training = draw.flag()
    batches = []
    for _ in range(draw.integer(0, 4)):
        shape = draw.size(5), 3, draw.size(6, height), draw.size(6, width)
        values = ("normal", "zeros", "equal", "few")
        batches.append(draw.tensor(*shape, dtypes=(torch.float32,), values=values).abs().clamp(max=1))
    before = [images.clone() for images in batches]
    entries = probes.logged_images(lambda writer: answer(writer, layer, batches))
    modes = [part.training for part in layer.modules()]
    kept = [torch.equal(a, b) for a, b in zip(batches, before)]
    return [entries, modes, kept, layer.scale.requires_grad, torch.is_grad_enabled()]

# %% log_maps right: enumerate and flatten
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps right: counted by hand, reshaped, without a graph
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        writer.add_images("input", images, global_step=step)
        with torch.no_grad():
            out = layer(images)
        n, c, height, width = out.shape
        writer.add_images("output", torch.reshape(out, (n * c, 1, height, width)), step)
        step = step + 1

# %% log_maps right: grey written as three equal colours
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        maps = torch.cat([image_maps[:, None] for image_maps in layer(images)])
        writer.add_images("output", maps.expand(-1, 3, -1, -1), step)
        writer.add_images("input", images, step)
    writer.flush()

# %% log_maps right: the reshape of the layer's sizes
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.reshape(-1, 1, *out.shape[2:]), step)

# %% log_maps right: counted by hand, one image after the other
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        grey = []
        for image_maps in layer(images):
            for one in image_maps:
                grey.append(one.unsqueeze(0))
        writer.add_images("output", torch.stack(grey), step)
        writer.add_images("input", images, step)
        step += 1

# %% log_maps right: arrays for the writer
def log_maps(writer, layer, batches):
    for step in range(len(batches)):
        images = batches[step]
        writer.add_images("input", images.numpy(), global_step=step)
        maps = layer(images).detach().flatten(0, 1)[:, None]
        writer.add_images("output", maps.numpy(), global_step=step)

# %% log_maps wrong: as it was
# message: That is the function as it was: one tag for two things, one step for all batches, and three
#   maps in one picture.
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        writer.add_images("input", images, step)
        out = layer(images)
        out = torch.reshape(out, (-1, 3, out.shape[2], out.shape[3]))
        writer.add_images("input", out, step)

# %% log_maps wrong: still false colours
# message: Tags and steps are right. But three maps are still painted as red, green and blue of one
#   picture. Each map is to be a grey picture of its own.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", torch.reshape(out, (-1, 3, out.shape[2], out.shape[3])), step)

# %% log_maps wrong: the step never moves
# message: All your batches are logged at step 0. In TensorBoard the slider then has nothing to slide
#   over. Who counts?
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: one tag for both
# message: Images and maps are logged under the same tag, so they stand in one panel and cover each
#   other. The maps belong to `"output"`.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("input", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: the output is one step late
# message: Your counter is raised between the two entries of a batch, so input and output of one batch
#   have different steps.
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        writer.add_images("input", images, step)
        step += 1
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: steps from 1
# message: Your steps begin at 1. The statement counts from 0, as `enumerate` does.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches, start=1):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: steps count images
# message: Your step grows by the number of images. That is a way to count, too, but here it grows by
#   one for each batch.
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)
        step += len(images)

# %% log_maps wrong: channel first, image second
# message: The pictures are grey, but in another order: map 0 of all images, then map 1 of all. Picture
#   n·C + c is to be map c of image n.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.transpose(0, 1).flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: only the first image
# message: You log the maps of the first image of each batch only. There are N·C maps.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images)[0].unsqueeze(1), step)

# %% log_maps wrong: only the first map
# message: You log one map of each image. The layer made C of them, and all are wanted.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images)[:, :1], step)

# %% log_maps wrong: an entry for each map
# message: You log each map as an entry of its own, C for each batch. One entry is to hold all N·C
#   pictures: `add_images` takes them all at once.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        for maps in layer(images).split(1, dim=1):
            writer.add_images("output", maps, step)

# %% log_maps wrong: laid out by make_grid
# message: You lay the maps out by `make_grid`, which puts a frame around each. Here `add_images` does
#   the laying out: it wants the pictures themselves, (N·C, 1, H', W').
def log_maps(writer, layer, batches):
    from torchvision.utils import make_grid

    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        maps = make_grid(out.flatten(0, 1).unsqueeze(1), nrow=out.shape[1])
        writer.add_image("output", maps, step)

# %% log_maps wrong: the mean of the maps
# message: You average the maps of an image into one picture. Each map is to be seen by itself.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images).mean(dim=1, keepdim=True), step)

# %% log_maps wrong: the input is the output
# message: Your second entry shows the images once more, in grey: the layer was never called, or its
#   result not used.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", images.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: stretched in contrast
# message: You stretch each map from black to white. Here its values are between 0 and 1 already and
#   are to be logged as they are.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        maps = layer(images).flatten(0, 1).unsqueeze(1)
        least, largest = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
        writer.add_images("output", (maps - least) / (largest - least), step)

# %% log_maps wrong: written for six maps
# message: The 6 in your reshape belongs to the layer of the example. How many maps there are, the
#   layer's output knows.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        maps = out.reshape(len(images) * 6, 1, out.shape[2], out.shape[3])
        writer.add_images("output", maps, step)

# %% log_maps wrong: closes the writer
# message: All is logged rightly, but you close the writer. It was open when you got it, and whoever
#   opened it may go on with it.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)
    writer.close()

# %% log_maps wrong: left in evaluation mode
# message: All is logged rightly, but the layer is left in evaluation mode. Whoever trains it does
#   not notice.
def log_maps(writer, layer, batches):
    layer.eval()
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: gradients are switched off
# message: All is logged rightly, but after a call of your function gradients are switched off for
#   the whole program. `torch.no_grad()` ends with its block; `torch.set_grad_enabled(False)` does
#   not.
def log_maps(writer, layer, batches):
    torch.set_grad_enabled(False)
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: a third entry
# message: You log something more, under a tag of your own. Two tags are asked for, `"input"` and
#   `"output"`, and nothing else.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("maps", out[:, :1], step)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: a number besides
# message: You log a number besides the pictures. Two tags are asked for, `"input"` and `"output"`,
#   and nothing else.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_scalar("mean", out.mean(), step)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: writes into the images
# message: All is logged rightly, but the images are changed afterwards. They belong to whoever
#   called you.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)
        with torch.no_grad():
            images.zero_()

# %% log_maps wrong: squeezed
# message: Where there is one image or one map, or maps have one row or one column, axes are lost:
#   `squeeze` removes every axis of length 1.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.squeeze().flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: squeezed and an axis given back
# message: Maps of a single pixel stop your function, or come out in another shape: `squeeze`
#   removes every axis of length 1.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).squeeze()[:, None], step)

# %% log_maps wrong: only the first batch
# message: Only the first batch is logged.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)
        break

# %% log_maps wrong: without the last batch
# message: The last batch is not logged.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches[:-1]):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: the tags are exchanged
# message: The tags have changed places: the images stand under `"output"`, the maps under
#   `"input"`.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("output", images, step)
        out = layer(images)
        writer.add_images("input", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: other names of tags
# message: Nothing is logged under `"input"` and `"output"`; your tags have other names.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("inputs", images, step)
        out = layer(images)
        writer.add_images("outputs", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: no step
# message: Your entries have no step. In TensorBoard all batches then stand at the same place.
def log_maps(writer, layer, batches):
    for images in batches:
        writer.add_images("input", images)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1))

# %% log_maps wrong: the step of the input never moves
# message: The maps are logged at the steps 0, 1, …, but all the images at step 0. The step is the
#   same for both.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, 0)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: the step of the output never moves
# message: The images are logged at the steps 0, 1, …, but all the maps at step 0. The step is the
#   same for both.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), 0)

# %% log_maps wrong: steps count backwards
# message: Your steps count down to 0. The first batch has step 0.
def log_maps(writer, layer, batches):
    step = len(batches)
    for images in batches:
        step -= 1
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: steps go by two
# message: Your step grows by two. It grows by one for each batch.
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)
        step += 2

# %% log_maps wrong: each batch twice
# message: Each batch is logged twice.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches + batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: the images in grey
# message: The images are logged in grey. They have three channels, and `add_images` takes them as
#   they are.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images.mean(1, keepdim=True), step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: only the first image of the input
# message: Of each batch you log the first image only. All N are wanted.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images[:1], step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: the maps of the first batch for all
# message: The maps of the first batch stand at every step. The layer is to be called for each
#   batch.
def log_maps(writer, layer, batches):
    maps = layer(batches[0])
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", maps.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: upside down
# message: Light and dark have changed places in your maps. They are to be logged as they are.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", 1 - out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: mirrored at the diagonal
# message: Rows and columns of your maps have changed places.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.transpose(2, 3).flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: one image of all maps
# message: You lay all maps under each other in one picture. N·C pictures are wanted; `add_images`
#   does the laying out.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).flatten(0, 1)[None, None], step)

# %% log_maps wrong: sigmoid again
# message: Your maps go through a sigmoid again, which makes them a grey fog. They are between 0 and
#   1 already and are to be logged as they are.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.sigmoid().flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: two images at most
# message: Of each batch you log the maps of the first two images. All N·C maps are wanted.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out[:2].flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: 8 images at most
# message: Of each batch you log the maps of the first eight images. All N·C maps are wanted.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out[:8].flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: all batches at once
# message: You put all batches into one. Each has an entry of its own, and sizes may differ.
def log_maps(writer, layer, batches):
    images = torch.cat(batches)
    writer.add_images("input", images, 0)
    out = layer(images)
    writer.add_images("output", out.flatten(0, 1).unsqueeze(1), 0)

# %% log_maps wrong: the layer is called on grey images
# message: Your layer sees the images without their colours. It takes them as they are.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images.mean(1, keepdim=True).expand_as(images))
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: each image by itself
# message: You log each image by itself. One entry holds a whole batch.
def log_maps(writer, layer, batches):
    step = 0
    for images in batches:
        for image in images:
            writer.add_images("input", image[None], step)
            out = layer(image[None])
            writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)
            step += 1

# %% log_maps wrong: fails without a batch
# message: Your function stops when there is no batch. Then there is nothing to log, and no error
#   either.
def log_maps(writer, layer, batches):
    step = 0
    first = batches[0]
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        out = layer(images)
        writer.add_images("output", out.flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: one mode for all parts
# message: All is logged rightly, but a part of the layer is left in another mode than before.
#   `layer.train()` and `layer.train(was)` give every part the same mode; each is to get back its own.
def log_maps(writer, layer, batches):
    was = layer.training
    layer.eval()
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images).flatten(0, 1).unsqueeze(1), step)
    layer.train(was)

# %% log_maps wrong: gradients are switched on
# message: All is logged rightly, but after a call of your function gradients are switched on, also
#   where they were off before. `torch.no_grad()` puts back what was; `torch.set_grad_enabled(True)`
#   does not.
def log_maps(writer, layer, batches):
    torch.set_grad_enabled(False)
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images).flatten(0, 1).unsqueeze(1), step)
    torch.set_grad_enabled(True)

# %% log_maps wrong: what was frozen learns again
# message: All is logged rightly, but a parameter that was frozen before requires gradients
#   afterwards.
def log_maps(writer, layer, batches):
    layer.requires_grad_(False)
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images).flatten(0, 1).unsqueeze(1), step)
    layer.requires_grad_(True)

# %% log_maps wrong: three batches at most
# message: Your steps end after three batches. There may be any number of them.
def log_maps(writer, layer, batches):
    for step, images in zip(range(3), batches):
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images).flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: steps by looking the batch up
# message: Where the same batch stands in the list twice, your step for both is that of the first.
def log_maps(writer, layer, batches):
    for images in batches:
        step = next(i for i, batch in enumerate(batches) if batch is images)
        writer.add_images("input", images, step)
        writer.add_images("output", layer(images).flatten(0, 1).unsqueeze(1), step)

# %% log_maps wrong: a kernel of 3 built in
# message: You take the height and width of the maps for those of the images less 2. That holds for
#   one layer; how large the maps are, the layer decides: ask `out.shape`.
def log_maps(writer, layer, batches):
    for step, images in enumerate(batches):
        writer.add_images("input", images, step)
        height, width = images.shape[2] - 2, images.shape[3] - 2
        writer.add_images("output", layer(images).reshape(-1, 1, height, width), step)
