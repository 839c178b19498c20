"""Owns the permissions: which scope opens which part, how people call the part, and which scopes we must not have."""

from __future__ import annotations

from typing import Final

_AUTH = "https://www.googleapis.com/auth/"
USERS: Final = f"{_AUTH}admin.directory.user.readonly"
ORG_UNITS: Final = f"{_AUTH}admin.directory.orgunit.readonly"
ROLES: Final = f"{_AUTH}admin.directory.rolemanagement.readonly"
MOBILE: Final = f"{_AUTH}admin.directory.device.mobile.readonly"
CHROME: Final = f"{_AUTH}admin.directory.device.chromeos.readonly"
AUDIT: Final = f"{_AUTH}admin.reports.audit.readonly"
POLICIES: Final = f"{_AUTH}cloud-identity.policies.readonly"
DEVICES: Final = f"{_AUTH}cloud-identity.devices.readonly"
SSO: Final = f"{_AUTH}cloud-identity.inboundsso.readonly"
DELEGATED: Final = (USERS, ORG_UNITS, ROLES, MOBILE, CHROME, AUDIT, POLICIES, DEVICES, SSO)
"""What the entry of domain-wide delegation lists; each of them can only read."""

CLOUD: Final = f"{_AUTH}cloud-platform"
"""Access Context Manager has no read-only scope: what the service account itself may do there, its role says."""
READER_ROLE: Final = "roles/accesscontextmanager.policyReader"

WRITING: Final = (
    (f"{_AUTH}admin.directory.user", "changing users"),
    (f"{_AUTH}admin.directory.user.security", "revoking people's tokens and app passwords"),
    (f"{_AUTH}admin.directory.rolemanagement", "giving administrator roles"),
    (f"{_AUTH}cloud-identity.policies", "changing policies"),
)
"""Scopes that can write, with what they allow; a token for one of them proves that it is delegated."""

PARTS: Final = {
    USERS: "users",
    ORG_UNITS: "organizational units",
    ROLES: "administrator roles",
    MOBILE: "mobile devices",
    CHROME: "ChromeOS devices",
    AUDIT: "audit logs",
    POLICIES: "policies",
    DEVICES: "devices",
    SSO: "sign-in through other identity providers",
    READER_ROLE: "access levels",
}
DELEGATION_PLACE: Final = "Admin console > Security > API controls > Domain-wide delegation"
