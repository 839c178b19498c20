"""Owns the checks of public entry points: that they are declared, and that a web application firewall blocks there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ztassess.connectors.aws.conclusion import conclude, counted, listed, refused_regions
from ztassess.connectors.aws.snapshot import AwsSnapshot, WafRule, WebAcl
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

PARTS = ("load_balancers", "distributions", "rest_apis")
LOAD_BALANCER = "load balancer"
LIMITING = frozenset({"block", "captcha", "challenge"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One public entry point.

    Attributes:
        resource: ARN or address; stable.
        names: everything a person may have declared it by: host names, address, name, id, ARN.
        web: a web ACL can protect it (application load balancer, distribution, stage of a REST API).
        acl: id or ARN of the web ACL it names itself; empty if it names none or cannot.
    """

    kind: str
    resource: str
    region: str
    names: tuple[str, ...]
    source: str
    web: bool = False
    acl: str = ""

    @property
    def label(self) -> str:
        return f"{self.kind} {self.names[0]}"


def _load_balancers(snapshot: AwsSnapshot) -> Iterator[Entry]:
    if not isinstance(snapshot.load_balancers, Unavailable):
        for each in snapshot.load_balancers:
            if each.internet_facing:
                names = (each.dns_name or each.name, each.name, each.arn)
                source = "elbv2.describe_load_balancers"
                web = each.kind == "application"
                yield Entry(LOAD_BALANCER, each.arn, each.region, names, source, web)


def _distributions(snapshot: AwsSnapshot) -> Iterator[Entry]:
    if not isinstance(snapshot.distributions, Unavailable):
        for each in snapshot.distributions:
            if each.enabled:
                names = (each.domain, *each.aliases, each.id, each.arn)
                source = "cloudfront.list_distributions"
                yield Entry("distribution", each.arn, "global", names, source, web=True, acl=each.web_acl)


def _stages(snapshot: AwsSnapshot) -> Iterator[Entry]:
    if not isinstance(snapshot.rest_apis, Unavailable):
        for api in snapshot.rest_apis:
            for stage in () if api.private else api.stages:
                arn = f"arn:aws:apigateway:{api.region}::/restapis/{api.id}/stages/{stage.name}"
                names = (f"{api.host}/{stage.name}", api.host, api.name, api.id, arn)
                source = "apigateway.get_stages"
                yield Entry("API stage", arn, api.region, names, source, web=True, acl=stage.web_acl)


def _addresses(snapshot: AwsSnapshot) -> Iterator[Entry]:
    """Public addresses of interfaces. Those of load balancers stand for them already; NAT gateways take no calls."""
    if not isinstance(snapshot.network_interfaces, Unavailable):
        for each in snapshot.network_interfaces:
            balancer = each.kind == "network_load_balancer" or each.description.startswith("ELB ")
            if each.public_address and not balancer and each.kind != "nat_gateway":
                names = tuple(filter(None, (each.public_address, each.instance_id, each.id)))
                source = "ec2.describe_network_interfaces"
                yield Entry("public address", each.public_address, each.region, names, source)


def _unreadable(snapshot: AwsSnapshot, parts: Sequence[str]) -> list[Verdict]:
    found = ((part, getattr(snapshot, part)) for part in parts)
    return [not_checked(part, value) for part, value in found if isinstance(value, Unavailable)]


@checks.check(
    "aws.public_endpoints_listed",
    title="Public endpoints are declared",
    verifies=(Verifies("proxy.inventory", 2),),
    severity=Severity.LOW,
    parts=(*PARTS, "network_interfaces"),
)
def public_endpoints_listed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Every public load balancer, address, API stage and distribution is on the organization's list."""
    parts = (*PARTS, "network_interfaces")
    entries = [
        *_load_balancers(snapshot),
        *_distributions(snapshot),
        *_stages(snapshot),
        *_addresses(snapshot),
    ]
    wanted = snapshot.inputs.public_endpoints
    if wanted is None:
        reason = f"{counted(len(entries), 'public endpoint')} seen; name those that are meant to be public."
        yield not_checked(snapshot.account, "input_missing", reason, seen=len(entries))
        return
    unreadable = _unreadable(snapshot, parts)
    if wanted and not entries and not unreadable and not snapshot.gaps(*parts):
        reason = f"{counted(len(wanted), 'endpoint')} declared, but this account has none: they are somewhere else."
        yield not_checked(snapshot.account, "partial_data", reason)
        return
    declared = {_plain(name) for name in wanted}
    unknown = [entry for entry in entries if not declared & {_plain(name) for name in entry.names}]
    yield from conclude(
        snapshot,
        [*(_undeclared(entry, len(unknown), len(entries)) for entry in unknown), *unreadable],
        parts=parts,
        seen=len(entries),
        good=f"All {counted(len(entries), 'public endpoint')} are declared.",
        nothing="This account has no public endpoint.",
        evidence=(Evidence("ec2, elbv2, cloudfront, apigateway", snapshot.account, "undeclared endpoints", "0", "0"),),
    )


def _plain(name: str) -> str:
    """A host name as people may write it, reduced to one form: no scheme, no closing slash or dot, lower case."""
    return name.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/.")


def _undeclared(entry: Entry, unknown: int, seen: int) -> Verdict:
    return failed(
        entry.resource,
        f"The {entry.label} ({entry.region}) is public and not declared;"
        f" {unknown} of {counted(seen, 'public endpoint')} are not.",
        seen=seen,
        evidence=(Evidence(entry.source, entry.resource, "declared", "no", "on the list of public endpoints"),),
        near_miss=f"{counted(unknown, 'undeclared endpoint')}.",
    )


@checks.check(
    "aws.waf_attached_and_blocking",
    title="Public entry points have a blocking WAF",
    verifies=(Verifies("perimeter.waf", 2),),
    severity=Severity.HIGH,
    parts=(*PARTS, "web_acls"),
)
def waf_attached_and_blocking(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Each public web entry point has a web ACL with a managed group that blocks, a rate rule and logging."""
    entries = [
        entry for entry in (*_load_balancers(snapshot), *_distributions(snapshot), *_stages(snapshot)) if entry.web
    ]
    problems = _unreadable(snapshot, PARTS)
    if isinstance(snapshot.web_acls, Unavailable):
        if entries:
            problems.append(not_checked("web_acls", snapshot.web_acls))
    else:
        problems += _protection(snapshot, entries, snapshot.web_acls)
    # A region that refused its web ACLs matters only where it has an entry point: `_protection` says so there.
    yield from conclude(
        snapshot,
        problems,
        parts=(*PARTS, "web_acls"),
        seen=len(entries),
        good=f"All {counted(len(entries), 'public web entry point')} have a web ACL that blocks, limits and logs.",
        nothing="This account has no public web entry point.",
        evidence=(
            Evidence("wafv2.get_web_acl", snapshot.account, "entry points without a blocking web ACL", "0", "0"),
        ),
        refused=refused_regions(snapshot, *PARTS),
    )


def _protection(snapshot: AwsSnapshot, entries: Sequence[Entry], acls: Sequence[WebAcl]) -> Iterator[Verdict]:
    by_name = {name: acl for acl in acls for name in (acl.arn, acl.id)}
    by_resource = {resource: acl for acl in acls for resource in acl.resources or ()}
    unmapped = {acl.region for acl in acls if acl.resources is None}
    blind = unmapped | {gap.region for gap in snapshot.gaps("web_acls")}
    for entry in entries:
        acl = by_resource.get(entry.resource) or by_name.get(entry.acl)
        if acl is not None:
            yield from _judge(entry, acl, len(entries))
        elif entry.acl or (entry.region in blind and entry.kind == LOAD_BALANCER):
            reason = f"Which web ACL protects the {entry.label} ({entry.region}) could not be read."
            yield not_checked(entry.resource, "partial_data", reason, seen=1)
        else:
            reason = f"The {entry.label} ({entry.region}) has no web ACL."
            yield _unprotected(entry, reason, "webAclId", "none", seen=len(entries), level=0)


def _judge(entry: Entry, acl: WebAcl, seen: int) -> Iterator[Verdict]:
    where = f"Web ACL {acl.name} of the {entry.label}"
    lacking = _lacking(acl.rules)
    if acl.logging is False:
        lacking["logging"] = "it keeps no logs"
    if lacking:
        counting = any(_counts(rule) for rule in acl.rules if rule.managed_group)
        yield _unprotected(
            entry,
            f"{where} does not protect: {'; '.join(lacking.values())}.",
            ", ".join(lacking),
            "; ".join(lacking.values()),
            seen=seen,
            level=1 if acl.logging and "ManagedRuleGroupStatement" not in lacking else None,
            near_miss="Managed rules count, do not block." if counting and "OverrideAction" in lacking else "",
        )
    elif acl.logging is None:
        yield not_checked(entry.resource, "partial_data", f"{where}: whether it logs could not be read.", seen=1)
    elif all(_counts(rule) or rule.counted_rules for rule in acl.rules if rule.managed_group):
        counted_rules = listed(name for rule in acl.rules for name in rule.counted_rules)
        reason = (
            f"{where} sets single managed rules to count ({counted_rules}); AWS does not say whether any other blocks."
        )
        yield not_checked(entry.resource, "partial_data", reason, seen=1)


def _counts(rule: WafRule) -> bool:
    return rule.override != "none"


def _lacking(rules: Sequence[WafRule]) -> dict[str, str]:
    """What a web ACL lacks: AWS field name -> words. The default action does not help: rules decide what is bad."""
    managed = [rule for rule in rules if rule.managed_group]
    rates = [rule for rule in rules if rule.rate_based]
    lacking: dict[str, str] = {}
    if not managed:
        lacking["ManagedRuleGroupStatement"] = "it has no managed rule group"
    elif all(_counts(rule) for rule in managed):
        lacking["OverrideAction"] = f"its managed rules only count ({listed(rule.managed_group for rule in managed)})"
    if not rates:
        lacking["RateBasedStatement"] = "it has no rate rule"
    elif not any(rule.action in LIMITING for rule in rates):
        lacking["RateBasedStatement"] = "its rate rule only counts"
    return lacking


def _unprotected(
    entry: Entry, reason: str, field: str, observed: str, *, seen: int, level: int | None = None, near_miss: str = ""
) -> Verdict:
    expected = "a managed rule group that blocks, a rate rule that blocks, logging"
    evidence = Evidence("wafv2.get_web_acl", entry.resource, field, observed, expected)
    return failed(entry.resource, reason, seen=seen, evidence=(evidence,), level=level, near_miss=near_miss)
