"""Owns which exceptions end within a month, and which ended since an earlier moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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


def ending_exceptions(
    organization: Organization, since: datetime, now: datetime, active: Sequence[ControlException]
) -> tuple[EndingException, ...]:
    """Those that ended first, then the earliest end: one query. One that another follows has not ended.

    Parameters:
        since: the moment compared with; what was in force then and is not any more has ended since.
        active: those in force today.
    """
    today = now.date()
    # Its last day is still covered, so one that ended the evening before was in the record of that evening.
    first = timezone.localtime(since).date() - timedelta(days=1)
    approved = Q(state=ExceptionState.APPROVED, last_day__gte=first, last_day__lt=today + SOON)
    revoked = Q(state=ExceptionState.REVOKED, revoked_at__gte=since)
    rows = ControlException.objects.filter(approved | revoked, organization=organization).select_related("decided_by")
    until: dict[tuple[str, str, str], date] = {}
    for row in active:
        until[_subject(row)] = max(row.last_day, until.get(_subject(row), row.last_day))
    found = []
    for row in rows:
        shown = _shown(row, today)
        if until.get(_subject(row), shown.last_day) <= shown.last_day:
            found.append(shown)
    return tuple(sorted(found, key=lambda each: (not each.ended, each.last_day, each.control_id)))


def _subject(row: ControlException) -> tuple[str, str, str]:
    return row.control_id, row.object, row.check_id


def _shown(row: ControlException, today: date) -> EndingException:
    revoked = row.state == ExceptionState.REVOKED
    day = timezone.localtime(row.revoked_at).date() if revoked and row.revoked_at else row.last_day
    try:
        title = load_catalog().control(row.control_id).title
    except KeyError:
        title = row.control_id
    return EndingException(
        row.id,
        row.control_id,
        title,
        row.object,
        day,
        (day - today).days,
        revoked or day < today,
        revoked,
        row.decided_by.get_full_name() if row.decided_by else "",
        row.reason,
    )
