"""Owns durations as Access writes them: Go's notation, such as ``730h``, ``2h45m`` or ``0s``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

FOREVER: Final = "forever"
_PART = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> timedelta | None:
    """The length of a duration; None if it is not one that we know (never zero, which means "at once")."""
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        return None
    try:
        return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))
    except OverflowError:
        return timedelta.max


def words(length: timedelta) -> str:
    """``30 min``, ``24 h`` or ``30 days`` for a sentence."""
    hours = length.total_seconds() / 3600
    if hours < 1:
        return f"{round(hours * 60)} min"
    return f"{hours:g} h" if hours <= 72 else f"{hours / 24:g} days"  # noqa: PLR2004  three days read better as hours
