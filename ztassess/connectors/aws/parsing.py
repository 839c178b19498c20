"""Owns reading values out of answers and exports: moments, booleans that may be absent, the few tags we keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ztassess.connectors.aws.snapshot_identity import Tag

KEPT_TAGS = frozenset(
    ["owner", "team", "contact", "environment", "env", "stage", "purpose", "service", "emergency", "break-glass"]
)


def moment(value: object) -> datetime | None:
    """A moment in UTC from what botocore (a datetime), the command line (ISO 8601 text) or a report writes.

    Returns:
        None for nothing, ``N/A``, ``no_information``, ``not_supported``.

    Raises:
        ValueError: it is a text, but no moment.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if value is None or value in ("", "N/A", "no_information", "not_supported"):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def needed_moment(value: object) -> datetime:
    """As `moment`, for a field that AWS always sends. Raises ValueError if it is absent."""
    found = moment(value)
    if found is None:
        raise ValueError("a date is missing")
    return found


def maybe(raw: Mapping[str, Any], key: str) -> bool | None:
    """A boolean that may be absent: absent is None, not False."""
    value = raw.get(key)
    return value if isinstance(value, bool) else None


def text(raw: Mapping[str, Any], key: str) -> str:
    """A text that may be absent: then it is empty."""
    value = raw.get(key)
    return "" if value is None else str(value)


def kept_tags(raw: Iterable[Mapping[str, Any]] | None) -> tuple[Tag, ...]:
    """The tags that say who owns a thing or what it is for; all others are dropped."""
    found = (Tag(text(each, "Key"), text(each, "Value")[:256]) for each in raw or ())
    return tuple(tag for tag in found if tag.key.lower() in KEPT_TAGS)
