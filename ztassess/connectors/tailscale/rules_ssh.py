"""Owns the check that administrators sign in afresh before a root or production shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ztassess.connectors.judging import conclude, count, input_missing, names
from ztassess.connectors.tailscale.judging import NO_RULES, POLICY, lines_of, production
from ztassess.connectors.tailscale.people import EVERYONE, OUTSIDERS, TAGGED, People
from ztassess.connectors.tailscale.reach import Target, matches
from ztassess.connectors.tailscale.snapshot import TailscaleSnapshot
from ztassess.connectors.tailscale.snapshot_policy import ACCEPT, CHECK, Policy, SshRule
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_applicable, not_checked

CHECKS: Checks[TailscaleSnapshot] = Checks("tailscale")
LONGEST: Final = timedelta(hours=12)
# "The default check period is 12 hours"; always asks on every connection.
DEFAULT: Final = ""
ALWAYS: Final = "always"
_PERIOD: Final = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")


def period_of(text: str) -> timedelta | None:
    """How long one sign-in is enough: of ``20h``, ``1h30m``, the default, ``always``. None if it is none of these."""
    if text in (DEFAULT, ALWAYS):
        return LONGEST if text == DEFAULT else timedelta(0)
    found = _PERIOD.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


@CHECKS.check(
    "tailscale.ssh_needs_check",
    title="SSH asks for a fresh sign-in",
    verifies=(Verifies("proxy.admin-paths", 2),),
    severity=Severity.HIGH,
    parts=("policy", "devices"),
)
def ssh_needs_check(snapshot: TailscaleSnapshot) -> Iterator[Verdict]:
    """Rules that give root or lead to production have the action check, with a period of at most 12 hours."""
    policy = next(iter(snapshot.policy), None) if not isinstance(snapshot.policy, Unavailable) else snapshot.policy
    if policy is None or isinstance(policy, Unavailable):
        yield not_checked(snapshot.tailnet, policy or "partial_data")
        return
    if not policy.ssh and policy.rules is None:
        yield not_checked(snapshot.tailnet, NO_RULES)
        return
    if not policy.ssh:
        yield not_applicable(snapshot.tailnet, "The policy has no ssh rule, so nobody gets a shell by Tailscale SSH.")
        return
    targets, strange = production(snapshot, policy)
    people = People.of(snapshot, policy)
    judged = [rule for rule in policy.ssh if _gives_root(rule) or _to_production(people, rule, targets)]
    problems = [each for rule in judged if (each := _judge(policy, rule, len(judged)))]
    others = [rule.name for rule in policy.ssh if rule not in judged and _to_machines(rule)]
    if others and snapshot.declared.production_tags is None:
        problems.append(input_missing(snapshot.tailnet, f"the tags of production, where {names(others)} may lead"))
    problems += [
        not_checked(tag, "not_configured", f"{tag} is declared as production, but nothing in the tailnet knows it.")
        for tag in strange
    ]
    covered = [rule.name for rule in judged if rule.action == ACCEPT and _checked_anyway(policy, rule)]
    note = f" For {names(covered)} a check rule holds first." if covered else ""
    yield from conclude(
        snapshot.tailnet,
        problems,
        of=[snapshot.devices] if targets else [],
        seen=len(judged),
        good="A fresh sign-in at least every 12 hours is asked for by "
        f"{len(judged)} of {count(len(judged), 'ssh rule')} for root or production.{note}",
        evidence=lines_of(
            [
                Evidence(POLICY, each.name, "action, checkPeriod", f"{each.action}, {each.period or 'default'}", CHECK)
                for each in judged
            ]
        ),
        nothing=f"None of {count(len(policy.ssh), 'ssh rule')} gives root or leads to production.",
    )


def _gives_root(rule: SshRule) -> bool:
    """Root is named, or nobody is, so that the caller's local name is taken, which may be root."""
    return not rule.users or bool({"root", "*"} & set(rule.users))


def _to_production(people: People, rule: SshRule, targets: tuple[Target, ...]) -> bool:
    return any(matches(people, each, target) is not False for each in rule.destinations for target in targets)


def _to_machines(rule: SshRule) -> bool:
    return any(each.startswith("tag:") or each in ("*", TAGGED) for each in rule.destinations)


def _judge(policy: Policy, rule: SshRule, of: int) -> Verdict | None:
    way = f"{', '.join(rule.sources)} -> {', '.join(rule.destinations)} as {', '.join(rule.users) or 'any user'}"[:300]
    if rule.action == CHECK:
        period = period_of(rule.period)
        if period is None:
            return not_checked(rule.name, "unsupported", f"{rule.name} has a check period that we do not understand.")
        if period <= LONGEST:
            return None
        line = Evidence(POLICY, rule.name, "checkPeriod", rule.period, "at most 12h")
        reason = f"{rule.name} ({way}) asks for a sign-in only every {rule.period}; one of {count(of, 'ssh rule')}."
        near = f"check, with a period of {rule.period}."
        return failed(rule.name, reason, seen=of, evidence=(line,), near_miss=near)
    if rule.action != ACCEPT:
        return not_checked(rule.name, "unsupported", f"{rule.name} has an action that we do not know.")
    if _checked_anyway(policy, rule):
        return None
    line = Evidence(POLICY, rule.name, "action", rule.action, CHECK)
    machines = all(each.startswith("tag:") for each in rule.sources)
    why = " Machines cannot be asked to sign in; let them reach less." if machines else ""
    reason = f"{rule.name} ({way}) asks for no sign-in; one of {count(of, 'ssh rule')} for root or production.{why}"
    return failed(rule.name, reason, seen=of, evidence=(line,))


def _checked_anyway(policy: Policy, rule: SshRule) -> bool:
    """A check rule for the same connections holds first ("Order of evaluation"); it must be short and unconditional."""
    people = not any(each.startswith("tag:") or each in (TAGGED, OUTSIDERS) for each in rule.sources)

    def covers(other: SshRule) -> bool:
        period = period_of(other.period)
        sources = set(rule.sources) <= set(other.sources) or (people and bool(EVERYONE & set(other.sources)))
        return (
            other.action == CHECK
            and not other.conditional
            and period is not None
            and period <= LONGEST
            and sources
            and set(rule.destinations) <= set(other.destinations)
            and bool(rule.users)
            and set(rule.users) <= set(other.users)
        )

    return any(covers(each) for each in policy.ssh)
