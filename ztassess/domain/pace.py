"""Owns the pace of the 80/20 and the day on which it would land if the pace stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(weeks=3)
WEEK = timedelta(weeks=1)
# Slower than this, or later than this, a date would be a guess dressed as a number.
SLOWEST = 0.5
LATEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded score.

    Attributes:
        proven, claimed: percent, 0 to 100.
        version: the catalog and the method that made it.
    """

    at: datetime
    proven: float
    claimed: float
    version: str = ""


def newest_run(points: Sequence[Recorded]) -> list[Recorded]:
    """The scores at the end that one catalog and one method made: what came before is not to be compared with them."""
    run: list[Recorded] = []
    for point in reversed(points):
        if run and point.version != run[0].version:
            break
        run.append(point)
    return run[::-1]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast proof grows.

    Attributes:
        points_a_week: over the last three weeks; may be negative.
        lands: when the goal is reached at this pace; None if it is reached, too slow to say, or over a year away.
    """

    points_a_week: float
    lands: datetime | None


def pace_of(points: Sequence[Recorded], *, goal: float) -> Pace | None:
    """The pace of the last three weeks before the newest score, over scores of its catalog and method alone.

    Parameters:
        points: oldest first.
        goal: percent.

    Returns:
        None where less than one week is recorded by the newest one's catalog and method: two days say nothing about a
        month.
    """
    points = newest_run(points)
    if not points:
        return None
    newest = points[-1]
    since = newest.at - WINDOW
    # The score that stood when the window began; the first one ever if it began later.
    first = next((point for point in reversed(points) if point.at <= since), points[0])
    span = newest.at - max(first.at, since)
    if span < WEEK:
        return None
    speed = (newest.proven - first.proven) / (span / WEEK)
    left = goal - newest.proven
    if left <= 0 or speed < SLOWEST:
        return Pace(speed, None)
    ahead = WEEK * (left / speed)
    return Pace(speed, newest.at + ahead if ahead <= LATEST else None)
