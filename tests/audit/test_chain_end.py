"""The end of a chain, on both databases with their real triggers: the only way in which lines ever go."""

from __future__ import annotations

import json

import pytest

from tests.faults.installation import Installation, migrated_installation
from tests.services.postgres import start_postgres

STORY = """
import io, json, uuid
from datetime import timedelta
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from ztassess.accounts.models import User
from ztassess.audit.models import AuditEvent, AuditHead, ChainEnd
from ztassess.audit.services import audit_record
from ztassess.common.models import organization_scope
from ztassess.exchange.opening import FROM_A_PAGE, Archive
from ztassess.exchange.services.deletion import organization_erase
from ztassess.exchange.services.importing import organization_import
from ztassess.exchange.writing import archive_write
from ztassess.organizations.services import organization_create

def refused(step):
    try:
        with transaction.atomic():
            step()
    except DatabaseError as problem:
        return str(problem).splitlines()[0]
    return "DONE"

def sql(text):
    return lambda: connection.cursor().execute(text)

owner = User.objects.create_user("owner@acme.example", name="Olga")
acme = organization_create(name="MARKER-7Q", owner=owner, facts={})
other = organization_create(name="Other", owner=owner, facts={})
now, said = timezone.now(), {}

def end(seq, hash, of=acme):
    return lambda: ChainEnd.objects.create(organization_id=of.id, seq=seq, hash=hash, head_at=now, deleted_at=now)

def line():
    with organization_scope(acme):
        audit_record(organization=acme, action="late", object="x", summary="x")

with organization_scope(acme):
    head = AuditHead.objects.get()
    said["delete a line"] = refused(sql("DELETE FROM audit_auditevent"))
    said["delete through the model"] = refused(lambda: AuditEvent.objects.all().delete())
    said["change a line"] = refused(sql("UPDATE audit_auditevent SET action = 'x'"))
said["end of nobody"] = refused(end(1, "0" * 64, type("None", (), {"id": uuid.uuid4()})))
said["end with another hash"] = refused(end(head.seq, "0" * 64))
said["end with another line"] = refused(end(head.seq + 1, head.hash))
out = io.BytesIO()
archive_write(acme, out, tell=lambda *_: None)
erased = organization_erase(acme, due_only=False)
said["line after the end"] = refused(line)
said["other's line"] = refused(sql("DELETE FROM audit_auditevent"))
said["change the end"] = refused(sql("UPDATE audit_chainend SET seq = 1"))
said["delete the end"] = refused(sql("DELETE FROM audit_chainend"))
if connection.vendor == "postgresql":
    said["truncate lines"] = refused(sql("TRUNCATE audit_auditevent CASCADE"))
    said["truncate ends"] = refused(sql("TRUNCATE audit_chainend"))
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM audit_auditevent")
    lines = cursor.fetchone()[0]
files = []
if connection.vendor == "sqlite":
    connection.close()
    import pathlib
    data = pathlib.Path(connection.settings_dict["NAME"]).parent
    files = [path.name for path in data.iterdir() if path.is_file() and b"MARKER-7Q" in path.read_bytes()]
back = organization_import(archive=Archive(out, FROM_A_PAGE), importer=owner)
print("SAID " + json.dumps({"said": said, "lines": lines, "files": files, "seq": erased.seq, "back": back.lines}))
"""
APPEND, HEAD, ENDED, KEPT = (
    "the audit log is append-only",
    "a chain ends only at its head",
    "this chain has ended",
    "the end of a chain is never changed",
)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_lines_go_only_with_the_end_of_their_chain(database, tmp_path):
    if database == "postgresql":
        server = start_postgres()
        url = f"postgresql://postgres:{server.password}@localhost:{server.port}/postgres"
        installation = Installation(tmp_path, {"DATABASE_URL": url})
        done = installation.manage("migrate", "--skip-checks", "-v0")
        assert done.returncode == 0, done.stderr
    else:
        installation = migrated_installation(tmp_path)
    out = installation.run(STORY)
    (line,) = [line for line in out.splitlines() if line.startswith("SAID ")] or pytest.fail(out)
    found = json.loads(line.removeprefix("SAID "))
    append = dict.fromkeys(("delete a line", "delete through the model", "change a line", "other's line"), APPEND)
    heads = dict.fromkeys(("end of nobody", "end with another hash", "end with another line"), HEAD)
    wanted = append | heads | {"change the end": KEPT, "delete the end": KEPT}
    if database == "postgresql":
        wanted |= {"truncate lines": APPEND, "truncate ends": KEPT}
    said = found["said"]
    late = said.pop("line after the end")
    assert said == wanted
    # The organization is gone as well, so its foreign key may speak first.
    assert ENDED in late or "foreign key" in late.lower()
    assert found["lines"] == 1  # the other organization's own
    assert found["seq"] == 2
    assert found["back"] == 1
    assert found["files"] == []
    back = installation.manage("migrate", "audit", "0002", "--skip-checks", "-v0")
    assert back.returncode == 0, back.stderr
