"""A check call: run the student's code, make evidence, hand it on or show the verdict.

While grading, :func:`testify_to` has been called in the forked child and every check hands its
bytes to the trusted parent. Anywhere else the check is compared with the references that lie beside
the notebook and answers at once; a cell with a failed check raises :class:`CheckFailed` at its
end (:mod:`autograder.live.respond`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from autograder import evidence as ev
from autograder.evidence import Evidence
from autograder.live import respond as desk
from autograder.live.style import in_ipython

_record: Callable[[bytes], None] | None = None


def testify_to(record: Callable[[bytes], None]) -> None:
    """From now on hand evidence to ``record`` and show nothing. Called by the executor."""
    global _record
    _record = record


def check(
    name: str,
    answer: Any,
    /,
    *args: Any,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    forbid: tuple[str, ...] = (),
    **kwargs: Any,
) -> None:
    """Check one thing about an answer.

    Args:
        name: ``exercise/what``.
        answer: the student's function, class or module, called with ``args`` and ``kwargs``; or,
            when it is no callable, the value itself.
        rtol: relative tolerance of floats.
        atol: absolute tolerance of floats.
        forbid: names of torch functions that the answer must not call; its source is scanned by
            the judge and the call is watched.

    Raises:
        CheckFailed: outside IPython, when the answer is wrong. In a notebook it is raised at the
            end of the cell, when every check of the cell has run.
    """
    recorded, error = observe(name, answer, args, kwargs, rtol=rtol, atol=atol, forbid=forbid)
    if _record is not None:
        _record(recorded.to_bytes())
        return
    desk.answer(recorded, error, _call_text(answer, args, kwargs))


def observe(
    name: str,
    answer: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    rtol: float,
    atol: float,
    forbid: tuple[str, ...],
) -> tuple[Evidence, BaseException | None]:
    """Run an answer and record what happened, with the exception when there was one."""
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        from autograder.checks import probes

        probes.seed_torch(probes.seed_of(name))
        if forbid:
            answer = probes.without(answer, *forbid)
    arguments = {f"argument {i + 1}": value for i, value in enumerate(args)} | dict(kwargs)
    before = {key: _copy(torch, value) for key, value in arguments.items()}
    error: BaseException | None = None
    try:
        result = answer(*args, **kwargs) if _is_call(torch, answer, args, kwargs) else answer
    except (Exception, SystemExit) as raised:
        error = result = raised
    changed = tuple(key for key, old in before.items() if _changed(torch, old, arguments[key]))
    outcome, tensors = ev.reduce(result)
    if isinstance(error, Exception | SystemExit):
        outcome = ev.exception_node(error)
    return Evidence(name, outcome, changed, tensors, rtol, atol, forbid), error


def _is_call(torch: Any, answer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    if not callable(answer):
        return False
    is_module = torch is not None and isinstance(answer, torch.nn.Module)
    return not is_module or bool(args or kwargs)


def _copy(torch: Any, value: Any) -> Any:
    if torch is None:
        return None
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, list | tuple):
        return [_copy(torch, item) for item in value]
    if isinstance(value, dict):
        return {key: _copy(torch, item) for key, item in value.items()}
    return value if isinstance(value, int | float | str) else None


def _changed(torch: Any, old: Any, new: Any) -> bool:
    if old is None:
        return False
    if torch is not None and isinstance(old, torch.Tensor):
        same = isinstance(new, torch.Tensor) and old.shape == new.shape and old.dtype == new.dtype
        if not same or old.is_meta or torch.equal(old, new):
            return not same
        return not (old.is_floating_point() and torch.allclose(old, new, 0, 0, equal_nan=True))
    if isinstance(old, list):
        if len(old) != len(new):
            return True
        return any(_changed(torch, a, b) for a, b in zip(old, new, strict=True))
    if isinstance(old, dict):
        if list(old) != list(new):
            return True
        return any(_changed(torch, old[key], new[key]) for key in old)
    return bool(old != new)


# ------------------------------------------------------------------------------- in a notebook


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
    if value is None or type(value) in (bool, int, float, str):
        text = repr(value)
        return text if len(text) <= 30 else f"{text[:29]}…"
    if type(value) in (list, tuple):
        short = repr(value) if all(type(v) in (bool, int, float) for v in value) else ""
        return short if 0 < len(short) <= 30 else f"{type(value).__name__} of {len(value)}"
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) and callable(value) else type(value).__name__


def install() -> None:
    """Make failed checks raise at the end of their cell. Called when a notebook imports us."""
    if in_ipython():
        from autograder.live.framing import install_into

        install_into(sys.modules["IPython"].get_ipython())
