"""Owns the little of Gateway's expressions that can be judged: addresses in sets, alone or joined by "or"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
_CLAUSE = re.compile(
    r"\(?\s*(?:any\()?net\.dst\.ip(?:\[\*\])?\s*(?:in\s*\{\s*([0-9a-fA-F:./\s]+)\}|==\s*([0-9a-fA-F:./]+))\s*\)?\s*"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses a rule's traffic expression is about.

    Attributes:
        everything: it has no expression.
        networks: the addresses it names.
        known: False if the expression says more than addresses, so that nobody can say what it matches.
    """

    everything: bool
    networks: tuple[Network, ...] = ()
    known: bool = True

    def covers(self, network: Network) -> bool:
        """All of this network is meant, for certain."""
        if self.everything:
            return True
        same = [each for each in self.networks if each.version == network.version]
        return self.known and any(network.subnet_of(each) for each in same)  # type: ignore[arg-type]  # same version

    def may_touch(self, network: Network) -> bool:
        """Some of this network may be meant."""
        if self.everything or not self.known:
            return True
        return any(each.version == network.version and each.overlaps(network) for each in self.networks)


def network_of(text: str) -> Network | None:
    """A network; None if it is none."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def reach_of(traffic: str) -> Reach:
    """What a traffic expression is about, such as ``net.dst.ip in {10.0.0.0/8}``."""
    if not traffic.strip():
        return Reach(everything=True)
    networks: list[Network] = []
    for clause in re.split(r"\s+or\s+|\s*\|\|\s*", traffic.strip()):
        match = _CLAUSE.fullmatch(clause)
        found = [network_of(each) for each in (match[1] or match[2]).split()] if match else [None]
        if not found or None in found:
            return Reach(everything=False, known=False)
        networks += [each for each in found if each is not None]
    return Reach(everything=False, networks=tuple(networks))
