"""Owns the checks of what the audit logs show: that they live, and that tools are entered through Google."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from ztassess.connectors.google_workspace.judgment import one_each
from ztassess.connectors.google_workspace.snapshot import Event, WorkspaceSnapshot
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_applicable, not_checked

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
MONTH = timedelta(days=30)
LOGS = "GET admin/reports/v1/activity/users/all/applications"
OWN = ("google", "gmail", "gcp", "workspace", "gsuite")
"""Tools that are Google's own: nobody enters them in another way."""
CORE = {
    "code host": ("github", "gitlab", "bitbucket"),
    "cloud": ("aws", "amazon", "azure", "gcp", "googlecloud", "digitalocean", "hetzner", "cloudflare"),
    "e-mail": ("gmail", "googleworkspace", "gsuite", "outlook", "office365", "microsoft365"),
    "support desk": ("zendesk", "intercom", "freshdesk", "helpscout", "hubspot", "front", "servicedesk"),
}
SHORTEST_NAME = 3


@CHECKS.check(
    "google_workspace.saml_apps_used",
    title="Sign-ins to tools pass through Google",
    verifies=(Verifies("identity.sso-coverage", level=1),),
    severity=Severity.LOW,
    parts=("saml_logins", "token_grants"),
)
def saml_apps_used(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Of the declared tools, the code host, the cloud, the e-mail and the support desk must show a sign-in."""
    tools = snapshot.inputs.tools
    if tools is None:
        yield input_missing(snapshot.domain, "the tools that people sign in to")
        return
    if not tools:
        yield not_applicable(snapshot.domain, "The declared list of tools is empty.")
        return
    logs = (snapshot.saml_logins, snapshot.token_grants)
    if all(log == () for log in logs):
        yield not_checked(
            snapshot.domain, "empty", "Both logs are empty, which says nothing about where people sign in."
        )
        return
    events = [event for log in logs for event in rows_read(log)]
    last = {tool: _last_use(tool, events) for tool in tools}
    used = [tool for tool, at in last.items() if _own(tool) or (at and snapshot.taken_at - at.at <= MONTH)]
    core = [tool for tool in tools if _kind(tool)]
    judged = core or list(tools)
    missing = [tool for tool in judged if tool not in used]

    def verdict(tool: str) -> Verdict:
        event = last[tool]
        near = f"{tool} was last used through Google on {event.at:%Y-%m-%d}." if event else ""
        observed = event.at.isoformat() if event else "no sign-in"
        line = Evidence(f"{LOGS}/saml, token", tool, "application_name, app_name", observed, "a sign-in in 30 days")
        share = f"{len(used)} of {count(len(tools), 'tool')} show one"
        reason = f"Nobody signed in to {tool} through Google in 30 days; {share}."
        return failed(tool, reason, seen=len(tools), evidence=(line,), near_miss=near)

    # A log that was cut may hide the very sign-in that is missed, so nothing fails by it.
    whole = not any(isinstance(log, Unavailable) for log in logs)
    yield from conclude(
        snapshot.domain,
        one_each(snapshot, missing, verdict) if whole else [],
        of=logs,
        seen=len(tools),
        good=f"{len(used)} of {count(len(tools), 'tool')} show a sign-in through Google in 30 days: {names(used)}."
        + (f" Judged by the core tools: {names(core)}." if core else ""),
        nothing="",
        evidence=(
            Evidence(f"{LOGS}/saml, token", snapshot.domain, "tools with a sign-in", str(len(used)), "core tools"),
        ),
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _own(tool: str) -> bool:
    return any(word in _plain(tool) for word in OWN)


def _kind(tool: str) -> str:
    plain = _plain(tool)
    return next((kind for kind, products in CORE.items() if any(word in plain for word in products)), "")


def _last_use(tool: str, events: list[Event]) -> Event | None:
    wanted = _plain(tool)
    found = [event for event in events if _same(wanted, _plain(event.app))]
    return max(found, key=lambda event: event.at, default=None)


def _same(tool: str, app: str) -> bool:
    if min(len(tool), len(app)) < SHORTEST_NAME:
        return tool == app
    return tool in app or app in tool


@CHECKS.check(
    "google_workspace.audit_logs_readable",
    title="Audit logs exist and are read",
    verifies=(Verifies("identity.logging", level=1),),
    severity=Severity.LOW,
    parts=("logins", "admin_events", "users"),
)
def audit_logs_readable(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """Level 1 alone: where the logs are exported and who is alarmed is not readable here."""
    used = [
        user
        for user in rows_read(snapshot.users)
        if user.active and user.last_login and snapshot.taken_at - user.last_login < MONTH - timedelta(days=2)
    ]
    problems: list[Verdict] = []
    logins = [event for event in rows_read(snapshot.logins) if snapshot.taken_at - event.at <= MONTH]
    changes = [event for event in rows_read(snapshot.admin_events) if snapshot.taken_at - event.at <= MONTH]
    if not logins and not isinstance(snapshot.logins, Unavailable):
        problems.append(_no_logins(snapshot, len(used)))
    if not changes and not isinstance(snapshot.admin_events, Unavailable):
        reason = "The log of administrators' actions is empty for 30 days; whether it works is not shown."
        problems.append(not_checked(f"{snapshot.domain}/admin", "empty", reason))
    near = "Logs exist; an export outside the admins' reach is not shown."
    yield from conclude(
        snapshot.domain,
        problems,
        of=(snapshot.logins, snapshot.admin_events),
        seen=max(1, len(logins) + len(changes)),
        good=f"The logs show {count(len(logins), 'sign-in')} and {count(len(changes), 'administrator action')} (the "
        f"newest ones) in 30 days.",
        nothing="",
        evidence=(
            Evidence(f"{LOGS}/login", snapshot.domain, "events in 30 days", str(len(logins)), "1 or more"),
            Evidence(f"{LOGS}/admin", snapshot.domain, "events in 30 days", str(len(changes)), "1 or more"),
        ),
        near_miss="" if problems else near,
    )


def _no_logins(snapshot: WorkspaceSnapshot, used: int) -> Verdict:
    resource = f"{snapshot.domain}/login"
    if not used:
        return not_checked(
            resource, "empty", "The log of sign-ins is empty for 30 days; whether it works is not shown."
        )
    line = Evidence(f"{LOGS}/login", snapshot.domain, "events in 30 days", "0", "1 or more")
    reason = f"The log of sign-ins is empty for 30 days, although {count(used, 'person', 'people')} signed in."
    return failed(resource, reason, seen=used, evidence=(line,))
