"""Owns what the credential report proves: whether it is whole and fresh enough, and which of its users are whose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ztassess.connectors.aws.snapshot import AccessKey, AwsSnapshot, CredentialRow
from ztassess.domain.findings import Verdict, not_checked

REPORT = "iam.get_credential_report"
OLD = timedelta(days=90)
_FRESH = timedelta(hours=24)


def is_stale(snapshot: AwsSnapshot) -> bool:
    """True if AWS made the report more than 24 hours before we read it, or we do not know when."""
    return snapshot.report_at is None or snapshot.taken_at - snapshot.report_at > _FRESH


def stale(snapshot: AwsSnapshot, seen: int) -> Verdict:
    """The verdict where only a fresh report could prove that something is absent."""
    reason = "The credential report is older than 24 hours: it cannot prove that nothing changed since."
    return not_checked(snapshot.account, "stale", reason, seen=seen)


def active_keys(row: CredentialRow) -> tuple[AccessKey, ...]:
    """The active keys of a row whose key columns were there."""
    return tuple(key for key in row.keys or () if key.active)


def days_since(moment: datetime, snapshot: AwsSnapshot) -> int:
    """Whole days between a moment and the snapshot, never negative."""
    return max(0, (snapshot.taken_at - moment).days)


def is_declared(names: Iterable[str], *identifiers: str) -> bool:
    """True if one of the identifiers is among the names, whatever the case."""
    wanted = {name.strip().lower() for name in names}
    return any(each.lower() in wanted for each in identifiers)


def is_person(row: CredentialRow, people: Iterable[str]) -> bool:
    """True if a declared person (e-mail address or user name) has this user's name."""
    name = row.user.lower()
    return any(name in (entry.strip().lower(), entry.strip().lower().partition("@")[0]) for entry in people)
