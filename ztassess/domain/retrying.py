"""Owns how long to wait before a delivery is tried again: exponential, with full jitter, for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

BASE_SECONDS = 30.0
LONGEST_SECONDS = 2 * 3600.0
SHORTEST_SECONDS = 5.0
GIVE_UP_AFTER = timedelta(hours=24)


def pause_seconds(attempt: int, roll: float) -> float:
    """Seconds before the next attempt: anywhere up to the limit, so that receivers are not hit by all at once.

    Parameters:
        attempt: how many were made, at least 1.
        roll: a random number from 0 up to 1.
    """
    limit = min(LONGEST_SECONDS, BASE_SECONDS * 2.0 ** min(attempt - 1, 30))
    return max(SHORTEST_SECONDS, roll * limit)


def asked_pause(text: str | None, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` header asks for: a number or a date (RFC 9110, 10.2.3).

    Returns:
        At least 1; None if there is no header, or none that can be read.
    """
    said = (text or "").strip()
    if said.isascii() and said.isdecimal():
        return max(1.0, float(said[:9]))
    try:
        moment = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(1.0, (moment - now).total_seconds())
