"""No check of any connector passes by a part that nobody could read, and none breaks where a part is missing.

Each part of a system that is in order is taken away, with every reason and with the rows that came before it broke off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from tests.connectors.auth0 import factory as auth0
from tests.connectors.cloudflare import factory as cloudflare
from tests.connectors.entra import factory as entra
from tests.connectors.github import factory as github
from tests.connectors.google_iap import factory as google_iap
from tests.connectors.google_workspace import factory as google_workspace
from tests.connectors.keycloak import factory as keycloak
from tests.connectors.oidc.test_rules import WHOLE as OIDC
from tests.connectors.okta import factory as okta
from tests.connectors.tailscale import factory as tailscale
from ztassess.connectors import registry
from ztassess.domain.checks import Check, evaluate, fold
from ztassess.domain.findings import Outcome, Unavailable

IN_ORDER: dict[str, Callable[[], Any]] = {
    "auth0": auth0.good,
    "cloudflare": cloudflare.base,
    "entra": entra.base,
    "github": github.picture,
    "google_iap": google_iap.snapshot,
    "google_workspace": google_workspace.snapshot,
    "keycloak": keycloak.good,
    "oidc": lambda: OIDC,
    "okta": okta.good,
    "tailscale": tailscale.snapshot,
}
# Checks that a system in order does not pass: they have nothing to look at there, or never pass.
NOT_PASSED = {
    "github.saml_sso_enforced",
    "google_iap.assertion_checked_at_origin",
    "oidc.client_auth_without_shared_secret",
    "oidc.phishing_resistant_acr_offered",
    "oidc.sender_constraint_offered",
    "okta.factor_resets_explained",
    "tailscale.lost_devices_gone",
    "tailscale.routes_narrow",
}
REASONS = (
    "missing_scope", "missing_license", "unsupported", "rate_limited", "unreachable", "partial_data", "input_missing",
    "upstream_error",
)  # fmt: skip
# Why a check may pass without a part that it names for the preflight, and which of the ways to lose it that allows.
BESIDE = "it is named beside the verdict and decides nothing"
ASKED_FOR = "it is needed only where another part points to it, which it does not in this system"
ENOUGH = "another part proves it alone"
LEVEL = "it only raises the level"
FOUND = "the rows that came settle it, whatever else there is"
UNLICENSED = "the vendor sells no such list with this plan, and the reason says so"
EXPORTED = "an export cannot hold it, and the reason says so"
WAYS: dict[str, Callable[[str], bool]] = {
    FOUND: lambda how: how.endswith("rows"),
    UNLICENSED: lambda how: how == "missing_license",
    EXPORTED: lambda how: how == "input_missing",
}
NOT_ALWAYS_NEEDED: dict[str, dict[str, str]] = {
    "cloudflare.admin_access_short_lived": {
        "app_authorities": ASKED_FOR, "gateway_authorities": FOUND, "targets": FOUND,
    },
    "cloudflare.context_selectors_used": {"groups": ASKED_FOR},
    "cloudflare.declared_hosts_behind_access": {"organization": ASKED_FOR},
    "cloudflare.device_posture_required": {"groups": ASKED_FOR},
    "cloudflare.mfa_required": {"groups": ASKED_FOR, "organization": ENOUGH},
    "cloudflare.policies_name_groups": {"organization": ENOUGH},
    "cloudflare.session_duration_limited": {"organization": ASKED_FOR},
    "entra.admins_mfa_required": {"registrations": LEVEL, "users": LEVEL},
    "entra.app_secrets_absent": {"federations": BESIDE, "service_principals": BESIDE},
    "entra.break_glass_ready": {"groups": ASKED_FOR, "registrations": FOUND, "sign_ins": FOUND},
    # "Not failing" is what the demand for a compliant device asks of the baseline, which has a check of its own.
    "entra.compliant_device_required": {
        "compliance_policies": BESIDE, "device_settings": BESIDE, "devices": BESIDE,
    },
    "entra.devices_healthy": {"licenses": ASKED_FOR},
    "entra.devices_known": {"licenses": ASKED_FOR},
    "entra.headcount_covered": {"organization": BESIDE},
    "entra.leavers_disabled": {"sign_ins": BESIDE},
    "entra.no_exclusion_gaps": {"groups": BESIDE, "users": BESIDE},
    "entra.sign_in_risk_used": {"licenses": FOUND, "named_locations": BESIDE},
    "entra.super_admin_count": {"groups": ASKED_FOR, "role_eligibilities": ASKED_FOR},
    "github.deploy_environments_reviewed": {"protections": ASKED_FOR},
    "github.leavers_removed": {"linked_identities": ENOUGH},
    "github.member_inventory": {"linked_identities": ENOUGH},
    "github.personal_tokens_expire": {"credential_authorizations": UNLICENSED},
    "github.secret_alerts_closed": {"dismissed_alerts": BESIDE},
    "github.two_factor_required": {"without_two_factor": BESIDE},
    "github.workflows_use_oidc": {"oidc_subjects": BESIDE},
    "google_iap.access_level_required": {"access_levels": FOUND},
    "google_iap.firewall_closed": {"instances": BESIDE},
    "google_iap.no_user_managed_keys": {"org_policies": LEVEL},
    "google_iap.stores_private": {"org_policies": LEVEL},
    "google_workspace.admins_two_step": {"org_units": LEVEL, "policies": LEVEL, "role_assignments": EXPORTED},
    "google_workspace.audit_logs_readable": {"users": BESIDE},
    "google_workspace.context_aware_access_on": {
        "access_bindings": FOUND, "access_changes": ENOUGH, "access_denials": ENOUGH, "access_levels": FOUND,
    },
    "google_workspace.devices_healthy": {"device_users": BESIDE},
    "google_workspace.devices_known": {"chrome_users": ENOUGH, "mobile_users": ENOUGH},
    "google_workspace.idp_not_federated": {"sso_profiles": ASKED_FOR},
    "google_workspace.leavers_suspended": {"logins": EXPORTED, "token_grants": EXPORTED},
    "google_workspace.super_admin_count": {"role_assignments": ENOUGH, "roles": ENOUGH},
    "google_workspace.two_step_enforced_users": {"org_units": ASKED_FOR, "sso_assignments": EXPORTED},
    "keycloak.phishing_resistant_flow": {"actions": ASKED_FOR, "credentials": ASKED_FOR, "users": ASKED_FOR},
    "keycloak.second_factor_required": {"actions": ASKED_FOR, "credentials": ASKED_FOR, "users": ASKED_FOR},
    "keycloak.session_limits": {"clients": ASKED_FOR},
    "oidc.access_token_lifetime": {"keys": ENOUGH},
    "oidc.token_signature_and_audience": {"keys": ENOUGH},
    "okta.admin_console_phishing_resistant": {"apps": FOUND},
    "okta.anonymizers_blocked": {"access_rules": ENOUGH, "session_policies": ENOUGH, "session_rules": ENOUGH},
    "okta.context_conditions_used": {"zones": BESIDE},
    "okta.managed_device_required": {"devices": BESIDE},
    "okta.mfa_required_every_app": {"access_policies": ASKED_FOR, "users": ASKED_FOR},
    "okta.phishing_resistant_every_app": {"access_policies": ASKED_FOR, "users": ASKED_FOR},
    "okta.session_limits": {"admin_console": BESIDE},
    "okta.super_admin_count": {"users": BESIDE},
    "okta.weak_factors_off": {"session_rules": ASKED_FOR},
    "tailscale.declared_apps_granted_by_group": {"users": ASKED_FOR},
    "tailscale.device_approval_on": {"changes": ENOUGH, "devices": ENOUGH, "settings": FOUND},
    "tailscale.flow_logs_on": {"changes": BESIDE, "settings": FOUND},
    "tailscale.no_allow_all": {"devices": ASKED_FOR, "users": ASKED_FOR},
    "tailscale.no_member_to_prod": {"users": ASKED_FOR},
    "tailscale.posture_used": {"integrations": BESIDE, "users": ASKED_FOR},
}  # fmt: skip
CHECKS = [check for slug in IN_ORDER for check in registry.connector(slug).checks]


def in_order(check: Check) -> Any:
    return IN_ORDER[check.id.partition(".")[0]]()


def parts_of(snapshot: Any) -> list[str]:
    """Parts that were read; other tuples are what was declared."""
    found = (each for each in fields(snapshot) if str(each.type).startswith("Part["))
    return [each.name for each in found if isinstance(getattr(snapshot, each.name), tuple)]


def without(snapshot: Any, part: str) -> Iterator[tuple[str, Any]]:
    """The system with one part lost in every way; the second half of its rows, or what came after all of them."""
    rows = getattr(snapshot, part)
    for reason in REASONS:
        yield reason, replace(snapshot, **{part: Unavailable(reason, "some:scope", "It could not be read.")})
    for read in {len(rows) // 2, len(rows)} - {0}:
        hole = Unavailable("partial_data", detail="The list broke off.", read=rows[:read])
        yield f"{read} of {len(rows)} rows", replace(snapshot, **{part: hole})


def outcome(check: Check, snapshot: Any) -> Outcome:
    return fold(check.id, evaluate([check], snapshot)).outcome


def test_table_speaks_of_checks_and_parts_that_exist() -> None:
    known = {check.id: check for check in CHECKS}
    assert set(NOT_ALWAYS_NEEDED) | NOT_PASSED <= set(known)
    named = {(check, part) for check, found in NOT_ALWAYS_NEEDED.items() for part in found}
    assert [pair for pair in named if pair[1] not in known[pair[0]].parts] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_nothing_passes_by_what_nobody_could_read(check: Check) -> None:
    whole = in_order(check)
    before = outcome(check, whole)
    assert (before is Outcome.PASS) is (check.id not in NOT_PASSED), before
    allowed = NOT_ALWAYS_NEEDED.get(check.id, {})
    for part in parts_of(whole):
        passing = []
        for how, seen in without(whole, part):
            after = outcome(check, seen)
            assert after is not Outcome.ERROR, (part, how)
            assert after is not Outcome.FAIL or before is Outcome.FAIL, (part, how, "what is not seen is no failure")
            if part not in check.parts:
                assert after is before, (part, how, "it matters, so the check must name it among its parts")
            elif after is Outcome.PASS:
                passing.append(how)
        why = allowed.get(part, "")
        assert not [how for how in passing if not why or not WAYS.get(why, lambda _: True)(how)], (part, passing)
        assert passing or not why or before is not Outcome.PASS, (part, "it is always needed; take it off the table")


@pytest.mark.parametrize(
    ("check", "part"),
    [
        ("entra.account_inventory", "users"),
        ("entra.admin_roles_just_in_time", "role_schedules"),
        ("entra.leavers_disabled", "users"),
        ("google_workspace.leavers_suspended", "users"),
        ("keycloak.access_token_lifetime", "clients"),
        ("keycloak.second_factor_required", "clients"),
        ("keycloak.second_factor_required", "flows"),
        ("okta.api_token_not_super_admin", "roles"),
    ],
)
def test_list_that_is_never_empty_was_not_shown_to_us(check: str, part: str) -> None:
    (found,) = (each for each in CHECKS if each.id == check)
    assert outcome(found, replace(in_order(found), **{part: ()})) is Outcome.NOT_CHECKED


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_nothing_breaks_by_what_is_empty_or_not_declared(check: Check) -> None:
    whole = in_order(check)
    for part in parts_of(whole):
        assert outcome(check, replace(whole, **{part: ()})) is not Outcome.ERROR, part
    for each in fields(whole):
        declared = getattr(whole, each.name)
        if not is_dataclass(declared):
            continue
        for item in fields(declared):
            if "None" in str(item.type):
                bare = replace(whole, **{each.name: replace(declared, **{item.name: None})})  # type: ignore[type-var]
                assert outcome(check, bare) is not Outcome.ERROR, item.name


@pytest.mark.parametrize("slug", IN_ORDER)
def test_what_a_system_tells_others_survives_every_hole(slug: str) -> None:
    whole, shares = IN_ORDER[slug](), registry.connector(slug).shares
    for part in parts_of(whole) if shares else ():
        for _, seen in without(whole, part):
            assert shares is not None
            shares(seen)
