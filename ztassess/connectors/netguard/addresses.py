"""Owns the address table: which numbers a customer may make us connect to."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# `ipaddress.is_global` is no policy: on Python 3.11.7 it is True for NAT64, 6to4 and compatible forms of loopback, and
# no version knows Azure's wire server. Sources: IANA special-purpose registries, RFC 6890, the clouds' metadata pages.
_DENIED_V4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this host"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "metadata"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "AMT"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
# Of IPv6 only 2000::/3 is allowed, minus these; mapped, compatible, NAT64 and scoped forms all fall outside.
_GLOBAL_V6 = IPv6Network("2000::/3")
_DENIED_V6: tuple[tuple[str, str], ...] = (
    ("2001::/23", "Teredo, ORCHID or benchmarking"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"),
    ("2620:4f:8000::/48", "AS112"),
)
# What an operator may allow. Link-local, multicast, reserved and translated forms are in no list and never allowable.
_ALLOWABLE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7")
)
# Metadata services hand out the installation's own credentials: denied even inside an allowed range.
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure wire server
        "169.254.169.254",
        "169.254.170.2",  # ECS task credentials
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google Cloud
    )
)
_V4 = tuple((IPv4Network(text), why) for text, why in _DENIED_V4)
_V6 = tuple((IPv6Network(text), why) for text, why in _DENIED_V6)


def parsed_address(text: str) -> Address | None:
    """The address a text spells canonically, or None.

    IPv4 needs four decimal octets without leading zeros; a zone (``%eth0``) is never accepted.
    """
    if "%" in text or "/" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def denial(address: Address) -> str:
    """Why the table denies this address, in two words; empty if it is a public one."""
    if address in _METADATA:
        return "metadata"
    if isinstance(address, IPv4Address):
        return next((why for network, why in _V4 if address in network), "")
    if address not in _GLOBAL_V6:
        return "not global unicast"
    return next((why for network, why in _V6 if address in network), "")


def allowable(address: Address) -> bool:
    """True if an operator's allow-list may open this denied address: private, loopback or CGNAT, never metadata."""
    return address not in _METADATA and any(address in network for network in _ALLOWABLE)


def network_allowable(network: Network) -> bool:
    """True if a whole range may stand in an operator's allow-list.

    Metadata addresses inside a wider range stay denied one by one (`allowable`); a range that is one is refused here.
    """
    if network.num_addresses == 1 and network.network_address in _METADATA:
        return False
    return any(
        network.version == wide.version and network.subnet_of(wide)  # type: ignore[arg-type]  # versions are equal here
        for wide in _ALLOWABLE
    )
