"""Owns the checks of security groups: what they let in from the internet, from the proxy, from our own network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.exposure import (
    Opening,
    described,
    is_host,
    is_inside,
    is_internet,
    is_private,
    named,
    openings,
    ports,
    unresolved,
)
from ztassess.connectors.aws.snapshot import AwsSnapshot, Permission, SecurityGroup
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

SOURCE = "ec2.describe_security_groups"


@checks.check(
    "aws.security_groups_closed",
    title="No administration port is open",
    verifies=(Verifies("perimeter.default-deny-firewall", 3), Verifies("proxy.admin-paths", 2, supporting=True)),
    severity=Severity.CRITICAL,
    parts=("security_groups", "network_interfaces"),
)
def security_groups_closed(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Groups on a network interface let the internet in on ports 80 and 443 only."""
    if isinstance(snapshot.security_groups, Unavailable):
        yield not_checked(snapshot.account, snapshot.security_groups)
        return
    if isinstance(snapshot.network_interfaces, Unavailable):
        yield not_checked(snapshot.account, snapshot.network_interfaces)
        return
    used = {group for interface in snapshot.network_interfaces for group in interface.groups}
    attached = [group for group in snapshot.security_groups if group.id in used]
    idle = [group for group in snapshot.security_groups if group.id not in used and any(openings(group))]
    problems = []
    for group in attached:
        if found := tuple(openings(group)):
            problems.append(_open_group(group, found, len(attached)))
        elif lists := unresolved(group):
            problems.append(_unresolved_lists(group, lists))
    near_miss = (
        f"Open {'group' if len(idle) == 1 else 'groups'} {listed(group.id for group in idle)} attached to nothing."
        if idle
        else ""
    )
    yield from conclude(
        snapshot,
        problems,
        parts=("security_groups", "network_interfaces"),
        seen=len(attached),
        good=f"None of {counted(len(attached), 'attached security group')} lets the internet in on other ports than"
        " 80 and 443. Level 3 also needs an outside scan on each change.",
        nothing="No security group is attached to a network interface.",
        evidence=(Evidence(SOURCE, snapshot.account, "attached groups open to the internet", "0", "0"),),
        level=2,
        near_miss=near_miss,
    )


def _open_group(group: SecurityGroup, found: Sequence[Opening], seen: int) -> Verdict:
    what = listed(described(opening.permission) for opening in found)
    harm = listed(name for opening in found for name in opening.harm)
    return failed(
        group.id,
        f"Security group {group.name} ({group.id}, {group.region}) lets the whole internet in: {what}"
        f"{f', which includes {harm}' if harm else ''}.",
        seen=seen,
        evidence=tuple(
            Evidence(
                SOURCE,
                group.id,
                "IpPermissions",
                f"{described(opening.permission)} from {', '.join(opening.blocks)}",
                "the internet on 80 or 443 only",
            )
            for opening in found
        ),
        level=1,
        severity=Severity.CRITICAL if harm else Severity.HIGH,
    )


def _unresolved_lists(group: SecurityGroup, lists: tuple[str, ...]) -> Verdict:
    return not_checked(
        group.id,
        "partial_data",
        f"Security group {group.name} ({group.id}, {group.region}) lets in prefix {listed(lists)}, whose content is not"
        " read, so it may hold the whole internet.",
        seen=1,
    )


def declared_groups(
    snapshot: AwsSnapshot, wanted: tuple[str, ...] | None, what: str
) -> tuple[list[SecurityGroup], list[Verdict]] | Verdict:
    """The groups a person named, with a not_checked verdict for each name that no group has.

    Parameters:
        wanted: ids or names; None if nothing was declared.
        what: what the person would have to name, for the sentence.

    Returns:
        One not_checked verdict instead, if nothing was declared or the groups were not readable.
    """
    if wanted is None:
        return not_checked(snapshot.account, "input_missing", f"Name {what} in the connection to judge this.")
    if isinstance(snapshot.security_groups, Unavailable):
        return not_checked(snapshot.account, snapshot.security_groups)
    groups = [group for group in snapshot.security_groups if named(group, wanted)]
    known = {name for group in groups for name in (group.id, group.name)}
    lost = [
        not_checked(name, "input_missing", f"Security group {name} is declared, but no region we read has it.")
        for name in wanted
        if name not in known
    ]
    return groups, lost


@checks.check(
    "aws.origins_accept_proxy_only",
    title="Origins accept the proxy alone",
    verifies=(Verifies("proxy.no-direct-origin", 2),),
    severity=Severity.HIGH,
    parts=("security_groups",),
)
def origins_accept_proxy_only(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Declared origins take traffic from security groups, single tunnel hosts, or the proxy's own ranges."""
    declared = declared_groups(snapshot, snapshot.inputs.origin_groups, "the security groups of your origins")
    if isinstance(declared, Verdict):
        yield declared
        return
    groups, lost = declared
    problems = lost + [verdict for group in groups for verdict in _origin(snapshot, group, len(groups))]
    yield from conclude(
        snapshot,
        problems,
        parts=("security_groups",),
        seen=len(groups),
        good=f"{counted(len(groups), 'origin group')} accept traffic from groups, tunnel hosts or the proxy alone.",
        nothing="No origins are declared.",
        evidence=(Evidence(SOURCE, snapshot.account, "origin groups with another source", "0", "0"),),
    )


def _origin(snapshot: AwsSnapshot, group: SecurityGroup, seen: int) -> Iterator[Verdict]:
    """At most one verdict on one origin: the worst of its sources."""
    own, shared = snapshot.inputs.proxy_sources, snapshot.inputs.shared_proxy_sources
    listening = [permission for permission in group.ingress if ports(permission)]
    blocks = [block for permission in listening for block in (*permission.ipv4, *permission.ipv6)]
    lists = [name for permission in listening for name in permission.prefix_lists]
    where = f"Origin group {group.name} ({group.id}, {group.region})"
    others = [block for block in blocks if not _from_proxy(block, own)]
    foreign = [block for block in others if is_internet(block) or not is_inside(block, shared)]
    of_everyone = [
        *(block for block in others if block not in foreign),
        *(name for name in lists if name in shared and name not in own),
    ]
    unknown = [name for name in lists if name not in own and name not in shared]
    if public := [block for block in foreign if is_internet(block)]:
        yield _origin_fails(group, f"{where} accepts the whole internet.", public, seen=seen, level=0)
    elif foreign:
        reason = f"{where} accepts {listed(foreign)}, which is not the proxy, a tunnel host or a security group."
        yield _origin_fails(group, reason, foreign, seen=seen)
    elif of_everyone:
        reason = f"{where} accepts ranges that the proxy uses for all its customers: {listed(of_everyone)}."
        near_miss = "Limited to the proxy's ranges, which every customer of that proxy shares: level 1."
        yield _origin_fails(group, reason, of_everyone, seen=seen, level=1, near_miss=near_miss)
    elif unknown:
        yield _unresolved_lists(group, tuple(unknown))


def _from_proxy(block: str, own: tuple[str, ...]) -> bool:
    """True for the proxy's own ranges and for one host inside our network, where a tunnel ends."""
    return not is_internet(block) and (is_inside(block, own) or (is_host(block) and is_private(block)))


def _origin_fails(
    group: SecurityGroup,
    reason: str,
    sources: Sequence[str],
    *,
    seen: int,
    level: int | None = None,
    near_miss: str = "",
) -> Verdict:
    expected = "security groups, tunnel hosts, the proxy's own prefix list"
    evidence = Evidence(SOURCE, group.id, "IpPermissions sources", ", ".join(sources[:50]), expected)
    return failed(group.id, reason, seen=seen, evidence=(evidence,), level=level, near_miss=near_miss)


@checks.check(
    "aws.service_groups_reference_groups",
    title="Services are reached by group, not by network",
    verifies=(Verifies("mesh.default-deny", 1),),
    severity=Severity.MEDIUM,
    parts=("security_groups",),
)
def service_groups_reference_groups(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Sensitive services let in security groups (or single addresses), never a range of the network."""
    wanted = snapshot.inputs.sensitive_groups
    declared = declared_groups(snapshot, wanted, "the security groups of sensitive services")
    if isinstance(declared, Verdict):
        yield declared
        return
    groups, lost = declared
    problems = list(lost)
    for group in groups:
        listening = [permission for permission in group.ingress if ports(permission)]
        wide = [(permission, block) for permission in listening for block in _ranges(permission)]
        lists = tuple(name for permission in listening for name in permission.prefix_lists)
        if wide:
            problems.append(_by_network(group, wide, len(groups)))
        elif lists:
            problems.append(_unresolved_lists(group, lists))
    yield from conclude(
        snapshot,
        problems,
        parts=("security_groups",),
        seen=len(groups),
        good=f"{counted(len(groups), 'sensitive group')} let in security groups only, no range of the network.",
        nothing="No sensitive services are declared.",
        evidence=(Evidence(SOURCE, snapshot.account, "sensitive groups open to a network", "0", "0"),),
    )


def _ranges(permission: Permission) -> list[str]:
    return [block for block in (*permission.ipv4, *permission.ipv6) if not is_host(block)]


def _by_network(group: SecurityGroup, wide: Sequence[tuple[Permission, str]], seen: int) -> Verdict:
    permission, block = wide[0]
    return failed(
        group.id,
        f"Sensitive group {group.name} ({group.id}, {group.region}) lets in whole networks:"
        f" {listed(block for _, block in wide)}.",
        seen=seen,
        evidence=tuple(
            Evidence(SOURCE, group.id, "IpPermissions", f"{described(each)} from {source}", "source security groups")
            for each, source in wide[:50]
        ),
        near_miss=f"/{block.rpartition('/')[2]} of the network on {described(permission)}.",
    )
