"""Owns the Celery task that keeps summaries from growing old."""

from __future__ import annotations

from celery import shared_task

from ztassess.portfolio.services.filling import rows_refresh


@shared_task(name="portfolio.refresh_due")
def refresh_due() -> None:
    """Every quarter of an hour: sum up organizations whose summary is missing or older than a day."""
    rows_refresh()
