"""Owns the work of one scan: claim, read without a transaction, store all of it or nothing."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as db
from django.utils import timezone

from ztassess.common.envelope import EnvelopeError
from ztassess.common.models import organization_scope
from ztassess.common.redaction import OpenSecrets, redact
from ztassess.connectors.contract import FieldKind, Preflight, ReadContext, UploadedFile
from ztassess.connectors.errors import Canceled, ConnectorError, RateLimited, Unreachable
from ztassess.connectors.runner import Reading, read_once, read_upload
from ztassess.organizations.models import Organization
from ztassess.scans.errors import LeaseLost
from ztassess.scans.models import Connection, Kind, Scan, ScanState, Trigger, UploadedExport
from ztassess.scans.queue import Claim, Lease, claim, finish, hold_fence, park
from ztassess.scans.reading import PREFLIGHT_SECONDS, SCAN_SECONDS, read_context
from ztassess.scans.selectors_shares import declared_everywhere, shared_views
from ztassess.scans.services.results import result_store, scan_end
from ztassess.scans.vault import secrets_open, upload_open

log = logging.getLogger(__name__)

PROGRESS_EVERY_SECONDS = 0.5
STORE_PAUSES = (1.0, 4.0, 15.0)
# Refused by policy, refused by the host and timed out take equally long, so that nobody maps a network by the clock.
UNREACHABLE_SECONDS = 6.0


class Progress:
    """Writes what was seen so far, at most twice a second, and hears a cancel."""

    def __init__(self, held: Claim, lease: Lease) -> None:
        self.held, self.lease = held, lease
        self.seen: dict[str, int] = {}
        self._written_at = 0.0

    def __call__(self, part: str, seen: int) -> None:
        """Called by the connector. Raises `Canceled` or `LeaseLost`."""
        self.seen[part] = seen
        now = time.monotonic()
        if now - self._written_at < PROGRESS_EVERY_SECONDS:
            return
        self._written_at = now
        if self.lease.lost:
            raise LeaseLost(str(self.held.scan_id))
        with organization_scope(self.held.organization):
            mine = Scan.objects.filter(id=self.held.scan_id, fence=self.held.fence)
            mine.update(progress={"part": part, "seen": self.seen})
            if mine.filter(cancel_requested_at__isnull=False).exists():
                raise Canceled("Canceled; nothing of this scan was kept.")


def scan_work(organization: Organization, scan_id: UUID, worker: str) -> bool:
    """Do one scan to its end.

    Returns:
        False if it was not ours to do.
    """
    held = claim(organization, scan_id, worker)
    if held is None:
        return False
    started = time.monotonic()
    with Lease(held) as lease, OpenSecrets() as hidden:
        try:
            _read_and_store(held, Progress(held, lease), hidden)
        except LeaseLost:
            log.info("scan %s is held by somebody else now; nothing was written", scan_id)
        except RateLimited as slow:
            _park(held, slow)
        except (OperationalError, InterfaceError):
            # Nothing can be written now, not even a failure: the lease lapses and the scan is retaken.
            log.exception("scan %s lost the database", scan_id)
        except Exception as problem:  # noqa: BLE001  the outermost frame of a worker: stored as an error row
            if getattr(problem, "code", "") == Unreachable.code:
                time.sleep(max(0.0, started + UNREACHABLE_SECONDS - time.monotonic()))
            _end(held, *_ending(problem, scan_id))
    return True


def _ending(problem: Exception, scan_id: UUID) -> tuple[str, str, str]:
    """State, code and sentence for a person of a scan that could not be finished."""
    if isinstance(problem, Canceled):
        return ScanState.CANCELED, problem.code, problem.sentence
    if isinstance(problem, ConnectorError):
        # What a sentence keeps to itself, such as which address the guard refused, is for the operator.
        why = getattr(problem, "reason", "") or getattr(problem, "how", "") or problem.sentence
        log.info("scan %s failed, %s: %s", scan_id, problem.code, why)
        return ScanState.FAILED, problem.code, redact(problem.sentence)
    if isinstance(problem, EnvelopeError):
        return ScanState.FAILED, "secret", f"The stored secret could not be opened. {problem}"
    if isinstance(problem, SoftTimeLimitExceeded):
        return ScanState.FAILED, "timeout", "The scan ran into its time limit of four minutes. Earlier results stand."
    log.error("scan %s broke", scan_id, exc_info=problem)
    sentence = f"Something broke on our side ({type(problem).__name__}); it says nothing about your system."
    return ScanState.FAILED, "internal", sentence


def _read_and_store(held: Claim, progress: Progress, hidden: OpenSecrets) -> None:
    with organization_scope(held.organization):
        scan = Scan.objects.select_related("connection", "organization").get(id=held.scan_id)
        if scan.cancel_requested_at is not None:
            raise Canceled("Canceled before it started to read.")
        with secrets_open(scan.connection) as secrets:
            hidden.add(secrets.values())
            context = _context(scan, secrets, progress)
            if scan.kind == Kind.PREFLIGHT:
                outcome: Preflight | Reading = scan.connection.connector.preflight(context)
            else:
                outcome = _read(scan, context)
        _store(held, scan.connection, outcome, context.budget.requests)


def _store(held: Claim, read: Connection, outcome: Preflight | Reading, requests: int) -> None:
    """Store what was read, all of it or nothing; a database that is away for moments does not cost the reading."""
    for pause in (*STORE_PAUSES, None):
        try:
            with transaction.atomic():
                scan = hold_fence(held)
                scan.connection = read
                if isinstance(outcome, Preflight):
                    preflight_store(scan, outcome)
                else:
                    result_store(scan, outcome, requests=requests)
        except (OperationalError, InterfaceError) as problem:
            if pause is None:
                raise
            log.warning("scan %s could not be stored yet: %s", held.scan_id, type(problem).__name__)
            db.close_if_unusable_or_obsolete()
            time.sleep(pause)
        else:
            return


def _context(scan: Scan, secrets: object, progress: Progress) -> ReadContext:
    connector = scan.connection.connector
    return read_context(
        connector=connector,
        entered=scan.connection.config | _shown(scan.connection),
        secrets=dict(secrets),  # type: ignore[call-overload]  # a mapping of field to text
        declared=declared_everywhere(scan.organization, reader=scan.connection),
        views=shared_views() if connector.takes_views else (),
        exported_at=scan.exported_at,
        now=timezone.now(),
        progress=progress,
        seconds=PREFLIGHT_SECONDS if scan.kind == Kind.PREFLIGHT else SCAN_SECONDS,
        for_upload=scan.trigger == Trigger.UPLOAD,
    )


def _shown(connection: Connection) -> dict[str, str]:
    """Values that we made and only show: the external id of the trust policy."""
    fields = connection.connector.fields
    return {field.name: str(connection.external_id) for field in fields if field.kind is FieldKind.SHOWN}


def _read(scan: Scan, context: ReadContext) -> Reading:
    if scan.trigger != Trigger.UPLOAD:
        return read_once(scan.connection.connector, context)
    rows = UploadedExport.objects.filter(scan=scan).select_related("scan")
    files = [UploadedFile(row.name, upload_open(row)) for row in rows]
    return read_upload(scan.connection.connector, files, context)


def preflight_store(scan: Scan, found: Preflight) -> None:
    """Keep what the test of a credential found with its connection."""
    connection: Connection = scan.connection
    connection.preflight = {
        "identity": found.identity,
        "rows": [
            {"part": row.part, "allowed": row.allowed, "missing_scope": row.missing_scope, "detail": row.detail}
            for row in found.rows
        ],
        "warnings": list(found.warnings),
        "refused": found.refused,
    }
    connection.preflight_at = timezone.now()
    connection.save(update_fields=["preflight", "preflight_at"])
    finish(scan, ScanState.DONE)


def _park(held: Claim, slow: RateLimited) -> None:
    try:
        with organization_scope(held.organization), transaction.atomic():
            scan = hold_fence(held)
            if scan.cancel_requested_at is not None:
                scan_end(scan, ScanState.CANCELED, code=Canceled.code, sentence="Canceled; nothing of it was kept.")
            else:
                park(scan, slow.retry_after, redact(slow.sentence))
    except LeaseLost:
        log.info("scan %s ended elsewhere", held.scan_id)


def _end(held: Claim, state: str, code: str, sentence: str) -> None:
    try:
        with organization_scope(held.organization), transaction.atomic():
            scan_end(hold_fence(held), state, code=code, sentence=sentence)
    except LeaseLost:
        log.info("scan %s ended elsewhere", held.scan_id)
