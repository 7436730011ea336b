"""A class in which some copied: ``python -m tests.planted 02_functional_conv --students 300``.

Honest students take one of the known answers of each exercise, or a mutant of one, and write it in
their own way. Who copies takes another student's answers and disguises them: other names, other
constants' spelling, another order of statements, other comments, loops of another kind, prints.
Nothing of this is executed, so a rewriting need not keep what the code computes.
"""

from __future__ import annotations

import argparse
import ast
import random
import time
from collections.abc import Callable, Iterator

from autograder.course.folder import CourseFolder
from autograder.course.mutants import mutants
from autograder.grading.similar import similar
from autograder.pages.similar import Page
from tests.grading.course import ROOT

WORDS = (
    "a b c d e f g h k m n p q r s t u v w y z out res result tmp value total acc data item left "
    "right top size length count step first last new old part whole row col width height area mean "
    "scale shift grid batch layer weight inp output curr prev nxt val arr vec mat num den"
).split()
REMARKS = ("# first the sizes", "# now the real work", "# TODO clean up", "# done", "# see lecture")
DOCS = ("What the exercise asks for.", "My solution.", "Works for every size, I think.")
METHODS = "sum mean exp log unsqueeze reshape flatten".split()  # functions of torch's as well
CLAIMS = ("{0} is not None", "{0}.dim() > 0", "isinstance({0}, torch.Tensor)")

Rewrite = Callable[[ast.Module, random.Random, float], None]


def rename(tree: ast.Module, draw: random.Random, share: float) -> None:
    """Names that the code itself binds inside its functions get others."""
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _loads(n)}
    fresh = draw.sample(WORDS, len(WORDS))
    new = {name: fresh.pop() for name in sorted(bound) if fresh and draw.random() < share}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = new.get(node.id, node.id)


def spell_constants(tree: ast.Module, draw: random.Random, share: float) -> None:
    """2 becomes 1 + 1, 0.5 becomes 1 / 2."""

    class Spell(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            if type(node.value) is int and 1 < node.value < 100 and draw.random() < share:
                return ast.BinOp(ast.Constant(node.value - 1), ast.Add(), ast.Constant(1))
            if type(node.value) is float and node.value == 0.5 and draw.random() < share:
                return ast.BinOp(ast.Constant(1), ast.Div(), ast.Constant(2))
            return node

    Spell().visit(tree)


def reorder(tree: ast.Module, draw: random.Random, share: float) -> None:
    """Neighbouring assignments that do not use each other change places."""
    for body in _bodies(tree):
        for i in range(len(body) - 1):
            one, two = body[i : i + 2]
            simple = isinstance(one, ast.Assign) and isinstance(two, ast.Assign)
            if simple and not _names(one, ast.Store) & _names(two) and draw.random() < share:
                body[i], body[i + 1] = two, one


def loops(tree: ast.Module, draw: random.Random, share: float) -> None:
    """``for i in range(n)`` becomes a ``while``."""
    for body in _bodies(tree):
        for i, node in enumerate(body):
            counted = (
                isinstance(node, ast.For)
                and isinstance(node.target, ast.Name)
                and isinstance(node.iter, ast.Call)
                and getattr(node.iter.func, "id", "") == "range"
                and len(node.iter.args) == 1
            )
            if counted and draw.random() < share:
                name, end = node.target.id, ast.unparse(node.iter.args[0])
                start, loop = ast.parse(f"{name} = 0\nwhile {name} < {end}:\n    pass").body
                loop.body = [*node.body, *ast.parse(f"{name} += 1").body]
                body[i : i + 1] = [start, loop]


def augmented(tree: ast.Module, draw: random.Random, share: float) -> None:
    """``a += b`` becomes ``a = a + b``."""
    for body in _bodies(tree):
        for i, node in enumerate(body):
            plain = isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
            if plain and draw.random() < share:
                name = node.target.id
                value = ast.BinOp(ast.Name(name), node.op, node.value)
                body[i] = ast.Assign([ast.Name(name, ast.Store())], value)


def prints(tree: ast.Module, draw: random.Random, share: float) -> None:
    """Lines that print something stand between the others."""
    for body in _bodies(tree):
        for i in reversed(range(len(body))):
            if draw.random() < share / 3:
                said = draw.choice(("here", "shape", "step", "debug"))
                body[i:i] = ast.parse(f"print({said!r}, {draw.randrange(9)})").body


def docstrings(tree: ast.Module, draw: random.Random, share: float) -> None:
    """A docstring comes or goes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and draw.random() < share:
            if ast.get_docstring(node) is not None and len(node.body) > 1:
                node.body.pop(0)
            else:
                node.body.insert(0, ast.Expr(ast.Constant(draw.choice(DOCS))))


def name_results(tree: ast.Module, draw: random.Random, share: float) -> None:
    """``return f(x)`` becomes ``y = f(x)`` and ``return y``."""
    for body in _bodies(tree):
        last = body[-1]
        if isinstance(last, ast.Return) and last.value is not None and draw.random() < share:
            if isinstance(last.value, ast.Name):
                continue
            name = draw.choice(WORDS)
            body[-1:] = [
                ast.Assign([ast.Name(name, ast.Store())], last.value),
                ast.Return(ast.Name(name)),
            ]


def name_parts(tree: ast.Module, draw: random.Random, share: float) -> None:
    """A part of an expression gets a line and a name of its own."""
    for body in _bodies(tree):
        for i in reversed(range(len(body))):
            if not isinstance(body[i], ast.Assign | ast.Return | ast.Expr | ast.AugAssign):
                continue
            parts = [
                (node, field, value)
                for node in ast.walk(body[i])
                for field, value in ast.iter_fields(node)
                if isinstance(value, ast.BinOp | ast.Call | ast.Subscript)
                and isinstance(getattr(value, "ctx", ast.Load()), ast.Load)
                and not isinstance(node, ast.Expr | ast.Assign | ast.Return)
            ]
            if parts and draw.random() < share:
                node, field, value = draw.choice(parts)
                name = draw.choice(WORDS)
                setattr(node, field, ast.Name(name))
                body.insert(i, ast.Assign([ast.Name(name, ast.Store())], value))


def swap_operands(tree: ast.Module, draw: random.Random, share: float) -> None:
    """``a + b`` becomes ``b + a``."""
    for node in ast.walk(tree):
        turns = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult)
        if turns and draw.random() < share:
            node.left, node.right = node.right, node.left


def other_calls(tree: ast.Module, draw: random.Random, share: float) -> None:
    """``x.shape[0]`` and ``x.size(0)``, ``torch.sum(x)`` and ``x.sum()``."""

    class Other(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
            self.generic_visit(node)
            of_shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
            if of_shape and not isinstance(node.slice, ast.Slice) and draw.random() < share:
                return ast.Call(ast.Attribute(node.value.value, "size"), [node.slice], [])
            return node

        def visit_Call(self, node: ast.Call) -> ast.expr:
            self.generic_visit(node)
            function = node.func
            of_torch = (
                isinstance(function, ast.Attribute)
                and getattr(function.value, "id", "") == "torch"
                and function.attr
                in ("sum", "mean", "exp", "log", "unsqueeze", "reshape", "flatten")
            )
            if of_torch and node.args and draw.random() < share:
                return ast.Call(
                    ast.Attribute(node.args[0], function.attr), node.args[1:], node.keywords
                )
            return node

    Other().visit(tree)


def asserts(tree: ast.Module, draw: random.Random, share: float) -> None:
    """What is taken for granted is written down."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.args.args and draw.random() < share / 2:
            name = node.args.args[-1].arg
            text = draw.choice(
                ("{0} is not None", "{0}.dim() > 0", "isinstance({0}, torch.Tensor)")
            )
            node.body[0:0] = ast.parse(f"assert {text.format(name)}").body


OWN_WAY: tuple[Rewrite, ...] = (
    rename, loops, augmented, docstrings, name_results, name_parts, swap_operands, other_calls,
    asserts, reorder,
)  # fmt: skip
DISGUISES: tuple[Rewrite, ...] = (
    rename, spell_constants, reorder, loops, augmented, prints, docstrings, name_results,
)  # fmt: skip


def rewritten(
    source: str, rewrites: tuple[Rewrite, ...], draw: random.Random, share: float = 0.4
) -> str:
    """The source after some of the rewritings, with a few comments between its lines."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for rewrite in rewrites:
        rewrite(tree, draw, share)
    lines = []
    for line in ast.unparse(ast.fix_missing_locations(tree)).splitlines():
        if line.startswith(" ") and draw.random() < 0.15:
            lines.append(f"{line[: len(line) - len(line.lstrip())]}{draw.choice(REMARKS)}")
        lines.append(line)
    return "\n".join(lines)


def planted_class(
    course: CourseFolder, assignment: str, students: int, copies: int, seed: int = 13
) -> tuple[dict[str, dict[str, str]], set[frozenset[str]]]:
    """Answers by student and exercise, and the pairs in which one copied from the other."""
    draw = random.Random(seed)
    right: dict[str, list[str]] = {
        name: [text] for name, text in course.assignment(assignment).solutions.items()
    }
    wrong: dict[str, list[str]] = {name: [] for name in right}
    for answer in course.answers(assignment):
        (right if answer.right else wrong)[answer.exercise].append(answer.source)
    for name, sources in right.items():
        odd = [mutant.source for mutant in mutants(name, draw.choice(sources))]
        wrong[name] += draw.sample(odd, min(6, len(odd)))
    given: dict[str, dict[str, str]] = {}
    for i in range(students):
        skill = draw.betavariate(4, 2)
        given[f"s{i:04}"] = {
            name: rewritten(_by_frequency(options, draw), OWN_WAY, draw)
            for name in right
            if (options := right[name] if draw.random() < skill else wrong[name])
        }
    who = draw.sample(sorted(given), 2 * copies)
    pairs = set()
    for source, copier in zip(who[:copies], who[copies:], strict=True):
        given[copier] = {
            name: rewritten(text, DISGUISES, draw, 0.7) for name, text in given[source].items()
        }
        pairs.add(frozenset((source, copier)))
    return given, pairs


def _by_frequency(options: list[str], draw: random.Random) -> str:
    """One of the options; the first is the most frequent, as 1, 1/2, 1/3, …"""
    return draw.choices(options, [1 / (i + 1) for i in range(len(options))])[0]


def _loads(name: ast.Name) -> bool:
    return isinstance(getattr(name, "ctx", ast.Load()), ast.Load)


def _names(node: ast.AST, kind: type[ast.expr_context] | None = None) -> set[str]:
    found = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in found if kind is None or isinstance(getattr(n, "ctx", ast.Load()), kind)}


def _bodies(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in list(ast.walk(tree)):
        if not isinstance(node, ast.Module | ast.ClassDef) and isinstance(
            body := getattr(node, "body", None), list
        ):
            yield body


def main() -> None:
    """Plant copies in a class of each chapter, and print how many are in the first rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapters", nargs="*", default=CourseFolder(ROOT).assignments)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--seed", type=int, default=13)
    asked = parser.parse_args()
    for chapter in asked.chapters:
        course, copies = CourseFolder(ROOT), round(asked.students * 0.05)
        given, pairs = planted_class(course, chapter, asked.students, copies, asked.seed)
        start, used = time.perf_counter(), time.process_time()
        page = similar(course.assignment(chapter), given, {})
        print(
            f"{chapter}: {found(page, pairs)} of {copies} copies in the first {len(page.pairs)} "
            f"rows, {time.perf_counter() - start:.1f} s ({time.process_time() - used:.1f} of CPU)",
            flush=True,
        )


def found(page: Page, pairs: set[frozenset[str]]) -> int:
    """How many of the planted pairs a page shows."""
    return sum(frozenset((pair.first[0], pair.second[0])) in pairs for pair in page.pairs)


if __name__ == "__main__":
    main()
