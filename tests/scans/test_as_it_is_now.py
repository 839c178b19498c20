"""What is asked of a connection is judged by what it is now; what a system is called is stored whatever it holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ztassess.scans.errors import NotReady
from ztassess.scans.models import Connection, Finding, Kind, Scan, ScanState, Trigger
from ztassess.scans.services.connections import connection_remove, connection_update
from ztassess.scans.services.scans import scan_request
from ztassess.scans.services.schedules import schedule_start_slot
from ztassess.scans.work import scan_work


def scanned(connection, owner) -> Scan:
    scan, _ = scan_request(connection=connection, actor=owner)
    scan_work(connection.organization, scan.id, "test-worker")
    scan.refresh_from_db()
    return scan


def removed_meanwhile(connection, owner) -> None:
    connection_remove(connection=Connection.objects.get(id=connection.id), reason="Not ours", actor=owner)


def changed_meanwhile(connection, owner) -> None:
    connection_update(
        connection=connection,
        name="Other doors",
        entered={"address": "other.example.com"},
        secrets={"key": "another-secret-key-5678"},
        version=connection.version,
        actor=owner,
    )


@pytest.mark.parametrize("meanwhile", [removed_meanwhile, changed_meanwhile])
@pytest.mark.parametrize("trigger", [Trigger.PERSON, Trigger.SCHEDULE])
def test_connection_that_went_or_moved_since_it_was_read_is_not_scanned(connection, owner, meanwhile, trigger):
    meanwhile(connection, owner)
    with pytest.raises(NotReady):
        scan_request(connection=connection, actor=owner, trigger=trigger)
    assert not Scan.objects.exists()


def test_removed_connection_is_not_tested(connection, owner):
    removed_meanwhile(connection, owner)
    with pytest.raises(NotReady):
        scan_request(connection=connection, actor=owner, kind=Kind.PREFLIGHT)


def test_schedule_read_before_the_removal_starts_nothing(schedule, owner):
    removed_meanwhile(schedule.connection, owner)
    assert schedule_start_slot(schedule=schedule, now=timezone.now() + timedelta(days=2)) == 0
    assert not Scan.objects.exists()


def test_name_with_characters_no_database_takes_is_found_and_stored(connection, owner, building):
    building.doors = (("fr\x00nt", False), ("b\ud800ck", False), ("côté 🚪", False))
    scan = scanned(connection, owner)
    assert (scan.state, scan.error_sentence) == (ScanState.DONE, "")
    assert sorted(row.resource for row in Finding.objects.filter(scan=scan)) == ["b?ck", "côté 🚪", "fr\ufffdnt"]
