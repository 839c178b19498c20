"""Owns what looks across organizations: which rows to ring, which to give up, which schedules are due. Ids only."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.common.models import organization_scope
from ztassess.connectors.registry import connector
from ztassess.organizations.models import Organization
from ztassess.scans import bell
from ztassess.scans.models import ACTIVE, ConnectionSecret, Scan, ScanState, Schedule, SchedulerBeat
from ztassess.scans.queue import ATTEMPTS, WAITS_FOR, from_now
from ztassess.scans.ringing import ring_rows
from ztassess.scans.services.results import scan_give_up
from ztassess.scans.services.schedules import schedule_start_slot
from ztassess.scans.vault import SESSION_LIVES, secrets_end_session

RING_AGAIN = timedelta(seconds=30)


def ring_due(organization_id: UUID | None = None) -> int:
    """Ring what waits, few scans of an organization at a time.

    Parameters:
        organization_id: look at one organization only, after it enqueued or finished something.

    Returns:
        How many bells the broker took.
    """
    with scopes_disabled():
        active = Scan.objects.filter(state__in=ACTIVE)
        if organization_id is not None:
            active = active.filter(organization_id=organization_id)
        waiting = Q(state__in=[ScanState.PENDING, ScanState.WAITING], not_before__lte=Now())
        lapsed = Q(state=ScanState.RUNNING, lease_until__lt=Now(), attempt__lt=ATTEMPTS)
        running = Q(state=ScanState.RUNNING, lease_until__gte=Now())
        return ring_rows(
            active, due=waiting | lapsed, worked_on=running, order="created_at", again=RING_AGAIN, ring=bell.ring
        )


def give_up_lapsed() -> int:
    """End scans whose worker died three times, that were canceled while nobody worked on them, or waited for a day."""
    with scopes_disabled():
        dead = Q(state=ScanState.RUNNING, lease_until__lt=Now()) & (
            Q(attempt__gte=ATTEMPTS) | ~Q(cancel_requested_at=None)
        )
        lost = dead | Q(state=ScanState.WAITING, created_at__lt=from_now(-WAITS_FOR))
        found = list(Scan.objects.filter(lost).select_related("organization"))
    given_up = 0
    for each in found:
        with organization_scope(each.organization), transaction.atomic():
            # Its worker may have come back to life, or ended it, since we looked: an end is written once.
            scan = Scan.objects.select_for_update().filter(lost, id=each.id).first()
            if scan is not None:
                scan_give_up(scan=scan)
                given_up += 1
    return given_up


def end_old_sessions() -> int:
    """Delete the secrets of temporary sessions that nobody used up: they have expired by now.

    Returns:
        How many connections were told.
    """
    with scopes_disabled():
        old = ConnectionSecret.objects.filter(created_at__lt=from_now(-SESSION_LIVES)).select_related(
            "connection", "organization"
        )
        found = {row.connection_id: row for row in old if row.field in _single_use(row.connection.connector_slug)}
    for row in found.values():
        with organization_scope(row.organization), transaction.atomic():
            secrets_end_session(row.connection)
    return len(found)


def _single_use(slug: str) -> frozenset[str]:
    return frozenset(field.name for field in connector(slug).fields if field.single_use)


def tick(now: datetime | None = None) -> int:
    """Start what is due by schedule. Any number of schedulers may call this: a slot exists once.

    Returns:
        How many scans were queued.
    """
    moment = now or timezone.now()
    with scopes_disabled():
        SchedulerBeat.objects.update_or_create(name="tick", defaults={"at": moment})
        # The demo company's systems do not exist; its schedules are part of its story.
        due = list(
            Schedule.objects.filter(
                is_on=True,
                connection__removed_at=None,
                connection__upload_only=False,
                organization__is_demo=False,
                organization__deletion_due_at=None,
            ).select_related("organization", "connection")
        )
    queued = 0
    for schedule in due:
        with organization_scope(schedule.organization):
            queued += schedule_start_slot(schedule=schedule, now=moment)
    if queued:
        ring_due()
    return queued


def id_of(text: object) -> UUID | None:
    """The id that a message carries; None if it carries something else, because anybody may have forged it."""
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def organization_of(organization_id: object) -> Organization | None:
    """The organization a task names; None if it is gone, or never was one."""
    known = id_of(organization_id)
    return Organization.objects.filter(id=known).first() if known else None
