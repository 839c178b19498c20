"""Owns how a browser is named in the list of sessions: by what people call it, with the raw text beside it."""

from __future__ import annotations

from django import template

register = template.Library()

# Order matters: each of these also writes the names that stand after it.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(user_agent: str) -> str:
    """A user agent line becomes "Firefox on Linux"; what we cannot read is called an unknown browser."""
    program = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (program or "Unknown browser", system) if part)
