"""What a hostile child says it printed, rebuilt as nbformat outputs within a limit.

Only known kinds of output, a short list of MIME types and strings get through. What is counted is
what is kept: the text, plus a fixed charge for each output, so that a million tiny ones are cut
like one huge one.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from autograder.sandbox.wire import MIME_TYPES, OUTPUT_CHARGE, PICTURES, WireError

_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_SIZE = re.compile(r"(\d{1,5})(?:\.\d*)?x(\d{1,5})(?:\.\d*)?")
_STREAMS = ("stdout", "stderr")

Output = dict[str, Any]


class Recording:
    """The outputs of a whole job, cell by cell."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit
        self.cut = False
        self.outputs: list[Output] = []
        self._count = 0
        self._text: list[str] = []
        self._clear_next = False
        self._shown: dict[str, list[tuple[Output, int]]] = {}
        self._decoders = {
            name: codecs.getincrementaldecoder("utf-8")("replace") for name in _STREAMS
        }

    def begin(self, count: int) -> None:
        """From now on outputs belong to a new cell, the ``count``-th that is executed."""
        self.outputs = []
        self._count = count
        self._text = []
        self._clear_next = False

    def end(self) -> list[Output]:
        """The outputs of the cell that has ended."""
        for name in _STREAMS:
            self.add_bytes(name, b"", final=True)
        self._join()
        return self.outputs

    def add_bytes(self, name: str, data: bytes, final: bool = False) -> None:
        """What was written to a descriptor directly, not through Python."""
        text = self._decoders[name].decode(data, final)
        if text:
            self._add_text(name, text)

    def add(self, fields: list[str]) -> None:
        """One output frame of the child. Raises :class:`WireError` when it is none."""
        kind, rest = (fields[0], fields[1:]) if fields else ("", [])
        if kind == "stream" and len(rest) == 2 and rest[0] in _STREAMS:
            self._add_text(*rest)
        elif kind == "display" and rest:
            self._add_display({"output_type": "display_data"}, rest[1:], rest[0])
        elif kind == "result" and rest:
            result = {"output_type": "execute_result", "execution_count": self._count}
            self._add_display(result, rest[1:], "")
        elif kind == "update" and rest:
            self._update(rest[0], rest[1:])
        elif kind == "error" and len(rest) >= 2:
            name, value, *lines = rest
            error = {"output_type": "error", "ename": name, "evalue": value, "traceback": lines}
            self._add(error, sum(map(_bytes, rest)))
        elif kind == "clear" and len(rest) == 1:
            self._clear_next = True
            if rest[0] != "wait":
                self._clear()
        else:
            raise WireError("an output is of an unknown kind")

    def _add_text(self, name: str, text: str) -> None:
        if self._clear_next:
            self._clear()
        same = self.outputs and self.outputs[-1].get("name") == name
        size = _bytes(text) + (0 if same else OUTPUT_CHARGE)
        if size > self.left:
            text = text.encode("utf-8", "replace")[: max(0, self.left)].decode("utf-8", "ignore")
        if self.cut:
            return
        if not same:
            self._join()
            self.outputs.append({"output_type": "stream", "name": name, "text": ""})
        self._text.append(text)
        self._spend(size)

    def _join(self) -> None:
        if self._text:
            self.outputs[-1]["text"] = "".join(self._text)
            self._text = []

    def _add_display(self, output: Output, triples: list[str], display_id: str) -> None:
        data, metadata, size = _bundle(triples)
        output |= {"data": data, "metadata": metadata}
        self._add(output, size)
        if display_id and len(display_id) <= 200 and not self.cut:
            self._shown.setdefault(display_id, []).append((output, size))

    def _update(self, display_id: str, triples: list[str]) -> None:
        data, metadata, size = _bundle(triples)
        shown = self._shown.get(display_id, [])
        self._spend(OUTPUT_CHARGE + sum(size - before for _, before in shown))
        if shown and not self.cut:
            self._shown[display_id] = [(output, size) for output, _ in shown]
            for output, _ in shown:
                output.update(data=data, metadata=metadata)

    def _add(self, output: Output, size: int) -> None:
        if self._clear_next:
            self._clear()
        self._join()
        if not self.cut and size + OUTPUT_CHARGE <= self.left:
            self.outputs.append(output)
        self._spend(size + OUTPUT_CHARGE)

    def _clear(self) -> None:
        self._clear_next = False
        self._text = []
        self.outputs.clear()

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0 and not self.cut:
            self.cut = True
            self._join()
            note = f"\n[The output was cut here: more than {self.limit:,} bytes.]\n"
            self.outputs.append({"output_type": "stream", "name": "stdout", "text": note})


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _bundle(triples: list[str]) -> tuple[dict[str, str], dict[str, Any], int]:
    if len(triples) % 3:
        raise WireError("a display is malformed")
    data: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    for mime, value, size in zip(triples[::3], triples[1::3], triples[2::3], strict=True):
        if mime not in MIME_TYPES:
            raise WireError("a display has an unknown type")
        if mime in PICTURES and not _BASE64.fullmatch(value):
            continue
        data[mime] = value
        measured = _SIZE.fullmatch(size)
        if measured:
            metadata[mime] = {"width": int(measured[1]), "height": int(measured[2])}
    return data, metadata, sum(map(_bytes, data.values()))
