"""A value reduced to tensors and facts, and what hostile bytes can do to the reader: nothing."""

import contextlib
import json
import math
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import evidence as ev
from autograder.evidence import Evidence, EvidenceError
from autograder.judge.compare import compare


def evidence_of(value, name="exercise/what"):
    outcome, tensors = ev.reduce(value)
    return Evidence(name, outcome, (), tensors)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=20)
)
tensors = st.builds(
    lambda shape, dtype: torch.ones(shape, dtype=dtype),
    st.lists(st.integers(0, 3), max_size=4),
    st.sampled_from([torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool]),
)
values = st.recursive(
    scalars | tensors,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(values)
@settings(max_examples=200)
def test_what_is_written_is_read_back_and_equals_itself(value):
    before = evidence_of(value)
    after = Evidence.from_bytes(before.to_bytes())
    assert after.outcome == before.outcome
    assert compare(after, before) is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.complex64, torch.int8])
def test_every_dtype_of_torch_survives_the_journey(dtype):
    tensor = torch.tensor([[1, 2], [3, 4]]).to(dtype)
    before = evidence_of(tensor)
    after = Evidence.from_bytes(before.to_bytes())
    assert after.outcome["dtype"] == str(dtype).removeprefix("torch.")
    assert after.outcome["shape"] == [2, 2]
    assert compare(after, before) is None


@pytest.mark.parametrize(
    "value",
    [
        torch.empty(2, 3, device="meta"),
        torch.eye(3).to_sparse(),
        torch.nn.Linear(2, 1),
        torch.ones(2, 3).t(),
        torch.ones(3, requires_grad=True),
        np.float64(1.5),
        np.array(["a"]),
        object(),
        ValueError("no"),
        lambda: None,
        {1: 2, "1": 3},
        torch.float32,
        10**2000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_at_all_can_be_reduced(value):
    before = evidence_of(value)
    assert Evidence.from_bytes(before.to_bytes()).outcome == before.outcome


def test_a_value_that_is_too_large_is_recorded_as_such():
    outcome, arrays = ev.reduce(torch.zeros(ev.MAX_EVIDENCE_BYTES // 4 + 1))
    assert outcome["kind"] == "too_large"
    assert arrays == {}


def test_a_list_that_holds_itself_ends():
    endless: list = []
    endless.append(endless)
    assert evidence_of(endless).to_bytes()


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_with_one_kind_of_error(data):
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(data)
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(ev.MAGIC + data)


@given(st.data())
@settings(max_examples=300)
def test_flipped_bytes_are_read_or_refused_but_never_crash(data):
    good = bytearray(evidence_of({"a": torch.arange(4), "b": [1.5, "x"]}).to_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(EvidenceError):
        Evidence.from_bytes(bytes(good))


def hostile(outcome, arrays=None, **changes):
    header = Evidence("exercise/what", {"kind": "none"}).header() | {"outcome": outcome} | changes
    head = json.dumps(header).encode()
    body = ev.pack({}, arrays or {})[8 + 2 :]
    return ev.MAGIC + struct.pack("<I", len(head)) + head + body


@pytest.mark.parametrize(
    "data",
    [
        hostile({"kind": "tensor", "dtype": "float32", "shape": [2], "data": "missing"}),
        hostile(
            {"kind": "tensor", "dtype": "float32", "shape": [9], "data": "0"},
            {"0": np.zeros(2, np.float32)},
        ),
        hostile({"kind": "tensor", "dtype": "float32", "shape": [-1], "data": None}),
        hostile({"kind": "int", "value": "9" * 5000}),
        hostile({"kind": "int", "value": 5}),
        hostile({"kind": "float", "value": "__import__('os')"}),
        hostile({"kind": "pickle"}),
        hostile({"kind": "list", "items": "no"}),
        hostile({"kind": "dict", "keys": ["a"], "items": []}),
        hostile({"kind": "dict", "keys": ["a", "a"], "items": [{"kind": "none"}] * 2}),
        hostile({"kind": "none"}, name="x" * 1000),
        hostile({"kind": "none"}, name=7),
        hostile({"kind": "none"}, rtol="1e-3"),
        hostile({"kind": "none"}, rtol=True),
        hostile({"kind": "none"}, version=99),
        hostile({"kind": "none"}, changed="x"),
        hostile([]),
        hostile({"kind": []}),
    ],
)
def test_malformed_evidence_is_refused(data):
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(data)


def test_deep_nesting_is_refused_whether_json_or_tree():
    node: dict = {"kind": "none"}
    for _ in range(ev.MAX_DEPTH + 5):
        node = {"kind": "list", "items": [node]}
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(hostile(node))
    head = b'{"outcome":' + b"[" * 200_000
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(ev.MAGIC + struct.pack("<I", len(head)) + head)


def test_numbers_keep_every_digit():
    for number in (0.1, -0.0, math.pi, 1e-320, 2**200, -7):
        assert ev.number(ev.reduce(number)[0]) == number


def header(outcome, **changes):
    return Evidence("exercise/what", outcome).header() | changes


@pytest.mark.parametrize(
    "outcome",
    [
        {"kind": "none", "more": 1},
        {"kind": "int", "value": "1", "more": [[[[]]]]},
        {"kind": "tensor", "dtype": "float32", "shape": [2]},
        {"kind": "too_large", "type": "x", "shape": 5},
        {"kind": "series", "item": {"kind": "too_large", "type": "x", "shape": 5}, "index": None},
        {"kind": "series", "item": {"kind": "object", "type": "x"}},
        {
            "kind": "frame",
            "keys": [],
            "items": [],
            "rows": 0,
            "index": {"kind": "too_large", "items": [{"kind": "array", "shape": [3]}]},
        },
        {"kind": "module", "type": "Net", "parameters": [math.nan]},
        {"kind": "module", "type": "Net", "parameters": [["w", [1.5], "float32"]]},
        {"kind": "exception", "type": "E", "message": "", "mro": ["x" * 10**6]},
    ],
    ids=lambda outcome: outcome["kind"],
)
def test_a_node_has_the_entries_of_its_kind_and_no_others(outcome):
    with pytest.raises(EvidenceError):
        Evidence.from_header(header(outcome), {})


@pytest.mark.parametrize(
    "changes",
    [
        {"rtol": math.nan},
        {"atol": math.inf},
        {"rtol": 10**400},
        {"atol": -1.0},
        {"more": 1},
        {"forbid": ["x" * 10**6]},
    ],
    ids=str,
)
def test_what_is_read_can_be_written(changes):
    with pytest.raises(EvidenceError):
        Evidence.from_header(header({"kind": "none"}, **changes), {})
