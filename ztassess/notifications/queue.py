"""Owns the outbox: claim, fence, park and end of one delivery. The database is the queue, the broker only rings.

A delivery takes less than its lease (a webhook 16 seconds, a mail server 10 for each answer), so nothing renews it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from ztassess.common.models import organization_scope
from ztassess.domain.retrying import GIVE_UP_AFTER
from ztassess.notifications.errors import FenceLost
from ztassess.notifications.models import Delivery, DeliveryState
from ztassess.organizations.models import Organization
from ztassess.scans.queue import from_now

LEASE = timedelta(seconds=120)
ANSWER_LIMIT = 200
SENTENCE_LIMIT = 400

OPEN_TARGET = Q(endpoint=None) | Q(endpoint__paused_at=None)
"""Deliveries to a paused endpoint wait until somebody resumes it, or until they are given up."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to one delivery, until the lease lapses or another fence is set."""

    organization: Organization
    delivery: Delivery


def due_now() -> Q:
    """What a worker may take: it waits and its moment has come, or its worker's lease lapsed."""
    waits = Q(state__in=[DeliveryState.PENDING, DeliveryState.WAITING], not_before__lte=Now())
    return (waits | Q(state=DeliveryState.SENDING, lease_until__lt=Now())) & Q(give_up_at__gt=Now())


def claim(organization: Organization, delivery_id: UUID) -> Claim | None:
    """Take a delivery that is due, by one conditional update. None: somebody else has it, or it ended; walk away."""
    with organization_scope(organization), transaction.atomic():
        takeable = Delivery.objects.filter(due_now(), OPEN_TARGET, id=delivery_id).values("id")
        taken = Delivery.objects.filter(due_now(), id__in=takeable).update(
            state=DeliveryState.SENDING,
            fence=F("fence") + 1,
            attempt=F("attempt") + 1,
            lease_until=from_now(LEASE),
            tried_at=Now(),
        )
        if not taken:
            return None
        row = Delivery.objects.select_related("user", "endpoint", "organization").get(id=delivery_id)
    return Claim(organization, row)


def hold_fence(held: Claim) -> Delivery:
    """First statement of the transaction that writes an outcome: lock the row while it is still ours.

    Raises:
        FenceLost: another worker took it, or it ended.
    """
    mine = Delivery.objects.select_for_update(of=("self",)).select_related("endpoint", "user", "organization")
    found = mine.filter(id=held.delivery.id, fence=held.delivery.fence, state=DeliveryState.SENDING).first()
    if found is None:
        raise FenceLost(str(held.delivery.id))
    assert isinstance(found, Delivery)  # noqa: S101  for the type checker: the manager is untyped
    return found


def finish(row: Delivery, state: str, *, sentence: str, status: int | None = None, answer: str = "") -> None:
    """Bring a delivery to its end. The caller holds its fence and its transaction."""
    row.state, row.sentence = state, sentence[:SENTENCE_LIMIT]
    row.status, row.answer = status, answer[:ANSWER_LIMIT]
    row.lease_until, row.finished_at = None, timezone.now()
    row.save(update_fields=["state", "sentence", "status", "answer", "lease_until", "finished_at"])


def park(row: Delivery, seconds: float, *, sentence: str, status: int | None = None, answer: str = "") -> None:
    """Try again later; the lease is given back. The caller holds its fence and its transaction."""
    Delivery.objects.filter(id=row.id).update(
        state=DeliveryState.WAITING,
        sentence=sentence[:SENTENCE_LIMIT],
        status=status,
        answer=answer[:ANSWER_LIMIT],
        not_before=from_now(timedelta(seconds=seconds)),
        lease_until=None,
        rung_at=None,
    )


def revive(row: Delivery) -> None:
    """Queue a delivery that was given up once more, for another day of attempts."""
    now = timezone.now()
    row.state, row.sentence, row.attempt = DeliveryState.PENDING, "", 0
    row.not_before, row.rung_at, row.finished_at, row.give_up_at = now, None, None, now + GIVE_UP_AFTER
    fields = ["state", "sentence", "attempt", "not_before", "rung_at", "finished_at", "give_up_at"]
    row.save(update_fields=fields)
