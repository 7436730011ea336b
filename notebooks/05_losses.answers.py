# Known answers of chapter 5. Format: see the docstring of this folder's __init__.py.

# %% l1_loss right: one branch for each reduction
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError(f"shapes {tuple(pred.shape)} and {tuple(target.shape)} differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError(f"unknown reduction {reduction!r}")

# %% l1_loss right: F.l1_loss behind a shape check
import torch.nn.functional as F

def l1_loss(pred, target, reduction="mean"):
    if pred.size() != target.size():
        raise ValueError("pred and target need the same shape")
    return F.l1_loss(pred, target, reduction=reduction)

# %% l1_loss right: a table of functions
def l1_loss(pred, target, reduction="mean"):
    ways = {"mean": torch.mean, "sum": torch.sum, "none": lambda errors: errors}
    if reduction not in ways or list(pred.shape) != list(target.shape):
        raise ValueError("unknown reduction or different shapes")
    difference = torch.sub(pred, target)
    return ways[reduction](torch.where(difference < 0, -difference, difference))

# %% l1_loss right: the larger of the difference and its opposite
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    difference = pred - target
    errors = torch.maximum(difference, -difference)
    if reduction == "none":
        return errors
    total = errors.flatten().sum()
    return total / errors.numel() if reduction == "mean" else total

# %% l1_loss right: match, and the two sides by ReLU
def l1_loss(pred, target, reduction="mean"):
    if tuple(pred.shape) != tuple(target.shape):
        raise ValueError
    errors = (pred - target).relu() + (target - pred).relu()
    match reduction:
        case "mean":
            return torch.mean(errors)
        case "sum":
            return torch.sum(errors)
        case "none":
            return errors
    raise ValueError(reduction)

# %% l1_loss right: nn.L1Loss made, then called
def l1_loss(pred, target, reduction="mean"):
    if not pred.size() == target.size():
        raise ValueError(f"{pred.size()} is not {target.size()}")
    return torch.nn.L1Loss(reduction=reduction)(pred, target)

# %% l1_loss wrong: absolute value after adding up
# message: You take the absolute value of the sum. Errors of +2 and -2 then cancel to 0, as if
#   both predictions had been perfect. In which order do `abs` and the adding belong?
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    if reduction == "mean":
        return (pred - target).mean().abs()
    if reduction == "sum":
        return (pred - target).sum().abs()
    if reduction == "none":
        return (pred - target).abs()
    raise ValueError("unknown reduction")

# %% l1_loss wrong: no absolute value
# message: Your errors keep their sign, so a prediction that is too high makes the loss smaller.
#   The printed example hides it: there, every target is at least as large as the prediction.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = target - pred
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: an unknown reduction means the mean
# message: A misspelt `reduction` silently gives the mean. Whoever writes `reduction="average"`
#   should be told with a ValueError, not be given some number.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "none":
        return errors
    if reduction == "sum":
        return errors.sum()
    return errors.mean()

# %% l1_loss wrong: an unknown reduction means none
# message: Your last `return` takes every reduction that is neither "mean" nor "sum", a misspelt one
#   too. Whoever writes `reduction="average"` should be told with a ValueError.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    return errors

# %% l1_loss wrong: nothing is refused
# message: Neither of the two refusals is there yet: a reduction of another name and tensors of
#   different shapes both have to raise a ValueError.
def l1_loss(pred, target, reduction="mean"):
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    return errors

# %% l1_loss wrong: summed up as plain numbers
# message: You take the numbers out of the tensors and put their sum into a new one. That one knows
#   nothing of `pred`, so no gradient gets back. Work on the whole tensors, without a loop.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    total = torch.tensor(sum(errors.flatten().tolist()), dtype=pred.dtype)
    if reduction == "mean":
        return total / pred.numel()
    if reduction == "sum":
        return total
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the error is returned, not raised
# message: You return a ValueError. The caller then goes on with an exception object for a loss; it
#   stops only at `raise`.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        return ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    return ValueError("unknown reduction")

# %% l1_loss wrong: a Python number instead of a tensor
# message: You return a plain number. The value is right, but the graph behind it is gone, so no
#   `backward()` can start from it. A loss stays a tensor until it is only to be printed.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean().item()
    if reduction == "sum":
        return errors.sum().item()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: shapes are not compared
# message: Different shapes get through. (3, 1) against (3,) is stretched to 3 × 3 pairs, and the
#   loss compares every prediction with every target. The statement asks for a ValueError.
def l1_loss(pred, target, reduction="mean"):
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: only the number of elements is compared
# message: You compare how many elements there are. (3, 1) and (3,) both have three and still
#   broadcast to nine pairs: it is the shapes that have to agree.
def l1_loss(pred, target, reduction="mean"):
    if pred.numel() != target.numel():
        raise ValueError("different numbers of elements")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: assert instead of ValueError
# message: An `assert` raises AssertionError, and `python -O` leaves it out altogether. For an
#   argument that a caller got wrong the statement asks for a ValueError.
def l1_loss(pred, target, reduction="mean"):
    assert pred.shape == target.shape
    assert reduction in ("mean", "sum", "none")
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: divided by the batch size only
# message: You divide by the length of the first axis. "mean" is over all elements; the two agree
#   only for 1-D tensors such as the printed example.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.sum() / len(errors)
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: squares instead of absolute values
# message: These are squared errors, the loss of the next exercise. L1 takes each error as it is,
#   without its sign.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target) ** 2
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the root of the square
# message: At an exact hit your gradient is NaN: `sqrt` is infinitely steep at 0, and infinity
#   times 0 is no number. One NaN is enough to spoil every weight. The values are right;
#   which function takes a sign away without a root?
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = ((pred - target) ** 2).sqrt()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the prediction overwritten
# message: You subtract in place, so the caller's `pred` holds the errors afterwards. And where
#   `pred` requires a gradient, torch does not even allow it.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    pred -= target
    errors = pred.abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the target overwritten
# message: Your numbers are right, but you subtract in place: the caller's `target` holds the
#   errors afterwards, and the next loss computed from it is wrong.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = target.sub_(pred).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the prediction made to require a gradient
# message: Your numbers are right, but after the call the caller's `pred` requires a gradient.
#   Whether it does is the caller's affair.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    pred.requires_grad_()
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: everything in float32
# message: Your result is float32 whatever comes in. The dtype of `pred` is wanted, and for
#   float64 the digits beyond float32 are lost on the way.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred.float() - target.float()).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: computed in float32, then turned back
# message: Your result has the dtype of `pred`, but on the way it went through float32, and the
#   digits of a float64 beyond those of a float32 are gone.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred.float() - target.float()).abs().to(pred.dtype)
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the number of axes is compared
# message: You compare how many axes there are. (4,) and (1,) both have one, and the 1 is
#   stretched to 4: it is the shapes that have to agree.
def l1_loss(pred, target, reduction="mean"):
    if pred.dim() != target.dim():
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the lengths are compared
# message: You compare `len(pred)` with `len(target)`, the first axes only. (3, 1) and (3,) are
#   equally long and still broadcast; and a tensor without axes has no length. It is the
#   whole shapes that have to agree.
def l1_loss(pred, target, reduction="mean"):
    if len(pred) != len(target):
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: only what does not broadcast is refused
# message: You turn torch's own error into a ValueError. But torch raises none where it can
#   stretch a tensor: (3, 1) against (3,) gives a number. Compare the shapes yourself.
def l1_loss(pred, target, reduction="mean"):
    try:
        errors = (pred - target).abs()
    except RuntimeError:
        raise ValueError("shapes differ") from None
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: shapes compared for the mean only
# message: For `"sum"` and `"none"` different shapes get through. Compare them once, before you
#   ask which reduction is wanted.
def _same(pred, target, loss):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return loss

def l1_loss(pred, target, reduction="mean"):
    errors = (pred - target).abs()
    if reduction == "mean":
        return _same(pred, target, errors.mean())
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: one memory layout only
# message: Your code stops for tensors that lie transposed in memory: `view` needs them in one
#   piece. `flatten` and `reshape` work for every layout, and here neither is needed.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred.view(-1) - target.view(-1)).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors.view(pred.shape)
    raise ValueError("unknown reduction")

# %% l1_loss wrong: axes of size 1 dropped
# message: With `"none"` your errors lose their axes of size 1: a column (3, 1) comes back as
#   (3,). The shape is to be that of `pred`.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors.squeeze()
    raise ValueError("unknown reduction")

# %% l1_loss wrong: reduced along the last axis only
# message: You reduce one axis. With several axes, `"mean"` and `"sum"` then still have a shape:
#   both are over all elements, down to a single number of shape ().
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean(-1)
    if reduction == "sum":
        return errors.sum(-1)
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: upper and lower case are the same
# message: `"Mean"` gets through. The names are `"mean"`, `"sum"` and `"none"` exactly; any other
#   one raises ValueError, and so does None.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    reduction = str(reduction).lower()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: nothing said means the mean
# message: An empty string and `None` are taken for `"mean"`. They are none of the three names,
#   so they have to raise ValueError; only leaving the argument out means the mean.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    reduction = reduction or "mean"
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: KeyError for an unknown reduction
# message: An unknown `reduction` ends in a KeyError, which speaks of your dictionary and not of the
#   argument. The statement asks for a ValueError.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    return {"mean": errors.mean(), "sum": errors.sum(), "none": errors}[reduction]

# %% l1_loss wrong: the default is the sum
# message: Without a `reduction` you add the errors up. The default is `"mean"`.
def l1_loss(pred, target, reduction="sum"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: mean and sum exchanged
# message: `"mean"` gives the sum and `"sum"` gives the mean.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.sum()
    if reduction == "sum":
        return errors.mean()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: the tensors handed to the constructor
# message: `nn.L1Loss(pred, target)` makes a loss object and takes your tensors for its settings. A
#   loss of `nn` is made first and called afterwards, with two pairs of parentheses.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return torch.nn.L1Loss(pred, target, reduction=reduction)

# %% l1_loss wrong: a square for small errors
# message: Errors below 1 come out too small and all larger ones by one half: that is the Huber
#   loss (smooth L1). L1 is a straight line on both sides.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    wide = (pred - target).abs()
    errors = torch.where(wide < 1, wide**2 / 2, wide - 0.5)
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: no graph for any reduction
# message: The values are right, but no gradient gets back to `pred`, not even for `"none"`: your
#   result is cut off from it, as by `detach()`, `no_grad()` or numpy.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs().detach()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: a small number under the root
# message: Where a prediction hits its target exactly, your error is not 0: the small number
#   under the root remains. Which function takes a sign away without a root?
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = ((pred - target) ** 2 + 1e-12).sqrt()
    if reduction == "mean":
        return errors.mean()
    if reduction == "sum":
        return errors.sum()
    if reduction == "none":
        return errors
    raise ValueError("unknown reduction")

# %% l1_loss wrong: added up in the narrow dtype
# message: You add the errors up one by one in the dtype of `pred`. In bfloat16 and float16 a large sum no
#   longer changes when a small number is added: with many errors too little comes out. `sum()` and
#   `mean()` take care of that.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    errors = (pred - target).abs()
    if reduction == "none":
        return errors
    total = torch.zeros((), dtype=pred.dtype)
    for error in errors.flatten():
        total = total + error
    return total / errors.numel() if reduction == "mean" else total
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: bfloat16 by way of float16
# message: You turn bfloat16 into float16 on the way. A float16 ends at 65504, a bfloat16 near 3e38: large
#   errors become inf.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    if pred.dtype == torch.bfloat16:
        errors = (pred.half() - target.half()).abs().to(pred.dtype)
    else:
        errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: no graph in half precision
# message: In float16 and bfloat16 your result is cut off from `pred`: no gradient gets back. The statement
#   asks for it in every dtype.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    if pred.dtype in (torch.float16, torch.bfloat16):
        errors = (pred.detach() - target).abs()
    else:
        errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: no graph for a single number
# message: For tensors without axes you take the number out and make a new tensor of it: no gradient gets
#   back to `pred`. They need no case of their own.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    if pred.dim() == 0:
        return torch.tensor(abs(pred.item() - target.item()), dtype=pred.dtype)
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: no graph for float64
# message: For float64 your result is cut off from `pred`: no gradient gets back. The statement asks for it
#   in every dtype.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    if pred.dtype == torch.float64:
        errors = torch.from_numpy(abs(pred.detach().numpy() - target.detach().numpy()))
    else:
        errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: NaN left out
# message: You leave errors out that are NaN. A loss that is NaN says that something went wrong: it is to
#   be seen.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    errors = (pred - target).abs()
    if reduction == "mean":
        return errors.nanmean()
    if reduction == "sum":
        return errors.nansum()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: NaN and infinity replaced
# message: You put other numbers in place of NaN and of infinity. A loss that is NaN or inf says that
#   something went wrong: it is to be seen.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    errors = torch.nan_to_num((pred - target).abs())
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: large errors cut off
# message: You cut large errors off at a fixed number. L1 has no upper limit.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    errors = (pred - target).abs().clamp(max=1e4)
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: the old gradient cleared
# message: Your numbers are right, but what lay in the caller's `pred.grad` is gone. Whether old gradients
#   are cleared is the caller's affair.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    pred.grad = None
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: the target taken out of the graph
# message: Your numbers are right, but after the call the caller's `target` no longer requires a gradient.
#   `detach()` would give you another tensor.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    target.requires_grad_(False)
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: autograd switched on
# message: Your numbers are right, but whoever calls you under `torch.no_grad()` finds autograd switched on
#   afterwards.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    torch.set_grad_enabled(True)
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: a graph under no_grad
# message: You switch autograd on for your own lines. Whoever calls you under `torch.no_grad()` wants no
#   graph, and gets one.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    with torch.enable_grad():
        errors = (pred - target).abs()
        return errors if reduction == "none" else getattr(errors, reduction)()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: the result made to require a gradient
# message: Your result requires a gradient, even where nothing does from which it was computed.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    errors = (pred - target).abs()
    errors = errors if reduction == "none" else getattr(errors, reduction)()
    return errors.requires_grad_()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: spaces around the name do not matter
# message: A name with spaces around it is taken for the name without them. It is none of the three, so it
#   has to raise ValueError.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or not isinstance(reduction, str):
        raise ValueError("different shapes, or no name")
    reduction = reduction.strip()
    if reduction not in ("mean", "sum", "none"):
        raise ValueError("unknown reduction")
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: the beginning of the name decides
# message: You look at the beginning of the name only: `"means"` is taken for `"mean"`. It is none of the
#   three, so it has to raise ValueError.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or not isinstance(reduction, str):
        raise ValueError("different shapes, or no name")
    for known in ("mean", "sum", "none"):
        if reduction.startswith(known):
            errors = (pred - target).abs()
            return errors if known == "none" else getattr(errors, known)()
    raise ValueError("unknown reduction")
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: 0 and False mean none
# message: `False` and 0 are taken for `"none"`. They are none of the three names, so they have to raise
#   ValueError.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    if reduction == 0:
        reduction = "none"
    if reduction not in ("mean", "sum", "none"):
        raise ValueError("unknown reduction")
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: equal tensors need no name
# message: Where the tensors are equal you return before you look at `reduction`, so that any name gets
#   through.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    errors = (pred - target).abs()
    if torch.equal(pred, target) and reduction != "none":
        return errors.sum()
    if reduction not in ("mean", "sum", "none"):
        raise ValueError("unknown reduction")
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: single numbers of every shape
# message: You let tensors of one element pass, whatever their shapes: () and (1,) are two different
#   shapes.
def l1_loss(pred, target, reduction="mean"):
    if pred.numel() != target.numel() or pred.numel() > 1 and pred.shape != target.shape:
        raise ValueError("shapes differ")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError("unknown reduction")
    errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss wrong: numbers in the order of memory
# message: Where tensors do not lie in one piece, you pair numbers as they lie in memory. Two tensors of
#   one shape can lie there in different orders, or share their rows.
def l1_loss(pred, target, reduction="mean"):
    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise ValueError("different shapes, or an unknown reduction")
    if not pred.is_contiguous() and reduction != "none":
        first, second = (x.as_strided((pred.numel(),), (1,)) for x in (pred, target))
        errors = (first - second).abs()
    else:
        errors = (pred - target).abs()
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss right: an error class of its own
def l1_loss(pred, target, reduction="mean"):
    class WrongArgument(ValueError):
        pass

    if pred.shape != target.shape or reduction not in ("mean", "sum", "none"):
        raise WrongArgument(reduction)
    errors = torch.maximum(pred, target) - torch.minimum(pred, target)
    return errors if reduction == "none" else getattr(errors, reduction)()

# %% l1_loss domain
def domain(answer, draw):
    half = draw.flag(0.3)  # of these few numbers every sum is exact, and so is its mean
    count = draw.integer(0, 2) if half else draw.integer(0, 3)
    shape = [draw.choice(1, 2, 4) if half else draw.size(4) for _ in range(count)]
    if half:
        pred = draw.tensor(*shape, dtypes=draw.HALVES, values=("few",))
        target = draw.tensor(*shape, dtypes=(pred.dtype,), values=("few", "zeros")).round()
    else:
        pred = draw.tensor(*shape)
        target = draw.like(pred)
    leaf = pred.detach().requires_grad_(draw.flag())
    kind = draw.choice("fits", "fits", "another shape", "another name")
    way = draw.choice("mean", "sum", "none")
    if kind == "another shape":
        others = [target[None], target[..., None], target.expand(2, *shape), target.flatten(), target.sum()]
        others += [target.mT, target[..., :1]] if count > 1 else []
        target = draw.choice(*(other for other in others if other.shape != pred.shape))
        given = (leaf, target) if draw.flag() else (target, leaf)
        found = [probes.outcome(answer, *given, way)]
    elif kind == "another name":
        way = draw.choice("", None, "Mean", "NONE", "average", "sums", " mean", 0, 1, True, False)
        found = [probes.outcome(answer, leaf, target, way)]
    else:
        plain = (way,) if way != "mean" or draw.flag() else ()
        result, again = answer(leaf, target, *plain), answer(pred, target, *plain)
        slope = probes.gradients(lambda p: answer(p, target, *plain), pred)["gradients"][0]
        inside = (pred == target) & (slope.abs() <= 1)
        found = [result, result.requires_grad, again, slope.masked_fill(inside, 0)]
    return [found, leaf, leaf.requires_grad, leaf.grad, target, target.requires_grad]

# %% mse_loss right: float first, then the mean of squares
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError(f"shapes {tuple(pred.shape)} and {tuple(target.shape)} differ")
    difference = pred.float() - target.float()
    return (difference**2).mean()

# %% mse_loss right: nn.MSELoss made, then called
def mse_loss(pred, target):
    if pred.size() != target.size():
        raise ValueError("pred and target need the same shape")
    criterion = torch.nn.MSELoss()
    return criterion(pred.to(torch.float32), target.to(torch.float32))

# %% mse_loss right: a dot product of the differences
def mse_loss(pred, target):
    if tuple(pred.shape) != tuple(target.shape):
        raise ValueError("different shapes")
    difference = (1.0 * (pred - target)).flatten()
    return torch.dot(difference, difference) / difference.numel()

# %% mse_loss right: F.mse_loss behind a shape check, whole numbers turned before
import torch.nn.functional as F

def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError(f"{pred.shape} is not {target.shape}")
    if not pred.is_floating_point():
        pred, target = pred.float(), target.float()
    return F.mse_loss(pred, target)

# %% mse_loss right: the mean is told its dtype
def mse_loss(pred, target):
    if pred.size() != target.size():
        raise ValueError
    return torch.square(pred - target).mean(dtype=torch.float32)

# %% mse_loss right: the sum divided by the number of elements
def mse_loss(pred, target):
    if list(pred.shape) != list(target.shape):
        raise ValueError("shapes differ")
    squares = (target - pred).pow(2)
    return squares.sum().to(torch.float32) / squares.numel()

# %% mse_loss wrong: shapes are not compared
# message: (3, 1) against (3,) gets through: broadcasting makes 3 × 3 differences of it, and their
#   mean is a number that looks like a loss. The statement asks for a ValueError.
def mse_loss(pred, target):
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: only the number of elements is compared
# message: You compare how many elements there are, and (3, 1) has as many as (3,). The two still
#   broadcast to nine differences: it is the shapes that have to agree.
def mse_loss(pred, target):
    if pred.numel() != target.numel():
        raise ValueError("different numbers of elements")
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: only the lengths are compared
# message: You compare the lengths of the first axes. (3, 1) and (3,) are equally long and still
#   broadcast to nine differences: it is the whole shapes that have to agree.
def mse_loss(pred, target):
    if len(pred) != len(target):
        raise ValueError("different lengths")
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: assert instead of ValueError
# message: An `assert` raises AssertionError, and `python -O` leaves it out altogether. For arguments
#   that do not fit together the statement asks for a ValueError.
def mse_loss(pred, target):
    assert pred.shape == target.shape
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: shapes are made to fit
# message: You reshape the target until it fits. A caller with the wrong shape has usually mixed
#   something up: say so with a ValueError instead of pairing numbers by luck.
def mse_loss(pred, target):
    if pred.numel() != target.numel():
        raise ValueError("different numbers of elements")
    return ((pred.float() - target.float().reshape(pred.shape)) ** 2).mean()

# %% mse_loss wrong: a warning instead of an error
# message: A warning is what PyTorch gives, and it is easily overlooked in the output of a long
#   run: the wrong number is still returned. Here a mismatch has to stop the caller (ValueError).
import warnings

def mse_loss(pred, target):
    if pred.shape != target.shape:
        warnings.warn("shapes differ")
        return torch.tensor(float("nan"))
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: the tensors handed to the constructor
# message: `nn.MSELoss(pred, target)` makes a loss object and takes your tensors for its settings.
#   A loss of `nn` is made first and called afterwards, with two pairs of parentheses.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return torch.nn.MSELoss(pred.float(), target.float())

# %% mse_loss wrong: sum instead of mean
# message: You add the squares up. The M of MSE stands for mean: without the division, the loss
#   grows with the size of the batch.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).sum()

# %% mse_loss wrong: divided by the batch size only
# message: You divide by the length of the first axis. The mean is over all elements; the two agree
#   only for 1-D tensors such as the printed example.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).sum() / len(pred)

# %% mse_loss wrong: computed in float64
# message: Your result is float64. More digits than needed, and the next layer or optimizer that
#   expects float32 stumbles over them.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.double() - target.double()) ** 2).mean()

# %% mse_loss wrong: whole numbers are not converted
# message: For float tensors all is right, but for whole numbers your code stops: there is no mean
#   of an int64 tensor. What has to happen to the numbers before the mean is taken?
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred - target) ** 2).mean()

# %% mse_loss wrong: the root is taken
# message: You take the square root at the end: that is the root-mean-square error. It has the unit
#   of the data, but it is not the MSE.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean().sqrt()

# %% mse_loss wrong: a Python number instead of a tensor
# message: The value is right, but it is a plain number: the graph behind it is gone, and
#   `backward()` has nothing to start from.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean().item()

# %% mse_loss wrong: times two instead of squared
# message: You double the differences (`* 2`) instead of squaring them, so errors of opposite sign
#   cancel. The printed example has the one error for which its double is its square.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((target.float() - pred.float()) * 2).mean()

# %% mse_loss wrong: the number of axes is compared
# message: You compare how many axes there are. (4,) and (1,) both have one, and the 1 is
#   stretched to 4: it is the shapes that have to agree.
def mse_loss(pred, target):
    if pred.dim() != target.dim():
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: only what does not broadcast is refused
# message: You turn torch's own error into a ValueError. But torch raises none where it can
#   stretch a tensor: (3, 1) against (3,) gives a number. Compare the shapes yourself.
def mse_loss(pred, target):
    try:
        difference = pred.float() - target.float()
    except RuntimeError:
        raise ValueError("shapes differ") from None
    return (difference**2).mean()

# %% mse_loss wrong: the error is returned, not raised
# message: You return a ValueError. The caller then goes on with an exception object for a loss;
#   it stops only at `raise`.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        return ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: the mean rounded to a whole number
# message: For whole numbers your mean is a whole number as well: `//` throws away what is behind
#   the point. A mean of whole numbers need not be whole.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    squares = (pred - target) ** 2
    if not squares.is_floating_point():
        return (squares.sum() // squares.numel()).float()
    return squares.mean()

# %% mse_loss wrong: whole numbers give a whole number
# message: For whole numbers your result is int64: you turn the mean back into the dtype of
#   `pred`, and what is behind the point is lost. The result is to be float32.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean().to(pred.dtype)

# %% mse_loss wrong: whole numbers give a float64
# message: For float32 all is right, but for whole numbers your result is float64. float32 is
#   asked for, whatever comes in.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    if not pred.is_floating_point():
        pred, target = pred.double(), target.double()
    return ((pred - target) ** 2).mean()

# %% mse_loss wrong: the prediction overwritten
# message: You subtract in place, so the caller's `pred` holds the differences afterwards. And
#   where `pred` requires a gradient, torch does not even allow it.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    pred -= target
    return (pred.float() ** 2).mean()

# %% mse_loss wrong: the target overwritten
# message: Your numbers are right, but you subtract in place: the caller's `target` holds the
#   differences afterwards, and the next loss computed from it is wrong.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = target.sub_(pred)
    return (difference.float() ** 2).mean()

# %% mse_loss wrong: the root of each square
# message: At an exact hit your gradient is NaN: on the way there is a `sqrt` or a power of 0
#   that is infinitely steep at 0. The square needs neither.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    distance = ((pred - target).float() ** 2).sqrt()
    return (distance**2).mean()

# %% mse_loss wrong: the graph is cut
# message: The number is right, but no gradient gets back to `pred`: your result is cut off from
#   it, as by `detach()`, `no_grad()` or `torch.tensor(...)`.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.detach().float() - target.float()) ** 2).mean()

# %% mse_loss wrong: one memory layout only
# message: Your code stops for tensors that lie transposed in memory: `view` needs them in one
#   piece. `flatten` and `reshape` work for every layout, and here neither is needed.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.view(-1).float() - target.view(-1).float()) ** 2).mean()

# %% mse_loss wrong: averaged along the last axis only
# message: You average one axis, so with several axes the result still has a shape. The mean is
#   over all elements, down to a single number of shape ().
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean(-1)

# %% mse_loss wrong: the result has an axis
# message: Your result has one element, but also an axis: its shape is (1,). A loss has shape ().
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean().reshape(1)

# %% mse_loss wrong: half the square
# message: Your result is half as large as it should be. Some books put 1/2 before the square, so
#   that the gradient looks nicer; here it is the plain mean.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred.float() - target.float()) ** 2).mean() / 2

# %% mse_loss wrong: absolute values instead of squares
# message: These are absolute differences, the loss of the exercise before. The S of MSE stands
#   for squared.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return (pred.float() - target.float()).abs().mean()

# %% mse_loss wrong: the difference of the squares
# message: You square each number and then subtract. (3 − 5)² is 4, but 3² − 5² is −16: subtract
#   first.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return (target.float() ** 2 - pred.float() ** 2).mean()

# %% mse_loss wrong: the square of the mean
# message: You average the differences first and square their mean, so that errors of opposite
#   sign cancel. Square each one before the mean.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return (pred.float() - target.float()).mean() ** 2

# %% mse_loss wrong: divided by one less
# message: You divide by one less than the number of elements, as for a variance; with a single
#   number that is 0. The mean divides by how many there are.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    squares = (pred.float() - target.float()) ** 2
    return squares.sum() / (squares.numel() - 1)

# %% mse_loss wrong: the prediction made to require a gradient
# message: Your numbers are right, but after the call the caller's `pred` requires a gradient.
#   Whether it does is the caller's affair.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    if pred.is_floating_point():
        pred.requires_grad_()
    return ((pred.float() - target.float()) ** 2).mean()

# %% mse_loss wrong: whole numbers in half precision
# message: Large whole numbers give inf: they go by way of float16, which ends at 65,504, and a
#   difference of 3,000, squared, is far beyond. Turn them into float32.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    if not pred.is_floating_point():
        pred, target = pred.half(), target.half()
    return ((pred - target) ** 2).float().mean()

# %% mse_loss wrong: whole numbers in sixteen bits
# message: Large whole numbers come out wrong: they are squeezed into so small an integer dtype that
#   the differences and squares wrap round. Turn them into float32.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    if not pred.is_floating_point():
        pred, target = pred.to(torch.int16), target.to(torch.int16)
    return ((pred - target) ** 2).float().mean()

# %% mse_loss wrong: no graph for a single number
# message: For a single number you make a new tensor of it: no gradient gets back to `pred`. It needs no
#   case of its own.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = (pred - target).float()
    if difference.numel() == 1:
        return torch.tensor(difference.item() ** 2)
    return (difference**2).mean()

# %% mse_loss wrong: squared in 32 bits
# message: For whole numbers you square in int32, which ends near 2.1 · 10⁹: the square of 50,000 is beyond
#   it and comes out wrong.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = pred - target
    if pred.dtype == torch.int64:
        difference = difference.int()
    return (difference * difference).float().mean()

# %% mse_loss wrong: large squares cut off
# message: You cut large squares off at a fixed number. The squared error has no upper limit.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return ((pred - target).float() ** 2).clamp(max=1e8).mean()

# %% mse_loss wrong: numbers in the order of memory
# message: Where tensors do not lie in one piece, you pair numbers as they lie in memory. Two tensors of
#   one shape can lie there in different orders, or share their rows.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    if not pred.is_contiguous():
        pred, target = (x.as_strided((x.numel(),), (1,)) for x in (pred, target))
    return ((pred - target).float() ** 2).mean()

# %% mse_loss wrong: the old gradient cleared
# message: Your numbers are right, but what lay in the caller's `pred.grad` is gone. Whether old gradients
#   are cleared is the caller's affair.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    pred.grad = None
    return ((pred - target).float() ** 2).mean()

# %% mse_loss wrong: the target taken out of the graph
# message: Your numbers are right, but after the call the caller's `target` no longer requires a gradient.
#   `detach()` would give you another tensor.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    target.requires_grad_(False)
    return ((pred - target).float() ** 2).mean()

# %% mse_loss wrong: autograd switched on
# message: Your numbers are right, but whoever calls you under `torch.no_grad()` finds autograd switched on
#   afterwards.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    torch.set_grad_enabled(True)
    return ((pred - target).float() ** 2).mean()

# %% mse_loss wrong: a graph under no_grad
# message: You switch autograd on for your own lines. Whoever calls you under `torch.no_grad()` wants no
#   graph, and gets one.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    with torch.enable_grad():
        return ((pred - target).float() ** 2).mean()

# %% mse_loss wrong: the result made to require a gradient
# message: Your result requires a gradient, even where nothing does from which it was computed.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    return (((pred - target).float() ** 2).mean()).requires_grad_()

# %% mse_loss wrong: NaN replaced
# message: You put 0 in place of NaN. A loss that is NaN says that something went wrong: it is to be seen.
def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = torch.nan_to_num((pred - target).float())
    return (difference**2).mean()

# %% mse_loss domain
def domain(answer, draw):
    shape = [draw.size(4) for _ in range(draw.integer(0, 3))]
    pred = draw.tensor(*shape, dtypes=(torch.float32, torch.int64))
    target = draw.like(pred)
    whole = not pred.is_floating_point()
    if whole:
        scale = draw.choice(1, 1, 50)
        pred, target = pred * scale, target * scale
    leaf = pred.detach().requires_grad_(not whole and draw.flag())
    if draw.flag(0.3):
        others = [target[None], target[..., None], target.expand(2, *shape), target.flatten(), target.sum()]
        others += [target.mT, target[..., :1]] if len(shape) > 1 else []
        target = draw.choice(*(other for other in others if other.shape != pred.shape))
        given = (leaf, target) if draw.flag() else (target, leaf)
        found = [probes.outcome(answer, *given)]
    else:
        result = answer(leaf, target)
        found = [result, result.requires_grad]
        if not whole:
            found.append(probes.gradients(lambda p: answer(p, target), pred)["gradients"])
    return [found, leaf, leaf.requires_grad, leaf.grad, target, target.requires_grad]

# %% ce_by_hand right: the largest score taken out
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return largest + math.log(total) - scores[cls]

# %% ce_by_hand right: two scores at a time
import math
from functools import reduce

def ce_by_hand(scores, cls):
    def log_add(a, b):
        return max(a, b) + math.log1p(math.exp(-abs(a - b)))

    return float(reduce(log_add, scores) - scores[cls])

# %% ce_by_hand right: shifted by the top of a sorted copy
import math

def ce_by_hand(scores, cls):
    top = sorted(scores)[-1]
    shifted = [score - top for score in scores]
    return math.log(math.fsum(map(math.exp, shifted))) - shifted[cls]

# %% ce_by_hand right: a loop, and the differences to the right class
import math

def ce_by_hand(scores, cls):
    differences = [score - scores[cls] for score in scores]
    top = max(differences)
    total = 0.0
    for difference in differences:
        total += math.exp(difference - top)
    return top + math.log(total)

# %% ce_by_hand right: decimals that neither overflow nor vanish
from decimal import Decimal

def ce_by_hand(scores, cls):
    total = sum(Decimal(score).exp() for score in scores)
    return float(total.ln() - Decimal(scores[cls]))

# %% ce_by_hand wrong: the formula as printed
# message: That is the formula exactly as it is printed, and for scores of ordinary size it is
#   right. For scores near 1000, `math.exp` overflows; near -1000 every term of the sum is 0. Which
#   number could you take out of all scores first without changing the result?
import math

def ce_by_hand(scores, cls):
    return -scores[cls] + math.log(sum(math.exp(score) for score in scores))

# %% ce_by_hand wrong: probabilities first
# message: You compute the probabilities and take the logarithm of one. That is right for scores of
#   ordinary size; near 1000 `math.exp` overflows, near -1000 you divide 0 by 0. Which number could
#   you take out of all scores first, and does the fraction have to be formed at all?
import math

def ce_by_hand(scores, cls):
    weights = [math.exp(score) for score in scores]
    return -math.log(weights[cls] / sum(weights))

# %% ce_by_hand wrong: the fraction is still formed
# message: The largest score is out, so nothing overflows any more. But where the right class lies far
#   behind, its exponential is 0, and the logarithm of 0 stops you. Take the fraction apart, as the
#   formula does: then the exponential of the right score is never needed.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    weights = [math.exp(score - largest) for score in scores]
    return -math.log(weights[cls] / sum(weights))

# %% ce_by_hand wrong: the largest score is not put back
# message: You took the largest score out of the sum and not out of the right score, so your result is
#   off by exactly that much. What leaves on one side has to leave on the other.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    return -scores[cls] + math.log(sum(math.exp(score - largest) for score in scores))

# %% ce_by_hand wrong: only large scores are shifted
# message: You shift the scores only when they are too large. Near -1000 every exponential is 0, and
#   the logarithm of 0 stops the function. Shifting does no harm to ordinary scores: do it always.
import math

def ce_by_hand(scores, cls):
    if max(scores) > 700:
        largest = max(scores)
        scores = [score - largest for score in scores]
    return -scores[cls] + math.log(sum(math.exp(score) for score in scores))

# %% ce_by_hand wrong: the sign turned round
# message: Your loss is negative: it is the logarithm of the probability. A logarithm of something
#   below 1 is negative, and the loss is its opposite.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return scores[cls] - largest - math.log(total)

# %% ce_by_hand wrong: softmax taken twice
# message: You turn the scores into probabilities and then put those into the formula, which takes
#   the exponential a second time. The formula wants the scores themselves.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    weights = [math.exp(score - largest) for score in scores]
    probabilities = [weight / sum(weights) for weight in weights]
    return math.log(sum(math.exp(p) for p in probabilities)) - probabilities[cls]

# %% ce_by_hand wrong: overflow caught, underflow forgotten
# message: You catch the overflow of large scores. But with scores around -1000 every exponential
#   is 0, and the logarithm of 0 stops the function. One idea heals both ends at once.
import math

def ce_by_hand(scores, cls):
    try:
        return -scores[cls] + math.log(sum(math.exp(score) for score in scores))
    except OverflowError:
        return max(scores) - scores[cls]

# %% ce_by_hand wrong: shifted by the class's own score
# message: Taking `scores[cls]` out of all scores is right on paper, but when another score is 1000
#   larger, its exponential still overflows. After the shift no score should be above 0.
import math

def ce_by_hand(scores, cls):
    return math.log(sum(math.exp(score - scores[cls]) for score in scores))

# %% ce_by_hand wrong: large scores cut off
# message: You cut the scores off before the exponential, so that it cannot overflow. A score of
#   1000 then counts as 700: the error is gone, and the number is wrong.
import math

def ce_by_hand(scores, cls):
    cut = [min(max(score, -700.0), 700.0) for score in scores]
    return -cut[cls] + math.log(sum(math.exp(score) for score in cut))

# %% ce_by_hand wrong: the list is sorted in place
# message: Your numbers are right, but `scores.sort()` leaves the caller's list in another order.
#   The next question about class 1 would then get another class's score.
import math

def ce_by_hand(scores, cls):
    own = scores[cls]
    scores.sort()
    largest = scores[-1]
    return largest + math.log(sum(math.exp(score - largest) for score in scores)) - own

# %% ce_by_hand wrong: the scores are shifted in place
# message: Your numbers are right, but you write the shifted scores into the caller's list. The next
#   loss computed from it would start from other scores.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    for i in range(len(scores)):
        scores[i] -= largest
    return math.log(sum(math.exp(score) for score in scores)) - scores[cls]

# %% ce_by_hand wrong: logarithm to base ten
# message: You use the logarithm to base 10. It has to undo `math.exp`, so its base is e.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return largest + math.log10(total) - scores[cls]

# %% ce_by_hand wrong: the right class left out of the sum
# message: Your sum runs over the other classes only. The right class belongs to it as well: the
#   probabilities of all classes share the 1.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    others = [math.exp(s - largest) for i, s in enumerate(scores) if i != cls]
    return largest + math.log(sum(others)) - scores[cls]

# %% ce_by_hand wrong: always the highest score
# message: You take the score of the class that wins, whatever `cls` says. That asks how sure the
#   network is, not how right.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    return math.log(sum(math.exp(score - largest) for score in scores))

# %% ce_by_hand wrong: torch does the work
# message: This exercise is about doing it yourself: Python and `math` only, nothing of torch.
import torch

def ce_by_hand(scores, cls):
    x = torch.tensor(scores, dtype=torch.float64)
    return (torch.logsumexp(x, 0) - x[cls]).item()

# %% ce_by_hand wrong: equal scores counted once
# message: Equal scores are counted once. Two classes may have the same score, and both belong to
#   the sum.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in set(scores))
    return largest + math.log(total) - scores[cls]

# %% ce_by_hand wrong: three classes only
# message: You add up the first three classes, as in the example. There may be two of them, or
#   twenty.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores[:3])
    return largest + math.log(total) - scores[cls]

# %% ce_by_hand wrong: a fixed number taken out
# message: You take the same number out of all scores, whatever they are. Scores of another size
#   still overflow, or vanish all together. The number has to come from the scores.
import math

def ce_by_hand(scores, cls):
    shift = 1000 if max(scores) > 500 else -1000 if max(scores) < -500 else 0
    total = sum(math.exp(score - shift) for score in scores)
    return shift + math.log(total) - scores[cls]

# %% ce_by_hand wrong: the smallest score taken out
# message: You take out the smallest score. Then all exponents are above 0, and where scores are
#   thousands apart they overflow. Which end is the safe one?
import math

def ce_by_hand(scores, cls):
    smallest = min(scores)
    total = sum(math.exp(score - smallest) for score in scores)
    return smallest + math.log(total) - scores[cls]

# %% ce_by_hand wrong: the mean taken out
# message: What you take out is not the largest score. Where scores are thousands apart, the largest is
#   still far above it, and its exponential overflows.
import math

def ce_by_hand(scores, cls):
    middle = sum(scores) / len(scores)
    total = sum(math.exp(score - middle) for score in scores)
    return middle + math.log(total) - scores[cls]

# %% ce_by_hand wrong: a small number inside the logarithm
# message: No loss of yours can be larger than about 28: the small number inside the logarithm
#   takes the place of a probability that has vanished. A score that is 1000 too low
#   should cost 1000.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    p = math.exp(scores[cls] - largest) / total
    return -math.log(p + 1e-12)

# %% ce_by_hand wrong: a vanished probability cut off
# message: Where the right class lies far behind, its probability vanishes, and you put a
#   smallest number in its place: the loss is cut off there. A score that is 1000 too low
#   should cost 1000.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    p = math.exp(scores[cls] - largest) / total
    return -math.log(max(p, 1e-300))

# %% ce_by_hand wrong: infinite where the probability vanishes
# message: Where the right class lies far behind, your loss is inf. It is large, but finite: a
#   score that is 1000 too low costs 1000. Take the fraction apart, as the formula does.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    p = math.exp(scores[cls] - largest) / total
    return -math.log(p) if p > 0 else math.inf

# %% ce_by_hand wrong: logarithm to base two
# message: You use the logarithm to base 2. It has to undo `math.exp`, so its base is e.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return largest + math.log2(total) - scores[cls]

# %% ce_by_hand wrong: the logarithm forgotten
# message: Your sum of exponentials is not turned back by a logarithm.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return total - (scores[cls] - largest)

# %% ce_by_hand wrong: the probability instead of the loss
# message: You return the probability of the right class. The loss is minus its logarithm.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return math.exp(scores[cls] - largest) / total

# %% ce_by_hand wrong: the losses of all classes
# message: You return a list with the loss of each class. Only that of class `cls` is asked for,
#   as one float.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return [largest + math.log(total) - score for score in scores]

# %% ce_by_hand wrong: classes counted from one
# message: You take the score before the right one (`cls - 1`). Classes are numbered from 0, like
#   the places of a list.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return largest + math.log(total) - scores[cls - 1]

# %% ce_by_hand wrong: rounded to four digits
# message: You round the loss to four digits, as it is printed in the text. Return it as it is,
#   and let whoever prints it round.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return round(largest + math.log(total) - scores[cls], 4)

# %% ce_by_hand wrong: the mean over the classes
# message: You divide the sum of the exponentials by the number of classes. The probabilities
#   then no longer add up to 1.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return largest + math.log(total / len(scores)) - scores[cls]

# %% ce_by_hand wrong: a string instead of a number
# message: You return a text that shows the number. Return the number itself, a float.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return f"{largest + math.log(total) - scores[cls]:.6f}"

# %% ce_by_hand wrong: the largest score removed from the list
# message: Your numbers are right, but the caller's list is one score shorter afterwards:
#   `remove` and `pop` take it out of the list itself.
import math

def ce_by_hand(scores, cls):
    largest, own = max(scores), scores[cls]
    scores.remove(largest)
    total = 1 + sum(math.exp(score - largest) for score in scores)
    return largest + math.log(total) - own

# %% ce_by_hand wrong: the seed of the random numbers set
# message: Your numbers are right, but you set the seed of Python's random numbers. Nothing
#   random is needed here, and from now on all of the caller's dice fall as they fell
#   before.
import math
import random

def ce_by_hand(scores, cls):
    random.seed(0)
    largest = max(scores)
    total = sum(math.exp(score - largest) for score in scores)
    return largest + math.log(total) - scores[cls]

# %% ce_by_hand wrong: a whole number as an int
# message: Where the loss is a whole number, you return an int. The result is a float, whatever its
#   value.
import math

def ce_by_hand(scores, cls):
    largest = max(scores)
    loss = largest + math.log(sum(math.exp(s - largest) for s in scores)) - scores[cls]
    return int(loss) if loss == int(loss) else loss

# %% ce_by_hand wrong: the safe way only after an error
# message: You take the safe way only after the printed formula has raised an error. Between about -709 and
#   -745 it raises none, and the exponentials are so small that only a few of their digits are left.
#   The safe way is right for all scores: take it always.
def ce_by_hand(scores, cls):
    try:
        return -scores[cls] + math.log(sum(math.exp(score) for score in scores))
    except (OverflowError, ValueError):
        largest = max(scores)
        return largest + math.log(sum(math.exp(score - largest) for score in scores)) - scores[cls]

# %% ce_by_hand wrong: the gap where the probability vanishes
# message: Where the probability of the right class is 0, you return how far its score lies below the
#   largest. That leaves out the other classes, which count where several are equally large; and a
#   probability just above 0 has only a few digits.
def ce_by_hand(scores, cls):
    largest = max(scores)
    exponentials = [math.exp(score - largest) for score in scores]
    p = exponentials[cls] / sum(exponentials)
    return -math.log(p) if p > 0 else float(largest - scores[cls])

# %% ce_by_hand wrong: an int for whole numbers far apart
# message: Where one score lies far above the others, you return a difference of two scores: for whole
#   numbers that is an int. A float is asked for.
def ce_by_hand(scores, cls):
    first, second = sorted(scores)[:-3:-1]
    if first - second > 700:
        return first - scores[cls]
    return first + math.log(sum(math.exp(score - first) for score in scores)) - scores[cls]

# %% ce_by_hand domain
def domain(answer, draw):
    n = draw.size(7, least=2)
    level = draw.choice(0, 0, 1000, -1000, 1e6, -1e6)
    spread = draw.choice(0, 1, 1, 20, 400)
    scores = [level + spread * draw.real() for _ in range(n)]
    if draw.flag(0.25):
        scores = [round(score) for score in scores]
    if draw.flag(0.25):
        scores[draw.integer(0, n - 1)] = scores[draw.integer(0, n - 1)]
    given, cls = list(scores), draw.integer(0, n - 1)
    draw.choice(f"{scores}"[:40], f"{scores}"[:40])
    loss = answer(given, cls)
    return [loss, type(loss).__name__, answer(given, cls), [a == b for a, b in zip(given, scores)], len(given)]

# %% cross_entropy right: log_softmax and gather
import torch.nn.functional as F

def cross_entropy(logits, target):
    log_p = F.log_softmax(logits, dim=1)
    return -log_p.gather(1, target[:, None]).mean()

# %% cross_entropy right: logsumexp minus the picked score
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy right: the maximum taken out by hand
def cross_entropy(logits, target):
    shifted = logits - logits.max(dim=-1, keepdim=True).values
    log_total = shifted.exp().sum(dim=-1).log()
    wanted = torch.nn.functional.one_hot(target, logits.shape[1]).to(logits.dtype)
    return torch.mean(log_total - (shifted * wanted).sum(dim=-1))

# %% cross_entropy right: one sample at a time
def cross_entropy(logits, target):
    losses = []
    for row, cls in zip(logits, target):
        losses.append(torch.logsumexp(row, 0) - row[cls])
    return torch.stack(losses).mean()

# %% cross_entropy right: a mask picks the scores
def cross_entropy(logits, target):
    mask = torch.arange(logits.size(1)) == target.view(-1, 1)
    return (torch.logsumexp(logits, -1) - logits.masked_fill(~mask, 0.0).sum(-1)).mean()

# %% cross_entropy right: a categorical distribution
from torch.distributions import Categorical

def cross_entropy(logits, target):
    return -Categorical(logits=logits).log_prob(target).mean()

# %% cross_entropy right: einsum over one-hot rows
import torch.nn.functional as F

def cross_entropy(logits, target):
    one_hot = F.one_hot(target, logits.shape[1]).to(logits.dtype)
    return -torch.einsum("nc,nc->", one_hot, F.log_softmax(logits, dim=1)) / logits.shape[0]

# %% cross_entropy right: the score of the class subtracted first
def cross_entropy(logits, target):
    own = torch.take_along_dim(logits, target.unsqueeze(1), dim=1)
    return torch.logsumexp(logits - own, dim=1).mean()

# %% cross_entropy wrong: logarithm of the softmax
# message: For ordinary scores that is right. With scores near 1000, softmax rounds a probability
#   to exactly 0 and its logarithm is -inf, so the loss is inf and the gradient nan. The logarithm
#   and the exponential have to meet before either of them is rounded.
def cross_entropy(logits, target):
    p = torch.softmax(logits, dim=1)
    rows = torch.arange(len(target))
    return -torch.log(p[rows, target]).mean()

# %% cross_entropy wrong: a small number inside the logarithm
# message: The small number inside the logarithm hides the inf: no loss can be larger than about
#   18, and the gradient of a hopeless sample becomes 0. A score that is 2000 too low should cost
#   2000.
def cross_entropy(logits, target):
    p = torch.softmax(logits, dim=1)
    rows = torch.arange(len(target))
    return -torch.log(p[rows, target] + 1e-8).mean()

# %% cross_entropy wrong: softmax before the formula
# message: You apply softmax first and then a formula that contains softmax already. The scores
#   are squeezed into [0, 1] and the loss can hardly move.
def cross_entropy(logits, target):
    p = torch.softmax(logits, dim=1)
    rows = torch.arange(len(target))
    return (p.logsumexp(dim=1) - p[rows, target]).mean()

# %% cross_entropy wrong: a block instead of one score a row
# message: `logits[:, target]` takes the columns of all targets from every row: an (N, N) block in
#   which each sample is scored by the classes of all the others. One number a row is wanted.
def cross_entropy(logits, target):
    log_p = torch.log_softmax(logits, dim=1)
    return -log_p[:, target].mean()

# %% cross_entropy wrong: mean over the classes too
# message: Your result is C times too small: after the multiplication with the one-hot rows you
#   take the mean over N × C numbers. All but one of each row are zeros; only samples are averaged.
def cross_entropy(logits, target):
    wanted = torch.nn.functional.one_hot(target, logits.shape[1]).to(logits.dtype)
    return -(torch.log_softmax(logits, dim=1) * wanted).mean()

# %% cross_entropy wrong: sum over the batch
# message: You add the samples up. With one sample that is the same; with seven, the loss and the
#   gradient are seven times too large.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return (logits.logsumexp(dim=1) - logits[rows, target]).sum()

# %% cross_entropy wrong: softmax down the batch
# message: You normalise along axis 0, so the samples of the batch share one probability. Logits
#   are (N, C), and it is the C classes of one sample that add up to 1.
def cross_entropy(logits, target):
    log_p = torch.log_softmax(logits, dim=0)
    return -log_p[torch.arange(len(target)), target].mean()

# %% cross_entropy wrong: F.cross_entropy called
# message: The ready-made loss functions are what you are writing here: do without them.
import torch.nn.functional as F

def cross_entropy(logits, target):
    return F.cross_entropy(logits, target)

# %% cross_entropy wrong: nn.NLLLoss called
# message: `nn.NLLLoss` and `F.nll_loss` are ready-made losses too. Picking one number out of each row
#   is the part of cross-entropy to write yourself.
from torch import nn

def cross_entropy(logits, target):
    return nn.NLLLoss()(torch.log_softmax(logits, dim=1), target)

# %% cross_entropy wrong: the exponential of large scores
# message: `exp` of a score near 1000 is inf, and inf - inf or log(inf) is no loss any more. Which
#   number could you take out of each row first without changing the result?
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return (logits.exp().sum(dim=1).log() - logits[rows, target]).mean()

# %% cross_entropy wrong: the maximum of the whole batch
# message: You take out one maximum for the whole batch. A row whose scores are all near -1000 then
#   lies 2000 below it, and all its exponentials are 0. Every row has a maximum of its own.
def cross_entropy(logits, target):
    shifted = logits - logits.max()
    rows = torch.arange(len(target))
    return (shifted.exp().sum(dim=1).log() - shifted[rows, target]).mean()

# %% cross_entropy wrong: the graph is cut
# message: The number is right, but it no longer hangs on the logits: no gradient can flow back
#   through `.detach()`, `.data` or `torch.tensor(...)`.
def cross_entropy(logits, target):
    plain = logits.detach()
    rows = torch.arange(len(target))
    return (plain.logsumexp(dim=1) - plain[rows, target]).mean()

# %% cross_entropy wrong: sample by sample in plain Python
# message: You send each row through a function of plain numbers. The value is right, but the graph
#   ends where `.tolist()` or `.item()` begins: no gradient gets back to the logits.
import math

def cross_entropy(logits, target):
    total = 0.0
    for row, cls in zip(logits.tolist(), target.tolist()):
        largest = max(row)
        total += largest + math.log(sum(math.exp(s - largest) for s in row)) - row[cls]
    return torch.tensor(total / len(target))

# %% cross_entropy wrong: the maxima lie in the wrong direction
# message: `max(dim=1)` returns N numbers without the axis of the classes, and (N, C) minus (N,)
#   subtracts them along the *classes*: it fails, or for N = C silently takes the wrong ones. What
#   does `keepdim` do?
def cross_entropy(logits, target):
    shifted = logits - logits.max(dim=1).values
    rows = torch.arange(len(target))
    return (shifted.exp().sum(dim=1).log() - shifted[rows, target]).mean()

# %% cross_entropy wrong: the result has an axis
# message: Your result has one element, but also an axis. A loss is a scalar: a tensor of shape ().
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    losses = logits.logsumexp(dim=1) - logits[rows, target]
    return losses.mean(dim=0, keepdim=True)

# %% cross_entropy wrong: one-hot left to guess the classes
# message: Your code stops where the last class does not occur in the batch: `one_hot` makes as
#   many columns as the largest target needs. The number of classes is known: say it.
def cross_entropy(logits, target):
    wanted = torch.nn.functional.one_hot(target).to(logits.dtype)
    return -(torch.log_softmax(logits, dim=1) * wanted).sum(dim=1).mean()

# %% cross_entropy wrong: ten classes always
# message: Your code works for ten classes only. How many there are is the length of axis 1.
def cross_entropy(logits, target):
    wanted = torch.nn.functional.one_hot(target, 10).to(logits.dtype)
    return -(torch.log_softmax(logits, dim=1) * wanted).sum(dim=1).mean()

# %% cross_entropy wrong: the sign turned round
# message: Your loss is negative: it is the mean logarithm of the probabilities. A logarithm of
#   something below 1 is negative, and the loss is its opposite.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return (logits[rows, target] - logits.logsumexp(dim=1)).mean()

# %% cross_entropy wrong: a loss for each sample
# message: You return one loss for each sample, a tensor (N,). Their mean is asked for, a tensor
#   of shape ().
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return logits.logsumexp(dim=1) - logits[rows, target]

# %% cross_entropy wrong: the first sample only
# message: Your result is the loss of the first sample, whatever the others are.
def cross_entropy(logits, target):
    return logits[0].logsumexp(dim=0) - logits[0, target[0]]

# %% cross_entropy wrong: always in float32
# message: Your result is float32, even where the logits are float64. The dtype of the logits is
#   wanted, and all its digits.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    scores = logits.float()
    return (scores.logsumexp(dim=1) - scores[rows, target]).mean()

# %% cross_entropy wrong: always in float64
# message: Your result is float64, even where the logits are float32. The dtype of the logits is
#   wanted.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    scores = logits.double()
    return (scores.logsumexp(dim=1) - scores[rows, target]).mean()

# %% cross_entropy wrong: computed in float32, then turned back
# message: Your result is float64 where the logits are, but it went through float32 on the way,
#   and the further digits are gone.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    scores = logits.float()
    return (scores.logsumexp(dim=1) - scores[rows, target]).mean().to(logits.dtype)

# %% cross_entropy wrong: the scores clamped
# message: You cut the scores off before the exponential, so that it cannot overflow. A score of
#   1000 then counts as much less: the error is gone, the number is wrong, and scores that
#   were cut get no gradient.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    cut = logits.clamp(-80, 80)
    return (cut.exp().sum(dim=1).log() - cut[rows, target]).mean()

# %% cross_entropy wrong: the probability clamped
# message: Where the right class is hopeless, you put a smallest number in place of its
#   probability: no loss can be larger than about 27, and such a sample gets no gradient.
#   A score that is 2000 too low should cost 2000.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    p = torch.softmax(logits, dim=1)[rows, target]
    return -p.clamp(min=1e-12).log().mean()

# %% cross_entropy wrong: infinities replaced
# message: Where the right class is hopeless, its loss is inf, and you replace that by a number
#   that does not depend on the scores. A score that is 2000 too low should cost 2000.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    losses = -torch.softmax(logits, dim=1)[rows, target].log()
    return torch.nan_to_num(losses, posinf=100.0).mean()

# %% cross_entropy wrong: axes of size 1 dropped
# message: Your code stops for a batch of one sample (or for one class): `squeeze` has dropped an
#   axis that is needed.
def cross_entropy(logits, target):
    log_p = torch.log_softmax(logits, dim=1).squeeze()
    return -log_p[torch.arange(len(target)), target].mean()

# %% cross_entropy wrong: one memory layout only
# message: Your code stops for logits that lie transposed or with gaps in memory: `view` needs
#   them in one piece. `reshape` works for every layout.
def cross_entropy(logits, target):
    log_p = torch.log_softmax(logits, dim=1)
    flat = logits.view(-1)
    own = flat[torch.arange(len(target)) * logits.shape[1] + target]
    return (own - own + logits.logsumexp(dim=1) - own).mean()

# %% cross_entropy wrong: the largest score instead of the right one
# message: You take the largest score of each row, whatever the target says. That asks how sure
#   the network is, not how right.
def cross_entropy(logits, target):
    return (logits.logsumexp(dim=1) - logits.max(dim=1).values).mean()

# %% cross_entropy wrong: the right class left out of the sum
# message: Your sum of exponentials runs over the other classes only. The right class belongs to
#   it as well.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    others = logits.clone()
    others[rows, target] = -1e30
    return (others.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: the logits normalised in place
# message: Your numbers are right, but you write into the caller's logits. And where they require
#   a gradient, torch does not allow it at all.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    logits -= logits.max(dim=1, keepdim=True).values
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: the logits normalised in place, beside the graph
# message: Your numbers are right, but you write into the caller's logits: `.data`, `detach()` or
#   `no_grad()` only hide it from autograd.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    logits.data -= logits.data.max(dim=1, keepdim=True).values
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: the targets reordered in place
# message: Your numbers are right, but you write into the caller's target.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    own = logits[rows, target]
    target.zero_()
    return (logits.logsumexp(dim=1) - own).mean()

# %% cross_entropy wrong: part of the graph is cut
# message: The loss is right, but only one of its two parts passes on a gradient: what you took
#   out of the graph (the sum of the exponentials, or the picked score) depends on the
#   logits as well.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return (logits.detach().logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: the logits made to require a gradient
# message: Your numbers are right, but after the call the caller's logits require a gradient.
#   Whether they do is the caller's affair.
def cross_entropy(logits, target):
    logits.requires_grad_()
    rows = torch.arange(len(target))
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: divided by the number of classes
# message: You divide the sum of the losses by the number of classes, C. Their mean is over the N
#   samples.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return (logits.logsumexp(dim=1) - logits[rows, target]).sum() / logits.shape[1]

# %% cross_entropy wrong: shifted only where scores are large
# message: You take the largest score out only where the scores are large. Near -1000 all exponentials
#   of a row are 0, and the logarithm of 0 is -inf. Shifting does no harm to ordinary scores: do it
#   always.
def cross_entropy(logits, target):
    if logits.max() > 80:
        logits = logits - logits.max(dim=1, keepdim=True).values
    rows = torch.arange(len(target))
    return (logits.exp().sum(dim=1).log() - logits[rows, target]).mean()

# %% cross_entropy wrong: scores cut off at five thousand
# message: You cut the scores off at 5000 and -5000. They may be larger, and a score that is cut gets no
#   gradient. `logsumexp` needs no such limit.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    cut = logits.clamp(-5000, 5000)
    return (cut.logsumexp(dim=1) - cut[rows, target]).mean()

# %% cross_entropy wrong: the loss cut off
# message: You cut the loss of a sample off at a fixed number. It has no upper limit, and where it is cut
#   no gradient gets back.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    return (logits.logsumexp(dim=1) - logits[rows, target]).clamp(max=1e5).mean()

# %% cross_entropy wrong: the gap where the probability vanishes
# message: Where the right class is hopeless, you take how far its score lies below the largest. That
#   leaves out the other classes, which count where several are equally large.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    p = logits.softmax(dim=1)[rows, target]
    gap = logits.amax(dim=1) - logits[rows, target]
    return torch.where(gap < 80, -p.clamp(min=1e-36).log(), gap).mean()

# %% cross_entropy wrong: no graph for float64
# message: For float64 you take the number out and make a new tensor of it: no gradient gets back to the
#   logits.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    loss = (logits.logsumexp(dim=1) - logits[rows, target]).mean()
    return torch.tensor(loss.item(), dtype=loss.dtype) if loss.dtype == torch.float64 else loss

# %% cross_entropy wrong: no graph for one class
# message: For a single class you return a new 0. The number is right, but no `backward()` can start from
#   it: its gradient, which is 0 as well, is asked for too.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    if logits.shape[1] == 1:
        return torch.zeros((), dtype=logits.dtype)
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: numbers in the order of memory
# message: You count along the memory of the logits, as if row followed row. With a gap between the rows,
#   or rows that share their memory, that finds other numbers.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    if logits.stride(1) == 1:
        memory = logits.as_strided((logits.shape[0] * logits.shape[1],), (1,))
        own = memory[rows * logits.shape[1] + target]
    else:
        own = logits[rows, target]
    return (logits.logsumexp(dim=1) - own).mean()

# %% cross_entropy wrong: the old gradient cleared
# message: Your numbers are right, but what lay in the caller's `logits.grad` is gone. Whether old
#   gradients are cleared is the caller's affair.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    logits.grad = None
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: autograd switched on
# message: Your numbers are right, but whoever calls you under `torch.no_grad()` finds autograd switched on
#   afterwards.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    torch.set_grad_enabled(True)
    return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy wrong: a graph under no_grad
# message: You switch autograd on for your own lines. Whoever calls you under `torch.no_grad()` wants no
#   graph, and gets one.
def cross_entropy(logits, target):
    rows = torch.arange(len(target))
    with torch.enable_grad():
        return (logits.logsumexp(dim=1) - logits[rows, target]).mean()

# %% cross_entropy domain
def domain(answer, draw):
    n, c = draw.size(5), draw.size(5)
    logits = draw.tensor(n, c) * draw.choice(1, 1, 1, 400)
    if draw.flag():
        logits = logits + torch.tensor([draw.real(-2000, 2000) for _ in range(n)])[:, None].to(logits.dtype)
    if draw.flag(0.3):
        logits = logits.mT.contiguous().mT
    target = draw.labels(n, c)
    far = float(logits.abs().max()) > 100 and logits.dtype == torch.float32
    leaf = logits.detach().requires_grad_(draw.flag())
    loss = answer(leaf, target)
    slope = probes.gradients(lambda x: answer(x, target), logits)["gradients"][0]
    found = [loss / (100 if far else 1), loss.requires_grad, slope / (100 if far else 1)]
    return [*found, leaf, leaf.requires_grad, leaf.grad, target]

# %% ce_grad right: softmax minus one-hot
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    one_hot = F.one_hot(target, num_classes=scores.shape[1])
    return (scores.softmax(dim=1) - one_hot) / len(scores)

# %% ce_grad right: subtract 1 where the target points
@torch.no_grad()
def ce_grad(logits, target):
    gradient = torch.softmax(logits, dim=1)
    gradient[torch.arange(len(target)), target] -= 1
    return gradient / logits.shape[0]

# %% ce_grad right: the exponentials by hand, one-hot by comparison
def ce_grad(logits, target):
    with torch.no_grad():
        weights = (logits - logits.amax(dim=1, keepdim=True)).exp()
        p = weights / weights.sum(dim=1, keepdim=True)
        hit = torch.arange(logits.shape[1]) == target.unsqueeze(1)
        return torch.where(hit, p - 1, p).div(target.numel())

# %% ce_grad right: one sample at a time
import torch.nn.functional as F

def ce_grad(logits, target):
    result = []
    for row, cls in zip(logits.detach(), target.tolist()):
        p = F.softmax(row, dim=0)
        p[cls] = p[cls] - 1
        result.append(p / len(target))
    return torch.stack(result)

# %% ce_grad right: scattered ones, log-softmax and its exponential
def ce_grad(logits, target):
    with torch.no_grad():
        one_hot = torch.zeros_like(logits).scatter_(1, target[:, None], 1.0)
        return (torch.log_softmax(logits, dim=1).exp() - one_hot).div_(len(logits))

# %% ce_grad right: rows of an identity matrix
def ce_grad(logits, target):
    n, c = logits.shape
    wanted = torch.eye(c, dtype=logits.dtype)[target]
    return ((logits.softmax(-1) - wanted) / n).detach()

# %% ce_grad wrong: the division by N forgotten
# message: Every number is N times too large. The loss is a mean over the batch, and so is its
#   gradient. With a single sample the two agree.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])

# %% ce_grad wrong: scores instead of probabilities
# message: You subtract the one-hot rows from the logits. What is pulled towards 0 and 1 are the
#   probabilities: which function turns the scores of a row into them?
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: one_hot left to guess the classes
# message: `one_hot` makes as many columns as the largest target in the batch needs. When the last
#   class does not occur, there are too few of them. The number of classes is known: say it.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores.softmax(dim=1) - F.one_hot(target)) / len(scores)

# %% ce_grad wrong: whole rows set to one
# message: `one_hot[target] = 1` takes the class numbers for row numbers and fills whole rows. A place
#   in a table needs two indices: which row, and which column of it.
def ce_grad(logits, target):
    scores = logits.detach()
    one_hot = torch.zeros_like(scores)
    one_hot[target] = 1
    return (scores.softmax(dim=1) - one_hot) / len(scores)

# %% ce_grad wrong: one subtracted from whole columns
# message: `[:, target]` takes the columns of all targets from every row, so you subtract 1 in the rows
#   of the other samples too. Each row has one right class: pair row numbers with targets.
def ce_grad(logits, target):
    gradient = logits.detach().softmax(dim=1)
    gradient[:, target] -= 1
    return gradient / len(target)

# %% ce_grad wrong: divided by all elements
# message: You divide by N × C. The loss is a mean over the N samples only; the classes of a sample
#   are not averaged.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / scores.numel()

# %% ce_grad wrong: one-hot minus softmax
# message: The sign is turned round: you return the direction in which the loss falls. A gradient
#   points uphill; it is the optimizer that goes against it.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (F.one_hot(target, scores.shape[1]) - scores.softmax(dim=1)) / len(scores)

# %% ce_grad wrong: softmax down the batch
# message: You normalise along axis 0, over the samples. The probabilities of one sample's classes
#   have to add up to 1: then each row of the gradient adds up to 0.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores.softmax(dim=0) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: the result hangs on the graph
# message: The numbers are right, but the result requires a gradient itself: it was computed from
#   logits that do. A gradient is a plain tensor.
import torch.nn.functional as F

def ce_grad(logits, target):
    one_hot = F.one_hot(target, num_classes=logits.shape[1])
    return (logits.softmax(dim=1) - one_hot) / len(logits)

# %% ce_grad wrong: exponentials that overflow
# message: `exp` of a score near 1000 is inf, and inf / inf is nan. `softmax` takes the largest
#   score out of a row before the exponential; your own must do so too.
import torch.nn.functional as F

def ce_grad(logits, target):
    weights = logits.detach().exp()
    p = weights / weights.sum(dim=1, keepdim=True)
    return (p - F.one_hot(target, logits.shape[1])) / len(logits)

# %% ce_grad wrong: autograd does the work
# message: The numbers are right, but autograd found them. The exercise is to write down what it
#   writes: no `backward()` and no `torch.autograd.grad`.
import torch.nn.functional as F

def ce_grad(logits, target):
    leaf = logits.detach().clone().requires_grad_()
    F.cross_entropy(leaf, target).backward()
    return leaf.grad

# %% ce_grad wrong: written into .grad
# message: Your function overwrites `logits.grad`, where the gradients of the caller are collected.
#   Return the result and leave the argument as it is.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    one_hot = F.one_hot(target, num_classes=scores.shape[1])
    logits.grad = (scores.softmax(dim=1) - one_hot) / len(scores)
    return logits.grad

# %% ce_grad wrong: always in float32
# message: Your result is float32, even where the logits are float64. The dtype of the logits is
#   wanted, and all its digits.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach().float()
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: always in float64
# message: Your result is float64, even where the logits are float32. The dtype of the logits is
#   wanted.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach().double()
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: computed in float32, then turned back
# message: Your result is float64 where the logits are, but it went through float32 on the way,
#   and the further digits are gone.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach().float()
    return ((scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)).to(logits.dtype)

# %% ce_grad wrong: softmax of the first row for all
# message: Each of your rows has the probabilities of the first sample. Every sample has its own.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores[0].softmax(dim=0) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: softmax over the whole batch
# message: You divide by the sum over the whole batch: the probabilities of all samples together
#   add up to 1. Those of each row should.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    p = scores.flatten().softmax(dim=0).reshape(scores.shape)
    return (p - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: the log-probabilities
# message: You use the logarithms of the probabilities. The gradient has the probabilities
#   themselves in it.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores.log_softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: divided by the number of classes
# message: You divide by the number of classes, C. The loss is a mean over the N samples: divide
#   by the length of axis 0.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / scores.shape[1]

# %% ce_grad wrong: the probabilities alone
# message: Your result is softmax / N: nothing is subtracted for the right class. Each row of a
#   gradient adds up to 0, yours to 1/N.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return scores.softmax(dim=1) / len(scores)

# %% ce_grad wrong: only the right column
# message: Your gradient is 0 for all classes but the right one. The wrong ones are pushed down,
#   each by its own probability.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    hit = F.one_hot(target, scores.shape[1])
    return (scores.softmax(dim=1) - 1) * hit / len(scores)

# %% ce_grad wrong: one subtracted after the division
# message: You divide the probabilities by N and then subtract a whole 1. The 1 belongs to the
#   mean as well: divide the difference.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return scores.softmax(dim=1) / len(scores) - F.one_hot(target, scores.shape[1])

# %% ce_grad wrong: ten classes always
# message: Your code works for ten classes only. How many there are is the length of axis 1.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores.softmax(dim=1) - F.one_hot(target, 10)) / len(scores)

# %% ce_grad wrong: rows and columns exchanged
# message: You use the class numbers for row numbers and the row numbers for columns. Place [row,
#   class] is wanted: the sample first.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    gradient = scores.softmax(dim=1)
    gradient[target, torch.arange(len(target))] -= 1
    return gradient / len(target)

# %% ce_grad wrong: axes of size 1 dropped
# message: Your result loses its axes of size 1: for one sample, or one class, it is no longer
#   (N, C).
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return ((scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)).squeeze()

# %% ce_grad wrong: one memory layout only
# message: Your code stops for logits that lie transposed in memory: `view` needs them in one
#   piece. `reshape` works for every layout.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    flat = scores.view(-1)
    p = flat.reshape(scores.shape).softmax(dim=1).reshape(-1)
    p[torch.arange(len(target)) * scores.shape[1] + target] -= 1
    return p.reshape(scores.shape) / len(target)

# %% ce_grad wrong: the maximum of the whole batch
# message: You take out one maximum for the whole batch. A row far below it has exponentials that
#   are all 0, and 0 / 0 is NaN. Every row has a maximum of its own.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    weights = (scores - scores.max()).exp()
    return (weights / weights.sum(dim=1, keepdim=True) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: the scores clamped
# message: You cut the scores off before the exponential, so that it cannot overflow. Scores of
#   1000 and of 1002 then count alike: no NaN, and wrong numbers.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return (scores.clamp(-80, 80).softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: NaN replaced by zero
# message: Where scores are large, your exponentials give NaN, and you put 0 in its place: the
#   gradient is then wrong instead of missing.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    weights = scores.exp()
    p = torch.nan_to_num(weights / weights.sum(dim=1, keepdim=True))
    return (p - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: the logits changed in place
# message: Your numbers are right, but the caller's logits hold other numbers afterwards:
#   `detach()` shares their memory, and what is written there is written into the logits.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    scores -= scores.max(dim=1, keepdim=True).values
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: the logits taken out of the graph
# message: Your numbers are right, but after the call the caller's logits no longer require a
#   gradient: `detach_()` and `requires_grad_(False)` change the tensor itself. `detach()`
#   gives you another one.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach_()
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: the old gradient cleared
# message: Your numbers are right, but what lay in the caller's `logits.grad` is gone.
import torch.nn.functional as F

def ce_grad(logits, target):
    logits.grad = None
    scores = logits.detach()
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad wrong: added to the old gradient
# message: What lay in `logits.grad` before the call is contained in your result. The gradient of
#   this loss alone is asked for.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    fresh = (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)
    return fresh if logits.grad is None else logits.grad + fresh

# %% ce_grad wrong: gradients left switched off
# message: Your numbers are right, but you leave autograd switched off: after
#   `torch.set_grad_enabled(False)` nobody gets a gradient any more. `with
#   torch.no_grad():` ends by itself.
import torch.nn.functional as F

def ce_grad(logits, target):
    torch.set_grad_enabled(False)
    return (logits.softmax(dim=1) - F.one_hot(target, logits.shape[1])) / len(logits)

# %% ce_grad wrong: autograd switched on afterwards
# message: Whoever calls you under `torch.no_grad()` finds autograd switched on afterwards. Leave it as it was.
def ce_grad(logits, target):
    torch.set_grad_enabled(False)
    gradient = logits.softmax(dim=1)
    gradient[torch.arange(len(target)), target] -= 1
    torch.set_grad_enabled(True)
    return gradient / len(target)

# %% ce_grad wrong: the result made to require a gradient
# message: Your numbers are right, but the result requires a gradient, even for logits that do
#   not. A gradient is a plain tensor.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return ((scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)).requires_grad_()

# %% ce_grad wrong: autograd by torch.func
# message: The numbers are right, but autograd found them. The exercise is to write down what it
#   writes.
import torch.nn.functional as F

def ce_grad(logits, target):
    scores = logits.detach()
    return torch.func.grad(lambda x: (x.logsumexp(1) - x[torch.arange(len(target)), target]).mean())(scores)

# %% ce_grad wrong: requires_grad switched off for a while
# message: You switch `requires_grad` of the logits off and on again. Torch allows that only for tensors
#   that were not computed from others; logits that a network has put out make your code stop.
#   `detach()` serves for all.
def ce_grad(logits, target):
    rows = torch.arange(len(target))
    was = logits.requires_grad
    logits.requires_grad = False
    p = logits.softmax(dim=1)
    logits.requires_grad = was
    p[rows, target] -= 1
    return p / len(target)

# %% ce_grad wrong: exponentials of float64
# message: For float64 you take the exponentials of the scores as they are. float64 ends near e^709: beyond
#   it, inf / inf is NaN, and far below 0, 0 / 0 is NaN too.
def ce_grad(logits, target):
    rows = torch.arange(len(target))
    scores = logits.detach()
    weights = scores.exp()
    p = weights / weights.sum(dim=1, keepdim=True) if scores.dtype == torch.float64 else scores.softmax(dim=1)
    p[rows, target] -= 1
    return p / len(target)

# %% ce_grad wrong: only leaves detached
# message: Your result is plain where the logits are a tensor of the caller's own. Where they were computed
#   from others, as by a network, the result hangs on their graph.
def ce_grad(logits, target):
    rows = torch.arange(len(target))
    import torch.nn.functional as F
    scores = logits.detach() if logits.is_leaf else logits
    return (scores.softmax(dim=1) - F.one_hot(target, scores.shape[1])) / len(scores)

# %% ce_grad right: in inference mode
def ce_grad(logits, target):
    with torch.inference_mode():
        gradient = logits.softmax(dim=1)
        gradient[torch.arange(len(target)), target] -= 1
        return gradient / len(target)

# %% ce_grad domain
def domain(answer, draw):
    n, c = draw.size(5), draw.size(5)
    logits = draw.tensor(n, c) * draw.choice(1, 1, 1, 400)
    if draw.flag():
        logits = logits + torch.tensor([draw.real(-2000, 2000) for _ in range(n)])[:, None].to(logits.dtype)
    if draw.flag(0.3):
        logits = logits.mT.contiguous().mT
    target = draw.labels(n, c)
    far = float(logits.abs().max()) > 100 and logits.dtype == torch.float32
    leaf = logits.detach().requires_grad_(draw.flag())
    if leaf.requires_grad and draw.flag():
        leaf.grad = torch.full_like(leaf, 3.0)
    with torch.set_grad_enabled(draw.flag(0.8)):
        result = answer(leaf, target)
        recording = torch.is_grad_enabled()
    found = [result / (100 if far else 1), result.requires_grad, recording]
    return [*found, leaf, leaf.requires_grad, leaf.grad, target]

# %% make_net_and_loss right: the scores go straight into the loss
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c)), nn.CrossEntropyLoss()

# %% make_net_and_loss right: LogSoftmax and NLLLoss
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.LogSoftmax(dim=1))
    return net, nn.NLLLoss()

# %% make_net_and_loss right: a bare layer and a function
import torch.nn.functional as F

def make_net_and_loss(i, c):
    return nn.Linear(i, c), F.cross_entropy

# %% make_net_and_loss right: softmax undone by hand
def make_net_and_loss(i, c):
    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.scores = nn.Linear(i, c)

        def forward(self, x):
            return self.scores(x).log_softmax(dim=-1)

    def loss_fn(log_p, target):
        return -log_p.gather(1, target.unsqueeze(1)).mean()

    return Classifier(), loss_fn

# %% make_net_and_loss right: a class whose forward returns the scores
import torch.nn.functional as F

class Classifier(nn.Module):
    def __init__(self, i, c):
        super().__init__()
        self.linear = nn.Linear(i, c)

    def forward(self, x):
        return self.linear(x)

def make_net_and_loss(i, c):
    return Classifier(i, c), lambda scores, y: F.cross_entropy(scores, y)

# %% make_net_and_loss right: log-sum-exp minus the picked score
def make_net_and_loss(i, c):
    net = nn.Linear(in_features=i, out_features=c, bias=True)

    def loss_fn(scores, y):
        return (scores.logsumexp(1) - scores[torch.arange(len(y)), y]).mean()

    return net, loss_fn

# %% make_net_and_loss right: probabilities, and the loss that takes their logarithm
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=1))
    return net, lambda p, y: nn.functional.nll_loss(torch.log(p), y)

# %% make_net_and_loss wrong: unchanged
# message: Softmax is still applied twice: once before the loss and once inside CrossEntropyLoss.
#   The loss cannot fall below its floor, 0.5514 for three classes and 1.4612 for ten.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=1))
    return net, nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: NLLLoss on probabilities
# message: Your loss is negative. `nn.NLLLoss` takes no logarithm, in spite of its name: it picks a
#   number of each row and turns its sign. Fed with probabilities, it never sees a logarithm.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=1))
    return net, nn.NLLLoss()

# %% make_net_and_loss wrong: NLLLoss on scores
# message: Softmax is gone, and with it the logarithm: `nn.NLLLoss` only picks the right score and turns
#   its sign. Pushing that score up for ever makes the loss fall without end. What does it expect?
def make_net_and_loss(i, c):
    return nn.Linear(i, c), nn.NLLLoss()

# %% make_net_and_loss wrong: rows picked instead of scores
# message: `[target]` takes the class numbers for row numbers: it picks whole rows, of other samples.
#   One number of each row is wanted; or leave the picking to a loss of `nn`.
def make_net_and_loss(i, c):
    def loss_fn(scores, target):
        return -scores.log_softmax(dim=1)[target].mean()

    return nn.Linear(i, c), loss_fn

# %% make_net_and_loss wrong: LogSoftmax down the batch
# message: Your LogSoftmax works along axis 0, so the samples of a batch compete with each other,
#   and a sample that is alone always has probability 1. Classes lie along axis 1.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.LogSoftmax(dim=0))
    return net, nn.NLLLoss()

# %% make_net_and_loss wrong: Sigmoid in place of Softmax
# message: You replaced one squeezing function by another: Sigmoid still keeps the scores between 0
#   and 1, so no class can win clearly. CrossEntropyLoss wants scores without limits.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c), nn.Sigmoid()), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: ReLU in place of Softmax
# message: A ReLU after the last layer cuts all negative scores to 0, and a score that is cut gets
#   no gradient. The scores of the last layer go into the loss as they are.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c), nn.ReLU()), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: the loss adds up the batch
# message: Softmax is gone, and that is right. But `reduction="sum"` makes the loss and its
#   gradient grow with the batch; the mean over the samples is asked for.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c)), nn.CrossEntropyLoss(reduction="sum")

# %% make_net_and_loss wrong: mean squared error
# message: Softmax is no mistake for a network as such, but then you compare probabilities (N, C)
#   with class numbers (N,) by their squares. Class 2 is not "one more" than class 1.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=1))

    def loss_fn(p, target):
        return ((p - nn.functional.one_hot(target, p.shape[1])) ** 2).mean()

    return net, loss_fn

# %% make_net_and_loss wrong: the class instead of a loss made from it
# message: You return the class `nn.CrossEntropyLoss` itself. Called with scores and targets, a
#   class takes them for its settings; a loss is first made from it, with parentheses.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c)), nn.CrossEntropyLoss

# %% make_net_and_loss wrong: sizes swapped
# message: `nn.Linear` takes the number of inputs first and the number of outputs second. Here `i`
#   values go in and `c` scores come out.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(c, i)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: softmax in eval mode only
# message: In training mode all is right, but in eval mode a softmax is still applied before the
#   loss: the loss that you measure is another one than the loss that you train.
def make_net_and_loss(i, c):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(i, c)

        def forward(self, x):
            scores = self.linear(x)
            return scores if self.training else scores.softmax(dim=1)

    return Net(), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: softmax in training mode only
# message: In eval mode all is right, but in training mode a softmax is still applied before the
#   loss: training keeps its floor.
def make_net_and_loss(i, c):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(i, c)

        def forward(self, x):
            scores = self.linear(x)
            return scores.softmax(dim=1) if self.training else scores

    return Net(), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: three softmaxes
# message: You added a softmax to the loss and left the one in the network: now there are three.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=1))
    return net, lambda p, y: nn.functional.cross_entropy(p.softmax(dim=1), y)

# %% make_net_and_loss wrong: softmax of the whole batch
# message: You replaced the axis of the softmax and kept the softmax: the network should end with
#   its scores, or with their log-softmax.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=0))
    return net, nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: tanh in place of Softmax
# message: You replaced one squeezing function by another: your scores stay between -1 and 1, so
#   no class can win clearly. CrossEntropyLoss wants scores without limits.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c), nn.Tanh()), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: the scores cut off at ten
# message: Scores beyond 10 and -10 are cut off, and a score that is cut gets no gradient. For
#   small scores the pair is right; the scores go into the loss as they are.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c), nn.Hardtanh(-10, 10)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: a small number inside the logarithm
# message: For small scores the pair is right. But the small number inside your logarithm keeps
#   every loss below about 28, and a confident mistake gets hardly any gradient.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c), nn.Softmax(dim=1))
    return net, lambda p, y: nn.functional.nll_loss((p + 1e-12).log(), y)

# %% make_net_and_loss wrong: the scores cooled
# message: Your scores are divided before the loss: the probabilities are flatter than those of
#   the linear layer's own scores.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    return net, lambda scores, y: nn.functional.cross_entropy(scores / 2, y)

# %% make_net_and_loss wrong: smoothed labels
# message: Your loss mixes the right class with all the others (`label_smoothing`): a perfect
#   answer is no longer free. The plain cross-entropy is asked for.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    return net, nn.CrossEntropyLoss(label_smoothing=0.1)

# %% make_net_and_loss wrong: class 0 ignored
# message: Samples of class 0 do not count in your loss (`ignore_index=0`). Every class is a
#   class.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    return net, nn.CrossEntropyLoss(ignore_index=0)

# %% make_net_and_loss wrong: a loss for each sample
# message: Your loss is a tensor (N,), one number a sample. The mean over the batch is asked for,
#   a tensor of shape ().
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    return net, nn.CrossEntropyLoss(reduction="none")

# %% make_net_and_loss wrong: divided by the classes too
# message: Your loss is C times too small: you average over N × C numbers. Only the samples are
#   averaged.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))

    def loss_fn(scores, y):
        return -(scores.log_softmax(1) * nn.functional.one_hot(y, c)).mean()

    return net, loss_fn

# %% make_net_and_loss wrong: without a bias
# message: Your linear layer has no bias. `nn.Linear(i, c)` has one, and both are learnt.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c, bias=False)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: two linear layers
# message: Your network has a hidden layer. One `nn.Linear(i, c)` was there, and one is asked
#   for.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c), nn.Linear(c, c)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: a second layer that is never used
# message: Your loss and the first layer's gradients are right, but the network has more
#   parameters than those of one `nn.Linear(i, c)`. What is not used should not be
#   registered.
def make_net_and_loss(i, c):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(i, c)
            self.unused = nn.Linear(i + c, c + 1)

        def forward(self, x):
            return self.linear(x)

    return Net(), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: a normalised output
# message: You put a BatchNorm behind the linear layer: the scores are no longer what the linear
#   layer puts out, and in training mode they depend on the other samples.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c), nn.BatchNorm1d(c, affine=False)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: dropout on the scores
# message: In training mode some of your scores are set to 0 at random. The scores of the linear
#   layer go into the loss as they are.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, c), nn.Dropout(0.5)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: ten classes always
# message: Your network has ten outputs, whatever `c` says.
def make_net_and_loss(i, c):
    return nn.Sequential(nn.Linear(i, 10)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: the loss cut off from the network
# message: Your loss has the right value, but no gradient gets from it to weight and bias:
#   `detach()`, `.data` or `no_grad()` cuts the graph.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    return net, lambda scores, y: nn.functional.cross_entropy(scores.detach(), y)

# %% make_net_and_loss wrong: a frozen bias
# message: Your loss is right, but the bias gets no gradient: it is frozen, and will never be
#   learnt.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    net[0].bias.requires_grad_(False)
    return net, nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: one network for all calls
# message: Two calls with the same sizes give you the same network: what one caller learns, the
#   other has learnt too. Make a new one in each call.
made = {}

def make_net_and_loss(i, c):
    if (i, c) not in made:
        made[i, c] = nn.Sequential(nn.Linear(i, c))
    return made[i, c], nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: the seed set
# message: Your pair is right, but you set torch's random seed: every network starts with the
#   same weights, and all of the caller's dice fall as they fell before.
def make_net_and_loss(i, c):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(i, c)), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: the loss first
# message: You return the pair in the wrong order: the network comes first, its loss second.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    return nn.CrossEntropyLoss(), net

# %% make_net_and_loss wrong: the network alone
# message: You return one thing. A pair is asked for: the network and its loss.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))
    return net

# %% make_net_and_loss wrong: the loss switches the network to eval mode
# message: Your numbers are right, but whenever the loss is computed, the network changes its mode. A
#   loss looks at scores and targets; the network is not its affair.
def make_net_and_loss(i, c):
    net = nn.Sequential(nn.Linear(i, c))

    def loss_fn(scores, y):
        net.eval()
        return nn.functional.cross_entropy(scores, y)

    return net, loss_fn

# %% make_net_and_loss wrong: the scores cut off at fifty
# message: You cut the scores off at 50 and -50. Scores that are hundreds apart then give too small a loss,
#   and those that are cut get no gradient.
class Limited(nn.Linear):
    def forward(self, x):
        return super().forward(x).clamp(-50, 50)

def make_net_and_loss(i, c):
    return Limited(i, c), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: no graph in eval mode
# message: In eval mode your network's scores are cut off from weight and bias, and no gradient gets back.
#   Eval mode is about layers such as Dropout; whether there is a graph is for the caller to say.
class Detached(nn.Linear):
    def forward(self, x):
        scores = super().forward(x)
        return scores if self.training else scores.detach()

def make_net_and_loss(i, c):
    return Detached(i, c), nn.CrossEntropyLoss()

# %% make_net_and_loss wrong: the loss switches the network to training mode
# message: Computing a loss switches your network to training mode. Whoever measures in eval mode finds it
#   changed.
def make_net_and_loss(i, c):
    net = nn.Linear(i, c)

    def loss_fn(scores, y):
        net.train()
        return nn.functional.cross_entropy(scores, y)

    return net, loss_fn

# %% make_net_and_loss wrong: the loss clears the gradients
# message: Computing a loss clears the gradients of your network. Whoever adds up the gradients of several
#   batches, or only looks at a loss, loses them. Clearing is a step of its own.
def make_net_and_loss(i, c):
    net = nn.Linear(i, c)

    def loss_fn(scores, y):
        net.zero_grad()
        return nn.functional.cross_entropy(scores, y)

    return net, loss_fn

# %% make_net_and_loss wrong: the loss freezes the network in eval mode
# message: Computing a loss in eval mode leaves your network's parameters without `requires_grad`: it will
#   not learn any more.
def make_net_and_loss(i, c):
    net = nn.Linear(i, c)

    def loss_fn(scores, y):
        loss = nn.functional.cross_entropy(scores, y)
        net.requires_grad_(net.training)
        return loss

    return net, loss_fn

# %% make_net_and_loss wrong: the loss needs a graph
# message: Your loss stops where there is no graph, as under `torch.no_grad()`: it asks for the gradient of
#   the scores to be kept. A loss has to be there for measuring too.
def make_net_and_loss(i, c):
    def loss_fn(scores, y):
        scores.retain_grad()
        return nn.functional.cross_entropy(scores, y)

    return nn.Linear(i, c), loss_fn

# %% make_net_and_loss wrong: the same weights in each call
# message: Each of your networks begins with the same weights. Leave them as random as `nn.Linear` makes
#   them.
def make_net_and_loss(i, c):
    net = nn.Linear(i, c)
    nn.init.zeros_(net.weight)
    nn.init.zeros_(net.bias)
    return net, nn.CrossEntropyLoss()

# %% make_net_and_loss right: a layer that finds out its size
def make_net_and_loss(i, c):
    return nn.LazyLinear(c), nn.CrossEntropyLoss(reduction="mean")

# %% make_net_and_loss domain
def domain(answer, draw):
    i, c, n = draw.size(5), draw.size(6, least=2), draw.size(5)
    pairs = [answer(i, c) for _ in range(draw.choice(1, 2))]
    scale = draw.choice(1, 1, 8)
    x = draw.tensor(n, i, dtypes=(torch.float32,), values=("normal", "zeros", "equal", "few", "tiny"))
    y = draw.labels(n, c)
    found = []
    for net, loss_fn in pairs:
        net(x)  # lazy layers become real ones
        net = draw.module(net, modes=False, frozen=False).train(draw.flag())
        with torch.no_grad():
            for parameter in net.parameters():
                parameter *= scale
    for net, loss_fn in [*pairs, *pairs]:
        net.zero_grad()
        output = net(x)
        loss = loss_fn(output, y)
        loss.backward()
        slopes = sorted([tuple(p.shape), p.grad.clone()] for p in net.parameters())
        found.append([loss, tuple(output.shape), slopes, [p.requires_grad for p in net.parameters()]])
        found.append(net.training)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= 0.25 * parameter.grad
            if draw.flag():
                found.append(loss_fn(net(x), y))
    return found

# %% mean_loss right: sums of losses, divided at the end
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss right: batch means weighted by their size
from torch import nn

@torch.no_grad()
def mean_loss(model, loader):
    before = model.training
    criterion = nn.CrossEntropyLoss()
    model.train(False)
    try:
        pairs = [(criterion(model(x), y).item(), y.shape[0]) for x, y in loader]
    finally:
        model.train(before)
    return sum(loss * n for loss, n in pairs) / sum(n for _, n in pairs)

# %% mean_loss right: all outputs first, one loss at the end
import torch.nn.functional as F

def mean_loss(model, loader):
    mode = model.training
    model.eval()
    outputs, targets = [], []
    with torch.inference_mode():
        for x, y in loader:
            outputs.append(model(x))
            targets.append(y)
        loss = F.cross_entropy(torch.cat(outputs), torch.cat(targets))
    if mode:
        model.train()
    return float(loss)

# %% mean_loss right: the mode of every part put back
import torch.nn.functional as F

def mean_loss(model, loader):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    total = torch.zeros((), dtype=torch.float64)
    count = 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="none").double().sum()
            count += y.numel()
    for module, mode in modes.items():
        module.training = mode
    return total.item() / count

# %% mean_loss right: a list of all losses
import torch.nn.functional as F

def mean_loss(model, loader):
    training = model.training
    model.eval()
    with torch.no_grad():
        losses = [
            loss.item()
            for x, y in loader
            for loss in F.cross_entropy(model(x), y, reduction="none")
        ]
    model.train(mode=training)
    return sum(losses) / len(losses)

# %% mean_loss right: a copy of the model measures
import copy
import torch.nn.functional as F

def mean_loss(model, loader):
    measured = copy.deepcopy(model).eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            log_p = F.log_softmax(measured(x), dim=1)
            total -= float(log_p.gather(1, y.view(-1, 1)).sum())
            count += x.shape[0]
    return total / count

# %% mean_loss right: a running mean
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.train(False)
    mean, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            loss = F.cross_entropy(model(x), y).item()
            mean = (mean * count + loss * len(y)) / (count + len(y))
            count += len(y)
    model.train(was_training)
    return mean

# %% mean_loss wrong: mean of the batch means
# message: You average the means of the batches. A smaller batch then weighs as much as a larger one,
#   and each of its samples more. Each sample should count once.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    losses = []
    with torch.no_grad():
        for x, y in loader:
            losses.append(F.cross_entropy(model(x), y).item())
    model.train(was_training)
    return sum(losses) / len(losses)

# %% mean_loss wrong: a tensor that keeps the graph
# message: You return a tensor with a graph behind it: every batch's activations stay in memory as
#   long as the number lives. Measuring needs no graph, and the statement asks for a float.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0, 0
    for x, y in loader:
        total = total + F.cross_entropy(model(x), y, reduction="sum")
        count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the graph is built and thrown away
# message: The float is right, but during the forward pass a graph was built for every batch.
#   Nobody will ever call backward here; tell torch so before the loop.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    for x, y in loader:
        total += F.cross_entropy(model(x), y, reduction="sum").item()
        count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the last batch only
# message: Your result is the loss of the last batch: each round of the loop overwrites the one
#   before. All samples should count.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            loss = F.cross_entropy(model(x), y).item()
    model.train(was_training)
    return loss

# %% mean_loss wrong: measured in training mode
# message: The model stays in training mode, so Dropout drops at random and the result is another
#   one each time. A measurement is taken in eval mode.
import torch.nn.functional as F

def mean_loss(model, loader):
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    return total / count

# %% mean_loss wrong: left in eval mode
# message: Your loss is right, but the model is left in eval mode. If it is in the middle of its
#   training, Dropout is off from now on, without a word.
import torch.nn.functional as F

def mean_loss(model, loader):
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    return total / count

# %% mean_loss wrong: always back to training mode
# message: You switch to training mode at the end, whatever it was before. A model that came in
#   eval mode should leave in eval mode.
import torch.nn.functional as F

def mean_loss(model, loader):
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train()
    return total / count

# %% mean_loss wrong: the sum over all samples
# message: You add up all samples and do not divide, so the number grows with the data set. For ten
#   classes a network that knows nothing should be near ln 10 = 2.3026.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
    model.train(was_training)
    return total

# %% mean_loss wrong: batches counted as if all were full
# message: You divide by batches × batch size. The last batch may be smaller: ten samples in
#   batches of four are 4 + 4 + 2, not twelve.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
    model.train(was_training)
    return total / (len(loader) * loader.batch_size)

# %% mean_loss wrong: gradients cleared on the way
# message: Your function clears the gradients of the model. Whoever measures between `backward()`
#   and the optimizer's step would lose them: a measurement changes nothing.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    model.zero_grad()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: divided by the length of the data set
# message: You divide by `len(loader.dataset)`. A loader may leave samples out (`drop_last`, a
#   sampler) or repeat some: count those that it yields.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / len(loader.dataset)

# %% mean_loss wrong: divided by the number of batches
# message: You add up the losses of all samples and divide by the number of batches. Divide by
#   the number of samples.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / len(loader)

# %% mean_loss wrong: weighted by the batch size of the loader
# message: You weigh each batch with `loader.batch_size`. The last one may be smaller, and with a
#   `batch_sampler` there is no such number: `len(y)` says how many there are.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y).item() * loader.batch_size
            count += loader.batch_size
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the last batch left out
# message: Your result leaves the last batch out where it is smaller than the others. Every
#   sample counts.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count, size = 0.0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            if len(y) < size:
                break
            size = len(y)
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += size
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the first batch only
# message: Your result is the loss of the first batch: the loop ends after its first round. Look
#   at the indentation of `return`, or at what `next` gives.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
            break
    model.train(was_training)
    return total / count

# %% mean_loss wrong: means added, divided by the samples
# message: You add up the means of the batches and divide by the number of samples: your result
#   is too small by about the batch size. Add the sums of the batches.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y).item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: softmax before cross-entropy
# message: You put the scores through a softmax before cross-entropy, which contains one already:
#   every loss is pressed towards the floor.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x).softmax(dim=1), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: a small number inside the logarithm
# message: Confident mistakes come out too cheap: the small number inside your logarithm keeps
#   every loss below about 18.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            p = model(x).softmax(dim=1)[torch.arange(len(y)), y]
            total -= (p + 1e-8).log().sum().item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: a tensor without a graph
# message: Your number is right, but it is a tensor. `.item()` makes a Python float of it, which
#   is what the statement asks for.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return torch.tensor(total / count)

# %% mean_loss wrong: rounded
# message: You round the result to one digit. Return it as it is, and let whoever prints it
#   round.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return round(total / count, 1)

# %% mean_loss wrong: the accuracy
# message: You count right answers. The mean of the losses is asked for.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += (model(x).argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: gradients left switched off
# message: Your number is right, but you leave autograd switched off: after
#   `torch.set_grad_enabled(False)` nobody gets a gradient any more. `with
#   torch.no_grad():` ends by itself.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    torch.set_grad_enabled(False)
    total, count = 0.0, 0
    for x, y in loader:
        total += F.cross_entropy(model(x), y, reduction="sum").item()
        count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: autograd switched on afterwards
# message: Whoever calls you under `torch.no_grad()` finds autograd switched on afterwards. Leave it as it was.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    torch.set_grad_enabled(False)
    total, count = 0.0, 0
    for x, y in loader:
        total += F.cross_entropy(model(x), y, reduction="sum").item()
        count += len(y)
    torch.set_grad_enabled(True)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the samples turned to float32
# message: You turn `x` into float32. A model of float64 refuses such numbers, and one that takes whole
#   numbers, as `nn.Embedding` does, refuses any float: hand on what the loader yields.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x.float()), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: axes of size 1 dropped
# message: `squeeze()` drops every axis of size 1. Where there is only one class, the scores lose the axis of
#   the classes, and cross-entropy takes the samples for classes.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x).squeeze(), y.squeeze(), reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the parameters frozen
# message: Your number is right, but the parameters no longer require gradients afterwards: the
#   next training changes nothing. `no_grad()` needs no such flags.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    for p in model.parameters():
        p.requires_grad_(False)
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the mode put back in the model and its children
# message: Your number is right, but you put the mode back in the model and its children only:
#   parts that lie deeper stay in eval mode. `model.train(mode)` reaches them all.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    for module in [model, *model.children()]:
        module.training = was_training
    return total / count

# %% mean_loss wrong: the mode put back in the model alone
# message: Your number is right, but `model.training = …` sets the flag of the outermost module
#   only: all its parts stay in eval mode. `model.train(mode)` reaches them all.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.training = was_training
    return total / count

# %% mean_loss wrong: only the flag of the model set to eval
# message: You set `model.training = False`, which reaches the outermost module only: its Dropout
#   and BatchNorm go on as in training. `model.eval()` reaches all parts.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.training = False
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.training = was_training
    return total / count

# %% mean_loss wrong: back to training mode after the first batch
# message: You go back to the old mode within the loop, so only the first batch is measured in
#   eval mode.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
            model.train(was_training)
    return total / count

# %% mean_loss wrong: the statistics reset
# message: Your number is right, but the running statistics of the BatchNorm layers are reset
#   afterwards: what the model had learnt of its data is gone.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    for module in model.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()
    return total / count

# %% mean_loss wrong: the seed set
# message: Your number is right, but you set torch's random seed: the caller's dice fall from now
#   on as they fell before.
import torch.nn.functional as F

def mean_loss(model, loader):
    torch.manual_seed(0)
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the gradients left behind
# message: Your number is right, but you call `backward()`: it adds to the gradients of the
#   model. A measurement changes nothing.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    for x, y in loader:
        loss = F.cross_entropy(model(x), y, reduction="sum")
        loss.backward()
        total += loss.item()
        count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the data set instead of the loader
# message: You take all samples of `loader.dataset`. A loader may leave samples out (`drop_last`,
#   a sampler) or repeat some: only what it yields counts.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        x, y = loader.dataset[:]
        loss = F.cross_entropy(model(x), y).item()
    model.train(was_training)
    return loss

# %% mean_loss wrong: all parameters made to require gradients
# message: Your number is right, but parameters that were frozen require gradients afterwards:
#   you switch the flags off and then all of them on. `no_grad()` needs no such flags.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    model.requires_grad_(False)
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    model.requires_grad_(True)
    return total / count

# %% mean_loss wrong: weighted by the largest batch
# message: You divide by the number of batches times the size of the largest one. The others may
#   be smaller: `len(y)` says how many samples each one has.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count, size = 0.0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            size = max(size, len(y))
            count += 1
    model.train(was_training)
    return total / (count * size)

# %% mean_loss wrong: a number of numpy
# message: Your number is right, but it is numpy's and not a Python float. `.item()` or `float(...)`
#   makes one of it.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        losses = [F.cross_entropy(model(x), y, reduction="none") for x, y in loader]
    model.train(was_training)
    return torch.cat(losses).numpy().mean()

# %% mean_loss wrong: rounded to six digits
# message: Your result is rounded to six digits behind the point. Of a loss near 0 little is left then:
#   give it back as it is.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return round(total / count, 6)

# %% mean_loss wrong: forward called
# message: You call `model.forward(x)`. That passes by the hooks of the model, and one of them may change
#   its scores: call the model itself, `model(x)`.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model.forward(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the mean cut off
# message: You cut the mean off at 100. A loss has no upper limit.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return min(total / count, 100.0)

# %% mean_loss wrong: the logarithm of the softmax
# message: You take the logarithm of a softmax. Where scores lie hundreds apart, a probability is exactly 0
#   and its logarithm -inf. `cross_entropy` takes both steps in one.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.nll_loss(model(x).softmax(dim=1).log(), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    return total / count

# %% mean_loss wrong: the result kept in the model
# message: Your number is right, but you leave it in an attribute of the caller's model, too.
import torch.nn.functional as F

def mean_loss(model, loader):
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += F.cross_entropy(model(x), y, reduction="sum").item()
            count += len(y)
    model.train(was_training)
    model.mean_loss = total / count
    return total / count

# %% mean_loss domain
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

    c, dtype = draw.size(5), draw.choice(torch.float32, torch.float64)
    norm, shared = nn.BatchNorm1d(4), nn.Linear(4, 4)
    inner = draw.choice(nn.ReLU(), nn.Dropout(0.5), norm, nn.Sequential(nn.Sequential(nn.Dropout(0.3)), norm))
    twice = [shared, inner, shared] if draw.flag() else [inner]
    model = Watched(nn.Linear(3, 4), *twice, nn.Linear(4, c)).to(dtype)
    norm.running_mean += draw.real()
    model = draw.module(model, modes=False).train(draw.flag())
    for i, p in enumerate(model.parameters()):
        p.grad = torch.full_like(p, i + 1.0) if draw.flag() else None
    n = draw.size(11)
    x = draw.tensor(n, 3, dtypes=(dtype,), values=("normal", "zeros", "equal", "few")) * draw.choice(1, 1, 20)
    loader = draw.loader(TensorDataset(x, draw.labels(n, c)))
    with torch.set_grad_enabled(draw.flag(0.8)):
        loss = answer(model, loader)
        recording = torch.is_grad_enabled()
    after = [[p.detach(), p.grad, p.requires_grad] for p in model.parameters()]
    modes = [part.training for part in model.modules()]
    return [loss, type(loss).__name__, sorted(seen), modes, after, [*model.buffers()], recording]

# %% batch_gradients right: cleared, filled, copied
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients right: asked for directly
import torch.nn.functional as F

def batch_gradients(model, batches):
    parameters = list(model.parameters())
    return [
        list(torch.autograd.grad(F.cross_entropy(model(x), y), parameters)) for x, y in batches
    ]

# %% batch_gradients right: .grad removed, so that backward makes new tensors
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        for p in model.parameters():
            p.grad = None
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad for p in model.parameters()])
    return collected

# %% batch_gradients right: torch.func on a copy of the parameters
import torch.nn.functional as F
from torch.func import functional_call, grad

def batch_gradients(model, batches):
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def loss(parameters, x, y):
        return F.cross_entropy(functional_call(model, parameters, (x,)), y)

    return [list(grad(loss)(parameters, x, y).values()) for x, y in batches]

# %% batch_gradients right: a copy of the model for each batch
import copy
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        fresh = copy.deepcopy(model)
        fresh.zero_grad()
        F.cross_entropy(fresh(x), y).backward()
        collected.append([p.grad for p in fresh.parameters()])
    return collected

# %% batch_gradients right: the old gradients put aside and back
import torch.nn.functional as F

def batch_gradients(model, batches):
    old = [p.grad for p in model.parameters()]
    collected = []
    for x, y in batches:
        model.zero_grad(set_to_none=True)
        torch.nn.CrossEntropyLoss()(model(x), y).backward()
        collected.append([p.grad.detach().clone() for p in model.parameters()])
    for p, gradient in zip(model.parameters(), old):
        p.grad = gradient
    return collected

# %% batch_gradients right: an optimizer that never steps
import torch.nn.functional as F

def batch_gradients(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    result = []
    for x, y in batches:
        optimizer.zero_grad()
        (-F.log_softmax(model(x), dim=1)[torch.arange(len(y)), y]).mean().backward()
        result.append([p.grad.detach().clone() for p in model.parameters()])
    optimizer.zero_grad()
    return result

# %% batch_gradients wrong: unchanged
# message: Nothing is cleared between the batches, so backward adds each gradient to those before
#   it. And every entry of your list holds the same tensors, which all show the final sum.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad for p in model.parameters()])
    return collected

# %% batch_gradients wrong: copied, but never cleared
# message: Your copies are real copies now, but what is copied is a running sum: the second entry
#   holds the first batch as well. backward adds to what it finds in `.grad`.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: cleared once, before the loop
# message: You clear the gradients once, before the first batch. From the second batch on they add
#   up again.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    model.zero_grad()
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: cleared after each batch, not before the first
# message: From the second batch on your gradients are right. The first one contains what already
#   lay in `.grad` when your function was called.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad.clone() for p in model.parameters()])
        model.zero_grad()
    return collected

# %% batch_gradients wrong: zeroed in place, not copied
# message: With `set_to_none=False` the same tensors are zeroed and filled again and again. Your
#   list refers to them and not to what they once held: every entry shows the last batch.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad(set_to_none=False)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad for p in model.parameters()])
    return collected

# %% batch_gradients wrong: cleared between backward and reading
# message: You clear the gradients after backward and before you read them, so there is only None
#   to read.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        model.zero_grad()
        collected.append([p.grad for p in model.parameters()])
    return collected

# %% batch_gradients wrong: generators instead of lists
# message: `p.grad for p in …` without brackets makes a generator: it reads `.grad` only when somebody
#   asks, long after the last batch. Each entry is to be a list.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append(p.grad for p in model.parameters())
    return collected

# %% batch_gradients wrong: the optimizer steps as well
# message: Your optimizer takes a step after each batch, so the second gradient belongs to another
#   model than the first. Only the gradients were asked for; the parameters stay as they are.
import torch.nn.functional as F

def batch_gradients(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    collected = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        collected.append([p.grad.clone() for p in model.parameters()])
        optimizer.step()
    return collected

# %% batch_gradients wrong: one gradient for all batches
# message: You add the losses up and differentiate once: that is one gradient for everything. One
#   entry for each batch is asked for.
import torch.nn.functional as F

def batch_gradients(model, batches):
    model.zero_grad()
    total = sum(F.cross_entropy(model(x), y) for x, y in batches)
    total.backward()
    return [[p.grad.clone() for p in model.parameters()]]

# %% batch_gradients wrong: the weights instead of their gradients
# message: You collect the parameters themselves. What backward computed lies beside each of them,
#   in `.grad`.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.data.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: cleared with zero_, which needs a gradient
# message: Your code stops where a parameter has no gradient yet: `p.grad` is then None, and None
#   has no `zero_`. `model.zero_grad()` looks first.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        for p in model.parameters():
            p.grad.zero_()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: tuples instead of lists
# message: Your gradients are right, but each entry is a tuple. The statement asks for a list of
#   tensors.
import torch.nn.functional as F

def batch_gradients(model, batches):
    parameters = list(model.parameters())
    return [torch.autograd.grad(F.cross_entropy(model(x), y), parameters) for x, y in batches]

# %% batch_gradients wrong: a dictionary for each batch
# message: Your gradients are right, but each entry is a dictionary by name. The statement asks
#   for a list, in the order of `model.parameters()`.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append({name: p.grad.clone() for name, p in model.named_parameters()})
    return collected

# %% batch_gradients wrong: one long vector for each batch
# message: Each of your entries is one flat tensor. The gradients of the parameters are asked for
#   one by one, each in the shape of its parameter.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    return collected

# %% batch_gradients wrong: the sum over the batch
# message: Your gradients are N times too large, N being the number of samples of the batch: the
#   mean cross-entropy is asked for, and you differentiate the sum.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y, reduction="sum").backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: softmax before cross-entropy
# message: You put the scores through a softmax before cross-entropy, which contains one already.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x).softmax(dim=1), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: weights only
# message: Your entries lack the gradients of the biases, or of other parameters with one axis.
#   `model.parameters()` has them all.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters() if p.dim() > 1])
    return collected

# %% batch_gradients wrong: the parameters of the direct children
# message: You ask the direct children of the model for their own `weight` and `bias`. A bare
#   layer has no children, and parameters may lie deeper, or in the model itself:
#   `model.parameters()` finds them all.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        layers = [layer for layer in model.children() if hasattr(layer, "weight")]
        collected.append([p.grad.clone() for l in layers for p in (l.weight, l.bias)])
    return collected

# %% batch_gradients wrong: in the opposite order
# message: Your gradients come in the opposite order, from the last parameter to the first. The
#   order of `model.parameters()` is asked for.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in reversed(list(model.parameters()))])
    return collected

# %% batch_gradients wrong: the first batch only
# message: You return the gradients of the first batch only: the loop ends after its first round.
#   Look at the indentation of `return`.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
        return collected
    return collected

# %% batch_gradients wrong: the last batch only
# message: You start a new list in each round: only the last batch is left in it.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected = [[p.grad.clone() for p in model.parameters()]]
    return collected

# %% batch_gradients wrong: by parameter instead of by batch
# message: Your result has one entry for each parameter, with the gradients of all batches. One
#   entry for each batch is asked for.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = [[] for _ in model.parameters()]
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        for entry, p in zip(collected, model.parameters()):
            entry.append(p.grad.clone())
    return collected

# %% batch_gradients wrong: divided by the number of batches
# message: You divide by the number of batches, as for a mean over all of them. Each entry is of
#   its batch alone.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        (F.cross_entropy(model(x), y) / len(batches)).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: switched to eval mode
# message: You switch the model to eval mode and leave it there. Its Dropout is off from now on,
#   without a word.
import torch.nn.functional as F

def batch_gradients(model, batches):
    model.eval()
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: switched to training mode
# message: You switch the model to training mode. A model that comes in eval mode is then another
#   function, and it stays in training mode afterwards.
import torch.nn.functional as F

def batch_gradients(model, batches):
    model.train()
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: the mode of the model for all its parts
# message: `model.train(mode)` sets the mode of all parts. A model that trains may have parts in eval mode:
#   leave the modes alone.
import torch.nn.functional as F

def batch_gradients(model, batches):
    was_training = model.training
    collected = []
    for x, y in batches:
        model.train(was_training)
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: the samples turned to float32
# message: You turn `x` into float32, and a model of float64 refuses such numbers: hand on what the batch holds.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x.float()), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: one step at the end
# message: Your gradients are right, but the optimizer takes a step at the end, and the
#   parameters are no longer what they were.
import torch.nn.functional as F

def batch_gradients(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    collected = []
    for x, y in batches:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    optimizer.step()
    return collected

# %% batch_gradients wrong: the parameters frozen afterwards
# message: Your gradients are right, but the parameters no longer require gradients afterwards.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    model.requires_grad_(False)
    return collected

# %% batch_gradients wrong: the batches used up
# message: Your gradients are right, but the caller's list of batches is empty afterwards: `pop`
#   takes them out of the list itself.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    while batches:
        x, y = batches.pop(0)
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: the first batch fetched beforehand
# message: Your code stops for an empty list of batches: it looks at the first one before the
#   loop. No batch, no entry.
import torch.nn.functional as F

def batch_gradients(model, batches):
    x, y = batches[0]
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    collected = [[p.grad.clone() for p in model.parameters()]]
    for x, y in batches[1:]:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: eval mode for the time being
# message: You take the gradients in eval mode and go back afterwards. A model that comes in
#   training mode (BatchNorm, Dropout) is then another function than the one that was
#   asked for.
import torch.nn.functional as F

def batch_gradients(model, batches):
    was_training = model.training
    model.eval()
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    model.train(was_training)
    return collected

# %% batch_gradients wrong: lists of plain numbers
# message: You turn the gradients into lists of numbers with `tolist()`. Each of them is to be a
#   tensor.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.tolist() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: the seed set
# message: Your gradients are right, but you set torch's random seed: the caller's dice fall from
#   now on as they fell before.
import torch.nn.functional as F

def batch_gradients(model, batches):
    torch.manual_seed(0)
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: the gradients normalised
# message: Your gradients are scaled to length 1. They are asked for as they are.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad / p.grad.norm() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: a shared weight twice
# message: A parameter that two layers share comes twice in your entries. `model.parameters()` has it once.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for part in model.modules() for p in part.parameters(recurse=False)])
    return collected

# %% batch_gradients wrong: the old gradient subtracted
# message: You let `backward()` add to the old gradient and subtract that afterwards. Beside a large one
#   the new one loses its digits, and NaN minus NaN is NaN: clear first.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        old = [0 if p.grad is None else p.grad.clone() for p in model.parameters()]
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad - o for p, o in zip(model.parameters(), old)])
    return collected

# %% batch_gradients wrong: cleared by a factor of 0
# message: You clear the old gradients by multiplying them by 0. NaN times 0 is NaN, and it stays in all
#   that is added.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        for p in model.parameters():
            if p.grad is not None:
                p.grad = 0 * p.grad
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: cleared where the first parameter has one
# message: You look at one parameter only for an old gradient. Where it has none, others may have one
#   all the same.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        if next(model.parameters()).grad is not None:
            model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: the gradients clipped
# message: You clip the gradients: where they are large, shorter ones come out. They are asked for as they
#   are.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 100.0)
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: the logarithm of the softmax
# message: You take the logarithm of a softmax. Where scores lie hundreds apart, a probability is exactly
#   0, its logarithm -inf and the gradient NaN. `cross_entropy` takes both steps in one.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.nll_loss(model(x).softmax(dim=1).log(), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: forward called
# message: You call `model.forward(x)`. That passes by the hooks of the model, and one of them may change
#   its scores: call the model itself, `model(x)`.
import torch.nn.functional as F

def batch_gradients(model, batches):
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model.forward(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients wrong: Dropout switched off
# message: You put the Dropouts of the model in eval mode and leave them there. The mode of every part is
#   the caller's affair.
import torch.nn.functional as F

def batch_gradients(model, batches):
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    collected = []
    for x, y in batches:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        collected.append([p.grad.clone() for p in model.parameters()])
    return collected

# %% batch_gradients domain
def domain(answer, draw):
    class Deep(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.scale, self.again = nn.Parameter(torch.ones(4)), nn.Linear(4, 4)
            self.inner, self.heads = inner, nn.ModuleList([nn.Linear(4, c)])

        def forward(self, x):
            x = torch.tanh(self.again(self.inner(self.again(x * self.scale))))
            return self.heads[0](2 * x if self.training else x)

    c, dtype, training = draw.size(4), draw.choice(torch.float32, torch.float64), draw.flag()
    inner = nn.ReLU() if training else draw.choice(nn.Dropout(0.5), nn.BatchNorm1d(4))
    chain = nn.Sequential(nn.Linear(4, 4), inner, nn.Linear(4, c))
    model = {"deep": Deep(inner), "layer": nn.Linear(4, c), "chain": chain}[draw.choice("deep", "layer", "chain")]
    model = draw.module(model.to(dtype), modes=False, frozen=False).train(training)
    if training and draw.flag():
        inner.eval()
    batches = []
    for _ in range(draw.integer(0, 3)):
        n = draw.size(4)
        x = draw.tensor(n, 4, dtypes=(dtype,), values=("normal", "zeros", "equal", "few"))
        batches.append((x, draw.labels(n, c)))
    if batches and draw.flag(0.3):
        batches.append(batches[0])
    for p in model.parameters():
        p.grad = torch.full_like(p, draw.real()) if batches and draw.flag() else None
    collected = answer(model, batches)
    after = [[p.detach(), p.requires_grad] for p in model.parameters()]
    plain = [[g.detach() for g in entry] for entry in collected]
    kinds = [type(collected).__name__, [type(entry).__name__ for entry in collected]]
    modes = [part.training for part in model.modules()]
    return [plain, kinds, after, [*model.buffers()], modes, batches, answer(model, batches[:1])]
