"""Owns the Celery task that notices ends by date."""

from __future__ import annotations

from celery import shared_task

from ztassess.organizations.services_expiry import ends_notice


@shared_task(name="organizations.notice_ends")
def notice_ends() -> None:
    """Every minute: tell of access that has ended by date."""
    ends_notice()
