"""Ways to look at an answer: fresh inputs, gradients, parameters, hooks, forbidden functions.

A probe is a plain function that a grade cell passes to :func:`autograder.check` in front of the
student's answer, or calls to make its inputs. What it returns is recorded as evidence, so it
returns tensors that depend on the fresh inputs together with the facts about them, sealed in one
value; it never decides anything itself.
"""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autograder.checks.seeds import seed_of


def generator(name: str) -> torch.Generator:
    """A new CPU generator for the fresh inputs of one grade cell.

    ``name`` is the exercise's name, or anything that tells two uses apart. The stream depends on
    the run's seed and the name only, so neither the order of cells nor a failed one changes it.
    """
    return torch.Generator().manual_seed(seed_of(name))


def normal(
    *shape: int | Sequence[int], generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Numbers of mean 0 and standard deviation 1.2, almost normal: multiples of 1/64 up to 4.

    ``torch.randn`` goes through a logarithm and a cosine, whose last bits depend on the processor.
    These numbers are the same everywhere, and short: sums and products of a few are exact, in
    whatever order they are taken.
    """
    one = shape[0] if len(shape) == 1 else None
    size: Sequence[Any] = one if isinstance(one, Sequence) else shape
    drawn = torch.randint(-64, 65, (4, *size), generator=generator)
    return drawn.sum(0).to(dtype) / 64


CONVOLUTIONS: tuple[str, ...] = (
    *"conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d conv_tbc".split(),
    *"conv_tbc_backward convolution convolution_mode convolution_backward".split(),
    *"convolution_overrideable convolution_double_backward convolution_pointwise".split(),
    *"convolution_pointwise_ convolution_transpose_pointwise mkldnn_convolution".split(),
    *"mkldnn_convolution_pointwise cudnn_convolution cudnn_convolution_transpose".split(),
    *"cudnn_convolution_relu cudnn_convolution_add_relu miopen_convolution".split(),
    *"miopen_convolution_transpose miopen_convolution_relu miopen_convolution_add_relu".split(),
    *"miopen_depthwise_convolution mps_convolution mps_convolution_transpose".split(),
    *"conv_depthwise2d conv_depthwise3d slow_conv2d_forward slow_conv2d_backward".split(),
    *"slow_conv3d slow_conv3d_forward slow_conv_dilated2d slow_conv_dilated3d".split(),
    *"slow_conv_transpose2d slow_conv_transpose3d thnn_conv2d nnpack_spatial_convolution".split(),
    *"convtranspose1d convtranspose2d convtranspose3d lazyconv1d lazyconv2d lazyconv3d".split(),
    *"conv1d_input conv1d_weight conv2d_input conv2d_weight conv3d_input conv3d_weight".split(),
    "torch.nn.grad.*",
)
"""The names by which torch convolves, for ``forbid``; the layers call one of them."""

POOLINGS: tuple[str, ...] = tuple(
    name.format(d)
    for d in (1, 2, 3)
    for name in (
        *"max_pool{}d max_pool{}d_with_indices maxpool{}d adaptive_max_pool{}d".split(),
        *"adaptive_max_pool{}d_with_indices adaptivemaxpool{}d fractional_max_pool{}d".split(),
        *"fractional_max_pool{}d_with_indices fractionalmaxpool{}d mkldnn_max_pool{}d".split(),
        *"quantized_max_pool{}d".split(),
    )
)
"""The names by which torch takes the largest number of each window."""

LOSSES: tuple[str, ...] = (
    *"cross_entropy cross_entropy_loss linear_cross_entropy crossentropyloss".split(),
    *"nll_loss nll_loss2d nll_loss_nd nll_loss_forward nll_loss2d_forward".split(),
    *"nll_loss_backward nll_loss2d_backward nllloss nllloss2d kl_div kldivloss".split(),
    *"binary_cross_entropy binary_cross_entropy_with_logits bceloss bcewithlogitsloss".split(),
    *"multi_margin_loss multimarginloss multilabel_soft_margin_loss soft_margin_loss".split(),
    *"multilabelsoftmarginloss softmarginloss adaptivelogsoftmaxwithloss".split(),
    *"poisson_nll_loss poissonnllloss gaussian_nll_loss gaussiannllloss".split(),
    *"mse_loss mse_loss_backward mseloss l1_loss l1loss smooth_l1_loss smoothl1loss".split(),
    *"huber_loss huberloss pairwise_distance cdist dist".split(),
)
"""The names by which torch computes a loss: of classes, and of distances."""

SOFTMAXES: tuple[str, ...] = (
    *"softmax log_softmax softmax2d logsoftmax softmin logsumexp safe_softmax".split(),
    *"masked_softmax special_softmax special_log_softmax special_logsumexp".split(),
    *"gumbel_softmax logaddexp logcumsumexp".split(),
)
"""The names by which torch adds exponentials up."""

SIGMOIDS: tuple[str, ...] = (
    *"sigmoid sigmoid_ expit special_expit logsigmoid log_sigmoid log_sigmoid_forward".split(),
    *"silu silu_ glu swiglu logit".split(),
)
"""The names by which torch computes 1 / (1 + exp(-x)), alone or as a factor."""

TENSORS: tuple[str, ...] = (
    *"tensor as_tensor asarray from_numpy frombuffer from_dlpack scalar_tensor".split(),
    *"doubletensor floattensor halftensor bfloat16tensor longtensor inttensor".split(),
    *"shorttensor chartensor bytetensor booltensor".split(),
)
"""The names by which torch makes a tensor of numbers that are at hand."""

DERIVATIVES: tuple[str, ...] = (
    *"backward grad grad_and_value jacobian hessian jacrev jacfwd vjp jvp vhp hvp".split(),
    *"linearize gradcheck".split(),
)
"""The names by which torch differentiates."""

OPTIMIZERS: tuple[str, ...] = (
    *"optim sgd adam adamw fused_sgd fused_sgd_ fused_adam fused_adam_".split(),
    *"fused_adamw fused_adamw_ fused_adagrad fused_adagrad_".split(),
)
"""The names by which torch makes a step along a gradient."""


class ForbiddenFunction(RuntimeError):
    """The answer called a function that the exercise asks to do without."""


class _Without(TorchFunctionMode):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = frozenset(names)
        self.allowed: set[Any] = set()  # a loop over pixels calls a few functions a thousand times

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func not in self.allowed:
            name = getattr(func, "__name__", "").removesuffix(".default").split(".")[-1]
            if name in self.names or name.lstrip("_") in self.names:
                raise ForbiddenFunction(f"`{name.lstrip('_')}` is not allowed in this exercise")
            self.allowed.add(func)
        return func(*args, **(kwargs or {}))


def without(answer: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """``answer`` with the torch functions ``names`` raising :class:`ForbiddenFunction`.

    A name is the last part of a function's path: ``"conv2d"`` stops ``F.conv2d``,
    ``torch.conv2d``, ``nn.Conv2d`` and any alias of them.
    """

    def called(*args: Any, **kwargs: Any) -> Any:
        with _Without(names):
            return answer(*args, **kwargs)

    return called


def gradients(
    answer: Callable[..., Tensor], *args: Any, wrt: Sequence[int] = (0,)
) -> dict[str, Any]:
    """The output of ``answer(*args)`` and the gradients of a weighted sum of it.

    ``wrt`` gives the positions of the arguments to differentiate by; the sum is
    :func:`weighted_sum`. Gradients that do not exist are None.
    """
    leaves = list(args)
    for i in wrt:
        leaves[i] = args[i].detach().clone().requires_grad_()
    output = answer(*leaves)
    wanted = [leaves[i] for i in wrt]
    found: Sequence[Tensor | None] = [None] * len(wanted)
    if isinstance(output, Tensor) and output.requires_grad:
        found = torch.autograd.grad(weighted_sum(output), wanted, allow_unused=True)
    return {"output": output, "gradients": list(found)}


def outcome(answer: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What ``answer(*args)`` returns, or the exception that it raises, to be recorded as a part.

    For checks of several calls in one record, some of which have to raise. An exception that is
    returned and not raised is told apart; the one of an untouched solution cell is passed on.
    """
    try:
        result = answer(*args, **kwargs)
    except Exception as error:
        if isinstance(error, NotImplementedError) and not str(error):
            raise
        return error
    if isinstance(result, BaseException):
        return f"{type(result).__name__}, returned and not raised"
    return result


def weighted_sum(output: Tensor) -> Tensor:
    """A scalar in which every element of ``output`` has its own weight.

    The weights lie between -1 and 1, none is 0, and they repeat after 257 elements. They have few
    digits, so that sums of them do not depend on the processor.
    """
    weights = ((torch.arange(output.numel()) * 97 % 257 * 2 - 255) / 256).to(output.dtype)
    return (output * weights.reshape(output.shape)).sum()


def fill(module: nn.Module, name: str = "fill") -> nn.Module:
    """Overwrite every parameter with values fixed by its shape and the run's seed.

    Parameters of equal shape are told apart by their order of registration. Two modules with the
    same shapes get the same values whatever their parameters are called, so an answer is compared
    by what it computes. Values are those of :func:`normal`, times a power of two near
    ``1/sqrt(fan_in)``.
    """
    seen: dict[tuple[int, ...], int] = {}
    with torch.no_grad():
        for parameter in module.parameters():
            shape = tuple(parameter.shape)
            seen[shape] = seen.get(shape, -1) + 1
            values = normal(*shape, generator=generator(f"{name}/{shape}/{seen[shape]}"))
            fan_in = max(1, parameter[0].numel()) if parameter.dim() > 1 else 4
            parameter.copy_(values * 2.0 ** -round(math.log2(fan_in) / 2))
    return module


def parameter_shapes(module: nn.Module) -> list[tuple[int, ...]]:
    """The shapes of all trainable and frozen parameters, sorted, names left aside."""
    return sorted(tuple(p.shape) for p in module.parameters())


def examine(make: Callable[[], nn.Module], *args: Tensor) -> dict[str, Any]:
    """What a module that ``make`` builds computes on ``args``, and all that a caller sees of it.

    The module runs once first, so that lazy parameters exist; then :func:`fill` overwrites its
    parameters. Recorded are the outputs of two calls, whether the first changed its arguments, how
    often a forward pre-hook and a forward hook fired in it, the shapes of the parameters, whether
    the calls replaced any, and the gradients of :func:`weighted_sum` by each parameter (ordered by
    shape, then by registration) and by each argument of floating dtype, None where there is none.
    """
    module = make()
    module(*(a.clone() for a in args))
    fill(module)
    fired = [0, 0]

    def count(which: int) -> Callable[..., None]:
        def hook(*_: Any) -> None:
            fired[which] += 1

        return hook

    filled = list(module.parameters())
    handles = [
        module.register_forward_pre_hook(count(0)),
        module.register_forward_hook(count(1)),
    ]
    given = [a.clone() for a in args]
    output = module(*given)
    for handle in handles:
        handle.remove()
    parameters = sorted(module.parameters(), key=lambda p: tuple(p.shape))
    leaves = [a.clone().requires_grad_(a.is_floating_point()) for a in args]
    last = module(*(leaf * 1 for leaf in leaves))  # no leaves: changing these in place is no error
    wanted = [t for t in (*parameters, *leaves) if t.requires_grad]
    found: Sequence[Tensor | None] = [None] * len(wanted)
    if isinstance(last, Tensor) and last.requires_grad:
        found = torch.autograd.grad(weighted_sum(last), wanted, allow_unused=True)
    gradient = {id(t): g for t, g in zip(wanted, found, strict=True)}
    return {
        "output": output,
        "output of the next call": last,
        "arguments changed": [not torch.equal(a, b) for a, b in zip(given, args, strict=True)],
        "hooks that fired": fired,
        "shapes of the parameters": [tuple(p.shape) for p in parameters],
        "parameters replaced": not _same_objects(filled, module.parameters()),
        "gradients of the parameters": [gradient.get(id(p)) for p in parameters],
        "gradients of the arguments": [gradient.get(id(leaf)) for leaf in leaves],
    }


def logged_images(log: Callable[[Any], Any]) -> dict[str, list[tuple[int, Tensor]]]:
    """What ``log(writer)`` writes with a ``SummaryWriter``, read back from the event file.

    By tag, in the order of writing: the step, and the picture (channels, H, W) between 0 and 1. How
    several pictures lie side by side in one is decided by ``SummaryWriter.add_images``.
    """
    from PIL import Image
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter
    from torchvision.transforms.functional import pil_to_tensor

    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder) as writer:
            log(writer)
        events = EventAccumulator(folder, {"images": 0}).Reload()
        found: dict[str, list[tuple[int, Tensor]]] = {}
        for tag in sorted(events.Tags()["images"]):
            found[tag] = []
            for event in events.Images(tag):
                picture = Image.open(io.BytesIO(event.encoded_image_string)).convert("RGB")
                found[tag].append((event.step, pil_to_tensor(picture) / 255))
    return found


def logged_sizes(log: Callable[[Any], Any]) -> dict[str, list[str]]:
    """Of :func:`logged_images` the steps and sizes only, to be shown to a student."""
    return {
        tag: [f"step {step}: {picture.shape[2]} × {picture.shape[1]}" for step, picture in entries]
        for tag, entries in logged_images(log).items()
    }


#: of a module what others look at, and what a backward hook leaves when it is gone
_NOT_WRITTEN = frozenset({"training", "forward", "_is_full_backward_hook"})


def attributes(module: nn.Module) -> dict[str, dict[str, Any]]:
    """What is written on each part of ``module`` beside tensors, parts, hooks, mode and forward.

    By the part's name: each attribute with its value, where that is plain (a number, a string, a
    tuple), and otherwise with the name of its type.
    """
    plain = (bool, int, float, str, tuple, type(None))
    return {
        name: {
            key: value if type(value) in plain else type(value).__name__
            for key, value in vars(part).items()
            if key not in _NOT_WRITTEN
        }
        for name, part in module.named_modules()
    }


def _same_objects(one: Iterable[object], other: Iterable[object]) -> bool:
    return [id(item) for item in one] == [id(item) for item in other]
