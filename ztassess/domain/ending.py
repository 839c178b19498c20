"""Owns which reminder is due for something that has a last day: 14 days before, 3 days before, over."""

from __future__ import annotations

from datetime import date

REMIND_DAYS = (14, 3)
"""Days left at which a reminder is due, the earliest first."""

TOLD_LATE_DAYS = 7
"""An end that nobody was told of within this many days is history and not news."""


def reminder_due(last_day: date, known_since: date, today: date) -> str:
    """The reminder that stands today: ``14``, ``3``, ``over``, or empty if there is none.

    Parameters:
        last_day: the last day on which it counts.
        known_since: when the last day was set; who set it a week ahead does not need to be told that it is near.
    """
    left = (last_day - today).days
    if left < 0:
        return "over" if left >= -TOLD_LATE_DAYS else ""
    mark = next((days for days in reversed(REMIND_DAYS) if left <= days), None)
    if mark is None or (last_day - known_since).days < mark:
        return ""
    return str(mark)


def left_words(last_day: date, today: date, verb: str = "end") -> str:
    """``ended 2 days ago``, ``ends today``, ``ends in 3 days``; ``verb`` is a regular one, such as ``expire``."""
    left = (last_day - today).days
    if left < 0:
        past = verb + ("d" if verb.endswith("e") else "ed")
        return f"{past} yesterday" if left == -1 else f"{past} {-left} days ago"
    if left == 0:
        return f"{verb}s today"
    return f"{verb}s tomorrow" if left == 1 else f"{verb}s in {left} days"
