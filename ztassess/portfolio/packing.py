"""Owns the stages of a client as one short text: a thousand of them are read for one page, few are looked into."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BETWEEN = " "
PARTS = ":"


@dataclass(frozen=True, slots=True)
class StageCell:
    """One stage of one client in whole percents, and how many of its controls are contradicted."""

    stage: str
    proven: int
    claimed: int
    contradicted: int


def stages_text(cells: Iterable[StageCell]) -> str:
    """``identity:53:71:1 mfa:70:90:0``; a stage that does not apply is not among them."""
    return BETWEEN.join(
        PARTS.join((cell.stage, str(cell.proven), str(cell.claimed), str(cell.contradicted))) for cell in cells
    )


def stages_from(text: str) -> dict[str, StageCell]:
    """Stage id -> its cell, from what `stages_text` wrote."""
    found = {}
    for part in text.split():
        stage, proven, claimed, contradicted = part.split(PARTS)
        found[stage] = StageCell(stage, int(proven), int(claimed), int(contradicted))
    return found
