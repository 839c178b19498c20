"""Proof alone closes a task and takes it back, in the transaction of the result; everything is written down."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.conftest import member
from ztassess.assessments.services import answer_save
from ztassess.audit.models import AuditEvent
from ztassess.domain.sprints import TaskState
from ztassess.organizations.models import Membership
from ztassess.organizations.roles import Role
from ztassess.organizations.services import membership_revoke
from ztassess.roadmaps.errors import MoveRefused, TaskChanged
from ztassess.roadmaps.models import TaskEvent
from ztassess.roadmaps.services.moving import task_assign, task_move


def log_of(action: str) -> list[str]:
    return list(AuditEvent.objects.filter(action=action).order_by("seq").values_list("object", flat=True))


def test_passing_scan_closes_the_task_with_reason_event_and_line(scan, tasks):
    scan(inventory=True)
    task = tasks()["identity.inventory"]
    assert (task.state, task.closed_by) == ("done", "proof")
    assert "The door of identity.inventory is locked." in task.reason
    event = TaskEvent.objects.get(task=task, kind="closed")
    assert (event.before, event.after, event.by) == ("Open", "Proven", None)
    assert log_of("roadmap_task.close") == ["control:identity.inventory"]
    assert {one.state for control, one in tasks().items() if control != "identity.inventory"} == {"open"}


def test_regression_reopens_it_with_what_was_seen(scan, tasks):
    scan(inventory=True, admins=True)
    scan(inventory=False)
    task = tasks()["identity.inventory"]
    assert (task.state, task.closed_by) == ("reopened", "")
    assert task.reason.startswith("Proof fell to Traditional; Advanced is needed.")
    assert "The door of identity.inventory stands open." in task.reason
    assert tasks()["mfa.admins"].state == "done"
    assert log_of("roadmap_task.reopen") == ["control:identity.inventory"]
    scan(inventory=True)
    assert tasks()["identity.inventory"].state == "done"


def test_result_and_task_commit_together_or_not_at_all(scan, tasks, monkeypatch):
    from ztassess.roadmaps.services import following

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(following, "audit_record", broken)
    with pytest.raises(OSError, match="disk full"):
        scan(inventory=True)
    assert tasks()["identity.inventory"].state == "open"
    assert not TaskEvent.objects.filter(kind="closed").exists()


def test_claim_alone_closes_nothing(organization, sprint, tasks, owner):
    for control in ("identity.inventory", "proxy.inventory"):
        answer_save(organization=organization, control_id=control, level=3, note="", version=0, actor=owner)
    assert {task.state for task in tasks().values()} == {"open"}


def test_person_says_built_and_proof_decides(scan, tasks, owner):
    task = tasks()["mfa.admins"]
    moved = task_move(task=task, to=TaskState.WAITING, version=task.version, actor=owner)
    assert moved.state == "waiting"
    scan()
    assert tasks()["mfa.admins"].state == "waiting"
    scan(admins=True)
    assert tasks()["mfa.admins"].state == "done"
    assert log_of("roadmap_task.move") == ["control:mfa.admins"]


@pytest.mark.parametrize("to", [TaskState.DONE, TaskState.REOPENED])
def test_nobody_closes_or_reopens_by_hand(tasks, owner, to):
    task = tasks()["mfa.admins"]
    with pytest.raises(MoveRefused, match="not moved to"):
        task_move(task=task, to=to, version=task.version, actor=owner)
    assert tasks()["mfa.admins"].state == "open"


def test_done_task_is_not_moved_by_hand(scan, tasks, owner):
    scan(admins=True)
    task = tasks()["mfa.admins"]
    with pytest.raises(MoveRefused):
        task_move(task=task, to=TaskState.IN_PROGRESS, version=task.version, actor=owner)


def test_two_people_never_overwrite_each_other(tasks, owner):
    task = tasks()["mfa.admins"]
    task_move(task=task, to=TaskState.IN_PROGRESS, version=1, actor=owner)
    with pytest.raises(TaskChanged, match="it is in progress now, with Olga Owner"):
        task_move(task=task, to=TaskState.WAITING, version=1, actor=owner)


def test_scan_after_the_end_of_the_sprint_changes_no_task(scan, sprint, tasks, owner):
    from ztassess.roadmaps.services.sprints import sprint_end

    sprint_end(sprint=sprint, actor=owner)
    scan(admins=True)
    assert tasks()["mfa.admins"].state == "open"


def test_owner_who_leaves_loses_the_task_and_it_is_said(organization, sprint, tasks, owner):
    ada = member(organization, Role.EDITOR, "ada@acme.example", "Ada Editor")
    task = tasks()["mfa.admins"]
    task_assign(task=task, owner=ada, version=1, actor=owner)
    membership = Membership.objects.get(user=ada)
    with transaction.atomic():
        membership_revoke(membership=membership, actor=owner, actor_role=Role.OWNER)
    after = tasks()["mfa.admins"]
    assert after.owner is None
    event = TaskEvent.objects.filter(task=task, kind="assigned").latest("at")
    assert event.reason == "Ada Editor is not a member any more."
    with pytest.raises(MoveRefused, match="not a member"):
        task_assign(task=after, owner=ada, version=after.version, actor=owner)


def test_daily_score_reopens_what_a_removed_connection_proved(scan, tasks, connection, today, organization):
    from ztassess.assessments.services import score_record

    scan(admins=True)
    connection.removed_at = connection.created_at
    connection.save(update_fields=["removed_at"])
    today("2027-03-01")
    score_record(organization, cause="daily")
    task = tasks()["mfa.admins"]
    assert task.state == "reopened"
    assert "Nothing proves it any more" in task.reason


def test_stale_proof_keeps_a_task_closed(scan, tasks, today, organization):
    from ztassess.assessments.services import score_record

    scan(admins=True)
    today("2027-03-01")
    score_record(organization, cause="daily")
    assert tasks()["mfa.admins"].state == "done"
