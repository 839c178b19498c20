"""Owns the check that the state of a device decides whether it gets in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read
from ztassess.connectors.tailscale.judging import (
    ATTRIBUTES,
    INTEGRATIONS,
    POLICY,
    first,
    lines_of,
    policy_read,
    production,
    rule_line,
    rule_names,
)
from ztassess.connectors.tailscale.people import TAGGED, People
from ztassess.connectors.tailscale.reach import Access, Target, reach_of
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot
from ztassess.connectors.tailscale.snapshot_policy import Policy, Rule
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_applicable, not_checked

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
# A condition begins with the attribute it is about: node:os, custom:tier, intune:complianceState.
_CONDITION: Final = re.compile(r"\s*((?!posture:)[A-Za-z][A-Za-z0-9]*:[A-Za-z0-9_:]+)")


def gates(policy: Policy, rule: Rule) -> bool:
    """A posture stands before a rule: each of its alternatives asks for something, its own or the default's."""
    chosen = rule.postures or policy.default_postures
    return bool(chosen) and all(policy.postures.get(each) or _CONDITION.match(each) for each in chosen)


def used_postures(policy: Policy) -> tuple[str, ...]:
    """The postures that rules name, and the default ones if some rule has none of its own."""
    rules = policy.rules or ()
    own = [each for rule in rules for each in rule.postures]
    default = policy.default_postures if any(not rule.postures for rule in rules) else ()
    return tuple(dict.fromkeys((*own, *default)))


@CHECKS.check(
    "tailscale.posture_used",
    title="Posture is a condition of access",
    verifies=(Verifies("device.posture-gate", 2),),
    severity=Severity.HIGH,
    parts=("policy", "users", "devices", "integrations"),
)
def posture_used(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """Every rule that leads people to production asks for a posture: one that does not is the way around it."""
    policy = policy_read(snapshot)
    if isinstance(policy, Unavailable):
        yield not_checked(snapshot.tailnet, policy)
        return
    rules, used = policy.rules or (), used_postures(policy)
    lacking = _unused(snapshot, policy, used)
    if lacking is not None:
        yield lacking
        return
    bare = [rule for rule in rules if not gates(policy, rule)]
    if not bare:
        yield from _good(snapshot, policy, f"Each of {count(len(rules), 'rule')} asks for a posture", len(rules))
        return
    if snapshot.declared.production_tags is None:
        yield input_missing(snapshot.tailnet, "the tags of production")
        return
    yield from _before_production(snapshot, policy)


def _unused(snapshot: TailscaleSnapshot, policy: Policy, used: tuple[str, ...]) -> Verdict | None:
    """There is no posture, or none stands before any rule."""
    rules = policy.rules or ()
    if any(gates(policy, rule) for rule in rules):
        return None
    spare = [name for name in policy.postures if name not in used]
    seen = max(1, len(rules))
    line = Evidence(POLICY, snapshot.tailnet, "srcPosture", names(used) or "none", "a posture with conditions")
    if spare:
        near = f"Posture '{spare[0]}' is defined but no rule uses it."
        reason = f"{count(len(spare), 'posture')} defined, none a condition of {count(len(rules), 'rule')}: "
        return failed(snapshot.tailnet, f"{reason}{names(spare)}.", seen=seen, evidence=(line,), near_miss=near)
    providers = [each.provider for each in rows_read(snapshot.integrations)]
    near = f"{names(providers)} reports to Tailscale, but no rule asks for its answer." if providers else ""
    reason = f"No posture is a condition of any of {count(len(rules), 'rule')}."
    return failed(snapshot.tailnet, reason, seen=seen, evidence=(line,), near_miss=near)


def _before_production(snapshot: TailscaleSnapshot, policy: Policy) -> Iterator[Verdict]:
    people = People.of(snapshot, policy)
    targets, strange = production(snapshot, policy)
    if not targets and not strange:
        yield not_applicable(snapshot.tailnet, "No production tag is declared.")
        return
    reason = "is declared as production, but neither the policy nor a device knows it."
    problems = [not_checked(tag, "not_configured", f"{tag} {reason}") for tag in strange]
    ways = 0
    for target in targets:
        reach = reach_of(people, target)
        human = [each for each in reach.accesses if not _machines_only(each.rule)]
        ways += len(human)
        if reach.unknown and any(each not in reach.who.unknown for each in reach.unknown):
            sentence = f"Nobody can tell here whether {names(reach.unknown)} lead to {target.name}."
            problems.append(not_checked(target.name, "partial_data", sentence))
        problems += _bare(policy, target, human)
    if problems:
        yield from problems
    elif not ways:
        yield not_applicable(snapshot.tailnet, "No rule lets people reach production; there is nothing to gate.")
    else:
        what = f"Each of {count(ways, 'way', 'ways')} to {names([each.name for each in targets])} asks for a posture"
        yield from _good(snapshot, policy, what, ways)


def _bare(policy: Policy, target: Target, human: list[Access]) -> list[Verdict]:
    bare = [each for each in human if not gates(policy, each.rule)]
    if not bare:
        return []
    reason = f"{len(bare)} of {count(len(human), 'rule')} that let people reach {target.name} ask for no posture: "
    reason += f"{rule_names(dict.fromkeys(each.rule for each in bare))}."
    gated = [each.rule.name for each in human if each not in bare]
    near = f"{names(gated)} asks for a posture, but there is a way around it." if gated else ""
    lines = lines_of([rule_line(each, "srcPosture") for each in bare])
    return [failed(target.name, reason, seen=len(human), evidence=lines, near_miss=near)]


def _machines_only(rule: Rule) -> bool:
    """Only tagged machines: no person stands before them whose device could be asked."""
    return bool(rule.sources) and all(each.startswith("tag:") or each == TAGGED for each in rule.sources)


def _good(snapshot: TailscaleSnapshot, policy: Policy, what: str, seen: int) -> Iterator[Verdict]:
    used = used_postures(policy)
    lines = [
        Evidence(POLICY, name, "postures", "; ".join(policy.postures.get(name, (name,)))[:300], "conditions")
        for name in used
    ]
    failing = [each.provider for each in rows_read(snapshot.integrations) if each.failing]
    lines += [Evidence(INTEGRATIONS, provider, "status.error", "present", "empty") for provider in failing]
    note = f" The last synchronization with {names(failing)} failed." if failing else ""
    yield from conclude(
        snapshot.tailnet,
        [],
        of=[snapshot.devices],
        seen=seen,
        good=f"{what}: {names(used)}.{_reported(snapshot, policy, used)}{_collected(snapshot)}{note}",
        nothing="The policy has no rule, so there is nothing to gate.",
        evidence=lines_of(lines),
    )


def _collected(snapshot: TailscaleSnapshot) -> str:
    settings = first(snapshot.settings)
    if settings is None or settings.posture_identity is not False:
        return ""
    return " Serial numbers are not collected (postureIdentityCollectionOn is false)."


def _reported(snapshot: TailscaleSnapshot, policy: Policy, used: tuple[str, ...]) -> str:
    """How many of the sampled devices report what the postures ask for; a device that does not is kept out."""
    wanted = {
        found[1] for name in used for each in policy.postures.get(name, (name,)) if (found := _CONDITION.match(each))
    }
    sampled = rows_read(snapshot.attributes)
    if not sampled or not wanted:
        return ""
    full = sum(1 for each in sampled if wanted <= set(each.names))
    told = f"{full} of {count(len(sampled), 'sampled device')} report {names(sorted(wanted))}"
    return f" {told} ({ATTRIBUTES})."
