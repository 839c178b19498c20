"""Owns the checks of root: a second factor, an alarm on its sign-in, and no daily use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.credentials import OLD, REPORT, active_keys, days_since, is_stale, stale
from ztassess.connectors.aws.snapshot import AwsSnapshot, CredentialRow, EventRule, MetricAlarm, MetricFilter
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

checks: Checks[AwsSnapshot] = Checks("aws")

_SUMMARY = "iam.get_account_summary"
_ROOT_DEVICE = "mfa/root-account-mfa-device"
_SIGN_IN_REGION = "us-east-1"
_ALARM_PARTS = ("event_rules", "metric_filters", "metric_alarms")


@checks.check(
    "aws.root_mfa_enabled",
    title="Root has MFA and no keys",
    verifies=(
        Verifies("mfa.root-and-orphan-accounts", 3),
        Verifies("mfa.admins", 2, supporting=True),
        Verifies("identity.break-glass", 2, supporting=True),
    ),
    severity=Severity.CRITICAL,
    parts=("account_summary", "virtual_mfa_devices"),
)
def root_mfa_enabled(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Root has a second factor and no access keys: level 2; a device that is no phone app: level 3."""
    summary = snapshot.account_summary
    if isinstance(summary, Unavailable):
        yield not_checked(snapshot.account, summary)
        return
    root = f"arn:aws:iam::{snapshot.account}:root"
    mfa, keys = summary[0].mfa_enabled, summary[0].access_keys_present
    if mfa is None or keys is None:
        reason = "The account summary does not say whether root has MFA and keys."
        yield not_checked(root, "partial_data", reason, seen=1)
        return
    if summary[0].password_present is False and not keys:
        reason = "Root of this account has no password and no keys: the organization took them away."
        yield not_applicable(root, reason)
        return
    seen = (
        Evidence(_SUMMARY, root, "AccountMFAEnabled", str(int(mfa)), "1"),
        Evidence(_SUMMARY, root, "AccountAccessKeysPresent", str(int(keys)), "0"),
    )
    if not mfa or keys:
        lacks = [words for words, wrong in (("has no MFA", not mfa), ("has access keys", keys)) if wrong]
        yield failed(root, f"Root {' and '.join(lacks)}.", evidence=seen, level=1 if mfa else 0)
        return
    yield from _kind_of_device(snapshot, root, seen)


def _kind_of_device(snapshot: AwsSnapshot, root: str, seen: tuple[Evidence, ...]) -> Iterator[Verdict]:
    devices = snapshot.virtual_mfa_devices
    if isinstance(devices, Unavailable):
        reason = "Root has MFA and no keys; whether it is a phone app was not readable, so level 2."
        yield passed(root, reason, seen=1, evidence=seen, level=2)
        return
    apps = [each for each in devices if each.serial.endswith(_ROOT_DEVICE) or each.user_arn == root]
    if apps:
        app = Evidence("iam.list_virtual_mfa_devices", root, "SerialNumber", apps[0].serial, "no virtual device")
        reason = "Root has MFA and no keys. Root has MFA, but on a phone app: level 2."
        yield passed(root, reason, seen=1, evidence=(*seen, app), level=2)
    else:
        yield passed(root, "Root has a hardware second factor or passkey, and no keys.", seen=1, evidence=seen)


@checks.check(
    "aws.root_use_alarmed",
    title="Root sign-in raises an alarm",
    verifies=(Verifies("identity.break-glass", 2),),
    severity=Severity.MEDIUM,
    parts=_ALARM_PARTS,
)
def root_use_alarmed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """An enabled rule or alarm on root's sign-in tells somebody."""
    rules, filters, alarms = snapshot.event_rules, snapshot.metric_filters, snapshot.metric_alarms
    found_rules = [] if isinstance(rules, Unavailable) else [each for each in rules if _names_sign_in(each.pattern)]
    pairs = (
        [] if isinstance(filters, Unavailable) or isinstance(alarms, Unavailable) else _alarms_on_root(filters, alarms)
    )
    working = [each.name for each in found_rules if each.enabled and each.targets]
    working += [alarm.name for alarm in pairs if alarm.actions_enabled and alarm.actions]
    if working:
        proof = Evidence(
            "events.list_rules, cloudwatch.describe_alarms", snapshot.account, "on root", working[0], "one"
        )
        reason = f"Root's sign-in is alarmed by {listed(working)}."
        yield passed(snapshot.account, reason, seen=len(working), evidence=(proof,))
        return
    unread = [each for each in (rules, filters, alarms) if isinstance(each, Unavailable)]
    if unread:
        yield not_checked(snapshot.account, unread[0])
        return
    unknown = [each for each in found_rules if each.enabled and each.targets is None]
    if unknown:
        sentence = f"The targets of rule {unknown[0].name} could not be read."
        why = Unavailable("missing_scope", "events:ListTargetsByRule", sentence)
        yield not_checked(snapshot.account, why, seen=len(unknown))
        return
    if _SIGN_IN_REGION not in snapshot.read_regions():
        reason = f"Root's sign-in is recorded in {_SIGN_IN_REGION}, which was not read."
        yield not_checked(snapshot.account, "partial_data", reason)
        return
    yield from conclude(
        snapshot,
        [_not_alarmed(snapshot, found_rules, pairs)],
        parts=_ALARM_PARTS,
        seen=1,
        good="",
        nothing="",
    )


def _not_alarmed(snapshot: AwsSnapshot, rules: Sequence[EventRule], alarms: Sequence[MetricAlarm]) -> Verdict:
    lacking = [f"{each.name} is {'switched off' if not each.enabled else 'without target'}" for each in rules]
    lacking += [f"{each.name} calls nobody" for each in alarms]
    near = f"The alarm exists but {listed(lacking)}." if lacking else ""
    reason = "Nothing alarms when root signs in: no enabled rule or alarm with a target names it."
    proof = Evidence("events.list_rules, cloudwatch.describe_alarms", snapshot.account, "on root", "none", "one")
    return failed(snapshot.account, reason, evidence=(proof,), near_miss=near)


def _names_sign_in(pattern: str) -> bool:
    """True if an event pattern matches root's console sign-in."""
    try:
        parsed = orjson.loads(pattern)
    except orjson.JSONDecodeError:
        return False
    detail = parsed.get("detail") if isinstance(parsed, dict) else None
    if not isinstance(detail, dict) or "root" not in _written(detail.get("userIdentity")):
        return False
    kind, event = parsed.get("detail-type"), detail.get("eventName")
    return (kind is None or "sign in" in _written(kind)) and (event is None or "consolelogin" in _written(event))


def _written(value: Any) -> str:
    return orjson.dumps(value).decode().lower()


def _alarms_on_root(filters: Sequence[MetricFilter], alarms: Sequence[MetricAlarm]) -> list[MetricAlarm]:
    """Alarms on the metric of a filter that counts root's sign-in (or everything root does)."""
    patterns = {(each.region, each.metric, each.namespace): each.pattern.lower() for each in filters}
    found = []
    for alarm in alarms:
        pattern = patterns.get((alarm.region, alarm.metric, alarm.namespace), "")
        if "root" in pattern and ("eventname" not in pattern or "consolelogin" in pattern):
            found.append(alarm)
    return found


@checks.check(
    "aws.root_not_used",
    title="Root is not in daily use",
    verifies=(Verifies("identity.no-shared-accounts", 2),),
    severity=Severity.HIGH,
    parts=("credential_report",),
)
def root_not_used(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Root has not signed in for 90 days, and its keys were never used."""
    report = snapshot.credential_report
    if isinstance(report, Unavailable):
        yield not_checked(snapshot.account, report)
        return
    root = next((row for row in report if row.is_root), None)
    if root is None or root.keys is None:
        reason = "The credential report has no complete row of root."
        yield not_checked(snapshot.account, "partial_data", reason)
        return
    used = _root_uses(root, snapshot)
    if used:
        near = ""
        if root.password_last_used is not None:
            near = f"Root was used {counted(days_since(root.password_last_used, snapshot), 'day')} ago."
        yield failed(root.arn, f"Root is in use: {listed(used)}.", evidence=_root_evidence(root), near_miss=near)
    elif is_stale(snapshot):
        yield stale(snapshot, 1)
    else:
        reason = "Root has not signed in for 90 days and none of its keys was ever used."
        yield passed(root.arn, reason, seen=1, evidence=_root_evidence(root))


def _root_uses(root: CredentialRow, snapshot: AwsSnapshot) -> list[str]:
    found = []
    signed_in = root.password_last_used
    if signed_in is not None and snapshot.taken_at - signed_in <= OLD:
        found.append(f"signed in {counted(days_since(signed_in, snapshot), 'day')} ago")
    found += [f"key {key.slot} was used" for key in active_keys(root) if key.last_used is not None]
    return found


def _root_evidence(root: CredentialRow) -> tuple[Evidence, ...]:
    return (
        Evidence(REPORT, root.arn, "password_last_used", root.password_last_used_text, "more than 90 days ago"),
        *(
            Evidence(REPORT, root.arn, f"access_key_{key.slot}_last_used_date", str(key.last_used or "N/A"), "N/A")
            for key in active_keys(root)
        ),
    )
