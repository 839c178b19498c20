"""Owns the check that service accounts have no keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.google_iap.constraints import NO_KEYS
from ztassess.connectors.google_iap.snapshot import CloudSnapshot
from ztassess.connectors.google_iap.snapshot_access import ServiceAccountKey
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed

checks: Checks[CloudSnapshot] = Checks("google_iap")
KEYS: Final = "GET v1/projects/-/serviceAccounts/{email}/keys?keyTypes=USER_MANAGED"
ORG_POLICY: Final = "GET v2/projects/{project}/policies/iam.disableServiceAccountKeyCreation:getEffectivePolicy"
OLD: Final = timedelta(days=90)


@checks.check(
    "google_iap.no_user_managed_keys",
    title="No service account keys",
    verifies=(Verifies("credentials.no-static-cloud-keys", 3),),
    severity=Severity.HIGH,
    parts=("service_accounts", "keys", "org_policies"),
)
def no_user_managed_keys(snapshot: CloudSnapshot) -> Iterator[Verdict]:
    """No service account has an enabled key that a person made; level 3 if none can be made."""
    accounts, keys = rows_read(snapshot.service_accounts), rows_read(snapshot.keys)
    live = [key for key in keys if not key.disabled and not _ended(key, snapshot)]
    holding: dict[str, list[ServiceAccountKey]] = defaultdict(list)
    for key in live:
        holding[key.account].append(key)
    young = bool(live) and not any(_is_old(key, snapshot) for key in live)
    miss = f"{count(len(live), 'key')}, all younger than 90 days: level 1 if kept in a vault." if young else ""
    off = [f"{key.account}/{key.id}" for key in keys if key.disabled]
    note = f" {count(len(off), 'disabled key')} can be switched on again: {names(off)}." if off else ""
    denied = _denied(snapshot)
    lines = () if denied is None else (Evidence(ORG_POLICY, snapshot.scope, "spec.rules[].enforce", denied, "true"),)
    proof = Evidence(KEYS, snapshot.scope, "keys", "0 enabled", "0 enabled")
    made = "none can be made" if denied == "true" else "but they can be made"
    yield from conclude(
        snapshot.scope,
        [_holds(snapshot, account, found, len(accounts), miss) for account, found in sorted(holding.items())],
        of=(snapshot.service_accounts, snapshot.keys),
        seen=len(accounts),
        good=f"None of {count(len(accounts), 'service account')} has an enabled key, {made}.{note}",
        nothing="There is no service account in the listed projects.",
        evidence=(proof, *lines),
        level=3 if denied == "true" else 2,
    )


def _ended(key: ServiceAccountKey, snapshot: CloudSnapshot) -> bool:
    return key.valid_until is not None and key.valid_until <= snapshot.taken_at


def _is_old(key: ServiceAccountKey, snapshot: CloudSnapshot) -> bool:
    """True if the key is older than 90 days, or its age is not known."""
    return key.valid_from is None or snapshot.taken_at - key.valid_from > OLD


def _denied(snapshot: CloudSnapshot) -> str | None:
    """Whether organization policy keeps every listed project from making keys; None if nobody could look."""
    if isinstance(snapshot.org_policies, Unavailable):
        return None
    kept = {each.project for each in snapshot.org_policies if each.constraint in NO_KEYS and each.enforced}
    wanted = {each.id for each in snapshot.inputs.projects}
    return "true" if wanted and wanted <= kept else "false"


def _holds(snapshot: CloudSnapshot, account: str, keys: list[ServiceAccountKey], seen: int, near_miss: str) -> Verdict:
    old = any(_is_old(key, snapshot) for key in keys)
    ages = names([f"{key.id} ({_age(key, snapshot)})" for key in keys])
    return failed(
        account,
        f"{account} has {count(len(keys), 'enabled key')}: {ages}. {count(seen, 'service account')} were looked at.",
        seen=seen,
        evidence=tuple(
            Evidence(
                KEYS, account, "keys[].validAfterTime", f"{key.id}: {_age(key, snapshot)}, ends {_end(key)}", "none"
            )
            for key in keys[:50]
        ),
        level=0 if old else 1,
        severity=Severity.CRITICAL if old else Severity.HIGH,
        near_miss=near_miss,
    )


def _age(key: ServiceAccountKey, snapshot: CloudSnapshot) -> str:
    if key.valid_from is None:
        return "age unknown"
    return f"{count(max(0, (snapshot.taken_at - key.valid_from).days), 'day')} old"


def _end(key: ServiceAccountKey) -> str:
    return "never" if key.valid_until is None else f"{key.valid_until:%Y-%m-%d}"
