"""Owns one reading of Vault as a frozen snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ztassess.connectors.api import read_parts
from ztassess.connectors.contract import ReadContext
from ztassess.connectors.vault.client import list_audit_devices
from ztassess.connectors.vault.reading import Reading
from ztassess.connectors.vault.rights import own_rights, refuse_over_privilege
from ztassess.connectors.vault.session import signed_in
from ztassess.connectors.vault.snapshot import VaultSnapshot


def collect(context: ReadContext) -> VaultSnapshot:
    """Sign in, prove that we only read, read every part at once, give our token back.

    Raises:
        OverPrivileged: our token can read secrets or change something.
        ConnectorError: nothing at all could be read.
    """
    with signed_in(context) as visit:
        reading = Reading(visit.session)
        refuse_over_privilege(own_rights(reading))
        parts = read_parts(context, visit.session, readers(reading))
    return snapshot_of(context, parts, taken_at=context.now)


def readers(reading: Reading) -> Mapping[str, Callable[[], Iterable[Any]]]:
    """How each part is read, by the name of its field."""
    return {
        "mounts": reading.tuned_mounts,
        "sign_ins": reading.sign_ins,
        "audit_devices": lambda: list_audit_devices(reading.session),
        "policies": reading.policies,
        "engine_roles": reading.engine_roles,
        "static_roles": reading.static_roles,
        "database_roles": reading.database_roles,
        "cloud_roles": reading.cloud_roles,
        "certificate_roles": reading.certificate_roles,
        "sign_in_roles": reading.sign_in_roles,
        "app_roles": reading.app_roles,
    }


def snapshot_of(context: ReadContext, parts: Mapping[str, Any], *, taken_at: datetime) -> VaultSnapshot:
    """The snapshot of these parts, with what was declared; stores are None where nobody listed any."""

    def stores(field: str) -> frozenset[str] | None:
        lines = context.config.get(field) or ()
        return frozenset(line.strip().casefold() for line in lines) or None

    return VaultSnapshot(
        taken_at=taken_at,
        address=context.config.get("address") or "Vault",
        namespace=context.config.get("namespace") or "",
        data_stores=stores("data_stores"),
        sensitive_stores=stores("sensitive_stores"),
        **parts,
    )
