"""Owns who does the tasks of a plan: people with hours a day each, tasks dealt out evenly and kept where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TeamMember:
    """Somebody with time for the sprint.

    Attributes:
        id: of the person, opaque here.
        hours: a day, above 0.
    """

    id: str
    hours: float


def deal_out(
    tasks: Iterable[tuple[str, int]], team: Sequence[TeamMember], kept: Mapping[str, str] | None = None
) -> dict[str, str]:
    """One owner for each task, so that everybody has work in proportion to their hours a day.

    Parameters:
        tasks: id and hours, in the order of the plan.
        team: may be empty; then nobody owns anything.
        kept: owners that tasks have already. One who is not in the team any more loses the task.

    Returns:
        The owner's id by task id. The same input gives the same owners.
    """
    members = {member.id: member for member in team}
    load = dict.fromkeys(members, 0)
    waiting = []
    owners: dict[str, str] = {}
    for task, hours in tasks:
        owner = (kept or {}).get(task, "")
        if owner in members:
            owners[task] = owner
            load[owner] += hours
        else:
            waiting.append((task, hours))
    places = {member.id: place for place, member in enumerate(team)}
    for task, hours in waiting:
        if not members:
            break
        least = min(members.values(), key=lambda one: ((load[one.id] + hours) / one.hours, places[one.id]))
        owners[task] = least.id
        load[least.id] += hours
    return owners
