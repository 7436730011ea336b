"""A value reduced to named tensors and plain facts, and the bytes it travels in.

Evidence leaves an untrusted process, so everything read here is treated as hostile: sizes, depth,
names and types are checked before anything is used, and nothing is ever unpickled. This module
needs numpy and safetensors only; torch is touched (never imported) by :func:`reduce`, which runs
where the student's code ran.

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
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

MAGIC = b"TNNB"
VERSION = 1

MAX_EVIDENCE_BYTES = 16 * 2**20  #: bytes of one piece of evidence
MAX_NODES = 20_000  #: values in one piece of evidence
MAX_TENSORS = 512  #: tensors in one piece of evidence
MAX_DEPTH = 24  #: nesting of lists and dictionaries
RTOL, ATOL = 1e-4, 1e-5  #: tolerances of a check that names none
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
array          the same, for a ``numpy.ndarray``
exception      type, message, mro (names of the class and its bases)
module         type, parameters (list of ``[name, shape, dtype]``)
object         type (``package.Class``)
too_large      type (what was too large to be recorded)
=============  ============================================================================
"""

_KINDS = frozenset(
    "none bool int float str list tuple dict tensor array exception module object too_large".split()
)


class EvidenceError(ValueError):
    """Bytes that are no evidence, or more of it than the limits allow."""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What one ``check(...)`` recorded.

    ``outcome`` is what the student's code returned or raised; ``changed`` names the arguments that
    the call changed in place. ``rtol``, ``atol`` and ``forbid`` say how the judge compares; they
    are read from the reference's record only, never from a student's.
    """

    name: str
    outcome: Node
    changed: tuple[str, ...] = ()
    tensors: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    rtol: float = RTOL
    atol: float = ATOL
    forbid: tuple[str, ...] = ()

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
            "rtol": self.rtol,
            "atol": self.atol,
            "forbid": list(self.forbid),
        }

    @classmethod
    def from_bytes(cls, data: bytes) -> Evidence:
        """Read one bundle. Raises :class:`EvidenceError` for anything out of order."""
        if len(data) > MAX_EVIDENCE_BYTES:
            raise EvidenceError(f"{len(data):,} bytes; at most {MAX_EVIDENCE_BYTES:,} are read")
        header, tensors = unpack(data)
        return cls.from_header(header, tensors)

    @classmethod
    def from_own_header(
        cls, header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
    ) -> Evidence:
        """A JSON half that was validated before we stored it. Raises KeyError."""
        changed, forbid = tuple(header["changed"]), tuple(header["forbid"])
        rtol, atol = header["rtol"], header["atol"]
        return cls(header["name"], header["outcome"], changed, tensors, rtol, atol, forbid)

    @classmethod
    def from_header(cls, header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Evidence:
        """Validate a JSON half against its tensors."""
        if header.get("version") != VERSION:
            raise EvidenceError("an unknown version of evidence")
        name, changed, forbid = header.get("name"), header.get("changed"), header.get("forbid")
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise EvidenceError("a check's name is missing or too long")
        for strings in (changed, forbid):
            if not isinstance(strings, list) or not all(isinstance(s, str) for s in strings):
                raise EvidenceError("a list of names is malformed")
        rtol, atol = header.get("rtol"), header.get("atol")
        for number in (rtol, atol):
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise EvidenceError("a tolerance is not a number")
        used = validate(header.get("outcome"), tensors)
        return cls(
            name,
            header["outcome"],
            tuple(changed),  # type: ignore[arg-type]
            {key: tensors[key] for key in used},
            float(rtol),  # type: ignore[arg-type]
            float(atol),  # type: ignore[arg-type]
            tuple(forbid),  # type: ignore[arg-type]
        )


# --------------------------------------------------------------------------------------- bytes


def pack(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> bytes:
    """A JSON header and named arrays as one bundle."""
    head = json.dumps(header, allow_nan=False, separators=(",", ":"), sort_keys=True).encode()
    body = safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in tensors.items()})
    return MAGIC + struct.pack("<I", len(head)) + head + body


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of a bundle. Raises :class:`EvidenceError`."""
    if len(data) < 8 or data[:4] != MAGIC:
        raise EvidenceError("this is not a bundle of evidence")
    length = struct.unpack("<I", data[4:8])[0]
    if length > len(data) - 8:
        raise EvidenceError("the bundle is cut short")
    try:
        header = json.loads(data[8 : 8 + length])
        tensors = safetensors.numpy.load(data[8 + length :])
    except (ValueError, RecursionError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise EvidenceError(f"the bundle cannot be read: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise EvidenceError("the bundle's header is not an object")
    return header, tensors


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
        if item["kind"] not in _KINDS:
            raise EvidenceError("the evidence holds something unknown")
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
    elif kind in ("tensor", "array"):
        shape, data = node.get("shape"), node.get("data")
        _expect(isinstance(node.get("dtype"), str) and len(node["dtype"]) <= 40)
        _expect(isinstance(shape, list) and len(shape) <= 64)
        _expect(all(type(n) is int and n >= 0 for n in shape))
        if data is not None:
            _expect(isinstance(data, str) and data in tensors and data not in used)
            used.add(data)
            _expect(len(used) <= MAX_TENSORS)
            _expect(list(tensors[data].shape) == _stored_shape(node["dtype"], shape))
    elif kind == "exception":
        _expect(isinstance(node.get("type"), str) and len(node["type"]) <= MAX_NAME)
        _expect(isinstance(node.get("message"), str) and len(node["message"]) <= MAX_TEXT + 1)
        mro = node.get("mro")
        _expect(isinstance(mro, list) and len(mro) <= 64 and all(isinstance(m, str) for m in mro))
    elif kind == "module":
        _expect(isinstance(node.get("type"), str) and len(node["type"]) <= MAX_NAME)
        _expect(isinstance(node.get("parameters"), list) and len(node["parameters"]) <= 10_000)
    elif kind in ("object", "too_large"):
        _expect(isinstance(node.get("type"), str) and len(node["type"]) <= MAX_NAME)
    return []


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
        if isinstance(value, bool):
            return {"kind": "bool", "value": bool(value)}
        if type(value) is int or (isinstance(value, int) and type(value).__module__ != "numpy"):
            if value.bit_length() > 1200:
                return {"kind": "too_large", "type": "int"}
            return {"kind": "int", "value": str(int(value))}
        if isinstance(value, float) and not isinstance(value, np.generic):
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
            return self._array("array", str(value.dtype), value)
        torch = sys.modules.get("torch")
        if torch is not None:
            if isinstance(value, torch.Tensor):
                return self._tensor(torch, value)
            if isinstance(value, torch.nn.Module):
                parameters = [
                    [name, list(p.shape), str(p.dtype).removeprefix("torch.")]
                    for name, p in value.named_parameters()
                ]
                return {"kind": "module", "type": type(value).__name__, "parameters": parameters}
            if isinstance(value, torch.dtype):
                return {"kind": "str", "value": str(value)}
        return {"kind": "object", "type": _type_name(value)}

    def _tensor(self, torch: Any, value: Any) -> Node:
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
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
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


def _type_name(value: object) -> str:
    cls = type(value)
    module = "" if cls.__module__ in ("builtins", "__main__") else f"{cls.__module__}."
    return f"{module}{cls.__qualname__}"[:MAX_NAME]
