"""Owns the checks of what stands between people and data: approval of third-party apps, context-aware access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ztassess.connectors.google_workspace.judgment import (
    POLICIES_SOURCE,
    Word,
    because,
    fine,
    is_empty,
    one_each,
    setting_problems,
    unclear,
    wrong,
)
from ztassess.connectors.google_workspace.reduction import people_by_unit
from ztassess.connectors.google_workspace.settings import APPS, MARKETPLACE
from ztassess.connectors.google_workspace.snapshot import AccessBinding, Event, WorkspaceSnapshot
from ztassess.connectors.judging import NamedAccounts, conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[WorkspaceSnapshot] = Checks("google_workspace")
LOGS = "GET admin/reports/v1/activity/users/all/applications"
BINDINGS = "GET v1/organizations/{id}/gcpUserAccessBindings"
BLOCKED = "BLOCK_ALL_SCOPES"
OPEN = frozenset({"ALLOW_SIGN_IN_SCOPES_ONLY", "ALLOW_ALL_SCOPES", "ALLOW_ALL", "ACCESS_LEVEL_UNSPECIFIED"})
LISTED = frozenset({"ALLOW_LISTED_APPS", "ALLOW_NONE"})
SIGN_IN_ONLY = frozenset({"openid", "email", "profile"})
TOGGLED, ASSIGNED = "TOGGLE_CAA_ENABLEMENT", "CHANGE_CAA_APP_ASSIGNMENTS"


@CHECKS.check(
    "google_workspace.third_party_apps_restricted",
    title="Apps need approval",
    verifies=(Verifies("least-privilege.third-party-scopes", level=2),),
    severity=Severity.MEDIUM,
    parts=("policies", "org_units", "users", "token_grants"),
)
def third_party_apps_restricted(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """New apps are blocked, the marketplace has a list, and what people use was approved."""
    empty = is_empty(snapshot)
    if empty is not None:
        yield empty
        return
    units = people_by_unit(snapshot)
    problems = list(setting_problems(snapshot, APPS, _apps, units))
    problems += setting_problems(snapshot, MARKETPLACE, _marketplace, units)
    grants = [event for event in rows_read(snapshot.token_grants) if _reads_data(event)]
    problems += _unapproved(snapshot, grants, blocked=not any(each.outcome == "fail" for each in problems))
    yield from conclude(
        snapshot.domain,
        problems,
        of=(snapshot.policies, snapshot.org_units, snapshot.users, snapshot.token_grants),
        seen=len(units),
        good=f"Apps that nobody configured are blocked in {len(units)} of {count(len(units), 'unit')} with people, the "
        f"marketplace is limited to a list, and {count(len(grants), 'grant')} of 90 days went to approved apps.",
        nothing="No unit holds active people.",
        evidence=(Evidence(POLICIES_SOURCE, snapshot.domain, f"{APPS}.accessLevel", BLOCKED, BLOCKED),),
    )


def _apps(values: Mapping[str, str | bool]) -> Word:
    field = "accessLevel"
    raw = values.get(field)
    if raw == BLOCKED:
        return fine(field, BLOCKED, BLOCKED)
    if raw is None:
        return unclear(field, "absent", BLOCKED, "does not say what happens to apps that nobody configured")
    if raw not in OPEN:
        return unclear(field, str(raw)[:80], BLOCKED, f"has an app access setting that we do not know: {str(raw)[:80]}")
    near = (
        "Unconfigured apps may only sign people in; they are still let in without approval."
        if "SIGN_IN" in str(raw)
        else ""
    )
    return wrong(field, str(raw), BLOCKED, "lets apps in that nobody configured", near)


def _marketplace(values: Mapping[str, str | bool]) -> Word:
    """Google's default is any app ("Policy API concepts", default field values)."""
    field, expected = "accessLevel", "ALLOW_LISTED_APPS or ALLOW_NONE"
    raw = values.get(field)
    if raw in LISTED:
        return fine(field, str(raw), expected)
    if raw is None:
        return unclear(field, "absent", expected, "does not say which marketplace apps may be installed")
    if raw not in OPEN:
        return unclear(
            field, str(raw)[:80], expected, f"has a marketplace setting that we do not know: {str(raw)[:80]}"
        )
    return wrong(field, str(raw), expected, "lets people install any marketplace app")


def _reads_data(event: Event) -> bool:
    """It was given more than who somebody is; without a list of scopes it counts."""
    return not event.scopes or any(
        scope.rpartition("/")[2].rpartition(".")[2] not in SIGN_IN_ONLY for scope in event.scopes
    )


def _unapproved(snapshot: WorkspaceSnapshot, grants: list[Event], *, blocked: bool) -> list[Verdict]:
    approved = snapshot.inputs.approved_apps
    if approved is None:
        return [input_missing(f"{snapshot.domain}/grants", "the apps that may read company data")] if grants else []
    known = NamedAccounts.of(approved)
    by_client: dict[str, list[Event]] = {}
    for event in grants:
        if not known.matches(event.client, event.app):
            by_client.setdefault(event.client or event.app or "an app without a name", []).append(event)
    apps = sorted(by_client)
    many = count(len(apps), "earlier grant is", "earlier grants are")
    near = f"New apps are blocked; {many} still used." if blocked else ""

    def verdict(client: str) -> Verdict:
        events = by_client[client]
        title = events[0].app or client
        who = sorted({event.actor for event in events if event.actor})
        line = Evidence(f"{LOGS}/token", client, "client_id", title, "an approved app")
        givers = count(len(who), "person", "people")
        reason = f"{givers} gave {title} access in 90 days, and it is not approved: {names(who)}."
        return failed(client, reason, seen=len(grants), evidence=(line,), near_miss=near)

    return one_each(snapshot, apps, verdict)


@CHECKS.check(
    "google_workspace.context_aware_access_on",
    title="Access levels are in force",
    verifies=(Verifies("device.context-signals", level=2),),
    severity=Severity.MEDIUM,
    parts=("access_levels", "access_bindings", "access_changes", "access_denials"),
)
def context_aware_access_on(snapshot: WorkspaceSnapshot) -> Iterator[Verdict]:
    """A level in force is one that a group or an app is bound to; to define it is not enough."""
    bindings, levels = rows_read(snapshot.access_bindings), rows_read(snapshot.access_levels)
    asking = {level.name for level in levels if level.asks}
    bound = [each for each in bindings if set(each.levels) & asking]
    if bound:
        yield _bound(snapshot, bound, len(bindings))
        return
    near = _near(snapshot)
    changes = sorted(rows_read(snapshot.access_changes), key=lambda event: event.at)
    toggle = next((event for event in reversed(changes) if event.name == TOGGLED), None)
    if toggle is None:
        missing = next((part for part in _parts(snapshot) if isinstance(part, Unavailable)), None)
        why = missing if missing is not None and missing.reason != "not_configured" else Unavailable("partial_data")
        reason = "Nothing shows that context-aware access is on: no group is bound to an access level"
        reason += ", and the logs reach 180 days back."
        reason = f"{reason} ({because(why)})" if why.detail else reason
        yield not_checked(snapshot.domain, why, reason, near_miss=near)
        return
    yield _toggled(snapshot, toggle, changes, near)


def _parts(snapshot: WorkspaceSnapshot) -> tuple[object, ...]:
    return (snapshot.access_changes, snapshot.access_bindings, snapshot.access_levels)


def _near(snapshot: WorkspaceSnapshot) -> str:
    if any(each.on_trial for each in rows_read(snapshot.access_bindings)):
        return "Access levels are on trial only: they are logged, not enforced."
    if rows_read(snapshot.access_levels) and snapshot.access_bindings == ():
        return "Access levels exist, no group is bound to them."
    return ""


def _bound(snapshot: WorkspaceSnapshot, bound: list[AccessBinding], seen: int) -> Verdict:
    groups = [each.group or each.name for each in bound]
    line = Evidence(
        BINDINGS, groups[0], "accessLevels", ", ".join(bound[0].levels), "one or more that ask for something"
    )
    many = count(len(bound), "group is", "groups are")
    reason = f"{many} bound to access levels, of {count(seen, 'binding')}: {names(groups)}."
    return passed(snapshot.domain, reason, seen=seen, evidence=(line,))


def _toggled(snapshot: WorkspaceSnapshot, toggle: Event, changes: list[Event], near: str) -> Verdict:
    line = Evidence(f"{LOGS}/admin", toggle.at.isoformat(), f"{TOGGLED} NEW_VALUE", toggle.value or "absent", "ENABLED")
    seen = max(1, len(changes))
    if toggle.value.upper() != "ENABLED":
        if toggle.value.upper() != "DISABLED" or isinstance(snapshot.access_changes, Unavailable):
            reason = f"The newest change of {toggle.at:%Y-%m-%d} does not say clearly that context-aware access is on."
            return not_checked(snapshot.domain, "partial_data", reason, seen=seen, near_miss=near)
        reason = f"Context-aware access was switched off on {toggle.at:%Y-%m-%d}."
        return failed(snapshot.domain, reason, seen=seen, evidence=(line,), near_miss=near)
    if snapshot.access_levels == ():
        reason = "Context-aware access is on, but no access level exists that could be asked for."
        return failed(snapshot.domain, reason, seen=seen, evidence=(line,))
    if isinstance(snapshot.access_changes, Unavailable):
        return not_checked(snapshot.domain, snapshot.access_changes, seen=seen, near_miss=near)
    assigned = [event for event in changes if event.name == ASSIGNED and event.value.strip(" []")]
    if near and not assigned and not rows_read(snapshot.access_denials):
        reason = "Context-aware access is on, but nothing shows that an app or a group is bound to an access level."
        return not_checked(snapshot.domain, "partial_data", reason, seen=seen, near_miss=near)
    reason = f"Context-aware access was switched on on {toggle.at:%Y-%m-%d} and not off since."
    return passed(snapshot.domain, reason, seen=seen, evidence=(line,))
