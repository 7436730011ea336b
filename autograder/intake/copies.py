"""What programs and people put around a file's name: marks of copies, versions, second endings.

None of it says whose a file is. What is taken off here is never a student's name.
"""

from __future__ import annotations

import re
import unicodedata

#: Before a name, as Google Drive, Colab, Windows, macOS and Linux desktops write it.
_BEFORE = re.compile(
    r"""^(?:
        copy\ (?:\(?\d+\)?\ )?of | copy | duplicate\ of
      | kopie\ (?:von|van) | kopie | kopia\ (?:notatnika|pliku) | kopia | kopi\ (?:av|af) | kopi
      | copie\ de | copia\ (?:de|di) | c[oó]pia\ de | copie | copia | cópia | còpia\ de
      | копия\ (?:блокнота|файла)? | копія
    )(?=[\s_\-–—"“«:.])[\s_\-–—"“«:.]+""",
    re.IGNORECASE | re.VERBOSE,
)
#: After a name: " - Copy (2)", " copy 2", "-Copy1", " (1)", "-1", "_1", "的副本", …
_AFTER = re.compile(
    r"""(?:
        [\s_\-–—.]*\(\s*\d{1,2}\s*\) | [\s_\-–—.]*\[\s*\d{1,2}\s*\]
      | [\s_\-–—]+\(?(?:copy|kopie|kopia|kopi|copie|copia|cópia|còpia|копия|копія|kopyası)
            [\s_\-–—]*\(?\d{0,2}\)?\)?
      | [\s_\-–—]*(?:的副本|のコピー|의\ ?사본|副本|コピー|사본)(?:\s*\(?\d{1,2}\)?)?
      | ["”»]
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
#: The same words as before a name, where the name itself has been taken away.
_LEFT_OVER = re.compile(
    r"""(?:^|[\s_\-–—(]+)(?:copy\ of | duplicate\ of | kopie\ (?:von|van)
      | kopia\ (?:notatnika|pliku) | kopie | kopia | kopi\ (?:av|af) | kopi
      | copie\ de | copie | copia\ (?:de|di) | cópia\ de
      | copia | cópia | còpia\ de | копия\ (?:блокнота|файла) | копия | копія | copy
      | my | mein | meine | mon | mi)[\s_\-–—"“«:.]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_NUMBER = re.compile(r"[\s_\-–—]+\d{1,2}$")  #: Canvas' and many others': "X-1"
#: Words that people put into a file's name beside the chapter's, in a few languages.
_WORDS = frozenset(
    """
    final finale finished done complete completed new newest old latest last updated update fixed
    corrected correction clean cleaned draft backup version rev revised revision edit edited try
    attempt part resubmission resubmit resubmitted submission submitted submit solution solutions
    solved
    answer answers answered homework hw assignment exercise exercises notebook notebooks nb lab
    ready good real really right correct ok
    my mine copy untitled unbenannt download file
    endgültig fertig neu neue alt abgabe lösung loesung antworten aufgabe hausaufgabe korrigiert
    dernier dernière nouveau corrigé rendu devoir definitivo definitiva nuevo nueva entrega tarea
    definitief nieuw inlevering consegna compito
    """.split()
)
#: Those of them that are people's names as well: alone they are nobody, beside others they stay.
_NAMES_TOO = frozenset("my mine mi mon lab good real right clean done ok neu alt part old".split())
_SEPARATORS = " \t\N{NO-BREAK SPACE}_-–—.,;:+~!#\"'“”„«»()[]{}"
_SPLIT = re.compile(rf"[{re.escape(_SEPARATORS)}]+")
_VERSION = re.compile(r"(?:v|ver|version|rev|copy|kopie|copie|copia|kopia)?\d{1,2}", re.IGNORECASE)
_TYPES = (".ipynb", ".zip")
#: Endings that mail programs and browsers put behind the right one.
_SECOND = (".txt", ".json", ".download", ".bin")


def split_ending(name: str) -> tuple[str, str]:
    """A file's name without its ending, and the ending that says what it is, in lower case.

    ``X.ipynb.txt``, ``X.ipynb.json`` and ``X.ipynb (1).ipynb`` are notebooks called X.
    """
    stem, dot, ending = name.rpartition(".")
    suffix = f".{ending.lower()}" if dot else ""
    if not stem:
        return name, ""
    if suffix in _SECOND:
        inner, found = split_ending(stem)
        if found in _TYPES:
            return inner, found
    if suffix in _TYPES:
        bare = _NUMBER.sub("", without_copies(stem))
        if bare.lower().endswith(suffix) and len(bare) > len(suffix):
            return split_ending(bare)
        return stem, suffix
    return stem, suffix


def without_copies(stem: str) -> str:
    """A name without the marks that programs give to copies, at either end, however many."""
    stem = unicodedata.normalize("NFC", stem).strip()
    while True:
        shorter = _AFTER.sub("", _BEFORE.sub("", stem)).strip()
        if shorter == stem or not shorter:
            return stem
        stem = shorter


def without_marks(text: str) -> str:
    """What is left of a part of a file's name when copies, versions and such words are taken off.

    Empty when nothing else is in it, so that it is nobody's name.
    """
    text = unicodedata.normalize("NFC", text).strip(_SEPARATORS)
    previous = None
    while text and text != previous:
        previous = text
        words = [word for word in _SPLIT.split(text) if word]
        if all(is_mark(word) for word in words):
            return ""
        text = without_copies(text).strip(_SEPARATORS)
        last = words[-1]
        is_name = last.casefold() in _NAMES_TOO
        if is_mark(last) and not (last.isdigit() or is_name) and text.endswith(last):
            text = text[: -len(last)].rstrip(_SEPARATORS)
    return text


def around(before: str, after: str) -> str:
    """What a file's name says besides the chapter, which stood between ``before`` and ``after``."""
    joined = without_copies(f"{before}\0{after}")
    if "\0" not in joined:  # nothing but marks of copies
        return ""
    before, _, after = joined.partition("\0")
    shorter = _LEFT_OVER.sub("", before)
    while shorter != before:
        before, shorter = shorter, _LEFT_OVER.sub("", shorter)
    return without_marks(before) or without_marks(after)


def is_mark(word: str) -> bool:
    """Whether a word in a file's name says which copy or version it is."""
    bare = word.casefold().rstrip("0123456789")
    return bare in _WORDS or _VERSION.fullmatch(word) is not None
