"""Owns a plan before it is saved: what somebody chose, what comes out of it, and a mark by which it is known again."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ztassess.domain.assessment import Assessment
from ztassess.domain.moments import working_days
from ztassess.domain.planning import Plan, plan_sprint
from ztassess.domain.replanning import Move, Placement, moves, placements
from ztassess.domain.scheduling import Budget
from ztassess.domain.sprints import TaskState, closing_of, shown_state
from ztassess.domain.teams import TeamMember, deal_out
from ztassess.roadmaps.errors import PlanImpossible
from ztassess.roadmaps.models import RoadmapTask


@dataclass(frozen=True, slots=True)
class Choice:
    """What a plan is computed with.

    Attributes:
        days: working days from the first to the last day of the sprint.
        weekdays: on which is worked; 0 is Monday.
        first, later: controls to take in first, and to leave for later, see `ztassess.domain.planning.plan_sprint`.
    """

    start: date
    days: int
    weekdays: tuple[int, ...]
    team: tuple[TeamMember, ...]
    first: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    @property
    def dates(self) -> list[date]:
        """All working days of the sprint."""
        return list(working_days(self.start, self.days, self.weekdays))


@dataclass(frozen=True)
class Proposal:
    """A plan that nobody saved yet.

    Attributes:
        tasks: where each open task would be, by control.
        done: controls whose task is closed and stays where it is.
        moves: what it changes in the running sprint; empty for a new one.
    """

    plan: Plan
    choice: Choice
    tasks: Mapping[str, Placement]
    done: frozenset[str] = frozenset()
    moves: tuple[Move, ...] = ()

    @cached_property
    def mark(self) -> str:
        """The same for the same plan: what somebody looked at is what gets saved, or nothing is."""
        choice = self.choice
        team = [(member.id, member.hours) for member in choice.team]
        told = {
            "choice": [choice.start, choice.days, choice.weekdays, team, choice.first, choice.later],
            "tasks": {
                name: [place.owner, [(each.day, each.hours) for each in place.slices]]
                for name, place in self.tasks.items()
            },
            "moves": [(move.control, move.kind.value) for move in self.moves],
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32]

    @property
    def finishing(self) -> dict[date, int]:
        """Day -> hours of the tasks that end on it."""
        found: dict[date, int] = defaultdict(int)
        for place in self.tasks.values():
            if place.last:
                found[place.last] += place.hours
        return dict(found)


def propose(
    assessment: Assessment,
    choice: Choice,
    *,
    today: date,
    tasks: Sequence[RoadmapTask] | None = None,
    owners: Mapping[str, str] | None = None,
) -> Proposal:
    """Compute a plan.

    Parameters:
        today: a running sprint is planned from today on; what was to be done on days gone by is planned again.
        tasks: of the running sprint, the left out ones not among them; None plans a new one. Decisions among them
            are no part of a plan: they have their days by themselves.
        owners: ids of people who have a control already; who takes part in the sprint keeps it.

    Raises:
        PlanImpossible: no working day is left, or the team has less than one hour a day.
    """
    first = choice.start if tasks is None else max(choice.start, today)
    left = [day for day in choice.dates if day >= first]
    if not left:
        raise PlanImpossible(
            f"The last working day of this sprint was {choice.dates[-1]:%B} {choice.dates[-1].day}. "
            "Give the sprint more days, or end it and start the next one."
        )
    hours = [member.hours for member in choice.team]
    if sum(hours) < 1:
        raise PlanImpossible("Nobody has an hour a day for it, and no task is shorter. Choose people and their hours.")
    rows = {task.control_id: task for task in tasks or () if task.decision_id is None}
    done = frozenset(name for name, task in rows.items() if _is_done(task, assessment))
    plan = plan_sprint(
        assessment,
        start=left[0],
        budget=Budget.of_team(hours, len(left)),
        weekdays=choice.weekdays,
        built=[name for name, task in rows.items() if task.state_enum is TaskState.WAITING],
        without=done | {each.id for each in assessment.controls if closing_of(each)},
        first=choice.first,
        later=choice.later,
    )
    kept = {**(owners or {}), **{name: str(task.owner_id or "") for name, task in rows.items()}}
    after = _with_owners(plan, choice.team, kept)
    before = {name: task.placement for name, task in rows.items() if name not in done}
    found = () if tasks is None else moves(before, after, assessment)
    return Proposal(plan, choice, after, done, found)


def _is_done(task: RoadmapTask, assessment: Assessment) -> bool:
    try:
        each = assessment.control(task.control_id)
    except KeyError:
        return task.state_enum is TaskState.DONE
    return shown_state(task.state_enum, task.closed_by, each) is TaskState.DONE


def _with_owners(plan: Plan, team: Sequence[TeamMember], kept: Mapping[str, str]) -> dict[str, Placement]:
    slices = placements(plan)
    days = [(name, {each.day: each.hours for each in parts}) for name, parts in slices.items()]
    owners = deal_out(days, team, kept)
    return {name: Placement(parts, owners.get(name, "")) for name, parts in slices.items()}


def refuse_empty(proposal: Proposal) -> None:
    """Raise `PlanImpossible` where a plan holds no task, in words that say why."""
    if proposal.tasks:
        return
    short = [row for row in proposal.plan.later if row.did_not_fit and not row.postponed]
    if not short and any(row.postponed for row in proposal.plan.later):
        raise PlanImpossible("The playbook leaves everything for later that is left to do. Plan without its order.")
    if not short:
        raise PlanImpossible("Nothing of the 80/20 is left to do. Keep it proven: let the scans run.")
    least = min(short, key=lambda row: row.hours)
    have = sum(member.hours for member in proposal.choice.team)
    raise PlanImpossible(
        f"Nothing fits: {have:g} h a day over {proposal.choice.days} working days, and the shortest task, "
        f"{least.title}, takes {least.hours} h. Choose more people, hours or days."
    )
