"""Owns the work of one delivery: claim, send without a transaction, store what came of it or nothing."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction

from ztassess.common.models import organization_scope
from ztassess.notifications import mailing, posting
from ztassess.notifications.errors import FenceLost
from ztassess.notifications.models import Channel, Delivery, DeliveryState
from ztassess.notifications.queue import Claim, claim, hold_fence
from ztassess.notifications.services.endpoints import endpoints_pause_of_gone
from ztassess.notifications.services.outcomes import Outcome, outcome_store
from ztassess.organizations.models import Organization

log = logging.getLogger(__name__)

BROKEN = "Something of ours broke while this was sent; it is in the operator's log."


def delivery_work(organization: Organization, delivery_id: UUID) -> None:
    """Make one attempt at a delivery, unless somebody else does or it ended."""
    held = claim(organization, delivery_id)
    if held is None:
        return
    try:
        with organization_scope(organization):
            outcome = _attempt(held.delivery)
    except Exception:  # a worker's outermost frame: one row that breaks must not keep the others from being sent
        log.exception("delivery %s broke", delivery_id)
        outcome = Outcome(DeliveryState.WAITING, BROKEN)
    _store(held, outcome)


def _attempt(row: Delivery) -> Outcome:
    if row.channel == Channel.WEBHOOK:
        if row.endpoint is None or row.endpoint.removed_at is not None:
            return Outcome(DeliveryState.DROPPED, "The webhook was removed before this was sent.")
        endpoints_pause_of_gone(row.organization)
        row.endpoint.refresh_from_db()
        if row.endpoint.paused_at is not None:
            return Outcome(DeliveryState.WAITING, row.endpoint.paused_reason)
        return posting.post(row, row.endpoint)
    letter = mailing.letter_for(row)
    return letter if isinstance(letter, Outcome) else mailing.send(row, letter)


def _store(held: Claim, outcome: Outcome) -> None:
    try:
        with organization_scope(held.organization), transaction.atomic():
            outcome_store(row=hold_fence(held), outcome=outcome)
    except FenceLost:
        log.info("delivery %s ended elsewhere", held.delivery.id)
