"""Owns the Celery tasks of scores."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django_scopes import scopes_disabled

from ztassess.assessments.models import ScoreSnapshot, SnapshotCause
from ztassess.assessments.services import score_record
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Membership, Organization

log = logging.getLogger(__name__)


@shared_task(name="assessments.snapshot_due")
def snapshot_due() -> None:
    """Every quarter of an hour: record today's score of each organization with members that has none yet."""
    today = timezone.now().date()
    with scopes_disabled():
        done = set(
            ScoreSnapshot.objects.filter(day=today, cause=SnapshotCause.DAILY).values_list("organization_id", flat=True)
        )
        # Without members it is history, such as a demo company that was replaced.
        alive = set(Membership.objects.active().values_list("organization_id", flat=True))
    for organization in Organization.objects.filter(id__in=alive - done):
        try:
            with organization_scope(organization), transaction.atomic():
                score_record(organization, cause=SnapshotCause.DAILY)
        except Exception:  # rows of one, which may have come with an archive, must not cost the others their day
            log.exception("the daily score of organization %s was not recorded", organization.pk)
