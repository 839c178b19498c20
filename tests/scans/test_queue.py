"""The database is the queue of record: rows are claimed once, fenced, parked, given up, and end exactly once."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ztassess.audit.models import AuditEvent
from ztassess.connectors import registry
from ztassess.connectors.errors import AuthFailed, Blocked, Canceled, RateLimited, Unreachable
from ztassess.domain.findings import Unavailable
from ztassess.scans import work
from ztassess.scans.dispatch import end_old_sessions, give_up_lapsed, ring_due
from ztassess.scans.errors import LeaseLost, NotReady
from ztassess.scans.models import Connection, ConnectionSecret, Finding, Scan, ScanState, StandingResult
from ztassess.scans.queue import claim, hold_fence
from ztassess.scans.services.scans import scan_cancel, scan_request
from ztassess.scans.work import scan_work


@pytest.fixture
def single_use_key(connection, monkeypatch):
    """The door key is a temporary one."""
    made = registry.connector("doors")
    fields = tuple(replace(field, single_use=field.secret) for field in made.fields)
    module = sys.modules["ztassess.connectors.doors"]
    monkeypatch.setattr(module, "CONNECTOR", replace(made, fields=fields))
    registry.connector.cache_clear()


def run(scan: Scan) -> Scan:
    assert scan_work(scan.organization, scan.id, "test-worker")
    scan.refresh_from_db()
    return scan


def requested(connection: Connection, owner) -> Scan:
    return scan_request(connection=connection, actor=owner)[0]


def lapse(scan: Scan, *, attempt: int = 1) -> None:
    past = timezone.now() - timedelta(minutes=5)
    Scan.objects.filter(id=scan.id).update(state=ScanState.RUNNING, attempt=attempt, fence=attempt, lease_until=past)


def test_scan_stores_findings_and_what_stands(connection, owner):
    scan = run(requested(connection, owner))
    assert scan.state == ScanState.DONE
    assert scan.counts["fail"] == 1
    assert [finding.resource for finding in Finding.objects.filter(scan=scan)] == ["back"]
    standing = StandingResult.objects.get(connection=connection)
    assert (standing.outcome, standing.latest_outcome) == ("fail", "fail")


def test_second_request_finds_the_active_scan(connection, owner):
    first, created = scan_request(connection=connection, actor=owner)
    second, again = scan_request(connection=connection, actor=owner)
    assert (created, again) == (True, False)
    assert first.id == second.id


def test_index_refuses_a_second_active_scan(connection, owner):
    scan = requested(connection, owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Scan.objects.create(organization=scan.organization, connection=connection, number=2)


def test_claim_is_taken_once(connection, owner):
    scan = requested(connection, owner)
    first = claim(scan.organization, scan.id, "one")
    assert first is not None
    assert claim(scan.organization, scan.id, "two") is None


def test_lapsed_lease_is_taken_over_and_the_old_fence_writes_nothing(connection, owner):
    scan = requested(connection, owner)
    old = claim(scan.organization, scan.id, "one")
    lapse(scan)
    new = claim(scan.organization, scan.id, "two")
    assert new is not None
    assert new.fence == old.fence + 1
    with pytest.raises(LeaseLost), transaction.atomic():
        hold_fence(old)


def test_worker_that_lost_its_lease_stores_nothing(connection, owner, building):
    scan = requested(connection, owner)

    def somebody_else_takes_it(context):
        lapse(scan)
        assert claim(scan.organization, scan.id, "two")

    building.before_read.append(somebody_else_takes_it)
    scan_work(scan.organization, scan.id, "one")
    scan.refresh_from_db()
    assert scan.state == ScanState.RUNNING
    assert not Finding.objects.filter(scan=scan).exists()


def test_killed_worker_is_retaken_and_ends_once(connection, owner):
    scan = requested(connection, owner)
    claim(scan.organization, scan.id, "killed")
    lapse(scan)
    done = run(scan)
    assert (done.state, done.attempt) == (ScanState.DONE, 2)
    assert Finding.objects.filter(scan=scan).count() == 1


def test_three_deaths_give_the_scan_up(connection, owner):
    scan = requested(connection, owner)
    lapse(scan, attempt=3)
    assert give_up_lapsed() == 1
    scan.refresh_from_db()
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "crashed_repeatedly")


def test_refused_credential_fails_with_a_sentence_and_keeps_what_stood(connection, owner, building):
    run(requested(connection, owner))

    def refuse(context):
        raise AuthFailed("The credentials were refused by Doors.")

    building.before_read.append(refuse)
    scan = run(requested(connection, owner))
    assert (scan.state, scan.error_sentence) == (ScanState.FAILED, "The credentials were refused by Doors.")
    standing = StandingResult.objects.get(connection=connection)
    assert (standing.outcome, standing.latest_outcome) == ("fail", "not_checked")


def test_missing_permission_never_replaces_a_result(connection, owner, building):
    run(requested(connection, owner))
    building.doors = Unavailable("missing_scope", "doors:read")
    scan = run(requested(connection, owner))
    standing = StandingResult.objects.get(connection=connection)
    assert (standing.outcome, standing.latest_outcome, standing.latest_missing_scope) == (
        "fail",
        "not_checked",
        "doors:read",
    )
    assert scan.parts == [
        {"name": "doors", "unavailable": {"reason": "missing_scope", "missing_scope": "doors:read", "detail": ""}}
    ]
    assert scan.diff["fixed"]["count"] == 0


def test_throttled_scan_waits_and_its_attempts_start_anew(connection, owner, building):
    def slow_down(context):
        raise RateLimited("Doors asked us to slow down.", 120)

    building.before_read.append(slow_down)
    scan = run(requested(connection, owner))
    assert (scan.state, scan.attempt, scan.waits) == (ScanState.WAITING, 0, 1)
    assert scan.not_before > timezone.now() + timedelta(seconds=60)
    assert claim(scan.organization, scan.id, "early") is None


def test_waiting_for_a_day_ends_the_scan(connection, owner):
    scan = requested(connection, owner)
    long_ago = timezone.now() - timedelta(hours=25)
    Scan.objects.filter(id=scan.id).update(state=ScanState.WAITING, created_at=long_ago)
    give_up_lapsed()
    scan.refresh_from_db()
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "vendor_unavailable")


def test_waiting_scan_is_canceled_at_once(connection, owner):
    scan = requested(connection, owner)
    assert scan_cancel(scan=scan, actor=owner).state == ScanState.CANCELED
    assert claim(scan.organization, scan.id, "late") is None


def test_running_scan_hears_the_cancel_and_keeps_nothing(connection, owner, building):
    scan = requested(connection, owner)
    building.before_read.append(lambda context: scan_cancel(scan=scan, actor=owner))
    done = run(scan)
    assert (done.state, done.error_code) == (ScanState.CANCELED, Canceled.code)
    assert not Finding.objects.filter(scan=scan).exists()


def test_broken_connector_ends_as_failure_without_its_message(connection, owner, building):
    def explode(context):
        raise ZeroDivisionError("token sk-secret")

    building.before_read.append(explode)
    scan = run(requested(connection, owner))
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "internal")
    assert "sk-secret" not in scan.error_sentence


def test_difference_names_new_fixed_and_regressed(connection, owner, building):
    run(requested(connection, owner))
    building.doors = (("front", True), ("back", True))
    assert run(requested(connection, owner)).diff["fixed"]["count"] == 1
    building.doors = (("front", True), ("back", False))
    assert run(requested(connection, owner)).diff["regressed"]["count"] == 1
    building.doors = (("front", False), ("back", False))
    diff = run(requested(connection, owner)).diff
    assert (diff["new"]["count"], diff["unchanged"]["count"]) == (1, 1)


def test_scan_gets_the_opened_secret_and_the_row_never_holds_it(connection, owner, building):
    run(requested(connection, owner))
    assert building.seen_secrets == [{"key": "a-very-secret-key-1234"}]
    row = ConnectionSecret.objects.get(connection=connection)
    assert b"secret" not in bytes(row.ciphertext)
    assert row.last_four == "1234"


def test_untested_connection_is_not_scanned(connection, owner):
    Connection.objects.update(preflight=None)
    with pytest.raises(NotReady, match="Test the connection first"):
        scan_request(connection=connection, actor=owner)


def test_refused_credential_is_not_used(connection, owner):
    Connection.objects.update(preflight={"refused": "The key can open doors."})
    with pytest.raises(NotReady, match="can open doors"):
        scan_request(connection=connection, actor=owner)


def test_two_bells_per_organization_at_a_time(connection, owner, bells):
    for number in range(2, 6):
        other = Connection.objects.create(
            organization=connection.organization, connector_slug="doors", name=str(number)
        )
        Scan.objects.create(organization=connection.organization, connection=other, number=1)
    assert ring_due() == 2
    assert ring_due() == 0
    assert len(bells) == 2


def test_bell_is_rung_again_when_nobody_came(connection, owner, bells):
    scan = requested(connection, owner)
    ring_due()
    Scan.objects.filter(id=scan.id).update(rung_at=timezone.now() - timedelta(seconds=40))
    assert ring_due() == 1
    assert len(bells) == 2


def test_each_end_has_one_audit_line(connection, owner):
    run(requested(connection, owner))
    actions = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
    assert actions[-2:] == ["scan.request", "scan.done"]


def test_secrets_of_a_temporary_session_go_with_their_scan(connection, owner, single_use_key):
    scan = run(requested(connection, owner))
    assert scan.state == ScanState.DONE
    assert not ConnectionSecret.objects.exists()
    connection.refresh_from_db()
    with pytest.raises(NotReady, match="temporary session was deleted"):
        scan_request(connection=connection, actor=owner)


def test_unused_temporary_session_is_deleted_when_it_has_expired(connection, single_use_key):
    assert end_old_sessions() == 0
    ConnectionSecret.objects.update(created_at=timezone.now() - timedelta(hours=13))
    assert end_old_sessions() == 1
    assert not ConnectionSecret.objects.exists()


def test_lasting_secrets_stay(connection, owner):
    run(requested(connection, owner))
    ConnectionSecret.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert end_old_sessions() == 0
    assert ConnectionSecret.objects.count() == 1


def test_sixty_tests_an_hour_are_the_limit_of_an_organization(connection, owner):
    for number in range(60):
        Scan.objects.create(
            organization=connection.organization,
            connection=connection,
            number=number + 1,
            kind="preflight",
            state=ScanState.FAILED,
        )
    with pytest.raises(NotReady, match="60 tests an hour"):
        scan_request(connection=connection, actor=owner, kind="preflight")
    assert scan_request(connection=connection, actor=owner)[1]


@pytest.mark.parametrize(
    "problem", [Blocked("private"), Unreachable("Could not reach the host.")], ids=["policy", "nothing answered"]
)
def test_refused_and_unreachable_say_the_same_and_take_as_long(connection, owner, building, monkeypatch, problem):
    waited = []
    monkeypatch.setattr(work.time, "sleep", waited.append)

    def refuse(context):
        raise problem

    building.before_read.append(refuse)
    scan = run(requested(connection, owner))
    assert (scan.error_code, scan.error_sentence) == ("unreachable", "Could not reach the host.")
    assert waited[0] > 5
