"""Owns when the 80/20 lands at the present pace, and how that day moved since an earlier moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ztassess.assessments.trend import GOAL, STANDSTILL, named, recorded
from ztassess.domain.pace import WEEK, WINDOW, Pace, Recorded, pace_of
from ztassess.organizations.models import Organization

OTHER_METHOD = "Weights or catalog changed since then, so the two days are not compared."


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where the pace leads.

    Attributes:
        lands: the day on which 80 % is proven at the pace of the last three weeks; None if it is reached, or no day can
            be named.
        landed_before: what that day was at the earlier moment; None likewise.
        is_reached: 80 % is proven today.
        points_a_week: the pace; None where less than a week is recorded.
        sentence: the present forecast in words.
        moved: how it moved since then ("On Mon, Nov 16 it was Fri, Dec 18: 3 days later now."), or that
            weights or catalog changed in between; empty where neither has a day.
    """

    lands: date | None
    landed_before: date | None
    is_reached: bool
    points_a_week: float | None
    sentence: str
    moved: str


def forecast(
    organization: Organization, points: list[Recorded], then: datetime, *, since: date, today: date
) -> Forecast:
    """The forecast of today and of an earlier moment: one query.

    Parameters:
        points: the recorded scores of the last months, oldest first.
        then: the moment compared with; ``since`` is its day, as it is named.
    """
    pace = pace_of(points, goal=GOAL)
    before = recorded(organization, start=then - WINDOW - WEEK, end=then)
    # A day that other weights named says nothing about the one that these name.
    alike = not points or not before or points[-1].version == before[-1].version
    earlier = pace_of(before, goal=GOAL) if alike else None
    lands, landed = _day(pace), _day(earlier)
    reached = bool(points) and points[-1].proven >= GOAL
    return Forecast(
        lands,
        landed,
        reached,
        pace.points_a_week if pace else None,
        _now(pace, today, reached=reached),
        _moved(lands, landed, named(since, today), today, reached=reached) if alike else OTHER_METHOD,
    )


def _day(pace: Pace | None) -> date | None:
    return pace.lands.date() if pace and pace.lands else None


def _now(pace: Pace | None, today: date, *, reached: bool) -> str:
    if reached:
        return f"The 80/20 is reached: {GOAL} % or more is proven."
    if pace is None:
        return "The pace shows after one week of records."
    if pace.lands is not None:
        return f"{GOAL} % lands on {named(pace.lands.date(), today)} at the present pace."
    if pace.points_a_week > STANDSTILL:
        return "At the present pace no day can be named on which 80 % is proven."
    return "Proof does not grow at present, so no day can be named on which 80 % is proven."


def _moved(lands: date | None, landed: date | None, then: str, today: date, *, reached: bool) -> str:
    if landed is None:
        return f"On {then} no day could be named." if lands else ""
    if reached or lands is None:
        return f"On {then} it was {named(landed, today)}."
    days = (lands - landed) // timedelta(days=1)
    if not days:
        return f"That is the same day as on {then}."
    count = "1 day" if abs(days) == 1 else f"{abs(days)} days"
    return f"On {then} it was {named(landed, today)}: {count} {'later' if days > 0 else 'earlier'} now."
