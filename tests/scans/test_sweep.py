"""The sweeper looks after all organizations: what breaks for one is told, and the others are still rung."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ztassess.scans.models import Connection, ConnectionSecret, Scan, ScanState
from ztassess.scans.services.scans import scan_request
from ztassess.scans.tasks import sweep


def test_row_of_a_connector_this_release_lacks_does_not_silence_the_bells(connection, owner, bells, caplog):
    past = timezone.now() - timedelta(days=2)
    common = {"organization": connection.organization}
    retired = Connection.objects.create(**common, connector_slug="retired", name="From a newer release")
    ConnectionSecret.objects.create(
        **common, connection=retired, field="key", kek_id="k1", wrapped_key=b"", ciphertext=b"", created_at=past
    )
    Scan.objects.create(**common, connection=retired, number=1, state=ScanState.RUNNING, attempt=3, lease_until=past)
    scan, _ = scan_request(connection=connection, actor=owner)
    sweep()
    assert bells == [(connection.organization_id, scan.id)]
    assert caplog.text.count("a step of the sweep broke") == 2
