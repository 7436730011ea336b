"""One record against another → the first difference. Trusted code: numpy only.

The order of comparison is that of a patient reader: was there an answer at all, is it the right
type, has it the right structure, the right shape, the right dtype, and only then the right values.
The first stage at which *anything* differs is the one the student is told about.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Sequence

import numpy as np

from autograder.evidence import Evidence, Node, number
from autograder.judge.words import (
    Place,
    apart,
    capital,
    columns,
    count,
    describe,
    names,
    noun,
    plain,
    quoted,
    shape_text,
    short,
    with_value,
)

STAGES = ("type", "structure", "shape", "dtype", "values", "arguments")


@dataclasses.dataclass(frozen=True)
class Finding:
    """The first difference between an answer and what was expected.

    ``where`` is the path inside the answer (``""`` for the answer itself, ``"[1]"`` or
    ``"['weight']"`` for a part); ``actual`` and ``expected`` describe it in a few characters.
    ``kind`` is the stage, or ``"exception"`` where the student's code raised what it should not, or
    ``"no number"`` where a value is a string, a bool or the like; programs go by these,
    ``sentence`` is for people.
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
    comparison.node(actual.outcome, reference.outcome, Place())
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
    want = entry(reference.outcome, key)
    if want is None:
        return None
    have = entry(actual.outcome, key)
    if have is None and actual.outcome["kind"] == "dict":
        sentence = f"Your answer lacks {key!r}."
        return Finding(
            "structure", Place().key(key).path, "nothing", describe(want), sentence, "structure"
        )
    comparison = _Comparison(actual, reference)
    if have is None:
        comparison.node(actual.outcome, reference.outcome, Place())
    else:
        asks = is_answers(reference.outcome)
        comparison.node(have, want, Place().key(key, asks=asks))
    return _first(comparison.findings)


def compare_but(actual: Evidence, reference: Evidence, keys: Collection[str]) -> Finding | None:
    """The first difference of an outcome, these entries of it left aside."""
    return compare(but(actual, keys), but(reference, keys))


def agrees_entry(actual: Evidence, reference: Evidence, key: str) -> bool:
    """Whether :func:`compare_entry` finds no difference, at less cost where it does."""
    have, want = entry(actual.outcome, key), entry(reference.outcome, key)
    if want is None:
        return True
    return have is not None and same(actual, reference, have, want)


def agrees_but(actual: Evidence, reference: Evidence, keys: Collection[str]) -> bool:
    """Whether :func:`compare_but` finds no difference, at less cost where it does."""
    return agrees(but(actual, keys), but(reference, keys))


def entry(outcome: Node, key: str) -> Node | None:
    """One entry of a dict outcome; None where there is none."""
    if outcome["kind"] != "dict" or key not in outcome["keys"]:
        return None
    item: Node = outcome["items"][outcome["keys"].index(key)]
    return item


def but(evidence: Evidence, keys: Collection[str]) -> Evidence:
    """Evidence without some entries of its dict outcome."""
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
        self, stage: str, at: Place, actual: str, expected: str, sentence: str, kind: str = ""
    ) -> None:
        self.findings.append(Finding(stage, at.path, actual, expected, sentence, kind or stage))

    def node(self, actual: Node, expected: Node, at: Place) -> None:
        kind = expected["kind"]
        if actual["kind"] == "exception" or kind == "exception":
            self.exception(actual, expected, at)
        elif actual["kind"] == "too_large" or kind == "too_large":
            sentence = at.says("is", "too large to be checked.")
            self.add("type", at, describe(actual), describe(expected), sentence)
        elif actual["kind"] != kind:
            sentence = at.says("is", f"{with_value(actual)}, but {noun(expected)} is expected.")
            sentence += _type_hint(actual, expected, at.path)
            self.add("type", at, describe(actual), describe(expected), sentence)
        elif kind in ("list", "tuple"):
            self.sequence(actual, expected, at)
        elif kind == "dict":
            self.mapping(actual, expected, at)
        elif kind in ("tensor", "array"):
            self.tensor(actual, expected, at)
        elif kind == "frame":
            self.frame(actual, expected, at)
        elif kind == "series":
            if self.index(actual, expected, at):
                self.node(actual["item"], expected["item"], at)
        elif kind in ("int", "float"):
            self.number(actual, expected, at)
        elif kind == "module":
            self.module(actual, expected, at)
        elif actual != expected:
            have, want = plain(actual), plain(expected)
            sentence = at.says("is", f"{have}{at.between}expected {want}.")
            if at.question and kind == "bool":
                sentence = f"You answered {have} for {quoted(at.question)}; expected {want}."
            self.add("values", at, describe(actual), describe(expected), sentence, "no number")

    def exception(self, actual: Node, expected: Node, at: Place) -> None:
        inside = f"{capital(at.words)}, your" if at.words else "Your"
        if expected["kind"] != "exception":
            message = f"{actual['type']}: {actual['message']}".strip(": ")
            sentence = f"{inside} code raised {message}"
            self.add("type", at, actual["type"], describe(expected), sentence, "exception")
        elif actual["kind"] != "exception":
            want = expected["type"]
            here = inside if at.words else "Here your"
            sentence = f"{here} code should raise {want}; it returned {with_value(actual)} instead."
            self.add("type", at, describe(actual), want, sentence)
        elif expected["type"] not in actual["mro"]:
            message = f" ({actual['message']})" if actual["message"] else ""
            sentence = f"{inside} code raised {actual['type']}{message}; "
            sentence += f"{expected['type']} is expected."
            self.add("type", at, actual["type"], expected["type"], sentence, "exception")

    def sequence(self, actual: Node, expected: Node, at: Place) -> None:
        have, want = len(actual["items"]), len(expected["items"])
        if have != want:
            sentence = at.says("has", f"{count(have, 'element')}; {want} expected.")
            self.add("structure", at, str(have), str(want), sentence)
            return
        for i, pair in enumerate(zip(actual["items"], expected["items"], strict=True)):
            self.node(*pair, at.item(i, want))

    def mapping(self, actual: Node, expected: Node, at: Place) -> None:
        have = dict(zip(actual["keys"], actual["items"], strict=True))
        want = dict(zip(expected["keys"], expected["items"], strict=True))
        missing = [key for key in want if key not in have]
        extra = [key for key in have if key not in want]
        if missing or extra:
            parts = []
            if missing:
                parts.append("lacks " + ", ".join(repr(short(key, 80)) for key in missing[:4]))
            if extra:
                unexpected = ", ".join(repr(short(key, 80)) for key in extra[:4])
                parts.append(f"has the unexpected {unexpected}")
            sentence = at.says(parts[0], f"and {parts[1]}.") if parts[1:] else ""
            sentence = sentence or at.says(*parts[0].split(" ", 1)) + "."
            keys = short(list(have)), short(list(want))
            self.add("structure", at, *keys, sentence)
            return
        asks = is_answers(expected)
        for key, item in want.items():
            self.node(have[key], item, at.key(key, asks=asks))

    def frame(self, actual: Node, expected: Node, at: Place) -> None:
        have, want = actual["keys"], expected["keys"]
        missing = [key for key in want if key not in have]
        extra = [key for key in have if key not in want]
        if missing or extra or have != want:
            parts = []
            if missing:
                parts.append(f"lacks the {columns(missing)}")
            if extra:
                parts.append(f"has the unexpected {columns(extra)}")
            parts = parts or [f"has its columns in the order {names(have)}, not {names(want)}"]
            sentence = at.says(*" and ".join(parts).split(" ", 1)) + "."
            self.add("structure", at, columns(have), columns(want), sentence)
            return
        if actual["rows"] != expected["rows"]:
            rows = count(actual["rows"], "row")
            sentence = at.says("has", f"{rows}; {expected['rows']} expected.")
            self.add("shape", at, str(actual["rows"]), str(expected["rows"]), sentence)
            return
        if self.index(actual, expected, at):
            for i, key in enumerate(want):
                self.node(actual["items"][i], expected["items"][i], at.key(key))

    def index(self, actual: Node, expected: Node, at: Place) -> bool:
        """Compare the row labels; whether the values beside them can be compared."""
        have, want = actual["index"], expected["index"]
        if have is None and want is None:
            return True
        if have is None or want is None:
            phrases = "is labelled 0, 1, 2, …", "has row labels of its own"
            mine, right = phrases if have is None else phrases[::-1]
            table = f"a {_TABLES[expected['kind']]} that {right} is expected."
            sentence = at.says(mine.split(" ", 1)[0], f"{mine.split(' ', 1)[1]}; {table}")
            self.add("structure", at.labels(), mine, right, sentence)
            return False
        before = len(self.findings)
        if len(have.get("items", ())) == len(want.get("items", ())) == 1:
            self.node(have["items"][0], want["items"][0], at.labels())
        else:
            self.node(have, want, at.labels())
        return len(self.findings) == before

    def elements(self, actual: Node, expected: Node, at: Place) -> None:
        """Arrays of what no tensor can hold: strings, dates, objects."""
        if ("items" in actual) != ("items" in expected):  # no array is recorded like this
            sentence = at.says("is", "no array that can be read.")
            self.add("type", at, describe(actual), describe(expected), sentence)
            return
        for i, pair in enumerate(zip(actual["items"], expected["items"], strict=True)):
            if pair[0] != pair[1]:
                index = np.unravel_index(i, expected["shape"]) if expected["shape"] else ()
                self.node(*pair, at.element([int(n) for n in index]))

    def number(self, actual: Node, expected: Node, at: Place) -> None:
        have, want = number(actual), number(expected)
        exact = expected["kind"] == "int"
        if have == want or (have != have and want != want):
            return
        rtol, atol = self.reference.rtol, self.reference.atol
        if not exact and math.isfinite(want) and abs(have - want) <= atol + rtol * abs(want):
            return
        mine, right = apart(have, want)
        kind = expected["kind"]
        sentence = at.says("is", f"{mine}{at.between}expected {right}.")
        self.add("values", at, f"the {kind} {mine}", f"the {kind} {right}", sentence)

    def module(self, actual: Node, expected: Node, at: Place) -> None:
        if actual["parameters"] != expected["parameters"]:
            have, want = parameters_text(actual), parameters_text(expected)
            sentence = at.says("has", f"the parameters {have}; expected {want}.")
            self.add("structure", at, have, want, sentence)

    def tensor(self, actual: Node, expected: Node, at: Place) -> None:
        if actual["shape"] != expected["shape"]:
            have, want = shape_text(actual["shape"]), shape_text(expected["shape"])
            sentence = at.says("has", f"shape {have}, but {want} is expected.")
            self.add("shape", at, have, want, sentence)
            return
        if actual["dtype"] != expected["dtype"]:
            have, want = actual["dtype"], expected["dtype"]
            sentence = at.says("has", f"dtype {have}, but {want} is expected.")
            if self._has_same_values(actual, expected):
                sentence += " The values are right."
            self.add("dtype", at, have, want, sentence)
            return
        if "items" in actual or "items" in expected:
            self.elements(actual, expected, at)
            return
        if (actual["data"] is None) != (expected["data"] is None):
            have, want = (
                "without numbers" if node["data"] is None else "with numbers"
                for node in (actual, expected)
            )
            rest = f"a tensor {have} (on the meta device); {want} is expected."
            sentence = at.says("is", rest)
            if expected["data"] is None:
                sentence = at.says("has", "numbers; a tensor on the meta device is expected.")
            self.add("values", at, have, want, sentence)
            return
        have_all, want_all = numbers(self.actual, actual), numbers(self.reference, expected)
        if have_all is None or want_all is None:
            return
        near = close(have_all, want_all, self.reference)
        if near.all():
            return
        index = tuple(int(i) for i in np.argwhere(~near)[0]) if near.ndim else ()
        wrong = int((~near).sum())
        have, want = apart(have_all[index], want_all[index])
        kind = "no number" if want_all.dtype.kind == "b" else ""
        place = f" at {list(index)}" if index else ""
        sentence = at.says("is", f"{have}{place}{at.between}expected {want}.")
        if want_all.size > 1:
            sentence += f" {wrong} of {count(want_all.size, 'value')} differ"
            sentence += "s." if wrong == 1 else "."
        self.add("values", at, have, want, sentence, kind)

    def _has_same_values(self, actual: Node, expected: Node) -> bool:
        if "items" in actual or "items" in expected:
            return bool(actual.get("items") == expected.get("items"))
        have, want = numbers(self.actual, actual), numbers(self.reference, expected)
        if have is None or want is None:
            return have is want
        return have.shape == want.shape and bool(close(have, want, self.reference).all())


def is_answers(node: Node) -> bool:
    """Whether a dict holds answers to yes-or-no questions, which its keys ask in words."""
    if node["kind"] != "dict" or len(node["items"]) < 2:
        return False
    if not all(item["kind"] == "bool" for item in node["items"]):
        return False
    in_words = all(key.count(" ") > 1 or key.startswith(("the ", "a ")) for key in node["keys"])
    return in_words and len({item["value"] for item in node["items"]}) == 2


def parameters_text(node: Node) -> str:
    """``weight (4, 3), bias (4,)``, the first few parameters of a module."""
    told = [f"{short(name, 60)} {shape_text(shape)}" for name, shape, _ in node["parameters"][:6]]
    return ", ".join(told + ["…"] * (len(node["parameters"]) > 6)) or "of nothing"


def numbers(evidence: Evidence, node: Node) -> np.ndarray | None:
    """The numbers of a tensor or an array in its own shape; None where there are none."""
    if node["kind"] not in ("tensor", "array") or node["data"] is None:
        return None
    array = evidence.tensors[node["data"]]
    if list(array.shape) == node["shape"]:
        return array
    pairs = np.empty(node["shape"], np.complex128)  # so are complex numbers recorded
    pairs.real, pairs.imag = array[..., 0], array[..., 1]
    return pairs


def close(have: np.ndarray, want: np.ndarray, reference: Evidence) -> np.ndarray:
    """Where two arrays of one shape agree, by the tolerances of the reference."""
    if want.dtype.kind not in "fc":
        return np.asarray(have == want)
    if "c" in (have.dtype.kind, want.dtype.kind):
        parts = (close(have.real, want.real, reference), close(have.imag, want.imag, reference))
        return np.asarray(parts[0] & parts[1])
    have, want = have.astype(np.float64), want.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # as np.isclose, at half its cost
        bound = reference.atol + reference.rtol * np.abs(want)
        near = (np.abs(have - want) <= bound) & np.isfinite(want)
        return np.asarray(near | (have == want) | (np.isnan(have) & np.isnan(want)))


class _Differs(Exception):
    """The first difference has been found, and nobody asks which."""


class _Agreement(_Comparison):
    def add(self, *_: object) -> None:
        raise _Differs

    def tensor(self, actual: Node, expected: Node, at: Place) -> None:
        if any(actual[key] != expected[key] for key in ("shape", "dtype")):
            raise _Differs
        if "items" in actual and "items" in expected:
            self.elements(actual, expected, at)
            return
        if not self._has_same_values(actual, expected):
            raise _Differs


def agrees(actual: Evidence, reference: Evidence) -> bool:
    """Whether :func:`compare` finds no difference, at less cost where it does."""
    if identical(actual, reference):
        return True
    if set(actual.changed) != set(reference.changed):
        return False
    return same(actual, reference, actual.outcome, reference.outcome)


def same(actual: Evidence, reference: Evidence, have: Node, want: Node) -> bool:
    """Whether a part of one record agrees with a part of the other."""
    try:
        _Agreement(actual, reference).node(have, want, Place())
    except _Differs:
        return False
    return True


_TABLES = {"frame": "DataFrame", "series": "Series"}


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
