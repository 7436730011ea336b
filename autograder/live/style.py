"""How our messages look in a notebook: one frame, one set of colours, text beside the HTML.

Every message is a :class:`Message`: HTML for JupyterLab and plain text for terminals, screen
readers and nbval, with the same content. Colours come from the theme (``--jp-*`` variables), so a
message is as readable on dark as on light; what a colour says is also said by a sign or a word.
Whatever a student's code may have had a hand in goes through :func:`escape` or :func:`rich`.
"""

from __future__ import annotations

import dataclasses
import html
import re
import sys
from typing import Any, Literal

Tone = Literal["wrong", "right", "open", "note"]

EDGES = {"wrong": "#D55E00", "right": "#009E73", "open": "#8A8A8A", "note": "#2B8CC4"}

_INK = "var(--jp-content-font-color1,inherit)"
_FAINT = "var(--jp-content-font-color2,inherit)"
_LINE = "var(--jp-border-color2,#8888)"
_CODE = "var(--jp-code-font-family,monospace)"

# Lab's own rules for tables are set with one class and two elements; `.ag-card .ag-x td` wins.
CSS = f"""
.ag-card{{border:1px solid {_LINE};border-left-width:5px;border-radius:3px;color:{_INK};
margin:6px 0;padding:8px 14px 10px;max-width:50em;line-height:1.5}}
.ag-card p{{margin:6px 0!important}}
.ag-card .ag-quiet,.ag-card figcaption,.ag-card caption{{color:{_FAINT}}}
.ag-card code{{font-family:{_CODE};font-size:.93em;background:var(--jp-layout-color2,#8882);
padding:0 3px;border-radius:2px;white-space:pre-wrap}}
.ag-card pre{{font-family:{_CODE};background:var(--jp-layout-color2,#8882)!important;
margin:4px 0!important;padding:4px 8px!important;white-space:pre-wrap;overflow-wrap:anywhere}}
.ag-card .ag-main{{font-size:1.08em}}
.ag-card table{{border-collapse:collapse;border:0;margin:6px 0!important;font-size:.95em;
table-layout:auto}}
.ag-card tr,.ag-card tr:hover{{background:none!important}}
.ag-card .ag-facts th,.ag-card .ag-facts td{{text-align:left!important;padding:2px 18px 2px 0;
border:0;vertical-align:top;max-width:24em;overflow-wrap:anywhere;white-space:normal;
font-weight:normal}}
.ag-card .ag-facts thead th{{border-bottom:1px solid {_LINE};color:{_FAINT}}}
.ag-card .ag-facts .ag-number{{text-align:right!important}}
.ag-card .ag-facts tfoot td{{border-top:1px solid {_LINE};font-weight:bold}}
.ag-card .ag-facts .ag-differs td{{font-weight:bold}}
.ag-card .ag-pictures{{display:flex;flex-wrap:wrap;gap:4px 28px;align-items:flex-start}}
.ag-card .ag-grid{{display:inline-table;vertical-align:top}}
.ag-card .ag-grid caption,.ag-card .ag-pixels figcaption{{caption-side:top;text-align:left;
padding:0 0 2px;font-style:normal;white-space:nowrap}}
.ag-card .ag-grid td{{border:1px solid #9994;min-width:1.5em;padding:1px 5px!important;
text-align:right!important;font-family:{_CODE};font-size:12px;line-height:18px;
white-space:nowrap;max-width:none}}
.ag-card .ag-grid td.ag-first{{outline:2px solid #D55E00;outline-offset:-2px;font-weight:bold}}
.ag-card .ag-pixels{{margin:6px 0;display:inline-block}}
.ag-card .ag-pixels img{{border:1px solid {_LINE};display:block}}
.ag-card ol,.ag-card ul{{margin:4px 0!important}}
""".replace("\n", "")


@dataclasses.dataclass(frozen=True)
class Message:
    """Something to say in a notebook: HTML, and the same as plain text."""

    text: str
    html: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}

    def __repr__(self) -> str:
        return self.text


def show(message: Message) -> None:
    """Display a message in a notebook; print its text anywhere else."""
    if in_ipython():
        from IPython.display import display

        display(message)
    else:
        print(message.text)


def in_ipython() -> bool:
    """Whether there is a shell that displays things."""
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def frame(tone: Tone, label: str, body: str) -> str:
    """HTML of a card: ``body`` with a coloured edge; a screen reader calls it ``label``."""
    return (
        f"<style>{CSS}</style>"
        f'<div class="ag-card" role="group" aria-label="{escape(label)}" '
        f'style="border-left-color:{EDGES[tone]}">{body}</div>'
    )


def mark(sign: str, tone: Tone) -> str:
    """HTML of a sign in its colour."""
    return f'<span aria-hidden="true" style="color:{EDGES[tone]};font-weight:bold">{sign}</span>'


def clean(text: str, most: int = 1000) -> str:
    """Text without control characters and bidirectional tricks, and not too long."""
    shown = "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def escape(text: str) -> str:
    """Text for HTML, harmless in an element and in a quoted attribute."""
    return html.escape(clean(text), quote=True)


_MARKS = (
    (re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<em>\1</em>"),
)


def rich(text: str) -> str:
    """HTML of a sentence in which `backticks` mark code and *stars* what is stressed."""
    pieces = re.split(r"`([^`\n]+)`", escape(text))
    for i in range(0, len(pieces), 2):  # every second piece stood in backticks
        for mark_, tags in _MARKS:
            pieces[i] = mark_.sub(tags, pieces[i])
    for i in range(1, len(pieces), 2):
        pieces[i] = f"<code>{pieces[i]}</code>"
    return "".join(pieces).replace("\n", "<br>")
