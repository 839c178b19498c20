"""Owns the Celery tasks of reports. Arguments are ids only; a forged or doubled message finds nothing to do."""

from __future__ import annotations

from celery import shared_task

from ztassess.reports.making import TASK, report_make
from ztassess.reports.making import sweep as sweep_reports
from ztassess.scans.dispatch import id_of, organization_of


@shared_task(name=TASK)
def make_report(organization_id: str, report_id: str) -> None:
    """Make one report."""
    organization, report = organization_of(organization_id), id_of(report_id)
    if organization is not None and report is not None:
        report_make(organization, report)


@shared_task(name="reports.sweep", ignore_result=True)
def sweep() -> None:
    """Every 30 seconds: ring what waits unheard, give up what died."""
    sweep_reports()
