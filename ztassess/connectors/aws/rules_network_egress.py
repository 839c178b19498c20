"""Owns the check of what leaves: egress of sensitive services, instance metadata, flow logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ztassess.connectors.aws.conclusion import conclude, counted, listed
from ztassess.connectors.aws.exposure import described, internet_blocks
from ztassess.connectors.aws.rules_network_groups import SOURCE, declared_groups
from ztassess.connectors.aws.snapshot import AwsSnapshot, FlowLog, Instance, NetworkInterface, SecurityGroup
from ztassess.domain.checks import Checks, Verifies
from ztassess.domain.findings import Evidence, Severity, Unavailable, Verdict, failed, not_checked

checks: Checks[AwsSnapshot] = Checks("aws")

PARTS = ("security_groups", "network_interfaces", "instances", "flow_logs")


@checks.check(
    "aws.egress_limited",
    title="Sensitive services limit egress and metadata",
    verifies=(Verifies("perimeter.egress-control", 2),),
    severity=Severity.MEDIUM,
    parts=PARTS,
)
def egress_limited(snapshot: AwsSnapshot) -> Iterator[Verdict]:
    """Instances require metadata tokens, sensitive groups do not let everything out, networks in use have flow logs."""
    metadata, instances = _metadata(snapshot)
    wanted = snapshot.inputs.sensitive_groups
    declared = declared_groups(snapshot, wanted, "the security groups of sensitive services")
    if isinstance(declared, Verdict):
        egress, groups = [declared], list[SecurityGroup]()
    else:
        groups = declared[0]
        egress = [*declared[1], *_egress(groups, tokens=instances > 0 and not metadata)]
    logs, networks = _flow_logs(snapshot, groups)
    yield from conclude(
        snapshot,
        [*metadata, *egress, *logs],
        parts=PARTS,
        seen=instances + len(groups) + networks,
        good=f"{counted(instances, 'instance')} require metadata tokens, none of"
        f" {counted(len(groups), 'sensitive group')} lets everything out,"
        f" {counted(networks, 'network')} in use have flow logs.",
        nothing="There is no instance, no network in use and no sensitive service.",
        evidence=(
            Evidence("ec2.describe_instances", snapshot.account, "instances without HttpTokens required", "0", "0"),
        ),
    )


def _metadata(snapshot: AwsSnapshot) -> tuple[list[Verdict], int]:
    """Instances that hand out metadata without a token; and how many instances there are."""
    if isinstance(snapshot.instances, Unavailable):
        return [not_checked("instances", snapshot.instances)], 0
    alive = [instance for instance in snapshot.instances if instance.state not in ("terminated", "shutting-down")]
    return [verdict for instance in alive for verdict in _tokens(instance, len(alive))], len(alive)


def _tokens(instance: Instance, seen: int) -> Iterator[Verdict]:
    if instance.http_endpoint == "disabled" or instance.http_tokens == "required":
        return
    if not instance.http_tokens:
        yield not_checked(
            instance.id, "partial_data", f"AWS did not say how {instance.id} serves its metadata.", seen=1
        )
        return
    yield failed(
        instance.id,
        f"Instance {instance.id} ({instance.region}) serves its metadata, role credentials included, without a token.",
        seen=seen,
        evidence=(
            Evidence(
                "ec2.describe_instances", instance.id, "MetadataOptions.HttpTokens", instance.http_tokens, "required"
            ),
        ),
    )


def _egress(groups: Sequence[SecurityGroup], *, tokens: bool) -> Iterator[Verdict]:
    for group in groups:
        where = f"Sensitive group {group.name} ({group.id}, {group.region})"
        wide = [(permission, block) for permission in group.egress for block in internet_blocks(permission)]
        lists = [name for permission in group.egress for name in permission.prefix_lists]
        if wide:
            what = listed(f"{described(permission)} to {block}" for permission, block in wide)
            yield failed(
                group.id,
                f"{where} may send to the whole internet: {what}.",
                seen=len(groups),
                evidence=(Evidence(SOURCE, group.id, "IpPermissionsEgress", what, "an allow-list of destinations"),),
                near_miss="IMDSv2 required; egress is open." if tokens else "",
            )
        elif lists:
            reason = f"{where} may send to prefix {listed(lists)}, whose content is not read."
            yield not_checked(group.id, "partial_data", reason, seen=1)


def _flow_logs(snapshot: AwsSnapshot, groups: Sequence[SecurityGroup]) -> tuple[list[Verdict], int]:
    """Networks in use whose traffic is not logged; and how many networks are in use."""
    if isinstance(snapshot.flow_logs, Unavailable):
        return [not_checked("flow_logs", snapshot.flow_logs)], 0
    if isinstance(snapshot.network_interfaces, Unavailable):
        return [not_checked("network_interfaces", snapshot.network_interfaces)], 0
    used: dict[str, list[NetworkInterface]] = {}
    for interface in snapshot.network_interfaces:
        used.setdefault(interface.vpc_id, []).append(interface)
    regions = {group.vpc_id: group.region for group in groups if group.vpc_id}
    regions |= {vpc: interfaces[0].region for vpc, interfaces in used.items()}
    logged = {log.resource_id: log for log in snapshot.flow_logs if log.active}
    silent = [vpc for vpc in regions if not _logged(vpc, used.get(vpc, []), logged)]
    return [_unlogged(vpc, regions[vpc], snapshot.flow_logs, len(regions)) for vpc in silent], len(regions)


def _logged(vpc: str, interfaces: Sequence[NetworkInterface], logged: Mapping[str, FlowLog]) -> bool:
    """True if the network as a whole is logged, or every interface in it by its subnet or itself."""
    if vpc in logged:
        return True
    return bool(interfaces) and all(each.subnet_id in logged or each.id in logged for each in interfaces)


def _unlogged(vpc: str, region: str, flow_logs: Sequence[FlowLog], seen: int) -> Verdict:
    idle = [log.id for log in flow_logs if log.resource_id == vpc and not log.active]
    return failed(
        vpc,
        f"Network {vpc} ({region}) has no flow log on all of its traffic.",
        seen=seen,
        evidence=(Evidence("ec2.describe_flow_logs", vpc, "FlowLogStatus", "none active", "ACTIVE"),),
        near_miss=f"Flow log {listed(idle)} exists but is not active." if idle else "",
    )
