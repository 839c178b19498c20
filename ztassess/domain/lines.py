"""Owns names without the signs that nobody sees and that change how everything after them is read."""

from __future__ import annotations

import re
import unicodedata

# Marks, embeddings, overrides and isolates of writing direction: one of them in a name turns the sentence around it.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TURNS = re.compile("[" + "".join(sorted(_TURNING)) + "]")
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")


def one_line(text: str) -> str:
    """The text with single spaces, without control signs and without those that turn the direction of what follows.

    Names written from right to left stay as they are: their letters carry the direction themselves.
    """
    spaced = "".join(" " if sign.isspace() else sign for sign in text)
    kept = "".join(sign for sign in spaced if sign not in _TURNING and unicodedata.category(sign) not in _UNSEEN)
    return " ".join(kept.split())


def unturned(text: str) -> str:
    """The text without the signs that turn its direction, and otherwise as it is: for what a system says of itself."""
    return text if text.isascii() else _TURNS.sub("", text)
