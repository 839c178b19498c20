"""Owns which connections were not read when they should have been, and which scan said what at an earlier moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from ztassess.common.models import NO_ROW
from ztassess.domain.unread import Missed, SourceRead, missed
from ztassess.organizations.models import Organization
from ztassess.scans.models import ACTIVE, Connection, Kind, Scan, ScanState, ScheduleSlot

LIGHT = ("id", "connection_id", "number", "state", "finished_at", "taken_at", "error_sentence")


@dataclass(frozen=True, slots=True)
class Source:
    """One live connection and its scans.

    Attributes:
        read: its newest scan with results; None if there was none.
        base: the newest one with results that had ended before the moment compared with; None if there was none.
        missed: why ``read`` is carried forward; None where it is as new as it should be.
    """

    connection: Connection
    read: Scan | None
    base: Scan | None
    missed: Missed | None

    @property
    def read_at(self) -> datetime | None:
        """When its last scan with results ended."""
        return _ended_at(self.read)


def sources(
    organization: Organization, *, before: datetime, now: datetime | None = None, named: Iterable[Any] = ()
) -> tuple[list[Source], dict[Any, int]]:
    """Every connection that was not removed, oldest first: two queries, whatever was scanned.

    Parameters:
        before: the moment compared with.
        named: ids of further scans whose numbers are wanted.

    Returns:
        The sources, and the numbers of their scans and of those named, by id.
    """
    scans = Scan.objects.filter(connection=OuterRef("pk"), kind=Kind.SCAN)
    done = scans.filter(state=ScanState.DONE)
    ended = scans.exclude(state__in=ACTIVE)
    noted = ScheduleSlot.objects.filter(schedule__connection=OuterRef("pk")).order_by("-slot")
    rows: list[Any] = list(
        Connection.objects.filter(organization=organization, removed_at=None)
        .select_related("schedule")
        .defer("config", "preflight")
        .annotate(
            read_id=_newest(done),
            base_id=_newest(done.filter(finished_at__lt=before)),
            ended_id=_newest(ended),
            running_id=_newest(scans.filter(state__in=ACTIVE)),
            slot_at=Subquery(noted.values("slot")[:1]),
            slot_note=Subquery(noted.values("note")[:1]),
        )
    )
    wanted = {each for row in rows for each in (row.read_id, row.base_id, row.ended_id) if each}
    known = {scan.id: scan for scan in Scan.objects.filter(id__in={NO_ROW, *wanted, *named}).only(*LIGHT)}
    moment = now or timezone.now()
    found = [
        Source(row, known.get(row.read_id), known.get(row.base_id), missed(_reading(row, known), moment))
        for row in rows
    ]
    return found, {scan.id: scan.number for scan in known.values()}


def _newest(scans: QuerySet[Scan]) -> Subquery:
    return Subquery(scans.order_by("-number").values("id")[:1])


def _reading(row: Any, known: dict[Any, Scan]) -> SourceRead:
    read, ended = known.get(row.read_id), known.get(row.ended_id)
    schedule = getattr(row, "schedule", None)
    # An attempt that ended with results is the newest reading itself; only a later one says why there is none.
    later = ended if ended is not None and ended.state != ScanState.DONE else None
    read_at = _ended_at(read)
    noted = row.slot_note if row.slot_at is not None and (read_at is None or row.slot_at > read_at) else ""
    is_on = schedule is not None and schedule.is_on and not row.upload_only
    return SourceRead(
        read=read_at,
        failed=later.error_sentence or "It ended without a result."
        if later is not None and later.state == ScanState.FAILED
        else "",
        canceled=later is not None and later.state == ScanState.CANCELED,
        running=row.running_id is not None,
        every=timedelta(hours=schedule.every_hours) if is_on and schedule is not None else None,
        paused=schedule.paused_reason if schedule is not None else "",
        skipped=(noted or "").rstrip("."),
    )


def _ended_at(scan: Scan | None) -> datetime | None:
    return (scan.finished_at or scan.taken_at) if scan else None
