"""Owns the checks of static access keys: none exist, and none can be made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ztassess.connectors.aws.conclusion import counted, listed
from ztassess.connectors.aws.credentials import (
    OLD,
    REPORT,
    active_keys,
    days_since,
    is_person,
    is_stale,
    stale,
)
from ztassess.connectors.aws.policy_patterns import covers_all, matches
from ztassess.connectors.aws.snapshot import AccessKey, AwsSnapshot, CredentialRow, ServiceControlPolicy, Statement
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

_POLICIES = "organizations.describe_policy"
_MAKING_KEYS = "iam:createaccesskey"


@checks.check(
    "aws.no_access_keys",
    title="No static access keys",
    verifies=(Verifies("credentials.no-static-cloud-keys", 2),),
    severity=Severity.CRITICAL,
    parts=("credential_report",),
)
def no_access_keys(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No user, root included, has an active access key."""
    report = snapshot.credential_report
    if isinstance(report, Unavailable):
        yield not_checked(snapshot.account, report)
        return
    if not report or any(row.keys is None for row in report):
        reason = "The credential report has no rows." if not report else "The credential report lacks the key columns."
        yield not_checked(snapshot.account, "partial_data", reason, seen=len(report))
        return
    holding = [row for row in report if active_keys(row)]
    total = sum(len(active_keys(row)) for row in holding)
    young = all(not _is_old(key, snapshot) for row in holding for key in active_keys(row))
    near = f"{counted(total, 'key')}, all under 90 days: level 1." if young else ""
    yield from (_holds(row, snapshot, len(report), near) for row in holding)
    if not holding and is_stale(snapshot):
        yield stale(snapshot, len(report))
    elif not holding:
        proof = Evidence(REPORT, snapshot.account, "access_key_N_active", "0 active", "0 active")
        reason = f"None of {counted(len(report), 'user')} has an active access key."
        yield passed(snapshot.account, reason, seen=len(report), evidence=(proof,))


def _is_old(key: AccessKey, snapshot: AwsSnapshot) -> bool:
    """True if the key is older than 90 days, or its age is not known."""
    return key.last_rotated is None or snapshot.taken_at - key.last_rotated > OLD


def _holds(row: CredentialRow, snapshot: AwsSnapshot, seen: int, near: str) -> Verdict:
    keys = active_keys(row)
    old = [key for key in keys if _is_old(key, snapshot)]
    person = bool(row.password_enabled) or is_person(row, snapshot.inputs.people or ())
    who = "root" if row.is_root else f"the person {row.user}" if person else f"the user {row.user}"
    ages = listed(_age(key, snapshot) for key in keys)
    return failed(
        row.arn,
        f"{counted(len(keys), 'active key').capitalize()} of {who}: {ages}.",
        seen=seen,
        evidence=tuple(
            Evidence(REPORT, row.arn, f"access_key_{key.slot}_active", f"true, {_age(key, snapshot)}", "false")
            for key in keys
        ),
        level=0 if old else 1,
        severity=Severity.CRITICAL if old or row.is_root else Severity.HIGH,
        near_miss=near,
    )


def _age(key: AccessKey, snapshot: AwsSnapshot) -> str:
    if key.last_rotated is None:
        return "age unknown"
    return f"{counted(days_since(key.last_rotated, snapshot), 'day')} old"


@checks.check(
    "aws.access_keys_denied_by_policy",
    title="Keys cannot be created",
    verifies=(Verifies("credentials.no-static-cloud-keys", 3),),
    severity=Severity.LOW,
    parts=("credential_report", "organization_accounts", "organization_path", "service_control_policies"),
)
def access_keys_denied_by_policy(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """A service control policy above this account denies making keys to everyone, and no key is left."""
    policies, path, accounts = (
        snapshot.service_control_policies,
        snapshot.organization_path,
        snapshot.organization_accounts,
    )
    report = snapshot.credential_report
    for part in (accounts, policies, report):
        if isinstance(part, Unavailable):
            yield not_checked(snapshot.account, part)
            return
    if isinstance(accounts, Unavailable) or isinstance(policies, Unavailable) or isinstance(report, Unavailable):
        return
    if not accounts:
        yield not_applicable(snapshot.account, "The account is in no organization, so no policy can stand above it.")
        return
    if any(each.management and each.id == snapshot.account for each in accounts):
        reason = "This is the organization's management account, which service control policies do not bind."
        yield failed(snapshot.account, reason, evidence=(_proof(snapshot, "management account"),))
        return
    if any(active_keys(row) for row in report):
        reason = "Access keys exist, so a policy against new ones is not enough."
        yield failed(snapshot.account, reason, seen=len(report), evidence=(_proof(snapshot, "active keys exist"),))
    elif any(row.keys is None for row in report) or is_stale(snapshot):
        yield stale(snapshot, len(report))
    else:
        yield _denied(snapshot, policies, path)


def _denied(
    snapshot: AwsSnapshot, policies: Sequence[ServiceControlPolicy], path: tuple[str, ...] | Unavailable
) -> Verdict:
    denying = [policy for policy in policies if any(_denies(each) for each in policy.document.statements)]
    above = {snapshot.account, *(() if isinstance(path, Unavailable) else path)}
    binding = [policy for policy in denying if policy.targets is not None and above & set(policy.targets)]
    if binding:
        reason = f"The service control policy {binding[0].name} denies making access keys to everyone here."
        return passed(snapshot.account, reason, seen=len(policies), evidence=(_proof(snapshot, binding[0].name),))
    if denying and isinstance(path, Unavailable):
        return not_checked(snapshot.account, path, seen=len(policies))
    if any(policy.targets is None for policy in denying):
        why = Unavailable("missing_scope", "organizations:ListTargetsForPolicy")
        return not_checked(snapshot.account, why, f"Where {denying[0].name} is attached could not be read.")
    exempting = [
        f"The SCP {policy.name} exists but exempts {listed(_exempted(statement))}."
        for policy in policies
        for statement in policy.document.statements
        if _about_keys(statement) and statement.conditions
    ]
    near = exempting[0] if exempting else f"{denying[0].name} is not attached above this account." if denying else ""
    reason = "No service control policy above this account denies making access keys to everyone."
    proof = (_proof(snapshot, f"{len(policies)} policies"),)
    return failed(snapshot.account, reason, seen=max(1, len(policies)), evidence=proof, near_miss=near)


def _about_keys(statement: Statement) -> bool:
    if statement.allow:
        return False
    if statement.not_actions:
        return not any(matches(pattern, _MAKING_KEYS) for pattern in statement.not_actions)
    return any(matches(pattern, _MAKING_KEYS) for pattern in statement.actions)


def _denies(statement: Statement) -> bool:
    """True if it denies making keys on every user, without exception."""
    everywhere = any(covers_all(resource, "iam") for resource in statement.resources)
    return _about_keys(statement) and everywhere and not statement.conditions


def _exempted(statement: Statement) -> list[str]:
    return [value.rpartition("/")[2] for condition in statement.conditions for value in condition.values]


def _proof(snapshot: AwsSnapshot, observed: str) -> Evidence:
    return Evidence(_POLICIES, snapshot.account, "Deny iam:CreateAccessKey", observed, "attached, without exception")
