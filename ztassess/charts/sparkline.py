"""Owns the small line of one client's year: points for a drawing of 96 by 24, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 96.0, 24.0, 3.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line. Empty ``points`` where fewer than two weeks are recorded; ``end`` is its last point.

    Attributes:
        words: what the line says.
    """

    points: str
    end: tuple[float, float] | None
    words: str


def sparkline(values: Sequence[int | None]) -> Sparkline:
    """Draw weekly percents on a scale from 0 to 100, so that two lines under each other can be compared.

    Parameters:
        values: oldest first; None for weeks without a score. Leading ones are left out, the others are bridged.
    """
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if not known:
        return Sparkline("", None, "no score is recorded yet")
    (first, begun), (last, ended) = known[0], known[-1]
    weeks = last - first
    if not weeks:
        return Sparkline("", None, f"{ended} percent proven, recorded for one week")
    across, down = (WIDTH - MARGIN) / weeks, HEIGHT - 2 * MARGIN
    drawn = [((place - first) * across, MARGIN + down * (1 - value / 100)) for place, value in known]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
    word = "week" if weeks == 1 else "weeks"
    return Sparkline(points, drawn[-1], f"proven from {begun} to {ended} percent in {weeks} {word}")
