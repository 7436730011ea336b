"""Dates as people write and read them: local time with its zone."""

import datetime
import zoneinfo

import pytest

from autograder.course.dates import LAST, course_zone, local, read_date, span
from autograder.errors import AutograderError

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01 18:00", "2026-12-01 17:00"),
        ("2026-06-01T18:00", "2026-06-01 16:00"),
        ("2026-12-01 18:00 UTC", "2026-12-01 18:00"),
        ("2026-12-01T18:00Z", "2026-12-01 18:00"),
        ("2026-12-01 18:00 +0530", "2026-12-01 12:30"),
        ("2026-12-01 18:00 America/New_York", "2026-12-01 23:00"),
        ("2026-12-01", "2026-12-01 22:59"),
    ],
)
def test_a_date_without_a_zone_is_the_courses_and_a_day_ends_with_its_last_minute(text, utc):
    assert read_date(text, BERLIN) == datetime.datetime.fromisoformat(utc)


def test_a_day_later_is_the_same_time_of_day_although_the_clocks_change():
    before = read_date("2026-10-24 18:00", BERLIN)
    assert local(read_date("+1d", BERLIN, before), BERLIN) == "2026-10-25 18:00 CET"
    assert local(read_date("+24h", BERLIN, before), BERLIN) == "2026-10-25 17:00 CET"


@pytest.mark.parametrize(
    "text",
    "|tomorrow|9999-12-31 23:59|0001-01-01 00:00 +14:00|2026-12-01 18:00 ../etc|2026-13-01|+3d|"
    "2026-12-01 18:00 Foo/Bar|\0|+9999999d".split("|"),
)
def test_what_is_no_date_is_one_sentence(text):
    with pytest.raises(AutograderError):
        read_date(text, BERLIN)


@pytest.mark.parametrize("moment", [datetime.datetime.max, datetime.datetime.min, LAST])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York", "UTC"])
def test_no_moment_is_too_far_to_be_shown(moment, zone):
    assert local(moment, zoneinfo.ZoneInfo(zone)).startswith(("9999", "9998", "0001", "1-01"))


def test_a_span_has_its_two_largest_units():
    assert [span(s) for s in (5, 3700, 90_000)] == ["1 min", "1 h 2 min", "1 d 1 h"]


def test_the_zone_is_formgraders():
    assert course_zone({"NbGraderAPI": {"timezone": "Europe/Berlin"}}) is not None
    assert course_zone({}) is None
    with pytest.raises(AutograderError, match="Middle/Earth"):
        course_zone({"NbGraderAPI": {"timezone": "Middle/Earth"}})
