"""Owns the checks of the firewall: managed rules that block, rate limits where people sign in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from ztassess.connectors.cloudflare.judging import all_of, line
from ztassess.connectors.cloudflare.snapshot import (
    PHASE_CUSTOM,
    PHASE_MANAGED,
    PHASE_RATE_LIMIT,
    CloudflareSnapshot,
    EntryPoint,
    FirewallRule,
    Zone,
)
from ztassess.connectors.judging import conclude, count, names, rows_read
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
ENTRY_POINT: Final = "GET /zones/{zone}/rulesets/phases/{phase}/entrypoint"
MANAGED: Final = "efb7b8c949ac4650a09736fc376e9aee"
OWASP: Final = "4814384a9e5d4991b9815dcfc25d2f1f"
FREE: Final = "77454fe2d30c4220b5701f6fdfb893ba"
RULESETS: Final = {
    MANAGED: "Cloudflare Managed Ruleset",
    OWASP: "Cloudflare OWASP Core Ruleset",
    FREE: "Free plan's ruleset",
}
"""Ids are the same in every account ("Managed rules", WAF documentation)."""
ALWAYS: Final = frozenset({"true", "(true)"})
_LITERAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NEGATION: Final = re.compile(r"(?:^|[\s(])(?:not|ne)\b|!")


def points_of(snapshot: CloudflareSnapshot, phase: str) -> tuple[EntryPoint, ...]:
    """What is deployed in one phase, one for each zone that was read."""
    return tuple(point for point in rows_read(snapshot.entry_points) if point.phase == phase)


@checks.check(
    "cloudflare.waf_managed_rules_block",
    title="Managed rules block",
    verifies=(Verifies("perimeter.waf", 2),),
    severity=Severity.HIGH,
    parts=("zones", "entry_points"),
)
def waf_managed_rules_block(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """One managed ruleset that runs on every request, with its own actions, in every zone to assess."""
    points = points_of(snapshot, PHASE_MANAGED)
    custom = {point.zone: point for point in points_of(snapshot, PHASE_CUSTOM)}
    zones = {zone.name: zone for zone in rows_read(snapshot.zones)}
    problems: list[Verdict] = []
    free: list[str] = []
    for point in points:
        verdict = _judge_zone(point, zones.get(point.zone), custom.get(point.zone), len(points))
        if verdict is not None:
            problems.append(verdict)
        elif not _runs(point, MANAGED) and not _runs(point, OWASP):
            free.append(point.zone)
    note = f" In {names(free)} it is the Free plan's own ruleset, against the widest holes only." if free else ""
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.zones, snapshot.entry_points),
        seen=len(points),
        good=f"Managed rules block in {all_of(len(points), 'zone')}.{note}",
        nothing="There are no zones to assess.",
        evidence=tuple(_evidence(point.zone, "execute", "execute") for point in points[:50]),
    )


def _evidence(zone: str, observed: str, expected: str) -> Evidence:
    return line(ENTRY_POINT, zone, "rules[].action", observed, expected)


def _managed(point: EntryPoint) -> list[FirewallRule]:
    if isinstance(point.rules, Unavailable):
        return []
    return [rule for rule in point.rules if rule.enabled and rule.action == "execute" and rule.ruleset in RULESETS]


def _blocking(rule: FirewallRule) -> bool:
    return rule.override_enabled is not False and rule.override_action != "log"


def _runs(point: EntryPoint, ruleset: str) -> bool:
    return any(rule.ruleset == ruleset and _blocking(rule) for rule in _managed(point))


def _judge_zone(point: EntryPoint, zone: Zone | None, custom: EntryPoint | None, seen: int) -> Verdict | None:
    """The verdict on one zone; None if managed rules block there."""
    name, of = point.zone, f"(1 of {count(seen, 'zone')})"
    if isinstance(point.rules, Unavailable):
        return not_checked(name, point.rules, seen=seen)
    if zone is not None and zone.paused:
        evidence = (line("GET /zones", name, "paused", "true", "false"),)
        return failed(
            name,
            f"{name} is paused: Cloudflare forwards nothing and blocks nothing {of}.",
            seen=seen,
            evidence=evidence,
        )
    rules = _managed(point)
    if not rules:
        observed = "no ruleset" if not point.deployed else "no managed ruleset"
        evidence = (line(ENTRY_POINT, name, "rules[].action_parameters.id", observed, " or ".join(RULESETS)),)
        return failed(name, f"{name}: no managed ruleset is deployed in the zone {of}.", seen=seen, evidence=evidence)
    good = [rule for rule in rules if _blocking(rule)]
    if not good:
        return _switched_off(name, rules, seen)
    skipped = _skipped(point, custom)
    if skipped is not None:
        evidence = (line(ENTRY_POINT, name, "action", f"skip, {skipped.expression}", "execute"),)
        reason = f"{name}: a rule skips the managed rules for every request {of}."
        return failed(
            name, reason, seen=seen, evidence=evidence, near_miss=f"{name}: managed rules are on, and skipped."
        )
    if isinstance(custom, EntryPoint) and isinstance(custom.rules, Unavailable):
        return not_checked(
            name, custom.rules, f"{name}: custom rules, which may skip managed ones, could not be read.", seen=seen
        )
    if not any(rule.expression.strip() in ALWAYS for rule in good):
        where = good[0].expression[:120]
        reason = f"{name}: managed rules run only where {where!r} holds; what that leaves out cannot be said."
        return not_checked(name, "unsupported", reason, seen=seen)
    return None


def _switched_off(name: str, rules: Sequence[FirewallRule], seen: int) -> Verdict:
    logging = any(rule.override_enabled is not False for rule in rules)
    observed = "log" if logging else "enabled=false"
    evidence = (line(ENTRY_POINT, name, "action_parameters.overrides", observed, "no override of the whole ruleset"),)
    how = "in log mode" if logging else "switched off by an override"
    return failed(
        name,
        f"{name}: managed rules are {how} (1 of {count(seen, 'zone')}).",
        seen=seen,
        evidence=evidence,
        level=1 if logging else None,
        near_miss=f"{name}: managed rules are on, {how}.",
    )


def _skipped(point: EntryPoint, custom: EntryPoint | None) -> FirewallRule | None:
    """A rule that skips managed rules whatever the request is; None if there is none among those read."""
    own = () if isinstance(point.rules, Unavailable) else point.rules
    before = () if custom is None or isinstance(custom.rules, Unavailable) else custom.rules
    for rule in own:
        if rule.enabled and rule.action == "execute" and rule.ruleset in RULESETS and _blocking(rule):
            break  # what stands behind the first managed ruleset skips only what follows
        if rule.enabled and rule.action == "skip" and rule.expression.strip() in ALWAYS and rule.skips:
            return rule
    for rule in before:
        if rule.enabled and rule.action == "skip" and rule.expression.strip() in ALWAYS and PHASE_MANAGED in rule.skips:
            return rule
    return None


def touches(expression: str, path: str, host: str = "") -> bool | None:
    """The requests that an expression selects include those of a path; None if that cannot be said.

    Understood are the literals of ``eq``, ``in``, ``contains``, ``starts_with`` and ``wildcard``; an expression that
    does not look at the address selects every path.

    Parameters:
        host: of the path; empty if the path stands for every host of the zone.
    """
    text = expression.strip()
    if not text:
        return None
    unsure = True if not _NEGATION.search(text) else None
    literals = [(match[1].replace("\\", ""), text[: match.start()].rstrip()) for match in _LITERAL.finditer(text)]
    hosts = [each for each, before in literals if "http.host" in before.rpartition(" and ")[2].rpartition(" or ")[2]]
    if host and hosts and not any(fnmatchcase(host, each) for each in hosts):
        return False
    if "uri" not in text and "http.request.full" not in text:
        return unsure
    about = [(each, before) for each, before in literals if "/" in each or before.endswith("contains")]
    return unsure if any(_alike(each, before, path) for each, before in about) else False


def _alike(literal: str, before: str, path: str) -> bool:
    """A literal of an expression, with what stands before it, selects this path or everything below it."""
    exact = before.endswith(("eq", "==")) or (before.rfind("{") > before.rfind("}") and "*" not in literal)
    bare = literal.removeprefix("^").removesuffix("$").removesuffix(".*").rstrip("*")
    bare = bare.rpartition("://")[2]
    bare = bare[bare.index("/") :] if "/" in bare else bare
    if exact:
        return path.rstrip("/") == bare.rstrip("/")
    return f"{path.rstrip('/')}/".startswith(f"{bare.rstrip('/')}/") or (len(bare) > 1 and bare in path)


def paths_of(declared: frozenset[str], zone: str) -> list[tuple[str, str]]:
    """The declared hosts and paths that a zone serves: those without a host, and those of a host in it."""
    entries = [(host, f"/{path}") for host, _, path in (each.partition("/") for each in sorted(declared))]
    return [(host, path) for host, path in entries if not host or host == zone or host.endswith(f".{zone}")]


@checks.check(
    "cloudflare.rate_limits_on_sign_in",
    title="Sign-in and API are rate limited",
    verifies=(Verifies("perimeter.waf", 2),),
    severity=Severity.MEDIUM,
    parts=("zones", "entry_points"),
)
def rate_limits_on_sign_in(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """In each zone, every declared path is among the requests of a rule that does more than log."""
    declared = snapshot.declared.sign_in_paths
    every = points_of(snapshot, PHASE_RATE_LIMIT)
    points = [point for point in every if not declared or paths_of(declared, point.zone)]
    problems: list[Verdict] = []
    for point in points:
        problems += _unlimited(point, paths_of(declared, point.zone), len(points))
    left_out = [point.zone for point in every if point not in points]
    rest = f" No declared path lies in {names(left_out)}." if left_out else ""
    yield from conclude(
        snapshot.account_id,
        problems,
        of=(snapshot.zones, snapshot.entry_points),
        seen=len(points),
        good=f"{count(len(declared), 'declared path')} are rate limited in {count(len(points), 'zone')}.{rest}",
        nothing=f"No zone to assess serves a declared path.{rest}",
        evidence=tuple(
            line(ENTRY_POINT, point.zone, "rules[].expression", "touches", "touches") for point in points[:50]
        ),
    )


def _unlimited(point: EntryPoint, paths: list[tuple[str, str]], seen: int) -> Iterator[Verdict]:
    of = f"(1 of {count(seen, 'zone')})"
    if isinstance(point.rules, Unavailable):
        yield not_checked(point.zone, point.rules, seen=seen)
        return
    rules = [rule for rule in point.rules if rule.enabled and rule.action != "log"]
    if not rules:
        observed = "no ruleset" if not point.deployed else "no enabled rule that blocks"
        evidence = (line(ENTRY_POINT, point.zone, "rules", observed, "a rate limit"),)
        yield failed(point.zone, f"{point.zone}: nothing is rate limited {of}.", seen=seen, evidence=evidence)
        return
    if not paths:
        reason = f"{point.zone} has rate limits, but nobody has listed the sign-in and API paths yet (connect form)."
        yield not_checked(point.zone, "input_missing", reason, seen=seen)
        return
    for host, path in paths:
        words = [touches(rule.expression, path, host) for rule in rules]
        if any(words):
            continue
        thing = f"{host or point.zone}{path}"
        if None in words:
            reason = f"{thing}: whether a rate limit applies there cannot be said from its expression."
            yield not_checked(thing, "unsupported", reason, seen=seen)
            continue
        evidence = (line(ENTRY_POINT, point.zone, "rules[].expression", f"{len(rules)} rules, none of {path}", path),)
        miss = f"A rate limit exists, not on {path}."
        yield failed(thing, f"{thing} has no rate limit {of}.", seen=seen, evidence=evidence, near_miss=miss)
