"""Owns time as judgment sees it: moments given by the caller, ages in days, working days. Never asks for the clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta

Moment = date | datetime
"""A day (its first second in UTC is meant) or an exact time (UTC where it names no zone)."""

MONDAY_TO_FRIDAY = frozenset(range(5))
"""Weekdays as Python counts them: Monday is 0."""

_DAY = timedelta(days=1)


def exact(moment: Moment) -> datetime:
    """The timezone-aware UTC time of a moment; a day becomes its first second."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def in_utc(text: str) -> datetime:
    """A point in time in ISO 8601, made UTC; without a zone it counts as UTC.

    Raises:
        ValueError: it is none, or one that lies outside the years 1 to 9999 once made UTC.
    """
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError as problem:
        raise ValueError("outside the years 1 to 9999") from problem


def age_days(then: Moment, now: Moment) -> float:
    """Days between two moments, fractions included; 0 where ``then`` is later (the same day, written with its hour)."""
    return max(0.0, (exact(now) - exact(then)) / _DAY)


def working_days(start: date, count: int, weekdays: Collection[int] = MONDAY_TO_FRIDAY) -> Iterator[date]:
    """The first ``count`` days that fall on these weekdays, from ``start`` on; public holidays are not known here."""
    day = start
    while count > 0:
        if day.weekday() in weekdays:
            yield day
            count -= 1
        day += _DAY
