"""Owns what many clients are read for as short texts: stages, and the checks that pass. Few are looked into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

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


def checks_text(checks: Mapping[str, tuple[str, date]]) -> str:
    """`` mfa_admins:pass:2026-11-20 mfa_everyone:not_applicable:2026-11-20 ``; a blank at both ends, or nothing.

    Parameters:
        checks: name of a check without its connector -> (state, the day on which it was seen).
    """
    parts = [PARTS.join((name, state, day.isoformat())) for name, (state, day) in sorted(checks.items())]
    return BETWEEN.join(("", *parts, "")) if parts else ""


def check_in(text: str, name: str) -> tuple[str, date] | None:
    """State and day of one check, from what `checks_text` wrote; None if it is not among them."""
    _, found, rest = text.partition(f"{BETWEEN}{name}{PARTS}")
    if not found:
        return None
    state, day = rest.partition(BETWEEN)[0].split(PARTS)
    return state, date.fromisoformat(day)
