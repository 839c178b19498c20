"""Owns making every character of a text visible: what the typefaces of reports lack stands as its name or code."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# Whole blocks that Source Sans Pro, Libertinus Serif, New Computer Modern and DejaVu Sans Mono have together.
# `tests/reports/test_documents.py` sets every one of these characters.
COVERED = (
    (0x0020, 0x007E),
    (0x00A0, 0x00AC),
    (0x00AE, 0x036F),
    (0x0370, 0x0377),
    (0x037A, 0x037F),
    (0x0384, 0x038A),
    (0x038C, 0x038C),
    (0x038E, 0x03A1),
    (0x03A3, 0x04FF),
    (0x0531, 0x0556),
    (0x0561, 0x0587),
    (0x05D0, 0x05EA),
    (0x060C, 0x060C),
    (0x061B, 0x061B),
    (0x061F, 0x061F),
    (0x0621, 0x063A),
    (0x0640, 0x0655),
    (0x0660, 0x066D),
    (0x067E, 0x067E),
    (0x0686, 0x0686),
    (0x0698, 0x0698),
    (0x06A9, 0x06A9),
    (0x06AF, 0x06AF),
    (0x06BE, 0x06BE),
    (0x06CC, 0x06CC),
    (0x06F0, 0x06F9),
    (0x10D0, 0x10FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x202F, 0x203E),
    (0x2044, 0x2044),
    (0x20A0, 0x20BF),
    (0x2100, 0x211E),
    (0x2122, 0x2122),
    (0x2126, 0x2184),
    (0x2190, 0x22FF),
    (0x2300, 0x23CF),
    (0x2460, 0x262F),
    (0x2701, 0x2704),
    (0x270C, 0x2727),
    (0x2761, 0x277F),
    (0xFB00, 0xFB06),
)
_CLASS = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in COVERED)
_LACKING = re.compile(f"[^{_CLASS}]")
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Join or select what stands beside them; without it they show nothing.
_SILENT = frozenset({"\u200b", "\u200c", "\u200d", "\u2060", "\ufe0e", "\ufe0f", "\ufeff", "\u00ad"})
_NAMED = ("So", "Sk", "Sm", "Sc", "Po")


def displayable(text: str) -> str:
    """The text with each character that no typeface has as ``[rocket]`` or ``[U+65E5]``, and line ends as spaces.

    Characters that turn the direction of writing around are shown as codes too: a name must not disguise itself.
    """
    return _LACKING.sub(_shown, _SPACES.sub(" ", unicodedata.normalize("NFC", text)))


def displayable_json(value: Any) -> Any:
    """The same for every text inside plain values."""
    if isinstance(value, str):
        return displayable(value)
    if isinstance(value, dict):
        return {name: displayable_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [displayable_json(each) for each in value]
    return value


def plainest(value: Any) -> Any:
    """Every text inside plain values in ASCII alone, the rest as codes: what any typeface can show."""
    if isinstance(value, str):
        return "".join(each if " " <= each <= "~" else f"[U+{ord(each):04X}]" for each in value)
    if isinstance(value, dict):
        return {name: plainest(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plainest(each) for each in value]
    return value


def _shown(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SILENT:
        return ""
    name = unicodedata.name(character, "")
    if name and unicodedata.category(character) in _NAMED:
        return f"[{name.lower()}]"
    return f"[U+{ord(character):04X}]"
