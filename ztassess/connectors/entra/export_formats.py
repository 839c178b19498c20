"""Owns which files of an export we read, and the commands that make them."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.contract import UploadFormat

# File name -> path to ask; the parts of the snapshot have the same names with underscores.
PATHS: Final[dict[str, str]] = {
    "policies": "identity/conditionalAccess/policies",
    "named-locations": "identity/conditionalAccess/namedLocations",
    "security-defaults": "policies/identitySecurityDefaultsEnforcementPolicy",
    "methods-policy": "policies/authenticationMethodsPolicy",
    "consent-settings": "policies/authorizationPolicy",
    "token-lifetimes": "policies/tokenLifetimePolicies",
    "registrations": "reports/authenticationMethods/userRegistrationDetails",
    "users": r"users?\$select=id,userPrincipalName,mail,accountEnabled,userType&\$top=999",
    "sign-ins": r"users?\$select=id,signInActivity&\$top=500",
    "guests": r"users?\$filter=userType%20eq%20'Guest'&\$select=id&\$expand=sponsors(\$select=id)",
    "organization": "organization",
    "role-assignments": r"roleManagement/directory/roleAssignments?\$expand=principal",
    "role-schedules": r"roleManagement/directory/roleAssignmentScheduleInstances?\$expand=principal",
    "role-eligibilities": "roleManagement/directory/roleEligibilitySchedules",
    "applications": r"applications?\$select=id,appId,displayName,passwordCredentials,keyCredentials&\$top=999",
    "service-principals": r"servicePrincipals?\$expand=owners(\$select=id)&\$top=999",
    "licenses": "subscribedSkus",
    "devices": "deviceManagement/managedDevices",
    "device-settings": r"deviceManagement?\$select=settings",
    "compliance-policies": r"deviceManagement/deviceCompliancePolicies?\$expand=assignments",
}
MEMBERS: Final = "members"
FEDERATED: Final = "federated"


def _commands() -> str:
    get = 'az rest --method get --url "https://graph.microsoft.com/v1.0/'
    lines = [f'{get}{path}" > {name}.json' for name, path in PATHS.items()]
    group = f'{get}groups/GROUP_ID/transitiveMembers?\\$select=id" > {MEMBERS}-GROUP_ID.json'
    app = f'{get}applications/OBJECT_ID/federatedIdentityCredentials" > {FEDERATED}-OBJECT_ID.json'
    return "\n".join((*lines, group, app))


UPLOADS: Final = (
    UploadFormat(
        slug="entra_graph",
        title="Replies of Microsoft Graph",
        commands=_commands(),
        suffixes=(".json",),
        note="Where a reply has @odata.nextLink, ask for that address too: one file for each page, such as "
        "users-2.json. Leave out what you do not have. The read-only proof of a credential is not possible with files.",
    ),
)
