"""Owns which rows of a queue are rung: few of an organization at a time, so that one with 10,000 holds two messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ztassess.common.models import organization_scope
from ztassess.scans import bell
from ztassess.scans.queue import from_now

AT_ONCE_PER_ORGANIZATION = 2


def ring_rows(
    rows: QuerySet[Any], *, due: Q, worked_on: Q, order: str, again: timedelta, ring: Callable[[UUID, UUID], bool]
) -> int:
    """Ring what is due and was not rung lately, in order. The caller looks past the scope.

    Parameters:
        rows: of one kind, with ``rung_at``.
        due, worked_on: what a worker may take, and what one has taken.
        again: after which a bell that nobody followed is rung anew.
        ring: tells the broker of an organization's row; False if it took nothing.

    Returns:
        How many bells the broker took.
    """
    stale = Q(rung_at=None) | Q(rung_at__lt=from_now(-again))
    waiting = list(rows.filter(due, stale).order_by(order).values_list("id", "organization_id"))
    busy = Counter(rows.filter(worked_on | (due & ~stale)).values_list("organization_id", flat=True))
    rung = 0
    for row_id, organization_id in waiting:
        if busy[organization_id] >= AT_ONCE_PER_ORGANIZATION:
            continue
        busy[organization_id] += 1
        if ring(organization_id, row_id):
            rows.model.objects.filter(id=row_id).update(rung_at=Now())
            rung += 1
    return rung


def ring_row(task: str, row: Any) -> None:
    """Tell a worker that a row waits, and note when it was told. A bell that is not heard is rung again by a sweep.

    Parameters:
        row: of an organization, with ``rung_at``; outside a scope too.
    """
    if bell.ring_task(task, row.organization_id, row.id):
        with organization_scope(row.organization):
            type(row).objects.filter(id=row.id).update(rung_at=Now())
