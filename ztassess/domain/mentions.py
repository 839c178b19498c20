"""Owns mentions: which members a comment names with @, and which names nobody here has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Not after a letter: the @ of an address mentions nobody.
_AT = re.compile(r"(?<![\w.])@(?=\w)")
_WORD = re.compile(r"[\w.+-]*\w")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who is mentioned: keys of people, each once, in order; and what stands after an @ and fits nobody or several."""

    people: tuple[str, ...]
    unknown: tuple[str, ...]


def mentions_in(text: str, people: Mapping[str, tuple[str, ...]]) -> Mentions:
    """Find ``@Priya Raman``, ``@priya`` or ``@priya.raman`` in a text.

    Parameters:
        people: by key, the names a person answers to, such as full name, first name, the address before its @.

    Returns:
        The longest name that fits wins; a name that several people have mentions none of them.
    """
    by_name: dict[str, set[str]] = {}
    for key, names in people.items():
        for name in names:
            by_name.setdefault(name.casefold(), set()).add(key)
    longest_first = sorted((name for name in by_name if name), key=len, reverse=True)
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for at in _AT.finditer(text):
        rest = text[at.end() :]
        name = next((one for one in longest_first if _begins(rest, one)), "")
        keys = by_name.get(name, set())
        if len(keys) == 1:
            found |= dict.fromkeys(keys)
        else:
            word = _WORD.match(rest)
            unknown[word[0] if word else rest[:40]] = None
    return Mentions(tuple(found), tuple(unknown))


def _begins(rest: str, name: str) -> bool:
    """True if the text begins with the name and the name ends there."""
    end = len(name)
    return rest[:end].casefold() == name and not rest[end : end + 1].isalnum()
