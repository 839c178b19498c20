"""Snapshots from raw replies without a network: the compliant tenant, with what a test changes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from tests.connectors.entra.tenant import EMERGENCY, PEOPLE, TENANT, compliant
from tests.fakes.vendor import NOW
from ztassess.connectors.api import row_of
from ztassess.connectors.contract import Declared
from ztassess.connectors.entra import CONNECTOR
from ztassess.connectors.entra import parsing_directory as directory
from ztassess.connectors.entra import parsing_policies as sign_in
from ztassess.connectors.entra.collect import READERS
from ztassess.connectors.entra.snapshot import EntraSnapshot
from ztassess.domain.checks import CheckResult, evaluate, fold
from ztassess.domain.findings import Finding, Outcome, Unavailable

PASS, FAIL, NOT_CHECKED, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_CHECKED, Outcome.NOT_APPLICABLE
DENIED = Unavailable("missing_scope", "Policy.Read.All", "Permission Policy.Read.All is not consented.")
UNLICENSED = Unavailable("missing_license", detail="Your tenant has no Entra ID P1/P2.")
PARSERS: dict[str, tuple[str, Any]] = {
    "policies": ("/identity/conditionalAccess/policies", sign_in.policy),
    "named_locations": ("/identity/conditionalAccess/namedLocations", sign_in.named_location),
    "security_defaults": ("/policies/identitySecurityDefaultsEnforcementPolicy", sign_in.security_defaults),
    "methods_policy": ("/policies/authenticationMethodsPolicy", sign_in.methods_policy),
    "consent_settings": ("/policies/authorizationPolicy", sign_in.consent_settings),
    "token_lifetimes": ("/policies/tokenLifetimePolicies", sign_in.token_lifetime),
    "registrations": ("/reports/authenticationMethods/userRegistrationDetails", directory.registration),
    "users": ("/users", directory.user),
    "sign_ins": ("/users", directory.sign_in),
    "guests": ("/users", directory.guest),
    "organization": ("/organization", directory.organization),
    "role_assignments": ("/roleManagement/directory/roleAssignments", directory.role_assignment),
    "role_schedules": ("/roleManagement/directory/roleAssignmentScheduleInstances", directory.role_schedule),
    "role_eligibilities": ("/roleManagement/directory/roleEligibilitySchedules", directory.eligibility),
    "applications": ("/applications", directory.application),
    "service_principals": ("/servicePrincipals", directory.service_principal),
    "licenses": ("/subscribedSkus", directory.plans),
    "devices": ("/deviceManagement/managedDevices", directory.device),
    "device_settings": ("/deviceManagement", directory.device_settings),
    "compliance_policies": ("/deviceManagement/deviceCompliancePolicies", directory.compliance_policy),
}
assert set(PARSERS) == set(READERS)


def parsed(part: str, raw: Any) -> tuple[Any, ...]:
    """Raw objects of one part, read as the client reads them."""
    rows = raw if isinstance(raw, list) else [raw]
    found = tuple(PARSERS[part][1](row_of(row, "raw")) for row in rows)
    if part == "licenses":
        return tuple(plan for plans in found for plan in plans)
    return tuple(each for each in found if part != "guests" or each.sponsors) if part == "guests" else found


@cache
def base() -> EntraSnapshot:
    raw = compliant()
    declared = Declared(
        break_glass=EMERGENCY, people=PEOPLE, leavers=("zoe@x.io",), tools=("Wiki",), sensitive_tools=("Wiki",)
    )
    parts = {part: parsed(part, raw[path]) for part, (path, _) in PARSERS.items()}
    return EntraSnapshot(taken_at=NOW, tenant=TENANT, declared=declared, groups=(), federations=(), **parts)


def snapshot(**changes: Any) -> EntraSnapshot:
    """The compliant tenant with changed parts: raw JSON (lists, objects), or `Unavailable`; ``declared`` a dict."""
    made: dict[str, Any] = {}
    for part, value in changes.items():
        if part == "declared":
            made[part] = replace(base().declared, **value)
        elif isinstance(value, Unavailable | tuple):
            made[part] = value
        else:
            made[part] = parsed(part, value)
    return replace(base(), **made)


def findings(check: str, given: EntraSnapshot) -> list[Finding]:
    """What one check says."""
    return evaluate([CONNECTOR.checks[f"entra.{check}"]], given)


def result(check: str, given: EntraSnapshot) -> CheckResult:
    """What one check says, folded."""
    return fold(f"entra.{check}", findings(check, given))


def said(check: str, given: EntraSnapshot) -> str:
    """Reasons and near-misses of one check, in one text."""
    return " ".join(f"{each.verdict.reason} {each.verdict.near_miss}" for each in findings(check, given))
