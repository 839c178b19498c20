"""Owns the checks of static API tokens: their age, and from where they work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.judging import conclude, count, rows_read, unread
from ztassess.connectors.okta.snapshot import ApiToken, OktaSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked

CHECKS: Checks[OktaSnapshot] = Checks("okta")
SOURCE: Final = "GET /api/v1/api-tokens"
LONGEST: Final = timedelta(days=90)
_SUPPORTING: Final = Verifies("credentials.short-access-tokens", level=2, supporting=True)


def _unlisted(snapshot: OktaSnapshot) -> list[Verdict]:
    """Okta accepted a static token from us, so a list without any is not the whole list."""
    if snapshot.signed_in.by == "ssws" and unread(snapshot.tokens) is None and not rows_read(snapshot.tokens):
        reason = "Okta listed no API token, but this assessment signs in with one; the list is not whole."
        return [not_checked(snapshot.org, "partial_data", reason)]
    return []


def _ours(snapshot: OktaSnapshot) -> str:
    """That this assessment itself uses a static token, with a leading space; empty if it does not."""
    if snapshot.signed_in.by != "ssws":
        return ""
    return f" One of them is the token of {snapshot.signed_in.name} that this assessment itself uses; prefer a key."


@CHECKS.check(
    "okta.api_tokens_rotated",
    title="API tokens are younger than 90 days",
    verifies=(_SUPPORTING,),
    severity=Severity.HIGH,
    parts=("tokens",),
)
def api_tokens_rotated(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """By the day it was made: ``expiresAt`` and ``tokenWindow`` end idle tokens only."""
    tokens = rows_read(snapshot.tokens)
    problems = [*_unlisted(snapshot), *(verdict for each in tokens for verdict in _aged(snapshot, each, len(tokens)))]
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.tokens,),
        seen=len(tokens),
        good=f"{len(tokens)} of {count(len(tokens), 'API token')} are younger than 90 days.{_ours(snapshot)}",
        nothing="There is no static API token.",
        evidence=tuple(_created(each) for each in tokens[:50]),
    )


def _created(token: ApiToken) -> Evidence:
    observed = token.created.isoformat() if token.created else "absent"
    return Evidence(SOURCE, token.id, "created", observed, "90 days ago at most")


def _aged(snapshot: OktaSnapshot, token: ApiToken, of: int) -> Iterator[Verdict]:
    if token.created is None:
        yield not_checked(token.id, "partial_data", f"Okta did not say when {token.name} was made.", seen=1)
        return
    age = snapshot.taken_at - token.created
    if age > LONGEST:
        window = token.window.removeprefix("P").removesuffix("D")
        idle = f"{window} days" if window.isdecimal() else "a while"
        near_miss = f"{token.name} expires only when idle for {idle}; it has lived {age.days} days."
        reason = f"{token.name}, one of {count(of, 'API token')}, was made {age.days} days ago.{_ours(snapshot)}"
        yield failed(token.id, reason, seen=of, evidence=(_created(token),), near_miss=near_miss)


@CHECKS.check(
    "okta.api_tokens_network_bound",
    title="Tokens work only from named networks",
    verifies=(_SUPPORTING,),
    severity=Severity.MEDIUM,
    parts=("tokens",),
)
def api_tokens_network_bound(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """A token that leaked is worth nothing outside the zones it is bound to."""
    tokens = rows_read(snapshot.tokens)
    problems = [*_unlisted(snapshot), *(verdict for each in tokens for verdict in _bound(each, len(tokens)))]
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.tokens,),
        seen=len(tokens),
        good=f"{len(tokens)} of {count(len(tokens), 'API token')} work only from named networks.{_ours(snapshot)}",
        nothing="There is no static API token.",
        evidence=tuple(_network(each) for each in tokens[:50]),
    )


def _network(token: ApiToken) -> Evidence:
    network = token.network
    observed = f"{network.connection or 'absent'}, {len(network.include)} included, {len(network.exclude)} excluded"
    return Evidence(SOURCE, token.id, "network", observed, "ZONE, 1 or more included")


def _bound(token: ApiToken, of: int) -> Iterator[Verdict]:
    if token.network.inside:
        return
    if not token.network.connection:
        yield not_checked(token.id, "partial_data", f"Okta did not say from where {token.name} works.", seen=1)
        return
    anywhere = token.network.connection == "ANYWHERE"
    near_miss = f"{token.name} can be used from anywhere."
    reason = f"{near_miss} {count(of, 'API token')} read."
    if not anywhere:
        near_miss, reason = "", f"{token.name}, one of {count(of, 'API token')}, is bound to no named network."
    yield failed(token.id, reason, seen=of, evidence=(_network(token),), near_miss=near_miss)
