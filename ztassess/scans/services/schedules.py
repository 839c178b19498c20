"""Owns writes about schedules: change one, start what is due, once per slot."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ztassess.accounts.models import User
from ztassess.audit.services import audit_record
from ztassess.scans.errors import NotReady
from ztassess.scans.models import Kind, Scan, Schedule, ScheduleSlot, Trigger
from ztassess.scans.services.scans import scan_request

EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
PAUSE_AFTER_FAILURES = 5


def slot_at(schedule: Schedule, now: datetime) -> datetime:
    """The newest slot of this schedule that is due at ``now`` (UTC)."""
    period, offset = timedelta(hours=schedule.every_hours), timedelta(minutes=schedule.offset_minutes)
    return now - (now - EPOCH - offset) % period


def next_slot(schedule: Schedule, now: datetime) -> datetime:
    """The next moment this schedule starts a scan (UTC)."""
    return slot_at(schedule, now) + timedelta(hours=schedule.every_hours)


def schedule_start_slot(*, schedule: Schedule, now: datetime) -> int:
    """Queue the scan of the slot that is due, unless some scheduler did; slot and scan commit together.

    Returns:
        1 if a scan was queued, else 0. After an outage only the newest slot runs.
    """
    slot = slot_at(schedule, now)
    if slot < schedule.connection.created_at or schedule.connection.preflight is None:
        return 0
    with transaction.atomic():
        if Scan.objects.active().filter(connection=schedule.connection, kind=Kind.PREFLIGHT).exists():
            return 0  # a test takes seconds; the next tick starts the slot's scan instead of losing it to the test
        row, created = ScheduleSlot.objects.get_or_create(
            organization=schedule.organization, schedule=schedule, slot=slot
        )
        if not created:
            return 0
        try:
            scan, queued = scan_request(connection=schedule.connection, actor=None, trigger=Trigger.SCHEDULE)
        except NotReady as problem:
            row.note = str(problem)[:60]
            row.save(update_fields=["note"])
            return 0
        row.scan, row.note = scan, "" if queued else "a scan was running"
        row.save(update_fields=["scan", "note"])
    return int(queued)


def schedule_save(*, schedule: Schedule, every_hours: int, is_on: bool, actor: User) -> Schedule:
    """Change how often a connection is scanned, or switch it off."""
    with transaction.atomic():
        before = str(schedule)
        schedule.every_hours, schedule.is_on = every_hours, is_on
        schedule.failures, schedule.paused_reason = 0, ""
        schedule.save()
        audit_record(
            organization=schedule.organization,
            actor=actor,
            action="schedule.save",
            object=f"connection:{schedule.connection_id}",
            summary=f"{actor} set the schedule of {schedule.connection.name}: {schedule}",
            before={"schedule": before},
            after={"schedule": str(schedule)},
        )
    return schedule


def schedule_note_result(schedule: Schedule | None, *, failed: bool) -> None:
    """Count failures in a row; after five the schedule pauses and says so."""
    if schedule is None:
        return
    schedule.failures = schedule.failures + 1 if failed else 0
    if schedule.failures >= PAUSE_AFTER_FAILURES and schedule.is_on:
        schedule.is_on = False
        schedule.paused_reason = f"Paused after {schedule.failures} failed scans in a row."
    schedule.save(update_fields=["failures", "is_on", "paused_reason"])
