"""What a call leaves behind: in its arguments, in modules among them, and in the process.

A trace is a short string, ``"grad mode"`` for the process, ``"1: modes"`` for the first argument,
``"model: grad"`` for one given by keyword. The words behind the colon are
:data:`~autograder.checks.snapshots.OF_ARGUMENTS`, the others :data:`OF_PROCESS`. What the solution
leaves everybody may leave; the judge compares.

Traces of arguments are seen where a check cell calls a function of an answer
(:class:`autograder.checks.namespace.CheckNamespace` hands out :func:`watched` ones), those of the
process there and around every check. The process is put back each time, so that one answer's
carelessness never spoils another check.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import os
import random
import struct
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.checks.snapshots import Snapshot

GRAD_MODE = "grad mode"  #: as ``"grad mode=off"`` or ``"grad mode=on"``
OF_PROCESS = (
    GRAD_MODE,
    "default dtype",
    "default device",
    "seed",  #: a random state set anew; one that has advanced is no trace
    "threads",
    "warnings",
    "folder",
    "environment",
    "global hooks",
    "modes of torch",  #: anomaly detection, determinism, autocast, function modes
)

_left: list[str] = []
_changed: list[Snapshot] = []
_exercise: str | None = None
_inside = False


def begin(exercise: str) -> None:
    """Forget what was left; from now on it is told of the functions of ``exercise``."""
    global _exercise, _inside
    _exercise, _inside = exercise, False
    _left.clear()
    _changed.clear()


def end() -> tuple[str, ...]:
    """What was left since :func:`begin`, each once, sorted."""
    global _exercise
    _exercise = None
    return tuple(sorted(set(_left)))


def put_back_arguments() -> None:
    """Give arguments the numbers of before; called when the result has been recorded."""
    for snapshot in reversed(_changed):
        snapshot.put_back()
    _changed.clear()


def watched(function: Callable[..., Any], exercise: str | None) -> Callable[..., Any]:
    """``function`` as a check calls it: what it leaves in its arguments and the process is noted.

    Nothing is noted where it belongs to another exercise than the running check; the process is
    put back all the same.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        global _inside
        if _inside or _exercise is None:
            return function(*args, **kwargs)
        _inside = True
        process = Process()
        before = [
            (where, Snapshot(value))
            for where, value in (*enumerate(args, 1), *kwargs.items())
            if not isinstance(value, bool | int | float | str | bytes | None)
        ]
        try:
            return function(*args, **kwargs)
        finally:
            _inside = False
            found = process.put_back()
            for where, old in before:
                changes = old.changes()
                found += [f"{where}: {what}" for what in changes]
                if "values" in changes:
                    _changed.append(old)
            if exercise in (None, _exercise):
                _left.extend(found)

    return call


def is_function(value: object) -> bool:
    """Whether a call of it is watched: a function, not a class and not a module."""
    return inspect.isfunction(value) or isinstance(value, functools.partial)


def note(traces: list[str]) -> None:
    """Add traces that were seen elsewhere."""
    _left.extend(traces)


# ------------------------------------------------------------------------------------ the process


class Process:
    """The state of the process.

    With the ``seed`` of a check, Python's and numpy's random states and what lies outside torch are
    looked at too.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._torch: Any = sys.modules.get("torch")
        self._seed = seed
        if self._torch is not None:
            self._modes = _modes_of(self._torch)
            self._generator = self._torch.default_generator.get_state()
            self._initial = self._torch.initial_seed()
        if seed is not None:
            self._python, self._numpy = _python_words(), _numpy_words()
            self._filters = list(warnings.filters)
            self._environment = _environment()
            self._folder = _folder()
            self._threads = threading.active_count()
            self._modules = len(sys.modules)

    def put_back(self) -> list[str]:
        """What is not as it was; all of it is put back that can be."""
        return [*self._torchs(), *(() if self._seed is None else self._others(self._seed))]

    def _torchs(self) -> Iterator[str]:
        torch = self._torch
        if torch is None:
            return
        if torch.initial_seed() != self._initial:
            torch.default_generator.set_state(self._generator)
            yield "seed"
        now = _modes_of(torch)
        if now == self._modes:
            return
        for (what, put_back), old, new in zip(_MODES, self._modes, now, strict=True):
            if old != new:
                if put_back is not None:
                    put_back(torch, old)
                elif _modes_of(torch) == self._modes:
                    continue  # the one before it stood for this one too
                yield f"{what}={'on' if new else 'off'}" if what == GRAD_MODE else what

    def _others(self, seed: int) -> Iterator[str]:
        if _set_anew(self._python, self._numpy, seed):
            yield "seed"
        if _folder() != self._folder:
            yield "folder"
            if self._folder is not None:
                os.chdir(self._folder)
        if threading.active_count() > self._threads:
            yield "threads"
        if len(sys.modules) != self._modules:
            return  # a library that is imported for the first time sets filters and variables
        if warnings.filters != self._filters:
            yield "warnings"
            warnings.filters[:] = self._filters  # type: ignore[index]
        if _environment() != self._environment:
            os.environ.clear()
            os.environ.update(
                (os.fsdecode(k), os.fsdecode(v)) for k, v in self._environment.items()
            )
            yield "environment"


def _environment() -> dict[bytes, bytes]:
    """The variables as they lie in memory: two hundred times sooner than ``dict(os.environ)``."""
    stored = getattr(os.environ, "_data", None)
    if isinstance(stored, dict):
        return dict(stored)
    return {os.fsencode(key): os.fsencode(value) for key, value in os.environ.items()}


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _set_grad(torch: Any, old: Any) -> None:
    torch.set_grad_enabled(old)


def _device_set(torch: Any) -> Any:
    """The default device that somebody set, None where nobody has."""
    context = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
    return None if context is None else context.device


def _set_device(torch: Any, old: Any) -> None:
    torch.set_default_device(old)


_MODES: tuple[tuple[str, Callable[[Any, Any], None] | None], ...] = (
    (GRAD_MODE, _set_grad),
    ("default dtype", lambda torch, old: torch.set_default_dtype(old)),
    ("default device", _set_device),
    ("threads", lambda torch, old: torch.set_num_threads(old)),
    ("modes of torch", lambda torch, old: torch.autograd.set_detect_anomaly(old)),
    ("modes of torch", lambda torch, old: torch.use_deterministic_algorithms(old)),
    ("modes of torch", lambda torch, old: torch.set_autocast_enabled("cpu", old)),
    ("modes of torch", None),
    ("global hooks", None),
)


def _modes_of(torch: Any) -> tuple[Any, ...]:
    every = torch.nn.modules.module
    return (
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        _device_set(torch),
        torch.get_num_threads(),
        torch.is_anomaly_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch._C._len_torch_function_stack(),
        (
            *every._global_forward_hooks,
            *every._global_forward_pre_hooks,
            *every._global_backward_hooks,
        ),
    )


#: blocks of random words; a state further on than this counts as set anew
_MOST_BLOCKS = 1000
_LAYOUT = struct.Struct("=i624I")  # a Mersenne Twister: how many words are used, and all of them
_WORDS = _LAYOUT.size


_random: Any = random.getstate.__self__  # type: ignore[attr-defined]


def _python_words() -> bytes:
    """Python's random state: how many words are used, then the words."""
    *words, index = random.getstate()[1]
    return _LAYOUT.pack(index, *words)


def _python_words_in_memory() -> bytes:
    """The same as CPython keeps it: a hundred times sooner than ``getstate``."""
    return ctypes.string_at(id(_random) + object.__basicsize__, _WORDS)


if (
    sys.implementation.name == "cpython"
    and random.Random.__base__.__basicsize__ >= object.__basicsize__ + _WORDS  # type: ignore[union-attr]
    and _python_words_in_memory() == _python_words()
):
    _python_words = _python_words_in_memory


def _numpy_words() -> bytes | None:
    """The same of numpy's; None where it is of another kind."""
    generator: Any = np.random.get_bit_generator()  # type: ignore[attr-defined]
    if type(generator) is not np.random.MT19937:
        return None
    return ctypes.string_at(generator.ctypes.state_address, _WORDS)


def _set_anew(python: bytes, words: bytes | None, seed: int) -> bool:
    """Whether Python's or numpy's random state is none that drawing leads to."""
    now = _python_words()
    if now[4:] != python[4:]:
        index, *before = _LAYOUT.unpack(python)
        drawing = random.Random()
        drawing.setstate((3, (*before, index), None))
        _, *reached = _LAYOUT.unpack(now)
        for _ in range(_MOST_BLOCKS):
            drawing.getrandbits(32 * 624)
            if list(drawing.getstate()[1][:-1]) == reached:
                break
        else:
            return True
    if words is not None and _numpy_words() == words:
        return False
    state = np.random.get_state(legacy=False)["state"]
    first = seed % 2**32
    if (state["pos"], state["key"][0]) == (624, first):  # as seeding leaves it
        return False
    draws = np.random.RandomState(first)
    for _ in range(_MOST_BLOCKS):
        draws.bytes(4 * 624)
        if np.array_equal(draws.get_state(legacy=False)["state"]["key"], state["key"]):
            return False
    return True
