"""The outbox: rows beside their cause or not at all, one worker at a time, nothing lost without a broker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from ztassess.notifications import dispatch
from ztassess.notifications.errors import FenceLost
from ztassess.notifications.models import Delivery
from ztassess.notifications.queue import claim, hold_fence
from ztassess.notifications.services.endpoints import endpoint_pause, endpoint_test
from ztassess.notifications.services.outcomes import Outcome
from ztassess.notifications.tasks import deliver, sweep
from ztassess.notifications.work import _store
from ztassess.scans import bell

PAST = timedelta(minutes=5)


def test_claim_is_one_workers_until_its_lease_lapses_and_the_old_fence_writes_nothing(hook, organization, owner):
    row = endpoint_test(endpoint=hook, actor=owner)
    first = claim(organization, row.id)
    assert first is not None
    assert claim(organization, row.id) is None
    Delivery.objects.filter(id=row.id).update(lease_until=timezone.now() - PAST)
    second = claim(organization, row.id)
    assert second is not None
    assert (second.delivery.fence, second.delivery.attempt) == (2, 2)
    with transaction.atomic(), pytest.raises(FenceLost):
        hold_fence(first)
    _store(first, Outcome("dead", "the slow one"))
    _store(second, Outcome("delivered", "Delivered.", 200))
    row.refresh_from_db()
    assert (row.state, row.sentence) == ("delivered", "Delivered.")
    assert claim(organization, row.id) is None


def test_sweeper_rings_what_waits_two_at_a_time_and_not_what_is_paused(hook, organization, owner, rung):
    rows = [endpoint_test(endpoint=hook, actor=owner) for _ in range(4)]
    sweep()
    sweep()
    assert len(rung) == 2
    Delivery.objects.filter(id__in=[row_id for _, row_id in rung]).update(rung_at=timezone.now() - PAST)
    sweep()
    assert len(rung) == 4
    assert {task for task, _ in rung} == {"notifications.deliver"}
    Delivery.objects.update(rung_at=None)
    endpoint_pause(endpoint=hook, actor=owner)
    sweep()
    assert len(rung) == 4
    assert {row.state for row in Delivery.objects.all()} == {"pending"}
    assert len(rows) == 4


def test_rows_wait_while_the_broker_is_away_and_a_worker_finishes_them_afterwards(
    hook, organization, owner, receiver, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(bell, "ring_task", lambda *ids: False)
    with django_capture_on_commit_callbacks(execute=True):
        row = endpoint_test(endpoint=hook, actor=owner)
    row.refresh_from_db()
    assert (row.state, row.rung_at) == ("pending", None)
    monkeypatch.setattr(bell, "ring_task", lambda task, *ids: deliver(*map(str, ids)) or True)
    sweep()
    row.refresh_from_db()
    assert row.state == "delivered"


def test_forged_and_foreign_bells_do_nothing(hook, organization, other_organization, owner, receiver):
    row = endpoint_test(endpoint=hook, actor=owner)
    for ids in ((str(other_organization.id), str(row.id)), ("x", str(row.id)), (str(organization.id), "x")):
        deliver(*ids)
    row.refresh_from_db()
    assert (row.state, receiver.requests) == ("pending", [])


def test_what_nobody_claimed_for_a_day_is_given_up_by_the_sweeper(hook, owner, rung):
    row = endpoint_test(endpoint=hook, actor=owner)
    Delivery.objects.filter(id=row.id).update(give_up_at=timezone.now() - PAST)
    assert dispatch.give_up_old() == 1
    row.refresh_from_db()
    assert row.state == "dead"
    assert dispatch.give_up_old() == 0


def test_row_that_breaks_is_tried_again_and_does_not_stop_the_others(hook, organization, owner, receiver, caplog):
    broken, good = (endpoint_test(endpoint=hook, actor=owner) for _ in range(2))
    Delivery.objects.filter(id=broken.id).update(payload={})
    for row in (broken, good):
        deliver(str(organization.id), str(row.id))
        row.refresh_from_db()
    assert (broken.state, good.state) == ("waiting", "delivered")
    assert "broke" in caplog.text
