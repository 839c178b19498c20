"""Owns starting a sprint, planning it again, and ending it. What was looked at is what gets saved, or nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services_notes import owners_store
from ztassess.audit.services import audit_record
from ztassess.domain.replanning import Move, MoveKind, Placement
from ztassess.domain.sprints import TaskState
from ztassess.organizations.models import Membership, Organization
from ztassess.roadmaps.errors import PlanOutdated, SprintRuns, TaskChanged
from ztassess.roadmaps.models import EventKind, RoadmapTask, Sprint, SprintPerson, TaskEvent, slices_json
from ztassess.roadmaps.proposing import Choice, Proposal, propose, refuse_empty
from ztassess.roadmaps.selectors import control_owners, owners_kept, running_sprint, tasks_of
from ztassess.roadmaps.services.accounts import accounts_place
from ztassess.roadmaps.services.recording import event_of, log_first

OUTDATED = (
    "A result, an answer or a person changed since you looked, so this plan would not be the one you saw. "
    "Nothing was saved; below is the plan as it is now."
)


def sprint_start(*, organization: Organization, choice: Choice, seen: str, actor: User) -> Sprint:
    """Start a sprint with the plan that the person saw.

    Parameters:
        seen: the mark of the proposal that was shown.

    Raises:
        SprintRuns: one runs already.
        PlanImpossible: nothing is left to do, or nothing fits.
        PlanOutdated: the plan would be another one now, or somebody in it is not a member.
    """
    with transaction.atomic():
        log_first(organization)
        if running_sprint(organization) is not None:
            raise SprintRuns("A sprint runs already, perhaps started by somebody else just now. Nothing was changed.")
        assessment = read_organization(organization).assessment
        proposal = propose(assessment, choice, today=timezone.localdate(), owners=owners_kept())
        refuse_empty(proposal)
        _same_or_refuse(proposal, seen, organization)
        last = Sprint.objects.filter(organization=organization).aggregate(last=Max("number"))["last"] or 0
        sprint = Sprint.objects.create(
            organization=organization,
            number=last + 1,
            start=choice.start,
            days=choice.days,
            weekdays=list(choice.weekdays),
            first_plan={day.isoformat(): hours for day, hours in proposal.finishing.items()},
            started_by=actor,
            started_at=timezone.now(),
        )
        _set_people(sprint, choice)
        tasks = [_new_task(sprint, control, place) for control, place in proposal.tasks.items()]
        RoadmapTask.objects.bulk_create(tasks)
        TaskEvent.objects.bulk_create(
            event_of(task, EventKind.ADDED, actor=actor, after=days_in_words(task.placement)) for task in tasks
        )
        plan_tells_controls(organization, {}, tasks)
        audit_record(
            organization=organization,
            actor=actor,
            action="sprint.start",
            object=f"sprint:{sprint.number}",
            summary=f"{actor} started sprint {sprint.number} with {len(tasks)} tasks, {proposal.plan.hours} h",
            after=_told(proposal),
        )
        accounts_place(sprint)
    return sprint


def sprint_replan(*, sprint: Sprint, choice: Choice, seen: str, version: int, actor: User) -> Sprint:
    """Plan a running sprint again from today on. Closed tasks stay where they are.

    Raises:
        TaskChanged: the sprint has ended.
        PlanImpossible: no day is left, or nobody has time.
        PlanOutdated: the plan would be another one now, or somebody else planned meanwhile.
    """
    organization = sprint.organization
    with transaction.atomic():
        log_first(organization)
        current = running_sprint(organization)
        if current is None or current.id != sprint.id:
            raise TaskChanged("This sprint has ended; nothing was changed.")
        tasks = tasks_of(current)
        assessment = read_organization(organization).assessment
        proposal = propose(assessment, choice, today=timezone.localdate(), tasks=tasks, owners=owners_kept())
        if current.version != version:
            raise PlanOutdated(OUTDATED)
        _same_or_refuse(proposal, seen, organization)
        before = {"start": current.start.isoformat(), "days": current.days, "weekdays": current.weekdays}
        current.start, current.days, current.weekdays = choice.start, choice.days, list(choice.weekdays)
        current.version += 1
        current.save(update_fields=["start", "days", "weekdays", "version"])
        _set_people(current, choice)
        names = _names(choice)
        by_control = {task.control_id: task for task in tasks if task.decision_id is None}
        planned = {each: task.last_day for each, task in by_control.items() if task.state_enum is not TaskState.DONE}
        for move in proposal.moves:
            _apply(current, move, by_control.get(move.control), names, actor)
        plan_tells_controls(organization, planned, tasks_of(current))
        audit_record(
            organization=organization,
            actor=actor,
            action="sprint.replan",
            object=f"sprint:{current.number}",
            summary=f"{actor} planned sprint {current.number} again: {moves_in_words(proposal.moves)}",
            before=before,
            after=_told(proposal) | {"moves": {move.control: move.kind.value for move in proposal.moves}},
        )
        accounts_place(current)
    return current


def sprint_end(*, sprint: Sprint, actor: User) -> None:
    """End the running sprint; its tasks stay as they are, and what is left is planned in the next one.

    Raises:
        TaskChanged: it has ended already.
    """
    organization = sprint.organization
    with transaction.atomic():
        log_first(organization)
        ended = Sprint.objects.filter(id=sprint.id, ended_at=None).update(ended_at=timezone.now())
        if not ended:
            raise TaskChanged("This sprint has ended already; nothing was changed.")
        tasks = tasks_of(sprint)
        states = [task.state for task in tasks]
        plan_tells_controls(organization, {task.control_id: task.last_day for task in tasks if task.control_id}, ())
        done = states.count(TaskState.DONE.value)
        audit_record(
            organization=organization,
            actor=actor,
            action="sprint.end",
            object=f"sprint:{sprint.number}",
            summary=f"{actor} ended sprint {sprint.number} with {done} of {len(states)} tasks proven",
            after={"proven": done, "tasks": len(states)},
        )


def plan_tells_controls(
    organization: Organization, before: Mapping[str, date | None], tasks: Iterable[RoadmapTask]
) -> None:
    """Give controls the owners and the last days of their tasks. A day that somebody chose stays.

    Parameters:
        before: last days of the plan until now, by control: a due day that is the same came from it, and follows.
        tasks: of the plan from now on; a control without one keeps its owner and loses the plan's day.
    """
    known = control_owners()
    wanted: dict[str, tuple[int | None, date | None]] = {}
    for control, last in before.items():
        row = known.get(control)
        if row is not None and row.due is not None and row.due == last:
            wanted[control] = (row.owner_id, None)
    for task in tasks:
        if task.decision_id is None and task.state_enum is not TaskState.DONE:
            row = known.get(task.control_id)
            chosen = row.due if row is not None and task.control_id not in wanted else None
            wanted[task.control_id] = (task.owner_id, chosen or task.last_day)
    owners_store(organization, wanted)


def moves_in_words(moves: tuple[Move, ...]) -> str:
    """For example ``3 moved, 1 left out``; says so where nothing changes."""
    counted = {kind: sum(move.kind is kind for move in moves) for kind in MoveKind if kind is not MoveKind.KEPT}
    words = [f"{count} {kind.value.replace('_', ' ')}" for kind, count in counted.items() if count]
    return ", ".join(words) or "nothing moves"


def days_in_words(place: Placement | None) -> str:
    """For example ``Nov 16`` or ``Nov 16 to Nov 18``."""
    if place is None or place.first is None or place.last is None:
        return ""
    first, last = (f"{day:%b} {day.day}" for day in (place.first, place.last))
    return first if place.first == place.last else f"{first} to {last}"


def _same_or_refuse(proposal: Proposal, seen: str, organization: Organization) -> None:
    here = Membership.objects.active().filter(organization=organization).values_list("user_id", flat=True)
    if proposal.mark != seen or not {member.id for member in proposal.choice.team} <= {str(user) for user in here}:
        raise PlanOutdated(OUTDATED)


def _set_people(sprint: Sprint, choice: Choice) -> None:
    SprintPerson.objects.filter(sprint=sprint).delete()
    SprintPerson.objects.bulk_create(
        SprintPerson(organization=sprint.organization, sprint=sprint, user_id=int(member.id), hours=member.hours)
        for member in choice.team
    )


def _names(choice: Choice) -> dict[str, User]:
    return {str(user.pk): user for user in User.objects.filter(pk__in=[int(member.id) for member in choice.team])}


def _new_task(sprint: Sprint, control: str, place: Placement) -> RoadmapTask:
    return RoadmapTask(
        organization=sprint.organization,
        sprint=sprint,
        control_id=control,
        owner_id=int(place.owner) if place.owner else None,
        hours=place.hours,
        slices=slices_json(place.slices),
        changed_at=timezone.now(),
    )


def _apply(sprint: Sprint, move: Move, task: RoadmapTask | None, names: dict[str, User], actor: User) -> None:
    if move.kind is MoveKind.KEPT:
        return
    if task is None:
        assert move.after is not None  # noqa: S101  what is not in the sprint can only be added
        _add(sprint, move.control, move.after, actor)
        return
    events = []
    if move.after is None:
        task.left_out_at = timezone.now()
        events.append(event_of(task, EventKind.LEFT_OUT, actor=actor, before=task.state_enum.words, reason=move.reason))
    else:
        task.slices, task.hours = slices_json(move.after.slices), max(task.hours, move.after.hours)
        if move.kind is MoveKind.MOVED:
            words = {"before": days_in_words(move.before), "after": days_in_words(move.after)}
            events.append(event_of(task, EventKind.MOVED, actor=actor, **words))
        owner = names.get(move.after.owner)
        if owner != task.owner:
            words = {"before": str(task.owner or "Nobody"), "after": str(owner or "Nobody")}
            events.append(event_of(task, EventKind.ASSIGNED, actor=actor, **words))
            task.owner = owner
    task.version += 1
    task.save(update_fields=["left_out_at", "slices", "hours", "owner", "version"])
    TaskEvent.objects.bulk_create(events)


def _add(sprint: Sprint, control: str, place: Placement, actor: User) -> None:
    task = task_put(sprint, control, place)
    event_of(task, EventKind.ADDED, actor=actor, after=days_in_words(place)).save()


def task_put(sprint: Sprint, control: str, place: Placement) -> RoadmapTask:
    """A new task, or one that an earlier plan had left out: it comes back with its history."""
    fresh = _new_task(sprint, control, place)
    task: RoadmapTask = RoadmapTask.objects.filter(sprint=sprint, control_id=control).first() or fresh
    for name in ("owner_id", "hours", "slices", "state", "closed_by", "reason", "changed_at", "left_out_at"):
        setattr(task, name, getattr(fresh, name))
    task.version += task is not fresh
    task.save()
    return task


def _told(proposal: Proposal) -> dict[str, Any]:
    choice = proposal.choice
    return {
        "start": choice.start.isoformat(),
        "days": choice.days,
        "weekdays": list(choice.weekdays),
        "hours_a_day": {member.id: member.hours for member in choice.team},
        "tasks": {control: days_in_words(place) for control, place in proposal.tasks.items()},
        "owners": {control: place.owner for control, place in proposal.tasks.items() if place.owner},
    }
