"""Code that builds names, or goes around them: nothing that a scan of names can judge.

``getattr(F, "con" + "v2d")``, ``eval``, ``torch._C``, a thread. None of it is wrong by itself, so
it costs no point: it is told to a person.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping

#: modules, and what is in them, that reach past the names of functions
_MODULES = (
    "torch._C torch._VF torch.ops torch.overrides torch.compile torch.jit torch.fx torch._dynamo "
    "torch._inductor torch._refs torch._decomp torch._prims torch.library torch.export "
    "torch.utils._python_dispatch torch.utils.cpp_extension torch.func.functionalize "
    "sys.modules sys._getframe importlib imp pkgutil runpy inspect gc ctypes cffi threading "
    "_thread multiprocessing concurrent subprocess os.fork os.system os.popen builtins operator "
    "autograder.checks autograder.kernel autograder.judge IPython.core IPython.get_ipython"
).split()
_MOST_PARTS = 40  #: of a chain of names, of a sum of texts
_OPERATOR = ("operator.attrgetter", "operator.methodcaller")
_CALLS = ("eval", "exec", "compile", "__import__", "globals", "get_ipython", "breakpoint")
_HIDDEN = (
    "__globals__ __builtins__ __subclasses__ __mro__ __bases__ __getattribute__ __closure__ "
    "__code__ __wrapped__ __loader__ __spec__ __torch_function__ __torch_dispatch__"
).split()


#: what reaches into the grader, or at what others hold, from any cell, whatever is asked there
_INTO_THE_GRADER = re.compile(
    r"(?m)^(?!from autograder\.checks\.probes import ).*?"
    r"(\bautograder\.(?:checks|kernel|judge|evidence|sandbox|grading)\b"
    r"|\bsys\.(?:modules|_getframe)\b|\bgc\.get_\w+|\bctypes\b|\binspect\.currentframe\b)"
)


def into_the_grader(source: str) -> list[str]:
    """What of a cell reaches into the grader's own modules or looks through the interpreter.

    Nothing is gained by it that counts, but for what a check says of traces; a person is told.
    """
    return list(dict.fromkeys(_INTO_THE_GRADER.findall(source)))


@dataclasses.dataclass(frozen=True)
class Detour:
    """One of them: how it is written, the paths that it names after all, the code that it runs."""

    said: str
    written: str = ""
    paths: tuple[str, ...] = ()
    code: tuple[ast.AST, ...] = ()


def detours(tree: ast.AST, known: Mapping[str, str], words: Collection[str]) -> Iterator[Detour]:
    """The detours in a piece of code.

    ``known`` are names of packages with their full paths, ``words`` the last parts of what is
    forbidden.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(node, known, words)
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, known)
        elif isinstance(node, ast.Subscript):
            yield from _subscript(node, known)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if _is_module(known.get(node.id, "")):
                yield Detour(f"`{node.id}`")
            elif node.id == "__builtins__":
                yield Detour("`__builtins__`")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _import(node)
        elif isinstance(node, ast.BinOp | ast.JoinedStr) and text_of(node) in words:
            yield Detour(f"a name put together: {_written(node)}")


def _call(node: ast.Call, known: Mapping[str, str], words: Collection[str]) -> Iterator[Detour]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in _CALLS and name not in known:
        texts = [text_of(argument) for argument in node.args[:1]]
        code = tuple(tree for text in texts if text for tree in _parsed(text))
        yield Detour(f"`{name}(…)`", code=code)
    elif name in ("getattr", "setattr", "vars") and node.args:
        path = _path(node.args[0], known)
        if path and len(node.args) > 1:
            text = text_of(node.args[1])
            constant = isinstance(node.args[1], ast.Constant)
            if name == "getattr" and text and constant:
                yield Detour(f"`{_written(node)}`", _written(node), (f"{path}.{text}",))
            else:
                yield Detour(f"`{_written(node)}`")
        elif path:
            yield Detour(f"`{_written(node)}`")
    text = text_of(node)
    if text in words and not isinstance(node.func, ast.Name):
        yield Detour(f"a name put together: {_written(node)}")


def _attribute(node: ast.Attribute, known: Mapping[str, str]) -> Iterator[Detour]:
    path = _path(node, known)
    if (
        _is_module(path)
        or node.attr in _HIDDEN
        or (node.attr == "__dict__" and path)
        or node.attr.startswith("DisableTorchFunction")
    ):
        yield Detour(f"`{_written(node)}`")


def _subscript(node: ast.Subscript, known: Mapping[str, str]) -> Iterator[Detour]:
    """``F.__dict__["conv2d"]`` and ``vars(F)["conv2d"]`` name what they reach."""
    owner = node.value
    if isinstance(owner, ast.Attribute) and owner.attr == "__dict__":
        path = _path(owner.value, known)
    elif isinstance(owner, ast.Call) and getattr(owner.func, "id", "") == "vars" and owner.args:
        path = _path(owner.args[0], known)
    else:
        return
    text = text_of(node.slice)
    if path and text:
        yield Detour(f"`{_written(node)}`", _written(node), (f"{path}.{text}",))


def _import(node: ast.Import | ast.ImportFrom) -> Iterator[Detour]:
    module = getattr(node, "module", None)
    paths = [f"{module}.{alias.name}" if module else alias.name for alias in node.names]
    if any(_is_module(path) or path in _OPERATOR for path in paths):
        yield Detour(f"`{_written(node)}`")


def _is_module(path: str) -> bool:
    if path == "operator" or path.startswith("operator."):
        return path in _OPERATOR
    return any(path == module or path.startswith(f"{module}.") for module in _MODULES)


def _path(node: ast.expr, known: Mapping[str, str]) -> str:
    """The full path of what a chain of names reaches; empty where it begins with no package."""
    parts = dotted(node)
    return ".".join([known[parts[0]], *parts[1:]]) if parts and parts[0] in known else ""


def dotted(node: ast.expr) -> list[str]:
    """``["torch", "nn"]`` of ``torch.nn``; empty for what is no chain of names, or a long one."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < _MOST_PARTS:
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def text_of(node: ast.AST, depth: int = 0) -> str | None:
    """The text that an expression of constants makes; None for anything else."""
    if depth > _MOST_PARTS:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [text_of(node.left, depth + 1), text_of(node.right, depth + 1)]
    elif isinstance(node, ast.JoinedStr):
        values = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
        parts = [text_of(value, depth + 1) for value in values]
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.List | ast.Tuple)
    ):
        glue = text_of(node.func.value, depth + 1)
        items = [text_of(item, depth + 1) for item in node.args[0].elts]
        if glue is None or any(item is None for item in items):
            return None
        return glue.join(item for item in items if item is not None)
    else:
        return None
    return None if any(part is None for part in parts) else "".join(map(str, parts))


def _parsed(text: str) -> Iterator[ast.AST]:
    try:
        yield ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _written(node: ast.AST) -> str:
    """The code of a node, shortened."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
