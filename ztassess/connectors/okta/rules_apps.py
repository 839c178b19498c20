"""Owns the checks of apps: declared tools under single sign-on, access by group, services that prove a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read, unread
from ztassess.connectors.okta.judging import APPS_SOURCE, FEDERATED, lines_of, people_apps, tool_apps
from ztassess.connectors.okta.snapshot import App, Assignments, OktaSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Verdict, failed, not_applicable, not_checked, passed

CHECKS: Checks[OktaSnapshot] = Checks("okta")
MOST_TOOLS: Final = 0.8
BY_GROUP: Final = 0.95
ATTEST: Final = " Whether a tool's own password sign-in is off cannot be seen from Okta; attest that."


@CHECKS.check(
    "okta.tools_on_sso",
    title="Declared tools sign in through Okta",
    verifies=(Verifies("identity.sso-coverage", level=2),),
    severity=Severity.HIGH,
    parts=("apps",),
)
def tools_on_sso(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Bookmarks and password vault entries are no single sign-on."""
    declared, sensitive = snapshot.declared.tools, snapshot.declared.sensitive_tools
    if not declared:
        yield input_missing(snapshot.org, "the tools")
        return
    if sensitive is None:
        yield input_missing(snapshot.org, "the sensitive tools")
        return
    tools = tuple(dict.fromkeys((*declared, *sensitive)))
    apps = people_apps(snapshot)
    found = {tool: tool_apps(tool, apps) for tool in tools}
    off = [tool for tool in tools if not any(app.sign_on_mode in FEDERATED for app in found[tool])]
    bad = [tool for tool in off if tool in sensitive]
    share = (len(tools) - len(off)) / len(tools)
    vaults = [tool for tool in off if found[tool]]
    near_miss = f"{names(vaults)} is only a bookmark or password vault entry." if vaults else ""
    observed = f"{len(tools) - len(off)} of {len(tools)}, {len(bad)} sensitive not"
    line = Evidence(APPS_SOURCE, snapshot.org, "signOnMode of declared tools", observed, "80 %, all sensitive ones")
    problems = []
    if (bad or share < MOST_TOOLS) and unread(snapshot.apps) is None:
        text = f"{len(off)} of {count(len(tools), 'declared tool')} do not sign in through Okta: {names(off)}."
        text += f" Sensitive: {names(bad)}." if bad else ""
        lines = lines_of(APPS_SOURCE, off, "signOnMode", "no single sign-on", "SAML, OIDC or WS-Federation")
        problems.append(failed(snapshot.org, text, seen=len(tools), evidence=lines, near_miss=near_miss))
    missing = f" Not: {names(off)}." if off else ""
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.apps,),
        seen=len(tools),
        good=f"{len(tools) - len(off)} of {count(len(tools), 'declared tool')} sign in through Okta.{missing}{ATTEST}",
        nothing="",
        evidence=(line, *_modes(found)),
        near_miss="" if problems else near_miss,
    )


def _modes(found: dict[str, tuple[App, ...]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(APPS_SOURCE, app.id, "signOnMode", app.sign_on_mode, "SAML, OIDC or WS-Federation")
        for apps in list(found.values())[:50]
        for app in apps[:1]
    )


@CHECKS.check(
    "okta.app_access_by_group",
    title="App access comes from groups",
    verifies=(Verifies("identity.group-based-access", level=2),),
    severity=Severity.LOW,
    parts=("assignments",),
)
def app_access_by_group(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Share of all assignments of people to active apps that came through a group."""
    rows = rows_read(snapshot.assignments)
    personal, unknown = sum(each.personal for each in rows), sum(each.unknown for each in rows)
    total = personal + unknown + sum(each.through_groups for each in rows)
    missing = unread(snapshot.assignments)
    near_miss = f"{personal} of {total} assignments are personal."
    line = Evidence("GET /api/v1/apps/{id}/users", snapshot.org, "scope USER", f"{personal} of {total}", "at most 5 %")
    if missing is not None or unknown:
        text = f"{total} assignments of {count(len(rows), 'app')} read; of {unknown} Okta did not say the way."
        why = missing or "partial_data"
        detail = f" {missing.detail}" if missing else ""
        yield not_checked(snapshot.org, why, f"{text}{detail}", seen=total)
    elif not total:
        yield not_applicable(snapshot.org, f"Nobody is assigned to any of {count(len(rows), 'active app')}.")
    elif (total - personal) / total < BY_GROUP:
        most = sorted((each for each in rows if each.personal), key=lambda each: -each.personal)
        text = f"{personal} of {total} assignments are personal, most in: {names([_most(each) for each in most])}."
        yield failed(snapshot.org, text, seen=total, evidence=(line,), near_miss=near_miss)
    else:
        text = f"{total - personal} of {total} assignments to {count(len(rows), 'app')} come from groups."
        yield passed(snapshot.org, text, seen=total, evidence=(line,))


def _most(each: Assignments) -> str:
    return f"{each.label} ({each.personal})"


@CHECKS.check(
    "okta.service_apps_use_keys",
    title="Service apps prove themselves by key",
    verifies=(Verifies("identity.workload-identity", level=2),),
    severity=Severity.MEDIUM,
    parts=("apps",),
)
def service_apps_use_keys(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Active apps that fetch tokens for themselves: by a signed assertion, not by a shared secret."""
    apps = [app for app in rows_read(snapshot.apps) if app.active and "client_credentials" in app.grants]
    problems = [verdict for app in apps for verdict in _service(app, len(apps))]
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.apps,),
        seen=len(apps),
        good=f"{len(apps)} of {count(len(apps), 'service app')} prove themselves by private_key_jwt.",
        nothing="No active app fetches tokens for itself (client_credentials).",
        evidence=tuple(_method(app) for app in apps[:50]),
    )


def _method(app: App) -> Evidence:
    return Evidence(APPS_SOURCE, app.id, "token_endpoint_auth_method", app.auth_method or "absent", "private_key_jwt")


def _service(app: App, of: int) -> Iterator[Verdict]:
    if app.auth_method == "private_key_jwt":
        return
    if not app.auth_method:
        yield not_checked(app.id, "partial_data", f"Okta did not say how {app.label} proves itself.", seen=1)
        return
    near_miss = f"{app.label} has a key registered but still accepts its secret." if app.has_keys else ""
    reason = f"{app.label}, one of {count(of, 'service app')}, proves itself by {app.auth_method}."
    yield failed(app.id, reason, seen=of, evidence=(_method(app),), near_miss=near_miss)
