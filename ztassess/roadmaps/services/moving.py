"""Owns what a person does to a task: begin it, say it is built, give it to somebody. Nobody but proof closes it."""

from __future__ import annotations

from datetime import date
from enum import Enum

from django.db import transaction
from django.utils import timezone

from ztassess.access_reviews.services.owners import decision_hand_over
from ztassess.accounts.models import User
from ztassess.assessments.models_notes import ControlOwner
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services_notes import owners_store
from ztassess.audit.services import audit_record
from ztassess.domain.sprints import MOVES, TaskState
from ztassess.organizations.models import Membership
from ztassess.roadmaps.errors import MoveRefused, TaskChanged
from ztassess.roadmaps.models import EventKind, RoadmapTask
from ztassess.roadmaps.services.following import sprint_follow
from ztassess.roadmaps.services.recording import event_of, log_first


class Kept(Enum):
    """A day that stays as it is; None would mean that there is none."""

    DUE = "due"


def task_move(*, task: RoadmapTask, to: TaskState, version: int, actor: User) -> RoadmapTask:
    """Move a task to another state by hand, then look whether proof closes it at once.

    Raises:
        TaskChanged: somebody or a scan changed it since ``version``, or its sprint ended.
        MoveRefused: nobody may move it there by hand.
    """
    with transaction.atomic():
        log_first(task.organization)
        current = _as_it_is_now(task, version)
        before = current.state_enum
        if to not in MOVES[before]:
            raise MoveRefused(
                f"A task that is {before.words.lower()} is not moved to {to.words.lower()} by hand. "
                "It closes when a result, a reading or a reviewed attestation proves it; nothing was changed."
            )
        current.state, current.changed_at, current.version = to.value, timezone.now(), version + 1
        current.save(update_fields=["state", "changed_at", "version"])
        event_of(current, EventKind.STATE, actor=actor, before=before.words, after=to.words).save()
        audit_record(
            organization=current.organization,
            actor=actor,
            action="roadmap_task.move",
            object=current.ref,
            summary=f"{actor} moved {current.name} from {before.words.lower()} to {to.words.lower()}",
            before={"state": before.value},
            after={"state": to.value},
        )
        sprint_follow(current.organization, read_organization(current.organization))
    return _fresh(current)


def task_assign(
    *, task: RoadmapTask, owner: User | None, version: int, actor: User, due: date | Kept | None = Kept.DUE
) -> RoadmapTask:
    """Give a task to a member, or to nobody: its control or its decision has that owner from then on, too.

    Parameters:
        due: by when its control is to be there; the day of a decision is the reviewer's.

    Raises:
        TaskChanged: somebody or a scan changed it since ``version``, or its sprint ended.
        MoveRefused: the person is not a member now.
    """
    with transaction.atomic():
        log_first(task.organization)
        current = _as_it_is_now(task, version)
        if owner is not None and not Membership.objects.active().filter(user=owner).exists():
            raise MoveRefused(f"{owner} is not a member here any more. Choose somebody else; nothing was changed.")
        before, after = str(current.owner or "Nobody"), str(owner or "Nobody")
        until = _give(current, owner, due)
        if current.owner == owner and not until:
            return current
        if current.owner != owner:
            current.owner = owner
            event_of(current, EventKind.ASSIGNED, actor=actor, before=before, after=after).save()
        current.version = version + 1
        current.save(update_fields=["owner", "version"])
        audit_record(
            organization=current.organization,
            actor=actor,
            action="roadmap_task.assign",
            object=current.ref,
            summary=f"{actor} gave {current.name} to {after}, it was with {before}" + until,
            before={"owner": before},
            after={"owner": after},
        )
    return current


def _give(task: RoadmapTask, owner: User | None, due: date | Kept | None) -> str:
    """Write the owner where it is kept; words for a day that changed, empty if none did."""
    if task.decision is not None:
        decision_hand_over(decision=task.decision, owner=owner)
        return ""
    row = ControlOwner.objects.filter(control_id=task.control_id).first()
    kept = row.due if row else None
    day = kept if isinstance(due, Kept) else due
    owners_store(task.organization, {task.control_id: (owner.pk if owner else None, day)})
    return "" if day == kept else f", due {day or 'when the plan says'}"


def _as_it_is_now(task: RoadmapTask, version: int) -> RoadmapTask:
    rows = RoadmapTask.objects.select_for_update(of=("self",)).select_related("owner", "sprint", "decision")
    found = rows.filter(id=task.id, left_out_at=None, sprint__ended_at=None).first()
    if not isinstance(found, RoadmapTask):
        raise TaskChanged("This task is not in the running sprint any more; nothing was changed.")
    if found.version != version:
        raise TaskChanged(
            f"This task changed since you looked: it is {found.state_enum.words.lower()} now, with "
            f"{found.owner or 'nobody'}. Yours was not saved; look again and repeat it if it still fits."
        )
    return found


def _fresh(task: RoadmapTask) -> RoadmapTask:
    found = RoadmapTask.objects.select_related("owner", "decision").get(id=task.id)
    assert isinstance(found, RoadmapTask)  # noqa: S101  for the type checker: the manager is untyped
    return found
