"""Owns the scopes we ask for, which part of the snapshot needs which, and which are too much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

FACTORS, POLICIES, APIS = "read:guardian_factors", "read:mfa_policies", "read:resource_servers"
SUMMARY, CLIENTS, SETTINGS, USERS = "read:client_summary", "read:clients", "read:tenant_settings", "read:users"
SCOPES: Final = (FACTORS, POLICIES, APIS, SUMMARY, CLIENTS, SETTINGS, USERS)
# These read what proves other applications.
REVEALING: Final = frozenset({"read:client_keys", "read:client_credentials", "read:user_idp_tokens"})
READ: Final = "read:"


def writing(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes of the Management API that do something else than read, such as ``update:users``, sorted."""
    return tuple(sorted(scope for scope in set(scopes) if ":" in scope and not scope.startswith(READ)))


def revealing(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes that only read, but read secrets, sorted."""
    return tuple(sorted(set(scopes) & REVEALING))
