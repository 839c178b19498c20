"""Owns what a visitor's opening writes: the view log, its line in the organization's log, and tries at a passcode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.sharing.models import OpeningKind, ShareLink, ShareOpening
from ztassess.sharing.selectors import keeper_gone
from ztassess.sharing.services import link_lock
from ztassess.sharing.services_pausing import links_pause_of_gone

TOLD_EVERY = timedelta(hours=1)
MOST_TRIES = 5
TRIES_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a passcode. ``wait`` is seconds until the next try counts; 0 if it was looked at."""

    right: bool
    wait: int = 0


def opening_record(*, link: ShareLink, page: str, network: str) -> bool:
    """Write one opening into the view log. The organization's log gets one line per link and hour, with the count
    since the line before: somebody who reloads a page all day must not bury what members did.

    Returns:
        False if the link was revoked or paused or ran out meanwhile: then nothing may be shown.
    """
    with transaction.atomic():
        current = link_lock(link)
        now = timezone.now()
        if not current.is_open(now):
            return False
        if keeper_gone(current):
            links_pause_of_gone(current.organization)
            return False
        ShareOpening.objects.create(organization=current.organization, link=current, at=now, page=page, network=network)
        current.openings += 1
        current.last_opened_at = now
        _tell(current, now)
        current.save(update_fields=["openings", "last_opened_at", "told_at"])
    return True


def passcode_try(*, link: ShareLink, given: str, network: str) -> Tried:
    """Compare a passcode. After five wrong ones within fifteen minutes none is compared, whoever sends it."""
    with transaction.atomic():
        current = link_lock(link)
        now = timezone.now()
        wrong = ShareOpening.objects.filter(
            link=current, kind=OpeningKind.WRONG_PASSCODE, at__gt=now - TRIES_WITHIN
        ).values_list("at", flat=True)
        latest = list(wrong[:MOST_TRIES])
        if len(latest) == MOST_TRIES:
            return Tried(right=False, wait=max(1, math.ceil((latest[-1] + TRIES_WITHIN - now).total_seconds())))
        if check_password(given, current.passcode):
            return Tried(right=True)
        ShareOpening.objects.create(
            organization=current.organization,
            link=current,
            at=now,
            kind=OpeningKind.WRONG_PASSCODE,
            page="unlock",
            network=network,
        )
        _tell(current, now)
        current.save(update_fields=["told_at"])
    return Tried(right=False)


def _tell(link: ShareLink, now: datetime) -> None:
    """Write the line if the last one is an hour old. The row is locked, so that no opening falls between two lines."""
    if link.told_at is not None and link.told_at > now - TOLD_EVERY:
        return
    since = ShareOpening.objects.filter(link=link, at__lte=now)
    if link.told_at is not None:
        since = since.filter(at__gt=link.told_at)
    counts: dict[str, int] = since.order_by().aggregate(
        opened=Count("id", filter=Q(kind=OpeningKind.OPENED)),
        wrong=Count("id", filter=Q(kind=OpeningKind.WRONG_PASSCODE)),
    )
    opened = "once" if counts["opened"] == 1 else f"{counts['opened']} times"
    wrong = f", {counts['wrong']} with a wrong passcode" if counts["wrong"] else ""
    tries = f"was opened {opened}" if counts["opened"] else "was tried"
    audit_record(
        organization=link.organization,
        via=Via.SHARE,
        action="share.open",
        object=f"share:{link.id}",
        summary=f"The share link “{link.title}” {tries}{wrong}",
        after=counts,
    )
    link.told_at = now
