"""Apps by a table: what people may consent to, and the secrets that apps hold."""

from __future__ import annotations

import pytest

from tests.connectors.entra.cases import (
    APPS,
    Case,
    changed,
    judged,
    partial,
)
from tests.connectors.entra.factory import (
    DENIED,
    FAIL,
    NOT_APPLICABLE,
    NOT_CHECKED,
    PASS,
    findings,
    snapshot,
)
from tests.connectors.entra.tenant import (
    moment,
)
from ztassess.connectors.entra.snapshot_directory import Federation
from ztassess.domain.findings import Severity

CASES: list[Case] = [
    ("user_consent_restricted", {}, PASS, "classified as low only"),
    (
        "user_consent_restricted",
        {"consent_settings": {"defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": []}}},
        PASS,
        "cannot consent",
    ),
    (
        "user_consent_restricted",
        {
            "consent_settings": {
                "defaultUserRolePermissions": {
                    "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"]
                }
            }
        },
        FAIL,
        "any app",
    ),
    (
        "user_consent_restricted",
        {
            "consent_settings": {
                "defaultUserRolePermissions": {
                    "permissionGrantPoliciesAssigned": [
                        "managePermissionGrantsForSelf.microsoft-user-default-legacy",
                        "ManagePermissionGrantsForSelf.own",
                    ]
                }
            }
        },
        FAIL,
        "",
    ),
    (
        "user_consent_restricted",
        {
            "consent_settings": {
                "defaultUserRolePermissions": {
                    "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.verified-publishers"]
                }
            }
        },
        NOT_CHECKED,
        "Consent is limited to verified publishers, for any permission.",
    ),
    (
        "user_consent_restricted",
        {
            "consent_settings": {
                "defaultUserRolePermissions": {
                    "permissionGrantPoliciesAssigned": [
                        "ManagePermissionGrantsForSelf.microsoft-user-default-recommended"
                    ]
                }
            }
        },
        NOT_CHECKED,
        "recommended",
    ),
    (
        "user_consent_restricted",
        {
            "consent_settings": {
                "defaultUserRolePermissions": {
                    "permissionGrantPoliciesAssigned": [
                        "ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team"
                    ]
                }
            }
        },
        PASS,
        "",
    ),
    ("user_consent_restricted", {"consent_settings": {"defaultUserRolePermissions": {}}}, NOT_CHECKED, "did not say"),
    ("user_consent_restricted", {"consent_settings": DENIED}, NOT_CHECKED, ""),
    ("app_secrets_absent", {}, PASS, "Ended secrets remain on deploy"),
    (
        "app_secrets_absent",
        {"applications": changed(APPS, 1, passwordCredentials=[{"keyId": "p", "endDateTime": moment(-20)}])},
        FAIL,
        "deploy holds 1 client secret until 2026-12-13.",
    ),
    (
        "app_secrets_absent",
        {"applications": changed(APPS, 1, passwordCredentials=[{"keyId": "p"}])},
        FAIL,
        "without a known end",
    ),
    (
        "app_secrets_absent",
        {
            "applications": changed(APPS, 1, passwordCredentials=[{"keyId": "p", "endDateTime": moment(-20)}]),
            "federations": (Federation("app-2", ("https://i.example repo",)),),
        },
        FAIL,
        "deploy has a federated credential and still a secret until 2026-12-13.",
    ),
    (
        "app_secrets_absent",
        {
            "applications": changed(
                APPS, 0, keyCredentials=[{"keyId": "k", "startDateTime": moment(10), "endDateTime": moment(-800)}]
            )
        },
        FAIL,
        "lives 810 days",
    ),
    ("app_secrets_absent", {"applications": changed(APPS, 1, passwordCredentials=None)}, NOT_CHECKED, "was not told"),
    ("app_secrets_absent", {"applications": DENIED}, NOT_CHECKED, ""),
    ("app_secrets_absent", {"applications": partial("applications")}, NOT_CHECKED, ""),
    ("app_secrets_absent", {"applications": [], "service_principals": []}, NOT_APPLICABLE, ""),
    ("app_secrets_absent", {"applications": []}, PASS, "1 managed identities"),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)


def test_long_certificates_are_a_low_matter() -> None:
    apps = changed(APPS, 0, keyCredentials=[{"keyId": "k", "startDateTime": moment(1), "endDateTime": moment(-900)}])
    (finding,) = findings("app_secrets_absent", snapshot(applications=apps))
    assert finding.severity is Severity.LOW
