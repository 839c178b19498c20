"""The weekly moment over years of clock changes: one a week, at the chosen hour where that hour exists."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ztassess.domain.weekly import Weekly, known_zone, next_slot, slot_at, zones

SUNDAY = 6


@pytest.mark.parametrize(
    "zone",
    [
        *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"),
        *("Pacific/Apia", "America/Sao_Paulo", "UTC"),
    ],
)
@pytest.mark.parametrize(("weekday", "hour"), [(0, 8), (SUNDAY, 1), (SUNDAY, 2), (SUNDAY, 3), (3, 0), (5, 23)])
def test_every_iso_week_has_exactly_one_moment_at_the_local_hour(zone, weekday, hour):
    weekly, local = Weekly(weekday, hour, zone), ZoneInfo(zone)
    now, slots = datetime(2025, 12, 29, tzinfo=UTC), []
    while now < datetime(2029, 1, 8, tzinfo=UTC):
        slot = slot_at(weekly, now)
        assert slot.at <= now < next_slot(weekly, now).at
        if not slots or slots[-1] != slot:
            slots.append(slot)
        now += timedelta(hours=5)
    weeks = [slot.week for slot in slots]
    assert len(set(weeks)) == len(weeks) in (157, 158, 159)
    assert all(
        timedelta(days=6, hours=22) < b.at - a.at < timedelta(days=7, hours=2) for a, b in itertools.pairwise(slots)
    )
    moments = [slot.at.astimezone(local) for slot in slots]
    assert {each.weekday() for each in moments} == {weekday}
    off = [each for each in moments if each.hour != hour]
    assert all(each.replace(fold=0).hour == hour + 1 or each.minute == 30 for each in off)
    assert len(off) <= 4  # the spring nights in which the hour is skipped


@pytest.mark.parametrize(
    ("zone", "hour", "day", "utc"),
    [
        ("Europe/Berlin", 8, "2026-03-29", "2026-03-29T06:00"),  # summer time began that night
        ("Europe/Berlin", 2, "2026-03-29", "2026-03-29T01:00"),  # 02:00 is skipped: the next valid minute, 03:00
        ("Europe/Berlin", 2, "2026-10-25", "2026-10-25T00:00"),  # 02:00 comes twice: the first
        ("America/New_York", 8, "2026-11-01", "2026-11-01T13:00"),
        ("America/New_York", 2, "2026-03-08", "2026-03-08T07:00"),
        ("America/New_York", 1, "2026-11-01", "2026-11-01T05:00"),
    ],
)
def test_nights_in_which_clocks_change(zone, hour, day, utc):
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    weekly = Weekly(SUNDAY, hour, zone)
    assert slot_at(weekly, moment).at == moment
    assert slot_at(weekly, moment + timedelta(hours=1, minutes=30)).at == moment
    assert slot_at(weekly, moment - timedelta(seconds=1)).at < moment


def test_zones_are_places_and_an_unknown_one_is_utc():
    assert {"UTC", "Europe/Berlin", "America/New_York"} <= set(zones())
    assert not [name for name in zones() if name.startswith(("Etc", "posix", "US/"))]
    assert (known_zone("Europe/Berlin"), known_zone("Mars/Base")) == ("Europe/Berlin", "UTC")
