"""Owns turning Auth0's objects into values of the snapshot; what is not named here never enters it."""

from __future__ import annotations

from typing import Any, Final

from ztassess.connectors.api import Row
from ztassess.connectors.auth0.snapshot import Api, Client, Factor, Sessions, User
from ztassess.connectors.errors import BadAnswer

MANAGEMENT: Final = "/api/v2/"
KEY_METHODS: Final = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")


def policy_of(value: Any) -> str:
    """MfaPolicyEnum: a word."""
    if not isinstance(value, str):
        raise BadAnswer(f"Instead of an MFA policy came {type(value).__name__}.")
    return value


def factor_of(row: Row) -> Factor:
    """GuardianFactor."""
    return Factor(row.text("name"), row.flag("enabled"))


def api_of(row: Row) -> Api:
    """ResourceServer. Signing secret, keys and scopes are left behind."""
    identifier = row.text("identifier")
    return Api(
        name=row.text("name", "") or identifier,
        identifier=identifier,
        system=row.flag("is_system", absent=False) or identifier.endswith(MANAGEMENT),
        lifetime=row.number("token_lifetime", None),
        web=row.number("token_lifetime_for_web", None),
    )


def is_global(row: Row) -> bool:
    """It stands for old settings of the tenant; it is no application."""
    return row.flag("global", absent=False)


def client_of(row: Row) -> Client:
    """Client. Secret, keys, callbacks and metadata are left behind."""
    methods = row.row("client_authentication_methods", None)
    return Client(
        id=row.text("client_id"),
        name=row.text("name", "") or row.text("client_id"),
        kind=row.text("app_type", ""),
        grants=row.texts("grant_types", None),
        auth_method=row.text("token_endpoint_auth_method", ""),
        key_methods=() if methods is None else tuple(name for name in KEY_METHODS if methods.has(name)),
        rotation=row.text("refresh_token.rotation_type", ""),
        tenant=row.text("tenant", ""),
    )


def sessions_of(row: Row) -> Sessions:
    """GetTenantSettingsResponseContent."""
    return Sessions(_hours(row, "session_lifetime"), _hours(row, "idle_session_lifetime"))


def _hours(row: Row, name: str) -> float | None:
    """Hours may have a fraction."""
    if not row.has(name):
        return None
    found = row.value[name]
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise BadAnswer(f"{row.kind}.{name} is {type(found).__name__}, not a number.")
    return float(found)


def user_of(row: Row) -> User:
    """UserResponseSchema. Names, pictures, addresses, metadata and tokens of other providers are left behind.

    ``blocked`` is there only for users who were blocked once.
    """
    email = row.text("email", "").lower()
    return User(
        id=row.text("user_id"),
        name=email or row.text("username", "").lower() or row.text("user_id"),
        email=email,
        blocked=row.flag("blocked", absent=False),
        factors=row.texts("multifactor", ()),
        last_login=row.moment("last_login", None),
        created=row.moment("created_at", None),
    )
