"""Answers save with their history and audit line; two people never overwrite each other silently."""

from __future__ import annotations

import pytest
from django_scopes import ScopeError

from ztassess.assessments.errors import AnswerConflict, UnknownControl
from ztassess.assessments.models import Answer, AnswerChange, ScoreSnapshot
from ztassess.assessments.selectors import read_organization
from ztassess.assessments.services import answer_save
from ztassess.audit.models import AuditEvent
from ztassess.scans.services.scans import scan_request
from ztassess.scans.work import scan_work

CONTROL = "mfa.all-humans"


def save(organization, actor, level=2, note="", version=0, control=CONTROL):
    return answer_save(
        organization=organization, control_id=control, level=level, note=note, version=version, actor=actor
    )


def test_answer_keeps_history_and_audit_line(in_scope, owner, editor):
    first = save(in_scope, owner, 1, "checked")
    second = save(in_scope, editor, 2, "better now", first.version)
    assert second.version == 2
    changes = AnswerChange.objects.filter(control_id=CONTROL).order_by("version")
    assert [(change.by, change.level_before, change.level_after) for change in changes] == [
        (owner, None, 1),
        (editor, 1, 2),
    ]
    assert AuditEvent.objects.filter(action="answer.save").count() == 2


def test_second_saver_gets_both_versions_and_nothing_is_written(in_scope, owner, editor):
    first = save(in_scope, owner, 1)
    save(in_scope, owner, 2, "mine", first.version)
    with pytest.raises(AnswerConflict) as conflict:
        save(in_scope, editor, 3, "theirs", first.version)
    assert (conflict.value.current.level, conflict.value.current.note) == (2, "mine")
    assert AnswerChange.objects.count() == 2


def test_two_first_answers_conflict(in_scope, owner, editor):
    save(in_scope, owner, 1)
    with pytest.raises(AnswerConflict):
        save(in_scope, editor, 3)


def test_same_answer_again_writes_nothing(in_scope, owner):
    first = save(in_scope, owner, 1, "same")
    assert save(in_scope, owner, 1, "same", version=0).version == first.version
    assert AnswerChange.objects.count() == 1


def test_taken_back_answer_is_unknown_again(in_scope, owner):
    first = save(in_scope, owner, 2)
    save(in_scope, owner, None, "", first.version)
    assert read_organization(in_scope).assessment.control(CONTROL).state == "unanswered"


def test_unknown_control_is_refused(in_scope, owner):
    with pytest.raises(UnknownControl):
        save(in_scope, owner, control="mfa.everything")


def test_unscoped_query_raises(organization, owner):
    with pytest.raises(ScopeError):
        list(Answer.objects.all())
    with pytest.raises(ScopeError):
        Answer.objects.filter(level=1).count()


def test_other_tenant_sees_nothing(in_scope, owner, other_organization):
    from ztassess.common.models import organization_scope

    save(in_scope, owner)
    with organization_scope(other_organization):
        assert not Answer.objects.exists()


def test_answers_of_one_day_are_one_point_of_the_trend(in_scope, owner):
    for number, control in enumerate(("mfa.admins", "mfa.all-humans", "identity.inventory")):
        save(in_scope, owner, 1 + number % 2, control=control)
    assert ScoreSnapshot.objects.count() == 1
    assert ScoreSnapshot.objects.get().states["identity.inventory"] == "claimed"


def test_change_of_proof_is_recorded_with_the_scan(connection, owner, in_scope):
    save(in_scope, owner, 2, control="identity.inventory")
    scan = scan_request(connection=connection, actor=owner)[0]
    scan_work(in_scope, scan.id, "worker")
    newest = ScoreSnapshot.objects.order_by("-at").first()
    assert newest.cause == "proof"
    assert newest.states["identity.inventory"] == "contradicted"


def test_claim_becomes_contradicted_and_then_verified(connection, owner, in_scope, building):
    save(in_scope, owner, 2, control="identity.inventory")

    def state_after_a_scan():
        scan = scan_request(connection=connection, actor=owner)[0]
        scan_work(in_scope, scan.id, "worker")
        return read_organization(in_scope).assessment.control("identity.inventory").state

    assert state_after_a_scan() == "contradicted"
    building.doors = (("front", True), ("back", True))
    assert state_after_a_scan() == "verified"
