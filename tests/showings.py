"""Where each name and idiom is shown first, and what a solution uses that was not shown before it.

``python -m tests.showings`` prints the table of first showings; with a chapter's name, what its
solutions use too early.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
from collections.abc import Iterator

import torch
from torch import nn

from autograder.course.assignment import SOLUTION, SOLUTION_MARK, grade_id, role
from autograder.course.lesson import read
from tests.reading import lessons

_FENCED = re.compile(r"```python\n(.*?)```", re.DOTALL)
_HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)
#: what nobody who knows Python needs to be shown, though a tensor has it too
_PLAIN = frozenset(
    "append copy count index insert items keys pop remove reverse sort values get add update name "
    "extend format join split strip startswith endswith clear data real dim".split()
)
_METHODS = (torch.Tensor, nn.Module, torch.optim.Optimizer, nn.Sequential, nn.ModuleList)
_ROOTS = {
    "torch": "torch", "nn": "nn", "F": "F", "optim": "optim", "torchvision": "torchvision",
    "models": "models", "np": "np", "copy": "copy", "math": "math",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Missing:
    """Something that a solution uses and no cell before it shows."""

    chapter: str
    exercise: str
    what: str


def first_showings() -> tuple[dict[str, str], list[Missing]]:
    """Where each name or idiom is shown first, and what solutions use before that."""
    shown: dict[str, str] = {}
    missing: list[Missing] = []
    for path in lessons():
        place = path.stem
        for cell in read(path).assignment.notebook.cells:
            if cell.cell_type != "code":
                headings = _HEADING.findall(cell.source)
                place = f"{path.stem}, {headings[-1]}" if headings else place
                texts = _FENCED.findall(cell.source)
            elif role(cell) == "solution":
                texts = [SOLUTION.sub("", cell.source)]  # its signature is given
            elif role(cell) == "check":
                texts = []
            else:
                texts = [cell.source]
            for text in texts:
                for what in sorted(used(text)):
                    shown.setdefault(what, place)
            if role(cell) == "solution":
                early = used(SOLUTION_MARK.sub("", cell.source)) - shown.keys()
                missing += [Missing(path.stem, str(grade_id(cell)), w) for w in sorted(early)]
    return shown, missing


def used(source: str) -> set[str]:
    """Names of torch's, methods of tensors and modules, their keywords, and idioms, in a text."""
    try:
        tree = ast.parse(re.sub(r"(?m)^[ \t]*[%!].*$", "pass", source))
    except SyntaxError:
        return set()
    return set(_used(tree))


def _used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from _attribute(node)
        elif isinstance(node, ast.Call):
            name = _dotted(node.func)
            if name and name.partition(".")[0] in _ROOTS:
                yield from (f"{name}({k.arg}=)" for k in node.keywords if k.arg)
        elif isinstance(node, ast.Try):
            yield "try/finally" if node.finalbody else "try/except"
        elif isinstance(node, ast.Starred) and isinstance(node.ctx, ast.Load):
            yield "*unpacking"
        elif isinstance(node, ast.Subscript):
            yield from _index(node.slice)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield "@"


def _attribute(node: ast.Attribute) -> Iterator[str]:
    name = _dotted(node)
    if name and name.partition(".")[0] in _ROOTS:
        yield name
    elif _is_a_method(node.attr):
        yield f".{node.attr}"


def _is_a_method(name: str) -> bool:
    is_special = name in _PLAIN or name.startswith("__")
    return not is_special and any(hasattr(owner, name) for owner in _METHODS)


def _index(index: ast.expr) -> Iterator[str]:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    for part in parts:
        if isinstance(part, ast.Constant) and part.value is None:
            yield "[None]"
        elif isinstance(part, ast.Constant) and part.value is Ellipsis:
            yield "[...]"
        elif isinstance(part, ast.Slice) and part.step is not None:
            yield "[::step]"


def _dotted(node: ast.expr) -> str:
    """``torch.nn.functional.pad`` → ``F.pad``; empty where it is no dotted name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    name = ".".join([node.id, *reversed(parts)])
    for long, short in (("torch.nn.functional.", "F."), ("nn.functional.", "F."),
                        ("torch.nn.", "nn."), ("torch.optim.", "optim.")):  # fmt: skip
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name


def main(chapter: str = "") -> None:
    """Print the table, or what a chapter's solutions use too early."""
    shown, missing = first_showings()
    if chapter:
        for found in missing:
            if chapter in found.chapter:
                print(f"{found.exercise}: {found.what}")
        return
    for what, place in sorted(shown.items()):
        print(f"{what:40} {place}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
