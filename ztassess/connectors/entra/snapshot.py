"""Owns the frozen picture of one tenant, and the questions that several rules ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ztassess.connectors.contract import Declared
from ztassess.connectors.entra.snapshot_devices import CompliancePolicy, Device, DeviceSettings
from ztassess.connectors.entra.snapshot_directory import (
    Application,
    Eligibility,
    Federation,
    Group,
    Guest,
    Organization,
    Plan,
    Registration,
    RoleAssignment,
    RoleSchedule,
    ServicePrincipal,
    SignIn,
    User,
)
from ztassess.connectors.entra.snapshot_policies import (
    ConsentSettings,
    MethodsPolicy,
    NamedLocation,
    Policy,
    SecurityDefaults,
    TokenLifetime,
)
from ztassess.connectors.judging import NamedAccounts, rows_read
from ztassess.domain.findings import Part, Unavailable

P1, P2 = "AAD_PREMIUM", "AAD_PREMIUM_P2"
INTUNE_PLANS = frozenset({"INTUNE_A", "INTUNE_A_VL", "INTUNE_A_D", "INTUNE_EDU", "INTUNE_SMBIZ", "INTUNE_SMB"})
NOT_ASKED = Unavailable("input_missing", detail="The members of this group were not read.")


@dataclass(frozen=True, slots=True)
class EntraSnapshot:
    """One reading. ``taken_at`` is the clock of every rule.

    Attributes:
        tenant: id of the tenant; empty for an export that does not say.
        declared: what the organization declared; its break-glass list includes the form's.
        groups: members of the groups that a rule needs: holders of roles, exclusions, emergency groups.
        federations: of those apps that also hold a secret.
    """

    taken_at: datetime
    tenant: str
    declared: Declared
    policies: Part[Policy]
    named_locations: Part[NamedLocation]
    security_defaults: Part[SecurityDefaults]
    methods_policy: Part[MethodsPolicy]
    consent_settings: Part[ConsentSettings]
    token_lifetimes: Part[TokenLifetime]
    registrations: Part[Registration]
    users: Part[User]
    sign_ins: Part[SignIn]
    guests: Part[Guest]
    organization: Part[Organization]
    role_assignments: Part[RoleAssignment]
    role_schedules: Part[RoleSchedule]
    role_eligibilities: Part[Eligibility]
    groups: Part[Group]
    applications: Part[Application]
    federations: Part[Federation]
    service_principals: Part[ServicePrincipal]
    licenses: Part[Plan]
    devices: Part[Device]
    device_settings: Part[DeviceSettings]
    compliance_policies: Part[CompliancePolicy]

    @property
    def scope(self) -> str:
        """The resource of verdicts on the whole tenant."""
        return self.tenant or "tenant"


def break_glass(snapshot: EntraSnapshot) -> NamedAccounts:
    """The declared emergency accounts and groups, by every id and name they have."""
    declared = NamedAccounts.of(snapshot.declared.break_glass)
    ids = [user.id for user in rows_read(snapshot.users) if declared.matches(*user.names)]
    return NamedAccounts.of((*snapshot.declared.break_glass, *ids))


def emergency_users(snapshot: EntraSnapshot) -> frozenset[str]:
    """Ids of users that are break-glass, by themselves or as members of a declared group."""
    declared = break_glass(snapshot)
    found = {user.id for user in rows_read(snapshot.users) if declared.matches(user.id)}
    for group in rows_read(snapshot.groups):
        if declared.matches(group.id):
            found |= set(rows_read(group.members))
    return frozenset(found)


def members_of(snapshot: EntraSnapshot, group: str) -> Part[str]:
    """The users of a group by id, or why nobody could look."""
    return next((each.members for each in rows_read(snapshot.groups) if each.id == group), NOT_ASKED)


def labels(snapshot: EntraSnapshot) -> dict[str, str]:
    """How people know an object, by its id."""
    known = {each.principal: each.name for each in rows_read(snapshot.role_assignments) if each.name}
    known.update({user.id: user.upn for user in rows_read(snapshot.users) if user.upn})
    return known


def has_plan(snapshot: EntraSnapshot, *plans: str) -> bool | Unavailable:
    """Whether one of these plans is active, or why nobody knows."""
    if any(plan.active and plan.name in plans for plan in rows_read(snapshot.licenses)):
        return True
    return snapshot.licenses if isinstance(snapshot.licenses, Unavailable) else False


def people(snapshot: EntraSnapshot) -> tuple[list[User], list[User]]:
    """Enabled members, and those of them that are break-glass (left out, to be named)."""
    emergency = emergency_users(snapshot)
    enabled = [user for user in rows_read(snapshot.users) if not user.guest and user.enabled is not False]
    return [user for user in enabled if user.id not in emergency], [user for user in enabled if user.id in emergency]
