"""Evidence is bounded before it is parsed: a few bytes of JSON must not become much memory."""

import json
import struct
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
import torch

from autograder.evidence import (
    MAGIC,
    MAX_HEADER_BYTES,
    MAX_MARKS,
    MAX_NODES,
    Evidence,
    EvidenceError,
    pack,
    reduce,
    unpack,
)

MIB = 2**20
EMPTY = safetensors.numpy.save({})


def bundle(header: bytes, body: bytes = EMPTY) -> bytes:
    """A bundle with any header and any body."""
    return MAGIC + struct.pack("<I", len(header)) + header + body


@pytest.mark.parametrize(
    "header",
    [
        b"[" + b"[]," * (4 * MIB) + b"[]]",
        b"[" + b"{}," * (MAX_MARKS // 2 + 1) + b"{}]",
        b'{"a":[' + b"1," * MAX_MARKS + b"1]}",
        b'{"' + b"a" * MAX_HEADER_BYTES + b'":1}',
        b"[" * (MAX_MARKS + 1),
    ],
    ids=["lists", "objects", "numbers", "text", "nesting"],
)
def test_a_header_that_would_become_many_objects_is_not_parsed(header, monkeypatch):
    data = bundle(header)
    monkeypatch.setattr(json, "loads", None)  # it is never called
    tracemalloc.start()
    try:
        with pytest.raises(EvidenceError, match=r"too large|bytes"):
            Evidence.from_bytes(data)
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


def test_what_is_just_within_the_bounds_takes_little_memory():
    data = bundle(b"[" + b"{}," * (MAX_MARKS // 2 - 2) + b"{}]")
    tracemalloc.start()
    try:
        with pytest.raises(EvidenceError, match="not an object"):
            Evidence.from_bytes(data)
        assert tracemalloc.get_traced_memory()[1] < 32 * MIB
    finally:
        tracemalloc.stop()


def test_the_header_of_the_tensors_is_bounded_too():
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    head = json.dumps({str(i): entry for i in range(20_000)}).encode()
    body = struct.pack("<Q", len(head)) + head
    assert len(unpack(bundle(b"{}", body))[1]) == 20_000
    with pytest.raises(EvidenceError, match="too large"):
        unpack(bundle(b"{}", body), MAX_HEADER_BYTES)
    for size in (2**63, 2**64 - 1):  # more than there is
        with pytest.raises(EvidenceError):
            Evidence.from_bytes(bundle(b"{}", struct.pack("<Q", size) + head))


@pytest.mark.parametrize("cut", [0, 1, 7])
def test_a_body_that_is_cut_short_is_no_evidence(cut):
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(bundle(b"{}", EMPTY[:cut]))


@pytest.mark.parametrize(
    "value",
    [
        list(np.linspace(0, 1, MAX_NODES - 1)),
        [f"a, b, {i}" for i in range(MAX_NODES - 1)],
        [torch.ones(1, 1, 1, 1) for _ in range(500)],
        {str(i): {"x": i, "y": [i, i]} for i in range(MAX_NODES // 6)},
        torch.nn.Sequential(*(torch.nn.Conv2d(1, 1, 1) for _ in range(2_000))),
    ],
    ids=["numbers", "texts", "tensors", "dicts", "module"],
)
def test_the_largest_honest_answers_are_within_the_bounds(value):
    outcome, tensors = reduce(value)
    evidence = Evidence("a/b", outcome, tensors=tensors)
    assert Evidence.from_bytes(evidence.to_bytes()).outcome == outcome


def test_files_of_ones_own_may_be_larger():
    header = {"texts": ["x" * 100] * 60_000, "numbers": list(range(MAX_MARKS + 1))}
    assert unpack(pack(header, {}))[0] == header
