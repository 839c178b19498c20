"""A worker whose database or vendor fails in the middle: all of a result or nothing, and the scan still ends once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from ztassess.audit.models import AuditEvent
from ztassess.connectors.errors import RateLimited
from ztassess.scans import work
from ztassess.scans.dispatch import give_up_lapsed
from ztassess.scans.models import Finding, Scan, ScanState, StandingResult
from ztassess.scans.queue import claim, hold_fence
from ztassess.scans.services import results
from ztassess.scans.services.scans import scan_cancel, scan_request
from ztassess.scans.work import scan_work


@pytest.fixture(autouse=True)
def alone(bells, monkeypatch):
    """No broker is needed; the test's own transaction keeps its connection, which a worker would replace."""
    monkeypatch.setattr(work.db, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """How long the worker waited between two tries to store, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(work.time, "sleep", waited.append)
    return waited


@pytest.fixture
def scan(connection, owner) -> Scan:
    return scan_request(connection=connection, actor=owner)[0]


def away(times: int, problem: type[Exception], monkeypatch) -> None:
    """The database goes away while the last part of a result is written, so often."""
    real, left = results.audit_record, [times]

    def audit_record(**line):
        if line["action"] == "scan.done" and left[0]:
            left[0] -= 1
            raise problem("server closed the connection unexpectedly")
        return real(**line)

    monkeypatch.setattr(results, "audit_record", audit_record)


@pytest.mark.parametrize("problem", [OperationalError, InterfaceError])
@pytest.mark.parametrize("times", [1, 3])
def test_result_is_stored_when_the_database_is_back(scan, pauses, monkeypatch, building, problem, times):
    away(times, problem, monkeypatch)
    assert scan_work(scan.organization, scan.id, "worker")
    scan.refresh_from_db()
    assert (scan.state, scan.attempt, len(pauses)) == (ScanState.DONE, 1, times)
    assert len(building.seen_secrets) == 1  # the system was read once
    assert Finding.objects.filter(scan=scan).count() == 1
    assert AuditEvent.objects.filter(action="scan.done").count() == 1


def test_database_that_stays_away_leaves_the_scan_to_the_next_worker(scan, pauses, monkeypatch):
    away(4, OperationalError, monkeypatch)
    assert scan_work(scan.organization, scan.id, "worker")
    scan.refresh_from_db()
    assert (scan.state, scan.error_sentence) == (ScanState.RUNNING, "")
    assert not Finding.objects.exists()
    assert not StandingResult.objects.exists()
    Scan.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert scan_work(scan.organization, scan.id, "the next worker")
    scan.refresh_from_db()
    assert (scan.state, scan.attempt, Finding.objects.count()) == (ScanState.DONE, 2, 1)


def test_retaken_scan_is_not_stored_by_the_worker_that_waited(scan, monkeypatch):
    """While the first worker waits for the database, a second takes the scan: the first one's fence has no effect."""
    away(1, OperationalError, monkeypatch)

    def somebody_else_takes_it(seconds):
        Scan.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert claim(scan.organization, scan.id, "the next worker")

    monkeypatch.setattr(work.time, "sleep", somebody_else_takes_it)
    scan_work(scan.organization, scan.id, "worker")
    scan.refresh_from_db()
    assert (scan.state, scan.worker, scan.attempt) == (ScanState.RUNNING, "the next worker", 2)
    assert not Finding.objects.exists()


def test_given_up_scan_ends_once(scan, owner):
    """Between the sweeper's look and its write the worker came back and finished: the end that is there stays."""
    held = claim(scan.organization, scan.id, "slow worker")
    Scan.objects.update(attempt=3, lease_until=timezone.now() - timedelta(minutes=5))
    from ztassess.scans import dispatch

    real = dispatch.transaction.atomic

    def finished_meanwhile():
        Scan.objects.filter(id=scan.id, state=ScanState.RUNNING).update(state=ScanState.DONE, lease_until=None)
        return real()

    dispatch_atomic = pytest.MonkeyPatch()
    dispatch_atomic.setattr(dispatch.transaction, "atomic", finished_meanwhile)
    try:
        assert give_up_lapsed() == 0
    finally:
        dispatch_atomic.undo()
    scan.refresh_from_db()
    assert held is not None
    assert (scan.state, scan.error_code) == (ScanState.DONE, "")


def test_given_up_scan_leaves_every_check_not_checked(scan):
    Scan.objects.update(state=ScanState.RUNNING, attempt=3, lease_until=timezone.now() - timedelta(minutes=5))
    assert give_up_lapsed() == 1
    standing = StandingResult.objects.get()
    assert (standing.outcome, standing.latest_outcome, standing.latest_reason_code) == (
        "",
        "not_checked",
        "crashed_repeatedly",
    )


def test_scan_canceled_while_the_vendor_asks_to_wait_ends_at_once(scan, building, owner):
    def slow_down(context):
        scan_cancel(scan=scan, actor=owner)
        raise RateLimited("Doors asked us to slow down.", 600)

    building.before_read.append(slow_down)
    scan_work(scan.organization, scan.id, "worker")
    scan.refresh_from_db()
    assert (scan.state, scan.error_code) == (ScanState.CANCELED, "canceled")


def test_lost_lease_while_parking_is_no_crash(scan, building):
    def slow_down(context):
        Scan.objects.update(fence=9)
        raise RateLimited("Doors asked us to slow down.", 600)

    building.before_read.append(slow_down)
    assert scan_work(scan.organization, scan.id, "worker")
    scan.refresh_from_db()
    assert scan.state == ScanState.RUNNING


def test_scan_that_takes_too_long_says_so(scan, building):
    def takes_long(context):
        raise SoftTimeLimitExceeded

    building.before_read.append(takes_long)
    scan_work(scan.organization, scan.id, "worker")
    scan.refresh_from_db()
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "timeout")
    assert "Earlier results stand." in scan.error_sentence


def test_fence_is_the_first_statement_of_a_write(scan, django_assert_num_queries):
    """A worker without the row writes nothing: the lock is asked for before anything else."""
    held = claim(scan.organization, scan.id, "worker")
    assert held is not None
    with django_assert_num_queries(1):
        assert hold_fence(held).id == scan.id
