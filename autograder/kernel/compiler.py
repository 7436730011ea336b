"""Compiling cells: once where it can be, and the course's own before a job begins."""

from __future__ import annotations

import ast
import inspect
import os
import types
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from IPython.core.compilerop import CachingCompiler

_NO_CODE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


class Compiler(CachingCompiler):
    """Names cells so that a traceback finds their module without asking all modules for it."""

    _known: tuple[str, ast.Module] | None = None
    _code: tuple[list[ast.stmt], types.CodeType] | None = None
    _ahead: Mapping[str, tuple[str, types.CodeType, int]] = types.MappingProxyType({})

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """The name that tracebacks know a cell by; that of one compiled ahead is in its code."""
        if transformed_code in self._ahead:
            name = self._ahead[transformed_code][0]
        else:
            name = super().get_code_name(raw_code, transformed_code, number)
        for known in (name, os.path.normcase(os.path.abspath(name))):
            inspect.modulesbyfile[known] = "__main__"
        return name

    def compile_ahead(self, sources: Iterable[str]) -> None:
        """Compile these cells, and forget those that were compiled ahead before.

        What does not compile, or not without a warning, is left to the child that runs it.
        """
        ahead: dict[str, tuple[str, types.CodeType, int]] = {}
        flags = self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        for source in sources:
            name = super().get_code_name(source, source, 0)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    code = compile(source, name, "exec", flags, True)
            except (Warning, *_NO_CODE):
                continue
            ahead[source] = name, code, flags
        self._ahead = ahead

    def take_ahead(self, source: str) -> bool:
        """Whether the cell has been compiled ahead; then it is not parsed at all."""
        _, code, flags = self._ahead.get(source, ("", None, 0))
        if code is None or flags != self.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT:
            return False
        stand_in = ast.Module([ast.Pass()], [])
        self._known, self._code = (source, stand_in), (stand_in.body, code)
        return True

    def code_of(self, nodes: list[ast.stmt]) -> types.CodeType | None:
        """The code for which these nodes stand, where it was compiled ahead."""
        known, self._code = self._code, None
        return known[1] if known is not None and known[0] is nodes else None

    def knows(self, source: str) -> bool:
        """Whether ``source`` is Python as it stands; then it is not parsed a second time."""
        flags = self.flags | ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they come when the cell is compiled
                self._known = source, compile(source, "<cell>", "exec", flags, True)
        except _NO_CODE:
            return False
        return True

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> Any:
        """The syntax tree of a cell."""
        known, self._known = self._known, None
        if known is not None and (known[0], symbol) == (source, "exec"):
            return known[1]
        return super().ast_parse(source, filename, symbol)
