"""Owns how a document is branded, as a value: whose name, logo and color it carries, and which colors can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_ACCENT = "#4540c6"
LEAST_CONTRAST = 4.5
"""WCAG 2.2 AA for text on white: the accent colors words as well as bars."""

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_LINEAR_FROM = 0.04045


class Paper(StrEnum):
    """A page size."""

    A4 = "a4"
    LETTER = "letter"

    @property
    def words(self) -> str:
        """As people read it."""
        return "A4" if self is Paper.A4 else "US Letter"


@dataclass(frozen=True, slots=True)
class Branding:
    """Whose document it is.

    Attributes:
        accent: ``#rrggbb``, readable on white, see `accent_problem`.
        footer: one line at the foot of each page; empty for the name.
        logo: a PNG as `ztassess.common.pictures.logo_png` makes it; empty for the name in letters.
    """

    name: str
    accent: str = DEFAULT_ACCENT
    footer: str = ""
    paper: Paper = Paper.A4
    logo: bytes = b""


def contrast_on_white(color: str) -> float:
    """The contrast of a color to white as WCAG 2 computes it, 1 to 21. Raises ValueError if it is no ``#rrggbb``."""
    if not _COLOR.fullmatch(color):
        raise ValueError(f"{color!r} is no color")
    shares = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= _LINEAR_FROM else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def accent_problem(color: str) -> str:
    """Why a color cannot be the accent, as a sentence; empty if it can."""
    try:
        contrast = contrast_on_white(color)
    except ValueError:
        return "Write the color as # and six hexadecimal digits, such as #4540c6."
    if contrast < LEAST_CONTRAST:
        return (
            f"Its contrast to white paper is {contrast:.1f}, and words need {LEAST_CONTRAST:g}. Choose a darker color."
        )
    return ""
