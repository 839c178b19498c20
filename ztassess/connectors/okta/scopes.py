"""Owns the scopes we ask for, which part of the snapshot needs which, and which admin roles of the app are too much."""

from __future__ import annotations

from typing import Final

SCOPES: Final = (
    "okta.policies.read",
    "okta.apps.read",
    "okta.users.read",
    "okta.groups.read",
    "okta.apiTokens.read",
    "okta.authenticators.read",
    "okta.authorizationServers.read",
    "okta.networkZones.read",
    "okta.deviceAssurance.read",
    "okta.devices.read",
    "okta.logs.read",
    "okta.idps.read",
    "okta.roles.read",
    "okta.orgs.read",
    "okta.logStreams.read",
)
READ: Final = ".read"
POLICIES, APPS, USERS, GROUPS, TOKENS, AUTHENTICATORS, SERVERS, ZONES = SCOPES[:8]
ASSURANCE, DEVICES, LOGS, PROVIDERS, ROLES, ORGS, STREAMS = SCOPES[8:]
# The first two are refused by themselves; the others can change less, and nothing with scopes that only read.
REFUSED_ROLES: Final = {"SUPER_ADMIN": "Super Administrator", "ORG_ADMIN": "Organization Administrator"}
READING_ROLES: Final = frozenset({"READ_ONLY_ADMIN", "REPORT_ADMIN"})
# These parts are shown to Super Administrators only (Okta Help Center, "Standard administrator roles and permissions").
SUPER_ONLY: Final = frozenset({ROLES, STREAMS})


def writing(scopes: frozenset[str]) -> tuple[str, ...]:
    """The granted scopes that are not for reading, sorted."""
    return tuple(sorted(scope for scope in scopes if scope.startswith("okta.") and not scope.endswith(READ)))
