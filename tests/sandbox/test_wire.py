"""Frames and outputs: what goes in comes out, and nothing else is believed."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.evidence import MAX_EVIDENCE_BYTES
from autograder.sandbox import seccomp, wire
from autograder.sandbox.outputs import MIME_TYPES, Recording
from autograder.sandbox.run_log import MAX_JOB_EVIDENCE_BYTES

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@given(st.lists(_TEXT, max_size=20))
def test_strings_survive_the_way(strings):
    assert wire.unpack(wire.pack(strings)) == strings


@given(st.lists(st.tuples(st.sampled_from([b"O", b"E", b"D"]), st.binary(max_size=40))), st.data())
def test_frames_survive_any_cut(frames, data):
    stream = b"".join(wire.frame(kind, payload) for kind, payload in frames)
    reader = wire.Frames(b"OED")
    found = []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += list(reader.feed(stream[:cut]))
        stream = stream[cut:]
    assert found == frames


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_an_error(data):
    try:
        for _, payload in wire.Frames(b"OED", 100).feed(data):
            assert len(payload) <= 100
            wire.unpack(payload)
    except wire.WireError as error:
        assert str(error)


def test_lone_surrogates_do_not_stop_an_output():
    assert wire.unpack(wire.pack(["a\ud800b"])) == ["a?b"]


@pytest.mark.parametrize(
    "payload",
    [b"\x01", struct.pack("<I", 5) + b"abc", struct.pack("<I", 0) * (wire.MAX_STRINGS + 1)],
)
def test_a_malformed_payload_is_an_error(payload):
    with pytest.raises(wire.WireError):
        wire.unpack(payload)


_MIMES = st.sampled_from(sorted(MIME_TYPES))
_FIELDS = st.one_of(
    st.tuples(st.just("stream"), st.sampled_from(["stdout", "stderr"]), _TEXT),
    st.tuples(
        st.sampled_from(["display", "update"]), st.sampled_from(["", "id"]), _MIMES, _TEXT, _TEXT
    ),
    st.tuples(st.just("result"), st.just("1"), _MIMES, _TEXT, st.just("640x480")),
    st.tuples(st.just("error"), _TEXT, _TEXT, _TEXT),
    st.tuples(st.just("clear"), st.sampled_from(["", "wait"])),
)


@given(st.lists(_FIELDS, max_size=40), st.integers(0, 5000))
def test_outputs_stay_within_their_limit_whatever_is_sent(sent, limit):
    recording = Recording(limit)
    recording.begin(1)
    for fields in sent:
        recording.add(list(fields))
    outputs = recording.end()
    kept = sum(len(repr(o).encode()) for o in outputs if o["output_type"] != "stream")
    kept += sum(len(o["text"].encode()) for o in outputs if o["output_type"] == "stream")
    assert kept <= 3 * limit + 1000
    notes = [o for o in outputs if "The output was cut here" in str(o.get("text"))]
    assert len(notes) <= 1
    for output in outputs:
        for mime in output.get("data", ()):
            assert mime in MIME_TYPES


def test_an_update_counts_once_for_each_place_that_it_changes():
    recording = Recording(10**5)
    recording.begin(1)
    for _ in range(50):
        recording.add(["display", "id", "text/plain", "small", ""])
    recording.add(["update", "id", "text/plain", "x" * 10**4, ""])
    outputs = recording.end()
    assert recording.cut
    assert {o["data"]["text/plain"] for o in outputs if "data" in o} == {"small"}


def test_a_display_can_be_updated_for_a_long_time():
    recording = Recording(10**6)
    recording.begin(1)
    recording.add(["display", "id", "text/plain", "", ""])
    for i in range(1000):
        recording.add(["update", "id", "text/plain", f"{i}" * 10**4, ""])
    assert recording.end()[0]["data"]["text/plain"].startswith("999")
    assert not recording.cut


@given(st.lists(_TEXT, max_size=6))
def test_any_strings_are_an_output_or_an_error(fields):
    recording = Recording(1000)
    recording.begin(1)
    try:
        recording.add(fields)
    except wire.WireError as error:
        assert str(error)


def test_a_bitmap_that_is_none_is_left_out():
    recording = Recording(10**4)
    recording.begin(1)
    recording.add(["display", "", "text/plain", "t", "", "image/png", "<script>", "5x5"])
    assert recording.end()[0]["data"] == {"text/plain": "t"}


def test_sizes_of_pictures_are_numbers():
    recording = Recording(10**4)
    recording.begin(1)
    recording.add(["display", "", "image/png", "aGk=", "640.0x480", "text/plain", "t", "ax5"])
    assert recording.end()[0]["metadata"] == {"image/png": {"width": 640, "height": 480}}


# ------------------------------------------------------------------------- the seccomp filter

_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_DONE = 0x00050000  # success, and nothing is done


def _answer(machine: str, number: int, *arguments: int, arch: int = 0) -> int:
    """Run the filter as the kernel does."""
    program = seccomp.program(machine)
    assert program is not None
    code = list(struct.iter_unpack("<HBBI", program))
    arch = arch or {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    data = struct.pack("<IIQ6Q", number, arch, 0, *(*arguments, *[0] * 6)[:6])
    at, accumulator = 0, 0
    while True:
        operation, then, otherwise, value = code[at]
        at += 1
        if operation == 0x06:
            return int(value)
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
            continue
        if operation == 0x05:
            at += value
            continue
        holds = {
            0x15: accumulator == value,
            0x35: accumulator >= value,
            0x45: bool(accumulator & value),
        }[operation]
        at += then if holds else otherwise


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_denies_its_list_and_nothing_else(machine):
    which = ["x86_64", "aarch64"].index(machine)
    denied = {numbers[which] for numbers in seccomp._DENIED.values()}
    looked_at = (seccomp._SOCKET, seccomp._CLONE, seccomp._IOCTL, seccomp._FCNTL)
    special = {435, *(pair[which] for pair in (*looked_at, seccomp._FLOCK, seccomp._SETSOCKOPT))}
    for number in set(range(700)) - special:
        expected = _EPERM if number in denied else _ENOSYS if number > 462 else _ALLOW
        assert _answer(machine, number) == expected, number


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_looks_at_arguments(machine):
    which = ["x86_64", "aarch64"].index(machine)
    socket, clone, ioctl = (p[which] for p in (seccomp._SOCKET, seccomp._CLONE, seccomp._IOCTL))
    assert [_answer(machine, socket, family) for family in (1, 2, 10, 16)] == [
        _ALLOW,
        _EPERM,
        _EPERM,
        _EPERM,
    ]
    assert _answer(machine, clone, 0x003D0F00) == _ALLOW  # what a thread is made with
    assert _answer(machine, clone, 0x10000011) == _EPERM
    assert _answer(machine, 435) == _ENOSYS
    assert _answer(machine, ioctl, 0, 0x5401) == _ALLOW
    assert _answer(machine, ioctl, 0, 0x5412) == _EPERM
    assert _answer(machine, 1, arch=0x40000003) == _KILL
    fcntl, flock, mmap, setsockopt = (
        p[which] for p in (seccomp._FCNTL, seccomp._FLOCK, seccomp._MMAP, seccomp._SETSOCKOPT)
    )
    assert {_answer(machine, fcntl, 3, command) for command in (0, 1, 2, 3, 4, 1030)} == {_ALLOW}
    assert {_answer(machine, fcntl, 3, command) for command in (6, 7, 37, 38)} == {_DONE}
    refused = (8, 10, 15, 1024, 1026, 1031, 1033, 1036, 1038, 2**32 - 1)
    assert {_answer(machine, fcntl, 3, command) for command in refused} == {_EPERM}
    assert _answer(machine, flock, 3, 2) == _DONE
    assert _answer(machine, mmap, 0, 4096, 3, 0x22) == _ALLOW
    assert _answer(machine, mmap, 0, 4096, 3, 0x40022) == _EPERM
    assert {_answer(machine, setsockopt, 3, 1, option) for option in (7, 8, 26, 32, 33)} == {_EPERM}
    assert {_answer(machine, setsockopt, 3, 1, option) for option in (2, 9, 16, 20)} == {_ALLOW}
    assert _answer(machine, setsockopt, 3, 6, 7) == _ALLOW  # of another level


def test_an_unknown_machine_has_no_filter():
    assert seccomp.program("riscv64") is None


def test_a_frame_takes_the_largest_piece_of_evidence():
    assert MAX_EVIDENCE_BYTES < wire.MAX_FRAME <= MAX_JOB_EVIDENCE_BYTES
