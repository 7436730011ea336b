"""An argument before a call, and what of it is not as it was afterwards."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

OF_ARGUMENTS = (
    "values",  #: numbers, shape or dtype of a tensor, an array, a list; of a module's parameters
    "requires_grad",  #: of a tensor or a parameter, or that it no longer has a history
    "grad",  #: of a tensor or a parameter: there, gone, or another
    "buffers",  #: running statistics and the like
    "modes",  #: training or evaluation, of any part
    "hooks",
    "structure",  #: modules or parameters added, removed or exchanged
)

MAX_ITEMS = 64  #: of a list or a dict among the arguments that are looked at
MAX_DEPTH = 3
MAX_ELEMENTS = 2**22  #: a larger tensor is not copied


class Snapshot:
    """An argument before a call."""

    def __init__(self, value: Any) -> None:
        self._torch: Any = sys.modules.get("torch")
        self._parts: list[Callable[[], Iterator[str]]] = []
        self._tensors: list[tuple[Any, _State]] = []
        self._arrays: list[tuple[np.ndarray, np.ndarray]] = []
        self._items = 0
        with _Unwatched(self._torch):
            self._take(value, 0)

    def changes(self) -> list[str]:
        """Which of :data:`OF_ARGUMENTS` are not as they were."""
        with _Unwatched(self._torch):
            return [what for part in self._parts for what in part()]

    def put_back(self) -> None:
        """Give the tensors and arrays that are arguments themselves the numbers that they had.

        So a check that uses the same ones again sees what it gave. Modules are left as they are.
        """
        with _Unwatched(self._torch):
            for tensor, old in self._tensors:
                if old[0] is not None and any(
                    what == "values" for what in _tensor(self._torch, tensor, old)
                ):
                    tensor.data = old[0]
            for array, copy in self._arrays:
                if array.shape == copy.shape and array.flags.writeable:
                    array[...] = copy

    def _take(self, value: Any, depth: int) -> None:
        torch = self._torch
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            return
        if torch is not None and isinstance(value, torch.Tensor):
            state = _state(torch, value)
            self._parts.append(functools.partial(_tensor, torch, value, state))
            self._tensors.append((value, state))
        elif torch is not None and isinstance(value, torch.nn.Module):
            self._module(value)
        elif torch is not None and isinstance(value, torch.utils.data.DataLoader):
            self._take(value.dataset, depth + 1)
        elif torch is not None and isinstance(value, torch.utils.data.TensorDataset):
            self._take(value.tensors, depth + 1)
        elif isinstance(value, np.ndarray) and value.dtype != object:
            copy = value.copy()
            self._parts.append(functools.partial(_array, value, copy))
            self._arrays.append((value, copy))
        elif type(value) in (list, tuple, dict) or isinstance(value, dict):
            items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
            self._parts.append(functools.partial(_container, value, items))
            for _, item in items:
                self._take(item, depth + 1)

    def _module(self, module: Any) -> None:
        torch = self._torch
        structure, parts, params, buffers = _walk(module)
        modes = [(part, part.training) for part in parts]
        hooks = [(part, _hooks(part)) for part in parts]
        on_parameters = [(p, _hooks_of_parameter(p)) for p in params]
        forwards = [(part, part.__dict__.get("forward")) for part in parts]
        parameters = [(p, _state(torch, p)) for p in params]
        buffered = [(b, _state(torch, b)) for b in buffers]

        def changes() -> Iterator[str]:
            if any(part.training != mode for part, mode in modes):
                yield "modes"
            if any(_hooks(part) != old for part, old in hooks) or any(
                _hooks_of_parameter(p) != old for p, old in on_parameters
            ):
                yield "hooks"
            if _walk(module)[0] != structure or any(
                part.__dict__.get("forward") is not old for part, old in forwards
            ):
                yield "structure"
            for parameter, old in parameters:
                yield from _tensor(torch, parameter, old)
            for buffer, old in buffered:
                if any(_tensor(torch, buffer, old)):
                    yield "buffers"

        self._parts.append(changes)


_State = tuple[Any, tuple[int, ...], Any, bool, bool, Any]


def _state(torch: Any, tensor: Any) -> _State:
    copied = tensor.detach().clone() if _can_copy(torch, tensor) else None
    grad = tensor.grad if tensor.is_leaf else None
    return (
        copied,
        tuple(tensor.shape),
        tensor.dtype,
        tensor.requires_grad,
        tensor.grad_fn is None,
        None if grad is None else (grad.detach().clone() if _can_copy(torch, grad) else grad),
    )


def _can_copy(torch: Any, tensor: Any) -> bool:
    return (
        type(tensor) in (torch.Tensor, torch.nn.Parameter)
        and tensor.layout == torch.strided
        and not tensor.is_meta
        and not tensor.is_quantized
        and tensor.numel() <= MAX_ELEMENTS
    )


def _tensor(torch: Any, tensor: Any, old: _State) -> Iterator[str]:
    copied, shape, dtype, requires_grad, is_first, grad = old
    if (
        tuple(tensor.shape) != shape
        or tensor.dtype != dtype
        or (copied is not None and not _same(torch, tensor.detach(), copied))
    ):
        yield "values"
    if tensor.requires_grad != requires_grad or (tensor.grad_fn is None) != is_first:
        yield "requires_grad"
    now = tensor.grad if tensor.is_leaf else None
    if (now is None) != (grad is None) or (
        now is not None and _can_copy(torch, now) and not _same(torch, now, grad)
    ):
        yield "grad"


def _same(torch: Any, one: Any, other: Any) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if torch.equal(one, other):
        return True
    if not (one.is_floating_point() or one.is_complex()):
        return False
    return bool(torch.allclose(one, other, 0, 0, equal_nan=True))


def _array(array: Any, old: Any) -> Iterator[str]:
    if (
        array.shape != old.shape
        or array.dtype != old.dtype
        or not np.array_equal(array, old, equal_nan=old.dtype.kind in "fc")
    ):
        yield "values"


def _container(value: Any, items: list[Any]) -> Iterator[str]:
    now = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    if len(now) != len(items) or any(
        a[0] != b[0] or (a[1] is not b[1] and not _equal_plain(a[1], b[1]))
        for a, b in zip(now, items, strict=True)
    ):
        yield "values"


def _equal_plain(one: Any, other: Any) -> bool:
    plain = (bool, int, float, str, bytes)
    return type(one) is type(other) and isinstance(one, plain) and one == other


_OF_MODULES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_OF_PARAMETERS = ("_backward_hooks", "_post_accumulate_grad_hooks")

_Hooks = list[tuple[str, tuple[Any, ...]]]


def _hooks(module: Any) -> _Hooks:
    own = module.__dict__
    return [(name, tuple(held)) for name in _OF_MODULES if (held := own.get(name))]


def _hooks_of_parameter(tensor: Any) -> _Hooks:
    return [(name, tuple(held)) for name in _OF_PARAMETERS if (held := getattr(tensor, name, None))]


_Walk = tuple[list[tuple[str, int]], list[Any], list[Any], list[Any]]


def _walk(module: Any) -> _Walk:
    """What a module consists of, its parts, its parameters and its buffers, each once.

    As ``named_modules``, ``named_parameters`` and ``named_buffers`` find them, in one go.
    """
    structure: list[tuple[str, int]] = []
    parts: dict[int, tuple[str, Any]] = {}

    def visit(part: Any, name: str) -> None:
        structure.append((name, id(part)))
        parts.setdefault(id(part), (name, part))
        for own, child in part._modules.items():
            if child is not None:
                visit(child, f"{name}.{own}")

    visit(module, "")
    parameters: dict[int, Any] = {}
    buffers: dict[int, Any] = {}
    for name, part in parts.values():
        for own, parameter in part._parameters.items():
            if parameter is not None and id(parameter) not in parameters:
                parameters[id(parameter)] = parameter
                structure.append((f"{name}.{own}", id(parameter)))
        for buffer in part._buffers.values():
            if buffer is not None:
                buffers.setdefault(id(buffer), buffer)
    modules = [part for _, part in parts.values()]
    return structure, modules, list(parameters.values()), list(buffers.values())


class _Unwatched:
    """While we look: no gradients, and none of the modes that a check may have switched on."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch

    def __enter__(self) -> None:
        if self._torch is not None:
            self._guards = [self._torch._C.DisableTorchFunction(), self._torch.no_grad()]
            for guard in self._guards:
                guard.__enter__()

    def __exit__(self, *error: Any) -> None:
        if self._torch is not None:
            for guard in reversed(self._guards):
                guard.__exit__(*error)
