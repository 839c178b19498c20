"""Root: a second factor, an alarm, no daily use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.aws.factory import ACCOUNT, NOW, REFUSED, REGION, ago, gap, result, snapshot, verdicts
from ztassess.connectors.aws.rules_people_root import checks
from ztassess.connectors.aws.snapshot import (
    AccessKey,
    AccountSummary,
    CredentialRow,
    EventRule,
    MetricAlarm,
    MetricFilter,
    RegionRead,
    VirtualMfaDevice,
)
from ztassess.domain.findings import Outcome, Unavailable

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SIGN_IN = json.dumps(
    {
        "detail-type": ["AWS Console Sign In via CloudTrail"],
        "detail": {"userIdentity": {"type": ["Root"]}, "eventName": ["ConsoleLogin"]},
    }
)
USA = (RegionRead("us-east-1"), RegionRead(REGION))


def summary(mfa: bool | None = True, keys: bool | None = False, password: bool | None = None) -> Any:
    return (AccountSummary(mfa, keys, password),)


def root(days: float | None = None, text: str = "no_information", keys: Any = "none") -> CredentialRow:
    slots = (AccessKey(1, active=False), AccessKey(2, active=False)) if keys == "none" else keys
    used = ago(days) if days is not None else None
    return CredentialRow("<root_account>", ROOT, None, used, text, mfa_active=True, keys=slots)


def rule(
    pattern: str = SIGN_IN, *, enabled: bool = True, targets: Any = ("arn:aws:sns:us-east-1:1:topic",)
) -> EventRule:
    return EventRule("us-east-1", "arn:aws:events:us-east-1:1:rule/root", "root", enabled, pattern, targets)


USED_KEY = AccessKey(1, active=True, last_rotated=ago(500), last_used=ago(400))
APP = VirtualMfaDevice(f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device", ROOT)


@pytest.mark.parametrize(
    ("parts", "outcome", "level"),
    [
        ({"account_summary": summary()}, Outcome.PASS, None),
        ({"account_summary": summary(), "virtual_mfa_devices": (APP,)}, Outcome.PASS, 2),
        ({"account_summary": summary(), "virtual_mfa_devices": (VirtualMfaDevice("x", ROOT),)}, Outcome.PASS, 2),
        ({"account_summary": summary(), "virtual_mfa_devices": REFUSED}, Outcome.PASS, 2),
        ({"account_summary": summary(mfa=False)}, Outcome.FAIL, 0),
        ({"account_summary": summary(keys=True)}, Outcome.FAIL, 1),
        ({"account_summary": summary(mfa=None)}, Outcome.NOT_CHECKED, None),
        ({"account_summary": summary(keys=None)}, Outcome.NOT_CHECKED, None),
        ({"account_summary": REFUSED}, Outcome.NOT_CHECKED, None),
        ({"account_summary": summary(mfa=False, password=False)}, Outcome.NOT_APPLICABLE, None),
        ({"account_summary": summary(mfa=False, keys=True, password=False)}, Outcome.FAIL, 0),
    ],
)
def test_root_mfa(parts: dict[str, Any], outcome: Outcome, level: int | None) -> None:
    found = result(checks, "aws.root_mfa_enabled", snapshot(**parts))
    assert (found.outcome, found.level) == (outcome, level)


def test_phone_app_is_named_beside_the_pass() -> None:
    found = verdicts(checks, "aws.root_mfa_enabled", snapshot(account_summary=summary(), virtual_mfa_devices=(APP,)))
    assert "phone app" in found[0].reason


FILTER = MetricFilter("us-east-1", "root", '{ $.userIdentity.type = "Root" }', "RootUse", "Logs")
ALARM = MetricAlarm("us-east-1", "root-use", "RootUse", "Logs", actions_enabled=True, actions=("arn:aws:sns:1",))
SILENT = MetricAlarm("us-east-1", "root-use", "RootUse", "Logs", actions_enabled=False, actions=("arn:aws:sns:1",))
OTHER_EVENT = json.dumps({"detail": {"userIdentity": {"type": ["Root"]}, "eventName": ["CreateAccessKey"]}})
OTHER_KIND = json.dumps(
    {"detail-type": ["AWS API Call via CloudTrail"], "detail": {"userIdentity": {"type": ["Root"]}}}
)
IN_A_NAME = json.dumps({"detail": {"bucket": ["root-assets"], "eventName": ["ConsoleLogin"]}})


@pytest.mark.parametrize(
    ("parts", "outcome", "near"),
    [
        ({"event_rules": (rule(),)}, Outcome.PASS, ""),
        ({"metric_filters": (FILTER,), "metric_alarms": (ALARM,)}, Outcome.PASS, ""),
        ({"event_rules": (rule(targets=()),)}, Outcome.FAIL, "without target"),
        ({"event_rules": (rule(enabled=False),)}, Outcome.FAIL, "switched off"),
        ({"event_rules": (rule(OTHER_EVENT),)}, Outcome.FAIL, ""),
        ({"event_rules": (rule(OTHER_KIND),)}, Outcome.FAIL, ""),
        ({"event_rules": (rule(IN_A_NAME),)}, Outcome.FAIL, ""),
        ({"event_rules": (rule("not json root consolelogin"),)}, Outcome.FAIL, ""),
        ({"metric_filters": (FILTER,), "metric_alarms": (SILENT,)}, Outcome.FAIL, "calls nobody"),
        ({}, Outcome.FAIL, ""),
        ({"event_rules": (rule(targets=None),)}, Outcome.NOT_CHECKED, ""),
        ({"event_rules": REFUSED}, Outcome.NOT_CHECKED, ""),
        ({"metric_alarms": REFUSED}, Outcome.NOT_CHECKED, ""),
        ({"event_rules": (rule(),), "metric_filters": REFUSED}, Outcome.PASS, ""),
    ],
)
def test_root_use_alarmed(parts: dict[str, Any], outcome: Outcome, near: str) -> None:
    found = verdicts(checks, "aws.root_use_alarmed", snapshot(regions=USA, **parts))
    assert found[0].outcome is outcome
    assert near in found[0].near_miss


def test_missing_alarm_is_not_judged_without_the_region_of_sign_ins() -> None:
    found = result(checks, "aws.root_use_alarmed", snapshot(regions=(RegionRead(REGION),)))
    assert found.outcome is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    ("row", "made", "outcome"),
    [
        (root(), 0.1, Outcome.PASS),
        (root(200, "2026-05-01T00:00:00+00:00"), 0.1, Outcome.PASS),
        (root(12, "2026-11-11T12:00:00+00:00"), 0.1, Outcome.FAIL),
        (root(keys=(USED_KEY, AccessKey(2, active=False))), 0.1, Outcome.FAIL),
        (root(), 2, Outcome.NOT_CHECKED),
        (root(12, "2026-11-11T12:00:00+00:00"), 2, Outcome.FAIL),
        (root(keys=None), 0.1, Outcome.NOT_CHECKED),
    ],
)
def test_root_not_used(row: CredentialRow, made: float, outcome: Outcome) -> None:
    found = result(checks, "aws.root_not_used", snapshot(credential_report=(row,), report_at=ago(made)))
    assert found.outcome is outcome


def test_root_needs_its_row_and_a_report() -> None:
    for part in ((), Unavailable("missing_scope", "iam:GetCredentialReport")):
        found = result(checks, "aws.root_not_used", snapshot(credential_report=part, report_at=NOW))
        assert found.outcome is Outcome.NOT_CHECKED


def test_days_since_root_was_used_are_said() -> None:
    taken = snapshot(credential_report=(root(12, "2026-11-11T12:00:00+00:00"),), report_at=NOW)
    assert verdicts(checks, "aws.root_not_used", taken)[0].near_miss == "Root was used 12 days ago."


def test_refused_region_beside_a_missing_alarm_keeps_the_fail() -> None:
    taken = snapshot(gaps=(gap("event_rules", "eu-west-3"), gap("flow_logs", "us-east-1")))
    outcomes = {each.outcome for each in verdicts(checks, "aws.root_use_alarmed", taken)}
    assert outcomes == {Outcome.FAIL, Outcome.NOT_CHECKED}
