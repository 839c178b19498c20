"""The log is a chain that shows what was altered, is refused an update by the database, and lives with its change."""

from __future__ import annotations

import base64
import importlib
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, transaction

from ztassess.audit.models import AuditDetail, AuditEvent, AuditHead
from ztassess.audit.services import NotInTransaction, audit_record, chain_hash, chain_mac


def record(organization, actor, number=1):
    return audit_record(
        organization=organization,
        actor=actor,
        action="test.write",
        object=f"thing:{number}",
        summary=f"Thing {number}",
        before={"n": number - 1},
        after={"n": number},
    )


def test_chain_is_gapless_and_each_line_holds_the_hash_of_the_one_before(in_scope, owner):
    for number in range(5):
        record(in_scope, owner, number)
    events = list(AuditEvent.objects.order_by("seq"))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for before, event in pairwise(events):
        assert event.prev_hash == before.hash
        assert event.hash == chain_hash(event)
        assert event.mac == chain_mac(event.hash)
    head = AuditHead.objects.get()
    assert (head.seq, head.hash) == (events[-1].seq, events[-1].hash)


@pytest.mark.parametrize("field", ["action", "object", "via", "seq", "before_digest", "after_digest", "prev_hash"])
def test_altered_line_does_not_hash(in_scope, owner, field):
    event = record(in_scope, owner)
    setattr(event, field, 999 if field == "seq" else "altered")
    assert chain_hash(event) != event.hash


def test_rolled_back_change_leaves_no_line(in_scope, owner):
    before = AuditEvent.objects.count()
    with transaction.atomic():
        record(in_scope, owner)
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_line_outside_a_transaction_is_refused(in_scope, owner):
    with pytest.raises(NotInTransaction):
        record(in_scope, owner)


def test_database_refuses_to_change_or_delete_a_line(in_scope, owner):
    migration = importlib.import_module("ztassess.audit.migrations.0002_append_only")
    event = record(in_scope, owner)
    with connection.schema_editor() if connection.vendor == "postgresql" else PlainEditor() as editor:
        migration.guard(None, editor)
        for statement in ("UPDATE audit_auditevent SET action = 'x'", "DELETE FROM audit_auditevent"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                connection.cursor().execute(statement)
        migration.unguard(None, editor)
    event.refresh_from_db()
    assert event.action == "test.write"


class PlainEditor:
    """A schema editor of SQLite insists on a connection without a transaction; the triggers do not need it."""

    connection = connection

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def execute(self, statement):
        connection.cursor().execute(statement)


def test_personal_words_can_be_erased_without_breaking_the_chain(in_scope, owner):
    event = record(in_scope, owner)
    AuditDetail.objects.filter(event=event).delete()
    assert chain_hash(AuditEvent.objects.get(id=event.id)) == event.hash


def test_newer_encryption_key_keeps_old_lines_verifiable(in_scope, owner, settings):
    event = record(in_scope, owner)
    settings.ENCRYPTION_KEYS = "new:" + base64.b64encode(b"n" * 32).decode() + "," + settings.ENCRYPTION_KEYS
    assert chain_mac(event.hash) == event.mac


def test_another_key_does_not_verify(in_scope, owner, settings):
    event = record(in_scope, owner)
    settings.ENCRYPTION_KEYS = "other:" + base64.b64encode(b"o" * 32).decode()
    assert chain_mac(event.hash) != event.mac
