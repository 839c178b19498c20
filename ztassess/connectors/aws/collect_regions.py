"""Owns the reading of regions: which call reads which part, and what a refusal in one region means for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ztassess.connectors.aws import client_network as network
from ztassess.connectors.aws import client_services as services
from ztassess.connectors.aws import client_workloads as workloads
from ztassess.connectors.aws.client import Aws
from ztassess.connectors.aws.client_errors import CLOSED, Refused
from ztassess.connectors.aws.client_firewall import web_acls
from ztassess.connectors.aws.snapshot import Gap, RegionRead
from ztassess.connectors.errors import BadAnswer
from ztassess.domain.findings import Part, Unavailable

_Read = Callable[[Aws, str, Mapping[str, Sequence[Any]]], Iterator[Any]]
_DECIDING = ("security_groups", "network_interfaces", "instances")
MALFORMED = (BadAnswer, KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class RegionalPart:
    """One part of the snapshot as it is read in one region.

    Attributes:
        needs: parts of the same group that are read first; their gap is this part's gap too.
    """

    name: str
    read: _Read
    needs: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """What one group of calls found in one region."""

    items: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)


def _alone(name: str, read: Callable[[Aws, str], Iterator[Any]]) -> RegionalPart:
    return RegionalPart(name, lambda aws, region, _: read(aws, region))


_NETWORK = (
    _alone("security_groups", network.security_groups),
    _alone("network_interfaces", network.network_interfaces),
    _alone("instances", network.instances),
    _alone("flow_logs", network.flow_logs),
    _alone("vpn_connections", network.vpn_connections),
    _alone("client_vpn_endpoints", network.client_vpn_endpoints),
)
_ENTRY = (
    _alone("load_balancers", network.load_balancers),
    RegionalPart(
        "listeners",
        lambda aws, region, got: network.listeners(aws, region, got["load_balancers"]),
        needs=("load_balancers",),
    ),
)
_DATABASES = (
    _alone("database_instances", services.database_instances),
    _alone("database_clusters", services.database_clusters),
    RegionalPart(
        "parameter_groups",
        lambda aws, region, got: services.parameter_groups(
            aws, region, got["database_instances"], got["database_clusters"]
        ),
        needs=("database_instances", "database_clusters"),
    ),
    _alone("redshift_clusters", services.redshift_clusters),
)
_ALARMS = (
    _alone("event_rules", services.event_rules),
    _alone("metric_filters", services.metric_filters),
    RegionalPart(
        "metric_alarms",
        lambda aws, region, got: services.metric_alarms(aws, region, got["metric_filters"]),
        needs=("metric_filters",),
    ),
)
_MACHINES = (
    _alone("managed_instances", workloads.managed_instances),
    _alone("kubernetes_clusters", workloads.kubernetes_clusters),
)
_TASKS = (
    _alone("container_services", workloads.container_services),
    RegionalPart(
        "task_definitions",
        lambda aws, region, got: workloads.task_definitions(aws, region, got["container_services"]),
        needs=("container_services",),
    ),
)


def regional_groups(first_region: str, declared: Sequence[str]) -> tuple[tuple[RegionalPart, ...], ...]:
    """The parts of every region, in groups: inside one the calls follow each other, the groups run side by side.

    Parameters:
        first_region: trails whose home is elsewhere are asked for here only.
        declared: names or ARNs of functions that matter most.
    """
    trails = RegionalPart("trails", lambda aws, region, _: services.trails(aws, region, shadows=region == first_region))
    functions = RegionalPart("functions", lambda aws, region, _: workloads.functions(aws, region, declared))
    return (
        _NETWORK,
        _ENTRY,
        (_alone("rest_apis", network.rest_apis),),
        (_alone("web_acls", web_acls),),
        _DATABASES,
        (trails, _alone("detectors", services.detectors)),
        _ALARMS,
        (_alone("secrets", services.secrets), _alone("analyzers", workloads.analyzers)),
        _MACHINES,
        (*_TASKS, functions),
    )


GLOBAL_FIREWALL = _alone("web_acls", web_acls)
"""Web ACLs of CloudFront, read once; their gap has the region ``global``."""

REGIONAL_PARTS = tuple(part.name for group in regional_groups("", ()) for part in group)


def read_group(aws: Aws, region: str, group: Sequence[RegionalPart]) -> Found:
    """Read the parts of one group in one region; what was read before a break is kept, beside the gap.

    Raises:
        Canceled: the person canceled.
    """
    found = Found()
    for part in group:
        got: list[Any] = []
        why = next((gap.why for gap in found.gaps if gap.part in part.needs), None)
        try:
            for item in part.read(aws, region, found.items):
                got.append(item)  # noqa: PERF402  what came before a break must survive it
        except Refused as problem:
            why = problem.why
        except MALFORMED as problem:
            why = malformed(part.name, problem)
        if why is not None:
            found.gaps.append(Gap(part.name, region, why))
        found.items[part.name] = tuple(got)
    return found


def malformed(part: str, problem: Exception) -> Unavailable:
    """The reason of a part whose answer is not what AWS documents; the answer itself is not repeated."""
    sentence = problem.sentence if isinstance(problem, BadAnswer) else ""
    return Unavailable(
        "partial_data", detail=sentence or f"AWS answered for {part.replace('_', ' ')} in a way we do not understand."
    )


def merged(
    regions: Sequence[str], found: Mapping[str, Sequence[Found]]
) -> tuple[tuple[RegionRead, ...], dict[str, Part[Any]]]:
    """Put the regions together: the regions with their gaps, and each part over all of them.

    A part is `Unavailable` only if every region that is not closed refused it and nothing was read of it.
    """
    reads = tuple(_region_read(region, found[region]) for region in regions)
    parts: dict[str, Part[Any]] = {}
    for name in REGIONAL_PARTS:
        items = tuple(item for region in regions for each in found[region] for item in each.items.get(name, ()))
        gaps = [gap for read in reads for gap in read.gaps if gap.part == name]
        refused = {gap.region for gap in gaps}
        if items or any(not read.closed and read.region not in refused for read in reads):
            parts[name] = tuple(dict.fromkeys(items)) if name == "trails" else items
        else:
            parts[name] = gaps[0].why if gaps else Unavailable(CLOSED, detail="Your organization closed every region.")
    return reads, parts


def _region_read(region: str, found: Sequence[Found]) -> RegionRead:
    gaps = tuple(gap for each in found for gap in each.gaps)
    closed = {gap.part for gap in gaps if gap.why.reason == CLOSED}
    if closed.issuperset(_DECIDING):
        return RegionRead(region, closed=True, gaps=tuple(gap for gap in gaps if gap.why.reason != CLOSED))
    return RegionRead(region, gaps=gaps)
