"""Owns which exceptions end within a month, and which ended since an earlier moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from ztassess.assessments.models_exceptions import ControlException, ExceptionState
from ztassess.assessments.selectors_exceptions import SOON
from ztassess.catalog import load_catalog
from ztassess.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class EndingException:
    """An accepted exception that ends soon, or that ended or was revoked since the earlier moment.

    Attributes:
        object: what it is for; empty for the whole control.
        days_left: 0 on its last day; negative once it ended.
        ended: nothing of it is in force any more.
        approved_by: a name; empty where that person left.
    """

    exception_id: UUID
    control_id: str
    title: str
    object: str
    last_day: date
    days_left: int
    ended: bool
    revoked: bool
    approved_by: str
    reason: str


def ending_exceptions(organization: Organization, since: datetime, now: datetime) -> tuple[EndingException, ...]:
    """Those that ended first, then the earliest end: one query."""
    today = now.date()
    first = since.date()
    approved = Q(state=ExceptionState.APPROVED, last_day__gte=first, last_day__lt=today + SOON)
    revoked = Q(state=ExceptionState.REVOKED, revoked_at__gte=since)
    rows = ControlException.objects.filter(approved | revoked, organization=organization).select_related("decided_by")
    titles = {control.id: control.title for control in load_catalog().controls}
    found = []
    for row in rows:
        is_revoked = row.state == ExceptionState.REVOKED
        day = timezone.localtime(row.revoked_at).date() if is_revoked and row.revoked_at else row.last_day
        found.append(
            EndingException(
                row.id,
                row.control_id,
                titles.get(row.control_id, row.control_id),
                row.object,
                day,
                (day - today).days,
                is_revoked or day < today,
                is_revoked,
                row.decided_by.get_full_name() if row.decided_by else "",
                row.reason,
            )
        )
    return tuple(sorted(found, key=lambda each: (not each.ended, each.last_day, each.control_id)))
