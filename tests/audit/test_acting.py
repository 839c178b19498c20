"""On whose behalf a request acts: in every line it writes, in nobody else's, and not a moment longer."""

from __future__ import annotations

import pytest
from django.db import transaction

from ztassess.audit.acting import Acting, acting
from ztassess.audit.models import AuditDetail, AuditEvent, Via
from ztassess.audit.services import SUMMARY_LENGTH, audit_record, chain_hash
from ztassess.common.models import organization_scope

WORDS = "consultant for Acme, of Northgate"


def line(organization, actor, summary="Did it", **more):
    with transaction.atomic():
        event = audit_record(organization=organization, actor=actor, action="a.b", object="c", summary=summary, **more)
    return event.via, AuditDetail.objects.get(event=event).summary


@pytest.fixture
def who(in_scope, owner):
    return Acting(in_scope.id, owner.pk, Via.CONSULTANT, WORDS)


def test_line_says_for_whom_inside_and_not_after(in_scope, owner, who):
    with acting(who):
        assert line(in_scope, owner) == (Via.CONSULTANT, f"Did it ({WORDS})")
    assert line(in_scope, owner) == (Via.PAGE, "Did it")


def test_nested_member_acts_for_nobody_and_the_outer_one_is_in_force_again(in_scope, owner, who):
    with acting(who):
        with acting(None):
            assert line(in_scope, owner)[0] == Via.PAGE
        assert line(in_scope, owner)[0] == Via.CONSULTANT


def test_failing_block_leaves_nothing_behind(in_scope, owner, who):
    with pytest.raises(ZeroDivisionError), acting(who):
        raise ZeroDivisionError
    assert line(in_scope, owner)[0] == Via.PAGE


def test_task_another_person_and_another_organization_stay_what_they_are(
    in_scope, owner, stranger, other_organization, who
):
    with acting(who):
        assert line(in_scope, owner, via=Via.TASK) == (Via.TASK, "Did it")
        assert line(in_scope, None)[0] == Via.PAGE
        assert line(in_scope, stranger)[0] == Via.PAGE
        with organization_scope(other_organization):
            assert line(other_organization, owner)[0] == Via.PAGE


def test_longest_sentence_is_cut_before_the_client_is(in_scope, owner, who):
    with acting(who):
        summary = line(in_scope, owner, "x" * 500)[1]
    assert len(summary) == SUMMARY_LENGTH
    assert summary.endswith(f"x ({WORDS})")


def test_chain_covers_the_door(in_scope, owner, who):
    with acting(who):
        line(in_scope, owner)
    event = AuditEvent.objects.first()
    assert event.hash == chain_hash(event)
    event.via = Via.PAGE
    assert event.hash != chain_hash(event)
