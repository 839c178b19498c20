"""Owns the checks of what ends by itself: sign-in sessions, access tokens; and of the log that outlives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, names, rows_read, unread
from ztassess.connectors.okta.snapshot import OktaSnapshot
from ztassess.connectors.okta.snapshot_policies import ACTIVE, DENY, SessionRule, TokenRule
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_checked, passed

CHECKS: Checks[OktaSnapshot] = Checks("okta")
LONGEST_SESSION, LONGEST_IDLE, LONGEST_TOKEN = 720, 120, 15
RULES: Final = "GET /api/v1/policies/{id}/rules"
TOKEN_RULES: Final = "GET /api/v1/authorizationServers/{id}/policies/{id}/rules"  # noqa: S105  a path


@CHECKS.check(
    "okta.session_limits",
    title="Sign-in sessions end",
    verifies=(Verifies("credentials.human-sessions", level=2),),
    severity=Severity.MEDIUM,
    parts=("session_policies", "session_rules", "admin_console"),
)
def session_limits(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Every active rule of every active global session policy that lets people in; 0 means unlimited."""
    active = {policy.id for policy in rows_read(snapshot.session_policies) if policy.active}
    rules = [
        rule
        for rule in rows_read(snapshot.session_rules)
        if rule.policy_id in active and rule.status == ACTIVE and rule.access != DENY
    ]
    problems = [verdict for rule in rules for verdict in _session(rule, len(rules))]
    if not rules and unread(snapshot.session_policies, snapshot.session_rules) is None:
        line = Evidence(RULES, snapshot.org, "active OKTA_SIGN_ON rules", "0", "1 or more")
        reason = "No active global session rule limits sign-in sessions."
        problems.append(failed(snapshot.org, reason, evidence=(line,)))
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.session_policies, snapshot.session_rules),
        seen=len(rules),
        good=f"Sessions end by each of {count(len(rules), 'global session rule')}.{_console(snapshot)}",
        nothing="",
        evidence=tuple(_limits(rule) for rule in rules[:50]),
    )


def _console(snapshot: OktaSnapshot) -> str:
    """The admin console has limits of its own, named beside."""
    found = rows_read(snapshot.admin_console)
    if not found or found[0].lifetime_minutes is None:
        return ""
    idle, life = found[0].idle_minutes, found[0].lifetime_minutes
    return f" The admin console ends after {life} minutes, idle after {idle}."


def _limits(rule: SessionRule) -> Evidence:
    observed = (
        f"life {_said(rule.lifetime_minutes)}, idle {_said(rule.idle_minutes)}, "
        f"usePersistentCookie {_said(rule.persistent_cookie)}"
    )
    return Evidence(
        RULES, f"{rule.policy_id}/{rule.id}", "actions.signon.session", observed, "life 1-720, idle 1-120, false"
    )


def _said(value: object) -> str:
    return "absent" if value is None else str(value).lower()


def _session(rule: SessionRule, of: int) -> Iterator[Verdict]:
    life, idle, cookie = rule.lifetime_minutes, rule.idle_minutes, rule.persistent_cookie
    object_ = f"{rule.policy_id}/{rule.id}"
    wrong = []
    if life is not None and not 0 < life <= LONGEST_SESSION:
        wrong.append("the total life is unlimited (0)" if life == 0 else f"sessions last {life} minutes")
    if idle is not None and not 0 < idle <= LONGEST_IDLE:
        wrong.append("idle sessions never end (0)" if idle == 0 else f"idle sessions end after {idle} minutes")
    if cookie:
        wrong.append("sessions survive the browser's end")
    if wrong:
        near_miss = f"Idle ends after {idle} min, but the total life is unlimited (0)." if life == 0 and idle else ""
        reason = f"Rule '{rule.name}', one of {count(of, 'global session rule')}: {names(wrong)}."
        yield failed(object_, reason, seen=of, evidence=(_limits(rule),), near_miss=near_miss)
    elif life is None or idle is None or cookie is None:
        yield not_checked(object_, "partial_data", f"Okta did not say when sessions of rule '{rule.name}' end.", seen=1)


@CHECKS.check(
    "okta.access_token_lifetime",
    title="Access tokens end within 15 minutes",
    verifies=(Verifies("credentials.short-access-tokens", level=2),),
    severity=Severity.HIGH,
    parts=("servers", "token_rules"),
)
def access_token_lifetime(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Every active rule of every active custom authorization server."""
    servers = [server for server in rows_read(snapshot.servers) if server.status == ACTIVE]
    if not servers and unread(snapshot.servers) is None:
        # Okta Help Center, "Lifetime of the Okta Minted JSON Web Tokens".
        reason = "There is no custom authorization server. The org's own is not listed; its tokens live 60 minutes."
        yield not_checked(snapshot.org, "unsupported", reason)
        return
    rules = [rule for rule in rows_read(snapshot.token_rules) if rule.status == ACTIVE]
    problems = [verdict for rule in rules for verdict in _token(rule, len(rules))]
    scope = f"{count(len(rules), 'rule')} of {count(len(servers), 'authorization server')}"
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.servers, snapshot.token_rules),
        seen=len(rules),
        good=f"Access tokens end within {LONGEST_TOKEN} minutes by each of {scope}.",
        nothing=f"No active rule of {count(len(servers), 'authorization server')} gives out tokens.",
        evidence=tuple(_lifetime(rule) for rule in rules[:50]),
    )


def _lifetime(rule: TokenRule) -> Evidence:
    where = f"{rule.server_id}/{rule.policy}/{rule.name}"
    return Evidence(TOKEN_RULES, where, "accessTokenLifetimeMinutes", _said(rule.access_minutes), "1-15")


def _token(rule: TokenRule, of: int) -> Iterator[Verdict]:
    where = f"{rule.server_id}/{rule.policy}/{rule.name}"
    if rule.access_minutes is None:
        reason = f"Okta did not say how long tokens of server '{rule.server}', rule '{rule.name}' live."
        yield not_checked(where, "partial_data", reason, seen=1)
    elif not 0 < rule.access_minutes <= LONGEST_TOKEN:
        near_miss = f"Server '{rule.server}', rule '{rule.name}': {rule.access_minutes} min."
        reason = f"{near_miss} {count(of, 'rule')} read."
        yield failed(where, reason, seen=of, evidence=(_lifetime(rule),), near_miss=near_miss)


@CHECKS.check(
    "okta.log_stream_active",
    title="System log leaves Okta",
    verifies=(Verifies("identity.logging", level=2),),
    severity=Severity.MEDIUM,
    parts=("log_streams",),
)
def log_stream_active(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """What Okta keeps itself ends after 90 days and is deleted with the org."""
    streams, missing = rows_read(snapshot.log_streams), unread(snapshot.log_streams)
    active = [stream.name for stream in streams if stream.status == ACTIVE]
    observed = ", ".join(f"{stream.name} {stream.status}" for stream in streams[:50]) or "none"
    line = Evidence("GET /api/v1/logStreams", snapshot.org, "status", observed, "1 or more ACTIVE")
    if missing is not None:
        yield not_checked(snapshot.org, missing, seen=len(streams))
    elif active:
        reason = f"{len(active)} of {count(len(streams), 'log stream')} copy the system log: {names(active)}."
        yield passed(snapshot.org, reason, seen=len(streams), evidence=(line,))
    else:
        near_miss = "A stream exists but is INACTIVE." if streams else ""
        reason = f"None of {count(len(streams), 'log stream')} copies the system log. If a tool pulls it, attest that."
        yield failed(snapshot.org, reason, seen=max(1, len(streams)), evidence=(line,), near_miss=near_miss)
