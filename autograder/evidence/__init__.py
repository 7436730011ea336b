"""A value reduced to named tensors and plain facts, and the bytes it travels in.

Evidence leaves an untrusted process, so everything read here is treated as hostile: sizes, depth,
names and types are checked before anything is used, and nothing is ever unpickled. This module
needs numpy and safetensors only; torch and pandas are touched (never imported) by :func:`reduce`,
which runs where the student's code ran.

Wire format of a *bundle* (evidence, evidence files and reference files alike)::

    b"TNNB"  uint32 header length  header (UTF-8 JSON)  body (safetensors)
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
import sys
from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np
import safetensors
import safetensors.numpy

MAGIC = b"TNNB"
VERSION = 2

MAX_EVIDENCE_BYTES = 16 * 2**20  #: bytes of one piece of evidence
MAX_HEADER_BYTES = 4 * 2**20  #: bytes of the JSON half of one piece of evidence
MAX_MARKS = 300_000  #: brackets, braces and commas in a header: what becomes objects
MAX_NODES = 20_000  #: values in one piece of evidence
MAX_TENSORS = 512  #: tensors in one piece of evidence
MAX_DEPTH = 24  #: nesting of lists and dictionaries
RTOL, ATOL = 1e-4, 1e-5  #: tolerances of a check that names none
MAX_TOLERANCE = 1e9
MAX_TEXT = 4_000  #: characters of one string
MAX_NAME = 200  #: characters of a check's name

Node = dict[str, Any]
"""One reduced value, as JSON: ``{"kind": ..., ...}``.

=============  ============================================================================
kind           further keys
=============  ============================================================================
none
bool, int      value (an int is a decimal string, so that no size is lost)
float          value (``float.hex()``, ``"nan"``, ``"inf"``, ``"-inf"``)
str            value
list, tuple    items
dict           keys (strings), items
tensor         dtype (``"float32"``), shape, data (a key of the bundle's tensors, or null)
array          the same, for a ``numpy.ndarray``; of strings, dates and objects ``items`` instead
               of data: the nodes of all elements, in C order
frame          keys (the names of the columns), items (an array each), index; for a
               ``pandas.DataFrame``. The index is null where it counts 0, 1, 2, …, else a list of
               its levels, an array each. Names of an index are not recorded.
series         item (an array), index; for a ``pandas.Series``, whose name is not recorded
exception      type, message, mro (names of the class and its bases)
module         type, parameters (list of ``[name, shape, dtype]``)
object         type (``package.Class``)
too_large      type (what was too large to be recorded)
=============  ============================================================================
"""

_HEADER = frozenset(
    "version name outcome changed traces rtol atol forbid requirement sides allow".split()
)


def _entries(*names: str) -> frozenset[str]:
    return frozenset(names)


#: what of a record says how it is judged; it is read from the reference's record only
SETTINGS = ("rtol", "atol", "forbid", "requirement", "sides", "allow")

#: the entries that a node of each kind has besides its kind: these and no others
_KEYS: dict[str, tuple[frozenset[str], ...]] = {
    "none": (_entries(),),
    **dict.fromkeys(("bool", "int", "float", "str"), (_entries("value"),)),
    **dict.fromkeys(("list", "tuple"), (_entries("items"),)),
    "dict": (_entries("keys", "items"),),
    "tensor": (_entries("dtype", "shape", "data"),),
    "array": (_entries("dtype", "shape", "data"), _entries("dtype", "shape", "data", "items")),
    "frame": (_entries("keys", "items", "index", "rows"),),
    "series": (_entries("item", "index"),),
    "exception": (_entries("type", "message", "mro"),),
    "module": (_entries("type", "parameters"),),
    **dict.fromkeys(("object", "too_large"), (_entries("type"),)),
}


class EvidenceError(ValueError):
    """Bytes that are no evidence, or more of it than the limits allow."""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What one ``check(...)`` recorded.

    ``outcome`` is what the student's code returned or raised; ``changed`` names the arguments that
    the call changed in place, ``traces`` what else was not as before when it ended, as
    ``"where: what"`` (:mod:`autograder.checks.traces`).

    The other fields say how the judge compares; they are read from the reference's record only,
    never from a student's. ``requirement`` names what the outcome establishes (``""`` for the first
    requirement of the exercise), ``sides`` the entries of a dict outcome that establish another one
    beside it, ``allow`` the traces that an answer may leave.
    """

    name: str
    outcome: Node
    changed: tuple[str, ...] = ()
    tensors: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    rtol: float = RTOL
    atol: float = ATOL
    forbid: tuple[str, ...] = ()
    requirement: str = ""
    sides: Mapping[str, str] = dataclasses.field(default_factory=dict)
    allow: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """One bundle. Raises :class:`EvidenceError` beyond ``MAX_EVIDENCE_BYTES``."""
        data = pack(self.header(), self.tensors)
        if len(data) > MAX_EVIDENCE_BYTES:
            raise EvidenceError(f"the evidence of {self.name} takes {len(data):,} bytes")
        return data

    def header(self) -> dict[str, Any]:
        """The JSON half of the evidence."""
        return {
            "version": VERSION,
            "name": self.name,
            "outcome": self.outcome,
            "changed": list(self.changed),
            "traces": list(self.traces),
            "rtol": self.rtol,
            "atol": self.atol,
            "forbid": list(self.forbid),
            "requirement": self.requirement,
            "sides": dict(self.sides),
            "allow": list(self.allow),
        }

    @classmethod
    def from_bytes(cls, data: bytes) -> Evidence:
        """Read one bundle. Raises :class:`EvidenceError` for anything out of order."""
        if len(data) > MAX_EVIDENCE_BYTES:
            raise EvidenceError(f"{len(data):,} bytes; at most {MAX_EVIDENCE_BYTES:,} are read")
        header, tensors = unpack(data, MAX_HEADER_BYTES)
        return cls.from_header(header, tensors)

    @classmethod
    def from_own_header(
        cls, header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
    ) -> Evidence:
        """A JSON half that was validated before we stored it. Raises KeyError."""
        return cls(
            header["name"],
            header["outcome"],
            tuple(header["changed"]),
            tensors,
            header["rtol"],
            header["atol"],
            tuple(header["forbid"]),
            header["requirement"],
            header["sides"],
            tuple(header["allow"]),
            tuple(header["traces"]),
        )

    @classmethod
    def from_header(cls, header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Evidence:
        """Validate a JSON half against its tensors."""
        if header.get("version") != VERSION:
            raise EvidenceError("an unknown version of evidence")
        if set(header) != _HEADER:
            raise EvidenceError("the evidence has other entries than it should")
        name, requirement, sides = header["name"], header["requirement"], header["sides"]
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise EvidenceError("a check's name is missing or too long")
        if not isinstance(requirement, str) or len(requirement) > MAX_NAME:
            raise EvidenceError("a requirement's name is no name")
        if not isinstance(sides, dict):
            raise EvidenceError("the side conditions are malformed")
        lists = [header[key] for key in ("changed", "traces", "forbid", "allow")]
        for strings in (*lists, list(sides), list(sides.values())):
            if not _are_texts(strings, MAX_TEXT) or len(strings) > MAX_NODES:
                raise EvidenceError("a list of names is malformed")
        rtol, atol = header.get("rtol"), header.get("atol")
        for number in (rtol, atol):
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise EvidenceError("a tolerance is not a number")
            if not 0 <= number <= MAX_TOLERANCE:
                raise EvidenceError("a tolerance is out of bounds")
        used = validate(header.get("outcome"), tensors)
        return cls(
            name,
            header["outcome"],
            tuple(header["changed"]),
            {key: tensors[key] for key in used},
            float(rtol),  # type: ignore[arg-type]
            float(atol),  # type: ignore[arg-type]
            tuple(header["forbid"]),
            requirement,
            sides,
            tuple(header["allow"]),
            tuple(header["traces"]),
        )


# --------------------------------------------------------------------------------------- bytes


_TO_JSON = json.JSONEncoder(allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def pack(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> bytes:
    """A JSON header and named arrays as one bundle."""
    head = _TO_JSON(header).encode()
    body = safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in tensors.items()})
    return MAGIC + struct.pack("<I", len(head)) + head + body


def unpack(
    data: bytes, most_header: int | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of a bundle. Raises :class:`EvidenceError`.

    ``most_header``: bytes that its header may have; that of safetensors, which only lists tensors,
    may have a sixteenth of it. Then they may have no more than :data:`MAX_MARKS` parts either, and
    that is found out before anything is parsed. To be left out for files of one's own only.
    """
    if len(data) < 8 or data[:4] != MAGIC:
        raise EvidenceError("this is not a bundle of evidence")
    length = struct.unpack("<I", data[4:8])[0]
    if length > len(data) - 8:
        raise EvidenceError("the bundle is cut short")
    if most_header is not None:
        start = 8 + length
        inner = int.from_bytes(data[start : start + 8], "little")
        for begin, size, most in ((8, length, most_header), (start + 8, inner, most_header // 16)):
            if size > most or sum(data.count(m, begin, begin + size) for m in b"[{,") > MAX_MARKS:
                raise EvidenceError("a header of the bundle is too large")
    try:
        header = json.loads(data[8 : 8 + length])
        tensors = safetensors.numpy.load(data[8 + length :])
    except (ValueError, RecursionError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise EvidenceError(f"the bundle cannot be read: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise EvidenceError("the bundle's header is not an object")
    return header, tensors


def header_size(data: bytes) -> int:
    """The bytes of JSON that reading a bundle would parse, by its own word; 0 for anything else."""
    if len(data) < 8 or data[:4] != MAGIC:
        return 0
    return min(int(struct.unpack("<I", data[4:8])[0]), len(data) - 8)


def validate(node: object, tensors: Mapping[str, np.ndarray]) -> set[str]:
    """Check a whole tree of nodes; the keys of the tensors that it uses."""
    used: set[str] = set()
    count = 0
    stack: list[tuple[object, int]] = [(node, 0)]
    while stack:
        item, depth = stack.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise EvidenceError("the evidence is too large or nested too deeply")
        if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
            raise EvidenceError("the evidence holds something unknown")
        if item["kind"] not in _KEYS:
            raise EvidenceError("the evidence holds something unknown")
        if item.keys() - {"kind"} not in _KEYS[item["kind"]]:
            raise EvidenceError("the evidence is malformed")
        children = _validate_node(item, tensors, used)
        stack.extend((child, depth + 1) for child in children)
    return used


def _validate_node(node: Node, tensors: Mapping[str, np.ndarray], used: set[str]) -> list[object]:
    value: Any
    items: Any
    keys: Any
    shape: Any
    kind = node["kind"]
    if kind == "bool":
        _expect(isinstance(node.get("value"), bool))
    elif kind in ("int", "float", "str"):
        value = node.get("value")
        _expect(isinstance(value, str) and len(value) <= MAX_TEXT + 1)
        if kind != "str":
            _expect(len(value) <= 400)
            try:
                number(node)
            except (ValueError, OverflowError):
                raise EvidenceError("a number cannot be read") from None
    elif kind in ("list", "tuple", "dict"):
        items = node.get("items")
        _expect(isinstance(items, list))
        if kind == "dict":
            keys = node.get("keys")
            _expect(isinstance(keys, list) and len(keys) == len(items))
            _expect(all(isinstance(k, str) and len(k) <= MAX_TEXT for k in keys))
            _expect(len(set(keys)) == len(keys))
        return list(items)
    elif kind in ("frame", "series"):
        return _validate_table(node)
    elif kind in ("tensor", "array"):
        shape, data = node.get("shape"), node.get("data")
        _expect(isinstance(node.get("dtype"), str) and len(node["dtype"]) <= 40)
        _expect(isinstance(shape, list) and len(shape) <= 64)
        _expect(all(type(n) is int and n >= 0 for n in shape))
        if "items" in node:
            items = node["items"]
            _expect(kind == "array" and data is None and isinstance(items, list))
            _expect(len(items) == math.prod(shape))
            return list(items)
        if data is not None:
            _expect(isinstance(data, str) and data in tensors and data not in used)
            used.add(data)
            _expect(len(used) <= MAX_TENSORS)
            _expect(list(tensors[data].shape) == _stored_shape(node["dtype"], shape))
    elif kind == "exception":
        _expect(isinstance(node.get("type"), str) and len(node["type"]) <= MAX_NAME)
        _expect(isinstance(node.get("message"), str) and len(node["message"]) <= MAX_TEXT + 1)
        mro = node.get("mro")
        _expect(_are_texts(mro, MAX_NAME) and len(mro) <= 64)
    elif kind == "module":
        _expect(isinstance(node.get("type"), str) and len(node["type"]) <= MAX_NAME)
        _expect(isinstance(node["parameters"], list) and len(node["parameters"]) <= 10_000)
        _expect(all(map(_is_parameter, node["parameters"])))
    elif kind in ("object", "too_large"):
        _expect(isinstance(node.get("type"), str) and len(node["type"]) <= MAX_NAME)
    return []


def _validate_table(node: Node) -> list[object]:
    """The columns and the index of a frame or a series: arrays of one axis, equally long."""
    index: Any = node.get("index")
    keys: Any = node.get("keys", [])
    columns: Any = node.get("items") if node["kind"] == "frame" else [node.get("item")]
    _expect(isinstance(columns, list) and isinstance(keys, list))
    if node["kind"] == "frame":
        _expect(len(keys) == len(columns) and len(set(map(str, keys))) == len(keys))
        _expect(all(isinstance(key, str) and len(key) <= MAX_TEXT for key in keys))
        _expect(type(node.get("rows")) is int and node["rows"] >= 0)
    levels: list[Any] = []
    if index is not None:
        _expect(isinstance(index, dict) and index.get("kind") == "list")
        levels = index.get("items")
        _expect(isinstance(levels, list))
    lengths = set()
    for part in (*columns, *levels):
        _expect(isinstance(part, dict) and part.get("kind") in ("array", "too_large", "object"))
        if part["kind"] == "array":
            shape = part.get("shape")
            _expect(isinstance(shape, list) and len(shape) == 1 and type(shape[0]) is int)
            lengths.add(shape[0])
    if node["kind"] == "frame":
        lengths.add(node["rows"])
    _expect(len(lengths) <= 1)
    return columns if index is None else [*columns, index]


def _are_texts(texts: object, most: int) -> TypeGuard[list[str]]:
    """Whether something is a list of strings of at most so many characters."""
    return isinstance(texts, list) and all(isinstance(t, str) and len(t) <= most for t in texts)


def _is_parameter(entry: object) -> bool:
    """Whether something is ``[name, shape, dtype]``."""
    if not isinstance(entry, list) or len(entry) != 3:
        return False
    name, shape, dtype = entry
    return (
        _are_texts([name, dtype], MAX_TEXT)
        and isinstance(shape, list)
        and len(shape) <= 64
        and all(type(n) is int and n >= 0 for n in shape)
    )


def _expect(condition: bool) -> None:
    if not condition:
        raise EvidenceError("the evidence is malformed")


def _stored_shape(dtype: str, shape: list[int]) -> list[int]:
    return [*shape, 2] if dtype.startswith("complex") else shape


def number(node: Node) -> int | float:
    """The Python number of an ``int`` or ``float`` node."""
    if node["kind"] == "int":
        return int(node["value"])
    text = node["value"]
    return float(text) if text in ("nan", "inf", "-inf") else float.fromhex(text)


# -------------------------------------------------------------------------------------- reduce


class _Reducer:
    """Turns live values into nodes and arrays, within the limits."""

    def __init__(self) -> None:
        self.tensors: dict[str, np.ndarray] = {}
        self.nodes = 0
        self.bytes = 0

    def reduce(self, value: Any, depth: int = 0) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES - 100 or depth >= MAX_DEPTH:
            return {"kind": "too_large", "type": _type_name(value)}
        if value is None:
            return {"kind": "none"}
        if isinstance(value, np.generic):
            value = _plain(value)
        if isinstance(value, bool):
            return {"kind": "bool", "value": bool(value)}
        if isinstance(value, int):
            if value.bit_length() > 1200:
                return {"kind": "too_large", "type": "int"}
            return {"kind": "int", "value": str(int(value))}
        if isinstance(value, float):
            text = value.hex() if math.isfinite(value) else repr(float(value))
            return {"kind": "float", "value": text}
        if isinstance(value, str):
            return {"kind": "str", "value": str(value)[:MAX_TEXT]}
        if isinstance(value, BaseException):
            return exception_node(value)
        if isinstance(value, tuple | list):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {"kind": kind, "items": [self.reduce(item, depth + 1) for item in value]}
        if isinstance(value, Mapping):
            keys = [key if isinstance(key, str) else repr(key)[:MAX_TEXT] for key in value]
            if len(set(keys)) != len(keys):
                keys = [f"{i}: {key}" for i, key in enumerate(keys)]
            items = [self.reduce(item, depth + 1) for item in value.values()]
            return {"kind": "dict", "keys": keys, "items": items}
        if isinstance(value, np.ndarray):
            return self._numpy(value, depth)
        pandas = sys.modules.get("pandas")
        if hasattr(pandas, "DataFrame"):
            node = self._pandas(pandas, value, depth)
            if node is not None:
                return node
        torch = sys.modules.get("torch")
        if torch is not None:
            if isinstance(value, torch.Tensor):
                try:
                    return self._tensor(torch, value)
                except Exception:  # nested, without a shape yet, or of a dtype that nothing reads
                    return {"kind": "object", "type": _tensor_name(value)}
            if isinstance(value, torch.nn.Module):
                parameters = [
                    [name, list(p.shape), str(p.dtype).removeprefix("torch.")]
                    for name, p in value.named_parameters()
                ]
                return {"kind": "module", "type": type(value).__name__, "parameters": parameters}
            if isinstance(value, torch.dtype):
                return {"kind": "str", "value": str(value)}
        return {"kind": "object", "type": _type_name(value)}

    def _numpy(self, array: np.ndarray, depth: int, dtype: str | None = None) -> Node:
        """An array; one that safetensors cannot store as the nodes of its elements."""
        array = np.asarray(array)
        shape, kind = list(array.shape), array.dtype.kind
        if kind == "c" and array.dtype.itemsize <= 16:
            pairs = np.stack([array.real, array.imag], axis=-1)
            return self._array("array", str(array.dtype), pairs, shape)
        if kind not in "USMmO":
            return self._array("array", dtype or str(array.dtype), array)
        if array.size > MAX_NODES - self.nodes:
            return {"kind": "too_large", "type": f"array of shape {tuple(shape)}"[:MAX_NAME]}
        if dtype is None:
            dtype = "str" if kind == "U" else "bytes" if kind == "S" else str(array.dtype)
        if kind == "S":
            array = np.char.decode(array, "latin-1")
        elements = array.astype(str) if kind in "Mm" else array
        items = [self.reduce(item, depth + 1) for item in elements.ravel(order="C").tolist()]
        return {"kind": "array", "dtype": dtype, "shape": shape, "data": None, "items": items}

    def _pandas(self, pandas: Any, value: Any, depth: int) -> Node | None:
        """A DataFrame, a Series, an Index or one of their elements; None for anything else."""
        if isinstance(value, pandas.DataFrame):
            columns = [value.iloc[:, i] for i in range(value.shape[1])]
            keys = [key if isinstance(key, str) else repr(_plain(key)) for key in value.columns]
            keys = [key[: MAX_TEXT - 20] for key in keys]
            if len(set(keys)) != len(keys):
                keys = [f"{i}: {key}" for i, key in enumerate(keys)]
            items = [self._column(pandas, column, depth + 1) for column in columns]
            index = self._index(pandas, value.index, depth + 1)
            rows = len(value)
            return {"kind": "frame", "keys": keys, "items": items, "index": index, "rows": rows}
        if isinstance(value, pandas.Series):
            item = self._column(pandas, value, depth + 1)
            index = self._index(pandas, value.index, depth + 1)
            return {"kind": "series", "item": item, "index": index}
        if isinstance(value, pandas.Index):
            return self._column(pandas, value.to_series(), depth)
        if isinstance(value, pandas.api.extensions.ExtensionArray):
            return self._column(pandas, pandas.Series(value), depth)
        if value is pandas.NA or value is pandas.NaT:
            return {"kind": "none"}
        if isinstance(value, pandas.Timestamp | pandas.Timedelta | pandas.Period | pandas.Interval):
            return {"kind": "str", "value": str(value)[:MAX_TEXT]}
        return None

    def _column(self, pandas: Any, column: Any, depth: int) -> Node:
        """A Series' values as an array; text and dates are the same in all versions of pandas."""
        self.nodes += 1
        dtype, values = str(column.dtype), column.to_numpy()
        if column.dtype.kind == "M":
            zone = getattr(column.dtype, "tz", None)
            dtype = f"datetime64[{zone}]" if zone else "datetime64"
            values = np.array([str(item) for item in column], dtype=object)
        elif column.dtype.kind == "m":
            dtype, values = "timedelta64", np.array([str(item) for item in column], dtype=object)
        elif values.dtype.kind == "O" and dtype.partition("[")[0] in ("object", "str", "string"):
            texts = all(isinstance(item, str) for item in values)
            dtype = "str" if texts or dtype != "object" else "object"
        elif pandas.api.types.is_extension_array_dtype(column.dtype):
            values = values.astype(object)  # whether or not anything is missing
        return self._numpy(values, depth, dtype[:40])

    def _index(self, pandas: Any, index: Any, depth: int) -> Node | None:
        plain = index.nlevels == 1 and index.dtype.kind in "iu"
        if plain and np.array_equal(index.to_numpy(), np.arange(len(index))):
            return None
        levels = [index.get_level_values(i) for i in range(index.nlevels)]
        items = [self._column(pandas, level.to_series(), depth + 1) for level in levels]
        self.nodes += 1
        return {"kind": "list", "items": items}

    def _tensor(self, torch: Any, value: Any) -> Node:
        # a subclass has no say in what it holds, and a guard no call to see
        with torch._C.DisableTorchFunction():
            return self._plain_tensor(torch, value.as_subclass(torch.Tensor))

    def _plain_tensor(self, torch: Any, value: Any) -> Node:
        dtype = str(value.dtype).removeprefix("torch.")
        shape = [int(n) for n in value.shape]
        node: Node = {"kind": "tensor", "dtype": dtype, "shape": shape, "data": None}
        if value.is_meta:
            return node
        plain = value.detach()
        if plain.is_sparse or plain.layout != torch.strided:
            plain = plain.to_dense()
        if plain.is_quantized:
            plain = plain.dequantize()
        plain = plain.cpu().resolve_conj().resolve_neg()
        if plain.is_complex():
            plain = torch.view_as_real(plain)
        if not hasattr(np, str(plain.dtype).removeprefix("torch.")) and plain.dtype != torch.bool:
            plain = plain.to(torch.float32)
        return self._array("tensor", dtype, plain.contiguous().numpy(), shape)

    def _array(
        self, kind: str, dtype: str, array: np.ndarray, shape: list[int] | None = None
    ) -> Node:
        shape = list(array.shape) if shape is None else shape
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:  # records, longdouble
            return {"kind": "object", "type": f"numpy.ndarray of {array.dtype}"[:MAX_NAME]}
        self.bytes += array.nbytes
        if self.bytes > MAX_EVIDENCE_BYTES // 2 or len(self.tensors) >= MAX_TENSORS:
            return {"kind": "too_large", "type": f"{kind} of shape {tuple(shape)}"[:MAX_NAME]}
        key = str(len(self.tensors))
        self.tensors[key] = np.array(array, order="C", copy=True)
        return {"kind": kind, "dtype": dtype, "shape": shape, "data": key}


def reduce(value: Any) -> tuple[Node, dict[str, np.ndarray]]:
    """A live value as a node and the arrays it refers to; anything at all is accepted."""
    reducer = _Reducer()
    return reducer.reduce(value), reducer.tensors


def exception_node(error: BaseException) -> Node:
    """An exception as evidence: its type, its message and the names of its base classes."""
    try:
        message = str(error)
    except Exception:
        message = ""
    return {
        "kind": "exception",
        "type": type(error).__name__[:MAX_NAME],
        "message": message[:MAX_TEXT],
        "mro": [base.__name__[:MAX_NAME] for base in type(error).__mro__[:64]],
    }


def _plain(value: Any) -> Any:
    """A numpy scalar as the Python value that it stands for; anything else as it is."""
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.timedelta64 | np.datetime64):
        return str(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    return value


def _tensor_name(value: Any) -> str:
    """What to call a tensor whose numbers cannot be read."""
    try:
        nested = " (nested)" if value.is_nested else ""
    except Exception:
        nested = ""
    return f"{_type_name(value)}{nested}"[:MAX_NAME]


def _type_name(value: object) -> str:
    cls = type(value)
    module = "" if cls.__module__ in ("builtins", "__main__") else f"{cls.__module__}."
    return f"{module}{cls.__qualname__}"[:MAX_NAME]
