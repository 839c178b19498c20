"""All checks together: nothing read, nothing there, everything in order."""

from __future__ import annotations

from typing import Any

from tests.connectors.entra.factory import (
    DENIED,
    NOT_CHECKED,
    PASS,
    snapshot,
)
from ztassess.connectors.entra import CONNECTOR
from ztassess.domain.checks import evaluate

PARTS = (
    "named_locations",
    "security_defaults",
    "methods_policy",
    "consent_settings",
    "token_lifetimes",
    "registrations",
    "sign_ins",
    "guests",
    "organization",
    "role_assignments",
    "role_schedules",
    "role_eligibilities",
    "applications",
    "service_principals",
    "licenses",
    "devices",
    "device_settings",
    "compliance_policies",
)


def test_nothing_read_passes_nothing() -> None:
    parts = dict.fromkeys(("users", "policies", "groups", "federations", *PARTS), DENIED)
    verdicts = [finding.verdict for finding in evaluate(CONNECTOR.checks, snapshot(**parts))]
    assert {each.outcome for each in verdicts} == {NOT_CHECKED}
    assert len([check.id for check in CONNECTOR.checks]) == 23


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
