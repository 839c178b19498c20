"""Owns the Celery tasks of notifications. Arguments are ids only; a forged or doubled message finds nothing to do."""

from __future__ import annotations

import logging

from celery import shared_task

from ztassess.notifications.dispatch import digests_due, give_up_old, ring_due
from ztassess.notifications.work import delivery_work
from ztassess.scans.dispatch import id_of, organization_of

log = logging.getLogger(__name__)


@shared_task(name="notifications.deliver")
def deliver(organization_id: str, delivery_id: str) -> None:
    """Make one attempt at a delivery, then ring that organization's next."""
    organization, delivery = organization_of(organization_id), id_of(delivery_id)
    if organization is None or delivery is None:
        return
    delivery_work(organization, delivery)
    ring_due(organization.id)


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Every 30 seconds: queue the digests that are due, end what is a day old, ring what waits unheard."""
    for step in (digests_due, give_up_old, ring_due):
        try:
            step()
        except Exception:  # a worker's outermost frame: one row that breaks must not silence all bells
            log.exception("a step of the sweep broke, the others go on")
