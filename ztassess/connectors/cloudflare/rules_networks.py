"""Owns the check of private networks behind tunnels: filtered by identity, or a flat VPN under another name."""

from __future__ import annotations

from collections.abc import Iterator

from ztassess.connectors.cloudflare.judging import line
from ztassess.connectors.cloudflare.networks import network_of, reach_of
from ztassess.connectors.cloudflare.snapshot import CloudflareSnapshot, GatewayRule, Route
from ztassess.connectors.judging import count
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Severity, Unavailable, Verdict, failed, not_applicable, not_checked, passed

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
RULES = "GET /accounts/{account}/gateway/rules"
NETWORK = "l4"
EVERYONE = "Rules exist but the last one allows everyone."


@checks.check(
    "cloudflare.private_routes_have_policies",
    title="Private network routes are filtered by identity",
    verifies=(Verifies("proxy.vpn-retired", 2),),
    severity=Severity.MEDIUM,
    parts=("routes", "gateway_rules"),
)
def private_routes_have_policies(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """Rules go in their order; traffic that none of them matches is allowed, so the last word must be a block."""
    if isinstance(snapshot.routes, Unavailable):
        yield not_checked(snapshot.account_id, snapshot.routes)
        return
    if not snapshot.routes:
        yield not_applicable(snapshot.account_id, "No tunnel carries a private network.")
        return
    if isinstance(snapshot.gateway_rules, Unavailable):
        yield not_checked(snapshot.account_id, snapshot.gateway_rules, seen=len(snapshot.routes))
        return
    rules = sorted(
        (rule for rule in snapshot.gateway_rules if rule.enabled and NETWORK in rule.filters),
        key=lambda rule: rule.precedence,
    )
    verdicts = [_judge(route, rules, len(snapshot.routes)) for route in snapshot.routes]
    problems = [verdict for verdict in verdicts if verdict is not None]
    yield from problems
    if not problems:
        evidence = (line(RULES, snapshot.account_id, "network rules", len(rules), "allow by identity, then block"),)
        seen = len(snapshot.routes)
        reason = f"{count(seen, 'private route')}: people are allowed by identity, everything else is blocked."
        yield passed(snapshot.account_id, reason, seen=seen, evidence=evidence)


def _judge(route: Route, rules: list[GatewayRule], seen: int) -> Verdict | None:
    """The verdict on one route; None if all that is not allowed by identity is blocked."""
    network = network_of(route.network)
    if network is None:
        return not_checked(route.network, "partial_data", f"{route.network} is no network that we can read.", seen=seen)
    unclear_allow = unclear_block = ""
    for rule in rules:
        reach = reach_of(rule.traffic)
        if not reach.may_touch(network):
            continue
        name, by_whom = rule.name or rule.id, bool(rule.identity.strip() or rule.posture.strip())
        if rule.action == "block":
            if not by_whom and reach.covers(network) and not rule.temporary and not unclear_allow:
                return None
            unclear_block = unclear_block or ("" if by_whom or (reach.known and not rule.temporary) else name)
        elif not by_whom and rule.action == "allow" and reach.known:
            return _open(route, rule, seen)
        elif not rule.identity.strip():  # a healthy device alone names nobody
            unclear_allow = unclear_allow or name
    unclear = unclear_allow or unclear_block
    if unclear:
        reason = f"{route.network}: whom or what the rule {unclear} matches cannot be said from its expressions."
        return not_checked(route.network, "unsupported", reason, seen=seen)
    why = "no network rule of Gateway is about it" if not rules else "no network rule blocks what is left over"
    evidence = (line(RULES, route.network, "action", "no block", "block"),)
    reason = f"{route.network} (tunnel {route.tunnel}): {why}, so every enrolled device reaches it."
    return failed(
        route.network, reason, seen=seen, evidence=evidence, near_miss=EVERYONE if _last_allows(rules) else ""
    )


def _open(route: Route, rule: GatewayRule, seen: int) -> Verdict:
    evidence = (line(RULES, rule.name or rule.id, "identity", "none", "a group or an e-mail address"),)
    reason = f"{route.network} (tunnel {route.tunnel}): the rule {rule.name or rule.id} allows everyone."
    return failed(route.network, reason, seen=seen, evidence=evidence, near_miss=EVERYONE)


def _last_allows(rules: list[GatewayRule]) -> bool:
    return bool(rules) and rules[-1].action == "allow" and not rules[-1].identity.strip()
