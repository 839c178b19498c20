"""Owns the weekly moment: one local day and hour a week, in a time zone whose clocks change twice a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Once a week at this local time.

    Parameters:
        weekday: 0 is Monday.
        hour: 0 to 23, by the wall clock of the zone.
        zone: IANA name, such as ``Europe/Berlin``.
    """

    weekday: int
    hour: int
    zone: str

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]}s at {self.hour}:00, {self.zone}"


@dataclass(frozen=True, slots=True)
class Slot:
    """One weekly moment.

    Attributes:
        week: ISO week of its local day, such as ``2026-W48``: the name under which it happens once.
        at: the moment in UTC.
    """

    week: str
    at: datetime


@cache
def zones() -> tuple[str, ...]:
    """The zones that a person may choose: places, and UTC."""
    named = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return ("UTC", *sorted(name for name in named if name.partition("/")[0] in _CONTINENTS))


_CONTINENTS = frozenset(
    (
        *("Africa", "America", "Antarctica", "Arctic", "Asia"),
        *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
    )
)


def known_zone(name: str) -> str:
    """The name if people may choose it, else UTC: a zone may leave the system's table."""
    return name if name in zones() else "UTC"


def slot_at(weekly: Weekly, now: datetime) -> Slot:
    """The newest weekly moment that is not later than ``now``."""
    zone = ZoneInfo(weekly.zone)
    today = now.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - weekly.weekday) % 7)
    found = _slot(weekly, day, zone)
    return found if found.at <= now else _slot(weekly, day - WEEK, zone)


def next_slot(weekly: Weekly, now: datetime) -> Slot:
    """The first weekly moment after ``now``."""
    zone = ZoneInfo(weekly.zone)
    day = slot_at(weekly, now).at.astimezone(zone).date()
    day -= timedelta(days=(day.weekday() - weekly.weekday) % 7)
    return _slot(weekly, day + WEEK, zone)


def _slot(weekly: Weekly, day: date, zone: ZoneInfo) -> Slot:
    """A local hour that a clock change skips becomes the first one after it; one that comes twice is its first.

    Both are what ``fold=0`` means: the offset that was valid before the change (PEP 495).
    """
    at = datetime.combine(day, time(weekly.hour), zone).astimezone(UTC)
    year, week, _ = day.isocalendar()
    return Slot(f"{year}-W{week:02}", at)
