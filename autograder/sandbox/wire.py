"""What the two ends of a job say to each other: frames of length-prefixed strings.

A frame is one byte of kind, four bytes of length (little endian) and a payload. Except for
evidence, whose payload is passed on unread, a payload is a flat list of UTF-8 strings, each behind
its own length. There is nothing nested, so reading what a hostile child sent never costs more
memory than the bytes that arrived.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_HEAD = struct.Struct("<cI")
_SIZE = struct.Struct("<I")

HELLO = b"H"  #: parent to child: seed, output bytes, exports, wanted (JSON), whether it is to ask
CELL = b"C"  #: parent to child: index, source, scope
ANSWER = b"A"  #: parent to child, for evidence where it is to ask: whether that is enough
READY = b"R"  #: child to parent: the sandbox stands
OUTPUT = b"O"  #: child to parent: kind of output, then its fields
EVIDENCE = b"E"  #: child to parent: the bytes of one check
DONE = b"D"  #: child to parent: index, status, name of the exception, what ran out

MAX_FRAME = 16 * 2**20 + 4096  #: bytes of one payload; a piece of evidence has at most 16 MiB
OUTPUT_CHARGE = 500  #: bytes that an output counts besides its text
MAX_STRINGS = 1024  #: strings in one payload

#: What of a rich output is handed on, taken and shown: the one list of it. Nothing is in it that a
#: browser would run; of an output that has nothing else a note is shown in its place.
TEXTS = ("text/plain", "text/markdown", "text/latex")  #: shown as plain text, the first there is
PICTURES = ("image/png", "image/jpeg")
MIME_TYPES = (*TEXTS, *PICTURES)


class WireError(Exception):
    """Bytes that are not what this module writes."""


def frame(kind: bytes, payload: bytes) -> bytes:
    """One frame, ready to be sent."""
    return _HEAD.pack(kind, len(payload)) + payload


def pack(strings: Sequence[str]) -> bytes:
    """Strings as a payload. Lone surrogates, which UTF-8 does not know, become ``?``."""
    parts: list[bytes] = []
    for text in strings:
        data = text.encode("utf-8", "replace")
        parts += (_SIZE.pack(len(data)), data)
    return b"".join(parts)


def unpack(payload: bytes) -> list[str]:
    """The strings of a payload. Raises :class:`WireError`."""
    strings: list[str] = []
    at = 0
    while at < len(payload):
        if len(strings) >= MAX_STRINGS or at + 4 > len(payload):
            raise WireError("a frame holds too many strings")
        (size,) = _SIZE.unpack_from(payload, at)
        at += 4
        if at + size > len(payload):
            raise WireError("a string of a frame is cut short")
        strings.append(payload[at : at + size].decode("utf-8", "replace"))
        at += size
    return strings


class Frames:
    """Cuts a stream of bytes into frames."""

    def __init__(self, kinds: bytes, limit: int = MAX_FRAME) -> None:
        self._kinds = kinds
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The frames that ``data`` completes. Raises :class:`WireError` at a malformed one."""
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            kind, size = _HEAD.unpack_from(self._buffer)
            if kind not in self._kinds or size > self._limit:
                raise WireError("a frame has an unknown kind or is too large")
            end = _HEAD.size + size
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEAD.size : end])
            del self._buffer[:end]
            yield kind, payload
