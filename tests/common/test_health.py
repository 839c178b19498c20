"""/healthz says that a process answers, /readyz that it can serve: one row per thing that may be missing."""

from __future__ import annotations

import base64

import pytest
from django.core import checks
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.faults.installation import Installation, migrated_installation
from tests.services.postgres import start_postgres
from ztassess.common import health
from ztassess.common.keyproof import key_problem
from ztassess.common.models import KeyProof

GOOD = "k1:" + base64.b64encode(bytes(range(32))).decode()
WRONG = "k1:" + base64.b64encode(bytes(32)).decode()
OTHER = "k2:" + base64.b64encode(bytes(range(1, 33))).decode()
SAID = {200: b"ok", 503: b"not ready"}


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """A process that remembers nothing of earlier tests."""
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "_told", "")


def ready(client) -> bool:
    reply = client.get("/readyz", headers={"Host": "10.9.8.7"})
    assert reply.content == SAID[reply.status_code]
    return bool(reply.status_code == 200)


def forget_a_migration():
    (newest,) = (name for app, name in MigrationLoader(connection).graph.leaf_nodes() if app == "scans")
    MigrationRecorder(connection).record_unapplied("scans", newest)


def lose_the_tables():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO gone")


@pytest.mark.django_db
def test_all_there_is_ready(client, settings):
    settings.ENCRYPTION_KEYS = GOOD
    assert ready(client)
    assert ready(client)
    assert KeyProof.objects.get().kek_id == "k1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "is_ready", "word"),
    [
        ("ENCRYPTION_KEYS", WRONG, False, "another encryption key"),
        ("ENCRYPTION_KEYS", OTHER, False, "'k1' is missing"),
        ("ENCRYPTION_KEYS", "", False, "No encryption key is set"),
        ("ENCRYPTION_KEYS", "k1:garbage", False, "not valid base64"),
        ("ENCRYPTION_KEYS", f"{OTHER},{GOOD}", True, ""),
        ("DATA_DIR", "/proc/no/such/folder", False, "cannot be written"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", True, ""),
    ],
    ids=["wrong-key", "key-missing", "no-key", "malformed-key", "rotated-key", "no-storage", "no-broker"],
)
def test_what_is_missing_decides(client, settings, caplog, name, value, is_ready, word):
    settings.ENCRYPTION_KEYS = GOOD
    assert ready(client)
    setattr(settings, name, value)
    assert ready(client) is is_ready
    assert word in caplog.text
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
@pytest.mark.parametrize("lose", [forget_a_migration, lose_the_tables])
def test_database_that_is_not_ours_yet_is_not_ready(client, lose):
    lose()
    assert not ready(client)


@pytest.mark.django_db
def test_operator_is_told_once_and_again_when_it_is_well(client, settings, caplog):
    caplog.set_level("INFO", logger=health.log.name)
    settings.ENCRYPTION_KEYS = GOOD
    ready(client)
    for keys in (WRONG, WRONG, GOOD):
        settings.ENCRYPTION_KEYS = keys
        ready(client)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["not ready", "ready again"]


@pytest.mark.django_db
def test_wrong_key_stops_the_start_with_its_name(settings):
    settings.ENCRYPTION_KEYS = GOOD
    assert key_problem() == ""
    settings.ENCRYPTION_KEYS = OTHER
    found = [message for message in checks.run_checks(databases=["default"]) if message.id == "ztassess.E004"]
    assert [("'k1'" in message.msg, message.is_serious()) for message in found] == [(True, True)]


def test_database_that_never_answers_is_not_ready(tmp_path):
    out = Installation(tmp_path).run(
        'print(get("/readyz")[:2], get("/healthz")[:2])', DATABASE_URL="postgresql://zt:secret@127.0.0.1:1/zt"
    )
    assert "(503, 'not ready') (200, 'ok')" in out
    assert "secret" not in out


@pytest.mark.postgres
def test_restarted_database_is_ready_at_once(tmp_path):
    """The one question that needs a server: a connection it closed is replaced, not remembered as broken."""
    server = start_postgres()
    process = Installation(tmp_path).popen(
        """
        from django.db import connection
        from django.db.migrations.recorder import MigrationRecorder
        from ztassess.common import health
        MigrationRecorder(connection).ensure_schema()
        health.migrations_done, health.key_problem = (lambda: True), (lambda: "")
        for _ in sys.stdin:
            print("said", get("/readyz")[0], flush=True)
        """,
        DATABASE_URL=f"postgresql://postgres:{server.password}@localhost:{server.port}/postgres",
    )

    def says() -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        print(file=process.stdin, flush=True)
        return next(line for line in process.stdout if line.startswith("said")).strip()

    try:
        assert says() == "said 200"
        with server.admin() as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert says() == "said 200"
        server.stop()
        assert says() == "said 503"
    finally:
        process.kill()
        process.communicate()
        server.stop()


def test_lost_database_file_is_not_ready(tmp_path):
    """SQLite makes an empty file where ours is gone; a process that had seen ours must not serve from it."""
    out = migrated_installation(tmp_path).run(
        """
        from django.conf import settings
        print(get("/readyz")[0])
        for file in settings.DATA_DIR.glob("ztassess.sqlite3*"):
            file.unlink()
        print(get("/readyz")[0])
        """
    )
    assert [line for line in out.splitlines() if line in {"200", "503"}] == ["200", "503"]
