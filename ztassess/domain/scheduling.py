"""Owns the arithmetic of the plan: jobs with hours and prerequisites laid over days of limited hours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SPLIT_FROM_HOURS = 2
"""A part of a job shorter than this is not worth starting; whoever starts it would only have opened the page."""

AT_ONCE = 2
"""People who work on one control on the same day; more would wait for each other."""


@dataclass(frozen=True, slots=True)
class Job:
    """One control to bring to its target.

    Attributes:
        hours: left to do, at least 1.
        after: ids of jobs that must be finished on the same day or earlier.
        points: what it brings; worth decides what is dropped when not everything fits.
        rank: smaller comes first where the prerequisites leave a choice.
        kept: it is dropped only when everything else was.
    """

    id: str
    hours: int
    after: frozenset[str]
    points: float
    rank: tuple[float, ...]
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Hours of one job on one day. ``part`` is whole, start, continue or finish."""

    job: str
    hours: int
    part: str


@dataclass(frozen=True, slots=True)
class Budget:
    """Working hours that there are.

    Attributes:
        team: hours of the whole team on one day, at least 1.
        one_job: hours one job can take of one day, at least 1.
        days: working days.
    """

    team: int
    one_job: int
    days: int

    @staticmethod
    def of(people: int, hours_per_person: float, days: int) -> Budget:
        """The budget of a team that spends this many hours a day each. Raises ValueError if one is not positive."""
        if people < 1 or hours_per_person <= 0 or days < 1:
            raise ValueError("a plan needs at least one person, some time a day, and a day")
        return Budget.of_team([hours_per_person] * people, days)

    @staticmethod
    def of_team(hours: Sequence[float], days: int) -> Budget:
        """The budget of people who spend these hours a day, one number each.

        Raises:
            ValueError: nobody is there, somebody has no time, or no day is given.
        """
        if not hours or min(hours) <= 0 or days < 1:
            raise ValueError("a plan needs at least one person, some time a day, and a day")
        team = max(1, int(sum(hours)))
        one_job = int(sum(sorted(hours, reverse=True)[:AT_ONCE]))
        return Budget(team, max(1, min(team, one_job)), days)


def tails(jobs: Mapping[str, Job]) -> dict[str, int]:
    """Hours of the longest chain that starts with each job: itself and everything that waits for it."""
    waiting: dict[str, list[str]] = {name: [] for name in jobs}
    for job in jobs.values():
        for name in job.after:
            waiting[name].append(job.id)
    found: dict[str, int] = {}

    def tail(name: str) -> int:
        if name not in found:
            found[name] = jobs[name].hours + max((tail(each) for each in waiting[name]), default=0)
        return found[name]

    for name in jobs:
        tail(name)
    return found


def lay_out(jobs: Mapping[str, Job], budget: Budget, *, spread: bool = True) -> tuple[list[list[Part]], list[str]]:
    """Lay jobs over days; what does not fit is left out, least worth first.

    Work is spread evenly over all days, at full speed only if it would not fit otherwise; a day uses at least half of
    the team's hours while there is work. Jobs without prerequisites left start in the order of their rank, started
    ones go on first. Each job is finished no later than the jobs that wait for it; short jobs are not split.

    Parameters:
        jobs: by id; every id in ``after`` is among them, and there is no circle.
        spread: False works at full speed from the first day on, so that it ends as early as it can.

    Returns:
        The parts of each day in working order (days at the end without work are left out), and the ids left out.
    """
    kept = dict(jobs)
    dropped: list[str] = []
    while kept:
        for evenly in (True, False) if spread else (False,):
            days = _simulate(kept, budget, evenly=evenly)
            if sum(part.hours for day in days for part in day) == sum(job.hours for job in kept.values()):
                return days, dropped
        least = _least_worth(kept)
        dropped.append(least)
        del kept[least]
    return [], dropped


def _least_worth(jobs: Mapping[str, Job]) -> str:
    """Of the jobs that nothing waits for, the one with the fewest points an hour."""
    needed = frozenset[str]().union(*(job.after for job in jobs.values()))
    return min(jobs.values(), key=lambda job: (job.id in needed, job.kept, job.points / job.hours, job.id)).id


def _simulate(jobs: Mapping[str, Job], budget: Budget, *, evenly: bool) -> list[list[Part]]:
    left = {name: job.hours for name, job in jobs.items()}
    total, used = sum(left.values()), 0
    days: list[list[Part]] = []
    for day in range(1, budget.days + 1):
        if not any(left.values()):
            break
        aim = budget.team
        if evenly:
            aim = min(aim, max(math.ceil(total * day / budget.days) - used, budget.team // 2, 1))
        today = _day(jobs, left, aim, budget)
        used += sum(part.hours for part in today)
        days.append(today)
    return days


def _day(jobs: Mapping[str, Job], left: dict[str, int], aim: int, budget: Budget) -> list[Part]:
    """The parts of one day; takes their hours off ``left``. A day that would stay empty takes any part at all."""
    parts: list[Part] = []
    for shortest in (SPLIT_FROM_HOURS, 1):
        while (part := _next_part(jobs, left, parts, aim, budget, shortest)) is not None:
            left[part.job] -= part.hours
            parts.append(part)
        if parts:
            break
    return parts


def _next_part(
    jobs: Mapping[str, Job], left: Mapping[str, int], today: Sequence[Part], aim: int, budget: Budget, shortest: int
) -> Part | None:
    spent = sum(part.hours for part in today)
    busy = {part.job for part in today}
    ready = [
        job
        for job in jobs.values()
        if left[job.id] and job.id not in busy and not any(left[name] for name in job.after)
    ]
    for job in sorted(ready, key=lambda job: (left[job.id] == job.hours, job.rank, job.id)):
        hours = _hours(left[job.id], aim - spent, budget.team - spent, budget.one_job, shortest)
        if hours:
            return Part(job.id, hours, _part_name(job.hours, left[job.id], hours))
    return None


def _hours(left: int, room: int, hard_room: int, one_job: int, shortest: int) -> int:
    """How much of a job goes into a day: 0 if the rest or the part would be a splinter."""
    if room <= 0:
        return 0
    if left <= one_job and left <= min(hard_room, room + shortest):
        return left
    hours = min(left, one_job, room)
    return hours if shortest <= hours and (hours == left or left - hours >= shortest) else 0


def _part_name(whole: int, left: int, now: int) -> str:
    if left == whole:
        return "whole" if now == whole else "start"
    return "finish" if now == left else "continue"
