"""One record against another → the first difference. Trusted code: numpy only.

The order of comparison is that of a patient reader: was there an answer at all, is it the right
type, has it the right structure, the right shape, the right dtype, and only then the right values.
The first stage at which *anything* differs is the one the student is told about.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from autograder.evidence import Evidence, Node, number

STAGES = ("type", "structure", "shape", "dtype", "values", "arguments")


@dataclasses.dataclass(frozen=True)
class Finding:
    """The first difference between an answer and what was expected.

    ``where`` is the path inside the answer (``""`` for the answer itself, ``"[1]"`` or
    ``"['weight']"`` for a part); ``actual`` and ``expected`` describe it in a few characters.
    ``kind`` is the stage, or ``"exception"`` where the student's code raised what it should not;
    programs go by these, ``sentence`` is for people.
    """

    stage: str
    where: str
    actual: str
    expected: str
    sentence: str
    kind: str


def compare(actual: Evidence, reference: Evidence) -> Finding | None:
    """The first difference, or None. Tolerances are those of the reference."""
    if identical(actual, reference):
        return None
    comparison = _Comparison(actual, reference)
    comparison.node(actual.outcome, reference.outcome, "")
    found = _first(comparison.findings)
    if found is None and set(actual.changed) != set(reference.changed):
        return _changed(actual.changed, reference.changed)
    return found


def _first(findings: Sequence[Finding]) -> Finding | None:
    return min(findings, key=lambda finding: STAGES.index(finding.stage), default=None)


def identical(actual: Evidence, reference: Evidence) -> bool:
    """Whether two records agree bit for bit: most right answers do, and this is soon found out."""
    if actual.outcome != reference.outcome or actual.changed != reference.changed:
        return False
    if actual.tensors.keys() != reference.tensors.keys():  # parts of values carry more
        return False
    for key, want in reference.tensors.items():
        have = actual.tensors[key]
        if have.dtype != want.dtype or have.tobytes() != want.tobytes():
            return False
    return True


def compare_entry(actual: Evidence, reference: Evidence, key: str) -> Finding | None:
    """The first difference in one entry of a dict outcome; changed arguments are left aside.

    ``where`` begins with the entry. An answer that is no dict, or has no such entry, differs.
    """
    want = _entry(reference.outcome, key)
    if want is None:
        return None
    have = _entry(actual.outcome, key)
    if have is None and actual.outcome["kind"] == "dict":
        sentence = f"{_your('')} lacks {key!r}."
        return Finding("structure", f"[{key!r}]", "nothing", describe(want), sentence, "structure")
    comparison = _Comparison(actual, reference)
    if have is None:
        comparison.node(actual.outcome, reference.outcome, "")
    else:
        comparison.node(have, want, f"[{key!r}]")
    return _first(comparison.findings)


def compare_but(actual: Evidence, reference: Evidence, keys: Collection[str]) -> Finding | None:
    """The first difference of an outcome, these entries of it left aside."""
    return compare(_but(actual, keys), _but(reference, keys))


def agrees_entry(actual: Evidence, reference: Evidence, key: str) -> bool:
    """Whether :func:`compare_entry` finds no difference, at less cost where it does."""
    have, want = _entry(actual.outcome, key), _entry(reference.outcome, key)
    if want is None:
        return True
    return have is not None and _agree(actual, reference, have, want)


def agrees_but(actual: Evidence, reference: Evidence, keys: Collection[str]) -> bool:
    """Whether :func:`compare_but` finds no difference, at less cost where it does."""
    return agrees(_but(actual, keys), _but(reference, keys))


def _entry(outcome: Node, key: str) -> Node | None:
    if outcome["kind"] != "dict" or key not in outcome["keys"]:
        return None
    item: Node = outcome["items"][outcome["keys"].index(key)]
    return item


def _but(evidence: Evidence, keys: Collection[str]) -> Evidence:
    outcome = evidence.outcome
    if outcome["kind"] != "dict" or not set(keys) & set(outcome["keys"]):
        return evidence
    kept = [i for i, key in enumerate(outcome["keys"]) if key not in keys]
    left = {name: [outcome[name][i] for i in kept] for name in ("keys", "items")}
    return dataclasses.replace(evidence, outcome={"kind": "dict", **left})


def _changed(actual: Sequence[str], expected: Sequence[str]) -> Finding:
    extra = sorted(set(actual) - set(expected))
    missing = sorted(set(expected) - set(actual))
    if extra:
        names = " and ".join(map(_argument, extra))
        sentence = f"Your code changed {names} in place; it should be left as it was."
    else:
        names = " and ".join(map(_argument, missing))
        sentence = f"Your code should change {names} in place, and did not."
    have, want = ", ".join(actual) or "none", ", ".join(expected)
    return Finding("arguments", "", have, want, sentence, "arguments")


def _argument(name: str) -> str:
    """What to call an argument that ``check`` recorded by position or by keyword."""
    return name if name.startswith("argument ") else f"the argument `{name}`"


class _Comparison:
    def __init__(self, actual: Evidence, reference: Evidence) -> None:
        self.actual, self.reference = actual, reference
        self.findings: list[Finding] = []

    def add(
        self, stage: str, where: str, actual: str, expected: str, sentence: str, kind: str = ""
    ) -> None:
        self.findings.append(Finding(stage, where, actual, expected, sentence, kind or stage))

    def node(self, actual: Node, expected: Node, where: str) -> None:
        kind = expected["kind"]
        if actual["kind"] == "exception" or kind == "exception":
            self.exception(actual, expected, where)
        elif actual["kind"] != kind:
            have, want = describe(actual), describe(expected)
            sentence = (
                f"{_your(where)} is {have}, but {want} is expected."
                f"{_type_hint(actual, expected, where)}"
            )
            self.add("type", where, have, want, sentence)
        elif kind in ("list", "tuple"):
            self.sequence(actual, expected, where)
        elif kind == "dict":
            self.mapping(actual, expected, where)
        elif kind in ("tensor", "array"):
            self.tensor(actual, expected, where)
        elif kind == "frame":
            self.frame(actual, expected, where)
        elif kind == "series":
            if self.index(actual, expected, where):
                self.node(actual["item"], expected["item"], where)
        elif kind in ("int", "float"):
            self.number(actual, expected, where)
        elif kind == "module":
            self.module(actual, expected, where)
        elif kind == "too_large":
            self.add(
                "type", where, "too large", "smaller", f"{_your(where)} is too large to check."
            )
        elif actual != expected:
            have, want = describe(actual), describe(expected)
            self.add("values", where, have, want, f"{_your(where)} is {have}; expected {want}.")

    def exception(self, actual: Node, expected: Node, where: str) -> None:
        if expected["kind"] != "exception":
            message = f"{actual['type']}: {actual['message']}".strip(": ")
            part = f" (at {where})" if where else ""
            sentence = f"Your code raised {message}{part}"
            self.add("type", where, actual["type"], describe(expected), sentence, "exception")
        elif actual["kind"] != "exception":
            want = expected["type"]
            sentence = (
                f"Here your code should raise {want}; it returned {describe(actual)} instead."
            )
            self.add("type", where, describe(actual), want, sentence)
        elif expected["type"] not in actual["mro"]:
            sentence = (
                f"Your code raised {actual['type']} ({actual['message']}); "
                f"{expected['type']} is expected."
            )
            self.add("type", where, actual["type"], expected["type"], sentence, "exception")

    def sequence(self, actual: Node, expected: Node, where: str) -> None:
        have, want = len(actual["items"]), len(expected["items"])
        if have != want:
            sentence = f"{_your(where)} has {_count(have, 'element')}; {want} expected."
            self.add("structure", where, str(have), str(want), sentence)
            return
        for i, pair in enumerate(zip(actual["items"], expected["items"], strict=True)):
            self.node(*pair, f"{where}[{i}]")

    def mapping(self, actual: Node, expected: Node, where: str) -> None:
        have = dict(zip(actual["keys"], actual["items"], strict=True))
        want = dict(zip(expected["keys"], expected["items"], strict=True))
        missing = [key for key in want if key not in have]
        extra = [key for key in have if key not in want]
        if missing or extra:
            parts = []
            if missing:
                parts.append("lacks " + ", ".join(repr(key) for key in missing[:4]))
            if extra:
                parts.append("has the unexpected " + ", ".join(repr(key) for key in extra[:4]))
            sentence = f"{_your(where)} {' and '.join(parts)}."
            self.add("structure", where, _short(list(have)), _short(list(want)), sentence)
            return
        for key, item in want.items():
            self.node(have[key], item, f"{where}[{key!r}]")

    def frame(self, actual: Node, expected: Node, where: str) -> None:
        have, want = actual["keys"], expected["keys"]
        missing = [key for key in want if key not in have]
        extra = [key for key in have if key not in want]
        if missing or extra or have != want:
            parts = []
            if missing:
                parts.append(f"lacks the {_columns(missing)}")
            if extra:
                parts.append(f"has the unexpected {_columns(extra)}")
            parts = parts or [f"has its columns in the order {_names(have)}, not {_names(want)}"]
            sentence = f"{_your(where)} {' and '.join(parts)}."
            self.add("structure", where, _columns(have), _columns(want), sentence)
            return
        if actual["rows"] != expected["rows"]:
            rows = _count(actual["rows"], "row")
            sentence = f"{_your(where)} has {rows}; {expected['rows']} expected."
            self.add("shape", where, str(actual["rows"]), str(expected["rows"]), sentence)
            return
        if self.index(actual, expected, where):
            for i, key in enumerate(want):
                self.node(actual["items"][i], expected["items"][i], f"{where}[{key!r}]")

    def index(self, actual: Node, expected: Node, where: str) -> bool:
        """Compare the row labels; whether the values beside them can be compared."""
        have, want = actual["index"], expected["index"]
        if have is None and want is None:
            return True
        if have is None or want is None:
            words = "is labelled 0, 1, 2, …", "has row labels of its own"
            mine, right = words if have is None else words[::-1]
            sentence = (
                f"{_your(where)} {mine}; a {_TABLES[expected['kind']]} that {right} is expected."
            )
            self.add("structure", f"{where}.index", mine, right, sentence)
            return False
        before = len(self.findings)
        if len(have.get("items", ())) == len(want.get("items", ())) == 1:
            self.node(have["items"][0], want["items"][0], f"{where}.index")
        else:
            self.node(have, want, f"{where}.index")
        return len(self.findings) == before

    def elements(self, actual: Node, expected: Node, where: str) -> None:
        """Arrays of what no tensor can hold: strings, dates, objects."""
        if ("items" in actual) != ("items" in expected):  # no array is recorded like this
            have, want = describe(actual), describe(expected)
            self.add("type", where, have, want, f"{_your(where)} is no array that can be read.")
            return
        shape = expected["shape"]
        for i, pair in enumerate(zip(actual["items"], expected["items"], strict=True)):
            if pair[0] != pair[1]:
                place = ", ".join(str(int(n)) for n in np.unravel_index(i, shape)) if shape else ""
                self.node(*pair, f"{where}[{place}]" if place else where)

    def number(self, actual: Node, expected: Node, where: str) -> None:
        have, want = number(actual), number(expected)
        exact = expected["kind"] == "int"
        if have == want or (have != have and want != want):
            return
        rtol, atol = self.reference.rtol, self.reference.atol
        if not exact and math.isfinite(want) and abs(have - want) <= atol + rtol * abs(want):
            return
        kind = expected["kind"]
        mine, right = (f"the {kind} {text}" for text in _apart(have, want))
        self.add("values", where, mine, right, f"{_your(where)} is {mine}; expected {right}.")

    def module(self, actual: Node, expected: Node, where: str) -> None:
        if actual["parameters"] != expected["parameters"]:
            have, want = _short(actual["parameters"]), _short(expected["parameters"])
            sentence = f"The parameters of {_your(where).lower()} are {have}; expected {want}."
            self.add("structure", where, have, want, sentence)

    def tensor(self, actual: Node, expected: Node, where: str) -> None:
        if actual["shape"] != expected["shape"]:
            have, want = shape_text(actual["shape"]), shape_text(expected["shape"])
            sentence = f"{_your(where)} has shape {have}, but {want} is expected."
            self.add("shape", where, have, want, sentence)
            return
        if actual["dtype"] != expected["dtype"]:
            have, want = actual["dtype"], expected["dtype"]
            sentence = f"{_your(where)} has dtype {have}, but {want} is expected."
            if self._has_same_values(actual, expected):
                sentence += " The values are right."
            self.add("dtype", where, have, want, sentence)
            return
        if "items" in actual or "items" in expected:
            self.elements(actual, expected, where)
            return
        if (actual["data"] is None) != (expected["data"] is None):
            have, want = (
                "without numbers" if node["data"] is None else "with numbers"
                for node in (actual, expected)
            )
            sentence = (
                f"{_your(where)} is a tensor {have} (on the meta device); {want} is expected."
            )
            if expected["data"] is None:
                sentence = f"{_your(where)} has numbers; a tensor on the meta device is expected."
            self.add("values", where, have, want, sentence)
            return
        if expected["data"] is None:
            return
        have_all, want_all = self._arrays(actual, expected)
        close = self._close(have_all, want_all)
        if close.all():
            return
        index = tuple(int(i) for i in np.argwhere(~close)[0]) if close.ndim else ()
        wrong = int((~close).sum())
        have, want = _apart(have_all[index], want_all[index])
        place = f" at {list(map(int, index))}" if index else ""
        sentence = f"{_your(where)} is {have}{place}; expected {want}."
        if want_all.size > 1:
            sentence += f" {wrong} of {_count(want_all.size, 'value')} differ"
            sentence += "s." if wrong == 1 else "."
        self.add("values", where, have, want, sentence)

    def _arrays(self, actual: Node, expected: Node) -> tuple[np.ndarray, np.ndarray]:
        return self.actual.tensors[actual["data"]], self.reference.tensors[expected["data"]]

    def _close(self, have: np.ndarray, want: np.ndarray) -> np.ndarray:
        return close(have, want, self.reference)

    def _has_same_values(self, actual: Node, expected: Node) -> bool:
        if "items" in actual or "items" in expected:
            return bool(actual.get("items") == expected.get("items"))
        if expected["data"] is None or actual["data"] is None:
            return actual["data"] is expected["data"]
        return bool(self._close(*self._arrays(actual, expected)).all())


def close(have: np.ndarray, want: np.ndarray, reference: Evidence) -> np.ndarray:
    """Where two arrays of one shape agree, by the tolerances of the reference."""
    if want.dtype.kind != "f":
        return np.asarray(have == want)
    have, want = have.astype(np.float64), want.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # as np.isclose, at half its cost
        bound = reference.atol + reference.rtol * np.abs(want)
        near = (np.abs(have - want) <= bound) & np.isfinite(want)
        return np.asarray(near | (have == want) | (np.isnan(have) & np.isnan(want)))


class _Differs(Exception):
    """The first difference has been found, and nobody asks which."""


class _Agreement(_Comparison):
    def add(self, *_: str) -> None:
        raise _Differs

    def tensor(self, actual: Node, expected: Node, where: str) -> None:
        if any(actual[key] != expected[key] for key in ("shape", "dtype")):
            raise _Differs
        if "items" in actual and "items" in expected:
            self.elements(actual, expected, where)
            return
        if not self._has_same_values(actual, expected):
            raise _Differs


def agrees(actual: Evidence, reference: Evidence) -> bool:
    """Whether :func:`compare` finds no difference, at less cost where it does."""
    if identical(actual, reference):
        return True
    if set(actual.changed) != set(reference.changed):
        return False
    return _agree(actual, reference, actual.outcome, reference.outcome)


def _agree(actual: Evidence, reference: Evidence, have: Node, want: Node) -> bool:
    try:
        _Agreement(actual, reference).node(have, want, "")
    except _Differs:
        return False
    return True


def _your(where: str) -> str:
    return f"Your answer's part {where}" if where else "Your answer"


def _count(n: int, one: str, more: str | None = None) -> str:
    return f"{n} {one if n == 1 else more or f'{one}s'}"


_TABLES = {"frame": "DataFrame", "series": "Series"}


def _names(keys: Sequence[str]) -> str:
    return _short(", ".join(map(repr, keys[:6])) + (", …" if len(keys) > 6 else ""))


def _columns(keys: Sequence[str]) -> str:
    """``columns 'a', 'b'``, the first few of them."""
    return f"column{'' if len(keys) == 1 else 's'} {_names(keys)}"


def _short(value: object, limit: int = 160) -> str:
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shape_text(shape: Iterable[int]) -> str:
    """``(1, 1, 3, 3)``, as PyTorch's documentation writes shapes."""
    return str(tuple(shape))


def _apart(have: object, want: object) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    for digits in (6, 9, 17):
        texts = value_text(have, digits), value_text(want, digits)
        if texts[0] != texts[1]:
            break
    return texts


def value_text(value: object, digits: int = 6) -> str:
    """A number as a student would write it: six significant digits, no trailing zeros."""
    if isinstance(value, np.ndarray) and value.ndim:
        return _short(value.tolist())
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    return f"{float(value):.{digits}g}"  # type: ignore[arg-type]


def describe(node: Node) -> str:
    """A node in a few words: ``a tensor of shape (2, 3)``, ``the int 5``, ``None``."""
    kind = node["kind"]
    if kind == "none":
        return "None"
    if kind in ("bool", "int", "float"):
        return f"the {kind} {value_text(node['value'] if kind == 'bool' else number(node))}"
    if kind == "str":
        return f"the string {_short(repr(node['value']), 80)}"
    if kind in ("list", "tuple"):
        return f"a {kind} of {_count(len(node['items']), 'element')}"
    if kind == "dict":
        return f"a dict of {_count(len(node['items']), 'entry', 'entries')}"
    if kind == "tensor":
        return f"a tensor of shape {shape_text(node['shape'])}"
    if kind == "array":
        return f"a numpy array of shape {shape_text(node['shape'])}"
    if kind == "frame":
        rows = _count(node["rows"], "row")
        if not node["keys"]:
            return f"a DataFrame without columns and with {rows}"
        return f"a DataFrame with {_columns(node['keys'])} and {rows}"
    if kind == "series":
        shape = node["item"].get("shape", [])
        return f"a Series of {_count(shape[0], 'value')}" if shape else "a Series"
    if kind == "exception":
        return f"the exception {node['type']}"
    if kind == "module":
        return f"a module ({node['type']})"
    return f"an object of type {node['type']}"


def _type_hint(actual: Node, expected: Node, where: str) -> str:
    pair = (actual["kind"], expected["kind"])
    if pair[0] == "none" and not where:
        return " Is a `return` missing?"
    if pair[0] == "array" and pair[1] in ("int", "float", "bool") and not actual["shape"]:
        return " `.item()` takes the number out of an array."
    if pair == ("frame", "series"):
        return " One column of a DataFrame, `df[name]`, is a Series."
    if pair == ("series", "frame"):
        return " `.to_frame()` makes a DataFrame of a Series."
    if pair in (("frame", "array"), ("series", "array")):
        return " `.to_numpy()` makes an array of it."
    if pair[0] == "tensor" and pair[1] in ("int", "float", "bool"):
        return " `.item()` takes the number out of a tensor."
    if pair == ("float", "int"):
        return " `//` divides to an int, `/` to a float."
    if pair == ("array", "tensor"):
        return " `torch.from_numpy` makes a tensor of an array."
    if pair[0] == "object" and "method" in actual["type"]:
        return " Are the parentheses of a call missing?"
    return ""
