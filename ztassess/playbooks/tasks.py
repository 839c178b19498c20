"""Owns the Celery tasks of playbooks. Arguments are ids only; a forged or doubled message finds nothing to do."""

from __future__ import annotations

from celery import shared_task

from ztassess.playbooks.dispatch import sweep as sweep_runs
from ztassess.playbooks.services_runs import TASK, run_work
from ztassess.scans.dispatch import id_of, organization_of


@shared_task(name=TASK)
def apply(organization_id: str, run_id: str) -> None:
    """Apply a playbook to the clients of a run that wait."""
    firm, run = organization_of(organization_id), id_of(run_id)
    if firm is not None and run is not None:
        run_work(firm, run)


@shared_task(name="playbooks.sweep", ignore_result=True)
def sweep() -> None:
    """Every 30 seconds: ring what waits unheard, give up what died, forget what is old."""
    sweep_runs()
