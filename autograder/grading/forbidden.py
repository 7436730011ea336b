"""Where an answer's source mentions what its exercise forbids; nothing is executed.

A forbidden function is named by its last part, ``"conv2d"``, with the package that it is reached
through, ``"torch.nn.functional.conv2d"``, or by all that a module holds, ``"torch.nn.grad.*"``. It
counts where it is reached through that package, or with a plain name through any package that the
instructor's own cells import (``F.conv2d``, an alias, an import of it), so that a student's own
function may be called ``conv2d``. A plain name of Python's own, ``"sorted"``, counts where the
answer does not define it.

An answer is its solution cell, and the functions of the student's other cells that its own use by
name. What builds names or goes around them is no mention: it is flagged, for a person to look at.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import itertools
import re
import symtable
from collections.abc import Iterable, Iterator, Mapping, Set

from autograder.course.assignment import imported_names
from autograder.course.definitions import DEFINITIONS
from autograder.grading.detours import detours, dotted

_MOST_SOURCE = 2**18  #: characters of all cells together that are read
_MOST_DEPTH = 20  #: aliases of aliases


@dataclasses.dataclass(frozen=True)
class Scan:
    """What an answer's source says: forbidden names as written there, and what a person checks."""

    used: list[str]
    flags: list[str]


def scan(
    sources: Mapping[str, str], cell: str, forbidden: Iterable[str], imports: Mapping[str, str]
) -> Scan:
    """Look through one answer.

    Args:
        sources: the student's cells by name, solutions and extra cells.
        cell: the name of the exercise's solution cell.
        forbidden: what the exercise forbids; nothing is found where that is nothing.
        imports: the names that the instructor's cells give to packages, modules and what is in
            them, with their full names
            (:attr:`autograder.course.assignment.Assignment.imports`).

    Calls that no scan can see are stopped while they run, where that is possible
    (:func:`autograder.checks.probes.without`).
    """
    rules = _Rules(forbidden, imports)
    if not rules.names:
        return Scan([], [])
    try:
        return _scan(sources, cell, rules, imports)
    except RecursionError:
        return Scan([], ["code that is nested too deeply to be read"])


def _scan(sources: Mapping[str, str], cell: str, rules: _Rules, imports: Mapping[str, str]) -> Scan:
    names = _Names(_cells(sources, cell), imports)
    used: dict[str, None] = {}
    flags: dict[str, None] = {}
    for where, code in names.reached(cell):
        known, own = names.known(where), names.own(where)
        used |= dict.fromkeys(rules.mentions(code, known, own))
        for detour in detours(code, known, rules.words):
            flags[detour.said] = None
            for inner in detour.code:
                used |= dict.fromkeys(rules.mentions(inner, known, own))
            if any(map(rules.forbids, detour.paths)):
                used[detour.written] = None
    return Scan(list(used), list(flags))


def forbidden_calls(source: str, names: Iterable[str], imports: Mapping[str, str]) -> list[str]:
    """What of ``names`` a single source mentions, as written there."""
    return scan({"": source}, "", names, imports).used


class _Rules:
    """Which paths and names are forbidden."""

    def __init__(self, forbidden: Iterable[str], imports: Mapping[str, str]) -> None:
        packages = {path.partition(".")[0] for path in imports.values()}
        self.names = frozenset(forbidden)
        self.modules = tuple(name[:-1] for name in self.names if name.endswith(".*"))
        self.words = frozenset(n.removesuffix(".*").rpartition(".")[2] for n in self.names)
        self.wanted: dict[str, set[str]] = {}
        for name in self.names:
            if not name.endswith(".*"):
                through = {name.partition(".")[0]} if "." in name else packages
                self.wanted.setdefault(name.rpartition(".")[2], set()).update(through)

    def forbids(self, path: str) -> bool:
        """Whether a full path, ``torch.nn.functional.conv2d``, is one of what is forbidden."""
        if self.modules and f"{path}.".startswith(self.modules):
            return True
        package, *parts = path.split(".")
        spellings = {s for part in parts for s in (part, part.lower(), part.strip("_"))}
        return any(package in self.wanted.get(spelling, ()) for spelling in spellings)

    def mentions(self, tree: ast.AST, known: Mapping[str, str], own: Set[str]) -> Iterator[str]:
        """The forbidden names in a piece of code, as written there."""
        starred = [path for name, path in known.items() if name.startswith("*")]
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                parts = dotted(node)
                if not parts or parts[0] not in known:
                    continue
                if self.forbids(".".join([known[parts[0]], *parts[1:]])):
                    yield ".".join(parts)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                paths = [known[node.id]] if "." in known.get(node.id, "") else []
                if not paths and node.id not in own:
                    if node.id in self.names and hasattr(builtins, node.id):
                        yield node.id
                    paths = [f"{path}.{node.id}" for path in starred]
                if any(map(self.forbids, paths)):
                    yield node.id


# ------------------------------------------------------------------------------ a student's cells


@dataclasses.dataclass(frozen=True)
class _Cell:
    """What the scan needs of one cell."""

    tree: ast.Module
    imports: Mapping[str, str]
    aliases: list[tuple[str, list[str]]]
    top_aliases: list[tuple[str, list[str]]]  #: those that other cells see as well
    bound: Mapping[str, list[ast.stmt]]
    acting: frozenset[str]  #: names that hold code of the student's: calling them can do anything
    stored: frozenset[str]


@functools.lru_cache(maxsize=64)  # the exercises of one notebook, one after the other
def _cell(source: str) -> _Cell:
    tree = _tree(source)
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    stored = frozenset(node.id for node in names if isinstance(node.ctx, ast.Store))
    top = [s for s in tree.body if not isinstance(s, DEFINITIONS)]
    outside = list(_aliases(ast.Module(top, [])))
    bound = _bound(tree)
    acting = frozenset(name for name, found in bound.items() if any(map(_holds_code, found)))
    return _Cell(tree, _imports(tree), list(_aliases(tree)), outside, bound, acting, stored)


def _cells(sources: Mapping[str, str], cell: str) -> dict[str, _Cell]:
    """The cells that can be read, the exercise's own first."""
    left = _MOST_SOURCE
    cells = {}
    for name in sorted(sources, key=lambda name: name != cell):
        left -= len(sources[name])
        if left >= 0:
            cells[name] = _cell(sources[name])
    return cells


_COMMAND = re.compile(r"(?m)^([ \t]*)(?:%%?\w*|!)[ \t]*(.*)$")


def _tree(source: str) -> ast.Module:
    """A student's cell as a tree, IPython's commands read as the code that stands behind them."""
    return _parsed(source) or _parsed(_COMMAND.sub(_code_of, source)) or ast.Module([], [])


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _code_of(command: re.Match[str]) -> str:
    code = command[2] if command[2] and _parsed(command[2]) else "pass"
    return f"{command[1]}{code}"


class _Names:
    """Which cell binds which name, and what the names stand for."""

    def __init__(self, cells: Mapping[str, _Cell], imports: Mapping[str, str]) -> None:
        self.cells = cells
        everywhere = dict(imports)
        for cell in cells.values():
            everywhere |= cell.imports
        self.bound = set().union(*(cell.bound for cell in cells.values()))
        self._known: dict[str, dict[str, str]] = {}
        for name, cell in cells.items():  # a cell's own functions may have any name
            here = {key: path for key, path in everywhere.items() if key not in cell.bound}
            others = [a for c in cells.values() if c is not cell for a in c.top_aliases]
            self._known[name] = _followed([*cell.aliases, *others], here | dict(cell.imports))

    def known(self, cell: str) -> Mapping[str, str]:
        """The names of packages and what is in them, as one cell uses them."""
        return self._known[cell]

    def own(self, cell: str) -> Set[str]:
        """The names that the student defines, as one cell sees them."""
        return self.cells[cell].stored | self.bound

    def reached(self, cell: str) -> Iterator[tuple[str, ast.AST]]:
        """The code of an answer: its own cell, and what its functions use of other cells.

        A line of the cell that tries the answer out, beside what torch computes, is not part of
        the answer.
        """
        if cell not in self.cells:
            return
        tree = ast.Module(self._own_statements(cell), [])
        yield cell, tree
        seen = {id(statement) for statement in self.cells[cell].tree.body}
        waiting: list[tuple[str, ast.stmt]] = [
            (cell, s) for s in tree.body if isinstance(s, (*DEFINITIONS, *_ASSIGNMENTS))
        ]
        found = [self._module(cell, name) for name in self.cells[cell].imports]
        while waiting or found:
            for other, statement in itertools.chain(*found):
                if id(statement) not in seen:
                    seen.add(id(statement))
                    waiting.append((other, statement))
                    yield other, statement
            if not waiting:
                return
            here, statement = waiting.pop()
            found = []
            for name in _free_names(statement):
                found.append(self._module(here, name))
                for other, there in self.cells.items():
                    found.append([(other, bound) for bound in there.bound.get(name, ())])

    def _own_statements(self, cell: str) -> list[ast.stmt]:
        """The statements of an answer's own cell, without those that only try it out.

        Such a line computes, prints or compares something that nothing of the answer asks for, and
        of the student's own functions it calls the answer's alone. Where nothing in the cell binds
        the exercise's name, all of it is the answer.
        """
        here = self.cells[cell]
        body = here.tree.body
        wanted: set[int] = set()
        asked: set[str] = set()
        waiting = [cell]
        while waiting:
            name = waiting.pop()
            asked.add(name)
            for bound in here.bound.get(name, ()):
                if id(bound) not in wanted:
                    wanted.add(id(bound))
                    waiting += _free_names(bound) - asked
        if not wanted:
            return body
        acting = set().union(*(other.acting for other in self.cells.values()))
        acting |= {name for name in here.imports if self._module(cell, name)}
        acting = (acting - asked) | _ACTING

        def tries_it_out(statement: ast.stmt) -> bool:
            if id(statement) in wanted or not isinstance(statement, _TRIALS):
                return False
            stores = [
                node
                for node in ast.walk(statement)
                if isinstance(node, ast.Attribute | ast.Subscript)
                and isinstance(node.ctx, ast.Store)
            ]
            return not stores and not (_free_names(statement) & acting)

        return [statement for statement in body if not tries_it_out(statement)]

    def _module(self, cell: str, name: str) -> list[tuple[str, ast.stmt]]:
        """All of the student's own module that a name of a cell is, or comes from."""
        file = f"{self._known[cell].get(name, '').partition('.')[0]}.py"
        return [(file, s) for s in self.cells[file].tree.body] if file in self.cells else []


_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
#: functions of Python's that can bind a name or run a text
_ACTING = frozenset(
    "exec eval compile setattr delattr globals locals vars __import__ get_ipython open".split()
)
_TRIALS = (ast.Expr, ast.Assert, ast.Assign, ast.AnnAssign)


def _holds_code(statement: ast.stmt) -> bool:
    """Whether a function, a class or a lambda is in a statement."""
    return any(isinstance(node, (*DEFINITIONS, ast.Lambda)) for node in ast.walk(statement))


@functools.lru_cache(maxsize=128)  # by identity, while :func:`_cell` has the statement's cell
def _free_names(statement: ast.stmt) -> set[str]:
    """The names that a statement takes from outside: no local variables, no parameters."""
    try:
        tables = [symtable.symtable(ast.unparse(statement), "cell", "exec")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    outermost = True
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (outermost or symbol.is_global())
        }
        outermost = False
    return found


def _bound(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """The statements of a cell by the names that they bind at its top level; imports aside."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        if isinstance(statement, DEFINITIONS):
            names = {statement.name}  # what is bound inside is its own
        else:
            names = {
                node.id if isinstance(node, ast.Name) else node.name
                for node in ast.walk(statement)
                if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
                or isinstance(node, DEFINITIONS)
            }
        for name in names:
            found.setdefault(name, []).append(statement)
    return found


def _imports(tree: ast.Module) -> dict[str, str]:
    """What a cell's imports bind; all of a package under a name that begins with a star."""
    found = imported_names(tree)
    found.pop("*", None)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.names[0].name == "*":
            found[f"*{node.module}"] = node.module
    return found


def _aliases(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Names that are bound to a chain of names: ``G = torch.nn.functional``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, parts = node.targets[0], dotted(node.value)
            if isinstance(target, ast.Name) and parts:
                yield target.id, parts


def _followed(aliases: list[tuple[str, list[str]]], known: dict[str, str]) -> dict[str, str]:
    """The names of packages with the aliases of them, and the aliases of those."""
    for _ in range(_MOST_DEPTH):
        new = {
            name: ".".join([known[parts[0]], *parts[1:]])
            for name, parts in aliases
            if parts[0] in known and name not in known
        }
        if not new:
            break
        known |= new
    return known
