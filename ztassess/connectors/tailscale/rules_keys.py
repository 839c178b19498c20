"""Owns the check that keys which enroll devices, or act for a person, are single-use or short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.connectors.tailscale.judging import KEYS, lines_of
from ztassess.connectors.tailscale.scopes import WHOLE
from ztassess.connectors.tailscale.snapshot import TailnetKey, TailscaleSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
LONGEST: Final = timedelta(days=90)
# What a trust credential makes for itself ends after an hour; our own token is one of these.
SHORT: Final = timedelta(hours=2)
AUTH: Final = "auth"
API: Final = "api"
TRUST: Final = frozenset({"client", "federated"})


@CHECKS.check(
    "tailscale.auth_keys_bounded",
    title="Enrollment keys are single-use or short",
    verifies=(Verifies("credentials.short-access-tokens", 2, supporting=True),),
    severity=Severity.HIGH,
    parts=("keys",),
)
def auth_keys_bounded(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """Keys that enroll devices are used once or short-lived; nobody holds a key with all rights of a person."""
    live = [key for key in rows_read(snapshot.keys) if not key.over]
    judged = [key for key in live if key.kind not in TRUST and not _own_token(key)]
    problems = [each for key in judged if (each := _judge(key, len(judged)))]
    visible = _visible(snapshot)
    ends = conclude(
        snapshot.tailnet,
        problems,
        of=[snapshot.keys],
        seen=len(judged),
        good=f"Single-use or ephemeral, and over within 90 days: {len(judged)} of {count(len(judged), 'live key')}."
        f"{_left_out(snapshot, live)}{visible}",
        nothing=f"There is no live enrollment key.{_left_out(snapshot, live)}{visible}",
        evidence=lines_of(
            [Evidence(KEYS, key.id, "reusable, ephemeral, life", _facts(key), "bounded") for key in judged]
        ),
    )
    near = " ".join(_lives(key) for key in judged if _lives(key))
    for verdict in ends:
        yield replace(verdict, near_miss=near) if near and not verdict.near_miss and not problems else verdict


def _visible(snapshot: TailscaleSnapshot) -> str:
    """Which keys these are: the interface shows other people's tokens only to a credential with all scopes."""
    scopes = snapshot.credential.scopes
    if scopes is not None and WHOLE & scopes:
        return ""
    return " These are the keys visible to this credential; access tokens of people may not be among them."


def _facts(key: TailnetKey) -> str:
    life = _life(key)
    return f"{key.reusable}, {key.ephemeral}, {life.days if life is not None else '?'} days".lower()


def _own_token(key: TailnetKey) -> bool:
    """A token that a trust credential made for itself: no person's, and gone within the hour."""
    lives = _life(key)
    return key.kind == API and not key.user and lives is not None and lives <= SHORT


def _life(key: TailnetKey) -> timedelta | None:
    return key.expires - key.created if key.expires and key.created else None


def _lives(key: TailnetKey) -> str:
    life = _life(key)
    if key.kind != AUTH or not key.ephemeral or life is None or life <= timedelta(days=1):
        return ""
    return f"{_label(key)} is ephemeral but lives {life.days} days."


def _label(key: TailnetKey) -> str:
    return f"{key.id} ({key.description})" if key.description else key.id


def _left_out(snapshot: TailscaleSnapshot, live: list[TailnetKey]) -> str:
    trust = [_label(key) for key in live if key.kind in TRUST]
    short = [key.id for key in live if _own_token(key)]
    over = len(rows_read(snapshot.keys)) - len(live)
    found = f" Trust credentials do not enroll by themselves and are left out: {names(trust)}." if trust else ""
    found += f" Tokens of an hour are left out: {names(short)}." if short else ""
    return (
        found
        + (f" {count(over, 'key')} that ended or was revoked is left out." if over == 1 else "")
        + (f" {count(over, 'key')} that ended or were revoked are left out." if over > 1 else "")
    )


def _judge(key: TailnetKey, of: int) -> Verdict | None:
    if key.kind == API:
        line = Evidence(KEYS, key.id, "keyType", API, "no access token of a person")
        reason = f"{_label(key)} is an access token with all rights of its owner; one of {count(of, 'live key')}."
        return failed(key.id, reason, seen=of, evidence=(line,))
    if key.kind != AUTH:
        reason = f"{_label(key)} is of a kind that we do not know."
        return not_checked(key.id, "unsupported", reason, seen=of)
    if key.expires is None:
        return _endless(key, of)
    life = _life(key)
    if life is not None and life > LONGEST:
        line = Evidence(KEYS, key.id, "expires - created", f"{life.days} days", "at most 90 days")
        reason = f"{_label(key)} enrolls devices for {life.days} days; one of {count(of, 'live key')}."
        return failed(key.id, reason, seen=of, evidence=(line,), near_miss=_lives(key))
    if key.reusable and not key.ephemeral:
        line = Evidence(KEYS, key.id, "reusable, ephemeral", f"true, {str(key.ephemeral).lower()}", "one or the other")
        reason = f"{_label(key)} enrolls any number of lasting devices; one of {count(of, 'live key')}."
        return failed(key.id, reason, seen=of, evidence=(line,))
    if key.reusable is None or life is None:
        reason = f"Tailscale did not tell how often or how long {_label(key)} can be used."
        return not_checked(key.id, "partial_data", reason, seen=of)
    return None


def _endless(key: TailnetKey, of: int) -> Verdict:
    line = Evidence(KEYS, key.id, "expires", "never", "within 90 days")
    reason = f"{_label(key)} enrolls devices and never ends; one of {count(of, 'live key')}."
    return failed(key.id, reason, seen=of, evidence=(line,))
