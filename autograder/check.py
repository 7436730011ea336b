"""A check call: run the student's code, make evidence, hand it on or show the verdict.

While grading, :func:`testify_to` has been called in the forked child and every check hands its
bytes to the trusted parent. Anywhere else the check is compared with the references that lie beside
the notebook and answers at once; a cell with a failed check raises :class:`CheckFailed` at its end.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder import evidence as ev
from autograder import references
from autograder.errors import CheckFailed
from autograder.evidence import Evidence
from autograder.judge import Verdict, judge_exercise

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
    verdict = _verdict(recorded)
    _show(verdict, recorded, error)


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
        from autograder import probes

        torch.manual_seed(probes.seed_of(name))
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

_failed: list[str] = []


def _verdict(recorded: Evidence) -> Verdict:
    known = references.find(Path.cwd(), recorded.name)
    if known is None or recorded.name not in known.checks:
        reason = (
            f"There is nothing to compare `{recorded.name}` with: no *{references.SUFFIX} file "
            f"beside this notebook knows it. Is the notebook in the folder it came in?"
        )
        return Verdict(recorded.name, "undecided", reason)
    mistakes = known.known_mistakes(recorded.name.split("/")[0])
    reference = known.checks[recorded.name]
    return judge_exercise([reference], {recorded.name: recorded}, mistakes)[0]


def _show(verdict: Verdict, recorded: Evidence, error: BaseException | None) -> None:
    mark = {"passed": "✓", "not_answered": "○"}.get(verdict.status, "✗")
    text = f"{mark} {verdict.check}"
    if verdict.reason:
        text += f": {verdict.reason}"
    place = student_line(error)
    if place and verdict.status == "failed":
        text += f"\n{place}"
    print(text)
    if verdict.passed:
        return
    _failed.append(verdict.check)
    if not _in_ipython():
        finish()


def student_line(error: BaseException | None) -> str | None:
    """The last line of the student's own code in a traceback, or None."""
    found = None
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if "ipykernel" in filename or filename.startswith("<ipython-input"):
            line = linecache.getline(filename, trace.tb_lineno).strip()
            if not line.startswith("check("):
                found = f"line {trace.tb_lineno}: {line}"
        trace = trace.tb_next
    return found


def finish() -> None:
    """Raise :class:`CheckFailed` when a check of this cell did not pass. Runs at a cell's end."""
    failed, _failed[:] = list(_failed), []
    if failed:
        raise CheckFailed(f"not passed: {', '.join(dict.fromkeys(failed))}")


def _in_ipython() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


class _FinishCells(ast.NodeTransformer):
    """Appends a call of :func:`finish` to every cell that calls ``check``."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        calls = (n.func for n in ast.walk(node) if isinstance(n, ast.Call))
        if any(isinstance(f, ast.Name) and f.id == "check" for f in calls):
            _failed.clear()
            call = ast.parse("__import__('sys').modules['autograder.check'].finish()").body[0]
            node.body.append(ast.copy_location(call, node.body[-1]))
            ast.fix_missing_locations(node)
        return node


def install() -> None:
    """Make failed checks raise at the end of their cell. Called when a notebook imports us."""
    if _in_ipython():
        transformers = sys.modules["IPython"].get_ipython().ast_transformers
        if not any(type(t).__name__ == _FinishCells.__name__ for t in transformers):
            transformers.append(_FinishCells())
