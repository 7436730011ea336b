"""Moments as people read and write them: local time with its zone; in UTC everywhere else.

nbgrader's tables hold moments in UTC and without a zone; that is what ``moment`` means here.
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Mapping
from typing import Any

from autograder.errors import AutograderError

#: what is kept of dates: whoever converts one of these to another zone stays within the calendar
FIRST, LAST = datetime.datetime(1970, 1, 2), datetime.datetime(9998, 12, 30)

_RELATIVE = re.compile(r"\+\s*(\d{1,4})\s*([mhdw])", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_HOW = (
    'Write it as "2026-12-01 18:00", with a zone if need be ("… Europe/Berlin", "… +01:00"), as '
    '"+3d" (m, h, d, w) later than the date before, or "none".'
)


def course_zone(config: Mapping[str, Any]) -> datetime.tzinfo | None:
    """The zone in which formgrader shows times (``c.NbGraderAPI.timezone``), ours as well.

    None, which stands for the machine's own zone, where the configuration names none. Raises
    :class:`AutograderError` for a name that no zone has.
    """
    name = config.get("NbGraderAPI", {}).get("timezone", "")
    if not name:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, TypeError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise AutograderError(
            f"c.NbGraderAPI.timezone in nbgrader_config.py: {str(name)[:60]!r} is no time zone; "
            f"one is called Europe/Berlin."
        ) from None


def local(moment: datetime.datetime, zone: datetime.tzinfo | None = None) -> str:
    """A moment as people read it: ``2026-12-01 18:00 CET``; one without a zone is in UTC."""
    utc = moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)
    try:
        return utc.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
    except (ValueError, OverflowError, OSError):  # at an end of the calendar
        return f"{utc.isoformat(' ', 'minutes').removesuffix('+00:00')} UTC"


def span(seconds: float) -> str:
    """How long something is, in the two largest units that say something: ``2 d 3 h``."""
    hours, minutes = divmod(round(abs(seconds) / 60), 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{max(1, minutes)} min"


def is_relative(text: str) -> bool:
    """Whether a date is written as so much later than another one."""
    return _RELATIVE.fullmatch(text.strip()) is not None


def read_date(
    text: str, zone: datetime.tzinfo | None, before: datetime.datetime | None = None
) -> datetime.datetime:
    """A date as a person writes it, in UTC; a day alone ends with its last minute.

    Args:
        text: ISO 8601, with an offset or the name of a zone behind it, or without; or ``+3d``.
        zone: the course's, for a date without a zone.
        before: what a relative date counts from.

    Raises:
        AutograderError: it is no date, or none between 1970 and 9998, or counts from nothing.
    """
    text = text.strip()
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative is not None:
            if before is None:
                raise AutograderError(f"There is no date yet that {text!r} could count from.")
            moment = _later(before, int(relative[1]), _UNITS[relative[2].lower()], zone)
        else:
            moment = _absolute(text, zone)
    except (ValueError, OverflowError, OSError):
        raise AutograderError(f"{text[:60]!r} is no date. {_HOW}") from None
    if not FIRST <= moment <= LAST:
        raise AutograderError(f"{text[:60]!r} is not between the years 1970 and 9998.")
    return moment


def _later(
    before: datetime.datetime, count: int, unit: str, zone: datetime.tzinfo | None
) -> datetime.datetime:
    """So much later; days and weeks end at the same time of day, whatever the clocks do."""
    step = datetime.timedelta(**{unit: count})
    if unit in ("minutes", "hours"):
        return before + step
    there = before.replace(tzinfo=datetime.UTC).astimezone(zone).replace(tzinfo=None) + step
    return _utc(there, zone)


def _absolute(text: str, zone: datetime.tzinfo | None) -> datetime.datetime:
    written, _, name = text.rpartition(" ")
    if written and re.match("[A-Za-z]", name):
        try:
            text, zone = written.strip(), zoneinfo.ZoneInfo(name)
        except (OSError, zoneinfo.ZoneInfoNotFoundError):
            raise ValueError(name) from None
    elif re.fullmatch(r"[+-]\d\d:?\d\d", name):
        text = f"{written}{name}"
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        found = datetime.datetime.fromisoformat(text)
    else:
        found = datetime.datetime.combine(day, datetime.time(23, 59))
    return _utc(found, zone)


def _utc(found: datetime.datetime, zone: datetime.tzinfo | None) -> datetime.datetime:
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone) if zone is not None else found.astimezone()
    return found.astimezone(datetime.UTC).replace(tzinfo=None)
