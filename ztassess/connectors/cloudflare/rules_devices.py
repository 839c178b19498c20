"""Owns the checks of context: whether sensitive apps ask for a known device, and whether place or risk counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ztassess.connectors.cloudflare.admission import ALLOW, BYPASS, DECISIONS, DENY, SIGNALS, Groups, reachable
from ztassess.connectors.cloudflare.judging import APPS, all_of, entered, groups_of, is_sensitive, line, of_people
from ztassess.connectors.cloudflare.snapshot import App, CloudflareSnapshot, Criterion, Policy
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Unavailable, Verdict, failed, not_applicable, not_checked

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
SENSITIVE_TOOLS = "the sensitive tools"


def _sensitive_apps(snapshot: CloudflareSnapshot) -> tuple[App, ...] | Verdict:
    """The sensitive apps, or the verdict where there are none to judge."""
    declared = snapshot.declared.sensitive
    if declared is None:
        return input_missing(snapshot.account_id, SENSITIVE_TOOLS)
    if not declared:
        return not_applicable(snapshot.account_id, "The list of sensitive tools is empty.")
    apps = tuple(app for app in entered(snapshot.apps) if is_sensitive(snapshot.declared, app))
    if not apps:
        if isinstance(snapshot.apps, Unavailable):
            return not_checked(snapshot.account_id, snapshot.apps)
        reason = f"None of {count(len(declared), 'sensitive tool')} is an Access app here: {names(sorted(declared))}."
        return not_checked(snapshot.account_id, "not_configured", reason)
    return apps


@checks.check(
    "cloudflare.device_posture_required",
    title="Sensitive apps demand device posture",
    verifies=(Verifies("device.posture-gate", 2),),
    severity=Severity.HIGH,
    parts=("apps", "posture_rules", "groups"),
)
def device_posture_required(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """Every policy that lets people in has an existing posture rule among its conditions."""
    apps = _sensitive_apps(snapshot)
    if isinstance(apps, Verdict):
        yield apps
        return
    groups = groups_of(snapshot)
    rules = frozenset(rule.id for rule in rows_read(snapshot.posture_rules))
    problems = [verdict for app in apps for verdict in _ungated(snapshot, app, groups, rules, len(apps))]
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.apps, snapshot.posture_rules),
        seen=len(apps),
        good=f"{all_of(len(apps), 'sensitive app')} demand a device that passes a posture rule.",
        nothing="No sensitive app is behind Access.",
        evidence=(line(APPS, snapshot.account_id, "sensitive apps without device_posture", 0, "0"),),
    )


def _ungated(
    snapshot: CloudflareSnapshot, app: App, groups: Groups, rules: frozenset[str], seen: int
) -> Iterator[Verdict]:
    if isinstance(app.policies, Unavailable):
        yield not_checked(app.id, app.policies, f"{app.name}: its policies could not be read.", seen=seen)
        return
    for policy in reachable(app.policies):
        thing, what = f"{app.id}:{policy.id}", f"{app.name}: the policy {policy.name or policy.id}"
        if policy.decision not in DECISIONS:
            yield not_checked(thing, "partial_data", f"{what} does not say what it decides.", seen=seen)
        if policy.decision not in (ALLOW, BYPASS):
            continue
        if policy.decision == ALLOW and groups.demands(policy.require, "device_posture", rules):
            continue
        hidden = _hidden(snapshot, groups, policy)
        if hidden is not None and policy.decision == ALLOW:
            yield not_checked(thing, hidden, f"{what} may demand a device in a part that could not be read.", seen=seen)
            continue
        yield _ungated_verdict(app, policy, groups, rules, seen)


def _hidden(snapshot: CloudflareSnapshot, groups: Groups, policy: Policy) -> Unavailable | None:
    """The unread part that may hold the demand."""
    grouped = any(each.kind == "group" and each.value not in groups.by_id for each in policy.require)
    if grouped and isinstance(snapshot.groups, Unavailable):
        return snapshot.groups
    named = groups.demands(policy.require, "device_posture", None)
    return snapshot.posture_rules if named and isinstance(snapshot.posture_rules, Unavailable) else None


def _ungated_verdict(app: App, policy: Policy, groups: Groups, rules: frozenset[str], seen: int) -> Verdict:
    what = f"{app.name}: the policy {policy.name or policy.id}"
    if policy.decision == BYPASS:
        why = "bypasses Access, so no device is looked at"
    elif groups.demands(policy.require, "device_posture", None):
        why = "demands a posture rule that does not exist any more"
    elif any(each.kind == "device_posture" for each in policy.include):
        why = "takes the device as one way in of several, not as a condition"
    else:
        why = "demands no device"
    kinds = ", ".join(sorted({each.kind for each in policy.require})) or "none"
    return failed(
        f"{app.id}:{policy.id}",
        f"{what} {why} (1 of {count(seen, 'sensitive app')}).",
        seen=seen,
        evidence=(line(APPS, app.name, "policies[].require", kinds, "device_posture"),),
        near_miss=f"Posture rules exist; {app.name} does not use them." if rules else "",
    )


@checks.check(
    "cloudflare.context_selectors_used",
    title="Country or risk changes the decision",
    verifies=(Verifies("device.context-signals", 2),),
    severity=Severity.LOW,
    parts=("apps", "groups"),
)
def context_selectors_used(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """On every way into a sensitive app: a condition, an exclusion or a block by place, address or risk."""
    apps = _sensitive_apps(snapshot)
    if isinstance(apps, Verdict):
        yield apps
        return
    people = tuple(app for app in apps if app in of_people(snapshot.apps))
    groups = groups_of(snapshot)
    problems: list[Verdict] = []
    using: list[str] = []
    for app in people:
        if isinstance(app.policies, Unavailable):
            problems.append(
                not_checked(app.id, app.policies, f"{app.name}: its policies could not be read.", seen=len(people))
            )
        elif _signaled(app.policies, groups):
            using.append(app.name)
        elif (hidden := _grouped_unread(snapshot, app.policies, groups)) is not None:
            reason = f"{app.name} names a group that could not be read."
            problems.append(not_checked(app.id, hidden, reason, seen=len(people)))
        else:
            problems.append(_blind(app, len(people)))
    miss = f"Countries are excluded for one app of {len(people)}." if len(using) == 1 < len(people) else ""
    yield from conclude(
        snapshot.account_id,
        [each if each.reason_code else replace(each, near_miss=miss) for each in problems],
        of=(snapshot.apps,),
        seen=len(people),
        good=f"Place, address or risk decides in {count(len(using), 'sensitive app')}: {names(using)}.",
        nothing="No sensitive app is for people.",
        evidence=(line(APPS, snapshot.account_id, "require, exclude", "geo, ip or user_risk_score", "the same"),),
    )


def _blind(app: App, seen: int) -> Verdict:
    evidence = (line(APPS, app.name, "policies[].require, exclude", "neither", "geo, ip list or user_risk_score"),)
    reason = f"{app.name}: neither place nor risk changes who gets in (1 of {count(seen, 'sensitive app')})."
    return failed(app.id, reason, seen=seen, evidence=evidence)


def _has_signal(criteria: tuple[Criterion, ...], groups: Groups) -> bool:
    return any(
        each.kind in SIGNALS or (each.kind == "group" and _group_has_signal(each.value, groups)) for each in criteria
    )


def _group_has_signal(group_id: str, groups: Groups) -> bool:
    group = groups.by_id.get(group_id)
    return group is not None and any(each.kind in SIGNALS for each in (*group.include, *group.require, *group.exclude))


def _signaled(policies: tuple[Policy, ...], groups: Groups) -> bool:
    """Each policy that allows has a signal of its own, or a block by such a signal stands before it."""
    allowing = blocked = 0
    for policy in reachable(policies):
        if policy.decision == DENY and _has_signal((*policy.include, *policy.require), groups):
            blocked += 1
        if policy.decision in (ALLOW, BYPASS):
            own = policy.decision == ALLOW and (_has_signal((*policy.require, *policy.exclude), groups) or blocked > 0)
            if not own:
                return False
            allowing += 1
    return allowing > 0


def _grouped_unread(snapshot: CloudflareSnapshot, policies: tuple[Policy, ...], groups: Groups) -> Unavailable | None:
    if not isinstance(snapshot.groups, Unavailable):
        return None
    named = any(
        each.kind == "group" and each.value not in groups.by_id
        for policy in policies
        for each in (*policy.require, *policy.exclude, *policy.include)
    )
    return snapshot.groups if named else None
