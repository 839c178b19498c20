"""Owns the questions to Microsoft Graph v1.0, one function each, named by the title of its documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from ztassess.connectors.api import ApiSession
from ztassess.connectors.entra import parsing_directory as directory
from ztassess.connectors.entra import parsing_policies as sign_in
from ztassess.connectors.entra import rights
from ztassess.connectors.entra.client import counted, listed, single
from ztassess.connectors.entra.snapshot_devices import CompliancePolicy, Device, DeviceSettings
from ztassess.connectors.entra.snapshot_directory import (
    Application,
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
from ztassess.connectors.entra.snapshot_policies import (
    ConsentSettings,
    MethodsPolicy,
    NamedLocation,
    Policy,
    SecurityDefaults,
    TokenLifetime,
)

Asked = dict[str, str | int]
LARGEST_PAGE: Final = 999
LARGEST_PAGE_OF_SIGN_INS: Final = 500
USER_FIELDS: Final = "id,userPrincipalName,mail,accountEnabled,userType"
APP_FIELDS: Final = "id,appId,displayName,passwordCredentials,keyCredentials"
PRINCIPAL_FIELDS: Final = (
    "id,appId,displayName,servicePrincipalType,preferredSingleSignOnMode,accountEnabled,appOwnerOrganizationId,"
    "homepage,loginUrl,replyUrls"
)
DEVICE_FIELDS: Final = (
    "id,deviceName,userId,userPrincipalName,complianceState,isEncrypted,lastSyncDateTime,managementAgent,"
    "managedDeviceOwnerType,jailBroken"
)


def policies(session: ApiSession) -> Iterator[Policy]:
    """ "List conditionalAccessPolicies"."""
    path = "/identity/conditionalAccess/policies"
    return listed(session, path, "ConditionalAccessPolicy", sign_in.policy, scope=rights.POLICIES)


def named_locations(session: ApiSession) -> Iterator[NamedLocation]:
    """ "List namedLocations"."""
    path = "/identity/conditionalAccess/namedLocations"
    return listed(session, path, "IpNamedLocation", sign_in.named_location, scope=rights.POLICIES)


def security_defaults(session: ApiSession) -> Iterator[SecurityDefaults]:
    """ "Get identitySecurityDefaultsEnforcementPolicy"."""
    path = "/policies/identitySecurityDefaultsEnforcementPolicy"
    row = single(session, path, "IdentitySecurityDefaultsEnforcementPolicy", scope=rights.POLICIES, params={})
    yield sign_in.security_defaults(row)


def methods_policy(session: ApiSession) -> Iterator[MethodsPolicy]:
    """ "Get authenticationMethodsPolicy"."""
    path = "/policies/authenticationMethodsPolicy"
    yield sign_in.methods_policy(single(session, path, "AuthenticationMethodsPolicy", scope=rights.POLICIES, params={}))


def consent_settings(session: ApiSession) -> Iterator[ConsentSettings]:
    """ "Get authorizationPolicy"."""
    row = single(session, "/policies/authorizationPolicy", "AuthorizationPolicy", scope=rights.POLICIES, params={})
    yield sign_in.consent_settings(row)


def token_lifetimes(session: ApiSession) -> Iterator[TokenLifetime]:
    """ "List tokenLifetimePolicies"."""
    path = "/policies/tokenLifetimePolicies"
    return listed(session, path, "TokenLifetimePolicy", sign_in.token_lifetime, scope=rights.POLICIES)


def registrations(session: ApiSession) -> Iterator[Registration]:
    """ "List userRegistrationDetails"; needs Entra ID P1."""
    path = "/reports/authenticationMethods/userRegistrationDetails"
    return listed(session, path, "UserRegistrationDetails", directory.registration, scope=rights.REPORTS)


def users(session: ApiSession) -> Iterator[User]:
    """ "List users", without their activity, which needs another permission and a license."""
    asked: Asked = {"$select": USER_FIELDS, "$top": LARGEST_PAGE}
    return listed(session, "/users", "User", directory.user, scope=rights.USERS, params=asked)


def user_count(session: ApiSession) -> int | None:
    """ "List users" with ``$count``: how many there are in all, to tell a short list from a whole one."""
    return counted(session, "/users", scope=rights.USERS)


def sign_ins(session: ApiSession) -> Iterator[SignIn]:
    """ "List users", their ``signInActivity`` only; needs Entra ID P1."""
    asked: Asked = {"$select": "id,signInActivity", "$top": LARGEST_PAGE_OF_SIGN_INS}
    return listed(session, "/users", "User", directory.sign_in, scope=rights.REPORTS, params=asked)


def guests(session: ApiSession) -> Iterator[Guest]:
    """ "List users": the guests with their sponsors."""
    asked: Asked = {"$filter": "userType eq 'Guest'", "$select": "id", "$expand": "sponsors($select=id)"}
    return listed(session, "/users", "User", directory.guest, scope=rights.USERS, params=asked)


def organization(session: ApiSession) -> Iterator[Organization]:
    """ "List organizations"."""
    asked: Asked = {"$select": "id,displayName,verifiedDomains"}
    return listed(
        session, "/organization", "Organization", directory.organization, scope=rights.ORGANIZATION, params=asked
    )


def role_assignments(session: ApiSession) -> Iterator[RoleAssignment]:
    """ "List unifiedRoleAssignments" of the directory."""
    return listed(
        session,
        "/roleManagement/directory/roleAssignments",
        "UnifiedRoleAssignment",
        directory.role_assignment,
        scope=rights.ROLES,
        params={"$expand": "principal"},
    )


def role_schedules(session: ApiSession) -> Iterator[RoleSchedule]:
    """ "List roleAssignmentScheduleInstances"; needs Entra ID P2."""
    return listed(
        session,
        "/roleManagement/directory/roleAssignmentScheduleInstances",
        "UnifiedRoleAssignmentScheduleInstance",
        directory.role_schedule,
        scope=rights.ROLES,
        params={"$expand": "principal"},
    )


def role_eligibilities(session: ApiSession) -> Iterator[Eligibility]:
    """ "List roleEligibilitySchedules"; needs Entra ID P2."""
    path = "/roleManagement/directory/roleEligibilitySchedules"
    return listed(session, path, "UnifiedRoleEligibilitySchedule", directory.eligibility, scope=rights.ROLES)


def group_members(session: ApiSession, group: str) -> Iterator[str]:
    """ "List group transitive members": ids, empty for what is no user."""
    asked: Asked = {"$select": "id", "$top": LARGEST_PAGE}
    path = f"/groups/{quote(group, safe='')}/transitiveMembers"
    return listed(session, path, "DirectoryObject", directory.member, scope=rights.GROUPS, params=asked)


def applications(session: ApiSession) -> Iterator[Application]:
    """ "List applications"."""
    asked: Asked = {"$select": APP_FIELDS, "$top": LARGEST_PAGE}
    return listed(
        session, "/applications", "Application", directory.application, scope=rights.APPLICATIONS, params=asked
    )


def federated_credentials(session: ApiSession, application: str) -> Iterator[str]:
    """ "List federatedIdentityCredentials" of one app."""
    path = f"/applications/{quote(application, safe='')}/federatedIdentityCredentials"
    kind = "FederatedIdentityCredential"
    return listed(session, path, kind, directory.federated_credential, scope=rights.APPLICATIONS)


def service_principals(session: ApiSession) -> Iterator[ServicePrincipal]:
    """ "List servicePrincipals" with their owners."""
    asked: Asked = {"$select": PRINCIPAL_FIELDS, "$expand": "owners($select=id)", "$top": LARGEST_PAGE}
    kind, scope = "ServicePrincipal", rights.APPLICATIONS
    return listed(session, "/servicePrincipals", kind, directory.service_principal, scope=scope, params=asked)


def licenses(session: ApiSession) -> Iterator[Plan]:
    """ "List subscribedSkus"; each service plan of each subscription."""
    for plans in listed(session, "/subscribedSkus", "SubscribedSku", directory.plans, scope=rights.LICENSES):
        yield from plans


def devices(session: ApiSession) -> Iterator[Device]:
    """ "List managedDevices"."""
    path = "/deviceManagement/managedDevices"
    asked: Asked = {"$select": DEVICE_FIELDS}
    return listed(session, path, "ManagedDevice", directory.device, scope=rights.DEVICES, params=asked)


def device_settings(session: ApiSession) -> Iterator[DeviceSettings]:
    """ "Get deviceManagement"; asked again as a whole where the selected settings come back empty."""
    scope, kind = rights.DEVICE_SETTINGS, "DeviceManagement"
    found = directory.device_settings(
        single(session, "/deviceManagement", kind, scope=scope, params={"$select": "settings"})
    )
    if found.secure_by_default is None:
        found = directory.device_settings(single(session, "/deviceManagement", kind, scope=scope, params={}))
    yield found


def compliance_policies(session: ApiSession) -> Iterator[CompliancePolicy]:
    """ "List deviceCompliancePolicies" with their assignments."""
    return listed(
        session,
        "/deviceManagement/deviceCompliancePolicies",
        "DeviceCompliancePolicy",
        directory.compliance_policy,
        scope=rights.DEVICE_POLICIES,
        params={"$expand": "assignments"},
    )
