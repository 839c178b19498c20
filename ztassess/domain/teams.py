"""Owns who does the tasks of a plan: people with hours a day each, dealt out by free time, kept where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody with time for the sprint.

    Attributes:
        id: of the person, opaque here.
        hours: a day, above 0.
    """

    id: str
    hours: float


Days = Mapping[date, int]
"""Hours of one task on each of its days."""


def deal_out(
    tasks: Iterable[tuple[str, Days]], team: Sequence[TeamMember], kept: Mapping[str, str] | None = None
) -> dict[str, str]:
    """One owner for each task: who has time on its days, and among them who has least in proportion to their hours.

    Parameters:
        tasks: id and hours by day, in the order of the plan.
        team: may be empty; then nobody owns anything.
        kept: owners that tasks have already. One who is not in the team any more loses the task.

    Returns:
        The owner's id by task id. The same input gives the same owners.
    """
    diaries = [_Diary(member, place) for place, member in enumerate(team)]
    by_id = {each.member.id: each for each in diaries}
    waiting = []
    owners: dict[str, str] = {}
    for task, days in tasks:
        diary = by_id.get((kept or {}).get(task, ""))
        if diary is None:
            waiting.append((task, days))
        else:
            owners[task] = diary.take(days)
    for task, days in waiting:
        if diaries:
            owners[task] = min(diaries, key=lambda each: each.strain(days)).take(days)
    return owners


class _Diary:
    """What one person has to do, day by day."""

    def __init__(self, member: TeamMember, place: int) -> None:
        self.member, self._place = member, place
        self._hours: Counter[date] = Counter()

    def take(self, days: Days) -> str:
        """Write a task down; returns whose it is now."""
        self._hours.update(days)
        return self.member.id

    def strain(self, days: Days) -> tuple[float, float, int]:
        """How ill a task would fit, smaller is better: hours beyond what its days have, then the load of all days."""
        own = self.member.hours
        beyond = sum(max(0.0, hours - max(0.0, own - self._hours[day])) for day, hours in days.items())
        return beyond, (self._hours.total() + sum(days.values())) / own, self._place
