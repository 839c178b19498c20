"""Owns turning Tailscale's JSON into typed values; what is not named here never enters the snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ztassess.connectors.api import Row
from ztassess.connectors.tailscale.snapshot import (
    Change,
    Device,
    DeviceAttributes,
    Integration,
    Settings,
    TailnetKey,
    User,
)

# Tailscale writes "never" and "none" as 0001-01-01T00:00:00Z.
ZERO_YEAR: Final = 1
_MOST: Final = 120


def moment_of(row: Row, path: str) -> datetime | None:
    """A point in time; None if it is absent, empty or the year 1."""
    found = row.moment(path, None)
    return None if found is None or found.year == ZERO_YEAR else found


def is_never(row: Row, path: str) -> bool:
    """The field is there and holds the year 1."""
    found = row.moment(path, None)
    return found is not None and found.year == ZERO_YEAR


def device_of(row: Row) -> Device:
    """A ``Device`` ("List tailnet devices"), with routes if it was listed with ``fields=all``."""
    # Only fields=all brings the connectivity report; with it, an absent list of routes is an empty one.
    full = row.has("clientConnectivity")
    external = row.flag("isExternal", False)  # noqa: FBT003  a device counts as our own unless it is said not to be
    return Device(
        id=row.text("nodeId", "") or row.text("id"),
        name=row.text("name", "").lower().rstrip("."),
        hostname=row.text("hostname", ""),
        user=row.text("user", "").lower(),
        os=row.text("os", ""),
        authorized=row.flag("authorized"),
        external=external,
        ephemeral=row.flag("isEphemeral", None),
        key_expiry_disabled=row.flag("keyExpiryDisabled", None),
        expires=moment_of(row, "expires"),
        never_expires=is_never(row, "expires"),
        last_seen=moment_of(row, "lastSeen"),
        connected=row.flag("connectedToControl", None),
        tags=row.texts("tags", ()),
        addresses=row.texts("addresses", ()),
        routes=row.texts("enabledRoutes", () if full or external else None),
        advertised=row.texts("advertisedRoutes", () if full or external else None),
        lock_error=row.text("tailnetLockError", "")[:_MOST],
        serials=tuple(each.lower() for each in row.texts("postureIdentity.serialNumbers", ())),
    )


def user_of(row: Row) -> User:
    """A ``User`` ("List users")."""
    return User(
        id=row.text("id"),
        login=row.text("loginName").lower(),
        kind=row.text("type", "member"),
        role=row.text("role"),
        status=row.text("status"),
        devices=row.number("deviceCount", None),
        last_seen=moment_of(row, "lastSeen"),
    )


def key_is_bare(row: Row) -> bool:
    """The list gave an id alone, so the key itself must be asked for."""
    return not row.has("keyType") and not row.has("created")


def key_of(row: Row, now: datetime) -> TailnetKey:
    """A ``Key`` ("List tailnet keys", "Get key")."""
    expires = moment_of(row, "expires")
    ended = expires is not None and expires <= now
    invalid = row.flag("invalid", False)  # noqa: FBT003  only a revoked or expired key has the field set
    return TailnetKey(
        id=row.text("id"),
        kind=row.text("keyType", ""),
        description=row.text("description", "")[:_MOST],
        created=moment_of(row, "created"),
        expires=expires,
        over=invalid or moment_of(row, "revoked") is not None or ended,
        reusable=row.flag("capabilities.devices.create.reusable", None),
        ephemeral=row.flag("capabilities.devices.create.ephemeral", None),
        scopes=row.texts("scopes", ()),
        tags=row.texts("tags", ()),
        user=row.text("userId", ""),
    )


def settings_of(row: Row) -> Settings:
    """``TailnetSettings`` ("Get tailnet settings"); null stands for what the credential may not see."""
    return Settings(
        devices_approval=row.flag("devicesApprovalOn", None),
        users_approval=row.flag("usersApprovalOn", None),
        key_days=row.number("devicesKeyDurationDays", None),
        flow_logs=row.flag("networkFlowLoggingOn", None),
        posture_identity=row.flag("postureIdentityCollectionOn", None),
    )


def integration_of(row: Row) -> Integration:
    """A ``PostureIntegration`` ("List all posture integrations"); its error may quote a secret and is not kept."""
    return Integration(row.text("provider"), failing=bool(row.text("status.error", "")))


def attributes_of(row: Row, device: str) -> DeviceAttributes:
    """``DevicePostureAttributes`` ("Get device posture attributes")."""
    return DeviceAttributes(device, tuple(sorted(row.keys("attributes"))))


def change_of(row: Row) -> Change | None:
    """A ``ConfigurationAuditLog`` ("List configuration audit logs"); None for a change that failed."""
    if row.text("error", ""):
        return None
    return Change(
        at=row.moment("eventTime"),
        action=row.text("action"),
        property=row.text("target.property", ""),
        target_kind=row.text("target.type", ""),
        target=row.text("target.id", ""),
        target_name=row.text("target.name", "").lower().rstrip("."),
    )
