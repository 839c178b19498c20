"""A week of one connection, told by the services: a clock, scans that end as the worker ends them, failed ones too."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from tests.fakes.doors import DoorSnapshot
from ztassess.assessments.models import SnapshotCause
from ztassess.assessments.services import score_record
from ztassess.connectors.runner import judge
from ztassess.domain.findings import Unavailable
from ztassess.scans.models import Connection, Scan, ScanState
from ztassess.scans.services.results import failure_store, result_store


class Week:
    """The present moment of a test, and what happens in it."""

    def __init__(self, monkeypatch) -> None:
        self.moment = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.moment)

    def at(self, text: str) -> datetime:
        """Go to a day, at ten, or to an exact time."""
        self.moment = datetime.fromisoformat(text if "T" in text else f"{text}T10:00:00").replace(tzinfo=UTC)
        return self.moment

    def begin(self, connection: Connection) -> Scan:
        """A scan that a worker has taken."""
        return Scan.objects.create(
            organization=connection.organization,
            connection=connection,
            number=Scan.objects.filter(connection=connection).count() + 1,
            state=ScanState.RUNNING,
            created_at=self.moment,
            started_at=self.moment,
            worker="w",
            fence=1,
        )

    def scan(self, connection: Connection, **doors: bool) -> Scan:
        """A scan that saw these doors, locked or not."""
        return self._store(connection, tuple(doors.items()))

    def scan_blind(self, connection: Connection) -> Scan:
        """A scan that was not allowed to look at the doors."""
        return self._store(connection, Unavailable("missing_scope", "doors:list", "The key may not list doors."))

    def fail(self, connection: Connection, sentence: str = "The building refused the key.") -> Scan:
        """A scan that read nothing."""
        scan = self.begin(connection)
        with transaction.atomic():
            failure_store(scan, code="auth_failed", sentence=sentence)
        return self._ended(scan)

    def record(self, organization) -> None:
        """The score of the day."""
        score_record(organization, cause=SnapshotCause.DAILY)

    def _store(self, connection: Connection, doors) -> Scan:
        scan = self.begin(connection)
        with transaction.atomic():
            result_store(scan, judge(connection.connector, DoorSnapshot(self.moment, doors)), requests=1)
        return self._ended(scan)

    def _ended(self, scan: Scan) -> Scan:
        """The database's clock dates the end of a scan; here it is the week's."""
        Scan.objects.filter(id=scan.id).update(finished_at=self.moment)
        scan.refresh_from_db()
        return scan
