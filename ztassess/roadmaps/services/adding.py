"""Owns putting one control into the running sprint by hand, after it was planned."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.selectors import read_organization
from ztassess.audit.services import audit_record
from ztassess.domain.assessment import ControlAssessment
from ztassess.domain.planning import hours_left
from ztassess.domain.proof_state import ProofState
from ztassess.domain.replanning import Placement, Slice
from ztassess.domain.sprints import closing_of
from ztassess.organizations.models import Organization
from ztassess.roadmaps.errors import MoveRefused, TaskChanged
from ztassess.roadmaps.models import EventKind, RoadmapTask
from ztassess.roadmaps.selectors import running_sprint
from ztassess.roadmaps.services.recording import event_of, log_first
from ztassess.roadmaps.services.sprints import days_in_words, task_put


def task_add(*, organization: Organization, control_id: str, actor: User) -> RoadmapTask:
    """Put a control into the running sprint, on its last day; planning again fits it into the hours that there are.

    Raises:
        TaskChanged: no sprint runs.
        MoveRefused: it is in the sprint already, or nothing is left to do about it.
    """
    with transaction.atomic():
        log_first(organization)
        sprint = running_sprint(organization)
        if sprint is None:
            raise TaskChanged("No sprint runs, so there is nothing to put a task into; nothing was changed.")
        each = read_organization(organization).assessment.control(control_id)
        if why := why_no_task(each):
            raise MoveRefused(why)
        if RoadmapTask.objects.filter(sprint=sprint, control_id=control_id, left_out_at=None).exists():
            raise MoveRefused(f"It is in sprint {sprint.number} already; nothing was changed.")
        day = max(sprint.last_day, timezone.localdate())
        place = Placement((Slice(day, hours_left(each), "whole"),))
        task = task_put(sprint, control_id, place)
        event_of(task, EventKind.ADDED, actor=actor, after=days_in_words(place)).save()
        audit_record(
            organization=organization,
            actor=actor,
            action="roadmap_task.add",
            object=f"control:{control_id}",
            summary=f"{actor} put {control_id} into sprint {sprint.number}, on {days_in_words(place)}",
            after={"day": day.isoformat(), "hours": place.hours},
        )
    return task


def why_no_task(each: ControlAssessment) -> str:
    """Why a control needs no task, as one sentence; empty if something is left to do."""
    if not each.applies:
        return "It does not apply there, by the facts; nothing was changed."
    if each.state is ProofState.EXCEPTED:
        return "An accepted exception stands for it; nothing was changed."
    if closing_of(each) is not None:
        return "It is proven already; nothing was changed."
    return ""
