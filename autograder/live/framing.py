"""Cells that call ``check`` are framed: every check runs, and the cell fails once, at its end.

An AST transformer of IPython turns ::

    check("conv/a", conv, x)
    check("conv/b", conv, y)

into code in which an exception on the way to one check (its arguments, a name that is not there)
is taken up by :func:`respond.aside`, and :func:`respond.finish` comes last. The chapter's own check
cells run with names of their own (:class:`Rooms`).
"""

from __future__ import annotations

import ast
import os
import sys
from typing import TYPE_CHECKING, Any

from autograder.checks.namespace import CheckNamespace, Room, bound_names, digest
from autograder.evidence import EvidenceError
from autograder.live.style import in_ipython

if TYPE_CHECKING:
    from autograder.judge.references import References

_MODULE = "__import__('sys').modules['autograder.live.respond']"


class FrameCells(ast.NodeTransformer):
    """The transformer. Cells without a ``check``, and cells being graded, stay as they are."""

    def __init__(self, rooms: Rooms | None = None) -> None:
        self._rooms = rooms

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Frame one cell."""
        from autograder.checks.check import is_grading
        from autograder.live import respond as respond

        if not node.body or is_grading() or not any(map(_is_check, ast.walk(node))):
            return node
        respond.begin()
        if self._rooms is not None:
            self._rooms.enter()
        self.generic_visit(node)
        last = node.body[-1]
        if isinstance(last, ast.Expr):  # the value of a cell's last line is displayed all the same
            node.body.pop()
            ending = _call("finish", last.value, at=last)
        else:
            ending = _call("finish", at=last)
        names = [name for name in map(_name, ast.walk(node)) if name is not None]
        body: list[ast.stmt] = [_guarded(node.body, *dict.fromkeys(names))] if node.body else []
        node.body = [*body, ending]
        return ast.fix_missing_locations(node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """Guard one statement that is a check."""
        name = _name(node.value)
        return node if name is None else _guarded([node], name)

    def visit(self, node: ast.AST) -> Any:
        """Go on, but leave the inside of functions and classes alone."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return node
        return super().visit(node)


def _is_check(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    return getattr(called, "id", None) == "check" or getattr(called, "attr", None) == "check"


def _name(node: ast.AST) -> str | None:
    """The name of the check that a call makes, where it is written out."""
    if not _is_check(node):
        return None
    assert isinstance(node, ast.Call)
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and type(first.value) is str else None


def _call(function: str, *arguments: ast.expr, at: ast.stmt) -> ast.Expr:
    statement = ast.parse(f"{_MODULE}.{function}()").body[0]
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    for part in ast.walk(statement):
        ast.copy_location(part, at)
    statement.value.args = list(arguments)
    return statement


def _guarded(body: list[ast.stmt], *names: str) -> ast.Try:
    """``try: body`` whose exceptions go past :func:`autograder.live.respond.aside` first."""
    text = f"try: pass\nexcept BaseException:\n if not {_MODULE}.aside(*{names!r}): raise"
    guard = ast.parse(text).body[0]
    assert isinstance(guard, ast.Try)
    for part in ast.walk(guard):
        ast.copy_location(part, body[0])
    guard.body = body
    return guard


class Rooms:
    """Lets the chapter's own check cells run with names of their own.

    A cell is known by its text: what a student wrote or changed runs among the student's names.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._namespaces: dict[str, CheckNamespace] = {}
        self._source = ""
        self._kept: tuple[Any, Any] | None = None

    def before_cell(self, info: Any) -> None:
        """Remember the text of the cell that is about to run."""
        self._source = str(getattr(info, "raw_cell", "") or "")

    def enter(self) -> None:
        """Run the rest of this cell with the names of check cells, if it is one of those."""
        known = self._chapter_of(self._source)
        if known is not None and known.cells[digest(self._source)] and self._kept is None:
            names = self._names(known)
            self._kept = self.shell.user_ns, self.shell.user_module
            self.shell.user_ns, self.shell.user_module = names, Room(names)

    def after_cell(self, result: Any) -> None:
        """Go back to the student's names; keep what a set-up cell has bound."""
        if self._kept is not None:
            self.shell.user_ns, self.shell.user_module = self._kept
            self._kept = None
        source = str(getattr(getattr(result, "info", None), "raw_cell", "") or "")
        known = self._chapter_of(source)
        if known is not None and not known.cells[digest(source)]:
            self._names(known).take(bound_names(source))

    def _names(self, known: References) -> CheckNamespace:
        if known.assignment not in self._namespaces:
            self._namespaces[known.assignment] = CheckNamespace(self.shell.user_ns, known.answers)
        return self._namespaces[known.assignment]

    def _chapter_of(self, source: str) -> References | None:
        if not source.strip():
            return None
        from autograder.live import memory

        try:
            found = (known for _, known in memory.chapters() if digest(source) in known.cells)
            return next(found, None)
        except EvidenceError:  # said where a check is compared
            return None


def install() -> None:
    """Make failed checks raise at the end of their cell, where a notebook imports us."""
    if in_ipython():
        install_into(sys.modules["IPython"].get_ipython())


def install_into(shell: Any) -> None:
    """Set up a notebook's kernel: the transformer, one thread, TensorBoard's way through a hub."""
    transformers = shell.ast_transformers
    if not any(type(t).__name__ == FrameCells.__name__ for t in transformers):
        rooms = Rooms(shell)
        transformers.append(FrameCells(rooms))
        shell.events.register("pre_run_cell", rooms.before_cell)
        shell.events.register("post_run_cell", rooms.after_cell)
    # Lessons are small: more threads than idle cores make them slower, and results less steady.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if hub:  # a browser reaches no port of a hub's machine but through jupyter-server-proxy
        os.environ.setdefault("TENSORBOARD_PROXY_URL", f"{hub.rstrip('/')}/proxy/%PORT%/")
