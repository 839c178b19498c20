"""Owns writes about what a member wants by e-mail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.domain.weekly import Weekly
from ztassess.notifications.models import MemberChoice
from ztassess.notifications.selectors import default_choice
from ztassess.organizations.models import Membership


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants: the digest or none, when, and which alerts by their values."""

    digest: bool
    weekly: Weekly
    alerts: tuple[str, ...]


def choice_save(*, membership: Membership, wanted: Wanted, actor: User | None, via: str = Via.PAGE) -> MemberChoice:
    """Keep what a member wants. A moved day or hour counts from now on: nothing is sent for a moment that has passed.

    Parameters:
        actor: who says so; None where the link of a mail did.
    """
    with transaction.atomic():
        stored = MemberChoice.objects.select_for_update().filter(
            organization=membership.organization, user=membership.user
        )
        row = stored.first() or default_choice(membership)
        before = said(row)
        moved = (row.digest, row.weekly) != (wanted.digest, wanted.weekly)
        row.digest, row.alerts = wanted.digest, list(wanted.alerts)
        row.weekday, row.hour, row.time_zone = wanted.weekly.weekday, wanted.weekly.hour, wanted.weekly.zone
        row.updated_at = timezone.now()
        if moved:
            row.counts_from = row.updated_at
        row.save()
        whose = "their own" if actor == membership.user or actor is None else f"{membership.user}’s"
        audit_record(
            organization=membership.organization,
            actor=actor or membership.user,
            via=via,
            action="notification_choice.save",
            object=f"membership:{membership.id}",
            summary=f"{actor or membership.user} changed {whose} e-mail notifications",
            before=before,
            after=said(row),
        )
    return row


def choice_stop(*, membership: Membership, what: str) -> MemberChoice:
    """Stop the digest (``digest``) or every alert (``alerts``): the link in a mail was followed and confirmed."""
    stands = MemberChoice.objects.filter(organization=membership.organization, user=membership.user).first()
    row = stands or default_choice(membership)
    wanted = Wanted(
        digest=row.digest and what != "digest",
        weekly=row.weekly,
        alerts=() if what == "alerts" else tuple(row.alerts),
    )
    return choice_save(membership=membership, wanted=wanted, actor=None)


def said(row: MemberChoice) -> dict[str, object]:
    """A choice as the log keeps it."""
    return {"digest": str(row.weekly) if row.digest else "off", "alerts": sorted(row.alerts)}
