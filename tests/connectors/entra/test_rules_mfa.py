"""The second factor by a table: registered, resistant, demanded of administrators."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.entra.cases import (
    MFA_ONLY,
    REPORT,
    STRONG,
    Case,
    capable,
    changed,
    judged,
    members,
    mixed,
    partial,
)
from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    UNLICENSED,
    result,
    said,
    snapshot,
)
from tests.connectors.entra.tenant import (
    moment,
)

CASES: list[Case] = [
    ("people_mfa_capable", {}, PASS, "3 of 3 enabled people"),
    ("people_mfa_capable", capable(9, 10), PASS, "1 enabled people cannot answer an MFA prompt."),
    ("people_mfa_capable", capable(8, 10), FAIL, "2 of 10 enabled people cannot answer: u8@x.io, u9@x.io"),
    ("people_mfa_capable", {"registrations": REPORT[1:]}, NOT_CHECKED, "lacks 1 person of 3: anna@x.io"),
    ("people_mfa_capable", {"registrations": changed(REPORT, 0, isMfaCapable=None)}, NOT_CHECKED, "anna@x.io"),
    ("people_mfa_capable", {"registrations": UNLICENSED}, NOT_CHECKED, "P1/P2"),
    ("people_mfa_capable", {"registrations": partial("registrations")}, NOT_CHECKED, "broke"),
    ("people_mfa_capable", {"users": [], "registrations": []}, NOT_APPLICABLE, "no enabled members"),
    (
        "people_mfa_capable",
        {"registrations": changed(REPORT, 0, lastUpdatedDateTime=moment(9))},
        PASS,
        "older than 7 days",
    ),
    ("people_mfa_capable", {}, PASS, "left out, declared as break-glass: glass-1@x.io, glass-2@x.io"),
    ("mfa_phishing_resistant_share", {}, PASS, "3 of 3 people"),
    ("mfa_phishing_resistant_share", {"policies": []}, PASS, "100 % are registered; nothing forces its use yet."),
    ("mfa_phishing_resistant_share", mixed(2, 10), FAIL, "2 of 10 people"),
    ("mfa_phishing_resistant_share", mixed(5, 10, admin_weak=True), FAIL, "Administrators without: u9@x.io"),
    ("mfa_phishing_resistant_share", {"registrations": DENIED}, NOT_CHECKED, ""),
    ("mfa_phishing_resistant_share", {"policies": DENIED}, NOT_CHECKED, ""),
    ("mfa_phishing_resistant_share", {"users": [], "registrations": []}, NOT_APPLICABLE, ""),
    ("admins_mfa_required", {"policies": []}, FAIL, "14 of 14 powerful roles"),
    ("admins_mfa_required", {"policies": MFA_ONLY}, PASS, "not a phishing-resistant one"),
    (
        "admins_mfa_required",
        {
            "policies": MFA_ONLY,
            "registrations": [*changed(changed(REPORT, 0, methodsRegistered=["sms"]), 1, methodsRegistered=["sms"])],
        },
        FAIL,
        "0 of 2 administrators",
    ),
    ("admins_mfa_required", {"policies": MFA_ONLY, "registrations": DENIED}, NOT_CHECKED, "which methods they hold"),
    ("admins_mfa_required", {"policies": [], "security_defaults": {"isEnabled": True}}, PASS, "Security defaults"),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)


@pytest.mark.parametrize(
    ("resistant", "policies", "level"),
    [(10, STRONG, None), (9, STRONG, None), (9, MFA_ONLY, 2), (8, STRONG, 2), (7, STRONG, 1), (3, MFA_ONLY, 1)],
)
def test_the_share_decides_the_level_and_only_a_rule_that_forces_it_the_highest(
    resistant: int, policies: list[dict[str, Any]], level: int | None
) -> None:
    found = result("mfa_phishing_resistant_share", snapshot(policies=policies, **mixed(resistant, 10)))
    assert (found.outcome, found.level) == (PASS, level)


@pytest.mark.parametrize(
    "method",
    [
        "passKeyDeviceBoundWindowsHello",
        "passKeyDeviceBoundAuthenticator",
        "passKeySynced",
        "fido2",
        "fido2SecurityKey",
        "windowsHelloForBusiness",
        "macOsSecureEnclaveKey",
    ],
)
def test_methods_bound_to_the_real_address_count(method: str) -> None:
    users, rows = members(4, method, admins=1)
    assert result("mfa_phishing_resistant_share", snapshot(users=users, registrations=rows)).level is None


@pytest.mark.parametrize(
    "method",
    [
        "microsoftAuthenticatorPush",
        "microsoftAuthenticatorPasswordless",
        "sms",
        "email",
        "hardwareOneTimePasscode",
        "temporaryAccessPass",
        "somethingNew",
    ],
)
def test_other_methods_do_not_count(method: str) -> None:
    users, rows = members(4, method, admins=1)
    assert result("mfa_phishing_resistant_share", snapshot(users=users, registrations=rows)).outcome is FAIL


def test_names_are_cut_at_fifty() -> None:
    users, rows = members(60, "sms")
    for row in rows:
        row["isMfaCapable"] = False
    words = said("people_mfa_capable", snapshot(users=users, registrations=rows))
    assert "60 of 60" in words
    assert "and 10 more" in words
