"""Owns turning Graph's objects of people, roles, apps, licenses and devices into the snapshot's.

Secrets, hints of secrets and key bodies are never read: what is not named here does not enter the snapshot.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ztassess.connectors.api import Row
from ztassess.connectors.entra.snapshot_devices import CompliancePolicy, Device, DeviceSettings
from ztassess.connectors.entra.snapshot_directory import (
    Application,
    Credential,
    Eligibility,
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

TYPE: Final = ("@odata.type",)
_GIVES_SERVICE: Final = frozenset({"Enabled", "Warning"})


def user(row: Row) -> User:
    """A ``user``."""
    return User(
        id=row.text("id"),
        upn=row.text("userPrincipalName"),
        mail=row.text("mail", ""),
        enabled=row.flag("accountEnabled", None),
        guest=row.text("userType", "") == "Guest",
    )


def registration(row: Row) -> Registration:
    """A row of the report of registered methods (``userRegistrationDetails``)."""
    return Registration(
        id=row.text("id"),
        upn=row.text("userPrincipalName", ""),
        capable=row.flag("isMfaCapable", None),
        admin=row.flag("isAdmin", None),
        guest=row.text("userType", "") == "guest",
        methods=row.texts("methodsRegistered", ()),
        updated=row.moment("lastUpdatedDateTime", None),
    )


def sign_in(row: Row) -> SignIn:
    """The ``signInActivity`` of a ``user``."""
    return SignIn(
        row.text("id"),
        row.moment("signInActivity.lastSuccessfulSignInDateTime", None),
        row.moment("signInActivity.lastSignInDateTime", None),
    )


def guest(row: Row) -> Guest:
    """A ``user`` with its sponsors."""
    sponsors = row.rows("sponsors", None)
    return Guest(row.text("id"), None if sponsors is None else tuple(each.text("id") for each in sponsors))


def organization(row: Row) -> Organization:
    """An ``organization``."""
    domains = tuple(each.text("name", "").lower() for each in row.rows("verifiedDomains", ()))
    return Organization(row.text("id"), row.text("displayName", ""), tuple(each for each in domains if each))


def _principal(row: Row) -> tuple[str, str]:
    """Kind and name of the expanded principal; empty where Microsoft hides them."""
    inner = row.row("principal", None)
    if inner is None:
        return "", ""
    kind = inner.text(TYPE, "").removeprefix("#microsoft.graph.")
    return kind, inner.text("userPrincipalName", "") or inner.text("displayName", "")


def role_assignment(row: Row) -> RoleAssignment:
    """A ``unifiedRoleAssignment``."""
    kind, name = _principal(row)
    return RoleAssignment(row.text("principalId"), row.text("roleDefinitionId"), kind, name)


def role_schedule(row: Row) -> RoleSchedule:
    """A ``unifiedRoleAssignmentScheduleInstance``; anything but ``Activated`` is held, not activated."""
    kind, name = _principal(row)
    return RoleSchedule(
        row.text("principalId"),
        row.text("roleDefinitionId"),
        activated=row.text("assignmentType") == "Activated",
        ends=row.moment("endDateTime", None),
        kind=kind,
        name=name,
    )


def eligibility(row: Row) -> Eligibility:
    """A ``unifiedRoleEligibilitySchedule``."""
    return Eligibility(row.text("principalId"), row.text("roleDefinitionId"))


def member(row: Row) -> str:
    """The id of a member of a group if it is a user, else nothing."""
    return row.text("id") if row.text(TYPE) == "#microsoft.graph.user" else ""


def application(row: Row) -> Application:
    """An ``application``."""
    return Application(
        id=row.text("id"),
        app_id=row.text("appId", ""),
        name=row.text("displayName", ""),
        secrets=_credentials(row.rows("passwordCredentials", None)),
        certificates=_credentials(row.rows("keyCredentials", None)),
    )


def _credentials(rows: tuple[Row, ...] | None) -> tuple[Credential, ...] | None:
    if rows is None:
        return None
    return tuple(
        Credential(each.text("keyId", ""), each.moment("startDateTime", None), each.moment("endDateTime", None))
        for each in rows
    )


def federated_credential(row: Row) -> str:
    """A ``federatedIdentityCredential`` as issuer and subject."""
    return f"{row.text('issuer', '')} {row.text('subject', '')}".strip()


def service_principal(row: Row) -> ServicePrincipal:
    """A ``servicePrincipal``."""
    owners = row.rows("owners", None)
    addresses = (row.text("homepage", ""), row.text("loginUrl", ""), *row.texts("replyUrls", ()))
    return ServicePrincipal(
        id=row.text("id"),
        app_id=row.text("appId", ""),
        name=row.text("displayName", ""),
        kind=row.text("servicePrincipalType", ""),
        enabled=row.flag("accountEnabled", None),
        sso=row.text("preferredSingleSignOnMode", None),
        home=row.text("appOwnerOrganizationId", ""),
        owners=None if owners is None else tuple(each.text("id") for each in owners),
        hosts=tuple(dict.fromkeys(host for each in addresses if (host := _host(each)))),
    )


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def plans(row: Row) -> tuple[Plan, ...]:
    """The service plans of a ``subscribedSku``."""
    active = row.text("capabilityStatus", "") in _GIVES_SERVICE
    return tuple(
        Plan(
            each.text("servicePlanName", ""), active=active and each.text("provisioningStatus", "Success") != "Disabled"
        )
        for each in row.rows("servicePlans")
    )


def device(row: Row) -> Device:
    """A ``managedDevice``."""
    return Device(
        id=row.text("id"),
        name=row.text("deviceName", ""),
        user_id=row.text("userId", ""),
        upn=row.text("userPrincipalName", ""),
        compliance=row.text("complianceState", None),
        encrypted=row.flag("isEncrypted", None),
        synced=row.moment("lastSyncDateTime", None),
        owner=row.text("managedDeviceOwnerType", ""),
        agent=row.text("managementAgent", ""),
        jailbroken=row.text("jailBroken", ""),
    )


def device_settings(row: Row) -> DeviceSettings:
    """The ``settings`` of ``deviceManagement``."""
    return DeviceSettings(row.flag("settings.secureByDefault", None))


def compliance_policy(row: Row) -> CompliancePolicy:
    """A ``deviceCompliancePolicy`` with its assignments."""
    assignments = row.rows("assignments", None)
    return CompliancePolicy(
        row.text("id"), row.text("displayName", ""), None if assignments is None else len(assignments)
    )
