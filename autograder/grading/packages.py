"""What a student's cells import: packages that are not here, and modules of their own.

A cell that begins with ``import seaborn`` would stop there where seaborn is not installed, and
the answer below it would not exist. Only that statement is taken out.
"""

from __future__ import annotations

import ast
import functools
import importlib.machinery
import sys
from collections.abc import Collection, Mapping

from autograder.course.definitions import read


@functools.cache
def is_installed(module: str) -> bool:
    """Whether a module, ``google.colab``, can be found; nothing of it is executed."""
    package, *inner = module.split(".")
    if package in sys.builtin_module_names or package in sys.stdlib_module_names:
        return True
    path: list[str] | None = [entry for entry in sys.path if entry]
    name = package
    while True:
        try:
            spec = importlib.machinery.PathFinder.find_spec(name, path)
        except (ImportError, ValueError, AttributeError, OSError):
            return True  # who knows: the import itself will say
        if spec is None:
            return name in sys.modules
        # What lies in a package that is code may be made by it; of a mere folder it is a file.
        if not inner or spec.submodule_search_locations is None or spec.origin is not None:
            return True
        path = list(spec.submodule_search_locations)
        name = f"{name}.{inner.pop(0)}"


def without_absent_imports(source: str, own: Collection[str] = ()) -> tuple[str, set[str]]:
    """A cell without its top-level imports of what is not installed, and those packages.

    ``own`` are the file names of the student's modules. Every line keeps its number.
    """
    code = read(source)
    if code is None or "\r" in source:  # which Python would count as the end of a line
        return source, set()
    absent: set[str] = set()
    lines = source.encode().split(b"\n")
    for statement in reversed(code.tree.body):
        gone = _absent(statement, own)
        if not gone:
            continue
        kept = [
            alias
            for alias in getattr(statement, "names", [])
            if isinstance(statement, ast.Import) and alias.name not in gone
        ]
        text = ast.unparse(ast.Import(kept)) if kept else "pass"
        first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
        before = lines[first][: statement.col_offset]
        after = lines[last][statement.end_col_offset :]
        # What else stands on the last line is kept on it.
        here = [before + text.encode() + after] + [b""] * (last - first)
        if last > first and after.strip() and not after.strip().startswith(b"#"):
            joined = [b"\\"] * (last - first - 1)
            here = [before + text.encode() + b" \\", *joined, after]
        lines[first : last + 1] = here
        absent |= {name.partition(".")[0] if _is_package(name) else name for name in gone}
    return b"\n".join(lines).decode(), absent


def _is_package(name: str) -> bool:
    """Whether it is the whole package that is not there."""
    return not is_installed(name.partition(".")[0])


def _absent(statement: ast.stmt, own: Collection[str]) -> list[str]:
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        names = [statement.module]
    else:
        return []
    return [
        name
        for name in names
        if f"{name.partition('.')[0]}.py" not in own and not is_installed(name)
    ]


def writing_cell(modules: Mapping[str, str]) -> str:
    """A cell that puts the student's modules into the folder that the attempt runs in."""
    return (
        f"for _name, _text in {dict(modules)!r}.items():\n"
        "    with open(_name, 'w', encoding='utf-8') as _file:\n"
        "        _file.write(_text)\n"
        "import sys as _sys, os as _os\n"
        "_sys.path.append(_os.getcwd())"
    )
