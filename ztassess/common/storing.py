"""Owns making a system's texts fit for a database: names in an answer may hold NUL or half a character."""

from __future__ import annotations

from typing import Any


def storable(text: str) -> str:
    """Text as a database takes it."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def storable_json(value: Any) -> Any:
    """The same for every text inside plain values."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): storable_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [storable_json(each) for each in value]
    return value
