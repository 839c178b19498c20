"""Owns the tasks that carry out decisions about accounts: they come, go, close and reopen with what readings say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from ztassess.access_reviews.models import AccessDecision
from ztassess.access_reviews.selectors_items import item_of, open_decisions
from ztassess.accounts.models import User
from ztassess.assessments.models_notes import ControlOwner
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.domain.access_tasks import closing_of_item, day_of, reopening_of_item
from ztassess.domain.sprints import TaskState
from ztassess.organizations.models import Membership, Organization
from ztassess.roadmaps.models import EventKind, RoadmapTask, Sprint, TaskEvent, slices_json
from ztassess.roadmaps.selectors import running_sprint
from ztassess.roadmaps.services.recording import REASON_LIMIT, event_of, log_first

CONTROL = "least-privilege.review-cadence"
"""The control whose owner carries decisions out where the reviewer names nobody."""
BATCH = 500
FIELDS = ("decision", "owner", "slices", "state", "closed_by", "reason", "changed_at", "left_out_at", "version")
WORDS = {
    EventKind.ADDED: "added",
    EventKind.CLOSED: "proven",
    EventKind.REOPENED: "reopened",
    EventKind.LEFT_OUT: "left out",
}


@dataclass(slots=True)
class _Changes:
    """What is to be written in the end, at once: somebody may decide about thousands of accounts."""

    new: list[RoadmapTask] = field(default_factory=list)
    changed: list[RoadmapTask] = field(default_factory=list)
    events: list[TaskEvent] = field(default_factory=list)

    def note(self, task: RoadmapTask, kind: EventKind, **words: Any) -> None:
        self.events.append(event_of(task, kind, **words))


def access_owner(organization: Organization) -> User | None:
    """The owner of the control for access reviews, if that is still a member. Registered with the access reviews."""
    row = ControlOwner.objects.filter(control_id=CONTROL).exclude(owner=None).select_related("owner").first()
    if row is None or not Membership.objects.active().filter(organization=organization, user=row.owner).exists():
        return None
    return cast("User", row.owner)


def accounts_follow(organization: Organization) -> None:
    """Bring the tasks of the running sprint in line with the decisions.

    Registered with the access reviews: runs in the transaction of a decision, or of a reading that verified some. After
    each judgment `sprint_follow` does the same.
    """
    if running_sprint(organization) is None:
        return
    with transaction.atomic():
        log_first(organization)
        sprint = running_sprint(organization)
        if sprint is not None:
            accounts_place(sprint)


def accounts_place(sprint: Sprint) -> None:
    """The same for a sprint that the caller has locked the log for."""
    rows = RoadmapTask.objects.filter(sprint=sprint, left_out_at=None, decision__isnull=False)
    read = rows.select_related("owner", "decision__owner", "decision__connection")
    tasks = [(task, task.decision) for task in read if task.decision is not None]
    standing = _standing([made for _, made in tasks])
    days, today = sprint.working_days, timezone.localdate()
    changes, served = _Changes(), set()
    for task, made in tasks:
        decision = standing.get(_account(made))
        served.add(_account(made))
        if why := _why_out(task, decision):
            _leave_out(task, why, changes)
        elif decision is not None:
            _follow(task, decision, days, today, changes)
    for account, decision in standing.items():
        if account not in served and decision.connection.removed_at is None:
            _add(sprint, decision, days, changes)
    _write(sprint, changes)


def _account(decision: AccessDecision) -> tuple[Any, str]:
    return decision.connection_id, decision.account_key


def _standing(made: Iterable[AccessDecision]) -> dict[tuple[Any, str], AccessDecision]:
    """The standing decision of every account that has a task or needs one, in two queries.

    Parameters:
        made: the decisions of tasks; some may be replaced by now.
    """
    found = {_account(row): row for row in _read(open_decisions())}
    made = list(made)
    for row in made:
        if row.replaced_at is None:
            found.setdefault(_account(row), row)
    lost = [row for row in made if _account(row) not in found]
    if lost:
        here = {row.connection_id for row in lost}
        rows = AccessDecision.objects.filter(
            replaced_at=None, connection__in=here, account_key__in=[row.account_key for row in lost]
        )
        wanted = {_account(row) for row in lost}
        found |= {_account(row): row for row in _read(rows) if _account(row) in wanted}
    return found


def _read(rows: Any) -> list[AccessDecision]:
    read = rows.select_related("connection", "decided_by", "owner").order_by("decided_at", "id")
    return list(read.defer("basis", "connection__config", "connection__preflight"))


def _add(sprint: Sprint, decision: AccessDecision, days: list[date], changes: _Changes) -> None:
    task = RoadmapTask(
        organization=sprint.organization,
        sprint=sprint,
        decision=decision,
        owner=decision.owner,
        hours=0,
        slices=slices_json(day_of(decision.due_on, days)),
        changed_at=timezone.now(),
    )
    changes.new.append(task)
    words = {"actor": decision.decided_by, "after": _day(task), "reason": decision.reason}
    changes.note(task, EventKind.ADDED, **words)


def _follow(task: RoadmapTask, decision: AccessDecision, days: list[date], today: date, changes: _Changes) -> None:
    count = len(changes.events)
    task.decision = decision
    item = item_of(decision, today)
    if task.state_enum is TaskState.DONE:
        why = reopening_of_item(item.state, item.why)
        if why:
            _turn(task, TaskState.REOPENED, "", why, changes)
    elif closing := closing_of_item(item.state, item.why):
        _turn(task, TaskState.DONE, closing.by.value, closing.reason, changes)
    if task.owner_id != decision.owner_id:
        words = {"before": str(task.owner or "Nobody"), "after": str(decision.owner or "Nobody")}
        changes.note(task, EventKind.ASSIGNED, **words)
        task.owner = decision.owner
    slices = slices_json(day_of(decision.due_on, days))
    if task.state_enum is not TaskState.DONE and slices != task.slices:
        before, task.slices = _day(task), slices
        changes.note(task, EventKind.MOVED, before=before, after=_day(task))
    if len(changes.events) > count:
        task.version += 1
        changes.changed.append(task)


def _turn(task: RoadmapTask, state: TaskState, closed_by: str, reason: str, changes: _Changes) -> None:
    before = task.state_enum
    task.state, task.closed_by, task.reason = state.value, closed_by, reason[:REASON_LIMIT]
    task.changed_at = timezone.now()
    kind = EventKind.CLOSED if state is TaskState.DONE else EventKind.REOPENED
    changes.note(task, kind, before=before.words, after=state.words, reason=reason)


def _why_out(task: RoadmapTask, standing: AccessDecision | None) -> str:
    """Why a task leaves the sprint; empty if it stays. What no reading can ever verify would keep a sprint open."""
    if standing is None:
        return "Its decision does not stand any more."
    if not standing.state:
        return f"{standing.decided_by or 'Somebody'} decided “{standing.decision}” instead: {standing.reason}"
    if standing.connection.removed_at is not None and task.state_enum is not TaskState.DONE:
        return "Its connection was removed, so nothing can verify it."
    return ""


def _leave_out(task: RoadmapTask, reason: str, changes: _Changes) -> None:
    task.left_out_at, task.version = timezone.now(), task.version + 1
    changes.note(task, EventKind.LEFT_OUT, before=task.state_enum.words, reason=reason)
    changes.changed.append(task)


def _day(task: RoadmapTask) -> str:
    first = task.placement.first
    return f"{first:%b} {first.day}" if first else ""


def _write(sprint: Sprint, changes: _Changes) -> None:
    RoadmapTask.objects.bulk_create(changes.new, batch_size=BATCH)
    RoadmapTask.objects.bulk_update(changes.changed, FIELDS, batch_size=BATCH)
    TaskEvent.objects.bulk_create(changes.events, batch_size=BATCH)
    told = [event for event in changes.events if event.kind in WORDS]
    for start in range(0, len(told), BATCH):
        _audit(sprint, told[start : start + BATCH])


def _audit(sprint: Sprint, events: list[TaskEvent]) -> None:
    by_kind: dict[str, list[str]] = {}
    for event in events:
        by_kind.setdefault(WORDS[EventKind(event.kind)], []).append(event.task.name)
    counts = ", ".join(f"{len(names)} {words}" for words, names in by_kind.items())
    audit_record(
        organization=sprint.organization,
        via=Via.TASK,
        action="roadmap_task.follow",
        object=events[0].task.ref if len(events) == 1 else f"sprint:{sprint.number}",
        summary=f"Tasks of sprint {sprint.number} follow decisions about accounts: {counts}",
        after=by_kind,
    )
