"""Changing and removing connections: a secret goes nowhere else, is never shown, and ends with its connection."""

from __future__ import annotations

import logging
from uuid import uuid4

import pytest

from tests.faults.conftest import Company, company
from ztassess.audit.models import AuditDetail, AuditEvent
from ztassess.common.models import organization_scope
from ztassess.common.redaction import redact
from ztassess.connectors.errors import BadAnswer
from ztassess.scans import tasks, work
from ztassess.scans.models import Connection, ConnectionSecret, Finding, Kind, Scan, ScanState
from ztassess.scans.services.connections import connection_remove
from ztassess.scans.services.scans import scan_cancel, scan_request
from ztassess.scans.work import scan_work

__all__ = ["company"]

KEY = "canary-key-0123456789-wxyz"
FIELDS = {"connection_name": "Our doors", "address": "doors.example.com"}


@pytest.fixture
def ours(company, building) -> Connection:
    """Connected by the form; its test is done."""
    made = company.connect("doors", address="doors.example.com", key=KEY)
    assert company.work().state == ScanState.DONE
    with organization_scope(company.organization):
        made.refresh_from_db()
    return made


def edit(company: Company, connection: Connection, **fields: str):
    return company.post(
        f"connections/{connection.id}/edit/", **(FIELDS | {"version": str(connection.version), "key": ""} | fields)
    )


def stored(company: Company) -> list[ConnectionSecret]:
    with organization_scope(company.organization):
        return list(ConnectionSecret.objects.all())


def test_empty_secret_keeps_what_is_stored(company, ours, building):
    [before] = stored(company)
    assert edit(company, ours, connection_name="Renamed").status_code == 302
    assert [row.ciphertext for row in stored(company)] == [before.ciphertext]
    company.work()
    company.scan(ours)
    assert building.seen_secrets == [{"key": KEY}]


def test_new_secret_replaces_the_old_and_is_bound_anew(company, ours, building):
    assert edit(company, ours, key="another-key-0123456789").status_code == 302
    [row] = stored(company)
    assert (row.version, row.last_four) == (2, "6789")
    company.work()
    company.scan(ours)
    assert building.seen_secrets == [{"key": "another-key-0123456789"}]


def test_other_host_without_a_new_secret_is_refused_and_nothing_changes(company, ours):
    reply = edit(company, ours, address="doors.attacker.example")
    assert reply.status_code == 400
    assert "the stored secret does not go along. Enter it again: key. Nothing was changed." in reply.content.decode()
    with organization_scope(company.organization):
        assert Connection.objects.get().config["address"] == "doors.example.com"
    assert len(stored(company)) == 1


def test_other_host_with_a_new_secret_wipes_the_old_one(company, ours, building):
    [old] = stored(company)
    assert edit(company, ours, address="doors.other.example", key="another-key-0123456789").status_code == 302
    [new] = stored(company)
    assert (new.id == old.id, new.version) == (False, 1)
    company.work()
    company.scan(ours)
    assert building.seen_secrets == [{"key": "another-key-0123456789"}]


def test_change_asks_for_a_new_test(company, ours):
    edit(company, ours, connection_name="Renamed")
    with organization_scope(company.organization):
        changed = Connection.objects.get()
        assert (changed.preflight, changed.version) == (None, 2)
        assert Scan.objects.active().get().kind == Kind.PREFLIGHT


@pytest.mark.parametrize("version", ["1", "0", "", "99", "-1", "two", "1.0", "9" * 40, "²"])
def test_form_that_read_another_version_changes_nothing(company, ours, version):
    edit(company, ours, connection_name="Hers")
    reply = edit(company, ours, connection_name="His", version=version)
    assert reply.status_code == 400
    assert "Somebody else changed this connection meanwhile." in reply.content.decode()
    with organization_scope(company.organization):
        assert Connection.objects.get().name == "Hers"


@pytest.mark.parametrize("kind", [Kind.PREFLIGHT, Kind.SCAN])
def test_run_that_read_the_connection_as_it_was_stores_nothing(company, ours, building, kind, monkeypatch):
    """Neither a test of the old credential nor findings of the old host are taken for the new ones'."""
    with organization_scope(company.organization):
        old, _ = scan_request(connection=ours, actor=ours.created_by, kind=kind)
    real = work._context

    def changed_meanwhile(*args):
        assert edit(company, ours, address="doors.other.example", key="another-key-0123456789").status_code == 302
        return real(*args)

    monkeypatch.setattr(work, "_context", changed_meanwhile)
    scan_work(company.organization, old.id, "old worker")
    with organization_scope(company.organization):
        old.refresh_from_db()
        assert (old.state, old.error_sentence) == (
            ScanState.CANCELED,
            "The connection was changed meanwhile; nothing of this run was kept.",
        )
        assert Connection.objects.get().preflight is None
        assert not Finding.objects.exists()
        assert Scan.objects.active().get().kind == Kind.PREFLIGHT
    monkeypatch.undo()


def test_removed_connection_keeps_its_findings_and_no_secret(company, ours):
    scan = company.scan(ours)
    reply = company.post(f"connections/{ours.id}/remove/", reason="We moved away")
    assert reply.status_code == 302
    assert stored(company) == []
    with organization_scope(company.organization):
        assert Finding.objects.filter(scan=scan).exists()
        assert not Connection.objects.get().schedule.is_on
    assert "What it found stays as history." in company.page(f"connections/{ours.id}/")


def test_run_on_a_removed_connection_stores_nothing(company, ours, building):
    def removed_meanwhile(context):
        connection_remove(connection=ours, reason="gone", actor=ours.created_by)

    building.before_read.append(removed_meanwhile)
    scan = company.scan(ours)
    assert (scan.state, scan.error_sentence) == (
        ScanState.CANCELED,
        "The connection was removed; nothing of this run was kept.",
    )
    with organization_scope(company.organization):
        assert not Finding.objects.exists()


def test_secret_is_on_no_page_and_in_no_audit_line(company, ours):
    edit(company, ours, connection_name="")  # comes back with the form
    pages = [
        company.page(path)
        for path in (
            f"connections/{ours.id}/",
            f"connections/{ours.id}/edit/",
            "connectors/",
            "settings/log/",
        )
    ]
    refused = edit(company, ours, connection_name="", key=KEY).content.decode()
    with organization_scope(company.organization):
        lines = str([*AuditEvent.objects.values(), *AuditDetail.objects.values()])
    for text in (*pages, refused, lines):
        assert "canary" not in text
    assert "wxyz" in pages[0]
    assert ">Ours<" in pages[0]  # the control: what is not secret is there


def test_short_secret_shows_nothing_of_itself(company, building):
    company.connect("doors", address="doors.example.com", key="short-key-1234")
    assert stored(company)[0].last_four == ""


def test_secret_in_a_message_is_hidden_from_log_and_person(company, ours, building, caplog):
    """A library's exception or a vendor's reply may repeat what it was given."""

    def repeats(context):
        raise BadAnswer(f"Bad key {context.secrets['key']} and {context.secrets['key'].encode().hex()}.")

    building.before_read.append(repeats)
    scan = company.scan(ours)
    assert scan.error_sentence == "Bad key *** and ***."
    assert redact(KEY) == KEY  # only while it was open


def test_traceback_that_holds_a_secret_is_cleaned(company, ours, building, capsys):
    def breaks(context):
        raise ZeroDivisionError(f"by {context.secrets['key']}")

    building.before_read.append(breaks)
    root = logging.getLogger()
    handler = next(each for each in root.handlers if each.filters)
    monitor = logging.StreamHandler()
    monitor.filters = handler.filters
    root.addHandler(monitor)
    try:
        company.scan(ours)
    finally:
        root.removeHandler(monitor)
    said = capsys.readouterr().err
    assert "ZeroDivisionError: by ***" in said
    assert "canary" not in said


def test_without_a_key_nothing_is_stored_not_even_in_plain_text(company, building, settings):
    settings.ENCRYPTION_KEYS = ""
    company.client.raise_request_exception = False
    reply = company.post("connectors/doors/connect/", connection_name="Ours", address="doors.example.com", key=KEY)
    assert reply.status_code == 500
    with organization_scope(company.organization):
        assert not Connection.objects.exists()


def test_secret_copied_to_another_connection_does_not_open(company, ours, building):
    other = company.connect("doors", address="doors.attacker.example", key="another-key-0123456789")
    with organization_scope(company.organization):
        [stolen] = ConnectionSecret.objects.filter(connection=ours)
        ConnectionSecret.objects.filter(connection=other).update(
            wrapped_key=stolen.wrapped_key, ciphertext=stolen.ciphertext
        )
    scan = company.work()
    assert (scan.state, scan.error_code) == (ScanState.FAILED, "secret")
    assert "it was altered, moved, or the key is another one" in scan.error_sentence
    assert building.seen_secrets == []


@pytest.mark.parametrize("case", ["another tenant's scan", "a scan nobody has", "no ids", "numbers", "nothing at all"])
def test_forged_message_does_nothing(company, ours, other_organization, case):
    with organization_scope(company.organization):
        scan, _ = scan_request(connection=ours, actor=ours.created_by, kind=Kind.PREFLIGHT)
    messages = {
        "another tenant's scan": (str(other_organization.id), str(scan.id)),
        "a scan nobody has": (str(company.organization.id), str(uuid4())),
        "no ids": ("' OR 1=1 --", "../../etc/passwd"),
        "numbers": (7, 7.5),
        "nothing at all": (None, None),
    }
    tasks.run_scan(*messages[case])
    with organization_scope(company.organization):
        scan.refresh_from_db()
        assert (scan.state, scan.attempt) == (ScanState.PENDING, 0)


def test_doubled_message_does_its_work_once(company, ours):
    with organization_scope(company.organization):
        scan, _ = scan_request(connection=ours, actor=ours.created_by)
    for _ in range(3):
        tasks.run_scan(str(company.organization.id), str(scan.id))
    with organization_scope(company.organization):
        scan.refresh_from_db()
        assert (scan.state, scan.attempt) == (ScanState.DONE, 1)
        assert Finding.objects.filter(scan=scan).count() == 1


def test_message_of_a_canceled_scan_does_nothing(company, ours):
    with organization_scope(company.organization):
        scan, _ = scan_request(connection=ours, actor=ours.created_by)
        scan_cancel(scan=scan, actor=ours.created_by)
    tasks.run_scan(str(company.organization.id), str(scan.id))
    with organization_scope(company.organization):
        scan.refresh_from_db()
        assert scan.state == ScanState.CANCELED
