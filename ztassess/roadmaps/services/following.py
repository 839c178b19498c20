"""Owns what a new judgment does to the running sprint: it closes and reopens tasks, in the same transaction."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.assessments.models_notes import ControlOwner
from ztassess.assessments.selectors import Reading
from ztassess.assessments.standing import proof_of
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.domain.assessment import ControlAssessment
from ztassess.domain.sprints import TaskState, closing_of, reopening_of
from ztassess.organizations.models import Membership, Organization
from ztassess.roadmaps.models import EventKind, RoadmapTask
from ztassess.roadmaps.selectors import running_sprint, tasks_of
from ztassess.roadmaps.services.accounts import accounts_place
from ztassess.roadmaps.services.recording import REASON_LIMIT, event_of, log_first


def sprint_follow(organization: Organization, reading: Reading) -> list[RoadmapTask]:
    """Close what is proven now and reopen what is not any more; take tasks from who left; follow decided accounts.

    Registered with the assessments: runs in the transaction of the result, the answer, the facts or the daily score.

    Parameters:
        reading: the present judgment. The caller has locked the log before it read, see `log_first`.

    Returns:
        The tasks of controls that were closed or reopened.
    """
    sprint = running_sprint(organization)
    if sprint is None:
        return []
    judged = {each.id: each for each in reading.assessment.controls}
    tasks = [task for task in tasks_of(sprint) if task.control_id in judged]
    changed = [task for task in tasks if _follow(task, judged[task.control_id], reading)]
    _unassign(organization, tasks)
    accounts_place(sprint)
    return changed


def task_follows_owner(row: ControlOwner, actor: User) -> None:
    """Give the task of a control to who takes care of the control now.

    Registered with the assessments: runs in the transaction of the change. The caller has locked the log.
    """
    sprint = running_sprint(row.organization)
    if sprint is None:
        return
    rows = RoadmapTask.objects.filter(sprint=sprint, control_id=row.control_id, left_out_at=None)
    task = rows.select_related("owner").first()
    if task is None or task.owner_id == row.owner_id:
        return
    words = {"before": str(task.owner or "Nobody"), "after": str(row.owner or "Nobody")}
    task.owner, task.version = row.owner, task.version + 1
    task.save(update_fields=["owner", "version"])
    event_of(task, EventKind.ASSIGNED, actor=actor, **words).save()


def owners_follow(organization: Organization) -> None:
    """Take tasks from who left. Registered with the organizations: runs in the transaction that ended a membership."""
    sprint = running_sprint(organization)
    if sprint is not None:
        with transaction.atomic():
            log_first(organization)
            _unassign(organization, tasks_of(sprint))


def _follow(task: RoadmapTask, each: ControlAssessment, reading: Reading) -> bool:
    if task.state_enum is TaskState.DONE:
        why = reopening_of(each, task.closed_by)
        if why:
            _change(task, TaskState.REOPENED, "", f"{why} {proof_of(reading, each).sentence}".strip())
        return bool(why)
    closing = closing_of(each)
    if closing is not None:
        said = proof_of(reading, each).sentence if each.verified is not None else ""
        _change(task, TaskState.DONE, closing.by.value, f"{closing.reason} {said}".strip())
    return closing is not None


def _change(task: RoadmapTask, state: TaskState, closed_by: str, reason: str) -> None:
    before = task.state_enum
    task.state, task.closed_by, task.reason = state.value, closed_by, reason[:REASON_LIMIT]
    task.changed_at, task.version = timezone.now(), task.version + 1
    task.save(update_fields=["state", "closed_by", "reason", "changed_at", "version"])
    kind = EventKind.CLOSED if state is TaskState.DONE else EventKind.REOPENED
    event_of(task, kind, before=before.words, after=state.words, reason=reason).save()
    audit_record(
        organization=task.organization,
        via=Via.TASK,
        action=f"roadmap_task.{'close' if state is TaskState.DONE else 'reopen'}",
        object=f"control:{task.control_id}",
        summary=f"Task {task.name} is {state.words.lower()}: {task.reason}",
        before={"state": before.value},
        after={"state": state.value, "closed_by": closed_by, "reason": task.reason},
    )


def _unassign(organization: Organization, tasks: list[RoadmapTask]) -> None:
    owned = [task for task in tasks if task.owner_id]
    if not owned:
        return
    present = set(Membership.objects.active().filter(organization=organization).values_list("user_id", flat=True))
    for task in owned:
        if task.owner_id in present:
            continue
        name = str(task.owner)
        task.owner, task.version = None, task.version + 1
        task.save(update_fields=["owner", "version"])
        reason = f"{name} is not a member any more."
        event_of(task, EventKind.ASSIGNED, before=name, after="Nobody", reason=reason).save()
        audit_record(
            organization=organization,
            via=Via.TASK,
            action="roadmap_task.assign",
            object=task.ref,
            summary=f"Task {task.name} has no owner: {reason}",
            before={"owner": name},
            after={"owner": None},
        )
