"""Owns the checks of how people reach machines: client VPNs, session manager against SSH, cluster access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ztassess.connectors.aws.conclusion import conclude, counted, listed, refused_regions
from ztassess.connectors.aws.exposure import covers, internet_blocks, is_internet
from ztassess.connectors.aws.snapshot import (
    AwsSnapshot,
    ClientVpnEndpoint,
    Instance,
    KubernetesCluster,
    ManagedInstance,
    Role,
    SecurityGroup,
)
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

SHELL_PORTS = (22, 3389)


@checks.check(
    "aws.client_vpn_scoped",
    title="Client VPN is gone or per group",
    verifies=(Verifies("proxy.vpn-retired", 2),),
    severity=Severity.HIGH,
    parts=("client_vpn_endpoints", "vpn_connections"),
)
def client_vpn_scoped(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """No Client VPN in any region we read, or one that opens named networks to named groups.

    VPN servers that run on instances cannot be seen here; the http_probe connector looks for them.
    """
    if isinstance(snapshot.client_vpn_endpoints, Unavailable):
        yield not_checked(snapshot.account, snapshot.client_vpn_endpoints)
        return
    alive = [each for each in snapshot.client_vpn_endpoints if each.status not in ("deleted", "deleting")]
    regions = len(snapshot.read_regions())
    good = (
        f"{counted(len(alive), 'Client VPN endpoint')} open named networks to named groups only."
        if alive
        else f"No Client VPN endpoint in {counted(regions, 'region')} read; VPN servers on instances are not seen here."
    )
    yield from conclude(
        snapshot,
        [verdict for endpoint in alive for verdict in _vpn(endpoint, len(alive))],
        parts=("client_vpn_endpoints",),
        seen=len(alive) or regions,
        good=good,
        nothing="No region was read.",
        evidence=(
            Evidence("ec2.describe_client_vpn_endpoints", snapshot.account, "endpoints open to everyone", "0", "0"),
        ),
        near_miss=_site_to_site(snapshot),
    )


def _vpn(endpoint: ClientVpnEndpoint, seen: int) -> Iterator[Verdict]:
    where = f"Client VPN {endpoint.id} ({endpoint.region})"
    if endpoint.rules is None:
        reason = f"The authorization rules of {where} could not be read."
        yield not_checked(endpoint.id, "partial_data", reason, seen=1)
        return
    open_to_all = [rule.destination for rule in endpoint.rules if rule.access_all or not rule.group_id]
    everywhere = [rule.destination for rule in endpoint.rules if is_internet(rule.destination)]
    if not open_to_all and not everywhere:
        return
    reason = (
        f"{where} lets everyone who signs in reach {listed(open_to_all)}."
        if open_to_all
        else f"{where} opens the whole network ({listed(everywhere)}) to a group."
    )
    yield failed(
        endpoint.id,
        reason,
        seen=seen,
        evidence=tuple(
            Evidence(
                "ec2.describe_client_vpn_authorization_rules",
                endpoint.id,
                "AccessAll" if rule.access_all else "DestinationCidr",
                f"{rule.destination} for {rule.group_id or 'everyone'}",
                "a named network for a named group",
            )
            for rule in endpoint.rules
            if rule.destination in open_to_all or rule.destination in everywhere
        ),
        level=0 if everywhere else None,
    )


def _site_to_site(snapshot: AwsSnapshot) -> str:
    if isinstance(snapshot.vpn_connections, Unavailable):
        return ""
    alive = [each.id for each in snapshot.vpn_connections if each.state not in ("deleted", "deleting")]
    if not alive:
        return ""
    return (
        f"Site-to-site connection {alive[0]} remains."
        if len(alive) == 1
        else f"Site-to-site connections {listed(alive)} remain."
    )


@checks.check(
    "aws.instances_managed_without_ssh",
    title="Instances are reached through Session Manager",
    verifies=(Verifies("proxy.admin-paths", 2),),
    severity=Severity.MEDIUM,
    parts=("instances", "managed_instances", "security_groups", "kubernetes_clusters", "roles"),
)
def instances_managed_without_ssh(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Running instances are in Systems Manager, none takes shells from the internet, clusters know SSO roles."""
    machines, running = _machines(snapshot)
    clusters, known = _clusters(snapshot)
    yield from conclude(
        snapshot,
        [*machines, *clusters],
        parts=("instances", "managed_instances", "security_groups", "kubernetes_clusters"),
        seen=running + known,
        good=f"{counted(running, 'running instance')} in Session Manager and closed to shells from the internet;"
        f" {counted(known, 'cluster')} known to Identity Center roles and workloads only.",
        nothing="There is no running instance and no cluster.",
        evidence=(
            Evidence("ssm.describe_instance_information", snapshot.account, "running instances not managed", "0", "0"),
        ),
        refused=_refused(snapshot),
    )


def _refused(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Regions that hid instances or clusters; those that hid only their management matter where an instance runs."""
    yield from refused_regions(snapshot, "instances", "kubernetes_clusters")
    hidden = {gap.region for gap in snapshot.gaps("instances", "kubernetes_clusters")}
    instances = () if isinstance(snapshot.instances, Unavailable) else snapshot.instances
    running = {each.region for each in instances if each.state == "running"}
    for verdict in refused_regions(snapshot, "managed_instances", "security_groups"):
        if verdict.resource in running - hidden:
            yield verdict


def _machines(snapshot: AwsSnapshot) -> tuple[list[Verdict], int]:
    if isinstance(snapshot.instances, Unavailable):
        return [not_checked("instances", snapshot.instances)], 0
    running = [instance for instance in snapshot.instances if instance.state == "running"]
    if not running:
        return [], 0
    if isinstance(snapshot.security_groups, Unavailable):
        return [not_checked("security_groups", snapshot.security_groups)], len(running)
    shells = {group.id: blocks for group in snapshot.security_groups if (blocks := _shell_blocks(group))}
    problems = [verdict for each in running for verdict in _open_shell(each, shells, len(running))]
    if isinstance(snapshot.managed_instances, Unavailable):
        return [*problems, not_checked("managed_instances", snapshot.managed_instances)], len(running)
    blind = {gap.region for gap in snapshot.gaps("managed_instances")}
    exposed = {verdict.resource for verdict in problems}
    problems += _unmanaged(
        [each for each in running if each.region not in blind and each.id not in exposed],
        snapshot.managed_instances,
        len(running),
    )
    return problems, len(running)


def _shell_blocks(group: SecurityGroup) -> tuple[str, ...]:
    return tuple(
        block
        for permission in group.ingress
        if covers(permission, SHELL_PORTS)
        for block in internet_blocks(permission)
    )


def _open_shell(instance: Instance, shells: Mapping[str, tuple[str, ...]], seen: int) -> Iterator[Verdict]:
    guilty = [group for group in instance.groups if group in shells]
    if guilty:
        yield failed(
            instance.id,
            f"Instance {instance.id} ({instance.region}) takes SSH or remote desktop from the internet"
            f" by {listed(guilty)}.",
            seen=seen,
            evidence=tuple(
                Evidence(
                    "ec2.describe_security_groups",
                    group,
                    "IpPermissions",
                    f"22 or 3389 from {', '.join(shells[group])}",
                    "no shell port open to the internet",
                )
                for group in guilty
            ),
        )


def _unmanaged(running: Sequence[Instance], managed: Sequence[ManagedInstance], seen: int) -> Iterator[Verdict]:
    """One verdict for each instance that Session Manager does not reach; the near-miss counts those with a key pair."""
    online = {each.instance_id for each in managed if each.online}
    lost = {each.instance_id for each in managed if not each.online}
    missing = [each for each in running if each.id not in online]
    keyed = sum(1 for each in missing if each.key_name)
    for instance in missing:
        state = "lost contact with" if instance.id in lost else "is not known to"
        yield failed(
            instance.id,
            f"Instance {instance.id} ({instance.region}) {state} Session Manager;"
            f" {len(running) - len(missing)} of {seen} running instances are reached by it.",
            seen=seen,
            evidence=(
                Evidence(
                    "ssm.describe_instance_information",
                    instance.id,
                    "PingStatus",
                    "ConnectionLost" if instance.id in lost else "absent",
                    "Online",
                ),
            ),
            near_miss=f"{counted(keyed, 'instance')} {'has' if keyed == 1 else 'have'} a key pair and no SSM."
            if keyed
            else "",
        )


def _clusters(snapshot: AwsSnapshot) -> tuple[list[Verdict], int]:
    if isinstance(snapshot.kubernetes_clusters, Unavailable):
        return [not_checked("kubernetes_clusters", snapshot.kubernetes_clusters)], 0
    clusters = snapshot.kubernetes_clusters
    roles = None if isinstance(snapshot.roles, Unavailable) else {role.arn: role for role in snapshot.roles}
    return [verdict for cluster in clusters for verdict in _cluster(cluster, roles)], len(clusters)


def _cluster(cluster: KubernetesCluster, roles: Mapping[str, Role] | None) -> Iterator[Verdict]:
    where = f"Cluster {cluster.name} ({cluster.region})"
    if cluster.access_entries is None:
        yield not_checked(cluster.name, "partial_data", f"{where}: the access entries could not be read.", seen=1)
        return
    people = [arn for arn in cluster.access_entries if not _is_sso(arn)]
    if people and roles is None:
        yield not_checked(cluster.name, "partial_data", f"{where} names roles that were not read.", seen=1)
        return
    foreign = [arn for arn in people if not _is_workload(arn, roles or {})]
    if foreign:
        yield failed(
            cluster.name,
            f"{where} admits identities that are not Identity Center roles: {listed(foreign)}.",
            seen=1,
            evidence=tuple(
                Evidence("eks.list_access_entries", cluster.name, "accessEntries", arn, "Identity Center roles")
                for arn in foreign[:50]
            ),
        )


def _is_sso(arn: str) -> bool:
    return ":role/aws-reserved/sso.amazonaws.com/" in arn or ":role/AWSReservedSSO_" in arn


def _is_workload(arn: str, roles: Mapping[str, Role]) -> bool:
    """True for roles that only AWS services take on: nodes and service-linked roles."""
    if ":role/aws-service-role/" in arn:
        return True
    role = roles.get(arn)
    if role is None:
        return False
    named = [who for statement in role.trust.statements if statement.allow for who in statement.principals]
    if any(statement.negated_principal for statement in role.trust.statements):
        return False
    return bool(named) and all(who.kind == "Service" for who in named)
