"""Owns the queue of record: claim, lease, fence, park and end. The database is the queue, the broker only rings."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from django.db import DatabaseError, connection, models, transaction
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Now

from ztassess.common.models import organization_scope
from ztassess.organizations.models import Organization
from ztassess.scans.errors import LeaseLost
from ztassess.scans.models import Scan, ScanState

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 15.0
DEADLINE = timedelta(seconds=300)
ATTEMPTS = 3
WAITS_FOR = timedelta(hours=24)


def from_now(delta: timedelta) -> ExpressionWrapper[Any]:
    """A moment after now by the database's clock: the clocks of workers are not trusted."""
    return ExpressionWrapper(Now() + delta, output_field=models.DateTimeField())


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to one scan, until the lease lapses or another fence is set."""

    organization: Organization
    scan_id: UUID
    fence: int


def claim(organization: Organization, scan_id: UUID, worker: str) -> Claim | None:
    """Take a scan that is due, by one conditional update. None: somebody else has it, or it ended; walk away."""
    with organization_scope(organization), transaction.atomic():
        due = Q(state__in=[ScanState.PENDING, ScanState.WAITING]) | Q(state=ScanState.RUNNING, lease_until__lt=Now())
        taken = Scan.objects.filter(due, id=scan_id, not_before__lte=Now(), attempt__lt=ATTEMPTS).update(
            state=ScanState.RUNNING,
            fence=F("fence") + 1,
            attempt=F("attempt") + 1,
            worker=worker,
            lease_until=from_now(LEASE),
            deadline_at=from_now(DEADLINE),
            started_at=models.functions.Coalesce("started_at", Now()),
        )
        if not taken:
            return None
        fence = Scan.objects.values_list("fence", flat=True).get(id=scan_id)
    return Claim(organization, scan_id, fence)


def hold_fence(held: Claim) -> Scan:
    """First statement of every write transaction of a worker: lock the row while it is still ours.

    Raises:
        LeaseLost: another worker took it, or it ended.
    """
    found = Scan.objects.select_for_update().filter(id=held.scan_id, fence=held.fence, state=ScanState.RUNNING).first()
    if found is None:
        raise LeaseLost(str(held.scan_id))
    assert isinstance(found, Scan)  # noqa: S101  for the type checker: the manager is untyped
    return found


class Lease:
    """Renews a claim every 15 seconds from a thread with its own database connection, while the block runs.

    Renewal stops at the scan's deadline, else a hung main thread would live for ever.
    """

    def __init__(self, held: Claim) -> None:
        self.held = held
        self.lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{held.scan_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                if not self._renew():
                    self.lost = True
                    return
        finally:
            connection.close()

    def _renew(self) -> bool:
        try:
            with organization_scope(self.held.organization):
                mine = Scan.objects.filter(
                    id=self.held.scan_id, fence=self.held.fence, state=ScanState.RUNNING, deadline_at__gt=Now()
                )
                return bool(mine.update(lease_until=from_now(LEASE)))
        except DatabaseError as problem:
            # One missed beat is harmless: the lease outlives three of them.
            log.warning("lease renewal failed: %s", type(problem).__name__)
            return True


def finish(scan: Scan, state: str, *, code: str = "", sentence: str = "", **fields: Any) -> None:
    """Bring a scan to its one terminal state. The caller holds its fence and its transaction."""
    scan.state = state
    scan.error_code, scan.error_sentence = code[:60], sentence[:500]
    scan.lease_until = None
    for name, value in fields.items():
        setattr(scan, name, value)
    scan.save()
    Scan.objects.filter(id=scan.id).update(finished_at=Now())
    scan.refresh_from_db(fields=["finished_at"])


def park(scan: Scan, seconds: float, sentence: str) -> None:
    """The vendor asked to slow down: give the slot back and try again later; the attempts start anew."""
    Scan.objects.filter(id=scan.id).update(
        state=ScanState.WAITING,
        not_before=from_now(timedelta(seconds=seconds)),
        lease_until=None,
        rung_at=None,
        attempt=0,
        waits=F("waits") + 1,
        error_code="rate_limited",
        error_sentence=sentence[:500],
    )
