"""Owns the sealed secrets of connections: written from a form, opened only inside the worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from ztassess.common.envelope import Sealed, associated_data, keyring, seal, unseal
from ztassess.scans.models import Connection, ConnectionSecret, Scan, UploadedExport

SHOWS_LAST_FOUR_FROM = 16


def _bound_to(secret: ConnectionSecret) -> bytes:
    return associated_data("cred", secret.organization_id, secret.connection_id, secret.field, secret.version)


def secrets_store(connection: Connection, entered: Mapping[str, str]) -> None:
    """Seal the entered secrets; an empty value keeps what is stored."""
    for field, plain in entered.items():
        if not plain:
            continue
        row = ConnectionSecret.objects.filter(connection=connection, field=field).first() or ConnectionSecret(
            organization=connection.organization, connection=connection, field=field, version=0
        )
        row.version += 1
        sealed = seal(plain.encode(), keyring(), _bound_to(row))
        row.kek_id, row.wrapped_key, row.ciphertext = sealed.kek_id, sealed.wrapped_key, sealed.ciphertext
        row.last_four = plain[-4:] if len(plain) >= SHOWS_LAST_FOUR_FROM and "\n" not in plain else ""
        row.created_at, row.last_used_at = timezone.now(), None
        row.save()


def secrets_wipe(connection: Connection) -> None:
    """Delete ciphertext and wrapped keys at once."""
    ConnectionSecret.objects.filter(connection=connection).delete()


SESSION_ENDED = (
    "The temporary session was deleted when its scan ended. Enter a new one under “Change or rotate”, or give a role."
)
SESSION_LIVES = timedelta(hours=12)


def secrets_end_session(connection: Connection) -> None:
    """Delete the secrets of a temporary session; the connection waits for new ones and says so."""
    names = [field.name for field in connection.connector.fields if field.single_use]
    gone, _ = ConnectionSecret.objects.filter(connection=connection, field__in=names).delete()
    if gone:
        connection.preflight = (connection.preflight or {"identity": "", "rows": [], "warnings": []}) | {
            "refused": SESSION_ENDED
        }
        connection.save(update_fields=["preflight"])


@contextmanager
def secrets_open(connection: Connection) -> Iterator[Mapping[str, str]]:
    """The connection's secrets by field, for the length of the block. Raises `EnvelopeError` if one does not open."""
    rows = list(ConnectionSecret.objects.filter(connection=connection))
    ConnectionSecret.objects.filter(connection=connection).update(last_used_at=timezone.now())
    opened = {row.field: unseal(Sealed.of(row), keyring(), _bound_to(row)).decode() for row in rows}
    try:
        yield opened
    finally:
        opened.clear()


def _upload_bound_to(scan: Scan, name: str) -> bytes:
    return associated_data("upload", scan.organization_id, scan.id, name)


def upload_seal(scan: Scan, name: str, content: bytes, sha256: str) -> UploadedExport:
    """Store an uploaded export sealed: it may hold names and policies of the customer's systems."""
    sealed = seal(content, keyring(), _upload_bound_to(scan, name))
    row = UploadedExport(
        organization=scan.organization,
        scan=scan,
        name=name,
        size=len(content),
        sha256=sha256,
        **sealed.columns,
    )
    row.save(force_insert=True)
    return row


def upload_open(row: UploadedExport) -> bytes:
    """The bytes of an uploaded export."""
    sealed = Sealed.of(row)
    return unseal(sealed, keyring(), _upload_bound_to(row.scan, row.name))
