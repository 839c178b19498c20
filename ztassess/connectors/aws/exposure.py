"""Owns what a security group lets in and out: which blocks are the internet, which ports a permission opens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from ztassess.connectors.aws.snapshot import Permission, SecurityGroup

WEB_PORTS = frozenset({80, 443})
CRITICAL_PORTS = {22: "SSH", 3389: "remote desktop", 5432: "PostgreSQL", 3306: "MySQL"}
LAST_PORT = 65535

_WITHOUT_PORTS = frozenset({"icmp", "1", "icmpv6", "58"})
_WITH_PORTS = frozenset({"tcp", "6", "udp", "17"})
# A block this wide is the internet in all but name: two halves of it are a known way around a search for /0.
_WIDE_V4 = 7
_WIDE_V6 = 15
# RFC 1918, RFC 6598, RFC 3927, RFC 1122; RFC 4193, RFC 4291. `is_private` of the standard library also counts
# documentation and reserved blocks, and its answer for wide blocks differs between patch releases.
_PRIVATE_V4 = tuple(
    map(
        IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
    )
)
_PRIVATE_V6 = tuple(map(IPv6Network, ("fc00::/7", "fe80::/10", "::1/128")))


@lru_cache(maxsize=4096)
def _network(block: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(block.strip(), strict=False)
    except ValueError:
        return None


def is_internet(block: str) -> bool:
    """True if a CIDR block lets in everybody: ``0.0.0.0/0``, ``::/0``, public blocks wider than /8 (IPv6: than /16).

    A block we cannot parse counts as the internet: what is not understood is not closed.
    """
    network = _network(block)
    if network is None:
        return True
    if is_private(block):
        return False
    return network.prefixlen <= (_WIDE_V4 if isinstance(network, IPv4Network) else _WIDE_V6)


def is_private(block: str) -> bool:
    """True if all of a CIDR block is in private address space."""
    network = _network(block)
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(outer) for outer in _PRIVATE_V4)
    return network is not None and any(network.subnet_of(outer) for outer in _PRIVATE_V6)


def is_host(block: str) -> bool:
    """True if a CIDR block is one single address."""
    network = _network(block)
    return network is not None and network.prefixlen == network.max_prefixlen


def is_inside(block: str, of: Iterable[str]) -> bool:
    """True if a CIDR block lies within one of the given ones. Entries that are no blocks are passed over."""
    network = _network(block)
    if network is None:
        return False
    for each in of:
        outer = _network(each)
        if isinstance(network, IPv4Network) and isinstance(outer, IPv4Network) and network.subnet_of(outer):
            return True
        if isinstance(network, IPv6Network) and isinstance(outer, IPv6Network) and network.subnet_of(outer):
            return True
    return False


def ports(permission: Permission) -> tuple[int, int] | None:
    """First and last port that a permission opens; None if it opens none (ICMP).

    Protocol ``-1``, protocols without ports of their own (GRE, ESP) and a missing range mean every port
    (EC2 API Reference, IpPermission: "-1 ... allows traffic on all ports, regardless of any port range").
    """
    protocol = permission.protocol.lower()
    if protocol in _WITHOUT_PORTS:
        return None
    if protocol not in _WITH_PORTS or permission.from_port is None or permission.to_port is None:
        return 0, LAST_PORT
    if permission.from_port < 0:
        return 0, LAST_PORT
    return permission.from_port, permission.to_port


def covers(permission: Permission, wanted: Iterable[int]) -> bool:
    """True if a permission opens at least one of the ports."""
    span = ports(permission)
    return span is not None and any(span[0] <= port <= span[1] for port in wanted)


def web_only(permission: Permission) -> bool:
    """True if a permission opens no port but 80 or 443. The range 80 to 443 is not that."""
    span = ports(permission)
    return span is None or (span[0] == span[1] and span[0] in WEB_PORTS)


def described(permission: Permission) -> str:
    """A permission's protocol and ports as text: ``tcp 22``, ``tcp 0-1024``, ``all traffic``."""
    if permission.protocol == "-1":
        return "all traffic"
    span = ports(permission)
    if span is None:
        return permission.protocol
    if span == (0, LAST_PORT):
        return f"{permission.protocol} all ports"
    return f"{permission.protocol} {span[0]}" if span[0] == span[1] else f"{permission.protocol} {span[0]}-{span[1]}"


def internet_blocks(permission: Permission) -> tuple[str, ...]:
    """The blocks of a permission that are the internet, IPv4 and IPv6."""
    return tuple(block for block in (*permission.ipv4, *permission.ipv6) if is_internet(block))


@dataclass(frozen=True, slots=True)
class Opening:
    """One permission of one group that lets in everybody.

    Attributes:
        blocks: the blocks that are the internet.
        harm: services whose ports are in it (``SSH``), ``everything`` for protocol -1; empty for other ports.
    """

    group: SecurityGroup
    permission: Permission
    blocks: tuple[str, ...]
    harm: tuple[str, ...]


def openings(group: SecurityGroup) -> Iterator[Opening]:
    """The permissions of a group that let the internet in on other than web ports."""
    for permission in group.ingress:
        blocks = internet_blocks(permission)
        if not blocks or web_only(permission):
            continue
        if permission.protocol == "-1":
            yield Opening(group, permission, blocks, ("everything",))
        else:
            harm = tuple(name for port, name in CRITICAL_PORTS.items() if covers(permission, (port,)))
            yield Opening(group, permission, blocks, harm)


def unresolved(group: SecurityGroup) -> tuple[str, ...]:
    """Prefix lists that open other than web ports: their content is not read, so they may be the internet."""
    lists = (name for permission in group.ingress if not web_only(permission) for name in permission.prefix_lists)
    return tuple(dict.fromkeys(lists))


def named(group: SecurityGroup, wanted: Iterable[str]) -> bool:
    """True if a person's list names this group, by id or by name."""
    return bool({group.id, group.name} & set(wanted))
