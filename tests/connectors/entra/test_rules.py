"""Every other check by a table: what was seen, what it means, what must never pass."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    UNLICENSED,
    findings,
    result,
    said,
    snapshot,
)
from tests.connectors.entra.tenant import (
    ANNA,
    BEN,
    CLEO,
    GLASS_1,
    GLASS_2,
    RESISTANT,
    SESSION,
    assignment,
    compliant,
    grant,
    moment,
    policy,
    registered,
    user,
)
from ztassess.connectors.entra import CONNECTOR
from ztassess.connectors.entra.snapshot_directory import Federation, Group, PRIVILEGED_ROLES
from ztassess.domain.checks import evaluate
from ztassess.domain.findings import Outcome, Severity, Unavailable

RAW = compliant()
USERS = RAW["/users"]
REPORT = RAW["/reports/authenticationMethods/userRegistrationDetails"]
ASSIGNED = RAW["/roleManagement/directory/roleAssignments"]
SCHEDULES = RAW["/roleManagement/directory/roleAssignmentScheduleInstances"]
DEVICES = RAW["/deviceManagement/managedDevices"]
PRINCIPALS = RAW["/servicePrincipals"]
APPS = RAW["/applications"]
SKUS = RAW["/subscribedSkus"]
OTHER_ROLE = next(role for role in PRIVILEGED_ROLES if PRIVILEGED_ROLES[role] == "User Administrator")


def changed(rows: list[dict[str, Any]], at: int, **values: Any) -> list[dict[str, Any]]:
    """A copy with one row changed; None as a value removes the field."""
    made = deepcopy(rows)
    for name, value in values.items():
        if value is None:
            made[at].pop(name, None)
        else:
            made[at][name] = value
    return made


def partial(part: str) -> Unavailable:
    return Unavailable("partial_data", detail="The list broke.", read=getattr(snapshot(), part))


def members(number: int, *methods: str, admins: int = 0) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    users = [user(f"u{each}", f"u{each}@x.io") for each in range(number)]
    rows = [registered(f"u{each}", f"u{each}@x.io", *methods, admin=each < admins) for each in range(number)]
    return users, rows


def mixed(resistant: int, total: int, *, admin_weak: bool = False) -> dict[str, Any]:
    users, rows = members(total, "microsoftAuthenticatorPush")
    for row in rows[:resistant]:
        row["methodsRegistered"] = ["passKeyDeviceBound"]
    rows[-1 if admin_weak else 0]["isAdmin"] = True
    return {"users": users, "registrations": rows}


def capable(able: int, total: int) -> dict[str, Any]:
    users, rows = members(total, "sms")
    for row in rows[able:]:
        row["isMfaCapable"] = False
    return {"users": users, "registrations": rows}


MFA_ONLY = [policy("p", grantControls=grant("mfa"))]
STRONG = [policy("p", grantControls=grant(combinations=RESISTANT))]
Case = tuple[str, dict[str, Any], Outcome, str]
CASES: list[Case] = [
    # --- people_mfa_capable
    ("people_mfa_capable", {}, PASS, "3 of 3 enabled people"),
    ("people_mfa_capable", capable(9, 10), PASS, "1 enabled people cannot answer an MFA prompt."),
    ("people_mfa_capable", capable(8, 10), FAIL, "2 of 10 enabled people cannot answer: u8@x.io, u9@x.io"),
    ("people_mfa_capable", {"registrations": REPORT[1:]}, NOT_CHECKED, "lacks 1 person of 3: anna@x.io"),
    ("people_mfa_capable", {"registrations": changed(REPORT, 0, isMfaCapable=None)}, NOT_CHECKED, "anna@x.io"),
    ("people_mfa_capable", {"registrations": UNLICENSED}, NOT_CHECKED, "P1/P2"),
    ("people_mfa_capable", {"registrations": partial("registrations")}, NOT_CHECKED, "broke"),
    ("people_mfa_capable", {"users": [], "registrations": []}, NOT_APPLICABLE, "no enabled members"),
    ("people_mfa_capable", {"registrations": changed(REPORT, 0, lastUpdatedDateTime=moment(9))}, PASS, "older than 7 days"),
    ("people_mfa_capable", {}, PASS, "left out, declared as break-glass: glass-1@x.io, glass-2@x.io"),
    # --- mfa_phishing_resistant_share
    ("mfa_phishing_resistant_share", {}, PASS, "3 of 3 people"),
    ("mfa_phishing_resistant_share", {"policies": []}, PASS, "100 % are registered; nothing forces its use yet."),
    ("mfa_phishing_resistant_share", mixed(2, 10), FAIL, "2 of 10 people"),
    ("mfa_phishing_resistant_share", mixed(5, 10, admin_weak=True), FAIL, "Administrators without: u9@x.io"),
    ("mfa_phishing_resistant_share", {"registrations": DENIED}, NOT_CHECKED, ""),
    ("mfa_phishing_resistant_share", {"policies": DENIED}, NOT_CHECKED, ""),
    ("mfa_phishing_resistant_share", {"users": [], "registrations": []}, NOT_APPLICABLE, ""),
    # --- admins_mfa_required: what is registered alone is no enforcement
    ("admins_mfa_required", {"policies": []}, FAIL, "14 of 14 powerful roles"),
    ("admins_mfa_required", {"policies": MFA_ONLY}, PASS, "not a phishing-resistant one"),
    ("admins_mfa_required", {"policies": MFA_ONLY, "registrations": [
        *changed(changed(REPORT, 0, methodsRegistered=["sms"]), 1, methodsRegistered=["sms"])]}, FAIL, "0 of 2 administrators"),
    ("admins_mfa_required", {"policies": MFA_ONLY, "registrations": DENIED}, NOT_CHECKED, "which methods they hold"),
    ("admins_mfa_required", {"policies": [], "security_defaults": {"isEnabled": True}}, PASS, "Security defaults"),
    # --- sms_and_voice_off
    ("sms_and_voice_off", {}, PASS, "both off"),
    ("sms_and_voice_off", {"methods_policy": DENIED}, NOT_CHECKED, ""),
    ("session_limits", {}, PASS, "8 h"),
    # --- break_glass_ready
    ("break_glass_ready", {}, PASS, "2 emergency accounts"),
    ("break_glass_ready", {"declared": {"break_glass": ()}}, NOT_CHECKED, "Nobody has listed"),
    ("break_glass_ready", {"declared": {"break_glass": (GLASS_1,)}}, FAIL, "1 of at least 2"),
    ("break_glass_ready", {"declared": {"break_glass": (GLASS_1, "gone")}}, FAIL, "declared: user-glass-1, gone"),
    ("break_glass_ready", {"declared": {"break_glass": ("glass-1@x.io", "GLASS-2@X.IO")}}, PASS, "glass-2@x.io"),
    ("break_glass_ready", {"registrations": changed(REPORT, 3, methodsRegistered=["sms"])}, FAIL,
     "1 emergency account has no security key."),
    ("break_glass_ready", {"registrations": REPORT[:4]}, NOT_CHECKED, "does not know glass-2@x.io"),
    ("break_glass_ready", {"users": changed(USERS, 3, accountEnabled=False)}, FAIL, "glass-1@x.io is disabled"),
    ("break_glass_ready", {"policies": [policy("b", grantControls=grant("block"), conditions__users__excludeUsers=[GLASS_1])]},
     FAIL, "'b' blocks everyone and does not leave out glass-2@x.io."),
    ("break_glass_ready", {"sign_ins": [user(GLASS_1, "x", used=200), user(GLASS_2, "x")]}, NOT_CHECKED, "attest"),
    ("break_glass_ready", {"sign_ins": UNLICENSED}, NOT_CHECKED, "P1/P2"),
    ("break_glass_ready", {"users": DENIED}, NOT_CHECKED, ""),
    # --- leavers_disabled
    ("leavers_disabled", {}, PASS, "None of 1 leaver"),
    ("leavers_disabled", {"declared": {"leavers": ("ben@x.io",)}}, FAIL, "ben@x.io left and the account is enabled"),
    ("leavers_disabled", {"declared": {"leavers": ("gus@y.io",)}}, FAIL, "the guest account is enabled"),
    ("leavers_disabled", {"declared": {"leavers": ("b@other.io",), "aliases": (("ben", "b@other.io"),)}}, FAIL, "ben@x.io"),
    ("leavers_disabled", {"declared": {"leavers": ("ben@x.io",)}, "users": changed(USERS, 1, accountEnabled=False)}, PASS,
     "1 disabled ones"),
    ("leavers_disabled", {"declared": {"leavers": ("ben@x.io",)}, "users": changed(USERS, 1, accountEnabled=None)},
     NOT_CHECKED, "was not told"),
    ("leavers_disabled", {"declared": {"leavers": ()}}, NOT_APPLICABLE, "nobody left"),
    ("leavers_disabled", {"declared": {"leavers": None}, "sign_ins": changed(USERS, 2, signInActivity={
        "lastSuccessfulSignInDateTime": moment(100)})}, NOT_CHECKED, "1 enabled accounts have not signed in for 90 days: cleo@x.io"),
    ("leavers_disabled", {"declared": {"leavers": None}, "sign_ins": UNLICENSED}, NOT_CHECKED, "Nobody has listed"),
    ("leavers_disabled", {"users": partial("users")}, NOT_CHECKED, "broke"),
    ("leavers_disabled", {"users": partial("users"), "declared": {"leavers": ("ben@x.io",)}}, FAIL, "ben@x.io"),
    # --- account_inventory
    ("account_inventory", {}, PASS, "3 members, 1 guests and 2 own apps"),
    ("account_inventory", {"declared": {"people": None}}, NOT_CHECKED, "Nobody has listed"),
    ("account_inventory", {"declared": {"people": ("anna@x.io", "ben@x.io")}}, FAIL, "cleo@x.io"),
    ("account_inventory", {"guests": [{"id": "user-gus", "sponsors": [{"id": "stranger"}]}]}, FAIL,
     "1 guests have no sponsor on the list."),
    ("account_inventory", {"service_principals": changed(PRINCIPALS, 0, owners=[])}, FAIL, "ztassess"),
    ("account_inventory", {"service_principals": changed(PRINCIPALS, 0, owners=None)}, NOT_CHECKED, "was not told: ztassess"),
    ("account_inventory", {"service_principals": changed(PRINCIPALS, 2, owners=[])}, PASS, ""),
    ("account_inventory", {"guests": DENIED}, NOT_CHECKED, ""),
    ("account_inventory", {"users": [], "service_principals": []}, NOT_APPLICABLE, ""),
    # --- headcount_covered
    ("headcount_covered", {}, PASS, "All 3 declared people"),
    ("headcount_covered", {"declared": {"people": ("anna@x.io", "new@x.io", "far@z.io")}}, FAIL, "2 people are missing."),
    ("headcount_covered", {"declared": {"people": ("anna@x.io", "far@z.io")}}, FAIL, "Outside the tenant's domains: far@z.io"),
    ("headcount_covered", {"declared": {"people": ("gus@y.io",)}}, PASS, ""),
    ("headcount_covered", {"users": changed(USERS, 1, accountEnabled=False)}, FAIL, "ben@x.io"),
    ("headcount_covered", {"users": changed(USERS, 1, accountEnabled=None)}, NOT_CHECKED, "ben@x.io"),
    ("headcount_covered", {"declared": {"people": None}}, NOT_CHECKED, ""),
    ("headcount_covered", {"declared": {"people": ()}}, NOT_APPLICABLE, ""),
    ("headcount_covered", {"users": partial("users")}, NOT_CHECKED, ""),
    # --- tools_on_sso
    ("tools_on_sso", {}, PASS, "1 of 1 tool"),
    ("tools_on_sso", {"declared": {"tools": ("https://wiki.x.io/start",), "sensitive_tools": ()}}, PASS, ""),
    ("tools_on_sso", {"declared": {"tools": None}}, NOT_CHECKED, ""),
    ("tools_on_sso", {"declared": {"tools": ()}}, NOT_APPLICABLE, ""),
    ("tools_on_sso", {"declared": {"sensitive_tools": None}}, NOT_CHECKED, "which tools are sensitive"),
    ("tools_on_sso", {"declared": {"tools": ("Wiki", "CRM")}}, FAIL, "Not: CRM."),
    ("tools_on_sso", {"service_principals": changed(PRINCIPALS, 2, preferredSingleSignOnMode="password")}, FAIL,
     "Wiki uses password vaulting."),
    ("tools_on_sso", {"service_principals": changed(PRINCIPALS, 2, preferredSingleSignOnMode="notSupported")}, FAIL, "Wiki"),
    ("tools_on_sso", {"service_principals": changed(PRINCIPALS, 2, preferredSingleSignOnMode=None)}, NOT_CHECKED, "Not told: Wiki."),
    ("tools_on_sso", {"service_principals": changed(PRINCIPALS, 2, accountEnabled=False)}, FAIL, "Wiki"),
    ("tools_on_sso", {"declared": {"tools": ("Wik",)}}, FAIL, "Wik"),
    ("tools_on_sso", {"service_principals": DENIED}, NOT_CHECKED, ""),
    ("tools_on_sso", {"service_principals": partial("service_principals"), "declared": {"tools": ("CRM",)}}, NOT_CHECKED, ""),
    # --- super_admin_count
    ("super_admin_count", {}, PASS, "2 people can act as Global Administrator: anna@x.io, ben@x.io."),
    ("super_admin_count", {}, PASS, "left out, declared as break-glass"),
    ("super_admin_count", {"role_assignments": [assignment(f"r{each}", f"u{each}", f"u{each}@x.io") for each in range(9)]},
     FAIL, "9 people"),
    ("super_admin_count", {"role_assignments": [assignment("r1", "g1", "Admins", kind="group")],
                           "groups": (Group("g1", (ANNA, BEN, CLEO)),)}, PASS, "0 direct, 3 through groups."),
    ("super_admin_count", {"role_assignments": [*ASSIGNED, assignment("r9", "g1", "Admins", kind="group")],
                           "groups": (Group("g1", DENIED),)}, NOT_CHECKED, ""),
    ("super_admin_count", {"role_assignments": [*ASSIGNED, assignment("r9", "app", "robot", kind="servicePrincipal")]}, PASS,
     "Apps with the role, not counted: robot."),
    ("super_admin_count", {"role_assignments": ASSIGNED[:1], "role_eligibilities": []}, FAIL, "1 person"),
    ("super_admin_count", {"role_assignments": [], "role_eligibilities": UNLICENSED}, FAIL, "0 people"),
    ("super_admin_count", {"role_assignments": ASSIGNED[2:]}, PASS, "2 people can act"),
    ("super_admin_count", {"role_assignments": ASSIGNED[:1], "role_eligibilities": DENIED}, NOT_CHECKED, ""),
    ("super_admin_count", {"role_assignments": DENIED}, NOT_CHECKED, ""),
    # --- admin_roles_just_in_time
    ("admin_roles_just_in_time", {}, PASS, "2 principals may activate one."),
    ("admin_roles_just_in_time", {"role_schedules": changed(SCHEDULES, 0, assignmentType="Assigned", endDateTime=None)}, FAIL,
     "2 eligible, 1 still permanently active."),
    ("admin_roles_just_in_time", {"role_schedules": changed(SCHEDULES, 0, assignmentType="Assigned")}, FAIL, "holds Global Administrator until"),
    ("admin_roles_just_in_time", {"role_eligibilities": []}, FAIL, "Nobody is eligible"),
    ("admin_roles_just_in_time", {"role_schedules": [], "role_eligibilities": []}, NOT_CHECKED, "No administrator is visible"),
    ("admin_roles_just_in_time", {"role_assignments": []}, NOT_CHECKED, "No administrator is visible"),
    ("admin_roles_just_in_time", {"role_schedules": UNLICENSED, "role_eligibilities": UNLICENSED}, NOT_CHECKED, "P1/P2"),
    ("admin_roles_just_in_time", {"role_eligibilities": UNLICENSED, "role_schedules": changed(
        SCHEDULES, 0, assignmentType="Assigned")}, NOT_CHECKED, "P1/P2"),
    ("admin_roles_just_in_time", {"role_schedules": [*SCHEDULES, {**SCHEDULES[2], "id": "x", "principalId": "app",
        "principal": {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "app", "displayName": "robot"}}]}, PASS,
     "not counted: robot"),
    ("admin_roles_just_in_time", {"role_schedules": [*SCHEDULES, {**SCHEDULES[2], "id": "x", "principalId": "who",
        "roleDefinitionId": OTHER_ROLE, "principal": None}]}, FAIL, "who holds User Administrator for good"),
    ("admin_roles_just_in_time", {"role_assignments": DENIED}, NOT_CHECKED, ""),
    # --- user_consent_restricted
    ("user_consent_restricted", {}, PASS, "classified as low only"),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": []}}}, PASS,
     "cannot consent"),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": [
        "ManagePermissionGrantsForSelf.microsoft-user-default-legacy"]}}}, FAIL, "any app"),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": [
        "managePermissionGrantsForSelf.microsoft-user-default-legacy", "ManagePermissionGrantsForSelf.own"]}}}, FAIL, ""),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": [
        "ManagePermissionGrantsForSelf.verified-publishers"]}}}, NOT_CHECKED,
     "Consent is limited to verified publishers, for any permission."),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": [
        "ManagePermissionGrantsForSelf.microsoft-user-default-recommended"]}}}, NOT_CHECKED, "recommended"),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": [
        "ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team"]}}}, PASS, ""),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {}}}, NOT_CHECKED, "did not say"),
    ("user_consent_restricted", {"consent_settings": DENIED}, NOT_CHECKED, ""),
    # --- app_secrets_absent
    ("app_secrets_absent", {}, PASS, "Ended secrets remain on deploy"),
    ("app_secrets_absent", {"applications": changed(APPS, 1, passwordCredentials=[{"keyId": "p", "endDateTime": moment(-20)}])},
     FAIL, "deploy holds 1 client secret until 2026-12-13."),
    ("app_secrets_absent", {"applications": changed(APPS, 1, passwordCredentials=[{"keyId": "p"}])}, FAIL, "without a known end"),
    ("app_secrets_absent", {"applications": changed(APPS, 1, passwordCredentials=[{"keyId": "p", "endDateTime": moment(-20)}]),
                            "federations": (Federation("app-2", ("https://i.example repo",)),)}, FAIL,
     "deploy has a federated credential and still a secret until 2026-12-13."),
    ("app_secrets_absent", {"applications": changed(APPS, 0, keyCredentials=[
        {"keyId": "k", "startDateTime": moment(10), "endDateTime": moment(-800)}])}, FAIL, "lives 810 days"),
    ("app_secrets_absent", {"applications": changed(APPS, 1, passwordCredentials=None)}, NOT_CHECKED, "was not told"),
    ("app_secrets_absent", {"applications": DENIED}, NOT_CHECKED, ""),
    ("app_secrets_absent", {"applications": partial("applications")}, NOT_CHECKED, ""),
    ("app_secrets_absent", {"applications": [], "service_principals": []}, NOT_APPLICABLE, ""),
    ("app_secrets_absent", {"applications": []}, PASS, "1 managed identities"),
    # --- devices_known
    ("devices_known", {}, PASS, "All 3 people"),
    ("devices_known", {"devices": DEVICES[:2]}, FAIL, "1 people sign in without a known device."),
    ("devices_known", {"devices": changed(DEVICES, 2, lastSyncDateTime=moment(31))}, FAIL, "cleo@x.io"),
    ("devices_known", {"devices": changed(DEVICES, 2, lastSyncDateTime="0001-01-01T00:00:00Z")}, FAIL, "cleo@x.io"),
    ("devices_known", {"devices": changed(DEVICES, 2, userId=None)}, PASS, ""),
    ("devices_known", {"devices": []}, FAIL, "3 of 3 people"),
    ("devices_known", {"devices": [], "licenses": [{"servicePlans": []}]}, NOT_CHECKED, "No Intune license in this tenant."),
    ("devices_known", {"devices": [], "licenses": changed(SKUS, 0, capabilityStatus="Suspended")}, NOT_CHECKED, "No Intune"),
    ("devices_known", {"devices": [], "licenses": DENIED}, NOT_CHECKED, ""),
    ("devices_known", {"devices": Unavailable("missing_license", detail="No Intune license in this tenant.")}, NOT_CHECKED, "No Intune"),
    ("devices_known", {"devices": partial("devices")}, NOT_CHECKED, ""),
    ("devices_known", {"users": [USERS[5]]}, NOT_APPLICABLE, ""),
    # --- devices_healthy
    ("devices_healthy", {}, PASS, "All 3 devices"),
    ("devices_healthy", {"device_settings": {"settings": {"secureByDefault": False}}}, FAIL,
     "3 devices are 'compliant' only because no policy is assigned."),
    ("devices_healthy", {"device_settings": {"settings": None}}, NOT_CHECKED, "did not say"),
    ("devices_healthy", {"compliance_policies": [{"id": "cp", "assignments": []}]}, FAIL, "No compliance policy is assigned"),
    ("devices_healthy", {"compliance_policies": []}, FAIL, "0 policies"),
    ("devices_healthy", {"compliance_policies": [{"id": "cp"}]}, NOT_CHECKED, "to whom"),
    *[("devices_healthy", {"devices": changed(DEVICES, 0, complianceState=state)}, FAIL, f"laptop-anna of anna@x.io is {state}")
      for state in ("noncompliant", "inGracePeriod", "unknown", "conflict", "error", "configManager")],
    ("devices_healthy", {"devices": changed(DEVICES, 0, isEncrypted=False)}, FAIL, "is not encrypted"),
    ("devices_healthy", {"devices": changed(DEVICES, 0, lastSyncDateTime=moment(40))}, FAIL, "not seen for 30 days"),
    ("devices_healthy", {"devices": changed(DEVICES, 0, isEncrypted=None)}, NOT_CHECKED, "did not say isEncrypted of laptop-anna"),
    ("devices_healthy", {"devices": changed(DEVICES, 0, complianceState=None)}, NOT_CHECKED, "complianceState"),
    ("devices_healthy", {"device_settings": DENIED}, NOT_CHECKED, ""),
    ("devices_healthy", {"compliance_policies": DENIED}, NOT_CHECKED, ""),
    ("devices_healthy", {"devices": DENIED}, NOT_CHECKED, ""),
    ("devices_healthy", {"devices": []}, NOT_APPLICABLE, "no devices"),
    ("devices_healthy", {"devices": [], "licenses": [{"servicePlans": []}]}, NOT_CHECKED, "No Intune license"),
    # --- sign_in_risk_used
    ("sign_in_risk_used", {}, PASS, "high and medium"),
    ("sign_in_risk_used", {"licenses": [{"servicePlans": []}]}, NOT_CHECKED, "P2"),
    ("sign_in_risk_used", {"licenses": DENIED}, NOT_CHECKED, ""),
    ("sign_in_risk_used", {"policies": STRONG}, FAIL, "none challenges"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "changes", "outcome", "words"), CASES)
def test_outcome_and_words_follow_what_was_seen(check: str, changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    given = snapshot(**changes)
    assert result(check, given).outcome is outcome, said(check, given)
    assert words in said(check, given)


RISK = "conditions__signInRiskLevels"
TRUSTED_ONLY = policy(
    "places",
    grantControls=grant("mfa"),
    conditions__locations={"includeLocations": ["All"], "excludeLocations": ["loc1"]},
)


@pytest.mark.parametrize(
    ("policies", "outcome", "level", "words"),
    [
        ([policy("r", **{RISK: ["medium", "high"]}, grantControls=grant("block"))], PASS, None, ""),
        ([policy("a", **{RISK: ["medium"]}, grantControls=grant("mfa")), policy("b", **{RISK: ["high"]}, grantControls=grant("block"))],
         PASS, None, ""),
        ([policy("r", **{RISK: ["high"]}, grantControls=grant("mfa"))], FAIL, None, "Only 'high' risk is handled."),
        ([policy("r", **{RISK: ["medium", "high"]}, grantControls=grant("mfa", "compliantDevice"))], FAIL, None, ""),
        ([policy("r", **{RISK: ["medium", "high"]}, grantControls=grant("mfa"), state="enabledForReportingButNotEnforced")], FAIL, None,
         "'r' is report-only."),
        ([policy("r", **{RISK: ["medium", "high"]}, grantControls=grant("mfa"), conditions__users__excludeUsers=[BEN])], FAIL, None, ""),
        ([policy("r", **{RISK: ["medium", "high"]}, grantControls=grant("mfa"), conditions__userRiskLevels=["high"])], FAIL, None, ""),
        ([TRUSTED_ONLY], FAIL, 1, "only skip trusted places"),
        ([policy("places", grantControls=grant("mfa"), conditions__locations={
            "includeLocations": ["All"], "excludeLocations": ["unknown place"]})], FAIL, None, ""),
    ],
)  # fmt: skip
def test_risk_is_challenged(policies: list[dict[str, Any]], outcome: Outcome, level: int | None, words: str) -> None:
    given = snapshot(policies=policies)
    found = result("sign_in_risk_used", given)
    assert (found.outcome, found.level) == (outcome, level)
    assert words in said("sign_in_risk_used", given)


@pytest.mark.parametrize(
    ("resistant", "policies", "level"),
    [(10, STRONG, None), (9, STRONG, None), (9, MFA_ONLY, 2), (8, STRONG, 2), (7, STRONG, 1), (3, MFA_ONLY, 1)],
)
def test_the_share_decides_the_level_and_only_a_rule_that_forces_it_the_highest(
    resistant: int, policies: list[dict[str, Any]], level: int | None
) -> None:
    found = result("mfa_phishing_resistant_share", snapshot(policies=policies, **mixed(resistant, 10)))
    assert (found.outcome, found.level) == (PASS, level)


@pytest.mark.parametrize("method", ["passKeyDeviceBoundWindowsHello", "passKeyDeviceBoundAuthenticator", "passKeySynced",
                                    "fido2", "fido2SecurityKey", "windowsHelloForBusiness", "macOsSecureEnclaveKey"])  # fmt: skip
def test_methods_bound_to_the_real_address_count(method: str) -> None:
    users, rows = members(4, method, admins=1)
    assert result("mfa_phishing_resistant_share", snapshot(users=users, registrations=rows)).level is None


@pytest.mark.parametrize("method", ["microsoftAuthenticatorPush", "microsoftAuthenticatorPasswordless", "sms", "email",
                                    "hardwareOneTimePasscode", "temporaryAccessPass", "somethingNew"])  # fmt: skip
def test_other_methods_do_not_count(method: str) -> None:
    users, rows = members(4, method, admins=1)
    assert result("mfa_phishing_resistant_share", snapshot(users=users, registrations=rows)).outcome is FAIL


def methods(sms: str, voice: str, migration: str | None = "migrationComplete", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "authenticationMethodConfigurations": [
            {"id": "Sms", "state": sms, "includeTargets": [{"id": "sales"}], **more},
            {"id": "Voice", "state": voice},
        ]
    }
    return found if migration is None else {**found, "policyMigrationState": migration}


@pytest.mark.parametrize(
    ("raw", "outcome", "words"),
    [
        (methods("disabled", "disabled"), PASS, ""),
        (methods("enabled", "disabled"), FAIL, "Voice is off, SMS is on for group sales."),
        (methods("disabled", "enabled"), FAIL, "SMS is off, Voice is on for everyone."),
        (methods("enabled", "enabled", "preMigration"), FAIL, "SMS is accepted"),
        (methods("disabled", "disabled", "migrationInProgress"), NOT_CHECKED, "migrationInProgress"),
        (methods("disabled", "disabled", "preMigration"), NOT_CHECKED, "older policies"),
        (methods("disabled", "disabled", None), NOT_CHECKED, "not told"),
        ({"policyMigrationState": "migrationComplete", "authenticationMethodConfigurations": []}, NOT_CHECKED, "Sms, Voice"),
        (methods("", "disabled"), NOT_CHECKED, "Sms"),
    ],
)
def test_phones_are_off(raw: dict[str, Any], outcome: Outcome, words: str) -> None:
    given = snapshot(methods_policy=raw)
    assert result("sms_and_voice_off", given).outcome is outcome
    assert words in said("sms_and_voice_off", given)


def session(value: int = 8, unit: str = "hours", **frequency: Any) -> dict[str, Any]:
    return {**SESSION, "signInFrequency": {**SESSION["signInFrequency"], "value": value, "type": unit, **frequency}}


NEVER = {"persistentBrowser": {"isEnabled": True, "mode": "never"}, "signInFrequency": None}
ROLES = list(PRIVILEGED_ROLES)
ADMINS = {"conditions__users__includeUsers": [], "conditions__users__includeRoles": ROLES}


@pytest.mark.parametrize(
    ("policies", "outcome", "level", "words"),
    [
        ([policy("s", sessionControls=session(12))], PASS, None, "12 h"),
        ([policy("s", sessionControls=session(frequencyInterval="everyTime", value=None))], PASS, None, ""),
        ([policy("s", sessionControls=session(1, "days"))], PASS, 1, "administrators need 12 h"),
        ([policy("s", sessionControls=session(24)), policy("a", sessionControls=session(4), **ADMINS)], PASS, None, ""),
        ([policy("s", sessionControls=session(24)), policy("a", sessionControls=session(4), **{
            **ADMINS, "conditions__users__includeRoles": ROLES[1:]})], PASS, 1, "administrators need 12 h"),
        ([policy("a", sessionControls={"signInFrequency": session()["signInFrequency"]}), policy("b", sessionControls=NEVER)], PASS, None, ""),
        ([policy("s", sessionControls=session(7, "days"))], FAIL, 1, "Frequency is 7 days."),
        ([policy("s", sessionControls=session(90, "days"))], FAIL, None, "Frequency is 90 days."),
        ([policy("s", sessionControls={"signInFrequency": session()["signInFrequency"]})], FAIL, 1, "browsers may stay"),
        ([policy("s", sessionControls=session(isEnabled=False))], FAIL, None, ""),
        ([policy("s", sessionControls=session(authenticationType="secondaryAuthentication"))], FAIL, None, ""),
        ([policy("s", sessionControls=session(unit="fortnights"))], FAIL, None, ""),
        ([policy("s", sessionControls=session(0))], FAIL, None, ""),
        ([policy("s", sessionControls=session(), state="enabledForReportingButNotEnforced")], FAIL, None, ""),
        ([policy("s", sessionControls=session(), conditions__users__excludeUsers=[BEN])], FAIL, None, ""),
        ([policy("s", sessionControls=session(), conditions__applications__includeApplications=["Office365"])], FAIL, None, ""),
        ([], FAIL, None, "none ends everyone's sign-ins"),
    ],
)  # fmt: skip
def test_sign_ins_end(policies: list[dict[str, Any]], outcome: Outcome, level: int | None, words: str) -> None:
    given = snapshot(policies=policies)
    found = result("session_limits", given)
    assert (found.outcome, found.level) == (outcome, level)
    assert words in said("session_limits", given)


def lifetime(span: str, *, default: bool = True, name: str = "t") -> dict[str, Any]:
    definition = f'{{"TokenLifetimePolicy":{{"Version":1,"AccessTokenLifetime":"{span}"}}}}'
    return {"id": name, "displayName": name, "isOrganizationDefault": default, "definition": [definition]}


@pytest.mark.parametrize(
    ("raw", "outcome", "words"),
    [
        ([lifetime("00:15:00")], PASS, "15 min"),
        ([lifetime("0:10:00")], PASS, "10 min"),
        ([lifetime("00:15:01")], FAIL, ""),
        ([lifetime("1.00:00:00")], FAIL, "1440 min"),
        ([lifetime("00:10:00", default=False)], FAIL, "'t' is short, but not the default of the tenant."),
        ([lifetime("00:10:00"), lifetime("08:00:00", default=False, name="long")], NOT_CHECKED, "'long' may give single apps more"),
        ([lifetime("soon")], FAIL, "sets not set"),
        ([{**lifetime("x"), "definition": ["{not json"]}], FAIL, ""),
        ([{**lifetime("x"), "definition": []}], FAIL, ""),
        ([], FAIL, "Continuous access evaluation"),
        (DENIED, NOT_CHECKED, ""),
    ],
)
def test_access_tokens_end(raw: Any, outcome: Outcome, words: str) -> None:
    given = snapshot(token_lifetimes=raw)
    assert result("access_token_lifetime", given).outcome is outcome
    assert words in said("access_token_lifetime", given)


@pytest.mark.parametrize(("number", "outcome", "level"), [(1, FAIL, 0), (2, PASS, None), (4, PASS, None), (5, FAIL, 1),
                                                          (8, FAIL, 1), (9, FAIL, 0)])  # fmt: skip
def test_global_administrators_are_counted(number: int, outcome: Outcome, level: int | None) -> None:
    assigned = [assignment(f"r{each}", f"u{each}", f"u{each}@x.io") for each in range(number)]
    found = result("super_admin_count", snapshot(role_assignments=assigned, role_eligibilities=[]))
    assert (found.outcome, found.level) == (outcome, level)


def test_one_person_twice_is_one_person() -> None:
    assigned = [assignment("r1", ANNA, "anna@x.io"), assignment("r2", "g1", "Admins", kind="group")]
    given = snapshot(role_assignments=assigned, role_eligibilities=[], groups=(Group("g1", (ANNA, BEN)),))
    assert "2 people can act as Global Administrator: anna@x.io, ben@x.io." in said("super_admin_count", given)


def test_long_certificates_are_a_low_matter() -> None:
    apps = changed(APPS, 0, keyCredentials=[{"keyId": "k", "startDateTime": moment(1), "endDateTime": moment(-900)}])
    (finding,) = findings("app_secrets_absent", snapshot(applications=apps))
    assert finding.severity is Severity.LOW


def test_names_are_cut_at_fifty() -> None:
    users, rows = members(60, "sms")
    for row in rows:
        row["isMfaCapable"] = False
    words = said("people_mfa_capable", snapshot(users=users, registrations=rows))
    assert "60 of 60" in words
    assert "and 10 more" in words


EVERYTHING = [check.id for check in CONNECTOR.checks]


def test_nothing_read_passes_nothing() -> None:
    parts = {name: DENIED for name in ("users", "policies", "groups", "federations", *PARTS)}
    verdicts = [finding.verdict for finding in evaluate(CONNECTOR.checks, snapshot(**parts))]
    assert {each.outcome for each in verdicts} == {NOT_CHECKED}
    assert len(EVERYTHING) == 23


PARTS = ("named_locations", "security_defaults", "methods_policy", "consent_settings", "token_lifetimes", "registrations",
         "sign_ins", "guests", "organization", "role_assignments", "role_schedules", "role_eligibilities", "applications",
         "service_principals", "licenses", "devices", "device_settings", "compliance_policies")  # fmt: skip


def test_an_empty_tenant_passes_nothing() -> None:
    empty: dict[str, Any] = dict.fromkeys(("users", "policies", "groups", "federations", *PARTS), ())
    declared = {"people": None, "leavers": None, "tools": None, "sensitive_tools": None, "break_glass": ()}
    verdicts = [finding.verdict for finding in evaluate(CONNECTOR.checks, snapshot(**empty, declared=declared))]
    assert PASS not in {each.outcome for each in verdicts}


def test_every_verdict_has_its_denominator_and_its_evidence() -> None:
    for finding in evaluate(CONNECTOR.checks, snapshot()):
        assert finding.verdict.seen >= 1, finding
        assert finding.verdict.evidence, finding
        assert all(line.source.startswith(("GET ", "connect form")) for line in finding.verdict.evidence)
