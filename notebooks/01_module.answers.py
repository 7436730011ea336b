# Known answers of chapter 1. Format: see the docstring of this folder's __init__.py.

# %% AddN right: a plain attribute
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x + self.n

# %% AddN right: a function that remembers n
class AddN(nn.Module):
    def __init__(self, n=1.0):
        nn.Module.__init__(self)
        self.plus = lambda tensor: torch.add(tensor, n)

    def forward(self, tensor):
        return self.plus(tensor)

# %% AddN right: a buffer of no axes
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.register_buffer("number", torch.tensor(n), persistent=False)

    def forward(self, x):
        return self.number + x

# %% AddN wrong: super().__init__() forgotten
# message: Your object is built but falls apart when it is called: the parent class was never woken
#   up, so the registers that every Module needs are not there. What does the first line of
#   `__init__` in the example do?
class AddN(nn.Module):
    def __init__(self, n=1.0):
        self.n = n

    def forward(self, x):
        return x + self.n

# %% AddN wrong: always adds one
# message: You always add 1, whatever `n` is. The printed example cannot tell, since 1 is the
#   default. Where does your object keep the `n` that it was made with?
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x + 1

# %% AddN wrong: forward is misspelt
# message: PyTorch looks for a method called `forward` and finds none. Read the names of your methods
#   letter by letter.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def foward(self, x):
        return x + self.n

# %% AddN wrong: overrides __call__
# message: You replaced `__call__`. It is PyTorch's own doorway around your code, and whoever puts
#   a hook on your module now waits in vain. Which method is the one that you are meant to write?
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def __call__(self, x):
        return x + self.n

# %% AddN wrong: changes x in place
# message: The sum is right, but `x` itself is changed as well: `+=` writes into the tensor of
#   whoever called you. Return a new tensor.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        x += self.n
        return x

# %% AddN wrong: n belongs to the class
# message: All your objects share one `n`, so the last one that was made decides for all. You stored
#   it on the class; every object needs its own.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        AddN.n = n

    def forward(self, x):
        return x + AddN.n

# %% AddN wrong: prints the result
# message: `forward` shows the sum on the screen and hands back nothing. A function without `return`
#   returns None.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        print(x + self.n)

# %% AddN wrong: x is turned into float32
# message: Your sum is float32, whatever comes in. int64 plus an int stays int64, and float64 keeps
#   its precision: convert neither `x` nor `n`, and PyTorch chooses the dtype by itself.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x.float() + self.n

# %% AddN wrong: n is a parameter
# message: You made `n` a parameter, so an optimizer would train it. Here `n` is chosen by whoever
#   makes the object and stays; the statement asks for a module without parameters.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = nn.Parameter(torch.tensor(float(n)))

    def forward(self, x):
        return x + self.n

# %% AddN wrong: n is turned into a float
# message: You turn `n` into a float. `AddN(3)` of an int64 tensor then gives floats, although
#   `x + 3` stays int64. Keep `n` as it comes.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = float(n)

    def forward(self, x):
        return x + self.n

# %% AddN wrong: n takes the dtype of x
# message: You bring `n` to the dtype of `x`, and whole numbers have no room for what stands behind the
#   point of `n`. The expression `x + n` chooses the dtype from both.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x + torch.full_like(x, self.n)

# %% AddN wrong: n is a tensor with one axis
# message: You keep `n` as a tensor with one axis, and a single number without axes that meets it gets
#   that axis too. `n` comes as a Python number and can stay one.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = torch.tensor([n])

    def forward(self, x):
        return x + self.n

# %% AddN wrong: without self
# message: Without `self.` the number is a local variable of `__init__` and gone when that ends; your
#   object has no attribute `n`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        n = n

    def forward(self, x):
        return x + self.n

# %% AddN wrong: n is not kept
# message: `forward` does not know `n`: it is an argument of `__init__` and forgotten when that ends.
#   What do the two methods share?
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()

    def forward(self, x):
        return x + n

# %% AddN wrong: wraps the sum in torch.tensor
# message: The numbers are right, but no gradient comes through: `torch.tensor(...)` of a tensor,
#   `detach` and `.data` all cut it off. A sum with a tensor in it is a tensor already.
import warnings

class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.tensor(x + self.n)

# %% Affine right: two scalars
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine right: two tensors with one element
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, values):
        return torch.addcmul(self.bias, values, self.weight)

# %% Affine right: registered by name
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        for name, start in (("weight", 1.0), ("bias", 0.0)):
            self.register_parameter(name, nn.Parameter(torch.full((), start)))

    def forward(self, x):
        found = dict(self.named_parameters())
        return torch.add(x.mul(found["weight"]), found["bias"])

# %% Affine wrong: plain tensors that require gradients
# message: `requires_grad=True` makes a tensor collect gradients, but your module does not list it: a
#   plain tensor is a plain attribute. An optimizer that asks for `parameters()` gets nothing.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.tensor(1.0, requires_grad=True)
        self.bias = torch.tensor(0.0, requires_grad=True)

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: .item() cuts the graph
# message: Your output is computed from plain numbers: `.item()` takes the value out of the tensor and
#   leaves the gradient behind. Nothing leads from the loss back to your parameters.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight.item() * x + self.bias.item()

# %% Affine wrong: weight and bias swapped
# message: Before any training your two parameters cannot be told apart by the output, but they have
#   changed places: the one called `bias` multiplies, the one called `weight` is added.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.0))
        self.bias = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.bias * x + self.weight

# %% Affine wrong: parameters made in forward
# message: Your parameters are made in `forward`, so every call throws away what was learnt and starts
#   again from 1 and 0; before the first call there are none at all. When should they be made?
class Affine(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))
        return self.weight * x + self.bias

# %% Affine wrong: made in __init__ and again in forward
# message: Your parameters are made in `__init__`, and then again in every call of `forward`, which
#   forgets whatever was learnt. `forward` is to use them, not to make them.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))
        return self.weight * x + self.bias

# %% Affine wrong: buffers instead of parameters
# message: You registered buffers. They are saved with the module, but no optimizer ever sees them, so
#   they stay 1 and 0 for ever. Look at the table in section 4 again.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.tensor(1.0))
        self.register_buffer("bias", torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: both start at zero
# message: `weight` should start at 1; yours starts at 0, so everything becomes 0 whatever comes in.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: .data of the weight
# message: The output is right and `bias` learns, but `weight` never changes: `.data` (or `detach`)
#   hands out its values without the way back for the gradient.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight.data * x + self.bias

# %% Affine wrong: the bias is frozen
# message: Your `bias` is a parameter with `requires_grad=False`, so it keeps its 0 while `weight`
#   learns. Both are to be trained.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0), requires_grad=False)

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: the bias is a buffer
# message: Your `bias` is registered as a buffer: it is saved, but no optimizer ever sees it. Only one
#   of your two numbers can learn.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.register_buffer("bias", torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: a number is no tensor
# message: `nn.Parameter` wraps a tensor, and `1.0` is a Python number. What makes a tensor of it?
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(1.0)
        self.bias = nn.Parameter(0.0)

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: one row, one column
# message: Your parameters have two axes, so everything that meets them gets two as well. One number
#   has shape `()`, or `(1,)`.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, 1))
        self.bias = nn.Parameter(torch.zeros(1, 1))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: a random start
# message: Your parameters start at random numbers, as those of most layers do. Here the statement says
#   where they start.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1))
        self.bias = nn.Parameter(torch.randn(1))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: the two starts exchanged
# message: `weight` starts at 0 and `bias` at 1 with you: every output is 1 at first. It is meant to be
#   the other way round.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.0))
        self.bias = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: a Linear layer inside
# message: A Linear layer treats the last axis as one sample's features, starts at random numbers, and
#   its parameters are called `linear.weight` and `linear.bias`. Here you write the brick itself.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(x)

# %% Affine wrong: without self
# message: Without `self.` your two parameters are local variables of `__init__` and gone when it
#   ends. Nothing was registered, and `forward` finds nothing.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        weight = nn.Parameter(torch.tensor(1.0))
        bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: integers
# message: 1 and 0 without a decimal point make int64 tensors, and integers cannot have gradients.
#   Write the numbers as floats.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1))
        self.bias = nn.Parameter(torch.tensor(0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: other names
# message: It learns, but under other names: the statement asks for `weight` and `bias`. The name of
#   the attribute becomes the key in `state_dict()`, so a saved file would not fit.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(1.0))
        self.b = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.w * x + self.b

# %% Affine wrong: the weight is never used
# message: The output does not depend on `weight`; since it starts at 1, the first call cannot tell.
#   Give `weight` another value by hand and look again.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return x + self.bias

# %% Affine wrong: super().__init__() forgotten
# message: There is nothing yet to register a parameter in: the parent class makes the registers, and
#   it has not been woken up. What comes first in every `__init__`?
class Affine(nn.Module):
    def __init__(self):
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% TwoLayer right: two attributes and F.relu
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer right: a Sequential inside
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(i, h), nn.ReLU(inplace=True), nn.Linear(h, o))

    def forward(self, x):
        return self.net(x)

# %% TwoLayer right: it is a Sequential
class TwoLayer(nn.Sequential):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__(nn.LazyLinear(n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))

# %% TwoLayer right: its own parameters, last layer first
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.out_bias = nn.Parameter(torch.zeros(o))
        self.out_weight = nn.Parameter(torch.randn(o, h))
        self.in_bias = nn.Parameter(torch.zeros(h))
        self.in_weight = nn.Parameter(torch.randn(h, i))

    def forward(self, x):
        hidden = (x @ self.in_weight.T + self.in_bias).clamp(min=0)
        return hidden @ self.out_weight.T + self.out_bias

# %% TwoLayer right: a ModuleList
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(i, h), nn.Linear(h, o)])

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)

# %% TwoLayer wrong: a python list
# message: Your network computes the right shape, but it has no parameters: layers in a python list
#   are not registered. Print `len(list(model.parameters()))`.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.layers = [nn.Linear(i, h), nn.Linear(h, o)]

    def forward(self, x):
        return self.layers[1](F.relu(self.layers[0](x)))

# %% TwoLayer wrong: layers made in forward
# message: Your layers are made in `forward`, so every call works with new random numbers: the same
#   input gives another output each time, and nothing can be learnt. When should they be made?
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.sizes = (i, h, o)

    def forward(self, x):
        i, h, o = self.sizes
        return nn.Linear(h, o)(F.relu(nn.Linear(i, h)(x)))

# %% TwoLayer wrong: layers made in forward, line by line
# message: Your layers are made in `forward`, so every call works with new random numbers: the same
#   input gives another output each time, and nothing can be learnt. When should they be made?
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.sizes = (i, h, o)

    def forward(self, x):
        i, h, o = self.sizes
        hidden = F.relu(nn.Linear(i, h)(x))
        return nn.Linear(h, o)(hidden)

# %% TwoLayer wrong: nn.ReLU is handed the tensor
# message: `nn.ReLU(...)` makes a layer and computes nothing: what you hand it is taken for a setting.
#   Make the layer first and call it then, or use the function `F.relu`.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(nn.ReLU(self.first(x)))

# %% TwoLayer wrong: the function F.relu in a Sequential
# message: A Sequential takes layers, and `F.relu` is a function: it has nothing to register. The layer
#   of the same name is `nn.ReLU()`.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(i, h), F.relu, nn.Linear(h, o))

    def forward(self, x):
        return self.net(x)

# %% TwoLayer wrong: attributes made anew in each call
# message: Your network has the right parameters after its first call, and other ones after the next:
#   `forward` makes both layers anew each time and forgets what the old ones had learnt.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.sizes = (i, h, o)

    def forward(self, x):
        i, h, o = self.sizes
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: in and out swapped
# message: The features that come in and those that go out have changed places in your layers.
#   `nn.Linear` takes first what comes in, then what goes out.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(h, i)
        self.second = nn.Linear(o, h)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: no ReLU
# message: The shapes are right, but nothing stands between the two layers. Two linear layers in a row
#   are only one linear layer, written in a longer way.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(self.first(x))

# %% TwoLayer wrong: a ReLU at the end as well
# message: Your output has no negative numbers: a ReLU stands behind the last layer too. The statement
#   has one ReLU, between the layers.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))))

# %% TwoLayer wrong: ReLU only before the first layer
# message: Your ReLU works on the input, and between the two linear layers there is nothing. In which
#   order do the three steps of the statement come?
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(self.first(F.relu(x)))

# %% TwoLayer wrong: leading axes are flattened
# message: It works for a batch of rows, but you reshape `x` on the way, and an input with other axes
#   in front comes out wrong or not at all. A linear layer works on the last axis by itself.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        x = x.reshape(x.shape[0], -1)
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: the sizes of the example
# message: Your layers have the sizes of the printed example, whatever `i`, `h` and `o` are.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.second = nn.Linear(8, 3)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: no biases
# message: Your layers have no biases, so there are two parameters and not four. What are the shapes
#   in the statement?
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h, bias=False)
        self.second = nn.Linear(h, o, bias=False)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: three layers
# message: You have a third linear layer, from `h` to `h`. The `h` features are what lies between the
#   two layers, not a layer of their own.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(i, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, o)
        )

    def forward(self, x):
        return self.net(x)

# %% TwoLayer wrong: sigmoid instead of ReLU
# message: The function between your layers is not ReLU: ReLU keeps what is positive and sets the rest
#   to 0.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(torch.sigmoid(self.first(x)))

# %% TwoLayer wrong: only the second layer learns
# message: The output is right, but your first layer gets no gradient: something between the layers
#   (`detach`, `.data`, `no_grad`) cuts the way back.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x)).detach())

# %% count_parameters right: one sum
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)

# %% count_parameters right: a loop over shapes
import math

def count_parameters(module, trainable_only=False):
    count = 0
    for _, parameter in module.named_parameters():
        if trainable_only and not parameter.requires_grad:
            continue
        count += math.prod(parameter.shape)
    return count

# %% count_parameters right: every module's own parameters, each tensor once
def count_parameters(module, trainable_only=False):
    different = {}
    for part in module.modules():
        for parameter in part.parameters(recurse=False):
            different[id(parameter)] = parameter
    sizes = [p.nelement() for p in different.values() if not trainable_only or p.requires_grad]
    return int(sum(sizes))

# %% count_parameters wrong: counts the tensors
# message: You count the tensors: a Linear layer has two of them, its weight and its bias. Asked for
#   are the single numbers inside.
def count_parameters(module, trainable_only=False):
    return len([p for p in module.parameters() if p.requires_grad or not trainable_only])

# %% count_parameters wrong: trainable_only is ignored
# message: You count frozen parameters even when `trainable_only=True`. How does a parameter show that
#   it is frozen?
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters())

# %% count_parameters wrong: everything in state_dict
# message: You count everything that is saved: buffers are in there too, a shared tensor appears under
#   each of its names, and nothing in it says whether it is frozen. Which listing names what is
#   trained?
def count_parameters(module, trainable_only=False):
    return sum(tensor.numel() for tensor in module.state_dict().values())

# %% count_parameters wrong: state_dict asked what is trained
# message: The tensors that `state_dict()` hands out are made for saving: none of them says whether its
#   parameter is trained, and buffers are among them. Which listing hands out the parameters?
def count_parameters(module, trainable_only=False):
    count = 0
    for tensor in module.state_dict().values():
        if tensor.requires_grad or not trainable_only:
            count += tensor.numel()
    return count

# %% count_parameters wrong: direct children only
# message: You look at the direct children of the module and no further, so deeper layers are missing,
#   and so are parameters of the module itself.
def count_parameters(module, trainable_only=False):
    parts = list(module.children()) or [module]
    return sum(
        p.numel()
        for part in parts
        for p in part.parameters(recurse=False)
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: all children, but not the module itself
# message: You add up what lies below the module and forget what it holds itself. A single layer has no
#   children at all, and yet it has parameters.
def count_parameters(module, trainable_only=False):
    return sum(
        p.numel()
        for child in module.children()
        for p in child.parameters()
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: recurse=False
# message: `recurse=False` leaves out everything below the module itself, and that is where nearly all
#   parameters of a network are.
def count_parameters(module, trainable_only=False):
    return sum(
        p.numel()
        for p in module.parameters(recurse=False)
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: only trainable ones, always
# message: Frozen parameters are still parameters: they count unless `trainable_only=True` is asked
#   for. You always leave them out.
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)

# %% count_parameters wrong: trainable_only the other way round
# message: With `trainable_only=True` you count all, and without it only those that are trained. Your
#   condition is the wrong way round.
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters() if trainable_only or p.requires_grad)

# %% count_parameters wrong: the mode instead of requires_grad
# message: You ask whether the module is in training mode. That is about how layers compute; whether a
#   parameter is frozen is written on the parameter.
def count_parameters(module, trainable_only=False):
    if trainable_only and not module.training:
        return 0
    return sum(p.numel() for p in module.parameters())

# %% count_parameters wrong: counted at every level
# message: `modules()` visits every level, and `parameters()` at each level descends by itself: what
#   lies deep is counted several times.
def count_parameters(module, trainable_only=False):
    return sum(
        p.numel()
        for part in module.modules()
        for p in part.parameters()
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: shared tensors counted twice
# message: A tensor that is registered under two names counts twice with you. It is one tensor, learnt
#   once.
def count_parameters(module, trainable_only=False):
    return sum(
        p.numel()
        for _, p in module.named_parameters(remove_duplicate=False)
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: a shared tensor counted in each module
# message: You walk through the modules yourself, and a tensor that two of them share is counted in
#   both. It is one tensor, learnt once.
def count_parameters(module, trainable_only=False):
    count = 0
    for p in module.parameters(recurse=False):
        if p.requires_grad or not trainable_only:
            count += p.numel()
    for child in module.children():
        count += count_parameters(child, trainable_only)
    return count

# %% count_parameters wrong: the first axis only
# message: You count along the first axis only. A weight of shape (2, 3) holds 6 numbers.
def count_parameters(module, trainable_only=False):
    return sum(len(p) for p in module.parameters() if p.requires_grad or not trainable_only)

# %% count_parameters wrong: weights without biases
# message: You count what is called `weight` and nothing else. Biases are learnt as well, and a module
#   may call its parameters what it likes.
def count_parameters(module, trainable_only=False):
    return sum(
        p.numel()
        for name, p in module.named_parameters()
        if name.endswith("weight") and (p.requires_grad or not trainable_only)
    )

# %% count_parameters right: counted by numpy
import numpy as np

def count_parameters(module, trainable_only=False):
    sizes = [np.prod(p.shape) for p in module.parameters() if p.requires_grad or not trainable_only]
    return sum(sizes)

# %% count_parameters wrong: a tensor
# message: The number is right, but you return it as a tensor. The statement asks for an int.
def count_parameters(module, trainable_only=False):
    sizes = [p.numel() for p in module.parameters() if p.requires_grad or not trainable_only]
    return torch.tensor(sizes).sum()

# %% predict right: remember the mode, no_grad, put it back
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict right: inference_mode and try ... finally
@torch.inference_mode()
def predict(module, x):
    mode = module.training
    try:
        return module.train(False)(x)
    finally:
        module.train(mode)

# %% predict right: every submodule's own mode
def predict(module, x):
    modes = [(part, part.training) for part in module.modules()]
    for part, _ in modes:
        part.training = False
    with torch.set_grad_enabled(False):
        result = module(x)
    for part, mode in modes:
        part.training = mode
    return result

# %% predict right: a copy does the work
import copy

def predict(module, x):
    double = copy.deepcopy(module).eval()
    with torch.no_grad():
        return double(x)

# %% predict wrong: only calls the module
# message: You call the module and no more: it runs in the mode it happens to be in, and a graph is
#   recorded. Section 6 has a switch for each.
def predict(module, x):
    return module(x)

# %% predict wrong: recording switched on afterwards
# message: You switch the recording on at the end, also for a caller who had it off. Is there a way to
#   switch it off for a few lines only, that puts back what was there before?
def predict(module, x):
    was_training = module.training
    module.eval()
    torch.set_grad_enabled(False)
    result = module(x)
    torch.set_grad_enabled(True)
    module.train(was_training)
    return result

# %% predict wrong: calls forward
# message: The numbers are right, but a hook on the module never hears of your call: you went around
#   it. Section 3 has a picture of the two ways.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module.forward(x)
    module.train(was_training)
    return result

# %% predict wrong: always back to training
# message: Afterwards the module is in training mode, always. One that was in evaluation mode before
#   is not as you found it.
def predict(module, x):
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train()
    return result

# %% predict wrong: left in evaluation mode
# message: You leave the module in evaluation mode. Whoever was training it goes on without Dropout
#   and with frozen batch statistics, and will not notice.
def predict(module, x):
    module.eval()
    with torch.no_grad():
        return module(x)

# %% predict wrong: evaluation mode forgotten
# message: No graph is recorded, but the layers inside still run in the mode they were in: Dropout rolls
#   dice, and BatchNorm changes its statistics. `no_grad` does not do the work of `eval`.
def predict(module, x):
    with torch.no_grad():
        return module(x)

# %% predict wrong: the graph is kept
# message: Your result still has a graph behind it. `eval()` changes what layers compute, not what
#   PyTorch notes down; and a `no_grad` block covers only the lines inside it.
def predict(module, x):
    was_training = module.training
    module.eval()
    result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: detached afterwards
# message: Your result has no graph, but one was recorded while the module ran, and thrown away
#   afterwards. The memory it took was needed all the same.
def predict(module, x):
    was_training = module.training
    module.eval()
    result = module(x).detach()
    module.train(was_training)
    return result

# %% predict wrong: all parameters frozen
# message: You froze the parameters and they stay frozen: whoever trains this module next will wonder
#   why nothing is learnt. And an `x` that requires gradients is still recorded.
def predict(module, x):
    was_training = module.training
    module.eval()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: parameters frozen and all thawed again
# message: You freeze the parameters and then thaw *all* of them, those too that were frozen when you
#   came. And an `x` that requires gradients is still recorded.
def predict(module, x):
    was_training = module.training
    module.eval().requires_grad_(False)
    result = module(x)
    module.requires_grad_(True).train(was_training)
    return result

# %% predict wrong: recording switched off for good
# message: You switch the recording off and never on again. From then on no cell of the whole notebook
#   can compute a gradient. Is there a way to switch it off for a few lines only?
def predict(module, x):
    was_training = module.training
    module.eval()
    torch.set_grad_enabled(False)
    result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: only the outer module's flag is put back
# message: You put back the flag of the outermost module and nothing below it: the Dropout inside is
#   still in evaluation mode. Setting `training` by hand does not reach the submodules.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.training = was_training
    return result

# %% predict wrong: only the outer module's flag is set
# message: You set the flag of the outermost module by hand. Its submodules, Dropout and BatchNorm
#   among them, never hear of it and go on training.
def predict(module, x):
    was_training = module.training
    module.training = False
    with torch.no_grad():
        result = module(x)
    module.training = was_training
    return result

# %% predict wrong: nothing is returned
# message: You do everything and keep the result to yourself. Is a `return` missing?
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        module(x)
    module.train(was_training)

# %% predict wrong: runs the module twice
# message: Hooks are called twice for one prediction: you run the module two times. Once is enough in
#   evaluation mode.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        module(x)
        result = module(x)
    module.train(was_training)
    return result

# %% FixedNet right: the class as it was meant
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet right: a Sequential with a named layer
from collections import OrderedDict

class FixedNet(nn.Sequential):
    def __init__(self):
        super().__init__(OrderedDict(conv1=nn.Conv2d(3, 64, kernel_size=(3, 3))))

# %% FixedNet right: add_module and the functional form
class FixedNet(nn.Module):
    def __init__(self):
        super(FixedNet, self).__init__()
        self.add_module("conv1", nn.Conv2d(in_channels=3, out_channels=64, kernel_size=3))

    def forward(selfself, image):
        return F.conv2d(image, selfself.conv1.weight, selfself.conv1.bias)

# %% FixedNet wrong: still conc1
# message: Your layer is registered as `conc1`: read the name letter by letter. A saved file would carry
#   the misspelt keys for ever.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conc1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conc1(x)

# %% FixedNet wrong: made as conc1, used as conv1
# message: You made a layer called `conc1` and use one called `conv1`. Printing the object looks fine
#   at a glance; calling it raises the AttributeError. Which of the two names is the one you want?
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conc1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: super().__init__() missing or last
# message: At the moment when the layer is assigned, the parent class has not been woken up, so there
#   is no register yet to put the layer in. Is the call there, and does it come early enough?
class FixedNet(nn.Module):
    def __init__(self):
        self.conv1 = nn.Conv2d(3, 64, 3)
        super().__init__()

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: only the reported bug is mended
# message: The error is gone, and that is all. Your object has a misspelt layer that is never used,
#   and the layer that does the work is a new, random one in every call.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conc1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        conv1 = nn.Conv2d(3, 64, 3)
        return conv1(x)

# %% FixedNet wrong: the right name, and a new layer in forward
# message: The printout is right, but the registered layer is never used: `forward` makes a new,
#   random one each time. Call one object twice with the same image and compare.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        conv1 = nn.Conv2d(3, 64, 3)
        return conv1(x)

# %% FixedNet wrong: the layer is made in forward
# message: The layer gets its right name, but in `forward`: before the first call there is none, and
#   each call replaces it by a new, random one. When should it be made?
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        self.conv1 = nn.Conv2d(3, 64, 3)
        return self.conv1(x)

# %% FixedNet wrong: made in __init__ and made again in forward
# message: The printout is right and so is the name, but `forward` replaces the layer by a new, random
#   one in each call, so whatever it had learnt is gone.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        self.conv1 = nn.Conv2d(3, 64, 3)
        return self.conv1(x)

# %% FixedNet wrong: both names
# message: Your layer is registered under both names. It is saved twice, and the misspelt key is still
#   there.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conc1 = nn.Conv2d(3, 64, 3)
        self.conv1 = self.conc1

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: the layer in a list
# message: You put the layer into a python list. Nothing is registered: the printout shows no layer,
#   and there is nothing to train or to save.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = [nn.Conv2d(3, 64, 3)]

    def forward(self, x):
        return self.conv1[0](x)

# %% FixedNet wrong: a ReLU behind the layer
# message: Your output has no negative numbers: a ReLU stands behind the layer. The class was meant to be
#   the convolution and nothing else.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return F.relu(self.conv1(x))

# %% FixedNet wrong: padding added
# message: Padding was none of the bugs. The statement has a convolution with its defaults, so the
#   image loses two rows and two columns.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: channels swapped
# message: Your layer goes from 64 channels to 3. `nn.Conv2d` takes first what comes in, then what
#   goes out.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(64, 3, 3)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: no bias
# message: Your layer has no bias, so it has 1,728 numbers and one key. The statement has two keys and
#   1,792 numbers.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, bias=False)

    def forward(self, x):
        return self.conv1(x)
