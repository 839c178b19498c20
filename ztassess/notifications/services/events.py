"""Owns writing the outbox: deliveries of an event, in the same transaction as what caused it, each once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ztassess.assessments.selectors import Reading
from ztassess.domain.event_kinds import EventKind
from ztassess.domain.retrying import GIVE_UP_AFTER
from ztassess.domain.weekly import Slot
from ztassess.notifications.alerts import Fact, facts_now
from ztassess.notifications.models import Channel, Delivery, ToldFact, WebhookEndpoint
from ztassess.notifications.selectors import endpoint_target, mail_targets, user_target, webhook_targets
from ztassess.organizations.models import Organization

PLACES: dict[EventKind, str] = {
    EventKind.REGRESSION: "",
    EventKind.EXCEPTION_ENDING: "exceptions/",
    EventKind.CONNECTION_BROKEN: "connectors/",
    EventKind.EVIDENCE_EXPIRING: "",
}
"""The page of a whole event, below the organization's own address."""


def alerts_follow(organization: Organization, reading: Reading) -> list[Delivery]:
    """Queue what is new to tell. Registered with the assessments: runs in the transaction of the judgment.

    The facts of one kind become one event, so that a scan that breaks ten controls sends one mail.

    Parameters:
        reading: what was judged and recorded; last days are held against its day. What regressed is told by the two
            newest records, which need not be of this judgment.

    Returns:
        The deliveries that were queued.
    """
    if organization.is_demo:
        return []  # its people are invented, and nobody sends mail in its name
    facts = facts_now(organization, reading.assessment.today.date())
    if not facts:
        return []
    by_kind: dict[EventKind, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_kind[fact.kind].append(fact)
    with transaction.atomic():
        queued = [row for kind, some in by_kind.items() for row in _tell(organization, kind, some)]
    if queued:
        ring_after_commit(organization.id)
    return queued


def _tell(organization: Organization, kind: EventKind, facts: Sequence[Fact]) -> list[Delivery]:
    event_id = uuid4()
    fresh = _not_told(organization, event_id, facts)
    if not fresh:
        return []
    items = [dict(fact.item) for fact in fresh]
    link = f"{settings.BASE_URL}/o/{organization.slug}/{PLACES[kind]}"
    said = {"at": timezone.now().isoformat(), "link": link, "count": len(items)}
    lines = [{"text": fact.line, "link": settings.BASE_URL + fact.path} for fact in fresh]
    linked = [item | {"link": line["link"]} for item, line in zip(items, lines, strict=True)]
    common = {"organization": organization, "kind": kind.value, "event_id": event_id, "event_key": str(event_id)}
    rows = [
        *(mail_row(common, user_id, said | {"lines": lines}) for user_id in mail_targets(organization, kind)),
        *(_hook(common, endpoint, said | {"items": linked}) for endpoint in webhook_targets(organization, kind)),
    ]
    return list(Delivery.objects.bulk_create(rows))


def _not_told(organization: Organization, event_id: UUID, facts: Sequence[Fact]) -> list[Fact]:
    """The facts that nobody told before. Their keys are written at once: of two that write one, the second is told."""
    keys = [fact.key for fact in facts]
    known = set(ToldFact.objects.filter(organization=organization, key__in=keys).values_list("key", flat=True))
    fresh = [ToldFact(organization=organization, key=key, event_id=event_id) for key in keys if key not in known]
    if not fresh:
        return []
    ToldFact.objects.bulk_create(fresh, ignore_conflicts=True)
    mine = set(ToldFact.objects.filter(organization=organization, event_id=event_id).values_list("key", flat=True))
    return [fact for fact in facts if fact.key in mine]


def mail_row(common: dict[str, Any], user_id: int, payload: dict[str, Any]) -> Delivery:
    """An unsaved mail to a member."""
    target = {"channel": Channel.MAIL, "target": user_target(user_id), "user_id": user_id}
    return Delivery(**common, **target, payload=payload, give_up_at=timezone.now() + GIVE_UP_AFTER)


def _hook(common: dict[str, Any], endpoint: WebhookEndpoint, payload: dict[str, Any]) -> Delivery:
    target = {"channel": Channel.WEBHOOK, "target": endpoint_target(endpoint.id), "endpoint": endpoint}
    return Delivery(**common, **target, payload=payload, give_up_at=timezone.now() + GIVE_UP_AFTER)


def digest_key(slot: Slot) -> str:
    """The key of a week's digest: there is one for each member."""
    return f"digest:{slot.week}"


def digest_queue(*, organization: Organization, user_id: int, slot: Slot) -> int:
    """Queue a member's digest of one week, unless it is there. The caller holds the transaction.

    Returns:
        1 if it was queued, else 0.
    """
    row = mail_row(
        {"organization": organization, "kind": EventKind.DIGEST.value, "event_key": digest_key(slot)},
        user_id,
        {"at": slot.at.isoformat(), "week": slot.week},
    )
    _, created = Delivery.objects.get_or_create(
        organization=organization,
        event_key=row.event_key,
        target=row.target,
        defaults={
            name: getattr(row, name) for name in ("channel", "kind", "event_id", "user_id", "payload", "give_up_at")
        },
    )
    return int(created)


def test_queue(*, endpoint: WebhookEndpoint) -> Delivery:
    """Queue a test delivery. The caller holds the transaction and writes the audit line."""
    event_id = uuid4()
    common = {"organization": endpoint.organization, "kind": EventKind.TEST.value, "event_id": event_id}
    link = f"{settings.BASE_URL}/o/{endpoint.organization.slug}/settings/notifications/"
    row = _hook(
        common | {"event_key": f"test:{event_id}"},
        endpoint,
        {"at": timezone.now().isoformat(), "link": link, "count": 0, "items": []},
    )
    row.save(force_insert=True)
    ring_after_commit(endpoint.organization_id)
    return row


def ring_after_commit(organization_id: UUID) -> None:
    """Ring once the rows are committed; where the broker is away they wait for the sweeper."""
    from ztassess.notifications.dispatch import ring_due  # it looks across organizations and calls these services

    transaction.on_commit(partial(ring_due, organization_id), robust=True)
