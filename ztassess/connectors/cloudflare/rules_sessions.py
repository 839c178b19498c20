"""Owns the checks of time: how long people's sessions last, and whether machines' tokens end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.cloudflare.admission import ALLOW, reachable
from ztassess.connectors.cloudflare.durations import FOREVER, parse_duration, words
from ztassess.connectors.cloudflare.judging import APPS, all_of, is_sensitive, line, of_people
from ztassess.connectors.cloudflare.snapshot import App, CloudflareSnapshot, Policy, ServiceToken
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
DEFAULT: Final = "24h"
"""What counts where neither policy, app nor organization says anything ("Session management")."""
LIMIT: Final = timedelta(hours=24)
SENSITIVE_LIMIT: Final = timedelta(hours=8)
TOKEN_LIMIT: Final = timedelta(days=90)
TOKENS: Final = "GET /accounts/{account}/access/service_tokens"
# Access issues no session of its own for these.
_WITHOUT_SESSION: Final = frozenset({"infrastructure"})


def _written(snapshot: CloudflareSnapshot, app: App, policy: Policy) -> tuple[str, str] | Unavailable:
    """The duration that counts for a policy, with the field that says so; Unavailable if that was not read."""
    if policy.session_duration:
        return policy.session_duration, "policies[].session_duration"
    if app.session_duration:
        return app.session_duration, "session_duration"
    if isinstance(snapshot.organization, Unavailable):
        return snapshot.organization
    organization = next(iter(snapshot.organization), None)
    if organization and organization.session_duration:
        return organization.session_duration, "organization session_duration"
    return DEFAULT, "default of Access"


@checks.check(
    "cloudflare.session_duration_limited",
    title="Access sessions end",
    verifies=(Verifies("credentials.human-sessions", 2), Verifies("proxy.per-request-authz", 2, supporting=True)),
    severity=Severity.MEDIUM,
    parts=("apps", "organization"),
)
def session_duration_limited(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """The policy's duration counts before the app's, the app's before the organization's."""
    apps = tuple(app for app in of_people(snapshot.apps) if app.type not in _WITHOUT_SESSION)
    problems = [verdict for app in apps if (verdict := _too_long(snapshot, app, len(apps))) is not None]
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.apps,),
        seen=len(apps),
        good=f"The sessions of {count(len(apps), 'app')} end within {words(LIMIT)}, of sensitive ones within "
        f"{words(SENSITIVE_LIMIT)}.",
        nothing="No Access app is for people.",
        evidence=(line(APPS, snapshot.account_id, "apps with longer sessions", 0, "0"),),
    )


def _too_long(snapshot: CloudflareSnapshot, app: App, seen: int) -> Verdict | None:
    if isinstance(app.policies, Unavailable):
        return not_checked(app.id, app.policies, f"{app.name}: its policies could not be read.", seen=seen)
    longest: tuple[timedelta, str, str] | None = None
    unknown: Verdict | None = None
    for policy in reachable(app.policies):
        if policy.decision != ALLOW:
            continue
        written = _written(snapshot, app, policy)
        if isinstance(written, Unavailable):
            reason = f"{app.name} says nothing of its own, and the organization's session duration could not be read."
            unknown = not_checked(app.id, written, reason, seen=seen)
            continue
        length = parse_duration(written[0])
        if length is None:
            reason = f"{app.name}: {written[0][:40]!r} is no duration that we can read."
            unknown = not_checked(app.id, "partial_data", reason, seen=seen)
        elif longest is None or length > longest[0]:
            longest = (length, *written)
    if longest is None:
        return unknown
    return _over(snapshot, app, longest, seen) or unknown


def _over(snapshot: CloudflareSnapshot, app: App, longest: tuple[timedelta, str, str], seen: int) -> Verdict | None:
    length, written, field = longest
    sensitive = is_sensitive(snapshot.declared, app)
    limit = SENSITIVE_LIMIT if sensitive else LIMIT
    if length > limit:
        miss = ""
        if sensitive and length <= LIMIT:
            miss = f"{app.name}: {words(length)} is fine in general, too long for customer data ({words(limit)})."
        reason = f"{app.name}: sessions last {words(length)}, longer than {words(limit)} (1 of {count(seen, 'app')})."
        evidence = (line(APPS, app.name, field, written, f"at most {words(limit)}"),)
        return failed(app.id, reason, seen=seen, evidence=evidence, near_miss=miss)
    if length > SENSITIVE_LIMIT and snapshot.declared.sensitive is None:
        reason = (
            f"{app.name}: {words(length)} is fine unless it holds customer data ({words(SENSITIVE_LIMIT)}); nobody has "
            "listed the sensitive tools yet (Facts)."
        )
        return not_checked(app.id, "input_missing", reason, seen=seen)
    return None


@checks.check(
    "cloudflare.service_tokens_expire",
    title="Service tokens expire",
    verifies=(Verifies("credentials.short-access-tokens", 2, supporting=True),),
    severity=Severity.HIGH,
    parts=("service_tokens",),
)
def service_tokens_expire(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """Tokens that are switched off are left out by name; one that has run out but is still on was forgotten."""
    tokens = rows_read(snapshot.service_tokens)
    off = [token.name for token in tokens if token.enabled is False]
    live = [token for token in tokens if token.enabled is not False]
    problems = [verdict for token in live if (verdict := _lasting(snapshot, token, len(live))) is not None]
    left_out = f" {count(len(off), 'token')} switched off: {names(off)}." if off else ""
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.service_tokens,),
        seen=len(live),
        good=f"{all_of(len(live), 'service token')} end within {TOKEN_LIMIT.days} days.{left_out}",
        nothing=f"There is no service token in use.{left_out}",
        evidence=(line(TOKENS, snapshot.account_id, "tokens valid for longer", 0, "0"),),
    )


def _lasting(snapshot: CloudflareSnapshot, token: ServiceToken, seen: int) -> Verdict | None:
    within = f"at most {TOKEN_LIMIT.days} days"
    tail = f"(1 of {count(seen, 'service token')})"
    if token.expires_at is not None and token.expires_at <= snapshot.taken_at:
        evidence = (line(TOKENS, token.name, "expires_at", token.expires_at.date(), "a token in use"),)
        reason = f"{token.name} ran out on {token.expires_at:%Y-%m-%d} and is still switched on {tail}."
        return failed(token.id, reason, seen=seen, evidence=evidence)
    if token.duration == FOREVER:
        evidence = (line(TOKENS, token.name, "duration", FOREVER, within),)
        return failed(token.id, f"{token.name} is valid for ever {tail}.", seen=seen, evidence=evidence)
    length = parse_duration(token.duration) if token.duration else None
    if length is None and token.expires_at is None:
        reason = f"{token.name} does not say how long it is valid."
        return not_checked(token.id, "partial_data", reason, seen=seen)
    remaining = token.expires_at - snapshot.taken_at if token.expires_at else timedelta()
    longest = max(length or timedelta(), remaining)
    if longest > TOKEN_LIMIT:
        evidence = (line(TOKENS, token.name, "duration", token.duration or longest, within),)
        miss = f"{token.name} is valid for {longest.days} days."
        return failed(
            token.id,
            f"{token.name} is valid for {longest.days} days {tail}.",
            seen=seen,
            evidence=evidence,
            near_miss=miss,
        )
    if length is None:
        reason = f"{token.name} ends within {TOKEN_LIMIT.days} days, but not how long it is valid in all was said."
        return not_checked(token.id, "partial_data", reason, seen=seen)
    return None
