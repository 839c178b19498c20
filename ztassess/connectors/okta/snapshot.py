"""Owns the frozen picture of one Okta org."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ztassess.connectors.contract import Declared
from ztassess.connectors.okta.snapshot_policies import ACTIVE, AccessRule, Network, Policy, SessionRule, TokenRule
from ztassess.domain.findings import Part, Unavailable

ADMIN_CONSOLE: Final = "saasure"
DASHBOARD: Final = "okta_enduser"
FIRST_PARTY: Final = {ADMIN_CONSOLE: "the Okta Admin Console", DASHBOARD: "the Okta Dashboard"}
SUPER_ADMIN: Final = "SUPER_ADMIN"
CLASSIC, IDENTITY_ENGINE = "v1", "idx"
NOTHING_DECLARED: Final = Declared()
NOT_READ: Final = Unavailable("input_missing", detail="This was not read.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How this reading signed in.

    Attributes:
        by: ``key`` (API Services app), ``ssws`` (static token) or ``export``.
        name: client id, or login of the token's owner.
        user_id: id of the static token's owner; empty otherwise.
    """

    by: str
    name: str = ""
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """One app.

    Attributes:
        name: Okta's own name of the kind of app, such as ``saasure``.
        policy_id: the authentication policy it is under; empty if it was not shown.
        hosts: hosts that sign-in leads back to.
        grants: OAuth grant types; empty for other apps.
        has_keys: a public key is registered; never the key itself.
    """

    id: str
    name: str
    label: str
    status: str
    sign_on_mode: str
    policy_id: str = ""
    hosts: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    auth_method: str = ""
    has_keys: bool = False

    @property
    def active(self) -> bool:
        """People or services can use it."""
        return self.status == ACTIVE

    @property
    def service_only(self) -> bool:
        """No person signs in to it: it only fetches tokens for itself."""
        return bool(self.grants) and set(self.grants) == {"client_credentials"}


@dataclass(frozen=True, slots=True)
class Assignments:
    """How people got to one app: how many by hand, how many through groups, how many Okta did not say."""

    app_id: str
    label: str
    personal: int
    through_groups: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """One account of a person. ``login`` and ``email`` are in lower case."""

    id: str
    login: str
    email: str
    status: str
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """Second factors of one user, as (type, status)."""

    user_id: str
    factors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AdminRole:
    """One role of one user. ``group`` names the group it comes from; empty if it is the user's own."""

    user_id: str
    role: str
    status: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One static API token; never its value. ``window`` and ``expires`` speak of idleness only."""

    id: str
    name: str
    user_id: str
    window: str
    network: Network
    created: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Authenticator:
    """One authenticator of the org. ``allowed_for``: ``any``, ``sso``, ``recovery``, ``none``, or empty."""

    key: str
    name: str
    status: str
    allowed_for: str


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """One custom authorization server."""

    id: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Zone:
    """One network zone.

    Attributes:
        anonymizers: what kinds of anonymizing networks it names: a proxy type, or categories of services.
        narrowed: it also names places or networks, so that it takes only some of them.
    """

    id: str
    name: str
    kind: str
    status: str
    usage: str
    anonymizers: tuple[str, ...] = ()
    narrowed: bool = False


@dataclass(frozen=True, slots=True)
class InboundProvider:
    """An identity provider that people may come in from."""

    id: str
    name: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True)
class LogStream:
    """A stream that copies the system log out of Okta."""

    name: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """Session limits of the admin console, in minutes; None if Okta did not say."""

    idle_minutes: int | None
    lifetime_minutes: int | None


@dataclass(frozen=True, slots=True)
class FactorReset:
    """One event in which all factors of somebody were reset."""

    id: str
    at: datetime
    target: str
    actor: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is only counted, by id and status: a device, a device assurance policy."""

    id: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class OktaSnapshot:
    """One reading of one org. ``taken_at`` is the clock of every rule.

    Attributes:
        org: host of the org.
        engine: ``idx`` (Identity Engine), ``v1`` (Classic engine), empty if it is not known.
        users: without deactivated ones.
        deactivated: the others, of whom other systems must have no active account.
        factors: of as many active users as the budget allows.
        admin_console: at most one row.
    """

    taken_at: datetime
    org: str
    engine: str = ""
    signed_in: SignedIn = SignedIn("key")
    declared: Declared = NOTHING_DECLARED
    session_policies: Part[Policy] = NOT_READ
    session_rules: Part[SessionRule] = NOT_READ
    access_policies: Part[Policy] = NOT_READ
    access_rules: Part[AccessRule] = NOT_READ
    apps: Part[App] = NOT_READ
    assignments: Part[Assignments] = NOT_READ
    users: Part[User] = NOT_READ
    deactivated: Part[User] = NOT_READ
    factors: Part[Factors] = NOT_READ
    roles: Part[AdminRole] = NOT_READ
    tokens: Part[ApiToken] = NOT_READ
    authenticators: Part[Authenticator] = NOT_READ
    servers: Part[AuthorizationServer] = NOT_READ
    token_rules: Part[TokenRule] = NOT_READ
    device_assurances: Part[Item] = NOT_READ
    devices: Part[Item] = NOT_READ
    zones: Part[Zone] = NOT_READ
    providers: Part[InboundProvider] = NOT_READ
    log_streams: Part[LogStream] = NOT_READ
    admin_console: Part[ConsoleSession] = NOT_READ
    resets: Part[FactorReset] = NOT_READ
