"""Owns the frozen picture of one Keycloak realm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.connectors.contract import Declared
from ztassess.domain.findings import Part, Unavailable

NOTHING_DECLARED: Final = Declared()
NOT_READ: Final = Unavailable("input_missing", detail="This was not read.")
OPENID: Final = "openid-connect"


@dataclass(frozen=True, slots=True)
class Realm:
    """Settings of the realm. Times in seconds; None if Keycloak did not say.

    Attributes:
        access_token_implicit: of tokens from the implicit flow, which no client overrides.
        idle_remembered, max_remembered: of sessions with "remember me"; 0 is the same as for other sessions.
        offline_max: life of an offline session where that is limited.
        reuse: how often a refresh token may be used again after its first use.
        browser_flow: alias of the flow that people sign in through.
        passkey_verification: ``required`` if a passkey must also verify its holder.
    """

    name: str
    access_token: int | None
    access_token_implicit: int | None
    revoke_refresh: bool | None
    reuse: int | None
    session_idle: int | None
    session_max: int | None
    remember_me: bool | None
    idle_remembered: int | None
    max_remembered: int | None
    offline_limited: bool | None
    offline_max: int | None
    browser_flow: str
    passkey_verification: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """One client; never its secret.

    Attributes:
        protocol: ``openid-connect`` or ``saml``.
        authenticator: how it proves itself, such as ``client-jwt``.
        token_life: seconds by its attribute ``access.token.lifespan``; None inherits; -1 lasts as long as the session.
        browser_flow: id of the flow it overrides the browser flow with; empty if it does not.
        offline: it may ask for offline sessions; None if Keycloak did not say.
    """

    id: str
    name: str
    enabled: bool
    protocol: str
    public: bool | None
    service_account: bool | None
    authenticator: str
    direct_grants: bool | None
    implicit: bool | None
    token_life: int | None
    browser_flow: str
    offline: bool | None

    @property
    def openid(self) -> bool:
        """It speaks OpenID Connect, so that it has tokens and grants."""
        return self.protocol == OPENID


@dataclass(frozen=True, slots=True)
class Flow:
    """One top-level flow, as clients name it (id) and as the realm names it (alias)."""

    id: str
    alias: str


@dataclass(frozen=True, slots=True)
class Step:
    """One execution of a flow, at its place in it.

    Attributes:
        flow: alias of the top-level flow.
        level: 0 at the top; children of a sub-flow stand after it, one level deeper.
        requirement: ``REQUIRED``, ``ALTERNATIVE``, ``CONDITIONAL``, ``DISABLED``; ``OPTIONAL`` before version 8.
        provider: id of the authenticator or condition; empty for a sub-flow.
        passed_by: of a condition on credentials, those that make Keycloak leave the sub-flow out; None if not known.
    """

    flow: str
    level: int
    requirement: str
    provider: str
    name: str
    subflow: bool
    passed_by: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One required action. ``default``: set for every new user."""

    alias: str
    provider: str
    enabled: bool
    default: bool


@dataclass(frozen=True, slots=True)
class User:
    """One account of a person. ``name`` and ``email`` in lower case; ``otp`` None if Keycloak did not say."""

    id: str
    name: str
    email: str
    enabled: bool
    otp: bool | None
    created: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """The kinds of credentials of one user, such as ``password`` and ``webauthn``; never their contents."""

    user_id: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broker:
    """An identity provider that people come in from.

    Attributes:
        for_people: it signs people in, not only clients, and not only to link accounts.
        post_flow: alias of the flow after it; empty if there is none.
    """

    alias: str
    kind: str
    enabled: bool
    for_people: bool
    post_flow: str


@dataclass(frozen=True, slots=True)
class KeycloakSnapshot:
    """One reading of one realm. ``taken_at`` is the clock of every rule.

    Attributes:
        where: realm and host, for people.
        realm: one row.
        executions: of the flows that people sign in through.
        credentials: of enabled users whose listing showed no one-time password.
        secrets_removed: names of the places of an export where secrets stood, none of which was kept.
    """

    taken_at: datetime
    where: str
    own_client: str = ""
    declared: Declared = NOTHING_DECLARED
    realm: Part[Realm] = NOT_READ
    clients: Part[Client] = NOT_READ
    flows: Part[Flow] = NOT_READ
    executions: Part[Step] = NOT_READ
    actions: Part[Action] = NOT_READ
    users: Part[User] = NOT_READ
    credentials: Part[Credentials] = NOT_READ
    brokers: Part[Broker] = NOT_READ
    secrets_removed: tuple[str, ...] = ()
