"""Owns what looks across organizations: archives to make, to give up and to delete, organizations that are due."""

from __future__ import annotations

import logging

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.common.models import organization_scope
from ztassess.exchange.models import ExchangeJob, JobState
from ztassess.exchange.services.arriving import arrivals_waiting
from ztassess.exchange.services.deletion import WARNED, deletion_warn, organization_erase
from ztassess.exchange.services.exports import ATTEMPTS, GAVE_UP, archive_delete, job_end
from ztassess.organizations.models import Organization
from ztassess.scans import bell

log = logging.getLogger(__name__)

TASK, TAKE_IN = "exchange.export", "exchange.take_in"


def ring_waiting() -> int:
    """Ring each job that waits, or whose worker was lost. Returns how many bells the broker took."""
    with scopes_disabled():
        lapsed = Q(state=JobState.RUNNING, lease_until__lt=Now(), attempt__lt=ATTEMPTS)
        due = ExchangeJob.objects.filter(Q(state=JobState.PENDING) | lapsed).order_by("created_at")
        found = list(due.values_list("organization_id", "id"))
    rung = sum(bell.ring_task(TASK, organization_id, job_id) for organization_id, job_id in found)
    return rung + sum(bell.ring_task(TAKE_IN, user_id, arrival_id) for user_id, arrival_id in arrivals_waiting())


def give_up_lost() -> int:
    """End jobs whose worker was lost three times. Returns how many."""
    with scopes_disabled():
        dead = Q(state=JobState.RUNNING, lease_until__lt=Now(), attempt__gte=ATTEMPTS)
        found = list(ExchangeJob.objects.filter(dead).select_related("organization"))
    for job in found:
        with organization_scope(job.organization):
            job_end(job, GAVE_UP)
    return len(found)


def delete_old_archives() -> int:
    """Delete archives after their seven days. Returns how many."""
    with scopes_disabled():
        old = ExchangeJob.objects.filter(state=JobState.DONE, expires_at__lte=timezone.now())
        found = list(old.select_related("organization"))
    for job in found:
        with organization_scope(job.organization):
            archive_delete(job=job, actor=None)
    return len(found)


def erase_due() -> int:
    """Delete the organizations whose seven days are over. Returns how many."""
    due = Organization.objects.filter(deletion_due_at__lte=timezone.now())
    return sum(organization_erase(organization) is not None for organization in due)


def warn_of_due() -> int:
    """Mail that organizations go within a day. Returns for how many it was told now."""
    now, told = timezone.now(), 0
    for organization in Organization.objects.filter(deletion_due_at__gt=now, deletion_due_at__lte=now + WARNED):
        try:
            with organization_scope(organization):
                told += deletion_warn(organization)
        except Exception:  # a worker's outermost frame: who is not warned loses more than a mail
            log.exception("the deletion of organization %s could not be told", organization.id)
    return told
