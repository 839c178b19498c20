"""Owns the Celery tasks of archives and deletions. Arguments are ids only; a forged message finds nothing to do."""

from __future__ import annotations

import logging

from celery import shared_task

from ztassess.exchange.services.arriving import arrival_work, arrivals_tidy
from ztassess.exchange.services.exports import job_work
from ztassess.exchange.sweeping import (
    TAKE_IN,
    TASK,
    delete_old_archives,
    erase_due,
    give_up_lost,
    ring_waiting,
    warn_of_due,
)
from ztassess.scans.dispatch import id_of, organization_of

log = logging.getLogger(__name__)


# Shorter than the broker waits before it hands a message out again; see `ztassess.celery`.
@shared_task(name=TASK, soft_time_limit=780, time_limit=840)
def export(organization_id: str, job_id: str) -> None:
    """Make one archive."""
    organization, job = organization_of(organization_id), id_of(job_id)
    if organization is not None and job is not None:
        job_work(organization, job)


@shared_task(name=TAKE_IN, soft_time_limit=780, time_limit=840)
def take_in(user_id: str, arrival_id: str) -> None:
    """Take in one archive that somebody brought."""
    if (arrival := id_of(arrival_id)) is not None:
        arrival_work(arrival)


@shared_task(name="exchange.sweep")
def sweep() -> None:
    """Every minute: give up what died, warn of and delete what is due, ring what waits unheard."""
    for step in (give_up_lost, arrivals_tidy, delete_old_archives, warn_of_due, erase_due, ring_waiting):
        try:
            step()
        except Exception:  # a worker's outermost frame: one row that breaks must not stop the others
            log.exception("a step of the sweep broke, the others go on")
