"""Owns the end of access by date as an event: once each, with all that follows when a person ends it.

Access itself ends at the second, in every request, whether this runs or not: see `MembershipQuerySet.active`.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.common.templatetags.times import last_day
from ztassess.organizations.models import Grant, Membership
from ztassess.organizations.selectors_grants import ends_untold, grants_over, memberships_over
from ztassess.organizations.services_ending import clients_follow, members_tell

log = logging.getLogger(__name__)


def ends_notice(now: datetime | None = None) -> int:
    """Tell of each grant, and each membership with a last day of its own, that ended by date since the last look.

    One transaction each: what breaks for one is logged, is tried again at the next look, and stops no other.

    Returns:
        How many ends were told.
    """
    moment = now or timezone.now()
    grants, memberships = ends_untold(moment)
    told = 0
    rows: list[Grant | Membership] = [*grants, *memberships]
    for row in rows:
        try:
            with organization_scope(row.organization), transaction.atomic():
                told += _grant(row, moment) if isinstance(row, Grant) else _membership(row, moment)
        except Exception:  # a worker's outermost frame: rows of one organization must not keep the others waiting
            log.exception("the end of %s %s could not be told", row._meta.model_name, row.pk)
    return told


def _grant(seen: Grant, now: datetime) -> bool:
    """Rows that somebody changes at this moment are left for the next look: waiting for them while holding others
    would be a deadlock with whoever takes them the other way around.
    """
    rows = grants_over(now).select_for_update(of=("self",), skip_locked=True)
    grant = rows.select_related("organization", "user", "firm").filter(id=seen.id).first()
    if grant is None:
        return False
    carried = Membership.objects.filter(grant=grant, revoked_at=None)
    held = list(carried.select_for_update(of=("self",), skip_locked=True).select_related("user", "organization"))
    if len(held) != carried.count():
        return False
    Grant.objects.filter(id=grant.id).update(told_end=F("expires_at"))
    carried.update(told_end=F("expires_at"))
    until = {"ended_at": grant.expires_at.isoformat()}
    audit_record(
        organization=grant.organization,
        via=Via.TASK,
        action="grant.expire",
        object=f"grant:{grant.id}",
        summary=f"The access of {grant.holder} as {grant.role} ended by date, on {last_day(grant.expires_at)}",
        after=until | {"people": [str(each.user) for each in held]},
    )
    for each in held:
        _line(each)
    members_tell(grant.organization)
    return True


def _membership(seen: Membership, now: datetime) -> bool:
    rows = memberships_over(now).select_for_update(of=("self",), skip_locked=True)
    membership = rows.select_related("user", "organization").filter(id=seen.id).first()
    if membership is None:
        return False
    Membership.objects.filter(id=membership.id).update(told_end=F("expires_at"))
    _line(membership)
    members_tell(membership.organization)
    clients_follow(membership, None)
    return True


def _line(membership: Membership) -> None:
    what = "a consultant for" if membership.is_consultant else "a member of"
    audit_record(
        organization=membership.organization,
        via=Via.TASK,
        action="membership.expire",
        object=f"membership:{membership.id}",
        summary=f"{membership.user} is not {what} {membership.organization} any more: the access ended by date",
        after={"ended_at": membership.expires_at.isoformat() if membership.expires_at else None},
    )
