"""Owns the overview's drawing of the 80/20 over time: recorded scores, the pace, and where it would land."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone

from ztassess.assessments.models import ScoreSnapshot
from ztassess.domain.pace import Pace, Recorded, newest_run, pace_of
from ztassess.organizations.models import Organization

GOAL = 80
DAYS = 90
FEWEST_DAYS = 2
STANDSTILL = 0.05
# The drawing's own units: see templates/assessments/_trend.html.
LEFT, RIGHT, BOTTOM, TOP = 34.0, 505.0, 164.0, 0.0
LABEL_ROOM = 14.0


def recorded(
    organization: Organization, *, start: datetime | None = None, end: datetime | None = None
) -> list[Recorded]:
    """The last score of each day, oldest first: one query, and never a state of a control.

    Parameters:
        start: the earliest moment, ninety days ago by default.
        end: the moment before which they were recorded; the present by default.
    """
    now = timezone.now()
    since, until = start or now - timedelta(days=DAYS), end or now + timedelta(seconds=1)
    rows = ScoreSnapshot.objects.filter(organization=organization, at__gte=since, at__lt=until).order_by("at")
    fields = ("at", "day", "proven", "claimed", "catalog_version", "method_version")
    last: dict[date, Recorded] = {}
    for at, day, proven, claimed, catalog, method in rows.values_list(*fields):
        last[day] = Recorded(at, 100 * proven, 100 * claimed, f"{catalog}, method {method}")
    return list(last.values())


@dataclass(frozen=True, slots=True)
class Scale:
    """From moments and percents to the drawing's units."""

    start: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        return LEFT + (RIGHT - LEFT) * ((at - self.start) / (self.end - self.start))

    def y(self, percents: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * percents / 100

    def line(self, points: Iterable[tuple[datetime, float]]) -> str:
        return " ".join(f"{self.x(at):.1f},{self.y(value):.1f}" for at, value in points)


def trend_context(points: list[Recorded]) -> dict[str, Any] | None:
    """What the drawing needs of the scores since ninety days; None where fewer than two days are recorded.

    Each catalog and method has a line of its own: from one to the next nothing grew or fell.
    """
    if len(points) < FEWEST_DAYS:
        return None
    pace, newest = pace_of(points, goal=GOAL), points[-1]
    lands = pace.lands if pace else None
    runs = [list(run) for _, run in groupby(points, key=lambda point: point.version)]
    scale = Scale(points[0].at, lands or newest.at)
    here = scale.x(newest.at)
    proven_y, claimed_y = scale.y(newest.proven), scale.y(newest.claimed)
    return {
        "title": _title(newest, lands),
        "sentence": _sentence(pace, points),
        "begins": points[0],
        "first": runs[-1][0],
        "breaks": [scale.x(run[0].at) for run in runs[1:]],
        "newest": newest,
        "lands": lands,
        "proven": [scale.line((each.at, each.proven) for each in run) for run in runs],
        "claimed": [scale.line((each.at, each.claimed) for each in run) for run in runs],
        "forecast": scale.line([(newest.at, newest.proven), (lands, float(GOAL))]) if lands else "",
        "axis": [scale.y(0), scale.y(40)],
        "goal_y": scale.y(GOAL),
        "goal_label_y": scale.y(GOAL) + 4,
        "x": here,
        "proven_y": proven_y,
        # Labels stand at the side where there is room, and never on each other.
        "label_x": here + 8 if here < RIGHT - 100 else here - 8,
        "label_end": here >= RIGHT - 100,
        "proven_label_y": proven_y + LABEL_ROOM,
        "claimed_label_y": min(claimed_y - 6, proven_y - LABEL_ROOM),
        "today_apart": bool(lands) and here < RIGHT - 90,
    }


def _title(newest: Recorded, lands: datetime | None) -> str:
    if newest.proven >= GOAL:
        return f"The 80/20 is reached: {newest.proven:.0f}\N{NO-BREAK SPACE}% is proven"
    if lands:
        return f"80\N{NO-BREAK SPACE}% lands on {named(lands.date(), newest.at.date())} at the present pace"
    return f"{GOAL - newest.proven:.0f} points to the goal"


def _sentence(pace: Pace | None, points: list[Recorded]) -> str:
    begun = newest_run(points)[0]
    if pace is None and begun is not points[0]:
        return (
            f"Weights or catalog changed on {begun.at:%b} {begun.at.day}: what was recorded before is not compared. "
            "The pace shows after one week."
        )
    if pace is None:
        return f"Recorded since {begun.at:%b} {begun.at.day}. The pace shows after one week."
    if abs(pace.points_a_week) < STANDSTILL:
        return "Proof stood still in the last three weeks."
    verb = "gained" if pace.points_a_week > 0 else "lost"
    return f"Proof {verb} {abs(pace.points_a_week):.1f} points a week over the last three weeks."


def named(day: date, today: date) -> str:
    """A day as people read it: ``Mon, Nov 16``, with its year where that is another one than today's."""
    year = "" if day.year == today.year else f", {day.year}"
    return f"{day:%a, %b} {day.day}{year}"
