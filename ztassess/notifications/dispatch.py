"""Owns what looks across organizations: which deliveries to ring, which to give up, whose digest is due. Ids only."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.common.models import organization_scope
from ztassess.domain.weekly import Slot, slot_at
from ztassess.notifications import bell
from ztassess.notifications.models import OPEN, Channel, Delivery, DeliveryState, MemberChoice
from ztassess.notifications.queue import OPEN_TARGET, due_now
from ztassess.notifications.selectors import default_choice, user_target
from ztassess.notifications.services.events import digest_key, digest_queue
from ztassess.notifications.services.outcomes import delivery_give_up
from ztassess.organizations.models import Membership, Organization
from ztassess.scans.ringing import ring_rows

RING_AGAIN = timedelta(seconds=60)


def ring_due(organization_id: UUID | None = None) -> int:
    """Ring what waits, few deliveries of an organization at a time, so that none fills the broker.

    Parameters:
        organization_id: look at one organization only, after it queued or finished something.

    Returns:
        How many bells the broker took.
    """
    with scopes_disabled():
        rows = Delivery.objects.filter(state__in=OPEN)
        if organization_id is not None:
            rows = rows.filter(organization_id=organization_id)
        sending = Q(state=DeliveryState.SENDING, lease_until__gte=Now())
        due = due_now() & OPEN_TARGET
        return ring_rows(rows, due=due, worked_on=sending, order="not_before", again=RING_AGAIN, ring=bell.ring)


def give_up_old() -> int:
    """End what could not be delivered for a day; it stands in the log, where somebody may send it again."""
    old = Q(state__in=[DeliveryState.PENDING, DeliveryState.WAITING], give_up_at__lte=Now()) | Q(
        state=DeliveryState.SENDING, lease_until__lt=Now(), give_up_at__lte=Now()
    )
    with scopes_disabled():
        found = list(Delivery.objects.filter(old).select_related("organization"))
    given_up = 0
    for each in found:
        with organization_scope(each.organization), transaction.atomic():
            # A worker may have ended it, or somebody sent it again, since we looked.
            row = Delivery.objects.select_for_update(of=("self",)).filter(old, id=each.id).first()
            if row is not None:
                delivery_give_up(row=row)
                given_up += 1
    return given_up


def digests_due(now: datetime | None = None) -> int:
    """Queue each member's digest whose weekly moment has come, once a week, by however many schedulers.

    After an outage the newest missed one goes out. Members whose membership ended, and the demo company, get none.

    Returns:
        How many were queued.
    """
    moment = now or timezone.now()
    due = _due_by_organization(moment)
    queued = 0
    for organization in Organization.objects.filter(id__in=due, is_demo=False):
        with organization_scope(organization), transaction.atomic():
            for user_id, slot in due[organization.id]:
                queued += digest_queue(organization=organization, user_id=user_id, slot=slot)
    if queued:
        ring_due()
    return queued


def _due_by_organization(now: datetime) -> dict[UUID, list[tuple[int, Slot]]]:
    """Who waits for a digest: three queries, whatever the number of members."""
    with scopes_disabled():
        members = Membership.objects.active(now).filter(organization__is_demo=False, user__is_active=True)
        members = members.select_related("user")
        choices = {(row.organization_id, row.user_id): row for row in MemberChoice.objects.all()}
        slots: dict[UUID, list[tuple[int, Slot]]] = {}
        for each in members:
            choice = choices.get((each.organization_id, each.user_id)) or default_choice(each)
            slot = slot_at(choice.weekly, now)
            if choice.digest and slot.at >= max(choice.counts_from, each.created_at):
                slots.setdefault(each.organization_id, []).append((each.user_id, slot))
        keys = {digest_key(slot) for rows in slots.values() for _, slot in rows}
        sent = set(
            Delivery.objects.filter(channel=Channel.MAIL, event_key__in=keys).values_list(
                "organization_id", "event_key", "target"
            )
        )
    waiting = {
        owner: [(user, slot) for user, slot in rows if (owner, digest_key(slot), user_target(user)) not in sent]
        for owner, rows in slots.items()
    }
    return {owner: rows for owner, rows in waiting.items() if rows}
