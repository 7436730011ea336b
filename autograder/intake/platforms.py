"""The downloads of learning platforms: what each says of whose a file is, which attempt, and when.

Every platform has one pattern below, of the names that it really gives to files and folders. What
a platform says comes before what a student says: its mark is the student, its time the time.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable, Iterator, Sequence

Peek = Callable[[str], str | None]  #: the beginning of a small text file beside the one in question


@dataclasses.dataclass(frozen=True)
class Mark:
    """What a platform says of one file.

    Args:
        platform: the platform's name.
        student: what the student is called by it: a login where it gives one, else a name.
        sender: what keeps two students of one name apart.
        name: the full name, where it gives one; "doejane" of Canvas.
        login: the login, where it gives one.
        number: the platform's number of the student.
        time: when the attempt was handed in, by the platform's clock.
        attempt: its number among the student's attempts, where it has one; the later is larger.
        rest: the parts of the path below the mark: what the student called it.
        own: the file is the platform's own, such as a receipt.
        blind: the name is a stand-in, the same or meaningless for every student.
        note: what a person should know of it.
    """

    platform: str
    student: str
    sender: str
    name: str = ""
    login: str = ""
    number: str = ""
    time: datetime.datetime | None = None
    attempt: int = 0
    rest: tuple[str, ...] = ()
    own: bool = False
    blind: bool = False
    note: str = ""


#: What Moodle calls everybody when marking is blind, in the languages it is used in most.
_PARTICIPANT = frozenset(
    """
    participant teilnehmer teilnehmerin teilnehmer-in teilnehmer/in participante partecipante
    deelnemer deltagare deltaker deltager uczestnik účastník résztvevő osallistuja katılımcı
    участник учасник participant/e 参加者 参与者 用户 참가자
    """.split()
)
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
_CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>[1-9]\d+)_(?:(?P<attachment>[1-9]\d+)_(?P<file>.+)"
    r"|text\.html)",
    re.DOTALL,
)
_CANVAS_BLIND = re.compile(
    r"anon_(?P<number>\w{4,8}?)_(?:LATE_)?(?P<attachment>[1-9]\d+)_(?P<file>.+)", re.DOTALL
)
_BLACKBOARD = re.compile(
    r"(?P<before>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL
)
_RECEIPT = re.compile(r"\A\ufeff?\s*\w+: *(?P<name>[^\r\n]*?) *\((?P<login>[^()\r\n]+)\)\s")
_BRIGHTSPACE = re.compile(
    r"(?P<number>\d+)-(?P<folder>\d+) ?- (?:(?P<login>[A-Za-z]{0,3}\d{5,12}) ?- )?(?P<name>.+?) ?- "
    r"(?P<time>\w+\.? \d{1,2},? \d{4} \d{1,2}[ :_.]?\d\d(?: ?[AP]M)?"
    r"|\d{1,2}\.? \w+\.?,? \d{4} \d{1,2}[ :_.]?\d\d(?: ?[AP]M)?"
    r"|\d{4}-\d\d-\d\d \d{1,2}[ :_.]?\d\d(?: ?[AP]M)?)"
    r"(?: ?- (?P<file>.+))?",
    re.DOTALL | re.IGNORECASE,
)
_SAKAI = re.compile(r"(?P<name>[^()]*[^()\s])\s?\((?P<login>[^()]+)\)(?P<flat>_.+)?", re.DOTALL)
_SAKAI_SENT = "Submission attachment(s)"
_SAKAI_FLAT = re.compile(r"_Submission attachment\(s\)_(?P<file>.+)", re.DOTALL)
_SAKAI_OWN = re.compile(
    r"(?:timestamp|comments)\.txt|.*(?:submissionText|feedbackText|feedbackComment)\.\w+",
    re.IGNORECASE | re.DOTALL,
)
_TEAMS_TREE = re.compile(
    r"(?:student work *[-–] *|arbeiten von kursteilnehmern *[-–] *)?"
    r"(?P<kind>submitted|working|abgegebene|eingereichte|arbeits-?) ?(?:files|dateien)",
    re.IGNORECASE,
)
_TEAMS_VERSION = re.compile(r"version (?P<number>\d{1,4})", re.IGNORECASE)
#: What platforms put beside the submissions, wherever it lies.
_OWN = re.compile(
    r"index\.html?|grades?\.(?:csv|xlsx?)|submission_metadata\.yml|manifest\.xml|imsmanifest\.xml",
    re.IGNORECASE,
)


def is_platforms_own(name: str) -> bool:
    """Whether a file is none of a student's: a list of grades, an index."""
    return _OWN.fullmatch(name) is not None


def read_mark(path: Sequence[str], peek: Peek, assignments: Sequence[str] = ()) -> Mark | None:
    """What a platform says of the file at ``path``, the parts of its path; None if none does.

    Args:
        path: the parts, the file's own name last.
        peek: reads the beginning of a text file by its path, for receipts and times.
        assignments: names that may stand at the front of a file's name.
    """
    for reader in (_moodle, _sakai, _teams, _blackboard, _brightspace, _canvas):
        for mark in reader(path, peek, assignments):
            return mark
    return None


def _moodle(path: Sequence[str], peek: Peek, names: Sequence[str]) -> Iterator[Mark]:
    """``Jane Doe_1234_assignsubmission_file_/X.ipynb``, or flat, before the file's own name."""
    for place, part in enumerate(path):
        found = _MOODLE.fullmatch(part)
        if found is None:
            continue
        last = place == len(path) - 1
        if last and not found["file"]:
            continue
        name, number = found["name"], found["number"]
        blind = name.strip().casefold() in _PARTICIPANT
        sender = f"{name}_{number}"
        yield Mark(
            "Moodle",
            sender if blind else name,
            sender,
            name="" if blind else name,
            number=number,
            rest=(found["file"],) if last else tuple(path[place + 1 :]),
            own=found["kind"] == "onlinetext",
            blind=blind,
        )


def _canvas(path: Sequence[str], peek: Peek, names: Sequence[str]) -> Iterator[Mark]:
    """``doejane_LATE_1234_5678_X-1.ipynb``: the user's number, then the attachment's."""
    blind = _CANVAS_BLIND.fullmatch(path[-1])
    found = blind or _CANVAS.fullmatch(path[-1])
    if found is None:
        return
    name = "" if blind else found["name"]
    number = found["number"]
    attachment = found["attachment"]
    rest = found["file"] or path[-1]
    yield Mark(
        "Canvas",
        f"anon_{number}" if blind else name,
        f"anon_{number}" if blind else number,
        name=name,
        number="" if blind else number,
        attempt=int(attachment) if attachment and len(attachment) < 19 else 0,
        rest=(rest,),
        own=not attachment or rest.lower().endswith((".html", ".htm")),
        blind=blind is not None,
    )


def _blackboard(path: Sequence[str], peek: Peek, names: Sequence[str]) -> Iterator[Mark]:
    """``Assignment_jdoe_attempt_2024-01-31-10-20-30_X.ipynb``, and a receipt for each attempt."""
    found = _BLACKBOARD.fullmatch(path[-1])
    if found is None:
        return
    before, time = found["before"], found["time"]
    name, login = "", ""
    receipt = peek("/".join([*path[:-1], f"{before}_attempt_{time}.txt"]))
    said = _RECEIPT.match(receipt) if receipt else None
    if said is not None and before.endswith(f"_{said['login'].strip()}"):
        name, login = said["name"].strip(), said["login"].strip()
    for assignment in sorted(names, key=len, reverse=True):
        # A login may hold "_" as well; the assignment's name on the platform can be the chapter's.
        if not login and before.startswith(f"{assignment}_"):
            login = before[len(assignment) + 1 :]
    login = login or before.rpartition("_")[2]
    yield Mark(
        "Blackboard",
        login,
        login,
        name=name,
        login=login,
        time=_local(time, "%Y-%m-%d-%H-%M-%S"),
        rest=(found["file"] or path[-1],),
        own=found["file"] is None,
    )


def _brightspace(path: Sequence[str], peek: Peek, names: Sequence[str]) -> Iterator[Mark]:
    """``12345-67890 - Jane Doe - Jan 31, 2024 1020 PM``, a folder or before the file's name."""
    for place, part in enumerate(path):
        found = _BRIGHTSPACE.fullmatch(part)
        if found is None:
            continue
        last = place == len(path) - 1
        name = found["name"].strip()
        if last and not found["file"]:
            continue
        yield Mark(
            "Brightspace",
            name,
            f"{found['number']} - {name}",
            name=name,
            login=found["login"] or "",
            number=found["number"],
            time=_brightspace_time(found["time"]),
            rest=(found["file"],) if last else tuple(path[place + 1 :]),
        )
        return


def _sakai(path: Sequence[str], peek: Peek, names: Sequence[str]) -> Iterator[Mark]:
    """``Doe, Jane(jdoe)/Submission attachment(s)/X.ipynb``; the time is in a file beside that."""
    for place, part in enumerate(path):
        found = _SAKAI.fullmatch(part)
        if found is None:
            continue
        below = tuple(path[place + 1 :])
        flat = _SAKAI_FLAT.fullmatch(found["flat"] or "")
        if not below and flat is None:
            continue
        if found["flat"] and flat is None:
            continue
        sent = flat is not None or below[0] == _SAKAI_SENT
        own = (
            not sent
            and bool(below)
            and (
                below[0].casefold() == "feedback attachment(s)"
                or (len(below) == 1 and _SAKAI_OWN.fullmatch(below[0]) is not None)
            )
        )
        if not sent and not own:
            continue
        stamp = peek("/".join([*path[: place + 1], "timestamp.txt"])) if flat is None else None
        login = found["login"].strip()
        yield Mark(
            "Sakai",
            login,
            login,
            name=found["name"].strip(),
            login=login,
            time=_sakai_time(stamp),
            rest=(flat["file"],) if flat is not None else (below[1:] or below),
            own=own,
        )
        return


def _teams(path: Sequence[str], peek: Peek, names: Sequence[str]) -> Iterator[Mark]:
    """``Submitted files/Jane Doe/Assignment/Version 2/X.ipynb``, with or without the first part."""
    parts = list(path[:-1])
    tree = next((i for i, part in enumerate(parts) if _TEAMS_TREE.fullmatch(part)), None)
    versions = [i for i, part in enumerate(parts) if _TEAMS_VERSION.fullmatch(part)]
    if tree is not None and len(parts) > tree + 1:
        who = tree + 1
        kind = _TEAMS_TREE.fullmatch(parts[tree])
        working = kind is not None and kind["kind"].lower().startswith(("working", "arbeits"))
    elif versions and versions[0] >= 2:
        who, working = versions[0] - 2, False
    else:
        return
    number = 0
    if versions and versions[0] > who:
        found = _TEAMS_VERSION.fullmatch(parts[versions[0]])
        number = int(found["number"]) if found is not None else 0
    name = parts[who]
    yield Mark(
        "Teams",
        name,
        name,
        name=name,
        attempt=-1 if working else number,
        rest=tuple(path[who + 1 :]),
        note="It was being worked on in Teams, not turned in." if working else "",
    )


# ------------------------------------------------------------------------------------------ times


def _local(text: str, form: str) -> datetime.datetime | None:
    """A time without a zone is one of this machine's, as platforms' downloads are."""
    try:
        return datetime.datetime.strptime(text, form).astimezone(datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _brightspace_time(text: str) -> datetime.datetime | None:
    """``Jan 31, 2024 1020 PM``, and the ways in which other languages' settings write it."""
    plain = re.sub(r"[.,]", "", text).upper()
    clock = re.search(r"\s(\d{1,2})[ :_]?(\d\d) ?([AP]M)?$", plain)
    if clock is None:
        return None
    hour, minute, half = int(clock[1]), clock[2], clock[3]
    if half is not None and hour <= 12:
        hour = hour % 12 + (12 if half == "PM" else 0)
    for form in ("%b %d %Y", "%B %d %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d"):
        found = _local(f"{plain[: clock.start()]} {hour:02}{minute}", f"{form} %H%M")
        if found is not None:
            return found
    return None


def _sakai_time(text: str | None) -> datetime.datetime | None:
    """Sakai's ``timestamp.txt``: ``20240131102030123`` in UTC, or an ISO date in newer ones."""
    text = (text or "").strip()[:40]
    try:
        if re.fullmatch(r"\d{14}(?:\d{3})?", text):
            return datetime.datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(
                tzinfo=datetime.UTC
            )
        found = datetime.datetime.fromisoformat(text)
        if found.tzinfo is None:
            return found.replace(tzinfo=datetime.UTC)
        return found.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None
