"""What a student wrote or printed, made safe for the browsers of instructors and classmates.

Formgrader and the feedback pages show submissions with the rights of whoever looks at them, so
nothing active may be left: of outputs only text and real PNG or JPEG pictures stay, and Markdown is
rendered here, cleaned, and kept as inert HTML. Notebooks written with :func:`sanitize_outputs` and
:func:`sanitize_markdown` are safe in any viewer.
"""

from __future__ import annotations

import base64
import binascii
import functools
import html
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import nh3

from autograder.sandbox.wire import PICTURES, TEXTS

MAX_LINES = 1_000  #: lines of one output
MAX_CHARACTERS = 100_000  #: characters of one output
MAX_OUTPUTS = 100  #: outputs of one cell
MAX_MARKDOWN = 5_000  #: characters; longer Markdown is shown as plain text
MAX_BRACKETS = 400  #: ``<`` and ``>`` in it; parsers take quadratic time over nested ones
MAX_IMAGE_BYTES = 5 * 2**20
MAX_IMAGE_SIDE = 10_000  #: pixels
MAX_IMAGE_AREA = 40_000_000  #: pixels

# -------------------------------------------------------------------------------------- text

_COLOUR = re.compile(r"\x1b\[[0-9;]{0,30}m")
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-9;:?<=>!]{0,60}[ -/]?[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|.)?"
)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


def plain_text(text: str) -> str:
    """Words of an exception as a person reads them in a table: without colours as well."""
    return _CONTROL.sub("", _ESCAPE.sub("", text.encode("utf-8", "replace").decode()))


def clean_text(text: object) -> str:
    """Printed text as a terminal would leave it: colours stay, other control characters do not.

    Accepts nbformat's lists of lines; anything that is no text gives an empty string. Longer text
    is cut, with a note.
    """
    if isinstance(text, list | tuple):
        text = "".join(part for part in text if isinstance(part, str))
    if not isinstance(text, str):
        return ""
    cut = len(text) > MAX_CHARACTERS
    text = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode().replace("\r\n", "\n")
    if "\r" in text:  # a progress bar: what was overwritten is not shown
        text = "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))
    text = _ESCAPE.sub(lambda m: m[0] if _COLOUR.fullmatch(m[0]) else "", text)
    text = _CONTROL.sub("", text)
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        text, cut = "\n".join(lines[:MAX_LINES]), True
    return text + "\n… (the rest is not shown)\n" if cut else text


# ----------------------------------------------------------------------------------- pictures


def clean_image(mime: str, data: object) -> str | None:
    """Base64 text of a picture that is what it says it is; None for anything else."""
    if isinstance(data, list | tuple):
        data = "".join(part for part in data if isinstance(part, str))
    if not isinstance(data, str) or len(data) > MAX_IMAGE_BYTES * 4 // 3 + MAX_LINES * 100:
        return None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    size = _png_size(raw) if mime == "image/png" else _jpeg_size(raw)
    if (
        size is None
        or len(raw) > MAX_IMAGE_BYTES
        or not 0 < min(size) <= max(size) <= MAX_IMAGE_SIDE
    ):
        return None
    return base64.b64encode(raw).decode() if size[0] * size[1] <= MAX_IMAGE_AREA else None


def _png_size(raw: bytes) -> tuple[int, int] | None:
    if raw[:8] != b"\x89PNG\r\n\x1a\n" or raw[12:16] != b"IHDR" or len(raw) < 45:
        return None
    return struct.unpack(">II", raw[16:24])


def _jpeg_size(raw: bytes) -> tuple[int, int] | None:
    """Width and height from the first frame header (ITU T.81, B.2.2)."""
    if raw[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker, length = raw[at + 1], struct.unpack(">H", raw[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


# ------------------------------------------------------------------------------------ outputs


def sanitize_outputs(outputs: Iterable[object]) -> list[dict[str, Any]]:
    """The outputs of a cell as valid nbformat 4 outputs in which nothing is active.

    Streams, tracebacks and plain text keep their text and colours; pictures stay when they are PNG
    or JPEG. HTML, SVG, LaTeX, Markdown, JavaScript, widgets, links to files and all other metadata
    are dropped in favour of the plain text beside them. Never raises.
    """
    clean: list[dict[str, Any]] = []
    for output in outputs if isinstance(outputs, Iterable) else ():
        if len(clean) >= MAX_OUTPUTS:
            text = "… (further outputs are not shown)\n"
            clean.append({"output_type": "stream", "name": "stdout", "text": text})
            break
        item = _output(output) if isinstance(output, Mapping) else None
        if item is not None:
            clean.append(item)
    return clean


def _output(output: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        text = clean_text(output.get("text"))
        return {"output_type": "stream", "name": name, "text": text} if text else None
    if kind == "error":
        lines = output.get("traceback")
        lines = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
        return {
            "output_type": "error",
            "ename": clean_text(output.get("ename"))[:200],
            "evalue": clean_text(output.get("evalue"))[:2000],
            "traceback": clean_text("\n".join(lines)).split("\n"),
        }
    if kind not in ("display_data", "execute_result"):
        return None
    data, metadata = _bundle(output.get("data"), output.get("metadata"))
    if not data:
        return None
    item: dict[str, Any] = {"output_type": kind, "data": data, "metadata": metadata}
    if kind == "execute_result":
        count = output.get("execution_count")
        item["execution_count"] = count if type(count) is int else None
    return item


def _bundle(data: object, metadata: object) -> tuple[dict[str, str], dict[str, Any]]:
    if not isinstance(data, Mapping):
        return {}, {}
    kept: dict[str, str] = {}
    described: dict[str, Any] = {}
    for mime in PICTURES:
        image = clean_image(mime, data[mime]) if mime in data else None
        if image is not None:
            kept[mime] = image
            about = metadata.get(mime) if isinstance(metadata, Mapping) else None
            described[mime] = _image_metadata(about if isinstance(about, Mapping) else {})
    text = clean_text(data.get("text/plain"))
    if not text and not kept:
        others = (clean_text(data.get(mime)) for mime in TEXTS)
        text = next(filter(None, others), "(an output of a kind that is not shown)")
    if text:
        kept["text/plain"] = text
    return kept, {mime: about for mime, about in described.items() if about}


def _image_metadata(about: Mapping[Any, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key in ("width", "height"):
        value = about.get(key)
        if type(value) is int and 0 < value <= MAX_IMAGE_SIDE:
            kept[key] = value
    if isinstance(about.get("alt"), str):
        kept["alt"] = _COLOUR.sub("", clean_text(about["alt"]))[:500]
    return kept


# ----------------------------------------------------------------------------------- Markdown

Attributes = Callable[[str, str, str], bool]

_TAGS = frozenset(
    "a abbr b blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p "
    "pre s small span strong sub sup table tbody td tfoot th thead tr u ul".split()
)
_ATTRIBUTES = {"title", "alt", "width", "height", "colspan", "rowspan", "start"}
LINK = re.compile(r"(?i)(?:https?://|mailto:)[^\x00-\x20\x7f-\xa0\"'<>`\\]+")
_DATA_URL = re.compile(r"data:(image/png|image/jpeg);base64,([A-Za-z0-9+/=]+)")
#: TeX that makes links, sets attributes, loads code, or defines names for them.
_MACROS = re.compile(
    r"(?<!\\)\\++(?=(?:href|url|class|cssId|style|data|html\w*|require|unicode|mmlToken|bbox|includegraphics|"
    r"(?:re)?newcommand|providecommand|newenvironment|g?def|edef|xdef|let|futurelet|csname|toolTip|"
    r"texttip|mathtip|enclose|action|verb)(?![a-zA-Z]))",
    re.IGNORECASE,
)


def student_attribute(tag: str, name: str, value: str) -> bool:
    """Which attributes of a student's HTML stay: absolute links, and pictures that are here.

    A picture from elsewhere would tell its owner who reads the page and when; a relative one is a
    request to the grader's own server.
    """
    if name == "href":
        return tag == "a" and LINK.fullmatch(value) is not None
    if name == "src":
        match = _DATA_URL.fullmatch(value) if tag == "img" else None
        return match is not None and clean_image(match[1], match[2]) is not None
    return name in _ATTRIBUTES


# A tag as nh3 writes it: attributes in double quotes, in which `<` and `>` may stand as they are.
_TAG = re.compile(r"""(</?[a-zA-Z][^<>"]*(?:"[^"]*"[^<>"]*)*>)""")


def _disarm(page: str) -> str:
    """Clean HTML without macros in its text. Only ``&``, ``<`` and ``>`` are escaped in it.

    So no spelling of a macro's letters escapes, and no comment stands between two of them.
    """
    pieces = _TAG.split(page)
    pieces[::2] = [_MACROS.sub("⧵", text) for text in pieces[::2]]
    return "".join(pieces)


@functools.cache
def _cleaner(attributes: Attributes) -> nh3.Cleaner:
    def keep(tag: str, name: str, value: str) -> str | None:
        return value if attributes(tag, name, value) else None

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(),  # what stands in a dropped tag is shown as text
        attributes={"*": {*_ATTRIBUTES, "href", "src", "class", "id"}},
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )


def clean_html(source: str, attributes: Attributes) -> str:
    """HTML with harmless tags only, and those attributes that ``attributes(tag, name, value)``.

    No ``style`` is among them, so no CSS is left to be looked at.
    """
    return _cleaner(attributes).clean(source)


def render_markdown(source: str, attachments: object = None) -> str:
    """Markdown as nbconvert shows it; the result still has to go through :func:`clean_html`.

    Raises whatever the parser raises on hostile text: RecursionError, KeyError, ValueError, ...
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath  # slow

    renderer = IPythonRenderer(
        escape=False,
        allow_harmful_protocols=False,
        attachments=_pictures(attachments),
        exclude_anchor_links=True,
    )
    return MarkdownWithMath(renderer=renderer).render(source)


# A line of HTML without these characters is the same to every Markdown parser, even within a
# paragraph: no blank line ends the block, nothing starts a formula, a link or an emphasis. The
# browser sees the characters themselves.
_INERT = {ord(c): f"&#{ord(c)};" for c in "\n\t$\\`*_[]!~|^@"} | {ord("\r"): None}


def plain_markdown(text: str) -> str:
    """Markdown that shows ``text`` line by line as it is; for messages and comments."""
    lines = _MACROS.sub("⧵", clean_text(text)).strip().split("\n")
    return "<br>".join(html.escape(line).translate(_INERT) for line in lines)


def sanitize_markdown(source: str, attachments: object = None) -> str:
    """A student's Markdown as one line of clean HTML, which is Markdown that renders to itself.

    Formatting, tables, formulas, absolute links and attached PNG or JPEG pictures stay; scripts,
    styles, forms, frames, events, other links and pictures do not. Text that is too long, or that
    the parser cannot digest, is shown as it was typed. Never raises.
    """
    text = clean_text(source)
    if len(text) <= MAX_MARKDOWN and text.count("<") + text.count(">") <= MAX_BRACKETS:
        try:
            page = _disarm(clean_html(render_markdown(text, attachments), student_attribute))
            return f"<div>{page.strip()}</div>".translate(_INERT)
        except Exception:  # shown as it was typed, below
            pass
    return f"<div><pre>{html.escape(_MACROS.sub('⧵', text)).translate(_INERT)}</pre></div>"


def _pictures(attachments: object) -> dict[str, dict[str, str]]:
    pictures: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, Mapping) else ():
        for mime, data in bundle.items() if isinstance(bundle, Mapping) else ():
            image = clean_image(mime, data) if mime in PICTURES else None
            if isinstance(name, str) and image is not None:
                pictures[name] = {mime: image}
    return pictures
