# Known answers of chapter 1. Format: see the docstring of this folder's __init__.py.

# %% AddN domain
def domain(answer, draw):
    n = draw.choice(0, draw.real(), draw.integer(-9, 9))
    shape = [draw.size(4) for _ in range(draw.integer(0, 3))]
    dtypes = (*draw.FLOATS, *draw.HALVES, torch.int64, torch.int32, torch.int16)
    x = draw.tensor(*shape, dtypes=dtypes)
    add = answer(n)
    return [add(x), add(x), answer()(x)]

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
# message: All your objects share one `n`, so the last one that was made decides for all. It is
#   kept on the class, or under a global name; every object needs its own, on `self`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        AddN.n = n

    def forward(self, x):
        return x + AddN.n

# %% AddN wrong: prints the result
# message: `forward` hands back nothing: a function without `return` returns None. Printing shows
#   a result to people; only `return` gives it to the caller.
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
# message: With an int as `n`, your sum of integers is float32, although `x + 3` stays int64: on
#   the way `n` becomes a float. Keep it as it comes.
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
# message: `forward` asks for an attribute `n` that your object does not have. Without `self.`, a
#   name in `__init__` is a local variable and gone when it ends; under another spelling it is
#   another attribute.
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
#   `detach`, `.data` and `no_grad` all cut it off. The plain sum is a tensor already, and lets it
#   through.
import warnings

class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.tensor(x + self.n)

# %% AddN right: the sum of a list
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.parts = [n]

    def forward(self, x):
        return sum([x, *self.parts])

# %% AddN right: an Identity and a property
class AddN(nn.Identity):
    def __init__(self, n=1.0):
        super().__init__()
        self._n = n

    def forward(self, x):
        (result,) = [super().forward(x).add(self._n)]
        return result

# %% AddN right: a partial
import operator
from functools import partial

class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.__dict__["add"] = partial(operator.add, n)

    def forward(self, x):
        return self.add(x.contiguous())

# %% AddN wrong: n is kept as a tensor
# message: On float64 your sum is right to about seven digits and no further, since `n` has become
#   a float32 number on the way: 0.1 is 0.10000000149 there. Keep `n` as the Python number that it
#   is.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.register_buffer("number", torch.tensor(n), persistent=False)

    def forward(self, x):
        return self.number + x

# %% AddN wrong: n is kept as a float64 tensor
# message: You keep `n` as a float64 tensor, and with integers that makes the whole sum float64.
#   Keep `n` as the Python number that it is.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = torch.tensor(n, dtype=torch.float64)

    def forward(self, x):
        return x + self.n

# %% AddN wrong: axes of size 1 are removed
# message: Axes of size 1 are missing in your result: a row of shape `(1, 2)` comes back with shape
#   `(2,)`. The sum has the shape of `x`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return (x + self.n).squeeze()

# %% AddN wrong: 0 is taken for no number
# message: `AddN(0)` adds 1 with you. 0 counts as False, so `n or 1.0` and `if n` take it for a
#   missing number.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n or 1.0

    def forward(self, x):
        return x + self.n

# %% AddN wrong: the default is an int
# message: `AddN()` of integers gives integers with you: your default is the int 1. The statement's
#   default is the float 1.0, and `x + 1.0` gives floats.
class AddN(nn.Module):
    def __init__(self, n=1):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x + self.n

# %% AddN wrong: the default is zero
# message: Made without a number, your object adds 0. The default of `n` is 1.0.
class AddN(nn.Module):
    def __init__(self, n=0.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x + self.n

# %% AddN wrong: recording is off afterwards
# message: Your code switches the recording of gradients off (`torch.set_grad_enabled(False)`) and
#   never on again: whatever comes after the call computes without a graph. Nothing here needs that
#   switch.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        result = x + self.n
        torch.set_grad_enabled(False)
        return result

# %% AddN wrong: recording is switched off first
# message: Your code switches the recording of gradients off (`torch.set_grad_enabled(False)`) and
#   never on again: whatever comes after the call computes without a graph. Nothing here needs that
#   switch.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        torch.set_grad_enabled(False)
        return x + self.n

# %% AddN wrong: seeds the random numbers
# message: Your code seeds PyTorch's random numbers anew (`torch.manual_seed`). From then on
#   everybody who draws some gets the same ones. Nothing here has to be seeded.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        torch.manual_seed(0)
        self.n = n

    def forward(self, x):
        return x + self.n

# %% AddN wrong: x requires gradients afterwards
# message: After your call `x` requires gradients, which it did not before: that belongs to whoever
#   made `x`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        if x.is_floating_point() and x.is_leaf:
            x.requires_grad_()
        return x + self.n

# %% AddN wrong: back to the dtype of x
# message: You bring the sum back to the dtype of `x`, and integers have no room for what stands
#   behind the point. The expression `x + n` chooses the dtype from both.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return (x + self.n).to(x.dtype)

# %% AddN wrong: x is turned into float64
# message: Your sum is float64, whatever comes in. Convert neither `x` nor `n`, and PyTorch chooses
#   the dtype by itself.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x.double() + self.n

# %% AddN wrong: written into a copy of x
# message: You write the sum into a tensor that has the dtype of `x`; a fraction does not fit into
#   integers, and a number not into True and False. Let the expression `x + n` make its own tensor.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        result = x.clone()
        result += self.n
        return result

# %% AddN wrong: subtracts
# message: Your result is `x - n`: `n` is subtracted.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x - self.n

# %% AddN wrong: multiplies
# message: Your result is `x * n`: `n` is multiplied.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x * self.n

# %% AddN wrong: n is cut to an int
# message: What stands behind the point of `n` is lost: 2.5 counts as 2 with you. Keep `n` as it
#   comes.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = int(n)

    def forward(self, x):
        return x + self.n

# %% AddN wrong: the sign of n is lost
# message: A negative `n` is added as if it were positive.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = abs(n)

    def forward(self, x):
        return x + self.n

# %% AddN wrong: one axis comes out
# message: Your result has one axis, whatever the shape of `x`. A sum needs no reshaping.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x.reshape(-1) + self.n

# %% AddN wrong: at least one axis comes out
# message: A number without axes comes back with one: `()` becomes `(1,)`. The sum has the shape of
#   `x`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return torch.atleast_1d(x) + self.n

# %% AddN wrong: view on the way
# message: A transposed `x` stops your code: `view` needs the numbers to lie in memory in the order
#   of the axes. A sum needs no reshaping.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return (x.view(-1) + self.n).view(x.shape)

# %% AddN wrong: n changes with each call
# message: The first call is right, later ones of the same object are not: a call changes the `n`
#   that the object keeps.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        result = x + self.n
        self.n += self.n
        return result

# %% AddN wrong: n of the first object
# message: All your objects add the `n` of the first one that was made. Every object needs its own.
class AddN(nn.Module):
    kept = []

    def __init__(self, n=1.0):
        super().__init__()
        self.kept.append(n)

    def forward(self, x):
        return x + self.kept[0]

# %% AddN wrong: no Module
# message: Your class does not inherit from `nn.Module`, so there is nothing that hooks could be put
#   on. What stands in the brackets behind the name of the class?
class AddN:
    def __init__(self, n=1.0):
        self.n = n

    def __call__(self, x):
        return x + self.n

# %% AddN wrong: a parameter that nobody needs
# message: Your module has a parameter, so an optimizer would be given something to train. There is
#   nothing to train here.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x + self.n

# %% AddN wrong: hooks are removed
# message: Your code takes away the hooks that others have put on the module.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        self._forward_hooks.clear()
        return x + self.n

# %% Affine domain
def domain(answer, draw):
    affine = answer().train(draw.flag())
    with torch.no_grad():
        affine.weight.fill_(draw.real())
        affine.bias.fill_(draw.real())
    x = draw.tensor(*(draw.size(4) for _ in range(draw.integer(1, 3))))
    return [affine(x), affine(x), answer()(x)]

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
# message: The output is right, but nothing leads from it back to your parameters: `.item()`,
#   `float(...)`, `.data` and `detach()` hand out the values and leave the gradient behind. Neither
#   of the two can learn.
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
#   they stay 1 and 0 for ever. Look at the table in section 6 again.
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
# message: `forward` asks for an attribute that your object does not have. Without `self.`, a name
#   in `__init__` is a local variable and gone when it ends; under another spelling it is another
#   attribute.
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

# %% Affine right: filled after they are made
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(()))
        self.bias = nn.Parameter(torch.empty(1))
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x):
        return self.bias + x * self.weight

# %% Affine right: in place, in a copy
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        for name, start in {"bias": 0.0, "weight": 1.0}.items():
            setattr(self, name, nn.Parameter(torch.full((1,), start)))

    def forward(self, x):
        result = x.clone()
        result *= self.weight
        result += self.bias
        return result

# %% Affine wrong: axes of size 1 are removed
# message: Axes of size 1 are missing in your result: `(1, 1)` comes back as a number without axes.
#   The result has the shape of `x`.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return (self.weight * x + self.bias).squeeze()

# %% Affine wrong: float64 comes back as float32
# message: A float64 `x` comes back as float32. Leave `x` in the dtype in which it comes.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x.float() + self.bias

# %% Affine wrong: changes x in place
# message: The result is right, but `x` itself is changed as well: `*=` and `+=` write into the
#   tensor of whoever called you.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        x *= self.weight
        x += self.bias
        return x

# %% Affine wrong: the bias is never used
# message: The output does not depend on `bias`; since it starts at 0, the first call cannot tell.
#   Give `bias` another value by hand and look again.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x

# %% Affine wrong: computed without a graph
# message: The numbers are right, but no graph leads from your output back to the parameters:
#   something cuts it off, such as `no_grad` around the computation, or `detach` behind it. Nothing
#   can be trained.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        with torch.no_grad():
            return self.weight * x + self.bias

# %% Affine wrong: detached at the end
# message: The numbers are right, but no graph leads from your output back to the parameters:
#   something cuts it off, such as `no_grad` around the computation, or `detach` behind it. Nothing
#   can be trained.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return (self.weight * x + self.bias).detach()

# %% Affine wrong: x is detached
# message: Your two parameters learn, but no gradient reaches `x`: it is cut off before the
#   computation (`detach`, `.data`). Whatever stands before your module in a network could not
#   learn.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x.detach() + self.bias

# %% Affine wrong: .data of the bias
# message: The output is right and `weight` learns, but `bias` never changes: `.data` (or `detach`)
#   hands out its values without the way back for the gradient.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias.data

# %% Affine wrong: the weight is frozen
# message: Your `weight` is a parameter with `requires_grad=False`, so it keeps its 1 while `bias`
#   learns. Both are to be trained.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0), requires_grad=False)
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: made on the class
# message: Your parameters belong to the class and not to the object, so the object does not list
#   them, and all objects would share them. They are registered by an assignment to `self.…` in
#   `__init__`.
class Affine(nn.Module):
    weight = nn.Parameter(torch.tensor(1.0))
    bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: shared by all objects
# message: All your objects share the same two parameters: train one, and the others change as well.
#   Every object has to make its own.
WEIGHT = nn.Parameter(torch.tensor(1.0))
BIAS = nn.Parameter(torch.tensor(0.0))

class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = WEIGHT
        self.bias = BIAS

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: float64 parameters
# message: Your parameters are float64. The statement asks for float32, PyTorch's own choice for
#   `torch.tensor(1.0)`.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        self.bias = nn.Parameter(torch.tensor(0.0, dtype=torch.float64))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: the bias is added first
# message: You add `bias` before you multiply: `weight * (x + bias)`. At the start, with 1 and 0,
#   that makes no difference; with other numbers it does.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * (x + self.bias)

# %% Affine wrong: the bias is subtracted
# message: You subtract `bias`. It starts at 0, so the first call cannot tell.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x - self.bias

# %% Affine wrong: one number for each of two features
# message: Your parameters hold two numbers each, so they fit only an `x` with two features. The
#   statement asks for one number each.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.bias = nn.Parameter(torch.zeros(2))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: a buffer besides
# message: `state_dict()` lists more than the two parameters: there is a buffer besides them.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: a third parameter
# message: Your module has a third parameter. The statement has two, `weight` and `bias`.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: seeds the random numbers
# message: Your code seeds PyTorch's random numbers anew (`torch.manual_seed`). From then on
#   everybody who draws some gets the same ones. Nothing here has to be seeded.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: only in training mode
# message: In evaluation mode your module gives something else than in training mode. `weight * x +
#   bias` holds in both.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight * x + self.bias if self.training else x

# %% Affine wrong: hands back x
# message: Your module hands back `x` as it came. At the start that is the right answer, but neither
#   `weight` nor `bias` has a part in it.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return x

# %% Affine wrong: the weight is set to 1 in each call
# message: Each call sets `weight` back to 1, so whatever was learnt is forgotten. `forward` is to
#   use the parameters as they are.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        self.weight.data.fill_(1.0)
        return self.weight * x + self.bias

# %% Affine wrong: view on the way
# message: A transposed `x` stops your code: `view` needs the numbers to lie in memory in the order
#   of the axes. Nothing has to be reshaped here.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return (self.weight * x.view(-1) + self.bias).view(x.shape)

# %% Affine wrong: recording is off afterwards
# message: Your code switches the recording of gradients off (`torch.set_grad_enabled(False)`) and
#   never on again: whatever comes after the call computes without a graph. Nothing here needs that
#   switch.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        result = self.weight * x + self.bias
        torch.set_grad_enabled(False)
        return result

# %% Affine wrong: x requires gradients afterwards
# message: After your call `x` requires gradients, which it did not before: that belongs to whoever
#   made `x`.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        if x.is_leaf:
            x.requires_grad_()
        return self.weight * x + self.bias

# %% Affine wrong: two numbers in one parameter
# message: You keep both numbers in one parameter. The statement asks for two, called `weight` and
#   `bias`.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, 0.0]))

    def forward(self, x):
        return self.weight[0] * x + self.weight[1]

# %% Affine wrong: recorded in training mode only
# message: In evaluation mode no gradient gets through your module. The mode decides what layers
#   compute; whether a graph is recorded is another switch.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        with torch.set_grad_enabled(self.training):
            return self.weight * x + self.bias

# %% TwoLayer wrong: one layer for both where their sizes agree
# message: Where `i`, `h` and `o` are the same number, both of your layers are one and the same. There are two layers, whatever
#   their sizes.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = self.first if i == h == o else nn.Linear(h, o)

    def forward(self, x):
        return self.second(self.first(x).relu())

# %% TwoLayer domain
def domain(answer, draw):
    i, h, o = draw.size(4), draw.integer(6, 9), draw.size(4)
    front = [draw.size(4) for _ in range(draw.integer(0, 3))]
    values = ("normal", "zeros", "equal", "tiny", "negative")
    x = draw.tensor(*front, i, dtypes=(torch.float32,), values=values)
    network = answer(i, h, o)
    network(torch.zeros(2, i))
    network = draw.module(network, frozen=False)
    return [network(x), network(x)]

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

# %% TwoLayer right: einsum and a mask
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        hidden = torch.einsum("...i,hi->...h", x, self.first.weight) + self.first.bias
        return self.second(hidden * (hidden > 0))

# %% TwoLayer right: the functional form
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        hidden = torch.maximum(F.linear(x, self.first.weight, self.first.bias), torch.zeros(()))
        return F.linear(hidden, self.second.weight, self.second.bias)

# %% TwoLayer right: flattened and put back
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.act = nn.ReLU()

    def forward(self, x):
        rows = x.reshape(-1, x.shape[-1])
        out = self.second(self.act(self.first(rows)))
        return out.reshape(*x.shape[:-1], out.shape[-1])

# %% TwoLayer wrong: axes of size 1 are removed
# message: Axes of size 1 are missing in your result: `(N, 1)` comes back as `(N,)`. A linear layer
#   leaves the axes in front as they are, so nothing has to be squeezed.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x))).squeeze()

# %% TwoLayer wrong: a last axis of size 1 is removed
# message: With `o = 1` the last axis is missing in your result: `(N, 1)` comes back as `(N,)`.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x))).squeeze(-1)

# %% TwoLayer wrong: a Dropout layer
# message: In training mode your output is another one each time; in evaluation mode it is right.
#   Something random stands in your network, such as a Dropout, and the statement has none.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.second(self.drop(F.relu(self.first(x))))

# %% TwoLayer wrong: a light Dropout
# message: In training mode your output is another one each time; in evaluation mode it is right.
#   Something random stands in your network, such as a Dropout, and the statement has none.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        return self.second(self.drop(F.relu(self.first(x))))

# %% TwoLayer wrong: Dropout in both modes
# message: Your output is another one each time, in evaluation mode too: `F.dropout` does not know
#   the mode of your network, and the statement has no Dropout at all.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.dropout(F.relu(self.first(x))))

# %% TwoLayer wrong: leaky ReLU
# message: Negative numbers between your layers become small and not 0, as with `F.leaky_relu`. ReLU
#   sets them to 0.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.leaky_relu(self.first(x)))

# %% TwoLayer wrong: GELU
# message: The function between your layers is not ReLU but a smooth one, such as GELU or SiLU. ReLU
#   keeps what is positive as it is and sets the rest to 0.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.gelu(self.first(x)))

# %% TwoLayer wrong: tanh
# message: The function between your layers is not ReLU: ReLU keeps what is positive and sets the
#   rest to 0.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))

# %% TwoLayer wrong: absolute values
# message: Between your layers negative numbers turn positive. ReLU sets them to 0.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(self.first(x).abs())

# %% TwoLayer wrong: ReLU6
# message: Large numbers are cut off between your layers: nothing beyond 6 comes through, as with
#   `nn.ReLU6`. ReLU has no upper end.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu6(self.first(x)))

# %% TwoLayer wrong: a softmax at the end
# message: Your output sums up to 1 along the last axis: a softmax stands behind the last layer. The
#   statement ends with the linear layer.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return F.softmax(self.second(F.relu(self.first(x))), -1)

# %% TwoLayer wrong: a softmax in evaluation mode
# message: In evaluation mode your output is another one than in training mode: it sums up to 1
#   along the last axis, as a softmax does.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        scores = self.second(F.relu(self.first(x)))
        return scores if self.training else F.softmax(scores, -1)

# %% TwoLayer wrong: BatchNorm between
# message: A third layer with parameters stands in your network, such as a BatchNorm, so there are
#   more than four parameters. The statement has linear, ReLU, linear.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.norm = nn.BatchNorm1d(h)

    def forward(self, x):
        return self.second(self.norm(F.relu(self.first(x))))

# %% TwoLayer wrong: a buffer besides
# message: `state_dict()` lists more than the four parameters: there is a buffer besides them.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: seeds the random numbers
# message: Your code seeds PyTorch's random numbers anew (`torch.manual_seed`). From then on
#   everybody who draws some gets the same ones. Nothing here has to be seeded.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: seeds, and makes the layers in forward
# message: Your output is the same each time because the random numbers are seeded anew in each
#   call; but the layers are still made in `forward`, and nothing can be learnt. When should they be
#   made?
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.sizes = i, h, o

    def forward(self, x):
        i, h, o = self.sizes
        torch.manual_seed(0)
        first, second = nn.Linear(i, h), nn.Linear(h, o)
        return second(F.relu(first(x)))

# %% TwoLayer wrong: recording is off afterwards
# message: Your code switches the recording of gradients off (`torch.set_grad_enabled(False)`) and
#   never on again: whatever comes after the call computes without a graph. Nothing here needs that
#   switch.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        result = self.second(F.relu(self.first(x)))
        torch.set_grad_enabled(False)
        return result

# %% TwoLayer wrong: computed without a graph
# message: The output is right, but no graph leads from it back to the parameters (`no_grad` around
#   the computation, or `detach` behind it). Nothing can be trained.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        with torch.no_grad():
            return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: x is detached
# message: All four parameters learn, but no gradient reaches `x`: it is cut off before the first
#   layer (`detach`, `.data`).
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x.detach())))

# %% TwoLayer wrong: the first layer is frozen
# message: The parameters of your first layer do not require gradients (`requires_grad_(False)`).
#   All four are to be trained.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.first.requires_grad_(False)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: the last bias is frozen
# message: The bias of your last layer does not require gradients. All four parameters are to be
#   trained.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.second.bias.requires_grad_(False)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: no bias at the end
# message: Your last layer has no bias, so there are three parameters and not four.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o, bias=False)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: no bias at the beginning
# message: Your first layer has no bias, so there are three parameters and not four.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h, bias=False)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: two axes and no others
# message: It works for a batch of rows, but an `x` with more axes, or only one, stops your code: it
#   counts on exactly two. A linear layer works on the last axis by itself.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        n, features = x.shape
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: the axes in front stay flattened
# message: Your output has two axes, however many `x` has: the axes in front were flattened and not
#   put back. A linear layer works on the last axis by itself.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(x.reshape(-1, x.shape[-1]))))

# %% TwoLayer wrong: view on the way
# message: A transposed `x` stops your code: `view` needs the numbers to lie in memory in the order
#   of the axes. A linear layer works on the last axis by itself.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        rows = self.second(F.relu(self.first(x.view(-1, x.shape[-1]))))
        return rows.view(*x.shape[:-1], -1)

# %% TwoLayer wrong: one row becomes a batch
# message: An `x` of shape `(i,)` comes back with two axes: `(1, o)` for `(o,)`.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(F.relu(self.first(torch.atleast_2d(x))))

# %% TwoLayer wrong: shared by all objects
# message: Your objects of equal sizes share their layers: change one, and the others change as
#   well. Every object has to make its own.
LAYERS = {}

class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = LAYERS.setdefault((i, h), nn.Linear(i, h))
        self.second = LAYERS.setdefault((h, o), nn.Linear(h, o))

    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: layers made in the first call
# message: Before its first call your network has no parameters, since the layers are made in
#   `forward`. An optimizer made before would get nothing. `__init__` knows all three sizes.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.sizes = i, h, o

    def forward(self, x):
        i, h, o = self.sizes
        if not hasattr(self, "first"):
            self.first, self.second = nn.Linear(i, h), nn.Linear(h, o)
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: stops at the hidden features
# message: Your network ends after the ReLU: it returns the `h` hidden features and not `o`.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return F.relu(self.first(x))

# %% TwoLayer wrong: recorded in training mode only
# message: In evaluation mode no gradient gets through your network. The mode decides what layers
#   compute; whether a graph is recorded is another switch.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        with torch.set_grad_enabled(self.training):
            return self.second(F.relu(self.first(x)))

# %% count_parameters domain
def domain(answer, draw):
    a, b = draw.size(6), draw.integer(2, 6)
    layer = nn.Linear(b, b, bias=draw.flag())
    parts = [
        layer,
        nn.Linear(a, b),
        nn.Conv2d(a, b, draw.size(3)),
        nn.BatchNorm2d(b, affine=draw.flag()),
        nn.GRU(a, b),
        nn.Sequential(nn.Sequential(nn.PReLU(), layer), nn.Dropout()),
        nn.ModuleList([nn.Embedding(a, b), nn.Linear(b, b)]),
    ]
    chosen = [draw.choice(*parts) for _ in range(draw.integer(0, 4))]
    net = draw.choice(nn.ReLU(), nn.ModuleList(chosen), nn.ModuleList([layer, *chosen]), parts[1])
    if draw.flag():
        for part in net.modules():
            if isinstance(part, nn.Linear) and part.weight.shape == layer.weight.shape:
                part.weight = layer.weight
    return answer(draw.module(net), draw.flag())

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

# %% count_parameters right: one long vector
from torch.nn.utils import parameters_to_vector

def count_parameters(module, trainable_only=False):
    chosen = [p for p in module.parameters() if p.requires_grad or not trainable_only]
    return parameters_to_vector(chosen).numel() if chosen else 0

# %% count_parameters right: a recursion that remembers
def count_parameters(module, trainable_only=False):
    def visit(part, found):
        for parameter in part._parameters.values():
            if parameter is not None:
                found[id(parameter)] = parameter
        for child in part.children():
            visit(child, found)
        return found

    found = visit(module, {}).values()
    return sum([p.numel() for p in found if not trainable_only or p.requires_grad])

# %% count_parameters right: all minus the frozen ones
def count_parameters(module, trainable_only=False):
    total = sum(map(torch.numel, module.parameters()))
    if trainable_only:
        total -= sum(p.numel() for p in module.parameters() if not p.requires_grad)
    return total

# %% count_parameters wrong: leaves evaluation mode on
# message: The number is right, but afterwards `module` is in evaluation mode. Counting does not
#   depend on the mode, so it need not be touched.
def count_parameters(module, trainable_only=False):
    module.eval()
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)

# %% count_parameters wrong: thaws what is frozen
# message: The number is right, but afterwards every parameter requires gradients, the frozen ones
#   too. Whoever froze them did so on purpose.
def count_parameters(module, trainable_only=False):
    count = sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)
    module.requires_grad_(True)
    return count

# %% count_parameters wrong: freezes everything
# message: The number is right, but afterwards all parameters of `module` are frozen: nothing of it
#   can be trained any more.
def count_parameters(module, trainable_only=False):
    count = sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)
    module.requires_grad_(False)
    return count

# %% count_parameters wrong: gradients are cleared
# message: The number is right, but the gradients that the parameters had are gone (`zero_grad`).
#   They belong to whoever trains the module.
def count_parameters(module, trainable_only=False):
    module.zero_grad()
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)

# %% count_parameters wrong: recording is off afterwards
# message: Your code switches the recording of gradients off (`torch.set_grad_enabled(False)`) and
#   never on again: whatever comes after the call computes without a graph. Nothing here needs that
#   switch.
def count_parameters(module, trainable_only=False):
    torch.set_grad_enabled(False)
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)

# %% count_parameters wrong: a float
# message: The number is right, but you return it as a float. The statement asks for an int.
def count_parameters(module, trainable_only=False):
    return 1.0 * sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)

# %% count_parameters wrong: a string
# message: You return the number as a string. The statement asks for an int.
def count_parameters(module, trainable_only=False):
    return str(sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only))

# %% count_parameters wrong: equal numbers counted once
# message: Two parameters that hold the same numbers count once with you. They are two tensors, and
#   will differ as soon as they learn.
def count_parameters(module, trainable_only=False):
    found = {}
    for p in module.parameters():
        if p.requires_grad or not trainable_only:
            found[tuple(p.shape), tuple(p.flatten().tolist())] = p.numel()
    return sum(found.values())

# %% count_parameters wrong: equal shapes counted once
# message: Two parameters of the same shape count once with you. Only one that is registered twice
#   counts once.
def count_parameters(module, trainable_only=False):
    found = {}
    for p in module.parameters():
        if p.requires_grad or not trainable_only:
            found[tuple(p.shape)] = p.numel()
    return sum(found.values())

# %% count_parameters wrong: every module once, shared tensors twice
# message: A whole layer that is used twice counts once with you, as it should, but one tensor that
#   two layers share, or that has two names, is counted twice. It is one tensor, learnt once.
def count_parameters(module, trainable_only=False):
    return sum(
        p.numel()
        for part in module.modules()
        for p in part.parameters(recurse=False)
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: repeated only in a row
# message: A tensor that comes twice in a row in the listing counts once with you, but not one that
#   comes back later. It is one tensor, wherever it is registered.
def count_parameters(module, trainable_only=False):
    count, last = 0, None
    for _, p in module.named_parameters(remove_duplicate=False):
        if p is not last and (p.requires_grad or not trainable_only):
            count += p.numel()
        last = p
    return count

# %% count_parameters wrong: two levels deep
# message: You go two levels down and no further: what lies deeper is missing. And a tensor that is
#   shared is counted more than once.
def count_parameters(module, trainable_only=False):
    parts = [module, *module.children()]
    parts += [part for child in module.children() for part in child.children()]
    return sum(
        p.numel()
        for part in parts
        for p in part.parameters(recurse=False)
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: weight and bias by name
# message: You count what is called `weight` or `bias` and nothing else. A module may call its
#   parameters what it likes.
def count_parameters(module, trainable_only=False):
    count = 0
    for name, p in module.named_parameters():
        if name.split(".")[-1] in ("weight", "bias") and (p.requires_grad or not trainable_only):
            count += p.numel()
    return count

# %% count_parameters wrong: the first two axes only
# message: You multiply the first two axes and leave out the others: the weight of a Conv2d has
#   four.
def count_parameters(module, trainable_only=False):
    return sum(
        len(p) * (p.shape[1] if p.dim() > 1 else 1)
        for p in module.parameters()
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: the first parameter only
# message: You return the size of the first parameter. A `return` inside the loop ends it there.
def count_parameters(module, trainable_only=False):
    for p in module.parameters():
        if p.requires_grad or not trainable_only:
            return p.numel()
    return 0

# %% count_parameters wrong: stops at the first frozen one
# message: With `trainable_only=True` you stop at the first frozen parameter; those behind it count
#   as well, if they are trained. `break` ends the loop, `continue` goes on with the next.
def count_parameters(module, trainable_only=False):
    count = 0
    for p in module.parameters():
        if trainable_only and not p.requires_grad:
            break
        count += p.numel()
    return count

# %% count_parameters wrong: the first parameter decides
# message: With `trainable_only=True` you look at one parameter and decide for all. Each parameter
#   has its own `requires_grad`.
def count_parameters(module, trainable_only=False):
    sizes = [p.numel() for p in module.parameters()]
    if trainable_only and not next(module.parameters(), torch.ones(0)).requires_grad:
        return 0
    return sum(sizes)

# %% count_parameters wrong: a layer counts as a whole
# message: With `trainable_only=True` a layer counts as a whole or not at all with you. Each
#   parameter has its own `requires_grad`: a bias can be frozen and the weight beside it not.
def count_parameters(module, trainable_only=False):
    count, seen = 0, set()
    for part in module.modules():
        own = [p for p in part.parameters(recurse=False) if p not in seen]
        seen.update(own)
        if not trainable_only or all(p.requires_grad for p in own):
            count += sum(p.numel() for p in own)
    return count

# %% count_parameters wrong: the frozen ones
# message: With `trainable_only=True` you count the frozen parameters. Asked for are the others.
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters() if not (trainable_only and p.requires_grad))

# %% count_parameters wrong: those with a gradient
# message: With `trainable_only=True` you count the parameters that have a gradient already. A new
#   module has none, and is trainable all the same: `requires_grad` says it.
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters() if not trainable_only or p.grad is not None)

# %% count_parameters wrong: None where there is nothing
# message: Where there is nothing to count you return None. The statement asks for the int 0.
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only) or None

# %% count_parameters wrong: bytes
# message: You count bytes and not numbers: a float32 takes four.
def count_parameters(module, trainable_only=False):
    return sum(p.nbytes for p in module.parameters() if p.requires_grad or not trainable_only)

# %% count_parameters wrong: buffers as well
# message: You count buffers as well. They are saved, but nothing learns them.
def count_parameters(module, trainable_only=False):
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only) + sum(b.numel() for b in module.buffers())

# %% count_parameters wrong: Linear and Conv2d only
# message: You count some kinds of layers and leave out all others. Any module may have parameters,
#   also one that somebody wrote.
def count_parameters(module, trainable_only=False):
    return sum(
        p.numel()
        for part in module.modules()
        if isinstance(part, (nn.Linear, nn.Conv2d))
        for p in part.parameters(recurse=False)
        if p.requires_grad or not trainable_only
    )

# %% count_parameters wrong: the default is True
# message: Called without `trainable_only`, you leave the frozen parameters out: your default is
#   True, and the statement's is False.
def count_parameters(module, trainable_only=True):
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)

# %% predict domain
def domain(answer, draw):
    class Asks(nn.Module):
        def forward(self, x):
            return x * 2 if self.training else x + 1

    norm, drop = nn.BatchNorm1d(4), nn.Dropout(0.5)
    some = draw.choice(norm, drop, Asks(), nn.Sequential(nn.Sequential(drop, Asks()), norm))
    model = nn.Sequential(nn.Linear(3, 4), some, nn.Linear(4, draw.size(3)))
    model = draw.module(model, modes=False).train(draw.flag())
    x = draw.tensor(draw.size(4), 3, dtypes=(torch.float32,), values=("normal", "zeros", "equal"))
    output = answer(model, x.requires_grad_(draw.flag()))
    facts = [part.training for part in model.modules()]
    return [output, output.requires_grad, facts, [p.requires_grad for p in model.parameters()]]

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

# %% predict right: a context manager of its own
from contextlib import contextmanager

@contextmanager
def evaluating(module):
    was_training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(was_training)

def predict(module, x):
    with evaluating(module), torch.no_grad():
        return module(x)

# %% predict right: recording switched by hand and put back
def predict(module, x):
    was_training, was_recording = module.training, torch.is_grad_enabled()
    if was_training:
        module.eval()
    torch.set_grad_enabled(False)
    result = module.__call__(x)
    torch.set_grad_enabled(was_recording)
    if was_training:
        module.train()
    return result.clone()

# %% predict right: a functional call
def predict(module, x):
    state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    was_training = module.training
    with torch.no_grad():
        result = torch.func.functional_call(module.eval(), state, (x,))
    module.train(was_training)
    return result

# %% predict wrong: the mode is put back one level down
# message: You put back the mode of the module and of its direct children; what lies deeper is still
#   in evaluation mode. `train(mode)` reaches everything below.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    for part in (module, *module.children()):
        part.training = was_training
    return result

# %% predict wrong: evaluation mode one level down
# message: You switch the module and its direct children; what lies deeper runs in the mode it was
#   in. `eval()` reaches everything below.
def predict(module, x):
    was_training = module.training
    for part in (module, *module.children()):
        part.training = False
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: Dropout only
# message: You switch Dropout to evaluation mode and nothing else. BatchNorm computes something else
#   in training mode too, and so may any module that somebody wrote.
def predict(module, x):
    layers = [part for part in module.modules() if isinstance(part, nn.Dropout)]
    modes = [layer.training for layer in layers]
    for layer in layers:
        layer.eval()
    with torch.no_grad():
        result = module(x)
    for layer, mode in zip(layers, modes):
        layer.train(mode)
    return result

# %% predict wrong: Dropout and BatchNorm only
# message: You switch Dropout and BatchNorm and nothing else. Any module may ask for its mode, also
#   one that somebody wrote.
def predict(module, x):
    layers = [p for p in module.modules() if isinstance(p, (nn.Dropout, nn.BatchNorm1d))]
    modes = [layer.training for layer in layers]
    for layer in layers:
        layer.eval()
    with torch.no_grad():
        result = module(x)
    for layer, mode in zip(layers, modes):
        layer.train(mode)
    return result

# %% predict wrong: gradients are cleared
# message: Afterwards the gradients that the parameters had are gone (`zero_grad`). They belong to
#   whoever trains the module.
def predict(module, x):
    module.zero_grad()
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: hooks are removed first
# message: You take away the hooks that others have put on the module, and they never hear of the
#   call.
def predict(module, x):
    module._forward_hooks.clear()
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: hooks are removed afterwards
# message: Afterwards the hooks that others have put on the module are gone.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module._forward_hooks.clear()
    module.train(was_training)
    return result

# %% predict wrong: frozen afterwards
# message: Afterwards all parameters of the module are frozen: whoever trains it next will wonder
#   why nothing is learnt.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.requires_grad_(False)
    module.train(was_training)
    return result

# %% predict wrong: x does not require gradients any more
# message: Afterwards `x` does not require gradients any more, although it did before
#   (`requires_grad_(False)`, `detach_()`). `no_grad` switches the recording off without touching
#   `x`.
def predict(module, x):
    x.requires_grad_(False)
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: running statistics are reset
# message: The running statistics of BatchNorm are lost: you set them back to 0 and 1.
def predict(module, x):
    was_training = module.training
    module.eval()
    for part in module.modules():
        if hasattr(part, "reset_running_stats"):
            part.reset_running_stats()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: seeded instead of evaluation mode
# message: Your numbers are the same every time because you seed the random numbers anew; but
#   Dropout still drops some of them, and BatchNorm still learns. Evaluation mode is another thing.
def predict(module, x):
    torch.manual_seed(0)
    with torch.no_grad():
        result = module(x)
    return result

# %% predict wrong: seeds the random numbers
# message: Your code seeds PyTorch's random numbers anew (`torch.manual_seed`). From then on
#   everybody who draws some gets the same ones. Nothing here has to be seeded.
def predict(module, x):
    torch.manual_seed(0)
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: the mean of many runs
# message: You run the module many times and take the mean. In evaluation mode one run says it all,
#   and a hook is called once.
def predict(module, x):
    with torch.no_grad():
        return torch.stack([module(x) for _ in range(20)]).mean(0)

# %% predict wrong: axes of size 1 are removed
# message: Axes of size 1 are missing in your result: one row comes back without its first axis. It
#   is returned as the module gives it.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result.squeeze()

# %% predict wrong: a softmax on top
# message: Your result sums up to 1 along the last axis: a softmax stands behind the module. It is
#   returned as the module gives it.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result.softmax(-1)

# %% predict wrong: the largest entry
# message: You return the position of the largest entry. Asked for is what the module returns.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result.argmax(-1)

# %% predict wrong: a numpy array
# message: You return a numpy array. Asked for is the tensor that the module returns.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result.numpy()

# %% predict wrong: x as float32
# message: You turn `x` into floats. A module may want integers, such as `nn.Embedding`: `x` goes in
#   as it comes.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x.float())
    module.train(was_training)
    return result

# %% predict wrong: frozen, detached, and put back
# message: You freeze the parameters and detach `x`, and put all of that back; but a tensor in a
#   module can require gradients without being a parameter, and then a graph is recorded all the
#   same. Is there a switch for the recording itself?
def predict(module, x):
    was_training = module.training
    module.eval()
    flags = [p.requires_grad for p in module.parameters()]
    module.requires_grad_(False)
    result = module(x.detach())
    for p, flag in zip(module.parameters(), flags):
        p.requires_grad_(flag)
    module.train(was_training)
    return result

# %% predict wrong: the opposite mode afterwards
# message: Afterwards the module is in the other mode than before.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(not was_training)
    return result

# %% predict wrong: training mode for the run
# message: You run the module in training mode: `train()` and `eval()` have changed places.
def predict(module, x):
    was_training = module.training
    module.train()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% predict wrong: runs the children one by one
# message: You run the children of the module one after the other and never the module itself: a
#   module without children, or with another `forward`, gives something else, and hooks on the
#   module never hear of the call.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = x
        for part in module.children():
            result = part(result)
    module.train(was_training)
    return result

# %% predict wrong: one row at a time
# message: You call the module once for each row, so its hooks run that often. It takes all rows in
#   one call.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = torch.stack([module(row[None])[0] for row in x])
    module.train(was_training)
    return result

# %% predict wrong: a copy, and a graph
# message: A copy of the module is called, not the module itself; and a graph is recorded while it
#   runs, since `x` or a tensor inside requires gradients.
import copy

def predict(module, x):
    double = copy.deepcopy(module).eval().requires_grad_(False)
    return double(x)

# %% predict wrong: evaluation mode for the innermost parts
# message: You switch only the modules without children. A module with children may ask for its mode
#   as well; `eval()` reaches all of them.
def predict(module, x):
    leaves = [part for part in module.modules() if not list(part.children())]
    was_training = module.training
    for part in leaves:
        part.training = False
    with torch.no_grad():
        result = module(x)
    for part in leaves:
        part.training = was_training
    return result

# %% predict wrong: x requires gradients afterwards
# message: Afterwards `x` requires gradients, which it did not before: that belongs to whoever made
#   `x`.
def predict(module, x):
    if x.is_floating_point():
        x.requires_grad_()
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    module.train(was_training)
    return result

# %% FixedNet domain
def domain(answer, draw):
    values = ("normal", "zeros", "equal", "tiny", "negative")
    shape = draw.size(3), 3, draw.size(6, 3), draw.size(6, 3)
    x = draw.tensor(*shape, dtypes=(torch.float32,), values=values)
    net = draw.module(answer(), frozen=False)
    return [net(x), net(x), sorted(net.state_dict())]

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

# %% FixedNet right: one image at a time
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return torch.cat([self.conv1(image[None]) for image in x])

# %% FixedNet right: register_module and a loop
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_module("conv1", nn.Conv2d(3, 64, (3, 3), 1, 0))

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x

# %% FixedNet wrong: axes of size 1 are removed
# message: Axes of size 1 are missing in your result: one image comes back without its first axis.
#   The result has four axes, whatever their size.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x).squeeze()

# %% FixedNet wrong: the axis of one image is removed
# message: One image comes back without its first axis: `(64, …)` for `(1, 64, …)`.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x).squeeze(0)

# %% FixedNet wrong: the result is flattened
# message: Your result has two axes: channels, rows and columns are flattened into one. Nothing
#   stands behind the layer.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x).flatten(1)

# %% FixedNet wrong: starts at zero
# message: Your layer does not start with the numbers that a new `Conv2d` has: something sets them
#   anew. The statement has a convolution with its defaults.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        nn.init.zeros_(self.conv1.weight)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: another start
# message: Your layer does not start with the numbers that a new `Conv2d` has: something sets them
#   anew. The statement has a convolution with its defaults.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        nn.init.xavier_uniform_(self.conv1.weight)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: the bias starts at zero
# message: Your layer does not start with the numbers that a new `Conv2d` has: something sets them
#   anew. The statement has a convolution with its defaults.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        nn.init.zeros_(self.conv1.bias)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: seeds when it is made
# message: Your code seeds PyTorch's random numbers anew (`torch.manual_seed`). From then on
#   everybody who draws some gets the same ones. Nothing here has to be seeded.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: seeds in each call
# message: Your code seeds PyTorch's random numbers anew (`torch.manual_seed`). From then on
#   everybody who draws some gets the same ones. Nothing here has to be seeded.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        torch.manual_seed(0)
        return self.conv1(x)

# %% FixedNet wrong: seeds, and a new layer in forward
# message: Two calls give the same only because the random numbers are seeded anew in each. The
#   registered layer is never used: `forward` makes another one.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        torch.manual_seed(0)
        conv1 = nn.Conv2d(3, 64, 3)
        return conv1(x)

# %% FixedNet wrong: recording is off afterwards
# message: Your code switches the recording of gradients off (`torch.set_grad_enabled(False)`) and
#   never on again: whatever comes after the call computes without a graph. Nothing here needs that
#   switch.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        result = self.conv1(x)
        torch.set_grad_enabled(False)
        return result

# %% FixedNet wrong: computed without a graph
# message: The output is right, but no graph leads from it back to the layer (`no_grad` around the
#   computation, or `detach` behind it). Nothing can be trained.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        with torch.no_grad():
            return self.conv1(x)

# %% FixedNet wrong: x is detached
# message: Your layer learns, but no gradient reaches `x`: it is cut off before the layer (`detach`,
#   `.data`).
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x.detach())

# %% FixedNet wrong: .data of the weight
# message: The output is right and the bias learns, but no gradient reaches `conv1.weight`: `.data`
#   (or `detach`) hands out its values without the way back.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return F.conv2d(x, self.conv1.weight.data, self.conv1.bias)

# %% FixedNet wrong: a copy does the work
# message: The output is right, but no gradient reaches your layer: a copy with the same numbers
#   does the work, and is thrown away after the call.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        layer = nn.Conv2d(3, 64, 3)
        layer.load_state_dict(self.conv1.state_dict())
        return layer(x)

# %% FixedNet wrong: replaced by a copy in each call
# message: The numbers stay the same, but each call replaces the layer by a new one. An optimizer
#   keeps the old one and trains what nobody uses.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        layer = nn.Conv2d(3, 64, 3)
        layer.load_state_dict(self.conv1.state_dict())
        self.conv1 = layer
        return self.conv1(x)

# %% FixedNet wrong: the bias is not used
# message: The bias of your layer is never used: the output is the same whatever it is.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return F.conv2d(x, self.conv1.weight)

# %% FixedNet wrong: frozen
# message: Your layer is frozen (`requires_grad_(False)`). Both parameters are to be trained.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        self.conv1.requires_grad_(False)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: the bias is frozen
# message: Your bias is frozen. Both parameters are to be trained.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        self.conv1.bias.requires_grad_(False)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: shared by all objects
# message: All your objects share one layer: change one, and the others change as well. Every object
#   has to make its own.
LAYER = nn.Conv2d(3, 64, 3)

class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = LAYER

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: a second convolution
# message: Your object has a second layer with parameters that nothing uses. It was meant to be one
#   convolution.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        self.conv2 = nn.Conv2d(64, 64, 3)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: a layer that nobody uses
# message: Your object has a second layer, as the printout shows. It was meant to be one
#   convolution.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: a buffer besides
# message: `state_dict()` lists more than `conv1.weight` and `conv1.bias`: there is a buffer besides
#   them.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: a ReLU in evaluation mode
# message: In training mode your output is that of the layer, in evaluation mode it has no negative
#   numbers.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        result = self.conv1(x)
        return result if self.training else result.relu()

# %% FixedNet wrong: stride 2
# message: Your output has half the rows and columns: the kernel moves by two pixels. The statement
#   has a convolution with its defaults, stride 1.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, stride=2)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: another kernel size
# message: Your kernel has another size than 3 by 3. The third number of `nn.Conv2d` is the kernel
#   size.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 5)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: padding, cut off again
# message: The numbers are right, but the layer itself has padding, which you cut off again. The
#   statement has a convolution with its defaults.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1)

    def forward(self, x):
        return self.conv1(x)[:, :, 1:-1, 1:-1]

# %% FixedNet wrong: another name
# message: Your layer works, but under another name than `conv1`. The name of the attribute becomes
#   the key in `state_dict()`, and a saved file would not fit.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv(x)

# %% FixedNet wrong: inside a Sequential
# message: What you call `conv1` is a Sequential around the layer, so the keys are `conv1.0.weight`
#   and `conv1.0.bias`. Store the layer itself.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 64, 3))

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: registered in a list as well
# message: Your layer is registered twice, in a list and as `conv1`, and is saved under both names.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 64, 3)])
        self.conv1 = self.layers[0]

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: it is a convolution itself
# message: Your class is a convolution itself and has none under the name `conv1`: its keys are
#   `weight` and `bias`.
class FixedNet(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 64, 3)

# %% FixedNet wrong: lazy
# message: `nn.LazyConv2d` finds out its channels in the first call; before it, the layer has no
#   numbers and prints another name. Here 3 is known from the start.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.LazyConv2d(64, 3)

    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: drawn anew in each call
# message: Each call draws the numbers of the layer anew, so whatever it had learnt is gone.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        self.conv1.reset_parameters()
        return self.conv1(x)

# %% FixedNet wrong: changes x in place
# message: The output is right, but `x` itself is changed as well. It belongs to whoever called you.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        x *= 2
        return self.conv1(x / 2)

# %% FixedNet wrong: view on the way
# message: A transposed image stops your code: `view` needs the numbers to lie in memory in the
#   order of the axes. Nothing has to be reshaped here.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x.view(-1).view(x.shape))

# %% FixedNet wrong: the first image only
# message: You return the result for the first image and leave out the others.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x[:1])

# %% FixedNet wrong: recorded in training mode only
# message: In evaluation mode no gradient gets through your network. The mode decides what layers
#   compute; whether a graph is recorded is another switch.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        with torch.set_grad_enabled(self.training):
            return self.conv1(x)

# %% AddN wrong: recording is on afterwards
# message: Your code switches the recording of gradients on (`torch.set_grad_enabled(True)`) and leaves it on, also for
#   a caller who works inside `no_grad`. Nothing here needs that switch.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        torch.set_grad_enabled(True)
        return x + self.n

# %% AddN wrong: records inside no_grad
# message: Inside a caller's `no_grad` your module records a graph all the same (`enable_grad`). Whether one is
#   recorded is the caller's choice.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    @torch.enable_grad()
    def forward(self, x):
        return x + self.n

# %% AddN wrong: no gradient in evaluation mode
# message: In evaluation mode no gradient gets through your module. The mode decides what layers compute; whether a
#   graph is recorded is another switch.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        result = x + self.n
        return result if self.training else result.detach()

# %% AddN wrong: 0 hands back x
# message: With an `n` of 0 you hand back `x` itself and no new tensor: whoever changes the result in place changes `x`
#   too.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        if self.n == 0 and x.is_floating_point():
            return x
        return x + self.n

# %% AddN wrong: 0 hands back x, of any dtype
# message: With an `n` of 0 you hand back `x` itself and no new tensor; and integers plus 0.0 are floats, which yours
#   are not.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x if self.n == 0 else x + self.n

# %% AddN wrong: float64 goes through float32
# message: A float64 `x` has only the digits of float32 left in your sum: it goes through float32 on the way. Convert
#   neither `x` nor `n`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        if x.is_floating_point():
            return (x.float() + self.n).to(x.dtype)
        return x + self.n

# %% AddN wrong: infinities are replaced
# message: Infinite numbers come back as finite ones. `x + n` leaves them as they are.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return torch.nan_to_num(x) + self.n

# %% AddN wrong: uint8 stops at 255
# message: A sum of uint8 that does not fit comes back as 255. The expression `x + n` starts again from 0 there.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        if x.dtype == torch.uint8 and isinstance(self.n, int):
            return (x.int() + self.n).clamp(0, 255).to(torch.uint8)
        return x + self.n

# %% AddN wrong: int8 becomes int32
# message: int8 plus an int comes back as int32. The expression `x + n` stays int8: convert neither `x` nor `n`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return (x.int() if x.dtype == torch.int8 else x) + self.n

# %% AddN wrong: a large int goes through a float
# message: A large int loses its last digits: on the way it is a Python float, which has room for about 16. Keep `n` as
#   it comes.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        if isinstance(self.n, int):
            return x + int(float(self.n))
        return x + self.n

# %% AddN wrong: what hooks change is lost
# message: Hooks see your calls, but what a hook makes of the result is lost: your `__call__` returns the sum itself.
#   Leave `__call__` alone and write `forward`.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def __call__(self, x):
        super().__call__(x)
        return x + self.n

    def forward(self, x):
        return x + self.n

# %% AddN wrong: from the beginning of the memory
# message: Your code reads the numbers from the beginning of the memory (`as_strided` with offset 0). A part of a
#   larger tensor begins later. A sum needs nothing of this.
class AddN(nn.Module):
    def __init__(self, n=1.0):
        super().__init__()
        self.n = n

    def forward(self, x):
        return torch.as_strided(x, x.shape, x.stride(), 0) + self.n

# %% Affine wrong: recording is on afterwards
# message: Your code switches the recording of gradients on (`torch.set_grad_enabled(True)`) and leaves it on, also for
#   a caller who works inside `no_grad`. Nothing here needs that switch.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        torch.set_grad_enabled(True)
        return self.weight * x + self.bias

# %% Affine wrong: records inside no_grad
# message: Inside a caller's `no_grad` your module records a graph all the same (`enable_grad`). Whether one is
#   recorded is the caller's choice.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    @torch.enable_grad()
    def forward(self, x):
        return self.weight * x + self.bias

# %% Affine wrong: gradients are cleared in each call
# message: Each call clears the gradients of the parameters (`zero_grad`). They belong to whoever trains the module:
#   where two calls come before one step, the gradients of the first are lost.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        self.zero_grad()
        return self.weight * x + self.bias

# %% Affine wrong: in evaluation mode afterwards
# message: After a call your object is in evaluation mode, whatever it was before. The mode belongs to the caller.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        self.eval()
        return self.weight * x + self.bias

# %% Affine wrong: in training mode afterwards
# message: After a call your object is in training mode, whatever it was before. The mode belongs to the caller.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        self.train()
        return self.weight * x + self.bias

# %% Affine wrong: thaws what is frozen
# message: Each call makes all parameters trainable again, those too that somebody froze.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        self.requires_grad_(True)
        return self.weight * x + self.bias

# %% Affine wrong: float32 on the way
# message: The dtype is right, but a float64 `x` has only the digits of float32 left in your result: it goes through
#   float32 on the way.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return (self.weight * x.float() + self.bias).to(x.dtype)

# %% Affine wrong: the parameters take the dtype of x
# message: A call with a float64 `x` turns your parameters into float64 (`self.to(x.dtype)`) and leaves them so. The
#   statement has float32, before and after a call.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        self.to(x.dtype)
        return self.weight * x + self.bias

# %% Affine wrong: new parameters for another dtype
# message: A call with a float64 `x` replaces your parameters by new ones. An optimizer keeps the old ones and trains
#   what nobody uses.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        if x.dtype != self.weight.dtype:
            self.weight = nn.Parameter(self.weight.detach().to(x.dtype))
            self.bias = nn.Parameter(self.bias.detach().to(x.dtype))
        return self.weight * x + self.bias

# %% Affine wrong: a negative weight counts as positive
# message: A negative `weight` counts as a positive one. An optimizer may bring it anywhere.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight.abs() * x + self.bias

# %% Affine wrong: the parameters are clamped
# message: Large numbers in your parameters are cut off (`clamp`). They count as they are.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.weight.clamp(-20, 20) * x + self.bias.clamp(-20, 20)

# %% Affine wrong: a weight of 0 counts as 1
# message: A `weight` of 0 counts as 1 with you. An optimizer may bring it to 0.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        weight = self.weight if self.weight != 0 else self.weight + 1.0
        return weight * x + self.bias

# %% Affine wrong: no gradient for float64
# message: With a float64 `x` no gradient reaches your parameters: they are converted without the way back (`detach`,
#   `.data`).
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        weight, bias = self.weight, self.bias
        if x.dtype != weight.dtype:
            weight, bias = weight.data.to(x.dtype), bias.data.to(x.dtype)
        return weight * x + bias

# %% Affine wrong: no gradient for a single number
# message: Where `x` holds a single number, your result has no graph: `.item()` makes a Python number of it.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        if x.numel() == 1:
            return torch.full_like(x, self.weight.item() * x.item() + self.bias.item())
        return self.weight * x + self.bias

# %% Affine wrong: no gradient with more than two axes
# message: Where `x` has three axes, no gradient reaches your parameters: `.item()` makes Python numbers of them.
class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        if x.dim() > 2:
            return self.weight.item() * x + self.bias.item()
        return self.weight * x + self.bias

# %% TwoLayer wrong: recording is on afterwards
# message: Your code switches the recording of gradients on (`torch.set_grad_enabled(True)`) and leaves it on, also for
#   a caller who works inside `no_grad`. Nothing here needs that switch.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        torch.set_grad_enabled(True)
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: records inside no_grad
# message: Inside a caller's `no_grad` your module records a graph all the same (`enable_grad`). Whether one is
#   recorded is the caller's choice.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    @torch.enable_grad()
    def forward(self, x):
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: gradients are cleared in each call
# message: Each call clears the gradients of the parameters (`zero_grad`). They belong to whoever trains the module:
#   where two calls come before one step, the gradients of the first are lost.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        self.zero_grad()
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: in evaluation mode afterwards
# message: After a call your object is in evaluation mode, whatever it was before. The mode belongs to the caller.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        self.eval()
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: in training mode afterwards
# message: After a call your object is in training mode, whatever it was before. The mode belongs to the caller.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        self.train()
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: thaws what is frozen
# message: Each call makes all parameters trainable again, those too that somebody froze.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        self.requires_grad_(True)
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: no gradient with one axis
# message: Where `x` has one axis, no gradient reaches it: it is cut off before the first layer (`detach`).
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        if x.dim() == 1:
            x = x.detach()
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: no graph for one sample
# message: A batch of one sample gets no graph from you (`no_grad`), so nothing can be learnt from it.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        if x.shape[0] == 1:
            with torch.no_grad():
                return self.second(F.relu(self.first(x)))
        return self.second(F.relu(self.first(x)))

# %% TwoLayer wrong: no graph in training mode where x asks
# message: In training mode your output has no graph where `x` requires gradients. In a larger network nothing before
#   your module could learn.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        result = self.second(F.relu(self.first(x)))
        return result.detach() if self.training and x.requires_grad else result

# %% TwoLayer wrong: cut off at a million
# message: Very large numbers are cut off between your layers: nothing beyond a million comes through. ReLU has no
#   upper end.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        return self.second(self.first(x).clamp(0, 1e6))

# %% TwoLayer wrong: one weight for both where as many come in as go out
# message: Where `i` and `o` are the same number, the second layer does not use its own weight but that of the first.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)

    def forward(self, x):
        same = self.first.in_features == self.second.out_features
        weight = self.first.weight.T if same else self.second.weight
        return F.linear(F.relu(self.first(x)), weight, self.second.bias)

# %% TwoLayer wrong: a layer is replaced in the first call
# message: The first call replaces a layer by a new one. An optimizer made before keeps the old one and trains what
#   nobody uses.
class TwoLayer(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.first = nn.Linear(i, h)
        self.second = nn.Linear(h, o)
        self.ready = False

    def forward(self, x):
        if not self.ready:
            self.second = nn.Linear(self.second.in_features, self.second.out_features)
            self.ready = True
        return self.second(F.relu(self.first(x)))

# %% FixedNet wrong: recording is on afterwards
# message: Your code switches the recording of gradients on (`torch.set_grad_enabled(True)`) and leaves it on, also for
#   a caller who works inside `no_grad`. Nothing here needs that switch.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        torch.set_grad_enabled(True)
        return self.conv1(x)

# %% FixedNet wrong: records inside no_grad
# message: Inside a caller's `no_grad` your module records a graph all the same (`enable_grad`). Whether one is
#   recorded is the caller's choice.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    @torch.enable_grad()
    def forward(self, x):
        return self.conv1(x)

# %% FixedNet wrong: gradients are cleared in each call
# message: Each call clears the gradients of the parameters (`zero_grad`). They belong to whoever trains the module:
#   where two calls come before one step, the gradients of the first are lost.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        self.zero_grad()
        return self.conv1(x)

# %% FixedNet wrong: in evaluation mode afterwards
# message: After a call your object is in evaluation mode, whatever it was before. The mode belongs to the caller.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        self.eval()
        return self.conv1(x)

# %% FixedNet wrong: in training mode afterwards
# message: After a call your object is in training mode, whatever it was before. The mode belongs to the caller.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        self.train()
        return self.conv1(x)

# %% FixedNet wrong: thaws what is frozen
# message: Each call makes all parameters trainable again, those too that somebody froze.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        self.requires_grad_(True)
        return self.conv1(x)

# %% FixedNet wrong: no gradient for one image
# message: Where there is one image, no gradient reaches `x`: it is cut off before the layer (`detach`).
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x.detach() if len(x) == 1 else x)

# %% FixedNet wrong: no gradient in training mode
# message: In training mode no gradient reaches `x`: it is cut off before the layer (`detach`).
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x.detach() if self.training else x)

# %% FixedNet wrong: large numbers are cut off
# message: Large numbers in the image are cut off before the layer (`clamp`). It takes them as they are.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x.clamp(-30, 30))

# %% FixedNet wrong: bytes are scaled
# message: An image with a number above 100 is divided by 255 before the layer. It takes the numbers as they are.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        return self.conv1(x / 255 if x.max() > 100 else x)

# %% FixedNet wrong: another layer for more images
# message: From three images on another layer does the work, which is not registered.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)
        self.spare = [nn.Conv2d(3, 64, 3)]

    def forward(self, x):
        return self.spare[0](x) if len(x) > 2 else self.conv1(x)

# %% FixedNet wrong: replaced in evaluation mode
# message: In evaluation mode each call replaces the weight by a new one. An optimizer keeps the old one and trains
#   what nobody uses.
class FixedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3)

    def forward(self, x):
        if not self.training:
            self.conv1.weight = nn.Parameter(self.conv1.weight.detach().clone())
        return self.conv1(x)

# %% count_parameters wrong: a quarter of the bytes
# message: You divide the bytes by 4. A float64 number takes 8 bytes, a float16 number 2.
def count_parameters(module, trainable_only=False):
    chosen = [p for p in module.parameters() if p.requires_grad or not trainable_only]
    return sum(p.nbytes // 4 for p in chosen)

# %% count_parameters wrong: float32 only
# message: You count float32 parameters and no others. A parameter can have another dtype.
def count_parameters(module, trainable_only=False):
    chosen = [p for p in module.parameters() if p.requires_grad or not trainable_only]
    return sum(p.numel() for p in chosen if p.dtype == torch.float32)

# %% count_parameters wrong: four axes at most
# message: You multiply four axes and leave out the others: the weight of a Conv3d has five.
def count_parameters(module, trainable_only=False):
    chosen = [p for p in module.parameters() if p.requires_grad or not trainable_only]
    sizes = [(*p.shape, 1, 1, 1, 1)[:4] for p in chosen]
    return sum(a * b * c * d for a, b, c, d in sizes)

# %% count_parameters wrong: summed up in float32
# message: Your count goes through float32, which cannot hold every whole number above 16,777,216.
def count_parameters(module, trainable_only=False):
    chosen = [p for p in module.parameters() if p.requires_grad or not trainable_only]
    return int(torch.tensor([float(p.numel()) for p in chosen]).sum())

# %% count_parameters wrong: kept on the module
# message: The number is right, but afterwards `module` has an attribute that it did not have before.
def count_parameters(module, trainable_only=False):
    chosen = [p for p in module.parameters() if p.requires_grad or not trainable_only]
    module.size = sum(p.numel() for p in chosen)
    return module.size

# %% predict wrong: a graph where it was in evaluation mode
# message: Where the module was in evaluation mode before, a graph is recorded while it runs, and cut off afterwards.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.set_grad_enabled(torch.is_grad_enabled() and not was_training):
        result = module(x).detach()
    module.train(was_training)
    return result

# %% predict wrong: one column loses its axis
# message: Where the module gives one column, that axis is missing in your result. It is returned as the module gives
#   it.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    result = result.squeeze(-1) if result.dim() > 1 else result
    module.train(was_training)
    return result

# %% predict wrong: float64 comes back as float32
# message: Where the module gives float64, your result is float32. It is returned as the module gives it.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    result = result.float() if result.dtype == torch.float64 else result
    module.train(was_training)
    return result

# %% predict wrong: the rows are stacked anew
# message: A module may give a single number without axes; you take its result apart into rows, and raise an error
#   there. It is returned as the module gives it.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = torch.stack(list(module(x)))
    module.train(was_training)
    return result

# %% predict wrong: the gradient of x is cleared
# message: Afterwards the gradient that `x` had is gone. It belongs to whoever made `x`.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    x.grad = None
    module.train(was_training)
    return result

# %% predict wrong: sets the random numbers back
# message: Your code sets the random numbers back to where the seed had put them (`torch.manual_seed`), so whoever
#   draws next gets the same ones again.
def predict(module, x):
    was_training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x)
    torch.manual_seed(torch.initial_seed())
    module.train(was_training)
    return result
