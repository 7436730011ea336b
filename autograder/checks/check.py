"""A check call: run the student's code, make evidence, hand it on.

While grading, :func:`record_with` has been called in the forked child and every check hands its
bytes to the trusted parent. In a notebook they go to whom :func:`respond_with` names
(:mod:`autograder.live.respond`), who compares and answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograder import evidence as ev
from autograder.checks import traces
from autograder.checks.seeds import seed_everything, seed_of
from autograder.evidence import ATOL, RTOL, Evidence

Respond = Callable[[Evidence, BaseException | None, str | None], None]

_record: Callable[[bytes], bool] | None = None
_wanted: set[str] | None = None  # the exercises whose checks are recorded, where not all are
_respond: Respond | None = None


def record_with(record: Callable[[bytes], bool], wanted: Iterable[str] | None = None) -> None:
    """From now on hand evidence to ``record`` and show nothing. Called by the executor.

    Checks of exercises that are not ``wanted``, and of those of which ``record`` says that no more
    is, do not even call the answer.
    """
    global _record, _wanted
    _record, _wanted = record, None if wanted is None else set(wanted)


def respond_with(respond: Respond) -> None:
    """Where nobody grades, hand evidence to ``respond``, which shows a verdict."""
    global _respond
    _respond = respond


def check(
    name: str,
    answer: Any,
    /,
    *args: Any,
    rtol: float = RTOL,
    atol: float = ATOL,
    forbid: tuple[str, ...] = (),
    requirement: str = "",
    sides: Mapping[str, str] | None = None,
    allow: tuple[str, ...] = (),
    **kwargs: Any,
) -> None:
    """Check one thing about an answer.

    Args:
        name: ``exercise/what``.
        answer: the student's function, class or module, called with ``args`` and ``kwargs``; or,
            when it is no callable, the value itself.
        rtol: relative tolerance of floats.
        atol: absolute tolerance of floats.
        forbid: functions that the answer must not call, ``"conv2d"`` or with the package that it
            is reached through, ``"torch.nn.functional.conv2d"``. The judge scans the answer's
            source; a call of torch's is watched as well.
        requirement: which requirement of the exercise's statement the result establishes; the
            first one where it is not said.
        sides: of a result that is a dict, the entries that establish another requirement beside
            it, ``{"modes": "no trace"}``. Such a side condition counts only where the rest of the
            result is right.
        allow: traces that an answer may leave though the solution does not, ``"grad"`` or with
            the argument, ``"model: grad"`` (:mod:`autograder.checks.traces`).

    Raises:
        CheckFailed: outside IPython, when the answer is wrong. In a notebook it is raised at the
            end of the cell, when every check of the cell has run.
    """
    exercise = name.partition("/")[0]
    if _wanted is not None and exercise not in _wanted:
        return
    settings = (requirement, dict(sides or {}), tuple(allow))
    recorded, error = observe(
        name, answer, args, kwargs, rtol=rtol, atol=atol, forbid=forbid, settings=settings
    )
    if _record is not None:
        if not _record(recorded.to_bytes()) and _wanted is not None:
            _wanted.discard(exercise)
    elif _respond is not None:
        _respond(recorded, error, _call_text(answer, args, kwargs))


def observe(
    name: str,
    answer: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    rtol: float,
    atol: float,
    forbid: tuple[str, ...],
    settings: tuple[str, Mapping[str, str], tuple[str, ...]] = ("", {}, ()),
) -> tuple[Evidence, BaseException | None]:
    """Run an answer and record what happened, with the exception when there was one.

    ``settings``: requirement, sides and allow of :func:`check`.
    """
    seed_everything(name)
    torch: Any = sys.modules.get("torch")
    watched = [n.rpartition(".")[2] for n in forbid if n.partition(".")[0] in (n, "torch")]
    # what a result computes while it is read is the answer's doing, under the same guard
    read = ev.reduce
    if watched and torch is not None:
        from autograder.checks import probes

        answer, read = probes.without(answer, *watched), probes.without(read, *watched)
    arguments = {f"argument {i + 1}": value for i, value in enumerate(args)} | dict(kwargs)
    before = {key: _copy(torch, value) for key, value in arguments.items()}
    traces.begin(name.partition("/")[0])
    process = traces.Process(seed_of(name))
    error: BaseException | None = None
    try:
        result = answer(*args, **kwargs) if _is_call(torch, answer, args, kwargs) else answer
    except (Exception, SystemExit) as raised:
        error = result = raised
    try:
        outcome, tensors = read(result)
    except (Exception, SystemExit) as raised:
        error, (outcome, tensors) = raised, ev.reduce(None)
    traces.note(process.put_back())
    left = traces.end()
    changed = tuple(key for key, old in before.items() if _changed(torch, old, arguments[key]))
    if isinstance(error, Exception | SystemExit):
        outcome = ev.exception_node(error)
    traces.put_back_arguments()
    recorded = Evidence(name, outcome, changed, tensors, rtol, atol, forbid, *settings, traces=left)
    return recorded, error


def _is_call(torch: Any, answer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    if not callable(answer):
        return False
    is_module = torch is not None and isinstance(answer, torch.nn.Module)
    return not is_module or bool(args or kwargs)


def _copy(torch: Any, value: Any) -> Any:
    if torch is not None and isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray) or _is_table(value):
        return value.copy()
    if isinstance(value, list | tuple):
        return [_copy(torch, item) for item in value]
    if isinstance(value, dict):
        return {key: _copy(torch, item) for key, item in value.items()}
    return value if isinstance(value, int | float | str) else None


def _is_table(value: Any) -> bool:
    """Whether it is a DataFrame or a Series of pandas, where that is in use."""
    pandas: Any = sys.modules.get("pandas")
    return hasattr(pandas, "DataFrame") and isinstance(value, pandas.DataFrame | pandas.Series)


def _changed(torch: Any, old: Any, new: Any) -> bool:
    if old is None:
        return False
    if torch is not None and isinstance(old, torch.Tensor):
        same = isinstance(new, torch.Tensor) and old.shape == new.shape and old.dtype == new.dtype
        if not same or old.is_meta or torch.equal(old, new):
            return not same
        return not (old.is_floating_point() and torch.allclose(old, new, 0, 0, equal_nan=True))
    if isinstance(old, np.ndarray):
        same = isinstance(new, np.ndarray) and old.shape == new.shape and old.dtype == new.dtype
        if same and old.dtype.kind == "O":
            pairs = zip(old.ravel().tolist(), new.ravel().tolist(), strict=True)
            return any(a is not b and _changed(torch, _copy(torch, a), b) for a, b in pairs)
        if not same:
            return True
        return not np.array_equal(old, new, equal_nan=old.dtype.kind in "fcmM")
    if _is_table(old):
        same = type(old) is type(new) and old.equals(new)
        return not same or (old.ndim == 1 and old.name != new.name)
    if isinstance(old, list):
        if len(old) != len(new):
            return True
        return any(_changed(torch, a, b) for a, b in zip(old, new, strict=True))
    if isinstance(old, dict):
        if list(old) != list(new):
            return True
        return any(_changed(torch, old[key], new[key]) for key in old)
    return bool(old != new)


def is_grading() -> bool:
    """Whether evidence is handed on, and nothing is to be shown."""
    return _record is not None


def _call_text(answer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """``conv2d_manual(float32 (5, 5), stride=2)``: what was called, with what kinds of values."""
    name = getattr(answer, "__name__", None)
    if not isinstance(name, str) or not name.isidentifier() or not (args or kwargs):
        return None
    shown = [_brief(value) for value in args]
    shown += [f"{key}={_brief(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(shown)})"


def _brief(value: Any) -> str:
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {tuple(value.shape)}"
    if _is_table(value):
        return f"{type(value).__name__} {tuple(value.shape)}"
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        text = repr(value)
        return text if len(text) <= 30 else f"{text[:29]}…"
    if type(value) in (list, tuple):
        short = repr(value) if all(type(v) in (bool, int, float) for v in value) else ""
        return short if 0 < len(short) <= 30 else f"{type(value).__name__} of {len(value)}"
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) and callable(value) else type(value).__name__
