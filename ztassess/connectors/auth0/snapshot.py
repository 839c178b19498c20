"""Owns the frozen picture of one Auth0 tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.domain.findings import Part, Unavailable

NOT_READ: Final = Unavailable("input_missing", detail="This was not read.")
MACHINE: Final = "client_credentials"
REFRESHES: Final = "refresh_token"


@dataclass(frozen=True, slots=True)
class Factor:
    """One second factor of the tenant, such as ``otp``."""

    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Api:
    """One API (resource server). Lifetimes in seconds; None if Auth0 did not say. Never its signing secret.

    Attributes:
        system: Auth0's own, such as the Management API; its lifetimes cannot be set.
        web: of tokens that browsers get; Auth0 keeps it at or below `lifetime`.
    """

    name: str
    identifier: str
    system: bool
    lifetime: int | None
    web: int | None


@dataclass(frozen=True, slots=True)
class Client:
    """One application; never its secret.

    Attributes:
        grants: None if Auth0 did not say.
        auth_method: how it proves itself by a secret, or ``none``; empty if it does so by key.
        key_methods: ``private_key_jwt`` and ways of TLS.
        rotation: ``rotating`` or ``non-rotating`` refresh tokens; empty if Auth0 did not say.
    """

    id: str
    name: str
    kind: str
    grants: tuple[str, ...] | None
    auth_method: str
    key_methods: tuple[str, ...]
    rotation: str
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Limits of the tenant's sessions in hours; None if Auth0 did not say."""

    lifetime: float | None
    idle: float | None


@dataclass(frozen=True, slots=True)
class User:
    """One account of a person. ``name`` and ``email`` in lower case; ``factors`` as far as Auth0 lists them."""

    id: str
    name: str
    email: str
    blocked: bool
    factors: tuple[str, ...]
    last_login: datetime | None
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Auth0Snapshot:
    """One reading of one tenant. ``taken_at`` is the clock of every rule.

    Attributes:
        policies: when a second factor is asked for, such as ``all-applications``; empty: never by policy.
        sessions: one row.
        users: at most 1,000, which is all that Auth0 lists.
    """

    taken_at: datetime
    tenant: str
    own_client: str = ""
    policies: Part[str] = NOT_READ
    factors: Part[Factor] = NOT_READ
    apis: Part[Api] = NOT_READ
    clients: Part[Client] = NOT_READ
    sessions: Part[Sessions] = NOT_READ
    users: Part[User] = NOT_READ
