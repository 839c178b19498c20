"""Owns the frozen picture of one Google Workspace or Cloud Identity customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ztassess.domain.findings import Part, Unavailable

ROOT = "/"
NEVER_BEFORE = datetime(1971, 1, 1, tzinfo=UTC)
"""Google writes 1970-01-01T00:00:00Z where it means "never" or "off"; anything this old is no point in time."""


@dataclass(frozen=True, slots=True)
class User:
    """One account. None means that the source did not say.

    Attributes:
        email: the primary address, in lower case.
        super_admin, delegated_admin: ``isAdmin`` and ``isDelegatedAdmin``.
        enrolled, enforced: ``isEnrolledIn2Sv`` and ``isEnforcedIn2Sv``.
        last_login: None if never, or if the source did not say.
        logins_told: the source said when the account was last used, be it "never".
        unit: path of its organizational unit; empty if the source did not say.
    """

    id: str
    email: str
    super_admin: bool | None
    delegated_admin: bool | None
    enrolled: bool | None
    enforced: bool | None
    suspended: bool
    archived: bool | None
    last_login: datetime | None
    logins_told: bool
    suspended_at: datetime | None
    unit: str

    @property
    def active(self) -> bool:
        """It can sign in: neither suspended nor known to be archived."""
        return not self.suspended and self.archived is not True

    @property
    def admin(self) -> bool:
        """It holds an administrator role of some kind."""
        return bool(self.super_admin or self.delegated_admin)

    @property
    def name(self) -> str:
        """The part of the address before the at sign."""
        return self.email.partition("@")[0]


@dataclass(frozen=True, slots=True)
class OrgUnit:
    """One organizational unit. ``id`` is bare, without ``id:``; the root has the path ``/``."""

    id: str
    path: str


@dataclass(frozen=True, slots=True)
class Role:
    """One administrator role."""

    id: str
    name: str
    super_admin: bool | None


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """Who holds a role. ``assignee`` is the id of a user or a group; ``kind`` says which, in lower case."""

    role: str
    assignee: str
    kind: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One value that was set explicitly, by an administrator or by Google.

    Attributes:
        unit: bare id of the organizational unit it is for; empty if it names none.
        group: id of the group it is for; empty if for everyone in the unit.
        query: the expression that says whom it is for.
        order: the greatest of all that apply to a person wins; None if it came without one.
        setting: the type without ``settings/``, such as ``security.session_controls``.
        values: the fields that rules look at, by Google's name; a field that did not come is not there.
    """

    name: str
    customer: str
    unit: str
    group: str
    query: str
    order: float | None
    setting: str
    values: Mapping[str, str | bool] = field(hash=False)


@dataclass(frozen=True, slots=True)
class SsoAssignment:
    """How a unit or a group signs in. ``mode`` is Google's ``ssoMode``; ``profile`` the resource name of a profile."""

    name: str
    mode: str
    unit: str
    group: str
    profile: str


@dataclass(frozen=True, slots=True)
class SsoProfile:
    """One other identity provider. ``address`` is its entity id or issuer."""

    name: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the Cloud Identity list; the states are Google's words."""

    id: str
    label: str
    owner: str
    management: str
    encryption: str
    compromised: str
    last_sync: datetime | None


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """One person on one device. ``device`` is the id of the device, empty where the list names none."""

    email: str
    device: str
    last_sync: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of an audit log.

    Attributes:
        actor: address of who did it, in lower case; empty if it was no person.
        name: the event, such as ``login_success``.
        app: ``application_name`` or ``app_name``.
        client: ``client_id`` of an OAuth app.
        value: ``login_type``, ``NEW_VALUE`` or the new access levels, whichever the event has.
        scopes: what an OAuth app was given.
    """

    at: datetime
    actor: str
    name: str
    app: str = ""
    client: str = ""
    value: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessLevel:
    """One access level. ``asks`` names what its conditions look at, such as ``devicePolicy``; empty means nothing."""

    name: str
    title: str
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessBinding:
    """Which access levels a group must meet; levels on trial are not among them."""

    name: str
    group: str
    levels: tuple[str, ...]
    on_trial: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What people declared: for this connection in its form, for all of them in the facts. None: not declared."""

    identity_provider: str = ""
    generic_names: tuple[str, ...] = ()
    break_glass: tuple[str, ...] = ()
    leavers: tuple[str, ...] | None = None
    people: tuple[str, ...] | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    tools: tuple[str, ...] | None = None
    approved_apps: tuple[str, ...] | None = None


NOT_READ = Unavailable("input_missing", detail="This was not in the export.")


@dataclass(frozen=True, slots=True)
class WorkspaceSnapshot:
    """One reading. ``taken_at`` is the clock of every rule; ``domain`` names the customer in findings.

    Attributes:
        policies: settings of sign-in (``security.*``), of mail protocols, of app access and of the marketplace.
        logins: successful sign-ins of 30 days.
        admin_events: the newest page of 30 days of administrators' actions: enough to know that the log lives.
        token_grants: accesses that people gave to OAuth apps in 90 days.
        saml_logins: sign-ins to SAML apps through Google in 90 days.
        access_changes: context-aware access switched on or off, or given to an app, in 180 days.
        access_denials: the newest page of 30 days of requests that context-aware access turned away.
    """

    taken_at: datetime
    domain: str
    inputs: Inputs = Inputs()
    users: Part[User] = NOT_READ
    org_units: Part[OrgUnit] = NOT_READ
    roles: Part[Role] = NOT_READ
    role_assignments: Part[RoleAssignment] = NOT_READ
    policies: Part[Policy] = NOT_READ
    sso_assignments: Part[SsoAssignment] = NOT_READ
    sso_profiles: Part[SsoProfile] = NOT_READ
    devices: Part[Device] = NOT_READ
    device_users: Part[DeviceUser] = NOT_READ
    mobile_users: Part[DeviceUser] = NOT_READ
    chrome_users: Part[DeviceUser] = NOT_READ
    logins: Part[Event] = NOT_READ
    admin_events: Part[Event] = NOT_READ
    token_grants: Part[Event] = NOT_READ
    saml_logins: Part[Event] = NOT_READ
    access_changes: Part[Event] = NOT_READ
    access_denials: Part[Event] = NOT_READ
    access_levels: Part[AccessLevel] = NOT_READ
    access_bindings: Part[AccessBinding] = NOT_READ
