"""Owns what looks at runs across organizations: which to ring, which to give up, which are old. Ids only."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django_scopes import scopes_disabled

from ztassess.common.models import organization_scope
from ztassess.playbooks.models import ApplyRun, RunState
from ztassess.playbooks.services_runs import ATTEMPTS, ring, run_give_up
from ztassess.scans.queue import from_now

RING_AGAIN = timedelta(seconds=60)
KEPT = timedelta(days=30)
"""For so long it can be looked up what became of a run; what was changed stands in the logs."""


def sweep() -> int:
    """Ring what waits unheard, give up what died three times, forget what is old. Returns how many bells were rung."""
    unheard = Q(rung_at=None) | Q(rung_at__lt=from_now(-RING_AGAIN))
    lapsed = Q(state=RunState.RUNNING, lease_until__lt=Now())
    with scopes_disabled():
        ApplyRun.objects.filter(state=RunState.DONE, finished_at__lt=from_now(-KEPT)).delete()
        waiting = ApplyRun.objects.filter(Q(state=RunState.PENDING) | lapsed, unheard).order_by("created_at")
        found = list(waiting.select_related("organization", "version"))
    rung = 0
    for run in found:
        with organization_scope(run.organization):
            if run.attempt >= ATTEMPTS:
                run_give_up(run=run)
            else:
                ring(run)
                rung += 1
    return rung
