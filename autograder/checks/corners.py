"""Inputs drawn from an exercise's domain: what decides between right and wrong comes often.

A domain is written once for each exercise, beside its known answers: a function that draws
arguments from a :class:`Draw` and calls the answer with them::

    def domain(answer, draw):
        pred = draw.tensor(draw.size(), draw.size(), dtypes=draw.FLOATS)
        return answer(pred, draw.like(pred))

``autograder corners`` runs the solution, every known answer and every mutant on the same inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, SubsetRandomSampler

from autograder.checks import probes

T = TypeVar("T")


class Draw:
    """Draws the arguments of one call; the same name and seed of the run draw the same.

    Corners are drawn far more often than chance would: sizes of 1, zeros, equal and repeated
    values, large offsets, memory that is not contiguous. ``drawn`` says in words what came.
    """

    FLOATS = (torch.float32, torch.float64)
    HALVES = (torch.float16, torch.bfloat16)
    INTEGERS = (torch.int64, torch.int32, torch.int16, torch.uint8)

    def __init__(self, name: str) -> None:
        self.generator = probes.generator(f"corners/{name}")
        self.drawn: list[str] = []

    # ------------------------------------------------------------------------------- numbers

    def integer(self, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``, both included."""
        return int(torch.randint(least, most + 1, (1,), generator=self.generator))

    def size(self, most: int = 5, least: int = 1) -> int:
        """The length of an axis: the least one in every third draw."""
        return least if self.flag(1 / 3) else self.integer(least, most)

    def flag(self, share: float = 0.5) -> bool:
        """True in this share of the draws."""
        return bool(torch.rand(1, generator=self.generator) < share)

    def choice(self, *options: T) -> T:
        """One of the options."""
        chosen = options[self.integer(0, len(options) - 1)]
        self._say(str(chosen)[:40])
        return chosen

    def real(self, least: float = -3.0, most: float = 3.0, zero: bool = True) -> float:
        """A number with few digits; 0 in every fourth draw where that is admitted."""
        if zero and self.flag(0.25):
            return 0.0
        steps = 64
        return least + (most - least) * self.integer(0, steps) / steps

    # ------------------------------------------------------------------------------- tensors

    def tensor(
        self,
        *shape: int,
        dtypes: Sequence[torch.dtype] = FLOATS,
        values: Sequence[str] = ("normal", "zeros", "equal", "few", "large", "tiny", "negative"),
        memory: bool = True,
    ) -> Tensor:
        """A tensor of a drawn dtype, kind of values and layout in memory.

        ``values``: ``normal``; with some exact ``zeros``; all ``equal``; ``few`` different ones;
        ``large`` (an offset of 1000); ``tiny`` (times 2**-10); ``negative`` only.
        """
        dtype = dtypes[self.integer(0, len(dtypes) - 1)]
        kind = values[self.integer(0, len(values) - 1)] if self.flag(0.6) else values[0]
        plain = self._values(shape, kind)
        if not dtype.is_floating_point:
            plain = (plain * 4).round()
            low = 0 if dtype == torch.uint8 else -120
            plain = plain.abs() if dtype == torch.uint8 else plain
            plain = plain.clamp(low, 120)
        layout = self.integer(0, 4) if memory else 0
        result, said = _laid_out(plain.to(dtype), layout)
        self._say(f"{str(dtype).removeprefix('torch.')} {tuple(shape)} {kind}{said}")
        return result

    def like(self, tensor: Tensor, hits: bool = True) -> Tensor:
        """Another tensor of the same shape and dtype; with ``hits`` sometimes equal in places."""
        other = self.tensor(*tensor.shape, dtypes=(tensor.dtype,))
        if hits and self.flag():
            equal = torch.rand(tensor.shape, generator=self.generator) < 0.5
            other = torch.where(equal, tensor, other)
            self._say("partly equal to it")
        return other

    def labels(self, count: int, classes: int) -> Tensor:
        """Class numbers, int64, shape ``(count,)``; sometimes all the same."""
        drawn = torch.randint(0, classes, (count,), generator=self.generator)
        if self.flag(0.25):
            drawn = torch.full_like(drawn, int(drawn[0]) if count else 0)
        self._say(f"{count} labels of {classes} classes")
        return drawn

    def _values(self, shape: tuple[int, ...], kind: str) -> Tensor:
        numbers = (
            probes.normal(*shape, generator=self.generator)
            if shape
            else probes.normal(1, generator=self.generator).reshape(())
        )
        if kind == "zeros":
            return numbers * (torch.rand(shape, generator=self.generator) < 0.5)
        if kind == "equal":
            return torch.full(shape, self.real())
        if kind == "few":
            return numbers.round()
        if kind == "large":
            return numbers + 1000
        if kind == "tiny":
            return numbers * 2.0**-10
        return -numbers.abs() - 0.125 if kind == "negative" else numbers

    # --------------------------------------------------------------------- modules and loaders

    def module(self, module: nn.Module, modes: bool = True, frozen: bool = True) -> nn.Module:
        """The same module, filled with fixed numbers, some parts in another mode, some frozen."""
        probes.fill(module, f"corners/{self.integer(0, 10**6)}")
        if modes:
            kind = self.choice("training", "evaluating", "mixed")
            module.train(kind == "training")
            for part in module.modules():
                if kind == "mixed":
                    part.training = self.flag()
        if frozen and self.flag(1 / 3):
            self._say("some frozen")
            for parameter in module.parameters():
                parameter.requires_grad_(self.flag())
        return module

    def loader(self, dataset: Dataset[Any], most: int = 5) -> DataLoader[Any]:
        """A loader with a short last batch, one that drops it, shuffles, or takes a sample."""
        size = self.size(most)
        count = len(dataset)  # type: ignore[arg-type]
        kind = self.choice("plain", "drop_last", "shuffled", "sampler", "one_batch")
        shuffling = torch.Generator().manual_seed(self.integer(0, 10**6))
        self._say(f"batches of {size}")
        if kind == "drop_last" and count >= size:
            return DataLoader(dataset, size, drop_last=True)
        if kind == "shuffled":
            return DataLoader(dataset, size, shuffle=True, generator=shuffling)
        if kind == "sampler" and count > 1:
            some = torch.randperm(count, generator=self.generator)[: max(1, count // 2)].tolist()
            return DataLoader(dataset, size, sampler=SubsetRandomSampler(some, shuffling))
        return DataLoader(dataset, count if kind == "one_batch" else size)

    def _say(self, words: str) -> None:
        self.drawn.append(words)


def _laid_out(tensor: Tensor, layout: int) -> tuple[Tensor, str]:
    """The same numbers, otherwise in memory."""
    if layout == 1 and tensor.dim() > 1:
        return tensor.transpose(0, -1).contiguous().transpose(0, -1), ", transposed"
    if layout == 2 and tensor.dim() > 0:
        wide = torch.zeros(*tensor.shape[:-1], 2 * tensor.shape[-1], dtype=tensor.dtype)
        wide[..., ::2] = tensor
        return wide[..., ::2], ", every second"
    if layout == 3 and tensor.dim() > 1 and tensor.shape[0] > 1:
        return tensor[:1].expand(tensor.shape), ", expanded"
    return tensor, ""


def case(
    domain: Callable[[Any, Draw], Any], answer: Any, name: str
) -> Callable[[], dict[str, Any]]:
    """One call for ``check``: what was drawn, and what came of it."""

    def call() -> dict[str, Any]:
        draw = Draw(name)
        result = probes.outcome(domain, answer, draw)
        return {"drawn": "; ".join(draw.drawn), "result": result}

    return call
