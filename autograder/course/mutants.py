"""A solution changed mechanically in one place: what checks should notice."""

from __future__ import annotations

import ast
import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.MatMult: ast.Mult,
    ast.Pow: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One changed solution. ``what`` names the change and its line."""

    exercise: str
    what: str
    source: str

    @property
    def key(self) -> str:
        """How the list of equivalents names it."""
        return f"{self.exercise}: {self.what}"


def mutants(exercise: str, source: str) -> Iterator[Mutant]:
    """Every single change of a solution, each once."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    places = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    for i, node in enumerate(places):
        for j in range(len(list(changes(node)))):
            changed = copy.deepcopy(tree)
            twin = [n for n in ast.walk(changed) if isinstance(n, ast.expr | ast.stmt)][i]
            before = ast.unparse(twin).splitlines()[0][:60]
            what, apply = list(changes(twin))[j]
            apply(changed)
            ast.fix_missing_locations(changed)
            text = ast.unparse(changed)
            if text not in seen:
                seen.add(text)
                yield Mutant(exercise, f"line {node.lineno}: {what} in `{before}`", text)


def changes(node: ast.AST) -> Iterator:  # type: ignore[type-arg]
    """The changes that can be made at one node: a name, and a function that makes it."""

    def assign(field: str, value: object) -> Any:
        return lambda tree: setattr(node, field, value)

    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield "operator", assign("op", OPERATORS[type(node.op)]())
        if not isinstance(node.op, ast.Add | ast.Mult):  # no check can tell those apart
            yield "operands swapped", lambda tree: swap(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield "sign dropped", lambda tree: replace(tree, node, node.operand)
    if isinstance(node, ast.Compare):
        kind = type(node.ops[0])
        if kind in COMPARISONS:
            yield "comparison", lambda tree: node.ops.__setitem__(0, COMPARISONS[kind]())
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "constant", assign("value", not node.value)
        elif isinstance(node.value, int | float):
            yield "constant + 1", assign("value", node.value + 1)
            yield "constant - 1", assign("value", node.value - 1)
    if isinstance(node, ast.Call):
        if len(node.args) >= 2:
            yield (
                "arguments swapped",
                lambda tree: node.args.__setitem__(slice(0, 2), node.args[1::-1]),
            )
        for k in range(len(node.keywords)):
            yield f"keyword {node.keywords[k].arg} dropped", lambda tree, k=k: node.keywords.pop(k)
        if isinstance(node.func, ast.Attribute):
            yield "call dropped", lambda tree: replace(tree, node, node.func.value)
        elif len(node.args) == 1:
            yield "call dropped", lambda tree: replace(tree, node, node.args[0])
    if isinstance(node, ast.stmt) and not isinstance(
        node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Return
    ):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring:
            yield "statement dropped", lambda tree: replace(tree, node, ast.Pass())
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield "condition negated", assign("test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.BoolOp):
        flipped = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield "and/or", assign("op", flipped)


def swap(node: ast.BinOp) -> None:
    """Exchange the operands."""
    node.left, node.right = node.right, node.left


def replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Put ``new`` where ``old`` stands."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if item is old:
                        value[i] = new
