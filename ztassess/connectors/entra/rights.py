"""Owns what our own access token may do: the read-only proof, and which permission each part needs."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

from ztassess.connectors.errors import BadAnswer, OverPrivileged
from ztassess.connectors.netguard import parse_json

POLICIES: Final = "Policy.Read.All"
REPORTS: Final = "AuditLog.Read.All"
USERS: Final = "User.Read.All"
APPLICATIONS: Final = "Application.Read.All"
ROLES: Final = "RoleManagement.Read.Directory"
LICENSES: Final = "LicenseAssignment.Read.All"
ORGANIZATION: Final = "Organization.Read.All"
GROUPS: Final = "GroupMember.Read.All"
DEVICES: Final = "DeviceManagementManagedDevices.Read.All"
DEVICE_POLICIES: Final = "DeviceManagementConfiguration.Read.All"
DEVICE_SETTINGS: Final = "DeviceManagementServiceConfig.Read.All"
NEEDED: Final = frozenset(
    {
        POLICIES,
        REPORTS,
        USERS,
        APPLICATIONS,
        ROLES,
        LICENSES,
        ORGANIZATION,
        GROUPS,
        DEVICES,
        DEVICE_POLICIES,
        DEVICE_SETTINGS,
    }
)
NOT_VERIFIED: Final = "We could not verify that this credential is read-only."
# Directory roles of an app stand in `wids`. The first is in every token and gives nothing; the others only read.
_HARMLESS_ROLES: Final = frozenset(
    {
        "0997a1d0-0d1d-4acb-b408-d5ca73121e90",
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
        "5d6b6bb7-de71-4623-b4af-96380a352509",
        "4a5d8f65-41da-4de4-8968-e035b65339cf",
        "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    }
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What our token says of itself. ``permissions`` is None if it could not be read."""

    permissions: tuple[str, ...] | None
    roles: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for a person, beside a refusal."""
        if self.permissions is None:
            return (NOT_VERIFIED,)
        broader = [each for each in self.permissions if each not in NEEDED]
        if not broader:
            return ()
        return (f"This app has permissions that are broader than needed: {', '.join(broader)}. Remove them.",)


def rights_of(token: str) -> Rights:
    """Read the claims ``roles`` and ``wids`` of an access token.

    Only to refuse or warn: the token is Microsoft's to check, so its signature is not looked at here.
    """
    claims = _claims(token)
    roles = claims.get("roles")
    if not isinstance(roles, list) or not all(isinstance(each, str) for each in roles):
        return Rights(None, _texts(claims.get("wids")))
    return Rights(tuple(sorted(roles)), _texts(claims.get("wids")))


def refuse_over_privilege(rights: Rights) -> None:
    """Refuse a token that can do more than read.

    Raises:
        OverPrivileged: with every right named.
    """
    writing = [each for each in rights.permissions or () if not only_reads(each)]
    holding = [f"directory role {each}" for each in rights.roles if each not in _HARMLESS_ROLES]
    if writing or holding:
        named = ", ".join((*writing, *holding))
        raise OverPrivileged(f"This app can change your tenant ({named}). Remove them, then reconnect.")


def only_reads(permission: str) -> bool:
    """True for permissions such as ``Policy.Read.All``; what does not say that it reads is taken for more."""
    words = permission.split(".")[1:]
    return any(word in ("Read", "ReadBasic", "ReadForUser") for word in words) and not any(
        "Write" in word or "FullControl" in word or "AccessAsUser" in word for word in words
    )


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004  header, claims, signature
        return {}
    try:
        value = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (BadAnswer, binascii.Error, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
