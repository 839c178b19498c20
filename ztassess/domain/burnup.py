"""Owns the burn-up of a sprint: planned, proven and all hours by day, and the day on which the work would end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ztassess.domain.moments import MONDAY_TO_FRIDAY, working_days

FEWEST_DAYS = 2
"""Working days before a pace is believed."""

FARTHEST = 250
"""Working days ahead; a date later than that would be a guess dressed as a number."""

_DAY = timedelta(days=1)


class BurnKind(StrEnum):
    """What happened to a task's hours."""

    ADDED = "added"
    LEFT_OUT = "left_out"
    DONE = "done"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class BurnEvent:
    """A task's hours came into the sprint, left it, were proven, or are open again."""

    day: date
    kind: BurnKind
    hours: int


@dataclass(frozen=True, slots=True)
class BurnPoint:
    """The sprint at the end of one day, in hours.

    Attributes:
        scope: of all tasks; proven: of closed ones; both None on days to come.
        planned: of the tasks that the plan has finished by then.
        first_plan: the same by the plan the sprint was started with.
    """

    day: date
    scope: int | None
    proven: int | None
    planned: int
    first_plan: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where the present pace leads.

    Attributes:
        per_day: hours proven a working day so far.
        by_end: hours that would be proven on the last day of the sprint.
        lands: the day on which everything would be proven; None if never at this pace, or too far ahead to say.
    """

    per_day: float
    by_end: int
    lands: date | None


def burn_up(
    days: Sequence[date],
    *,
    today: date,
    events: Iterable[BurnEvent],
    finishing: Mapping[date, int],
    first_finishing: Mapping[date, int],
) -> tuple[BurnPoint, ...]:
    """One point for each working day of the sprint, and for every later day on which something happened.

    Parameters:
        days: working days of the sprint, in order.
        events: of all tasks, in any order. What happened before the first day counts on the first day.
        finishing: day -> hours of the tasks that the plan finishes on it; first_finishing: by the first plan.
    """
    known = sorted(events, key=lambda each: each.day)
    ends = {today} if days and today > days[-1] else set()
    late = {each.day for each in known if days and each.day > days[-1]}
    shown = sorted({*days, *finishing, *late, *ends})
    points = []
    for day in shown:
        past = [each for each in known if each.day <= day]
        future = day > today
        points.append(
            BurnPoint(
                day=day,
                scope=None if future else _sum(past, BurnKind.ADDED, BurnKind.LEFT_OUT),
                proven=None if future else _sum(past, BurnKind.DONE, BurnKind.REOPENED),
                planned=sum(hours for on, hours in finishing.items() if on <= day),
                first_plan=sum(hours for on, hours in first_finishing.items() if on <= day),
            )
        )
    return tuple(points)


def _sum(events: Iterable[BurnEvent], plus: BurnKind, minus: BurnKind) -> int:
    signs = {plus: 1, minus: -1}
    return sum(signs.get(each.kind, 0) * each.hours for each in events)


def forecast(
    points: Sequence[BurnPoint],
    *,
    days: Sequence[date],
    today: date,
    weekdays: Collection[int] = MONDAY_TO_FRIDAY,
) -> Forecast | None:
    """The pace so far, carried on.

    Parameters:
        days: working days of the sprint, in order.

    Returns:
        None while fewer than two working days have begun, or where nothing is left.
    """
    reached = [point for point in points if point.proven is not None and point.scope is not None]
    if not reached or not days or not weekdays:
        return None
    newest = reached[-1]
    proven, scope = newest.proven or 0, newest.scope or 0
    begun = sum(1 for _ in _days_between(days[0], today, weekdays))
    if begun < FEWEST_DAYS or proven >= scope:
        return None
    per_day = proven / begun
    ahead = sum(1 for day in days if day > today)
    by_end = min(scope, int(proven + per_day * ahead))
    if per_day <= 0:
        return Forecast(0.0, by_end, None)
    needed = -(-(scope - proven) // per_day)
    if needed > FARTHEST:
        return Forecast(per_day, by_end, None)
    return Forecast(per_day, by_end, list(working_days(today + _DAY, int(needed), weekdays))[-1])


def _days_between(first: date, last: date, weekdays: Collection[int]) -> Iterable[date]:
    day = first
    while day <= last:
        if day.weekday() in weekdays:
            yield day
        day += _DAY
