"""Owns the addresses that a selector of a policy stands for: an address, a network, a host's alias, an IP set."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network, summarize_address_range
from typing import Final

from ztassess.connectors.tailscale.snapshot_policy import Policy

Network = IPv4Network | IPv6Network
# All devices of a tailnet have their addresses here (Tailscale, "Reserved IP addresses").
TAILNET: Final[tuple[Network, ...]] = (ip_network("100.64.0.0/10"), ip_network("fd7a:115c:a1e0::/48"))
_RANGE: Final = re.compile(r"([0-9a-fA-F.:]+)-([0-9a-fA-F.:]+)")
# Nobody writes a set of more networks than this; a larger one counts as not understood.
_MOST: Final = 2000


def network_of(text: str) -> Network | None:
    """An address or a network; None if the text is neither."""
    try:
        return ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def networks_of(
    policy: Policy, selector: str, sets: dict[str, tuple[Network, ...] | None] | None = None
) -> tuple[Network, ...] | None:
    """The addresses a selector stands for; None if it is no selector of addresses, or one that we cannot resolve.

    Parameters:
        sets: IP sets resolved so far, so that each is resolved once and one that contains itself ends.
    """
    if selector.startswith("ipset:"):
        known = {} if sets is None else sets
        if selector not in known:
            known[selector] = None
            known[selector] = _ipset(policy, selector, known)
        return known[selector]
    if selector in policy.hosts:
        found = network_of(policy.hosts[selector])
        return None if found is None else (found,)
    span = _RANGE.fullmatch(selector)
    if span:
        return _range(span[1], span[2])
    found = network_of(selector)
    return None if found is None else (found,)


def _range(first: str, last: str) -> tuple[Network, ...] | None:
    try:
        return tuple(summarize_address_range(ip_address(first), ip_address(last)))
    except (ValueError, TypeError):
        return None


def _ipset(policy: Policy, name: str, sets: dict[str, tuple[Network, ...] | None]) -> tuple[Network, ...] | None:
    """Entries are added and taken away in their order ("IP sets"); one that we cannot resolve makes it unknown."""
    if name not in policy.ipsets:
        return None
    found: dict[Network, None] = {}
    for entry in policy.ipsets[name]:
        verb, space, rest = entry.strip().partition(" ")
        stated = bool(space) and verb in ("add", "remove")
        networks = networks_of(policy, rest.strip() if stated else entry.strip(), sets)
        if networks is None:
            return None
        if stated and verb == "remove":
            found = dict.fromkeys(_without(found, networks))
        else:
            found |= dict.fromkeys(networks)
        if len(found) > _MOST:
            return None
    return tuple(found)


def _without(found: Iterable[Network], taken: Iterable[Network]) -> list[Network]:
    left = list(found)
    for each in taken:
        kept: list[Network] = []
        for network in left:
            if network.version != each.version or not network.overlaps(each):
                kept.append(network)
            elif each.prefixlen > network.prefixlen:
                kept += network.address_exclude(each)  # type: ignore[arg-type]  # of the same version, see above
        left = kept
    return left


def overlap(some: Iterable[Network], others: Iterable[Network]) -> bool:
    """True if an address is in both."""
    others = tuple(others)
    return any(one.version == other.version and one.overlaps(other) for one in some for other in others)


def whole_tailnet(networks: Iterable[Network]) -> bool:
    """True if every device's IPv4 or IPv6 address is in them: reaching each device one way is enough."""
    networks = tuple(networks)
    return any(_covers(networks, each) for each in TAILNET)


def _covers(networks: Iterable[Network], wanted: Network) -> bool:
    """True if together they hold all of a network."""
    return not _without([wanted], [each for each in networks if each.version == wanted.version])
