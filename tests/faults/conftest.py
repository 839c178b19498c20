"""What the fault tests share: an installation of their own, hostile servers, counted bells."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from tests.conftest import proven
from tests.connectors.conftest import serve
from tests.fakes.doors import bells, building, connection, schedule
from tests.faults.installation import Installation, migrated_installation
from tests.services.moto import moto, moto_server_process
from ztassess.accounts.models import User
from ztassess.common.models import organization_scope
from ztassess.organizations.models import Organization
from ztassess.scans import work
from ztassess.scans.models import Connection, Scan
from ztassess.scans.services.scans import scan_request
from ztassess.scans.work import scan_work

__all__ = ["bells", "building", "connection", "moto", "moto_server_process", "schedule", "serve"]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A migrated SQLite file and keys of its own."""
    return migrated_installation(tmp_path / "data")


@dataclass
class Company:
    """An owner in front of the pages of an organization, and a worker behind them."""

    client: Client
    organization: Organization
    owner: User

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form of the organization's pages."""
        return self.client.post(f"/o/{self.organization.slug}/{path}", fields)

    def connect(self, slug: str, **fields: str) -> Connection:
        """Fill in the connect form, which queues a test."""
        reply = self.post(f"connectors/{slug}/connect/", connection_name="Ours", **fields)
        assert reply.status_code == 302, reply.content.decode()
        with organization_scope(self.organization):
            return Connection.objects.get(id=reply.headers["Location"].rstrip("/").rpartition("/")[2])

    def work(self) -> Scan:
        """Let a worker do what is queued."""
        with organization_scope(self.organization):
            scan = Scan.objects.active().get()
        assert scan_work(self.organization, scan.id, "test-worker")
        with organization_scope(self.organization):
            scan.refresh_from_db()
        return scan

    def scan(self, connection: Connection) -> Scan:
        """A scan of a connection whose test is taken for good, done."""
        with organization_scope(self.organization):
            connection.preflight = {"identity": "we", "rows": [], "warnings": [], "refused": ""}
            connection.save(update_fields=["preflight"])
            scan_request(connection=connection, actor=None)
        return self.work()

    def page(self, path: str = "") -> str:
        """What a person sees."""
        reply = self.client.get(f"/o/{self.organization.slug}/{path}")
        assert reply.status_code == 200
        return str(reply.content.decode())

    def reads(self, scan: Scan) -> bool:
        """Whether the connection's page shows the sentence this run ended with."""
        return bool(scan.error_sentence) and escape(scan.error_sentence) in self.page(
            f"connections/{scan.connection_id}/"
        )


@pytest.fixture
def company(client, owner, organization, bells, monkeypatch) -> Company:
    """Bells are counted, and the wait that makes all unreachable targets alike is left out."""
    proven(client, owner)
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: None))
    return Company(client, organization, owner)
