"""Owns the checks of devices and context: managed devices, anonymizing networks, conditions that change decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read, unread
from ztassess.connectors.okta.judging import (
    APPS_SOURCE,
    RULES_SOURCE,
    active_rules,
    break_glass_only,
    no_policy,
    people_apps,
    perhaps_break_glass,
    rule_evidence,
    session_rules,
    tool_apps,
)
from ztassess.connectors.okta.sign_on import strength
from ztassess.connectors.okta.snapshot import App, OktaSnapshot, Zone
from ztassess.connectors.okta.snapshot_policies import ACTIVE, ALLOW, DENY, AccessRule, SessionRule
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked, passed

CHECKS: Checks[OktaSnapshot] = Checks("okta")
# Okta, "Network Zones API": proxyType of dynamic zones, ipServiceCategories of enhanced ones.
ANONYMIZERS: Final = frozenset(
    {"Any", "Tor", "ALL_ANONYMIZERS", "ANONYMIZER_TOR", "ALL_IP_SERVICES", "ALL_PROXIES_VPNS"}
)
NO_LICENSE: Final = "Your org runs the Classic engine or lacks Adaptive features. Not checked; this is not a failure."


@CHECKS.check(
    "okta.managed_device_required",
    title="Sensitive apps demand a managed device",
    verifies=(Verifies("device.posture-gate", level=2),),
    severity=Severity.HIGH,
    parts=("apps", "access_rules", "device_assurances", "devices"),
)
def managed_device_required(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Every rule that lets people in: a device that is merely registered may be anybody's."""
    tools, assurances = snapshot.declared.sensitive_tools, snapshot.device_assurances
    if not tools:
        yield input_missing(snapshot.org, "the sensitive tools")
        return
    if isinstance(assurances, Unavailable) and assurances.reason in ("unsupported", "missing_license"):
        yield not_checked(snapshot.org, Unavailable("missing_license", detail=assurances.detail or NO_LICENSE))
        return
    apps = people_apps(snapshot)
    matched = {tool: some for tool in tools if (some := tool_apps(tool, apps))}
    found = {app.id: app for some in matched.values() for app in some}
    absent = [tool for tool in tools if tool not in matched] if unread(snapshot.apps) is None else []
    problems = [verdict for app in found.values() for verdict in _managed(snapshot, app, len(found))]
    for tool in absent:
        reason = f"{tool} is not an app in Okta, so its devices cannot be judged here."
        problems.append(not_checked(tool, "input_missing", reason))
    read = count(len(rows_read(snapshot.devices)), "registered device")
    line = Evidence(APPS_SOURCE, snapshot.org, "sensitive tools found", f"{len(matched)} of {len(tools)}", "all")
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.apps, snapshot.access_rules, assurances),
        seen=len(found),
        good=f"{count(len(found), 'sensitive app')} demand a managed device by every rule; {read} seen.",
        nothing="",
        evidence=(line,),
    )


def _managed(snapshot: OktaSnapshot, app: App, of: int) -> Iterator[Verdict]:
    if not app.policy_id:
        why = no_policy(snapshot)
        yield not_checked(app.id, why, f"{app.label} could not be judged. {why.detail}")
        return
    rules = [rule for rule in active_rules(snapshot, app.policy_id) if not break_glass_only(snapshot, rule)]
    allowing = [rule for rule in rules if rule.access == ALLOW]
    open_ = [rule for rule in allowing if not (rule.device.managed or rule.device.assurance)]
    unsure = [rule for rule in open_ if perhaps_break_glass(snapshot, rule)]
    if open_ and open_ == unsure:
        reason = f"Rule {names([rule.name for rule in unsure])} of {app.label} may be for break-glass accounts alone."
        yield not_checked(app.id, unread(snapshot.users) or "partial_data", reason)
    elif open_:
        gated = any(rule not in open_ for rule in allowing)
        near_miss = (
            f"{app.label} prefers managed devices but lets others in by rule '{open_[0].name}'." if gated else ""
        )
        reason = (
            f"{app.label}, one of {count(of, 'sensitive app')}, can be entered from an unmanaged device by rule "
            f"{names([rule.name for rule in open_])}."
        )
        lines = tuple(rule_evidence(rule, "conditions.device", _device(rule), "managed or assured") for rule in open_)
        yield failed(app.id, reason, seen=of, evidence=lines[:50], near_miss=near_miss)
    elif not rules and unread(snapshot.access_rules) is None:
        yield not_checked(app.id, "partial_data", f"No active rule of {app.label} was read.")
    elif any(rule.access not in (ALLOW, DENY) for rule in rules):
        yield not_checked(app.id, "partial_data", f"Okta did not say whether a rule of {app.label} lets people in.")


def _device(rule: AccessRule) -> str:
    device = rule.device
    return f"managed {device.managed}, registered {device.registered}, {len(device.assurance)} assurances".lower()


@CHECKS.check(
    "okta.anonymizers_blocked",
    title="Anonymizing networks are blocked",
    verifies=(Verifies("device.context-signals", level=2),),
    severity=Severity.LOW,
    parts=("zones", "session_policies", "session_rules", "access_rules"),
)
def anonymizers_blocked(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Blocked before anything else (BLOCKLIST), or denied by a rule in every policy that people come under."""
    zones = [zone for zone in rows_read(snapshot.zones) if zone.status == ACTIVE and _anonymizing(zone)]
    blocked = [zone.name for zone in zones if zone.usage == "BLOCKLIST"]
    denied = "" if blocked else _denied(snapshot, {zone.id for zone in zones})
    missing = unread(snapshot.zones)
    seen = len(rows_read(snapshot.zones))
    observed = ", ".join(f"{zone.name} {zone.usage} {'/'.join(zone.anonymizers)}" for zone in zones[:50]) or "none"
    line = Evidence("GET /api/v1/zones", snapshot.org, "usage, proxyType, ipServiceCategories", observed, "BLOCKLIST")
    if missing is not None:
        yield not_checked(snapshot.org, missing, seen=seen)
    elif blocked or denied:
        how = f"the blocklist ({names(blocked)})" if blocked else denied
        yield passed(snapshot.org, f"Anonymizing networks are kept out by {how}.", seen=max(1, seen), evidence=(line,))
    elif zones and (hole := unread(snapshot.session_policies, snapshot.session_rules)):
        yield not_checked(snapshot.org, hole, f"A zone of anonymizers exists; its use was not seen. {hole.detail}")
    else:
        near_miss = "The zone exists but is used by no rule." if zones else ""
        narrow = [zone.name for zone in rows_read(snapshot.zones) if zone.anonymizers and zone.narrowed]
        rest = f" {names(narrow)} takes those of some places only." if narrow else ""
        reason = f"None of {count(seen, 'network zone')} keeps anonymizing networks out.{rest}"
        yield failed(snapshot.org, reason, seen=max(1, seen), evidence=(line,), near_miss=near_miss)


def _anonymizing(zone: Zone) -> bool:
    return not zone.narrowed and bool(ANONYMIZERS & set(zone.anonymizers))


def _denied(snapshot: OktaSnapshot, zones: set[str]) -> str:
    """Which rules deny these zones in every policy of one kind; empty if none do."""
    if not zones:
        return ""
    sessions = [policy.id for policy in rows_read(snapshot.session_policies) if policy.active]
    by_session = _shut({policy: session_rules(snapshot, policy) for policy in sessions}, zones)
    whole = unread(snapshot.session_policies, snapshot.session_rules) is None
    if whole and sessions and all(policy in by_session for policy in sessions):
        return f"global session rules ({names(sorted(set(by_session.values())))})"
    apps = people_apps(snapshot)
    rules = {app.policy_id: active_rules(snapshot, app.policy_id) for app in apps}
    before = {
        policy: [rule for rule in found if not break_glass_only(snapshot, rule)] for policy, found in rules.items()
    }
    by_app = _shut(before, zones)
    if apps and unread(snapshot.apps, snapshot.access_rules) is None and all(app.policy_id in by_app for app in apps):
        return f"rules before every app ({names(sorted(set(by_app.values())))})"
    return ""


def _shut(policies: Mapping[str, Sequence[AccessRule | SessionRule]], zones: set[str]) -> dict[str, str]:
    """By policy, the name of the rule that keeps these zones out: for everyone, and before any rule lets them in.

    Parameters:
        policies: active rules by policy, in the order in which Okta asks them; the first that takes somebody decides.
    """
    found = {}
    for policy, rules in policies.items():
        for rule in rules:
            if rule.access == DENY and rule.takes_all and rule.network.inside and zones & set(rule.network.include):
                found[policy] = rule.name
            elif rule.access == DENY or (rule.network.named and zones <= set(rule.network.exclude)):
                continue
            break
    return found


@CHECKS.check(
    "okta.context_conditions_used",
    title="Context changes the decision",
    verifies=(Verifies("device.context-signals", level=2),),
    severity=Severity.LOW,
    parts=("apps", "access_rules", "zones"),
)
def context_conditions_used(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """A rule on an app that reaches production asks for more, or says no, because of network, risk or device."""
    apps, tools = people_apps(snapshot), snapshot.declared.sensitive_tools
    by_app = {app.id: _context_rules(snapshot, app) for app in apps}
    anywhere = [rule for rules in by_app.values() for rule in rules]
    sensitive = [app for tool in tools or () for app in tool_apps(tool, apps)]
    used = [rule for app in sensitive for rule in by_app[app.id]]
    missing = unread(snapshot.apps, snapshot.access_rules)
    line = Evidence(RULES_SOURCE, snapshot.org, "rules with context that ask for more", str(len(anywhere)), "1 or more")
    near_miss = "Zones are defined, no rule refers to them." if _unused_zones(snapshot) else ""
    if missing is not None:
        yield not_checked(snapshot.org, missing, seen=len(apps))
    elif used:
        reason = (
            f"{count(len(used), 'rule')} on {count(len(sensitive), 'sensitive app')} ask for more because of context."
        )
        yield passed(snapshot.org, reason, seen=len(sensitive), evidence=(line,))
    elif apps and not any(app.policy_id for app in apps):
        yield not_checked(snapshot.org, no_policy(snapshot), seen=len(apps), near_miss=near_miss)
    elif not anywhere:
        reason = f"No rule before {count(len(apps), 'active app')} asks for more because of network, risk or device."
        yield failed(snapshot.org, reason, seen=max(1, len(apps)), evidence=(line,), near_miss=near_miss)
    elif not tools:
        yield input_missing(snapshot.org, "the sensitive tools")
    elif not sensitive:
        yield not_checked(snapshot.org, "input_missing", f"None of {names(tools)} is an app in Okta.")
    else:
        reason = (
            f"{count(len(anywhere), 'rule')} use context, none of them before {names([a.label for a in sensitive])}."
        )
        yield failed(snapshot.org, reason, seen=len(sensitive), evidence=(line,))


def _context_rules(snapshot: OktaSnapshot, app: App) -> list[AccessRule]:
    """Rules of an app that look at context and are stricter than a rule of the same policy that does not."""
    rules = [rule for rule in active_rules(snapshot, app.policy_id) if app.policy_id]
    plain = [found for rule in rules if not _looks(rule) and (found := strength(rule)) is not None]
    stricter = []
    for rule in (rule for rule in rules if _looks(rule)):
        here = strength(rule)
        gate = rule.access == ALLOW and any(other.access == DENY and not _looks(other) for other in rules)
        if rule.access == DENY or gate or (here is not None and any(here > other for other in plain)):
            stricter.append(rule)
    return stricter


def _looks(rule: AccessRule) -> bool:
    return rule.network.named or bool(rule.risk) or rule.device.demanded


def _unused_zones(snapshot: OktaSnapshot) -> bool:
    mentioned = {
        zone
        for network in (
            *(rule.network for rule in rows_read(snapshot.access_rules)),
            *(rule.network for rule in rows_read(snapshot.session_rules)),
        )
        for zone in (*network.include, *network.exclude)
    }
    own = [zone for zone in rows_read(snapshot.zones) if zone.usage == "POLICY" and zone.status == ACTIVE]
    return bool(own) and not any(zone.id in mentioned for zone in own)
