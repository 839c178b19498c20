"""Owns how moments are written: relative or calendar, with the absolute moment in `title` and `datetime`."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
# Largest unit whose count is at least one; static/js/ago.js keeps the same table.
UNITS = ((365 * DAY, "year"), (30 * DAY, "month"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
JUST_NOW = 45
LAST_WEEK = 7


@register.simple_tag
def ago(moment: datetime | None, *, otherwise: str = "never") -> SafeString | str:
    """`{% ago scan.ended_at %}`: "2 hours ago" or "in 9 days", kept fresh by ago.js."""
    if moment is None:
        return otherwise
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        moment.isoformat(timespec="seconds"),
        absolute(moment),
        relative(moment),
    )


@register.simple_tag
def when(moment: datetime | None, *, otherwise: str = "never") -> SafeString | str:
    """`{% when change.at %}`: "Today, 14:00", "Yesterday, 09:00", "Friday, 16:05", "Nov 20, 16:30"."""
    if moment is None:
        return otherwise
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}, {}</time>',
        moment.isoformat(timespec="seconds"),
        absolute(moment),
        day(local.date()),
        local.strftime("%H:%M"),
    )


@register.filter
def last_day(moment: datetime) -> date:
    """The last calendar day that lies wholly before this moment: what ends at midnight lasts until the day before."""
    return timezone.localtime(moment - timedelta(seconds=1)).date()


@register.filter
def day(moment: date | datetime | None) -> str:
    """A calendar day: "Today", "Yesterday", "Friday" within the last week, else "Nov 20" or "Nov 20, 2025"."""
    if moment is None:
        return "no date"
    that = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    today = timezone.localdate()
    distance = (that - today).days
    named = {0: "Today", -1: "Yesterday", 1: "Tomorrow"}.get(distance)
    if named:
        return named
    if -LAST_WEEK < distance < 0:
        return date_format(that, "l")
    return date_format(that, "M j" if that.year == today.year else "M j, Y")


def absolute(moment: datetime) -> str:
    """For example "Mon, Nov 23, 2026, 09:12 CET", in the viewer's time zone."""
    return date_format(timezone.localtime(moment), "D, M j, Y, H:i T")


def relative(moment: datetime) -> str:
    """For example "2 hours ago", "in 9 days", "just now". Counts are rounded down."""
    seconds = (timezone.now() - moment).total_seconds()
    distance = abs(seconds)
    if distance < JUST_NOW:
        return "just now"
    size, unit = next(((size, unit) for size, unit in UNITS if distance >= size), (MINUTE, "minute"))
    count = max(1, int(distance // size))
    text = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{text} ago" if seconds > 0 else f"in {text}"
