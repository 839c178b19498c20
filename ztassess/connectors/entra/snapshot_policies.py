"""Owns the frozen picture of what a tenant enforces at sign-in: its policies, defaults, methods, token lifetimes."""

from __future__ import annotations

from dataclasses import dataclass, field

ALL = "All"
ENABLED = "enabled"
REPORT_ONLY = "enabledForReportingButNotEnforced"


@dataclass(frozen=True, slots=True)
class Targets:
    """Whom a policy includes and excludes, by object id; `All` and `GuestsOrExternalUsers` are words of Microsoft.

    Attributes:
        exclude_guests: kinds of guests and external users left out; empty if none are.
        exclude_other: exclusions of a kind that we do not know, by field name.
    """

    include_users: tuple[str, ...] = ()
    exclude_users: tuple[str, ...] = ()
    include_groups: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    include_roles: tuple[str, ...] = ()
    exclude_roles: tuple[str, ...] = ()
    include_guests: str = ""
    exclude_guests: str = ""
    exclude_other: tuple[str, ...] = ()

    @property
    def everyone(self) -> bool:
        """All users are included (exclusions are another matter)."""
        return ALL in self.include_users

    @property
    def included(self) -> tuple[str, ...]:
        """Every id that is included by name."""
        return (*self.include_users, *self.include_groups, *self.include_roles)

    @property
    def excluded(self) -> tuple[str, ...]:
        """Every id that is excluded, users, groups and roles together, then kinds without an id."""
        guests = (f"guests and external users ({self.exclude_guests})",) if self.exclude_guests else ()
        return (*self.exclude_users, *self.exclude_groups, *self.exclude_roles, *guests, *self.exclude_other)


@dataclass(frozen=True, slots=True)
class Apps:
    """Which apps a policy is about.

    Attributes:
        instead: user actions and authentication contexts, which replace apps.
        filtered: a filter on app attributes narrows it.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    filtered: bool = False

    @property
    def all(self) -> bool:
        """All cloud apps without exception."""
        return ALL in self.include and not self.exclude and not self.instead and not self.filtered


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that narrows when a policy applies. ``value`` is what stands there, as text."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Strength:
    """An authentication strength. ``combinations`` such as ``fido2`` or ``password,sms``; None: not told."""

    name: str
    combinations: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Grant:
    """What must be shown to get in. Without AND, everything listed is an alternative.

    Attributes:
        controls: built-in controls such as ``mfa`` or ``compliantDevice``.
        others: custom factors and terms of use.
    """

    operator: str = ""
    controls: tuple[str, ...] = ()
    strength: Strength | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a sign-in must be repeated.

    Attributes:
        every_time: at each access.
        hours: None if it is every time, or Microsoft did not say.
        second_factor_only: only the second factor is asked again.
    """

    every_time: bool
    hours: int | None
    second_factor_only: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """One Conditional Access policy.

    Attributes:
        clients: client app types; ``all`` means all.
        sign_in_risk: risk levels of the sign-in that it waits for; also among `conditions`.
        excluded_locations: named locations where it does not apply; also among `conditions`.
        conditions: everything that narrows it beside users, apps and clients.
        frequency: sign-in frequency if the control is on.
        persistent_browser: ``never``, ``always``, or empty if the control is off.
    """

    id: str
    name: str
    state: str
    users: Targets = field(default_factory=Targets)
    apps: Apps = field(default_factory=Apps)
    clients: tuple[str, ...] = ()
    sign_in_risk: tuple[str, ...] = ()
    excluded_locations: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    grant: Grant | None = None
    frequency: Frequency | None = None
    persistent_browser: str = ""

    @property
    def enforced(self) -> bool:
        """It is on. Report-only is off."""
        return self.state == ENABLED


@dataclass(frozen=True, slots=True)
class NamedLocation:
    """A named location. ``trusted`` is None for kinds that know no trust (countries)."""

    id: str
    name: str
    trusted: bool | None


@dataclass(frozen=True, slots=True)
class SecurityDefaults:
    """Microsoft's own set of rules for tenants without Conditional Access."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class Method:
    """One authentication method of the tenant's policy. ``targets`` are ids of groups, or ``all_users``."""

    id: str
    state: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MethodsPolicy:
    """The authentication methods policy.

    Attributes:
        migration: ``migrationComplete`` if the older per-user and reset policies no longer count; None: not told.
    """

    migration: str | None
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class ConsentSettings:
    """How far people may consent to apps. ``grants`` is None if Microsoft did not say; empty means not at all."""

    grants: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class TokenLifetime:
    """A token lifetime policy.

    Attributes:
        seconds: life of access tokens; None if the policy does not set it or cannot be understood.
    """

    id: str
    name: str
    default: bool
    seconds: int | None
