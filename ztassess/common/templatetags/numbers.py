"""Owns how numbers are written: always with a unit, a real minus, and "unknown" where nothing is known."""

from __future__ import annotations

import math

from django import template

register = template.Library()

SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
UNKNOWN = "unknown"
# A product such as 0.29 * 100 is 28.999...: rounding down must not lose a point to the float.
FLOAT_DUST = 1e-9
MINUTE, HOUR = 60, 3600

Number = int | float


@register.filter
def as_percent(fraction: Number | None) -> int:
    """0.417 becomes 41, for SVG attributes and components. Rounded down: 79.9 is not 80. Kept between 0 and 100."""
    return min(100, max(0, math.floor(100 * (fraction or 0) + FLOAT_DUST)))


@register.filter
def percent(number: Number | None) -> str:
    """A number that is already in percent: 41 becomes "41 %"."""
    return UNKNOWN if number is None else f"{plain(math.floor(number + FLOAT_DUST))}{SPACE}%"


@register.filter
def share(fraction: Number | None) -> str:
    """A fraction between 0 and 1: 0.417 becomes "41 %"."""
    return UNKNOWN if fraction is None else percent(as_percent(fraction))


@register.filter
def signed(number: Number | None) -> str:
    """9.2 becomes "+9.2", -1.0 becomes "-1" with a real minus sign, nothing is "0"."""
    if number is None:
        return UNKNOWN
    text = plain(round(number, 1))
    return f"+{text}" if round(number, 1) > 0 else text


@register.filter
def points(number: Number | None) -> str:
    """9.2 becomes "+9.2 points", 1 becomes "+1 point"."""
    if number is None:
        return UNKNOWN
    return f"{signed(number)}{SPACE}{'point' if abs(round(number, 1)) == 1 else 'points'}"


@register.filter
def hours(number: Number | None) -> str:
    """3 becomes "3 h", 1.5 "1.5 h", 0.5 "30 min"."""
    if number is None:
        return UNKNOWN
    if 0 < number < 1:
        return f"{round(number * MINUTE)}{SPACE}min"
    return f"{plain(round(number, 1))}{SPACE}h"


@register.filter
def duration(seconds: Number | None) -> str:
    """102 seconds become "1 min 42 s"; from an hour on the seconds are left out."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    parts = ((whole // HOUR, "h"), (whole % HOUR // MINUTE, "min"), (whole % MINUTE if whole < HOUR else 0, "s"))
    return " ".join(f"{value}{SPACE}{unit}" for value, unit in parts if value) or f"0{SPACE}s"


@register.filter
def counted(number: int, word: str) -> str:
    """`{{ 3|counted:"scan" }}` is "3 scans"; an irregular plural follows a comma: "person,people"."""
    one, _, many = word.partition(",")
    return f"{number}{SPACE}{one if number == 1 else many or one + 's'}"


def plain(number: Number) -> str:
    """Shortest decimal with a real minus sign and at most two places: 3.0 is "3", and there is no minus nothing."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", MINUS)
