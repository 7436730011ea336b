"""Ways to look at an answer: fresh inputs, gradients, parameters, hooks, forbidden functions.

A probe is a plain function that a grade cell passes to :func:`autograder.check` in front of the
student's answer, or calls to make its inputs. What it returns is recorded as evidence, so it
returns tensors that depend on the fresh inputs together with the facts about them, sealed in one
value; it never decides anything itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_seed = 0


def set_seed(seed: int) -> None:
    """Choose the run's seed. The executor calls it once before a paper's first cell."""
    global _seed
    _seed = seed


def seed_of(name: str) -> int:
    """A 63-bit seed that depends on the run's seed and ``name`` only."""
    digest = hashlib.sha256(f"{_seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(name: str) -> torch.Generator:
    """A new CPU generator for the fresh inputs of one grade cell.

    ``name`` is the exercise's name, or anything that tells two uses apart. The stream depends on
    the run's seed and the name only, so neither the order of cells nor a failed one changes it.
    """
    return torch.Generator().manual_seed(seed_of(name))


class ForbiddenFunction(RuntimeError):  # noqa: N818 - the name is what a student reads
    """The answer called a function that the exercise asks to do without."""


class _Without(TorchFunctionMode):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = frozenset(names)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "").removesuffix(".default").split(".")[-1]
        if name in self.names or name.lstrip("_") in self.names:
            raise ForbiddenFunction(f"`{name.lstrip('_')}` is not allowed in this exercise")
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


def gradients(answer: Callable[..., Tensor], *args: Any, wrt: Sequence[int] = (0,)) -> dict:
    """The output of ``answer(*args)`` and the gradients of a weighted sum of it.

    ``wrt`` gives the positions of the arguments to differentiate by. The weights are a fixed
    cosine ramp, so that every output counts differently. Gradients that do not exist are None.
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


def weighted_sum(output: Tensor) -> Tensor:
    """A scalar in which every element of ``output`` has its own weight."""
    weights = torch.cos(torch.arange(output.numel(), dtype=torch.float64)).to(output.dtype)
    return (output * weights.reshape(output.shape)).sum()


def fill(module: nn.Module, name: str = "fill") -> nn.Module:
    """Overwrite every parameter with values fixed by its shape and the run's seed.

    Parameters of equal shape are told apart by their order of registration. Two modules with the
    same shapes get the same values whatever their parameters are called, so an answer is compared
    by what it computes. Values are normal with standard deviation ``1/sqrt(fan_in)``.
    """
    seen: dict[tuple[int, ...], int] = {}
    with torch.no_grad():
        for parameter in module.parameters():
            shape = tuple(parameter.shape)
            seen[shape] = seen.get(shape, -1) + 1
            values = torch.randn(shape, generator=generator(f"{name}/{shape}/{seen[shape]}"))
            fan_in = max(1, parameter[0].numel()) if parameter.dim() > 1 else 4
            parameter.copy_(values / fan_in**0.5)
    return module


def parameter_shapes(module: nn.Module) -> list[tuple[int, ...]]:
    """The shapes of all trainable and frozen parameters, sorted, names left aside."""
    return sorted(tuple(p.shape) for p in module.parameters())
