"""Owns the scopes we ask for, which part of the snapshot needs which, and which scopes can change a tailnet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

DEVICES: Final = "devices:core:read"
ATTRIBUTES: Final = "devices:posture_attributes:read"
POLICY: Final = "policy_file:read"
USERS: Final = "users:read"
KEYS: Final = "auth_keys:read"
SETTINGS: Final = "feature_settings:read"
CHANGES: Final = "logs:configuration:read"
DNS: Final = "dns:read"
SCOPES: Final = (DEVICES, ATTRIBUTES, POLICY, USERS, KEYS, SETTINGS, CHANGES, DNS)
# Tailscale shows one single setting (networkFlowLoggingOn) only with this ("Get tailnet settings").
FLOW_LOGS: Final = "logs:network:read"
# With either of these the list of keys is the whole list (Tailscale, "Trust credentials", scopes).
WHOLE: Final = frozenset({"all", "all:read"})
OF_PART: Final = {
    "policy": POLICY,
    "devices": DEVICES,
    "users": USERS,
    "keys": KEYS,
    "settings": SETTINGS,
    "integrations": SETTINGS,
    "attributes": ATTRIBUTES,
    "changes": CHANGES,
}
_READ: Final = ":read"


def writing(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes that are not for reading, sorted: every one without ``:read`` at its end, ``all`` included."""
    return tuple(sorted({scope for scope in scopes if not scope.endswith(_READ)}))
