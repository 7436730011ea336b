# Known answers of chapter 6. Format: see the docstring of this folder's __init__.py.

# %% sgd_step right: in place under no_grad
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad

# %% sgd_step right: add_ as a decorated function
@torch.no_grad()
def sgd_step(params, lr):
    for p in params:
        if p.grad is None:
            continue
        p.add_(p.grad, alpha=-lr)

# %% sgd_step right: through .data
def sgd_step(params, lr):
    for parameter in params:
        gradient = parameter.grad
        if gradient is not None:
            parameter.data.sub_(gradient * lr)

# %% sgd_step right: computed, then copied back
def sgd_step(params, lr):
    for p in list(params):
        if p.grad is not None:
            with torch.no_grad():
                p.copy_(p - p.grad * lr)

# %% sgd_step right: all at once
def sgd_step(params, lr):
    moved = [p for p in params if p.grad is not None]
    with torch.no_grad():
        if moved:  # an empty list is refused
            torch._foreach_add_(moved, [p.grad for p in moved], alpha=-lr)

# %% sgd_step right: assigned to every place
def sgd_step(params, lr):
    for p in params:
        if p.grad is not None:
            p.data[...] = p.detach() - lr * p.grad

# %% sgd_step right: grad mode switched off and put back
def sgd_step(params, lr):
    was = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        for p in params:
            if p.grad is None:
                continue
            p.sub_(lr * p.grad)
    finally:
        torch.set_grad_enabled(was)

# %% sgd_step right: through a detached view
def sgd_step(params, lr):
    for numbers, grad in [(p.detach(), p.grad) for p in params]:
        if grad is not None:
            torch.sub(numbers, grad, alpha=lr, out=numbers)

# %% sgd_step wrong: the name is bound to a new tensor
# message: No parameter has moved. A line such as `p = p - ...` makes a new tensor and gives it the name
#   p; the model keeps the old one. Write into the tensor that is there.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p = p - lr * p.grad

# %% sgd_step wrong: without no_grad
# message: Autograd refuses that: a parameter that requires a gradient is not overwritten while
#   operations are recorded. The step is no part of the model; tell torch so.
def sgd_step(params, lr):
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad

# %% sgd_step wrong: clears the gradients as well
# message: The step is right, but you also clear the gradients. That is the job of `zero_grad`;
#   whoever wants to look at a gradient after the step finds nothing.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
                p.grad = None

# %% sgd_step wrong: uphill
# message: You add lr times the gradient. The gradient points uphill, so your loss grows with every
#   step.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p += lr * p.grad

# %% sgd_step wrong: a missing gradient is not skipped
# message: You compute with `.grad` of every parameter. One that took no part in the loss has `None`
#   there, and a number times None is an error. Such a parameter stays as it is.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad

# %% sgd_step wrong: the numbers move to new memory
# message: The values are right, but they lie in new memory, as after `p.data = ...`. Whoever shares
#   the old memory (a view of the parameter) keeps the old numbers. Change them in place.
def sgd_step(params, lr):
    for p in params:
        if p.grad is not None:
            p.data = p.data - lr * p.grad

# %% sgd_step wrong: the learning rate is squared
# message: You multiply by lr twice, once the gradient and once the product.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * (lr * p.grad)

# %% sgd_step wrong: requires_grad is switched off
# message: You switch `requires_grad` off to be allowed to write, and it stays off: after one step
#   the network has nothing left to train.
def sgd_step(params, lr):
    for p in params:
        if p.grad is not None:
            p.requires_grad_(False)
            p -= lr * p.grad

# %% sgd_step wrong: looks at the parameters twice
# message: You go through `params` twice. `model.parameters()` is a generator: the first pass uses it
#   up, and the second finds nothing to move.
def sgd_step(params, lr):
    gradients = [p.grad for p in params]
    with torch.no_grad():
        for p, gradient in zip(params, gradients):
            if gradient is not None:
                p -= lr * gradient

# %% sgd_step wrong: stops at the first missing gradient
# message: You stop at the first parameter without a gradient. Only that one is to be skipped; the
#   ones behind it want to move.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                return
            p -= lr * p.grad

# %% sgd_step wrong: an empty list at once
# message: Where no parameter has a gradient, there is nothing to move, and that is no error: an empty list is
#   one for torch's `_foreach` functions.
def sgd_step(params, lr):
    moved = [p for p in params if p.grad is not None]
    with torch.no_grad():
        torch._foreach_add_(moved, [p.grad for p in moved], alpha=-lr)

# %% sgd_step wrong: frozen ones are left out
# message: You ask for `requires_grad`. The step is told by `.grad` alone: a parameter that has a gradient moves.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.requires_grad and p.grad is not None:
                p -= lr * p.grad

# %% sgd_step wrong: autograd switched on afterwards
# message: Whoever calls you under `torch.no_grad()` finds autograd switched on afterwards. Leave it as it was.
def sgd_step(params, lr):
    torch.set_grad_enabled(False)
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad
    torch.set_grad_enabled(True)

# %% sgd_step wrong: the gradient as one long row
# message: `view` refuses a gradient that lies transposed in memory. Subtraction needs no long row: parameter and
#   gradient have the same shape.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= (lr * p.grad.view(-1)).view(p.shape)

# %% sgd_step wrong: returns the parameters
# message: You return the parameters. They were changed in place, and the statement asks for `None`,
#   as Python does with `list.sort()`.
def sgd_step(params, lr):
    params = list(params)
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
    return params

# %% sgd_step wrong: the gradient is multiplied in place
# message: The parameters are right, but you multiply the gradients themselves by lr. They are to stay
#   as they are: `p.grad *= lr` writes into them, `p.grad * lr` makes a new tensor.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.grad *= lr
                p -= p.grad

# %% sgd_step wrong: asks whether the gradient is true
# message: `if p.grad:` asks whether a tensor is *true*. Only a single number can answer that, and a
#   gradient of 0 says no. What you want to know is whether there is a gradient at all.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad:
                p -= lr * p.grad

# %% sgd_step wrong: torch.optim does the step
# message: You let `torch.optim` do the step, which is not allowed here. Write the line that it spares
#   you.
def sgd_step(params, lr):
    torch.optim.SGD(params, lr=lr).step()

# %% sgd_step wrong: only the first parameter moves
# message: Only the first parameter moves; the loop has to go on to the last one.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
            return

# %% sgd_step wrong: only the first gradient is followed
# message: One parameter moves, and then your function ends; every parameter with a gradient is to
#   move.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
                break

# %% sgd_step wrong: the learning rate as a float32 tensor
# message: A float64 parameter moves by a learning rate of only seven digits: a tensor made of a
#   Python float is float32. A Python float, used as it comes, keeps all of its digits.
def sgd_step(params, lr):
    rate = torch.tensor(lr)
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= rate * p.grad

# %% sgd_step wrong: computed in float32
# message: A float64 parameter gets numbers with only seven right digits: the step was computed in
#   float32. Compute in the dtype that the parameter has.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.copy_(p.float() - lr * p.grad.float())

# %% sgd_step wrong: a learning rate of 0 is taken for none
# message: With `lr=0.0` your parameters move. 0 counts as false in Python, so `lr or ...` and
#   `if lr` take it for a learning rate that was not given.
def sgd_step(params, lr):
    lr = lr or 0.01
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad

# %% sgd_step wrong: the learning rate of the example
# message: Your steps have the learning rate 0.1, that of the example, whatever `lr` is.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= 0.1 * p.grad

# %% sgd_step wrong: without the learning rate
# message: You subtract the whole gradient; it is to be multiplied by `lr` first.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= p.grad

# %% sgd_step wrong: steep gradients are cut
# message: Gradients beyond −1 and 1 are cut off before your step. The step follows the gradient as it
#   is, however long.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad.clamp(-1, 1)

# %% sgd_step wrong: only the sign of the gradient
# message: Every number moves by the same amount: only the sign of its gradient counts in your step,
#   not its size.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad.sign()

# %% sgd_step wrong: every gradient made one long
# message: You divide each gradient by its length, so that all steps are equally long. The step is lr
#   times the gradient as it is.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None and p.grad.any():
                p -= lr * p.grad / p.grad.norm()

# %% sgd_step wrong: the mean of the gradient
# message: All numbers of a parameter move by the same amount, the mean of its gradient times lr. Each
#   number has a slope of its own.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad.mean()

# %% sgd_step wrong: a gradient whose sum is 0 is left out
# message: A parameter whose gradient adds up to 0 does not move. The numbers 1 and −1 add up to 0 and
#   are a gradient all the same; the question is whether `.grad` is `None`.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None and p.grad.sum() != 0:
                p -= lr * p.grad

# %% sgd_step wrong: the gradients are set to zero
# message: The step is right, but the gradients are zero afterwards. Clearing is the job of
#   `zero_grad`; whoever wants to look at a gradient after the step finds only zeros.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
                p.grad.zero_()

# %% sgd_step wrong: a gradient of zeros where there was none
# message: The parameters are right, but where `.grad` was `None` there is a gradient of zeros
#   afterwards. Leave what you find.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            p -= lr * p.grad

# %% sgd_step wrong: frozen parameters are thawed
# message: The step is right, but a parameter that was frozen requires a gradient afterwards. Leave
#   `requires_grad` as you find it.
def sgd_step(params, lr):
    for p in params:
        p.requires_grad_(False)
        if p.grad is not None:
            p -= lr * p.grad
        p.requires_grad_(True)

# %% sgd_step wrong: autograd stays switched off
# message: The step is right, but autograd records nothing any more when your function has returned.
#   `with torch.no_grad():` switches it on again by itself.
def sgd_step(params, lr):
    torch.set_grad_enabled(False)
    for p in params:
        if p.grad is not None:
            p -= lr * p.grad

# %% sgd_step wrong: by way of numpy
# message: bfloat16 makes your function fail: numpy has no such dtype. Compute with tensors.
def sgd_step(params, lr):
    for p in params:
        if p.grad is not None:
            numbers = p.detach().numpy()
            numbers[...] = numbers - lr * p.grad.numpy()

# %% sgd_step wrong: the parameter as one long row
# message: You lay the parameter out as one row with `view`, and `view` refuses where the numbers do
#   not lie one after the other, as in a transposed tensor. A step needs no other shape.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.view(-1).sub_(lr * p.grad.reshape(-1))

# %% sgd_step wrong: the parameter reshaped to one long row
# message: A parameter whose numbers do not lie one after the other, a transposed one, does not move:
#   there `reshape` makes a copy, and your step is written into the copy.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.reshape(-1).sub_(lr * p.grad.reshape(-1))

# %% sgd_step wrong: places in a list
# message: Your function wants `len(params)` or `params[i]`. `model.parameters()` is a generator, which
#   has neither; a `for` loop over `params` is all that works for everything.
def sgd_step(params, lr):
    with torch.no_grad():
        for i in range(len(params)):
            if params[i].grad is not None:
                params[i] -= lr * params[i].grad

# %% sgd_step wrong: a list of new tensors
# message: You return new tensors; the parameters themselves have not moved. Write into them, and
#   return nothing.
def sgd_step(params, lr):
    return [p.detach() if p.grad is None else p.detach() - lr * p.grad for p in params]

# %% sgd_step wrong: torch's own function does the step
# message: `torch.optim` is not allowed, and the function behind its `SGD` belongs to it. Write the line
#   that it spares you.
from torch.optim.sgd import sgd

def sgd_step(params, lr):
    moved = [p for p in params if p.grad is not None]
    with torch.no_grad():
        sgd(
            moved, [p.grad for p in moved], [None] * len(moved), weight_decay=0.0, momentum=0.0,
            lr=lr, dampening=0.0, nesterov=False, maximize=False,
        )

# %% sgd_step wrong: torch's fused step
# message: `torch._fused_sgd_` is torch's ready-made step, which is not allowed here. Write it.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                torch._fused_sgd_(
                    [p], [p.grad], [], weight_decay=0.0, momentum=0.0, lr=lr, dampening=0.0,
                    nesterov=False, maximize=False, is_first_step=True,
                )

# %% sgd_step wrong: a learning rate above 1 is cut
# message: A learning rate above 1 is taken for 1. The step is `lr` times the gradient, however large `lr` is.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= min(lr, 1.0) * p.grad

# %% sgd_step wrong: gradients with infinity or NaN are skipped
# message: A parameter whose gradient holds infinity or NaN stays where it is. Only where `.grad` is `None` is
#   nothing to be done.
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is not None and torch.isfinite(p.grad).all():
                p -= lr * p.grad

# %% sgd_step domain
def domain(answer, draw):
    half = draw.flag(0.25)  # steps of these few numbers are exact
    params, flats = [], []
    for _ in range(draw.integer(1, 4)):
        shape = [draw.size(4) for _ in range(draw.integer(0, 3))]
        values = ("few", "zeros") if half else ("normal", "zeros", "equal", "large", "tiny")
        value, slope = (draw.tensor(*shape, dtypes=draw.FLOATS, values=values) for _ in "pg")
        if half:
            dtype = draw.choice(*draw.HALVES)
            value, slope = value.round().to(dtype), slope.round()
        if any(step == 0 for step in value.stride()):
            value = value.clone()
        p = nn.Parameter(value, requires_grad=draw.flag(0.8))
        p.grad = slope.to(value.dtype) if draw.flag(0.7) else None
        params.append(p)
        flats.append(p.detach())
    kinds = {"list": list, "tuple": tuple, "iterator": iter, "by name": lambda ps: dict(enumerate(ps)).values()}
    found = []
    with torch.set_grad_enabled(draw.flag(0.8)):
        for _ in range(draw.integer(1, 3)):
            lr = draw.choice(0.5, 0.25, 0.0) if half else draw.choice(0.0, 0.1, 1.0, 1 / 31)
            given = kinds[draw.choice(*kinds)](params)
            found.append([answer(given, lr), [p.detach().clone() for p in params], torch.is_grad_enabled()])
    facts = [[p.requires_grad, p.grad, p.is_leaf, p.data_ptr() == f.data_ptr()] for p, f in zip(params, flats)]
    return [found, facts, flats]

# %% train_one_epoch right: clear, backward, step
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        total += loss.item() * x.shape[0]
        count += x.shape[0]
    return total / count

# %% train_one_epoch right: cleared once before and after each step
def train_one_epoch(model, loader, loss_fn, opt):
    model.train(True)
    opt.zero_grad(set_to_none=False)
    sums, sizes = [], []
    for inputs, targets in loader:
        outputs = model(inputs)
        loss = loss_fn(outputs, targets)
        loss.backward()
        opt.step()
        opt.zero_grad(set_to_none=False)
        sums.append(float(loss.detach()) * len(targets))
        sizes.append(len(targets))
    return sum(sums) / sum(sizes)

# %% train_one_epoch right: a running tensor without a graph
def train_one_epoch(model, loader, loss_fn, opt):
    total = torch.zeros((), dtype=torch.float64)
    seen = 0
    for x, y in loader:
        model.train()
        model.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        total += loss.detach() * y.size(0)
        seen += y.size(0)
    return (total / seen).item()

# %% train_one_epoch right: gradients of autograd put in place
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    weighted = []
    for batch in loader:
        inputs, wanted = batch
        value = loss_fn(model(inputs), wanted)
        for group in opt.param_groups:
            for p in group["params"]:
                p.grad = None
        value.backward()
        opt.step()
        weighted.append((float(value.detach()), inputs.size(0)))
    return sum(v * n for v, n in weighted) / sum(n for _, n in weighted)

# %% train_one_epoch right: the mode put back
def train_one_epoch(model, loader, loss_fn, opt):
    modes = {part: part.training for part in model.modules()}
    model.train()
    running = torch.tensor(0.0)
    samples = 0
    for x, y in loader:
        opt.zero_grad(set_to_none=True)
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        running += loss.detach() * len(y)
        samples += len(y)
    for part, mode in modes.items():
        part.training = mode
    return (running / samples).item()

# %% train_one_epoch right: a closure for the step
def train_one_epoch(model, loader, loss_fn, opt):
    def one_batch(x, y):
        def closure():
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss

        return opt.step(closure).item() * len(x), len(x)

    model.train()
    parts = [one_batch(x, y) for x, y in loader]
    return sum(part for part, _ in parts) / sum(n for _, n in parts)

# %% train_one_epoch wrong: no zero_grad
# message: The gradients are never cleared. `backward()` adds to what is there, so each step follows
#   the sum of all batches so far, and of whatever lay there before.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: step before backward
# message: You step before `backward()`. Each step then goes along what lay in `.grad` from before: the
#   gradient of the last batch, computed for other weights, or something older still.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.step()
        opt.zero_grad()
        loss.backward()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: mean of the batch means
# message: You average the batches. A last batch of 2 samples then weighs as much as a full one; each
#   sample should count once.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    losses = []
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)

# %% train_one_epoch wrong: one step for the whole epoch
# message: `opt.step()` stands after the loop, so there is one step an epoch, along the sum of all
#   gradients. One step for each batch is asked for.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    opt.zero_grad()
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        total += loss.item() * len(y)
        count += len(y)
    opt.step()
    return total / count

# %% train_one_epoch wrong: a tensor with a history
# message: You return a tensor, not a Python float: the losses were added as tensors, and perhaps their
#   graphs hang on the sum. `.item()` takes the number out of each loss.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total = total + loss * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: the loss of the last batch
# message: You return the loss of the last batch. The training is right; the number should be the
#   mean over all samples of the epoch.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()

# %% train_one_epoch wrong: training mode forgotten
# message: The model trains in the mode in which it came. After a measurement that is eval mode, and
#   then Dropout is off and BatchNorm does not learn.
def train_one_epoch(model, loader, loss_fn, opt):
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: cleared between backward and step
# message: The weights stay as they are. Either nobody calls `opt.step()`, or the gradients have just been
#   cleared when it comes and it finds nothing to go along. In which order do the lines belong?
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.zero_grad()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: cleared only after each step
# message: You clear after the step. What lay in `.grad` when your function was called goes into the
#   very first step.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        opt.zero_grad()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: the sum over the epoch
# message: You add up and do not divide: your number grows with the data set. The mean per sample is
#   asked for.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total = 0.0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
    return total

# %% train_one_epoch wrong: the loss after the step
# message: You compute the loss of each batch again after the step, when the network already knows
#   better. Count the loss that the batch had when its turn came.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        opt.zero_grad()
        loss_fn(model(x), y).backward()
        opt.step()
        with torch.no_grad():
            total += loss_fn(model(x), y).item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: cross-entropy whatever the loss is
# message: You compute `F.cross_entropy` instead of the loss function that was handed to you. For
#   another task that is another loss.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: returns in the loop
# message: Your `return` stands inside the loop, so the epoch is over after its first batch.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
        return total / count

# %% train_one_epoch wrong: batch means divided by samples
# message: You add up the *means* of the batches and divide by the number of *samples*, so the result
#   is far too small. To get a mean over samples, add up sums over samples.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total = 0.0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    return total / len(loader.dataset)

# %% train_one_epoch wrong: every batch counted as full
# message: You weigh every batch with `loader.batch_size`. The last one may be smaller: count the
#   samples that it really holds.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total = 0.0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * loader.batch_size
    return total / len(loader.dataset)

# %% train_one_epoch wrong: measured in a second pass
# message: You measure in a second pass, when the training is over, with weights that no batch met
#   when its turn came. The losses of the training pass itself are asked for; one pass is enough.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += loss_fn(model(x), y).item() * len(y)
            count += len(y)
    return total / count

# %% train_one_epoch wrong: divided by the samples of the data set
# message: You divide by the number of samples in the data set. A loader may drop a short last batch or
#   pick only some of the samples: count those that come.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total = 0.0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
    return total / len(loader.dataset)

# %% train_one_epoch wrong: cleared once an epoch
# message: You clear the gradients once, before the first batch. From the second batch on each step
#   follows the sum of all batches so far: clearing belongs to every batch.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    opt.zero_grad()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: long gradients are shortened
# message: Long gradients are shortened before your step. The step is to follow the gradient as it is.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: an optimizer of its own
# message: Your steps are those of plain descent with the learning rate of the first group, whatever
#   `opt` is. It may have a memory, several groups or another rule: let `opt.step()` make the step.
def train_one_epoch(model, loader, loss_fn, opt):
    opt = torch.optim.SGD(model.parameters(), lr=opt.param_groups[0]["lr"])
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: training mode only if the model says no
# message: You ask the model for its mode and leave it if it says training. A part of it may be in eval
#   mode all the same; `model.train()` switches every part.
def train_one_epoch(model, loader, loss_fn, opt):
    if not model.training:
        model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: only the model itself in training mode
# message: Only the model itself is in training mode; its parts stay in the mode in which they came.
#   `model.train()` switches every part.
def train_one_epoch(model, loader, loss_fn, opt):
    model.training = True
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: trained in eval mode
# message: Your model is in eval mode while it trains: Dropout is off, and BatchNorm does not learn.
def train_one_epoch(model, loader, loss_fn, opt):
    model.eval()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: eval mode afterwards
# message: The training is right, but a model that came in training mode is in eval mode afterwards.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    model.eval()
    return total / count

# %% train_one_epoch wrong: random numbers are seeded
# message: The training is right, but your function sets the seed of torch's random numbers: every
#   shuffle and every Dropout that follows is then the same in each epoch.
def train_one_epoch(model, loader, loss_fn, opt):
    torch.manual_seed(0)
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: the learning rate falls
# message: After each call the learning rate of `opt` is another one. It belongs to whoever made the
#   optimizer; your function makes the steps.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    for group in opt.param_groups:
        group["lr"] *= 0.9
    return total / count

# %% train_one_epoch wrong: everything is thawed
# message: Parameters that were frozen train along. What is frozen stays frozen.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    for p in model.parameters():
        p.requires_grad_(True)
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: zeros written into every gradient
# message: Your function fails where a parameter has no gradient: before the first `backward()`, or when
#   it takes no part in the loss. `opt.zero_grad()` knows what to do with `None`.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        for p in model.parameters():
            p.grad.zero_()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: a list of losses
# message: You return the losses of the batches. One number is asked for: the mean over the samples.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    losses = []
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses

# %% train_one_epoch wrong: the totals live on
# message: The first epoch is right; from the second call on your result holds the epochs before it.
#   A list that stands as a default in the head of a function is the same one in every call.
def train_one_epoch(model, loader, loss_fn, opt, seen=[]):
    model.train()
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        seen.append((loss.item() * len(y), len(y)))
    return sum(total for total, _ in seen) / sum(n for _, n in seen)

# %% train_one_epoch wrong: the same batch again and again
# message: You ask the loader for a fresh iterator for every batch, so without shuffling it is the first
#   batch each time. One `for` loop over the loader gives them all.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for _ in range(len(loader)):
        x, y = next(iter(loader))
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: the loss computed twice
# message: The training is right and so is the number, but the model is called twice for each batch. With
#   BatchNorm or Dropout the second call is another one; keep the loss of the first.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        total += loss_fn(model(x), y).item() * len(y)
        count += len(y)
        opt.zero_grad()
        loss_fn(model(x), y).backward()
        opt.step()
    return total / count

# %% train_one_epoch wrong: the loss of the sum of a batch
# message: Your steps follow the loss times the number of samples in the batch. The loss function gives
#   the mean, and `backward()` starts from this mean.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y) * len(y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
        count += len(y)
    return total / count

# %% train_one_epoch wrong: rounded
# message: Your result is rounded. Round where you print, not where you compute.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return round(total / count, 3)

# %% train_one_epoch wrong: forward in place of the call
# message: You call `model.forward(x)`, which leaves out the hooks of the model. `model(x)` runs them.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model.forward(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: the random state is put back
# message: At the end you put the state of torch's random numbers back. A loader that shuffles then yields the same
#   order in each epoch.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    state = torch.get_rng_state()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    torch.set_rng_state(state)
    return total / count

# %% train_one_epoch wrong: samples as one long row
# message: You make one row of numbers of each sample before the model sees it. The model is to get `x` as the loader
#   yields it.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x.flatten(1)), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: losses of infinity or NaN are left out
# message: A batch whose loss is infinite or NaN is left out, in the training and in the mean. Each batch that the
#   loader yields counts.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        if not torch.isfinite(loss):
            continue
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: losses of infinity or NaN are not in the mean
# message: The training is right, but losses that are infinite or NaN are left out of the mean. Then it hides that
#   something went wrong.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if not math.isfinite(loss.item()):
            continue
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: it stops when a loss is small
# message: Your epoch ends at the first batch with a small loss. An epoch is one pass over all of `loader`.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        if loss.item() < 0.01:
            total += 0
            count += len(y)
            break
        count += len(y)
    return total / count

# %% train_one_epoch wrong: the loss is kept on the model
# message: The training is right, but the model has a new attribute afterwards. What you compute you return; the
#   model belongs to the caller.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    model.last_loss = total / count
    return total / count

# %% train_one_epoch wrong: frozen parts in eval mode
# message: You put parts whose parameters are frozen into eval mode. Frozen says that their weights stay; training
#   mode is asked for in all parts.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    for m in model.modules():
        ps = list(m.parameters())
        if ps and not any(p.requires_grad for p in ps):
            m.eval()
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch wrong: the reduction of the loss is changed
# message: The training is right, but you set `reduction` of the caller's loss function, and it stays so.
def train_one_epoch(model, loader, loss_fn, opt):
    model.train()
    if isinstance(loss_fn, nn.Module):
        loss_fn.reduction = "none"
    total, count = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count

# %% train_one_epoch domain
def domain(answer, draw):
    notes = []

    class Noted(nn.Module):
        def __init__(self, *layers):
            super().__init__()
            self.unused, self.layers = nn.Parameter(torch.ones(2)), nn.Sequential(*layers)
            self.register_buffer("mean", torch.zeros(3))

        def forward(self, x):
            if self.training:
                self.mean += 0.5 * (x.detach().mean(0) - self.mean)
            notes.append([len(x), [part.training for part in self.modules()]])
            return self.layers(x - self.mean)

    dtype = draw.choice(torch.float32, torch.float64)
    shared = nn.Linear(4, 4)
    inner = draw.choice([], [nn.Tanh()], [shared, nn.Sequential(nn.Tanh()), shared])
    model = Noted(nn.Linear(3, 4), *inner, nn.Linear(4, 4)).to(dtype)
    model = draw.module(model)
    model.layers[-1].bias.requires_grad_()
    for p in model.parameters():
        p.grad = torch.full_like(p, draw.real(1, 3)) if draw.flag(0.4) else None
    came, frozen = model.training, [p.requires_grad for p in model.parameters()]
    n = draw.size(9)
    x = draw.tensor(n, 3, dtypes=(dtype,), values=("normal", "zeros", "equal", "few"))
    if draw.flag():
        y, loss_fn = draw.labels(n, 4), draw.choice(F.cross_entropy, nn.CrossEntropyLoss())
    else:
        y = draw.tensor(n, 4, dtypes=(dtype,), values=("normal", "zeros"))
        loss_fn = draw.choice(F.mse_loss, nn.L1Loss())
    first, *others = model.parameters()
    groups = [{"params": others, "lr": 0.05}, {"params": [first]}] if draw.flag() else model.parameters()
    kind = draw.choice("SGD", "momentum", "still", "Adam")
    if kind == "Adam" and dtype == torch.float64:
        opt = torch.optim.Adam(groups, lr=0.02)
    else:
        opt = torch.optim.SGD(groups, lr=0.0 if kind == "still" else 0.1, momentum=0.5 if kind == "momentum" else 0.0)
    rates = [group["lr"] for group in opt.param_groups]
    loader = draw.loader(TensorDataset(x, y))
    losses = [answer(model, loader, loss_fn, opt) for _ in range(draw.integer(1, 2))]
    weights = [p.detach() for p in model.parameters()]
    same = [rates == [g["lr"] for g in opt.param_groups], frozen == [p.requires_grad for p in model.parameters()]]
    kinds = [type(loss).__name__ for loss in losses]
    return [losses, kinds, weights, [*model.buffers()], notes, same, model.training or not came, x, y]

# %% fit right: two loops
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr, momentum)
    history = []
    for epoch in range(epochs):
        model.train()
        total = count = 0
        for x, y in loader:
            opt.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            total += loss.item() * len(x)
            count += len(x)
        history.append(total / count)
    return history

# %% fit right: an inner function for one epoch
def fit(model, loader, epochs, lr, momentum=0.0):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    def epoch():
        seen = []
        for x, y in loader:
            loss = criterion(model(x), y)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            seen.append((loss.item() * y.numel(), y.numel()))
        return sum(a for a, _ in seen) / sum(b for _, b in seen)

    if epochs:
        model.train()
    return [epoch() for _ in range(epochs)]

# %% fit right: sums of losses, foreach switched off
def fit(model, loader, epochs, lr, momentum=0.0):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, foreach=False)
    history = []
    while len(history) < epochs:
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y, reduction="sum")
            optimizer.zero_grad()
            (loss / len(y)).backward()
            optimizer.step()
            total, count = total + loss.item(), count + len(y)
        history.append(total / count)
    return history

# %% fit right: train_one_epoch for each epoch
def one_pass(model, loader, opt):
    model.train()
    losses, sizes = [], []
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
        sizes.append(y.shape[0])
    return sum(a * n for a, n in zip(losses, sizes)) / sum(sizes)

def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    return [one_pass(model, loader, opt) for _ in range(epochs)]

# %% fit right: only what is trainable, and the modes put back
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr, momentum)
    model.zero_grad()
    modes = [(part, part.training) for part in model.modules()]
    model.train()
    history = []
    for epoch in range(epochs):
        parts = torch.zeros(2, dtype=torch.float64)
        for x, y in loader:
            log_p = model(x).log_softmax(dim=1)
            loss = F.nll_loss(log_p, y)
            loss.backward()
            opt.step()
            opt.zero_grad()
            parts += torch.tensor([loss.item() * len(y), len(y)], dtype=torch.float64)
        history.append((parts[0] / parts[1]).item())
    for part, mode in modes:
        part.training = mode
    return history

# %% fit wrong: a new optimizer each epoch
# message: You make a new optimizer in each epoch. Without momentum nobody notices; with it, the
#   velocity is forgotten each time.
def fit(model, loader, epochs, lr, momentum=0.0):
    history = []
    for _ in range(epochs):
        opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: a list of tensors
# message: Your list holds tensors, each with a graph behind it. Take the number out of every loss:
#   floats are asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total = total + loss * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: Adam instead of SGD
# message: You train with Adam. It learns too, but along another path than `torch.optim.SGD`, and it
#   knows no `momentum` argument to pass on.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the totals are never set back
# message: The running totals are set to 0 once, before the first epoch, so that each entry is a mean
#   over all epochs so far. The curve then looks smoother and higher than it is.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    total, count = 0.0, 0
    for _ in range(epochs):
        model.train()
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: momentum is not passed on
# message: The argument `momentum` never reaches the optimizer, so you always train without it.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: mean of the batch means
# message: Each entry is a mean of batch means. The smaller last batch weighs too much in it: each
#   sample should count once.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        losses = []
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history

# %% fit wrong: no zero_grad
# message: The gradients pile up over batches and epochs, since nobody clears them.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: a copy is trained
# message: You train a copy. The history looks fine, but the model that was given to you has not
#   changed at all.
def fit(model, loader, epochs, lr, momentum=0.0):
    import copy

    model = copy.deepcopy(model)
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: one epoch too many
# message: Your loop runs once more than `epochs` says. For `epochs=0` nothing may happen, and the
#   list is empty.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs + 1):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: every batch in the history
# message: You append the loss of every batch. One number an epoch is asked for: the mean over its
#   samples.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            history.append(loss.item())
    return history

# %% fit wrong: Nesterov momentum
# message: You switched `nesterov` on, another kind of momentum. The statement asks for the momentum
#   that SGD has by default.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, nesterov=momentum > 0)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: left in eval mode
# message: The model trains in the mode in which it came. Put it into training mode first.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the loss of the last batch
# message: Each entry is the loss of the last batch of its epoch. The mean over all samples of the
#   epoch is asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        history.append(loss.item())
    return history

# %% fit wrong: cleared once, before the first epoch
# message: You clear the gradients once, before the first epoch. From the second batch on each step
#   follows a sum: `backward()` adds every time, so clearing belongs to every batch.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    opt.zero_grad()
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: cleared once an epoch
# message: You clear the gradients once an epoch. Within the epoch they pile up from batch to batch.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        opt.zero_grad()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the batches kept in a list
# message: You take the batches out of the loader once and train on them in every epoch. A loader that
#   shuffles does so anew each time a loop begins: let each epoch begin one.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    batches = list(loader)
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in batches:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: divided by the samples of the data set
# message: You divide by the number of samples in the data set. A loader may drop a short last batch or
#   pick only some of the samples: count those that come.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / len(loader.dataset))
    return history

# %% fit wrong: every batch counted as full
# message: You weigh every batch with `loader.batch_size`. A batch may be smaller: count the samples that it
#   really holds.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * loader.batch_size
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: batch means divided by samples
# message: You add up the *means* of the batches and divide by the number of *samples*, so the numbers are too
#   small. To get a mean over samples, add up sums over samples.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: sums over the epoch
# message: Your history holds sums, which grow with the number of samples. The mean per sample is asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total)
    return history

# %% fit wrong: a learning rate that falls
# message: Your learning rate does not stay what it was given as. `lr` holds for the whole training; a schedule is
#   not asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        for group in opt.param_groups:
            group['lr'] *= 0.9
        history.append(total / count)
    return history

# %% fit wrong: a learning rate that falls late
# message: After some epochs your learning rate is another one. `lr` holds for the whole training.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    schedule = torch.optim.lr_scheduler.StepLR(opt, 5)
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        schedule.step()
        history.append(total / count)
    return history

# %% fit wrong: weight decay
# message: Your steps pull the weights towards 0 as well (`weight_decay`). The statement asks for `lr` and
#   `momentum` alone.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, weight_decay=0.01)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: dampened momentum
# message: Only a part of each gradient enters the velocity (`dampening`). The statement asks for the momentum
#   that SGD has by default.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, dampening=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: momentum always 0.9
# message: You train with a momentum of 0.9 whatever was asked for. Without the argument it is 0.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: a momentum of 0 is taken for none
# message: With a momentum of 0 you train with another one: 0 counts as false in Python.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum or 0.9)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: a learning rate of 0 is taken for none
# message: With `lr=0.0` your weights move. 0 counts as false in Python, so `lr or ...` takes it for a learning
#   rate that was not given.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr or 0.01, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: long gradients are shortened
# message: Long gradients are shortened before your step. The step is to follow the gradient as it is.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 12.0)
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the softmax before the loss
# message: You hand probabilities to the cross-entropy, which wants scores: it takes the softmax itself.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x).softmax(dim=1), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: smoothed labels
# message: You train with smoothed labels; plain cross-entropy is asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y, label_smoothing=0.1)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the sum over a batch
# message: Your steps follow the *sum* of the losses in a batch, so they are longer the larger the batch. The mean
#   cross-entropy is asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y, reduction='sum')
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: training mode once, eval mode after each epoch
# message: From the second epoch on your model trains in eval mode: it is switched to training mode once, and to
#   eval mode after every epoch.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    model.train()
    for _ in range(epochs):
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        model.eval()
        history.append(total / count)
    return history

# %% fit wrong: eval mode afterwards
# message: The training is right, but a model that came in training mode is in eval mode afterwards.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    if epochs:
        model.eval()
    return history

# %% fit wrong: trained in eval mode
# message: Your model is in eval mode while it trains: Dropout is off, and BatchNorm does not learn.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.eval()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: training mode only if the model says no
# message: You ask the model for its mode and leave it if it says training. A part of it may be in eval mode all
#   the same; `model.train()` switches every part.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        if not model.training:
            model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: random numbers are seeded
# message: The training is right, but your function sets the seed of torch's random numbers, which belong to the
#   whole program.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    torch.manual_seed(0)
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: everything is thawed
# message: Parameters that were frozen train along. What is frozen stays frozen.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for p in model.parameters():
        p.requires_grad_(True)
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: at least one epoch
# message: With `epochs=0` you train for an epoch. The list is to be empty then, and the weights as they were.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(max(epochs, 1)):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: it stops when nothing gets better
# message: Your training ends early when the loss stays what it was. All `epochs` are asked for, and a number for
#   each.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        if history and total / count == history[-1]:
            break
        history.append(total / count)
    return history

# %% fit wrong: always five epochs
# message: You train for five epochs, whatever `epochs` is.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(5):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: returns only the last number
# message: You return one number. A list is asked for, with a number for each epoch.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history[-1] if history else 0.0

# %% fit wrong: returns a tuple
# message: You return a tuple; a list is asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return tuple(history)

# %% fit wrong: returns the model too
# message: You return more than the history. The model was changed in place; whoever called you has it.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return model, history

# %% fit wrong: returns nothing
# message: Your function returns `None`: the `return` with the history is missing.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)

# %% fit wrong: rounded
# message: The numbers of your history are rounded. Round where you print, not where you compute.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(round(total / count, 3))
    return history

# %% fit wrong: cleared only after each step
# message: You clear after the step. What lay in `.grad` when your function was called goes into the very first
#   step.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            opt.zero_grad()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: cleared between backward and step
# message: The weights stay as they are. Either nobody calls `opt.step()`, or the gradients have just been cleared
#   when it comes. In which order do the lines belong?
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.zero_grad()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: one step an epoch
# message: There is one step an epoch, along the sum of all gradients. One step for each batch is asked for.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        opt.zero_grad()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            total += loss.item() * len(y)
            count += len(y)
        opt.step()
        history.append(total / count)
    return history

# %% fit wrong: step before backward
# message: You step before `backward()`, so each step goes along a gradient of before.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.step()
            opt.zero_grad()
            loss.backward()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: measured in a second pass
# message: Your history is measured in a second pass after each epoch, when the weights are other ones. The losses
#   of the training pass itself are asked for; one pass is enough.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        with torch.no_grad():
            for x, y in loader:
                total += F.cross_entropy(model(x), y).item() * len(y)
                count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the loss after the step
# message: You compute the loss of each batch again after the step. Count the loss that the batch had when its turn
#   came.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.no_grad():
                total += F.cross_entropy(model(x), y).item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: zeros written into every gradient
# message: Your function fails where a parameter has no gradient: before the first `backward()`, or when it takes
#   no part in the loss. `opt.zero_grad()` knows what to do with `None`.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            for p in model.parameters():
                p.grad.zero_()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the optimizer is kept for all models
# message: Your optimizer outlives the training: it is kept for the next call, and the next model does not move.
#   Make one in every call.
optimizers = {}

def fit(model, loader, epochs, lr, momentum=0.0):
    opt = optimizers.setdefault("opt", torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum))
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: one history for all calls
# message: Your history also holds the epochs of earlier calls. A list that stands as a default in the head of a
#   function is the same one in every call.
def fit(model, loader, epochs, lr, momentum=0.0, history=[]):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: all samples in one batch
# message: You train on the whole data set at once. The loader decides which samples make a batch.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in [loader.dataset[:]]:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: it stops when the loss rises
# message: Your training ends when the loss of an epoch is above that of the one before. All `epochs` are asked for,
#   and a number for each.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
        if len(history) > 1 and history[-1] > history[-2]:
            break
    return history

# %% fit wrong: the weights of the best epoch
# message: At the end you put back the weights of the epoch with the least loss. Asked for are those after the last
#   step.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    import copy
    history, best = [], None
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
        if history[-1] == min(history):
            best = copy.deepcopy(model.state_dict())
    if best:
        model.load_state_dict(best)
    return history

# %% fit wrong: the rate falls after many bad epochs
# message: After many epochs in which the loss does not fall, your learning rate gets smaller. It is `lr` in every
#   step.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt)
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
        sched.step(history[-1])
    return history

# %% fit wrong: forward in place of the call
# message: You call `model.forward(x)`, which leaves out the hooks of the model. `model(x)` runs them.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model.forward(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: samples as one long row
# message: You make one row of numbers of each sample before the model sees it. The model is to get `x` as the loader
#   yields it.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x.flatten(1)), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the random state is put back
# message: At the end you put the state of torch's random numbers back. The next training then shuffles in the same
#   order as this one.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    state = torch.get_rng_state()
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    torch.set_rng_state(state)
    return history

# %% fit wrong: the history is kept on the model
# message: The training is right, but the model has a new attribute afterwards. The history is to be returned; the
#   model belongs to the caller.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    model.history = history
    return history

# %% fit wrong: a momentum above 0.9 is cut
# message: A momentum above 0.9 is taken for 0.9.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=min(momentum, 0.9))
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: losses of NaN are left out
# message: A batch whose loss is NaN is left out. Each batch that the loader yields counts: the history then shows
#   that something went wrong.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            if torch.isnan(loss):
                continue
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit wrong: the logarithm of the softmax
# message: You compute the softmax first and its logarithm then. Where scores lie far apart, a probability becomes 0
#   and its logarithm infinite; `F.cross_entropy` avoids that.
def fit(model, loader, epochs, lr, momentum=0.0):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for x, y in loader:
            loss = F.nll_loss(torch.log(model(x).softmax(1)), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
            count += len(y)
        history.append(total / count)
    return history

# %% fit domain
def domain(answer, draw):
    notes = []

    class Noted(nn.Module):
        def __init__(self, *layers):
            super().__init__()
            self.unused, self.layers = nn.Parameter(torch.ones(2)), nn.Sequential(*layers)
            self.register_buffer("mean", torch.zeros(3))

        def forward(self, x):
            if self.training:
                self.mean += 0.5 * (x.detach().mean(0) - self.mean)
            notes.append([len(x), [part.training for part in self.modules()]])
            return self.layers(x - self.mean)

    dtype, c = draw.choice(torch.float32, torch.float64), draw.size(4)
    found = []
    for _ in range(draw.integer(1, 2)):
        shared = nn.Linear(4, 4)
        inner = draw.choice([], [nn.Tanh()], [shared, nn.Sequential(nn.Tanh()), shared])
        model = draw.module(Noted(nn.Linear(3, 4), *inner, nn.Linear(4, c)).to(dtype))
        model.layers[-1].bias.requires_grad_()
        for p in model.parameters():
            p.grad = torch.full_like(p, draw.real(1, 3)) if draw.flag(0.4) else None
        came, frozen = model.training, [p.requires_grad for p in model.parameters()]
        n = draw.size(9)
        x = draw.tensor(n, 3, dtypes=(dtype,), values=("normal", "zeros", "equal", "few"))
        loader = draw.loader(TensorDataset(x, draw.labels(n, c)))
        settings = [draw.choice(0.0, 0.1, 0.5, 1 / 31), draw.choice(0.0, 0.5, 0.9)]
        epochs = draw.integer(0, 3)
        if epochs == 0:  # what may be left behind is then not said
            came = model.train().training
            model.zero_grad()
        history = answer(model, loader, epochs, *settings[: draw.choice(1, 2)])
        same = frozen == [p.requires_grad for p in model.parameters()]
        found.append([history, type(history).__name__, [type(loss).__name__ for loss in history]])
        found.append([[p.detach() for p in model.parameters()], [*model.buffers()]])
        found.append([same, model.training or not came])
    return [found, notes]

# %% MySGD right: velocities beside the parameters
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [0.0] * len(self.params)

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.velocity[i] = self.momentum * self.velocity[i] + p.grad
            p.sub_(self.lr * self.velocity[i])

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()

# %% MySGD right: a dictionary that begins with a clone
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params = tuple(params)
        self.settings = lr, momentum
        self.state = {}

    def step(self):
        lr, momentum = self.settings
        for p in self.params:
            if p.grad is not None:
                if p in self.state:
                    self.state[p].mul_(momentum).add_(p.grad)
                else:
                    self.state[p] = p.grad.detach().clone()
                p.data.add_(self.state[p], alpha=-lr)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD right: the learning rate inside the velocity
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.pairs = [(p, torch.zeros_like(p, requires_grad=False)) for p in params]
        self.lr = lr
        self.momentum = momentum

    def step(self):
        with torch.no_grad():
            for p, move in self.pairs:
                if p.grad is not None:
                    move.copy_(self.momentum * move - self.lr * p.grad)
                    p += move

    def zero_grad(self):
        for p, _ in self.pairs:
            p.grad = None

# %% MySGD right: a dictionary by number, computed beside and copied
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self._all = [*params]
        self._lr, self._mu = lr, momentum
        self._v = {}

    def step(self):
        for number, p in enumerate(self._all):
            grad = p.grad
            if grad is None:
                continue
            old = self._v.get(number)
            new = grad.detach().clone() if old is None else old * self._mu + grad
            self._v[number] = new
            with torch.no_grad():
                p.copy_(p - self._lr * new)

    def zero_grad(self):
        for p in self._all:
            p.grad = torch.zeros_like(p)

# %% MySGD right: one small object for each parameter
class Mover:
    def __init__(self, p):
        self.p, self.v = p, None

    def move(self, lr, momentum):
        g = self.p.grad
        if g is None:
            return
        self.v = g.clone() if self.v is None else self.v.mul(momentum).add(g)
        self.p.data.sub_(self.v, alpha=lr)

class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.movers = [Mover(p) for p in params]
        self.lr = lr
        self.momentum = momentum

    def step(self):
        for mover in self.movers:
            mover.move(self.lr, self.momentum)

    def zero_grad(self):
        for mover in self.movers:
            if mover.p.grad is not None:
                mover.p.grad = None

# %% MySGD right: all at once
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params = list(params)
        self.velocity = [p.detach().clone().zero_() for p in self.params]
        self.lr, self.momentum = lr, momentum

    @torch.no_grad()
    def step(self):
        found = [(p, v) for p, v in zip(self.params, self.velocity) if p.grad is not None]
        if not found:
            return
        moved, velocity = (list(column) for column in zip(*found))
        torch._foreach_mul_(velocity, self.momentum)
        torch._foreach_add_(velocity, [p.grad for p in moved])
        torch._foreach_add_(moved, velocity, alpha=-self.lr)

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.detach_().zero_()

# %% MySGD wrong: the generator is used up
# message: You keep `params` as it came. `model.parameters()` is a generator: the first loop over it
#   uses it up, and every later one finds no parameter at all.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params = params
        self.lr, self.momentum = lr, momentum
        self.velocity = {}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                v = self.momentum * self.velocity.get(p, 0.0) + p.grad
                self.velocity[p] = v
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: a part of the gradient only
# message: You weigh the gradient with (1 − momentum). That is a running mean, which torch calls
#   dampening; here the whole gradient enters the velocity.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_((1 - self.momentum) * p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the velocity is the gradient's own tensor
# message: Your first velocity *is* the tensor `p.grad`, not a copy of it. When the loop refills the
#   gradient in place, your memory is overwritten, and your step writes into the gradient.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = {}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                if p in self.velocity:
                    self.velocity[p].mul_(self.momentum).add_(p.grad)
                else:
                    self.velocity[p] = p.grad
                p -= self.lr * self.velocity[p]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: momentum is ignored
# message: Your steps are those of plain descent. Either `momentum` is never used, or the velocity
#   begins at 0 in every call of `step`: what lives longer than a call belongs to `self`.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p -= self.lr * p.grad

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: Nesterov
# message: You move along gradient + momentum · velocity. That is Nesterov's variant; here the
#   parameter moves along the velocity itself.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * (p.grad + self.momentum * v)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: zero_grad forgets the velocity
# message: Your `zero_grad` also sets the velocities to zero. It clears gradients, nothing else;
#   otherwise the momentum is lost before every batch.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p, v in zip(self.params, self.velocity):
            p.grad = None
            v.zero_()

# %% MySGD wrong: zero_grad does nothing
# message: After your `zero_grad()` the gradients are still there, and the next `backward()` adds to
#   them.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            grad = p.grad
            grad = None

# %% MySGD wrong: one velocity for all parameters
# message: There is one velocity, which all parameters share, so each one is pushed by the gradient
#   of its neighbour. Every parameter needs its own.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = 0.0

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                self.velocity = self.momentum * self.velocity + p.grad
                p -= self.lr * self.velocity

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: a missing gradient is not skipped
# message: A parameter without a gradient makes your `step` fail. It is to be skipped, and its
#   velocity stays as it is.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: a missing gradient counts as zero
# message: Without a gradient you still move along the old velocity and let it fade. Such a parameter
#   is skipped altogether: it stays, and so does its velocity.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            v.mul_(self.momentum)
            if p.grad is not None:
                v.add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the first velocity is the gradient's own tensor
# message: Your first velocity *is* the tensor `p.grad`, not a copy of it. When the loop refills the
#   gradient in place, what you remember changes with it.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = {}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                if p in self.velocity:
                    self.velocity[p] = self.momentum * self.velocity[p] + p.grad
                else:
                    self.velocity[p] = p.grad
                p -= self.lr * self.velocity[p]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the momentum is added to the gradient
# message: You add the old velocity to `p.grad` in place. The gradients are not to be changed: the sum
#   wants a tensor of its own.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                p.grad += self.momentum * self.velocity[i]
                self.velocity[i] = p.grad.clone()
                p -= self.lr * self.velocity[i]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: zero_grad wants a gradient everywhere
# message: Your `zero_grad` fails where there is no gradient. Before the first `backward()` every
#   `.grad` is `None`, and `None` has no `zero_`.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad.zero_()

# %% MySGD wrong: torch.optim does the work
# message: Your class lets `torch.optim` do the steps, which is not allowed here. Its two formulas are
#   what you should write.
class MySGD(torch.optim.SGD):
    pass

# %% MySGD wrong: the velocities belong to the class
# message: Two optimizers share their velocities: what the class holds belongs to all of its objects. Put into
#   `self`, in `__init__`, what belongs to one.
class MySGD:
    velocity = {}

    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                if i in self.velocity and self.velocity[i].shape == p.shape:
                    self.velocity[i] = self.momentum * self.velocity[i] + p.grad
                else:
                    self.velocity[i] = p.grad.clone()
                p -= self.lr * self.velocity[i]

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the velocity hangs on the parameter
# message: Two optimizers with the same parameters share their velocities: these are kept on the parameter, or
#   in one place for all optimizers. Each optimizer needs velocities of its own, in `self`.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                old = getattr(p, "velocity", torch.zeros_like(p))
                p.velocity = self.momentum * old + p.grad
                p -= self.lr * p.velocity

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: it stops at the first missing gradient
# message: Your `step` ends at the first parameter without a gradient. Only that one is to be skipped; the ones
#   behind it want to move.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is None:
                return
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: velocities of those with a gradient
# message: When a gradient is missing, the velocities move up: a parameter gets the velocity of its neighbour. Go
#   through all parameters together with their velocities, and skip inside the loop.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        moved = [p for p in self.params if p.grad is not None]
        for p, v in zip(moved, self.velocity):
            if v.shape != p.shape:
                v = torch.zeros_like(p)
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the velocity is lost where a gradient is missing
# message: A parameter that was skipped begins anew with its next gradient. Its velocity should stay as it is.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v
            else:
                v.zero_()

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the velocity fades where a gradient is missing
# message: A parameter without a gradient stays, but its velocity fades. It should stay as it is.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v
            else:
                v.mul_(self.momentum)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: all velocities begin with the first step
# message: Your velocities are made in the first step, for all parameters at once. One that has no gradient then
#   makes it fail.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = None

    @torch.no_grad()
    def step(self):
        if self.velocity is None:
            self.velocity = [torch.zeros_like(p.grad) for p in self.params]
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: only the first parameter moves
# message: Only the first parameter moves; the loop has to go on to the last one.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v
            return

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: momentum always 0.9
# message: Your momentum is 0.9 whatever was asked for.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(0.9).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: a momentum of 0 is taken for none
# message: With a momentum of 0 your steps have another one. 0 counts as false in Python, so `momentum or ...` takes
#   it for a momentum that was not given.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum or 0.9
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: a learning rate of 0 is taken for none
# message: With `lr=0.0` your parameters move. 0 counts as false in Python, so `lr or ...` takes it for a learning
#   rate that was not given.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr or 0.01, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the learning rate as a float32 tensor
# message: A float64 parameter moves by numbers of only seven digits: a tensor made of a Python float is float32.
#   A Python float, used as it comes, keeps all of its digits.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), torch.tensor(lr), momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: float32 velocities
# message: A float64 parameter moves by numbers of only seven digits: its velocity is float32. Give the velocity the
#   dtype of its parameter, as `torch.zeros_like` does.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros(p.shape) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the numbers move to new memory
# message: The values are right, but they lie in new memory, as after `p.data = ...`. Whoever shares the old memory
#   (a view of the parameter) keeps the old numbers. Change them in place.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p.data = p - self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the name is bound to a new tensor
# message: No parameter has moved. A line such as `p = p - ...` makes a new tensor and gives it the name p; the model
#   keeps the old one. Write into the tensor that is there.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p = p - self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: without no_grad
# message: Autograd refuses that: a parameter that requires a gradient is not overwritten while operations are
#   recorded. The step is no part of the model; tell torch so.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: uphill
# message: You add lr times the velocity. The gradient points uphill, so your loss grows with every step.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p += self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: requires_grad is switched off
# message: You switch `requires_grad` off to be allowed to write, and it stays off: after one step the network has
#   nothing left to train.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p.requires_grad_(False)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: frozen ones are left out
# message: You ask for `requires_grad`. The step is told by `.grad` alone: a parameter that has a gradient moves.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params = [p for p in params if p.requires_grad]
        self.velocity = [torch.zeros_like(p) for p in self.params]
        self.lr, self.momentum = lr, momentum

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: autograd switched on afterwards
# message: Whoever calls `step()` under `torch.no_grad()` finds autograd switched on afterwards. Leave it as it was.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    def step(self):
        torch.set_grad_enabled(False)
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v
        torch.set_grad_enabled(True)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: autograd stays switched off
# message: The steps are right, but autograd records nothing any more after your `step`. `with torch.no_grad():`
#   switches it on again by itself.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    def step(self):
        torch.set_grad_enabled(False)
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the learning rate is squared
# message: Your step has lr in it twice: once in the velocity, once when the parameter moves.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(self.lr * p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: without the learning rate
# message: The parameters move by the whole velocity; it is to be multiplied by `lr`.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: momentum times the gradient
# message: You multiply the gradient by the momentum. It is the old velocity that is multiplied; the gradient is
#   added as it is.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.add_(self.momentum * p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the velocity never fades
# message: Your velocity is the sum of all gradients: it is never multiplied by the momentum.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: moves before the velocity is new
# message: You move the parameter along the old velocity and make the new one afterwards, so each step comes one
#   step late. The velocity first, then the parameter.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                p -= self.lr * v
                v.mul_(self.momentum).add_(p.grad)

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: step clears the gradients
# message: The steps are right, but `step` also clears the gradients. That is the job of `zero_grad`; whoever calls
#   `step` twice finds nothing the second time.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v
                p.grad = None

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: zero_grad clears the first only
# message: `zero_grad` clears the gradient of one parameter only.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None
            break

# %% MySGD wrong: zero_grad stops where none is
# message: `zero_grad` ends at the first parameter without a gradient; the ones behind it keep theirs.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            if p.grad is None:
                return
            p.grad.zero_()

# %% MySGD wrong: velocities by shape
# message: Parameters of the same shape share a velocity. Every parameter needs its own.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = {}

    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None:
                v = self.momentum * self.velocity.get(p.shape, 0.0) + p.grad
                self.velocity[p.shape] = v
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: copies are moved
# message: You keep copies of the parameters and move those; the model has not changed. A list of the parameters
#   themselves is what you need.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = [p.detach().clone() for p in params], lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the velocity is kept in the gradient
# message: What you remember lies in `.grad` itself, which is not yours: whoever refills or clears the gradient
#   overwrites it.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for i, p in enumerate(self.params):
            if p.grad is not None:
                p.grad.add_(self.momentum * self.velocity[i])
                self.velocity[i] = p.grad
                p -= self.lr * p.grad

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: torch's own function does the step
# message: `torch.optim` is not allowed, and the function behind its `SGD` belongs to it. Write the lines that it
#   spares you.
from torch.optim.sgd import sgd

class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        pairs = [(p, v) for p, v in zip(self.params, self.velocity) if p.grad is not None]
        sgd(
            [p for p, _ in pairs], [p.grad for p, _ in pairs], [v for _, v in pairs],
            weight_decay=0.0, momentum=self.momentum, lr=self.lr, dampening=0.0, nesterov=False,
            maximize=False,
        )

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: steep gradients are cut
# message: Gradients beyond −1 and 1 are cut off before your step. The velocity takes in the gradient as it is.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad.clamp(-1, 1))
                p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the step needs numbers in a row
# message: You lay the parameter out as one row with `view`, and `view` refuses where the numbers do not lie one
#   after the other, as in a transposed tensor. A step needs no other shape.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p.view(-1).sub_(self.lr * v.reshape(-1))

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the parameter reshaped to one long row
# message: A parameter whose numbers do not lie one after the other, a transposed one, does not move: there
#   `reshape` makes a copy, and your step is written into the copy.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p.reshape(-1).sub_(self.lr * v.reshape(-1))

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: a gradient of zeros is skipped
# message: A parameter whose gradient is all zeros is skipped. Its velocity is not 0: it fades, and moves the
#   parameter on. Only `None` says that a gradient is missing.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is None or not p.grad.any():
                continue
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: the constructor clears the gradients
# message: When your optimizer is made, it clears the gradients that are there. That is the job of `zero_grad`.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]
        self.zero_grad()

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is None:
                continue
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD wrong: zero_grad multiplies by 0
# message: Your `zero_grad` multiplies by 0. Where a gradient is infinite or NaN, the result is NaN and not 0.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is None:
                continue
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.mul_(0)

# %% MySGD wrong: zero_grad leaves frozen ones out
# message: Your `zero_grad` leaves out frozen parameters. They may have a gradient, too.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is None:
                continue
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            if p.requires_grad:
                p.grad = None

# %% MySGD wrong: large rates are refused
# message: Your optimizer refuses a learning rate above 1.
class MySGD:
    def __init__(self, params, lr, momentum=0.0):
        if not 0 <= lr <= 1:
            raise ValueError(lr)
        self.params, self.lr, self.momentum = list(params), lr, momentum
        self.velocity = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.params, self.velocity):
            if p.grad is None:
                continue
            v.mul_(self.momentum).add_(p.grad)
            p -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.grad = None

# %% MySGD domain
def domain(answer, draw):
    half = draw.flag(0.25)  # steps of these few numbers are exact
    values = ("few", "zeros") if half else ("normal", "zeros", "equal", "large", "tiny")

    def drawn(shape, dtype):
        tensor = draw.tensor(*shape, dtypes=(torch.float32 if half else dtype,), values=values)
        if any(step == 0 for step in tensor.stride()):
            tensor = tensor.clone()
        return tensor.round().to(dtype) if half else tensor

    params, optimizers = [], []
    for _ in range(draw.integer(1, 3)):
        shape = [draw.size(3) for _ in range(draw.integer(0, 3))]
        params.append(nn.Parameter(drawn(shape, draw.choice(*(draw.HALVES if half else draw.FLOATS)))))
        params[-1].requires_grad_(draw.flag(0.8))
    places = [p.detach() for p in params]
    for _ in range(draw.choice(1, 1, 2)):
        lr = draw.choice(0.5, 0.25) if half else draw.choice(0.0, 0.1, 1.0, 1 / 31)
        momentum = draw.choice(0.0, 0.5) if half else draw.choice(0.0, 0.5, 0.9)
        some = params[: draw.integer(1, len(params))]
        given = draw.choice("list", "iterator")
        given = iter(some) if given == "iterator" else list(some)
        optimizers.append(answer(given, lr, momentum) if momentum or draw.flag() else answer(given, lr))
    found = []
    for _ in range(draw.integer(1, 3 if half else 5)):
        way = draw.choice("new", "refilled", "added")
        for p in params:
            gradient = drawn(p.shape, p.dtype)
            if draw.flag(0.25):
                p.grad = None
            elif p.grad is None or way == "new":
                p.grad = gradient.clone()
            elif way == "refilled":
                p.grad.copy_(gradient)
            else:
                p.grad = p.grad + gradient
        optimizer = optimizers[draw.integer(0, len(optimizers) - 1)]
        with torch.set_grad_enabled(draw.flag(0.8)):
            optimizer.step()
            found.append([[p.detach().clone() for p in params], torch.is_grad_enabled()])
        found.append([None if p.grad is None else p.grad.clone() for p in params])
        if draw.flag(0.4):
            optimizer.zero_grad()
            found.append([p.grad is None or not bool(p.grad.any()) for p in params])
            for p in params:
                if draw.flag():
                    p.grad = None
    facts = [[p.requires_grad, p.is_leaf, p.data_ptr() == f.data_ptr()] for p, f in zip(params, places)]
    return [found, facts]

# %% MyAdam right: a dictionary that begins with the first gradient
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params = tuple(params)
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.memory = {}

    def step(self):
        for p in self.params:
            g = p.grad
            if g is None:
                continue
            t, m, v = self.memory.get(p, (0, 0.0, 0.0))
            t = t + 1
            m = self.beta1 * m + (1 - self.beta1) * g
            v = self.beta2 * v + (1 - self.beta2) * g * g
            self.memory[p] = t, m, v
            m_hat = m / (1 - self.beta1**t)
            v_hat = v / (1 - self.beta2**t)
            with torch.no_grad():
                p.sub_(self.lr * m_hat / (torch.sqrt(v_hat) + self.eps))

# %% MyAdam right: as torch computes it
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params = [*params]
        self.lr, self.betas, self.eps = lr, betas, eps
        self.steps = [0 for _ in self.params]
        self.exp_avg = [torch.zeros_like(p) for p in self.params]
        self.exp_avg_sq = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self):
        beta1, beta2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            self.steps[i] += 1
            self.exp_avg[i].lerp_(p.grad, 1 - beta1)
            self.exp_avg_sq[i].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
            correction = math.sqrt(1 - beta2 ** self.steps[i])
            size = self.exp_avg_sq[i].sqrt() / correction + self.eps
            p.addcdiv_(self.exp_avg[i], size, value=-self.lr / (1 - beta1 ** self.steps[i]))

# %% MyAdam right: one small object for each parameter
class Mover:
    def __init__(self, p, betas):
        self.p, (self.b1, self.b2) = p, betas
        self.mean = self.square = torch.zeros_like(p, requires_grad=False)
        self.power1 = self.power2 = 1.0

    def move(self, lr, eps):
        g = self.p.grad
        if g is None:
            return
        self.power1, self.power2 = self.power1 * self.b1, self.power2 * self.b2
        self.mean = self.mean + (1 - self.b1) * (g - self.mean)
        self.square = self.square + (1 - self.b2) * (g.square() - self.square)
        mean, square = self.mean / (1 - self.power1), self.square / (1 - self.power2)
        self.p.data.sub_(lr * mean / (square.sqrt() + eps))

class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.movers = [Mover(p, betas) for p in params]
        self.lr = lr
        self.eps = eps

    def step(self):
        for mover in self.movers:
            mover.move(self.lr, self.eps)

# %% MyAdam wrong: no bias correction
# message: Your *m* and *v* are used as they are. Both begin at 0 and are too small in the first steps:
#   each is divided by 1 − βᵗ before it is used.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * m / (v.sqrt() + self.eps)

# %% MyAdam wrong: only m is corrected
# message: You correct *m* and not *v*. Both begin at 0, and each has its own divisor.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / (v.sqrt() + self.eps)

# %% MyAdam wrong: only v is corrected
# message: You correct *v* and not *m*. Both begin at 0, and each has its own divisor.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * m / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the correction of the first step for ever
# message: You divide by 1 − β in every step. The exponent t counts the steps, so the divisors grow
#   towards 1.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1)) / ((v / (1 - b2)).sqrt() + self.eps)

# %% MyAdam wrong: t is not counted up
# message: Your step fails: with t = 0 both divisors are 0. Count the step before you use t.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: t is counted after the step
# message: Your t is one behind: in the second step it is still 1. It is 1 in the first step, 2 in the second.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                t = max(t - 1, 1)
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: t is one ahead
# message: Your t is one ahead: it is 2 in the first step. There it should be 1.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1 ** (t + 1))) / ((v / (1 - b2 ** (t + 1))).sqrt() + self.eps)

# %% MyAdam wrong: the corrected memory is kept
# message: What you keep are the corrected *m* and *v*. The correction is for this one step: the formulas
#   for *m* and *v* go on from the uncorrected ones.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                m /= 1 - b1**t
                v /= 1 - b2**t
                p -= self.lr * m / (v.sqrt() + self.eps)

# %% MyAdam wrong: eps inside the root
# message: Your `eps` is added under the root. It belongs beside it: √(…) + eps.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t) + self.eps).sqrt())

# %% MyAdam wrong: eps before the correction
# message: Your `eps` is added to the root of the uncorrected *v*, and then divided along with it. It is
#   added last, to the corrected root.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v.sqrt() + self.eps) / math.sqrt(1 - b2**t))

# %% MyAdam wrong: eps is fixed
# message: Your `eps` is 1e-8 whatever was given. It is an argument.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + 1e-8)

# %% MyAdam wrong: the betas are fixed
# message: Your betas are 0.9 and 0.999 whatever was given. They are an argument.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = 0.9, 0.999
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the learning rate is fixed
# message: Your learning rate is 0.001 whatever was given.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= 0.001 * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: another default
# message: Where no `lr` is given your steps are ten times as long: its default is 0.001.
class MyAdam:
    def __init__(self, params, lr=0.01, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the betas are swapped
# message: You have the two betas the other way round: the first is that of *m*, the second that of *v*.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b2, b1 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: no root
# message: You divide by the mean square itself. Its root is the typical size of a gradient.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)) + self.eps)

# %% MyAdam wrong: the size instead of the square
# message: Your *v* is the mean of the absolute gradients. It is the mean of their *squares*, of which
#   the root is taken at the end.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad.abs())
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)) + self.eps)

# %% MyAdam wrong: the absolute gradient under the root
# message: Your *v* collects gradients without squaring them.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad.abs())
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the square of the mean
# message: Your *v* is made from the square of *m*. It is the mean of the squares of the *gradients*.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * m**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the gradient instead of its mean
# message: You move along the latest gradient. It is *m*, its mean, that is divided by the typical size.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * p.grad / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the whole gradient enters m
# message: The whole gradient enters your *m*, as in MySGD's velocity. Here it enters with the weight 1 −
#   β₁.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_(p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the weights are the other way round
# message: Your means keep 1 − β of what they were and take β of what is new. It is the other way round:
#   a mean with β = 0.9 changes slowly.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(1 - b1).add_(b1 * p.grad)
                v.mul_(1 - b2).add_(b2 * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: begins with the first gradient
# message: Your *m* and *v* begin with the first gradient and its square. Both begin at 0; the correction
#   makes up for that.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                if t == 1:
                    m.copy_(p.grad)
                    v.copy_(p.grad**2)
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: one m and v for all
# message: There is one *m* and one *v*, which all parameters share. Every parameter needs its own.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.t, self.m, self.v = 0, 0.0, 0.0

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        self.t += 1
        for p in self.params:
            if p.grad is not None:
                self.m = b1 * self.m + (1 - b1) * p.grad
                self.v = b2 * self.v + (1 - b2) * p.grad**2
                mean, size = self.m / (1 - b1**self.t), (self.v / (1 - b2**self.t)).sqrt()
                p -= self.lr * mean / (size + self.eps)

# %% MyAdam wrong: one v for the whole parameter
# message: Your *v* is one number for a whole parameter. Each of its numbers has a typical size of its
#   own.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * (p.grad**2).mean())
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: one t for all, counted in the loop
# message: One t counts for all parameters, and it counts up with each of them. It should count the steps
#   of *one* parameter.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                self.t = getattr(self, "t", 0) + 1
                t, (_, m, v) = self.t, state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: one t for all, counted once a step
# message: Your t counts the calls of `step()`, so it also counts for a parameter that was skipped. Each
#   parameter counts its own steps.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        self.t = getattr(self, "t", 0) + 1
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                t, (_, m, v) = self.t, state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: a missing gradient is not skipped
# message: A parameter without a gradient makes your `step` fail. It is to be skipped.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if True:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: it stops at the first missing gradient
# message: Your `step` ends at the first parameter without a gradient. Only that one is to be skipped;
#   the ones behind it want to move.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is None:
                return
            else:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: a missing gradient counts as zero
# message: Without a gradient you still move along the old mean and let *m* and *v* fade. Such a
#   parameter is skipped altogether.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None or state[0]:
                grad = torch.zeros_like(p) if p.grad is None else p.grad
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * grad)
                v.mul_(b2).add_((1 - b2) * grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the memory is lost where a gradient is missing
# message: A parameter that was skipped begins anew with its next gradient. Its *m*, *v* and *t* should
#   stay as they are.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
            else:
                state[:] = 0, torch.zeros_like(p), torch.zeros_like(p)

# %% MyAdam wrong: the memory fades where a gradient is missing
# message: A parameter without a gradient stays, but its *m* and *v* fade. They should stay as they are.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
            else:
                state[1].mul_(b1)
                state[2].mul_(b2)

# %% MyAdam wrong: memories of those with a gradient
# message: When a gradient is missing, the memories move up: a parameter gets those of its neighbour. Go
#   through all parameters together with their memories, and skip inside the loop.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        moved = [p for p in self.params if p.grad is not None]
        for p, state in zip(moved, self.state):
            if state[1].shape != p.shape:
                state = [0, torch.zeros_like(p), torch.zeros_like(p)]
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the generator is used up
# message: You keep `params` as it came. `model.parameters()` is a generator: the first loop over it uses
#   it up, and every later one finds no parameter at all.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = params, lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: only the first parameter moves
# message: Only the first parameter moves; the loop has to go on to the last one.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
            return

# %% MyAdam wrong: uphill
# message: Your parameters move along the gradient, uphill. The step is subtracted.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p += self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the learning rate is squared
# message: Your step is lr² times the quotient: does lr enter twice?
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr**2 * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: without the learning rate
# message: Your step has no learning rate.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: a learning rate of 0 is taken for none
# message: With `lr=0` your parameters move. Python takes 0 for false: `lr or …` replaces it.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr or 0.001, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: betas of 0 are taken for none
# message: A β of 0 is replaced in your class. Python takes 0 for false; ask whether it `is None`.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas[0] or 0.9, self.betas[1] or 0.999
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: weight decay
# message: Your parameters are also pulled towards 0, as in AdamW. There is no weight decay here.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p *= 1 - 0.01 * self.lr
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: v never falls
# message: Your *v* never gets smaller. That is the variant AMSGrad; here it is a mean, which falls
#   again.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.copy_(torch.maximum(v, b2 * v + (1 - b2) * p.grad**2))
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: Nesterov
# message: You mix the latest gradient into the mean once more. That is NAdam, another variant.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * ((b1 * m + (1 - b1) * p.grad) / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: moves before the memory is new
# message: You move first and change *m* and *v* afterwards, so each step follows the gradients of the
#   steps before.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)

# %% MyAdam wrong: torch.optim does the work
# message: Your class lets `torch.optim` do the steps, which is not allowed here. The three formulas are
#   what you should write.
class MyAdam(torch.optim.Adam):
    pass

# %% MyAdam wrong: torch's own function does the step
# message: `torch._fused_adam_` is torch's ready-made step, which is not allowed here. Write the three
#   formulas.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                torch._fused_adam_(
                    [p], [p.grad], [m], [v], [], [torch.tensor(float(t))], lr=self.lr, beta1=b1, beta2=b2,
                    weight_decay=0.0, eps=self.eps, amsgrad=False, maximize=False,
                )

# %% MyAdam wrong: the memories belong to the class
# message: Two optimizers share their memories: what the class holds belongs to all of its objects. Put
#   into `self`, in `__init__`, what belongs to one.
class MyAdam:
    state = {}

    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, p in enumerate(self.params):
            if p.grad is not None:
                t, m, v = self.state.get((i, p.shape, p.dtype), (0, 0.0, 0.0))
                t, m, v = t + 1, b1 * m + (1 - b1) * p.grad, b2 * v + (1 - b2) * p.grad**2
                self.state[i, p.shape, p.dtype] = t, m, v
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the memories hang on the parameter
# message: Two optimizers with the same parameters share their memories: these are kept on the parameter, or in
#   one place for all optimizers. Each optimizer needs memories of its own, in `self`.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                if not hasattr(p, "state"):
                    p.state = state
                p.state[0] += 1
                t, m, v = p.state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: m is the gradient's own tensor
# message: Your first *m* is made in the tensor `p.grad` itself. When the loop refills the gradient in
#   place, what you remember changes with it.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                if t == 1:
                    state[1], factor = p.grad, 1 - b1
                    m = factor * p.grad
                else:
                    if state[1] is p.grad or t == 2:
                        state[1] = (1 - b1) * state[1]
                    m = state[1] = b1 * state[1] + (1 - b1) * p.grad
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the mean is kept in the gradient
# message: You change `p.grad`: the mean is made in it. The gradients are not yours to change.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                g = p.grad.clone()
                t, m, v = state
                m.copy_(p.grad.mul_(1 - b1).add_(b1 * m))
                v.mul_(b2).add_((1 - b2) * g**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: step clears the gradients
# message: Your `step` also clears the gradients. Others may want to look at them; clearing is not its
#   business.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
                p.grad = None

# %% MyAdam wrong: step puts zeros into the gradients
# message: Your `step` sets the gradients to zero. Others may want to look at them; clearing is not its
#   business.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
                p.grad.zero_()

# %% MyAdam wrong: float32 memories
# message: Your memories are float32 whatever the parameter is. A float64 parameter loses half of its
#   digits; `torch.zeros_like` takes over its dtype.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros(p.shape), torch.zeros(p.shape)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: t is a float32 tensor
# message: Your t is a float32 tensor, and so are the divisors: a float64 parameter loses half of its
#   digits. A Python int will do.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[torch.zeros(1)[0], torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - torch.tensor(b1) ** t)) / ((v / (1 - torch.tensor(b2) ** t)).sqrt() + self.eps)

# %% MyAdam wrong: the numbers move to new memory
# message: `p.data = …` gives the parameter new memory. Whatever shared the old one keeps the old
#   numbers: write in place.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p.data = p - self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the name is bound to a new tensor
# message: Your parameters stay where they are: `p = p - …` makes a new tensor and binds the name `p` to
#   it. Which spelling writes in place?
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p = p - self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: without no_grad
# message: Autograd refuses to let a parameter be changed while it records. What stood around the step in
#   6.1?
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: requires_grad is switched off
# message: After your step the parameters no longer want gradients. Use `no_grad`, and leave
#   `requires_grad` alone.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p.requires_grad_(False)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: frozen ones are left out
# message: You skip parameters whose `requires_grad` is False. Only a missing gradient decides.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None and p.requires_grad:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: autograd stays switched off
# message: After your step autograd no longer records. Use `with torch.no_grad():`, which puts it back.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    def step(self):
        b1, b2 = self.betas
        torch.set_grad_enabled(False)
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: autograd switched on afterwards
# message: After your step autograd records, even where it did not before. `with torch.no_grad():` puts
#   back what was.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    def step(self):
        b1, b2 = self.betas
        torch.set_grad_enabled(False)
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)
        torch.set_grad_enabled(True)

# %% MyAdam wrong: the step needs numbers in a row
# message: Your step fails for parameters or gradients that do not lie in memory row by row: `view` needs
#   that.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad.view(-1).view(p.shape))
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: steep gradients are cut
# message: You cut large gradients. Nobody asked for that.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                g = p.grad.clamp(-10, 10)
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * g)
                v.mul_(b2).add_((1 - b2) * g**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the gradient is normalised
# message: You divide each gradient by its length. Adam divides its mean by the root of *v*.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                g = p.grad / (p.grad.norm() + 1e-12)
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * g)
                v.mul_(b2).add_((1 - b2) * g**2)
                p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the sign only
# message: Your step is the learning rate times the sign of the gradient. That is Adam's first step;
#   later ones have a mean and a typical size.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * p.grad.sign()

# %% MyAdam wrong: plain descent
# message: Your steps are those of plain gradient descent. *m* and *v* have no influence.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, state in zip(self.params, self.state):
            if p.grad is not None:
                state[0] += 1
                t, m, v = state
                m.mul_(b1).add_((1 - b1) * p.grad)
                v.mul_(b2).add_((1 - b2) * p.grad**2)
                p -= self.lr * p.grad

# %% MyAdam wrong: the constructor clears the gradients
# message: When your optimizer is made, it clears the gradients that are there. Making it changes nothing.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]
        for p in self.params:
            p.grad = None

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            g = p.grad
            if g is None:
                continue
            s[0] += 1
            t, m, v = s
            m.mul_(b1).add_((1 - b1) * g)
            v.mul_(b2).add_((1 - b2) * g**2)
            p -= self.lr * (m / (1 - b1**t)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam wrong: the correction ends after ten steps
# message: After some steps you no longer divide *m* by 1 − beta1ᵗ. The divisor comes near 1, and is not 1.
class MyAdam:
    def __init__(self, params, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps = list(params), lr, betas, eps
        self.state = [[0, torch.zeros_like(p), torch.zeros_like(p)] for p in self.params]

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for p, s in zip(self.params, self.state):
            g = p.grad
            if g is None:
                continue
            s[0] += 1
            t, m, v = s
            m.mul_(b1).add_((1 - b1) * g)
            v.mul_(b2).add_((1 - b2) * g**2)
            p -= self.lr * (m / (1 - b1**t if t < 10 else 1)) / ((v / (1 - b2**t)).sqrt() + self.eps)

# %% MyAdam domain
def domain(answer, draw):
    def drawn(shape, dtype):
        tensor = draw.tensor(*shape, dtypes=(dtype,), values=("normal", "zeros", "equal"))
        return tensor.clone() if any(step == 0 for step in tensor.stride()) else tensor

    params, optimizers = [], []
    for _ in range(draw.integer(1, 3)):
        shape = [draw.size(3) for _ in range(draw.integer(0, 3))]
        dtype = draw.choice(torch.float32, torch.float64)
        params.append(nn.Parameter(drawn(shape, dtype)))
        params[-1].requires_grad_(draw.flag(0.8))
    places = [p.detach() for p in params]
    for _ in range(draw.choice(1, 1, 2)):
        lr = draw.choice(0.0, 0.1, 1.0, 1 / 31)
        betas = draw.choice((0.9, 0.999), (0.0, 0.5), (0.5, 0.0), (0.0, 0.0), (0.7, 0.8))
        some = params[: draw.integer(1, len(params))]
        given = iter(some) if draw.flag() else list(some)
        optimizers.append(answer(given, lr, betas, draw.choice(0.125, 0.5, 2.0)))
    found = []
    for _ in range(draw.integer(1, 5)):
        way = draw.choice("new", "refilled", "added")
        for p in params:
            gradient = drawn(p.shape, p.dtype)
            if draw.flag(0.25):
                p.grad = None
            elif p.grad is None or way == "new":
                p.grad = gradient.clone()
            elif way == "refilled":
                p.grad.copy_(gradient)
            else:
                p.grad = p.grad + gradient
        optimizer = optimizers[draw.integer(0, len(optimizers) - 1)]
        with torch.set_grad_enabled(draw.flag(0.8)):
            optimizer.step()
            found.append([[p.detach().clone() for p in params], torch.is_grad_enabled()])
        found.append([None if p.grad is None else p.grad.clone() for p in params])
    facts = [[p.requires_grad, p.is_leaf, p.data_ptr() == f.data_ptr()] for p, f in zip(params, places)]
    return [found, facts]

# %% accuracy right: hits and samples
def accuracy(model, loader):
    mode = model.training
    model.eval()
    hits = samples = 0
    with torch.no_grad():
        for x, y in loader:
            hits += int((model(x).argmax(1) == y).sum())
            samples += y.size(0)
    model.train(mode)
    return hits / samples

# %% accuracy right: everything joined, max instead of argmax
@torch.no_grad()
def accuracy(model, loader):
    before = model.training
    model.train(False)
    try:
        pairs = [(model(x).max(dim=-1).indices, y) for x, y in loader]
    finally:
        model.train(before)
    guess = torch.cat([a for a, _ in pairs])
    truth = torch.cat([b for _, b in pairs])
    return guess.eq(truth).double().mean().item()

# %% accuracy right: topk under inference_mode
def accuracy(model, loader):
    was = model.training
    right = []
    with torch.inference_mode():
        model.eval()
        for x, y in loader:
            best = model(x).topk(1, dim=1).indices.squeeze(1)
            right += (best == y).tolist()
    if was:
        model.train()
    return sum(right) / len(right)

# %% accuracy right: a copy is measured
def accuracy(model, loader):
    import copy

    copied = copy.deepcopy(model).eval()
    with torch.no_grad():
        found = [(copied(x).argmax(-1) == y).double() for x, y in loader]
    return float(torch.cat(found).mean())

# %% accuracy right: every part gets its own mode back
def accuracy(model, loader):
    modes = {part: part.training for part in model.modules()}
    total = correct = 0
    try:
        model.eval()
        with torch.inference_mode():
            for batch in loader:
                scores = model(batch[0])
                best = scores.sort(dim=1, descending=True).indices[:, 0]
                correct += torch.eq(best, batch[1]).sum().item()
                total += batch[1].numel()
    finally:
        for part, mode in modes.items():
            part.training = mode
    return correct / total

# %% accuracy wrong: mean of the batch accuracies
# message: You average the accuracies of the batches. A last batch of 2 samples then weighs as much
#   as a full one.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    parts = []
    with torch.no_grad():
        for x, y in loader:
            parts.append((model(x).argmax(dim=1) == y).double().mean().item())
    model.train(was_training)
    return sum(parts) / len(parts)

# %% accuracy wrong: a column against a row
# message: Your guesses have the shape (N, 1) and the labels (N,). `==` stretches both to (N, N) and
#   compares every guess with every label.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            same = model(x).argmax(dim=1, keepdim=True) == y
            hits += same.sum().item()
            count += same.numel()
    model.train(was_training)
    return hits / count

# %% accuracy wrong: left in eval mode
# message: The number is right, but the model stays in eval mode. In the middle of a training that
#   switches Dropout off for good, without a word.
def accuracy(model, loader):
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return hits / count

# %% accuracy wrong: always back to training mode
# message: You always end in training mode. A model that came in eval mode should leave in it.
def accuracy(model, loader):
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train()
    return hits / count

# %% accuracy wrong: measured in training mode
# message: The model is measured in training mode, where Dropout drops at random. A measurement is
#   taken in eval mode.
def accuracy(model, loader):
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return hits / count

# %% accuracy wrong: the last batch dropped
# message: You count full batches only, and the samples of a smaller last batch fall under the table.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            if len(y) < loader.batch_size:
                break
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: argmax along the batch
# message: `argmax(dim=0)` asks which *sample* has the highest score of each class. The classes lie
#   along axis 1; when a batch has as many samples as there are classes, no error tells you.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=0) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: in percent
# message: You return a percentage. The statement asks for a number from 0 to 1.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return 100 * hits / count

# %% accuracy wrong: a tensor
# message: You return a tensor. The value is right; a plain float is asked for.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits = hits + (model(x).argmax(dim=1) == y).sum()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: all batches counted as full
# message: You divide by batches × batch size. The last batch may be smaller.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
    model.train(was_training)
    return hits / (len(loader) * loader.batch_size)

# %% accuracy wrong: a graph for every batch
# message: The number is right, but a graph is built for every batch, and nobody will ever call
#   backward. Forbid it before the loop.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    for x, y in loader:
        hits += (model(x).argmax(dim=1) == y).sum().item()
        count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: gradients cleared
# message: You clear the gradients of the model. A measurement between `backward()` and the step
#   would cost that step.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    model.zero_grad()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the errors instead of the hits
# message: You count what is wrong: that is the error rate. Accuracy is the part that is right.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    errors, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            errors += (model(x).argmax(dim=1) != y).sum().item()
            count += len(y)
    model.train(was_training)
    return errors / count

# %% accuracy wrong: a column against a row, divided by samples
# message: Your guesses have the shape (N, 1) and the labels (N,). `==` stretches both to (N, N) and
#   compares every guess with every label, which finds more hits than there are samples.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1, keepdim=True) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: one guess for the whole batch
# message: `argmax()` without `dim` looks for the largest score of the whole batch and says at which
#   place of the *flattened* scores it stands: one number. Each sample needs a guess of its own.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax() == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: max gives a pair
# message: `max(dim=1)` returns a pair, the largest scores and the places where they stand. Compared
#   with the labels as a whole, the pair is just `False`.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).max(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the scores against the labels
# message: You compare the highest *score* with the class number. A score says how sure the model is;
#   which class it means is the place where the score stands.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).max(dim=1).values == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: hits per batch
# message: You divide by `len(loader)`, the number of batches. The number of samples is asked for; an
#   accuracy above 1 is a warning.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
    model.train(was_training)
    return hits / len(loader)

# %% accuracy wrong: divided by the samples of the data set
# message: You divide by the number of samples in the data set. A loader may drop a short last batch or pick only
#   some of the samples: count those that come.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / len(loader.dataset)

# %% accuracy wrong: the data set instead of the loader
# message: You measure on the whole data set. The loader decides which samples count.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in [loader.dataset[:]]:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: only the direct children get their mode back
# message: The number is right, but afterwards parts deeper down in the model are in another mode than before.
#   `model.train(mode)` reaches every part.
def accuracy(model, loader):
    modes = [(part, part.training) for part in [model, *model.children()]]
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    for part, mode in modes:
        part.training = mode
    return hits / count

# %% accuracy wrong: only the model itself gets its mode back
# message: The number is right, but the parts of the model stay in eval mode. `model.train(mode)` reaches every part;
#   an assignment to `model.training` reaches one.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.training = was_training
    return hits / count

# %% accuracy wrong: only the model itself in eval mode
# message: Only the model itself is in eval mode, its parts are not: a Dropout inside goes on dropping.
def accuracy(model, loader):
    was_training = model.training
    model.training = False
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: autograd stays switched off
# message: The number is right, but autograd records nothing any more afterwards. `with torch.no_grad():` switches it
#   on again by itself.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    torch.set_grad_enabled(False)
    for x, y in loader:
        hits += (model(x).argmax(dim=1) == y).sum().item()
        count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: autograd switched on afterwards
# message: Whoever calls you under `torch.no_grad()` finds autograd switched on afterwards. Leave it as it was.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    torch.set_grad_enabled(False)
    for x, y in loader:
        hits += (model(x).argmax(dim=1) == y).sum().item()
        count += len(y)
    torch.set_grad_enabled(True)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the parameters stay frozen
# message: The number is right, but the parameters no longer require gradients. To record no graph, no parameter has
#   to be frozen.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    model.requires_grad_(False)
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the parameters are frozen and thawed
# message: The number is right, but the graph is avoided by way of `requires_grad`, and a parameter that was frozen
#   requires a gradient afterwards.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    model.requires_grad_(False)
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    model.requires_grad_(True)
    return hits / count

# %% accuracy wrong: rounded
# message: Your number is rounded. Round where you print, not where you compute.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return round(hits / count, 2)

# %% accuracy wrong: a whole number
# message: `//` throws the fraction away: a share below 1 becomes 0.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits // count

# %% accuracy wrong: hits, not a share
# message: You return the number of hits; divide it by the number of samples.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return float(hits)

# %% accuracy wrong: computed in float32
# message: Scores that differ in float64 become equal in your function: it turns them into float32 first.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).float().argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: by way of numpy
# message: bfloat16 makes your function fail: numpy has no such dtype. Compare tensors.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += int((model(x).numpy().argmax(1) == y.numpy()).sum())
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: scores as probabilities above a half
# message: You look for scores above 0.5 (or logits above 0). The class is the place of the *highest* score, however
#   high it is.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).gather(1, y[:, None]) > 0.5).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the highest probability
# message: You compare probabilities. Scores that differ very little have probabilities that are rounded to the
#   same number; the scores themselves have an order.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).softmax(dim=1).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the lowest score
# message: You take the class with the lowest score.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmin(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the highest two
# message: You count a hit when the label is among the two highest scores. Only the highest counts.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).topk(min(2, model(x).shape[1]), dim=1).indices == y[:, None]).any(dim=1).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: all ones squeezed away
# message: A batch of one sample, or scores of one class, make your function fail or count wrongly: `squeeze()` takes
#   every axis of size 1 away.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).squeeze().argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: all ones squeezed away, classes last
# message: Scores of one class are counted wrongly: `squeeze()` takes every axis of size 1 away, and what is left is
#   the axis of the samples.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).squeeze().argmax(dim=-1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: the first batch only
# message: Your `return` stands inside the loop, so only the first batch is measured.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            hits = (model(x).argmax(dim=1) == y).sum().item()
            model.train(was_training)
            return hits / len(y)

# %% accuracy wrong: the last batch only
# message: Your number is that of the last batch: what the others gave is overwritten.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits = (model(x).argmax(dim=1) == y).sum().item()
            count = len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: an int for nothing
# message: Your result is an `int` where no sample is hit. A float is asked for, 0.0 as well.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits and hits / count

# %% accuracy wrong: training mode while it measures
# message: The model is in training mode while you measure, even if it came in eval mode.
def accuracy(model, loader):
    was_training = model.training
    model.train()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: BatchNorm forgets
# message: The running statistics of the model are no longer what they were: your function resets them.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    for part in model.modules():
        if hasattr(part, 'reset_running_stats'):
            part.reset_running_stats()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: a copy in training mode
# message: What you measure is in training mode, if on a copy: Dropout drops, and BatchNorm goes by the batch
#   instead of what it has learnt.
def accuracy(model, loader):
    import copy

    copied = copy.deepcopy(model).train()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (copied(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    return hits / count

# %% accuracy wrong: only Dropout and BatchNorm in eval mode
# message: You switch some kinds of parts to eval mode and leave the model itself and the others in training
#   mode. Other kinds go by the mode, too; `model.eval()` switches all.
def accuracy(model, loader):
    parts = [p for p in model.modules() if isinstance(p, (nn.Dropout, nn.BatchNorm1d)) and p.training]
    for part in parts:
        part.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    for part in parts:
        part.train()
    return hits / count

# %% accuracy wrong: forward in place of the call
# message: You call `model.forward(x)`, which leaves out the hooks of the model. `model(x)` runs them.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model.forward(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: samples as one long row
# message: You make one row of numbers of each sample before the model sees it. The model is to get `x` as the loader
#   yields it.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x.flatten(1)).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy wrong: guesses and labels from two passes
# message: You run through the loader twice, once for the guesses and once for the labels. A loader that shuffles
#   yields another order the second time.
def accuracy(model, loader):
    was = model.training
    model.eval()
    with torch.no_grad():
        guess = torch.cat([model(x).argmax(dim=1) for x, _ in loader])
    truth = torch.cat([y for _, y in loader])
    model.train(was)
    return (guess == truth).sum().item() / len(truth)

# %% accuracy wrong: the result is kept on the model
# message: The number is right, but the model has a new attribute afterwards. A measurement changes nothing.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    model.accuracy = hits / count
    return hits / count

# %% accuracy wrong: guesses of one byte
# message: You turn class numbers into `int8`, which ends at 127. With more classes the guess is another number.
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1).to(torch.int8) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy right: the mean of a batch times its size
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    hits, count = 0, 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(dim=1) == y).float().mean().item() * len(y)
            count += len(y)
    model.train(was_training)
    return hits / count

# %% accuracy domain
def domain(answer, draw):
    seen = set()

    class Watched(nn.Module):
        def __init__(self, *layers):
            super().__init__()
            self.layers = nn.Sequential(*layers)

        def forward(self, x):
            scores = self.layers(x)
            seen.update((part.training, scores.requires_grad) for part in self.modules())
            return scores

    n, c = draw.size(11), draw.size(5)
    norm = nn.BatchNorm1d(4)
    inner = draw.choice(nn.ReLU(), nn.Dropout(0.5), norm, nn.Sequential(nn.Sequential(nn.Dropout(0.3)), norm))
    if draw.flag():
        model = draw.module(Watched(nn.Linear(3, 4), inner, nn.Linear(4, c)), modes=False)
        with torch.no_grad():
            model.layers[-1].bias.copy_(torch.arange(c) / 64 + 1 / 128)
        x = draw.tensor(n, 3, dtypes=(torch.float32,), values=("normal", "zeros", "equal"))
    else:
        model = Watched()
        orders = torch.stack([torch.randperm(c, generator=draw.generator) for _ in range(n)])
        x = orders * 2.0**-40 if draw.flag(0.2) else orders * draw.choice(1.0, 0.125) + draw.choice(0, -9)
        x = x.to(draw.choice(*draw.FLOATS, *(draw.HALVES if float(x.abs().max()) > 0.01 else ())))
    with torch.no_grad():
        guess = model.eval()(x).argmax(dim=1)
    seen.clear()
    model.train(draw.flag())
    hit = torch.rand(n, generator=draw.generator) < draw.choice(0.0, 0.3, 0.7, 1.0)
    loader = draw.loader(TensorDataset(x, torch.where(hit, guess, draw.labels(n, c))))
    for i, p in enumerate(model.parameters()):
        p.grad = torch.full_like(p, i + 1.0) if draw.flag() else None
    with torch.set_grad_enabled(draw.flag(0.8)):
        share = answer(model, loader)
        recording = torch.is_grad_enabled()
    after = [[p.detach(), p.grad, p.requires_grad] for p in model.parameters()]
    modes = [part.training for part in model.modules()]
    return [share, type(share).__name__, sorted(seen), modes, after, [*model.buffers()], recording]

# %% split_indices right: a permutation of its own generator
def split_indices(n, n_val, seed):
    g = torch.Generator()
    g.manual_seed(seed)
    order = torch.randperm(n, generator=g).tolist()
    return order[: n - n_val], order[n - n_val :]

# %% split_indices right: random.Random draws a sample
def split_indices(n, n_val, seed):
    import random

    val = random.Random(seed).sample(range(n), n_val)
    held_out = set(val)
    return [i for i in range(n) if i not in held_out], val

# %% split_indices right: numpy, sorted
import numpy as np

def split_indices(n, n_val, seed):
    order = np.random.default_rng(seed).permutation(n)
    return sorted(order[n_val:].tolist()), sorted(order[:n_val].tolist())

# %% split_indices right: the global state is put back
def split_indices(n, n_val, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        order = torch.randperm(n)
    return order[n_val:].tolist(), order[:n_val].tolist()

# %% split_indices right: Python's own generator shuffles
import random

def split_indices(n, n_val, seed):
    indices = list(range(n))
    random.Random(seed).shuffle(indices)
    val, train = indices[:n_val], indices[n_val:]
    return train, val

# %% split_indices right: torch's random_split
from torch.utils.data import random_split

def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed)
    train, val = random_split(range(n), [n - n_val, n_val], generator=own)
    return list(train.indices), list(val.indices)

# %% split_indices right: the state read and put back
def split_indices(n, n_val, seed):
    state = torch.get_rng_state()
    try:
        torch.manual_seed(seed)
        order = torch.randperm(n)
    finally:
        torch.set_rng_state(state)
    train, val = order.split([n - n_val, n_val])
    return sorted(train.tolist()), sorted(val.tolist())

# %% split_indices right: a number for each index, the smallest are held out
def split_indices(n, n_val, seed):
    import numpy

    own = numpy.random.RandomState(seed)
    order = own.rand(n).argsort()
    mask = numpy.zeros(n, dtype=bool)
    mask[order[:n_val]] = True
    return numpy.flatnonzero(~mask).tolist(), numpy.flatnonzero(mask).tolist()

# %% split_indices wrong: training has everything
# message: Your training list still holds every index, the held-out ones too. Then validation measures
#   what the network has seen.
def split_indices(n, n_val, seed):
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=g).tolist()
    return list(range(n)), order[:n_val]

# %% split_indices wrong: the seed is not used
# message: `seed` is never used, so the same arguments give another split each time. After a restart
#   your network would be examined on images that it has trained on.
def split_indices(n, n_val, seed):
    order = torch.randperm(n).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: drawn with replacement
# message: `randint` can draw the same index twice. Fewer different samples are then held out than
#   `n_val` says.
def split_indices(n, n_val, seed):
    g = torch.Generator().manual_seed(seed)
    val = torch.randint(max(n, 1), (n_val,), generator=g).tolist()
    return [i for i in range(n) if i not in val], val

# %% split_indices wrong: the tail is held out
# message: You always hold out the last ones. Data often come sorted, by class or by day; then the
#   tail is nothing like the rest. Draw at random.
def split_indices(n, n_val, seed):
    order = list(range(n))
    return order[: n - n_val], order[n - n_val :]

# %% split_indices wrong: a block of neighbours
# message: Only the place of your block is random; it is always neighbours that are held out. Every
#   combination should be possible.
def split_indices(n, n_val, seed):
    start = seed % max(n - n_val + 1, 1)
    val = list(range(start, start + n_val))
    return [i for i in range(n) if not start <= i < start + n_val], val

# %% split_indices wrong: the global generator is seeded
# message: `torch.manual_seed` seeds the generator of the whole program: after your function every other
#   random number is another one than without it. Use a generator of your own.
def split_indices(n, n_val, seed):
    torch.manual_seed(seed)
    order = torch.randperm(n).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: Python's generator is seeded
# message: `random.seed` seeds the generator of the whole program. `random.Random(seed)` makes one that is
#   yours alone.
def split_indices(n, n_val, seed):
    import random

    random.seed(seed)
    order = list(range(n))
    random.shuffle(order)
    return order[n_val:], order[:n_val]

# %% split_indices wrong: tensors
# message: You return tensors. The statement asks for lists of Python ints; `.tolist()` makes them.
def split_indices(n, n_val, seed):
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=g)
    return order[n_val:], order[:n_val]

# %% split_indices wrong: the two lists are swapped
# message: Your first list has n_val indices. The pair is (train, val), in this order.
def split_indices(n, n_val, seed):
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=g).tolist()
    return order[:n_val], order[n_val:]

# %% split_indices wrong: nothing held out means everything
# message: For `n_val=0` your slice `[-0:]` is the whole list, so everything is held out and nothing
#   is left to train on.
def split_indices(n, n_val, seed):
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=g).tolist()
    return order[:-n_val], order[-n_val:]

# %% split_indices wrong: a different shuffle for each list
# message: The two lists are cut from two different shuffles, so some samples are in both and others
#   in none. Shuffle once, then cut.
def split_indices(n, n_val, seed):
    g = torch.Generator().manual_seed(seed)
    train = torch.randperm(n, generator=g).tolist()[n_val:]
    val = torch.randperm(n, generator=g).tolist()[:n_val]
    return train, val

# %% split_indices wrong: the generator never hears of the seed
# message: You make a generator of your own, but nobody tells it `seed`. It begins at the same place
#   each time, and every seed gives the same split.
def split_indices(n, n_val, seed):
    own = torch.Generator()
    order = torch.randperm(n, generator=own).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: numpy's numbers
# message: Your lists hold numpy's integers, which `list(...)` leaves as they are; `.tolist()` makes
#   Python's own of them.
import numpy as np

def split_indices(n, n_val, seed):
    order = np.random.default_rng(seed).permutation(n)
    return list(order[n_val:]), list(order[:n_val])

# %% split_indices wrong: the seed put back, not the state
# message: Afterwards torch's generator begins anew from its old seed, so that numbers come again that have
#   been thrown already. What has to be put back is the *state*; better still, use a generator of your
#   own.
def split_indices(n, n_val, seed):
    old = torch.initial_seed()
    torch.manual_seed(seed)
    order = torch.randperm(n).tolist()
    torch.manual_seed(old)
    return order[n_val:], order[:n_val]

# %% split_indices wrong: numpy's generator is seeded
# message: `np.random.seed` seeds the generator of the whole program. `np.random.default_rng(seed)` makes one
#   that is yours alone.
def split_indices(n, n_val, seed):
    import numpy

    numpy.random.seed(seed)
    order = numpy.random.permutation(n).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: every so many samples
# message: Your held-out indices are equally spaced: chance decides only where they begin. Any
#   combination should be possible.
def split_indices(n, n_val, seed):
    step = max(n // max(n_val, 1), 1)
    val = sorted((seed + i * step) % n for i in range(n_val))
    if len(set(val)) < n_val:
        val = list(range(n_val))
    return [i for i in range(n) if i not in val], val

# %% split_indices wrong: a wheel of neighbours
# message: It is always neighbours that are held out; chance decides only where they begin. Every
#   combination should be possible.
def split_indices(n, n_val, seed):
    start = torch.randint(n, (1,), generator=torch.Generator().manual_seed(seed)).item()
    order = [(start + i) % n for i in range(n)]
    return order[n_val:], order[:n_val]

# %% split_indices wrong: index 0 is never held out
# message: Index 0 can never get into `val`. The indices begin with 0 and end with n − 1.
def split_indices(n, n_val, seed):
    import random

    val = random.Random(seed).sample(range(1, n), n_val) if n_val < n else list(range(n))
    return [i for i in range(n) if i not in val], val

# %% split_indices wrong: counted from 1
# message: Your indices run from 1 to n. They begin with 0 and end with n − 1.
def split_indices(n, n_val, seed):
    import random

    order = list(range(1, n + 1))
    random.Random(seed).shuffle(order)
    return order[n_val:], order[:n_val]

# %% split_indices wrong: the last index is lost
# message: The last index, n − 1, is in neither list: `range(n - 1)` ends before it.
def split_indices(n, n_val, seed):
    import random

    order = list(range(n - 1))
    random.Random(seed).shuffle(order)
    return order[n_val:], order[:n_val]

# %% split_indices wrong: a seed of 0 is taken for none
# message: With `seed=0` the split is another one each time: 0 counts as false in Python, and `if seed` takes
#   it for a seed that was not given.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed) if seed else None
    order = torch.randperm(n, generator=own).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: few seeds
# message: Different seeds give the same split, since your function makes the seed smaller first.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed % 100)
    order = torch.randperm(n, generator=own).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: half of the seeds
# message: Seeds that lie 2³¹ apart give one split. Every seed up to 2³² − 1 has one of its own.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed % 2**31)
    order = torch.randperm(n, generator=own).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: the seed is fixed
# message: Every seed gives the same split: the seed is written into your function.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(42)
    order = torch.randperm(n, generator=own).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: one generator for all calls
# message: The same arguments give another split the second time: your generator lives on from call to
#   call. Make and seed one in every call.
own = torch.Generator().manual_seed(0)

def split_indices(n, n_val, seed):
    order = torch.randperm(n, generator=own).tolist()
    return order[n_val:], order[:n_val]

# %% split_indices wrong: tuples
# message: You return tuples; lists are asked for.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed)
    order = tuple(torch.randperm(n, generator=own).tolist())
    return order[n_val:], order[:n_val]

# %% split_indices wrong: sets
# message: You return sets; lists are asked for.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=own).tolist()
    return set(order[n_val:]), set(order[:n_val])

# %% split_indices wrong: lists of tensors
# message: Your lists hold tensors. `.tolist()` makes Python ints.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed)
    order = list(torch.randperm(n, generator=own))
    return order[n_val:], order[:n_val]

# %% split_indices wrong: the val list only
# message: You return one list. A pair is asked for: `(train, val)`.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed)
    return torch.randperm(n, generator=own).tolist()[:n_val]

# %% split_indices wrong: the section's own split
# message: That is the split with the bugs: it can hold out a sample twice, trains on what it holds out,
#   and seeds the global generator.
def split_indices(n, n_val, seed):
    torch.manual_seed(seed)
    val = torch.randint(n, (n_val,))
    return list(range(n)), val.tolist()

# %% split_indices wrong: one sample too few is held out
# message: You hold out one sample less than `n_val` says.
def split_indices(n, n_val, seed):
    own = torch.Generator().manual_seed(seed)
    order = torch.randperm(n, generator=own).tolist()
    cut = max(n_val - 1, 0)
    return order[cut:], order[:cut]

# %% split_indices wrong: neighbours are rolled, not shuffled
# message: Your splits come from too few combinations: two indices that lie together are held out together.
def split_indices(n, n_val, seed):
    import random

    dice = random.Random(seed)
    pairs = [[i, i + 1] if i + 1 < n else [i] for i in range(0, n, 2)]
    dice.shuffle(pairs)
    order = [i for pair in pairs for i in pair]
    return order[n_val:], order[:n_val]

# %% split_indices wrong: seeds above 2**31 mirrored
# message: You make a negative number of a seed above 2**31, and drop its sign. So two different seeds give the same
#   split.
import random, ctypes
def split_indices(n, n_val, seed):
    order = random.Random(abs(ctypes.c_int32(seed).value)).sample(range(n), n)
    return order[n_val:], order[:n_val]

# %% split_indices domain
def domain(answer, draw):
    import random

    import numpy

    n = draw.size(40)
    n_val = draw.choice(0, n, draw.integer(0, n))
    seed = draw.choice(0, 1, 2**31, 2**32 - 1, draw.integer(0, 2**32 - 1), draw.integer(0, 9))
    state = torch.get_rng_state(), random.getstate(), numpy.random.get_state()[1].tolist()
    train, val = answer(n, n_val, seed)
    kept = [
        torch.equal(torch.get_rng_state(), state[0]),
        random.getstate() == state[1],
        numpy.random.get_state()[1].tolist() == state[2],
    ]
    torch.rand(1), random.random(), numpy.random.rand()
    again = answer(n, n_val, seed)
    others = [(seed + i) % 2**32 for i in (0, 1, 2, 2**16, 2**31)]
    splits = {tuple(sorted(answer(40, 13, other)[1])) for other in others}
    kinds = [type(part).__name__ for part in (train, val)], {type(i).__name__ for i in [*train, *val]}
    same = [sorted(a) == sorted(b) for a, b in zip((train, val), again)]
    return [sorted([*train, *val]), len(val), kinds, kept, same, len(splits)]
