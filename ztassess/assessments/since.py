"""Owns the day that changes are told since: what the address asks for, and a sentence where that is no day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from ztassess.assessments.selectors_changes import EARLIEST
from ztassess.assessments.trend import named

PERIODS = ((1, "yesterday"), (7, "a week ago"), (30, "30 days ago"), (90, "90 days ago"))
DEFAULT_DAYS = 7
SHOWN_TEXT = 40
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Since:
    """The day that was chosen.

    Attributes:
        days: the preset it was asked for as; 0 for a day of the calendar.
        problem: one sentence where what was asked for is no day to compare with; ``day`` is the default then.
    """

    day: date
    days: int = 0
    problem: str = ""


def since_of(asked: str, today: date) -> Since:
    """The day in an address: a number of days from the presets, or a day written ``2026-11-16``."""
    asked = asked.strip()
    if not asked:
        return Since(today - timedelta(days=DEFAULT_DAYS), DEFAULT_DAYS)
    if asked in {str(days) for days, _ in PERIODS}:
        return Since(today - timedelta(days=int(asked)), int(asked))
    try:
        day = date.fromisoformat(asked) if _DAY.fullmatch(asked) else None
    except ValueError:
        day = None
    if day is None or day < EARLIEST:
        short = asked if len(asked) <= SHOWN_TEXT else f"{asked[:SHOWN_TEXT]}\N{HORIZONTAL ELLIPSIS}"
        return _instead(
            today,
            f"\N{LEFT DOUBLE QUOTATION MARK}{short}\N{RIGHT DOUBLE QUOTATION MARK} is not a day "
            "to compare with; write one like 2026-11-16.",
        )
    if day > today:
        return _instead(today, f"{named(day, today)} has not come yet; choose a day up to today.")
    return Since(day)


def _instead(today: date, problem: str) -> Since:
    day = today - timedelta(days=DEFAULT_DAYS)
    return Since(day, DEFAULT_DAYS, f"{problem} Shown is what changed since {named(day, today)}.")
