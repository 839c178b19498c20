"""Owns how sentences about wrong input name what was entered: short, printable, never a whole structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches

NAME_LIMIT = 80
NUMBER_LIMIT = 1_000_000_000


def suggestion(key: object, known: Iterable[str]) -> str:
    """``, perhaps mfa.admins is meant`` for the nearest known name, empty if none is near."""
    nearest = get_close_matches(key[:NAME_LIMIT], list(known), n=1) if isinstance(key, str) else []
    return f", perhaps {nearest[0]} is meant" if nearest else ""


def kind_of(value: object) -> str:
    """What sort of value it is, in words: "a list", "nothing"."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "names with values"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def shown(value: object) -> str:
    """The value itself where it is short and plain, else its kind."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "empty"}[value]
    if isinstance(value, int) and abs(value) <= NUMBER_LIMIT:
        return str(value)
    if isinstance(value, (float, date)):
        return str(value)
    if isinstance(value, str):
        text = "".join(letter if letter.isprintable() else "?" for letter in value[:NAME_LIMIT])
        return f'"{text}{"..." if len(value) > NAME_LIMIT else ""}"'
    return kind_of(value)


def listed(names: Iterable[str]) -> str:
    """``a, b and c``; at least one name."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
