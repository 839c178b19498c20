"""Owns the checks of ways in: two factors and phishing resistance before every app, declared tool and the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read, unread
from ztassess.connectors.okta.judging import (
    APPS_SOURCE,
    Judged,
    hidden_apps,
    judge_app,
    left_out,
    loose_policies,
    people_apps,
    rule_evidence,
    tool_apps,
    verification_text,
)
from ztassess.connectors.okta.sign_on import Answer, Demand, phishing_resistant, two_factors
from ztassess.connectors.okta.snapshot import ADMIN_CONSOLE, App, OktaSnapshot
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import (
    Evidence,
    Severity,
    Unavailable,
    Verdict,
    failed,
    not_applicable,
    not_checked,
    passed,
)

CHECKS: Checks[OktaSnapshot] = Checks("okta")
# Apps by which other products stand before internal tools: a tool that is not in Okta itself may be behind one.
PROXIES: Final = (
    "cloudflare",
    "zscaler",
    "tailscale",
    "twingate",
    "teleport",
    "pomerium",
    "strongdm",
    "identity aware proxy",
    "netskope",
    "perimeter 81",
    "banyan",
    "boundary",
)
_METHOD: Final = "actions.appSignOn.verificationMethod"
_Fails = Callable[[Judged, int], Verdict]


@CHECKS.check(
    "okta.mfa_required_every_app",
    title="Every active app demands two factors",
    verifies=(Verifies("mfa.all-humans", level=2),),
    severity=Severity.CRITICAL,
    parts=("apps", "access_rules", "access_policies", "users"),
)
def mfa_required_every_app(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Every active rule of every app's policy, the catch-all included; the global session policy alone is no proof."""
    good = "{apps} demand two factors by each of {rules}."
    yield from _every_app(snapshot, two_factors, _one_factor, good)


@CHECKS.check(
    "okta.phishing_resistant_every_app",
    title="Every way in is phishing-resistant",
    verifies=(Verifies("mfa.phishing-resistant", level=3),),
    severity=Severity.HIGH,
    parts=("apps", "access_rules", "access_policies", "users"),
)
def phishing_resistant_every_app(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Constraints are alternatives: satisfying one is enough to get in, so every one must be phishing-resistant."""
    good = "{apps} are open to phishing-resistant ways only, by each of {rules}."
    yield from _every_app(snapshot, phishing_resistant, _phishable, good)


def _every_app(snapshot: OktaSnapshot, demand: Demand, fails: _Fails, good: str) -> Iterator[Verdict]:
    apps = people_apps(snapshot)
    judged = [judge_app(snapshot, app, demand) for app in apps]
    problems = list(_verdicts(judged, fails))
    hidden = hidden_apps(snapshot)
    if apps and hidden and not any(each.outcome.definite for each in problems):
        problems += _hidden(snapshot, hidden, demand)
    exempt = sorted({rule.name for each in judged for rule in each.exempt})
    left = left_out(snapshot) + (f" For break-glass accounts alone, left out: rule {names(exempt)}." if exempt else "")
    rules = sum(len(each.asks) for each in judged)
    sentence = good.format(apps=f"{len(apps)} of {count(len(apps), 'active app')}", rules=count(rules, "rule"))
    yield from conclude(
        snapshot.org,
        problems,
        of=(snapshot.apps,),
        seen=len(apps),
        good=sentence + left,
        nothing=f"No active app that people sign in to was listed.{left}",
        evidence=tuple(
            rule_evidence(rule, "actions.appSignOn.verificationMethod", verification_text(rule), "as demanded")
            for each in judged[:10]
            for rule in each.asks[:5]
        ),
    )


def _verdicts(judged: list[Judged], fails: _Fails) -> Iterator[Verdict]:
    for each in judged:
        if each.answer is Answer.NO:
            yield fails(each, len(judged))
        elif each.why is not None:
            reason = f"{each.app.label} could not be judged. {each.why.detail}"
            yield not_checked(each.app.id, each.why, reason, seen=1)


def _one_factor(judged: Judged, of: int) -> Verdict:
    app = judged.app.label
    catch_all = next((rule for rule in judged.weak if rule.system), None)
    near_miss = ""
    if catch_all and judged.asks:
        top = judged.asks[0].name
        near_miss = f"{app}: rule '{top}' asks for two factors, but the catch-all rule allows one."
    rules = names([f"'{rule.name}'" for rule in judged.weak])
    reason = f"{app}, one of {count(of, 'active app')}, can be entered with one factor by rule {rules}."
    return failed(judged.app.id, reason, seen=of, evidence=_weak_lines(judged, _METHOD, "2FA"), near_miss=near_miss)


def _weak_lines(judged: Judged, field: str, expected: str) -> tuple[Evidence, ...]:
    """One line for each weak rule, so that an exception for one of them does not take out the others."""
    return tuple(rule_evidence(rule, field, verification_text(rule), expected) for rule in judged.weak)


def _phishable(judged: Judged, of: int) -> Verdict:
    app, weak = judged.app.label, judged.weak[0]
    mixed = any(each.phishing_resistant == "REQUIRED" for each in weak.verification.constraints) or judged.asks
    near_miss = (
        f"{app} offers a phishing-resistant way and an ordinary one; an attacker takes the ordinary one."
        if mixed
        else ""
    )
    rules = names([f"'{rule.name}'" for rule in judged.weak])
    reason = f"{app}, one of {count(of, 'active app')}, can be entered without anything phishing-resistant by {rules}."
    lines = _weak_lines(judged, "constraints.possession.phishingResistant", "REQUIRED in each")
    return failed(judged.app.id, reason, seen=of, evidence=lines, near_miss=near_miss)


def _hidden(snapshot: OktaSnapshot, hidden: tuple[str, ...], demand: Demand) -> Iterator[Verdict]:
    """Okta's own apps stand under one of the org's policies: they are fine if every policy that may be theirs is."""
    loose = loose_policies(snapshot, demand)
    shown = f"{names(hidden)} {'is' if len(hidden) == 1 else 'are'} hidden from this role"
    if isinstance(loose, Unavailable):
        yield not_checked(snapshot.org, loose, f"{shown}, and the list of policies could not be read.")
    elif loose:
        reason = f"{shown}; policy {names(loose)} may be theirs and demands less."
        yield not_checked(snapshot.org, "forbidden_role", reason)


@CHECKS.check(
    "okta.internal_tools_behind_two_factors",
    title="Declared internal tools demand two factors",
    verifies=(Verifies("mfa.internal-tools", level=2),),
    severity=Severity.HIGH,
    parts=("apps", "access_rules"),
)
def internal_tools_behind_two_factors(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """Each declared internal tool by the rules of the app it stands for."""
    tools = snapshot.declared.internal_hosts
    if not tools:
        yield input_missing(snapshot.org, "the internal tools")
        return
    apps = people_apps(snapshot)
    problems = [verdict for tool in tools for verdict in _tool(snapshot, tool, apps, len(tools))]
    good = f"{len(tools)} of {count(len(tools), 'declared internal tool')} demand two factors by every rule."
    line = Evidence(APPS_SOURCE, snapshot.org, "declared internal tools", str(len(tools)), "each under two factors")
    yield from conclude(
        snapshot.org, problems, of=(snapshot.apps,), seen=len(tools), good=good, nothing="", evidence=(line,)
    )


def _tool(snapshot: OktaSnapshot, tool: str, apps: tuple[App, ...], of: int) -> Iterator[Verdict]:
    found = tool_apps(tool, apps)
    if not found:
        if unread(snapshot.apps) is None:
            yield _not_in_okta(tool, apps, of)
        return
    for app in found:
        judged = judge_app(snapshot, app, two_factors)
        if judged.answer is Answer.NO:
            weak = judged.weak[0]
            zone = _zone(snapshot, weak.network.include)
            near_miss = f"{tool} is in Okta but its policy allows one factor from {zone}."
            reason = f"{tool}, one of {count(of, 'declared tool')}, can be entered with one factor by '{weak.name}'."
            yield failed(tool, reason, seen=of, evidence=_weak_lines(judged, _METHOD, "2FA"), near_miss=near_miss)
        elif judged.why is not None:
            yield not_checked(tool, judged.why, f"{tool} ({app.label}) could not be judged. {judged.why.detail}")


def _not_in_okta(tool: str, apps: tuple[App, ...], of: int) -> Verdict:
    proxies = [app.label for app in apps if any(word in app.label.casefold() for word in PROXIES)]
    if proxies:
        reason = f"{tool} is not an app in Okta; it may stand behind {names(proxies)}, which Okta cannot see into."
        return not_checked(tool, "input_missing", reason)
    line = Evidence(APPS_SOURCE, tool, "apps with this label or host", "0", "1 or more")
    reason = f"{tool} is not in Okta, as one of {count(of, 'declared tool')}; none of {count(len(apps), 'app')} is it."
    return failed(tool, reason, seen=of, evidence=(line,))


def _zone(snapshot: OktaSnapshot, ids: tuple[str, ...]) -> str:
    known = {zone.id: zone.name for zone in rows_read(snapshot.zones)}
    return names([known.get(each, each) for each in ids]) or "anywhere"


@CHECKS.check(
    "okta.admin_console_phishing_resistant",
    title="The admin console is phishing-resistant",
    verifies=(Verifies("mfa.admins", level=3),),
    severity=Severity.CRITICAL,
    parts=("apps", "access_rules"),
)
def admin_console_phishing_resistant(snapshot: OktaSnapshot) -> Iterator[Verdict]:
    """The console is an app of Okta's own, shown to Super Administrators only."""
    console = next((app for app in rows_read(snapshot.apps) if app.name == ADMIN_CONSOLE), None)
    if console is None:
        missing = unread(snapshot.apps)
        reason = "" if missing else "The app of the admin console is shown to Super Administrators only; not checked."
        yield not_checked(snapshot.org, missing or "forbidden_role", reason)
        return
    if not console.active:
        yield not_applicable(snapshot.org, f"The app of the admin console is {console.status}.")
        return
    factors = judge_app(snapshot, console, two_factors)
    resistant = judge_app(snapshot, console, phishing_resistant)
    if factors.answer is Answer.NO:
        yield replace(_one_factor(factors, 1), resource=snapshot.org)
    elif factors.why is not None:
        yield not_checked(snapshot.org, factors.why)
    elif resistant.answer is Answer.UNKNOWN:
        yield not_checked(snapshot.org, resistant.why or "unsupported")
    else:
        yield _console(snapshot, factors, resistant)


def _console(snapshot: OktaSnapshot, factors: Judged, resistant: Judged) -> Verdict:
    rules = factors.asks
    seen = max(1, len(rules))
    exempt = f" For break-glass accounts alone, left out: {names([r.name for r in factors.exempt])}."
    left = exempt if factors.exempt else ""
    lines = tuple(
        rule_evidence(rule, "constraints.possession.phishingResistant", verification_text(rule), "REQUIRED in each")
        for rule in (resistant.weak or rules)[:10]
    )
    if resistant.answer is Answer.YES:
        reason = f"Each of {count(seen, 'rule')} of the admin console demands two phishing-resistant factors.{left}"
        return passed(snapshot.org, reason, seen=seen, evidence=lines)
    reason = f"Each of {count(seen, 'rule')} of the admin console demands two factors; {len(resistant.weak)} of them"
    verdict = passed(
        snapshot.org, f"{reason} can be met without phishing resistance.{left}", seen=seen, evidence=lines, level=2
    )
    return replace(verdict, near_miss="Two factors are demanded, but not phishing-resistant ones: level 2.")
