"""A database that is busy, away or out of room: a sentence and the right status, everything accepted kept, no half."""

from __future__ import annotations

import errno

import pytest
from django.db import InterfaceError, OperationalError

from ztassess.assessments import services
from ztassess.assessments.models import Answer, AnswerChange
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.common.pages import status_of

SAVER = """
import sqlite3
from django.conf import settings
from django.db import connection
from django.test import Client
from tests.conftest import person
from ztassess.assessments.models import AnswerChange
from ztassess.audit.models import AuditEvent
from ztassess.common.models import organization_scope
from ztassess.organizations.services import organization_create

connection.settings_dict["OPTIONS"]["timeout"] = 0.3
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
owner = person("owner@acme.example", "Olga Owner")
organization = organization_create(name="Acme", owner=owner, facts={})
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
client.force_login(owner)
kept = 0

def save(note):
    global kept
    reply = client.post(
        f"/o/{organization.slug}/controls/mfa.all-humans/answer/", {"level": "2", "note": note, "version": str(kept)}
    )
    kept += reply.status_code == 302
    return reply

def tell():
    with organization_scope(organization):
        stored = AnswerChange.objects.count(), AuditEvent.objects.filter(action="answer.save").count()
    print("kept", kept, "stored", *stored)
"""


def test_locked_database_is_a_sentence_and_the_next_save_works(installation):
    out = installation.run(
        SAVER
        + """
print("free", save("one").status_code)
other = sqlite3.connect(settings.DATA_DIR / "ztassess.sqlite3", isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
busy = save("two")
print("busy", busy.status_code, busy.headers["Retry-After"], "your text is still in the form" in busy.content.decode())
other.execute("ROLLBACK")
print("free", save("two").status_code)
tell()
"""
    )
    assert "free 302\n" in out, out
    assert "busy 503 5 True" in out, out
    assert "kept 2 stored 2 2" in out, out


def test_full_disk_is_a_sentence_and_heals_when_there_is_room(installation):
    out = installation.run(
        SAVER
        + """
with connection.cursor() as cursor:
    pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    cursor.execute(f"PRAGMA max_page_count = {pages + 4}")
full = next(reply for number in range(60) if (reply := save(f"{number}" + "x" * 1900)).status_code != 302)
print("full", full.status_code, "make room" in full.content.decode())
tell()
with connection.cursor() as cursor:
    cursor.execute("PRAGMA max_page_count = 1000000")
print("room", save("again").status_code)
tell()
with connection.cursor() as cursor:
    print(cursor.execute("PRAGMA integrity_check").fetchone()[0])
"""
    )
    assert "full 507 True" in out, out
    assert "room 302" in out, out
    counts = [line.split()[1::2][:1] + line.split()[3:] for line in out.splitlines() if line.startswith("kept")]
    assert len(counts) == 2
    assert all(len(set(numbers)) == 1 for numbers in counts), counts
    assert out.strip().endswith("ok"), out


def test_file_is_written_through_a_power_cut_and_readers_do_not_wait(installation):
    out = installation.run(
        """
from django.db import connection
with connection.cursor() as cursor:
    print([cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "busy_timeout")])
"""
    )
    assert "['wal', 2, 20000]" in out


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (OperationalError("database is locked"), 503),
        (OperationalError("server closed the connection unexpectedly"), 503),
        (InterfaceError("connection already closed"), 503),
        (OperationalError("database or disk is full"), 507),
        (OperationalError('could not extend file "base/5": No space left on device'), 507),
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 507),
        (OSError(errno.ENOENT, "No such file"), 500),
        (ValueError("a mistake of ours"), 500),
        (None, 500),
    ],
)
def test_status_tells_what_passes_from_what_is_broken(problem, status):
    assert status_of(problem) == status


def test_save_that_breaks_half_way_leaves_nothing(client, owner, organization, monkeypatch):
    """The score is the last write of a save: when it fails, answer, history and audit line are not there either."""
    client.raise_request_exception = False
    client.force_login(owner)

    def away(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(services, "score_record", away)
    reply = client.post(f"/o/{organization.slug}/controls/mfa.all-humans/answer/", {"level": "2", "version": "0"})
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    with organization_scope(organization):
        assert not Answer.objects.exists()
        assert not AnswerChange.objects.exists()
        assert not AuditEvent.objects.filter(action="answer.save").exists()
