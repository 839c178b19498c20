"""What policies demand, by tables: methods, devices, legacy clients, exclusions, administrators."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    PASS,
    result,
    said,
    snapshot,
)
from tests.connectors.entra.tenant import RESISTANT, grant, policy
from ztassess.connectors.entra.snapshot_directory import PRIVILEGED_ROLES
from ztassess.domain.findings import Outcome

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


@pytest.mark.parametrize(
    ("grants", "outcome", "words"),
    [
        (grant(combinations=RESISTANT), PASS, ""),
        (grant(combinations=["fido2"]), PASS, ""),
        (grant("compliantDevice", combinations=["fido2"], operator="AND"), PASS, ""),
        (grant("compliantDevice", combinations=["fido2"]), FAIL, "accepts a compliant device"),
        (
            grant(combinations=[*RESISTANT, "password,sms"]),
            FAIL,
            "Strength 'Phishing-resistant MFA' also allows password,sms.",
        ),
        (grant(combinations=[*RESISTANT, "deviceBasedPush"]), FAIL, "also allows deviceBasedPush"),
        (grant(combinations=[]), FAIL, "was not told"),
        (
            {**grant("mfa"), "authenticationStrength": {"id": "s", "displayName": "Phishing-resistant MFA"}},
            FAIL,
            "not told",
        ),
        (grant("mfa"), FAIL, ""),
    ],
)
def test_phishing_resistance_is_judged_by_what_is_allowed(grants: dict[str, Any], outcome: Outcome, words: str) -> None:
    given = snapshot(policies=[policy("p", grantControls=grants)])
    assert result("phishing_resistant_required", given).outcome is outcome
    assert words in said("phishing_resistant_required", given)


@pytest.mark.parametrize(
    ("grants", "outcome", "words"),
    [
        (grant("compliantDevice"), PASS, ""),
        (grant("mfa", "compliantDevice", operator="AND"), PASS, ""),
        (grant("compliantDevice", "domainJoinedDevice"), PASS, ""),
        (grant("mfa", "compliantDevice"), FAIL, "'p' accepts MFA instead of a compliant device."),
        (grant("domainJoinedDevice"), FAIL, ""),
        (grant("compliantDevice", "domainJoinedDevice", "mfa"), FAIL, "instead of a compliant device"),
        (grant("compliantDevice", "domainJoinedDevice", combinations=["fido2"]), FAIL, "the strength"),
    ],
)
def test_a_compliant_device_is_demanded(grants: dict[str, Any], outcome: Outcome, words: str) -> None:
    given = snapshot(policies=[policy("p", grantControls=grants)])
    assert result("compliant_device_required", given).outcome is outcome
    assert words in said("compliant_device_required", given)


def test_a_demanded_device_proves_nothing_where_compliance_is_empty() -> None:
    given = snapshot(device_settings={"settings": {"secureByDefault": False}})
    assert result("compliant_device_required", given).outcome is FAIL
    assert result("compliant_device_required", snapshot(devices=DENIED)).outcome is PASS


@pytest.mark.parametrize(
    ("policies", "outcome", "words"),
    [
        ([BLOCK_LEGACY], PASS, "glass-1@x.io"),
        ([policy("p", conditions__clientAppTypes=["easSupported", "other"], grantControls=grant("block"))], PASS, ""),
        (
            [
                policy("a", conditions__clientAppTypes=["other"], grantControls=grant("block")),
                policy("b", conditions__clientAppTypes=["exchangeActiveSync"], grantControls=grant("block")),
            ],
            PASS,
            "",
        ),
        (
            [policy("p", conditions__clientAppTypes=["other"], grantControls=grant("block"))],
            FAIL,
            "'p' blocks 'other' clients but not Exchange ActiveSync.",
        ),
        ([{**BLOCK_LEGACY, "state": "enabledForReportingButNotEnforced"}], FAIL, "'legacy' is report-only."),
        (
            [
                policy(
                    "p",
                    conditions__clientAppTypes=["exchangeActiveSync", "other"],
                    grantControls=grant("block"),
                    **inside(excludeGroups=["printers"]),
                )
            ],
            FAIL,
            "excludes 1 undeclared account: printers.",
        ),
        ([mfa(conditions__clientAppTypes=["exchangeActiveSync", "other"])], FAIL, ""),
        (
            [
                policy(
                    "p",
                    conditions__clientAppTypes=["exchangeActiveSync", "other"],
                    grantControls=grant("block"),
                    conditions__platforms={"includePlatforms": ["iOS"], "excludePlatforms": []},
                )
            ],
            FAIL,
            "platforms",
        ),
        ([], FAIL, ""),
    ],
)
def test_legacy_clients_are_blocked(policies: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    given = snapshot(policies=policies)
    assert result("legacy_authentication_blocked", given).outcome is outcome
    assert words in said("legacy_authentication_blocked", given)


def test_security_defaults_block_legacy_clients() -> None:
    given = snapshot(policies=[], security_defaults=DEFAULTS_ON)
    assert result("legacy_authentication_blocked", given).outcome is PASS


@pytest.mark.parametrize(
    ("policies", "outcome", "words"),
    [
        ([mfa("main")], PASS, "glass-2@x.io"),
        (
            [mfa("main", **inside(excludeUsers=["user-ben"]))],
            FAIL,
            "ben@x.io is excluded from 'main' and covered by no other policy.",
        ),
        ([mfa("main", **inside(excludeRoles=["r1"]))], FAIL, "r1 is excluded"),
        # Covered by another policy, by id or with everyone.
        (
            [mfa("main", **inside(excludeGroups=["g1"])), mfa("b", **inside(includeUsers=[], includeGroups=["g1"]))],
            PASS,
            "",
        ),
        ([mfa("main", **inside(excludeGroups=["g1"])), mfa("b")], PASS, ""),
        (
            [mfa("main", **inside(excludeGroups=["g1"])), policy("b", grantControls=grant(combinations=["fido2"]))],
            PASS,
            "",
        ),
        # Covered by something weaker, narrower, or not enforced.
        ([mfa("main", **inside(excludeGroups=["g1"])), BLOCK_LEGACY], FAIL, "g1"),
        (
            [policy("main", grantControls=grant(combinations=["fido2"]), **inside(excludeGroups=["g1"])), mfa("b")],
            FAIL,
            "g1",
        ),
        ([mfa("main", **inside(excludeGroups=["g1"])), mfa("b", conditions__signInRiskLevels=["high"])], FAIL, "g1"),
        (
            [mfa("main", **inside(excludeGroups=["g1"])), mfa("b", state="enabledForReportingButNotEnforced")],
            FAIL,
            "g1",
        ),
        (
            [
                mfa("main", **inside(excludeGroups=["g1"])),
                mfa("b", conditions__applications__includeApplications=["Office365"]),
            ],
            FAIL,
            "g1",
        ),
        ([mfa("a", **inside(excludeGroups=["g1"])), mfa("b", **inside(excludeGroups=["g2"]))], FAIL, "g1"),
        (
            [
                BLOCK_LEGACY,
                policy(
                    "b2",
                    conditions__clientAppTypes=["other"],
                    grantControls=grant("block"),
                    **inside(excludeUsers=["user-ben"]),
                ),
            ],
            PASS,
            "",
        ),
        ([], FAIL, "Nothing is enforced"),
        ([mfa("main", state="disabled", **inside(excludeUsers=["user-ben"]))], FAIL, "Nothing is enforced"),
    ],
)
def test_nobody_is_left_out_for_good(policies: list[dict[str, Any]], outcome: Outcome, words: str) -> None:
    given = snapshot(policies=policies)
    assert result("no_exclusion_gaps", given).outcome is outcome
    assert words in said("no_exclusion_gaps", given)


ROLES = list(PRIVILEGED_ROLES)


@pytest.mark.parametrize(
    ("policies", "outcome", "level"),
    [
        ([policy("p", grantControls=grant(combinations=RESISTANT))], PASS, None),
        ([mfa()], PASS, 2),
        ([mfa(**inside(includeUsers=[], includeRoles=ROLES))], PASS, 2),
        (
            [policy("p", grantControls=grant(combinations=RESISTANT), **inside(includeUsers=[], includeRoles=ROLES))],
            PASS,
            None,
        ),
        (
            [
                mfa("a", **inside(includeUsers=[], includeRoles=ROLES[:7])),
                mfa("b", **inside(includeUsers=[], includeRoles=ROLES[7:])),
            ],
            PASS,
            2,
        ),
        ([mfa(**inside(includeUsers=[], includeRoles=ROLES[1:]))], FAIL, None),
        ([mfa(state="enabledForReportingButNotEnforced")], FAIL, None),
        ([mfa(**inside(includeUsers=[], includeRoles=ROLES, excludeUsers=["user-ben"]))], FAIL, None),
        ([mfa(conditions__applications__includeApplications=["797f4846-ba00-4fd7-ba43-dac1f8f63013"])], FAIL, None),
        ([mfa(grantControls=grant("mfa", "compliantDevice"))], FAIL, None),
        ([], FAIL, None),
    ],
)
def test_administrators_face_mfa_by_policy(policies: list[dict[str, Any]], outcome: Outcome, level: int | None) -> None:
    found = result("admins_mfa_required", snapshot(policies=policies))
    assert (found.outcome, found.level) == (outcome, level)


def test_a_missing_role_is_named() -> None:
    given = snapshot(policies=[mfa(**inside(includeUsers=[], includeRoles=ROLES[1:]))])
    assert "Role Global Administrator is missing in 'p'." in said("admins_mfa_required", given)
