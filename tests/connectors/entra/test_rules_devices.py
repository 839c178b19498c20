"""Devices by a table: known, healthy, and when nobody can tell."""

from __future__ import annotations

import pytest

from tests.connectors.entra.cases import (
    DEVICES,
    SKUS,
    USERS,
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
)
from tests.connectors.entra.tenant import (
    moment,
)
from ztassess.connectors.entra.snapshot_directory import Plan
from ztassess.domain.findings import Unavailable

CASES: list[Case] = [
    ("devices_known", {}, PASS, "All 3 people"),
    ("devices_known", {"devices": DEVICES[:2]}, FAIL, "1 people sign in without a known device."),
    ("devices_known", {"devices": changed(DEVICES, 2, lastSyncDateTime=moment(31))}, FAIL, "cleo@x.io"),
    ("devices_known", {"devices": changed(DEVICES, 2, lastSyncDateTime="0001-01-01T00:00:00Z")}, FAIL, "cleo@x.io"),
    ("devices_known", {"devices": changed(DEVICES, 2, userId=None)}, PASS, ""),
    ("devices_known", {"devices": []}, FAIL, "3 of 3 people"),
    (
        "devices_known",
        {"devices": [], "licenses": [{"servicePlans": []}]},
        NOT_CHECKED,
        "No Intune license in this tenant.",
    ),
    (
        "devices_known",
        {"devices": [], "licenses": changed(SKUS, 0, capabilityStatus="Suspended")},
        NOT_CHECKED,
        "No Intune",
    ),
    ("devices_known", {"devices": [], "licenses": DENIED}, NOT_CHECKED, ""),
    (
        "devices_known",
        {"devices": Unavailable("missing_license", detail="No Intune license in this tenant.")},
        NOT_CHECKED,
        "No Intune",
    ),
    ("devices_known", {"devices": partial("devices")}, NOT_CHECKED, ""),
    # What was read of the licenses before the list broke is no device.
    (
        "devices_known",
        {"devices": [], "licenses": Unavailable("partial_data", read=(Plan("EMS", True),))},
        NOT_CHECKED,
        "",
    ),
    ("devices_known", {"users": [USERS[5]]}, NOT_APPLICABLE, ""),
    ("devices_healthy", {}, PASS, "All 3 devices"),
    (
        "devices_healthy",
        {"device_settings": {"settings": {"secureByDefault": False}}},
        FAIL,
        "3 devices are 'compliant' only because no policy is assigned.",
    ),
    ("devices_healthy", {"device_settings": {"settings": None}}, NOT_CHECKED, "did not say"),
    (
        "devices_healthy",
        {"compliance_policies": [{"id": "cp", "assignments": []}]},
        FAIL,
        "No compliance policy is assigned",
    ),
    ("devices_healthy", {"compliance_policies": []}, FAIL, "0 policies"),
    ("devices_healthy", {"compliance_policies": [{"id": "cp"}]}, NOT_CHECKED, "to whom"),
    *[
        (
            "devices_healthy",
            {"devices": changed(DEVICES, 0, complianceState=state)},
            FAIL,
            f"laptop-anna of anna@x.io is {state}",
        )
        for state in ("noncompliant", "inGracePeriod", "unknown", "conflict", "error", "configManager")
    ],
    ("devices_healthy", {"devices": changed(DEVICES, 0, isEncrypted=False)}, FAIL, "is not encrypted"),
    ("devices_healthy", {"devices": changed(DEVICES, 0, lastSyncDateTime=moment(40))}, FAIL, "not seen for 30 days"),
    (
        "devices_healthy",
        {"devices": changed(DEVICES, 0, isEncrypted=None)},
        NOT_CHECKED,
        "did not say isEncrypted of laptop-anna",
    ),
    ("devices_healthy", {"devices": changed(DEVICES, 0, complianceState=None)}, NOT_CHECKED, "complianceState"),
    ("devices_healthy", {"device_settings": DENIED}, NOT_CHECKED, ""),
    ("devices_healthy", {"compliance_policies": DENIED}, NOT_CHECKED, ""),
    ("devices_healthy", {"devices": DENIED}, NOT_CHECKED, ""),
    ("devices_healthy", {"devices": []}, NOT_APPLICABLE, "no devices"),
    ("devices_healthy", {"devices": [], "licenses": [{"servicePlans": []}]}, NOT_CHECKED, "No Intune license"),
]


@pytest.mark.parametrize("case", CASES)
def test_outcome_and_words_follow_what_was_seen(case: Case) -> None:
    judged(case)
