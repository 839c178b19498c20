"""Owns writes about webhook endpoints: make, change, rotate, pause, test, remove, and send something again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.domain.event_kinds import EventKind
from ztassess.notifications.errors import EndpointChanged, EndpointGone, NotDead, TooMany
from ztassess.notifications.models import OPEN, Delivery, DeliveryState, WebhookEndpoint, WebhookSecret
from ztassess.notifications.queue import revive
from ztassess.notifications.services.events import ring_after_commit, test_queue
from ztassess.notifications.vault import secret_make
from ztassess.organizations.models import Membership, Organization

MOST_ENDPOINTS = 10
LIVE_SECRETS = 2
TESTS_PER_HOUR = 60
GONE_REASON = "The receiver answered 410 Gone."
CONSULTANT_GONE = "The access of the consultant who entered the address is over. Look at the address, then resume it."


def endpoint_create(
    *, organization: Organization, url: str, kinds: Sequence[str], actor: User
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint.

    Returns:
        The endpoint, and its secret in plain text, which is shown once.

    Raises:
        TooMany: there are ten; nothing was made.
    """
    with transaction.atomic():
        # Serializes two requests, which would both see nine.
        Organization.objects.select_for_update().get(id=organization.id)
        if WebhookEndpoint.objects.filter(organization=organization, removed_at=None).count() >= MOST_ENDPOINTS:
            raise TooMany(f"{MOST_ENDPOINTS} endpoints are the limit; nothing was made. Remove one first.")
        row = WebhookEndpoint.objects.create(organization=organization, url=url, kinds=sorted(kinds), created_by=actor)
        plain = secret_make(row)
        _log(row, actor, "create", f"{actor} added the webhook {row.host}", after=_said(row))
    return row, plain


def endpoint_update(
    *, endpoint: WebhookEndpoint, url: str, kinds: Sequence[str], version: int, actor: User
) -> WebhookEndpoint:
    """Change address or kinds if nobody else did since ``version``.

    Raises:
        EndpointChanged: somebody did; nothing was changed.
        EndpointGone: it was removed.
    """
    with transaction.atomic():
        row = _as_it_is_now(endpoint)
        if row.version != version:
            raise EndpointChanged(
                "Somebody else changed this webhook meanwhile. Nothing of yours was saved; reload and compare."
            )
        before = _said(row)
        if row.url != url:
            row.created_by = actor
        row.url, row.kinds, row.version = url, sorted(kinds), version + 1
        row.save(update_fields=["url", "kinds", "version", "created_by"])
        _log(row, actor, "update", f"{actor} changed the webhook {row.host}", before=before, after=_said(row))
    return row


def secret_rotate(*, endpoint: WebhookEndpoint, actor: User) -> str:
    """Make a second secret beside the live one; both sign until the old one is retired.

    Returns:
        The new secret in plain text, which is shown once.

    Raises:
        TooMany: two live already; retire the old one first. Nothing was changed.
        EndpointGone: it was removed.
    """
    with transaction.atomic():
        row = _as_it_is_now(endpoint)
        if WebhookSecret.objects.filter(endpoint=row).count() >= LIVE_SECRETS:
            raise TooMany("Two secrets live already, and both still sign. Retire the old one first.")
        plain = secret_make(row)
        _log(row, actor, "rotate", f"{actor} made a second secret for the webhook {row.host}")
    return plain


def secret_retire(*, endpoint: WebhookEndpoint, actor: User) -> int:
    """Delete every secret but the newest.

    Returns:
        How many went: 0 if there was one only.
    """
    with transaction.atomic():
        row = _as_it_is_now(endpoint)
        newest = WebhookSecret.objects.filter(endpoint=row).order_by("-number").first()
        old = WebhookSecret.objects.filter(endpoint=row, number__lt=newest.number if newest else 0)
        gone = int(old.delete()[0])
        if gone:
            _log(row, actor, "retire", f"{actor} retired the old secret of the webhook {row.host}")
    return gone


def endpoint_pause(*, endpoint: WebhookEndpoint, actor: User) -> None:
    """Send nothing more until somebody resumes it: what waits keeps waiting, new events are not queued for it."""
    with transaction.atomic():
        row = _as_it_is_now(endpoint)
        if row.paused_at is None:
            row.paused_at, row.paused_reason = timezone.now(), f"Paused by {actor}."[:200]
            row.save(update_fields=["paused_at", "paused_reason"])
            _log(row, actor, "pause", f"{actor} paused the webhook {row.host}")


def endpoint_resume(*, endpoint: WebhookEndpoint, actor: User) -> None:
    """Send again, beginning with what waited. Whoever resumes it answers for its address from now on."""
    with transaction.atomic():
        row = _as_it_is_now(endpoint)
        if row.paused_at is not None:
            row.paused_at, row.paused_reason, row.created_by = None, "", actor
            row.save(update_fields=["paused_at", "paused_reason", "created_by"])
            _log(row, actor, "resume", f"{actor} resumed the webhook {row.host}")
            ring_after_commit(row.organization_id)


def endpoint_pause_by_receiver(*, endpoint: WebhookEndpoint) -> None:
    """Pause what answered 410. The caller holds the transaction."""
    row = WebhookEndpoint.objects.select_for_update().get(id=endpoint.id)
    if row.paused_at is None and row.removed_at is None:
        row.paused_at, row.paused_reason = timezone.now(), GONE_REASON
        row.save(update_fields=["paused_at", "paused_reason"])
        _log(row, None, "pause", f"The webhook {row.host} answered 410 Gone and was paused")


def endpoints_pause_of_gone(organization: Organization) -> int:
    """Pause what a consultant pointed somewhere whose access is over: an end that leaves a pipe behind is none.

    Registered with the organizations for ended memberships; one that expires is found before anything is sent.

    Returns:
        How many were paused.
    """
    here = Membership.objects.filter(organization=organization)
    consultants = here.filter(is_consultant=True).exclude(user__in=here.active().values("user"))
    live = WebhookEndpoint.objects.filter(organization=organization, removed_at=None, paused_at=None)
    found = list(live.filter(created_by__in=consultants.values("user")).select_related("organization"))
    with transaction.atomic():
        for row in found:
            row.paused_at, row.paused_reason = timezone.now(), CONSULTANT_GONE
            row.save(update_fields=["paused_at", "paused_reason"])
            _log(row, None, "pause", f"The webhook {row.host} was paused with the end of its consultant’s access")
    return len(found)


def endpoint_test(*, endpoint: WebhookEndpoint, actor: User) -> Delivery:
    """Queue a test delivery.

    Raises:
        TooMany: sixty in an hour: more would map a network, and a person needs fewer.
        EndpointGone: it was removed.
        EndpointChanged: it is paused, so nothing would be sent.
    """
    since = timezone.now() - timedelta(hours=1)
    with transaction.atomic():
        row = _as_it_is_now(endpoint)
        if row.paused_at is not None:
            raise EndpointChanged("This webhook is paused, so nothing is sent to it. Resume it, then test.")
        recent = Delivery.objects.filter(
            organization=row.organization, kind=EventKind.TEST.value, created_at__gte=since
        )
        if recent.count() >= TESTS_PER_HOUR:
            raise TooMany(f"{TESTS_PER_HOUR} test deliveries an hour are the limit. Try again later.")
        made = test_queue(endpoint=row)
        _log(row, actor, "test", f"{actor} sent a test to the webhook {row.host}")
    return made


def endpoint_remove(*, endpoint: WebhookEndpoint, actor: User) -> None:
    """Remove an endpoint: its secrets are deleted, what waits is not sent, what was sent stays in the log."""
    with transaction.atomic():
        row = _as_it_is_now(endpoint)
        WebhookSecret.objects.filter(endpoint=row).delete()
        row.removed_at = timezone.now()
        row.save(update_fields=["removed_at"])
        Delivery.objects.filter(endpoint=row, state__in=OPEN).update(
            state=DeliveryState.DROPPED,
            sentence="The webhook was removed before this was sent.",
            finished_at=row.removed_at,
            lease_until=None,
        )
        _log(row, actor, "remove", f"{actor} removed the webhook {row.host}")


def delivery_send_again(*, delivery: Delivery, actor: User) -> Delivery:
    """Queue a delivery that was given up once more, under the same event id.

    Raises:
        NotDead: it was not given up, or its endpoint is paused or removed.
    """
    with transaction.atomic():
        locked = Delivery.objects.select_for_update(of=("self",)).select_related("endpoint", "organization")
        row: Delivery = locked.get(id=delivery.id)
        if row.state != DeliveryState.DEAD:
            raise NotDead("Only what was given up is sent again, and this was not. Nothing was changed.")
        if row.endpoint is not None and (row.endpoint.removed_at or row.endpoint.paused_at):
            raise NotDead("The webhook is paused or removed, so nothing is sent to it. Resume it first.")
        revive(row)
        audit_record(
            organization=row.organization,
            actor=actor,
            action="delivery.send_again",
            object=f"delivery:{row.id}",
            summary=f"{actor} sent a delivery ({row.event_kind.words.lower()}) again",
            after={"event": str(row.event_id), "target": row.target},
        )
        ring_after_commit(row.organization_id)
    return row


def _as_it_is_now(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    locked = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("organization")
    found = locked.filter(id=endpoint.id, removed_at=None).first()
    if not isinstance(found, WebhookEndpoint):
        raise EndpointGone("This webhook was removed meanwhile; nothing was changed.")
    return found


def _said(row: WebhookEndpoint) -> dict[str, object]:
    """An endpoint as the log keeps it: path and query may hold a token of the receiver."""
    return {"host": row.host, "kinds": row.kinds}


def _log(
    row: WebhookEndpoint, actor: User | None, verb: str, summary: str, *, before: object = None, after: object = None
) -> None:
    audit_record(
        organization=row.organization,
        actor=actor,
        via=Via.PAGE if actor else Via.TASK,
        action=f"webhook.{verb}",
        object=f"webhook:{row.id}",
        summary=summary,
        before=before,
        after=after,
    )
