"""Owns what NetworkPolicies add up to: who may reach a pod and where a pod may go.

Policies only add: a pod that one policy selects is closed in that direction, and everything that any rule of any
policy allows is open again (Kubernetes documentation, "Network Policies").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from ztassess.connectors.kubernetes.snapshot_access import NetworkPolicy, NetworkPort, NetworkRule, Peer
from ztassess.connectors.kubernetes.snapshot_labels import Labels

INGRESS: Final = "Ingress"
EGRESS: Final = "Egress"
METADATA: Final = (ip_address("169.254.169.254"), ip_address("fd00:ec2::254"))
# Blocks larger than these are no named destination; two halves of the internet are the internet.
_WIDEST: Final = {4: 8, 6: 16}
_DNS: Final = "53"


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule that opens too much.

    Attributes:
        what: what it opens, for a sentence.
        observed: the raw peer.
        ports: the ports it is limited to; empty: all.
    """

    policy: NetworkPolicy
    what: str
    observed: str
    ports: tuple[str, ...] = ()


def selecting(policies: Iterable[NetworkPolicy], namespace: str, labels: Labels, kind: str) -> list[NetworkPolicy]:
    """The policies of one direction that select a pod."""
    return [
        each
        for each in policies
        if each.meta.namespace == namespace and kind in each.types and each.pods.matches(labels)
    ]


def closing_all(policies: Iterable[NetworkPolicy], namespace: str, kind: str) -> list[NetworkPolicy]:
    """The policies of one direction that select every pod of a namespace."""
    return [
        each
        for each in policies
        if each.meta.namespace == namespace and kind in each.types and each.pods.everything
    ]  # fmt: skip


def open_ingress(policies: Iterable[NetworkPolicy]) -> Iterator[Opening]:
    """Rules that let everybody in."""
    for policy in policies:
        for rule in policy.ingress:
            for what, observed in _everybody(rule, "from"):
                yield Opening(policy, what, observed, _ports(rule.ports))


def open_egress(policies: Iterable[NetworkPolicy]) -> Iterator[Opening]:
    """Rules that let a pod go everywhere, or to the cloud's metadata service; questions to DNS are left out."""
    for policy in policies:
        for rule in policy.egress:
            ports = _ports(rule.ports)
            if not (ports and set(ports) <= {_DNS}):
                for what, observed in _everybody(rule, "to"):
                    yield Opening(policy, what, observed, ports)
                for peer in rule.peers:
                    if not _wide(peer.cidr) and _reaches_metadata(peer):
                        yield Opening(policy, "the metadata service", peer.cidr, ports)


def _everybody(rule: NetworkRule, word: str) -> Iterator[tuple[str, str]]:
    if not rule.peers:
        yield "any address", f"no {word}"
    for peer in rule.peers:
        if _wide(peer.cidr):
            yield "any address", peer.cidr
        elif word == "from" and not peer.cidr and _every_pod(peer):
            yield "every pod of the cluster", "namespaceSelector: {}"


def _every_pod(peer: Peer) -> bool:
    """All pods of all namespaces; a peer without a namespace selector means its own namespace."""
    return peer.namespaces is not None and peer.namespaces.everything and (peer.pods is None or peer.pods.everything)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _wide(cidr: str) -> bool:
    """A block that stands for the internet; one that cannot be read counts as such."""
    if not cidr:
        return False
    network = _network(cidr)
    return network is None or network.prefixlen < _WIDEST[network.version]


def _reaches_metadata(peer: Peer) -> bool:
    network = _network(peer.cidr) if peer.cidr else None
    if network is None:
        return False
    return any(_inside(each, network) and not any(
        (hole := _network(out)) is not None and _inside(each, hole) for out in peer.excepts
    ) for each in METADATA)  # fmt: skip


def _inside(address: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network


def _ports(ports: tuple[NetworkPort, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(f"{each.port}-{each.end}" if each.end else each.port for each in ports if each.port)
        if all(each.port for each in ports)
        else ()
    )
