"""Owns the checks of hosts: which are behind Access, which names nobody declared, whether the origin stays hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import ip_address

from ztassess.connectors.cloudflare.admission import opens_to_all
from ztassess.connectors.cloudflare.hosts import (
    Cover,
    Front,
    Names,
    cover_of,
    covers_workers,
    hosts_of,
    matches,
    open_by_override,
    reached_privately,
)
from ztassess.connectors.cloudflare.judging import APPS, all_of, groups_of, is_sensitive, line, names_of
from ztassess.connectors.cloudflare.snapshot import CloudflareSnapshot, Organization, Record
from ztassess.connectors.judging import conclude, count, input_missing, names, rows_read, unread
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

checks: Checks[CloudflareSnapshot] = Checks("cloudflare")
DNS = "GET /zones/{zone}/dns_records"
_ENOUGH = 0.8


class Standing(Enum):
    """How a declared host stands."""

    GOOD = "good"
    OPEN = "open"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Judged:
    """One declared host.

    Attributes:
        why: the clause of a sentence about it.
        near_miss: what lookalike is there.
    """

    host: str
    standing: Standing
    why: str
    sensitive: bool
    near_miss: str = ""


def closed_by_default(organization: Organization | None, host: str) -> bool:
    """Requests to a host without an app are refused, and its zone is no exception."""
    if organization is None or organization.deny_unmatched is not True:
        return False
    return not any(host == zone or host.endswith(f".{zone}") for zone in organization.exempted_zones)


def judge_host(snapshot: CloudflareSnapshot, dns: Names, organization: Organization | None, host: str) -> Judged:
    """Whether nobody reaches this host without Access."""
    cover = cover_of(rows_read(snapshot.apps), host)
    sensitive = host in (snapshot.declared.sensitive or ()) or any(
        is_sensitive(snapshot.declared, app) for app in cover.apps
    )
    front = dns.front(host)
    if front is Front.DIRECT:
        apps = f"the app {cover.whole[0].name} does not see its traffic: " if cover.whole else ""
        return Judged(host, Standing.OPEN, f"{apps}its record leads to the origin, past the proxy", sensitive)
    states = [open_by_override(app, host) or opens_to_all(groups_of(snapshot), app) for app in cover.whole]
    if any(states):
        return Judged(host, Standing.OPEN, f"the app {cover.whole[0].name} lets everybody pass", sensitive)
    if not cover.whole and not closed_by_default(organization, host):
        return _without_app(snapshot, cover, front, sensitive=sensitive)
    if None in states:
        return Judged(host, Standing.UNSEEN, f"the policies of {cover.whole[0].name} could not be read", sensitive)
    if front is Front.UNKNOWN:
        return Judged(host, Standing.UNSEEN, "its DNS record was not seen, so it may lead past the proxy", sensitive)
    return Judged(host, Standing.GOOD, "", sensitive)


def _without_app(snapshot: CloudflareSnapshot, cover: Cover, front: Front, *, sensitive: bool) -> Judged:
    """A host that no app protects as a whole."""
    host, apps, paths = cover.host, rows_read(snapshot.apps), [path for _, path in cover.parts]
    if paths:
        why = f"only {names(paths)} is protected"
        return Judged(host, Standing.OPEN, why, sensitive, f"{host}: {why}.")
    if reached_privately(apps, host) and front in (Front.ABSENT, Front.UNKNOWN):
        if front is Front.ABSENT:
            return Judged(host, Standing.GOOD, "", sensitive)
        return Judged(
            host, Standing.UNSEEN, "it is protected privately, and whether it is public was not seen", sensitive
        )
    if covers_workers(apps):
        return Judged(host, Standing.UNSEEN, "an app protects Workers, and whether it is one was not told", sensitive)
    tunnel = next((each.tunnel for each in rows_read(snapshot.ingress) if matches(each.host, host)), "")
    miss = f"{host} is served by the tunnel {tunnel}, and a tunnel asks nobody who they are." if tunnel else ""
    return Judged(host, Standing.OPEN, "no Access app covers it", sensitive, miss)


@checks.check(
    "cloudflare.declared_hosts_behind_access",
    title="Every declared internal host is an Access app",
    verifies=(Verifies("proxy.front-internal-apps", 3), Verifies("proxy.inventory", 2, supporting=True)),
    severity=Severity.CRITICAL,
    parts=("zones", "apps", "organization", "records"),
)
def declared_hosts_behind_access(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """An app protects the whole host, is not a bypass, and the host's record leads through the proxy."""
    declared = snapshot.declared.internal_hosts
    if declared is None:
        yield input_missing(snapshot.account_id, "the internal hosts")
        return
    if not declared:
        yield not_applicable(snapshot.account_id, "The list of internal hosts is empty.")
        return
    if isinstance(snapshot.apps, Unavailable):
        yield not_checked(snapshot.account_id, snapshot.apps, seen=len(declared))
        return
    organization = next(iter(rows_read(snapshot.organization)), None)
    dns = names_of(snapshot)
    judged = [judge_host(snapshot, dns, organization, host) for host in sorted(declared)]
    open_ = [each for each in judged if each.standing is Standing.OPEN]
    unseen = [each for each in judged if each.standing is Standing.UNSEEN]
    level = _standing_level(snapshot, judged)
    for each in open_:
        reason = f"{each.host}: {each.why}. This is so for {len(open_)} of {count(len(judged), 'internal host')}."
        evidence = (line(APPS, each.host, "destinations[].uri", each.why, "an app of the whole host"),)
        yield failed(each.host, reason, seen=len(judged), evidence=evidence, level=level, near_miss=each.near_miss)
    for each in unseen:
        yield not_checked(each.host, "partial_data", f"{each.host}: {each.why}.", seen=len(judged))
    if not open_ and not unseen:
        yield _all_behind(snapshot, organization, len(judged))


def _standing_level(snapshot: CloudflareSnapshot, judged: list[Judged]) -> int | None:
    """2 where at least 80 % and every sensitive host are behind Access, as far as anybody listed the sensitive ones."""
    good = [each for each in judged if each.standing is Standing.GOOD]
    sensitive_good = all(each.standing is Standing.GOOD for each in judged if each.sensitive)
    named = snapshot.declared.sensitive is not None
    return 2 if named and sensitive_good and len(good) >= _ENOUGH * len(judged) else None


def _all_behind(snapshot: CloudflareSnapshot, organization: Organization | None, seen: int) -> Verdict:
    default = organization is not None and organization.deny_unmatched is True and not organization.exempted_zones
    rest = "requests to other hosts are refused" if default else "a host without an app would be open"
    observed = "unread" if organization is None else str(organization.deny_unmatched).lower()
    return passed(
        snapshot.account_id,
        f"{all_of(seen, 'internal host')} are behind Access; {rest}.",
        seen=seen,
        evidence=(line(APPS, snapshot.account_id, "deny_unmatched_requests", observed, "true, no exempted zone"),),
        level=None if default else 2,
    )


@checks.check(
    "cloudflare.dns_hosts_known",
    title="Every DNS host is declared or public on purpose",
    verifies=(Verifies("proxy.inventory", 2),),
    severity=Severity.LOW,
    parts=("zones", "records", "ingress", "apps"),
)
def dns_hosts_known(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """Names in DNS, tunnels and apps, less those that anybody listed."""
    declared = snapshot.declared
    if declared.internal_hosts is None:
        yield input_missing(snapshot.account_id, "the internal hosts")
        return
    known = declared.internal_hosts | declared.public_hosts
    found: dict[str, str] = {}
    for record in rows_read(snapshot.records):
        if not any(label.startswith("_") for label in record.name.split(".")):
            found.setdefault(record.name, DNS)
    for rule in rows_read(snapshot.ingress):
        found.setdefault(rule.host, "GET /accounts/{account}/cfd_tunnel/{tunnel}/configurations")
    for host in hosts_of(rows_read(snapshot.apps)):
        found.setdefault(host, APPS)
    strange = sorted(host for host in found if not any(matches(each, host) for each in known))
    of = (snapshot.zones, snapshot.records, snapshot.ingress, snapshot.apps)
    seen = len(found)
    if strange and not declared.public_hosts:
        reason = (
            f"Nobody has listed the hosts that are public on purpose yet (connect form), so {len(strange)} of "
            f"{count(seen, 'name')} cannot be told apart: {names(strange)}."
        )
        yield not_checked(snapshot.account_id, "input_missing", reason, seen=seen)
        return
    problems = []
    if strange:
        evidence = tuple(line(found[host], host, "name", host, "declared") for host in strange[:50])
        problems = [
            failed(
                snapshot.account_id,
                f"{len(strange)} of {count(seen, 'name')} nobody declared: {names(strange)}.",
                seen=seen,
                evidence=evidence,
                near_miss=f"{count(len(strange), 'name')} nobody declared, for example {strange[0]}.",
            )
        ]
    yield from conclude(
        snapshot.account_id,
        problems,
        of=of,
        seen=seen,
        good=f"{all_of(seen, 'name')} in DNS, tunnels and apps are declared.",
        nothing="There are no names in DNS, tunnels or apps.",
        evidence=(line(DNS, snapshot.account_id, "undeclared names", 0, "0"),),
    )


@checks.check(
    "cloudflare.origin_hidden",
    title="Protected hosts have no exposed origin",
    verifies=(Verifies("proxy.no-direct-origin", 2),),
    severity=Severity.HIGH,
    parts=("zones", "apps", "records"),
)
def origin_hidden(snapshot: CloudflareSnapshot) -> Iterator[Verdict]:
    """A record past the proxy gives the origin away, whichever name it has; a tunnel gives nothing away."""
    dns = names_of(snapshot)
    protected = protected_hosts(snapshot, dns)
    problems: list[Verdict] = []
    doubts: list[Verdict] = []
    for host in protected:
        leak = exposed(dns, host)
        if leak is not None:
            problems.append(_exposed_verdict(host, leak, len(protected)))
        elif (doubt := _doubt(dns, host, len(protected))) is not None:
            doubts.append(doubt)
    missing = unread(snapshot.apps, snapshot.zones, snapshot.records)
    if missing is not None:
        doubts = []
    yield from conclude(
        snapshot.account_id,
        [*problems, *doubts],
        of=(snapshot.apps, snapshot.zones, snapshot.records),
        seen=len(protected),
        good=f"The origins of {count(len(protected), 'protected host')} are reached through tunnels only.",
        nothing="No Access app protects a public host.",
        evidence=(line(DNS, snapshot.account_id, "hosts with an exposed origin", 0, "0"),),
    )


def protected_hosts(snapshot: CloudflareSnapshot, dns: Names) -> list[str]:
    """Hosts of Access apps: those named, and the recorded ones that a wildcard covers."""
    patterns = list(hosts_of(rows_read(snapshot.apps)))
    plain = {each for each in patterns if "*" not in each}
    wild = [each for each in patterns if "*" in each]
    plain |= {name for name in dns.by_name if any(matches(each, name) for each in wild)}
    return sorted(plain)


def exposed(dns: Names, host: str) -> Record | None:
    """A record past the proxy that leads to this host's origin; None if none was seen."""
    addresses, _ = dns.origins(host)
    for record in addresses:
        if dns.proxied(record) is False and record in dns.records(host):
            return record
    for record in addresses:
        leaks = dns.leaks(record.content)
        if leaks:
            return leaks[0]
    return None


def _exposed_verdict(host: str, leak: Record, seen: int) -> Verdict:
    own = leak.name == host or leak.name.startswith("*.")
    how = "its own record is not proxied" if own else f"the record {leak.name} leads to the same address, unproxied"
    evidence = (line(DNS, leak.name, "proxied", "false", "true"), line(DNS, leak.name, "content", leak.content, "-"))
    return failed(
        host,
        f"{host}: its origin {leak.content} answers past Access, for {how} (of {count(seen, 'protected host')}).",
        seen=seen,
        evidence=evidence,
        near_miss="" if own else f"{host} is proxied, its origin {leak.content} is public.",
    )


def _doubt(dns: Names, host: str, seen: int) -> Verdict | None:
    """What cannot be said of a host from here; None if its origin is hidden."""
    front = dns.front(host)
    if front is Front.ABSENT:
        return None
    if front is Front.UNKNOWN:
        reason = f"{host}: its record was not seen whole, or lies outside the zones to assess."
        return not_checked(host, "partial_data", reason, seen=seen)
    addresses, outside = dns.origins(host)
    public = [record.content for record in addresses if _is_public(record.content)]
    if not public and not outside:
        return None
    target = public[0] if public else outside[0]
    reason = (
        f"{host} is proxied, but whether its origin {target} also answers directly shows only from outside; connect "
        "the external probe to see it."
    )
    evidence: tuple[Evidence, ...] = (line(DNS, host, "content", target, "a tunnel"),)
    miss = f"{host} is proxied, its origin {target} is public."
    return replace(not_checked(host, "unsupported", reason, seen=seen, near_miss=miss), evidence=evidence)


def _is_public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return True
