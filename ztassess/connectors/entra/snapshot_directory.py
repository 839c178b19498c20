"""Owns the frozen picture of a tenant's people, roles, apps and licenses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ztassess.domain.findings import Part

# Built-in roles have the same id in every tenant. These are the roles of Microsoft's own policy template
# "Require multifactor authentication for admins".
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLES: dict[str, str] = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": "Authentication Administrator",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe": "Billing Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": "Conditional Access Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk Administrator",
    "966707d0-3269-4727-9be2-8c3a10f19b9d": "Password Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": "SharePoint Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
}
# Values of methodsRegistered that are bound to the real address (userRegistrationDetails, usageAuthMethod).
DEVICE_BOUND_METHODS = frozenset(
    {
        "fido2",
        "fido2SecurityKey",
        "windowsHelloForBusiness",
        "passKeyDeviceBound",
        "passKeyDeviceBoundAuthenticator",
        "passKeyDeviceBoundWindowsHello",
        "macOsSecureEnclaveKey",
    }
)
PHISHING_RESISTANT_METHODS = DEVICE_BOUND_METHODS | {"passKeySynced"}
SECURITY_KEYS = frozenset({"fido2", "fido2SecurityKey", "passKeyDeviceBound"})


@dataclass(frozen=True, slots=True)
class User:
    """One account. ``enabled`` is None if Microsoft did not say."""

    id: str
    upn: str
    mail: str = ""
    enabled: bool | None = True
    guest: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called in a list, in lower case."""
        local = "" if self.guest else self.upn.partition("@")[0]
        return tuple(dict.fromkeys(each.casefold() for each in (self.upn, self.mail, self.id, local) if each))


@dataclass(frozen=True, slots=True)
class Registration:
    """What one person registered, by the usage report. Registering is not enforcing.

    Attributes:
        capable: has a strong method that the policy allows; None if the report did not say.
        updated: when Microsoft last renewed this row.
    """

    id: str
    upn: str
    capable: bool | None
    admin: bool | None
    guest: bool
    methods: tuple[str, ...] = ()
    updated: datetime | None = None

    @property
    def phishing_resistant(self) -> bool:
        """At least one registered method is bound to the real address."""
        return bool(PHISHING_RESISTANT_METHODS & set(self.methods))


@dataclass(frozen=True, slots=True)
class SignIn:
    """When an account was last used. ``succeeded`` is None if it never was, or Microsoft does not know."""

    id: str
    succeeded: datetime | None
    attempted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Who answers for one guest. ``sponsors`` are ids; None if Microsoft did not say."""

    id: str
    sponsors: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Organization:
    """The tenant itself."""

    id: str
    name: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """One role in force. ``kind`` is ``user``, ``group`` or ``servicePrincipal``; empty if Microsoft did not say."""

    principal: str
    role: str
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class RoleSchedule:
    """One role in force with how it came about.

    Attributes:
        activated: it was activated for a time by someone eligible; False: it was assigned.
        ends: None if it never ends.
    """

    principal: str
    role: str
    activated: bool
    ends: datetime | None = None
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Someone who may activate a role."""

    principal: str
    role: str


@dataclass(frozen=True, slots=True)
class Group:
    """The users inside one group, nested groups included, by id."""

    id: str
    members: Part[str]


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret or a certificate of an app: never its value. Ends are None if Microsoft did not say."""

    id: str
    starts: datetime | None
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Application:
    """One app registration. Credentials are None if Microsoft did not say."""

    id: str
    app_id: str
    name: str
    secrets: tuple[Credential, ...] | None = ()
    certificates: tuple[Credential, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Federation:
    """The federated credentials of one app registration, each as ``issuer subject``."""

    application: str
    credentials: Part[str]


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """One app inside the tenant.

    Attributes:
        kind: ``Application``, ``ManagedIdentity`` and others.
        sso: how people sign in to it; None for many OIDC apps.
        home: tenant that owns the app registration.
        owners: ids; None if Microsoft did not say.
        hosts: host names of its addresses, in lower case.
    """

    id: str
    app_id: str
    name: str
    kind: str = "Application"
    enabled: bool | None = True
    sso: str | None = None
    home: str = ""
    owners: tuple[str, ...] | None = ()
    hosts: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Plan:
    """One service plan of one subscription. ``active`` if the subscription still gives service."""

    name: str
    active: bool
