"""Owns the Celery tasks of scans. Arguments are ids only; a forged or doubled message finds nothing to do."""

from __future__ import annotations

import logging
import os
import socket

from celery import shared_task

from ztassess.organizations.services import posts_forget_old
from ztassess.scans.dispatch import end_old_sessions, give_up_lapsed, id_of, organization_of, ring_due, tick
from ztassess.scans.work import scan_work

log = logging.getLogger(__name__)


@shared_task(name="scans.run_scan")
def run_scan(organization_id: str, scan_id: str) -> None:
    """Do one scan, then ring that organization's next."""
    organization, scan = organization_of(organization_id), id_of(scan_id)
    if organization is None or scan is None:
        return
    scan_work(organization, scan, f"{socket.gethostname()}:{os.getpid()}")
    ring_due(organization.id)


@shared_task(name="scans.sweep")
def sweep() -> None:
    """Every 30 seconds: ring what waits unheard, give up what died, delete what expired."""
    for step in (give_up_lapsed, end_old_sessions, posts_forget_old, ring_due):
        try:
            step()
        except Exception:  # a worker's outermost frame: one row that breaks must not silence all bells
            log.exception("a step of the sweep broke, the others go on")


@shared_task(name="scans.tick", ignore_result=True)
def scheduler_tick() -> None:
    """Every minute: start what is due by schedule."""
    tick()
