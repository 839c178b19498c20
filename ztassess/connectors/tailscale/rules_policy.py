"""Owns the checks of who may reach what: nothing is open to everyone, production and apps are for groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ztassess.connectors.judging import conclude, count, input_missing, names, unread
from ztassess.connectors.tailscale.apps import app_target
from ztassess.connectors.tailscale.judging import (
    PER_CONNECTION,
    POLICY,
    everyone_rules,
    lines_of,
    own_devices,
    policy_read,
    production,
    rule_line,
    rule_names,
)
from ztassess.connectors.tailscale.people import People, Who
from ztassess.connectors.tailscale.reach import Access, Reach, Target, device_target, reach_of, total_rules
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot
from ztassess.connectors.tailscale.snapshot_policy import Rule
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
FLAT: Final = "Members may reach everything: flat for every employee."


@CHECKS.check(
    "tailscale.no_allow_all",
    title="The policy is default-deny",
    verifies=(Verifies("proxy.vpn-retired", 2),),
    severity=Severity.CRITICAL,
    parts=("policy", "users", "devices"),
)
def no_allow_all(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """No rule, and no rules taken together, open every port of everything to all members."""
    policy = policy_read(snapshot)
    if isinstance(policy, Unavailable):
        yield not_checked(snapshot.tailnet, policy)
        return
    rules = policy.rules or ()
    people = People.of(snapshot, policy)
    wide = total_rules(people)
    verdict = _flat_by_rule(snapshot, people, wide, len(rules)) or _flat_by_device(snapshot, people, len(rules))
    strange = [rule.name for rule in rules if not rule.known]
    if verdict is None and strange:
        reason = f"Nobody can tell what {names(strange)} do: their action is not accept."
        verdict = not_checked(snapshot.tailnet, "unsupported", reason, seen=len(rules))
    yield from conclude(
        snapshot.tailnet,
        [verdict] if verdict else [],
        of=[snapshot.devices] if _may_add_up(people) else [],
        # An empty policy denies everything, so the policy itself is what was looked at.
        seen=max(1, len(rules)),
        good=_default_deny(wide, len(rules)),
        nothing="There is no policy.",
        evidence=lines_of([rule_line(each, "not for all members") for each in wide])
        or (Evidence(POLICY, snapshot.tailnet, "rules that open everything", "0", "0"),),
    )


def _may_add_up(people: People) -> bool:
    """Rules that open all ports may let in everyone taken together, so that it matters where they lead."""
    who = Who()
    for rule in people.policy.rules or ():
        if any(each.ports.every and not each.ports.none for each in rule.destinations):
            who |= people.sources(rule.sources)
    return people.is_everyone(who) is not False


def _default_deny(wide: tuple[Access, ...], rules: int) -> str:
    if not rules:
        return "The policy has no rule: nothing is allowed."
    some = f" {rule_names(each.rule for each in wide)} open everything to some, not to all." if wide else ""
    return f"None of {count(rules, 'rule')} opens everything to all members, nor do they together.{some}"


def _flat_by_rule(snapshot: TailscaleSnapshot, people: People, wide: tuple[Access, ...], rules: int) -> Verdict | None:
    """Whom the rules that open everything let in, taken together."""
    who = Who()
    for access in wide:
        who |= people.sources(access.rule.sources)
    everyone = people.is_everyone(who) if wide else False
    if everyone is None:
        reason = f"{rule_names(each.rule for each in wide)} open everything to {_whom(people, who)}."
        reason += " Nobody can tell here whether that is everyone."
        return not_checked(snapshot.tailnet, "partial_data", reason, seen=rules)
    if not everyone:
        return None
    alone = tuple(each for each in wide if people.is_everyone(people.sources(each.rule.sources))) or wide
    reason = f"{len(alone)} of {count(rules, 'rule')} open everything to {_whom(people, who)}: "
    reason += f"{rule_names(each.rule for each in alone)}."
    lines = lines_of([rule_line(each, "not everything to everyone") for each in alone])
    return failed(snapshot.tailnet, reason, seen=rules, evidence=lines, near_miss=FLAT)


def _flat_by_device(snapshot: TailscaleSnapshot, people: People, rules: int) -> Verdict | None:
    """Rules that name tag after tag are as flat as one with a star if all members reach each single device."""
    devices, reaches = own_devices(snapshot), list[Reach]()
    for device in devices:
        reaches.append(reach_of(people, device_target(device), every_port=True))
        if reaches[-1].everyone is False:
            return None
    if not devices:
        return None
    accesses = tuple(dict.fromkeys(access for reach in reaches for access in everyone_rules(people, reach)))
    if any(each.everyone is None for each in reaches):
        unknown = names(tuple(dict.fromkeys(each for reach in reaches for each in reach.unknown)))
        reason = f"Nobody can tell here whether all members reach every device: {unknown or 'who the members are'}."
        return not_checked(snapshot.tailnet, "partial_data", reason, seen=rules)
    reason = f"All members reach every port of {len(devices)} of {count(len(devices), 'device')}, by "
    reason += f"{rule_names(dict.fromkeys(each.rule for each in accesses))} together."
    lines = lines_of([rule_line(each, "not everything to everyone") for each in accesses])
    return failed(snapshot.tailnet, reason, seen=rules, evidence=lines, near_miss=FLAT)


def _whom(people: People, who: Who) -> str:
    if who.everyone:
        return names(who.everyone)
    named = (*who.groups, *(each for each in who.unknown if each not in who.groups)) or tuple(sorted(who.people))
    return f"{names(named)}, who are all {count(len(people.members), 'member')}" if people.whole else names(named)


@CHECKS.check(
    "tailscale.no_member_to_prod",
    title="Not every member reaches production",
    verifies=(Verifies("proxy.app-policies", 2),),
    severity=Severity.HIGH,
    parts=("policy", "users", "devices"),
)
def no_member_to_prod(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """For each declared tag, whoever the whole policy lets in; limited ports do not help if everyone gets in."""
    if snapshot.declared.production_tags is None:
        yield input_missing(snapshot.tailnet, "the tags of production")
        return
    policy = policy_read(snapshot)
    if isinstance(policy, Unavailable):
        yield not_checked(snapshot.tailnet, policy)
        return
    people = People.of(snapshot, policy)
    targets, strange = production(snapshot, policy)
    problems = [_strange(tag) for tag in strange]
    problems += [each for target in targets if (each := _to_production(people, target, len(targets)))]
    yield from conclude(
        snapshot.tailnet,
        problems,
        of=[snapshot.devices],
        seen=len(targets),
        good=f"Not open to all members: {len(targets)} of {count(len(targets), 'production tag')} "
        f"({names([target.name for target in targets])}).",
        nothing="No production tag is declared.",
        evidence=_reach_lines(people, targets),
    )


def _reach_lines(people: People, targets: Sequence[Target]) -> tuple[Evidence, ...]:
    """Every rule that leads to each target: the facts a pass stands on."""
    lines = []
    for target in targets:
        found = [rule_line(each, f"{target.name} by group") for each in reach_of(people, target).accesses]
        lines += found or [Evidence(POLICY, target.name, "rules that lead there", "0", "none for all members")]
    return lines_of(lines)


def _strange(tag: str) -> Verdict:
    reason = f"{tag} is declared, but neither the policy nor a device knows it; nothing was compared."
    return not_checked(tag, "not_configured", reason)


def _to_production(people: People, target: Target, of: int) -> Verdict | None:
    reach = reach_of(people, target)
    if reach.everyone is False:
        return None
    if reach.everyone is None:
        return _nobody_can_tell(target, reach)
    accesses = everyone_rules(people, reach)
    ports = {each.destination.ports.text for each in accesses if not each.destination.ports.every}
    limited = bool(ports) and all(not each.destination.ports.every for each in accesses)
    near = f"Limited to port {names(sorted(ports))}, but for all members." if limited else ""
    rules = tuple(dict.fromkeys(each.rule for each in accesses))
    who = people.sources(tuple(source for rule in rules for source in rule.sources))
    reason = f"All members reach {target.name} by {rule_names(rules)} ({_whom(people, who)}), "
    reason += f"as one of {count(of, 'production tag')}."
    lines = lines_of([rule_line(each, "a group, not everyone") for each in accesses])
    return failed(target.name, reason, seen=of, evidence=lines, near_miss=near)


def _nobody_can_tell(target: Target, reach: Reach) -> Verdict:
    named = names(reach.unknown) or names(reach.who.groups) or "the members of the tailnet"
    reason = f"Nobody can tell here whether all members reach {target.name}: {named} could not be expanded"
    reason += " (groups of your identity provider are not shown to us)."
    return not_checked(target.name, "partial_data", reason)


@CHECKS.check(
    "tailscale.declared_apps_granted_by_group",
    title="Declared apps are reached by grants per group",
    verifies=(Verifies("proxy.front-internal-apps", 2),),
    severity=Severity.MEDIUM,
    parts=("policy", "users", "devices"),
)
def declared_apps_granted_by_group(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """Each app has a rule from a group and none, nor several together, from everyone."""
    if snapshot.declared.apps is None:
        yield input_missing(snapshot.tailnet, "the apps in the tailnet")
        return
    policy = policy_read(snapshot)
    if isinstance(policy, Unavailable):
        yield not_checked(snapshot.tailnet, policy)
        return
    people = People.of(snapshot, policy)
    apps = snapshot.declared.apps
    problems = [each for app in apps if (each := judge_app(snapshot, people, app))]
    yield from conclude(
        snapshot.tailnet,
        problems,
        of=[snapshot.devices],
        seen=len(apps),
        good=f"Granted by group and not to everyone: {len(apps)} of {count(len(apps), 'declared app')} "
        f"({names(apps)}). {PER_CONNECTION}",
        nothing="No app is declared.",
        evidence=_reach_lines(people, [found for app in apps if (found := app_target(snapshot, policy, app))]),
    )


def judge_app(snapshot: TailscaleSnapshot, people: People, app: str) -> Verdict | None:
    """What is wrong with the way to one app, or why nobody can tell; None if it is in order."""
    of = len(snapshot.declared.apps or ())
    target = app_target(snapshot, people.policy, app)
    if target is None:
        missing = unread(snapshot.devices) or Unavailable(
            "not_configured", detail=f"{app} is declared, but no device, host, tag or service has that name."
        )
        return not_checked(app, missing, seen=of)
    reach = reach_of(people, target)
    if reach.everyone is None:
        return _nobody_can_tell(target, reach)
    by_group = [each for each in reach.accesses if _grants_to_group(people, each.rule)]
    if reach.everyone:
        accesses = everyone_rules(people, reach)
        reason = f"{app} is granted to all members by {rule_names(dict.fromkeys(each.rule for each in accesses))}"
        reason += f", as one of {count(of, 'declared app')}."
        lines = lines_of([rule_line(each, "a group, not everyone") for each in accesses])
        return failed(app, reason, seen=of, evidence=lines, near_miss=_also(people, app, by_group, accesses))
    if not by_group:
        what = "only people or machines one by one" if reach.accesses else "nobody by any rule"
        reason = f"{app} is granted to {what}, not to a group; one of {count(of, 'declared app')}."
        lines = lines_of([rule_line(each, "a group") for each in reach.accesses])
        return failed(app, reason, seen=of, evidence=lines)
    return None


def _grants_to_group(people: People, rule: Rule) -> bool:
    """A group among the sources, in a rule that is not for everyone."""
    who = people.sources(rule.sources)
    return bool(who.groups) and not people.is_everyone(who)


def _also(people: People, app: str, by_group: list[Access], accesses: tuple[Access, ...]) -> str:
    if not by_group:
        return ""
    group = people.sources(by_group[0].rule.sources).groups[0]
    older = min(each.rule.place for each in accesses) < by_group[0].rule.place
    return f"{app} is granted to {group} and also to all members by {'an older' if older else 'another'} rule."
