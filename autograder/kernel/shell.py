"""A notebook's front end without a kernel: what cells print, show and raise becomes outputs.

An IPython shell as in a Jupyter kernel, whose streams, displays and tracebacks go to one function,
:data:`Emit`, which takes the kind of output and its fields as strings. The shell is made and warmed
in the warm process; a child only says where its outputs go.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import getpass
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from autograder.checks.namespace import CheckNamespace, Room
from autograder.kernel.compiler import Compiler
from autograder.sandbox.wire import MIME_TYPES

Emit = Callable[[Sequence[str]], None]

_AT_ONCE = 1000  # lines of a cell that are handed on as they come; later ones wait for more
_HELD = 8192  # characters that wait at most
_PIECE = 2**20  # characters of one output frame of a stream

_NOT_PLAIN = re.compile(r"[\r\f]|^\s*(>>>|\.\.\.|In \[)", re.MULTILINE)
_COROUTINE = inspect.CO_COROUTINE
_MAY_WAIT = re.compile(r"\bawait\b|\basync\b")


class Outputs:
    """Where outputs go. ``emit`` is set in the child."""

    def __init__(self) -> None:
        self.emit: Emit | None = None
        self.at_once = _AT_ONCE
        self._streams: list[Stream] = []

    def begin_cell(self) -> None:
        """From now on lines are those of another cell."""
        self.at_once = _AT_ONCE

    def attach(self, stream: Stream) -> None:
        """Have ``stream`` flushed before any other output."""
        self._streams.append(stream)

    def send(self, *fields: str) -> None:
        """Hand on one output, behind the text that was written before it."""
        self.flush()
        if self.emit is not None:
            self.emit(fields)

    def flush(self) -> None:
        """Hand on the unfinished lines of all streams."""
        for stream in self._streams:
            stream.flush()


class _Bytes(io.RawIOBase):
    """The binary side of a stream: ``sys.stdout.buffer``."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._stream.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr``. A line is handed on when it ends."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, outputs: Outputs, name: str, descriptor: int) -> None:
        self.name = name
        self.buffer = _Bytes(self)
        self._outputs = outputs
        self._descriptor = descriptor
        self._pending: list[str] = []
        self._held = 0
        outputs.attach(self)

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """The descriptor that programs started here write to."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Take text; a line is handed on when it ends, of very many lines several at once."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._pending.append(text)
        self._held += len(text)
        if self._held > _HELD or (self._outputs.at_once > 0 and text.endswith("\n")):
            self._outputs.at_once -= 1
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Hand on an unfinished line."""
        if self._pending:
            text, self._pending, self._held = "".join(self._pending), [], 0
            if self._outputs.emit is not None:
                for start in range(0, len(text), _PIECE):
                    self._outputs.emit(("stream", self.name, text[start : start + _PIECE]))


def bundle(data: dict[str, Any], metadata: dict[str, Any] | None) -> list[str]:
    """A display bundle as triples of MIME type, data and size (``"640x480"`` or nothing)."""
    fields: list[str] = []
    for mime in MIME_TYPES:
        value = data.get(mime)
        if isinstance(value, bytes):
            from base64 import b64encode

            value = b64encode(value).decode()
        if isinstance(value, str):
            known = (metadata or {}).get(mime)
            size = ""
            if isinstance(known, dict) and "width" in known and "height" in known:
                size = f"{known['width']}x{known['height']}"
            fields += (mime, value, size)
    return fields


class Publisher(DisplayPublisher):
    """``display(...)``."""

    outputs: Outputs

    def publish(  # type: ignore[override]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """Show something, or with ``update`` what was shown under the same ``display_id``."""
        display_id = str((transient or {}).get("display_id") or "")
        self.outputs.send("update" if update else "display", display_id, *bundle(data, metadata))

    def clear_output(self, wait: bool = False) -> None:
        """Remove the cell's outputs, with ``wait`` when the next one comes."""
        self.outputs.send("clear", "wait" if wait else "")


class Hook(DisplayHook):
    """The value of a cell's last expression."""

    outputs: Outputs

    def write_output_prompt(self) -> None:
        """The prompt is the front end's."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Hand on the value in all its representations."""
        self.outputs.send("result", str(self.prompt_count), *bundle(format_dict, md_dict))

    def finish_displayhook(self) -> None:
        """Nothing is left to do."""


class Shell(InteractiveShell):
    """IPython as a notebook's kernel runs it, without a kernel."""

    outputs: Outputs
    compile: Compiler
    compiler_class = Type(Compiler)
    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)

    @contextlib.contextmanager
    def within(self, names: CheckNamespace) -> Iterator[None]:
        """Run a cell with the names of check cells instead of the user's."""
        kept = self.user_ns, self.user_module
        self.user_ns, self.user_module = names, Room(names)
        try:
            yield
        finally:
            self.user_ns, self.user_module = kept

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> Any:
        """Check cells show nothing, so they are compiled as one; others statement by statement."""
        if not isinstance(self.user_ns, CheckNamespace) or not nodelist:
            return await super().run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)
        code = compiler.code_of(nodelist)
        if code is not None:
            return await self.run_code(code, result, async_=bool(code.co_flags & _COROUTINE))
        with compiler.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if self.autoawait else 0):
            code = compiler(ast.Module(nodelist, []), cell_name, "exec")
        return await self.run_code(code, result, async_=bool(code.co_flags & _COROUTINE))

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            message = str(evalue)
        except Exception:
            message = "the exception cannot be shown as text"
        name = getattr(etype, "__name__", str(etype))
        self.outputs.send("error", str(name), message, *map(str, stb))

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Nobody reads this history; formatting a traceback a second time takes milliseconds."""
        return {}

    def transform_cell(self, raw_cell: str) -> str:
        """What plain Python means to IPython is itself, and IPython's tokenizing is slow.

        No magic, no ``!`` and no ``?`` is valid Python. Yet a prompt is taken off even within a
        string, and an indented or empty first line changes what comes after it.
        """
        cell = raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"
        if not self.input_transformers_post and _may_be_plain(cell):
            is_own = isinstance(self.user_ns, CheckNamespace) and not self.ast_transformers
            if (is_own and self.compile.take_ahead(cell)) or self.compile.knows(cell):
                return cell
        return str(super().transform_cell(raw_cell))

    def compile_ahead(self, sources: Iterable[str]) -> None:
        """Compile cells that will run with the names of check cells, before any job has begun."""
        cells = (source if source.endswith("\n") else source + "\n" for source in sources)
        self.compile.compile_ahead(filter(_may_be_plain, cells))

    def should_run_async(self, raw_cell: str, *, transformed_cell: Any = None, **how: Any) -> bool:
        """Only a cell that says so is compiled to find out whether it waits at its top level."""
        if transformed_cell is not None and not _MAY_WAIT.search(transformed_cell):
            return False
        return super().should_run_async(raw_cell, transformed_cell=transformed_cell, **how)

    def enable_gui(self, gui: Any = None) -> None:
        """Figures are drawn inline; there is no window to open."""

    def system(self, cmd: str) -> None:
        """``!command``: its output becomes the cell's."""
        expanded = self.var_expand(cmd, depth=1)
        done = subprocess.run(
            expanded,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
        self.user_ns["_exit_code"] = done.returncode

    def ask_exit(self) -> None:
        """``%exit`` ends the cell."""
        raise SystemExit


def _may_be_plain(cell: str) -> bool:
    return bool(cell[0].strip()) and not _NOT_PLAIN.search(cell)


class _Exit:
    """``exit`` and ``quit``: they end the cell, as anything that raises does."""

    def __repr__(self) -> str:
        return "exit() ends the cell."

    def __call__(self, code: Any = None) -> None:
        raise SystemExit(code)


def _no_input(prompt: object = "", *_: object, **__: object) -> str:
    raise StdinNotImplementedError(
        "input() was called, but while a notebook is graded there is nobody to answer."
    )


def make_shell() -> Shell:
    """The shell that all children start from, with its streams in place of Python's own."""
    outputs = Outputs()
    Publisher.outputs = Hook.outputs = Shell.outputs = outputs
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.enable_tip = False
    config.InteractiveShell.cache_size = 100
    shell = Shell.instance(config=config)
    shell.user_ns["exit"] = shell.user_ns["quit"] = _Exit()
    builtins.input = _no_input
    getpass.getpass = _no_input
    sys.stdout = Stream(outputs, "stdout", 1)
    sys.stderr = Stream(outputs, "stderr", 2)
    return shell
