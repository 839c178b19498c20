"""The heart by a table: which sets of policies prove that everyone is held to something, and which only seem to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_CHECKED,
    PASS,
    findings,
    result,
    said,
    snapshot,
)
from tests.connectors.entra.tenant import EMERGENCY, grant, policy
from ztassess.connectors.api import row_of
from ztassess.connectors.entra import parsing_policies
from ztassess.domain.findings import Unavailable

DEFAULTS_ON = {"id": "d", "isEnabled": True}
MFA = grant("mfa")
BLOCK_LEGACY = policy(
    "legacy", conditions__clientAppTypes=["exchangeActiveSync", "other"], grantControls=grant("block")
)
MODERN = ["browser", "mobileAppsAndDesktopClients"]


def mfa(name: str = "p", **more: Any) -> dict[str, Any]:
    return policy(name, **{"grantControls": MFA, **more})


def inside(**users: Any) -> dict[str, Any]:
    return {f"conditions__users__{name}": value for name, value in users.items()}


COVERED: dict[str, list[dict[str, Any]]] = {
    "one policy": [mfa()],
    "with AND": [mfa(grantControls=grant("mfa", "compliantDevice", operator="AND"))],
    "a strength of two factors": [mfa(grantControls=grant(combinations=["password,sms", "fido2"]))],
    "all clients spelled out": [mfa(conditions__clientAppTypes=[*MODERN, "exchangeActiveSync", "other"])],
    "modern clients, legacy ones blocked": [mfa(conditions__clientAppTypes=MODERN), BLOCK_LEGACY],
    "a group left out here and included there": [
        mfa("main", **inside(excludeGroups=["g1"])),
        mfa("other", **inside(includeUsers=[], includeGroups=["g1"])),
    ],
    "no exclusion at all": [mfa(**inside(excludeUsers=[]))],
    "all locations and platforms": [
        mfa(
            conditions__locations={"includeLocations": ["All"], "excludeLocations": []},
            conditions__platforms={"includePlatforms": ["all"], "excludePlatforms": []},
        )
    ],
    "an empty device condition": [mfa(conditions__devices={"deviceFilter": None})],
    "one of several": [mfa("report", state="enabledForReportingButNotEnforced"), mfa("real")],
}


@pytest.mark.parametrize("name", COVERED)
def test_everyone_is_held_to_mfa(name: str) -> None:
    found = result("mfa_required_all_users", snapshot(policies=COVERED[name]))
    assert (found.outcome, found.level) == (PASS, None)


# What only seems to hold everyone, and the words a person must read.
GAPS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "nothing": ([], "0 policies"),
    "report-only": ([mfa(state="enabledForReportingButNotEnforced")], "'p' is report-only."),
    "disabled": ([mfa(state="disabled")], "'p' is switched off."),
    "an unknown state": ([mfa(state="somethingNew")], "'p' is switched off."),
    "OR with a compliant device": (
        [mfa(grantControls=grant("mfa", "compliantDevice"))],
        "'p' accepts a compliant device instead of MFA.",
    ),
    "an operator that is missing": (
        [mfa(grantControls={**grant("mfa", "compliantDevice"), "operator": None})],
        "instead",
    ),
    "OR with terms of use": ([mfa(grantControls={**MFA, "termsOfUse": ["t1"]})], "terms of use instead of MFA."),
    "a strength with a single factor": (
        [mfa(grantControls=grant(combinations=["password", "fido2"]))],
        "the strength 'Phishing-resistant MFA' instead of MFA.",
    ),
    "a strength that allows an unknown thing": (
        [mfa(grantControls=grant(combinations=["unknownFutureValue"]))],
        "instead",
    ),
    "a strength that says nothing": ([mfa(grantControls=grant(combinations=[]))], "instead of MFA."),
    "only a block of legacy": ([BLOCK_LEGACY], "Per-user MFA is not visible"),
    "undeclared users": (
        [mfa(**inside(excludeUsers=[*EMERGENCY, "user-ben"]))],
        "'p' excludes 1 undeclared account: ben@x.io.",
    ),
    "an undeclared group": ([mfa(**inside(excludeGroups=["g1"]))], "excludes 1 undeclared account: g1."),
    "a role": ([mfa(**inside(excludeRoles=["r1"]))], "excludes 1 undeclared account: r1."),
    "guests": (
        [mfa(**inside(excludeGuestsOrExternalUsers={"guestOrExternalUserTypes": "b2bCollaborationGuest"}))],
        "guests and external users (b2bCollaborationGuest)",
    ),
    "guests as a word": ([mfa(**inside(excludeUsers=["GuestsOrExternalUsers"]))], "excludes 1 undeclared account"),
    "an exclusion of a kind we do not know": ([mfa(**inside(excludeAgents=["a1"]))], "excludeAgents"),
    "one app left out": ([mfa(conditions__applications__excludeApplications=["wiki"])], "'p' leaves out 1 app: wiki."),
    "one app": ([mfa(conditions__applications__includeApplications=["Office365"])], "'p' is not for all apps."),
    "a filter of apps": (
        [mfa(conditions__applications__applicationFilter={"mode": "exclude", "rule": "x"})],
        "not for all apps",
    ),
    "a user action": (
        [mfa(conditions__applications__includeUserActions=["urn:user:registerdevice"])],
        "not for all apps",
    ),
    "some users": ([mfa(**inside(includeUsers=[], includeGroups=["g1"]))], "'p' is not for all users."),
    "guests only": ([mfa(**inside(includeUsers=["GuestsOrExternalUsers"]))], "'p' is not for all users."),
    "except trusted places": (
        [mfa(conditions__locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]})],
        "only under conditions: locations except AllTrusted.",
    ),
    "some places": ([mfa(conditions__locations={"includeLocations": ["loc1"], "excludeLocations": []})], "only loc1"),
    "some platforms": (
        [mfa(conditions__platforms={"includePlatforms": ["iOS"], "excludePlatforms": []})],
        "platforms only iOS",
    ),
    "a platform left out": (
        [mfa(conditions__platforms={"includePlatforms": ["all"], "excludePlatforms": ["linux"]})],
        "platforms except linux",
    ),
    "a filter of devices": (
        [mfa(conditions__devices={"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}})],
        "devices device filter (exclude)",
    ),
    "sign-in risk": ([mfa(conditions__signInRiskLevels=["high"])], "signInRiskLevels high"),
    "user risk": ([mfa(conditions__userRiskLevels=["high"])], "userRiskLevels high"),
    "insider risk": ([mfa(conditions__insiderRiskLevels="elevated")], "insiderRiskLevels elevated"),
    "one flow": ([mfa(conditions__authenticationFlows={"transferMethods": "deviceCodeFlow"})], "deviceCodeFlow"),
    "workloads": ([mfa(conditions__clientApplications={"includeServicePrincipals": ["sp"]})], "clientApplications set"),
    "a condition we do not know": ([mfa(conditions__moonPhases=["full"])], "moonPhases set"),
    "modern clients only": (
        [mfa(conditions__clientAppTypes=MODERN)],
        "does not cover clients of the types exchangeActiveSync, other.",
    ),
    "clients that are not named": ([mfa(conditions__clientAppTypes=[])], "does not cover clients"),
    "legacy blocked for some only": (
        [mfa(conditions__clientAppTypes=MODERN), {**BLOCK_LEGACY, "state": "enabledForReportingButNotEnforced"}],
        "does not cover clients",
    ),
    "two that seem to cover everyone": (
        [mfa("a", **inside(excludeGroups=["g1"])), mfa("b", **inside(excludeGroups=["g2"]))],
        "undeclared account",
    ),
    "a helper that leaves someone out itself": (
        [
            mfa("a", **inside(excludeGroups=["g1"])),
            mfa("b", **inside(includeUsers=[], includeGroups=["g1"], excludeUsers=["user-ben"])),
        ],
        "undeclared account",
    ),
    "a helper under a condition": (
        [
            mfa("a", **inside(excludeGroups=["g1"])),
            mfa("b", conditions__signInRiskLevels=["high"], **inside(includeUsers=[], includeGroups=["g1"])),
        ],
        "'a' excludes 1 undeclared account: g1.",
    ),
    "a helper that asks for less": (
        [
            mfa("a", **inside(excludeGroups=["g1"])),
            mfa("b", grantControls=grant("compliantDevice"), **inside(includeUsers=[], includeGroups=["g1"])),
        ],
        "'a' excludes 1 undeclared account: g1.",
    ),
    "session only": ([policy("p", sessionControls={"signInFrequency": {"isEnabled": True}})], "Per-user MFA"),
}


@pytest.mark.parametrize("name", GAPS)
def test_what_only_seems_to_hold_everyone_fails_and_says_why(name: str) -> None:
    policies, words = GAPS[name]
    given = snapshot(policies=policies)
    assert result("mfa_required_all_users", given).outcome is FAIL
    assert words in said("mfa_required_all_users", given)


def test_an_enforced_policy_with_a_hole_leaves_a_lower_level_open_and_none_leaves_nothing() -> None:
    hole = result("mfa_required_all_users", snapshot(policies=GAPS["undeclared users"][0]))
    report = result("mfa_required_all_users", snapshot(policies=GAPS["report-only"][0]))
    assert (hole.level, report.level) == (None, 0)


def test_security_defaults_pass_with_a_note() -> None:
    given = snapshot(policies=[], security_defaults=DEFAULTS_ON)
    assert result("mfa_required_all_users", given).outcome is PASS
    assert "no exclusions" in said("mfa_required_all_users", given)


def test_the_seen_states_are_the_denominator() -> None:
    (finding,) = findings("mfa_required_all_users", snapshot(policies=GAPS["report-only"][0]))
    assert "1 policy (0 enabled, 1 report-only, 0 disabled)" in finding.verdict.reason
    assert finding.verdict.evidence[1].observed.startswith("enabledForReportingButNotEnforced; OR mfa")


def test_declared_exclusions_are_named() -> None:
    assert "left out, declared as break-glass: glass-1@x.io, glass-2@x.io" in said("mfa_required_all_users", snapshot())


@pytest.mark.parametrize(
    "check",
    [
        "mfa_required_all_users",
        "phishing_resistant_required",
        "legacy_authentication_blocked",
        "session_limits",
        "compliant_device_required",
        "no_exclusion_gaps",
        "admins_mfa_required",
        "sign_in_risk_used",
    ],
)
@pytest.mark.parametrize("read", [(), "all"])
def test_unread_policies_prove_and_disprove_nothing(check: str, read: Any) -> None:
    rows = snapshot().policies if read == "all" else ()
    for reason in ("missing_scope", "partial_data", "rate_limited"):
        given = snapshot(policies=Unavailable(reason, "Policy.Read.All", "No.", read=rows))  # type: ignore[arg-type]
        assert result(check, given).outcome is NOT_CHECKED


@pytest.mark.parametrize("check", ["mfa_required_all_users", "legacy_authentication_blocked", "admins_mfa_required"])
def test_unread_security_defaults_leave_it_open(check: str) -> None:
    assert result(check, snapshot(security_defaults=DENIED)).outcome is NOT_CHECKED
    assert result(check, snapshot(policies=[], security_defaults=DENIED)).outcome is NOT_CHECKED


def test_a_policy_that_is_no_policy_is_malformed() -> None:
    from ztassess.connectors.errors import BadAnswer

    for raw in ({}, {"id": "x"}, {"id": "x", "state": 3}, {**mfa(), "conditions": {"users": {"includeUsers": "All"}}}):
        with pytest.raises(BadAnswer):
            parsing_policies.policy(row_of(raw, "ConditionalAccessPolicy"))
