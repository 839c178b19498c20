"""A tenant that does everything right, as raw replies of Graph; tests spoil what they are about."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from tests.fakes.vendor import CANARY, NOW
from ztassess.connectors.entra.snapshot_directory import GLOBAL_ADMINISTRATOR

TENANT = "11111111-0000-4000-8000-000000000001"
CLIENT = "22222222-0000-4000-8000-000000000002"
MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
ANNA, BEN, CLEO, GUS = "user-anna", "user-ben", "user-cleo", "user-gus"
GLASS_1, GLASS_2 = "user-glass-1", "user-glass-2"
EMERGENCY = (GLASS_1, GLASS_2)
PEOPLE = ("anna@x.io", "ben@x.io", "cleo@x.io")


def moment(days_ago: float) -> str:
    """A point in time before the scan, as Graph writes it."""
    return (NOW - timedelta(days=days_ago)).astimezone(UTC).isoformat().replace("+00:00", "Z")


def policy(name: str, **more: Any) -> dict[str, Any]:
    """A ``conditionalAccessPolicy`` for everyone at every app; dotted names with ``__`` change single fields."""
    made: dict[str, Any] = {
        "id": f"ca-{name}",
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "signInRiskLevels": [],
            "userRiskLevels": [],
            "servicePrincipalRiskLevels": [],
            "insiderRiskLevels": None,
            "users": {
                "includeUsers": ["All"],
                "excludeUsers": list(EMERGENCY),
                "includeGroups": [],
                "excludeGroups": [],
                "includeRoles": [],
                "excludeRoles": [],
                "includeGuestsOrExternalUsers": None,
                "excludeGuestsOrExternalUsers": None,
            },
            "applications": {
                "includeApplications": ["All"],
                "excludeApplications": [],
                "includeUserActions": [],
                "includeAuthenticationContextClassReferences": [],
                "applicationFilter": None,
            },
            "locations": None,
            "devices": None,
            "platforms": None,
            "authenticationFlows": None,
            "clientApplications": None,
        },
        "grantControls": None,
        "sessionControls": None,
    }
    for path, value in more.items():
        inner = made
        *way, last = path.split("__")
        for step in way:
            inner = inner.setdefault(step, {}) if inner.get(step) is None else inner[step]
            if inner is None:
                raise AssertionError(path)
        inner[last] = value
    return made


def grant(*controls: str, operator: str = "OR", combinations: list[str] | None = None) -> dict[str, Any]:
    """``grantControls``."""
    strength = None
    if combinations is not None:
        strength = {"id": "s1", "displayName": "Phishing-resistant MFA", "allowedCombinations": combinations}
    return {
        "operator": operator,
        "builtInControls": list(controls),
        "customAuthenticationFactors": [],
        "termsOfUse": [],
        "authenticationStrength": strength,
    }


SESSION = {
    "signInFrequency": {
        "isEnabled": True,
        "value": 8,
        "type": "hours",
        "frequencyInterval": "timeBased",
        "authenticationType": "primaryAndSecondaryAuthentication",
    },
    "persistentBrowser": {"isEnabled": True, "mode": "never"},
}
RESISTANT = ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]


def policies() -> list[dict[str, Any]]:
    return [
        policy("strong", grantControls=grant(combinations=RESISTANT), sessionControls=SESSION),
        policy("legacy", conditions__clientAppTypes=["exchangeActiveSync", "other"], grantControls=grant("block")),
        policy("devices", grantControls=grant("compliantDevice")),
        policy("risk", conditions__signInRiskLevels=["high", "medium"], grantControls=grant("mfa")),
        policy("old idea", state="disabled", grantControls=grant("mfa")),
    ]


def user(id_: str, upn: str, *, guest: bool = False, used: float = 2) -> dict[str, Any]:
    return {
        "id": id_,
        "userPrincipalName": upn,
        "mail": upn.partition("#")[0].replace("_", "@") if guest else upn,
        "accountEnabled": True,
        "userType": "Guest" if guest else "Member",
        "signInActivity": {"lastSignInDateTime": moment(used), "lastSuccessfulSignInDateTime": moment(used)},
        "sponsors": [{"@odata.type": "#microsoft.graph.user", "id": ANNA}] if guest else [],
        "passwordProfile": {"password": CANARY},
    }


def registered(id_: str, upn: str, *methods: str, admin: bool = False) -> dict[str, Any]:
    return {
        "id": id_,
        "userPrincipalName": upn,
        "isAdmin": admin,
        "isMfaCapable": True,
        "isMfaRegistered": True,
        "isPasswordlessCapable": True,
        "methodsRegistered": list(methods),
        "userType": "member",
        "lastUpdatedDateTime": moment(1),
    }


def _principal(id_: str, upn: str) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.user", "id": id_, "userPrincipalName": upn}


def assignment(
    id_: str, principal: str, name: str, role: str = GLOBAL_ADMINISTRATOR, kind: str = "user"
) -> dict[str, Any]:
    return {
        "id": id_,
        "principalId": principal,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
        "principal": {**_principal(principal, name), "@odata.type": f"#microsoft.graph.{kind}"},
    }


def rules() -> dict[str, Any]:
    methods = [
        {
            "@odata.type": "#microsoft.graph.smsAuthenticationMethodConfiguration",
            "id": "Sms",
            "state": "disabled",
            "includeTargets": [{"targetType": "group", "id": "all_users"}],
        },
        {"id": "Voice", "state": "disabled", "includeTargets": []},
        {"id": "Fido2", "state": "enabled", "includeTargets": [{"targetType": "group", "id": "all_users"}]},
    ]
    return {
        "/identity/conditionalAccess/policies": policies(),
        "/identity/conditionalAccess/namedLocations": [
            {
                "@odata.type": "#microsoft.graph.ipNamedLocation",
                "id": "loc1",
                "displayName": "Office",
                "isTrusted": True,
            }
        ],
        "/policies/identitySecurityDefaultsEnforcementPolicy": {"id": "d", "isEnabled": False},
        "/policies/authenticationMethodsPolicy": {
            "id": "m",
            "policyMigrationState": "migrationComplete",
            "authenticationMethodConfigurations": methods,
        },
        "/policies/authorizationPolicy": {
            "id": "a",
            "defaultUserRolePermissions": {
                "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-low"]
            },
        },
        "/policies/tokenLifetimePolicies": [
            {
                "id": "t1",
                "displayName": "short",
                "isOrganizationDefault": True,
                "definition": ['{"TokenLifetimePolicy":{"Version":1,"AccessTokenLifetime":"00:15:00"}}'],
            }
        ],
    }


def accounts() -> dict[str, Any]:
    return {
        "/reports/authenticationMethods/userRegistrationDetails": [
            registered(ANNA, "anna@x.io", "passKeyDeviceBound", "microsoftAuthenticatorPush", admin=True),
            registered(BEN, "ben@x.io", "fido2SecurityKey", admin=True),
            registered(CLEO, "cleo@x.io", "windowsHelloForBusiness"),
            registered(GLASS_1, "glass-1@x.io", "fido2", admin=True),
            registered(GLASS_2, "glass-2@x.io", "passKeyDeviceBound", admin=True),
        ],
        "/users": [
            user(ANNA, "anna@x.io"),
            user(BEN, "ben@x.io"),
            user(CLEO, "cleo@x.io"),
            user(GLASS_1, "glass-1@x.io", used=40),
            user(GLASS_2, "glass-2@x.io", used=50),
            user(GUS, "gus_y.io#EXT#@x.io", guest=True),
        ],
        "/organization": [
            {"id": TENANT, "displayName": "X Inc", "verifiedDomains": [{"name": "x.io", "type": "Managed"}]}
        ],
    }


def roles() -> dict[str, Any]:
    active = [
        assignment("ra1", ANNA, "anna@x.io"),
        assignment("ra2", BEN, "ben@x.io"),
        assignment("ra3", GLASS_1, "glass-1@x.io"),
        assignment("ra4", GLASS_2, "glass-2@x.io"),
    ]
    schedules = [
        {**each, "id": f"s-{each['id']}", "assignmentType": kind, "endDateTime": end, "memberType": "Direct"}
        for each, kind, end in zip(
            active,
            ("Activated", "Activated", "Assigned", "Assigned"),
            (moment(-0.2), moment(-0.2), None, None),
            strict=True,
        )
    ]
    return {
        "/roleManagement/directory/roleAssignments": active,
        "/roleManagement/directory/roleAssignmentScheduleInstances": schedules,
        "/roleManagement/directory/roleEligibilitySchedules": [
            {"id": "e1", "principalId": ANNA, "roleDefinitionId": GLOBAL_ADMINISTRATOR, "memberType": "Direct"},
            {"id": "e2", "principalId": BEN, "roleDefinitionId": GLOBAL_ADMINISTRATOR, "memberType": "Direct"},
        ],
    }


def applications() -> dict[str, Any]:
    return {
        "/applications": [
            {
                "id": "app-1",
                "appId": "a1",
                "displayName": "ztassess",
                "passwordCredentials": [],
                "keyCredentials": [
                    {"keyId": "k1", "startDateTime": moment(10), "endDateTime": moment(-80), "key": CANARY}
                ],
            },
            {
                "id": "app-2",
                "appId": "a2",
                "displayName": "deploy",
                "keyCredentials": [],
                "passwordCredentials": [
                    {
                        "keyId": "p1",
                        "hint": CANARY[:3],
                        "secretText": CANARY,
                        "startDateTime": moment(400),
                        "endDateTime": moment(30),
                    }
                ],
            },
        ],
    }


def principals() -> dict[str, Any]:
    return {
        "/servicePrincipals": [
            {
                "id": "sp-1",
                "appId": "a1",
                "displayName": "ztassess",
                "servicePrincipalType": "Application",
                "accountEnabled": True,
                "appOwnerOrganizationId": TENANT,
                "replyUrls": [],
                "owners": [{"id": ANNA}],
            },
            {
                "id": "sp-2",
                "appId": "a2",
                "displayName": "deploy",
                "servicePrincipalType": "Application",
                "accountEnabled": True,
                "appOwnerOrganizationId": TENANT,
                "replyUrls": [],
                "owners": [{"id": BEN}],
            },
            {
                "id": "sp-3",
                "appId": "a3",
                "displayName": "Wiki",
                "servicePrincipalType": "Application",
                "accountEnabled": True,
                "preferredSingleSignOnMode": "saml",
                "appOwnerOrganizationId": MICROSOFT,
                "replyUrls": ["https://wiki.x.io/saml"],
                "owners": [],
            },
            {
                "id": "sp-4",
                "appId": "a4",
                "displayName": "job",
                "servicePrincipalType": "ManagedIdentity",
                "accountEnabled": True,
                "owners": [],
            },
        ],
    }


def devices() -> dict[str, Any]:
    plans = ("AAD_PREMIUM", "AAD_PREMIUM_P2", "INTUNE_A")
    return {
        "/subscribedSkus": [
            {
                "id": "sku1",
                "capabilityStatus": "Enabled",
                "servicePlans": [{"servicePlanName": each, "provisioningStatus": "Success"} for each in plans],
            }
        ],
        "/deviceManagement/managedDevices": [
            {
                "id": f"dev-{who}",
                "deviceName": f"laptop-{who}",
                "userId": f"user-{who}",
                "userPrincipalName": f"{who}@x.io",
                "complianceState": "compliant",
                "isEncrypted": True,
                "lastSyncDateTime": moment(1),
                "managementAgent": "mdm",
                "managedDeviceOwnerType": "company",
                "jailBroken": "False",
                "activationLockBypassCode": CANARY,
            }
            for who in ("anna", "ben", "cleo")
        ],
        "/deviceManagement": {"id": "dm", "settings": {"secureByDefault": True}},
        "/deviceManagement/deviceCompliancePolicies": [
            {"id": "cp1", "displayName": "baseline", "assignments": [{"id": "as1"}]}
        ],
    }


def compliant() -> dict[str, Any]:
    """Raw objects by path."""
    parts = (rules(), accounts(), roles(), applications(), principals(), devices())
    return {**{path: rows for part in parts for path, rows in part.items()}, "groups": {}, "federated": {}}
