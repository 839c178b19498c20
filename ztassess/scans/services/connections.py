"""Owns writes about connections: connect, change, remove."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from ztassess.accounts.models import User
from ztassess.audit.models import Via
from ztassess.audit.services import audit_record
from ztassess.connectors.contract import Connector
from ztassess.organizations.models import Organization
from ztassess.scans.errors import ConnectionChanged, SecretMissing
from ztassess.scans.models import Connection, ConnectionSecret, ConnectionShare, Schedule
from ztassess.scans.services.scans import scans_end_of
from ztassess.scans.vault import secrets_store, secrets_wipe

MINUTES_SPREAD = 15


def connection_create(
    *,
    organization: Organization,
    connector: Connector,
    name: str,
    entered: Mapping[str, str],
    secrets: Mapping[str, str],
    actor: User | None,
    upload_only: bool = False,
    external_id: UUID | None = None,
) -> Connection:
    """Store a new connection with its secrets sealed, and its daily schedule.

    Parameters:
        entered: the text of the non-secret fields as the person typed it; parsed again by each scan.
        actor: None for a connection that comes about by itself, see `ztassess.scans.services.shares`.
        external_id: the one that was shown to the person, see `ztassess.scans.external_id`; a fresh one by default.
    """
    with transaction.atomic():
        connection = Connection(
            organization=organization,
            connector_slug=connector.slug,
            name=name,
            config=dict(entered),
            created_by=actor,
            upload_only=upload_only,
            external_id=external_id or uuid4(),
        )
        connection.save(force_insert=True)
        secrets_store(connection, secrets)
        if not upload_only and not connector.joint:
            # Spread over a quarter of an hour, so that the daily scans do not arrive at once.
            offset = timezone.now().hour * 60 + connection.id.int % MINUTES_SPREAD
            Schedule.objects.create(organization=organization, connection=connection, offset_minutes=offset)
        audit_record(
            organization=organization,
            actor=actor,
            action="connection.create",
            object=f"connection:{connection.id}",
            via=Via.PAGE if actor else Via.TASK,
            summary=f"{actor or 'ztassess'} connected {connector.title} as {name}",
            after={"config": dict(entered), "secrets": sorted(field for field, value in secrets.items() if value)},
        )
    return connection


def binding_of(connector: Connector, entered: Mapping[str, str]) -> tuple[str, ...]:
    """The values that say which system a stored secret is sent to."""
    return tuple(entered.get(field.name, field.default).strip() for field in connector.fields if field.binds_target)


def connection_update(
    *,
    connection: Connection,
    name: str,
    entered: Mapping[str, str],
    secrets: Mapping[str, str],
    version: int,
    actor: User,
) -> Connection:
    """Change a connection if nobody else did since ``version``. An empty secret keeps the stored one.

    A change of where the secret is sent wipes it in the same transaction: otherwise an editor could send the stored
    secret to a server of their own.

    Raises:
        SecretMissing: the target changed and a needed secret was not entered again; nothing was changed.
        ConnectionChanged: somebody else saved it meanwhile; nothing was changed.
    """
    connector = connection.connector
    with transaction.atomic():
        current = Connection.objects.select_for_update().get(id=connection.id)
        if current.version != version:
            raise ConnectionChanged(
                "Somebody else changed this connection meanwhile. Nothing of yours was saved; reload and compare."
            )
        moved = binding_of(connector, current.config) != binding_of(connector, entered)
        before = dict(current.config)
        if moved:
            stored = set(ConnectionSecret.objects.filter(connection=current).values_list("field", flat=True))
            missing = sorted(stored - {field for field, value in secrets.items() if value})
            if missing:
                raise SecretMissing(
                    "The connection would point at another system, so the stored secret does not go along. "
                    f"Enter it again: {', '.join(missing)}. Nothing was changed."
                )
            secrets_wipe(current)
        current.name, current.config, current.version = name, dict(entered), version + 1
        current.preflight, current.preflight_at = None, None
        current.save()
        secrets_store(current, secrets)
        scans_end_of(current, sentence="The connection was changed meanwhile; nothing of this run was kept.")
        audit_record(
            organization=current.organization,
            actor=actor,
            action="connection.update",
            object=f"connection:{current.id}",
            summary=f"{actor} changed the connection {name}" + (", the stored secret was replaced" if moved else ""),
            before={"config": before},
            after={"config": dict(entered), "secrets": sorted(field for field, value in secrets.items() if value)},
        )
    assert isinstance(current, Connection)  # noqa: S101  for the type checker: the manager is untyped
    return current


def connection_remove(*, connection: Connection, reason: str, actor: User) -> None:
    """Remove a connection: secrets and uploads are deleted, its scans canceled, findings stay as history.

    What it refuted keeps refuting for one freshness window (scoring: from findings to levels).
    """
    with transaction.atomic():
        secrets_wipe(connection)
        ConnectionShare.objects.filter(connection=connection).delete()
        scans_end_of(connection, sentence="The connection was removed; nothing of this run was kept.")
        Schedule.objects.filter(connection=connection).update(is_on=False)
        connection.removed_at, connection.removal_reason = timezone.now(), reason[:400]
        connection.save(update_fields=["removed_at", "removal_reason"])
        audit_record(
            organization=connection.organization,
            actor=actor,
            action="connection.remove",
            object=f"connection:{connection.id}",
            summary=f"{actor} removed the connection {connection.name}",
            after={"reason": reason},
        )
