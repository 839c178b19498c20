"""Owns writes about scans: request one, upload for one, cancel, end without findings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.connectors.contract import UploadedFile
from ztassess.scans.errors import NotReady
from ztassess.scans.models import Connection, Kind, Scan, ScanState, Trigger, UploadedExport
from ztassess.scans.queue import finish
from ztassess.scans.vault import secrets_end_session, upload_seal

TESTS_PER_HOUR = 60
_CAUSES = {str(Trigger.FOLLOW): "Another reading"}


def scan_request(
    *, connection: Connection, actor: User | None, trigger: str = Trigger.PERSON, kind: str = Kind.SCAN
) -> tuple[Scan, bool]:
    """Queue a scan. The row is the queue: once this commits, it will run, with or without the broker.

    Returns:
        The scan, and whether it is new: while one is active, asking again gives that one.

    Raises:
        NotReady: the connection is removed, takes uploads only, is untested, or its test refused it.
    """
    what = "test" if kind == Kind.PREFLIGHT else "scan"
    with transaction.atomic():
        # Serializes two requests for the same connection; the partial unique index is the second wall. Judged as it is
        # now: whoever asks may have read it before it was removed, changed or refused by its test.
        connection = Connection.objects.select_for_update().select_related("organization").get(id=connection.id)
        _ready_or_refuse(connection, trigger, kind)
        active = Scan.objects.active().filter(connection=connection).first()
        if active is not None:
            return active, False
        last = Scan.objects.filter(connection=connection).aggregate(last=Max("number"))["last"]
        scan = Scan.objects.create(
            organization=connection.organization,
            connection=connection,
            number=(last or 0) + 1,
            kind=kind,
            trigger=trigger,
            requested_by=actor,
        )
        audit_record(
            organization=connection.organization,
            actor=actor,
            via=Via.PAGE if actor else Via.TASK,
            action=f"{kind}.request",
            object=f"scan:{scan.id}",
            summary=f"{actor or _CAUSES.get(trigger, 'The schedule')} started a {what} of {connection.name}",
        )
    return scan, True


def _ready_or_refuse(connection: Connection, trigger: str, kind: str) -> None:
    if connection.organization.deletion_due_at is not None:
        raise NotReady("The organization is about to be deleted, so nothing is read any more. An owner can undo that.")
    if connection.removed_at is not None:
        raise NotReady("This connection was removed; its findings stay as history.")
    if trigger == Trigger.UPLOAD or (trigger == Trigger.FOLLOW and connection.connector.joint):
        return
    if connection.connector.automatic and kind == Kind.SCAN:
        return
    if connection.upload_only:
        raise NotReady("This connection has no credential. Upload an export, or connect the system itself.")
    if kind == Kind.PREFLIGHT:
        _not_too_often(connection)
        return
    if connection.preflight is None:
        raise NotReady("Test the connection first; the test says what a scan will be able to read.")
    if connection.preflight.get("refused"):
        raise NotReady(f"This credential is not used: {connection.preflight['refused']}")


def _not_too_often(connection: Connection) -> None:
    """Many tests in a row would map a network; sixty an hour are plenty for a person."""
    since = timezone.now() - timedelta(hours=1)
    recent = Scan.objects.filter(organization=connection.organization, kind=Kind.PREFLIGHT, created_at__gte=since)
    if recent.count() >= TESTS_PER_HOUR:
        raise NotReady(f"{TESTS_PER_HOUR} tests an hour are the limit; the connection is kept. Try again later.")


def scan_upload(
    *, connection: Connection, files: Sequence[UploadedFile], actor: User, exported_at: datetime | None = None
) -> Scan:
    """Queue a scan that reads uploaded exports instead of the system.

    Parameters:
        exported_at: when the export was made, as the person says; None if the files or the clock have to do.

    Raises:
        NotReady: another scan of the connection is active; nothing of the upload was kept.
    """
    with transaction.atomic():
        scan, created = scan_request(connection=connection, actor=actor, trigger=Trigger.UPLOAD)
        if not created:
            raise NotReady(
                "A scan of this connection is running. Nothing of the upload was kept; try again when it has ended."
            )
        if exported_at is not None:
            scan.exported_at = exported_at
            scan.save(update_fields=["exported_at"])
        for file in files:
            upload_seal(scan, file.name, file.content, hashlib.sha256(file.content).hexdigest())
    return scan


def scan_cancel(*, scan: Scan, actor: User) -> Scan:
    """Stop a scan: at once while it waits, at its next step while it runs. Nothing half-read is kept."""
    with transaction.atomic():
        current = Scan.objects.select_for_update().get(id=scan.id)
        if not current.is_active:
            return scan
        current.cancel_requested_at = timezone.now()
        if current.state == ScanState.RUNNING:
            current.save(update_fields=["cancel_requested_at"])
        else:
            end_scan(current, ScanState.CANCELED, code="canceled", sentence=f"Canceled by {actor} before it started.")
        audit_record(
            organization=current.organization,
            actor=actor,
            action="scan.cancel",
            object=f"scan:{current.id}",
            summary=f"{actor} canceled scan {current.number} of {current.connection.name}",
        )
    assert isinstance(current, Scan)  # noqa: S101  for the type checker: the manager is untyped
    return current


def scans_end_of(connection: Connection, *, sentence: str) -> None:
    """End at once what waits or runs on a connection that changed or went: its fence keeps the worker from storing."""
    for scan in Scan.objects.active().select_for_update().filter(connection=connection):
        scan.connection = connection
        end_scan(scan, ScanState.CANCELED, code="canceled", sentence=sentence)


def end_scan(scan: Scan, state: str, *, code: str = "", sentence: str = "") -> None:
    """Bring a scan to an end without findings: its uploads go, and the log says so."""
    finish(scan, state, code=code, sentence=sentence)
    UploadedExport.objects.filter(scan=scan).delete()
    if scan.kind == Kind.SCAN:
        secrets_end_session(scan.connection)
    audit_record(
        organization=scan.organization,
        via=Via.TASK,
        action=f"scan.{state}",
        object=f"scan:{scan.id}",
        summary=f"Scan {scan.number} of {scan.connection.name} {state}: {sentence}"[:400],
    )
